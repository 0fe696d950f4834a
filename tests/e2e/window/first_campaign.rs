//! The first two minutes of a newcomer: from an empty folder to blue ticks and a settled sum.

use std::collections::BTreeMap;

use crate::harness::{Harness, at_the_desk, fixture};
use crate::owner::{BASIS, SIX, drop_on, got, start, start_practising, wait_for_all, write_down_the_code};
use crate::page::Page;
use crate::phones;
use crate::readme::animate;

const TEXT: &str = "Merhaba {{name}}, your coffee in {{city}} is on us today.";

#[test]
fn a_newcomer_sends_a_first_campaign_and_sees_every_tick_turn_blue() {
    at_the_desk(async {
        let harness = Harness::new("first-campaign");
        let ulak = harness.ulak().await;
        let page = &ulak.page;

        page.see("start-practising").await;
        page.picture("welcome").await;
        start_practising(page).await;

        let spoilt = "Burak Güneş,9.05412E+11,Trabzon\nAyşe Yılmaz,0532 555 01 42,İstanbul\n";
        drop_on(page, "import-drop", &harness.file("müşteriler.csv", SIX.to_owned() + spoilt)).await;
        for (total, people) in [("new", "6"), ("twice", "1"), ("refused", "1")] {
            page.says(&format!("import-total-{total}"), people).await;
        }
        page.says("import-row:2", "Ayşe Yılmaz").await;
        page.picture("verdicts").await;
        page.press("import-start").await;
        page.says("import-result", "6").await;
        page.picture("imported").await;

        everybody_reads(page).await;
        write(page).await;

        page.press("to-schedule").await;
        page.press("schedule-now").await;
        page.picture("schedule").await;
        page.press("to-review").await;
        page.says("review-credits", "6").await;
        page.picture("review").await;
        start(page).await;
        page.until("the first tick", "document.querySelector('[data-testid=live-count-sent]')?.dataset.count > 0")
            .await;
        page.picture("sending").await;
        page.until(
            "half of the blue ticks",
            "document.querySelector('[data-testid=live-count-read]')?.dataset.count > 2",
        )
        .await;
        page.picture("some-read").await;
        wait_for_all(page, "read", 6).await;
        for (count, people) in [("total", "6"), ("sent", "6"), ("delivered", "6"), ("read", "6"), ("failed", "0")] {
            page.says(&format!("live-count-{count}"), people).await;
        }
        page.says("live-credits-settled", "6").await;
        page.picture("all-read").await;
        each_got_their_own(got(page).await);

        page.press("nav-credits").await;
        page.says("credits-free", "994").await;
        page.says("credits-balance", "994").await;
        page.says("credits-held", "0").await;
        page.picture("credits").await;

        assert_eq!(phones::shown(&harness.data()), 6, "each saw it once");
        ulak.close().await;
        animate();
    });
}

async fn everybody_reads(page: &Page) {
    page.press("nav-settings").await;
    page.write("practice-read", "100").await;
    page.press("practice-fail").await;
    page.until("the saved setting", "document.querySelector('.toast') !== null").await;
    page.picture("settings").await;
}

async fn write(page: &Page) {
    page.press("nav-home").await;
    write_down_the_code(page).await;
    page.picture("home").await;
    page.press("home-new-campaign").await;
    page.write("composer-name", "Free coffee").await;
    page.write("audience-basis", BASIS).await;
    page.says("audience-people", "6").await;
    page.picture("audience").await;
    page.press("to-content").await;
    page.type_on("composer-text", TEXT).await;
    drop_on(page, "composer-drop", &fixture("media/sample.jpg")).await;
    page.says("phone-text", "Merhaba Ayşe Yılmaz, your coffee in İstanbul").await;
    page.until("the photo in the phone", "document.querySelector('[data-testid=phone] img')?.naturalWidth > 100").await;
    page.picture("content").await;
}

fn each_got_their_own(got: Vec<(String, String)>) {
    let texts: BTreeMap<String, String> = got.into_iter().collect();
    let phones = ["+905055550174", "+905325550142", "+905335550117", "+905355550108", "+905425550163", "+905445550129"];
    assert_eq!(texts.keys().map(String::as_str).collect::<Vec<_>>(), phones);
    assert_eq!(texts[phones[1]], "Merhaba Ayşe Yılmaz, your coffee in İstanbul is on us today.");
    assert!(texts.values().all(|text| !text.contains("{{")), "unfilled: {texts:?}");
}

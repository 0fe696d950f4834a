//! What Ulak does not do, and how it says so.

use serde_json::json;

use crate::harness::{Harness, at_the_desk, fixture};
use crate::owner::{SIX, compose, drop_on, practise_at, start, start_practising, wait_for_all, with_contacts};
use crate::patience::{SOON, until};
use crate::screens::fits_in_turkish_dark_and_small;

#[test]
fn phones_that_excel_shortened_are_refused_with_the_way_to_repair_them() {
    at_the_desk(async {
        let harness = Harness::new("excel");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        start_practising(page).await;
        let list = "name,phone\nAyşe Yılmaz,9.05325E+11\nMehmet Öztürk,\"9,05335E+11\"\n";
        drop_on(page, "import-drop", &harness.file("from-excel.csv", list)).await;
        page.says("import-why", "Excel has shortened this number.").await;
        page.says("import-why", "9.05325E+11").await;
        page.says("import-total-refused", "2").await;
        page.until("the closed button", "document.querySelector('[data-testid=import-start]')?.disabled").await;
        page.picture("explained").await;
    });
}

#[test]
fn a_text_that_calls_itself_a_photo_is_refused_and_the_draft_stays_through_a_power_cut() {
    at_the_desk(async {
        let harness = Harness::new("draft");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        let text = "Merhaba {{name}}, see you on Friday ☕";
        let shown = text.replace("{{name}}", "{{Name}}");
        compose(page, "Friday", text).await;
        drop_on(page, "composer-drop", &fixture("media/text.jpg")).await;
        page.says("file-refused", "The name says").await;
        page.picture("refused").await;
        let written = format!("document.querySelector('[data-testid=composer-text]')?.value === {}", json!(shown));
        page.until("the text", &written).await;

        // It is kept on the pause after typing, and nobody presses anything.
        let draft = until(SOON, async || {
            let place = json!({ "after": null, "skip": 0, "limit": 10 });
            let query = json!({ "group": "drafts", "search": "", "order": "newest", "without": [], "place": place });
            let drafts = &page.core("campaigns", json!({ "query": query })).await["rows"];
            (drafts[0]["firstText"] == text).then(|| drafts[0]["id"].as_str().unwrap().to_owned())
        });
        let draft = draft.await.expect("the draft does not save itself");
        ulak.kill().await;

        let ulak = harness.ulak().await;
        let page = &ulak.page;
        page.press("nav-campaigns").await;
        page.press(&format!("campaign-row:{draft}")).await;
        page.until("the text as it was", &written).await;
        page.says("phone-text", "Merhaba Ayşe Yılmaz, see you on Friday").await;
        page.picture("after-the-power-cut").await;
    });
}

#[test]
fn no_number_is_linked_where_practice_ran_faster_than_time() {
    at_the_desk(async {
        let harness = Harness::new("fast-time");
        harness.practises_faster_than_time().await;
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        page.go("/numbers").await;
        page.press("numbers-link").await;
        page.press("link-accept").await;
        page.says("link-stage", "open Ulak with another data folder").await;
        page.picture("refused").await;
        fits_in_turkish_dark_and_small(page, "numbers-fast-time", async || {
            // The open dialog goes with its screen.
            page.go("/settings").await;
            page.see("settings-always").await;
            page.go("/numbers").await;
            page.press("numbers-link").await;
            page.press("link-accept").await;
            page.says("link-stage", "başka bir veri klasörüyle açın").await;
        })
        .await;
    });
}

#[test]
fn too_few_credits_say_exactly_how_many_are_missing_and_whoever_is_covered_can_be_written_to() {
    at_the_desk(async {
        let harness = Harness::new("credits");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        practise_at(page, 1, 300, 0).await;
        page.core("adjust", json!({ "book": "practice", "credits": -996, "reason": "Counted twice" })).await;
        compose(page, "Short", "Merhaba {{name}}").await;
        page.press("to-schedule").await;
        page.press("schedule-now").await;
        page.press("to-review").await;
        page.says("schedule-short", "2 credits").await;
        page.says("review-credits", "6").await;
        page.says("review-free", "4").await;
        page.until("the closed button", "document.querySelector('[data-testid=schedule-start]')?.disabled").await;
        page.picture("short").await;
        page.press("schedule-only-covered").await;
        start(page).await;
        wait_for_all(page, "read", 4).await;
        page.says("live-credits-settled", "4").await;
        page.picture("covered").await;
    });
}

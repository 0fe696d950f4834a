//! What a list says of consent, from its column to who gets a promotion.

use serde_json::{Value, json};

use crate::harness::{Harness, at_the_desk};
use crate::owner::{BASIS, drop_on, start_practising, write_down_the_code};
use crate::page::Page;
use crate::screens::fits_in_turkish_dark_and_small;

/// One yes, one no, and one who was not asked.
const LIST: &str = "name,phone,reklam onayı
Ayşe Yılmaz,+90 538 555 01 42,evet
Mehmet Öztürk,+90 538 555 01 17,hayır
Zeynep Kaya,+90 538 555 01 08,
";

#[test]
fn a_no_of_the_list_is_a_refusal_that_no_answer_for_all_rows_and_no_basis_undoes() {
    at_the_desk(async {
        let harness = Harness::new("consent");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        start_practising(page).await;
        drop_on(page, "import-drop", &harness.file("customers.csv", LIST)).await;
        page.pick("import-column:2", "consent").await;
        page.says("import-consent-says", "1 yes, 1 no").await;
        page.press("import-consent").await;
        page.write("import-consent-source", "At the counter").await;
        page.press("import-consent-record").await;
        page.says("import-consent", "At the counter").await;
        page.picture("columns").await;
        page.press("import-start").await;
        page.says("import-result", "3").await;

        let standing = consents(page).await;
        assert_eq!(
            standing,
            [("Ayşe Yılmaz", true, false), ("Mehmet Öztürk", false, true), ("Zeynep Kaya", true, false)]
                .map(|(name, given, refused)| (name.to_owned(), given, refused))
        );

        page.press("nav-home").await;
        write_down_the_code(page).await;
        page.press("home-new-campaign").await;
        page.write("audience-basis", BASIS).await;
        page.says("review-skipped", "1").await;
        page.press("skipped-show:opted_out").await;
        page.says("skipped-dialog", "Mehmet Öztürk").await;
        page.picture("refused").await;
    });
}

#[test]
fn the_owner_chooses_the_words_and_how_often_a_promotion_comes() {
    at_the_desk(async {
        let harness = Harness::new("words");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        start_practising(page).await;
        page.go("/settings").await;
        page.write("settings-stop-words", "STOP, istemiyorum,, STOP").await;
        page.write("settings-promotion-days", "7").await;
        page.press("settings-stop-reply").await;
        page.go("/home").await;
        page.go("/settings").await;
        let field = |id: &str| format!("document.querySelector('[data-testid={id}]')?.value");
        let (words, days) = (field("settings-stop-words"), field("settings-promotion-days"));
        page.until("what was kept", &format!("{words} === 'STOP, istemiyorum' && {days} === '7'")).await;
        let kept = page.core("settings", Value::Null).await;
        assert_eq!(
            (&kept["stopWords"], &kept["promotionDays"], &kept["stopReply"]),
            (&json!(["STOP", "istemiyorum"]), &json!(7), &json!(true))
        );
        let card = async || {
            let into = "document.querySelector('[data-testid=settings-optout]').scrollIntoView({ block: 'center' })";
            page.run(&format!("{into}; return null")).await.unwrap();
        };
        card().await;
        page.picture("opt-out").await;
        fits_in_turkish_dark_and_small(page, "opt-out", card).await;
    });
}

/// Everybody by name: whether a consent is recorded, and whether one was refused.
async fn consents(page: &Page) -> Vec<(String, bool, bool)> {
    let query = json!({ "search": "", "order": "name", "descending": false, "tag": null, "standing": null, "place": { "after": null, "skip": 0, "limit": 10 } });
    let page = page.core("contacts", json!({ "query": query })).await;
    let seen = |one: &Value| {
        let name = one["name"].as_str().unwrap().to_owned();
        (name, !one["consent"].is_null(), !one["withdrawnAt"].is_null())
    };
    let mut all: Vec<_> = page["rows"].as_array().unwrap().iter().map(seen).collect();
    all.sort();
    all
}

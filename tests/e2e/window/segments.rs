//! A segment is put together by keyboard and mouse, picked over the contacts, and chosen as an audience with others left
//! out.

use serde_json::Value;

use crate::fit::misfits;
use crate::harness::{Harness, at_the_desk};
use crate::owner::with_contacts;
use crate::page::Page;
use crate::screens::{customers, speak};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

#[test]
fn a_segment_is_put_together_picked_and_chosen_as_an_audience() {
    at_the_desk(async {
        let harness = Harness::new("segments");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, &customers(28)).await;

        page.go("/contacts").await;
        page.press("segment-new").await;
        page.write("segment-name", "İzmir").await;
        page.pick("condition-kind:1", "field").await;
        page.pick("condition-field:1", "city").await;
        page.says("segment-problem", "not filled in").await;
        page.write("condition-value:1", "IZM").await;
        finds(page, 0).await;
        page.pick("condition-how:1", "contains").await;
        finds(page, 4).await;
        page.says("segment-first", "Zeynep Nur").await;
        page.press("segment-add").await;
        page.pick("condition-kind:2", "tag").await;
        page.pick("condition-how:2", "isNot").await;
        finds(page, 3).await;
        page.press("segment-matching-any").await;
        finds(page, 19).await;
        page.press("segment-matching-all").await;
        pictures(page).await;
        page.press("condition-remove:2").await;
        finds(page, 4).await;
        // From the name, the Enter key saves.
        page.type_on("segment-name", ENTER).await;
        listed(page, "İzmir", 4).await;
        page.says("segment-told", "IZM").await;
        page.picture("picked").await;

        // The same name again is refused where it stands.
        page.press("segment-new").await;
        page.write("segment-name", "izmir").await;
        page.press("segment-save").await;
        page.says("segment-dialog", "There is a segment").await;
        page.write("segment-name", "Wholesale").await;
        page.key(TAB).await;
        page.pick("condition-kind:1", "tag").await;
        page.press("segment-save").await;
        listed(page, "Wholesale", 10).await;
        page.picture("two").await;

        let draft = page.core("create_draft", Value::Null).await;
        let id = draft["id"].as_str().unwrap();
        page.go(&format!("/campaigns/{id}/audience")).await;
        page.press("audience-segment:İzmir").await;
        reached(page, 4).await;
        page.press("audience-segment:Wholesale").await;
        reached(page, 13).await;
        page.press("audience-left").await;
        page.press("audience-left-tag:toptan müşteri").await;
        reached(page, 3).await;
        page.picture("audience").await;
        page.go(&format!("/campaigns/{id}/review")).await;
        page.says("review-as-of", "3 people as of now").await;

        page.go("/contacts").await;
        page.press("segment:İzmir").await;
        page.press("segment-delete").await;
        page.until("the segment gone", "document.querySelector('[data-testid=\"segment:İzmir\"]') === null").await;
        // A draft names it, so it comes back with the reason.
        page.see("segment:İzmir").await;
        page.until("the reason", "document.body.innerText.includes('a draft without a name')").await;
        page.picture("used").await;
        ulak.close().await;
    });
}

async fn finds(page: &Page, people: u32) {
    page.until(
        "whom it finds",
        &format!("document.querySelector('[data-testid=segment-people]')?.dataset.people === '{people}'"),
    )
    .await;
}

async fn listed(page: &Page, name: &str, people: u32) {
    let picked = format!(
        "document.querySelector('[data-testid=\"segment:{name}\"][aria-pressed=true]')?.dataset.people === '{people}'"
    );
    page.until("the segment over the list", &picked).await;
    let rows = format!("document.querySelectorAll('[data-testid=contacts-table] tr[data-index]').length === {people}");
    page.until("its people in the list", &rows).await;
}

async fn reached(page: &Page, people: u32) {
    page.until(
        "the audience",
        &format!("document.querySelector('[data-testid=audience-people]')?.dataset.people === '{people}'"),
    )
    .await;
}

/// The dialog in three languages, two looks and two sizes; nothing in it sticks out. What was put together goes with the
/// page, so it is saved and opened again.
async fn pictures(page: &Page) {
    page.press("segment-save").await;
    page.see("segment-told").await;
    for (language, theme, width, height) in
        [("tr", "dark", 1024, 700), ("id", "light", 1280, 800), ("en", "dark", 1280, 800), ("en", "light", 1280, 800)]
    {
        speak(page, language, theme).await;
        page.resize(width, height).await;
        page.go("/contacts").await;
        page.press("segment:İzmir").await;
        page.press("segment-change").await;
        page.see("segment-first").await;
        page.save(&format!("segment-dialog-{language}-{theme}-{width}"), "screens").await;
        let wrong = misfits(page).await;
        assert!(wrong.is_empty(), "{language} {theme} {width}: {wrong:?}");
        if (language, theme) != ("en", "light") {
            page.key("\u{e00c}").await;
        }
    }
}

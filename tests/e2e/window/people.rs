//! A contact's page, and what is done with many at once, by mouse and keyboard.

use serde_json::json;

use crate::harness::{Harness, at_the_desk};
use crate::owner::{SIX, with_contacts};
use crate::page::Page;

#[test]
fn contacts_are_ticked_changed_and_taken_back_and_one_has_a_page() {
    at_the_desk(async {
        let harness = Harness::new("people");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;

        page.go("/contacts").await;
        page.until("the list", "document.querySelectorAll('[data-testid=pick]').length >= 6").await;
        pick(page, 0).await;
        page.says("bulk-count", "1").await;
        // The keyboard goes on from the row that has the focus, and ticks it with the space bar.
        page.run("document.querySelector(\"tr[data-index='0']\").focus(); return null").await.unwrap();
        page.key("\u{E015}").await;
        page.key(" ").await;
        page.says("bulk-count", "2").await;
        page.picture("ticked").await;
        page.press("bulk-tag").await;
        page.write("bulk-tag-name", "bayram").await;
        page.press("bulk-tag-confirm").await;
        page.says("toast", "bayram").await;
        assert_eq!(tagged(page).await, 2);
        // Shown before it is taken back: a list without it may also be one that was not read again yet.
        page.until("two with the tag", &format!("{WITH_TAG} === 2")).await;
        undo(page).await;
        page.until("nobody with the tag", &format!("{WITH_TAG} === 0")).await;
        assert_eq!(tagged(page).await, 0);

        pick(page, 0).await;
        page.press("bulk-all").await;
        page.says("bulk-count", "6").await;
        page.press("bulk-delete").await;
        page.picture("delete").await;
        page.press("bulk-delete-confirm").await;
        page.until("nobody is left", "document.querySelector('[data-testid=contacts-count]').dataset.count === '0'")
            .await;
        undo(page).await;
        page.until("all are back", "document.querySelector('[data-testid=contacts-count]').dataset.count === '6'")
            .await;

        page.until("the list", "document.querySelectorAll('[data-testid=pick]').length >= 6").await;
        page.run("document.querySelector(\"tr[data-index='0'] td:nth-child(2)\").click(); return null").await.unwrap();
        page.see("person-card").await;
        page.until("what happened", "document.querySelector('[data-testid=timeline-rows] .timeline__item')").await;
        page.picture("person").await;
        page.write("contact-email", "elif@example.com").await;
        page.go("/home").await;
        page.see("person-unsaved").await;
        page.press("contact-save").await;
        page.see("home-free").await;
        page.go("/contacts").await;
        page.until("the list", "document.querySelectorAll('[data-testid=pick]').length >= 6").await;
        page.run("document.querySelector(\"tr[data-index='0'] td:nth-child(2)\").click(); return null").await.unwrap();
        page.until(
            "what was saved",
            "document.querySelector('[data-testid=contact-email]')?.value === 'elif@example.com'",
        )
        .await;
        for (language, name) in [("tr", "person-tr"), ("id", "person-id")] {
            let mut settings = page.core("settings", json!(null)).await;
            settings["language"] = json!(language);
            settings["theme"] = json!(if language == "tr" { "dark" } else { "light" });
            page.core("save_settings", json!({ "settings": settings })).await;
            page.until("the language", &format!("document.documentElement.lang === '{language}'")).await;
            page.picture(name).await;
        }
        page.press("person-erase").await;
        page.picture("erase").await;
        page.press("erase-confirm").await;
        page.until("one fewer", "document.querySelector('[data-testid=contacts-count]')?.dataset.count === '5'").await;
        page.picture("list-id").await;
        ulak.close().await;
    });
}

#[test]
fn people_are_found_sorted_merged_and_written_to_and_what_was_done_is_taken_back_later() {
    at_the_desk(async {
        let harness = Harness::new("found");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        page.go("/contacts").await;
        page.until("the list", &first_is("Ayşe")).await;

        // The last four digits, or the beginnings of a name and of a field.
        for typed in ["0142", "ayş ist"] {
            page.write("contacts-search", typed).await;
            page.until("one is found", &rows_are(1)).await;
            assert_eq!(page.run(&format!("return {}", first_is("Ayşe"))).await.unwrap(), json!(true), "{typed}");
        }
        page.picture("search").await;
        page.key("\u{E00C}").await;
        page.until("all again", &rows_are(6)).await;
        page.press("contacts-table-sort-phone").await;
        page.until("by phone", &first_is("Mustafa")).await;
        page.press("contacts-table-sort-phone").await;
        page.until("the other way round", &first_is("Elif")).await;
        page.press("contacts-columns").await;
        page.press("column-add:field:city").await;
        page.press("column-remove:consent").await;
        page.picture("columns").await;
        page.press("columns-done").await;
        page.until(
            "the cities",
            "document.querySelector('[data-testid=contacts-table]').textContent.includes('Antalya')",
        )
        .await;
        page.picture("chosen-columns").await;

        pick(page, 0).await;
        pick(page, 1).await;
        page.press("bulk-merge").await;
        page.press("merge-phone-second").await;
        page.press("merge-name-first").await;
        page.picture("merge").await;
        page.press("merge-confirm").await;
        page.until("one fewer", "document.querySelector('[data-testid=contacts-count]')?.dataset.count === '5'").await;
        page.press("contacts-earlier").await;
        page.see("act").await;
        page.picture("earlier").await;
        page.press("act-undo").await;
        page.see("act-undone").await;
        page.until("two again", "document.querySelector('[data-testid=contacts-count]')?.dataset.count === '6'").await;
        page.key("\u{E00C}").await;

        pick(page, 0).await;
        pick(page, 1).await;
        page.press("bulk-write").await;
        page.until(
            "both are the audience",
            "document.querySelector('[data-testid=audience-people]')?.dataset.people === '2'",
        )
        .await;
        page.picture("audience").await;
        ulak.close().await;
    });
}

fn first_is(name: &str) -> String {
    format!("!!document.querySelector(\"tr[data-index='0']\")?.textContent.includes('{name}')")
}

fn rows_are(count: usize) -> String {
    format!("document.querySelectorAll('tr[data-index]').length === {count}")
}

async fn pick(page: &Page, row: usize) {
    let tick = format!("document.querySelector(\"tr[data-index='{row}'] [data-testid=pick]\")");
    page.until("the row", &tick).await;
    page.run(&format!("{tick}.click(); return null")).await.unwrap();
    page.see("bulk").await;
}

async fn undo(page: &Page) {
    let button = "document.querySelector('[data-testid=toast] button')";
    page.until("the way back", button).await;
    page.run(&format!("{button}.click(); return null")).await.unwrap();
}

const WITH_TAG: &str = "[...document.querySelectorAll('[data-testid=contacts-table] .chip')]
    .filter((chip) => chip.textContent.includes('bayram')).length";

async fn tagged(page: &Page) -> i64 {
    let totals = page.core("contact_totals", json!(null)).await;
    let tags = totals["tags"].as_array().unwrap();
    tags.iter().find(|tag| tag["tag"] == "bayram").map_or(0, |tag| tag["contacts"].as_i64().unwrap())
}

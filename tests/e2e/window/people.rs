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
        undo(page).await;
        page.until("nobody with the tag", "![...document.querySelectorAll('[data-testid=contacts-table] .chip')].some((chip) => chip.textContent.includes('bayram'))").await;
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

async fn tagged(page: &Page) -> i64 {
    let totals = page.core("contact_totals", json!(null)).await;
    let tags = totals["tags"].as_array().unwrap();
    tags.iter().find(|tag| tag["tag"] == "bayram").map_or(0, |tag| tag["contacts"].as_i64().unwrap())
}

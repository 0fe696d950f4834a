//! The four steps by the keyboard alone, and what is left behind on the way.

use serde_json::{Value, json};

use crate::fit::misfits;
use crate::harness::{Harness, at_the_desk};
use crate::owner::{SIX, with_contacts};
use crate::page::Page;
use crate::screens::{campaign, fits_in_turkish_dark_and_small, speak};

const TAB: &str = "\u{e004}";
const MOST: usize = 3;
/// The ways on: of the head, of a step, and of the review.
const ONWARD: &str = "/^(to-(content|schedule|review)|onward|schedule-start)$/";

#[test]
fn going_on_is_at_most_three_tabs_away_in_every_step() {
    at_the_desk(async {
        let harness = Harness::new("tabs");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        let mut draft = page.core("create_draft", Value::Null).await;
        draft["text"] = json!("Merhaba {{name}}");
        draft["consentBasis"] = json!("Asked at the counter");
        let soon = page.run("return Date.now() + 2 * 86400000").await.unwrap();
        draft["dueAt"] = soon;
        page.core("save_draft", json!({ "edit": draft })).await;
        let id = draft["id"].as_str().unwrap();
        // From the top of the step, and from what is filled in last there.
        for (step, last) in [
            ("audience", "audience-basis"),
            ("content", "composer-text"),
            ("schedule", "schedule-time"),
            ("review", "schedule-start"),
        ] {
            page.go("/help").await;
            page.until("another page", "document.querySelector('.help__card')").await;
            page.go(&format!("/campaigns/{id}/{step}")).await;
            page.see(last).await;
            page.until("the way on", "document.querySelector('[data-testid=schedule-start]')?.disabled !== true").await;
            page.until("the focus at the top", "document.activeElement?.id === 'main'").await;
            let tabs = tabs_to_go_on(page).await;
            assert!(tabs <= MOST, "{step}: {tabs} from the top");
            if step != "review" {
                page.run(&format!("document.querySelector('[data-testid={last}]').focus(); return null"))
                    .await
                    .unwrap();
                let tabs = tabs_to_go_on(page).await;
                assert!(tabs <= MOST, "{step}: {tabs} from {last}");
            }
        }
    });
}

async fn tabs_to_go_on(page: &Page) -> usize {
    let there = format!("return {ONWARD}.test(document.activeElement?.dataset.testid ?? '')");
    for tabs in 1..=30 {
        page.key(TAB).await;
        if page.run(&there).await.unwrap() == json!(true) {
            return tabs;
        }
    }
    page.fail("Tab does not reach the way on").await
}

#[test]
fn a_half_typed_dialog_is_asked_about_by_its_cancel_and_by_the_way_back() {
    at_the_desk(async {
        let harness = Harness::new("half-typed");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        page.go("/credits").await;
        page.press("credits-topup").await;
        page.until("the dialog", "document.querySelector('dialog[open] input')").await;
        page.run("document.querySelector('dialog[open] input').focus(); return null").await.unwrap();
        page.key("250").await;
        page.run("history.back(); return null").await.unwrap();
        page.see("dialog-unsaved").await;
        page.picture("asked").await;
        page.press("dialog-keep").await;
        page.until("what was typed", "document.querySelector('dialog[open] input').value === '250'").await;
        assert_eq!(page.run("return location.hash").await.unwrap(), json!("#/credits"));
        page.run("history.back(); return null").await.unwrap();
        page.press("dialog-throw-away").await;
        page.until("the page before", "location.hash !== '#/credits' && !document.querySelector('dialog[open]')").await;
    });
}

#[test]
fn a_draft_that_nobody_touched_is_gone_after_the_window_was_killed() {
    at_the_desk(async {
        let harness = Harness::new("untouched");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        page.press("home-new-campaign").await;
        page.until(
            "the saved draft",
            "document.querySelector('[data-testid=composer-saved]')?.dataset.state === 'saved'",
        )
        .await;
        let untouched = page.run("return location.hash.split('/')[2]").await.unwrap();
        let named = page.core("create_draft", Value::Null).await;
        let mut edit = named.clone();
        edit["name"] = json!("Friday");
        page.core("save_draft", json!({ "edit": edit })).await;
        ulak.kill().await;

        let ulak = harness.ulak().await;
        let page = &ulak.page;
        page.press("nav-campaigns").await;
        page.see(&format!("campaign-row:{}", named["id"].as_str().unwrap())).await;
        assert!(!page.is_there(&format!("campaign-row:{}", untouched.as_str().unwrap())).await, "it left something");
    });
}

#[test]
fn a_single_message_the_menu_of_the_right_button_with_its_dictionary_and_the_zoom_fit_in_turkish_dark_and_small() {
    at_the_desk(async {
        let harness = Harness::new("floating");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        let draft = campaign(page, "Deneme", Value::Null).await;
        let numbers = page.core("numbers", Value::Null).await;
        let test = json!({ "draftId": draft, "index": 0, "to": "+90 538 555 01 42", "over": numbers[0]["id"] });
        let message = page.core("send_test", json!({ "test": test })).await;
        fits_in_turkish_dark_and_small(page, "message", async || {
            page.go(&format!("/messages/{}", message.as_str().unwrap())).await;
            page.see("recipient-panel").await;
        })
        .await;
        speak(page, "tr", "dark").await;
        page.resize(1024, 700).await;
        page.go(&format!("/campaigns/{draft}/content")).await;
        page.see("composer-text").await;
        let menu = "const text = document.querySelector('[data-testid=composer-text]'); text.focus(); text.select();
            const at = { bubbles: true, cancelable: true, clientX: 420, clientY: 400 };
            text.dispatchEvent(new MouseEvent('contextmenu', at)); return null";
        page.write("composer-text", "mehraba, yarın bekleriz").await;
        page.run(menu).await.unwrap();
        page.see("context-cut").await;
        page.see("context-word:merhaba").await;
        page.save("context-menu-tr-dark-1024", "screens").await;
        let mut wrong = misfits(page).await;
        page.press("context-word:merhaba").await;
        let mended = "document.querySelector('[data-testid=composer-text]').value === 'merhaba, yarın bekleriz'";
        page.until("the word from the dictionary", mended).await;
        page.go(&format!("/campaigns/{draft}/schedule")).await;
        page.see("schedule-finish").await;
        page.core("zoom", json!({ "percent": 150 })).await;
        page.until("the zoom", "innerWidth < 700").await;
        page.save("zoomed-tr-dark-1024", "screens").await;
        wrong.extend(misfits(page).await);
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}

#[test]
fn a_price_of_the_settings_is_what_the_composer_says() {
    at_the_desk(async {
        let harness = Harness::new("prices");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        let draft = campaign(page, "Deneme", Value::Null).await;
        speak(page, "tr", "dark").await;
        page.resize(1024, 700).await;
        page.go("/settings").await;
        page.write("settings-price-text", "3").await;
        page.key(TAB).await;
        page.run(
            "document.querySelector('[data-testid=settings-prices]').scrollIntoView({ block: 'center' }); return null",
        )
        .await
        .unwrap();
        page.save("prices-tr-dark-1024", "screens").await;
        assert!(misfits(page).await.is_empty());
        page.go(&format!("/campaigns/{draft}/content")).await;
        page.until("the price", "document.querySelector('.compose__price b')?.innerText === '3 kredi'").await;
    });
}

//! The window says what is so: what is sent and what waits, what failed and who was left out, and that it is over.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::controls::unreadable;
use crate::harness::{Harness, at_the_desk};
use crate::owner::{BASIS, SIX, compose, practise_at, send_now, start, wait_for_all, with_contacts};
use crate::page::Page;
use crate::patience::CAMPAIGN;
use crate::screens::campaign;

fn doing(id: &str, doing: &str) -> String {
    format!("document.querySelector('[data-testid=\"{id}\"]')?.dataset.doing === '{doing}'")
}

/// By the page's own clock, in milliseconds.
async fn since_the_start(page: &Page) -> f64 {
    page.run("return performance.now()").await.unwrap().as_f64().unwrap()
}

async fn schedule(page: &Page, draft: &str) {
    page.core("schedule_campaign", json!({ "draftId": draft, "onlyCovered": false })).await;
}

/// Those of one priority take turns; this one stands behind them.
async fn give_way(page: &Page, draft: &str) {
    let mut edit = page.core("draft", json!({ "id": draft })).await;
    edit["priority"] = json!(9);
    page.core("save_draft", json!({ "edit": edit })).await;
}

#[test]
fn sending_is_said_of_the_one_that_is_sent_whatever_is_planned_or_waits_behind_it() {
    at_the_desk(async {
        let harness = Harness::new("doing");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        practise_at(page, 20, 300, 0).await;
        let soon = page.run("return Date.now() + 2 * 86400000").await.unwrap();
        let planned = campaign(page, "In two days", soon).await;
        schedule(page, &planned).await;
        page.go("/home").await;
        page.until("the planned one on Home", &doing("home-doing", "planned")).await;
        page.says("home-doing", "Will start").await;
        page.picture("planned").await;

        let sent = campaign(page, "First", Value::Null).await;
        let behind = campaign(page, "Second", Value::Null).await;
        give_way(page, &behind).await;
        schedule(page, &sent).await;
        schedule(page, &behind).await;
        page.until("what is sent on Home", &doing("home-doing", "sending")).await;
        page.go("/campaigns").await;
        for (id, said) in [(&sent, "sending"), (&behind, "behind"), (&planned, "planned")] {
            page.until(said, &doing(&format!("campaign-doing:{id}"), said)).await;
        }
        page.picture("list").await;
        page.go(&format!("/campaigns/{behind}")).await;
        page.says("live-wait", "First goes first").await;
        page.go(&format!("/campaigns/{planned}")).await;
        page.says("live-wait", "Will start").await;

        page.press("now-pause-all").await;
        for id in [&planned, &sent] {
            page.go(&format!("/campaigns/{id}")).await;
            page.until("the pause of everything", &doing("live-state", "paused_all")).await;
            let heard = page.run("return document.querySelector('.head__sub').innerText").await.unwrap();
            assert!(!heard.as_str().unwrap().contains("Will be finished"), "a finish that cannot hold: {heard}");
        }
        page.go("/home").await;
        page.until("the pause on Home", &doing("home-doing", "paused_all")).await;
        page.picture("all-paused").await;
    });
}

#[test]
fn what_failed_opens_those_that_failed_and_the_result_is_told_until_it_was_seen() {
    at_the_desk(async {
        let harness = Harness::new("result");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        practise_at(page, 1, 200, 100).await;
        compose(page, "Refused", "Merhaba {{name}}").await;
        send_now(page).await;
        page.go("/home").await;
        page.within(CAMPAIGN, "the result", "document.querySelector('[data-testid=home-result]')").await;
        page.says("result-failed", "6").await;
        page.says("now-finished", "Refused is finished: 0 of 6 sent").await;
        page.picture("result").await;
        assert_eq!(unreadable(page).await, BTreeSet::new());
        page.press("result-show:failed").await;
        let failed = "document.querySelectorAll('[data-testid=recipient-row]').length === 6
            && document.querySelector('[data-testid=live-tab-failed]')?.getAttribute('aria-selected') === 'true'";
        page.until("the six that failed", failed).await;
        page.says("live-wait", "Finished. Nothing more is sent.").await;
        page.picture("failed").await;
        page.until("the line to go", "!document.querySelector('[data-testid=now-finished]')").await;
        page.go("/home").await;
        page.until(
            "Home without the result",
            "document.querySelector('.home') && !document.querySelector('[data-testid=home-result]')",
        )
        .await;
    });
}

#[test]
fn a_newcomer_practises_with_the_sample_list_in_two_minutes_and_sends_to_who_was_left_out() {
    at_the_desk(async {
        let harness = Harness::new("sample");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        // From the first press to the first blue tick.
        let begun = since_the_start(page).await;
        page.press("start-practising").await;
        page.press("start-later").await;
        page.picture("choice").await;
        page.press("practice-sample").await;
        page.press("to-schedule").await;
        page.press("to-review").await;
        page.says("review-will-send", "9").await;
        page.says("review-skipped", "1").await;
        page.picture("review").await;
        start(page).await;
        page.within(
            CAMPAIGN,
            "the first blue tick",
            "document.querySelector('[data-testid=recipient-row][data-state=read]')",
        )
        .await;
        let taken = since_the_start(page).await - begun;
        assert!(taken < 120_000.0, "the first tick turned blue after {taken} ms");
        page.within(
            CAMPAIGN,
            "the end",
            "document.querySelector('[data-testid=live-state]')?.dataset.state === 'finished'",
        )
        .await;
        page.press("live-skipped:no_consent").await;
        page.until("the one who was left out", "document.querySelectorAll('[data-testid=left-out]').length === 1")
            .await;
        page.picture("left-out").await;
        page.press("left-out-send").await;
        page.write("audience-basis", BASIS).await;
        page.says("audience-people", "1").await;
        page.press("to-content").await;
        page.press("to-schedule").await;
        page.press("to-review").await;
        page.says("review-will-send", "1").await;
        start(page).await;
        page.within(
            CAMPAIGN,
            "the other end",
            "document.querySelector('[data-testid=live-state]')?.dataset.state === 'finished'",
        )
        .await;
        page.says("live-count-total", "1").await;
    });
}

#[test]
fn the_keyboard_goes_on_through_the_four_screens() {
    at_the_desk(async {
        let harness = Harness::new("steps");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        practise_at(page, 1, 200, 0).await;
        let draft = page.core("create_draft", Value::Null).await;
        let id = draft["id"].as_str().unwrap();
        page.go(&format!("/campaigns/{id}/review")).await;
        page.until("a closed button", "document.querySelector('[data-testid=schedule-start]')?.disabled").await;
        page.see("review-open").await;
        page.picture("nothing-written").await;
        page.press("blocker-mend:campaign.empty").await;
        page.write("composer-text", "Merhaba").await;
        page.type_on("composer-text", "\u{e004}").await;
        page.until("the way on under the focus", "document.activeElement?.dataset.testid === 'onward'").await;
        page.go(&format!("/campaigns/{id}/audience")).await;
        page.write("audience-basis", BASIS).await;
        for step in ["content", "schedule", "review"] {
            on_with_the_keyboard(page).await;
            page.until(step, &format!("location.hash.endsWith('/{step}')")).await;
        }
        page.until("the open button", "document.querySelector('[data-testid=schedule-start]')?.disabled === false")
            .await;
        page.picture("review").await;
        on_with_the_keyboard(page).await;
        wait_for_all(page, "read", 6).await;
    });
}

async fn on_with_the_keyboard(page: &Page) {
    let press = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true })); return null";
    page.run(press).await.unwrap();
}

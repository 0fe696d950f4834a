//! Looking back: the report of a campaign, the log of every message, and the figures of the days.

use serde_json::json;

use crate::harness::{Harness, at_the_desk};
use crate::owner::{SIX, compose, practise_at, send_now, wait_for_all, with_contacts};

#[test]
fn a_campaign_is_looked_back_on_in_its_report_in_the_log_and_in_the_figures_of_the_day() {
    at_the_desk(async {
        let harness = Harness::new("follow-up");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        practise_at(page, 1, 200, 0).await;
        compose(page, "Autumn check", "Merhaba {{name}}, gözlük camları geldi").await;
        send_now(page).await;
        wait_for_all(page, "read", 6).await;

        page.press("live-report").await;
        page.see("report").await;
        for step in ["audience", "sent", "delivered", "read"] {
            let six = format!("document.querySelector('[data-testid=\"report-step:{step}\"]')?.dataset.people === '6'");
            page.until(step, &six).await;
        }
        page.says("report-credits", "6").await;
        page.picture("report").await;

        page.press("nav-log").await;
        page.until("the six", "document.querySelectorAll('[data-testid=log-row]').length === 6").await;
        page.write("log-search", "GOZLUK").await;
        page.until("the six by a word of theirs", "document.querySelectorAll('[data-testid=log-row]').length === 6")
            .await;
        page.write("log-search", "gozluk nobody").await;
        page.see("log-empty").await;
        page.key("\u{E00C}").await;
        page.pick("log-state", "failed").await;
        page.see("log-empty").await;
        page.pick("log-state", "read").await;
        page.until(
            "those that were read",
            "document.querySelectorAll('[data-testid=log-row][data-state=read]').length === 6",
        )
        .await;
        page.run("document.querySelector('[data-testid=log-row]').click(); return null").await.unwrap();
        page.see("recipient-panel").await;
        page.says("log-found", "6").await;
        page.picture("log").await;

        page.press("nav-figures").await;
        let sent = "document.querySelector('[data-testid=figures-whole-sent]')?.dataset.value === '6'";
        page.until("the six of today", sent).await;
        assert!(page.is_there("figures-heat").await);
        page.picture("figures").await;
        assert_eq!(page.run("return location.hash").await.unwrap(), json!("#/figures"));
    });
}

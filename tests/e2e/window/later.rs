//! What was scheduled is changed, and what comes again comes by its rule.

use serde_json::{Value, json};

use crate::drag::drag;
use crate::harness::{Harness, at_the_desk};
use crate::owner::{BASIS, SIX, got, with_contacts};
use crate::page::Page;
use crate::patience::{SOON, until};
use crate::screens::{campaign, fits_in_turkish_dark_and_small};

/// In milliseconds.
const QUARTER: i64 = 15 * 60_000;
const DAY: i64 = 96 * QUARTER;
const RIGHT: &str = "\u{e014}";
const ENTER: &str = "\u{e007}";

#[test]
fn a_planned_campaign_gets_another_text_and_one_person_a_text_of_their_own() {
    at_the_desk(async {
        let harness = Harness::new("revise");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        let soon = page.run("return Date.now() + 2 * 86400000").await.unwrap();
        let id = campaign(page, "Autumn", soon).await;
        page.core("schedule_campaign", json!({ "draftId": id, "onlyCovered": false })).await;
        let live = format!("/campaigns/{id}");
        move_on_the_plan(page, &id).await;

        page.go(&live).await;
        page.press("revise").await;
        page.write("composer-text", "Merhaba {{name}}, yeni saatlerimiz 10–19").await;
        page.press("to-review").await;
        page.until("the six", "document.querySelector('[data-testid=revise-will-get]')?.dataset.people === '6'").await;
        page.until("the price", "document.querySelector('[data-testid=revise-credits]')?.dataset.credits === '6'")
            .await;
        let at = page.run("return location.hash.slice(1)").await.unwrap();
        fits_in_turkish_dark_and_small(page, "revise", async || {
            page.go(at.as_str().unwrap()).await;
            page.see("revise-will-get").await;
        })
        .await;
        page.go(at.as_str().unwrap()).await;
        page.see("revise-will-get").await;
        page.picture("review").await;
        page.press("revise-start").await;
        page.until("the campaign's page", "document.querySelector('[data-testid=live-state]')").await;
        everybody_gets(page, &live, |text| text.contains("10–19")).await;

        page.run("document.querySelector('[data-testid=recipient-row]').click(); return null").await.unwrap();
        page.press("recipient-rewrite").await;
        page.write("rewrite-input", "Size özel: bu hafta sonu kahveler bizden").await;
        page.picture("rewrite").await;
        page.press("rewrite-save").await;
        page.until("the end of the dialog", "!document.querySelector('dialog[open]')").await;
        page.see("recipient-version").await;
        page.picture("versions").await;
        let texts = got(page).await;
        assert_eq!(texts.iter().filter(|(_, text)| text.contains("Size özel")).count(), 1, "{texts:?}");
        assert_eq!(texts.iter().filter(|(_, text)| text.contains("10–19")).count(), 5, "{texts:?}");
        ulak.close().await;
    });
}

#[test]
fn a_campaign_comes_again_every_week_and_a_birthday_every_year() {
    at_the_desk(async {
        let harness = Harness::new("repeats");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        let list = "name,phone,Birthday\nElif,0538 555 01 01,24.05.1990\nDeniz,0538 555 01 02,29.02.1988\n";
        with_contacts(&harness, page, list).await;

        page.go("/repeats").await;
        page.see("repeats-empty").await;
        page.press("repeat-new-calendar").await;
        write_rule(page, "Weekly greeting", "Merhaba {{name}}, bu haftanın ürünleri geldi").await;
        page.pick("repeat-every", "week").await;
        page.until("the five next days", "document.querySelectorAll('[data-testid=repeat-next]').length === 5").await;
        page.run("document.querySelector('[data-testid=repeat-next] button').click(); return null").await.unwrap();
        let left_out = until(SOON, async || {
            let rules = page.core("repeats", Value::Null).await;
            (rules[0]["plan"]["calendar"]["except"].as_array().unwrap().len() == 1).then_some(())
        });
        assert!(left_out.await.is_some(), "the day was not left out");

        page.press("repeat-new-occasion").await;
        write_rule(page, "Birthday", "İyi ki doğdun {{name}}! Bu ay ikinci kahven bizden.").await;
        page.until("both rules", "document.querySelectorAll('article.repeat').length === 2").await;
        page.until(
            "the days of both people",
            "document.querySelectorAll('article.repeat [data-testid=repeat-next] .quiet').length >= 2",
        )
        .await;
        page.picture("both").await;
        fits_in_turkish_dark_and_small(page, "repeats-both", async || {
            page.go("/repeats").await;
            page.until("both rules", "document.querySelectorAll('article.repeat').length === 2").await;
        })
        .await;
        page.go("/repeats").await;
        for rule in page.core("repeats", Value::Null).await.as_array().unwrap() {
            page.press(&format!("repeat-active:{}", rule["id"].as_str().unwrap())).await;
        }
        page.until("both at work", "document.querySelectorAll('article.repeat[data-active=true]').length === 2").await;
        page.picture("at-work").await;
        ulak.close().await;
    });
}

/// When the campaign begins.
async fn begins(page: &Page, id: &str) -> i64 {
    let days = page.core("planned", Value::Null).await;
    let campaigns = days.as_array().unwrap().iter().flat_map(|day| day["campaigns"].as_array().unwrap());
    campaigns.filter(|one| one["id"] == id).find_map(|one| one["movable"].as_i64()).unwrap()
}

/// By how much it begins later, as soon as it does.
async fn moved(page: &Page, id: &str, before: i64) -> i64 {
    let by = until(SOON, async || {
        let by = begins(page, id).await - before;
        (by != 0).then_some(by)
    });
    by.await.expect("the campaign was not moved")
}

/// On the page of what goes out when: by the keyboard to the next quarter of an hour, by the pointer to the next day. A
/// click moves nothing.
async fn move_on_the_plan(page: &Page, id: &str) {
    let block = format!("plan-block:{id}");
    let before = begins(page, id).await;
    page.go("/plan").await;
    page.see(&block).await;
    page.run(&format!("document.querySelector('[data-testid=\"{block}\"]').focus(); return null")).await.unwrap();
    page.key(RIGHT).await;
    page.says("plan-says", "Autumn").await;
    page.picture("moving").await;
    page.key(ENTER).await;
    let by = moved(page, id, before).await;
    assert!((1..=QUARTER).contains(&by), "{by}");

    let before = begins(page, id).await;
    let next = format!(
        "return document.querySelector('[data-testid=\"{block}\"]').closest('[data-day]').nextElementSibling.dataset.testid"
    );
    let next = page.run(&next).await.unwrap();
    let (x, y) = page.middle(&block).await;
    let (_, below) = page.middle(next.as_str().unwrap()).await;
    drag((x, y), (x, below)).await;
    let by = moved(page, id, before).await;
    assert!((DAY - QUARTER..=DAY + QUARTER).contains(&by), "{by}");

    let before = begins(page, id).await;
    page.press(&block).await;
    page.until("the campaign", &format!("location.hash === '#/campaigns/{id}'")).await;
    assert_eq!(begins(page, id).await, before);
}

/// Whom and what, on to the rule.
async fn write_rule(page: &Page, name: &str, text: &str) {
    page.write("composer-name", name).await;
    page.write("audience-basis", BASIS).await;
    page.press("to-content").await;
    page.write("composer-text", text).await;
    page.press("to-schedule").await;
    page.press("to-rule").await;
    page.until("the rule", &format!("document.querySelector('main').innerText.includes('{name}')")).await;
}

async fn everybody_gets(page: &Page, live: &str, right: impl Fn(&str) -> bool) {
    let all = until(SOON, async || {
        page.go(live).await;
        page.see("live-state").await;
        let texts = got(page).await;
        texts.iter().all(|(_, text)| right(text)).then_some(())
    });
    assert!(all.await.is_some(), "the new text did not reach everybody");
}

//! While a campaign runs: the owner stops it and lets it go on, and the clock does the same.

use crate::harness::{Harness, at_the_desk};
use crate::owner::{SIX, compose, practise_at, send_now, start, wait_for_all, with_contacts};
use crate::page::Page;
use crate::phones;

#[test]
fn a_paused_campaign_sends_nothing_until_it_is_resumed() {
    at_the_desk(async {
        let harness = Harness::new("pause");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        // The last tick of a message comes later than the next message would have gone out.
        practise_at(page, 2, 1_500, 0).await;
        compose(page, "Paused", "Merhaba {{name}}").await;
        send_now(page).await;
        page.until("the first tick", "document.querySelector('[data-testid=live-count-sent]')?.dataset.count > 0")
            .await;
        page.press("pause").await;
        page.until("the pause", "document.querySelector('[data-testid=live-state]')?.dataset.state === 'paused'").await;
        // What is on its way still gets its ticks.
        let settled = "document.querySelectorAll('[data-testid=recipient-row][data-state=read]').length
            + document.querySelectorAll('[data-testid=recipient-row][data-state=pending]').length === 6";
        page.until("the last ticks", settled).await;
        let sent = phones::shown(&harness.data());
        assert!(sent < 6, "everything went out before the pause");
        page.says("live-wait", "Paused").await;
        page.picture("paused").await;
        page.press("resume").await;
        wait_for_all(page, "read", 6).await;
        assert_eq!(phones::shown(&harness.data()), 6);
    });
}

#[test]
fn outside_sending_hours_a_campaign_waits_and_says_until_when() {
    at_the_desk(async {
        let harness = Harness::new("hours");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        let opens = later_hours(page).await;
        compose(page, "Tomorrow's bread", "Merhaba {{name}}").await;
        page.press("to-schedule").await;
        page.press("schedule-now").await;
        page.press("schedule-keep-hours").await;
        page.says("schedule-finish", &format!("about {opens}")).await;
        page.picture("schedule").await;
        page.press("to-review").await;
        start(page).await;
        page.until("the wait", "document.querySelector('[data-testid=live-wait]')?.dataset.kind === 'hours'").await;
        // Before ten in the evening that is today, later it has a date.
        page.says("live-wait", "Outside sending hours, goes on").await;
        page.says("live-wait", &opens).await;
        page.says("now-wait", "Outside sending hours").await;
        page.picture("waiting").await;
        assert_eq!(phones::shown(&harness.data()), 0);
    });
}

/// What the ticks of the rows look like in every frame: the least that is seen of one, and in how many one fades into
/// the next.
const WATCH_TICKS: &str = "
window.ticks = { least: 1, fading: 0 };
const look = () => {
    for (const place of document.querySelectorAll('td .tick__place')) {
        const seen = [...place.children].map((sign) => Number(getComputedStyle(sign).opacity));
        ticks.least = Math.min(ticks.least, seen.reduce((sum, one) => sum + one, 0));
        if (seen.length > 1 && [...place.children].some((sign) => sign.getAnimations().length > 0)) ticks.fading += 1;
    }
    requestAnimationFrame(look);
};
requestAnimationFrame(look);
return null";

#[test]
fn a_tick_fades_into_the_next_one_and_its_place_is_never_empty() {
    at_the_desk(async {
        let harness = Harness::new("ticks");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        practise_at(page, 2, 1_500, 0).await;
        compose(page, "Ticks", "Merhaba {{name}}").await;
        send_now(page).await;
        page.see("recipient-row").await;
        page.run(WATCH_TICKS).await.unwrap();
        wait_for_all(page, "read", 6).await;
        let seen = page.run("return ticks").await.unwrap();
        assert!(seen["fading"].as_u64() > Some(0), "no tick was seen to fade: {seen}");
        assert!(seen["least"].as_f64() > Some(0.8), "a place was empty: {seen}");
    });
}

/// Sets the sending hours to begin in two hours or so; returns that time as the window writes it.
async fn later_hours(page: &Page) -> String {
    let hour = page.run("return new Date().getHours()").await.unwrap().as_u64().unwrap();
    // On the half hour, so that beginning and end never meet on the way: that would mean open all day.
    let (from, to) = ((hour + 2) % 24 * 60 + 30, (hour + 3) % 24 * 60 + 60);
    page.press("nav-settings").await;
    page.pick("settings-from", &from.to_string()).await;
    page.pick("settings-to", &to.to_string()).await;
    page.picture("settings").await;
    format!("{:02}:30", from / 60)
}

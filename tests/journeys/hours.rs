//! Sending hours: the edge at 22:00, over midnight, and the nights in which the clocks change.

use chrono::TimeZone;
use chrono_tz::America::New_York;
use std::collections::BTreeMap;
use ulak_core::app::{Direct, PlannedDay, Problem};
use ulak_core::campaign::doing::Doing;
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::campaign::live::WaitKind;
use ulak_core::campaign::revise::NewTime;
use ulak_core::category::Category;
use ulak_core::clock::{HOUR, MINUTE, Millis};
use ulak_core::outbox::window::DayHours;
use ulak_core::session::Pace;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::Outcome;
use ulak_core::settings::{ClosedDay, Weekday};
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

use crate::at;

async fn hours(world: &World, from: u16, to: u16, zone: &str) -> Result<(), Problem> {
    let mut settings = world.app.settings().current().await?;
    (settings.hours_from, settings.hours_to, settings.zone) = (from * 60, to * 60, zone.parse().unwrap());
    world.app.settings().save_settings(&settings).await.map(drop)
}

#[tokio::test]
async fn at_22_00_the_outbox_stops_and_at_09_00_it_goes_on() -> Result<(), Problem> {
    let mut world = World::at(at(0, 21, 59) + 50_000).await?;
    world.contacts(30).await?;
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 22, 30)).await?;
    let tonight = world.phone.sent();
    assert!(!tonight.is_empty() && tonight.iter().all(|sent| sent.at < at(0, 22, 0)));
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.wait.kind, live.wait.until), (WaitKind::Hours, Some(at(1, 9, 0))));
    world.run_until(at(1, 10, 0)).await?;
    let tomorrow = world.phone.sent().split_off(tonight.len());
    assert_eq!(tomorrow.len() + tonight.len(), 30);
    assert_eq!(tomorrow[0].at, at(1, 9, 0));
    Ok(())
}

#[tokio::test]
async fn a_window_over_midnight_stays_open_over_midnight() -> Result<(), Problem> {
    let mut world = World::at(at(0, 23, 59)).await?;
    hours(&world, 20, 1, "UTC").await?;
    world.contacts(60).await?;
    world.schedule("Merhaba").await?;
    world.run_until(at(1, 12, 0)).await?;
    let sent = world.phone.sent();
    assert!(sent.iter().any(|sent| sent.at < at(1, 0, 0)) && sent.iter().any(|sent| sent.at >= at(1, 0, 0)));
    assert!(sent.iter().all(|sent| sent.at < at(1, 1, 0)));
    assert_eq!(sent.len(), 60);
    Ok(())
}

#[tokio::test]
async fn when_the_clocks_change_the_morning_comes_at_the_new_time() -> Result<(), Problem> {
    let wall = |day: u32, hour: u32| -> Millis {
        New_York.with_ymd_and_hms(2026, 11, day, hour, 0, 0).earliest().map_or(0, |at| at.timestamp_millis())
    };
    // In the night to the first of November the clocks of New York go back from 02:00 to 01:00.
    let mut world = World::at(New_York.with_ymd_and_hms(2026, 10, 31, 21, 59, 0).unwrap().timestamp_millis()).await?;
    hours(&world, 9, 22, "America/New_York").await?;
    world.contacts(60).await?;
    world.schedule("Merhaba").await?;
    world.run_until(wall(1, 12)).await?;
    let sent = world.phone.sent();
    let morning = sent.iter().find(|sent| sent.at > wall(1, 0)).map(|sent| sent.at);
    assert_eq!(morning, Some(wall(1, 9)));
    assert_eq!(sent.len(), 60);
    Ok(())
}

#[tokio::test]
async fn a_later_date_waits_and_the_review_says_when_it_will_be_done() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(10).await?;
    let draft = world.draft("Merhaba", |edit| edit.due_at = Some(at(1, 14, 0))).await?;
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!(review.starts_at, at(1, 14, 0));
    assert!(review.finishes_at.is_some_and(|finish| finish > at(1, 14, 0) && finish < at(1, 14, 0) + 5 * MINUTE));
    assert_eq!((review.days.len(), review.days[0].day.as_str()), (1, "2026-11-13"));
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(1, 13, 59)).await?;
    assert!(world.phone.sent().is_empty());
    world.run_until(at(1, 15, 0)).await?;
    assert_eq!(world.phone.sent().len(), 10);
    Ok(())
}

#[tokio::test]
async fn the_review_starts_when_the_hours_open_and_after_what_goes_first() -> Result<(), Problem> {
    let world = World::at(at(0, 23, 0)).await?;
    world.contacts(30).await?;
    let tomorrow = world.draft("Later", |edit| edit.due_at = Some(at(1, 18, 0))).await?;
    world.app.campaigns().schedule_campaign(tomorrow.id, false).await?;
    let draft = world.draft("Now", |_| {}).await?;
    assert_eq!(
        world.app.campaigns().review_campaign(draft.id).await?.starts_at,
        at(1, 9, 0),
        "not after what is due later"
    );
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let next = world.draft("And then", |_| {}).await?;
    let review = world.app.campaigns().review_campaign(next.id).await?;
    assert!(review.starts_at > at(1, 9, 0) && review.starts_at < at(1, 9, 5));
    assert_eq!(
        review.days[0].others.len(),
        2,
        "the one that takes turns with it, and the one that is due on that evening"
    );
    Ok(())
}

#[tokio::test]
async fn hours_that_never_open_are_refused_and_the_old_ones_stay() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let refused = hours(&world, 24, 0, "UTC").await;
    assert_eq!(refused.err().map(|problem| problem.code).as_deref(), Some("settings.hours_never_open"));
    let kept = world.app.settings().current().await?;
    assert_eq!((kept.hours_from, kept.hours_to), (9 * 60, 22 * 60));
    hours(&world, 0, 24, "UTC").await
}

#[tokio::test]
async fn what_is_not_handed_over_by_22_00_goes_back_and_goes_out_in_the_morning() -> Result<(), Problem> {
    let pace = Pace { hourly_cap: 2, batch: 2, rest_ms: 12 * HOUR, ..BRISK };
    let mut world = World::with_numbers(at(0, 21, 59), &[pace]).await?;
    world.contacts(2).await?;
    let id = world.schedule("Merhaba").await?;
    world.step().await?;
    world.numbers[0].phone.prepares_for(2 * MINUTE);
    world.run_until(at(1, 8, 59)).await?;
    let sent = world.numbers[0].phone.sent();
    let late = Outcome::Refused(Cause::HoursClosed);
    assert_eq!((sent.len(), &sent[1].outcome), (2, &late), "it was on its way when the hours closed");
    let counts = world.counts(id).await?;
    assert_eq!((counts.sent, counts.pending), (1, 1));
    assert_eq!(
        world.app.campaigns().live(id).await?.wait.until,
        Some(at(1, 9, 0)),
        "not the rest after a batch of two"
    );
    world.run_until(at(1, 9, 1)).await?;
    let sent = world.numbers[0].phone.sent();
    assert_eq!((sent.len(), sent[2].at, &sent[2].wire_id), (3, at(1, 9, 0), &sent[1].wire_id));
    assert_eq!(world.counts(id).await?.sent, 2);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_leaves_the_hours_aside_takes_its_time() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 21, 59), &[BRISK]).await?;
    let over = vec![world.numbers[0].id];
    let wish = Direct { to: "+905385550114".to_owned(), text: "Merhaba".to_owned(), over, ..Direct::default() };
    world.numbers[0].phone.prepares_for(2 * MINUTE);
    world.app.outbox().send_direct(&wish).await?;
    world.run_until(at(0, 22, 2)).await?;
    assert_eq!(world.numbers[0].phone.sent()[0].outcome, Outcome::Accepted);
    Ok(())
}

#[tokio::test]
async fn on_a_weekday_without_hours_and_on_a_closed_day_nothing_goes_out_and_the_review_says_so() -> Result<(), Problem>
{
    // The 12th of November 2026 is a Thursday.
    let mut world = World::at(at(0, 21, 59)).await?;
    let mut settings = world.app.settings().current().await?;
    settings.weekdays =
        vec![Weekday { day: 6, hours: Some(DayHours { from: 600, to: 601 }) }, Weekday { day: 7, hours: None }];
    settings.closed_days = vec![ClosedDay { day: "2026-11-13".parse().unwrap(), name: "Stocktaking".to_owned() }];
    world.app.settings().save_settings(&settings).await?;
    world.contacts(120).await?;
    let draft = world.draft("Merhaba", |_| {}).await?;
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    let days: Vec<&str> = review.days.iter().map(|day| day.day.as_str()).collect();
    assert_eq!(days, ["2026-11-12", "2026-11-14", "2026-11-16"]);
    assert_eq!(review.days[1].open.iter().map(|span| (span.from, span.to)).collect::<Vec<_>>(), [(600, 601)]);
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 23, 0)).await?;
    let home = world.app.home().view().await?;
    assert_eq!(home.opens_at, Some(at(2, 10, 0)), "not on the closed Friday");
    world.run_until(at(5, 0, 0)).await?;
    let mut per_day = BTreeMap::new();
    for sent in world.phone.sent() {
        *per_day.entry((sent.at - at(0, 0, 0)).div_euclid(24 * HOUR)).or_insert(0) += 1;
    }
    assert_eq!(per_day.keys().copied().collect::<Vec<_>>(), [0, 2, 4]);
    assert_eq!(per_day.values().sum::<i32>(), 120);
    Ok(())
}

#[tokio::test]
async fn a_campaign_keeps_its_own_hours_inside_the_owners() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    let own = |from, to| Some(DayHours { from, to });
    let never = world.draft("Merhaba", |edit| edit.hours = own(22 * 60, 9 * 60)).await?;
    let review = world.app.campaigns().review_campaign(never.id).await?;
    assert_eq!(review.blockers.first().map(|problem| problem.code.as_str()), Some("campaign.never_open"));
    let refused = world.app.campaigns().schedule_campaign(never.id, false).await;
    assert_eq!(refused.err().map(|problem| problem.code).as_deref(), Some("campaign.never_open"));
    let evening = world.draft("Iyi aksamlar", |edit| edit.hours = own(21 * 60, 23 * 60)).await?;
    assert_eq!(world.app.campaigns().review_campaign(evening.id).await?.starts_at, at(0, 21, 0));
    world.app.campaigns().schedule_campaign(evening.id, false).await?;
    world.run_until(at(0, 20, 59)).await?;
    assert!(world.phone.sent().is_empty());
    assert_eq!(world.app.campaigns().live(evening.id).await?.wait.until, Some(at(0, 21, 0)));
    world.run_until(at(0, 23, 0)).await?;
    assert_eq!(world.phone.sent().len(), 3);
    Ok(())
}

#[tokio::test]
async fn two_campaigns_of_one_priority_share_a_number_evenly_however_long_they_are() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    world.contacts(300).await?;
    let send = async |world: &World, text: &str, priority| {
        let edit = |edit: &mut ulak_core::campaign::draft::DraftEdit| {
            (edit.priority, edit.category) = (priority, Category::Notification);
            edit.session_ids = vec![world.numbers[0].id];
        };
        let id = world.draft(text, edit).await?.id;
        world.app.campaigns().schedule_campaign(id, false).await.map(|_| id)
    };
    let long = send(&world, "Uzun", 5).await?;
    world.run_until(at(0, 10, 2)).await?;
    let begun = world.numbers[0].phone.sent().len();
    let other = send(&world, "Kisa", 5).await?;
    let last = send(&world, "Son", 6).await?;
    world.run_until(at(0, 10, 4)).await?;
    let texts: Vec<String> =
        world.numbers[0].phone.sent()[begun..].iter().map(|sent| sent.text.clone().unwrap_or_default()).collect();
    let of = |text: &str| texts.iter().filter(|sent| sent.as_str() == text).count();
    assert!(of("Uzun") > 10 && of("Uzun").abs_diff(of("Kisa")) <= 1 && of("Son") == 0, "{texts:?}");
    for (id, doing) in [(long, Doing::Sending), (other, Doing::Sending), (last, Doing::Behind)] {
        assert_eq!(world.app.campaigns().live(id).await?.doing, doing);
    }
    Ok(())
}

/// Twenty people in each of four countries, one of which keeps several times.
async fn abroad(world: &World) -> Result<(), Problem> {
    for (country, phone) in [("TR", "+90538555"), ("JP", "+819012345"), ("GB", "+447400123"), ("US", "+12125550")] {
        for number in 0..20 {
            let digits = if country == "TR" { format!("{number:04}") } else { format!("{:03}", 100 + number) };
            world.contact(&format!("{country} {number}"), &format!("{phone}{digits}")).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn on_each_persons_own_clock_nobody_is_written_to_in_their_night() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    hours(&world, 9, 22, "Europe/Istanbul").await?;
    abroad(&world).await?;
    let start = at(0, 16, 0);
    let plain = world.draft("Merhaba", |edit| edit.due_at = Some(start)).await?;
    let edit = DraftEdit { local_hours: true, ..plain.edit() };
    let draft = world.app.campaigns().save_draft(&edit).await?;
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    let clocks: Vec<_> = review.clocks.iter().map(|line| (line.country.as_deref(), line.people, line.ahead)).collect();
    let line = |country, ahead| (Some(country), 20, ahead);
    assert_eq!(clocks, [line("GB", Some(-180)), line("JP", Some(360)), line("TR", Some(0)), line("US", None)]);
    // 16:00 UTC is 19:00 in Istanbul, 16:00 in London and 01:00 in Tokyo, where the hours open at 00:00 UTC.
    assert_eq!(review.days[0].open.iter().map(|span| (span.from, span.to)).collect::<Vec<_>>(), [(0, 60), (180, 1440)]);
    let finish = review.finishes_at.unwrap();
    assert!(finish > at(1, 0, 0) && finish < at(1, 0, 20), "the people of Tokyo are last: {finish}");
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    assert_eq!(world.app.campaigns().live(id).await?.finishes_at, Some(finish));
    assert!(world.miscounted().await?.is_empty());
    world.run_until(at(0, 23, 0)).await?;
    assert!(world.miscounted().await?.is_empty());
    let today = world.phone.sent();
    assert_eq!(today.len(), 60);
    assert!(today.iter().all(|sent| !sent.to.starts_with("+81") && sent.at >= start));
    let wait = world.app.campaigns().live(id).await?.wait;
    assert_eq!((wait.kind, wait.until, wait.country.as_deref()), (WaitKind::Hours, Some(at(1, 0, 0)), Some("JP")));
    world.run_until(at(1, 3, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!((sent.len(), sent[60].at), (80, at(1, 0, 0)));
    assert!(sent[60..].iter().all(|sent| sent.to.starts_with("+81")));
    assert!(sent.last().is_some_and(|last| (finish - last.at).abs() < MINUTE), "within what was told");
    Ok(())
}

#[tokio::test]
async fn what_was_missed_on_other_clocks_waits_for_the_first_morning_among_them() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 4, 0), &[BRISK]).await?;
    hours(&world, 9, 22, "Europe/Istanbul").await?;
    world.contact("Kenji", "+819012345100").await?;
    // 05:00 UTC is 08:00 in Istanbul, before the hours there, and 14:00 in Tokyo.
    let draft = world
        .draft("Merhaba", |edit| {
            (edit.local_hours, edit.due_at, edit.session_ids) = (true, Some(at(0, 5, 0)), vec![world.numbers[0].id]);
        })
        .await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.clock.set(at(0, 6, 0));
    world.step().await?;
    let wait = world.app.campaigns().live(id).await?.wait;
    assert_eq!((wait.kind, wait.until), (WaitKind::Missed, Some(at(1, 0, 0))));
    world.run_until(at(1, 1, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent()[0].at, at(1, 0, 0));
    Ok(())
}

#[tokio::test]
async fn the_plan_shows_each_campaign_on_its_days_and_moves_with_what_is_rescheduled() -> Result<(), Problem> {
    let world = World::at(at(0, 21, 59)).await?;
    world.contacts(60).await?;
    let going = world.schedule("Merhaba").await?;
    let later = world.draft("Yarin", |edit| edit.due_at = Some(at(2, 10, 0))).await?;
    let later = world.app.campaigns().schedule_campaign(later.id, false).await?;
    let planned = world.app.campaigns().planned().await?;
    let on = |days: &[PlannedDay], id| -> Vec<(String, u16)> {
        let of = |day: &PlannedDay| {
            let one = day.campaigns.iter().find(|one| one.id == id)?;
            Some((day.day.clone(), one.spans[0].from))
        };
        days.iter().filter_map(of).collect()
    };
    assert_eq!(planned.len(), 7);
    assert_eq!(on(&planned, going), [("2026-11-12".to_owned(), 1319), ("2026-11-13".to_owned(), 540)]);
    assert_eq!(on(&planned, later), [("2026-11-14".to_owned(), 600)]);
    let movable: Vec<_> = planned.iter().flat_map(|day| &day.campaigns).filter_map(|one| one.movable).collect();
    assert_eq!(movable, [at(2, 10, 0)], "what begins at once is not planned");
    world.app.campaigns().reschedule(later, NewTime::All { at: at(3, 12, 30) }).await?;
    let planned = world.app.campaigns().planned().await?;
    assert_eq!(on(&planned, later), [("2026-11-15".to_owned(), 750)]);
    Ok(())
}

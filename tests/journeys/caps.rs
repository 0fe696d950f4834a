//! Caps, pace and rests as they are counted in the database: of what was sent, and of nothing else.

use ulak_core::app::Problem;
use ulak_core::campaign::live::WaitKind;
use ulak_core::clock::{DAY, HOUR, MINUTE, Millis, SECOND};
use ulak_core::session::Pace;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::Outcome;
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

use crate::at;

/// What says nothing of a server: the part was not handed to the wire.
const NEVER_LEFT: [Cause; 2] = [Cause::NotConnected, Cause::Uploading];

fn times(world: &World) -> Vec<Millis> {
    world.numbers[0].phone.sent().iter().map(|sent| sent.at).collect()
}

/// The most that went out in any such span of time.
fn most_within(span: Millis, times: &[Millis]) -> usize {
    let within = |from: Millis| times.iter().filter(|at| (from..from + span).contains(*at)).count();
    times.iter().map(|at| within(*at)).max().unwrap_or(0)
}

async fn schedule(pace: Pace, people: usize) -> Result<World, Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[pace]).await?;
    world.contacts(people).await?;
    world.schedule("Merhaba").await?;
    Ok(world)
}

#[tokio::test]
async fn no_hour_sees_more_than_the_hourly_cap() -> Result<(), Problem> {
    let mut world = schedule(Pace { hourly_cap: 5, ..BRISK }, 17).await?;
    world.run_until(at(0, 12, 59)).await?;
    let sent = times(&world);
    assert_eq!(sent.len(), 5);
    let now = world.app.home().now_view().await?.wait;
    assert_eq!((now.kind, now.until), (WaitKind::Cap, Some(sent[0] + HOUR)));
    world.run_until(at(0, 13, 30)).await?;
    world = world.restart().await?;
    world.run_until(at(0, 20, 0)).await?;
    let sent = times(&world);
    assert_eq!((sent.len(), most_within(HOUR, &sent)), (17, 5));
    assert!(sent[16] < at(0, 15, 2), "and none waits longer than the cap asks");
    Ok(())
}

#[tokio::test]
async fn no_day_sees_more_than_the_daily_cap_and_the_narrower_cap_decides() -> Result<(), Problem> {
    let mut world = schedule(Pace { hourly_cap: 3, daily_cap: 7, ..BRISK }, 20).await?;
    world.run_until(at(0, 21, 59)).await?;
    assert_eq!(times(&world).len(), 7);
    world.run_until(at(4, 12, 0)).await?;
    let sent = times(&world);
    assert_eq!((sent.len(), most_within(HOUR, &sent), most_within(DAY, &sent)), (20, 3, 7));
    Ok(())
}

#[tokio::test]
async fn what_whatsapp_was_asked_for_counts_whatever_it_answered() -> Result<(), Problem> {
    let answers = [Cause::Refused("500".to_owned()), Cause::NotOnWhatsapp, Cause::UploadFailed].map(Outcome::Refused);
    for outcome in answers.into_iter().chain([Outcome::Unknown(Cause::NoAck)]) {
        let mut world = schedule(Pace { hourly_cap: 2, ..BRISK }, 4).await?;
        world.numbers[0].phone.answer([outcome.clone()]);
        world.run_until(at(0, 12, 59)).await?;
        assert_eq!(times(&world).len(), 2, "{outcome:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_never_left_the_computer_takes_no_place_in_a_cap() -> Result<(), Problem> {
    for cause in NEVER_LEFT {
        let mut world = schedule(Pace { hourly_cap: 3, daily_cap: 4, ..BRISK }, 9).await?;
        world.numbers[0].phone.answer((0..2).map(|_| Outcome::Refused(cause.clone())));
        world.run_until(at(0, 12, 59)).await?;
        let sent = world.numbers[0].phone.sent();
        let accepted = sent.iter().filter(|sent| sent.outcome == Outcome::Accepted).count();
        assert_eq!((accepted, sent.len()), (3, 5), "{cause}");
        world.run_until(at(0, 21, 59)).await?;
        assert_eq!(times(&world).len(), 6, "{cause}: the day's cap neither");
    }
    Ok(())
}

#[tokio::test]
async fn what_never_left_the_computer_costs_no_wait_and_brings_no_rest_nearer() -> Result<(), Problem> {
    let slow = Pace { min_ms: 20 * SECOND, max_ms: 20 * SECOND, batch: 3, rest_ms: 10 * MINUTE, ..BRISK };
    for cause in NEVER_LEFT {
        let mut world = schedule(slow, 9).await?;
        let refused = || Outcome::Refused(cause.clone());
        let answers = [Outcome::Accepted, refused(), refused(), Outcome::Accepted, refused()];
        world.numbers[0].phone.answer(answers);
        world.run_until(at(0, 12, 5)).await?;
        let sent: Vec<Millis> = times(&world).iter().map(|at| at - times(&world)[0]).collect();
        let second = 20 * SECOND;
        let expected =
            [0, second, second + SECOND, second + 2 * SECOND, 2 * second + 2 * SECOND, 2 * second + 3 * SECOND];
        assert_eq!(sent, expected, "{cause}: another try after a second, the rest after three that went out");
    }
    Ok(())
}

#[tokio::test]
async fn a_number_that_can_hand_nothing_over_tries_once_a_second_at_most() -> Result<(), Problem> {
    let mut world = schedule(BRISK, 3).await?;
    world.numbers[0].phone.answer((0..500).map(|_| Outcome::Refused(Cause::NotConnected)));
    world.run_until(at(0, 12, 1)).await?;
    let sent = times(&world);
    assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= SECOND), "{sent:?}");
    Ok(())
}

#[tokio::test]
async fn a_number_that_warms_up_sends_no_more_than_its_day_allows_and_more_the_next() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 9, 0), &[BRISK]).await?;
    let number = world.numbers[0].id;
    world.warms_up(number, at(0, 9, 0)).await?;
    world.contacts(300).await?;
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![number]).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(3, 9, 0) - 1).await?;
    let sent = world.numbers[0].phone.sent();
    let per_day: Vec<usize> = (0..3)
        .map(|day| sent.iter().filter(|sent| sent.at >= at(day, 9, 0) && sent.at < at(day + 1, 9, 0)).count())
        .collect();
    assert_eq!(per_day, [50, 60, 75]);
    assert!(sent.iter().all(|one| sent.iter().filter(|other| (0..HOUR).contains(&(other.at - one.at))).count() <= 20));
    Ok(())
}

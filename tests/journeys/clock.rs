//! The computer's clock is set back: by two days, by two years, or to 1970 by a dead battery. No number falls silent.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use ulak_core::app::Problem;
use ulak_core::clock::{DAY, HOUR, MINUTE, Millis, SECOND};
use ulak_core::session::Pace;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Messenger, Outcome, ReceiptKind};
use ulak_core::session::practice::{PhoneLog, Phones, PracticeNumber, PracticeOptions};
use ulak_core::testing::numbers::{BRISK, outgoing};
use ulak_core::testing::{ManualClock, World};

use crate::at;

const NOON: Millis = 12 * HOUR;

/// Where the clock may stand after it was set back at noon: at noon of another day, so that the hours are open.
fn noons() -> [Millis; 3] {
    [at(-2, 12, 0), at(-730, 12, 0), NOON]
}

/// Sends what can be sent in the first minute, sets the clock back, and says how many went out in the first five
/// seconds after that, and in the first ten minutes.
async fn after_a_setback(pace: Pace, answers: Vec<Outcome>, people: usize) -> Result<Vec<(usize, usize)>, Problem> {
    let mut sent = Vec::new();
    for back in noons() {
        let mut world = World::with_numbers(at(0, 12, 0), &[pace]).await?;
        world.contacts(people).await?;
        world.schedule("Merhaba").await?;
        world.numbers[0].phone.answer(answers.clone());
        world.run_until(at(0, 12, 0) + SECOND).await?;
        let before = world.numbers[0].phone.sent().len();
        world.clock.set(back);
        world.run_until(back + 5 * SECOND).await?;
        let soon = world.numbers[0].phone.sent().len() - before;
        world.run_until(back + 10 * MINUTE).await?;
        sent.push((soon, world.numbers[0].phone.sent().len() - before));
        world.app.credits().ledger_holds().await?;
    }
    Ok(sent)
}

#[tokio::test]
async fn the_wait_between_two_sends_ends() -> Result<(), Problem> {
    let pace = Pace { min_ms: MINUTE, max_ms: MINUTE, ..BRISK };
    assert_eq!(after_a_setback(pace, vec![], 20).await?, [(1, 11); 3]);
    Ok(())
}

#[tokio::test]
async fn the_rest_after_a_batch_ends() -> Result<(), Problem> {
    let pace = Pace { batch: 1, rest_ms: 4 * MINUTE, ..BRISK };
    assert_eq!(after_a_setback(pace, vec![], 20).await?, [(1, 3); 3]);
    Ok(())
}

#[tokio::test]
async fn tries_from_a_time_to_come_count_against_no_cap() -> Result<(), Problem> {
    for pace in [Pace { hourly_cap: 2, ..BRISK }, Pace { daily_cap: 2, ..BRISK }] {
        assert_eq!(after_a_setback(pace, vec![], 9).await?, [(2, 2); 3], "and the cap holds by the new time");
    }
    Ok(())
}

#[tokio::test]
async fn a_retry_is_made() -> Result<(), Problem> {
    let answers = vec![Outcome::Refused(Cause::Refused("500".to_owned()))];
    assert_eq!(after_a_setback(BRISK, answers, 1).await?, [(1, 1); 3]);
    Ok(())
}

#[tokio::test]
async fn a_part_in_doubt_is_tried_again() -> Result<(), Problem> {
    let answers = vec![Outcome::Unknown(Cause::NoAck)];
    assert_eq!(after_a_setback(BRISK, answers, 1).await?, [(1, 1); 3]);
    Ok(())
}

#[tokio::test]
async fn a_number_that_rested_for_too_many_requests_sends_and_rests_anew() -> Result<(), Problem> {
    let too_many = Outcome::Refused(Cause::TooFast);
    assert_eq!(after_a_setback(BRISK, vec![too_many.clone()], 3).await?, [(3, 3); 3]);
    assert_eq!(after_a_setback(BRISK, vec![too_many.clone(), too_many], 3).await?, [(1, 1); 3]);
    Ok(())
}

#[tokio::test]
async fn a_lock_of_new_chats_whose_end_was_reckoned_here_ends() -> Result<(), Problem> {
    let locked = Outcome::Refused(Cause::NewChatsLocked);
    assert_eq!(after_a_setback(BRISK, vec![locked.clone()], 3).await?, [(3, 3); 3]);
    assert_eq!(after_a_setback(BRISK, vec![locked.clone(), locked], 3).await?, [(1, 1); 3]);
    Ok(())
}

#[tokio::test]
async fn a_time_that_the_owner_chose_holds() -> Result<(), Problem> {
    for back in noons() {
        let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
        world.contacts(2).await?;
        let draft = world.draft("Merhaba", |edit| edit.due_at = Some(at(1, 14, 0))).await?;
        world.app.campaigns().schedule_campaign(draft.id, false).await?;
        world.clock.set(back);
        world.run_until(back + DAY).await?;
        assert!(world.numbers[0].phone.sent().is_empty());
        world.clock.set(at(1, 13, 59));
        world.run_until(at(1, 14, 1)).await?;
        assert_eq!(world.numbers[0].phone.sent()[0].at, at(1, 14, 0));
    }
    Ok(())
}

#[tokio::test]
async fn practice_ticks_come() {
    for back in noons() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::default());
        clock.set(at(0, 12, 0));
        let (receipts, mut arriving) = mpsc::channel(8);
        let (replies, _) = mpsc::channel(8);
        let options = PracticeOptions { read_percent: 100, delay_ms: 1, ..PracticeOptions::default() };
        let phones = Phones::open(folder.path(), PhoneLog::default(), &ulak_core::testing::key(), None).unwrap();
        let number = PracticeNumber::new(phones, options, clock.clone(), receipts, replies);
        assert_eq!(number.send(outgoing("+905385550114", "3EB0A1")).await, Outcome::Accepted);
        clock.set(back);
        let ticks =
            async { [arriving.recv().await.unwrap().receipt.kind, arriving.recv().await.unwrap().receipt.kind] };
        let ticks = tokio::select! {
            ticks = tokio::time::timeout(Duration::from_secs(30), ticks) => ticks.unwrap(),
            () = number.run() => unreachable!("its receiver is there"),
        };
        assert_eq!(ticks, [ReceiptKind::Delivered, ReceiptKind::Read]);
    }
}

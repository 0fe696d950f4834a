//! What WhatsApp refuses, and how long Ulak waits for it.

use ulak_core::app::Problem;
use ulak_core::campaign::live::WaitKind;
use ulak_core::clock::{DAY, HOUR, MINUTE, Millis};
use ulak_core::ids::CampaignId;
use ulak_core::ledger::Book;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{Limits, Signal};
use ulak_core::session::messenger::Outcome;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;

async fn waits(world: &World, id: CampaignId) -> Result<(WaitKind, Option<Millis>), Problem> {
    let wait = world.app.campaigns().live(id).await?.wait;
    Ok((wait.kind, wait.until))
}

#[tokio::test]
async fn a_locked_number_goes_on_with_known_people_and_keeps_the_refused_part() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(10).await?;
    let number = world.numbers[0].id;
    // Two of ten have written before.
    for person in [4, 7] {
        let hello = reply("A1", &format!("+90532555{person:04}"), "Merhaba", at(0, 11, 0));
        world.hear(number, &Signal::Reply(hello)).await?;
    }
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer([Outcome::Refused(Cause::NewChatsLocked)]);
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.numbers[0].phone.sent();
    let known: Vec<&str> = sent.iter().skip(1).map(|sent| sent.to.as_str()).collect();
    assert_eq!(known, ["+905325550004", "+905325550007"], "after the refusal only known people are written to");
    let end = sent[0].at + DAY;
    assert_eq!(waits(&world, id).await?, (WaitKind::NewChats, Some(end)));
    world.run_until(at(1, 13, 0)).await?;
    let sent = world.numbers[0].phone.sent();
    assert!(sent[3].at >= end, "nobody new before the lock has ended");
    assert_eq!(world.counts(id).await?.sent, 10);
    let first = sent.iter().filter(|other| other.wire_id == sent[0].wire_id).count();
    assert_eq!((first, sent.len()), (2, 11), "the refused part came through in the end");
    assert_eq!(world.app.credits().balance(Book::Real).await?.settled, 10);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_refused_part_is_not_tried_over_the_other_number() -> Result<(), Problem> {
    for cause in [Cause::NewChatsLocked, Cause::NewChatsUsedUp, Cause::TooFast, Cause::Banned] {
        let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
        world.contacts(8).await?;
        let id = world.schedule("Merhaba").await?;
        world.numbers[0].phone.answer([Outcome::Refused(cause.clone())]);
        world.run_until(at(0, 12, 5)).await?;
        let refused = world.numbers[0].phone.sent()[0].wire_id.clone();
        assert_eq!(world.numbers[0].phone.sent().len(), 1, "{cause}");
        assert_eq!(world.numbers[1].phone.sent().len(), 7, "{cause}: the others go over the second number");
        assert!(world.numbers[1].phone.sent().iter().all(|sent| sent.wire_id != refused), "{cause}");
        assert_eq!(world.counts(id).await?.pending, 1, "{cause}: it is not lost");
        world.run_until(at(2, 12, 0)).await?;
        assert_eq!(world.counts(id).await?.sent, 8, "{cause}");
        assert!(world.accepted().contains(&(0, world.numbers[0].phone.sent()[0].to.clone(), refused)), "{cause}");
        world.app.credits().ledger_holds().await?;
    }
    Ok(())
}

#[tokio::test]
async fn too_many_requests_shut_everything_for_twice_as_long_each_time() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    world.contacts(3).await?;
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer((0..4).map(|_| Outcome::Refused(Cause::TooFast)));
    world.run_until(at(0, 10, 1)).await?;
    assert_eq!(waits(&world, id).await?.0, WaitKind::Shut);
    world.run_until(at(0, 20, 0)).await?;
    let sent = world.numbers[0].phone.sent();
    let gaps: Vec<i64> = sent.windows(2).take(4).map(|pair| (pair[1].at - pair[0].at) / MINUTE).collect();
    assert_eq!(gaps, [15, 30, 60, 120]);
    assert_eq!(world.counts(id).await?.sent, 3, "a shut number costs no try");
    Ok(())
}

/// A lock of new chats is not forgotten for a shorter shut of everything, and a clock that is set back ends both.
#[tokio::test]
async fn new_chats_stay_locked_behind_a_shut_of_everything_and_not_for_ever() -> Result<(), Problem> {
    for back in [None, Some(at(-730, 12, 0))] {
        let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
        world.contacts(10).await?;
        let number = world.numbers[0].id;
        for person in [4, 7] {
            let hello = reply("A1", &format!("+90532555{person:04}"), "Merhaba", at(0, 11, 0));
            world.hear(number, &Signal::Reply(hello)).await?;
        }
        let id = world.schedule("Merhaba").await?;
        world.numbers[0].phone.answer([Cause::NewChatsLocked, Cause::TooFast].map(Outcome::Refused));
        world.run_until(at(0, 12, 5)).await?;
        let sent = world.numbers[0].phone.sent();
        assert_eq!((sent.len(), waits(&world, id).await?.0), (2, WaitKind::Shut));
        let end = sent[0].at + DAY;
        if let Some(back) = back {
            world.clock.set(back);
            world.run_until(back + 5 * MINUTE).await?;
            assert_eq!(world.counts(id).await?.sent, 10, "neither is a time that a rule could have set");
            continue;
        }
        world.run_until(at(0, 20, 0)).await?;
        let mut known: Vec<String> = world.numbers[0].phone.sent().into_iter().skip(2).map(|sent| sent.to).collect();
        known.sort();
        assert_eq!(known, ["+905325550004", "+905325550007"], "those who wrote before go when everything opens");
        assert_eq!(waits(&world, id).await?, (WaitKind::NewChats, Some(end)));
        world.run_until(at(1, 13, 0)).await?;
        assert!(world.numbers[0].phone.sent()[4].at >= end, "nobody new before the lock has ended");
        assert_eq!(world.counts(id).await?.sent, 10);
    }
    Ok(())
}

#[tokio::test]
async fn a_lock_that_hits_known_people_too_shuts_everything() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(2).await?;
    let number = world.numbers[0].id;
    for person in [0, 1] {
        let hello = reply("A1", &format!("+90532555{person:04}"), "Merhaba", at(0, 11, 0));
        world.hear(number, &Signal::Reply(hello)).await?;
    }
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer([Outcome::Refused(Cause::NewChatsLocked)]);
    world.run_until(at(0, 20, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1);
    assert_eq!(waits(&world, id).await?.0, WaitKind::Shut);
    Ok(())
}

#[tokio::test]
async fn the_quota_of_new_chats_is_counted_and_kept() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(9).await?;
    let number = world.numbers[0].id;
    world.hear(number, &Signal::Reply(reply("A1", "+905325550008", "Merhaba", at(0, 11, 0)))).await?;
    let limits = Limits {
        new_chats_used: Some(45),
        new_chats_quota: Some(50),
        quota_renews_at: Some(at(1, 10, 0)),
        locked_until: None,
    };
    world.limits(number, &limits).await?;
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 20, 0)).await?;
    let sent = world.numbers[0].phone.sent();
    assert_eq!(sent[0].to, "+905325550008", "with little left, known people go first");
    assert_eq!(sent.len(), 6, "five strangers, as many as the quota had left");
    assert_eq!(waits(&world, id).await?, (WaitKind::NewChats, Some(at(1, 10, 0))));
    world.run_until(at(1, 9, 59)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 6);
    world.run_until(at(1, 11, 0)).await?;
    assert_eq!(world.counts(id).await?.sent, 9);
    Ok(())
}

#[tokio::test]
async fn a_lock_that_whatsapp_tells_of_is_kept_without_a_try() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(3).await?;
    let limits = Limits { locked_until: Some(at(0, 15, 0)), ..Limits::default() };
    world.limits(world.numbers[0].id, &limits).await?;
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 14, 59)).await?;
    assert!(world.numbers[0].phone.sent().is_empty());
    assert_eq!(waits(&world, id).await?, (WaitKind::NewChats, Some(at(0, 15, 0))));
    world.run_until(at(0, 15, 0) + HOUR).await?;
    assert_eq!(world.counts(id).await?.sent, 3);
    Ok(())
}

#[tokio::test]
async fn known_people_far_behind_in_a_queue_are_found_and_go_first() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.app.credits().top_up(Book::Real, 1_000, "", "").await?;
    world.contacts(1_150).await?;
    let number = world.numbers[0].id;
    let wrote = |person: usize| reply(&format!("A{person}"), &format!("+90532555{person:04}"), "Merhaba", at(0, 11, 0));
    for person in [1_100, 1_149] {
        world.hear(number, &Signal::Reply(wrote(person))).await?;
    }
    let limits = Limits {
        new_chats_used: Some(45),
        new_chats_quota: Some(50),
        quota_renews_at: Some(at(3, 10, 0)),
        locked_until: None,
    };
    world.limits(number, &limits).await?;
    world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.numbers[0].phone.sent();
    let first: Vec<&str> = sent.iter().take(2).map(|sent| sent.to.as_str()).collect();
    assert_eq!(first, ["+905325551100", "+905325551149"]);
    assert_eq!(sent.len(), 7, "and five strangers, as many as the quota had left");
    world.hear(number, &Signal::Reply(wrote(700))).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(
        world.numbers[0].phone.sent().len(),
        8,
        "who writes meanwhile is found when the queue is looked through anew"
    );
    assert_eq!(world.numbers[0].phone.sent()[7].to, "+905325550700");
    Ok(())
}

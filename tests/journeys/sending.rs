//! Scheduling, sending, ticks.

use ulak_core::app::Problem;
use ulak_core::campaign::CampaignState;
use ulak_core::clock::MINUTE;
use ulak_core::contact::Standing;
use ulak_core::ledger::Book;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;

use crate::at;

#[tokio::test]
async fn a_campaign_goes_out_and_its_ticks_turn_blue() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(5).await?;
    let id = world.schedule("Merhaba {{name}}").await?;
    assert_eq!(world.app.credits().balance(Book::Practice).await?.held, 5);
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.len(), 5);
    assert_eq!(sent[0].text.as_deref(), Some("Merhaba Kişi 0"));
    let wire_ids: Vec<String> = sent.iter().map(|sent| sent.wire_id.clone()).collect();
    world.receipts(ReceiptKind::Read, &wire_ids).await?;
    world.receipts(ReceiptKind::Delivered, &wire_ids).await?;
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.counts.read, live.state), (5, CampaignState::Finished));
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!((balance.held, balance.settled, balance.balance), (0, 5, 995));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn no_two_sends_are_closer_than_the_pace_and_none_is_outside_the_hours() -> Result<(), Problem> {
    let mut world = World::at(at(0, 21, 59)).await?;
    world.contacts(60).await?;
    world.schedule("Merhaba").await?;
    world.run_until(at(1, 12, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.len(), 60);
    for pair in sent.windows(2) {
        assert!(pair[1].at - pair[0].at >= 1_000);
    }
    let tonight = sent.iter().filter(|sent| sent.at < at(0, 22, 0)).count();
    assert!(tonight > 5 && tonight < 60, "{tonight} went out before 22:00");
    assert!(sent[tonight].at >= at(1, 9, 0), "the rest waits for 09:00");
    Ok(())
}

#[tokio::test]
async fn an_opt_out_after_scheduling_is_honoured_at_the_moment_of_sending() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let elif = world.contact("Elif", "+905325550142").await?;
    world.contact("Budi", "+628125550147").await?;
    let id = world.schedule("Merhaba").await?;
    world.app.people().set_standing(elif, Standing::Black).await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.phone.sent().iter().map(|sent| sent.to.as_str()).collect::<Vec<_>>(), ["+628125550147"]);
    let counts = world.counts(id).await?;
    assert_eq!((counts.sent, counts.skipped), (1, 1));
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!((balance.held, balance.settled, balance.released), (0, 1, 1));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn an_interrupted_send_is_repeated_under_the_same_id() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905325550142").await?;
    let id = world.schedule("Merhaba").await?;
    let mut world = world.crash_before_the_answer().await?;
    assert_eq!(world.counts(id).await?.unknown, 1);
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!((sent.len(), &sent[0].wire_id), (2, &sent[1].wire_id));
    assert_eq!(world.counts(id).await?.sent, 1);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_can_be_helped_is_tried_three_times_and_then_released() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905325550142").await?;
    let refusal = || Outcome::Refused(Cause::Refused("busy".to_owned()));
    world.phone.answer([refusal(), refusal(), refusal()]);
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent[1].at - sent[0].at >= 2_000 && sent[2].at - sent[1].at >= 4_000);
    assert_eq!(world.counts(id).await?.failed, 1);
    assert_eq!(world.app.credits().balance(Book::Practice).await?.released, 1);
    assert_eq!(world.app.campaigns().retry_failed(id).await?, 1);
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.counts(id).await?.sent, 1);
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!((balance.held, balance.settled, balance.released), (0, 1, 1));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_a_phone_could_not_read_is_tried_again_within_the_hour_and_costs_nothing() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905325550142").await?;
    world.phone.answer(vec![Outcome::Refused(Cause::NoKeys); 3]);
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 14, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent[1].at - sent[0].at >= 20 * MINUTE && sent[2].at - sent[1].at >= 40 * MINUTE);
    assert_eq!((world.counts(id).await?.failed, world.counts(id).await?.sent), (1, 0));
    assert_eq!(world.app.campaigns().live(id).await?.causes[0].cause, Cause::NoKeys);
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!((balance.held, balance.settled, balance.released), (0, 0, 1));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_number_that_hurries_takes_all_that_is_due_at_once_and_every_other_one_part() -> Result<(), Problem> {
    for (gap, at_once) in [(3, 80..=90), (0, 1..=1)] {
        let mut world = World::at(at(0, 12, 0)).await?;
        world.contacts(100).await?;
        world.phone.hurry(gap);
        let id = world.schedule("Merhaba").await?;
        while world.step().await? {}
        assert!(at_once.contains(&world.phone.sent().len()), "{gap} ms: {} at once", world.phone.sent().len());
        if gap > 0 {
            world.run_until(at(0, 12, 0) + 1_000).await?;
            assert_eq!((world.counts(id).await?.sent, world.phone.shown().len()), (100, 100), "a line of the clock");
        }
        world.app.credits().ledger_holds().await?;
    }
    Ok(())
}

//! Doubt ends and harms nobody else: repeats, numbers that swallow, cancels, and what the owner may do.

use std::collections::BTreeSet;

use ulak_core::app::Problem;
use ulak_core::campaign::live::WaitKind;
use ulak_core::campaign::{CampaignState, draft::DraftEdit};
use ulak_core::category::Category;
use ulak_core::clock::{DAY, HOUR, MINUTE};
use ulak_core::ids::CampaignId;
use ulak_core::ledger::Book;
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::queue::Retryable;
use ulak_core::outbox::store::reading::CauseLine;
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::Signal;
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;

fn unknown() -> Outcome {
    Outcome::Unknown(Cause::NoAnswer)
}

/// A campaign over two numbers: the first has begun, and its only part is in doubt.
async fn in_doubt(people: usize) -> Result<(World, CampaignId), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    let mut world = world.connect(1, false).await?;
    world.contacts(people).await?;
    world.numbers[0].phone.answer([unknown()]);
    let id = world.schedule("Merhaba").await?;
    while world.counts(id).await?.unknown == 0 {
        world.step().await?;
    }
    Ok((world.connect(1, true).await?, id))
}

async fn credits(world: &World) -> Result<(i64, i64, i64), Problem> {
    world.app.credits().ledger_holds().await?;
    let balance = world.app.credits().balance(Book::Real).await?;
    Ok((balance.held, balance.settled, balance.released))
}

#[tokio::test]
async fn a_number_that_never_answers_is_asked_ten_times_again_and_then_the_part_rests() -> Result<(), Problem> {
    let (mut world, id) = in_doubt(1).await?;
    world.numbers[0].phone.answer((0..30).map(|_| unknown()));
    world.run_until(at(1, 14, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 11);
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.state, live.counts.failed), (CampaignState::Finished, 1));
    assert_eq!(live.causes, [CauseLine { cause: Cause::OutcomeUnknown, people: 1 }]);
    assert_eq!(credits(&world).await?, (0, 0, 1));
    Ok(())
}

#[tokio::test]
async fn who_opted_out_while_a_part_was_in_doubt_is_skipped_until_a_receipt_proves_it() -> Result<(), Problem> {
    let (mut world, id) = in_doubt(1).await?;
    let wire_id = world.numbers[0].phone.sent()[0].wire_id.clone();
    let stop = Signal::Reply(reply("R1", "+905325550000", "STOP", world.app.now()));
    world.hear(world.numbers[0].id, &stop).await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!((world.counts(id).await?.skipped, credits(&world).await?), (1, (0, 0, 1)));
    assert_eq!(skipped(&world, id).await?, 1);
    world.receipts(ReceiptKind::Delivered, std::slice::from_ref(&wire_id)).await?;
    let counts = world.counts(id).await?;
    assert_eq!((counts.delivered, counts.skipped, credits(&world).await?), (1, 0, (0, 1, 1)));
    assert_eq!(skipped(&world, id).await?, 0);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    assert_eq!(world.numbers[0].phone.sent().len(), 1, "nothing more goes to them");
    Ok(())
}

/// How many the list of those who were skipped has.
async fn skipped(world: &World, id: CampaignId) -> Result<usize, Problem> {
    let state = Some(PartState::Skipped);
    let query = RecipientQuery { campaign_id: id, state, search: String::new(), place: Place::first(10) };
    Ok(world.app.outbox().recipients(&query).await?.rows.len())
}

#[tokio::test]
async fn without_its_number_a_doubt_ends_a_day_after_the_first_try() -> Result<(), Problem> {
    let (world, id) = in_doubt(1).await?;
    let tried = world.app.now();
    let mut world = world.connect(0, false).await?;
    world.run_until(tried + DAY - 1).await?;
    assert_eq!(world.counts(id).await?.unknown, 1);
    world.run_until(tried + DAY).await?;
    world.step().await?;
    assert_eq!(world.counts(id).await?.failed, 1);
    assert_eq!(world.perhaps_arrived().len(), 1, "no other number took it over");
    assert_eq!(credits(&world).await?, (0, 0, 1));
    Ok(())
}

#[tokio::test]
async fn a_clock_that_was_ahead_does_not_keep_a_doubt_for_years() -> Result<(), Problem> {
    let (world, id) = in_doubt(1).await?;
    let mut world = world.connect(0, false).await?;
    let back = world.app.now() - 700 * DAY;
    world.clock.set(back);
    world.run_until(back + DAY).await?;
    world.step().await?;
    assert_eq!(world.counts(id).await?.failed, 1);
    Ok(())
}

#[tokio::test]
async fn a_receipt_or_an_answer_that_comes_later_still_proves_it() -> Result<(), Problem> {
    for answer in [false, true] {
        let (world, id) = in_doubt(1).await?;
        let wire_id = world.numbers[0].phone.sent()[0].wire_id.clone();
        assert_eq!(world.app.campaigns().stop_checking(id).await?, 1);
        assert_eq!((world.counts(id).await?.failed, credits(&world).await?), (1, (0, 0, 1)));
        if answer {
            let mut thanks = reply("R", "+905325550000", "Teşekkürler", world.app.now());
            thanks.quotes = Some(wire_id.clone());
            world.hear(world.numbers[0].id, &Signal::Reply(thanks)).await?;
        } else {
            world.receipts(ReceiptKind::Delivered, std::slice::from_ref(&wire_id)).await?;
        }
        let counts = world.counts(id).await?;
        assert_eq!((counts.accepted(), counts.failed), (1, 0));
        assert_eq!(credits(&world).await?, (0, 1, 1), "a round of its own was held and settled");
        world.receipts(ReceiptKind::Read, &[wire_id]).await?;
        assert_eq!(world.counts(id).await?.read, 1);
        assert_eq!(credits(&world).await?, (0, 1, 1));
    }
    Ok(())
}

#[tokio::test]
async fn what_arrived_after_all_is_owed_even_when_no_credit_is_free() -> Result<(), Problem> {
    let (world, id) = in_doubt(1).await?;
    world.app.campaigns().stop_checking(id).await?;
    world.app.credits().adjust(Book::Real, -1_000, "spent elsewhere").await?;
    let wire_id = world.numbers[0].phone.sent()[0].wire_id.clone();
    world.receipts(ReceiptKind::Delivered, &[wire_id]).await?;
    assert_eq!(world.app.credits().balance(Book::Real).await?.balance, -1);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn the_owner_ends_the_doubt_of_one_message() -> Result<(), Problem> {
    let (world, id) = in_doubt(3).await?;
    let everybody = RecipientQuery { campaign_id: id, state: None, search: String::new(), place: Place::first(10) };
    for row in world.app.outbox().recipients(&everybody).await?.rows {
        world.app.campaigns().stop_checking_message(row.message_id).await?;
    }
    let counts = world.counts(id).await?;
    assert_eq!((counts.unknown, counts.failed, counts.open()), (0, 1, 2), "what is not in doubt goes on");
    assert_eq!(credits(&world).await?.2, 1);
    Ok(())
}

#[tokio::test]
async fn a_repeat_that_is_on_its_way_is_the_last_one_when_the_owner_stops_the_checking() -> Result<(), Problem> {
    let (mut world, id) = in_doubt(1).await?;
    world.numbers[0].phone.answer([unknown(), unknown()]);
    while world.numbers[0].phone.sent().len() < 2 {
        world.clock.set(world.app.now() + 1_000);
        world.step().await?;
    }
    assert_eq!(world.counts(id).await?.sending, 1, "its answer is not written yet");
    world.app.campaigns().stop_checking(id).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!((world.numbers[0].phone.sent().len(), world.counts(id).await?.failed), (2, 1));
    Ok(())
}

#[tokio::test]
async fn a_number_in_doubt_gives_every_second_turn_to_the_others() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(12).await?;
    // The first one is never answered, everybody else is.
    let turns =
        (0..6).flat_map(|_| [unknown(), Outcome::Accepted, Outcome::Accepted, Outcome::Accepted, Outcome::Accepted]);
    world.numbers[0].phone.answer(turns);
    world.schedule("Merhaba").await?;
    world.run_until(at(0, 12, 0) + 12_000).await?;
    let sent = world.numbers[0].phone.sent();
    let mut seen = BTreeSet::new();
    let repeats: Vec<bool> = sent.iter().map(|sent| !seen.insert(sent.wire_id.clone())).collect();
    assert!(repeats.contains(&true), "what is due again goes before the rest of its campaign");
    assert!(!repeats.windows(2).any(|two| two[0] && two[1]), "never two repeats in a row: {repeats:?}");
    Ok(())
}

#[tokio::test]
async fn a_campaign_in_doubt_does_not_hold_up_a_more_urgent_one() -> Result<(), Problem> {
    let (mut world, _) = in_doubt(1).await?;
    world.numbers[0].phone.answer((0..3).map(|_| unknown()));
    let one = world.numbers[0].id;
    let urgent = |edit: &mut DraftEdit| {
        (edit.priority, edit.session_ids, edit.category) = (1, vec![one], Category::Notification);
    };
    let draft = world.draft("Acil", urgent).await?;
    world.clock.set(world.app.now() + MINUTE);
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    while world.numbers[0].phone.sent().len() < 2 {
        world.step().await?;
    }
    assert_eq!(world.numbers[0].phone.sent()[1].text.as_deref(), Some("Acil"));
    Ok(())
}

#[tokio::test]
async fn a_number_that_swallows_binds_five_people_and_then_tries_one_at_a_time() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    world.contacts(40).await?;
    world.numbers[0].phone.answer((0..400).map(|_| unknown()));
    let id = world.schedule("Merhaba").await?;
    let people =
        |world: &World| world.perhaps_arrived().into_iter().map(|(_, to, _)| to).collect::<BTreeSet<_>>().len();
    world.run_until(at(0, 10, 10)).await?;
    let bound = people(&world);
    assert!(bound <= 5, "{bound}");
    let live = world.app.campaigns().live(id).await?;
    assert_eq!(live.wait.kind, WaitKind::Unheard);
    assert_eq!(live.wait.session_name.as_deref(), Some("Number 1"));
    let number = world.number(world.numbers[0].id).await?;
    assert_eq!(number.shut.map(|shut| shut.cause), Some(Cause::Unheard));
    world.run_until(at(0, 10, 40)).await?;
    assert_eq!(people(&world), bound + 1, "one person after 15 minutes");
    world.run_until(at(0, 11, 10)).await?;
    assert_eq!(people(&world), bound + 2, "the next one half an hour later");
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(people(&world), bound + 4, "then after one hour and two");
    Ok(())
}

#[tokio::test]
async fn an_ack_opens_a_number_that_was_not_heard() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    world.contacts(40).await?;
    world.numbers[0].phone.answer((0..5).map(|_| unknown()));
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 10, 5)).await?;
    assert_eq!(world.counts(id).await?.sent, 40, "the first repeat was heard");
    assert!(world.number(world.numbers[0].id).await?.shut.is_none());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_receipt_for_what_nobody_answered_opens_the_number_too() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    world.contacts(6).await?;
    world.numbers[0].phone.answer((0..30).map(|_| unknown()));
    world.schedule("Merhaba").await?;
    world.run_until(at(0, 10, 1)).await?;
    assert!(world.number(world.numbers[0].id).await?.shut.is_some());
    let wire_ids: Vec<String> = world.numbers[0].phone.sent().into_iter().map(|sent| sent.wire_id).collect();
    world.receipts(ReceiptKind::Delivered, &wire_ids).await?;
    assert!(world.number(world.numbers[0].id).await?.shut.is_none());
    Ok(())
}

#[tokio::test]
async fn after_a_cancel_nothing_goes_out_and_what_is_in_doubt_waits_for_a_receipt() -> Result<(), Problem> {
    for paused in [false, true] {
        let (mut world, id) = in_doubt(3).await?;
        if paused {
            world.app.campaigns().pause_campaign(id).await?;
        }
        let sent = world.perhaps_arrived().len();
        world.app.campaigns().cancel_campaign(id).await?;
        world.run_until(at(0, 20, 0)).await?;
        assert_eq!(world.perhaps_arrived().len(), sent);
        let counts = world.counts(id).await?;
        assert_eq!((counts.unknown, counts.open()), (1, 1));
        let wire_id = world.numbers[0].phone.sent()[0].wire_id.clone();
        if paused {
            world.receipts(ReceiptKind::Read, &[wire_id]).await?;
            assert_eq!(world.counts(id).await?.read, 1);
        }
        world.run_until(at(1, 12, 1)).await?;
        world.step().await?;
        assert_eq!(world.perhaps_arrived().len(), sent);
        assert_eq!(world.counts(id).await?.open(), 0);
        assert_eq!(world.app.campaigns().live(id).await?.state, CampaignState::Cancelled);
        assert_eq!(credits(&world).await?.0, 0);
    }
    Ok(())
}

#[tokio::test]
async fn to_retry_what_failed_leaves_alone_what_may_have_arrived() -> Result<(), Problem> {
    let (mut world, id) = in_doubt(2).await?;
    world.numbers[1].phone.answer([Outcome::Refused(Cause::Rejected("17".to_owned()))]);
    world = world.connect(0, false).await?;
    world.run_until(at(1, 13, 0)).await?;
    world.step().await?;
    assert_eq!(world.counts(id).await?.failed, 2);
    assert_eq!(world.app.campaigns().retryable(id).await?, Retryable { certain: 1, doubtful: 1 });
    assert_eq!(world.app.campaigns().retry_failed(id).await?, 1);
    world.run_until(at(1, 14, 0)).await?;
    let counts = world.counts(id).await?;
    assert_eq!((counts.sent, counts.failed), (1, 1));
    assert_eq!(world.app.campaigns().retry_failed(id).await?, 0);

    let told = world.app.campaigns().retry_doubtful(id, 7).await.err().map(|problem| (problem.code, problem.params));
    let told = told.map(|(code, params)| (code, params.get("people").cloned()));
    assert_eq!(told, Some(("campaign.other_doubt".to_owned(), Some("1".to_owned()))));
    assert_eq!(world.app.campaigns().retry_doubtful(id, 1).await?, 1);
    world.run_until(at(1, 15, 0)).await?;
    assert_eq!(world.counts(id).await?.sent, 2);
    assert_eq!(world.numbers[1].phone.sent().len(), 3, "by the owner's word the other number may send it");
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_receipt_for_what_was_put_back_keeps_the_second_copy_from_going_out() -> Result<(), Problem> {
    let (mut world, id) = in_doubt(1).await?;
    world.app.campaigns().stop_checking(id).await?;
    world.app.campaigns().retry_doubtful(id, 1).await?;
    let wire_id = world.numbers[0].phone.sent()[0].wire_id.clone();
    world.receipts(ReceiptKind::Delivered, &[wire_id]).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!((world.counts(id).await?.delivered, world.perhaps_arrived().len()), (1, 1));
    assert_eq!(credits(&world).await?, (0, 1, 1));
    Ok(())
}

#[tokio::test]
async fn what_stands_behind_a_doubtful_part_is_retried_with_it_or_not_at_all() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Elif", "+905325550142").await?;
    let draft = world.draft("Merhaba", |_| {}).await?;
    let photos = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media");
    for name in ["sample.jpg", "transparent.png"] {
        world.app.campaigns().add_media(draft.id, &photos.join(name)).await?;
    }
    world.numbers[0].phone.answer([unknown()]);
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    while world.app.campaigns().live(id).await?.counts.pending > 0
        && world.app.campaigns().stop_checking(id).await? == 0
    {
        world.step().await?;
    }
    assert_eq!(world.app.campaigns().retryable(id).await?, Retryable { certain: 0, doubtful: 1 });
    assert_eq!(world.app.campaigns().retry_failed(id).await?, 0);
    assert_eq!(world.app.campaigns().retry_doubtful(id, 1).await?, 3);
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!((world.counts(id).await?.sent, world.numbers[0].phone.sent().len()), (1, 4));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_retry_that_the_credits_do_not_cover_says_how_many_are_missing_and_does_nothing() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(5).await?;
    world.numbers[0].phone.answer((0..5).map(|_| Outcome::Refused(Cause::Rejected("17".to_owned()))));
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    world.app.credits().adjust(Book::Real, -998, "spent elsewhere").await?;
    let problem = world.app.campaigns().retry_failed(id).await.expect_err("two credits are not five");
    let param = |name: &str| problem.params.get(name).cloned().unwrap_or_default();
    assert_eq!(
        (problem.code.as_str(), param("shortage"), param("needed"), param("free")),
        ("ledger.short", "3".into(), "5".into(), "2".into())
    );
    assert_eq!((world.counts(id).await?.failed, credits(&world).await?.0), (5, 0));
    Ok(())
}

#[tokio::test]
async fn a_claim_that_nobody_waits_for_is_found_while_running() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(1).await?;
    let id = world.schedule("Merhaba").await?;
    world.lose_what_is_on_its_way().await?;
    assert_eq!(world.counts(id).await?.sending, 1);
    world.run_until(at(0, 12, 0) + MINUTE).await?;
    assert_eq!(
        (world.counts(id).await?.sending, world.numbers[0].phone.sent().len()),
        (1, 1),
        "its answer may still come"
    );
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.numbers[0].phone.sent();
    assert_eq!((world.counts(id).await?.sent, sent.len()), (1, 2));
    assert_eq!(sent[0].wire_id, sent[1].wire_id);
    assert!(sent[1].at - sent[0].at < 5 * MINUTE);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_number_that_takes_a_part_and_never_answers_leaves_it_in_doubt() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(1).await?;
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.be_silent();
    world.decide().await?;
    while world.numbers[0].phone.sent().is_empty() {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let waiting = world.step().await?;
    tokio::time::resume();
    assert!(waiting);
    world.run_until(at(0, 12, 0) + HOUR).await?;
    assert_eq!(world.counts(id).await?.sent, 1);
    assert_eq!(world.numbers[0].phone.sent().len(), 2);
    Ok(())
}

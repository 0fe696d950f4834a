//! Several numbers: who takes over, what stays where it was, and what a number leaves behind.

use ulak_core::app::Problem;
use ulak_core::campaign::CampaignState;
use ulak_core::campaign::live::WaitKind;
use ulak_core::category::Category;
use ulak_core::clock::{HOUR, MINUTE};
use ulak_core::contact::Standing;
use ulak_core::ledger::Book;
use ulak_core::outbox::store::reading::CauseLine;
use ulak_core::session::Pace;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

use crate::at;

const SLOW: Pace = Pace { min_ms: 3_000, max_ms: 3_000, ..BRISK };

fn unknown() -> Outcome {
    Outcome::Unknown(Cause::NoAnswer)
}

#[tokio::test]
async fn every_number_does_its_share_at_its_own_pace() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, SLOW]).await?;
    world.contacts(40).await?;
    let draft = world.draft("Merhaba", |_| {}).await?;
    assert_eq!(draft.session_ids, [world.numbers[0].id, world.numbers[1].id]);
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert!(!review.practice);
    let shares: Vec<i64> = review.sessions.iter().filter(|share| share.chosen).map(|share| share.share).collect();
    assert_eq!(shares, [75, 25]);
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.state, live.counts.sent), (CampaignState::Finished, 40));
    let counts: Vec<(&str, i64)> = live.sessions.iter().map(|count| (count.name.as_str(), count.sent)).collect();
    assert_eq!(counts, [("Number 1", 30), ("Number 2", 10)]);
    assert!(world.phone.sent().is_empty(), "the practice number sends nothing of a real campaign");
    assert_eq!(world.app.credits().balance(Book::Real).await?.settled, 40);
    assert_eq!(world.app.credits().balance(Book::Practice).await?.settled, 0);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn practice_and_real_numbers_never_send_together() -> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(1).await?;
    let (real, practice) = (world.numbers[0].id, world.app.practice_id());
    let mixed = world.draft("Merhaba", |edit| edit.session_ids = vec![real, practice]).await;
    assert_eq!(mixed.err().map(|problem| problem.code).as_deref(), Some("campaign.mixed_numbers"));
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![practice]).await?;
    assert!(world.app.campaigns().review_campaign(draft.id).await?.practice);
    Ok(())
}

#[tokio::test]
async fn what_never_left_goes_over_the_other_number_at_once_and_costs_no_try() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    world.contact("Elif", "+905325550142").await?;
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer((0..20).map(|_| Outcome::Refused(Cause::NotConnected)));
    world.run_until(at(0, 13, 0)).await?;
    let (first, second) = (world.numbers[0].phone.sent(), world.numbers[1].phone.sent());
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!(first[0].at, second[0].at);
    assert_eq!(first[0].wire_id, second[0].wire_id);
    let recipient = world.app.outbox().recipients(&everyone(id)).await?.rows.remove(0);
    assert_eq!((recipient.tries, recipient.session_name.as_deref()), (2, Some("Number 2")));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_number_without_a_connection_uses_no_try_up() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Elif", "+905325550142").await?;
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer((0..9).map(|_| Outcome::Refused(Cause::NotConnected)));
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 10);
    assert_eq!(world.counts(id).await?.sent, 1);
    Ok(())
}

#[tokio::test]
async fn who_turns_out_to_want_no_messages_is_skipped_at_the_next_look() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let elif = world.contact("Elif", "+905325550142").await?;
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer([Outcome::Refused(Cause::AskedToStop)]);
    world.run_until(at(0, 12, 0) + 500).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1);
    world.app.people().set_standing(elif, Standing::Black).await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1);
    let counts = world.counts(id).await?;
    assert_eq!((counts.sent, counts.skipped, counts.failed), (0, 1, 0));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_number_that_drops_out_is_named_and_the_other_one_goes_on() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    world.contacts(20).await?;
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 12, 0) + 4_000).await?;
    let before = world.numbers[0].phone.sent().len();
    world = world.connect(0, false).await?;
    world.run_until(at(0, 12, 0) + 7_000).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), before);
    world = world.connect(1, false).await?;
    world.run_until(at(0, 12, 1)).await?;
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.wait.kind, live.wait.session_name.as_deref()), (WaitKind::NotConnected, Some("Number 1")));
    world = world.connect(0, true).await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.counts(id).await?.sent, 20);
    nobody_twice(&world);
    Ok(())
}

#[tokio::test]
async fn an_unknown_part_waits_for_its_own_number_and_a_receipt_settles_it() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    world.contact("Elif", "+905325550142").await?;
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer([unknown()]);
    while world.counts(id).await?.unknown == 0 {
        world.step().await?;
    }
    world = world.connect(0, false).await?;
    world.run_until(at(1, 11, 0)).await?;
    assert_eq!(world.counts(id).await?.unknown, 1);
    assert!(world.numbers[1].phone.sent().is_empty());
    let wire_id = world.numbers[0].phone.sent()[0].wire_id.clone();
    world.receipts(ReceiptKind::Delivered, &[wire_id]).await?;
    assert_eq!(world.counts(id).await?.delivered, 1);
    world = world.connect(0, true).await?;
    world.run_until(at(3, 12, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1, "what is proved is not sent again");
    assert_eq!(world.app.credits().balance(Book::Real).await?.settled, 1);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_refused_repeat_may_have_arrived_before_and_goes_over_no_other_number_unasked() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    world.contact("Elif", "+905325550142").await?;
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer([unknown(), Outcome::Refused(Cause::Rejected("17".to_owned()))]);
    world.run_until(at(0, 13, 0)).await?;
    let live = world.app.campaigns().live(id).await?;
    assert_eq!(live.causes, [CauseLine { cause: Cause::OutcomeUnknown, people: 1 }]);
    assert_eq!(world.app.credits().balance(Book::Real).await?.released, 1);
    world = world.connect(0, false).await?;
    assert_eq!(world.app.campaigns().retry_failed(id).await?, 0);
    world.run_until(at(0, 14, 0)).await?;
    assert!(world.numbers[1].phone.sent().is_empty(), "another number would show it a second time");
    assert_eq!(world.app.campaigns().retry_doubtful(id, 1).await?, 1);
    world.run_until(at(0, 15, 0)).await?;
    assert_eq!((world.counts(id).await?.sent, world.numbers[1].phone.sent().len()), (1, 1));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_removed_number_leaves_what_nobody_can_find_out_any_more() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    world.contacts(6).await?;
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer([unknown(), unknown()]);
    while world.counts(id).await?.unknown < 2 {
        world.step().await?;
        world.clock.set(world.app.now() + 500);
    }
    world = world.connect(0, false).await?;
    let first = world.numbers[0].id;
    world.remove(0).await?;
    world.run_until(at(0, 13, 0)).await?;
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.counts.failed, live.counts.sent, live.state), (2, 4, CampaignState::Finished));
    assert_eq!(live.causes, [CauseLine { cause: Cause::OutcomeUnknown, people: 2 }]);
    let balance = world.app.credits().balance(Book::Real).await?;
    assert_eq!((balance.held, balance.settled, balance.released), (0, 4, 2));
    nobody_twice(&world);
    assert_eq!(world.app.campaigns().draft(id).await?.session_ids.len(), 2, "history keeps what was chosen");
    let draft = world.draft("Again", |edit| edit.session_ids.push(first)).await?;
    assert_eq!(draft.session_ids, [world.numbers[1].id], "a draft does not");
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn the_rest_of_a_message_goes_over_the_number_that_began_it() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    world.contacts(6).await?;
    let draft = world.draft("Merhaba", |_| {}).await?;
    for name in ["sample.jpg", "transparent.png"] {
        world.app.campaigns().add_media(draft.id, &fixture(name)).await?;
    }
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.counts(id).await?.sent, 6);
    let mut senders: std::collections::BTreeMap<String, Vec<usize>> = std::collections::BTreeMap::new();
    world.accepted().into_iter().for_each(|(number, to, _)| senders.entry(to).or_default().push(number));
    assert!(senders.values().all(|numbers| numbers.len() == 3 && numbers.iter().all(|one| *one == numbers[0])));
    let both = senders.values().any(|numbers| numbers[0] == 0) && senders.values().any(|numbers| numbers[0] == 1);
    assert!(both, "both numbers took part");
    Ok(())
}

#[tokio::test]
async fn typing_is_shown_by_choice_and_people_who_are_known_are_known() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Elif", "+905325550142").await?;
    world.schedule("Merhaba").await?;
    world.run_until(at(0, 12, 0) + MINUTE).await?;
    world.choose(world.numbers[0].id, false, true).await?;
    let again = world.draft("Again", |edit| edit.category = Category::Notification).await?;
    world.app.campaigns().schedule_campaign(again.id, false).await?;
    world.run_until(at(0, 12, 0) + HOUR).await?;
    let sent = world.numbers[0].phone.sent();
    assert_eq!(sent.iter().map(|sent| (sent.known, sent.typing)).collect::<Vec<_>>(), [(false, false), (true, true)]);
    Ok(())
}

/// A repeat over the same number under the same id is shown once; anything else would be a second copy.
fn nobody_twice(world: &World) {
    let arrived: std::collections::BTreeSet<_> = world.perhaps_arrived().into_iter().collect();
    let people: std::collections::BTreeSet<&str> = arrived.iter().map(|(_, to, _)| to.as_str()).collect();
    assert_eq!(people.len(), arrived.len());
}

fn everyone(campaign_id: ulak_core::ids::CampaignId) -> ulak_core::outbox::store::recipients::RecipientQuery {
    ulak_core::outbox::store::recipients::RecipientQuery {
        campaign_id,
        state: None,
        search: String::new(),
        place: ulak_core::page::Place::first(10),
    }
}

fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media").join(name)
}

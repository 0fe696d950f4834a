//! One message to one person, which belongs to no campaign.

use std::path::Path;

use ulak_core::app::{AttentionKind, Direct, FileNotice, Problem, TestSend};
use ulak_core::campaign::live::WaitKind;
use ulak_core::contact::Standing;
use ulak_core::ids::MessageId;
use ulak_core::ledger::Book;
use ulak_core::media::Wish;
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::queue::Retryable;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

use crate::at;
use crate::lists::everything;

fn wish(world: &World, to: &str) -> Direct {
    let over = vec![world.app.practice_id()];
    Direct { to: to.to_owned(), text: "Siparişiniz hazır".to_owned(), over, ..Direct::default() }
}

async fn states(world: &World, id: MessageId) -> Vec<PartState> {
    world.app.outbox().parts_of(id).await.unwrap().into_iter().map(|part| part.state).collect()
}

#[tokio::test]
async fn it_goes_out_at_night_too_and_the_person_becomes_a_contact() {
    let mut world = World::at(at(0, 23, 30)).await.unwrap();
    world.contacts(3).await.unwrap();
    let id = world.app.outbox().send_direct(&wish(&world, "0538 555 02 14")).await.unwrap();
    world.run_until(at(0, 23, 31)).await.unwrap();
    let sent = world.phone.sent();
    assert_eq!(sent.iter().map(|part| part.to.as_str()).collect::<Vec<_>>(), ["+905385550214"]);
    assert_eq!(states(&world, id).await, [PartState::Sent]);
    world.app.outbox().send_direct(&wish(&world, "+90 538 555 02 14")).await.unwrap();
    assert_eq!(world.app.people().contact_totals().await.unwrap().all, 4);
}

#[tokio::test]
async fn single_messages_share_a_queue_are_no_campaign_and_one_person_may_get_many() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.app.outbox().send_direct(&wish(&world, "+905385550214")).await?);
    }
    assert_eq!(world.app.home().now_view().await?.wait.kind, WaitKind::Nothing, "the planner has not looked yet");
    let holds = world.app.credits().view(Book::Practice).await?.holds;
    assert_eq!(holds.iter().map(|line| (line.campaign_id, line.held)).collect::<Vec<_>>(), [(None, 3)]);
    world.run_until(at(0, 12, 5)).await?;
    ids.push(world.app.outbox().send_direct(&wish(&world, "+905385550214")).await?);
    world.run_until(at(0, 12, 10)).await?;
    for id in &ids {
        assert_eq!(states(&world, *id).await, [PartState::Sent]);
    }
    assert_eq!(world.phone.sent().len(), 4);
    assert!(world.app.campaigns().list(&everything()).await?.rows.is_empty());
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let queues: i64 = sqlx::query_scalar("SELECT count(*) FROM queues").fetch_one(&mut *reader).await.unwrap();
    drop(reader);
    assert_eq!(queues, 1);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    assert_eq!(world.app.outbox().summary(Book::Practice).await?.parts.sent, 4);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn its_files_go_with_it_and_its_ticks_come_back() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media/sample.jpg");
    let with_photo = Direct { media: vec![photo], ..wish(&world, "+905385550214") };
    let id = world.app.outbox().send_direct(&with_photo).await?;
    let draft = world.app.campaigns().create_draft().await?;
    world.app.campaigns().delete_draft(draft.id).await?;
    world.run_until(at(0, 12, 5)).await?;
    let sent = world.phone.sent();
    assert_eq!(
        sent.iter().map(|part| (part.is_image, part.text.as_deref())).collect::<Vec<_>>(),
        [(true, Some("Siparişiniz hazır"))]
    );
    world.receipts(ReceiptKind::Read, &[sent[0].wire_id.clone()]).await?;
    let shown = world.app.outbox().recipient(id).await?;
    assert_eq!((shown.row.state, shown.row.phone_shown.as_str()), (PartState::Read, "+90 538 555 02 14"));
    Ok(())
}

/// Whoever sends from a terminal or a program sees no list of files with a word about each.
#[tokio::test]
async fn what_ought_to_be_known_of_its_files_is_told() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media");
    let told = |notices: Vec<FileNotice>| -> Vec<(String, String)> {
        notices.into_iter().map(|told| (told.file, told.notice.code)).collect()
    };
    let pictures = ["sample.jpg", "moving.gif"].map(|name| fixtures.join(name)).to_vec();
    let chat = Direct { media: pictures, ..wish(&world, "+905385550214") };
    let (_, notices) = world.app.outbox().send_direct_noticing(&chat).await?;
    assert_eq!(told(notices), [("moving.gif".to_owned(), "media.stilled".to_owned())]);
    let media = ["moving.gif", "private.heic"].map(|name| fixtures.join(name)).to_vec();
    let documents = Direct { media, media_as: Wish::Document, ..wish(&world, "+905385550215") };
    let (id, notices) = world.app.outbox().send_direct_noticing(&documents).await?;
    assert_eq!(told(notices), [("private.heic".to_owned(), "media.place".to_owned())]);
    world.run_until(at(0, 12, 5)).await?;
    let parts = world.app.outbox().parts_of(id).await?;
    let documents = parts.iter().filter(|part| part.kind == "document").count();
    assert_eq!(documents, 2);
    let gif = std::fs::read(fixtures.join("moving.gif")).unwrap();
    let kept = world.app.programs().upload("moving.gif", gif, Wish::Auto).await?;
    assert_eq!(kept.notices.iter().map(|notice| notice.code.as_str()).collect::<Vec<_>>(), ["media.stilled"]);
    Ok(())
}

#[tokio::test]
async fn it_is_cancelled_by_its_own_id_and_its_neighbours_go_on() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.phone.answer([Outcome::Accepted]);
    let first = world.app.outbox().send_direct(&wish(&world, "+905385550214")).await?;
    let second = world.app.outbox().send_direct(&wish(&world, "+905385550215")).await?;
    world.app.outbox().cancel_message(first).await?;
    assert_eq!(world.app.outbox().cancel_message(first).await.unwrap_err().code, "message.not_waiting");
    world.run_until(at(0, 12, 5)).await?;
    assert_eq!(states(&world, first).await, [PartState::Cancelled]);
    assert_eq!(states(&world, second).await, [PartState::Sent]);
    assert_eq!(world.app.outbox().cancel_message(second).await.unwrap_err().code, "message.not_waiting");
    assert_eq!(world.app.credits().balance(Book::Practice).await?.held, 0);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

/// Two photos and the text: three parts.
async fn long_message(world: &World) -> Result<MessageId, Problem> {
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media/sample.jpg");
    let over = vec![world.numbers[0].id];
    let media = vec![photo.clone(), photo];
    world.app.outbox().send_direct(&Direct { over, media, ..wish(world, "+905385550214") }).await
}

#[tokio::test]
async fn it_is_called_back_until_it_is_handed_over() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let id = long_message(&world).await?;
    let ready = world.numbers[0].phone.prepares_until_told();
    world.decide().await?;
    assert_eq!(states(&world, id).await[0], PartState::Sending);
    assert!(world.app.outbox().recipient(id).await?.cancellable);
    world.app.outbox().cancel_message(id).await?;
    assert!(!world.app.outbox().recipient(id).await?.cancellable, "once is enough");
    ready.send(()).expect("it is on its way");
    world.step().await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(states(&world, id).await, [PartState::Cancelled; 3]);
    let outcomes: Vec<Outcome> = world.numbers[0].phone.sent().into_iter().map(|sent| sent.outcome).collect();
    assert_eq!(outcomes, [Outcome::Refused(Cause::HeldBack)]);
    let balance = world.app.credits().balance(Book::Real).await?;
    assert_eq!((balance.held, balance.settled, balance.released), (0, 0, 3));
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_of_a_cancelled_one_may_have_arrived_is_neither_repeated_nor_sent_again() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.numbers[0].phone.answer([Outcome::Unknown(Cause::NoAnswer)]);
    let id = long_message(&world).await?;
    let other = wish(&world, "+905385550215");
    let other = Direct { over: vec![world.numbers[0].id], ..other };
    while world.step().await? {}
    assert_eq!(states(&world, id).await, [PartState::Unknown, PartState::Pending, PartState::Pending]);
    world.app.outbox().cancel_message(id).await?;
    let other = world.app.outbox().send_direct(&other).await?;
    world.run_until(at(2, 12, 0)).await?;
    assert_eq!(states(&world, id).await, [PartState::Failed, PartState::Cancelled, PartState::Cancelled]);
    assert_eq!(states(&world, other).await, [PartState::Sent], "what is in doubt holds nobody up");
    assert_eq!(world.numbers[0].phone.sent().len(), 2);
    assert_eq!(world.app.outbox().recipient(id).await?.retryable, Retryable::default());
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

async fn attention(world: &World) -> Result<Vec<(AttentionKind, Option<MessageId>)>, Problem> {
    let attention = world.app.home().view().await?.attention;
    let about = attention.into_iter().filter(|one| one.message_id.is_some());
    Ok(about.map(|one| (one.kind, one.message_id)).collect())
}

#[tokio::test]
async fn one_that_failed_needs_attention_until_it_is_sent_again_or_seen_to() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let over = vec![world.numbers[0].id];
    let refused = || Outcome::Refused(Cause::InvalidMessage);
    world.numbers[0].phone.answer([refused(), refused()]);
    let mut ids = Vec::new();
    for to in ["+905385550214", "+905385550215"] {
        world.clock.set(world.app.now() + 1);
        ids.push(world.app.outbox().send_direct(&Direct { over: over.clone(), ..wish(&world, to) }).await?);
    }
    world.run_until(at(0, 12, 5)).await?;
    let failed = |at: usize| (AttentionKind::MessageFailed, Some(ids[at]));
    assert_eq!(attention(&world).await?, [failed(1), failed(0)]);
    let mut world = world.restart().await?;
    assert_eq!(attention(&world).await?.len(), 2);
    world.app.outbox().dismiss_message(ids[1]).await?;
    assert_eq!(world.app.outbox().recipient(ids[0]).await?.retryable, Retryable { certain: 1, doubtful: 0 });
    world.app.outbox().retry_message(ids[0], false).await?;
    assert_eq!(attention(&world).await?, []);
    world.run_until(at(0, 12, 10)).await?;
    assert_eq!(
        (states(&world, ids[0]).await, states(&world, ids[1]).await),
        (vec![PartState::Sent], vec![PartState::Failed])
    );
    assert_eq!(world.app.outbox().retry_message(ids[0], true).await.unwrap_err().code, "message.not_failed");
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    let balance = world.app.credits().balance(Book::Real).await?;
    assert_eq!((balance.held, balance.settled, balance.released), (0, 1, 2));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn one_in_doubt_is_ended_by_its_own_id_and_sent_again_only_by_a_second_act() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.numbers[0].phone.answer([Outcome::Unknown(Cause::NoAnswer)]);
    let over = vec![world.numbers[0].id];
    let id = world.app.outbox().send_direct(&Direct { over, ..wish(&world, "+905385550214") }).await?;
    while world.step().await? {}
    assert_eq!(attention(&world).await?, [(AttentionKind::MessageUnknown, Some(id))]);
    world.app.campaigns().stop_checking_message(id).await?;
    assert_eq!(attention(&world).await?, [(AttentionKind::MessageFailed, Some(id))]);
    let refused = world.app.outbox().retry_message(id, false).await.unwrap_err();
    assert_eq!(refused.code, "campaign.other_doubt");
    world.app.outbox().retry_message(id, true).await?;
    world.run_until(at(0, 12, 10)).await?;
    assert_eq!((states(&world, id).await, attention(&world).await?), (vec![PartState::Sent], vec![]));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn whoever_opted_out_gets_nothing_and_nothing_stays_behind() {
    let world = World::at(at(0, 12, 0)).await.unwrap();
    let person = world.contact("Ayşe", "+905385550214").await.unwrap();
    world.app.people().set_standing(person, Standing::Black).await.unwrap();
    let refused = world.app.outbox().send_direct(&wish(&world, "+905385550214")).await.unwrap_err();
    assert_eq!(refused.code, "campaign.unwanted");
    let refused = world.app.outbox().send_direct(&wish(&world, "12")).await.unwrap_err();
    assert!(refused.code.starts_with("phone."), "{}", refused.code);
    let empty = Direct { text: " ".to_owned(), ..wish(&world, "+905385550216") };
    assert_eq!(world.app.outbox().send_direct(&empty).await.unwrap_err().code, "campaign.empty");
    let long = Direct { text: "a".repeat(4_097), ..wish(&world, "+905385550216") };
    assert_eq!(world.app.outbox().send_direct(&long).await.unwrap_err().code, "campaign.text_too_long");
    assert!(world.app.campaigns().list(&everything()).await.unwrap().rows.is_empty());
    assert_eq!(world.app.credits().balance(Book::Practice).await.unwrap().held, 0);
}

#[tokio::test]
async fn without_a_linked_number_it_says_so() {
    let world = World::at(at(0, 12, 0)).await.unwrap();
    let mut wish = wish(&world, "+905385550214");
    wish.over.clear();
    assert_eq!(world.app.outbox().send_direct(&wish).await.unwrap_err().code, "campaign.no_number");
}

#[tokio::test]
async fn it_goes_before_a_campaign_of_the_first_priority_that_runs() {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await.unwrap();
    world.contacts(20).await.unwrap();
    let draft = world.draft("Merhaba", |edit| edit.priority = 1).await.unwrap();
    world.app.campaigns().schedule_campaign(draft.id, false).await.unwrap();
    world.run_until(at(0, 12, 0) + 5_000).await.unwrap();
    let before = world.numbers[0].phone.sent().len();
    let over = vec![world.numbers[0].id];
    let wish = Direct { over: over.clone(), ..wish(&world, "+905385550214") };
    world.app.outbox().send_direct(&wish).await.unwrap();
    world.clock.set(world.app.now() + 1);
    let test = TestSend { draft_id: draft.id, index: 0, to: "+905385550215".to_owned(), over: over[0] };
    world.app.outbox().send_test(&test).await.unwrap();
    world.run_until(at(0, 12, 0) + 8_000).await.unwrap();
    let sent = world.numbers[0].phone.sent();
    assert!(before > 2 && sent.len() > before + 2, "the campaign runs before and after");
    let next: Vec<&str> = sent[before..before + 2].iter().map(|sent| sent.to.as_str()).collect();
    assert_eq!(next, ["+905385550214", "+905385550215"]);
}

#[tokio::test]
async fn a_mistyped_name_takes_no_fallback_in_a_single_message_or_a_test_either() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905385550214").await?;
    let mistyped =
        Direct { text: "Merhaba {{isim soyadı olan|müşterimiz}}".to_owned(), ..wish(&world, "+905385550214") };
    let refused = world.app.outbox().send_direct(&mistyped).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.params["name"].as_str()),
        ("campaign.unknown_variable", "isim soyadı olan")
    );
    let draft = world.draft("Merhaba {{şehri|burası}}", |_| {}).await?;
    let to = "+905385550999".to_owned();
    let test = TestSend { draft_id: draft.id, index: 0, to, over: world.app.practice_id() };
    assert_eq!(world.app.outbox().send_test(&test).await.unwrap_err().code, "campaign.unknown_variable");
    // The header of a column that became the name is a name.
    let meant = Direct { text: "Merhaba {{Müşteri Adı|müşterimiz}}".to_owned(), ..wish(&world, "+905385550214") };
    world.app.outbox().send_direct(&meant).await?;
    world.run_until(at(0, 12, 5)).await?;
    let sent: Vec<Option<String>> = world.phone.sent().into_iter().map(|part| part.text).collect();
    assert_eq!(sent, [Some("Merhaba Elif".to_owned())]);
    Ok(())
}

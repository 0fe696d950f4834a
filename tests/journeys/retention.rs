//! What is no longer kept goes after the owner's days, nothing of it is sent again, and everything that is counted stays.

use std::path::{Path, PathBuf};

use ulak_core::app::{AttentionKind, Direct, Gone, Problem};
use ulak_core::campaign::audience::{FollowOf, Followed};
use ulak_core::campaign::revise::NewTime;
use ulak_core::category::Category;
use ulak_core::clock::{DAY, Millis};
use ulak_core::event::Event;
use ulak_core::ids::{CampaignId, MessageId};
use ulak_core::inbound::store::marks::Mark;
use ulak_core::inbound::store::replies::{ReplyQuery, Show};
use ulak_core::outbox::state::{PartState, SkipReason};
use ulak_core::outbox::store::log::LogQuery;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{Attached, AttachedKind, Reply, Signal};
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::settings::{Kept, Language};
use ulak_core::template::{Choice, ChoiceStyle};
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;
use crate::erase::traces_of;

const AYSE: &str = "+905385550101";
const GUL: &str = "+905385550102";
const IRFAN: &str = "+905385550103";

fn photo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media/sample.jpg")
}

fn single(to: &str, text: &str) -> Direct {
    Direct { to: to.to_owned(), text: text.to_owned(), category: Category::Notification, ..Direct::default() }
}

struct Shop {
    world: World,
    campaign: CampaignId,
    /// One that failed for certain, and one that may have arrived.
    failed: [MessageId; 2],
}

/// A campaign with a photo and a question, to three people: one has it and answers, one is not on WhatsApp, one is on the
/// black list; and single messages. Everything that is said holds the word "zümrüt".
async fn shop() -> Result<Shop, Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    for (name, phone) in [("Ayşe", AYSE), ("Gül", GUL), ("İrfan", IRFAN)] {
        world.contact(name, phone).await?;
    }
    let query = ulak_core::contact::ContactQuery {
        search: IRFAN.to_owned(),
        place: Place::first(1),
        ..ulak_core::contact::ContactQuery::default()
    };
    let listed = world.app.people().contacts(&query).await?.rows[0].id;
    world.app.people().set_standing(listed, ulak_core::contact::Standing::Black).await?;
    world.numbers[0].phone.set_absent(GUL);
    let choice = Choice {
        style: ChoiceStyle::Numbered,
        question: "zümrüt?".into(),
        options: vec!["Olur".into(), "Olmaz".into()],
    };
    let draft = world.draft("Sayın {{name}}, zümrüt koleksiyonu", |edit| edit.choice = Some(choice)).await?;
    world.app.campaigns().add_media(draft.id, &photo()).await?;
    let campaign = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 11, 0)).await?;
    let first = world.numbers[0].phone.sent().into_iter().find(|sent| sent.to == AYSE).unwrap().wire_id;
    world.receipts(ReceiptKind::Delivered, std::slice::from_ref(&first)).await?;
    world.receipts(ReceiptKind::Read, std::slice::from_ref(&first)).await?;
    let attached = Some(Box::new(Attached {
        kind: AttachedKind::Document,
        name: "zümrüt.pdf".to_owned(),
        mime: String::new(),
        seconds: None,
        size: None,
        place: Some("zümrüt".to_owned()),
        album: None,
    }));
    let answer = Reply { quotes: Some(first), ..reply("R1", AYSE, "1", at(0, 11, 1)) };
    world.hear(world.numbers[0].id, &Signal::Reply(answer)).await?;
    let words = Reply { attached, ..reply("R2", AYSE, "zümrüt var mı", at(0, 11, 2)) };
    world.hear(world.numbers[0].id, &Signal::Reply(words)).await?;
    world.app.outbox().send_direct(&single(AYSE, "zümrüt faturanız")).await?;
    world.run_until(at(0, 12, 0)).await?;
    let certain = world.app.outbox().send_direct(&single(GUL, "zümrüt faturanız")).await?;
    world.run_until(at(0, 12, 10)).await?;
    let lost = Outcome::Unknown(Cause::NoAck);
    world.numbers[0].phone.answer(vec![lost; 11]);
    let doubtful = world.app.outbox().send_direct(&single(AYSE, "zümrüt gecikti")).await?;
    world.run_until(at(2, 12, 0)).await?;
    assert_eq!(world.app.outbox().parts_of(doubtful).await?[0].state, PartState::Failed);
    Ok(Shop { world, campaign, failed: [certain, doubtful] })
}

/// The owner reads what came in.
async fn read_replies(world: &World) -> Result<(), Problem> {
    let query = ReplyQuery { show: Show::Everything, place: Place::first(50), ..ReplyQuery::default() };
    let ids: Vec<_> = world.app.replies().list(&query).await?.rows.iter().map(|row| row.id).collect();
    world.app.replies().mark(&ids, Mark::Read).await
}

/// Every place of the database, by table and column, that holds the word, and how often the index of words finds it.
async fn traces(world: &World) -> Vec<String> {
    let mut found = traces_of(world, &["zümrüt", "zumrut"]).await;
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let indexed = "SELECT count(*) FROM message_words WHERE message_words MATCH 'zumrut'";
    let indexed: i64 = sqlx::query_scalar(indexed).fetch_one(&mut *reader).await.unwrap();
    if indexed > 0 {
        found.push(format!("message_words: {indexed}"));
    }
    found
}

async fn number(world: &World, question: &'static str) -> i64 {
    let mut reader = world.app.db().read().acquire().await.unwrap();
    sqlx::query_scalar(question).fetch_one(&mut *reader).await.unwrap()
}

/// Every line of the ledger, as one text.
async fn ledger(world: &World) -> String {
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let lines = "SELECT group_concat(line, char(10)) FROM (SELECT seq || ' ' || kind || ' ' || credits || ' ' || held || ' '
                     || balance_after || ' ' || held_after || ' ' || coalesce(hex(part_id), '') AS line FROM ledger ORDER BY seq)";
    sqlx::query_scalar(lines).fetch_one(&mut *reader).await.unwrap()
}

/// What the report says, as JSON, but for when it was cleared.
async fn report(world: &World, campaign: CampaignId) -> Result<String, Problem> {
    let mut report = world.app.campaigns().report(campaign).await?;
    report.view.cleared_at = None;
    Ok(format!("{report:#?}"))
}

/// Lets the days be counted as on a computer that is used every day.
async fn days(world: &World, from: i64, to: i64) -> Result<(), Problem> {
    for day in from..=to {
        world.clock.set(at(day, 12, 0));
        world.app.retention().clear_by_itself().await?;
    }
    Ok(())
}

async fn keep(world: &World, kept: Kept) -> Result<(), Problem> {
    let mut settings = world.app.settings().current().await?;
    settings.kept = kept;
    world.app.settings().save_settings(&settings).await.map(drop)
}

/// The owner has seen what failed.
async fn see_to(world: &World, failed: &[MessageId]) -> Result<(), Problem> {
    for message in failed {
        world.app.outbox().dismiss_message(*message).await?;
    }
    Ok(())
}

fn code<T: std::fmt::Debug>(answer: Result<T, Problem>) -> String {
    answer.unwrap_err().code
}

#[tokio::test]
async fn what_was_said_goes_after_its_days_and_all_that_is_counted_stays() -> Result<(), Problem> {
    let Shop { mut world, campaign, failed } = shop().await?;
    while ulak_core::agenda::step(world.app.agenda()).await?.is_none() {}
    assert!(traces(&world).await.iter().any(|trace| trace.starts_with("message_words")), "{:?}", traces(&world).await);
    read_replies(&world).await?;
    let (report_before, ledger_before) = (report(&world, campaign).await?, ledger(&world).await);
    let rows_before = world.app.outbox().log(&LogQuery { place: Place::first(50), ..LogQuery::default() }).await?;

    days(&world, 2, 14).await?;
    assert_eq!(world.app.retention().preview().await?.gone.campaigns, 0);
    let found = traces(&world).await;
    assert!(found.iter().any(|trace| trace.starts_with("messages.text")), "{found:?}");
    world.clock.set(at(18, 12, 0));
    let preview = world.app.retention().preview().await?;
    let of = |gone: Gone| (gone.campaigns, gone.messages, gone.replies, gone.files);
    assert_eq!(of(preview.gone), (1, 4, 2, 1), "what failed waits for its owner");
    see_to(&world, &failed).await?;
    assert_eq!(of(world.app.retention().preview().await?.gone), (1, 6, 2, 1));
    assert!(preview.gone.bytes > 1_000, "{preview:?}");
    assert_eq!(preview.texts_before, Some(at(3, 12, 0)));
    days(&world, 15, 18).await?;

    assert_eq!(traces(&world).await, Vec::<String>::new());
    let content = "SELECT sum(length(content) + length(thumbnail)) FROM media";
    assert_eq!(number(&world, content).await, 0);
    assert_eq!(report(&world, campaign).await?, report_before);
    assert_eq!(ledger(&world).await, ledger_before);
    world.app.credits().ledger_holds().await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    let rows = world.app.outbox().log(&LogQuery { place: Place::first(50), ..LogQuery::default() }).await?.rows;
    assert_eq!(rows.len(), rows_before.rows.len());
    for (row, before) in rows.iter().zip(&rows_before.rows) {
        assert_eq!(
            (row.state, &row.reason, row.at, row.settled),
            (before.state, &before.reason, before.at, before.settled)
        );
        assert_eq!(row.cleared_at.is_some(), row.begins.is_empty(), "{row:?}");
    }
    let last = world.app.retention().view().await?.last.unwrap();
    assert!(last.gone.messages > 0 && !last.more, "{last:?}");

    // Nothing of it goes out again, in no way.
    let sent = world.numbers[0].phone.sent().len();
    let campaigns = world.app.campaigns();
    assert_eq!(code(campaigns.retry_failed(campaign).await), "campaign.cleared");
    assert_eq!(code(campaigns.retry_doubtful(campaign, 0).await), "campaign.cleared");
    assert_eq!(code(campaigns.duplicate_campaign(campaign).await), "campaign.cleared");
    assert_eq!(code(campaigns.draft_for_skipped(campaign, SkipReason::BlackList, None).await), "campaign.cleared");
    let follows = FollowOf { campaign, who: Followed::Silent };
    assert_eq!(code(campaigns.follow_up(follows, None).await), "campaign.cleared");
    assert_eq!(code(world.app.templates().save_as_template(campaign, Language::Tr).await), "campaign.cleared");
    assert_eq!(code(campaigns.open_revision(campaign, None).await), "campaign.over");
    let tomorrow = NewTime::All { at: at(19, 12, 0) };
    assert_eq!(code(campaigns.reschedule(campaign, tomorrow).await), "campaign.over");
    for message in failed {
        assert_eq!(code(world.app.outbox().retry_message(message, true).await), "message.cleared");
    }
    world.run_until(at(20, 12, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), sent);

    // Whoever answers late is understood.
    let first = world.numbers[0].phone.sent().into_iter().find(|sent| sent.to == AYSE).unwrap().wire_id;
    let late = Reply { quotes: Some(first), ..reply("R3", AYSE, "2", at(20, 12, 1)) };
    world.hear(world.numbers[0].id, &Signal::Reply(late)).await?;
    let answers = world.app.campaigns().live(campaign).await?.answers;
    let chosen = |option: &str| answers.chosen.iter().find(|one| one.option == option).map_or(0, |one| one.people);
    assert_eq!((chosen("Olur"), chosen("Olmaz")), (0, 1), "{answers:?}");
    Ok(())
}

async fn announced(world: &World) -> Result<i64, Problem> {
    let attention = world.app.home().view().await?.attention;
    Ok(attention.iter().find(|one| one.kind == AttentionKind::ClearingBegins).map_or(0, |one| one.count))
}

#[tokio::test]
async fn the_first_time_and_by_fewer_days_nothing_goes_unannounced() -> Result<(), Problem> {
    let Shop { world, campaign, .. } = shop().await?;
    let is_cleared = async || world.app.campaigns().live(campaign).await.map(|view| view.cleared_at.is_some());
    world.clock.set(at(40, 12, 0));
    assert_eq!(announced(&world).await?, 1);
    keep(&world, Kept { texts_days: 90, ..Kept::default() }).await?;
    days(&world, 40, 50).await?;
    assert_eq!((announced(&world).await?, is_cleared().await?), (0, false));
    keep(&world, Kept::default()).await?;
    days(&world, 50, 52).await?;
    assert_eq!((announced(&world).await?, is_cleared().await?), (1, false));
    days(&world, 53, 53).await?;
    assert_eq!((announced(&world).await?, is_cleared().await?), (0, true));
    Ok(())
}

#[tokio::test]
async fn what_is_cut_off_is_sent_by_nobody_and_goes_on() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 9, 0), &[BRISK]).await?;
    world.contacts(120).await?;
    let campaign = world.schedule("Zümrüt {{name}}").await?;
    world.numbers[0].phone.hurry(1);
    world.run_until(at(0, 20, 0)).await?;
    let counts = world.counts(campaign).await?;
    assert_eq!(counts.sent, 120);
    world.clock.set(at(16, 12, 0));
    let mut events = world.app.events().subscribe();
    let texts = "SELECT count(*) FROM messages WHERE text <> ''";
    {
        let step = async {
            while events.recv().await.unwrap() != Event::RetentionChanged {}
            while events.recv().await.unwrap() != Event::RetentionChanged {}
        };
        tokio::select! {
            biased;
            () = step => {}
            gone = world.app.retention().clear_now() => panic!("it was through at once: {gone:?}"),
        }
    }
    let left = number(&world, texts).await;
    assert!((1..120).contains(&left), "{left} of 120 are left");
    let world = world.restart().await?;
    assert_eq!(code(world.app.campaigns().retry_failed(campaign).await), "campaign.cleared");
    // It goes on even where the owner keeps everything from here on: half of a campaign is of use to nobody.
    keep(&world, Kept { texts_days: 0, tries_days: 0, numbers_days: 0 }).await?;
    let gone = world.app.retention().clear_now().await?;
    assert_eq!((gone.messages, gone.campaigns), (left, 1));
    assert_eq!((number(&world, texts).await, world.counts(campaign).await?), (0, counts));
    assert_eq!(world.app.retention().clear_now().await?, Gone::default());
    Ok(())
}

#[tokio::test]
async fn what_still_waits_or_was_not_read_is_kept() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    world.contact("Ayşe", AYSE).await?;
    let paused = world.draft("Beklesin {{name}}", |edit| edit.due_at = Some(at(0, 10, 30))).await?.id;
    world.app.campaigns().schedule_campaign(paused, false).await?;
    world.app.campaigns().pause_campaign(paused).await?;
    let planned = world.draft("Yeni yıl {{name}}", |edit| edit.due_at = Some(at(60, 10, 30))).await?.id;
    world.app.campaigns().schedule_campaign(planned, false).await?;
    world.hear(world.numbers[0].id, &Signal::Reply(reply("R1", AYSE, "orada mısınız", at(0, 11, 0)))).await?;
    world.run_until(at(0, 12, 0)).await?;
    world.clock.set(at(40, 12, 0));
    let gone = world.app.retention().clear_now().await?;
    assert_eq!((gone.campaigns, gone.messages, gone.replies), (0, 0, 0));
    read_replies(&world).await?;
    assert_eq!(world.app.retention().clear_now().await?.replies, 1);
    world.clock.set(at(41, 10, 0));
    world.app.campaigns().resume_campaign(paused).await?;
    world.run_until(at(41, 12, 0)).await?;
    let sent = world.numbers[0].phone.sent();
    assert_eq!(sent.last().unwrap().text.as_deref(), Some("Beklesin Ayşe"));
    // One that was cancelled before anything of it went out is over from then on, not from its time.
    world.app.campaigns().cancel_campaign(planned).await?;
    world.clock.set(at(57, 12, 0));
    assert_eq!(world.app.retention().clear_now().await?.campaigns, 2);
    Ok(())
}

#[tokio::test]
async fn a_file_stays_as_long_as_something_needs_it_and_comes_back_when_it_is_added_again() -> Result<(), Problem> {
    let Shop { mut world, .. } = shop().await?;
    let draft = world.draft("Yine {{name}}", |edit| edit.category = Category::Notification).await?.id;
    world.app.campaigns().add_media(draft, &photo()).await?;
    let content = "SELECT sum(length(content)) FROM media";
    let whole = number(&world, content).await;
    world.clock.set(at(20, 12, 0));
    world.app.retention().clear_now().await?;
    assert_eq!(number(&world, content).await, whole, "a draft has it");
    world.app.campaigns().delete_draft(draft).await?;
    assert_eq!(world.app.retention().clear_now().await?.files, 1);
    assert_eq!(number(&world, content).await, 0);

    let draft = world.draft("Yine {{name}}", |edit| edit.category = Category::Notification).await?.id;
    world.app.campaigns().add_media(draft, &photo()).await?;
    assert_eq!(number(&world, content).await, whole);
    world.app.campaigns().schedule_campaign(draft, false).await?;
    world.run_until(at(20, 20, 0)).await?;
    let last = world.numbers[0].phone.sent().pop().unwrap();
    assert!(last.is_image, "{last:?}");
    world.clock.set(at(30, 12, 0));
    world.app.retention().clear_now().await?;
    assert_eq!(number(&world, content).await, whole, "a message that is kept carries it");
    world.clock.set(at(36, 12, 0));
    world.app.retention().clear_now().await?;
    assert_eq!(number(&world, content).await, 0);
    Ok(())
}

#[tokio::test]
async fn tries_go_but_for_those_that_say_what_may_have_arrived() -> Result<(), Problem> {
    let Shop { mut world, campaign, failed: [certain, doubtful] } = shop().await?;
    keep(&world, Kept { texts_days: 0, ..Kept::default() }).await?;
    let tries = "SELECT count(*) FROM attempts";
    let before = number(&world, tries).await;
    let (report_before, numbers) = (report(&world, campaign).await?, world.number(world.numbers[0].id).await?);
    world.clock.set(at(40, 12, 0));
    let preview = world.app.retention().preview().await?.gone.tries;
    let gone = world.app.retention().clear_now().await?;
    assert!(gone.tries >= 3, "{gone:?}");
    assert_eq!((preview, before - gone.tries), (gone.tries, number(&world, tries).await));
    assert_eq!(world.app.retention().clear_now().await?.tries, 0);
    assert_eq!(report(&world, campaign).await?, report_before);
    assert_eq!(world.number(world.numbers[0].id).await?.last_activity_at, numbers.last_activity_at);
    // What may have arrived still asks first.
    assert_eq!(code(world.app.outbox().retry_message(doubtful, false).await), "campaign.other_doubt");
    world.app.outbox().retry_message(certain, false).await?;
    world.app.outbox().retry_message(doubtful, true).await?;
    world.run_until(at(40, 20, 0)).await?;
    assert_eq!(world.app.outbox().parts_of(doubtful).await?[0].state, PartState::Sent);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

#[tokio::test]
async fn the_days_are_those_on_which_ulak_ran_and_not_those_of_a_wrong_clock() -> Result<(), Problem> {
    let Shop { world, failed, .. } = shop().await?;
    read_replies(&world).await?;
    see_to(&world, &failed).await?;
    days(&world, 2, 10).await?;
    let years: Millis = at(10, 12, 0) + 5 * 365 * DAY;
    for look in 0..20 {
        world.clock.set(years + look * 300_000);
        world.app.retention().clear_by_itself().await?;
    }
    assert!(!traces(&world).await.is_empty());
    // It is set right, and the days go on.
    days(&world, 11, 15).await?;
    assert!(!traces(&world).await.is_empty());
    days(&world, 16, 20).await?;
    assert_eq!(traces(&world).await, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn the_file_gets_shorter_and_the_number_that_was_taken_off_is_forgotten() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 9, 0), &[BRISK]).await?;
    world.contacts(300).await?;
    world.numbers[0].phone.hurry(1);
    let long = "zümrüt ".repeat(500);
    let campaign = world.schedule(&format!("{{{{name}}}} {long}")).await?;
    world.run_until(at(0, 21, 0)).await?;
    assert_eq!(world.counts(campaign).await?.sent, 300);
    let before = world.app.db().page_count().await?;
    world.clock.set(at(16, 12, 0));
    world.app.retention().clear_now().await?;
    let after = world.app.db().page_count().await?;
    assert!(after < before * 7 / 10, "{before} pages became {after}");

    world.remove(0).await?;
    world.clock.set(at(105, 12, 0));
    assert_eq!(world.app.retention().clear_now().await?.numbers, 0);
    world.clock.set(at(107, 12, 0));
    assert_eq!(world.app.retention().clear_now().await?.numbers, 1);
    assert_eq!(number(&world, "SELECT count(*) FROM sessions WHERE kind = 'whatsapp' AND phone <> ''").await, 0);
    assert_eq!(number(&world, "SELECT count(*) FROM chats").await, 0);
    assert_eq!(world.app.campaigns().live(campaign).await?.sessions.len(), 1, "its share of the campaign stays");
    Ok(())
}

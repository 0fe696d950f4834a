//! Rows that cannot be read, statements that fail and loops that panic: what is broken is set aside, the rest goes on.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};
use tokio::sync::mpsc;
use ulak_core::app::{App, AttentionKind, Direct, Opening, Problem};
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::clock::{Clock, FastClock, SystemClock, TimeLine};
use ulak_core::contact::{Consent, ContactEdit};
use ulak_core::db::connect_options;
use ulak_core::ledger::Book;
use ulak_core::outbox::receipt::{self, Inbox};
use ulak_core::session::Pace;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::Signal;
use ulak_core::session::messenger::{Arrived, Receipt, ReceiptKind};
use ulak_core::session::practice::PracticeChange;
use ulak_core::supervise::Task;
use ulak_core::testing::numbers::{BRISK, reply};
use ulak_core::testing::{World, key};

use crate::at;

const FIRST: &str = "(SELECT id FROM parts ORDER BY id LIMIT 1)";

/// What no statement of Ulak's would do: over a connection of its own, without foreign keys and without CHECKs.
async fn damage(world: &World, statement: &str) {
    let options = connect_options(world.folder.path(), &key()).foreign_keys(false);
    let mut db = options.connect().await.unwrap();
    sqlx::query("PRAGMA ignore_check_constraints = on").execute(&mut db).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

/// The codes of what the owner is told, and how often each was met.
fn told(world: &World) -> Vec<(String, u32)> {
    world.app.notices().into_iter().map(|notice| (notice.problem.code, notice.times)).collect()
}

#[tokio::test]
async fn a_part_that_cannot_be_read_fails_and_everybody_else_gets_theirs() -> Result<(), Problem> {
    for broken in [
        format!("DELETE FROM messages WHERE id = (SELECT message_id FROM parts WHERE id = {FIRST})"),
        format!(
            "UPDATE parts SET due_at = -1, tries = -9223372036854775808, attempts = -9223372036854775808 WHERE id = {FIRST}"
        ),
    ] {
        let mut world = World::at(at(0, 12, 0)).await?;
        world.contacts(5).await?;
        let id = world.schedule("Merhaba").await?;
        damage(&world, &broken).await;
        world.run_until(at(0, 13, 0)).await?;
        let sent = world.phone.sent().len();
        assert!(sent >= 4, "{sent} after {broken}");
        if sent == 4 {
            assert_eq!(told(&world), [("unreadable.part".to_owned(), 1)], "{broken}");
            assert_eq!(world.counts(id).await?.failed, 1, "{broken}");
        }
        let balance = world.app.credits().balance(Book::Practice).await?;
        assert_eq!((balance.held, balance.settled), (0, i64::try_from(sent).unwrap()), "{broken}");
        world.app.credits().ledger_holds().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_was_set_aside_is_found_again_after_a_restart() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    let id = world.schedule("Merhaba").await?;
    let over = vec![world.app.practice_id()];
    let single = Direct { to: "+905385550114".to_owned(), text: "Merhaba".to_owned(), over, ..Direct::default() };
    world.clock.set(world.app.now() + 1);
    let single = world.app.outbox().send_direct(&single).await?;
    let refuse = "CREATE TRIGGER broken BEFORE UPDATE OF state ON parts
        WHEN NEW.state = 'sending' AND (NEW.id = (SELECT min(id) FROM parts)
             OR NEW.queue_id IN (SELECT id FROM queues WHERE kind = 'standing'))
        BEGIN SELECT RAISE(ABORT, 'broken'); END";
    damage(&world, refuse).await;
    world.run_until(at(0, 13, 0)).await?;
    let world = world.restart().await?;
    let attention = world.app.home().view().await?.attention;
    let about: Vec<_> = attention.iter().map(|one| (one.kind, one.count, one.campaign_id, one.message_id)).collect();
    let about: Vec<_> = about.into_iter().filter(|one| one.0 != AttentionKind::RecoveryCode).collect();
    assert_eq!(about, [(AttentionKind::MessageFailed, 1, None, Some(single))], "practice is nobody's to do");
    assert_eq!(world.counts(id).await?.failed, 1);
    Ok(())
}

#[tokio::test]
async fn many_parts_that_cannot_be_read_hold_nobody_up() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(40).await?;
    world.schedule("Merhaba").await?;
    let every_other = "DELETE FROM messages WHERE id IN
        (SELECT message_id FROM (SELECT message_id, row_number() OVER (ORDER BY id) AS place FROM parts) WHERE place % 2 = 1)";
    damage(&world, every_other).await;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), 20);
    assert_eq!(told(&world), [("unreadable.part".to_owned(), 20)]);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_campaign_that_cannot_be_read_does_not_stop_the_others() -> Result<(), Problem> {
    for broken in ["session_ids = '{'", "session_ids = '\"all\"'", "priority = 300", "book = 'gold'"] {
        let mut world = World::at(at(0, 12, 0)).await?;
        world.contacts(3).await?;
        let first = world.draft("Birinci", |edit: &mut DraftEdit| edit.priority = 1).await?;
        let first = world.app.campaigns().schedule_campaign(first.id, false).await?;
        world.schedule("İkinci").await?;
        let queue = first.to_string().replace('-', "");
        damage(&world, &format!("UPDATE queues SET {broken} WHERE id = x'{queue}'")).await;
        world.run_until(at(0, 13, 0)).await?;
        let texts: Vec<_> = world.phone.sent().into_iter().filter_map(|sent| sent.text).collect();
        assert_eq!(texts, ["İkinci"; 3], "{broken}");
        assert_eq!(told(&world), [("unreadable.queue".to_owned(), 1)], "{broken}");
    }
    Ok(())
}

#[tokio::test]
async fn a_number_that_cannot_be_read_does_not_stop_the_others() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    world.contacts(5).await?;
    world.schedule("Merhaba").await?;
    damage(&world, "UPDATE sessions SET batch = -1 WHERE name = 'Number 1'").await;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!((world.numbers[0].phone.sent().len(), world.numbers[1].phone.sent().len()), (0, 5));
    assert_eq!(told(&world), [("unreadable.number".to_owned(), 1)]);
    Ok(())
}

#[tokio::test]
async fn an_outcome_that_cannot_be_written_ends_its_part_alone_and_nobody_gets_it_twice() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(5).await?;
    let id = world.schedule("Merhaba").await?;
    let refuse = "CREATE TRIGGER broken BEFORE UPDATE OF state ON parts
        WHEN NEW.state = 'sent' AND NEW.id = (SELECT min(id) FROM parts)
        BEGIN SELECT RAISE(ABORT, 'broken'); END";
    damage(&world, refuse).await;
    world.run_until(at(0, 13, 0)).await?;
    let counts = world.counts(id).await?;
    assert_eq!((counts.sent, counts.failed), (4, 1));
    assert_eq!(
        world.app.campaigns().live(id).await?.causes[0].cause,
        Cause::OutcomeUnknown,
        "it was accepted, so it may be there"
    );
    assert_eq!(world.phone.sent().len(), 5);
    assert_eq!(told(&world), [("unreadable.part".to_owned(), 1)]);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_receipt_that_cannot_be_put_down_is_set_aside_and_the_others_are_in() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(9).await?;
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    let wire_ids: Vec<String> = world.phone.sent().into_iter().map(|sent| sent.wire_id).collect();
    let refuse = format!(
        "CREATE TRIGGER broken BEFORE UPDATE OF state ON parts WHEN NEW.wire_id = '{}'
         BEGIN SELECT RAISE(ABORT, 'broken'); END",
        wire_ids[4]
    );
    damage(&world, &refuse).await;
    let (ticks, arriving) = mpsc::channel(100);
    let mut confirmed = Vec::new();
    for wire_id in wire_ids {
        let (confirm, answer) = tokio::sync::oneshot::channel();
        confirmed.push(answer);
        let receipt = Receipt { wire_id, kind: ReceiptKind::Read, at: at(0, 13, 0) };
        ticks.send(Arrived { receipt, confirm: Some(confirm) }).await.unwrap();
    }
    drop(ticks);
    let notices = &world.app.supervision().notices;
    receipt::run(world.app.db(), world.app.events(), notices, &mut Inbox::new(arriving, Arc::default())).await;
    let counts = world.counts(id).await?;
    assert_eq!((counts.read, counts.sent), (8, 1));
    assert_eq!(told(&world), [("unreadable.receipt".to_owned(), 1)]);
    for answer in confirmed {
        assert!(answer.await.is_ok(), "WhatsApp would tell it for ever");
    }
    // It does not come again, so a restart tells of it until the owner has read it.
    let world = world.restart().await?;
    assert_eq!(told(&world), [("unreadable.receipt".to_owned(), 1)]);
    world.app.dismiss_notice(world.app.notices()[0].id).await?;
    assert_eq!(told(&world.restart().await?), []);
    Ok(())
}

#[tokio::test]
async fn a_signal_that_cannot_be_saved_is_not_confirmed_and_the_next_one_is_taken() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.link("+905325550199").await?;
    let refuse = "CREATE TRIGGER broken BEFORE INSERT ON replies WHEN NEW.text = 'broken'
                  BEGIN SELECT RAISE(ABORT, 'broken'); END";
    damage(&world, refuse).await;
    let client = world.network.client().unwrap();
    let heard = |id: &str, text: &str| Signal::Reply(reply(id, "+905325550142", text, at(0, 12, 1)));
    let broken = client.hear_and_ask(heard("R1", "broken"));
    let sound = client.hear_and_ask(heard("R2", "Merhaba"));
    world.settle().await;
    assert!(broken.await.is_err(), "WhatsApp keeps it");
    assert!(sound.await.is_ok());
    assert_eq!(told(&world), [("unreadable.signal".to_owned(), 1)]);
    Ok(())
}

/// Waits for a condition in the real world.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_panics_is_told_of_and_a_campaign_ends_all_the_same() -> Result<(), Problem> {
    let folder = tempfile::tempdir().unwrap();
    let practice = PracticeChange { read_percent: Some(100), delay_ms: Some(10), ..PracticeChange::default() };
    let opening = Opening { folder: folder.path().to_owned(), practice, ..Opening::default() };
    let line = TimeLine { since: SystemClock.now(), starts_at: at(0, 12, 0), factor: 50 };
    let app = App::running(&opening, &key(), Arc::new(FastClock(line))).await?;
    app.numbers().save_pace(app.practice_id(), &Pace { ..BRISK }).await?;
    for number in 0..8 {
        let edit = ulak_core::contact::ContactEdit {
            name: format!("Kişi {number}"),
            phone: format!("+90532555000{number}"),
            ..ulak_core::contact::ContactEdit::default()
        };
        app.people().save_contact(&edit).await?;
    }
    let tasks = [Task::Sending, Task::Receipts, Task::Replies, Task::Practice, Task::Agenda];
    tasks.into_iter().for_each(|task| app.supervision().break_once(task));
    let draft = app.campaigns().create_draft().await?;
    let edit = DraftEdit {
        id: draft.id,
        category: draft.category,
        name: "Test".to_owned(),
        text: "Geliyor musunuz?\n1. Evet\n2. Hayır".to_owned(),
        choice: None,
        audience: draft.audience,
        split_long_caption: draft.split_long_caption,
        due_at: None,
        priority: draft.priority,
        session_ids: draft.session_ids,
        keep_hours: false,
        hours: None,
        local_hours: false,
        consent_basis: "shop".to_owned(),
    };
    app.campaigns().save_draft(&edit).await?;
    let id = app.campaigns().schedule_campaign(draft.id, false).await?;
    until("everybody reads it", async || app.campaigns().live(id).await.is_ok_and(|live| live.counts.read == 8)).await;
    app.dispatcher().wake.notify_one();
    app.agenda().wake.notify_one();
    // A loop breaks first, and is told of then.
    until("every loop is told of", async || app.notices().len() == tasks.len()).await;
    let mut codes: Vec<String> = app.notices().into_iter().map(|notice| notice.problem.code).collect();
    codes.sort();
    assert_eq!(codes, ["loop.agenda", "loop.practice", "loop.receipts", "loop.replies", "loop.sending"]);
    app.credits().ledger_holds().await?;
    app.close().await;
    let seen = std::fs::read_to_string(folder.path().join("practice-phone.jsonl")).unwrap();
    assert_eq!(seen.lines().count(), 8, "everybody once");
    assert!(seen.lines().all(|line| line.starts_with("{\"sealed\":\"")), "nobody asked for it in the clear");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_practice_is_over_in_two_minutes_however_long_its_list() -> Result<(), Problem> {
    for (hurry_first_practice, people) in [(true, 300), (true, 12), (false, 300)] {
        let folder = tempfile::tempdir().unwrap();
        let opening = Opening { folder: folder.path().to_owned(), hurry_first_practice, ..Opening::default() };
        let line = TimeLine { since: SystemClock.now(), starts_at: at(0, 12, 0), factor: 1 };
        let app = App::running(&opening, &key(), Arc::new(FastClock(line))).await?;
        for number in 0..people {
            let phone = format!("+90532555{number:04}");
            let consent = Some(Consent { source: "shop".to_owned(), at: 0, note: String::new() });
            app.people().save_contact(&ContactEdit { phone, consent, ..ContactEdit::default() }).await?;
        }
        let draft = app.campaigns().create_draft().await?;
        app.campaigns().save_draft(&DraftEdit { text: "Merhaba".to_owned(), ..draft.clone().edit() }).await?;
        let review = app.campaigns().review_campaign(draft.id).await?;
        let takes = review.finishes_at.unwrap_or(i64::MAX) - review.starts_at;
        assert_eq!(takes <= 61_000, hurry_first_practice, "{people} people in {takes} ms");
        app.campaigns().schedule_campaign(draft.id, false).await?;
        let live = app.campaigns().live(draft.id).await?;
        let left = live.finishes_at.unwrap_or(i64::MAX) - app.now();
        assert_eq!(left <= 61_000, hurry_first_practice, "its page says the same: {left} ms");
        app.close().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_of_a_number_that_panics_goes_on_with_what_is_heard_next() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let id = world.link("+905325550199").await?;
    world.app.supervised_numbers().run();
    world.app.supervision().break_once(Task::Number);
    let client = world.network.client().unwrap();
    let heard = |id: &str| Signal::Reply(reply(id, "+905325550142", "Merhaba", at(0, 12, 1)));
    let answer = client.hear_and_ask(heard("R1"));
    assert!(answer.await.is_ok(), "it broke before it took the reply, so that one is taken by the next run");
    assert_eq!(told(&world), [("loop.number".to_owned(), 1)]);
    assert!(client.hear_and_ask(heard("R2")).await.is_ok());
    assert_eq!(world.number(id).await?.state, "connected");
    Ok(())
}

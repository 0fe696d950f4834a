//! What core is told: in order, not lost with a connection, and confirmed to the server only when it was kept.

use std::sync::atomic::{AtomicI64, Ordering};

use ulak_core::clock::{Clock as _, HOUR, SystemClock};
use ulak_core::session::client::{Closed, Heard, Limits, Reply, Signal};
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_emulator::{Emulator, Habits, Kick};
use wacore::time::{TimeProvider, set_time_provider};

use crate::harness::{AYSE, BUDI, DEADLINE, Number, OWNER, emulator};

fn reply(signal: &Signal) -> Option<Reply> {
    if let Signal::Reply(reply) = signal { Some(reply.clone()) } else { None }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_confirmed_when_it_was_kept() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let id = emulator.reply(AYSE, OWNER, "DUR").await.unwrap();
    let (told, Heard { confirm, .. }) = number.unanswered(reply).await;
    assert_eq!((told.id.as_str(), told.text.as_str(), told.phone.as_deref()), (id.as_str(), "DUR", Some(AYSE)));
    assert_eq!(told.lid, Some(format!("{}@lid", emulator.lid(AYSE).unwrap())));
    assert!(!emulator.read(|record| record.delivered.contains_key(&id)));
    confirm.unwrap().send(()).unwrap();
    emulator.wait_until(|record| record.delivered.contains_key(&id), DEADLINE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_not_kept_comes_again() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let id = emulator.reply(AYSE, OWNER, "STOP").await.unwrap();
    drop(number.unanswered(reply).await);
    number.client.disconnect().await;
    assert!(!emulator.read(|record| record.delivered.contains_key(&id)));
    number.client.connect().await.unwrap();
    let told = number.signal(reply).await;
    assert_eq!((told.id, told.text.as_str()), (id.clone(), "STOP"));
    emulator.wait_until(|record| record.delivered.contains_key(&id), DEADLINE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_the_number_was_away_comes_in_order() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    number.client.disconnect().await;
    for text in ["one", "two", "three"] {
        emulator.reply(AYSE, OWNER, text).await.unwrap();
    }
    number.client.connect().await.unwrap();
    // The library hands over what waited as one batch and waits for every answer.
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(number.signal(reply).await.text);
    }
    assert_eq!(heard, ["one", "two", "three"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_person_is_known_by_the_hidden_identity() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.set_hidden(AYSE, true);
    emulator.reply(AYSE, OWNER, "BERHENTI").await.unwrap();
    let told = number.signal(reply).await;
    assert_eq!((told.phone, told.lid), (None, Some(format!("{}@lid", emulator.lid(AYSE).unwrap()))));
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_that_were_not_kept_are_told_again() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.set_habits(AYSE, Some(Habits::unread())).unwrap();
    assert_eq!(number.say(AYSE, "3EB2A1", "Merhaba").await, Outcome::Accepted);
    let delivered = |signal: &Signal| matches!(signal, Signal::Receipt(it) if it.wire_id == "3EB2A1").then_some(());
    drop(number.unanswered(delivered).await);
    // The process ends before core kept it; the server has had its confirmation.
    let again = Number::again(&emulator, number.stop().await);
    again.connect().await;
    again.receipt("3EB2A1", ReceiptKind::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_own_devices_give_no_ticks() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.set_habits(AYSE, Some(Habits::silent())).unwrap();
    assert_eq!(number.say(AYSE, "3EB2B1", "Merhaba").await, Outcome::Accepted);
    // The owner's phone got its copy of what this device sent.
    emulator.wait_until(|record| record.copies.len() == 1 && record.seen.len() == 1, DEADLINE).await.unwrap();
    number.client.check().await.unwrap();
    assert!(!number.others().await.iter().any(|signal| matches!(signal, Signal::Receipt(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_limits_are_asked_without_disturbing_anybody() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    assert!(number.client.check().await.unwrap() < 60_000);
    let until = 1_900_000_000;
    let limits = ulak_emulator::Limits {
        timelock_until: Some(until),
        total_quota: Some(50),
        used_quota: Some(12),
        cycle_end: Some(until + 60),
        ..ulak_emulator::Limits::default()
    };
    emulator.set_limits(OWNER, limits);
    let told = number.client.limits().await.unwrap();
    let expected = (Some(12), Some(50), Some(until * 1_000), Some((until + 60) * 1_000));
    assert_eq!((told.new_chats_used, told.new_chats_quota, told.locked_until, told.quota_renews_at), expected);
    emulator.set_limits(OWNER, ulak_emulator::Limits::default());
    assert_eq!(number.client.limits().await.unwrap().locked_until, Limits::default().locked_until);
    assert_eq!(emulator.read(|record| record.messages), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_book_of_the_phone_is_told_by_number_and_name() {
    let emulator = emulator().await;
    emulator.set_address_book(OWNER, &[(AYSE, "Ayşe Usta"), (BUDI, "Budi")]);
    let number = Number::linked(&emulator).await;
    let called = |signal: &Signal| match signal {
        Signal::Name { phone, name, from_address_book: true } => Some((phone.clone(), name.clone())),
        _ => None,
    };
    let mut told = [number.signal(called).await, number.signal(called).await];
    told.sort();
    assert_eq!(told, [(BUDI, "Budi"), (AYSE, "Ayşe Usta")].map(|(phone, name)| (phone.to_owned(), name.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_changes_is_told_in_the_clear_and_sealed_and_what_they_delete_is_not() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let id = emulator.reply(AYSE, OWNER, "Teşekkürler").await.unwrap();
    assert_eq!(number.signal(reply).await.edits, None);
    for (text, sealed) in [("Tamam", false), ("DUR", true)] {
        emulator.edit(AYSE, OWNER, &id, text, sealed).await.unwrap();
        let told = number.signal(reply).await;
        assert_eq!((told.edits.as_deref(), told.text.as_str(), told.phone.as_deref()), (Some(&*id), text, Some(AYSE)));
    }
    let deleted = emulator.delete(AYSE, OWNER, &id).await.unwrap();
    emulator.wait_until(|record| record.delivered.contains_key(&deleted), DEADLINE).await.unwrap();
    assert!(!number.others().await.iter().any(|signal| matches!(signal, Signal::Reply(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_is_told_with_the_message_that_it_is_put_to() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    for emoji in ["👍", ""] {
        emulator.react(AYSE, OWNER, "3EB0CAFE", emoji).await.unwrap();
        let told = number.signal(reply).await;
        assert_eq!((told.reaction, told.text.as_str(), told.quotes.as_deref()), (true, emoji, Some("3EB0CAFE")));
    }
}

const WAITING: usize = 700;

/// What was written while the number was away, a STOP as the last but one.
async fn backlog(emulator: &Emulator) -> Vec<(String, String)> {
    let mut written = Vec::new();
    for at in 0..WAITING {
        let text = if at + 2 == WAITING { "STOP".to_owned() } else { at.to_string() };
        written.push((emulator.reply(AYSE, OWNER, &text).await.unwrap(), text));
    }
    written
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_comes_whole_and_in_order_though_the_line_drops_twice_on_the_way() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    number.client.disconnect().await;
    let written = backlog(&emulator).await;
    number.client.connect().await.unwrap();
    let mut kept: Vec<(String, String)> = Vec::new();
    for until in [200, 450, WAITING] {
        while kept.len() < until {
            let told = number.signal(reply).await;
            if kept.iter().all(|(id, _)| *id != told.id) {
                kept.push((told.id, told.text));
            }
        }
        if until < WAITING {
            emulator.kick(OWNER, Kick::Drop).unwrap();
            number.signal(|signal| matches!(signal, Signal::Closed(_)).then_some(())).await;
            number.client.connect().await.unwrap();
        }
    }
    assert_eq!(kept, written);
}

/// Told in a process of its own, because the library has one clock for all numbers of a process.
#[test]
fn a_backlog_comes_whole_though_the_laptop_sleeps_for_twelve_hours_in_the_middle() {
    let program = std::env::current_exe().unwrap();
    let inside = ["--exact", "hearing::asleep_in_the_middle_of_a_backlog", "--ignored", "--nocapture"];
    let output = std::process::Command::new(program).args(inside).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "moves the clock of its process"]
async fn asleep_in_the_middle_of_a_backlog() {
    static SLEPT: AtomicI64 = AtomicI64::new(0);
    struct Wall;
    impl TimeProvider for Wall {
        fn now_millis(&self) -> i64 {
            SystemClock.now() + SLEPT.load(Ordering::SeqCst)
        }
    }
    set_time_provider(Wall).unwrap();
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    number.client.disconnect().await;
    let written = backlog(&emulator).await;
    number.client.connect().await.unwrap();
    let mut kept: Vec<(String, String)> = Vec::new();
    while kept.len() < WAITING {
        let told = number.signal(|signal| match signal {
            Signal::Closed(_) => Some(None),
            signal => reply(signal).map(Some),
        });
        match told.await {
            // What takes the line for dead after the night begins again.
            None => number.client.connect().await.unwrap(),
            Some(told) if kept.iter().any(|(id, _)| *id == told.id) => {}
            Some(told) => kept.push((told.id, told.text)),
        }
        if kept.len() == 250 && SLEPT.load(Ordering::SeqCst) == 0 {
            SLEPT.store(12 * HOUR, Ordering::SeqCst);
            // The server has given the laptop up meanwhile.
            emulator.kick(OWNER, Kick::Drop).unwrap();
        }
    }
    assert_eq!(kept, written);
    assert_eq!(emulator.read(|record| record.errors.clone()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_the_connection_again_and_again_makes_no_doubles() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let size = || std::fs::metadata(number.file()).unwrap().len();
    let mut settled = 0;
    for round in 0..30 {
        let wire_id = format!("3EB0{round:016X}");
        // Sometimes the end comes while the part is on its way.
        let ends = async {
            let code = if round % 2 == 0 { 503 } else { 515 };
            emulator.kick(OWNER, Kick::StreamError { code }).unwrap();
        };
        let first = match round % 3 {
            0 => tokio::join!(number.say(BUDI, &wire_id, "Merhaba"), ends).0,
            _ => {
                let outcome = number.say(BUDI, &wire_id, "Merhaba").await;
                ends.await;
                outcome
            }
        };
        number.signal(|signal| matches!(signal, Signal::Closed(Closed::Lost { .. })).then_some(())).await;
        number.connect().await;
        // What is in doubt goes again under its own id, as the outbox does it.
        if first != Outcome::Accepted {
            assert_eq!(number.say(BUDI, &wire_id, "Merhaba").await, Outcome::Accepted);
        }
        settled = if round == 9 { size() } else { settled };
    }
    let seen = emulator.seen_by(BUDI);
    assert_eq!(seen.len(), 30, "each once");
    assert!(size() <= settled + 64 * 1024, "{settled} to {} bytes", size());
}

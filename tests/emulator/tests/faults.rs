//! What goes wrong on the way, as the real server lets it go wrong.

use std::time::Duration;

use ulak_emulator::{Error, Fault, Habits, Kick, Limits, Record, Rule};
use whatsapp_rust::features::MexRequest;
use whatsapp_rust::types::events::Event;
use whatsapp_rust::types::presence::ReceiptType;
use whatsapp_rust::wacore::iq::mex_operations::fetch_new_chat_message_capping_info as capping;

use crate::harness::{AYSE, BUDI, DEADLINE, OWNER, Running, emulator};

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_is_seen_by_nobody() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.fault(Rule::once(Fault::Nack { code: 463 }).recipient(AYSE));
    running.send(BUDI, "3EB0FA01", "first").await;
    running.send(AYSE, "3EB0FA02", "refused").await;
    running.send(AYSE, "3EB0FA03", "third").await;
    assert_eq!(running.ack("3EB0FA02").await.error.as_deref(), Some("463"));
    running.receipt("3EB0FA03", ReceiptType::Read).await;
    let ids: Vec<String> = emulator.seen().into_iter().map(|seen| seen.id).collect();
    assert_eq!(ids, ["3EB0FA01", "3EB0FA03"]);
    assert_eq!(emulator.read(|record| record.refused), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_the_line_broke_is_shown_once() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.fault(Rule::once(Fault::DropBeforeAck { accepted: true }));
    running.send(AYSE, "3EB0FB01", "once").await;
    running.event(|event| matches!(event, Event::Disconnected(_)).then_some(())).await;
    running.connected().await;
    running.send(AYSE, "3EB0FB01", "once").await;
    assert_eq!(running.ack("3EB0FB01").await.error, None);
    emulator.wait_until(|record| record.repeats == 1, DEADLINE).await.unwrap();
    assert_eq!(emulator.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_with_the_line_is_shown_after_it_is_sent_again() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.fault(Rule::once(Fault::DropBeforeAck { accepted: false }).skip(1));
    running.send(AYSE, "3EB0FC01", "arrives").await;
    running.send(AYSE, "3EB0FC02", "is lost").await;
    running.event(|event| matches!(event, Event::Disconnected(_)).then_some(())).await;
    running.connected().await;
    emulator.wait_until(|record| record.seen.len() == 1, DEADLINE).await.unwrap();
    running.send(AYSE, "3EB0FC02", "is lost").await;
    running.receipt("3EB0FC02", ReceiptType::Read).await;
    assert_eq!((emulator.seen().len(), emulator.read(|record| record.repeats)), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_that_came_while_nobody_was_there_wait() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.set_habits(AYSE, Some(Habits { held: true, ..Habits::default() })).unwrap();
    running.send(AYSE, "3EB0FD01", "later").await;
    running.ack("3EB0FD01").await;
    emulator.wait_until(|record| record.seen.len() == 1, DEADLINE).await.unwrap();
    let folder = running.stop().await;
    emulator.wait_until(|_| !emulator.online(OWNER), DEADLINE).await.unwrap();
    // They are held a moment after the message is seen.
    emulator.wait_until(|_| emulator.release_receipts() == 2, DEADLINE).await.unwrap();
    assert!(emulator.numbers()[0].devices[0].queued >= 2);
    let again = Running::start_in(&emulator, folder).await;
    assert!(again.receipt("3EB0FD01", ReceiptType::Delivered).await.offline);
    again.receipt("3EB0FD01", ReceiptType::Read).await;
    again.connected().await;
    emulator.wait_until(|_| emulator.numbers()[0].devices[0].queued == 0, DEADLINE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_come_doubled_reversed_and_before_the_ack() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    let habits = Habits { doubled: true, reversed: true, before_ack: true, ..Habits::default() };
    emulator.set_habits(AYSE, Some(habits)).unwrap();
    running.send(AYSE, "3EB0FE01", "disorder").await;
    let mut order = Vec::new();
    while order.len() < 5 {
        let next = running.event(|event| match event {
            Event::ServerAck(ack) if ack.id == "3EB0FE01" => Some("ack"),
            Event::Receipt(receipt) if receipt.r#type == ReceiptType::Read => Some("read"),
            Event::Receipt(receipt) if receipt.r#type == ReceiptType::Delivered => Some("delivered"),
            _ => None,
        });
        order.push(next.await);
    }
    // The client spawns a task per stanza, so their order on the wire is checked by what came, not when.
    order.sort_unstable();
    assert_eq!(order, ["ack", "delivered", "delivered", "read", "read"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn acks_come_late_twice_or_never() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    for fault in [Fault::AckLate { ms: 50 }, Fault::AckTwice, Fault::NoAck] {
        emulator.fault(Rule::once(fault));
    }
    for id in ["3EB0FF01", "3EB0FF02", "3EB0FF03"] {
        running.send(AYSE, id, id).await;
    }
    emulator.wait_until(|record| record.seen.len() == 3, DEADLINE).await.unwrap();
    let mut acks = Vec::new();
    while acks.len() < 3 {
        acks.push(
            running
                .event(|event| match event {
                    Event::ServerAck(ack) if ack.class.as_deref() == Some("message") => Some(ack.id.clone()),
                    _ => None,
                })
                .await,
        );
    }
    acks.sort();
    assert_eq!(acks, ["3EB0FF01", "3EB0FF02", "3EB0FF02"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_cannot_read_asks_again_and_then_shows_it() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    running.send(AYSE, "3EB1AA01", "first").await;
    running.receipt("3EB1AA01", ReceiptType::Read).await;
    emulator.fault(Rule::once(Fault::Undecryptable));
    running.send(AYSE, "3EB1AA02", "again, please").await;
    running.receipt("3EB1AA02", ReceiptType::Read).await;
    assert_eq!(emulator.seen()[1].text.as_deref(), Some("again, please"));
    assert_eq!(emulator.read(|record| (record.retries, record.errors.clone())), (1, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_is_told_at_the_next_login() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    let ban = Fault::Refuse { reason: 402, code: Some(104), expire: Some(3600), message: None };
    emulator.fault(Rule::always(ban).owner(OWNER));
    emulator.kick(OWNER, Kick::Drop).unwrap();
    let expire = running.event(|event| match event {
        Event::TemporaryBan(ban) => Some(ban.expire.num_seconds()),
        _ => None,
    });
    assert_eq!(expire.await, 3600);
}

/// What the client makes of a refused login.
async fn refused(reason: u16) -> String {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    let refusal = Fault::Refuse { reason, code: None, expire: None, message: Some("a word".to_owned()) };
    emulator.fault(Rule::once(refusal).owner(OWNER));
    emulator.kick(OWNER, Kick::Drop).unwrap();
    let verdict = running.event(|event| match event {
        Event::LoggedOut(out) => Some(format!("logged out: {:?}", out.reason)),
        Event::ConnectFailure(failure) => Some(format!("{:?}: {:?}", failure.reason, failure.message)),
        Event::ClientOutdated(_) => Some("outdated".to_owned()),
        _ => None,
    });
    verdict.await
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_logins_are_told_apart() {
    let (gone, locked, outdated, banned, unavailable) =
        futures::join!(refused(401), refused(403), refused(405), refused(406), refused(503));
    assert_eq!(gone, "logged out: LoggedOut");
    assert_eq!(locked, "logged out: AccountLocked");
    assert_eq!(outdated, "outdated");
    assert_eq!(banned, "logged out: UnknownLogout");
    assert_eq!(unavailable, "ServiceUnavailable: Some(\"a word\")");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_stream_error_503_the_client_comes_back() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.kick(OWNER, Kick::StreamError { code: 503 }).unwrap();
    running.event(|event| matches!(event, Event::Disconnected(_)).then_some(())).await;
    running.connected().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_lets_the_client_wait() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    running.send(AYSE, "3EB1AD01", "before").await;
    running.receipt("3EB1AD01", ReceiptType::Read).await;
    emulator.fault(Rule::always(Fault::Silence).owner(OWNER));
    running.send(AYSE, "3EB1AD02", "into the silence").await;
    let mex = running.client.mex();
    let unanswered = mex.fetch_reachout_timelock();
    assert!(tokio::time::timeout(Duration::from_millis(200), unanswered).await.is_err());
    assert!(running.client.is_connected());
    emulator.clear_faults();
    emulator.fault(Rule::always(Fault::Slow { ms: 30 }));
    mex.fetch_reachout_timelock().await.unwrap();
    assert_eq!(emulator.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_connection_takes_over() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.kick(OWNER, Kick::Replaced).unwrap();
    running.event(|event| matches!(event, Event::StreamReplaced(_)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_removes_a_device_that_is_connected() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.kick(OWNER, Kick::DeviceRemoved).unwrap();
    running.event(|event| matches!(event, Event::LoggedOut(_)).then_some(())).await;
    assert!(matches!(emulator.kick(OWNER, Kick::Drop), Err(Error::NotLinked(_))), "it is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_goes_away_and_comes_back() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.close_server().await;
    running.event(|event| matches!(event, Event::Disconnected(_)).then_some(())).await;
    emulator.open_server().await.unwrap();
    running.connected().await;
    running.send(AYSE, "3EB1AB01", "back").await;
    running.receipt("3EB1AB01", ReceiptType::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_told() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    assert_eq!(running.client.mex().fetch_reachout_timelock().await.unwrap().is_active, Some(false));
    let limits = Limits {
        timelock_until: Some(1_900_000_000),
        total_quota: Some(250),
        used_quota: Some(249),
        capping_status: Some("SECOND_WARNING".to_owned()),
        ..Limits::default()
    };
    emulator.set_limits(OWNER, limits);
    let lock = running.client.mex().fetch_reachout_timelock().await.unwrap();
    assert_eq!((lock.is_active, lock.time_enforcement_ends.as_deref()), (Some(true), Some("1900000000")));
    let request = MexRequest::new(capping::NAME, capping::DOC_ID, capping::Variables::default());
    let quota = running.client.mex().query(request).await.unwrap().data.unwrap();
    assert_eq!(quota["xwa2_message_capping_info"]["used_quota"], "249");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seeded_chance_strikes_the_same_messages_again() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let emulator = emulator().await;
        let running = Running::linked(&emulator, OWNER).await;
        emulator.fault(Rule::always(Fault::Nack { code: 429 }).chance(0.3));
        for number in 0..20 {
            running.send(AYSE, &format!("3EB1AC{number:02}"), "chance").await;
        }
        let all = |record: &Record| record.seen.len() as u64 + record.refused == 20;
        emulator.wait_until(all, DEADLINE).await.unwrap();
        runs.push(emulator.seen().into_iter().map(|seen| seen.id).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert!((1..20).contains(&runs[0].len()));
}

//! Linking, connecting, and every way in which a connection ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ulak_core::clock::{Clock, HOUR, MINUTE, SystemClock};
use ulak_core::session::client::{ClientError, Closed, LinkEnd, LinkHow, Signal};
use ulak_emulator::{Emulator, Error, Fault, Kick, Options, Rule};

use crate::harness::{DEADLINE, Number, OWNER, emulator};

async fn closed(number: &Number) -> Closed {
    number.signal(|signal| if let Signal::Closed(closed) = signal { Some(closed.clone()) } else { None }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_linked_by_qr_code() {
    let emulator = emulator().await;
    let number = Number::new(&emulator);
    number.client.link(LinkHow::Qr).await.unwrap();
    let (code, expires_at) = number
        .signal(|signal| match signal {
            Signal::Qr { code, expires_at } => Some((code.clone(), *expires_at)),
            _ => None,
        })
        .await;
    assert!(expires_at > SystemClock.now());
    emulator.scan(&code, OWNER).await.unwrap();
    let (phone, lid) = number
        .signal(|signal| match signal {
            Signal::Linked { phone, lid, .. } => Some((phone.clone(), lid.clone())),
            _ => None,
        })
        .await;
    assert_eq!((phone.as_str(), lid), (OWNER, Some(format!("{}@lid", emulator.lid(OWNER).unwrap()))));
    number.connect().await;
    assert!(emulator.online(OWNER));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_linked_by_pairing_code() {
    let emulator = emulator().await;
    let number = Number::new(&emulator);
    number.client.link(LinkHow::PairingCode { phone: OWNER.to_owned() }).await.unwrap();
    let code = number
        .signal(|signal| match signal {
            Signal::Code { code, expires_at } => (*expires_at > SystemClock.now()).then(|| code.clone()),
            _ => None,
        })
        .await;
    emulator.enter_code(OWNER, &code).await.unwrap();
    number.signal(|signal| matches!(signal, Signal::Linked { phone, .. } if phone == OWNER).then_some(())).await;
    assert!(!number.others().await.iter().any(|signal| matches!(signal, Signal::Qr { .. })));
    number.connect().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_breaks_off_is_lost_and_one_that_is_given_up_says_nothing() {
    let emulator = emulator().await;
    let number = Number::new(&emulator);
    number.client.link(LinkHow::Qr).await.unwrap();
    number.signal(|signal| matches!(signal, Signal::Qr { .. }).then_some(())).await;
    emulator.close_server().await;
    number.signal(|signal| matches!(signal, Signal::LinkEnded(LinkEnd::Lost)).then_some(())).await;
    emulator.open_server().await.unwrap();
    number.client.link(LinkHow::Qr).await.unwrap();
    number.signal(|signal| matches!(signal, Signal::Qr { .. }).then_some(())).await;
    number.client.disconnect().await;
    assert_eq!(number.others().await, []);
    assert_eq!(number.client.connect().await, Err(ClientError::NotLinked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_without_keys_is_not_linked() {
    let emulator = emulator().await;
    let number = Number::new(&emulator);
    assert_eq!(number.client.connect().await, Err(ClientError::NotLinked));
    assert!(!number.file().exists());
    assert_eq!(number.client.check().await, Err(ClientError::NotConnected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_connects_again_after_a_restart() {
    let emulator = emulator().await;
    let kept = Number::linked(&emulator).await.stop().await;
    emulator.wait_until(|_| !emulator.online(OWNER), DEADLINE).await.unwrap();
    let again = Number::again(&emulator, kept);
    again.connect().await;
    again.client.disconnect().await;
    again.connect().await;
    assert!(!again.others().await.iter().any(|signal| matches!(signal, Signal::Closed(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_line_is_told_and_waits_to_be_connected() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.kick(OWNER, Kick::Drop).unwrap();
    assert!(matches!(closed(&number).await, Closed::Lost { .. }));
    assert_eq!(emulator.read(|record| record.logins.values().sum::<u64>()), 1);
    number.connect().await;
    emulator.kick(OWNER, Kick::StreamError { code: 503 }).unwrap();
    assert_eq!(closed(&number).await, Closed::Lost { reason: "503".to_owned() });
    number.connect().await;
    emulator.kick(OWNER, Kick::StreamError { code: 429 }).unwrap();
    assert_eq!(closed(&number).await, Closed::TooMany);
    number.connect().await;
    emulator.kick(OWNER, Kick::Replaced).unwrap();
    assert_eq!(closed(&number).await, Closed::Replaced);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_at_the_door_has_its_word() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    number.client.disconnect().await;
    let refuse = |reason, code, expire| {
        emulator.fault(Rule::once(Fault::Refuse { reason, code, expire, message: None }).owner(OWNER));
    };
    for (reason, expected) in [
        (403, Closed::Locked),
        (405, Closed::Outdated),
        (406, Closed::Banned { code: 406, until: None }),
        (503, Closed::Lost { reason: "503".to_owned() }),
        (401, Closed::LoggedOut),
    ] {
        refuse(reason, None, None);
        number.client.connect().await.unwrap();
        assert_eq!(closed(&number).await, expected, "{reason}");
    }
    refuse(402, Some(101), Some(3_600));
    let before = SystemClock.now();
    number.client.connect().await.unwrap();
    let Closed::Banned { code: 101, until: Some(until) } = closed(&number).await else { panic!("no ban") };
    assert!((before + 3_600_000..=SystemClock.now() + 3_600_000).contains(&until));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_unlinked_leaves_nothing_behind() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    number.client.unlink().await.unwrap();
    assert!(emulator.numbers().iter().all(|number| number.devices.is_empty()));
    assert!(!number.file().exists());
    assert_eq!(number.client.connect().await, Err(ClientError::NotLinked));
    assert!(!number.others().await.iter().any(|signal| matches!(signal, Signal::Closed(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_the_phone_removed_can_be_linked_again() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.unlink(OWNER).unwrap();
    assert_eq!(closed(&number).await, Closed::LoggedOut);
    number.link(&emulator).await;
    number.connect().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_whose_settings_say_no_name_connects_as_fast_as_any() {
    let emulator = emulator().await;
    emulator.set_business(OWNER, "Lale Optik");
    let number = Number::linked(&emulator).await;
    let asked = || emulator.read(|record| record.settings_asked.get(&OWNER[1..]).copied().unwrap_or_default());
    let first = asked();
    assert!(first > 0, "the first connection takes over the settings");
    number.client.disconnect().await;
    number.connect().await;
    assert_eq!(asked(), first, "no later one waits for them again");
    let again = Number::again(&emulator, number.stop().await);
    again.connect().await;
    assert_eq!(asked(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_the_clock_is_from_the_servers_is_told_while_linking_and_at_each_connection() {
    let clock = ulak_emulator::Clock::new(|| SystemClock.now() - 3 * HOUR);
    let emulator = Emulator::start(Options { clock, ..Options::default() }).await.unwrap();
    let number = Number::new(&emulator);
    let ahead =
        async || number.signal(|signal| if let Signal::ClockAhead { by } = signal { Some(*by) } else { None }).await;
    let about = 3 * HOUR - MINUTE..=3 * HOUR + 2 * MINUTE;
    number.client.link(LinkHow::Qr).await.unwrap();
    let told = ahead().await;
    assert!(about.contains(&told), "{told}");
    let code = number.signal(|signal| if let Signal::Qr { code, .. } = signal { Some(code.clone()) } else { None });
    emulator.scan(&code.await, OWNER).await.unwrap();
    number.signal(|signal| matches!(signal, Signal::Linked { .. }).then_some(())).await;
    number.connect().await;
    let told = ahead().await;
    assert!(about.contains(&told), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pairing_code_that_was_typed_wrong_can_be_typed_again() {
    let emulator = emulator().await;
    let number = Number::new(&emulator);
    number.client.link(LinkHow::PairingCode { phone: OWNER.to_owned() }).await.unwrap();
    let code = number.signal(|signal| if let Signal::Code { code, .. } = signal { Some(code.clone()) } else { None });
    let code = code.await;
    let another = if code.starts_with('A') { "B" } else { "A" };
    let wrong = format!("{another}{}", &code[1..]);
    assert!(matches!(emulator.enter_code(OWNER, &wrong).await, Err(Error::WrongCode)));
    assert!(emulator.numbers().is_empty());
    emulator.enter_code(OWNER, &code).await.unwrap();
    number.signal(|signal| matches!(signal, Signal::Linked { phone, .. } if phone == OWNER).then_some(())).await;
    assert!(!number.others().await.iter().any(|signal| matches!(signal, Signal::LinkEnded(_))));
    number.connect().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_qr_code_links_nothing_and_a_fresh_one_does() {
    let later = Arc::new(AtomicI64::new(0));
    let clock = {
        let later = Arc::clone(&later);
        ulak_emulator::Clock::new(move || SystemClock.now() + later.load(Ordering::SeqCst))
    };
    let emulator = Emulator::start(Options { clock, ..Options::default() }).await.unwrap();
    let number = Number::new(&emulator);
    number.client.link(LinkHow::Qr).await.unwrap();
    let code = number.signal(|signal| if let Signal::Qr { code, .. } = signal { Some(code.clone()) } else { None });
    let code = code.await;
    later.store(MINUTE, Ordering::SeqCst);
    assert!(matches!(emulator.scan(&code, OWNER).await, Err(Error::NobodyWaits)));
    assert!(emulator.numbers().is_empty());
    number.link(&emulator).await;
    number.connect().await;
}

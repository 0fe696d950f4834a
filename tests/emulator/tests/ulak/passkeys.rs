//! Accounts whose passkey WhatsApp asks for while they are linked.

use tokio::task::JoinHandle;
use ulak_core::clock::{Clock, MINUTE, SystemClock};
use ulak_core::session::client::{ClientError, LinkEnd, LinkHow, Signal};
use ulak_emulator::{Emulator, Options, PasskeyAnswer, check_assertion};

use crate::harness::{DEADLINE, Number, OWNER, emulator};

/// An emulator whose phone the system can ask.
async fn with_door() -> Emulator {
    Emulator::start(Options { http_port: Some(0), ..Options::default() }).await.unwrap()
}

/// The code on screen is scanned; what comes of it is heard by the number.
async fn scan(emulator: &Emulator, number: &Number) -> impl Future<Output = bool> + use<> {
    number.client.link(LinkHow::Qr).await.unwrap();
    let code =
        number.signal(|signal| if let Signal::Qr { code, .. } = signal { Some(code.clone()) } else { None }).await;
    let scanned = emulator.scanning(&code, OWNER);
    async move { scanned.await.is_ok() }
}

async fn asked(number: &Number) -> i64 {
    number.signal(|signal| if let Signal::Passkey { expires_at } = signal { Some(*expires_at) } else { None }).await
}

async fn ended(number: &Number) -> LinkEnd {
    number.signal(|signal| if let Signal::LinkEnded(end) = signal { Some(*end) } else { None }).await
}

/// Both show the same code, and the owner says so.
async fn compared(emulator: &Emulator, number: &Number) {
    let code =
        number.signal(|signal| if let Signal::PasskeyCode { code, .. } = signal { Some(code.clone()) } else { None });
    let code = code.await;
    assert_eq!(emulator.passkey_code(OWNER), Some(code.replace('-', "")));
    number.client.confirm_passkey().await.unwrap();
}

/// The owner confirms on the phone, both codes are the same, and the number is linked.
async fn confirmed(emulator: &Emulator, number: &Number) {
    number.client.use_passkey().await.unwrap();
    compared(emulator, number).await;
    linked(number).await;
}

async fn linked(number: &Number) {
    number.signal(|signal| matches!(signal, Signal::Linked { phone, .. } if phone == OWNER).then_some(())).await;
    number.connect().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_with_a_passkey_is_linked() {
    let emulator = with_door().await;
    emulator.set_passkey(OWNER, PasskeyAnswer::Confirms, Some(120_000)).unwrap();
    let number = Number::new(&emulator);
    let scanned = tokio::spawn(scan(&emulator, &number).await);
    let until = asked(&number).await;
    assert!((SystemClock.now()..=SystemClock.now() + 2 * MINUTE).contains(&until));
    confirmed(&emulator, &number).await;
    assert!(scanned.await.unwrap() && emulator.online(OWNER));
    assert_eq!(emulator.read(|record| record.errors.clone()), Vec::<String>::new());
}

/// A pairing code was typed, and WhatsApp asks for the passkey. The last says whether the phone got through.
async fn asked_after_a_pairing_code() -> (Emulator, Number, JoinHandle<bool>) {
    let emulator = with_door().await;
    emulator.set_passkey(OWNER, PasskeyAnswer::Confirms, None).unwrap();
    let number = Number::new(&emulator);
    number.client.link(LinkHow::PairingCode { phone: OWNER.to_owned() }).await.unwrap();
    let code = number.signal(|signal| if let Signal::Code { code, .. } = signal { Some(code.clone()) } else { None });
    let typed = emulator.typing(OWNER, &code.await);
    let typed = tokio::spawn(async move { typed.await.is_ok() });
    asked(&number).await;
    (emulator, number, typed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_asked_for_after_a_pairing_code_too() {
    let (emulator, number, typed) = asked_after_a_pairing_code().await;
    confirmed(&emulator, &number).await;
    assert!(typed.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_written_off_while_the_passkey_is_looked_for_brings_no_other() {
    let (emulator, number, typed) = asked_after_a_pairing_code().await;
    // The library says the same by itself, a minute after the phone answered.
    emulator.refresh_code(OWNER).unwrap();
    confirmed(&emulator, &number).await;
    assert!(typed.await.unwrap());
    assert!(!number.others().await.iter().any(|signal| matches!(signal, Signal::Code { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_was_not_confirmed_can_be_tried_again() {
    let emulator = with_door().await;
    emulator.set_passkey(OWNER, PasskeyAnswer::Cancels, None).unwrap();
    let number = Number::new(&emulator);
    let scanned = tokio::spawn(scan(&emulator, &number).await);
    asked(&number).await;
    assert_eq!(number.client.use_passkey().await, Err(ClientError::PasskeyCancelled));
    emulator.answer_passkey(OWNER, PasskeyAnswer::NotThere);
    assert_eq!(number.client.use_passkey().await, Err(ClientError::PasskeyNotFound));
    emulator.answer_passkey(OWNER, PasskeyAnswer::Confirms);
    number.client.use_passkey().await.unwrap();
    assert_eq!(number.client.use_passkey().await, Err(ClientError::NoPasskeyAsked), "it was answered");
    compared(&emulator, &number).await;
    linked(&number).await;
    assert!(scanned.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_whatsapp_refuses_ends_the_link_and_another_try_begins_anew() {
    let emulator = with_door().await;
    emulator.set_passkey(OWNER, PasskeyAnswer::Damaged, None).unwrap();
    let number = Number::new(&emulator);
    let scanned = tokio::spawn(scan(&emulator, &number).await);
    asked(&number).await;
    assert!(matches!(number.client.use_passkey().await, Err(ClientError::PasskeyFailed(_))));
    assert_eq!(ended(&number).await, LinkEnd::PasskeyRefused);
    assert!(!scanned.await.unwrap() && emulator.numbers().is_empty());
    emulator.answer_passkey(OWNER, PasskeyAnswer::Confirms);
    let scanned = tokio::spawn(scan(&emulator, &number).await);
    asked(&number).await;
    confirmed(&emulator, &number).await;
    assert!(scanned.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_nobody_confirms_ends_when_whatsapp_stops_waiting() {
    let emulator = with_door().await;
    emulator.set_passkey(OWNER, PasskeyAnswer::Confirms, Some(300)).unwrap();
    let number = Number::new(&emulator);
    let scanned = tokio::spawn(scan(&emulator, &number).await);
    asked(&number).await;
    assert_eq!(ended(&number).await, LinkEnd::PasskeyTooLate);
    assert!(number.client.use_passkey().await.is_err());
    emulator.close_server().await;
    assert!(!tokio::time::timeout(DEADLINE, scanned).await.unwrap().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_ask_for_the_passkey_it_is_said_at_once() {
    let emulator = emulator().await;
    emulator.set_passkey(OWNER, PasskeyAnswer::Confirms, None).unwrap();
    let number = Number::new(&emulator);
    drop(tokio::spawn(scan(&emulator, &number).await));
    assert_eq!(ended(&number).await, LinkEnd::PasskeyUnavailable);
    assert!(emulator.numbers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_given_up_in_front_of_the_passkey_leaves_nothing() {
    let emulator = with_door().await;
    emulator.set_passkey(OWNER, PasskeyAnswer::Confirms, None).unwrap();
    let number = Number::new(&emulator);
    drop(tokio::spawn(scan(&emulator, &number).await));
    asked(&number).await;
    number.client.disconnect().await;
    assert_eq!(number.others().await, []);
    assert_eq!(number.client.use_passkey().await, Err(ClientError::NoPasskeyAsked));
    assert!(emulator.numbers().is_empty());
}

/// Made by another authenticator (passkey-rs 0.6) for this challenge.
#[test]
fn the_server_takes_what_another_authenticator_signs_and_nothing_like_it() {
    const KEY: &str = "04e207beb187af1d61b337f74dba94f77b6d2cff96164428e2cd634f3f3087f4f6e9a0a8c57e0f4e4166e5ac1c6a32cb33e19695c0d66d7e07bbca14395471f1f2";
    const CHALLENGE: &[u8] = b"CHALLENGE-CHALLENGE-CHALLENGE-01";
    const ASSERTION: &str = r#"{"response":{
        "clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiUTBoQlRFeEZUa2RGTFVOSVFVeE1SVTVIUlMxRFNFRk1URVZPUjBVdE1ERSIsIm9yaWdpbiI6Imh0dHBzOi8vd2ViLndoYXRzYXBwLmNvbSIsImNyb3NzT3JpZ2luIjpmYWxzZX0",
        "authenticatorData":"ZcAv-dBZKpRJnLBVmbtsX7Smg4mf3-s0_CccUihsm0IdAAAAAA",
        "signature":"MEUCIQC7Fz3NlxUrFyzEUik9MDIW-TnP-OJ7CwWBlot_jfBreQIgFgIq10GlZ9hTgrVy2REHMFFhXkk2Qbzh3Ueh-Y4Hnf8"}}"#;
    let key: Vec<u8> = (0..KEY.len()).step_by(2).map(|at| u8::from_str_radix(&KEY[at..at + 2], 16).unwrap()).collect();
    check_assertion(&key, CHALLENGE, ASSERTION.as_bytes()).unwrap();
    assert!(check_assertion(&key, b"another challenge", ASSERTION.as_bytes()).is_err());
    for (from, to) in [("m0IdAAAAAA", "m0IBAAAAAA"), ("ZcAv", "ZcAw"), ("Hnf8", "Hnf9"), ("jfBreQ", "jfBreR")] {
        let changed = ASSERTION.replace(from, to);
        assert_ne!(changed, ASSERTION);
        assert!(check_assertion(&key, CHALLENGE, changed.as_bytes()).is_err(), "{to}");
    }
}

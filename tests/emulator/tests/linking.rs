//! Linking a number, and coming back.

use ulak_emulator::{Emulator, Error, Options};
use wacore_libsignal::protocol::PublicKey;
use waproto::codec;
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::types::events::Event;

use crate::harness::{AYSE, DEADLINE, OWNER, Running, emulator};

#[tokio::test(flavor = "multi_thread")]
async fn a_scanned_code_links_the_number() {
    let emulator = emulator().await;
    let running = Running::start(&emulator).await;
    let code = running.qr_code().await;
    let linked = emulator.scan(&code, OWNER).await.unwrap();
    assert_eq!((linked.number.as_str(), linked.lid), (OWNER, emulator.lid(OWNER).unwrap()));
    running.connected().await;
    assert_eq!(running.client.pn().unwrap().to_string(), format!("{OWNER}:{}@s.whatsapp.net", linked.device));
    assert!(emulator.online(OWNER));
    assert_eq!(emulator.read(|record| record.errors.clone()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_nobody_shows_links_nothing() {
    let emulator = emulator().await;
    let running = Running::start(&emulator).await;
    let code = running.qr_code().await;
    let other = code.replacen("2@", "3@", 1);
    assert!(matches!(emulator.scan(&other, OWNER).await, Err(Error::NobodyWaits)));
    assert!(matches!(emulator.scan("nonsense", OWNER).await, Err(Error::QrCode(_))));
    assert!(emulator.numbers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_the_code_does_not_hold_is_refused_by_the_client() {
    let emulator = emulator().await;
    let running = Running::start(&emulator).await;
    let code = running.qr_code().await;
    let mut fields: Vec<&str> = code.split(',').collect();
    fields[3] = fields[2];
    let refused = emulator.scan(&fields.join(","), OWNER).await;
    assert!(matches!(refused, Err(Error::PairingRefused(text)) if text == "hmac-mismatch"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_code_links_the_number() {
    let emulator = emulator().await;
    let running = Running::start(&emulator).await;
    running.qr_code().await;
    let options = PairCodeOptions { phone_number: OWNER.to_owned(), ..PairCodeOptions::default() };
    let code = running.client.pair_with_code(options).await.unwrap();
    assert!(matches!(emulator.enter_code(AYSE, &code).await, Err(Error::NobodyWaits)));
    let linked = emulator.enter_code(OWNER, &code).await.unwrap();
    running.connected().await;
    assert_eq!(linked.number, OWNER);
    assert!(emulator.online(OWNER));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_links_nothing() {
    let emulator = emulator().await;
    let running = Running::start(&emulator).await;
    running.qr_code().await;
    let custom_code = Some("ABCDEFGH".to_owned());
    let options = PairCodeOptions { phone_number: OWNER.to_owned(), custom_code, ..PairCodeOptions::default() };
    running.client.pair_with_code(options).await.unwrap();
    assert!(matches!(emulator.enter_code(OWNER, "ABCDEFGJ").await, Err(Error::WrongCode)));
    assert!(emulator.numbers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_resumes_with_the_cached_certificate() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    // The login that follows the linking is the first that keeps a certificate.
    let before = emulator.read(|record| record.resumed);
    let folder = running.stop().await;
    let again = Running::start_in(&emulator, folder).await;
    again.connected().await;
    assert_eq!(emulator.read(|record| record.resumed), before + 1);
    assert_eq!(emulator.numbers()[0].devices.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificates_lead_from_the_root_that_is_told() {
    let emulator = emulator().await;
    let chain = codec::cert_chain_decode(emulator.certificate()).unwrap();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let mut issuer: Vec<u8> = emulator.root().as_bytes().chunks(2).map(byte).collect();
    for certificate in [chain.intermediate, chain.leaf] {
        let certificate = certificate.into_option().unwrap();
        let details = certificate.details.unwrap();
        let key = PublicKey::from_djb_public_key_bytes(&issuer).unwrap();
        assert!(key.verify_signature(&details, &certificate.signature.unwrap()));
        issuer = codec::noise_certificate_details_decode(&details).unwrap().key.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unlinking_tells_the_client_and_removes_the_device() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.unlink(OWNER).unwrap();
    running.event(|event| matches!(event, Event::LoggedOut(_)).then_some(())).await;
    assert!(emulator.numbers().iter().all(|number| number.devices.is_empty()));
    emulator.wait_until(|_| !emulator.online(OWNER), DEADLINE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_logs_out_is_unlinked() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    running.client.logout().await;
    assert!(emulator.numbers().iter().all(|number| number.devices.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_key_is_met_without_the_cached_one() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    let folder = running.stop().await;
    let stranger = Emulator::start(Options { seed: 2, ..Options::default() }).await.unwrap();
    let again = Running::start_in(&stranger, folder).await;
    // It was understood, for it says that it does not know the device.
    again.event(|event| matches!(event, Event::LoggedOut(_)).then_some(())).await;
    assert_eq!(stranger.read(|record| (record.resumed, record.logins.len())), (0, 0));
}

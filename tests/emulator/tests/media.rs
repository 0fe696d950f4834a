//! Files: uploaded once, opened by phones with the keys of the message, gone when the server says so.

use ulak_emulator::{Fault, Kind, Rule};
use whatsapp_rust::media::{
    AudioOptions, DocumentOptions, ImageOptions, audio_message, document_message, image_message,
};
use whatsapp_rust::types::presence::ReceiptType;
use whatsapp_rust::upload::{UploadOptions, UploadResponse};
use whatsapp_rust::wacore::download::MediaType;
use whatsapp_rust::{Jid, anyhow};

use crate::harness::{AYSE, BUDI, DEADLINE, OWNER, Running, emulator};

const PICTURE: &[u8] = include_bytes!("../../fixtures/media/sample.jpg");

async fn upload(running: &Running, bytes: &[u8], kind: MediaType) -> anyhow::Result<UploadResponse> {
    let uploading = running.client.upload(bytes.to_vec(), kind, UploadOptions::default());
    Ok(tokio::time::timeout(DEADLINE, uploading).await.expect("uploading hangs")?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_uploaded_once_and_opened_by_everybody() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    let uploaded = upload(&running, PICTURE, MediaType::Image).await.unwrap();
    for (number, to) in [AYSE, BUDI].into_iter().enumerate() {
        let options = ImageOptions { caption: Some("Yeni ürün".to_owned()), ..ImageOptions::default() };
        let message = image_message(uploaded.clone(), options);
        running.send_message(Jid::pn(to), &format!("3EB0DD0{number}"), message).await;
    }
    emulator.wait_until(|record| record.seen.len() == 2, DEADLINE).await.unwrap();
    for seen in emulator.seen() {
        assert_eq!((seen.kind, seen.text.as_deref(), seen.broken), (Kind::Image, Some("Yeni ürün"), None));
        assert_eq!(seen.media.unwrap().size, PICTURE.len() as u64);
    }
    assert_eq!(emulator.read(|record| record.uploads), 1);
    let back = running.client.download(&*image_message(uploaded, ImageOptions::default()).image_message).await;
    assert_eq!(back.unwrap(), PICTURE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_note_is_played_and_a_document_keeps_its_name() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    let voice = upload(&running, b"not really Opus", MediaType::Audio).await.unwrap();
    let waveform = Some((0..64).collect::<Vec<u8>>());
    let options =
        AudioOptions { duration_seconds: Some(3), ptt: Some(true), waveform: waveform.clone(), ..Default::default() };
    running.send_message(Jid::pn(AYSE), "3EB0DE01", audio_message(voice, options)).await;
    running.receipt("3EB0DE01", ReceiptType::Played).await;
    let paper = upload(&running, b"%PDF-1.7", MediaType::Document).await.unwrap();
    let options =
        DocumentOptions { file_name: Some("fatura.pdf".to_owned()), page_count: Some(2), ..Default::default() };
    running.send_message(Jid::pn(AYSE), "3EB0DE02", document_message(paper, options)).await;
    emulator.wait_until(|record| record.seen.len() == 2, DEADLINE).await.unwrap();
    let seen = emulator.seen();
    let note = seen[0].media.clone().unwrap();
    assert_eq!((seen[0].kind, note.seconds, note.waveform), (Kind::Voice, Some(3), waveform));
    let paper = seen[1].media.clone().unwrap();
    assert_eq!(
        (seen[1].kind, paper.file_name.as_deref(), paper.page_count),
        (Kind::Document, Some("fatura.pdf"), Some(2))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_fails_and_can_be_tried_again() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.fault(Rule::once(Fault::UploadDrop));
    assert!(upload(&running, PICTURE, MediaType::Image).await.is_err());
    assert_eq!(emulator.read(|record| record.uploads), 0);
    upload(&running, PICTURE, MediaType::Image).await.unwrap();
    emulator.fault(Rule::always(Fault::UploadRefused { status: 413 }));
    assert!(upload(&running, PICTURE, MediaType::Image).await.unwrap_err().to_string().contains("413"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_that_broke_off_goes_on_where_it_was() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.fault(Rule::once(Fault::UploadDrop));
    let large: Vec<u8> = (0..6 << 20).map(|number: u32| number.to_le_bytes()[0]).collect();
    let options = UploadOptions::new().with_media_key([7; 32]);
    assert!(running.client.upload(large.clone(), MediaType::Document, options).await.is_err());
    let options = UploadOptions::new().with_media_key([7; 32]);
    running.client.upload(large, MediaType::Document, options).await.unwrap();
    assert_eq!(emulator.read(|record| (record.uploads, record.errors.clone())), (1, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn media_that_is_gone_is_a_broken_picture() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    let uploaded = upload(&running, PICTURE, MediaType::Image).await.unwrap();
    let message = image_message(uploaded, ImageOptions::default());
    emulator.fault(Rule::once(Fault::MediaGone { status: 410 }).times(4));
    assert!(running.client.download(&*message.image_message).await.is_err());
    emulator.clear_faults();
    assert_eq!(running.client.download(&*message.image_message).await.unwrap(), PICTURE);
    emulator.forget_media();
    running.send_message(Jid::pn(AYSE), "3EB0DF01", message).await;
    emulator.wait_until(|record| record.seen.len() == 1, DEADLINE).await.unwrap();
    let seen = emulator.seen();
    assert!(seen[0].media.is_none() && seen[0].broken.is_some(), "{seen:?}");
}

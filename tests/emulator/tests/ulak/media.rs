//! Files: people open what was uploaded once, and a file that is gone is uploaded anew.

use std::sync::Arc;

use ulak_core::clock::{Clock, SystemClock};
use ulak_core::media::{File, MediaKind};
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Content, Outcome, Outgoing};
use ulak_emulator::{Emulator, Fault, Kind, Rule, Seen};

use crate::harness::{AYSE, BUDI, DEADLINE, Number, OWNER, emulator, part};

const PICTURE: &[u8] = include_bytes!("../../../fixtures/media/sample.jpg");

fn file(kind: MediaKind, mime: &str) -> File {
    File {
        kind,
        sha256: [kind.as_str().len().try_into().unwrap(); 32],
        mime: mime.to_owned(),
        bytes: PICTURE.to_vec(),
        thumbnail: vec![0xFF, 0xD8, 0xFF],
        width: None,
        height: None,
        duration_ms: None,
        pages: None,
        waveform: None,
    }
}

fn content(file: File, caption: Option<&str>, name: Option<&str>) -> Content {
    Content::Media { file: Arc::new(file), caption: caption.map(str::to_owned), name: name.map(str::to_owned) }
}

fn picture() -> Content {
    let file = File { width: Some(640), height: Some(480), ..file(MediaKind::Image, "image/jpeg") };
    content(file, Some("Yeni ürün"), None)
}

async fn seen(emulator: &Emulator, count: usize) -> Vec<Seen> {
    emulator.wait_until(|record| record.seen.len() == count, DEADLINE).await.unwrap();
    let seen = emulator.seen();
    assert!(seen.iter().all(|seen| seen.broken.is_none()), "{seen:?}");
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_is_opened_as_what_it_is() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let waveform: Vec<u8> = (0..64).collect();
    let video =
        File { duration_ms: Some(2_500), width: Some(320), height: Some(240), ..file(MediaKind::Video, "video/mp4") };
    let voice = File {
        duration_ms: Some(3_000),
        waveform: Some(waveform.clone()),
        ..file(MediaKind::Voice, "audio/ogg; codecs=opus")
    };
    let paper = File { pages: Some(2), ..file(MediaKind::Document, "application/pdf") };
    let parts = [
        picture(),
        content(video, Some("Kısa film"), None),
        content(voice, None, None),
        content(paper.clone(), Some("Faturanız"), Some("fatura.pdf")),
        content(paper, None, Some("fatura.pdf")),
        content(file(MediaKind::Audio, "audio/mpeg"), None, Some("a.mp3")),
    ];
    for (at, part) in parts.into_iter().enumerate() {
        assert_eq!(number.send(AYSE, &format!("3EB1A{at}"), part).await, Outcome::Accepted, "{at}");
    }
    let seen = seen(&emulator, 6).await;
    let kinds: Vec<Kind> = seen.iter().map(|seen| seen.kind).collect();
    assert_eq!(kinds, [Kind::Image, Kind::Video, Kind::Voice, Kind::Document, Kind::Document, Kind::Audio]);
    let captions: Vec<Option<&str>> = seen.iter().map(|seen| seen.text.as_deref()).collect();
    assert_eq!(captions, [Some("Yeni ürün"), Some("Kısa film"), None, Some("Faturanız"), None, None]);
    let facts: Vec<_> = seen.iter().map(|seen| seen.media.clone().unwrap()).collect();
    assert!(facts.iter().all(|facts| facts.size == PICTURE.len() as u64));
    assert_eq!((facts[0].width, facts[0].thumbnail), (Some(640), Some(3)));
    assert_eq!(facts[1].seconds, Some(3));
    assert_eq!((facts[2].seconds, &facts[2].waveform), (Some(3), &Some(waveform)));
    assert_eq!((facts[3].file_name.as_deref(), facts[3].page_count), (Some("fatura.pdf"), Some(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_once_for_everybody_and_over_restarts() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    for (to, wire_id) in [(AYSE, "3EB1B1"), (BUDI, "3EB1B2")] {
        assert_eq!(number.send(to, wire_id, picture()).await, Outcome::Accepted);
    }
    let again = Number::again(&emulator, number.stop().await);
    again.connect().await;
    assert_eq!(again.send(AYSE, "3EB1B3", picture()).await, Outcome::Accepted);
    seen(&emulator, 3).await;
    assert_eq!(emulator.read(|record| record.uploads), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_gone_is_uploaded_anew() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    assert_eq!(number.send(AYSE, "3EB1C1", picture()).await, Outcome::Accepted);
    seen(&emulator, 1).await;
    emulator.forget_media();
    let again = Number::again(&emulator, number.stop().await);
    again.connect().await;
    assert_eq!(again.send(AYSE, "3EB1C2", picture()).await, Outcome::Accepted);
    seen(&emulator, 2).await;
    assert_eq!(emulator.read(|record| record.uploads), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_gets_a_new_upload_the_next_time() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.fault(Rule::once(Fault::Nack { code: 500 }).owner(OWNER));
    assert_eq!(number.send(AYSE, "3EB1D1", picture()).await, Outcome::Refused(Cause::Refused("500".to_owned())));
    assert_eq!(number.send(AYSE, "3EB1D1", picture()).await, Outcome::Accepted);
    assert_eq!(emulator.read(|record| record.uploads), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_upload_nothing_is_sent() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.fault(Rule::once(Fault::UploadRefused { status: 507 }));
    assert_eq!(number.send(AYSE, "3EB1E1", picture()).await, Outcome::Refused(Cause::UploadFailed));
    assert_eq!(emulator.read(|record| record.messages), 0);
    assert_eq!(number.send(AYSE, "3EB1E1", picture()).await, Outcome::Accepted);
    seen(&emulator, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_brought_up_or_looked_up_for_longer_than_the_hours_is_not_handed_over() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let slow = [Fault::UploadSlow { ms: 2_000 }, Fault::Slow { ms: 2_000 }];
    for (at, (fault, content)) in slow.into_iter().zip([picture(), Content::text("Merhaba")]).enumerate() {
        let to = [AYSE, BUDI][at];
        emulator.fault(Rule::always(fault));
        let not_after = Some(SystemClock.now() + 1_000);
        let late = Outgoing { not_after, ..part(to, &format!("3EB1F{at}"), content.clone()) };
        assert_eq!(number.send_part(late).await, Outcome::Refused(Cause::HoursClosed), "{at}");
        emulator.clear_faults();
        assert_eq!(emulator.read(|record| record.messages), at as u64, "{at}: nothing was handed to the wire");
        assert_eq!(number.send(to, &format!("3EB1F{at}"), content).await, Outcome::Accepted, "{at}");
    }
    seen(&emulator, 2).await;
    assert_eq!(emulator.read(|record| record.uploads), 1, "what was brought up is used");
}

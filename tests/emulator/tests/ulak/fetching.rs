//! What people send: told at once, fetched when core asks for it, and no more of it than core takes.

use ulak_core::session::client::{Attached, AttachedKind, ClientError, Reply, Signal};
use ulak_emulator::{Fault, Rule, SentFile, SentKind};

use crate::harness::{AYSE, Number, OWNER, emulator};

const MOST: u64 = 1_000_000;

fn reply(signal: &Signal) -> Option<Reply> {
    if let Signal::Reply(reply) = signal { Some(reply.clone()) } else { None }
}

fn photo(content: Vec<u8>) -> SentFile {
    SentFile { kind: SentKind::Photo, content, caption: "STOP".to_owned(), name: String::new(), seconds: 0 }
}

fn voice() -> SentFile {
    SentFile {
        kind: SentKind::Voice,
        content: vec![7; 5_000],
        caption: String::new(),
        name: String::new(),
        seconds: 12,
    }
}

async fn fetch(number: &Number, file: &Attached, most: u64) -> Result<Vec<u8>, ClientError> {
    number.client.fetch(file.place.clone().expect("it says where it is"), most).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_and_a_voice_note_are_told_and_fetched_only_when_asked_for() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let sent = photo((0..40_000_u32).map(|byte| byte as u8).collect());
    emulator.reply_file(AYSE, OWNER, &sent).await.unwrap();
    let told = number.signal(reply).await;
    let file = told.attached.expect("a photo");
    assert_eq!((told.text.as_str(), file.kind, file.size), ("STOP", AttachedKind::Photo, Some(40_000)));
    assert_eq!(file.mime, "image/jpeg");
    emulator.reply_file(AYSE, OWNER, &voice()).await.unwrap();
    let note = number.signal(reply).await.attached.expect("a voice note");
    assert_eq!((note.kind, note.seconds), (AttachedKind::Voice, Some(12)));
    assert_eq!(emulator.read(|record| record.downloads), 0);
    assert_eq!(fetch(&number, &file, MOST).await.unwrap(), sent.content);
    assert_eq!(fetch(&number, &note, MOST).await.unwrap(), voice().content);
    assert_eq!(emulator.read(|record| record.downloads), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_too_large_or_out_of_reach_is_said_so() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.reply_file(AYSE, OWNER, &voice()).await.unwrap();
    let file = number.signal(reply).await.attached.expect("a voice note");
    assert_eq!(fetch(&number, &file, 4_999).await, Err(ClientError::TooLarge { most: 4_999 }));
    emulator.fault(Rule::always(Fault::MediaGone { status: 403 }));
    assert_eq!(fetch(&number, &file, MOST).await, Err(ClientError::Gone));
    emulator.clear_faults();
    assert_eq!(fetch(&number, &file, MOST).await.unwrap(), voice().content);
    emulator.forget_media();
    assert_eq!(fetch(&number, &file, MOST).await, Err(ClientError::Gone));
    number.client.disconnect().await;
    assert_eq!(fetch(&number, &file, MOST).await, Err(ClientError::NotConnected));
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_of_one_album_say_that_they_belong_together() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let plain = |byte| SentFile { caption: String::new(), ..photo(vec![byte; 2_000]) };
    let ids = emulator.reply_album(AYSE, OWNER, &[photo(vec![1; 2_000]), plain(2), plain(3)]).await.unwrap();
    let mut told = Vec::new();
    for _ in &ids {
        told.push(number.signal(reply).await);
    }
    assert_eq!(told.iter().map(|one| one.id.clone()).collect::<Vec<_>>(), ids);
    let of = |one: &Reply| one.attached.as_ref().and_then(|file| file.album.clone());
    let album = of(&told[0]).expect("it has one");
    assert!(told.iter().all(|one| of(one).as_ref() == Some(&album) && !ids.contains(&album)));
    emulator.reply_file(AYSE, OWNER, &plain(4)).await.unwrap();
    assert_eq!(of(&number.signal(reply).await), None);
}

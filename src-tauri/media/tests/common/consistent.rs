//! What holds for everything that was prepared, whatever it was made of.

use sha2::{Digest, Sha256};
use ulak_media::{IMAGE_LIMIT, Kind, Prepared, VIDEO_LIMIT};

pub fn consistent(prepared: &Prepared, case: &str) {
    assert!(!prepared.bytes.is_empty(), "{case}");
    assert_eq!(prepared.sha256, <[u8; 32]>::from(Sha256::digest(&prepared.bytes)), "{case}");
    match prepared.kind {
        Kind::Image => {
            assert!(prepared.bytes.len() <= IMAGE_LIMIT, "{case}");
            let shown = image::load_from_memory(&prepared.bytes).unwrap();
            assert_eq!((Some(shown.width()), Some(shown.height())), (prepared.width, prepared.height), "{case}");
        }
        Kind::Video => assert!(prepared.bytes.len() as u64 <= VIDEO_LIMIT, "{case}"),
        Kind::Voice => {
            assert!(prepared.waveform.unwrap().iter().all(|point| *point <= 100), "{case}");
            assert!(prepared.duration_ms.is_some() && prepared.bytes.starts_with(b"OggS"), "{case}");
        }
        Kind::Document | Kind::Audio => {}
        other => panic!("{case}: {other:?}"),
    }
    if !matches!(prepared.kind, Kind::Voice | Kind::Audio) && prepared.source.sound.is_none() {
        assert!(image::load_from_memory(&prepared.thumbnail).is_ok(), "{case}: no thumbnail");
    }
}

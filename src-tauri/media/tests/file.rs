//! Files by their path: what they are, and what their name claims.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use ulak_media::{FILE_LIMIT, Prepared, Refusal, Wish};

fn prepare_file(path: &Path) -> Result<Prepared, Refusal> {
    ulak_media::prepare_file(path, Wish::Auto)
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media").join(name)
}

fn code_of(name: &str, content: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    match prepare_file(&path) {
        Ok(_) => "fine".to_owned(),
        Err(refusal) => refusal.code().to_owned(),
    }
}

#[test]
fn a_photo_is_read_and_prepared() {
    let prepared = prepare_file(&fixture("sample.jpg")).unwrap();
    assert_eq!((prepared.width, prepared.height), (Some(1200), Some(900)));
}

#[test]
fn a_text_named_as_a_photo_is_refused_by_both_names() {
    let refusal = prepare_file(&fixture("text.jpg")).unwrap_err();
    assert_eq!(refusal.code(), "media.wrong_file");
    assert_eq!(refusal.params()["claimed"], "JPG");
    assert_eq!(refusal.params()["found"], "TXT");
    let sentence = refusal.to_string();
    assert!(sentence.contains("JPG") && sentence.contains("TXT"), "{sentence}");
}

#[test]
fn the_name_is_compared_with_the_content() {
    let jpeg = fs::read(fixture("sample.jpg")).unwrap();
    let png = fs::read(fixture("transparent.png")).unwrap();
    let cases: [(&str, &[u8], &str); 13] = [
        ("photo.jpg", &png, "fine"),
        ("photo.PNG", &jpeg, "fine"),
        ("photo", &jpeg, "fine"),
        ("photo.tmp", &jpeg, "fine"),
        ("invoice.pdf", &jpeg, "media.not_what_it_says"),
        // Under its right name it would be refused as well, and that is the answer.
        ("photo.jpeg", b"%PDF-1.7", "media.broken"),
        ("song.mp3", jpeg.get(..jpeg.len() / 2).unwrap(), "media.broken"),
        ("photo.png", b"<html></html>", "media.wrong_file"),
        ("photo.webp", b"\x01\x02\x03\x04", "media.broken"),
        ("invoice.pdf", b"\x01\x02\x03\x04", "media.broken"),
        ("notes.txt", b"milk, bread", "media.unknown_kind"),
        ("data.bin", b"\x01\x02\x03\x04", "media.unrecognised"),
        ("photo.jpg", b"", "media.empty"),
    ];
    for (name, content, expected) in cases {
        assert_eq!(code_of(name, content), expected, "{name}");
    }
}

/// Beginnings of films, sounds and pictures that cannot be sent, under names of those that can.
#[test]
fn a_kind_that_is_not_sent_is_told_its_own_kind_under_whatever_name() {
    let cases: [(&str, &[u8], &str); 11] = [
        ("film.mp4", b"\x1A\x45\xDF\xA3\x42\x82\x84webm", "WEBM"),
        ("film.mp4", b"\x1A\x45\xDF\xA3\x42\x82\x88matroska", "MKV"),
        ("film.mkv", b"\x1A\x45\xDF\xA3\x42\x82\x88matroska", "MKV"),
        ("film.mov", b"RIFF\x24\0\0\0AVI LIST", "AVI"),
        ("film.avi", b"RIFF\x24\0\0\0AVI LIST", "AVI"),
        ("film.3gp", &[b"G".as_slice(), &[0; 187], b"G", &[0; 187], b"G", &[0; 187]].concat(), "TS"),
        ("sound.wav", b"FORM\0\0\0\x24AIFFCOMM", "AIFF"),
        ("sound.wav", b"caff\0\x01\0\0", "CAF"),
        ("sound.mp3", b"\xFF\x0A\x12\x34", "JXL"),
        ("photo.jpg", b"\xFF\x0A\x12\x34", "JXL"),
        ("photo.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    ];
    for (name, content, kind) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        assert_eq!(prepare_file(&path).unwrap_err(), Refusal::UnknownKind { found: kind.into() }, "{name}");
    }
}

#[test]
fn a_locked_pdf_under_a_wrong_ending_is_told_to_be_locked() {
    assert_eq!(code_of("invoice.jpg", &fs::read(fixture("locked.pdf")).unwrap()), "media.locked");
    assert_eq!(code_of("invoice.jpg", &fs::read(fixture("invoice.pdf")).unwrap()), "media.not_what_it_says");
}

#[test]
fn every_ending_that_is_offered_promises_a_kind_that_is_sent() {
    for ending in ulak_media::endings() {
        assert_eq!(ending, ending.to_lowercase());
        assert_eq!(code_of(&format!("file.{ending}"), b"\x01\x02\x03\x04"), "media.broken", "{ending}");
    }
}

#[test]
fn a_folder_is_not_a_file() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(prepare_file(folder.path()).unwrap_err().code(), "media.not_a_file");
}

/// Opening a FIFO without a writer would wait for ever.
#[cfg(unix)]
#[test]
fn a_fifo_is_refused_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.jpg");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(prepare_file(&path).unwrap_err().code(), "media.not_a_file");
}

#[test]
fn a_file_that_is_gone_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = prepare_file(&folder.path().join("photo.jpg")).unwrap_err();
    assert_eq!(refusal.code(), "media.unreadable");
    assert!(!refusal.params()["reason"].is_empty());
}

#[test]
fn a_file_over_the_limit_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.jpg");
    // Sparse: it takes no room on the disk.
    fs::File::create(&path).unwrap().set_len(FILE_LIMIT + 1).unwrap();
    let refusal = prepare_file(&path).unwrap_err();
    assert_eq!(refusal.code(), "media.too_big");
    assert_eq!((refusal.params()["megabytes"].as_str(), refusal.params()["limit"].as_str()), ("101", "100"));
}

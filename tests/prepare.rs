//! `ulak prepare`: what would become of files, from the real binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails there"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/media").join(name)
}

/// The verdicts, and whether every file can be sent.
fn prepare(files: &[PathBuf], out: &Path, more: &[&str]) -> (Vec<Value>, bool) {
    let mut ulak = Command::new(env!("CARGO_BIN_EXE_ulak"));
    let output = ulak.arg("prepare").args(files).arg("--out").arg(out).args(["--json"]).args(more).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), output.status.success())
}

#[test]
fn every_file_gets_a_verdict_and_what_can_be_sent_lies_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("hazır");
    let files = ["cmyk.jpg", "locked.pdf", "hevc.mp4", "bare.mp3", "invoice.pdf"].map(fixture);
    let (verdicts, all) = prepare(&files, &out, &[]);
    let words: Vec<&str> = verdicts.iter().map(|line| line["verdict"].as_str().unwrap()).collect();
    assert_eq!(words, ["convert", "refuse", "offer", "convert", "fine"]);
    assert!(!all, "one was refused");
    assert_eq!(verdicts[1]["code"], "media.locked");
    assert_eq!((&verdicts[1]["out"], &verdicts[4]["pages"]), (&Value::Null, &Value::from(1)));
    for line in verdicts.iter().filter(|line| line["verdict"] != "refuse") {
        let kept = std::fs::metadata(line["out"].as_str().unwrap()).unwrap();
        assert_eq!(Value::from(kept.len()), line["bytes"], "{line}");
    }
    assert!(out.join("bare.ogg").is_file(), "a voice note is an Ogg");
}

#[test]
fn a_wish_is_followed_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["bare.mp3", "bare.mp3"].map(fixture);
    let (verdicts, all) = prepare(&files, folder.path(), &["--as", "document"]);
    assert!(all);
    assert!(verdicts.iter().all(|line| line["kind"] == "document"));
    let source = std::fs::read(fixture("bare.mp3")).unwrap();
    for name in ["bare.mp3", "bare (2).mp3"] {
        assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), source, "{name}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_gets_its_verdict_too() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"foto\xFF.jpg"));
    std::fs::copy(fixture("sample.jpg"), &odd).unwrap();
    let (verdicts, all) = prepare(&[odd, fixture("cmyk.jpg")], &folder.path().join("out"), &[]);
    assert!(all);
    assert!(verdicts[0]["file"].as_str().unwrap().ends_with("foto\u{FFFD}.jpg"));
    assert_eq!(verdicts.len(), 2);
}

/// As long as a name may be, so that a number has no room behind it.
#[test]
fn a_long_name_is_shortened_where_a_number_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join(format!("{}.jpg", "ö".repeat(125)));
    std::fs::copy(fixture("sample.jpg"), &long).unwrap();
    let out = folder.path().join("out");
    let (verdicts, all) = prepare(&[long.clone(), long], &out, &[]);
    assert!(all);
    let second = Path::new(verdicts[1]["out"].as_str().unwrap()).file_name().unwrap().to_str().unwrap();
    assert!(second.ends_with("ö (2).jpg"), "{second}");
}

/// A folder that takes no more, and an output that takes nothing.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_saved_or_said_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let full = folder.path().join("out");
    // A limit on the size of files stands in for a full disk: the same write fails half-way.
    let limited = |more: &str| {
        let mut ulak = Command::new("bash");
        let files = ["sample.jpg", "vbr.mp3"].map(fixture);
        ulak.arg("-c").arg(format!("ulimit -f 1; trap '' XFSZ; exec \"$@\" {more}")).arg("bash");
        ulak.arg(env!("CARGO_BIN_EXE_ulak")).arg("prepare").args(files).arg("--out").arg(&full).arg("--json");
        ulak.output().unwrap()
    };
    let output = limited("");
    let lines = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!output.status.success());
    assert_eq!(verdicts.len(), 2, "{lines}");
    for line in &verdicts {
        assert!(line["not_saved"].is_string() && line["out"].is_null(), "{line}");
    }
    assert_eq!(std::fs::read_dir(&full).unwrap().count(), 0, "half a file is left");
    assert!(!limited("> /dev/full").status.success());
}

#[test]
fn a_document_that_says_where_it_was_made_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let (verdicts, _) = prepare(&["phone.mov", "plain.mp4"].map(fixture), folder.path(), &["--as", "document"]);
    assert_eq!((&verdicts[0]["place"], &verdicts[1]["place"]), (&Value::Bool(true), &Value::Bool(false)));
}

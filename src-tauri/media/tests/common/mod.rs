//! Fixtures, and the independent programs that look at what was prepared.

#![allow(dead_code, reason = "each test file uses what it needs")]

use std::{fs, path::PathBuf, process::Command};

use ulak_media::{Prepared, Refusal, Wish, prepare};

pub fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn prepared(name: &str, wish: Wish) -> Result<Prepared, Refusal> {
    prepare(fixture(name), wish)
}

pub fn fine(name: &str) -> Prepared {
    prepared(name, Wish::Auto).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

pub fn code(name: &str, wish: Wish) -> &'static str {
    prepared(name, wish).map_or_else(|refusal| refusal.code(), |_| "fine")
}

/// What a program prints about `bytes`, which it gets as a file. These tests
/// need the Debian packages ffmpeg, libimage-exiftool-perl and poppler-utils.
pub fn asked(program: &str, arguments: &[&str], bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    let output = Command::new(program)
        .args(arguments)
        .arg(&path)
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {complaints}");
    assert!(complaints.is_empty(), "{program}: {complaints}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a program writes to its standard output, given `bytes` as a file between its arguments.
pub fn asked_of(program: &str, before: &[&str], bytes: &[u8], after: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    let output = Command::new(program).args(before).arg(&path).args(after).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// `ffprobe`'s view as JSON: `format` and `streams`.
pub fn probed(bytes: &[u8]) -> serde_json::Value {
    let shown = asked("ffprobe", &["-v", "error", "-of", "json", "-show_format", "-show_streams"], bytes);
    serde_json::from_str(&shown).unwrap()
}

/// Decodes everything; any complaint fails.
pub fn plays(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-xerror", "-i"])
        .arg(&path)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Of a fixture that hides a secret, and says where it was made.
pub fn nothing_private(name: &str) {
    assert!(contains(&fixture(name), b"secret"), "it has something to hide");
    let prepared = fine(name);
    assert!(!contains(&prepared.bytes, b"secret") && !contains(&prepared.bytes, b"Exif"));
    let shown = asked("exiftool", &["-a"], &prepared.bytes);
    assert!(!shown.contains("GPS"), "{shown}");
}

pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

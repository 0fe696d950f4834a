//! `ulak practice` as a person or a script runs it: the real binary over a real folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

#[cfg(target_os = "linux")]
mod asking;
mod harness;
mod linked;
mod noticing;
mod resuming;
mod segments;
#[cfg(target_os = "linux")]
mod serving;
#[cfg(target_os = "linux")]
mod stopping;
#[path = "../terminal/mod.rs"]
mod terminal;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use harness::{Harness, last_event};
use serde_json::Value;
use terminal::PASSPHRASE;

fn summary(output: &Output) -> Value {
    let value = last_event(&output.stdout);
    assert_eq!(value["event"], "summary", "{output:?}");
    value
}

fn problem(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_list_with_faults_arrives_where_it_can_and_every_row_is_accounted_for() {
    let harness = Harness::new();
    let list = harness.file(
        "list.csv",
        "Ad Soyad;Cep Tel;Şehir\nElif;0532 555 01 42;İzmir\nElif Şahin;+905325550142;\nBudi;9.05387E+11;\n;0533 555 04 61;Uşak\n",
    );
    let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/media/sample.jpg");
    let output = harness.practice(&["--contacts", &list, "--text", "Merhaba {{name}}", "--media", photo]);
    assert!(output.status.success(), "{output:?}");
    let summary = summary(&output);
    assert_eq!(summary["contacts"], serde_json::json!({ "imported": 2, "merged": 1, "rejected": 1 }));
    assert_eq!(summary["messages"], serde_json::json!({ "total": 2, "skipped": 1 }));
    assert_eq!(summary["credits"]["settled"], 1);
    assert_eq!(summary["ledger_ok"], true);
    let reason = serde_json::json!({ "reason": "missing_variable", "variable": "name", "people": 1 });
    assert_eq!(summary["skipped"], serde_json::json!([reason]));
    let told = String::from_utf8_lossy(&output.stdout);
    let events = |kind: &str| -> Vec<Value> {
        let told = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        told.filter(|event| event["event"] == kind).collect()
    };
    let (rejected, skipped) = (events("rejected"), events("skipped"));
    assert_eq!((skipped.len(), &skipped[0]["reason"]), (1, &"missing_variable".into()));
    assert_eq!(
        (rejected.len(), &rejected[0]["row"], &rejected[0]["code"]),
        (1, &4.into(), &"phone.excel_shortened".into())
    );
    let log = fs::read_to_string(Path::new(&harness.data()).join("practice-phone.jsonl")).unwrap();
    let line: Value = serde_json::from_str(log.trim()).unwrap();
    assert_eq!((&line["kind"], &line["text"]), (&"image".into(), &"Merhaba Elif Şahin".into()));
    assert_eq!(line["media_sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn failures_and_phones_switched_off_end_in_a_final_state_too() {
    let harness = Harness::new();
    let rows: String = (0..40).map(|number| format!("Kişi {number},+90532555{number:04}\n")).collect();
    let list = harness.file("list.csv", format!("name,phone\n{rows}"));
    let output =
        harness.practice(&["--contacts", &list, "--text", "Hi", "--fail", "30", "--unreachable", "30", "--read", "0"]);
    assert!(output.status.success(), "{output:?}");
    let parts = summary(&output)["parts"].clone();
    let count = |state: &str| parts[state].as_i64().unwrap();
    assert!(count("failed") > 0 && count("sent") > 0 && count("delivered") > 0, "{parts}");
    assert_eq!((count("read"), count("failed") + count("sent") + count("delivered")), (0, 40));
}

#[test]
fn too_few_credits_are_refused_with_the_exact_shortage() {
    let harness = Harness::new();
    let output = harness.practice(&["--text", "Hi", "--credits", "5"]);
    assert!(problem(&output).contains("7 credits are missing"), "{output:?}");
}

#[test]
fn a_folder_in_use_is_left_alone_and_named() {
    let harness = Harness::new();
    fs::create_dir_all(harness.data()).unwrap();
    let lock = fs::File::create(Path::new(&harness.data()).join("lock")).unwrap();
    lock.try_lock().unwrap();
    let output = harness.practice(&["--text", "Hi"]);
    assert!(problem(&output).contains("Another running Ulak uses"), "{output:?}");
}

#[test]
fn a_wrong_passphrase_changes_nothing() {
    let harness = Harness::new();
    assert!(harness.practice(&["--text", "Hi"]).status.success());
    let before = fs::read(Path::new(&harness.data()).join("ulak.db")).unwrap();
    let output = harness.command(&[]).env("ULAK_PASSPHRASE", "another passphrase").output().unwrap();
    assert!(problem(&output).contains("does not open the data"), "{output:?}");
    assert_eq!(fs::read(Path::new(&harness.data()).join("ulak.db")).unwrap(), before);
}

#[test]
fn without_keyring_and_passphrase_nothing_is_written_in_the_clear() {
    let harness = Harness::new();
    let output = harness.command(&["--text", "Hi"]).env_remove("ULAK_PASSPHRASE").output().unwrap();
    assert!(problem(&output).contains("ULAK_PASSPHRASE"), "{output:?}");
    assert!(!Path::new(&harness.data()).join("ulak.db").exists());
}

#[test]
fn the_files_are_opaque() {
    let harness = Harness::new();
    assert!(harness.practice(&["--text", "a very particular sentence"]).status.success());
    for name in ["ulak.db", "keys.json"] {
        let bytes = fs::read(Path::new(&harness.data()).join(name)).unwrap();
        assert!(!bytes.starts_with(b"SQLite format 3"), "{name}");
        assert!(!bytes.windows(15).any(|window| window == b"very particular"), "{name}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_read_only_folder_is_named() {
    let harness = Harness::new();
    fs::create_dir_all(harness.data()).unwrap();
    // Whoever may do anything is stopped by no permission, so the program runs as nobody, from a place it can reach.
    let open = |path: &Path, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    open(harness.folder.path(), 0o755);
    open(Path::new(&harness.data()), 0o555);
    let binary = harness.folder.path().join("ulak");
    fs::copy(env!("CARGO_BIN_EXE_ulak"), &binary).unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(&binary);
        command
    } else {
        Command::new(&binary)
    };
    command.args(["practice", "--text", "Hi", "--data"]).arg(harness.data()).env("ULAK_PASSPHRASE", PASSPHRASE);
    let output = command.stdin(Stdio::null()).output().unwrap();
    open(Path::new(&harness.data()), 0o755);
    assert!(problem(&output).contains("may not write in"), "{output:?}");
}

#[test]
fn files_that_are_no_list_are_named_with_what_to_do() {
    let harness = Harness::new();
    let cases = [
        (harness.file("empty.csv", ""), "empty"),
        (harness.file("no-phone.csv", "name,city\nElif,İzmir\n"), "phone"),
        (harness.file("book.csv", b"PK\x03\x04 and then some"), "Excel"),
        (harness.folder.path().display().to_string(), "folder"),
    ];
    for (file, word) in cases {
        let harness = Harness::new();
        let output = harness.practice(&["--contacts", &file, "--text", "Hi"]);
        assert!(problem(&output).contains(word), "{file}: {output:?}");
    }
}

#[test]
fn a_list_without_names_for_its_columns_loses_nobody() {
    let harness = Harness::new();
    let list = harness.file("list.csv", "Elif,0532 555 01 42\nBudi,+62 811 555 0163\n");
    let output = harness.practice(&["--contacts", &list, "--text", "Hi"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(summary(&output)["contacts"]["imported"], 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("first row"), "{output:?}");
}

#[test]
fn the_sending_hours_are_kept_when_asked_for() {
    let harness = Harness::new();
    // More than half an hour before the closing can take, on the quickest computer too.
    let list = harness.list(300);
    let arguments = ["--contacts", &list, "--text", "Hi", "--at", "21:30", "--hours", "09:00-22:00", "--speed", "5000"];
    let output = harness.command(&arguments).env("TZ", "Asia/Jakarta").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let log = fs::read_to_string(Path::new(&harness.data()).join("practice-phone.jsonl")).unwrap();
    let minutes = log.lines().map(|line| {
        let at = serde_json::from_str::<Value>(line).unwrap()["at"].as_str().unwrap().to_owned();
        let at = chrono::DateTime::parse_from_rfc3339(&at).unwrap().with_timezone(&chrono_tz::Asia::Jakarta);
        chrono::Timelike::hour(&at) * 60 + chrono::Timelike::minute(&at)
    });
    let minutes: Vec<u32> = minutes.collect();
    assert_eq!(minutes.len(), 300);
    // What was handed over just before 22:00 may still be on its way then: a commit to the disk takes minutes at this speed.
    assert!(minutes.iter().all(|minute| (9 * 60..=22 * 60 + 10).contains(minute)), "{minutes:?}");
    assert!(minutes.iter().any(|minute| *minute < 12 * 60) && minutes.iter().any(|minute| *minute > 21 * 60));
}

#[test]
fn a_time_that_is_over_is_named_and_sent_at_once_only_when_asked_for() {
    let harness = Harness::new();
    let output = harness.practice(&["--text", "Hi", "--at", "2020-02-01 10:00"]);
    let sentence = problem(&output);
    assert!(sentence.contains("2020-02-01 10:00 is over") && sentence.contains("--now-if-past"), "{sentence}");
    assert_eq!(last_event(&output.stdout)["code"], "practice.at_past");
    let output = harness.practice(&["--text", "Hi", "--at", "2020-02-01 10:00", "--now-if-past"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(summary(&output)["parts"]["pending"], 0);
}

#[test]
#[cfg(unix)]
fn what_is_written_in_the_clear_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let harness = Harness::new();
    // Whatever the shell would allow others.
    let mut command = Command::new("sh");
    command.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(env!("CARGO_BIN_EXE_ulak"));
    command.args(["practice", "--text", "Hi", "--speed", "2000", "--data"]).arg(harness.data());
    let output = command.env("ULAK_PASSPHRASE", PASSPHRASE).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mode = |name: &str| Path::new(&harness.data()).join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(
        ["", "practice-phone.jsonl", "sample-contacts.csv", "keys.json"].map(mode),
        [0o700, 0o600, 0o600, 0o600]
    );
    // A file that an earlier version left open is closed.
    let log = Path::new(&harness.data()).join("practice-phone.jsonl");
    fs::set_permissions(&log, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(harness.practice(&[]).status.success());
    assert_eq!(mode("practice-phone.jsonl"), 0o600);
}

#[test]
fn a_picture_that_is_none_is_refused_and_nothing_is_sent() {
    let harness = Harness::new();
    let fake = harness.file("photo.jpg", "this is a text");
    let output = harness.practice(&["--text", "Hi", "--media", &fake]);
    let sentence = problem(&output);
    assert!(sentence.contains("photo.jpg") || sentence.contains("JPEG") || sentence.contains("JPG"), "{sentence}");
    assert!(!Path::new(&harness.data()).join("practice-phone.jsonl").metadata().is_ok_and(|log| log.len() > 0));
}

#[test]
fn the_page_of_the_terminal_lists_every_wait() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    // The window's view of the enum is generated from it, and checked to be.
    let bindings = read("ui/src/api/bindings.ts");
    let (_, kinds) = bindings.split_once("export type WaitKind = ").unwrap();
    let kinds = kinds.split(';').next().unwrap();
    let kinds: Vec<&str> = kinds.split('"').skip(1).step_by(2).collect();
    assert!(kinds.contains(&"nothing"), "{kinds:?}");
    let page = read("docs/terminal.md");
    let table = page.split_once("| `wait` |").unwrap().1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
    let listed: Vec<&str> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    assert_eq!(listed, kinds, "the page's table and the enum");
}

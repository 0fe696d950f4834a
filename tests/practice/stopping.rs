//! SIGINT, SIGTERM and SIGHUP end a command in order, with the code that a shell gives to such an end.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{Harness, Running};
use crate::terminal::PASSPHRASE;

/// A shell in the background, or `nohup`, lets its children ignore signals, and Ulak heeds that.
fn heeding(command: &Command) -> Command {
    let mut heeding = Command::new("env");
    heeding.arg("--default-signal=INT,TERM,HUP").arg(command.get_program()).args(command.get_args());
    heeding.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
    heeding
}

/// Something is scheduled and far from done.
fn is_under_way(event: &Value) -> bool {
    event["event"] == "progress" && event["parts"]["pending"] != 0
}

const SIGNALS: [(&str, i32); 3] = [("INT", 130), ("TERM", 143), ("HUP", 129)];

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_practice_run_ends_in_order_and_goes_on_with_the_same_command() {
    let harness = Harness::new();
    let list = harness.list(12);
    let arguments = ["--contacts", &list, "--text", "Hi", "--speed", "10"];
    for (signal, code) in SIGNALS {
        let mut run = Running::start(heeding(&harness.command(&arguments)));
        run.until("the sending", is_under_way);
        send(signal, &run.child);
        let summary = run.rest().pop().unwrap();
        let status = run.child.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(code), None), "{signal}");
        assert_eq!((&summary["event"], &summary["ledger_ok"]), (&"summary".into(), &true.into()), "{signal}");
        // A database that was closed has taken its log in.
        assert!(!harness.log_of_changes().exists(), "{signal} closes the data");
    }
    let end = harness.practice(&arguments);
    assert!(end.status.success(), "{end:?}");
    assert_eq!(harness.seen().len(), 12);
}

#[test]
fn an_import_ends_in_order_too() {
    let harness = Harness::new();
    let list = harness.list(9_999);
    let mut run = Running::start(heeding(&harness.command(&["--contacts", &list, "--text", "Hi"])));
    run.until("the import", |event| event["event"] == "importing");
    send("TERM", &run.child);
    run.rest();
    assert_eq!(run.child.wait().unwrap().code(), Some(143));
    assert!(!harness.log_of_changes().exists());
}

#[test]
fn nothing_is_left_of_a_temporary_folder() {
    for (signal, code) in SIGNALS {
        let place = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ulak"));
        command.args(["practice", "--json", "--text", "Hi"]).env("TMPDIR", place.path());
        let mut run = Running::start(heeding(&command));
        run.until("the sending", is_under_way);
        assert_ne!(left_in(place.path()), 0);
        send(signal, &run.child);
        run.rest();
        assert_eq!(run.child.wait().unwrap().code(), Some(code), "{signal}");
        assert_eq!(left_in(place.path()), 0, "{signal}");
    }
}

fn left_in(folder: &Path) -> usize {
    folder.read_dir().unwrap().count()
}

#[test]
fn a_terminal_that_was_closed_is_no_fault() {
    let harness = Harness::new();
    let mut command = harness.command(&["--text", "Hi", "--speed", "10"]);
    command.env("ULAK_LOG", "info");
    let mut run = Running::start(heeding(&command));
    run.until("the sending", is_under_way);
    // Nobody reads any more what is said.
    drop(run.child.stderr.take());
    let mut child = run.deaf();
    send("HUP", &child);
    assert_eq!(child.wait().unwrap().code(), Some(129));
    assert!(!harness.log_of_changes().exists());
}

#[test]
fn what_is_to_outlive_its_terminal_does() {
    let harness = Harness::new();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(env!("CARGO_BIN_EXE_ulak"));
    command.args(["practice", "--json", "--text", "Hi", "--speed", "30", "--data"]).arg(harness.data());
    command.env("ULAK_PASSPHRASE", PASSPHRASE).stdin(Stdio::null());
    let mut run = Running::start(command);
    run.until("the sending", is_under_way);
    send("HUP", &run.child);
    assert_eq!(run.rest().pop().unwrap()["event"], "summary");
    assert!(run.child.wait().unwrap().success());
}

#[test]
fn files_that_were_prepared_are_whole() {
    let place = tempfile::tempdir().unwrap();
    let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/media/sample.jpg");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ulak"));
    command.arg("prepare").args([photo; 500]).arg("--json").arg("--out").arg(place.path());
    let mut run = Running::start(heeding(&command));
    let first = run.until("a verdict", |_| true);
    send("TERM", &run.child);
    let told = run.rest().len() + 1;
    assert_eq!(run.child.wait().unwrap().code(), Some(143));
    assert!(told < 500, "it ended before its work was done");
    let files = place.path().read_dir().unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    assert_eq!(files.collect::<Vec<_>>(), vec![first["bytes"].as_u64().unwrap(); told]);
}

//! A run that is killed at any stage goes on with the same command: nobody is lost, nobody sees it twice.

use serde_json::Value;

use crate::harness::{Harness, Running};

const PEOPLE: usize = 8;

fn parts(event: &Value, states: &[&str]) -> i64 {
    states.iter().map(|state| event["parts"][state].as_i64().unwrap_or_default()).sum()
}

const OPEN: [&str; 3] = ["pending", "sending", "unknown"];
const OWED: [&str; 2] = ["sent", "delivered"];

type Stage = (&'static str, fn(&Value) -> bool);

/// From the first word to the last tick that is owed.
const STAGES: [Stage; 6] = [
    ("the list is in", |event| event["event"] == "imported"),
    ("the campaign stands", |event| event["event"] == "scheduled"),
    ("the first goes out", |event| event["event"] == "progress" && parts(event, &["sending"]) > 0),
    ("half is sent", |event| event["event"] == "progress" && parts(event, &OPEN) <= PEOPLE as i64 / 2),
    ("all is sent", |event| {
        event["event"] == "progress" && parts(event, &OPEN) == 0 && parts(event, &OWED) > PEOPLE as i64 / 2
    }),
    ("the last ticks are owed", |event| {
        event["event"] == "progress"
            && parts(event, &OPEN) == 0
            && (1..=PEOPLE as i64 / 2).contains(&parts(event, &OWED))
    }),
];

#[test]
fn killed_at_every_stage_the_same_command_goes_on() {
    let harness = Harness::new();
    let list = harness.list(PEOPLE);
    // Ticks take so long that the kill comes before them; everybody reads, so what is owed is known.
    let arguments =
        ["--contacts", &list, "--text", "Merhaba {{name}}", "--delay", "600000", "--read", "100", "--speed", "1000"];
    for (stage, reached) in STAGES {
        let mut run = Running::start(harness.command(&arguments));
        run.until(stage, reached);
        run.child.kill().unwrap();
        run.child.wait().unwrap();
    }
    let end = harness.practice(&arguments);
    assert!(end.status.success(), "{end:?}");
    let summary = crate::summary(&end);
    assert_eq!((&summary["messages"]["total"], &summary["parts"]["read"]), (&PEOPLE.into(), &PEOPLE.into()));
    assert_eq!(summary["contacts"]["imported"], PEOPLE);
    assert_eq!(harness.seen().len(), PEOPLE, "everybody saw it once");
    // Its end was told, so the same words are a new campaign, and none at all are not.
    let again = crate::summary(&harness.practice(&arguments));
    assert_eq!((&again["messages"]["total"], harness.seen().len()), (&(2 * PEOPLE).into(), 2 * PEOPLE));
    let nothing = crate::summary(&harness.practice(&[]));
    assert_eq!((&nothing["messages"]["total"], harness.seen().len()), (&(2 * PEOPLE).into(), 2 * PEOPLE));
}

#[test]
fn a_run_goes_on_after_its_time_is_over() {
    let harness = Harness::new();
    let list = harness.list(2);
    let at = "2026-01-02T03:04:05Z";
    let arguments = ["--contacts", &list, "--text", "Hi", "--at", at, "--delay", "600000"];
    let mut run = Running::start(harness.command(&[&arguments[..], &["--now-if-past"]].concat()));
    run.until("the first tick", |event| event["event"] == "progress" && parts(event, &OWED) > 0);
    run.child.kill().unwrap();
    run.child.wait().unwrap();
    let end = harness.practice(&arguments);
    assert!(end.status.success(), "{end:?}");
    assert_eq!(harness.seen().len(), 2);
}

#[test]
fn a_run_that_ended_before_it_had_a_list_begins_again() {
    let harness = Harness::new();
    // As when a kill comes between the folder and the wish: there is a database, and nothing in it.
    assert!(!harness.practice(&["--text", "Hi", "--at", "2020-02-01 10:00"]).status.success());
    let end = harness.practice(&[]);
    assert!(end.status.success(), "{end:?}");
    assert_eq!(harness.seen().len(), 12, "everybody on the invented list");
}

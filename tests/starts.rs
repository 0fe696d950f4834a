//! Starts over data that were cut off, damaged, emptied or lost: the process ends in order and says what is wrong, and
//! never opens them as new ones.
//!
//! `ULAK_STARTS` sets how many starts (28), `ULAK_STARTS_SEED` repeats a run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

mod terminal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use terminal::{Chance, from_environment, people, ulak};

const PEOPLE: usize = 30;
const PAGE: usize = 4096;

#[test]
fn damaged_data_end_with_a_sentence_and_never_open_as_new() {
    let starts: usize = from_environment("ULAK_STARTS").unwrap_or(28);
    let mut chance = Chance::seeded_by("ULAK_STARTS_SEED");
    let harness = Harness::new();
    let whole = Kept::of(&harness.data());
    let parts = summary(&harness.start())["parts"].clone();
    for start in 0..starts {
        whole.put_back();
        let what = damage(start, &harness.data().join("ulak.db"), &whole.data, &mut chance);
        let output = harness.start_within(Duration::from_secs(60));
        let output = output.unwrap_or_else(|| panic!("start {start}, {what}: it waits and says nothing"));
        assert_eq!(output.status.code(), Some(1), "start {start}, {what}: {output:?}");
        let code = error(&output);
        assert!(
            ["storage.damaged", "storage.lost"].contains(&code.as_str()),
            "start {start}, {what}: {code} {output:?}"
        );
    }
    whole.put_back();
    assert_eq!(summary(&harness.start())["parts"], parts);
}

/// Does one of several kinds of damage to the data and says which.
fn damage(start: usize, file: &Path, whole: &[u8], chance: &mut Chance) -> String {
    let mut data = whole.to_vec();
    let pages = whole.len() / PAGE;
    let what = match start % 7 {
        0 => {
            fs::remove_file(file).unwrap();
            return "removed".to_owned();
        }
        1 => {
            data.clear();
            "emptied".to_owned()
        }
        2 => {
            data.truncate(1 + chance.below(whole.len() - 1));
            format!("cut to {} bytes", data.len())
        }
        3 => {
            data.truncate(PAGE * (1 + chance.below(pages - 1)));
            format!("cut to {} pages", data.len() / PAGE)
        }
        4 => {
            data[..PAGE].fill(0);
            "the first page zeroed".to_owned()
        }
        5 => {
            let first = PAGE * chance.below(pages);
            let until = (first + PAGE * (1 + chance.below(pages))).min(data.len());
            data[first..until].fill(0);
            format!("zeroed from page {} to {}", first / PAGE, until / PAGE)
        }
        _ => {
            let page = chance.below(pages);
            data[page * PAGE + chance.below(PAGE)] ^= 0x10;
            format!("one bit of page {page}")
        }
    };
    fs::write(file, data).unwrap();
    what
}

struct Harness {
    folder: TempDir,
}

impl Harness {
    /// A data folder with a campaign that is over.
    fn new() -> Self {
        let harness = Self { folder: tempfile::tempdir().unwrap() };
        let list = harness.folder.path().join("list.csv");
        fs::write(&list, people(PEOPLE)).unwrap();
        let mut first = harness.command();
        first.arg("--contacts").arg(&list).args(["--text", "Merhaba {{name}}", "--speed", "5000"]);
        let output = first.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        harness
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn start(&self) -> Output {
        self.command().output().unwrap()
    }

    /// None where it had to be ended.
    fn start_within(&self, most: Duration) -> Option<Output> {
        let mut started = self.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let until = Instant::now() + most;
        while started.try_wait().unwrap().is_none() {
            if Instant::now() > until {
                started.kill().unwrap();
                started.wait().unwrap();
                return None;
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Some(started.wait_with_output().unwrap())
    }

    fn command(&self) -> Command {
        ulak(&self.data(), &["practice"])
    }
}

/// The folder as it was when everything was in order.
struct Kept {
    folder: PathBuf,
    data: Vec<u8>,
    mark: Vec<u8>,
}

impl Kept {
    fn of(folder: &Path) -> Self {
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        Self { folder: folder.to_owned(), data: read("ulak.db"), mark: read("mark.json") }
    }

    fn put_back(&self) {
        for name in ["ulak.db-wal", "ulak.db-shm"] {
            let _ = fs::remove_file(self.folder.join(name));
        }
        fs::write(self.folder.join("ulak.db"), &self.data).unwrap();
        fs::write(self.folder.join("mark.json"), &self.mark).unwrap();
    }
}

fn events(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn summary(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    events(output).pop().filter(|event| event["event"] == "summary").unwrap_or_else(|| panic!("{output:?}"))
}

fn error(output: &Output) -> String {
    let error = events(output).into_iter().find(|event| event["event"] == "error");
    let error = error.unwrap_or_else(|| panic!("no sentence: {output:?}"));
    assert!(error["message"].as_str().unwrap().len() > 40, "{error}");
    error["code"].as_str().unwrap().to_owned()
}

//! A place for lists and a data folder, and the real binary over them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::terminal;

pub struct Harness {
    pub folder: TempDir,
}

impl Harness {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// A list of so many people.
    pub fn list(&self, people: usize) -> String {
        self.file("list.csv", terminal::people(people))
    }

    pub fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    pub fn practice(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.ulak(&["practice"]);
        command.args(arguments);
        if !arguments.contains(&"--speed") {
            command.args(["--speed", "2000"]);
        }
        command
    }

    /// Any command over the data folder.
    pub fn ulak(&self, arguments: &[&str]) -> Command {
        terminal::ulak(Path::new(&self.data()), arguments)
    }

    /// What the practice people saw, a line each.
    pub fn seen(&self) -> Vec<Value> {
        let log = fs::read_to_string(Path::new(&self.data()).join("practice-phone.jsonl")).unwrap_or_default();
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[cfg(target_os = "linux")]
    pub fn log_of_changes(&self) -> PathBuf {
        Path::new(&self.data()).join("ulak.db-wal")
    }
}

pub fn last_event(output: &[u8]) -> Value {
    let text = String::from_utf8_lossy(output);
    let last = text.lines().last().unwrap_or_else(|| panic!("nothing was said"));
    serde_json::from_str(last).unwrap_or_else(|_| panic!("{last} is no event"))
}

/// A run whose lines are read as they come.
pub struct Running {
    pub child: Child,
    events: Box<dyn Iterator<Item = Value>>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let events = lines.map(|line| serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line} is no event")));
        Self { child, events: Box::new(events) }
    }

    /// Reads on until an event fits. Every event that comes before is passed by.
    pub fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.events.by_ref().find(fits).unwrap_or_else(|| panic!("{what} never came"))
    }

    /// Nobody listens from here on.
    #[cfg(target_os = "linux")]
    pub fn deaf(self) -> Child {
        self.child
    }

    /// What is still said, to the end.
    pub fn rest(&mut self) -> Vec<Value> {
        self.events.by_ref().collect()
    }
}

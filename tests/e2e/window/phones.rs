//! What the practice phones showed: the lines of `practice-phone.jsonl` in the data folder, each sealed.

use std::path::Path;

use serde_json::Value;

/// How many bubbles; nobody can read of them more than that without the key.
pub fn shown(data: &Path) -> usize {
    let log = std::fs::read_to_string(data.join("practice-phone.jsonl")).unwrap();
    let is_sealed = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line.as_object().is_some_and(|line| line.keys().eq(["sealed"]))
    };
    assert!(log.lines().all(is_sealed), "in the clear: {log}");
    log.lines().count()
}

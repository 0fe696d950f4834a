//! What the practice phones showed: the lines of `practice-phone.jsonl` in the data folder.

use std::path::Path;

use serde_json::Value;

pub fn shown(data: &Path) -> Vec<Value> {
    let log = std::fs::read_to_string(data.join("practice-phone.jsonl")).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

//! Receipts that core has not put down yet. The library confirms a receipt to the server as soon as it has told us, so
//! a process that is killed a moment later would have lost it.
//!
//! Each receipt is written to a file beside the keys before it is confirmed, and the file is emptied when core has kept
//! everything that stands in it. What a killed process left is told again at the next connection. The lines hold
//! message ids and times, no phones and no texts. They are not synced to the disk: a power cut may lose the last ones.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ulak_core::session::messenger::{Receipt, ReceiptKind};

pub const SUFFIX: &str = ".receipts";

pub struct Unconfirmed(Mutex<State>);

struct State {
    file: Option<File>,
    /// Receipts that were told and not answered.
    open: usize,
    /// Something was not kept: the file stays for the next connection.
    lost: bool,
}

impl Unconfirmed {
    pub fn open(path: &Path) -> Self {
        let opened = OpenOptions::new().create(true).read(true).append(true).open(path);
        if let Err(error) = &opened {
            tracing::warn!(%error, "receipts cannot be written down before they are confirmed");
        }
        Self(Mutex::new(State { file: opened.ok(), open: 0, lost: false }))
    }

    /// What is to be told again: the file, unless it is about receipts that core still has in hand.
    pub fn left(&self) -> Vec<Receipt> {
        let mut state = self.state();
        if state.open > 0 {
            return Vec::new();
        }
        state.lost = false;
        let mut text = String::new();
        if let Some(file) = &mut state.file {
            let _ = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut text));
        }
        text.lines().filter_map(receipt).collect()
    }

    /// Writes receipts of one stanza down; they are told next.
    pub fn write(&self, receipts: &[Receipt]) {
        let lines: String = receipts.iter().map(line).collect();
        let mut state = self.state();
        if let Some(Err(error)) = state.file.as_mut().map(|file| file.write_all(lines.as_bytes())) {
            tracing::warn!(%error, "a receipt was not written down");
        }
    }

    /// What is told with one request to keep it.
    pub fn told(&self) {
        self.state().open += 1;
    }

    pub fn answered(&self, kept: bool) {
        let mut state = self.state();
        state.open = state.open.saturating_sub(1);
        state.lost |= !kept;
        if state.open == 0
            && !state.lost
            && let Some(file) = &mut state.file
        {
            let _ = file.set_len(0);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(receipt: &Receipt) -> String {
    let kind = match receipt.kind {
        ReceiptKind::Delivered => "delivered",
        ReceiptKind::Read => "read",
        ReceiptKind::Played => "played",
    };
    format!("{} {kind} {}\n", receipt.wire_id, receipt.at)
}

/// A line that a crash cut off is no receipt.
fn receipt(line: &str) -> Option<Receipt> {
    let mut words = line.split(' ');
    let (wire_id, kind, at) = (words.next()?, words.next()?, words.next()?);
    let kind = match kind {
        "delivered" => ReceiptKind::Delivered,
        "read" => ReceiptKind::Read,
        "played" => ReceiptKind::Played,
        _ => return None,
    };
    Some(Receipt { wire_id: wire_id.to_owned(), kind, at: at.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(wire_id: &str) -> Receipt {
        Receipt { wire_id: wire_id.to_owned(), kind: ReceiptKind::Read, at: 5 }
    }

    #[test]
    fn what_was_not_kept_is_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number.receipts");
        let unconfirmed = Unconfirmed::open(&path);
        assert!(unconfirmed.left().is_empty());
        unconfirmed.told();
        unconfirmed.write(&[read("A"), read("B")]);
        assert!(unconfirmed.left().is_empty());
        assert_eq!(Unconfirmed::open(&path).left(), [read("A"), read("B")]);
        unconfirmed.answered(true);
        assert!(Unconfirmed::open(&path).left().is_empty());
        unconfirmed.told();
        unconfirmed.write(&[read("C")]);
        unconfirmed.answered(false);
        assert_eq!(unconfirmed.left(), [read("C")]);
        unconfirmed.told();
        unconfirmed.answered(true);
        assert!(unconfirmed.left().is_empty());
    }

    #[test]
    fn a_line_that_was_cut_off_is_no_receipt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number.receipts");
        std::fs::write(&path, "A read 5\nB re").unwrap();
        assert_eq!(Unconfirmed::open(&path).left(), [read("A")]);
    }
}

//! What came about: the bubbles people saw, in order, and the counters beside them. Tests wait on it: every change
//! wakes those who wait, so nobody polls.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::error::{Error, Result};
use crate::sync::lock;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Image,
    Video,
    Document,
    Voice,
    Audio,
    Poll,
}

/// Facts of an opened medium. `sha256` is that of the decrypted bytes, in hex.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    pub sha256: String,
    pub size: u64,
    pub mime: Option<String>,
    pub waveform: Option<Vec<u8>>,
    pub seconds: Option<u32>,
    pub file_name: Option<String>,
    pub page_count: Option<u32>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// Bytes of the inline preview.
    pub thumbnail: Option<usize>,
}

/// What a text shows of its link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkShown {
    /// The link in the text.
    pub link: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub thumbnail: Option<Vec<u8>>,
}

/// One bubble on one phone. Numbers are digits without a plus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// UTC milliseconds.
    pub at: i64,
    pub to: String,
    pub from: String,
    /// The device of the sender that sent it.
    pub device: u16,
    pub id: String,
    pub kind: Kind,
    /// The text or the caption.
    pub text: Option<String>,
    pub media: Option<Media>,
    /// The choices of a poll.
    pub options: Vec<String>,
    pub link: Option<LinkShown>,
    /// Why a medium could not be opened: the person sees a broken picture.
    pub broken: Option<String>,
}

/// A phone or a device showed that it writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatState {
    pub from: String,
    pub to: String,
    pub state: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Record {
    /// Bubbles on the phones of recipients.
    pub seen: Vec<Seen>,
    /// Bubbles on the owner's own phone: copies of what a linked device sent.
    pub copies: Vec<Seen>,
    /// Messages that a phone got again and did not show again.
    pub repeats: u64,
    /// Message stanzas that reached the server, repeats and refused ones included.
    pub messages: u64,
    /// Messages that the server refused with an error.
    pub refused: u64,
    /// Files that were uploaded whole.
    pub uploads: u64,
    /// Files that a client fetched.
    pub downloads: u64,
    /// Messages of phones that a linked device confirmed, by message id.
    pub delivered: BTreeMap<String, String>,
    /// Typing that linked devices showed.
    pub typing: Vec<ChatState>,
    /// Logins, by number.
    pub logins: BTreeMap<String, u64>,
    /// Questions for the app state, by number.
    #[serde(default)]
    pub settings_asked: BTreeMap<String, u64>,
    /// Logins that came with the cached certificate.
    pub resumed: u64,
    /// Times that a linked device was asked to send a message again because a phone could not read it.
    pub retries: u64,
    /// What must not happen in a sound run: ciphertext that a phone could not open, proofs that did not hold.
    pub errors: Vec<String>,
}

pub(crate) struct Log {
    record: Mutex<Record>,
    changed: watch::Sender<u64>,
}

impl Default for Log {
    fn default() -> Self {
        Self { record: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl Log {
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        let result = change(&mut lock(&self.record));
        self.touch();
        result
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&lock(&self.record))
    }

    pub(crate) fn error(&self, what: impl Into<String>) {
        let what = what.into();
        tracing::warn!("{what}");
        self.write(|record| record.errors.push(what));
    }

    /// Wakes those who wait for something that is not in the record itself.
    pub(crate) fn touch(&self) {
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
    }

    /// Looks again after every change, until `deadline` has passed.
    pub(crate) async fn wait_until(&self, mut holds: impl FnMut(&Record) -> bool, deadline: Duration) -> Result<()> {
        let mut changed = self.changed.subscribe();
        let wait = async {
            loop {
                changed.mark_unchanged();
                if self.read(&mut holds) || changed.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(deadline, wait).await.map_err(|_| Error::TimedOut)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

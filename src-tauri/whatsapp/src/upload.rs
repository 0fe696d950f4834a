//! Files on WhatsApp's media servers: uploaded once and used for everybody, until they are too old or gone.
//!
//! An upload goes on when the part that needed it was given up, so that the next try finds it done. One runs at a time.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ulak_core::clock::{DAY, Millis, SECOND, SharedClock};
use ulak_core::media::File;
use ulak_core::session::client::{NoteKind, Notes};
use whatsapp_rust::http::HttpRequest;
use whatsapp_rust::upload::{UploadOptions, UploadResponse};
use whatsapp_rust::{Client, anyhow};

use crate::compose::media_type;

/// People fetch a file when they come online, so one that will soon be gone is not used again.
const VALID: Millis = 7 * DAY;
/// A server that takes nothing must not hold up the files behind this one for ever.
const LONGEST: Duration = Duration::from_secs(15 * 60);
const REMEMBERED: usize = 1_000;

/// Where an encrypted file is and how to open it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    pub url: String,
    pub direct_path: String,
    pub media_key: Vec<u8>,
    pub file_sha256: Vec<u8>,
    pub file_enc_sha256: Vec<u8>,
    pub file_length: u64,
    pub media_key_timestamp: i64,
    pub streaming_sidecar: Option<Vec<u8>>,
}

impl From<UploadResponse> for Uploaded {
    fn from(response: UploadResponse) -> Self {
        Self {
            url: response.url,
            direct_path: response.direct_path,
            media_key: response.media_key.to_vec(),
            file_sha256: response.file_sha256.to_vec(),
            file_enc_sha256: response.file_enc_sha256.to_vec(),
            file_length: response.file_length,
            media_key_timestamp: response.media_key_timestamp,
            streaming_sidecar: response.streaming_sidecar,
        }
    }
}

pub struct Uploads {
    notes: Arc<dyn Notes>,
    clock: SharedClock,
    turn: Arc<tokio::sync::Mutex<()>>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// Uploads that were found to be there since the client was made.
    seen: HashSet<String>,
    /// Which message used which upload, the latest last.
    used: VecDeque<(String, String)>,
}

impl Uploads {
    pub fn new(notes: Arc<dyn Notes>, clock: SharedClock) -> Arc<Self> {
        Arc::new(Self { notes, clock, turn: Arc::default(), memory: Mutex::default() })
    }

    /// The file's place, uploaded where it has none.
    pub async fn place(self: &Arc<Self>, client: &Arc<Client>, file: &Arc<File>) -> anyhow::Result<Uploaded> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let key = key(file);
        if let Some(known) = self.known(client, &key).await {
            return Ok(known);
        }
        let (uploads, client, file) = (Arc::clone(self), Arc::clone(client), Arc::clone(file));
        tokio::spawn(async move {
            let uploaded = uploads.upload(&client, &file, key).await;
            drop(turn);
            uploaded
        })
        .await?
    }

    async fn upload(&self, client: &Client, file: &File, key: String) -> anyhow::Result<Uploaded> {
        let upload = client.upload(file.bytes.clone(), media_type(file.kind), UploadOptions::new());
        let uploaded = Uploaded::from(tokio::time::timeout(LONGEST, upload).await??);
        let until = valid_until(&uploaded.url, self.clock.now());
        self.notes.put(NoteKind::Upload, &key, serde_json::to_string(&uploaded)?, until).await;
        self.memory().seen.insert(key);
        Ok(uploaded)
    }

    /// What a note says, if the file is still there. It is looked for once after every start.
    async fn known(&self, client: &Client, key: &str) -> Option<Uploaded> {
        let note = self.notes.get(NoteKind::Upload, key).await?;
        let known: Uploaded = serde_json::from_str(&note).ok()?;
        if self.memory().seen.contains(key) || is_there(client, &known.url).await {
            self.memory().seen.insert(key.to_owned());
            return Some(known);
        }
        self.notes.forget(NoteKind::Upload, key).await;
        None
    }

    pub fn used(&self, wire_id: &str, file: &File) {
        let mut memory = self.memory();
        memory.used.push_back((wire_id.to_owned(), key(file)));
        if memory.used.len() > REMEMBERED {
            memory.used.pop_front();
        }
    }

    /// The server refused the message, or the recipient could not fetch the file: the next one gets a new upload.
    pub async fn doubt(&self, wire_id: &str) {
        let key = {
            let mut memory = self.memory();
            let key = memory.used.iter().find(|(id, _)| id == wire_id).map(|(_, key)| key.clone());
            if let Some(key) = &key {
                memory.seen.remove(key);
            }
            key
        };
        if let Some(key) = key {
            self.notes.forget(NoteKind::Upload, &key).await;
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same bytes are encrypted differently as another kind.
fn key(file: &File) -> String {
    format!("{}-{}", file.kind.as_str(), data_encoding::HEXLOWER.encode(&file.sha256))
}

/// Only an answer that says so is proof that a file is gone.
async fn is_there(client: &Client, url: &str) -> bool {
    let question = HttpRequest::get(url).with_header("Range", "bytes=0-0");
    match client.http_client.execute(question).await {
        Ok(answer) => !matches!(answer.status_code, 403 | 404 | 410),
        Err(_) => true,
    }
}

/// A media address carries its own end, in hexadecimal seconds.
fn valid_until(url: &str, now: Millis) -> Millis {
    let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let end = query.split('&').find_map(|pair| pair.strip_prefix("oe="));
    let end = end.and_then(|hex| i64::from_str_radix(hex, 16).ok()).map(|seconds| seconds.saturating_mul(SECOND));
    (now + VALID).min(end.map_or(Millis::MAX, |end| end - DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_used_for_a_week_at_most() {
        let now = 1_700_000_000 * SECOND;
        assert_eq!(valid_until("https://mmg.whatsapp.net/v/x", now), now + VALID);
        let soon = format!("https://mmg.whatsapp.net/v/x?ccb=1&oe={:X}&_nc=2", 1_700_000_000 + 3 * 86_400);
        assert_eq!(valid_until(&soon, now), now + 2 * DAY);
        let late = format!("https://mmg.whatsapp.net/v/x?oe={:x}", 1_700_000_000 + 60 * 86_400);
        assert_eq!(valid_until(&late, now), now + VALID);
    }
}

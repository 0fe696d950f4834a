//! What the practice phones showed: `practice-phone.jsonl`, one line a bubble, kept once a wire id.
//!
//! The file is no part of the encrypted data. So every line is sealed (XChaCha20-Poly1305) under a key of its own that is
//! derived from the database's; where scripts ask for it, lines are written in the clear. Either kind is read.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Error, Read, Result, Seek, SeekFrom, Write};
use std::path::Path;

use blake2::Blake2sMac256;
use blake2::digest::{FixedOutput, KeyInit as _, Update};
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::clock::{Millis, local};
use crate::db::DbKey;
use crate::durable::open_private;
use crate::session::messenger::{Content, Outgoing};

pub const PHONE_LOG: &str = "practice-phone.jsonl";

const PURPOSE: &[u8] = b"ulak: what the practice phones showed";
const NONCE: usize = 24;
/// As much of the log is looked at first for what may come again.
const SOME_LINES: u64 = 64 * 1024;

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhoneLog {
    /// That a bubble was shown, for nobody to read who has not the key.
    #[default]
    Sealed,
    /// Also to whom, and what it said: in the clear, for scripts.
    InFull,
}

pub struct Phones {
    log: File,
    holds: PhoneLog,
    seal: Seal,
    seen: HashSet<String>,
}

impl Phones {
    /// Opens the log in `folder`. What may come again was first tried at `repeats_since` or later: the log before that is
    /// not read.
    pub fn open(folder: &Path, holds: PhoneLog, key: &DbKey, repeats_since: Option<Millis>) -> Result<Self> {
        let path = folder.join(PHONE_LOG);
        let seal = Seal::of(key);
        let mut log = open_private(OpenOptions::new().create(true).append(true).read(true), &path)?;
        let (seen, torn) = read_log(&path, &seal, repeats_since)?;
        if torn {
            log.write_all(b"\n")?;
        }
        Ok(Self { log, holds, seal, seen })
    }

    /// A line, once a wire id. A line that could only be written in half is taken back.
    pub(super) fn show(&mut self, part: &Outgoing, now: Millis) -> Result<()> {
        if self.seen.contains(&part.wire_id) {
            return Ok(());
        }
        let before = self.log.metadata()?.len();
        let shown = self.line(part, now)? + "\n";
        if let Err(error) = self.log.write_all(shown.as_bytes()) {
            self.log.set_len(before)?;
            return Err(error);
        }
        self.seen.insert(part.wire_id.clone());
        Ok(())
    }

    fn line(&self, part: &Outgoing, now: Millis) -> Result<String> {
        match self.holds {
            PhoneLog::InFull => Ok(serde_json::to_string(&line_in_full(part, now))?),
            PhoneLog::Sealed => {
                let shown = SeenLine { at: written(now), wire_id: part.wire_id.clone() };
                Ok(serde_json::to_string(&self.seal.close(&shown)?)?)
            }
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    at: String,
    to: &'a str,
    wire_id: &'a str,
    kind: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_sha256: Option<String>,
}

/// What is read of a line.
#[derive(Serialize, Deserialize)]
struct SeenLine {
    at: String,
    wire_id: String,
}

#[derive(Serialize, Deserialize)]
struct SealedLine {
    /// The nonce, then the ciphertext, in base64.
    sealed: String,
}

struct Seal(XChaCha20Poly1305);

impl Seal {
    fn of(database: &DbKey) -> Self {
        let mut mac = Blake2sMac256::new((&**database).into());
        mac.update(PURPOSE);
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(mac.finalize_fixed().into());
        Self(XChaCha20Poly1305::new((&*key).into()))
    }

    fn close(&self, line: &SeenLine) -> Result<SealedLine> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| Error::other(error.to_string()))?;
        let sealed = self.0.encrypt(XNonce::from_slice(&nonce), serde_json::to_vec(line)?.as_slice());
        let sealed = sealed.map_err(|error| Error::other(error.to_string()))?;
        Ok(SealedLine { sealed: BASE64.encode(&[nonce.as_slice(), &sealed].concat()) })
    }

    /// Of a line of either kind; none where it was cut off.
    fn read(&self, line: &[u8]) -> Option<SeenLine> {
        let Ok(SealedLine { sealed }) = serde_json::from_slice(line) else { return serde_json::from_slice(line).ok() };
        let sealed = BASE64.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
        serde_json::from_slice(&self.0.decrypt(XNonce::from_slice(nonce), sealed).ok()?).ok()
    }
}

fn line_in_full(part: &Outgoing, now: Millis) -> Line<'_> {
    let (kind, text, media_sha256) = match &part.content {
        Content::Text { text, .. } => ("text", text.as_str(), None),
        Content::Media { file, caption, .. } => {
            (file.kind.as_str(), caption.as_deref().unwrap_or_default(), Some(hex(&file.sha256)))
        }
        Content::Poll { text, .. } => ("poll", text.as_str(), None),
    };
    Line { at: written(now), to: &part.to, wire_id: &part.wire_id, kind, text, media_sha256 }
}

/// Which wire ids the phones have seen since then, and whether the last line was cut off by a crash.
fn read_log(path: &Path, seal: &Seal, since: Option<Millis>) -> Result<(HashSet<String>, bool)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let since = since.map(written);
    let mut tail = 1;
    loop {
        let lines = last_bytes(&mut file, length, tail)?;
        // The first line is whole only where the file begins with it.
        let whole = lines.split_inclusive(|byte| *byte == b'\n').skip(usize::from(tail < length));
        let seen: Vec<SeenLine> = whole.filter_map(|line| seal.read(line)).collect();
        let reaches_back = since.as_ref().is_none_or(|since| seen.first().is_some_and(|line| line.at < *since));
        if reaches_back || tail >= length {
            let seen = seen.into_iter().map(|line| line.wire_id).collect();
            return Ok((seen, lines.last().is_some_and(|byte| *byte != b'\n')));
        }
        tail = (tail * 2).max(SOME_LINES);
    }
}

fn last_bytes(file: &mut File, length: u64, count: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(count)))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A time as the log writes it: later ones sort behind.
fn written(at: Millis) -> String {
    local(at, chrono_tz::Tz::UTC).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: u8) -> Seal {
        Seal::of(&Zeroizing::new([key; 32]))
    }

    fn shown(at: i64) -> SeenLine {
        SeenLine { at: written(at), wire_id: at.to_string() }
    }

    #[test]
    fn the_log_is_read_back_to_what_may_come_again_and_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        // Written by the window and by a script in turn.
        let line = |at: i64| match at % 2 {
            0 => serde_json::to_string(&shown(at)).unwrap() + "\n",
            _ => serde_json::to_string(&seal(7).close(&shown(at)).unwrap()).unwrap() + "\n",
        };
        let lines: String = (1_000..5_000).map(line).collect();
        std::fs::write(&path, &lines).unwrap();
        assert_eq!(read_log(&path, &seal(7), None).unwrap(), (HashSet::new(), false), "nothing may come again");
        for since in [4_999, 4_000, 2_000, 0] {
            let (seen, torn) = read_log(&path, &seal(7), Some(since)).unwrap();
            assert!((since.max(1_000)..5_000).all(|at| seen.contains(&at.to_string())), "{since}");
            assert!(!torn && (since != 4_999 || seen.len() < 2 * SOME_LINES as usize / line(1_000).len()), "{since}");
        }
        std::fs::write(&path, lines.trim_end()).unwrap();
        assert!(read_log(&path, &seal(7), None).unwrap().1, "the last line was cut off");
        std::fs::write(&path, "").unwrap();
        assert_eq!(read_log(&path, &seal(7), Some(0)).unwrap(), (HashSet::new(), false));
    }

    #[test]
    fn a_sealed_line_says_nothing_without_the_key() {
        let line = serde_json::to_string(&seal(7).close(&shown(1_000)).unwrap()).unwrap();
        assert!(!line.contains("1000") && !line.contains("1970"), "{line}");
        assert!(seal(8).read(line.as_bytes()).is_none());
        assert_eq!(seal(7).read(line.as_bytes()).map(|line| line.wire_id), Some("1000".to_owned()));
    }
}

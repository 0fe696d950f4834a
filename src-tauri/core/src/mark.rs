//! How far the data of a folder was, in a small file beside them: `mark.json`.
//!
//! Data that lost their last hours, or were copied, look whole from inside. So the data hold a count that moves on with
//! every start, every scheduling and every minute of sending, and so does this file, always after the data: data behind
//! their mark are older than what was sent. The mark also knows at which place the data were used last. It is sealed
//! with the key of the data, so it tells a wrong key from damaged data.

use std::io;
use std::path::Path;

use blake2::Blake2sMac256;
use blake2::digest::{FixedOutput, KeyInit, Update};
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::error::{Coded, Params};
use crate::params;

const FILE: &str = "mark.json";
pub const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    #[serde(flatten)]
    pub count: Count,
    /// How many tries to send the data had made.
    pub tries: i64,
    /// Where the data were used.
    pub place: String,
}

/// What the data hold of their mark themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Names the installation; a copy that goes its own way gets a name of its own.
    pub installation: String,
    /// 0 until the data were complete for the first time.
    pub count: u64,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    version: u32,
    #[serde(flatten)]
    mark: Mark,
    seal: String,
}

#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("version {found} of mark.json is newer than version {VERSION}")]
    Newer { found: u32 },
    /// Damaged, or made with another key.
    #[error("the seal of mark.json does not fit")]
    Unsound,
}

/// None where the folder has no mark.
pub fn load(folder: &Path, key: &[u8; 32]) -> Result<Option<Mark>, MarkError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let text = match std::fs::read_to_string(folder.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(MarkError::Unsound),
        text => text?,
    };
    match serde_json::from_str(&text) {
        Ok(Version { version: found }) if found > VERSION => return Err(MarkError::Newer { found }),
        _ => {}
    }
    let sealed: Sealed = serde_json::from_str(&text).map_err(|_| MarkError::Unsound)?;
    if sealed.seal != seal(&sealed.mark, key) {
        return Err(MarkError::Unsound);
    }
    Ok(Some(sealed.mark))
}

pub fn save(folder: &Path, key: &[u8; 32], mark: &Mark) -> io::Result<()> {
    let sealed = Sealed { version: VERSION, mark: mark.clone(), seal: seal(mark, key) };
    durable::replace(folder, FILE, serde_json::to_string_pretty(&sealed)?.as_bytes())
}

/// The mark of a folder whose data are yet to be made: they may still be missing.
pub fn begin(folder: &Path, key: &[u8; 32]) -> io::Result<Mark> {
    let count = Count { installation: fresh_installation()?, count: 0 };
    let mark = Mark { count, tries: 0, place: place(folder, key) };
    save(folder, key, &mark)?;
    Ok(mark)
}

pub fn fresh_installation() -> io::Result<String> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(BASE32_NOPAD.encode(&bytes))
}

/// This folder on this computer, in a form that tells nothing of either.
pub fn place(folder: &Path, key: &[u8; 32]) -> String {
    let path = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    keyed(key, &["ulak: place of the data", &path.to_string_lossy(), &computer()])
}

/// What tells one computer from another; empty where the system has nothing that stays.
fn computer() -> String {
    let files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
    let id = files.iter().find_map(|file| std::fs::read_to_string(file).ok());
    id.or_else(|| std::env::var("COMPUTERNAME").ok()).unwrap_or_default().trim().to_owned()
}

fn seal(mark: &Mark, key: &[u8; 32]) -> String {
    let Mark { count: Count { installation, count }, tries, place } = mark;
    keyed(key, &["ulak: mark of the data", installation, &count.to_string(), &tries.to_string(), place])
}

fn keyed(key: &[u8; 32], words: &[&str]) -> String {
    let mut mac = Blake2sMac256::new(key.into());
    for word in words {
        mac.update(&(word.len() as u64).to_le_bytes());
        mac.update(word.as_bytes());
    }
    BASE32_NOPAD.encode(&mac.finalize_fixed())
}

/// Why data open paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Finding {
    #[error(
        "The data is older than what this folder has seen: {sends} sends or more may be missing, and whoever got one of them could get it again. Everything is paused. Put newer data back if you have any; else look through what waits, and resume."
    )]
    Behind { sends: i64 },
    #[error(
        "The data is older than what this folder has seen; no send is known to be missing. Everything is paused. Look through what waits, and resume."
    )]
    Older,
    #[error(
        "This data was used last in another folder or on another computer: it was copied or moved. Two copies in use would write to everybody twice, so everything is paused. Use one of them only; if it is this one, resume."
    )]
    Copied,
    #[error(
        "The file mark.json, which tells how far the data is, is missing or damaged, so the data may be older than what was sent. Everything is paused. Look through what waits, and resume."
    )]
    Unmarked,
    #[error(
        "This data was restored from the backup of {made}. {since} Everything is paused, each campaign by itself, and e-mails and webhooks wait until you switch them on. Link your numbers again, look through what waits, and resume.",
        since = since(*over)
    )]
    Restored {
        /// The day and the minute, on the owner's clock.
        made: String,
        /// What the data that were put aside knew of opt-outs and sends was taken over.
        over: bool,
    },
}

fn since(over: bool) -> &'static str {
    match over {
        true => {
            "Who opted out or was erased since then and what was sent since were taken over from the data that were here."
        }
        false => {
            "What was sent since then is not in it, and neither is who opted out or was erased since: they could get a message again. Another computer with this data must not go on sending."
        }
    }
}

impl Coded for Finding {
    fn code(&self) -> &'static str {
        match self {
            Self::Behind { .. } => "folder.behind",
            Self::Older => "folder.older",
            Self::Copied => "folder.copied",
            Self::Unmarked => "folder.unmarked",
            Self::Restored { over: false, .. } => "folder.restored",
            Self::Restored { over: true, .. } => "folder.restored_over",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Behind { sends } => params! { sends: sends },
            Self::Restored { made, .. } => params! { made: made },
            _ => Params::new(),
        }
    }
}

/// Compares what the folder has seen with what the data know, at `place`. Data ahead of the file are sound: the file is
/// written after them, and a crash or a full disk may come in between.
pub fn compare(file: Option<&Mark>, data: Option<&Count>, tries: i64, place: &str) -> Option<Finding> {
    let behind = |file: &Mark| match file.tries - tries {
        sends if sends > 0 => Finding::Behind { sends },
        _ => Finding::Older,
    };
    match (file, data) {
        // A folder of a version without marks.
        (None, None) => None,
        (None, Some(_)) => Some(Finding::Unmarked),
        // The first start, or the first one that marks, did not come to its end.
        (Some(file), _) if file.count.count == 0 => None,
        (Some(file), None) => Some(behind(file)),
        (Some(file), Some(data)) if data.installation != file.count.installation => Some(Finding::Copied),
        (Some(file), Some(data)) if data.count < file.count.count => Some(behind(file)),
        (Some(file), Some(_)) if file.place != place => Some(Finding::Copied),
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn count(installation: &str, count: u64) -> Count {
        Count { installation: installation.to_owned(), count }
    }

    fn mark(count: Count, tries: i64) -> Mark {
        Mark { count, tries, place: "here".to_owned() }
    }

    #[test]
    fn what_is_known_of_the_data_at_a_start() {
        let seen = mark(count("A", 5), 300);
        let begun = mark(count("A", 0), 0);
        let none = None;
        let table = [
            (none, None, 0, "here", None),
            (none, Some(count("A", 5)), 300, "here", Some(Finding::Unmarked)),
            (Some(&begun), None, 0, "there", None),
            (Some(&begun), Some(count("A", 1)), 0, "here", None),
            (Some(&seen), None, 0, "here", Some(Finding::Behind { sends: 300 })),
            (Some(&seen), Some(count("A", 4)), 87, "here", Some(Finding::Behind { sends: 213 })),
            (Some(&seen), Some(count("A", 4)), 300, "here", Some(Finding::Older)),
            (Some(&seen), Some(count("A", 4)), 87, "there", Some(Finding::Behind { sends: 213 })),
            (Some(&seen), Some(count("A", 5)), 340, "here", None),
            (Some(&seen), Some(count("A", 9)), 900, "here", None),
            (Some(&seen), Some(count("A", 5)), 300, "there", Some(Finding::Copied)),
            (Some(&seen), Some(count("B", 9)), 900, "here", Some(Finding::Copied)),
        ];
        for (file, data, tries, place, expected) in table {
            assert_eq!(compare(file, data.as_ref(), tries, place), expected, "{file:?} {data:?} {tries} {place}");
        }
    }

    #[test]
    fn a_mark_is_read_with_its_own_key_alone_and_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert!(load(folder.path(), &KEY).unwrap().is_none());
        let written = mark(count("A", 5), 300);
        save(folder.path(), &KEY, &written).unwrap();
        assert_eq!(load(folder.path(), &KEY).unwrap(), Some(written));
        assert!(matches!(load(folder.path(), &[8; 32]), Err(MarkError::Unsound)));
        let path = folder.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        let more = text.replace("300", "301");
        let half = text[..text.len() / 2].to_owned();
        for changed in [more, half, String::new()] {
            std::fs::write(&path, &changed).unwrap();
            assert!(matches!(load(folder.path(), &KEY), Err(MarkError::Unsound)), "{changed}");
        }
        std::fs::write(&path, text.replace("\"version\": 1", "\"version\": 2")).unwrap();
        assert!(matches!(load(folder.path(), &KEY), Err(MarkError::Newer { found: 2 })));
    }

    #[test]
    fn another_folder_is_another_place() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(place(one.path(), &KEY), place(&one.path().join("."), &KEY));
        assert_ne!(place(one.path(), &KEY), place(other.path(), &KEY));
    }
}

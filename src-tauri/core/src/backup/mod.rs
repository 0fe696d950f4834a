//! Backups: one sealed file that holds all data, and the way back from it.
//!
//! `container` is the format of the file, `make` writes one and looks whether it is good, `restore` puts one in the place
//! of a folder's data, `keep` says when one is due and which are no longer kept. Key material of linked numbers lies in
//! files of its own (`session/key_store.rs`) and is in no backup: a number is linked again after a restore.

pub mod container;
pub mod keep;
pub mod make;
pub mod restore;
pub mod store;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::params;
use crate::vault::VaultError;

/// How the name of a backup ends.
pub const EXTENSION: &str = "ulak-backup";

/// What is in a backup. It stands before the data, sealed as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    pub made_at: Millis,
    /// On the owner's clock, as a day and a minute.
    pub made: String,
    /// The Ulak that made it.
    pub version: String,
    /// The layout of its data.
    pub layout: u32,
    pub installation: String,
    pub business: String,
    pub contacts: i64,
    pub campaigns: i64,
    pub messages: i64,
    /// Real ones that the owner has.
    pub credits: i64,
    /// The linked numbers, by their names or phones. They are linked again after a restore.
    pub numbers: Vec<String>,
    /// How many rows each table has.
    pub rows: BTreeMap<String, i64>,
    /// How long the file of data is.
    pub bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{file} is no backup of Ulak. Choose a file whose name ends in .ulak-backup.")]
    NotABackup { file: String },
    #[error(
        "{file} was made by a newer Ulak (version {found}; this one knows {known}). Install the newest Ulak; nothing was changed."
    )]
    Newer { file: String, found: u32, known: u32 },
    #[error("Enter the recovery code or the passphrase with which {file} was made.")]
    SecretNeeded { file: String },
    #[error("This passphrase or recovery code does not open {file}. Check it and try again; nothing was changed.")]
    WrongSecret { file: String },
    #[error(
        "{file} is cut off: its end is missing. Copy it again from where it came, or choose another backup; nothing was changed."
    )]
    Cut { file: String },
    #[error("{file} is damaged: a part of it is not as it was written. Choose another backup; nothing was changed.")]
    Damaged { file: String },
    #[error(
        "The backup {file} does not hold what it should (the table {table}), so it does not count as good. Try again, with another disk if it stays."
    )]
    Incomplete { file: String, table: String },
    #[error("The folder {folder} for backups is not there. Put the stick in, or choose another folder.")]
    NoFolder { folder: String },
    #[error("{file} cannot be written: {reason}. Choose another folder.")]
    NotWritten { file: String, reason: String },
    #[error("{file} cannot be read: {reason}")]
    NotRead { file: String, reason: String },
    #[error("There is not enough room on the disk for {file}. Free some space, or choose another disk.")]
    Full { file: String },
    #[error("Something reads the data for long, so no backup can begin. Try again in a minute.")]
    Busy,
    #[error(
        "Nobody has the recovery code of this data yet, so nobody could open a backup. Write the code down first, or give the backup a passphrase."
    )]
    NoWayIn,
    #[error("A backup is being made already. Wait until it is done.")]
    Running,
    #[error(
        "The restore has begun and is not at its end: {reason} Start Ulak again, and it goes on with it; nothing is lost."
    )]
    GoesOn { reason: String },
    #[error("The backup was stopped; there is none under this name.")]
    Stopped,
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Coded for BackupError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotABackup { .. } => "backup.not_a_backup",
            Self::Newer { .. } => "backup.newer",
            Self::SecretNeeded { .. } => "backup.secret_needed",
            Self::WrongSecret { .. } => "backup.wrong_secret",
            Self::Cut { .. } => "backup.cut",
            Self::Damaged { .. } => "backup.damaged",
            Self::Incomplete { .. } => "backup.incomplete",
            Self::NoFolder { .. } => "backup.no_folder",
            Self::NotWritten { .. } => "backup.not_written",
            Self::NotRead { .. } => "backup.not_read",
            Self::Full { .. } => "backup.full",
            Self::Busy => "backup.busy",
            Self::NoWayIn => "backup.no_way_in",
            Self::Running => "backup.running",
            Self::GoesOn { .. } => "backup.goes_on",
            Self::Stopped => "backup.stopped",
            Self::Storage(error) => error.code(),
            Self::Vault(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::NotABackup { file }
            | Self::SecretNeeded { file }
            | Self::WrongSecret { file }
            | Self::Cut { file }
            | Self::Damaged { file }
            | Self::Full { file } => params! { file: file },
            Self::Newer { file, found, known } => params! { file: file, found: found, known: known },
            Self::Incomplete { file, table } => params! { file: file, table: table },
            Self::NoFolder { folder } => params! { folder: folder },
            Self::NotWritten { file, reason } | Self::NotRead { file, reason } => {
                params! { file: file, reason: reason }
            }
            Self::GoesOn { reason } => params! { reason: reason },
            Self::Busy | Self::NoWayIn | Self::Running | Self::Stopped => Params::new(),
            Self::Storage(error) => error.params(),
            Self::Vault(error) => error.params(),
        }
    }
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        StorageError::from(error).into()
    }
}

impl BackupError {
    /// A file that was being written.
    fn writing(error: &io::Error, file: &Path) -> Self {
        let shown = file.display().to_string();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { file: shown }
            }
            io::ErrorKind::Interrupted => Self::Stopped,
            _ => Self::NotWritten { file: shown, reason: error.to_string() },
        }
    }

    /// A file that was being read.
    fn reading(error: &io::Error, file: &Path) -> Self {
        Self::NotRead { file: file.display().to_string(), reason: error.to_string() }
    }
}

/// How far a backup is, for whoever watches, and whether it is to stop.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
    stopped: AtomicBool,
}

impl Progress {
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Bytes that are through, of all: each is written and then read back.
    pub fn seen(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    fn begin(&self, total: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    fn moved(&self, bytes: usize) -> io::Result<()> {
        self.done.fetch_add(bytes as u64, Ordering::Relaxed);
        match self.stopped.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::Interrupted.into()),
            false => Ok(()),
        }
    }
}

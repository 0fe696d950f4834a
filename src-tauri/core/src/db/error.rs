//! What can go wrong with the data, as its owner is told, and which of it passes by itself.

use std::path::Path;

use super::FoundMark;
use crate::error::{Coded, Params};
use crate::params;

#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error(
        "The disk is full, so nothing more can be saved in {folder}. Free some space; Ulak then goes on where it was."
    )]
    Full { folder: String },
    #[error(
        "Another program has the data in {folder} open, so nothing can be saved. Ulak tries again until it lets go."
    )]
    Locked { folder: String },
    #[error("Ulak may not write in {folder}. Allow writing there, or start Ulak with another data folder.")]
    ReadOnly { folder: String },
    #[error("Another running Ulak uses {folder}. Close it first, or use another data folder.")]
    InUse { folder: String },
    #[error(
        "The data in {folder} was written by a newer Ulak (version {found} of its layout; this one knows {known}). Install the newest Ulak; nothing was changed."
    )]
    Newer { folder: String, found: u32, known: u32 },
    #[error(
        "The data in {folder} does not open with this key: ulak.db and keys.json do not belong together, or one of them is damaged. Nothing was changed. Put both back from the same backup."
    )]
    WrongKey { folder: String },
    #[error(
        "The data in {folder} are damaged: a part of ulak.db cannot be read. Close Ulak, keep a copy of the whole folder, and put the folder back from a backup; without one, ask for help before you go on."
    )]
    Damaged { folder: String },
    #[error(
        "The data is missing: {folder} has been in use, but its ulak.db is not there, or is empty. Put the folder back from a backup. To begin anew without the earlier data, choose another data folder."
    )]
    Lost { folder: String },
    #[error("The data folder {folder} cannot be used: {reason}")]
    Folder { folder: String, reason: String },
    #[error(
        "Something in the data of {folder} cannot be read by this Ulak ({reason}), so nothing was done with it. Install the newest Ulak."
    )]
    Unreadable { folder: String, reason: String },
    #[error("The database answered: {0}")]
    Sql(#[source] sqlx::Error),
}

impl Coded for StorageError {
    fn code(&self) -> &'static str {
        match self {
            Self::Full { .. } => "storage.full",
            Self::Locked { .. } => "storage.locked",
            Self::ReadOnly { .. } => "storage.read_only",
            Self::InUse { .. } => "storage.in_use",
            Self::Newer { .. } => "storage.newer",
            Self::WrongKey { .. } => "storage.wrong_key",
            Self::Damaged { .. } => "storage.damaged",
            Self::Lost { .. } => "storage.lost",
            Self::Folder { .. } => "storage.folder",
            Self::Unreadable { .. } => "storage.unreadable",
            Self::Sql(_) => "storage.sql",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Full { folder }
            | Self::Locked { folder }
            | Self::ReadOnly { folder }
            | Self::InUse { folder }
            | Self::WrongKey { folder }
            | Self::Damaged { folder }
            | Self::Lost { folder } => params! { folder: folder },
            Self::Newer { folder, found, known } => params! { folder: folder, found: found, known: known },
            Self::Folder { folder, reason } | Self::Unreadable { folder, reason } => {
                params! { folder: folder, reason: reason }
            }
            Self::Sql(error) => params! { reason: error },
        }
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        Self::of(error, "the data folder")
    }
}

impl StorageError {
    /// A full disk, another program's lock and a folder that may not be written into pass; the caller may wait and try again.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Locked { .. } | Self::ReadOnly { .. })
    }

    /// It lies with what is stored in some row: it will be so again, and the other rows are sound.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::Unreadable { .. } => true,
            Self::Sql(sqlx::Error::ColumnNotFound(_) | sqlx::Error::RowNotFound) => true,
            Self::Sql(error) => {
                matches!(primary_code(error), Some(SQLITE_ERROR | SQLITE_CONSTRAINT | SQLITE_MISMATCH))
            }
            _ => false,
        }
    }

    pub(super) fn of(error: sqlx::Error, folder: &str) -> Self {
        let folder = folder.to_owned();
        match primary_code(&error) {
            Some(SQLITE_FULL) => Self::Full { folder },
            Some(SQLITE_BUSY | SQLITE_LOCKED) => Self::Locked { folder },
            Some(SQLITE_READONLY | SQLITE_PERM | SQLITE_CANTOPEN) => Self::ReadOnly { folder },
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Damaged { folder },
            _ if is_no_space(&error) => Self::Full { folder },
            _ => match error {
                sqlx::Error::Decode(reason) | sqlx::Error::ColumnDecode { source: reason, .. } => {
                    Self::Unreadable { folder, reason: reason.to_string() }
                }
                error => Self::Sql(error),
            },
        }
    }

    /// While the data are opened a wrong key looks like damage. The mark tells them apart: it opens with the right key.
    pub(super) fn at_opening(self, mark: &FoundMark) -> Self {
        match self {
            Self::Damaged { folder } if !matches!(mark, FoundMark::Sound(_)) => Self::WrongKey { folder },
            other => other,
        }
    }

    pub fn io(error: std::io::Error, folder: &Path) -> Self {
        let folder = folder.display().to_string();
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full { folder },
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { folder },
            _ => Self::Folder { folder, reason: error.to_string() },
        }
    }
}

/// Something stored has a shape that this version does not know.
pub fn unreadable(what: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(what.to_string().into())
}

/// What functions over text that is no JSON answer, among others.
const SQLITE_ERROR: i32 = 1;
const SQLITE_PERM: i32 = 3;
const SQLITE_BUSY: i32 = 5;
const SQLITE_LOCKED: i32 = 6;
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_CANTOPEN: i32 = 14;
const SQLITE_CONSTRAINT: i32 = 19;
const SQLITE_MISMATCH: i32 = 20;
const SQLITE_NOTADB: i32 = 26;
/// What a write into a full log answers, and what the log's index answers that finds no room to grow.
const SQLITE_IOERR_WRITE: i32 = SQLITE_IOERR | (3 << 8);
const SQLITE_IOERR_SHMSIZE: i32 = SQLITE_IOERR | (19 << 8);

fn extended_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    extended_code(error).map(|code| code & 0xff)
}

fn is_no_space(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(io) => io.kind() == std::io::ErrorKind::StorageFull,
        _ => matches!(extended_code(error), Some(SQLITE_IOERR_WRITE | SQLITE_IOERR_SHMSIZE)),
    }
}

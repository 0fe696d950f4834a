//! Credits: what was granted, held, settled and released, one append-only line each.
//!
//! Callers hold, settle and release in the transaction of the state change that causes it. What a part
//! costs is held once a round and ends in exactly one settle or release of as much: the table's unique indexes say so, and
//! an end reads from its hold what it gives back.

pub mod entry;
pub mod figures;
pub mod low;
pub mod store;

pub use entry::{Balance, Book, EntryKind};

use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::params;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(
        "{shortage} credits are missing: {needed} are needed and {free} are free. Record a top-up, or schedule only for the people that the free credits cover."
    )]
    Short { shortage: i64, needed: i64, free: i64 },
    #[error("A top-up needs a number of credits from 1 to {most}.")]
    Amount { most: i64 },
    #[error("A correction needs a number of credits other than 0, and a reason.")]
    Correction,
    #[error("This correction would leave fewer credits than are held: at most {free} can be taken away.")]
    BelowHeld { free: i64 },
    #[error(
        "The {book} credits do not add up: {what}. Nothing is sent from this book until they do; everything else goes on. Put a backup back, or ask for help."
    )]
    Unbalanced { book: Book, what: String },
    #[error(
        "Lines {from} to {to} of the ledger are not as they were written. Nothing is sent until they are; everything else goes on. Put a backup back, or ask for help."
    )]
    Changed { from: i64, to: i64 },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Coded for LedgerError {
    fn code(&self) -> &'static str {
        match self {
            Self::Short { .. } => "ledger.short",
            Self::Amount { .. } => "ledger.amount",
            Self::Correction => "ledger.correction",
            Self::BelowHeld { .. } => "ledger.below_held",
            Self::Unbalanced { .. } => "ledger.unbalanced",
            Self::Changed { .. } => "ledger.changed",
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Short { shortage, needed, free } => params! { shortage: shortage, needed: needed, free: free },
            Self::Amount { most } => params! { most: most },
            Self::Correction => Params::new(),
            Self::BelowHeld { free } => params! { free: free },
            Self::Unbalanced { book, what } => params! { book: book, what: what },
            Self::Changed { from, to } => params! { from: from, to: to },
            Self::Storage(error) => error.params(),
        }
    }
}

//! The arithmetic of the ledger, without a database.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Practice credits never mix with real ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Book {
    Practice,
    Real,
}

impl Book {
    pub const ALL: [Self; 2] = [Self::Practice, Self::Real];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practice => "practice",
            Self::Real => "real",
        }
    }
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

impl FromStr for Book {
    type Err = Unknown;
    fn from_str(text: &str) -> Result<Self, Unknown> {
        Self::ALL.into_iter().find(|book| book.as_str() == text).ok_or(Unknown)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum EntryKind {
    Grant,
    Hold,
    Settle,
    Release,
    Adjust,
}

impl EntryKind {
    pub const ALL: [Self; 5] = [Self::Grant, Self::Hold, Self::Settle, Self::Release, Self::Adjust];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Hold => "hold",
            Self::Settle => "settle",
            Self::Release => "release",
            Self::Adjust => "adjust",
        }
    }
}

impl FromStr for EntryKind {
    type Err = Unknown;
    fn from_str(text: &str) -> Result<Self, Unknown> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(Unknown)
    }
}

/// Sums of one book. Credits are whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub granted: i64,
    pub adjusted: i64,
    pub held: i64,
    pub settled: i64,
    pub released: i64,
}

impl Balance {
    /// What the owner has, held or not.
    pub fn balance(&self) -> i64 {
        self.granted + self.adjusted - self.settled
    }

    /// What can be held for something new.
    pub fn free(&self) -> i64 {
        self.balance() - self.held
    }

    /// How many credits are missing for `needed`; 0 when there are enough.
    pub fn shortage(&self, needed: i64) -> i64 {
        (needed - self.free()).max(0)
    }
}

impl std::ops::Add for Balance {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            granted: self.granted + other.granted,
            adjusted: self.adjusted + other.adjusted,
            held: self.held + other.held,
            settled: self.settled + other.settled,
            released: self.released + other.released,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortage_is_exact() {
        let balance = Balance { granted: 1000, held: 300, settled: 200, ..Balance::default() };
        assert_eq!((balance.balance(), balance.free()), (800, 500));
        assert_eq!((balance.shortage(500), balance.shortage(501)), (0, 1));
    }
}

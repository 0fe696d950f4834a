//! The arithmetic of the ledger, without a database.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::stored::stored_words;

/// Practice credits never mix with real ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Book {
    Practice,
    Real,
}

stored_words!(Book { Practice = "practice", Real = "real" });

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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

stored_words!(EntryKind {
    Grant = "grant",
    Hold = "hold",
    Settle = "settle",
    Release = "release",
    Adjust = "adjust",
});

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

    /// How many credits are missing for `needed`; 0 when there are enough. What costs nothing needs none, also where less
    /// than nothing is free.
    pub fn shortage(&self, needed: i64) -> i64 {
        if needed > 0 { (needed - self.free()).max(0) } else { 0 }
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
        let owed = Balance { settled: 2, ..Balance::default() };
        assert_eq!((owed.free(), owed.shortage(0), owed.shortage(1)), (-2, 0, 3));
    }
}

//! The figures at the end of a run in the terminal, and whether everything adds up.

use std::sync::atomic::Ordering;

use serde::Serialize;

use super::{Outbox, Practice, Problem};
use crate::db::StorageError;
use crate::ledger::figures::{self, BalanceView};
use crate::ledger::{Book, store as ledger};
use crate::outbox::store::reading::{self, Counts};

#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub messages: MessageTotals,
    pub parts: Counts,
    pub credits: CreditTotals,
    pub ledger_ok: bool,
    pub skipped: Vec<SkippedPeople>,
}

/// How many get nothing for one reason; for a missing variable also which.
#[derive(Clone, Debug, Serialize)]
pub struct SkippedPeople {
    pub reason: String,
    pub variable: Option<String>,
    pub people: i64,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct MessageTotals {
    pub total: i64,
    pub skipped: i64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct CreditTotals {
    pub granted: i64,
    pub held: i64,
    pub settled: i64,
    pub released: i64,
    pub balance: i64,
}

impl From<BalanceView> for CreditTotals {
    fn from(sums: BalanceView) -> Self {
        Self {
            granted: sums.granted,
            held: sums.held,
            settled: sums.settled,
            released: sums.released,
            balance: sums.balance,
        }
    }
}

impl Outbox {
    /// Over all queues of a book.
    pub async fn summary(&self, book: Book) -> Result<Summary, Problem> {
        let mut reader = self.reader().await?;
        let tally = reading::tally_of_book(&mut reader, book).await.map_err(StorageError::from)?;
        let skipped = reading::skipped_in_book(&mut reader, book).await.map_err(StorageError::from)?;
        let skipped = skipped.into_iter().map(|(reason, variable, people)| SkippedPeople { reason, variable, people });
        let messages = MessageTotals { total: tally.people.total(), skipped: tally.people.skipped };
        let credits = figures::balance(&mut reader, book).await.map_err(StorageError::from)?.into();
        let open = reading::open_credits(&mut reader).await.map_err(StorageError::from)?;
        let ledger_ok = ledger::verify_recent(&mut reader, &open).await.is_ok();
        Ok(Summary { messages, parts: tally.parts, credits, ledger_ok, skipped: skipped.collect() })
    }

    /// Parts by state over all queues of a book.
    pub async fn counts(&self, book: Book) -> Result<Counts, Problem> {
        let mut reader = self.reader().await?;
        Ok(reading::tally_of_book(&mut reader, book).await.map_err(StorageError::from)?.parts)
    }
}

impl Practice {
    /// Everything has been sent or given up, and no tick is on its way.
    pub async fn practice_is_over(&self) -> Result<bool, Problem> {
        Ok(self.outbox.counts(Book::Practice).await?.open() == 0
            && self.practice.is_quiet(self.receipts_applied.load(Ordering::SeqCst)))
    }
}

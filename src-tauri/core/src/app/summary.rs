//! The figures at the end of a run in the terminal, and whether everything adds up.

use std::sync::atomic::Ordering;

use serde::Serialize;

use super::{Outbox, Practice, Problem};
use crate::campaign::store as campaigns;
use crate::db::StorageError;
use crate::ledger::Book;
use crate::ledger::figures::BalanceView;
use crate::outbox::store::reading::{self, Counts};

#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub messages: MessageTotals,
    pub parts: Counts,
    pub credits: CreditTotals,
    pub ledger_ok: bool,
    /// Reasons with how many people; not part of the line that scripts read.
    #[serde(skip)]
    pub skipped: Vec<(String, Option<String>, i64)>,
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
    /// Over all campaigns of a book.
    pub async fn summary(&self, book: Book) -> Result<Summary, Problem> {
        let mut messages = MessageTotals::default();
        let mut parts = Counts::default();
        let mut skipped = Vec::new();
        for row in self.campaigns.list().await?.iter().filter(|row| row.practice == (book == Book::Practice)) {
            let mut reader = self.reader().await?;
            messages.total += row.counts.total();
            messages.skipped += row.counts.skipped;
            parts = parts + reading::parts(&mut reader, row.id).await.map_err(StorageError::from)?;
            skipped.extend(reading::skipped(&mut reader, row.id).await.map_err(StorageError::from)?);
        }
        let credits = self.credits.balance(book).await?.into();
        Ok(Summary { messages, parts, credits, ledger_ok: self.credits.ledger_holds().await.is_ok(), skipped })
    }

    /// Parts by state over all campaigns of a book.
    pub async fn counts(&self, book: Book) -> Result<Counts, Problem> {
        let mut counts = Counts::default();
        let mut reader = self.reader().await?;
        for listed in campaigns::list(&mut reader).await.map_err(StorageError::from)? {
            if listed.book == book {
                counts = counts + reading::parts(&mut reader, listed.id).await.map_err(StorageError::from)?;
            }
        }
        Ok(counts)
    }
}

impl Practice {
    /// Everything has been sent or given up, and no tick is on its way.
    pub async fn practice_is_over(&self) -> Result<bool, Problem> {
        Ok(self.outbox.counts(Book::Practice).await?.open() == 0
            && self.practice.is_quiet(self.receipts_applied.load(Ordering::SeqCst)))
    }
}

//! Credits: figures, top-ups, corrections.

use std::io::Write;
use std::path::Path;

use chrono::{Datelike, NaiveDate, TimeZone};
use chrono_tz::Tz;
use serde::Serialize;

use super::Problem;
use super::common::{Common, facet};
use crate::clock::{DAY, Millis, local};
use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::event::Event;
use crate::ledger::figures::{self, BalanceView, HoldLine, LedgerPage, LedgerQuery, LedgerRow};
use crate::ledger::{Book, store};
use crate::params;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct CreditsView {
    pub balance: BalanceView,
    pub holds: Vec<HoldLine>,
    pub spent: i64,
    pub first_at: Option<Millis>,
    /// Over full months; none before the first has passed.
    pub monthly_average: Option<i64>,
    pub full_months: u32,
    /// How many days the free credits last at the average of the full months.
    pub lasts_days: Option<i64>,
    pub months: Vec<MonthSpent>,
    pub checked_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MonthSpent {
    /// `YYYY-MM`
    pub month: String,
    pub spent: i64,
    /// The month that is not over yet.
    pub running: bool,
}

const MONTHS_SHOWN: usize = 8;

/// The credits of both books.
pub struct Credits {
    common: Common,
    /// When every line was last added up.
    checked_at: Millis,
}

facet!(Credits);

impl Credits {
    pub(super) fn new(common: Common, checked_at: Millis) -> Self {
        Self { common, checked_at }
    }

    pub async fn view(&self, book: Book) -> Result<CreditsView, Problem> {
        let zone = self.settings().await?.hours().zone;
        let now = self.now();
        let mut reader = self.reader().await?;
        let balance = figures::balance(&mut reader, book).await.map_err(StorageError::from)?;
        let first_at = figures::first_settle(&mut reader, book).await.map_err(StorageError::from)?;
        let mut months = Vec::new();
        for (month, from, to) in months_between(first_at.unwrap_or(now), now, zone) {
            let spent = figures::spent(&mut reader, book, from, to).await.map_err(StorageError::from)?;
            months.push(MonthSpent { month, spent, running: to > now });
        }
        let full: Vec<i64> = months.iter().filter(|month| !month.running).map(|month| month.spent).collect();
        let full_months = u32::try_from(full.len()).unwrap_or(u32::MAX);
        let average = (full_months > 0).then(|| full.iter().sum::<i64>() / i64::from(full_months));
        months.drain(..months.len().saturating_sub(MONTHS_SHOWN));
        Ok(CreditsView {
            balance,
            holds: figures::holds(&mut reader, book).await.map_err(StorageError::from)?,
            spent: balance.settled,
            first_at,
            monthly_average: average,
            full_months,
            lasts_days: average.filter(|average| *average > 0).map(|average| balance.free * 30 / average),
            months,
            checked_at: self.checked_at,
        })
    }

    pub async fn ledger(&self, query: &LedgerQuery) -> Result<LedgerPage, Problem> {
        Ok(figures::page(&mut *self.reader().await?, query).await.map_err(StorageError::from)?)
    }

    pub async fn top_up(&self, book: Book, credits: i64, price: &str, note: &str) -> Result<BalanceView, Problem> {
        let mut tx = self.db.begin().await?;
        store::grant(&mut tx, book, credits, price.trim(), note.trim(), self.now()).await?;
        self.db.commit(tx).await?;
        self.after_ledger(book).await
    }

    pub async fn adjust(&self, book: Book, credits: i64, reason: &str) -> Result<BalanceView, Problem> {
        let mut tx = self.db.begin().await?;
        store::adjust(&mut tx, book, credits, reason, self.now()).await?;
        self.db.commit(tx).await?;
        self.after_ledger(book).await
    }

    pub async fn balance(&self, book: Book) -> Result<BalanceView, Problem> {
        Ok(figures::balance(&mut *self.reader().await?, book).await.map_err(StorageError::from)?)
    }

    /// Every line of a book as a CSV that spreadsheets open, oldest first.
    pub async fn export_ledger(&self, book: Book, path: &Path) -> Result<(), Problem> {
        let zone = self.settings().await?.hours().zone;
        let mut lines = Vec::new();
        let mut query = LedgerQuery { book, kind: None, search: String::new(), offset: 0, limit: 500 };
        loop {
            let page = self.ledger(&query).await?;
            query.offset += 500;
            let complete = page.rows.len() < 500;
            lines.extend(page.rows);
            if complete {
                break;
            }
        }
        let written = tokio::task::spawn_blocking({
            let path = path.to_owned();
            move || write_lines(&path, &lines, zone)
        });
        let written = written.await.map_err(Problem::crashed)?;
        Ok(written.map_err(|error| NotWritten { file: path.display().to_string(), reason: error.to_string() })?)
    }

    /// Adds every line up again.
    pub async fn ledger_holds(&self) -> Result<(), Problem> {
        Ok(store::verify(&mut *self.reader().await?).await?)
    }

    async fn after_ledger(&self, book: Book) -> Result<BalanceView, Problem> {
        self.events.emit(Event::LedgerChanged);
        self.events.emit(Event::NowChanged);
        self.balance(book).await
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{file} could not be written: {reason}. Choose another place.")]
struct NotWritten {
    file: String,
    reason: String,
}

impl Coded for NotWritten {
    fn code(&self) -> &'static str {
        "credits.not_written"
    }

    fn params(&self) -> Params {
        params! { file: self.file, reason: self.reason }
    }
}

fn write_lines(path: &Path, lines: &[LedgerRow], zone: Tz) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    // Spreadsheets read UTF-8 only behind this mark.
    file.write_all("\u{feff}".as_bytes())?;
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record([
        "time",
        "entry",
        "campaign",
        "contact",
        "credits",
        "held",
        "balance",
        "held in all",
        "price",
        "note",
    ])?;
    for line in lines.iter().rev() {
        let at = local(line.at, zone).format("%Y-%m-%d %H:%M:%S").to_string();
        csv.write_record([
            at.as_str(),
            line.kind.as_str(),
            line.campaign_name.as_deref().unwrap_or_default(),
            line.contact_name.as_deref().unwrap_or_default(),
            &line.credits.to_string(),
            &line.held.to_string(),
            &line.balance_after.to_string(),
            &line.held_after.to_string(),
            &line.price,
            &line.note,
        ])?;
    }
    csv.flush()
}

/// The months from the one of `first` to the one of `last`, with their beginning and end on the owner's calendar.
fn months_between(first: Millis, last: Millis, zone: Tz) -> Vec<(String, Millis, Millis)> {
    const MOST: usize = 600;
    let start = local(first, zone).date_naive().with_day(1);
    let months = std::iter::successors(start, |month| month.checked_add_months(chrono::Months::new(1)));
    months
        .map(|month| {
            let next = month.checked_add_months(chrono::Months::new(1)).unwrap_or(month);
            (month.format("%Y-%m").to_string(), midnight(month, zone), midnight(next, zone))
        })
        .take_while(|(_, from, _)| *from <= last)
        .take(MOST)
        .collect()
}

/// The first instant of a day; where summer time begins at midnight, the first that exists.
pub(super) fn midnight(day: NaiveDate, zone: Tz) -> Millis {
    let wall = day.and_time(chrono::NaiveTime::MIN);
    let found = (0..4).find_map(|hour| zone.from_local_datetime(&(wall + chrono::TimeDelta::hours(hour))).earliest());
    found.map_or_else(|| wall.and_utc().timestamp_millis(), |at| at.timestamp_millis())
}

/// The first instant of the day of `at`.
pub(super) fn day_start(at: Millis, zone: Tz) -> Millis {
    midnight(local(at, zone).date_naive(), zone).max(at - 2 * DAY)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe;

    use super::*;

    #[test]
    fn months_begin_at_local_midnight() {
        let zone = Europe::Istanbul;
        let first = zone.with_ymd_and_hms(2026, 10, 31, 23, 0, 0).unwrap().timestamp_millis();
        let last = zone.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap().timestamp_millis();
        let months = months_between(first, last, zone);
        assert_eq!(months.iter().map(|(month, ..)| month.as_str()).collect::<Vec<_>>(), ["2026-10", "2026-11"]);
        assert_eq!(months[1].1, last);
    }
}

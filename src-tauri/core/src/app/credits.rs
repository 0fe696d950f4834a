//! Credits: figures, top-ups, corrections.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, TimeZone};
use chrono_tz::Tz;
use serde::Serialize;
use sqlx::SqliteConnection;
use tokio::sync::mpsc;

use super::Problem;
use super::common::{Common, facet};
use super::lines;
use super::report::{Price, priced};
use crate::campaign::store as campaigns;
use crate::clock::{DAY, Millis, local};
use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::event::Event;
use crate::ids::CampaignId;
use crate::ledger::figures::{self, BalanceView, LedgerPage, LedgerQuery, LedgerRow};
use crate::ledger::low::{self, Low};
use crate::ledger::{Book, LedgerError, store};
use crate::messages::Messages;
use crate::outbox::dispatcher::Dispatcher;
use crate::outbox::store::reading;
use crate::params;
use crate::settings;

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
    /// How many days the free credits last at the pace of the last thirty days, as the note that they run low says.
    pub lasts_days: Option<i64>,
    /// All months since the first credit was spent, the oldest first.
    pub months: Vec<MonthSpent>,
    pub checked_at: Millis,
    /// They run low.
    pub low: Option<Low>,
    /// None where no top-up says what credits cost.
    pub cost: Option<MessageCost>,
}

/// What messages cost on average, each at the price of the top-up before it. Amounts are in ten-thousandths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MessageCost {
    /// The currency, as the owner wrote it.
    pub currency: String,
    /// In the newest top-up that says a price.
    pub per_credit: i64,
    pub per_sent: Option<i64>,
    pub per_delivered: Option<i64>,
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

/// What a campaign holds at this moment, or all single messages together.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct HoldLine {
    /// None for single messages.
    pub campaign_id: Option<CampaignId>,
    pub name: String,
    pub held: i64,
}

/// The first and the last line of a seal that does not fit its lines.
pub(super) type Changed = (i64, i64);

/// The credits of both books.
pub struct Credits {
    common: Common,
    dispatcher: Arc<Dispatcher>,
    /// When every line was last added up.
    checked_at: Millis,
}

facet!(Credits);

/// What was ever put in: it moves with every top-up and correction, and with nothing else.
fn owned(balance: &BalanceView) -> i64 {
    balance.balance + balance.settled
}

/// Whether the real credits run low, and what was ever put in. None where they do not, or where there never were any.
pub(super) async fn running_low(db: &mut SqliteConnection, now: Millis) -> Result<Option<(Low, i64)>, sqlx::Error> {
    let wanted = settings::load(db).await?.low_credits;
    let balance = figures::balance(db, Book::Real).await?;
    if balance.granted == 0 {
        return Ok(None);
    }
    let first_at = figures::first_settle(db, Book::Real).await?;
    let spent = figures::spent(db, Book::Real, now - low::PACE_OF, now).await?;
    Ok(low::low(wanted, balance.free, spent, first_at, now).map(|low| (low, owned(&balance))))
}

impl Credits {
    pub(super) fn new(common: Common, dispatcher: Arc<Dispatcher>) -> Self {
        let checked_at = common.now();
        Self { common, dispatcher, checked_at }
    }

    pub async fn view(&self, book: Book) -> Result<CreditsView, Problem> {
        let zone = self.settings().await?.hours().zone;
        let now = self.now();
        let mut reader = self.reader().await?;
        let balance = figures::balance(&mut reader, book).await.map_err(StorageError::from)?;
        let first_at = figures::first_settle(&mut reader, book).await.map_err(StorageError::from)?;
        let all = months_between(first_at.unwrap_or(now), now, zone);
        let full_months = all.iter().filter(|(_, _, to)| *to <= now).count();
        let mut months = Vec::new();
        for (month, from, to) in all {
            let spent = figures::spent(&mut reader, book, from, to).await.map_err(StorageError::from)?;
            months.push(MonthSpent { month, spent, running: to > now });
        }
        let lately = figures::spent(&mut reader, book, now - low::PACE_OF, now).await.map_err(StorageError::from)?;
        let running: i64 = months.iter().filter(|month| month.running).map(|month| month.spent).sum();
        let people = reading::tally_of_book(&mut reader, book).await.map_err(StorageError::from)?.people;
        let prices = priced(&figures::prices(&mut reader, book).await.map_err(StorageError::from)?);
        let paid = paid_for(&mut reader, book, &prices).await.map_err(StorageError::from)?;
        let full_months = u32::try_from(full_months).unwrap_or(u32::MAX);
        let average = (full_months > 0).then(|| (balance.settled - running) / i64::from(full_months));
        Ok(CreditsView {
            balance,
            holds: hold_lines(&mut reader, book).await.map_err(StorageError::from)?,
            spent: balance.settled,
            first_at,
            monthly_average: average,
            full_months,
            lasts_days: low::lasts(balance.free, lately, first_at, now),
            months,
            checked_at: self.checked_at,
            low: match book {
                Book::Real => running_low(&mut reader, now).await.map_err(StorageError::from)?.map(|(low, _)| low),
                Book::Practice => None,
            },
            cost: prices.last().map(|Price { currency, per_credit, .. }| {
                let delivered = people.delivered + people.read + people.played;
                let (per_sent, per_delivered) = (paid.checked_div(people.accepted()), paid.checked_div(delivered));
                MessageCost { currency: currency.clone(), per_credit: *per_credit, per_sent, per_delivered }
            }),
        })
    }

    /// The owner has seen that they run low; they are told again after the next top-up or correction.
    pub async fn low_seen(&self) -> Result<(), Problem> {
        let mut reader = self.reader().await?;
        let granted = owned(&figures::balance(&mut reader, Book::Real).await.map_err(StorageError::from)?);
        drop(reader);
        self.put(settings::key::LOW_SEEN, &granted).await?;
        self.nudge();
        Ok(())
    }

    pub async fn ledger(&self, query: &LedgerQuery) -> Result<LedgerPage, Problem> {
        Ok(lines::page(&mut *self.reader().await?, query).await.map_err(StorageError::from)?)
    }

    pub async fn top_up(&self, book: Book, credits: i64, price: &str, note: &str) -> Result<BalanceView, Problem> {
        let mut tx = self.db.begin().await?;
        store::grant(&mut tx, book, credits, price.trim(), note.trim(), self.now()).await?;
        self.db.commit(tx).await?;
        // A revision may have stopped for want of credits.
        self.outdated.notify_one();
        self.after_ledger(book).await
    }

    pub async fn adjust(&self, book: Book, credits: i64, reason: &str) -> Result<BalanceView, Problem> {
        let mut tx = self.db.begin().await?;
        store::adjust(&mut tx, book, credits, reason, self.now()).await?;
        self.db.commit(tx).await?;
        self.outdated.notify_one();
        self.after_ledger(book).await
    }

    pub async fn balance(&self, book: Book) -> Result<BalanceView, Problem> {
        Ok(figures::balance(&mut *self.reader().await?, book).await.map_err(StorageError::from)?)
    }

    /// Every line of a book as a CSV that spreadsheets open, oldest first: as the ledger is at one moment, whatever is
    /// sent meanwhile. A file that is not complete has another name.
    pub async fn export_ledger(&self, book: Book, path: &Path) -> Result<(), Problem> {
        let settings = self.settings().await?;
        let (zone, words) = (settings.zone, Messages::of(settings.spoken().as_str()));
        let (pages, receiver) = mpsc::channel(1);
        let writing = tokio::task::spawn_blocking({
            let path = path.to_owned();
            move || write_whole(&path, receiver, &words, zone)
        });
        let mut reader = self.reader().await?;
        let read = read_ledger(&mut reader, book, pages).await;
        let written = writing.await.map_err(Problem::crashed)?;
        read.map_err(|error| self.db.error(error))?;
        Ok(written.map_err(|error| NotWritten { file: path.display().to_string(), reason: error.to_string() })?)
    }

    /// Adds every line up again and looks at the whole chain. Where a line was changed, nothing is sent from then on, also
    /// after the next start, until the ledger holds again.
    pub async fn ledger_holds(&self) -> Result<(), Problem> {
        let mut reader = self.reader().await?;
        let open = reading::open_credits(&mut reader).await.map_err(StorageError::from)?;
        let checked = store::verify(&mut reader, &open).await;
        drop(reader);
        let found = match &checked {
            Err(LedgerError::Changed { from, to }) => Some((*from, *to)),
            _ => None,
        };
        let before: Option<Changed> = self.stored(settings::key::LEDGER_CHANGED).await?;
        if before != found {
            self.put(settings::key::LEDGER_CHANGED, &found).await?;
        }
        if let Err(error @ LedgerError::Changed { .. }) = &checked {
            let problem = Problem::of(error);
            Book::ALL.into_iter().for_each(|book| self.dispatcher.stop(book, problem.clone()));
            self.found.tell(problem);
        }
        Ok(checked?)
    }

    async fn stored<T: serde::de::DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Problem> {
        let stored: Option<Option<T>> =
            settings::get(&mut *self.reader().await?, key).await.map_err(|error| self.db.error(error))?;
        Ok(stored.flatten())
    }

    async fn after_ledger(&self, book: Book) -> Result<BalanceView, Problem> {
        self.events.emit(Event::LedgerChanged);
        self.events.emit(Event::NowChanged);
        self.balance(book).await
    }
}

/// What all credits that were spent cost, each at the price that was in force.
async fn paid_for(db: &mut SqliteConnection, book: Book, prices: &[Price]) -> Result<i64, sqlx::Error> {
    let mut paid: i64 = 0;
    for (place, price) in prices.iter().enumerate() {
        let from = if place == 0 { 0 } else { price.since };
        let to = prices.get(place + 1).map_or(Millis::MAX, |next| next.since);
        let spent = figures::spent(db, book, from, to).await?;
        paid = paid.saturating_add(price.per_credit.saturating_mul(spent));
    }
    Ok(paid)
}

async fn hold_lines(db: &mut SqliteConnection, book: Book) -> Result<Vec<HoldLine>, sqlx::Error> {
    let held = reading::held(db, book).await?;
    let ids: Vec<CampaignId> = held.iter().map(|(id, _)| *id).collect();
    let names = campaigns::by_ids(db, &ids).await?;
    let names: BTreeMap<CampaignId, String> = names.into_iter().map(|listed| (listed.id, listed.name)).collect();
    let (campaigns, single): (Vec<_>, Vec<_>) = held.into_iter().partition(|(id, _)| names.contains_key(id));
    let line = |(id, held): (CampaignId, i64)| HoldLine {
        campaign_id: Some(id),
        name: names.get(&id).cloned().unwrap_or_default(),
        held,
    };
    let single: i64 = single.into_iter().map(|(_, held)| held).sum();
    let single = (single > 0).then_some(HoldLine { campaign_id: None, name: String::new(), held: single });
    Ok(single.into_iter().chain(campaigns.into_iter().map(line)).collect())
}

#[derive(Debug, thiserror::Error)]
#[error("{file} could not be written: {reason}. Choose another place.")]
pub(super) struct NotWritten {
    pub(super) file: String,
    pub(super) reason: String,
}

impl Coded for NotWritten {
    fn code(&self) -> &'static str {
        "credits.not_written"
    }

    fn params(&self) -> Params {
        params! { file: self.file, reason: self.reason }
    }
}

/// Lines that are read together: what an export keeps in memory.
const PAGE: u32 = 1_000;

type Pages = mpsc::Receiver<Vec<LedgerRow>>;

/// Hands the lines over a page at a time, and an empty page at the end.
async fn read_ledger(
    db: &mut SqliteConnection,
    book: Book,
    pages: mpsc::Sender<Vec<LedgerRow>>,
) -> Result<(), sqlx::Error> {
    let mut seq = 0;
    loop {
        let page = figures::lines_after(db, book, seq, PAGE).await?;
        let last = page.last().map(|line| line.row.seq);
        // Whoever writes may have met a full disk.
        if pages.send(lines::with_names(db, page).await?).await.is_err() {
            break;
        }
        let Some(last) = last else { break };
        seq = last;
    }
    Ok(())
}

/// Under a name of its own until the last line is on the disk.
fn write_whole(path: &Path, pages: Pages, words: &Messages, zone: Tz) -> std::io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    let written = write_lines(&unfinished, pages, words, zone).and_then(|()| std::fs::rename(&unfinished, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}

fn write_lines(path: &Path, mut pages: Pages, words: &Messages, zone: Tz) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    // Spreadsheets read UTF-8 only behind this mark.
    file.write_all("\u{feff}".as_bytes())?;
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(COLUMNS.map(|key| words.say(key, &[])))?;
    loop {
        let page = pages.blocking_recv().ok_or(std::io::ErrorKind::UnexpectedEof)?;
        if page.is_empty() {
            csv.flush()?;
            return csv.get_ref().sync_all();
        }
        page.iter().try_for_each(|line| write_line(&mut csv, line, words, zone))?;
    }
}

/// In the owner's language.
const COLUMNS: [&str; 10] = [
    "log_when",
    "credits_entry",
    "credits_campaign",
    "live_col_contact",
    "nav_credits",
    "entry_hold",
    "credits_balance",
    "credits_held_in_all",
    "credits_price",
    "credits_note",
];

fn write_line(
    csv: &mut csv::Writer<std::fs::File>,
    line: &LedgerRow,
    words: &Messages,
    zone: Tz,
) -> std::io::Result<()> {
    let at = local(line.at, zone).format("%Y-%m-%d %H:%M:%S").to_string();
    csv.write_record([
        at.as_str(),
        &words.say(&format!("entry_{}", line.kind.as_str()), &[]),
        line.campaign_name.as_deref().unwrap_or_default(),
        line.contact_name.as_deref().unwrap_or_default(),
        &line.credits.to_string(),
        &line.held.to_string(),
        &line.balance_after.to_string(),
        &line.held_after.to_string(),
        &line.price,
        &line.note,
    ])?;
    Ok(())
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

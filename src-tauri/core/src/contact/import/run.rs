//! Goes through a whole file: a thread reads, a second parses, this side judges and writes, one short transaction a
//! chunk. Memory is bounded by a few chunks and one entry a phone.
//!
//! Called by the app for a scan and for an import. A chunk is in with all its rows or not at all, so whatever
//! ends a run (cancel, full disk, crash) leaves whole rows, and the next run goes on by finding them known.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc::{self, Receiver, Sender};

use super::super::store as contacts;
use super::erasure::refuse_erased;
use super::layout::Layout;
use super::list::Stopped;
use super::preview::laid_out;
use super::records::Record;
use super::rows::{Everybody, Row, each, row_of};
use super::store;
use super::store::changes::{self, Before};
use super::verdict::{People, Seen, judge};
use super::{
    Column, ColumnUse, ConsentTotals, ImportError, ImportOptions, ImportProgress, ImportState, ImportStep,
    ImportTotals, Origin, Reason,
};
use crate::clock::Clock;
use crate::db::{Db, StorageError};
use crate::ids::{IdGenerator, ImportId};
use crate::supervise::{Broke, Panicked, Task, catch, catch_now};

/// Rows a transaction brings in. Phones come in no order, so every transaction touches most pages of their index
/// and writes each of them: fewer rows cost more a row, more keep the outbox waiting for longer than it notices.
const CHUNK: usize = 5_000;
/// Records that one thread hands to the next.
const BATCH: usize = 500;
/// Batches and chunks that may wait for whoever is next.
const WAITING: usize = 2;
/// Letters of a header that are kept as the word for its field.
const LABEL_LIMIT: usize = 60;

pub struct Job {
    pub id: ImportId,
    pub origin: Origin,
    pub options: ImportOptions,
    /// Where phones without a country code are from, if the options do not say.
    pub home: String,
    pub step: ImportStep,
}

/// Runs to the end and says how it ended. `stop` is looked at between chunks; `progress` hears of every chunk
/// that is in, and of the end.
pub async fn run(
    db: &Db,
    job: Job,
    clock: &dyn Clock,
    stop: &AtomicBool,
    mut progress: impl FnMut(&ImportProgress),
) -> ImportProgress {
    let mut at = ImportProgress {
        import_id: job.id,
        step: job.step,
        state: ImportState::Running,
        percent: 0,
        totals: ImportTotals::default(),
        consent: ConsentTotals::default(),
        lost_cells: 0,
        repaired: 0,
        error: None,
    };
    let ended = catch(go_through(db, &job, clock, stop, &mut at, &mut progress)).await;
    let ended = ended.unwrap_or_else(|panicked| Err(broke(&panicked)));
    at.state = *ended.as_ref().unwrap_or(&ImportState::Failed);
    at.error = ended.as_ref().err().map(Reason::of);
    if at.state == ImportState::Done {
        at.percent = 100;
    }
    // A disk too full for this line too: `end_interrupted` writes it on the next start.
    if let Err(error) = end(db, &at, clock).await {
        tracing::warn!(code = "import.end", %error, "the end of an import is not on record");
    }
    progress(&at);
    at
}

fn broke(panicked: &Panicked) -> ImportError {
    tracing::error!(%panicked, "an import broke");
    ImportError::Broke(Broke(Task::Import))
}

async fn go_through(
    db: &Db,
    job: &Job,
    clock: &dyn Clock,
    stop: &AtomicBool,
    at: &mut ImportProgress,
    progress: &mut impl FnMut(&ImportProgress),
) -> Result<ImportState, ImportError> {
    let layout = laid_out(&job.origin, &job.options, &job.home).await?;
    begin(db, job, &layout, clock).await?;
    let bytes = layout.list.about().bytes.max(1);
    let everybody = Everybody::of(&job.options, &layout.list.about().file_name, clock.now());
    let labels = labels(&layout);
    let mut chunks = read_aside(layout);
    let mut carried = Carried { everybody, seen: Seen::new(), fields: Default::default(), labels };
    loop {
        if stop.load(Ordering::Relaxed) {
            return Ok(ImportState::Cancelled);
        }
        let Some(chunk) = chunks.recv().await else {
            return Ok(ImportState::Done);
        };
        let mut chunk = chunk?;
        let first = chunk.rows.first().map_or(0, |row| row.number);
        at.totals = bring(db, job, &mut chunk.rows, at.totals, &mut carried, clock)
            .await
            .map_err(|error| stopped_at(first, error))?;
        chunk.rows.iter().for_each(|row| at.count(row, carried.everybody.now));
        at.percent = u8::try_from(chunk.read.saturating_mul(100) / bytes).unwrap_or(100).min(99);
        progress(at);
    }
}

async fn begin(db: &Db, job: &Job, layout: &Layout, clock: &dyn Clock) -> Result<(), ImportError> {
    let at_start = |error: StorageError| stopped_at(1, error);
    let mut tx = db.begin().await.map_err(at_start)?;
    let header: Vec<String> = match layout.has_header() {
        true => layout.columns.iter().map(|column| column.header.clone()).collect(),
        false => Vec::new(),
    };
    let at = |error| at_start(db.error(error));
    store::begin(&mut tx, job.id, job.step, &layout.list.about().file_name, clock.now()).await.map_err(at)?;
    if job.step == ImportStep::Import && layout.has_header() {
        let is_own = layout.columns.iter().map(|column| &column.used).ne(&layout.found);
        store::layouts::remember(&mut tx, &layout.columns, is_own, clock.now()).await.map_err(at)?;
    }
    store::keep_header(&mut tx, job.id, layout.list.about().separator, &header).await.map_err(at)?;
    db.commit(tx).await.map_err(at_start)
}

async fn end(db: &Db, at: &ImportProgress, clock: &dyn Clock) -> Result<(), StorageError> {
    let mut tx = db.begin().await?;
    store::advance(&mut tx, at.import_id, at.totals, Some((at.state, clock.now()))).await?;
    db.commit(tx).await
}

fn stopped_at(row: u32, error: StorageError) -> ImportError {
    match error {
        StorageError::Full { .. } => ImportError::DiskFull { row },
        reason => ImportError::Stopped { row, reason },
    }
}

/// What is kept from chunk to chunk.
struct Carried {
    everybody: Everybody,
    seen: Seen,
    /// Names of fields that are on record.
    fields: std::collections::BTreeSet<String>,
    /// What their columns are called.
    labels: BTreeMap<String, String>,
}

/// One chunk in one transaction; the totals with it.
async fn bring(
    db: &Db,
    job: &Job,
    rows: &mut [Row],
    mut totals: ImportTotals,
    carried: &mut Carried,
    clock: &dyn Clock,
) -> Result<ImportTotals, StorageError> {
    let now = clock.now();
    let at = |error| db.error(error);
    let mut tx = db.begin().await?;
    refuse_erased(&mut tx, rows).await.map_err(at)?;
    let phones = rows.iter().filter_map(|row| Some(row.outcome.as_ref().ok()?.phone)).collect();
    let mut people = store::people(&mut tx, phones).await.map_err(at)?;
    let before = people.list.iter().map(|known| (known.id, Before::of(known))).collect();
    let mint = IdGenerator::at(now);
    for row in &*rows {
        totals.count(&judge(row, &mut people, &mut carried.seen, &carried.everybody, &mint));
    }
    if job.step == ImportStep::Import {
        store::keep(&mut tx, &people.list, now).await.map_err(at)?;
        changes::remember(&mut tx, job.id, &people.list, &before, now).await.map_err(at)?;
        let unknown = carried.learn(&people);
        contacts::know_fields(&mut tx, unknown.iter().map(String::as_str)).await.map_err(at)?;
        for (name, label) in unknown.iter().filter_map(|name| carried.labels.get_key_value(name)) {
            contacts::label_field(&mut tx, name, label).await.map_err(at)?;
        }
    }
    store::refuse(&mut tx, job.id, rows).await.map_err(at)?;
    store::advance(&mut tx, job.id, totals, None).await.map_err(at)?;
    db.commit(tx).await?;
    Ok(totals)
}

impl Carried {
    fn learn(&mut self, people: &People) -> Vec<String> {
        let names = people.list.iter().flat_map(|known| known.fields.keys());
        let unknown: std::collections::BTreeSet<String> =
            names.filter(|name| !self.fields.contains(*name)).cloned().collect();
        self.fields.extend(unknown.iter().cloned());
        unknown.into_iter().collect()
    }
}

/// The headers of the columns that become fields.
fn labels(layout: &Layout) -> BTreeMap<String, String> {
    let field = |column: &Column| match &column.used {
        ColumnUse::Field { name } if !column.header.trim().is_empty() => Some(name.clone()),
        _ => None,
    };
    let label = |(at, column): (usize, &Column)| {
        let part = || layout.name_parts.iter().find(|(part, _)| *part == at).map(|(_, name)| name.clone());
        let name = field(column).or_else(part)?;
        Some((name, column.header.trim().chars().take(LABEL_LIMIT).collect()))
    };
    layout.columns.iter().enumerate().filter_map(label).collect()
}

#[derive(Default)]
struct Chunk {
    rows: Vec<Row>,
    /// Bytes of the file that were read up to here.
    read: u64,
}

/// Reads on one thread, and makes rows of the records on another, for that takes longer. Both end with the file, or when
/// nobody listens any more.
fn read_aside(layout: Layout) -> Receiver<Result<Chunk, ImportError>> {
    let layout = Arc::new(layout);
    let list = Arc::clone(&layout);
    let mut batches = aside(move |sender| read_all(&list, sender));
    aside(move |sender| rows_of(&layout, &mut batches, sender))
}

fn aside<T: Send + 'static>(
    work: impl FnOnce(&Sender<Result<T, ImportError>>) -> Result<(), ImportError> + Send + 'static,
) -> Receiver<Result<T, ImportError>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        // Whoever listens takes the end of the channel for the end of the file.
        let ended = catch_now(|| work(&sender)).unwrap_or_else(|panicked| Err(broke(&panicked)));
        if let Err(error) = ended {
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// What the one thread hands to the other.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    read: u64,
}

fn read_all(layout: &Layout, sender: &Sender<Result<Batch, ImportError>>) -> Result<(), ImportError> {
    let mut batch = Batch::default();
    let send = |batch: &mut Batch| match sender.blocking_send(Ok(std::mem::take(batch))) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    let read = layout.each(&mut |record, read| {
        batch.records.push(record);
        batch.read = read;
        if batch.records.len() < BATCH { ControlFlow::Continue(()) } else { send(&mut batch) }
    });
    read.map_err(|Stopped { row, reason }| ImportError::ReadStopped { row, reason })?;
    let _ = send(&mut batch);
    Ok(())
}

fn rows_of(
    layout: &Layout,
    batches: &mut Receiver<Result<Batch, ImportError>>,
    sender: &Sender<Result<Chunk, ImportError>>,
) -> Result<(), ImportError> {
    let mut chunk = Chunk::default();
    while let Some(batch) = batches.blocking_recv() {
        let Batch { records, read } = batch?;
        chunk.rows.extend(records.into_iter().flat_map(|record| each(row_of(record, layout))));
        chunk.read = read;
        if chunk.rows.len() >= CHUNK && sender.blocking_send(Ok(std::mem::take(&mut chunk))).is_err() {
            return Ok(());
        }
    }
    if !chunk.rows.is_empty() {
        let _ = sender.blocking_send(Ok(chunk));
    }
    Ok(())
}

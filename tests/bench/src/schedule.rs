//! Scheduling a campaign: the audience read and checked, every message rendered, messages, parts and ledger written.
//!
//! The yardstick writes the very rows that Ulak made, already rendered, in transactions of the same size.

use std::path::Path;

use ulak_core::ids::CampaignId;

use crate::Outcome;
use crate::measure::{Figure, Pairs, Stopwatch, Unit};
use crate::raw::{Raw, Value};
use crate::scene::{self, Place};

const PEOPLE: i64 = 100_000;
const REPETITIONS: usize = 5;
/// People in a transaction, as `campaign::schedule` has them.
const CHUNK: usize = 500;

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let (base, campaign) = scene::with_contacts(place, PEOPLE).await?;
    let mut pairs = Pairs::default();
    let mut best = f64::INFINITY;
    for _ in 0..REPETITIONS {
        let (ours, theirs) = (place.copy(&base)?, place.copy(&base)?);
        let seconds = scheduled(&ours, campaign).await?;
        let rows = Rows::of(&ours)?;
        pairs.push(seconds, written(&theirs, &rows)?);
        best = best.min(seconds);
        compare(&ours, &theirs)?;
        std::fs::remove_dir_all(&ours)?;
        std::fs::remove_dir_all(&theirs)?;
    }
    let note = format!("{PEOPLE} people, {{{{name}}}}, a field, a photo; best {best:.2} s");
    let seconds = Figure::plain("schedule: seconds, the best", Unit::Seconds, best, Some(2.0), String::new());
    Ok(vec![pairs.figure("schedule", Some(3.0), note), seconds])
}

async fn scheduled(folder: &Path, campaign: CampaignId) -> Outcome<f64> {
    let app = scene::app(folder).await?;
    let time = Stopwatch::start();
    app.campaigns().schedule_campaign(campaign, false).await?;
    let seconds = time.seconds();
    app.close().await;
    Ok(seconds)
}

const MESSAGES: &str =
    "id, queue_id, contact_id, phone, name, text, skip_reason, skip_variable, created_at FROM messages ORDER BY id";
const PARTS: &str = "id, message_id, queue_id, position, last, kind, with_text, media, wire_id, state, ready, due_at
     FROM parts ORDER BY id";
const HOLDS: &str = "book, kind, campaign_id, part_id, credits, held, balance_after, held_after, lines, at
     FROM ledger WHERE kind = 'hold' ORDER BY seq";
const QUEUES: &str = "id, priority, due_at, state, keep_hours, book, session_ids FROM queues";

struct Rows {
    queues: Vec<Vec<Value>>,
    messages: Vec<Vec<Value>>,
    parts: Vec<Vec<Value>>,
    holds: Vec<Vec<Value>>,
}

impl Rows {
    fn of(folder: &Path) -> Outcome<Self> {
        let raw = Raw::open(folder)?;
        let rows = |columns: &str| raw.rows(&format!("SELECT {columns}"));
        Ok(Self { queues: rows(QUEUES)?, messages: rows(MESSAGES)?, parts: rows(PARTS)?, holds: rows(HOLDS)? })
    }
}

fn written(folder: &Path, rows: &Rows) -> Outcome<f64> {
    let raw = Raw::open(folder)?;
    let time = Stopwatch::start();
    let mut queue = raw.prepare(&insert(QUEUES))?;
    let mut message = raw.prepare(&insert(MESSAGES))?;
    let mut part = raw.prepare(&insert(PARTS))?;
    let mut hold = raw.prepare(&insert(HOLDS))?;
    let mut total = raw.prepare("UPDATE ledger_totals SET held = held + ? WHERE book = 'practice'")?;
    let mut queues = rows.queues.iter();
    let chunks = rows.messages.chunks(CHUNK).zip(rows.parts.chunks(CHUNK)).zip(rows.holds.chunks(CHUNK));
    for ((messages, parts), holds) in chunks {
        raw.run("BEGIN IMMEDIATE")?;
        queues.by_ref().try_for_each(|row| queue.run(row))?;
        messages.iter().try_for_each(|row| message.run(row))?;
        parts.iter().try_for_each(|row| part.run(row))?;
        holds.iter().try_for_each(|row| hold.run(row))?;
        total.run(&[i64::try_from(holds.len())?.into()])?;
        raw.run("COMMIT")?;
    }
    Ok(time.seconds())
}

/// The INSERT of what a list of columns FROM a table reads.
fn insert(read: &str) -> String {
    let (columns, from) = read.split_once("FROM ").unwrap_or((read, ""));
    let table = from.split_whitespace().next().unwrap_or_default();
    let places = vec!["?"; columns.split(',').count()].join(", ");
    format!("INSERT INTO {table} ({columns}) VALUES ({places})")
}

/// A yardstick that wrote something else would measure nothing.
fn compare(ours: &Path, theirs: &Path) -> Outcome<()> {
    let count = "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM parts), (SELECT sum(held) FROM ledger),
                        (SELECT held FROM ledger_totals WHERE book = 'practice')";
    let (ours, theirs) = (Raw::open(ours)?.rows(count)?, Raw::open(theirs)?.rows(count)?);
    if format!("{ours:?}") == format!("{theirs:?}") {
        Ok(())
    } else {
        Err(format!("{ours:?} is not {theirs:?}").into())
    }
}

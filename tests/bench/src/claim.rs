//! Claiming and completing parts.
//!
//! `bench`: both transactions of a part, each committed to the disk, against the two commits that it needs.
//! `bench_by_queue`: how long the decision and the claim take as the queue grows, without the commit, whose wait for
//! the disk would hide the rest.

use std::path::Path;

use ulak_core::db::{Db, Tx};
use ulak_core::ids::{IdGenerator, PartId, SessionId};
use ulak_core::outbox::pace::Slot;
use ulak_core::outbox::plan::{Action, next_action};
use ulak_core::outbox::store::claim::{Claim, Taken, claim};
use ulak_core::outbox::store::complete::complete;
use ulak_core::outbox::store::{Walks, snapshot};
use ulak_core::outbox::turn::Turns;
use ulak_core::session::messenger;
use ulak_core::session::store as sessions;
use uuid::Uuid;

use crate::Outcome;
use crate::measure::{Figure, Pairs, Stopwatch, Unit};
use crate::raw::{Raw, Statement, Value};
use crate::scene::{self, NOW, Place};

const PARTS: usize = 2_000;
/// So few that the log is not taken in between.
const LOGGED: usize = 300;
/// Fewer than the smallest queue has parts.
const CLAIMS: usize = 700;
const SIZES: [(&str, i64); 3] = [("1k", 1_000), ("100k", 100_000), ("1M", 1_000_000)];

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let ours = scene::with_campaign(place, 100_000).await?;
    let theirs = place.copy(&ours)?;
    let ours = Ours::open(&ours).await?;
    let raw = Raw::open(&theirs)?;
    let mut theirs = Theirs::of(&raw)?;
    let mut pairs = Pairs::default();
    for part in heads(&raw)? {
        let time = Stopwatch::start();
        ours.send(PartId(part)).await?;
        let our_seconds = time.seconds();
        let part = part.into();
        let time = Stopwatch::start();
        theirs.send(&part)?;
        pairs.push(our_seconds, time.seconds());
    }
    let note = format!("a part; two commits to the disk; {PARTS} parts, turn by turn");
    Ok(vec![pairs.figure("claim + complete", Some(1.5), note), written(place).await?])
}

/// What a message writes to the log until the log is taken in: a disk wears by it, and a short one fills.
async fn written(place: &Place) -> Outcome<Figure> {
    let folder = scene::with_campaign(place, 100_000).await?;
    let parts = heads(&Raw::open(&folder)?)?;
    let ours = Ours::open(&folder).await?;
    ours.db.take_in_log().await?;
    for part in parts.iter().take(LOGGED) {
        ours.send(PartId(*part)).await?;
    }
    let bytes = std::fs::metadata(folder.join("ulak.db-wal"))?.len();
    let kilobytes = bytes as f64 / 1e3 / LOGGED as f64;
    let note = format!("claim and outcome of {LOGGED} parts among 100k");
    Ok(Figure::plain("log written a message", Unit::Kilobytes, kilobytes, None, note))
}

pub async fn bench_by_queue(place: &Place) -> Outcome<Vec<Figure>> {
    let mut queues = Vec::new();
    for (name, size) in SIZES {
        let ours = scene::with_queue(place, size).await?;
        let theirs = place.copy(&ours)?;
        queues.push((name, Ours::open(&ours).await?, Raw::open(&theirs)?));
    }
    // Of each size: our times and the yardstick's, turn by turn.
    let mut times = vec![(Vec::new(), Vec::new()); queues.len()];
    let theirs: Outcome<Vec<Theirs<'_>>> = queues.iter().map(|(_, _, raw)| Theirs::of(raw)).collect();
    let mut theirs = theirs?;
    for _ in 0..CLAIMS {
        let sides = queues.iter().zip(&mut theirs);
        for (((_, ours, _), theirs), (our_times, their_times)) in sides.zip(&mut times) {
            our_times.push(ours.time_claim().await?);
            their_times.push(theirs.time_claim()?);
        }
    }
    let mut figures = Vec::new();
    let smallest = times.first().map(|(ours, _)| ours.clone()).unwrap_or_default();
    for ((name, ..), (ours, theirs)) in queues.iter().zip(&times) {
        figures.push(figure(&format!("decide + claim, {name} pending"), ours, theirs, None, "to raw, without commits"));
        if *name != "1k" {
            figures.push(figure("  the same, to 1k pending", ours, &smallest, Some(1.5), "flat"));
        }
    }
    Ok(figures)
}

fn figure(name: &str, ours: &[f64], other: &[f64], goal: Option<f64>, note: &str) -> Figure {
    let mut pairs = Pairs::default();
    ours.iter().zip(other).for_each(|(ours, other)| pairs.push(*ours, *other));
    pairs.figure(name, goal, note.to_owned())
}

/// Ulak's own store, driven as the dispatcher drives it.
pub struct Ours {
    db: Db,
    session: SessionId,
}

impl Ours {
    pub async fn open(folder: &Path) -> Outcome<Self> {
        let db = scene::db(folder).await?;
        let all = sessions::all(&mut *db.read().acquire().await?).await?;
        Ok(Self { session: all.first().ok_or("there is no session")?.id, db })
    }

    async fn send(&self, part: PartId) -> Outcome<()> {
        let (tx, taken) = self.claim(part).await?;
        self.db.commit(tx).await?;
        let mut tx = self.db.begin().await?;
        complete(&mut tx, &taken, &messenger::Outcome::Accepted, NOW).await?;
        Ok(self.db.commit(tx).await?)
    }

    async fn decide(&self) -> Outcome<PartId> {
        let mut reader = self.db.read().acquire().await?;
        let (snapshot, _) =
            snapshot(&mut reader, &mut Walks::default(), &mut Turns::default(), NOW, &[self.session], &[]).await?;
        match next_action(NOW, &snapshot) {
            Action::Send { part, .. } => Ok(part),
            other => Err(format!("nothing to send, but {other:?}").into()),
        }
    }

    /// Claims in a transaction that is not committed yet.
    async fn claim(&self, part: PartId) -> Outcome<(Tx, Taken)> {
        let mut tx = self.db.begin().await?;
        match claim(&mut tx, part, self.session, IdGenerator::at(NOW).next(), Slot::default(), NOW).await? {
            Claim::Taken(taken) => Ok((tx, *taken)),
            other => Err(format!("the part is {other:?}").into()),
        }
    }

    /// A claim that is undone, so that the next one meets the same queue.
    pub async fn time_undone_claim(&self) -> Outcome<f64> {
        let time = Stopwatch::start();
        let (tx, _) = self.claim(self.decide().await?).await?;
        let seconds = time.seconds();
        drop(tx);
        Ok(seconds)
    }

    pub async fn time_claim(&self) -> Outcome<f64> {
        let time = Stopwatch::start();
        let (tx, _) = self.claim(self.decide().await?).await?;
        let seconds = time.seconds();
        self.db.commit(tx).await?;
        Ok(seconds)
    }
}

/// What a part writes, in as few statements as there are rows.
struct Theirs<'db> {
    raw: &'db Raw,
    session: Value,
    campaign: Value,
    head: Statement<'db>,
    claims: [Statement<'db>; 3],
    ends: [Statement<'db>; 4],
}

impl<'db> Theirs<'db> {
    fn of(raw: &'db Raw) -> Outcome<Self> {
        Ok(Self {
            raw,
            session: only(raw, "SELECT id FROM sessions")?,
            campaign: only(raw, "SELECT id FROM queues")?,
            head: raw.prepare(&format!("{HEADS} 1"))?,
            claims: claims(raw)?,
            ends: [
                raw.prepare("UPDATE parts SET state = 'sent', sent_at = ? WHERE id = ?")?,
                raw.prepare(
                    "UPDATE attempts SET ended_at = ?, outcome = 'accepted' WHERE part_id = ? AND number = 1",
                )?,
                raw.prepare(
                    "INSERT INTO ledger (book, kind, campaign_id, part_id, credits, held, balance_after, held_after, lines, at)
                     VALUES ('practice', 'settle', ?, ?, -1, -1, 0, 0, 1, ?)",
                )?,
                raw.prepare("UPDATE ledger_totals SET held = held - 1, settled = settled + 1 WHERE book = 'practice'")?,
            ],
        })
    }

    fn time_claim(&mut self) -> Outcome<f64> {
        let time = Stopwatch::start();
        let part = self.head.next()?.and_then(|row| row.into_iter().next()).ok_or("there is nothing to send")?;
        self.head.next()?;
        self.raw.run("BEGIN IMMEDIATE")?;
        run_claims(&mut self.claims, &self.session, &part)?;
        let seconds = time.seconds();
        self.raw.run("COMMIT")?;
        Ok(seconds)
    }

    fn send(&mut self, part: &Value) -> Outcome<()> {
        let now = Value::from(NOW);
        self.raw.run("BEGIN IMMEDIATE")?;
        run_claims(&mut self.claims, &self.session, part)?;
        self.raw.run("COMMIT")?;
        self.raw.run("BEGIN IMMEDIATE")?;
        let [state, attempt, settle, total] = &mut self.ends;
        state.run(&[now.clone(), part.clone()])?;
        attempt.run(&[now.clone(), part.clone()])?;
        settle.run(&[self.campaign.clone(), part.clone(), now])?;
        total.run(&[])?;
        self.raw.run("COMMIT")
    }
}

const HEADS: &str = "SELECT p.id FROM parts p WHERE p.queue_id = (SELECT id FROM queues) AND p.state = 'pending'
     AND p.ready = 1 ORDER BY p.due_at, p.id LIMIT ";

/// The parts that are sent.
fn heads(raw: &Raw) -> Outcome<Vec<Uuid>> {
    let rows = raw.rows(&format!("{HEADS} {PARTS}"))?;
    let id = |value: &Value| match value {
        Value::Blob(bytes) => Uuid::from_slice(bytes).ok(),
        _ => None,
    };
    Ok(rows.iter().flatten().filter_map(id).collect())
}

fn only(raw: &Raw, sql: &str) -> Outcome<Value> {
    raw.rows(sql)?.into_iter().flatten().next().ok_or_else(|| format!("{sql} finds nothing").into())
}

fn claims(raw: &Raw) -> Outcome<[Statement<'_>; 3]> {
    Ok([
        raw.prepare(
            "UPDATE parts SET state = 'sending', session_id = ?, attempts = attempts + 1, tried_at = ? WHERE id = ?",
        )?,
        raw.prepare("INSERT INTO attempts (part_id, session_id, number, started_at) VALUES (?, ?, 1, ?)")?,
        raw.prepare("UPDATE senders SET next_send_at = 0, batch_sent = 0 WHERE session_id = ?")?,
    ])
}

fn run_claims([state, attempt, rhythm]: &mut [Statement<'_>; 3], session: &Value, part: &Value) -> Outcome<()> {
    let now = Value::from(NOW);
    state.run(&[session.clone(), now.clone(), part.clone()])?;
    attempt.run(&[part.clone(), session.clone(), now])?;
    rhythm.run(std::slice::from_ref(session))
}

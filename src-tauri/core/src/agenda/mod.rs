//! What Ulak does by itself at a set time and that is not sending: a table of jobs and one loop.
//!
//! A job runs **at least once**: it is put off before it runs, in a transaction of its own, and is done with after it.
//! What breaks in between, by an error, a panic or a kill, is tried again later, each time a little later. So what a
//! job does must be harmless to do again. A job that was missed while Ulak was closed runs once, however often it was due.

pub mod store;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::clock::{DAY, HOUR, MINUTE, Millis, SharedClock};
use crate::db::{Db, StorageError};
use crate::error::{Coded, Params, Problem, because};
use crate::ids::JobId;
use crate::notice::Notices;
use crate::params;

/// A laptop that was closed must notice the time when it opens.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
const AFTER_ERROR: Duration = Duration::from_secs(2);
/// From this try on the owner is told.
const TOLD_FROM: u32 = 3;

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobKind {
    /// Changes that every reader had time for.
    PruneChanges,
    /// Notes of the numbers that count as absent.
    RemoveExpiredNotes,
    /// The ledger's lines behind the checkpoints, which move when all is well.
    CheckLedger,
    /// Up to when the practice number owes no tick.
    NotePracticeTicks,
    /// What was done with many contacts so long ago that it is not taken back any more.
    ForgetActs,
    /// The words of messages, so that they are found.
    IndexMessages,
    /// The ledger's newest lines into its chain.
    SealLedger,
    /// Campaigns that come again.
    RunRepeats,
    /// What is no longer kept.
    ClearOld,
    /// What other programs were answered, brought and told long ago.
    ForgetPrograms,
    /// The newest replies, for words that come near those with which people opt out.
    FindNearWords,
    /// A backup, where the owner's plan asks for one.
    BackUp,
}

impl JobKind {
    /// Those that every installation has, and how often they are due.
    pub const STANDING: [(Self, Millis); 11] = [
        (Self::PruneChanges, HOUR),
        (Self::RemoveExpiredNotes, DAY),
        (Self::CheckLedger, DAY),
        (Self::NotePracticeTicks, HOUR),
        (Self::ForgetActs, DAY),
        (Self::IndexMessages, 5 * MINUTE),
        (Self::SealLedger, 15 * MINUTE),
        (Self::RunRepeats, 5 * MINUTE),
        (Self::ClearOld, 5 * MINUTE),
        (Self::BackUp, 5 * MINUTE),
        (Self::ForgetPrograms, DAY),
    ];

    /// Those that are done once, where a migration asks for it.
    const SINGLE: [Self; 1] = [Self::FindNearWords];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::PruneChanges => "prune_changes",
            Self::RemoveExpiredNotes => "remove_expired_notes",
            Self::CheckLedger => "check_ledger",
            Self::NotePracticeTicks => "note_practice_ticks",
            Self::ForgetActs => "forget_acts",
            Self::IndexMessages => "index_messages",
            Self::SealLedger => "seal_ledger",
            Self::RunRepeats => "run_repeats",
            Self::ClearOld => "clear_old",
            Self::ForgetPrograms => "forget_programs",
            Self::FindNearWords => "find_near_words",
            Self::BackUp => "back_up",
        }
    }
}

impl std::str::FromStr for JobKind {
    type Err = UnknownJob;

    fn from_str(text: &str) -> Result<Self, UnknownJob> {
        let mut kinds = Self::STANDING.map(|(kind, _)| kind).into_iter().chain(Self::SINGLE);
        kinds.find(|kind| kind.as_str() == text).ok_or_else(|| UnknownJob(text.to_owned()))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("this Ulak knows no job \"{0}\"")]
pub struct UnknownJob(String);

/// A row of the agenda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub kind: JobKind,
    pub due_at: Millis,
    /// None for what is done once.
    pub every_ms: Option<Millis>,
    /// How often it was begun since it was done last.
    pub tries: u32,
}

/// What is to be done at `now`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<'a> {
    Run(&'a Job),
    /// None: nothing until a job is added.
    Wait(Option<Millis>),
}

/// The job that has been due for longest, or when the first one will be.
pub fn due(now: Millis, jobs: &[Job]) -> Next<'_> {
    let Some(first) = jobs.iter().min_by_key(|job| (job.due(now), job.id)) else { return Next::Wait(None) };
    match first.due(now) {
        at if at <= now => Next::Run(first),
        at => Next::Wait(Some(at)),
    }
}

impl Job {
    /// A time further ahead than the rule could have set was set by a clock that was wrong: it counts as past.
    fn due(&self, now: Millis) -> Millis {
        let longest = self.every_ms.map(|every| every.max(backoff(self.tries)));
        if longest.is_some_and(|longest| self.due_at > now + longest) { now } else { self.due_at }
    }
}

/// One minute after the first try, then two, four … up to an hour.
pub fn backoff(tries: u32) -> Millis {
    (MINUTE << tries.saturating_sub(1).min(6)).min(HOUR)
}

pub type BoxFuture<'a> = Pin<Box<dyn Future<Output = Result<(), Problem>> + Send + 'a>>;

/// Whoever can do the jobs: the layers that the agenda does not know.
pub trait Work: Send + Sync + 'static {
    fn run(&self, kind: JobKind) -> BoxFuture<'_>;
}

pub struct Agenda {
    pub db: Arc<Db>,
    pub clock: SharedClock,
    pub notices: Notices,
    pub work: Arc<dyn Work>,
    /// A job was added.
    pub wake: Notify,
}

/// Does what is due until `stop` is true.
pub async fn run(agenda: &Agenda, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let pause = match step(agenda).await {
            Ok(Some(pause)) => pause,
            Ok(None) => continue,
            Err(error) => {
                tracing::warn!(%error, "the agenda waits until data can be saved");
                AFTER_ERROR
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = agenda.wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One job, where one is due; else how long to wait.
pub async fn step(agenda: &Agenda) -> Result<Option<Duration>, StorageError> {
    let now = agenda.clock.now();
    let job = {
        let mut tx = agenda.db.begin().await?;
        let jobs = store::all(&mut tx).await.map_err(|error| agenda.db.error(error))?;
        let job = match due(now, &jobs) {
            Next::Run(job) => job.clone(),
            Next::Wait(until) => {
                let wait = until.map_or(LONGEST_SLEEP, |until| agenda.clock.real_wait(until));
                return Ok(Some(wait.min(LONGEST_SLEEP)));
            }
        };
        store::begin(&mut tx, &job, now).await.map_err(|error| agenda.db.error(error))?;
        agenda.db.commit(tx).await?;
        job
    };
    match agenda.work.run(job.kind).await {
        Ok(()) => finish(agenda, &job).await?,
        Err(problem) => put_off(agenda, &job, &problem),
    }
    Ok(None)
}

async fn finish(agenda: &Agenda, job: &Job) -> Result<(), StorageError> {
    let mut tx = agenda.db.begin().await?;
    store::done(&mut tx, job, agenda.clock.now()).await.map_err(|error| agenda.db.error(error))?;
    agenda.db.commit(tx).await
}

/// It stays due for later, as it was put off before it began.
fn put_off(agenda: &Agenda, job: &Job, problem: &Problem) {
    tracing::warn!(job = job.kind.as_str(), %problem, "a job of the agenda is tried again");
    if job.tries + 1 >= TOLD_FROM {
        agenda.notices.tell(JobFails { kind: job.kind, reason: problem.clone() });
    }
}

#[derive(Debug, thiserror::Error)]
#[error("Something that Ulak does by itself ({kind}) does not work: {reason} It is tried again.", kind = kind.as_str())]
struct JobFails {
    kind: JobKind,
    reason: Problem,
}

impl Coded for JobFails {
    fn code(&self) -> &'static str {
        "agenda.fails"
    }

    fn params(&self) -> Params {
        because(params! { job: self.kind.as_str() }, &self.reason)
    }
}

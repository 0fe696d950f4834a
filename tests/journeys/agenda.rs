//! The agenda: what is due, what comes again, what fails.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use ulak_core::agenda::{Agenda, BoxFuture, Job, JobKind, Next, Work, backoff, due, step, store};
use ulak_core::app::Problem;
use ulak_core::clock::{Clock, DAY, HOUR, MINUTE, Millis};
use ulak_core::db::{Db, lock_folder};
use ulak_core::error::Params;
use ulak_core::event::Events;
use ulak_core::ids::IdGenerator;
use ulak_core::notice::Notices;
use ulak_core::testing::{ManualClock, World, key};

use crate::at;

fn job(kind: JobKind, due_at: Millis, every_ms: Option<Millis>) -> Job {
    Job { id: IdGenerator::at(0).next(), kind, due_at, every_ms, tries: 0 }
}

#[test]
fn what_is_due_for_longest_runs_first() {
    let jobs = [job(JobKind::PruneChanges, 50, None), job(JobKind::RemoveExpiredNotes, 40, None)];
    assert_eq!(due(39, &jobs), Next::Wait(Some(40)));
    assert_eq!(due(60, &jobs), Next::Run(&jobs[1]));
    assert_eq!(due(60, &[]), Next::Wait(None));
}

#[test]
fn a_time_that_a_wrong_clock_set_counts_as_past() {
    let hourly = [job(JobKind::PruneChanges, 2 * HOUR, Some(HOUR))];
    assert_eq!(due(HOUR, &hourly), Next::Wait(Some(2 * HOUR)), "an hour ahead is the rule's own");
    assert_eq!(due(HOUR - 1, &hourly), Next::Run(&hourly[0]));
    let once = [job(JobKind::PruneChanges, 400 * DAY, None)];
    assert_eq!(due(0, &once), Next::Wait(Some(400 * DAY)), "what is done once may be far ahead");
}

#[test]
fn tries_are_put_off_up_to_an_hour() {
    let minutes: Vec<Millis> = (1..=9).map(|tries| backoff(tries) / MINUTE).collect();
    assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
}

/// Does nothing but count, and fails as often as told.
#[derive(Default)]
struct Counted {
    run: Mutex<Vec<JobKind>>,
    failures: Mutex<u32>,
}

impl Work for Counted {
    fn run(&self, kind: JobKind) -> BoxFuture<'_> {
        self.run.lock().unwrap().push(kind);
        let mut failures = self.failures.lock().unwrap();
        let fails = *failures > 0;
        *failures = failures.saturating_sub(1);
        let broken = Problem { code: "test".to_owned(), message: "It broke.".to_owned(), params: Params::new() };
        Box::pin(async move { if fails { Err(broken) } else { Ok(()) } })
    }
}

struct Harness {
    agenda: Agenda,
    clock: Arc<ManualClock>,
    work: Arc<Counted>,
    _folder: tempfile::TempDir,
}

async fn agenda() -> Harness {
    let folder = tempfile::tempdir().unwrap();
    let db = Arc::new(Db::open(lock_folder(folder.path()).unwrap(), &key()).await.unwrap());
    let clock = Arc::new(ManualClock::default());
    clock.set(DAY);
    let mut tx = db.begin().await.unwrap();
    store::ensure_standing(&mut tx, clock.now()).await.unwrap();
    db.commit(tx).await.unwrap();
    let work = Arc::new(Counted::default());
    let notices = Notices::new(clock.clone(), Events::default());
    let agenda = Agenda { db, clock: clock.clone(), notices, work: work.clone(), wake: Notify::new() };
    Harness { agenda, clock, work, _folder: folder }
}

impl Harness {
    /// Everything that is due; says how often something ran.
    async fn run_all(&self) -> usize {
        let before = self.work.run.lock().unwrap().len();
        while step(&self.agenda).await.unwrap().is_none() {}
        self.work.run.lock().unwrap().len() - before
    }
}

#[tokio::test]
async fn standing_jobs_come_again_and_what_was_missed_runs_once() {
    let harness = agenda().await;
    assert_eq!(harness.run_all().await, JobKind::STANDING.len());
    assert_eq!(harness.run_all().await, 0);
    harness.clock.set(DAY + HOUR);
    let often = JobKind::STANDING.iter().filter(|(_, every)| *every <= HOUR).count();
    assert_eq!(harness.run_all().await, often, "those that come within the hour");
    harness.clock.set(90 * DAY);
    assert_eq!(harness.run_all().await, JobKind::STANDING.len(), "each of them once");
}

#[tokio::test]
async fn a_job_that_fails_is_put_off_and_told_of_and_the_others_go_on() {
    let harness = agenda().await;
    *harness.work.failures.lock().unwrap() = u32::try_from(JobKind::STANDING.len()).unwrap() + 1;
    // Each of them fails once, then one of them again.
    assert_eq!(harness.run_all().await, JobKind::STANDING.len());
    assert_eq!(harness.run_all().await, 0, "not at once");
    harness.clock.set(DAY + MINUTE);
    assert_eq!(harness.run_all().await, JobKind::STANDING.len());
    *harness.work.failures.lock().unwrap() = 1;
    harness.clock.set(DAY + 3 * MINUTE);
    assert_eq!(harness.run_all().await, 1, "the one that failed twice");
    let told: Vec<String> = harness.agenda.notices.all().into_iter().map(|notice| notice.problem.code).collect();
    assert_eq!(told, ["agenda.fails"]);
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_tried_again_and_counted() {
    let harness = agenda().await;
    let mut tx = harness.agenda.db.begin().await.unwrap();
    let job = store::all(&mut tx).await.unwrap().remove(0);
    store::begin(&mut tx, &job, DAY).await.unwrap();
    harness.agenda.db.commit(tx).await.unwrap();
    harness.run_all().await;
    harness.clock.set(DAY + MINUTE);
    assert_eq!(harness.run_all().await, 1);
    let mut tx = harness.agenda.db.begin().await.unwrap();
    assert!(store::all(&mut tx).await.unwrap().iter().all(|job| job.tries == 0));
}

#[tokio::test]
async fn a_job_that_cannot_be_read_does_not_hold_the_others_up() {
    let harness = agenda().await;
    let mut tx = harness.agenda.db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO jobs (id, kind, due_at) VALUES (x'00', 'prune_changes', 0), (zeroblob(16), 'of tomorrow', 0)",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    harness.agenda.db.commit(tx).await.unwrap();
    assert_eq!(harness.run_all().await, JobKind::STANDING.len());
}

/// Three people whose messages are sent and who have not read them.
async fn sent_practice() -> Result<World, Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    assert!(world.app.practice().practice_is_over().await?);
    Ok(world)
}

#[tokio::test]
async fn a_start_owes_the_ticks_of_what_was_sent_since_they_were_last_all_in() -> Result<(), Problem> {
    let world = sent_practice().await?.restart().await?;
    assert!(!world.app.practice().practice_is_over().await?, "the end came before anybody noted it");
    let world = sent_practice().await?;
    while step(world.app.agenda()).await?.is_none() {}
    let mut world = world.restart().await?;
    assert!(world.app.practice().practice_is_over().await?, "who never reads is not looked for again");
    world.schedule("Yine merhaba").await?;
    world.run_until(at(0, 14, 0)).await?;
    let world = world.restart().await?;
    assert!(!world.app.practice().practice_is_over().await?);
    Ok(())
}

#[tokio::test]
async fn the_ledger_is_added_up_every_day_and_the_next_start_adds_up_what_came_since() -> Result<(), Problem> {
    let world = sent_practice().await?;
    let behind = async || {
        let lines = "SELECT count(*) FROM ledger WHERE seq > (SELECT min(seq) FROM ledger_checkpoints)";
        let mut reader = world.app.db().read().acquire().await.unwrap();
        sqlx::query_scalar::<_, i64>(lines).fetch_one(&mut *reader).await.unwrap()
    };
    assert!(behind().await > 3);
    while step(world.app.agenda()).await?.is_none() {}
    assert_eq!(behind().await, 0);
    Ok(())
}

//! Keeps the loops alive: one that panics is told of and begun again.
//!
//! What a loop must not lose (what it received and has not put down) therefore stands outside of the future that
//! `supervise` begins anew.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::{MINUTE, Millis};
use crate::error::Coded;
use crate::notice::Notices;

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A loop that ran for so long before it broke is begun again as one that never broke.
const CALM: Millis = MINUTE;

/// What runs for as long as the data is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    Sending,
    Receipts,
    Replies,
    Practice,
    Number,
    Agenda,
    Folder,
    Scheduling,
    Window,
    News,
    Awake,
    Tray,
    /// Looking for a newer version.
    Updates,
    Import,
    Webhooks,
    Mail,
    /// The door for other programs.
    Programs,
    /// The folders of triggers.
    Watching,
}

/// What every supervised loop needs.
#[derive(Clone)]
pub struct Supervision {
    pub notices: Notices,
    /// True when Ulak ends: then a loop that breaks is not begun again.
    stop: watch::Receiver<bool>,
    #[cfg(any(test, feature = "testing"))]
    faults: std::sync::Arc<std::sync::Mutex<Vec<Task>>>,
}

impl Supervision {
    pub fn new(notices: Notices, stop: watch::Receiver<bool>) -> Self {
        Self {
            notices,
            stop,
            #[cfg(any(test, feature = "testing"))]
            faults: std::sync::Arc::default(),
        }
    }

    /// The next time that `task` is about to do something, it panics.
    #[cfg(any(test, feature = "testing"))]
    pub fn break_once(&self, task: Task) {
        self.faults().push(task);
    }

    #[cfg(any(test, feature = "testing"))]
    fn faults(&self) -> std::sync::MutexGuard<'_, Vec<Task>> {
        self.faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    #[cfg(any(test, feature = "testing"))]
    #[allow(clippy::panic, reason = "the fault that a test asked for")]
    fn meet_fault(&self, task: Task) {
        let mut faults = self.faults();
        if let Some(at) = faults.iter().position(|asked| *asked == task) {
            faults.remove(at);
            drop(faults);
            panic!("a test broke {task:?}");
        }
    }

    #[cfg(not(any(test, feature = "testing")))]
    fn meet_fault(&self, _: Task) {}
}

/// Runs a loop until it ends by itself. One that panics begins again after a second, two, four … a minute.
pub async fn supervise<F>(task: Task, supervision: &Supervision, mut begin: impl FnMut() -> F)
where
    F: Future<Output = ()>,
{
    let notices = &supervision.notices;
    let mut stop = supervision.stop.clone();
    let mut breaks = 0;
    loop {
        let began_at = notices.now();
        let Err(broken) = caught(begin(), || supervision.meet_fault(task)).await else { return };
        tracing::error!(?task, reason = broken.0, "a loop broke");
        notices.tell(Broke(task));
        if *stop.borrow() {
            return;
        }
        breaks = if notices.now() - began_at > CALM { 0 } else { breaks + 1 };
        // At the end of Ulak it begins once more, for what it does then.
        let _ = tokio::time::timeout(pause(breaks), stop.wait_for(|stop| *stop)).await;
    }
}

fn pause(breaks: u32) -> Duration {
    SHORTEST_PAUSE.saturating_mul(1 << breaks.saturating_sub(1).min(6)).min(LONGEST_PAUSE)
}

/// What a panic said.
#[derive(Debug, thiserror::Error)]
#[error("a fault in Ulak: {0}")]
pub struct Panicked(pub String);

/// The future's outcome, or what it said when it panicked.
pub async fn catch<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    caught(future, || {}).await
}

/// The same for what does not wait.
pub fn catch_now<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Panicked(said(panic.as_ref())))
}

async fn caught<T>(future: impl Future<Output = T>, before: impl Fn()) -> Result<T, Panicked> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        let polled = catch_now(|| {
            before();
            future.as_mut().poll(context)
        });
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(panicked) => Poll::Ready(Err(panicked)),
        }
    })
    .await
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it said nothing".to_owned())
}

/// A loop that broke, as the owner is told.
#[derive(Debug)]
pub struct Broke(pub Task);

impl std::fmt::Display for Broke {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Task::Sending => "Sending met a fault in Ulak and began again. Nobody is lost, and nobody gets anything twice.",
            Task::Receipts => "Taking in ticks met a fault in Ulak and began again. Ticks may be late.",
            Task::Replies => "Taking in the practice people's answers met a fault in Ulak and began again.",
            Task::Practice => "The practice number met a fault in Ulak and began again.",
            Task::Number => "The connection of a number met a fault in Ulak and began again.",
            Task::Agenda => "What Ulak does by itself at set times met a fault and began again.",
            Task::Folder => "Noting how far the data is met a fault in Ulak and began again.",
            Task::Scheduling => "Finishing a scheduling that was cut off met a fault in Ulak and began again.",
            Task::Window => "Bringing news to the window met a fault in Ulak and began again. Some figures may be late.",
            Task::News => "Telling you by notifications met a fault in Ulak and began again.",
            Task::Awake => "Keeping this computer awake met a fault in Ulak and began again.",
            Task::Tray => "Showing in the tray how things stand met a fault in Ulak and began again.",
            Task::Updates => "Looking for a newer version of Ulak met a fault in Ulak and began again.",
            Task::Webhooks => "Telling other programs of changes met a fault in Ulak and began again. Nothing is left out.",
            Task::Mail => "Sending e-mail met a fault in Ulak and began again. Nobody gets a mail twice.",
            Task::Import => "The import met a fault in Ulak and stopped. What came in stays; import the file again, nobody comes in twice.",
            Task::Watching => "Looking into the folders of triggers met a fault in Ulak and began again. No row of a file is taken twice.",
            Task::Programs => "The door for other programs met a fault in Ulak and was opened again. What they were answered holds.",
        })
    }
}

impl std::error::Error for Broke {}

impl Coded for Broke {
    fn code(&self) -> &'static str {
        match self.0 {
            Task::Sending => "loop.sending",
            Task::Receipts => "loop.receipts",
            Task::Replies => "loop.replies",
            Task::Practice => "loop.practice",
            Task::Number => "loop.number",
            Task::Agenda => "loop.agenda",
            Task::Folder => "loop.folder",
            Task::Scheduling => "loop.scheduling",
            Task::Window => "loop.window",
            Task::News => "loop.news",
            Task::Awake => "loop.awake",
            Task::Tray => "loop.tray",
            Task::Updates => "loop.updates",
            Task::Webhooks => "loop.webhooks",
            Task::Mail => "loop.mail",
            Task::Import => "loop.import",
            Task::Programs => "loop.programs",
            Task::Watching => "loop.watching",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::event::Events;
    use crate::testing::ManualClock;

    fn supervision() -> (Supervision, watch::Sender<bool>) {
        let (stop, stopped) = watch::channel(false);
        (Supervision::new(Notices::new(Arc::new(ManualClock::default()), Events::default()), stopped), stop)
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_panics_is_told_of_and_begins_again() {
        let (supervision, _stop) = supervision();
        let begun = AtomicU32::new(0);
        supervise(Task::Receipts, &supervision, || async {
            tokio::task::yield_now().await;
            assert!(begun.fetch_add(1, Ordering::SeqCst) == 3, "broken {begun:?}");
        })
        .await;
        assert_eq!(begun.into_inner(), 4);
        let told = supervision.notices.all();
        assert_eq!((told[0].problem.code.as_str(), told[0].times), ("loop.receipts", 3));
    }

    #[tokio::test]
    async fn at_the_end_a_loop_that_panics_is_left() {
        let (supervision, stop) = supervision();
        let begun = AtomicU32::new(0);
        let looped = supervise(Task::Sending, &supervision, || async {
            begun.fetch_add(1, Ordering::SeqCst);
            panic!("always");
        });
        stop.send_replace(true);
        looped.await;
        assert_eq!(begun.into_inner(), 1);
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses: Vec<u64> = (1..=8).map(|breaks| pause(breaks).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[tokio::test]
    async fn what_a_panic_says_is_caught() {
        let caught = catch(async { panic!("row {}", 5) }).await;
        let caught: Result<(), Panicked> = caught;
        assert_eq!(caught.err().map(|panicked| panicked.0).as_deref(), Some("row 5"));
    }
}

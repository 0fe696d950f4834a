//! Decoders of others on strange files, kept from taking the process with them.
//!
//! The parsers of large formats are young and the files come from anywhere. A
//! panic in one means that it cannot read the file, no more; work that has no
//! natural bound gets a stack and a time of its own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use crate::processor;

/// Enough for the nesting that parsers allow, several times over.
const STACK: usize = 16 << 20;

/// `None` where `work` panics. What it borrowed is dropped or not looked at
/// again by callers, so nothing half done is seen.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// Runs `work` on a thread of its own; the receiver is cut off when it ends in
/// whatever way. A caller that stops waiting leaves the thread behind, which
/// ends with its work or with the process.
pub(crate) fn apart<T: Send + 'static>(work: impl FnOnce(&Sender<T>) + Send + 'static) -> Option<Receiver<T>> {
    let (sender, receiver) = channel();
    let run = move || {
        caught(move || work(&sender));
    };
    thread::Builder::new().stack_size(STACK).spawn(run).ok()?;
    Some(receiver)
}

/// Why a thread told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untold {
    /// It ended first.
    Ended,
    /// It took more of the processor's time than it was given.
    TooMuch,
    /// The processor was with others for minutes.
    Late,
}

/// What the thread tells next, for `most` of the processor's time. Where other threads of this process work too, it has
/// at least as much by the clock on the wall.
pub(crate) fn told<T>(receiver: &Receiver<T>, most: Duration) -> Result<T, Untold> {
    const STEP: Duration = Duration::from_millis(20);
    const PATIENCE: Duration = Duration::from_secs(2 * 60);
    let start = processor::time();
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        match receiver.recv_timeout(STEP) {
            Ok(told) => return Ok(told),
            Err(RecvTimeoutError::Disconnected) => return Err(Untold::Ended),
            Err(RecvTimeoutError::Timeout) => waited += STEP,
        }
        if waited >= most && processor::time().saturating_sub(start) >= most {
            return Err(Untold::TooMuch);
        }
    }
    Err(Untold::Late)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A thread that waits takes nothing of the processor, however long it waits.
    #[test]
    fn work_is_measured_by_the_processors_time() {
        let waits = apart(|sender| {
            thread::park_timeout(Duration::from_millis(400));
            let _ = sender.send(());
        });
        assert_eq!(told(&waits.expect("a thread"), Duration::from_secs(30)), Ok(()));
        let works = apart(|sender: &Sender<()>| {
            while sender.send(()).is_ok() {
                std::hint::black_box((0..1_000_000_u64).sum::<u64>());
                thread::yield_now();
            }
        });
        let works = works.expect("a thread");
        assert_eq!(told(&works, Duration::from_millis(1)), Ok(()));
        let (_open, silent) = channel::<()>();
        assert_eq!(told(&silent, Duration::from_millis(100)), Err(Untold::TooMuch), "the other thread works");
    }

    #[test]
    fn a_thread_that_ends_tells_nothing() {
        let ended = apart(|_: &Sender<()>| {});
        assert_eq!(told(&ended.expect("a thread"), Duration::from_secs(1)), Err(Untold::Ended));
    }
}

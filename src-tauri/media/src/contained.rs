//! Decoders of others on strange files, kept from taking the process with them.
//!
//! The parsers of large formats are young and the files come from anywhere. A
//! panic in one means that it cannot read the file, no more; work that has no
//! natural bound gets a stack and a time of its own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

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

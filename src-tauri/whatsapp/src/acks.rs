//! Who waits for which ack. Registered before a message is handed to the library, resolved by the event of the ack.
//!
//! When the connection ends, everybody who waits learns it at once, and nobody can begin to wait any more.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The error code of a refusal; `None` is a plain ack.
pub type Verdict = Option<String>;

#[derive(Default)]
pub struct Acks(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: HashMap<String, (u64, oneshot::Sender<Verdict>)>,
    last: u64,
    closed: bool,
}

/// Dropping it ends the wait.
pub struct Awaited<'a> {
    acks: &'a Acks,
    wire_id: &'a str,
    number: u64,
    pub verdict: oneshot::Receiver<Verdict>,
}

impl Acks {
    /// `None` when the connection has ended. A later wait for the same id replaces an earlier one.
    pub fn expect<'a>(&'a self, wire_id: &'a str) -> Option<Awaited<'a>> {
        let mut state = self.state();
        if state.closed {
            return None;
        }
        state.last += 1;
        let number = state.last;
        let (tell, verdict) = oneshot::channel();
        state.waiting.insert(wire_id.to_owned(), (number, tell));
        Some(Awaited { acks: self, wire_id, number, verdict })
    }

    /// An ack that nobody waits for is dropped: it came twice, or after the outcome was called unknown.
    pub fn resolve(&self, wire_id: &str, verdict: Verdict) {
        if let Some((_, tell)) = self.state().waiting.remove(wire_id) {
            let _ = tell.send(verdict);
        }
    }

    /// The connection has ended.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.waiting.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        let mut state = self.acks.state();
        if state.waiting.get(self.wire_id).is_some_and(|(number, _)| *number == self.number) {
            state.waiting.remove(self.wire_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_ack_reaches_the_one_who_waits_once() {
        let acks = Acks::default();
        let mut awaited = acks.expect("A").unwrap();
        acks.resolve("B", None);
        acks.resolve("A", Some("463".to_owned()));
        acks.resolve("A", None);
        assert_eq!((&mut awaited.verdict).await, Ok(Some("463".to_owned())));
    }

    #[tokio::test]
    async fn an_earlier_wait_does_not_end_a_later_one() {
        let acks = Acks::default();
        let first = acks.expect("A").unwrap();
        let mut second = acks.expect("A").unwrap();
        drop(first);
        acks.resolve("A", None);
        assert_eq!((&mut second.verdict).await, Ok(None));
    }

    #[tokio::test]
    async fn the_end_of_the_connection_ends_every_wait() {
        let acks = Acks::default();
        let mut awaited = acks.expect("A").unwrap();
        acks.close();
        assert!((&mut awaited.verdict).await.is_err());
        drop(awaited);
        assert!(acks.expect("B").is_none());
    }
}

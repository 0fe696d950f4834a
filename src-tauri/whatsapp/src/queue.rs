//! The one ordered way from what the library says to core. Whatever a number hears, over all its connections, goes
//! through one queue, and one task hands it to core's channel and waits there for room.
//!
//! The library's events cannot wait, so the queue itself has no limit. What bounds it is `Backlog`: the transport stops
//! reading the socket while more than `FULL` signals wait.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use ulak_core::ids::SessionId;
use ulak_core::session::client::{Heard, Signal};

const FULL: usize = 1_000;

struct Item {
    signal: Signal,
    confirm: Option<oneshot::Sender<()>>,
}

#[derive(Clone)]
pub struct Queue {
    items: mpsc::UnboundedSender<Item>,
    backlog: Backlog,
}

/// How much waits for core.
#[derive(Clone)]
pub struct Backlog(Arc<watch::Sender<usize>>);

impl Backlog {
    /// Returns when there is room for more.
    pub async fn room(&self) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.0.subscribe().wait_for(|waiting| *waiting < FULL).await;
    }
}

impl Queue {
    /// Begins to hand over. Ends when the queue is dropped, or core no longer listens.
    pub fn open(session: SessionId, core: mpsc::Sender<Heard>) -> Self {
        let (items, mut waiting) = mpsc::unbounded_channel::<Item>();
        let backlog = Backlog(Arc::new(watch::channel(0).0));
        let left = backlog.clone();
        tokio::spawn(async move {
            while let Some(Item { signal, confirm }) = waiting.recv().await {
                let _ = core.send(Heard { session, signal, confirm }).await;
                left.0.send_modify(|waiting| *waiting = waiting.saturating_sub(1));
            }
        });
        Self { items, backlog }
    }

    pub fn push(&self, signal: Signal) {
        self.put(signal, None);
    }

    /// Resolves when core has put down what the signal says; fails when it did not.
    pub fn push_to_keep(&self, signal: Signal) -> oneshot::Receiver<()> {
        let (confirm, answer) = oneshot::channel();
        self.put(signal, Some(confirm));
        answer
    }

    pub fn backlog(&self) -> Backlog {
        self.backlog.clone()
    }

    fn put(&self, signal: Signal, confirm: Option<oneshot::Sender<()>>) {
        self.backlog.0.send_modify(|waiting| *waiting += 1);
        let _ = self.items.send(Item { signal, confirm });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulak_core::ids::IdGenerator;

    fn code(number: usize) -> Signal {
        Signal::Qr { code: number.to_string(), expires_at: 0 }
    }

    #[tokio::test]
    async fn signals_keep_their_order_and_reading_waits_for_core() {
        let (core, mut heard) = mpsc::channel(1);
        let queue = Queue::open(IdGenerator::at(0).next(), core);
        (0..FULL + 10).for_each(|number| queue.push(code(number)));
        let backlog = queue.backlog();
        let mut room = tokio::spawn(async move { backlog.room().await });
        tokio::task::yield_now().await;
        assert!(!room.is_finished());
        for number in 0..FULL + 10 {
            assert_eq!(heard.recv().await.unwrap().signal, code(number));
        }
        (&mut room).await.unwrap();
    }

    #[tokio::test]
    async fn who_asks_to_keep_learns_whether_it_was_kept() {
        let (core, mut heard) = mpsc::channel(4);
        let queue = Queue::open(IdGenerator::at(0).next(), core);
        let confirm = queue.push_to_keep(code(1));
        let lost = queue.push_to_keep(code(2));
        heard.recv().await.unwrap().confirm.unwrap().send(()).unwrap();
        drop(heard.recv().await.unwrap());
        assert!(confirm.await.is_ok());
        assert!(lost.await.is_err());
    }
}

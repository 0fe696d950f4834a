//! How tests let the numbers take their steps, without loops and without waiting.

use super::{ClientEvents, Loops, Numbers, Owner, locked};
use crate::clock::Millis;
use crate::session::supervisor::Event;

impl Numbers {
    /// Lets everyone take what happened and look at the clock, until nothing more happens.
    pub async fn settle(&self) {
        let Loops::Waiting(mut owners) = std::mem::replace(&mut *locked(&self.loops), Loops::Waiting(Vec::new()))
        else {
            return;
        };
        for look in [false, true] {
            let mut moved = true;
            while std::mem::take(&mut moved) {
                for slot in &mut owners {
                    moved |= self.drain(slot).await;
                }
            }
            if look {
                break;
            }
            for (owner, events) in &mut owners {
                *owner = std::mem::replace(owner, Owner::Over).take(Event::Time, events, &self.linked).await;
            }
        }
        owners.retain(|(owner, _)| owner.stopped().is_some_and(|stopped| !*stopped.borrow()));
        if let Loops::Waiting(waiting) = &mut *locked(&self.loops) {
            waiting.append(&mut owners);
        }
    }

    async fn drain(&self, (owner, events): &mut (Owner, ClientEvents)) -> bool {
        let mut moved = false;
        // What a client was asked to do runs on this thread, between two looks.
        for _ in 0..8 {
            tokio::task::yield_now().await;
            while let Some(event) = events.ready() {
                *owner = std::mem::replace(owner, Owner::Over).take(event, events, &self.linked).await;
                moved = true;
            }
        }
        moved
    }

    /// When the first of them wants to look at the clock.
    pub fn wake_at(&self) -> Option<Millis> {
        self.linked.all().iter().map(|supervisor| supervisor.wake_at()).min()
    }
}

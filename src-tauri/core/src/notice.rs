//! Faults that Ulak met and went on from: what the owner finds under "needs attention".
//!
//! They live in memory until the owner has read them or Ulak ends, so that they can be told when nothing can be saved;
//! the log keeps them too. What a start cannot find again by itself is noted by whoever tells it. The same fault again is the same notice, counted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::clock::{Millis, SharedClock};
use crate::error::{Coded, Params, Problem, because, is_reason};
use crate::event::{Event, Events};

/// Beyond these the oldest one goes.
const MOST: usize = 50;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Notice {
    pub id: u32,
    pub problem: Problem,
    /// How often it was met since it was first told.
    pub times: u32,
    /// When it was met last.
    pub at: Millis,
}

#[derive(Clone)]
pub struct Notices {
    told: Arc<Mutex<Told>>,
    clock: SharedClock,
    events: Events,
}

#[derive(Default)]
struct Told {
    notices: VecDeque<Notice>,
    next_id: u32,
}

impl Notices {
    pub fn new(clock: SharedClock, events: Events) -> Self {
        Self { told: Arc::default(), clock, events }
    }

    pub fn tell(&self, problem: impl Into<Problem>) {
        let problem = problem.into();
        tracing::warn!(code = problem.code, "{problem}");
        self.told().add(problem, self.clock.now());
        self.events.emit(Event::NowChanged);
    }

    /// What was told does not hold any more.
    pub fn withdraw(&self, problem: &Problem) {
        self.told().notices.retain(|notice| !is_same(&notice.problem, problem));
        self.events.emit(Event::NowChanged);
    }

    /// The newest last.
    pub fn all(&self) -> Vec<Notice> {
        self.told().notices.iter().cloned().collect()
    }

    /// The owner has read it.
    pub fn dismiss(&self, id: u32) -> Option<Notice> {
        let read = self.told().take(id)?;
        self.events.emit(Event::NowChanged);
        Some(read)
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// A poisoned lock only means that another task panicked; the list is whole at every step.
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something stored that could not be read, as the owner is told; the log says which and why.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error(
        "A message in the data could not be read, so it was not sent. It is listed with the failed ones, and its credit is free again. Everybody else gets theirs."
    )]
    Part,
    #[error("A campaign in the data could not be read, so nothing of it is sent. The others go on.")]
    Queue,
    #[error("What is stored about a number could not be read, so nothing goes over it. The other numbers go on.")]
    Number,
    #[error(
        "A tick that WhatsApp reported could not be put down, because its message could not be read. All other ticks are in."
    )]
    Receipt,
    #[error(
        "Something that a number reported, perhaps an answer, could not be saved. Look at the chats on the phone; WhatsApp tells it again at the next connection."
    )]
    Signal,
    #[error("Sending waits, because something in the data cannot be read: {reason} It is tried again.")]
    Data { reason: Problem },
}

impl Coded for Unreadable {
    fn code(&self) -> &'static str {
        match self {
            Self::Part => "unreadable.part",
            Self::Queue => "unreadable.queue",
            Self::Number => "unreadable.number",
            Self::Receipt => "unreadable.receipt",
            Self::Signal => "unreadable.signal",
            Self::Data { .. } => "unreadable.data",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Data { reason } => because(Params::new(), reason),
            _ => Params::new(),
        }
    }
}

impl Told {
    fn take(&mut self, id: u32) -> Option<Notice> {
        let place = self.notices.iter().position(|notice| notice.id == id)?;
        self.notices.remove(place)
    }

    fn add(&mut self, problem: Problem, at: Millis) {
        let known = self.notices.iter_mut().find(|notice| is_same(&notice.problem, &problem));
        if let Some(known) = known {
            *known = Notice { id: known.id, problem, times: known.times.saturating_add(1), at };
            return;
        }
        if self.notices.len() == MOST {
            self.notices.pop_front();
        }
        self.next_id = self.next_id.wrapping_add(1);
        self.notices.push_back(Notice { id: self.next_id, problem, times: 1, at });
    }
}

/// What a library answered may differ from time to time; the fault is the same.
fn is_same(one: &Problem, other: &Problem) -> bool {
    let named = |problem: &Problem| problem.params.clone().into_iter().filter(|(name, _)| !is_reason(name)).collect();
    let (one_named, other_named): (Vec<_>, Vec<_>) = (named(one), named(other));
    one.code == other.code && one_named == other_named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;
    use crate::testing::ManualClock;

    fn problem(code: &str, params: Params) -> Problem {
        Problem { code: code.to_owned(), message: code.to_owned(), params }
    }

    #[test]
    fn the_same_fault_again_is_counted_and_a_read_one_is_gone() {
        let clock = Arc::new(ManualClock::default());
        let notices = Notices::new(clock.clone(), Events::default());
        notices.tell(problem("a", params! { number: "one", reason: "first" }));
        clock.set(5);
        notices.tell(problem("a", params! { number: "one", reason: "second" }));
        notices.tell(problem("a", params! { number: "two" }));
        let told: Vec<(u32, Millis)> = notices.all().iter().map(|notice| (notice.times, notice.at)).collect();
        assert_eq!(told, [(2, 5), (1, 5)]);
        notices.dismiss(notices.all()[0].id);
        assert_eq!(notices.all().len(), 1);
    }

    #[test]
    fn a_reason_is_told_with_what_another_language_takes_to_say_it() {
        let reason = problem("storage.full", params! { folder: "/home/owner/ulak" });
        let told = Problem::of(&Unreadable::Data { reason: reason.clone() });
        let with = |name: &str| told.params.get(name).map(String::as_str);
        assert_eq!((with("because"), with("because.folder")), (Some("storage.full"), Some("/home/owner/ulak")));
        let other = Problem::of(&Unreadable::Data { reason: problem("storage.sql", Params::new()) });
        assert!(is_same(&told, &other), "sending waits, whatever the reason is this time");
    }

    #[test]
    fn the_list_is_bounded() {
        let notices = Notices::new(Arc::new(ManualClock::default()), Events::default());
        for number in 0..2 * MOST {
            notices.tell(problem("a", params! { number: number }));
        }
        let last = notices.all().last().map(|notice| notice.problem.params["number"].clone());
        assert_eq!((notices.all().len(), last.as_deref()), (MOST, Some("99")));
    }
}

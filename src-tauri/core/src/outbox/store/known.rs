//! Where people stand whom a restricted number may write to: those that it has talked with.
//!
//! A queue of a million strangers is not looked through for them at every decision. A walk remembers how far along a
//! queue nobody is known, looks at one slice a decision, and stays at the first known person until that part is gone.
//! Walks are kept in memory: one that is lost begins anew.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::{Broken, heads};
use crate::clock::{MINUTE, Millis, is_ahead};
use crate::contact::phone::WhoseClock;
use crate::ids::{CampaignId, PartId, SessionId};
use crate::outbox::plan::{Head, SessionState};
use crate::outbox::window::SendingHours;

/// Parts that are looked at in one decision: about a millisecond.
const SLICE: i64 = 400;
/// A queue in which nobody is known is looked through again after this time: people write, and parts come back.
const ANEW: Millis = MINUTE;

/// How far the queues were looked through, for each restricted number.
#[derive(Debug, Default)]
pub struct Walks(BTreeMap<(SessionId, Way), Walk>);

/// A queue, or what of it is on one clock.
type Way = (CampaignId, Option<WhoseClock>);

#[derive(Debug)]
enum Walk {
    /// Nobody who is known stands before this place.
    At(Place),
    /// Nobody who is known stood in the queue at this time.
    Ended(Millis),
}

/// A place in the order in which a queue is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub due_at: Millis,
    pub part: PartId,
}

const FIRST: Place = Place { due_at: Millis::MIN, part: PartId(uuid::Uuid::nil()) };
const LAST: Place = Place { due_at: Millis::MAX, part: PartId(uuid::Uuid::max()) };

/// Marks who is known to the restricted numbers, and adds the first part of a known person for each that could send at
/// this moment.
pub async fn add(
    db: &mut SqliteConnection,
    walks: &mut Walks,
    heads: &mut Vec<Head>,
    sessions: &mut [SessionState],
    hours: &SendingHours,
    now: Millis,
    broken: &mut Vec<Broken>,
) -> Result<(), sqlx::Error> {
    walks.keep(heads);
    for session in sessions.iter_mut().filter(|session| session.gate.prefers_known()) {
        heads::mark_known(db, heads, session.id).await?;
        if !session.is_free(now) {
            continue;
        }
        match walks.look(db, session.id, &may_send(heads, session.id, hours, now), now, broken).await? {
            Look::Found(head) => heads.push(head),
            Look::Unfinished => session.looking = true,
            Look::Nobody => {}
        }
    }
    Ok(())
}

/// The queues that the number could send from at this moment, in their order.
fn may_send(heads: &[Head], session: SessionId, hours: &SendingHours, now: Millis) -> Vec<Way> {
    let open = |head: &Head| head.hours(hours).is_none_or(|hours| hours.is_open(now));
    let may = |head: &&Head| {
        let free = head.bound_to.is_none() && head.allowed.contains(&session);
        free && head.due_at <= now && open(head)
    };
    let mut may: Vec<&Head> = heads.iter().filter(may).collect();
    may.sort_by_key(|head| head.rank());
    may.iter().map(|head| (head.queue, head.clock)).collect()
}

enum Look {
    Found(Head),
    /// Nobody in this slice, and there is more to look at.
    Unfinished,
    Nobody,
}

impl Walks {
    /// A queue that is closed for a while is walked anew.
    fn keep(&mut self, heads: &[Head]) {
        self.0.retain(|(_, way), _| heads.iter().any(|head| (head.queue, head.clock) == *way));
    }

    /// The first queue in which somebody is known, or that is not walked to its end yet, hides those behind it.
    async fn look(
        &mut self,
        db: &mut SqliteConnection,
        session: SessionId,
        ways: &[Way],
        now: Millis,
        broken: &mut Vec<Broken>,
    ) -> Result<Look, sqlx::Error> {
        for way in ways {
            let walk = self.0.entry((session, *way)).or_insert(Walk::At(FIRST));
            let look = walk.step(db, session, *way, now, broken).await?;
            if !matches!(look, Look::Nobody) {
                return Ok(look);
            }
        }
        Ok(Look::Nobody)
    }
}

impl Walk {
    async fn step(
        &mut self,
        db: &mut SqliteConnection,
        session: SessionId,
        way: Way,
        now: Millis,
        broken: &mut Vec<Broken>,
    ) -> Result<Look, sqlx::Error> {
        let from = match self {
            Self::At(place) => *place,
            Self::Ended(at) if is_ahead(*at + ANEW, now, ANEW) => return Ok(Look::Nobody),
            Self::Ended(_) => FIRST,
        };
        let end = heads::slice_after(db, way, from, SLICE).await?;
        let slice = (from, end.unwrap_or(LAST));
        if let Some((place, head)) = heads::known_between(db, session, way, slice, now, broken).await? {
            *self = Self::At(place);
            // One that cannot be read is put aside with this decision, and looked past by the next.
            return Ok(head.map_or(Look::Unfinished, Look::Found));
        }
        *self = end.map_or(Self::Ended(now), Self::At);
        Ok(end.map_or(Look::Nobody, |_| Look::Unfinished))
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::clock::HOUR;
    use crate::ids::IdGenerator;

    #[test]
    fn queues_that_may_not_send_at_this_moment_are_not_looked_through() {
        let ids = IdGenerator::at(0);
        let (number, other): (SessionId, SessionId) = (ids.next(), ids.next());
        let head = |priority, due_at, keep_hours, allowed| Head {
            part: ids.next(),
            queue: ids.next(),
            urgent: false,
            priority,
            due_at,
            since: due_at,
            turn: 0,
            held: false,
            keep_hours,
            own_hours: None,
            clock: None,
            repeat: false,
            bound_to: None,
            allowed: vec![allowed],
            known_to: vec![],
        };
        let heads = [
            head(5, 0, false, number),
            head(3, 0, true, number),
            head(1, 30 * HOUR, false, number),
            head(1, 0, false, other),
            Head { bound_to: Some(number), ..head(1, 0, false, number) },
        ];
        let hours = SendingHours::daily(9 * 60, 22 * 60, Tz::UTC);
        assert_eq!(may_send(&heads, number, &hours, 12 * HOUR), [(heads[1].queue, None), (heads[0].queue, None)]);
        assert_eq!(may_send(&heads, number, &hours, 23 * HOUR), [(heads[0].queue, None)]);
    }
}

//! When a mail that did not go out is tried again, and since when no number can send. Pure.

use std::collections::BTreeMap;

use crate::clock::{DAY, HOUR, MINUTE, Millis, SECOND};
use crate::ids::CampaignId;

/// A mail that the server keeps putting off is given up after so long.
pub const TRIED_FOR: Millis = DAY;
/// What failed longer ago than this is not written about any more.
pub const STALE: Millis = 2 * DAY;
/// How long the account is left alone when something is wrong with it.
pub const ACCOUNT_RESTS: Millis = 10 * MINUTE;

/// A server that asks to come again later means minutes, not seconds.
/// No mail is put off for longer at a time.
pub const LONGEST_PAUSE: Millis = 2 * HOUR;
const PAUSES: [Millis; 5] = [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR];

/// When a mail goes next that was made then and has just been put off for the so manieth time; none where that was long
/// enough.
pub fn again(created_at: Millis, tries: u32, now: Millis) -> Option<Millis> {
    let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = PAUSES.get(index).copied().unwrap_or(LONGEST_PAUSE);
    let over = now - created_at >= TRIED_FOR && created_at <= now;
    (!over).then_some(now + pause)
}

/// Looks follow each other at least so closely. Who has not looked for longer has not watched: the computer slept, the
/// sending hours were closed, or the clock was set.
pub const LOOKS_EVERY: Millis = 30 * SECOND;
const LONGEST_GAP: Millis = 3 * LOOKS_EVERY;

/// Since when none of a queue's numbers can send, as far as Ulak has watched.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    since: BTreeMap<CampaignId, Millis>,
    looked_at: Option<Millis>,
}

impl Watch {
    /// At each look: the queues whose numbers cannot send, and of those the ones of which that is so for `wait`.
    pub fn look(&mut self, unserved: &[CampaignId], wait: Millis, now: Millis) -> Vec<CampaignId> {
        let watched = self.looked_at.is_some_and(|at| (0..=LONGEST_GAP).contains(&(now - at)));
        self.looked_at = Some(now);
        self.since.retain(|queue, _| watched && unserved.contains(queue));
        for queue in unserved {
            self.since.entry(*queue).or_insert(now);
        }
        self.since.iter().filter(|(_, since)| now - **since >= wait).map(|(queue, _)| *queue).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdGenerator;

    #[test]
    fn a_mail_that_is_put_off_is_tried_for_a_day() {
        let (mut now, mut tries) = (0, 1);
        let mut times = Vec::new();
        while let Some(next) = again(0, tries, now) {
            (now, tries) = (next, tries + 1);
            times.push(now / MINUTE);
        }
        assert_eq!(times[..5], [1, 6, 21, 51, 111]);
        assert!(times.len() < 20 && now >= DAY);
        assert_eq!(again(DAY, 9, 0), Some(2 * HOUR), "the clock was set back");
    }

    #[test]
    fn a_queue_waits_from_the_moment_at_which_its_last_number_was_gone() {
        let mint = IdGenerator::at(0);
        let (one, two) = (mint.next::<CampaignId>(), mint.next::<CampaignId>());
        let mut watch = Watch::default();
        assert_eq!(watch.look(&[one], 10, 100), []);
        assert_eq!(watch.look(&[one, two], 10, 109), []);
        assert_eq!(watch.look(&[one, two], 10, 110), [one]);
        assert_eq!(watch.look(&[two], 10, 115), [], "one can send again");
        assert_eq!(watch.look(&[one, two], 10, 119), [two]);
        assert_eq!(watch.look(&[one], 10, 50), [], "the clock was set back");
        assert_eq!(watch.look(&[one], 10, 60), [one]);
        assert_eq!(watch.look(&[one], 10, 60 + 11 * HOUR), [], "the lid was closed: nobody watched");
        assert_eq!(watch.look(&[one], 10, 70 + 11 * HOUR), [one]);
    }
}

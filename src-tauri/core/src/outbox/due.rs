//! When a part may go, where the clock may have been set back since its time was written. Pure.

use crate::clock::{HOUR, Millis, is_ahead};

/// No retry waits longer.
pub const LONGEST_BACKOFF: Millis = HOUR;

/// A part's stored due time, and what is known of who set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub at: Millis,
    /// A retry set it, not the owner.
    pub retried: bool,
    /// Its campaign was due when it was scheduled, or has sent something: the owner's time has come once already.
    pub begun: bool,
}

impl Due {
    /// The owner's time holds however far ahead it is. A retry's, and that of a campaign that had begun, are behind a
    /// clock that was set back, and count as past.
    pub fn as_seen(self, now: Millis) -> Millis {
        let ahead = match self {
            Self { retried: true, .. } => is_ahead(self.at, now, LONGEST_BACKOFF),
            Self { begun, .. } => !begun && self.at > now,
        };
        if ahead { self.at } else { self.at.min(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DAY;

    const NOW: Millis = 1_000 * DAY;

    #[test]
    fn only_the_owner_can_choose_a_time_far_ahead() {
        let due = |ahead, retried, begun| Due { at: NOW + ahead, retried, begun }.as_seen(NOW) - NOW;
        assert_eq!(due(-DAY, false, false), -DAY, "what is overdue keeps its place in the order");
        assert_eq!(due(700 * DAY, false, false), 700 * DAY);
        assert_eq!(due(2 * DAY, false, true), 0);
        assert_eq!(due(LONGEST_BACKOFF, true, true), LONGEST_BACKOFF);
        assert_eq!(due(LONGEST_BACKOFF + 1, true, false), 0);
        assert_eq!(due(700 * DAY, true, false), 0);
    }
}

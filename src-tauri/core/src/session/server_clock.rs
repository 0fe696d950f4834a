//! How far this computer's clock is from WhatsApp's, as it was heard last. It is kept in memory alone, because every
//! connection tells it anew.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock::{MINUTE, Millis};

/// Less than this can be a slow line.
const FAR: Millis = 10 * MINUTE;

/// How far this computer is ahead, negative where it is behind, if that is far.
pub fn far(ahead: Millis) -> Option<Millis> {
    (ahead.saturating_abs() >= FAR).then_some(ahead)
}

#[derive(Debug, Default)]
pub struct ServerClock(AtomicI64);

impl ServerClock {
    pub fn hear(&self, ahead: Millis) {
        self.0.store(ahead, Ordering::Relaxed);
    }

    pub fn far(&self) -> Option<Millis> {
        far(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HOUR;

    #[test]
    fn a_clock_is_off_by_ten_minutes_at_least_in_either_direction() {
        for (ahead, told) in [(0, false), (9 * MINUTE, false), (10 * MINUTE, true), (-3 * HOUR, true)] {
            assert_eq!(far(ahead), told.then_some(ahead), "{ahead}");
        }
        let clock = ServerClock::default();
        assert_eq!(clock.far(), None, "nobody knows");
        clock.hear(-3 * HOUR);
        assert_eq!(clock.far(), Some(-3 * HOUR));
        clock.hear(0);
        assert_eq!(clock.far(), None, "it was set right");
    }
}

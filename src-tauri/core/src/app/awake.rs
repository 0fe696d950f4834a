//! Whether the computer is kept from falling asleep: while something goes out, or will within the hour. Pure, but for
//! what it is asked with.
//!
//! Who keeps it awake is the shell. It asks every twenty seconds, does what it is told, and tells what became of it.

use serde::Serialize;

use super::{Home, Problem};
use crate::campaign::repeat::{Due, Rule, store as repeats};
use crate::clock::{HOUR, MINUTE, Millis};
use crate::db::StorageError;
use crate::event::Event;
use crate::outbox::plan::{Wait, Why};

/// So long a rule whose time has come is waited for.
const TRIED: Millis = 10 * MINUTE;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Awake {
    /// Nothing goes out within the hour, or its owner does not want it.
    #[default]
    No,
    Kept,
    /// It runs on its battery, and that is low.
    LowBattery,
    /// It does not let itself be kept awake.
    Refused,
}

/// A computer with a battery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Battery {
    pub discharges: bool,
    pub percent: u8,
}

/// Below this a computer on its battery is let sleep.
pub const LOW: u8 = 20;

/// When something was last about to go out. A line that broke is back in a moment, and a computer that fell asleep
/// meanwhile would not notice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Vigil(Option<Millis>);

impl Vigil {
    /// What each queue waits for, because one that is planned for another day hides from all together what broke.
    fn is_needed(&mut self, waits: &[Wait], now: Millis) -> bool {
        if waits.iter().any(|wait| goes_soon(*wait, now)) {
            self.0 = Some(now);
            return true;
        }
        let broken = waits.iter().any(|wait| wait.why == Why::NotConnected);
        broken && self.0.is_some_and(|at| (0..=HOUR).contains(&(now - at)))
    }
}

fn goes_soon(wait: Wait, now: Millis) -> bool {
    match wait.why {
        Why::Sending | Why::Pace => true,
        Why::Rest | Why::Hours | Why::Cap | Why::Due | Why::Missed | Why::NewChats | Why::Shut | Why::Unheard => {
            wait.until.is_some_and(|until| until <= now + HOUR)
        }
        // Time does not end these.
        Why::Nothing | Why::PausedAll | Why::NoNumber | Why::NotConnected => false,
        Why::Disk | Why::Locked | Why::ReadOnly | Why::Damaged | Why::Fault => false,
    }
}

fn awake(is_needed: bool, battery: Option<Battery>) -> Awake {
    match battery {
        _ if !is_needed => Awake::No,
        Some(Battery { discharges: true, percent }) if percent < LOW => Awake::LowBattery,
        _ => Awake::Kept,
    }
}

impl Home {
    /// What the computer is to do at this moment.
    pub async fn wants_awake(&self, vigil: &mut Vigil, battery: Option<Battery>) -> Result<Awake, Problem> {
        if !self.settings().await?.keep_awake {
            return Ok(Awake::No);
        }
        let now = self.now();
        let waits = self.campaigns.waits(&mut *self.reader().await?).await?;
        let paused = waits.paused_all;
        let waits: Vec<Wait> = waits.queues.values().map(|queue| queue.wait).chain([waits.all]).collect();
        let is_needed = vigil.is_needed(&waits, now) || !paused && self.comes_again_soon(now).await?;
        Ok(awake(is_needed, battery))
    }

    /// A campaign that comes again is made when its time has come, so nothing of it waits before. One that could not be made
    /// for some minutes keeps nobody up.
    async fn comes_again_soon(&self, now: Millis) -> Result<bool, Problem> {
        let zone = self.settings().await?.zone;
        let rules = repeats::all(&mut *self.reader().await?).await.map_err(StorageError::from)?;
        let is_coming = |due: &Due| matches!(due, Due::Run { at, .. } if *at > now - TRIED);
        let comes = |rule: &Rule| rule.due(now, now + HOUR, zone).iter().any(is_coming);
        Ok(rules.iter().filter(|rule| rule.active).any(comes))
    }

    /// What became of it, for whoever shows it.
    pub fn tell_awake(&self, awake: Awake) {
        let before = std::mem::replace(&mut *super::locked(&self.awake), awake);
        if before != awake {
            self.events.emit(Event::NowChanged);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DAY;

    const NOW: Millis = 1_000 * DAY;

    fn wait(why: Why, until: Option<Millis>) -> Wait {
        Wait { until, ..Wait::new(why) }
    }

    #[test]
    fn it_is_needed_while_something_goes_out_and_within_the_hour_before() {
        for (why, until, needed) in [
            (Why::Sending, None, true),
            (Why::Pace, Some(NOW + 9_000), true),
            (Why::Due, Some(NOW + HOUR), true),
            (Why::Due, Some(NOW + HOUR + 1), false),
            (Why::Hours, Some(NOW + 10 * HOUR), false),
            (Why::Missed, Some(NOW + 30 * MINUTE), true),
            (Why::Rest, Some(NOW + 10 * MINUTE), true),
            (Why::Nothing, None, false),
            (Why::PausedAll, None, false),
            (Why::NoNumber, None, false),
            (Why::Disk, None, false),
        ] {
            assert_eq!(Vigil::default().is_needed(&[wait(why, until)], NOW), needed, "{why:?}");
        }
    }

    #[test]
    fn a_line_that_broke_is_waited_for_an_hour_and_one_that_never_was_is_not() {
        let broken = [wait(Why::NotConnected, None), wait(Why::Due, Some(NOW + 7 * DAY))];
        let mut vigil = Vigil::default();
        assert!(!vigil.is_needed(&broken, NOW));
        assert!(vigil.is_needed(&[wait(Why::Pace, None)], NOW));
        assert!(vigil.is_needed(&broken, NOW + HOUR), "whatever else is planned");
        assert!(!vigil.is_needed(&broken, NOW + HOUR + 1));
        assert!(!vigil.is_needed(&broken, NOW - 1), "a clock that was set back");
    }

    #[test]
    fn on_a_low_battery_it_is_let_sleep_and_at_the_plug_it_is_not() {
        let on = |discharges, percent| Some(Battery { discharges, percent });
        for (needed, battery, wanted) in [
            (true, None, Awake::Kept),
            (true, on(true, 20), Awake::Kept),
            (true, on(true, 19), Awake::LowBattery),
            (true, on(false, 3), Awake::Kept),
            (false, on(true, 19), Awake::No),
        ] {
            assert_eq!(awake(needed, battery), wanted, "{battery:?}");
        }
    }
}

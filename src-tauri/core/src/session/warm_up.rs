//! How much a number may send in its first days. Pure.
//!
//! WhatsApp tells no limits of linked numbers, and stops those sooner that write to many strangers soon after they were
//! linked. What is public of its business numbers is a stair: 250 people a day, then 1,000, then 10,000, a step when the
//! quality held for some days. The plan begins well below the first step and grows by a fifth a day, so that it takes
//! two weeks to pass it twice; an hour has a sixth of the day, and never less than on the first day.

use crate::clock::{DAY, Millis};
use crate::session::Pace;

const DAILY: [u32; 14] = [50, 60, 75, 90, 110, 130, 160, 190, 230, 280, 340, 410, 500, 600];
const LEAST_HOURLY: u32 = 20;

pub const DAYS: usize = DAILY.len();

/// The limits of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarmUp {
    /// 1 is the first.
    pub day: usize,
    pub hourly: u32,
    pub daily: u32,
}

/// None for a number that has none, or is through. A clock that was set back begins no day before the first.
pub fn warm_up(since: Option<Millis>, now: Millis) -> Option<WarmUp> {
    let day = usize::try_from((now - since?).max(0) / DAY).ok()?;
    let daily = *DAILY.get(day)?;
    Some(WarmUp { day: day + 1, hourly: LEAST_HOURLY.max(daily / 6), daily })
}

impl Pace {
    /// The lower of both limits holds.
    #[must_use]
    pub fn within(self, warm_up: Option<WarmUp>) -> Self {
        let Some(WarmUp { hourly, daily, .. }) = warm_up else { return self };
        let lower = |own: u32, plan: u32| if own == 0 { plan } else { own.min(plan) };
        Self { hourly_cap: lower(self.hourly_cap, hourly), daily_cap: lower(self.daily_cap, daily), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_rise_every_day_for_two_weeks_and_then_end() {
        let limits: Vec<WarmUp> = (0..14).map(|day| warm_up(Some(5), 5 + day * DAY).unwrap()).collect();
        assert_eq!(limits[0], WarmUp { day: 1, hourly: 20, daily: 50 });
        assert_eq!(limits[13], WarmUp { day: 14, hourly: 100, daily: 600 });
        assert!(limits.windows(2).all(|days| days[0].daily < days[1].daily && days[0].hourly <= days[1].hourly));
        assert!(
            limits.windows(2).all(|days| days[1].daily * 4 <= days[0].daily * 5),
            "never more than a quarter at once"
        );
        assert_eq!(warm_up(Some(5), 5 + 14 * DAY), None);
        assert_eq!(warm_up(None, 0), None);
        assert_eq!(warm_up(Some(9 * DAY), 0), Some(limits[0]), "the clock was set back");
    }

    #[test]
    fn the_lower_limit_holds_and_none_is_the_plans() {
        let first = warm_up(Some(0), 0);
        let caps = |hourly_cap, daily_cap| {
            let pace = Pace { hourly_cap, daily_cap, ..Pace::REAL }.within(first);
            (pace.hourly_cap, pace.daily_cap)
        };
        assert_eq!([caps(0, 0), caps(10, 500), caps(90, 30)], [(20, 50), (10, 50), (20, 30)]);
        assert_eq!(Pace::REAL.within(None), Pace::REAL);
    }
}

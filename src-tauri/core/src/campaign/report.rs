//! What became of a campaign, to look back on: from counters, so that it costs the same for ten people and a million, and
//! stays when texts are gone.

use std::collections::BTreeMap;

use chrono::Timelike;
use chrono_tz::Tz;
use serde::Serialize;
use sqlx::SqliteConnection;

use super::live::LiveView;
use crate::category::Category;
use crate::clock::{DAY, HOUR, MINUTE, Millis, local};
use crate::ids::CampaignId;
use crate::outbox::store::figures::{self, QuarterFigures};

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct CampaignReport {
    pub view: LiveView,
    pub category: Category,
    /// The answers that its text offers.
    pub offered: Vec<String>,
    /// People who answered with words of their own, and not to opt out.
    pub own_words: i64,
    pub delivery: Speed,
    pub reading: Speed,
    pub hours: Vec<HourFigures>,
    pub best: Option<BestHours>,
    /// None where no top-up says what credits cost.
    pub cost: Option<Cost>,
}

/// How soon something happened after sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Speed {
    /// One behind the other; none twice.
    pub steps: Vec<Within>,
    /// Half of them within this time, where it is known.
    pub half: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Within {
    /// None for what came later.
    pub within: Option<Millis>,
    pub people: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct HourFigures {
    /// Of the owner's day.
    pub hour: u32,
    pub sent: i64,
    pub read: i64,
}

/// The three hours in which most people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BestHours {
    pub from: u32,
    pub to: u32,
    pub read: i64,
}

/// What the accepted messages cost, by the price that was in force when it began. Amounts are in ten-thousandths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Cost {
    /// The currency, as the owner wrote it.
    pub currency: String,
    pub per_credit: i64,
    pub whole: i64,
    pub per_delivered: Option<i64>,
}

const DELIVERY: [Millis; 4] = [10_000, MINUTE, 10 * MINUTE, HOUR];
const READING: [Millis; 4] = [5 * MINUTE, 30 * MINUTE, 2 * HOUR, DAY];

pub struct Ticks {
    pub delivery: Speed,
    pub reading: Speed,
    pub hours: Vec<HourFigures>,
    pub best: Option<BestHours>,
}

pub async fn ticks(db: &mut SqliteConnection, id: CampaignId, zone: Tz) -> Result<Ticks, sqlx::Error> {
    let (delivered, read) = figures::spans(db, id).await?;
    let hours = by_hour(&figures::of_queue(db, id).await?, zone);
    Ok(Ticks { delivery: speed(&delivered, &DELIVERY), reading: speed(&read, &READING), best: best(&hours), hours })
}

fn speed(counted: &BTreeMap<Millis, i64>, steps: &[Millis]) -> Speed {
    let mut before = Millis::MIN;
    let mut told = Vec::with_capacity(steps.len() + 1);
    for step in steps.iter().copied().map(Some).chain([None]) {
        let to = step.unwrap_or(Millis::MAX);
        let people =
            counted.iter().filter(|(within, _)| **within > before && **within <= to).map(|(_, count)| count).sum();
        told.push(Within { within: step, people });
        before = to;
    }
    Speed { steps: told, half: half(counted) }
}

/// The counters tell spans apart, so half is said to be within the end of one.
fn half(counted: &BTreeMap<Millis, i64>) -> Option<Millis> {
    let all: i64 = counted.values().sum();
    let mut so_far = 0;
    let reached = counted.iter().find(|(_, count)| {
        so_far += **count;
        so_far * 2 >= all
    });
    reached.map(|(within, _)| *within).filter(|within| *within < Millis::MAX)
}

fn by_hour(quarters: &[QuarterFigures], zone: Tz) -> Vec<HourFigures> {
    let mut hours: Vec<HourFigures> = (0..24).map(|hour| HourFigures { hour, ..HourFigures::default() }).collect();
    for quarter in quarters {
        if let Some(of) = hours.get_mut(local(quarter.at, zone).hour() as usize) {
            of.sent += quarter.sent;
            of.read += quarter.read;
        }
    }
    hours
}

fn best(hours: &[HourFigures]) -> Option<BestHours> {
    const WIDE: usize = 3;
    let sums = hours.windows(WIDE).filter_map(|three| {
        let read = three.iter().map(|hour| hour.read).sum();
        Some(BestHours { from: three.first()?.hour, to: three.last()?.hour + 1, read })
    });
    // Of two that are alike the earlier one.
    sums.filter(|best| best.read > 0).max_by_key(|best| (best.read, std::cmp::Reverse(best.from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_within_the_span_in_which_it_is_reached() {
        let counted = BTreeMap::from([(10_000, 1), (300_000, 1), (1_800_000, 2), (Millis::MAX, 1)]);
        let speed = speed(&counted, &READING);
        assert_eq!(speed.half, Some(1_800_000));
        assert_eq!(speed.steps.iter().map(|step| step.people).collect::<Vec<_>>(), [2, 2, 0, 0, 1]);
        assert_eq!(half(&BTreeMap::new()), None);
        assert_eq!(half(&BTreeMap::from([(Millis::MAX, 3), (10_000, 2)])), None, "nobody knows how much later");
    }

    #[test]
    fn the_best_hours_are_the_three_with_most_readers() {
        let quarter = |hour: i64, read: i64| QuarterFigures { at: hour * HOUR, read, ..QuarterFigures::default() };
        let hours =
            by_hour(&[quarter(7, 4), quarter(8, 5), quarter(9, 5), quarter(24 + 9, 1), quarter(20, 9)], Tz::UTC);
        assert_eq!(best(&hours), Some(BestHours { from: 7, to: 10, read: 15 }));
        // In 1970 it was two hours ahead.
        let istanbul = by_hour(&[quarter(23, 3)], Tz::Europe__Istanbul);
        assert_eq!(istanbul[1].read, 3);
        assert_eq!(best(&by_hour(&[], Tz::UTC)), None);
    }
}

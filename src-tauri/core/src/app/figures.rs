//! The figures of each day: what was sent, arrived, was read and answered, over which numbers and in which hours.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Outbox, Problem};
use crate::clock::{DAY, Millis, local};
use crate::db::StorageError;
use crate::ids::{CampaignId, SessionId};
use crate::inbound::store::figures as replies;
use crate::ledger::Book;
use crate::outbox::store::figures::{self, QuarterFigures};
use crate::session::{SessionKind, store as sessions};

/// No longer span is shown at once.
const LONGEST: Millis = 3 * 366 * DAY;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct FiguresQuery {
    pub book: Book,
    pub from: Millis,
    /// Before then.
    pub until: Millis,
    pub session_id: Option<SessionId>,
    pub campaign_id: Option<CampaignId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct FiguresView {
    /// Every day of the span up to now, the oldest first, also those on which nothing happened.
    pub days: Vec<DayFigures>,
    /// All of them together.
    pub whole: DayFigures,
    /// By weekday and hour; those in which nothing happened are left out.
    pub hours: Vec<WeekHour>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DayFigures {
    /// `YYYY-MM-DD`; empty for several days.
    pub day: String,
    pub sent: i64,
    pub delivered: i64,
    pub read: i64,
    pub replies: i64,
    pub opt_outs: i64,
    pub failed: i64,
    /// How long those that arrived took, on average.
    pub delivery_ms: Option<Millis>,
    /// Numbers that sent something.
    pub numbers: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct WeekHour {
    /// 0 is Monday.
    pub weekday: u32,
    pub hour: u32,
    pub sent: i64,
    pub read: i64,
    pub replies: i64,
}

impl Outbox {
    pub async fn figures(&self, query: &FiguresQuery) -> Result<FiguresView, Problem> {
        let zone = self.settings().await?.zone;
        let until = query.until.min(self.now() + 1);
        let from = query.from.max(until - LONGEST);
        let mut reader = self.reader().await?;
        let kind = if query.book == Book::Practice { SessionKind::Practice } else { SessionKind::Whatsapp };
        let numbers = sessions::of_kind(&mut reader, kind).await.map_err(StorageError::from)?;
        let numbers: Vec<SessionId> =
            numbers.into_iter().filter(|number| query.session_id.is_none_or(|one| one == *number)).collect();
        let span = figures::Span { book: query.book, from, until, session: query.session_id, queue: query.campaign_id };
        let quarters = figures::between(&mut reader, &span).await.map_err(StorageError::from)?;
        let active = figures::active(&mut reader, &span).await.map_err(StorageError::from)?;
        let heard = replies::Span { from, until, sessions: &numbers, campaign: query.campaign_id };
        let heard = replies::by_quarter(&mut reader, &heard).await.map_err(StorageError::from)?;
        let mut days = Days::of(from, until, zone);
        quarters.iter().for_each(|quarter| days.add(quarter));
        active.into_iter().for_each(|(at, number)| days.active(at, number));
        heard.into_iter().for_each(|(at, replies, stops)| days.heard(at, replies, stops));
        Ok(days.view())
    }
}

/// A day that is being summed up.
#[derive(Default)]
struct Day {
    figures: DayFigures,
    delivery_ms: Millis,
    numbers: BTreeSet<SessionId>,
}

impl Day {
    fn add(&mut self, quarter: &QuarterFigures) {
        self.figures.sent += quarter.sent;
        self.figures.delivered += quarter.delivered;
        self.figures.read += quarter.read;
        self.figures.failed += quarter.failed;
        self.delivery_ms += quarter.delivery_ms;
    }

    fn done(mut self, day: String) -> DayFigures {
        self.figures.day = day;
        self.figures.delivery_ms = self.delivery_ms.checked_div(self.figures.delivered);
        self.figures.numbers = i64::try_from(self.numbers.len()).unwrap_or(i64::MAX);
        self.figures
    }
}

struct Days {
    zone: Tz,
    days: BTreeMap<NaiveDate, Day>,
    whole: Day,
    hours: BTreeMap<(u32, u32), WeekHour>,
}

impl Days {
    fn of(from: Millis, until: Millis, zone: Tz) -> Self {
        let (first, last) = (local(from, zone).date_naive(), local(until.max(from + 1) - 1, zone).date_naive());
        let days = first.iter_days().take_while(|day| *day <= last).map(|day| (day, Day::default())).collect();
        Self { zone, days, whole: Day::default(), hours: BTreeMap::new() }
    }

    fn each(&mut self, at: Millis, add: impl Fn(&mut Day)) {
        add(&mut self.whole);
        add(self.days.entry(local(at, self.zone).date_naive()).or_default());
    }

    fn hour(&mut self, at: Millis) -> &mut WeekHour {
        let at = local(at, self.zone);
        let key = (at.weekday().num_days_from_monday(), at.hour());
        let (weekday, hour) = key;
        self.hours.entry(key).or_insert(WeekHour { weekday, hour, ..WeekHour::default() })
    }

    fn add(&mut self, quarter: &QuarterFigures) {
        self.each(quarter.at, |day| day.add(quarter));
        let hour = self.hour(quarter.at);
        hour.sent += quarter.sent;
        hour.read += quarter.read;
    }

    fn active(&mut self, at: Millis, number: SessionId) {
        self.each(at, |day| _ = day.numbers.insert(number));
    }

    fn heard(&mut self, at: Millis, replies: i64, stops: i64) {
        self.each(at, |day| {
            day.figures.replies += replies;
            day.figures.opt_outs += stops;
        });
        self.hour(at).replies += replies;
    }

    fn view(self) -> FiguresView {
        let days = self.days.into_iter().map(|(day, figures)| figures.done(day.to_string()));
        FiguresView {
            days: days.collect(),
            whole: self.whole.done(String::new()),
            hours: self.hours.into_values().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THURSDAY: Millis = 1_794_441_600_000;

    #[test]
    fn days_are_those_of_the_owner_and_none_is_left_out() {
        let mut days = Days::of(THURSDAY - 2 * DAY, THURSDAY, Tz::Asia__Jakarta);
        let late = QuarterFigures {
            at: THURSDAY - DAY - 7 * 3_600_000,
            sent: 3,
            delivered: 2,
            delivery_ms: 5_000,
            ..QuarterFigures::default()
        };
        days.add(&late);
        days.heard(THURSDAY - 1, 4, 1);
        let view = days.view();
        assert_eq!(view.days.iter().map(|day| day.sent).collect::<Vec<_>>(), [0, 3, 0]);
        assert_eq!((view.days[1].delivery_ms, view.days[0].delivery_ms), (Some(2_500), None));
        assert_eq!((view.whole.sent, view.whole.replies, view.whole.opt_outs), (3, 4, 1));
        assert_eq!(view.hours.iter().map(|hour| hour.hour).collect::<BTreeSet<_>>(), BTreeSet::from([0, 6]));
    }
}

//! When campaigns go out, all that wait together. The arithmetic is `estimate`'s.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::draft::Draft;
use super::estimate::{Line, Load, Stretch, forecast, parts_an_hour};
use super::store;
use crate::clock::{DAY, Millis};
use crate::contact::phone::WhoseClock;
use crate::ids::CampaignId;
use crate::outbox::state::QueueState;
use crate::outbox::store::{clocks, missed, numbers, reading};
use crate::outbox::window::SendingHours;
use crate::session::{Pace, Session, SessionKind};

/// What decides how fast campaigns go.
#[derive(Clone, Copy)]
pub struct Rates<'a> {
    pub hours: &'a SendingHours,
    pub sessions: &'a [Session],
    /// Between two sends of the practice number, while it hurries.
    pub practice_gap: Option<Millis>,
}

/// Where campaigns lie from `now` on; those that would never be through are missing.
pub struct Forecast {
    pub plans: BTreeMap<CampaignId, Vec<Stretch>>,
    pub names: BTreeMap<CampaignId, String>,
}

impl Forecast {
    pub fn plan(&self, id: CampaignId) -> &[Stretch] {
        self.plans.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Those of other campaigns, each under its name.
    pub fn others(&self, id: CampaignId) -> Vec<(String, Stretch)> {
        let others = self.plans.iter().filter(|(other, _)| **other != id);
        let named = |(other, plan): (&CampaignId, &Vec<Stretch>)| {
            let name = self.names.get(other).cloned().unwrap_or_default();
            plan.iter().map(|stretch| (name.clone(), *stretch)).collect::<Vec<_>>()
        };
        others.flat_map(named).collect()
    }
}

impl Rates<'_> {
    pub fn parts_an_hour(&self, draft: &Draft, now: Millis) -> i64 {
        let chosen = self.sessions.iter().filter(|session| draft.session_ids.contains(&session.id));
        parts_an_hour(chosen.map(|session| self.pace(session, now)))
    }

    /// All that waits, and besides it a draft with what it would send.
    pub async fn forecast(
        &self,
        db: &mut SqliteConnection,
        draft: Option<(&Draft, Shares)>,
        now: Millis,
    ) -> Result<Forecast, sqlx::Error> {
        let mut names = BTreeMap::new();
        let mut loads = Vec::new();
        let held = missed::held(db, now).await?;
        let earliest = |id: CampaignId| held.get(&id).copied().unwrap_or(now);
        for (other, shares) in waiting(db).await? {
            if draft.as_ref().is_none_or(|(draft, _)| draft.id != other.id) {
                loads.extend(self.loads(&other, &shares, earliest(other.id)));
                names.insert(other.id, other.name);
            }
        }
        if let Some((draft, shares)) = draft {
            loads.extend(self.loads(draft, &shares, earliest(draft.id)));
        }
        Ok(Forecast { plans: forecast(now, &self.lines(db, now).await?, &loads), names })
    }

    fn loads(&self, draft: &Draft, shares: &Shares, earliest: Millis) -> Vec<Load> {
        let kept = draft.hours_of(self.hours);
        let on = |clock: &WhoseClock| kept.as_ref().map(|hours| hours.on_clock(clock.zone(hours.zone)));
        let load = |(clock, parts): (&Option<WhoseClock>, &i64)| Load {
            id: draft.id,
            priority: draft.priority,
            due_at: draft.leaves_at(earliest),
            parts: *parts,
            hours: clock.as_ref().map_or_else(|| kept.clone(), on),
            sessions: draft.session_ids.clone(),
        };
        shares.iter().map(load).collect()
    }

    async fn lines(&self, db: &mut SqliteConnection, now: Millis) -> Result<Vec<Line>, sqlx::Error> {
        let mut lines = Vec::new();
        for session in self.sessions {
            let Pace { hourly_cap, daily_cap, .. } = session.pace_at(now);
            let most = hourly_cap.max(daily_cap);
            let tried =
                if most == 0 { Vec::new() } else { numbers::tried_since(db, session.id, now - DAY, now, most).await? };
            lines.push(Line { id: session.id, pace: self.pace(session, now), warm_since: session.warm_since, tried });
        }
        Ok(lines)
    }

    fn pace(&self, session: &Session, now: Millis) -> Pace {
        match self.practice_gap.filter(|_| session.kind == SessionKind::Practice) {
            Some(gap) => Pace { min_ms: gap, max_ms: gap, batch: 0, rest_ms: 0, hourly_cap: 0, daily_cap: 0 },
            None => session.pace_at(now),
        }
    }
}

/// How many parts wait on whose clock; on none where a campaign keeps its hours on the owner's.
pub type Shares = BTreeMap<Option<WhoseClock>, i64>;

/// What of a campaign waits that was scheduled.
pub async fn shares(db: &mut SqliteConnection, draft: &Draft, open: i64) -> Result<Shares, sqlx::Error> {
    if !draft.local_hours {
        return Ok(BTreeMap::from([(None, open)]));
    }
    Ok(clocks::waiting(db, draft.id).await?.into_iter().map(|(clock, parts)| (Some(clock), parts)).collect())
}

/// The campaigns whose parts may go, with what waits.
async fn waiting(db: &mut SqliteConnection) -> Result<Vec<(Draft, Shares)>, sqlx::Error> {
    let queues = reading::waiting(db).await?;
    let mut waiting = Vec::new();
    for (id, queue) in reading::queue_rows(db, &queues).await? {
        let open = queue.tally.parts.open();
        if queue.state == QueueState::Open && open > 0 {
            let Some(draft) = store::by_id(db, id).await? else { continue };
            let shares = shares(db, &draft, open).await?;
            waiting.push((draft, shares));
        }
    }
    Ok(waiting)
}

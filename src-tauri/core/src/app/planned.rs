//! What goes out when: all campaigns, on the days to come.

use chrono::Days;
use serde::Serialize;

use super::review::{Span, by_day, open_on};
use super::{Campaigns, Problem};
use crate::campaign::doing::Doing;
use crate::campaign::estimate::Stretch;
use crate::campaign::forecast::Rates;
use crate::campaign::live::{CampaignRow, all_sessions};
use crate::clock::{Millis, local};
use crate::db::StorageError;
use crate::ids::CampaignId;
use crate::outbox::store::reading;
use crate::outbox::window::SendingHours;
use crate::session::messenger::Messenger;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PlannedDay {
    /// `YYYY-MM-DD`, local.
    pub day: String,
    /// When the sending hours are open.
    pub open: Vec<Span>,
    pub campaigns: Vec<PlannedCampaign>,
}

/// What goes out of a campaign on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PlannedCampaign {
    pub id: CampaignId,
    pub name: String,
    pub spans: Vec<Span>,
    pub parts: i64,
    /// When it begins, where nothing of it went out and it can begin at another time.
    pub movable: Option<Millis>,
}

const DAYS_SHOWN: u64 = 7;

impl Campaigns {
    /// The week from today on, also the days on which nothing goes out.
    pub async fn planned(&self) -> Result<Vec<PlannedDay>, Problem> {
        let now = self.now();
        let hours = self.settings().await?.hours();
        let mut reader = self.reader().await?;
        let waiting = reading::waiting(&mut reader).await.map_err(StorageError::from)?;
        let waits = self.waits(&mut reader).await?;
        let rows = self.rows(&mut reader, &waiting, &waits).await?;
        let sessions = all_sessions(&mut reader).await.map_err(StorageError::from)?;
        let rates = Rates { hours: &hours, sessions: &sessions, practice_gap: self.practising.number.gap() };
        let forecast = rates.forecast(&mut reader, None, now).await.map_err(StorageError::from)?;
        let today = local(now, hours.zone).date_naive();
        let days = (0..DAYS_SHOWN).filter_map(|ahead| {
            let day = today.checked_add_days(Days::new(ahead))?;
            let shown = day.format("%Y-%m-%d").to_string();
            let campaigns = rows.iter().filter_map(|row| on_day(row, forecast.plan(row.id), &shown, &hours)).collect();
            Some(PlannedDay { day: shown, open: open_on(&hours, day), campaigns })
        });
        Ok(days.collect())
    }
}

/// None where nothing of it goes out on that day.
fn on_day(row: &CampaignRow, plan: &[Stretch], day: &str, hours: &SendingHours) -> Option<PlannedCampaign> {
    let pieces = plan.iter().flat_map(|stretch| by_day(stretch, hours)).filter(|(on, ..)| on == day);
    let (mut spans, mut parts) = (Vec::new(), 0);
    pieces.for_each(|(_, span, share)| {
        spans.push(span);
        parts += share;
    });
    (!spans.is_empty()).then(|| PlannedCampaign {
        id: row.id,
        name: row.name.clone(),
        spans,
        parts,
        movable: row.due_at.filter(|_| row.doing == Doing::Planned),
    })
}

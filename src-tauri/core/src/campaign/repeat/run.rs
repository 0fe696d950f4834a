//! Making the campaigns of the days that are due, and scheduling them.

use chrono_tz::Tz;

use super::calendar::Day;
use super::store::{self, Run, RunState};
use super::{Due, Plan, Rule};
use crate::campaign::audience::{Audience, OccasionOf};
use crate::campaign::draft::StoredState;
use crate::campaign::{CampaignError, schedule, store as campaigns};
use crate::clock::{MINUTE, Millis, local};
use crate::contact::segment::store::values;
use crate::db::{Db, StorageError};
use crate::ids::CampaignId;
use crate::ledger::LedgerError;
use crate::mail::store as mail;
use crate::media::attachment::{self, Owner};
use crate::settings;

/// How often it is looked whether something is due.
pub const EVERY: Millis = 5 * MINUTE;
/// What is due by the time of the next look is made now, so that it goes out on the minute.
const HORIZON: Millis = EVERY + MINUTE;

/// What could not be scheduled, with its campaign among the drafts.
#[derive(Debug)]
pub struct Refused {
    pub campaign: CampaignId,
    pub name: String,
    pub why: CampaignError,
}

/// What became of what was due.
#[derive(Debug)]
pub struct Ran {
    pub scheduled: Vec<CampaignId>,
    pub refused: Vec<Refused>,
    /// Why a rule made nothing. The others went on, and it is tried again.
    pub broken: Option<CampaignError>,
}

/// Makes and schedules what is due.
pub async fn run(db: &Db, now: Millis) -> Result<Ran, CampaignError> {
    values::settle(db).await?;
    let mut reader = db.read().acquire().await?;
    let zone = settings::load(&mut reader).await?.zone;
    let rules = store::all(&mut reader).await?;
    drop(reader);
    let mut broken = None;
    for rule in rules.iter().filter(|rule| rule.active) {
        if let Err(error) = make_all(db, rule, zone, now).await {
            tracing::error!(rule = %rule.id, %error, "a rule made nothing");
            broken = Some(error);
        }
    }
    let (scheduled, refused) = schedule_made(db, now).await?;
    Ok(Ran { scheduled, refused, broken })
}

/// All of a rule's days that are due.
async fn make_all(db: &Db, rule: &Rule, zone: Tz, now: Millis) -> Result<(), CampaignError> {
    for due in rule.due(now, now + HORIZON, zone) {
        make(db, rule, due, now).await.map_err(|error| schedule::on(db, error))?;
    }
    // Days without anybody are looked at once.
    let over = Day(local(now, zone).date_naive()).moved(-i64::from(rule.late_days) - 2);
    if let Some(day) = over.filter(|day| rule.looked_on.is_none_or(|seen| seen < *day)) {
        let mut tx = db.begin().await?;
        store::looked(&mut tx, rule.id, day, false).await.map_err(|error| db.error(error))?;
        db.commit(tx).await?;
    }
    Ok(())
}

/// The day's campaign as a draft, its people and its row in one transaction.
async fn make(db: &Db, rule: &Rule, due: Due, now: Millis) -> Result<(), CampaignError> {
    let mut tx = db.begin().await?;
    let (day, at, comes) = match due {
        Due::Run { day, at } => (day, at, true),
        Due::Missed { day, at } => (day, at, false),
    };
    let people = match &rule.plan {
        Plan::Occasion { occasion } if comes => store::meet(&mut tx, rule.id, occasion, day).await? > 0,
        Plan::Occasion { .. } => false,
        Plan::Calendar { .. } => comes,
    };
    let is_calendar = matches!(rule.plan, Plan::Calendar { .. });
    let mut run = Run { repeat: rule.id, day, campaign: None, state: RunState::Missed, at };
    if people {
        let pattern = campaigns::by_id(&mut tx, rule.pattern).await?.ok_or(CampaignError::Gone)?;
        let audience = match is_calendar {
            true => pattern.audience.clone(),
            false => Audience {
                occasion: Some(OccasionOf { repeat: rule.id, day: day.number() }),
                ..pattern.audience.clone()
            },
        };
        let name = format!("{} {}", pattern.name, day.0);
        let copy = store::copy(&mut tx, rule.pattern, name.trim(), &audience, at, now).await?;
        mail::inherit(&mut tx, (mail::Kind::Campaign, rule.pattern.0), (mail::Kind::Campaign, copy.0), now).await?;
        attachment::store::replace(&mut tx, Owner::Campaign(rule.pattern), Owner::Campaign(copy), now).await?;
        run = Run { campaign: Some(copy), state: RunState::Made, ..run };
    }
    let told = people || (is_calendar && !comes);
    if told && !store::begin_run(&mut tx, &run).await? {
        return Ok(());
    }
    store::looked(&mut tx, rule.id, day, people).await?;
    Ok(db.commit(tx).await?)
}

async fn schedule_made(db: &Db, now: Millis) -> Result<(Vec<CampaignId>, Vec<Refused>), CampaignError> {
    let made = store::made(&mut *db.read().acquire().await?).await?;
    let (mut scheduled, mut refused) = (Vec::new(), Vec::new());
    for run in made {
        let Some(campaign) = run.campaign else { continue };
        if is_too_late(db, &run, campaign, now).await? {
            end(db, &run, RunState::Missed).await?;
            continue;
        }
        let state = match schedule::schedule(db, campaign, false, now).await {
            // Scheduled before the row was written.
            Ok(()) | Err(CampaignError::NotADraft) => {
                scheduled.push(campaign);
                RunState::Scheduled
            }
            Err(error @ (CampaignError::Storage(_) | CampaignError::Ledger(LedgerError::Storage(_)))) => {
                return Err(error);
            }
            Err(CampaignError::Nobody) => RunState::Nobody,
            Err(why) => {
                let name = campaigns::name(&mut *db.read().acquire().await?, campaign).await?.unwrap_or_default();
                refused.push(Refused { campaign, name, why });
                RunState::Refused
            }
        };
        end(db, &run, state).await?;
    }
    Ok((scheduled, refused))
}

/// It was made before Ulak ended, and its day is too long past when it goes on.
async fn is_too_late(db: &Db, run: &Run, campaign: CampaignId, now: Millis) -> Result<bool, CampaignError> {
    let mut reader = db.read().acquire().await?;
    let rule = store::by_id(&mut reader, run.repeat).await?;
    let is_draft = campaigns::state(&mut reader, campaign).await? == Some(StoredState::Draft);
    Ok(is_draft && rule.is_none_or(|rule| now > run.at + rule.patience()))
}

/// What reaches nobody, or comes too late, leaves no draft behind.
async fn end(db: &Db, run: &Run, state: RunState) -> Result<(), StorageError> {
    let mut tx = db.begin().await?;
    let ended = async {
        store::end_run(&mut tx, run, state).await?;
        if let (RunState::Nobody | RunState::Missed, Some(campaign)) = (state, run.campaign) {
            campaigns::delete_draft(&mut tx, campaign).await?;
        }
        Ok(())
    };
    ended.await.map_err(|error| db.error(error))?;
    db.commit(tx).await
}

//! Making the campaigns of the days that are due, and scheduling them.

use chrono_tz::Tz;
use sqlx::SqliteConnection;

use super::calendar::Day;
use super::store::{self, Run, RunState, Whose};
use super::{Due, Occasion, Plan, Rule};
use crate::campaign::audience::{Audience, OccasionOf};
use crate::campaign::draft::{Draft, StoredState};
use crate::campaign::{CampaignError, schedule, store as campaigns};
use crate::clock::{MINUTE, Millis, local};
use crate::contact::segment::store::values;
use crate::contact::store::audience::{Whom, count_people};
use crate::db::{Db, StorageError, Tx};
use crate::ids::{CampaignId, RepeatId};
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

/// A day that was left out, because Ulak was closed or what the rule sends waited for its owner's word.
#[derive(Debug)]
pub struct Missed {
    pub name: String,
    pub day: Day,
}

/// What became of what was due.
#[derive(Debug)]
pub struct Ran {
    pub scheduled: Vec<CampaignId>,
    pub refused: Vec<Refused>,
    /// Days left out for which no later day made up, and which were for somebody.
    pub missed: Vec<Missed>,
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
    let (mut missed, mut broken) = (Vec::new(), None);
    for rule in rules.iter().filter(|rule| rule.active) {
        if let Err(error) = make_all(db, rule, zone, now, &mut missed).await {
            tracing::error!(rule = %rule.id, %error, "a rule made nothing");
            broken = Some(error);
        }
    }
    let (scheduled, refused) = schedule_made(db, now, &mut missed).await?;
    Ok(Ran { scheduled, refused, missed, broken })
}

/// A day that was left out comes after all, at this moment.
pub async fn make_up(db: &Db, rule: &Rule, day: Day, now: Millis) -> Result<Ran, CampaignError> {
    values::settle(db).await?;
    let mut tx = db.begin().await?;
    let due = Due::Run { day, at: now };
    let made = async {
        if !store::take_back_missed(&mut tx, rule.id, day).await? {
            return Err(CampaignError::NotMissed);
        }
        match make(&mut tx, rule, due, now).await? {
            Made::Campaign => Ok(()),
            Made::Waits => Err(CampaignError::NotApproved),
            Made::Nobody | Made::Before | Made::Missed { .. } => Err(CampaignError::Nobody),
        }
    };
    made.await.map_err(|error| schedule::on(db, error))?;
    db.commit(tx).await?;
    let mut missed = Vec::new();
    let (scheduled, refused) = schedule_made(db, now, &mut missed).await?;
    Ok(Ran { scheduled, refused, missed, broken: None })
}

/// All of a rule's days that are due.
async fn make_all(db: &Db, rule: &Rule, zone: Tz, now: Millis, missed: &mut Vec<Missed>) -> Result<(), CampaignError> {
    let dues = rule.due(now, now + HORIZON, zone);
    let is_calendar = matches!(rule.plan, Plan::Calendar { .. });
    for (place, due) in dues.iter().enumerate() {
        let mut tx = db.begin().await?;
        let made = make(&mut tx, rule, *due, now).await.map_err(|error| schedule::on(db, error))?;
        match made {
            // The days behind it wait as well: none is passed over.
            Made::Waits => return Ok(()),
            Made::Before => continue,
            Made::Campaign | Made::Nobody | Made::Missed { .. } => db.commit(tx).await?,
        }
        // Of days of the calendar a later one stands for those before it.
        if let Made::Missed { name, day } = made
            && !(is_calendar && place + 1 < dues.len())
        {
            missed.push(Missed { name, day });
        }
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

#[derive(Debug, PartialEq, Eq)]
enum Made {
    Campaign,
    Nobody,
    /// The day is written down already; nothing of this is to stay.
    Before,
    Missed {
        name: String,
        day: Day,
    },
    /// What it sends was changed and its owner has not let it go yet. Nothing was written.
    Waits,
}

/// The day's campaign as a draft, its people and its row in one transaction.
async fn make(tx: &mut Tx, rule: &Rule, due: Due, now: Millis) -> Result<Made, CampaignError> {
    let pattern = campaigns::by_id(tx, rule.pattern).await?.ok_or(CampaignError::Gone)?;
    let (day, at) = match due {
        Due::Run { day, at } => (day, at),
        Due::Missed { day, at } => return leave_out(tx, rule, &pattern, day, at).await,
    };
    if rule.approved != Some(pattern.version) {
        return Ok(Made::Waits);
    }
    let audience = match &rule.plan {
        Plan::Calendar { .. } => pattern.audience.clone(),
        Plan::Occasion { occasion } => {
            if store::meet(tx, rule.id, occasion, day).await? == 0 {
                store::looked(tx, rule.id, day, false).await?;
                return Ok(Made::Nobody);
            }
            let occasion = Some(OccasionOf { repeat: rule.id, day: day.number() });
            Audience { occasion, ..pattern.audience.clone() }
        }
    };
    let name = format!("{} {}", pattern.name, day.0);
    let copy = store::copy(tx, rule.pattern, name.trim(), &audience, at, now).await?;
    mail::inherit(tx, (mail::Kind::Campaign, rule.pattern.0), (mail::Kind::Campaign, copy.0), now).await?;
    attachment::store::replace(tx, Owner::Campaign(rule.pattern), Owner::Campaign(copy), now).await?;
    let run = Run { repeat: rule.id, day, campaign: Some(copy), state: RunState::Made, at };
    if !store::begin_run(tx, &run).await? {
        return Ok(Made::Before);
    }
    store::looked(tx, rule.id, day, true).await?;
    Ok(Made::Campaign)
}

/// A day that is too long past. One of an occasion is told where it was for somebody.
async fn leave_out(tx: &mut Tx, rule: &Rule, pattern: &Draft, day: Day, at: Millis) -> Result<Made, CampaignError> {
    let is_for_somebody = match &rule.plan {
        Plan::Calendar { .. } => true,
        Plan::Occasion { occasion } => people_of(tx, occasion, day, pattern, at).await? > 0,
    };
    let run = Run { repeat: rule.id, day, campaign: None, state: RunState::Missed, at };
    let told = is_for_somebody && store::begin_run(tx, &run).await?;
    store::looked(tx, rule.id, day, false).await?;
    Ok(if told { Made::Missed { name: pattern.name.clone(), day } } else { Made::Nobody })
}

/// How many of the pattern's audience have a date that is told on this day.
pub async fn people_of(
    db: &mut SqliteConnection,
    occasion: &Occasion,
    day: Day,
    pattern: &Draft,
    now: Millis,
) -> Result<i64, CampaignError> {
    let frozen = pattern.audience.freeze(db, now).await?;
    let chosen = pattern.audience.chosen(pattern.audience.everyone, &frozen)?;
    Ok(count_people(db, Whom::Among(&Whose(occasion, day), &chosen)).await?)
}

async fn schedule_made(
    db: &Db,
    now: Millis,
    missed: &mut Vec<Missed>,
) -> Result<(Vec<CampaignId>, Vec<Refused>), CampaignError> {
    let made = store::made(&mut *db.read().acquire().await?).await?;
    let (mut scheduled, mut refused) = (Vec::new(), Vec::new());
    for run in made {
        let Some(campaign) = run.campaign else { continue };
        if is_too_late(db, &run, campaign, now).await? {
            if let Some(name) = pattern_name(db, run.repeat).await? {
                missed.push(Missed { name, day: run.day });
            }
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

async fn pattern_name(db: &Db, rule: RepeatId) -> Result<Option<String>, CampaignError> {
    let mut reader = db.read().acquire().await?;
    let Some(rule) = store::by_id(&mut reader, rule).await? else { return Ok(None) };
    Ok(campaigns::name(&mut reader, rule.pattern).await?)
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

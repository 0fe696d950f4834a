//! What comes again: rules, what they would do next, and doing it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Campaigns, Problem};
use crate::campaign::audience::{Audience, FollowOf};
use crate::campaign::draft::{Draft, DraftEdit};
use crate::campaign::repeat::calendar::{Calendar, Day, Every};
use crate::campaign::repeat::run::{self, Ran};
use crate::campaign::repeat::store::{self, RunState, Whose};
use crate::campaign::repeat::{Occasion, Plan, Rule};
use crate::campaign::review::{blockers, survey};
use crate::campaign::{CampaignError, store as campaigns};
use crate::clock::{Millis, local};
use crate::contact::segment::store::values;
use crate::contact::store::audience::{Whom, count_people};
use crate::db::{Reader, StorageError};
use crate::event::Event;
use crate::ids::{CampaignId, RepeatId};
use crate::ledger::{Book, store as ledger};
use crate::outbox::window::SendingHours;

const SHOWN: usize = 5;

/// What the owner decides of a rule; its content stands in the draft of its pattern.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RepeatEdit {
    pub id: RepeatId,
    pub plan: Plan,
    pub minute: u16,
    pub late_days: u8,
    pub active: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RepeatView {
    pub id: RepeatId,
    pub pattern: CampaignId,
    pub name: String,
    pub first_text: String,
    pub plan: Plan,
    pub minute: u16,
    pub late_days: u8,
    pub active: bool,
    pub practice: bool,
    /// Whom it would reach today, of the calendar; for an occasion whom it is for, on whatever day.
    pub people: i64,
    pub next: Vec<NextRun>,
    /// What one time would take today.
    pub credits: i64,
    pub free: i64,
    pub last: Option<LastRun>,
    pub blockers: Vec<Problem>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct NextRun {
    pub day: Day,
    pub at: Millis,
    /// When its first message can go, by the sending hours.
    pub goes_at: Millis,
    /// Of an occasion: whose date it is.
    pub people: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LastRun {
    pub day: Day,
    pub state: RunState,
    pub campaign: Option<CampaignId>,
}

impl Campaigns {
    /// A rule that is not switched on, with a draft for what it sends.
    pub async fn create_repeat(&self, occasion: Option<Occasion>) -> Result<Draft, Problem> {
        let draft = self.create_draft().await?;
        let today = Day(local(self.now(), self.settings().await?.zone).date_naive());
        let plan = match occasion {
            Some(occasion) => Plan::Occasion { occasion },
            None => Plan::Calendar {
                calendar: Calendar {
                    every: Every::Month { day: 1 },
                    from: today,
                    until: None,
                    times: None,
                    except: BTreeSet::new(),
                },
            },
        };
        let mut tx = self.db.begin().await?;
        store::add(&mut tx, draft.id, &plan, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.draft(draft.id).await
    }

    /// A draft for those of a campaign who did not answer, or answered so; or, days later and with whoever it is by then, a
    /// rule that comes once and that the owner switches on.
    pub async fn follow_up(&self, follows: FollowOf, after_days: Option<u16>) -> Result<Draft, Problem> {
        let copy = self.duplicate_campaign(follows.campaign).await?;
        let audience = Audience { follows: Some(follows), ..Audience::default() };
        let draft = self.save_draft(&DraftEdit { audience, ..copy.edit() }).await?;
        let Some(days) = after_days else { return Ok(draft) };
        let today = Day(local(self.now(), self.settings().await?.zone).date_naive());
        let from = today.moved(i64::from(days)).unwrap_or(today);
        let calendar = Calendar { every: Every::Day, from, until: None, times: Some(1), except: BTreeSet::new() };
        let mut tx = self.db.begin().await?;
        let added = store::add(&mut tx, draft.id, &Plan::Calendar { calendar }, self.now()).await;
        added.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.draft(draft.id).await
    }

    pub async fn repeats(&self) -> Result<Vec<RepeatView>, Problem> {
        values::settle(&self.db).await?;
        let rules = store::all(&mut *self.reader().await?).await.map_err(StorageError::from)?;
        let mut views = Vec::with_capacity(rules.len());
        for rule in rules {
            views.push(self.repeat(rule).await?);
        }
        Ok(views)
    }

    async fn repeat(&self, rule: Rule) -> Result<RepeatView, Problem> {
        let (now, hours) = (self.now(), self.settings().await?.hours());
        let mut reader = self.reader().await?;
        let pattern = campaigns::by_id(&mut reader, rule.pattern).await.map_err(StorageError::from)?;
        let pattern = pattern.ok_or(CampaignError::Gone)?;
        let survey = survey(&mut reader, &pattern, now).await?;
        let free = ledger::balance(&mut reader, pattern.book).await.map_err(StorageError::from)?.free();
        let last = store::last_run(&mut reader, rule.id).await.map_err(StorageError::from)?;
        let next = self.next_runs(&mut reader, &rule, &pattern, &hours).await?;
        Ok(RepeatView {
            id: rule.id,
            pattern: rule.pattern,
            name: pattern.name.clone(),
            first_text: pattern.text.chars().take(120).collect(),
            plan: rule.plan,
            minute: rule.minute,
            late_days: rule.late_days,
            active: rule.active,
            practice: pattern.book == Book::Practice,
            people: survey.will_send,
            next,
            credits: survey.credits(),
            free,
            last: last.map(|run| LastRun { day: run.day, state: run.state, campaign: run.campaign }),
            blockers: blockers(&pattern, &survey, &hours, now).into_iter().map(Problem::from).collect(),
        })
    }

    async fn next_runs(
        &self,
        reader: &mut Reader,
        rule: &Rule,
        pattern: &Draft,
        hours: &SendingHours,
    ) -> Result<Vec<NextRun>, Problem> {
        let now = self.now();
        let yesterday = Day(local(now, hours.zone).date_naive()).moved(-1);
        let rule = Rule { looked_on: rule.looked_on.max(yesterday), ..rule.clone() };
        let days: Vec<(Day, Millis)> = rule
            .days()
            .filter_map(|day| Some((day, rule.at(day, hours.zone)?)))
            .filter(|(_, at)| *at > now)
            .take(SHOWN)
            .collect();
        let chosen = pattern.audience.freeze(reader, now).await.map_err(CampaignError::from)?;
        let chosen = pattern.audience.chosen(pattern.audience.everyone, &chosen).map_err(CampaignError::from)?;
        let mut next = Vec::with_capacity(days.len());
        for (day, at) in days {
            let people = match &rule.plan {
                Plan::Calendar { .. } => None,
                Plan::Occasion { occasion } => {
                    let whose = Whose(occasion, day);
                    let people = count_people(reader, Whom::Among(&whose, &chosen)).await;
                    Some(people.map_err(StorageError::from)?)
                }
            };
            // On people's own clocks it begins somewhere at once, as far as anybody can tell.
            let kept = hours.kept(pattern.keeps_hours() && !pattern.local_hours, pattern.hours);
            let goes_at = kept.and_then(|hours| hours.next_open(at)).unwrap_or(at);
            next.push(NextRun { day, at, goes_at, people });
        }
        Ok(next)
    }

    /// From the day of a change on: what was before is not made up for.
    pub async fn save_repeat(&self, edit: &RepeatEdit) -> Result<(), Problem> {
        let (now, zone) = (self.now(), self.settings().await?.zone);
        let mut reader = self.reader().await?;
        let rule = store::by_id(&mut reader, edit.id).await.map_err(StorageError::from)?.ok_or(CampaignError::Gone)?;
        drop(reader);
        if let (true, Plan::Calendar { calendar }) = (edit.active, &edit.plan)
            && !calendar.ever_comes()
        {
            return Err(CampaignError::NeverComes.into());
        }
        if edit.active && !rule.active {
            self.refuse_pattern(rule.pattern).await?;
        }
        let today = Day(local(now, zone).date_naive());
        let changed = Rule {
            plan: edit.plan.clone(),
            minute: edit.minute.min(1439),
            late_days: edit.late_days,
            active: edit.active,
            ..rule
        };
        // Today counts while its time is to come.
        let is_over = changed.at(today, zone).is_none_or(|at| at <= now);
        let looked_on = if is_over { Some(today) } else { today.moved(-1) }.unwrap_or(today);
        let mut tx = self.db.begin().await?;
        let saved = store::save(&mut tx, &changed, looked_on).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::CampaignChanged(rule.pattern));
        if saved { Ok(()) } else { Err(CampaignError::Gone.into()) }
    }

    /// Nobody to send to is no fault of a rule: it may have somebody on its day.
    async fn refuse_pattern(&self, pattern: CampaignId) -> Result<(), Problem> {
        let draft = self.draft(pattern).await?;
        let survey = survey(&mut *self.reader().await?, &draft, self.now()).await?;
        let (hours, now) = (self.settings().await?.hours(), self.now());
        let in_the_way =
            blockers(&draft, &survey, &hours, now).into_iter().find(|one| !matches!(one, CampaignError::Nobody));
        in_the_way.map_or(Ok(()), |blocker| Err(blocker.into()))
    }

    pub async fn delete_repeat(&self, id: RepeatId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let deleted = async {
            if let Some(rule) = store::by_id(&mut tx, id).await? {
                store::delete(&mut tx, id).await?;
                campaigns::delete_draft(&mut tx, rule.pattern).await?;
            }
            Ok(())
        };
        deleted.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        Ok(())
    }

    /// The fields in which somebody has a day.
    pub async fn date_fields(&self) -> Result<Vec<String>, Problem> {
        values::settle(&self.db).await?;
        Ok(values::with_days(&mut *self.reader().await?).await.map_err(StorageError::from)?)
    }

    /// Makes and schedules what is due.
    pub async fn run_repeats(&self) -> Result<(), Problem> {
        let _one_at_a_time = self.scheduling.lock().await;
        let _whole = self.freezing.read().await;
        let Ran { scheduled, refused, broken } = run::run(&self.db, self.now()).await?;
        scheduled.into_iter().for_each(|campaign| self.changed(campaign));
        for one in refused {
            self.notices.tell(CampaignError::NotRepeated { name: one.name, reason: one.why.to_string() });
            self.changed(one.campaign);
        }
        broken.map_or(Ok(()), |error| Err(error.into()))
    }
}

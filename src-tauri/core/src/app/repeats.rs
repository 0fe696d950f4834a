//! What comes again: rules, what they would do next, and doing it.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Campaigns, Problem};
use crate::campaign::audience::{Audience, FollowOf};
use crate::campaign::draft::{Draft, DraftEdit};
use crate::campaign::repeat::calendar::{Calendar, Day, Every};
use crate::campaign::repeat::run::{self, Ran};
use crate::campaign::repeat::store::{self, Run, RunState};
use crate::campaign::repeat::{Occasion, Plan, Rule};
use crate::campaign::review::{blockers, survey};
use crate::campaign::{CampaignError, store as campaigns};
use crate::clock::{Millis, local};
use crate::contact::segment::store::values;
use crate::db::{Reader, StorageError};
use crate::event::Event;
use crate::ids::{CampaignId, RepeatId};
use crate::ledger::{Book, store as ledger};
use crate::outbox::window::SendingHours;

const SHOWN: usize = 5;
/// How far back a day that was left out is offered to be made up for.
const OFFERED_DAYS: i64 = 14;

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
    /// Days that were left out and can still come, the oldest first: of the calendar the last alone.
    pub missed: Vec<MissedDay>,
    /// What it sends was changed since its owner let it go. Until they confirm it nothing of it goes out.
    pub waits: bool,
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

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MissedDay {
    pub day: Day,
    /// Of an occasion: whose date it was.
    pub people: Option<i64>,
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
        let missed = self.missed_days(&mut reader, &rule, &pattern, last.as_ref(), hours.zone).await?;
        Ok(RepeatView {
            id: rule.id,
            pattern: rule.pattern,
            waits: rule.active && rule.approved != Some(pattern.version),
            missed,
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
        let mut next = Vec::with_capacity(days.len());
        for (day, at) in days {
            let people = match &rule.plan {
                Plan::Calendar { .. } => None,
                Plan::Occasion { occasion } => Some(run::people_of(reader, occasion, day, pattern, now).await?),
            };
            // On people's own clocks it begins somewhere at once, as far as anybody can tell.
            let kept = hours.kept(pattern.keeps_hours() && !pattern.local_hours, pattern.hours);
            let goes_at = kept.and_then(|hours| hours.next_open(at)).unwrap_or(at);
            next.push(NextRun { day, at, goes_at, people });
        }
        Ok(next)
    }

    /// Those that can still come, if their owner wants it.
    async fn missed_days(
        &self,
        reader: &mut Reader,
        rule: &Rule,
        pattern: &Draft,
        last: Option<&Run>,
        zone: Tz,
    ) -> Result<Vec<MissedDay>, Problem> {
        let now = self.now();
        let today = Day(local(now, zone).date_naive());
        let since = today.moved(-OFFERED_DAYS).unwrap_or(today);
        let days = store::missed(reader, rule.id, since).await.map_err(StorageError::from)?;
        let mut missed = Vec::new();
        for day in days {
            let people = match &rule.plan {
                // What came later stands for what was left out before.
                Plan::Calendar { .. } if last.is_some_and(|last| last.day > day) => continue,
                Plan::Calendar { .. } => None,
                Plan::Occasion { occasion } => Some(run::people_of(reader, occasion, day, pattern, now).await?),
            };
            missed.push(MissedDay { day, people });
        }
        missed.retain(|one| one.people != Some(0));
        Ok(missed)
    }

    /// From the day of a change on: what was before is not made up for.
    pub async fn save_repeat(&self, edit: &RepeatEdit) -> Result<(), Problem> {
        let (now, zone) = (self.now(), self.settings().await?.zone);
        let rule = self.rule(edit.id).await?;
        if let (true, Plan::Calendar { calendar }) = (edit.active, &edit.plan)
            && !calendar.ever_comes()
        {
            return Err(CampaignError::NeverComes.into());
        }
        let approved = match edit.active && !rule.active {
            true => Some(self.sound_pattern(rule.pattern).await?),
            false => rule.approved,
        };
        let today = Day(local(now, zone).date_naive());
        let changed = Rule {
            plan: edit.plan.clone(),
            minute: edit.minute.min(1439),
            late_days: edit.late_days,
            active: edit.active,
            approved,
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

    /// What a rule sends was changed, and is to go out as it is.
    pub async fn approve_repeat(&self, id: RepeatId) -> Result<(), Problem> {
        let rule = self.rule(id).await?;
        let version = self.sound_pattern(rule.pattern).await?;
        let mut tx = self.db.begin().await?;
        let approved = store::approve(&mut tx, id, version).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::CampaignChanged(rule.pattern));
        if approved { Ok(()) } else { Err(CampaignError::Gone.into()) }
    }

    async fn rule(&self, id: RepeatId) -> Result<Rule, Problem> {
        let rule = store::by_id(&mut *self.reader().await?, id).await.map_err(StorageError::from)?;
        Ok(rule.ok_or(CampaignError::Gone)?)
    }

    /// The version of the pattern, where nothing stands in its way. Nobody to send to is no fault of a rule: it may have
    /// somebody on its day.
    async fn sound_pattern(&self, pattern: CampaignId) -> Result<i64, Problem> {
        let draft = self.draft(pattern).await?;
        let survey = survey(&mut *self.reader().await?, &draft, self.now()).await?;
        let (hours, now) = (self.settings().await?.hours(), self.now());
        let in_the_way =
            blockers(&draft, &survey, &hours, now).into_iter().find(|one| !matches!(one, CampaignError::Nobody));
        in_the_way.map_or(Ok(draft.version), |blocker| Err(blocker.into()))
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
        let ran = run::run(&self.db, self.now()).await?;
        self.tell_of(ran)
    }

    /// A day that was left out comes after all, at once.
    pub async fn make_up_repeat(&self, id: RepeatId, day: Day) -> Result<(), Problem> {
        let rule = self.rule(id).await?;
        let name = self.draft(rule.pattern).await?.name;
        let _one_at_a_time = self.scheduling.lock().await;
        let _whole = self.freezing.read().await;
        let ran = run::make_up(&self.db, &rule, day, self.now()).await?;
        self.notices.withdraw(&CampaignError::LeftOut { name, day: day.0 }.into());
        self.events.emit(Event::CampaignChanged(rule.pattern));
        self.tell_of(ran)
    }

    fn tell_of(&self, Ran { scheduled, refused, missed, broken }: Ran) -> Result<(), Problem> {
        for one in missed {
            self.notices.tell(CampaignError::LeftOut { name: one.name, day: one.day.0 });
        }
        scheduled.into_iter().for_each(|campaign| self.changed(campaign));
        for one in refused {
            self.notices.tell(CampaignError::NotRepeated { name: one.name, reason: one.why.into() });
            self.changed(one.campaign);
        }
        broken.map_or(Ok(()), |error| Err(error.into()))
    }
}

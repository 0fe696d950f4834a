//! What Home and the now bar show.

use std::sync::{Arc, Mutex};

use serde::Serialize;
use sqlx::SqliteConnection;

use super::awake::Awake;
use super::common::{Common, facet};
use super::credits::running_low;
use super::review::{Span, open_on};
use super::{Campaigns, NumberView, Numbers, Outbox, OwnerSettings, Problem, locked};
use crate::campaign::CampaignState;
use crate::campaign::doing::{Doing, Waits};
use crate::campaign::forecast::Rates;
use crate::campaign::list::{self, CampaignPage, CampaignQuery};
use crate::campaign::live::{self, CampaignRow, LiveView, Moment, WaitKind, WaitView};
use crate::campaign::repeat::store as repeats;
use crate::campaign::store as campaigns;
use crate::clock::{DAY, Millis, local};
use crate::contact;
use crate::db::StorageError;
use crate::event::Event;
use crate::ids::{CampaignId, MessageId};
use crate::ledger::Book;
use crate::ledger::figures::{self, BalanceView};
use crate::notice::Notice;
use crate::outbox::plan::{Wait, Why};
use crate::outbox::state::SkipReason;
use crate::outbox::stopping::StoppedFor;
use crate::outbox::store::recipients::{self, RecipientPage, RecipientQuery, RecipientRow, RecipientView};
use crate::outbox::store::troubled::{self, Troubled};
use crate::outbox::store::{queue, reading};
use crate::outbox::window::SendingHours;
use crate::session::messenger::Messenger;
use crate::session::store as sessions;
use crate::settings;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct NowView {
    /// What finished last, until its owner has seen it.
    pub finished: Option<Finished>,
    pub campaign_id: Option<CampaignId>,
    pub name: Option<String>,
    pub doing: Option<Doing>,
    pub done: i64,
    pub total: i64,
    pub wait: WaitView,
    /// When the sending hours close, for a campaign that is being sent and keeps them.
    pub hours_until: Option<Millis>,
    pub paused_all: bool,
    pub clock: Millis,
}

/// A campaign of which nothing waits any more.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Finished {
    pub id: CampaignId,
    pub name: String,
    pub at: Millis,
    /// People who were to get it and whose last part was accepted.
    pub sent: i64,
    pub total: i64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct HomeView {
    pub now: NowView,
    pub live: Option<LiveView>,
    /// The result that its owner has not seen.
    pub result: Option<LiveView>,
    /// When the sending hours are open today.
    pub open: Vec<Span>,
    /// What the day is called, if nothing goes out on it.
    pub closed_for: Option<String>,
    pub hours_left_ms: Option<Millis>,
    /// When they open next, while they are closed.
    pub opens_at: Option<Millis>,
    pub numbers: Vec<NumberView>,
    pub attention: Vec<Attention>,
    /// What was found out when the data were opened.
    pub found: Vec<Problem>,
    /// What Ulak met and went on from.
    pub notices: Vec<Notice>,
    pub credits: BalanceView,
    pub next: Option<CampaignRow>,
    pub contacts: i64,
    pub campaigns: i64,
    /// Whether the computer is kept from falling asleep.
    pub awake: Awake,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Attention {
    pub kind: AttentionKind,
    pub count: i64,
    pub campaign_id: Option<CampaignId>,
    /// A message that belongs to no campaign.
    pub message_id: Option<MessageId>,
    /// Of the campaign, or of the person.
    pub name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum AttentionKind {
    RecoveryCode,
    Failed,
    Unknown,
    MessageFailed,
    MessageUnknown,
    Paused,
    StoppedFailures,
    StoppedOptOuts,
    CreditsLow,
    ClearingBegins,
    /// What a rule sends was changed and waits for a word.
    RuleWaits,
    EventsRefused,
}

/// A result that nobody looked at for so long is no news.
const NEWS: Millis = 7 * DAY;

impl Attention {
    fn one(kind: AttentionKind) -> Self {
        Self { kind, count: 1, campaign_id: None, message_id: None, name: None }
    }
}

impl From<Troubled> for Attention {
    fn from(troubled: Troubled) -> Self {
        let kind = if troubled.in_doubt { AttentionKind::MessageUnknown } else { AttentionKind::MessageFailed };
        Self { message_id: Some(troubled.message), name: Some(troubled.person), ..Self::one(kind) }
    }
}

/// Campaigns with failures that Home tells of, and single messages.
const MOST_FAILED: u32 = 20;

impl Campaigns {
    /// A page of the list of campaigns, each with its counts.
    pub async fn list(&self, query: &CampaignQuery) -> Result<CampaignPage, Problem> {
        let mut reader = self.reader().await?;
        let waits = self.waits(&mut reader).await?;
        Ok(list::page(&mut reader, query, &waits, self.now()).await.map_err(StorageError::from)?)
    }

    /// The campaigns of these queues, the one changed last first.
    pub(super) async fn rows(
        &self,
        db: &mut SqliteConnection,
        queues: &[CampaignId],
        waits: &Waits,
    ) -> Result<Vec<CampaignRow>, Problem> {
        let listed = campaigns::by_ids(db, queues).await.map_err(StorageError::from)?;
        Ok(live::rows(db, listed, waits, self.now()).await.map_err(StorageError::from)?)
    }

    pub async fn live(&self, id: CampaignId) -> Result<LiveView, Problem> {
        let hours = self.settings().await?.hours();
        let mut reader = self.reader().await?;
        let sessions = sessions::all(&mut reader).await.map_err(StorageError::from)?;
        let draft = campaigns::by_id(&mut reader, id).await.map_err(StorageError::from)?;
        let draft = draft.ok_or(crate::campaign::CampaignError::Gone)?;
        let waits = self.waits(&mut reader).await?;
        let rates = Rates { hours: &hours, sessions: &sessions, practice_gap: self.practising.number.gap() };
        let moment = Moment { now: self.now(), waits, rates };
        Ok(live::live(&mut reader, &draft, &moment).await?)
    }

    /// What the planner says; a pause of everything is told even while nothing waits.
    pub(super) async fn waits(&self, db: &mut SqliteConnection) -> Result<Waits, Problem> {
        let paused_all = paused_all(db).await?;
        let all = if paused_all { Wait::new(Why::PausedAll) } else { self.dispatcher.wait() };
        Ok(Waits { paused_all, all, queues: self.dispatcher.queue_waits() })
    }
}

/// What there is to see at a glance.
pub struct Home {
    common: Common,
    pub(super) campaigns: Arc<Campaigns>,
    pub(super) numbers: Arc<Numbers>,
    settings: Arc<OwnerSettings>,
    pub(super) awake: Mutex<Awake>,
}

facet!(Home);

impl Home {
    pub(super) fn new(
        common: Common,
        campaigns: Arc<Campaigns>,
        numbers: Arc<Numbers>,
        settings: Arc<OwnerSettings>,
    ) -> Self {
        Self { common, campaigns, numbers, settings, awake: Mutex::default() }
    }

    pub async fn now_view(&self) -> Result<NowView, Problem> {
        let now = self.now();
        let mut reader = self.reader().await?;
        let waiting = reading::waiting(&mut reader).await.map_err(StorageError::from)?;
        let waits = self.campaigns.waits(&mut reader).await?;
        let campaigns = self.campaigns.rows(&mut reader, &waiting, &waits).await?;
        let current = current(&campaigns);
        let sessions = sessions::all(&mut reader).await.map_err(StorageError::from)?;
        let wait = match current {
            Some(row) => live::wait(&mut reader, row.doing, row.waits, &sessions).await.map_err(StorageError::from)?,
            None if waits.paused_all => WaitView::plain(WaitKind::PausedAll),
            // Single messages belong to no campaign.
            None if !waiting.is_empty() => WaitView::of(waits.all, &sessions, None),
            None => WaitView::plain(WaitKind::Nothing),
        };
        let hours_until = match current.filter(|row| row.doing == Doing::Sending) {
            Some(row) => Self::closes_for(&mut reader, row.id, now).await?,
            None => None,
        };
        let finished = self.newest_result(&mut reader, &waits, now).await?;
        Ok(NowView {
            finished,
            campaign_id: current.map(|row| row.id),
            name: current.map(|row| row.name.clone()),
            doing: current.map(|row| row.doing),
            done: current.map_or(0, |row| row.counts.total() - row.counts.open() - row.counts.skipped),
            total: current.map_or(0, |row| row.counts.total() - row.counts.skipped),
            wait,
            hours_until,
            paused_all: waits.paused_all,
            clock: now,
        })
    }

    async fn newest_result(
        &self,
        db: &mut SqliteConnection,
        waits: &Waits,
        now: Millis,
    ) -> Result<Option<Finished>, Problem> {
        let unseen = reading::unseen_result(db, now - NEWS).await.map_err(StorageError::from)?;
        let rows = self.campaigns.rows(db, unseen.as_slice(), waits).await?;
        Ok(rows.into_iter().find_map(finished))
    }

    /// The owner has seen what became of it. What was seen already changes nothing, so that a page that says it at
    /// every change does not go round in circles.
    pub async fn result_seen(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        if !queue::result_seen(&mut tx, id).await.map_err(|error| self.db.error(error))? {
            return Ok(());
        }
        self.db.commit(tx).await?;
        self.events.emit(Event::NowChanged);
        Ok(())
    }

    /// The owner has seen to what failed of a campaign so far.
    pub async fn failures_seen(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        queue::failures_seen(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::NowChanged);
        Ok(())
    }

    /// When the sending hours close for a campaign that keeps them on the owner's clock.
    async fn closes_for(db: &mut SqliteConnection, id: CampaignId, now: Millis) -> Result<Option<Millis>, Problem> {
        let draft = campaigns::by_id(db, id).await.map_err(StorageError::from)?.filter(|draft| !draft.local_hours);
        let hours = settings::load(db).await.map_err(StorageError::from)?.hours();
        Ok(draft.and_then(|draft| draft.hours_of(&hours)).and_then(|hours| closing(&hours, now)))
    }

    pub async fn view(&self) -> Result<HomeView, Problem> {
        let now = self.now_view().await?;
        let campaigns = self.worth_telling().await?;
        let live = match now.campaign_id {
            Some(id) => Some(self.campaigns.live(id).await?),
            None => None,
        };
        let result = match &now.finished {
            Some(finished) => Some(self.campaigns.live(finished.id).await?),
            None => None,
        };
        let scheduled = campaigns.iter().filter(|row| row.state == CampaignState::Scheduled);
        let next = scheduled.filter(|row| Some(row.id) != now.campaign_id).min_by_key(|row| row.due_at).cloned();
        let attention = self.attention(&campaigns).await?;
        let credits = self.home_balance().await?;
        let settings = self.common.settings().await?;
        let hours = settings.hours();
        let today = local(now.clock, hours.zone).date_naive();
        let numbers = self.numbers.list().await?;
        let mut reader = self.reader().await?;
        let contacts = contact::store::count(&mut reader).await.map_err(StorageError::from)?;
        Ok(HomeView {
            open: open_on(&hours, today),
            closed_for: settings.closed_days.into_iter().find(|closed| closed.day == today).map(|closed| closed.name),
            hours_left_ms: closing(&hours, now.clock).map(|until| until - now.clock),
            opens_at: hours.next_open(now.clock).filter(|at| *at > now.clock),
            numbers,
            campaigns: campaigns::count(&mut reader, None).await.map_err(StorageError::from)?,
            now,
            live,
            result,
            attention,
            found: self.found.all(),
            notices: self.notices.all(),
            credits,
            next,
            contacts,
            awake: *locked(&self.awake),
        })
    }

    /// What Home may speak of: what goes on, and the newest with failures that nobody has seen to.
    async fn worth_telling(&self) -> Result<Vec<CampaignRow>, Problem> {
        let mut reader = self.reader().await?;
        let mut queues = reading::waiting(&mut reader).await.map_err(StorageError::from)?;
        queues.extend(reading::with_failures(&mut reader, MOST_FAILED).await.map_err(StorageError::from)?);
        let waits = self.campaigns.waits(&mut reader).await?;
        self.campaigns.rows(&mut reader, &queues, &waits).await
    }

    /// Real credits once there are some; until then the practice ones.
    async fn home_balance(&self) -> Result<BalanceView, Problem> {
        let mut reader = self.reader().await?;
        let real = figures::balance(&mut reader, Book::Real).await.map_err(StorageError::from)?;
        if real.granted > 0 {
            return Ok(real);
        }
        Ok(figures::balance(&mut reader, Book::Practice).await.map_err(StorageError::from)?)
    }

    pub(super) async fn attention(&self, campaigns: &[CampaignRow]) -> Result<Vec<Attention>, Problem> {
        let mut attention = Vec::new();
        if self.settings.recovery_code().is_some() {
            attention.push(Attention::one(AttentionKind::RecoveryCode));
        }
        let due = self.clearing_begins().await?;
        attention.extend((due > 0).then(|| Attention { count: due, ..Attention::one(AttentionKind::ClearingBegins) }));
        let mut reader = self.reader().await?;
        let low = running_low(&mut reader, self.now()).await.map_err(|error| self.db.error(error))?;
        let seen: Option<i64> =
            settings::get(&mut reader, settings::key::LOW_SEEN).await.map_err(|error| self.db.error(error))?;
        let failing = reading::with_failures(&mut reader, MOST_FAILED).await.map_err(|error| self.db.error(error))?;
        let waiting = repeats::waiting(&mut reader).await.map_err(|error| self.db.error(error))?;
        let refused: Option<i64> =
            settings::get(&mut reader, settings::key::EVENTS_TO_MEND).await.map_err(|error| self.db.error(error))?;
        drop(reader);
        let rule_waits = AttentionKind::RuleWaits;
        attention.extend(waiting.into_iter().map(|(pattern, name)| Attention {
            campaign_id: Some(pattern),
            name: Some(name),
            ..Attention::one(rule_waits)
        }));
        if let Some(count) = refused.filter(|count| *count > 0) {
            attention.push(Attention { count, ..Attention::one(AttentionKind::EventsRefused) });
        }
        if let Some((low, granted)) = low {
            let told = Attention { count: low.free, ..Attention::one(AttentionKind::CreditsLow) };
            attention.extend((seen != Some(granted)).then_some(told));
        }
        for row in campaigns {
            let mut about = |kind: AttentionKind, count: i64| {
                if count > 0 {
                    let (campaign_id, name) = (Some(row.id), Some(row.name.clone()));
                    attention.push(Attention { count, campaign_id, name, ..Attention::one(kind) });
                }
            };
            about(AttentionKind::Failed, if failing.contains(&row.id) { row.counts.failed } else { 0 });
            // Of practice nothing is to be done.
            about(AttentionKind::Unknown, if row.practice { 0 } else { row.counts.unknown });
            let paused = match row.stopped_for {
                Some(StoppedFor::Failures) => AttentionKind::StoppedFailures,
                Some(StoppedFor::OptOuts) => AttentionKind::StoppedOptOuts,
                None => AttentionKind::Paused,
            };
            about(paused, if row.state == CampaignState::Paused { row.counts.open() } else { 0 });
        }
        let troubled = troubled::newest(&mut *self.reader().await?, MOST_FAILED).await;
        attention.extend(troubled.map_err(|error| self.db.error(error))?.into_iter().map(Attention::from));
        Ok(attention)
    }
}

impl Outbox {
    /// The people whom a campaign skipped for one reason, at most so many; with a variable those who lacked that one.
    pub async fn skipped_for(
        &self,
        id: CampaignId,
        reason: SkipReason,
        variable: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RecipientRow>, Problem> {
        let limit = limit.min(1_000);
        let found = recipients::skipped_for(&mut *self.reader().await?, id, reason, variable, limit).await;
        Ok(found.map_err(StorageError::from)?)
    }

    pub async fn recipients(&self, query: &RecipientQuery) -> Result<RecipientPage, Problem> {
        Ok(recipients::recipients(&mut *self.reader().await?, query).await.map_err(StorageError::from)?)
    }
}

impl Outbox {
    pub async fn recipient(&self, id: MessageId) -> Result<RecipientView, Problem> {
        let view =
            recipients::recipient(&mut *self.reader().await?, id, self.now()).await.map_err(StorageError::from)?;
        view.ok_or_else(|| crate::campaign::CampaignError::Gone.into())
    }
}

/// When hours that are open close; none where they never do.
fn closing(hours: &SendingHours, now: Millis) -> Option<Millis> {
    hours.closes_at(now).filter(|at| *at != Millis::MAX)
}

/// None while it has not ended.
fn finished(row: CampaignRow) -> Option<Finished> {
    let counts = row.counts;
    let total = counts.total() - counts.skipped;
    Some(Finished { id: row.id, at: row.finished_at?, sent: counts.accepted(), total, name: row.name })
}

async fn paused_all(db: &mut SqliteConnection) -> Result<bool, StorageError> {
    Ok(settings::get(db, settings::key::PAUSED_ALL).await?.unwrap_or(false))
}

/// The campaign that the now bar speaks of: what is being sent before what waits, and that before what is planned.
fn current(campaigns: &[CampaignRow]) -> Option<&CampaignRow> {
    let waiting = campaigns.iter().filter(|row| row.counts.open() > 0 && row.doing != Doing::Draft);
    waiting.min_by_key(|row| (row.doing.rank(), row.due_at))
}

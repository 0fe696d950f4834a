//! A campaign as it runs: read from the outbox, never stored.

use serde::Serialize;
use sqlx::SqliteConnection;

use super::audience::Audience;
use super::doing::{Doing, Standing, Waits, doing};
use super::draft::Draft;
use super::forecast::{self, Rates};
use super::review::SkipLine;
use super::store::Listed;
use super::{CampaignError, CampaignState, store};
use crate::clock::Millis;
use crate::contact::phone::Country;
use crate::contact::store::audience::count_people;
use crate::ids::{CampaignId, SessionId};
use crate::inbound::store::replies::{Answers, answers};
use crate::ledger::Book;
use crate::outbox::plan::{Wait, Why};
use crate::outbox::stopping::StoppedFor;
use crate::outbox::store::reading::{self, CauseLine, Counts, Quarter, QueueRow, Share, Tally};
use crate::outbox::turn::QueueWait;
use crate::session::{Session, store as sessions};

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct CampaignRow {
    pub id: CampaignId,
    pub name: String,
    pub state: CampaignState,
    pub doing: Doing,
    pub practice: bool,
    /// None where no counter tells it: for a draft with segments, or without somebody.
    pub people: Option<i64>,
    pub counts: Counts,
    pub parts: i64,
    pub due_at: Option<Millis>,
    pub started_at: Option<Millis>,
    pub finished_at: Option<Millis>,
    pub updated_at: Millis,
    pub first_text: String,
    /// Why it was paused by itself.
    pub stopped_for: Option<StoppedFor>,
    /// What it waits for, where that is asked for.
    #[serde(skip)]
    pub waits: QueueWait,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LiveView {
    pub id: CampaignId,
    pub name: String,
    pub state: CampaignState,
    pub doing: Doing,
    pub practice: bool,
    pub people: i64,
    pub counts: Counts,
    pub parts: i64,
    pub due_at: Millis,
    pub started_at: Option<Millis>,
    pub finishes_at: Option<Millis>,
    /// Until then it goes out without a long break, where it is not through by then.
    pub breaks_at: Option<Millis>,
    pub finished_at: Option<Millis>,
    pub per_quarter: Vec<Quarter>,
    pub last_hour: i64,
    pub wait: WaitView,
    pub credits: CampaignCredits,
    pub causes: Vec<CauseLine>,
    pub skipped: Vec<SkipLine>,
    /// The share of each number.
    pub sessions: Vec<SessionCount>,
    pub answers: Answers,
    /// The version of its content that counts; 1 where it was never revised for all.
    pub version: i64,
    /// Its messages are being brought to that version, and nothing of it goes out.
    pub revising: bool,
    /// Why it was paused by itself.
    pub stopped_for: Option<StoppedFor>,
    /// When its text and its files were cleared: nothing of it can be sent again or copied.
    pub cleared_at: Option<Millis>,
}

/// What one number did for a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SessionCount {
    pub session: SessionId,
    pub name: String,
    /// Parts that WhatsApp accepted from it.
    pub sent: i64,
    /// Parts whose last try was its own and failed.
    pub failed: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct CampaignCredits {
    pub held: i64,
    pub settled: i64,
    pub released: i64,
}

/// Why nothing is sent at this moment, with the name of the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename = "Wait")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct WaitView {
    pub kind: WaitKind,
    pub until: Option<Millis>,
    pub session_name: Option<String>,
    /// The campaign that uses the number first; none where messages that belong to no campaign do.
    pub behind: Option<String>,
    /// Whose hours have not opened, by its code, where that is not the owner's.
    pub country: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum WaitKind {
    Nothing,
    Sending,
    Pace,
    Rest,
    Hours,
    Cap,
    Due,
    Missed,
    /// Another campaign goes first.
    Turn,
    /// Nothing is left but what is in doubt.
    Checking,
    Paused,
    PausedAll,
    NoNumber,
    NotConnected,
    NewChats,
    Shut,
    Unheard,
    Disk,
    Locked,
    ReadOnly,
    Damaged,
    Fault,
}

impl WaitView {
    pub fn of(wait: Wait, sessions: &[Session], behind: Option<String>) -> Self {
        let kind = match wait.why {
            Why::Nothing => WaitKind::Nothing,
            Why::Sending => WaitKind::Sending,
            Why::Pace => WaitKind::Pace,
            Why::Rest => WaitKind::Rest,
            Why::Missed => WaitKind::Missed,
            Why::Hours => WaitKind::Hours,
            Why::Cap => WaitKind::Cap,
            Why::Due => WaitKind::Due,
            Why::PausedAll => WaitKind::PausedAll,
            Why::NoNumber => WaitKind::NoNumber,
            Why::NotConnected => WaitKind::NotConnected,
            Why::NewChats => WaitKind::NewChats,
            Why::Shut => WaitKind::Shut,
            Why::Unheard => WaitKind::Unheard,
            Why::Disk => WaitKind::Disk,
            Why::Locked => WaitKind::Locked,
            Why::ReadOnly => WaitKind::ReadOnly,
            Why::Damaged => WaitKind::Damaged,
            Why::Fault => WaitKind::Fault,
        };
        let named =
            |id: SessionId| sessions.iter().find(|session| session.id == id).map(|session| session.called().to_owned());
        Self {
            kind,
            until: wait.until,
            session_name: wait.session.and_then(named),
            behind,
            country: wait.country.map(Country::code),
        }
    }

    pub fn plain(kind: WaitKind) -> Self {
        Self { kind, until: None, session_name: None, behind: None, country: None }
    }
}

/// What the views need to know of the moment.
pub struct Moment<'a> {
    pub now: Millis,
    pub waits: Waits,
    pub rates: Rates<'a>,
}

/// Their counts are read together, so a list costs a few statements however long it is.
pub async fn rows(
    db: &mut SqliteConnection,
    listed: Vec<Listed>,
    waits: &Waits,
    now: Millis,
) -> Result<Vec<CampaignRow>, sqlx::Error> {
    let ids: Vec<CampaignId> = listed.iter().map(|listed| listed.id).collect();
    let queues = reading::queue_rows(db, &ids).await?;
    let mut rows = Vec::with_capacity(listed.len());
    for listed in listed {
        let queue = queues.get(&listed.id);
        let people = match queue {
            Some(queue) => Some(queue.tally.people.total()),
            None => audience_size(db, &listed.audience, now).await?,
        };
        rows.push(row(listed, queue, people, waits, now));
    }
    Ok(rows)
}

/// How many people a draft is for, where that need not be found out from all contacts: a list is shown often.
async fn audience_size(
    db: &mut SqliteConnection,
    audience: &Audience,
    now: Millis,
) -> Result<Option<i64>, sqlx::Error> {
    if audience.has_segments() || audience.leaves_out() {
        return Ok(None);
    }
    match audience.freeze(db, now).await.and_then(|frozen| audience.target(&frozen)) {
        Ok(target) => count_people(db, target.whom()).await.map(Some),
        Err(error) => Err(sqlx::Error::Encode(error.into())),
    }
}

fn row(listed: Listed, queue: Option<&QueueRow>, people: Option<i64>, waits: &Waits, now: Millis) -> CampaignRow {
    let Tally { people: counts, parts, last_at, .. } = queue.map(|queue| queue.tally).unwrap_or_default();
    let started_at = queue.and_then(|queue| queue.started_at);
    let due = listed.due_at.is_some_and(|due_at| due_at <= now);
    let stopped_for = queue.as_ref().and_then(|queue| queue.stopped_for);
    let queue = queue.map(|queue| queue.state);
    let state = listed.state.shown(queue, parts.open(), started_at.is_some(), due);
    let (doing, waits) = doing(&Standing { id: listed.id, state, parts, due_at: listed.due_at }, waits);
    CampaignRow {
        id: listed.id,
        name: listed.name,
        state,
        doing,
        practice: listed.book == Book::Practice,
        people,
        counts,
        parts: parts.total(),
        due_at: listed.due_at,
        started_at,
        finished_at: last_at.filter(|_| parts.open() == 0),
        updated_at: listed.updated_at,
        first_text: listed.text,
        stopped_for,
        waits,
    }
}

pub async fn live(db: &mut SqliteConnection, draft: &Draft, moment: &Moment<'_>) -> Result<LiveView, CampaignError> {
    let id = draft.id;
    let now = moment.now;
    let QueueRow { state: queue, tally, started_at, version, revising, stopped_for, cleared_at } =
        reading::queue_rows(db, &[id]).await?.remove(&id).ok_or(CampaignError::Gone)?;
    let Tally { people: counts, parts, credits, last_at } = tally;
    let due_at = draft.due_at.unwrap_or(now);
    let state = draft.state.shown(Some(queue), parts.open(), started_at.is_some(), due_at <= now);
    let (doing, waits) = doing(&Standing { id, state, parts, due_at: draft.due_at }, &moment.waits);
    let (breaks_at, finishes_at) =
        if doing.has_finish(waits.wait) { ahead(db, draft, parts.open(), moment).await? } else { (None, None) };
    Ok(LiveView {
        id,
        name: draft.name.clone(),
        state,
        doing,
        practice: draft.book == Book::Practice,
        people: counts.total(),
        counts,
        parts: parts.total(),
        due_at,
        started_at,
        finishes_at,
        breaks_at,
        finished_at: last_at.filter(|_| parts.open() == 0),
        per_quarter: reading::quarters(db, id, now).await?,
        last_hour: reading::sent_since(db, id, now - reading::LAST_HOUR).await?,
        wait: wait(db, doing, waits, moment.rates.sessions).await?,
        credits: credits_of(&credits),
        causes: reading::causes(db, id).await?,
        skipped: skip_lines(reading::skipped(db, id).await?),
        sessions: shares(db, id).await?,
        answers: answers(db, id).await?,
        version,
        revising,
        stopped_for,
        cleared_at,
    })
}

/// The share of each number that has sent or failed something, in the order of the numbers.
async fn shares(db: &mut SqliteConnection, id: CampaignId) -> Result<Vec<SessionCount>, sqlx::Error> {
    let shares = reading::by_session(db, id).await?;
    let share = |(session, name): (SessionId, String)| {
        let Share { sent, failed, .. } = *shares.iter().find(|share| share.session == session)?;
        Some(SessionCount { session, name, sent, failed })
    };
    Ok(sessions::names(db).await?.into_iter().filter_map(share).collect())
}

/// Each part holds its price until that is settled or released: the states say which.
fn credits_of(prices: &Counts) -> CampaignCredits {
    CampaignCredits {
        held: prices.open(),
        settled: prices.accepted(),
        released: prices.failed + prices.skipped + prices.cancelled,
    }
}

/// When it has its first long break, and when it will be through.
async fn ahead(
    db: &mut SqliteConnection,
    draft: &Draft,
    open: i64,
    moment: &Moment<'_>,
) -> Result<(Option<Millis>, Option<Millis>), sqlx::Error> {
    let shares = forecast::shares(db, draft, open).await?;
    let forecast = moment.rates.forecast(db, Some((draft, shares)), moment.now).await?;
    Ok(match forecast.plan(draft.id) {
        [] => (None, None),
        [only] => (None, Some(only.to)),
        [first, .., last] => (Some(first.to), Some(last.to)),
    })
}

/// What it waits for, with the name of the campaign that goes first.
pub async fn wait(
    db: &mut SqliteConnection,
    doing: Doing,
    waits: QueueWait,
    sessions: &[Session],
) -> Result<WaitView, sqlx::Error> {
    let behind = match waits.behind {
        Some(other) => store::name(db, other).await?,
        None => None,
    };
    Ok(told(doing, waits.wait, sessions, behind))
}

/// `behind` is the campaign that goes first; none where it is messages that belong to no campaign.
fn told(doing: Doing, wait: Wait, sessions: &[Session], behind: Option<String>) -> WaitView {
    match doing {
        Doing::Paused => WaitView::plain(WaitKind::Paused),
        Doing::Checking => WaitView::plain(WaitKind::Checking),
        Doing::Behind => WaitView { kind: WaitKind::Turn, ..WaitView::of(wait, sessions, behind) },
        _ => WaitView::of(wait, sessions, None),
    }
}

fn skip_lines(rows: Vec<(String, Option<String>, i64)>) -> Vec<SkipLine> {
    let line = |(reason, variable, people): (String, Option<String>, i64)| {
        Some(SkipLine { reason: reason.parse().ok()?, people, variable })
    };
    rows.into_iter().filter_map(line).collect()
}

pub async fn all_sessions(db: &mut SqliteConnection) -> Result<Vec<Session>, sqlx::Error> {
    sessions::all(db).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::campaign::doing::WHYS;
    use crate::ids::IdGenerator;

    /// What is said of the wait is said of the campaign: whatever it waits for, alone, behind another campaign or behind
    /// messages that belong to none.
    #[test]
    fn the_wait_says_sending_where_the_campaign_is_being_sent_and_nowhere_else() {
        let mint = IdGenerator::at(0);
        let (id, other) = (mint.next(), mint.next());
        let states = [CampaignState::Scheduled, CampaignState::Running, CampaignState::Paused, CampaignState::Finished];
        for (state, why) in states.into_iter().flat_map(|state| WHYS.map(|why| (state, why))) {
            for (behind, name) in [(None, None), (Some(other), None), (Some(other), Some("Güz".to_owned()))] {
                for paused_all in [false, true] {
                    let parts = Counts { pending: 3, ..Counts::default() };
                    let own = QueueWait { wait: Wait::new(why), behind };
                    let waits = Waits { paused_all, all: Wait::new(why), queues: BTreeMap::from([(id, own)]) };
                    let (doing, wait) = doing(&Standing { id, state, parts, due_at: Some(0) }, &waits);
                    let said = told(doing, wait.wait, &[], name.clone());
                    let sends = matches!(said.kind, WaitKind::Sending | WaitKind::Pace | WaitKind::Rest);
                    assert_eq!(sends, doing == Doing::Sending, "{state:?} {why:?} {behind:?} {paused_all}: {said:?}");
                    assert_eq!(said.kind == WaitKind::Turn, doing == Doing::Behind, "{said:?}");
                }
            }
        }
    }
}

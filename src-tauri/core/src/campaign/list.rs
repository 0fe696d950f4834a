//! The list of campaigns, a page at a time: what goes on stands first, as it comes to be sent, then the drafts and what
//! is over, each with the one changed last first. Or all of them by their time or name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use super::doing::Waits;
use super::draft::StoredState;
use super::live::{self, CampaignRow};
use super::store::list::{Filter, Order, keys};
use super::{CampaignState, store};
use crate::clock::Millis;
use crate::contact::fold::fold;
use crate::ids::CampaignId;
use crate::outbox::store::reading;
use crate::page::{Cursor, Place};

#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct CampaignQuery {
    pub group: CampaignGroup,
    /// Every word of it must be in the name or the text.
    pub search: String,
    pub order: CampaignOrder,
    /// Drafts that the owner has thrown away and can still take back.
    pub without: Vec<CampaignId>,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum CampaignGroup {
    #[default]
    All,
    Drafts,
    /// Planned, running or paused.
    Going,
    /// Finished or cancelled.
    Over,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum CampaignOrder {
    /// Running, paused, planned by their time; drafts; what is over.
    #[default]
    State,
    /// By the last change.
    Newest,
    Oldest,
    Name,
    NameBackwards,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct CampaignPage {
    /// None where nobody has counted what a search finds.
    pub total: Option<i64>,
    pub next: Option<Cursor>,
    pub rows: Vec<CampaignRow>,
    pub totals: CampaignTotals,
}

/// How many there are in each group, whatever is searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct CampaignTotals {
    pub all: i64,
    pub drafts: i64,
    pub going: i64,
    pub over: i64,
}

impl CampaignTotals {
    fn of(&self, group: CampaignGroup) -> i64 {
        match group {
            CampaignGroup::All => self.all,
            CampaignGroup::Drafts => self.drafts,
            CampaignGroup::Going => self.going,
            CampaignGroup::Over => self.over,
        }
    }
}

pub async fn page(
    db: &mut SqliteConnection,
    query: &CampaignQuery,
    waits: &Waits,
    now: Millis,
) -> Result<CampaignPage, sqlx::Error> {
    let going = going(db, waits, now).await?;
    let totals = totals(db, going.len(), &query.without).await?;
    let folded = fold(&query.search);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let found = find(db, query, &going, &words).await?;
    let (keys, next) = query.place.cut(found.into_iter().skip(query.place.skip as usize).collect(), Key::clone)?;
    let ids: Vec<CampaignId> = keys.iter().map(Key::id).collect();
    let listed = store::by_ids(db, &ids).await?;
    let mut rows: BTreeMap<_, _> =
        live::rows(db, listed, waits, now).await?.into_iter().map(|row| (row.id, row)).collect();
    let rows = ids.iter().filter_map(|id| rows.remove(id)).collect();
    Ok(CampaignPage { total: words.is_empty().then(|| totals.of(query.group)), next, rows, totals })
}

/// Where a campaign stands in the order that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Key {
    Going(u8, Option<Millis>, CampaignId),
    Draft(Millis, CampaignId),
    Over(Millis, CampaignId),
    Changed(Millis, CampaignId),
    Named(String, CampaignId),
}

impl Key {
    fn id(&self) -> CampaignId {
        match self {
            Self::Going(_, _, id) | Self::Draft(_, id) | Self::Over(_, id) | Self::Changed(_, id) => *id,
            Self::Named(_, id) => *id,
        }
    }
}

/// What goes on, in the order of `CampaignOrder::State`. It is as much as the owner has going at a time, so it is read
/// whole.
async fn going(db: &mut SqliteConnection, waits: &Waits, now: Millis) -> Result<Vec<Key>, sqlx::Error> {
    let mut ids = reading::waiting(db).await?;
    ids.extend(store::interrupted(db).await?);
    let listed = store::by_ids(db, &ids).await?;
    let rank = |row: &CampaignRow| match row.state {
        CampaignState::Running => Some(0),
        CampaignState::Paused => Some(1),
        CampaignState::Scheduled => Some(2),
        CampaignState::Draft | CampaignState::Finished | CampaignState::Cancelled => None,
    };
    let key = |row: CampaignRow| Some(Key::Going(rank(&row)?, row.due_at, row.id));
    let mut going: Vec<Key> = live::rows(db, listed, waits, now).await?.into_iter().filter_map(key).collect();
    going.sort();
    Ok(going)
}

async fn totals(
    db: &mut SqliteConnection,
    going: usize,
    without: &[CampaignId],
) -> Result<CampaignTotals, sqlx::Error> {
    let hidden = store::by_ids(db, without).await?.len();
    let hidden = i64::try_from(hidden).unwrap_or(i64::MAX);
    let all = store::count(db, None).await? - hidden;
    let drafts = store::count(db, Some(StoredState::Draft)).await? - hidden;
    let going = i64::try_from(going).unwrap_or(i64::MAX);
    Ok(CampaignTotals { all, drafts, going, over: all - drafts - going })
}

/// The keys behind the one that is asked for, as many as the page steps over and takes.
async fn find(
    db: &mut SqliteConnection,
    query: &CampaignQuery,
    going: &[Key],
    words: &[&str],
) -> Result<Vec<Key>, sqlx::Error> {
    let after: Option<Key> = query.place.key()?;
    let take = query.place.skip() + query.place.take();
    let ids: Vec<CampaignId> = going.iter().map(Key::id).collect();
    let filter = |group| Filter { group, going: &ids, words, without: &query.without };
    let changed = |after: Option<Key>| match after {
        Some(Key::Changed(at, id)) => Some((at, id)),
        _ => None,
    };
    let named = |after: Option<Key>| match after {
        Some(Key::Named(name, id)) => Some((name, id)),
        _ => None,
    };
    let all = filter(query.group);
    let as_changed = |keys: Vec<(Millis, CampaignId)>| keys.into_iter().map(|(at, id)| Key::Changed(at, id)).collect();
    let as_named = |keys: Vec<(String, CampaignId)>| keys.into_iter().map(|(name, id)| Key::Named(name, id)).collect();
    Ok(match query.order {
        CampaignOrder::State => by_state(db, query.group, going, &filter, after, take).await?,
        CampaignOrder::Newest => as_changed(keys(db, &all, Order::Newest, changed(after), take).await?),
        CampaignOrder::Oldest => as_changed(keys(db, &all, Order::Oldest, changed(after), take).await?),
        CampaignOrder::Name => as_named(keys(db, &all, Order::Name, named(after), take).await?),
        CampaignOrder::NameBackwards => as_named(keys(db, &all, Order::NameBackwards, named(after), take).await?),
    })
}

async fn by_state<'a>(
    db: &mut SqliteConnection,
    group: CampaignGroup,
    going: &[Key],
    filter: &impl Fn(CampaignGroup) -> Filter<'a>,
    after: Option<Key>,
    take: i64,
) -> Result<Vec<Key>, sqlx::Error> {
    let wanted = |one| group == CampaignGroup::All || group == one;
    let mut found = Vec::new();
    if wanted(CampaignGroup::Going) && matches!(after, None | Some(Key::Going(..))) {
        let fitting: Vec<(Millis, CampaignId)> =
            keys(db, &filter(CampaignGroup::Going), Order::Newest, None, i64::MAX).await?;
        let fits = |key: &&Key| {
            after.as_ref().is_none_or(|after| *key > after) && fitting.iter().any(|(_, id)| *id == key.id())
        };
        found.extend(going.iter().filter(fits).cloned());
    }
    let left = |found: &Vec<Key>| take - i64::try_from(found.len()).unwrap_or(take);
    if wanted(CampaignGroup::Drafts) && !matches!(after, Some(Key::Over(..))) && left(&found) > 0 {
        let from = if let Some(Key::Draft(at, id)) = after { Some((at, id)) } else { None };
        let drafts = keys(db, &filter(CampaignGroup::Drafts), Order::Newest, from, left(&found)).await?;
        found.extend(drafts.into_iter().map(|(at, id)| Key::Draft(at, id)));
    }
    if wanted(CampaignGroup::Over) && left(&found) > 0 {
        let from = if let Some(Key::Over(at, id)) = after { Some((at, id)) } else { None };
        let over = keys(db, &filter(CampaignGroup::Over), Order::Newest, from, left(&found)).await?;
        found.extend(over.into_iter().map(|(at, id)| Key::Over(at, id)));
    }
    Ok(found)
}

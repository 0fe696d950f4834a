//! The table of campaigns.

pub mod clear;
pub mod list;
pub mod versions;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::audience::{Audience, FollowOf, Followed, SkippedOf, WaitingOf};
use super::draft::{Draft, DraftEdit, Revises, StoredState, USUAL_PRIORITY};
use crate::category::Category;
use crate::clock::Millis;
use crate::contact::fold::fold;
use crate::contact::store::audience::Members;
use crate::db::Tx;
use crate::ids::{CampaignId, IdGenerator, LinkPreviewId, SegmentId, SessionId};
use crate::inbound::store::replies::push_answered;
use crate::ledger::Book;
use crate::link_preview::store::{card, kept_preview};
use crate::media;
use crate::media::attachment::{self, Owner};
use crate::outbox::store::recipients::{REACHED_BY, push_reached, push_untried};
use crate::outbox::store::revise::push_waiting;
use crate::session::store as sessions;
use crate::stored::Json;
use crate::template::Choice;

pub struct NewDraft {
    pub name: String,
    pub text: String,
    pub choice: Option<Choice>,
    pub book: Book,
    pub session_ids: Vec<SessionId>,
    pub keep_hours: bool,
    pub category: Category,
    pub consent_basis: String,
}

pub async fn create(db: &mut Tx, draft: &NewDraft, now: Millis) -> Result<CampaignId, sqlx::Error> {
    let id = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO campaigns
             (id, name, search, state, book, text, choice, audience, split_long_caption, priority, session_ids,
              keep_hours, category, consent_basis, created_at, updated_at)
         VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(&draft.name)
    .bind(haystack(&draft.name, &draft.text))
    .bind(draft.book)
    .bind(&draft.text)
    .bind(draft.choice.as_ref().map(Json))
    .bind(Json(Audience::default()))
    .bind(USUAL_PRIORITY)
    .bind(Json(&draft.session_ids))
    .bind(draft.keep_hours)
    .bind(draft.category)
    .bind(&draft.consent_basis)
    .bind(now)
    .bind(now)
    .execute(db)
    .await?;
    Ok(id)
}

/// What a search of the list looks at.
pub(super) fn haystack(name: &str, text: &str) -> String {
    format!("{}\n{}", fold(name), fold(text))
}

/// False when it is no draft any more: then nothing is changed.
pub async fn save(db: &mut Tx, edit: &DraftEdit, book: Book, now: Millis) -> Result<bool, sqlx::Error> {
    let saved = sqlx::query(
        "UPDATE campaigns SET name = ?, search = ?, book = ?, text = ?, choice = ?, audience = ?, split_long_caption = ?,
                due_at = ?, priority = ?, session_ids = ?, keep_hours = ?, hours = ?, local_hours = ?, category = ?, consent_basis = ?, updated_at = ?,
                version = version + 1
         WHERE id = ? AND state = 'draft'",
    )
    .bind(&edit.name)
    .bind(haystack(&edit.name, &edit.text))
    .bind(book)
    .bind(&edit.text)
    .bind(edit.choice.as_ref().map(Json))
    .bind(Json(&edit.audience))
    .bind(edit.split_long_caption)
    .bind(edit.due_at)
    .bind(edit.priority.clamp(1, 10))
    .bind(Json(&edit.session_ids))
    .bind(edit.keep_hours)
    .bind(edit.hours.map(Json))
    .bind(edit.local_hours)
    .bind(edit.category)
    .bind(&edit.consent_basis)
    .bind(now)
    .bind(edit.id)
    .execute(db)
    .await?;
    Ok(saved.rows_affected() == 1)
}

/// A number that was taken off the list is no longer chosen in a draft.
pub async fn by_id(db: &mut SqliteConnection, id: CampaignId) -> Result<Option<Draft>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT name, state, book, text, choice, audience, split_long_caption, due_at, priority, session_ids, keep_hours, hours, local_hours,
                category, consent_basis, updated_at, version, only_covered, frozen_segments, revises, revises_message, repeat_id, link_preview
         FROM campaigns WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let media = attachment::store::list(db, Owner::Campaign(id)).await?;
    let link_preview = card(db, row.try_get("link_preview")?).await?;
    let state = row.try_get("state")?;
    let Json(mut session_ids): Json<Vec<SessionId>> = row.try_get("session_ids")?;
    if state == StoredState::Draft {
        let gone = sessions::numbers::removed(db).await?;
        session_ids.retain(|id| !gone.contains(id));
    }
    Ok(Some(Draft {
        id,
        media,
        link_preview,
        session_ids,
        state,
        name: row.try_get("name")?,
        text: row.try_get("text")?,
        choice: row.try_get::<Option<Json<_>>, _>("choice")?.map(|Json(choice)| choice),
        audience: row.try_get::<Json<_>, _>("audience")?.0,
        split_long_caption: row.try_get("split_long_caption")?,
        due_at: row.try_get("due_at")?,
        priority: row.try_get("priority")?,
        keep_hours: row.try_get("keep_hours")?,
        hours: row.try_get::<Option<Json<_>>, _>("hours")?.map(|Json(hours)| hours),
        local_hours: row.try_get("local_hours")?,
        category: row.try_get("category")?,
        consent_basis: row.try_get("consent_basis")?,
        updated_at: row.try_get("updated_at")?,
        version: row.try_get("version")?,
        only_covered: row.try_get("only_covered")?,
        frozen: row.try_get::<Option<Json<_>>, _>("frozen_segments")?.map(|Json(frozen)| frozen),
        book: row.try_get("book")?,
        revises: match row.try_get("revises")? {
            Some(campaign) => Some(Revises { campaign, message: row.try_get("revises_message")? }),
            None => None,
        },
        repeat: row.try_get("repeat_id")?,
    }))
}

/// In place of the one that it had. Whoever sets it has touched it.
pub async fn set_link_preview(db: &mut Tx, id: CampaignId, preview: Option<LinkPreviewId>) -> Result<(), sqlx::Error> {
    let update = sqlx::query(concat!("UPDATE campaigns SET link_preview = ", kept_preview!(), " WHERE id = ?"));
    update.bind(preview).bind(id).execute(db).await?;
    Ok(())
}

/// Its files or its link preview are about to change. Of what is being scheduled none comes and none goes: whether it is
/// still a draft.
pub async fn touch(db: &mut Tx, id: CampaignId, now: Millis) -> Result<bool, sqlx::Error> {
    let update = "UPDATE campaigns SET updated_at = ?, version = version + 1 WHERE id = ? AND state = 'draft'";
    let touched = sqlx::query(update).bind(now).bind(id).execute(db).await?;
    Ok(touched.rows_affected() == 1)
}

/// A draft goes with its files; what was scheduled stays.
pub async fn delete_draft(db: &mut Tx, id: CampaignId) -> Result<bool, sqlx::Error> {
    let deleted =
        sqlx::query("DELETE FROM campaigns WHERE id = ? AND state = 'draft'").bind(id).execute(&mut *db).await?;
    media::store::remove_unused(db).await?;
    Ok(deleted.rows_affected() == 1)
}

/// Drafts in which nobody wrote, added or chose anything.
pub async fn remove_untouched(db: &mut Tx) -> Result<(), sqlx::Error> {
    let ids: Vec<CampaignId> = sqlx::query_scalar(
        "SELECT id FROM campaigns
         WHERE listed = 1 AND state = 'draft' AND name = '' AND text = '' AND consent_basis = '' AND choice IS NULL AND due_at IS NULL",
    )
    .fetch_all(&mut *db)
    .await?;
    for id in ids {
        remove_if_untouched(db, id).await?;
    }
    Ok(())
}

/// True where it was such a draft.
pub async fn remove_if_untouched(db: &mut Tx, id: CampaignId) -> Result<bool, sqlx::Error> {
    let linked = sessions::numbers::linked(db).await?;
    match by_id(db, id).await? {
        Some(draft) if draft.is_untouched(&linked) => delete_draft(db, id).await,
        _ => Ok(false),
    }
}

/// A campaign as a list of them shows it.
pub struct Listed {
    pub id: CampaignId,
    pub state: StoredState,
    pub book: Book,
    pub name: String,
    pub text: String,
    pub due_at: Option<Millis>,
    pub updated_at: Millis,
    pub audience: Audience,
}

const LISTED: &str = "SELECT id, state, book, name, substr(text, 1, 120), due_at, updated_at, audience FROM campaigns";
const NEWEST_FIRST: &str = " ORDER BY updated_at DESC, id DESC";

/// Those of these ids that are there, the one changed last first.
pub async fn by_ids(db: &mut SqliteConnection, ids: &[CampaignId]) -> Result<Vec<Listed>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(LISTED);
    select.push(" WHERE id IN (");
    let mut list = select.separated(", ");
    ids.iter().for_each(|id| {
        list.push_bind(*id);
    });
    select.push(")").push(NEWEST_FIRST);
    select.build().fetch_all(db).await?.iter().map(listed).collect()
}

fn listed(row: &SqliteRow) -> Result<Listed, sqlx::Error> {
    Ok(Listed {
        id: row.try_get(0)?,
        state: row.try_get(1)?,
        book: row.try_get(2)?,
        name: row.try_get(3)?,
        text: row.try_get(4)?,
        due_at: row.try_get(5)?,
        updated_at: row.try_get(6)?,
        audience: row.try_get::<Json<_>, _>(7)?.0,
    })
}

/// From the counters, which every new campaign and every change of a state moves.
pub async fn count(db: &mut SqliteConnection, only: Option<StoredState>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(sum(campaigns), 0) FROM campaign_counts WHERE ?1 IS NULL OR state = ?1")
        .bind(only)
        .fetch_one(db)
        .await
}

pub async fn name(db: &mut SqliteConnection, id: CampaignId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM campaigns WHERE id = ?").bind(id).fetch_optional(db).await
}

/// From a draft to one that is being handed to the outbox; its due time and its owner's choice are then fixed. False
/// where it is no draft any more, or was saved since it was read.
pub async fn begin_scheduling(db: &mut Tx, draft: &Draft, due_at: Millis, now: Millis) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE campaigns SET state = 'scheduling', only_covered = ?, frozen_segments = ?, due_at = ?, scheduled_at = ?, updated_at = ?
         WHERE id = ? AND state = 'draft' AND version = ?",
    )
    .bind(draft.only_covered)
    .bind(draft.frozen.as_ref().map(Json))
    .bind(due_at)
    .bind(now)
    .bind(now)
    .bind(draft.id)
    .bind(draft.version)
    .execute(db)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// False where it is being scheduled no longer.
pub async fn go_on_scheduling(db: &mut Tx, draft: &Draft) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query("UPDATE campaigns SET only_covered = ? WHERE id = ? AND state = 'scheduling'")
        .bind(draft.only_covered)
        .bind(draft.id)
        .execute(db)
        .await?;
    Ok(changed.rows_affected() == 1)
}

/// Another due time of one that is scheduled.
pub async fn postpone(db: &mut Tx, id: CampaignId, due_at: Millis) -> Result<bool, sqlx::Error> {
    let postponed = sqlx::query("UPDATE campaigns SET due_at = ? WHERE id = ? AND state = 'scheduled'");
    Ok(postponed.bind(due_at).bind(id).execute(db).await?.rows_affected() == 1)
}

pub async fn end_scheduling(db: &mut Tx, id: CampaignId) -> Result<bool, sqlx::Error> {
    set_state(db, id, StoredState::Scheduling, StoredState::Scheduled).await
}

/// Also one that is still being scheduled.
pub async fn cancel(db: &mut Tx, id: CampaignId) -> Result<bool, sqlx::Error> {
    Ok(set_state(db, id, StoredState::Scheduled, StoredState::Cancelled).await?
        || set_state(db, id, StoredState::Scheduling, StoredState::Cancelled).await?)
}

/// True where the row was in `from`.
async fn set_state(db: &mut Tx, id: CampaignId, from: StoredState, to: StoredState) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query("UPDATE campaigns SET state = ? WHERE id = ? AND state = ?")
        .bind(to)
        .bind(id)
        .bind(from)
        .execute(db)
        .await?;
    Ok(changed.rows_affected() == 1)
}

/// A draft whose audience names the segment, with or without it: what it is called.
pub async fn draft_with(db: &mut SqliteConnection, segment: SegmentId) -> Result<Option<String>, sqlx::Error> {
    let select = "SELECT name FROM campaigns WHERE state = 'draft' AND EXISTS (
                      SELECT 1 FROM json_tree(audience) WHERE value = ?
                      AND (path = '$.segments' OR path = '$.without.segments')) LIMIT 1";
    sqlx::query_scalar(select).bind(segment.to_string()).fetch_optional(db).await
}

pub async fn state(db: &mut SqliteConnection, id: CampaignId) -> Result<Option<StoredState>, sqlx::Error> {
    sqlx::query_scalar("SELECT state FROM campaigns WHERE id = ?").bind(id).fetch_optional(db).await
}

pub async fn interrupted(db: &mut SqliteConnection) -> Result<Vec<CampaignId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM campaigns WHERE state = 'scheduling' ORDER BY scheduled_at, id")
        .fetch_all(db)
        .await
}

impl Members for WaitingOf {
    fn push(&self, select: &mut QueryBuilder<Sqlite>) {
        select.push("c.id IN (");
        push_waiting(select, self.0);
        select.push(")");
    }
}

impl Members for FollowOf {
    fn push(&self, select: &mut QueryBuilder<Sqlite>) {
        let (read, answers) = match &self.who {
            Followed::Silent => (false, Some((" AND m.id NOT IN (", None))),
            Followed::ReadSilent => (true, Some((" AND m.id NOT IN (", None))),
            Followed::Read => (true, None),
            Followed::Chose { option } => (false, Some((" AND m.id IN (", Some(option.as_str())))),
        };
        select.push("c.id IN (");
        push_reached(select, self.campaign, read);
        if let Some((whether, answered)) = answers {
            push_answered(select.push(whether), self.campaign, answered);
            select.push(")");
        }
        select.push(")");
    }
}

impl Members for SkippedOf {
    /// Whom one of the campaigns that were made for them has reached is left out no longer.
    fn push(&self, select: &mut QueryBuilder<Sqlite>) {
        select.push("c.id IN (");
        push_untried(select, self.campaign, self.reason, self.variable.as_deref());
        select.push(") AND c.id NOT IN (").push(REACHED_BY);
        select.push("SELECT id FROM campaigns WHERE json_extract(audience, '$.skipped.campaign') = ");
        select.push_bind(self.campaign.to_string()).push("))");
    }
}

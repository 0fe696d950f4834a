//! The tables of campaigns and their files, and the audience read in pages.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::audience::{Audience, Person};
use super::draft::{Draft, DraftEdit, StoredState};
use crate::clock::Millis;
use crate::contact::{self, Standing};
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, IdGenerator, SessionId};
use crate::ledger::Book;
use crate::media;
use crate::media::attachment::{self, Owner};
use crate::template::Choice;

pub struct NewDraft {
    pub name: String,
    pub text: String,
    pub choice: Option<Choice>,
    pub book: Book,
    pub session_ids: Vec<SessionId>,
    pub keep_hours: bool,
    pub consent_basis: String,
}

pub async fn create(db: &mut Tx, draft: &NewDraft, now: Millis) -> Result<CampaignId, sqlx::Error> {
    let id = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO campaigns
             (id, name, state, book, text, choice, audience, split_long_caption, priority, session_ids, keep_hours,
              consent_basis, created_at, updated_at)
         VALUES (?, ?, 'draft', ?, ?, ?, ?, 0, 5, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(&draft.name)
    .bind(draft.book.as_str())
    .bind(&draft.text)
    .bind(draft.choice.as_ref().map(json).transpose()?)
    .bind(json(&Audience::default())?)
    .bind(json(&draft.session_ids)?)
    .bind(draft.keep_hours)
    .bind(&draft.consent_basis)
    .bind(now)
    .bind(now)
    .execute(db)
    .await?;
    Ok(id)
}

/// The linked numbers in their order: what a fresh draft goes over.
pub async fn linked_numbers(db: &mut SqliteConnection) -> Result<Vec<SessionId>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT id FROM sessions WHERE kind = 'whatsapp' AND linked_at IS NOT NULL AND removed_at IS NULL
         ORDER BY priority, id",
    )
    .fetch_all(db)
    .await
}

/// False when it is no draft any more: then nothing is changed.
pub async fn save(db: &mut Tx, edit: &DraftEdit, book: Book, now: Millis) -> Result<bool, sqlx::Error> {
    let saved = sqlx::query(
        "UPDATE campaigns SET name = ?, book = ?, text = ?, choice = ?, audience = ?, split_long_caption = ?, due_at = ?, priority = ?,
                session_ids = ?, keep_hours = ?, consent_basis = ?, updated_at = ?
         WHERE id = ? AND state = 'draft'",
    )
    .bind(&edit.name)
    .bind(book.as_str())
    .bind(&edit.text)
    .bind(edit.choice.as_ref().map(json).transpose()?)
    .bind(json(&edit.audience)?)
    .bind(edit.split_long_caption)
    .bind(edit.due_at)
    .bind(edit.priority.clamp(1, 10))
    .bind(json(&edit.session_ids)?)
    .bind(edit.keep_hours)
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
        "SELECT name, state, book, text, choice, audience, split_long_caption, due_at, priority, session_ids, keep_hours,
                consent_basis, updated_at
         FROM campaigns WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let media = attachment::store::list(db, Owner::Campaign(id)).await?;
    let state = StoredState::parse(row.get("state"));
    let mut session_ids: Vec<SessionId> = parsed(row.get("session_ids"));
    if state == StoredState::Draft {
        let gone: Vec<SessionId> =
            sqlx::query_scalar("SELECT id FROM sessions WHERE removed_at IS NOT NULL").fetch_all(db).await?;
        session_ids.retain(|id| !gone.contains(id));
    }
    Ok(Some(Draft {
        id,
        media,
        session_ids,
        state,
        name: row.get("name"),
        text: row.get("text"),
        choice: row.get::<Option<&str>, _>("choice").and_then(|choice| serde_json::from_str(choice).ok()),
        audience: parsed(row.get("audience")),
        split_long_caption: row.get("split_long_caption"),
        due_at: row.get("due_at"),
        priority: row.get("priority"),
        keep_hours: row.get("keep_hours"),
        consent_basis: row.get("consent_basis"),
        updated_at: row.get("updated_at"),
        book: row.get::<&str, _>("book").parse().unwrap_or(Book::Real),
    }))
}

/// A draft goes with its files; what was scheduled stays.
pub async fn delete_draft(db: &mut Tx, id: CampaignId) -> Result<bool, sqlx::Error> {
    let deleted =
        sqlx::query("DELETE FROM campaigns WHERE id = ? AND state = 'draft'").bind(id).execute(&mut *db).await?;
    media::store::remove_unused(db).await?;
    Ok(deleted.rows_affected() == 1)
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

/// All campaigns, the one changed last first.
pub async fn list(db: &mut SqliteConnection) -> Result<Vec<Listed>, sqlx::Error> {
    let select = format!("{LISTED}{NEWEST_FIRST}");
    Ok(sqlx::query(sqlx::AssertSqlSafe(select)).fetch_all(db).await?.iter().map(listed).collect())
}

/// Those of these ids that are there, the one changed last first.
pub async fn by_ids(db: &mut SqliteConnection, ids: &[CampaignId]) -> Result<Vec<Listed>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(LISTED);
    select.push(" WHERE id IN (");
    let mut list = select.separated(", ");
    ids.iter().for_each(|id| {
        list.push_bind(*id);
    });
    select.push(")").push(NEWEST_FIRST);
    Ok(select.build().fetch_all(db).await?.iter().map(listed).collect())
}

fn listed(row: &SqliteRow) -> Listed {
    Listed {
        id: row.get(0),
        state: StoredState::parse(row.get(1)),
        book: row.get::<&str, _>(2).parse().unwrap_or(Book::Real),
        name: row.get(3),
        text: row.get(4),
        due_at: row.get(5),
        updated_at: row.get(6),
        audience: parsed(row.get(7)),
    }
}

pub async fn count(db: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM campaigns").fetch_one(db).await
}

pub async fn name(db: &mut SqliteConnection, id: CampaignId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM campaigns WHERE id = ?").bind(id).fetch_optional(db).await
}

/// From a draft to one that is being handed to the outbox; its due time is now fixed.
pub async fn begin_scheduling(db: &mut Tx, id: CampaignId, due_at: Millis, now: Millis) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE campaigns SET state = 'scheduling', due_at = ?, scheduled_at = ?, updated_at = ?
         WHERE id = ? AND state = 'draft'",
    )
    .bind(due_at)
    .bind(now)
    .bind(now)
    .bind(id)
    .execute(db)
    .await?;
    Ok(changed.rows_affected() == 1)
}

pub async fn end_scheduling(db: &mut Tx, id: CampaignId) -> Result<(), sqlx::Error> {
    set_state(db, id, "scheduling", "scheduled").await
}

pub async fn cancel(db: &mut Tx, id: CampaignId) -> Result<(), sqlx::Error> {
    set_state(db, id, "scheduled", "cancelled").await
}

async fn set_state(db: &mut Tx, id: CampaignId, from: &str, to: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE campaigns SET state = ? WHERE id = ? AND state = ?")
        .bind(to)
        .bind(id)
        .bind(from)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn interrupted(db: &mut SqliteConnection) -> Result<Vec<CampaignId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM campaigns WHERE state = 'scheduling' ORDER BY scheduled_at, id")
        .fetch_all(db)
        .await
}

// Audience

/// So many contacts of an audience at a time, in the order of their ids.
pub const PAGE: u32 = 5_000;

pub async fn people_after(
    db: &mut SqliteConnection,
    audience: &Audience,
    after: Option<ContactId>,
    limit: u32,
) -> Result<Vec<Person>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT c.id, c.phone, c.name, c.email, c.fields, c.standing,
                c.consent_source IS NOT NULL, c.consent_withdrawn_at IS NOT NULL FROM contacts c WHERE ",
    );
    push_audience(&mut select, audience);
    if let Some(after) = after {
        select.push(" AND c.id > ").push_bind(after);
    }
    select.push(" ORDER BY c.id LIMIT ").push_bind(limit);
    let rows = select.build().fetch_all(db).await?;
    Ok(rows.iter().map(person).collect())
}

pub async fn person_at(
    db: &mut SqliteConnection,
    audience: &Audience,
    index: u32,
) -> Result<Option<Person>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT c.id, c.phone, c.name, c.email, c.fields, c.standing,
                c.consent_source IS NOT NULL, c.consent_withdrawn_at IS NOT NULL FROM contacts c WHERE ",
    );
    push_audience(&mut select, audience);
    select.push(" ORDER BY c.id LIMIT 1 OFFSET ").push_bind(index);
    Ok(select.build().fetch_optional(db).await?.as_ref().map(person))
}

/// From the counters where one tells it.
pub async fn count_people(db: &mut SqliteConnection, audience: &Audience) -> Result<i64, sqlx::Error> {
    match audience {
        Audience { only: Some(_), .. } => {}
        Audience { everyone: true, .. } => return contact::store::count(db).await,
        Audience { tags, .. } if tags.len() == 1 => return contact::store::count_tagged(db, &tags.concat()).await,
        Audience { .. } => {}
    }
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT count(*) FROM contacts c WHERE ");
    push_audience(&mut select, audience);
    select.build_query_scalar().fetch_one(db).await
}

fn push_audience(select: &mut QueryBuilder<Sqlite>, audience: &Audience) {
    if let Some(only) = audience.only {
        select.push("c.id = ").push_bind(only);
        return;
    }
    if audience.everyone {
        select.push("1 = 1");
        return;
    }
    select.push("EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag IN (");
    let mut tags = select.separated(", ");
    for tag in &audience.tags {
        tags.push_bind(tag.clone());
    }
    select.push("))");
}

fn person(row: &SqliteRow) -> Person {
    Person {
        id: row.get(0),
        phone: row.get(1),
        name: row.get(2),
        email: row.get(3),
        fields: parsed(row.get(4)),
        standing: match row.get::<&str, _>(5) {
            "black" => Standing::Black,
            "gray" => Standing::Gray,
            _ => Standing::Normal,
        },
        consented: row.get(6),
        withdrawn: row.get(7),
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// The tables' CHECKs keep what is stored valid JSON; a shape of another version falls back to the empty value.
fn parsed<T: serde::de::DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

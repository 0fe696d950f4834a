//! What an import made and changed: written with the contacts of each chunk, read and forgotten when the import is
//! taken back.
//!
//! A contact whose `updated_at` is no longer the one that the import left was changed by somebody else since.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::super::super::fold::haystack;
use super::super::super::phone::Phone;
use super::super::super::store::suppressions;
use super::super::super::{Consent, Fields, Standing};
use super::super::verdict::Known;
use super::{BROUGHT, places};
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{ContactId, ImportId};
use crate::stored::Json;

/// A contact as it was before an import.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Before {
    name: String,
    email: String,
    fields: Fields,
    tags: BTreeSet<String>,
    standing: Standing,
    consent: Option<Consent>,
    withdrawn_at: Option<Millis>,
    updated_at: Millis,
}

impl Before {
    pub fn of(known: &Known) -> Self {
        Self {
            name: known.name.clone(),
            email: known.email.clone(),
            fields: known.fields.clone(),
            tags: known.tags.clone(),
            standing: known.standing,
            consent: known.consent.clone(),
            withdrawn_at: known.withdrawn_at,
            updated_at: known.updated_at,
        }
    }
}

/// Remembers the contacts that were written; those that had been there as they were. What an earlier chunk of the
/// same import remembered stays.
pub async fn remember(
    tx: &mut Tx,
    id: ImportId,
    people: &[Known],
    before: &HashMap<ContactId, Before>,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let changed: Vec<&Known> = people.iter().filter(|known| known.changed).collect();
    for some in changed.chunks(BROUGHT) {
        let sql = format!(
            "INSERT INTO import_changes (import_id, contact_id, before, written_at) VALUES {} \
             ON CONFLICT DO UPDATE SET written_at = excluded.written_at",
            places(some.len(), 4)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(some.len() == BROUGHT);
        for known in some {
            query = query.bind(id).bind(known.id).bind(before.get(&known.id).map(Json)).bind(now);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// A contact that an import wrote.
pub struct Change {
    pub contact: ContactId,
    /// None where the import made it.
    before: Option<Before>,
    /// None where it is gone.
    today: Option<Today>,
}

/// What a contact is.
struct Today {
    phone: Phone,
    standing: Standing,
    /// Somebody else changed it since the import.
    touched: bool,
}

impl Change {
    pub fn is_gone(&self) -> bool {
        self.today.is_none()
    }

    pub fn is_touched(&self) -> bool {
        self.today.as_ref().is_some_and(|today| today.touched)
    }
}

/// The next changes of an import.
pub async fn next(tx: &mut Tx, id: ImportId, limit: u32) -> Result<Vec<Change>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT i.contact_id, i.before, c.phone, c.standing, c.updated_at <> i.written_at AS touched
         FROM import_changes i LEFT JOIN contacts c ON c.id = i.contact_id
         WHERE i.import_id = ? ORDER BY i.contact_id LIMIT ?",
    )
    .bind(id)
    .bind(limit)
    .fetch_all(tx)
    .await?;
    rows.iter().map(change_of).collect()
}

fn change_of(row: &SqliteRow) -> Result<Change, sqlx::Error> {
    let before = row.try_get::<Option<Json<Before>>, _>("before")?.map(|Json(before)| before);
    let today = match row.try_get::<Option<&str>, _>("phone")?.and_then(Phone::from_e164) {
        Some(phone) => Some(Today { phone, standing: row.try_get("standing")?, touched: row.try_get("touched")? }),
        None => None,
    };
    Ok(Change { contact: row.try_get("contact_id")?, before, today })
}

/// An import that wrote a contact.
#[derive(Clone, Debug)]
pub struct Touch {
    pub import: ImportId,
    pub file_name: String,
    pub at: Millis,
    /// It made the contact.
    pub made: bool,
}

/// The imports that wrote a contact, in no order. One that was taken back left nothing of itself.
pub async fn touching(db: &mut SqliteConnection, contact: ContactId) -> Result<Vec<Touch>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT i.id, i.file_name, c.written_at, c.before IS NULL AS made
         FROM import_changes c JOIN imports i ON i.id = c.import_id WHERE c.contact_id = ?",
    )
    .bind(contact)
    .fetch_all(db)
    .await?;
    let touch = |row: &SqliteRow| {
        Ok(Touch {
            import: row.try_get("id")?,
            file_name: row.try_get("file_name")?,
            at: row.try_get("written_at")?,
            made: row.try_get("made")?,
        })
    };
    rows.iter().map(touch).collect()
}

/// A contact was erased: what imports remember of it goes, and so do the rows with its phone that stayed out.
pub async fn erase(tx: &mut Tx, contact: ContactId, phones: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM import_changes WHERE contact_id = ?").bind(contact).execute(&mut *tx).await?;
    for phone in phones {
        // Without the country and the zero of the trunk, which a list may write in any way.
        let digits = phone.get(phone.len().saturating_sub(OWN_DIGITS)..).unwrap_or(phone);
        sqlx::query(
            "DELETE FROM import_refusals WHERE row > 0 AND instr(replace(replace(replace(replace(replace(replace(
                 raw || params || coalesce(phone, ''), ' ', ''), '-', ''), '(', ''), ')', ''), '.', ''), '/', ''), ?) > 0",
        )
        .bind(digits)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// So many last digits tell a phone from all others of a list, and are no country's: some countries have numbers of seven.
const OWN_DIGITS: usize = 7;

/// What was decided about these contacts is not asked again.
pub async fn forget(tx: &mut Tx, id: ImportId, changes: &[Change]) -> Result<(), sqlx::Error> {
    let mut delete = QueryBuilder::new("DELETE FROM import_changes WHERE import_id = ");
    delete.push_bind(id).push(" AND contact_id IN (");
    push_ids(&mut delete, changes);
    delete.push(")").build().execute(tx).await?;
    Ok(())
}

/// Makes the contact what it was; true where it was nobody and goes.
pub async fn take_back(tx: &mut Tx, change: &Change, since: Millis, now: Millis) -> Result<bool, sqlx::Error> {
    let Some(today) = &change.today else { return Ok(true) };
    let was = change.before.as_ref().map_or(Standing::Normal, |before| before.standing);
    if today.standing == Standing::Black && was != Standing::Black {
        let addresses = suppressions::addresses(tx, &[today.phone.to_string()], None).await?;
        suppressions::lift_imported(tx, &addresses, since, now).await?;
    }
    match &change.before {
        Some(before) => restore(tx, change.contact, today.phone, before).await.map(|()| false),
        None => remove(tx, change.contact).await.map(|()| true),
    }
}

async fn remove(tx: &mut Tx, id: ContactId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM contacts WHERE id = ?").bind(id).execute(tx).await?;
    Ok(())
}

/// An opt-out that is in force keeps the contact on the black list, whatever it was before.
async fn restore(tx: &mut Tx, id: ContactId, phone: Phone, before: &Before) -> Result<(), sqlx::Error> {
    let is_out = suppressions::is_suppressed(tx, &phone.to_string()).await?;
    let consent = before.consent.as_ref();
    sqlx::query(
        "UPDATE contacts SET name = ?, email = ?, fields = ?, search = ?, standing = ?, consent_source = ?, \
         consent_at = ?, consent_note = ?, consent_withdrawn_at = ?, updated_at = ? WHERE id = ?",
    )
    .bind(&before.name)
    .bind(&before.email)
    .bind(Json(&before.fields))
    .bind(haystack(&before.name, phone, &before.email, &before.fields))
    .bind(if is_out { Standing::Black } else { before.standing })
    .bind(consent.map(|consent| consent.source.as_str()))
    .bind(consent.map(|consent| consent.at))
    .bind(consent.map(|consent| consent.note.as_str()))
    .bind(before.withdrawn_at)
    .bind(before.updated_at)
    .bind(id)
    .execute(&mut *tx)
    .await?;
    let tags = Json(&before.tags);
    sqlx::query("DELETE FROM contact_tags WHERE contact_id = ? AND tag NOT IN (SELECT value FROM json_each(?))")
        .bind(id)
        .bind(tags)
        .execute(tx)
        .await?;
    Ok(())
}

fn push_ids(query: &mut QueryBuilder<Sqlite>, changes: &[Change]) {
    let mut list = query.separated(", ");
    for change in changes {
        list.push_bind(change.contact);
    }
}

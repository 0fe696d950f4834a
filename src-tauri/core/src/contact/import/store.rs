//! The SQL of imports: contacts of a chunk in few statements, the import's own row, and its refusals.
//!
//! Everything here runs in the caller's transaction. Row 0 of an import's refusals is no refusal: it keeps the
//! header and the separator of the file, for the list of refused rows.

pub mod changes;
pub mod layouts;
pub mod reports;

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::super::Standing;
use super::super::fold::haystack;
use super::super::phone::Phone;
use super::super::store::{consent_of, fields_of, suppressions};
use super::error::RowError;
use super::rows::Row;
use super::verdict::{Known, People};
use super::{ImportState, ImportStep, ImportTotals, LeftOut, ReasonTotal, Separator};
use crate::clock::Millis;
use crate::db::{Readers, Tx};
use crate::ids::{ContactId, ImportId};
use crate::stored::Json;

/// Phones a lookup asks for; one statement text for every lookup keeps it prepared.
const ASKED: usize = 500;
/// Rows an INSERT brings.
const BROUGHT: usize = 250;

/// The contacts that have one of these phones.
async fn known(reader: &mut SqliteConnection, phones: &BTreeSet<Phone>) -> Result<Vec<Known>, sqlx::Error> {
    let sql = format!(
        "SELECT id, phone, name, email, fields, standing, consent_source, consent_at, consent_note, \
         consent_withdrawn_at, updated_at FROM contacts WHERE phone IN ({})",
        places(1, ASKED)
    );
    let phones: Vec<Phone> = phones.iter().copied().collect();
    let mut list = Vec::new();
    for some in phones.chunks(ASKED) {
        let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
        for phone in padded(some) {
            query = query.bind(phone.to_string());
        }
        for row in query.fetch_all(&mut *reader).await? {
            list.extend(known_of(&row)?);
        }
    }
    add_tags(reader, &mut list).await?;
    Ok(list)
}

/// Of these phones those whose contacts became one with another, and the phone that this one has.
pub async fn taken_in(
    reader: &mut SqliteConnection,
    phones: &BTreeSet<Phone>,
) -> Result<HashMap<Phone, Phone>, sqlx::Error> {
    let some: Vec<String> = phones.iter().map(Phone::to_string).collect();
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.phone, c.phone FROM merged_contacts m JOIN contacts c ON c.id = m.into_id
         WHERE m.phone IN (SELECT value FROM json_each(?))",
    )
    .bind(Json(some))
    .fetch_all(reader)
    .await?;
    let read = |(one, other): (String, String)| Some((Phone::from_e164(&one)?, Phone::from_e164(&other)?));
    Ok(found.into_iter().filter_map(read).collect())
}

/// The contacts that rows with these phones are about.
pub async fn people(reader: &mut SqliteConnection, mut phones: BTreeSet<Phone>) -> Result<People, sqlx::Error> {
    let others = taken_in(reader, &phones).await?;
    phones.extend(others.values().copied());
    Ok(People::new(known(reader, &phones).await?, others))
}

/// Writes what changed, new contacts and old; and the tags that were added.
pub async fn keep(tx: &mut Tx, people: &[Known], now: Millis) -> Result<(), sqlx::Error> {
    let changed: Vec<&Known> = people.iter().filter(|known| known.changed).collect();
    for some in changed.chunks(BROUGHT) {
        keep_some(tx, some, now).await?;
        suppress_listed(tx, some, now).await?;
    }
    let tags: Vec<(ContactId, &String)> =
        people.iter().flat_map(|known| known.new_tags.iter().map(|tag| (known.id, tag))).collect();
    for some in tags.chunks(BROUGHT) {
        let sql = format!("INSERT OR IGNORE INTO contact_tags (contact_id, tag) VALUES {}", places(some.len(), 2));
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(some.len() == BROUGHT);
        for (id, tag) in some {
            query = query.bind(*id).bind(tag.as_str());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

async fn keep_some(tx: &mut Tx, people: &[&Known], now: Millis) -> Result<(), sqlx::Error> {
    let sql = format!(
        "INSERT INTO contacts (id, phone, name, email, fields, search, standing, consent_source, consent_at, \
         consent_note, consent_withdrawn_at, created_at, updated_at) VALUES {} \
         ON CONFLICT DO UPDATE SET name = excluded.name, email = excluded.email, fields = excluded.fields, \
         search = excluded.search, standing = excluded.standing, consent_source = excluded.consent_source, \
         consent_at = excluded.consent_at, consent_note = excluded.consent_note, \
         consent_withdrawn_at = excluded.consent_withdrawn_at, updated_at = excluded.updated_at",
        places(people.len(), 13)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(people.len() == BROUGHT);
    for known in people {
        let consent = known.consent.as_ref();
        query = query
            .bind(known.id)
            .bind(known.phone.to_string())
            .bind(known.name.as_str())
            .bind(known.email.as_str())
            .bind(Json(&known.fields))
            .bind(haystack(&known.name, known.phone, &known.email, &known.fields))
            .bind(known.standing)
            .bind(consent.map(|consent| consent.source.as_str()))
            .bind(consent.map(|consent| consent.at))
            .bind(consent.map(|consent| consent.note.as_str()))
            .bind(known.withdrawn_at)
            .bind(now)
            .bind(now);
    }
    query.execute(&mut *tx).await?;
    Ok(())
}

/// Who came in by a list of people who want nothing is opted out by phone, like everybody on the black list.
async fn suppress_listed(tx: &mut Tx, people: &[&Known], now: Millis) -> Result<(), sqlx::Error> {
    let listed = people.iter().filter(|known| known.standing == Standing::Black);
    let phones: Vec<String> = listed.map(|known| known.phone.to_string()).collect();
    let addresses = suppressions::addresses(tx, &phones, None).await?;
    suppressions::suppress(tx, &addresses, suppressions::Cause::Import, now).await
}

fn known_of(row: &SqliteRow) -> Result<Option<Known>, sqlx::Error> {
    let Some(phone) = Phone::from_e164(row.try_get("phone")?) else {
        return Ok(None);
    };
    Ok(Some(Known {
        id: row.try_get("id")?,
        phone,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        fields: fields_of(row)?,
        tags: BTreeSet::new(),
        standing: row.try_get("standing")?,
        consent: consent_of(row)?,
        withdrawn_at: row.try_get("consent_withdrawn_at")?,
        updated_at: row.try_get("updated_at")?,
        changed: false,
        new_tags: BTreeSet::new(),
    }))
}

async fn add_tags(reader: &mut SqliteConnection, list: &mut [Known]) -> Result<(), sqlx::Error> {
    let sql = format!("SELECT contact_id, tag FROM contact_tags WHERE contact_id IN ({})", places(1, ASKED));
    for some in list.chunks_mut(ASKED) {
        let ids: Vec<ContactId> = some.iter().map(|known| known.id).collect();
        let mut query = sqlx::query_as::<_, (ContactId, String)>(AssertSqlSafe(sql.clone()));
        for id in padded(&ids) {
            query = query.bind(id);
        }
        let mut tags = HashMap::<ContactId, BTreeSet<String>>::new();
        for (id, tag) in query.fetch_all(&mut *reader).await? {
            tags.entry(id).or_default().insert(tag);
        }
        for known in some {
            known.tags = tags.remove(&known.id).unwrap_or_default();
        }
    }
    Ok(())
}

/// `ASKED` values, the last one repeated.
fn padded<T: Copy>(some: &[T]) -> impl Iterator<Item = T> {
    let last = some.last().copied();
    some.iter().copied().chain(std::iter::repeat_n(last, ASKED - some.len().min(ASKED)).flatten())
}

/// `(?, ?), (?, ?)`; a single row of places goes without its brackets.
fn places(rows: usize, columns: usize) -> String {
    let row = vec!["?"; columns].join(", ");
    if rows == 1 && columns == ASKED {
        return row;
    }
    vec![format!("({row})"); rows].join(", ")
}

pub async fn begin(
    tx: &mut Tx,
    id: ImportId,
    step: ImportStep,
    file_name: &str,
    now: Millis,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO imports (id, step, file_name, state, started_at) VALUES (?, ?, ?, 'running', ?)")
        .bind(id)
        .bind(step)
        .bind(file_name)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

pub async fn keep_header(
    tx: &mut Tx,
    id: ImportId,
    separator: Option<Separator>,
    header: &[String],
) -> Result<(), sqlx::Error> {
    let separator = serde_json::json!({ "separator": separator });
    sqlx::query("INSERT INTO import_refusals (import_id, row, code, params, raw) VALUES (?, 0, 'import.header', ?, ?)")
        .bind(id)
        .bind(separator.to_string())
        .bind(serde_json::json!(header).to_string())
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// How far the import is; with an end it is over.
pub async fn advance(
    tx: &mut Tx,
    id: ImportId,
    totals: ImportTotals,
    end: Option<(ImportState, Millis)>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE imports SET state = ?, row_count = ?, new = ?, known = ?, unchanged = ?, twice = ?, doubtful = ?, \
         refused = ?, ended_at = ? WHERE id = ?",
    )
    .bind(end.map_or(ImportState::Running, |(state, _)| state))
    .bind(totals.rows)
    .bind(totals.new)
    .bind(totals.known)
    .bind(totals.unchanged)
    .bind(totals.twice)
    .bind(totals.doubtful)
    .bind(totals.refused)
    .bind(end.map(|(_, at)| at))
    .bind(id)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Keeps those of these rows that stay out.
pub async fn refuse(tx: &mut Tx, id: ImportId, rows: &[Row]) -> Result<(), sqlx::Error> {
    let refused: Vec<(&Row, &RowError)> =
        rows.iter().filter_map(|row| Some((row, row.outcome.as_ref().err()?))).collect();
    for some in refused.chunks(BROUGHT) {
        let head = "INSERT OR REPLACE INTO import_refusals (import_id, row, code, params, raw, phone) VALUES ";
        let sql = format!("{head}{}", places(some.len(), 6));
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(some.len() == BROUGHT);
        for (row, error) in some {
            let (code, params) = kept_form(error);
            query = query.bind(id).bind(row.number).bind(code).bind(params);
            query = query.bind(serde_json::json!(row.cells).to_string());
            query = query.bind(error.probable().map(|phone| phone.to_string()));
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// The code goes to its own column, the rest of an error is its params.
fn kept_form(error: &RowError) -> (String, String) {
    let mut params = serde_json::to_value(error).unwrap_or_default();
    let code = params.as_object_mut().and_then(|object| object.remove("code"));
    let code = code.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    (code, params.to_string())
}

/// A row as it is kept in `import_refusals`.
pub struct Refused {
    pub row: u32,
    pub code: String,
    pub params: Value,
    pub cells: Vec<String>,
    /// What is probably meant, where the row is doubtful.
    pub phone: Option<String>,
}

impl Refused {
    /// The error it was refused for; none for a code of a newer Ulak.
    pub fn error(&self) -> Option<RowError> {
        let mut form = self.params.clone();
        form.as_object_mut()?.insert("code".to_owned(), Value::String(self.code.clone()));
        serde_json::from_value(form).ok()
    }
}

/// Rows that stay out in the order of the file, from `from` on; row 0 is the header.
pub async fn refused(
    pool: &Readers,
    id: ImportId,
    which: LeftOut,
    from: u32,
    limit: u32,
) -> Result<Vec<Refused>, sqlx::Error> {
    let rows: Vec<(u32, String, String, String, Option<String>)> = sqlx::query_as(
        "SELECT row, code, params, raw, phone FROM import_refusals \
         WHERE import_id = ?1 AND row >= ?2 AND (phone IS NOT NULL) = coalesce(?3, phone IS NOT NULL) \
         ORDER BY row LIMIT ?4",
    )
    .bind(id)
    .bind(from)
    .bind(which.doubtful())
    .bind(limit)
    .fetch_all(&mut *pool.acquire().await?)
    .await?;
    let kept = |(row, code, params, raw, phone): (u32, String, String, String, Option<String>)| Refused {
        row,
        code,
        params: serde_json::from_str(&params).unwrap_or_default(),
        cells: serde_json::from_str(&raw).unwrap_or_else(|_| vec![raw]),
        phone,
    };
    Ok(rows.into_iter().map(kept).collect())
}

impl LeftOut {
    fn doubtful(self) -> Option<bool> {
        match self {
            Self::All => None,
            Self::Doubtful => Some(true),
            Self::Refused => Some(false),
        }
    }
}

/// How many rows stay out for each reason, the most frequent first.
pub async fn reasons(pool: &Readers, id: ImportId) -> Result<Vec<ReasonTotal>, sqlx::Error> {
    let totals: Vec<(String, bool, u32)> = sqlx::query_as(
        "SELECT code, phone IS NOT NULL AS doubtful, count(*) FROM import_refusals WHERE import_id = ? AND row > 0 \
         GROUP BY code, doubtful ORDER BY count(*) DESC, code",
    )
    .bind(id)
    .fetch_all(&mut *pool.acquire().await?)
    .await?;
    Ok(totals.into_iter().map(|(code, doubtful, rows)| ReasonTotal { code, doubtful, rows }).collect())
}

/// Takes an import and its refusals off the record; its contacts stay. For scans that have served.
pub async fn forget(tx: &mut Tx, id: ImportId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM imports WHERE id = ?").bind(id).execute(&mut *tx).await?;
    Ok(())
}

/// On a start: imports that a crash ended are over, and no scan serves any more.
pub async fn end_interrupted(tx: &mut Tx, now: Millis) -> Result<u64, sqlx::Error> {
    sqlx::query("DELETE FROM imports WHERE step = 'scan'").execute(&mut *tx).await?;
    let ended = sqlx::query("UPDATE imports SET state = 'failed', ended_at = ? WHERE state = 'running'")
        .bind(now)
        .execute(&mut *tx)
        .await?;
    Ok(ended.rows_affected())
}

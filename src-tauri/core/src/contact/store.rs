//! All SQL over contacts that are looked at or changed one by one. Lists come in through `import::store`.
//!
//! Writes take the caller's transaction; reads take a pool. Every row that is written gets its `search` text
//! from `fold::haystack`, or a search would not find it.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::card::{Card, short_enough};
use super::fold::{haystack, needles};
use super::phone::{self, Country, Phone};
use super::{
    Consent, Contact, ContactEdit, ContactError, ContactPage, ContactQuery, ContactTotals, Fields, Standing, TagTotal,
};
use crate::clock::Millis;
use crate::db::{Readers, Tx};
use crate::ids::{ContactId, IdGenerator};
use crate::text::is_blank;

/// The most rows a page has.
const PAGE_LIMIT: u32 = 500;

/// Makes a contact, or changes the one that the edit names. A withdrawn consent is kept unless a new one is given.
pub async fn save(tx: &mut Tx, edit: &ContactEdit, country: Country, now: Millis) -> Result<Contact, ContactError> {
    let card = Card::of(edit, country)?;
    refuse_taken(tx, card.phone, edit.id).await?;
    let id = match edit.id {
        Some(id) => change(tx, id, &card, now).await?,
        None => add(tx, &card, now).await?,
    };
    replace_tags(tx, id, &edit.tags).await?;
    know_fields(tx, card.fields.keys().map(String::as_str)).await?;
    one(tx, id).await
}

pub async fn set_standing(
    tx: &mut Tx,
    id: ContactId,
    standing: Standing,
    now: Millis,
) -> Result<Contact, ContactError> {
    sqlx::query("UPDATE contacts SET standing = ?, updated_at = ? WHERE id = ?")
        .bind(standing.as_str())
        .bind(now)
        .bind(id)
        .execute(&mut *tx)
        .await?;
    one(tx, id).await
}

/// The contact with this phone (E.164).
pub async fn by_phone(pool: &Readers, phone: &str) -> Result<Option<Contact>, ContactError> {
    let mut reader = pool.acquire().await?;
    let id: Option<ContactId> =
        sqlx::query_scalar("SELECT id FROM contacts WHERE phone = ?").bind(phone).fetch_optional(&mut *reader).await?;
    match id {
        Some(id) => one(&mut reader, id).await.map(Some),
        None => Ok(None),
    }
}

/// Somebody said stop: on the black list from this transaction on, with the withdrawal on record. False where that was
/// so already. Who is no contact yet becomes one, or the next list that is imported would bring them in as anybody.
pub async fn opt_out(tx: &mut Tx, phone: &str, at: Millis, now: Millis) -> Result<bool, sqlx::Error> {
    let Some(phone) = Phone::from_e164(phone) else { return Ok(false) };
    let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM contacts WHERE phone = ?)")
        .bind(phone.to_string())
        .fetch_one(&mut *tx)
        .await?;
    if !known {
        let nameless = Card { phone, name: "", email: "", fields: Fields::new(), consent: None };
        add(tx, &nameless, now).await?;
    }
    let listed = sqlx::query(
        "UPDATE contacts SET standing = 'black', consent_withdrawn_at = coalesce(consent_withdrawn_at, ?), updated_at = ?
         WHERE phone = ? AND (standing <> 'black' OR consent_withdrawn_at IS NULL)",
    )
    .bind(at)
    .bind(now)
    .bind(phone.to_string())
    .execute(tx)
    .await?;
    Ok(listed.rows_affected() == 1)
}

/// Names a contact that has no name. A name that the owner gave stays.
pub async fn name_nameless(tx: &mut Tx, phone: &str, name: &str, now: Millis) -> Result<bool, sqlx::Error> {
    let Some(phone) = Phone::from_e164(phone) else { return Ok(false) };
    let row = sqlx::query("SELECT id, email, fields FROM contacts WHERE phone = ? AND name = ''")
        .bind(phone.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    let (Some(row), Ok(name)) = (row, short_enough("name", name)) else { return Ok(false) };
    sqlx::query("UPDATE contacts SET name = ?, search = ?, updated_at = ? WHERE id = ?")
        .bind(name)
        .bind(haystack(name, phone, row.try_get("email")?, &fields_of(&row)?))
        .bind(now)
        .bind(row.try_get::<ContactId, _>("id")?)
        .execute(tx)
        .await?;
    Ok(true)
}

pub async fn by_id(pool: &Readers, id: ContactId) -> Result<Contact, ContactError> {
    one(&mut *pool.acquire().await?, id).await
}

/// The contacts of these ids, in their order; those that are gone are left out.
pub async fn by_ids(pool: &Readers, ids: &[ContactId]) -> Result<Vec<Contact>, ContactError> {
    let mut contacts = Vec::with_capacity(ids.len());
    for some in ids.chunks(PAGE_LIMIT as usize) {
        contacts.append(&mut load(&mut *pool.acquire().await?, some).await?);
    }
    Ok(contacts)
}

/// One page, in the order of names; contacts without a name come last.
pub async fn page(pool: &Readers, query: &ContactQuery) -> Result<ContactPage, ContactError> {
    let mut reader = pool.acquire().await?;
    let total =
        filtered("SELECT count(*) FROM contacts", query).build_query_scalar::<u32>().fetch_one(&mut *reader).await?;
    let mut listed = filtered("SELECT id FROM contacts", query);
    listed.push(" ORDER BY name = '', search, id LIMIT ").push_bind(query.limit.min(PAGE_LIMIT));
    listed.push(" OFFSET ").push_bind(query.offset);
    let ids: Vec<ContactId> = listed.build_query_scalar().fetch_all(&mut *reader).await?;
    Ok(ContactPage { total, rows: load(&mut reader, &ids).await? })
}

/// Read from counters, which every change of a contact or a tag moves.
pub async fn totals(pool: &Readers) -> Result<ContactTotals, ContactError> {
    let mut reader = pool.acquire().await?;
    let standings = "SELECT standing, people FROM contact_counts";
    let standings: Vec<(String, u32)> = sqlx::query_as(standings).fetch_all(&mut *reader).await?;
    let of = |standing: Standing| {
        standings.iter().find(|(text, _)| text == standing.as_str()).map_or(0, |(_, people)| *people)
    };
    let (normal, gray, black) = (of(Standing::Normal), of(Standing::Gray), of(Standing::Black));
    let tags = "SELECT tag, people FROM tag_counts WHERE people > 0 ORDER BY tag";
    let tags: Vec<(String, u32)> = sqlx::query_as(tags).fetch_all(&mut *reader).await?;
    let tags = tags.into_iter().map(|(tag, contacts)| TagTotal { tag, contacts }).collect();
    let fields = "SELECT name FROM contact_fields ORDER BY name";
    let fields: Vec<String> = sqlx::query_scalar(fields).fetch_all(&mut *reader).await?;
    Ok(ContactTotals { all: normal + gray + black, normal, gray, black, tags, fields })
}

/// How many contacts there are, from the counters.
pub async fn count(reader: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(sum(people), 0) FROM contact_counts").fetch_one(reader).await
}

/// How many contacts have a tag, from the counters.
pub async fn count_tagged(reader: &mut SqliteConnection, tag: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(sum(people), 0) FROM tag_counts WHERE tag = ?")
        .bind(tag)
        .fetch_one(reader)
        .await
}

/// Remembers the names of fields; those known already stay.
pub async fn know_fields(tx: &mut Tx, names: impl Iterator<Item = &str>) -> Result<(), sqlx::Error> {
    for name in names {
        sqlx::query("INSERT OR IGNORE INTO contact_fields (name) VALUES (?)").bind(name).execute(&mut *tx).await?;
    }
    Ok(())
}

/// The consent of a row with the four `consent_…` columns.
pub(super) fn consent_of(row: &SqliteRow) -> Result<Option<Consent>, sqlx::Error> {
    let Some(source) = row.try_get::<Option<String>, _>("consent_source")? else {
        return Ok(None);
    };
    Ok(Some(Consent {
        source,
        at: row.try_get::<Option<Millis>, _>("consent_at")?.unwrap_or_default(),
        note: row.try_get::<Option<String>, _>("consent_note")?.unwrap_or_default(),
        withdrawn_at: row.try_get("consent_withdrawn_at")?,
    }))
}

/// The `fields` of a row; the column's CHECK keeps them JSON.
pub(super) fn fields_of(row: &SqliteRow) -> Result<Fields, sqlx::Error> {
    let json: String = row.try_get("fields")?;
    serde_json::from_str(&json).map_err(|error| sqlx::Error::Decode(error.into()))
}

pub(super) fn fields_json(fields: &Fields) -> String {
    // A map of texts always has a JSON form.
    serde_json::to_string(fields).unwrap_or_else(|_| "{}".to_owned())
}

async fn refuse_taken(tx: &mut SqliteConnection, phone: Phone, id: Option<ContactId>) -> Result<(), ContactError> {
    let holder: Option<(ContactId, String)> = sqlx::query_as("SELECT id, name FROM contacts WHERE phone = ?")
        .bind(phone.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    match holder {
        Some((holder_id, name)) if Some(holder_id) != id => {
            let shown = phone::shown(&phone.to_string());
            let holder = if name.is_empty() { shown.clone() } else { name };
            Err(ContactError::PhoneTaken { phone: shown, holder, contact_id: holder_id })
        }
        _ => Ok(()),
    }
}

async fn add(tx: &mut Tx, card: &Card<'_>, now: Millis) -> Result<ContactId, sqlx::Error> {
    let id: ContactId = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO contacts (id, phone, name, email, fields, search, standing, consent_source, consent_at, \
         consent_note, consent_withdrawn_at, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, 'normal', ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(card.phone.to_string())
    .bind(card.name)
    .bind(card.email)
    .bind(fields_json(&card.fields))
    .bind(card.search())
    .bind(card.consent.map(|consent| consent.source.as_str()))
    .bind(card.consent.map(|consent| consent.at))
    .bind(card.consent.map(|consent| consent.note.as_str()))
    .bind(card.consent.and_then(|consent| consent.withdrawn_at))
    .bind(now)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    Ok(id)
}

async fn change(tx: &mut Tx, id: ContactId, card: &Card<'_>, now: Millis) -> Result<ContactId, ContactError> {
    let before = one(tx, id).await?;
    let withdrawn = before.consent.as_ref().filter(|consent| consent.withdrawn_at.is_some());
    let consent = card.consent.or(withdrawn);
    sqlx::query(
        "UPDATE contacts SET phone = ?, name = ?, email = ?, fields = ?, search = ?, consent_source = ?, \
         consent_at = ?, consent_note = ?, consent_withdrawn_at = ?, updated_at = ? WHERE id = ?",
    )
    .bind(card.phone.to_string())
    .bind(card.name)
    .bind(card.email)
    .bind(fields_json(&card.fields))
    .bind(card.search())
    .bind(consent.map(|consent| consent.source.as_str()))
    .bind(consent.map(|consent| consent.at))
    .bind(consent.map(|consent| consent.note.as_str()))
    .bind(consent.and_then(|consent| consent.withdrawn_at))
    .bind(now)
    .bind(id)
    .execute(&mut *tx)
    .await?;
    Ok(id)
}

async fn replace_tags(tx: &mut Tx, id: ContactId, tags: &[String]) -> Result<(), ContactError> {
    sqlx::query("DELETE FROM contact_tags WHERE contact_id = ?").bind(id).execute(&mut *tx).await?;
    for tag in tags {
        let tag = short_enough("tag", tag)?;
        if is_blank(tag) {
            continue;
        }
        sqlx::query("INSERT OR IGNORE INTO contact_tags (contact_id, tag) VALUES (?, ?)")
            .bind(id)
            .bind(tag)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

async fn one(reader: &mut SqliteConnection, id: ContactId) -> Result<Contact, ContactError> {
    load(reader, &[id]).await?.pop().ok_or(ContactError::Unknown)
}

/// At most `PAGE_LIMIT` contacts, in the order of `ids`.
async fn load(reader: &mut SqliteConnection, ids: &[ContactId]) -> Result<Vec<Contact>, ContactError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let head = "SELECT id, phone, name, email, fields, standing, consent_source, consent_at, consent_note, \
                consent_withdrawn_at, created_at FROM contacts WHERE id IN (";
    let rows = among(head, ids, ")").build().fetch_all(&mut *reader).await?;
    let mut contacts = BTreeMap::new();
    for row in &rows {
        let contact = contact_of(row)?;
        contacts.insert(contact.id, contact);
    }
    let tags =
        among("SELECT contact_id, tag FROM contact_tags WHERE contact_id IN (", ids, ") ORDER BY contact_id, tag");
    for (id, tag) in { tags }.build_query_as::<(ContactId, String)>().fetch_all(&mut *reader).await? {
        contacts.entry(id).and_modify(|contact| contact.tags.push(tag));
    }
    let head = "SELECT m.contact_id, max(p.sent_at) FROM messages m JOIN parts p ON p.message_id = m.id \
                WHERE p.sent_at IS NOT NULL AND m.contact_id IN (";
    let sent = among(head, ids, ") GROUP BY m.contact_id");
    for (id, at) in { sent }.build_query_as::<(ContactId, Option<Millis>)>().fetch_all(&mut *reader).await? {
        contacts.entry(id).and_modify(|contact| contact.last_message_at = at);
    }
    Ok(ids.iter().filter_map(|id| contacts.remove(id)).collect())
}

fn contact_of(row: &SqliteRow) -> Result<Contact, sqlx::Error> {
    let phone: String = row.try_get("phone")?;
    Ok(Contact {
        id: row.try_get("id")?,
        phone_shown: phone::shown(&phone),
        phone,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        fields: fields_of(row)?,
        tags: Vec::new(),
        standing: Standing::from_column(row.try_get("standing")?),
        consent: consent_of(row)?,
        created_at: row.try_get("created_at")?,
        last_message_at: None,
    })
}

fn among(head: &str, ids: &[ContactId], tail: &str) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(head);
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(*id);
    }
    query.push(tail);
    query
}

fn filtered(head: &str, query: &ContactQuery) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(head);
    sql.push(" WHERE 1");
    for needle in needles(&query.search) {
        sql.push(" AND instr(search, ").push_bind(needle).push(") > 0");
    }
    if let Some(standing) = query.standing {
        sql.push(" AND standing = ").push_bind(standing.as_str());
    }
    if let Some(tag) = &query.tag {
        sql.push(" AND id IN (SELECT contact_id FROM contact_tags WHERE tag = ").push_bind(tag.as_str()).push(")");
    }
    sql
}

#[cfg(test)]
mod tests;

//! All SQL over contacts that are looked at or changed one by one. Lists come in through `import::store`.
//!
//! Writes take the caller's transaction; reads take a pool. Every row that is written gets its `search` text
//! from `fold::haystack`, or a search would not find it.

pub mod accounts;
pub mod audience;
pub mod erased;
pub mod history;
pub mod identities;
pub mod list;
pub mod merge;
pub mod phone_names;
pub mod search;
pub mod suppressions;

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::card::{Card, short_enough};
use super::fold::haystack;
use super::permission::Facts;
use super::phone::{self, Country, Phone};
use super::{
    Consent, Contact, ContactEdit, ContactError, ContactTotals, Fields, Return, Standing, TagTotal, email, language,
};
use crate::clock::Millis;
use crate::db::{Readers, Tx};
use crate::ids::{ContactId, IdGenerator, MessageId};
use crate::language::Language;
use crate::mail;
use crate::stored::Json;
use crate::text::is_blank;
use suppressions::Cause;

/// The most rows a page has.
pub const PAGE_LIMIT: u32 = 500;

/// Makes a contact, or changes the one that the edit names. What a person took back or opted out from stays so,
/// whatever the form was opened with.
pub async fn save(tx: &mut Tx, edit: &ContactEdit, country: Country, now: Millis) -> Result<Contact, ContactError> {
    let card = Card::of(edit, country)?;
    refuse_taken(tx, card.phone, edit.id).await?;
    match erased::among(tx, std::iter::once(card.phone)).await?.is_empty() {
        true => {}
        false if edit.take_erased => erased::take(tx, card.phone).await?,
        false => return Err(ContactError::Erased { phone: card.phone.shown() }),
    }
    let id = match edit.id {
        Some(id) => change(tx, id, &card, now).await?,
        None => add(tx, &card, now).await?,
    };
    replace_tags(tx, id, &edit.tags).await?;
    know_fields(tx, card.fields.keys().map(String::as_str)).await?;
    one(tx, id).await
}

/// From the black list nobody comes back this way: see `suppressions::lift`.
pub async fn set_standing(
    tx: &mut Tx,
    id: ContactId,
    standing: Standing,
    now: Millis,
) -> Result<Contact, ContactError> {
    let before = one(tx, id).await?;
    if standing != Standing::Black && before.standing == Standing::Black {
        return Err(ContactError::Listed);
    }
    if standing == Standing::Black {
        let addresses = suppressions::addresses(tx, &[before.phone], None).await?;
        suppressions::suppress(tx, &addresses, Cause::Owner, now).await?;
    }
    write_standing(tx, id, standing, now).await?;
    one(tx, id).await
}

/// The person wants messages again: off the black list, and with a new consent no longer withdrawn. What was before
/// stays on record with the reason.
pub async fn take_back(tx: &mut Tx, id: ContactId, wish: &Return, now: Millis) -> Result<Contact, ContactError> {
    let reason = short_enough("reason", &wish.reason)?;
    if is_blank(reason) {
        return Err(ContactError::ReasonMissing);
    }
    let before = one(tx, id).await?;
    if before.standing == Standing::Black {
        let addresses = suppressions::addresses(tx, &[before.phone], None).await?;
        suppressions::lift(tx, &addresses, reason, now).await?;
        write_standing(tx, id, Standing::Normal, now).await?;
    }
    if let Some(consent) = &wish.consent {
        renew_consent(tx, id, consent, now).await?;
    }
    one(tx, id).await
}

async fn write_standing(tx: &mut Tx, id: ContactId, standing: Standing, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE contacts SET standing = ?, updated_at = ? WHERE id = ?")
        .bind(standing)
        .bind(now)
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

async fn renew_consent(tx: &mut Tx, id: ContactId, consent: &Consent, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE contacts SET consent_source = ?, consent_at = ?, consent_note = ?, consent_withdrawn_at = NULL,
                             updated_at = ? WHERE id = ?",
    )
    .bind(&consent.source)
    .bind(consent.at)
    .bind(&consent.note)
    .bind(now)
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

/// The person took the permission back, or said no: promotions reach them no more. A withdrawal that is on record keeps
/// its time.
pub async fn withdraw_consent(tx: &mut Tx, id: ContactId, now: Millis) -> Result<Contact, ContactError> {
    let update = "UPDATE contacts SET consent_withdrawn_at = ?1, updated_at = ?1
                  WHERE id = ?2 AND consent_withdrawn_at IS NULL";
    sqlx::query(update).bind(now).bind(id).execute(&mut *tx).await?;
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

/// Who said stop, by everything that is known of them.
#[derive(Clone, Debug, Default)]
pub struct Stopped {
    /// The phone that wrote, and the one that was written to. E.164.
    pub phones: Vec<String>,
    /// The hidden identity that wrote.
    pub lid: Option<String>,
    /// The contact that was written to.
    pub contact: Option<ContactId>,
}

/// Opts out every spelling of the phones, their hidden identities and all contacts behind them: on the black list from
/// this transaction on, with the withdrawal on record. Who is no contact yet becomes one, or the next list that is
/// imported would bring them in as anybody. False where all that was so already.
pub async fn opt_out(tx: &mut Tx, who: &Stopped, at: Millis, now: Millis) -> Result<bool, sqlx::Error> {
    let contact = match who.contact {
        Some(id) => merge::became(tx, id).await?.or(Some(id)),
        None => None,
    };
    let addresses = suppressions::addresses(tx, &who.phones, who.lid.as_deref()).await?;
    let holders = holders(tx, &addresses).await?;
    if holders.is_empty()
        && contact.is_none()
        && let Some(phone) = who.phones.first().and_then(|phone| Phone::from_e164(phone))
    {
        // Nothing of an erased person is kept but the wish.
        if let Some(news) = erased::opt_out(tx, phone, at).await? {
            return Ok(news);
        }
        let nameless = Card { phone, name: "", email: "", fields: Fields::new(), consent: None };
        add(tx, &nameless, now).await?;
    }
    suppressions::suppress(tx, &addresses, Cause::Stop, now).await?;
    let mut listed = QueryBuilder::new("UPDATE contacts SET standing = 'black', updated_at = ");
    listed.push_bind(now).push(", consent_withdrawn_at = coalesce(consent_withdrawn_at, ").push_bind(at);
    listed.push(") WHERE (standing <> 'black' OR consent_withdrawn_at IS NULL) AND (id = ").push_bind(contact);
    listed.push(" OR phone IN (");
    suppressions::push_list(&mut listed, &addresses);
    listed.push("))");
    Ok(listed.build().execute(tx).await?.rows_affected() > 0)
}

/// Opt-outs that other data of the same owner know: they hold here too.
pub async fn take_opt_outs(tx: &mut Tx, others: Vec<(String, Millis, Cause)>, now: Millis) -> Result<i64, sqlx::Error> {
    let mut taken = 0;
    for (address, since, cause) in others {
        if suppressions::is_suppressed(tx, &address).await? {
            continue;
        }
        suppressions::suppress(tx, std::slice::from_ref(&address), cause, now).await?;
        let (phones, lid) = match address.starts_with('+') {
            true => (vec![address], None),
            false => (Vec::new(), Some(address)),
        };
        opt_out(tx, &Stopped { contact: None, phones, lid }, since, now).await?;
        taken += 1;
    }
    Ok(taken)
}

/// Contacts behind this one, with their phones.
pub async fn phones_after(
    db: &mut SqliteConnection,
    after: Option<ContactId>,
    limit: u32,
) -> Result<Vec<(ContactId, String)>, sqlx::Error> {
    let select = "SELECT id, phone FROM contacts WHERE ?1 IS NULL OR id > ?1 ORDER BY id LIMIT ?2";
    sqlx::query_as(select).bind(after).bind(limit).fetch_all(db).await
}

/// Takes back what the person said or a list said for them: with the word that they wrote as their consent. What the
/// owner decided stays. False where there was nothing to take back.
pub async fn opt_in(tx: &mut Tx, phone: &str, consent: &Consent, now: Millis) -> Result<bool, sqlx::Error> {
    let addresses = suppressions::addresses(tx, &[phone.to_owned()], None).await?;
    if !suppressions::may_be_taken_back(tx, &addresses).await? {
        return Ok(false);
    }
    suppressions::lift(tx, &addresses, &consent.source, now).await?;
    for id in holders(tx, &addresses).await? {
        write_standing(tx, id, Standing::Normal, now).await?;
        renew_consent(tx, id, consent, now).await?;
    }
    Ok(true)
}

pub async fn holders(tx: &mut SqliteConnection, phones: &[String]) -> Result<Vec<ContactId>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT id FROM contacts WHERE phone IN (");
    suppressions::push_list(&mut select, phones);
    select.push(")");
    select.build_query_scalar().fetch_all(tx).await
}

/// The contact with this phone, however it is spelled, or with another one of the same account: the one that was written
/// to last, else the one with this very spelling. Else the one that took
/// in whoever had it.
pub async fn by_any_spelling(tx: &mut SqliteConnection, phone: &str) -> Result<Option<ContactId>, sqlx::Error> {
    let mut spellings = suppressions::spellings(phone);
    spellings.extend(accounts::phones_of(tx, &spellings).await?);
    let mut select = QueryBuilder::new("SELECT id FROM contacts WHERE phone IN (");
    suppressions::push_list(&mut select, &spellings);
    select.push(") ORDER BY coalesce(last_message_at, 0) DESC, phone = ").push_bind(phone).push(" DESC LIMIT 1");
    match select.build_query_scalar().fetch_optional(&mut *tx).await? {
        Some(holder) => Ok(Some(holder)),
        None => merge::owner_of(tx, &spellings).await,
    }
}

/// The contact with this very phone (E.164).
pub async fn holder(db: &mut SqliteConnection, phone: &str) -> Result<Option<ContactId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM contacts WHERE phone = ?").bind(phone).fetch_optional(db).await
}

/// The language of the contact with this phone, if a column says one that can be read.
pub async fn language_of(reader: &mut SqliteConnection, phone: &str) -> Result<Option<Language>, sqlx::Error> {
    let Some(id) = by_any_spelling(reader, phone).await? else { return Ok(None) };
    let row = sqlx::query("SELECT fields FROM contacts WHERE id = ?").bind(id).fetch_one(reader).await?;
    Ok(fields_of(&row).ok().as_ref().and_then(language::of))
}

/// The columns of `facts!`, from `first` on.
pub fn facts_of(row: &SqliteRow, first: usize) -> Result<Facts, sqlx::Error> {
    Ok(Facts {
        standing: row.try_get(first)?,
        consented: row.try_get(first + 1)?,
        withdrawn: row.try_get(first + 2)?,
        suppressed: row.try_get(first + 3)?,
        promoted: row.try_get(first + 4)?,
    })
}

/// Whether the phone was found on WhatsApp.
pub async fn found(tx: &mut Tx, phone: &str, on_whatsapp: bool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE contacts SET on_whatsapp = ?1 WHERE phone = ?2 AND on_whatsapp IS NOT ?1")
        .bind(on_whatsapp)
        .bind(phone)
        .execute(tx)
        .await?;
    Ok(())
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

/// The names and standings of those of these contacts that are there.
pub async fn called(
    reader: &mut SqliteConnection,
    ids: &[ContactId],
) -> Result<BTreeMap<ContactId, (String, Standing)>, sqlx::Error> {
    let mut select = among("SELECT id, name, standing FROM contacts WHERE id IN (", ids, ")");
    let found: Vec<(ContactId, String, Standing)> = select.build_query_as().fetch_all(reader).await?;
    Ok(found.into_iter().map(|(id, name, standing)| (id, (name, standing))).collect())
}

/// Whether the contact `$id` may have an e-mail address, for statements of other features.
macro_rules! mailable {
    ($id:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM contacts e WHERE e.id = ",
            $id,
            " AND (instr(e.email, '@') > 0 OR instr(e.fields, '@') > 0))"
        )
    };
}

pub(crate) use mailable;

/// Where a contact is reached by mail, and the language that a column says of it.
#[derive(Clone, Debug)]
pub struct MailAddress {
    pub address: String,
    pub language: Option<Language>,
}

/// By the e-mail of a contact, else by the first of its fields that is one.
pub async fn mail_address(reader: &mut SqliteConnection, id: ContactId) -> Result<Option<MailAddress>, sqlx::Error> {
    let row = sqlx::query("SELECT email, fields FROM contacts WHERE id = ?").bind(id).fetch_optional(reader).await?;
    let Some(row) = row else { return Ok(None) };
    // Whoever cannot be read has no address: everybody else's mails go on.
    let fields = fields_of(&row).unwrap_or_else(|error| {
        tracing::warn!(%error, "the fields of a contact cannot be read");
        Fields::new()
    });
    let named =
        fields.iter().filter(|(name, _)| email::is_own(name)).map(|(name, value)| (name.as_str(), value.as_str()));
    let address = mail::address_of(row.try_get("email")?, named).map(str::to_owned);
    Ok(address.map(|address| MailAddress { address, language: language::of(&fields) }))
}

/// A promotion went to the person otherwise than over WhatsApp: the next one waits as behind any.
pub async fn promoted(tx: &mut Tx, phone: &str, message: MessageId, at: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM promotions WHERE message_id = ? AND phone <> ?")
        .bind(message)
        .bind(phone)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO promotions (phone, message_id, at) VALUES (?, ?, ?)
         ON CONFLICT (phone) DO UPDATE SET message_id = excluded.message_id, at = excluded.at",
    )
    .bind(phone)
    .bind(message)
    .bind(at)
    .execute(tx)
    .await?;
    Ok(())
}

/// The phone and the name of a contact that is there.
pub async fn addressed(reader: &mut SqliteConnection, id: ContactId) -> Result<Option<(String, String)>, sqlx::Error> {
    sqlx::query_as("SELECT phone, name FROM contacts WHERE id = ?").bind(id).fetch_optional(reader).await
}

/// The contacts of these ids, in their order; those that are gone are left out.
pub async fn by_ids(pool: &Readers, ids: &[ContactId]) -> Result<Vec<Contact>, ContactError> {
    let mut contacts = Vec::with_capacity(ids.len());
    for some in ids.chunks(PAGE_LIMIT as usize) {
        contacts.append(&mut load(&mut *pool.acquire().await?, some).await?);
    }
    Ok(contacts)
}

/// Read from counters, which every change of a contact or a tag moves.
pub async fn totals(pool: &Readers) -> Result<ContactTotals, ContactError> {
    let mut reader = pool.acquire().await?;
    let standings = "SELECT standing, people FROM contact_counts";
    let standings: Vec<(Standing, u32)> = sqlx::query_as(standings).fetch_all(&mut *reader).await?;
    let of = |standing: Standing| {
        standings.iter().find(|(counted, _)| *counted == standing).map_or(0, |(_, people)| *people)
    };
    let (normal, gray, black) = (of(Standing::Normal), of(Standing::Gray), of(Standing::Black));
    let tags = "SELECT tag, people FROM tag_counts WHERE people > 0 ORDER BY tag";
    let tags: Vec<(String, u32)> = sqlx::query_as(tags).fetch_all(&mut *reader).await?;
    let tags = tags.into_iter().map(|(tag, contacts)| TagTotal { tag, contacts }).collect();
    let known = "SELECT name, label FROM contact_fields ORDER BY name";
    let known: Vec<(String, String)> = sqlx::query_as(known).fetch_all(&mut *reader).await?;
    let fields = known.iter().map(|(name, _)| name.clone()).collect();
    let labels = known.into_iter().filter(|(_, label)| !label.is_empty()).collect();
    Ok(ContactTotals { all: normal + gray + black, normal, gray, black, tags, fields, labels })
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

/// Every field that a contact has or had.
pub async fn field_names(reader: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM contact_fields ORDER BY name").fetch_all(reader).await
}

/// Remembers the names of fields; those known already stay.
pub async fn know_fields(tx: &mut Tx, names: impl Iterator<Item = &str>) -> Result<(), sqlx::Error> {
    for name in names {
        sqlx::query("INSERT OR IGNORE INTO contact_fields (name) VALUES (?)").bind(name).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Keeps what the column of a list was called as the word for its field; the first list that names it wins.
pub async fn label_field(tx: &mut Tx, name: &str, label: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE contact_fields SET label = ? WHERE name = ? AND label = ''")
        .bind(label)
        .bind(name)
        .execute(tx)
        .await?;
    Ok(())
}

/// The consent of a row with the columns `consent_source`, `consent_at` and `consent_note`.
pub(super) fn consent_of(row: &SqliteRow) -> Result<Option<Consent>, sqlx::Error> {
    let Some(source) = row.try_get::<Option<String>, _>("consent_source")? else {
        return Ok(None);
    };
    Ok(Some(Consent {
        source,
        at: row.try_get("consent_at")?,
        note: row.try_get::<Option<String>, _>("consent_note")?.unwrap_or_default(),
    }))
}

pub(super) fn fields_of(row: &SqliteRow) -> Result<Fields, sqlx::Error> {
    Ok(row.try_get::<Json<_>, _>("fields")?.0)
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
         consent_note, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, 'normal', ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(card.phone.to_string())
    .bind(card.name)
    .bind(card.email)
    .bind(Json(&card.fields))
    .bind(card.search())
    .bind(card.consent.map(|consent| consent.source.as_str()))
    .bind(card.consent.map(|consent| consent.at))
    .bind(card.consent.map(|consent| consent.note.as_str()))
    .bind(now)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    Ok(id)
}

async fn change(tx: &mut Tx, id: ContactId, card: &Card<'_>, now: Millis) -> Result<ContactId, ContactError> {
    let before = one(tx, id).await?;
    let consent = match (before.withdrawn_at, before.consent.as_ref(), card.consent) {
        (None, _, given) => given,
        // The record of what was taken back stays, also for a form that has emptied it.
        (Some(_), kept, None) => kept,
        (Some(_), kept, given) if given == kept => kept,
        (Some(_), _, Some(_)) => return Err(ContactError::Withdrawn),
    };
    sqlx::query(
        "UPDATE contacts SET phone = ?, name = ?, email = ?, fields = ?, search = ?, consent_source = ?, \
         consent_at = ?, consent_note = ?, updated_at = ? WHERE id = ?",
    )
    .bind(card.phone.to_string())
    .bind(card.name)
    .bind(card.email)
    .bind(Json(&card.fields))
    .bind(card.search())
    .bind(consent.map(|consent| consent.source.as_str()))
    .bind(consent.map(|consent| consent.at))
    .bind(consent.map(|consent| consent.note.as_str()))
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

/// One contact, as the caller's transaction sees it.
pub async fn one(reader: &mut SqliteConnection, id: ContactId) -> Result<Contact, ContactError> {
    load(reader, &[id]).await?.pop().ok_or(ContactError::Unknown)
}

/// At most `PAGE_LIMIT` contacts, in the order of `ids`.
async fn load(reader: &mut SqliteConnection, ids: &[ContactId]) -> Result<Vec<Contact>, ContactError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let head = "SELECT id, phone, name, email, fields, standing, consent_source, consent_at, consent_note, \
                consent_withdrawn_at, created_at, last_message_at, last_reply_at FROM contacts WHERE id IN (";
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
        standing: row.try_get("standing")?,
        consent: consent_of(row)?,
        withdrawn_at: row.try_get("consent_withdrawn_at")?,
        created_at: row.try_get("created_at")?,
        last_message_at: row.try_get("last_message_at")?,
        last_reply_at: row.try_get("last_reply_at")?,
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

#[cfg(test)]
mod tests;

//! Merging two contacts, taking it back, and which contact a phone belongs to that became one with another.

use sqlx::{QueryBuilder, SqliteConnection};

use super::suppressions::{self, Cause};
use super::{accounts, one, replace_tags};
use crate::clock::Millis;
use crate::contact::acts::store as acts;
use crate::contact::card::Card;
use crate::contact::merge::{MergeEdit, Merged, merged};
use crate::contact::phone::Country;
use crate::contact::{Contact, ContactEdit, ContactError, Standing};
use crate::db::Tx;
use crate::ids::{ActId, ContactId};
use crate::stored::Json;

/// Makes one contact of two, and an act that can be taken back. What they were sent and wrote is moved by whoever keeps
/// that.
pub async fn merge(tx: &mut Tx, edit: &MergeEdit, country: Country, now: Millis) -> Result<ActId, ContactError> {
    if edit.keep == edit.gone {
        return Err(ContactError::SameContact);
    }
    let (keep, gone) = (one(tx, edit.keep).await?, one(tx, edit.gone).await?);
    let written = ContactEdit {
        phone: keep.phone.clone(),
        name: edit.name.clone(),
        email: edit.email.clone(),
        fields: edit.fields.clone(),
        ..ContactEdit::default()
    };
    let card = Card::of(&written, country)?;
    let merged = merged(&keep, &gone);
    let act = acts::begin_merge(tx, &keep, &gone, now).await?;
    take_in_history(tx, &keep, &gone, &merged, now).await?;
    super::know_fields(tx, card.fields.keys().map(String::as_str)).await?;
    // The other one goes first: nobody may have two contacts with what is written below.
    let times = "SELECT last_message_at, last_reply_at FROM contacts WHERE id = ?";
    let times: (Option<Millis>, Option<Millis>) = sqlx::query_as(times).bind(gone.id).fetch_one(&mut *tx).await?;
    sqlx::query("UPDATE merged_contacts SET into_id = ? WHERE into_id = ?")
        .bind(keep.id)
        .bind(gone.id)
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM contacts WHERE id = ?").bind(gone.id).execute(&mut *tx).await?;
    write(tx, &keep, &card, &merged, times, now).await?;
    replace_tags(tx, keep.id, &merged.tags).await?;
    sqlx::query("INSERT INTO merged_contacts (contact_id, into_id, phone, merged_at) VALUES (?, ?, ?, ?)")
        .bind(gone.id)
        .bind(keep.id)
        .bind(&gone.phone)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    // Whoever may not be written to under one phone may not under the other.
    if merged.standing == Standing::Black {
        stop_all(tx, &[keep.phone, gone.phone], now).await?;
    }
    last_promotion(tx, keep.id, &written.phone).await?;
    Ok(act)
}

async fn write(
    tx: &mut Tx,
    keep: &Contact,
    card: &Card<'_>,
    merged: &Merged,
    (message, reply): (Option<Millis>, Option<Millis>),
    now: Millis,
) -> Result<(), sqlx::Error> {
    let consent = merged.consent.as_ref();
    sqlx::query(
        "UPDATE contacts SET name = ?, email = ?, fields = ?, search = ?, standing = ?, consent_source = ?, consent_at = ?,
             consent_note = ?, consent_withdrawn_at = ?, created_at = ?, updated_at = ?,
             last_message_at = nullif(max(coalesce(last_message_at, 0), ?), 0),
             last_reply_at = nullif(max(coalesce(last_reply_at, 0), ?), 0) WHERE id = ?",
    )
    .bind(card.name)
    .bind(card.email)
    .bind(Json(&card.fields))
    .bind(card.search())
    .bind(merged.standing)
    .bind(consent.map(|consent| consent.source.as_str()))
    .bind(consent.map(|consent| consent.at))
    .bind(consent.map(|consent| consent.note.as_str()))
    .bind(merged.withdrawn_at)
    .bind(merged.created_at)
    .bind(now)
    .bind(message.unwrap_or(0))
    .bind(reply.unwrap_or(0))
    .bind(keep.id)
    .execute(tx)
    .await?;
    Ok(())
}

/// What the other one was, and its consent where that is not the one that holds.
async fn take_in_history(
    tx: &mut Tx,
    keep: &Contact,
    gone: &Contact,
    merged: &Merged,
    now: Millis,
) -> Result<(), sqlx::Error> {
    for history in [
        // Where both lost a consent in one moment, as by one list, each stays.
        "INSERT INTO past_consents (contact_id, source, at, note, withdrawn_at, replaced_at)
         SELECT ?1, g.source, g.at, g.note, g.withdrawn_at, g.replaced_at - 1 FROM past_consents g
             JOIN past_consents k ON k.contact_id = ?1 AND k.replaced_at = g.replaced_at WHERE g.contact_id = ?2
         ON CONFLICT DO NOTHING",
        "INSERT INTO past_consents (contact_id, source, at, note, withdrawn_at, replaced_at)
         SELECT ?1, source, at, note, withdrawn_at, replaced_at FROM past_consents WHERE contact_id = ?2
         ON CONFLICT DO NOTHING",
        "INSERT INTO standings (contact_id, at, standing) SELECT ?1, at, standing FROM standings WHERE contact_id = ?2
         ON CONFLICT DO NOTHING",
    ] {
        sqlx::query(history).bind(keep.id).bind(gone.id).execute(&mut *tx).await?;
    }
    let holds = gone.consent == merged.consent && gone.withdrawn_at == merged.withdrawn_at;
    if holds || (gone.consent.is_none() && gone.withdrawn_at.is_none()) {
        return Ok(());
    }
    // Just before the trigger's own time, which is that of what the contact itself loses.
    let consent = gone.consent.as_ref();
    sqlx::query(
        "INSERT INTO past_consents (contact_id, source, at, note, withdrawn_at, replaced_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(keep.id)
    .bind(consent.map(|consent| consent.source.as_str()))
    .bind(consent.map(|consent| consent.at))
    .bind(consent.map(|consent| consent.note.as_str()))
    .bind(gone.withdrawn_at)
    .bind(now - 1)
    .execute(tx)
    .await?;
    Ok(())
}

/// What is in force for one of the phones is for all, for the strictest of its causes.
async fn stop_all(tx: &mut Tx, phones: &[String], now: Millis) -> Result<(), sqlx::Error> {
    let addresses = suppressions::addresses(tx, phones, None).await?;
    let mut select = QueryBuilder::new("SELECT cause FROM suppressions WHERE lifted_at IS NULL AND address IN (");
    suppressions::push_list(&mut select, &addresses);
    let causes: Vec<Cause> = select.push(")").build_query_scalar().fetch_all(&mut *tx).await?;
    let strict = |cause: Cause| causes.contains(&cause);
    let cause = match () {
        () if strict(Cause::Owner) => Cause::Owner,
        () if strict(Cause::Stop) => Cause::Stop,
        () if strict(Cause::Import) => Cause::Import,
        () => Cause::Owner,
    };
    suppressions::suppress(tx, &addresses, cause, now).await
}

/// A promotion to one of the phones counts for the person.
async fn last_promotion(tx: &mut Tx, keep: ContactId, phone: &str) -> Result<(), sqlx::Error> {
    // From an earlier merge, under a phone that it may no longer have.
    sqlx::query("DELETE FROM promotions WHERE message_id = ?1 AND phone <> ?2")
        .bind(keep)
        .bind(phone)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        // No message has the id of a contact, so nothing that becomes of one takes this away.
        "INSERT INTO promotions (phone, at, message_id) SELECT ?1, p.at, ?2 FROM promotions p
             JOIN merged_contacts m ON m.phone = p.phone AND m.into_id = ?2 ORDER BY p.at DESC LIMIT 1
         ON CONFLICT (phone) DO UPDATE SET at = excluded.at, message_id = excluded.message_id
             WHERE excluded.at > promotions.at",
    )
    .bind(phone)
    .bind(keep)
    .execute(tx)
    .await?;
    Ok(())
}

/// Of a contact `c`, those that became one with it.
macro_rules! taken_in {
    () => {
        "(SELECT json_group_array(json_array(hex(t.contact_id), t.phone, t.merged_at)) FROM merged_contacts t
          WHERE t.into_id = c.id)"
    };
}
pub(crate) use taken_in;

/// The contacts that became one with this one, and their phones.
pub async fn others_of(db: &mut SqliteConnection, into: ContactId) -> Result<Vec<(ContactId, String)>, sqlx::Error> {
    sqlx::query_as("SELECT contact_id, phone FROM merged_contacts WHERE into_id = ? ORDER BY contact_id")
        .bind(into)
        .fetch_all(db)
        .await
}

/// The contact that the one with this id became one with.
pub async fn became(db: &mut SqliteConnection, id: ContactId) -> Result<Option<ContactId>, sqlx::Error> {
    sqlx::query_scalar("SELECT into_id FROM merged_contacts WHERE contact_id = ?").bind(id).fetch_optional(db).await
}

/// The contact that the one with one of these phones became one with.
pub async fn owner_of(db: &mut SqliteConnection, phones: &[String]) -> Result<Option<ContactId>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT into_id FROM merged_contacts WHERE phone IN (");
    suppressions::push_list(&mut select, phones);
    select.push(") LIMIT 1").build_query_scalar().fetch_optional(db).await
}

/// These phones with all others of their people and of their WhatsApp accounts.
pub async fn of_one_person(db: &mut SqliteConnection, phones: &[String]) -> Result<Vec<String>, sqlx::Error> {
    if phones.is_empty() {
        return Ok(Vec::new());
    }
    let mut spelled: Vec<String> = phones.iter().flat_map(|phone| suppressions::spellings(phone)).collect();
    let accounts = accounts::phones_of(db, &spelled).await?;
    spelled.extend_from_slice(&accounts);
    let mut select = QueryBuilder::new("WITH into_ids AS (SELECT into_id FROM merged_contacts WHERE phone IN (");
    suppressions::push_list(&mut select, &spelled);
    select
        .push(") UNION SELECT m.into_id FROM contacts c JOIN merged_contacts m ON m.into_id = c.id WHERE c.phone IN (");
    suppressions::push_list(&mut select, &spelled);
    select.push(
        ")) SELECT c.phone FROM contacts c WHERE c.id IN into_ids
            UNION SELECT m.phone FROM merged_contacts m WHERE m.into_id IN into_ids",
    );
    let others: Vec<String> = select.build_query_scalar().fetch_all(db).await?;
    let mut all = phones.to_vec();
    all.extend(others.into_iter().chain(accounts).filter(|phone| !phones.contains(phone)));
    Ok(all)
}

/// What a contact was before it took another one in, written again.
pub async fn restore(tx: &mut Tx, act: ActId, keep: ContactId, gone: ContactId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE contacts SET (name, email, fields, search, standing, consent_source, consent_at, consent_note,
             consent_withdrawn_at, created_at, updated_at, last_message_at, last_reply_at) =
             (SELECT a.before ->> 'name', a.before ->> 'email', a.before ->> 'fields', a.before ->> 'search',
                 a.before ->> 'standing', a.before ->> 'source', a.before ->> 'at', a.before ->> 'note',
                 a.before ->> 'withdrawn', a.before ->> 'created', a.before ->> 'updated',
                 iif(contacts.last_message_at > a.before ->> 'written', contacts.last_message_at, a.before ->> 'message'),
                 iif(contacts.last_reply_at > a.before ->> 'written', contacts.last_reply_at, a.before ->> 'reply')
              FROM act_changes a WHERE a.act_id = ?1 AND a.contact_id = ?2) WHERE id = ?2",
    )
    .bind(act)
    .bind(keep)
    .execute(&mut *tx)
    .await?;
    for forget in [
        "DELETE FROM past_consents WHERE contact_id = ?",
        "DELETE FROM standings WHERE contact_id = ?",
        "DELETE FROM contact_tags WHERE contact_id = ?",
    ] {
        sqlx::query(forget).bind(keep).execute(&mut *tx).await?;
    }
    // Whom each had taken in before goes back to it with the rest.
    sqlx::query("DELETE FROM merged_contacts WHERE into_id = ?").bind(keep).execute(&mut *tx).await?;
    acts::restore_belongings(tx, act, keep).await?;
    acts::restore_whole(tx, act, gone).await
}

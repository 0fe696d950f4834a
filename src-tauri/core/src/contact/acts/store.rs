//! The statements of acts. What is chosen is found along the ids, so that a step costs the same however long the list.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::super::card::short_enough;
use super::super::phone::Phone;
use super::super::segment::filter::Today;
use super::super::segment::store::condition::{self, Asked};
use super::super::store::merge::taken_in;
use super::super::store::search::{self, Search};
use super::super::store::{erased, suppressions};
use super::super::{Contact, ContactError, Standing};
use super::{ActPage, ActReport, ActState, Chosen, Deed, KEPT};
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{ActId, ContactId, IdGenerator};
use crate::page::Place;
use crate::stored::Json;
use crate::text::is_blank;

/// Contacts that a step looks at: so few that whoever else writes does not notice.
const STEP: u32 = 500;

/// How far an act is.
pub struct Act {
    pub state: ActState,
    pub report: ActReport,
    chosen: Chosen,
    behind: Uuid,
    until: Uuid,
    begun_at: Millis,
}

/// Puts an act down that nobody has taken a step of.
pub async fn begin(tx: &mut Tx, deed: &Deed, chosen: &Chosen, now: Millis) -> Result<ActId, ContactError> {
    match deed {
        Deed::Tag { tag } | Deed::Untag { tag } if is_blank(short_enough("tag", tag)?) => {
            return Err(ContactError::NoTag);
        }
        Deed::Merge { .. } => return Err(ContactError::NoAct),
        Deed::Tag { .. } | Deed::Untag { .. } | Deed::List { .. } | Deed::Delete => {}
    }
    let id: ActId = IdGenerator::at(now).next();
    let newest: Option<Uuid> = sqlx::query_scalar("SELECT max(id) FROM contacts").fetch_one(&mut *tx).await?;
    sqlx::query(
        "INSERT INTO acts (id, deed, chosen, state, behind, until, begun_at) VALUES (?, ?, ?, 'running', ?, ?, ?)",
    )
    .bind(id)
    .bind(Json(deed))
    .bind(Json(chosen))
    .bind(Uuid::nil())
    .bind(newest.unwrap_or(Uuid::nil()))
    .bind(now)
    .execute(tx)
    .await?;
    Ok(id)
}

/// Puts down that two contacts become one, with what both are before it.
pub async fn begin_merge(tx: &mut Tx, keep: &Contact, gone: &Contact, now: Millis) -> Result<ActId, sqlx::Error> {
    let id: ActId = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO acts (id, deed, chosen, state, behind, until, changed, begun_at) VALUES (?, ?, ?, 'done', ?, ?, 2, ?)",
    )
    .bind(id)
    .bind(Json(Deed::Merge { keep: keep.id, gone: gone.id }))
    .bind(Json(Chosen::These { ids: Vec::new() }))
    .bind(Uuid::nil())
    .bind(Uuid::nil())
    .bind(now)
    .execute(&mut *tx)
    .await?;
    let mut insert = QueryBuilder::new("INSERT INTO act_changes (act_id, contact_id, before) SELECT ");
    insert.push_bind(id).push(", c.id, json_set(").push(WHOLE).push(", '$.written', ").push_bind(now);
    insert.push(") FROM contacts c WHERE c.id");
    push_ids(&mut insert, &[keep.id, gone.id]);
    insert.build().execute(tx).await?;
    Ok(id)
}

/// What the owner did, the newest first, for as long as it is on record.
pub async fn list(db: &mut SqliteConnection, place: &Place) -> Result<ActPage, sqlx::Error> {
    let after: Option<ActId> = place.key()?;
    let mut select = QueryBuilder::new(
        "SELECT id, deed, chosen, state, behind, until, changed, kept, restored, left_out, begun_at FROM acts WHERE id < ",
    );
    select.push_bind(after.map_or(Uuid::max(), |id| id.0)).push(" ORDER BY id DESC LIMIT ").push_bind(place.take());
    let rows = select.build().fetch_all(db).await?;
    let acts: Vec<Act> = rows.iter().map(act_of).collect::<Result<_, _>>()?;
    let (acts, next) = place.cut(acts, |act| act.report.id)?;
    Ok(ActPage { next, rows: acts.into_iter().map(|act| act.report).collect() })
}

/// Whether two contacts that became one can be two again: nothing else became of either since, and nobody has the phone
/// that goes back. Whoever wants nothing, or has taken a consent back, stays one: nobody can tell any more for which
/// phone they said so since.
pub async fn is_unmergeable(
    tx: &mut Tx,
    act: ActId,
    keep: ContactId,
    gone: ContactId,
) -> Result<Option<Unmerge>, sqlx::Error> {
    let found: Option<(String, String)> = sqlx::query_as(
        "SELECT k.phone, json_extract(g.before, '$.phone')
         FROM act_changes b JOIN act_changes g ON g.act_id = b.act_id AND g.contact_id = ?3
             JOIN contacts k ON k.id = b.contact_id AND k.updated_at = json_extract(b.before, '$.written')
         WHERE b.act_id = ?1 AND b.contact_id = ?2 AND k.standing <> 'black' AND k.consent_withdrawn_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = ?3)
             AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.phone = json_extract(g.before, '$.phone'))",
    )
    .bind(act)
    .bind(keep)
    .bind(gone)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((keeps, goes)) = found else { return Ok(None) };
    let erased = erased::among(tx, Phone::from_e164(&goes).into_iter()).await?;
    Ok(erased.is_empty().then_some(Unmerge { keeps, goes }))
}

/// The phones of two contacts that are parted.
pub struct Unmerge {
    pub keeps: String,
    pub goes: String,
}

/// Whether it was done or not: that was all.
pub async fn end_unmerge(tx: &mut Tx, act: ActId, done: bool) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM act_changes WHERE act_id = ?").bind(act).execute(&mut *tx).await?;
    sqlx::query("UPDATE acts SET state = 'undone', restored = ?, left_out = ? WHERE id = ?")
        .bind(if done { 2 } else { 0 })
        .bind(if done { 0 } else { 2 })
        .bind(act)
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn forget_old(tx: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM acts WHERE begun_at < ?").bind(now - KEPT).execute(tx).await?;
    Ok(())
}

/// Acts that were cut off.
pub async fn unfinished(db: &mut SqliteConnection) -> Result<Vec<ActId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM acts WHERE state = 'running' OR state = 'undoing'").fetch_all(db).await
}

pub async fn one(db: &mut SqliteConnection, id: ActId) -> Result<Act, ContactError> {
    let row = sqlx::query(
        "SELECT id, deed, chosen, state, behind, until, changed, kept, restored, left_out, begun_at FROM acts WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(act_of(&row.ok_or(ContactError::NoAct)?)?)
}

fn act_of(row: &SqliteRow) -> Result<Act, sqlx::Error> {
    let state = row.try_get("state")?;
    Ok(Act {
        state,
        report: ActReport {
            id: row.try_get("id")?,
            deed: row.try_get::<Json<_>, _>("deed")?.0,
            changed: row.try_get("changed")?,
            kept: row.try_get("kept")?,
            restored: row.try_get("restored")?,
            left_out: row.try_get("left_out")?,
            begun_at: row.try_get("begun_at")?,
            state,
        },
        chosen: row.try_get::<Json<_>, _>("chosen")?.0,
        behind: row.try_get("behind")?,
        until: row.try_get("until")?,
        begun_at: row.try_get("begun_at")?,
    })
}

/// How many people are chosen at this moment.
pub async fn count(db: &mut SqliteConnection, chosen: &Chosen, today: Today) -> Result<i64, ContactError> {
    let search = searched(db, chosen).await?;
    let mut select = QueryBuilder::new("SELECT count(*) FROM contacts c WHERE 1");
    push_chosen(&mut select, chosen, &search, today)?;
    Ok(select.build_query_scalar().fetch_one(db).await?)
}

async fn searched(db: &mut SqliteConnection, chosen: &Chosen) -> Result<Search, sqlx::Error> {
    match chosen {
        Chosen::These { .. } => Ok(Search::default()),
        Chosen::Matching { query } => Search::of(db, &query.search).await,
    }
}

fn push_chosen(
    select: &mut QueryBuilder<Sqlite>,
    chosen: &Chosen,
    search: &Search,
    today: Today,
) -> Result<(), ContactError> {
    match chosen {
        Chosen::These { ids } => {
            // One argument, however many there are.
            let ids: Vec<String> = ids.iter().map(|id| id.0.simple().to_string()).collect();
            select.push(" AND c.id IN (SELECT unhex(value) FROM json_each(").push_bind(Json(ids)).push("))");
        }
        Chosen::Matching { query } => {
            if let Some(standing) = query.standing {
                select.push(" AND c.standing = ").push_bind(standing);
            }
            if let Some(tag) = &query.tag {
                select.push(" AND EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag = ");
                select.push_bind(tag.clone()).push(")");
            }
            if let Some(filter) = &query.filter {
                select.push(" AND ");
                condition::push(select, filter, Asked::Few, today)?;
            }
            search.push(select, "c.id");
        }
    }
    Ok(())
}

/// Who is chosen at this moment, where there are not more than can be written down one by one.
pub async fn people(db: &mut SqliteConnection, chosen: &Chosen, today: Today) -> Result<Vec<ContactId>, ContactError> {
    let search = searched(db, chosen).await?;
    let mut select = QueryBuilder::new("SELECT c.id FROM contacts c WHERE 1");
    push_chosen(&mut select, chosen, &search, today)?;
    let found: Vec<ContactId> =
        select.push(" LIMIT ").push_bind(WRITTEN_DOWN + 1).build_query_scalar().fetch_all(db).await?;
    if found.len() > usize::try_from(WRITTEN_DOWN).unwrap_or_default() {
        return Err(ContactError::TooMany { limit: WRITTEN_DOWN });
    }
    Ok(found)
}

/// So many people an audience names one by one.
const WRITTEN_DOWN: u32 = 5_000;

/// The next contacts of an act; with them it is done.
pub async fn step(tx: &mut Tx, act: &Act, today: Today, now: Millis) -> Result<(), ContactError> {
    if let Chosen::Matching { query } = &act.chosen
        && !is_blank(&query.search)
    {
        // The step before it may have changed words, and an act must not find more than its search.
        while search::settle_some(tx, STEP).await? {}
    }
    let search = searched(tx, &act.chosen).await?;
    let mut select = QueryBuilder::new("SELECT c.id FROM contacts c WHERE c.id > ");
    select.push_bind(act.behind).push(" AND c.id <= ").push_bind(act.until);
    push_chosen(&mut select, &act.chosen, &search, today)?;
    let found = select.push(" ORDER BY c.id LIMIT ").push_bind(STEP).build_query_scalar().fetch_all(&mut *tx).await?;
    let changed = remember(tx, act, &found, now).await?;
    apply(tx, &act.report.deed, &changed, now).await?;
    let kept =
        if matches!(act.report.deed, Deed::List { .. }) { black_among(tx, &act.report.deed, &found).await? } else { 0 };
    let over = found.len() < usize::try_from(STEP).unwrap_or_default();
    // What was chosen may be a person's name that was searched for: it is kept for as long as it is needed.
    let none = over.then_some(Json(Chosen::These { ids: Vec::new() }));
    sqlx::query(
        "UPDATE acts SET chosen = coalesce(?, chosen), state = ?, behind = ?, changed = changed + ?, kept = kept + ?
         WHERE id = ?",
    )
    .bind(none)
    .bind(if over { ActState::Done } else { ActState::Running })
    .bind(found.last().map_or(act.behind, |last| last.0))
    .bind(i64::try_from(changed.len()).unwrap_or(i64::MAX))
    .bind(kept)
    .bind(act.report.id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps those whom the deed changes as they are before it, and says who they are.
async fn remember(tx: &mut Tx, act: &Act, found: &[ContactId], now: Millis) -> Result<Vec<ContactId>, sqlx::Error> {
    let mut insert = QueryBuilder::new("INSERT INTO act_changes (act_id, contact_id, before) SELECT ");
    insert.push_bind(act.report.id).push(", c.id, ");
    match &act.report.deed {
        Deed::Delete | Deed::Merge { .. } => insert.push(WHOLE),
        Deed::List { .. } => insert.push("json_object('standing', c.standing, 'written', ").push_bind(now).push(")"),
        Deed::Tag { .. } | Deed::Untag { .. } => insert.push("'{}'"),
    };
    push_ids(insert.push(" FROM contacts c WHERE c.id"), found);
    let tagged = " EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag = ";
    match &act.report.deed {
        Deed::Tag { tag } => {
            insert.push(" AND NOT").push(tagged).push_bind(tag.trim().to_owned()).push(")");
        }
        Deed::Untag { tag } => {
            insert.push(" AND").push(tagged).push_bind(tag.trim().to_owned()).push(")");
        }
        Deed::List { standing } => {
            insert.push(" AND c.standing <> 'black' AND c.standing <> ").push_bind(*standing);
        }
        Deed::Delete | Deed::Merge { .. } => {}
    }
    insert.push(" RETURNING contact_id").build_query_scalar().fetch_all(tx).await
}

/// A contact with all that goes with it.
const WHOLE: &str = concat!(
    "json_object('phone', c.phone, 'name', c.name, 'email', c.email, 'fields', c.fields, 'search', c.search,
    'standing', c.standing, 'source', c.consent_source, 'at', c.consent_at, 'note', c.consent_note,
    'withdrawn', c.consent_withdrawn_at, 'created', c.created_at, 'updated', c.updated_at,
    'message', c.last_message_at, 'reply', c.last_reply_at, 'whatsapp', c.on_whatsapp,
    'tags', (SELECT json_group_array(t.tag) FROM contact_tags t WHERE t.contact_id = c.id),
    'consents', (SELECT json_group_array(json_array(p.source, p.at, p.note, p.withdrawn_at, p.replaced_at))
                 FROM past_consents p WHERE p.contact_id = c.id),
    'standings', (SELECT json_group_array(json_array(s.at, s.standing)) FROM standings s WHERE s.contact_id = c.id),
    'merged', ",
    taken_in!(),
    ")"
);

async fn apply(tx: &mut Tx, deed: &Deed, changed: &[ContactId], now: Millis) -> Result<(), sqlx::Error> {
    match deed {
        Deed::Tag { tag } => add_tag(tx, tag.trim(), changed, now).await,
        Deed::Untag { tag } => remove_tag(tx, tag.trim(), changed, now).await,
        Deed::List { standing } => put_on_list(tx, *standing, changed, now).await,
        Deed::Delete => {
            let mut delete = QueryBuilder::new("DELETE FROM contacts WHERE id");
            push_ids(&mut delete, changed);
            delete.build().execute(tx).await?;
            Ok(())
        }
        Deed::Merge { .. } => Ok(()),
    }
}

async fn add_tag(tx: &mut Tx, tag: &str, ids: &[ContactId], now: Millis) -> Result<(), sqlx::Error> {
    let mut insert = QueryBuilder::new("INSERT INTO contact_tags (contact_id, tag) SELECT c.id, ");
    push_ids(insert.push_bind(tag.to_owned()).push(" FROM contacts c WHERE c.id"), ids);
    insert.push(" ON CONFLICT DO NOTHING").build().execute(&mut *tx).await?;
    touch(tx, ids, now).await
}

async fn remove_tag(tx: &mut Tx, tag: &str, ids: &[ContactId], now: Millis) -> Result<(), sqlx::Error> {
    let mut delete = QueryBuilder::new("DELETE FROM contact_tags WHERE tag = ");
    push_ids(delete.push_bind(tag.to_owned()).push(" AND contact_id"), ids);
    delete.build().execute(&mut *tx).await?;
    touch(tx, ids, now).await
}

/// An import that is taken back leaves whoever was changed since.
async fn touch(tx: &mut Tx, ids: &[ContactId], now: Millis) -> Result<(), sqlx::Error> {
    let mut update = QueryBuilder::new("UPDATE contacts SET updated_at = ");
    push_ids(update.push_bind(now).push(" WHERE id"), ids);
    update.build().execute(tx).await?;
    Ok(())
}

async fn put_on_list(tx: &mut Tx, standing: Standing, ids: &[ContactId], now: Millis) -> Result<(), sqlx::Error> {
    if standing == Standing::Black {
        let phones = phones(tx, ids).await?;
        let addresses = suppressions::addresses(tx, &phones, None).await?;
        suppressions::suppress(tx, &addresses, suppressions::Cause::Owner, now).await?;
    }
    let mut update = QueryBuilder::new("UPDATE contacts SET standing = ");
    push_ids(update.push_bind(standing).push(", updated_at = ").push_bind(now).push(" WHERE id"), ids);
    update.build().execute(tx).await?;
    Ok(())
}

async fn phones(db: &mut SqliteConnection, ids: &[ContactId]) -> Result<Vec<String>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT phone FROM contacts WHERE id");
    push_ids(&mut select, ids);
    select.build_query_scalar().fetch_all(db).await
}

/// Those who stay on the black list, where the deed is another list.
async fn black_among(db: &mut SqliteConnection, deed: &Deed, ids: &[ContactId]) -> Result<i64, sqlx::Error> {
    if *deed == (Deed::List { standing: Standing::Black }) {
        return Ok(0);
    }
    let mut select = QueryBuilder::new("SELECT count(*) FROM contacts WHERE standing = 'black' AND id");
    push_ids(&mut select, ids);
    select.build_query_scalar().fetch_one(db).await
}

/// From here on the act is being taken back.
pub async fn begin_undo(tx: &mut Tx, id: ActId) -> Result<(), ContactError> {
    let begun = sqlx::query("UPDATE acts SET state = 'undoing' WHERE id = ? AND state IN ('done', 'undoing')")
        .bind(id)
        .execute(tx)
        .await?;
    if begun.rows_affected() == 0 { Err(ContactError::NoAct) } else { Ok(()) }
}

/// Takes the next changes back; with the last the act is undone.
pub async fn undo_step(tx: &mut Tx, act: &Act, now: Millis) -> Result<(), ContactError> {
    let id = act.report.id;
    let ids: Vec<ContactId> =
        sqlx::query_scalar("SELECT contact_id FROM act_changes WHERE act_id = ? ORDER BY contact_id LIMIT ?")
            .bind(id)
            .bind(STEP)
            .fetch_all(&mut *tx)
            .await?;
    let back = restorable(tx, act, &ids).await?;
    match &act.report.deed {
        Deed::Tag { tag } => remove_tag(tx, tag.trim(), &back, now).await?,
        Deed::Untag { tag } => add_tag(tx, tag.trim(), &back, now).await?,
        Deed::List { standing } => unlist(tx, act, *standing, &back, now).await?,
        Deed::Delete => restore(tx, id, &back).await?,
        Deed::Merge { .. } => {}
    }
    let mut forget = QueryBuilder::new("DELETE FROM act_changes WHERE act_id = ");
    push_ids(forget.push_bind(id).push(" AND contact_id"), &ids);
    forget.build().execute(&mut *tx).await?;
    let over = ids.len() < usize::try_from(STEP).unwrap_or_default();
    sqlx::query("UPDATE acts SET state = ?, restored = restored + ?, left_out = left_out + ? WHERE id = ?")
        .bind(if over { ActState::Undone } else { ActState::Undoing })
        .bind(i64::try_from(back.len()).unwrap_or(i64::MAX))
        .bind(i64::try_from(ids.len() - back.len()).unwrap_or(i64::MAX))
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Those of them of whom nothing else became since.
async fn restorable(tx: &mut Tx, act: &Act, ids: &[ContactId]) -> Result<Vec<ContactId>, sqlx::Error> {
    let mut select =
        QueryBuilder::new("SELECT a.contact_id, json_extract(a.before, '$.phone') AS phone FROM act_changes a ");
    let tagged = "EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag = ";
    match &act.report.deed {
        Deed::Tag { tag } => {
            select.push("JOIN contacts c ON c.id = a.contact_id WHERE ").push(tagged);
            select.push_bind(tag.trim().to_owned()).push(")");
        }
        Deed::Untag { tag } => {
            select.push("JOIN contacts c ON c.id = a.contact_id WHERE NOT ").push(tagged);
            select.push_bind(tag.trim().to_owned()).push(")");
        }
        // Whoever took their consent back, or was written by anybody else since, stays on the list: another list of
        // people who want nothing may have had them too.
        Deed::List { standing } => {
            select.push("JOIN contacts c ON c.id = a.contact_id WHERE c.consent_withdrawn_at IS NULL");
            select.push(" AND c.updated_at = json_extract(a.before, '$.written') AND c.standing = ");
            select.push_bind(*standing);
        }
        Deed::Delete | Deed::Merge { .. } => {
            select
                .push("WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.phone = json_extract(a.before, '$.phone'))");
        }
    }
    push_ids(select.push(" AND a.act_id = ").push_bind(act.report.id).push(" AND a.contact_id"), ids);
    let found: Vec<(ContactId, Option<String>)> = select.build_query_as().fetch_all(&mut *tx).await?;
    let phones = found.iter().filter_map(|(_, phone)| Phone::from_e164(phone.as_deref()?));
    let erased = erased::among(tx, phones).await?;
    let wanted = |phone: &Option<String>| {
        !phone.as_deref().and_then(Phone::from_e164).is_some_and(|phone| erased.contains_key(&phone))
    };
    Ok(found.into_iter().filter(|(_, phone)| wanted(phone)).map(|(id, _)| id).collect())
}

async fn unlist(tx: &mut Tx, act: &Act, from: Standing, ids: &[ContactId], now: Millis) -> Result<(), sqlx::Error> {
    if from == Standing::Black {
        let phones = phones(tx, ids).await?;
        let addresses = suppressions::addresses(tx, &phones, None).await?;
        suppressions::lift_owned(tx, &addresses, act.begun_at, now).await?;
    }
    // An opt-out that is in force for another reason keeps them on the black list.
    let mut update = QueryBuilder::new(
        "UPDATE contacts SET standing = (SELECT json_extract(a.before, '$.standing') FROM act_changes a
                                         WHERE a.contact_id = contacts.id AND a.act_id = ",
    );
    update.push_bind(act.report.id).push("), updated_at = ").push_bind(now);
    update.push(" WHERE NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.address = contacts.phone AND s.lifted_at IS NULL) AND id");
    push_ids(&mut update, ids);
    update.build().execute(tx).await?;
    Ok(())
}

async fn restore(tx: &mut Tx, act: ActId, ids: &[ContactId]) -> Result<(), sqlx::Error> {
    write_again(tx, act, ids, &RESTORED).await
}

pub async fn restore_whole(tx: &mut Tx, act: ActId, id: ContactId) -> Result<(), sqlx::Error> {
    restore(tx, act, &[id]).await
}

/// Tags and history of a contact that is there.
pub async fn restore_belongings(tx: &mut Tx, act: ActId, id: ContactId) -> Result<(), sqlx::Error> {
    write_again(tx, act, &[id], RESTORED.get(1..).unwrap_or_default()).await
}

async fn write_again(
    tx: &mut Tx,
    act: ActId,
    ids: &[ContactId],
    rows: &[(&'static str, &'static str)],
) -> Result<(), sqlx::Error> {
    for (head, tail) in rows {
        let mut insert = QueryBuilder::new(*head);
        push_ids(insert.push(" WHERE a.act_id = ").push_bind(act).push(" AND a.contact_id"), ids);
        insert.push(*tail).build().execute(&mut *tx).await?;
    }
    Ok(())
}

/// The contact first; what belongs to it follows.
const RESTORED: [(&str, &str); 5] = [
    (
        "INSERT INTO contacts (id, phone, name, email, fields, search, standing, consent_source, consent_at, consent_note,
             consent_withdrawn_at, created_at, updated_at, last_message_at, last_reply_at, on_whatsapp)
         SELECT a.contact_id, a.before ->> 'phone', a.before ->> 'name', a.before ->> 'email', a.before ->> 'fields',
             a.before ->> 'search', a.before ->> 'standing', a.before ->> 'source', a.before ->> 'at', a.before ->> 'note',
             a.before ->> 'withdrawn', a.before ->> 'created', a.before ->> 'updated', a.before ->> 'message',
             a.before ->> 'reply', a.before ->> 'whatsapp' FROM act_changes a",
        "",
    ),
    (
        "INSERT INTO contact_tags (contact_id, tag) SELECT a.contact_id, t.value
         FROM act_changes a, json_each(a.before, '$.tags') t",
        " ON CONFLICT DO NOTHING",
    ),
    (
        "INSERT INTO past_consents (contact_id, source, at, note, withdrawn_at, replaced_at)
         SELECT a.contact_id, p.value ->> 0, p.value ->> 1, p.value ->> 2, p.value ->> 3, p.value ->> 4
         FROM act_changes a, json_each(a.before, '$.consents') p",
        " ON CONFLICT DO NOTHING",
    ),
    (
        "INSERT INTO standings (contact_id, at, standing) SELECT a.contact_id, s.value ->> 0, s.value ->> 1
         FROM act_changes a, json_each(a.before, '$.standings') s",
        " ON CONFLICT DO NOTHING",
    ),
    (
        "INSERT INTO merged_contacts (contact_id, into_id, phone, merged_at)
         SELECT unhex(m.value ->> 0), a.contact_id, m.value ->> 1, m.value ->> 2
         FROM act_changes a, json_each(a.before, '$.merged') m
             LEFT JOIN contacts p ON p.phone = m.value ->> 1",
        " AND p.id IS NULL ON CONFLICT DO NOTHING",
    ),
];

/// Nothing of an erased person is kept for taking an act back.
pub async fn erase(tx: &mut Tx, contact: ContactId, phones: &[String]) -> Result<(), sqlx::Error> {
    let mut delete = QueryBuilder::new("DELETE FROM act_changes WHERE contact_id = ");
    delete.push_bind(contact).push(" OR json_extract(before, '$.phone') IN (");
    suppressions::push_list(&mut delete, phones);
    delete.push(")").build().execute(tx).await?;
    Ok(())
}

fn push_ids(query: &mut QueryBuilder<Sqlite>, ids: &[ContactId]) {
    let mut list = query.push(" IN (").separated(", ");
    ids.iter().for_each(|id| {
        list.push_bind(*id);
    });
    query.push(")");
}

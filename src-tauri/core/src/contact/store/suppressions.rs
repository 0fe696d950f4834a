//! Opt-outs as facts of phones and hidden identities, whoever holds them. A row is never removed: it is lifted, with
//! a reason, and a later opt-out is a row of its own.

use serde::Serialize;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::merge;
use crate::clock::Millis;
use crate::contact::phone::Phone;
use crate::db::Tx;
use crate::stored::stored_words;

/// How an opt-out came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Cause {
    /// The person said so.
    Stop,
    /// The owner put them on the black list.
    Owner,
    /// A list of people who want nothing.
    Import,
}

stored_words!(Cause { Stop = "stop", Owner = "owner", Import = "import" });

/// Every spelling of the phones and of all others of their people, the hidden identities behind them, and the one that is
/// given.
pub async fn addresses(
    db: &mut SqliteConnection,
    phones: &[String],
    lid: Option<&str>,
) -> Result<Vec<String>, sqlx::Error> {
    let phones = merge::of_one_person(db, phones).await?;
    let mut all: Vec<String> = phones.iter().flat_map(|phone| spellings(phone)).collect();
    let mut lids = QueryBuilder::new("SELECT lid FROM lids WHERE phone IN (");
    push_list(&mut lids, &all);
    lids.push(")");
    all.extend(lids.build_query_scalar::<String>().fetch_all(db).await?);
    all.extend(lid.map(str::to_owned));
    all.sort();
    all.dedup();
    Ok(all)
}

pub(super) fn spellings(phone: &str) -> Vec<String> {
    match Phone::from_e164(phone) {
        Some(phone) => phone.spellings().iter().map(Phone::to_string).collect(),
        None => vec![phone.to_owned()],
    }
}

pub fn push_list(query: &mut QueryBuilder<Sqlite>, texts: &[String]) {
    let mut list = query.separated(", ");
    for text in texts {
        list.push_bind(text.clone());
    }
}

/// From this transaction on nothing goes to these. One that is in force already stays, but what the person or the owner
/// says goes before what a list said.
pub async fn suppress(db: &mut Tx, addresses: &[String], cause: Cause, now: Millis) -> Result<(), sqlx::Error> {
    if addresses.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::new("INSERT INTO suppressions (address, since_at, cause) ");
    insert.push_values(addresses, |mut row, address| {
        row.push_bind(address.clone()).push_bind(now).push_bind(cause);
    });
    // What was lifted in this very millisecond is in force again.
    insert.push(
        " ON CONFLICT (address) WHERE lifted_at IS NULL
              DO UPDATE SET cause = excluded.cause WHERE suppressions.cause = 'import'
          ON CONFLICT (address, since_at) DO UPDATE SET lifted_at = NULL, lifted_reason = NULL",
    );
    insert.build().execute(db).await?;
    Ok(())
}

pub async fn lift(db: &mut Tx, addresses: &[String], reason: &str, now: Millis) -> Result<(), sqlx::Error> {
    let mut update = QueryBuilder::new("UPDATE suppressions SET lifted_at = ");
    update.push_bind(now).push(", lifted_reason = ").push_bind(reason.to_owned());
    update.push(" WHERE lifted_at IS NULL AND address IN (");
    push_list(&mut update, addresses);
    update.push(")");
    update.build().execute(db).await?;
    Ok(())
}

/// The list that said so since then was taken back.
pub async fn lift_imported(db: &mut Tx, addresses: &[String], since: Millis, now: Millis) -> Result<(), sqlx::Error> {
    let mut update = QueryBuilder::new("UPDATE suppressions SET lifted_at = ");
    update.push_bind(now).push(", lifted_reason = 'import undone' WHERE cause = 'import' AND since_at >= ");
    update.push_bind(since).push(" AND lifted_at IS NULL AND address IN (");
    push_list(&mut update, addresses);
    update.push(")").build().execute(db).await?;
    Ok(())
}

/// The owner takes back what they did to these since then.
pub async fn lift_owned(db: &mut Tx, addresses: &[String], since: Millis, now: Millis) -> Result<(), sqlx::Error> {
    let mut update = QueryBuilder::new("UPDATE suppressions SET lifted_at = ");
    update.push_bind(now).push(", lifted_reason = 'act undone' WHERE cause = 'owner' AND since_at >= ");
    update.push_bind(since).push(" AND lifted_at IS NULL AND address IN (");
    push_list(&mut update, addresses);
    update.push(")").build().execute(db).await?;
    Ok(())
}

/// Every opt-out that is in force, with since when.
pub async fn in_force(db: &mut SqliteConnection) -> Result<Vec<(String, Millis, Cause)>, sqlx::Error> {
    let select = "SELECT address, since_at, cause FROM suppressions WHERE lifted_at IS NULL ORDER BY address";
    sqlx::query_as(select).fetch_all(db).await
}

/// Whether something is in force that the person can end: nothing of it is the owner's own decision.
pub async fn may_be_taken_back(db: &mut SqliteConnection, addresses: &[String]) -> Result<bool, sqlx::Error> {
    let mut select =
        QueryBuilder::new("SELECT coalesce(min(cause <> 'owner'), 0) FROM suppressions WHERE address IN (");
    push_list(&mut select, addresses);
    select.push(") AND lifted_at IS NULL").build_query_scalar().fetch_one(db).await
}

/// Whether an opt-out of this phone or hidden identity is in force.
pub async fn is_suppressed(db: &mut SqliteConnection, address: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM suppressions WHERE address = ? AND lifted_at IS NULL)")
        .bind(address)
        .fetch_one(db)
        .await
}

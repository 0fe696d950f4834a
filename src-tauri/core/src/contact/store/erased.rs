//! People whose data were erased at their wish. What stays is a keyed hash of each spelling of their phone, so that a
//! list that comes in later does not bring them back, and whether they had opted out.

use std::collections::BTreeMap;

use blake2::Blake2sMac256;
use blake2::digest::{FixedOutput, KeyInit as _, Update};
use sqlx::{QueryBuilder, SqliteConnection};

use super::history::Record;
use super::search;
use super::suppressions::{self, Cause};
use crate::clock::Millis;
use crate::contact::phone::Phone;
use crate::db::Tx;

type Digest = [u8; 32];

/// Takes everything of a contact out of the tables of people, and remembers the wish.
pub async fn erase(tx: &mut Tx, record: &Record, now: Millis) -> Result<(), sqlx::Error> {
    let opted_out_at = opted_out_at(tx, &record.addresses).await?;
    for phone in record.addresses.iter().filter_map(|phone| Phone::from_e164(phone)) {
        remember(tx, phone, opted_out_at, now).await?;
    }
    for rows in [
        "DELETE FROM contacts WHERE phone IN (",
        "DELETE FROM suppressions WHERE address IN (",
        "DELETE FROM promotions WHERE phone IN (",
        "DELETE FROM lids WHERE phone IN (",
        "DELETE FROM accounts WHERE phone IN (",
        "DELETE FROM accounts WHERE account IN (",
        "DELETE FROM phone_names WHERE phone IN (",
    ] {
        let mut delete = QueryBuilder::new(rows);
        suppressions::push_list(&mut delete, &record.addresses);
        delete.push(")").build().execute(&mut *tx).await?;
    }
    search::forget_what_is_gone(tx).await
}

/// Those of these phones whose people were erased, with the time.
pub async fn among(
    db: &mut SqliteConnection,
    phones: impl Iterator<Item = Phone>,
) -> Result<BTreeMap<Phone, Millis>, sqlx::Error> {
    let Some(key) = key(db).await? else { return Ok(BTreeMap::new()) };
    let digests: BTreeMap<Digest, Phone> = phones.map(|phone| (digest(&key, phone), phone)).collect();
    let mut found = BTreeMap::new();
    for some in digests.iter().collect::<Vec<_>>().chunks(500) {
        let mut select = QueryBuilder::new("SELECT digest, erased_at FROM erased_people WHERE digest IN (");
        let mut list = select.separated(", ");
        some.iter().for_each(|(digest, _)| {
            list.push_bind(digest.as_slice());
        });
        let rows: Vec<(Vec<u8>, Millis)> = select.push(")").build_query_as().fetch_all(&mut *db).await?;
        let phone = |digest: Vec<u8>| digests.get(digest.as_slice()).copied();
        found.extend(rows.into_iter().filter_map(|(digest, at)| Some((phone(digest)?, at))));
    }
    Ok(found)
}

/// The owner takes one person back on purpose. Whoever had opted out comes back opted out.
pub async fn take(tx: &mut Tx, phone: Phone) -> Result<(), sqlx::Error> {
    let Some(key) = key(tx).await? else { return Ok(()) };
    let mut opted_out_at: Option<Millis> = None;
    for spelling in phone.spellings() {
        let taken: Option<Option<Millis>> =
            sqlx::query_scalar("DELETE FROM erased_people WHERE digest = ? RETURNING opted_out_at")
                .bind(digest(&key, spelling).as_slice())
                .fetch_optional(&mut *tx)
                .await?;
        opted_out_at = opted_out_at.or(taken.flatten());
    }
    let Some(at) = opted_out_at else { return Ok(()) };
    let addresses = suppressions::addresses(tx, &[phone.to_string()], None).await?;
    suppressions::suppress(tx, &addresses, Cause::Stop, at).await
}

/// An erased person says stop: only that is remembered. Whether it is news; none where nobody with this phone was
/// erased.
pub async fn opt_out(tx: &mut Tx, phone: Phone, at: Millis) -> Result<Option<bool>, sqlx::Error> {
    if among(tx, phone.spellings().into_iter()).await?.is_empty() {
        return Ok(None);
    }
    let Some(key) = key(tx).await? else { return Ok(None) };
    let mut news = false;
    for spelling in phone.spellings() {
        let told = "UPDATE erased_people SET opted_out_at = ? WHERE digest = ? AND opted_out_at IS NULL";
        let told = sqlx::query(told).bind(at).bind(digest(&key, spelling).as_slice()).execute(&mut *tx).await?;
        news |= told.rows_affected() > 0;
    }
    Ok(Some(news))
}

async fn remember(tx: &mut Tx, phone: Phone, opted_out_at: Option<Millis>, now: Millis) -> Result<(), sqlx::Error> {
    let key = match key(tx).await? {
        Some(key) => key,
        None => make_key(tx).await?,
    };
    for spelling in phone.spellings() {
        // An opt-out outlives a second erasing.
        sqlx::query(
            "INSERT INTO erased_people (digest, erased_at, opted_out_at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
             SET erased_at = excluded.erased_at, opted_out_at = coalesce(opted_out_at, excluded.opted_out_at)",
        )
        .bind(digest(&key, spelling).as_slice())
        .bind(now)
        .bind(opted_out_at)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn opted_out_at(db: &mut SqliteConnection, addresses: &[String]) -> Result<Option<Millis>, sqlx::Error> {
    let mut select =
        QueryBuilder::new("SELECT min(since_at) FROM suppressions WHERE lifted_at IS NULL AND address IN (");
    suppressions::push_list(&mut select, addresses);
    select.push(")").build_query_scalar().fetch_one(db).await
}

async fn key(db: &mut SqliteConnection) -> Result<Option<Digest>, sqlx::Error> {
    let key: Option<Vec<u8>> = sqlx::query_scalar("SELECT key FROM erasure_keys").fetch_optional(db).await?;
    let fits = |key: Vec<u8>| key.try_into().map_err(|_| sqlx::Error::Decode("a key of another length".into()));
    key.map(fits).transpose()
}

async fn make_key(tx: &mut Tx) -> Result<Digest, sqlx::Error> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| sqlx::Error::Encode(error.to_string().into()))?;
    sqlx::query("INSERT INTO erasure_keys (id, key) VALUES (1, ?)").bind(key.as_slice()).execute(tx).await?;
    Ok(key)
}

fn digest(key: &Digest, phone: Phone) -> Digest {
    let mut mac = Blake2sMac256::new(key.into());
    mac.update(phone.to_string().as_bytes());
    mac.finalize_fixed().into()
}

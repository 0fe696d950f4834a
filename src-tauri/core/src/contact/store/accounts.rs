//! The phone that WhatsApp itself has for an account, where a list spells it in another way: with or without Brazil's
//! ninth digit, Mexico's 1 or Argentina's 9, or where two phones have one hidden identity. Learned when a phone is looked
//! up. A row is believed for as long as what was looked up, so that a phone that somebody else has by then leads to them.

use sqlx::{QueryBuilder, SqliteConnection};

use super::suppressions::push_list;
use crate::clock::{DAY, Millis};
use crate::db::Tx;

/// As long as a look-up is remembered.
const BELIEVED_FOR: Millis = 30 * DAY;

/// WhatsApp has the phone under this one, or under its own name. True where that was not known.
pub async fn note(db: &mut Tx, phone: &str, account: &str, now: Millis) -> Result<bool, sqlx::Error> {
    if account == phone {
        let forgotten = sqlx::query("DELETE FROM accounts WHERE phone = ?").bind(phone).execute(db).await?;
        return Ok(forgotten.rows_affected() > 0);
    }
    let known: Option<String> =
        sqlx::query_scalar("SELECT account FROM accounts WHERE phone = ?").bind(phone).fetch_optional(&mut *db).await?;
    // What WhatsApp addresses is no other spelling of anything, and what led to the phone leads on.
    sqlx::query("DELETE FROM accounts WHERE phone = ?").bind(account).execute(&mut *db).await?;
    sqlx::query("UPDATE accounts SET account = ? WHERE account = ?")
        .bind(account)
        .bind(phone)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO accounts (phone, account, seen_at) VALUES (?, ?, ?) ON CONFLICT (phone) DO UPDATE
         SET account = excluded.account, seen_at = excluded.seen_at",
    )
    .bind(phone)
    .bind(account)
    .bind(now)
    .execute(db)
    .await?;
    Ok(known.as_deref() != Some(account))
}

pub async fn forget_old(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM accounts WHERE seen_at <= ?").bind(now - BELIEVED_FOR).execute(db).await?;
    Ok(())
}

/// All phones of the accounts that these phones belong to, except those that are no other spelling of anything.
pub async fn phones_of(db: &mut SqliteConnection, phones: &[String]) -> Result<Vec<String>, sqlx::Error> {
    let mut select = QueryBuilder::new("WITH named AS (SELECT account FROM accounts WHERE account IN (");
    push_list(&mut select, phones);
    select.push(") OR phone IN (");
    push_list(&mut select, phones);
    select.push(")) SELECT account FROM named UNION SELECT phone FROM accounts WHERE account IN named");
    select.build_query_scalar().fetch_all(db).await
}

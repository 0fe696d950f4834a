//! The tables of tokens and of what programs were answered; `jobs` has what they asked for in bulk.

pub mod jobs;

use serde::Serialize;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Digest, Once, Program, ProgramError, REMEMBERED, Rights, Token};
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::TokenId;
use crate::stored::Json;

const RIGHTS: &str = "may_send, may_read, may_contacts, may_admin, may_urgent";

pub async fn keep(db: &mut Tx, token: &Token, digest: &Digest) -> Result<(), sqlx::Error> {
    let rights = token.rights;
    sqlx::query(
        "INSERT INTO tokens (id, name, digest, ending, may_send, may_read, may_contacts, may_admin, may_urgent, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(token.id)
    .bind(&token.name)
    .bind(digest.as_slice())
    .bind(&token.ending)
    .bind(rights.send)
    .bind(rights.read)
    .bind(rights.contacts)
    .bind(rights.admin)
    .bind(rights.urgent)
    .bind(token.created_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Those that let in, the newest first.
pub async fn all(db: &mut SqliteConnection) -> Result<Vec<Token>, sqlx::Error> {
    let select = format!(
        "SELECT id, name, ending, {RIGHTS}, calls, used_at, created_at FROM tokens
         WHERE revoked_at IS NULL ORDER BY created_at DESC, id DESC"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(select)).fetch_all(db).await?;
    rows.iter().map(token).collect()
}

fn token(row: &SqliteRow) -> Result<Token, sqlx::Error> {
    Ok(Token {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        ending: row.try_get("ending")?,
        rights: rights(row)?,
        calls: row.try_get("calls")?,
        used_at: row.try_get("used_at")?,
        created_at: row.try_get("created_at")?,
    })
}

fn rights(row: &SqliteRow) -> Result<Rights, sqlx::Error> {
    Ok(Rights {
        send: row.try_get("may_send")?,
        read: row.try_get("may_read")?,
        contacts: row.try_get("may_contacts")?,
        admin: row.try_get("may_admin")?,
        urgent: row.try_get("may_urgent")?,
    })
}

/// Whoever comes with the token of this digest, while it was not withdrawn.
pub async fn program(db: &mut SqliteConnection, digest: &Digest) -> Result<Option<Program>, sqlx::Error> {
    let select = format!("SELECT id, {RIGHTS} FROM tokens WHERE digest = ? AND revoked_at IS NULL");
    let row = sqlx::query(sqlx::AssertSqlSafe(select)).bind(digest.as_slice()).fetch_optional(db).await?;
    row.map(|row| Ok(Program { token: row.try_get("id")?, rights: rights(&row)? })).transpose()
}

/// False where it lets nobody in already.
pub async fn revoke(db: &mut Tx, id: TokenId, now: Millis) -> Result<bool, sqlx::Error> {
    let revoke = sqlx::query("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL");
    Ok(revoke.bind(now).bind(id).execute(db).await?.rows_affected() == 1)
}

/// It was used so many times more.
pub async fn used(db: &mut Tx, id: TokenId, calls: i64, at: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE tokens SET calls = calls + ?, used_at = max(coalesce(used_at, 0), ?) WHERE id = ?")
        .bind(calls)
        .bind(at)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// What the same request was answered before. One that says something else under the same key is an error.
pub async fn answered(
    db: &mut SqliteConnection,
    once: &Once,
) -> Result<Result<Option<Value>, ProgramError>, sqlx::Error> {
    let row = sqlx::query("SELECT digest, answer FROM given_answers WHERE token_id = ? AND key = ?")
        .bind(once.token)
        .bind(&once.key)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(Ok(None)) };
    if row.try_get::<&[u8], _>("digest")? != once.digest.as_slice() {
        return Ok(Err(ProgramError::KeyReused));
    }
    let Json(answer) = row.try_get("answer")?;
    Ok(Ok(Some(answer)))
}

/// In the transaction of what was done.
pub async fn remember(db: &mut Tx, once: &Once, answer: &impl Serialize, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO given_answers (token_id, key, digest, answer, at) VALUES (?, ?, ?, ?, ?)")
        .bind(once.token)
        .bind(&once.key)
        .bind(once.digest.as_slice())
        .bind(Json(answer))
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Answers that nobody will ask for again. `now` is a time up to which days are believed to have passed, so that a clock
/// that leaps ahead makes nobody forget.
pub async fn forget_old(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM given_answers WHERE at < ?").bind(now - REMEMBERED).execute(db).await?;
    Ok(())
}

/// Whether a token lets in still.
pub async fn lets_in(db: &mut SqliteConnection, id: TokenId) -> Result<bool, sqlx::Error> {
    let select = "SELECT EXISTS (SELECT 1 FROM tokens WHERE id = ? AND revoked_at IS NULL)";
    sqlx::query_scalar(select).bind(id).fetch_one(db).await
}

/// What is written from here on can be undone by itself.
pub async fn begin_one(db: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query("SAVEPOINT one").execute(db).await?;
    Ok(())
}

/// Ends that part of the transaction; without `keep` nothing of it stays.
pub async fn end_one(db: &mut Tx, keep: bool) -> Result<(), sqlx::Error> {
    if !keep {
        sqlx::query("ROLLBACK TO one").execute(&mut *db).await?;
    }
    sqlx::query("RELEASE one").execute(db).await?;
    Ok(())
}

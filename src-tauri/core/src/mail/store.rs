//! The tables of e-mail.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, QueryBuilder, Row, SqliteConnection};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::letter::Template;
use super::schedule::{ACCOUNT_RESTS, LONGEST_PAUSE, again};
use super::{Account, LeftOut, Outcome, State, Trouble, Why};
use crate::clock::{HOUR, Millis};
use crate::db::Tx;
use crate::ids::{MailId, MessageId};
use crate::language::Language;

/// What a mail has taken, for statements of other features: `$message` does not go over WhatsApp any more.
macro_rules! taken_by_mail {
    ($message:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM mails t WHERE t.message_id = ",
            $message,
            " AND t.state IN ('waiting', 'sending', 'sent', 'unknown'))"
        )
    };
}

/// Whether it was decided about `$message` in its `$round`, for statements of other features.
macro_rules! known_to_mail {
    ($message:literal, $round:literal) => {
        concat!("EXISTS (SELECT 1 FROM mails t WHERE t.message_id = ", $message, " AND t.round = ", $round, ")")
    };
}

/// Whether the owner wants mails for `$message` of `$queue`, for statements of other features.
macro_rules! wanted_by_mail {
    ($queue:literal, $message:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM mail_wanted w WHERE (w.kind = 'campaign' AND w.id = ",
            $queue,
            ") OR (w.kind = 'message' AND w.id = ",
            $message,
            "))"
        )
    };
}

pub(crate) use {known_to_mail, taken_by_mail, wanted_by_mail};

pub async fn account(db: &mut SqliteConnection) -> Result<Option<Account>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT active, host, port, security, user, password, from_address, from_name, wait_minutes, per_hour, trouble,
                trouble_at
         FROM mail_account WHERE id = 1",
    );
    row.fetch_optional(db).await?.as_ref().map(account_of).transpose()
}

fn account_of(row: &SqliteRow) -> Result<Account, sqlx::Error> {
    let (trouble, at): (Option<Trouble>, Option<Millis>) = (row.try_get("trouble")?, row.try_get("trouble_at")?);
    Ok(Account {
        active: row.try_get("active")?,
        host: row.try_get("host")?,
        port: row.try_get("port")?,
        security: row.try_get("security")?,
        user: row.try_get("user")?,
        password: Zeroizing::new(row.try_get("password")?),
        from_address: row.try_get("from_address")?,
        from_name: row.try_get("from_name")?,
        wait_minutes: row.try_get("wait_minutes")?,
        per_hour: row.try_get("per_hour")?,
        trouble: trouble.zip(at),
    })
}

/// What was wrong with it before is forgotten.
pub async fn save_account(db: &mut Tx, account: &Account) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO mail_account (id, active, host, port, security, user, password, from_address, from_name, wait_minutes,
                                   per_hour)
         VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET active = excluded.active, host = excluded.host, port = excluded.port,
             security = excluded.security, user = excluded.user, password = excluded.password,
             from_address = excluded.from_address, from_name = excluded.from_name, wait_minutes = excluded.wait_minutes,
             per_hour = excluded.per_hour, trouble = NULL, trouble_at = NULL",
    )
    .bind(account.active)
    .bind(&account.host)
    .bind(account.port)
    .bind(account.security)
    .bind(&account.user)
    .bind(account.password.as_str())
    .bind(&account.from_address)
    .bind(&account.from_name)
    .bind(account.wait_minutes)
    .bind(account.per_hour)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn note_trouble(db: &mut Tx, trouble: Option<Trouble>, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE mail_account SET trouble = ?1, trouble_at = iif(?1 IS NULL, NULL, ?2) WHERE id = 1")
        .bind(trouble)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// The owner's template of a language; none where that is the one that comes with Ulak.
pub async fn template(db: &mut SqliteConnection, language: Language) -> Result<Option<Template>, sqlx::Error> {
    let row = sqlx::query("SELECT subject, mjml FROM mail_templates WHERE language = ?");
    let row = row.bind(language).fetch_optional(db).await?;
    row.map(|row| Ok(Template { subject: row.try_get("subject")?, mjml: row.try_get("mjml")? })).transpose()
}

pub async fn save_template(
    db: &mut Tx,
    language: Language,
    template: &Template,
    now: Millis,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO mail_templates (language, subject, mjml, updated_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (language) DO UPDATE SET subject = excluded.subject, mjml = excluded.mjml, updated_at = excluded.updated_at",
    )
    .bind(language)
    .bind(&template.subject)
    .bind(&template.mjml)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Back to the one that comes with Ulak.
pub async fn drop_template(db: &mut Tx, language: Language) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM mail_templates WHERE language = ?").bind(language).execute(db).await?;
    Ok(())
}

/// For what mails are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its messages stand in the queue of the same id.
    Campaign,
    /// What is made from it wants them too.
    Template,
    /// A message that belongs to no campaign.
    Message,
}

crate::stored::stored_words!(Kind { Campaign = "campaign", Template = "template", Message = "message" });

pub async fn want(db: &mut Tx, kind: Kind, id: Uuid, wanted: bool, now: Millis) -> Result<(), sqlx::Error> {
    let statement = match wanted {
        true => "INSERT INTO mail_wanted (kind, id, since_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        false => "DELETE FROM mail_wanted WHERE kind = ?1 AND id = ?2 AND ?3 IS NOT NULL",
    };
    sqlx::query(statement).bind(kind).bind(id).bind(now).execute(db).await?;
    Ok(())
}

pub async fn is_wanted(db: &mut SqliteConnection, kind: Kind, id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM mail_wanted WHERE kind = ? AND id = ?)")
        .bind(kind)
        .bind(id)
        .fetch_one(db)
        .await
}

/// What is made from the one wants mails where the other does.
pub async fn inherit(db: &mut Tx, from: (Kind, Uuid), to: (Kind, Uuid), now: Millis) -> Result<(), sqlx::Error> {
    if is_wanted(db, from.0, from.1).await? {
        want(db, to.0, to.1, true, now).await?;
    }
    Ok(())
}

/// The campaigns and single messages for which mails are wanted, each since when.
pub async fn wanted(db: &mut SqliteConnection) -> Result<Vec<(Kind, Uuid, Millis)>, sqlx::Error> {
    sqlx::query_as("SELECT kind, id, since_at FROM mail_wanted WHERE kind <> 'template'").fetch_all(db).await
}

/// A mail that takes a message, or that is not sent because of this. False where it was decided about the message before.
pub async fn put_down(
    db: &mut Tx,
    id: MailId,
    message: MessageId,
    round: i64,
    why: Why,
    left_out: Option<LeftOut>,
    now: Millis,
) -> Result<bool, sqlx::Error> {
    let state = if left_out.is_some() { State::LeftOut } else { State::Waiting };
    let put = sqlx::query(
        "INSERT INTO mails (id, message_id, round, why, state, reason, created_at, due_at, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, iif(?6 IS NULL, NULL, ?7)) ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(message)
    .bind(round)
    .bind(why)
    .bind(state)
    .bind(left_out)
    .bind(now)
    .execute(db)
    .await?;
    Ok(put.rows_affected() == 1)
}

/// A mail that may go. A due time further ahead than any pause was put down by a clock that was wrong.
#[derive(Clone, Debug)]
pub struct Due {
    pub id: MailId,
    pub message: MessageId,
    pub tries: u32,
    pub created_at: Millis,
}

pub async fn next_due(db: &mut SqliteConnection, now: Millis) -> Result<Option<Due>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id, message_id, tries, created_at FROM mails WHERE state = 'waiting' AND (due_at <= ?1 OR due_at > ?1 + ?2)
         ORDER BY due_at, id LIMIT 1",
    );
    let row = row.bind(now).bind(LONGEST_PAUSE).fetch_optional(db).await?;
    let due = |row: SqliteRow| {
        let (id, message) = (row.try_get("id")?, row.try_get("message_id")?);
        Ok(Due { id, message, tries: row.try_get("tries")?, created_at: row.try_get("created_at")? })
    };
    row.map(due).transpose()
}

/// When the next mail is due; none where none waits.
pub async fn next_time(db: &mut SqliteConnection, now: Millis) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query_scalar("SELECT min(iif(due_at > ?1 + ?2, ?1, due_at)) FROM mails WHERE state = 'waiting'")
        .bind(now)
        .bind(LONGEST_PAUSE)
        .fetch_one(db)
        .await
}

/// When one more mail may leave, with at most so many in an hour; none where it may at once.
pub async fn room_at(db: &mut SqliteConnection, per_hour: u32, now: Millis) -> Result<Option<Millis>, sqlx::Error> {
    // The oldest of the last so many: when it is an hour old, there is room.
    let oldest: Option<Millis> = sqlx::query_scalar(
        "SELECT tried_at FROM mails WHERE tried_at > ?1 - ?2 AND tried_at <= ?1 ORDER BY tried_at DESC LIMIT 1 OFFSET ?3",
    )
    .bind(now)
    .bind(HOUR)
    .bind(i64::from(per_hour) - 1)
    .fetch_optional(db)
    .await?;
    Ok(oldest.map(|at| at + HOUR))
}

/// It is about to be handed over. Its try is counted before. False where it waits no more.
pub async fn begin(db: &mut Tx, id: MailId, now: Millis) -> Result<bool, sqlx::Error> {
    let begun = sqlx::query(
        "UPDATE mails SET state = 'sending', tries = tries + 1, tried_at = ? WHERE id = ? AND state = 'waiting'",
    );
    Ok(begun.bind(now).bind(id).execute(db).await?.rows_affected() == 1)
}

/// It is not sent: its person may get nothing any more, or there is nothing left to say.
pub async fn leave_out(db: &mut Tx, id: MailId, reason: LeftOut, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE mails SET state = 'left_out', reason = ?, ended_at = ? WHERE id = ? AND state = 'waiting'")
        .bind(reason)
        .bind(now)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// The owner sends no mails any more: what has not gone does not go, and its messages are theirs to send otherwise.
pub async fn leave_out_all(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE mails SET state = 'left_out', reason = ?, ended_at = ? WHERE state = 'waiting'")
        .bind(LeftOut::SwitchedOff)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// The data came from a backup, and nobody knows which mails went out since: none goes until the owner switches them on.
pub async fn switch_off(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE mail_account SET active = 0").execute(&mut *db).await?;
    leave_out_all(db, now).await
}

/// It waits for its owner, who has paused its campaign.
pub async fn put_off(db: &mut Tx, id: MailId, until: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE mails SET due_at = ? WHERE id = ? AND state = 'waiting'")
        .bind(until)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes down what came of a try. What is wrong with the account counts against no mail, and holds none up for longer
/// than a day.
pub async fn complete(db: &mut Tx, due: &Due, outcome: Outcome, now: Millis) -> Result<(), sqlx::Error> {
    let (state, trouble, code, next) = match outcome {
        Outcome::Sent => (State::Sent, None, None, None),
        Outcome::Unknown => (State::Unknown, None, None, None),
        Outcome::Refused(trouble, code) => (State::Failed, Some(trouble), code, None),
        Outcome::Later(trouble, code) => {
            let next = again(due.created_at, due.tries + 1, now);
            (if next.is_some() { State::Waiting } else { State::Failed }, Some(trouble), code, next)
        }
        Outcome::Account(trouble, code) => match again(due.created_at, 1, now) {
            Some(_) => (State::Waiting, Some(trouble), code, Some(now + ACCOUNT_RESTS)),
            None => (State::Failed, Some(trouble), code, None),
        },
    };
    let uncounted = matches!(outcome, Outcome::Account(..));
    sqlx::query(
        "UPDATE mails SET state = ?1, reason = ?2, code = ?3, due_at = coalesce(?4, due_at), tries = tries - ?5,
                ended_at = iif(?1 = 'waiting', NULL, ?6)
         WHERE id = ?7 AND state = 'sending'",
    )
    .bind(state)
    .bind(trouble)
    .bind(code)
    .bind(next)
    .bind(uncounted)
    .bind(now)
    .bind(due.id)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn is_sending(db: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM mails WHERE state = 'sending')").fetch_one(db).await
}

/// What was being handed over by nobody who still knows of it may have gone out: it is not sent again.
pub async fn rescue(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    let rescued = sqlx::query("UPDATE mails SET state = 'unknown', ended_at = ? WHERE state = 'sending'");
    rescued.bind(now).execute(db).await?;
    Ok(())
}

/// What its owner sees of a mail.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MailView {
    pub id: MailId,
    pub message_id: MessageId,
    /// What the person was called when they were written to; whoever shows it fills it in.
    pub name: String,
    pub why: Why,
    pub state: State,
    /// Why it was left out, or what was in the way.
    pub reason: Option<String>,
    /// The server's code.
    pub code: Option<u16>,
    pub tries: u32,
    pub created_at: Millis,
    /// When it is tried next.
    pub due_at: Option<Millis>,
    pub ended_at: Option<Millis>,
}

const VIEWS: &str = "SELECT id, message_id, why, state, reason, code, tries, created_at, due_at, ended_at FROM mails ";

/// The newest mails, the newest first.
pub async fn newest(db: &mut SqliteConnection, limit: u32) -> Result<Vec<MailView>, sqlx::Error> {
    let select = format!("{VIEWS}ORDER BY id DESC LIMIT ?");
    sqlx::query(AssertSqlSafe(select)).bind(limit).fetch_all(db).await?.iter().map(view).collect()
}

/// The newest mail of each of these messages that has one.
pub async fn of_messages(
    db: &mut SqliteConnection,
    messages: &[MessageId],
) -> Result<BTreeMap<MessageId, MailView>, sqlx::Error> {
    let mut select = QueryBuilder::new(VIEWS);
    select.push("WHERE message_id IN (");
    let mut list = select.separated(", ");
    messages.iter().for_each(|message| {
        list.push_bind(*message);
    });
    select.push(") ORDER BY id");
    let rows = select.build().fetch_all(db).await?;
    rows.iter().map(|row| view(row).map(|mail| (mail.message_id, mail))).collect()
}

fn view(row: &SqliteRow) -> Result<MailView, sqlx::Error> {
    let ended_at: Option<Millis> = row.try_get("ended_at")?;
    Ok(MailView {
        id: row.try_get("id")?,
        message_id: row.try_get("message_id")?,
        name: String::new(),
        why: row.try_get("why")?,
        state: row.try_get("state")?,
        reason: row.try_get("reason")?,
        code: row.try_get("code")?,
        tries: row.try_get("tries")?,
        created_at: row.try_get("created_at")?,
        due_at: if ended_at.is_none() { Some(row.try_get("due_at")?) } else { None },
        ended_at,
    })
}

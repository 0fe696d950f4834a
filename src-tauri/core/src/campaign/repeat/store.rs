//! The tables of what comes again.

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::calendar::{Day, anniversaries};
use super::{Occasion, Plan, Rule};
use crate::campaign::audience::{Audience, OccasionOf};
use crate::clock::Millis;
use crate::contact::fold::fold;
use crate::contact::segment::store::values::push_on_days;
use crate::contact::store::audience::Members;
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, IdGenerator, RepeatId};
use crate::stored::{Json, stored_words};

/// What became of one day of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum RunState {
    /// Its campaign is there and not scheduled yet.
    Made,
    Scheduled,
    /// Nobody would have got it.
    Nobody,
    /// It could not be scheduled: its campaign stands among the drafts.
    Refused,
    /// Ulak was off for too long.
    Missed,
}

stored_words!(RunState {
    Made = "made",
    Scheduled = "scheduled",
    Nobody = "nobody",
    Refused = "refused",
    Missed = "missed",
});

#[derive(Clone, Debug)]
pub struct Run {
    pub repeat: RepeatId,
    pub day: Day,
    pub campaign: Option<CampaignId>,
    pub state: RunState,
    pub at: Millis,
}

const RULE: &str = "SELECT id, campaign_id, plan, minute, late_days, active, looked_on, made, approved FROM repeats";

/// One that cannot be read is left out and told in the log: it makes nothing, and the others go on.
pub async fn all(db: &mut SqliteConnection) -> Result<Vec<Rule>, sqlx::Error> {
    let select = format!("{RULE} ORDER BY created_at, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(select)).fetch_all(db).await?;
    let told = |error: &sqlx::Error| tracing::error!(%error, "a rule cannot be read");
    Ok(rows.iter().filter_map(|row| rule(row).inspect_err(told).ok()).collect())
}

pub async fn by_id(db: &mut SqliteConnection, id: RepeatId) -> Result<Option<Rule>, sqlx::Error> {
    let select = format!("{RULE} WHERE id = ?");
    sqlx::query(sqlx::AssertSqlSafe(select)).bind(id).fetch_optional(db).await?.as_ref().map(rule).transpose()
}

fn rule(row: &SqliteRow) -> Result<Rule, sqlx::Error> {
    Ok(Rule {
        id: row.try_get("id")?,
        pattern: row.try_get("campaign_id")?,
        plan: row.try_get::<Json<Plan>, _>("plan")?.0,
        minute: row.try_get("minute")?,
        late_days: row.try_get("late_days")?,
        active: row.try_get("active")?,
        looked_on: row.try_get::<Option<i64>, _>("looked_on")?.and_then(Day::of_number),
        made: row.try_get("made")?,
        approved: row.try_get("approved")?,
    })
}

/// A rule that is not switched on; the pattern leaves the lists.
pub async fn add(db: &mut Tx, pattern: CampaignId, plan: &Plan, now: Millis) -> Result<RepeatId, sqlx::Error> {
    let id: RepeatId = IdGenerator::at(now).next();
    sqlx::query("UPDATE campaigns SET listed = 0, repeat_id = ? WHERE id = ?")
        .bind(id)
        .bind(pattern)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO repeats (id, campaign_id, plan, minute, late_days, active, created_at) VALUES (?, ?, ?, 600, 1, 0, ?)",
    )
    .bind(id)
    .bind(pattern)
    .bind(Json(plan))
    .bind(now)
    .execute(db)
    .await?;
    Ok(id)
}

/// What the owner decides of it. Days up to `looked_on` are not looked at again.
pub async fn save(db: &mut Tx, rule: &Rule, looked_on: Day) -> Result<bool, sqlx::Error> {
    let saved = sqlx::query(
        "UPDATE repeats SET plan = ?, minute = ?, late_days = ?, active = ?, approved = ?,
                looked_on = max(coalesce(looked_on, 0), ?)
         WHERE id = ?",
    )
    .bind(Json(&rule.plan))
    .bind(rule.minute)
    .bind(rule.late_days)
    .bind(rule.active)
    .bind(rule.approved)
    .bind(looked_on.number())
    .bind(rule.id)
    .execute(db)
    .await?;
    Ok(saved.rows_affected() == 1)
}

/// What the pattern says in this version goes out.
pub async fn approve(db: &mut Tx, rule: RepeatId, version: i64) -> Result<bool, sqlx::Error> {
    let approved = sqlx::query("UPDATE repeats SET approved = ? WHERE id = ?").bind(version).bind(rule);
    Ok(approved.execute(db).await?.rows_affected() == 1)
}

/// The patterns, and their names, of the rules that are switched on and were changed since they were let go.
pub async fn waiting(db: &mut SqliteConnection) -> Result<Vec<(CampaignId, String)>, sqlx::Error> {
    let waiting = "SELECT c.id, c.name FROM repeats r JOIN campaigns c ON c.id = r.campaign_id
                   WHERE r.active = 1 AND r.approved IS NOT c.version ORDER BY r.created_at, r.id";
    sqlx::query_as(waiting).fetch_all(db).await
}

/// The rule; its pattern goes behind it, and what it made stays.
pub async fn delete(db: &mut Tx, rule: RepeatId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM repeats WHERE id = ?").bind(rule).execute(db).await?;
    Ok(())
}

/// Writes the day down. False where it is there already.
pub async fn begin_run(db: &mut Tx, run: &Run) -> Result<bool, sqlx::Error> {
    let begun = sqlx::query(
        "INSERT INTO repeat_runs (repeat_id, day, campaign_id, state, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(run.repeat)
    .bind(run.day.number())
    .bind(run.campaign)
    .bind(run.state)
    .bind(run.at)
    .execute(db)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// The day was looked at; `came` where it counts as a time.
pub async fn looked(db: &mut Tx, rule: RepeatId, day: Day, came: bool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE repeats SET looked_on = max(coalesce(looked_on, 0), ?), made = made + ? WHERE id = ?")
        .bind(day.number())
        .bind(came)
        .bind(rule)
        .execute(db)
        .await?;
    Ok(())
}

/// The data came from a backup: what came up to this day may have come already, so no rule makes up for it.
pub async fn look_past(db: &mut Tx, day: Day) -> Result<(), sqlx::Error> {
    let looked = "UPDATE repeats SET looked_on = max(coalesce(looked_on, 0), ?)";
    sqlx::query(looked).bind(day.number()).execute(db).await.map(drop)
}

pub async fn end_run(db: &mut Tx, run: &Run, state: RunState) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE repeat_runs SET state = ? WHERE repeat_id = ? AND day = ?")
        .bind(state)
        .bind(run.repeat)
        .bind(run.day.number())
        .execute(db)
        .await?;
    Ok(())
}

/// Runs whose campaign was not scheduled yet.
pub async fn made(db: &mut SqliteConnection) -> Result<Vec<Run>, sqlx::Error> {
    let made =
        "SELECT repeat_id, day, campaign_id, state, at FROM repeat_runs WHERE state = 'made' ORDER BY repeat_id, day";
    sqlx::query(made).fetch_all(db).await?.iter().map(run).collect()
}

/// The last time that it came, or was to come.
pub async fn last_run(db: &mut SqliteConnection, rule: RepeatId) -> Result<Option<Run>, sqlx::Error> {
    let last =
        "SELECT repeat_id, day, campaign_id, state, at FROM repeat_runs WHERE repeat_id = ? ORDER BY day DESC LIMIT 1";
    sqlx::query(last).bind(rule).fetch_optional(db).await?.as_ref().map(run).transpose()
}

/// The days from this one on that were left out, the oldest first.
pub async fn missed(db: &mut SqliteConnection, rule: RepeatId, since: Day) -> Result<Vec<Day>, sqlx::Error> {
    let missed = "SELECT day FROM repeat_runs WHERE repeat_id = ? AND day >= ? AND state = 'missed' ORDER BY day";
    let days: Vec<i64> = sqlx::query_scalar(missed).bind(rule).bind(since.number()).fetch_all(db).await?;
    Ok(days.into_iter().filter_map(Day::of_number).collect())
}

/// A day that was left out is to come after all. False where it was not left out.
pub async fn take_back_missed(db: &mut Tx, rule: RepeatId, day: Day) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query("DELETE FROM repeat_runs WHERE repeat_id = ? AND day = ? AND state = 'missed'");
    Ok(taken.bind(rule).bind(day.number()).execute(db).await?.rows_affected() == 1)
}

fn run(row: &SqliteRow) -> Result<Run, sqlx::Error> {
    let day = Day::of_number(row.try_get("day")?).ok_or_else(|| sqlx::Error::Decode("no day".into()))?;
    Ok(Run {
        repeat: row.try_get("repeat_id")?,
        day,
        campaign: row.try_get("campaign_id")?,
        state: row.try_get("state")?,
        at: row.try_get("at")?,
    })
}

/// Notes whose occasion is told on this day, and says how many they are. Whoever was told it before is none of them.
pub async fn meet(db: &mut Tx, rule: RepeatId, occasion: &Occasion, day: Day) -> Result<u64, sqlx::Error> {
    let Some(told) = day.moved(-i64::from(occasion.days)) else { return Ok(0) };
    let mut insert = QueryBuilder::new("INSERT INTO repeat_people (repeat_id, contact_id, day, run_day) SELECT ");
    let mut common = insert.separated(", ");
    common.push_bind(rule).push("contact_id").push_bind(told.number()).push_bind(day.number());
    insert.push(" FROM (");
    push_whose(&mut insert, occasion, day);
    insert.push(") WHERE 1 ON CONFLICT DO NOTHING");
    Ok(insert.build().execute(db).await?.rows_affected())
}

/// The contacts whose occasion is told on this day.
fn push_whose(select: &mut QueryBuilder<Sqlite>, occasion: &Occasion, day: Day) {
    let days = day.moved(-i64::from(occasion.days)).map(|told| anniversaries(told, occasion.every_year));
    let days: Vec<i64> = days.unwrap_or_default().into_iter().map(Day::number).collect();
    push_on_days(select, &occasion.field, &days);
}

/// Those whose occasion is told on one day, before anybody is noted.
#[derive(Debug)]
pub struct Whose<'a>(pub &'a Occasion, pub Day);

impl Members for Whose<'_> {
    fn push(&self, select: &mut QueryBuilder<Sqlite>) {
        select.push("c.id IN (");
        push_whose(select, self.0, self.1);
        select.push(")");
    }
}

impl Members for OccasionOf {
    fn push(&self, select: &mut QueryBuilder<Sqlite>) {
        select.push("c.id IN (SELECT contact_id FROM repeat_people WHERE repeat_id = ").push_bind(self.repeat);
        select.push(" AND run_day = ").push_bind(self.day).push(")");
    }
}

/// A draft with what the pattern says, for the people of one day.
pub async fn copy(
    db: &mut Tx,
    pattern: CampaignId,
    name: &str,
    audience: &Audience,
    due_at: Millis,
    now: Millis,
) -> Result<CampaignId, sqlx::Error> {
    let id: CampaignId = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO campaigns (id, name, search, state, book, text, choice, link_preview, audience, split_long_caption, due_at, priority,
                                session_ids, keep_hours, hours, local_hours, category, consent_basis, created_at, updated_at)
         SELECT ?1, ?2, ?3 || char(10) || search, 'draft', book, text, choice, link_preview, ?4, split_long_caption, ?5, priority,
                session_ids, keep_hours, hours, local_hours, category, consent_basis, ?6, ?6 FROM campaigns WHERE id = ?7",
    )
    .bind(id)
    .bind(name)
    .bind(fold(name))
    .bind(Json(audience))
    .bind(due_at)
    .bind(now)
    .bind(pattern)
    .execute(db)
    .await?;
    Ok(id)
}

/// Whoever was erased leaves no trace of a date of theirs.
pub async fn erase(db: &mut Tx, contact: ContactId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM repeat_people WHERE contact_id = ?").bind(contact).execute(db).await?;
    Ok(())
}

//! Messages of a campaign that wait, brought to another content or another time.
//!
//! While a queue is `revising` nothing of it is claimed, so nobody gets a content that counts no more, and nobody half
//! of each: a message is brought over whole, or is on its way and keeps what it has. Parts are used again under a wire
//! id of their own, so each line of the ledger still leads to its part.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::queue::{self, Amount, Counted, NewMessage, NewPart};
use crate::clock::Millis;
use crate::db::{Tx, execute_all};
use crate::ids::{CampaignId, ContactId, MessageId, PartId, SessionId};
use crate::ledger::store::{Charge, REVISED, balance, hold, hold_again, refuse_shortage, release};
use crate::ledger::{Book, LedgerError};
use crate::media;
use crate::outbox::price::Prices;
use crate::outbox::state::{PartState, SkipReason};
use crate::outbox::window::DayHours;
use crate::stored::Json;

/// A queue as a revision meets it.
#[derive(Clone, Debug)]
pub struct Home {
    pub queue: CampaignId,
    pub book: Book,
    pub due_at: Millis,
    /// The version of the content that counts.
    pub version: i64,
    pub is_revising: bool,
    pub is_cancelled: bool,
    pub is_done: bool,
    /// Something of it was sent.
    pub has_begun: bool,
    pub postponement: Option<Postponement>,
}

/// Those from one place of the queue on go at another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Postponement {
    pub until_at: Millis,
    pub behind_at: Millis,
    pub behind: PartId,
}

impl Postponement {
    fn means(&self, part: &WaitingPart) -> bool {
        (part.due_at, part.id) >= (self.behind_at, self.behind)
    }
}

/// A message that nobody has got anything of, and nobody can have.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub message: MessageId,
    pub contact: ContactId,
    pub phone: String,
    pub name: String,
    pub version: i64,
    /// Its content was written for this person alone.
    pub own: bool,
    /// It was skipped because of what its content asks for.
    pub skipped: Option<(SkipReason, Option<String>)>,
    pub parts: Vec<WaitingPart>,
}

#[derive(Clone, Copy, Debug)]
pub struct WaitingPart {
    pub id: PartId,
    pub state: PartState,
    pub round: i64,
    pub price: i64,
    pub due_at: Millis,
    /// Its time may be that of a next try.
    is_tried: bool,
    may_have_arrived: bool,
}

impl WaitingPart {
    /// What its round holds.
    fn charge(&self) -> Charge {
        Charge { part: self.id, round: self.round, price: self.price }
    }
}

impl Waiting {
    /// How many credits it holds.
    pub fn held(&self) -> i64 {
        self.parts.iter().filter(|part| part.state == PartState::Pending).map(|part| part.price).sum()
    }

    fn can_change(&self) -> bool {
        let certain = self.parts.iter().all(|part| !part.may_have_arrived);
        let all = |state| self.parts.iter().all(|part| part.state == state || part.state == PartState::Cancelled);
        certain
            && match (&self.skipped, self.parts.first()) {
                (None, Some(first)) => first.state == PartState::Pending && all(PartState::Pending),
                (Some(_), _) => all(PartState::Skipped) && !self.phone.is_empty(),
                (None, None) => false,
            }
    }

    /// Whether the place from which on a queue is postponed lies before it.
    pub fn is_behind(&self, postponement: &Postponement) -> bool {
        self.parts.first().is_none_or(|first| postponement.means(first))
    }
}

/// What becomes of a waiting message.
pub struct Revised {
    pub waiting: Waiting,
    /// Its new content; none where that stays.
    pub content: Option<NewContent>,
    /// When it goes; none where that stays.
    pub due_at: Option<Millis>,
}

pub struct NewContent {
    pub message: NewMessage,
    pub version: i64,
    pub own: bool,
}

pub async fn home(db: &mut SqliteConnection, queue: CampaignId) -> Result<Option<Home>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT q.book, q.due_at, q.version, q.revising, q.cancelled_at IS NOT NULL AS cancelled, q.state = 'done' AS done,
                EXISTS (SELECT 1 FROM parts p WHERE p.queue_id = q.id AND p.sent_at IS NOT NULL) AS begun,
                w.until_at, w.behind_at, w.behind
         FROM queues q LEFT JOIN postponements w ON w.queue_id = q.id WHERE q.id = ?",
    )
    .bind(queue)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let postponement = match row.try_get::<Option<Millis>, _>("until_at")? {
            Some(until_at) => {
                Some(Postponement { until_at, behind_at: row.try_get("behind_at")?, behind: row.try_get("behind")? })
            }
            None => None,
        };
        Ok(Home {
            queue,
            postponement,
            book: row.try_get("book")?,
            due_at: row.try_get("due_at")?,
            version: row.try_get("version")?,
            is_revising: row.try_get("revising")?,
            is_cancelled: row.try_get("cancelled")?,
            is_done: row.try_get("done")?,
            has_begun: row.try_get("begun")?,
        })
    })
    .transpose()
}

/// Those whose messages are being revised.
pub async fn revising(db: &mut SqliteConnection) -> Result<Vec<CampaignId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM queues WHERE revising = 1 ORDER BY id").fetch_all(db).await
}

/// From here on nothing of the queue is claimed until `finish`. Whoever gets another version is priced anew.
pub async fn begin(db: &mut Tx, queue: CampaignId, version: i64, prices: Option<Prices>) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE queues SET revising = 1, version = ?, prices = coalesce(?, prices) WHERE id = ?")
        .bind(version)
        .bind(prices.map(Json))
        .bind(queue)
        .execute(db)
        .await?;
    Ok(())
}

/// What the planner knows of the queue, from its next look on.
pub async fn steer(
    db: &mut Tx,
    queue: CampaignId,
    sessions: &[SessionId],
    priority: u8,
    hours: Option<DayHours>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE queues SET session_ids = ?, priority = ?, hours = ? WHERE id = ?")
        .bind(Json(sessions))
        .bind(priority)
        .bind(hours.map(Json))
        .bind(queue)
        .execute(&mut *db)
        .await?;
    // What a number only keeps is free where that number may not send it any more.
    let mut free = QueryBuilder::new("UPDATE parts SET session_id = NULL WHERE queue_id = ");
    free.push_bind(queue)
        .push(" AND state = 'pending' AND position = 1 AND session_id IS NOT NULL AND session_id NOT IN (");
    let mut list = free.separated(", ");
    sessions.iter().for_each(|session| {
        list.push_bind(*session);
    });
    free.push(")").build().execute(db).await?;
    Ok(())
}

/// Those behind the first `keep` waiting people go at `until_at`; all of them where it is 0. The time of the whole
/// campaign moves with everybody, where nothing of it was sent; it can be missed like the first.
pub async fn postpone(db: &mut Tx, home: &Home, keep: i64, until_at: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO postponements (queue_id, until_at, behind_at, behind)
         SELECT ?1, ?2, p.due_at, p.id FROM parts p INDEXED BY parts_due
         WHERE p.queue_id = ?1 AND p.state = 'pending' AND p.ready = 1 AND p.position = 1
         ORDER BY p.due_at, p.id LIMIT 1 OFFSET ?3",
    )
    .bind(home.queue)
    .bind(until_at)
    .bind(keep)
    .execute(&mut *db)
    .await?;
    if keep == 0 && !home.has_begun {
        let moved = "UPDATE queues SET due_at = ?, met = 0, missed_at = NULL, held_until = NULL WHERE id = ?";
        sqlx::query(moved).bind(until_at).bind(home.queue).execute(db).await?;
    }
    Ok(())
}

/// The messages for which somebody wrote by hand are revised with all others.
pub async fn take_own(db: &mut Tx, queue: CampaignId) -> Result<(), sqlx::Error> {
    let first_waits = "EXISTS (SELECT 1 FROM parts p WHERE p.message_id = messages.id AND p.position = 1
                               AND (p.state = 'pending' OR p.state = 'skipped'))";
    let update =
        format!("UPDATE messages SET own = 0 WHERE queue_id = ? AND origin = 'campaign' AND own = 1 AND {first_waits}");
    sqlx::query(sqlx::AssertSqlSafe(update)).bind(queue).execute(db).await?;
    Ok(())
}

/// The queue goes on as it stands, and closes where nothing of it is left.
pub async fn finish(db: &mut Tx, queue: CampaignId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM postponements WHERE queue_id = ?1;
         UPDATE queues SET revising = 0 WHERE id = ?1;
         UPDATE queues
         SET state = 'done', seen = 0,
             ended_at = (SELECT nullif(max(c.last_at), 0) FROM queue_counts c WHERE c.queue_id = ?1)
         WHERE id = ?1 AND state IN ('open', 'paused') AND NOT EXISTS
             (SELECT 1 FROM queue_counts c WHERE c.queue_id = ?1 AND c.parts > 0
              AND c.state IN ('pending', 'sending', 'unknown'))",
    )
    .bind(queue)
    .execute(db)
    .await?;
    Ok(())
}

/// People of a queue in the order of their contacts.
pub struct Page {
    /// Those of them who can still get another content.
    pub waiting: Vec<Waiting>,
    /// Where the next page goes on; none behind the last one.
    pub next: Option<ContactId>,
}

const MESSAGE: &str =
    "SELECT m.id, m.contact_id, m.phone, m.name, m.version, m.own, m.skip_reason, m.skip_variable FROM messages m ";
const PARTS: &str = "SELECT p.message_id, p.id, p.state, p.round, p.price, p.due_at, p.attempts > 0 AS tried,
        p.attempts > 0 AND EXISTS (SELECT 1 FROM attempts a WHERE a.part_id = p.id AND a.outcome = 'unknown') AS doubt
    FROM messages m CROSS JOIN parts p ON p.message_id = m.id ";

pub async fn waiting_after(
    db: &mut SqliteConnection,
    queue: CampaignId,
    after: Option<ContactId>,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let range = "WHERE m.queue_id = ? AND m.origin = 'campaign' AND m.contact_id > ?";
    let after = after.unwrap_or(ContactId(uuid::Uuid::nil()));
    let messages = format!("{MESSAGE} {range} ORDER BY m.contact_id LIMIT ?");
    let messages = sqlx::query(sqlx::AssertSqlSafe(messages)).bind(queue).bind(after).bind(limit);
    let messages = messages.fetch_all(&mut *db).await?;
    let Some(last) = messages.last() else { return Ok(Page { waiting: Vec::new(), next: None }) };
    let last: ContactId = last.try_get("contact_id")?;
    let parts = format!("{PARTS} {range} AND m.contact_id <= ? ORDER BY m.contact_id, p.position");
    let parts = sqlx::query(sqlx::AssertSqlSafe(parts)).bind(queue).bind(after).bind(last).fetch_all(db).await?;
    let complete = messages.len() < limit as usize;
    Ok(Page { waiting: together(&messages, &parts)?, next: (!complete).then_some(last) })
}

/// One message of a campaign, and the campaign; none where it can change no more.
pub async fn waiting(
    db: &mut SqliteConnection,
    message: MessageId,
) -> Result<Option<(CampaignId, Waiting)>, sqlx::Error> {
    let one = "WHERE m.id = ? AND m.origin = 'campaign'";
    let messages = format!(
        "SELECT q.id AS queue, v.* FROM ({MESSAGE} {one}) v JOIN messages n ON n.id = v.id
                            JOIN queues q ON q.id = n.queue_id WHERE q.cancelled_at IS NULL AND q.revising = 0 AND q.state IN ('open', 'paused')"
    );
    let messages = sqlx::query(sqlx::AssertSqlSafe(messages)).bind(message).fetch_all(&mut *db).await?;
    let parts = format!("{PARTS} {one} ORDER BY p.position");
    let parts = sqlx::query(sqlx::AssertSqlSafe(parts)).bind(message).fetch_all(db).await?;
    let Some(row) = messages.first() else { return Ok(None) };
    let queue = row.try_get("queue")?;
    Ok(together(&messages, &parts)?.pop().map(|waiting| (queue, waiting)))
}

fn together(messages: &[SqliteRow], parts: &[SqliteRow]) -> Result<Vec<Waiting>, sqlx::Error> {
    let mut parts_of: BTreeMap<MessageId, Vec<WaitingPart>> = BTreeMap::new();
    for row in parts {
        parts_of.entry(row.try_get("message_id")?).or_default().push(part(row)?);
    }
    let mut waiting = Vec::with_capacity(messages.len());
    for row in messages {
        let message = row.try_get("id")?;
        let skipped: Option<SkipReason> = row.try_get("skip_reason")?;
        if skipped.is_some_and(|reason| !reason.is_of_content()) {
            continue;
        }
        let one = Waiting {
            message,
            contact: row.try_get("contact_id")?,
            phone: row.try_get("phone")?,
            name: row.try_get("name")?,
            version: row.try_get("version")?,
            own: row.try_get("own")?,
            skipped: skipped.map(|reason| Ok::<_, sqlx::Error>((reason, row.try_get("skip_variable")?))).transpose()?,
            parts: parts_of.remove(&message).unwrap_or_default(),
        };
        waiting.extend(one.can_change().then_some(one));
    }
    Ok(waiting)
}

fn part(row: &SqliteRow) -> Result<WaitingPart, sqlx::Error> {
    Ok(WaitingPart {
        id: row.try_get("id")?,
        state: row.try_get("state")?,
        round: row.try_get("round")?,
        price: row.try_get("price")?,
        due_at: row.try_get("due_at")?,
        is_tried: row.try_get("tried")?,
        may_have_arrived: row.try_get("doubt")?,
    })
}

/// The contacts who would get a revision of the queue that is not for one person.
pub fn push_waiting(select: &mut QueryBuilder<Sqlite>, queue: CampaignId) {
    select.push("SELECT m.contact_id FROM messages m WHERE m.queue_id = ").push_bind(queue);
    select.push(
        " AND m.origin = 'campaign' AND m.own = 0 AND (m.skip_reason IN ('missing_variable', 'empty', 'same_options')
          OR m.skip_reason IS NULL AND EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id AND p.position = 1
              AND p.state = 'pending' AND NOT EXISTS
                  (SELECT 1 FROM attempts a WHERE a.part_id = p.id AND a.outcome = 'unknown')))",
    );
}

/// The parts of a waiting message as they would be sent, with its text and what it asks.
pub async fn content(
    db: &mut SqliteConnection,
    message: MessageId,
) -> Result<(Option<String>, Option<Vec<String>>, Vec<media::Attached>), sqlx::Error> {
    let row =
        sqlx::query("SELECT question, options FROM messages WHERE id = ?").bind(message).fetch_one(&mut *db).await?;
    let options = row.try_get::<Option<Json<_>>, _>("options")?.map(|Json(options)| options);
    let rows = sqlx::query(
        "SELECT kind, media, file_name FROM parts
         WHERE message_id = ? AND media IS NOT NULL AND state = 'pending' ORDER BY position",
    )
    .bind(message)
    .fetch_all(db)
    .await?;
    Ok((row.try_get("question")?, options, rows.iter().map(attached).collect::<Result<_, _>>()?))
}

fn attached(row: &SqliteRow) -> Result<media::Attached, sqlx::Error> {
    let sha256: &[u8] = row.try_get("media")?;
    let sha256 = sha256.try_into().map_err(|error: std::array::TryFromSliceError| sqlx::Error::Decode(error.into()))?;
    Ok(media::Attached {
        sha256,
        kind: row.try_get("kind")?,
        name: row.try_get::<Option<&str>, _>("file_name")?.map(Into::into),
    })
}

/// Brings some people over, with their credits.
pub async fn write(db: &mut Tx, home: &Home, revised: &[Revised], now: Millis) -> Result<(), LedgerError> {
    let mut changes = Changes::default();
    revised.iter().for_each(|one| changes.plan(one, home, now));
    let files = revised.iter().filter_map(|one| one.content.as_ref()).flat_map(|content| &content.message.parts);
    let files = files.filter_map(|part| part.media.as_ref()).map(|file| file.sha256).collect();
    media::store::carry(db, &files).await?;
    let statements = changes.statements(home.queue);
    execute_all(db, Box::new(statements.into_iter())).await?;
    release(db, home.book, home.queue, &changes.released, REVISED, now).await?;
    let more = changes.held.iter().chain(&changes.held_again).map(|charge| charge.price).sum();
    refuse_shortage(&balance(db, home.book).await?, more)?;
    hold(db, home.book, home.queue, &changes.held, REVISED, now).await?;
    for charge in changes.held_again {
        hold_again(db, home.book, home.queue, charge, REVISED, now).await?;
    }
    Ok(())
}

/// As many rows as one statement can bind.
const ROWS: usize = 1_500;

/// The rows that a chunk of people needs, so that each table takes one statement.
#[derive(Default)]
struct Changes<'r> {
    /// With the time that its owner wants, where that is known.
    messages: Vec<(&'r Revised, Option<Millis>)>,
    due: Vec<(MessageId, Millis)>,
    filled: Vec<Filled<'r>>,
    added: Vec<Filled<'r>>,
    /// With the reason of skipping; none where the content needs fewer parts.
    ended: Vec<(PartId, Option<SkipReason>, bool)>,
    ended_at: Millis,
    held: Vec<Charge>,
    held_again: Vec<Charge>,
    released: Vec<Charge>,
    counts: BTreeMap<Counted, Amount>,
}

/// A part as it is sent from here on.
struct Filled<'r> {
    id: PartId,
    message: MessageId,
    round: i64,
    position: usize,
    last: bool,
    due_at: Millis,
    part: &'r NewPart,
}

impl<'r> Changes<'r> {
    fn plan(&mut self, revised: &'r Revised, home: &Home, now: Millis) {
        let Revised { waiting, content, due_at } = revised;
        self.ended_at = now;
        let due = due_at.or(waiting.parts.first().map(|part| part.due_at)).unwrap_or(home.due_at);
        let Some(content) = content else {
            return self.due.extend(due_at.map(|due| (waiting.message, due)));
        };
        let is_tried = waiting.parts.first().is_some_and(|part| part.is_tried);
        self.messages.push((revised, due_at.or((!is_tried).then_some(due))));
        if let (Some((reason, variable)), true) = (&waiting.skipped, waiting.parts.is_empty()) {
            self.count("skipped", reason.as_str(), variable.as_deref(), Amount { people: -1, ..Amount::default() });
        }
        match &content.message.skipped {
            Some((reason, variable)) => self.skip(waiting, *reason, variable.as_deref()),
            None => self.fill(waiting, &content.message.parts, due),
        }
    }

    fn skip(&mut self, waiting: &Waiting, reason: SkipReason, variable: Option<&str>) {
        if waiting.parts.is_empty() {
            self.count("skipped", reason.as_str(), variable, Amount { people: 1, ..Amount::default() });
        }
        let last = waiting.parts.iter().rposition(|part| part.state != PartState::Cancelled);
        for (index, part) in waiting.parts.iter().enumerate().filter(|(_, part)| part.state == PartState::Pending) {
            self.ended.push((part.id, Some(reason), Some(index) == last));
            self.released.push(part.charge());
        }
    }

    fn fill(&mut self, waiting: &Waiting, parts: &'r [NewPart], due_at: Millis) {
        for (index, part) in parts.iter().enumerate() {
            let (position, last) = (index + 1, index + 1 == parts.len());
            let filled = |id, round| Filled { id, message: waiting.message, round, position, last, due_at, part };
            match waiting.parts.get(index) {
                // What costs the same keeps its hold.
                Some(old) if old.state == PartState::Pending && old.price == part.price => {
                    self.filled.push(filled(old.id, old.round));
                }
                Some(old) => {
                    self.released.extend((old.state == PartState::Pending).then(|| old.charge()));
                    let round = old.round + 1;
                    self.filled.push(filled(old.id, round));
                    self.held_again.push(Charge { part: old.id, round, price: part.price });
                }
                None => {
                    self.added.push(filled(part.id, 1));
                    self.held.push(Charge::first(part.id, part.price));
                    let amount = Amount { people: i64::from(last), parts: 1, credits: part.price };
                    self.count("pending", "", None, amount);
                }
            }
        }
        let spare = waiting.parts.iter().skip(parts.len());
        for old in spare.filter(|old| old.state != PartState::Cancelled) {
            self.ended.push((old.id, None, false));
            self.released.extend((old.state == PartState::Pending).then(|| old.charge()));
        }
    }

    fn count(&mut self, state: &'static str, reason: &'static str, variable: Option<&str>, more: Amount) {
        let counted = self.counts.entry((state, reason, variable.unwrap_or_default().to_owned())).or_default();
        counted.people += more.people;
        counted.parts += more.parts;
        counted.credits += more.credits;
    }

    fn statements(&self, queue: CampaignId) -> Vec<QueryBuilder<Sqlite>> {
        let mut statements = Vec::new();
        statements.extend(self.messages.chunks(ROWS).map(set_messages));
        statements.extend(self.due.chunks(ROWS).flat_map(set_due));
        statements.extend(self.filled.chunks(ROWS).map(fill_parts));
        statements.extend(self.added.chunks(ROWS).map(|added| add_parts(queue, added)));
        statements.extend(self.ended.chunks(ROWS).map(|ended| end_parts(ended, self.ended_at)));
        statements.extend(queue::count(queue, &self.counts));
        statements
    }
}

fn set_messages(messages: &[(&Revised, Option<Millis>)]) -> QueryBuilder<Sqlite> {
    let mut update = QueryBuilder::new(
        "UPDATE messages SET text = v.column2, question = v.column3, options = v.column4, skip_reason = v.column5,
                skip_variable = v.column6, version = v.column7, own = v.column8, planned_at = coalesce(v.column9, planned_at) FROM (",
    );
    update.push_values(messages, |mut row, (revised, due_at)| {
        let Some(NewContent { message, version, own }) = &revised.content else { return };
        row.push_bind(revised.waiting.message).push_bind(message.text.as_str());
        row.push_bind(message.question.as_deref()).push_bind(message.options.as_ref().map(Json));
        let skipped = message.skipped.as_ref();
        row.push_bind(skipped.map(|(reason, _)| *reason));
        row.push_bind(skipped.and_then(|(_, variable)| variable.as_deref()));
        row.push_bind(*version).push_bind(*own).push_bind(*due_at);
    });
    update.push(") v WHERE messages.id = v.column1");
    update
}

fn set_due(due: &[(MessageId, Millis)]) -> [QueryBuilder<Sqlite>; 2] {
    ["UPDATE messages SET planned_at = v.column2 FROM (", "UPDATE parts SET due_at = v.column2 FROM ("].map(|head| {
        let mut update = QueryBuilder::new(head);
        update.push_values(due, |mut row, (message, due_at)| {
            row.push_bind(*message).push_bind(*due_at);
        });
        update.push(match head.contains("parts") {
            true => ") v WHERE parts.message_id = v.column1 AND parts.state = 'pending'",
            false => ") v WHERE messages.id = v.column1",
        });
        update
    })
}

fn fill_parts(parts: &[Filled<'_>]) -> QueryBuilder<Sqlite> {
    let mut update = QueryBuilder::new(
        "UPDATE parts SET state = 'pending', cause = NULL, ended_at = NULL, tries = 0, round = v.column2, kind = v.column3,
                with_text = v.column4, media = v.column5, file_name = v.column6, wire_id = v.column7, last = v.column8,
                ready = v.column9, due_at = v.column10, price = v.column11, link_preview = v.column12 FROM (",
    );
    update.push_values(parts, |mut row, filled| {
        let Filled { id, round, position, last, due_at, part, .. } = filled;
        row.push_bind(*id).push_bind(*round).push_bind(part.kind).push_bind(part.with_text);
        row.push_bind(part.media.as_ref().map(|file| file.sha256.to_vec()));
        row.push_bind(part.media.as_ref().and_then(|file| file.name.as_deref()));
        row.push_bind(part.wire_id.as_str()).push_bind(*last).push_bind(*position == 1).push_bind(*due_at);
        row.push_bind(part.price).push_bind(part.link_preview);
    });
    update.push(") v WHERE parts.id = v.column1");
    update
}

fn add_parts(queue: CampaignId, parts: &[Filled<'_>]) -> QueryBuilder<Sqlite> {
    let mut insert = QueryBuilder::new(
        "INSERT INTO parts (state, queue_id, id, message_id, position, last, kind, with_text, media, file_name, wire_id,
                            ready, due_at, clock, price, link_preview) SELECT 'pending', ",
    );
    insert.push_bind(queue).push(", v.* FROM (");
    insert.push_values(parts, |mut row, filled| {
        let Filled { id, message, position, last, due_at, part, .. } = filled;
        row.push_bind(*id).push_bind(*message).push_bind(i64::try_from(*position).unwrap_or(i64::MAX));
        row.push_bind(*last).push_bind(part.kind).push_bind(part.with_text);
        row.push_bind(part.media.as_ref().map(|file| file.sha256.to_vec()));
        row.push_bind(part.media.as_ref().and_then(|file| file.name.as_deref()));
        row.push_bind(part.wire_id.as_str()).push_bind(*position == 1).push_bind(*due_at).push_bind(part.clock);
        row.push_bind(part.price).push_bind(part.link_preview);
    });
    insert.push(") v");
    insert
}

fn end_parts(ended: &[(PartId, Option<SkipReason>, bool)], now: Millis) -> QueryBuilder<Sqlite> {
    let mut update = QueryBuilder::new("UPDATE parts SET ended_at = ");
    update.push_bind(now);
    update.push(
        ", state = CASE WHEN v.column2 IS NULL THEN 'cancelled' ELSE 'skipped' END, cause = v.column2, last = v.column3
         FROM (",
    );
    update.push_values(ended, |mut row, (part, reason, last)| {
        row.push_bind(*part).push_bind(*reason).push_bind(*last);
    });
    update.push(") v WHERE parts.id = v.column1");
    update
}

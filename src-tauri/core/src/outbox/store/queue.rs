//! Filling a queue, and pausing, cancelling and retrying it.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::doubt::MAY_HAVE_ARRIVED;
use crate::clock::Millis;
use crate::contact::permission::{Purpose, account_of, addressed, refusal};
use crate::contact::phone::WhoseClock;
use crate::db::{Tx, execute_all};
use crate::ids::{CampaignId, ContactId, IdGenerator, LinkPreviewId, MessageId, PartId, SessionId};
use crate::ledger::store::{Charge, End, balance, end_hold, hold_again, refuse_shortage, release_all};
use crate::ledger::{Book, LedgerError};
use crate::link_preview::store::push_kept;
use crate::mail::store::taken_by_mail;
use crate::media::{self, Attached};
use crate::outbox::price::Prices;
use crate::outbox::state::{Origin, PartKind, QueueState, SkipReason};
use crate::outbox::window::DayHours;
use crate::session::store::listed;
use crate::settings::promotion_gap;
use crate::stored::Json;

pub struct NewQueue<'a> {
    pub id: CampaignId,
    pub priority: u8,
    pub due_at: Millis,
    pub keep_hours: bool,
    /// The campaign's own hours.
    pub hours: Option<DayHours>,
    /// Its hours are on each person's own clock.
    pub local_hours: bool,
    pub book: Book,
    pub sessions: &'a [SessionId],
    /// At which everybody in it is priced, until it is revised.
    pub prices: Prices,
}

/// One contact's frozen message. Without parts it is a skipped one, with its reason.
pub struct NewMessage {
    pub id: MessageId,
    pub contact: ContactId,
    pub phone: String,
    pub name: String,
    pub text: String,
    /// Of a poll.
    pub question: Option<String>,
    /// The answers that were offered, as this person reads them.
    pub options: Option<Vec<String>>,
    pub skipped: Option<(SkipReason, Option<String>)>,
    pub parts: Vec<NewPart>,
}

impl NewMessage {
    /// The credits of all its parts.
    pub fn price(&self) -> i64 {
        self.parts.iter().map(|part| part.price).sum()
    }

    /// What is held for it at first.
    pub fn charges(&self) -> impl Iterator<Item = Charge> {
        self.parts.iter().map(|part| Charge::first(part.id, part.price))
    }
}

pub struct NewPart {
    pub id: PartId,
    pub wire_id: String,
    pub kind: PartKind,
    pub price: i64,
    pub media: Option<Attached>,
    /// Of a text.
    pub link_preview: Option<LinkPreviewId>,
    pub with_text: bool,
    /// Whose clock its hours are on; none where its queue asks nobody's.
    pub clock: Option<WhoseClock>,
}

/// The accounts that a campaign's messages are for so far.
pub async fn written_to(db: &mut SqliteConnection, queue: CampaignId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(concat!(
        "SELECT ",
        account_of!("m.phone"),
        " FROM messages m WHERE m.queue_id = ? AND m.origin = 'campaign' AND m.skip_reason IS NULL"
    ))
    .bind(queue)
    .fetch_all(db)
    .await
}

/// A queue under construction: nothing of it is sent until `open`.
pub async fn create(db: &mut Tx, queue: &NewQueue<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO queues (id, priority, due_at, state, keep_hours, hours, local_hours, book, session_ids, prices)
         VALUES (?, ?, ?, 'building', ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
    )
    .bind(queue.id)
    .bind(queue.priority)
    .bind(queue.due_at)
    .bind(queue.keep_hours)
    .bind(queue.hours.map(Json))
    .bind(queue.local_hours)
    .bind(queue.book)
    .bind(Json(queue.sessions))
    .bind(Json(queue.prices))
    .execute(db)
    .await?;
    Ok(())
}

/// At which a campaign is priced; none before it is scheduled.
pub async fn prices(db: &mut SqliteConnection, queue: CampaignId) -> Result<Option<Prices>, sqlx::Error> {
    let prices: Option<Json<Prices>> =
        sqlx::query_scalar("SELECT prices FROM queues WHERE id = ?").bind(queue).fetch_optional(db).await?;
    Ok(prices.map(|Json(prices)| prices))
}

/// What single messages share that stand in one queue.
pub struct Standing<'a> {
    pub book: Book,
    pub sessions: &'a [SessionId],
    pub priority: u8,
    /// They go before everything that waits.
    pub urgent: bool,
    pub keep_hours: bool,
}

/// The queue in which such messages stand, made with the first of them. It is open while it has any.
pub async fn standing(db: &mut Tx, shared: &Standing<'_>, now: Millis) -> Result<CampaignId, sqlx::Error> {
    let mut sessions = shared.sessions.to_vec();
    sessions.sort_unstable();
    sqlx::query_scalar(
        "INSERT INTO queues (id, kind, priority, urgent, due_at, state, keep_hours, book, session_ids)
         VALUES (?, 'standing', ?, ?, ?, 'building', ?, ?, ?)
         ON CONFLICT (book, session_ids, priority, urgent, keep_hours) WHERE kind = 'standing'
             DO UPDATE SET due_at = due_at
         RETURNING id",
    )
    .bind(IdGenerator::at(now).next::<CampaignId>())
    .bind(shared.priority)
    .bind(shared.urgent)
    .bind(now)
    .bind(shared.keep_hours)
    .bind(shared.book)
    .bind(Json(sessions))
    .fetch_one(db)
    .await
}

/// A queue that was done, or is only just made, goes on with what was added.
pub async fn go_on(db: &mut Tx, queue: CampaignId) -> Result<(), sqlx::Error> {
    set_state(db, queue, QueueState::Done, QueueState::Open).await?;
    open(db, queue).await?;
    Ok(())
}

/// Few wide statements: a row's share of one is a tenth of what a statement of its own would cost.
const ROWS: usize = 1_500;

pub async fn add(
    db: &mut Tx,
    queue: CampaignId,
    origin: Origin,
    purpose: Purpose,
    due_at: Millis,
    messages: &[NewMessage],
    now: Millis,
) -> Result<(), sqlx::Error> {
    let mut alike: BTreeMap<Shape, Vec<(MessageId, &NewPart)>> = BTreeMap::new();
    for message in messages {
        for (index, part) in message.parts.iter().enumerate() {
            alike.entry(Shape::of(message, index, part)).or_default().push((message.id, part));
        }
    }
    let files = alike.keys().filter_map(|shape| shape.media.as_ref()).map(|file| file.sha256).collect();
    media::store::carry(db, &files).await?;
    let parts = alike.iter().flat_map(|(shape, parts)| parts.chunks(ROWS).map(move |chunk| (shape, chunk)));
    let parts = parts.map(|(shape, chunk)| insert_parts(queue, due_at, shape, chunk));
    let rows = messages.chunks(ROWS).map(|chunk| insert_messages(queue, origin, purpose, chunk, now));
    execute_all(db, Box::new(rows.chain(parts).chain(count_added(queue, messages)))).await
}

/// Every change of a part moves the counters by itself; only what is added tells them.
fn count_added(queue: CampaignId, messages: &[NewMessage]) -> Option<QueryBuilder<Sqlite>> {
    let mut added: BTreeMap<_, Amount> = BTreeMap::new();
    for message in messages {
        let key = match &message.skipped {
            Some((reason, variable)) => ("skipped", reason.as_str(), variable.clone().unwrap_or_default()),
            None => ("pending", "", String::new()),
        };
        let added = added.entry(key).or_default();
        added.people += 1;
        added.parts += i64::try_from(message.parts.len()).unwrap_or(i64::MAX);
        added.credits += message.price();
    }
    count(queue, &added)
}

/// State, reason and variable, as in `queue_counts`.
pub(super) type Counted = (&'static str, &'static str, String);

/// What a counter moves by.
#[derive(Clone, Copy, Default)]
pub(super) struct Amount {
    pub people: i64,
    pub parts: i64,
    pub credits: i64,
}

/// So much more in each state. None where there is nothing to count.
pub(super) fn count(queue: CampaignId, more: &BTreeMap<Counted, Amount>) -> Option<QueryBuilder<Sqlite>> {
    if more.is_empty() {
        return None;
    }
    let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO queue_counts (queue_id, state, reason, variable, session_id, people, parts, credits, last_at) ",
    );
    insert.push_values(more, |mut row, ((state, reason, variable), amount)| {
        row.push_bind(queue).push_bind(*state).push_bind(*reason).push_bind(variable.clone()).push("x''");
        row.push_bind(amount.people).push_bind(amount.parts).push_bind(amount.credits).push("0");
    });
    insert.push(
        " ON CONFLICT DO UPDATE SET people = people + excluded.people, parts = parts + excluded.parts,
                                    credits = credits + excluded.credits",
    );
    Some(insert)
}

fn insert_messages(
    queue: CampaignId,
    origin: Origin,
    purpose: Purpose,
    messages: &[NewMessage],
    now: Millis,
) -> QueryBuilder<Sqlite> {
    let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO messages (queue_id, origin, created_at, category, on_basis, id, contact_id, phone, name, text, skip_reason, skip_variable,
                               question, options)
         SELECT ",
    );
    let mut common = insert.separated(", ");
    common.push_bind(queue).push_bind(origin).push_bind(now);
    common.push_bind(purpose.category).push_bind(purpose.on_basis);
    insert.push(", v.* FROM (");
    insert.push_values(messages, |mut row, message| {
        let (reason, variable) = match &message.skipped {
            Some((reason, variable)) => (Some(*reason), variable.as_deref()),
            None => (None, None),
        };
        row.push_bind(message.id).push_bind(message.contact).push_bind(message.phone.as_str());
        row.push_bind(message.name.as_str()).push_bind(message.text.as_str());
        row.push_bind(reason).push_bind(variable).push_bind(message.question.as_deref());
        row.push_bind(message.options.as_ref().map(Json));
    });
    insert.push(") v");
    insert
}

/// What the parts at one place of messages that look alike have in common: bound once a statement and not once a row.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    position: usize,
    last: bool,
    kind: PartKind,
    price: i64,
    media: Option<Attached>,
    link_preview: Option<LinkPreviewId>,
    with_text: bool,
    clock: Option<WhoseClock>,
}

impl Shape {
    fn of(message: &NewMessage, index: usize, part: &NewPart) -> Self {
        let position = index + 1;
        Self {
            position,
            last: position == message.parts.len(),
            kind: part.kind,
            price: part.price,
            media: part.media.clone(),
            link_preview: part.link_preview,
            with_text: part.with_text,
            clock: part.clock,
        }
    }
}

fn insert_parts(
    queue: CampaignId,
    due_at: Millis,
    shape: &Shape,
    parts: &[(MessageId, &NewPart)],
) -> QueryBuilder<Sqlite> {
    let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO parts (state, queue_id, due_at, position, ready, last, kind, price, with_text, media, file_name, link_preview, clock, id, message_id, wire_id)
         SELECT 'pending', ",
    );
    let mut common = insert.separated(", ");
    common.push_bind(queue).push_bind(due_at);
    common.push_bind(i64::try_from(shape.position).unwrap_or(i64::MAX)).push_bind(shape.position == 1);
    common.push_bind(shape.last).push_bind(shape.kind).push_bind(shape.price);
    common.push_bind(shape.with_text).push_bind(shape.media.as_ref().map(|file| file.sha256.as_slice()));
    common.push_bind(shape.media.as_ref().and_then(|file| file.name.as_deref()));
    push_kept(&mut common, shape.link_preview);
    common.push_bind(shape.clock);
    insert.push(", v.* FROM (");
    insert.push_values(parts, |mut row, (message, part)| {
        row.push_bind(part.id).push_bind(*message).push_bind(part.wire_id.as_str());
    });
    insert.push(") v");
    insert
}

/// The newest contact that a queue under construction already has: where an interrupted scheduling goes on.
pub async fn last_contact(db: &mut SqliteConnection, queue: CampaignId) -> Result<Option<ContactId>, sqlx::Error> {
    sqlx::query_scalar("SELECT max(contact_id) FROM messages WHERE queue_id = ? AND origin = 'campaign'")
        .bind(queue)
        .fetch_one(db)
        .await
}

/// The open queues of these books.
pub async fn open_of(
    db: &mut SqliteConnection,
    books: impl Iterator<Item = Book>,
) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut queues = Vec::new();
    for book in books {
        let open = sqlx::query_scalar("SELECT id FROM queues WHERE book = ? AND state = 'open'").bind(book.as_str());
        let open: Vec<CampaignId> = open.fetch_all(&mut *db).await?;
        queues.extend(open);
    }
    Ok(queues)
}

/// What has nobody to send to is done at once. True where the queue was under construction.
pub async fn open(db: &mut Tx, queue: CampaignId) -> Result<bool, sqlx::Error> {
    let opened = sqlx::query(
        "UPDATE queues SET state = CASE WHEN EXISTS (SELECT 1 FROM queue_counts c WHERE c.queue_id = queues.id
                                                     AND c.state = 'pending' AND c.parts > 0) THEN 'open' ELSE 'done' END
         WHERE id = ? AND state = 'building'",
    )
    .bind(queue)
    .execute(db)
    .await?;
    Ok(opened.rows_affected() == 1)
}

pub async fn pause(db: &mut Tx, queue: CampaignId) -> Result<bool, sqlx::Error> {
    set_state(db, queue, QueueState::Open, QueueState::Paused).await
}

/// The data came from a backup, and nobody knows what of it went out since. So each real campaign that waits is paused by
/// itself: only its owner's word for that one lets it go on. One that was just being scheduled is cancelled, and so is
/// what waits of real single messages; their credits are free again.
pub async fn after_a_restore(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    let paused = "UPDATE queues SET state = 'paused' WHERE state = 'open' AND kind = 'campaign' AND book = 'real'";
    sqlx::query(paused).execute(&mut *db).await?;
    let building = "SELECT id FROM queues WHERE state = 'building' AND kind = 'campaign' AND book = 'real'";
    let building: Vec<CampaignId> = sqlx::query_scalar(building).fetch_all(&mut *db).await?;
    for queue in building {
        cancel(db, queue, now).await?;
    }
    let single = sqlx::query_scalar(
        "UPDATE messages SET cancelled_at = ?
         WHERE cancelled_at IS NULL AND id IN (
             SELECT p.message_id FROM parts p JOIN queues q ON q.id = p.queue_id
             WHERE p.state = 'pending' AND q.kind = 'standing' AND q.book = 'real')
         RETURNING id",
    );
    let single: Vec<MessageId> = single.bind(now).fetch_all(&mut *db).await?;
    for message in single {
        cancel_rest_of(db, message, now).await?;
    }
    Ok(())
}

/// Parts of real campaigns and messages that wait, behind this one.
pub async fn waiting_parts(
    db: &mut SqliteConnection,
    after: Option<PartId>,
    limit: u32,
) -> Result<Vec<PartId>, sqlx::Error> {
    let waiting = "SELECT p.id FROM parts p JOIN queues q ON q.id = p.queue_id
                   WHERE p.state = 'pending' AND q.book = 'real' AND (?1 IS NULL OR p.id > ?1) ORDER BY p.id LIMIT ?2";
    sqlx::query_scalar(waiting).bind(after).bind(limit).fetch_all(db).await
}

/// Which of these parts do not wait any more: they went out, or nothing of them will.
pub async fn over_among(db: &mut SqliteConnection, parts: &[PartId]) -> Result<Vec<PartId>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT id FROM parts WHERE state <> 'pending' AND id IN (");
    let mut list = select.separated(", ");
    for part in parts {
        list.push_bind(*part);
    }
    select.push(")").build_query_scalar().fetch_all(db).await
}

/// Cancels what waits of the messages of these parts, of which other data know that they are over: nobody gets them
/// twice, and no rest waits for a part that never comes.
pub async fn cancel_messages_of(db: &mut Tx, parts: &[PartId], now: Millis) -> Result<(), sqlx::Error> {
    for part in parts {
        let waiting = "message_id = (SELECT o.message_id FROM parts o WHERE o.id = ?2)";
        cancel_waiting(db, waiting, part.0, now).await?;
    }
    Ok(())
}

/// Cancels the pending parts that `which` selects by ?2, and frees their credits.
async fn cancel_waiting(db: &mut Tx, which: &'static str, id: Uuid, now: Millis) -> Result<(), sqlx::Error> {
    let cancelled = format!(
        "UPDATE parts SET state = 'cancelled', ended_at = ?1 WHERE state = 'pending' AND {which}
         RETURNING id, round, queue_id, (SELECT q.book FROM queues q WHERE q.id = parts.queue_id) AS book"
    );
    for row in sqlx::query(AssertSqlSafe(cancelled)).bind(now).bind(id).fetch_all(&mut *db).await? {
        let (book, queue) = (row.try_get("book")?, row.try_get("queue_id")?);
        end_hold(db, End::Release, book, queue, row.try_get("id")?, row.try_get("round")?, now).await?;
    }
    Ok(())
}

/// What failed before does not stop it again, and a time that passed while it was paused was not missed.
pub async fn resume(db: &mut Tx, queue: CampaignId, now: Millis) -> Result<bool, sqlx::Error> {
    let resumed = sqlx::query(
        "UPDATE queues SET state = 'open', met = max(met, due_at <= ?1), newest = '', got_it = 0, opted_out = 0,
                counted_from = ?1, stopped_for = NULL
         WHERE id = ?2 AND state = 'paused'",
    );
    Ok(resumed.bind(now).bind(queue).execute(db).await?.rows_affected() == 1)
}

/// True where the queue was in `from`.
async fn set_state(db: &mut Tx, queue: CampaignId, from: QueueState, to: QueueState) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query("UPDATE queues SET state = ? WHERE id = ? AND state = ?")
        .bind(to)
        .bind(queue)
        .bind(from)
        .execute(db)
        .await?;
    Ok(changed.rows_affected() == 1)
}

/// The owner has seen what became of it. False where that is known.
pub async fn result_seen(db: &mut Tx, queue: CampaignId) -> Result<bool, sqlx::Error> {
    let seen = sqlx::query("UPDATE queues SET seen = 1 WHERE id = ? AND seen = 0").bind(queue).execute(db).await?;
    Ok(seen.rows_affected() == 1)
}

/// The owner has seen to what failed. What fails later is told again.
pub async fn failures_seen(db: &mut Tx, queue: CampaignId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE queues SET failures_seen_at =
             (SELECT max(c.last_at) FROM queue_counts c WHERE c.queue_id = queues.id AND c.state = 'failed')
         WHERE id = ?",
    )
    .bind(queue)
    .execute(db)
    .await?;
    Ok(())
}

/// Cancels what still waits and releases its credits. Nothing of the queue is sent any more: what is in doubt waits for
/// a receipt, and for the end of its doubt.
pub async fn cancel(db: &mut Tx, queue: CampaignId, now: Millis) -> Result<bool, sqlx::Error> {
    let cancelled = sqlx::query(
        "UPDATE queues SET cancelled_at = ?, state = iif(state = 'building', 'done', state)
         WHERE id = ? AND cancelled_at IS NULL AND state <> 'done'",
    )
    .bind(now)
    .bind(queue)
    .execute(&mut *db)
    .await?;
    if cancelled.rows_affected() == 0 {
        return Ok(false);
    }
    cancel_rest(db, queue, now).await?;
    Ok(true)
}

/// Cancels what waits in a queue that the owner cancelled: a part that was on its way then may have come back.
pub async fn cancel_rest(db: &mut Tx, queue: CampaignId, now: Millis) -> Result<u64, sqlx::Error> {
    let book: Option<Book> = sqlx::query_scalar("SELECT book FROM queues WHERE id = ? AND cancelled_at IS NOT NULL")
        .bind(queue)
        .fetch_optional(&mut *db)
        .await?;
    let Some(book) = book else { return Ok(0) };
    let waiting = "SELECT id, round FROM parts WHERE queue_id = ?1 AND state = 'pending'";
    let released = release_all(db, book, queue, waiting, now).await?;
    sqlx::query("UPDATE parts SET state = 'cancelled', ended_at = ? WHERE queue_id = ? AND state = 'pending'")
        .bind(now)
        .bind(queue)
        .execute(db)
        .await?;
    Ok(released)
}

/// Cancels a single message: what waits of it goes out no more, and neither does what is on its way and not handed over.
/// None where there is nothing of that.
pub async fn cancel_message(db: &mut Tx, message: MessageId, now: Millis) -> Result<Option<CampaignId>, sqlx::Error> {
    let cancelled = sqlx::query_scalar(
        "UPDATE messages SET cancelled_at = ?1
         WHERE id = ?2 AND origin <> 'campaign' AND cancelled_at IS NULL
           AND EXISTS (SELECT 1 FROM parts p WHERE p.message_id = ?2 AND (p.state = 'pending' OR p.state = 'sending'))
         RETURNING queue_id",
    );
    let queue = cancelled.bind(now).bind(message).fetch_optional(&mut *db).await?;
    cancel_rest_of(db, message, now).await?;
    Ok(queue)
}

/// Cancels what waits of a single message that the owner cancelled: a part that was on its way then may have come back.
pub async fn cancel_rest_of(db: &mut Tx, message: MessageId, now: Millis) -> Result<(), sqlx::Error> {
    let which = "message_id = ?2 AND EXISTS (SELECT 1 FROM messages m WHERE m.id = ?2 AND m.cancelled_at IS NOT NULL)";
    cancel_waiting(db, which, message.0, now).await
}

/// Which failed parts are put back. A message of which one part may have arrived is doubtful as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// What certainly did not arrive.
    Certain,
    /// What may have arrived: somebody may see it twice.
    Doubtful,
}

/// How many people "retry failed" would reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Retryable {
    pub certain: i64,
    /// Those who may see a part twice.
    pub doubtful: i64,
}

/// Failed parts of contacts that may still get something at ?2, of messages that were not cancelled and that no mail has
/// taken; of what (?1), follows.
const FAILED: &str = concat!(
    "FROM parts p JOIN queues q ON q.id = p.queue_id JOIN ",
    addressed!(),
    " WHERE m.id = p.message_id AND m.cancelled_at IS NULL AND p.state = 'failed' AND NOT ",
    taken_by_mail!("m.id"),
    " AND (",
    refusal!("?2", promotion_gap!()),
    ") IS NULL AND "
);

/// Where failed parts are looked for.
#[derive(Clone, Copy, Debug)]
pub enum Failed {
    Of(CampaignId),
    /// Of a message that belongs to no campaign.
    Single(MessageId),
}

impl Failed {
    fn filter(self) -> &'static str {
        match self {
            Self::Of(_) => "p.queue_id = ?1 AND p.last IN (0, 1)",
            Self::Single(_) => "p.message_id = ?1 AND m.origin <> 'campaign'",
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::Of(queue) => queue.0,
            Self::Single(message) => message.0,
        }
    }
}

/// A part of the message failed and may have arrived.
fn is_doubtful() -> String {
    format!("EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id AND p.state = 'failed' AND {MAY_HAVE_ARRIVED})")
}

pub async fn retryable(db: &mut SqliteConnection, failed: Failed, now: Millis) -> Result<Retryable, sqlx::Error> {
    let people = format!(
        "SELECT count(*) FILTER (WHERE NOT doubtful), count(*) FILTER (WHERE doubtful)
         FROM (SELECT DISTINCT m.id, {} AS doubtful {FAILED} {})",
        is_doubtful(),
        failed.filter()
    );
    let row = sqlx::query(AssertSqlSafe(people)).bind(failed.id()).bind(now).fetch_one(db).await?;
    Ok(Retryable { certain: row.try_get(0)?, doubtful: row.try_get(1)? })
}

/// Puts failed parts back, each with its price held anew: an explicit act of the owner. Parts of contacts that may
/// get nothing any more stay as they are. All of them, or none where the credits do not reach.
pub async fn retry_failed(db: &mut Tx, failed: Failed, again: Again, now: Millis) -> Result<PutBack, LedgerError> {
    let select = format!(
        "SELECT p.id, p.round, q.book,
                NOT EXISTS (SELECT 1 FROM parts e WHERE e.message_id = p.message_id AND e.position < p.position
                            AND e.state IN ('failed', 'pending')) AS first, p.queue_id, p.price
         {FAILED} {} AND {} = ?3 ORDER BY p.id",
        failed.filter(),
        is_doubtful()
    );
    let select = sqlx::query(AssertSqlSafe(select)).bind(failed.id()).bind(now).bind(again == Again::Doubtful);
    let failed = select.fetch_all(&mut *db).await?;
    let mut put_back = PutBack { parts: u64::try_from(failed.len()).unwrap_or(u64::MAX), queue: None };
    let prices = failed.iter().map(|row| row.try_get::<i64, _>("price")).collect::<Result<Vec<i64>, _>>()?;
    for (index, (row, price)) in failed.iter().zip(&prices).enumerate() {
        let (part, round): (PartId, i64) = (row.try_get(0)?, row.try_get::<i64, _>(1)? + 1);
        let (book, queue) = (row.try_get(2)?, row.try_get(4)?);
        if index == 0 {
            refuse_shortage(&balance(db, book).await?, prices.iter().sum())?;
        }
        hold_again(db, book, queue, Charge { part, round, price: *price }, "", now).await?;
        put_part_back(db, part, round, row.try_get(3)?, now).await?;
        put_back.queue = Some((queue, book));
    }
    if let Some((queue, _)) = put_back.queue {
        set_state(db, queue, QueueState::Done, QueueState::Open).await?;
        // Their failures were counted already.
        sqlx::query("UPDATE queues SET newest = '' WHERE id = ?").bind(queue).execute(db).await?;
    }
    Ok(put_back)
}

/// What is sent again.
#[derive(Clone, Copy, Debug)]
pub struct PutBack {
    pub parts: u64,
    /// Where it stands; none where nothing does.
    pub queue: Option<(CampaignId, Book)>,
}

/// The rest of a message goes over the number that began it, where that one is still there; everything else over any.
async fn put_part_back(db: &mut Tx, part: PartId, round: i64, first: bool, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(concat!(
        "UPDATE parts SET state = 'pending', round = ?, tries = 0, ready = ?, due_at = ?, cause = NULL, ended_at = NULL,
                doubt_ends_at = NULL, repeats = 0,
                session_id = (SELECT n.id FROM parts b JOIN ",
        listed!(),
        " n ON n.id = b.session_id
                     WHERE b.message_id = parts.message_id AND b.position < parts.position
                       AND b.sent_at IS NOT NULL ORDER BY b.position DESC LIMIT 1)
         WHERE id = ?",
    ))
    .bind(round)
    .bind(first)
    .bind(now)
    .bind(part)
    .execute(db)
    .await?;
    Ok(())
}

//! What costs must not grow with: a million messages in fifty campaigns that are over, the newest of them to 100,000
//! people, and 200,000 messages that wait.
//!
//! The same questions are asked of a folder with that history and of one without it. Opening is measured from the lock
//! on the folder to the App that answers; finding the key (a keyring, or a passphrase that is slow on purpose) is not
//! part of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ulak_core::app::{App, Direct};
use ulak_core::campaign::list::CampaignQuery;
use ulak_core::db::database_file;
use ulak_core::ids::CampaignId;
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::log::LogQuery;
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page;
use ulak_core::settings::Kept;

use crate::Outcome;
use crate::claim::Ours;
use crate::measure::{Figure, Pairs, Stopwatch, Unit, p95};
use crate::raw::Raw;
use crate::scene::{self, NOW, Place};

const CAMPAIGNS: i64 = 50;
const MESSAGES: i64 = 20_000;
/// Those of the newest.
const MOST: i64 = 100_000;
const PENDING: i64 = 200_000;
const TIMES: usize = 200;
const VIEW: f64 = 0.010;
const LOG: f64 = 0.050;
const REPORT: f64 = 0.300;
const PAPER: f64 = 2.0;

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let (folder, waiting) = scene::with_contacts(place, PENDING).await?;
    let empty = place.copy(&folder)?;
    let before = size(&folder)?;
    write_history(&folder, waiting)?;
    let written = size(&folder)? - before;
    for folder in [&folder, &empty] {
        let app = scene::app(folder).await?;
        app.campaigns().schedule_campaign(waiting, false).await?;
        // A copied folder opens paused.
        app.outbox().resume_everything().await?;
        app.close().await;
    }
    let mut figures = vec![bytes_a_message(written), start(&folder).await?];
    figures.extend(views(&folder, waiting).await?);
    figures.extend(log(&folder).await?);
    figures.push(decisions(&folder, &empty).await?);
    figures.extend(clearing(&folder).await?);
    figures.push(single_sends(place).await?);
    Ok(figures)
}

/// What is in the database's file, with what was written last.
fn size(folder: &Path) -> Outcome<f64> {
    let raw = Raw::open(folder)?;
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)")?;
    drop(raw);
    Ok(std::fs::metadata(database_file(folder))?.len() as f64)
}

/// A text with its part, a try, two lines of the ledger, and what of it is in indexes; the words of the log come later.
fn bytes_a_message(written: f64) -> Figure {
    let each = written / ((CAMPAIGNS - 1) * MESSAGES + MOST) as f64;
    Figure::plain("history: bytes a message", Unit::Kilobytes, each / 1e3, None, format!("{each:.0} bytes"))
}

async fn report(app: &App, over: CampaignId) -> Outcome<Figure> {
    let mut seconds = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let time = Stopwatch::start();
        app.campaigns().report(over).await?;
        seconds.push(time.seconds());
    }
    let name = format!("history: report of {MOST} people");
    Ok(Figure::plain(&name, Unit::Seconds, p95(&seconds), Some(REPORT), format!("p95 of {TIMES}")))
}

async fn paper(app: &App, over: CampaignId, file: &Path) -> Outcome<Figure> {
    let mut seconds = Vec::new();
    for _ in 0..5 {
        let time = Stopwatch::start();
        app.campaigns().export_report(over, file, None).await?;
        seconds.push(time.seconds());
    }
    let note = format!("the slowest of 5; {} kB", std::fs::metadata(file)?.len() / 1000);
    Ok(Figure::plain("history: its report as a PDF", Unit::Seconds, p95(&seconds), Some(PAPER), note))
}

async fn start(folder: &Path) -> Outcome<Figure> {
    let mut seconds = Vec::new();
    for _ in 0..5 {
        let time = Stopwatch::start();
        let app = scene::app(folder).await?;
        app.home().view().await?;
        seconds.push(time.seconds());
        app.close().await;
    }
    let note = format!("{}M messages, {PENDING} pending, the slowest of 5", CAMPAIGNS * MESSAGES / 1_000_000);
    Ok(Figure::plain("history: start to the first Home", Unit::Seconds, p95(&seconds), Some(1.0), note))
}

async fn views(folder: &Path, waiting: CampaignId) -> Outcome<Vec<Figure>> {
    let app = scene::app(folder).await?;
    let all = CampaignQuery { place: page::Place::first(100), ..CampaignQuery::default() };
    let listed = app.campaigns().list(&all).await?.rows;
    let over = listed.iter().find(|row| row.id != waiting).ok_or("no campaign is over")?.id;
    let figures = vec![
        view("history: Home", async || app.home().view().await.map(drop)).await?,
        view("history: now bar", async || app.home().now_view().await.map(drop)).await?,
        view("history: list of campaigns", async || app.campaigns().list(&all).await.map(drop)).await?,
        view("history: live view, 200k pending", async || app.campaigns().live(waiting).await.map(drop)).await?,
        view("history: live view, over", async || app.campaigns().live(over).await.map(drop)).await?,
        report(&app, over).await?,
        paper(&app, over, &folder.join("report.pdf")).await?,
        view("history: first recipients of 200k", async || people(&app, waiting, 0).await).await?,
        view("history: recipients in the middle of 200k", async || people(&app, waiting, 100_000).await).await?,
        view("history: last recipients of 200k", async || people(&app, waiting, 199_900).await).await?,
        view("history: credits", async || app.credits().view(ulak_core::ledger::Book::Practice).await.map(drop))
            .await?,
    ];
    app.close().await;
    Ok(figures)
}

/// Looking for messages among all of them, each question as people ask it.
async fn log(folder: &Path) -> Outcome<Vec<Figure>> {
    let app = scene::app(folder).await?;
    let all = LogQuery { place: page::Place::first(100), ..LogQuery::default() };
    let time = Stopwatch::start();
    while app.outbox().log(&LogQuery { search: "x".to_owned(), ..all.clone() }).await?.waiting > 0 {}
    let read = time.seconds();
    let number = app.numbers().list().await?.first().ok_or("there is no number")?.id;
    let middle = NOW - CAMPAIGNS / 2 * 86_400_000;
    let failed = Some(PartState::Failed);
    let search = |words: &str| LogQuery { search: words.to_owned(), ..all.clone() };
    let questions = [
        ("everything", all.clone()),
        ("failed", LogQuery { state: failed, ..all.clone() }),
        ("failed for a reason", LogQuery { cause: Some("not_on_whatsapp".to_owned()), state: failed, ..all.clone() }),
        (
            "of a number and a day",
            LogQuery { session_id: Some(number), from: Some(middle), until: Some(middle + 86_400_000), ..all.clone() },
        ),
        ("a person", search("Kişi 12345")),
        ("a phone", search("0532 0012345")),
        ("a word of all texts", search("coffee")),
        ("a word, failed", LogQuery { state: failed, ..search("coffee") }),
    ];
    let note = format!("{}M messages; their words were taken in within {read:.1} s", CAMPAIGNS * MESSAGES / 1_000_000);
    let mut figures = Vec::new();
    for (name, query) in questions {
        let mut seconds = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let time = Stopwatch::start();
            app.outbox().log(&query).await?;
            seconds.push(time.seconds());
        }
        let name = format!("log: {name}");
        figures.push(Figure::plain(&name, Unit::Seconds, p95(&seconds), Some(LOG), note.clone()));
    }
    app.close().await;
    Ok(figures)
}

async fn people(app: &Arc<App>, campaign: CampaignId, offset: u32) -> Result<(), ulak_core::error::Problem> {
    let place = page::Place { after: None, skip: offset, limit: 100 };
    let query = RecipientQuery { campaign_id: campaign, state: None, search: String::new(), place };
    let page = app.outbox().recipients(&query).await?;
    debug_assert_eq!((page.total, page.rows.len()), (Some(PENDING), 100));
    Ok(())
}

async fn view<F>(name: &str, ask: F) -> Outcome<Figure>
where
    F: AsyncFn() -> Result<(), ulak_core::error::Problem>,
{
    let mut seconds = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let time = Stopwatch::start();
        ask().await?;
        seconds.push(time.seconds());
    }
    Ok(Figure::plain(name, Unit::Seconds, p95(&seconds), Some(VIEW), format!("p95 of {TIMES}")))
}

/// For so many days texts and tries are kept, so that two of the campaigns go.
const KEPT: u16 = 48;

/// How long whoever sends waits for the writer while texts, their words and tries go.
async fn clearing(folder: &Path) -> Outcome<Vec<Figure>> {
    let app = scene::app(folder).await?;
    let mut settings = app.settings().current().await?;
    settings.kept = Kept { texts_days: KEPT, tries_days: KEPT, numbers_days: 0 };
    app.settings().save_settings(&settings).await?;
    let time = Stopwatch::start();
    let clearing = tokio::spawn({
        let app = app.clone();
        async move { app.retention().clear_now().await }
    });
    let mut seconds = Vec::new();
    while !clearing.is_finished() {
        let waited = Stopwatch::start();
        app.db().commit(app.db().begin().await?).await?;
        seconds.push(waited.seconds());
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
    let gone = clearing.await??;
    let took = time.seconds();
    app.close().await;
    let slowest = seconds.iter().copied().fold(0.0, f64::max);
    let note = format!(
        "the slowest of {} waits, p95 {:.1} ms; {} messages and {} tries in {took:.1} s",
        seconds.len(),
        p95(&seconds) * 1e3,
        gone.messages,
        gone.tries
    );
    Ok(vec![Figure::plain("history: a write while texts are cleared", Unit::Seconds, slowest, Some(0.050), note)])
}

/// Turn by turn, as the yardstick is the same decision without a history.
async fn decisions(folder: &Path, empty: &Path) -> Outcome<Figure> {
    let (with, without) = (Ours::open(folder).await?, Ours::open(empty).await?);
    let mut pairs = Pairs::default();
    for _ in 0..TIMES {
        let ours = with.time_claim().await?;
        pairs.push(ours, without.time_claim().await?);
    }
    Ok(pairs.figure("history: decide + claim", Some(1.5), "to the same without a history".to_owned()))
}

/// Ten thousand messages to one person each stand in one queue.
async fn single_sends(place: &Place) -> Outcome<Figure> {
    let few = with_single_sends(place, 10).await?;
    let many = with_single_sends(place, 10_000).await?;
    let (few, many) = (Ours::open(&few).await?, Ours::open(&many).await?);
    let mut pairs = Pairs::default();
    for _ in 0..TIMES {
        let ours = many.time_undone_claim().await?;
        pairs.push(ours, few.time_undone_claim().await?);
    }
    Ok(pairs.figure("claim, 10,000 single sends pending", Some(1.5), "to 10 pending".to_owned()))
}

async fn with_single_sends(place: &Place, count: usize) -> Outcome<PathBuf> {
    let folder = place.folder()?;
    let app = scene::app(&folder).await?;
    app.credits().top_up(ulak_core::ledger::Book::Practice, 1_000_000, "", "").await?;
    for number in 0..count {
        let to = format!("+90538555{:04}", number % 10_000);
        let over = vec![app.practice_id()];
        app.outbox()
            .send_direct(&Direct { to, text: "Siparişiniz hazır".to_owned(), over, ..Direct::default() })
            .await?;
    }
    app.close().await;
    Ok(folder)
}

/// What fifty campaigns leave behind, each to the first so many contacts: rows, ledger and counters.
pub fn write_history(folder: &Path, like: CampaignId) -> Outcome<()> {
    let raw = Raw::open(folder)?;
    let like = format!("x'{}'", like.0.simple());
    raw.run("BEGIN IMMEDIATE")?;
    for number in 1..=CAMPAIGNS {
        let due = NOW - (CAMPAIGNS + 1 - number) * 86_400_000;
        raw.run(&campaign(number, due, &like, if number == CAMPAIGNS { MOST } else { MESSAGES }))?;
    }
    raw.run(COUNTERS)?;
    raw.run("COMMIT")
}

fn campaign(number: i64, due: i64, like: &str, people: i64) -> String {
    let id = format!("unhex(printf('%032X', {number}))");
    let row = format!("unhex(printf('%016X%016X', {number}, n))");
    format!(
        "INSERT INTO campaigns (id, name, state, book, text, audience, split_long_caption, due_at, priority, session_ids,
                                keep_hours, consent_basis, created_at, updated_at, scheduled_at)
             SELECT {id}, 'Campaign {number}', 'scheduled', book, text, audience, 0, {due}, priority, session_ids, 0, 'x',
                    {due}, {due}, {due} FROM campaigns WHERE id = {like};
         INSERT INTO queues (id, priority, due_at, state, keep_hours, book, session_ids)
             SELECT {id}, 5, {due}, 'done', 0, 'practice', session_ids FROM campaigns WHERE id = {like};
         CREATE TEMP TABLE those AS
             SELECT row_number() OVER (ORDER BY id) AS n, id AS contact, phone, name FROM contacts ORDER BY id LIMIT {people};
         INSERT INTO messages (id, queue_id, contact_id, phone, name, text, created_at)
             SELECT {row}, {id}, contact, phone, name, 'Merhaba ' || name || ', this week a coffee is on us.', {due} FROM those;
         INSERT INTO parts (id, message_id, queue_id, position, last, kind, with_text, wire_id, state, ready, due_at, attempts,
                            tries, session_id, cause, tried_at, sent_at, delivered_at, read_at, ended_at)
             SELECT {row}, {row}, {id}, 1, 1, 'text', 1, printf('3EB0%04X%014X', {number}, n),
                    CASE WHEN n % 10 < 6 THEN 'read' WHEN n % 10 < 9 THEN 'delivered' ELSE 'failed' END, 1, {due}, 1, 1,
                    (SELECT id FROM sessions WHERE kind = 'practice'), CASE n % 10 WHEN 9 THEN 'not_on_whatsapp' END,
                    {due} + n * 900, CASE WHEN n % 10 < 9 THEN {due} + n * 900 END,
                    CASE WHEN n % 10 < 9 THEN {due} + n * 900 END, CASE WHEN n % 10 < 6 THEN {due} + n * 900 END,
                    CASE n % 10 WHEN 9 THEN {due} + n * 900 END FROM those;
         INSERT INTO attempts (part_id, session_id, number, started_at, ended_at, outcome)
             SELECT {row}, (SELECT id FROM sessions WHERE kind = 'practice'), 1, {due} + n * 900, {due} + n * 900,
                    CASE n % 10 WHEN 9 THEN 'refused' ELSE 'accepted' END FROM those;
         INSERT INTO ledger (book, kind, campaign_id, part_id, credits, held, balance_after, held_after, lines, at)
             SELECT 'practice', 'hold', {id}, {row}, 0, 1, 0, 0, iif(n = 1, {people}, 0), {due} FROM those;
         INSERT INTO ledger (book, kind, campaign_id, part_id, credits, held, balance_after, held_after, lines, at)
             SELECT 'practice', iif(n % 10 < 9, 'settle', 'release'), {id}, {row}, iif(n % 10 < 9, -1, 0), -1, 0, 0, 1,
                    {due} + n * 900 FROM those;
         UPDATE ledger_totals SET settled = settled + {people} / 10 * 9, released = released + {people} / 10
             WHERE book = 'practice';
         DROP TABLE those;"
    )
}

/// As the triggers would have left them.
const COUNTERS: &str = "
    INSERT INTO queue_counts (queue_id, state, reason, variable, session_id, people, parts, credits, last_at)
        SELECT queue_id, state, coalesce(cause, ''), '', session_id, count(*), count(*), sum(price), max(coalesce(ended_at, sent_at))
        FROM parts GROUP BY 1, 2, 3, 5;
    INSERT INTO quarter_figures (at, queue_id, session_id, sent, parts, delivered, read)
        SELECT sent_at / 900000 * 900000, queue_id, session_id, count(*), count(*), count(delivered_at), count(read_at)
        FROM parts WHERE sent_at IS NOT NULL GROUP BY 1, 2, 3;
    INSERT INTO queue_spans (queue_id, kind, within_ms, messages)
        SELECT queue_id, 'read', 10000, count(*) FROM parts WHERE read_at IS NOT NULL GROUP BY 1
        UNION ALL SELECT queue_id, 'delivered', 10000, count(*) FROM parts WHERE delivered_at IS NOT NULL GROUP BY 1;
    UPDATE queues SET ended_at = (SELECT max(last_at) FROM queue_counts WHERE queue_id = id) WHERE state = 'done';";

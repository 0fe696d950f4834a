//! A data folder of schema 6 that was killed in the middle of its work (`tests/fixtures/folder-of-schema-6`): it opens
//! with nothing lost, and sending goes on where it was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;
use ulak_core::app::Problem;
use ulak_core::clock::{DAY, Millis};
use ulak_core::db::{DbKey, connect_options};
use ulak_core::session::cause::Cause;
use ulak_core::testing::World;
use ulak_core::vault::{self, Keyring};

const PASSPHRASE: &str = "fixture of schema 6";
const KILLED_AT: Millis = 1_794_481_467_606;

struct NoKeyring;

impl Keyring for NoKeyring {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Err("none".to_owned())
    }
    fn set(&self, _: &str, _: &[u8]) -> Result<(), String> {
        Err("none".to_owned())
    }
    fn remove(&self, _: &str) -> Result<(), String> {
        Err("none".to_owned())
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/folder-of-schema-6");
    copy(&fixture, folder.path());
    folder
}

fn key(folder: &TempDir) -> DbKey {
    vault::open(folder.path(), Some(PASSPHRASE), &NoKeyring).unwrap().key
}

async fn connect(folder: &TempDir) -> SqliteConnection {
    connect_options(folder.path(), &key(folder)).connect().await.unwrap()
}

/// What every later schema can answer in the same words: a list, and the columns that a migration leaves as they are.
const FACTS: &[(&str, &str)] = &[
    ("contacts", "id, phone, name, email, fields, standing, consent_source, consent_at, consent_note, created_at"),
    ("contact_tags", "contact_id, tag"),
    ("templates", "id, name, category, language, text, choice, samples"),
    ("template_media", "id, template_id, name, sha256"),
    ("media", "sha256, kind, mime, size, content"),
    ("campaigns", "id, name, state, book, text, audience, due_at, priority, keep_hours, scheduled_at"),
    ("campaign_media", "id, campaign_id, name, sha256"),
    ("queues", "id, priority, due_at, book, session_ids, cancelled_at"),
    ("messages", "id, contact_id, phone, name, text, skip_reason"),
    (
        "parts",
        "id, message_id, queue_id, position, kind, wire_id, attempts, round, session_id, sent_at, delivered_at, read_at",
    ),
    ("attempts", "id, part_id, session_id, number, started_at"),
    ("ledger", "seq, book, kind, part_id, round, credits, held, balance_after, held_after, lines, note, price, at"),
    ("ledger_totals", "book, granted, adjusted, held, settled, released"),
    ("sessions", "id, kind, name, phone, linked_at, push_name, pace_min_ms, batch, daily_cap, new_chats_used"),
    ("chats", "session_id, contact_id"),
    ("lids", "lid, phone"),
    ("replies", "id, session_id, sender, wire_id, contact_id, text, stop, at"),
];

type Facts = BTreeMap<&'static str, Vec<String>>;

async fn facts(db: &mut SqliteConnection) -> Facts {
    let mut all = Facts::new();
    for (table, columns) in FACTS {
        let cells: Vec<String> = columns.split(", ").map(|column| format!("quote({column})")).collect();
        let sql = format!("SELECT {} FROM {table} ORDER BY 1", cells.join(" || ' ' || "));
        all.insert(table, texts(db, &sql).await);
    }
    all
}

async fn texts(db: &mut SqliteConnection, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(db).await.unwrap()
}

/// The parts of the campaigns in each book by state.
async fn states(db: &mut SqliteConnection) -> Vec<String> {
    let sql = "SELECT q.book || ' ' || p.state || ' ' || count(*) FROM parts p JOIN queues q ON q.id = p.queue_id
               GROUP BY q.book, p.state ORDER BY 1";
    texts(db, sql).await
}

const KILLED: [&str; 13] = [
    "practice cancelled 8",
    "practice delivered 3",
    "practice failed 1",
    "practice pending 5",
    "practice read 2",
    "practice sending 1",
    "practice sent 1",
    "real delivered 2",
    "real failed 3",
    "real pending 17",
    "real read 2",
    "real sent 19",
    "real unknown 1",
];

async fn opened() -> Result<World, Problem> {
    let folder = folder();
    let key = key(&folder);
    World::over(folder, key, KILLED_AT).await
}

#[tokio::test]
async fn nothing_is_lost() -> Result<(), Problem> {
    let untouched = folder();
    let mut db = connect(&untouched).await;
    let before = facts(&mut db).await;
    assert!(before.values().all(|rows| !rows.is_empty()), "every table has rows");
    assert_eq!(states(&mut db).await, KILLED);
    db.close().await.unwrap();

    let world = opened().await?;
    let mut db = world.app.db().read().acquire().await.unwrap();
    let after = facts(&mut db).await;
    for (table, rows) in &before {
        assert_eq!(&after[table], rows, "{table}");
    }
    // What was on its way is in doubt, and nothing else has changed.
    let checked = KILLED.iter().map(|line| line.replace("practice sending", "practice unknown"));
    let mut checked: Vec<String> = checked.collect();
    checked.sort();
    assert_eq!(states(&mut db).await, checked);
    assert_eq!(texts(&mut db, "PRAGMA integrity_check").await, ["ok"]);
    drop(db);
    world.app.credits().ledger_holds().await?;
    assert!(!world.app.home().now_view().await?.paused_all);
    Ok(())
}

#[tokio::test]
async fn linked_numbers_go_on_with_their_keys() -> Result<(), Problem> {
    let world = opened().await?;
    let files = |folder: &Path| -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(folder.join("numbers")).unwrap().map(|entry| entry.unwrap().file_name().into()).collect();
        files.sort();
        files
    };
    assert_eq!(files(world.folder.path()), files(folder().path()));
    world.settle().await;
    let states: Vec<(String, String)> =
        world.app.numbers().list().await?.into_iter().map(|number| (number.name, number.state)).collect();
    assert!(states.contains(&("Dükkân".to_owned(), "connected".to_owned())), "{states:?}");
    assert!(states.contains(&("Toko".to_owned(), "logged_out".to_owned())), "{states:?}");
    Ok(())
}

#[tokio::test]
async fn sending_goes_on_and_nobody_gets_anything_twice() -> Result<(), Problem> {
    let mut world = opened().await?;
    world.settle().await;
    let on_its_way: String = sqlx::query_scalar("SELECT wire_id FROM parts WHERE state = 'unknown' AND session_id = ?")
        .bind(world.app.practice_id())
        .fetch_one(&mut *world.app.db().read().acquire().await.unwrap())
        .await
        .unwrap();
    world.run_until(KILLED_AT + 2 * DAY).await?;
    let sent = world.phone.sent();
    let mut wire_ids: Vec<&str> = sent.iter().map(|part| part.wire_id.as_str()).collect();
    assert!(wire_ids.contains(&on_its_way.as_str()), "what was on its way is sent again under its own id");
    assert_eq!(wire_ids.len(), 6, "it, and the five that waited: {wire_ids:?}");
    wire_ids.sort_unstable();
    wire_ids.dedup();
    assert_eq!(wire_ids.len(), 6);
    let mut db = world.app.db().read().acquire().await.unwrap();
    let waiting = "SELECT c.name FROM parts p JOIN campaigns c ON c.id = p.queue_id
                   WHERE p.state IN ('pending', 'sending') GROUP BY c.name ORDER BY 1";
    // The owner had paused it.
    assert_eq!(texts(&mut db, waiting).await, ["Durdu"]);
    // The number that is logged out cannot tell any more what became of them: that ended after a day.
    let given_up = "SELECT p.cause FROM parts p JOIN campaigns c ON c.id = p.queue_id
                    WHERE p.state = 'failed' AND p.cause IN ('outcome_unknown', 'earlier_part') GROUP BY 1 ORDER BY 1";
    assert_eq!(texts(&mut db, given_up).await, ["earlier_part", "outcome_unknown"]);
    let tomorrow =
        "SELECT p.state FROM parts p JOIN campaigns c ON c.id = p.queue_id WHERE c.name = 'Yarın' GROUP BY 1";
    assert_eq!(texts(&mut db, tomorrow).await, ["sent"]);
    drop(db);
    world.app.credits().ledger_holds().await
}

/// Earlier versions kept the ids of the results that were seen.
#[tokio::test]
async fn a_result_that_was_seen_stays_seen() -> Result<(), Problem> {
    let told = opened().await?.app.home().now_view().await?.finished.expect("a campaign was over").id;
    let folder = folder();
    let key = key(&folder);
    let mut db = connect(&folder).await;
    let seen = format!("[\"{told}\"]");
    sqlx::query("INSERT INTO settings (key, value) VALUES ('results_seen', ?)")
        .bind(seen)
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    let world = World::over(folder, key, KILLED_AT).await?;
    assert_ne!(world.app.home().now_view().await?.finished.map(|other| other.id), Some(told));
    Ok(())
}

/// Words that earlier versions kept, and what they are today.
const WORDS: [(&str, &str); 14] = [
    ("nack_463", "new_chats_locked"),
    ("nack_463_known", "all_chats_locked"),
    ("nack_475", "new_chats_used_up"),
    ("nack_429", "too_fast"),
    ("rate_overlimit", "too_fast"),
    ("banned", "banned"),
    ("nack_400", "rejected_400"),
    ("nack_479", "rejected_479"),
    ("nack_551", "rejected_551"),
    ("nack_500", "refused_500"),
    ("nack_777", "refused_777"),
    ("of nobody", "refused_of nobody"),
    ("no_ack", "no_ack"),
    ("outcome_unknown", "outcome_unknown"),
];

/// Where causes stood: rows that have room for one; and where they stand.
const PLACES: [(&str, &str, &str, &str); 3] = [
    ("parts", "cause", "state <> 'skipped'", "parts"),
    ("attempts", "cause", "outcome IS NOT 'accepted'", "attempts"),
    ("sessions", "shut_cause", "kind = 'whatsapp'", "senders JOIN sessions ON id = session_id"),
];

#[tokio::test]
async fn causes_are_words_of_today_and_none_is_lost() -> Result<(), Problem> {
    let key = key(&folder());
    for (old, new) in WORDS {
        let folder = folder();
        let mut db = connect_options(folder.path(), &key).connect().await.unwrap();
        for (table, column, rows, _) in PLACES {
            let update = format!("UPDATE {table} SET {column} = ? WHERE {rows}");
            let written = sqlx::query(AssertSqlSafe(update)).bind(old).execute(&mut db).await.unwrap();
            assert!(written.rows_affected() > 0, "{table}");
        }
        db.close().await.unwrap();
        let world = World::over(folder, key.clone(), KILLED_AT).await?;
        let mut db = world.app.db().read().acquire().await.unwrap();
        for (_, column, rows, table) in PLACES {
            // What was on its way when the fixture was killed was interrupted.
            let read = format!("SELECT DISTINCT {column} FROM {table} WHERE {rows} AND {column} <> 'interrupted'");
            let causes: Vec<Cause> = sqlx::query_scalar(AssertSqlSafe(read)).fetch_all(&mut *db).await.unwrap();
            assert_eq!(causes, [new.parse().unwrap()], "{old} in {table}");
        }
        drop(db);
        assert_eq!(world.miscounted().await?, Vec::<&str>::new(), "{old}");
    }
    Ok(())
}

/// Such a file had no room to give back until it was written anew.
#[tokio::test]
async fn it_gets_shorter_when_something_is_cleared() -> Result<(), Problem> {
    let folder = folder();
    let before: i64 = sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut connect(&folder).await).await.unwrap();
    assert_eq!(before, 0);
    let key = key(&folder);
    let world = World::over(folder, key, KILLED_AT).await?;
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let after: i64 = sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut *reader).await.unwrap();
    drop(reader);
    assert_eq!(after, 2, "incremental");
    let pages = world.app.db().page_count().await?;
    world.clock.set(KILLED_AT + 40 * DAY);
    let gone = world.app.retention().clear_now().await?;
    assert!(gone.tries > 0, "{gone:?}");
    assert!(world.app.db().page_count().await? <= pages);
    world.app.credits().ledger_holds().await
}

//! A data folder of schema 1 becomes one of today: every row, index and trigger is there, and what was forbidden still is.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use ulak_core::db::{Db, connect_options, database_file, lock_folder};
use ulak_core::testing::{key, miscounted};

const FIRST: &str = include_str!("../../migrations/0001_initial.sql");
const SECOND: &str = include_str!("../../migrations/0002_kinds_and_checks.sql");
const ROWS: &str = include_str!("rows_of_1.sql");

fn options(folder: &Path) -> SqliteConnectOptions {
    connect_options(folder, &key())
}

async fn connect(folder: &Path) -> SqliteConnection {
    options(folder).connect().await.unwrap()
}

async fn made_by_schema_1(folder: &Path) -> Vec<(String, Vec<String>)> {
    let mut db = connect(folder).await;
    for script in [FIRST, ROWS, "PRAGMA user_version = 1"] {
        sqlx::raw_sql(script).execute(&mut db).await.unwrap();
    }
    let tables =
        texts(&mut db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%'").await;
    let mut columns = vec![];
    for table in tables {
        let names = texts(&mut db, &format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid")).await;
        columns.push((table, names));
    }
    db.close().await.unwrap();
    columns
}

async fn texts(db: &mut SqliteConnection, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(db).await.unwrap()
}

/// Every cell of the columns that schema 1 has, as SQL writes it.
async fn rows(folder: &Path, tables: &[(String, Vec<String>)]) -> Vec<(String, Vec<String>)> {
    let mut db = connect(folder).await;
    let mut all = vec![];
    for (table, columns) in tables {
        let there = texts(&mut db, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
        let today = |column: &String| match (table.as_str(), column.as_str()) {
            // Of a later schema a character before it says whether there is a name.
            ("contacts", "search") => "ltrim(search, char(1, 2))".to_owned(),
            _ if there.contains(column) => format!("\"{column}\""),
            _ => renamed(table, column),
        };
        let cells: Vec<String> = columns.iter().map(|column| format!("quote({})", today(column))).collect();
        // A table that numbers its rows and has none yet may stand there too.
        let numbered = if table == "sqlite_sequence" { "WHERE seq > 0" } else { "" };
        let sql = format!("SELECT {} FROM {table} {numbered} ORDER BY 1", cells.join(" || ', ' || "));
        all.push((table.clone(), texts(&mut db, &sql).await));
    }
    db.close().await.unwrap();
    all
}

/// What a column of schema 1 is called today.
fn renamed(table: &str, column: &str) -> String {
    match (table, column) {
        ("messages", "campaign_id") => "queue_id".to_owned(),
        ("sessions", "next_send_at" | "resting" | "batch_sent") => {
            format!("(SELECT {column} FROM senders WHERE session_id = sessions.id)")
        }
        _ => panic!("{table}.{column} is gone"),
    }
}

async fn migrate(folder: &Path) -> Db {
    Db::open(lock_folder(folder).unwrap(), &key()).await.unwrap()
}

async fn version(folder: &Path) -> i64 {
    let mut db = connect(folder).await;
    let version = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut db).await.unwrap();
    db.close().await.unwrap();
    version
}

const INDEXES_AND_TRIGGERS: &str = "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE type <> 'table' ORDER BY 1";

#[tokio::test]
async fn every_row_index_and_trigger_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let tables = made_by_schema_1(folder.path()).await;
    let before = rows(folder.path(), &tables).await;
    assert!(before.iter().all(|(_, rows)| !rows.is_empty()), "every table has rows");
    let mut db = connect(folder.path()).await;
    let attached = texts(&mut db, INDEXES_AND_TRIGGERS).await;
    db.close().await.unwrap();

    let db = migrate(folder.path()).await;
    let kept = texts(&mut db.read().acquire().await.unwrap(), INDEXES_AND_TRIGGERS).await;
    db.close().await;
    drop(db);
    // A later schema does without the first of these; the others answer more questions there, or name another column.
    let later = [
        "index ledger_by_campaign ",
        "index parts_sent ",
        "index attempts_by_session ",
        "index ledger_lines ",
        "index messages_once ",
        "index messages_skipped ",
        "index contacts_listed ",
        "index contact_tags_by_tag ",
        "index parts_awaited ",
        "index parts_by_state ",
    ];
    let lost = |line: &&String| !kept.contains(*line) && !later.iter().any(|index| line.starts_with(index));
    assert_eq!(attached.iter().filter(lost).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(rows(folder.path(), &tables).await, before);
    let mut db = connect(folder.path()).await;
    assert_eq!(texts(&mut db, "PRAGMA integrity_check").await, ["ok"]);
    assert_eq!(miscounted(&mut db).await.unwrap(), Vec::<&str>::new(), "the counters begin with what is there");
    let carried = texts(&mut db, "SELECT hex(sha256) FROM message_media ORDER BY 1").await;
    assert_eq!(
        carried,
        texts(&mut db, "SELECT DISTINCT hex(media) FROM parts WHERE media IS NOT NULL ORDER BY 1").await
    );
    assert!(!carried.is_empty());
}

const STILL_FORBIDDEN: &[&str] = &[
    "UPDATE ledger SET note = 'x'",
    "DELETE FROM ledger",
    "INSERT INTO ledger (book, kind, campaign_id, part_id, credits, held, balance_after, held_after, lines, at)
     VALUES ('practice', 'hold', x'CA', CAST('E101' AS BLOB), 0, 1, 0, 0, 1, 0)",
    "INSERT INTO ledger (book, kind, campaign_id, part_id, credits, held, balance_after, held_after, lines, at)
     VALUES ('practice', 'settle', x'CA', CAST('E101' AS BLOB), -1, -1, 0, 0, 1, 0)",
    "INSERT INTO ledger (book, kind, credits, held, balance_after, held_after, lines, at) VALUES ('real', 'gift', 1, 0, 0, 0, 1, 0)",
    "INSERT INTO ledger (book, kind, credits, held, balance_after, held_after, lines, at) VALUES ('real', 'grant', 0, 0, 0, 0, 1, 0)",
    "INSERT INTO ledger (book, kind, credits, held, balance_after, held_after, lines, at) VALUES ('other', 'grant', 1, 0, 0, 0, 1, 0)",
    "INSERT INTO ledger (book, kind, campaign_id, part_id, round, credits, held, balance_after, held_after, lines, at)
     VALUES ('practice', 'hold', x'CA', CAST('E101' AS BLOB), 9, 0, -1, 0, 0, 1, 0)",
    "INSERT INTO ledger (book, kind, campaign_id, part_id, round, credits, held, balance_after, held_after, lines, at)
     VALUES ('practice', 'settle', x'CA', CAST('E101' AS BLOB), 9, -2, -3, 0, 0, 1, 0)",
    "UPDATE parts SET price = -1",
    "UPDATE parts SET kind = 'sticker'",
    "UPDATE parts SET kind = 'image' WHERE media IS NULL",
    "UPDATE parts SET kind = 'poll' WHERE media IS NOT NULL",
    "UPDATE parts SET state = 'gone'",
    "UPDATE parts SET state = 'unknown', session_id = NULL",
    "UPDATE parts SET ready = 2",
    "UPDATE parts SET with_text = 0 WHERE media IS NULL",
    "UPDATE parts SET wire_id = 'W1'",
    "UPDATE parts SET message_id = x'00'",
    "UPDATE parts SET queue_id = x'00'",
    "UPDATE parts SET media = zeroblob(32) WHERE media IS NOT NULL",
    "UPDATE attempts SET session_id = x'00'",
    "UPDATE attempts SET outcome = 'perhaps'",
    "UPDATE attempts SET part_id = CAST('E101' AS BLOB), number = 1",
    "DELETE FROM messages WHERE id = x'D1'",
    "DELETE FROM media",
    "UPDATE messages SET contact_id = x'C1' WHERE queue_id = x'CA'",
    "UPDATE messages SET skip_reason = 'mood'",
    "UPDATE messages SET options = 'no json'",
    "UPDATE queues SET state = 'gone'",
    "UPDATE campaigns SET state = 'gone'",
    "UPDATE campaigns SET priority = 11",
    "UPDATE media SET kind = 'smell'",
    "UPDATE media SET width = NULL",
];

const NOW_ALLOWED: &[&str] = &[
    "INSERT INTO media (sha256, kind, mime, size, thumbnail, content, duration_ms, waveform)
     VALUES (zeroblob(32), 'voice', 'audio/ogg', 1, x'', x'01', 900, zeroblob(64))",
    "UPDATE parts SET kind = 'poll' WHERE wire_id = 'W10'",
    "UPDATE parts SET kind = 'voice', media = zeroblob(32), with_text = 0 WHERE wire_id = 'W9'",
    "UPDATE parts SET kind = 'document', file_name = 'menu.pdf' WHERE media IS NOT NULL",
    "UPDATE messages SET options = '[\"Evet\", \"Hayır\"]'",
    "DELETE FROM campaigns WHERE id = x'CA'",
];

#[tokio::test]
async fn what_was_forbidden_still_is_and_the_new_kinds_have_room() {
    let folder = tempfile::tempdir().unwrap();
    made_by_schema_1(folder.path()).await;
    let db = migrate(folder.path()).await;
    for statement in STILL_FORBIDDEN {
        let mut tx = db.begin().await.unwrap();
        let refused = sqlx::query(*statement).execute(&mut *tx).await.err().map(|error| error.to_string());
        let refused = refused.unwrap_or_else(|| panic!("allowed: {statement}"));
        assert!(refused.contains("constraint failed") || refused.contains("append-only"), "{statement}: {refused}");
    }
    let mut tx = db.begin().await.unwrap();
    for statement in NOW_ALLOWED {
        sqlx::query(*statement).execute(&mut *tx).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    db.commit(tx).await.unwrap();
    let seq = "INSERT INTO ledger (book, kind, credits, held, balance_after, held_after, lines, at)
               VALUES ('real', 'grant', 1, 0, 0, 0, 1, 0) RETURNING seq";
    let mut tx = db.begin().await.unwrap();
    let seq: i64 = sqlx::query_scalar(seq).fetch_one(&mut *tx).await.unwrap();
    assert_eq!(seq, 13, "no number of a line is given twice");
}

#[tokio::test]
async fn a_crash_in_the_middle_leaves_schema_1_and_the_next_start_migrates_it() {
    let (folder, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let tables = made_by_schema_1(folder.path()).await;
    let before = rows(folder.path(), &tables).await;
    // A cache of a few pages makes SQLite write the transaction to the disk before it is committed.
    let options = options(folder.path()).pragma("cache_size", "8").foreign_keys(false);
    let mut crashing = options.connect().await.unwrap();
    let mut tx = crashing.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let (half, _) = SECOND.split_once("CREATE TABLE attempts_2").unwrap();
    sqlx::raw_sql(half).execute(&mut *tx).await.unwrap();
    // What lies on the disk at this moment is what a crash would leave.
    let log = folder.path().join("ulak.db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 100_000, "half of the migration is on the disk");
    std::fs::copy(database_file(folder.path()), database_file(after.path())).unwrap();
    std::fs::copy(&log, after.path().join("ulak.db-wal")).unwrap();

    assert_eq!(version(after.path()).await, 1);
    assert_eq!(rows(after.path(), &tables).await, before);
    let db = migrate(after.path()).await;
    db.close().await;
    drop(db);
    let new = tempfile::tempdir().unwrap();
    migrate(new.path()).await.close().await;
    assert_eq!(version(after.path()).await, version(new.path()).await, "as new");
    assert_eq!(rows(after.path(), &tables).await, before);
}

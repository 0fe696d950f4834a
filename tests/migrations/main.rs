//! The schema that the migrations make, and how a data folder of another version is met.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

mod from_1;
mod from_6;

use sqlx::{AssertSqlSafe, Row};
use ulak_core::db::{Db, connect_options, lock_folder};
use ulak_core::testing::key;

/// `migrations/SCHEMA.md` explains every table; its columns must be the real ones.
#[tokio::test]
async fn the_commented_schema_is_the_real_one() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(lock_folder(folder.path()).unwrap(), &key()).await.unwrap();
    let mut real = Vec::new();
    // What SQLite makes behind a table of its own is its own.
    let tables = sqlx::query(
        "SELECT name FROM pragma_table_list
         WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    let mut reader = db.read().acquire().await.unwrap();
    for table in tables.fetch_all(&mut *reader).await.unwrap() {
        let table: String = table.get(0);
        let columns = sqlx::query("SELECT name FROM pragma_table_info(?) ORDER BY cid").bind(&table);
        let columns: Vec<String> =
            columns.fetch_all(&mut *reader).await.unwrap().iter().map(|row| row.get(0)).collect();
        real.push((table, columns));
    }
    let mut documented = documented();
    documented.sort();
    assert_eq!(documented, real);
}

/// `## table` headings and the first cell of each row of the table below them.
fn documented() -> Vec<(String, Vec<String>)> {
    let page = include_str!("../../migrations/SCHEMA.md");
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for line in page.lines() {
        if let Some(table) = line.strip_prefix("## ") {
            tables.push((table.trim().to_owned(), Vec::new()));
        }
        let column = line.strip_prefix("| `").and_then(|rest| rest.split_once('`')).map(|(column, _)| column);
        if let (Some(column), Some((_, columns))) = (column, tables.last_mut()) {
            columns.push(column.to_owned());
        }
    }
    tables
}

#[tokio::test]
async fn data_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(lock_folder(folder.path()).unwrap(), &key()).await.unwrap();
    db.close().await;
    drop(db);
    let newer = sqlx::SqlitePool::connect_with(connect_options(folder.path(), &key())).await.unwrap();
    sqlx::query("PRAGMA user_version = 999").execute(&newer).await.unwrap();
    newer.close().await;
    let refused = Db::open(lock_folder(folder.path()).unwrap(), &key()).await.err().unwrap();
    assert!(refused.to_string().contains("newer Ulak"), "{refused}");
    let untouched = sqlx::SqlitePool::connect_with(connect_options(folder.path(), &key())).await.unwrap();
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&untouched).await.unwrap();
    assert_eq!(version, 999);
}

#[tokio::test]
async fn the_ledger_refuses_to_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(lock_folder(folder.path()).unwrap(), &key()).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    ulak_core::ledger::store::grant(&mut tx, ulak_core::ledger::Book::Real, 5, "", "", 0).await.unwrap();
    for statement in ["UPDATE ledger SET credits = 6", "DELETE FROM ledger"] {
        let refused = sqlx::query(statement).execute(&mut *tx).await.err().unwrap();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

/// What is known of contacts from the time before is read once, and not again for each of them: a folder with years of
/// messages opens all the same.
#[tokio::test]
async fn nothing_is_read_again_for_each_contact() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(lock_folder(folder.path()).unwrap(), &key()).await.unwrap();
    let mut reader = db.read().acquire().await.unwrap();
    let page = include_str!("../../migrations/0034_segments.sql");
    let updates: Vec<&str> = page.split(";\n").filter(|one| one.starts_with("UPDATE contacts ")).collect();
    assert_eq!(updates.len(), 3, "{updates:?}");
    for update in updates {
        let explained = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {update}")));
        let steps = explained.fetch_all(&mut *reader).await.unwrap();
        let steps: Vec<String> = steps.iter().map(|step| step.get("detail")).collect();
        assert!(steps.iter().all(|step| !step.contains("CORRELATED")), "{update}: {steps:?}");
    }
}

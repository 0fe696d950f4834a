//! The schema's steps: a file of an older version is checked, copied and brought up to date before anything reads it.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::log::{free_space, log_file, size};
use super::{StorageError, database_file};
use crate::durable;

pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../../../migrations/0001_initial.sql"),
    include_str!("../../../../migrations/0002_kinds_and_checks.sql"),
    include_str!("../../../../migrations/0003_numbers.sql"),
    include_str!("../../../../migrations/0004_templates.sql"),
    include_str!("../../../../migrations/0005_leaner_ledger.sql"),
    include_str!("../../../../migrations/0006_cancelled_queues.sql"),
    include_str!("../../../../migrations/0007_key_id.sql"),
    include_str!("../../../../migrations/0008_counters.sql"),
    include_str!("../../../../migrations/0009_single_messages.sql"),
    include_str!("../../../../migrations/0010_doubt.sql"),
    include_str!("../../../../migrations/0011_permission.sql"),
    include_str!("../../../../migrations/0012_scheduling.sql"),
    include_str!("../../../../migrations/0013_agenda_and_feed.sql"),
    include_str!("../../../../migrations/0014_time.sql"),
    include_str!("../../../../migrations/0015_causes.sql"),
    include_str!("../../../../migrations/0016_troubled_messages.sql"),
    include_str!("../../../../migrations/0017_list_of_campaigns.sql"),
    include_str!("../../../../migrations/0018_list_of_contacts.sql"),
    include_str!("../../../../migrations/0019_answers.sql"),
    include_str!("../../../../migrations/0020_awaited_ticks.sql"),
    include_str!("../../../../migrations/0021_field_labels.sql"),
    include_str!("../../../../migrations/0022_results.sql"),
    include_str!("../../../../migrations/0023_places.sql"),
    include_str!("../../../../migrations/0024_senders.sql"),
    include_str!("../../../../migrations/0025_cancelled_messages.sql"),
    include_str!("../../../../migrations/0026_message_media.sql"),
    include_str!("../../../../migrations/0027_doubtful_rows.sql"),
    include_str!("../../../../migrations/0028_undo_of_imports.sql"),
    include_str!("../../../../migrations/0029_remembered_columns.sql"),
    include_str!("../../../../migrations/0030_promotions.sql"),
    include_str!("../../../../migrations/0031_start_words.sql"),
    include_str!("../../../../migrations/0032_perhaps_stops.sql"),
    include_str!("../../../../migrations/0033_history_of_contacts.sql"),
    include_str!("../../../../migrations/0034_segments.sql"),
    include_str!("../../../../migrations/0035_page_of_replies.sql"),
    include_str!("../../../../migrations/0036_erased_people.sql"),
    include_str!("../../../../migrations/0037_frozen_segments.sql"),
    include_str!("../../../../migrations/0038_files_of_replies.sql"),
    include_str!("../../../../migrations/0039_acts.sql"),
    include_str!("../../../../migrations/0040_phone_names.sql"),
    include_str!("../../../../migrations/0041_versions.sql"),
    include_str!("../../../../migrations/0042_message_log.sql"),
    include_str!("../../../../migrations/0043_report_counters.sql"),
    include_str!("../../../../migrations/0044_ledger_seals.sql"),
    include_str!("../../../../migrations/0045_hours_of_campaigns.sql"),
    include_str!("../../../../migrations/0046_missed_and_stopped.sql"),
    include_str!("../../../../migrations/0047_warm_up.sql"),
    include_str!("../../../../migrations/0048_search_of_contacts.sql"),
    include_str!("../../../../migrations/0049_merged_contacts.sql"),
    include_str!("../../../../migrations/0050_repeats.sql"),
    include_str!("../../../../migrations/0051_retention.sql"),
    include_str!("../../../../migrations/0052_one_count_of_quarters.sql"),
    include_str!("../../../../migrations/0053_hours_on_their_clock.sql"),
    include_str!("../../../../migrations/0054_accounts.sql"),
    include_str!("../../../../migrations/0055_edited_replies.sql"),
    include_str!("../../../../migrations/0056_accounts_by_subscriber.sql"),
    include_str!("../../../../migrations/0057_reactions.sql"),
    include_str!("../../../../migrations/0058_backups.sql"),
    include_str!("../../../../migrations/0060_programs.sql"),
    include_str!("../../../../migrations/0061_uploads.sql"),
    include_str!("../../../../migrations/0062_bulk.sql"),
    include_str!("../../../../migrations/0063_triggers.sql"),
    include_str!("../../../../migrations/0065_webhooks.sql"),
    include_str!("../../../../migrations/0066_mail.sql"),
    include_str!("../../../../migrations/0067_watched_folders.sql"),
    include_str!("../../../../migrations/0068_index_of_first_letters.sql"),
    include_str!("../../../../migrations/0069_price_of_parts.sql"),
    include_str!("../../../../migrations/0070_looks_into_folders.sql"),
    include_str!("../../../../migrations/0071_link_previews.sql"),
    include_str!("../../../../migrations/0072_albums_of_replies.sql"),
    include_str!("../../../../migrations/0073_rules_wait_for_a_word.sql"),
    include_str!("../../../../migrations/0074_made_up_people.sql"),
    include_str!("../../../../migrations/0075_failures_seen.sql"),
    include_str!("../../../../migrations/0076_unchanged_rows_of_imports.sql"),
];

/// Brings the file up to the last script, over a connection of its own: a table that is made anew must be dropped
/// without its rows counting as deleted, and foreign keys can only be off for a connection outside a transaction.
pub(super) async fn migrate(
    options: &SqliteConnectOptions,
    folder: &Path,
    scripts: &[&'static str],
    has_data: bool,
) -> Result<(), StorageError> {
    let shown = folder.display().to_string();
    let at = |error: sqlx::Error| StorageError::of(error, &shown);
    // Said by this connection alone: it is a write, and whoever comes to read waits for nobody.
    let alone = options.clone().auto_vacuum(SqliteAutoVacuum::Incremental).foreign_keys(false);
    let mut db = alone.connect().await.map_err(at)?;
    let known = u32::try_from(scripts.len()).unwrap_or(u32::MAX);
    let found: u32 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut db).await.map_err(at)?;
    if found > known {
        return Err(StorageError::Newer { folder: shown, found, known });
    }
    if found == 0 && has_data {
        return Err(StorageError::Lost { folder: shown });
    }
    refuse_damaged_pages(&mut db, folder).await?;
    if found > 0 && found < known {
        keep_copy(&mut db, folder, found).await?;
    }
    for (version, script) in (1u32..).zip(scripts).skip(found as usize) {
        let mut tx = db.begin_with("BEGIN IMMEDIATE").await.map_err(at)?;
        sqlx::raw_sql(*script).execute(&mut *tx).await.map_err(at)?;
        let stamp = format!("PRAGMA user_version = {version}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(stamp)).execute(&mut *tx).await.map_err(at)?;
        refuse_dangling(&mut tx, folder).await?;
        tx.commit().await.map_err(at)?;
    }
    if found > 0 {
        learn_to_shrink(&mut db, folder).await;
    }
    db.close().await.map_err(at)
}

/// A file of an older version gives no pages back until it is written anew once, in memory, which takes seconds. A
/// longer one keeps its length, and what is cleared in it makes room for what comes.
const WRITTEN_ANEW: u64 = 256 * 1024 * 1024;

async fn learn_to_shrink(db: &mut SqliteConnection, folder: &Path) {
    let learnt = async {
        let gives_back: i64 = sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut *db).await?;
        let bytes = size(database_file(folder));
        // The log holds it once, and the file may grow to twice its length meanwhile.
        let has_room = free_space(folder).is_none_or(|free| free > 3 * bytes);
        if gives_back == 0 && bytes <= WRITTEN_ANEW && has_room {
            sqlx::query("VACUUM").execute(&mut *db).await?;
        }
        Ok::<_, sqlx::Error>(())
    };
    if let Err(error) = learnt.await {
        tracing::warn!(%error, "the file keeps its length when something is cleared");
    }
}

/// So much is read whole at every start, which takes a tenth of a second. Damage in a longer file is met when it is read.
const READ_WHOLE: u64 = 32 * 1024 * 1024;

/// Every page is sealed, so a page that was changed, emptied or mixed up shows.
async fn refuse_damaged_pages(db: &mut SqliteConnection, folder: &Path) -> Result<(), StorageError> {
    let shown = folder.display().to_string();
    if size(database_file(folder)) > READ_WHOLE {
        return Ok(());
    }
    // A page of which a later state is in the log may be cut in the file.
    let taken_in = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *db).await;
    if taken_in.is_err() || size(log_file(folder)) > 0 {
        return Ok(());
    }
    let damaged: Option<String> = sqlx::query_scalar("PRAGMA cipher_integrity_check")
        .fetch_optional(db)
        .await
        .map_err(|error| StorageError::of(error, &shown))?;
    match damaged {
        Some(page) => {
            tracing::error!(page, "the data are damaged");
            Err(StorageError::Damaged { folder: shown })
        }
        None => Ok(()),
    }
}

/// With foreign keys off nothing else would notice a row that names a missing one.
async fn refuse_dangling(db: &mut SqliteConnection, folder: &Path) -> Result<(), StorageError> {
    let dangling: Option<String> =
        sqlx::query_scalar("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1").fetch_optional(db).await?;
    let Some(table) = dangling else { return Ok(()) };
    let reason = format!("rows of the table {table} would name rows that are missing");
    Err(StorageError::Folder { folder: folder.display().to_string(), reason })
}

/// A copy of the file as it was, still encrypted with the same key, beside it.
async fn keep_copy(db: &mut SqliteConnection, folder: &Path, version: u32) -> Result<(), StorageError> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(db).await?;
    let copy = folder.join(format!("{COPY}{}.db", version + 1));
    // Windows lets only those say so who may write.
    let on_disk = |_| OpenOptions::new().write(true).open(&copy)?.sync_all();
    let copied = std::fs::copy(database_file(folder), &copy).and_then(on_disk);
    copied.and_then(|()| durable::sync_folder(folder)).map_err(|error| StorageError::io(error, folder))
}

/// How the names of the copies begin that are kept before a migration.
const COPY: &str = "before-version-";

/// The copies that were kept before migrations.
pub fn kept_copies(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_copy = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(COPY) && name.ends_with(".db"))
    };
    let files = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    Ok(files.collect::<Result<Vec<_>, _>>()?.into_iter().filter(is_copy).collect())
}

#[cfg(test)]
mod tests {
    use sqlx::SqlitePool;
    use zeroize::Zeroizing;

    use super::*;
    use crate::db::{Db, DbKey, connect_options, lock_folder};

    /// The real migrations and one that follows them.
    async fn migrate_on(folder: &Path, key: &DbKey, script: &'static str) -> Result<(), StorageError> {
        migrate(&connect_options(folder, key), folder, &[MIGRATIONS, &[script]].concat(), true).await
    }

    async fn number(db: &SqlitePool, question: &'static str) -> i64 {
        sqlx::query_scalar(question).fetch_one(db).await.unwrap()
    }

    #[tokio::test]
    async fn a_copy_is_made_before_a_migration_and_opens_with_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = Zeroizing::new([7; 32]);
        let db = Db::open(lock_folder(folder.path()).unwrap(), &key).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        sqlx::query("INSERT INTO settings (key, value) VALUES ('a', '1')").execute(&mut *tx).await.unwrap();
        db.commit(tx).await.unwrap();
        migrate_on(folder.path(), &key, "DELETE FROM settings;").await.unwrap();
        assert_eq!(number(&db.read().0, "SELECT count(*) FROM settings").await, 0);
        db.close().await;
        let copy = folder.path().join(format!("before-version-{}.db", MIGRATIONS.len() + 1));
        std::fs::copy(copy, database_file(folder.path())).unwrap();
        let copy = SqlitePool::connect_with(connect_options(folder.path(), &key)).await.unwrap();
        assert_eq!(number(&copy, "SELECT count(*) FROM settings").await, 1);
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_the_version_before_it() {
        for script in [
            "CREATE TABLE half (a INTEGER) STRICT; SELECT no_such_column;",
            "CREATE TABLE half (a INTEGER) STRICT; INSERT INTO contact_tags VALUES (x'00', 'of nobody');",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let key = Zeroizing::new([7; 32]);
            let db = Db::open(lock_folder(folder.path()).unwrap(), &key).await.unwrap();
            assert!(migrate_on(folder.path(), &key, script).await.is_err(), "{script}");
            let version = number(&db.read().0, "PRAGMA user_version").await;
            let half = number(&db.read().0, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'").await;
            assert_eq!((version, half), (MIGRATIONS.len() as i64, 0), "{script}");
        }
    }
}

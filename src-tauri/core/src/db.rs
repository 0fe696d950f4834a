//! The one SQLite file: opened with its key, migrated, written by one connection and read by several.
//!
//! Every write goes through `Db::begin` (`BEGIN IMMEDIATE` on the only writing connection), so two writers
//! cannot exist in a process; the lock file keeps a second process out. Readers cannot write (`query_only`).

use std::fmt::{self, Debug, Formatter};
use std::fs::{File, OpenOptions, TryLockError};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteQueryResult, SqliteRow, SqliteStatement,
    SqliteSynchronous, SqliteTypeInfo,
};
use sqlx::{
    ConnectOptions, Connection, Either, Execute, Executor, QueryBuilder, SqlStr, Sqlite, SqliteConnection, SqlitePool,
    Transaction,
};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};
use zeroize::Zeroizing;

use crate::error::{Coded, Params};
use crate::{exit, params};

/// A transaction on the writing connection, and its only user for as long as it lives. Dropping it undoes it, before
/// the next one begins.
pub struct Tx(OwnedMappedMutexGuard<Option<Writer>, Writer>);

/// The writing connection. A pool would ask it after every transaction whether it is still there.
struct Writer {
    connection: SqliteConnection,
    /// Something was begun that was not committed. SQLite may have undone it by itself, on a full disk.
    begun: bool,
}

impl Deref for Tx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.0.connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.0.connection
    }
}

impl Debug for Tx {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Tx")
    }
}

/// A statement goes to a transaction as to any connection.
impl<'c> Executor<'c> for &'c mut Tx {
    type Database = Sqlite;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        (&mut **self).fetch_many(query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        (&mut **self).fetch_optional(query)
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, Result<SqliteStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        (&mut **self).prepare_with(sql, parameters)
    }
}

/// The reading connections.
#[derive(Clone)]
pub struct Readers(SqlitePool);

impl Readers {
    /// One snapshot: whatever is read through it is of one moment.
    pub async fn acquire(&self) -> Result<Reader, sqlx::Error> {
        Ok(Reader(self.0.begin().await?))
    }
}

/// What reads. It is no `Tx`, so what writes cannot be called with it:
///
/// ```compile_fail
/// # async fn write(db: &ulak_core::db::Db) {
/// let mut reader = db.read().acquire().await.unwrap();
/// ulak_core::settings::put(&mut reader, "paused_all", &true).await.unwrap();
/// # }
/// ```
///
/// ```
/// # async fn write(db: &ulak_core::db::Db) {
/// let mut tx = db.begin().await.unwrap();
/// ulak_core::settings::put(&mut tx, "paused_all", &true).await.unwrap();
/// # }
/// ```
pub struct Reader(Transaction<'static, Sqlite>);

impl Deref for Reader {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }
}

/// 32 random bytes that encrypt the file; never stored in the clear.
pub type DbKey = Zeroizing<[u8; 32]>;

const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/0001_initial.sql"),
    include_str!("../../../migrations/0002_kinds_and_checks.sql"),
    include_str!("../../../migrations/0003_numbers.sql"),
    include_str!("../../../migrations/0004_templates.sql"),
    include_str!("../../../migrations/0005_leaner_ledger.sql"),
    include_str!("../../../migrations/0006_cancelled_queues.sql"),
    include_str!("../../../migrations/0007_key_id.sql"),
    include_str!("../../../migrations/0008_counters.sql"),
    include_str!("../../../migrations/0009_single_messages.sql"),
];

#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error(
        "The disk is full, so nothing more can be saved in {folder}. Free some space; Ulak then goes on where it was."
    )]
    Full { folder: String },
    #[error("Ulak may not write in {folder}. Allow writing there, or start Ulak with another data folder.")]
    ReadOnly { folder: String },
    #[error("Another running Ulak uses {folder}. Close it first, or use another data folder.")]
    InUse { folder: String },
    #[error(
        "The data in {folder} was written by a newer Ulak (version {found} of its layout; this one knows {known}). Install the newest Ulak; nothing was changed."
    )]
    Newer { folder: String, found: u32, known: u32 },
    #[error("The data in {folder} does not open with this key. Nothing was changed.")]
    WrongKey { folder: String },
    #[error("The data folder {folder} cannot be used: {reason}")]
    Folder { folder: String, reason: String },
    #[error("The database answered: {0}")]
    Sql(#[source] sqlx::Error),
}

impl Coded for StorageError {
    fn code(&self) -> &'static str {
        match self {
            Self::Full { .. } => "storage.full",
            Self::ReadOnly { .. } => "storage.read_only",
            Self::InUse { .. } => "storage.in_use",
            Self::Newer { .. } => "storage.newer",
            Self::WrongKey { .. } => "storage.wrong_key",
            Self::Folder { .. } => "storage.folder",
            Self::Sql(_) => "storage.sql",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Full { folder } | Self::ReadOnly { folder } | Self::InUse { folder } | Self::WrongKey { folder } => {
                params! { folder: folder }
            }
            Self::Newer { folder, found, known } => params! { folder: folder, found: found, known: known },
            Self::Folder { folder, reason } => params! { folder: folder, reason: reason },
            Self::Sql(error) => params! { reason: error },
        }
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        Self::of(error, "the data folder")
    }
}

impl StorageError {
    /// A full disk passes; the caller may wait and try again.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    fn of(error: sqlx::Error, folder: &str) -> Self {
        let folder = folder.to_owned();
        match primary_code(&error) {
            Some(SQLITE_FULL) => Self::Full { folder },
            Some(SQLITE_READONLY | SQLITE_PERM | SQLITE_CANTOPEN) => Self::ReadOnly { folder },
            Some(SQLITE_NOTADB) => Self::WrongKey { folder },
            _ if is_no_space(&error) => Self::Full { folder },
            _ => Self::Sql(error),
        }
    }

    fn io(error: std::io::Error, folder: &Path) -> Self {
        let folder = folder.display().to_string();
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full { folder },
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { folder },
            _ => Self::Folder { folder, reason: error.to_string() },
        }
    }
}

const SQLITE_PERM: i32 = 3;
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_FULL: i32 = 13;
const SQLITE_CANTOPEN: i32 = 14;
const SQLITE_NOTADB: i32 = 26;
/// `SQLITE_IOERR_WRITE`: what a write into a full WAL answers.
const SQLITE_IOERR_WRITE: i32 = SQLITE_IOERR | (3 << 8);

fn extended_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    extended_code(error).map(|code| code & 0xff)
}

fn is_no_space(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(io) => io.kind() == std::io::ErrorKind::StorageFull,
        _ => extended_code(error) == Some(SQLITE_IOERR_WRITE),
    }
}

pub struct Db {
    /// None once the database is closed.
    writer: Arc<Mutex<Option<Writer>>>,
    readers: Readers,
    /// Of the outbox alone, so that no list or export that reads for long keeps a part waiting.
    outbox_reader: Readers,
    folder: PathBuf,
    /// Held as long as the database is open.
    lock: File,
}

/// The lock on a data folder, taken before anything in it is read.
pub struct FolderLock(File, PathBuf);

impl FolderLock {
    pub fn folder(&self) -> &Path {
        &self.1
    }
}

/// Makes the folder where it is missing and keeps other Ulaks out of it.
pub fn lock_folder(folder: &Path) -> Result<FolderLock, StorageError> {
    std::fs::create_dir_all(folder).map_err(|error| StorageError::io(error, folder))?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))
        .map_err(|error| StorageError::io(error, folder))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock(file, folder.to_owned())),
        Err(TryLockError::WouldBlock) => Err(StorageError::InUse { folder: folder.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(StorageError::io(error, folder)),
    }
}

pub fn database_file(folder: &Path) -> PathBuf {
    folder.join("ulak.db")
}

impl Db {
    pub async fn open(lock: FolderLock, key: &DbKey) -> Result<Self, StorageError> {
        let FolderLock(lock, folder) = lock;
        let shown = folder.display().to_string();
        let at = |error: sqlx::Error| StorageError::of(error, &shown);
        let options = connect_options(&folder, key);
        // A writer that cannot write must not come up: a read-only file would only fail at the first send.
        if let Err(error) = OpenOptions::new().append(true).create(true).open(database_file(&folder)) {
            return Err(StorageError::io(error, &folder));
        }
        migrate(&options, &folder, MIGRATIONS).await?;
        let writer = Writer { connection: options.clone().connect().await.map_err(at)?, begun: false };
        let options = options.pragma("query_only", "on");
        let outbox_reader = Readers(readers(1).min_connections(0).connect_lazy_with(options.clone()));
        let readers = Readers(readers(3).connect_with(options).await.map_err(at)?);
        Ok(Self { writer: Arc::new(Mutex::new(Some(writer))), readers, outbox_reader, folder, lock })
    }

    /// The only way to write.
    pub async fn begin(&self) -> Result<Tx, StorageError> {
        let begun = async {
            let mut tx = Tx(self.writer().await?);
            if std::mem::replace(&mut tx.0.begun, true) {
                // It fails where SQLite has undone it by itself.
                let _ = sqlx::query("ROLLBACK").execute(&mut *tx).await;
            }
            sqlx::query("BEGIN IMMEDIATE").execute(&mut *tx).await?;
            Ok(tx)
        };
        begun.await.map_err(|error| self.error(error))
    }

    async fn writer(&self) -> Result<OwnedMappedMutexGuard<Option<Writer>, Writer>, sqlx::Error> {
        let writer = self.writer.clone().lock_owned().await;
        OwnedMutexGuard::try_map(writer, Option::as_mut).map_err(|_| sqlx::Error::PoolClosed)
    }

    pub async fn commit(&self, mut tx: Tx) -> Result<(), StorageError> {
        sqlx::query("COMMIT").execute(&mut *tx).await.map_err(|error| self.error(error))?;
        tx.0.begun = false;
        Ok(())
    }

    pub fn read(&self) -> &Readers {
        &self.readers
    }

    pub fn read_for_outbox(&self) -> &Readers {
        &self.outbox_reader
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says which folder an error is about.
    pub fn error(&self, error: sqlx::Error) -> StorageError {
        StorageError::of(error, &self.folder.display().to_string())
    }

    /// Lets the file grow to so many pages only: how tests meet a full disk.
    #[cfg(any(test, feature = "testing"))]
    pub async fn limit_pages(&self, pages: i64) -> Result<(), StorageError> {
        let statement = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(statement).execute(&mut self.writer().await?.connection).await?;
        Ok(())
    }

    /// How many pages the file has.
    #[cfg(any(test, feature = "testing"))]
    pub async fn page_count(&self) -> Result<i64, StorageError> {
        Ok(sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut self.writer().await?.connection).await?)
    }

    pub async fn close(&self) {
        self.readers.0.close().await;
        self.outbox_reader.0.close().await;
        if let Some(writer) = self.writer.lock().await.take()
            && let Err(error) = writer.connection.close().await
        {
            tracing::warn!(%error, "the database was not closed well; the next start sees to it");
        }
        // Somebody may still hold this handle; the folder is free all the same.
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the data folder stays locked until Ulak ends");
        }
    }
}

/// Statements made one by one; boxed, because a command's future cannot be proven `Send` over borrowing closures.
pub type Statements<'a> = Box<dyn Iterator<Item = QueryBuilder<Sqlite>> + Send + 'a>;

/// Executes statements in order, and makes each while the connection's thread is busy with the one before.
pub async fn execute_all(db: &mut SqliteConnection, mut statements: Statements<'_>) -> Result<(), sqlx::Error> {
    let mut next = statements.next();
    while let Some(mut statement) = next {
        let executed = statement.build().execute(&mut *db);
        let (done, following) = tokio::join!(biased; executed, async { statements.next() });
        done?;
        next = following;
    }
    Ok(())
}

/// The pragmas every connection opens with; benchmarks use the same ones for their baseline.
pub fn connect_options(folder: &Path, key: &DbKey) -> SqliteConnectOptions {
    exit::wait_for_connections();
    let hex: Zeroizing<String> = Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect());
    SqliteConnectOptions::new()
        .filename(database_file(folder))
        .create_if_missing(true)
        .pragma("key", format!("\"x'{}'\"", *hex))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "memory")
        // At most 64 MB of log, and a page that many transactions touch goes into the file once: with SQLite's own 1,000
        // pages nearly every commit of a scheduling would wait for a checkpoint. Closing takes the log in.
        .pragma("wal_autocheckpoint", "16384")
        // A whole page of an audience, so that the connection's thread reads on while the last page is worked on.
        .row_buffer_size(5_000)
        .statement_cache_capacity(256)
}

fn readers(most: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(most)
        .min_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// Brings the file up to the last script, over a connection of its own: a table that is made anew must be dropped
/// without its rows counting as deleted, and foreign keys can only be off for a connection outside a transaction.
async fn migrate(options: &SqliteConnectOptions, folder: &Path, scripts: &[&'static str]) -> Result<(), StorageError> {
    let shown = folder.display().to_string();
    let at = |error: sqlx::Error| StorageError::of(error, &shown);
    let mut db = options.clone().foreign_keys(false).connect().await.map_err(at)?;
    let known = u32::try_from(scripts.len()).unwrap_or(u32::MAX);
    let found: u32 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut db).await.map_err(at)?;
    if found > known {
        return Err(StorageError::Newer { folder: shown, found, known });
    }
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
    db.close().await.map_err(at)
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
    let copy = folder.join(format!("before-version-{}.db", version + 1));
    std::fs::copy(database_file(folder), &copy).map_err(|error| StorageError::io(error, folder))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The real migrations and one that follows them.
    async fn migrate_on(folder: &Path, key: &DbKey, script: &'static str) -> Result<(), StorageError> {
        migrate(&connect_options(folder, key), folder, &[MIGRATIONS, &[script]].concat()).await
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
    async fn a_transaction_that_a_full_disk_undid_does_not_stand_in_the_way_of_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(lock_folder(folder.path()).unwrap(), &Zeroizing::new([7; 32])).await.unwrap();
        let pages = db.page_count().await.unwrap();
        db.limit_pages(pages).await.unwrap();
        let insert = "INSERT INTO settings (key, value) VALUES (?, hex(zeroblob(500000)))";
        for _ in 0..2 {
            let mut tx = db.begin().await.unwrap();
            let full = sqlx::query(insert).bind("a").execute(&mut *tx).await.map_err(|error| db.error(error));
            assert!(matches!(full, Err(StorageError::Full { .. })), "{full:?}");
        }
        db.limit_pages(1_000_000).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        sqlx::query(insert).bind("b").execute(&mut *tx).await.unwrap();
        db.commit(tx).await.unwrap();
        let keys: Vec<String> = sqlx::query_scalar("SELECT key FROM settings").fetch_all(&db.read().0).await.unwrap();
        assert_eq!(keys, ["b"]);
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

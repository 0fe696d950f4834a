//! The one SQLite file: opened with its key, migrated, written by one connection and read by several.
//!
//! Every write goes through `Db::begin` (`BEGIN IMMEDIATE` on the only writing connection), so two writers
//! cannot exist in a process; the lock file keeps a second process out. Readers cannot write (`query_only`).

use std::fmt::{self, Debug, Formatter};
use std::fs::{File, OpenOptions, TryLockError};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
use crate::mark::{self, Mark, MarkError};
use crate::{durable, exit, params};

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
    include_str!("../../../migrations/0010_doubt.sql"),
    include_str!("../../../migrations/0011_permission.sql"),
    include_str!("../../../migrations/0012_scheduling.sql"),
    include_str!("../../../migrations/0013_agenda_and_feed.sql"),
    include_str!("../../../migrations/0014_time.sql"),
    include_str!("../../../migrations/0015_causes.sql"),
    include_str!("../../../migrations/0016_troubled_messages.sql"),
    include_str!("../../../migrations/0017_list_of_campaigns.sql"),
    include_str!("../../../migrations/0018_list_of_contacts.sql"),
    include_str!("../../../migrations/0019_answers.sql"),
    include_str!("../../../migrations/0020_awaited_ticks.sql"),
    include_str!("../../../migrations/0021_field_labels.sql"),
    include_str!("../../../migrations/0022_results.sql"),
    include_str!("../../../migrations/0023_places.sql"),
    include_str!("../../../migrations/0024_senders.sql"),
    include_str!("../../../migrations/0025_cancelled_messages.sql"),
];

#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error(
        "The disk is full, so nothing more can be saved in {folder}. Free some space; Ulak then goes on where it was."
    )]
    Full { folder: String },
    #[error(
        "Another program has the data in {folder} open, so nothing can be saved. Ulak tries again until it lets go."
    )]
    Locked { folder: String },
    #[error("Ulak may not write in {folder}. Allow writing there, or start Ulak with another data folder.")]
    ReadOnly { folder: String },
    #[error("Another running Ulak uses {folder}. Close it first, or use another data folder.")]
    InUse { folder: String },
    #[error(
        "The data in {folder} was written by a newer Ulak (version {found} of its layout; this one knows {known}). Install the newest Ulak; nothing was changed."
    )]
    Newer { folder: String, found: u32, known: u32 },
    #[error(
        "The data in {folder} does not open with this key: ulak.db and keys.json do not belong together, or one of them is damaged. Nothing was changed. Put both back from the same backup."
    )]
    WrongKey { folder: String },
    #[error(
        "The data in {folder} are damaged: a part of ulak.db cannot be read. Close Ulak, keep a copy of the whole folder, and put the folder back from a backup; without one, ask for help before you go on."
    )]
    Damaged { folder: String },
    #[error(
        "The data is missing: {folder} has been in use, but its ulak.db is not there, or is empty. Put the folder back from a backup. To begin anew without the earlier data, choose another data folder."
    )]
    Lost { folder: String },
    #[error("The data folder {folder} cannot be used: {reason}")]
    Folder { folder: String, reason: String },
    #[error(
        "Something in the data of {folder} cannot be read by this Ulak ({reason}), so nothing was done with it. Install the newest Ulak."
    )]
    Unreadable { folder: String, reason: String },
    #[error("The database answered: {0}")]
    Sql(#[source] sqlx::Error),
}

impl Coded for StorageError {
    fn code(&self) -> &'static str {
        match self {
            Self::Full { .. } => "storage.full",
            Self::Locked { .. } => "storage.locked",
            Self::ReadOnly { .. } => "storage.read_only",
            Self::InUse { .. } => "storage.in_use",
            Self::Newer { .. } => "storage.newer",
            Self::WrongKey { .. } => "storage.wrong_key",
            Self::Damaged { .. } => "storage.damaged",
            Self::Lost { .. } => "storage.lost",
            Self::Folder { .. } => "storage.folder",
            Self::Unreadable { .. } => "storage.unreadable",
            Self::Sql(_) => "storage.sql",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Full { folder }
            | Self::Locked { folder }
            | Self::ReadOnly { folder }
            | Self::InUse { folder }
            | Self::WrongKey { folder }
            | Self::Damaged { folder }
            | Self::Lost { folder } => params! { folder: folder },
            Self::Newer { folder, found, known } => params! { folder: folder, found: found, known: known },
            Self::Folder { folder, reason } | Self::Unreadable { folder, reason } => {
                params! { folder: folder, reason: reason }
            }
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
    /// A full disk and another program's lock pass; the caller may wait and try again.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Locked { .. })
    }

    /// It lies with what is stored in some row: it will be so again, and the other rows are sound.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::Unreadable { .. } => true,
            Self::Sql(sqlx::Error::ColumnNotFound(_) | sqlx::Error::RowNotFound) => true,
            Self::Sql(error) => {
                matches!(primary_code(error), Some(SQLITE_ERROR | SQLITE_CONSTRAINT | SQLITE_MISMATCH))
            }
            _ => false,
        }
    }

    fn of(error: sqlx::Error, folder: &str) -> Self {
        let folder = folder.to_owned();
        match primary_code(&error) {
            Some(SQLITE_FULL) => Self::Full { folder },
            Some(SQLITE_BUSY | SQLITE_LOCKED) => Self::Locked { folder },
            Some(SQLITE_READONLY | SQLITE_PERM | SQLITE_CANTOPEN) => Self::ReadOnly { folder },
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Damaged { folder },
            _ if is_no_space(&error) => Self::Full { folder },
            _ => match error {
                sqlx::Error::Decode(reason) | sqlx::Error::ColumnDecode { source: reason, .. } => {
                    Self::Unreadable { folder, reason: reason.to_string() }
                }
                error => Self::Sql(error),
            },
        }
    }

    /// While the data are opened a wrong key looks like damage. The mark tells them apart: it opens with the right key.
    fn at_opening(self, mark: &FoundMark) -> Self {
        match self {
            Self::Damaged { folder } if !matches!(mark, FoundMark::Sound(_)) => Self::WrongKey { folder },
            other => other,
        }
    }

    pub fn io(error: std::io::Error, folder: &Path) -> Self {
        let folder = folder.display().to_string();
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full { folder },
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { folder },
            _ => Self::Folder { folder, reason: error.to_string() },
        }
    }
}

/// Something stored has a shape that this version does not know.
pub fn unreadable(what: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(what.to_string().into())
}

/// What functions over text that is no JSON answer, among others.
const SQLITE_ERROR: i32 = 1;
const SQLITE_PERM: i32 = 3;
const SQLITE_BUSY: i32 = 5;
const SQLITE_LOCKED: i32 = 6;
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_CANTOPEN: i32 = 14;
const SQLITE_CONSTRAINT: i32 = 19;
const SQLITE_MISMATCH: i32 = 20;
const SQLITE_NOTADB: i32 = 26;
/// What a write into a full log answers, and what the log's index answers that finds no room to grow.
const SQLITE_IOERR_WRITE: i32 = SQLITE_IOERR | (3 << 8);
const SQLITE_IOERR_SHMSIZE: i32 = SQLITE_IOERR | (19 << 8);

fn extended_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    extended_code(error).map(|code| code & 0xff)
}

fn is_no_space(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(io) => io.kind() == std::io::ErrorKind::StorageFull,
        _ => matches!(extended_code(error), Some(SQLITE_IOERR_WRITE | SQLITE_IOERR_SHMSIZE)),
    }
}

pub struct Db {
    /// None once the database is closed.
    writer: Arc<Mutex<Option<Writer>>>,
    readers: Readers,
    /// Of the outbox alone, so that no list or export that reads for long keeps a part waiting.
    outbox_reader: Readers,
    folder: PathBuf,
    mark: FoundMark,
    /// The disk was full since the log was last fitted to it.
    full: AtomicBool,
    /// Something was met that is no database any more.
    damaged: AtomicBool,
    #[cfg(any(test, feature = "testing"))]
    pretended_free: std::sync::OnceLock<u64>,
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
    let failed = |error| StorageError::io(error, folder);
    durable::private_folder(folder).map_err(failed)?;
    let mut options = OpenOptions::new();
    let file = durable::private(options.create(true).truncate(false).write(true)).open(folder.join("lock"));
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            // Whatever else lies in a folder that holds no keys is not ours to hide.
            if keys_file(folder).exists()
                && let Err(error) = durable::close_to_others(folder)
            {
                tracing::warn!(%error, "others on this computer may look into the data folder");
            }
            Ok(FolderLock(file, folder.to_owned()))
        }
        Err(TryLockError::WouldBlock) => Err(StorageError::InUse { folder: folder.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(StorageError::io(error, folder)),
    }
}

pub fn database_file(folder: &Path) -> PathBuf {
    folder.join("ulak.db")
}

/// What SQLite writes first; it is taken into the file now and then.
fn log_file(folder: &Path) -> PathBuf {
    folder.join("ulak.db-wal")
}

fn size(file: PathBuf) -> u64 {
    file.metadata().map_or(0, |file| file.len())
}

/// After how many pages the log is taken into the file: at most a sixteenth of what is free, and 64 MB where there is
/// room. A page that many transactions touch goes into the file once: with SQLite's own 1,000 pages nearly every commit
/// of a scheduling would wait for it.
fn log_pages(free: Option<u64>) -> u64 {
    const LEAST: u64 = 256;
    const MOST: u64 = 16_384;
    /// Where the system does not tell what is free.
    const UNKNOWN: u64 = 4_096;
    free.map_or(UNKNOWN, |free| (free / PAGE / 16).clamp(LEAST, MOST))
}

#[cfg(unix)]
fn free_space(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_space(_: &Path) -> Option<u64> {
    None
}

/// SQLCipher's size of a page.
const PAGE: u64 = 4096;

/// Holds the key, sealed: `vault.rs`.
pub const KEYS_FILE: &str = "keys.json";

pub fn keys_file(folder: &Path) -> PathBuf {
    folder.join(KEYS_FILE)
}

/// What the folder says of how far its data were.
#[derive(Clone, Debug)]
pub enum FoundMark {
    None,
    Sound(Mark),
    /// Damaged, or of another key.
    Unsound,
}

impl FoundMark {
    fn load(folder: &Path, key: &DbKey) -> Result<Self, StorageError> {
        match mark::load(folder, key) {
            Ok(None) => Ok(Self::None),
            Ok(Some(mark)) => Ok(Self::Sound(mark)),
            Err(MarkError::Unsound) => Ok(Self::Unsound),
            Err(MarkError::Io(error)) => Err(StorageError::io(error, folder)),
            Err(MarkError::Newer { found }) => {
                Err(StorageError::Newer { folder: folder.display().to_string(), found, known: mark::VERSION })
            }
        }
    }

    pub fn sound(&self) -> Option<&Mark> {
        match self {
            Self::Sound(mark) => Some(mark),
            Self::None | Self::Unsound => None,
        }
    }

    /// Whether there must be data already. Keys are older than the data that they open, but younger than their mark.
    fn has_data(&self, folder: &Path) -> bool {
        self.sound().map_or_else(|| keys_file(folder).exists(), |mark| mark.count.count > 0)
    }
}

impl Db {
    pub async fn open(lock: FolderLock, key: &DbKey) -> Result<Self, StorageError> {
        let FolderLock(lock, folder) = lock;
        let mark = FoundMark::load(&folder, key)?;
        let has_data = mark.has_data(&folder);
        if has_data && size(database_file(&folder)) == 0 {
            return Err(StorageError::Lost { folder: folder.display().to_string() });
        }
        // A page that was cut is repaired from the log; without one it is missing, and perhaps not met for long.
        if !size(database_file(&folder)).is_multiple_of(PAGE) && size(log_file(&folder)) == 0 {
            return Err(StorageError::Damaged { folder: folder.display().to_string() });
        }
        // A writer that cannot write must not come up: a read-only file would only fail at the first send.
        let mut file = OpenOptions::new();
        if let Err(error) = durable::private(file.append(true).create(true)).open(database_file(&folder)) {
            return Err(StorageError::io(error, &folder));
        }
        let connected = connect(&connect_options(&folder, key), &folder, has_data).await;
        let (writer, readers, outbox_reader) = connected.map_err(|error| error.at_opening(&mark))?;
        let db = Self {
            writer: Arc::new(Mutex::new(Some(writer))),
            readers,
            outbox_reader,
            folder,
            mark,
            full: AtomicBool::default(),
            damaged: AtomicBool::default(),
            #[cfg(any(test, feature = "testing"))]
            pretended_free: std::sync::OnceLock::new(),
            lock,
        };
        db.fit_log().await?;
        Ok(db)
    }

    /// What the folder said of its data when they were opened.
    pub fn mark(&self) -> &FoundMark {
        &self.mark
    }

    /// The only way to write.
    pub async fn begin(&self) -> Result<Tx, StorageError> {
        self.refuse_damaged()?;
        if self.full.load(Ordering::Relaxed)
            && let Err(error) = self.fit_log().await
        {
            tracing::warn!(%error, "the log could not be taken in to make room");
        }
        let begun = async {
            let mut tx = self.idle().await?;
            tx.0.begun = true;
            sqlx::query("BEGIN IMMEDIATE").execute(&mut *tx).await?;
            Ok(tx)
        };
        begun.await.map_err(|error| self.error(error))
    }

    /// Nothing is written into data of which some part was found to be damaged, whoever met it: the rest may be, too.
    pub fn refuse_damaged(&self) -> Result<(), StorageError> {
        match self.damaged.load(Ordering::Relaxed) {
            true => Err(StorageError::Damaged { folder: self.folder.display().to_string() }),
            false => Ok(()),
        }
    }

    /// The writing connection with nothing begun on it.
    async fn idle(&self) -> Result<Tx, sqlx::Error> {
        let mut tx = Tx(self.writer().await?);
        if tx.0.begun {
            // It fails where SQLite has undone it by itself.
            let _ = sqlx::query("ROLLBACK").execute(&mut *tx).await;
            tx.0.begun = false;
        }
        Ok(tx)
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

    /// Takes the log into the file.
    pub async fn take_in_log(&self) -> Result<(), StorageError> {
        let taken = async { sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut self.idle().await?).await };
        taken.await.map(drop).map_err(|error| self.error(error))
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

    /// Lets the log grow as far as the disk has room for it. The log holds every page anew at every commit, which is many
    /// times what a message adds to the data; so on a short disk it is taken into the file early, and at once when the
    /// disk was full.
    pub async fn fit_log(&self) -> Result<(), StorageError> {
        let pages = log_pages(self.free());
        let was_full = self.full.swap(false, Ordering::Relaxed);
        let fitted = async {
            let mut idle = self.idle().await?;
            let pragma = format!("PRAGMA wal_autocheckpoint = {pages}");
            sqlx::query(sqlx::AssertSqlSafe(pragma)).execute(&mut idle).await?;
            // Only a full disk is worth waiting for those who read.
            let taken_in = if was_full { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "PRAGMA wal_checkpoint(PASSIVE)" };
            if was_full || size(log_file(&self.folder)) > pages * PAGE {
                sqlx::query(taken_in).execute(&mut idle).await?;
            }
            Ok(())
        };
        fitted.await.map_err(|error| self.error(error))
    }

    /// Bytes that are free where the data lie, where the system tells.
    fn free(&self) -> Option<u64> {
        #[cfg(any(test, feature = "testing"))]
        if let Some(free) = self.pretended_free.get() {
            return Some(*free);
        }
        free_space(&self.folder)
    }

    /// Says which folder an error is about.
    pub fn error(&self, error: sqlx::Error) -> StorageError {
        let error = StorageError::of(error, &self.folder.display().to_string());
        match error {
            StorageError::Full { .. } => self.full.store(true, Ordering::Relaxed),
            StorageError::Damaged { .. } => self.damaged.store(true, Ordering::Relaxed),
            _ => {}
        }
        error
    }

    /// As if so many bytes were free from here on.
    #[cfg(any(test, feature = "testing"))]
    pub fn pretend_free(&self, bytes: u64) {
        self.pretended_free.get_or_init(|| bytes);
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

/// Brings the file up to date and opens the writer and the readers.
async fn connect(
    options: &SqliteConnectOptions,
    folder: &Path,
    has_data: bool,
) -> Result<(Writer, Readers, Readers), StorageError> {
    let shown = folder.display().to_string();
    let at = |error: sqlx::Error| StorageError::of(error, &shown);
    migrate(options, folder, MIGRATIONS, has_data).await?;
    let writer = Writer { connection: options.clone().connect().await.map_err(at)?, begun: false };
    let options = options.clone().pragma("query_only", "on");
    let outbox_reader = Readers(readers(1).min_connections(0).connect_lazy_with(options.clone()));
    let readers = Readers(readers(3).connect_with(options).await.map_err(at)?);
    Ok((writer, readers, outbox_reader))
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
async fn migrate(
    options: &SqliteConnectOptions,
    folder: &Path,
    scripts: &[&'static str],
    has_data: bool,
) -> Result<(), StorageError> {
    let shown = folder.display().to_string();
    let at = |error: sqlx::Error| StorageError::of(error, &shown);
    let mut db = options.clone().foreign_keys(false).connect().await.map_err(at)?;
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
    db.close().await.map_err(at)
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
    let copied = std::fs::copy(database_file(folder), &copy).and_then(|_| File::open(&copy)?.sync_all());
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
    use super::*;

    #[test]
    fn the_log_takes_a_sixteenth_of_what_is_free() {
        for (free, pages) in [(0, 256), (30 << 20, 480), (1 << 30, 16_384), (1 << 40, 16_384)] {
            assert_eq!(log_pages(Some(free)), pages, "{free}");
        }
    }

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

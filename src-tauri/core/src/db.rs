//! The one SQLite file: opened with its key, migrated, written by one connection and read by several.
//!
//! Every write goes through `Db::begin` (`BEGIN IMMEDIATE` on the only writing connection), so two writers
//! cannot exist in a process; the lock file keeps a second process out. Readers cannot write (`query_only`).

mod error;
mod log;
mod migrations;
mod transaction;

pub use error::{StorageError, unreadable};
pub use migrations::kept_copies;
pub use transaction::{Reader, Readers, Tx};

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, QueryBuilder, Sqlite, SqliteConnection};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};
use zeroize::Zeroizing;

pub use self::log::free_space;
use self::log::{PAGE, log_file, log_pages, size};
use self::migrations::{MIGRATIONS, migrate};
use self::transaction::Writer;
use crate::mark::{self, Mark, MarkError};
use crate::{durable, exit};

/// So few pages are given back in one step that nobody waits long for the writer.
const PAGES_AT_ONCE: i64 = 200;

/// 32 random bytes that encrypt the file; never stored in the clear.
pub type DbKey = Zeroizing<[u8; 32]>;

pub struct Db {
    /// None once the database is closed.
    writer: Arc<Mutex<Option<Writer>>>,
    readers: Readers,
    /// Of the outbox alone, so that no list or export that reads for long keeps a part waiting.
    outbox_reader: Readers,
    folder: PathBuf,
    /// How one more reader is opened.
    reading: SqliteConnectOptions,
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
        let options = connect_options(&folder, key);
        let connected = connect(&options, &folder, has_data).await;
        let (writer, readers, outbox_reader) = connected.map_err(|error| error.at_opening(&mark))?;
        let db = Self {
            writer: Arc::new(Mutex::new(Some(writer))),
            readers,
            outbox_reader,
            folder,
            reading: options.pragma("query_only", "on"),
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

    /// The file as it is at this moment, whole and unchanging for as long as the answer lives; others go on writing, into
    /// the log. None where somebody reads for so long that the log cannot be taken in.
    pub async fn freeze(&self) -> Result<Option<Frozen>, StorageError> {
        self.refuse_damaged()?;
        let frozen = async {
            let mut reader = self.reading.clone().connect().await?;
            let mut idle = self.idle().await?;
            // Its first column tells that it could not be done.
            let busy: i64 = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut idle).await?;
            sqlx::query("BEGIN").execute(&mut reader).await?;
            // A reader of an empty log keeps it from being taken into the file, so the file stays as it is.
            let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut reader).await?;
            sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut reader).await?;
            let whole = busy == 0 && size(log_file(&self.folder)) == 0;
            let bytes = size(database_file(&self.folder));
            drop(idle);
            let layout = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut reader).await?;
            let sound = whole && u64::try_from(pages).is_ok_and(|pages| pages * PAGE == bytes);
            Ok(sound.then_some(Frozen { reader, file: database_file(&self.folder), bytes, layout }))
        };
        frozen.await.map_err(|error| self.error(error))
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

    /// How long the file is, and what waits to come into it.
    pub fn bytes(&self) -> u64 {
        size(database_file(&self.folder)) + size(log_file(&self.folder))
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

    /// Looks the whole file through: each page against its seal, then how they hang together. It reads for as long as that
    /// takes, and keeps nobody from writing.
    /// None where somebody reads for so long that the file cannot be frozen.
    pub async fn is_sound(&self) -> Result<Option<bool>, StorageError> {
        // A page that is just being written over would look damaged.
        let Some(Frozen { mut reader, .. }) = self.freeze().await? else { return Ok(None) };
        let looked = async {
            let damaged: Option<String> =
                sqlx::query_scalar("PRAGMA cipher_integrity_check").fetch_optional(&mut reader).await?;
            let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut reader).await?;
            Ok(damaged.is_none() && found == "ok")
        };
        match looked.await.map_err(|error| self.error(error)) {
            Ok(true) => Ok(Some(true)),
            Ok(false) | Err(StorageError::Damaged { .. }) => {
                self.damaged.store(true, Ordering::Relaxed);
                Ok(Some(false))
            }
            Err(error) => Err(error),
        }
    }

    /// Gives back some of the file's pages that hold nothing, and says whether there are more. A tenth of the file is kept
    /// for what comes in.
    pub async fn shrink(&self) -> Result<bool, StorageError> {
        let shrunk = async {
            let mut idle = self.idle().await?;
            let all: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut idle).await?;
            let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut idle).await?;
            let spare = free - all / 10;
            let gives_back: i64 = sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut idle).await?;
            if spare <= 0 || gives_back == 0 {
                return Ok(false);
            }
            let pages = spare.min(PAGES_AT_ONCE);
            let pragma = format!("PRAGMA incremental_vacuum({pages})");
            sqlx::query(sqlx::AssertSqlSafe(pragma)).fetch_all(&mut idle).await?;
            Ok(spare > pages)
        };
        shrunk.await.map_err(|error| self.error(error))
    }

    /// Whether the file can give pages back.
    pub async fn shrinks(&self, reader: &mut Reader) -> Result<bool, sqlx::Error> {
        let mode: i64 = sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut **reader).await?;
        Ok(mode != 0)
    }

    /// Bytes that are free where the data lie, where the system tells.
    pub fn free(&self) -> Option<u64> {
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

    /// Whether anything can be written: how tests meet a folder that nobody may write into.
    #[cfg(any(test, feature = "testing"))]
    pub async fn forbid_writing(&self, forbidden: bool) -> Result<(), StorageError> {
        let pragma = if forbidden { "PRAGMA query_only = on" } else { "PRAGMA query_only = off" };
        sqlx::query(pragma).execute(&mut self.writer().await?.connection).await?;
        Ok(())
    }

    /// Keeps the data locked for as long as the answer lives, as another program does. The writer then asks once.
    #[cfg(any(test, feature = "testing"))]
    pub async fn lock_as_another(&self) -> Result<SqliteConnection, StorageError> {
        sqlx::query("PRAGMA busy_timeout = 0").execute(&mut self.writer().await?.connection).await?;
        let mut other = self.reading.clone().pragma("query_only", "off").connect().await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await?;
        Ok(other)
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

/// A file of data that does not change while this lives.
pub struct Frozen {
    /// Reads the same moment.
    pub reader: SqliteConnection,
    pub file: PathBuf,
    pub bytes: u64,
    /// The version of its layout.
    pub layout: u32,
}

/// Opens a file of data without bringing it up to date, with the version of its layout. Nothing is written into it.
pub async fn look_into(folder: &Path, key: &DbKey) -> Result<(SqliteConnection, u32), StorageError> {
    let shown = folder.display().to_string();
    let at = |error| StorageError::of(error, &shown);
    let options = connect_options(folder, key).create_if_missing(false).pragma("query_only", "on");
    let mut db = options.connect().await.map_err(at)?;
    let layout = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut db).await.map_err(at)?;
    Ok((db, layout))
}

/// Up to which version of the layout this Ulak knows.
pub fn known_layout() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
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
    // What a list shows is read again in milliseconds; several readers would each keep the same pages.
    let readers = Readers(readers(READERS).connect_with(options.pragma("cache_size", "-16384")).await.map_err(at)?);
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
        // What is deleted is overwritten, and does not stay in a page until that is used again.
        .pragma("secure_delete", "on")
        // A whole page of an audience, so that the connection's thread reads on while the last page is worked on.
        .row_buffer_size(5_000)
        .statement_cache_capacity(256)
}

/// Whoever asks for a second reader while holding one waits, once all are held like that, until the first of them gives
/// up. So there is one in tests: there that is found at once.
const READERS: u32 = if cfg!(any(test, feature = "testing")) { 1 } else { 3 };
/// How long one waits for a reader.
const PATIENCE: Duration = Duration::from_secs(if cfg!(any(test, feature = "testing")) { 10 } else { 30 });

fn readers(most: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(most)
        .acquire_timeout(PATIENCE)
        .min_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frozen_file_stays_as_it_is_while_others_write_and_take_in_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let key = Zeroizing::new([7; 32]);
        let db = Db::open(lock_folder(folder.path()).unwrap(), &key).await.unwrap();
        let put = async |name: &str| {
            let mut tx = db.begin().await.unwrap();
            let insert = "INSERT INTO settings (key, value) VALUES (?, hex(zeroblob(200000)))";
            sqlx::query(insert).bind(name).execute(&mut *tx).await.unwrap();
            db.commit(tx).await.unwrap();
        };
        put("before").await;
        let mut frozen = db.freeze().await.unwrap().unwrap();
        let before = std::fs::read(&frozen.file).unwrap();
        assert_eq!(before.len() as u64, frozen.bytes);
        db.pretend_free(0);
        for name in ["a", "b", "c"] {
            put(name).await;
            db.fit_log().await.unwrap();
        }
        assert!(std::fs::read(&frozen.file).unwrap() == before, "it changed");
        let keys = "SELECT count(*) FROM settings";
        let seen: i64 = sqlx::query_scalar(keys).fetch_one(&mut frozen.reader).await.unwrap();
        assert_eq!(seen, 1, "the reader sees the same moment");
        drop(frozen);
        db.take_in_log().await.unwrap();
        assert!(std::fs::read(database_file(folder.path())).unwrap() != before, "and then it goes on");
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
}

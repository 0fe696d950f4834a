//! What writes and what reads: two types, so that a write over a reader does not compile.

use std::fmt::{self, Debug, Formatter};
use std::ops::{Deref, DerefMut};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use sqlx::sqlite::{SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo};
use sqlx::{Either, Execute, Executor, SqlStr, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::OwnedMappedMutexGuard;

/// A transaction on the writing connection, and its only user for as long as it lives. Dropping it undoes it, before
/// the next one begins.
pub struct Tx(pub(super) OwnedMappedMutexGuard<Option<Writer>, Writer>);

/// The writing connection. A pool would ask it after every transaction whether it is still there.
pub(super) struct Writer {
    pub(super) connection: SqliteConnection,
    /// Something was begun that was not committed. SQLite may have undone it by itself, on a full disk.
    pub(super) begun: bool,
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
pub struct Readers(pub(super) SqlitePool);

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

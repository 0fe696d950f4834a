//! The end of the process. SQLCipher frees what its connections share in an exit handler, under the feet of a
//! connection thread that is just closing: a process that ended well would then die of a memory fault.
//!
//! SQLite tells of every connection that it opens, whoever opens it, and of its end; both are counted. A handler of
//! ours, registered after SQLCipher's and so run before it, waits until none is open, and lets none open any more.

#![expect(unsafe_code, reason = "exit handlers and SQLite's word of its connections exist only as C functions")]

use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use libsqlite3_sys::{
    SQLITE_ERROR, SQLITE_OK, SQLITE_UTF8, sqlite3, sqlite3_api_routines, sqlite3_auto_extension, sqlite3_context,
    sqlite3_create_function_v2, sqlite3_initialize, sqlite3_value,
};

static OPEN: AtomicUsize = AtomicUsize::new(0);
static LEAVING: AtomicBool = AtomicBool::new(false);

/// Connections of which none has closed for so many rounds are closed by nobody, and waited for no longer.
const ROUNDS: u32 = 5_000;
const ROUND: Duration = Duration::from_millis(2);

/// Called before the first connection; later calls do nothing.
pub fn wait_for_connections() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // OpenSSL has a handler of the same kind; this leaves it out.
        openssl_sys::init();
        // SAFETY: SQLite allows both calls at any time and from any thread; the functions are plain and do not unwind.
        unsafe {
            sqlite3_initialize();
            sqlite3_auto_extension(Some(opened));
            libc::atexit(until_closed);
        }
    });
}

/// How many connections of this process are open, over whatever library.
pub fn open_connections() -> usize {
    OPEN.load(Ordering::SeqCst)
}

/// SQLite calls it with every fresh connection. A function that nobody calls is registered for the sake of its
/// destructor: SQLite runs that when the connection's files are closed and nothing shared is touched any more.
extern "C" fn opened(db: *mut sqlite3, _: *mut *mut c_char, _: *const sqlite3_api_routines) -> c_int {
    OPEN.fetch_add(1, Ordering::SeqCst);
    // The count goes up first: so the handler either sees this connection, or this sees the handler.
    if LEAVING.load(Ordering::SeqCst) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
        return SQLITE_ERROR;
    }
    // SAFETY: `db` is the connection that SQLite is opening on this thread; where it refuses, it runs the destructor itself.
    let registered = unsafe {
        sqlite3_create_function_v2(
            db,
            c"ulak_connection".as_ptr(),
            0,
            SQLITE_UTF8,
            null_mut(),
            Some(unused),
            None,
            None,
            Some(closed),
        )
    };
    if registered == SQLITE_OK { SQLITE_OK } else { SQLITE_ERROR }
}

extern "C" fn closed(_: *mut c_void) {
    OPEN.fetch_sub(1, Ordering::SeqCst);
}

extern "C" fn unused(_: *mut sqlite3_context, _: c_int, _: *mut *mut sqlite3_value) {}

extern "C" fn until_closed() {
    LEAVING.store(true, Ordering::SeqCst);
    let (mut open, mut unchanged) = (open_connections(), 0);
    while open > 0 && unchanged < ROUNDS {
        sleep(ROUND);
        let now = open_connections();
        unchanged = if now == open { unchanged + 1 } else { 0 };
        open = now;
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use sqlx::{ConnectOptions, SqliteConnection};
    use zeroize::Zeroizing;

    use super::*;
    use crate::db::{Db, connect_options, lock_folder};

    const CHILD: &str = "ULAK_TEST_LEAVES";

    /// Not a test by itself: a process that leaves while its connections are closing.
    #[tokio::test]
    async fn leaves() {
        if std::env::var_os(CHILD).is_none() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let key = Zeroizing::new([7; 32]);
        let db = Db::open(lock_folder(folder.path()).unwrap(), &key).await.unwrap();
        assert!(open_connections() > 0);
        db.close().await;
        assert_eq!(open_connections(), 0, "what was closed is closed");
        let mut connections: Vec<SqliteConnection> = Vec::new();
        for _ in 0..8 {
            let mut connection = connect_options(folder.path(), &key).connect().await.unwrap();
            sqlx::query("SELECT count(*) FROM parts").execute(&mut connection).await.unwrap();
            connections.push(connection);
        }
        assert_eq!(open_connections(), 8);
        drop(connections);
        std::process::exit(0);
    }

    #[test]
    fn a_process_that_leaves_while_connections_close_ends_well() {
        for _ in 0..20 {
            let mut child = Command::new(std::env::current_exe().unwrap());
            let child = child.args(["--exact", "exit::tests::leaves", "--test-threads=1"]).env(CHILD, "1");
            let status = child.output().unwrap().status;
            assert_eq!(status.code(), Some(0), "{status}");
        }
    }
}

//! The end of the process. SQLCipher frees what its connections share in an exit handler, under the feet of a
//! connection thread that is just closing: a process that ended well would then die of a memory fault.
//!
//! A handler of ours, registered after SQLCipher's and so run before it, waits until the connections are closed.

#![expect(unsafe_code, reason = "exit handlers and SQLite's own count of its memory exist only as C functions")]

use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use libsqlite3_sys::{sqlite3_initialize, sqlite3_memory_used};

/// What SQLite holds while no connection is open.
static AT_REST: OnceLock<i64> = OnceLock::new();

/// Connections of which none has closed for so many rounds are closed by nobody, and waited for no longer.
const ROUNDS: u32 = 1_500;
const ROUND: Duration = Duration::from_millis(2);

/// Called before the first connection; later calls do nothing.
pub fn wait_for_connections() {
    AT_REST.get_or_init(|| {
        // OpenSSL has a handler of the same kind; this leaves it out.
        openssl_sys::init();
        // SAFETY: plain calls without arguments that SQLite allows at any time and from any thread.
        let at_rest = unsafe {
            sqlite3_initialize();
            sqlite3_memory_used()
        };
        // SAFETY: the handler is a plain function that does not unwind.
        unsafe { libc::atexit(until_closed) };
        at_rest
    });
}

extern "C" fn until_closed() {
    let at_rest = AT_REST.get().copied().unwrap_or_default();
    // SAFETY: as above; the count stays valid until SQLite is shut down, which comes after this.
    let used = || unsafe { sqlite3_memory_used() };
    let (mut held, mut unchanged) = (used(), 0);
    while held > at_rest && unchanged < ROUNDS {
        sleep(ROUND);
        let now = used();
        unchanged = if now == held { unchanged + 1 } else { 0 };
        held = now;
    }
}

//! The server's time. Stanzas carry it in seconds, the log of what people saw in milliseconds. A test that wants to
//! decide on it hands in its own.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that answers with UTC milliseconds.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn millis(&self) -> i64 {
        (self.0)()
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.millis() / 1000
    }
}

impl Default for Clock {
    #[allow(clippy::disallowed_methods, reason = "the one place where the emulator asks for the time")]
    fn default() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Clock({})", self.millis())
    }
}

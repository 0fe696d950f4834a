//! Which version of WhatsApp's web client a connection says it is. The server refuses clients that are too old.
//!
//! The newest one is asked for on the web once a day. A connection waits for the answer a few seconds only; without
//! one it goes by what is known: the newest version this number ever used, or the built-in one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ulak_core::clock::{DAY, Millis};
use whatsapp_rust::http::HttpClient;

use crate::http::Web;

pub type Version = (u32, u32, u32);

/// Known to be accepted when this was written.
const BUILT_IN: Version = (2, 3000, 1_042_742_319);
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Clone, Default)]
pub struct Versions(Arc<Mutex<Option<(Version, Millis)>>>);

impl Versions {
    /// `used` is what this number used last.
    pub async fn current(&self, web: &Web, used: Version, now: Millis) -> Version {
        let known = self.known();
        let newest = known.map_or(BUILT_IN, |(version, _)| version.max(BUILT_IN)).max(used);
        if cfg!(feature = "emulator") || known.is_some_and(|(_, at)| now - at < DAY) {
            return newest;
        }
        let (web, shared): (Arc<dyn HttpClient>, _) = (Arc::new(web.clone()), self.clone());
        // Goes on when the connection no longer waits, so that the next one finds the answer.
        let asking = tokio::spawn(async move {
            let found = whatsapp_rust::version::fetch_latest_app_version(&web).await.ok()?;
            *shared.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((found, now));
            Some(found)
        });
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok(Some(found))) => found.max(newest),
            _ => newest,
        }
    }

    fn known(&self) -> Option<(Version, Millis)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Waiting: on a condition, with a deadline. Nothing in these tests waits for a time to pass.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// What the window does at once, on a slow and busy computer.
pub const SOON: Duration = Duration::from_secs(20);
/// What takes a campaign its time.
pub const CAMPAIGN: Duration = Duration::from_secs(90);

/// A key, to the picture of the page after it.
const KEY: Duration = Duration::from_millis(100);

const LOOK: Duration = Duration::from_millis(60);

/// What typing this takes: the driver's keys come one by one, and the page answers each.
pub fn typing(text: &str) -> Duration {
    let keys = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    SOON.saturating_add(KEY.saturating_mul(keys))
}

/// Looks until it sees something; None when that did not come in time.
pub async fn until<T>(within: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    timeout(within, async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            sleep(LOOK).await;
        }
    })
    .await
    .ok()
}

//! What only the window sees; everything else is the core's own view of things.

use serde::Serialize;
use specta::Type;
use ulak_core::error::Problem;

/// Whether there is data to show, and if not, what the owner can do.
#[derive(Clone, Debug, Serialize, Type)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AppStatus {
    Open {
        /// To be shown once; there until the owner confirms it.
        recovery_code: Option<String>,
    },
    /// The first start on a computer without a keyring.
    NeedsPassphrase,
    Locked {
        reason: Problem,
    },
    Failed {
        error: Problem,
    },
}

#[derive(Clone, Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Country {
    pub code: String,
    pub calling_code: u16,
}

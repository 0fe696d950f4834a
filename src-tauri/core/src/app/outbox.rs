//! What waits to be sent and what became of it, whatever it belongs to.

use std::sync::Arc;

use super::common::{Common, facet};
use super::files::Files;
use super::{Campaigns, People};

/// Pausing and resuming everything, messages one by one, and single messages written by hand.
pub struct Outbox {
    pub(super) common: Common,
    pub(super) people: Arc<People>,
    pub(super) campaigns: Arc<Campaigns>,
    pub(super) files: Files,
}

facet!(Outbox);

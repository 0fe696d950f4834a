//! For whom a campaign is.

use serde::{Deserialize, Serialize};

use crate::contact::store::audience::Whom;
use crate::ids::{CampaignId, ContactId};
use crate::outbox::state::SkipReason;

/// Everyone, or whoever has one of the tags; or whom another campaign skipped; or one person, whom the owner writes to
/// directly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Audience {
    pub everyone: bool,
    pub tags: Vec<String>,
    #[serde(default)]
    pub only: Option<ContactId>,
    /// In place of all others: those whom another campaign left out.
    #[serde(default)]
    pub skipped: Option<SkippedOf>,
}

/// Whom a campaign skipped for one reason, and who has got nothing of it since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SkippedOf {
    pub campaign: CampaignId,
    pub reason: SkipReason,
}

impl Default for Audience {
    fn default() -> Self {
        Self { everyone: true, tags: Vec::new(), only: None, skipped: None }
    }
}

impl Audience {
    pub fn whom(&self) -> Whom<'_> {
        match (self.only, &self.skipped) {
            (Some(only), _) => Whom::One(only),
            (None, Some(skipped)) => Whom::Among(skipped),
            (None, None) if self.everyone => Whom::Everybody,
            (None, None) => Whom::Tagged(&self.tags),
        }
    }
}

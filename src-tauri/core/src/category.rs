//! What a message is for. Campaigns, templates and single messages carry it; `contact::permission` decides by it.

use serde::{Deserialize, Serialize};

use crate::stored::stored_words;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Category {
    /// Needs consent, and a contact that is on no list. What nobody named otherwise is one.
    #[default]
    Promotion,
    /// About something that happened between the business and the person.
    Notification,
    /// About something that the person owes or expects.
    Reminder,
}

stored_words!(Category { Promotion = "promotion", Notification = "notification", Reminder = "reminder" });

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Category {
    /// It concerns the person's own affairs, so it needs no consent and reaches the gray list too.
    pub fn is_transactional(self) -> bool {
        self != Self::Promotion
    }
}

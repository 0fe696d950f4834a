//! For whom a campaign is.

use serde::{Deserialize, Serialize};

use crate::contact::store::audience::Whom;
use crate::ids::ContactId;

/// Everyone, or whoever has one of the tags; or one person, whom the owner writes to directly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Audience {
    pub everyone: bool,
    pub tags: Vec<String>,
    #[serde(default)]
    pub only: Option<ContactId>,
}

impl Default for Audience {
    fn default() -> Self {
        Self { everyone: true, tags: Vec::new(), only: None }
    }
}

impl Audience {
    pub fn whom(&self) -> Whom<'_> {
        match self.only {
            Some(only) => Whom::One(only),
            None if self.everyone => Whom::Everybody,
            None => Whom::Tagged(&self.tags),
        }
    }
}

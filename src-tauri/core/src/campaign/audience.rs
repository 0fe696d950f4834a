//! For whom a campaign is, and what of a contact its messages need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::contact::permission::Facts;
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

#[derive(Clone, Debug)]
pub struct Person {
    pub id: ContactId,
    pub phone: String,
    pub name: String,
    pub email: String,
    pub fields: BTreeMap<String, String>,
    /// What decides whether they may be written to.
    pub facts: Facts,
}

impl Person {
    /// What a variable stands for; names are compared without regard to case.
    pub fn value(&self, variable: &str) -> Option<&str> {
        match variable {
            "name" => Some(&self.name),
            "phone" => Some(&self.phone),
            "email" => Some(&self.email),
            other => self.field(other),
        }
    }

    fn field(&self, variable: &str) -> Option<&str> {
        let exact = self.fields.get(variable);
        let folded = || {
            let wanted = variable.to_lowercase();
            self.fields.iter().find(|(name, _)| name.to_lowercase() == wanted).map(|(_, value)| value)
        };
        exact.or_else(folded).map(String::as_str)
    }
}

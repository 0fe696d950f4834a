//! What the owner does with many contacts at once, and taking it back.
//!
//! An act goes along the contacts in steps, each a transaction of its own that moves the act's own row with it. So
//! whatever ends it leaves whole steps, and the next start goes on behind the last one. It remembers whom it changed,
//! and what they were where that is needed, for as long as it can be taken back. Called by the app.

pub mod store;

use serde::{Deserialize, Serialize};

use super::{ContactQuery, Standing};
use crate::clock::{DAY, Millis};
use crate::ids::{ActId, ContactId};
use crate::page::Cursor;
use crate::stored::stored_words;

/// For so long an act can be taken back.
pub const KEPT: Millis = 30 * DAY;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Deed {
    Tag {
        tag: String,
    },
    Untag {
        tag: String,
    },
    /// Nobody leaves the black list this way.
    List {
        standing: Standing,
    },
    Delete,
    /// Two contacts of one person; done by `store::merge` alone.
    Merge {
        keep: ContactId,
        gone: ContactId,
    },
}

/// With whom something is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Chosen {
    These {
        ids: Vec<ContactId>,
    },
    /// All whom the query finds at that moment.
    Matching {
        query: Box<ContactQuery>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum ActState {
    Running,
    Done,
    Undoing,
    Undone,
}

stored_words!(ActState { Running = "running", Done = "done", Undoing = "undoing", Undone = "undone" });

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ActReport {
    pub id: ActId,
    pub deed: Deed,
    pub changed: u32,
    /// On the black list, which they do not leave this way.
    pub kept: u32,
    /// Contacts that taking it back made what they were.
    pub restored: u32,
    /// Contacts that stay as they are, because something else became of them since.
    pub left_out: u32,
    pub begun_at: Millis,
    pub state: ActState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ActPage {
    pub next: Option<Cursor>,
    pub rows: Vec<ActReport>,
}

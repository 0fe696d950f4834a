//! The states of a part.
//!
//! ```text
//! pending ──▶ sending ──▶ sent ──▶ delivered ──▶ read ──▶ played
//!    ▲  │        │ │  └──────────▶ (a receipt may arrive before the ack)
//!    │  │        │ └─▶ unknown ──▶ sending (same session, same wire id) · a receipt proves it was sent
//!    │  │        │        ├─▶ skipped (opted out) ──▶ delivered … (a receipt)
//!    │  │        │        └─▶ failed (outcome_unknown: ten repeats, a day, the owner's word, or its number is gone)
//!    │  │        └─▶ pending (a certain refusal that another try can help, or that shut the number) · failed
//!    │  └─▶ cancelled (by the owner, also what comes back afterwards) · skipped (opted out)
//!    └── failed ("retry failed": an explicit act, a new round) ──▶ delivered … (a receipt, where a try was of unknown outcome)
//! ```
//! Forward only: a late "delivered" does not undo "read". The table's CHECK knows the same names.

use serde::{Deserialize, Serialize};

use crate::contact::permission::Refusal;
use crate::media::MediaKind;
use crate::stored::stored_words;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum PartState {
    Pending,
    Sending,
    Sent,
    Delivered,
    Read,
    Played,
    Failed,
    Skipped,
    Cancelled,
    Unknown,
}

impl PartState {
    /// Nothing more will be sent for it. Ticks may still come.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Sending | Self::Unknown)
    }

    /// WhatsApp's server has it.
    pub fn was_accepted(self) -> bool {
        matches!(self, Self::Sent | Self::Delivered | Self::Read | Self::Played)
    }

    /// How far a part has come; receipts only ever raise it. The side exits take no receipts, but for parts that may have
    /// arrived: `receipt` knows of those by their tries.
    pub fn rank(self) -> Option<u8> {
        match self {
            Self::Sending | Self::Unknown => Some(1),
            Self::Sent => Some(2),
            Self::Delivered => Some(3),
            Self::Read => Some(4),
            Self::Played => Some(5),
            Self::Pending | Self::Failed | Self::Skipped | Self::Cancelled => None,
        }
    }

    /// The state after a receipt that says `reached`.
    #[must_use]
    pub fn after_receipt(self, reached: Self) -> Self {
        match (self.rank(), reached.rank()) {
            (Some(now), Some(then)) if then > now => reached,
            _ => self,
        }
    }
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "MessageOrigin")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Origin {
    Campaign,
    /// The owner wrote it to one person.
    Direct,
    Trigger,
    Api,
}

stored_words!(Origin { Campaign = "campaign", Direct = "direct", Trigger = "trigger", Api = "api" });

stored_words!(PartState {
    Pending = "pending",
    Sending = "sending",
    Sent = "sent",
    Delivered = "delivered",
    Read = "read",
    Played = "played",
    Failed = "failed",
    Skipped = "skipped",
    Cancelled = "cancelled",
    Unknown = "unknown",
});

/// Whether the parts of a queue may go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueState {
    /// Its scheduling is not complete.
    #[default]
    Building,
    Open,
    Paused,
    /// Nothing of it waits or is on its way.
    Done,
}

stored_words!(QueueState { Building = "building", Open = "open", Paused = "paused", Done = "done" });

/// How a part is shown in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum PartKind {
    Text,
    Image,
    Video,
    Document,
    Voice,
    Audio,
    Poll,
}

impl From<MediaKind> for PartKind {
    fn from(kind: MediaKind) -> Self {
        match kind {
            MediaKind::Image => Self::Image,
            MediaKind::Video => Self::Video,
            MediaKind::Document => Self::Document,
            MediaKind::Voice => Self::Voice,
            MediaKind::Audio => Self::Audio,
        }
    }
}

stored_words!(PartKind {
    Text = "text",
    Image = "image",
    Video = "video",
    Document = "document",
    Voice = "voice",
    Audio = "audio",
    Poll = "poll",
});

/// Why a contact gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum SkipReason {
    NoConsent,
    BlackList,
    GrayList,
    MissingVariable,
    OptedOut,
    Empty,
    NotCovered,
    Promoted,
    /// Somebody else of the audience is the same WhatsApp account.
    SamePerson,
    /// Two options of the poll become the same for them.
    SameOptions,
    /// Made up by Ulak to practise with, and the campaign is a real one.
    MadeUp,
}

stored_words!(SkipReason {
    NoConsent = "no_consent",
    BlackList = "black_list",
    GrayList = "gray_list",
    MissingVariable = "missing_variable",
    OptedOut = "opted_out",
    Empty = "empty",
    NotCovered = "not_covered",
    Promoted = "promoted",
    SamePerson = "same_person",
    SameOptions = "same_options",
    MadeUp = "made_up",
});

impl SkipReason {
    /// Another content could reach the person.
    pub fn is_of_content(self) -> bool {
        matches!(self, Self::MissingVariable | Self::Empty | Self::SameOptions)
    }
}

impl From<Refusal> for SkipReason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::OptedOut => Self::OptedOut,
            Refusal::BlackList => Self::BlackList,
            Refusal::GrayList => Self::GrayList,
            Refusal::NoConsent => Self::NoConsent,
            Refusal::Promoted => Self::Promoted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_delivered_does_not_undo_read() {
        assert_eq!(PartState::Read.after_receipt(PartState::Delivered), PartState::Read);
        assert_eq!(PartState::Unknown.after_receipt(PartState::Read), PartState::Read);
        assert_eq!(PartState::Cancelled.after_receipt(PartState::Read), PartState::Cancelled);
    }
}

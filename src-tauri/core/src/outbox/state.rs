//! The states of a part.
//!
//! ```text
//! pending ──▶ sending ──▶ sent ──▶ delivered ──▶ read ──▶ played
//!    ▲  │        │ │  └──────────▶ (a receipt may arrive before the ack)
//!    │  │        │ └─▶ unknown ──▶ sending (same session, same wire id) · a receipt proves it was sent
//!    │  │        │        └─▶ failed (outcome_unknown: ten repeats, a day, the owner's word, or its number is gone)
//!    │  │        └─▶ pending (a certain refusal that another try can help, or that shut the number) · failed
//!    │  └─▶ cancelled (by the owner, also what comes back afterwards) · skipped (opted out)
//!    └── failed ("retry failed": an explicit act, a new round) ──▶ delivered … (a receipt, where a try was of unknown outcome)
//! ```
//! Forward only: a late "delivered" does not undo "read". The table's CHECK knows the same names.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::media::MediaKind;

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
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Played,
        Self::Failed,
        Self::Skipped,
        Self::Cancelled,
        Self::Unknown,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Origin {
    Campaign,
    /// The owner wrote it to one person.
    Direct,
    Trigger,
    Api,
}

impl Origin {
    pub const ALL: [Self; 4] = [Self::Campaign, Self::Direct, Self::Trigger, Self::Api];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Direct => "direct",
            Self::Trigger => "trigger",
            Self::Api => "api",
        }
    }
}

impl FromStr for Origin {
    type Err = NoSuchState;
    fn from_str(text: &str) -> Result<Self, NoSuchState> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == text).ok_or(NoSuchState)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchState;

impl FromStr for PartState {
    type Err = NoSuchState;
    fn from_str(text: &str) -> Result<Self, NoSuchState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(NoSuchState)
    }
}

/// How a part is shown in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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

impl FromStr for PartKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(Self::Text),
            "poll" => Ok(Self::Poll),
            file => file.parse::<MediaKind>().map(Self::from),
        }
    }
}

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
}

impl SkipReason {
    pub const ALL: [Self; 7] = [
        Self::NoConsent,
        Self::BlackList,
        Self::GrayList,
        Self::MissingVariable,
        Self::OptedOut,
        Self::Empty,
        Self::NotCovered,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoConsent => "no_consent",
            Self::BlackList => "black_list",
            Self::GrayList => "gray_list",
            Self::MissingVariable => "missing_variable",
            Self::OptedOut => "opted_out",
            Self::Empty => "empty",
            Self::NotCovered => "not_covered",
        }
    }
}

impl FromStr for SkipReason {
    type Err = NoSuchState;
    fn from_str(text: &str) -> Result<Self, NoSuchState> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(NoSuchState)
    }
}

/// Causes that Ulak itself gives; a messenger may name others.
pub mod cause {
    /// An earlier part of the same message failed, so the rest would hang in the air.
    pub const EARLIER_PART: &str = "earlier_part";
    /// The app ended between handing the part over and learning the outcome.
    pub const INTERRUPTED: &str = "interrupted";
    /// The answer did not come in time.
    pub const NO_ANSWER: &str = "no_answer";
    /// What was to be sent could not be read from the database.
    pub const UNREADABLE: &str = "unreadable";
    /// The number was not connected, so nothing left the computer: no fault of the part's.
    pub const NOT_CONNECTED: &str = "not_connected";
    /// Its file is still on the way up: no fault of the part's either.
    pub const UPLOADING: &str = "uploading";
    /// Who it is for wants nothing, as the lookup of their phone has shown: the next look at the contact knows.
    pub const ASKED_TO_STOP: &str = "asked_to_stop";
    /// It may have arrived. Nobody found out: within a day, by ten repeats, or before its number was gone.
    pub const OUTCOME_UNKNOWN: &str = "outcome_unknown";
    /// The prepared picture is gone.
    pub const MEDIA_GONE: &str = "media_gone";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for state in PartState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for reason in SkipReason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
    }

    #[test]
    fn a_late_delivered_does_not_undo_read() {
        assert_eq!(PartState::Read.after_receipt(PartState::Delivered), PartState::Read);
        assert_eq!(PartState::Unknown.after_receipt(PartState::Read), PartState::Read);
        assert_eq!(PartState::Cancelled.after_receipt(PartState::Read), PartState::Cancelled);
    }
}

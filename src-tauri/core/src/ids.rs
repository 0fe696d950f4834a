//! Ids: one UUIDv7 newtype per thing, stored as 16-byte BLOBs.
//!
//! `IdGenerator` makes them from a given time, so that no id reads a clock; ids of one mint sort in the order
//! in which they were made, which is what keeps tables clustered and the queue first in, first out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{Sqlite, SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};
use uuid::{ContextV7, Timestamp, Uuid};

use crate::clock::Millis;

pub struct IdGenerator {
    context: ContextV7,
    now: Millis,
}

impl IdGenerator {
    pub fn at(now: Millis) -> Self {
        Self { context: ContextV7::new(), now }
    }

    pub fn next<T: From<Uuid>>(&self) -> T {
        let millis = self.now.max(0).unsigned_abs();
        let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
        T::from(Uuid::new_v7(Timestamp::from_unix(&self.context, millis / 1000, nanos)))
    }
}

/// Before every id that is made at this time or later.
pub fn first_at<T: From<Uuid>>(at: Millis) -> T {
    T::from(Uuid::from_u64_pair(at.max(0).unsigned_abs() << 16, 0))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "bindings", derive(specta::Type))]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }

        impl sqlx::Type<Sqlite> for $name {
            fn type_info() -> SqliteTypeInfo {
                <Uuid as sqlx::Type<Sqlite>>::type_info()
            }
            fn compatible(ty: &SqliteTypeInfo) -> bool {
                <Uuid as sqlx::Type<Sqlite>>::compatible(ty)
            }
        }

        impl<'q> sqlx::Encode<'q, Sqlite> for $name {
            fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
                <Uuid as sqlx::Encode<'q, Sqlite>>::encode_by_ref(&self.0, buffer)
            }
        }

        impl<'r> sqlx::Decode<'r, Sqlite> for $name {
            fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
                <Uuid as sqlx::Decode<'r, Sqlite>>::decode(value).map(Self)
            }
        }
    )+};
}

ids! {
    SessionId,
    ContactId,
    ImportId,
    ActId,
    CampaignId,
    TemplateId,
    /// A file in a draft or a template; the prepared content it leads to is named by its hash.
    MediaId,
    /// What a page said of itself when it was looked at.
    LinkPreviewId,
    MessageId,
    PartId,
    ReplyId,
    /// Who claims parts: one run of this program.
    ClaimerId,
    JobId,
    SegmentId,
    /// What a campaign said at one time.
    VersionId,
    /// A rule by which a campaign comes again.
    RepeatId,
    /// A backup that was tried.
    BackupId,
    WebhookId,
    /// One thing that a webhook is to be told.
    DeliveryId,
    MailId,
    /// What lets another program in.
    TokenId,
    /// A file that a program brought before the message that is to carry it.
    UploadId,
    /// Many messages that a program asked for at once.
    BulkId,
    TriggerId,
    /// Something that a program told, by which a trigger sends.
    TriggerEventId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_mint_sort_in_the_order_they_were_made() {
        let mint = IdGenerator::at(1_700_000_000_000);
        let ids: Vec<PartId> = (0..10_000).map(|_| mint.next()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_first_of_a_time_is_behind_all_that_were_made_before() {
        let now = 1_700_000_000_000;
        let first = first_at::<PartId>(now);
        assert!(IdGenerator::at(now).next::<PartId>() > first && IdGenerator::at(now - 1).next::<PartId>() < first);
    }
}

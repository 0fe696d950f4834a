//! Segments: filters over contacts that the owner can read, saved under a name and used as lists and audiences.
//!
//! `filter` is what a filter says and whether it can be asked, `matching` the rule as a pure function, `store` the same
//! rule as a fragment of SQL, the saved segments, and the values that fields are compared by. A test compares function
//! and fragment over random people and filters. A filter that cannot be read finds nobody: it is an error.

pub mod filter;
pub mod matching;
pub mod store;

use serde::{Deserialize, Serialize};

use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::ids::SegmentId;
use crate::params;
use filter::{Filter, FilterError};

/// A saved filter. One that cannot be read is listed without it, and nothing can be asked of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Segment {
    pub id: SegmentId,
    pub name: String,
    pub filter: Option<Filter>,
}

/// What the owner saves; without an id it is another segment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SegmentEdit {
    pub id: Option<SegmentId>,
    pub name: String,
    pub filter: Filter,
}

#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    #[error("This segment is no longer there. Choose another one.")]
    Gone,
    #[error("There is no segment \"{name}\".")]
    Unknown { name: String },
    #[error("Give the segment a name.")]
    NameMissing,
    #[error("The name has {length} characters; at most {limit} fit. Shorten it.")]
    NameTooLong { length: usize, limit: usize },
    #[error("There is a segment \"{name}\" already. Choose another name.")]
    NameTaken { name: String },
    #[error(
        "The conditions of the segment \"{name}\" cannot be read by this version of Ulak, so nobody is chosen by it. \
         Set its conditions anew, or delete it."
    )]
    Unreadable { name: String },
    #[error("The segment \"{name}\" is part of the audience of the draft \"{draft}\". Take it out there first.")]
    Used { name: String, draft: String },
    #[error("The segment \"{name}\" is part of the audience of a draft without a name. Take it out there first.")]
    UsedUnnamed { name: String },
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for SegmentError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Coded for SegmentError {
    fn code(&self) -> &'static str {
        match self {
            Self::Gone => "segment.gone",
            Self::Unknown { .. } => "segment.unknown",
            Self::NameMissing => "segment.name_missing",
            Self::NameTooLong { .. } => "segment.name_too_long",
            Self::NameTaken { .. } => "segment.name_taken",
            Self::Unreadable { .. } => "segment.unreadable",
            Self::Used { .. } => "segment.used",
            Self::UsedUnnamed { .. } => "segment.used_unnamed",
            Self::Filter(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Gone | Self::NameMissing => Params::new(),
            Self::NameTooLong { length, limit } => params! { length: length, limit: limit },
            Self::Unknown { name }
            | Self::NameTaken { name }
            | Self::Unreadable { name }
            | Self::UsedUnnamed { name } => params! { name: name },
            Self::Used { name, draft } => params! { name: name, draft: draft },
            Self::Filter(error) => error.params(),
            Self::Storage(error) => error.params(),
        }
    }
}

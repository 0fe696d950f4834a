//! Files of drafts, of templates and of versions of a campaign: prepared once, kept by their hash, put in order by the owner.
//!
//! A draft and a template refer to the same kept content, so using a template copies a few rows and no bytes.

pub mod store;

use serde::Serialize;

use super::{Attached, MediaKind};
use crate::clock::Millis;
use crate::error::Problem;
use crate::ids::{CampaignId, MediaId, TemplateId, VersionId};

/// To what a file belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Campaign(CampaignId),
    Template(TemplateId),
    /// As it was sent, which changes no more.
    Version(VersionId),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MediaItem {
    pub id: MediaId,
    pub name: String,
    pub kind: MediaKind,
    pub verdict: MediaVerdict,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<Millis>,
    pub pages: Option<u32>,
    /// Of a voice note: how loud it is over time, 0 to 100.
    pub waveform: Option<Vec<u8>>,
    pub bytes: i64,
    pub source_bytes: i64,
    /// Whether what is sent says where it was made.
    pub place: bool,
    /// A `data:` URL.
    pub thumbnail: Option<String>,
    #[serde(skip)]
    pub sha256: [u8; 32],
}

impl MediaItem {
    pub fn attached(&self) -> Attached {
        let name = self.kind.shows_name().then(|| self.name.as_str().into());
        Attached { sha256: self.sha256, kind: self.kind, name }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum MediaVerdict {
    Fine,
    Convert,
    /// It goes as a document, and why.
    Offer {
        reason: Problem,
    },
}

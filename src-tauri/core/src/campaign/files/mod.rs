//! Files of drafts and of templates: prepared once, kept by their hash, put in order by the owner.
//!
//! A draft and a template refer to the same kept content, so using a template copies a few rows and no bytes.

pub mod store;

use crate::ids::{CampaignId, TemplateId};

/// To what a file belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Campaign(CampaignId),
    Template(TemplateId),
}

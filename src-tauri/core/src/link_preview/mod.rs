//! Link previews: what a page says of itself, shown below a text that links to it.
//!
//! A page is looked at once, when the owner asks for it, and never by itself; what it said is kept as a row that changes no
//! more, which drafts, versions, templates and parts refer to. It goes with a text only while that text has the link. How
//! a request leaves is known to whoever implements `Web`.

pub mod fetch;
pub mod link;
pub mod page;
pub mod store;

use std::pin::Pin;
use std::time::Duration;

use data_encoding::BASE64;
use serde::Serialize;

use crate::error::{Coded, Params};
use crate::ids::LinkPreviewId;
use crate::params;
use crate::webhook::Setback;
use crate::webhook::address::Reach;
use link::Link;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkPreview {
    /// As it stands in the text.
    pub link: String,
    pub title: String,
    /// May be empty.
    pub description: String,
    /// A small JPEG; empty where the page has no picture.
    pub thumbnail: Vec<u8>,
}

/// A preview as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LinkCard {
    #[serde(skip)]
    pub id: LinkPreviewId,
    pub link: String,
    pub host: String,
    pub title: String,
    pub description: String,
    /// A `data:` URL.
    pub thumbnail: Option<String>,
}

impl LinkCard {
    pub fn of(id: LinkPreviewId, preview: LinkPreview) -> Self {
        let LinkPreview { link, title, description, thumbnail } = preview;
        let host = link::first(&link).map(|link| link.host).unwrap_or_default();
        let thumbnail =
            (!thumbnail.is_empty()).then(|| format!("data:image/jpeg;base64,{}", BASE64.encode(&thumbnail)));
        Self { id, link, host, title, description, thumbnail }
    }

    /// Whether it goes with this text: it is about the text's link, the same for everybody.
    pub fn belongs_to(&self, text: &str) -> bool {
        link::first(text).is_some_and(|link| !link.varies && link.text == self.link)
    }
}

/// The link of a text that can have a preview.
pub fn offered(text: &str) -> Result<Link, LinkPreviewError> {
    let link = link::first(text).ok_or(LinkPreviewError::NoLink)?;
    if link.varies { Err(LinkPreviewError::Varies) } else { Ok(link) }
}

/// A request for what stands at an address.
#[derive(Clone, Debug)]
pub struct Get {
    pub url: String,
    pub reach: Reach,
    /// So many bytes of it are read.
    pub most: usize,
    pub within: Duration,
}

/// What an address answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    Body {
        /// The `content-type`, or nothing.
        kind: String,
        bytes: Vec<u8>,
        /// Nothing comes behind these bytes.
        whole: bool,
    },
    /// It is at this address, which may be written as seen from the one that was asked.
    Elsewhere(String),
    /// It gives nothing, by this status.
    Status(u16),
}

pub type Getting<'a> = Pin<Box<dyn Future<Output = Result<Got, Setback>> + Send + 'a>>;

/// Whoever can reach pages. It follows no redirect, says nothing of the owner, and connects only to addresses that
/// `Reach::allows`.
pub trait Web: Send + Sync + 'static {
    fn get(&self, get: Get) -> Getting<'_>;
}

#[derive(Debug, thiserror::Error)]
pub enum LinkPreviewError {
    #[error("There is no link in the text.")]
    NoLink,
    #[error(
        "The link has a variable in it, so it leads everybody to another page. A preview needs the same link for all."
    )]
    Varies,
    #[error("Pages can be looked at only while Ulak is connected to the network; this one was opened without it.")]
    Offline,
    #[error("{host} could not be reached. Check the link and your internet connection, then try again.")]
    Unreachable { host: String },
    #[error("{host} leads into a private network. Ulak looks only at pages on the internet.")]
    Private { host: String },
    #[error("The connection to {host} is not safe: its certificate cannot be trusted. Check the link.")]
    Certificate { host: String },
    #[error("{host} does not show this page (status {status}). Open the link in a browser and check it.")]
    Refused { host: String, status: u16 },
    #[error("There is no page behind this link of {host}. Links to files have no preview.")]
    NotAPage { host: String },
    #[error("The page of {host} has no title, so there is nothing to show.")]
    NoTitle { host: String },
    #[error("{host} took too long to answer. Try again later.")]
    TooSlow { host: String },
    #[error("The page of {host} is too large, and its beginning has no title.")]
    TooLarge { host: String },
}

impl Coded for LinkPreviewError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoLink => "link_preview.no_link",
            Self::Varies => "link_preview.varies",
            Self::Offline => "link_preview.offline",
            Self::Unreachable { .. } => "link_preview.unreachable",
            Self::Private { .. } => "link_preview.private",
            Self::Certificate { .. } => "link_preview.certificate",
            Self::Refused { .. } => "link_preview.refused",
            Self::NotAPage { .. } => "link_preview.not_a_page",
            Self::NoTitle { .. } => "link_preview.no_title",
            Self::TooSlow { .. } => "link_preview.too_slow",
            Self::TooLarge { .. } => "link_preview.too_large",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::NoLink | Self::Varies | Self::Offline => Params::new(),
            Self::Refused { host, status } => params! { host: host, status: status },
            Self::Unreachable { host }
            | Self::Private { host }
            | Self::Certificate { host }
            | Self::NotAPage { host }
            | Self::NoTitle { host }
            | Self::TooSlow { host }
            | Self::TooLarge { host } => params! { host: host },
        }
    }
}

//! What the outbox needs of a number, and all that it knows about one: hand over a part, learn the outcome.
//! The practice number and real numbers implement it alike.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::cause::Cause;
use crate::clock::{Clock, Millis};
use crate::ids::PartId;
use crate::link_preview::LinkPreview;
use crate::media::File;

#[derive(Clone)]
pub struct Outgoing {
    pub part: PartId,
    /// The message id on the wire; the same at every try, so that a phone shows the part once.
    pub wire_id: String,
    /// E.164.
    pub to: String,
    pub content: Content,
    /// This number has talked with the person: no look-up is needed whether they are on WhatsApp.
    pub known: bool,
    /// Show "typing…" for a moment before a text.
    pub typing: bool,
    /// From this time on it is not handed to the wire: the sending hours are over.
    pub not_after: Option<Millis>,
    pub wanted: Arc<dyn Wanted>,
}

impl Outgoing {
    /// What a messenger answers instead of handing the part to the wire, which it asks at the last moment before: while
    /// a person was looked up and a file brought up, the sending hours may have closed, and the owner or the person may
    /// have wanted otherwise.
    pub async fn held_back(&self, clock: &dyn Clock) -> Option<Outcome> {
        let cause = match self.wanted.is_wanted().await {
            false => Cause::HeldBack,
            true if self.not_after.is_some_and(|end| clock.now() >= end) => Cause::HoursClosed,
            true => return None,
        };
        Some(Outcome::Refused(cause))
    }
}

/// Knows whether a part that was claimed may still go: it may have been paused, cancelled or forbidden since.
pub trait Wanted: Send + Sync {
    fn is_wanted(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

#[derive(Clone, Debug)]
pub enum Content {
    Text {
        text: String,
        preview: Option<Arc<LinkPreview>>,
    },
    Media {
        file: Arc<File>,
        caption: Option<String>,
        /// What a document is called on the recipient's phone.
        name: Option<String>,
    },
    /// `text` asks, the person picks one.
    Poll {
        text: String,
        options: Vec<String>,
    },
}

impl Content {
    /// A text without a preview.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), preview: None }
    }
}

/// What is known after a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// WhatsApp's server has it.
    Accepted,
    /// It certainly did not reach WhatsApp's server.
    Refused(Cause),
    /// It may or may not have reached it: only the same session may try again, under the same wire id.
    Unknown(Cause),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReceiptKind {
    Delivered,
    Read,
    Played,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub wire_id: String,
    pub kind: ReceiptKind,
    pub at: Millis,
}

/// A receipt on its way into the database. `confirm` is answered once it is there; dropped, it asks to be told again.
pub struct Arrived {
    pub receipt: Receipt,
    pub confirm: Option<oneshot::Sender<()>>,
}

impl From<Receipt> for Arrived {
    fn from(receipt: Receipt) -> Self {
        Self { receipt, confirm: None }
    }
}

pub type Sending<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
pub type LookingUp<'a> = Pin<Box<dyn Future<Output = Result<(), Cause>> + Send + 'a>>;

pub trait Messenger: Send + Sync + 'static {
    fn send(&self, part: Outgoing) -> Sending<'_>;

    /// Finds out which of these phones the messenger knows, and tells it by signals, which are kept when this returns.
    /// One that knows everybody has nothing to find out.
    fn look_up(&self, _phones: Vec<String>) -> LookingUp<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// The wait between two sends where it is not the pace of the number: one that reaches nobody may hurry, and has
    /// several parts on their way at once then.
    fn gap(&self) -> Option<Millis> {
        None
    }
}

//! Webhooks: other programs are told of changes by a request to a URL of their own.
//!
//! A webhook is a reader of the feed with a place of its own. What it is to be told is put down as a delivery in the
//! transaction that moves its place, so nothing is left out. A delivery goes out **at least once**, with the same id each
//! time, and the deliveries about one message in their order: the next waits until the one before it was taken or given
//! up. It names what it is about and carries nothing of it; what is said is read when it is said, so what was erased or
//! cleared meanwhile is not told. How a request leaves is known to whoever implements `Poster`.

pub mod address;
pub mod schedule;
pub mod signature;
pub mod store;

use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::error::{Coded, Params};
use crate::feed::{Change, Thing};
use crate::ids::{DeliveryId, WebhookId};
use crate::params;
use crate::stored::stored_words;
use address::Reach;
use signature::Secret;

/// So many deliveries wait for one webhook at most. Beyond them it reads no further, and the feed keeps what comes.
pub const MOST_WAITING: i64 = 10_000;
/// So many webhooks there are at most: each reads the feed by itself.
pub const MOST_WEBHOOKS: usize = 20;
/// How long a receiver may take to answer.
pub const ANSWER_WITHIN: Millis = 15_000;

/// What a webhook is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Topic {
    /// What became of messages.
    Messages,
    Replies,
    OptOuts,
    Numbers,
    /// A campaign is finished or was cancelled.
    Campaigns,
    /// The real credits run low.
    Credits,
}

/// Why a webhook is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum PausedFor {
    Owner,
    /// Its receiver answered that it is gone.
    Gone,
}

stored_words!(PausedFor { Owner = "owner", Gone = "gone" });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub id: WebhookId,
    pub name: String,
    pub url: String,
    /// It may lie in the owner's own network.
    pub near: bool,
    pub topics: Vec<Topic>,
    pub secret: Secret,
    /// Of the last change that it has read.
    pub seq: i64,
    pub created_at: Millis,
    pub paused: Option<PausedFor>,
    /// How many tries failed in a row.
    pub failures: u32,
    /// Nothing is tried before.
    pub rests_until: Option<Millis>,
    /// When something was taken last.
    pub answered_at: Option<Millis>,
    /// What had ever been put in when it was last told that the credits run low.
    pub low_told: Option<i64>,
}

impl Webhook {
    /// The event by which it is told of a change; none where it is not.
    pub fn event(&self, change: &Change) -> Option<String> {
        let wants = |topic: Topic| self.topics.contains(&topic);
        let state = change.state.as_str();
        match change.thing {
            Thing::Part => wants(Topic::Messages).then(|| format!("message.{state}")),
            Thing::Reply => {
                let wanted = wants(Topic::Replies) || wants(Topic::OptOuts) && state == "stop";
                wanted.then(|| "reply.received".to_owned())
            }
            Thing::Contact => (wants(Topic::OptOuts) && state == "black").then(|| "contact.opted_out".to_owned()),
            Thing::Number => wants(Topic::Numbers).then(|| format!("number.{state}")),
            Thing::Queue => match state {
                "done" => wants(Topic::Campaigns).then(|| "campaign.finished".to_owned()),
                "cancelled" => wants(Topic::Campaigns).then(|| "campaign.cancelled".to_owned()),
                _ => None,
            },
        }
    }
}

/// The feed was pruned beyond the place of a webhook.
pub const MISSED: &str = "changes.missed";
/// The real credits run low.
pub const CREDITS_LOW: &str = "credits.low";
/// What the test button sends.
pub const TEST: &str = "ulak.test";

/// One thing that a webhook is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub event: String,
    /// What it is about: a part, a reply, a contact, a number, a queue, by the event.
    pub about: uuid::Uuid,
    pub created_at: Millis,
    pub due_at: Millis,
    pub tries: u32,
    pub first_tried_at: Option<Millis>,
}

/// Why a receiver did not take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Setback {
    /// It answered with a status that is no success.
    Status,
    /// It answered with another address, which is not followed.
    Redirect,
    TimedOut,
    Unreachable,
    /// Its certificate is not one that can be trusted.
    Certificate,
    /// What it answered is no HTTP.
    Garbage,
    /// Its name leads to an address that a webhook may not reach.
    Address,
}

stored_words!(Setback {
    Status = "status",
    Redirect = "redirect",
    TimedOut = "timed_out",
    Unreachable = "unreachable",
    Certificate = "certificate",
    Garbage = "garbage",
    Address = "address",
});

/// A request as it leaves.
#[derive(Clone)]
pub struct Post {
    pub url: String,
    pub reach: Reach,
    /// `webhook-id`, the same at every try.
    pub id: String,
    /// `webhook-timestamp`, in seconds.
    pub timestamp: i64,
    /// `webhook-signature`.
    pub signature: String,
    /// JSON.
    pub body: String,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered with this status.
    Status(u16),
    Nothing(Setback),
}

pub type Posting<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Whoever can reach a URL. It answers within `ANSWER_WITHIN`, follows no redirect, and connects only to addresses that
/// `Reach::allows`.
pub trait Poster: Send + Sync + 'static {
    fn post(&self, post: Post) -> Posting<'_>;
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Taken(u16),
    /// The receiver wants nothing any more.
    Gone,
    Failed(Setback, Option<u16>),
}

impl Answer {
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Status(status @ 200..=299) => Verdict::Taken(status),
            Self::Status(410) => Verdict::Gone,
            Self::Status(status @ 300..=399) => Verdict::Failed(Setback::Redirect, Some(status)),
            Self::Status(status) => Verdict::Failed(Setback::Status, Some(status)),
            Self::Nothing(setback) => Verdict::Failed(setback, None),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("This is not an address that Ulak can tell changes to: {0}")]
    Address(#[from] address::AddressError),
    #[error("Choose at least one thing to be told of.")]
    NoTopic,
    #[error("Ulak tells at most {} addresses.", MOST_WEBHOOKS)]
    TooMany,
    #[error("This webhook is no longer there.")]
    NotFound,
    #[error("Requests leave only while Ulak is connected to the network; this one was opened without it.")]
    Offline,
    #[error("\"{name}\" did not take some changes for a whole day, so Ulak gave them up. You can send them again.")]
    GaveUp { name: String },
    #[error("\"{name}\" answered that it is gone, so Ulak tells it nothing more until you let it go on.")]
    Gone { name: String },
    #[error(transparent)]
    Storage(#[from] crate::db::StorageError),
}

impl Coded for WebhookError {
    fn code(&self) -> &'static str {
        match self {
            Self::Address(error) => error.code(),
            Self::NoTopic => "webhook.no_topic",
            Self::TooMany => "webhook.too_many",
            Self::NotFound => "webhook.not_found",
            Self::Offline => "webhook.offline",
            Self::GaveUp { .. } => "webhook.gave_up",
            Self::Gone { .. } => "webhook.gone",
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::TooMany => params! { most: MOST_WEBHOOKS },
            Self::GaveUp { name } | Self::Gone { name } => params! { name: name },
            Self::Storage(error) => error.params(),
            _ => Params::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdGenerator;

    fn webhook(topics: &[Topic]) -> Webhook {
        Webhook {
            id: IdGenerator::at(0).next(),
            name: "Shop".to_owned(),
            url: "https://shop.example/hook".to_owned(),
            near: false,
            topics: topics.to_vec(),
            secret: Secret::of([7; 32]),
            seq: 0,
            created_at: 0,
            paused: None,
            failures: 0,
            rests_until: None,
            answered_at: None,
            low_told: None,
        }
    }

    #[test]
    fn a_webhook_is_told_of_its_topics_and_of_nothing_else() {
        let told = |topics: &[Topic], thing, state: &str| {
            let change = Change { seq: 1, thing, id: uuid::Uuid::nil(), state: state.to_owned() };
            webhook(topics).event(&change)
        };
        let some = |event: &str| Some(event.to_owned());
        assert_eq!(told(&[Topic::Messages], Thing::Part, "sent"), some("message.sent"));
        assert_eq!(told(&[Topic::Replies], Thing::Part, "sent"), None);
        assert_eq!(told(&[Topic::Replies], Thing::Reply, "received"), some("reply.received"));
        assert_eq!(told(&[Topic::OptOuts], Thing::Reply, "received"), None);
        assert_eq!(told(&[Topic::OptOuts], Thing::Reply, "stop"), some("reply.received"));
        assert_eq!(told(&[Topic::OptOuts], Thing::Contact, "black"), some("contact.opted_out"));
        assert_eq!(told(&[Topic::OptOuts], Thing::Contact, "gray"), None);
        assert_eq!(told(&[Topic::Numbers], Thing::Number, "logged_out"), some("number.logged_out"));
        assert_eq!(told(&[Topic::Campaigns], Thing::Queue, "done"), some("campaign.finished"));
        assert_eq!(told(&[Topic::Campaigns], Thing::Queue, "paused"), None);
        assert_eq!(told(&[Topic::Credits], Thing::Queue, "done"), None);
    }

    #[test]
    fn only_a_success_takes_it() {
        let verdict = |status| Answer::Status(status).verdict();
        assert_eq!(verdict(204), Verdict::Taken(204));
        assert_eq!(verdict(301), Verdict::Failed(Setback::Redirect, Some(301)));
        assert_eq!(verdict(410), Verdict::Gone);
        assert_eq!(verdict(500), Verdict::Failed(Setback::Status, Some(500)));
        assert_eq!(Answer::Nothing(Setback::TimedOut).verdict(), Verdict::Failed(Setback::TimedOut, None));
    }
}

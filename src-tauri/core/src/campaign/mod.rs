//! Campaigns: composed as drafts, checked, priced, scheduled into the outbox, paused, cancelled.
//!
//! A draft is a row; scheduling freezes it and hands every contact's rendered message to the outbox. What became
//! of a campaign after that is read from the outbox: "finished" is a query, not a column.

pub mod audience;
pub mod compose;
pub mod doing;
pub mod draft;
pub mod estimate;
pub mod forecast;
pub mod hints;
pub mod list;
pub mod live;
pub mod repeat;
pub mod report;
pub mod review;
pub mod revise;
pub mod schedule;
pub mod store;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::contact::segment::SegmentError;
use crate::db::StorageError;
use crate::error::{Coded, Params, Problem, because};
use crate::ledger::LedgerError;
use crate::params;
use crate::template::choice::{OPTION_LIMIT, QUESTION_LIMIT};
use crate::template::{ChoiceError, TemplateError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum CampaignState {
    Draft,
    Scheduled,
    Running,
    Paused,
    Finished,
    Cancelled,
}

#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    #[error("This campaign is no longer there.")]
    Gone,
    #[error("This campaign is no longer a draft, so it cannot be changed here.")]
    NotADraft,
    #[error("Nothing of this message waits any more, so it cannot be cancelled.")]
    NotWaiting,
    #[error("Nothing of this message can be sent again: nothing of it has failed, or its contact may get nothing.")]
    NotFailed,
    #[error("This campaign was cancelled. Duplicate it to send it again.")]
    Cancelled,
    #[error(
        "The text and the files of this campaign were cleared after the days that you set, so nothing of it can be sent again or copied. Its figures stay."
    )]
    Cleared,
    #[error(
        "The text and the files of this message were cleared after the days that you set, so it cannot be sent again."
    )]
    MessageCleared,
    #[error("This campaign waits for no answer any more: it was answered already, or has begun.")]
    NotMissed,
    #[error("This campaign is still a draft: nothing of it is on its way.")]
    NotScheduled,
    #[error("This campaign is still being scheduled. Wait until that is done, or cancel it.")]
    BeingScheduled,
    #[error("This campaign is over: nothing of it waits any more.")]
    Over,
    #[error("This campaign is being revised at this moment. Wait until that is done.")]
    BeingRevised,
    #[error("This message is on its way or was sent already, so it cannot be changed any more.")]
    Fixed,
    #[error(
        "What was scheduled for practice stays practice, and what goes to real people stays real. Choose numbers of the same kind."
    )]
    OtherBook,
    #[error("This never comes: no day fits. Choose days, or a later end.")]
    NeverComes,
    #[error("\"{name}\" came again and could not be scheduled: {reason} It stands among your drafts.")]
    NotRepeated { name: String, reason: Problem },
    #[error(
        "What this rule sends was changed and is not confirmed yet, so nothing of it goes out. Look at it and confirm it first."
    )]
    NotApproved,
    #[error(
        "\"{name}\" was left out on {day}: Ulak was closed for too long, or what it sends was not confirmed. It can still go out; see \"Repeating and occasions\"."
    )]
    LeftOut { name: String, day: NaiveDate },
    #[error("This time is past. Choose one that is to come.")]
    Past,
    #[error(
        "The revision of \"{name}\" was cut off: {reason} Nothing of it goes out before everybody has the new content. Ulak goes on with it at the next start, and when credits come in."
    )]
    RevisionCutOff { name: String, reason: Problem },
    #[error("Meanwhile it is {people} people who may see the message twice. Look again and decide anew.")]
    OtherDoubt { people: i64 },
    #[error(
        "The scheduling of \"{name}\" was cut off and could not be finished: {reason} Schedule it again to go on, or cancel it. Nothing of it goes out before."
    )]
    Unfinished { name: String, reason: Problem },
    #[error("There is nothing to send yet. Write a text or add a photo.")]
    Empty,
    #[error("Nobody would get this campaign. Choose an audience that has contacts, and see who is skipped and why.")]
    Nobody,
    #[error("The hours of this campaign and your sending hours have no time in common. Choose other hours for it.")]
    NeverOpen,
    #[error("No number is chosen. Choose at least one that may send.")]
    NoNumber,
    #[error("No contact has a field \"{name}\". Take the variable away, or bring in a list with that column.")]
    UnknownVariable { name: String },
    #[error("No contact has a field \"{name}\". \"{nearest}\" is there; write that if it is meant.")]
    Misspelt { name: String, nearest: String },
    #[error("This contact is on the black or the gray list, or withdrew their consent, and gets nothing.")]
    Unwanted,
    #[error("For this person two answers of the poll read the same. Change an answer, or what is filled in for them.")]
    SameOptions,
    #[error(
        "This contact got a promotion a short time ago. Wait until the days that you set are over, or say that this is \
         not a promotion."
    )]
    Promoted,
    #[error(
        "For {people} contacts the text is longer than a caption may be ({limit}). Shorten it, or let it go as its own part after the photo, which costs each of them a text more."
    )]
    CaptionTooLong { people: i64, limit: usize },
    #[error("For {people} contacts the text is longer than WhatsApp takes ({limit} characters). Shorten it by {over}.")]
    TextTooLong { people: i64, limit: usize, over: usize },
    #[error(
        "For {people} contacts the question or an answer of the poll is longer than WhatsApp takes ({QUESTION_LIMIT} and {OPTION_LIMIT} characters). Shorten it."
    )]
    PollTooLong { people: i64 },
    #[error("{variable} is empty for this contact. Show another contact in the preview, or give a fallback.")]
    TestMissing { variable: String },
    #[error(transparent)]
    Segment(#[from] SegmentError),
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("{0}")]
    Media(#[from] ulak_media::Refusal),
    #[error("A campaign takes at most {most} files.")]
    TooManyFiles { most: usize },
    #[error(
        "Practice and real numbers cannot send one campaign together. Choose only the practice number, or only real ones."
    )]
    MixedNumbers,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for CampaignError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Coded for CampaignError {
    fn code(&self) -> &'static str {
        match self {
            Self::Gone => "campaign.gone",
            Self::NotADraft => "campaign.not_a_draft",
            Self::NotWaiting => "message.not_waiting",
            Self::NotFailed => "message.not_failed",
            Self::Cancelled => "campaign.cancelled",
            Self::Cleared => "campaign.cleared",
            Self::MessageCleared => "message.cleared",
            Self::NotMissed => "campaign.not_missed",
            Self::NotScheduled => "campaign.not_scheduled",
            Self::BeingScheduled => "campaign.being_scheduled",
            Self::Over => "campaign.over",
            Self::BeingRevised => "campaign.being_revised",
            Self::Fixed => "message.fixed",
            Self::OtherBook => "campaign.other_book",
            Self::NeverComes => "repeat.never_comes",
            Self::NotRepeated { .. } => "repeat.not_scheduled",
            Self::NotApproved => "repeat.not_confirmed",
            Self::LeftOut { .. } => "repeat.left_out",
            Self::Past => "campaign.past",
            Self::RevisionCutOff { .. } => "campaign.revision_cut_off",
            Self::OtherDoubt { .. } => "campaign.other_doubt",
            Self::Unfinished { .. } => "campaign.unfinished",
            Self::Empty => "campaign.empty",
            Self::Nobody => "campaign.nobody",
            Self::NeverOpen => "campaign.never_open",
            Self::NoNumber => "campaign.no_number",
            Self::UnknownVariable { .. } => "campaign.unknown_variable",
            Self::Misspelt { .. } => "campaign.misspelt_variable",
            Self::Unwanted => "campaign.unwanted",
            Self::Promoted => "campaign.promoted",
            Self::SameOptions => "campaign.same_options",
            Self::CaptionTooLong { .. } => "campaign.caption_too_long",
            Self::TextTooLong { .. } => "campaign.text_too_long",
            Self::PollTooLong { .. } => "choice.too_long",
            Self::TestMissing { .. } => "campaign.test_missing",
            Self::Segment(error) => error.code(),
            Self::Choice(error) => error.code(),
            Self::Template(error) => error.code(),
            Self::Media(refusal) => refusal.code(),
            Self::TooManyFiles { .. } => "campaign.too_many_files",
            Self::MixedNumbers => "campaign.mixed_numbers",
            Self::Ledger(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::CaptionTooLong { people, limit } => params! { people: people, limit: limit },
            Self::TextTooLong { people, limit, over } => params! { people: people, limit: limit, over: over },
            Self::OtherDoubt { people } => params! { people: people },
            Self::PollTooLong { people } => params! { n: people, question: QUESTION_LIMIT, option: OPTION_LIMIT },
            Self::TestMissing { variable } => params! { variable: variable },
            Self::Unfinished { name, reason }
            | Self::RevisionCutOff { name, reason }
            | Self::NotRepeated { name, reason } => because(params! { name: name }, reason),
            Self::LeftOut { name, day } => params! { name: name, day: day },
            Self::Segment(error) => error.params(),
            Self::Choice(error) => error.params(),
            Self::Template(error) => error.params(),
            Self::Media(refusal) => refusal.params(),
            Self::TooManyFiles { most } => params! { most: most },
            Self::Ledger(error) => error.params(),
            Self::Storage(error) => error.params(),
            Self::Gone
            | Self::NotADraft
            | Self::NotWaiting
            | Self::NotFailed
            | Self::Cancelled
            | Self::Cleared
            | Self::MessageCleared
            | Self::NotMissed
            | Self::NotScheduled
            | Self::BeingScheduled
            | Self::BeingRevised
            | Self::Fixed
            | Self::OtherBook
            | Self::Past
            | Self::NeverComes
            | Self::NotApproved
            | Self::Over
            | Self::Empty
            | Self::Nobody
            | Self::NeverOpen
            | Self::NoNumber
            | Self::Unwanted
            | Self::Promoted
            | Self::SameOptions
            | Self::MixedNumbers => Params::new(),
            Self::UnknownVariable { name } => params! { name: name },
            Self::Misspelt { name, nearest } => params! { name: name, variable: nearest },
        }
    }
}

//! A draft: what the owner composes. Saved whole on every pause in typing.

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use super::audience::{Audience, Frozen, Target, WaitingOf};
use super::compose::{CAPTION_LIMIT, Content, TEXT_LIMIT, carrier};
use super::{CampaignError, CampaignState};
use crate::category::Category;
use crate::clock::Millis;
use crate::contact::permission::{Moment, Purpose};
use crate::contact::store::audience::Chosen;
use crate::ids::{CampaignId, MessageId, RepeatId, SessionId};
use crate::ledger::Book;
use crate::link_preview::LinkCard;
use crate::media::attachment::MediaItem;
use crate::outbox::price::Prices;
use crate::outbox::state::QueueState;
use crate::outbox::store::queue;
use crate::outbox::window::{DayHours, SendingHours};
use crate::settings;
use crate::stored::stored_words;
use crate::template::{Choice, Template, whole_text};
use crate::text::is_blank;

/// What a draft begins with, between 1 (first) and 10.
pub const USUAL_PRIORITY: u8 = 5;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Draft {
    pub id: CampaignId,
    pub name: String,
    pub text: String,
    pub choice: Option<Choice>,
    pub audience: Audience,
    pub media: Vec<MediaItem>,
    /// Kept also while the text does not have its link.
    pub link_preview: Option<LinkCard>,
    pub split_long_caption: bool,
    /// None is "now".
    pub due_at: Option<Millis>,
    pub priority: u8,
    pub session_ids: Vec<SessionId>,
    /// Practice may leave the sending hours aside; real numbers always keep them.
    pub keep_hours: bool,
    /// Hours of its own, inside the sending hours.
    pub hours: Option<DayHours>,
    /// Its hours are on the clock of each person's country.
    pub local_hours: bool,
    /// What it is for.
    pub category: Category,
    /// Why these people may be written to; empty when the owner states none.
    pub consent_basis: String,
    pub updated_at: Millis,
    /// What it is to take the place of, where it is the draft of a revision.
    pub revises: Option<Revises>,
    /// The rule whose pattern it is.
    pub repeat: Option<RepeatId>,
    /// One more with every save, so that scheduling freezes what it has looked at.
    #[serde(skip)]
    pub version: i64,
    /// The owner chose to leave out whom the credits do not cover.
    #[serde(skip)]
    pub only_covered: bool,
    /// What its segments asked when it was scheduled; none in a draft.
    #[serde(skip)]
    pub frozen: Option<Frozen>,
    #[serde(skip)]
    pub book: Book,
    #[serde(skip)]
    pub state: StoredState,
}

/// What waits of a campaign, or the message of one person in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Revises {
    pub campaign: CampaignId,
    pub message: Option<MessageId>,
}

/// What the owner changes by typing; files have their own commands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DraftEdit {
    pub id: CampaignId,
    pub name: String,
    pub text: String,
    pub choice: Option<Choice>,
    pub audience: Audience,
    pub split_long_caption: bool,
    pub due_at: Option<Millis>,
    pub priority: u8,
    pub session_ids: Vec<SessionId>,
    pub keep_hours: bool,
    pub hours: Option<DayHours>,
    pub local_hours: bool,
    pub category: Category,
    pub consent_basis: String,
}

/// What the row says; the rest of a campaign's state is read from the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredState {
    Draft,
    Scheduling,
    Scheduled,
    Cancelled,
}

stored_words!(StoredState {
    Draft = "draft",
    Scheduling = "scheduling",
    Scheduled = "scheduled",
    Cancelled = "cancelled",
});

impl StoredState {
    /// The state as the owner knows it.
    pub fn shown(self, queue: Option<QueueState>, open: i64, tried: bool, due: bool) -> CampaignState {
        match self {
            Self::Draft => CampaignState::Draft,
            Self::Cancelled => CampaignState::Cancelled,
            Self::Scheduling => CampaignState::Scheduled,
            Self::Scheduled if open == 0 => CampaignState::Finished,
            Self::Scheduled if queue == Some(QueueState::Paused) => CampaignState::Paused,
            Self::Scheduled if tried || due => CampaignState::Running,
            Self::Scheduled => CampaignState::Scheduled,
        }
    }
}

impl Draft {
    /// It as the owner would save it.
    pub fn edit(self) -> DraftEdit {
        DraftEdit {
            id: self.id,
            name: self.name,
            text: self.text,
            choice: self.choice,
            audience: self.audience,
            split_long_caption: self.split_long_caption,
            due_at: self.due_at,
            priority: self.priority,
            session_ids: self.session_ids,
            keep_hours: self.keep_hours,
            hours: self.hours,
            local_hours: self.local_hours,
            category: self.category,
            consent_basis: self.consent_basis,
        }
    }

    pub fn content(&self) -> Result<Content, CampaignError> {
        Ok(Content {
            template: Template::parse(&self.whole_text())?,
            offer: self.choice.as_ref().map(Choice::offer).transpose()?.flatten(),
            media: self.media.iter().map(MediaItem::attached).collect(),
            link_preview: self.sent_link_preview().map(|card| card.id),
            purpose: self.purpose(),
            to_made_up: self.book == Book::Practice,
        })
    }

    /// Nobody has written, added or chosen anything yet: it is as it was made over the practice number or over all linked
    /// ones.
    pub fn is_untouched(&self, linked: &[SessionId]) -> bool {
        let (practice, chosen) = (self.book == Book::Practice, &self.session_ids);
        let over_all = linked.len() == chosen.len() && linked.iter().all(|number| chosen.contains(number));
        self.state == StoredState::Draft
            && self.revises.is_none()
            && self.repeat.is_none()
            && [&self.name, &self.text, &self.consent_basis].into_iter().all(|text| is_blank(text))
            && self.choice.is_none()
            && self.media.is_empty()
            && self.link_preview.is_none()
            && self.audience == Audience::default()
            && self.category == Category::default()
            && self.due_at.is_none()
            && self.priority == USUAL_PRIORITY
            && self.hours.is_none()
            && !self.local_hours
            && !self.split_long_caption
            && self.keep_hours != practice
            && if practice { chosen.len() == 1 } else { over_all }
    }

    /// When it goes out, at the earliest.
    pub fn leaves_at(&self, now: Millis) -> Millis {
        self.due_at.unwrap_or(now).max(now)
    }

    /// The same with what is asked of people at that time.
    pub async fn moment(&self, db: &mut SqliteConnection, now: Millis) -> Result<Moment, sqlx::Error> {
        let promotion_gap = settings::load(db).await?.promotion_gap();
        Ok(Moment { at: self.leaves_at(now), promotion_gap })
    }

    /// At which it is priced: those of this moment, or of when its scheduling began or it was revised.
    pub async fn prices(&self, db: &mut SqliteConnection) -> Result<Prices, sqlx::Error> {
        match queue::prices(db, self.id).await? {
            Some(prices) => Ok(prices),
            None => Ok(settings::load(db).await?.prices),
        }
    }

    /// For whom it is at this moment, or was when it was scheduled.
    pub async fn target(&self, db: &mut SqliteConnection, now: Millis) -> Result<Target, CampaignError> {
        if let Some(Revises { campaign, message: None }) = self.revises {
            return Ok(Target::Waiting(WaitingOf(campaign), Chosen::everybody(now)));
        }
        Ok(match &self.frozen {
            Some(frozen) => self.audience.target(frozen)?,
            None => self.audience.target(&self.audience.freeze(db, now).await?)?,
        })
    }

    pub fn purpose(&self) -> Purpose {
        Purpose { category: self.category, on_basis: !is_blank(&self.consent_basis) }
    }

    /// With numbered answers at its end.
    pub fn whole_text(&self) -> String {
        whole_text(&self.text, self.choice.as_ref())
    }

    /// The preview that goes with the text.
    pub fn sent_link_preview(&self) -> Option<&LinkCard> {
        self.link_preview.as_ref().filter(|card| card.belongs_to(&self.text))
    }

    /// With one file that can carry it the text is its caption.
    pub fn has_caption(&self) -> bool {
        carrier(self.media.iter().map(|file| file.kind)).is_some()
    }

    pub fn text_limit(&self) -> usize {
        if self.has_caption() { CAPTION_LIMIT } else { TEXT_LIMIT }
    }

    /// Real numbers keep the sending hours whatever a draft says, except for what the owner writes to one person.
    pub fn keeps_hours(&self) -> bool {
        self.keep_hours || (self.book == Book::Real && self.audience.only.is_none())
    }

    /// The hours that it keeps; none where it goes at any time.
    pub fn hours_of(&self, owners: &SendingHours) -> Option<SendingHours> {
        owners.kept(self.keeps_hours(), self.hours)
    }
}

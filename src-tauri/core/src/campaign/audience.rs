//! For whom a campaign is.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use crate::clock::Millis;
use crate::contact::segment::SegmentError;
use crate::contact::segment::filter::{Filter, Today};
use crate::contact::segment::store as segments;
use crate::contact::store::audience::{Chosen, Group, Whom};
use crate::ids::{CampaignId, ContactId, RepeatId, SegmentId};
use crate::outbox::state::SkipReason;
use crate::settings::{self, zone_name};

/// Everyone, or whoever has one of the tags, is in one of the segments or is one of the people, or whom another campaign
/// skipped, without others; or one person, whom the owner writes to directly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Audience {
    pub everyone: bool,
    pub tags: Vec<String>,
    #[serde(default)]
    pub segments: Vec<SegmentId>,
    #[serde(default)]
    pub people: Vec<ContactId>,
    /// Who gets nothing although they are among those.
    #[serde(default)]
    pub without: Without,
    #[serde(default)]
    pub only: Option<ContactId>,
    /// In place of everyone and the groups: those whom another campaign skipped.
    #[serde(default)]
    pub skipped: Option<SkippedOf>,
    /// Of everyone and the groups only those whose date it was on one day of a rule.
    #[serde(default)]
    pub occasion: Option<OccasionOf>,
    /// In place of everyone and the groups: those of another campaign, by what they did with it.
    #[serde(default)]
    pub follows: Option<FollowOf>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Without {
    pub tags: Vec<String>,
    pub segments: Vec<SegmentId>,
    pub people: Vec<ContactId>,
}

/// Whom a campaign skipped for one reason, and who has got nothing of it since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SkippedOf {
    pub campaign: CampaignId,
    pub reason: SkipReason,
    /// Those who lacked this one, where several were missing.
    #[serde(default)]
    pub variable: Option<String>,
}

/// Those whom a campaign has reached, by what they did with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct FollowOf {
    pub campaign: CampaignId,
    pub who: Followed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Followed {
    /// Who wrote nothing back.
    Silent,
    /// Who read it and wrote nothing back. Whoever hides that they read is none of them.
    ReadSilent,
    /// Who read it, whatever they wrote back. Whoever hides that they read is none of them.
    Read,
    /// Whose last word was this answer.
    Chose { option: String },
}

/// Those whose date a rule told on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct OccasionOf {
    pub repeat: RepeatId,
    /// Days since 1970.
    pub day: i64,
}

/// Those of a campaign who would get a revision of it.
#[derive(Clone, Copy, Debug)]
pub struct WaitingOf(pub CampaignId);

impl Default for Audience {
    fn default() -> Self {
        Self {
            everyone: true,
            tags: Vec::new(),
            segments: Vec::new(),
            people: Vec::new(),
            without: Without::default(),
            only: None,
            skipped: None,
            occasion: None,
            follows: None,
        }
    }
}

/// What the segments of an audience asked at one moment. Scheduling freezes it, so that what changes afterwards changes
/// nothing of what is being scheduled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    at: Millis,
    #[serde(with = "zone_name")]
    zone: Tz,
    filters: BTreeMap<SegmentId, Filter>,
}

/// An audience with what its segments ask.
#[derive(Clone, Debug)]
pub enum Target {
    One(ContactId),
    Skipped(SkippedOf, Chosen),
    Waiting(WaitingOf, Chosen),
    Occasion(OccasionOf, Chosen),
    Follows(FollowOf, Chosen),
    Chosen(Chosen),
}

impl Target {
    pub fn whom(&self) -> Whom<'_> {
        match self {
            Self::One(only) => Whom::One(*only),
            Self::Skipped(skipped, chosen) => Whom::Among(skipped, chosen),
            Self::Waiting(waiting, chosen) => Whom::Among(waiting, chosen),
            Self::Occasion(occasion, chosen) => Whom::Among(occasion, chosen),
            Self::Follows(follows, chosen) => Whom::Among(follows, chosen),
            Self::Chosen(chosen) => Whom::Chosen(chosen),
        }
    }
}

impl Audience {
    /// Whether the values of fields may be asked for: then they are to be settled before.
    pub fn has_segments(&self) -> bool {
        !self.segments.is_empty() || !self.without.segments.is_empty()
    }

    pub fn leaves_out(&self) -> bool {
        self.without != Without::default()
    }

    /// A segment that is gone or cannot be read is an error: nobody can say whom it meant.
    pub async fn freeze(&self, db: &mut SqliteConnection, now: Millis) -> Result<Frozen, SegmentError> {
        let mut filters = BTreeMap::new();
        for id in self.segments.iter().chain(&self.without.segments) {
            filters.insert(*id, segments::filter(db, *id).await?);
        }
        Ok(Frozen { at: now, zone: settings::load(db).await?.zone, filters })
    }

    pub fn target(&self, frozen: &Frozen) -> Result<Target, SegmentError> {
        if let (None, Some(follows)) = (self.only, &self.follows) {
            return Ok(Target::Follows(follows.clone(), self.chosen(true, frozen)?));
        }
        Ok(match (self.only, &self.skipped, self.occasion) {
            (Some(only), ..) => Target::One(only),
            (None, Some(skipped), _) => Target::Skipped(skipped.clone(), self.chosen(true, frozen)?),
            (None, None, Some(occasion)) => Target::Occasion(occasion, self.chosen(self.everyone, frozen)?),
            (None, None, None) => Target::Chosen(self.chosen(self.everyone, frozen)?),
        })
    }

    pub fn chosen(&self, everybody: bool, frozen: &Frozen) -> Result<Chosen, SegmentError> {
        let Without { tags, segments, people } = &self.without;
        Ok(Chosen {
            everybody,
            with: group(&self.tags, &self.segments, &self.people, frozen)?,
            without: group(tags, segments, people, frozen)?,
            today: Today { now: frozen.at, zone: frozen.zone },
        })
    }
}

fn group(
    tags: &[String],
    segments: &[SegmentId],
    people: &[ContactId],
    frozen: &Frozen,
) -> Result<Group, SegmentError> {
    let filter = |id: &SegmentId| frozen.filters.get(id).cloned().ok_or(SegmentError::Gone);
    let filters = segments.iter().map(filter).collect::<Result<_, _>>()?;
    Ok(Group { tags: tags.to_vec(), filters, people: people.to_vec() })
}

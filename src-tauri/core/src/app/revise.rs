//! Revising what waits of a campaign, or of one person in it.

use serde::{Deserialize, Serialize};

use super::{Campaigns, Problem};
use crate::campaign::draft::{Draft, Revises};
use crate::campaign::review::{self, PriceLine, SkipLine};
use crate::campaign::revise::{self, ForOne, NewTime, Wanted};
use crate::campaign::store::versions;
use crate::campaign::{CampaignError, store};
use crate::clock::Millis;
use crate::db::StorageError;
use crate::ids::{CampaignId, MessageId};
use crate::ledger::{Book, store as ledger};
use crate::media::attachment::{self, MediaItem, Owner};
use crate::outbox::store::{clear, reading, recipients, revise as waiting};
use crate::template::Choice;

/// What the owner decides of a revision beside its content, which stands in its draft.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RevisionChoice {
    pub time: NewTime,
    /// What was written to single people by hand gives way too.
    pub with_own: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RevisionReview {
    /// Those who wait and get it.
    pub will_get: i64,
    /// Of these, those whom the campaign had skipped.
    pub regained: i64,
    pub skipped: Vec<SkipLine>,
    /// Those who have had the content so far.
    pub had: i64,
    pub on_the_way: i64,
    pub in_doubt: i64,
    /// Those who wait for what was written to them by hand.
    pub by_hand: i64,
    pub price: Vec<PriceLine>,
    pub held: i64,
    pub credits: i64,
    pub free: i64,
    pub shortage: i64,
    pub practice: bool,
    pub due_at: Option<Millis>,
    pub blockers: Vec<Problem>,
}

/// What a campaign said at one time.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct VersionView {
    pub number: i64,
    pub made_at: Millis,
    pub text: String,
    pub choice: Option<Choice>,
    pub files: Vec<MediaItem>,
    /// Who has it or waits for it, without those who were skipped.
    pub people: i64,
    /// Of these, those whom it has reached.
    pub accepted: i64,
    /// The one person for whom it was written.
    pub only_for: Option<OnlyFor>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct OnlyFor {
    pub message_id: MessageId,
    pub name: String,
}

const CUT_OFF: &str = "campaign.revision_cut_off";

impl Campaigns {
    /// The draft in which it is revised.
    pub async fn open_revision(&self, campaign: CampaignId, message: Option<MessageId>) -> Result<Draft, Problem> {
        let id = revise::open_draft(&self.db, Revises { campaign, message }, self.now()).await?;
        self.draft(id).await
    }

    pub async fn review_revision(&self, id: CampaignId, choice: RevisionChoice) -> Result<RevisionReview, Problem> {
        let draft = self.draft(id).await?;
        let revises = draft.revises.ok_or(CampaignError::NotScheduled)?;
        let hours = self.settings().await?.hours();
        let mut reader = self.reader().await?;
        let campaign = store::by_id(&mut reader, revises.campaign).await.map_err(StorageError::from)?;
        let campaign = campaign.ok_or(CampaignError::Gone)?;
        let prospect = revise::prospect(&mut reader, revises, &draft, choice.with_own, self.now()).await?;
        let people = reading::people(&mut reader, campaign.id).await.map_err(StorageError::from)?;
        let balance = ledger::balance(&mut reader, draft.book).await.map_err(StorageError::from)?;
        let stopped = self.dispatcher.refuse_stopped(draft.book).err().into_iter();
        let hindrances = revise::hindrances(&draft, &prospect, &hours, self.now()).into_iter().map(Problem::from);
        Ok(RevisionReview {
            will_get: prospect.survey.will_send,
            regained: prospect.regained,
            skipped: review::skip_lines(&prospect.survey),
            had: people.accepted(),
            on_the_way: people.sending,
            in_doubt: people.unknown,
            by_hand: prospect.by_hand,
            price: review::price_lines(&prospect.survey),
            held: prospect.held,
            credits: prospect.credits,
            free: balance.free(),
            shortage: balance.shortage(prospect.needed),
            practice: draft.book == Book::Practice,
            due_at: campaign.due_at,
            blockers: stopped.chain(hindrances).collect(),
        })
    }

    /// Brings everybody who waits to what the draft of the revision says; returns the campaign.
    pub async fn revise(&self, id: CampaignId, choice: RevisionChoice) -> Result<CampaignId, Problem> {
        let _one_at_a_time = self.scheduling.lock().await;
        let _whole = self.freezing.read().await;
        let draft = self.draft(id).await?;
        let Revises { campaign, message } = draft.revises.ok_or(CampaignError::NotScheduled)?;
        self.dispatcher.refuse_stopped(draft.book)?;
        match message {
            Some(message) => {
                revise::revise_one(&self.db, message, ForOne::Draft(&draft), self.now()).await?;
            }
            None => {
                let RevisionChoice { time, with_own } = choice;
                let wanted = Wanted { campaign, draft: Some(&draft), time, with_own };
                self.carry_out(&wanted, &draft.name).await?;
            }
        }
        self.changed(campaign);
        Ok(campaign)
    }

    /// Another time for those who wait, or for those behind the first so many.
    pub async fn reschedule(&self, campaign: CampaignId, time: NewTime) -> Result<(), Problem> {
        let _one_at_a_time = self.scheduling.lock().await;
        let _whole = self.freezing.read().await;
        let wanted = Wanted { campaign, draft: None, time, with_own: false };
        let name = self.draft(campaign).await?.name;
        self.carry_out(&wanted, &name).await?;
        self.changed(campaign);
        Ok(())
    }

    /// What is cut off behind its first transaction stands still and is told; nothing else says so.
    async fn carry_out(&self, wanted: &Wanted<'_>, name: &str) -> Result<(), Problem> {
        if !revise::begin(&self.db, wanted, self.now()).await? {
            return Ok(());
        }
        let Err(error) = revise::bring(&self.db, wanted.campaign, self.now()).await else { return Ok(()) };
        let cut_off = Problem::from(CampaignError::RevisionCutOff { name: name.to_owned(), reason: error.into() });
        self.found.tell(cut_off.clone());
        self.changed(wanted.campaign);
        Err(cut_off)
    }

    /// Another text for one person who waits.
    pub async fn revise_text(&self, message: MessageId, text: &str) -> Result<(), Problem> {
        let _one_at_a_time = self.scheduling.lock().await;
        let _whole = self.freezing.read().await;
        let campaign = revise::revise_one(&self.db, message, ForOne::Text(text), self.now()).await?;
        self.changed(campaign);
        Ok(())
    }

    /// What it has said so far, the first version first; empty where it was never revised.
    pub async fn versions(&self, campaign: CampaignId) -> Result<Vec<VersionView>, Problem> {
        let mut reader = self.reader().await?;
        let found = versions::all(&mut reader, campaign).await.map_err(StorageError::from)?;
        let people = recipients::by_version(&mut reader, campaign).await.map_err(StorageError::from)?;
        let cleared = clear::cleared_at(&mut reader, campaign).await.map_err(StorageError::from)?.is_some();
        let mut views = Vec::with_capacity(found.len());
        for version in found {
            let (people, accepted) = people.get(&version.number).copied().unwrap_or_default();
            let files = attachment::store::list(&mut reader, Owner::Version(version.id)).await;
            let files = files.map_err(StorageError::from)?;
            // What was written for somebody who was erased is gone.
            if !cleared && version.text.is_empty() && version.choice.is_none() && files.is_empty() {
                continue;
            }
            let only_for = match version.message {
                Some(message_id) => Some(OnlyFor {
                    message_id,
                    name: recipients::name(&mut reader, message_id).await.map_err(StorageError::from)?,
                }),
                None => None,
            };
            views.push(VersionView {
                number: version.number,
                made_at: version.made_at,
                text: version.text,
                choice: version.choice,
                files,
                people,
                accepted,
                only_for,
            });
        }
        Ok(views)
    }

    /// Goes on with revisions that were cut off, and with those of whom somebody came back.
    pub(crate) async fn finish_revisions(&self) {
        let revising = async { waiting::revising(&mut *self.db.read().acquire().await?).await }.await;
        let revising = revising.unwrap_or_else(|error| {
            self.found.tell(self.db.error(error).into());
            Vec::new()
        });
        self.found.forget(CUT_OFF);
        for id in revising {
            let _one_at_a_time = self.scheduling.lock().await;
            let _whole = self.freezing.read().await;
            if let Err(error) = revise::bring(&self.db, id, self.now()).await {
                let name = self.draft(id).await.map(|draft| draft.name).unwrap_or_default();
                self.found.tell(CampaignError::RevisionCutOff { name, reason: error.into() }.into());
            }
            self.changed(id);
        }
    }
}

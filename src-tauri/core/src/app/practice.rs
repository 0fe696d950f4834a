//! The practice run of the terminal: one campaign from a list of contacts to its last tick.
//!
//! What was asked for is written down first. Each step is done once however often the run is killed: importing
//! again brings nobody twice, a half-made draft is thrown away, scheduling is one transaction (or goes on by itself).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::{Deserialize, Serialize};

use super::common::{Common, facet};
use super::{Campaigns, Outbox, People, Problem};
use crate::campaign::draft::{DraftEdit, StoredState};
use crate::campaign::store as campaigns;
use crate::clock::{Millis, local};
use crate::contact::import::{ImportOptions, ImportProgress, ImportState, ImportStep, Origin};
use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::ids::{CampaignId, ImportId};
use crate::params;
use crate::session::practice::PracticeNumber;
use crate::settings;

const KEY: &str = "practice_job";

/// What a practice run was asked for, and how far it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PracticeJob {
    pub contacts: PathBuf,
    pub text: String,
    pub media: Vec<PathBuf>,
    /// When, in the words it was asked for.
    pub at: String,
    pub due_at: Option<Millis>,
    pub keep_hours: bool,
    /// The list is being brought in, or was.
    pub started: bool,
    pub brought: Option<Brought>,
    /// The import that brought it; its refused rows are kept.
    #[serde(default)]
    pub import: Option<ImportId>,
    pub campaign: Option<CampaignId>,
    /// Its last tick is in and its figures were told.
    #[serde(default)]
    pub over: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("{at} is over: it is {now} here. Choose a later time, or send at once with --now-if-past.")]
struct PastTime {
    at: String,
    now: String,
}

impl Coded for PastTime {
    fn code(&self) -> &'static str {
        "practice.at_past"
    }

    fn params(&self) -> Params {
        params! { at: self.at, now: self.now }
    }
}

/// What became of the list.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Brought {
    pub imported: u32,
    pub merged: u32,
    pub rejected: u32,
}

impl PracticeJob {
    /// Asked for in the same words.
    fn is_same_wish(&self, other: &Self) -> bool {
        let wish =
            |job: &Self| (job.contacts.clone(), job.text.clone(), job.media.clone(), job.at.clone(), job.keep_hours);
        wish(self) == wish(other)
    }
}

/// Practising: the practice number's options, and the run of the terminal.
pub struct Practice {
    pub(super) common: Common,
    pub(super) people: Arc<People>,
    pub(super) campaigns: Arc<Campaigns>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) practice: Arc<PracticeNumber>,
    pub(super) receipts_applied: Arc<AtomicU64>,
}

facet!(Practice);

impl Practice {
    /// The job of this data folder, if one was ever given.
    pub async fn practice_job(&self) -> Result<Option<PracticeJob>, Problem> {
        let job = settings::get(&mut *self.reader().await?, KEY).await;
        Ok(job.map_err(|error| self.db.error(error))?)
    }

    /// Takes on a job. The same wish again goes on with it until its end was told; anything else is a new campaign. One
    /// whose time is over is sent at once only where that is asked for.
    pub async fn start_practice_job(&self, job: &PracticeJob, now_if_past: bool) -> Result<(), Problem> {
        if self.practice_job().await?.is_some_and(|known| !known.over && known.is_same_wish(job)) {
            return Ok(());
        }
        let now = self.now();
        if job.due_at.is_some_and(|due_at| due_at < now) && !now_if_past {
            let zone = self.settings().await?.hours().zone;
            let now = local(now, zone).format("%Y-%m-%d %H:%M").to_string();
            return Err(PastTime { at: job.at.clone(), now }.into());
        }
        Ok(self.put(KEY, job).await?)
    }

    /// Called when the figures have been told, and not before: a run that is killed until then goes on.
    pub async fn end_practice_job(&self) -> Result<(), Problem> {
        if let Some(job) = self.practice_job().await? {
            self.put(KEY, &PracticeJob { over: true, ..job }).await?;
        }
        Ok(())
    }

    /// Brings in the list and says what became of it. Done again after a crash, it changes nothing.
    pub async fn bring_in_contacts(&self, mut progress: impl FnMut(&ImportProgress)) -> Result<Brought, Problem> {
        let Some(mut job) = self.practice_job().await? else { return Ok(Brought::default()) };
        if let Some(brought) = job.brought {
            return Ok(brought);
        }
        let again = std::mem::replace(&mut job.started, true);
        self.put(KEY, &job).await?;
        let end = self.import_to_the_end(&job, &mut progress).await?;
        let totals = end.totals;
        // Whoever is known because an interrupted run brought them in was imported all the same.
        let (imported, known) = if again { (totals.new + totals.known, 0) } else { (totals.new, totals.known) };
        let brought = Brought { imported, merged: known + totals.twice, rejected: totals.doubtful + totals.refused };
        job.brought = Some(brought);
        job.import = Some(end.import_id);
        self.put(KEY, &job).await?;
        Ok(brought)
    }

    async fn import_to_the_end(
        &self,
        job: &PracticeJob,
        progress: &mut impl FnMut(&ImportProgress),
    ) -> Result<ImportProgress, Problem> {
        let options = ImportOptions::default();
        let mut events = self.events.subscribe();
        let origin = Origin::File { path: job.contacts.clone() };
        let id = self.people.start_import(origin, options, ImportStep::Import).await?;
        loop {
            if let Some(at) = self.people.import_progress(id) {
                progress(&at);
                if at.state != ImportState::Running {
                    return at.error.clone().map_or(Ok(at), Err);
                }
            }
            let _ = events.recv().await;
        }
    }

    /// Composes and schedules the job's campaign, once.
    pub async fn schedule_practice_job(&self) -> Result<Option<CampaignId>, Problem> {
        let Some(mut job) = self.practice_job().await? else { return Ok(None) };
        if let Some(made) = job.campaign {
            let known = campaigns::by_id(&mut *self.reader().await?, made).await.map_err(StorageError::from)?;
            match known.map(|draft| draft.state) {
                Some(StoredState::Draft) => self.campaigns.delete_draft(made).await?,
                Some(_) => return Ok(Some(made)),
                None => {}
            }
        }
        let draft = self.campaigns.create_draft().await?;
        let id = draft.id;
        job.campaign = Some(id);
        self.put(KEY, &job).await?;
        for file in &job.media {
            self.campaigns.add_media(id, file).await?;
        }
        let edit = DraftEdit {
            name: "Practice".to_owned(),
            text: job.text,
            split_long_caption: true,
            due_at: job.due_at,
            keep_hours: job.keep_hours,
            hours: None,
            local_hours: false,
            // A run by command asks nobody, and reaches nobody.
            consent_basis: "practice".to_owned(),
            ..draft.edit()
        };
        self.campaigns.save_draft(&edit).await?;
        self.campaigns.schedule_campaign(id, false).await.map(Some)
    }
}

//! Files that a program brings before the messages and campaigns that are to carry them.

use serde::Serialize;
use ulak_media::Wish;

use super::{Problem, Programs};
use crate::campaign::CampaignError;
use crate::campaign::compose::MOST_FILES;
use crate::event::Event;
use crate::ids::{CampaignId, IdGenerator, UploadId};
use crate::media::attachment::{Owner, store as attachments};
use crate::media::store::attached;
use crate::media::store::uploads;
use crate::media::{MediaKind, notices};
use crate::program::ProgramError;

/// What was kept of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Uploaded {
    pub id: UploadId,
    pub kind: MediaKind,
    pub size: usize,
    /// What is not as the program may expect.
    pub notices: Vec<Problem>,
}

impl Programs {
    /// Identifies, prepares and keeps a file, to be named by its id in messages.
    pub async fn upload(&self, name: &str, bytes: Vec<u8>, wish: Wish) -> Result<Uploaded, Problem> {
        let workshop = self.files.workshop.clone();
        let prepared = tokio::task::spawn_blocking(move || workshop.prepare(bytes, wish));
        let prepared = prepared.await.map_err(Problem::crashed)?.map_err(CampaignError::from)?;
        let now = self.now();
        let id = IdGenerator::at(now).next();
        let mut tx = self.db.begin().await?;
        uploads::add(&mut tx, id, name, &prepared, now).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        let (kind, notices) = (attached(name, &prepared).kind, notices(&prepared));
        Ok(Uploaded { id, kind, size: prepared.bytes.len(), notices })
    }

    /// Puts files that were brought into a draft, behind those that it has.
    pub async fn attach(&self, draft: CampaignId, uploads: &[UploadId]) -> Result<(), Problem> {
        let (now, owner) = (self.now(), Owner::Campaign(draft));
        let mut tx = self.db.begin().await?;
        self.files.touch(&mut tx, owner).await?;
        for upload in uploads {
            let added = attachments::add_upload(&mut tx, owner, *upload, now).await;
            if !added.map_err(|error| self.db.error(error))? {
                return Err(ProgramError::NoSuchUpload.into());
            }
        }
        let files = attachments::list(&mut tx, owner).await.map_err(|error| self.db.error(error))?;
        if files.len() > MOST_FILES {
            return Err(CampaignError::TooManyFiles { most: MOST_FILES }.into());
        }
        self.db.commit(tx).await?;
        self.events.emit(Event::CampaignChanged(draft));
        Ok(())
    }
}

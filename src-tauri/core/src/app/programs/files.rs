//! Files that a program brings before the messages that are to carry them.

use serde::Serialize;
use ulak_media::Wish;

use super::{Problem, Programs};
use crate::campaign::CampaignError;
use crate::ids::{IdGenerator, UploadId};
use crate::media::store::attached;
use crate::media::store::uploads;
use crate::media::{MediaKind, notices};

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
}

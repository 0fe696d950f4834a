//! Files on their way into a draft or a template.

use std::path::Path;

use ulak_media::{Prepared, Refusal, Wish, Workshop};

use super::Problem;
use super::common::{Common, facet};
use crate::campaign::compose::MOST_FILES;
use crate::campaign::{self, CampaignError};
use crate::db::{StorageError, Tx};
use crate::event::Event;
use crate::media::attachment::{MediaItem, Owner, store};
use crate::template;
use crate::template::exchange::TemplateFileError;

/// Takes files in for whoever they belong to.
#[derive(Clone)]
pub(super) struct Files {
    pub common: Common,
    /// Where they are prepared.
    pub workshop: Workshop,
}

facet!(Files);

impl Files {
    /// `there`: how many files it has already.
    pub(super) async fn add_path(
        &self,
        owner: Owner,
        there: usize,
        path: &Path,
        wish: Wish,
    ) -> Result<MediaItem, Problem> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (workshop, path) = (self.workshop.clone(), path.to_owned());
        self.add_prepared(owner, there, name, move || workshop.prepare_file(&path, wish)).await
    }

    /// The name of a file and what is sent of it.
    pub(super) async fn prepare_path(&self, path: &Path, wish: Wish) -> Result<(String, Prepared), Problem> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (workshop, path) = (self.workshop.clone(), path.to_owned());
        let prepared = tokio::task::spawn_blocking(move || workshop.prepare_file(&path, wish));
        let prepared = prepared.await.map_err(Problem::crashed)?.map_err(CampaignError::from)?;
        Ok((name, prepared))
    }

    pub(super) async fn add_bytes(
        &self,
        owner: Owner,
        there: usize,
        name: &str,
        bytes: Vec<u8>,
        wish: Wish,
    ) -> Result<MediaItem, Problem> {
        let workshop = self.workshop.clone();
        self.add_prepared(owner, there, name.to_owned(), move || workshop.prepare(bytes, wish)).await
    }

    /// Before the files of a draft or a template change, in the same transaction.
    pub(super) async fn touch(&self, tx: &mut Tx, owner: Owner) -> Result<(), Problem> {
        let now = self.now();
        let touched = match owner {
            Owner::Campaign(id) => campaign::store::touch(tx, id, now).await,
            Owner::Template(id) => template::store::touch(tx, id, now).await,
            Owner::Version(_) => Ok(false),
        };
        match (owner, touched.map_err(|error| self.db.error(error))?) {
            (_, true) => Ok(()),
            (Owner::Campaign(_) | Owner::Version(_), false) => Err(CampaignError::NotADraft.into()),
            (Owner::Template(_), false) => Err(TemplateFileError::Gone.into()),
        }
    }

    async fn add_prepared(
        &self,
        owner: Owner,
        there: usize,
        name: String,
        prepare: impl FnOnce() -> Result<Prepared, Refusal> + Send + 'static,
    ) -> Result<MediaItem, Problem> {
        if there >= MOST_FILES {
            return Err(CampaignError::TooManyFiles { most: MOST_FILES }.into());
        }
        let prepared = tokio::task::spawn_blocking(prepare).await.map_err(Problem::crashed)?;
        let prepared = prepared.map_err(CampaignError::from)?;
        let mut tx = self.db.begin().await?;
        self.touch(&mut tx, owner).await?;
        let added = store::add(&mut tx, owner, &name, &prepared, self.now()).await;
        let added = added.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(match owner {
            Owner::Campaign(id) => Event::CampaignChanged(id),
            Owner::Template(_) | Owner::Version(_) => Event::TemplatesChanged,
        });
        let files = store::list(&mut *self.reader().await?, owner).await.map_err(StorageError::from)?;
        files.into_iter().find(|item| item.id == added).ok_or_else(|| CampaignError::Gone.into())
    }
}

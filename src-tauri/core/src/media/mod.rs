//! What is kept of a prepared file: its content by hash, once for all campaigns, in the encrypted database.
//!
//! The content lives beside the rows that refer to it, so one transaction covers both, a backup is one file, and
//! nothing of it lies on the disk in the clear.

pub mod store;

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::db::{Db, StorageError};

#[derive(Clone)]
pub struct Picture {
    pub sha256: [u8; 32],
    pub mime: String,
    pub bytes: Arc<Vec<u8>>,
}

/// The picture read last. A campaign sends the same one to everybody.
#[derive(Default)]
pub struct LastRead(Mutex<Option<Picture>>);

impl LastRead {
    pub async fn read(&self, db: &Db, sha256: [u8; 32]) -> Result<Option<Picture>, StorageError> {
        let mut last = self.0.lock().await;
        if let Some(picture) = last.as_ref().filter(|picture| picture.sha256 == sha256) {
            return Ok(Some(picture.clone()));
        }
        let mut reader = db.read().acquire().await?;
        let picture = store::content(&mut reader, sha256).await?;
        last.clone_from(&picture);
        Ok(picture)
    }
}

//! What a client wants to find again after a restart, kept in the database.
//!
//! A note that cannot be read or written is only a note less: the client asks WhatsApp again. Expired ones are not
//! returned; the agenda removes them.

use std::sync::Arc;

use super::client::{BoxFuture, NoteKind, Notes};
use super::store::notes as store;
use crate::clock::{Millis, SharedClock};
use crate::contact::store::suppressions;
use crate::db::{Db, StorageError};
use crate::ids::SessionId;

pub struct StoredNotes {
    db: Arc<Db>,
    clock: SharedClock,
    key_id: SessionId,
}

impl StoredNotes {
    pub fn of(key_id: SessionId, db: Arc<Db>, clock: SharedClock) -> Self {
        Self { db, clock, key_id }
    }

    /// Whose a note is; who is on WhatsApp is the same for all numbers.
    fn owner(&self, kind: NoteKind) -> &[u8] {
        match kind {
            NoteKind::OnWhatsapp => store::EVERYBODYS,
            NoteKind::Upload | NoteKind::Poll => self.key_id.0.as_bytes(),
        }
    }

    async fn read(&self, kind: NoteKind, key: &str) -> Result<Option<String>, StorageError> {
        let mut reader = self.db.read().acquire().await?;
        Ok(store::get(&mut reader, kind, self.owner(kind), key, self.clock.now()).await?)
    }

    async fn write(&self, kind: NoteKind, key: &str, value: &str, expires_at: Millis) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        store::put(&mut tx, kind, self.owner(kind), key, value, expires_at).await?;
        self.db.commit(tx).await
    }

    async fn stopped(&self, lid: &str) -> Result<bool, StorageError> {
        let mut reader = self.db.read().acquire().await?;
        Ok(suppressions::is_suppressed(&mut reader, lid).await?)
    }

    async fn erase(&self, kind: NoteKind, key: &str) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        store::forget(&mut tx, kind, self.owner(kind), key).await?;
        self.db.commit(tx).await
    }
}

impl Notes for StoredNotes {
    fn get(&self, kind: NoteKind, key: &str) -> BoxFuture<'_, Option<String>> {
        let key = key.to_owned();
        Box::pin(async move {
            self.read(kind, &key).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "a note cannot be read");
                None
            })
        })
    }

    fn put(&self, kind: NoteKind, key: &str, value: String, expires_at: Millis) -> BoxFuture<'_, ()> {
        let key = key.to_owned();
        Box::pin(async move {
            if let Err(error) = self.write(kind, &key, &value, expires_at).await {
                tracing::warn!(%error, "a note cannot be put down");
            }
        })
    }

    fn forget(&self, kind: NoteKind, key: &str) -> BoxFuture<'_, ()> {
        let key = key.to_owned();
        Box::pin(async move {
            if let Err(error) = self.erase(kind, &key).await {
                tracing::warn!(%error, "a note cannot be forgotten");
            }
        })
    }

    fn asked_to_stop(&self, lid: &str) -> BoxFuture<'_, bool> {
        let lid = lid.to_owned();
        Box::pin(async move {
            self.stopped(&lid).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "who wants no messages cannot be read");
                // It is asked again with the next try.
                true
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::clock::Clock;
    use crate::db::lock_folder;
    use crate::ids::IdGenerator;
    use crate::testing::ManualClock;

    #[tokio::test]
    async fn notes_are_found_by_their_own_number_until_they_expire() {
        let folder = tempfile::tempdir().unwrap();
        let db = Arc::new(Db::open(lock_folder(folder.path()).unwrap(), &Zeroizing::new([7; 32])).await.unwrap());
        let clock = Arc::new(ManualClock::default());
        let mint = IdGenerator::at(0);
        let [first, second] = [0, 1].map(|_| StoredNotes::of(mint.next(), db.clone(), clock.clone()));
        first.put(NoteKind::Upload, "hash", "where".to_owned(), 100).await;
        first.put(NoteKind::Upload, "hash", "elsewhere".to_owned(), 100).await;
        first.put(NoteKind::OnWhatsapp, "+905550001122", "yes".to_owned(), 200).await;
        assert_eq!(first.get(NoteKind::Upload, "hash").await.as_deref(), Some("elsewhere"));
        assert_eq!(second.get(NoteKind::Upload, "hash").await, None, "an upload is of one number");
        assert_eq!(second.get(NoteKind::OnWhatsapp, "+905550001122").await.as_deref(), Some("yes"));
        clock.set(100);
        assert_eq!(first.get(NoteKind::Upload, "hash").await, None);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(store::remove_expired(&mut tx, clock.now()).await.unwrap(), 1);
        db.commit(tx).await.unwrap();
        second.forget(NoteKind::OnWhatsapp, "+905550001122").await;
        assert_eq!(first.get(NoteKind::OnWhatsapp, "+905550001122").await, None);
    }
}

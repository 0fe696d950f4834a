//! Saved segments, and whom a filter finds.

use crate::campaign::store::draft_with;
use crate::contact::ContactQuery;
use crate::contact::segment::filter::Filter;
use crate::contact::segment::store::{self, condition, values};
use crate::contact::segment::{Segment, SegmentEdit, SegmentError};
use crate::contact::store::search;
use crate::db::StorageError;
use crate::event::Event;
use crate::ids::SegmentId;
use crate::text::is_blank;

use super::{People, Problem};

impl People {
    pub async fn segments(&self) -> Result<Vec<Segment>, Problem> {
        let all = store::all(&mut *self.reader().await?).await;
        Ok(all.map_err(|error| self.db.error(error))?)
    }

    /// How many contacts a filter finds at this moment.
    pub async fn count_filtered(&self, filter: &Filter) -> Result<i64, Problem> {
        let today = self.today().await?;
        self.settle_for(Some(filter)).await?;
        Ok(condition::count(&mut *self.reader().await?, filter, today).await?)
    }

    pub async fn save_segment(&self, edit: &SegmentEdit) -> Result<Segment, Problem> {
        let mut tx = self.db.begin().await?;
        let saved = store::save(&mut tx, edit, self.now()).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok(saved)
    }

    /// One that belongs to the audience of a draft stays.
    pub async fn delete_segment(&self, id: SegmentId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let used = draft_with(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        if let Some(draft) = used {
            let name = store::name(&mut tx, id).await?;
            let unnamed = is_blank(&draft);
            return Err(
                if unnamed { SegmentError::UsedUnnamed { name } } else { SegmentError::Used { name, draft } }.into()
            );
        }
        store::delete(&mut tx, id).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok(())
    }

    /// The filter of the segment with this name or this id.
    pub async fn segment_named(&self, named: &str) -> Result<Filter, Problem> {
        let mut reader = self.reader().await?;
        let id = store::named(&mut reader, named).await?;
        Ok(store::filter(&mut reader, id).await?)
    }

    /// Before anybody waits for it. What is left over, a filter settles when it is asked.
    pub(super) async fn settle_values(&self) {
        if let Err(error) = values::settle(&self.db).await {
            tracing::warn!(%error, "the values of fields are not settled yet");
        }
        if let Err(error) = search::settle(&self.db).await {
            tracing::warn!(%error, "the words of contacts are not settled yet");
        }
    }

    /// Reads the words of some contacts that are due; whether there are more. For benchmarks.
    #[cfg(feature = "testing")]
    pub async fn settle_words(&self) -> Result<bool, Problem> {
        Ok(search::settle_next(&self.db).await?)
    }

    /// What the query looks at is read again where a contact was changed. Where very many were, a search does not wait.
    pub(super) async fn settle_query(&self, query: &ContactQuery) -> Result<(), StorageError> {
        if !is_blank(&query.search) {
            search::settle_next(&self.db).await?;
        }
        self.settle_for(query.filter.as_ref()).await
    }

    /// The values of fields are read again where a contact was changed, and a filter is to look at them.
    pub(super) async fn settle_for(&self, filter: Option<&Filter>) -> Result<(), StorageError> {
        match filter {
            Some(filter) if filter.reads_fields() => values::settle(&self.db).await,
            _ => Ok(()),
        }
    }
}

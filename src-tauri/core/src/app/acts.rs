//! What the owner does with many contacts at once.

use std::path::Path;

use super::{People, Problem};
use crate::campaign::store as campaigns;
use crate::contact::ContactError;
use crate::contact::acts::store;
use crate::contact::acts::{ActPage, ActReport, ActState, Chosen, Deed};
use crate::contact::export::export_these;
use crate::contact::merge::MergeEdit;
use crate::contact::store::{merge, search, suppressions};
use crate::db::{StorageError, Tx};
use crate::event::Event;
use crate::ids::{ActId, ContactId};
use crate::inbound::store::history::{self as replies, Writer};
use crate::outbox::store::history as messages;
use crate::page::Place;
use crate::text::is_blank;

impl People {
    /// How many people are chosen at this moment.
    pub async fn count_chosen(&self, chosen: &Chosen) -> Result<i64, Problem> {
        self.settle_chosen(chosen).await?;
        let today = self.today().await?;
        Ok(store::count(&mut *self.reader().await?, chosen, today).await?)
    }

    /// Who is chosen at this moment, one by one.
    pub async fn chosen_people(&self, chosen: &Chosen) -> Result<Vec<ContactId>, Problem> {
        self.settle_chosen(chosen).await?;
        let today = self.today().await?;
        Ok(store::people(&mut *self.reader().await?, chosen, today).await?)
    }

    /// Does it with all who are chosen, in steps between which everybody else may write.
    pub async fn act(&self, deed: &Deed, chosen: &Chosen) -> Result<ActReport, Problem> {
        self.settle_chosen(chosen).await?;
        let mut tx = self.db.begin().await?;
        let id = store::begin(&mut tx, deed, chosen, self.now()).await?;
        self.db.commit(tx).await?;
        self.finish_act(id).await
    }

    /// Writes all who are chosen to a file whose ending says its format; answers how many.
    pub async fn export_chosen(&self, chosen: &Chosen, path: &Path) -> Result<u32, Problem> {
        match chosen {
            Chosen::Matching { query } => self.export_contacts(query, path).await,
            Chosen::These { ids } => {
                let (today, words) = (self.today().await?, self.words().await?);
                Ok(export_these(self.db.read(), ids, today, &words, path).await?)
            }
        }
    }

    /// Takes an act back, but for those of whom something else became since.
    pub async fn undo_act(&self, id: ActId) -> Result<ActReport, Problem> {
        let mut tx = self.db.begin().await?;
        store::begin_undo(&mut tx, id).await?;
        self.db.commit(tx).await?;
        self.finish_act(id).await
    }

    /// Goes on with what a crash cut off.
    pub(super) async fn finish_acts(&self) {
        let unfinished = async { store::unfinished(&mut *self.db.read().acquire().await?).await }.await;
        for id in unfinished.unwrap_or_default() {
            if let Err(problem) = self.finish_act(id).await {
                self.found.tell(problem);
            }
        }
    }

    async fn finish_act(&self, id: ActId) -> Result<ActReport, Problem> {
        let report = loop {
            let mut tx = self.db.begin().await?;
            let act = store::one(&mut tx, id).await?;
            match (act.state, &act.report.deed) {
                (ActState::Running, _) => store::step(&mut tx, &act, self.today().await?, self.now()).await?,
                (ActState::Undoing, Deed::Merge { keep, gone }) => self.unmerge(&mut tx, id, *keep, *gone).await?,
                (ActState::Undoing, _) => store::undo_step(&mut tx, &act, self.now()).await?,
                (ActState::Done | ActState::Undone, _) => break act.report,
            }
            self.db.commit(tx).await?;
        };
        self.events.emit(Event::ContactsChanged);
        self.nudge();
        Ok(report)
    }

    /// Makes one contact of two, with all that was sent to both and that both wrote.
    pub async fn merge(&self, edit: &MergeEdit) -> Result<ActReport, Problem> {
        let _nobody_writes = self.freezing.try_write().map_err(|_| ContactError::BeingScheduled)?;
        let country = self.country().await?;
        let mut tx = self.db.begin().await?;
        // One that was cut off goes on behind the last contact that it wrote to.
        if !campaigns::interrupted(&mut tx).await.map_err(|error| self.db.error(error))?.is_empty() {
            return Err(ContactError::BeingScheduled.into());
        }
        if messages::waits(&mut tx, edit.gone).await.map_err(|error| self.db.error(error))? {
            return Err(ContactError::Waiting.into());
        }
        let id = merge::merge(&mut tx, edit, country, self.now()).await?;
        messages::give(&mut tx, edit.gone, edit.keep).await.map_err(|error| self.db.error(error))?;
        replies::give(&mut tx, edit.gone, edit.keep).await.map_err(|error| self.db.error(error))?;
        let act = store::one(&mut tx, id).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        self.nudge();
        Ok(act.report)
    }

    /// Two again, unless something else became of one since.
    async fn unmerge(&self, tx: &mut Tx, id: ActId, keep: ContactId, gone: ContactId) -> Result<(), Problem> {
        let parted = async {
            let Some(phones) = store::is_unmergeable(tx, id, keep, gone).await? else { return Ok(false) };
            merge::restore(tx, id, keep, gone).await?;
            let addresses = suppressions::addresses(tx, std::slice::from_ref(&phones.goes), None).await?;
            messages::give_back(tx, (keep, &phones.keeps), (gone, &phones.goes)).await?;
            replies::give_back(tx, keep, Writer { contact: gone, addresses: &addresses }).await?;
            Ok(true)
        };
        let done = parted.await.map_err(|error| self.db.error(error))?;
        Ok(store::end_unmerge(tx, id, done).await.map_err(|error| self.db.error(error))?)
    }

    /// What was done with many contacts, the newest first.
    pub async fn acts(&self, place: &Place) -> Result<ActPage, Problem> {
        Ok(store::list(&mut *self.reader().await?, place).await.map_err(StorageError::from)?)
    }

    async fn settle_chosen(&self, chosen: &Chosen) -> Result<(), Problem> {
        match chosen {
            Chosen::Matching { query } => {
                if !is_blank(&query.search) {
                    search::settle(&self.db).await?;
                }
                Ok(self.settle_for(query.filter.as_ref()).await?)
            }
            Chosen::These { .. } => Ok(()),
        }
    }
}

//! What the owner does with many contacts at once.

use std::path::Path;

use super::{People, Problem};
use crate::contact::acts::store;
use crate::contact::acts::{ActReport, ActState, Chosen, Deed};
use crate::contact::export::export_these;
use crate::event::Event;
use crate::ids::ActId;

impl People {
    /// How many people are chosen at this moment.
    pub async fn count_chosen(&self, chosen: &Chosen) -> Result<i64, Problem> {
        self.settle_chosen(chosen).await?;
        let today = self.today().await?;
        Ok(store::count(&mut *self.reader().await?, chosen, today).await?)
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
            Chosen::These { ids } => Ok(export_these(self.db.read(), ids, self.today().await?, path).await?),
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
            match act.state {
                ActState::Running => store::step(&mut tx, &act, self.today().await?, self.now()).await?,
                ActState::Undoing => store::undo_step(&mut tx, &act, self.now()).await?,
                ActState::Done | ActState::Undone => break act.report,
            }
            self.db.commit(tx).await?;
        };
        self.events.emit(Event::ContactsChanged);
        self.nudge();
        Ok(report)
    }

    async fn settle_chosen(&self, chosen: &Chosen) -> Result<(), Problem> {
        match chosen {
            Chosen::Matching { query } => Ok(self.settle_for(query.filter.as_ref()).await?),
            Chosen::These { .. } => Ok(()),
        }
    }
}

//! Campaigns whose time passed while the computer slept or Ulak was closed: the owner is asked once.

use serde::{Deserialize, Serialize};

use super::{Campaigns, Problem};
use crate::campaign::{CampaignError, store};
use crate::clock::Millis;
use crate::db::StorageError;
use crate::event::Event;
use crate::ids::CampaignId;
use crate::outbox::store::{missed, reading};

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Missed {
    pub id: CampaignId,
    pub name: String,
    pub due_at: Millis,
    pub people: i64,
    /// When it goes out if the owner says nothing.
    pub goes_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum MissedAnswer {
    /// At once, as far as its hours allow.
    Now,
    NextWindow,
    At {
        at: Millis,
    },
    Cancel,
}

impl Campaigns {
    /// Those that wait for an answer, the one that was due first first.
    pub async fn missed(&self) -> Result<Vec<Missed>, Problem> {
        let mut reader = self.reader().await?;
        let held = missed::unanswered(&mut reader, self.now()).await.map_err(StorageError::from)?;
        let ids: Vec<CampaignId> = held.iter().map(|(id, _)| *id).collect();
        let queues = reading::queue_rows(&mut reader, &ids).await.map_err(StorageError::from)?;
        let mut all = Vec::new();
        for (id, goes_at) in held {
            let Some(draft) = store::by_id(&mut reader, id).await.map_err(StorageError::from)? else { continue };
            let people = queues.get(&id).map_or(0, |queue| queue.tally.people.open());
            all.push(Missed { id, name: draft.name, due_at: draft.due_at.unwrap_or(goes_at), people, goes_at });
        }
        Ok(all)
    }

    pub async fn answer_missed(&self, id: CampaignId, answer: MissedAnswer) -> Result<(), Problem> {
        let now = self.now();
        match answer {
            MissedAnswer::Cancel => return self.cancel_campaign(id).await,
            MissedAnswer::At { at } if at <= now => return Err(CampaignError::Past.into()),
            _ => {}
        }
        let mut tx = self.db.begin().await?;
        let answered = async {
            match answer {
                MissedAnswer::At { at } => {
                    Ok(missed::postpone(&mut tx, id, at, now).await? && store::postpone(&mut tx, id, at).await?)
                }
                MissedAnswer::NextWindow => missed::leave(&mut tx, id, now).await,
                MissedAnswer::Now | MissedAnswer::Cancel => missed::release(&mut tx, id, now).await,
            }
        };
        if !answered.await.map_err(|error| self.db.error(error))? {
            return Err(CampaignError::NotMissed.into());
        }
        self.db.commit(tx).await?;
        self.changed(id);
        self.events.emit(Event::NowChanged);
        Ok(())
    }
}

//! Who of an audience is on WhatsApp, asked before its campaign goes out: a few phones at a time with a rest in between,
//! because a number that asks for many strangers at once looks like one that means to write to them all.

use std::sync::Arc;

use serde::Serialize;

use super::{Campaigns, Problem};
use crate::campaign::compose::{Composed, compose};
use crate::campaign::draft::Draft;
use crate::clock::{Millis, SECOND, is_ahead};
use crate::contact::store::audience::people_after;
use crate::db::StorageError;
use crate::event::Event;
use crate::ids::{CampaignId, ContactId};
use crate::session::NumberError;
use crate::session::cause::Cause;
use crate::session::client::ClientError;
use crate::session::messenger::Messenger;
use crate::session::store::notes;

const AT_ONCE: usize = 40;
const REST: Millis = 5 * SECOND;
const PAGE: u32 = 500;

/// What one round of it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LookedUp {
    pub looked: i64,
    /// Behind whom the next round begins; none when all were looked up.
    pub next: Option<ContactId>,
}

impl Campaigns {
    /// Looks up the next of those who would get the draft and were not looked up lately. Whoever was found long ago is
    /// asked for again: the phone can be somebody else's by now, and another spelling of one account.
    pub async fn look_up_audience(&self, id: CampaignId, after: Option<ContactId>) -> Result<LookedUp, Problem> {
        let draft = self.draft(id).await?;
        let mut last = self.looked_up.lock().await;
        let (phones, next) = self.unknown_behind(&draft, after).await?;
        let looked = i64::try_from(phones.len()).unwrap_or(i64::MAX);
        if looked > 0 {
            let asker = self.asker(&draft).ok_or(NumberError::Client(ClientError::NotConnected))?;
            let rested = *last + REST;
            if is_ahead(rested, self.now(), REST) {
                tokio::time::sleep(self.clock.real_wait(rested)).await;
            }
            asker.look_up(phones).await.map_err(said)?;
            *last = self.now();
            self.events.emit(Event::ContactsChanged);
        }
        Ok(LookedUp { looked, next })
    }

    /// One of the chosen numbers that is connected.
    pub(super) fn asker(&self, draft: &Draft) -> Option<Arc<dyn Messenger>> {
        draft.session_ids.iter().find_map(|id| self.dispatcher.registry.get(*id))
    }

    async fn unknown_behind(
        &self,
        draft: &Draft,
        mut after: Option<ContactId>,
    ) -> Result<(Vec<String>, Option<ContactId>), Problem> {
        let now = self.now();
        let mut reader = self.reader().await?;
        let content = draft.content()?;
        let moment = draft.moment(&mut reader, now).await.map_err(StorageError::from)?;
        let target = draft.target(&mut reader, now).await?;
        let mut phones = Vec::new();
        loop {
            let people =
                people_after(&mut reader, target.whom(), moment, after, PAGE).await.map_err(StorageError::from)?;
            let all = people.iter().map(|person| person.phone.as_str()).collect();
            let looked_up = notes::looked_up(&mut reader, all, now).await.map_err(StorageError::from)?;
            for person in &people {
                let written_to = matches!(compose(&content, person), Composed::Message { .. });
                if written_to && !looked_up.contains(&person.phone) {
                    phones.push(person.phone.clone());
                }
                after = Some(person.id);
                if phones.len() == AT_ONCE {
                    return Ok((phones, after));
                }
            }
            if people.len() < PAGE as usize {
                return Ok((phones, None));
            }
        }
    }
}

fn said(cause: Cause) -> NumberError {
    NumberError::Client(match cause {
        Cause::NotConnected => ClientError::NotConnected,
        Cause::TooFast => ClientError::Refused(cause.to_string()),
        _ => ClientError::NoAnswer,
    })
}

//! Triggers before they are relied upon: what would become of an event, and that message on a phone of the owner.

use serde::Serialize;
use serde_json::Value;

use super::{Problem, Programs, matter, recipient};
use crate::app::programs::sending::{Matter, Recipient};
use crate::category::Category;
use crate::clock::Millis;
use crate::contact::phone;
use crate::ids::MessageId;
use crate::outbox::state::Origin;
use crate::trigger::payload::fields;
use crate::trigger::{Binding, TriggerError};

/// What a trigger would do with an event, without doing it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", rename = "TriedTrigger")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Tried {
    /// Every field of the event, and what stands there.
    pub fields: Vec<FieldSample>,
    /// Of the first person.
    pub phone_shown: Option<String>,
    pub name: Option<String>,
    pub text: Option<String>,
    pub credits: i64,
    pub due_at: Option<Millis>,
    /// Its condition does not hold, so nothing would be sent.
    pub unmet: bool,
    /// Why nothing would be sent.
    pub problem: Option<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct FieldSample {
    pub field: String,
    pub value: String,
}

impl Programs {
    /// What a trigger would do with this event: by the same steps as a real one, undone at the end.
    pub async fn try_trigger(&self, binding: &Binding, payload: &str) -> Result<Tried, Problem> {
        self.tried(binding, &object(payload)?).await
    }

    /// Sends the message that the first person of this event would get to a phone of the owner: at once, outside the
    /// sending hours too, and for credits like everything else. No event is noted for it, and its key stays unknown.
    pub async fn send_tried(&self, binding: &Binding, payload: &str, to: &str) -> Result<MessageId, Problem> {
        let payload = object(payload)?;
        binding.check()?;
        let planned = self.plan(binding, &payload).await?;
        let Some(item) = planned.items.into_iter().next() else {
            return Err(planned.problem.unwrap_or_else(|| TriggerError::Unmet.into()));
        };
        // A test is no promotion: it may be repeated, and the next campaign reaches the owner too.
        let category = Some(Category::Notification);
        let matter = Matter { priority: Some(1), urgent: true, category, ..matter(binding, item.template) };
        let told = recipient(item.told);
        let filled: Vec<&str> = told.data.keys().map(String::as_str).collect();
        let frozen = self.freeze(true, &matter, &filled, Origin::Direct).await?.without_mail();
        let _whole = self.freezing.read().await;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let data = frozen.values(&mut tx, &told, now).await?;
        // Whoever the event is about is not taken into the contacts by a test.
        drop(tx);
        let to = Recipient { to: to.to_owned(), name: None, data };
        let mut tx = self.db.begin().await?;
        let (queue, accepted) = self.take_in_one(&mut tx, &frozen, &to, now).await?;
        self.db.commit(tx).await?;
        self.campaigns.changed(queue);
        Ok(accepted.id)
    }

    async fn tried(&self, binding: &Binding, payload: &Value) -> Result<Tried, Problem> {
        let mut tried = Tried {
            fields: fields(payload).into_iter().map(|(field, value)| FieldSample { field, value }).collect(),
            phone_shown: None,
            name: None,
            text: None,
            credits: 0,
            due_at: None,
            unmet: false,
            problem: None,
        };
        if let Err(error) = binding.check() {
            tried.problem = Some(error.into());
            return Ok(tried);
        }
        let mut planned = self.plan(binding, payload).await?;
        let frozen = self.freeze_all(binding, &planned.items).await?;
        let now = self.now();
        let Some(item) = planned.items.drain(..).next() else {
            tried.unmet = planned.problem.is_none();
            tried.problem = planned.problem;
            return Ok(tried);
        };
        tried.name.clone_from(&item.told.name);
        let frozen = match frozen.get(&item.template) {
            Some(Ok(frozen)) => frozen,
            Some(Err(problem)) => {
                tried.problem = Some(problem.clone());
                return Ok(tried);
            }
            None => return Ok(tried),
        };
        let mut tx = self.db.begin().await?;
        let taken = self.take_in(&mut tx, frozen, &[recipient(item.told)], now).await;
        // Nothing of it stays.
        drop(tx);
        let mut taken = taken?;
        if let Some(message) = taken.messages.pop() {
            tried.phone_shown = Some(phone::shown(&message.phone));
            tried.name = Some(message.name).filter(|name| !name.is_empty());
            tried.text = Some(message.text);
        }
        match taken.outcomes.pop() {
            Some(Ok(accepted)) => {
                tried.credits = accepted.credits.unwrap_or(accepted.parts);
                tried.due_at = Some(accepted.due_at);
            }
            Some(Err(problem)) => tried.problem = Some(problem),
            None => {}
        }
        Ok(tried)
    }
}

fn object(payload: &str) -> Result<Value, TriggerError> {
    let payload: Value = serde_json::from_str(payload).map_err(|_| TriggerError::NoObject)?;
    if payload.is_object() { Ok(payload) } else { Err(TriggerError::NoObject) }
}

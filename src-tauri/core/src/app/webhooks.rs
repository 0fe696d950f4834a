//! What other programs are told: the owner's webhooks, and the step that reads the feed for them and sends what is due.

mod body;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast, watch};
use uuid::Uuid;

use super::Problem;
use super::common::{Common, facet};
use super::credits::running_low;
use crate::clock::Millis;
use crate::db::StorageError;
use crate::event::Event;
use crate::feed::{self, Change, Page, Thing};
use crate::ids::{CampaignId, DeliveryId, IdGenerator, PartId, WebhookId};
use crate::outbox::store::told;
use crate::webhook::signature::Secret;
use crate::webhook::store::{self, DeliveryCounts, DeliveryState, DeliveryView, NewDelivery};
use crate::webhook::{
    self, Answer, CREDITS_LOW, Delivery, MISSED, MOST_WAITING, MOST_WEBHOOKS, PausedFor, Post, Poster, Setback, TEST,
    Topic, Verdict, Webhook, WebhookError, address, schedule,
};

/// So many changes are read at once.
const CHANGES_AT_ONCE: u32 = 500;
/// So many deliveries are shown.
const SHOWN: u32 = 100;
/// A laptop that was closed must notice the time when it opens.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Changes come in bursts: what follows the first within this time goes with it.
const TOGETHER: Duration = Duration::from_millis(300);
const AFTER_ERROR: Duration = Duration::from_secs(2);

pub struct Webhooks {
    common: Common,
    /// None where nothing leaves: then webhooks wait.
    poster: Option<Arc<dyn Poster>>,
    /// The owner changed something.
    stirred: Notify,
}

facet!(Webhooks);

/// What its owner says of a webhook.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct WebhookEdit {
    /// None for one that is to be made.
    pub id: Option<WebhookId>,
    pub name: String,
    pub url: String,
    /// It may lie in the owner's own network.
    pub near: bool,
    pub topics: Vec<Topic>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct WebhookView {
    pub id: WebhookId,
    pub name: String,
    pub url: String,
    pub near: bool,
    pub topics: Vec<Topic>,
    pub created_at: Millis,
    pub paused: Option<PausedFor>,
    /// How many tries failed in a row.
    pub failures: u32,
    /// Its receiver is down: nothing is tried before.
    pub rests_until: Option<Millis>,
    /// When something was taken last.
    pub answered_at: Option<Millis>,
    pub counts: DeliveryCounts,
}

/// A webhook with its secret, which is shown this once.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct WebhookSaved {
    pub webhook: WebhookView,
    /// None where it has been shown before.
    pub secret: Option<String>,
}

/// What a receiver answered to a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct WebhookTest {
    /// None where it took it.
    pub setback: Option<Setback>,
    pub status: Option<u16>,
}

impl Webhooks {
    pub(super) fn new(common: Common, poster: Option<Arc<dyn Poster>>) -> Self {
        Self { common, poster, stirred: Notify::new() }
    }

    pub async fn list(&self) -> Result<Vec<WebhookView>, Problem> {
        let mut reader = self.reader().await?;
        let webhooks = store::all(&mut reader).await.map_err(|error| self.db.error(error))?;
        let mut views = Vec::with_capacity(webhooks.len());
        for webhook in webhooks {
            let counts = store::counts(&mut reader, webhook.id).await.map_err(|error| self.db.error(error))?;
            views.push(view(webhook, counts));
        }
        Ok(views)
    }

    /// Makes or changes one. A new one is told of what happens from then on.
    pub async fn save(&self, edit: &WebhookEdit) -> Result<WebhookSaved, Problem> {
        let (url, _) = address::checked(&edit.url, edit.near).map_err(WebhookError::from)?;
        let mut topics = edit.topics.clone();
        topics.sort_unstable();
        topics.dedup();
        if topics.is_empty() {
            return Err(WebhookError::NoTopic.into());
        }
        let name = match edit.name.trim() {
            "" => address::shown(&url),
            name => name.to_owned(),
        };
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let saved = async {
            let webhook = match edit.id {
                Some(id) => {
                    let Some(known) = store::by_id(&mut tx, id).await? else { return Ok(Err(WebhookError::NotFound)) };
                    let webhook = Webhook { name, url, near: edit.near, topics, ..known };
                    store::update(&mut tx, &webhook).await?;
                    webhook
                }
                None => {
                    if store::all(&mut tx).await?.len() >= MOST_WEBHOOKS {
                        return Ok(Err(WebhookError::TooMany));
                    }
                    let webhook = Webhook {
                        id: IdGenerator::at(now).next(),
                        name,
                        url,
                        near: edit.near,
                        topics,
                        secret: Secret::fresh()
                            .map_err(|error| sqlx::Error::Io(std::io::Error::other(error.to_string())))?,
                        seq: feed::store::newest(&mut tx).await?,
                        created_at: now,
                        paused: None,
                        failures: 0,
                        rests_until: None,
                        answered_at: None,
                        low_told: None,
                    };
                    store::insert(&mut tx, &webhook).await?;
                    webhook
                }
            };
            let counts = store::counts(&mut tx, webhook.id).await?;
            Ok(Ok((webhook, counts)))
        };
        let (webhook, counts) = saved.await.map_err(|error| self.db.error(error))??;
        self.db.commit(tx).await?;
        self.changed();
        let secret = edit.id.is_none().then(|| webhook.secret.shown());
        Ok(WebhookSaved { webhook: view(webhook, counts), secret })
    }

    /// A fresh secret in place of the one before, which counts no more.
    pub async fn renew_secret(&self, id: WebhookId) -> Result<WebhookSaved, Problem> {
        let mut tx = self.db.begin().await?;
        let renewed = async {
            let Some(known) = store::by_id(&mut tx, id).await? else { return Ok(None) };
            let secret = Secret::fresh().map_err(|error| sqlx::Error::Io(std::io::Error::other(error.to_string())))?;
            let webhook = Webhook { secret, ..known };
            store::update(&mut tx, &webhook).await?;
            let counts = store::counts(&mut tx, id).await?;
            Ok(Some((webhook, counts)))
        };
        let renewed = renewed.await.map_err(|error| self.db.error(error))?;
        let (webhook, counts) = renewed.ok_or(WebhookError::NotFound)?;
        self.db.commit(tx).await?;
        self.changed();
        let secret = Some(webhook.secret.shown());
        Ok(WebhookSaved { webhook: view(webhook, counts), secret })
    }

    /// With all that waits for it.
    pub async fn delete(&self, id: WebhookId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let deleted = store::delete(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.changed();
        if deleted { Ok(()) } else { Err(WebhookError::NotFound.into()) }
    }

    /// While it is paused it is told nothing; it goes on where it was, as far back as the feed reaches.
    pub async fn pause(&self, id: WebhookId, paused: bool) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let why = paused.then_some(PausedFor::Owner);
        let changed = store::pause(&mut tx, id, why, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.changed();
        if changed { Ok(()) } else { Err(WebhookError::NotFound.into()) }
    }

    pub async fn deliveries(&self, id: WebhookId, state: DeliveryState) -> Result<Vec<DeliveryView>, Problem> {
        let listed = store::listed(&mut *self.reader().await?, id, state, SHOWN).await;
        Ok(listed.map_err(|error| self.db.error(error))?)
    }

    /// What was given up is sent again: one delivery, or all of the webhook. Says how many.
    pub async fn replay(&self, id: WebhookId, only: Option<DeliveryId>) -> Result<i64, Problem> {
        let mut tx = self.db.begin().await?;
        let replayed = store::replay(&mut tx, id, only, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.changed();
        Ok(i64::try_from(replayed).unwrap_or(i64::MAX))
    }

    /// Sends a test at once, also to one that is paused, and says what was answered.
    pub async fn test(&self, id: WebhookId) -> Result<WebhookTest, Problem> {
        let poster = self.poster.clone().ok_or(WebhookError::Offline)?;
        self.test_over(id, poster.as_ref()).await
    }

    /// The same over a way of the caller's.
    pub async fn test_over(&self, id: WebhookId, poster: &dyn Poster) -> Result<WebhookTest, Problem> {
        let webhook = store::by_id(&mut *self.reader().await?, id).await.map_err(|error| self.db.error(error))?;
        let webhook = webhook.ok_or(WebhookError::NotFound)?;
        let now = self.now();
        let delivery = Delivery {
            id: IdGenerator::at(now).next(),
            event: TEST.to_owned(),
            about: Uuid::nil(),
            created_at: now,
            due_at: now,
            tries: 0,
            first_tried_at: None,
        };
        let body = body::of(&mut *self.reader().await?, &delivery, now).await;
        let answer = match post_of(&webhook, &delivery, body, now) {
            Some(post) => poster.post(post).await,
            None => Answer::Nothing(Setback::Address),
        };
        Ok(match answer.verdict() {
            Verdict::Taken(status) => WebhookTest { setback: None, status: Some(status) },
            Verdict::Gone => WebhookTest { setback: Some(Setback::Status), status: Some(410) },
            Verdict::Failed(setback, status) => WebhookTest { setback: Some(setback), status },
        })
    }

    fn changed(&self) {
        self.stirred.notify_one();
        self.events.emit(Event::WebhooksChanged);
    }
}

fn view(webhook: Webhook, counts: DeliveryCounts) -> WebhookView {
    let Webhook { id, name, url, near, topics, created_at, paused, failures, rests_until, answered_at, .. } = webhook;
    WebhookView { id, name, url, near, topics, created_at, paused, failures, rests_until, answered_at, counts }
}

/// None where its address is none that may be reached: a newer Ulak may be stricter.
fn post_of(webhook: &Webhook, delivery: &Delivery, body: String, now: Millis) -> Option<Post> {
    let (url, reach) = address::checked(&webhook.url, webhook.near).ok()?;
    let id = format!("msg_{}", delivery.id.0.simple());
    let timestamp = now / 1_000;
    let signature = webhook.secret.sign(&id, timestamp, &body);
    Some(Post { url, reach, id, timestamp, signature, body })
}

/// The loop and its step.
impl Webhooks {
    /// Tells what is to be told until `stop` is true.
    pub(super) async fn run(&self, mut stop: watch::Receiver<bool>) {
        let Some(poster) = self.poster.clone() else { return };
        let mut events = self.events.subscribe();
        while !*stop.borrow() {
            let pause = tokio::select! {
                // What is on its way is told again.
                _ = stop.wait_for(|stop| *stop) => return,
                stepped = self.step(poster.as_ref()) => match stepped {
                    Ok(Some(until)) => self.clock.real_wait(until).min(LONGEST_SLEEP),
                    Ok(None) => LONGEST_SLEEP,
                    Err(error) => {
                        tracing::warn!(%error, "webhooks wait until data can be read and saved");
                        AFTER_ERROR
                    }
                },
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = self.stirred.notified() => {}
                () = tokio::time::sleep(pause) => {}
                () = something(&mut events, TOGETHER) => {}
            }
        }
    }

    /// Reads what the feed has for each webhook and sends what is due. Says when there will be something to do; none
    /// where that is not before something changes.
    pub async fn step(&self, poster: &dyn Poster) -> Result<Option<Millis>, StorageError> {
        let webhooks = store::all(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        let active: Vec<Webhook> = webhooks.into_iter().filter(|webhook| webhook.paused.is_none()).collect();
        if active.is_empty() {
            return Ok(None);
        }
        self.tell_of_credits(&active).await?;
        // What is wrong with one holds up no other.
        let (mut more, mut told, mut wrong) = (false, false, None);
        for webhook in &active {
            match self.read_feed(webhook).await {
                Ok(there_is) => more |= there_is,
                Err(error) => wrong = Some(error),
            }
        }
        // One receiver that is slow keeps the others waiting for one answer at most.
        let sent = futures::future::join_all(active.iter().map(|webhook| self.send_due(webhook.id, poster))).await;
        for sent in sent {
            match sent {
                Ok(sent) => told |= sent,
                Err(error) => wrong = Some(error),
            }
        }
        if told {
            self.events.emit(Event::WebhooksChanged);
        }
        if let Some(error) = wrong {
            return Err(error);
        }
        if more || told {
            return Ok(Some(self.now()));
        }
        self.next_time().await
    }

    async fn next_time(&self) -> Result<Option<Millis>, StorageError> {
        let mut reader = self.reader().await?;
        let mut next: Option<Millis> = None;
        for webhook in store::all(&mut reader).await.map_err(|error| self.db.error(error))? {
            if webhook.paused.is_some() {
                continue;
            }
            let due =
                store::next_due(&mut reader, webhook.id, self.now()).await.map_err(|error| self.db.error(error))?;
            let due = due.map(|due| due.max(webhook.rests_until.unwrap_or(due)));
            next = [next, due].into_iter().flatten().min();
        }
        Ok(next)
    }

    /// True where there may be more.
    async fn read_feed(&self, webhook: &Webhook) -> Result<bool, StorageError> {
        let mut reader = self.reader().await?;
        let read = async {
            if store::counts(&mut reader, webhook.id).await?.waiting >= MOST_WAITING {
                return Ok(None);
            }
            Ok(match feed::store::after(&mut reader, webhook.seq, CHANGES_AT_ONCE).await? {
                Page::Anew { newest } => Some((newest, vec![simple(MISSED)], false)),
                Page::Changes { changes } => match changes.last().map(|change| change.seq) {
                    None => None,
                    Some(to) => {
                        let more = changes.len() >= CHANGES_AT_ONCE as usize;
                        Some((to, deliveries(&mut reader, webhook, &changes).await?, more))
                    }
                },
            })
        };
        let Some((to, told, more)) = read.await.map_err(|error| self.db.error(error))? else { return Ok(false) };
        drop(reader);
        let mut tx = self.db.begin().await?;
        let put = store::put_down(&mut tx, webhook.id, (webhook.seq, to), &told, self.now()).await;
        let put = put.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        Ok(put && more)
    }

    /// That the credits run low is no change of a row: each is told once, until something is put in.
    async fn tell_of_credits(&self, active: &[Webhook]) -> Result<(), StorageError> {
        if !active.iter().any(|webhook| webhook.topics.contains(&Topic::Credits)) {
            return Ok(());
        }
        let low = running_low(&mut *self.reader().await?, self.now()).await.map_err(|error| self.db.error(error))?;
        let Some((_, granted)) = low else { return Ok(()) };
        let wanting = active.iter().filter(|webhook| webhook.topics.contains(&Topic::Credits));
        let untold: Vec<&Webhook> = wanting.filter(|webhook| webhook.low_told != Some(granted)).collect();
        if untold.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        let put = async {
            for webhook in untold {
                store::put_down(&mut tx, webhook.id, (webhook.seq, webhook.seq), &[simple(CREDITS_LOW)], self.now())
                    .await?;
                store::note_low(&mut tx, webhook.id, granted).await?;
            }
            Ok(())
        };
        put.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await
    }

    /// True where something was tried.
    async fn send_due(&self, id: WebhookId, poster: &dyn Poster) -> Result<bool, StorageError> {
        let now = self.now();
        let mut reader = self.reader().await?;
        let collected = async {
            let Some(webhook) = store::by_id(&mut reader, id).await?.filter(|webhook| webhook.is_ready(now)) else {
                return Ok(None);
            };
            let due = store::due(&mut reader, id, now, schedule::at_once(webhook.failures)).await?;
            let mut said = Vec::with_capacity(due.len());
            for delivery in due {
                let body = body::of(&mut reader, &delivery, now).await;
                said.push((delivery, body));
            }
            Ok(Some((webhook, said)))
        };
        let Some((webhook, said)) = collected.await.map_err(|error| self.db.error(error))? else { return Ok(false) };
        drop(reader);
        if said.is_empty() {
            return Ok(false);
        }
        let begun: Vec<Delivery> = said.iter().map(|(delivery, _)| delivery.clone()).collect();
        let mut tx = self.db.begin().await?;
        store::begin(&mut tx, &begun, now).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        let posts = said.into_iter().map(|(delivery, body)| {
            let post = post_of(&webhook, &delivery, body, now);
            async move {
                let answer = match post {
                    Some(post) => poster.post(post).await,
                    None => Answer::Nothing(Setback::Address),
                };
                (delivery, answer.verdict())
            }
        });
        let answers = futures::future::join_all(posts).await;
        self.write_down(&webhook, &answers).await?;
        Ok(true)
    }

    async fn write_down(&self, webhook: &Webhook, answers: &[(Delivery, Verdict)]) -> Result<(), StorageError> {
        let now = self.now();
        let mut given_up = false;
        let mut tx = self.db.begin().await?;
        let written = async {
            // A success last: what took one of them is not down.
            let (taken, failed): (Vec<_>, Vec<_>) =
                answers.iter().partition(|(_, verdict)| matches!(verdict, Verdict::Taken(_)));
            for (delivery, verdict) in failed.into_iter().chain(taken) {
                given_up |= store::complete(&mut tx, webhook.id, delivery, *verdict, now).await?;
            }
            store::prune(&mut tx, webhook.id).await
        };
        written.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        let name = || webhook.name.clone();
        if given_up {
            self.notices.tell(WebhookError::GaveUp { name: name() });
        }
        if answers.iter().any(|(_, verdict)| *verdict == Verdict::Gone) {
            self.notices.tell(WebhookError::Gone { name: name() });
        }
        Ok(())
    }
}

/// Returns when something happened, with what follows it within `together`.
pub(super) async fn something(events: &mut broadcast::Receiver<Event>, together: Duration) {
    loop {
        match events.recv().await {
            // Its own.
            Ok(Event::WebhooksChanged | Event::MailChanged) => {}
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {
                tokio::time::sleep(together).await;
                *events = events.resubscribe();
                return;
            }
            Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
        }
    }
}

/// What is about nothing else.
fn simple(event: &str) -> NewDelivery {
    NewDelivery { event: event.to_owned(), subject: Uuid::nil(), about: Uuid::nil() }
}

/// Of these changes those that the webhook is told of. The last part of a message stands for it.
async fn deliveries(
    db: &mut sqlx::SqliteConnection,
    webhook: &Webhook,
    changes: &[Change],
) -> Result<Vec<NewDelivery>, sqlx::Error> {
    let of = |thing: Thing| changes.iter().filter(move |change| change.thing == thing).map(|change| change.id);
    let wants = |topic: Topic| webhook.topics.contains(&topic);
    let parts: Vec<PartId> = of(Thing::Part).filter(|_| wants(Topic::Messages)).map(PartId).collect();
    let messages = told::messages_of_last(db, &parts).await?;
    let queues: Vec<CampaignId> = of(Thing::Queue).filter(|_| wants(Topic::Campaigns)).map(CampaignId).collect();
    let campaigns = told::campaigns_of(db, &queues).await?;
    let mut told = Vec::new();
    for change in changes {
        let Some(event) = webhook.event(change) else { continue };
        let subject = match change.thing {
            Thing::Part => match messages.get(&PartId(change.id)) {
                Some(message) => message.0,
                None => continue,
            },
            Thing::Queue if !campaigns.contains(&CampaignId(change.id)) => continue,
            _ => change.id,
        };
        told.push(NewDelivery { event, subject, about: change.id });
    }
    Ok(told)
}

impl webhook::Webhook {
    fn is_ready(&self, now: Millis) -> bool {
        // A rest from a time to come was set by a clock that was wrong.
        let rests = self.rests_until.is_some_and(|until| {
            let longest = schedule::rest(self.failures).unwrap_or_default();
            until > now && until <= now + longest
        });
        self.paused.is_none() && !rests
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Events;

    #[tokio::test(start_paused = true)]
    async fn what_happens_together_is_something_once() {
        let events = Events::default();
        let mut heard = events.subscribe();
        for _ in 0..5_000 {
            events.emit(Event::NowChanged);
        }
        let together = Duration::from_millis(300);
        something(&mut heard, together).await;
        let again = tokio::time::timeout(Duration::from_secs(60), something(&mut heard, together));
        assert!(again.await.is_err(), "what was told before is told again");
        events.emit(Event::MailChanged);
        events.emit(Event::NowChanged);
        something(&mut heard, together).await;
    }
}

//! The test kit: an App on a real encrypted file, with a clock that is set by hand and a messenger that does as told.
//!
//! `World` takes the dispatcher's own steps and moves the clock to wherever the planner wants to wait, so a day of
//! sending passes in milliseconds and no test sleeps.

pub mod conformance;
mod network;
pub mod numbers;
mod store;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
pub use network::{Call, FakeClient, FakeNetwork, Server};
pub use store::miscounted;
use tempfile::TempDir;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::app::{App, NumberView, Problem};
use crate::campaign::draft::{Draft, DraftEdit};
use crate::clock::{Clock, Millis};
use crate::contact::{Consent, ContactEdit};
use crate::db::DbKey;
use crate::ids::{CampaignId, ContactId, SessionId};
use crate::link_preview::LinkPreview;
use crate::outbox::dispatcher::{InFlight, Next};
use crate::outbox::receipt;
use crate::outbox::store::reading::Counts;
use crate::session::NumberError;
use crate::session::cause::Cause;
use crate::session::client::{LinkHow, Signal};
use crate::session::messenger::{Content, Messenger, Outcome, Outgoing, Receipt, ReceiptKind, Sending};

/// A clock that stands still until it is moved.
#[derive(Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn set(&self, at: Millis) {
        self.0.store(at, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }

    fn real_wait(&self, until: Millis) -> Duration {
        Duration::from_millis(u64::try_from(until - self.now()).unwrap_or(0))
    }
}

/// A number that answers as scripted, `Accepted` when nothing is scripted, and remembers what it was given.
#[derive(Default)]
pub struct FakeMessenger {
    clock: Arc<ManualClock>,
    script: Mutex<VecDeque<Outcome>>,
    /// The next part is taken and never answered.
    silent: AtomicBool,
    /// Phones that are not on WhatsApp.
    absent: Mutex<Vec<String>>,
    /// Before the next part can be handed over, so much time passes.
    prepares: AtomicI64,
    /// The next part can be handed over when this says so.
    ready: Mutex<Option<oneshot::Receiver<()>>>,
    /// Between two sends; 0 while the number's pace counts.
    gap: AtomicI64,
    sent: Mutex<Vec<Sent>>,
}

/// A try to send.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Millis,
    pub to: String,
    pub wire_id: String,
    pub text: Option<String>,
    pub is_image: bool,
    /// Of a poll.
    pub options: Vec<String>,
    pub link_preview: Option<Arc<LinkPreview>>,
    pub known: bool,
    pub typing: bool,
    pub outcome: Outcome,
}

impl FakeMessenger {
    pub fn answer(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        locked(&self.script).extend(outcomes);
    }

    /// The next part is taken, and nothing is ever heard of it.
    pub fn be_silent(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }

    pub fn prepares_for(&self, time: Millis) {
        self.prepares.store(time, Ordering::SeqCst);
    }

    /// Sends so many milliseconds apart, whatever the number's pace.
    pub fn hurry(&self, gap: Millis) {
        self.gap.store(gap, Ordering::SeqCst);
    }

    /// The next part is looked up and its file brought up until the test lets it go.
    pub fn prepares_until_told(&self) -> oneshot::Sender<()> {
        let (tell, ready) = oneshot::channel();
        *locked(&self.ready) = Some(ready);
        tell
    }

    pub fn sent(&self) -> Vec<Sent> {
        locked(&self.sent).clone()
    }

    /// The next part arrives, and nobody is told.
    pub fn swallow_next_answer(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }

    pub fn set_absent(&self, phone: &str) {
        locked(&self.absent).push(phone.to_owned());
    }

    /// The wire ids of what phones show, one for each bubble: a phone shows a part once however often it comes.
    pub fn shown(&self) -> Vec<String> {
        let mut shown: Vec<String> = Vec::new();
        for sent in locked(&self.sent).iter().filter(|sent| sent.outcome == Outcome::Accepted) {
            if !shown.contains(&sent.wire_id) {
                shown.push(sent.wire_id.clone());
            }
        }
        shown
    }

    pub(crate) fn is_absent(&self, phone: &str) -> bool {
        locked(&self.absent).iter().any(|absent| absent == phone)
    }
}

impl Messenger for FakeMessenger {
    fn send(&self, part: Outgoing) -> Sending<'_> {
        Box::pin(self.take(part))
    }

    fn gap(&self) -> Option<Millis> {
        Some(self.gap.load(Ordering::SeqCst)).filter(|gap| *gap > 0)
    }
}

impl FakeMessenger {
    async fn take(&self, part: Outgoing) -> Outcome {
        self.clock.set(self.clock.now() + self.prepares.swap(0, Ordering::SeqCst));
        let ready = locked(&self.ready).take();
        if let Some(ready) = ready {
            let _ = ready.await;
        }
        let usual = if self.is_absent(&part.to) { Outcome::Refused(Cause::NotOnWhatsapp) } else { Outcome::Accepted };
        let held_back = part.held_back(self.clock.as_ref()).await;
        let outcome = held_back.or_else(|| locked(&self.script).pop_front()).unwrap_or(usual);
        let (text, is_image, options, link_preview) = match part.content {
            Content::Text { text, preview } => (Some(text), false, Vec::new(), preview),
            Content::Poll { text, options } => (Some(text), false, options, None),
            Content::Media { caption, .. } => (caption, true, Vec::new(), None),
        };
        let sent = Sent {
            at: self.clock.now(),
            to: part.to,
            wire_id: part.wire_id,
            text,
            is_image,
            options,
            link_preview,
            known: part.known,
            typing: part.typing,
            outcome: outcome.clone(),
        };
        locked(&self.sent).push(sent);
        let silent = self.silent.swap(false, Ordering::SeqCst);
        if silent { std::future::pending().await } else { outcome }
    }
}

pub struct World {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    /// What stands behind the practice number.
    pub phone: Arc<FakeMessenger>,
    /// Linked numbers that are always connected, in their order: rows without a supervisor.
    pub numbers: Vec<Number>,
    /// Where the registry of numbers with a supervisor come from.
    pub network: Arc<FakeNetwork>,
    pub folder: TempDir,
    key: DbKey,
    flight: InFlight,
}

/// A linked number of a test.
pub struct Number {
    pub id: SessionId,
    pub phone: Arc<FakeMessenger>,
    connected: bool,
    removed: bool,
}

pub const KEY: [u8; 32] = [7; 32];

impl World {
    /// A fresh installation at `now`, with UTC as its zone and sending hours from 09:00 to 22:00.
    pub async fn at(now: Millis) -> Result<Self, Problem> {
        let folder = tempfile::tempdir().map_err(|error| crate::db::StorageError::Folder {
            folder: "a temporary folder".to_owned(),
            reason: error.to_string(),
        })?;
        let world = Self::over(folder, key(), now).await?;
        let mut settings = world.app.settings().current().await?;
        settings.zone = chrono_tz::Tz::UTC;
        world.app.settings().save_settings(&settings).await?;
        Ok(world)
    }

    /// A start at `now` over a data folder that is there, with this key.
    pub async fn over(folder: TempDir, key: DbKey, now: Millis) -> Result<Self, Problem> {
        let clock = Arc::new(ManualClock::default());
        clock.set(now);
        let phone = Arc::new(FakeMessenger { clock: clock.clone(), ..FakeMessenger::default() });
        let network = Arc::new(FakeNetwork::new(clock.clone()));
        let app = by_hand(&folder, &key, &clock, &phone, &[], &network).await?;
        Ok(Self { app, clock, phone, numbers: Vec::new(), network, folder, key, flight: InFlight::default() })
    }

    /// Ends the App in the middle of whatever it did and starts it again over the same folder.
    pub async fn restart(self) -> Result<Self, Problem> {
        let Self { app, clock, phone, numbers, network, folder, key, flight } = self;
        flight.abandon().await;
        app.db().close().await;
        drop(app);
        let app = by_hand(&folder, &key, &clock, &phone, &numbers, &network).await?;
        Ok(Self { app, clock, phone, numbers, network, folder, key, flight: InFlight::default() })
    }

    /// Lets the numbers take what happened.
    pub async fn settle(&self) {
        self.app.supervised_numbers().settle().await;
    }

    /// Lets time pass for the numbers until `until`, moving the clock to each moment that one of them waits for.
    pub async fn pass(&self, until: Millis) {
        self.settle().await;
        while let Some(at) = self.app.supervised_numbers().wake_at().filter(|at| *at < until) {
            self.clock.set(at.max(self.clock.now() + 1));
            self.settle().await;
        }
        self.clock.set(until);
        self.settle().await;
    }

    /// The computer sleeps until `until`: nobody looks at the clock in between.
    pub async fn sleep(&self, until: Millis) {
        self.clock.set(until);
        self.settle().await;
    }

    /// Links a phone by its QR code.
    pub async fn link(&self, phone: &str) -> Result<SessionId, Problem> {
        let linking = self.app.numbers().start_link(LinkHow::Qr, None).await?;
        self.accept(phone).await;
        self.tick();
        Ok(self.app.numbers().link_view(linking)?.session_id)
    }

    /// The phone accepts what is being linked.
    pub async fn accept(&self, phone: &str) {
        self.settle().await;
        let linked = Signal::Linked { phone: phone.to_owned(), lid: None, push_name: "Toko".to_owned() };
        if let Some(client) = self.network.client() {
            client.hear(linked);
        }
        self.settle().await;
    }

    pub async fn number(&self, id: SessionId) -> Result<NumberView, Problem> {
        let views = self.app.numbers().list().await?;
        views.into_iter().find(|view| view.id == id).ok_or_else(|| NumberError::Gone.into())
    }

    pub async fn contact(&self, name: &str, phone: &str) -> Result<ContactId, Problem> {
        let consent = Consent { source: "shop".to_owned(), at: 0, note: String::new() };
        let edit = ContactEdit {
            name: name.to_owned(),
            phone: phone.to_owned(),
            consent: Some(consent),
            ..ContactEdit::default()
        };
        let id = self.app.people().save_contact(&edit).await?.id;
        self.tick();
        Ok(id)
    }

    /// Ids of one millisecond sort by chance; what a test makes one after the other should sort like that.
    fn tick(&self) {
        self.clock.set(self.clock.now() + 1);
    }

    /// So many contacts with fictitious numbers.
    pub async fn contacts(&self, count: usize) -> Result<(), Problem> {
        for number in 0..count {
            self.contact(&format!("Kişi {number}"), &format!("+90532555{number:04}")).await?;
        }
        Ok(())
    }

    /// A draft to everyone, changed as wanted.
    pub async fn draft(&self, text: &str, change: impl FnOnce(&mut DraftEdit)) -> Result<Draft, Problem> {
        let draft = self.app.campaigns().create_draft().await?;
        self.tick();
        let mut edit = DraftEdit {
            id: draft.id,
            name: "Test".to_owned(),
            text: text.to_owned(),
            choice: None,
            audience: draft.audience,
            split_long_caption: draft.split_long_caption,
            due_at: None,
            priority: draft.priority,
            session_ids: draft.session_ids,
            keep_hours: true,
            hours: None,
            local_hours: false,
            category: draft.category,
            consent_basis: "customers".to_owned(),
        };
        change(&mut edit);
        self.app.campaigns().save_draft(&edit).await
    }

    /// Schedules a text to everyone, within the sending hours.
    pub async fn schedule(&self, text: &str) -> Result<CampaignId, Problem> {
        let draft = self.draft(text, |_| {}).await?;
        self.app.campaigns().schedule_campaign(draft.id, false).await
    }

    /// One decision of the dispatcher and, where something was handed over, its outcome. True while there is more.
    pub async fn step(&mut self) -> Result<bool, Problem> {
        self.go_on_with_revisions().await;
        let next = self.app.dispatcher().step(&mut self.flight).await?;
        if self.flight.is_flying() {
            self.flight.landed().await;
            return Ok(true);
        }
        Ok(matches!(next, Next::Again))
    }

    /// Does what the loop that goes on with revisions does when it is woken; false where nobody woke it.
    async fn go_on_with_revisions(&self) -> bool {
        let woken = self.app.dispatcher().outdated.notified().now_or_never().is_some();
        if woken {
            self.app.campaigns().finish_revisions().await;
        }
        woken
    }

    /// One decision of the dispatcher; what it hands over stays on its way.
    pub async fn decide(&mut self) -> Result<(), Problem> {
        self.app.dispatcher().step(&mut self.flight).await?;
        Ok(())
    }

    /// Lets time pass until `until`, moving the clock to each moment the planner waits for.
    pub async fn run_until(&mut self, until: Millis) -> Result<(), Problem> {
        loop {
            while self.step().await? {}
            let wanted = self.app.dispatcher().step(&mut self.flight).await?;
            match wanted {
                Next::Wait(wanted) => match wanted.filter(|at| *at <= until) {
                    Some(at) => self.clock.set(at),
                    None if self.go_on_with_revisions().await => {}
                    None => break,
                },
                Next::Again => {}
            }
            if self.flight.is_flying() {
                self.flight.landed().await;
            }
        }
        self.clock.set(until.max(self.clock.now()));
        Ok(())
    }

    /// Takes a decision and forgets what is on its way then, as a loop that broke off does.
    pub async fn lose_what_is_on_its_way(&mut self) -> Result<(), Problem> {
        self.app.dispatcher().step(&mut self.flight).await?;
        if !self.flight.is_empty() {
            self.flight.landed().await;
        }
        std::mem::take(&mut self.flight).abandon().await;
        Ok(())
    }

    /// Hands one part over, ends the App before the answer comes, and starts it again.
    pub async fn crash_before_the_answer(mut self) -> Result<Self, Problem> {
        let before = self.phone.sent().len();
        self.phone.silent.store(true, Ordering::SeqCst);
        self.app.dispatcher().step(&mut self.flight).await?;
        while self.flight.is_flying() && self.phone.sent().len() == before {
            tokio::task::yield_now().await;
        }
        self.phone.silent.store(false, Ordering::SeqCst);
        self.restart().await
    }

    pub async fn receipts(&self, kind: ReceiptKind, wire_ids: &[String]) -> Result<(), Problem> {
        let at = self.clock.now();
        let batch: Vec<Receipt> = wire_ids.iter().map(|id| Receipt { wire_id: id.clone(), kind, at }).collect();
        let db = self.app.db();
        let mut tx = db.begin().await?;
        receipt::apply(&mut tx, &batch).await.map_err(|error| db.error(error))?;
        db.commit(tx).await?;
        Ok(())
    }

    /// Counters that do not say what counting says; there must be none at any moment.
    pub async fn miscounted(&self) -> Result<Vec<&'static str>, Problem> {
        let mut reader = self.app.db().read().acquire().await.map_err(|error| self.app.db().error(error))?;
        Ok(store::miscounted(&mut reader).await.map_err(|error| self.app.db().error(error))?)
    }

    pub async fn counts(&self, id: CampaignId) -> Result<Counts, Problem> {
        Ok(self.app.campaigns().live(id).await?.counts)
    }
}

async fn by_hand(
    folder: &TempDir,
    key: &DbKey,
    clock: &Arc<ManualClock>,
    phone: &Arc<FakeMessenger>,
    numbers: &[Number],
    network: &Arc<FakeNetwork>,
) -> Result<Arc<App>, Problem> {
    let connected = numbers::connected(numbers);
    App::with_numbers(folder.path(), key, clock.clone(), phone.clone(), connected, Some(network.clone())).await
}

pub fn key() -> DbKey {
    Zeroizing::new(KEY)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

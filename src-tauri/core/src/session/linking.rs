//! Linking a phone: from the first code to the number that it becomes.
//!
//! ```text
//! starting ──▶ qr ⇄ qr … ──▶ [passkey ──▶ passkey_code] ──▶ linked (a supervisor takes the client over)
//!         └──▶ code ─────┘ └▶ ended (can be begun again)
//! ```
//!
//! WhatsApp asks some accounts for their passkey once the code was right. The system asks the owner for it; Ulak
//! learns the answer alone.
//!
//! An attempt has no row: only when the phone has accepted is it known which number it is. A phone that a row already
//! has goes on as that row. One that must not be linked is undone, on WhatsApp's side too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::client::{ClientError, Heard, LinkEnd, LinkHow, SessionClient, Signal};
use super::error::NumberError;
use super::linked::LinkedNumbers;
use super::server_clock;
use super::supervisor::{Done, Event, Supervisor};
use crate::clock::Millis;
use crate::db::StorageError;
use crate::error::Problem;
use crate::ids::SessionId;

const AFTER_ERROR: Duration = Duration::from_secs(2);
/// How long an undone link may take to reach WhatsApp, and to close.
const UNDO_DEADLINE: Duration = Duration::from_secs(20);
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Stage {
    Starting,
    Qr,
    Code,
    Passkey,
    PasskeyCode,
    Linked,
    Ended,
}

/// How far an attempt is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The number that it became; until then the attempt itself.
    pub session: SessionId,
    pub stage: Stage,
    /// The text of the QR code.
    pub qr: Option<String>,
    /// What is to be typed on the phone, or compared with what it shows.
    pub code: Option<String>,
    pub expires_at: Option<Millis>,
    pub end: Option<LinkEnd>,
    /// Why it was refused or could not begin, or why the passkey was not used.
    pub problem: Option<Problem>,
    /// How far this computer's clock is ahead of WhatsApp's, negative where it is behind, if that is far.
    pub clock_ahead: Option<Millis>,
    /// From 1; one more each time it is begun again.
    pub attempt: u32,
}

/// What an attempt has become.
pub enum Became {
    /// It goes on.
    Nothing,
    Number(Arc<Supervisor>),
    /// The phone that accepted must not be linked, or the attempt was given up before.
    Refused,
}

pub struct LinkAttempt {
    /// Also the key_id.
    pub id: SessionId,
    /// The number that is to be linked again.
    pub expected: Option<SessionId>,
    how: LinkHow,
    client: Arc<dyn SessionClient>,
    done: mpsc::UnboundedSender<Done>,
    progress: Mutex<Progress>,
    /// A cancel waits until an acceptance is written down, and the other way round.
    turn: tokio::sync::Mutex<JoinSet<()>>,
    over: watch::Sender<bool>,
}

impl LinkAttempt {
    pub fn new(
        id: SessionId,
        expected: Option<SessionId>,
        how: LinkHow,
        client: Arc<dyn SessionClient>,
        done: mpsc::UnboundedSender<Done>,
    ) -> Self {
        let progress = Progress {
            session: id,
            stage: Stage::Starting,
            qr: None,
            code: None,
            expires_at: None,
            end: None,
            problem: None,
            clock_ahead: None,
            attempt: 0,
        };
        Self {
            id,
            expected,
            how,
            client,
            done,
            progress: Mutex::new(progress),
            turn: tokio::sync::Mutex::default(),
            over: watch::Sender::new(false),
        }
    }

    pub fn progress(&self) -> Progress {
        self.shown().clone()
    }

    pub fn stopped(&self) -> watch::Receiver<bool> {
        self.over.subscribe()
    }

    /// A phone may still accept.
    pub fn is_open(&self) -> bool {
        !matches!(self.shown().stage, Stage::Linked | Stage::Ended)
    }

    /// Asks for codes, also after the last ones ran out.
    pub async fn begin(&self) -> Result<(), NumberError> {
        let mut turn = self.turn.lock().await;
        if *self.over.borrow() {
            return Err(NumberError::LinkOver);
        }
        let attempt = self.shown().attempt + 1;
        self.show(|progress| {
            *progress = Progress { session: self.id, attempt, stage: Stage::Starting, ..progress.clone() };
            (progress.qr, progress.code, progress.expires_at) = (None, None, None);
            (progress.end, progress.problem) = (None, None);
        });
        let (client, how, done) = (self.client.clone(), self.how.clone(), self.done.clone());
        turn.abort_all();
        turn.spawn(async move {
            let _ = done.send(Done::LinkBegan(client.link(how).await));
        });
        Ok(())
    }

    /// Lets the system ask for the passkey; comes back when it has answered.
    pub async fn use_passkey(&self) -> Result<(), NumberError> {
        if self.shown().stage != Stage::Passkey {
            return Err(ClientError::NoPasskeyAsked.into());
        }
        self.show(|progress| progress.problem = None);
        let used = self.client.use_passkey().await.map_err(NumberError::from);
        if let Err(error) = &used {
            self.show(|progress| progress.problem = Some(Problem::of(error)));
        }
        used
    }

    /// The phone shows the same code.
    pub async fn confirm_passkey(&self) -> Result<(), NumberError> {
        if self.shown().stage != Stage::PasskeyCode {
            return Err(ClientError::NoPasskeyAsked.into());
        }
        Ok(self.client.confirm_passkey().await?)
    }

    /// Gives the attempt up. False when it was over before: a phone that has accepted stays the number it became.
    pub async fn cancel(&self) -> bool {
        let mut turn = self.turn.lock().await;
        if self.over.send_replace(true) {
            return false;
        }
        turn.abort_all();
        let _ = tokio::time::timeout(CLOSE_DEADLINE, self.client.disconnect()).await;
        let _ = tokio::time::timeout(CLOSE_DEADLINE, self.client.unlink()).await;
        self.show(|progress| progress.stage = Stage::Ended);
        true
    }

    /// One event, and what the attempt has become with it. `heard` is what the client says next.
    pub async fn take(&self, event: Event, heard: &mut mpsc::Receiver<Heard>, linked: &LinkedNumbers) -> Became {
        match event {
            Event::Heard(Heard { signal: Signal::Linked { phone, lid, push_name }, confirm, .. }) => {
                let became = self.accepted(&phone, lid.as_deref(), &push_name, heard, linked).await;
                if let (Some(confirm), Became::Number(_)) = (confirm, &became) {
                    let _ = confirm.send(());
                }
                linked.changed();
                return became;
            }
            Event::Heard(heard) => {
                if let Signal::ClockAhead { by } = heard.signal {
                    linked.context.server_clock.hear(by);
                }
                self.hear(heard.signal);
                linked.changed();
            }
            Event::Done(Done::LinkBegan(Err(error))) => {
                self.end(LinkEnd::Lost, Some(Problem::of(&NumberError::from(error))));
                linked.changed();
            }
            Event::Done(_) | Event::Time => {}
        }
        Became::Nothing
    }

    fn hear(&self, signal: Signal) {
        let asked = matches!(self.shown().stage, Stage::Passkey | Stage::PasskeyCode);
        match signal {
            // The phone has taken a code: another one would only hide what WhatsApp waits for.
            Signal::Qr { .. } | Signal::Code { .. } if asked => {}
            Signal::Qr { code, expires_at } => self.show(|progress| {
                progress.stage = Stage::Qr;
                (progress.qr, progress.expires_at) = (Some(code), Some(expires_at));
            }),
            Signal::Code { code, expires_at } => self.show(|progress| {
                progress.stage = Stage::Code;
                (progress.code, progress.expires_at) = (Some(code), Some(expires_at));
            }),
            Signal::Passkey { expires_at } => self.show(|progress| {
                progress.stage = Stage::Passkey;
                (progress.qr, progress.code, progress.expires_at) = (None, None, Some(expires_at));
            }),
            Signal::PasskeyCode { code, expires_at } => self.show(|progress| {
                progress.stage = Stage::PasskeyCode;
                (progress.code, progress.expires_at, progress.problem) = (Some(code), expires_at, None);
            }),
            Signal::ClockAhead { by } => self.show(|progress| progress.clock_ahead = server_clock::far(by)),
            Signal::LinkEnded(end) => self.end(end, None),
            _ => {}
        }
    }

    fn end(&self, end: LinkEnd, problem: Option<Problem>) {
        self.show(|progress| {
            progress.stage = Stage::Ended;
            (progress.qr, progress.code, progress.expires_at) = (None, None, None);
            (progress.end, progress.problem) = (Some(end), problem);
        });
    }

    /// The phone accepted: writes the number down and hands the client over.
    async fn accepted(
        &self,
        phone: &str,
        lid: Option<&str>,
        push_name: &str,
        heard: &mut mpsc::Receiver<Heard>,
        linked: &LinkedNumbers,
    ) -> Became {
        let _turn = self.turn.lock().await;
        if self.over.send_replace(true) {
            return Became::Refused;
        }
        let admitted = loop {
            match linked.admit(self.id, self.expected, phone, lid, push_name).await {
                Err(NumberError::Storage(error)) if error.passes() => wait_for_disk(&error).await,
                decided => break decided,
            }
        };
        match admitted {
            Ok(number) => {
                let context = linked.context.clone();
                let supervisor = Supervisor::new(&number, self.id, context, self.client.clone(), self.done.clone());
                self.show(|progress| (progress.stage, progress.session) = (Stage::Linked, number.session.id));
                Became::Number(linked.install(supervisor).await)
            }
            Err(refusal) => {
                self.undo(heard).await;
                linked.forget_keys(self.id);
                self.end(LinkEnd::Refused, Some(Problem::of(&refusal)));
                Became::Refused
            }
        }
    }

    /// WhatsApp can only be told over an open connection.
    async fn undo(&self, heard: &mut mpsc::Receiver<Heard>) {
        let told = tokio::time::timeout(UNDO_DEADLINE, async {
            self.client.connect().await?;
            while let Some(heard) = heard.recv().await {
                if matches!(heard.signal, Signal::Connected | Signal::Closed(_)) {
                    break;
                }
            }
            self.client.unlink().await
        });
        if !matches!(told.await, Ok(Ok(()))) {
            tracing::warn!("an undone link may still be listed on the phone");
            let _ = tokio::time::timeout(CLOSE_DEADLINE, self.client.unlink()).await;
        }
        let _ = tokio::time::timeout(CLOSE_DEADLINE, self.client.disconnect()).await;
    }

    fn show(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.shown());
    }

    fn shown(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn wait_for_disk(error: &StorageError) {
    tracing::warn!(%error, "a linked phone waits until it can be saved");
    tokio::time::sleep(AFTER_ERROR).await;
}

//! A network of clients that do as told: what the server says to a connection is set for all, signals are given one by
//! one, and every call is remembered with its time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{oneshot, watch};

use super::{FakeMessenger, ManualClock, locked};
use crate::clock::{Clock, DAY, Millis};
use crate::ids::SessionId;
use crate::session::cause::Cause;
use crate::session::client::{
    BoxFuture, ClientConfig, ClientError, Closed, Heard, Limits, LinkHow, Network, Notes, Reply, SessionClient, Signal,
};
use crate::session::messenger::{LookingUp, Messenger, Outcome, Outgoing, Receipt, ReceiptKind, Sending};

/// What becomes of a connection that is begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Server {
    #[default]
    Up,
    /// Connections break at once.
    Gone,
    /// Takes connections and says nothing, to checks neither.
    Silent,
    Says(Closed),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    Connect,
    Disconnect,
    Link(LinkHow),
    Unlink,
    Check,
    Limits,
    Say { to: String, text: String },
    Fetch,
    LookUp(Vec<String>),
    UsePasskey,
    ConfirmPasskey,
}

pub struct FakeNetwork {
    clock: Arc<ManualClock>,
    shared: Arc<Shared>,
    clients: Mutex<Vec<Arc<FakeClient>>>,
}

#[derive(Default)]
struct Shared {
    server: Mutex<Server>,
    /// How long checks take.
    responds_in: Mutex<Millis>,
    limits: Mutex<Limits>,
}

impl FakeNetwork {
    pub fn new(clock: Arc<ManualClock>) -> Self {
        Self { clock, shared: Arc::default(), clients: Mutex::default() }
    }

    pub fn server(&self, server: Server) {
        *locked(&self.shared.server) = server;
    }

    pub fn responds_in(&self, ms: Millis) {
        *locked(&self.shared.responds_in) = ms;
    }

    pub fn limits(&self, limits: Limits) {
        *locked(&self.shared.limits) = limits;
    }

    /// The client that was asked for last.
    pub fn client(&self) -> Option<Arc<FakeClient>> {
        locked(&self.clients).last().cloned()
    }

    pub fn clients(&self) -> Vec<Arc<FakeClient>> {
        locked(&self.clients).clone()
    }
}

impl Network for FakeNetwork {
    fn client(&self, config: ClientConfig) -> Arc<dyn SessionClient> {
        // What a real client would keep there.
        let _ = std::fs::write(&config.file, b"key material");
        let client = Arc::new(FakeClient {
            config,
            clock: self.clock.clone(),
            shared: self.shared.clone(),
            phone: FakeMessenger { clock: self.clock.clone(), ..FakeMessenger::default() },
            reads: AtomicBool::new(false),
            waiting: Mutex::default(),
            open: watch::Sender::new(false),
            opened_twice: AtomicBool::new(false),
            calls: Mutex::default(),
            passkey: Mutex::default(),
        });
        locked(&self.clients).push(client.clone());
        client
    }
}

pub struct FakeClient {
    config: ClientConfig,
    clock: Arc<ManualClock>,
    shared: Arc<Shared>,
    /// The phones that it reaches while it is connected.
    phone: FakeMessenger,
    /// Whoever gets something reads it at once.
    reads: AtomicBool,
    /// What people wrote and the number has not confirmed.
    waiting: Mutex<Vec<(Reply, Option<oneshot::Receiver<()>>)>>,
    open: watch::Sender<bool>,
    opened_twice: AtomicBool,
    calls: Mutex<Vec<(Millis, Call)>>,
    /// How the system's next question for a passkey fails.
    passkey: Mutex<Option<ClientError>>,
}

impl FakeClient {
    pub fn config(&self) -> SessionId {
        self.config.session
    }

    pub fn key(&self) -> [u8; 32] {
        *self.config.key
    }

    pub fn file(&self) -> &std::path::Path {
        &self.config.file
    }

    pub fn notes(&self) -> &Arc<dyn Notes> {
        &self.config.notes
    }

    /// Something that the client hears.
    pub fn hear(&self, signal: Signal) {
        self.tell(signal, None);
    }

    /// The same; what comes back says whether it was confirmed.
    pub fn hear_and_ask(&self, signal: Signal) -> oneshot::Receiver<()> {
        let (confirm, answer) = oneshot::channel();
        self.tell(signal, Some(confirm));
        answer
    }

    /// Somebody writes to the number: told at once or with the next connection, and again until it is confirmed.
    pub fn write(&self, reply: Reply) {
        locked(&self.waiting).push((reply, None));
        if self.is_open() {
            self.tell_waiting();
        }
    }

    /// The server knows that the number has taken everything that was written to it.
    pub fn has_taken_everything(&self) -> bool {
        let mut waiting = locked(&self.waiting);
        waiting.retain_mut(|(_, asked)| !was_confirmed(asked));
        waiting.is_empty()
    }

    fn tell_waiting(&self) {
        for (reply, asked) in locked(&self.waiting).iter_mut().filter(|(_, asked)| asked.is_none()) {
            *asked = Some(self.hear_and_ask(Signal::Reply(reply.clone())));
        }
    }

    /// A new connection knows of what was confirmed over the last one, and of nothing else.
    fn forget_confirmed(&self) {
        let mut waiting = locked(&self.waiting);
        waiting.retain_mut(|(_, asked)| !was_confirmed(asked));
        waiting.iter_mut().for_each(|(_, asked)| *asked = None);
    }

    fn tell(&self, signal: Signal, confirm: Option<oneshot::Sender<()>>) {
        if matches!(signal, Signal::Closed(_)) {
            self.open.send_replace(false);
        }
        let heard = Heard { session: self.config.session, signal, confirm };
        if self.config.signals.try_send(heard).is_err() {
            tracing::error!("nobody listens to this client");
        }
    }

    /// How the next sends end; `Accepted` when nothing is said.
    pub fn answer(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.phone.answer(outcomes);
    }

    /// The system's next question for a passkey fails.
    pub fn passkey_fails(&self, error: ClientError) {
        locked(&self.passkey).replace(error);
    }

    /// The phones that it reaches.
    pub fn phone(&self) -> &FakeMessenger {
        &self.phone
    }

    /// From here on people read what they get.
    pub fn people_read(&self) {
        self.reads.store(true, Ordering::SeqCst);
    }

    pub fn calls(&self) -> Vec<Call> {
        locked(&self.calls).iter().map(|(_, call)| call.clone()).collect()
    }

    /// When it was asked to connect.
    pub fn connects(&self) -> Vec<Millis> {
        locked(&self.calls).iter().filter(|(_, call)| *call == Call::Connect).map(|(at, _)| *at).collect()
    }

    pub fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    /// It was asked to connect while it was connected.
    pub fn was_opened_twice(&self) -> bool {
        self.opened_twice.load(Ordering::SeqCst)
    }

    fn tick(&self, wire_id: &str, outcome: &Outcome) {
        if *outcome != Outcome::Accepted || !self.reads.load(Ordering::SeqCst) {
            return;
        }
        for kind in [ReceiptKind::Delivered, ReceiptKind::Read] {
            self.hear(Signal::Receipt(Receipt { wire_id: wire_id.to_owned(), kind, at: self.clock.now() }));
        }
    }

    fn call(&self, call: Call) {
        locked(&self.calls).push((self.clock.now(), call));
    }

    fn server(&self) -> Server {
        locked(&self.shared.server).clone()
    }
}

impl Messenger for FakeClient {
    fn send(&self, part: Outgoing) -> Sending<'_> {
        let mut open = self.open.subscribe();
        if !*open.borrow_and_update() {
            let refused = Outcome::Refused(Cause::NotConnected);
            return Box::pin(std::future::ready(refused));
        }
        let (wire_id, sending) = (part.wire_id.clone(), self.phone.send(part));
        Box::pin(async move {
            tokio::select! {
                biased;
                outcome = sending => {
                    self.tick(&wire_id, &outcome);
                    outcome
                }
                _ = open.changed() => Outcome::Unknown(Cause::ConnectionLost),
            }
        })
    }

    fn look_up(&self, phones: Vec<String>) -> LookingUp<'_> {
        self.call(Call::LookUp(phones.clone()));
        let kept: Vec<_> = phones.into_iter().map(|phone| self.hear_and_ask(self.found(phone))).collect();
        Box::pin(async move {
            for kept in kept {
                kept.await.map_err(|_| Cause::NoAnswer)?;
            }
            Ok(())
        })
    }
}

impl FakeClient {
    fn found(&self, phone: String) -> Signal {
        let until = self.clock.now() + DAY;
        match self.phone.is_absent(&phone) {
            true => Signal::NotFound { phone, note: "no".to_owned(), until },
            false => Signal::Found { phone, account: None, lid: None, note: "yes".to_owned(), until },
        }
    }
}

impl SessionClient for FakeClient {
    fn connect(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        self.call(Call::Connect);
        if self.open.send_replace(true) {
            self.opened_twice.store(true, Ordering::SeqCst);
        }
        self.forget_confirmed();
        match self.server() {
            Server::Up => {
                self.hear(Signal::Connected);
                self.tell_waiting();
            }
            Server::Gone => self.hear(Signal::Closed(Closed::Lost { reason: "refused".to_owned() })),
            Server::Says(closed) => self.hear(Signal::Closed(closed)),
            Server::Silent => {}
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn disconnect(&self) -> BoxFuture<'_, ()> {
        self.call(Call::Disconnect);
        self.open.send_replace(false);
        Box::pin(std::future::ready(()))
    }

    fn link(&self, how: LinkHow) -> BoxFuture<'_, Result<(), ClientError>> {
        self.call(Call::Link(how));
        Box::pin(std::future::ready(Ok(())))
    }

    fn use_passkey(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        self.call(Call::UsePasskey);
        let answer = locked(&self.passkey).take();
        Box::pin(std::future::ready(answer.map_or(Ok(()), Err)))
    }

    fn confirm_passkey(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        self.call(Call::ConfirmPasskey);
        Box::pin(std::future::ready(Ok(())))
    }

    fn unlink(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        self.call(Call::Unlink);
        let told = if self.open.send_replace(false) { Ok(()) } else { Err(ClientError::NotConnected) };
        Box::pin(std::future::ready(told))
    }

    fn check(&self) -> BoxFuture<'_, Result<Millis, ClientError>> {
        self.call(Call::Check);
        let (open, server, ms) = (self.is_open(), self.server(), *locked(&self.shared.responds_in));
        Box::pin(async move {
            match server {
                _ if !open => Err(ClientError::NotConnected),
                Server::Silent => std::future::pending().await,
                _ => Ok(ms),
            }
        })
    }

    fn limits(&self) -> BoxFuture<'_, Result<Limits, ClientError>> {
        self.call(Call::Limits);
        let limits = *locked(&self.shared.limits);
        Box::pin(std::future::ready(Ok(limits)))
    }

    fn say(&self, to: String, text: String) -> BoxFuture<'_, Result<(), ClientError>> {
        self.call(Call::Say { to, text });
        Box::pin(std::future::ready(Ok(())))
    }

    /// A place is the content itself; an empty one is gone.
    fn fetch(&self, place: String, most: u64) -> BoxFuture<'_, Result<Vec<u8>, ClientError>> {
        self.call(Call::Fetch);
        let fetched = match place.len() as u64 {
            _ if !self.is_open() => Err(ClientError::NotConnected),
            0 => Err(ClientError::Gone),
            size if size > most => Err(ClientError::TooLarge { most }),
            _ => Ok(place.into_bytes()),
        };
        Box::pin(std::future::ready(fetched))
    }
}

fn was_confirmed(asked: &mut Option<oneshot::Receiver<()>>) -> bool {
    asked.as_mut().is_some_and(|asked| asked.try_recv().is_ok())
}

//! A network of clients that do as told: what the server says to a connection is set for all, signals are given one by
//! one, and every call is remembered with its time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::{ManualClock, locked};
use crate::clock::{Clock, Millis};
use crate::ids::SessionId;
use crate::session::client::{
    BoxFuture, ClientConfig, ClientError, Closed, Heard, Limits, LinkHow, Network, Notes, SessionClient, Signal,
};
use crate::session::messenger::{Messenger, Outcome, Outgoing, Sending};

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
            open: AtomicBool::new(false),
            opened_twice: AtomicBool::new(false),
            calls: Mutex::default(),
            outcomes: Mutex::default(),
        });
        locked(&self.clients).push(client.clone());
        client
    }
}

pub struct FakeClient {
    config: ClientConfig,
    clock: Arc<ManualClock>,
    shared: Arc<Shared>,
    open: AtomicBool,
    opened_twice: AtomicBool,
    calls: Mutex<Vec<(Millis, Call)>>,
    outcomes: Mutex<VecDeque<Outcome>>,
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

    /// The same, with an ear for whether it was confirm.
    pub fn hear_and_ask(&self, signal: Signal) -> tokio::sync::oneshot::Receiver<()> {
        let (confirm, answer) = tokio::sync::oneshot::channel();
        self.tell(signal, Some(confirm));
        answer
    }

    fn tell(&self, signal: Signal, confirm: Option<tokio::sync::oneshot::Sender<()>>) {
        if matches!(signal, Signal::Closed(_)) {
            self.open.store(false, Ordering::SeqCst);
        }
        let heard = Heard { session: self.config.session, signal, confirm };
        if self.config.signals.try_send(heard).is_err() {
            tracing::error!("nobody listens to this client");
        }
    }

    /// How the next sends end; `Accepted` when nothing is said.
    pub fn answer(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        locked(&self.outcomes).extend(outcomes);
    }

    pub fn calls(&self) -> Vec<Call> {
        locked(&self.calls).iter().map(|(_, call)| call.clone()).collect()
    }

    /// When it was asked to connect.
    pub fn connects(&self) -> Vec<Millis> {
        locked(&self.calls).iter().filter(|(_, call)| *call == Call::Connect).map(|(at, _)| *at).collect()
    }

    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// It was asked to connect while it was connected.
    pub fn was_opened_twice(&self) -> bool {
        self.opened_twice.load(Ordering::SeqCst)
    }

    fn call(&self, call: Call) {
        locked(&self.calls).push((self.clock.now(), call));
    }

    fn server(&self) -> Server {
        locked(&self.shared.server).clone()
    }
}

impl Messenger for FakeClient {
    fn send(&self, _: Outgoing) -> Sending<'_> {
        let outcome = locked(&self.outcomes).pop_front().unwrap_or(Outcome::Accepted);
        Box::pin(std::future::ready(outcome))
    }
}

impl SessionClient for FakeClient {
    fn connect(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        self.call(Call::Connect);
        if self.open.swap(true, Ordering::SeqCst) {
            self.opened_twice.store(true, Ordering::SeqCst);
        }
        match self.server() {
            Server::Up => self.hear(Signal::Connected),
            Server::Gone => self.hear(Signal::Closed(Closed::Lost { reason: "refused".to_owned() })),
            Server::Says(closed) => self.hear(Signal::Closed(closed)),
            Server::Silent => {}
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn disconnect(&self) -> BoxFuture<'_, ()> {
        self.call(Call::Disconnect);
        self.open.store(false, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }

    fn link(&self, how: LinkHow) -> BoxFuture<'_, Result<(), ClientError>> {
        self.call(Call::Link(how));
        Box::pin(std::future::ready(Ok(())))
    }

    fn unlink(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        self.call(Call::Unlink);
        let told = if self.open.swap(false, Ordering::SeqCst) { Ok(()) } else { Err(ClientError::NotConnected) };
        Box::pin(std::future::ready(told))
    }

    fn check(&self) -> BoxFuture<'_, Result<Millis, ClientError>> {
        self.call(Call::Check);
        let (server, ms) = (self.server(), *locked(&self.shared.responds_in));
        Box::pin(async move { if server == Server::Silent { std::future::pending().await } else { Ok(ms) } })
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
}

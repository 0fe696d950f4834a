//! A number as core holds one: a line, the signals that come from it, and notes that outlive it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;
use ulak_core::clock::{Clock, Millis, SystemClock};
use ulak_core::ids::IdGenerator;
use ulak_core::session::client::{
    BoxFuture, ClientConfig, Heard, LinkHow, Network, NoteKind, Notes, SessionClient, Signal,
};
use ulak_core::session::messenger::{Content, Outcome, Outgoing, ReceiptKind};
use ulak_core::testing::numbers::Always;
use ulak_emulator::{Emulator, Options};
use ulak_whatsapp::WhatsApp;

pub const OWNER: &str = "+905550000001";
pub const AYSE: &str = "+905550001001";
pub const BUDI: &str = "+628123450001";

/// Generous, because the machine may be busy; nothing waits for it to pass.
pub const DEADLINE: Duration = Duration::from_secs(60);

pub async fn emulator() -> Emulator {
    Emulator::start(Options::default()).await.unwrap()
}

type Key = (NoteKind, String);

#[derive(Default)]
pub struct NotesInMemory {
    notes: Mutex<HashMap<Key, (String, Millis)>>,
    /// Hidden identities of people who want no messages.
    pub stopped: Mutex<Vec<String>>,
}

impl Notes for NotesInMemory {
    fn get(&self, kind: NoteKind, key: &str) -> BoxFuture<'_, Option<String>> {
        let note = self.notes.lock().unwrap().get(&(kind, key.to_owned())).cloned();
        Box::pin(async move { note.filter(|(_, until)| *until > SystemClock.now()).map(|(value, _)| value) })
    }

    fn put(&self, kind: NoteKind, key: &str, value: String, expires_at: Millis) -> BoxFuture<'_, ()> {
        self.notes.lock().unwrap().insert((kind, key.to_owned()), (value, expires_at));
        Box::pin(async {})
    }

    fn forget(&self, kind: NoteKind, key: &str) -> BoxFuture<'_, ()> {
        self.notes.lock().unwrap().remove(&(kind, key.to_owned()));
        Box::pin(async {})
    }

    fn asked_to_stop(&self, lid: &str) -> BoxFuture<'_, bool> {
        let stopped = self.stopped.lock().unwrap().iter().any(|stopped| stopped == lid);
        Box::pin(async move { stopped })
    }
}

/// What outlives a run of the program.
pub struct Kept {
    folder: TempDir,
    pub notes: Arc<NotesInMemory>,
}

pub struct Number {
    pub client: Arc<dyn SessionClient>,
    pub kept: Kept,
    heard: tokio::sync::Mutex<(mpsc::Receiver<Heard>, Vec<Heard>)>,
}

impl Number {
    pub fn new(emulator: &Emulator) -> Self {
        let folder = TempDir::new().unwrap();
        Self::again(emulator, Kept { folder, notes: Arc::default() })
    }

    /// Another run with what an earlier one kept.
    pub fn again(emulator: &Emulator, kept: Kept) -> Self {
        let (signals, heard) = mpsc::channel(16);
        let config = ClientConfig {
            session: IdGenerator::at(0).next(),
            file: file(&kept),
            key: zeroize::Zeroizing::new([7; 32]),
            clock: Arc::new(SystemClock),
            notes: kept.notes.clone(),
            signals,
        };
        let client = WhatsApp::at(&emulator.chat_url(), emulator.http_url()).client(config);
        Self { client, kept, heard: tokio::sync::Mutex::new((heard, Vec::new())) }
    }

    pub fn file(&self) -> PathBuf {
        file(&self.kept)
    }

    pub async fn linked(emulator: &Emulator) -> Self {
        Self::linked_to(emulator, OWNER).await
    }

    /// A companion of that phone.
    pub async fn linked_to(emulator: &Emulator, phone: &str) -> Self {
        let number = Self::new(emulator);
        number.link_to(emulator, phone).await;
        number.connect().await;
        number
    }

    pub async fn link(&self, emulator: &Emulator) {
        self.link_to(emulator, OWNER).await;
    }

    async fn link_to(&self, emulator: &Emulator, phone: &str) {
        self.client.link(LinkHow::Qr).await.unwrap();
        let code = self.signal(|signal| if let Signal::Qr { code, .. } = signal { Some(code.clone()) } else { None });
        emulator.scan(&code.await, phone).await.unwrap();
        self.signal(|signal| matches!(signal, Signal::Linked { .. }).then_some(())).await;
    }

    pub async fn connect(&self) {
        self.client.connect().await.unwrap();
        self.signal(|signal| matches!(signal, Signal::Connected).then_some(())).await;
    }

    pub async fn stop(self) -> Kept {
        self.client.disconnect().await;
        self.kept
    }

    /// The first signal that fits, of those that came or will come. It is answered as kept.
    pub async fn signal<T>(&self, fits: impl FnMut(&Signal) -> Option<T>) -> T {
        let (found, heard) = self.unanswered(fits).await;
        if let Some(kept) = heard.confirm {
            let _ = kept.send(());
        }
        found
    }

    /// The same, for a test that answers itself.
    pub async fn unanswered<T>(&self, mut fits: impl FnMut(&Signal) -> Option<T>) -> (T, Heard) {
        let mut guard = self.heard.lock().await;
        let (coming, passed) = &mut *guard;
        for at in 0..passed.len() {
            if let Some(found) = fits(&passed[at].signal) {
                return (found, passed.remove(at));
            }
        }
        let wait = async {
            loop {
                let heard = coming.recv().await.unwrap();
                match fits(&heard.signal) {
                    Some(found) => return (found, heard),
                    None => passed.push(heard),
                }
            }
        };
        let told = tokio::time::timeout(DEADLINE, wait).await;
        told.unwrap_or_else(|_| panic!("the awaited signal never came"))
    }

    /// Signals that came and that no test has taken, but for what every connection tells of the clock.
    pub async fn others(&self) -> Vec<Signal> {
        let mut guard = self.heard.lock().await;
        while let Ok(heard) = guard.0.try_recv() {
            guard.1.push(heard);
        }
        let told = guard.1.iter().map(|heard| heard.signal.clone());
        told.filter(|signal| !matches!(signal, Signal::ClockAhead { .. })).collect()
    }

    pub async fn receipt(&self, wire_id: &str, kind: ReceiptKind) {
        self.signal(|signal| match signal {
            Signal::Receipt(receipt) if receipt.wire_id == wire_id && receipt.kind == kind => Some(()),
            _ => None,
        })
        .await;
    }

    pub async fn send(&self, to: &str, wire_id: &str, content: Content) -> Outcome {
        self.send_part(part(to, wire_id, content)).await
    }

    pub async fn say(&self, to: &str, wire_id: &str, text: &str) -> Outcome {
        self.send(to, wire_id, Content::text(text)).await
    }

    pub async fn send_part(&self, part: Outgoing) -> Outcome {
        tokio::time::timeout(DEADLINE, self.client.send(part)).await.expect("sending hangs")
    }
}

fn file(kept: &Kept) -> PathBuf {
    kept.folder.path().join("number.db")
}

pub fn part(to: &str, wire_id: &str, content: Content) -> Outgoing {
    let (part, wire_id, to) = (IdGenerator::at(0).next(), wire_id.to_owned(), to.to_owned());
    Outgoing {
        part,
        wire_id,
        to,
        content,
        known: false,
        typing: false,
        not_after: None,
        wanted: Arc::new(Always(true)),
    }
}

//! The double and the practice number do what every way to send must do; WhatsApp does it in `tests/emulator`.

use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::mpsc;
use ulak_core::clock::{Millis, SystemClock};
use ulak_core::ids::IdGenerator;
use ulak_core::session::client::{
    BoxFuture, ClientConfig, Closed, Heard, Network, NoteKind, Notes, Reply, SessionClient, Signal,
};
use ulak_core::session::messenger::{Arrived, Messenger, Receipt};
use ulak_core::session::practice::{PHONE_LOG, PhoneLog, Phones, PracticeNumber, PracticeOptions};
use ulak_core::testing::conformance::{self, Connection, Subject};
use ulak_core::testing::{FakeClient, FakeNetwork, ManualClock};

const PEOPLE: [&str; 2] = ["+905385550102", "+6281255500101"];
/// Of the practice people, whose fate is a hash of their phone, one of the half that is not on WhatsApp.
const ABSENT: &str = "+905385550101";

struct Practice {
    number: Arc<PracticeNumber>,
    receipts: mpsc::Receiver<Arrived>,
    folder: TempDir,
}

impl Practice {
    fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let (receipts, inbox) = mpsc::channel(100);
        let (replies, _) = mpsc::channel(100);
        let options = PracticeOptions { read_percent: 100, fail_percent: 50, unreachable_percent: 0, delay_ms: 0 };
        let phones = Phones::open(folder.path(), PhoneLog::InFull, &ulak_core::testing::key(), None).unwrap();
        let number = PracticeNumber::new(phones, options, Arc::new(SystemClock), receipts, replies);
        Self { number: Arc::new(number), receipts: inbox, folder }
    }
}

impl Subject for Practice {
    fn messenger(&self) -> Arc<dyn Messenger> {
        self.number.clone()
    }

    fn people(&self) -> [String; 2] {
        PEOPLE.map(str::to_owned)
    }

    fn absent(&self) -> String {
        ABSENT.to_owned()
    }

    fn tick(&mut self) -> BoxFuture<'_, Receipt> {
        Box::pin(async move { self.receipts.recv().await.unwrap().receipt })
    }

    fn shown(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join(PHONE_LOG)).unwrap();
        let wire_id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["wire_id"].to_string();
        log.lines().map(|line| wire_id(line).trim_matches('"').to_owned()).collect()
    }
}

#[tokio::test]
async fn the_practice_number_sends_as_any_other() {
    let mut practice = Practice::open();
    let number = practice.number.clone();
    let phones = tokio::spawn(async move { number.run().await });
    conformance::messenger(&mut practice).await;
    phones.abort();
}

struct NoNotes;

impl Notes for NoNotes {
    fn get(&self, _: NoteKind, _: &str) -> BoxFuture<'_, Option<String>> {
        Box::pin(async { None })
    }

    fn put(&self, _: NoteKind, _: &str, _: String, _: Millis) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn forget(&self, _: NoteKind, _: &str) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn asked_to_stop(&self, _: &str) -> BoxFuture<'_, bool> {
        Box::pin(async { false })
    }
}

struct Double {
    client: Arc<FakeClient>,
    signals: mpsc::Receiver<Heard>,
    /// Ticks that came while something else was waited for.
    ticks: Vec<Receipt>,
    written: usize,
    _folder: TempDir,
}

impl Double {
    fn linked() -> Self {
        let (folder, network) = (TempDir::new().unwrap(), FakeNetwork::new(Arc::new(ManualClock::default())));
        let (signals, heard) = mpsc::channel(100);
        let config = ClientConfig {
            session: IdGenerator::at(0).next(),
            file: folder.path().join("number.db"),
            key: zeroize::Zeroizing::new([7; 32]),
            clock: Arc::new(SystemClock),
            notes: Arc::new(NoNotes),
            signals,
        };
        Network::client(&network, config);
        let client = network.clients().remove(0);
        client.people_read();
        client.phone().set_absent(ABSENT);
        Self { client, signals: heard, ticks: Vec::new(), written: 0, _folder: folder }
    }
}

impl Subject for Double {
    fn messenger(&self) -> Arc<dyn Messenger> {
        self.client.clone()
    }

    fn people(&self) -> [String; 2] {
        PEOPLE.map(str::to_owned)
    }

    fn absent(&self) -> String {
        ABSENT.to_owned()
    }

    fn tick(&mut self) -> BoxFuture<'_, Receipt> {
        Box::pin(async move {
            if !self.ticks.is_empty() {
                return self.ticks.remove(0);
            }
            match self.signals.recv().await.unwrap().signal {
                Signal::Receipt(receipt) => receipt,
                other => panic!("a tick was awaited, not {other:?}"),
            }
        })
    }

    fn shown(&self) -> Vec<String> {
        self.client.phone().shown()
    }
}

impl Connection for Double {
    fn client(&self) -> Arc<dyn SessionClient> {
        self.client.clone()
    }

    fn heard(&mut self) -> BoxFuture<'_, Heard> {
        Box::pin(async move {
            loop {
                match self.signals.recv().await.unwrap() {
                    Heard { signal: Signal::Receipt(receipt), .. } => self.ticks.push(receipt),
                    heard => return heard,
                }
            }
        })
    }

    fn write(&mut self, text: &str) -> BoxFuture<'_, ()> {
        self.written += 1;
        self.client.write(Reply {
            edits: None,
            id: format!("reply {}", self.written),
            phone: Some(PEOPLE[0].to_owned()),
            lid: None,
            text: text.to_owned(),
            quotes: None,
            chosen: Vec::new(),
            push_name: String::new(),
            attached: None,
            reaction: false,
            at: 0,
        });
        Box::pin(async {})
    }

    fn taken(&mut self) -> BoxFuture<'_, ()> {
        assert!(self.client.has_taken_everything());
        Box::pin(async {})
    }

    fn swallow_acks(&mut self) {
        self.client.phone().swallow_next_answer();
    }

    fn let_acks_through(&mut self) {}

    fn arrived(&mut self, wire_id: &str) -> BoxFuture<'_, ()> {
        let wire_id = wire_id.to_owned();
        Box::pin(async move {
            while !self.shown().contains(&wire_id) {
                tokio::task::yield_now().await;
            }
        })
    }

    fn break_connection(&mut self) {
        self.client.hear(Signal::Closed(Closed::Lost { reason: "broken".to_owned() }));
    }
}

#[tokio::test]
async fn the_double_of_a_number_behaves_as_one() {
    conformance::client(&mut Double::linked()).await;
}

//! WhatsApp does what every way to send must do, over the real protocol.

use std::sync::Arc;

use ulak_core::session::client::{BoxFuture, Heard, SessionClient, Signal};
use ulak_core::session::messenger::{Messenger, Receipt};
use ulak_core::testing::conformance::{self, Connection, Subject};
use ulak_emulator::{Emulator, Fault, Kick, Rule};

use crate::harness::{AYSE, BUDI, DEADLINE, Number, OWNER, emulator};

const ABSENT: &str = "+905550001099";

struct Linked {
    emulator: Emulator,
    number: Number,
    /// What people wrote to it, by id.
    written: Vec<String>,
}

impl Subject for Linked {
    fn messenger(&self) -> Arc<dyn Messenger> {
        self.number.client.clone()
    }

    fn people(&self) -> [String; 2] {
        [AYSE, BUDI].map(str::to_owned)
    }

    fn absent(&self) -> String {
        ABSENT.to_owned()
    }

    fn tick(&mut self) -> BoxFuture<'_, Receipt> {
        let receipt =
            |signal: &Signal| if let Signal::Receipt(receipt) = signal { Some(receipt.clone()) } else { None };
        Box::pin(self.number.signal(receipt))
    }

    fn shown(&self) -> Vec<String> {
        self.emulator.seen().into_iter().map(|seen| seen.id).collect()
    }
}

impl Connection for Linked {
    fn client(&self) -> Arc<dyn SessionClient> {
        self.number.client.clone()
    }

    fn heard(&mut self) -> BoxFuture<'_, Heard> {
        let news =
            |signal: &Signal| matches!(signal, Signal::Connected | Signal::Closed(_) | Signal::Reply(_)).then_some(());
        Box::pin(async move { self.number.unanswered(news).await.1 })
    }

    fn write(&mut self, text: &str) -> BoxFuture<'_, ()> {
        let text = text.to_owned();
        Box::pin(async move { self.written.push(self.emulator.reply(AYSE, OWNER, &text).await.unwrap()) })
    }

    fn taken(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let written = &self.written;
            let all = |delivered: &dyn Fn(&String) -> bool| written.iter().all(delivered);
            let taken = self.emulator.wait_until(|record| all(&|id| record.delivered.contains_key(id)), DEADLINE);
            taken.await.unwrap();
        })
    }

    fn swallow_acks(&mut self) {
        self.emulator.fault(Rule::always(Fault::NoAck).recipient(AYSE));
    }

    fn let_acks_through(&mut self) {
        self.emulator.clear_faults();
    }

    fn arrived(&mut self, wire_id: &str) -> BoxFuture<'_, ()> {
        let wire_id = wire_id.to_owned();
        Box::pin(async move {
            let shown = self.emulator.wait_until(|record| record.seen.iter().any(|seen| seen.id == wire_id), DEADLINE);
            shown.await.unwrap();
        })
    }

    fn break_connection(&mut self) {
        self.emulator.kick(OWNER, Kick::Drop).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_number_sends_and_hears_as_any_other() {
    let emulator = emulator().await;
    emulator.set_absent(ABSENT, true);
    let number = Number::new(&emulator);
    number.link(&emulator).await;
    conformance::client(&mut Linked { emulator, number, written: Vec::new() }).await;
}

//! With several numbers and any answers, drop-outs and removals, nobody gets a part from two numbers, and every hold
//! ends once.

use std::collections::BTreeSet;

use proptest::prelude::*;
use ulak_core::clock::{DAY, HOUR};
use ulak_core::ledger::Book;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

const NOON: i64 = 1_794_441_600_000 + 12 * HOUR;
const NUMBERS: usize = 3;
const PEOPLE: usize = 6;

#[derive(Clone, Debug)]
enum Event {
    Answers(usize, Vec<u8>),
    Connect(usize, bool),
    Remove(usize),
    Crash,
    Receipt(usize),
    Stop(usize),
    RetryFailed,
    Pass(u16),
}

fn event() -> impl Strategy<Value = Event> {
    let number = 0..NUMBERS;
    prop_oneof![
        4 => (number.clone(), prop::collection::vec(0u8..9, 1..6)).prop_map(|(number, answers)| Event::Answers(number, answers)),
        2 => (number.clone(), any::<bool>()).prop_map(|(number, there)| Event::Connect(number, there)),
        1 => number.prop_map(Event::Remove),
        1 => Just(Event::Crash),
        1 => (0..20usize).prop_map(Event::Receipt),
        1 => (0..PEOPLE).prop_map(Event::Stop),
        1 => Just(Event::RetryFailed),
        4 => (1u16..4_000).prop_map(Event::Pass),
    ]
}

fn outcome(number: u8) -> Outcome {
    match number {
        0 | 1 => Outcome::Accepted,
        2 => Outcome::Refused(Cause::NotConnected),
        3 => Outcome::Refused(Cause::NewChatsLocked),
        4 => Outcome::Refused(Cause::NewChatsUsedUp),
        5 => Outcome::Refused(Cause::TooFast),
        6 => Outcome::Refused(Cause::NotOnWhatsapp),
        7 => Outcome::Refused(Cause::UploadFailed),
        _ => Outcome::Unknown(Cause::NoAnswer),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_part_goes_out_over_two_numbers(events in prop::collection::vec(event(), 1..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut world = World::with_numbers(NOON, &[BRISK; NUMBERS]).await.expect("a world");
            world.contacts(PEOPLE).await.expect("contacts");
            let id = world.schedule("Merhaba").await.expect("a campaign");
            let mut retried = false;
            for event in events {
                retried |= matches!(event, Event::RetryFailed);
                world = apply(world, id, event).await;
                world.app.credits().ledger_holds().await.expect("the ledger adds up after every event");
            }
            for number in 0..NUMBERS {
                world = world.connect(number, true).await.expect("connected again");
            }
            world.run_until(world.app.now() + 20 * DAY).await.expect("time passes");
            let arrived: BTreeSet<(usize, String, String)> = world.perhaps_arrived().into_iter().collect();
            let parts: BTreeSet<&str> = arrived.iter().map(|(_, _, wire_id)| wire_id.as_str()).collect();
            // To try again what may have arrived is the owner's own word.
            assert!(retried || parts.len() == arrived.len(), "{arrived:?}");
            let counts = world.counts(id).await.expect("counts");
            let balance = world.app.credits().balance(Book::Real).await.expect("a balance");
            assert_eq!(counts.total(), PEOPLE as i64);
            assert_eq!((balance.held, balance.settled), (counts.open(), counts.accepted()));
            assert_eq!(balance.balance, 1_000 - counts.accepted());
            // What still waits does so because every number that may send it was taken off the list.
            assert!(counts.open() == 0 || world.removed() == NUMBERS, "{counts:?}");
            world.app.credits().ledger_holds().await.expect("the ledger adds up");
        });
    }
}

async fn apply(mut world: World, id: ulak_core::ids::CampaignId, event: Event) -> World {
    let done = match event {
        Event::Answers(number, answers) => {
            world.numbers[number].phone.answer(answers.into_iter().map(outcome));
            Ok(())
        }
        Event::Connect(number, there) => return world.connect(number, there).await.expect("a start"),
        Event::Remove(number) => world.remove(number).await,
        Event::Crash => return world.restart().await.expect("a restart"),
        Event::Receipt(which) => match world.accepted().get(which) {
            Some((.., wire_id)) => world.receipts(ReceiptKind::Read, std::slice::from_ref(wire_id)).await,
            None => Ok(()),
        },
        Event::Stop(person) => {
            let stop = reply("S", &format!("+90532555{person:04}"), "STOP", world.app.now());
            let number = world.numbers[0].id;
            world.hear(number, &ulak_core::session::client::Signal::Reply(stop)).await.map(drop)
        }
        Event::RetryFailed => world.app.campaigns().retry_failed(id).await.map(drop),
        Event::Pass(seconds) => world.run_until(world.app.now() + i64::from(seconds) * 1_000).await,
    };
    done.expect("an owner may do that at any time");
    world
}

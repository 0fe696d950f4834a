//! Receipts commute and never take a state back; early ones settle what the ack would have settled.

use proptest::prelude::*;
use ulak_core::clock::HOUR;
use ulak_core::outbox::state::PartState;
use ulak_core::session::messenger::ReceiptKind;
use ulak_core::testing::World;

const NOON: i64 = 1_794_441_600_000 + 12 * HOUR;
const KINDS: [ReceiptKind; 3] = [ReceiptKind::Delivered, ReceiptKind::Read, ReceiptKind::Played];

fn state() -> impl Strategy<Value = PartState> {
    prop::sample::select(PartState::ALL.to_vec())
}

proptest! {
    #[test]
    fn the_order_of_two_receipts_does_not_matter(start in state(), one in state(), two in state()) {
        prop_assert_eq!(
            start.after_receipt(one).after_receipt(two).rank(),
            start.after_receipt(two).after_receipt(one).rank()
        );
    }

    #[test]
    fn no_receipt_takes_a_state_back(start in state(), receipts in prop::collection::vec(state(), 0..8)) {
        let mut now = start;
        for receipt in receipts {
            let next = now.after_receipt(receipt);
            prop_assert!(next.rank() >= now.rank());
            now = next;
        }
    }
}

/// Each receipt goes in before or after the answer of the send, in any order and as often as it likes.
fn deliveries() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0usize..3, 0usize..3), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_database_agrees(early in deliveries(), late in deliveries()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut world = World::at(NOON).await.expect("a world");
            world.contacts(3).await.expect("contacts");
            let id = world.schedule("Merhaba").await.expect("a campaign");
            world = world.crash_before_the_answer().await.expect("a send without an answer");
            apply(&world, &early).await;
            world.run_until(NOON + HOUR).await.expect("an hour");
            apply(&world, &late).await;
            let wire_ids = wire_ids(&world);
            let mut expected = [PartState::Sent; 3];
            // The first send never got an answer: only its own early receipts, or the repeated send, prove it.
            for (person, kind) in early.iter().filter(|(person, _)| *person < 1).chain(&late) {
                expected[*person] = expected[*person].after_receipt(STATES[*kind]);
            }
            assert_eq!(wire_ids.len(), 3);
            let counts = world.counts(id).await.expect("counts");
            for state in STATES {
                let wanted = expected.iter().filter(|reached| **reached == state).count() as i64;
                let found = match state {
                    PartState::Delivered => counts.delivered,
                    PartState::Read => counts.read,
                    _ => counts.played,
                };
                assert_eq!(found, wanted, "{state:?} of {expected:?}");
            }
            world.app.credits().ledger_holds().await.expect("the ledger adds up");
        });
    }
}

const STATES: [PartState; 3] = [PartState::Delivered, PartState::Read, PartState::Played];

/// The wire ids in the order in which people first got something.
fn wire_ids(world: &World) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for sent in world.phone.sent() {
        if !ids.contains(&sent.wire_id) {
            ids.push(sent.wire_id);
        }
    }
    ids
}

async fn apply(world: &World, deliveries: &[(usize, usize)]) {
    let ids = wire_ids(world);
    for (person, kind) in deliveries {
        if let Some(id) = ids.get(*person) {
            world.receipts(KINDS[*kind], std::slice::from_ref(id)).await.expect("a receipt");
        }
    }
}

//! Whatever the answers, cancels, pauses, drop-outs and removals: every doubt ends in a day, nobody sees a message from
//! two numbers unless the owner said so, nothing leaves after a cancel, and the ledger is exact at every moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use ulak_core::app::Problem;
use ulak_core::clock::{DAY, HOUR};
use ulak_core::ids::CampaignId;
use ulak_core::ledger::Book;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

const NOON: i64 = 1_794_441_600_000 + 12 * HOUR;
const NUMBERS: usize = 3;
const PEOPLE: usize = 4;
const PARTS: i64 = 3;

#[derive(Clone, Debug)]
enum Event {
    Answers(usize, Vec<u8>),
    /// It takes everything and answers nothing, for a long time.
    Swallow(usize),
    Connect(usize, bool),
    Remove(usize),
    Crash,
    Lose,
    Receipt(usize),
    Pause,
    Resume,
    StopChecking,
    RetryFailed,
    RetryDoubtful,
    Cancel,
    Pass(u32),
}

fn event() -> impl Strategy<Value = Event> {
    let number = 0..NUMBERS;
    prop_oneof![
        4 => (number.clone(), prop::collection::vec(0u8..7, 1..8)).prop_map(|(number, answers)| Event::Answers(number, answers)),
        1 => number.clone().prop_map(Event::Swallow),
        2 => (number.clone(), any::<bool>()).prop_map(|(number, there)| Event::Connect(number, there)),
        1 => number.prop_map(Event::Remove),
        1 => Just(Event::Crash),
        1 => Just(Event::Lose),
        2 => (0..20usize).prop_map(Event::Receipt),
        1 => Just(Event::Pause),
        1 => Just(Event::Resume),
        1 => Just(Event::StopChecking),
        1 => Just(Event::RetryFailed),
        1 => Just(Event::RetryDoubtful),
        1 => Just(Event::Cancel),
        5 => (1u32..20_000).prop_map(Event::Pass),
    ]
}

fn outcome(number: u8) -> Outcome {
    match number {
        0 | 1 => Outcome::Accepted,
        2 => Outcome::Refused(Cause::NotConnected),
        3 => Outcome::Refused(Cause::Refused("503".to_owned())),
        4 => Outcome::Refused(Cause::Rejected("17".to_owned())),
        _ => Outcome::Unknown(Cause::NoAnswer),
    }
}

/// What the owner did, as far as it matters for what may be seen.
#[derive(Default)]
struct Acts {
    /// What may have arrived was put back by the second, explicit act.
    doubtful: bool,
    /// How much had been handed over when the campaign was cancelled, what was on its way included.
    cancelled: Option<usize>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn doubt_ends_and_harms_nobody(events in prop::collection::vec(event(), 1..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (mut world, id) = scene().await.expect("a campaign of three parts a person");
            let mut acts = Acts::default();
            for event in events {
                world = apply(world, id, event, &mut acts).await.expect("an owner may do that at any time");
                check(&world, id, &acts).await;
            }
            // Nobody answers any more: every doubt is over a day later.
            for number in 0..NUMBERS {
                world = world.connect(number, false).await.expect("disconnected");
            }
            let end = world.app.now() + DAY;
            world.run_until(end).await.expect("a day passes");
            world.step().await.expect("a last look");
            let counts = world.counts(id).await.expect("counts");
            assert_eq!((counts.unknown, counts.sending), (0, 0), "{counts:?}");
            check(&world, id, &acts).await;
            // Whatever still waits goes when its number comes back, or is gone.
            for number in 0..NUMBERS {
                world = world.connect(number, true).await.expect("connected again");
            }
            if acts.cancelled.is_none() {
                world.app.campaigns().resume_campaign(id).await.ok();
            }
            let end = world.app.now() + 20 * DAY;
            world.run_until(end).await.expect("time passes");
            world.step().await.expect("a last look");
            let counts = world.counts(id).await.expect("counts");
            assert!(counts.open() == 0 || world.removed() == NUMBERS, "{counts:?}");
            check(&world, id, &acts).await;
        });
    }
}

async fn scene() -> Result<(World, CampaignId), Problem> {
    let world = World::with_numbers(NOON, &[BRISK; NUMBERS]).await?;
    world.contacts(PEOPLE).await?;
    let draft = world.draft("Merhaba", |_| {}).await?;
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media");
    for name in ["sample.jpg", "transparent.png"] {
        world.app.campaigns().add_media(draft.id, &photos.join(name)).await?;
    }
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    Ok((world, id))
}

async fn apply(mut world: World, id: CampaignId, event: Event, acts: &mut Acts) -> Result<World, Problem> {
    match event {
        Event::Answers(number, answers) => world.numbers[number].phone.answer(answers.into_iter().map(outcome)),
        Event::Swallow(number) => world.numbers[number].phone.answer((0..40).map(|_| outcome(9))),
        Event::Connect(number, there) => return world.connect(number, there).await,
        Event::Remove(number) => world.remove(number).await?,
        Event::Crash => return world.restart().await,
        Event::Lose => world.lose_what_is_on_its_way().await?,
        Event::Receipt(which) => {
            if let Some((.., wire_id)) = world.perhaps_arrived().get(which) {
                world.receipts(ReceiptKind::Delivered, std::slice::from_ref(wire_id)).await?;
            }
        }
        Event::Pause if acts.cancelled.is_none() => drop(world.app.campaigns().pause_campaign(id).await),
        Event::Resume if acts.cancelled.is_none() => drop(world.app.campaigns().resume_campaign(id).await),
        Event::StopChecking => drop(world.app.campaigns().stop_checking(id).await?),
        Event::RetryFailed if acts.cancelled.is_none() => drop(world.app.campaigns().retry_failed(id).await?),
        Event::RetryDoubtful if acts.cancelled.is_none() => {
            let people = world.app.campaigns().retryable(id).await?.doubtful;
            acts.doubtful |= world.app.campaigns().retry_doubtful(id, people).await? > 0;
        }
        Event::Cancel if acts.cancelled.is_none() => {
            if world.app.campaigns().cancel_campaign(id).await.is_ok() {
                acts.cancelled = Some(handed_over(&world));
            }
        }
        Event::Pass(seconds) => world.run_until(world.app.now() + i64::from(seconds) * 1_000).await?,
        Event::Pause | Event::Resume | Event::RetryFailed | Event::RetryDoubtful | Event::Cancel => {}
    }
    world.step().await?;
    Ok(world)
}

fn handed_over(world: &World) -> usize {
    world.numbers.iter().map(|number| number.phone.sent().len()).sum()
}

async fn check(world: &World, id: CampaignId, acts: &Acts) {
    world.app.credits().ledger_holds().await.expect("the ledger adds up after every event");
    let balance = world.app.credits().balance(Book::Real).await.expect("a balance");
    assert_eq!(balance.balance, 1_000 - balance.settled);
    let people = world.counts(id).await.expect("counts");
    assert_eq!(people.total(), PEOPLE as i64, "{people:?}");
    assert!(balance.settled <= PEOPLE as i64 * PARTS, "{balance:?}");
    if let Some(before) = acts.cancelled {
        assert_eq!(handed_over(world), before, "nothing leaves after a cancel");
    }
    if !acts.doubtful {
        seen_from_one_number(world);
    }
}

/// Each part, and so each copy that a person may see of it, comes from one number.
fn seen_from_one_number(world: &World) {
    let mut senders: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (number, _, wire_id) in world.perhaps_arrived() {
        senders.entry(wire_id).or_default().insert(number);
    }
    assert!(senders.values().all(|numbers| numbers.len() == 1), "{senders:?}");
}

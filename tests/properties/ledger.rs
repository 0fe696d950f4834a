//! Every hold ends in exactly one settle or release, whatever the answers, pauses, opt-outs and restarts.

use proptest::prelude::*;
use ulak_core::clock::HOUR;
use ulak_core::contact::Standing;
use ulak_core::ids::ContactId;
use ulak_core::ledger::Book;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::Outcome;
use ulak_core::testing::World;

const NOON: i64 = 1_794_441_600_000 + 12 * HOUR;

#[derive(Clone, Debug)]
enum Event {
    Answers(Vec<u8>),
    Crash,
    Restart,
    OptOut(usize),
    Erase(usize),
    Pause,
    Resume,
    RetryFailed,
    /// From here on a text costs so much.
    Price(u16),
    Pass(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        prop::collection::vec(0u8..4, 1..5).prop_map(Event::Answers),
        Just(Event::Crash),
        Just(Event::Restart),
        (0usize..5).prop_map(Event::OptOut),
        (0usize..5).prop_map(Event::Erase),
        Just(Event::Pause),
        Just(Event::Resume),
        Just(Event::RetryFailed),
        (0u16..9).prop_map(Event::Price),
        (1u8..20).prop_map(Event::Pass),
    ]
}

fn outcome(number: u8) -> Outcome {
    match number {
        0 => Outcome::Accepted,
        1 => Outcome::Refused(Cause::Refused("as told".to_owned())),
        2 => Outcome::Refused(Cause::Rejected("as told".to_owned())),
        _ => Outcome::Unknown(Cause::NoAnswer),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_hold_ends_once(events in prop::collection::vec(event(), 1..12), text in 0u16..6, cancel: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut world = World::at(NOON).await.expect("a world");
            world.contacts(5).await.expect("contacts");
            price(&world, text).await.expect("a price");
            let id = world.schedule("Merhaba").await.expect("a campaign");
            for event in events {
                world = apply(world, id, event).await;
                world.app.credits().ledger_holds().await.expect("the ledger adds up after every event");
                assert_eq!(world.miscounted().await.expect("counted"), Vec::<&str>::new(), "counters move with what they count");
            }
            if cancel {
                or_over(world.app.campaigns().cancel_campaign(id).await).expect("cancelled");
            }
            or_over(world.app.campaigns().resume_campaign(id).await).expect("resumed");
            world.phone.answer([]);
            world.run_until(world.app.now() + 30 * HOUR).await.expect("time passes");
            let balance = world.app.credits().balance(Book::Practice).await.expect("a balance");
            let counts = world.counts(id).await.expect("counts");
            assert_eq!((balance.held, counts.open()), (0, 0));
            assert_eq!(balance.settled, counts.accepted() * i64::from(text), "at the price at which it was scheduled");
            assert_eq!(counts.total(), 5);
            assert_eq!(world.miscounted().await.expect("counted"), Vec::<&str>::new());
            world.app.credits().ledger_holds().await.expect("the ledger adds up");
        });
    }
}

async fn apply(mut world: World, id: ulak_core::ids::CampaignId, event: Event) -> World {
    let done = match event {
        Event::Answers(numbers) => {
            world.phone.answer(numbers.into_iter().map(outcome));
            Ok(())
        }
        Event::Crash => return world.crash_before_the_answer().await.expect("a crash"),
        Event::Restart => return world.restart().await.expect("a restart"),
        Event::OptOut(person) => opt_out(&world, person).await,
        Event::Erase(person) => or_over(erase(&world, person).await),
        Event::Pause => or_over(world.app.campaigns().pause_campaign(id).await),
        Event::Resume => or_over(world.app.campaigns().resume_campaign(id).await),
        Event::RetryFailed => world.app.campaigns().retry_failed(id).await.map(drop),
        Event::Price(text) => price(&world, text).await,
        Event::Pass(seconds) => world.run_until(world.app.now() + i64::from(seconds) * 1_000).await,
    };
    done.expect("an owner may do that at any time");
    world
}

async fn price(world: &World, text: u16) -> Result<(), ulak_core::app::Problem> {
    let mut settings = world.app.settings().current().await?;
    settings.prices.text = text;
    world.app.settings().save_settings(&settings).await.map(drop)
}

/// A campaign of which nothing waits any more says so, and so does a person to whom something is on its way.
fn or_over(steered: Result<(), ulak_core::app::Problem>) -> Result<(), ulak_core::app::Problem> {
    match steered {
        Err(problem) if problem.code == "campaign.over" || problem.code == "contact.on_its_way" => Ok(()),
        other => other,
    }
}

async fn opt_out(world: &World, person: usize) -> Result<(), ulak_core::app::Problem> {
    match nth(world, person).await? {
        Some(contact) => world.app.people().set_standing(contact, Standing::Black).await.map(drop),
        None => Ok(()),
    }
}

async fn erase(world: &World, person: usize) -> Result<(), ulak_core::app::Problem> {
    match nth(world, person).await? {
        Some(contact) => world.app.people().erase(contact).await,
        None => Ok(()),
    }
}

async fn nth(world: &World, person: usize) -> Result<Option<ContactId>, ulak_core::app::Problem> {
    let query = ulak_core::contact::ContactQuery { place: ulak_core::page::Place::first(10), ..Default::default() };
    Ok(world.app.people().contacts(&query).await?.rows.get(person).map(|contact| contact.id))
}

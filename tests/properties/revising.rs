//! Revision raced against sending: each person gets exactly one version, whole, at the price at which it was written,
//! whatever is revised and priced at which moment, whatever comes back, is killed or is written by hand.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use sqlx::Row;
use ulak_core::app::{Problem, RevisionChoice};
use ulak_core::campaign::revise::NewTime;
use ulak_core::clock::HOUR;
use ulak_core::ids::{CampaignId, MessageId, PartId};
use ulak_core::ledger::Book;
use ulak_core::outbox::price::Prices;
use ulak_core::outbox::state::{PartKind, PartState};
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::Outcome;
use ulak_core::testing::World;

const NOON: i64 = 1_794_441_600_000 + 12 * HOUR;
const PEOPLE: usize = 8;

#[derive(Clone, Debug)]
enum Event {
    /// So many photos before the text, which asks for a name or for nothing.
    Revise {
        photos: usize,
        named: bool,
        with_own: bool,
    },
    /// The same, and it is gone so many turns after it was written down.
    CutOff {
        photos: usize,
        steps: usize,
    },
    Own(usize),
    Later {
        first: u8,
    },
    Answers(Vec<u8>),
    Send(u8),
    Decide,
    Crash,
    Restart,
    Pause,
    Resume,
    Retry,
    /// From here on a text and a photo cost so much.
    Price {
        text: u16,
        image: u16,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0usize..3, any::<bool>(), any::<bool>()).prop_map(|(photos, named, with_own)| Event::Revise { photos, named, with_own }),
        2 => (0usize..3, 0usize..400).prop_map(|(photos, steps)| Event::CutOff { photos, steps }),
        1 => (0..PEOPLE).prop_map(Event::Own),
        1 => (0u8..4).prop_map(|first| Event::Later { first }),
        2 => prop::collection::vec(0u8..4, 1..4).prop_map(Event::Answers),
        4 => (1u8..4).prop_map(Event::Send),
        2 => Just(Event::Decide),
        1 => Just(Event::Crash),
        1 => Just(Event::Restart),
        1 => Just(Event::Pause),
        1 => Just(Event::Resume),
        1 => Just(Event::Retry),
        2 => (0u16..4, 0u16..4).prop_map(|(text, image)| Event::Price { text, image }),
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
    #![proptest_config(ProptestConfig::with_cases(races()))]

    #[test]
    fn everybody_gets_one_version_whole(events in prop::collection::vec(event(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(race(events));
    }
}

/// `ULAK_RACES` sets how many there are.
fn races() -> u32 {
    std::env::var("ULAK_RACES").ok().and_then(|races| races.parse().ok()).unwrap_or(8)
}

async fn race(events: Vec<Event>) {
    let mut world = World::at(NOON).await.expect("a world");
    world.contacts(PEOPLE - 1).await.expect("contacts");
    // One has no name, so some versions skip them and others do not.
    world.contact("", "+905385550177").await.expect("a contact");
    let id = world.schedule("v1 {{name}}").await.expect("a campaign");
    let prices = world.app.settings().current().await.expect("settings").prices;
    let mut race = Race { id, shapes: BTreeMap::from([(1, (0, prices))]), texts: 1 };
    for event in events {
        world = race.apply(world, event).await;
        world.app.credits().ledger_holds().await.expect("the ledger adds up after every event");
        assert_eq!(world.miscounted().await.expect("counted"), Vec::<&str>::new());
        race.check(&world).await;
    }
    or_over(world.app.campaigns().resume_campaign(id).await).expect("resumed");
    world.phone.answer([]);
    world.run_until(world.app.now() + 60 * HOUR).await.expect("time passes");
    race.check(&world).await;
    let (balance, counts) = (
        world.app.credits().balance(Book::Practice).await.expect("a balance"),
        world.counts(id).await.expect("counts"),
    );
    assert_eq!((balance.held, counts.open(), counts.total()), (0, 0, PEOPLE as i64), "nobody is forgotten");
    world.app.credits().ledger_holds().await.expect("the ledger adds up");
}

struct Race {
    id: CampaignId,
    /// How many photos come before the text, and what parts cost, by the number in the text.
    shapes: BTreeMap<usize, (usize, Prices)>,
    texts: usize,
}

impl Race {
    async fn apply(&mut self, mut world: World, event: Event) -> World {
        let campaigns = world.app.clone();
        let campaigns = campaigns.campaigns();
        let done = match event {
            Event::Revise { photos, named, with_own } => {
                self.revise(&world, photos, named, RevisionChoice { with_own, ..RevisionChoice::default() }, None).await
            }
            Event::CutOff { photos, steps } => {
                self.revise(&world, photos, true, RevisionChoice::default(), Some(steps)).await.ok();
                return world.restart().await.expect("a restart");
            }
            Event::Own(person) => self.own(&world, person).await,
            Event::Later { first } => {
                let time = NewTime::Rest { first: i64::from(first), at: world.app.now() + HOUR };
                campaigns.reschedule(self.id, time).await
            }
            Event::Answers(numbers) => {
                world.phone.answer(numbers.into_iter().map(outcome));
                Ok(())
            }
            Event::Send(parts) => {
                let wanted = world.phone.sent().len() + usize::from(parts);
                for _ in 0..100 {
                    if world.phone.sent().len() >= wanted {
                        break;
                    }
                    world.run_until(world.app.now() + 1_000).await.expect("time passes");
                }
                Ok(())
            }
            Event::Decide => world.decide().await,
            Event::Crash => return world.crash_before_the_answer().await.expect("a crash"),
            Event::Restart => return world.restart().await.expect("a restart"),
            Event::Pause => campaigns.pause_campaign(self.id).await,
            Event::Resume => campaigns.resume_campaign(self.id).await,
            Event::Retry => campaigns.retry_failed(self.id).await.map(drop),
            Event::Price { text, image } => {
                let mut settings = world.app.settings().current().await.expect("settings");
                settings.prices = Prices { text, image, ..settings.prices };
                world.app.settings().save_settings(&settings).await.map(drop)
            }
        };
        or_over(done).expect("an owner may do that at any time");
        world
    }

    async fn revise(
        &mut self,
        world: &World,
        photos: usize,
        named: bool,
        choice: RevisionChoice,
        cut_after: Option<usize>,
    ) -> Result<(), Problem> {
        let campaigns = world.app.campaigns();
        let draft = campaigns.open_revision(self.id, None).await?;
        for file in &draft.media {
            campaigns.remove_media(draft.id, file.id).await?;
        }
        for name in ["sample.jpg", "transparent.png"].iter().take(photos) {
            let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media");
            campaigns.add_media(draft.id, &media.join(name)).await?;
        }
        self.texts += 1;
        self.shapes.insert(self.texts, (photos, world.app.settings().current().await?.prices));
        let mut edit = draft.edit();
        edit.text = format!("v{} {}", self.texts, if named { "{{name}}" } else { "all" });
        campaigns.save_draft(&edit).await?;
        let revising = campaigns.revise(edit.id, choice);
        match cut_after {
            None => revising.await.map(drop),
            Some(turns) => {
                let mut revising = std::pin::pin!(revising);
                let mut left = turns;
                while left > 0 {
                    if let Some(done) = futures::FutureExt::now_or_never(revising.as_mut()) {
                        return done.map(drop);
                    }
                    tokio::task::yield_now().await;
                    left -= usize::from(campaigns.live(self.id).await?.revising);
                }
                Ok(())
            }
        }
    }

    async fn own(&mut self, world: &World, person: usize) -> Result<(), Problem> {
        let query = RecipientQuery {
            campaign_id: self.id,
            state: None,
            search: String::new(),
            place: Place { limit: 100, ..Place::default() },
        };
        let message = world.app.outbox().recipients(&query).await?.rows[person].message_id;
        match world.app.campaigns().revise_text(message, "own").await {
            // What is skipped has no files of its own yet, and what is on its way is fixed.
            Err(problem) if problem.code == "campaign.empty" => Ok(()),
            done => done,
        }
    }

    /// What is written down is one version, whole, and whatever a phone may have seen is of it.
    async fn check(&self, world: &World) {
        let mut reader = world.app.db().read().acquire().await.expect("a reader");
        let rows = sqlx::query(
            "SELECT m.id AS message, m.phone, m.text, p.id, p.wire_id, p.state, p.media IS NOT NULL AS photo, p.with_text,
                    p.last, p.position, p.price,
                    (SELECT coalesce(sum(l.held), 0) FROM ledger l WHERE l.part_id = p.id) AS held,
                    (SELECT coalesce(-sum(l.credits), 0) FROM ledger l WHERE l.part_id = p.id) AS settled
             FROM parts p JOIN messages m ON m.id = p.message_id ORDER BY m.id, p.position",
        )
        .fetch_all(&mut *reader)
        .await
        .expect("rows");
        let mut messages: BTreeMap<MessageId, Vec<Part>> = BTreeMap::new();
        for row in &rows {
            messages.entry(row.get("message")).or_default().push(Part {
                id: row.get("id"),
                phone: row.get("phone"),
                text: row.get("text"),
                wire_id: row.get("wire_id"),
                state: row.get::<String, _>("state").parse().expect("a state"),
                photo: row.get("photo"),
                with_text: row.get("with_text"),
                last: row.get("last"),
                price: row.get("price"),
                held: row.get("held"),
                settled: row.get("settled"),
            });
        }
        messages.values().for_each(|parts| self.is_whole(parts));
        let outdated: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM messages m JOIN queues q ON q.id = m.queue_id
             JOIN parts p ON p.message_id = m.id AND p.position = 1 AND p.state = 'pending'
             WHERE q.revising = 0 AND m.own = 0 AND m.version < q.version
               AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.part_id = p.id AND a.outcome = 'unknown')",
        )
        .fetch_one(&mut *reader)
        .await
        .expect("a number");
        assert_eq!(outdated, 0, "whoever may be written to has the version that counts");
        let parts: BTreeMap<&str, &Part> =
            messages.values().flatten().map(|part| (part.wire_id.as_str(), part)).collect();
        for sent in world.phone.sent() {
            if matches!(sent.outcome, Outcome::Refused(_)) {
                continue;
            }
            let part = parts.get(sent.wire_id.as_str()).expect("what a phone may have seen is written down");
            assert_eq!((&part.phone, part.photo), (&sent.to, sent.is_image));
            assert_eq!(part.with_text.then_some(part.text.as_str()), sent.text.as_deref(), "as it was seen");
        }
    }

    fn is_whole(&self, parts: &[Part]) {
        for part in parts {
            let holds = if part.state.is_final() { 0 } else { part.price };
            let costs = if part.state.was_accepted() { part.price } else { 0 };
            assert_eq!((part.held, part.settled), (holds, costs), "{} holds and costs its price", part.id);
        }
        let end = parts.iter().position(|part| part.last).expect("one is the last") + 1;
        let (message, spare) = parts.split_at(end);
        assert!(spare.iter().all(|part| part.state == PartState::Cancelled), "what a version does not need");
        if message.iter().all(|part| part.state == PartState::Skipped) {
            return;
        }
        let text = &message[0].text;
        let photos = match text.strip_prefix('v').and_then(|rest| rest.split(' ').next()) {
            Some(number) => {
                let (photos, prices) = self.shapes[&number.parse::<usize>().expect("a number")];
                for part in message {
                    let kind = if part.photo { PartKind::Image } else { PartKind::Text };
                    assert_eq!(part.price, prices.of(kind), "{text}: as it was written");
                }
                photos
            }
            None => message.iter().filter(|part| part.photo).count(),
        };
        // One photo carries the text; before none and after two it stands alone.
        let wanted: Vec<(bool, bool)> = match photos {
            0 => vec![(false, true)],
            1 => vec![(true, true)],
            _ => vec![(true, false), (true, false), (false, true)],
        };
        let found: Vec<_> = message.iter().map(|part| (part.photo, part.with_text)).collect();
        assert_eq!(found, wanted, "{text}");
    }
}

struct Part {
    id: PartId,
    phone: String,
    text: String,
    wire_id: String,
    state: PartState,
    photo: bool,
    with_text: bool,
    last: bool,
    price: i64,
    held: i64,
    settled: i64,
}

/// What is over, or fixed, cannot be revised, and where all who are left would be skipped, nobody is brought over.
fn or_over(done: Result<(), Problem>) -> Result<(), Problem> {
    match done {
        Err(problem) if ["campaign.over", "campaign.nobody", "message.fixed"].contains(&problem.code.as_str()) => {
            Ok(())
        }
        done => done,
    }
}

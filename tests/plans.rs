//! What a page of a long list costs. The statements that really run are explained: none sorts a table and none walks
//! through one, however long it is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use sqlx::{AssertSqlSafe, Row};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use ulak_core::app::Problem;
use ulak_core::app::person::TimelineQuery;
use ulak_core::campaign::list::{CampaignGroup, CampaignOrder, CampaignQuery};
use ulak_core::clock::DAY;
use ulak_core::contact::segment::filter::{
    Condition, ConsentState, Filter, Matching, OnWhatsapp, Spoken, Test, Value, When,
};
use ulak_core::contact::{Consent, ContactEdit, ContactOrder, ContactQuery, Standing};
use ulak_core::inbound::store::replies::{ReplyQuery, Show};
use ulak_core::ledger::figures::LedgerQuery;
use ulak_core::ledger::{Book, EntryKind};
use ulak_core::outbox::state::{Origin, PartState};
use ulak_core::outbox::store::log::LogQuery;
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::Place;
use ulak_core::session::client::Signal;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};
use ulak_core::trigger::folder::{Brings, SETTLED};
use ulak_core::trigger::{Binding, TriggerEdit};

const NOON: i64 = 1_780_000_000_000 / 86_400_000 * 86_400_000 + 9 * 3_600_000;

/// Every statement that the library says it ran.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        let text = if statement.whole.trim().is_empty() { statement.summary } else { statement.whole };
        self.0.lock().unwrap().push(text.trim().to_owned());
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Statement {
    summary: String,
    whole: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.whole),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Tables of a few rows, whatever the owner does, triggers (also as `t`) among them; `queue_counts`, a few rows a campaign;
/// and `k`, the keys of a page. What is due is walked along its key as far as is asked for, and what an index of words
/// finds stops at a limit.
const SMALL: [&str; 15] = [
    "sessions",
    "triggers",
    "t",
    "erasure_keys",
    "contact_counts",
    "campaign_counts",
    "reply_counts",
    "message_index",
    "queue_counts",
    "k",
    "contact_words_due",
    "contact_values_due",
    "d",
    "(subquery-1)",
    "CONSTANT",
];

async fn plan(world: &World, statement: &str) -> Vec<String> {
    let explain = format!("EXPLAIN QUERY PLAN {statement}");
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let plan = sqlx::query(AssertSqlSafe(explain)).fetch_all(&mut *reader).await.unwrap();
    plan.iter().map(|row| row.try_get("detail").unwrap()).collect()
}

/// What is wrong with how a statement finds its rows. What is asked for by ids is as long as the page, and what one
/// person wrote is as long as that.
async fn faults(world: &World, statement: &str) -> Vec<String> {
    let steps = plan(world, statement).await;
    let small =
        |step: &str| SMALL.iter().any(|table| step.trim_start_matches("SCAN ").split(' ').next() == Some(*table));
    let only_small = steps.iter().any(|step| small(step));
    let by_ids = statement.contains("id IN (") || statement.contains("(contact_id = ? OR sender IN (");
    let wrong = |step: &&String| {
        let sorts = step.contains("TEMP B-TREE") && !by_ids && !only_small;
        let walks = step.starts_with("SCAN") && !step.contains("INDEX") && !small(step);
        sorts || walks
    };
    steps.iter().filter(wrong).map(|step| format!("{step}: {statement}")).collect()
}

/// People with tags and standings, a campaign that is being sent, its replies.
async fn shop() -> Result<World, Problem> {
    let mut world = World::with_numbers(NOON, &[BRISK]).await?;
    for number in 0..8 {
        let edit = ContactEdit {
            name: format!("Kişi {number}"),
            phone: format!("+90532555{number:04}"),
            tags: vec!["vip".to_owned()],
            consent: Some(Consent { source: "shop".to_owned(), at: 0, note: String::new() }),
            ..ContactEdit::default()
        };
        let saved = world.app.people().save_contact(&edit).await?;
        if number > 5 {
            world.app.people().set_standing(saved.id, Standing::Gray).await?;
        }
    }
    world.schedule("Merhaba").await?;
    world.run_until(NOON + 60_000).await?;
    for number in 0..3 {
        let reply = reply(&format!("R{number}"), &format!("+90532555{number:04}"), "STOP", NOON + 60_000 + number);
        world.hear(world.numbers[0].id, &Signal::Reply(reply)).await?;
    }
    Ok(world)
}

/// The first page of every list, one behind it, and one far down.
async fn ask_for_pages(world: &World) -> Result<(), Problem> {
    let orders = [CampaignOrder::State, CampaignOrder::Newest, CampaignOrder::Oldest, CampaignOrder::Name];
    let groups = [CampaignGroup::All, CampaignGroup::Drafts, CampaignGroup::Going, CampaignGroup::Over];
    let campaigns = world.app.campaigns();
    for (order, group) in orders.into_iter().flat_map(|order| groups.map(|group| (order, group))) {
        for search in ["", "test"] {
            let query =
                CampaignQuery { group, order, search: search.to_owned(), place: Place::first(1), without: Vec::new() };
            let next = campaigns.list(&query).await?.next;
            campaigns.list(&CampaignQuery { place: Place::behind(next, 1), ..query }).await?;
        }
    }
    let tags = [None, Some("vip".to_owned())];
    for (standing, tag) in [None, Some(Standing::Normal), Some(Standing::Gray)]
        .into_iter()
        .flat_map(|one| tags.clone().map(|tag| (one, tag)))
    {
        for search in ["", "kişi"] {
            let query = ContactQuery {
                search: search.to_owned(),
                standing,
                tag: tag.clone(),
                place: Place::first(1),
                ..ContactQuery::default()
            };
            let next = world.app.people().contacts(&query).await?.next;
            assert!(next.is_some());
            world
                .app
                .people()
                .contacts(&ContactQuery { place: Place { skip: 1, ..Place::behind(next, 1) }, ..query })
                .await?;
        }
    }
    for order in [ContactOrder::Phone, ContactOrder::Created, ContactOrder::Contacted, ContactOrder::Answered] {
        for descending in [false, true] {
            let query = ContactQuery { order, descending, place: Place::first(1), ..ContactQuery::default() };
            let next = world.app.people().contacts(&query).await?.next;
            world.app.people().contacts(&ContactQuery { place: Place::behind(next, 1), ..query }).await?;
        }
    }
    ask_for_filtered(world).await?;
    ask_for_watched_folders(world).await?;
    world.app.people().acts(&Place::first(1)).await?;
    for kind in [None, Some(EntryKind::Hold)] {
        for search in ["", "kişi"] {
            let from = kind.map(|_| NOON - DAY);
            let search = search.to_owned();
            let query = LedgerQuery { kind, from, search, ..LedgerQuery::of(Book::Real, Place::first(1)) };
            let next = world.app.credits().ledger(&query).await?.next;
            world.app.credits().ledger(&LedgerQuery { place: Place::behind(next, 1), ..query }).await?;
        }
    }
    assert!(world.app.home().now_view().await?.finished.is_some(), "what is over is looked for too");
    ask_for_the_log(world).await?;
    let all = CampaignQuery { place: Place::first(1), ..CampaignQuery::default() };
    let id = campaigns.list(&all).await?.rows[0].id;
    for show in [Show::Open, Show::Unread, Show::Answers, Show::Near, Show::Stops, Show::Done] {
        for (campaign_id, session_id) in [(None, None), (Some(id), None), (None, Some(world.numbers[0].id))] {
            let query = ReplyQuery { show, campaign_id, session_id, option: None, place: Place::first(1) };
            let next = world.app.replies().list(&query).await?.next;
            let behind = next.is_some() || !matches!(show, Show::Open | Show::Unread | Show::Stops);
            assert!(behind, "{query:?}");
            world.app.replies().list(&ReplyQuery { place: Place::behind(next, 1), ..query }).await?;
        }
    }
    let first = world.app.replies().list(&ReplyQuery { place: Place::first(1), ..ReplyQuery::default() }).await?;
    world.app.replies().by_ids(&[first.rows[0].id]).await?;
    world.app.replies().counts().await?;
    for state in [None, Some(PartState::Pending), Some(PartState::Sent), Some(PartState::Skipped)] {
        for search in ["", "kişi"] {
            let query = RecipientQuery { campaign_id: id, state, search: search.to_owned(), place: Place::first(1) };
            let next = world.app.outbox().recipients(&query).await?.next;
            for skip in [0, 1, 6] {
                let place = Place { skip, ..Place::behind(next.clone(), 1) };
                world.app.outbox().recipients(&RecipientQuery { place, ..query.clone() }).await?;
            }
        }
    }
    Ok(())
}

/// Everybody whom a condition of each kind finds, and what happened with the first of them.
async fn ask_for_filtered(world: &World) -> Result<(), Problem> {
    let field = |value: Value| Test::Field { field: "city".to_owned(), value };
    let tests = [
        Test::Tag { tag: "vip".to_owned() },
        field(Value::Filled),
        field(Value::Contains { text: "mir".to_owned() }),
        field(Value::Greater { than: "5".to_owned() }),
        Test::Standing { standing: Standing::Normal },
        Test::Consent { consent: ConsentState::Recorded },
        Test::Contacted { when: When::Within { days: 30 } },
        Test::Answered { when: When::Never },
        Test::OnWhatsapp { known: OnWhatsapp::Unknown },
        Test::Language { spoken: Spoken::Unknown },
    ];
    for test in tests {
        let filter = Filter { matching: Matching::All, conditions: vec![Condition { not: false, test }] };
        for order in [ContactOrder::Name, ContactOrder::Contacted] {
            let filter = Some(filter.clone());
            let query = ContactQuery { filter, order, place: Place::first(1), ..ContactQuery::default() };
            let next = world.app.people().contacts(&query).await?.next;
            world.app.people().contacts(&ContactQuery { place: Place::behind(next, 1), ..query }).await?;
        }
    }
    let everybody = ContactQuery { place: Place::first(1), ..ContactQuery::default() };
    let contact_id = world.app.people().contacts(&everybody).await?.rows[0].id;
    let query = TimelineQuery { contact_id, only: None, place: Place::first(1) };
    let next = world.app.people().timeline(&query).await?.next;
    assert!(next.is_some());
    world.app.people().timeline(&TimelineQuery { place: Place::behind(next, 1), ..query }).await.map(drop)
}

/// What is asked for at every look into a folder, and for its row on the page.
async fn ask_for_watched_folders(world: &World) -> Result<(), Problem> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.csv"), "No;Phone\n1;0532 555 00 01\n").unwrap();
    let edit = |id, active| TriggerEdit { id, name: "lists".to_owned(), active, binding: Binding::first("lists") };
    let programs = world.app.programs();
    let trigger = programs.save_trigger(&edit(None, false)).await?.id;
    programs.watch_folder(trigger, Some(folder.path()), Brings::Contacts).await?;
    programs.save_trigger(&edit(Some(trigger), true)).await?;
    for settled in [0, SETTLED] {
        world.clock.set(world.app.now() + settled);
        programs.look_into_folders().await?;
    }
    let view = programs.triggers().await?;
    assert!(view.folders[0].last.as_ref().is_some_and(|last| last.place.is_some()), "{:?}", view.folders);
    Ok(())
}

/// Every way to lead the log, with and without what else can be asked.
async fn ask_for_the_log(world: &World) -> Result<(), Problem> {
    let all = CampaignQuery { place: Place::first(1), ..CampaignQuery::default() };
    let campaign = world.app.campaigns().list(&all).await?.rows[0].id;
    let log = LogQuery { place: Place::first(1), ..LogQuery::default() };
    let spans = [(None, None), (Some(NOON - DAY), Some(NOON + DAY))];
    let states = [None, Some(PartState::Pending), Some(PartState::Failed), Some(PartState::Skipped)];
    for (state, (from, until)) in states.into_iter().flat_map(|state| spans.map(|span| (state, span))) {
        for (campaign_id, origin) in [(None, None), (Some(campaign), None), (None, Some(Origin::Direct))] {
            for session_id in [None, Some(world.numbers[0].id)] {
                for (search, cause) in [("", None), ("kişi", None), ("", Some("not_on_whatsapp".to_owned()))] {
                    let search = search.to_owned();
                    let query =
                        LogQuery { search, state, cause, campaign_id, session_id, origin, from, until, ..log.clone() };
                    let next = world.app.outbox().log(&query).await?.next;
                    world.app.outbox().log(&LogQuery { place: Place::behind(next, 1), ..query }).await?;
                }
            }
        }
    }
    world.app.outbox().log_reasons().await.map(drop)
}

#[tokio::test]
async fn no_page_of_a_list_sorts_or_walks_a_table() -> Result<(), Problem> {
    let statements = Statements::default();
    tracing::subscriber::set_global_default(statements.clone()).unwrap();
    let world = shop().await?;
    let sending = std::mem::take(&mut *statements.0.lock().unwrap());
    ask_for_pages(&world).await?;
    let mut seen = std::mem::take(&mut *statements.0.lock().unwrap());
    // What is asked for no ids at all is answered without a look.
    seen.retain(|statement| statement.starts_with("SELECT") && !statement.contains("IN ()"));
    seen.sort();
    seen.dedup();
    assert!(seen.len() > 40, "{}", seen.len());
    let mut wrong = Vec::new();
    for statement in &seen {
        wrong.extend(faults(&world, statement).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let heads = sending
        .iter()
        .find(|statement| statement.starts_with("SELECT p.id") && statement.contains("queue_clocks"))
        .expect("the planner's look");
    let steps = plan(&world, heads).await;
    for index in ["parts_due (queue_id=?)", "parts_due_by_clock (queue_id=? AND clock=?)"] {
        assert!(
            steps.iter().any(|step| step.starts_with("SEARCH h USING INDEX") && step.ends_with(index)),
            "{steps:#?}"
        );
    }
    let unmoved = seen.iter().find(|statement| statement.starts_with("SELECT digest, place FROM trigger_files"));
    let steps = plan(&world, unmoved.expect("the look into a folder")).await;
    assert!(steps[0].contains("INDEX trigger_files_unmoved (trigger_id=?)"), "{steps:#?}");
    // The same look does find what it looks for.
    assert!(!faults(&world, "SELECT id FROM contacts ORDER BY email").await.is_empty());
    assert!(!faults(&world, "SELECT id FROM messages WHERE text = 'Merhaba'").await.is_empty());
    Ok(())
}

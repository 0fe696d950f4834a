//! Events that programs tell, and what triggers do with them.

use serde_json::{Value, json};
use ulak_core::app::programs::Fired;
use ulak_core::app::{AttentionKind, Problem};
use ulak_core::category::Category;
use ulak_core::clock::Clock as _;
use ulak_core::contact::Standing;
use ulak_core::ids::TemplateId;
use ulak_core::language::Language;
use ulak_core::ledger::Book;
use ulak_core::outbox::state::PartState;
use ulak_core::template::TemplateEdit;
use ulak_core::testing::World;
use ulak_core::trigger::{Binding, Comparison, Condition, LanguageTemplate, Outcome, Trigger, TriggerEdit};

use crate::at;
use crate::programs::days_pass;

async fn template(world: &World, text: &str, language: Language) -> Result<TemplateId, Problem> {
    let made = world.app.templates().create_template(language).await?;
    let edit = TemplateEdit {
        id: made.id,
        name: "New invoice".to_owned(),
        category: Category::Notification,
        language,
        active: true,
        text: text.to_owned(),
        choice: None,
        split_long_caption: false,
        samples: made.samples,
    };
    world.app.templates().save_template(&edit).await?;
    Ok(made.id)
}

const TEXT: &str = "Sayın {{name}}, {{fatura}} numaralı faturanız {{tutar}} TL.";

pub async fn invoice(world: &World, change: impl FnOnce(&mut Binding)) -> Result<Trigger, Problem> {
    let mut binding = Binding {
        template: Some(template(world, TEXT, Language::Tr).await?),
        number: Some(world.app.practice_id()),
        variables: [("fatura", "no"), ("tutar", "total")].map(|(to, from)| (to.to_owned(), from.to_owned())).into(),
        ..Binding::first("invoice.created")
    };
    change(&mut binding);
    let edit = TriggerEdit { id: None, name: "invoice.created".to_owned(), active: true, binding };
    world.app.programs().save_trigger(&edit).await
}

fn event(no: &str) -> Value {
    json!({ "no": no, "total": 1850, "customer": { "name": "Mehmet Korkmaz", "phone": "0533 555 04 61" } })
}

async fn fire(world: &World, event: Value) -> Result<Fired, Problem> {
    // One behind the other, so that their order is known.
    world.clock.set(world.clock.now() + 1);
    Ok(world.app.programs().fire(None, "invoice.created", event).await?.answer)
}

#[tokio::test]
async fn an_invoice_becomes_a_message_inside_the_hours_and_comes_once() -> Result<(), Problem> {
    let mut world = World::at(at(0, 23, 0)).await?;
    let trigger = invoice(&world, |binding| binding.key_hours = 48).await?;
    let fired = fire(&world, event("F-1")).await?;
    assert_eq!((fired.outcome, fired.accepted), (Outcome::Accepted, 1));
    let again = fire(&world, event("F-1")).await?;
    assert_eq!((again.outcome, again.accepted, again.messages.len()), (Outcome::Duplicate, 0, 0));
    world.run_until(at(1, 8, 59)).await?;
    assert!(world.phone.sent().is_empty());
    world.run_until(at(1, 10, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(
        sent.iter().map(|sent| (sent.to.as_str(), sent.text.as_deref())).collect::<Vec<_>>(),
        [("+905335550461", Some("Sayın Mehmet Korkmaz, F-1 numaralı faturanız 1850 TL."))]
    );
    let page = world.app.programs().trigger_events(Some(trigger.id), false, None).await?;
    let rows: Vec<_> = page.rows.iter().map(|row| (row.outcome, row.person.as_deref(), row.state)).collect();
    assert_eq!(
        rows,
        [(Outcome::Duplicate, None, None), (Outcome::Accepted, Some("Mehmet Korkmaz"), Some(PartState::Sent))]
    );
    // Its owner may send it again to who has it where they say so, and after its span the key is new.
    let id = page.rows[1].id;
    assert_eq!(world.app.programs().replay(id, false).await.unwrap_err().code, "trigger.all_reached");
    assert_eq!(world.app.programs().replay(id, true).await?.outcome, Outcome::Accepted);
    // A clock that leaps ahead makes no key old.
    world.clock.set(at(90, 12, 0));
    assert_eq!(fire(&world, event("F-1")).await?.outcome, Outcome::Duplicate);
    days_pass(&world, &[1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
    assert_eq!(fire(&world, event("F-1")).await?.outcome, Outcome::Accepted);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn why_nobody_gets_anything_is_written_down() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let trigger = invoice(&world, |_| {}).await?;
    let mehmet = world.contact("Mehmet", "+905335550461").await?;
    world.app.people().set_standing(mehmet, Standing::Black).await?;
    let opted_out = fire(&world, event("F-1")).await?;
    let without = json!({ "no": "F-2", "customer": { "phone": "+905335550462", "name": "Elif" } });
    let missing = fire(&world, without).await?;
    let phoneless = fire(&world, json!({ "no": "F-3", "total": 1, "customer": { "name": "Elif" } })).await?;
    world.app.credits().adjust(Book::Practice, -1_000, "none are left").await?;
    let other = json!({ "no": "F-4", "total": 1, "customer": { "phone": "+905335550463", "name": "Elif" } });
    let short = fire(&world, other.clone()).await?;
    let told = [opted_out, missing, phoneless, short].map(|fired| {
        assert_eq!((fired.outcome, fired.accepted), (Outcome::Refused, 0));
        let problem = fired.problem.expect("a reason");
        (problem.code, problem.params.get("variable").or(problem.params.get("field")).cloned())
    });
    let of = |code: &str, what: Option<&str>| (code.to_owned(), what.map(str::to_owned));
    assert_eq!(
        told,
        [
            of("campaign.unwanted", None),
            of("campaign.test_missing", Some("tutar")),
            of("trigger.no_phone", Some("customer.phone")),
            of("ledger.short", None),
        ]
    );
    let rows = world.app.programs().trigger_events(Some(trigger.id), false, None).await?.rows;
    let what =
        |row: &ulak_core::app::programs::EventRow| row.params.get("variable").or(row.params.get("field")).cloned();
    let noted: Vec<_> = rows.iter().rev().map(|row| (row.code.clone().unwrap(), what(row))).collect();
    assert_eq!(noted, told);
    // What failed was not noted as done: with credits the same event goes out.
    world.app.credits().top_up(Book::Practice, 10, "", "").await?;
    assert_eq!(fire(&world, other).await?.outcome, Outcome::Accepted);
    assert_eq!(world.app.programs().fire(None, "nobody.knows", json!({})).await.unwrap_err().code, "trigger.unknown");
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_trigger_keeps_its_condition_its_language_and_its_time() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let english = template(&world, "Dear {{name}}, {{fatura}}", Language::En).await?;
    let trigger = invoice(&world, |binding| {
        binding.by_language = vec![LanguageTemplate { language: Language::En, template: english }];
        binding.language = "lang".to_owned();
        binding.condition = Some(Condition { field: "total".into(), is: Comparison::Above, value: "100".into() });
        binding.at_minute = Some(10 * 60);
    })
    .await?;
    let of = |no: &str, total: i64, lang: &str| json!({ "no": no, "total": total, "lang": lang, "customer": { "name": "Anna", "phone": "+905335550461" } });
    assert_eq!(fire(&world, of("F-1", 100, "en")).await?.outcome, Outcome::Unmet);
    assert_eq!(fire(&world, of("F-2", 101, "en-GB")).await?.outcome, Outcome::Accepted);
    world.run_until(at(1, 9, 59)).await?;
    assert!(world.phone.sent().is_empty());
    world.run_until(at(1, 10, 30)).await?;
    assert_eq!(world.phone.sent()[0].text.as_deref(), Some("Dear Anna, F-2"));
    let off = TriggerEdit { id: Some(trigger.id), name: trigger.name, active: false, binding: trigger.binding };
    world.app.programs().save_trigger(&off).await?;
    assert_eq!(fire(&world, of("F-3", 101, "en")).await?.outcome, Outcome::Off);
    Ok(())
}

#[tokio::test]
async fn an_event_with_many_people_reaches_each_and_trying_it_leaves_nothing_behind() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let text = template(&world, "Merhaba {{name}}", Language::Tr).await?;
    let number = Some(world.app.practice_id());
    let binding = Binding { template: Some(text), number, ..Binding::first("bulk.send") };
    let payload = json!({ "people": [
        { "name": "Elif", "phone": "+905335550461" }, { "name": "Can", "phone": "12" }, { "name": "Ada", "phone": "+905335550462" }
    ] });
    let tried = world.app.programs().try_trigger(&binding, &payload.to_string()).await?;
    assert_eq!((tried.text.as_deref(), tried.credits, tried.problem), (Some("Merhaba Elif"), 1, None));
    assert_eq!(tried.phone_shown.as_deref(), Some("+90 533 555 04 61"));
    assert!(tried.fields.iter().any(|field| field.field == "people.0.name" && field.value == "Elif"));
    assert_eq!(world.app.people().contact_totals().await?.all, 0);
    assert_eq!(world.app.credits().balance(Book::Practice).await?.held, 0);
    let edit = TriggerEdit { id: None, name: "bulk.send".to_owned(), active: true, binding };
    world.app.programs().save_trigger(&edit).await?;
    assert_eq!(world.app.programs().save_trigger(&edit).await.unwrap_err().code, "trigger.name_taken");
    let fired = world.app.programs().fire(None, "bulk.send", payload).await?.answer;
    assert_eq!((fired.outcome, fired.accepted, fired.refused), (Outcome::Accepted, 2, 1));
    world.run_until(at(0, 13, 0)).await?;
    let mut texts: Vec<_> = world.phone.sent().into_iter().filter_map(|sent| sent.text).collect();
    texts.sort();
    assert_eq!(texts, ["Merhaba Ada", "Merhaba Elif"]);
    // Sent again it goes to nobody who has it.
    let again = world.app.programs().replay(fired.event, false).await?;
    assert_eq!((again.outcome, again.accepted, again.refused), (Outcome::Refused, 0, 1));
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_the_owner_can_mend_is_counted_until_they_have_seen_it() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let trigger = invoice(&world, |_| {}).await?;
    let mehmet = world.contact("Mehmet", "+905335550461").await?;
    world.app.people().set_standing(mehmet, Standing::Black).await?;
    // Whoever opted out is nothing to mend.
    assert_eq!(fire(&world, event("F-1")).await?.outcome, Outcome::Refused);
    assert_eq!((world.app.programs().triggers().await?.to_mend, refused_at_home(&world).await?), (0, None));
    for no in ["F-2", "F-3"] {
        let phoneless = json!({ "no": no, "total": 1, "customer": { "name": "Elif" } });
        assert_eq!(fire(&world, phoneless).await?.outcome, Outcome::Refused);
    }
    let good = json!({ "no": "F-4", "total": 1, "customer": { "phone": "+905335550999", "name": "Elif" } });
    assert_eq!(fire(&world, good).await?.outcome, Outcome::Accepted);
    let view = world.app.programs().triggers().await?;
    assert_eq!((view.today, view.to_mend, refused_at_home(&world).await?), (4, 2, Some(2)));
    let refused = world.app.programs().trigger_events(Some(trigger.id), true, None).await?.rows;
    let codes: Vec<_> = refused.iter().filter_map(|row| row.code.as_deref()).collect();
    assert_eq!(codes, ["trigger.no_phone", "trigger.no_phone", "campaign.unwanted"]);
    // Whoever sends it again sees what becomes of it.
    assert_eq!(world.app.programs().replay(refused[0].id, false).await?.outcome, Outcome::Refused);
    assert_eq!(world.app.programs().triggers().await?.to_mend, 2);
    world.app.programs().refusals_seen().await?;
    assert_eq!((world.app.programs().triggers().await?.to_mend, refused_at_home(&world).await?), (0, None));
    world.clock.set(at(1, 9, 0));
    assert_eq!(world.app.programs().triggers().await?.today, 0);
    Ok(())
}

async fn refused_at_home(world: &World) -> Result<Option<i64>, Problem> {
    let attention = world.app.home().view().await?.attention;
    Ok(attention.iter().find(|one| one.kind == AttentionKind::EventsRefused).map(|one| one.count))
}

#[tokio::test]
async fn a_name_that_no_trigger_has_is_told_at_home_until_one_is_made() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    for _ in 0..2 {
        assert_eq!(fire(&world, event("F-1")).await.unwrap_err().code, "trigger.unknown");
    }
    // What is no name of a trigger is told to its program alone.
    assert_eq!(world.app.programs().fire(None, "No Name", json!({})).await.unwrap_err().code, "trigger.unknown");
    let notices = world.app.home().view().await?.notices;
    let told: Vec<_> = notices.iter().map(|one| (one.problem.code.as_str(), one.times)).collect();
    assert_eq!(told, [("trigger.unheard", 2)]);
    assert_eq!(notices[0].problem.params["name"], "invoice.created");
    invoice(&world, |_| {}).await?;
    assert!(world.app.home().view().await?.notices.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_message_of_the_preview_goes_to_the_owners_phone_and_counts_for_nothing_else() -> Result<(), Problem> {
    // Nothing else would go out at this hour.
    let mut world = World::at(at(0, 23, 0)).await?;
    let trigger = invoice(&world, |binding| {
        binding.delay_minutes = 60;
        binding.category = Some(Category::Promotion);
    })
    .await?;
    let payload = event("F-1").to_string();
    let tried = world.app.programs().try_trigger(&trigger.binding, &payload).await?;
    let id = world.app.programs().send_tried(&trigger.binding, &payload, "0533 555 09 99").await?;
    world.run_until(at(0, 23, 10)).await?;
    let sent: Vec<_> = world.phone.sent().into_iter().map(|sent| (sent.to, sent.text)).collect();
    let text = "Sayın Mehmet Korkmaz, F-1 numaralı faturanız 1850 TL.";
    assert_eq!(sent, [("+905335550999".to_owned(), Some(text.to_owned()))]);
    // A promotion needs a consent that nobody has given; a test is none.
    assert_eq!(tried.problem.map(|problem| problem.code).as_deref(), Some("campaign.unwanted"));
    let all = ulak_core::contact::ContactQuery { place: ulak_core::page::Place::first(10), ..Default::default() };
    let people: Vec<_> =
        world.app.people().contacts(&all).await?.rows.into_iter().map(|row| (row.phone, row.name)).collect();
    assert_eq!(people, [("+905335550999".to_owned(), String::new())]);
    assert!(world.app.programs().trigger_events(None, false, None).await?.rows.is_empty());
    assert_eq!(world.app.outbox().recipient(id).await?.row.phone_shown, "+90 533 555 09 99");
    // Its key is not used up.
    let usual = TriggerEdit {
        id: Some(trigger.id),
        name: trigger.name,
        active: true,
        binding: Binding { category: None, ..trigger.binding },
    };
    world.app.programs().save_trigger(&usual).await?;
    assert_eq!(fire(&world, event("F-1")).await?.outcome, Outcome::Accepted);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_was_told_of_an_erased_person_is_gone() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let trigger = invoice(&world, |_| {}).await?;
    fire(&world, event("F-1")).await?;
    // It names them, and no message came of it.
    fire(&world, json!({ "no": "F-2", "customer": { "phone": "0 533 555 0461", "name": "Mehmet Korkmaz" } })).await?;
    fire(&world, json!({ "no": "F-3", "total": 1, "customer": { "phone": "+905335550999", "name": "Elif" } })).await?;
    world.run_until(at(0, 12, 30)).await?;
    let people = world.app.people();
    let mehmet = ulak_core::contact::ContactQuery {
        search: "Mehmet".to_owned(),
        place: ulak_core::page::Place::first(10),
        ..Default::default()
    };
    people.erase(people.contacts(&mehmet).await?.rows[0].id).await?;
    let rows = world.app.programs().trigger_events(Some(trigger.id), false, None).await?.rows;
    let payloads: Vec<_> = rows.iter().map(|row| row.payload.is_some()).collect();
    assert_eq!(payloads, [true, false, false]);
    assert_eq!(world.app.programs().replay(rows[1].id, false).await.unwrap_err().code, "trigger.cleared");
    Ok(())
}

//! Who is in a segment is the same as a function and as SQL, asked of all contacts and of a few, over random people and
//! filters.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sqlx::{QueryBuilder, SqliteConnection};
use ulak_core::clock::{DAY, Millis};
use ulak_core::contact::segment::filter::{
    Condition, ConsentState, Filter, Matching, OnWhatsapp, Spoken, Test, Today, Value, When,
};
use ulak_core::contact::segment::matching::{Facts, matches};
use ulak_core::contact::segment::store::condition::{self, Asked};
use ulak_core::contact::segment::store::values::settle_some;
use ulak_core::contact::{Fields, Standing};
use ulak_core::ids::{ContactId, IdGenerator, ImportId};
use ulak_core::testing::World;

/// 12 October 2026, 14:30 in Istanbul.
const NOW: Millis = 1_791_804_600_000;
const TODAY: Today = Today { now: NOW, zone: chrono_tz::Europe::Istanbul };

/// What columns hold: words that differ in case and accents, numbers and days written in several ways.
const TEXTS: [&str; 19] = [
    "İzmir",
    "IZMIR",
    "izmir konak",
    "Şule",
    "sule",
    "1.250",
    "1250,00",
    "₺ 1.250",
    "9",
    "10",
    "-3,5",
    "12.10.2026",
    "2026-10-12",
    "13/10/2026",
    "1.1.2025",
    "100%",
    "Türkçe",
    "english",
    "id-ID",
];

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(&TEXTS[..]).prop_map(str::to_owned)
}

fn named(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(names).prop_map(str::to_owned)
}

const TAGS: &[&str] = &["vip", "toptan", "VIP"];
const FIELDS: &[&str] = &["şehir", "son_ödeme", "dil", "language"];

fn import(number: u8) -> ImportId {
    ImportId(uuid::Uuid::from_bytes([number; 16]))
}

/// Around the ends of days, of the spans that are asked, and far from both.
fn moment() -> impl Strategy<Value = Millis> {
    let midnight = NOW - NOW.rem_euclid(DAY) - 3 * 3_600_000;
    let near = prop::sample::select(vec![midnight, midnight + DAY, NOW - 30 * DAY, NOW - DAY, NOW]);
    prop_oneof![(near, -1..=1_i64).prop_map(|(at, by)| at + by), NOW - 400 * DAY..NOW + DAY]
}

fn person() -> impl Strategy<Value = Facts> {
    let rows = (
        prop::collection::btree_set(named(TAGS), 0..3),
        prop::collection::btree_map(named(FIELDS), text(), 0..3),
        prop::sample::select(&Standing::ALL[..]),
        any::<(bool, bool)>(),
        prop::option::of(moment()),
        prop::option::of(moment()),
        any::<Option<bool>>(),
        prop::collection::btree_set((1..3_u8).prop_map(import), 0..2),
    );
    rows.prop_map(|(tags, fields, standing, (consented, withdrawn), sent, wrote, on_whatsapp, imports)| Facts {
        tags,
        fields,
        standing,
        consented,
        withdrawn,
        last_message_at: sent,
        last_reply_at: wrote,
        on_whatsapp,
        imports,
    })
}

fn value() -> impl Strategy<Value = Value> {
    let measured = || prop::sample::select(&TEXTS[5..15]).prop_map(str::to_owned);
    prop_oneof![
        Just(Value::Filled),
        text().prop_map(|to| Value::Equal { to }),
        prop::sample::select(vec!["zmi", "MİR ", "1", "%", "_", "ŞUL"])
            .prop_map(|text| Value::Contains { text: text.into() }),
        measured().prop_map(|than| Value::Greater { than }),
        measured().prop_map(|than| Value::Less { than }),
        (measured(), measured()).prop_map(|(from, to)| Value::Between { from, to }),
    ]
}

fn when() -> impl Strategy<Value = When> {
    let day = || prop::sample::select(vec!["2026-10-12", "2026-10-11", "2025-01-01"]).prop_map(str::to_owned);
    prop_oneof![
        prop::sample::select(vec![0, 1, 30]).prop_map(|days| When::Within { days }),
        day().prop_map(|day| When::Before { day }),
        day().prop_map(|day| When::After { day }),
        Just(When::Never),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        named(TAGS).prop_map(|tag| Test::Tag { tag }),
        (named(FIELDS), value()).prop_map(|(field, value)| Test::Field { field, value }),
        prop::sample::select(&Standing::ALL[..]).prop_map(|standing| Test::Standing { standing }),
        prop::sample::select(vec![ConsentState::Recorded, ConsentState::None, ConsentState::Withdrawn])
            .prop_map(|consent| Test::Consent { consent }),
        when().prop_map(|when| Test::Contacted { when }),
        when().prop_map(|when| Test::Answered { when }),
        prop::sample::select(vec![OnWhatsapp::Yes, OnWhatsapp::No, OnWhatsapp::Unknown])
            .prop_map(|known| Test::OnWhatsapp { known }),
        prop::sample::select(vec![Spoken::En, Spoken::Tr, Spoken::Id, Spoken::Unknown])
            .prop_map(|spoken| Test::Language { spoken }),
        (1..3_u8).prop_map(|number| Test::Import { import: import(number) }),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let condition = (any::<bool>(), test()).prop_map(|(not, test)| Condition { not, test });
    let matching = prop::sample::select(vec![Matching::All, Matching::Any, Matching::None]);
    (matching, prop::collection::vec(condition, 1..4))
        .prop_map(|(matching, conditions)| Filter { matching, conditions })
        .prop_filter("it can be asked", |filter| filter.check().is_ok())
}

async fn put(db: &mut SqliteConnection, id: ContactId, number: usize, person: &Facts) {
    sqlx::query(
        "INSERT INTO contacts (id, phone, name, email, fields, search, standing, consent_source, consent_at,
                               consent_withdrawn_at, created_at, updated_at, last_message_at, last_reply_at, on_whatsapp)
         VALUES (?, ?, '', '', ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?)",
    )
    .bind(id)
    .bind(format!("+90538555{number:04}"))
    .bind(serde_json::to_string(&person.fields).unwrap())
    .bind(number.to_string())
    .bind(person.standing)
    .bind(person.consented.then_some("shop"))
    .bind(person.consented.then_some(1))
    .bind(person.withdrawn.then_some(2))
    .bind(person.last_message_at)
    .bind(person.last_reply_at)
    .bind(person.on_whatsapp)
    .execute(&mut *db)
    .await
    .unwrap();
    for tag in &person.tags {
        let row = "INSERT INTO contact_tags (contact_id, tag) VALUES (?, ?)";
        sqlx::query(row).bind(id).bind(tag).execute(&mut *db).await.unwrap();
    }
    for import in &person.imports {
        let row = "INSERT INTO import_changes (import_id, contact_id, written_at) VALUES (?, ?, 0)";
        sqlx::query(row).bind(import).bind(id).execute(&mut *db).await.unwrap();
    }
}

async fn found(db: &mut SqliteConnection, filter: &Filter, asked: Asked) -> BTreeSet<ContactId> {
    let mut select = QueryBuilder::new("SELECT c.id FROM contacts c WHERE ");
    condition::push(&mut select, filter, asked, TODAY).unwrap();
    let ids: Vec<ContactId> = select.build_query_scalar().fetch_all(db).await.unwrap();
    ids.into_iter().collect()
}

async fn compare(people: &[Facts], filters: &[Filter]) {
    let world = World::at(NOW).await.unwrap();
    let mut tx = world.app.db().begin().await.unwrap();
    for import in [import(1), import(2)] {
        let row = "INSERT INTO imports (id, file_name, state, started_at) VALUES (?, '', 'done', 0)";
        sqlx::query(row).bind(import).execute(&mut *tx).await.unwrap();
    }
    for field in FIELDS {
        let row = "INSERT INTO contact_fields (name) VALUES (?)";
        sqlx::query(row).bind(field).execute(&mut *tx).await.unwrap();
    }
    let ids = IdGenerator::at(NOW);
    let mut by_id = BTreeMap::new();
    for (number, person) in people.iter().enumerate() {
        let id = ids.next();
        put(&mut tx, id, number, person).await;
        by_id.insert(id, person.clone());
    }
    settle_some(&mut tx, 3).await.unwrap();
    settle_some(&mut tx, 1_000).await.unwrap();
    for round in 0..2 {
        for filter in filters {
            let by_function = by_id.iter().filter(|(_, person)| matches(filter, person, TODAY).unwrap());
            let by_function: BTreeSet<ContactId> = by_function.map(|(id, _)| *id).collect();
            assert_eq!(found(&mut tx, filter, Asked::All).await, by_function, "{filter:?}");
            assert_eq!(found(&mut tx, filter, Asked::Few).await, by_function, "{filter:?}");
            let count = condition::count(&mut tx, filter, TODAY).await.unwrap();
            assert_eq!(count, i64::try_from(by_function.len()).unwrap(), "{filter:?}");
        }
        if round == 0 {
            // What was written another time is what counts; who is gone is nowhere.
            edit(&mut tx, &mut by_id).await;
        }
    }
}

async fn edit(db: &mut ulak_core::db::Tx, people: &mut BTreeMap<ContactId, Facts>) {
    let (first, last) = (*people.keys().next().unwrap(), *people.keys().last().unwrap());
    let fields = Fields::from([(FIELDS[0].to_owned(), "Konak".to_owned())]);
    let stored = serde_json::to_string(&fields).unwrap();
    sqlx::query("UPDATE contacts SET fields = ? WHERE id = ?")
        .bind(stored)
        .bind(first)
        .execute(&mut *db)
        .await
        .unwrap();
    people.get_mut(&first).unwrap().fields = fields;
    sqlx::query("DELETE FROM contacts WHERE id = ?").bind(last).execute(&mut *db).await.unwrap();
    people.remove(&last);
    settle_some(db, 1_000).await.unwrap();
    let gone: i64 = sqlx::query_scalar("SELECT count(*) FROM contact_values WHERE contact_id = ?")
        .bind(last)
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(gone, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn function_and_sql_agree_on_segments(
        people in prop::collection::vec(person(), 2..25),
        filters in prop::collection::vec(filter(), 20..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(compare(&people, &filters));
    }
}

//! Whom a filter finds among a hundred thousand people: counted as the owner puts it together, and listed.
//!
//! The yardstick is one scan of the same people's rows by SQLite alone, which compares a part of each.

use std::path::Path;
use std::sync::Arc;

use ulak_core::app::App;
use ulak_core::contact::segment::filter::{Condition, ConsentState, Filter, Matching, OnWhatsapp, Test, Value, When};
use ulak_core::contact::{ContactQuery, Standing};
use ulak_core::page;

use crate::Outcome;
use crate::measure::{Figure, Pairs, Stopwatch, Unit, p95};
use crate::raw::Raw;
use crate::scene::{self, NOW, Place};

const PEOPLE: i64 = 100_000;
const TIMES: usize = 30;
const COUNT: f64 = 0.050;
const FIRST_PAGE: f64 = 0.100;

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let (folder, _) = scene::with_contacts(place, PEOPLE).await?;
    differ(&folder)?;
    let app = scene::app(&folder).await?;
    let raw = Raw::open(&folder)?;
    let filters = filters();
    let time = Stopwatch::start();
    let first = filters.first().ok_or("there is no filter")?;
    app.people().count_filtered(&first.1).await?;
    let settling =
        Figure::plain("segments: the first look at fields", Unit::Seconds, time.seconds(), None, "once".into());
    let mut figures = vec![settling];
    for (name, filter) in &filters {
        figures.extend(measured(&app, &raw, name, filter).await?);
    }
    app.close().await;
    Ok(figures)
}

async fn measured(app: &Arc<App>, raw: &Raw, name: &str, filter: &Filter) -> Outcome<[Figure; 3]> {
    let (mut pairs, mut counts, mut pages) = (Pairs::default(), Vec::new(), Vec::new());
    let mut found = 0;
    for _ in 0..TIMES {
        let time = Stopwatch::start();
        found = app.people().count_filtered(filter).await?;
        let ours = time.seconds();
        let time = Stopwatch::start();
        raw.run("SELECT count(*) FROM contacts WHERE instr(fields, 'zmir') > 0 AND standing = 'normal'")?;
        pairs.push(ours, time.seconds());
        counts.push(ours);
        let time = Stopwatch::start();
        let query =
            ContactQuery { filter: Some(filter.clone()), place: page::Place::first(50), ..ContactQuery::default() };
        app.people().contacts(&query).await?;
        pages.push(time.seconds());
    }
    let note = |what: &str| format!("{what} of {TIMES}, finds {found} of {PEOPLE}");
    Ok([
        pairs.figure(&format!("segments: count, {name}"), None, "to a scan of the rows".to_owned()),
        Figure::plain(&format!("segments: count, {name}"), Unit::Seconds, p95(&counts), Some(COUNT), note("p95")),
        Figure::plain(&format!("segments: page, {name}"), Unit::Seconds, p95(&pages), Some(FIRST_PAGE), note("p95")),
    ])
}

fn filters() -> Vec<(&'static str, Filter)> {
    let field = |name: &str, value: Value| Test::Field { field: name.to_owned(), value };
    let all = |tests: Vec<(bool, Test)>| Filter {
        matching: Matching::All,
        conditions: tests.into_iter().map(|(not, test)| Condition { not, test }).collect(),
    };
    let tag = || Test::Tag { tag: "toptan".to_owned() };
    let lately = || Test::Contacted { when: When::Within { days: 30 } };
    vec![
        ("field is", all(vec![(false, field("city", Value::Equal { to: "izmir".into() }))])),
        ("field is not", all(vec![(true, field("city", Value::Equal { to: "izmir".into() }))])),
        ("field contains", all(vec![(false, field("city", Value::Contains { text: "mir".into() }))])),
        ("number", all(vec![(false, field("spent", Value::Greater { than: "99000".into() }))])),
        (
            "days",
            all(vec![(false, field("visit", Value::Between { from: "01.03.2026".into(), to: "31.03.2026".into() }))]),
        ),
        ("tag, not lately", all(vec![(false, tag()), (true, lately())])),
        (
            "row alone",
            all(vec![
                (false, Test::Standing { standing: Standing::Normal }),
                (false, Test::Consent { consent: ConsentState::Recorded }),
                (true, lately()),
                (false, Test::OnWhatsapp { known: OnWhatsapp::Unknown }),
            ]),
        ),
        (
            "any of three",
            Filter {
                matching: Matching::Any,
                ..all(vec![
                    (false, tag()),
                    (false, field("city", Value::Equal { to: "izmir".into() })),
                    (false, Test::Answered { when: When::Within { days: 90 } }),
                ])
            },
        ),
    ]
}

/// Twenty cities, what each has spent, when they came, a tag for one in ten, and half of them written to.
fn differ(folder: &Path) -> Outcome<()> {
    Raw::open(folder)?.run(&format!(
        "BEGIN IMMEDIATE;
         INSERT OR IGNORE INTO contact_fields (name) VALUES ('spent'), ('visit');
         CREATE TEMP TABLE numbered AS SELECT id, CAST(substr(phone, 7) AS INTEGER) AS n FROM contacts;
         UPDATE contacts SET
             fields = json_object(
                 'city', iif(n % 20 = 0, 'İzmir', 'Şehir ' || (n % 20)),
                 'spent', (n * 7919 % 100000) || ',50',
                 'visit', format('%02d.%02d.2026', 1 + n % 28, 1 + n % 12)),
             standing = iif(n % 50 = 0, 'gray', 'normal'),
             last_message_at = iif(n % 2 = 0, {NOW} - n % 400 * 86400000, NULL),
             last_reply_at = iif(n % 9 = 0, {NOW} - n % 400 * 86400000, NULL),
             on_whatsapp = iif(n % 3 = 0, 1, NULL)
             FROM numbered WHERE numbered.id = contacts.id;
         INSERT INTO contact_tags (contact_id, tag) SELECT id, 'toptan' FROM numbered WHERE n % 10 = 0;
         COMMIT;"
    ))
}

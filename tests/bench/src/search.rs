//! What the owner waits for at every letter that is typed: the first page of a search among a hundred thousand people,
//! or among as many as `ULAK_BENCH_SEARCH` says.
//!
//! The yardstick is one scan of the same people's search texts by SQLite alone, which stops at the hundredth.

use std::path::Path;
use std::sync::Arc;

use ulak_core::app::App;
use ulak_core::contact::{ContactOrder, ContactQuery};
use ulak_core::page;

use crate::Outcome;
use crate::measure::{Figure, Pairs, Stopwatch, Unit, p95};
use crate::raw::Raw;
use crate::scene::{self, Place};

const TIMES: usize = 10;

/// What people type, as far as they have typed it.
const TYPED: [(&str, &str); 6] = [
    ("a name, letter by letter", "z ze zey zeyn zeynep"),
    ("two words", "zeynep|zeynep d|zeynep demir"),
    ("a rare name", "xav xavier"),
    ("a field", "izm izmir"),
    ("the end of a phone", "4 42 421 4217"),
    ("a phone", "0532|0532 004|05320042"),
];

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let people: i64 = std::env::var("ULAK_BENCH_SEARCH").ok().and_then(|people| people.parse().ok()).unwrap_or(100_000);
    let most = if people > 100_000 { 0.100 } else { 0.030 };
    let (folder, _) = scene::with_contacts(place, people).await?;
    differ(&folder)?;
    let app = scene::app(&folder).await?;
    let raw = Raw::open(&folder)?;
    let mut figures = vec![settled(&app, people).await?];
    for (name, typed) in TYPED {
        let typed: Vec<&str> = typed.split(if typed.contains('|') { '|' } else { ' ' }).collect();
        figures.extend(measured(&app, &raw, name, &typed, most).await?);
    }
    for order in [ContactOrder::Name, ContactOrder::Phone, ContactOrder::Created, ContactOrder::Contacted] {
        figures.push(listed(&app, order).await?);
    }
    app.close().await;
    Ok(figures)
}

/// The first search waits for some; the rest is read while nobody waits.
async fn settled(app: &Arc<App>, people: i64) -> Outcome<Figure> {
    let time = Stopwatch::start();
    while app.people().settle_words().await? {}
    let note = format!("{people} people, once");
    Ok(Figure::plain("search: reading the words", Unit::Seconds, time.seconds(), None, note))
}

async fn measured(app: &Arc<App>, raw: &Raw, name: &str, typed: &[&str], most: f64) -> Outcome<[Figure; 2]> {
    let (mut pairs, mut pages) = (Pairs::default(), Vec::new());
    for _ in 0..TIMES {
        for text in typed {
            let query =
                ContactQuery { search: (*text).to_owned(), place: page::Place::first(100), ..ContactQuery::default() };
            let time = Stopwatch::start();
            app.people().contacts(&query).await?;
            let ours = time.seconds();
            let time = Stopwatch::start();
            let word = text.split(' ').next_back().unwrap_or_default();
            raw.run(&format!(
                "SELECT count(*) FROM (SELECT 1 FROM contacts WHERE instr(search, '{word}') > 0 ORDER BY search LIMIT 100)"
            ))?;
            pairs.push(ours, time.seconds());
            pages.push(ours);
        }
    }
    let note = format!("p95 of {}", pages.len());
    Ok([
        pairs.figure(&format!("search: {name}"), None, "to a scan of the texts".to_owned()),
        Figure::plain(&format!("search: {name}"), Unit::Seconds, p95(&pages), Some(most), note),
    ])
}

async fn listed(app: &Arc<App>, order: ContactOrder) -> Outcome<Figure> {
    let mut pages = Vec::new();
    for descending in (0..TIMES).flat_map(|_| [false, true]) {
        let query = ContactQuery { order, descending, place: page::Place::first(100), ..ContactQuery::default() };
        let time = Stopwatch::start();
        app.people().contacts(&query).await?;
        pages.push(time.seconds());
    }
    let name = format!("search: the list by {order:?}").to_lowercase();
    Ok(Figure::plain(&name, Unit::Seconds, p95(&pages), Some(0.030), format!("p95 of {}", pages.len())))
}

/// Names as they are spread in a shop: a few that many have, and some that nobody else has. Zeynep stands last.
fn differ(folder: &Path) -> Outcome<()> {
    Raw::open(folder)?.run(
        "BEGIN IMMEDIATE;
         CREATE TEMP TABLE numbered AS SELECT id, CAST(substr(phone, 7) AS INTEGER) AS n FROM contacts;
         CREATE TEMP TABLE firsts (k INTEGER PRIMARY KEY, name TEXT);
         INSERT INTO firsts VALUES (0,'Ayşe'),(1,'Mehmet'),(2,'Zeynep'),(3,'Fatma'),(4,'Ali'),(5,'Elif'),(6,'Hakan'),
             (7,'Gül'),(8,'Emre'),(9,'Can'),(10,'Selin'),(11,'Ozan'),(12,'Derya'),(13,'Budi'),(14,'Siti');
         CREATE TEMP TABLE lasts (k INTEGER PRIMARY KEY, name TEXT);
         INSERT INTO lasts VALUES (0,'Demir'),(1,'Kaya'),(2,'Çınar'),(3,'Yıldız'),(4,'Şahin'),(5,'Öztürk'),(6,'Arslan'),
             (7,'Doğan'),(8,'Santoso'),(9,'Işık'),(10,'Polat');
         UPDATE contacts SET
             name = iif(n % 5000 = 77, 'Xavier ' || n, (SELECT f.name FROM firsts f WHERE f.k = n * 7919 % 15) || ' '
                 || (SELECT l.name FROM lasts l WHERE l.k = n * 104729 % 11) || ' ' || n % 977),
             fields = json_object('city', iif(n % 20 = 0, 'İzmir', 'Şehir ' || (n % 20))),
             last_message_at = iif(n % 2 = 0, 1790000000000 - n % 400 * 86400000, NULL)
             FROM numbered WHERE numbered.id = contacts.id;
         UPDATE contacts SET search = char(1) || replace(replace(replace(replace(replace(replace(replace(lower(name),
             'ş', 's'), 'Ç', 'c'), 'ı', 'i'), 'ü', 'u'), 'Ö', 'o'), 'ğ', 'g'), 'Ş', 's')
             || char(10) || substr(phone, 2) || char(10) || iif(json_extract(fields, '$.city') = 'İzmir', 'izmir',
             lower(replace(json_extract(fields, '$.city'), 'Ş', 's')));
         COMMIT;",
    )
}

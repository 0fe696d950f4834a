use super::list::page;
use super::*;
use crate::contact::segment::filter::Today;
use crate::contact::{ContactOrder, ContactPage, ContactQuery};
use crate::db::{Db, DbKey, lock_folder};
use crate::error::Coded;
use crate::page::Place;

const NOW: Millis = 1_790_000_000_000;
const TODAY: Today = Today { now: NOW, zone: chrono_tz::UTC };

struct World {
    db: Db,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(lock_folder(folder.path()).unwrap(), &DbKey::new([7; 32])).await.unwrap();
        Self { db, _folder: folder }
    }

    async fn save(&self, edit: &ContactEdit) -> Result<Contact, ContactError> {
        let mut tx = self.db.begin().await.unwrap();
        let saved = save(&mut tx, edit, Country::of("TR").unwrap(), NOW).await;
        self.db.commit(tx).await.unwrap();
        saved
    }

    async fn found(&self, search: &str) -> Vec<String> {
        let query = ContactQuery { search: search.into(), place: Place::first(50), ..Default::default() };
        page(self.db.read(), &query, TODAY).await.unwrap().rows.into_iter().map(|contact| contact.name).collect()
    }
}

fn person(name: &str, phone: &str) -> ContactEdit {
    ContactEdit { name: name.into(), phone: phone.into(), ..Default::default() }
}

#[tokio::test]
async fn a_saved_contact_is_read_back() {
    let world = World::new().await;
    let edit = ContactEdit {
        fields: [("Şehir".to_owned(), " İzmir ".to_owned()), ("boş".to_owned(), String::new())].into(),
        tags: vec!["vip".into(), " ".into(), "vip".into(), "lens".into()],
        email: "ayse@example.com".into(),
        consent: Some(Consent { source: "shop form".into(), at: NOW, note: String::new() }),
        ..person(" Ayşe Demir ", "0538 555 02 14")
    };
    let saved = world.save(&edit).await.unwrap();
    assert_eq!((saved.phone.as_str(), saved.phone_shown.as_str()), ("+905385550214", "+90 538 555 02 14"));
    assert_eq!((saved.name.as_str(), saved.tags.join(",").as_str()), ("Ayşe Demir", "lens,vip"));
    assert_eq!(saved.fields, Fields::from([("şehir".to_owned(), "İzmir".to_owned())]));
    assert_eq!(by_id(world.db.read(), saved.id).await.unwrap(), saved);
    let totals = totals(world.db.read()).await.unwrap();
    assert_eq!((totals.all, totals.normal, totals.fields), (1, 1, vec!["şehir".to_owned()]));
}

#[tokio::test]
async fn a_phone_that_exists_names_its_holder() {
    let world = World::new().await;
    let first = world.save(&person("Ayşe Demir", "0538 555 02 14")).await.unwrap();
    let error = world.save(&person("Gül Çetin", "+90 538 555 02 14")).await.unwrap_err();
    assert_eq!((error.code(), error.params().get("holder").unwrap().as_str()), ("contact.phone_taken", "Ayşe Demir"));
    let same = world.save(&ContactEdit { id: Some(first.id), ..person("Ayşe Kaya", "0538 555 02 14") }).await.unwrap();
    assert_eq!((same.id, same.name.as_str()), (first.id, "Ayşe Kaya"));
}

#[tokio::test]
async fn wrong_edits_are_explained() {
    let world = World::new().await;
    let code = async |edit: ContactEdit| world.save(&edit).await.unwrap_err().code();
    assert_eq!(code(person("Ayşe", "532 555 0")).await, "phone.too_short");
    assert_eq!(code(ContactEdit { email: "ayse@".into(), ..person("Ayşe", "0538 555 02 14") }).await, "contact.email");
    assert_eq!(
        code(ContactEdit { fields: [("--".to_owned(), "x".to_owned())].into(), ..person("A", "0538 555 02 14") }).await,
        "contact.field_name"
    );
    assert_eq!(code(person(&"a".repeat(5000), "0538 555 02 14")).await, "contact.too_long");
    let nobody: ContactId = IdGenerator::at(NOW).next();
    assert_eq!(code(ContactEdit { id: Some(nobody), ..person("A", "0538 555 02 14") }).await, "contact.unknown");
}

#[tokio::test]
async fn an_opt_out_is_lifted_for_all_that_it_held_for_and_may_come_again() {
    let world = World::new().await;
    let ana = world.save(&person("Ana", "+5511987650123")).await.unwrap();
    let who = Stopped { phones: vec!["+551187650123".into()], ..Stopped::default() };
    let in_force = async |tx: &mut SqliteConnection| {
        let mut in_force = Vec::new();
        for address in ["+5511987650123", "+551187650123"] {
            in_force.push(suppressions::is_suppressed(tx, address).await.unwrap());
        }
        in_force
    };
    let mut tx = world.db.begin().await.unwrap();
    for changed in [true, false] {
        assert_eq!(opt_out(&mut tx, &who, NOW, NOW).await.unwrap(), changed);
    }
    assert_eq!(in_force(&mut tx).await, [true, true]);
    let wish = Return { reason: "came into the shop".into(), consent: None };
    assert_eq!(take_back(&mut tx, ana.id, &wish, NOW).await.unwrap().standing, Standing::Normal);
    assert_eq!(in_force(&mut tx).await, [false, false]);
    assert!(opt_out(&mut tx, &who, NOW, NOW).await.unwrap(), "in the same millisecond too");
    assert_eq!(in_force(&mut tx).await, [true, true]);
}

#[tokio::test]
async fn every_word_of_a_search_must_match() {
    let world = World::new().await;
    let izmir = ContactEdit {
        fields: [("city".to_owned(), "İZMİR".to_owned())].into(),
        ..person("Işık Şen", "0538 555 02 14")
    };
    world.save(&izmir).await.unwrap();
    world.save(&person("Budi Santoso", "+62 811 555 0163")).await.unwrap();
    world.save(&person("", "0532 555 01 42")).await.unwrap();
    assert_eq!(world.found("").await, ["Budi Santoso", "Işık Şen", ""]);
    assert_eq!(world.found("ısık izmir").await, ["Işık Şen"]);
    assert_eq!(world.found("isik jakarta").await, Vec::<String>::new());
    assert_eq!(world.found("0538 555").await, ["Işık Şen"]);
    assert_eq!(world.found("+62 811-555").await, ["Budi Santoso"]);
    assert_eq!(world.found("100%").await, Vec::<String>::new());
}

#[tokio::test]
async fn pages_are_by_tag_and_standing() {
    let world = World::new().await;
    let vip = world.save(&ContactEdit { tags: vec!["vip".into()], ..person("Ayşe", "0538 555 02 14") }).await.unwrap();
    world.save(&person("Gül", "0532 555 01 42")).await.unwrap();
    let mut tx = world.db.begin().await.unwrap();
    set_standing(&mut tx, vip.id, Standing::Black, NOW).await.unwrap();
    world.db.commit(tx).await.unwrap();
    let count = async |query: ContactQuery| {
        let page = page(world.db.read(), &ContactQuery { place: Place::first(9), ..query }, TODAY).await.unwrap();
        (page.total, page.rows.len())
    };
    assert_eq!(count(ContactQuery { tag: Some("vip".into()), ..Default::default() }).await, (Some(1), 1));
    assert_eq!(count(ContactQuery { standing: Some(Standing::Black), ..Default::default() }).await, (Some(1), 1));
    assert_eq!(
        count(ContactQuery { standing: Some(Standing::Normal), tag: Some("vip".into()), ..Default::default() }).await,
        (None, 0)
    );
    let totals = totals(world.db.read()).await.unwrap();
    assert_eq!((totals.all, totals.normal, totals.black, totals.tags.len()), (2, 1, 1, 1));
}

impl World {
    async fn settled(&self) {
        search::settle(&self.db).await.unwrap();
    }

    async fn pages(&self, query: &ContactQuery, limit: u32) -> (Vec<String>, ContactPage) {
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let query = ContactQuery { place: Place::behind(after, limit), ..query.clone() };
            let mut page = page(self.db.read(), &query, TODAY).await.unwrap();
            names.extend(page.rows.drain(..).map(|contact| contact.name));
            after = page.next.clone();
            if after.is_none() {
                return (names, page);
            }
        }
    }
}

fn searched(text: &str) -> ContactQuery {
    ContactQuery { search: text.to_owned(), ..ContactQuery::default() }
}

/// Names, phones and tags that have parts of each other.
fn crowd() -> Vec<ContactEdit> {
    let names =
        ["Ayşe Demir", "Demirhan", "O’Demir Şule", "Ali", "Alim Kaya", "Nur-Ali", "🌸 İpek", "", "李 Ali", "Gül"];
    let phones = ["0538 555 02 14", "0532 555 02 15", "+62 812 5550 0163", "+62 812 5550 2140", "0541 555 01 42"];
    let tags = [&["toptan"][..], &["Toptan-Müşteri", "2024"], &[], &["alışveriş"]];
    let edit = |place: usize| ContactEdit {
        tags: tags[place % 4].iter().map(|tag| (*tag).to_owned()).collect(),
        fields: [("no".to_owned(), format!("A{place} / 55{place}"))].into(),
        ..person(names[place % 10], &format!("{}{place:02}", &phones[place % 5][..phones[place % 5].len() - 2]))
    };
    (0..40).map(edit).collect()
}

#[tokio::test]
async fn the_index_finds_whom_the_rule_finds_and_the_texts_leave_out_nobody() {
    let world = World::new().await;
    let mut people = Vec::new();
    for edit in crowd() {
        people.push(world.save(&edit).await.unwrap());
    }
    let queries = [
        "ali",
        "demir",
        "o demir",
        "sule",
        "ipek",
        "李",
        "toptan",
        "toptan mus",
        "2024",
        "555",
        "0163",
        "5385550",
        "0538",
        "0812",
        "a1",
        "551",
        "alis 55",
        "142",
        "nur",
        "+62812",
        "mir",
        "14",
        "gül 0541",
        "xyz",
    ];
    for settled in [false, true] {
        if settled {
            world.settled().await;
            let renamed =
                ContactEdit { id: Some(people[0].id), tags: vec!["yeni".into()], ..person("Xyz", "0538 555 02 14") };
            people[0] = world.save(&renamed).await.unwrap();
            world.settled().await;
        }
        for query in queries {
            let found: Vec<ContactId> = {
                let query = ContactQuery { place: Place::first(100), ..searched(query) };
                page(world.db.read(), &query, TODAY).await.unwrap().rows.iter().map(|found| found.id).collect()
            };
            let is_found = |contact: &Contact| {
                let phone = Phone::from_e164(&contact.phone).unwrap();
                let text = haystack(&contact.name, phone, &contact.email, &contact.fields);
                let words = crate::contact::search::Words::of(&text, &contact.tags, 0);
                crate::contact::search::needles(query).iter().all(|needle| needle.finds(&words))
            };
            for contact in &people {
                let (said, ruled) = (found.contains(&contact.id), is_found(contact));
                assert!(said == ruled || (said && !settled), "{query}: {} {} {settled}", contact.name, contact.phone);
            }
        }
    }
}

#[tokio::test]
async fn what_finds_very_many_comes_in_the_order_of_names_without_a_gap() {
    let world = World::new().await;
    let mut tx = world.db.begin().await.unwrap();
    let people = "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 2399),
             named AS (SELECT n, iif(n % 2, 'Zeynep ', 'Ali ') || char(65 + n % 26) || n AS name FROM n)
         INSERT INTO contacts (id, phone, name, email, fields, search, standing, created_at, updated_at)
         SELECT randomblob(16), '+90538' || (5550000 + n), name, '', '{}',
                char(1) || lower(name) || char(10) || '90538' || (5550000 + n), 'normal', n, n FROM named";
    sqlx::query(people).execute(&mut *tx).await.unwrap();
    world.db.commit(tx).await.unwrap();
    world.settled().await;
    let (names, last) = world.pages(&searched("zey"), 170).await;
    assert_eq!((names.len(), last.total, last.by_name), (1200, None, false));
    let letters = |name: &String| name.to_lowercase().chars().take(8).collect::<String>();
    assert!(names.is_sorted_by_key(letters), "{names:?}");
    let mut once = names.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), 1200);
    let (mut backwards, _) = world.pages(&ContactQuery { descending: true, ..searched("zey") }, 170).await;
    backwards.reverse();
    assert_eq!(backwards, names);
    let newest = ContactQuery { order: ContactOrder::Created, ..searched("zey") };
    assert!(world.pages(&newest, 500).await.1.by_name);
    // Fewer are sorted as was asked.
    let (some, last) = world.pages(&ContactQuery { descending: true, search: "zey 00".into(), ..newest }, 3).await;
    assert!(some.len() > 3 && !last.by_name, "{some:?}");
    let numbers = some.iter().map(|name| name.split_at(8).1.parse::<u32>().unwrap());
    assert!(numbers.is_sorted_by(|one, other| one > other), "{some:?}");
}

#[tokio::test]
async fn the_list_has_the_order_that_was_asked_for() {
    let world = World::new().await;
    let mut tx = world.db.begin().await.unwrap();
    for (name, phone, at) in
        [("Can", "0538 555 01 11", 3), ("Ayşe", "0538 555 01 13", 1), ("Bora", "0538 555 01 12", 2)]
    {
        let saved = save(&mut tx, &person(name, phone), Country::of("TR").unwrap(), NOW + at).await.unwrap();
        let contacted = "UPDATE contacts SET last_message_at = ?, last_reply_at = ? WHERE id = ?";
        let reply = (at == 3).then_some(NOW);
        sqlx::query(contacted)
            .bind((at > 1).then_some(NOW - at))
            .bind(reply)
            .bind(saved.id)
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    world.db.commit(tx).await.unwrap();
    let orders = [
        (ContactOrder::Name, ["Ayşe", "Bora", "Can"]),
        (ContactOrder::Phone, ["Can", "Bora", "Ayşe"]),
        (ContactOrder::Created, ["Ayşe", "Bora", "Can"]),
        (ContactOrder::Contacted, ["Ayşe", "Can", "Bora"]),
    ];
    for (order, mut names) in orders {
        for descending in [false, true] {
            for search in ["", "0538"] {
                let query = ContactQuery { order, descending, ..searched(search) };
                assert_eq!(world.pages(&query, 1).await.0, names, "{order:?} {search}");
            }
            names.reverse();
        }
    }
    let answered = ContactQuery { order: ContactOrder::Answered, descending: true, ..ContactQuery::default() };
    assert_eq!(world.pages(&answered, 2).await.0[0], "Can");
}

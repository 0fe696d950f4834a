use super::*;
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

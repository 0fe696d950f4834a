//! A person's data are erased at their wish: nothing of them is left, and everything else adds up.

use std::path::Path;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use ulak_core::app::{Direct, Problem};
use ulak_core::category::Category;
use ulak_core::contact::acts::{Chosen, Deed};
use ulak_core::contact::import::{ImportOptions, LeftOut};
use ulak_core::contact::merge::MergeEdit;
use ulak_core::contact::{ContactEdit, ContactQuery, Standing};
use ulak_core::ids::ContactId;
use ulak_core::ledger::Book;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{Attached, AttachedKind, Reply, Signal};
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;
use crate::imports::brought;

const ELIF: &str = "+905325550142";
const EMRE: &str = "+905325550163";
const LID: &str = "100000012345678";

/// What only Elif's data hold.
const HERS: [&str; 9] = [
    "5325550142",
    LID,
    "Elifnur",
    "elifnur@example.com",
    "Menekşe 12",
    "yarın gelemem",
    "Zambak",
    // As searches find them.
    "zambak",
    "menekse",
];

fn elif() -> ContactEdit {
    ContactEdit {
        phone: ELIF.to_owned(),
        name: "Elifnur Zambak".to_owned(),
        email: "elifnur@example.com".to_owned(),
        fields: [("adres".to_owned(), "Menekşe 12".to_owned())].into(),
        tags: vec!["vip".to_owned()],
        consent: Some(ulak_core::contact::Consent { source: "shop".to_owned(), at: 5, note: String::new() }),
        ..ContactEdit::default()
    }
}

async fn world() -> Result<(World, ContactId), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let id = world.app.people().save_contact(&elif()).await?.id;
    // Whoever came first is written to first.
    world.clock.set(at(0, 12, 1));
    world.contact("Emre", EMRE).await?;
    Ok((world, id))
}

/// Every place of the database, by table and column, that holds one of her words.
async fn traces(world: &World) -> Vec<String> {
    traces_of(world, &HERS).await
}

/// The same of these words.
pub async fn traces_of(world: &World, words: &[&str]) -> Vec<String> {
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(
        // What the full-text index has lies in its own tables, which are looked through; it cannot be read itself.
        "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name <> 'message_words'",
    )
    .fetch_all(&mut *reader)
    .await
    .unwrap();
    let mut found = Vec::new();
    for (table, column) in columns {
        for word in words {
            let holds = format!(
                "SELECT count(*) FROM \"{table}\" WHERE instr(CAST(\"{column}\" AS BLOB), CAST(? AS BLOB)) > 0"
            );
            let holds: i64 =
                sqlx::query_scalar(AssertSqlSafe(holds)).bind(*word).fetch_one(&mut *reader).await.unwrap();
            if holds > 0 {
                found.push(format!("{table}.{column}: {word}"));
            }
        }
    }
    found
}

/// How often the full-text index finds one of her words; its bytes are packed so that no look at them would.
async fn found_by_words(world: &World) -> i64 {
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let words = "elifnur* OR zambak* OR 5550142 OR 905325550142";
    let found = sqlx::query_scalar("SELECT count(*) FROM message_words WHERE message_words MATCH ?").bind(words);
    found.fetch_one(&mut *reader).await.unwrap()
}

async fn hear(world: &World, reply: Reply) -> Result<(), Problem> {
    world.hear(world.numbers[0].id, &Signal::Reply(reply)).await.map(drop)
}

async fn held(world: &World) -> Result<i64, Problem> {
    Ok(world.app.credits().balance(Book::Real).await?.held)
}

async fn is_there(world: &World) -> Result<Option<Standing>, Problem> {
    let query = ContactQuery { search: ELIF.to_owned(), place: Place::first(1), ..ContactQuery::default() };
    Ok(world.app.people().contacts(&query).await?.rows.first().map(|contact| contact.standing))
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_and_the_books_add_up() -> Result<(), Problem> {
    let (mut world, elif) = world().await?;
    let pair = Signal::Lid { phone: ELIF.to_owned(), lid: LID.to_owned() };
    world.hear(world.numbers[0].id, &pair).await?;
    let list =
        "telefon,ad,not\n+905325550142,Elifnur Zambak,Menekşe 12\n0532 555 01 42 / 0532 555 01 63,Elifnur,ikisi de\n";
    brought(&world, list, ImportOptions::default()).await?;
    let campaign = world.schedule("Sevgili {{name}}").await?;
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media/sample.jpg");
    let wish = Direct {
        to: ELIF.to_owned(),
        text: "Elifnur, faturanız".to_owned(),
        media: vec![photo],
        category: Category::Notification,
        ..Direct::default()
    };
    world.app.outbox().send_direct(&wish).await?;
    world.run_until(at(0, 13, 0)).await?;
    let first = world.numbers[0].phone.sent().first().unwrap().wire_id.clone();
    world.receipts(ReceiptKind::Delivered, std::slice::from_ref(&first)).await?;
    let attached = Some(Box::new(Attached {
        kind: AttachedKind::Document,
        name: "Elifnur.pdf".to_owned(),
        mime: String::new(),
        seconds: None,
        size: None,
        place: Some("Zambak".to_owned()),
        album: None,
    }));
    // No emoji, but nothing that came from a person is to be left.
    let reaction = Reply { reaction: true, ..reply("R0", ELIF, "Elifnur", at(0, 13, 0)) };
    hear(&world, Reply { quotes: Some(first.clone()), ..reaction }).await?;
    hear(&world, Reply { quotes: Some(first), attached, ..reply("R1", ELIF, "yarın gelemem", at(0, 13, 1)) }).await?;
    hear(&world, Reply { phone: None, lid: Some(LID.to_owned()), ..reply("R2", "", "Elifnur ben", at(0, 13, 2)) })
        .await?;
    let called = Signal::Name { phone: ELIF.to_owned(), name: "Elifnur Zambak".to_owned(), from_address_book: true };
    world.hear(world.numbers[0].id, &called).await?;
    let later = world.draft("Merhaba {{name}}", |edit| {
        edit.due_at = Some(at(1, 12, 0));
        edit.category = Category::Reminder;
    });
    let later = later.await?;
    let later = world.app.campaigns().schedule_campaign(later.id, false).await?;
    // What was looked for to act on people is a word about them too.
    let chosen = ContactQuery { search: "Elifnur".to_owned(), ..ContactQuery::default() };
    let chosen = Chosen::Matching { query: Box::new(chosen) };
    world.app.people().act(&Deed::Tag { tag: "bayram".to_owned() }, &chosen).await?;
    assert!(traces(&world).await.iter().any(|trace| trace.starts_with("contact_index_data")), "the index has them");
    let (counts, answers) = (world.counts(campaign).await?, world.app.campaigns().live(campaign).await?.answers);
    assert_eq!((traces(&world).await.is_empty(), held(&world).await?), (false, 2));

    while ulak_core::agenda::step(world.app.agenda()).await?.is_none() {}
    assert!(found_by_words(&world).await > 0, "as the test looks for them");
    world.app.people().erase(elif).await?;
    assert_eq!(found_by_words(&world).await, 0);
    assert_eq!(traces(&world).await, Vec::<String>::new());
    assert_eq!(world.app.people().contact(elif).await.unwrap_err().code, "contact.unknown");
    assert_eq!(world.counts(campaign).await?, counts, "totals stay");
    assert_eq!(world.app.campaigns().live(campaign).await?.answers, answers);
    assert_eq!((world.counts(later).await?.cancelled, held(&world).await?), (1, 1));
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await?;
    world.run_until(at(1, 13, 0)).await?;
    assert_eq!(world.counts(later).await?.sent, 1, "the others get theirs");
    let mut world = world.restart().await?;
    world.run_until(at(1, 14, 0)).await?;
    assert_eq!(traces(&world).await, Vec::<String>::new());
    world.app.credits().ledger_holds().await
}

/// Whoever became one with another is erased with it, under both phones.
#[tokio::test]
async fn who_was_merged_is_erased_as_one_person() -> Result<(), Problem> {
    let (mut world, hers) = world().await?;
    let campaign = world.schedule("Sevgili {{name}}").await?;
    world.run_until(at(0, 13, 0)).await?;
    hear(&world, reply("R1", ELIF, "yarın gelemem", at(0, 13, 1))).await?;
    let people = world.app.people();
    let emre = ContactQuery { search: EMRE.to_owned(), place: Place::first(1), ..ContactQuery::default() };
    let keep = people.contacts(&emre).await?.rows[0].id;
    let edit =
        MergeEdit { keep, gone: hers, name: "Emre".to_owned(), email: String::new(), fields: Default::default() };
    people.merge(&edit).await?;
    assert!(!traces(&world).await.is_empty());
    people.erase(keep).await?;
    assert_eq!(traces(&world).await, Vec::<String>::new());
    assert_eq!(world.counts(campaign).await?.sent, 2, "totals stay");
    let list = "telefon,ad\n0532 555 01 42,Elifnur\n0532 555 01 63,Emre\n";
    let import = brought(&world, list, ImportOptions::default()).await?;
    assert_eq!(world.app.people().import_progress(import).unwrap().totals.refused, 2, "no list brings either back");
    Ok(())
}

#[tokio::test]
async fn no_list_brings_an_erased_person_back_and_the_owner_does_on_purpose() -> Result<(), Problem> {
    let (world, id) = world().await?;
    world.app.people().set_standing(id, Standing::Black).await?;
    world.app.people().erase(id).await?;
    let list = "telefon,ad\n0532 555 01 42,Elifnur Zambak\n+905325550199,Ayşe\n";
    let import = brought(&world, list, ImportOptions::default()).await?;
    let totals = world.app.people().import_progress(import).unwrap().totals;
    assert_eq!((totals.new, totals.refused), (1, 1));
    let refused = world.app.people().refusals(import, LeftOut::All, 0, 9).await?;
    assert_eq!(refused[0].reason.code, "import.erased");
    assert_eq!(traces(&world).await, Vec::<String>::new(), "of the row nothing is kept");

    let wish = Direct { to: ELIF.to_owned(), text: "Merhaba".to_owned(), ..Direct::default() };
    assert_eq!(world.app.outbox().send_direct(&wish).await.unwrap_err().code, "contact.erased");
    assert_eq!(world.app.people().save_contact(&elif()).await.unwrap_err().code, "contact.erased");
    let taken = world.app.people().save_contact(&ContactEdit { take_erased: true, ..elif() }).await?;
    assert_eq!(taken.standing, Standing::Black, "the opt-out outlived it");
    let import = brought(&world, list, ImportOptions::default()).await?;
    assert_eq!(world.app.people().import_progress(import).unwrap().totals.known, 2);
    Ok(())
}

#[tokio::test]
async fn an_erased_person_who_writes_is_nobody_and_their_stop_is_remembered() -> Result<(), Problem> {
    let (mut world, elif_id) = world().await?;
    let campaign = world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.numbers[0].phone.sent();
    let hers = sent.iter().find(|sent| sent.to == ELIF).unwrap().wire_id.clone();
    world.app.people().erase(elif_id).await?;
    world.receipts(ReceiptKind::Read, std::slice::from_ref(&hers)).await?;
    assert_eq!(world.counts(campaign).await?.read, 1, "a receipt that comes late counts");
    hear(&world, Reply { quotes: Some(hers.clone()), ..reply("R1", ELIF, "Kimsiniz?", at(0, 14, 0)) }).await?;
    hear(&world, Reply { quotes: Some(hers), ..reply("R2", ELIF, "STOP", at(0, 14, 1)) }).await?;
    assert_eq!(is_there(&world).await?, None, "no contact is made of what an erased person writes");
    let taken = world.app.people().save_contact(&ContactEdit { take_erased: true, ..elif() }).await?;
    assert_eq!(taken.standing, Standing::Black);
    Ok(())
}

#[tokio::test]
async fn what_is_on_its_way_is_waited_for_and_what_is_in_doubt_ends() -> Result<(), Problem> {
    let (mut world, id) = world().await?;
    world.numbers[0].phone.be_silent();
    let campaign = world.schedule("Merhaba").await?;
    world.decide().await?;
    assert_eq!(world.counts(campaign).await?.sending, 1);
    let handed_over = async {
        while world.numbers[0].phone.sent().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), handed_over).await.is_ok(), "the part is never handed over");
    assert_eq!(world.app.people().erase(id).await.unwrap_err().code, "contact.on_its_way");
    assert_eq!(is_there(&world).await?, Some(Standing::Normal), "nothing was done by half");

    let mut world = world.restart().await?;
    assert_eq!(world.counts(campaign).await?.unknown, 1);
    world.app.people().erase(id).await?;
    let counts = world.counts(campaign).await?;
    assert_eq!((counts.unknown, counts.failed), (0, 1));
    world.app.credits().ledger_holds().await?;
    world.numbers[0].phone.answer([Outcome::Accepted, Outcome::Refused(Cause::NotOnWhatsapp)]);
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(traces(&world).await, Vec::<String>::new());
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

/// A mobile of Argentina is written with a 9 behind the country or without; WhatsApp knows both as one person.
#[tokio::test]
async fn a_person_is_erased_under_every_spelling_and_an_opt_out_outlives_a_second_erasing() -> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let people = world.app.people();
    let [old, new] = ["+541155550142", "+5491155550142"];
    let old = people.save_contact(&ContactEdit { phone: old.to_owned(), name: "Ana".to_owned(), ..elif() }).await?;
    let edit = ContactEdit { phone: new.to_owned(), name: "Ana Souza".to_owned(), ..elif() };
    people.save_contact(&edit).await?;
    people.set_standing(old.id, Standing::Black).await?;
    people.erase(old.id).await?;
    assert_eq!(people.contacts(&ContactQuery::default()).await?.rows.len(), 0);
    let taken = people.save_contact(&ContactEdit { take_erased: true, ..edit }).await?;
    assert_eq!(taken.standing, Standing::Black);
    Ok(())
}

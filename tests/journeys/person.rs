//! One person: what happened with them, in the order in which it happened.

use ulak_core::app::Problem;
use ulak_core::app::person::{Happening, TimelineKind, TimelinePage, TimelineQuery};
use ulak_core::contact::import::ImportOptions;
use ulak_core::contact::{Consent, ContactEdit, Return, Standing};
use ulak_core::ids::ContactId;
use ulak_core::page::Place;
use ulak_core::session::client::Signal;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;
use crate::imports::brought;

const ELIF: &str = "+905325550142";

async fn timeline(
    world: &World,
    contact_id: ContactId,
    only: Option<TimelineKind>,
    place: Place,
) -> Result<TimelinePage, Problem> {
    world.app.people().timeline(&TimelineQuery { contact_id, only, place }).await
}

fn told(what: &Happening) -> String {
    match what {
        Happening::Message(message) => {
            format!("{} {}", message.campaign_name.as_deref().unwrap_or("single"), message.state.as_str())
        }
        Happening::Reply(reply) => format!("wrote {}", reply.text),
        Happening::Consent { source, .. } => format!("consent {source}"),
        Happening::Withdrawn => "withdrawn".to_owned(),
        Happening::Standing { standing } => standing.as_str().to_owned(),
        Happening::OptedOut { .. } => "opted out".to_owned(),
        Happening::Returned { reason } => format!("returned {reason}"),
        Happening::Imported { file_name, made } => {
            format!("{} {file_name}", if *made { "came in" } else { "completed" })
        }
        Happening::Added => "added".to_owned(),
    }
}

async fn all(world: &World, id: ContactId, page: u32) -> Result<Vec<String>, Problem> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let read = timeline(world, id, None, Place::behind(after, page)).await?;
        assert!(read.rows.len() <= page as usize);
        rows.extend(read.rows.iter().map(|row| told(&row.what)));
        after = read.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

fn consent(source: &str, at: i64) -> Consent {
    Consent { source: source.to_owned(), at, note: String::new() }
}

#[tokio::test]
async fn everything_that_happened_with_a_person_is_told_once_and_in_order() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    brought(&world, "phone,name\n+905325550142,Elif\n", ImportOptions::default()).await?;
    let elif = world
        .app
        .people()
        .contacts(&ulak_core::contact::ContactQuery { place: Place::first(1), ..Default::default() })
        .await?;
    let elif = elif.rows[0].id;
    let edit = |source: &str, time| ContactEdit {
        id: Some(elif),
        phone: ELIF.to_owned(),
        name: "Elif".to_owned(),
        consent: Some(consent(source, time)),
        ..ContactEdit::default()
    };
    world.clock.set(at(0, 12, 1));
    world.app.people().save_contact(&edit("fair", at(0, 12, 1))).await?;
    world.clock.set(at(0, 12, 2));
    world.app.people().save_contact(&edit("shop", at(0, 12, 2))).await?;
    world.clock.set(at(0, 12, 3));
    world.schedule("Merhaba").await?;
    world.run_until(at(0, 12, 30)).await?;
    let number = world.numbers[0].id;
    for (wire, text, time) in [("R1", "Kaçta?", at(0, 13, 0)), ("R2", "STOP", at(0, 14, 0))] {
        world.clock.set(time);
        world.hear(number, &Signal::Reply(reply(wire, ELIF, text, time))).await?;
    }
    world.clock.set(at(0, 15, 0));
    let wish = Return { reason: "called".to_owned(), consent: Some(consent("phone", at(0, 15, 0))) };
    world.app.people().take_contact_back(elif, &wish).await?;
    world.clock.set(at(0, 16, 0));
    world.app.people().set_standing(elif, Standing::Gray).await?;

    let expected = [
        "gray",
        "returned called",
        "consent phone",
        "opted out",
        "withdrawn",
        "wrote STOP",
        "wrote Kaçta?",
        "Test sent",
        "consent shop",
        "consent fair",
    ];
    let rows = all(&world, elif, 100).await?;
    let (last, before) = rows.split_last().unwrap();
    assert!(last.starts_with("came in "), "{last}");
    // What happened in one moment has no order of its own.
    let sorted = |rows: &[String]| {
        let mut rows = rows.to_vec();
        rows[1..3].sort();
        rows[3..6].sort();
        rows
    };
    assert_eq!(sorted(before), sorted(&expected.map(str::to_owned)));
    for page in 1..6 {
        assert_eq!(all(&world, elif, page).await?, rows, "pages of {page}");
    }
    let only = timeline(&world, elif, Some(TimelineKind::Replies), Place::first(9)).await?;
    assert_eq!(only.rows.iter().map(|row| told(&row.what)).collect::<Vec<_>>(), ["wrote STOP", "wrote Kaçta?"]);
    Ok(())
}

#[tokio::test]
async fn the_page_says_when_the_next_promotion_may_go_and_when_they_last_wrote() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let elif = world.contact("Elif", ELIF).await?;
    assert_eq!(world.app.people().person(elif).await?.promotion_from, None);
    world.schedule("İndirim").await?;
    world.run_until(at(0, 13, 0)).await?;
    world.hear(world.numbers[0].id, &Signal::Reply(reply("R1", ELIF, "Tamam", at(0, 12, 40)))).await?;
    let person = world.app.people().person(elif).await?;
    let from = person.promotion_from.unwrap();
    assert!((at(3, 12, 0)..at(3, 13, 0)).contains(&from), "{from}");
    assert_eq!(person.last_reply_at, Some(at(0, 12, 40)));
    world.clock.set(from);
    assert_eq!(world.app.people().person(elif).await?.promotion_from, None);
    Ok(())
}

#[tokio::test]
async fn a_person_gets_all_that_is_stored_about_them_to_read_and_for_programs() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let elif = world.contact("Elif <Şahin>", ELIF).await?;
    world.schedule("Merhaba & hoş geldiniz").await?;
    world.run_until(at(0, 13, 0)).await?;
    world.hear(world.numbers[0].id, &Signal::Reply(reply("R1", ELIF, "Teşekkürler", at(0, 13, 1)))).await?;
    let people = world.app.people();
    let [json, html, other] = ["elif.json", "elif.html", "elif.txt"].map(|name| world.folder.path().join(name));
    people.export_person(elif, &json).await?;
    let whole: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!((&whole["contact"]["phone"], &whole["format"]), (&ELIF.into(), &"ulak-person-1".into()));
    let kinds: Vec<_> = whole["happened"].as_array().unwrap().iter().map(|row| row["what"]["kind"].clone()).collect();
    assert_eq!(kinds, ["reply", "message", "added", "consent"]);
    assert_eq!(whole["happened"][3]["what"]["source"], "shop");
    people.export_person(elif, &html).await?;
    let page = std::fs::read_to_string(&html).unwrap();
    for shown in ["Elif &lt;Şahin&gt;", ELIF, "Merhaba &amp; hoş geldiniz", "Teşekkürler", "shop"] {
        assert!(page.contains(shown), "{shown} is missing in {page}");
    }
    assert_eq!(people.export_person(elif, &other).await.unwrap_err().code, "export.format");
    assert_eq!(people.contact_with("0532 555 01 42").await?.id, elif);
    Ok(())
}

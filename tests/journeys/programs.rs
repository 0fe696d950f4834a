//! What other programs ask for: single messages, lists of them, files, and tokens.

use std::fs;

use ulak_core::app::Problem;
use ulak_core::app::programs::{Matter, Recipient};
use ulak_core::category::Category;
use ulak_core::clock::{DAY, MINUTE};
use ulak_core::contact::{ContactEdit, Standing};
use ulak_core::ids::{IdGenerator, MessageId, TokenId};
use ulak_core::ledger::Book;
use ulak_core::outbox::state::PartState;
use ulak_core::program::{Once, Program, Rights, TokenWish};
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

use crate::at;

pub const ALL: Rights = Rights { send: true, read: true, contacts: true, admin: false, urgent: true };

/// A program that may do this, with a token of its own.
pub async fn program(world: &World, rights: Rights) -> Result<Program, Problem> {
    let made = world.app.programs().make_token(&TokenWish { name: "Accounting".to_owned(), rights }).await?;
    Ok(world.app.programs().admit(&made.secret).await?.expect("it lets in"))
}

fn matter(world: &World, text: &str) -> Matter {
    let number = world.numbers.first().map_or(world.app.practice_id(), |number| number.id);
    Matter {
        text: Some(text.to_owned()),
        number: Some(number),
        category: Some(Category::Notification),
        ..Matter::default()
    }
}

fn to(phone: &str) -> Recipient {
    Recipient { to: phone.to_owned(), ..Recipient::default() }
}

fn once(program: Program, key: &str, body: u8) -> Once {
    Once::new(program.token, key, [body; 32]).expect("a sound key")
}

async fn states(world: &World, id: MessageId) -> Vec<PartState> {
    world.app.outbox().parts_of(id).await.unwrap().into_iter().map(|part| part.state).collect()
}

#[tokio::test]
async fn a_message_waits_for_the_hours_and_an_urgent_one_does_not() -> Result<(), Problem> {
    let mut world = World::at(at(0, 23, 0)).await?;
    let program = program(&world, ALL).await?;
    let programs = world.app.programs();
    let usual = programs.send(program, None, &matter(&world, "Faturanız hazır"), &to("0538 555 02 14")).await?.answer;
    let urgent = Matter { urgent: true, ..matter(&world, "Kapınızdayız") };
    let urgent = programs.send(program, None, &urgent, &to("905385550215@s.whatsapp.net")).await?.answer;
    world.run_until(at(1, 8, 0)).await?;
    assert_eq!(states(&world, usual.id).await, [PartState::Pending]);
    assert_eq!(states(&world, urgent.id).await, [PartState::Sent]);
    world.run_until(at(1, 9, 30)).await?;
    assert_eq!(states(&world, usual.id).await, [PartState::Sent]);
    assert_eq!(
        world.phone.sent().iter().map(|sent| sent.to.as_str()).collect::<Vec<_>>(),
        ["+905385550215", "+905385550214"]
    );
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn the_same_key_sends_once_and_another_body_under_it_is_refused() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, ALL).await?;
    let programs = world.app.programs();
    let (wish, person) = (matter(&world, "Bir kez"), to("+905385550214"));
    let first = programs.send(program, Some(&once(program, "F-1", 1)), &wish, &person).await?;
    let again = programs.send(program, Some(&once(program, "F-1", 1)), &wish, &person).await?;
    assert_eq!((first.again, again.again, &first.answer), (false, true, &again.answer));
    let other = programs.send(program, Some(&once(program, "F-1", 2)), &wish, &person).await.unwrap_err();
    assert_eq!(other.code, "program.key_reused");
    // Another program has keys of its own.
    let neighbour = self::program(&world, ALL).await?;
    let its_own = programs.send(neighbour, Some(&once(neighbour, "F-1", 2)), &wish, &person).await?;
    assert!(!its_own.again);
    // What was refused is not remembered: it may come again when what was wrong is mended.
    let nobody = programs.send(program, Some(&once(program, "F-2", 3)), &wish, &to("12")).await.unwrap_err();
    assert_eq!(nobody.code, "phone.too_short");
    assert!(!programs.send(program, Some(&once(program, "F-2", 4)), &wish, &person).await?.again);
    world.run_until(at(0, 12, 30)).await?;
    assert_eq!(world.phone.sent().len(), 3);
    assert_eq!(world.app.people().contact_totals().await?.all, 1);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_was_answered_holds_after_a_crash_and_is_forgotten_after_a_week() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, ALL).await?;
    let (wish, person, key) = (matter(&world, "Bir kez"), to("+905385550214"), once(program, "F-1", 1));
    let first = world.app.programs().send(program, Some(&key), &wish, &person).await?.answer;
    world = world.restart().await?;
    let again = world.app.programs().send(program, Some(&key), &wish, &person).await?;
    assert!(again.again && again.answer == first);
    // A clock that leaps ahead and back makes nobody forget.
    days_pass(&world, &[40, 0]).await;
    assert!(world.app.programs().send(program, Some(&key), &wish, &person).await?.again);
    days_pass(&world, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]).await;
    assert!(!world.app.programs().send(program, Some(&key), &wish, &person).await?.again);
    Ok(())
}

/// The agenda on each of these days.
pub async fn days_pass(world: &World, days: &[i64]) {
    for day in days {
        world.clock.set(at(0, 13, 0) + day * DAY);
        while ulak_core::agenda::step(world.app.agenda()).await.unwrap().is_none() {}
    }
}

#[tokio::test]
async fn whoever_opted_out_gets_nothing_and_without_credits_nothing_is_taken_in() -> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let program = program(&world, ALL).await?;
    let programs = world.app.programs();
    let elif = world.contact("Elif", "+905385550214").await?;
    world.app.people().set_standing(elif, Standing::Black).await?;
    let refused = programs.send(program, None, &matter(&world, "Hi"), &to("+905385550214")).await.unwrap_err();
    assert_eq!(refused.code, "campaign.unwanted");
    let stranger = Matter { category: None, ..matter(&world, "Hi") };
    let refused = programs.send(program, None, &stranger, &to("+905385550215")).await.unwrap_err();
    assert_eq!(refused.code, "campaign.unwanted", "a promotion needs a consent");
    let free = world.app.credits().balance(Book::Real).await?.free;
    world.app.credits().adjust(Book::Real, -free, "empty").await?;
    let short = programs.send(program, None, &matter(&world, "Hi"), &to("+905385550216")).await.unwrap_err();
    assert_eq!((short.code.as_str(), short.params["shortage"].as_str()), ("ledger.short", "1"));
    assert_eq!(world.app.people().contact_totals().await?.all, 1, "nobody came in by what was refused");
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_can_never_be_sent_is_refused_with_its_reason() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, Rights { send: true, ..Rights::default() }).await?;
    let usual = || matter(&world, "Merhaba {{kargo}}");
    let nobody = IdGenerator::at(0);
    for (matter, code) in [
        (usual(), "campaign.test_missing"),
        (Matter { text: Some("{{".to_owned()), ..usual() }, "template.unclosed"),
        (Matter { text: None, ..usual() }, "program.no_content"),
        (Matter { priority: Some(0), ..usual() }, "program.priority"),
        (Matter { urgent: true, ..usual() }, "program.not_urgent"),
        (Matter { send_at: Some(at(500, 0, 0)), ..usual() }, "program.too_far"),
        (Matter { number: Some(nobody.next()), ..usual() }, "program.no_such_number"),
        (Matter { number: None, ..usual() }, "campaign.no_number"),
        (Matter { media: vec![nobody.next()], ..usual() }, "program.no_such_upload"),
        (Matter { text: None, template: Some(nobody.next()), ..usual() }, "template.gone"),
        (Matter { template: Some(nobody.next()), ..usual() }, "program.two_contents"),
        (Matter { country: Some("XX".to_owned()), ..usual() }, "contact.country"),
        (Matter { text: Some("a".repeat(4_097)), ..usual() }, "campaign.text_too_long"),
    ] {
        let refused = world.app.programs().send(program, None, &matter, &to("+905385550214")).await.unwrap_err();
        assert_eq!(refused.code, code);
    }
    let filled = Recipient { data: [("kargo".to_owned(), "yolda".to_owned())].into(), ..to("+905385550214") };
    world.app.programs().send(program, None, &usual(), &filled).await?;
    Ok(())
}

#[tokio::test]
async fn what_comes_along_goes_before_a_field_of_another_spelling() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, ALL).await?;
    let fields = [("Tutar".to_owned(), "900".to_owned())].into();
    let edit = ContactEdit { phone: "+905385550214".to_owned(), fields, ..ContactEdit::default() };
    world.app.people().save_contact(&edit).await?;
    let person = Recipient { data: [("tutar".to_owned(), "100".to_owned())].into(), ..to("+905385550214") };
    world.app.programs().send(program, None, &matter(&world, "{{Tutar}} TL"), &person).await?;
    world.run_until(at(0, 12, 10)).await?;
    assert_eq!(world.phone.sent()[0].text.as_deref(), Some("100 TL"));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_of_one_person_or_list_holds_nobody_else_up() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, ALL).await?;
    world.contacts(40).await?;
    let recipients =
        |from: usize| (from..from + 20).map(|number| to(&format!("+90532555{number:04}"))).collect::<Vec<_>>();
    let wish = matter(&world, "Hi {{name}}");
    let broken = world.app.programs().send_bulk(program, None, &wish, recipients(0)).await?.answer;
    let first = world.app.programs().send_bulk(program, None, &wish, recipients(0)).await?.answer;
    let second = world.app.programs().send_bulk(program, None, &wish, recipients(20)).await?.answer;
    let mut tx = world.app.db().begin().await?;
    sqlx::query("UPDATE bulk_jobs SET request = '{}' WHERE id = ?").bind(broken).execute(&mut *tx).await.unwrap();
    sqlx::query("UPDATE contacts SET fields = '[1]' WHERE phone = '+905325550007'").execute(&mut *tx).await.unwrap();
    world.app.db().commit(tx).await?;
    world.app.programs().finish_bulk().await?;
    let mut told = Vec::new();
    for id in [broken, first, second] {
        let job = world.app.programs().bulk_job(id).await?.job;
        told.push((job.accepted, job.refused, job.ended_at.is_some()));
    }
    assert_eq!(told, [(0, 20, true), (19, 1, true), (20, 0, true)]);
    let place = world.app.programs().bulk_places(first, 7, 1).await?;
    assert_eq!(place[0].code.as_deref(), Some("storage.unreadable"));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_file_is_brought_once_and_carried_by_many() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, ALL).await?;
    let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/media/sample.jpg");
    let bytes = fs::read(photo).unwrap();
    let programs = world.app.programs();
    let file = programs.upload("sample.jpg", bytes, ulak_core::media::Wish::Auto).await?;
    let refused = programs.upload("x.jpg", b"no picture".to_vec(), ulak_core::media::Wish::Auto).await;
    assert!(refused.unwrap_err().code.starts_with("media."));
    let wish = Matter { media: vec![file.id], ..matter(&world, "Gözlüğünüz") };
    // Nothing else holds it, and what nobody holds goes with every draft that does.
    let draft = world.app.campaigns().create_draft().await?;
    world.app.campaigns().delete_draft(draft.id).await?;
    for phone in ["+905385550214", "+905385550215"] {
        world.app.programs().send(program, None, &wish, &to(phone)).await?;
    }
    world.run_until(at(0, 12, 10)).await?;
    let sent: Vec<_> = world.phone.sent().into_iter().map(|sent| (sent.is_image, sent.text)).collect();
    assert_eq!(sent, vec![(true, Some("Gözlüğünüz".to_owned())); 2]);
    Ok(())
}

#[tokio::test]
async fn a_list_is_taken_in_whole_and_goes_on_after_a_crash() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, ALL).await?;
    let person = |number: usize| Recipient {
        to: format!("+90532555{number:04}"),
        name: Some(format!("Kişi {number}")),
        data: [("no".to_owned(), number.to_string())].into(),
    };
    let mut recipients: Vec<Recipient> = (0..1_200).map(person).collect();
    recipients.push(person(7));
    recipients.push(to("12"));
    let key = once(program, "list", 1);
    let wish = Matter { number: Some(world.app.practice_id()), ..matter(&world, "{{name}}: {{no}}") };
    world.app.credits().top_up(Book::Practice, 1_000, "", "").await?;
    let id = world.app.programs().send_bulk(program, Some(&key), &wish, recipients.clone()).await?.answer;
    world = world.restart().await?;
    world.app.programs().finish_bulk().await?;
    let again = world.app.programs().send_bulk(program, Some(&key), &wish, recipients).await?;
    assert!(again.again && again.answer == id);
    world.app.programs().finish_bulk().await?;
    let job = world.app.programs().bulk_job(id).await?.job;
    assert_eq!((job.recipients, job.next, job.accepted, job.refused), (1_202, 1_202, 1_200, 2));
    assert!(job.ended_at.is_some());
    let places = world.app.programs().bulk_places(id, 1_199, 10).await?;
    let codes: Vec<_> = places.iter().map(|place| (place.place, place.code.as_deref())).collect();
    assert_eq!(codes, [(1_199, None), (1_200, Some("program.twice")), (1_201, Some("phone.too_short"))]);
    assert_eq!(world.app.credits().balance(Book::Practice).await?.held, 1_200);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_list_that_the_credits_do_not_cover_ends_where_they_do() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, ALL).await?;
    world.app.credits().adjust(Book::Practice, -998, "two are left").await?;
    let recipients = (0..4).map(|number| to(&format!("+90532555{number:04}"))).collect();
    let id = world.app.programs().send_bulk(program, None, &matter(&world, "Hi"), recipients).await?.answer;
    world.app.programs().finish_bulk().await?;
    let places = world.app.programs().bulk_places(id, 0, 10).await?;
    let codes: Vec<_> = places.iter().map(|place| place.code.as_deref()).collect();
    assert_eq!(codes, [None, None, Some("ledger.short"), Some("ledger.short")]);
    Ok(())
}

#[tokio::test]
async fn a_token_is_kept_nowhere_and_lets_nobody_in_once_it_is_withdrawn() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let programs = world.app.programs();
    let wish = |name: &str, rights| TokenWish { name: name.to_owned(), rights };
    let send = Rights { send: true, ..Rights::default() };
    for (wish, code) in [
        (wish(" ", send), "program.nameless"),
        (wish("a", Rights::default()), "program.no_rights"),
        (wish(&"a".repeat(61), send), "program.long_name"),
    ] {
        assert_eq!(programs.make_token(&wish).await.err().expect("refused").code, code);
    }
    let made = programs.make_token(&wish("Web shop", send)).await?;
    let program = programs.admit(&made.secret).await?.expect("it lets in");
    assert_eq!((program.token, program.rights), (made.token.id, send));
    assert!(programs.admit(&made.secret.to_uppercase()).await?.is_none());
    let view = programs.view().await?;
    let shown = &view.tokens[0];
    assert_eq!((shown.calls, shown.used_at, shown.ending.len()), (1, Some(world.app.now()), 4));
    for entry in fs::read_dir(world.folder.path()).unwrap().map(Result::unwrap) {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        let found = bytes.windows(made.secret.len()).any(|window| window == made.secret.as_bytes());
        assert!(!found, "{:?}", entry.path());
    }
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let row: String =
        sqlx::query_scalar("SELECT hex(digest) || name || ending FROM tokens").fetch_one(&mut *reader).await.unwrap();
    assert!(!row.contains(&made.secret));
    drop(reader);
    assert!(programs.revoke_token(made.token.id).await?.tokens.is_empty());
    assert!(programs.admit(&made.secret).await?.is_none());
    assert_eq!(programs.revoke_token(made.token.id).await.unwrap_err().code, "program.token_gone");
    let nobody: TokenId = IdGenerator::at(0).next();
    assert_eq!(programs.revoke_token(nobody).await.unwrap_err().code, "program.token_gone");
    Ok(())
}

#[tokio::test]
async fn single_messages_of_programs_stand_in_one_queue() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, ALL).await?;
    let wish = matter(&world, "Hi");
    for number in 0..10 {
        world.app.programs().send(program, None, &wish, &to(&format!("+90532555{number:04}"))).await?;
    }
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let queues: i64 = sqlx::query_scalar("SELECT count(*) FROM queues").fetch_one(&mut *reader).await.unwrap();
    drop(reader);
    assert_eq!(queues, 1);
    world.run_until(at(0, 12, 0) + 30 * MINUTE).await?;
    assert_eq!(world.phone.sent().len(), 10);
    Ok(())
}

#[tokio::test]
async fn a_person_is_brought_over_what_is_known_of_them() -> Result<(), Problem> {
    use ulak_core::app::programs::ProgramContact;
    let world = World::at(at(0, 12, 0)).await?;
    let of = |fields: &[(&str, &str)], tags: &[&str], name: Option<&str>| ProgramContact {
        phone: "0538 555 02 14".to_owned(),
        country: Some("TR".to_owned()),
        name: name.map(str::to_owned),
        fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..ProgramContact::default()
    };
    let programs = world.app.programs();
    let (first, is_new) = programs.bring_contact(&of(&[("city", "İzmir")], &["web"], Some("Elif"))).await?;
    assert!(is_new && first.phone == "+905385550214");
    let (again, is_new) = programs.bring_contact(&of(&[("frame", "A-1")], &["vip"], None)).await?;
    assert!(!is_new && again.id == first.id && again.name == "Elif");
    assert_eq!((again.fields.len(), again.tags.len()), (2, 2));
    let edit = ContactEdit { id: Some(first.id), phone: first.phone, ..ContactEdit::default() };
    world.app.people().save_contact(&edit).await?;
    Ok(())
}

#[tokio::test]
async fn a_fallback_stands_in_for_what_is_not_given_and_never_for_a_name_that_nobody_knows() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let program = program(&world, ALL).await?;
    let programs = world.app.programs();
    let text = "Merhaba {{kargo|bilinmiyor}}";
    let refused = programs.send(program, None, &matter(&world, text), &to("+905385550214")).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.params["name"].as_str()), ("campaign.unknown_variable", "kargo"));
    let with =
        |phone: &str, value: &str| Recipient { data: [("Kargo".to_owned(), value.to_owned())].into(), ..to(phone) };
    programs.send(program, None, &matter(&world, text), &with("+905385550214", "")).await?;
    let refused = programs.send_bulk(program, None, &matter(&world, text), vec![to("+905385550215")]).await;
    assert_eq!(refused.unwrap_err().code, "campaign.unknown_variable");
    // One of a list may lack what others have.
    let people = vec![to("+905385550215"), with("+905385550216", "X1")];
    programs.send_bulk(program, None, &matter(&world, text), people).await?;
    Ok(())
}

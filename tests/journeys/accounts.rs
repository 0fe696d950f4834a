//! One WhatsApp account is one person, however many spellings of its phone the lists hold.

use ulak_core::app::{Direct, LookedUp, Problem};
use ulak_core::category::Category;
use ulak_core::clock::SECOND;
use ulak_core::contact::phone::Phone;
use ulak_core::contact::{Contact, ContactQuery, Standing};
use ulak_core::ids::CampaignId;
use ulak_core::inbound::store::replies::ReplyQuery;
use ulak_core::ledger::Book;
use ulak_core::outbox::state::SkipReason;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::Signal;
use ulak_core::session::messenger::Outcome;
use ulak_core::testing::numbers::{BRISK, reply};
use ulak_core::testing::{Call, World};

use crate::at;

/// WhatsApp's own phone for the account, and the other spelling.
const ACCOUNT: &str = "+551187650123";
const SPELT: &str = "+5511987650123";
/// No spelling of the other: only WhatsApp knows that they are one.
const ALIAS: &str = "+6281255501470";
const LID: &str = "100000000000123@lid";

fn found(phone: &str) -> Signal {
    found_as(phone, ACCOUNT)
}

fn found_as(phone: &str, account: &str) -> Signal {
    let account = Some(account.to_owned());
    let (phone, lid, note) = (phone.to_owned(), Some(LID.to_owned()), "yes".to_owned());
    Signal::Found { phone, account, lid, note, until: at(30, 12, 0) }
}

async fn contact(world: &World, phone: &str) -> Result<Contact, Problem> {
    let query = ContactQuery { search: phone.to_owned(), place: Place::first(1), ..ContactQuery::default() };
    Ok(world.app.people().contacts(&query).await?.rows.remove(0))
}

/// Of the contact with the other phone.
async fn standing(world: &World) -> Result<Standing, Problem> {
    Ok(contact(world, ALIAS).await?.standing)
}

/// While the numbers hear what they are told.
async fn look_up(world: &World, draft: CampaignId) -> Result<LookedUp, Problem> {
    let hearing = async {
        loop {
            world.settle().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        looked = world.app.campaigns().look_up_audience(draft, None) => looked,
        () = hearing => unreachable!("it never ends"),
    }
}

async fn skipped(world: &World, id: CampaignId) -> Result<Vec<(SkipReason, i64)>, Problem> {
    let live = world.app.campaigns().live(id).await?;
    Ok(live.skipped.iter().map(|line| (line.reason, line.people)).collect())
}

#[tokio::test]
async fn of_two_spellings_one_gets_the_message_and_the_other_costs_nothing() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Ana", SPELT).await?;
    world.contact("Ana Souza", ACCOUNT).await?;
    world.contact("Elif", "+905325550142").await?;
    let draft = world.draft("Merhaba", |_| {}).await?;
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.will_send, review.credits), (2, 2));
    assert_eq!((review.skipped[0].reason, review.skipped[0].people), (SkipReason::SamePerson, 1));
    let people = world.app.campaigns().skipped_people(draft.id, SkipReason::SamePerson, None, 10).await?;
    assert_eq!(people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["Ana Souza"]);
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    assert_eq!(world.app.credits().balance(Book::Real).await?.held, 2);
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(skipped(&world, draft.id).await?, [(SkipReason::SamePerson, 1)]);
    assert_eq!(world.counts(draft.id).await?.sent, 2);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_spelling_that_whatsapp_does_not_know_keeps_the_message_from_nobody() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let number = world.numbers[0].id;
    world.contact("Ana", SPELT).await?;
    world.contact("Ana Souza", ACCOUNT).await?;
    let (phone, note) = (SPELT.to_owned(), "no".to_owned());
    world.hear(number, &Signal::NotFound { phone, note, until: at(1, 12, 0) }).await?;
    world.numbers[0].phone.answer([Outcome::Refused(Cause::NotOnWhatsapp), Outcome::Accepted]);
    let id = world.schedule("Olá").await?;
    world.run_until(at(0, 13, 0)).await?;
    let counts = world.counts(id).await?;
    assert_eq!((counts.sent, counts.failed, counts.skipped), (1, 1, 0));
    let to: Vec<_> = world.numbers[0].phone.sent().into_iter().map(|sent| sent.to).collect();
    assert_eq!(to, [SPELT, ACCOUNT]);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn who_is_found_to_be_one_account_while_it_is_sent_gets_one_message() -> Result<(), Problem> {
    // Two lines of which each is written in two ways are one account as well.
    for (account, alias) in [(ACCOUNT, ALIAS), (SPELT, "+5511987650999"), ("+5491155550123", "+541155550999")] {
        one_message_for(account, alias).await?;
    }
    Ok(())
}

async fn one_message_for(account: &str, alias: &str) -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let number = world.numbers[0].id;
    world.contact("Budi", account).await?;
    world.contact("Budi Santoso", alias).await?;
    world.numbers[0].phone.answer([Outcome::Accepted, Outcome::Refused(Cause::OtherPhone)]);
    let id = world.schedule("Halo").await?;
    let mut now = at(0, 12, 0);
    while world.numbers[0].phone.sent().len() < 2 {
        now += SECOND;
        world.run_until(now).await?;
    }
    world.hear(number, &found_as(alias, account)).await?;
    world.run_until(at(0, 13, 0)).await?;
    let to: Vec<_> = world.numbers[0].phone.sent().into_iter().map(|sent| sent.to).collect();
    assert_eq!(to, [account, alias], "and that one was looked up and not sent");
    assert_eq!(skipped(&world, id).await?, [(SkipReason::SamePerson, 1)]);
    let balance = world.app.credits().balance(Book::Real).await?;
    assert_eq!((balance.held, balance.settled, balance.released), (0, 1, 1));
    // From the next campaign on it is known before anything is held.
    let next = world.draft("Halo lagi", |edit| edit.category = Category::Notification).await?;
    assert_eq!(world.app.campaigns().review_campaign(next.id).await?.credits, 1);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_holds_for_one_spelling_holds_for_the_other() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Ana", SPELT).await?;
    world.contact("Ana Souza", ACCOUNT).await?;
    world.schedule("Promoção").await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1);
    let next = world.draft("Outra", |_| {}).await?;
    let review = world.app.campaigns().review_campaign(next.id).await?;
    assert_eq!((review.will_send, review.skipped[0].reason, review.skipped[0].people), (0, SkipReason::Promoted, 2));
    // Put on the gray list under one spelling, the person gets promotions under neither.
    let later = world.draft("Promoção de novo", |edit| edit.due_at = Some(at(4, 12, 0))).await?;
    world.app.campaigns().schedule_campaign(later.id, false).await?;
    world.app.people().set_standing(contact(&world, ACCOUNT).await?.id, Standing::Gray).await?;
    world.run_until(at(4, 18, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1);
    assert_eq!(world.counts(later.id).await?.sent, 0);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn an_answer_that_quotes_nothing_is_that_of_the_contact_who_was_written_to() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let ana = world.contact("Ana", SPELT).await?;
    world.contact("Ana Souza", ACCOUNT).await?;
    let id = world.schedule("Oi").await?;
    world.run_until(at(0, 13, 0)).await?;
    world.hear(world.numbers[0].id, &Signal::Reply(reply("R1", ACCOUNT, "Oi!", at(0, 13, 1)))).await?;
    let query = ReplyQuery { campaign_id: Some(id), place: Place::first(9), ..ReplyQuery::default() };
    let rows = world.app.replies().list(&query).await?.rows;
    assert_eq!(rows.iter().map(|row| row.contact_id).collect::<Vec<_>>(), [Some(ana)]);
    Ok(())
}

#[tokio::test]
async fn a_message_goes_to_the_phone_that_whatsapp_has_and_its_answers_lead_back() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let number = world.numbers[0].id;
    world.contact("Budi", ALIAS).await?;
    world.numbers[0].phone.answer([Outcome::Refused(Cause::OtherPhone)]);
    let id = world.schedule("Halo").await?;
    world.step().await?;
    assert_eq!(world.numbers[0].phone.sent()[0].to, ALIAS);
    world.hear(number, &found(ALIAS)).await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.numbers[0].phone.sent();
    assert_eq!((sent.len(), sent[1].to.as_str()), (2, ACCOUNT));
    assert_eq!((&sent[0].wire_id, world.counts(id).await?.sent), (&sent[1].wire_id, 1));
    // What the account writes is the contact's, by its own phone or by its hidden identity.
    world.hear(number, &Signal::Reply(reply("R1", ACCOUNT, "Terima kasih", at(0, 13, 1)))).await?;
    let mut hidden = reply("R2", ACCOUNT, "BERHENTI", at(0, 13, 2));
    (hidden.phone, hidden.lid) = (None, Some(LID.to_owned()));
    world.hear(number, &Signal::Reply(hidden)).await?;
    assert_eq!(standing(&world).await?, Standing::Black);
    let wish = Direct { to: ALIAS.to_owned(), text: "Halo".to_owned(), over: vec![number], ..Direct::default() };
    assert!(world.app.outbox().send_direct(&wish).await.is_err());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_stop_of_the_account_holds_for_a_spelling_that_is_learned_later() -> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let number = world.numbers[0].id;
    world.contact("Budi", ALIAS).await?;
    world.hear(number, &found(ACCOUNT)).await?;
    world.hear(number, &Signal::Reply(reply("R1", ACCOUNT, "STOP", at(0, 12, 1)))).await?;
    assert_eq!(standing(&world).await?, Standing::Normal, "nobody knows whose it is");
    world.hear(number, &found(ALIAS)).await?;
    assert_eq!(standing(&world).await?, Standing::Black);
    Ok(())
}

#[tokio::test]
async fn an_audience_is_looked_up_before_its_campaign_and_nobody_twice() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let number = world.link("+905550001122").await?;
    let client = world.network.client().expect("a client was asked for");
    for (name, phone) in [("Elif", "+905325550142"), ("Budi", ALIAS), ("Emre", "+905325550143")] {
        world.contact(name, phone).await?;
    }
    client.phone().set_absent("+905325550143");
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![number]).await?;
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.unknown, review.absent, review.can_look_up), (3, 0, true));
    let looked = look_up(&world, draft.id).await?;
    assert_eq!((looked.looked, looked.next), (3, None));
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.unknown, review.absent), (0, 1));
    assert_eq!(look_up(&world, draft.id).await?.looked, 0, "it is remembered");
    let asked = client.calls().into_iter().filter(|call| matches!(call, Call::LookUp(_))).count();
    assert_eq!(asked, 1);
    Ok(())
}

#[tokio::test]
async fn who_was_looked_up_long_ago_is_looked_up_again() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let number = world.link("+905550001122").await?;
    let client = world.network.client().expect("a client was asked for");
    for (name, phone) in [("Elif", "+905325550142"), ("Budi", ALIAS), ("Emre", "+905325550143")] {
        world.contact(name, phone).await?;
    }
    for (phone, until) in [("+905325550142", at(30, 12, 0)), (ALIAS, at(0, 12, 0))] {
        let (phone, note) = (phone.to_owned(), "yes".to_owned());
        client.hear(Signal::Found { phone, account: None, lid: None, note, until });
    }
    let (phone, note) = ("+905325550143".to_owned(), "no".to_owned());
    client.hear(Signal::NotFound { phone, note, until: at(0, 12, 0) });
    world.settle().await;
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![number]).await?;
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.unknown, review.absent), (2, 1), "a yes and a no that are no longer believed");
    assert_eq!(look_up(&world, draft.id).await?.looked, 2);
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.unknown, review.absent), (0, 0), "who was not there has come");
    Ok(())
}

#[tokio::test]
async fn what_both_spellings_have_in_common_is_in_the_tables_what_the_rule_says() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let id = world.contact("Ana", ALIAS).await?;
    let spellings = "+5511987650123 +551187650123 +551134560123 +5511934560123 +5511887650123 +5215512340123 +525512340123 \
                     +5225512340123 +5491123450123 +541123450123 +5481123450123 +905325550142 +12025550142";
    for phone in spellings.split(' ') {
        let mut tx = world.app.db().begin().await.unwrap();
        let kept: String = sqlx::query_scalar("UPDATE contacts SET phone = ? WHERE id = ? RETURNING subscriber")
            .bind(phone)
            .bind(id)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(kept, format!("+{}", Phone::from_e164(phone).unwrap().subscriber()), "{phone}");
    }
    Ok(())
}

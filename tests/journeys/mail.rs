//! E-mail where a message cannot arrive: which messages go by mail, and never both.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::sync::watch;
use ulak_core::app::person::{Happening, TimelineKind, TimelineQuery};
use ulak_core::app::{MailAccountEdit, MailFor, Problem};
use ulak_core::clock::{Clock, DAY, MINUTE, Millis};
use ulak_core::contact::{Consent, ContactEdit, Standing};
use ulak_core::ids::{CampaignId, ContactId};
use ulak_core::ledger::Book;
use ulak_core::mail::{Account, Mail, Mailer, Mailing, Outcome, Reaching, Security, State, Trouble, Why};
use ulak_core::outbox::store::queue::Retryable;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::Signal;
use ulak_core::session::messenger::Outcome as Sent;
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;
use ulak_core::trigger::Binding;

use crate::at;
use crate::programs::days_pass;
use crate::triggers::invoice;

/// A server that answers as it is told, and with yes behind that.
#[derive(Default)]
struct Server {
    answers: Mutex<VecDeque<Outcome>>,
    got: Mutex<Vec<Mail>>,
    /// Nothing reaches it.
    down: Mutex<bool>,
}

impl Server {
    fn answers(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.answers.lock().unwrap().extend(outcomes);
    }

    fn to(&self) -> Vec<String> {
        self.got.lock().unwrap().iter().map(|mail| mail.to_address.clone()).collect()
    }

    fn last(&self) -> Mail {
        self.got.lock().unwrap().last().unwrap().clone()
    }
}

impl Mailer for Server {
    fn reach(&self, _: Account) -> Reaching<'_> {
        let down = *self.down.lock().unwrap();
        Box::pin(async move { if down { Err(Outcome::Later(Trouble::Unreachable, None)) } else { Ok(()) } })
    }

    fn send(&self, _: Account, mail: Mail) -> Mailing<'_> {
        self.got.lock().unwrap().push(mail);
        let outcome = self.answers.lock().unwrap().pop_front().unwrap_or(Outcome::Sent);
        Box::pin(async move { outcome })
    }
}

fn account(wait_minutes: u32) -> MailAccountEdit {
    MailAccountEdit {
        active: true,
        host: "mail.shop.example".to_owned(),
        port: 465,
        security: Security::Tls,
        user: "shop".to_owned(),
        password: Some("secret word".to_owned()),
        from_address: "shop@shop.example".to_owned(),
        from_name: "Lale Optik".to_owned(),
        wait_minutes,
        per_hour: 100,
    }
}

async fn person(world: &World, name: &str, phone: &str, email: &str) -> Result<ContactId, Problem> {
    let consent = Consent { source: "shop".to_owned(), at: 0, note: String::new() };
    let edit = ContactEdit {
        name: name.to_owned(),
        phone: phone.to_owned(),
        email: email.to_owned(),
        consent: Some(consent),
        ..ContactEdit::default()
    };
    let id = world.app.people().save_contact(&edit).await?.id;
    world.clock.set(world.clock.now() + 1);
    Ok(id)
}

/// A shop with one number and an account, and a campaign for everybody that sends mails.
async fn shop(wait_minutes: u32) -> Result<(World, Arc<Server>), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.app.mails().save_account(&account(wait_minutes)).await?;
    Ok((world, Arc::default()))
}

async fn schedule(world: &World, text: &str) -> Result<CampaignId, Problem> {
    let id = world.schedule(text).await?;
    world.app.mails().want(MailFor::Campaign(id), true).await?;
    Ok(id)
}

/// Lets e-mail do what is due until `until`, moving the clock to each moment that it waits for.
async fn mail_until(world: &World, server: &Server, until: Millis) {
    let (_ends, stop) = watch::channel(false);
    loop {
        match world.app.mails().step(server, &stop).await.unwrap() {
            Some(next) if next <= world.clock.now() => {}
            Some(next) if next < until => world.clock.set(next),
            _ => break,
        }
    }
    world.clock.set(until.max(world.clock.now()));
}

async fn mail(world: &World, server: &Server) {
    mail_until(world, server, world.clock.now()).await;
}

async fn states(world: &World) -> Vec<(State, Option<String>)> {
    let mut mails = world.app.mails().mails().await.unwrap();
    mails.sort_by_key(|mail| mail.state.as_str());
    mails.into_iter().map(|mail| (mail.state, mail.reason)).collect()
}

fn absent() -> Sent {
    Sent::Refused(Cause::NotOnWhatsapp)
}

/// What stands of e-mail beside the newest message of a person: in their timeline, and on the message's own page.
async fn beside(world: &World, contact_id: ContactId) -> Result<Option<State>, Problem> {
    let query = TimelineQuery { contact_id, only: Some(TimelineKind::Messages), place: Place::first(1) };
    let rows = world.app.people().timeline(&query).await?.rows;
    let Happening::Message(message) = &rows[0].what else { panic!("{rows:?}") };
    let page = world.app.outbox().recipient(message.id).await?;
    assert_eq!(page.mail.as_ref().map(|mail| mail.state), message.mail.as_ref().map(|mail| mail.state));
    Ok(page.mail.map(|mail| mail.state))
}

#[tokio::test]
async fn who_is_not_on_whatsapp_gets_a_mail_once_and_nobody_else_does() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    let elif = person(&world, "Elif Çağ", "+905325550142", "elif@shop.example").await?;
    let okan = person(&world, "Okan", "+905325550143", "").await?;
    person(&world, "Derya", "+905325550144", "derya@shop.example").await?;
    let deniz = person(&world, "Deniz", "+905325550145", "deniz@shop.example").await?;
    world.numbers[0].phone.answer([absent(), absent(), Sent::Unknown(Cause::NoAck), Sent::Accepted]);
    let id = schedule(&world, "*Merhaba* {{name}}").await?;
    world.run_until(at(0, 12, 1)).await?;
    mail(&world, &server).await;
    mail(&world, &server).await;
    // Elif has the mail, Okan has no address, Derya's outcome is being found out, Deniz has it over WhatsApp.
    assert_eq!(server.to(), ["elif@shop.example"]);
    let got = server.last();
    assert!(got.html.contains("<b>Merhaba</b> Elif Çağ") && got.text.contains("Merhaba Elif Çağ"), "{}", got.text);
    assert!(got.promotion && got.text.contains("Sayın Elif Çağ,"), "a Turkish phone reads Turkish: {}", got.text);
    let states = states(&world).await;
    assert_eq!(states, [(State::LeftOut, Some("no_address".to_owned())), (State::Sent, None)]);
    let beside = [beside(&world, elif).await?, beside(&world, okan).await?, beside(&world, deniz).await?];
    assert_eq!(beside, [Some(State::Sent), Some(State::LeftOut), None]);
    let again = world.app.campaigns().retryable(id).await?;
    assert_eq!(again, Retryable { certain: 1, doubtful: 0 }, "only who got no mail");
    let world = world.restart().await?;
    mail(&world, &server).await;
    assert_eq!(server.to().len(), 1);
    assert!(world.miscounted().await?.is_empty());
    Ok(())
}

/// A reminder that a program told a week ahead: that its mail is wanted is known until it is decided about it.
#[tokio::test]
async fn what_waits_for_a_week_and_fails_then_goes_by_mail_all_the_same() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    person(&world, "Elif", "+905325550142", "elif@shop.example").await?;
    let number = world.numbers[0].id;
    let week = |binding: &mut Binding| (binding.delay_minutes, binding.number) = (7 * 24 * 60, Some(number));
    let trigger = invoice(&world, week).await?;
    world.app.mails().want(MailFor::Template(trigger.binding.template.unwrap()), true).await?;
    let event = json!({ "no": "F-1", "total": 1850, "customer": { "name": "Elif", "phone": "+905325550142" } });
    assert_eq!(world.app.programs().fire(None, "invoice.created", event).await?.answer.accepted, 1);
    days_pass(&world, &[1, 2, 3, 4, 5, 6]).await;
    world.numbers[0].phone.answer([absent()]);
    world.run_until(at(7, 13, 0)).await?;
    mail(&world, &server).await;
    assert_eq!(server.to(), ["elif@shop.example"]);
    // Nothing more is decided about it then.
    let wishes = async || {
        ulak_core::mail::store::wanted(&mut world.app.db().read().acquire().await.unwrap()).await.unwrap().len()
    };
    assert_eq!(wishes().await, 1);
    days_pass(&world, &[8, 9, 10]).await;
    assert_eq!(wishes().await, 0);
    Ok(())
}

#[tokio::test]
async fn without_the_owners_word_nothing_goes_by_mail() -> Result<(), Problem> {
    let (mut world, server) = shop(5).await?;
    person(&world, "Elif", "+905325550142", "elif@shop.example").await?;
    world.numbers[0].phone.answer([absent()]);
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 12, 1)).await?;
    mail(&world, &server).await;
    assert_eq!(server.to().len(), 0);
    // It is for what fails from then on.
    world.app.mails().want(MailFor::Campaign(id), true).await?;
    world.clock.set(world.clock.now() + MINUTE);
    mail(&world, &server).await;
    assert_eq!(server.to().len(), 0);
    // Nor while it is switched off.
    world.app.mails().save_account(&MailAccountEdit { active: false, password: None, ..account(5) }).await?;
    schedule(&world, "Yine").await?;
    world.numbers[0].phone.answer([absent()]);
    world.run_until(at(0, 12, 10)).await?;
    mail(&world, &server).await;
    assert_eq!(server.to().len(), 0);
    Ok(())
}

#[tokio::test]
async fn when_no_number_can_send_for_the_owners_minutes_the_mail_goes_and_whatsapp_does_not() -> Result<(), Problem> {
    let (world, server) = shop(10).await?;
    person(&world, "Elif", "+905325550142", "elif@shop.example").await?;
    person(&world, "Okan", "+905325550143", "").await?;
    let mut world = world.connect(0, false).await?;
    let id = schedule(&world, "Merhaba").await?;
    world.run_until(at(0, 12, 1)).await?;
    mail_until(&world, &server, at(0, 12, 10)).await;
    assert_eq!(server.to().len(), 0, "not yet");
    // Nobody has watched while the lid was closed.
    world.clock.set(at(0, 12, 40));
    mail_until(&world, &server, at(0, 12, 45)).await;
    assert_eq!(server.to().len(), 0, "the number may come back at once");
    // Without the mail server the message stays with WhatsApp.
    *server.down.lock().unwrap() = true;
    mail_until(&world, &server, at(0, 12, 55)).await;
    assert_eq!(states(&world).await, []);
    *server.down.lock().unwrap() = false;
    mail_until(&world, &server, at(0, 13, 0)).await;
    assert_eq!(server.to(), ["elif@shop.example"]);
    assert_eq!(world.app.mails().mails().await?[0].why, Why::NoNumber);
    // The number is back: who has no address gets the message there, and Elif gets nothing more.
    let mut world = world.connect(0, true).await?;
    world.run_until(at(0, 14, 0)).await?;
    let sent: Vec<String> = world.numbers[0].phone.sent().into_iter().map(|sent| sent.to).collect();
    assert_eq!(sent, ["+905325550143"]);
    assert_eq!(world.app.campaigns().retryable(id).await?, Retryable::default());
    let credits = world.app.credits().view(Book::Real).await?;
    assert_eq!((credits.balance.balance, credits.balance.held), (999, 0), "a mail costs no credit");
    assert!(world.miscounted().await?.is_empty());
    Ok(())
}

/// The race of the two: whoever is first in the one transaction has the message.
#[tokio::test]
async fn an_ack_that_comes_while_the_mail_is_due_keeps_the_mail_from_going() -> Result<(), Problem> {
    let (world, server) = shop(10).await?;
    person(&world, "Elif", "+905325550142", "elif@shop.example").await?;
    let world = world.connect(0, false).await?;
    schedule(&world, "Merhaba").await?;
    mail_until(&world, &server, at(0, 12, 9)).await;
    // The number comes back a moment before the look: the part is claimed, and its ack is on the way.
    let mut world = world.connect(0, true).await?;
    world.numbers[0].phone.swallow_next_answer();
    world.decide().await?;
    mail(&world, &server).await;
    world.clock.set(at(0, 12, 40));
    mail(&world, &server).await;
    assert_eq!(server.to().len(), 0, "it is on its way over WhatsApp");
    // Ulak ends before the answer: the outcome is in doubt, and doubt is no failure either.
    let world = world.restart().await?;
    world.clock.set(at(0, 13, 40));
    mail(&world, &server).await;
    assert_eq!((server.to().len(), states(&world).await.len()), (0, 0));
    Ok(())
}

#[tokio::test]
async fn what_failed_in_doubt_is_not_mailed() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    person(&world, "Elif", "+905325550142", "elif@shop.example").await?;
    world.numbers[0].phone.answer(std::iter::repeat_n(Sent::Unknown(Cause::NoAck), 20));
    schedule(&world, "Merhaba").await?;
    world.run_until(at(2, 12, 0)).await?;
    mail(&world, &server).await;
    assert_eq!(server.to().len(), 0);
    assert_eq!(states(&world).await, [(State::LeftOut, Some("may_have_arrived".to_owned()))]);
    Ok(())
}

#[tokio::test]
async fn who_opts_out_before_the_mail_goes_gets_none() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    let elif = person(&world, "Elif", "+905325550142", "elif@shop.example").await?;
    world.numbers[0].phone.answer([absent()]);
    server.answers([Outcome::Later(Trouble::Busy, Some(451))]);
    schedule(&world, "Merhaba").await?;
    world.run_until(at(0, 12, 1)).await?;
    mail(&world, &server).await;
    assert_eq!(states(&world).await, [(State::Waiting, Some("busy".to_owned()))]);
    world.app.people().set_standing(elif, Standing::Black).await?;
    mail_until(&world, &server, at(0, 13, 0)).await;
    assert_eq!(server.to().len(), 1, "the try before the opt-out");
    assert_eq!(states(&world).await, [(State::LeftOut, Some("unwanted".to_owned()))]);
    Ok(())
}

/// Of two contacts that WhatsApp has for one account, found out since the scheduling, one mail goes, or one message.
#[tokio::test]
async fn one_account_under_two_spellings_gets_one_mail_and_no_message_beside_it() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    person(&world, "Ana", "+905325550142", "ana@shop.example").await?;
    person(&world, "Ana Souza", "+6281255501470", "souza@shop.example").await?;
    world.numbers[0].phone.answer([absent()]);
    let id = schedule(&world, "Merhaba").await?;
    while world.counts(id).await?.failed == 0 {
        world.step().await?;
    }
    let found = Signal::Found {
        phone: "+6281255501470".to_owned(),
        account: Some("+905325550142".to_owned()),
        lid: None,
        note: "yes".to_owned(),
        until: at(30, 12, 0),
    };
    world.hear(world.numbers[0].id, &found).await?;
    mail(&world, &server).await;
    world.run_until(at(0, 13, 0)).await?;
    mail_until(&world, &server, at(0, 14, 0)).await;
    let sent = world.numbers[0].phone.sent().into_iter().filter(|sent| sent.outcome == Sent::Accepted).count();
    assert_eq!(server.to().len() + sent, 1, "{:?} {:?}", server.to(), world.counts(id).await?);
    Ok(())
}

/// A photo was sent and its text waits when the number goes: that is no mail, and holds up nobody else's.
#[tokio::test]
async fn half_a_message_stays_with_its_number_and_others_go_by_mail() -> Result<(), Problem> {
    let (mut world, server) = shop(10).await?;
    person(&world, "Elif", "+905325550142", "elif@shop.example").await?;
    person(&world, "Okan", "+905325550143", "okan@shop.example").await?;
    let draft = world.draft(&"uzun ".repeat(300), |edit| edit.split_long_caption = true).await?;
    let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/media/sample.jpg");
    world.app.campaigns().add_media(draft.id, std::path::Path::new(photo)).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.app.mails().want(MailFor::Campaign(id), true).await?;
    while world.numbers[0].phone.sent().is_empty() {
        world.step().await?;
    }
    // What became of the photo would be written down with the next decision: the number goes before that.
    let mut world = world.connect(0, false).await?;
    world.run_until(at(0, 12, 5)).await?;
    mail_until(&world, &server, at(0, 12, 40)).await;
    assert_eq!(server.to(), ["okan@shop.example"]);
    Ok(())
}

/// What has been taken waits behind a server that is busy: the owner's word counts until it goes.
#[tokio::test]
async fn a_cancel_a_pause_and_a_switch_take_effect_before_the_next_mail() -> Result<(), Problem> {
    for (act, left) in
        [("cancel", Some("cancelled")), ("unwant", Some("switched_off")), ("pause", None), ("pause all", None)]
    {
        let (mut world, server) = shop(0).await?;
        person(&world, "Elif", "+905325550142", "elif@shop.example").await?;
        person(&world, "Okan", "+905325550143", "okan@shop.example").await?;
        world.numbers[0].phone.answer([absent()]);
        server.answers([Outcome::Later(Trouble::Busy, Some(451))]);
        let id = schedule(&world, "Merhaba").await?;
        world.step().await?;
        while world.numbers[0].phone.sent().is_empty() || world.counts(id).await?.failed == 0 {
            world.step().await?;
        }
        mail(&world, &server).await;
        match act {
            "cancel" => world.app.campaigns().cancel_campaign(id).await?,
            "unwant" => world.app.mails().want(MailFor::Campaign(id), false).await?,
            "pause" => world.app.campaigns().pause_campaign(id).await?,
            _ => world.app.outbox().pause_everything().await?,
        }
        mail_until(&world, &server, at(0, 14, 0)).await;
        assert_eq!(server.to().len(), 1, "{act}: the try before it");
        let state = states(&world).await.remove(0);
        match left {
            Some(reason) => assert_eq!(state, (State::LeftOut, Some(reason.to_owned())), "{act}"),
            None => assert_eq!(state.0, State::Waiting, "{act}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_says_later_is_asked_again_and_one_that_says_no_or_nothing_is_not() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    for (name, place) in [("Elif", 2), ("Okan", 3), ("Derya", 4)] {
        person(&world, name, &format!("+90532555014{place}"), &format!("{name}@shop.example")).await?;
    }
    world.numbers[0].phone.answer([absent(), absent(), absent()]);
    server.answers([
        Outcome::Later(Trouble::Busy, Some(450)),
        Outcome::Refused(Trouble::Recipient, Some(550)),
        Outcome::Unknown,
        Outcome::Sent,
    ]);
    let id = schedule(&world, "Merhaba").await?;
    world.run_until(at(0, 12, 1)).await?;
    mail_until(&world, &server, at(0, 20, 0)).await;
    let mut all: Vec<State> = states(&world).await.into_iter().map(|(state, _)| state).collect();
    all.sort_by_key(|state| state.as_str());
    assert_eq!(all, [State::Failed, State::Sent, State::Unknown]);
    assert_eq!(server.to().len(), 4);
    let first = server.got.lock().unwrap()[0].id.clone();
    assert_eq!(first, server.last().id, "the same mail, under the same id");
    assert_eq!(world.app.campaigns().retryable(id).await?.certain, 1, "whose mail failed can be tried over WhatsApp");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_the_account_holds_all_mails_up_and_is_told() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    for (name, place) in [("Elif", 2), ("Okan", 3)] {
        person(&world, name, &format!("+90532555014{place}"), &format!("{name}@shop.example")).await?;
    }
    world.numbers[0].phone.answer([absent(), absent()]);
    server.answers(std::iter::repeat_n(Outcome::Account(Trouble::Login, Some(535)), 200));
    schedule(&world, "Merhaba").await?;
    world.run_until(at(0, 12, 1)).await?;
    mail_until(&world, &server, at(0, 13, 0)).await;
    assert!(server.to().len() <= 8, "every ten minutes: {}", server.to().len());
    assert!(world.app.notices().iter().any(|notice| notice.problem.code == "mail.account"));
    assert_eq!(world.app.mails().account().await?.unwrap().trouble, Some(Trouble::Login));
    server.answers.lock().unwrap().clear();
    world.app.mails().save_account(&MailAccountEdit { password: None, ..account(0) }).await?;
    mail_until(&world, &server, at(0, 14, 0)).await;
    assert_eq!(states(&world).await.iter().filter(|(state, _)| *state == State::Sent).count(), 2);
    assert_eq!(world.app.mails().account().await?.unwrap().trouble, None);
    Ok(())
}

#[tokio::test]
async fn no_more_mails_leave_in_an_hour_than_the_owner_set_and_none_at_night() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    world.app.mails().save_account(&MailAccountEdit { per_hour: 2, password: None, ..account(0) }).await?;
    for place in 0..5 {
        person(&world, "K", &format!("+90532555014{place}"), &format!("k{place}@shop.example")).await?;
    }
    world.numbers[0].phone.answer(std::iter::repeat_n(absent(), 5));
    schedule(&world, "Merhaba").await?;
    world.run_until(at(0, 12, 1)).await?;
    mail(&world, &server).await;
    assert_eq!(server.to().len(), 2);
    mail_until(&world, &server, at(0, 13, 30)).await;
    assert_eq!(server.to().len(), 4);
    world.clock.set(at(0, 22, 30));
    mail(&world, &server).await;
    assert_eq!(server.to().len(), 4, "outside the sending hours");
    world.clock.set(at(1, 9, 30));
    mail(&world, &server).await;
    assert_eq!(server.to().len(), 5);
    Ok(())
}

#[tokio::test]
async fn a_mail_that_was_being_handed_over_when_ulak_ended_is_not_sent_again() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    person(&world, "Elif", "+905325550142", "elif@shop.example").await?;
    world.numbers[0].phone.answer([absent()]);
    let id = schedule(&world, "Merhaba").await?;
    world.run_until(at(0, 12, 1)).await?;
    server.answers([Outcome::Later(Trouble::Busy, None)]);
    mail(&world, &server).await;
    let mut tx = world.app.db().begin().await?;
    sqlx::query("UPDATE mails SET state = 'sending'").execute(&mut *tx).await.unwrap();
    world.app.db().commit(tx).await?;
    let world = world.restart().await?;
    mail_until(&world, &server, at(0, 12, 1) + DAY).await;
    assert_eq!(server.to().len(), 1);
    assert_eq!(states(&world).await[0].0, State::Unknown);
    assert_eq!(world.app.campaigns().retryable(id).await?, Retryable::default());
    Ok(())
}

#[tokio::test]
async fn a_password_goes_to_no_other_server_than_the_one_it_was_typed_for_and_is_shown_nowhere() -> Result<(), Problem>
{
    let (world, _) = shop(0).await?;
    let other = MailAccountEdit { host: "mail.elsewhere.example".to_owned(), password: None, ..account(0) };
    assert!(!world.app.mails().save_account(&other).await?.has_password);
    let refused =
        async |edit: MailAccountEdit| world.app.mails().save_account(&edit).await.err().map(|problem| problem.code);
    let code = |code: &str| Some(code.to_owned());
    assert_eq!(refused(MailAccountEdit { host: " ".to_owned(), ..account(0) }).await, code("mail.no_host"));
    assert_eq!(refused(MailAccountEdit { security: Security::None, ..account(0) }).await, code("mail.not_secret"));
    assert_eq!(
        refused(MailAccountEdit { from_address: "shop".to_owned(), ..account(0) }).await,
        code("mail.not_an_address")
    );
    Ok(())
}

/// What a webhook or a mail server is trusted with is in no file of the data folder in the clear.
#[tokio::test]
async fn secrets_lie_in_no_file_in_the_clear() -> Result<(), Problem> {
    let (mut world, server) = shop(0).await?;
    let edit = ulak_core::app::WebhookEdit {
        id: None,
        name: "Marker name".to_owned(),
        url: "https://shop.example/marker-in-the-address".to_owned(),
        near: false,
        topics: vec![ulak_core::webhook::Topic::Messages],
    };
    let secret = world.app.webhooks().save(&edit).await?.secret.unwrap();
    person(&world, "Elif", "+905325550142", "marker-person@shop.example").await?;
    world.numbers[0].phone.answer([absent()]);
    schedule(&world, "marker-in-the-text").await?;
    world.run_until(at(0, 12, 1)).await?;
    mail(&world, &server).await;
    let bytes = data_encoding::BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    let markers: [&[u8]; 6] =
        [b"secret word", b"marker-in-the-address", b"marker-person", b"marker-in-the-text", secret.as_bytes(), &bytes];
    let mut files = 0;
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files += 1;
            let content = std::fs::read(&path).unwrap();
            for marker in markers {
                assert!(!content.windows(marker.len()).any(|window| window == marker), "{}", path.display());
            }
        }
    }
    assert!(files > 1);
    Ok(())
}

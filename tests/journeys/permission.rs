//! Who may be written to: by category, by phone, and until somebody says otherwise.

use ulak_core::app::{Direct, Problem};
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::category::Category;
use ulak_core::contact::import::ImportOptions;
use ulak_core::contact::{Consent, Contact, ContactEdit, Return, Standing};
use ulak_core::ids::{CampaignId, ContactId};
use ulak_core::ledger::Book;
use ulak_core::outbox::state::SkipReason;
use ulak_core::page::Place;
use ulak_core::session::client::{Reply, Signal};
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;
use crate::imports::brought;

const ELIF: &str = "+905325550142";
const OTHER: &str = "+905325550163";
const LID: &str = "100000012345678";

async fn world() -> Result<World, Problem> {
    World::with_numbers(at(0, 12, 0), &[BRISK]).await
}

async fn hear(world: &World, reply: Reply) -> Result<(), Problem> {
    world.hear(world.numbers[0].id, &Signal::Reply(reply)).await.map(drop)
}

fn stop(phone: &str) -> Reply {
    reply("R1", phone, "STOP", at(0, 12, 1))
}

fn edit_of(contact: &Contact) -> ContactEdit {
    ContactEdit {
        id: Some(contact.id),
        phone: contact.phone.clone(),
        name: contact.name.clone(),
        consent: contact.consent.clone(),
        ..ContactEdit::default()
    }
}

async fn reminder(world: &World) -> Result<CampaignId, Problem> {
    let draft = world.draft("Yarın randevunuz var", |edit| edit.category = Category::Reminder).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await
}

fn sent_to(world: &World) -> Vec<String> {
    world.numbers[0].phone.sent().into_iter().map(|sent| sent.to).collect()
}

async fn came_back(world: &World, id: ContactId, consent: bool) -> Result<Contact, Problem> {
    let consent = consent.then(|| Consent { source: "said so in the shop".to_owned(), at: 5, note: String::new() });
    world.app.people().take_contact_back(id, &Return { reason: "asked for it on the phone".to_owned(), consent }).await
}

#[tokio::test]
async fn the_gray_list_gets_reminders_and_no_promotion() -> Result<(), Problem> {
    let mut world = world().await?;
    let elif = world.contact("Elif", ELIF).await?;
    world.contact("Emre", OTHER).await?;
    let promotion = world.schedule("İndirim").await?;
    let reminder = reminder(&world).await?;
    // Listed after both were scheduled: the claim looks again.
    world.app.people().set_standing(elif, Standing::Gray).await?;
    world.run_until(at(0, 14, 0)).await?;
    let counts = (world.counts(promotion).await?, world.counts(reminder).await?);
    assert_eq!((counts.0.sent, counts.0.skipped, counts.1.sent, counts.1.skipped), (1, 1, 2, 0));
    world.app.people().set_standing(elif, Standing::Black).await?;
    assert_eq!(
        world.app.campaigns().live(self::reminder(&world).await?).await?.counts.skipped,
        1,
        "the black list gets nothing"
    );
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_single_message_goes_by_the_same_rule() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let elif = world.contact("Elif", ELIF).await?;
    world.app.people().set_standing(elif, Standing::Gray).await?;
    let wish = |category| Direct {
        to: ELIF.to_owned(),
        text: "Siparişiniz hazır".to_owned(),
        over: vec![world.app.practice_id()],
        category,
        ..Direct::default()
    };
    let refused = world.app.outbox().send_direct(&wish(Category::Promotion)).await.unwrap_err();
    assert_eq!(refused.code, "campaign.unwanted");
    world.app.outbox().send_direct(&wish(Category::Notification)).await?;
    Ok(())
}

#[tokio::test]
async fn a_stop_holds_for_the_phone_of_a_contact_that_has_another_one_by_then() -> Result<(), Problem> {
    let mut world = world().await?;
    let elif = world.contact("Elif", ELIF).await?;
    let id = world.schedule("Merhaba").await?;
    let moved = ContactEdit { phone: OTHER.to_owned(), ..edit_of(&world.app.people().contact(elif).await?) };
    world.app.people().save_contact(&moved).await?;
    hear(&world, stop(ELIF)).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(sent_to(&world), Vec::<String>::new(), "the message was for the phone that said stop");
    assert_eq!(world.counts(id).await?.skipped, 1);
    assert_eq!(world.app.people().contact(elif).await?.standing, Standing::Normal, "whose phone it is no longer");
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_contact_that_comes_to_a_phone_that_said_stop_gets_nothing() -> Result<(), Problem> {
    let mut world = world().await?;
    let elif = world.contact("Elif", ELIF).await?;
    hear(&world, stop(ELIF)).await?;
    let moved = ContactEdit { phone: OTHER.to_owned(), ..edit_of(&world.app.people().contact(elif).await?) };
    world.app.people().save_contact(&moved).await?;
    let new = world.contact("Ayşe", ELIF).await?;
    assert_eq!(world.app.people().contact(new).await?.standing, Standing::Black);
    let draft = world.draft("Merhaba", |edit| edit.category = Category::Notification).await?;
    assert_eq!(world.app.campaigns().schedule_campaign(draft.id, false).await.unwrap_err().code, "campaign.nobody");
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(sent_to(&world), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_stop_counts_for_every_spelling_of_its_number() -> Result<(), Problem> {
    for (stopped, written) in [
        ("+551187650123", "+5511987650123"),
        ("+5511987650123", "+551187650123"),
        ("+5215512340123", "+525512340123"),
        ("+5491123450123", "+541123450123"),
    ] {
        let mut world = world().await?;
        let id = world.contact("Ana", written).await?;
        let campaign = world.schedule("Olá").await?;
        hear(&world, stop(stopped)).await?;
        world.run_until(at(0, 14, 0)).await?;
        assert_eq!(sent_to(&world), Vec::<String>::new(), "{stopped} is {written}");
        assert_eq!(world.counts(campaign).await?.skipped, 1);
        assert_eq!(world.app.people().contact(id).await?.standing, Standing::Black);
        assert_eq!(world.app.people().contact_totals().await?.all, 1, "the same person");
    }
    Ok(())
}

#[tokio::test]
async fn a_stop_that_quotes_a_part_counts_for_whom_it_was_written_to() -> Result<(), Problem> {
    let mut world = world().await?;
    let elif = world.contact("Elif", ELIF).await?;
    world.schedule("Merhaba").await?;
    world.run_until(at(0, 12, 30)).await?;
    let next = reminder(&world).await?;
    let quotes = Some(world.numbers[0].phone.sent()[0].wire_id.clone());
    hear(&world, Reply { quotes, ..stop(OTHER) }).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(sent_to(&world), [ELIF]);
    assert_eq!(world.counts(next).await?.skipped, 1);
    assert_eq!(world.app.people().contact(elif).await?.standing, Standing::Black);
    Ok(())
}

#[tokio::test]
async fn a_stop_holds_for_a_hidden_identity_that_comes_to_another_phone() -> Result<(), Problem> {
    let world = world().await?;
    let other = world.contact("Elif", OTHER).await?;
    let number = world.numbers[0].id;
    world.hear(number, &Signal::Lid { phone: ELIF.to_owned(), lid: LID.to_owned() }).await?;
    hear(&world, stop(ELIF)).await?;
    assert_eq!(world.app.people().contact(other).await?.standing, Standing::Normal);
    world.hear(number, &Signal::Lid { phone: OTHER.to_owned(), lid: LID.to_owned() }).await?;
    assert_eq!(world.app.people().contact(other).await?.standing, Standing::Black);
    Ok(())
}

#[tokio::test]
async fn neither_an_edit_nor_a_form_opened_before_takes_a_withdrawal_back() -> Result<(), Problem> {
    for consented in [true, false] {
        let world = world().await?;
        let elif = world.contact("Elif", ELIF).await?;
        let before = world.app.people().contact(elif).await?;
        if !consented {
            world.app.people().save_contact(&ContactEdit { consent: None, ..edit_of(&before) }).await?;
        }
        let opened = edit_of(&world.app.people().contact(elif).await?);
        hear(&world, stop(ELIF)).await?;
        let withdrawn = world.app.people().contact(elif).await?;
        assert_eq!(withdrawn.withdrawn_at, Some(at(0, 12, 1)));
        let renamed =
            world.app.people().save_contact(&ContactEdit { name: "Elif Kaya".to_owned(), ..opened.clone() }).await?;
        assert_eq!((renamed.withdrawn_at, renamed.standing), (withdrawn.withdrawn_at, Standing::Black));
        let emptied = world.app.people().save_contact(&ContactEdit { consent: None, ..opened.clone() }).await?;
        assert_eq!((emptied.withdrawn_at, emptied.consent), (withdrawn.withdrawn_at, withdrawn.consent.clone()));
        let fresh = Some(Consent { source: "another form".to_owned(), at: 9, note: String::new() });
        let refused = world.app.people().save_contact(&ContactEdit { consent: fresh, ..opened }).await.unwrap_err();
        assert_eq!(refused.code, "contact.withdrawn");
        assert_eq!(world.app.people().contact(elif).await?.consent, withdrawn.consent);
    }
    Ok(())
}

#[tokio::test]
async fn an_import_neither_softens_nor_gives_fresh_consent() -> Result<(), Problem> {
    let world = world().await?;
    hear(&world, stop(ELIF)).await?;
    let consent = Some(Consent { source: "shop form".to_owned(), at: 9, note: String::new() });
    let options = ImportOptions { consent, ..ImportOptions::default() };
    brought(&world, &format!("phone,name\n{ELIF},Elif\n{OTHER},Emre\n"), options).await?;
    let page = world
        .app
        .people()
        .contacts(&ulak_core::contact::ContactQuery { place: Place::first(10), ..Default::default() })
        .await?;
    let found = |phone: &str| page.rows.iter().find(|contact| contact.phone == phone).unwrap();
    assert_eq!((found(ELIF).standing, found(ELIF).consent.as_ref()), (Standing::Black, None));
    assert_eq!(found(ELIF).withdrawn_at, Some(at(0, 12, 1)));
    assert!(found(OTHER).consent.is_some(), "the file did come in");
    Ok(())
}

#[tokio::test]
async fn whoever_wants_messages_again_is_taken_back_by_an_act_with_a_reason() -> Result<(), Problem> {
    let mut world = world().await?;
    let elif = world.contact("Elif", ELIF).await?;
    hear(&world, stop(ELIF)).await?;
    assert_eq!(world.app.people().set_standing(elif, Standing::Normal).await.unwrap_err().code, "contact.listed");
    let without = Return { reason: " ".to_owned(), consent: None };
    assert_eq!(world.app.people().take_contact_back(elif, &without).await.unwrap_err().code, "contact.reason_missing");
    let back = came_back(&world, elif, false).await?;
    assert_eq!((back.standing, back.withdrawn_at), (Standing::Normal, Some(at(0, 12, 1))));
    let promotion = world.draft("İndirim", |edit| edit.consent_basis = "customers".to_owned()).await?;
    assert_eq!(
        world.app.campaigns().schedule_campaign(promotion.id, false).await.unwrap_err().code,
        "campaign.nobody",
        "the consent to promotion is still withdrawn"
    );
    reminder(&world).await?;
    let agreed = came_back(&world, elif, true).await?;
    assert_eq!((agreed.withdrawn_at, agreed.consent.unwrap().at), (None, 5));
    world.app.campaigns().schedule_campaign(promotion.id, false).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(sent_to(&world), [ELIF, ELIF]);
    hear(&world, Reply { at: at(0, 14, 1), ..reply("R2", ELIF, "STOP", at(0, 14, 1)) }).await?;
    assert_eq!(world.app.people().contact(elif).await?.withdrawn_at, Some(at(0, 14, 1)), "and may say stop again");
    let kept = "SELECT (SELECT count(*) FROM suppressions WHERE address = ?), (SELECT count(*) FROM past_consents)";
    let kept: (i64, i64) =
        sqlx::query_as(kept).bind(ELIF).fetch_one(&mut *world.app.db().read().acquire().await.unwrap()).await.unwrap();
    assert_eq!(kept, (2, 1), "everything stays on record");
    assert_eq!(world.app.credits().balance(Book::Real).await?.held, 0);
    Ok(())
}

#[tokio::test]
async fn what_this_build_cannot_read_is_an_error_and_reaches_nobody() -> Result<(), Problem> {
    let broken = [
        ("UPDATE campaigns SET audience = '{\"segment\": 5}'", "storage.unreadable"),
        ("UPDATE campaigns SET choice = '{\"style\": \"carousel\"}'", "storage.unreadable"),
        ("UPDATE campaigns SET book = 'gold'", "storage.unreadable"),
        ("UPDATE campaigns SET category = 'chain letter'", "storage.unreadable"),
        ("UPDATE campaigns SET state = 'archived'", "storage.unreadable"),
        ("UPDATE campaigns SET session_ids = '[5]'", "storage.unreadable"),
        ("UPDATE contacts SET standing = 'purple'", "storage.unreadable"),
        ("UPDATE contacts SET fields = '[]'", "storage.unreadable"),
    ];
    for (damage, code) in broken {
        let mut world = World::at(at(0, 12, 0)).await?;
        world.contacts(2).await?;
        let draft = world.draft("Merhaba", |_| {}).await?;
        let db = world.app.db();
        let mut tx = db.begin().await?;
        for statement in ["PRAGMA ignore_check_constraints = 1", damage, "PRAGMA ignore_check_constraints = 0"] {
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
        }
        db.commit(tx).await?;
        let refused = world.app.campaigns().schedule_campaign(draft.id, false).await.unwrap_err();
        assert_eq!(refused.code, code, "{damage}: {refused:?}");
        assert!(refused.message.contains("cannot be read"), "{}", refused.message);
        world.run_until(at(0, 14, 0)).await?;
        assert!(world.phone.sent().is_empty(), "{damage}");
    }
    Ok(())
}

#[tokio::test]
async fn whom_ulak_made_up_to_practise_with_gets_practice_alone() -> Result<(), Problem> {
    let mut world = world().await?;
    world.contact("Ayşe Yılmaz", "+905385550100").await?;
    world.contact("Elif", ELIF).await?;
    let practice = world.app.campaigns().create_practice_draft().await?;
    let tried = practice.id;
    assert_eq!((practice.book, practice.session_ids.len(), practice.keep_hours), (Book::Practice, 1, false));
    let edit = DraftEdit { text: "Deneme".to_owned(), consent_basis: "customers".to_owned(), ..practice.edit() };
    world.app.campaigns().save_draft(&edit).await?;
    assert_eq!(world.app.campaigns().review_campaign(tried).await?.will_send, 2);
    let real = world.app.campaigns().schedule_campaign(world.draft("Merhaba", |_| {}).await?.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(sent_to(&world), [ELIF]);
    let left_out = world.app.outbox().skipped_for(real, SkipReason::MadeUp, None, 10).await?;
    assert_eq!(left_out.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Ayşe Yılmaz"]);
    Ok(())
}

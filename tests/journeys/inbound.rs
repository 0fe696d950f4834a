//! Replies, opt-outs by a word, hidden identities and names.

use ulak_core::app::Problem;
use ulak_core::category::Category;
use ulak_core::contact::{ContactEdit, ContactQuery, Standing};
use ulak_core::ids::CampaignId;
use ulak_core::inbound::Received;
use ulak_core::inbound::store::replies::{Answers, ReplyQuery, ReplyRow};
use ulak_core::ledger::Book;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{NoteKind, Reply, Signal};
use ulak_core::session::messenger::Outcome;
use ulak_core::settings::Language;
use ulak_core::template::{Choice, ChoiceStyle};
use ulak_core::testing::numbers::{BRISK, reply};
use ulak_core::testing::{Call, World};

use crate::at;

const ELIF: &str = "+905325550142";
const LID: &str = "100000012345678";

/// A campaign to Elif that went out at noon.
async fn sent() -> Result<(World, CampaignId), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Elif", ELIF).await?;
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.counts(id).await?.sent, 1);
    Ok((world, id))
}

fn from_lid(id: &str, text: &str) -> Reply {
    Reply { phone: None, lid: Some(LID.to_owned()), ..reply(id, "", text, at(0, 13, 0)) }
}

async fn hear(world: &World, reply: Reply) -> Result<Received, Problem> {
    let received = world.hear(world.numbers[0].id, &Signal::Reply(reply)).await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(received)
}

async fn pair(world: &World) -> Result<Received, Problem> {
    let pair = Signal::Lid { phone: ELIF.to_owned(), lid: LID.to_owned() };
    let received = world.hear(world.numbers[0].id, &pair).await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(received)
}

async fn replies(world: &World, campaign: CampaignId) -> Result<Vec<ReplyRow>, Problem> {
    let query = ReplyQuery { campaign_id: Some(campaign), place: Place::first(50), ..ReplyQuery::default() };
    Ok(world.app.replies().list(&query).await?.rows)
}

async fn standing(world: &World, phone: &str) -> Result<Option<Standing>, Problem> {
    let query = ContactQuery { search: phone.to_owned(), place: Place::first(1), ..ContactQuery::default() };
    Ok(world.app.people().contacts(&query).await?.rows.first().map(|contact| contact.standing))
}

#[tokio::test]
async fn a_reply_is_kept_once_and_shown_with_its_campaign() -> Result<(), Problem> {
    let (world, id) = sent().await?;
    for _ in 0..3 {
        hear(&world, reply("R1", ELIF, "Teşekkürler", at(0, 13, 0))).await?;
    }
    hear(&world, reply("R2", ELIF, "Yarın gelirim", at(0, 13, 1))).await?;
    let rows = replies(&world, id).await?;
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    assert_eq!(texts, ["Yarın gelirim", "Teşekkürler"]);
    assert_eq!((rows[0].name.as_str(), rows[0].session_name.as_str()), ("Elif", "Number 1"));
    assert_eq!((rows[0].campaign_name.as_str(), rows[0].answers_text.as_str()), ("Test", "Merhaba"));
    assert_eq!(world.app.campaigns().live(id).await?.answers, Answers { replied: 1, ..Answers::default() });
    Ok(())
}

#[tokio::test]
async fn the_number_or_the_words_of_an_offered_answer_choose_it_and_the_last_word_counts() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    for (name, phone) in [("Elif", ELIF), ("Emre", "+905325550163"), ("Ayşe", "+905325550117")] {
        world.contact(name, phone).await?;
    }
    let options = ["Pazartesi", "Salı"].map(str::to_owned).to_vec();
    let choice = Choice { style: ChoiceStyle::Numbered, question: "Hangi gün?".to_owned(), options };
    let draft = world.draft("Merhaba", |edit| edit.choice = Some(choice)).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let chosen = async |world: &World| -> Result<Vec<(String, i64)>, Problem> {
        let answers = world.app.campaigns().live(id).await?.answers;
        Ok(answers.chosen.into_iter().map(|one| (one.option, one.people)).collect())
    };
    hear(&world, reply("R1", ELIF, "2", at(0, 13, 0))).await?;
    hear(&world, reply("R2", "+905325550163", "(2)", at(0, 13, 0))).await?;
    hear(&world, reply("R3", "+905325550117", "Belki", at(0, 13, 0))).await?;
    assert_eq!(chosen(&world).await?, [("Salı".to_owned(), 2)]);
    hear(&world, reply("R4", ELIF, "PAZARTESİ.", at(0, 13, 1))).await?;
    hear(&world, reply("R5", ELIF, "Teşekkürler", at(0, 13, 2))).await?;
    assert_eq!(chosen(&world).await?, [("Pazartesi".to_owned(), 1), ("Salı".to_owned(), 1)]);
    assert_eq!(world.app.campaigns().live(id).await?.answers.replied, 3);
    assert_eq!(replies(&world, id).await?[1].chosen, ["Pazartesi"]);
    Ok(())
}

#[tokio::test]
async fn a_reply_a_month_later_answers_no_campaign_unless_it_quotes_it() -> Result<(), Problem> {
    let (mut world, id) = sent().await?;
    world.run_until(at(31, 14, 0)).await?;
    hear(&world, reply("R1", ELIF, "Kimsiniz?", at(31, 13, 1))).await?;
    assert_eq!(replies(&world, id).await?.len(), 0);
    let quotes = Some(world.numbers[0].phone.sent()[0].wire_id.clone());
    hear(&world, Reply { quotes, ..reply("R2", ELIF, "Bu hâlâ geçerli mi?", at(31, 13, 2)) }).await?;
    assert_eq!(replies(&world, id).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_stop_counts_at_once_for_what_is_queued_already() -> Result<(), Problem> {
    let (mut world, first) = sent().await?;
    let again = world.draft("Again", |edit| edit.category = Category::Notification).await?;
    let next = world.app.campaigns().schedule_campaign(again.id, false).await?;
    let kept = hear(&world, reply("R1", ELIF, " dur! ", at(0, 13, 0))).await?;
    assert_eq!((kept.opted_out, kept.campaigns), (vec![ELIF.to_owned()], vec![first]));
    assert_eq!(hear(&world, reply("R2", ELIF, "STOP", at(0, 13, 0))).await?.opted_out.len(), 0, "once is enough");
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1);
    assert_eq!(world.counts(next).await?.skipped, 1);
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    assert_eq!(world.app.campaigns().live(first).await?.answers, Answers { replied: 1, opted_out: 1, chosen: vec![] });
    assert_eq!(world.app.credits().balance(Book::Real).await?.released, 1);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn words_that_the_owner_chose_count_and_others_do_not() -> Result<(), Problem> {
    let (world, _) = sent().await?;
    let mut settings = world.app.settings().current().await?;
    settings.stop_words = vec!["istemiyorum".to_owned()];
    world.app.settings().save_settings(&settings).await?;
    assert!(hear(&world, reply("R1", ELIF, "STOP", at(0, 13, 0))).await?.opted_out.is_empty());
    assert_eq!(hear(&world, reply("R2", ELIF, "İSTEMİYORUM", at(0, 13, 0))).await?.opted_out, [ELIF]);
    Ok(())
}

#[tokio::test]
async fn who_said_stop_takes_it_back_by_a_word_with_that_word_as_consent() -> Result<(), Problem> {
    let (world, _) = sent().await?;
    hear(&world, reply("R1", ELIF, "STOP", at(0, 13, 0))).await?;
    assert_eq!(hear(&world, reply("R2", ELIF, "başlayalım mı?", at(0, 13, 1))).await?.opted_in, Vec::<String>::new());
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    assert_eq!(hear(&world, reply("R3", ELIF, "başla", at(0, 13, 2))).await?.opted_in, [ELIF]);
    assert_eq!(hear(&world, reply("R4", ELIF, "BAŞLA", at(0, 13, 3))).await?.opted_in.len(), 0, "once is enough");
    let query = ContactQuery { search: ELIF.to_owned(), place: Place::first(1), ..ContactQuery::default() };
    let elif = world.app.people().contacts(&query).await?.rows.remove(0);
    assert_eq!((elif.standing, elif.withdrawn_at), (Standing::Normal, None));
    let consent = elif.consent.map(|consent| (consent.source, consent.at));
    assert_eq!(consent, Some(("başla".to_owned(), at(0, 13, 2))));
    hear(&world, reply("R5", ELIF, "dur", at(0, 13, 4))).await?;
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black), "and may say it again");
    Ok(())
}

#[tokio::test]
async fn whom_the_owner_put_on_the_black_list_no_word_takes_off() -> Result<(), Problem> {
    let (world, _) = sent().await?;
    let query = ContactQuery { search: ELIF.to_owned(), place: Place::first(1), ..ContactQuery::default() };
    let elif = world.app.people().contacts(&query).await?.rows[0].id;
    world.app.people().set_standing(elif, Standing::Black).await?;
    assert_eq!(hear(&world, reply("R1", ELIF, "START", at(0, 13, 0))).await?.opted_in, Vec::<String>::new());
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    // Nor does a START of somebody who never left change anything.
    assert_eq!(hear(&world, reply("R2", "+905325550163", "START", at(0, 13, 0))).await?.opted_in.len(), 0);
    Ok(())
}

#[tokio::test]
async fn what_may_have_been_meant_as_a_stop_is_pointed_out_and_changes_nothing() -> Result<(), Problem> {
    let (world, id) = sent().await?;
    hear(&world, reply("R1", ELIF, "stop lütfen", at(0, 13, 0))).await?;
    hear(&world, reply("R2", ELIF, "Teşekkürler", at(0, 13, 1))).await?;
    let shown: Vec<_> = replies(&world, id).await?.into_iter().map(|row| (row.text, row.near_word)).collect();
    assert_eq!(shown, [("Teşekkürler".to_owned(), None), ("stop lütfen".to_owned(), Some("STOP".to_owned()))]);
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Normal));
    let reply = replies(&world, id).await?[1].id;
    let draft = world.draft("Yeni", |_| {}).await?;
    let told = async || world.app.campaigns().review_campaign(draft.id).await.map(|review| review.perhaps_stops);
    assert_eq!(told().await?, 1);
    hear(&world, reply_of("R3", "lütfen dur artık")).await?;
    assert_eq!(told().await?, 1, "it is one person");
    world.app.replies().dismiss(reply).await?;
    assert_eq!(told().await?, 1, "the other one is still unread");
    world.app.replies().dismiss(replies(&world, id).await?[0].id).await?;
    assert_eq!(told().await?, 0);
    assert!(replies(&world, id).await?.iter().all(|row| row.near_word.is_none()));
    hear(&world, reply_of("R4", "RET B012")).await?;
    assert_eq!(told().await?, 1);
    hear(&world, reply_of("R5", "RET")).await?;
    assert_eq!(told().await?, 0, "who has left is asked after no more");
    Ok(())
}

fn reply_of(id: &str, text: &str) -> Reply {
    reply(id, ELIF, text, at(0, 13, 2))
}

#[tokio::test]
async fn a_stop_from_a_hidden_identity_counts_when_the_phone_behind_it_is_learned() -> Result<(), Problem> {
    let (world, id) = sent().await?;
    let kept = Received { replies_changed: true, ..Received::default() };
    assert_eq!(hear(&world, from_lid("R1", "STOP")).await?, kept);
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Normal));
    let kept = pair(&world).await?;
    assert_eq!((kept.opted_out, kept.campaigns), (vec![ELIF.to_owned()], vec![id]));
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    hear(&world, reply("R1", ELIF, "STOP", at(0, 13, 0))).await?;
    hear(&world, from_lid("R1", "STOP")).await?;
    assert_eq!(replies(&world, id).await?.len(), 1, "the same reply, by whatever name");
    assert_eq!(pair(&world).await?, Received::default());
    Ok(())
}

#[tokio::test]
async fn a_reply_that_came_under_both_names_before_the_pair_is_one() -> Result<(), Problem> {
    let (world, id) = sent().await?;
    hear(&world, from_lid("R1", "Olur")).await?;
    hear(&world, reply("R1", ELIF, "Olur", at(0, 13, 0))).await?;
    pair(&world).await?;
    assert_eq!(replies(&world, id).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_hidden_identity_that_quotes_is_known_by_what_it_quotes() -> Result<(), Problem> {
    let (world, id) = sent().await?;
    let quotes = Some(world.numbers[0].phone.sent()[0].wire_id.clone());
    let kept = hear(&world, Reply { quotes, ..from_lid("R1", "iptal") }).await?;
    assert_eq!(kept.opted_out, [ELIF]);
    assert_eq!(replies(&world, id).await?[0].name, "Elif");
    Ok(())
}

#[tokio::test]
async fn an_answer_proves_that_a_part_of_unknown_outcome_arrived() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Elif", ELIF).await?;
    let id = world.schedule("Merhaba").await?;
    world.numbers[0].phone.answer([Outcome::Unknown(Cause::NoAnswer)]);
    while world.counts(id).await?.unknown == 0 {
        world.step().await?;
    }
    let quotes = Some(world.numbers[0].phone.sent()[0].wire_id.clone());
    hear(&world, Reply { quotes, ..reply("R1", ELIF, "Tamam", at(0, 12, 1)) }).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.counts(id).await?.delivered, 1);
    assert_eq!(world.numbers[0].phone.sent().len(), 1);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_stranger_who_says_stop_is_not_written_to_when_a_list_brings_them_in() -> Result<(), Problem> {
    let (world, _) = sent().await?;
    hear(&world, reply("R1", "+628125550147", "BERHENTI", at(0, 13, 0))).await?;
    assert_eq!(standing(&world, "+628125550147").await?, Some(Standing::Black));
    Ok(())
}

#[tokio::test]
async fn names_from_the_phone_fill_only_what_is_empty_and_only_by_choice() -> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Elif", ELIF).await?;
    world.contact("", "+628125550147").await?;
    let number = world.numbers[0].id;
    let name = |phone: &str, name: &str| Signal::Name {
        phone: phone.to_owned(),
        name: name.to_owned(),
        from_address_book: true,
    };
    assert!(!world.hear(number, &name("+628125550147", "Budi")).await?.contacts_changed);
    world.choose(number, true, false).await?;
    assert!(world.hear(number, &name("+628125550147", "Budi")).await?.contacts_changed);
    assert!(!world.hear(number, &name(ELIF, "Elif Usta")).await?.contacts_changed);
    let query = ContactQuery { search: "budi".to_owned(), place: Place::first(5), ..ContactQuery::default() };
    assert_eq!(world.app.people().contacts(&query).await?.rows[0].phone, "+628125550147");
    Ok(())
}

#[tokio::test]
async fn an_edit_can_make_a_reply_a_stop_and_never_takes_one_back() -> Result<(), Problem> {
    let (world, id) = sent().await?;
    let number = world.numbers[0].id;
    let edit = |id: &str, text: &str, minute| {
        let edits = Some("R1".to_owned());
        Signal::Reply(Reply { edits, ..reply(id, ELIF, text, at(0, 13, minute)) })
    };
    world.hear(number, &Signal::Reply(reply("R1", ELIF, "Teşekkürler", at(0, 13, 1)))).await?;
    // It comes twice, and a later edit comes before an earlier one.
    for signal in [edit("E2", "Tamam", 3), edit("E2", "Tamam", 3), edit("E1", "Taman", 2)] {
        world.hear(number, &signal).await?;
    }
    let rows = replies(&world, id).await?;
    assert_eq!(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["Tamam"]);
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Normal));
    let received = world.hear(number, &edit("E3", "DUR", 4)).await?;
    assert_eq!(received.opted_out, [ELIF]);
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    world.hear(number, &edit("E4", "Şaka", 5)).await?;
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black), "that was a joke: the owner sees it and decides");
    assert_eq!(replies(&world, id).await?[0].text, "Şaka");
    // Nor does a word to come back that is edited in.
    world.hear(number, &edit("E5", "BAŞLA", 6)).await?;
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

#[tokio::test]
async fn a_stop_that_comes_behind_its_own_edit_is_one() -> Result<(), Problem> {
    let (world, id) = sent().await?;
    let number = world.numbers[0].id;
    let edit = Reply { edits: Some("R1".to_owned()), ..reply("E1", ELIF, "Pardon", at(0, 13, 2)) };
    world.hear(number, &Signal::Reply(edit)).await?;
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Normal));
    let received = world.hear(number, &Signal::Reply(reply("R1", ELIF, "STOP", at(0, 13, 1)))).await?;
    assert_eq!(received.opted_out, [ELIF]);
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    assert_eq!(replies(&world, id).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_one_number_sends_to_another_is_no_reply() -> Result<(), Problem> {
    let (world, id) = sent().await?;
    let wire_id = world.numbers[0].phone.sent()[0].wire_id.clone();
    let received = hear(&world, reply(&wire_id, "+905550001122", "Merhaba", at(0, 12, 1))).await?;
    assert_eq!((received, replies(&world, id).await?.len()), (Received::default(), 0));
    Ok(())
}

#[tokio::test]
async fn an_edit_whose_original_never_came_is_the_reply() -> Result<(), Problem> {
    let (world, id) = sent().await?;
    let number = world.numbers[0].id;
    let edit = Reply { edits: Some("R1".to_owned()), ..reply("E1", ELIF, "STOP", at(0, 13, 2)) };
    world.hear(number, &Signal::Reply(edit)).await?;
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    world.hear(number, &Signal::Reply(reply("R1", ELIF, "Merhaba", at(0, 13, 1)))).await?;
    let rows = replies(&world, id).await?;
    assert_eq!(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["STOP"]);
    Ok(())
}

#[tokio::test]
async fn who_was_found_on_whatsapp_is_not_asked_for_again_and_is_known_by_the_hidden_identity() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.link("+905550001122").await?;
    world.contact("Elif", ELIF).await?;
    let client = world.network.client().expect("a client was asked for");
    let until = at(30, 12, 0);
    let (phone, lid, note) = (ELIF.to_owned(), Some(LID.to_owned()), "yes".to_owned());
    client.hear(Signal::Found { phone, account: None, lid, note, until });
    world.settle().await;
    assert_eq!(client.notes().get(NoteKind::OnWhatsapp, ELIF).await.as_deref(), Some("yes"));
    client.hear(Signal::Reply(from_lid("R1", "Dur")));
    world.settle().await;
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    world.clock.set(until);
    assert_eq!(client.notes().get(NoteKind::OnWhatsapp, ELIF).await, None);
    Ok(())
}

#[tokio::test]
async fn whose_phone_is_found_only_when_a_message_is_for_them_gets_none_after_a_stop() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.link("+905550001122").await?;
    world.contact("Elif", ELIF).await?;
    let client = world.network.client().expect("a client was asked for");
    client.hear(Signal::Reply(from_lid("R1", "Dur")));
    world.settle().await;
    assert!(client.notes().asked_to_stop(LID).await);
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Normal), "nobody knows whose it is");
    let (phone, lid, note) = (ELIF.to_owned(), Some(LID.to_owned()), "yes".to_owned());
    client.hear(Signal::Found { phone, account: None, lid, note, until: at(30, 12, 0) });
    world.settle().await;
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    assert!(client.notes().asked_to_stop(LID).await, "and whoever writes under it later says it too");
    Ok(())
}

#[tokio::test]
async fn a_reply_is_confirmed_once_it_is_kept_and_an_opt_out_is_answered_by_choice() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.link("+905550001122").await?;
    world.contact("Elif", ELIF).await?;
    let client = world.network.client().expect("a client was asked for");
    let kept = client.hear_and_ask(Signal::Reply(reply("R1", ELIF, "STOP", at(0, 12, 1))));
    world.settle().await;
    assert_eq!(kept.await, Ok(()), "it is in the database");
    assert_eq!(standing(&world, ELIF).await?, Some(Standing::Black));
    let said = || client.calls().into_iter().filter(|call| matches!(call, Call::Say { .. })).collect::<Vec<_>>();
    assert_eq!(said(), [], "nothing is said unless the owner wants it");
    let mut settings = world.app.settings().current().await?;
    (settings.stop_reply, settings.business_name) = (true, "Toko Melati".to_owned());
    settings.language = Some(Language::En);
    world.app.settings().save_settings(&settings).await?;
    client.hear(Signal::Reply(reply("R2", "+628125550147", "stop", at(0, 12, 2))));
    world.settle().await;
    let text = "Toko Melati: We will not send you messages any more. To get them again, write START.".to_owned();
    assert_eq!(said(), [Call::Say { to: "+628125550147".to_owned(), text }]);
    client.hear(Signal::Reply(reply("R3", "+628125550147", "Start.", at(0, 12, 3))));
    world.settle().await;
    let text = "Toko Melati: We will send you messages again. To end it, write STOP.".to_owned();
    assert_eq!(said()[1..], [Call::Say { to: "+628125550147".to_owned(), text }]);
    let fields = [("bahasa".to_owned(), "Indonesia".to_owned())].into();
    let budi = ContactEdit { phone: "+628125550148".to_owned(), fields, ..ContactEdit::default() };
    world.app.people().save_contact(&budi).await?;
    client.hear(Signal::Reply(reply("R4", &budi.phone, "stop", at(0, 12, 4))));
    world.settle().await;
    let text =
        "Toko Melati: Kami tidak akan mengirimi Anda pesan lagi. Untuk menerimanya lagi, tulis MULAI.".to_owned();
    assert_eq!(said()[2..], [Call::Say { to: budi.phone, text }], "in the language that the list says they speak");
    Ok(())
}

//! The list of replies: what waits in it, what is decided there, and the answer over the same number.

use std::sync::Arc;

use ulak_core::app::{ChatRefusal, Direct, Problem};
use ulak_core::category::Category;
use ulak_core::contact::{ContactEdit, ContactQuery, Standing};
use ulak_core::ids::ReplyId;
use ulak_core::inbound::store::marks::Mark;
use ulak_core::inbound::store::replies::{ReplyCounts, ReplyQuery, ReplyRow, Show};
use ulak_core::outbox::state::PartState;
use ulak_core::page::Place;
use ulak_core::session::client::{Attached, AttachedKind, Reply, SessionClient as _, Signal};
use ulak_core::testing::numbers::{BRISK, reply};
use ulak_core::testing::{Call, FakeClient, World};

use crate::at;

const ELIF: &str = "+905385550142";
const EMRE: &str = "+905385550163";
const LID: &str = "100000012345678@lid";

/// Two people got a campaign at noon over the first of two numbers.
async fn sent() -> Result<World, Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    world.contact("Elif", ELIF).await?;
    world.contact("Emre", EMRE).await?;
    let only = vec![world.numbers[0].id];
    let draft = world.draft("Merhaba", |edit| edit.session_ids = only).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    Ok(world)
}

async fn hear(world: &World, reply: Reply) -> Result<(), Problem> {
    world.hear(world.numbers[0].id, &Signal::Reply(reply)).await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

async fn says(world: &World, id: &str, phone: &str, text: &str, minute: i64) -> Result<(), Problem> {
    hear(world, reply(id, phone, text, at(0, 13, minute))).await
}

async fn list(world: &World, show: Show) -> Result<Vec<ReplyRow>, Problem> {
    let query = ReplyQuery { show, place: Place::first(50), ..ReplyQuery::default() };
    Ok(world.app.replies().list(&query).await?.rows)
}

async fn texts(world: &World, show: Show) -> Result<Vec<String>, Problem> {
    Ok(list(world, show).await?.into_iter().map(|row| row.text).collect())
}

async fn id_of(world: &World, text: &str) -> Result<ReplyId, Problem> {
    let mut rows = list(world, Show::Open).await?;
    rows.append(&mut list(world, Show::Done).await?);
    Ok(rows.into_iter().find(|row| row.text == text).expect("it is in the list").id)
}

async fn mark(world: &World, text: &str, mark: Mark) -> Result<(), Problem> {
    world.app.replies().mark(&[id_of(world, text).await?], mark).await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

async fn standing(world: &World, phone: &str) -> Result<Standing, Problem> {
    let query = ContactQuery { search: phone.to_owned(), place: Place::first(1), ..ContactQuery::default() };
    Ok(world.app.people().contacts(&query).await?.rows[0].standing)
}

#[tokio::test]
async fn what_comes_in_is_unread_until_its_owner_has_read_it_and_leaves_the_list_when_done() -> Result<(), Problem> {
    let world = sent().await?;
    says(&world, "R1", ELIF, "Açık mısınız?", 1).await?;
    says(&world, "R2", EMRE, "STOP", 2).await?;
    says(&world, "R3", ELIF, "stop lütfen", 3).await?;
    let counts = || async { world.app.replies().counts().await };
    assert_eq!(counts().await?, ReplyCounts { unread: 3, answers: 0, near: 1, stops: 1 });
    assert_eq!(texts(&world, Show::Unread).await?, ["stop lütfen", "STOP", "Açık mısınız?"]);
    mark(&world, "Açık mısınız?", Mark::Read).await?;
    assert_eq!(texts(&world, Show::Unread).await?, ["stop lütfen", "STOP"]);
    mark(&world, "STOP", Mark::Done).await?;
    assert_eq!(texts(&world, Show::Open).await?, ["stop lütfen", "Açık mısınız?"]);
    assert_eq!(
        (texts(&world, Show::Stops).await?.len(), texts(&world, Show::Done).await?),
        (0, vec!["STOP".to_owned()])
    );
    mark(&world, "STOP", Mark::Unread).await?;
    assert_eq!(counts().await?, ReplyCounts { unread: 2, answers: 0, near: 1, stops: 1 });
    mark(&world, "stop lütfen", Mark::Done).await?;
    assert_eq!(counts().await?, ReplyCounts { unread: 1, answers: 0, near: 0, stops: 1 });
    mark(&world, "stop lütfen", Mark::NotDone).await?;
    assert_eq!(texts(&world, Show::Near).await?, ["stop lütfen"]);
    Ok(())
}

#[tokio::test]
async fn a_reaction_stands_with_its_message_and_is_an_answer_only_where_the_owner_wants_that() -> Result<(), Problem> {
    let world = sent().await?;
    let hers = world.numbers[0].phone.sent().into_iter().find(|part| part.to == ELIF).expect("she got it").wire_id;
    let reacts = async |id: &str, emoji: &str, minute: i64| {
        let reaction =
            Reply { reaction: true, quotes: Some(hers.clone()), ..reply(id, ELIF, emoji, at(0, 13, minute)) };
        hear(&world, reaction).await
    };
    reacts("R1", "👍", 5).await?;
    reacts("R0", "👎", 4).await?;
    assert_eq!(list(&world, Show::Everything).await?.len(), 0, "no answer");
    says(&world, "R2", ELIF, "Geliyorum", 6).await?;
    let shown = async || {
        let chat = world.app.replies().chat(id_of(&world, "Geliyorum").await?).await?;
        Ok::<_, Problem>(chat.lines.into_iter().find_map(|line| line.reaction))
    };
    assert_eq!(shown().await?.as_deref(), Some("👍"), "the one that came late was older");
    assert_eq!(list(&world, Show::Everything).await?[0].reaction.as_deref(), Some("👍"), "it stands with the reply");

    let mut settings = world.app.settings().current().await?;
    settings.reactions_answer = true;
    world.app.settings().save_settings(&settings).await?;
    reacts("R3", "❤️", 7).await?;
    reacts("R4", "", 8).await?;
    assert_eq!(texts(&world, Show::Everything).await?, ["Geliyorum"], "what is taken back says nothing");
    assert_eq!(shown().await?, None, "it was taken back");
    reacts("R3", "❤️", 7).await?;
    assert_eq!(texts(&world, Show::Everything).await?.len(), 1, "told again, it is as old as it was");
    reacts("R5", "👍", 9).await?;
    reacts("R6", "🎉", 10).await?;
    assert_eq!(texts(&world, Show::Everything).await?, ["🎉", "Geliyorum"], "one changed its emoji");
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

#[tokio::test]
async fn a_list_is_of_one_campaign_one_number_or_one_answer() -> Result<(), Problem> {
    let world = sent().await?;
    says(&world, "R1", ELIF, "Geliyorum", 1).await?;
    let other = world.numbers[1].id;
    world.hear(other, &Signal::Reply(reply("R2", EMRE, "Kimsiniz?", at(0, 13, 2)))).await?;
    let ask = async |query: ReplyQuery| -> Result<Vec<String>, Problem> {
        let query = ReplyQuery { place: Place::first(9), ..query };
        Ok(world.app.replies().list(&query).await?.rows.into_iter().map(|row| row.text).collect())
    };
    let campaign_id = list(&world, Show::Open).await?.into_iter().find_map(|row| row.campaign_id);
    assert_eq!(ask(ReplyQuery { campaign_id, ..ReplyQuery::default() }).await?, ["Geliyorum"]);
    assert_eq!(ask(ReplyQuery { session_id: Some(other), ..ReplyQuery::default() }).await?, ["Kimsiniz?"]);
    let voted = Reply { chosen: vec!["Salı".to_owned()], ..reply("R3", ELIF, "Salı", at(0, 13, 3)) };
    hear(&world, voted).await?;
    let option = |option: &str| ReplyQuery { option: Some(option.to_owned()), ..ReplyQuery::default() };
    assert_eq!((ask(option("Salı")).await?.len(), ask(option("Pazar")).await?.len()), (1, 0));
    assert_eq!(world.app.replies().counts().await?.answers, 1);
    Ok(())
}

#[tokio::test]
async fn one_key_opts_out_whoever_came_near_a_stop_and_another_says_it_was_not_meant() -> Result<(), Problem> {
    let world = sent().await?;
    says(&world, "R1", ELIF, "stop lütfen", 1).await?;
    says(&world, "R2", EMRE, "dur bir bakayım", 2).await?;
    let near: Vec<_> = list(&world, Show::Near).await?.into_iter().filter_map(|row| row.near_word).collect();
    assert_eq!(near, ["DUR", "STOP"]);
    world.app.replies().dismiss(id_of(&world, "dur bir bakayım").await?).await?;
    world.app.replies().opt_out(id_of(&world, "stop lütfen").await?).await?;
    assert_eq!((standing(&world, ELIF).await?, standing(&world, EMRE).await?), (Standing::Black, Standing::Normal));
    assert_eq!(world.app.replies().counts().await?.near, 0);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

#[tokio::test]
async fn who_is_in_no_list_is_opted_out_by_phone_or_by_hidden_identity() -> Result<(), Problem> {
    let world = sent().await?;
    says(&world, "R1", "+628125550147", "tolong berhenti kak", 1).await?;
    let hidden = Reply { phone: None, lid: Some(LID.to_owned()), ..reply("R2", "", "please stop", at(0, 13, 2)) };
    hear(&world, hidden).await?;
    world.app.replies().opt_out(id_of(&world, "tolong berhenti kak").await?).await?;
    world.app.replies().opt_out(id_of(&world, "please stop").await?).await?;
    assert_eq!(standing(&world, "+628125550147").await?, Standing::Black);
    world.hear(world.numbers[0].id, &Signal::Lid { phone: EMRE.to_owned(), lid: LID.to_owned() }).await?;
    assert_eq!(standing(&world, EMRE).await?, Standing::Black, "the phone behind it, once it is known");
    Ok(())
}

#[tokio::test]
async fn other_words_are_looked_for_in_what_is_there_already() -> Result<(), Problem> {
    let world = sent().await?;
    says(&world, "R1", ELIF, "artık yeter lütfen", 1).await?;
    says(&world, "R2", EMRE, "Yeter!", 2).await?;
    assert_eq!(world.app.replies().counts().await?.near, 0);
    let mut settings = world.app.settings().current().await?;
    settings.stop_words.push("yeter".to_owned());
    world.app.settings().save_settings(&settings).await?;
    let near: Vec<_> = list(&world, Show::Near).await?.into_iter().filter_map(|row| row.near_word).collect();
    assert_eq!(near, ["yeter", "yeter"], "also who wrote the word alone before it was one");
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

#[tokio::test]
async fn an_answer_goes_over_the_same_number_is_priced_as_any_part_and_waits_for_it() -> Result<(), Problem> {
    let world = sent().await?;
    says(&world, "R1", ELIF, "Açık mısınız?", 0).await?;
    let before = world.app.credits().balance(ulak_core::ledger::Book::Real).await?;
    let mut world = world.connect(0, false).await?;
    let question = id_of(&world, "Açık mısınız?").await?;
    let message = world.app.replies().answer(question, "Evet, 20'ye kadar").await?;
    world.run_until(at(0, 13, 30)).await?;
    let chat = world.app.replies().chat(question).await?;
    let said: Vec<_> = chat.lines.iter().map(|line| (line.text.as_str(), line.state)).collect();
    let waits = ("Evet, 20'ye kadar", Some(PartState::Pending));
    assert_eq!(said, [("Merhaba", Some(PartState::Sent)), ("Açık mısınız?", None), waits]);
    assert_eq!(chat.lines[0].campaign_name, "Test");
    let mut world = world.connect(0, true).await?;
    world.run_until(at(0, 14, 0)).await?;
    let over: Vec<usize> = world.numbers.iter().map(|number| number.phone.sent().len()).collect();
    assert_eq!(over, [3, 0], "the campaign's two and the answer, all over the number that was asked");
    assert_eq!(world.app.outbox().parts_of(message).await?[0].state, PartState::Sent);
    let after = world.app.credits().balance(ulak_core::ledger::Book::Real).await?;
    assert_eq!(after.free, before.free - 1);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn nobody_is_answered_after_a_stop_or_where_no_way_back_is_known() -> Result<(), Problem> {
    let mut world = sent().await?;
    says(&world, "R1", ELIF, "STOP", 1).await?;
    let hidden = Reply { phone: None, lid: Some(LID.to_owned()), ..reply("R2", "", "Merhaba", at(0, 13, 2)) };
    hear(&world, hidden).await?;
    says(&world, "R3", EMRE, "Tamam", 3).await?;
    let refused = async |world: &World, text: &str| -> Result<(Option<ChatRefusal>, String), Problem> {
        let id = id_of(world, text).await?;
        let code = world.app.replies().answer(id, "Peki").await.err().map_or(String::new(), |problem| problem.code);
        Ok((world.app.replies().chat(id).await?.refusal, code))
    };
    assert_eq!(refused(&world, "STOP").await?, (Some(ChatRefusal::OptedOut), "campaign.unwanted".to_owned()));
    assert_eq!(refused(&world, "Merhaba").await?, (Some(ChatRefusal::Hidden), "reply.hidden".to_owned()));
    world.remove(0).await?;
    let world = world.restart().await?;
    assert_eq!(refused(&world, "Tamam").await?, (Some(ChatRefusal::NumberGone), "reply.number_gone".to_owned()));
    Ok(())
}

/// Elif's contact has another phone by now.
async fn moves(world: &World) -> Result<(), Problem> {
    let query = ContactQuery { search: ELIF.to_owned(), place: Place::first(1), ..ContactQuery::default() };
    let elif = world.app.people().contacts(&query).await?.rows.remove(0);
    let moved = ContactEdit {
        id: Some(elif.id),
        name: elif.name,
        phone: "+905385550171".to_owned(),
        consent: elif.consent,
        ..ContactEdit::default()
    };
    world.app.people().save_contact(&moved).await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_goes_to_the_phone_that_wrote_also_when_the_contact_has_another_one() -> Result<(), Problem> {
    let mut world = sent().await?;
    says(&world, "R1", ELIF, "Açık mısınız?", 0).await?;
    moves(&world).await?;
    let question = id_of(&world, "Açık mısınız?").await?;
    world.app.replies().answer(question, "Evet").await?;
    world.run_until(at(0, 14, 0)).await?;
    let last = world.numbers[0].phone.sent().pop().expect("the answer was sent");
    assert_eq!(last.to, ELIF);
    let texts: Vec<_> = world.app.replies().chat(question).await?.lines.into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["Merhaba", "Açık mısınız?", "Evet"]);
    Ok(())
}

#[tokio::test]
async fn a_phone_that_said_stop_is_not_answered_over_another_one_of_its_contact() -> Result<(), Problem> {
    let world = sent().await?;
    says(&world, "R1", ELIF, "Açık mısınız?", 1).await?;
    moves(&world).await?;
    says(&world, "R2", ELIF, "STOP", 2).await?;
    let question = id_of(&world, "Açık mısınız?").await?;
    assert_eq!(world.app.replies().chat(question).await?.refusal, Some(ChatRefusal::OptedOut));
    assert_eq!(world.app.replies().answer(question, "Evet").await.unwrap_err().code, "campaign.unwanted");
    Ok(())
}

#[tokio::test]
async fn a_reply_to_a_single_message_is_in_the_list_beside_what_it_answers() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let text = "Gözlüğünüz hazır".to_owned();
    let wish = Direct { to: ELIF.to_owned(), text, category: Category::Notification, ..Direct::default() };
    world.app.outbox().send_direct(&wish).await?;
    world.run_until(at(0, 13, 0)).await?;
    says(&world, "R1", ELIF, "Geliyorum", 1).await?;
    let row = &list(&world, Show::Open).await?[0];
    assert_eq!((row.answers_text.as_str(), row.campaign_id), ("Gözlüğünüz hazır", None));
    Ok(())
}

#[tokio::test]
async fn a_hidden_person_stands_in_the_list_under_the_name_that_is_learned() -> Result<(), Problem> {
    let world = sent().await?;
    let hidden = Reply { phone: None, lid: Some(LID.to_owned()), ..reply("R1", "", "Olur", at(0, 13, 1)) };
    hear(&world, hidden).await?;
    assert_eq!(
        (list(&world, Show::Open).await?[0].name.as_str(), list(&world, Show::Open).await?[0].phone.as_str()),
        ("", "")
    );
    world.hear(world.numbers[0].id, &Signal::Lid { phone: ELIF.to_owned(), lid: LID.to_owned() }).await?;
    let row = &list(&world, Show::Unread).await?[0];
    assert_eq!((row.name.as_str(), row.phone.as_str(), row.campaign_name.as_str()), ("Elif", ELIF, "Test"));
    Ok(())
}

#[tokio::test]
async fn answers_go_into_a_table_as_they_were_written_and_no_cell_is_a_formula() -> Result<(), Problem> {
    let world = sent().await?;
    hear(&world, Reply { chosen: vec!["Salı".to_owned()], ..reply("R1", ELIF, "2", at(0, 13, 1)) }).await?;
    says(&world, "R2", EMRE, "=1+1; STOP değil\nikinci satır", 2).await?;
    mark(&world, "2", Mark::Done).await?;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("replies.csv");
    let everything = ReplyQuery { show: Show::Everything, ..ReplyQuery::default() };
    assert_eq!(world.app.replies().export(&everything, &file).await?, 2);
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("+90 538 555 01 42;Elif;2026-11-12;"), "{written}");
    assert!(written.contains(";Salı;2;;Test;Number 1"), "{written}");
    assert!(!written.contains(";=1+1"), "{written}");
    let open = ReplyQuery::default();
    assert_eq!(world.app.replies().export(&open, &folder.path().join("replies.xlsx")).await?, 1);
    let refused = world.app.replies().export(&open, &folder.path().join("replies.pdf")).await;
    assert_eq!(refused.unwrap_err().code, "export.format");
    Ok(())
}

fn attached(kind: AttachedKind, content: &str) -> Option<Box<Attached>> {
    let place = Some(content.to_owned());
    let mime = "image/jpeg".to_owned();
    Some(Box::new(Attached { kind, name: String::new(), mime, seconds: None, size: Some(9), place, album: None }))
}

/// A number over which a person sent a photo with a word below it.
async fn with_photo(content: &str, caption: &str) -> Result<(World, Arc<FakeClient>, ReplyId), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", ELIF).await?;
    world.link("+905385550199").await?;
    let client = world.network.client().expect("a client was asked for");
    let file = attached(AttachedKind::Photo, content);
    client.hear(Signal::Reply(Reply { attached: file, ..reply("R1", ELIF, caption, at(0, 12, 1)) }));
    world.settle().await;
    let id = list(&world, Show::Open).await?[0].id;
    Ok((world, client, id))
}

#[tokio::test]
async fn a_stop_below_a_photo_is_pointed_out_and_opts_nobody_out_by_itself() -> Result<(), Problem> {
    let (world, _, _) = with_photo("a photo", "STOP").await?;
    let row = &list(&world, Show::Near).await?[0];
    assert_eq!((row.near_word.as_deref(), row.stop), (Some("STOP"), false));
    assert_eq!(row.files.first().map(|file| (file.kind, file.fetched)), Some((AttachedKind::Photo, false)));
    assert_eq!(standing(&world, ELIF).await?, Standing::Normal);
    let mut settings = world.app.settings().current().await?;
    settings.stop_words.push("yeter".to_owned());
    world.app.settings().save_settings(&settings).await?;
    assert_eq!(list(&world, Show::Near).await?.len(), 1, "other words leave it so");
    Ok(())
}

#[tokio::test]
async fn a_file_is_fetched_once_and_saved_where_the_owner_wants_it() -> Result<(), Problem> {
    let (world, client, id) = with_photo("a photo", "").await?;
    let fetches = || client.calls().iter().filter(|call| **call == Call::Fetch).count();
    assert_eq!(fetches(), 0, "nothing is fetched unasked");
    let path = tempfile::tempdir().unwrap().keep().join("photo.jpg");
    world.app.replies().save_file(id, 0, &path).await?;
    assert_eq!(std::fs::read(&path).unwrap(), b"a photo");
    client.disconnect().await;
    assert_eq!(world.app.replies().file(id, 0).await?.content.as_deref(), Some(&b"a photo"[..]));
    assert_eq!(fetches(), 1);
    assert!(world.app.replies().chat(id).await?.lines[0].files.first().is_some_and(|file| file.fetched));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_fetched_says_why_and_stays_to_be_asked_for_again() -> Result<(), Problem> {
    let (world, client, id) = with_photo("", "").await?;
    assert_eq!(world.app.replies().file(id, 0).await.unwrap_err().code, "reply.file_gone");
    client.disconnect().await;
    assert_eq!(world.app.replies().file(id, 0).await.unwrap_err().code, "number.not_connected");
    let row = &list(&world, Show::Open).await?[0];
    assert!(row.files.first().is_some_and(|file| file.fetchable && !file.fetched));
    Ok(())
}

#[tokio::test]
async fn photos_that_are_sent_together_are_one_answer() -> Result<(), Problem> {
    let (world, client, id) = with_photo("one", "").await?;
    world.app.replies().mark(&[id], Mark::Done).await?;
    let of_album = |wire: &str, content: &str, caption: &str, minute| {
        let file = attached(AttachedKind::Photo, content);
        let file = file.map(|file| Box::new(Attached { album: Some("ALBUM".to_owned()), ..*file }));
        Reply { attached: file, ..reply(wire, ELIF, caption, at(0, 13, minute)) }
    };
    for one in [
        of_album("A1", "two", "", 1),
        of_album("A2", "three", "", 1),
        of_album("A2", "three", "", 1),
        of_album("A3", "four", "ucuz mu", 2),
        of_album("A1", "two", "", 1),
    ] {
        client.hear(Signal::Reply(one));
        world.settle().await;
    }
    let rows = list(&world, Show::Open).await?;
    let shown: Vec<_> = rows.iter().map(|row| (row.text.as_str(), row.files.len(), row.unread)).collect();
    assert_eq!(shown, [("ucuz mu", 1, true), ("", 2, true)], "words stand for themselves");
    assert_eq!(world.app.replies().counts().await?.unread, 2);
    let album = &rows[1];
    for (nr, content) in [(0, "two"), (1, "three")] {
        let fetched = world.app.replies().file(album.id, nr).await?.content;
        assert_eq!(fetched.as_deref(), Some(content.as_bytes()));
    }
    assert_eq!(list(&world, Show::Open).await?[1].files.iter().filter(|file| file.fetched).count(), 2);
    world.app.replies().mark(&[album.id], Mark::Done).await?;
    client.hear(Signal::Reply(of_album("A4", "five", "", 3)));
    world.settle().await;
    let rows = list(&world, Show::Open).await?;
    assert_eq!((rows.len(), rows[1].files.len(), rows[1].unread), (2, 3, true), "a late one brings it back");
    Ok(())
}

//! Revising what waits: another content or another time, for all who wait or for one, while it is being sent.

use std::path::{Path, PathBuf};

use ulak_core::app::person::{Happening, TimelineKind, TimelineQuery};
use ulak_core::app::{Problem, RevisionChoice};
use ulak_core::campaign::CampaignState;
use ulak_core::campaign::draft::Draft;
use ulak_core::campaign::list::CampaignQuery;
use ulak_core::campaign::revise::NewTime;
use ulak_core::clock::{HOUR, MINUTE, Millis};
use ulak_core::contact::ContactEdit;
use ulak_core::ids::{CampaignId, MessageId};
use ulak_core::ledger::Book;
use ulak_core::outbox::state::{PartState, SkipReason};
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::Outcome;
use ulak_core::testing::World;

use crate::at;
use crate::scheduling::draft_to;

const NOON: (i64, i64, i64) = (0, 12, 0);

async fn noon() -> Result<World, Problem> {
    World::at(at(NOON.0, NOON.1, NOON.2)).await
}

fn photo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media").join(name)
}

/// The draft of a revision with another text.
async fn rewritten(world: &World, id: CampaignId, text: &str) -> Result<Draft, Problem> {
    let draft = world.app.campaigns().open_revision(id, None).await?;
    let mut edit = draft.edit();
    edit.text = text.to_owned();
    world.app.campaigns().save_draft(&edit).await
}

async fn revise(world: &World, id: CampaignId, text: &str) -> Result<(), Problem> {
    let draft = rewritten(world, id, text).await?;
    world.app.campaigns().revise(draft.id, RevisionChoice::default()).await.map(drop)
}

async fn send(world: &mut World, parts: usize) -> Result<(), Problem> {
    while world.phone.sent().len() < parts {
        let soon = world.app.now() + 1_000;
        world.run_until(soon).await?;
    }
    Ok(())
}

fn texts(world: &World) -> Vec<String> {
    world.phone.sent().into_iter().filter_map(|sent| sent.text).collect()
}

/// The message to the person with this name.
async fn message(world: &World, id: CampaignId, name: &str) -> Result<MessageId, Problem> {
    let place = Place { limit: 10, ..Place::default() };
    let query = RecipientQuery { campaign_id: id, state: None, search: name.to_owned(), place };
    Ok(world.app.outbox().recipients(&query).await?.rows[0].message_id)
}

/// What the page of a message's person says was sent: the text, its version, and whether it was written for them alone.
async fn on_the_page(world: &World, id: MessageId) -> Result<(String, Option<i64>, bool), Problem> {
    let contact_id = world.app.outbox().recipient(id).await?.row.contact_id;
    let query = TimelineQuery { contact_id, only: Some(TimelineKind::Messages), place: Place::behind(None, 10) };
    let page = world.app.people().timeline(&query).await?;
    let Happening::Message(message) = &page.rows[0].what else { panic!("a message") };
    Ok((message.text.clone(), message.version, message.own))
}

async fn sound(world: &World) -> Result<(), Problem> {
    assert_eq!(world.miscounted().await?, Vec::<&str>::new(), "counters say what counting says");
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn who_waits_gets_what_was_revised_and_who_had_the_old_keeps_it() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(6).await?;
    let id = world.schedule("Hi {{name}}, we open at 9").await?;
    send(&mut world, 2).await?;
    let draft = rewritten(&world, id, "Hi {{name}}, we open at 10").await?;
    let review = world.app.campaigns().review_revision(draft.id, RevisionChoice::default()).await?;
    assert_eq!((review.had, review.will_get, review.held, review.credits, review.shortage), (2, 4, 4, 4, 0));
    world.app.campaigns().revise(draft.id, RevisionChoice::default()).await?;
    sound(&world).await?;
    world.run_until(at(0, 14, 0)).await?;
    let texts = texts(&world);
    assert_eq!(texts.iter().filter(|text| text.ends_with("at 9")).count(), 2);
    assert_eq!(texts.iter().filter(|text| text.ends_with("at 10")).count(), 4);
    let versions = world.app.campaigns().versions(id).await?;
    let told: Vec<_> = versions.iter().map(|version| (version.number, version.people, version.accepted)).collect();
    assert_eq!(told, [(1, 2, 2), (2, 4, 4)]);
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!(
        (balance.settled, balance.held, balance.released),
        (6, 0, 0),
        "the price is the same: no line says more"
    );
    assert_eq!(world.app.campaigns().live(id).await?.state, CampaignState::Finished);
    sound(&world).await
}

#[tokio::test]
async fn a_message_of_which_one_part_went_out_is_finished_as_it_began() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(2).await?;
    let draft = world.draft("old", |_| {}).await?;
    for name in ["sample.jpg", "transparent.png"] {
        world.app.campaigns().add_media(draft.id, &photo(name)).await?;
    }
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    send(&mut world, 1).await?;
    let revision = rewritten(&world, id, "new").await?;
    for file in &revision.media {
        world.app.campaigns().remove_media(revision.id, file.id).await?;
    }
    world.app.campaigns().revise(revision.id, RevisionChoice::default()).await?;
    sound(&world).await?;
    world.run_until(at(0, 14, 0)).await?;
    let seen: Vec<_> = world.phone.sent().into_iter().map(|sent| (sent.to, sent.is_image, sent.text)).collect();
    let first = seen[0].0.clone();
    let (begun, other): (Vec<_>, Vec<_>) = seen.into_iter().partition(|(to, ..)| *to == first);
    assert_eq!(begun.iter().map(|(_, image, _)| *image).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(begun[2].2.as_deref(), Some("old"));
    assert_eq!(
        other.iter().map(|(_, image, text)| (*image, text.as_deref())).collect::<Vec<_>>(),
        [(false, Some("new"))]
    );
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!((balance.settled, balance.held, balance.released), (4, 0, 2), "two photos less for one person");
    sound(&world).await
}

#[tokio::test]
async fn more_parts_hold_more_credits_or_nothing_changes_and_the_shortage_is_exact() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(10).await?;
    let free = world.app.credits().balance(Book::Practice).await?.free;
    let id = world.schedule("old").await?;
    send(&mut world, 3).await?;
    // Seven wait; two photos before the text are two parts more for each of them.
    world.app.credits().adjust(Book::Practice, 13 - (free - 10), "all but thirteen").await?;
    let draft = rewritten(&world, id, "new").await?;
    for name in ["sample.jpg", "transparent.png"] {
        world.app.campaigns().add_media(draft.id, &photo(name)).await?;
    }
    let review = world.app.campaigns().review_revision(draft.id, RevisionChoice::default()).await?;
    assert_eq!((review.held, review.credits, review.free, review.shortage), (7, 21, 13, 1));
    let refused = world.app.campaigns().revise(draft.id, RevisionChoice::default()).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.params["shortage"].to_string()), ("ledger.short", "1".to_owned()));
    assert_eq!(world.app.campaigns().draft(id).await?.text, "old");
    assert!(world.app.campaigns().versions(id).await?.is_empty());
    world.app.credits().top_up(Book::Practice, 1, "", "").await?;
    world.app.campaigns().revise(draft.id, RevisionChoice::default()).await?;
    sound(&world).await?;
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!((balance.held, balance.free), (21, 0));
    world.run_until(at(0, 20, 0)).await?;
    assert_eq!(world.app.credits().balance(Book::Practice).await?.settled, 3 + 21);
    sound(&world).await
}

#[tokio::test]
async fn a_revision_asks_for_other_values_so_some_are_skipped_and_others_are_not_any_more() -> Result<(), Problem> {
    let mut world = noon().await?;
    let with = |name: &str, phone: &str, field: &str| ContactEdit {
        name: name.to_owned(),
        phone: phone.to_owned(),
        fields: [(field.to_owned(), "x".to_owned())].into(),
        ..ContactEdit::default()
    };
    world.app.people().save_contact(&with("Ayu", "+6281255500101", "frame")).await?;
    world.app.people().save_contact(&with("Budi", "+6281255500102", "lens")).await?;
    let draft = world.draft("frame {{frame}}", |edit| edit.due_at = Some(at(0, 15, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    revise(&world, id, "lens {{lens}}").await?;
    sound(&world).await?;
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.counts.pending, live.counts.skipped, live.credits.held), (1, 1, 1));
    // And back: whoever was skipped by the revision is not any more.
    revise(&world, id, "frame {{frame}} again").await?;
    sound(&world).await?;
    revise(&world, id, "hello {{name}}").await?;
    sound(&world).await?;
    world.run_until(at(0, 14, 59)).await?;
    assert!(world.phone.sent().is_empty(), "nobody is written to before the time that the owner set");
    world.run_until(at(0, 16, 0)).await?;
    let mut texts = texts(&world);
    texts.sort();
    assert_eq!(texts, ["hello Ayu", "hello Budi"]);
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!((balance.held, balance.settled), (0, 2));
    sound(&world).await
}

#[tokio::test]
async fn what_was_on_its_way_and_came_back_goes_out_as_it_was_revised() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(1).await?;
    world.phone.answer([Outcome::Refused(Cause::Refused("busy".to_owned()))]);
    let id = world.schedule("old").await?;
    world.step().await?;
    assert_eq!(world.phone.sent().len(), 1, "its answer is not written yet");
    let draft = rewritten(&world, id, "new").await?;
    let review = world.app.campaigns().review_revision(draft.id, RevisionChoice::default()).await?;
    assert_eq!((review.on_the_way, review.will_get), (1, 0));
    world.app.campaigns().revise(draft.id, RevisionChoice::default()).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(texts(&world), ["old", "new"]);
    let ids: Vec<String> = world.phone.sent().into_iter().map(|sent| sent.wire_id).collect();
    assert_ne!(ids[0], ids[1], "another content has another id on the wire");
    sound(&world).await
}

#[tokio::test]
async fn what_is_in_doubt_keeps_its_version() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(1).await?;
    world.phone.answer([Outcome::Unknown(Cause::NoAnswer)]);
    let id = world.schedule("old").await?;
    send(&mut world, 1).await?;
    let draft = rewritten(&world, id, "new").await?;
    let review = world.app.campaigns().review_revision(draft.id, RevisionChoice::default()).await?;
    assert_eq!((review.in_doubt, review.will_get), (1, 0));
    world.app.campaigns().revise(draft.id, RevisionChoice::default()).await?;
    world.run_until(at(0, 14, 0)).await?;
    let sent = world.phone.sent();
    assert!(
        sent.len() > 1 && sent.iter().all(|one| one.text.as_deref() == Some("old") && one.wire_id == sent[0].wire_id)
    );
    sound(&world).await
}

#[tokio::test]
async fn what_failed_before_a_revision_is_tried_again_as_it_was_revised() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(2).await?;
    world.phone.answer([Outcome::Refused(Cause::Rejected("400".to_owned()))]);
    let id = world.schedule("old").await?;
    send(&mut world, 1).await?;
    world.step().await?;
    assert_eq!(world.app.campaigns().live(id).await?.counts.failed, 1);
    revise(&world, id, "new").await?;
    world.app.campaigns().retry_failed(id).await?;
    sound(&world).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(texts(&world), ["old", "new", "new"]);
    sound(&world).await
}

#[tokio::test]
async fn the_rest_goes_another_day() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(5).await?;
    // The last of them has been refused once, so its own next try is a matter of seconds.
    let id = world.schedule("hi").await?;
    send(&mut world, 1).await?;
    let tomorrow = at(1, 10, 0);
    world.app.campaigns().reschedule(id, NewTime::Rest { first: 2, at: tomorrow }).await?;
    sound(&world).await?;
    world.run_until(at(0, 21, 0)).await?;
    assert_eq!(world.phone.sent().len(), 3);
    world = world.restart().await?;
    world.run_until(tomorrow - MINUTE).await?;
    assert_eq!(world.phone.sent().len(), 3);
    world.run_until(tomorrow + HOUR).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.len(), 5);
    assert!(sent[3..].iter().all(|one| one.at >= tomorrow));
    sound(&world).await
}

#[tokio::test]
async fn a_time_that_the_owner_moves_holds_for_what_was_tried_before_too() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(1).await?;
    world.phone.answer([Outcome::Refused(Cause::Refused("busy".to_owned()))]);
    let id = world.schedule("hi").await?;
    send(&mut world, 1).await?;
    world.step().await?;
    let tomorrow: Millis = at(1, 10, 0);
    world.app.campaigns().reschedule(id, NewTime::All { at: tomorrow }).await?;
    world.run_until(tomorrow - MINUTE).await?;
    assert_eq!(world.phone.sent().len(), 1);
    world.run_until(tomorrow + HOUR).await?;
    assert_eq!(world.phone.sent().len(), 2);
    sound(&world).await
}

#[tokio::test]
async fn a_planned_campaign_moves_as_a_whole_forward_and_back() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(2).await?;
    let draft = world.draft("hi", |edit| edit.due_at = Some(at(2, 10, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.app.campaigns().reschedule(id, NewTime::All { at: at(3, 10, 0) }).await?;
    world.app.campaigns().reschedule(id, NewTime::All { at: at(1, 10, 0) }).await?;
    assert_eq!(world.app.campaigns().live(id).await?.due_at, at(1, 10, 0));
    world.run_until(at(1, 9, 59)).await?;
    assert!(world.phone.sent().is_empty());
    world.run_until(at(1, 11, 0)).await?;
    assert_eq!(world.phone.sent().len(), 2);
    let past = world.app.campaigns().reschedule(id, NewTime::All { at: at(0, 1, 0) }).await.unwrap_err();
    assert_eq!(past.code, "campaign.past");
    sound(&world).await
}

#[tokio::test]
async fn one_person_gets_a_text_of_their_own_and_keeps_it_unless_the_owner_says_otherwise() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contact("Ayu", "+6281255500101").await?;
    world.contact("Budi", "+6281255500102").await?;
    let draft = world.draft("Hi {{name}}", |edit| edit.due_at = Some(at(0, 15, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let ayu = message(&world, id, "Ayu").await?;
    world.app.campaigns().revise_text(ayu, "Dear Ayu, {{this}} is for you").await?;
    revise(&world, id, "Hello {{name}}").await?;
    sound(&world).await?;
    let view = world.app.outbox().recipient(ayu).await?;
    assert_eq!((view.version, view.own, view.revisable), (Some(2), true, Some(id)));
    assert_eq!(view.parts[0].text.as_deref(), Some("Dear Ayu, {{this}} is for you"));
    let draft = rewritten(&world, id, "Good day {{name}}").await?;
    let review = world.app.campaigns().review_revision(draft.id, RevisionChoice::default()).await?;
    assert_eq!((review.by_hand, review.will_get), (1, 1));
    let budi = message(&world, id, "Budi").await?;
    world.app.campaigns().revise(draft.id, RevisionChoice { with_own: true, ..RevisionChoice::default() }).await?;
    world.app.campaigns().revise_text(budi, "Dear Budi").await?;
    sound(&world).await?;
    world.run_until(at(0, 16, 0)).await?;
    let mut texts = texts(&world);
    texts.sort();
    assert_eq!(texts, ["Dear Budi", "Good day Ayu"]);
    let fixed = world.app.campaigns().revise_text(budi, "too late").await.unwrap_err();
    assert_eq!(fixed.code, "message.fixed");
    assert_eq!(on_the_page(&world, ayu).await?, ("Good day Ayu".to_owned(), Some(4), false));
    assert_eq!(on_the_page(&world, budi).await?, ("Dear Budi".to_owned(), Some(5), true));
    sound(&world).await
}

#[tokio::test]
async fn one_person_gets_other_files_too() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contact("Ayu", "+6281255500101").await?;
    world.contact("Budi", "+6281255500102").await?;
    let draft = world.draft("Hi {{name}}", |edit| edit.due_at = Some(at(0, 15, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let ayu = message(&world, id, "Ayu").await?;
    let own = world.app.campaigns().open_revision(id, Some(ayu)).await?;
    world.app.campaigns().add_media(own.id, &photo("sample.jpg")).await?;
    world.app.campaigns().revise(own.id, RevisionChoice::default()).await?;
    sound(&world).await?;
    let view = world.app.outbox().recipient(ayu).await?;
    assert!(view.parts.len() == 1 && view.parts[0].media_id.is_some());
    world.run_until(at(0, 16, 0)).await?;
    let shape: Vec<_> = world.phone.sent().into_iter().map(|sent| (sent.is_image, sent.text)).collect();
    assert!(shape.contains(&(true, Some("Hi Ayu".to_owned()))) && shape.contains(&(false, Some("Hi Budi".to_owned()))));
    sound(&world).await
}

#[tokio::test]
async fn who_is_erased_takes_their_own_text_along() -> Result<(), Problem> {
    let world = noon().await?;
    let person = world.contact("Ayu", "+6281255500101").await?;
    world.contact("Budi", "+6281255500102").await?;
    let draft = world.draft("Hi", |edit| edit.due_at = Some(at(0, 15, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let ayu = message(&world, id, "Ayu").await?;
    world.app.campaigns().revise_text(ayu, "Dear Ayu").await?;
    world.app.people().erase(person).await?;
    assert!(world.app.campaigns().versions(id).await?.iter().all(|version| version.only_for.is_none()));
    revise(&world, id, "Hello {{name}}").await?;
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.counts.pending, live.counts.cancelled), (1, 1), "nobody erased is written to");
    sound(&world).await
}

#[tokio::test]
async fn what_is_over_cancelled_or_a_draft_cannot_be_revised() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(1).await?;
    let draft = world.draft("hi", |_| {}).await?;
    let campaigns = world.app.clone();
    let code = |refused: Result<Draft, Problem>| refused.unwrap_err().code;
    assert_eq!(code(campaigns.campaigns().open_revision(draft.id, None).await), "campaign.not_scheduled");
    let id = campaigns.campaigns().schedule_campaign(draft.id, false).await?;
    let late = rewritten(&world, id, "late").await?;
    assert_eq!(campaigns.campaigns().schedule_campaign(late.id, false).await.unwrap_err().code, "campaign.not_a_draft");
    world.run_until(at(0, 14, 0)).await?;
    let over = campaigns.campaigns().revise(late.id, RevisionChoice::default()).await.unwrap_err();
    assert_eq!(over.code, "campaign.over");
    assert_eq!(code(campaigns.campaigns().open_revision(id, None).await), "campaign.over");
    sound(&world).await
}

#[tokio::test]
async fn a_revision_to_many_that_was_cut_off_goes_on_and_nobody_gets_the_old_in_between() -> Result<(), Problem> {
    let world = noon().await?;
    let mut edit = draft_to(&world, 1_700).await?;
    (edit.text, edit.due_at) = ("old".to_owned(), Some(at(0, 13, 0)));
    world.app.campaigns().save_draft(&edit).await?;
    let id = world.app.campaigns().schedule_campaign(edit.id, false).await?;
    let draft = rewritten(&world, id, "new").await?;
    world.app.campaigns().add_media(draft.id, &photo("sample.jpg")).await?;
    // It ends after some of its transactions, as a kill would end it.
    let app = world.app.clone();
    let revising = tokio::spawn(async move { app.campaigns().revise(draft.id, RevisionChoice::default()).await });
    let begun = |world: &World| {
        let app = world.app.clone();
        async move { app.campaigns().versions(id).await.map(|versions| versions.get(1).map_or(0, |version| version.people)) }
    };
    while begun(&world).await? == 0 {
        tokio::task::yield_now().await;
    }
    revising.abort();
    let _ = revising.await;
    let halfway = begun(&world).await?;
    assert!(halfway > 0, "it was cut off after it had begun");
    sound(&world).await?;
    let mut world = world.restart().await?;
    sound(&world).await?;
    let versions = world.app.campaigns().versions(id).await?;
    assert_eq!((versions[0].people, versions[1].people), (0, 1_700));
    world.phone.hurry(1);
    world.run_until(at(0, 15, 0)).await?;
    assert!(!world.phone.sent().is_empty() && texts(&world).iter().all(|text| text == "new"));
    sound(&world).await
}

#[tokio::test]
async fn nobody_else_sees_the_draft_of_a_revision() -> Result<(), Problem> {
    let world = noon().await?;
    world.contacts(1).await?;
    let draft = world.draft("hi", |edit| edit.due_at = Some(at(0, 15, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let first = world.app.campaigns().open_revision(id, None).await?;
    assert_eq!(world.app.campaigns().open_revision(id, None).await?.id, first.id, "what was begun goes on");
    let query = CampaignQuery { place: Place { limit: 10, ..Place::default() }, ..CampaignQuery::default() };
    let page = world.app.campaigns().list(&query).await?;
    assert_eq!((page.rows.len(), page.totals.all, page.totals.drafts), (1, 1, 0));
    assert_eq!(world.app.campaigns().preview_message(first.id, 0).await?.total, 1);
    let view = world.app.outbox().recipient(message(&world, id, "Kişi").await?).await?;
    assert_eq!((view.row.state, view.version), (PartState::Pending, None));
    assert_eq!(
        world.app.campaigns().live(id).await?.skipped.iter().filter(|line| line.reason == SkipReason::Empty).count(),
        0
    );
    world.app.campaigns().delete_draft(first.id).await?;
    sound(&world).await
}

#[tokio::test]
async fn who_keeps_their_time_keeps_it_when_the_rest_goes_before_them() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(4).await?;
    let draft = world.draft("hi", |edit| edit.due_at = Some(at(1, 10, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.app.campaigns().reschedule(id, NewTime::Rest { first: 2, at: at(0, 18, 0) }).await?;
    world.run_until(at(0, 21, 0)).await?;
    assert_eq!(world.phone.sent().len(), 2, "two today");
    world.run_until(at(1, 9, 59)).await?;
    assert_eq!(world.phone.sent().len(), 2, "and nobody before the time that they keep");
    world.run_until(at(1, 11, 0)).await?;
    assert_eq!(world.phone.sent().len(), 4);
    sound(&world).await
}

#[tokio::test]
async fn a_part_that_is_needed_again_costs_a_credit_that_must_be_free() -> Result<(), Problem> {
    let world = noon().await?;
    world.contact("Ayu", "+6281255500101").await?;
    let draft = world.draft("hi", |edit| edit.due_at = Some(at(0, 15, 0))).await?;
    world.app.campaigns().add_media(draft.id, &photo("sample.jpg")).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let ayu = message(&world, id, "Ayu").await?;
    // Too long for a caption, so it is a part of its own, and short again.
    world.app.campaigns().revise_text(ayu, &"long ".repeat(300)).await?;
    world.app.campaigns().revise_text(ayu, "short").await?;
    let free = world.app.credits().balance(Book::Practice).await?.free;
    world.app.credits().adjust(Book::Practice, -free, "none is left").await?;
    let short = world.app.campaigns().revise_text(ayu, &"long ".repeat(300)).await.unwrap_err();
    assert_eq!(short.code, "ledger.short");
    world.app.campaigns().revise_text(ayu, "shorter").await?;
    sound(&world).await?;
    world.app.credits().top_up(Book::Practice, 1, "", "").await?;
    world.app.campaigns().revise_text(ayu, &"long ".repeat(300)).await?;
    assert_eq!(world.app.credits().balance(Book::Practice).await?.free, 0);
    sound(&world).await
}

#[tokio::test]
async fn every_photo_that_was_meant_for_an_erased_person_goes() -> Result<(), Problem> {
    let world = noon().await?;
    let person = world.contact("Ayu", "+6281255500101").await?;
    world.contact("Budi", "+6281255500102").await?;
    let draft = world.draft("Hi", |edit| edit.due_at = Some(at(0, 15, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let ayu = message(&world, id, "Ayu").await?;
    for name in ["sample.jpg", "transparent.png"] {
        let own = world.app.campaigns().open_revision(id, Some(ayu)).await?;
        for file in &own.media {
            world.app.campaigns().remove_media(own.id, file.id).await?;
        }
        world.app.campaigns().add_media(own.id, &photo(name)).await?;
        world.app.campaigns().revise(own.id, RevisionChoice::default()).await?;
    }
    let begun = world.app.campaigns().open_revision(id, Some(ayu)).await?;
    assert_eq!(begun.media.len(), 1, "what waits for her is what is revised");
    world.app.people().erase(person).await?;
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM media")
        .fetch_one(&mut *world.app.db().read().acquire().await.unwrap())
        .await
        .unwrap();
    assert_eq!(kept, 0);
    sound(&world).await
}

#[tokio::test]
async fn a_campaign_that_is_cancelled_in_the_middle_of_a_revision_is_over() -> Result<(), Problem> {
    let world = noon().await?;
    world.contacts(9).await?;
    let draft = world.draft("old", |edit| edit.due_at = Some(at(0, 15, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let draft = rewritten(&world, id, "new").await?;
    let app = world.app.clone();
    let revising = tokio::spawn(async move { app.campaigns().revise(draft.id, RevisionChoice::default()).await });
    while !world.app.campaigns().live(id).await?.revising && !revising.is_finished() {
        tokio::task::yield_now().await;
    }
    revising.abort();
    let _ = revising.await;
    world.app.campaigns().cancel_campaign(id).await?;
    let mut world = world;
    world.run_until(at(0, 16, 0)).await?;
    assert!(world.phone.sent().is_empty());
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.state, live.revising, live.counts.pending), (CampaignState::Cancelled, false, 0));
    sound(&world).await
}

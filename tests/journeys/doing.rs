//! What a campaign is said to be doing while others run, wait or are paused; its result; and those whom it left out.

use std::collections::BTreeMap;

use ulak_core::app::{AttentionKind, Problem};
use ulak_core::campaign::doing::Doing;
use ulak_core::campaign::live::WaitKind;
use ulak_core::clock::{DAY, MINUTE};
use ulak_core::contact::{Contact, ContactEdit};
use ulak_core::ids::CampaignId;
use ulak_core::outbox::state::SkipReason;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::Outcome;
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

use crate::at;
use crate::lists::everything;

async fn said(world: &World, id: CampaignId) -> Result<(Doing, WaitKind), Problem> {
    let live = world.app.campaigns().live(id).await?;
    let rows = world.app.campaigns().list(&everything()).await?.rows;
    let row = rows.iter().find(|row| row.id == id).map(|row| row.doing);
    assert_eq!(row, Some(live.doing), "the list says the same as its own page");
    Ok((live.doing, live.wait.kind))
}

#[tokio::test]
async fn only_what_is_being_sent_is_said_to_be() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(5).await?;
    let friday = at(1, 12, 0);
    let planned = world.draft("Cuma", |edit| edit.due_at = Some(friday)).await?.id;
    world.app.campaigns().schedule_campaign(planned, false).await?;
    world.step().await?;
    assert_eq!(said(&world, planned).await?, (Doing::Planned, WaitKind::Due));
    let now = world.app.home().now_view().await?;
    assert_eq!((now.campaign_id, now.doing, now.wait.until), (Some(planned), Some(Doing::Planned), Some(friday)));
    let first = world.schedule("Merhaba").await?;
    let second = world.draft("Selam", |edit| edit.priority = 6).await?.id;
    world.app.campaigns().schedule_campaign(second, false).await?;
    while world.phone.sent().is_empty() {
        world.step().await?;
    }
    world.step().await?;
    assert_eq!(said(&world, first).await?.0, Doing::Sending);
    assert_eq!(said(&world, second).await?, (Doing::Behind, WaitKind::Turn));
    assert_eq!(world.app.campaigns().live(second).await?.wait.behind.as_deref(), Some("Test"));
    assert_eq!(said(&world, planned).await?, (Doing::Planned, WaitKind::Due));
    assert_eq!(world.app.home().now_view().await?.campaign_id, Some(first));
    Ok(())
}

async fn finish(world: &World, id: CampaignId) -> Result<i64, Problem> {
    Ok(world.app.campaigns().live(id).await?.finishes_at.unwrap_or(0))
}

#[tokio::test]
async fn a_campaign_is_through_behind_those_that_go_first() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(60).await?;
    let first = world.schedule("Merhaba").await?;
    let second = world.draft("Selam", |edit| edit.priority = 6).await?.id;
    world.app.campaigns().schedule_campaign(second, false).await?;
    let urgent = world.draft("Hemen", |edit| edit.priority = 1).await?.id;
    while world.phone.sent().is_empty() {
        world.step().await?;
    }
    world.step().await?;
    let (sent, behind) = (finish(&world, first).await?, finish(&world, second).await?);
    let alone = sent - world.app.now();
    assert!(behind > sent && (behind - sent - alone).abs() < MINUTE, "{sent}, {behind}");
    let draft = world.app.campaigns().review_campaign(urgent).await?;
    assert!(draft.finishes_at.is_some_and(|finish| finish < behind), "what goes first by its priority is not behind");
    world.app.campaigns().schedule_campaign(urgent, false).await?;
    world.step().await?;
    assert!(finish(&world, second).await? >= behind + alone - MINUTE, "and what it goes before is through later");
    Ok(())
}

#[tokio::test]
async fn while_everything_is_paused_nothing_is_said_to_be_sent_or_to_have_an_end() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(5).await?;
    let running = world.schedule("Merhaba").await?;
    let planned = world.draft("Cuma", |edit| edit.due_at = Some(at(1, 12, 0))).await?.id;
    world.app.campaigns().schedule_campaign(planned, false).await?;
    world.step().await?;
    assert!(world.app.campaigns().live(running).await?.finishes_at.is_some());
    world.app.outbox().pause_everything().await?;
    for id in [running, planned] {
        assert_eq!(said(&world, id).await?, (Doing::PausedAll, WaitKind::PausedAll));
        assert_eq!(world.app.campaigns().live(id).await?.finishes_at, None);
    }
    let now = world.app.home().now_view().await?;
    assert_eq!((now.doing, now.hours_until), (Some(Doing::PausedAll), None));
    world.app.outbox().resume_everything().await?;
    world.app.campaigns().pause_campaign(running).await?;
    assert_eq!(said(&world, running).await?, (Doing::Paused, WaitKind::Paused));
    Ok(())
}

#[tokio::test]
async fn while_its_only_number_is_not_connected_no_end_is_told() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(60).await?;
    let id = world.schedule("Merhaba").await?;
    world.step().await?;
    assert!(world.app.campaigns().live(id).await?.finishes_at.is_some());
    let mut world = world.connect(0, false).await?;
    world.decide().await?;
    assert_eq!(said(&world, id).await?, (Doing::Waiting, WaitKind::NotConnected));
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.finishes_at, live.breaks_at), (None, None));
    Ok(())
}

async fn failed(world: &World) -> Result<Vec<(CampaignId, i64)>, Problem> {
    let attention = world.app.home().view().await?.attention.into_iter();
    Ok(attention
        .filter(|one| one.kind == AttentionKind::Failed)
        .filter_map(|one| Some((one.campaign_id?, one.count)))
        .collect())
}

#[tokio::test]
async fn what_failed_is_to_be_done_until_its_owner_has_seen_to_it_and_again_once_more_fails() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(3).await?;
    let refused = || Outcome::Refused(Cause::InvalidMessage);
    world.numbers[0].phone.answer([refused(), Outcome::Accepted, refused()]);
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 12, 30)).await?;
    assert_eq!(failed(&world).await?, [(id, 2)]);
    world.app.home().failures_seen(id).await?;
    assert_eq!(failed(&world).await?, []);
    let mut world = world.restart().await?;
    assert_eq!(failed(&world).await?, []);
    world.numbers[0].phone.answer([refused(), Outcome::Accepted]);
    assert_eq!(world.app.campaigns().retry_failed(id).await?, 2);
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(failed(&world).await?, [(id, 1)], "it failed again");
    Ok(())
}

#[tokio::test]
async fn the_end_of_the_hours_is_told_only_of_a_campaign_that_keeps_them() -> Result<(), Problem> {
    for keep_hours in [true, false] {
        let mut world = World::at(at(0, 12, 0)).await?;
        world.contacts(5).await?;
        let id = world.draft("Merhaba", |edit| edit.keep_hours = keep_hours).await?.id;
        world.app.campaigns().schedule_campaign(id, false).await?;
        while world.phone.sent().is_empty() {
            world.step().await?;
        }
        world.step().await?;
        let now = world.app.home().now_view().await?;
        assert_eq!((now.doing, now.hours_until), (Some(Doing::Sending), keep_hours.then_some(at(0, 22, 0))));
    }
    Ok(())
}

#[tokio::test]
async fn a_result_is_told_until_it_was_seen_or_is_no_news() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    let first = world.schedule("Merhaba").await?;
    assert!(world.app.home().now_view().await?.finished.is_none());
    world.run_until(at(0, 14, 0)).await?;
    let told = world.app.home().now_view().await?.finished;
    assert_eq!(told.map(|told| (told.id, told.sent, told.total)), Some((first, 3, 3)));
    assert_eq!(world.app.home().view().await?.result.map(|result| result.id), Some(first));
    world.app.home().result_seen(first).await?;
    assert!(world.app.home().now_view().await?.finished.is_none());
    let cancelled = world.draft("Cuma", |edit| edit.due_at = Some(at(1, 12, 0))).await?.id;
    world.app.campaigns().schedule_campaign(cancelled, false).await?;
    world.app.campaigns().cancel_campaign(cancelled).await?;
    assert!(world.app.home().now_view().await?.finished.is_none(), "a cancel is no result");
    let second = world.schedule("Selam").await?;
    world.run_until(at(0, 16, 0)).await?;
    assert_eq!(world.app.home().now_view().await?.finished.map(|told| told.id), Some(second));
    world.clock.set(at(0, 16, 0) + 8 * DAY);
    assert!(world.app.home().now_view().await?.finished.is_none());
    Ok(())
}

/// More results than any list of the newest campaigns would hold, and the oldest draft of all ends last.
#[tokio::test]
async fn the_result_that_is_told_is_of_what_ended_last_however_old_its_draft_is() -> Result<(), Problem> {
    let mut world = World::at(at(0, 9, 0)).await?;
    world.contacts(1).await?;
    let old = world.draft("Eski taslak", |edit| edit.due_at = Some(at(0, 20, 0))).await?.id;
    world.app.campaigns().schedule_campaign(old, false).await?;
    let mut newer = Vec::new();
    for _ in 0..25 {
        newer.push(world.schedule("Merhaba").await?);
    }
    world.run_until(at(0, 19, 0)).await?;
    let told = world.app.home().now_view().await?.finished.map(|told| told.id);
    assert!(told.is_some_and(|id| newer.contains(&id)));
    world.run_until(at(0, 21, 0)).await?;
    assert_eq!(world.app.home().now_view().await?.finished.map(|told| told.id), Some(old));
    // What was seen stays seen, however much there is of it.
    let mut seen = Vec::new();
    while let Some(told) = world.app.home().now_view().await?.finished {
        world.app.home().result_seen(told.id).await?;
        seen.push(told.id);
    }
    seen.sort();
    newer.push(old);
    newer.sort();
    assert_eq!(seen, newer);
    Ok(())
}

#[tokio::test]
async fn whoever_was_left_out_gets_it_once_the_reason_is_mended_and_nobody_gets_it_twice() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(2).await?;
    let silent = ["+905385550101", "+905385550102"];
    for phone in silent {
        let edit = ContactEdit { name: "Deniz".to_owned(), phone: phone.to_owned(), ..ContactEdit::default() };
        world.app.people().save_contact(&edit).await?;
    }
    let draft = world.draft("Merhaba", |edit| edit.consent_basis = String::new()).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), 2);
    let left_out = world.app.outbox().skipped_for(id, SkipReason::NoConsent, None, 10).await?;
    assert_eq!(left_out.len(), 2);
    assert!(world.app.outbox().skipped_for(id, SkipReason::GrayList, None, 10).await?.is_empty());

    let again = world.app.campaigns().draft_for_skipped(id, SkipReason::NoConsent, None).await?;
    let review = world.app.campaigns().review_campaign(again.id).await?;
    assert_eq!((review.people, review.will_send), (2, 0), "nothing is mended yet");
    let edit = ulak_core::campaign::draft::DraftEdit { consent_basis: "customers".to_owned(), ..again.edit() };
    let again = world.app.campaigns().save_draft(&edit).await?;
    world.app.campaigns().schedule_campaign(again.id, false).await?;
    world.run_until(at(0, 16, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.len(), 4);
    assert!(silent.iter().all(|phone| sent.iter().filter(|part| part.to == *phone).count() == 1));
    let third = world.app.campaigns().draft_for_skipped(id, SkipReason::NoConsent, None).await?;
    assert_eq!(world.app.campaigns().review_campaign(third.id).await?.people, 0, "they have got it");
    Ok(())
}

/// Each line of what is missing leads to the people who lack that, and "send to them now" reaches them alone.
#[tokio::test]
async fn who_lacks_one_thing_is_told_apart_from_who_lacks_another() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    for (name, phone, size) in
        [("Elif", "+905385550101", ""), ("", "+905385550102", "XL"), ("Ömer", "+905385550103", "M")]
    {
        let fields = BTreeMap::from([("size".to_owned(), size.to_owned())]);
        let edit = ContactEdit { name: name.to_owned(), phone: phone.to_owned(), fields, ..ContactEdit::default() };
        world.app.people().save_contact(&edit).await?;
        world.clock.set(world.app.now() + 1);
    }
    let campaigns = world.app.campaigns();
    let draft = world.draft("{{name}}: {{size}}", |_| {}).await?.id;
    let phones = |found: Vec<Contact>| found.into_iter().map(|one| one.phone).collect::<Vec<_>>();
    let of = |variable| campaigns.skipped_people(draft, SkipReason::MissingVariable, variable, 10);
    assert_eq!(phones(of(Some("name")).await?), ["+905385550102"]);
    assert_eq!(phones(of(Some("size")).await?), ["+905385550101"]);
    assert_eq!(of(None).await?.len(), 2);
    let id = campaigns.schedule_campaign(draft, false).await?;
    let skipped = |variable| world.app.outbox().skipped_for(id, SkipReason::MissingVariable, variable, 10);
    let named: Vec<String> = skipped(Some("size")).await?.into_iter().map(|row| row.name).collect();
    assert_eq!(
        (named, skipped(Some("name")).await?.len(), skipped(None).await?.len()),
        (vec!["Elif".to_owned()], 1, 2)
    );
    let again = campaigns.draft_for_skipped(id, SkipReason::MissingVariable, Some("size".to_owned())).await?;
    assert_eq!(campaigns.review_campaign(again.id).await?.people, 1);
    Ok(())
}

#[tokio::test]
async fn a_fresh_draft_states_no_basis_that_its_owner_did_not_state() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    assert_eq!(world.app.campaigns().create_draft().await?.consent_basis, "");
    Ok(())
}

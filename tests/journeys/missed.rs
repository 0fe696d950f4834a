//! Campaigns whose time passes while the computer sleeps or Ulak is closed: asked once, held back until then.

use ulak_core::app::{MissedAnswer, Problem};
use ulak_core::campaign::CampaignState;
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::campaign::live::WaitKind;
use ulak_core::category::Category;
use ulak_core::clock::{MINUTE, Millis};
use ulak_core::ids::CampaignId;
use ulak_core::outbox::missed::TOLERATED;
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

use crate::at;

async fn planned(world: &World, due_at: Millis) -> Result<CampaignId, Problem> {
    let number = world.numbers[0].id;
    let edit = |edit: &mut DraftEdit| {
        (edit.due_at, edit.category, edit.session_ids) = (Some(due_at), Category::Notification, vec![number]);
    };
    let id = world.draft("Merhaba", edit).await?.id;
    world.app.campaigns().schedule_campaign(id, false).await?;
    Ok(id)
}

/// A shop with three contacts and one number, on a Thursday at noon.
async fn shop() -> Result<World, Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(3).await?;
    Ok(world)
}

fn sent(world: &World) -> usize {
    world.numbers[0].phone.sent().len()
}

async fn asked(world: &World) -> Result<Vec<(CampaignId, Millis)>, Problem> {
    Ok(world.app.campaigns().missed().await?.into_iter().map(|missed| (missed.id, missed.goes_at)).collect())
}

#[tokio::test]
async fn what_was_missed_while_closed_waits_for_its_answer_and_without_one_for_the_next_hours() -> Result<(), Problem> {
    let world = shop().await?;
    let id = planned(&world, at(0, 14, 0)).await?;
    world.clock.set(at(0, 17, 0));
    let mut world = world.restart().await?;
    world.run_until(at(0, 17, 30)).await?;
    assert_eq!((asked(&world).await?, sent(&world)), (vec![(id, at(1, 9, 0))], 0));
    let wait = world.app.campaigns().live(id).await?.wait;
    assert_eq!((wait.kind, wait.until), (WaitKind::Missed, Some(at(1, 9, 0))));
    // Killed between the question and the answer: it is the same question, and nothing goes out.
    world.clock.set(at(0, 21, 0));
    let mut world = world.restart().await?;
    world.run_until(at(1, 8, 59)).await?;
    assert_eq!((asked(&world).await?, sent(&world)), (vec![(id, at(1, 9, 0))], 0));
    world.run_until(at(1, 9, 5)).await?;
    assert_eq!((asked(&world).await?, sent(&world)), (vec![], 3));
    Ok(())
}

#[tokio::test]
async fn a_sleep_is_noticed_by_the_clock_and_ten_minutes_are_nothing() -> Result<(), Problem> {
    for (late, missed) in [(TOLERATED, false), (TOLERATED + MINUTE, true)] {
        let mut world = shop().await?;
        let id = planned(&world, at(0, 14, 0)).await?;
        world.run_until(at(0, 13, 0)).await?;
        world.sleep(at(0, 14, 0) + late).await;
        world.run_until(at(0, 15, 0)).await?;
        assert_eq!((asked(&world).await?.iter().any(|(asked, _)| *asked == id), sent(&world) == 3), (missed, !missed));
    }
    Ok(())
}

#[tokio::test]
async fn what_had_begun_goes_on_and_what_was_paused_by_its_owner_was_not_missed() -> Result<(), Problem> {
    let mut world = shop().await?;
    let begun = planned(&world, at(0, 12, 0)).await?;
    let paused = planned(&world, at(0, 14, 0)).await?;
    world.app.campaigns().pause_campaign(paused).await?;
    world.step().await?;
    world.sleep(at(0, 16, 0)).await;
    world.run_until(at(0, 16, 30)).await?;
    assert_eq!((asked(&world).await?, sent(&world), world.counts(begun).await?.sent), (vec![], 3, 3));
    world.app.campaigns().resume_campaign(paused).await?;
    world.run_until(at(0, 17, 0)).await?;
    assert_eq!((asked(&world).await?, sent(&world)), (vec![], 6));
    Ok(())
}

#[tokio::test]
async fn each_of_many_gets_its_own_answer_and_each_answer_does_what_it_says() -> Result<(), Problem> {
    let mut world = shop().await?;
    let mut all = Vec::new();
    for minute in 0..4 {
        all.push(planned(&world, at(0, 14, minute)).await?);
    }
    world.sleep(at(0, 16, 0)).await;
    world.run_until(at(0, 16, 1)).await?;
    assert_eq!(asked(&world).await?.iter().map(|(id, _)| *id).collect::<Vec<_>>(), all, "the first due is first");
    let answer =
        async |world: &World, place: usize, answer| world.app.campaigns().answer_missed(all[place], answer).await;
    answer(&world, 0, MissedAnswer::Now).await?;
    answer(&world, 1, MissedAnswer::NextWindow).await?;
    answer(&world, 2, MissedAnswer::At { at: at(0, 20, 0) }).await?;
    answer(&world, 3, MissedAnswer::Cancel).await?;
    let past = answer(&world, 1, MissedAnswer::At { at: at(0, 10, 0) }).await;
    assert!(past.is_err(), "no time that has passed");
    assert_eq!(asked(&world).await?, []);
    let again = answer(&world, 1, MissedAnswer::Now).await;
    assert_eq!(again.err().map(|problem| problem.code).as_deref(), Some("campaign.not_missed"));
    let state = async |world: &World, place: usize| world.app.campaigns().live(all[place]).await.map(|live| live.state);
    assert_eq!(
        (state(&world, 2).await?, state(&world, 3).await?),
        (CampaignState::Scheduled, CampaignState::Cancelled)
    );
    let sent_of = async |world: &World| -> Result<Vec<i64>, Problem> {
        let mut sent = Vec::new();
        for id in &all {
            sent.push(world.counts(*id).await?.sent);
        }
        Ok(sent)
    };
    world.run_until(at(0, 19, 59)).await?;
    assert_eq!(sent_of(&world).await?, [3, 0, 0, 0]);
    let wait = world.app.campaigns().live(all[1]).await?.wait;
    assert_eq!((wait.kind, wait.until), (WaitKind::Due, Some(at(1, 9, 0))), "it asks no more");
    world.run_until(at(0, 21, 0)).await?;
    assert_eq!(sent_of(&world).await?, [3, 0, 3, 0]);
    world.run_until(at(1, 9, 30)).await?;
    assert_eq!(sent_of(&world).await?, [3, 3, 3, 0]);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn another_time_can_be_missed_like_the_first() -> Result<(), Problem> {
    let mut world = shop().await?;
    let id = planned(&world, at(0, 14, 0)).await?;
    world.sleep(at(0, 16, 0)).await;
    world.run_until(at(0, 16, 1)).await?;
    world.app.campaigns().answer_missed(id, MissedAnswer::At { at: at(1, 10, 0) }).await?;
    world.sleep(at(1, 15, 0)).await;
    world.run_until(at(1, 15, 1)).await?;
    assert_eq!((asked(&world).await?, sent(&world)), (vec![(id, at(2, 9, 0))], 0));
    Ok(())
}

#[tokio::test]
async fn nothing_is_missed_before_its_hours_opened_or_behind_a_clock_that_was_set_back() -> Result<(), Problem> {
    let mut world = shop().await?;
    let night = planned(&world, at(0, 23, 0)).await?;
    world.sleep(at(1, 3, 0)).await;
    world.run_until(at(1, 3, 1)).await?;
    assert_eq!(asked(&world).await?, [], "it may not go out before nine");
    world.clock.set(at(0, 11, 0));
    world.run_until(at(1, 9, 5)).await?;
    assert_eq!((asked(&world).await?, world.counts(night).await?.sent), (vec![], 3));
    Ok(())
}

#[tokio::test]
async fn hours_that_are_widened_while_ulak_watches_miss_nothing() -> Result<(), Problem> {
    let mut world = shop().await?;
    let mut settings = world.app.settings().current().await?;
    let closed = ulak_core::settings::ClosedDay { day: "2026-11-12".parse().unwrap(), name: String::new() };
    settings.closed_days = vec![closed];
    world.app.settings().save_settings(&settings).await?;
    let id = planned(&world, at(0, 13, 0)).await?;
    world.run_until(at(0, 16, 0)).await?;
    while world.step().await? {}
    settings.closed_days = vec![];
    world.app.settings().save_settings(&settings).await?;
    world.run_until(at(0, 16, 1)).await?;
    assert_eq!((asked(&world).await?, world.counts(id).await?.sent), (vec![], 3));
    Ok(())
}

#[tokio::test]
async fn what_a_wrong_clock_missed_is_looked_at_anew() -> Result<(), Problem> {
    let world = shop().await?;
    let id = planned(&world, at(1, 14, 0)).await?;
    world.clock.set(at(900, 12, 0));
    let mut world = world.restart().await?;
    world.run_until(at(900, 12, 1)).await?;
    assert_eq!(asked(&world).await?.len(), 1);
    world.clock.set(at(0, 12, 0));
    world.run_until(at(1, 14, 5)).await?;
    assert_eq!((asked(&world).await?, world.counts(id).await?.sent), (vec![], 3));
    Ok(())
}

#[tokio::test]
async fn an_answer_that_comes_too_late_changes_nothing() -> Result<(), Problem> {
    let mut world = shop().await?;
    let id = planned(&world, at(0, 14, 0)).await?;
    world.sleep(at(0, 16, 0)).await;
    world.run_until(at(1, 9, 0) + 1_500).await?;
    let late = world.app.campaigns().answer_missed(id, MissedAnswer::At { at: at(2, 10, 0) }).await;
    assert_eq!(late.err().map(|problem| problem.code).as_deref(), Some("campaign.not_missed"));
    world.run_until(at(1, 9, 5)).await?;
    assert_eq!(world.counts(id).await?.sent, 3);
    Ok(())
}

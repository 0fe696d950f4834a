//! A campaign pauses itself when too much of it fails, or too many opt out.

use std::sync::Arc;

use ulak_core::app::Problem;
use ulak_core::campaign::CampaignState;
use ulak_core::category::Category;
use ulak_core::ids::CampaignId;
use ulak_core::outbox::stopping::StoppedFor;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::Signal;
use ulak_core::session::messenger::Outcome;
use ulak_core::template::{Choice, ChoiceStyle};
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;

async fn campaign(contacts: usize) -> Result<(World, CampaignId), Problem> {
    let world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    world.contacts(contacts).await?;
    let number = world.numbers[0].id;
    let draft = world
        .draft("Merhaba", |edit| (edit.category, edit.session_ids) = (Category::Notification, vec![number]))
        .await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    Ok((world, draft.id))
}

fn answers(world: &World, failed: usize, accepted: usize) {
    let phone = Arc::clone(&world.numbers[0].phone);
    phone.answer((0..failed).map(|_| Outcome::Refused(Cause::NotOnWhatsapp)));
    phone.answer((0..accepted).map(|_| Outcome::Accepted));
}

async fn stopped(world: &World, id: CampaignId) -> Result<Option<StoppedFor>, Problem> {
    let live = world.app.campaigns().live(id).await?;
    assert_eq!(live.stopped_for.is_some(), live.state == CampaignState::Paused);
    Ok(live.stopped_for)
}

fn told(world: &World) -> Vec<String> {
    world.app.notices().into_iter().map(|notice| notice.problem.code).collect()
}

#[tokio::test]
async fn a_message_of_two_parts_counts_once() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    world.contacts(80).await?;
    let number = world.numbers[0].id;
    let options = vec!["Yes".to_owned(), "No".to_owned()];
    let poll = Choice { style: ChoiceStyle::Poll, question: "Will you come?".to_owned(), options };
    let draft = world
        .draft("Merhaba", |edit| {
            (edit.category, edit.session_ids, edit.choice) = (Category::Notification, vec![number], Some(poll));
        })
        .await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    // Sixteen of fifty people: the two parts of the others are not twice as many successes.
    answers(&world, 15, 2 * 34);
    answers(&world, 1, 0);
    world.run_until(at(0, 11, 0)).await?;
    assert_eq!(stopped(&world, draft.id).await?, Some(StoppedFor::Failures));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn sixteen_failures_of_fifty_stop_it_once_and_going_on_counts_anew() -> Result<(), Problem> {
    let (mut world, id) = campaign(80).await?;
    answers(&world, 15, 35);
    world.run_until(at(0, 10, 1)).await?;
    assert_eq!(stopped(&world, id).await?, None, "fifteen of fifty are the share that is allowed");
    let (mut world, id) = campaign(80).await?;
    answers(&world, 8, 10);
    answers(&world, 8, 0);
    world.run_until(at(0, 10, 10)).await?;
    assert_eq!(
        (stopped(&world, id).await?, told(&world)),
        (Some(StoppedFor::Failures), vec!["stopped.failures".to_owned()])
    );
    let counts = world.counts(id).await?;
    assert_eq!((counts.failed, counts.sent), (16, 10), "nothing goes out behind the one that was too much");
    let mut world = world.restart().await?;
    world.run_until(at(0, 10, 20)).await?;
    assert_eq!(stopped(&world, id).await?, Some(StoppedFor::Failures), "a start does not let it go on");
    assert!(told(&world).is_empty(), "it is told once");
    world.app.campaigns().resume_campaign(id).await?;
    answers(&world, 15, 30);
    world.run_until(at(0, 11, 0)).await?;
    assert_eq!(stopped(&world, id).await?, None);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn five_who_opt_out_of_few_stop_it_and_the_owner_may_let_everything_pass() -> Result<(), Problem> {
    for (most, wanted) in [(5, Some(StoppedFor::OptOuts)), (0, None)] {
        let (mut world, id) = campaign(60).await?;
        let mut settings = world.app.settings().current().await?;
        settings.stop_opted_out_percent = most;
        world.app.settings().save_settings(&settings).await?;
        while world.numbers[0].phone.sent().len() < 20 {
            world.run_until(world.app.now() + 1_000).await?;
        }
        let number = world.numbers[0].id;
        for (place, sent) in world.numbers[0].phone.sent().iter().take(5).enumerate() {
            assert_eq!(stopped(&world, id).await?, None);
            let answer = reply(&format!("S{place}"), &sent.to, "STOP", world.app.now());
            world.hear(number, &Signal::Reply(answer)).await?;
        }
        world.step().await?;
        assert_eq!(stopped(&world, id).await?, wanted);
        assert_eq!(told(&world), wanted.map(|_| "stopped.opt_outs".to_owned()).into_iter().collect::<Vec<_>>());
    }
    Ok(())
}

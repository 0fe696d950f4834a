//! What a restart for a newer version waits for, and what it does not.

use ulak_core::app::Problem;
use ulak_core::app::updates::OnItsWay;
use ulak_core::testing::World;

use crate::at;

fn sending(name: Option<&str>) -> Option<OnItsWay> {
    Some(OnItsWay::Sending { name: name.map(str::to_owned) })
}

#[tokio::test]
async fn a_campaign_is_waited_for_while_it_is_sent_and_not_while_it_is_planned_paused_or_over() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    assert_eq!(world.app.on_its_way().await?, None);
    let planned = world.draft("Cuma", |edit| edit.due_at = Some(at(1, 12, 0))).await?.id;
    world.app.campaigns().schedule_campaign(planned, false).await?;
    world.step().await?;
    assert_eq!(world.app.on_its_way().await?, None);
    let running = world.schedule("Merhaba").await?;
    world.step().await?;
    assert_eq!(world.app.on_its_way().await?, sending(Some("Test")));
    world.app.campaigns().pause_campaign(running).await?;
    // The answer of the part that went out before is written with the next decision.
    assert_eq!(world.app.on_its_way().await?, sending(None));
    world.step().await?;
    assert_eq!(world.app.on_its_way().await?, None);
    world.app.campaigns().resume_campaign(running).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), 3);
    assert_eq!(world.app.on_its_way().await?, None);
    Ok(())
}

#[tokio::test]
async fn a_part_that_was_handed_over_is_waited_for_though_everything_is_paused() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(1).await?;
    world.schedule("Merhaba").await?;
    world.phone.be_silent();
    world.decide().await?;
    world.decide().await?;
    world.app.outbox().pause_everything().await?;
    assert_eq!(world.app.on_its_way().await?, sending(None));
    Ok(())
}

//! A full disk while sending, a folder opened twice.

use ulak_core::app::{App, Problem};
use ulak_core::campaign::CampaignState;
use ulak_core::testing::{World, key};

use crate::at;

#[tokio::test]
async fn on_a_full_disk_sending_waits_and_then_goes_on() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(400).await?;
    let id = world.schedule(&"Merhaba {{name}} ".repeat(20)).await?;
    let db = world.app.db();
    let pages = db.page_count().await?;
    db.limit_pages(pages).await?;
    let stopped = world.run_until(at(0, 13, 0)).await.err();
    assert_eq!(stopped.map(|problem| problem.code), Some("storage.full".to_owned()));
    let tries = world.phone.sent().len();
    assert!(tries < 400);
    world.app.db().limit_pages(1_000_000).await?;
    world.run_until(at(0, 20, 0)).await?;
    let mut phones: Vec<String> = world.phone.sent().into_iter().map(|sent| sent.to).collect();
    assert_eq!(phones.len(), 400, "nobody twice");
    phones.sort();
    phones.dedup();
    assert_eq!(phones.len(), 400, "nobody forgotten");
    assert_eq!(world.app.campaigns().live(id).await?.state, CampaignState::Finished);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_folder_is_open_once() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let second = App::by_hand(world.folder.path(), &key(), world.clock.clone(), world.phone.clone()).await;
    assert_eq!(second.err().map(|problem| problem.code), Some("storage.in_use".to_owned()));
    Ok(())
}

#[tokio::test]
async fn another_key_opens_nothing() -> Result<(), Problem> {
    let World { app, clock, phone, folder, .. } = World::at(at(0, 12, 0)).await?;
    app.db().close().await;
    drop(app);
    let other = zeroize::Zeroizing::new([9; 32]);
    let opened = App::by_hand(folder.path(), &other, clock, phone).await;
    assert_eq!(opened.err().map(|problem| problem.code), Some("storage.wrong_key".to_owned()));
    Ok(())
}

/// Four hundred messages write some 50 MB into the log, tenfold what they add to the data.
#[tokio::test]
async fn on_a_short_disk_the_log_is_taken_in_early() -> Result<(), Problem> {
    const FREE: u64 = 30 << 20;
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(400).await?;
    world.schedule("Merhaba {{name}}").await?;
    let log = world.folder.path().join("ulak.db-wal");
    world.app.db().take_in_log().await?;
    world.app.db().pretend_free(FREE);
    world.app.db().fit_log().await?;
    let mut longest = 0;
    while world.phone.sent().len() < 400 {
        world.step().await?;
        longest = longest.max(log.metadata().unwrap().len());
        if let Some(until) = world.app.dispatcher().wait().until {
            world.clock.set(until);
        }
    }
    assert!(longest < FREE / 8, "{longest} bytes of log");
    world.app.credits().ledger_holds().await
}

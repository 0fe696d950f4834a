//! A full disk while sending, a scheduling that is cut off, a folder opened twice.

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
async fn a_scheduling_that_was_cut_off_is_finished_at_the_next_start() -> Result<(), Problem> {
    cut_off_scheduling(false).await
}

#[tokio::test]
async fn a_scheduling_that_was_cut_off_goes_on_when_asked_again() -> Result<(), Problem> {
    cut_off_scheduling(true).await
}

async fn parts(world: &World) -> Result<i64, Problem> {
    let count = sqlx::query_scalar("SELECT count(*) FROM parts")
        .fetch_one(&mut *world.app.db().read().acquire().await.unwrap())
        .await;
    Ok(count.map_err(ulak_core::db::StorageError::from)?)
}

async fn cut_off_scheduling(at_once: bool) -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    many_contacts(&world, 29_000).await?;
    world.app.credits().top_up(ulak_core::ledger::Book::Practice, 40_000, "", "").await?;
    let draft = world.draft("Merhaba", |_| {}).await?;
    // The first 25,000 are in, then there is no room for the rest.
    let id = draft.id;
    let pages = world.app.db().page_count().await?;
    let mut room = 400;
    while parts(&world).await? == 0 {
        world.app.db().limit_pages(pages + room).await?;
        let stopped = world.app.campaigns().schedule_campaign(id, false).await.err().map(|problem| problem.code);
        assert_eq!(stopped.as_deref(), Some("storage.full"));
        room += 400;
    }
    assert_eq!(parts(&world).await?, 25_000);
    world.run_until(at(0, 12, 30)).await?;
    assert!(world.phone.sent().is_empty(), "nothing goes out before everybody is in");
    if at_once {
        world.app.db().limit_pages(1_000_000).await?;
        world.app.campaigns().schedule_campaign(id, false).await?;
    }
    let world = world.restart().await?;
    let live = world.app.campaigns().live(id).await?;
    assert_eq!(live.counts.pending, 29_000);
    assert_eq!(world.app.credits().balance(ulak_core::ledger::Book::Practice).await?.held, 29_000);
    world.app.credits().ledger_holds().await
}

async fn many_contacts(world: &World, count: i64) -> Result<(), Problem> {
    let db = world.app.db();
    let mut tx = db.begin().await?;
    let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO contacts (id, phone, name, email, fields, search, standing, created_at, updated_at)
         SELECT randomblob(16), '+90532' || (5550000 + i), 'Kişi ' || i, '', '{}', 'kisi', 'normal', 0, 0 FROM n";
    sqlx::query(insert).bind(count).execute(&mut *tx).await.map_err(ulak_core::db::StorageError::from)?;
    Ok(db.commit(tx).await?)
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

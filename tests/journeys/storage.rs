//! A full disk while sending, a folder opened twice, data that are damaged while they are open.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use ulak_core::app::{App, Problem};
use ulak_core::campaign::CampaignState;
use ulak_core::outbox::dispatcher::InFlight;
use ulak_core::outbox::plan::Why;
use ulak_core::outbox::receipt::{self, Inbox};
use ulak_core::session::messenger::{Receipt, ReceiptKind};
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

/// The dispatcher runs until it says why it waits; nothing of that is a notice.
async fn waits_for(world: &World, why: Why) -> Result<(), Problem> {
    let (stop, stopped) = watch::channel(false);
    let dispatcher = world.app.dispatcher().clone();
    let sending = tokio::spawn(async move { dispatcher.run(&mut InFlight::default(), stopped).await });
    let mut wait = world.app.dispatcher().watch();
    timeout(DEADLINE, wait.wait_for(|wait| wait.why == why)).await.unwrap().unwrap();
    stop.send(true).unwrap();
    timeout(DEADLINE, sending).await.unwrap().unwrap();
    assert!(world.app.notices().is_empty(), "it has a sentence of its own");
    Ok(())
}

async fn goes_on(world: &mut World, people: usize) -> Result<(), Problem> {
    world.run_until(at(0, 20, 0)).await?;
    let phones: std::collections::BTreeSet<String> = world.phone.sent().into_iter().map(|sent| sent.to).collect();
    assert_eq!((world.phone.sent().len(), phones.len()), (people, people), "nobody twice, nobody forgotten");
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn while_nothing_can_be_written_sending_waits_in_its_own_words() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(20).await?;
    world.schedule("Merhaba {{name}}").await?;
    world.app.db().forbid_writing(true).await?;
    let stopped = world.run_until(at(0, 13, 0)).await.err();
    assert_eq!(stopped.map(|problem| problem.code), Some("storage.read_only".to_owned()));
    assert_eq!(world.phone.sent().len(), 0, "what cannot be written down is not sent");
    waits_for(&world, Why::ReadOnly).await?;
    world.app.db().forbid_writing(false).await?;
    goes_on(&mut world, 20).await
}

#[tokio::test]
async fn while_another_program_keeps_the_data_locked_sending_waits() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(20).await?;
    world.schedule("Merhaba {{name}}").await?;
    let mut other = world.app.db().lock_as_another().await?;
    let stopped = world.run_until(at(0, 13, 0)).await.err();
    assert_eq!(stopped.map(|problem| problem.code), Some("storage.locked".to_owned()));
    assert_eq!(world.phone.sent().len(), 0);
    waits_for(&world, Why::Locked).await?;
    // A connection that is dropped lets go some time later.
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    goes_on(&mut world, 20).await
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

/// One bit of every page but the first, while the file is open.
fn damage(folder: &Path) {
    let file = folder.join("ulak.db");
    let mut data = std::fs::read(&file).unwrap();
    data.chunks_mut(4096).skip(1).for_each(|page| page[2_000] ^= 1);
    std::fs::write(file, data).unwrap();
}

/// A campaign that waits in data of which nothing is in memory yet.
async fn waiting() -> Result<World, Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.contacts(100).await?;
    world.schedule(&"Merhaba {{name}} ".repeat(20)).await?;
    world.restart().await
}

const DEADLINE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn damage_that_sending_meets_ends_it_and_is_told_in_its_own_words() -> Result<(), Problem> {
    let world = waiting().await?;
    damage(world.folder.path());
    let (stop, stopped) = watch::channel(false);
    let dispatcher = world.app.dispatcher().clone();
    let sending = tokio::spawn(async move { dispatcher.run(&mut InFlight::default(), stopped).await });
    let mut wait = world.app.dispatcher().watch();
    timeout(DEADLINE, wait.wait_for(|wait| wait.why == Why::Damaged)).await.unwrap().unwrap();
    let told: Vec<String> = world.app.notices().into_iter().map(|notice| notice.problem.code).collect();
    assert_eq!(told, ["storage.damaged"]);
    assert_eq!(world.app.refuse_damaged().unwrap_err().code, "storage.damaged");
    assert_eq!(world.app.outbox().resume_everything().await.unwrap_err().code, "storage.damaged");
    stop.send(true).unwrap();
    timeout(DEADLINE, sending).await.unwrap().unwrap();
    assert_eq!(world.phone.sent().len(), 0);
    Ok(())
}

#[tokio::test]
async fn damage_that_another_loop_meets_ends_sending_too() -> Result<(), Problem> {
    let mut world = waiting().await?;
    damage(world.folder.path());
    let (receipts, arriving) = mpsc::channel(1);
    let receipt = Receipt { wire_id: "3EB0C0FFEE".to_owned(), kind: ReceiptKind::Read, at: world.app.now() };
    receipts.send(receipt.into()).await.unwrap();
    let app = world.app.clone();
    let taking = tokio::spawn(async move {
        let notices = &app.supervision().notices;
        receipt::run(app.db(), app.events(), notices, &mut Inbox::new(arriving, Arc::default())).await;
    });
    let met = async {
        while world.app.refuse_damaged().is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, met).await.unwrap();
    assert_eq!(world.step().await.unwrap_err().code, "storage.damaged");
    assert_eq!(world.phone.sent().len(), 0);
    taking.abort();
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

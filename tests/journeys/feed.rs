//! The feed of changes: what a reader that was not there can catch up with.

use ulak_core::agenda;
use ulak_core::app::Problem;
use ulak_core::clock::{DAY, HOUR};
use ulak_core::contact::Standing;
use ulak_core::feed::{Change, KEPT_FOR, Page, Thing, store};
use ulak_core::session::client::Signal;
use ulak_core::session::messenger::ReceiptKind;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;

async fn after(world: &World, seq: i64) -> Vec<Change> {
    match world.app.changes(seq, 1_000).await.unwrap() {
        Page::Changes { changes } => changes,
        Page::Anew { newest } => panic!("pruned up to {newest}"),
    }
}

fn said(changes: &[Change]) -> Vec<(Thing, &str)> {
    changes.iter().map(|change| (change.thing, change.state.as_str())).collect()
}

#[tokio::test]
async fn everything_that_changes_its_state_is_in_the_feed_in_order() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Elif", "+905325550142").await?;
    let start = after(&world, 0).await.last().map_or(0, |change| change.seq);
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    let wire_id = world.numbers[0].phone.sent()[0].wire_id.clone();
    world.receipts(ReceiptKind::Delivered, std::slice::from_ref(&wire_id)).await?;
    world.receipts(ReceiptKind::Read, &[wire_id]).await?;
    world.hear(world.numbers[0].id, &Signal::Reply(reply("R1", "+905325550142", "STOP", at(0, 13, 1)))).await?;
    let changes = after(&world, start).await;
    let parts: Vec<&str> =
        changes.iter().filter(|change| change.thing == Thing::Part).map(|change| change.state.as_str()).collect();
    assert_eq!(parts, ["sent", "delivered", "read"]);
    let queues: Vec<_> = changes.iter().filter(|change| change.thing == Thing::Queue).collect();
    assert_eq!(queues.iter().map(|change| change.state.as_str()).collect::<Vec<_>>(), ["open", "done"]);
    assert!(queues.iter().all(|change| change.id == id.0));
    let people: Vec<_> =
        changes.iter().filter(|change| matches!(change.thing, Thing::Reply | Thing::Contact)).cloned().collect();
    assert_eq!(
        said(&people),
        [(Thing::Reply, "stop"), (Thing::Contact, "black")],
        "the opt-out after the reply that asked for it"
    );
    assert!(changes.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    assert_eq!(after(&world, changes[1].seq).await, changes[2..], "a reader goes on where it was");
    Ok(())
}

#[tokio::test]
async fn what_is_undone_is_not_in_the_feed() -> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let before = after(&world, 0).await.len();
    let mut tx = world.app.db().begin().await?;
    sqlx::query("UPDATE sessions SET state = 'banned'").execute(&mut *tx).await.unwrap();
    drop(tx);
    assert_eq!(after(&world, 0).await.len(), before);
    Ok(())
}

#[tokio::test]
async fn a_cancel_is_told_by_its_campaign_and_its_parts() -> Result<(), Problem> {
    let world = World::at(at(0, 7, 0)).await?;
    world.contacts(2).await?;
    let id = world.schedule("Merhaba").await?;
    world.app.campaigns().cancel_campaign(id).await?;
    let changes = after(&world, 0).await;
    let states = said(&changes);
    assert_eq!(states.iter().filter(|state| **state == (Thing::Part, "cancelled")).count(), 2);
    assert!(states.contains(&(Thing::Queue, "cancelled")));
    Ok(())
}

/// Does what the agenda has to do at this moment.
async fn keep_agenda(world: &World) -> Result<(), Problem> {
    while agenda::step(world.app.agenda()).await?.is_none() {}
    Ok(())
}

#[tokio::test]
async fn old_changes_are_pruned_and_a_reader_behind_them_begins_anew() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let elif = world.contact("Elif", "+905325550142").await?;
    for standing in [Standing::Gray, Standing::Normal, Standing::Gray] {
        world.app.people().set_standing(elif, standing).await?;
    }
    keep_agenda(&world).await?;
    world.clock.set(at(0, 12, 0) + 2 * HOUR);
    world.app.people().set_standing(elif, Standing::Normal).await?;
    world.clock.set(at(0, 12, 0) + KEPT_FOR + HOUR);
    keep_agenda(&world).await?;
    assert_eq!(world.app.changes(0, 10).await?, Page::Anew { newest: 4 });
    assert_eq!(world.app.changes(2, 10).await?, Page::Anew { newest: 4 });
    assert_eq!(said(&after(&world, 3).await), [(Thing::Contact, "normal")]);
    assert_eq!(after(&world, 4).await, []);
    assert_eq!(world.app.changes(5, 10).await?, Page::Anew { newest: 4 }, "a sequence of other data");
    world.clock.set(at(0, 12, 0) + 30 * DAY);
    keep_agenda(&world).await?;
    assert_eq!(after(&world, 4).await, [], "all is pruned, and the newest is known all the same");
    assert_eq!(world.app.changes(3, 10).await?, Page::Anew { newest: 4 });
    Ok(())
}

#[tokio::test]
async fn pruning_goes_in_steps_and_keeps_the_newest_ones() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let db = world.app.db();
    let mut tx = db.begin().await?;
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25)
        INSERT INTO changes (thing, id, state) SELECT 'part', zeroblob(16), 'sent' FROM n";
    sqlx::query(many).execute(&mut *tx).await.unwrap();
    let now = world.app.now();
    assert!(!store::prune(&mut tx, now, 10).await.unwrap(), "nothing is old yet");
    let later = now + KEPT_FOR + 1;
    assert!(store::prune(&mut tx, later, 10).await.unwrap());
    assert!(store::prune(&mut tx, later, 10).await.unwrap());
    assert!(!store::prune(&mut tx, later, 10).await.unwrap());
    db.commit(tx).await?;
    Ok(())
}

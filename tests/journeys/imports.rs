//! A list comes in while campaigns are planned and sent.

use std::time::{Duration, Instant};

use ulak_core::app::{Direct, Problem};
use ulak_core::contact::import::{ImportOptions, ImportState, ImportStep, Origin, Undone};
use ulak_core::ids::ImportId;
use ulak_core::testing::World;

use crate::at;

/// Brings a list in, to its end.
pub async fn brought(world: &World, text: &str, options: ImportOptions) -> Result<ImportId, Problem> {
    let path = world.folder.path().join("list.csv");
    std::fs::write(&path, text).unwrap();
    let import = world.app.people().start_import(Origin::File { path }, options, ImportStep::Import).await?;
    let deadline = Instant::now() + Duration::from_secs(60);
    while world.app.people().import_progress(import).is_some_and(|progress| progress.state == ImportState::Running) {
        assert!(Instant::now() < deadline, "the import does not end");
        tokio::task::yield_now().await;
    }
    Ok(import)
}

#[tokio::test]
async fn who_was_written_to_since_stays_when_an_import_is_taken_back() -> Result<(), Problem> {
    let world = World::at(at(0, 23, 30)).await?;
    let list = "phone,name\n+905385550214,Elif\n+905385550215,Emre\n";
    let import = brought(&world, list, ImportOptions::default()).await?;
    // On its way and not out yet: going would take the message from her.
    let over = vec![world.app.practice_id()];
    let wish = Direct { to: "+905385550214".to_owned(), text: "Hazır".to_owned(), over, ..Direct::default() };
    world.app.outbox().send_direct(&wish).await?;
    let report = world.app.people().undo_import(import).await?;
    assert_eq!(report.undone, Some(Undone { removed: 1, restored: 0, kept: 1 }));
    assert_eq!(world.app.people().contact_totals().await?.all, 1);
    assert_eq!(world.app.people().undo_import(import).await.unwrap_err().code, "import.nothing_to_undo");
    assert!(world.miscounted().await?.is_empty());
    Ok(())
}

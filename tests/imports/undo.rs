//! A whole import taken back: what it made goes, what it changed returns, what was touched since stays.

use std::collections::BTreeSet;

use ulak_core::contact::ContactEdit;
use ulak_core::contact::import::{ImportReport, Undone, undo};
use ulak_core::contact::phone::Country;
use ulak_core::contact::store::suppressions;
use ulak_core::ids::ContactId;

use crate::world::*;

const LATER: Millis = NOW + 60_000;

impl World {
    async fn brought(&self, text: &str, options: &ImportOptions) -> ImportId {
        self.run(ImportStep::Import, &self.file("list.csv", text), options).await.import_id
    }

    /// In steps, as the app does; `written` got a message since.
    async fn undo(&self, id: ImportId, written: &BTreeSet<ContactId>) -> Result<ImportReport, ImportError> {
        loop {
            let mut tx = self.db.begin().await?;
            let (report, some) = undo::next(&mut tx, id).await?;
            let report = undo::take_back(&mut tx, &report, &some, written, LATER).await?;
            self.db.commit(tx).await?;
            if report.undone.is_some() {
                return Ok(report);
            }
        }
    }

    async fn undone(&self, id: ImportId) -> Undone {
        self.undo(id, &BTreeSet::new()).await.unwrap().undone.unwrap()
    }

    async fn reports(&self) -> Vec<ImportReport> {
        import::reports(self.db.read(), &Place::first(10)).await.unwrap().rows
    }
}

fn undone(removed: u32, restored: u32, kept: u32) -> Undone {
    Undone { removed, restored, kept }
}

#[tokio::test]
async fn what_an_import_made_goes_and_what_it_changed_returns() {
    let world = World::new().await;
    world
        .brought("Name,Phone,City,Tags\nAyşe,0538 555 02 14,İzmir,vip\nOkan,0538 555 02 15,,\n", &Default::default())
        .await;
    let before = world.contacts("").await;
    let consent = Some(Consent { source: "form".into(), at: NOW, note: String::new() });
    let options = ImportOptions { consent, standing: Standing::Gray, tags: vec!["new".into()], ..Default::default() };
    let text = "Name,Phone,City\nAyşe Demir,0538 555 02 14,Manisa\nGül,0538 555 02 16,\nGül Çetin,0538 555 02 16,\n";
    let id = world.brought(text, &options).await;
    assert_eq!(world.contacts("manisa").await[0].tags, ["new", "vip"]);
    assert!(world.reports().await[0].can_undo);

    assert_eq!(world.undone(id).await, undone(1, 1, 0));
    assert_eq!(world.contacts("").await, before);
    assert_eq!(world.contacts("izmir").await.len(), 1, "the search finds what was restored");
    let reports = world.reports().await;
    assert_eq!((reports.len(), reports[0].id, reports[0].can_undo), (2, id, false), "the newest first");
    assert_eq!(reports[0].undone, Some(undone(1, 1, 0)));
    assert_eq!(world.undo(id, &BTreeSet::new()).await.unwrap_err().code(), "import.nothing_to_undo");
}

#[tokio::test]
async fn an_import_of_many_steps_goes_whole() {
    let world = World::new().await;
    let id = world.brought(&people(6_000), &Default::default()).await;
    let mut tx = world.db.begin().await.unwrap();
    let (report, some) = undo::next(&mut tx, id).await.unwrap();
    undo::take_back(&mut tx, &report, &some, &BTreeSet::new(), LATER).await.unwrap();
    world.db.commit(tx).await.unwrap();
    assert!(world.all().await > 0 && world.reports().await[0].can_undo, "a crash came between");
    assert_eq!((world.undone(id).await, world.all().await), (undone(6_000, 0, 0), 0));
}

#[tokio::test]
async fn who_was_written_to_or_edited_since_stays_and_is_counted() {
    let world = World::new().await;
    let text = "Name,Phone\nAyşe,0538 555 02 14\nOkan,0538 555 02 15\nGül,0538 555 02 16\n";
    let id = world.brought(text, &Default::default()).await;
    let okan = world.contacts("okan").await.remove(0);
    let gül = world.contacts("gül").await.remove(0);
    let edit = ContactEdit { id: Some(okan.id), phone: okan.phone, name: "Okan Bey".into(), ..Default::default() };
    let mut tx = world.db.begin().await.unwrap();
    store::save(&mut tx, &edit, Country::of("TR").unwrap(), LATER).await.unwrap();
    world.db.commit(tx).await.unwrap();
    let report = world.undo(id, &[gül.id].into()).await.unwrap();
    assert_eq!(report.undone, Some(undone(1, 0, 2)));
    let names: Vec<String> = world.contacts("").await.into_iter().map(|contact| contact.name).collect();
    assert_eq!(names, ["Gül", "Okan Bey"]);
}

#[tokio::test]
async fn a_black_list_that_was_a_mistake_is_taken_back_but_no_stop_is() {
    let world = World::new().await;
    let text = "Name,Phone\nAyşe,0538 555 02 14\nOkan,0538 555 02 15\nGül,0538 555 02 16\n";
    world.brought("Name,Phone\nAyşe,0538 555 02 14\nGül,0538 555 02 16\n", &Default::default()).await;
    let black = ImportOptions { standing: Standing::Black, ..Default::default() };
    let id = world.brought(text, &black).await;
    let mut tx = world.db.begin().await.unwrap();
    let stopped = store::Stopped { phones: vec!["+905385550216".into()], ..Default::default() };
    store::opt_out(&mut tx, &stopped, NOW, LATER).await.unwrap();
    // Said no in that list already, so her contact is written no more.
    suppressions::suppress(&mut tx, &["+905385550215".into()], suppressions::Cause::Stop, LATER).await.unwrap();
    world.db.commit(tx).await.unwrap();

    assert_eq!(world.undone(id).await, undone(1, 1, 1));
    let standing = async |name: &str| world.contacts(name).await[0].standing;
    assert_eq!((standing("ayşe").await, standing("gül").await), (Standing::Normal, Standing::Black));
    let again = world.brought(text, &Default::default()).await;
    assert_eq!((standing("ayşe").await, standing("okan").await), (Standing::Normal, Standing::Black), "{again:?}");
}

#[tokio::test]
async fn a_later_black_list_holds_whatever_is_taken_back() {
    let world = World::new().await;
    let black = ImportOptions { standing: Standing::Black, ..Default::default() };
    let first = world.brought("Phone\n0538 555 02 14\n0538 555 02 15\n", &black).await;
    let path = world.file("later.csv", "Phone\n0538 555 02 14\n");
    let later = world.run_at(LATER, ImportStep::Import, &path, &black).await;
    assert_eq!(world.undone(first).await, undone(1, 0, 1));
    assert_eq!(world.contacts("").await[0].standing, Standing::Black);
    assert_eq!(world.undone(later.import_id).await, undone(0, 1, 0));
}

#[tokio::test]
async fn a_scan_is_no_import_and_is_forgotten_at_the_next_start() {
    let world = World::new().await;
    let scan = world.run(ImportStep::Scan, &world.file("list.csv", CUSTOMERS), &Default::default()).await;
    assert!(world.reports().await.is_empty());
    assert_eq!(world.undo(scan.import_id, &BTreeSet::new()).await.unwrap_err().code(), "import.nothing_to_undo");
    let mut tx = world.db.begin().await.unwrap();
    import::end_interrupted(&mut tx, NOW).await.unwrap();
    world.db.commit(tx).await.unwrap();
    assert!(import::refusals(world.db.read(), scan.import_id, LeftOut::All, 0, 10).await.unwrap().is_empty());
}

//! What the owner can look at and give away: how everything is, a bundle without anybody in it, everything in open formats.

use ulak_core::app::{HealthKind, HealthState, Problem};
use ulak_core::clock::DAY;
use ulak_core::program::Listening;
use ulak_core::session::client::Signal;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;

/// What must not be in any bundle: names, phones, texts, files, tokens, whatever the owner wrote.
const MARKERS: [&str; 9] = [
    "Zümrüt",
    "zümrüt",
    "5385550177",
    "905385550177",
    "Lale Optik",
    "toko",
    "gizli-jeton-4f9a",
    "ulak.db",
    "acil durum",
];

async fn told(world: &World, kind: HealthKind) -> Result<Option<HealthState>, Problem> {
    let view = world.app.health().view().await?;
    Ok(view.rows.iter().find(|row| row.kind == kind).map(|row| row.state))
}

async fn shop() -> Result<World, Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    let mut settings = world.app.settings().current().await?;
    settings.business_name = "Lale Optik".to_owned();
    settings.test_phone = "+905385550177".to_owned();
    settings.stop_words.push("zümrüt".to_owned());
    world.app.settings().save_settings(&settings).await?;
    world.contact("Zümrüt", "+905385550177").await?;
    world.schedule("zümrüt gizli-jeton-4f9a acil durum").await?;
    world.run_until(at(0, 11, 0)).await?;
    let answer = reply("R1", "+905385550177", "zümrüt var mı", at(0, 11, 1));
    world.hear(world.numbers[0].id, &Signal::Reply(answer)).await?;
    Ok(world)
}

#[tokio::test]
async fn the_bundle_for_support_holds_nothing_of_anybody() -> Result<(), Problem> {
    let world = shop().await?;
    let logs = world.folder.path().join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    let lines = "2026-11-12T10:00:00Z WARN ulak_core::notice:71 code=storage.full zümrüt name=Zümrüt +905385550177\n\
                 Zümrüt +905385550177 gizli-jeton-4f9a\n";
    std::fs::write(logs.join("ulak-2026-11-12.log"), lines).unwrap();
    let files = world.app.support().preview().await?;
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["about.txt", "health.txt", "figures.txt", "settings.txt", "logs-1.txt"]);
    for file in &files {
        let found: Vec<_> = MARKERS.iter().filter(|marker| file.text.contains(**marker)).collect();
        assert!(found.is_empty() && !file.text.trim().is_empty(), "{}: {found:?}\n{}", file.name, file.text);
    }
    assert!(files[4].text.contains("code=storage.full") && files[4].text.lines().count() == 1);
    assert!(files[2].text.lines().any(|line| line == "contacts 1"), "{}", files[2].text);
    // What is saved is what was shown.
    let place = world.folder.path().join("bundle.zip");
    world.app.support().save(&place).await?;
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&place).unwrap()).unwrap();
    assert_eq!(zip.len(), files.len());
    for file in &files {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut zip.by_name(&file.name).unwrap(), &mut text).unwrap();
        assert_eq!(text, file.text);
    }
    Ok(())
}

#[tokio::test]
async fn health_tells_what_needs_a_look_first() -> Result<(), Problem> {
    let world = shop().await?;
    let view = world.app.health().view().await?;
    let states: Vec<HealthState> = view.rows.iter().map(|row| row.state).collect();
    assert!(states.is_sorted(), "{states:?}");
    for (kind, state) in [
        (HealthKind::NoBackup, HealthState::Look),
        (HealthKind::Sending, HealthState::Good),
        (HealthKind::Ledger, HealthState::Good),
        (HealthKind::DataUnchecked, HealthState::Good),
        (HealthKind::Clock, HealthState::Good),
    ] {
        assert_eq!(told(&world, kind).await?, Some(state), "{kind:?}");
    }
    assert!(world.app.health().check_data().await?.sound);
    world.app.outbox().pause_everything().await?;
    assert_eq!(told(&world, HealthKind::Data).await?, Some(HealthState::Good));
    assert_eq!(told(&world, HealthKind::Paused).await?, Some(HealthState::Look));
    world.clock.set(at(0, 11, 0) + 31 * DAY);
    assert_eq!(told(&world, HealthKind::DataUnchecked).await?, Some(HealthState::Good));
    world.app.db().pretend_free(1);
    assert_eq!(told(&world, HealthKind::Disk).await?, Some(HealthState::Bad));
    Ok(())
}

#[tokio::test]
async fn a_monitor_is_told_of_all_that_keeps_ulak_from_its_work() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let wrong = async || world.app.health().wrong().await;
    assert_eq!(wrong().await?, Vec::<String>::new());
    // The owner asked for it.
    world.app.outbox().pause_everything().await?;
    assert_eq!(wrong().await?, Vec::<String>::new());
    world.app.programs().set_listening(Listening::Taken { port: 8417 });
    assert_eq!(wrong().await?, ["door_shut"]);
    let reason = "no address".to_owned();
    world.app.programs().set_listening(Listening::Failed { port: 8417, reason });
    assert_eq!(wrong().await?, ["door_shut"]);
    world.app.programs().set_listening(Listening::Open { port: 8417 });
    world.app.db().pretend_free(1);
    assert_eq!(wrong().await?, ["disk"]);
    Ok(())
}

#[tokio::test]
async fn everything_goes_into_a_folder_that_other_programs_read() -> Result<(), Problem> {
    let world = shop().await?;
    let photo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media/sample.jpg");
    let draft = world.draft("Foto", |_| {}).await?;
    world.app.campaigns().add_media(draft.id, &photo).await?;
    let folder = tempfile::tempdir().unwrap();
    let written = world.app.export_everything(folder.path()).await?;
    assert_eq!((written.contacts, written.messages, written.replies, written.files), (1, 1, 1, 1));
    let names = |folder: &std::path::Path| {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let place = std::path::PathBuf::from(&written.folder);
    assert_eq!(names(folder.path()), [place.file_name().unwrap().to_str().unwrap()]);
    let files = ["contacts.csv", "contacts.vcf", "contacts.xlsx", "credits.csv", "media", "messages.csv"];
    let more = ["practice-credits.csv", "replies.csv", "templates.json"];
    assert_eq!(names(&place), [&files[..], &more[..]].concat());
    for (file, holds) in [("contacts.vcf", "Zümrüt"), ("messages.csv", "acil durum"), ("replies.csv", "var mı")] {
        assert!(std::fs::read_to_string(place.join(file)).unwrap().contains(holds), "{file}");
    }
    assert!(names(&place.join("media"))[0].ends_with(".jpg"));
    Ok(())
}

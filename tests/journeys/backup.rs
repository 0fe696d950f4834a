//! A backup holds everything but keys of numbers, is good or has no name, and comes back paused beside what was there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use ulak_core::agenda;
use ulak_core::app::news::News;
use ulak_core::app::{DayState, Problem, restore_into};
use ulak_core::backup::container::{Opener, Reader};
use ulak_core::backup::keep::{BackupKeep, BackupPlan};
use ulak_core::backup::restore::finish;
use ulak_core::backup::{Progress, make, store};
use ulak_core::campaign::CampaignState;
use ulak_core::clock::Millis;
use ulak_core::contact::ContactQuery;
use ulak_core::db::{DbKey, lock_folder};
use ulak_core::mark;
use ulak_core::page::Place;
use ulak_core::session::client::Signal;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};
use ulak_core::trigger::folder::Brings;
use ulak_core::vault::{self, Keyring};

use crate::at;

const PASSPHRASE: &str = "correct horse";
const MATERIAL: &[u8] = b"identity key of a number";

struct NoKeyring;

impl Keyring for NoKeyring {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Err("none".to_owned())
    }
    fn set(&self, _: &str, _: &[u8]) -> Result<(), String> {
        Err("none".to_owned())
    }
    fn remove(&self, _: &str) -> Result<(), String> {
        Err("none".to_owned())
    }
}

/// A folder that a passphrase opens.
async fn begun(now: Millis) -> Result<World, Problem> {
    let folder = tempfile::tempdir().unwrap();
    let made = vault::open(folder.path(), Some(PASSPHRASE), &NoKeyring)?;
    let world = World::over(folder, made.key, now).await?;
    let mut settings = world.app.settings().current().await?;
    settings.zone = chrono_tz::Tz::UTC;
    settings.business_name = "Lale Optik".to_owned();
    world.app.settings().save_settings(&settings).await?;
    Ok(world)
}

/// The same in use: forty people, a campaign that reached half of them, a second one planned, a linked number.
async fn in_use() -> Result<World, Problem> {
    let mut world = begun(at(0, 12, 0)).await?;
    world.contacts(40).await?;
    world.schedule("Merhaba").await?;
    while world.phone.sent().len() < 20 {
        world.step().await?;
        world.clock.set(world.app.now() + 1_000);
    }
    world.schedule("Again").await?;
    world.link("+905385550199").await?;
    let numbers = world.folder.path().join("numbers");
    std::fs::create_dir_all(&numbers).unwrap();
    std::fs::write(numbers.join("0198c0de-0000-7000-8000-000000000001.db"), MATERIAL).unwrap();
    Ok(world)
}

async fn backed_up(world: &World, to: &Path) -> Result<PathBuf, Problem> {
    let line = world.app.backups().back_up(Some(&to.join("copy")), None).await?;
    Ok(PathBuf::from(line.file))
}

async fn rows(world: &World) -> BTreeMap<String, i64> {
    store::rows(&mut world.app.db().read().acquire().await.unwrap()).await.unwrap()
}

async fn closed(world: World) -> TempDir {
    let World { app, folder, .. } = world;
    app.close().await;
    folder
}

fn key_of(folder: &Path) -> DbKey {
    vault::open(folder, Some(PASSPHRASE), &NoKeyring).unwrap().key
}

async fn restored(file: &Path, folder: &Path, secret: &str) -> Result<Option<String>, Problem> {
    let restored = restore_into(folder, file, Some(secret.to_owned()), Arc::new(NoKeyring)).await?;
    Ok(restored.aside)
}

fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

fn everything_in(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(everything_in(&entry));
        } else {
            found.insert(entry.clone(), std::fs::read(&entry).unwrap());
        }
    }
    found
}

#[tokio::test]
async fn a_backup_comes_back_on_another_computer_whole_paused_and_without_links() -> Result<(), Problem> {
    let (disk, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = in_use().await?;
    // Somebody writes while one is made; the next one has it.
    let (made, written) = tokio::join!(backed_up(&world, disk.path()), world.contact("Geç", "+905325559999"));
    let (file, _) = (made?, written?);
    let looked = world.app.backups().look(&file, None).await?;
    assert!((40..=41).contains(&looked.contacts), "{}", looked.contacts);
    let mut before = rows(&world).await;
    let file = backed_up(&world, file.parent().unwrap()).await?;
    let names = std::fs::read_dir(disk.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(names, ["copy.ulak-backup"], "nothing else is left there");
    let looked = world.app.backups().look(&file, None).await?;
    assert_eq!((looked.business.as_str(), looked.numbers.len()), ("Lale Optik", 1));
    assert_eq!(looked.contacts, 41);

    let mut reader = Reader::open(&file, Opener::Secret(PASSPHRASE))?;
    let mut opened = serde_json::to_vec(&reader.contents).unwrap();
    while let Some(some) = reader.chunk()? {
        opened.extend_from_slice(some);
    }
    let sealed = std::fs::read(&file).unwrap();
    let key = key_of(world.folder.path());
    for bytes in [&opened, &sealed] {
        assert!(!holds(bytes, MATERIAL) && !holds(bytes, key.as_slice()) && !holds(bytes, "Merhaba".as_bytes()));
    }

    assert_eq!(restored(&file, other.path(), PASSPHRASE).await?, None);
    drop(closed(world).await);
    let everything = everything_in(other.path());
    assert!(everything.values().all(|bytes| !holds(bytes, MATERIAL)));
    assert!(!everything.keys().any(|path| path.to_string_lossy().contains("restor")), "{:?}", everything.keys());
    let key = key_of(other.path());
    let mut world = World::over(other, key, at(0, 19, 0)).await?;
    let found = world.app.home().found();
    assert_eq!(found.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(), ["folder.restored"]);
    assert_eq!(found[0].params["made"].get(..10), Some("2026-11-12"));
    assert!(world.app.home().now_view().await?.paused_all);
    let mut after = rows(&world).await;
    for of_the_start in ["settings", "notes", "jobs", "changes", "change_marks", "sqlite_sequence", "queue_counts"] {
        before.remove(of_the_start);
        after.remove(of_the_start);
    }
    let differ: Vec<_> = before.iter().filter(|(table, count)| after.get(*table) != Some(count)).collect();
    assert!(differ.is_empty(), "{differ:?}");
    world.app.credits().ledger_holds().await?;
    let number = world.app.numbers().list().await?.into_iter().find(|number| !number.phone.is_empty()).unwrap();
    assert_eq!(number.state, "logged_out", "{number:?}");

    world.run_until(at(0, 20, 0)).await?;
    assert!(world.phone.sent().is_empty(), "it was not asked to");
    world.app.outbox().resume_everything().await?;
    assert!(world.app.home().found().is_empty());
    world.run_until(at(0, 21, 0)).await?;
    let to: Vec<String> = world.phone.sent().into_iter().map(|sent| sent.to).collect();
    assert!(!to.is_empty());
    world.app.credits().ledger_holds().await?;
    // From here on it is an installation of its own.
    let world = world.restart().await?;
    assert!(world.app.home().found().is_empty());
    Ok(())
}

/// The data that the backup is of may look into it still, and both would send what is put there.
#[tokio::test]
async fn after_a_restore_triggers_look_into_no_folder() -> Result<(), Problem> {
    let (disk, other, lists) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = in_use().await?;
    let trigger = crate::triggers::invoice(&world, |_| {}).await?;
    let watched = world.app.programs().watch_folder(trigger.id, Some(lists.path()), Brings::Messages).await?;
    assert_eq!(watched.folders.len(), 1);
    let file = backed_up(&world, disk.path()).await?;
    drop(closed(world).await);
    restored(&file, other.path(), PASSPHRASE).await?;
    let key = key_of(other.path());
    let world = World::over(other, key, at(0, 19, 0)).await?;
    let view = world.app.programs().triggers().await?;
    assert_eq!((view.triggers.len(), view.folders.len()), (1, 0));
    Ok(())
}

#[tokio::test]
async fn what_is_overdue_after_a_restore_waits_for_its_owner() -> Result<(), Problem> {
    let (disk, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut world = begun(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    let number = world.link("+905385550199").await?;
    let later = |edit: &mut ulak_core::campaign::draft::DraftEdit| {
        edit.session_ids = vec![number];
        edit.due_at = Some(at(0, 18, 0));
    };
    let draft = world.draft("Merhaba", later).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let file = backed_up(&world, disk.path()).await?;
    world.step().await?;
    drop(closed(world).await);
    restored(&file, other.path(), PASSPHRASE).await?;
    let key = key_of(other.path());
    let mut world = World::over(other, key, at(1, 10, 0)).await?;
    world.app.outbox().resume_everything().await?;
    world.run_until(at(1, 12, 0)).await?;
    let live = world.app.campaigns().live(draft.id).await?;
    assert_eq!(live.state, CampaignState::Paused, "it waits for its owner, however late it is");
    Ok(())
}

/// A real number has sent a part of a campaign when the backup is made.
async fn half_sent() -> Result<(World, TempDir, PathBuf), Problem> {
    let disk = tempfile::tempdir().unwrap();
    let mut world = begun(at(0, 12, 0)).await?.and_numbers(&[BRISK]).await?;
    world.contacts(10).await?;
    world.schedule("Merhaba").await?;
    while world.numbers[0].phone.sent().len() < 4 {
        world.step().await?;
        world.clock.set(world.app.now() + 1_000);
    }
    let file = backed_up(&world, disk.path()).await?;
    Ok((world, disk, file))
}

#[tokio::test]
async fn a_campaign_that_had_begun_goes_on_only_at_its_owners_word() -> Result<(), Problem> {
    let (world, _disk, file) = half_sent().await?;
    let other = tempfile::tempdir().unwrap();
    drop(closed(world).await);
    restored(&file, other.path(), PASSPHRASE).await?;
    let key = key_of(other.path());
    let mut world = World::over(other, key, at(1, 10, 0)).await?;
    world.app.outbox().resume_everything().await?;
    world.run_until(at(1, 12, 0)).await?;
    assert!(world.phone.sent().is_empty());
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let paused: Vec<String> =
        sqlx::query_scalar("SELECT state FROM queues WHERE book = 'real'").fetch_all(&mut *reader).await.unwrap();
    assert_eq!(paused, ["paused"]);
    Ok(())
}

#[tokio::test]
async fn what_the_data_here_know_of_sends_and_opt_outs_holds_after_a_restore_over_them() -> Result<(), Problem> {
    let (mut world, _disk, file) = half_sent().await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 10);
    let stop = reply("R1", "+905325550007", "STOP", at(0, 13, 1));
    world.hear(world.numbers[0].id, &Signal::Reply(stop)).await?;
    let erased = ContactQuery { search: "+905325550003".to_owned(), place: Place::first(1), ..ContactQuery::default() };
    world.app.people().erase(world.app.people().contacts(&erased).await?.rows[0].id).await?;
    let folder = closed(world).await;
    restored(&file, folder.path(), PASSPHRASE).await?;
    let key = key_of(folder.path());
    let world = World::over(folder, key, at(1, 10, 0)).await?;
    assert_eq!(world.app.home().found()[0].code, "folder.restored_over");
    assert_eq!(world.app.people().contact_totals().await?.all, 9, "who was erased since is erased again");
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let waiting = "SELECT count(*) FROM parts WHERE state = 'pending'";
    let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&mut *reader).await.unwrap();
    let standing = "SELECT standing FROM contacts WHERE phone = '+905325550007'";
    let standing: String = sqlx::query_scalar(standing).fetch_one(&mut *reader).await.unwrap();
    assert_eq!((waiting, standing.as_str()), (0, "black"));
    drop(reader);
    world.app.credits().ledger_holds().await?;
    Ok(())
}

#[tokio::test]
async fn a_restore_over_data_keeps_them_aside_and_whatever_is_refused_leaves_them_alone() -> Result<(), Problem> {
    let disk = tempfile::tempdir().unwrap();
    let world = in_use().await?;
    let file = backed_up(&world, disk.path()).await?;
    world.contacts(41).await.err();
    world.contact("Yeni", "+905325558888").await?;
    let folder = closed(world).await;
    let before = everything_in(folder.path());
    let whole = std::fs::read(&file).unwrap();
    let refused = async |bytes: &[u8], secret: &str| {
        let spoilt = disk.path().join("spoilt.ulak-backup");
        std::fs::write(&spoilt, bytes).unwrap();
        restored(&spoilt, folder.path(), secret).await.unwrap_err().code
    };
    assert_eq!(refused(&whole, "wrong horse").await, "backup.wrong_secret");
    assert_eq!(refused(&whole[..whole.len() / 2], PASSPHRASE).await, "backup.cut");
    let mut flipped = whole.clone();
    flipped[whole.len() / 3 * 2] ^= 4;
    assert_eq!(refused(&flipped, PASSPHRASE).await, "backup.damaged");
    assert_eq!(refused(b"", PASSPHRASE).await, "backup.not_a_backup");
    assert!(everything_in(folder.path()) == before, "what was refused changed the data");

    let aside = restored(&file, folder.path(), PASSPHRASE).await?.unwrap();
    let key = key_of(folder.path());
    let world = World::over(folder, key.clone(), at(0, 19, 0)).await?;
    assert_eq!(world.app.people().contact_totals().await?.all, 40);
    let folder = closed(world).await;
    assert!(Path::new(&aside).join("numbers").is_dir(), "with the links of the numbers");
    // The earlier data open where they are.
    let earlier = TempDir::new_in(folder.path().parent().unwrap()).unwrap();
    for entry in std::fs::read_dir(aside).unwrap().map(|entry| entry.unwrap()) {
        std::fs::rename(entry.path(), earlier.path().join(entry.file_name())).unwrap();
    }
    let world = World::over(earlier, key, at(0, 19, 0)).await?;
    assert!(world.app.people().contact_totals().await?.all > 40);
    Ok(())
}

#[tokio::test]
async fn a_backup_of_a_newer_ulak_is_refused_by_its_layout() -> Result<(), Problem> {
    let (disk, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = begun(at(0, 12, 0)).await?;
    let mut tx = world.app.db().begin().await?;
    sqlx::query("PRAGMA user_version = 9000").execute(&mut *tx).await.unwrap();
    world.app.db().commit(tx).await?;
    let file = backed_up(&world, disk.path()).await?;
    let refused = restored(&file, other.path(), PASSPHRASE).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.params["found"].as_str()), ("backup.newer", "9000"));
    let left: Vec<_> = everything_in(other.path()).into_keys().collect();
    assert_eq!(left, [other.path().join("lock")]);
    Ok(())
}

/// A kill at any step of the change: the next start goes on from where it was.
#[tokio::test]
async fn a_restore_that_was_cut_off_is_brought_to_its_end_or_has_not_begun() -> Result<(), Problem> {
    let disk = tempfile::tempdir().unwrap();
    let world = in_use().await?;
    let file = backed_up(&world, disk.path()).await?;
    world.contact("Yeni", "+905325558888").await?;
    let folder = closed(world).await;
    let key = key_of(folder.path());
    // Cut off while it was made ready: it goes, and the data are as they were.
    std::fs::create_dir(folder.path().join("restoring")).unwrap();
    std::fs::write(folder.path().join("restoring/ulak.db"), "half").unwrap();
    finish(&lock_folder(folder.path())?).unwrap();
    assert!(!folder.path().join("restoring").exists());
    let world = World::over(folder, key.clone(), at(0, 13, 0)).await?;
    assert_eq!((world.app.home().found().len(), world.app.people().contact_totals().await?.all), (0, 41));
    let folder = closed(world).await;

    // A whole restore elsewhere gives what is made ready.
    let elsewhere = tempfile::tempdir().unwrap();
    restored(&file, elsewhere.path(), PASSPHRASE).await?;
    let mark = mark::load(elsewhere.path(), &key).unwrap().unwrap();
    let mark = mark::Mark { place: mark::place(folder.path(), &key), ..mark };
    mark::save(elsewhere.path(), &key, &mark).unwrap();
    let is_data = |name: &str| name != "lock";
    let names = |folder: &Path| -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| is_data(name)).collect()
    };
    let (ready, aside) = (folder.path().join("restoring"), folder.path().join("before-restore-x"));
    let moved = |from: &Path, to: &Path, most: usize| {
        std::fs::create_dir_all(to).unwrap();
        for name in names(from)
            .into_iter()
            .filter(|name| name.as_str() != "restoring" && !name.starts_with("before-") && name != "restore.json")
            .take(most)
        {
            std::fs::rename(from.join(&name), to.join(&name)).unwrap();
        }
    };
    moved(elsewhere.path(), &ready, usize::MAX);
    let journal = |step: &str| {
        let text = format!("{{\"aside\":\"before-restore-x\",\"step\":\"{step}\"}}");
        std::fs::write(folder.path().join("restore.json"), text).unwrap();
    };
    // Half of the earlier data had moved aside.
    journal("aside");
    moved(folder.path(), &aside, 2);
    finish(&lock_folder(folder.path())?).unwrap();
    assert!(!ready.exists() && !folder.path().join("restore.json").exists());
    // Half of what is new had moved in.
    moved(folder.path(), &ready, usize::MAX);
    journal("in");
    moved(&ready, folder.path(), 1);
    finish(&lock_folder(folder.path())?).unwrap();
    assert!(!ready.exists() && aside.join("ulak.db").exists());
    let world = World::over(folder, key, at(0, 14, 0)).await?;
    assert_eq!(world.app.home().found()[0].code, "folder.restored");
    assert_eq!(world.app.people().contact_totals().await?.all, 40);
    Ok(())
}

async fn look_at_the_agenda(world: &World) -> Result<(), Problem> {
    while agenda::step(world.app.agenda()).await?.is_none() {}
    world.app.backups().settled().await;
    Ok(())
}

#[tokio::test]
async fn the_plan_makes_one_a_day_says_once_that_the_stick_is_not_in_and_keeps_the_newest() -> Result<(), Problem> {
    let disk = tempfile::tempdir().unwrap();
    let stick = disk.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    let world = begun(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    let keep = BackupKeep { days: 2, weeks: 0, months: 0 };
    let plan = BackupPlan { folder: stick.display().to_string(), minute: 18 * 60 + 30, keep };
    let nowhere = BackupPlan { folder: disk.path().join("gone").display().to_string(), ..plan.clone() };
    assert_eq!(world.app.backups().save_plan(&nowhere).await.unwrap_err().code, "backup.no_folder");
    world.app.backups().save_plan(&plan).await?;
    let mut news = None;
    let copies = || std::fs::read_dir(&stick).map_or(0, |entries| entries.count());
    for (day, minute, expected) in [(0, 0, 1), (0, 40, 1), (0, 50, 1), (1, 40, 2)] {
        world.clock.set(at(day, 18, minute));
        look_at_the_agenda(&world).await?;
        assert_eq!(copies(), expected, "day {day}, {minute} past six");
    }
    world.app.home().news(&mut news).await?;
    // The stick is taken out for a day.
    std::fs::rename(&stick, disk.path().join("pocket")).unwrap();
    for minute in [31, 40, 50] {
        world.clock.set(at(2, 18, minute));
        look_at_the_agenda(&world).await?;
    }
    let missing = world.app.home().news(&mut news).await?;
    assert!(matches!(&missing[..], [News::BackupFailed(problem)] if problem.code == "backup.no_folder"), "{missing:?}");
    assert_eq!(world.app.home().news(&mut news).await?, [], "it is told once");
    let told: Vec<_> = world.app.notices().into_iter().map(|notice| (notice.problem.code, notice.times)).collect();
    assert_eq!(told, [("backup.no_folder".to_owned(), 1)]);
    let view = world.app.backups().view().await?;
    let states: Vec<DayState> = view.days.iter().map(|day| day.state).collect();
    assert_eq!(states[4..], [DayState::Good, DayState::Good, DayState::Missed]);
    assert!(!view.folder_there && view.problem.is_some() && view.last.is_some());
    // And is put in again: what was missed is made up.
    std::fs::rename(disk.path().join("pocket"), &stick).unwrap();
    world.clock.set(at(2, 20, 0));
    look_at_the_agenda(&world).await?;
    let view = world.app.backups().view().await?;
    assert_eq!((view.folder_there, view.problem, view.copies.len()), (true, None, 2));
    assert_eq!(view.next_at, Some(at(3, 18, 30)));
    assert!(view.copies.iter().all(|copy| copy.contacts == 3));
    Ok(())
}

#[tokio::test]
async fn a_backup_that_nobody_could_open_is_not_made_and_one_that_is_stopped_leaves_nothing() -> Result<(), Problem> {
    let disk = tempfile::tempdir().unwrap();
    let world = begun(at(0, 12, 0)).await?;
    let gone = world.app.backups().back_up(Some(&disk.path().join("no/such/copy")), None).await.unwrap_err();
    assert_eq!(gone.code, "backup.no_folder");
    let db = world.app.db();
    let key = key_of(world.folder.path());
    let place = disk.path().join("a.ulak-backup");
    let wish = |passphrase: Option<&str>| make::Wish {
        place: place.clone(),
        passphrase: passphrase.map(str::to_owned),
        code_is_known: false,
        mark: String::new(),
        now: at(0, 12, 0),
    };
    let stopped = Arc::new(Progress::default());
    stopped.stop();
    let refused = make::make(db, &key, wish(None), &stopped).await.unwrap_err();
    assert_eq!(Problem::of(&refused).code, "backup.stopped");
    assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), 0);
    // No room for a second copy beside the data: it is counted beside the backup.
    db.pretend_free(0);
    make::make(db, &key, wish(Some("its own words")), &Arc::default()).await?;
    assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), 1);
    for secret in ["its own words", PASSPHRASE] {
        assert!(Reader::open(&place, Opener::Secret(secret)).is_ok(), "{secret}");
    }
    Ok(())
}

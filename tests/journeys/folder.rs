//! The data folder knows what it is: data that are missing, cut, damaged, older than their folder or copied.

use std::path::Path;

use tempfile::TempDir;
use ulak_core::agenda;
use ulak_core::app::{Direct, Problem};
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::category::Category;
use ulak_core::clock::Millis;
use ulak_core::testing::numbers::BRISK;
use ulak_core::testing::{World, key};
use ulak_core::vault::{self, Keyring};
use zeroize::Zeroizing;

use crate::at;

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

/// Ends the App in order and leaves its folder.
async fn closed(world: World) -> TempDir {
    let World { app, folder, .. } = world;
    app.close().await;
    folder
}

/// A folder in use: forty people, half of whom a first campaign reached before a second one was scheduled.
async fn in_use() -> Result<World, Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(40).await?;
    world.schedule("Merhaba").await?;
    while world.phone.sent().len() < 20 {
        world.step().await?;
        world.clock.set(world.app.now() + 1_000);
    }
    world.schedule("Again").await?;
    Ok(world)
}

async fn code_of(folder: TempDir, now: Millis) -> (Option<String>, TempDir) {
    let path = folder.path().to_owned();
    let kept = TempDir::new_in(path.parent().unwrap()).unwrap();
    copy(&path, kept.path());
    let code = World::over(folder, key(), now).await.err().map(|problem| problem.code);
    (code, kept)
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn finding(world: &World) -> Result<Option<(String, Option<String>)>, Problem> {
    let mut found = world.app.home().found();
    assert!(found.len() < 2, "{found:?}");
    Ok(found.pop().map(|problem| (problem.code, problem.params.get("sends").cloned())))
}

#[tokio::test]
async fn data_that_lost_their_log_open_paused_and_say_how_many_sends_may_be_missing() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(40).await?;
    world.schedule("Merhaba").await?;
    world.app.db().take_in_log().await?;
    let early = std::fs::read(world.folder.path().join("ulak.db")).unwrap();
    while world.phone.sent().len() < 20 {
        world.step().await?;
        world.clock.set(world.app.now() + 1_000);
    }
    world.schedule("Again").await?;
    let folder = closed(world).await;
    std::fs::write(folder.path().join("ulak.db"), early).unwrap();

    let mut world = World::over(folder, key(), at(0, 13, 0)).await?;
    assert_eq!(finding(&world).await?, Some(("folder.behind".to_owned(), Some("20".to_owned()))));
    assert!(world.app.home().now_view().await?.paused_all);
    world.run_until(at(0, 20, 0)).await?;
    assert!(world.phone.sent().is_empty(), "nothing goes out before the owner has looked");
    // It is told until the owner has answered, also after another start.
    let mut world = world.restart().await?;
    assert!(finding(&world).await?.is_some());
    world.app.outbox().resume_everything().await?;
    assert_eq!(finding(&world).await?, None);
    world.run_until(at(1, 20, 0)).await?;
    assert_eq!(world.phone.sent().len(), 40);
    let world = world.restart().await?;
    assert_eq!((finding(&world).await?, world.app.home().now_view().await?.paused_all), (None, false));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn data_that_are_missing_or_empty_never_open_as_new() -> Result<(), Problem> {
    let folder = closed(in_use().await?).await;
    std::fs::remove_file(folder.path().join("ulak.db")).unwrap();
    let (code, folder) = code_of(folder, at(0, 13, 0)).await;
    assert_eq!(code.as_deref(), Some("storage.lost"));
    std::fs::write(folder.path().join("ulak.db"), b"").unwrap();
    let (code, folder) = code_of(folder, at(0, 13, 0)).await;
    assert_eq!(code.as_deref(), Some("storage.lost"));
    assert_eq!(folder.path().join("ulak.db").metadata().unwrap().len(), 0, "left as it was");
    Ok(())
}

#[tokio::test]
async fn data_that_are_cut_or_damaged_are_called_so() -> Result<(), Problem> {
    let folder = closed(in_use().await?).await;
    let file = folder.path().join("ulak.db");
    let whole = std::fs::read(&file).unwrap();
    let pages = whole.len() / 4096;
    let mut changed: Vec<Vec<u8>> =
        [100, 4096, 4096 * (pages / 2), 4096 * (pages - 1), whole.len() - 100].map(|len| whole[..len].to_vec()).into();
    // The first page, and every page at once.
    for range in [0..4096, 0..whole.len()] {
        let mut damaged = whole.clone();
        damaged[range].iter_mut().for_each(|byte| *byte ^= 0x55);
        changed.push(damaged);
    }
    let mut folder = folder;
    for data in changed {
        std::fs::write(folder.path().join("ulak.db"), &data).unwrap();
        let (code, kept) = code_of(folder, at(0, 13, 0)).await;
        assert_eq!(code.as_deref(), Some("storage.damaged"), "{} of {} bytes", data.len(), whole.len());
        folder = kept;
    }
    // Another key is told apart from damage.
    std::fs::write(folder.path().join("ulak.db"), &whole).unwrap();
    let other = World::over(folder, Zeroizing::new([9; 32]), at(0, 13, 0)).await.err().map(|problem| problem.code);
    assert_eq!(other.as_deref(), Some("storage.wrong_key"));
    Ok(())
}

#[tokio::test]
async fn a_copied_folder_opens_paused_and_the_first_one_goes_on() -> Result<(), Problem> {
    let first = closed(in_use().await?).await;
    let second = tempfile::tempdir().unwrap();
    copy(first.path(), second.path());
    let mut copied = World::over(second, key(), at(0, 13, 0)).await?;
    assert_eq!(finding(&copied).await?, Some(("folder.copied".to_owned(), None)));
    copied.run_until(at(0, 20, 0)).await?;
    assert!(copied.phone.sent().is_empty());
    copied.app.outbox().resume_everything().await?;
    let copied = copied.restart().await?;
    assert_eq!(finding(&copied).await?, None, "it is its own folder from here on");
    let mut world = World::over(first, key(), at(0, 13, 0)).await?;
    assert_eq!(finding(&world).await?, None);
    world.run_until(at(0, 20, 0)).await?;
    assert!(!world.phone.sent().is_empty());
    // The data of the one in the folder of the other.
    let (copied, folder) = (closed(copied).await, closed(world).await);
    std::fs::copy(folder.path().join("ulak.db"), copied.path().join("ulak.db")).unwrap();
    let mixed = World::over(copied, key(), at(0, 21, 0)).await?;
    assert_eq!(finding(&mixed).await?.map(|found| found.0).as_deref(), Some("folder.copied"));
    Ok(())
}

#[tokio::test]
async fn a_mark_that_is_lost_or_damaged_pauses() -> Result<(), Problem> {
    let mut folder = closed(in_use().await?).await;
    for damage in [false, true] {
        let mark = folder.path().join("mark.json");
        if damage {
            std::fs::write(&mark, "{}").unwrap();
        } else {
            std::fs::remove_file(&mark).unwrap();
        }
        let world = World::over(folder, key(), at(0, 13, 0)).await?;
        assert_eq!(finding(&world).await?.map(|found| found.0).as_deref(), Some("folder.unmarked"));
        assert!(world.app.home().now_view().await?.paused_all);
        world.app.outbox().resume_everything().await?;
        folder = closed(world).await;
    }
    let world = World::over(folder, key(), at(0, 14, 0)).await?;
    assert_eq!(finding(&world).await?, None);
    Ok(())
}

/// A kill between the keys and the data leaves a folder that is new still.
#[tokio::test]
async fn a_first_start_that_was_cut_off_is_begun_again() -> Result<(), Problem> {
    let folder = tempfile::tempdir().unwrap();
    let made = vault::open(folder.path(), Some("correct horse"), &NoKeyring)?;
    let again = vault::open(folder.path(), Some("correct horse"), &NoKeyring)?;
    assert_eq!(*made.key, *again.key);
    let world = World::over(folder, made.key.clone(), at(0, 12, 0)).await?;
    assert_eq!((finding(&world).await?, world.app.home().now_view().await?.paused_all), (None, false));
    let folder = closed(world).await;
    std::fs::remove_file(folder.path().join("ulak.db")).unwrap();
    let lost = World::over(folder, made.key, at(0, 12, 0)).await.err().map(|problem| problem.code);
    assert_eq!(lost.as_deref(), Some("storage.lost"));
    Ok(())
}

#[tokio::test]
async fn a_folder_of_an_earlier_version_without_its_data_is_not_new_either() -> Result<(), Problem> {
    let folder = tempfile::tempdir().unwrap();
    let made = vault::open(folder.path(), Some("correct horse"), &NoKeyring)?;
    std::fs::remove_file(folder.path().join("mark.json")).unwrap();
    let lost = World::over(folder, made.key, at(0, 12, 0)).await.err().map(|problem| problem.code);
    assert_eq!(lost.as_deref(), Some("storage.lost"));
    Ok(())
}

#[tokio::test]
async fn copies_from_before_a_migration_go_after_a_week_of_good_starts() -> Result<(), Problem> {
    let mut folder = closed(World::at(at(0, 12, 0)).await?).await;
    let (first, second) = (folder.path().join("before-version-7.db"), folder.path().join("before-version-8.db"));
    let own = folder.path().join("before-version-of-mine.txt");
    for file in [&first, &own] {
        std::fs::write(file, b"data").unwrap();
    }
    // A newer copy begins the week anew.
    for (day, there) in [(0, true), (6, true), (8, true), (15, false)] {
        folder = closed(World::over(folder, key(), at(day, 12, 0)).await?).await;
        assert_eq!((first.exists(), second.exists()), (there, there && day > 0), "day {day}");
        if day == 0 {
            let newer = std::fs::File::create(&second).unwrap();
            newer
                .set_modified(first.metadata().unwrap().modified().unwrap() + std::time::Duration::from_secs(1))
                .unwrap();
        }
    }
    assert!(own.exists());
    Ok(())
}

#[tokio::test]
async fn a_book_that_does_not_add_up_stops_alone_and_says_which_lines_disagree() -> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(5).await?;
    let practice = world.app.practice_id();
    world.schedule("Real").await?;
    let draft = world.draft("Practice", |edit| edit.session_ids = vec![practice]).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let mut tx = world.app.db().begin().await?;
    let torn = "UPDATE ledger_totals SET settled = settled + 1 WHERE book = 'real';
                INSERT INTO ledger (book, kind, credits, held, balance_after, held_after, lines, at)
                VALUES ('real', 'grant', 1, 0, 77, 0, 1, 0)";
    sqlx::raw_sql(torn).execute(&mut *tx).await.unwrap();
    world.app.db().commit(tx).await?;
    let mut world = world.restart().await?;
    let found = world.app.home().found();
    assert_eq!(found.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(), ["ledger.unbalanced"]);
    assert_eq!(found[0].params["book"], "real");
    // The grant that opened the book, five holds, and the line that does not follow from them.
    let line: i64 = sqlx::query_scalar("SELECT max(seq) FROM ledger")
        .fetch_one(&mut *world.app.db().read().acquire().await.unwrap())
        .await
        .unwrap();
    assert!(found[0].message.contains(&format!("number {line}")), "{}", found[0].message);
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!((world.numbers[0].phone.sent().len(), world.phone.sent().len()), (0, 5));
    // What would wait in vain is refused with the same words, and the practice book goes on.
    let draft = world.draft("Later", |_| {}).await?;
    assert_eq!(world.app.campaigns().review_campaign(draft.id).await?.blockers[0], found[0]);
    assert_eq!(world.app.campaigns().schedule_campaign(draft.id, false).await.unwrap_err(), found[0]);
    let over = vec![world.numbers[0].id];
    let single = Direct { to: "+905385550114".to_owned(), text: "Merhaba".to_owned(), over, ..Direct::default() };
    assert_eq!(world.app.outbox().send_direct(&single).await.unwrap_err(), found[0]);
    world.app.outbox().send_direct(&Direct { over: vec![practice], ..single }).await?;
    Ok(())
}

#[tokio::test]
async fn a_book_that_stops_adding_up_meanwhile_stops_with_the_next_check_and_not_with_the_next_start()
-> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(40).await?;
    let practice = world.app.practice_id();
    world.schedule("Real").await?;
    world.run_until(at(0, 12, 0) + 5_000).await?;
    let mut tx = world.app.db().begin().await?;
    let torn = "UPDATE ledger_totals SET settled = settled + 1 WHERE book = 'real'";
    sqlx::raw_sql(torn).execute(&mut *tx).await.unwrap();
    world.app.db().commit(tx).await?;
    world.clock.set(at(2, 12, 0));
    while agenda::step(world.app.agenda()).await?.is_none() {}
    let told: Vec<_> = world.app.notices().into_iter().map(|notice| notice.problem).collect();
    assert_eq!(told.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(), ["ledger.unbalanced"]);
    let notice = |edit: &mut DraftEdit| (edit.session_ids, edit.category) = (vec![practice], Category::Notification);
    let draft = world.draft("Practice", notice).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let before = world.numbers[0].phone.sent().len();
    world.run_until(at(2, 14, 0)).await?;
    let sent = (world.numbers[0].phone.sent().len(), world.phone.sent().len());
    assert!((1..40).contains(&before));
    assert_eq!(sent, (before, 40), "nothing of the real book, everything of the other");
    let draft = world.draft("Later", |_| {}).await?;
    assert_eq!(world.app.campaigns().schedule_campaign(draft.id, false).await.unwrap_err(), told[0]);
    Ok(())
}

//! `kill -9` at random moments of a running `ulak practice`, over one data folder until its campaign is over.
//!
//! After every kill the ledger must add up; at the end everybody on the list must have seen exactly one message, under
//! the one wire id that the database knows. `ULAK_CRASH_KILLS` sets how many kills (40), `ULAK_CRASH_SEED` repeats a run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

mod terminal;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use sqlx::Row;
use tempfile::TempDir;
use terminal::{Chance, from_environment, key, people, ulak};
use ulak_core::db::{Db, lock_folder};
use ulak_core::ledger::store::verify;
use ulak_core::outbox::store::reading::open_parts;

const PEOPLE: usize = 150;

#[tokio::test]
async fn killed_at_any_moment_nobody_is_lost_and_nobody_gets_it_twice() {
    let wanted: u32 = from_environment("ULAK_CRASH_KILLS").unwrap_or(40);
    let mut chance = Chance::seeded_by("ULAK_CRASH_SEED");
    let mut kills = 0;
    while kills < wanted {
        kills += campaign_under_fire(&mut chance, wanted - kills).await;
        println!("{kills} of {wanted} kills, nobody lost, nobody twice, the ledger exact");
    }
}

/// One campaign from a fresh folder to its end; says how often it was killed.
async fn campaign_under_fire(chance: &mut Chance, most_kills: u32) -> u32 {
    let world = Scene::new();
    let mut kills = 0;
    let mut scheduled = false;
    loop {
        // Either the same command goes on, or the data folder alone.
        let mut run = world.start(scheduled && chance.below(2) == 0);
        let deadline = if kills < most_kills { chance.below(700) + 5 } else { 120_000 };
        let status = wait(&mut run, Duration::from_millis(deadline as u64));
        scheduled |= world.said("\"event\":\"scheduled\"");
        world.check_ledger().await;
        world.check_phones();
        match status {
            Some(true) => break,
            Some(false) => panic!("the practice run failed: {}", world.output()),
            None => kills += 1,
        }
        // Whoever was told the end starts another campaign with the same command.
        if world.said("\"event\":\"summary\"") {
            break;
        }
    }
    world.check_everybody().await;
    kills
}

/// Whether it ended well; none when it had to be killed.
fn wait(run: &mut Child, most: Duration) -> Option<bool> {
    let until = Instant::now() + most;
    while Instant::now() < until {
        if let Some(status) = run.try_wait().unwrap() {
            return Some(status.success());
        }
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(2));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    None
}

struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(scene.list(), people(PEOPLE)).unwrap();
        scene
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("people.csv")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Once something is scheduled, the data folder is all that a restart need be told.
    fn start(&self, by_folder_alone: bool) -> Child {
        let mut command = ulak(&self.data(), &["practice"]);
        if !by_folder_alone {
            command.arg("--contacts").arg(self.list()).args(["--text", "Merhaba {{name}}", "--speed", "300"]);
        }
        let output = fs::File::options().create(true).append(true).open(self.folder.path().join("output")).unwrap();
        command.stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap()
    }

    fn output(&self) -> String {
        fs::read_to_string(self.folder.path().join("output")).unwrap_or_default()
    }

    fn said(&self, words: &str) -> bool {
        self.output().contains(words)
    }

    async fn check_ledger(&self) {
        if let Some(db) = open(&self.data()).await {
            let mut reader = db.read().acquire().await.unwrap();
            let open = open_parts(&mut reader).await.unwrap();
            verify(&mut reader, &open).await.unwrap();
            drop(reader);
            db.close().await;
        }
    }

    /// What people saw: phone → wire ids, one line each. A last line without its end was never shown.
    fn seen(&self) -> BTreeMap<String, Vec<(String, String)>> {
        let log = fs::read_to_string(self.data().join("practice-phone.jsonl")).unwrap_or_default();
        let mut seen: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for line in log.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            seen.entry(text("to")).or_default().push((text("wire_id"), text("text")));
        }
        seen
    }

    fn check_phones(&self) {
        for (phone, messages) in self.seen() {
            assert_eq!(messages.len(), 1, "{phone} saw {messages:?}");
        }
    }

    async fn check_everybody(&self) {
        let seen = self.seen();
        assert_eq!(seen.len(), PEOPLE, "everybody saw the message");
        let db = open(&self.data()).await.unwrap();
        let parts = sqlx::query(
            "SELECT m.phone, m.name, p.wire_id, p.state FROM parts p JOIN messages m ON m.id = p.message_id",
        );
        let parts = parts.fetch_all(&mut *db.read().acquire().await.unwrap()).await.unwrap();
        assert_eq!(parts.len(), PEOPLE);
        for part in &parts {
            let (phone, name): (String, String) = (part.get(0), part.get(1));
            let expected = (part.get::<String, _>(2), format!("Merhaba {name}"));
            assert_eq!(seen[&phone], [expected], "{phone} under one id");
            assert!(["delivered", "read"].contains(&part.get::<&str, _>(3)));
        }
        db.close().await;
    }
}

/// None while a kill came before there was a database.
async fn open(folder: &Path) -> Option<Db> {
    if !folder.join("ulak.db").exists() {
        return None;
    }
    Some(Db::open(lock_folder(folder).unwrap(), &key(folder)).await.unwrap())
}

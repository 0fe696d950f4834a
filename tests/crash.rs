//! `kill -9` at random moments of a running `ulak practice`, over one data folder until its campaign is over.
//!
//! After every kill the ledger must add up; at the end everybody on the list must have seen exactly one message, under
//! the one wire id that the database knows. `ULAK_CRASH_KILLS` sets how many kills (40), `ULAK_CRASH_SEED` repeats a run.
//!
//! The second test revises what waits before each start, so that the kill comes while people are brought over:
//! everybody must have seen one version, whole, and paid for that one. `ULAK_CRASH_REVISIONS` sets how many kills (3).
//!
//! The third kills backups and restores: a file that is called a backup opens, and a folder holds the earlier data or the
//! restored ones, whole. `ULAK_CRASH_BACKUPS` sets how many kills of each (4).
//!
//! The fourth kills `ulak serve` while programs ask it for messages in parallel, some of them twice: what was accepted must
//! be there once, under the one id that every answer named. `ULAK_CRASH_SENDS` sets how many messages (200),
//! `ULAK_CRASH_CLIENTS` how many programs (8), `ULAK_CRASH_SERVES` how many kills (3).

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
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::Row;
use tempfile::TempDir;
use terminal::{Chance, from_environment, key, people, ulak};
use ulak_core::backup::restore::finish;
use ulak_core::campaign::CampaignError;
use ulak_core::campaign::draft::{DraftEdit, Revises};
use ulak_core::campaign::revise::{NewTime, Wanted, begin, open_draft};
use ulak_core::campaign::store::{by_id, save};
use ulak_core::clock::{Clock as _, SystemClock};
use ulak_core::db::{Db, lock_folder};
use ulak_core::ids::CampaignId;
use ulak_core::ledger::Book;
use ulak_core::ledger::figures::balance;
use ulak_core::ledger::store::verify;
use ulak_core::outbox::store::reading::open_credits;
use ulak_core::template::{Choice, ChoiceStyle};

const PEOPLE: usize = 150;
const TEXT: &str = "Merhaba {{name}}";

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
    let world = Scene::new(TEXT);
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

#[tokio::test]
async fn killed_in_a_revision_everybody_gets_one_version_whole() {
    let wanted: u32 = from_environment("ULAK_CRASH_REVISIONS").unwrap_or(3);
    let mut chance = Chance::seeded_by("ULAK_CRASH_SEED");
    let (mut kills, mut halfway) = (0, 0);
    while kills < wanted {
        let (killed, met) = revisions_under_fire(&mut chance, wanted - kills).await;
        (kills, halfway) = (kills + killed, halfway + met);
        println!("{kills} of {wanted} kills, {halfway} of them halfway through a revision");
    }
    assert!(wanted < 50 || halfway > 0, "no kill met a revision");
}

/// One campaign, revised before every start; how often it was killed, and how often halfway through a revision.
async fn revisions_under_fire(chance: &mut Chance, most_kills: u32) -> (u32, u32) {
    let world = Scene::new("Version 0: {{name}}");
    let mut run = world.start(false);
    let until = Instant::now() + Duration::from_secs(60);
    while !world.said("\"event\":\"scheduled\"") {
        assert!(Instant::now() < until && run.try_wait().unwrap().is_none(), "{}", world.output());
        std::thread::park_timeout(Duration::from_millis(2));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let (mut kills, mut halfway) = (0, 0);
    for version in 1.. {
        let is_over = !world.revise(version).await || kills >= most_kills;
        let mut run = world.start(true);
        // A revision that was cut off goes on as soon as the data are open: half of the kills come about then.
        let within = if chance.below(2) == 0 { 400 } else { 1_500 };
        let deadline = if is_over { 120_000 } else { 100 + chance.below(within) };
        match wait(&mut run, Duration::from_millis(deadline as u64)) {
            Some(ended) => {
                assert!(ended, "the practice run failed: {}", world.output());
                break;
            }
            None => assert!(!is_over, "the practice run does not end: {}", world.output()),
        }
        kills += 1;
        world.check_ledger().await;
        halfway += u32::from(world.is_halfway().await);
    }
    world.check_versions().await;
    (kills, halfway)
}

#[tokio::test]
async fn killed_in_a_backup_or_a_restore_there_is_a_good_file_or_none_and_the_earlier_data_or_the_new_ones() {
    let wanted: u32 = from_environment("ULAK_CRASH_BACKUPS").unwrap_or(4);
    let mut chance = Chance::seeded_by("ULAK_CRASH_SEED");
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.ulak-backup"));
    bring_in(&data, folder.path(), 300);
    for _ in 0..wanted {
        let mut run = ulak(&data, &["backup"]).arg("--out").arg(&file).stdout(Stdio::null()).spawn().unwrap();
        wait(&mut run, Duration::from_millis(chance.below(900) as u64));
        assert!(!file.exists() || ulak(&data, &["restore", "--look"]).arg(&file).output().unwrap().status.success());
    }
    assert!(ulak(&data, &["backup"]).arg("--out").arg(&file).output().unwrap().status.success());
    let other = folder.path().join("other");
    bring_in(&other, folder.path(), 20);
    for _ in 0..wanted {
        let mut run = ulak(&other, &["restore"]).arg(&file).stdout(Stdio::null()).spawn().unwrap();
        wait(&mut run, Duration::from_millis(chance.below(1_500) as u64));
        finish(&lock_folder(&other).unwrap()).unwrap();
        let people = count_people(&other).await;
        assert!(people == 20 || people == 300, "{people}");
    }
    assert!(ulak(&other, &["restore"]).arg(&file).output().unwrap().status.success());
    assert_eq!(count_people(&other).await, 300);
}

fn bring_in(data: &Path, folder: &Path, count: usize) {
    let list = folder.join("list.csv");
    fs::write(&list, people(count)).unwrap();
    let output = ulak(data, &["import"]).arg(&list).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn count_people(data: &Path) -> i64 {
    let db = open(data).await.unwrap();
    let count = "SELECT count(*) FROM contacts";
    let count = sqlx::query_scalar(count).fetch_one(&mut *db.read().acquire().await.unwrap()).await.unwrap();
    db.close().await;
    count
}

/// What a program is answered: the status and the message's id.
fn ask(port: u16, token: &str, key: &str, to: &str) -> Option<(u16, String)> {
    let body = format!("{{\"to\":\"{to}\",\"text\":\"{key}\",\"number\":\"practice\",\"category\":\"notification\"}}");
    let request = format!(
        "POST /api/whatsapp/send HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some((status, body["id"].as_str().unwrap_or_default().to_owned()))
}

#[tokio::test]
async fn killed_while_programs_send_what_was_accepted_is_there_once() {
    let sends: usize = from_environment("ULAK_CRASH_SENDS").unwrap_or(200);
    let clients: usize = from_environment("ULAK_CRASH_CLIENTS").unwrap_or(8);
    let kills: usize = from_environment("ULAK_CRASH_SERVES").unwrap_or(3);
    let mut chance = Chance::seeded_by("ULAK_CRASH_SEED");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let setup = ulak(&data, &["programs", "--open", "--port", &port.to_string(), "--make", "Test"]).output().unwrap();
    let told = String::from_utf8(setup.stdout).unwrap();
    let event =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).ok().filter(|line| line["event"] == "token");
    let token = told.lines().find_map(event).unwrap_or_else(|| panic!("{told}"))["token"].as_str().unwrap().to_owned();
    let db = open(&data).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let more = i64::try_from(sends).unwrap();
    ulak_core::ledger::store::grant(&mut tx, Book::Practice, more, "", "", SystemClock.now()).await.unwrap();
    db.commit(tx).await.unwrap();
    db.close().await;

    let start = || ulak(&data, &["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let next = AtomicUsize::new(0);
    let answers: Mutex<BTreeMap<String, Vec<String>>> = Mutex::default();
    std::thread::scope(|scope| {
        let work = || loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            // Every twentieth request comes once more.
            let Some(wanted) =
                (number < sends + sends / 20).then(|| if number < sends { number } else { (number - sends) * 20 })
            else {
                return;
            };
            let (key, to) = (format!("key-{wanted}"), format!("+90532{wanted:07}"));
            let until = Instant::now() + Duration::from_secs(240);
            loop {
                match ask(port, &token, &key, &to) {
                    Some((202, id)) => break answers.lock().unwrap().entry(key).or_default().push(id),
                    Some((status, _)) if status < 429 => panic!("{key}: {status}"),
                    _ => assert!(Instant::now() < until, "{key} is never accepted"),
                }
                std::thread::park_timeout(Duration::from_millis(20));
            }
        };
        let programs: Vec<_> = (0..clients).map(|_| scope.spawn(work)).collect();
        for _ in 0..kills {
            let mut run = start();
            let before = next.load(Ordering::SeqCst);
            let until = Instant::now() + Duration::from_secs(60);
            // It dies in the middle of its work, and not before it has begun.
            while next.load(Ordering::SeqCst) < before + clients + chance.below(sends / (2 * kills))
                && Instant::now() < until
            {
                if programs.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                    break;
                }
                std::thread::park_timeout(Duration::from_millis(1));
            }
            run.kill().unwrap();
            run.wait().unwrap();
        }
        let mut run = start();
        programs.into_iter().for_each(|program| program.join().unwrap());
        // The last one is asked to end and does so well.
        let stopped = std::process::Command::new("kill").arg(run.id().to_string()).status().unwrap();
        assert!(stopped.success());
        assert_eq!(wait(&mut run, Duration::from_secs(60)), Some(true), "SIGTERM ends it in order");
    });
    let answers = answers.into_inner().unwrap();
    assert_eq!(answers.len(), sends);
    assert!(answers.values().all(|ids| ids.iter().all(|id| *id == ids[0])), "one key, one message");
    let db = open(&data).await.unwrap();
    let mut reader = db.read().acquire().await.unwrap();
    let messages: Vec<String> = sqlx::query_scalar("SELECT text FROM messages WHERE origin = 'api' ORDER BY text")
        .fetch_all(&mut *reader)
        .await
        .unwrap();
    let mut keys: Vec<String> = answers.into_keys().collect();
    keys.sort();
    assert_eq!(messages, keys, "each once, and none lost");
    let open = open_credits(&mut reader).await.unwrap();
    verify(&mut reader, &open).await.unwrap();
    drop(reader);
    db.close().await;
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
    text: &'static str,
}

impl Scene {
    fn new(text: &'static str) -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap(), text };
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
            command.arg("--contacts").arg(self.list()).args(["--text", self.text, "--speed", "300"]);
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
            let open = open_credits(&mut reader).await.unwrap();
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

    /// Writes down that what waits gets another content: every second one has a poll behind its text. False where
    /// nothing of the campaign waits any more.
    async fn revise(&self, version: i64) -> bool {
        let db = open(&self.data()).await.unwrap();
        let begun = begin_revision(&db, version).await;
        db.close().await;
        match begun {
            Ok(begun) => begun,
            // The one before is not through, and goes on with the start.
            Err(CampaignError::BeingRevised) => true,
            Err(CampaignError::Over) => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Some have the version that counts, and some not yet.
    async fn is_halfway(&self) -> bool {
        let db = open(&self.data()).await.unwrap();
        let halfway = "SELECT EXISTS (SELECT 1 FROM queues q JOIN messages m ON m.queue_id = q.id
                                      WHERE q.revising = 1 AND m.version = q.version)";
        let halfway = sqlx::query_scalar(halfway).fetch_one(&mut *db.read().acquire().await.unwrap()).await.unwrap();
        db.close().await;
        halfway
    }

    async fn check_versions(&self) {
        let seen = self.seen();
        assert_eq!(seen.len(), PEOPLE, "everybody saw the message");
        // The first revision is written down while nearly all still wait.
        let is_first =
            |messages: &Vec<(String, String)>| messages.iter().all(|(_, text)| text.starts_with("Version 0"));
        assert!(!seen.values().all(is_first), "no revision reached anybody");
        for (phone, messages) in &seen {
            let texts: Vec<&str> = messages.iter().map(|(_, text)| text.as_str()).collect();
            let (version, _) = texts[0].split_once(':').unwrap();
            let number: i64 = version.rsplit(' ').next().unwrap().parse().unwrap();
            let poll = format!("{version}?");
            let behind: &[&str] = if number % 2 == 1 { &[poll.as_str()] } else { &[] };
            assert_eq!(texts[1..], *behind, "{phone} saw {texts:?}");
        }
        let db = open(&self.data()).await.unwrap();
        let paid = balance(&mut db.read().acquire().await.unwrap(), Book::Practice).await.unwrap();
        let shown: usize = seen.values().map(Vec::len).sum();
        assert_eq!((paid.settled, paid.held), (i64::try_from(shown).unwrap(), 0), "each part is paid once");
        db.close().await;
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

async fn begin_revision(db: &Db, version: i64) -> Result<bool, CampaignError> {
    let now = SystemClock.now();
    let id = "SELECT id FROM campaigns WHERE listed = 1";
    let id: CampaignId = sqlx::query_scalar(id).fetch_one(&mut *db.read().acquire().await?).await?;
    let draft = open_draft(db, Revises { campaign: id, message: None }, now).await?;
    let draft = by_id(&mut *db.read().acquire().await?, draft).await?.ok_or(CampaignError::Gone)?;
    let book = draft.book;
    let poll = Choice {
        style: ChoiceStyle::Poll,
        question: format!("Version {version}?"),
        options: vec!["Evet".to_owned(), "Hayır".to_owned()],
    };
    let choice = (version % 2 == 1).then_some(poll);
    let edit = DraftEdit { text: format!("Version {version}: {{{{name}}}}"), choice, ..draft.edit() };
    let mut tx = db.begin().await?;
    save(&mut tx, &edit, book, now).await?;
    db.commit(tx).await?;
    let draft = by_id(&mut *db.read().acquire().await?, edit.id).await?.ok_or(CampaignError::Gone)?;
    let wanted = Wanted { campaign: id, draft: Some(&draft), time: NewTime::Keep, with_own: false };
    begin(db, &wanted, now).await
}

/// None while a kill came before there was a database.
async fn open(folder: &Path) -> Option<Db> {
    if !folder.join("ulak.db").exists() {
        return None;
    }
    Some(Db::open(lock_folder(folder).unwrap(), &key(folder)).await.unwrap())
}

//! Sending over the emulator's wire: Ulak beside the bare library doing the same without it.
//!
//! Both run in processes of their own against one emulator, so that processor time and memory are theirs alone. Pace is
//! off: Ulak's clock runs so fast that the second between two messages is over in time. One part at a time is on its
//! way per number, in both. The second round goes to the people of the first. Then what a shop feels: many numbers at
//! the pace they really have, and linked numbers that have nothing to do.
//! `cargo xtask bench wire` runs it; ratios go into artifacts/bench-wire.json.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a benchmark that meets the unexpected ends there"
)]

#[path = "../tests/harness.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod harness;
#[path = "../tests/shop.rs"]
mod shop;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use shop::{bring_in, draft, link, open, person};
use ulak_core::app::{App, Direct};
use ulak_core::clock::{Clock, DAY, Millis, SECOND, SystemClock};
use ulak_core::event::Event;
use ulak_core::ids::SessionId;
use ulak_core::ledger::Book;
use ulak_core::outbox::state::PartState;
use ulak_emulator::{Emulator, Habits, Options, Record};
use whatsapp_rust::store::{SqliteStoreConfig, Synchronous};

const PEOPLE: usize = 2_000;
const PACED: usize = 20;
const IDLE: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);

fn owner(number: usize) -> String {
    format!("9055500{:05}", 1 + number)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match arguments.iter().position(|argument| argument == "in-a-process") {
        Some(at) => runtime.block_on(in_a_process(&arguments[at + 1], &arguments[at + 2], &arguments[at + 3])),
        None => runtime.block_on(compare(arguments.iter().any(|argument| argument == "pace"))),
    }
}

/// A clock so fast that a number's pace of a second is over when the ack is there. Where it is not, the wait is jumped
/// over; longer waits take their time.
struct WithoutPace {
    start: Millis,
    jumped: AtomicI64,
}

impl WithoutPace {
    const FACTOR: Millis = 500;

    fn start() -> Arc<Self> {
        Arc::new(Self { start: SystemClock.now(), jumped: AtomicI64::new(0) })
    }
}

impl Clock for WithoutPace {
    fn now(&self) -> Millis {
        self.start + (SystemClock.now() - self.start) * Self::FACTOR + self.jumped.load(Ordering::SeqCst)
    }

    fn real_wait(&self, until: Millis) -> Duration {
        let wait = until - self.now();
        if wait <= SECOND {
            self.jumped.fetch_add(wait.max(0), Ordering::SeqCst);
            return Duration::ZERO;
        }
        Duration::from_millis(wait.unsigned_abs())
    }
}

/// Everything, or with `pace` what a shop feels alone.
async fn compare(pace: bool) {
    let mut lines = if pace { Vec::new() } else { beside_the_library().await };
    lines.push(paced().await);
    lines.push(idle().await);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::create_dir_all(root.join("artifacts")).unwrap();
    let name = if pace { "artifacts/bench-wire-pace.json" } else { "artifacts/bench-wire.json" };
    std::fs::write(root.join(name), serde_json::to_string_pretty(&lines).unwrap()).unwrap();
}

async fn beside_the_library() -> Vec<Value> {
    let mut lines = Vec::new();
    let mut memories = Vec::new();
    for numbers in [1, 5] {
        let ulak = measured("ulak", numbers).await;
        let kept = measured("kept", numbers).await;
        let bare = measured("bare", numbers).await;
        let memory = [&ulak, &kept, &bare].map(|side| side["rss_mib"].as_f64().unwrap());
        memories.push(memory);
        for round in ["new", "again"] {
            let figure = |of: &Value, name: &str| of[round][name].as_f64().unwrap();
            let cpu = [&ulak, &kept, &bare].map(|side| figure(side, "cpu_ms"));
            let speed = [&ulak, &kept, &bare].map(|side| figure(side, "per_second"));
            println!(
                "{numbers} number(s), {round:<5}  CPU a message: Ulak {:.2} ms, the library with keys kept as Ulak keeps them {:.2} ms (ratio {:.2}), as it comes {:.2} ms (ratio {:.2})\n                   messages a second {:.0} / {:.0} / {:.0}, memory {:.0} / {:.0} / {:.0} MiB",
                cpu[0],
                cpu[1],
                cpu[0] / cpu[1],
                cpu[2],
                cpu[0] / cpu[2],
                speed[0],
                speed[1],
                speed[2],
                memory[0],
                memory[1],
                memory[2],
            );
            lines.push(json!({
                "numbers": numbers, "recipients": round, "sides": ["ulak", "kept", "bare"],
                "cpu_ms": cpu, "per_second": speed, "rss_mib": memory,
                "cpu_ratio_kept": cpu[0] / cpu[1], "cpu_ratio_bare": cpu[0] / cpu[2],
            }));
        }
    }
    let [one, five] = memories.as_slice() else { unreachable!("two were measured") };
    let another: [f64; 3] = std::array::from_fn(|side| (five[side] - one[side]) / 4.0);
    println!("memory of each number more: {:.1} (goal 5) / {:.1} / {:.1} MiB", another[0], another[1], another[2]);
    lines.push(json!({ "rss_mib_of_another_number": another }));
    lines.push(latency().await);
    lines
}

/// Runs one side in a process of its own; scans for it what it shows.
async fn measured(side: &str, numbers: usize) -> Value {
    let silent = Habits { delivered: false, read: false, ..Habits::default() };
    let emulator = Emulator::start(Options { habits: silent, ..Options::default() }).await.unwrap();
    with_phones(&emulator, side, numbers).await
}

async fn with_phones(emulator: &Emulator, side: &str, numbers: usize) -> Value {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["in-a-process", side, &emulator.chat_url(), &numbers.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
    let mut result = Value::Null;
    while let Some(line) = told.recv().await {
        let event: Value = serde_json::from_str(&line).unwrap();
        match event["event"].as_str().unwrap() {
            "qr" => {
                drop(emulator.scan(event["code"].as_str().unwrap(), event["owner"].as_str().unwrap()).await.unwrap())
            }
            _ => result = event,
        }
    }
    assert!(child.wait().unwrap().success());
    result
}

/// Twenty numbers that each send once a second, the floor of the pace, for a minute: what it costs, and how late a
/// message comes behind the second that its number had to wait.
async fn paced() -> Value {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let result = with_phones(&emulator, "paced", PACED).await;
    let mut sent: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for seen in emulator.seen() {
        sent.entry(seen.from).or_default().push(seen.at);
    }
    let gaps = sent.values().flat_map(|times| times.windows(2).map(|pair| (pair[1] - pair[0] - SECOND).max(0)));
    let mut late: Vec<i64> = gaps.collect();
    late.sort_unstable();
    let (p50, p99) = (late[late.len() / 2], late[late.len() * 99 / 100]);
    let cpu = result["cpu_ms"].as_f64().unwrap() / result["ms"].as_f64().unwrap() * 100.0;
    println!(
        "{PACED} numbers at one message a second each, {} messages: CPU {cpu:.1} % of one core (goal 10), a message late by p50 {p50} ms, p99 {p99} ms (goal 100)",
        late.len() + PACED,
    );
    json!({ "paced_numbers": PACED, "cpu_percent": cpu, "late_p50_ms": p50, "late_p99_ms": p99 })
}

/// Linked numbers with nothing to send, for two minutes.
async fn idle() -> Value {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let result = with_phones(&emulator, "idle", IDLE).await;
    let seconds = result["ms"].as_f64().unwrap() / 1_000.0;
    let cpu = result["cpu_ms"].as_f64().unwrap() / seconds / 10.0;
    let wakes = result["wakes"].as_f64().unwrap() / seconds;
    println!(
        "{IDLE} linked numbers idle: CPU {cpu:.2} % (goal 0.5), {wakes:.2} wake-ups a second (goal 1), {} KiB written (goal 0)",
        result["written"].as_f64().unwrap() / 1_024.0
    );
    json!({ "idle_numbers": IDLE, "cpu_percent": cpu, "wakes_a_second": wakes, "written_bytes": result["written"] })
}

/// From a receipt that leaves the phone to the core's event, with a campaign of 100,000 people in the database.
async fn latency() -> Value {
    const CROWD: usize = 100_000;
    const ROUNDS: usize = 200;
    let held = Habits { held: true, read: false, ..Habits::default() };
    let emulator = Emulator::start(Options { habits: held, ..Options::default() }).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path(), &emulator.chat_url(), WithoutPace::start()).await;
    let number = link(&app, async |code| drop(emulator.scan(&code, &owner(0)).await.unwrap())).await;
    bring_in(&app, folder.path(), CROWD).await;
    let crowd = draft(&app, &[number], Some(app.now() + 300 * DAY)).await;
    app.campaigns().schedule_campaign(crowd, false).await.unwrap();
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let wish = Direct { to: format!("+{}", person(round)), text: "Hazır".to_owned(), ..Direct::default() };
        let message = app.outbox().send_direct(&wish).await.unwrap();
        let mut events = app.events().subscribe();
        while !app.outbox().parts_of(message).await.unwrap().iter().all(|part| part.state == PartState::Sent) {
            let _ = events.recv().await;
        }
        // The outcome's own events are over before the receipt leaves.
        while events.try_recv().is_ok() {}
        // The phone may open the message a moment after the ack.
        let mut start = Instant::now();
        let left = |_: &Record| {
            start = Instant::now();
            emulator.release_receipts() > 0
        };
        emulator.wait_until(left, Duration::from_secs(60)).await.unwrap();
        while !matches!(events.recv().await, Ok(Event::CampaignChanged(_))) {}
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    let (p50, p99) = (times[ROUNDS / 2], times[ROUNDS * 99 / 100]);
    println!(
        "receipt on the wire to the core's event, {CROWD} people queued: p50 {p50:.1} ms, p99 {p99:.1} ms; the window hears of it 20 ms later, or in a busy campaign up to 100 ms (goal 150)"
    );
    app.close().await;
    json!({ "receipt_p50_ms": p50, "receipt_p99_ms": p99 })
}

fn tell(event: &Value) {
    println!("{event}");
    std::io::stdout().flush().unwrap();
}

async fn in_a_process(side: &str, url: &str, numbers: &str) {
    let numbers: usize = numbers.parse().unwrap();
    let result = match side {
        "ulak" => ulak(url, numbers).await,
        "paced" => shop_of(url, numbers, true).await,
        "idle" => shop_of(url, numbers, false).await,
        side => bare(url, numbers, side == "kept").await,
    };
    tell(&result);
}

/// What this process has used of the processor, in milliseconds.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks * 10.0
}

fn rss_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// How often threads of this process went from waiting to work, and what it has written to the disk.
fn wakes_and_written() -> (u64, u64) {
    let field = |text: &str, name: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let statuses = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("status")).ok());
    let wakes = statuses.map(|status| field(&status, "voluntary_ctxt_switches:")).sum();
    (wakes, field(&std::fs::read_to_string("/proc/self/io").unwrap(), "write_bytes:"))
}

/// A shop on the world's own clock, that sends for a minute or has nothing to do for two.
async fn shop_of(url: &str, numbers: usize, sends: bool) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path(), url, Arc::new(SystemClock)).await;
    let mut ids = Vec::new();
    for number in 0..numbers {
        let owner = owner(number);
        ids.push(link(&app, async |code| tell(&json!({ "event": "qr", "owner": owner, "code": code }))).await);
    }
    let mut wait = 2 * MINUTE;
    if sends {
        bring_in(&app, folder.path(), numbers * 90).await;
        let campaign = draft(&app, &ids, None).await;
        app.campaigns().schedule_campaign(campaign, false).await.unwrap();
        wait = MINUTE;
    }
    // What linking and scheduling leave to do is over by then.
    tokio::time::sleep(Duration::from_secs(15)).await;
    let (began, cpu, (wakes, written)) = (Instant::now(), cpu_ms(), wakes_and_written());
    tokio::time::sleep(wait).await;
    let (ms, used, (woken, wrote)) = (began.elapsed().as_millis() as u64, cpu_ms() - cpu, wakes_and_written());
    app.close().await;
    json!({ "event": "result", "ms": ms, "cpu_ms": used, "wakes": woken - wakes, "written": wrote - written })
}

struct Lap(Instant, f64);

impl Lap {
    fn start() -> Self {
        Self(Instant::now(), cpu_ms())
    }

    fn end(self) -> Value {
        let messages = PEOPLE as f64;
        json!({ "per_second": messages / self.0.elapsed().as_secs_f64(), "cpu_ms": (cpu_ms() - self.1) / messages })
    }
}

async fn ulak(url: &str, numbers: usize) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path(), url, WithoutPace::start()).await;
    let mut ids = Vec::new();
    for owner in (0..numbers).map(owner) {
        ids.push(link(&app, async |code| tell(&json!({ "event": "qr", "owner": owner, "code": code }))).await);
    }
    bring_in(&app, folder.path(), PEOPLE).await;
    let new = campaign(&app, &ids).await;
    let known = campaign(&app, &ids).await;
    let rss = rss_mib();
    app.close().await;
    json!({ "event": "result", "new": new, "again": known, "rss_mib": rss })
}

async fn campaign(app: &App, numbers: &[SessionId]) -> Value {
    let campaign = draft(app, numbers, None).await;
    let mut events = app.events().subscribe();
    let lap = Lap::start();
    app.campaigns().schedule_campaign(campaign, false).await.unwrap();
    let mut changes = 0;
    loop {
        if matches!(events.recv().await, Ok(Event::CampaignChanged(_)) | Err(_)) {
            changes += 1;
            // Counting everything at every change would be what is measured.
            if changes % 100 != 0 && changes < 2 * PEOPLE {
                continue;
            }
            if app.outbox().counts(Book::Real).await.unwrap().open() == 0 {
                return lap.end();
            }
        }
    }
}

/// The library alone. As it comes, or with its keys kept as Ulak keeps them: encrypted, every commit on the disk.
async fn bare(url: &str, numbers: usize, kept: bool) -> Value {
    let mut config = SqliteStoreConfig::default();
    if kept {
        let key = format!("PRAGMA key = \"x'{}'\";", "07".repeat(32));
        config.synchronous = Synchronous::Full;
        config = config.with_connection_init(move |connection| Ok(connection.batch_execute(&key)?));
    }
    let mut clients = Vec::new();
    for owner in (0..numbers).map(owner) {
        let folder = tempfile::tempdir().unwrap();
        let running = harness::Running::start_with(url.to_owned(), folder, config.clone()).await;
        tell(&json!({ "event": "qr", "owner": owner, "code": running.qr_code().await }));
        running.connected().await;
        clients.push(Arc::new(running));
    }
    let mut laps = Vec::new();
    for (known, round) in ["A", "B"].into_iter().enumerate() {
        let lap = Lap::start();
        let mut tasks = tokio::task::JoinSet::new();
        for (offset, client) in clients.iter().cloned().enumerate() {
            let round = round.to_owned();
            tasks.spawn(async move {
                // As in Ulak, where any free number takes the next person, one in so many meets the same number again.
                let over = |person: usize| (person + known * (person / numbers)) % numbers;
                for number in (0..PEOPLE).filter(|person| over(*person) == offset) {
                    let id = format!("3EB0{round}{number:017}");
                    client
                        .send(&person(number), &id, &format!("Merhaba Kişi {number}, this week a coffee is on us."))
                        .await;
                    client.ack(&id).await;
                }
            });
        }
        tasks.join_all().await;
        laps.push(lap.end());
    }
    json!({ "event": "result", "new": laps[0], "again": laps[1], "rss_mib": rss_mib() })
}

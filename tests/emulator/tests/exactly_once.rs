//! Exactly once over the wire: the app is killed at random moments of a campaign over three numbers, connections are
//! cut at random, and every phone must have seen its message once, from one number.
//!
//! `ULAK_WIRE_KILLS` and `ULAK_WIRE_PEOPLE` make the run longer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

mod laptop;
#[allow(dead_code, reason = "other tests use more of it")]
mod shop;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use laptop::{Laptop, events, link};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use shop::{QUICK, always_open, bring_in, draft, person};
use ulak_core::ids::SessionId;
use ulak_emulator::{Emulator, Fault, Options, Rule};

const OWNERS: [&str; 3] = ["905550000001", "905550000002", "905550000003"];
/// The second that a number waits at least between two parts is half a one here; so are Ulak's deadlines, and
/// a connection that is made on a busy computer must still fit into them.
const SPEED: &str = "2";

fn from_environment(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// A campaign to `people` over every number, all day long, as quick as the floor allows.
async fn schedule(laptop: &Laptop, people: usize) {
    let app = laptop.app().await;
    always_open(&app).await;
    let numbers: Vec<SessionId> = app
        .numbers()
        .list()
        .await
        .unwrap()
        .iter()
        .filter(|number| !number.phone.is_empty())
        .map(|number| number.id)
        .collect();
    assert_eq!(numbers.len(), OWNERS.len());
    for number in &numbers {
        app.numbers().save_pace(*number, &QUICK).await.unwrap();
        // A number that was just linked would send twenty an hour.
        app.numbers().end_warm_up(*number).await.unwrap();
    }
    bring_in(&app, laptop.folder.path(), people).await;
    let campaign = draft(&app, &numbers, None).await;
    app.campaigns().schedule_campaign(campaign, false).await.unwrap();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_phone_sees_its_message_once_from_one_number() {
    let kills = from_environment("ULAK_WIRE_KILLS", 20);
    let people = from_environment("ULAK_WIRE_PEOPLE", 300);
    let seed = from_environment("ULAK_WIRE_SEED", 7) as u64;
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let laptop = Laptop::new(&emulator);
    for owner in OWNERS {
        link(&laptop, &emulator, owner).await;
    }
    schedule(&laptop, people).await;
    for accepted in [true, false] {
        emulator.fault(Rule::always(Fault::DropBeforeAck { accepted }).chance(0.02));
    }
    emulator.fault(Rule::always(Fault::DropAfterAck).chance(0.02));
    let mut chance = StdRng::seed_from_u64(seed);
    let started = Instant::now();
    for kill in 0..kills {
        let mut child = laptop.ulak(&["work", "--json", "--speed", SPEED]);
        let _lines = events(&mut child);
        // The moment is the point: a kill that waited for a sign would always meet the same step.
        tokio::time::sleep(Duration::from_millis(chance.random_range(500..3_500))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let seen = emulator.seen().len();
        println!("kill {kill}: {seen} seen after {} s", started.elapsed().as_secs());
    }
    let mut child = laptop.ulak(&["work", "--json", "--speed", SPEED, "--wait", "600"]);
    let last = tokio::task::spawn_blocking(move || {
        let last = events(&mut child).last().unwrap();
        (child.wait().unwrap().success(), last)
    });
    let (success, summary) = last.await.unwrap();
    assert!(success, "{summary}");
    check(&emulator, &summary, people);
}

fn check(emulator: &Emulator, summary: &Value, people: usize) {
    let mut by_person: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seen in emulator.seen() {
        by_person.entry(seen.to.clone()).or_default().push(seen.from.clone());
    }
    let twice: Vec<_> = by_person.iter().filter(|(_, from)| from.len() != 1).collect();
    assert!(twice.is_empty(), "seen more than once: {twice:?}");
    let forgotten: Vec<String> = (0..people).map(person).filter(|phone| !by_person.contains_key(phone)).collect();
    assert!(forgotten.is_empty(), "left out: {forgotten:?}");
    assert_eq!(by_person.len(), people);
    assert_eq!(summary["ledger_ok"], true, "{summary}");
    assert_eq!(summary["credits"]["settled"], people, "{summary}");
    assert_eq!(summary["credits"]["held"], 0, "{summary}");
    let repeats = emulator.read(|record| record.repeats);
    println!("{repeats} copies were sent again under their old id and shown once");
}

//! A backup of a million contacts and a million messages, and its restore: both within a minute, in memory that does not
//! grow with them.

use std::sync::Arc;

use ulak_core::app::restore_into;
use ulak_core::backup::make::{Wish, make};
use ulak_core::testing::key;
use ulak_core::vault::{self, Keyring};

use crate::Outcome;
use crate::history::write_history;
use crate::measure::{Figure, Stopwatch, Unit};
use crate::scene::{self, NOW, Place};

const CONTACTS: i64 = 1_000_000;
const LONGEST: f64 = 60.0;
const MOST_GROWTH: f64 = 150.0;
const PASSPHRASE: &str = "a passphrase for benchmarks";

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

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let (folder, waiting) = scene::with_contacts(place, CONTACTS).await?;
    write_history(&folder, waiting)?;
    vault::adopt(&folder, vec![vault::backup_way(PASSPHRASE, &key())?], Some(PASSPHRASE), &key(), &NoKeyring)?;
    let (target, elsewhere) = (place.folder()?, place.folder()?);
    let file = target.join("a.ulak-backup");
    let db = scene::db(&folder).await?;
    db.take_in_log().await?;
    let before = megabytes();
    let time = Stopwatch::start();
    let wish = Wish { place: file.clone(), passphrase: None, code_is_known: false, mark: String::new(), now: NOW };
    make(&db, &key(), wish, &Arc::default()).await?;
    let made = time.seconds();
    db.close().await;
    let time = Stopwatch::start();
    restore_into(&elsewhere, &file, Some(PASSPHRASE.to_owned()), Arc::new(NoKeyring)).await?;
    let restored = time.seconds();
    let grown = megabytes() - before;
    let note = format!("1M contacts, 1M messages, {} MB, read back and counted", file.metadata()?.len() / 1_000_000);
    Ok(vec![
        Figure::plain("backup: make", Unit::Seconds, made, Some(LONGEST), note.clone()),
        Figure::plain("backup: restore", Unit::Seconds, restored, Some(LONGEST), note),
        Figure::plain("backup: memory that it took", Unit::Megabytes, grown, Some(MOST_GROWTH), "VmHWM".to_owned()),
    ])
}

/// The most that this process ever had.
fn megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1_000.0
}

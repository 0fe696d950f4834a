//! Bringing in a CSV file of a million contacts, in a process of its own, whose peak of memory is read.
//!
//! The yardstick inserts the very contacts that came in, in transactions of the same size; reading them is not timed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};
use ulak_core::clock::SystemClock;
use ulak_core::contact::import::{ImportOptions, ImportState, ImportStep, Job, Origin, run};
use ulak_core::ids::IdGenerator;

use crate::Outcome;
use crate::measure::{Figure, Pairs, Stopwatch, Unit};
use crate::raw::Raw;
use crate::scene::{self, NOW, Place};

const ROWS: u32 = 1_000_000;
const REPETITIONS: usize = 3;
/// Rows in a transaction, as the import has them.
const CHUNK: usize = 2_000;
const MOST_MEMORY: f64 = 300.0;

/// What the process of its own reports.
#[derive(Serialize, Deserialize)]
struct Report {
    seconds: f64,
    megabytes: f64,
}

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let file = place.folder()?.join("contacts.csv");
    write_csv(&file)?;
    let mut pairs = Pairs::default();
    let mut memory: f64 = 0.0;
    let mut best = f64::INFINITY;
    for _ in 0..REPETITIONS {
        let (ours, theirs) = (place.folder()?, place.folder()?);
        let report = imported(&ours, &file)?;
        pairs.push(report.seconds, inserted(&ours, &theirs).await?);
        memory = memory.max(report.megabytes);
        best = best.min(report.seconds);
        std::fs::remove_dir_all(ours)?;
        std::fs::remove_dir_all(theirs)?;
    }
    let note = format!("{ROWS} rows; best {:.0} rows/s", f64::from(ROWS) / best);
    let peak = Figure::plain("import: peak memory", Unit::Megabytes, memory, Some(MOST_MEMORY), "VmHWM".to_owned());
    Ok(vec![pairs.figure("import", None, note), peak])
}

fn write_csv(file: &Path) -> Outcome<()> {
    let mut csv = BufWriter::new(File::create(file)?);
    writeln!(csv, "Ad Soyad;Telefon;Şehir")?;
    for number in 0..ROWS {
        let (block, rest) = (number / 10_000 % 1000, number % 10_000);
        writeln!(csv, "Ayşe Demir {number};0532 {block:03} {:02} {:02};İzmir", rest / 100, rest % 100)?;
    }
    Ok(csv.flush()?)
}

fn imported(folder: &Path, file: &Path) -> Outcome<Report> {
    let child =
        Command::new(std::env::current_exe()?).args(["in-a-process", "import"]).arg(folder).arg(file).output()?;
    if !child.status.success() {
        return Err(String::from_utf8_lossy(&child.stderr).into());
    }
    Ok(serde_json::from_slice(&child.stdout)?)
}

/// The side of the process of its own.
pub async fn in_a_process(folder: &Path, file: &Path) -> Outcome<()> {
    let db = scene::db(folder).await?;
    let options = ImportOptions::default();
    let job = Job {
        id: IdGenerator::at(NOW).next(),
        origin: Origin::File { path: file.to_owned() },
        options,
        home: "TR".to_owned(),
        step: ImportStep::Import,
    };
    let time = Stopwatch::start();
    let end = run(&db, job, &SystemClock, &AtomicBool::new(false), |_| {}).await;
    let seconds = time.seconds();
    db.close().await;
    if end.state != ImportState::Done || end.totals.new != ROWS {
        return Err(format!("the import ended as {end:?}").into());
    }
    println!("{}", serde_json::to_string(&Report { seconds, megabytes: peak_memory()? })?);
    Ok(())
}

fn peak_memory() -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    let kilobytes: f64 = peak.ok_or("the kernel tells no peak")?.parse()?;
    Ok(kilobytes / 1024.0)
}

const COLUMNS: &str = "id, phone, name, email, fields, search, standing, consent_source, consent_at, consent_note,
    consent_withdrawn_at, created_at, updated_at";

async fn inserted(ours: &Path, theirs: &Path) -> Outcome<f64> {
    // Makes the tables.
    scene::db(theirs).await?.close().await;
    let (from, to) = (Raw::open(ours)?, Raw::open(theirs)?);
    let mut rows = from.prepare(&format!("SELECT {COLUMNS} FROM contacts ORDER BY id"))?;
    let mut insert =
        to.prepare(&format!("INSERT INTO contacts ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"))?;
    let mut seconds = 0.0;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        while chunk.len() < CHUNK
            && let Some(row) = rows.next()?
        {
            chunk.push(row);
        }
        if chunk.is_empty() {
            return Ok(seconds);
        }
        let time = Stopwatch::start();
        to.run("BEGIN IMMEDIATE")?;
        chunk.iter().try_for_each(|row| insert.run(row))?;
        to.run("COMMIT")?;
        seconds += time.seconds();
    }
}

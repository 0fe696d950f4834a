//! Bringing in a million contacts from a CSV and two hundred thousand from a workbook, each in a process of its own,
//! whose peak of memory is read.
//!
//! The yardstick of the first inserts the very contacts that came in, in transactions of the same size; reading them is
//! not timed. The second is read and judged without inserting anybody, beside calamine going through its cells.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use calamine::{Reader as _, Xlsx};
use serde::{Deserialize, Serialize};
use ulak_core::clock::SystemClock;
use ulak_core::contact::import::{ImportOptions, ImportState, ImportStep, Job, Origin, run};
use ulak_core::ids::IdGenerator;
use ulak_core::table::{Cell, Table};

use crate::Outcome;
use crate::measure::{Figure, Pairs, Stopwatch, Unit};
use crate::raw::Raw;
use crate::scene::{self, NOW, Place};

const ROWS: u32 = 1_000_000;
const WORKBOOK_ROWS: u32 = 200_000;
const REPETITIONS: usize = 3;
/// Rows in a transaction, as the import has them.
const CHUNK: usize = 2_000;
const MOST_MEMORY: f64 = 300.0;
const WORKBOOK_MEMORY: f64 = 400.0;
const SLOWEST: f64 = 3.0;
const WORKBOOK_SLOWEST: f64 = 2.0;

/// What the process of its own reports.
#[derive(Serialize, Deserialize)]
struct Report {
    seconds: f64,
    megabytes: f64,
    rows: u32,
}

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let mut figures = bench_csv(place).await?;
    figures.extend(bench_workbook(place)?);
    Ok(figures)
}

async fn bench_csv(place: &Place) -> Outcome<Vec<Figure>> {
    let file = place.folder()?.join("contacts.csv");
    write_csv(&file)?;
    let mut pairs = Pairs::default();
    let mut memory: f64 = 0.0;
    let mut best = f64::INFINITY;
    for _ in 0..REPETITIONS {
        let (ours, theirs) = (place.folder()?, place.folder()?);
        let report = imported(&ours, &file, ImportStep::Import, ROWS)?;
        pairs.push(report.seconds, inserted(&ours, &theirs).await?);
        memory = memory.max(report.megabytes);
        best = best.min(report.seconds);
        std::fs::remove_dir_all(ours)?;
        std::fs::remove_dir_all(theirs)?;
    }
    let note = format!("{ROWS} rows; best {:.0} rows/s", f64::from(ROWS) / best);
    let peak = Figure::plain("import: peak memory", Unit::Megabytes, memory, Some(MOST_MEMORY), "VmHWM".to_owned());
    Ok(vec![pairs.figure("import", Some(SLOWEST), note), peak])
}

fn bench_workbook(place: &Place) -> Outcome<Vec<Figure>> {
    let file = place.folder()?.join("contacts.xlsx");
    write_workbook(&file)?;
    let mut pairs = Pairs::default();
    let mut memory: f64 = 0.0;
    for _ in 0..REPETITIONS {
        let ours = place.folder()?;
        let report = imported(&ours, &file, ImportStep::Scan, WORKBOOK_ROWS)?;
        pairs.push(report.seconds, gone_through(&file)?);
        memory = memory.max(report.megabytes);
        std::fs::remove_dir_all(ours)?;
    }
    let name = "import: a workbook";
    let note = format!("{WORKBOOK_ROWS} rows read and judged, by calamine's reading alone");
    let peak =
        Figure::plain(&format!("{name}, peak memory"), Unit::Megabytes, memory, Some(WORKBOOK_MEMORY), "VmHWM".into());
    Ok(vec![pairs.figure(name, Some(WORKBOOK_SLOWEST), note), peak])
}

fn write_workbook(file: &Path) -> Outcome<()> {
    let mut table = Table::create(file, ["Ad Soyad", "Telefon", "Şehir"].into_iter())?;
    for number in 0..WORKBOOK_ROWS {
        let cells = [format!("Ayşe Demir {number}"), phone(number), "İzmir".to_owned()];
        table.add(cells.map(|text| Cell::Text(text.into())))?;
    }
    Ok(table.end()?)
}

/// Seconds to look at every cell once.
fn gone_through(file: &Path) -> Outcome<f64> {
    let time = Stopwatch::start();
    let mut book: Xlsx<_> = calamine::open_workbook(file)?;
    let sheet = book.sheet_names().first().cloned().ok_or("a workbook without a sheet")?;
    let mut cells = book.worksheet_cells_reader(&sheet)?;
    let mut count = 0;
    while cells.next_cell()?.is_some() {
        count += 1;
    }
    if count != (WORKBOOK_ROWS + 1) * 3 {
        return Err(format!("calamine finds {count} cells").into());
    }
    Ok(time.seconds())
}

fn phone(number: u32) -> String {
    let (block, rest) = (number / 10_000 % 1000, number % 10_000);
    format!("0532 {block:03} {:02} {:02}", rest / 100, rest % 100)
}

fn write_csv(file: &Path) -> Outcome<()> {
    let mut csv = BufWriter::new(File::create(file)?);
    writeln!(csv, "Ad Soyad;Telefon;Şehir")?;
    for number in 0..ROWS {
        writeln!(csv, "Ayşe Demir {number};{};İzmir", phone(number))?;
    }
    Ok(csv.flush()?)
}

fn imported(folder: &Path, file: &Path, step: ImportStep, rows: u32) -> Outcome<Report> {
    let mut command = Command::new(std::env::current_exe()?);
    let child = command.args(["in-a-process", "import", step.as_str()]).arg(folder).arg(file).output()?;
    if !child.status.success() {
        return Err(String::from_utf8_lossy(&child.stderr).into());
    }
    let report: Report = serde_json::from_slice(&child.stdout)?;
    if report.rows != rows {
        return Err(format!("{} of {rows} rows came in", report.rows).into());
    }
    Ok(report)
}

/// The side of the process of its own.
pub async fn in_a_process(step: &str, folder: &Path, file: &Path) -> Outcome<()> {
    let db = scene::db(folder).await?;
    let options = ImportOptions::default();
    let job = Job {
        id: IdGenerator::at(NOW).next(),
        origin: Origin::File { path: file.to_owned() },
        options,
        home: "TR".to_owned(),
        step: step.parse()?,
    };
    let time = Stopwatch::start();
    let end = run(&db, job, &SystemClock, &AtomicBool::new(false), |_| {}).await;
    let seconds = time.seconds();
    db.close().await;
    if end.state != ImportState::Done {
        return Err(format!("the import ended as {end:?}").into());
    }
    println!("{}", serde_json::to_string(&Report { seconds, megabytes: peak_memory()?, rows: end.totals.new })?);
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

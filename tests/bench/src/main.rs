//! How fast the core is, told as a ratio: the same rows are written by Ulak and by SQLite's own interface, with the
//! same encryption and pragmas, on the same disk, in the same run.
//!
//! `cargo xtask bench [names]` prints a table and writes artifacts/bench.json. A ratio says how many times longer
//! Ulak takes than SQLite alone; only ratios compare between machines.

mod backup;
mod claim;
mod history;
mod import;
mod measure;
mod media;
mod programs;
mod raw;
mod receipts;
mod restricted;
mod scene;
mod schedule;
mod search;
mod segments;
mod steering;
mod window;

use std::error::Error;
use std::path::Path;

use measure::{Figure, HEADER};
use scene::Place;

type Outcome<T> = Result<T, Box<dyn Error>>;

const NAMES: [&str; 14] = [
    "schedule",
    "steering",
    "claim",
    "receipts",
    "queue",
    "restricted",
    "history",
    "backup",
    "import",
    "segments",
    "search",
    "media",
    "programs",
    "window",
];

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        // What the benchmarks of imports and of the window start this binary for.
        ["in-a-process", "import", step, folder, file] => {
            return import::in_a_process(step, folder.as_ref(), file.as_ref()).await;
        }
        ["in-a-process", "window"] => return window::on_this_display().await,
        _ => {}
    }
    if let Some(unknown) = arguments.iter().find(|name| !NAMES.contains(name)) {
        return Err(format!("There is no benchmark '{unknown}', only {}.", NAMES.join(", ")).into());
    }
    let is_wanted = |name: &&str| arguments.is_empty() || arguments.contains(name);
    let mut figures = Vec::new();
    println!("{}\n{HEADER}", machine());
    for name in NAMES.iter().copied().filter(is_wanted) {
        let place = Place::new()?;
        for figure in measured(name, &place).await.map_err(|error| format!("{name}: {error}"))? {
            println!("{figure}");
            figures.push(figure);
        }
    }
    write(&figures)
}

async fn measured(name: &str, place: &Place) -> Outcome<Vec<Figure>> {
    match name {
        "schedule" => schedule::bench(place).await,
        "steering" => steering::bench(place).await,
        "claim" => claim::bench(place).await,
        "receipts" => receipts::bench(place).await,
        "queue" => claim::bench_by_queue(place).await,
        "restricted" => restricted::bench(place).await,
        "history" => history::bench(place).await,
        "backup" => backup::bench(place).await,
        "import" => import::bench(place).await,
        "segments" => segments::bench(place).await,
        "search" => search::bench(place).await,
        "media" => media::bench(place),
        "programs" => programs::bench(place).await,
        _ => window::bench(),
    }
}

/// What a reader needs to judge the absolute figures by.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("{} {}, {cores} cores, load {load} at the start", std::env::consts::OS, std::env::consts::ARCH)
}

fn write(figures: &[Figure]) -> Outcome<()> {
    let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../artifacts");
    std::fs::create_dir_all(&artifacts)?;
    let report = serde_json::json!({ "machine": machine(), "figures": figures });
    std::fs::write(artifacts.join("bench.json"), serde_json::to_string_pretty(&report)?)?;
    Ok(())
}

//! What Ulak writes down for support: no numbers, no texts.
//!
//! The terminal gets whole sentences. The file gets when, how grave, from which line of the program, and the fields that
//! hold codes and figures: no sentence, because a sentence can name somebody. `ulak_core::app::support` reads it again.

use std::fmt::{Debug, Write as _};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{EnvFilter, Layer};
use ulak_core::clock::{Clock as _, Millis, SystemClock};
use ulak_core::durable;

const DAY: Millis = 86_400_000;
/// So many days of the log are kept.
const KEPT: Millis = 30;
/// A day that says more than this says it again and again.
const MOST_A_DAY: u64 = 8 * 1024 * 1024;

static LOG: Mutex<Option<LogFolder>> = Mutex::new(None);

/// To the terminal, warnings only unless `ULAK_LOG` says otherwise; to the file once there is one.
pub fn to_terminal() {
    let filter = EnvFilter::try_from_env("ULAK_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let terminal = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let subscriber = tracing_subscriber::registry()
        .with(terminal.log_internal_errors(false).with_filter(filter))
        .with(ToFile.with_filter(EnvFilter::new("warn,ulak=info,ulak_core=info,ulak_shell=info")));
    // Not by `init`, which would write down what libraries say past `tracing` wherever one of them asks for that.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Goes on into a file a day of the data folder, and keeps a note of a panic there.
pub fn into_folder(data: &Path) {
    *log() = Some(LogFolder { folder: data.join("logs"), today: None });
    let crashes = data.join("crashes");
    forget_crashes(&crashes, SystemClock.now());
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(place) = panic.location() {
            note_crash(&crashes, place.file(), place.line());
        }
        before(panic);
    }));
}

/// Their names are the times at which it broke.
fn forget_crashes(folder: &Path, now: Millis) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let at = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse::<Millis>().ok());
        if at.is_some_and(|at| now - at > KEPT * DAY) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Where it broke, and never what it said: that may name somebody.
fn note_crash(folder: &Path, file: &str, line: u32) {
    let now = SystemClock.now();
    let file = file.replace('\\', "/");
    let module =
        file.rsplit_once("src/").map_or(file.as_str(), |(_, module)| module).trim_end_matches(".rs").replace('/', "::");
    let text = format!("{} ERROR ulak::{module}:{line} code=app.crashed\n", shown(now));
    let written = durable::private_folder(folder).and_then(|()| {
        let mut options = OpenOptions::new();
        let file = folder.join(format!("{now}.txt"));
        durable::open_private(options.create(true).append(true), &file)?.write_all(text.as_bytes())
    });
    // Whoever panics has nobody left to tell.
    drop(written);
}

fn log() -> MutexGuard<'static, Option<LogFolder>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

struct LogFolder {
    folder: PathBuf,
    today: Option<(Millis, File, u64)>,
}

impl LogFolder {
    fn write(&mut self, now: Millis, line: &str) -> std::io::Result<()> {
        let day = now.div_euclid(DAY);
        if self.today.as_ref().is_none_or(|(of, ..)| *of != day) {
            self.today = Some(self.begin(day, now)?);
        }
        let Some((_, file, written)) = &mut self.today else { return Ok(()) };
        if *written < MOST_A_DAY {
            file.write_all(line.as_bytes())?;
            *written += line.len() as u64;
        }
        Ok(())
    }

    fn begin(&self, day: Millis, now: Millis) -> std::io::Result<(Millis, File, u64)> {
        durable::private_folder(&self.folder)?;
        let named = |at: Millis| format!("ulak-{}.log", shown(at).get(..10).unwrap_or_default());
        let oldest = named(now - KEPT * DAY);
        for entry in std::fs::read_dir(&self.folder)?.flatten() {
            let name = entry.file_name();
            let old = name.to_str().is_some_and(|name| name.starts_with("ulak-") && *name < *oldest);
            if old {
                // What cannot be removed today goes another day; today is written all the same.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        let mut options = OpenOptions::new();
        let file = durable::open_private(options.create(true).append(true), &self.folder.join(named(now)))?;
        let written = file.metadata()?.len();
        Ok((day, file, written))
    }
}

/// As RFC 3339 in UTC.
fn shown(at: Millis) -> String {
    chrono::DateTime::from_timestamp_millis(at).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

struct ToFile;

impl<S: Subscriber> Layer<S> for ToFile {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut log = log();
        let Some(folder) = log.as_mut() else { return };
        let now = SystemClock.now();
        let about = event.metadata();
        let mut line = format!("{} {} {}:{}", shown(now), about.level(), about.target(), about.line().unwrap_or(0));
        event.record(&mut Fields(&mut line));
        line.push('\n');
        // A log that cannot be written is not worth a word: whoever logs is not to stop for it.
        let _ = folder.write(now, &line);
    }
}

/// Adds the fields that hold codes and figures.
struct Fields<'a>(&'a mut String);

const CODES: [&str; 5] = ["code", "job", "task", "state", "kind"];

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if CODES.contains(&field.name()) {
            self.record_str(field, &format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let is_code = value.len() <= 60 && value.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c));
        if CODES.contains(&field.name()) && is_code {
            let _ = write!(self.0, " {}={value}", field.name());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if (-9_999_999..=9_999_999).contains(&value) {
            let _ = write!(self.0, " {}={value}", field.name());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record_i64(field, i64::try_from(value).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_a_file_and_those_of_more_than_thirty_days_go() {
        let data = tempfile::tempdir().unwrap_or_else(|error| unreachable!("{error}"));
        let folder = data.path().join("logs");
        let mut log = LogFolder { folder: folder.clone(), today: None };
        let names = || {
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let mut names: Vec<String> =
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        let start = 1_794_441_600_000;
        for day in [0, 0, 1, 30] {
            assert!(log.write(start + day * DAY, "line\n").is_ok());
        }
        assert_eq!(names(), ["ulak-2026-11-12.log", "ulak-2026-11-13.log", "ulak-2026-12-12.log"]);
        assert!(log.write(start + 31 * DAY, "line\n").is_ok());
        assert_eq!(names(), ["ulak-2026-11-13.log", "ulak-2026-12-12.log", "ulak-2026-12-13.log"]);
    }

    #[test]
    fn the_file_has_codes_and_figures_and_no_sentence() {
        let data = tempfile::tempdir().unwrap_or_else(|error| unreachable!("{error}"));
        *super::log() = Some(LogFolder { folder: data.path().join("logs"), today: None });
        let subscriber = tracing_subscriber::registry().with(ToFile);
        tracing::subscriber::with_default(subscriber, || {
            let (name, phone) = ("Ayşe", "+905385550101");
            tracing::warn!(code = "storage.full", times = 3, %name, error = phone, "kampanya to {name}: {phone}");
            tracing::warn!(code = phone, number = 905_385_550_101_i64, "a message");
        });
        *super::log() = None;
        let files = std::fs::read_dir(data.path().join("logs")).into_iter().flatten().flatten();
        let text: String = files.map(|file| std::fs::read_to_string(file.path()).unwrap_or_default()).collect();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("code=storage.full times=3"), "{text}");
        assert!(!["Ayşe", "5385550101", "kampanya", "message"].iter().any(|word| text.contains(word)), "{text}");
        assert!(text.lines().all(|line| ulak_core::app::support::log_line(line).is_some()), "{text}");
    }
}

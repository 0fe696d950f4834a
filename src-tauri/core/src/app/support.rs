//! A bundle for support: what can help to find a fault, and nothing of anybody.
//!
//! Every line of it is a [`Plain`]: it can be made of words that stand in the program, of figures, times and codes, and of
//! nothing else. So no name, phone, text, file or token can get in, whoever adds a line.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use zip::write::SimpleFileOptions;

use super::common::{Common, facet};
use super::health::Health;
use super::{NumberView, Numbers, Problem};
use crate::backup::store::rows;
use crate::clock::Millis;
use crate::durable::Half;
use crate::error::{Coded, Params};
use crate::params;

/// Of each file of the log so much of its end comes in.
const MOST_LOG: usize = 400_000;
const MOST_FILES: usize = 30;

/// A text in which nothing of anybody stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Plain(String);

impl Plain {
    /// Words of the program itself.
    pub fn word(word: &'static str) -> Self {
        Self(word.to_owned())
    }

    pub fn figure(figure: impl Into<i128>) -> Self {
        Self(figure.into().to_string())
    }

    pub fn yes_or_no(yes: bool) -> Self {
        Self::word(if yes { "yes" } else { "no" })
    }

    pub fn time(at: Millis) -> Self {
        let at = chrono::DateTime::from_timestamp_millis(at);
        Self(at.map_or_else(|| "?".to_owned(), |at| at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()))
    }

    /// A code, a state, a path of a module or a name of a table: small letters with few digits. Whatever is anything else
    /// is a question mark.
    pub fn code(text: &str) -> Self {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.:/-".contains(c);
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let is_code = (1..=80).contains(&text.len()) && text.chars().all(fits) && digits <= 4;
        let has_sign = text.contains(['_', '.', ':', '/']) || KNOWN.contains(&text);
        Self(if is_code && has_sign { text.to_owned() } else { "?".to_owned() })
    }

    fn joined(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect::<Vec<_>>().join(" "))
    }
}

/// Codes of one word.
const KNOWN: [&str; 31] = [
    "disconnected",
    "connecting",
    "linking",
    "connected",
    "slow",
    "replaced",
    "banned",
    "locked",
    "outdated",
    "practice",
    "whatsapp",
    "contacts",
    "campaigns",
    "messages",
    "parts",
    "attempts",
    "ledger",
    "sessions",
    "senders",
    "queues",
    "templates",
    "media",
    "replies",
    "answers",
    "settings",
    "notes",
    "jobs",
    "changes",
    "segments",
    "versions",
    "backups",
];

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file of the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SupportFile {
    pub name: String,
    pub text: String,
}

/// One line of a log as Ulak writes it: when, how grave, from where, and codes and figures. The rest of a line is left out,
/// and so is a line that is anything else.
pub fn log_line(line: &str) -> Option<Plain> {
    let mut words = line.split_ascii_whitespace();
    let at = chrono::DateTime::parse_from_rfc3339(words.next()?).ok()?.timestamp_millis();
    let level =
        ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].into_iter().find(|level| words.clone().next() == Some(level))?;
    let from = words.nth(1)?;
    let (module, row) = from.rsplit_once(':').unwrap_or((from, "0"));
    let row: u32 = row.parse().ok()?;
    let module = Plain::code(module);
    if module.0 == "?" {
        return None;
    }
    let mut parts = vec![Plain::time(at), Plain::word(level), Plain(format!("{module}:{row}"))];
    parts.extend(words.filter_map(|word| {
        let (name, value) = word.split_once('=')?;
        let name = NAMED.iter().find(|known| **known == name)?;
        let value = match value.parse::<i32>() {
            Ok(figure) => Plain::figure(figure),
            Err(_) => Plain::code(value),
        };
        Some(Plain(format!("{name}={value}")))
    }));
    Some(Plain::joined(parts))
}

/// The fields of a log that come in.
const NAMED: [&str; 8] = ["code", "job", "task", "state", "kind", "count", "times", "rescued"];

pub struct Support {
    common: Common,
    health: Arc<Health>,
    numbers: Arc<Numbers>,
}

facet!(Support);

impl Support {
    pub(super) fn new(common: Common, health: Arc<Health>, numbers: Arc<Numbers>) -> Self {
        Self { common, health, numbers }
    }

    /// All that would be in the bundle.
    pub async fn preview(&self) -> Result<Vec<SupportFile>, Problem> {
        let mut files = vec![
            file("about.txt", self.about().await?),
            file("health.txt", self.health_lines().await?),
            file("figures.txt", self.figures().await?),
            file("settings.txt", self.settings_lines().await?),
        ];
        let folder = self.db.folder().to_owned();
        let read = tokio::task::spawn_blocking(move || {
            let mut read = lines_of(&folder.join("logs"), "logs");
            read.extend(lines_of(&folder.join("crashes"), "crashes"));
            read
        });
        files.extend(read.await.map_err(Problem::crashed)?);
        Ok(files)
    }

    /// Writes it as a zip.
    pub async fn save(&self, place: &Path) -> Result<(), Problem> {
        let (files, place) = (self.preview().await?, place.to_owned());
        let written = tokio::task::spawn_blocking(move || {
            let half = Half::beside(&place);
            zipped(&half, &files)
                .and_then(|()| half.done())
                .map_err(|error| NotSaved { file: place.display().to_string(), reason: error.to_string() })
        });
        Ok(written.await.map_err(Problem::crashed)??)
    }

    async fn about(&self) -> Result<Vec<Plain>, Problem> {
        Ok(vec![
            line("ulak", Plain::word(env!("CARGO_PKG_VERSION"))),
            line("system", Plain::word(std::env::consts::OS)),
            line("processor", Plain::word(std::env::consts::ARCH)),
            line("layout", Plain::figure(crate::db::known_layout())),
            line("time", Plain::time(self.now())),
            line("cores", Plain::figure(std::thread::available_parallelism().map_or(0, |cores| cores.get() as i64))),
        ])
    }

    async fn health_lines(&self) -> Result<Vec<Plain>, Problem> {
        let view = self.health.view().await?;
        let rows = view.rows.iter().map(|row| {
            let state = Plain::word(match row.state {
                super::health::HealthState::Good => "good",
                super::health::HealthState::Look => "look",
                super::health::HealthState::Bad => "bad",
            });
            let kind = serde_json::to_value(row.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
            let code = row.problem.as_ref().map(|problem| Plain::code(&problem.code));
            let kind = Plain::code(&format!("health.{}", kind.unwrap_or_default()));
            Plain::joined([state, kind].into_iter().chain(code))
        });
        Ok(rows.collect())
    }

    async fn figures(&self) -> Result<Vec<Plain>, Problem> {
        let counted = rows(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        let bytes = i64::try_from(self.db.bytes()).unwrap_or(i64::MAX);
        let mut lines = vec![line("bytes", Plain::figure(bytes))];
        lines.extend(counted.iter().map(|(table, rows)| Plain::joined([Plain::code(table), Plain::figure(*rows)])));
        lines.extend(self.numbers.list().await?.iter().map(number_line));
        Ok(lines)
    }

    async fn settings_lines(&self) -> Result<Vec<Plain>, Problem> {
        let settings = self.settings().await?;
        let count = |length: usize| Plain::figure(i64::try_from(length).unwrap_or(i64::MAX));
        Ok(vec![
            line("language", Plain::word(settings.spoken().as_str())),
            line("zone", Plain::word(settings.zone.name())),
            line("hours_from", Plain::figure(settings.hours_from)),
            line("hours_to", Plain::figure(settings.hours_to)),
            line("weekdays_with_own_hours", count(settings.weekdays.len())),
            line("closed_days", count(settings.closed_days.len())),
            line("stop_words", count(settings.stop_words.len())),
            line("stop_reply", Plain::yes_or_no(settings.stop_reply)),
            line("promotion_days", Plain::figure(settings.promotion_days)),
            line("stop_failed_percent", Plain::figure(settings.stop_failed_percent)),
            line("stop_opted_out_percent", Plain::figure(settings.stop_opted_out_percent)),
            line("kept_texts_days", Plain::figure(settings.kept.texts_days)),
            line("kept_tries_days", Plain::figure(settings.kept.tries_days)),
            line("kept_numbers_days", Plain::figure(settings.kept.numbers_days)),
            line("keep_awake", Plain::yes_or_no(settings.keep_awake)),
            line("look_for_updates", Plain::yes_or_no(settings.look_for_updates)),
            line("test_phone_is_set", Plain::yes_or_no(!settings.test_phone.is_empty())),
        ])
    }
}

fn line(name: &'static str, value: Plain) -> Plain {
    Plain::joined([Plain::word(name), value])
}

fn number_line(number: &NumberView) -> Plain {
    let kind = Plain::word(match number.kind {
        super::NumberKind::Practice => "practice",
        super::NumberKind::Whatsapp => "whatsapp",
    });
    let figures = [number.sent_today, number.errors_today, i64::from(number.tries)].map(Plain::figure);
    Plain::joined([Plain::word("number"), kind, Plain::code(&number.state)].into_iter().chain(figures))
}

fn file(name: &str, lines: Vec<Plain>) -> SupportFile {
    let text = lines.iter().map(|line| format!("{line}\n")).collect();
    SupportFile { name: name.to_owned(), text }
}

/// What is plain in the newest files of a folder, named by their order.
fn lines_of(folder: &Path, name: &str) -> Vec<SupportFile> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable_by(|one, other| other.cmp(one));
    let read = |(number, path): (usize, PathBuf)| {
        let bytes = std::fs::read(path).ok()?;
        let end = bytes.get(bytes.len().saturating_sub(MOST_LOG)..).unwrap_or_default();
        let lines: Vec<Plain> = String::from_utf8_lossy(end).lines().filter_map(log_line).collect();
        (!lines.is_empty()).then(|| file(&format!("{name}-{}.txt", number + 1), lines))
    };
    paths.into_iter().take(MOST_FILES).enumerate().filter_map(read).collect()
}

fn zipped(half: &Half, files: &[SupportFile]) -> std::io::Result<()> {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(half.path())?);
    for SupportFile { name, text } in files {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).map_err(std::io::Error::other)?;
        zip.write_all(text.as_bytes())?;
    }
    zip.finish().map_err(std::io::Error::other)?.sync_all()
}

#[derive(Debug, thiserror::Error)]
#[error("{file} cannot be written: {reason}. Choose another place.")]
struct NotSaved {
    file: String,
    reason: String,
}

impl Coded for NotSaved {
    fn code(&self) -> &'static str {
        "support.not_saved"
    }

    fn params(&self) -> Params {
        params! { file: self.file, reason: self.reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_keeps_its_codes_and_figures_and_nothing_else() {
        let line = "2026-11-12T09:30:00.250Z WARN ulak_core::notice:71 code=unreadable.part times=3 \
                    error=Ayşe name=Ayşe phone=+905385550101 the message to Ayşe, kampanya";
        let kept = log_line(line).unwrap().to_string();
        assert_eq!(kept, "2026-11-12T09:30:00.250Z WARN ulak_core::notice:71 code=unreadable.part times=3");
    }

    #[test]
    fn what_is_no_line_of_the_log_does_not_come_in() {
        for line in [
            "",
            "Ayşe wrote to +905385550101",
            "2026-11-12T09:30:00Z Ayşe a::b:3",
            "2026-11-12T09:30:00Z WARN +905385550101",
            "not-a-time WARN ulak_core::x:1 code=a.b",
        ] {
            assert_eq!(log_line(line), None, "{line}");
        }
    }

    #[test]
    fn a_code_is_a_code_or_a_question_mark() {
        for code in ["storage.full", "logged_out", "ulak_core::outbox::dispatcher", "not_on_whatsapp"] {
            assert_eq!(Plain::code(code).to_string(), code);
        }
        for other in
            ["905385550101", "+90 538", "Ayşe", "ayse", "kampanya", "a b", "", "secret_9f8e7d6c5b4a", "Lale.Optik"]
        {
            assert_eq!(Plain::code(other).to_string(), "?", "{other}");
        }
    }
}

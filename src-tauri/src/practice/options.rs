//! The options of `ulak practice`, checked before anything is written.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use clap::Args;
use ulak_core::app::App;
use ulak_core::clock::{Millis, at_wall, local};
use ulak_core::durable::open_private;
use ulak_core::error::{Params, Problem};
use ulak_core::outbox::window::MINUTES_A_DAY;
use ulak_core::session::practice::PracticeChange;

const SAMPLE_TEXT: &str =
    "Merhaba {{name}}, a coffee is on us this week. Answer STOP if you want no more of these messages.";

#[derive(Args)]
pub struct Options {
    /// The list of people, a CSV file with a column of phones; without it a small invented list is used
    #[arg(long, value_name = "FILE.csv")]
    pub contacts: Option<PathBuf>,
    /// What to write; {{name}} and the other columns of the list fill themselves in
    #[arg(long)]
    pub text: Option<String>,
    /// A file to send along; may be given several times
    #[arg(long, value_name = "FILE")]
    pub media: Vec<PathBuf>,
    /// When: "now", "14:30" (today, or tomorrow when that is over) or "2026-11-13 14:30", on this computer's clock
    #[arg(long, value_name = "TIME", default_value = "now")]
    pub at: String,
    /// Send at once what is asked for at a time that is over
    #[arg(long)]
    pub now_if_past: bool,
    /// Keep sending hours, as in 09:00-22:00; without this option practice runs at any time, as it reaches nobody
    #[arg(long, value_name = "FROM-TO", value_parser = hours)]
    pub hours: Option<(u16, u16)>,
    /// Practice credits of a new data folder
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=100_000_000))]
    pub credits: Option<i64>,
    /// Take back a pause of everything first
    #[arg(long)]
    pub resume: bool,
    /// How many times faster than the world time passes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub speed: Option<u32>,
    /// One JSON object per event on a line of standard output, the last one the summary
    #[arg(long)]
    pub json: bool,
    /// How many in a hundred practice people read what they get [default: 80]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub read: Option<u8>,
    /// How many in a hundred are not on WhatsApp, so that sending fails [default: 0]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub fail: Option<u8>,
    /// How many in a hundred have their phone switched off: sent, never delivered [default: 0]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub unreachable: Option<u8>,
    /// The usual time between two ticks, in milliseconds [default: 1500]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(0..=600_000))]
    pub delay: Option<u32>,
}

impl Options {
    /// Anything that a new campaign is made of.
    pub fn asks_for_a_campaign(&self) -> bool {
        self.contacts.is_some() || self.text.is_some() || !self.media.is_empty()
    }

    pub fn text(&self) -> String {
        self.text.clone().unwrap_or_else(|| SAMPLE_TEXT.to_owned())
    }

    /// How the practice people behave, where an option says so; what is not given stays as it was.
    pub fn behaviour(&self) -> PracticeChange {
        PracticeChange {
            read_percent: self.read,
            fail_percent: self.fail,
            unreachable_percent: self.unreachable,
            delay_ms: self.delay,
        }
    }

    pub async fn apply_hours(&self, app: &App) -> Result<(), Problem> {
        if let Some((from, to)) = self.hours {
            let mut settings = app.settings().current().await?;
            (settings.hours_from, settings.hours_to) = (from, to);
            app.settings().save_settings(&settings).await?;
        }
        Ok(())
    }

    pub fn due_at(&self, now: Millis, zone: Tz) -> Result<Option<Millis>, Problem> {
        due_at(&self.at, now, zone)
            .ok_or_else(|| problem(format!("--at {} is not a time. Write now, 14:30, or 2026-11-13 14:30.", self.at)))
    }
}

/// None inside is "now".
fn due_at(text: &str, now: Millis, zone: Tz) -> Option<Option<Millis>> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") {
        return Some(None);
    }
    if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
        return Some(Some(exact.timestamp_millis()));
    }
    if let Ok(time) = NaiveTime::parse_from_str(text, "%H:%M") {
        let today = local(now, zone).date_naive();
        let days = [today, today.succ_opt()?];
        return days.into_iter().find_map(|day| at_wall(day.and_time(time), zone).filter(|at| *at >= now)).map(Some);
    }
    let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
    let wall = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    at_wall(wall, zone).map(Some)
}

fn hours(text: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("\"{text}\" is not a span of the day: write it as 09:00-22:00");
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    let (from, to) = (minute(from).ok_or_else(wrong)?, minute(to).ok_or_else(wrong)?);
    if from % MINUTES_A_DAY == to % MINUTES_A_DAY && (from, to) != (0, MINUTES_A_DAY) {
        return Err(format!("\"{text}\" begins when it ends, so it would never open. The whole day is 00:00-24:00"));
    }
    Ok((from, to))
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour <= 24 && minute < 60 && hour * 60 + minute <= 1440).then(|| hour * 60 + minute)
}

/// The invented list, laid into the data folder so that a run can go on with it.
pub fn sample_contacts(folder: &Path) -> Result<PathBuf, Problem> {
    let file = folder.join("sample-contacts.csv");
    open_private(OpenOptions::new().create(true).truncate(true).write(true), &file)
        .and_then(|mut list| list.write_all(include_bytes!("sample-contacts.csv")))
        .map_err(|error| problem(format!("{} cannot be written: {error}.", file.display())))?;
    Ok(file)
}

pub fn problem(message: String) -> Problem {
    Problem { code: "practice.option".to_owned(), message, params: Params::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Millis = 1_794_441_600_000 + 12 * 3_600_000;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(due_at("now", NOON, Tz::UTC), Some(None));
        assert_eq!(due_at("14:30", NOON, Tz::UTC), Some(Some(NOON + 9_000_000)));
        assert_eq!(due_at("11:00", NOON, Tz::UTC), Some(Some(NOON + 23 * 3_600_000)));
        assert_eq!(due_at("2026-11-12T12:00:01Z", NOON, Tz::UTC), Some(Some(NOON + 1_000)));
        assert_eq!(due_at("soon", NOON, Tz::UTC), None);
        // In the night to the 8th of March New York's clocks go from 02:00 to 03:00.
        let zone = Tz::America__New_York;
        assert_eq!(due_at("2026-03-08 02:30", NOON, zone), due_at("2026-03-08 03:00", NOON, zone));
        let eve = due_at("2026-03-07 12:00", NOON, zone).flatten().unwrap_or_default();
        assert_eq!(due_at("02:30", eve, zone), due_at("2026-03-08 03:00", NOON, zone));
    }

    #[test]
    fn hours_are_checked() {
        assert_eq!(hours("09:00-22:00"), Ok((540, 1320)));
        assert_eq!(hours("22:00-02:30"), Ok((1320, 150)));
        assert!(hours("9-22").is_err() && hours("25:00-26:00").is_err() && hours("1093:00-22:00").is_err());
        assert_eq!(hours("00:00-24:00"), Ok((0, 1440)));
        for never in ["10:00-10:00", "24:00-00:00", "00:00-00:00", "24:00-24:00"] {
            assert!(hours(never).is_err_and(|why| why.contains("never open")), "{never}");
        }
    }
}

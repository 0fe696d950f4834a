//! What the owner chose, one JSON value a key.

use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Row, SqliteConnection};

use crate::clock::{DAY, Millis, system_zone};
use crate::contact::phone::Country;
use crate::db::Tx;
use crate::ledger::low::LowWanted;
use crate::outbox::price::Prices;
use crate::outbox::stopping::{MOST_FAILED_PERCENT, MOST_OPTED_OUT_PERCENT};
use crate::outbox::window::{DayHours, MINUTES_A_DAY, SendingHours};
use crate::stored::Json;
pub use crate::template::Language;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Settings {
    /// None: as the system has it.
    pub language: Option<Language>,
    pub theme: Theme,
    /// ISO 3166 code of the country whose phones are written without a country code.
    pub country: String,
    pub business_name: String,
    /// The usual sending hours of a day.
    pub hours_from: u16,
    pub hours_to: u16,
    /// Weekdays that have other hours than the usual ones, or none.
    pub weekdays: Vec<Weekday>,
    /// Days on which nothing goes out, in order.
    pub closed_days: Vec<ClosedDay>,
    #[serde(with = "zone_name")]
    #[cfg_attr(feature = "bindings", specta(type = String))]
    pub zone: Tz,
    pub welcomed: bool,
    /// A reply that is one of these words opts its sender out.
    pub stop_words: Vec<String>,
    /// A reply that is one of these words takes its sender's opt-out back.
    pub start_words: Vec<String>,
    /// Confirm an opt-out to the person.
    pub stop_reply: bool,
    /// A person gets at most one promotion in so many days; 0 for as many as the owner sends.
    pub promotion_days: u16,
    /// A campaign stops by itself when more of its newest messages fail; 0 for never.
    pub stop_failed_percent: u8,
    /// It stops by itself when more of those who got it opt out; 0 for never.
    pub stop_opted_out_percent: u8,
    /// The owner's own phone, for tests.
    pub test_phone: String,
    /// What the list of contacts shows beside names, in this order; a field as `field:` and its name.
    pub contact_columns: Vec<String>,
    pub news: NewsWanted,
    pub kept: Kept,
    /// When they are told that their credits run low.
    pub low_credits: LowWanted,
    /// What each kind of part costs from now on.
    pub prices: Prices,
    /// The computer is kept from falling asleep while something goes out, and in the hour before.
    pub keep_awake: bool,
    /// An emoji that a person puts to a message is an answer to it.
    pub reactions_answer: bool,
    /// Ulak asks once a day whether there is a newer version, where its build knows whom to ask.
    pub look_for_updates: bool,
}

/// For how many days something is kept; 0 for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Kept {
    /// Texts and files of messages and replies, from the end of their campaign, or their own.
    pub texts_days: u16,
    /// Each try to send a part.
    pub tries_days: u16,
    /// Whose number it was that was taken off the list.
    pub numbers_days: u16,
}

impl Kept {
    /// Something of it is kept for a shorter time.
    pub fn clears_sooner_than(self, other: Self) -> bool {
        let sooner = |days: u16, before: u16| days != 0 && (before == 0 || days < before);
        sooner(self.texts_days, other.texts_days)
            || sooner(self.tries_days, other.tries_days)
            || sooner(self.numbers_days, other.numbers_days)
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self { texts_days: 15, tries_days: 30, numbers_days: 90 }
    }
}

/// Of what the owner is told by the computer while they look elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct NewsWanted {
    /// A planned one begins, or one ends.
    pub campaigns: bool,
    /// One sends nothing any more until its owner sees to it.
    pub numbers: bool,
    pub replies: bool,
    /// They run low.
    pub credits: bool,
    /// The plan's was not made.
    pub backups: bool,
}

impl Default for NewsWanted {
    fn default() -> Self {
        Self { campaigns: true, numbers: true, replies: false, credits: true, backups: true }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Weekday {
    /// 1 is Monday, 7 is Sunday.
    pub day: u8,
    /// None: nothing goes out on it.
    pub hours: Option<DayHours>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ClosedDay {
    #[cfg_attr(feature = "bindings", specta(type = String))]
    pub day: NaiveDate,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Theme {
    System,
    Light,
    Dark,
}

pub const DEFAULT_PROMOTION_DAYS: u16 = 3;

impl Default for Settings {
    fn default() -> Self {
        let zone = system_zone();
        Self {
            language: None,
            theme: Theme::System,
            country: home(&sys_locale::get_locale().unwrap_or_default(), zone),
            business_name: String::new(),
            hours_from: 9 * 60,
            hours_to: 22 * 60,
            weekdays: Vec::new(),
            closed_days: Vec::new(),
            zone,
            welcomed: false,
            stop_words: ["STOP", "UNSUBSCRIBE", "DUR", "İPTAL", "RET", "BERHENTI"].map(str::to_owned).to_vec(),
            start_words: ["START", "BAŞLA", "MULAI"].map(str::to_owned).to_vec(),
            stop_reply: false,
            promotion_days: DEFAULT_PROMOTION_DAYS,
            stop_failed_percent: MOST_FAILED_PERCENT,
            stop_opted_out_percent: MOST_OPTED_OUT_PERCENT,
            test_phone: String::new(),
            contact_columns: ["phone", "tags", "consent", "contacted"].map(str::to_owned).to_vec(),
            news: NewsWanted::default(),
            kept: Kept::default(),
            low_credits: LowWanted::default(),
            prices: Prices::default(),
            keep_awake: true,
            reactions_answer: false,
            look_for_updates: true,
        }
    }
}

/// Where contacts are from until the owner says so: by the system's language and region, else by the time zone. An
/// English system often keeps the region that it came with, which tells nothing.
fn home(locale: &str, zone: Tz) -> String {
    let mut parts = locale.split(['-', '_', '.', '@']);
    let language = parts.next().unwrap_or_default();
    let region = parts.find(|part| part.len() == 2).and_then(Country::of).map(Country::code);
    // Computers everywhere speak American English; where the clock is of Turkey or Indonesia, so are the phones.
    let is_home = INDONESIA.contains(&zone) || matches!(zone, Tz::Europe__Istanbul | Tz::Asia__Istanbul | Tz::Turkey);
    let country = match (language, region) {
        ("C" | "POSIX", _) => None,
        ("en", _) if is_home => None,
        ("tr", None) => Some("TR".to_owned()),
        ("id", None) => Some("ID".to_owned()),
        (_, region) => region,
    };
    country.unwrap_or_else(|| if INDONESIA.contains(&zone) { "ID" } else { "TR" }.to_owned())
}

/// Old systems still call Indonesian "in".
fn spoken(locale: &str) -> Language {
    match locale.split(['-', '_', '.', '@']).next() {
        Some("tr") => Language::Tr,
        Some("id" | "in") => Language::Id,
        _ => Language::En,
    }
}

const INDONESIA: [Tz; 5] =
    [Tz::Asia__Jakarta, Tz::Asia__Jayapura, Tz::Asia__Makassar, Tz::Asia__Pontianak, Tz::Asia__Ujung_Pandang];

impl Settings {
    /// How long a person is left alone after a promotion.
    pub fn promotion_gap(&self) -> Millis {
        Millis::from(self.promotion_days) * DAY
    }

    /// The language in which the owner is spoken to: as in the window.
    pub fn spoken(&self) -> Language {
        self.language.unwrap_or_else(|| spoken(&sys_locale::get_locale().unwrap_or_default()))
    }

    pub fn hours(&self) -> SendingHours {
        let mut hours = SendingHours::daily(self.hours_from, self.hours_to, self.zone);
        for Weekday { day, hours: other } in &self.weekdays {
            let place = usize::from(*day).checked_sub(1).and_then(|place| hours.week.get_mut(place));
            place.into_iter().for_each(|place| *place = *other);
        }
        hours.closed = Arc::new(self.closed_days.iter().map(|closed| closed.day).collect());
        hours
    }

    /// Minutes inside their day, each weekday once, closed days in order and each once.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        let within = |minute: u16| minute.min(MINUTES_A_DAY);
        (self.hours_from, self.hours_to) = (within(self.hours_from), within(self.hours_to));
        self.weekdays.retain(|weekday| (1..=7).contains(&weekday.day));
        self.weekdays.sort_by_key(|weekday| weekday.day);
        self.weekdays.dedup_by_key(|weekday| weekday.day);
        for hours in self.weekdays.iter_mut().filter_map(|weekday| weekday.hours.as_mut()) {
            *hours = DayHours { from: within(hours.from), to: within(hours.to) };
        }
        self.stop_failed_percent = self.stop_failed_percent.min(100);
        self.stop_opted_out_percent = self.stop_opted_out_percent.min(100);
        // Caps, waits and the estimate look back at the tries of a few days.
        self.kept.tries_days = if self.kept.tries_days == 0 { 0 } else { self.kept.tries_days.max(7) };
        self.prices = self.prices.tidied();
        self.closed_days.sort();
        self.closed_days.dedup_by_key(|closed| closed.day);
        self
    }
}

/// A zone by its IANA name.
pub(crate) mod zone_name {
    use chrono_tz::Tz;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The names under which values are stored.
pub mod key {
    pub const SETTINGS: &str = "settings";
    pub const PAUSED_ALL: &str = "paused_all";
    pub const RECOVERY_SAVED: &str = "recovery_saved";
    pub const TIME_LINE: &str = "time_line";
    pub const PRACTICE: &str = "practice";
    /// Every tick of what the practice number sent before this time is in.
    pub const PRACTICE_TICKS: &str = "practice_ticks";
    /// The first linked number brought its credits.
    pub const START_CREDITS: &str = "start_credits";
    /// How far the data are, to be compared with the folder's own mark.
    pub const MARK: &str = "mark";
    /// Since when the data have opened well beside the copies that were kept before a migration.
    pub const GOOD_SINCE: &str = "good_since";
    /// A tick could not be put down, and the owner has not read it.
    pub const TICK_MISSING: &str = "tick_missing";
    /// Which lines of the ledger were found to be changed, until it holds again.
    pub const LEDGER_CHANGED: &str = "ledger_changed";
    /// How far the days have been counted after which something is cleared.
    pub const CLEARED_UP_TO: &str = "cleared_up_to";
    /// What had been granted when the owner was last told that the credits run low.
    pub const LOW_SEEN: &str = "low_seen";
    /// So many events of programs were refused for what the owner can mend, since they looked.
    pub const EVENTS_TO_MEND: &str = "events_to_mend";
    /// What was cleared last.
    pub const CLEARED_LAST: &str = "cleared_last";
    /// Of which ways to close the window the owner was told what follows.
    pub const CLOSING_TOLD: &str = "closing_told";
    /// Where other programs are let in.
    pub const PROGRAM_DOOR: &str = "program_door";
    /// Why everything was paused at a start, until the owner resumes.
    pub const FOLDER_FINDING: &str = "folder_finding";
    /// Where and when backups are made by themselves, and how many are kept.
    pub const BACKUP_PLAN: &str = "backup_plan";
    /// People who came back with a restore and had been erased since: they are erased again at the start.
    pub const ERASE_AGAIN: &str = "erase_again";
    /// When the file of data was looked through last, and what was found.
    pub const DATA_CHECKED: &str = "data_checked";
}

/// Everything is paused, for statements of other features.
macro_rules! paused {
    () => {
        "EXISTS (SELECT 1 FROM settings s WHERE s.key = 'paused_all' AND s.value = 'true')"
    };
}

/// `Settings::promotion_gap` for statements of other features.
macro_rules! promotion_gap {
    () => {
        "86400000 * coalesce((SELECT json_extract(s.value, '$.promotionDays') FROM settings s WHERE s.key = 'settings'), 3)"
    };
}

pub(crate) use {paused, promotion_gap};

/// The fragment, for the test that compares it with the function.
#[cfg(any(test, feature = "testing"))]
pub mod for_tests {
    pub const PROMOTION_GAP: &str = promotion_gap!();
}

/// What an earlier version did not know yet has its default; the rest stays as the owner chose it.
pub async fn load(db: &mut SqliteConnection) -> Result<Settings, sqlx::Error> {
    let stored: Option<serde_json::Map<String, Value>> = get(db, key::SETTINGS).await?;
    stored.map_or_else(|| Ok(Settings::default()), completed)
}

/// Whether everything is paused, and the sending hours.
pub async fn pause_and_hours(db: &mut SqliteConnection) -> Result<(bool, SendingHours), sqlx::Error> {
    let rows = sqlx::query("SELECT key, value FROM settings WHERE key IN (?, ?)")
        .bind(key::PAUSED_ALL)
        .bind(key::SETTINGS)
        .fetch_all(db)
        .await?;
    let (mut paused, mut hours) = (false, None);
    for row in rows {
        match row.try_get("key")? {
            key::PAUSED_ALL => paused = row.try_get::<Json<bool>, _>("value")?.0,
            _ => hours = Some(completed(row.try_get::<Json<_>, _>("value")?.0)?.hours()),
        }
    }
    Ok((paused, hours.unwrap_or_else(|| Settings::default().hours())))
}

/// Only what is absent has its default. What is there and cannot be read is an error: a default in its place would
/// send outside the owner's hours, or let an opt-out pass.
fn completed(stored: serde_json::Map<String, Value>) -> Result<Settings, sqlx::Error> {
    let unreadable = |error: serde_json::Error| sqlx::Error::Decode(error.into());
    let mut all = serde_json::to_value(Settings::default()).map_err(unreadable)?;
    overlay(&mut all, Value::Object(stored));
    serde_json::from_value(all).map_err(unreadable)
}

/// What is stored takes the place of what is there, and of a group of values each of them.
fn overlay(there: &mut Value, stored: Value) {
    match (there, stored) {
        (Value::Object(there), Value::Object(stored)) => {
            for (name, value) in stored {
                overlay(there.entry(name).or_insert(Value::Null), value);
            }
        }
        (there, stored) => *there = stored,
    }
}

/// None where nothing was stored.
pub async fn get<T: DeserializeOwned>(db: &mut SqliteConnection, key: &str) -> Result<Option<T>, sqlx::Error> {
    let row = sqlx::query("SELECT value FROM settings WHERE key = ?").bind(key).fetch_optional(db).await?;
    row.map(|row| Ok(row.try_get::<Json<T>, _>("value")?.0)).transpose()
}

pub async fn put<T: Serialize>(db: &mut Tx, key: &str, value: &T) -> Result<(), sqlx::Error> {
    let text = serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(
        "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    .bind(key)
    .bind(text)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn remove(tx: &mut Tx, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM settings WHERE key = ?").bind(key).execute(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_country_is_that_of_the_system_before_that_of_the_clock() {
        let istanbul = Tz::Europe__Istanbul;
        for (locale, zone, country) in [
            ("tr-TR", Tz::UTC, "TR"),
            ("tr", Tz::Asia__Jakarta, "TR"),
            ("id_ID.UTF-8", istanbul, "ID"),
            ("de-DE", istanbul, "DE"),
            ("zh-Hant-TW", istanbul, "TW"),
            ("en-US", Tz::Asia__Jayapura, "ID"),
            ("en_GB.UTF-8", Tz::Asia__Pontianak, "ID"),
            ("C.UTF-8", Tz::Asia__Makassar, "ID"),
            ("en-US", istanbul, "TR"),
            ("en-GB", Tz::Europe__London, "GB"),
            ("en_AU.UTF-8", Tz::Australia__Sydney, "AU"),
            ("en-US", Tz::Turkey, "TR"),
            ("en", Tz::Europe__London, "TR"),
            ("", Tz::UTC, "TR"),
        ] {
            assert_eq!(home(locale, zone), country, "{locale} {zone}");
        }
    }

    #[test]
    fn the_owner_is_spoken_to_as_the_system_speaks_unless_they_chose() {
        for (locale, language) in [
            ("tr_TR.UTF-8", Language::Tr),
            ("in-ID", Language::Id),
            ("id", Language::Id),
            ("de-DE", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(spoken(locale), language, "{locale}");
        }
        let chosen = Settings { language: Some(Language::Id), ..Settings::default() };
        assert_eq!(chosen.spoken(), Language::Id);
    }

    #[test]
    fn settings_of_an_earlier_version_keep_what_the_owner_chose() {
        let mut stored = serde_json::to_value(Settings::default()).unwrap();
        let stored = stored.as_object_mut().unwrap();
        stored.insert("country".to_owned(), "ID".into());
        for name in ["stopWords", "weekdays", "closedDays"] {
            stored.remove(name);
        }
        // Of a group that was asked about, one value is younger.
        stored.insert("news".to_owned(), serde_json::json!({ "campaigns": false, "numbers": true, "replies": true }));
        let settings = completed(stored.clone()).unwrap();
        let news = NewsWanted { campaigns: false, numbers: true, replies: true, credits: true, backups: true };
        assert_eq!(settings.news, news);
        assert_eq!((settings.country.as_str(), settings.stop_words.len()), ("ID", 6));
        assert_eq!(settings.hours(), SendingHours::daily(9 * 60, 22 * 60, settings.zone), "the same every day");
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_no_default() {
        for (name, value) in [
            ("zone", Value::from("Mars/Olympus")),
            ("stopWords", Value::from("STOP")),
            ("hoursFrom", Value::from("09:00")),
            ("closedDays", serde_json::json!([{ "day": "2027-02-30", "name": "" }])),
            ("language", Value::from("kl")),
        ] {
            let stored = serde_json::Map::from_iter([(name.to_owned(), value)]);
            assert!(completed(stored).is_err(), "{name}");
        }
    }
}

//! What the owner chose, one JSON value a key.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use crate::clock::system_zone;
use crate::outbox::window::SendingHours;

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
    pub hours_from: u16,
    pub hours_to: u16,
    pub zone: String,
    pub welcomed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Language {
    En,
    Tr,
    Id,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Default for Settings {
    fn default() -> Self {
        let zone = system_zone();
        let country = if zone.name().starts_with("Asia/Jakarta") { "ID" } else { "TR" };
        Self {
            language: None,
            theme: Theme::System,
            country: country.to_owned(),
            business_name: String::new(),
            hours_from: 9 * 60,
            hours_to: 22 * 60,
            zone: zone.name().to_owned(),
            welcomed: false,
        }
    }
}

impl Settings {
    pub fn hours(&self) -> SendingHours {
        SendingHours {
            from: self.hours_from,
            to: self.hours_to,
            zone: self.zone.parse().unwrap_or_else(|_| system_zone()),
        }
    }
}

/// The names under which values are stored.
pub mod key {
    pub const SETTINGS: &str = "settings";
    pub const PAUSED_ALL: &str = "paused_all";
    pub const RECOVERY_SAVED: &str = "recovery_saved";
    pub const TIME_LINE: &str = "time_line";
    pub const PRACTICE: &str = "practice";
    /// The first linked number brought its credits.
    pub const START_CREDITS: &str = "start_credits";
}

pub async fn load(db: &mut SqliteConnection) -> Result<Settings, sqlx::Error> {
    Ok(get(db, key::SETTINGS).await?.unwrap_or_default())
}

/// None where nothing was stored, or what was stored is of a shape this version does not know.
pub async fn get<T: DeserializeOwned>(db: &mut SqliteConnection, key: &str) -> Result<Option<T>, sqlx::Error> {
    let text: Option<String> =
        sqlx::query_scalar("SELECT value FROM settings WHERE key = ?").bind(key).fetch_optional(db).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

pub async fn put<T: Serialize>(db: &mut SqliteConnection, key: &str, value: &T) -> Result<(), sqlx::Error> {
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

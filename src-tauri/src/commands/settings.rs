//! Settings and numbers.

use ulak_core::app::NumberView;
use ulak_core::contact::phone;
use ulak_core::ids::SessionId;
use ulak_core::outbox::holidays::{self, Holiday};
use ulak_core::session::Pace;
use ulak_core::session::practice::PracticeOptions;
use ulak_core::settings::Settings;

use super::{Answer, Door};
use crate::view::Country;

#[tauri::command]
#[specta::specta]
pub async fn settings(door: Door<'_>) -> Answer<Settings> {
    door.app().await?.settings().current().await
}

#[tauri::command]
#[specta::specta]
pub async fn save_settings(door: Door<'_>, settings: Settings) -> Answer<Settings> {
    door.app().await?.settings().save_settings(&settings).await
}

#[tauri::command]
#[specta::specta]
pub fn countries() -> Vec<Country> {
    let country = |country: phone::Country| Country { code: country.code(), calling_code: country.calling_code() };
    phone::countries().into_iter().map(country).collect()
}

/// Public holidays that the owner may close.
#[tauri::command]
#[specta::specta]
pub fn holidays() -> Vec<Holiday> {
    holidays::holidays()
}

#[tauri::command]
#[specta::specta]
pub async fn save_pace(door: Door<'_>, session_id: SessionId, pace: Pace) -> Answer<NumberView> {
    door.app().await?.numbers().save_pace(session_id, &pace).await
}

#[tauri::command]
#[specta::specta]
pub async fn end_warm_up(door: Door<'_>, session_id: SessionId) -> Answer<NumberView> {
    door.app().await?.numbers().end_warm_up(session_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn rename_session(door: Door<'_>, session_id: SessionId, name: String) -> Answer<NumberView> {
    door.app().await?.numbers().rename_session(session_id, &name).await
}

#[tauri::command]
#[specta::specta]
pub async fn practice_options(door: Door<'_>) -> Answer<PracticeOptions> {
    door.app().await?.practice().practice_options().await
}

#[tauri::command]
#[specta::specta]
pub async fn save_practice_options(door: Door<'_>, options: PracticeOptions) -> Answer<PracticeOptions> {
    door.app().await?.practice().save_practice_options(options).await
}

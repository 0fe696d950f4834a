//! The log of every message, and the figures of each day.

use tauri::AppHandle;
use ulak_core::app::figures::{FiguresQuery, FiguresView};
use ulak_core::outbox::store::log::{LogPage, LogQuery, LogReason};

use super::{Answer, Door, TABLES, ask, path_of, shown, to_save};

#[tauri::command]
#[specta::specta]
pub async fn message_log(door: Door<'_>, query: LogQuery) -> Answer<LogPage> {
    door.app().await?.outbox().log(&query).await
}

#[tauri::command]
#[specta::specta]
pub async fn log_reasons(door: Door<'_>) -> Answer<Vec<LogReason>> {
    door.app().await?.outbox().log_reasons().await
}

/// All that is found, into a file that the owner names; none where they did not.
#[tauri::command]
#[specta::specta]
pub async fn export_log(handle: AppHandle, door: Door<'_>, query: LogQuery, title: String) -> Answer<Option<String>> {
    let chosen =
        ask(&handle, title, |dialog, tell| to_save(dialog, "ulak-messages.xlsx", &TABLES).save_file(tell)).await;
    let Some(path) = chosen.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.outbox().export_log(&query, &path).await?;
    Ok(Some(shown(path)))
}

#[tauri::command]
#[specta::specta]
pub async fn figures(door: Door<'_>, query: FiguresQuery) -> Answer<FiguresView> {
    door.app().await?.outbox().figures(&query).await
}

//! How everything is, and what can be given to support or to other programs.

use tauri::AppHandle;
use ulak_core::app::{DataChecked, ExportedView, HealthView, SupportFile};

use super::{Answer, Door, ask, path_of, place, shown};

#[tauri::command]
#[specta::specta]
pub async fn health(door: Door<'_>) -> Answer<HealthView> {
    door.app().await?.health().view().await
}

/// Looks the whole file of data through.
#[tauri::command]
#[specta::specta]
pub async fn check_data(door: Door<'_>) -> Answer<DataChecked> {
    door.app().await?.health().check_data().await
}

/// All that would be in the bundle for support.
#[tauri::command]
#[specta::specta]
pub async fn support_files(door: Door<'_>) -> Answer<Vec<SupportFile>> {
    door.app().await?.support().preview().await
}

#[tauri::command]
#[specta::specta]
pub async fn save_support(handle: AppHandle, door: Door<'_>, title: String) -> Answer<Option<String>> {
    let Some(path) = place(&handle, title, "ulak-support", "zip").await else { return Ok(None) };
    door.app().await?.support().save(&path).await?;
    Ok(Some(shown(path)))
}

/// Everything in open formats, into a fresh folder inside the one that the owner chooses.
#[tauri::command]
#[specta::specta]
pub async fn export_everything(handle: AppHandle, door: Door<'_>, title: String) -> Answer<Option<ExportedView>> {
    let chosen = ask(&handle, title, |dialog, tell| dialog.pick_folder(tell)).await;
    let Some(path) = chosen.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.export_everything(&path).await.map(Some)
}

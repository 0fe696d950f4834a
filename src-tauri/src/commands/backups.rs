//! Backups, and the way back from one.

use std::path::PathBuf;

use tauri::AppHandle;
use ulak_core::app::{BackupContents, BackupLine, BackupsView};
use ulak_core::backup::EXTENSION;
use ulak_core::backup::keep::BackupPlan;

use super::{Answer, Door, ask, path_of, place, shown, to_open};
use crate::view::AppStatus;

#[tauri::command]
#[specta::specta]
pub async fn backups(door: Door<'_>) -> Answer<BackupsView> {
    door.app().await?.backups().view().await
}

#[tauri::command]
#[specta::specta]
pub async fn save_backup_plan(door: Door<'_>, plan: BackupPlan) -> Answer<BackupPlan> {
    door.app().await?.backups().save_plan(&plan).await
}

/// A folder, for backups or for a trigger; none where the owner chose none.
#[tauri::command]
#[specta::specta]
pub async fn pick_folder(handle: AppHandle, title: String) -> Answer<Option<String>> {
    let chosen = ask(&handle, title, |dialog, tell| dialog.pick_folder(tell)).await;
    Ok(chosen.flatten().and_then(path_of).map(shown))
}

/// A backup into the plan's folder.
#[tauri::command]
#[specta::specta]
pub async fn back_up(door: Door<'_>) -> Answer<BackupLine> {
    door.app().await?.backups().back_up(None, None).await
}

/// A backup into a file of the owner's choice. A passphrase opens this one beside what opens the data.
#[tauri::command]
#[specta::specta]
pub async fn back_up_to(
    handle: AppHandle,
    door: Door<'_>,
    title: String,
    passphrase: Option<String>,
) -> Answer<Option<BackupLine>> {
    let Some(path) = place(&handle, title, "ulak", EXTENSION).await else { return Ok(None) };
    door.app().await?.backups().back_up(Some(&path), passphrase).await.map(Some)
}

#[tauri::command]
#[specta::specta]
pub async fn pick_backup(handle: AppHandle, title: String) -> Answer<Option<String>> {
    let chosen = ask(&handle, title, |dialog, tell| to_open(dialog, EXTENSION, &[EXTENSION]).pick_file(tell)).await;
    Ok(chosen.flatten().and_then(path_of).map(shown))
}

/// What is in a backup. One of this data needs no secret.
#[tauri::command]
#[specta::specta]
pub async fn look_into_backup(door: Door<'_>, file: PathBuf, secret: Option<String>) -> Answer<BackupContents> {
    door.look(file, secret).await
}

/// Puts it in the place of the data, which are kept aside.
#[tauri::command]
#[specta::specta]
pub async fn restore_backup(
    handle: AppHandle,
    door: Door<'_>,
    file: PathBuf,
    secret: Option<String>,
) -> Answer<AppStatus> {
    door.restore(&handle, file, secret).await
}

//! Opening the data.

use tauri::AppHandle;

use super::{Answer, Door, ask, path_of, shown};
use crate::view::AppStatus;

#[tauri::command]
#[specta::specta]
pub async fn app_status(handle: AppHandle, door: Door<'_>) -> Answer<AppStatus> {
    Ok(door.open(&handle, None).await)
}

#[tauri::command]
#[specta::specta]
pub async fn choose_passphrase(handle: AppHandle, door: Door<'_>, passphrase: String) -> Answer<AppStatus> {
    Ok(door.open(&handle, Some(passphrase)).await)
}

#[tauri::command]
#[specta::specta]
pub async fn unlock(handle: AppHandle, door: Door<'_>, secret: String) -> Answer<AppStatus> {
    Ok(door.open(&handle, Some(secret)).await)
}

#[tauri::command]
#[specta::specta]
pub async fn try_again(handle: AppHandle, door: Door<'_>) -> Answer<AppStatus> {
    Ok(door.open(&handle, None).await)
}

/// Asks whoever has the data open to end, and opens them then.
#[tauri::command]
#[specta::specta]
pub async fn stop_other(handle: AppHandle, door: Door<'_>) -> Answer<AppStatus> {
    door.take_over(&handle).await
}

/// Writes the recovery code into a file of the owner's choice; `words` say what it is for.
#[tauri::command]
#[specta::specta]
pub async fn save_recovery_code(
    handle: AppHandle,
    door: Door<'_>,
    title: String,
    words: String,
) -> Answer<Option<String>> {
    let chosen =
        ask(&handle, title, |dialog, tell| dialog.set_file_name("ulak-recovery-code.txt").save_file(tell)).await;
    let Some(path) = chosen.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.settings().keep_recovery_code(&path, &words)?;
    Ok(Some(shown(path)))
}

#[tauri::command]
#[specta::specta]
pub async fn recovery_code_saved(door: Door<'_>) -> Answer<()> {
    door.app().await?.settings().recovery_code_saved().await
}

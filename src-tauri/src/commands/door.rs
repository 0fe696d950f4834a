//! Opening the data.

use tauri::AppHandle;

use super::{Answer, Door};
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

#[tauri::command]
#[specta::specta]
pub async fn recovery_code_saved(door: Door<'_>) -> Answer<()> {
    door.app().await?.settings().recovery_code_saved().await
}

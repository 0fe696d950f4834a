//! What is kept for how long.

use ulak_core::app::{ClearPreview, Gone, RetentionView};

use super::{Answer, Door};

#[tauri::command]
#[specta::specta]
pub async fn retention(door: Door<'_>) -> Answer<RetentionView> {
    door.app().await?.retention().view().await
}

#[tauri::command]
#[specta::specta]
pub async fn clear_preview(door: Door<'_>) -> Answer<ClearPreview> {
    door.app().await?.retention().preview().await
}

#[tauri::command]
#[specta::specta]
pub async fn clear_now(door: Door<'_>) -> Answer<Gone> {
    door.app().await?.retention().clear_now().await
}

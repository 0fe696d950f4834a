//! Home and the now bar.

use ulak_core::app::{HomeView, NowView};

use super::{Answer, Door};

#[tauri::command]
#[specta::specta]
pub async fn now(door: Door<'_>) -> Answer<NowView> {
    door.app().await?.home().now_view().await
}

#[tauri::command]
#[specta::specta]
pub async fn home(door: Door<'_>) -> Answer<HomeView> {
    door.app().await?.home().view().await
}

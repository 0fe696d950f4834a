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

/// The owner has read a notice.
#[tauri::command]
#[specta::specta]
pub async fn dismiss_notice(door: Door<'_>, id: u32) -> Answer<()> {
    door.app().await?.dismiss_notice(id);
    Ok(())
}

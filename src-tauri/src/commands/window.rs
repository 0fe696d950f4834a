//! The window itself, and the clipboard where the webview keeps it from the page.

use tauri::{AppHandle, Manager as _};

use super::Answer;
use crate::clipboard;

/// Everything larger or smaller; the page remembers by how much.
#[tauri::command]
#[specta::specta]
pub fn zoom(handle: AppHandle, percent: u32) -> Answer<()> {
    let Some(window) = handle.get_webview_window("main") else { return Ok(()) };
    if let Err(error) = window.set_zoom(f64::from(percent.clamp(50, 300)) / 100.0) {
        tracing::warn!(%error, "the window does not zoom");
    }
    Ok(())
}

/// The text on the clipboard, where the webview hides it from the page.
#[tauri::command]
#[specta::specta]
pub async fn copied_text(handle: AppHandle) -> Answer<Option<String>> {
    Ok(clipboard::text(&handle).await)
}

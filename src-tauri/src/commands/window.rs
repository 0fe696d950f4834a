//! The window itself, and the clipboard where the webview keeps it from the page.

use tauri::{AppHandle, Manager as _, State};
use tauri_plugin_autostart::ManagerExt as _;
use ulak_core::error::{Params, Problem};

use super::Answer;
use crate::window::{self, Asked};
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

/// The page that somebody outside the window asked for, once: its address without the hash sign.
#[tauri::command]
#[specta::specta]
pub fn asked_page(asked: State<'_, Asked>) -> Answer<Option<String>> {
    Ok(asked.take())
}

/// Ends Ulak; while something would still go out, the owner is asked first.
#[tauri::command]
#[specta::specta]
pub fn quit(handle: AppHandle) -> Answer<()> {
    window::quit(&handle);
    Ok(())
}

/// Whether Ulak starts with the computer, into the tray: as the computer has it, not as it was once chosen.
#[tauri::command]
#[specta::specta]
pub async fn starts_at_login(handle: AppHandle) -> Answer<bool> {
    handle.autolaunch().is_enabled().map_err(refused)
}

#[tauri::command]
#[specta::specta]
pub async fn start_at_login(handle: AppHandle, wanted: bool) -> Answer<bool> {
    let launch = handle.autolaunch();
    if wanted { launch.enable() } else { launch.disable() }.map_err(refused)?;
    launch.is_enabled().map_err(refused)
}

fn refused(error: tauri_plugin_autostart::Error) -> Problem {
    let reason = error.to_string();
    let message = format!("The computer does not let Ulak start by itself: {reason}");
    Problem { code: "login.refused".to_owned(), message, params: Params::from([("reason".to_owned(), reason)]) }
}

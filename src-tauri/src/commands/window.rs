//! The window itself, and the clipboard where the webview keeps it from the page.

use tauri::{AppHandle, Manager as _, State};
use ulak_core::error::{Params, Problem};

use super::Answer;
use crate::clipboard;
use crate::desktop::login;
use crate::spelling;
use crate::window::{self, Asked, Usual};

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

/// What a dictionary has in place of a word that it does not know.
#[tauri::command]
#[specta::specta]
pub async fn spelling_suggestions(handle: AppHandle, word: String, language: String) -> Answer<Vec<String>> {
    Ok(spelling::suggestions(&handle, word, language).await)
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

/// Whether Ulak starts with the computer, into the tray; nothing where its data are in a folder of their own, because
/// what starts with the computer opens the usual one.
#[tauri::command]
#[specta::specta]
pub fn starts_at_login(handle: AppHandle, usual: State<'_, Usual>) -> Answer<Option<bool>> {
    if usual.0 { login::starts(&handle).map(Some).map_err(refused) } else { Ok(None) }
}

#[tauri::command]
#[specta::specta]
pub fn start_at_login(handle: AppHandle, usual: State<'_, Usual>, wanted: bool) -> Answer<Option<bool>> {
    if usual.0 {
        login::start(&handle, wanted).map_err(refused)?;
    }
    starts_at_login(handle, usual)
}

fn refused(error: std::io::Error) -> Problem {
    let reason = error.to_string();
    let message = format!("The computer does not let Ulak start by itself: {reason}");
    Problem { code: "login.refused".to_owned(), message, params: Params::from([("reason".to_owned(), reason)]) }
}

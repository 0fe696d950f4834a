//! A newer version of Ulak. The page never gets the plugin's own commands, so it cannot install anything but what was
//! offered, nor at a moment that the core forbids.

use tauri::{AppHandle, State};

use super::{Answer, Door};
use crate::update::{UpdateView, Updates};

type Newer<'a> = State<'a, Updates>;

#[tauri::command]
#[specta::specta]
pub async fn newer_version(door: Door<'_>, updates: Newer<'_>) -> Answer<UpdateView> {
    updates.view(&*door.app().await?).await
}

/// The owner asks, also where Ulak does not look by itself.
#[tauri::command]
#[specta::specta]
pub async fn look_for_newer_version(handle: AppHandle, door: Door<'_>, updates: Newer<'_>) -> Answer<UpdateView> {
    let app = door.app().await?;
    updates.look(&handle, app.now()).await?;
    updates.view(&app).await
}

/// Downloads what was offered, checks and installs it, and begins it. Refused while something is on its way.
#[tauri::command]
#[specta::specta]
pub async fn install_newer_version(handle: AppHandle, updates: Newer<'_>) -> Answer<()> {
    updates.install(&handle).await
}

/// The notice goes until Ulak looks again.
#[tauri::command]
#[specta::specta]
pub async fn put_off_newer_version(handle: AppHandle, updates: Newer<'_>) -> Answer<()> {
    updates.put_off(&handle);
    Ok(())
}

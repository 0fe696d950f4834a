//! The commands the window may call: each unwraps the door and calls the App.

pub mod backups;
pub mod campaigns;
pub mod contacts;
pub mod credits;
pub mod door;
pub mod health;
pub mod home;
pub mod log;
pub mod mail;
pub mod numbers;
pub mod programs;
pub mod repeats;
pub mod replies;
pub mod retention;
pub mod revisions;
pub mod settings;
pub mod templates;
pub mod update;
pub mod webhooks;
pub mod window;

use std::path::PathBuf;

use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;
use ulak_core::error::Problem;

type Door<'a> = tauri::State<'a, crate::door::Door>;
type Answer<T> = Result<T, Problem>;

/// Asks with the system's own dialog, off the async threads. The title comes from the page, in the owner's language.
async fn ask<T: Send + 'static>(
    handle: &AppHandle,
    title: String,
    show: impl FnOnce(FileDialogBuilder<tauri::Wry>, Box<dyn FnOnce(T) + Send>),
) -> Option<T> {
    let (answer, answered) = oneshot::channel();
    let tell = Box::new(move |chosen: T| {
        let _ = answer.send(chosen);
    });
    show(handle.dialog().file().set_title(title), tell);
    answered.await.ok()
}

/// A dialog for a new file, which offers these formats.
fn to_save(dialog: FileDialogBuilder<tauri::Wry>, name: &str, formats: &[&str]) -> FileDialogBuilder<tauri::Wry> {
    let dialog = dialog.set_file_name(name);
    formats.iter().fold(dialog, |dialog, ending| dialog.add_filter(ending.to_uppercase(), &[*ending]))
}

/// Where the owner wants a file of this format; none where they named none.
async fn place(handle: &AppHandle, title: String, name: &str, format: &str) -> Option<PathBuf> {
    let name = format!("{name}.{format}");
    let chosen = ask(handle, title, |dialog, tell| to_save(dialog, &name, &[format]).save_file(tell)).await;
    chosen.flatten().and_then(path_of)
}

/// A dialog for files that are there, whose names end so, or any. macOS would take the second choice into the first.
fn to_open(dialog: FileDialogBuilder<tauri::Wry>, name: &str, endings: &[&str]) -> FileDialogBuilder<tauri::Wry> {
    let patterns: Vec<String> = endings.iter().map(|ending| pattern(ending)).collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let dialog = dialog.add_filter(name, &patterns);
    if cfg!(target_os = "macos") { dialog } else { dialog.add_filter("*", &["*"]) }
}

/// An ending in letters of either case. The dialogs of Linux match names letter by letter.
fn pattern(ending: &str) -> String {
    let either = |letter: char| match (letter.to_ascii_lowercase(), letter.to_ascii_uppercase()) {
        (small, large) if small != large => format!("[{small}{large}]"),
        (same, _) => same.to_string(),
    };
    if cfg!(target_os = "linux") { ending.chars().map(either).collect() } else { ending.to_owned() }
}

/// What tables of rows are written as.
const TABLES: [&str; 2] = ["xlsx", "csv"];

fn path_of(chosen: FilePath) -> Option<PathBuf> {
    chosen.into_path().ok()
}

fn shown(path: PathBuf) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_write_endings_in_capitals() {
        let (plain, either) = (pattern("3gp"), "3[gG][pP]");
        assert_eq!(plain, if cfg!(target_os = "linux") { either } else { "3gp" });
    }
}

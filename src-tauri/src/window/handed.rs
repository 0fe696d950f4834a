//! Files that Ulak is given from outside: dropped on its icon, opened with it, or by a second start, which hands them
//! over to the first and ends.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Parser;
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Wry};

use crate::Cli;
use crate::window;

/// The page that takes files; each is an argument of it.
pub const FILES: &str = "/open?";
/// So many files are taken; a folder may hold any number.
const MOST: usize = 30;
/// And of a folder no more are looked at.
const MOST_SEEN: usize = 1_000;

/// One for each data folder. Elsewhere than on Linux the system knows one Ulak only, so one with a folder of its own
/// stands beside it; the folder's lock keeps two from the same data.
pub fn single_instance(data: Option<&Path>) -> Option<TauriPlugin<Wry>> {
    let builder = tauri_plugin_single_instance::Builder::new().callback(second_start);
    match data.filter(|folder| !is_usual(folder)) {
        None => Some(builder.build()),
        #[cfg(target_os = "linux")]
        Some(folder) => Some(builder.dbus_id(bus_name(folder)).build()),
        #[cfg(not(target_os = "linux"))]
        Some(_) => None,
    }
}

/// Where the data are if nothing is said.
#[cfg(target_os = "linux")]
fn is_usual(folder: &Path) -> bool {
    whole(folder) == whole(&gtk::glib::user_data_dir().join("app.ulak.desktop"))
}

#[cfg(not(target_os = "linux"))]
fn is_usual(_: &Path) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn whole(folder: &Path) -> PathBuf {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    folder.canonicalize().unwrap_or(folder)
}

/// A name on the session's bus for each folder.
#[cfg(target_os = "linux")]
fn bus_name(folder: &Path) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};

    let mut hasher = DefaultHasher::new();
    whole(folder).hash(&mut hasher);
    format!("app.ulak.desktop.in_{:016x}", hasher.finish())
}

/// What a second start was given, seen from where it was started.
fn second_start(handle: &AppHandle, arguments: Vec<String>, from: String) {
    match Cli::try_parse_from(arguments) {
        // The computer starts it, and it runs.
        Ok(cli) if cli.hidden => {}
        Ok(cli) => open(handle, &cli.files.iter().map(|file| Path::new(&from).join(file)).collect::<Vec<_>>()),
        Err(error) => {
            tracing::warn!(%error, "a second start was not understood");
            window::show(handle);
        }
    }
}

/// Shows the window, with these files where they belong.
pub fn open(handle: &AppHandle, files: &[PathBuf]) {
    match page(files) {
        Some(page) => window::lead(handle, &page),
        None => window::show(handle),
    }
}

/// The page that takes these files, a folder for what lies in it. What they are is decided there, as for a drop.
pub fn page(files: &[PathBuf]) -> Option<String> {
    let files: Vec<PathBuf> = files.iter().flat_map(|file| inside(file)).take(MOST).collect();
    let encoded = |file: &PathBuf| format!("file={}", escaped(&file.to_string_lossy()));
    (!files.is_empty()).then(|| format!("{FILES}{}", files.iter().map(encoded).collect::<Vec<_>>().join("&")))
}

/// Itself, or what can be seen in it, by name.
fn inside(path: &Path) -> BTreeSet<PathBuf> {
    let Ok(listed) = path.read_dir() else { return BTreeSet::from([path.to_owned()]) };
    let seen = listed.flatten().take(MOST_SEEN).filter(|one| !one.file_name().to_string_lossy().starts_with('.'));
    seen.map(|one| one.path()).filter(|one| one.is_file()).collect()
}

/// For an address.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |out, byte| {
        if plain(byte) { out + &char::from(byte).to_string() } else { format!("{out}%{byte:02X}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_what_lies_in_folders_become_one_page() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a foto.jpg", ".hidden"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("deeper")).unwrap();
        let base = escaped(&format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR));
        let expected = format!("/open?file={base}a%20foto.jpg&file={base}b.csv");
        assert_eq!(page(&[folder.path().to_owned()]), Some(expected));
        assert_eq!(page(&[PathBuf::from("/x/ğ&?.csv")]), Some("/open?file=%2Fx%2F%C4%9F%26%3F.csv".to_owned()));
        assert_eq!(page(&[]), None);
        assert_eq!(page(&[folder.path().join("deeper")]), None, "nothing lies in it");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn each_folder_has_a_name_of_its_own_on_the_bus() {
        let (one, other) = (bus_name(Path::new("/data/one")), bus_name(Path::new("/data/other")));
        assert!(one != other && one == bus_name(Path::new("/data/one")), "{one}");
        assert!(one.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic())), "{one}");
    }
}

//! Starting with the computer. Whether it does is what the computer has, not what was once chosen.

use std::io::Result;

use tauri::AppHandle;

#[cfg(target_os = "linux")]
use crate::own_path;

/// Without a window, beside the clock.
#[cfg(not(target_os = "linux"))]
const HIDDEN: &str = "--hidden";

#[cfg(not(target_os = "linux"))]
pub fn plugin() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri_plugin_autostart::init(tauri_plugin_autostart::MacosLauncher::LaunchAgent, Some(vec![HIDDEN]))
}

#[cfg(not(target_os = "linux"))]
pub fn starts(handle: &AppHandle) -> Result<bool> {
    use tauri_plugin_autostart::ManagerExt;

    handle.autolaunch().is_enabled().map_err(std::io::Error::other)
}

#[cfg(not(target_os = "linux"))]
pub fn start(handle: &AppHandle, wanted: bool) -> Result<()> {
    use tauri_plugin_autostart::ManagerExt;

    let launch = handle.autolaunch();
    if wanted { launch.enable() } else { launch.disable() }.map_err(std::io::Error::other)
}

#[cfg(target_os = "linux")]
pub fn starts(_: &AppHandle) -> Result<bool> {
    entry::is_there(&entry::place(), &own_path::program()?)
}

#[cfg(target_os = "linux")]
pub fn start(_: &AppHandle, wanted: bool) -> Result<()> {
    entry::put(&entry::place(), &own_path::program()?, wanted)
}

/// A file of the session's autostart folder, as freedesktop.org has it.
#[cfg(target_os = "linux")]
mod entry {
    use std::io::{ErrorKind, Result};
    use std::path::{Path, PathBuf};

    pub fn place() -> PathBuf {
        gtk::glib::user_config_dir().join("autostart/app.ulak.desktop.desktop")
    }

    /// One that starts another program, or one that has moved, does not start this.
    pub fn is_there(place: &Path, program: &Path) -> Result<bool> {
        match std::fs::read_to_string(place) {
            Ok(text) => Ok(text.lines().any(|line| line == exec(program))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub fn put(place: &Path, program: &Path, wanted: bool) -> Result<()> {
        if !wanted {
            return match std::fs::remove_file(place) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let head = "[Desktop Entry]\nType=Application\nName=Ulak\nIcon=ulak\nTerminal=false\n";
        std::fs::write(place, format!("{head}{}\n{}\n", try_exec(program), exec(program)))
    }

    /// Where the program is gone nothing is tried: a package that is removed leaves what lies in home folders.
    fn try_exec(program: &Path) -> String {
        format!("TryExec={}", program.to_string_lossy().replace('\\', "\\\\"))
    }

    /// Quoted as the desktop entry specification wants it: once for the command, once for the file.
    fn exec(program: &Path) -> String {
        let mut quoted = String::new();
        for letter in program.to_string_lossy().chars() {
            match letter {
                '"' | '`' | '$' | '\\' => quoted.extend(['\\', '\\', letter]),
                '%' => quoted.push_str("%%"),
                _ => quoted.push(letter),
            }
            if letter == '\\' {
                quoted.push('\\');
            }
        }
        format!("Exec=\"{quoted}\" --hidden")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn it_starts_with_the_computer_from_any_folder_until_it_is_not_wanted() {
            let folder = tempfile::tempdir().unwrap();
            let (place, program) =
                (folder.path().join("autostart/ulak.desktop"), Path::new("/home/Ali Veli/100%/ulak"));
            assert!(!is_there(&place, program).unwrap());
            put(&place, program, true).unwrap();
            put(&place, program, true).unwrap();
            let text = std::fs::read_to_string(&place).unwrap();
            assert!(text.contains("Exec=\"/home/Ali Veli/100%%/ulak\" --hidden\n"), "{text}");
            assert!(text.contains("TryExec=/home/Ali Veli/100%/ulak\n"), "it is tried where it is there: {text}");
            assert!(is_there(&place, program).unwrap());
            assert!(!is_there(&place, Path::new("/opt/ulak")).unwrap(), "another one starts");
            put(&place, program, false).unwrap();
            put(&place, program, false).unwrap();
            assert!(!is_there(&place, program).unwrap());
        }

        #[test]
        fn what_a_shell_would_read_is_quoted() {
            assert_eq!(exec(Path::new("/a$b\"c")), r#"Exec="/a\\$b\\"c" --hidden"#);
            assert_eq!(exec(Path::new(r"/a\b")), r#"Exec="/a\\\\b" --hidden"#);
        }
    }
}

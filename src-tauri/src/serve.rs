//! `ulak serve`: the whole of Ulak without a window: numbers, campaigns, and the door for other programs.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use tokio::sync::Notify;
use ulak_core::app::{App, Opening};
use ulak_core::error::Problem;

use crate::control::Control;
use crate::terminal::{self, Voice, problem};
use crate::{logs, network};

#[derive(Args)]
pub struct Options {
    /// Write a unit for systemd that runs Ulak over this folder while you are logged in, and say how to start it
    #[arg(long)]
    install: bool,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    if options.install {
        return terminal::run(voice, async |_| install(voice, data).map(|()| true));
    }
    terminal::run(voice, async |mut stopping| {
        let opening = Opening { network: network::network()?, ..network::outside(Opening::default()) };
        let app = terminal::open(data, opening).await?;
        logs::into_folder(app.folder());
        let ended = std::sync::Arc::new(Notify::new());
        let end = ended.clone();
        let control = Control::open(&app, move || end.notify_one());
        let programs = ulak_api::keep(&app);
        let begun = async {
            tell_recovery_code(voice, &app).await?;
            terminal::tell_found(voice, &app);
            voice.event(&json!({ "event": "serving", "pid": std::process::id() }));
            voice.line("Ulak runs. End it with Ctrl-C.");
            Ok::<_, Problem>(())
        };
        let outcome = match begun.await {
            Ok(()) => {
                tokio::select! {
                    _ = stopping.asked() => {}
                    () = ended.notified() => {}
                }
                Ok(true)
            }
            Err(problem) => Err(problem),
        };
        programs.close().await;
        drop(control);
        app.close().await;
        voice.event(&json!({ "event": "ended" }));
        outcome
    })
}

/// What reads the output of a service writes it down, and the code that opens the data belongs into no journal. There it is
/// not told, and stays to be shown by the window or by a command in a terminal.
async fn tell_recovery_code(voice: Voice, app: &App) -> Result<(), Problem> {
    if std::io::stderr().is_terminal() {
        return terminal::tell_recovery_code(voice, app).await;
    }
    if app.settings().recovery_code().is_some() {
        terminal::warn(
            "The recovery code was not shown, because nobody reads here. Open the window, or run a command in a terminal, to get it.",
        );
    }
    Ok(())
}

const UNIT: &str = "ulak.service";
/// What the unit gives Ulak that is not for everybody's eyes: `ULAK_PASSPHRASE`.
const SECRETS: &str = "ulak.env";

fn install(voice: Voice, data: Option<PathBuf>) -> Result<(), Problem> {
    let cannot = |reason: String| problem("serve.not_installed", format!("The unit could not be written: {reason}"));
    let folder = data.ok_or_else(|| problem("terminal.no_folder", "Say where the data is: --data DIR.".to_owned()))?;
    let folder = std::path::absolute(folder).map_err(|error| cannot(error.to_string()))?;
    let program = crate::own_path::program().map_err(|error| cannot(error.to_string()))?;
    let units = units().ok_or_else(|| cannot("there is no home folder".to_owned()))?;
    let text = unit(&program, &folder).ok_or_else(|| cannot("a path is no text".to_owned()))?;
    std::fs::create_dir_all(&units)
        .and_then(|()| std::fs::write(units.join(UNIT), text))
        .map_err(|error| cannot(error.to_string()))?;
    keep_secrets(&units.join(SECRETS)).map_err(|error| cannot(error.to_string()))?;
    let (path, secrets) = (units.join(UNIT).display().to_string(), units.join(SECRETS).display().to_string());
    voice.event(&json!({ "event": "installed", "path": path, "secrets": secrets }));
    voice.line(&format!(
        "Written: {path}\nStart it with:  systemctl --user daemon-reload && systemctl --user enable --now {UNIT}\nTo let it run while nobody is logged in:  loginctl enable-linger\nThe keyring is shut then. Write the passphrase of the data, or the recovery code, into {secrets}, which only you can read:  ULAK_PASSPHRASE=\"…\""
    ));
    Ok(())
}

/// An empty file that its owner alone can read, or the one that is there, made so.
fn keep_secrets(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(file);
    Ok(())
}

fn units() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = named("XDG_CONFIG_HOME").or_else(|| Some(named("HOME")?.join(".config")))?;
    Some(config.join("systemd/user"))
}

/// None where a path is no text. It ends by SIGTERM, which Ulak answers in order.
fn unit(program: &Path, folder: &Path) -> Option<String> {
    let (program, folder) = (quoted(program.to_str()?), quoted(folder.to_str()?));
    Some(format!(
        "[Unit]\nDescription=Ulak, campaigns over your own WhatsApp numbers\nAfter=network-online.target\n# What needs its owner is not tried for ever.\nStartLimitIntervalSec=600\nStartLimitBurst=5\n\n[Service]\nType=exec\nExecStart={program} --data {folder} serve\nEnvironmentFile=-%E/systemd/user/{SECRETS}\nRestart=on-failure\nRestartSec=10\nTimeoutStopSec=60\nUMask=0077\n\n[Install]\nWantedBy=default.target\n"
    ))
}

/// As systemd reads a word: in quotes, with what it would fill in written twice.
fn quoted(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_opens_the_data_is_for_its_owner_alone_and_stays_as_it_was_written() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(SECRETS);
        let kept = || {
            keep_secrets(&path).expect("a file");
            let mode = std::fs::metadata(&path).map(|file| file.permissions().mode() & 0o777).unwrap_or_default();
            (mode, std::fs::read_to_string(&path).unwrap_or_default())
        };
        assert_eq!(kept(), (0o600, String::new()));
        let written = "ULAK_PASSPHRASE=\"x\"\n";
        std::fs::write(&path, written).expect("a secret");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("open to all");
        assert_eq!(kept(), (0o600, written.to_owned()));
    }

    #[test]
    fn a_path_reaches_the_unit_as_it_is() {
        let unit = unit(Path::new("/opt/ulak"), Path::new("/home/a b/100% \"data\"/$x")).unwrap_or_default();
        assert!(unit.contains("\nEnvironmentFile=-%E/systemd/user/ulak.env\n"), "{unit}");
        assert!(unit.contains(r#"ExecStart="/opt/ulak" --data "/home/a b/100%% \"data\"/$$x" serve"#), "{unit}");
    }
}

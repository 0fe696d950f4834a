//! The front end's tools: Node, and the packages of `ui/package-lock.json`.

use std::{fs, process::Command};

use crate::{
    packages,
    sh::{self, Outcome},
};

const HOW: &str = "\
The front end is built with Node 20.19, 22.12 or later. Install it:
  https://nodejs.org/en/download, or a version manager: fnm install 22, nvm install 22";

/// `npm` with these arguments, in `ui`.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    let mut npm = sh::command(if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments);
    npm.current_dir(sh::root().join("ui"));
    npm
}

/// Node is there, and `ui/node_modules` is what the lock file says.
pub(crate) fn ensure() -> Outcome {
    ensure_node()?;
    let ui = sh::root().join("ui");
    let lock = fs::read(ui.join("package-lock.json"))
        .map_err(|error| format!("ui/package-lock.json cannot be read: {error}."))?;
    // A copy of the lock file that was installed last; npm removes it together
    // with everything else when it installs again.
    let stamp = ui.join("node_modules").join(".ulak-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        println!("ui/node_modules matches the lock file.");
        return Ok(());
    }
    sh::run(&mut npm(&["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, lock).map_err(|error| format!("{} cannot be written: {error}.", stamp.display()))
}

/// The window's pages, in `ui/dist`. The app's build script reads them, so
/// every cargo command that compiles the app comes after this.
pub(crate) fn build() -> Outcome {
    sh::run(&mut npm(&["run", "build"]))
}

fn ensure_node() -> Outcome {
    let version = sh::output(&mut sh::command("node", &["--version"]));
    if version.as_deref().is_some_and(serves) && sh::output(&mut npm(&["--version"])).is_some() {
        return Ok(());
    }
    if distribution_serves() {
        return packages::install(&["nodejs", "npm"]);
    }
    match version {
        Some(version) => Err(format!("Node {version} is too old, or npm is missing.\n{HOW}")),
        None => Err(format!("Node is missing.\n{HOW}")),
    }
}

/// Whether Debian's or Ubuntu's own Node would do.
fn distribution_serves() -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let policy = sh::output(&mut sh::command("apt-cache", &["policy", "nodejs"]));
    let candidate = policy
        .as_deref()
        .and_then(|policy| policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: ").map(str::to_owned)));
    candidate.as_deref().is_some_and(serves)
}

/// As Vite asks: 20.19 and later of 20, 22.12 and later.
fn serves(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
    let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok());
    match (next(), next()) {
        (Some(20), Some(minor)) => minor >= 19,
        (Some(22), Some(minor)) => minor >= 12,
        (Some(major), _) => major > 22,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::serves;

    #[test]
    fn versions_as_node_and_as_debian_write_them() {
        for fine in ["v20.19.0", "v20.20.2", "v22.12.0", "v24.1.0", "20.19.2+dfsg-1", "22.22.0~dfsg"] {
            assert!(serves(fine), "{fine}");
        }
        for old in ["v18.20.4", "v20.18.3", "v21.7.0", "v22.11.0", "18.20.4+dfsg-1~deb12u1", "(none)", ""] {
            assert!(!serves(old), "{old}");
        }
    }
}

//! What the operating system has to bring: compilers and WebKit for building,
//! a virtual display and its tools for the window tests.

use crate::sh::{self, Outcome};

/// Tauri's libraries, and what OpenSSL inside SQLCipher is built with.
const BUILD: &[&str] = &[
    "build-essential",
    "perl",
    "pkg-config",
    "libayatana-appindicator3-dev",
    "libdbus-1-dev",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libwebkit2gtk-4.1-dev",
];

/// What looks at prepared media, independently of what prepared it.
const MEDIA_TESTS: &[&str] = &["ffmpeg", "libimage-exiftool-perl", "poppler-utils"];

/// What the benchmarks compare with.
const YARDSTICKS: &[&str] = &["ffmpeg", "libvips-tools"];

/// What packages are made and tried with.
const BUNDLES: &[&str] = &["binutils", "debootstrap", "xz-utils"];

/// What makes programs for Windows, and what runs them here.
const WINDOWS: &[&str] = &["gcc-mingw-w64-x86-64", "g++-mingw-w64-x86-64", "nsis", "wine64"];

/// A display, a session bus, a keyring and a driver for the window.
const WINDOW_TESTS: &[&str] = &[
    "dbus",
    "dbus-x11",
    "dunst",
    "faketime",
    "gnome-keyring",
    "imagemagick",
    "webkit2gtk-driver",
    "xauth",
    "xclip",
    "xdotool",
    "xvfb",
];

pub(crate) fn for_building() -> Outcome {
    ensure(BUILD)
}

pub(crate) fn for_testing() -> Outcome {
    ensure(&[BUILD, MEDIA_TESTS, WINDOW_TESTS].concat())
}

pub(crate) fn for_bundles() -> Outcome {
    ensure(&[BUILD, BUNDLES].concat())
}

pub(crate) fn for_windows() -> Outcome {
    ensure(&[BUILD, WINDOWS].concat())
}

pub(crate) fn for_benchmarks() -> Outcome {
    ensure(&[BUILD, YARDSTICKS, WINDOW_TESTS].concat())
}

fn ensure(wanted: &[&str]) -> Outcome {
    if cfg!(target_os = "macos") {
        return match sh::output(&mut sh::command("xcode-select", &["-p"])) {
            Some(_) => Ok(()),
            None => {
                Err("Ulak is built with Apple's command line tools. Install them: xcode-select --install".to_owned())
            }
        };
    }
    if !cfg!(target_os = "linux") {
        println!("On Windows, Ulak needs the Visual Studio build tools (C++), Perl and the WebView2 runtime.");
        return Ok(());
    }
    if sh::output(&mut sh::command("dpkg-query", &["--version"])).is_none() {
        return ensure_elsewhere();
    }
    let missing: Vec<&str> = wanted.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        println!("All {} packages are installed.", wanted.len());
        return Ok(());
    }
    install(&missing)
}

/// The packages of one name, by Debian's and Ubuntu's own tool.
pub(crate) fn install(packages: &[&str]) -> Outcome {
    let as_root = sh::output(&mut sh::command("id", &["-u"])).as_deref() == Some("0");
    let by_hand = format!("sudo apt-get update && sudo apt-get install {}", packages.join(" "));
    if !as_root && sh::output(&mut sh::command("sudo", &["--version"])).is_none() {
        return Err(format!("Some packages are missing. Have an administrator run:\n  {by_hand}"));
    }
    let apt = |arguments: &[&str]| {
        let before: &[&str] = if as_root { &[] } else { &["sudo"] };
        // Asked through `env`, because sudo drops the caller's variables.
        let words = [before, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], arguments].concat();
        let (program, arguments) = words.split_first().ok_or("no command")?;
        sh::run(&mut sh::command(program, arguments))
    };
    let quietly = ["install", "--yes", "--quiet", "--no-install-recommends"];
    apt(&["update", "--quiet"])
        .and_then(|()| apt(&[&quietly, packages].concat()))
        .map_err(|reason| format!("{reason}\nSome packages could not be installed. By hand:\n  {by_hand}"))
}

fn installed(package: &str) -> bool {
    let mut query = sh::command("dpkg-query", &["--show", "--showformat=${db:Status-Status}\n", package]);
    sh::output(&mut query).is_some_and(|states| states.lines().any(|state| state == "installed"))
}

/// Other distributions name their packages differently, so only what is asked
/// of them is checked.
fn ensure_elsewhere() -> Outcome {
    let libraries = ["webkit2gtk-4.1", "gtk+-3.0", "librsvg-2.0", "dbus-1"];
    let there = |library: &&str| sh::output(&mut sh::command("pkg-config", &["--exists", library])).is_some();
    if libraries.iter().all(there) {
        return Ok(());
    }
    Err("\
Some libraries are missing. Install them with the distribution's own tool:
  Fedora:   sudo dnf install gcc make perl pkgconf webkit2gtk4.1-devel gtk3-devel librsvg2-devel \
dbus-devel libappindicator-gtk3-devel
  Arch:     sudo pacman -S --needed base-devel perl webkit2gtk-4.1 gtk3 librsvg dbus libappindicator-gtk3
  openSUSE: sudo zypper install gcc make perl pkg-config webkit2gtk3-devel gtk3-devel librsvg-devel \
dbus-1-devel libappindicator3-1
For the window tests, also Xvfb, xauth, dbus-run-session, gnome-keyring, WebKitWebDriver, xdotool and ImageMagick."
        .to_owned())
}

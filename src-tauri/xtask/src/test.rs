//! `cargo xtask test`: every test there is.

use std::{fs, path::Path, process::Command};

use crate::{
    bundle, emulator, node, packages, run,
    sh::{self, Outcome, section},
};

/// The shipped crates. Always the same selection: another one would give the
/// dependencies other features and compile them again, and the benchmarks and
/// window tests would put their test kit into the app that is tested. The
/// emulator switches off what guards a real connection, so it stands apart.
pub(crate) const SELECTION: [&str; 7] =
    ["--workspace", "--exclude", "ulak-bench", "--exclude", "ulak-e2e", "--exclude", "ulak-emulator"];

/// What the core's own tests are written with; never part of the app.
pub(crate) const KIT: &str = "ulak-core/testing";

/// How often the app is killed in the long crash test.
const KILLS: &str = "300";

/// How many messages how many programs send in the long crash test of the door, and how often it is killed meanwhile.
const SENDS: &str = "10000";
const CLIENTS: &str = "20";
const SERVES: &str = "5";

/// How often it is killed while what waits is revised.
const REVISIONS: &str = "100";

/// How many campaigns are revised while they are sent, each about a dozen times in between.
const RACES: &str = "300";

/// How many starts over damaged data the long test makes.
const STARTS: &str = "140";

/// How long the long list is that comes in through the window.
const ROWS: &str = "1000000";

/// How many random weeks of campaigns the long test of every rule lives through.
const SCENARIOS: &str = "10000";

const WINDOW_TESTS: [&str; 8] =
    ["test", "--workspace", "--exclude", "ulak-bench", "--exclude", "ulak-emulator", "--test", "window"];

pub(crate) fn run(long: bool) -> Outcome {
    section("Packages", packages::for_testing)?;
    section("Front end", || node::ensure().and_then(|()| node::build()))?;
    section("Core and shell tests", || {
        let mut tests = sh::cargo(&["test"]);
        tests.args(SELECTION).args(["--features", KIT]);
        if long {
            // What is skipped without LibreOffice and pdftotext fails then.
            tests
                .env("ULAK_LONG", "1")
                .env("ULAK_CRASH_KILLS", KILLS)
                .env("ULAK_CRASH_REVISIONS", REVISIONS)
                .env("ULAK_CRASH_SENDS", SENDS)
                .env("ULAK_CRASH_CLIENTS", CLIENTS)
                .env("ULAK_CRASH_SERVES", SERVES)
                .env("ULAK_STARTS", STARTS)
                .env("ULAK_RACES", RACES)
                .env("ULAK_SCENARIOS", SCENARIOS);
        }
        sh::run(&mut tests)
    })?;
    section("Wire and front end tests", || wire_tests(long))?;
    section("App", || {
        let mut build = sh::cargo(&["build"]);
        sh::run(build.args(SELECTION))
    })?;
    section("Window tests", || window_tests(long))?;
    if long && cfg!(target_os = "linux") {
        for windows in [false, true] {
            bundle::run([windows, false, true])?;
        }
    }
    println!("\nAll tests pass.");
    Ok(())
}

/// Real numbers over the emulator's wire, with an app that was built for it; the front end's own tests while those wait.
fn wire_tests(long: bool) -> Outcome {
    let app = emulator::build()?;
    // With the app's crates in the selection the dependencies have the features that they were compiled with already.
    let mut tests = sh::cargo(&["test", "--workspace", "--exclude", "ulak-bench", "--exclude", "ulak-e2e"]);
    tests.args(["--features", emulator::FEATURE]);
    tests.args(["client", "ulak", "exactly_once", "terminal"].into_iter().flat_map(|name| ["--test", name]));
    tests.env("ULAK_BINARY", app);
    if long {
        tests.env("ULAK_WIRE_KILLS", "200").env("ULAK_WIRE_PEOPLE", "2000");
    }
    // Compiled before, so that both have the processor while they run.
    sh::run(sh::cargo(&[]).args(tests.get_args()).arg("--no-run"))?;
    sh::beside(&mut node::npm(&["test"]), || sh::run(&mut tests))
}

/// Drives the real window, in two sessions side by side: most of the time it waits.
fn window_tests(long: bool) -> Outcome {
    if !cfg!(target_os = "linux") {
        println!("The window tests need WebKitGTK's driver and run on Linux only.");
        return Ok(());
    }
    // Compiled outside, so that the displays are up only while they are used.
    sh::run(sh::cargo(&WINDOW_TESTS).arg("--no-run"))?;
    let listed =
        sh::output(sh::cargo(&WINDOW_TESTS).args(["--", "--list"])).ok_or("The window tests are not listed.")?;
    let names: Vec<&str> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let half = |first: usize| names.iter().skip(first).step_by(2).copied();
    let mut other = window_session(half(1), 1, long)?;
    sh::beside(&mut other, || sh::run(&mut window_session(half(0), 0, long)?))
}

/// These tests on a display, a session bus and a keyring of their own, so that the developer's are neither needed nor
/// touched.
fn window_session<'a>(names: impl Iterator<Item = &'a str>, place: usize, long: bool) -> Outcome<Command> {
    let home = sh::target().join(format!("window-tests-{place}"));
    let app = sh::target().join("debug").join(run::app_name());
    // Two that look for a free display at one moment would find the same.
    let display = (99 + 100 * place).to_string();
    let screen = ["-a", "-n", &display, "-s", "-screen 0 1280x800x24", "dbus-run-session", "--"];
    let mut session = sh::command("xvfb-run", &screen);
    // An empty passphrase unlocks a keyring that nobody else has.
    let unlocked = "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"";
    session.args(["sh", "-c", unlocked, "sh"]);
    let cargo = sh::cargo(&WINDOW_TESTS);
    session.arg(cargo.get_program()).args(cargo.get_args()).args(["--", "--test-threads=1", "--exact"]).args(names);
    session.env("ULAK_BINARY", app);
    if long {
        session.env("ULAK_ROWS", ROWS);
    }
    at_home(&mut session, &home)?;
    Ok(session)
}

/// Gives it empty folders for settings, data, caches and sockets.
fn at_home(session: &mut Command, home: &Path) -> Outcome {
    let failed = |error| format!("{} cannot be prepared: {error}.", home.display());
    if home.exists() {
        fs::remove_dir_all(home).map_err(failed)?;
    }
    for (variable, folder) in [
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", "runtime"),
    ] {
        let folder = home.join(folder);
        fs::create_dir_all(&folder).map_err(failed)?;
        // Sockets are refused in a folder that others may read.
        #[cfg(unix)]
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(failed)?;
        session.env(variable, folder);
    }
    // A Wayland session of the developer's would otherwise win over the display.
    session.env_remove("WAYLAND_DISPLAY").env("GDK_BACKEND", "x11");
    Ok(())
}

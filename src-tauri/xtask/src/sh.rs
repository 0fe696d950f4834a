//! Running other programs, with headings that a log can be read by.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// An English sentence that says what failed and, where it is known, what to do.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The checkout, whatever folder the command was started in.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A program that will run in the checkout.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// The cargo that runs this program, and so the same toolchain.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// Runs it in sight, and fails as it fails.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = shown(command);
    println!("$ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` failed ({status}).")),
        Err(error) => Err(format!("`{shown}` could not be started: {error}.")),
    }
}

/// Runs it while the other work waits for time to pass, and shows what it printed when both are done.
pub(crate) fn beside(command: &mut Command, work: impl FnOnce() -> Outcome) -> Outcome {
    let shown = shown(command);
    let (worked, output) = thread::scope(|both| {
        let running = both.spawn(|| command.stdin(Stdio::null()).output());
        (work(), running.join())
    });
    let output = output.map_err(|_| format!("`{shown}` could not be waited for."))?;
    let output = output.map_err(|error| format!("`{shown}` could not be started: {error}."))?;
    println!("$ {shown}\n{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    worked?;
    if output.status.success() { Ok(()) } else { Err(format!("`{shown}` failed ({}).", output.status)) }
}

/// What it prints; `None` where it cannot be started or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What is free on the disk where things are built, as far as `df` can tell.
pub(crate) fn megabytes_left() -> Option<u64> {
    let told = output(&mut command("df", &["-Pk", "."]))?;
    let kilobytes: u64 = told.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes / 1_000)
}

/// A part of the work under a heading, with the time it took.
pub(crate) fn section<T>(title: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("\n==> {title}");
    let start = now();
    let outcome = work();
    let took = took(start.elapsed());
    match &outcome {
        Ok(_) => println!("<== {title}: done in {took}"),
        Err(_) => println!("<== {title}: failed after {took}"),
    }
    outcome
}

#[expect(clippy::disallowed_methods, reason = "how long a step takes is all that is asked of the clock here")]
fn now() -> Instant {
    Instant::now()
}

fn took(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@+,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

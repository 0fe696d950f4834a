//! `cargo xtask fuzz`: files that a fuzzer makes up of the fixtures, for a bounded time per parser.
//!
//! What it learns stays in target/fuzz, so that the next run goes on from there. A file that has no verdict is left in
//! artifacts/fuzz.

use std::{ffi::OsStr, fs, path::Path};

use crate::{
    sh::{self, Outcome, section},
    tools,
};

/// The targets, with the endings of the fixtures that each starts from.
const TARGETS: [(&str, &[&str]); 6] = [
    ("picture", &["jpg", "png", "webp", "gif", "bmp", "tiff"]),
    ("heic", &["heic"]),
    ("avif", &["avif"]),
    ("sound", &["mp3", "flac", "ogg", "opus", "m4a", "aac", "wav", "amr"]),
    ("film", &["mp4", "mov", "3gp"]),
    ("pdf", &["pdf"]),
];

const SECONDS: &str = "60";

/// A file may take this long with everything counted that the fuzzer counts, and this much memory: the process that
/// prepares files has a minute and at most 500 MB.
const LIMITS: [&str; 3] = ["-timeout=30", "-rss_limit_mb=1024", "-max_len=200000"];

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (name, seconds) = match arguments {
        [] => (None, SECONDS),
        [seconds] if seconds.parse::<u32>().is_ok() => (None, seconds.as_str()),
        [name] => (Some(name), SECONDS),
        [name, seconds] => (Some(name), seconds.as_str()),
        _ => return Err("Say `cargo xtask fuzz [target] [seconds]`.".to_owned()),
    };
    let targets: Vec<_> = TARGETS.iter().filter(|(target, _)| name.is_none_or(|name| name == target)).collect();
    if targets.is_empty() {
        let names = TARGETS.map(|(target, _)| target).join(", ");
        return Err(format!("There is no such target; there are {names}."));
    }
    let mut found = Vec::new();
    for (target, endings) in targets {
        if section(target, || fuzz(target, endings, seconds)).is_err() {
            found.push(*target);
        }
    }
    match found.as_slice() {
        [] => Ok(()),
        found => Err(format!("Something was found by {}: see artifacts/fuzz.", found.join(", "))),
    }
}

fn fuzz(target: &str, endings: &[&str], seconds: &str) -> Outcome {
    let (learned, seeds) =
        (sh::target().join("fuzz/learned").join(target), sh::target().join("fuzz/seeds").join(target));
    let findings = sh::root().join("artifacts/fuzz").join(target);
    let failed = |error| format!("The folders of {target} cannot be prepared: {error}.");
    for folder in [&learned, &seeds, &findings] {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    copy(&sh::root().join("tests/fixtures/media"), endings, &seeds).map_err(failed)?;
    // The compiler that everything is built with can do all but watch memory, and nothing here is in C.
    let mut fuzz = tools::FUZZ.command(&["fuzz", "run", "--sanitizer", "none", "--fuzz-dir", "tests/fuzz"])?;
    fuzz.args(["--features", "libfuzzer", "--target-dir"]).arg(sh::target().join("fuzz/build"));
    fuzz.arg(target).args([&learned, &seeds]).arg("--");
    fuzz.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", findings.display()));
    sh::run(fuzz.args(LIMITS))
}

fn copy(from: &Path, endings: &[&str], to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let file = entry?.path();
        let ending = file.extension().and_then(OsStr::to_str).unwrap_or_default();
        if let Some(name) = file.file_name().filter(|_| endings.contains(&ending)) {
            fs::copy(&file, to.join(name))?;
        }
    }
    Ok(())
}

//! `ulak prepare`: what would become of files, from the command line; and the process in which every file is prepared.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use ulak_core::error::Problem;
use ulak_core::media::{self, PATIENCE, Prepared, Refusal, Verdict, Wish, Workshop};

use crate::stop::Stopping;
use crate::terminal::{self, Voice};

/// The hidden command that `apart` answers.
const APART: &str = "prepare-apart";

#[derive(Args)]
pub struct Options {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the prepared files go; nothing that is there is overwritten
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What sound, or anything, is to be sent as; without it what suits its kind
    #[arg(long = "as", value_name = "KIND")]
    wish: Option<SendAs>,
    /// One JSON object a file on a line of standard output
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum SendAs {
    Voice,
    Audio,
    Document,
}

/// What suits its kind where nothing is said.
pub fn wish(said: Option<SendAs>) -> Wish {
    match said {
        None => Wish::Auto,
        Some(SendAs::Voice) => Wish::Voice,
        Some(SendAs::Audio) => Wish::Audio,
        Some(SendAs::Document) => Wish::Document,
    }
}

/// Files are prepared by this very program, apart.
pub fn workshop() -> Workshop {
    match itself() {
        Ok(program) => Workshop::Apart { program, arguments: vec![APART.into()], patience: PATIENCE },
        // Then it could not be started again either. It goes on with less safety rather than without files.
        Err(error) => {
            tracing::warn!(%error, "files are prepared in this process");
            Workshop::Here
        }
    }
}

/// On Linux by the image that runs: an update may put another one in the place of its file, which answers in its own way.
fn itself() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(if cfg!(target_os = "linux") { PathBuf::from("/proc/self/exe") } else { program })
}

pub fn apart(task: &str) -> ExitCode {
    match media::serve(task, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Succeeds when every file can be sent.
pub fn run(options: Options) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run(voice, async |stopping| {
        let all = tokio::task::spawn_blocking(move || all(&options, voice, &stopping));
        all.await.map_err(Problem::crashed)
    })
}

/// One after the other, until it is asked to stop.
fn all(options: &Options, voice: Voice, stopping: &Stopping) -> bool {
    let wish = wish(options.wish);
    if let Err(error) = fs::create_dir_all(&options.out) {
        let folder = options.out.display();
        terminal::warn(&format!("{folder} cannot be made: {error}. Name another folder with --out."));
        return false;
    }
    let workshop = workshop();
    let mut all = true;
    for file in &options.files {
        let outcome = workshop.prepare_file(file, wish);
        if stopping.was_asked().is_some() {
            // The process that prepares may have been ended along with the question.
            return false;
        }
        let kept = kept(&outcome, file, &options.out);
        all &= outcome.is_ok() && kept.is_ok();
        if let Err(error) = &kept {
            let folder = options.out.display();
            terminal::warn(&format!("What became of {} cannot be saved in {folder}: {error}.", file.display()));
        }
        if tell(voice, file, &outcome, &kept).is_err() {
            // A reader that closed its end has seen enough.
            return false;
        }
    }
    all
}

fn kept(outcome: &Result<Prepared, Refusal>, source: &Path, folder: &Path) -> io::Result<Option<PathBuf>> {
    let Ok(prepared) = outcome else { return Ok(None) };
    let stem = source.file_stem().unwrap_or(OsStr::new("file")).to_string_lossy();
    let ending = ending(prepared, source);
    for number in 1.. {
        let ending = if number == 1 { format!(".{ending}") } else { format!(" ({number}).{ending}") };
        let path = folder.join(name(&stem, &ending));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(mut file) => {
                if let Err(error) = file.write_all(&prepared.bytes).and_then(|()| on_disk(&file)) {
                    // Half a file is worse than none.
                    drop(file);
                    let _ = fs::remove_file(&path);
                    return Err(error);
                }
                return Ok(Some(path));
            }
        }
    }
    Ok(None)
}

/// Some folders in a network cannot say so.
fn on_disk(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) => Ok(()),
        outcome => outcome,
    }
}

/// As long as a name may be: 255 bytes. What comes after the stem stays.
fn name(stem: &str, ending: &str) -> String {
    let room = 255_usize.saturating_sub(ending.len());
    let fits =
        stem.char_indices().map(|(start, character)| start + character.len_utf8()).take_while(|end| *end <= room);
    let stem = stem.get(..fits.last().unwrap_or_default()).unwrap_or_default();
    format!("{stem}{ending}")
}

/// As phones name what they get; a document keeps its own ending.
fn ending(prepared: &Prepared, source: &Path) -> String {
    match prepared.mime.split(';').next().unwrap_or_default() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "audio/ogg" => "ogg",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "video/mp4" => "mp4",
        "application/pdf" => "pdf",
        _ => source.extension().and_then(OsStr::to_str).unwrap_or("bin"),
    }
    .to_owned()
}

fn tell(
    voice: Voice,
    file: &Path,
    outcome: &Result<Prepared, Refusal>,
    kept: &io::Result<Option<PathBuf>>,
) -> io::Result<()> {
    let verdict = Verdict::from(outcome);
    // Not every name is text.
    let mut line = match kept {
        Ok(path) => json!({ "file": file.to_string_lossy(), "out": path.as_deref().map(Path::to_string_lossy) }),
        Err(error) => json!({ "file": file.to_string_lossy(), "out": null, "not_saved": error.to_string() }),
    };
    let facts = outcome.as_ref().ok().and_then(|prepared| {
        let mut facts = serde_json::to_value(prepared).ok()?;
        facts.as_object_mut()?.insert("bytes".to_owned(), json!(prepared.bytes.len()));
        Some(facts)
    });
    for part in [serde_json::to_value(&verdict).ok(), facts] {
        if let (Some(line), Some(Value::Object(part))) = (line.as_object_mut(), part) {
            line.extend(part);
        }
    }
    let word = match &verdict {
        Verdict::Fine => "fine".to_owned(),
        Verdict::Convert { what } => {
            let what: Vec<String> = what.iter().map(|change| format!("{change:?}").to_lowercase()).collect();
            format!("converted: {}", what.join(", "))
        }
        Verdict::Offer { message, .. } => message.clone(),
        Verdict::Refuse { message, .. } => format!("refused: {message}"),
    };
    let place = if outcome.as_ref().is_ok_and(|prepared| prepared.place) { "; it says where it was made" } else { "" };
    let mut output = io::stdout().lock();
    if voice.json { writeln!(output, "{line}") } else { writeln!(output, "{}: {word}{place}", file.display()) }
}

//! Preparation in a process of its own: whatever a strange file does to a decoder, it does not do it to Ulak.
//!
//! The process is the same program with another task ([`Task`]). It gets the file on its standard input and nothing
//! else: no environment, so no passphrase and no way to a keyring; no more memory than [`MEMORY`] and a
//! minute of processor time; and, where the system knows how to say so, no files and no network. What it answers
//! goes to its standard output: the facts as a line of JSON, then the prepared bytes and the thumbnail. When it dies,
//! or takes too long, that is a [`Refusal`] like any other.

#[cfg(windows)]
mod windows;

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader, Read, Write},
    mem::take,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    FILE_LIMIT, Prepared, Refusal, Wish, file, pdf, prepare, prepare_file,
    sniff::{Content, sniff},
};

/// The most that a file may take in memory, in bytes, beside itself and what the process has at its start. Most take
/// less.
pub const MEMORY: u64 = 500_000_000;

/// The same by what the file is.
fn memory(found: Option<Content>) -> u64 {
    match found {
        // Their decoders need more than others for a picture of the same size.
        Some(Content::Heic | Content::Avif) => MEMORY,
        // The largest picture that is opened, and its smaller copies.
        Some(Content::Picture(_)) => 280_000_000,
        _ => 220_000_000,
    }
}

/// How much of a processor's time it may take: a voice note of the longest sound is ready in a fraction of this on an
/// old laptop.
#[cfg(any(unix, windows))]
const PROCESSOR: Duration = Duration::from_secs(60);

/// How long it may take. That the computer was busy is not the file's fault.
pub const PATIENCE: Duration = Duration::from_secs(3 * 60);

/// How far it stands behind the window where both want the processor, in the system's own steps of "nice".
#[cfg(unix)]
const BEHIND: i32 = 10;

/// Where files are prepared.
#[derive(Clone, Debug, Default)]
pub enum Workshop {
    /// In this process. For tests, and for files that nobody else made.
    #[default]
    Here,
    Apart {
        program: PathBuf,
        /// What makes the program [`serve`] a task, before the task itself.
        arguments: Vec<OsString>,
        patience: Duration,
    },
}

/// What the process is asked to do with its standard input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub wish: Wish,
    /// Of the file's name, which promises a kind.
    pub extension: Option<String>,
    /// Without what can be done without: after a first process that did not come to an end.
    pub plain: bool,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    outcome: Outcome,
    bytes: u64,
    thumbnail: u64,
}

impl Workshop {
    /// Prepares the file at `path`. It blocks until that is done.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong and what to do.
    pub fn prepare_file(&self, path: &Path, wish: Wish) -> Result<Prepared, Refusal> {
        let Self::Apart { .. } = self else { return prepare_file(path, wish) };
        let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_owned);
        self.persist(Task { wish, extension, plain: false }, |task| match file::open(path) {
            Ok(file) => self.send(task, Stdio::from(file), |_| {}),
            Err(refusal) => Ok(Err(refusal)),
        })
    }

    /// Prepares bytes that came without a file. It blocks until that is done.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong and what to do.
    pub fn prepare(&self, bytes: Vec<u8>, wish: Wish) -> Result<Prepared, Refusal> {
        let Self::Apart { .. } = self else { return prepare(bytes, wish) };
        if bytes.len() as u64 > FILE_LIMIT {
            return Err(Refusal::TooBig { bytes: bytes.len() as u64, limit: FILE_LIMIT });
        }
        let bytes = Arc::new(bytes);
        self.persist(Task { wish, extension: None, plain: false }, |task| {
            let bytes = Arc::clone(&bytes);
            self.send(task, Stdio::piped(), |input| {
                let Some(mut input) = input else { return };
                // It may be refused before it is read to its end.
                thread::spawn(move || drop(input.write_all(&bytes)));
            })
        })
    }

    /// What can be done without may be what a process died of. One that was late has the same task again.
    fn persist(&self, task: Task, send: impl Fn(&Task) -> Result<Outcome, Ended>) -> Outcome {
        let again = match send(&task) {
            Ok(outcome) => return outcome,
            Err(Ended::Died) => Task { plain: true, ..task },
            Err(Ended::Late) => task,
        };
        send(&again).unwrap_or_else(|ended| {
            Err(match ended {
                Ended::Died => Refusal::Stopped,
                Ended::Late => Refusal::Busy,
            })
        })
    }

    fn send(&self, task: &Task, input: Stdio, feed: impl FnOnce(Option<ChildStdin>)) -> Result<Outcome, Ended> {
        let Self::Apart { program, arguments, patience } = self else { return Err(Ended::Died) };
        let task = serde_json::to_string(task).map_err(|_| Ended::Died)?;
        let mut process = Command::new(program);
        process.args(arguments).arg(task).env_clear().stdin(input).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(windows)]
        {
            use std::os::windows::process::CommandExt;
            /// Without a console, which would flash up.
            const CREATE_NO_WINDOW: u32 = 0x0800_0000;
            /// The window goes first.
            const BELOW_NORMAL_PRIORITY_CLASS: u32 = 0x0000_4000;
            process.creation_flags(CREATE_NO_WINDOW | BELOW_NORMAL_PRIORITY_CLASS);
        }
        let mut child = match process.spawn() {
            Ok(child) => child,
            Err(error) => return Ok(Err(Refusal::Unreadable { reason: error.kind().to_string() })),
        };
        feed(child.stdin.take());
        let answer = answer(&mut child, *patience);
        // It has answered, or it never will.
        let _ = child.kill();
        let _ = child.wait();
        answer
    }
}

type Outcome = Result<Prepared, Refusal>;

/// Why a process gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Or it babbled.
    Died,
    Late,
}

fn answer(child: &mut Child, patience: Duration) -> Result<Outcome, Ended> {
    let output = child.stdout.take().ok_or(Ended::Died)?;
    let (tell, told) = mpsc::channel();
    // Nobody waits any more where it took too long.
    thread::spawn(move || drop(tell.send(read_answer(BufReader::new(output)))));
    told.recv_timeout(patience).map_err(|_| Ended::Late)?.map_err(|_| Ended::Died)
}

fn read_answer(mut output: impl BufRead) -> io::Result<Outcome> {
    /// Facts are short, whatever the file.
    const FACTS: u64 = 64 * 1024;
    let mut line = Vec::new();
    output.by_ref().take(FACTS).read_until(b'\n', &mut line)?;
    let Answer { outcome, bytes, thumbnail } = serde_json::from_slice(&line)?;
    let mut part = |length: u64| {
        let mut part = Vec::new();
        output.by_ref().take(length.min(2 * FILE_LIMIT)).read_to_end(&mut part)?;
        if part.len() as u64 == length { Ok(part) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) }
    };
    let (bytes, thumbnail) = (part(bytes)?, part(thumbnail)?);
    Ok(outcome.map(|prepared| Prepared { bytes, thumbnail, ..prepared }))
}

/// The other end: fences this process in, prepares what comes in, and answers.
///
/// # Errors
/// When the task cannot be read, the fence cannot be put up, or nobody takes the answer.
pub fn serve(task: &str, input: impl Read, mut output: impl Write) -> io::Result<()> {
    let task: Task = serde_json::from_str(task)?;
    let at_rest = memory_at_rest();
    fence(at_rest + FILE_LIMIT)?;
    let mut outcome = file::read(input).and_then(|bytes| {
        limit_memory(at_rest + bytes.len() as u64 + memory(sniff(&bytes))).map_err(|_| Refusal::Stopped)?;
        made(&task, bytes)
    });
    let contents = outcome.as_mut().map(|prepared| (take(&mut prepared.bytes), take(&mut prepared.thumbnail)));
    let (bytes, thumbnail) = contents.unwrap_or_default();
    let facts = Answer { bytes: bytes.len() as u64, thumbnail: thumbnail.len() as u64, outcome };
    serde_json::to_writer(&mut output, &facts)?;
    output.write_all(b"\n")?;
    output.write_all(&bytes)?;
    output.write_all(&thumbnail)?;
    output.flush()
}

fn made(task: &Task, bytes: Vec<u8>) -> Result<Prepared, Refusal> {
    file::named(task.extension.as_deref(), bytes, |bytes| match (task.wish, sniff(&bytes)) {
        _ if !task.plain => prepare(bytes, task.wish),
        (Wish::Auto | Wish::Document, Some(Content::Pdf)) => pdf::prepare(bytes.into(), false),
        _ => Err(Refusal::Stopped),
    })
}

/// From here on this process gets no more memory and processor time than a file may take, waits where the window wants
/// the processor too, writes no file, and, where the system can forbid it, opens none and reaches no network.
fn fence(given: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, nice};
        at_most(Resource::Cpu, PROCESSOR.as_secs())?;
        at_most(Resource::Fsize, 0)?;
        at_most(Resource::Core, 0)?;
        nice(BEHIND)?;
    }
    limit_memory(given + MEMORY)?;
    #[cfg(windows)]
    windows::lower_integrity()?;
    #[cfg(target_os = "linux")]
    {
        use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr};
        let newest = ABI::V5;
        // An older kernel forbids what it knows of.
        let shut = Ruleset::default()
            .handle_access(AccessFs::from_all(newest))
            .and_then(|rules| rules.handle_access(AccessNet::from_all(newest)))
            .and_then(|rules| rules.create())
            .and_then(|rules| rules.restrict_self());
        shut.map_err(io::Error::other)?;
    }
    Ok(())
}

#[cfg(unix)]
fn at_most(what: rustix::process::Resource, most: u64) -> io::Result<()> {
    let limit = rustix::process::Rlimit { current: Some(most), maximum: Some(most) };
    Ok(rustix::process::setrlimit(what, limit)?)
}

/// What the system counts before anything is made, in bytes: libraries of the window set much aside that they never use.
fn memory_at_rest() -> u64 {
    /// More than was ever seen, where it cannot be asked.
    const USUAL: u64 = 250_000_000;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let counted =
        status.lines().find_map(|line| line.strip_prefix("VmData:")?.trim().strip_suffix(" kB")?.parse().ok());
    counted.map_or(USUAL, |kilobytes: u64| kilobytes * 1024)
}

/// In bytes. macOS does not count what a decoder asks for.
fn limit_memory(most: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return at_most(rustix::process::Resource::Data, most);
    #[cfg(windows)]
    return windows::enter_job(most, PROCESSOR);
    #[cfg(not(any(target_os = "linux", windows)))]
    {
        let _ = most;
        Ok(())
    }
}

//! Preparation in a process of its own: this very program, which plays the process as well as the one that asks it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, Read, Write, stdin, stdout},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    time::Duration,
};

use ulak_media::{FILE_LIMIT, MEMORY, Refusal, Wish, Workshop, prepare_file, serve};

fn main() {
    let arguments: Vec<String> = env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("apart") => serve(&arguments[2], stdin(), stdout()).unwrap(),
        Some("hungry") => serve(&arguments[2], Hungry, stdout()).unwrap(),
        Some("curious") => serve(&arguments[3], Curious { port: arguments[2].parse().unwrap() }, stdout()).unwrap(),
        #[cfg(target_os = "linux")]
        Some("measured") => measured(&arguments[2]),
        Some("dead") => std::process::abort(),
        Some("asleep") => loop {
            std::thread::park();
        },
        // The first time asleep, as on a computer that is busy.
        Some("late") => {
            let been_here = fs::File::create_new(&arguments[2]).is_err();
            if !been_here {
                loop {
                    std::thread::park();
                }
            }
            serve(&arguments[3], stdin(), stdout()).unwrap();
        }
        Some("babbling") => stdout().write_all(&[b'?'; 1_000_000]).unwrap(),
        // The arguments of a test harness mean nothing here.
        _ => {
            what_is_made_apart_is_what_is_made_here();
            whatever_becomes_of_the_process_is_a_refusal();
            what_was_late_is_tried_once_more();
            a_pdf_whose_drawing_is_too_much_goes_without_it();
            #[cfg(target_os = "linux")]
            damaged_files_take_little_time_and_memory();
            #[cfg(target_os = "linux")]
            if can_forbid() {
                the_process_reaches_neither_files_nor_the_network();
            } else {
                println!("This kernel cannot forbid a process the network.");
            }
            println!("apart: ok");
        }
    }
}

fn workshop(arguments: &[&str], patience: Duration) -> Workshop {
    let arguments = arguments.iter().map(OsString::from).collect();
    Workshop::Apart { program: env::current_exe().unwrap(), arguments, patience }
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media").join(name)
}

const LONG: Duration = Duration::from_secs(60);

fn what_is_made_apart_is_what_is_made_here() {
    let apart = workshop(&["apart"], LONG);
    for name in ["cmyk.jpg", "bare.mp3", "hevc.mp4", "invoice.pdf", "he.m4a", "no such file"] {
        let path = fixture(name);
        assert_eq!(apart.prepare_file(&path, Wish::Auto), prepare_file(&path, Wish::Auto), "{name}");
    }
    let bytes = fs::read(fixture("cmyk.jpg")).unwrap();
    assert_eq!(apart.prepare(bytes.clone(), Wish::Document), Workshop::Here.prepare(bytes, Wish::Document));
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("ses.mp3");
    fs::copy(fixture("cmyk.jpg"), &wrong).unwrap();
    assert_eq!(apart.prepare_file(&wrong, Wish::Auto).unwrap_err().code(), "media.not_what_it_says");
    let too_big = vec![0; usize::try_from(FILE_LIMIT).unwrap() + 1];
    assert_eq!(apart.prepare(too_big, Wish::Auto).unwrap_err().code(), "media.too_big");
}

fn whatever_becomes_of_the_process_is_a_refusal() {
    let refused = |arguments: &[&str], patience: Duration, why: Refusal| {
        let workshop = workshop(arguments, patience);
        for bytes in [vec![1; 10], vec![1; 1_000_000]] {
            assert_eq!(workshop.prepare(bytes, Wish::Auto), Err(why.clone()), "{arguments:?}");
        }
    };
    refused(&["dead"], LONG, Refusal::Stopped);
    refused(&["babbling"], LONG, Refusal::Stopped);
    refused(&["asleep"], Duration::from_millis(200), Refusal::Busy);
    #[cfg(target_os = "linux")]
    refused(&["hungry"], LONG, Refusal::Stopped);
    let gone = Workshop::Apart { program: "/no/such/program".into(), arguments: vec![], patience: LONG };
    assert_eq!(gone.prepare(vec![1], Wish::Auto).unwrap_err().code(), "media.unreadable");
}

fn what_was_late_is_tried_once_more() {
    let folder = tempfile::tempdir().unwrap();
    let been_here = folder.path().join("been here");
    let late = workshop(&["late", been_here.to_str().unwrap()], Duration::from_secs(10));
    let (path, bytes) = (fixture("cmyk.jpg"), fs::read(fixture("cmyk.jpg")).unwrap());
    assert_eq!(late.prepare_file(&path, Wish::Auto), prepare_file(&path, Wish::Auto));
    fs::remove_file(&been_here).unwrap();
    assert_eq!(late.prepare(bytes.clone(), Wish::Auto), Workshop::Here.prepare(bytes, Wish::Auto));
}

/// Five kilobytes of it unpack to three gigabytes of spaces.
fn a_pdf_whose_drawing_is_too_much_goes_without_it() {
    let path = fixture("../hostile/nested.pdf");
    let prepared = workshop(&["apart"], LONG).prepare_file(&path, Wish::Auto).unwrap();
    assert_eq!((prepared.pages, prepared.bytes), (Some(1), fs::read(&path).unwrap()));
    assert!(!prepared.thumbnail.is_empty());
}

/// Gives no answer where it took more than a file may: two seconds of the processor's time and 300 MB. Without
/// optimisation everything takes longer.
#[cfg(target_os = "linux")]
fn measured(task: &str) {
    const SECONDS: i64 = if cfg!(debug_assertions) { 10 } else { 2 };
    const KILOBYTES: u64 = 300_000;
    // Nothing can be opened later.
    let mut status = fs::File::open("/proc/self/status").unwrap();
    let mut answer = Vec::new();
    serve(task, stdin(), &mut answer).unwrap();
    let mut text = String::new();
    status.read_to_string(&mut text).unwrap();
    let most = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let most: u64 = most.trim().trim_end_matches(" kB").parse().unwrap();
    let taken = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    if most > KILOBYTES || taken.tv_sec >= SECONDS {
        std::process::abort();
    }
    stdout().write_all(&answer).unwrap();
}

/// Whole, cut in half, and with a bit turned here and there.
#[cfg(target_os = "linux")]
fn damaged_files_take_little_time_and_memory() {
    let apart = workshop(&["measured"], LONG);
    for entry in fs::read_dir(fixture("")).unwrap() {
        let path = entry.unwrap().path();
        let whole = fs::read(&path).unwrap();
        let mut turned = whole.clone();
        for part in 1..8 {
            turned[whole.len() * part / 8] ^= 1 << part;
        }
        for (case, bytes) in [("whole", whole.clone()), ("half", whole[..whole.len() / 2].to_vec()), ("turned", turned)]
        {
            assert_ne!(apart.prepare(bytes, Wish::Auto), Err(Refusal::Stopped), "{}, {case}", path.display());
        }
    }
}

/// A file that makes its reader ask for more memory than any file may take.
struct Hungry;

impl Read for Hungry {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        let more = usize::try_from(MEMORY + FILE_LIMIT).unwrap();
        Ok(std::hint::black_box(vec![1_u8; more]).len().min(1))
    }
}

/// Linux has known how since 6.7.
#[cfg(target_os = "linux")]
fn can_forbid() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(['.', '-']).map_while(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(6), Some(7))
}

#[cfg(target_os = "linux")]
fn the_process_reaches_neither_files_nor_the_network() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port().to_string();
    let outcome = workshop(&["curious", &port], LONG).prepare(vec![], Wish::Auto);
    // It read nothing, because it could reach nothing.
    assert_eq!(outcome, Err(Refusal::Empty));
}

/// A file that makes its reader look around.
struct Curious {
    port: u16,
}

impl Read for Curious {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        let reached = [
            fs::read("/etc/passwd").is_ok(),
            fs::write(env::temp_dir().join("ulak-was-here"), "").is_ok(),
            TcpStream::connect(("127.0.0.1", self.port)).is_ok(),
            env::vars_os().next().is_some(),
            // It does not stand in the window's way.
            rustix::process::nice(0)? == 0,
        ];
        if reached.contains(&true) { Err(io::Error::other(format!("reached {reached:?}"))) } else { Ok(0) }
    }
}

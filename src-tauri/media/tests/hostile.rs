//! Damaged and malicious files of every kind: whatever is in them, there is a
//! verdict, soon, in little memory, and nothing escapes.
//!
//! The damage is drawn from a fixed seed, so a failure names the file and the
//! round and comes again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and here time is what is measured"
)]

mod common;
#[path = "common/consistent.rs"]
mod consistent;

use std::{
    fs,
    panic::catch_unwind,
    path::PathBuf,
    time::{Duration, Instant},
};

use common::fixture;
use consistent::consistent;
use ulak_media::{Prepared, Refusal, Wish, prepare, prepare_file};

/// Two seconds of the processor's time on an owner's computer, of which `apart.rs` has the account; tests run beside
/// others and are slower by themselves.
const PATIENCE: Duration = Duration::from_secs(15);
const WISHES: [Wish; 4] = [Wish::Auto, Wish::Voice, Wish::Audio, Wish::Document];

fn names(endings: &[&str]) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media");
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| endings.iter().any(|ending| name.ends_with(ending)));
    names.sort();
    assert!(!names.is_empty());
    names
}

const PICTURES: &[&str] = &[".jpg", ".png", ".webp", ".gif", ".bmp", ".tiff"];
const SOUND: &[&str] = &[".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac", ".wav", ".amr"];
const FILMS: &[&str] = &[".mp4", ".mov", ".3gp"];

/// The verdict on `bytes`; a panic, a long wait or a result that contradicts
/// itself fails, and says which `case` it was.
fn verdict(bytes: &[u8], wish: Wish, case: &str) -> Result<Prepared, Refusal> {
    let start = Instant::now();
    let outcome = catch_unwind(|| prepare(bytes, wish)).unwrap_or_else(|_| panic!("{case}: panicked"));
    let took = start.elapsed();
    assert!(took < PATIENCE, "{case}: took {took:?}");
    match &outcome {
        Ok(prepared) => consistent(prepared, case),
        Err(refusal) => assert!(refusal.code().starts_with("media.") && !refusal.to_string().is_empty(), "{case}"),
    }
    outcome
}

/// A linear congruential generator; its low bits are poor and left out.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }

    /// Anywhere, or near the start or the end, where the tables are.
    fn place(&mut self, length: usize) -> usize {
        match self.below(4) {
            0 => self.below(length.min(1024)),
            1 => length - 1 - self.below(length.min(2048)),
            _ => self.below(length),
        }
    }
}

fn flip_bits(endings: &[&str], rounds: usize) {
    let mut tried = 0;
    for (number, name) in names(endings).iter().enumerate() {
        let whole = fixture(name);
        let mut dice = Dice(number as u64 + 1);
        for round in 0..rounds {
            let mut damaged = whole.clone();
            for _ in 0..=dice.below(4) {
                let at = dice.place(damaged.len());
                damaged[at] ^= 1 << dice.below(8);
            }
            let wish = if dice.below(4) == 0 { WISHES[dice.below(4)] } else { Wish::Auto };
            let _ = verdict(&damaged, wish, &format!("{name}, round {round}, {wish:?}"));
            tried += 1;
        }
    }
    assert!(tried >= rounds);
}

/// A start of a picture among the pixels, which ends them, and a colour space that there is not: what one decoder skips,
/// another stumbles over. Found by fuzzing.
#[test]
fn what_is_sent_shows_what_was_seen_also_where_marks_stand_among_the_pixels() {
    let whole = fixture("sample.jpg");
    let scan = whole.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
    let marks = b"\xFF\xD8\xFF\xEE\x00\x0EAdobe\x00\x04\x05\x06\x07\x08\x09";
    for at in (scan + 14..whole.len() - 2).step_by(997) {
        let mut damaged = whole.clone();
        damaged.splice(at..at, *marks);
        let _ = verdict(&damaged, Wish::Auto, &format!("marks at {at}"));
    }
}

#[test]
fn flipped_bits_in_pictures() {
    flip_bits(PICTURES, 50);
}

#[test]
fn flipped_bits_in_heic() {
    flip_bits(&[".heic"], 100);
}

#[test]
fn flipped_bits_in_avif() {
    flip_bits(&[".avif"], 100);
}

#[test]
fn flipped_bits_in_sound() {
    flip_bits(SOUND, 30);
}

#[test]
fn flipped_bits_in_films() {
    flip_bits(FILMS, 60);
}

#[test]
fn flipped_bits_in_pdf() {
    flip_bits(&[".pdf"], 80);
}

#[test]
fn every_file_cut_off_at_every_tenth() {
    for name in names(&[PICTURES, SOUND, FILMS, &[".heic", ".avif", ".pdf"]].concat()) {
        let whole = fixture(&name);
        for tenth in 0..10 {
            let cut = &whole[..whole.len() * tenth / 10];
            let _ = verdict(cut, Wish::Auto, &format!("{name} at {tenth}/10"));
        }
        // The end alone, as a download that was resumed in the wrong place.
        let _ = verdict(&whole[whole.len() / 2..], Wish::Auto, &format!("the end of {name}"));
    }
}

#[test]
fn every_beginning_with_nonsense_behind_it() {
    let mut dice = Dice(7);
    for name in names(&[PICTURES, SOUND, FILMS, &[".heic", ".avif", ".pdf"]].concat()) {
        let whole = fixture(&name);
        // A byte may stand for 20 ms of silence there, and minutes of it take their time to be encoded.
        let behind = if name.ends_with(".amr") { 2_000 } else { 20_000 };
        for length in [8, 16, 64, 512] {
            let mut nonsense = whole[..length.min(whole.len())].to_vec();
            let noise: Vec<u8> = (0..behind).map(|_| dice.below(256) as u8).collect();
            for rest in [vec![0; behind], vec![0xFF; behind], noise] {
                nonsense.truncate(length);
                nonsense.extend_from_slice(&rest);
                let _ = verdict(&nonsense, Wish::Auto, &format!("{length} bytes of {name}"));
            }
        }
    }
}

#[test]
fn bytes_without_sense() {
    let mut dice = Dice(3);
    for length in [0, 1, 2, 3, 7, 11, 12, 100, 1024, 100_000] {
        for fill in [0, 0xFF, b' ', b'A'] {
            let outcome = verdict(&vec![fill; length], Wish::Auto, &format!("{length} × {fill}"));
            let text = matches!(fill, b' ' | b'A');
            let expected = match length {
                0 => "media.empty",
                _ if text => "media.unknown_kind",
                _ => "media.unrecognised",
            };
            assert_eq!(outcome.unwrap_err().code(), expected, "{length} × {fill}");
        }
        let noise: Vec<u8> = (0..length).map(|_| dice.below(256) as u8).collect();
        let _ = verdict(&noise, Wish::Auto, &format!("{length} of noise"));
    }
}

/// Each kind under the names of the others: content decides, and a name that
/// promises another kind is refused with both.
#[test]
fn wrong_endings() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = [
        ("quarters.heic", "picture"),
        ("flowing.avif", "picture"),
        ("still.webp", "picture"),
        ("sample.jpg", "picture"),
        ("voice.ogg", "media"),
        ("plain.mp4", "media"),
        ("invoice.pdf", "pdf"),
    ];
    let endings = [
        ("JPG", "picture"),
        ("heic", "picture"),
        ("avif", "picture"),
        ("mp3", "media"),
        ("Mov", "media"),
        ("pdf", "pdf"),
        ("docx", "office"),
    ];
    for (name, kind) in kinds {
        for (ending, promised) in endings {
            let path = folder.path().join(format!("file.{ending}"));
            fs::write(&path, fixture(name)).unwrap();
            let outcome = prepare_file(&path, Wish::Auto);
            if kind == promised {
                assert!(outcome.is_ok(), "{name} as {ending}: {outcome:?}");
            } else {
                let refusal = outcome.unwrap_err();
                assert_eq!(refusal.code(), "media.not_what_it_says", "{name} as {ending}");
                assert_eq!(refusal.params()["claimed"], ending.to_uppercase());
            }
        }
    }
}

/// A file that unpacks to ten thousand times its size is stopped by its size,
/// its pixels or its length before it is unpacked.
#[test]
fn bombs() {
    let flac = silent_flac();
    assert!(flac.len() < 2_000_000);
    assert_eq!(verdict(&flac, Wish::Auto, "silent FLAC").unwrap_err(), Refusal::TooLong { limit: 60 });
}

/// FLAC frames of 65,535 equal samples each take fourteen bytes; the header
/// promises nothing. Frames are copied from what an encoder would write.
fn silent_flac() -> Vec<u8> {
    let mut bytes = b"fLaC".to_vec();
    // STREAMINFO, the last block: sizes unknown, 8,000 Hz, mono, 16 bits, length unknown.
    bytes.extend_from_slice(&[0x80, 0, 0, 34, 0, 16, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0x01, 0xF4, 0x00, 0xF0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0; 16]);
    for number in 0..500_u32 {
        let mut frame = vec![0xFF, 0xF9, 0x74, 0x08];
        // Variable block size: the position of the first sample, as UTF-8 codes numbers.
        frame.extend(coded(u64::from(number) * 65_535));
        frame.extend_from_slice(&65_534_u16.to_be_bytes());
        frame.push(crc8(&frame));
        // One constant subframe: kind 0, value 0.
        frame.extend_from_slice(&[0, 0, 0]);
        frame.extend_from_slice(&crc16(&frame).to_be_bytes());
        bytes.extend(frame);
    }
    bytes
}

fn coded(number: u64) -> Vec<u8> {
    if number < 0x80 {
        return vec![number as u8];
    }
    let mut rest = number;
    let mut tail = vec![];
    let mut room = 6;
    loop {
        tail.push(0x80 | (rest & 0x3F) as u8);
        rest >>= 6;
        room -= 1;
        if rest < 1 << room {
            break;
        }
    }
    let ones = (0xFF_u32 << (room + 1)) as u8;
    tail.push(ones | rest as u8);
    tail.reverse();
    tail
}

fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 != 0 { (crc << 1) ^ 0x07 } else { crc << 1 })
    })
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let start = crc ^ (u16::from(*byte) << 8);
        (0..8).fold(start, |crc, _| if crc & 0x8000 != 0 { (crc << 1) ^ 0x8005 } else { crc << 1 })
    })
}

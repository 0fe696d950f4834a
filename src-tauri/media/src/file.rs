//! The way in for files: what a path names is checked before it is read.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::{
    Prepared, Refusal, Wish, prepare,
    sniff::{self, Content, Family},
};

/// The largest file that is read at all, in bytes.
pub const FILE_LIMIT: u64 = 100_000_000;

/// How the names of files end that can be sent, in small letters, by what they promise.
const PICTURES: [&str; 15] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "heic", "heif", "avif", "gif", "bmp", "dib", "tif", "tiff", "apng"];
const SOUNDS: [&str; 11] = ["mp3", "m4a", "aac", "wav", "flac", "ogg", "oga", "opus", "amr", "awb", "3ga"];
const FILMS: [&str; 6] = ["mp4", "m4v", "mov", "qt", "3gp", "3gpp"];
const PDF: &str = "pdf";
/// Of films and sounds that cannot be sent.
const OTHER_MEDIA: [&str; 14] =
    ["mkv", "webm", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "wmv", "flv", "wma", "aif", "aiff", "caf"];
const OTHER: [&str; 14] =
    ["doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "csv", "html", "htm", "zip", "rar", "7z", "exe"];

/// How the names of files end that can be sent, in small letters.
pub fn endings() -> impl Iterator<Item = &'static str> {
    PICTURES.into_iter().chain(SOUNDS).chain(FILMS).chain([PDF])
}

/// Prepares the file at `path`, and refuses one whose name promises something
/// else than its content. It blocks on the disk.
///
/// # Errors
/// A [`Refusal`] that says what is wrong and what to do.
pub fn prepare_file(path: &Path, wish: Wish) -> Result<Prepared, Refusal> {
    let bytes = read(open(path)?)?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    named(extension, bytes, |bytes| prepare(bytes, wish))
}

/// What `prepare` makes of a file whose name ends so.
pub(crate) fn named(
    extension: Option<&str>,
    bytes: Vec<u8>,
    prepare: impl FnOnce(Vec<u8>) -> Result<Prepared, Refusal>,
) -> Result<Prepared, Refusal> {
    let compared = extension.map_or(Ok(()), |extension| compare(extension, &bytes));
    match compared {
        Ok(()) => prepare(bytes),
        // Correcting the ending helps only what could be sent then.
        Err(wrong @ Refusal::NotWhatItSays { .. }) => Err(match prepare(bytes) {
            Ok(_) | Err(Refusal::NotSound { .. }) => wrong,
            Err(refusal) => refusal,
        }),
        Err(refusal) => Err(refusal),
    }
}

pub(crate) fn open(path: &Path) -> Result<File, Refusal> {
    // Asked by name first: opening a FIFO would wait for a writer for ever.
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    if !facts.is_file() {
        return Err(Refusal::NotAFile);
    }
    if facts.len() > FILE_LIMIT {
        return Err(Refusal::TooBig { bytes: facts.len(), limit: FILE_LIMIT });
    }
    File::open(path).map_err(unreadable)
}

pub(crate) fn read(file: impl Read) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that grew from one that fits.
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let read = bytes.len() as u64;
    if read > FILE_LIMIT {
        return Err(Refusal::TooBig { bytes: read, limit: FILE_LIMIT });
    }
    // It grew by doubling.
    bytes.shrink_to_fit();
    Ok(bytes)
}

/// A picture under another picture's name is fine; people rename files, and one
/// that cannot be sent is told what it is. One kind under another kind's name is
/// probably the wrong file.
fn compare(extension: &str, bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.is_empty() {
        return Ok(());
    }
    let claimed = extension.to_ascii_uppercase();
    let Some(promised) = promised(&claimed) else { return Ok(()) };
    match sniff::sniff(bytes) {
        Some(found) if found.family() == promised => Ok(()),
        Some(found @ Content::Other(_)) if found.family() == Family::Other => {
            Err(Refusal::WrongFile { claimed, found: found.name().into() })
        }
        Some(found) => Err(Refusal::NotWhatItSays { claimed, found: found.name().into() }),
        None if promised == Family::Other => Ok(()),
        // Neither text nor any format: a file whose start is gone.
        None => Err(Refusal::Broken { format: usual(claimed).into() }),
    }
}

fn promised(extension: &str) -> Option<Family> {
    let is_one_of = |endings: &[&str]| endings.iter().any(|ending| ending.eq_ignore_ascii_case(extension));
    if is_one_of(&PICTURES) {
        Some(Family::Picture)
    } else if is_one_of(&SOUNDS) || is_one_of(&FILMS) || is_one_of(&OTHER_MEDIA) {
        Some(Family::Media)
    } else if is_one_of(&[PDF]) {
        Some(Family::Pdf)
    } else {
        is_one_of(&OTHER).then_some(Family::Other)
    }
}

/// The format's name where several endings mean the same.
fn usual(extension: String) -> String {
    match extension.as_str() {
        "JPEG" | "JPE" | "JFIF" => "JPG".to_owned(),
        "APNG" => "PNG".to_owned(),
        "QT" => "MOV".to_owned(),
        "HEIF" => "HEIC".to_owned(),
        "3GPP" => "3GP".to_owned(),
        "TIF" => "TIFF".to_owned(),
        "DIB" => "BMP".to_owned(),
        _ => extension,
    }
}

fn unreadable(error: io::Error) -> Refusal {
    Refusal::Unreadable { reason: error.kind().to_string() }
}

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

/// Prepares the file at `path`, and refuses one whose name promises something
/// else than its content. It blocks on the disk.
///
/// # Errors
/// A [`Refusal`] that says what is wrong and what to do.
pub fn prepare_file(path: &Path, wish: Wish) -> Result<Prepared, Refusal> {
    let bytes = read(open(path)?)?;
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        compare(extension, &bytes)?;
    }
    prepare(bytes, wish)
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

/// A picture under another picture's name is fine; people rename files. One
/// kind under another kind's name is probably the wrong file.
pub(crate) fn compare(extension: &str, bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.is_empty() {
        return Ok(());
    }
    let claimed = extension.to_ascii_uppercase();
    let Some(promised) = promised(&claimed) else { return Ok(()) };
    match sniff::sniff(bytes) {
        Some(found) if found.family() == promised => Ok(()),
        Some(found @ Content::Other(_)) => Err(Refusal::WrongFile { claimed, found: found.name().into() }),
        Some(found) => Err(Refusal::NotWhatItSays { claimed, found: found.name().into() }),
        None if promised == Family::Other => Ok(()),
        // Neither text nor any format: a file whose start is gone.
        None => Err(Refusal::Broken { format: usual(claimed).into() }),
    }
}

fn promised(extension: &str) -> Option<Family> {
    Some(match extension {
        "JPG" | "JPEG" | "JPE" | "JFIF" | "PNG" | "WEBP" | "HEIC" | "HEIF" | "AVIF" | "GIF" | "BMP" | "DIB" | "TIF"
        | "TIFF" => Family::Picture,
        "MP3" | "M4A" | "AAC" | "WAV" | "FLAC" | "OGG" | "OGA" | "OPUS" | "AMR" | "AWB" | "3GA" => Family::Media,
        "MP4" | "M4V" | "MOV" | "3GP" | "3GPP" => Family::Media,
        "PDF" => Family::Pdf,
        "DOC" | "DOCX" | "XLS" | "XLSX" | "PPT" | "PPTX" | "TXT" | "CSV" | "HTML" | "HTM" | "ZIP" | "RAR" | "7Z"
        | "MKV" | "AVI" | "EXE" => Family::Other,
        _ => return None,
    })
}

/// The format's name where several endings mean the same.
fn usual(extension: String) -> String {
    match extension.as_str() {
        "JPEG" | "JPE" | "JFIF" => "JPG".to_owned(),
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

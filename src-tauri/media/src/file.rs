//! The way in for files: what a path names is checked before it is read.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::{
    Prepared, Refusal, prepare,
    sniff::{self, Content},
};

/// The largest file that is read at all, in bytes.
pub const FILE_LIMIT: u64 = 100_000_000;

/// Prepares the file at `path`, and refuses one whose name promises something
/// else than its content. It blocks on the disk.
///
/// # Errors
/// A [`Refusal`] that says what is wrong and what to do.
pub fn prepare_file(path: &Path) -> Result<Prepared, Refusal> {
    let bytes = read(path)?;
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        compare(extension, &bytes)?;
    }
    prepare(&bytes)
}

fn read(path: &Path) -> Result<Vec<u8>, Refusal> {
    // Asked by name first: opening a FIFO would wait for a writer for ever.
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    if !facts.is_file() {
        return Err(Refusal::NotAFile);
    }
    if facts.len() > FILE_LIMIT {
        return Err(Refusal::TooBig { bytes: facts.len(), limit: FILE_LIMIT });
    }
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::with_capacity(usize::try_from(facts.len()).unwrap_or_default());
    // One byte more than allowed tells a file that grew from one that fits.
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let read = bytes.len() as u64;
    if read > FILE_LIMIT {
        return Err(Refusal::TooBig { bytes: read, limit: FILE_LIMIT });
    }
    Ok(bytes)
}

/// A picture under another picture's name is fine; people rename files. A
/// picture's name on something else, or another kind's name on a picture, is
/// probably the wrong file.
fn compare(extension: &str, bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.is_empty() {
        return Ok(());
    }
    let claimed = extension.to_ascii_uppercase();
    let found = sniff::sniff(bytes);
    let is_picture = found.and_then(Content::picture).is_some();
    match found {
        _ if is_picture && !claims_another_kind(&claimed) => Ok(()),
        Some(Content::Other(name)) if name == claimed => Ok(()),
        Some(_) if is_picture || claims_picture(&claimed) => {
            Err(Refusal::NotWhatItSays { claimed, found: sniff::name(found) })
        }
        // Neither text nor any format: a picture whose start is gone.
        None if claims_picture(&claimed) => Err(Refusal::Broken { format: picture_name(&claimed) }),
        _ => Ok(()),
    }
}

fn claims_picture(extension: &str) -> bool {
    matches!(extension, "JPG" | "JPEG" | "JPE" | "JFIF" | "PNG" | "WEBP")
}

fn claims_another_kind(extension: &str) -> bool {
    matches!(
        extension,
        "PDF"
            | "DOC"
            | "DOCX"
            | "XLS"
            | "XLSX"
            | "PPT"
            | "PPTX"
            | "TXT"
            | "CSV"
            | "HTML"
            | "HTM"
            | "ZIP"
            | "RAR"
            | "7Z"
    ) || matches!(extension, "MP3" | "M4A" | "WAV" | "OGG" | "OPUS" | "MP4" | "MOV" | "3GP" | "MKV" | "EXE")
}

fn picture_name(extension: &str) -> &'static str {
    match extension {
        "PNG" => "PNG",
        "WEBP" => "WEBP",
        _ => "JPG",
    }
}

fn unreadable(error: io::Error) -> Refusal {
    Refusal::Unreadable { reason: error.kind() }
}

//! What a file is, by its first bytes.
//!
//! It knows more formats than can be sent, because "this is a PDF" helps an
//! owner and "unknown file" does not.

use image::ImageFormat;

/// A format recognised by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Jpeg,
    Png,
    Webp,
    /// Known, but nothing this crate prepares; the name people know it by.
    Other(&'static str),
}

impl Content {
    /// The decoder for it, if it is a picture that can be sent.
    pub(crate) fn picture(self) -> Option<ImageFormat> {
        match self {
            Self::Jpeg => Some(ImageFormat::Jpeg),
            Self::Png => Some(ImageFormat::Png),
            Self::Webp => Some(ImageFormat::WebP),
            Self::Other(_) => None,
        }
    }
}

/// The short name people know the content by; `?` where it is not known.
pub(crate) fn name(content: Option<Content>) -> &'static str {
    match content {
        Some(Content::Jpeg) => "JPG",
        Some(Content::Png) => "PNG",
        Some(Content::Webp) => "WEBP",
        Some(Content::Other(name)) => name,
        None => "?",
    }
}

pub(crate) fn sniff(bytes: &[u8]) -> Option<Content> {
    if bytes.starts_with(b"\xFF\xD8\xFF") {
        return Some(Content::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
        return Some(Content::Png);
    }
    if bytes.starts_with(b"RIFF") && at(bytes, 8, b"WEBP") {
        return Some(Content::Webp);
    }
    binary(bytes).or_else(|| text(bytes)).map(Content::Other)
}

fn binary(bytes: &[u8]) -> Option<&'static str> {
    const STARTS: &[(&[u8], &str)] = &[
        (b"GIF8", "GIF"),
        (b"BM", "BMP"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"%PDF-", "PDF"),
        (b"PK\x03\x04", "ZIP"),
        (b"Rar!", "RAR"),
        (b"7z\xBC\xAF\x27\x1C", "7Z"),
        (b"\xD0\xCF\x11\xE0", "DOC"),
        (b"OggS", "OGG"),
        (b"ID3", "MP3"),
        (b"\xFF\xFB", "MP3"),
        (b"8BPS", "PSD"),
        (b"MZ", "EXE"),
        (b"\x7FELF", "ELF"),
    ];
    if at(bytes, 4, b"ftyp") {
        return Some(brand(bytes));
    }
    if bytes.starts_with(b"RIFF") && at(bytes, 8, b"WAVE") {
        return Some("WAV");
    }
    STARTS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name)
}

/// The kinds of file that share the ISO media container.
fn brand(bytes: &[u8]) -> &'static str {
    match bytes.get(8..12) {
        Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1") => "HEIC",
        Some(b"avif" | b"avis") => "AVIF",
        Some(b"qt  ") => "MOV",
        Some(b"M4A " | b"M4B ") => "M4A",
        Some([b'3', b'g', ..]) => "3GP",
        _ => "MP4",
    }
}

/// Text is anything that reads as UTF-8 without control characters; a page
/// saved under a picture's name is the case that really happens.
fn text(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Some("TXT");
    }
    let head = bytes.get(..4096).unwrap_or(bytes);
    let readable = match str::from_utf8(head) {
        Ok(text) => text,
        // The cut at 4096 may run through a character.
        Err(error) if error.error_len().is_none() => {
            head.get(..error.valid_up_to()).and_then(|valid| str::from_utf8(valid).ok())?
        }
        Err(_) => return None,
    };
    if readable.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}')) {
        return None;
    }
    let start = readable.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        Some("HTML")
    } else if start.starts_with("<svg") || (start.starts_with("<?xml") && start.contains("<svg")) {
        Some("SVG")
    } else {
        Some("TXT")
    }
}

fn at(bytes: &[u8], offset: usize, what: &[u8]) -> bool {
    bytes.get(offset..).is_some_and(|rest| rest.starts_with(what))
}

//! What a file is, by its first bytes.
//!
//! It knows more formats than can be sent, because "this is a GIF" helps an
//! owner and "unknown file" does not.

use image::ImageFormat;

use crate::frames::{self, Coding, Header};

/// A format recognised by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Picture(ImageFormat),
    Heic,
    Avif,
    Pdf,
    Sound(Sound),
    /// MP4 and its relatives. Whether it holds a film or only sound is written
    /// inside; the name is by the brand it starts with.
    Iso(&'static str),
    /// Known, but nothing this crate prepares; the name people know it by.
    Other(&'static str),
}

/// Sound in a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    Mp3,
    /// AAC frames one after another, without a container.
    Aac,
    Wav,
    Flac,
    /// Vorbis in Ogg.
    Vorbis,
    /// Opus in Ogg.
    Opus,
    /// AMR of either band.
    Amr,
}

/// What a file's name can promise, and what its content can keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Picture,
    /// Films and sound share containers, so a name for one on the other is no lie.
    Media,
    Pdf,
    Other,
}

impl Content {
    pub(crate) const JPEG: Self = Self::Picture(ImageFormat::Jpeg);

    /// The short name people know the content by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Picture(ImageFormat::Png) => "PNG",
            Self::Picture(ImageFormat::WebP) => "WEBP",
            Self::Picture(ImageFormat::Gif) => "GIF",
            Self::Picture(ImageFormat::Bmp) => "BMP",
            Self::Picture(ImageFormat::Tiff) => "TIFF",
            Self::Picture(_) => "JPG",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::Pdf => "PDF",
            Self::Sound(Sound::Mp3) => "MP3",
            Self::Sound(Sound::Aac) => "AAC",
            Self::Sound(Sound::Wav) => "WAV",
            Self::Sound(Sound::Flac) => "FLAC",
            Self::Sound(Sound::Vorbis) => "OGG",
            Self::Sound(Sound::Opus) => "Opus",
            Self::Sound(Sound::Amr) => "AMR",
            Self::Iso(name) | Self::Other(name) => name,
        }
    }

    /// The media type under which such a file goes as it is.
    pub(crate) fn mime(self) -> &'static str {
        match self {
            Self::Picture(ImageFormat::Png) => "image/png",
            Self::Picture(ImageFormat::WebP) => "image/webp",
            Self::Picture(ImageFormat::Gif) => "image/gif",
            Self::Picture(ImageFormat::Bmp) => "image/bmp",
            Self::Picture(ImageFormat::Tiff) => "image/tiff",
            Self::Picture(_) => "image/jpeg",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::Pdf => "application/pdf",
            Self::Sound(Sound::Mp3) => "audio/mpeg",
            Self::Sound(Sound::Aac) => "audio/aac",
            Self::Sound(Sound::Wav) => "audio/wav",
            Self::Sound(Sound::Flac) => "audio/flac",
            Self::Sound(Sound::Vorbis | Sound::Opus) => "audio/ogg",
            Self::Sound(Sound::Amr) => "audio/amr",
            Self::Iso("MOV") => "video/quicktime",
            Self::Iso("3GP") => "video/3gpp",
            Self::Iso("M4A") => "audio/mp4",
            Self::Iso(_) => "video/mp4",
            Self::Other(_) => "application/octet-stream",
        }
    }

    pub(crate) fn family(self) -> Family {
        match self {
            Self::Picture(_) | Self::Heic | Self::Avif => Family::Picture,
            Self::Sound(_) | Self::Iso(_) => Family::Media,
            Self::Pdf => Family::Pdf,
            // Pictures, films and sound that can be saved as something that is sent.
            Self::Other("ICO" | "PSD" | "JP2" | "JXL" | "SVG" | "EPS") => Family::Picture,
            Self::Other(
                "Speex" | "OGV" | "OGX" | "RF64" | "W64" | "AIFF" | "CAF" | "AC3" | "WMV" | "FLV" | "AVI" | "MPG"
                | "TS" | "WEBM" | "MKV",
            ) => Family::Media,
            Self::Other(_) => Family::Other,
        }
    }
}

pub(crate) fn sniff(bytes: &[u8]) -> Option<Content> {
    picture(bytes)
        .or_else(|| container(bytes))
        .or_else(|| sound(bytes).map(Content::Sound))
        .or_else(|| other(bytes).or_else(|| text(bytes)).map(Content::Other))
        .or_else(|| searched(bytes).map(Content::Sound))
}

fn picture(bytes: &[u8]) -> Option<Content> {
    if bytes.starts_with(b"\xFF\xD8\xFF") {
        return Some(Content::Picture(ImageFormat::Jpeg));
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
        return Some(Content::Picture(ImageFormat::Png));
    }
    if bytes.starts_with(b"RIFF") && at(bytes, 8, b"WEBP") {
        return Some(Content::Picture(ImageFormat::WebP));
    }
    if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        return Some(Content::Picture(ImageFormat::Gif));
    }
    if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        return Some(Content::Picture(ImageFormat::Tiff));
    }
    is_bmp(bytes).then_some(Content::Picture(ImageFormat::Bmp))
}

/// A text may begin with the same two letters; the length of the second header is one of few.
fn is_bmp(bytes: &[u8]) -> bool {
    let length = bytes.get(14..).and_then(<[u8]>::first_chunk).map(|length| u32::from_le_bytes(*length));
    bytes.starts_with(b"BM") && matches!(length, Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// The kinds of file that share the ISO media container, and PDF.
fn container(bytes: &[u8]) -> Option<Content> {
    // Readers look for the mark in the first kilobyte, because some writers
    // and mail gateways put something before it.
    let head = bytes.get(..1024).unwrap_or(bytes);
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Some(Content::Pdf);
    }
    if !at(bytes, 4, b"ftyp") {
        // Cameras of the QuickTime age begin without a brand.
        let old = [&b"moov"[..], b"mdat", b"wide"].into_iter().any(|kind| at(bytes, 4, kind));
        return old.then_some(Content::Iso("MOV"));
    }
    Some(match bytes.get(8..12) {
        Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1") => {
            // The first brand may name only the structure; AVIF shares it.
            if brands(bytes).any(|brand| brand == b"avif") { Content::Avif } else { Content::Heic }
        }
        Some(b"avif" | b"avis") => Content::Avif,
        Some(b"qt  ") => Content::Iso("MOV"),
        Some(b"M4A " | b"M4B ") => Content::Iso("M4A"),
        Some([b'3', b'g', ..]) => Content::Iso("3GP"),
        _ => Content::Iso("MP4"),
    })
}

/// The brands that an ISO media file says it can be read as.
fn brands(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let length = bytes.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
    let end = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len());
    bytes.get(16..end).unwrap_or_default().chunks(4)
}

fn sound(bytes: &[u8]) -> Option<Sound> {
    if bytes.starts_with(b"RIFF") && at(bytes, 8, b"WAVE") {
        return Some(Sound::Wav);
    }
    if bytes.starts_with(b"fLaC") {
        return Some(Sound::Flac);
    }
    if bytes.starts_with(b"OggS") {
        return ogg(bytes);
    }
    if bytes.starts_with(b"#!AMR") {
        return Some(Sound::Amr);
    }
    let after = frames::behind_tags(bytes);
    if after.len() == bytes.len() {
        return Header::read(bytes).map(framed);
    }
    // MP3 has tags by far the most, and whoever tags FLAC or AAC in this way does so against their rules.
    if after.starts_with(b"fLaC") { Some(Sound::Flac) } else { Some(searched(after).unwrap_or(Sound::Mp3)) }
}

/// Frames that begin somewhere behind the start.
fn searched(bytes: &[u8]) -> Option<Sound> {
    Header::read(bytes.get(frames::start(bytes)?..)?).map(framed)
}

fn framed(header: Header) -> Sound {
    match header.coding {
        Coding::Mp3 => Sound::Mp3,
        Coding::Aac => Sound::Aac,
    }
}

/// What the first page of an Ogg file holds; its segment table is as long as
/// byte 26 says.
fn ogg(bytes: &[u8]) -> Option<Sound> {
    let packet = bytes.get(27 + usize::from(*bytes.get(26)?)..)?;
    if packet.starts_with(b"OpusHead") {
        return Some(Sound::Opus);
    }
    if packet.starts_with(b"\x7FFLAC") {
        return Some(Sound::Flac);
    }
    packet.starts_with(b"\x01vorbis").then_some(Sound::Vorbis)
}

fn other(bytes: &[u8]) -> Option<&'static str> {
    /// Where a mark stands, the mark, and what it stands for.
    const MARKS: &[(usize, &[u8], &str)] = &[
        (0, b"\0\0\x01\0", "ICO"),
        (0, b"8BPS", "PSD"),
        (4, b"jP  \r\n\x87\n", "JP2"),
        (4, b"JXL \r\n\x87\n", "JXL"),
        (0, b"\xFF\x0A", "JXL"),
        (0, b"Rar!", "RAR"),
        (0, b"7z\xBC\xAF\x27\x1C", "7Z"),
        (0, b"\xD0\xCF\x11\xE0", "DOC"),
        (0, b"{\\rtf", "RTF"),
        (0, b"%!PS", "EPS"),
        // In the first page, whose table names one segment.
        (28, b"Speex   ", "Speex"),
        (28, b"\x80theora", "OGV"),
        (0, b"OggS", "OGX"),
        (8, b"AIF", "AIFF"),
        (0, b"caff", "CAF"),
        (0, b"RF64", "RF64"),
        (0, b"riff\x2E\x91\xCF\x11", "W64"),
        (0, b"\x0B\x77", "AC3"),
        (0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "WMV"),
        (0, b"FLV\x01", "FLV"),
        (8, b"AVI ", "AVI"),
        (0, b"\0\0\x01\xBA", "MPG"),
        (0, b"\0\0\x01\xB3", "MPG"),
        (0, b"MZ", "EXE"),
        (0, b"\x7FELF", "ELF"),
    ];
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(zip(bytes));
    }
    if bytes.starts_with(b"\x1A\x45\xDF\xA3") {
        let head = bytes.get(..64).unwrap_or(bytes);
        return Some(if head.windows(4).any(|window| window == b"webm") { "WEBM" } else { "MKV" });
    }
    // Packets of 188 bytes.
    if [0, 188, 376].into_iter().all(|packet| at(bytes, packet, b"G")) {
        return Some("TS");
    }
    MARKS.iter().find(|(offset, mark, _)| at(bytes, *offset, mark)).map(|(_, _, name)| *name)
}

/// Documents of offices are ZIP inside, and their parts lie in folders of known names.
fn zip(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..65_536).unwrap_or(bytes);
    let holds = |folder: &[u8]| head.windows(folder.len()).any(|window| window == folder);
    let office = [(&b"word/"[..], "DOCX"), (b"xl/", "XLSX"), (b"ppt/", "PPTX")];
    match office.into_iter().find(|(folder, _)| holds(b"[Content_Types].xml") && holds(folder)) {
        Some((_, name)) => name,
        None => "ZIP",
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

//! What comes out of preparation: the bytes to send and the facts about them.
//!
//! Everything but the bytes goes through serde, so that preparation can run in
//! a process of its own: the facts travel as JSON, `bytes` and `thumbnail`
//! beside it as files. Names in the JSON are stable; stored rows hold them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Offered, place, sniff::Content};

/// What the owner wants a file to be sent as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Pictures as pictures, films as films, sound as a voice note, PDF as a document.
    #[default]
    Auto,
    /// Sound as a voice note: played in the chat, with a waveform.
    Voice,
    /// Sound as an audio file, as it is where phones can play it.
    Audio,
    /// Whatever Ulak can send, as it is, to be saved and opened.
    Document,
}

/// How a prepared file is shown in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    Image,
    Video,
    Document,
    Voice,
    Audio,
}

/// One file, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    pub kind: Kind,
    /// The media type of `bytes`, not of the source.
    pub mime: Cow<'static, str>,
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// In pixels, as seen: orientation is applied. For pictures and films, and
    /// for documents made from them.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// For sound and films.
    pub duration_ms: Option<u64>,
    /// For PDF.
    pub pages: Option<u32>,
    /// For voice notes: how loud it is over time, each 0 to 100.
    #[serde(with = "waveform")]
    pub waveform: Option<[u8; 64]>,
    /// Over `bytes`; in JSON as 64 hexadecimal digits.
    #[serde(with = "hex")]
    pub sha256: [u8; 32],
    /// A JPEG, at most [`crate::THUMBNAIL_SIDE`] pixels on its longest side;
    /// empty for sound. For films it is drawn, not taken from the film.
    #[serde(skip)]
    pub thumbnail: Vec<u8>,
    /// What was changed, each once. Taking out metadata alone leaves every
    /// pixel and every sound as it was and does not count.
    pub changes: Vec<Change>,
    /// Why it goes otherwise than it was meant, or what is not as one expects.
    /// The owner decides whether that will do.
    pub offered: Option<Offered>,
    /// Whether what is sent says where it was made: of a document, from which nothing is taken out.
    pub place: bool,
    pub source: SourceFacts,
}

impl Prepared {
    pub(crate) fn new(kind: Kind, mime: &'static str, bytes: Vec<u8>, source: SourceFacts) -> Self {
        Self {
            kind,
            mime: mime.into(),
            sha256: Sha256::digest(&bytes).into(),
            bytes,
            width: source.width,
            height: source.height,
            duration_ms: source.duration_ms,
            pages: source.pages,
            waveform: None,
            thumbnail: Vec::new(),
            changes: Vec::new(),
            offered: None,
            place: false,
            source,
        }
    }

    /// A file that goes as it is, to be saved and opened.
    pub(crate) fn document(content: Content, bytes: Vec<u8>, source: SourceFacts, thumbnail: Vec<u8>) -> Self {
        let place = place::is_told(&bytes, content);
        Self { thumbnail, place, ..Self::new(Kind::Document, content.mime(), bytes, source) }
    }

    /// Whether what is sent differs from the file in more than metadata.
    pub fn converted(&self) -> bool {
        !self.changes.is_empty()
    }
}

/// What preparation did to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// A picture made smaller.
    Resized,
    /// A picture made upright.
    Turned,
    /// Colours of a wide profile, or of printing inks, as phones show them.
    Recoloured,
    /// The first picture of an animation.
    Stilled,
    /// Transparent parts made white.
    Flattened,
    /// Encoded anew: another format, or fewer bits.
    Recoded,
    /// A film or sound put into another container without touching what is in it.
    Remuxed,
    /// Stereo made mono.
    Mixed,
    /// Made as loud as other voice notes.
    Levelled,
}

/// What the file was before preparation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// The short name people know a format by: `JPG`, `PDF`, `MP4`.
    pub format: Cow<'static, str>,
    pub bytes: u64,
    /// In pixels, as seen.
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
    pub pages: Option<u32>,
    /// The codecs by the names people know: `H.264`, `HEVC`; `AAC`, `MP3`.
    pub video: Option<Cow<'static, str>>,
    pub sound: Option<Cow<'static, str>>,
}

impl SourceFacts {
    /// Of a file about which nothing else is known yet.
    pub(crate) fn new(format: &'static str, bytes: u64) -> Self {
        Self {
            format: format.into(),
            bytes,
            width: None,
            height: None,
            duration_ms: None,
            pages: None,
            video: None,
            sound: None,
        }
    }
}

/// A hash as text; a list of 32 numbers is nothing to look at or to compare.
mod hex {
    use std::fmt::Write;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        let digits = hash.iter().fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a String never fails.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        serializer.serialize_str(&digits)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let digits = String::deserialize(deserializer)?;
        parse(&digits).ok_or_else(|| D::Error::custom("not 64 hexadecimal digits"))
    }

    fn parse(digits: &str) -> Option<[u8; 32]> {
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs
            .iter()
            .map(|pair| pair.iter().try_fold(0, |byte, digit| Some(byte * 16 + char::from(*digit).to_digit(16)?)))
            .map(|byte| u8::try_from(byte?).ok())
            .collect();
        if rest.is_empty() { bytes?.try_into().ok() } else { None }
    }
}

/// serde knows arrays up to 32.
mod waveform {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(points: &Option<[u8; 64]>, serializer: S) -> Result<S::Ok, S::Error> {
        points.as_ref().map(<[u8; 64]>::as_slice).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[u8; 64]>, D::Error> {
        let points = Option::<Vec<u8>>::deserialize(deserializer)?;
        points.map(|points| points.try_into().map_err(|_| D::Error::custom("not 64 points"))).transpose()
    }
}

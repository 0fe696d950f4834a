//! Why a file cannot be sent, in words and as a code with parameters.
//!
//! The front end translates by [`Refusal::code`] and [`Refusal::params`]; the
//! English sentence is for logs, the command line and as the last resort.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

/// Why a file cannot be prepared. Each sentence says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    #[error("The file is empty. Copy it again from where it came from.")]
    Empty,
    #[error(
        "Ulak sends pictures (JPG, PNG, WEBP, HEIC, AVIF, GIF, BMP, TIFF), sound (MP3, M4A, AAC, WAV, FLAC, OGG, Opus, AMR), videos (MP4, MOV, 3GP) and PDF, but this file is {found}. Save it in one of these formats and add that."
    )]
    UnknownKind { found: Cow<'static, str> },
    #[error(
        "Ulak cannot tell what kind of file this is. It sends pictures (JPG, PNG, WEBP, HEIC, AVIF, GIF, BMP, TIFF), sound (MP3, M4A, AAC, WAV, FLAC, OGG, Opus, AMR), videos (MP4, MOV, 3GP) and PDF. Save it in one of these formats and add that."
    )]
    Unrecognised,
    #[error("This {format} file is damaged or incomplete. Copy it again from where it came from.")]
    Broken { format: Cow<'static, str> },
    #[error(
        "This {format} picture is stored in a rare way that Ulak cannot read. Open it, save it again as JPG and add that."
    )]
    Unsupported { format: Cow<'static, str> },
    /// HEIC has many ways of storing a picture, and phones make it without
    /// their owners knowing, so the sentence says where a JPEG comes from.
    #[error(
        "Ulak cannot read the way this HEIC photo is stored. Open it on the phone or in Photos, export or share it as JPEG and add that. On an iPhone, Settings → Camera → Formats → Most Compatible makes JPEG from the start."
    )]
    HeicUnsupported,
    #[error(
        "The name says {claimed}, but the content is {found}. Check that it is the right file; if it is, correct the ending of its name."
    )]
    NotWhatItSays { claimed: String, found: Cow<'static, str> },
    /// As above, and under its right name it could not be sent either.
    #[error(
        "The name says {claimed}, but the content is {found}, which Ulak does not send. Check that it is the right file."
    )]
    WrongFile { claimed: String, found: Cow<'static, str> },
    /// `limit` is pixels a side; `megapixels` is what fits into memory for a
    /// picture with this one's colours.
    #[error(
        "The picture is {width} × {height} pixels; Ulak opens up to {limit} pixels a side and {megapixels} megapixels in all. Save a smaller copy and add that."
    )]
    TooManyPixels { width: u32, height: u32, limit: u32, megapixels: u64 },
    #[error("The file is {} MB; Ulak opens up to {} MB. Save a smaller copy and add that.", megabytes(*.bytes), megabytes(*.limit))]
    TooBig { bytes: u64, limit: u64 },
    #[error(
        "This PDF opens only with a password, and nobody could read it. Save a copy without a password and add that."
    )]
    Locked,
    #[error(
        "Ulak cannot turn the sound in this {format} file ({codec}) into a voice note. Send it as an audio file, or save it as {} and add that.",
        another(format, codec)
    )]
    SoundUnsupported { format: Cow<'static, str>, codec: Cow<'static, str> },
    #[error(
        "Ulak cannot read the sound in this {format} file ({codec}), and phones may not play it. Save it as {} and add that.",
        another(format, codec)
    )]
    SoundUnplayable { format: Cow<'static, str>, codec: Cow<'static, str> },
    #[error(
        "Ulak does not know how the sound in this {format} file is stored, and phones may not play it. Save it as MP3 and add that."
    )]
    SoundUnknown { format: Cow<'static, str> },
    #[error("There is no sound in this {format} file. Check that it is the right one.")]
    NoSound { format: Cow<'static, str> },
    #[error("The sound is longer than {limit} minutes. Cut it, or send it as a document.")]
    TooLong { limit: u64 },
    #[error("Only sound can go as a voice note or an audio file, but this file is {found}. Add it as it is.")]
    NotSound { found: Cow<'static, str> },
    #[error("This is a folder or a device, not a file. Add the files themselves.")]
    NotAFile,
    #[error("The file cannot be read ({reason}). Check that it still exists and that you may open it.")]
    Unreadable { reason: String },
    /// The process that prepared it died, or was ended, and a second one too.
    #[error(
        "Preparing this file took more time or memory than a healthy file needs, so Ulak stopped. Open it with another program, save it again and add that."
    )]
    Stopped,
    /// It took no more than it may, but the computer had other work for minutes, twice.
    #[error(
        "The computer was too busy to prepare this file in time. Nothing is wrong with the file: wait a little or close other programs, then add it again."
    )]
    Busy,
}

impl Refusal {
    /// Stable: the front end and stored rows hold it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "media.empty",
            Self::UnknownKind { .. } => "media.unknown_kind",
            Self::Unrecognised => "media.unrecognised",
            Self::Broken { .. } => "media.broken",
            Self::Unsupported { .. } => "media.unsupported",
            Self::HeicUnsupported => "media.heic_unsupported",
            Self::NotWhatItSays { .. } => "media.not_what_it_says",
            Self::WrongFile { .. } => "media.wrong_file",
            Self::TooManyPixels { .. } => "media.too_many_pixels",
            Self::TooBig { .. } => "media.too_big",
            Self::Locked => "media.locked",
            Self::SoundUnsupported { .. } => "media.sound_unsupported",
            Self::SoundUnplayable { .. } => "media.sound_unplayable",
            Self::SoundUnknown { .. } => "media.sound_unknown",
            Self::NoSound { .. } => "media.no_sound",
            Self::TooLong { .. } => "media.too_long",
            Self::NotSound { .. } => "media.not_sound",
            Self::NotAFile => "media.not_a_file",
            Self::Unreadable { .. } => "media.unreadable",
            Self::Stopped => "media.stopped",
            Self::Busy => "media.busy",
        }
    }

    /// What the sentence needs, by name; numbers in plain digits.
    pub fn params(&self) -> BTreeMap<String, String> {
        let pairs: Vec<(&str, String)> = match self {
            Self::Empty
            | Self::Unrecognised
            | Self::NotAFile
            | Self::Locked
            | Self::HeicUnsupported
            | Self::Stopped
            | Self::Busy => vec![],
            Self::UnknownKind { found } | Self::NotSound { found } => vec![("found", found.to_string())],
            Self::Broken { format }
            | Self::Unsupported { format }
            | Self::NoSound { format }
            | Self::SoundUnknown { format } => vec![("format", format.to_string())],
            Self::NotWhatItSays { claimed, found } | Self::WrongFile { claimed, found } => {
                vec![("claimed", claimed.clone()), ("found", found.to_string())]
            }
            Self::TooManyPixels { width, height, limit, megapixels } => vec![
                ("width", width.to_string()),
                ("height", height.to_string()),
                ("limit", limit.to_string()),
                ("megapixels", megapixels.to_string()),
            ],
            Self::TooBig { bytes, limit } => {
                vec![("megabytes", megabytes(*bytes).to_string()), ("limit", megabytes(*limit).to_string())]
            }
            Self::SoundUnsupported { format, codec } | Self::SoundUnplayable { format, codec } => {
                vec![
                    ("format", format.to_string()),
                    ("codec", codec.to_string()),
                    ("instead", another(format, codec).to_owned()),
                ]
            }
            Self::TooLong { limit } => vec![("limit", limit.to_string())],
            Self::Unreadable { reason } => vec![("reason", reason.clone())],
        };
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    pub(crate) fn broken(format: &'static str) -> Self {
        Self::Broken { format: format.into() }
    }
}

/// What to save a sound as that is stored in `codec`: never what it is already.
fn another(format: &str, codec: &str) -> &'static str {
    match codec.starts_with("MP") {
        true if format == "M4A" => "WAV",
        true => "M4A",
        false => "MP3",
    }
}

/// Rounded up, so that a file just over a limit never reads as equal to it.
pub(crate) fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

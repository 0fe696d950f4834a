//! Why a file cannot be sent, in words and as a code with parameters.
//!
//! The front end translates by [`Refusal::code`] and [`Refusal::params`]; the
//! English sentence is for logs, the command line and as the last resort.

use std::{collections::BTreeMap, io};

/// Why a file cannot be prepared. Each sentence says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    #[error("The file is empty. Copy it again from where it came from.")]
    Empty,
    #[error("Ulak sends JPG, PNG and WEBP pictures, but this file is {found}. Save the picture as JPG and add that.")]
    UnknownKind { found: &'static str },
    #[error("This {format} picture is damaged or incomplete. Copy it again from where it came from.")]
    Broken { format: &'static str },
    #[error(
        "This {format} picture is stored in a rare way that Ulak cannot read. Open it, save it again as JPG and add that."
    )]
    Unsupported { format: &'static str },
    #[error(
        "The name says {claimed}, but the content is {found}. Check that it is the right file, then save it again as JPG."
    )]
    NotWhatItSays { claimed: String, found: &'static str },
    /// `limit` is pixels a side; `megapixels` is what fits into memory for a
    /// picture with this one's colours.
    #[error(
        "The picture is {width} × {height} pixels; Ulak opens up to {limit} pixels a side and {megapixels} megapixels in all. Save a smaller copy and add that."
    )]
    TooManyPixels { width: u32, height: u32, limit: u32, megapixels: u64 },
    #[error("The file has {} MB; Ulak opens up to {} MB. Save a smaller copy and add that.", megabytes(*.bytes), megabytes(*.limit))]
    TooBig { bytes: u64, limit: u64 },
    #[error("This is a folder or a device, not a file. Add the files themselves.")]
    NotAFile,
    #[error("The file cannot be read ({reason}). Check that it still exists and that you may open it.")]
    Unreadable { reason: io::ErrorKind },
}

impl Refusal {
    /// Stable: the front end and stored rows hold it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "media.empty",
            Self::UnknownKind { .. } => "media.unknown_kind",
            Self::Broken { .. } => "media.broken",
            Self::Unsupported { .. } => "media.unsupported",
            Self::NotWhatItSays { .. } => "media.not_what_it_says",
            Self::TooManyPixels { .. } => "media.too_many_pixels",
            Self::TooBig { .. } => "media.too_big",
            Self::NotAFile => "media.not_a_file",
            Self::Unreadable { .. } => "media.unreadable",
        }
    }

    /// What the sentence needs, by name; numbers in plain digits.
    pub fn params(&self) -> BTreeMap<String, String> {
        let pairs: Vec<(&str, String)> = match self {
            Self::Empty | Self::NotAFile => vec![],
            Self::UnknownKind { found } => vec![("found", (*found).to_owned())],
            Self::Broken { format } | Self::Unsupported { format } => vec![("format", (*format).to_owned())],
            Self::NotWhatItSays { claimed, found } => {
                vec![("claimed", claimed.clone()), ("found", (*found).to_owned())]
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
            Self::Unreadable { reason } => vec![("reason", reason.to_string())],
        };
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Rounded up, so that a file just over a limit never reads as equal to it.
fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

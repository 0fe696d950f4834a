//! Bytes in, prepared bytes and facts out.
//!
//! The composer and the campaign scheduler call this crate through the core;
//! it knows no database, no screen and no clock. Everything is a pure function
//! of the bytes, so the same file always gives the same result and the same
//! hash. Content decides what a file is; its name is only compared with it.
//!
//! What leaves this crate is ready to be uploaded: upright, in sRGB, free of
//! metadata (places and dates of a photo are nobody's business) and within the
//! limits below. What cannot be prepared is refused with a reason an owner can
//! act on.

mod color;
mod file;
mod jpeg;
mod picture;
mod png;
mod refusal;
mod sniff;

use sha2::{Digest, Sha256};

pub use file::{FILE_LIMIT, prepare_file};
pub use picture::{IMAGE_LIMIT, LONGEST_SIDE, THUMBNAIL_SIDE};
pub use refusal::Refusal;

/// One file, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    pub kind: Kind,
    /// The media type of `bytes`, not of the source.
    pub mime: &'static str,
    pub bytes: Vec<u8>,
    /// In pixels, as seen: orientation is applied.
    pub width: u32,
    pub height: u32,
    /// Over `bytes`.
    pub sha256: [u8; 32],
    /// A JPEG, at most [`THUMBNAIL_SIDE`] pixels on its longest side.
    pub thumbnail: Vec<u8>,
    /// Whether the picture itself was changed: resized, turned, or put into
    /// another format. Taking out metadata alone leaves every pixel as it was
    /// and does not count.
    pub converted: bool,
    pub source: SourceFacts,
}

/// How a prepared file is shown in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    Image,
}

/// What the file was before preparation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFacts {
    /// The short name people know a format by: `JPG`, `PNG`, `WEBP`.
    pub format: &'static str,
    /// In pixels, as seen.
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
}

/// Prepares a file for sending by its content alone.
///
/// # Errors
/// A [`Refusal`] that says what is wrong and what to do.
pub fn prepare(bytes: &[u8]) -> Result<Prepared, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    let found = sniff::sniff(bytes);
    let Some(format) = found.and_then(sniff::Content::picture) else {
        return Err(Refusal::UnknownKind { found: sniff::name(found) });
    };
    let picture = picture::prepare(bytes, format)?;
    Ok(Prepared {
        kind: Kind::Image,
        mime: picture.mime,
        sha256: Sha256::digest(&picture.bytes).into(),
        bytes: picture.bytes,
        width: picture.width,
        height: picture.height,
        thumbnail: picture.thumbnail,
        converted: picture.converted,
        source: SourceFacts {
            format: sniff::name(found),
            width: picture.source_width,
            height: picture.source_height,
            bytes: bytes.len() as u64,
        },
    })
}

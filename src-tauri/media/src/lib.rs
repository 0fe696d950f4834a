//! Bytes in, prepared bytes and facts out.
//!
//! The composer and the campaign scheduler call this crate through the core;
//! it knows no database, no screen and no clock. Preparing is a pure function of
//! the bytes and the wish, so the same file always gives the same result and the
//! same hash; [`Workshop`] does it in a process of its own. Content decides what a file is; its name is only compared.
//!
//! What is shown in a chat leaves this crate ready to be uploaded: pictures
//! upright, in sRGB, free of metadata (places and dates are nobody's business),
//! films in order for playing while they load, sound as phones play it, all
//! within WhatsApp's limits. A document goes as it is, every byte of it. What
//! cannot be prepared is refused with a reason an owner can act on.

mod apart;
mod av1;
mod avif;
mod canvas;
mod color;
mod contained;
mod entropy;
mod file;
mod frames;
mod heic;
mod iso;
mod jpeg;
mod pdf;
mod picture;
mod place;
mod png;
mod prepared;
mod processor;
mod reduced;
mod refusal;
mod sniff;
mod sound;
mod stills;
mod tiles;
mod verdict;
mod video;

use std::borrow::Cow;

use iso::movie::{Holds, Movie};
use sniff::Content;
use sound::Source;

pub use apart::{MEMORY, PATIENCE, Task, Workshop, serve};
pub use file::{FILE_LIMIT, endings, prepare_file};
pub use picture::{IMAGE_LIMIT, LONGEST_SIDE, THUMBNAIL_SIDE};
pub use prepared::{Change, Kind, Prepared, SourceFacts, Wish};
pub use refusal::Refusal;
pub use sound::{AUDIO_LIMIT, MINUTES_LIMIT};
pub use verdict::{Offered, Verdict};
pub use video::VIDEO_LIMIT;

/// Prepares a file for sending by its content alone.
///
/// # Errors
/// A [`Refusal`] that says what is wrong and what to do.
pub fn prepare<'a>(bytes: impl Into<Cow<'a, [u8]>>, wish: Wish) -> Result<Prepared, Refusal> {
    let bytes = bytes.into();
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    let found = sniff::sniff(&bytes);
    match found {
        Some(content @ Content::Picture(format)) => {
            only_sound_as_sound(wish, content.name())?;
            Ok(as_wished(picture::prepare(&bytes, format)?, wish, content, bytes))
        }
        Some(Content::Heic) => {
            only_sound_as_sound(wish, Content::Heic.name())?;
            Ok(as_wished(heic::prepare(&bytes)?, wish, Content::Heic, bytes))
        }
        Some(Content::Avif) => {
            only_sound_as_sound(wish, Content::Avif.name())?;
            Ok(as_wished(avif::prepare(&bytes)?, wish, Content::Avif, bytes))
        }
        Some(Content::Pdf) => {
            only_sound_as_sound(wish, Content::Pdf.name())?;
            pdf::prepare(bytes, true)
        }
        Some(Content::Sound(format)) => sound::prepare(Source::plain(bytes, format), wish),
        Some(content @ Content::Iso(_)) => iso_media(bytes, content, wish),
        Some(other @ Content::Other(_)) => Err(Refusal::UnknownKind { found: other.name().into() }),
        None => Err(Refusal::Unrecognised),
    }
}

/// A film if anything in it can be seen, else sound.
fn iso_media(bytes: Cow<[u8]>, content: Content, wish: Wish) -> Result<Prepared, Refusal> {
    let movie = Movie::read(&bytes).ok_or_else(|| Refusal::broken(content.name()))?;
    match movie.track(Holds::Picture) {
        Some(picture) => {
            only_sound_as_sound(wish, content.name())?;
            let look = video::look(&bytes, &movie, picture, content, wish)?;
            Ok(look.prepared(bytes))
        }
        None => {
            let track = movie.track(Holds::Sound).ok_or(Refusal::NoSound { format: content.name().into() })?;
            let (codec, duration_ms) = (track.codec, track.duration_ms.or(movie.duration_ms));
            // Whatever its brand, without pictures it is an M4A.
            let content = if content == Content::Iso("3GP") { content } else { Content::Iso("M4A") };
            sound::prepare(Source { bytes, content, codec, duration_ms }, wish)
        }
    }
}

/// The prepared picture, or the file as it is with the picture's facts.
fn as_wished(picture: Prepared, wish: Wish, content: Content, bytes: Cow<[u8]>) -> Prepared {
    match wish {
        Wish::Document => Prepared::document(content, bytes.into_owned(), picture.source, picture.thumbnail),
        _ => picture,
    }
}

fn only_sound_as_sound(wish: Wish, found: &'static str) -> Result<(), Refusal> {
    match wish {
        Wish::Voice | Wish::Audio => Err(Refusal::NotSound { found: found.into() }),
        Wish::Auto | Wish::Document => Ok(()),
    }
}

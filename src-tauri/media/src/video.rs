//! Films: what every phone plays goes into the chat, its table of contents
//! first; everything else is offered as a document, with the reason.
//!
//! Nothing is decoded, so the poster is drawn. Phones make their own once the
//! film has arrived.

use std::borrow::Cow;

use image::{Rgb, RgbImage};

use crate::{
    Change, Kind, Offered, Prepared, Refusal, SourceFacts, THUMBNAIL_SIDE, Wish,
    iso::{
        child,
        codec::{self, Codec},
        descend,
        movie::{Build, Holds, Movie, Track},
        remux::{Failure, remux},
    },
    picture,
    sniff::Content,
};

/// The most a film weighs that WhatsApp plays in the chat, in bytes.
pub const VIDEO_LIMIT: u64 = 16_000_000;

/// A film that was looked at, and how it is to be sent.
pub(crate) struct Look {
    facts: SourceFacts,
    poster: Vec<u8>,
    content: Content,
    goes: Goes,
}

enum Goes {
    Inline { film: Vec<u8>, changes: Vec<Change>, said: Option<Offered> },
    AsDocument { offered: Option<Offered> },
}

/// `picture` is the movie's track to look at.
pub(crate) fn look(
    bytes: &[u8],
    movie: &Movie<'_>,
    picture: &Track<'_>,
    content: Content,
    wish: Wish,
) -> Result<Look, Refusal> {
    let broken = || Refusal::broken(content.name());
    let sound = movie.track(Holds::Sound);
    let facts = facts(bytes, movie, picture, sound, content);
    let poster = poster(picture.width, picture.height).ok_or_else(broken)?;
    let goes = if wish == Wish::Document {
        Goes::AsDocument { offered: None }
    } else if let Some(reason) = obstacle(movie, picture, sound, content) {
        Goes::AsDocument { offered: Some(reason) }
    } else {
        inline(bytes, movie, picture, sound, content).ok_or_else(broken)?
    };
    Ok(Look { facts, poster, content, goes })
}

impl Look {
    /// `bytes` are those that were looked at.
    pub(crate) fn prepared(self, bytes: Cow<[u8]>) -> Prepared {
        match self.goes {
            Goes::Inline { film, changes, said } => {
                let prepared = Prepared::new(Kind::Video, "video/mp4", film, self.facts);
                Prepared { thumbnail: self.poster, changes, offered: said, ..prepared }
            }
            Goes::AsDocument { offered } => {
                let document = Prepared::document(self.content, bytes.into_owned(), self.facts, self.poster);
                Prepared { offered, ..document }
            }
        }
    }
}

/// `None` where the film is broken.
fn inline(
    bytes: &[u8],
    movie: &Movie<'_>,
    picture: &Track<'_>,
    sound: Option<&Track<'_>>,
    content: Content,
) -> Option<Goes> {
    let kept: Vec<Track<'_>> = std::iter::once(*picture).chain(sound.copied()).collect();
    let too_big = |bytes| Goes::AsDocument { offered: Some(Offered::VideoTooBig { bytes, limit: VIDEO_LIMIT }) };
    let film = match remux(bytes, movie.moov, &kept, VIDEO_LIMIT) {
        Ok(film) if film.len() as u64 > VIDEO_LIMIT => return Some(too_big(film.len() as u64)),
        Ok(film) => film,
        Err(Failure::TooBig(bytes)) => return Some(too_big(bytes)),
        Err(Failure::Broken) => return None,
    };
    let in_order = movie.build == Build::ContentsFirst && content == Content::Iso("MP4");
    let same = in_order && movie.tracks.len() == kept.len();
    let changes = if same { vec![] } else { vec![Change::Remuxed] };
    let said = is_high_with_b_frames(picture).then_some(Offered::VideoAndroid);
    Some(Goes::Inline { film, changes, said })
}

/// What WhatsApp's documentation of supported videos says that its Android apps do not play.
fn is_high_with_b_frames(picture: &Track<'_>) -> bool {
    /// The number of the High profile in the decoder's configuration (ISO/IEC 14496-15).
    const HIGH: u8 = 100;
    let Some(tables) = descend(picture.trak, &[b"mdia", b"minf", b"stbl"]) else { return false };
    // Only frames that depend on later ones are shown in another order than they come.
    let reordered = child(tables, b"ctts").is_some();
    let profile = child(tables, b"stsd").and_then(|stsd| {
        let entry = codec::descriptions(stsd).next()?;
        child(entry.body.get(codec::PICTURE_ENTRY..)?, b"avcC")?.get(1).copied()
    });
    reordered && profile == Some(HIGH)
}

fn facts(
    bytes: &[u8],
    movie: &Movie<'_>,
    picture: &Track<'_>,
    sound: Option<&Track<'_>>,
    content: Content,
) -> SourceFacts {
    let mut facts = SourceFacts::new(content.name(), bytes.len() as u64);
    (facts.width, facts.height) = (Some(picture.width), Some(picture.height));
    facts.duration_ms = movie.duration_ms;
    facts.video = Some(picture.codec.name().into());
    facts.sound = sound.map(|sound| sound.codec.name().into());
    facts
}

/// Why this does not play in the chat on every phone.
fn obstacle(movie: &Movie<'_>, picture: &Track<'_>, sound: Option<&Track<'_>>, content: Content) -> Option<Offered> {
    if picture.codec != Codec::H264 {
        return Some(match picture.codec.known() {
            Some(codec) => Offered::VideoCodec { codec: codec.into() },
            None => Offered::VideoUnknown,
        });
    }
    match sound.map(|sound| sound.codec) {
        None | Some(Codec::Aac | Codec::HeAac) => {}
        Some(other) => {
            return Some(match other.known() {
                Some(codec) => Offered::VideoSound { codec: codec.into() },
                None => Offered::VideoSoundUnknown,
            });
        }
    }
    (movie.build == Build::Fragments).then(|| Offered::VideoBuild { format: content.name().into() })
}

const BACKGROUND: Rgb<u8> = Rgb([38, 50, 56]);
const SIGN: Rgb<u8> = Rgb([236, 239, 241]);

/// A dark sheet of the film's shape with a "play" triangle.
fn poster(width: u32, height: u32) -> Option<Vec<u8>> {
    let longest = width.max(height).max(1);
    let side = |length: u32| {
        let scaled = u64::from(length) * u64::from(THUMBNAIL_SIDE) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(THUMBNAIL_SIDE).max(1)
    };
    let (width, height) = (side(width), side(height));
    let (middle_x, middle_y) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let size = f64::from(width.min(height)) / 6.0;
    let sheet = RgbImage::from_fn(width, height, |x, y| {
        let (right, down) = (f64::from(x) + 0.5 - middle_x, f64::from(y) + 0.5 - middle_y);
        // From its back, at minus half its size, the triangle narrows to a point.
        let behind = right + size / 2.0;
        let inside = behind >= 0.0 && down.abs() <= (size * 1.5 - behind) / 1.5;
        if inside { SIGN } else { BACKGROUND }
    });
    picture::small_jpeg(&sheet)
}

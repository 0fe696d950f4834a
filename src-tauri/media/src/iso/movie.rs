//! What is in a film: tracks, codecs, measures, durations.

use super::{Atom, CutOff, atoms, child, codec, codec::Codec, descend, entries, u16_at, u32_at, u64_at};

/// More tracks than this is no film from a phone or a cutting program.
const MOST_TRACKS: usize = 64;

pub(crate) struct Movie<'a> {
    /// The body of `moov`.
    pub(crate) moov: &'a [u8],
    pub(crate) tracks: Vec<Track<'a>>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) build: Build,
}

const UNKNOWN: Codec = Codec::Other(codec::UNKNOWN);

/// How the file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// The table of contents first, so that it plays while it loads.
    ContentsFirst,
    ContentsLast,
    /// In fragments with a table each, as streams are.
    Fragments,
}

#[derive(Clone, Copy)]
pub(crate) struct Track<'a> {
    /// The body of `trak`.
    pub(crate) trak: &'a [u8],
    pub(crate) enabled: bool,
    pub(crate) holds: Holds,
    pub(crate) codec: Codec,
    pub(crate) duration_ms: Option<u64>,
    /// As seen: turned, and with pixels that are not square.
    pub(crate) width: u32,
    pub(crate) height: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Picture,
    Sound,
    /// Subtitles, positions, time codes.
    Other,
}

impl<'a> Movie<'a> {
    /// `None` where the file is cut off, or its table of contents is missing
    /// or damaged.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut moov = None;
        let mut content_came = false;
        let mut build = Build::ContentsLast;
        for atom in atoms(bytes) {
            // Zeros or anything else after a complete film are no harm.
            let atom = match atom {
                Ok(atom) => atom,
                Err(CutOff) if moov.is_some() && content_came => break,
                Err(CutOff) => return None,
            };
            match atom.kind {
                b"moov" if moov.is_none() => {
                    moov = Some(atom.body);
                    if !content_came {
                        build = Build::ContentsFirst;
                    }
                }
                b"mdat" => content_came = true,
                b"moof" => build = Build::Fragments,
                _ => {}
            }
        }
        let moov = moov?;
        if child(moov, b"mvex").is_some() || child(moov, b"cmov").is_some() {
            build = Build::Fragments;
        }
        let mut tracks = Vec::new();
        for atom in atoms(moov) {
            let atom = atom.ok()?;
            if atom.kind == b"trak" && tracks.len() < MOST_TRACKS {
                tracks.push(Track::read(atom.body)?);
            }
        }
        let longest = tracks.iter().filter_map(|track| track.duration_ms).max();
        let duration_ms = child(moov, b"mvhd").and_then(milliseconds).or(longest);
        Some(Self { moov, tracks, duration_ms, build })
    }

    /// The first enabled track that holds this, or the first at all.
    pub(crate) fn track(&self, holds: Holds) -> Option<&Track<'a>> {
        let mut tracks = self.tracks.iter().filter(|track| track.holds == holds);
        tracks.clone().find(|track| track.enabled).or_else(|| tracks.next())
    }
}

/// What is played of a track, in seconds of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Played {
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl<'a> Track<'a> {
    /// What its owner did not cut away, without what the encoder put in front and behind. `None` where all of it is
    /// played, or where several pieces are put together.
    pub(crate) fn played(&self, moov: &[u8]) -> Option<Played> {
        match child(self.trak, b"edts") {
            Some(_) => self.edited(moov),
            None => self.without_priming(moov),
        }
    }

    /// By iTunes' note: a zero, the samples in front and behind, and those of the sound, in hexadecimal numbers.
    fn without_priming(&self, moov: &[u8]) -> Option<Played> {
        let list = child(child(moov, b"udta").and_then(|udta| child(udta, b"meta"))?.get(4..)?, b"ilst")?;
        let notes = atoms(list).map_while(Result::ok).filter(|atom| atom.kind == b"----");
        let mut texts = notes.filter_map(|note| {
            let named = child(note.body, b"name")?.get(4..)? == b"iTunSMPB";
            str::from_utf8(child(note.body, b"data")?.get(8..)?).ok().filter(|_| named)
        });
        let mut numbers = texts.next()?.split_whitespace().map(|number| u64::from_str_radix(number, 16).ok());
        let (before, samples) = (numbers.nth(1)??, numbers.nth(1)??);
        let rate = timescale(descend(self.trak, &[b"mdia", b"mdhd"])?)?;
        let from = before as f64 / rate;
        (samples > 0).then_some(Played { from, to: from + samples as f64 / rate })
    }

    /// By its list of edits.
    fn edited(&self, moov: &[u8]) -> Option<Played> {
        let list = descend(self.trak, &[b"edts", b"elst"])?;
        let long = *list.first()? == 1;
        let edits = entries(list, 4, if long { 20 } else { 12 })?.map(|edit| {
            let at = if long {
                i64::from_be_bytes(*edit.get(8..)?.first_chunk()?)
            } else {
                i64::from(u32_at(edit, 4)? as i32)
            };
            let lasts = if long { u64_at(edit, 0)? } else { u64::from(u32_at(edit, 0)?) };
            Some((at, lasts))
        });
        // A negative time is a pause before the track.
        let mut pieces = edits.flatten().filter(|(at, _)| *at >= 0);
        let (at, lasts) = pieces.next().filter(|_| pieces.next().is_none())?;
        let own = timescale(descend(self.trak, &[b"mdia", b"mdhd"])?)?;
        let whole = timescale(child(moov, b"mvhd")?)?;
        let from = at as f64 / own;
        // Without a length it is played to its end.
        let to = if lasts == 0 { f64::INFINITY } else { from + lasts as f64 / whole };
        Some(Played { from, to })
    }

    fn read(trak: &'a [u8]) -> Option<Self> {
        let header = child(trak, b"tkhd")?;
        let mdia = child(trak, b"mdia")?;
        let holds = match child(mdia, b"hdlr")?.get(8..12)? {
            b"vide" => Holds::Picture,
            b"soun" => Holds::Sound,
            _ => Holds::Other,
        };
        let stsd = descend(mdia, &[b"minf", b"stbl", b"stsd"])?;
        let named = |entry| match holds {
            Holds::Picture => codec::picture(entry),
            Holds::Sound => codec::sound(entry),
            Holds::Other => Some(UNKNOWN),
        };
        let mut codecs = codec::descriptions(stsd).map(named);
        let first = codecs.next().unwrap_or((holds == Holds::Other).then_some(UNKNOWN))?;
        // A track may change its description on the way; that is as rare as it sounds.
        let codec = if codecs.all(|codec| codec == Some(first)) { first } else { UNKNOWN };
        let entry = codec::descriptions(stsd).next();
        let (width, height) = match entry {
            Some(entry) if holds == Holds::Picture => measures(header, entry)?,
            _ => (0, 0),
        };
        Some(Self {
            trak,
            enabled: header.get(3)? & 1 == 1,
            holds,
            codec,
            duration_ms: child(mdia, b"mdhd").and_then(milliseconds),
            width,
            height,
        })
    }
}

/// By the track's header, which knows how it is meant to be seen; it gives
/// whole and part pixels, and a matrix whose first row begins with noughts
/// where the picture is turned by a quarter.
fn measures(header: &[u8], entry: Atom<'_>) -> Option<(u32, u32)> {
    let matrix = if header.first()? == &1 { 52 } else { 40 };
    let side = |at| u32_at(header, at).map(|side| side >> 16);
    let (mut width, mut height) = (side(matrix + 36)?, side(matrix + 40)?);
    if width == 0 || height == 0 {
        (width, height) = (u16_at(entry.body, 24)?.into(), u16_at(entry.body, 26)?.into());
    }
    let quarter = u32_at(header, matrix)? == 0 && u32_at(header, matrix + 4)? != 0;
    Some(if quarter { (height, width) } else { (width, height) })
}

/// Units a second, from a movie's or a media header.
fn timescale(header: &[u8]) -> Option<f64> {
    let at = if *header.first()? == 1 { 20 } else { 12 };
    u32_at(header, at).filter(|scale| *scale > 0).map(f64::from)
}

/// From a movie's or a media header: units a second, then the duration in
/// them. All ones stand for "not known".
fn milliseconds(header: &[u8]) -> Option<u64> {
    let (scale, duration) = match header.first()? {
        1 => (u32_at(header, 20)?, u64_at(header, 24).filter(|duration| *duration != u64::MAX)?),
        _ => (u32_at(header, 12)?, u32_at(header, 16).filter(|duration| *duration != u32::MAX)?.into()),
    };
    let exact = u128::from(duration) * 1000;
    u64::try_from(exact.checked_div(scale.into())?).ok().filter(|milliseconds| *milliseconds > 0)
}

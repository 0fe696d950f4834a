//! MP3 and AAC without a container, decoded frame by frame.

use symphonia::core::{
    audio::{Channels, Position},
    codecs::audio::{
        AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
        well_known::{CODEC_ID_AAC, CODEC_ID_MP3},
    },
    packet::PacketRef,
    units::{Duration, Timestamp},
};

use super::blocks::{Block, Guard, Stop, Tally, check_frames};
use crate::{
    frames::{Coding, Frames, Header, frames},
    iso::movie::Played,
};

pub(super) fn decode<F: FnMut(Block<'_>) -> Result<(), Stop>>(bytes: &[u8], guard: &mut Guard<F>) -> Result<(), Stop> {
    let mut frames = found(bytes)?;
    if let Some(table) = table(&mut frames) {
        guard.played = table.played(&frames)?;
    }
    let mut tally = Tally::default();
    let mut decoding: Option<(u8, Box<dyn AudioDecoder>)> = None;
    for (header, frame) in frames.by_ref() {
        if header.has_mixed_blocks(frame) {
            return Err(Stop::Mixed);
        }
        // From one channel to two and back, as programs join what they record.
        let decoder = match &mut decoding {
            Some((channels, decoder)) if *channels == header.channels => decoder,
            other => &mut other.insert((header.channels, decoder(&header)?)).1,
        };
        let body = if header.coding == Coding::Aac { header.body } else { 0 };
        let packet = frame.get(body..).unwrap_or_default();
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::new(header.samples.into()), packet);
        guard.decode(decoder.as_mut(), &packet, &mut tally)?;
    }
    tally.bad += frames.gaps;
    tally.check()
}

/// Counts instead of decoding.
pub(super) fn check_length(bytes: &[u8]) -> Result<(), Stop> {
    let mut counted = 0;
    for (header, _) in found(bytes)? {
        counted += u64::from(header.samples);
        check_frames(counted, header.channels.into(), header.rate)?;
    }
    Ok(())
}

/// Frames alone, without tags and whatever else stands between them.
pub(super) fn clean_copy(bytes: &[u8]) -> Result<Vec<u8>, Stop> {
    let mut clean = Vec::new();
    found(bytes)?.for_each(|(_, frame)| clean.extend_from_slice(frame));
    Ok(clean)
}

fn found(bytes: &[u8]) -> Result<Frames<'_>, Stop> {
    frames(bytes).ok_or(Stop::Broken)
}

fn decoder(header: &Header) -> Result<Box<dyn AudioDecoder>, Stop> {
    let mut parameters = AudioCodecParameters::new();
    match header.coding {
        Coding::Mp3 => parameters.for_codec(CODEC_ID_MP3),
        Coding::Aac => parameters.for_codec(CODEC_ID_AAC).with_channels(Channels::Positioned(match header.channels {
            1 => Position::FRONT_CENTER,
            2 => Position::FRONT_LEFT | Position::FRONT_RIGHT,
            _ => return Err(Stop::Unsupported),
        })),
    };
    parameters.with_sample_rate(header.rate);
    let codecs = symphonia::default::get_codecs();
    codecs.make_audio_decoder(&parameters, &AudioDecoderOptions::default()).map_err(|_| Stop::Unsupported)
}

/// What an MP3 encoder says about the whole, in a first frame that holds nothing else.
struct Table {
    frames: Option<u32>,
    /// Of the whole sound.
    bytes: Option<u32>,
    /// Silence that the encoder put in front and behind, in samples of each channel.
    before: u32,
    behind: u32,
}

/// Takes the table's frame away.
fn table(frames: &mut Frames<'_>) -> Option<Table> {
    let (header, frame) = frames.clone().next()?;
    if header.coding != Coding::Mp3 {
        return None;
    }
    // Some writers forget that a checksum moves what follows it.
    let xing = [4, 6].into_iter().find_map(|head| frame.get(head + header.side_info()..).and_then(xing));
    let fraunhofer =
        || frame.get(36..)?.starts_with(b"VBRI").then_some(Table { frames: None, bytes: None, before: 0, behind: 0 });
    let table = xing.or_else(fraunhofer)?;
    frames.next();
    Some(table)
}

/// Mark (4), flags (4), what these announce, and the encoder's own part with its silence at byte 21.
fn xing(tag: &[u8]) -> Option<Table> {
    /// A decoder's own delay.
    const DECODER: u32 = 529;
    let number = |at: usize| tag.get(at..)?.first_chunk().map(|number| u32::from_be_bytes(*number));
    if !tag.starts_with(b"Xing") && !tag.starts_with(b"Info") {
        return None;
    }
    let flags = number(4)?;
    let frames = if flags & 1 == 1 { Some(number(8)?) } else { None };
    let bytes = if flags & 2 == 2 { number(if flags & 1 == 1 { 12 } else { 8 }) } else { None };
    let announced = [4, 4, 100, 4].into_iter().enumerate().filter(|(bit, _)| flags >> bit & 1 == 1);
    let encoder = tag.get(8 + announced.map(|(_, length)| length).sum::<usize>()..).unwrap_or_default();
    let known = [b"LAME", b"Lavf", b"Lavc"].into_iter().any(|name| encoder.starts_with(name));
    let silence = match encoder.get(21..24) {
        Some([high, middle, low]) if known => u32::from_be_bytes([0, *high, *middle, *low]),
        _ => return Some(Table { frames, bytes, before: 0, behind: 0 }),
    };
    Some(Table { frames, bytes, before: (silence >> 12) + DECODER, behind: (silence & 0xFFF).saturating_sub(DECODER) })
}

impl Table {
    /// Without the silence; behind the end of a first sound another may follow, of which the table knows nothing.
    fn played(&self, frames: &Frames<'_>) -> Result<Option<Played>, Stop> {
        let Some((first, _)) = frames.clone().next() else { return Ok(None) };
        let counted = frames.clone().count() as u64;
        let promised = self.frames.map(u64::from);
        let is_short = |there: u64, promised: u64| there * 10 < promised * 9;
        // Some writers count too high; all the bytes are there then.
        let whole = || {
            let there = frames.clone().map(|(_, frame)| frame.len() as u64).sum();
            self.bytes.is_some_and(|promised| !is_short(there, promised.into()))
        };
        if promised.is_some_and(|promised| is_short(counted, promised)) && !whole() {
            return Err(Stop::Broken);
        }
        let seconds = |samples: u64| samples as f64 / f64::from(first.rate);
        let whole = counted * u64::from(first.samples);
        let to =
            if promised == Some(counted) { seconds(whole.saturating_sub(self.behind.into())) } else { f64::INFINITY };
        Ok(Some(Played { from: seconds(self.before.into()), to }))
    }
}

//! Sound of any kind as blocks of samples.
//!
//! Opus has a decoder of its own; the other formats come through one library, as it likes them best: MP3 and AAC frame
//! by frame, WAV and FLAC without what only describes them. All are fed with the file in memory and asked block by
//! block, so a small file that unpacks to days of silence costs time only until the limit.

use std::{borrow::Cow, io::Cursor};

use opus_pure::{MAX_PACKET_SAMPLES, OggOpusReader, OggPacket, Trim, packet};
use symphonia::core::{
    codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known::CODEC_ID_MP3},
    errors::Error,
    formats::{FormatOptions, FormatReader, Track, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

use super::{
    amr,
    blocks::{Block, Guard, RATES, Stop, Tally, check_frames},
    flac, framed, wav,
};
use crate::{
    contained,
    frames::{Header, behind_tags},
    iso::movie::{Holds, Movie},
    sniff::{Content, Sound},
};

/// Opus decodes to any rate; this is its own.
const OPUS_RATE: u32 = 48_000;

/// Gives every block to `each`, which may stop by an error.
pub(super) fn decode(
    bytes: &[u8],
    content: Content,
    each: impl FnMut(Block<'_>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let movie = matches!(content, Content::Iso(_)).then(|| Movie::read(bytes)).flatten();
    let track = movie.as_ref().and_then(|movie| movie.track(Holds::Sound));
    let played = movie.as_ref().zip(track).and_then(|(movie, track)| track.played(movie.moov));
    let mut guard = Guard { each, rate: None, played, frames: 0, given: 0 };
    let decoded = contained::caught(|| match content {
        Content::Sound(Sound::Opus) => opus(bytes, &mut guard),
        Content::Sound(Sound::Mp3 | Sound::Aac) => framed::decode(bytes, &mut guard),
        Content::Sound(Sound::Wav) => other(&wav::exact(bytes)?, content, &mut guard),
        Content::Sound(Sound::Flac) => {
            let bytes = behind_tags(bytes);
            other(&flac::bare(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned), content, &mut guard)
        }
        Content::Sound(Sound::Amr) => amr::decode(bytes, &mut guard),
        Content::Iso(_) => match track.and_then(|track| amr::recorded(bytes, track)) {
            Some(frames) => amr::decode(&frames, &mut guard),
            None => other(bytes, content, &mut guard),
        },
        _ => other(bytes, content, &mut guard),
    });
    decoded.unwrap_or(Err(Stop::Broken))?;
    if guard.given == 0 { Err(Stop::Silent) } else { Ok(()) }
}

/// Refuses what is too long before anything is made of it. A few kilobytes can
/// hold days of silence, and counting them is far cheaper than measuring them.
pub(super) fn check_length(bytes: &[u8], content: Content) -> Result<(), Stop> {
    match content {
        Content::Sound(Sound::Opus) => {}
        Content::Sound(Sound::Mp3 | Sound::Aac) => return framed::check_length(bytes),
        _ => return decode(bytes, content, |_| Ok(())),
    }
    let mut frames = 0;
    each_link(bytes, |reader| {
        while let Some(next) = next_packet(reader).1 {
            frames += packet::samples_48k(&next.data).unwrap_or_default() as u64;
            check_frames(frames, usize::from(reader.head().channel_count), OPUS_RATE)?;
        }
        Ok(())
    })
}

fn opus<F: FnMut(Block<'_>) -> Result<(), Stop>>(bytes: &[u8], guard: &mut Guard<F>) -> Result<(), Stop> {
    let mut tally = Tally::default();
    each_link(bytes, |reader| {
        let channels = usize::from(reader.head().channel_count);
        if channels > 2 {
            return Err(Stop::Unsupported);
        }
        let mut decoder = reader.head().decoder(OPUS_RATE as i32).map_err(|_| Stop::Broken)?;
        let mut trim = Trim::new(reader.head(), OPUS_RATE as i32, channels).map_err(|_| Stop::Broken)?;
        let mut block = vec![0.0; MAX_PACKET_SAMPLES * channels];
        loop {
            let (damaged, next) = next_packet(reader);
            tally.bad += damaged;
            let Some(packet) = next else { return Ok(()) };
            let Ok(frames) = decoder.decode(&packet.data, MAX_PACKET_SAMPLES, &mut block) else {
                tally.bad += 1;
                continue;
            };
            tally.good += 1;
            let decoded = block.get(..frames * channels).ok_or(Stop::Broken)?;
            guard.take(Block { samples: trim.keep(&packet, decoded), channels, rate: OPUS_RATE })?;
        }
    })?;
    tally.check()
}

/// Several files written one after the other are one file, in Ogg.
fn each_link<'a>(
    bytes: &'a [u8],
    mut each: impl FnMut(&mut OggOpusReader<Cursor<&'a [u8]>>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut next = OggOpusReader::new(Cursor::new(bytes)).map_err(|_| Stop::Broken)?;
    let mut rest = bytes;
    loop {
        each(&mut next)?;
        let read = usize::try_from(next.get_ref().position()).unwrap_or(usize::MAX);
        rest = rest.get(read..).unwrap_or_default();
        // What else may stand there is no sound.
        next = match OggOpusReader::new(Cursor::new(rest)) {
            Ok(next) if rest.starts_with(b"OggS") => next,
            _ => return Ok(()),
        };
    }
}

/// The next packet behind damaged pages, and how many these are; `None` at the end.
fn next_packet(reader: &mut OggOpusReader<Cursor<&[u8]>>) -> (u64, Option<OggPacket>) {
    let mut damaged = 0;
    loop {
        match reader.read_packet() {
            Ok(next) => return (damaged, next),
            Err(_) => damaged += 1,
        }
    }
}

fn other<F: FnMut(Block<'_>) -> Result<(), Stop>>(
    bytes: &[u8],
    content: Content,
    guard: &mut Guard<F>,
) -> Result<(), Stop> {
    let mut reader = open(bytes, content)?;
    // MP4 was looked into before and has a track; one that is not named here is of no known codec.
    let none = if matches!(content, Content::Iso(_)) { Stop::Unsupported } else { Stop::Silent };
    let track = reader.default_track(TrackType::Audio).ok_or(none)?;
    let promised = track.num_frames;
    let parameters = audio(track)?;
    // What says that it is too long is believed at once.
    if let (Some(frames), Some(rate)) = (promised, parameters.sample_rate.filter(|rate| RATES.contains(rate))) {
        let channels = parameters.channels.as_ref().map_or(1, |channels| channels.count());
        check_frames(frames, channels, rate)?;
    }
    let codecs = symphonia::default::get_codecs();
    let mut another = true;
    while another {
        let track = reader.default_track(TrackType::Audio).ok_or(none)?;
        let (id, decoder) = (track.id, codecs.make_audio_decoder(audio(track)?, &AudioDecoderOptions::default()));
        another = blocks(reader.as_mut(), decoder.map_err(|error| stop(&error))?.as_mut(), id, guard)?;
    }
    // That of Ogg is where its last page stands; the others are promises.
    let promised = promised.filter(|_| content != Content::Sound(Sound::Vorbis));
    match promised {
        Some(promised) if guard.frames < promised.saturating_mul(9) / 10 => Err(Stop::Broken),
        _ => Ok(()),
    }
}

fn audio(track: &Track) -> Result<&AudioCodecParameters, Stop> {
    track.codec_params.as_ref().and_then(|parameters| parameters.audio()).ok_or(Stop::Unsupported)
}

fn open(bytes: &[u8], content: Content) -> Result<Box<dyn FormatReader + '_>, Stop> {
    let mut hint = Hint::new();
    hint.with_extension(match content {
        Content::Sound(Sound::Wav) => "wav",
        Content::Sound(Sound::Flac) => "flac",
        Content::Sound(Sound::Vorbis | Sound::Opus) => "ogg",
        _ => "m4a",
    });
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let probe = symphonia::default::get_probe();
    probe.probe(&hint, stream, FormatOptions::default(), MetadataOptions::default()).map_err(|error| stop(&error))
}

fn stop(error: &Error) -> Stop {
    match error {
        Error::Unsupported(_) => Stop::Unsupported,
        _ => Stop::Broken,
    }
}

/// Says whether another sound follows in the same file.
fn blocks<F: FnMut(Block<'_>) -> Result<(), Stop>>(
    reader: &mut dyn FormatReader,
    decoder: &mut dyn AudioDecoder,
    track: u32,
    guard: &mut Guard<F>,
) -> Result<bool, Stop> {
    let mut tally = Tally::default();
    let is_mp3 = decoder.codec_params().codec == CODEC_ID_MP3;
    let another = loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            Err(Error::ResetRequired) => break true,
            // A container that cannot be read on ends the sound; whether that is too
            // early, its promised length tells.
            Ok(None) | Err(_) => break false,
        };
        if packet.track_id != track {
            continue;
        }
        if is_mp3 && Header::read(&packet.data).is_some_and(|header| header.has_mixed_blocks(&packet.data)) {
            return Err(Stop::Mixed);
        }
        guard.decode(decoder, &packet.as_packet_ref(), &mut tally)?;
    };
    tally.check()?;
    Ok(another)
}

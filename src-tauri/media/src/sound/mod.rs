//! Sound: a voice note (mono Opus in Ogg, as loud as others, with a waveform)
//! or an audio file, whose sound goes as it is where phones can play it.
//!
//! A voice note is decoded three times, to count, to measure and to write, so
//! that an hour of sound takes no more memory than a minute. What is a voice
//! note already is not written anew: its packets are put into a clean file.

mod amr;
mod blocks;
mod decode;
mod flac;
mod framed;
mod loudness;
mod ogg;
mod opus;
mod rate;
mod wav;

use std::borrow::Cow;

use blocks::Stop;
use decode::{check_length, decode};
use loudness::Measured;
use opus::OpusFile;
use rate::To48k;

use crate::{
    Change, Kind, Offered, Prepared, Refusal, SourceFacts, Wish,
    iso::{
        codec::{self, Codec},
        movie::{Holds, Movie},
        remux::{Failure, remux},
    },
    sniff::{Content, Sound},
};

/// The most a sound weighs that WhatsApp plays in the chat, in bytes.
pub const AUDIO_LIMIT: u64 = 16_000_000;
/// The longest sound that is prepared, in minutes.
pub const MINUTES_LIMIT: u64 = 60;

/// Changes of loudness below this are not heard, in decibels.
const UNHEARD: f64 = 1.0;
const VOICE_BITS: i32 = 32_000;
const AUDIO_BITS: i32 = 64_000;
const OPUS: &str = "audio/ogg; codecs=opus";

/// A file with sound in it, and what its container says.
pub(crate) struct Source<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    pub(crate) content: Content,
    pub(crate) codec: Codec,
    pub(crate) duration_ms: Option<u64>,
}

impl<'a> Source<'a> {
    /// Sound in a file of its own.
    pub(crate) fn plain(bytes: Cow<'a, [u8]>, sound: Sound) -> Self {
        let codec = Codec::Other(match sound {
            Sound::Mp3 => "MP3",
            Sound::Aac => "AAC",
            Sound::Wav => wav_codec(&bytes),
            Sound::Flac => "FLAC",
            Sound::Vorbis => "Vorbis",
            Sound::Opus => "Opus",
            Sound::Amr if bytes.starts_with(amr::WIDE) => "AMR-WB",
            Sound::Amr => "AMR",
        });
        Self { bytes, content: Content::Sound(sound), codec, duration_ms: None }
    }

    fn facts(&self) -> SourceFacts {
        let mut facts = SourceFacts::new(self.content.name(), self.bytes.len() as u64);
        facts.duration_ms = self.duration_ms;
        facts.sound = Some(self.codec.name().into());
        facts
    }

    fn format(&self) -> Cow<'static, str> {
        self.content.name().into()
    }

    fn refusal(&self, stop: Stop) -> Refusal {
        let format = self.format();
        match stop {
            Stop::Broken => Refusal::broken(self.content.name()),
            Stop::Silent => Refusal::NoSound { format },
            Stop::TooLong(limit) => Refusal::TooLong { limit },
            Stop::Unsupported => self.unsupported(self.codec),
            Stop::Mixed => self.unsupported(Codec::Other("MP3 (mixed blocks)")),
        }
    }

    fn unsupported(&self, codec: Codec) -> Refusal {
        let format = self.format();
        match codec.known().map(Into::into) {
            Some(codec) if self.plays() => Refusal::SoundUnsupported { format, codec },
            Some(codec) => Refusal::SoundUnplayable { format, codec },
            None => Refusal::SoundUnknown { format },
        }
    }

    /// Whether every phone plays it as it is.
    fn plays(&self) -> bool {
        matches!(
            (self.content, self.codec),
            (Content::Sound(Sound::Mp3 | Sound::Aac), _) | (Content::Iso(_), Codec::Aac | Codec::HeAac)
        )
    }

    /// Of a clean copy.
    fn audio_mime(&self) -> &'static str {
        match self.content {
            Content::Iso(_) => Content::Iso("M4A").mime(),
            Content::Sound(Sound::Opus) => OPUS,
            content => content.mime(),
        }
    }

    fn document(self) -> Prepared {
        let facts = self.facts();
        Prepared::document(self.content, self.bytes.into_owned(), facts, Vec::new())
    }
}

/// By the number in the description of its format, the first chunk in practice.
fn wav_codec(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let format = head.windows(4).position(|window| window == b"fmt ").and_then(|chunk| head.get(chunk + 8..chunk + 10));
    match format {
        Some([0x01 | 0x03, 0x00] | [0xFE, 0xFF]) | None => "PCM",
        Some([0x02 | 0x11, 0x00]) => "ADPCM",
        Some([0x06 | 0x07, 0x00]) => "G.711",
        Some([0x31, 0x00]) => "GSM",
        Some([0x50, 0x00]) => "MP2",
        Some([0x55, 0x00]) => "MP3",
        _ => codec::UNKNOWN,
    }
}

pub(crate) fn prepare(source: Source<'_>, wish: Wish) -> Result<Prepared, Refusal> {
    match wish {
        Wish::Document => Ok(source.document()),
        Wish::Audio => audio(source),
        Wish::Voice => voice(&source),
        Wish::Auto => match voice(&source) {
            Err(Refusal::SoundUnsupported { codec, .. }) => {
                let prepared = audio(source)?;
                Ok(Prepared { offered: prepared.offered.or(Some(Offered::AudioOnly { codec })), ..prepared })
            }
            outcome => outcome,
        },
    }
}

fn voice(source: &Source<'_>) -> Result<Prepared, Refusal> {
    if source.codec == Codec::HeAac {
        return Err(source.refusal(Stop::Unsupported));
    }
    let refusal = |stop| source.refusal(stop);
    check_pages(source).map_err(refusal)?;
    check_length(&source.bytes, source.content).map_err(refusal)?;
    let measured = Measured::of(&source.bytes, source.content).map_err(refusal)?;
    let gain = measured.gain();
    let levelled = is_heard(gain);

    let clean = if levelled || measured.channels > 1 { None } else { opus::clean_copy(&source.bytes) };
    let clean = clean.filter(|bytes| bytes.len() as u64 <= AUDIO_LIMIT);
    let mut changes = vec![];
    let bytes = match clean {
        Some(bytes) => bytes,
        None => {
            changes = encoded(measured.channels, levelled);
            // What encoding adds to its loudest moment must not pass full scale.
            let gain = if levelled || gain < 1.0 { gain as f32 } else { 1.0 };
            encode(source, voice_bits(measured.duration_ms()), gain).map_err(refusal)?
        }
    };
    if bytes.len() as u64 > AUDIO_LIMIT {
        return Err(Refusal::TooLong { limit: MINUTES_LIMIT });
    }
    let mut facts = source.facts();
    facts.duration_ms = Some(measured.duration_ms());
    let prepared = Prepared::new(Kind::Voice, OPUS, bytes, facts);
    Ok(Prepared { waveform: Some(measured.waveform()), changes, ..prepared })
}

/// A factor of loudness.
fn is_heard(gain: f64) -> bool {
    (20.0 * gain.log10()).abs() >= UNHEARD
}

/// What happens to a sound that is encoded anew.
fn encoded(channels: usize, levelled: bool) -> Vec<Change> {
    let happened = [(channels > 1, Change::Mixed), (true, Change::Recoded), (levelled, Change::Levelled)];
    happened.into_iter().filter_map(|(happened, change)| happened.then_some(change)).collect()
}

fn check_pages(source: &Source<'_>) -> Result<(), Stop> {
    match source.content {
        Content::Sound(Sound::Opus | Sound::Vorbis) => ogg::check(&source.bytes),
        _ => Ok(()),
    }
}

/// Bits a second for a voice note of this length to stay within [`AUDIO_LIMIT`]. A sixth is left over, because clear
/// tones take more than they are given.
fn voice_bits(duration_ms: u64) -> i32 {
    let fits = AUDIO_LIMIT * 8 * 1_000 / duration_ms.max(1) * 5 / 6;
    i32::try_from(fits).unwrap_or(VOICE_BITS).min(VOICE_BITS)
}

/// Without pictures and whatever else is in the file beside the sound. What must be encoded becomes mono, because some
/// phones play stereo Opus as silence.
fn audio(source: Source<'_>) -> Result<Prepared, Refusal> {
    check_pages(&source).map_err(|stop| source.refusal(stop))?;
    let (duration_ms, channels) = match counted(&source) {
        Ok((duration_ms, channels)) => (Some(duration_ms), channels),
        Err(Stop::Unsupported | Stop::Mixed) if source.plays() => (source.duration_ms, 1),
        Err(stop) => return Err(source.refusal(stop)),
    };
    let clean = match clean_copy(&source) {
        Err(Failure::TooBig(bytes)) => return Ok(too_big(source, bytes)),
        Err(Failure::Broken) if source.codec == Codec::HeAac => return Err(Refusal::broken(source.content.name())),
        clean => clean.ok(),
    };
    let (mime, bytes, changes) = match clean {
        Some(bytes) => (source.audio_mime(), bytes, vec![]),
        None => {
            let refusal = |stop| source.refusal(stop);
            // What encoding adds to its loudest moment must not pass full scale.
            let gain = Measured::of(&source.bytes, source.content).map_err(refusal)?.kept();
            let bytes = encode(&source, AUDIO_BITS, gain as f32).map_err(refusal)?;
            (OPUS, bytes, encoded(channels, is_heard(gain)))
        }
    };
    if bytes.len() as u64 > AUDIO_LIMIT {
        return Ok(too_big(source, bytes.len() as u64));
    }
    let mut facts = source.facts();
    facts.duration_ms = duration_ms.or(facts.duration_ms);
    Ok(Prepared { changes, ..Prepared::new(Kind::Audio, mime, bytes, facts) })
}

/// How long it is, in milliseconds, and the most channels that it has.
fn counted(source: &Source<'_>) -> Result<(u64, usize), Stop> {
    let mut length = (0, 1);
    let mut channels = 1;
    decode(&source.bytes, source.content, |block| {
        length = (length.0 + (block.samples.len() / block.channels) as u64, block.rate);
        channels = channels.max(block.channels);
        Ok(())
    })?;
    Ok((length.0 * 1000 / u64::from(length.1), channels))
}

/// The sound as it is, where every phone plays it. `Broken` where it must be encoded anew.
fn clean_copy(source: &Source<'_>) -> Result<Vec<u8>, Failure> {
    let bytes = &source.bytes;
    match source.content {
        _ if source.content == Content::Sound(Sound::Opus) => opus::clean_copy(bytes).ok_or(Failure::Broken),
        _ if !source.plays() => Err(Failure::Broken),
        Content::Iso(_) => {
            let movie = Movie::read(bytes).ok_or(Failure::Broken)?;
            let track = movie.track(Holds::Sound).ok_or(Failure::Broken)?;
            remux(bytes, movie.moov, &[*track], AUDIO_LIMIT)
        }
        _ => framed::clean_copy(bytes).map_err(|_| Failure::Broken),
    }
}

fn too_big(source: Source<'_>, bytes: u64) -> Prepared {
    Prepared { offered: Some(Offered::AudioTooBig { bytes, limit: AUDIO_LIMIT }), ..source.document() }
}

/// In mono.
fn encode(source: &Source<'_>, bits: i32, gain: f32) -> Result<Vec<u8>, Stop> {
    let mut file = OpusFile::new(1, bits).ok_or(Stop::Broken)?;
    let mut to_48k = To48k::new(1);
    let louder = |samples: &mut [f32]| samples.iter_mut().for_each(|sample| *sample *= gain);
    decode(&source.bytes, source.content, |block| {
        to_48k.push(block, |samples| {
            louder(samples);
            file.push(samples)
        })
    })?;
    to_48k.finish(|samples| {
        louder(samples);
        file.push(samples)
    })?;
    file.finish().ok_or(Stop::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_note_of_an_hour_fits() {
        assert_eq!(voice_bits(2_000), VOICE_BITS);
        let bytes = voice_bits(MINUTES_LIMIT * 60_000) as u64 * MINUTES_LIMIT * 60 / 8;
        assert!(bytes * 6 / 5 <= AUDIO_LIMIT);
    }
}

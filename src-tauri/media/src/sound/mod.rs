//! Sound: a voice note (mono Opus in Ogg, as loud as others, with a waveform)
//! or an audio file, which goes as it is where phones can play it.
//!
//! A voice note is decoded three times, to count, to measure and to write, so
//! that an hour of sound takes no more memory than a minute. What is a voice
//! note already is not written anew: its packets are put into a clean file.

mod decode;
mod loudness;
mod ogg;
mod opus;
mod rate;

use std::borrow::Cow;

use decode::{Block, Stop, check_length, decode};
use loudness::Measured;
use opus::OpusFile;
use rate::To48k;

use crate::{
    Change, Kind, Offered, Prepared, Refusal, SourceFacts, Wish,
    iso::codec::Codec,
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
        match stop {
            Stop::Broken => Refusal::broken(self.content.name()),
            Stop::Silent => Refusal::NoSound { format: self.format() },
            Stop::TooLong(limit) => Refusal::TooLong { limit },
            Stop::Unsupported => self.unplayable(),
        }
    }

    fn unplayable(&self) -> Refusal {
        Refusal::SoundUnplayable { format: self.format(), codec: self.codec.name().into() }
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
        _ => "?",
    }
}

pub(crate) fn prepare(source: Source<'_>, wish: Wish) -> Result<Prepared, Refusal> {
    match wish {
        Wish::Document => Ok(source.document()),
        Wish::Audio => audio(source),
        Wish::Auto | Wish::Voice => voice(&source),
    }
}

fn voice(source: &Source<'_>) -> Result<Prepared, Refusal> {
    if source.codec == Codec::HeAac {
        return Err(Refusal::SoundUnsupported { format: source.format(), codec: source.codec.name().into() });
    }
    let refusal = |stop| source.refusal(stop);
    check_pages(source).map_err(refusal)?;
    check_length(&source.bytes, source.content).map_err(refusal)?;
    let measured = Measured::of(&source.bytes, source.content).map_err(refusal)?;
    let gain = measured.gain();
    let heard = 20.0 * gain.log10();
    let levelled = heard.abs() >= UNHEARD;

    let clean = if levelled || measured.channels > 1 { None } else { opus::clean_copy(&source.bytes) };
    let clean = clean.filter(|bytes| bytes.len() as u64 <= AUDIO_LIMIT);
    let mut changes = vec![];
    let bytes = match clean {
        Some(bytes) => bytes,
        None => {
            let happened =
                [(measured.channels > 1, Change::Mixed), (true, Change::Recoded), (levelled, Change::Levelled)];
            changes.extend(happened.into_iter().filter_map(|(happened, change)| happened.then_some(change)));
            let gain = if levelled { gain as f32 } else { 1.0 };
            encode(source, 1, voice_bits(measured.duration_ms()), gain).map_err(refusal)?
        }
    };
    if bytes.len() as u64 > AUDIO_LIMIT {
        return Err(Refusal::TooLong { limit: MINUTES_LIMIT });
    }
    let mut facts = source.facts();
    facts.duration_ms = Some(measured.duration_ms());
    let prepared = Prepared::new(Kind::Voice, "audio/ogg; codecs=opus", bytes, facts);
    Ok(Prepared { waveform: Some(measured.waveform()), changes, ..prepared })
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

fn audio(source: Source<'_>) -> Result<Prepared, Refusal> {
    let plays = match (source.content, source.codec) {
        (Content::Sound(Sound::Mp3 | Sound::Aac | Sound::Opus), _) | (Content::Iso(_), Codec::Aac) => true,
        (Content::Iso(_), Codec::HeAac) => return Ok(as_it_is(source, None)),
        _ => false,
    };
    check_pages(&source).map_err(|stop| source.refusal(stop))?;
    let mut length = (0, 1);
    let mut channels = 1;
    let count = |block: Block<'_>| {
        length = (length.0 + (block.samples.len() / block.channels) as u64, block.rate);
        channels = block.channels;
        Ok(())
    };
    decode(&source.bytes, source.content, count).map_err(|stop| source.refusal(stop))?;
    let duration_ms = length.0 * 1000 / u64::from(length.1);
    if plays {
        return Ok(as_it_is(source, Some(duration_ms)));
    }
    let channels = if channels == 2 { 2 } else { 1 };
    let bits = AUDIO_BITS * channels as i32;
    let bytes = encode(&source, channels, bits, 1.0).map_err(|stop| source.refusal(stop))?;
    let mut facts = source.facts();
    facts.duration_ms = Some(duration_ms);
    if bytes.len() as u64 > AUDIO_LIMIT {
        let offered = Offered::AudioTooBig { bytes: bytes.len() as u64, limit: AUDIO_LIMIT };
        return Ok(Prepared { offered: Some(offered), ..source.document() });
    }
    let prepared = Prepared::new(Kind::Audio, "audio/ogg; codecs=opus", bytes, facts);
    Ok(Prepared { changes: vec![Change::Recoded], ..prepared })
}

fn as_it_is(source: Source<'_>, duration_ms: Option<u64>) -> Prepared {
    let mut facts = source.facts();
    facts.duration_ms = duration_ms.or(facts.duration_ms);
    let bytes = source.bytes.len() as u64;
    if bytes > AUDIO_LIMIT {
        let offered = Some(Offered::AudioTooBig { bytes, limit: AUDIO_LIMIT });
        return Prepared { offered, ..source.document() };
    }
    let mime = match source.content {
        Content::Sound(Sound::Opus) => "audio/ogg; codecs=opus",
        content => content.mime(),
    };
    Prepared::new(Kind::Audio, mime, source.bytes.into_owned(), facts)
}

fn encode(source: &Source<'_>, channels: usize, bits: i32, gain: f32) -> Result<Vec<u8>, Stop> {
    let mut file = OpusFile::new(channels, bits).ok_or(Stop::Broken)?;
    let mut to_48k = To48k::new(channels);
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

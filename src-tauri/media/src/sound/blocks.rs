//! Samples on their way from a decoder to whoever wants them, and what stands between: the limits, what is played, and
//! how much damage is too much.

use symphonia::core::{codecs::audio::AudioDecoder, packet::PacketRef};

use super::MINUTES_LIMIT;
use crate::iso::movie::Played;

/// Samples of one moment after another, the channels of each together.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) samples: &'a [f32],
    /// At least one; a file may have blocks with more and with fewer.
    pub(super) channels: usize,
    /// Within [`RATES`], and the same for all blocks of a file.
    pub(super) rate: u32,
}

/// Why there are no (more) blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Broken,
    Silent,
    /// What would fit, in minutes.
    TooLong(u64),
    Unsupported,
    /// Blocks of an MP3 that are partly long and partly short, which the decoder makes loud noise of.
    Mixed,
}

/// Rates that recorders and programs use, in samples a second.
pub(super) const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;
const MOST_CHANNELS: usize = 8;
/// All channels together: an hour of six at the usual rate. What has more is a film's sound, or no sound at all.
const MOST_SAMPLES: u64 = 3600 * 48_000 * 6;

pub(super) fn check_frames(frames: u64, channels: usize, rate: u32) -> Result<(), Stop> {
    let a_minute = u64::from(rate) * 60;
    let most = (a_minute * MINUTES_LIMIT).min(MOST_SAMPLES / channels.max(1) as u64);
    if frames > most { Err(Stop::TooLong(most / a_minute)) } else { Ok(()) }
}

/// Stands between decoders and whoever wants their blocks.
pub(super) struct Guard<F> {
    pub(super) each: F,
    /// Of the first block.
    pub(super) rate: Option<u32>,
    /// The rest is neither heard nor given.
    pub(super) played: Option<Played>,
    /// Those that were decoded, and of them those that were given.
    pub(super) frames: u64,
    pub(super) given: u64,
}

impl<F: FnMut(Block<'_>) -> Result<(), Stop>> Guard<F> {
    pub(super) fn take(&mut self, block: Block<'_>) -> Result<(), Stop> {
        if block.samples.is_empty() {
            return Ok(());
        }
        let fits = (1..=MOST_CHANNELS).contains(&block.channels) && RATES.contains(&block.rate);
        if !fits || *self.rate.get_or_insert(block.rate) != block.rate {
            return Err(Stop::Broken);
        }
        let before = self.frames;
        self.frames += (block.samples.len() / block.channels) as u64;
        check_frames(self.frames, block.channels, block.rate)?;
        let samples = match self.played {
            Some(Played { from, to }) => {
                let within = |seconds: f64| {
                    let frame = (seconds * f64::from(block.rate)).round() as u64;
                    (frame.clamp(before, self.frames) - before) as usize * block.channels
                };
                block.samples.get(within(from)..within(to)).unwrap_or_default()
            }
            None => block.samples,
        };
        if samples.is_empty() {
            return Ok(());
        }
        self.given += (samples.len() / block.channels) as u64;
        (self.each)(Block { samples, ..block })
    }

    /// Decodes a packet, or counts it as damaged.
    pub(super) fn decode(
        &mut self,
        decoder: &mut dyn AudioDecoder,
        packet: &PacketRef<'_>,
        tally: &mut Tally,
    ) -> Result<(), Stop> {
        let Ok(decoded) = decoder.decode_ref(packet) else {
            tally.bad += 1;
            return Ok(());
        };
        tally.good += 1;
        let (channels, rate) = (decoded.spec().channels().count(), decoded.spec().rate());
        let mut samples = Vec::new();
        decoded.copy_to_vec_interleaved(&mut samples);
        self.take(Block { samples: &samples, channels, rate })
    }
}

/// Packets that could be decoded, and those that could not.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) good: u64,
    pub(super) bad: u64,
}

impl Tally {
    /// Players step over a damaged packet. More than one in eight is a ruin.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if self.bad * 8 > self.good { Err(Stop::Broken) } else { Ok(()) }
    }
}

//! How loud a sound is: as a whole, for the level of a voice note, and over
//! time, for its waveform.

use ebur128::{EbuR128, Mode};

use super::{
    blocks::{Block, Stop},
    decode::decode,
    rate::{RATE, To48k},
};
use crate::sniff::Content;

/// Where voice notes are levelled to, in LUFS (EBU R 128's measure).
const TARGET: f64 = -16.0;
/// The loudest single sample after levelling; encoding adds a little to it.
const PEAK: f64 = 0.89;
/// The same for a sound that is too short to measure, to whose end encoding adds more.
const SHORT_PEAK: f64 = 0.6;
/// More would mostly lift the noise, as a factor: 20 dB.
const MOST: f64 = 10.0;
/// Samples in one step of the envelope: ten milliseconds.
const STEP: usize = RATE as usize / 100;
const POINTS: usize = 64;

pub(super) struct Measured {
    pub(super) channels: usize,
    /// In LUFS; `None` for silence and for sounds too short to measure.
    loudness: Option<f64>,
    peak: f32,
    frames: u64,
    /// The mean square of each step.
    envelope: Vec<f32>,
}

impl Measured {
    pub(super) fn of(bytes: &[u8], content: Content) -> Result<Self, Stop> {
        let mut meter = EbuR128::new(1, RATE, Mode::I).map_err(|_| Stop::Broken)?;
        let mut measured = Self { channels: 1, loudness: None, peak: 0.0, frames: 0, envelope: Vec::new() };
        let mut step = Step::default();
        let mut to_48k = To48k::new(1);
        let mut listen = |measured: &mut Self, samples: &[f32]| {
            measured.frames += samples.len() as u64;
            measured.peak = samples.iter().fold(measured.peak, |peak, sample| peak.max(sample.abs()));
            step.listen(samples, &mut measured.envelope);
            meter.add_frames_f32(samples).map_err(|_| Stop::Broken)
        };
        decode(bytes, content, |block: Block<'_>| {
            measured.channels = measured.channels.max(block.channels);
            to_48k.push(block, |samples| listen(&mut measured, samples))
        })?;
        to_48k.finish(|samples| listen(&mut measured, samples))?;
        measured.envelope.extend(step.rest());
        measured.loudness = meter.loudness_global().ok().filter(|loudness| loudness.is_finite());
        Ok(measured)
    }

    /// The factor that brings the sound to [`TARGET`], as far as its loudest
    /// moment allows. What is too short to measure keeps its height, but for that.
    pub(super) fn gain(&self) -> f64 {
        let wanted = self.loudness.map_or(1.0, |loudness| 10_f64.powf((TARGET - loudness) / 20.0));
        wanted.min(MOST).min(self.most())
    }

    /// The factor that keeps the sound as loud as it is, as far as its loudest moment allows.
    pub(super) fn kept(&self) -> f64 {
        self.most().min(1.0)
    }

    fn most(&self) -> f64 {
        let highest = if self.loudness.is_some() { PEAK } else { SHORT_PEAK };
        highest / f64::from(self.peak).max(f64::MIN_POSITIVE)
    }

    pub(super) fn duration_ms(&self) -> u64 {
        self.frames * 1000 / u64::from(RATE)
    }

    /// Sixty-four points, the loudest of them 100.
    pub(super) fn waveform(&self) -> [u8; POINTS] {
        let steps = self.envelope.len();
        let mut points = [0.0_f32; POINTS];
        for (index, point) in points.iter_mut().enumerate() {
            let start = index * steps / POINTS;
            let end = ((index + 1) * steps / POINTS).max(start + 1);
            let part = self.envelope.get(start..end.min(steps)).unwrap_or_default();
            *point = (part.iter().sum::<f32>() / part.len().max(1) as f32).sqrt();
        }
        let loudest = points.iter().fold(0.0_f32, |loudest, point| loudest.max(*point));
        // Below this, a microphone's noise would fill the whole picture.
        let full = loudest.max(0.001);
        points.map(|point| (point / full * 100.0).round() as u8)
    }
}

/// A step of the envelope that is being filled.
#[derive(Default)]
struct Step {
    sum: f32,
    filled: usize,
}

impl Step {
    fn listen(&mut self, mut samples: &[f32], envelope: &mut Vec<f32>) {
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(STEP - self.filled));
            self.sum += now.iter().map(|sample| sample * sample).sum::<f32>();
            self.filled += now.len();
            if self.filled == STEP {
                envelope.extend(self.rest());
            }
            samples = later;
        }
    }

    /// The mean square so far; starts the next step.
    fn rest(&mut self) -> Option<f32> {
        let Self { sum, filled } = std::mem::take(self);
        (filled > 0).then(|| sum / filled as f32)
    }
}

//! From any number of channels and any rate to one or two at 48 kHz, which is
//! what Opus takes.

use rubato::{
    Async, FixedAsync, Indexing, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction,
    audioadapter_buffers::direct::InterleavedSlice,
};

use super::blocks::{Block, Stop};

pub(super) const RATE: u32 = 48_000;
/// Frames that the resampler takes at once.
const CHUNK: usize = 1024;

pub(super) struct To48k {
    channels: usize,
    /// `None` until the first block tells the rate, and for sound at 48 kHz.
    resampler: Option<Resampling>,
    mixed: Vec<f32>,
}

impl To48k {
    /// `channels` is one or two.
    pub(super) fn new(channels: usize) -> Self {
        Self { channels, resampler: None, mixed: Vec::new() }
    }

    pub(super) fn push(
        &mut self,
        block: Block<'_>,
        mut each: impl FnMut(&mut [f32]) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        mix(block, self.channels, &mut self.mixed);
        if block.rate == RATE {
            return each(&mut self.mixed);
        }
        let resampling = match &mut self.resampler {
            Some(resampling) => resampling,
            none => none.insert(Resampling::new(block.rate, self.channels).ok_or(Stop::Broken)?),
        };
        resampling.push(&self.mixed, each)
    }

    /// What is still inside.
    pub(super) fn finish(self, each: impl FnMut(&mut [f32]) -> Result<(), Stop>) -> Result<(), Stop> {
        self.resampler.map_or(Ok(()), |resampling| resampling.finish(each))
    }
}

fn mix(block: Block<'_>, channels: usize, mixed: &mut Vec<f32>) {
    mixed.clear();
    // Some recorders write numbers that are none; they would spoil everything after them.
    let sound = |sample: &f32| if sample.is_finite() { sample.clamp(-4.0, 4.0) } else { 0.0 };
    if block.channels == channels {
        mixed.extend(block.samples.iter().map(sound));
        return;
    }
    for moment in block.samples.chunks_exact(block.channels) {
        let mean = moment.iter().map(sound).sum::<f32>() / block.channels as f32;
        mixed.extend(std::iter::repeat_n(mean, channels));
    }
}

struct Resampling {
    resampler: Async<f32>,
    channels: usize,
    rate: u32,
    waiting: Vec<f32>,
    out: Vec<f32>,
    /// Frames of the filter's delay that are still to be dropped.
    delay: usize,
    /// Frames that came in and went out.
    taken: u64,
    given: u64,
}

impl Resampling {
    fn new(rate: u32, channels: usize) -> Option<Self> {
        let parameters = SincInterpolationParameters::new(128, WindowFunction::BlackmanHarris2)
            .oversampling_factor(256)
            .interpolation(SincInterpolationType::Linear);
        let ratio = f64::from(RATE) / f64::from(rate);
        let resampler = Async::new_sinc(ratio, 1.0, &parameters, CHUNK, channels, FixedAsync::Input).ok()?;
        Some(Self {
            out: vec![0.0; resampler.output_frames_max() * channels],
            delay: resampler.output_delay(),
            resampler,
            channels,
            rate,
            waiting: Vec::new(),
            taken: 0,
            given: 0,
        })
    }

    fn push(&mut self, samples: &[f32], mut each: impl FnMut(&mut [f32]) -> Result<(), Stop>) -> Result<(), Stop> {
        self.waiting.extend_from_slice(samples);
        self.taken += (samples.len() / self.channels) as u64;
        let chunk = CHUNK * self.channels;
        let mut start = 0;
        while self.waiting.len() - start >= chunk {
            self.convert(start, None, u64::MAX, &mut each)?;
            start += chunk;
        }
        self.waiting.drain(..start);
        Ok(())
    }

    /// As many frames come out as the length of the sound says, with silence
    /// pushing the last ones through the filter.
    fn finish(mut self, mut each: impl FnMut(&mut [f32]) -> Result<(), Stop>) -> Result<(), Stop> {
        let expected = (self.taken * u64::from(RATE) + u64::from(self.rate) / 2) / u64::from(self.rate);
        let mut left = self.waiting.len() / self.channels;
        while self.given < expected {
            self.convert(0, Some(left), expected, &mut each)?;
            left = 0;
        }
        Ok(())
    }

    /// One chunk from `start` on, `partial` frames of it if it is shorter; not
    /// more than `most` frames are given in all.
    fn convert(
        &mut self,
        start: usize,
        partial: Option<usize>,
        most: u64,
        each: &mut impl FnMut(&mut [f32]) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let channels = self.channels;
        let input = self.waiting.get(start..).ok_or(Stop::Broken)?;
        let input = InterleavedSlice::new(input, channels, input.len() / channels).map_err(|_| Stop::Broken)?;
        let frames = self.out.len() / channels;
        let mut output = InterleavedSlice::new_mut(&mut self.out, channels, frames).map_err(|_| Stop::Broken)?;
        let indexing = partial.map(|frames| Indexing::new().partial_len(frames));
        let (_, frames) =
            self.resampler.process_into_buffer(&input, &mut output, indexing.as_ref()).map_err(|_| Stop::Broken)?;
        let dropped = frames.min(self.delay);
        self.delay -= dropped;
        let wanted = usize::try_from(most - self.given).unwrap_or(usize::MAX).min(frames - dropped);
        self.given += wanted as u64;
        each(self.out.get_mut(dropped * channels..(dropped + wanted) * channels).ok_or(Stop::Broken)?)
    }
}

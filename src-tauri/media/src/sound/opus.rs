//! Opus in Ogg: written from samples, or copied clean from another file.
//!
//! The end is exact to the sample (RFC 7845, 4): the encoder runs a few
//! milliseconds behind, so silence pushes the last sound out of it, and the
//! last page says where the sound really ends.

use std::io::Cursor;

use opus_pure::{
    Application, MAX_PACKET_BYTES, OggOpusReader, OggOpusWriter, OpusEncoder, OpusHead, RateControl, Signal, packet,
};

use super::{blocks::Stop, rate::RATE};

/// Twenty milliseconds, in samples of each channel.
const FRAME: usize = RATE as usize / 50;

pub(super) struct OpusFile {
    encoder: OpusEncoder,
    writer: OggOpusWriter<Vec<u8>>,
    channels: usize,
    pre_skip: u64,
    /// Less than a frame.
    waiting: Vec<f32>,
    /// The packet before the next one: the last is written differently.
    held: Option<Vec<u8>>,
    room: Vec<u8>,
    /// Samples of each channel that came in, and frames that were encoded.
    taken: u64,
    encoded: u64,
}

impl OpusFile {
    /// For one or two channels, at about `bits` a second.
    pub(super) fn new(channels: usize, bits: i32) -> Option<Self> {
        let mut encoder = OpusEncoder::new(RATE as i32, channels, Application::Audio).ok()?;
        // One way of coding from the first to the last frame. Left to itself, the encoder begins with speech's and
        // changes after 0.4 s where it hears something else, with a click; and at these rates this one suits speech too.
        encoder.signal_type = Some(Signal::Music);
        encoder.bitrate_bps = bits;
        encoder.rate_control = RateControl::ConstrainedVbr;
        let head = OpusHead::for_encoder(&encoder, RATE);
        Some(Self {
            pre_skip: head.pre_skip.into(),
            writer: OggOpusWriter::new(Vec::new(), head).ok()?,
            encoder,
            channels,
            waiting: Vec::new(),
            held: None,
            room: vec![0; MAX_PACKET_BYTES],
            taken: 0,
            encoded: 0,
        })
    }

    pub(super) fn push(&mut self, samples: &[f32]) -> Result<(), Stop> {
        self.taken += (samples.len() / self.channels) as u64;
        self.waiting.extend_from_slice(samples);
        let waiting = std::mem::take(&mut self.waiting);
        let frames = waiting.chunks_exact(FRAME * self.channels);
        self.waiting = frames.remainder().to_vec();
        for frame in frames {
            self.encode(frame).ok_or(Stop::Broken)?;
        }
        Ok(())
    }

    fn encode(&mut self, frame: &[f32]) -> Option<()> {
        let length = self.encoder.encode(frame, FRAME, &mut self.room).ok()?;
        let packet = self.room.get(..length)?.to_vec();
        if let Some(before) = self.held.replace(packet) {
            self.writer.write_packet(&before).ok()?;
        }
        self.encoded += 1;
        Some(())
    }

    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        let end = self.pre_skip + self.taken;
        let mut frame = std::mem::take(&mut self.waiting);
        while self.encoded * (FRAME as u64) < end {
            frame.resize(FRAME * self.channels, 0.0);
            self.encode(&frame)?;
            frame.clear();
        }
        let rest = end.checked_sub(u64::try_from(self.writer.granule()).ok()?)?;
        self.writer.write_packet_with_duration(&self.held?, u32::try_from(rest).ok()?).ok()?;
        self.writer.finish().ok()
    }
}

/// The same packets in a file with nothing else in it; `None` where this is no
/// mono Opus whose packets say all there is to say.
pub(super) fn clean_copy(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = OggOpusReader::new(Cursor::new(bytes)).ok()?;
    let source = reader.head();
    if source.channel_count != 1 || source.mapping_family != 0 || source.output_gain_q8 != 0 {
        return None;
    }
    let head = OpusHead { pre_skip: source.pre_skip, ..OpusHead::new(1, RATE).ok()? };
    let mut writer = OggOpusWriter::new(Vec::new(), head).ok()?;
    while let Some(next) = reader.read_packet().ok()? {
        let whole = packet::samples_48k(&next.data).ok()? as u64;
        let left = u64::try_from(next.page_granule.checked_sub(writer.granule())?).ok();
        // The end may cut the last packet short.
        match left {
            Some(left) if next.end_of_stream && (1..whole).contains(&left) => {
                writer.write_packet_with_duration(&next.data, u32::try_from(left).ok()?).ok()?;
            }
            _ => writer.write_packet(&next.data).ok()?,
        }
    }
    // A second sound behind the first is one with it, but its packets are not.
    let whole = reader.get_ref().position() == bytes.len() as u64;
    if whole { writer.finish().ok() } else { None }
}

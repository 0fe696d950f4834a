//! The voice of old phones: AMR and AMR-WB, 20 ms a frame, behind each other as RFC 4867 (section 5) stores them.

use codec_core::{
    CodecConfig, CodedFrame, FrameKind, VariableRateCodec,
    codecs::amr::{AmrCodec, AmrFrameType, AmrMode, AmrStorageReader, AmrVariant},
};

use super::blocks::{Block, Guard, Stop, Tally};
use crate::iso::{codec::Codec, movie::Track, remux::samples};

/// A frame's first byte, which says how long the frame is.
const HEADER: usize = 1;

/// How such a file begins.
const NARROW: &[u8] = b"#!AMR\n";
pub(super) const WIDE: &[u8] = b"#!AMR-WB\n";

/// The same file, of what phones record into 3GP and MP4. `None` where that holds another sound.
pub(super) fn recorded(bytes: &[u8], track: &Track<'_>) -> Option<Vec<u8>> {
    let mark = match track.codec {
        Codec::Other("AMR") => NARROW,
        Codec::Other("AMR-WB") => WIDE,
        _ => return None,
    };
    Some([mark, &samples(bytes, track)?].concat())
}

pub(super) fn decode<F: FnMut(Block<'_>) -> Result<(), Stop>>(bytes: &[u8], guard: &mut Guard<F>) -> Result<(), Stop> {
    // What else begins like them has several channels.
    let mut reader = AmrStorageReader::new(bytes).map_err(|_| Stop::Unsupported)?;
    let variant = reader.variant();
    let config = match variant {
        AmrVariant::NarrowBand => CodecConfig::amr_nb(),
        AmrVariant::WideBand => CodecConfig::amr_wb(),
    };
    let mut codec = AmrCodec::new(&config).map_err(|_| Stop::Broken)?;
    let mut left = bytes.len() - variant.storage_magic().len();
    let mut tally = Tally::default();
    let mut mode = 0;
    // A frame that is cut off or says no length ends it.
    while let Ok(Some(frame)) = reader.next_frame() {
        left = left.saturating_sub(HEADER + frame.data.len());
        let kind = match frame.frame_type {
            AmrFrameType::Speech(of) => {
                mode = AmrMode::index(of);
                FrameKind::Speech
            }
            AmrFrameType::Sid(_) => FrameKind::ComfortNoise,
            AmrFrameType::NoData => FrameKind::NoData,
            AmrFrameType::SpeechLost => FrameKind::Lost,
        };
        match codec.decode_frame(&CodedFrame { kind, mode, quality_ok: frame.quality_ok, data: frame.data }) {
            Ok(samples) => {
                tally.good += 1;
                let samples: Vec<_> = samples.into_iter().map(|sample| f32::from(sample) / 32_768.0).collect();
                guard.take(Block { samples: &samples, channels: 1, rate: variant.sample_rate() })?;
            }
            Err(_) => tally.bad += 1,
        }
    }
    tally.check()?;
    // A recorder that was switched off leaves one unfinished frame; what is longer is no sound.
    if left * 8 > bytes.len() { Err(Stop::Broken) } else { Ok(()) }
}

//! The codecs inside MP4 and its relatives, by the names people know.
//!
//! Four letters name most of them. `mp4a` only says "as MPEG-4 describes", so
//! its descriptor is read down to the kind of AAC.

use super::{Atom, atoms, child, u16_at};

/// What a track holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// H.264 with eight bits and colours at half the resolution, which is what
    /// every phone plays.
    H264,
    /// AAC-LC.
    Aac,
    /// AAC with a second stream for the high tones. Phones play it.
    HeAac,
    Other(&'static str),
}

impl Codec {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::Aac => "AAC",
            Self::HeAac => "HE-AAC",
            Self::Other(name) => name,
        }
    }
}

impl Codec {
    /// The name, where it is known.
    pub(crate) fn known(self) -> Option<&'static str> {
        Some(self.name()).filter(|name| *name != UNKNOWN)
    }
}

/// What stands for a name in the facts of a file where there is none.
pub(crate) const UNKNOWN: &str = "?";

/// `None` where a description that must be there is not.
pub(crate) fn picture(entry: Atom<'_>) -> Option<Codec> {
    Some(Codec::Other(match entry.kind {
        b"avc1" => return h264(entry.body),
        b"avc3" => "H.264 (avc3)",
        b"hvc1" | b"hev1" => "HEVC",
        b"dvh1" | b"dvhe" | b"dva1" | b"dvav" => "Dolby Vision",
        b"mp4v" => "MPEG-4",
        b"s263" | b"h263" | b"H263" => "H.263",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        b"av01" => "AV1",
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "ProRes",
        b"jpeg" | b"mjpa" | b"mjpb" => "Motion JPEG",
        b"encv" | b"drmi" => "DRM",
        _ => UNKNOWN,
    }))
}

/// Where the atoms of a video sample entry begin.
pub(crate) const PICTURE_ENTRY: usize = 78;

fn h264(entry: &[u8]) -> Option<Codec> {
    let config = child(entry.get(PICTURE_ENTRY..)?, b"avcC")?;
    Some(match config.get(1)? {
        // Baseline, Main, Extended, High.
        66 | 77 | 88 | 100 => Codec::H264,
        110 => Codec::Other("H.264 (10 bit)"),
        122 => Codec::Other("H.264 (4:2:2)"),
        244 | 44 => Codec::Other("H.264 (4:4:4)"),
        _ => Codec::Other("H.264 (other)"),
    })
}

/// `None` where a description that must be there is not.
pub(crate) fn sound(entry: Atom<'_>) -> Option<Codec> {
    Some(Codec::Other(match entry.kind {
        b"mp4a" => return described(esds(entry.body)?),
        b"samr" => "AMR",
        b"sawb" => "AMR-WB",
        b".mp3" => "MP3",
        b"alac" => "ALAC",
        b"fLaC" => "FLAC",
        b"Opus" => "Opus",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b"ulaw" | b"alaw" => "G.711",
        b"lpcm" | b"sowt" | b"twos" | b"in24" | b"in32" | b"fl32" | b"ipcm" | b"raw " => "PCM",
        b"enca" | b"drms" => "DRM",
        _ => UNKNOWN,
    }))
}

/// The MPEG-4 descriptor of a sound sample entry, wherever QuickTime's versions
/// of the entry put it.
pub(crate) fn esds(entry: &[u8]) -> Option<&[u8]> {
    let rest = entry.get(sound_entry(entry)?..)?;
    child(rest, b"esds").or_else(|| child(child(rest, b"wave")?, b"esds"))
}

/// Where the atoms of a sound sample entry begin.
pub(crate) fn sound_entry(entry: &[u8]) -> Option<usize> {
    match u16_at(entry, 8)? {
        0 => Some(28),
        1 => Some(44),
        2 => Some(64),
        _ => None,
    }
}

fn described(esds: &[u8]) -> Option<Codec> {
    let (kind, config) = decoder_config(esds)?;
    Some(match kind {
        0x40 => config.map_or(Codec::Aac, aac),
        0x66..=0x68 => Codec::Aac,
        0x69 | 0x6B => Codec::Other("MP3"),
        0xA5 => Codec::Other("AC-3"),
        0xA9 => Codec::Other("DTS"),
        0xAD => Codec::Other("Opus"),
        0xDD => Codec::Other("Vorbis"),
        0xE1 => Codec::Other("QCELP"),
        _ => Codec::Other(UNKNOWN),
    })
}

/// The object type, and the decoder's own configuration, from descriptors
/// within descriptors (ISO/IEC 14496-1, 7.2.6).
fn decoder_config(esds: &[u8]) -> Option<(u8, Option<&[u8]>)> {
    let (0x03, stream) = descriptor(esds.get(4..)?)? else { return None };
    let flags = *stream.get(2)?;
    let mut start = 3;
    if flags & 0x80 != 0 {
        start += 2;
    }
    if flags & 0x40 != 0 {
        start += 1 + usize::from(*stream.get(start)?);
    }
    if flags & 0x20 != 0 {
        start += 2;
    }
    let (0x04, config) = descriptor(stream.get(start..)?)? else { return None };
    let specific = config.get(13..).and_then(descriptor).filter(|(tag, _)| *tag == 0x05).map(|(_, body)| body);
    Some((*config.first()?, specific))
}

/// A tag, a length in steps of seven bits, and a body as long as that, or as
/// long as what is there: some writers declare more.
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (tag, mut rest) = bytes.split_first()?;
    let mut length = 0;
    for _ in 0..4 {
        let (byte, after) = rest.split_first()?;
        rest = after;
        length = (length << 7) | usize::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((*tag, rest.get(..length).unwrap_or(rest)))
}

/// Which AAC, by AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2). HE-AAC may call
/// itself LC and say the rest in an extension at the end.
fn aac(config: &[u8]) -> Codec {
    let Some(first) = config.first() else { return Codec::Aac };
    match first >> 3 {
        2 if extended(config) => Codec::HeAac,
        2 => Codec::Aac,
        5 | 29 => Codec::HeAac,
        1 => Codec::Other("AAC Main"),
        3 => Codec::Other("AAC SSR"),
        4 => Codec::Other("AAC LTP"),
        // 31 announces a number above: 42 is USAC.
        31 => Codec::Other("xHE-AAC"),
        22 | 23 | 39 => Codec::Other("AAC LD"),
        _ => Codec::Other("AAC (other)"),
    }
}

/// The sync word 0x2B7, object type 5 and the flag that says that it is there.
/// An LC configuration before it takes two bytes, or five with a rate of its own.
fn extended(config: &[u8]) -> bool {
    [2, 5].into_iter().any(|at| match config.get(at..) {
        Some([0x56, third, fourth, ..]) => *third == 0xE5 && fourth & 0x80 != 0,
        _ => false,
    })
}

/// The entries of a sample description table.
pub(crate) fn descriptions(stsd: &[u8]) -> impl Iterator<Item = Atom<'_>> {
    atoms(stsd.get(8..).unwrap_or_default()).map_while(Result::ok)
}

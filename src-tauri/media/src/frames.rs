//! MP3 and AAC without a container: frames one after the other, each with a header of its own, and tags around them.
//!
//! Such a file may begin anywhere, as a recording of a stream does. Where its frames begin is told by three that agree,
//! and how long it is by counting them, because a first frame says nothing about the others.

/// How far into a file its first frame may stand.
const SEARCHED: usize = 64 * 1024;
/// Frames in a row that are no coincidence.
const IN_A_ROW: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Mp3,
    Aac,
}

/// What a frame says about itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) coding: Coding,
    /// In bytes, with the header.
    pub(crate) length: usize,
    /// Samples a second, and of each channel in this frame.
    pub(crate) rate: u32,
    pub(crate) samples: u32,
    /// 0 where an AAC frame describes them inside.
    pub(crate) channels: u8,
    /// Where the header ends, with its checksum.
    pub(crate) body: usize,
    /// The same in all frames of a sound.
    kind: u32,
}

impl Header {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let word = u32::from_be_bytes(*bytes.first_chunk()?);
        // Both begin with eleven ones; the layer that is none stands for AAC.
        match (word >> 21, (word >> 17) & 3) {
            (0x7FF, 0) => adts(bytes, word),
            (0x7FF, 1) => mp3(word),
            _ => None,
        }
    }

    fn is_mpeg1(&self) -> bool {
        self.samples == 1152
    }

    /// Bytes of the tables in front of an MP3 frame's content.
    pub(crate) fn side_info(&self) -> usize {
        match (self.is_mpeg1(), self.channels) {
            (true, 1) | (false, 2) => 17,
            (true, _) => 32,
            (false, _) => 9,
        }
    }

    /// Whether an MP3 frame holds a block that is partly long and partly short.
    pub(crate) fn has_mixed_blocks(&self, frame: &[u8]) -> bool {
        if self.coding != Coding::Mp3 {
            return false;
        }
        let channels = usize::from(self.channels);
        // What stands before the granules, their number and length, and where their windows are described, in bits.
        let (before, granules, each, window) = match (self.is_mpeg1(), channels) {
            (true, 1) => (18, 2, 59, 33),
            (true, _) => (20, 2, 59, 33),
            (false, 1) => (9, 1, 63, 38),
            (false, _) => (10, 1, 63, 38),
        };
        let tables = frame.get(self.body..).unwrap_or_default();
        let bit = |at: usize| tables.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
        (0..granules * channels).map(|granule| before + granule * each + window).any(|at| {
            // Switched, of kind 2, and mixed.
            bit(at) && bit(at + 1) && !bit(at + 2) && bit(at + 3)
        })
    }
}

/// ISO/IEC 11172-3, 2.4.1.3 and 13818-3, 2.4.1.3, layer III only.
fn mp3(word: u32) -> Option<Header> {
    const MPEG1: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const MPEG2: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let number = |shift: u32, ones: u32| ((word >> shift) & ones) as usize;
    let (kilobits, samples, halved) = match number(19, 3) {
        3 => (MPEG1, 1152, 0),
        2 => (MPEG2, 576, 1),
        // MPEG 2.5, which is nobody's standard.
        0 => (MPEG2, 576, 2),
        _ => return None,
    };
    let rate = [44_100, 48_000, 32_000].get(number(10, 3))? >> halved;
    let kilobits = kilobits.get(number(12, 15).checked_sub(1)?)?;
    let length = samples / 8 * kilobits * 1_000 / rate + ((word >> 9) & 1);
    Some(Header {
        coding: Coding::Mp3,
        length: usize::try_from(length).ok()?,
        rate,
        samples,
        channels: if number(6, 3) == 3 { 1 } else { 2 },
        body: if number(16, 1) == 0 { 6 } else { 4 },
        kind: word & 0xFFFE_0C00,
    })
}

/// ISO/IEC 13818-7, 6.2.
fn adts(bytes: &[u8], word: u32) -> Option<Header> {
    const RATES: [u32; 13] =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
    let [_, _, _, high, middle, low, blocks, ..] = *bytes else { return None };
    let body = if (word >> 16) & 1 == 1 { 7 } else { 9 };
    let length = (usize::from(high & 3) << 11) | (usize::from(middle) << 3) | usize::from(low >> 5);
    let usual = word >> 20 == 0xFFF && length > body;
    usual.then_some(Header {
        coding: Coding::Aac,
        length,
        rate: *RATES.get(((word >> 10) & 15) as usize)?,
        samples: 1024 * (u32::from(blocks & 3) + 1),
        channels: ((word >> 6) & 7) as u8,
        body,
        kind: word & 0xFFFE_FDC0,
    })
}

/// Where the first frame stands, behind tags and whatever else is in front.
pub(crate) fn start(bytes: &[u8]) -> Option<usize> {
    let tags = bytes.len() - behind_tags(bytes).len();
    let after = bytes.get(tags..)?;
    (0..after.len().min(SEARCHED)).find(|at| agree(after.get(*at..).unwrap_or_default())).map(|at| tags + at)
}

/// Whether as many frames as it takes follow each other here, or all that there are.
fn agree(bytes: &[u8]) -> bool {
    let Some(first) = Header::read(bytes) else { return false };
    let mut rest = bytes;
    for _ in 0..IN_A_ROW {
        let header = Header::read(rest).filter(|header| header.kind == first.kind);
        match header.and_then(|header| rest.get(header.length..)) {
            Some([]) => return true,
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// The frames of a sound, from its first on.
#[derive(Clone)]
pub(crate) struct Frames<'a> {
    rest: &'a [u8],
    kind: u32,
    /// How often the next frame was not where the one before ended.
    pub(crate) gaps: u64,
}

/// The frames of the first sound in `bytes`; `None` where there is none.
pub(crate) fn frames(bytes: &[u8]) -> Option<Frames<'_>> {
    let rest = bytes.get(start(bytes)?..)?;
    Some(Frames { rest, kind: Header::read(rest)?.kind, gaps: 0 })
}

impl Frames<'_> {
    fn header(&self, bytes: &[u8]) -> Option<Header> {
        Header::read(bytes).filter(|header| header.kind == self.kind)
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (Header, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(header) = self.header(self.rest)
                && let Some((frame, rest)) = self.rest.split_at_checked(header.length)
            {
                self.rest = rest;
                return Some((header, frame));
            }
            let gap = (1..self.rest.len()).find(|at| {
                let after = self.rest.get(*at..).unwrap_or_default();
                self.header(after).is_some() && agree(after)
            })?;
            self.gaps += 1;
            self.rest = self.rest.get(gap..)?;
        }
    }
}

/// What follows the tags in front of a sound; some writers leave an empty one before the real one.
pub(crate) fn behind_tags(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some(after) = tag_length(rest).and_then(|length| rest.get(length..)) {
        rest = after;
    }
    rest
}

/// The length of an ID3 tag with its header: four times seven bits.
fn tag_length(bytes: &[u8]) -> Option<usize> {
    let size: [u8; 4] = *bytes.strip_prefix(b"ID3")?.get(3..)?.first_chunk()?;
    let length = size.into_iter().fold(0, |length, seven| (length << 7) | usize::from(seven & 0x7F));
    Some(length + 10)
}

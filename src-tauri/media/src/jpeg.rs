//! JPEG files as segments: taking metadata out without touching a pixel, and
//! telling a complete file from one that stops early.

const START: [u8; 2] = [0xFF, 0xD8];
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const APP0: u8 = 0xE0;
const ADOBE: u8 = 0xEE;
const COMMENT: u8 = 0xFE;

/// The same picture with nothing but what decoding needs; `None` where the
/// file ends before its picture does. Whatever follows the end mark (a film, a
/// depth map, a second picture) goes too.
///
/// The decoder is lenient and fills a missing rest with grey, so this walk is
/// what refuses a truncated file. Searching for the end mark would not do: a
/// preview inside the metadata has its own.
pub(crate) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(&START)?;
    let mut clean = Vec::with_capacity(bytes.len());
    clean.extend_from_slice(&START);
    loop {
        let (marker, after) = next_marker(rest)?;
        match marker {
            END => {
                clean.extend_from_slice(&[0xFF, END]);
                return Some(clean);
            }
            // Marks without a body.
            0x01 | 0xD0..=0xD8 => rest = after,
            _ => {
                let (body, after) = split_body(after)?;
                push_segment(&mut clean, marker, body);
                rest = after;
            }
        }
        if marker == SCAN {
            let (pixels, after) = split_pixels(rest)?;
            clean.extend_from_slice(pixels);
            rest = after;
        }
    }
}

/// How the colours are stored, by the frame header and the first scan.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// Printing inks (CMYK), which phones show wrongly or not at all.
    pub(crate) four_inks: bool,
    /// Stored in a way that is allowed and rare, and that the decoder does not
    /// know: arithmetic coding, more than eight bits, without loss. Or each
    /// colour in a scan of its own, not progressive, which it gets wrong
    /// without noticing.
    pub(crate) rare: bool,
}

pub(crate) fn frame(bytes: &[u8]) -> Option<Frame> {
    let mut rest = bytes.strip_prefix(&START)?;
    let mut frame = None;
    loop {
        let (marker, after) = next_marker(rest)?;
        let (body, after) = split_body(after)?;
        match marker {
            SCAN => {
                let (kind, precision, channels) = frame?;
                let apart = matches!(kind, 0xC0 | 0xC1) && *body.get(2)? < channels;
                let usual = matches!(kind, 0xC0..=0xC2) && precision == 8;
                return Some(Frame { four_inks: channels == 4, rare: apart || !usual });
            }
            // Tables and reserved marks share the range of the frame headers.
            0xC4 | 0xC8 | 0xCC => {}
            // Length (2), precision (1), height (2) and width (2) come first.
            0xC0..=0xCF => frame = Some((marker, *body.get(2)?, *body.get(7)?)),
            _ => {}
        }
        rest = after;
    }
}

/// Skips fill bytes, and the stray bytes that some writers leave between segments.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let mut rest = bytes;
    loop {
        let mark = rest.iter().position(|byte| *byte == 0xFF)?;
        match rest.get(mark + 1..)? {
            [0x00, after @ ..] => rest = after,
            [0xFF, ..] => rest = rest.get(mark + 1..)?,
            [marker, after @ ..] => return Some((*marker, after)),
            [] => return None,
        }
    }
}

/// The body of a segment, with its two bytes of length.
fn split_body(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let [high, low, ..] = bytes else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length < 2 {
        return None;
    }
    bytes.split_at_checked(length)
}

/// The compressed pixels up to the next mark that is no restart mark.
fn split_pixels(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(2).position(|pair| matches!(pair, [0xFF, 0x01..=0xCF | 0xD8..=0xFE]))?;
    bytes.split_at_checked(end)
}

fn push_segment(clean: &mut Vec<u8>, marker: u8, body: &[u8]) {
    let named = |name: &[u8]| body.get(2..).is_some_and(|content| content.starts_with(name));
    match marker {
        // It says how the colours are stored; the picture after it may be a preview.
        APP0 if named(b"JFIF\0") => {
            clean.extend_from_slice(&[0xFF, APP0, 0, 16]);
            clean.extend(body.iter().skip(2).chain(&[0; 14]).take(12));
            clean.extend_from_slice(&[0, 0]);
        }
        // Without it, some pictures would change colour.
        ADOBE if named(b"Adobe") => push_whole(clean, marker, body),
        0xE0..=0xEF | COMMENT => {}
        _ => push_whole(clean, marker, body),
    }
}

fn push_whole(clean: &mut Vec<u8>, marker: u8, body: &[u8]) {
    clean.extend_from_slice(&[0xFF, marker]);
    clean.extend_from_slice(body);
}

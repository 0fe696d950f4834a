//! PNG files as chunks: the declared size before anything is decoded, and
//! taking metadata out without touching a pixel.

use crate::color::Numbers;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";

/// Width and height as the header declares them.
pub(crate) fn declared_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let (kind, chunk, _) = split_chunk(bytes.strip_prefix(SIGNATURE)?)?;
    if kind != b"IHDR" {
        return None;
    }
    Some((number(chunk.get(8..12)?)?, number(chunk.get(12..16)?)?))
}

/// Whether there is more than one picture in it; what says so stands before the first.
pub(crate) fn is_animated(bytes: &[u8]) -> bool {
    let mut rest = bytes.strip_prefix(SIGNATURE);
    while let Some((kind, chunk, after)) = rest.and_then(split_chunk) {
        match kind {
            // Length (4), kind (4), and the number of pictures.
            b"acTL" => return chunk.get(8..).and_then(number).is_some_and(|pictures| pictures > 1),
            b"IDAT" => return false,
            _ => rest = Some(after),
        }
    }
    false
}

/// The colours that are described by numbers before the picture comes; `None` where it is sRGB, or where nothing is
/// said.
pub(crate) fn colours(bytes: &[u8]) -> Option<Numbers> {
    /// What sRGB's curve comes close to, and how close programs write it.
    const USUAL: std::ops::RangeInclusive<f32> = 2.15..=2.25;
    let (mut gamma, mut points) = (None, None);
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    while let Some((kind, chunk, after)) = split_chunk(rest) {
        let body = chunk.get(8..).unwrap_or_default();
        let hundred_thousandths = |at: usize| number(body.get(at * 4..)?).map(|number| number as f32 / 100_000.0);
        match kind {
            b"cICP" => return Some(Numbers::Codes { primaries: *body.first()?, transfer: *body.get(1)? }),
            b"sRGB" => return None,
            b"gAMA" => {
                gamma = hundred_thousandths(0).filter(|gamma| (0.05..20.0).contains(gamma)).map(|gamma| 1.0 / gamma)
            }
            b"cHRM" => {
                let point =
                    |at: usize| Some((hundred_thousandths(at)?, hundred_thousandths(at + 1).filter(|y| *y > 0.0)?));
                points = point(0).zip(point(2)).zip(point(4).zip(point(6)));
            }
            b"IDAT" => break,
            _ => {}
        }
        rest = after;
    }
    let gamma = gamma.filter(|gamma| !USUAL.contains(gamma));
    let points = points.map(|((white, red), (green, blue))| [white, red, green, blue]);
    (gamma.is_some() || points.is_some()).then_some(Numbers::Measures { gamma, points })
}

/// The same picture with nothing but what decoding needs. Of an animation,
/// the still picture that every viewer shows first.
pub(crate) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut clean = Vec::with_capacity(bytes.len());
    clean.extend_from_slice(SIGNATURE);
    loop {
        let (kind, chunk, after) = split_chunk(rest)?;
        if matches!(kind, b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" | b"IEND") {
            clean.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(clean);
        }
        rest = after;
    }
}

/// The kind of the next chunk, the whole chunk, and what follows it.
fn split_chunk(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let length = usize::try_from(number(bytes.get(..4)?)?).ok()?;
    let kind = bytes.get(4..8)?.first_chunk()?;
    // Length, kind and checksum are four bytes each.
    let (chunk, after) = bytes.split_at_checked(length.checked_add(12)?)?;
    Some((kind, chunk, after))
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

//! Ogg as pages (RFC 3533), to tell how much sound a file should hold, and whether it is all there.
//!
//! Decoders step over a page that is damaged and stop where the file does, both in silence.

use super::decode::Stop;

/// Mark (4), version (1), kind (1), position (8), serial, number and checksum (4 each), number of segments (1).
const HEADER: usize = 27;
const MARK: &[u8] = b"OggS";
const BEGINNING: u8 = 2;

/// The first page of a stream ends before this, in frames, unless it was cut out of a longer one.
const FIRST_PAGE: u64 = 5 * 48_000;

/// Frames of sound in all streams of the file, one after another. A recorder that was switched off leaves no mark of an
/// end, but whole pages; a copy that was broken off does not.
pub(super) fn promised(bytes: &[u8]) -> Result<u64, Stop> {
    let mut rest = bytes;
    let (mut before, mut first, mut last) = (0, None, 0);
    while let Some(start) = find_page(rest) {
        let page = rest.get(start..).unwrap_or_default();
        let (kind, position, length) = header(page).ok_or(Stop::Broken)?;
        if kind & BEGINNING != 0 {
            before += last - start_of(first);
            (first, last) = (None, 0);
        }
        // Headers are at nought; a page within a long packet is at −1.
        if let Some(position) = u64::try_from(position).ok().filter(|position| *position > last) {
            first.get_or_insert(position);
            last = position;
        }
        rest = page.get(length..).ok_or(Stop::Broken)?;
    }
    Ok(before + last - start_of(first))
}

/// Nought, but for what was cut out of something longer: its first second or so is then not counted.
fn start_of(first: Option<u64>) -> u64 {
    first.filter(|first| *first > FIRST_PAGE).unwrap_or_default()
}

fn find_page(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(MARK) { Some(0) } else { bytes.windows(MARK.len()).position(|window| window == MARK) }
}

/// Kind, position and length of the page.
fn header(page: &[u8]) -> Option<(u8, i64, usize)> {
    let position = i64::from_le_bytes(*page.get(6..)?.first_chunk()?);
    let segments = usize::from(*page.get(HEADER - 1)?);
    let lengths = page.get(HEADER..HEADER + segments)?;
    let body: usize = lengths.iter().map(|length| usize::from(*length)).sum();
    Some((*page.get(5)?, position, HEADER + segments + body))
}

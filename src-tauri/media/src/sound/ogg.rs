//! Ogg as pages (RFC 3533), to tell whether a sound is all there.
//!
//! Decoders step over a page that is damaged and stop where the file does, both in silence.

use symphonia::core::{checksum::Crc32, io::Monitor};

use super::blocks::Stop;

/// Mark (4), version (1), kind (1), position (8), serial (4), number (4), checksum (4), number of segments (1).
const HEADER: usize = 27;
const MARK: &[u8] = b"OggS";
const BEGINNING: u8 = 2;

/// Refuses what stops in the middle of a page, as a copy does that was broken off (a recorder that was switched off
/// leaves whole pages), and a ruin: more than a tenth of the pages damaged, or gone before another.
pub(super) fn check(bytes: &[u8]) -> Result<(), Stop> {
    let (mut good, mut bad) = (0_u64, 0_u64);
    let mut before = None;
    let mut rest = bytes;
    while let Some(start) = rest.windows(MARK.len()).position(|window| window == MARK) {
        let page = rest.get(start..).unwrap_or_default();
        let (page, after) = length(page).and_then(|length| page.split_at_checked(length)).ok_or(Stop::Broken)?;
        rest = after;
        if !is_whole(page) {
            bad += 1;
            before = None;
            continue;
        }
        good += 1;
        // Another stream counts its pages by itself, and a new one anew.
        let (serial, place) = (number(page, 14), number(page, 18));
        let begins = page.get(5).is_some_and(|kind| kind & BEGINNING != 0);
        let follows =
            begins || before.is_none_or(|(other, last)| serial != other || place == u32::wrapping_add(last, 1));
        bad += u64::from(!follows);
        before = Some((serial, place));
    }
    if bad * 10 > good + bad { Err(Stop::Broken) } else { Ok(()) }
}

fn length(page: &[u8]) -> Option<usize> {
    let segments = usize::from(*page.get(HEADER - 1)?);
    let lengths = page.get(HEADER..HEADER + segments)?;
    Some(HEADER + segments + lengths.iter().map(|length| usize::from(*length)).sum::<usize>())
}

/// The checksum is over the page with nothing where the checksum stands.
fn is_whole(page: &[u8]) -> bool {
    let mut sum = Crc32::new(0);
    sum.process_buf_bytes(page.get(..22).unwrap_or_default());
    sum.process_buf_bytes(&[0; 4]);
    sum.process_buf_bytes(page.get(26..).unwrap_or_default());
    sum.crc() == number(page, 22)
}

fn number(page: &[u8], at: usize) -> u32 {
    page.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |number| u32::from_le_bytes(*number))
}

//! WAV whose lengths need not be exact: what is there is what plays.
//!
//! Recorders that were switched off, and programs that write to a pipe, leave lengths that are nought, the largest
//! number there is, or a little off. A file whose lengths agree with each other and of which a good part is missing is
//! another thing: a copy that was broken off.

use super::blocks::Stop;

/// Mark (4), length (4), form (4).
const HEADER: usize = 12;
/// Lengths from here on are placeholders: nothing of that size is opened.
const NO_LENGTH: u64 = 0x7F00_0000;

struct Chunk<'a> {
    id: &'a [u8; 4],
    declared: u64,
    body: &'a [u8],
}

/// The same sound with exact lengths and nothing else in the file.
pub(super) fn exact(bytes: &[u8]) -> Result<Vec<u8>, Stop> {
    let all = u64::from(number(bytes, 4).unwrap_or_default());
    let mut rest = bytes.get(HEADER..).unwrap_or_default();
    let mut kept = b"RIFF\0\0\0\0WAVE".to_vec();
    let mut before = HEADER as u64;
    loop {
        let (chunk, after) = split(rest).ok_or(Stop::Broken)?;
        match chunk.id {
            b"fmt " | b"fact" => push(&mut kept, chunk.id, chunk.body),
            b"data" => {
                // By the file's own length, everything up to the end of the sound is announced.
                let agree = chunk.declared < NO_LENGTH && chunk.declared + before <= all;
                if agree && (chunk.body.len() as u64) < chunk.declared / 10 * 9 {
                    return Err(Stop::Broken);
                }
                kept.reserve(chunk.body.len() + 8);
                push(&mut kept, chunk.id, chunk.body);
                let length = u32::try_from(kept.len() - 8).map_err(|_| Stop::Broken)?;
                kept.get_mut(4..8).ok_or(Stop::Broken)?.copy_from_slice(&length.to_le_bytes());
                return Ok(kept);
            }
            _ => {}
        }
        before += (rest.len() - after.len()) as u64;
        rest = after;
    }
}

fn push(bytes: &mut Vec<u8>, id: &[u8], body: &[u8]) {
    bytes.extend_from_slice(id);
    bytes.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(body);
    if body.len() % 2 == 1 {
        bytes.push(0);
    }
}

/// The next chunk, as far as it is there, and what follows it.
fn split(bytes: &[u8]) -> Option<(Chunk<'_>, &[u8])> {
    let id = bytes.first_chunk()?;
    let declared = u64::from(number(bytes, 4)?);
    let content = bytes.get(8..)?;
    let open = id == b"data" && (declared >= NO_LENGTH || (declared == 0 && !follows(content)));
    let length = if open { content.len() } else { usize::try_from(declared).ok()?.min(content.len()) };
    let (body, after) = content.split_at(length);
    // A chunk of odd length is followed by a byte that does not count, which some writers forget.
    let padded = length % 2 == 1 && after.first() == Some(&0);
    Some((Chunk { id, declared, body }, if padded { after.get(1..)? } else { after }))
}

/// Whether nothing but whole chunks comes, so that a length of nought is meant.
fn follows(mut rest: &[u8]) -> bool {
    while let (Some(id), Some(length)) = (rest.first_chunk::<4>(), number(rest, 4)) {
        let named = id.iter().all(|letter| (b' '..=b'~').contains(letter));
        let length = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(8);
        match rest.get(length.saturating_add(length % 2)..).or_else(|| rest.get(length..)) {
            Some(after) if named => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|number| u32::from_le_bytes(*number))
}

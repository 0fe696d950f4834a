//! FLAC without the blocks in front of its sound that only describe it.

const MARK: &[u8] = b"fLaC";
const LAST: u8 = 0x80;

/// The same sound with its measures alone; `None` where the blocks do not fit the file, or where it lies in Ogg.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(MARK)?;
    let mut measures = None;
    loop {
        let [kind, length @ ..] = *rest.first_chunk::<4>()?;
        let length = length.into_iter().fold(0, |length, byte| (length << 8) | usize::from(byte));
        let (block, after) = rest.get(4..)?.split_at_checked(length)?;
        rest = after;
        if kind & !LAST == 0 {
            measures = Some(block);
        }
        if kind & LAST != 0 {
            break;
        }
    }
    let measures = measures?;
    let length = u32::try_from(measures.len()).ok()? | u32::from(LAST) << 24;
    Some([MARK, &length.to_be_bytes(), measures, rest].concat())
}

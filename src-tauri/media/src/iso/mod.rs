//! MP4, MOV, 3GP and M4A: what is in them, and putting it in order.
//!
//! All share one container of nested atoms, each with a length that the file
//! declares. Lengths come from anywhere and may be 2^63: an atom is a slice of
//! what is really there, or it is not. Nothing here follows a pointer twice or
//! allocates by a number that was not compared with the file's size.

pub(crate) mod codec;
pub(crate) mod movie;
pub(crate) mod remux;

/// One atom: its kind and what is in it.
#[derive(Clone, Copy)]
pub(crate) struct Atom<'a> {
    pub(crate) kind: &'a [u8; 4],
    pub(crate) body: &'a [u8],
    /// With its header.
    pub(crate) whole: &'a [u8],
}

/// The atoms side by side in `bytes`. An atom that claims more than there is
/// ends the walk with `Err`; a rest too short for a header is padding.
pub(crate) fn atoms(bytes: &[u8]) -> impl Iterator<Item = Result<Atom<'_>, CutOff>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.len() < 8 {
            return None;
        }
        let Some((atom, after)) = split(rest) else {
            rest = &[];
            return Some(Err(CutOff));
        };
        rest = after;
        Some(Ok(atom))
    })
}

/// An atom is longer than what holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CutOff;

fn split(bytes: &[u8]) -> Option<(Atom<'_>, &[u8])> {
    let kind = bytes.get(4..8)?.first_chunk()?;
    let (header, length) = match u32_at(bytes, 0)? {
        // The last atom of a file may leave its length open.
        0 => (8, bytes.len()),
        1 => (16, usize::try_from(u64_at(bytes, 8)?).ok()?),
        length => (8, usize::try_from(length).ok()?),
    };
    let (whole, after) = bytes.split_at_checked(length)?;
    Some((Atom { kind, body: whole.get(header..)?, whole }, after))
}

/// The first atom of this kind among those of `bytes` that can be read.
pub(crate) fn child<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    atoms(bytes).map_while(Result::ok).find(|atom| atom.kind == kind).map(|atom| atom.body)
}

/// All but the pictures and the sound themselves.
pub(crate) fn heads(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    atoms(bytes).map_while(Result::ok).filter(|atom| atom.kind != b"mdat").map(|atom| atom.body)
}

/// Down through atoms within atoms.
pub(crate) fn descend<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, kind| child(bytes, kind))
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// `count` entries of `size` bytes after a table's count, as far as they exist.
pub(crate) fn entries(table: &[u8], count_at: usize, size: usize) -> Option<std::slice::ChunksExact<'_, u8>> {
    let count = usize::try_from(u32_at(table, count_at)?).ok()?;
    let start = count_at.checked_add(4)?;
    let end = count.checked_mul(size)?.checked_add(start)?;
    Some(table.get(start..end)?.chunks_exact(size))
}

//! Films written anew without touching what is in them: the table of contents
//! first, one picture track and one sound track or the sound alone, in MP4's dialect.
//!
//! Nothing else is carried over, so names, dates, places and whatever else a
//! phone records beside the film stay behind, in the content as in the tables.

use super::{
    Atom, atoms, child, codec, descend, entries,
    movie::{Holds, Track},
    u16_at, u32_at, u64_at,
};

/// Why a film was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The tables do not fit the file.
    Broken,
    /// The content alone has this many bytes.
    TooBig(u64),
}

/// Where a run of samples lies in the file.
#[derive(Clone, Copy)]
struct Chunk {
    track: usize,
    start: usize,
    length: usize,
}

/// The film with `kept` tracks only, or why not; `limit` is on the content.
pub(crate) fn remux(bytes: &[u8], moov: &[u8], kept: &[Track<'_>], limit: u64) -> Result<Vec<u8>, Failure> {
    let mut chunks = Vec::new();
    for (track, kept) in kept.iter().enumerate() {
        collect(bytes, kept, track, &mut chunks).ok_or(Failure::Broken)?;
    }
    // Tables may point at the same bytes over and over.
    let total = chunks.iter().fold(0_u64, |total, chunk| total.saturating_add(chunk.length as u64));
    if total > limit {
        return Err(Failure::TooBig(total));
    }
    chunks.sort_by_key(|chunk| chunk.start);

    let header = contents(moov, kept, &chunks, 0).ok_or(Failure::Broken)?;
    let file_type = if kept.iter().any(|track| track.holds == Holds::Picture) { FILM } else { SOUND };
    let before = (file_type.len() + header.len() + 8) as u64;
    let header = contents(moov, kept, &chunks, before).ok_or(Failure::Broken)?;
    let mut film = file_type.to_vec();
    film.extend_from_slice(&header);
    let content = u32::try_from(total + 8).map_err(|_| Failure::TooBig(total))?;
    film.extend_from_slice(&content.to_be_bytes());
    film.extend_from_slice(b"mdat");
    for chunk in chunks {
        let end = chunk.start + chunk.length;
        film.extend_from_slice(bytes.get(chunk.start..end).ok_or(Failure::Broken)?);
    }
    Ok(film)
}

/// What the samples of a track hold, behind each other; `None` where the tables do not fit the file, or point at the same
/// bytes over and over.
pub(crate) fn samples(bytes: &[u8], track: &Track<'_>) -> Option<Vec<u8>> {
    let mut chunks = Vec::new();
    collect(bytes, track, 0, &mut chunks)?;
    let total = chunks.iter().fold(0_usize, |total, chunk| total.saturating_add(chunk.length));
    if total > bytes.len() {
        return None;
    }
    let mut samples = Vec::with_capacity(total);
    for chunk in chunks {
        samples.extend_from_slice(bytes.get(chunk.start..chunk.start + chunk.length)?);
    }
    Some(samples)
}

const FILM: &[u8] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41";
const SOUND: &[u8] = b"\0\0\0\x18ftypM4A \0\0\x02\0isomiso2";

/// The chunks of a track in its own order; `None` where one lies outside the file.
fn collect(bytes: &[u8], track: &Track<'_>, number: usize, chunks: &mut Vec<Chunk>) -> Option<()> {
    let stbl = descend(track.trak, &[b"mdia", b"minf", b"stbl"])?;
    let offsets = offsets(stbl)?;
    let mut sizes = Sizes::read(stbl)?;
    let mut runs = entries(child(stbl, b"stsc")?, 4, 12)?.peekable();
    let mut each = 0;
    for (index, start) in offsets.enumerate() {
        // A run says from which chunk on (counted from 1) how many samples each has.
        while let Some(run) = runs.next_if(|run| u32_at(run, 0).is_some_and(|first| first as usize <= index + 1)) {
            each = u32_at(run, 4)?;
        }
        let (start, length) = (usize::try_from(start).ok()?, sizes.next(each)?);
        bytes.get(start..start.checked_add(length)?)?;
        chunks.push(Chunk { track: number, start, length });
    }
    // A track without a single sample is no film.
    (!chunks.is_empty() && sizes.all_used()).then_some(())
}

fn offsets(stbl: &[u8]) -> Option<Box<dyn Iterator<Item = u64> + '_>> {
    if let Some(table) = child(stbl, b"stco") {
        return Some(Box::new(entries(table, 4, 4)?.filter_map(|entry| u32_at(entry, 0)).map(u64::from)));
    }
    Some(Box::new(entries(child(stbl, b"co64")?, 4, 8)?.filter_map(|entry| u64_at(entry, 0))))
}

/// How long the samples are.
enum Sizes<'a> {
    Same { size: usize, left: u32 },
    Each(std::slice::ChunksExact<'a, u8>),
}

impl<'a> Sizes<'a> {
    fn read(stbl: &'a [u8]) -> Option<Self> {
        let table = child(stbl, b"stsz")?;
        match u32_at(table, 4)? {
            0 => Some(Self::Each(entries(table, 8, 4)?)),
            size => Some(Self::Same { size: usize::try_from(size).ok()?, left: u32_at(table, 8)? }),
        }
    }

    /// The length of the next `count` samples together.
    fn next(&mut self, count: u32) -> Option<usize> {
        match self {
            Self::Same { size, left } => {
                *left = left.checked_sub(count)?;
                size.checked_mul(usize::try_from(count).ok()?)
            }
            Self::Each(sizes) => {
                if usize::try_from(count).ok()? > sizes.len() {
                    return None;
                }
                let mut run = sizes.take(usize::try_from(count).ok()?);
                run.try_fold(0_usize, |total, size| total.checked_add(usize::try_from(u32_at(size, 0)?).ok()?))
            }
        }
    }

    fn all_used(&self) -> bool {
        match self {
            Self::Same { left, .. } => *left == 0,
            Self::Each(sizes) => sizes.len() == 0,
        }
    }
}

fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let length = 8 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut atom = Vec::with_capacity(length);
    // Callers stay far below four gigabytes; the content is limited before.
    atom.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    atom.extend_from_slice(kind);
    parts.iter().for_each(|part| atom.extend_from_slice(part));
    atom
}

/// `moov`, with the content beginning at `start`.
fn contents(moov: &[u8], kept: &[Track<'_>], chunks: &[Chunk], start: u64) -> Option<Vec<u8>> {
    let mut header = undated(child(moov, b"mvhd")?)?;
    set_duration(&mut header, kept)?;
    let mut parts = atom(b"mvhd", &[&header]);
    for (number, track) in kept.iter().enumerate() {
        parts.extend(self::track(track, &offsets_from(chunks, number, start)?)?);
    }
    Some(atom(b"moov", &[&parts]))
}

/// The longest of the tracks that are left.
fn set_duration(header: &mut [u8], kept: &[Track<'_>]) -> Option<()> {
    let durations = kept.iter().map(|track| {
        let header = child(track.trak, b"tkhd")?;
        if header.first()? == &1 { u64_at(header, 28) } else { u32_at(header, 20).map(u64::from) }
    });
    let longest = durations.collect::<Option<Vec<_>>>()?.into_iter().max()?;
    if header.first()? == &1 {
        header.get_mut(24..32)?.copy_from_slice(&longest.to_be_bytes());
    } else {
        header.get_mut(16..20)?.copy_from_slice(&u32::try_from(longest).unwrap_or(u32::MAX).to_be_bytes());
    }
    Some(())
}

/// A header without the dates of recording and changing.
fn undated(header: &[u8]) -> Option<Vec<u8>> {
    let mut header = header.to_vec();
    let end = if header.first()? == &1 { 20 } else { 12 };
    header.get_mut(4..end)?.fill(0);
    Some(header)
}

/// The chunk table of one track, for content that begins at `start`.
fn offsets_from(chunks: &[Chunk], track: usize, start: u64) -> Option<Vec<u8>> {
    let mut at = start;
    let mut table = Vec::new();
    let mut count = 0_u32;
    for chunk in chunks {
        if chunk.track == track {
            table.extend_from_slice(&u32::try_from(at).ok()?.to_be_bytes());
            count += 1;
        }
        at += chunk.length as u64;
    }
    Some(atom(b"stco", &[&[0; 4], &count.to_be_bytes(), &table]))
}

fn track(track: &Track<'_>, offsets: &[u8]) -> Option<Vec<u8>> {
    let mut header = undated(child(track.trak, b"tkhd")?)?;
    // Enabled, and part of the film.
    header.get_mut(1..4)?.copy_from_slice(&[0, 0, 3]);
    let edits = whole(track.trak, b"edts").unwrap_or_default();
    let mdia = child(track.trak, b"mdia")?;
    let media = media(mdia, offsets)?;
    Some(atom(b"trak", &[&atom(b"tkhd", &[&header]), edits, &media]))
}

fn media(mdia: &[u8], offsets: &[u8]) -> Option<Vec<u8>> {
    let header = undated(child(mdia, b"mdhd")?)?;
    let kind = child(mdia, b"hdlr")?.get(8..12)?;
    // Version, "predefined", kind, reserved, and a name without a letter.
    let handler = atom(b"hdlr", &[&[0; 8], kind, &[0; 13]]);
    let minf = child(mdia, b"minf")?;
    let general = whole(minf, b"vmhd").or_else(|| whole(minf, b"smhd"))?;
    // The content is in the same file.
    let here = atom(b"url ", &[&[0, 0, 0, 1]]);
    let source = atom(b"dinf", &[&atom(b"dref", &[&[0; 4], &1_u32.to_be_bytes(), &here])]);
    let tables = tables(child(minf, b"stbl")?, offsets)?;
    Some(atom(b"mdia", &[&atom(b"mdhd", &[&header]), &handler, &atom(b"minf", &[general, &source, &tables])]))
}

/// The tables that playing needs, as they are, but for the places of the chunks.
fn tables(stbl: &[u8], offsets: &[u8]) -> Option<Vec<u8>> {
    let mut tables = atom(b"stsd", &[&descriptions(child(stbl, b"stsd")?)?]);
    for kind in [b"stts", b"ctts", b"cslg", b"stss", b"sdtp", b"stsc", b"stsz", b"sgpd", b"sbgp"] {
        match whole(stbl, kind) {
            Some(table) => tables.extend_from_slice(table),
            None if matches!(kind, b"stts" | b"stsc" | b"stsz") => return None,
            None => {}
        }
    }
    tables.extend_from_slice(offsets);
    Some(atom(b"stbl", &[&tables]))
}

fn descriptions(stsd: &[u8]) -> Option<Vec<u8>> {
    let mut table = stsd.get(..8)?.to_vec();
    for entry in codec::descriptions(stsd) {
        if entry.kind == b"mp4a" {
            table.extend(sound_entry(entry.body)?);
        } else {
            table.extend(picture_entry(entry)?);
        }
    }
    Some(table)
}

/// QuickTime's later versions of the entry, as MP4 has it.
fn sound_entry(entry: &[u8]) -> Option<Vec<u8>> {
    let esds = atom(b"esds", &[codec::esds(entry)?]);
    let mut fixed = entry.get(..28)?.to_vec();
    let version = u16_at(entry, 8)?;
    fixed.get_mut(8..16)?.fill(0);
    if version == 2 {
        // The second version has its channels and rate elsewhere; players take
        // both from the decoder's configuration.
        fixed.get_mut(16..18)?.copy_from_slice(&u32_at(entry, 40).map_or(2, |count| count as u16).to_be_bytes());
        fixed.get_mut(24..28)?.fill(0);
    }
    // Sixteen bits, no compression number, no packet size.
    fixed.get_mut(18..24)?.copy_from_slice(&[0, 16, 0, 0, 0, 0]);
    Some(atom(b"mp4a", &[&fixed, &esds]))
}

/// Measures and the decoder's configuration, without what QuickTime adds.
fn picture_entry(entry: Atom<'_>) -> Option<Vec<u8>> {
    let (fixed, rest) = entry.body.split_at_checked(codec::PICTURE_ENTRY)?;
    let mut fixed = fixed.to_vec();
    // The name of the encoder.
    fixed.get_mut(42..74)?.fill(0);
    let mut kept = Vec::new();
    for part in atoms(rest).map_while(Result::ok) {
        if matches!(part.kind, b"avcC" | b"colr" | b"pasp" | b"btrt") {
            kept.extend_from_slice(part.whole);
        }
    }
    Some(atom(entry.kind, &[&fixed, &kept]))
}

/// An atom with its header.
fn whole<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    atoms(bytes).map_while(Result::ok).find(|atom| atom.kind == kind).map(|atom| atom.whole)
}

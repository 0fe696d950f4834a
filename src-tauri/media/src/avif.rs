//! AVIF, which shops and browsers make: decoded to what the other pictures are after decoding, then treated like them.
//!
//! The container is that of HEIC, and so is its reader; `av1` decodes what is in it. A picture is coded in one piece or
//! in tiles, its transparency is a picture of its own, and of one that is too large for memory a part of the pixels is
//! kept. What is not known (HDR, rare layouts) is refused with the way to a JPEG.

use heifer::heifer_isobmff::{
    HeifFile,
    boxes::{ColorInfo, Property},
};
use image::metadata::Orientation;

use crate::{
    Offered, Prepared, Refusal,
    av1::{self, Coding},
    canvas::{Aperture, Canvas},
    color::Colours,
    contained,
    picture::{self, LONGEST_SIDE, MEMORY_LIMIT, SIDE_LIMIT, Source},
    sniff::Content,
    tiles,
};

/// The largest that phones make.
const MEGAPIXELS: u64 = 202;
/// What a picture may take until it is small, in bytes: one piece with its decoder, and what is kept of all.
const ROOM: u64 = 430_000_000;

pub(crate) fn prepare(bytes: &[u8]) -> Result<Prepared, Refusal> {
    let source = contained::caught(|| decode(bytes)).unwrap_or_else(|| Err(broken()))?;
    picture::finish(source, Content::Avif, bytes.len())
}

fn broken() -> Refusal {
    Refusal::broken(Content::Avif.name())
}

fn unsupported() -> Refusal {
    Refusal::Unsupported { format: Content::Avif.name().into() }
}

fn decode(bytes: &[u8]) -> Result<Source, Refusal> {
    let file = HeifFile::parse(bytes).map_err(|_| broken())?;
    let shown = Tiled::read(&file, file.primary_id)?;
    let transparency = transparency(&file, &shown)?;
    let (aperture, orientation) = turned(&file, shown.size)?;
    let mut canvas = canvas(&shown, transparency.as_ref(), bytes.len() as u64)?;
    let (coding, gray) = paint(&file, &shown, &mut canvas)?;
    if let Some(transparency) = &transparency {
        for (tile, corner) in transparency.tiles.iter().zip(transparency.corners()) {
            let frame = transparency.decode(&file, *tile)?;
            av1::paint_gray(&frame, canvas.brush(corner, 3, 1)).ok_or_else(broken)?;
        }
        if !file.referenced_items(file.primary_id, b"prem").is_empty() {
            canvas.divide();
        }
    }
    let colours = match file.icc_profile(file.primary_id).ok().flatten() {
        Some(profile) => Colours::of_light(Some(profile), gray),
        None => Colours::of_codes(coding.primaries, coding.transfer).ok_or_else(unsupported)?,
    };
    let moves = file.file_type.major_brand.0 == *b"avis";
    Ok(Source {
        size: (aperture.across, aperture.down),
        pixels: canvas.cut(aperture).ok_or_else(broken)?,
        orientation,
        colours,
        deep: false,
        said: moves.then(|| Offered::Stilled { format: Content::Avif.name().into() }),
        lossless: None,
    })
}

/// What its samples stand for, and whether it has no colours.
fn paint(file: &HeifFile<'_>, shown: &Tiled, canvas: &mut Canvas) -> Result<(Coding, bool), Refusal> {
    let mut coding = declared(file, shown);
    let mut gray = true;
    for (tile, corner) in shown.tiles.iter().zip(shown.corners()) {
        let frame = shown.decode(file, *tile)?;
        let coding = *coding.get_or_insert_with(|| Coding::of(&frame));
        gray &= av1::is_gray(&frame);
        av1::paint(&frame, coding, canvas.brush(corner, 0, 3)).ok_or_else(unsupported)?;
    }
    Ok((coding.ok_or_else(broken)?, gray))
}

/// What the container says of the samples, which goes before what the coded picture says.
fn declared(file: &HeifFile<'_>, shown: &Tiled) -> Option<Coding> {
    let items = std::iter::once(file.primary_id).chain(shown.tiles.first().copied());
    let mut properties = items.filter_map(|item| file.item_properties(item).ok()).flatten();
    properties.find_map(|property| match *property {
        Property::Color(ColorInfo::Nclx { primaries, transfer, matrix, full_range }) => Some(Coding {
            primaries: u8::try_from(primaries).ok()?,
            transfer: u8::try_from(transfer).ok()?,
            matrix: u8::try_from(matrix).ok()?,
            full_range,
        }),
        _ => None,
    })
}

/// A picture of the container, coded in tiles of one size, row by row, or in one piece.
struct Tiled {
    size: (u32, u32),
    tiles: Vec<u32>,
    tile: (u32, u32),
    /// What one of them takes when it is decoded, in bytes.
    weight: u64,
}

impl Tiled {
    fn read(file: &HeifFile<'_>, item: u32) -> Result<Self, Refusal> {
        let damaged = |_| broken();
        let declared = file.image_size(item).map_err(damaged)?.ok_or_else(broken)?;
        let (size, tiles) = match &file.item(item).map_err(damaged)?.item_type.0 {
            b"av01" => (declared, vec![item]),
            b"grid" => {
                let grid = file.grid(item).map_err(damaged)?;
                let tiles = file.referenced_items(item, b"dimg");
                if tiles.len() != usize::from(grid.rows) * usize::from(grid.columns) {
                    return Err(broken());
                }
                ((grid.output_width, grid.output_height), tiles.to_vec())
            }
            _ => return Err(unsupported()),
        };
        let first = *tiles.first().ok_or_else(broken)?;
        let tile = file.image_size(first).map_err(damaged)?.ok_or_else(broken)?;
        for tile in &tiles {
            if file.item(*tile).map_err(damaged)?.item_type.0 != *b"av01" {
                return Err(unsupported());
            }
        }
        let tiled = Self { size, tile, weight: weight(file, first, tile)?, tiles };
        if tiled.covers() { Ok(tiled) } else { Err(broken()) }
    }

    fn pixels(&self) -> u64 {
        u64::from(self.size.0) * u64::from(self.size.1)
    }

    /// Whether there is a tile for every pixel, and none for nothing.
    fn covers(&self) -> bool {
        let (across, down) = self.across_and_down();
        across * down == self.tiles.len() as u64
    }

    /// How many tiles the picture needs.
    fn across_and_down(&self) -> (u64, u64) {
        let needed = |side: u32, tile: u32| u64::from(side).div_ceil(u64::from(tile.max(1)));
        (needed(self.size.0, self.tile.0), needed(self.size.1, self.tile.1))
    }

    /// Where each tile's upper left corner lies.
    fn corners(&self) -> impl Iterator<Item = (u32, u32)> {
        let steps = |side: u32, tile: u32| (0..side).step_by(tile.max(1) as usize);
        let (size, tile) = (self.size, self.tile);
        steps(size.1, tile.1).flat_map(move |top| steps(size.0, tile.0).map(move |left| (left, top)))
    }

    fn decode(&self, file: &HeifFile<'_>, tile: u32) -> Result<av1::Frame, Refusal> {
        let data = file.item_data(tile).map_err(|_| broken())?;
        let pixels = self.tile.0.checked_mul(self.tile.1).ok_or_else(broken)?;
        let frame = av1::decode(data.into_owned(), pixels, 2 * self.weight <= ROOM / 2).ok_or_else(broken)?;
        if (frame.width(), frame.height()) == self.tile { Ok(frame) } else { Err(broken()) }
    }
}

/// What a picture of this size and kind takes when it is decoded, in bytes, by the configuration of its decoder.
fn weight(file: &HeifFile<'_>, item: u32, (width, height): (u32, u32)) -> Result<u64, Refusal> {
    let mut properties = file.item_properties(item).map_err(|_| broken())?;
    let kind = properties.find_map(|property| match property {
        Property::Unknown(kind, content) if kind.0 == *b"av1C" => content.get(2).copied(),
        _ => None,
    });
    let kind = kind.ok_or_else(broken)?;
    let is = |bit: u8| kind & (1 << bit) != 0;
    // High depth (bit 6), no colours (4), colours at half of the samples across (3) and down (2).
    let halves = match (is(4), is(3), is(2)) {
        (true, ..) => 2,
        (false, true, true) => 3,
        (false, true, false) => 4,
        (false, false, _) => 6,
    };
    let sample = if is(6) { 2 } else { 1 };
    Ok(u64::from(width) * u64::from(height) * (halves * sample + av1::BESIDE) / 2)
}

/// The picture that says how much of each pixel can be seen.
fn transparency(file: &HeifFile<'_>, shown: &Tiled) -> Result<Option<Tiled>, Refusal> {
    match tiles::transparency_of(file, file.primary_id) {
        Some(item) => {
            let transparency = Tiled::read(file, item)?;
            if transparency.size == shown.size { Ok(Some(transparency)) } else { Err(unsupported()) }
        }
        // Each tile with its own.
        None if shown.tiles.iter().any(|tile| tiles::transparency_of(file, *tile).is_some()) => Err(unsupported()),
        None => Ok(None),
    }
}

/// As large as there is room for. Of a picture with transparency all pixels are kept: their mean would mix in colours
/// that cannot be seen. The decoder copies what it is given of a file of `length` bytes.
fn canvas(shown: &Tiled, transparency: Option<&Tiled>, length: u64) -> Result<Canvas, Refusal> {
    let channels = if transparency.is_some() { 4 } else { 3 };
    let piece = shown.weight.max(transparency.map_or(0, |picture| picture.weight));
    let kept = |shift: u32| (shown.pixels() * channels) >> (2 * shift);
    let needs = |shift: u32| piece + length + kept(shift);
    let parts = |shift: &u32| {
        let divides = |side: u32| side.trailing_zeros() >= *shift;
        let whole = shown.tiles.len() == 1 || divides(shown.tile.0) && divides(shown.tile.1);
        *shift == 0 || transparency.is_none() && whole && shown.size.0.max(shown.size.1) >> shift >= LONGEST_SIDE
    };
    let possible: Vec<u32> = (0..=2).filter(parts).collect();
    let fits = |shift: &u32| needs(*shift) <= ROOM && kept(*shift) <= MEMORY_LIMIT;
    let (width, height) = shown.size;
    let allowed = shown.pixels() <= MEGAPIXELS * 1_000_000 && width.max(height) <= SIDE_LIMIT;
    if let Some(shift) = possible.iter().copied().find(fits).filter(|_| allowed) {
        return Ok(Canvas::new(shown.size, if channels == 4 { 4 } else { 3 }, shift));
    }
    // As many as would fit in the smallest of these ways, were they stored as these are.
    let shift = possible.last().copied().unwrap_or_default();
    let of = |room: u64, taken: u64| room.saturating_mul(shown.pixels()) / taken.max(1) / 1_000_000;
    let megapixels = of(ROOM, needs(shift)).min(of(MEMORY_LIMIT, kept(shift))).min(MEGAPIXELS);
    Err(Refusal::TooManyPixels { width, height, limit: SIDE_LIMIT, megapixels })
}

/// What is shown of the picture, and how it is turned, as the container says in its order: cut before it is turned.
fn turned(file: &HeifFile<'_>, (width, height): (u32, u32)) -> Result<(Aperture, Orientation), Refusal> {
    let mut aperture = Aperture { left: 0, top: 0, across: width, down: height };
    // Quarters clockwise, and then from left to right.
    let (mut quarters, mut mirrored) = (0_u8, false);
    for property in file.item_properties(file.primary_id).map_err(|_| broken())? {
        match *property {
            Property::CleanAperture { width: across, height: down, horiz_offset, vert_offset } => {
                if (quarters, mirrored) != (0, false) {
                    return Err(unsupported());
                }
                (aperture.left, aperture.across) = inside(width, across, horiz_offset).ok_or_else(broken)?;
                (aperture.top, aperture.down) = inside(height, down, vert_offset).ok_or_else(broken)?;
            }
            // It counts anticlockwise.
            Property::Rotation(turns) => quarters += if mirrored { turns } else { 4 - turns % 4 },
            Property::Mirror(top_bottom) => {
                quarters += if top_bottom { 2 } else { 0 };
                mirrored = !mirrored;
            }
            _ => {}
        }
        quarters %= 4;
    }
    Ok((aperture, orientation(quarters, mirrored)))
}

fn orientation(quarters: u8, mirrored: bool) -> Orientation {
    match (quarters, mirrored) {
        (0, false) => Orientation::NoTransforms,
        (1, false) => Orientation::Rotate90,
        (2, false) => Orientation::Rotate180,
        (_, false) => Orientation::Rotate270,
        (0, true) => Orientation::FlipHorizontal,
        (1, true) => Orientation::Rotate90FlipH,
        (2, true) => Orientation::FlipVertical,
        (_, true) => Orientation::Rotate270FlipH,
    }
}

/// Where what is shown begins and how much it is, along one side (ISO/IEC 14496-12, 12.1.4).
fn inside(side: u32, shown: (u32, u32), offset: (i32, u32)) -> Option<(u32, u32)> {
    if shown.1 == 0 || offset.1 == 0 {
        return None;
    }
    let shown = f64::from(shown.0) / f64::from(shown.1);
    let middle = f64::from(side) / 2.0 + f64::from(offset.0) / f64::from(offset.1);
    let (begin, length) = ((middle - shown / 2.0).round(), shown.round());
    // A cast from a float stays within its type.
    (begin >= 0.0 && length >= 1.0 && begin + length <= f64::from(side)).then_some((begin as u32, length as u32))
}

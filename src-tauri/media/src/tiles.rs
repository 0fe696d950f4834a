//! A HEIC too large to be held: its tiles are decoded one by one, and only a quarter of each side is kept.

use std::sync::{Mutex, PoisonError};

use heifer::{
    Error, Image, decode_item,
    heifer_isobmff::{HeifFile, boxes::Property},
};

/// How many pixels, across and down, become one. Of the largest photo more are left than are sent.
const PART: u32 = 4;
const THREADS: usize = 2;
const CHANNELS: usize = 4;

/// The picture beside this one that says how much of each pixel can be seen. Maps of depth and of light stand beside
/// photos of phones likewise, and change nothing of them.
pub(crate) fn transparency_of(file: &HeifFile<'_>, item: u32) -> Option<u32> {
    const NAMES: [&str; 2] = ["urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1"];
    file.referencing_items(item, b"auxl").into_iter().find(|other| {
        let mut properties = file.item_properties(*other).into_iter().flatten();
        properties.any(|property| matches!(property, Property::AuxiliaryType(kind) if NAMES.contains(&kind.as_str())))
    })
}

/// `None` where it does not come in plain tiles whose sides can be parted.
pub(crate) fn decode(file: &HeifFile<'_>) -> Result<Option<Image<u8>>, Error> {
    let item = file.primary_id;
    if file.item(item)?.item_type.0 != *b"grid" {
        return Ok(None);
    }
    let grid = file.grid(item)?;
    let tiles = file.referenced_items(item, b"dimg");
    if tiles.iter().chain([&item]).any(|item| transparency_of(file, *item).is_some()) {
        return Ok(None);
    }
    let columns = usize::from(grid.columns);
    let side = tiles.first().map(|tile| file.image_size(*tile)).transpose()?.flatten();
    let Some((across, down)) = side.filter(|(across, down)| *across > 0 && *down > 0) else { return Ok(None) };
    if across % PART != 0 || down % PART != 0 || file.image_size(item)? != Some((grid.output_width, grid.output_height))
    {
        return Ok(None);
    }
    if tiles.len() != columns * usize::from(grid.rows) {
        return Err(Error::Invalid("as many tiles as rows and columns"));
    }
    let (width, height) = (grid.output_width / PART, grid.output_height / PART);
    let mut small = Image::filled_samples(width, height, 8, [0, 0, 0, u8::MAX]);
    let band = width as usize * CHANNELS * (down / PART) as usize;
    let bands = Mutex::new(tiles.chunks(columns).zip(small.data.chunks_mut(band.max(1))));
    let place = || -> Result<(), Error> {
        loop {
            let next = bands.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((row, band)) = next else { return Ok(()) };
            for (column, tile) in row.iter().enumerate() {
                let tile = decode_item(file, *tile, 1)?;
                if (tile.width, tile.height) != (across, down) {
                    return Err(Error::Invalid("tiles of one size"));
                }
                shrink(&tile, band, width as usize, column * (across / PART) as usize);
            }
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..THREADS).map(|_| scope.spawn(place)).collect();
        let own = place();
        let others = others.into_iter().map(|other| other.join().unwrap_or(Err(Error::Invalid("a whole tile"))));
        others.fold(own, Result::and)
    })?;
    Ok(Some(turned(file, small)?))
}

/// Draws a tile into its band of the small picture, `left` pixels from its edge. What reaches beyond is cut off.
fn shrink(tile: &Image, band: &mut [u8], width: usize, left: usize) {
    let part = PART as usize;
    let stride = tile.width as usize * CHANNELS;
    let top = u32::from(tile.max_value());
    for (row, pixels) in band.chunks_mut(width * CHANNELS).zip(tile.data.chunks(stride * part)) {
        let across = row.as_chunks_mut::<CHANNELS>().0.iter_mut().skip(left);
        for (at, pixel) in across.take(tile.width as usize / part).enumerate() {
            for (channel, shown) in pixel.iter_mut().take(CHANNELS - 1).enumerate() {
                let from = at * part * CHANNELS + channel;
                let lines = pixels.chunks(stride).flat_map(|line| line.iter().skip(from).step_by(CHANNELS).take(part));
                let sum: u32 = lines.map(|sample| u32::from(*sample)).sum();
                let all = PART * PART * top;
                *shown = u8::try_from((sum * u32::from(u8::MAX) + all / 2) / all).unwrap_or(u8::MAX);
            }
        }
    }
}

/// Cut and turned as the container says, in its order.
fn turned(file: &HeifFile<'_>, mut small: Image<u8>) -> Result<Image<u8>, Error> {
    for property in file.item_properties(file.primary_id)? {
        small = match *property {
            Property::CleanAperture { width, height, horiz_offset, vert_offset } => {
                let (left, across) = aperture(small.width, width, horiz_offset)?;
                let (above, down) = aperture(small.height, height, vert_offset)?;
                small.crop(left, above, across, down)
            }
            Property::Rotation(quarters) => small.rotate_ccw(quarters),
            Property::Mirror(top_bottom) => small.mirror(top_bottom),
            _ => small,
        };
    }
    Ok(small)
}

/// Where what is shown begins and how much it is, along one side (ISO/IEC 14496-12, 12.1.4), in pixels of the small
/// picture.
fn aperture(side: u32, shown: (u32, u32), offset: (i32, u32)) -> Result<(u32, u32), Error> {
    if shown.1 == 0 || offset.1 == 0 {
        return Err(Error::Invalid("an aperture without a nought"));
    }
    let part = f64::from(PART);
    let shown = f64::from(shown.0) / f64::from(shown.1) / part;
    let middle = f64::from(side) / 2.0 + f64::from(offset.0) / f64::from(offset.1) / part;
    // A cast from a float stays within its type.
    Ok(((middle - shown / 2.0).round() as u32, shown.round() as u32))
}

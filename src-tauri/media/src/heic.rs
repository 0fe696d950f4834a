//! HEIC, which phones make without asking: decoded to what the other pictures
//! are after decoding, then treated like them.
//!
//! The decoder turns and crops as the file says. A profile, or the colours that
//! the file names by numbers, are used up where the picture is small already.
//! What is not known (HDR, rare layouts) is refused with the way to a JPEG.

use heifer::{
    Error, Options, decode_rgba8,
    heifer_hevc_dec::{self, nal::NalUnit, params::ParameterSets},
    heifer_isobmff::{
        HeifFile,
        boxes::{ColorInfo, Property},
    },
};
use image::{DynamicImage, RgbImage, RgbaImage, metadata::Orientation};

use crate::{
    Prepared, Refusal,
    color::Colours,
    contained,
    picture::{self, Source},
    sniff::Content,
    tiles,
};

/// The largest that phones make.
const MEGAPIXELS: u64 = 202;
/// What the decoder gets at once: it needs eight bytes for each pixel. Photos with more come in tiles.
const MEGAPIXELS_AT_ONCE: u64 = 50;
/// Photos come in tiles; more threads would hold more of them at once.
const THREADS: usize = 2;

pub(crate) fn prepare(bytes: &[u8]) -> Result<Prepared, Refusal> {
    let broken = || Refusal::broken(Content::Heic.name());
    let (size, pixels, colours) = contained::caught(|| decode(bytes)).unwrap_or_else(|| Err(broken()))?;
    let source = Source {
        size,
        pixels,
        orientation: Orientation::NoTransforms,
        colours,
        deep: false,
        said: None,
        lossless: None,
    };
    picture::finish(source, Content::Heic, bytes.len())
}

/// The sides as the file has them, and the pixels, of which there may be fewer.
fn decode(bytes: &[u8]) -> Result<((u32, u32), DynamicImage, Colours), Refusal> {
    let file = HeifFile::parse(bytes).map_err(|error| refusal(&error.into()))?;
    let declared = file.image_size(file.primary_id).ok().flatten();
    if let Some((width, height)) = declared {
        check(width, height, MEGAPIXELS)?;
    }
    let profile = file.icc_profile(file.primary_id).ok().flatten();
    let colours = match (profile, codes(&file)) {
        (Some(profile), _) => Colours::of_light(Some(profile), false),
        (None, Some((primaries, transfer))) => {
            Colours::of_codes(primaries, transfer).ok_or(Refusal::HeicUnsupported)?
        }
        (None, None) => Colours::Srgb,
    };
    let large = declared.filter(|(width, height)| check(*width, *height, MEGAPIXELS_AT_ONCE).is_err());
    let image = match large {
        Some((width, height)) => tiles::decode(&file)
            .map_err(|error| refusal(&error))?
            .ok_or_else(|| too_many_pixels(width, height, MEGAPIXELS_AT_ONCE))?,
        None => {
            let options = Options { max_threads: THREADS, max_pixels: MEGAPIXELS_AT_ONCE * 1_000_000 };
            decode_rgba8(bytes, &options).map_err(|error| refusal(&error))?
        }
    };
    let (width, height) = (image.width, image.height);
    check(width, height, MEGAPIXELS_AT_ONCE)?;
    let size = large.map_or((width, height), |(across, down)| {
        let turned = (across > down) != (width > height);
        if turned { (down, across) } else { (across, down) }
    });
    let pixels = if image.has_alpha {
        RgbaImage::from_raw(width, height, image.data).map(DynamicImage::ImageRgba8)
    } else {
        RgbImage::from_raw(width, height, image.into_rgb8()).map(DynamicImage::ImageRgb8)
    };
    Ok((size, pixels.ok_or_else(|| Refusal::broken(Content::Heic.name()))?, colours))
}

/// Primaries and curve by ITU-T H.273: those of the container, else of the coded picture; of a picture in tiles, those
/// of the first.
fn codes(file: &HeifFile<'_>) -> Option<(u8, u8)> {
    let tile = file.referenced_items(file.primary_id, b"dimg").first().copied();
    std::iter::once(file.primary_id).chain(tile).find_map(|item| declared(file, item).or_else(|| coded(file, item)))
}

fn declared(file: &HeifFile<'_>, item: u32) -> Option<(u8, u8)> {
    file.item_properties(item).ok()?.find_map(|property| match property {
        Property::Color(ColorInfo::Nclx { primaries, transfer, .. }) => {
            Some((u8::try_from(*primaries).ok()?, u8::try_from(*transfer).ok()?))
        }
        _ => None,
    })
}

fn coded(file: &HeifFile<'_>, item: u32) -> Option<(u8, u8)> {
    let mut sets = ParameterSets::default();
    for unit in &file.hevc_config(item).ok()??.nal_units {
        sets.add(&NalUnit::parse(unit).ok()?).ok()?;
    }
    let usability = sets.sps.iter().flatten().find_map(|set| set.vui.as_ref())?;
    Some((usability.colour_primaries, usability.transfer_characteristics))
}

/// By what the file declares, before anything is decoded, and by what came out.
fn check(width: u32, height: u32, megapixels: u64) -> Result<(), Refusal> {
    let fits = u64::from(width) * u64::from(height) <= megapixels * 1_000_000;
    if fits && width.max(height) <= picture::SIDE_LIMIT {
        return Ok(());
    }
    Err(too_many_pixels(width, height, megapixels))
}

fn too_many_pixels(width: u32, height: u32, megapixels: u64) -> Refusal {
    Refusal::TooManyPixels { width, height, limit: picture::SIDE_LIMIT, megapixels }
}

fn refusal(error: &Error) -> Refusal {
    match error {
        Error::Hevc(heifer_hevc_dec::Error::Unimplemented(_)) | Error::Unsupported(_) => Refusal::HeicUnsupported,
        _ => Refusal::broken(Content::Heic.name()),
    }
}

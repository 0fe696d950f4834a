//! HEIC, which phones make without asking: decoded to what the other pictures
//! are after decoding, then treated like them.
//!
//! The decoder turns and crops as the file says. A profile is used up where the
//! picture is small already; without one, the decoder converts to sRGB by the
//! numbers in the file. What it does not know (HDR, rare layouts) is refused
//! with the way to a JPEG.

use heifer::{Error, Options, decode_rgba8, decode_srgb_rgba8, heifer_hevc_dec, heifer_isobmff::HeifFile};
use image::{DynamicImage, RgbImage, RgbaImage, metadata::Orientation};

use crate::{
    Prepared, Refusal,
    color::Colours,
    contained,
    picture::{self, Source},
    sniff::Content,
};

/// Phones have them, and the decoder needs eight bytes for each pixel, so the limit in memory is wider.
const MEGAPIXELS: u64 = 50;
/// Photos come in tiles; more threads would hold more of them at once.
const THREADS: usize = 2;

pub(crate) fn prepare(bytes: &[u8]) -> Result<Prepared, Refusal> {
    let broken = || Refusal::broken(Content::Heic.name());
    let (pixels, colours) = contained::caught(|| decode(bytes)).unwrap_or_else(|| Err(broken()))?;
    let source = Source {
        pixels,
        orientation: Orientation::NoTransforms,
        colours,
        deep: false,
        animated: false,
        lossless: None,
    };
    picture::finish(source, Content::Heic, bytes.len())
}

fn decode(bytes: &[u8]) -> Result<(DynamicImage, Colours), Refusal> {
    let file = HeifFile::parse(bytes).map_err(|error| refusal(&error.into()))?;
    if let Ok(Some((width, height))) = file.image_size(file.primary_id) {
        check(width, height)?;
    }
    let options = Options { max_threads: THREADS, max_pixels: MEGAPIXELS * 1_000_000 };
    let profile = file.icc_profile(file.primary_id).ok().flatten();
    let decode = if profile.is_some() { decode_rgba8 } else { decode_srgb_rgba8 };
    let image = decode(bytes, &options).map_err(|error| refusal(&error))?;
    let (width, height) = (image.width, image.height);
    check(width, height)?;
    let pixels = if image.has_alpha {
        RgbaImage::from_raw(width, height, image.data).map(DynamicImage::ImageRgba8)
    } else {
        RgbImage::from_raw(width, height, image.into_rgb8()).map(DynamicImage::ImageRgb8)
    };
    let pixels = pixels.ok_or_else(|| Refusal::broken(Content::Heic.name()))?;
    Ok((pixels, Colours::of_light(profile, false)))
}

/// By what the file declares, before anything is decoded, and by what came out.
fn check(width: u32, height: u32) -> Result<(), Refusal> {
    let limit = picture::SIDE_LIMIT;
    if width.max(height) > limit || u64::from(width) * u64::from(height) > MEGAPIXELS * 1_000_000 {
        return Err(Refusal::TooManyPixels { width, height, limit, megapixels: MEGAPIXELS });
    }
    Ok(())
}

fn refusal(error: &Error) -> Refusal {
    match error {
        Error::Hevc(heifer_hevc_dec::Error::Unimplemented(_)) | Error::Unsupported(_) => Refusal::HeicUnsupported,
        _ => Refusal::broken(Content::Heic.name()),
    }
}

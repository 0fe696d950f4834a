//! HEIC, which phones make without asking: decoded to what the other pictures
//! are after decoding, then treated like them.
//!
//! The decoder turns and crops as the file says and converts to sRGB by the
//! profile or by the numbers beside it. What it does not know (HDR, rare
//! layouts) is refused with the way to a JPEG.

use heifer::{Error, Options, decode_srgb_rgba8, heifer_hevc_dec, heifer_isobmff::HeifFile};
use image::{DynamicImage, RgbImage, RgbaImage, metadata::Orientation};

use crate::{
    Prepared, Refusal, contained,
    picture::{self, Source},
    sniff::Content,
};

/// What the decoder needs several times over, so less than for other pictures.
const MEGAPIXELS: u64 = 50;
/// Photos come in tiles; more threads would hold more of them at once.
const THREADS: usize = 2;

pub(crate) fn prepare(bytes: &[u8]) -> Result<Prepared, Refusal> {
    let broken = || Refusal::broken(Content::Heic.name());
    let pixels = contained::caught(|| decode(bytes)).unwrap_or_else(|| Err(broken()))?;
    let source = Source {
        pixels,
        orientation: Orientation::NoTransforms,
        colours: None,
        four_inks: false,
        deep: false,
        lossless: None,
    };
    picture::finish(source, Content::Heic, bytes.len())
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, Refusal> {
    let file = HeifFile::parse(bytes).map_err(|error| refusal(&error.into()))?;
    if let Ok(Some((width, height))) = file.image_size(file.primary_id) {
        check(width, height)?;
    }
    let options = Options { max_threads: THREADS, max_pixels: MEGAPIXELS * 1_000_000 };
    let image = decode_srgb_rgba8(bytes, &options).map_err(|error| refusal(&error))?;
    let (width, height) = (image.width, image.height);
    check(width, height)?;
    let pixels = if image.has_alpha {
        RgbaImage::from_raw(width, height, image.data).map(DynamicImage::ImageRgba8)
    } else {
        RgbImage::from_raw(width, height, image.into_rgb8()).map(DynamicImage::ImageRgb8)
    };
    pixels.ok_or_else(|| Refusal::broken(Content::Heic.name()))
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

//! JPEG through a second decoder, which knows rarer forms and makes a picture smaller while it decodes it.

use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{Decoder, Error, PixelFormat};

use crate::{Refusal, contained, sniff::Content};

pub(crate) struct Reduced {
    pub(crate) pixels: DynamicImage,
    pub(crate) exif: Option<Vec<u8>>,
    pub(crate) profile: Option<Vec<u8>>,
}

/// By a half, a quarter or an eighth of each side, whichever is the smallest that is not below what is asked for.
pub(crate) fn decode(bytes: &[u8], width: u16, height: u16) -> Result<Reduced, Refusal> {
    let name = Content::JPEG.name();
    let decoded = contained::caught(|| pixels(bytes, width, height));
    match decoded {
        Some(Ok(Some(reduced))) => Ok(reduced),
        Some(Ok(None) | Err(Error::Unsupported(_))) => Err(Refusal::Unsupported { format: name.into() }),
        Some(Err(_)) | None => Err(Refusal::broken(name)),
    }
}

/// `None` where the colours are no light.
fn pixels(bytes: &[u8], width: u16, height: u16) -> Result<Option<Reduced>, Error> {
    let mut decoder = Decoder::new(bytes);
    let (width, height) = decoder.scale(width, height)?;
    let decoded = decoder.decode()?;
    let (width, height) = (u32::from(width), u32::from(height));
    let pixels = match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::L8) => GrayImage::from_raw(width, height, decoded).map(DynamicImage::ImageLuma8),
        Some(PixelFormat::RGB24) => RgbImage::from_raw(width, height, decoded).map(DynamicImage::ImageRgb8),
        _ => None,
    };
    let exif = decoder.exif_data().map(<[u8]>::to_vec);
    Ok(pixels.map(|pixels| Reduced { pixels, exif, profile: decoder.icc_profile() }))
}

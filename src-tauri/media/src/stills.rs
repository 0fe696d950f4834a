//! GIF, BMP and TIFF, which shops have from scanners and old programs: decoded to what the other pictures are after
//! decoding, then treated like them.

use std::io::Cursor;

use gif::{ColorOutput, DecodeOptions, DecodingError};
use image::{
    DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage, RgbaImage, imageops, metadata::Orientation,
};
use tiff::{
    ColorType, TiffError,
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};
use zune_bmp::{
    BmpDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::{
    Offered, Refusal,
    color::Colours,
    contained,
    picture::{self, MEMORY_LIMIT, SIDE_LIMIT, Source},
    sniff::Content,
};

pub(crate) fn decode(bytes: &[u8], format: ImageFormat) -> Result<Source, Refusal> {
    let decoded = contained::caught(|| match format {
        ImageFormat::Gif => gif(bytes),
        ImageFormat::Bmp => bmp(bytes),
        _ => tiff(bytes),
    });
    decoded.unwrap_or_else(|| Err(broken(format)))
}

fn broken(format: ImageFormat) -> Refusal {
    Refusal::broken(Content::Picture(format).name())
}

fn unsupported(format: ImageFormat) -> Refusal {
    Refusal::Unsupported { format: Content::Picture(format).name().into() }
}

/// Upright, in sRGB, with eight bits a channel.
fn plain(pixels: DynamicImage) -> Source {
    Source {
        size: (pixels.width(), pixels.height()),
        pixels,
        orientation: Orientation::NoTransforms,
        colours: Colours::Srgb,
        deep: false,
        said: None,
        lossless: None,
    }
}

/// The first picture on its canvas; the others are said.
fn gif(bytes: &[u8]) -> Result<Source, Refusal> {
    let broken = |_: DecodingError| broken(ImageFormat::Gif);
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes).map_err(broken)?;
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    // The canvas, and the picture that is put upon it.
    picture::check(width, height, 4, u64::from(width) * u64::from(height) * 4)?;
    let mut canvas = RgbaImage::new(width, height);
    let frame = decoder.read_next_frame().map_err(broken)?.ok_or_else(|| self::broken(ImageFormat::Gif))?;
    let (left, top) = (i64::from(frame.left), i64::from(frame.top));
    let part = RgbaImage::from_raw(frame.width.into(), frame.height.into(), frame.buffer.to_vec());
    imageops::replace(&mut canvas, &part.ok_or_else(|| self::broken(ImageFormat::Gif))?, left, top);
    let moves = matches!(decoder.next_frame_info(), Ok(Some(_)));
    let said = moves.then(|| Offered::Stilled { format: Content::Picture(ImageFormat::Gif).name().into() });
    Ok(Source { said, ..plain(DynamicImage::ImageRgba8(canvas)) })
}

fn bmp(bytes: &[u8]) -> Result<Source, Refusal> {
    let broken = || broken(ImageFormat::Bmp);
    let limit = usize::try_from(SIDE_LIMIT).unwrap_or(usize::MAX);
    let options = DecoderOptions::default().set_max_width(limit).set_max_height(limit);
    let mut decoder = BmpDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| broken())?;
    let (width, height) = decoder.dimensions().ok_or_else(broken)?;
    let (width, height) = (u32::try_from(width).map_err(|_| broken())?, u32::try_from(height).map_err(|_| broken())?);
    picture::check(width, height, 4, 0)?;
    let colours = decoder.colorspace().ok_or_else(broken)?;
    let decoded = decoder.decode().map_err(|_| broken())?;
    let pixels = match colours {
        ColorSpace::Luma => GrayImage::from_raw(width, height, decoded).map(DynamicImage::ImageLuma8),
        ColorSpace::RGB => RgbImage::from_raw(width, height, decoded).map(DynamicImage::ImageRgb8),
        ColorSpace::RGBA => RgbaImage::from_raw(width, height, decoded).map(visible),
        _ => return Err(unsupported(ImageFormat::Bmp)),
    };
    pixels.map(plain).ok_or_else(broken)
}

/// Most programs leave the fourth byte of a pixel empty and mean a picture that can be seen.
fn visible(pixels: RgbaImage) -> DynamicImage {
    let pixels = DynamicImage::ImageRgba8(pixels);
    match &pixels {
        DynamicImage::ImageRgba8(all) if all.pixels().all(|pixel| pixel.0[3] == 0) => {
            DynamicImage::ImageRgb8(pixels.into_rgb8())
        }
        _ => pixels,
    }
}

/// The first page; that there are others is said.
fn tiff(bytes: &[u8]) -> Result<Source, Refusal> {
    let refusal = |error: TiffError| match error {
        TiffError::UnsupportedError(_) => unsupported(ImageFormat::Tiff),
        _ => broken(ImageFormat::Tiff),
    };
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(MEMORY_LIMIT).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = limits.decoding_buffer_size / 4;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(refusal)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(refusal)?;
    let colour = decoder.colortype().map_err(refusal)?;
    picture::check(width, height, u64::from(colour.bit_depth().div_ceil(8)) * u64::from(colour.num_samples()), 0)?;
    // A camera's raw picture begins with a small preview, and has the real one elsewhere.
    let preview =
        decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten().is_some_and(|kind| kind & 1 == 1);
    if preview || decoder.find_tag(Tag::SubIfd).ok().flatten().is_some() {
        return Err(unsupported(ImageFormat::Tiff));
    }
    let turned = decoder.find_tag_unsigned::<u8>(Tag::Orientation).ok().flatten().and_then(Orientation::from_exif);
    let profile = decoder.get_tag_u8_vec(Tag::IccProfile).ok();
    let read = decoder.read_image().map_err(refusal)?;
    let pixels = pixels(width, height, colour, read).ok_or_else(|| unsupported(ImageFormat::Tiff))?;
    let colours = match colour {
        ColorType::CMYK(_) => Colours::of_inks(profile.as_deref()),
        _ => Colours::of_light(profile.as_deref(), !pixels.color().has_color()),
    };
    let said =
        decoder.more_images().then(|| Offered::FirstPage { format: Content::Picture(ImageFormat::Tiff).name().into() });
    let orientation = turned.unwrap_or(Orientation::NoTransforms);
    Ok(Source { orientation, colours, deep: colour.bit_depth() > 8, said, ..plain(pixels) })
}

/// `None` for what scanners and programs do not write.
fn pixels(width: u32, height: u32, colour: ColorType, read: DecodingResult) -> Option<DynamicImage> {
    match (colour, read) {
        (ColorType::Gray(8), DecodingResult::U8(gray)) => Some(GrayImage::from_raw(width, height, gray)?.into()),
        (ColorType::Gray(depth @ (1 | 2 | 4)), DecodingResult::U8(packed)) => {
            Some(GrayImage::from_raw(width, height, unpacked(&packed, width, depth)?)?.into())
        }
        (ColorType::RGB(8), DecodingResult::U8(rgb)) => Some(RgbImage::from_raw(width, height, rgb)?.into()),
        (ColorType::RGBA(8), DecodingResult::U8(rgba)) => Some(RgbaImage::from_raw(width, height, rgba)?.into()),
        // As the paper left free of each ink.
        (ColorType::CMYK(8), DecodingResult::U8(mut inks)) => {
            inks.iter_mut().for_each(|ink| *ink = u8::MAX - *ink);
            Some(RgbaImage::from_raw(width, height, inks)?.into())
        }
        (ColorType::Gray(16), DecodingResult::U16(gray)) => {
            Some(ImageBuffer::<Luma<u16>, _>::from_raw(width, height, gray)?.into())
        }
        (ColorType::RGB(16), DecodingResult::U16(rgb)) => {
            Some(ImageBuffer::<Rgb<u16>, _>::from_raw(width, height, rgb)?.into())
        }
        _ => None,
    }
}

/// Several pixels to a byte, and each row in whole bytes.
fn unpacked(packed: &[u8], width: u32, depth: u8) -> Option<Vec<u8>> {
    let width = usize::try_from(width).ok()?;
    let (depth, most) = (usize::from(depth), (1_u8 << depth) - 1);
    let mut pixels = Vec::new();
    for row in packed.chunks_exact((width * depth).div_ceil(8)) {
        for at in 0..width {
            let byte = *row.get(at * depth / 8)?;
            let step = (byte >> (8 - depth - at * depth % 8)) & most;
            pixels.push(step * (u8::MAX / most));
        }
    }
    Some(pixels)
}

//! GIF, BMP and TIFF, which shops have from scanners and old programs: decoded to what the other pictures are after
//! decoding, then treated like them.

use std::io::Cursor;

use gif::{ColorOutput, DecodeOptions, DecodingError};
use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage, imageops,
    metadata::Orientation,
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
    let numbered = as_gray(bytes);
    let bytes = numbered.as_deref().unwrap_or(bytes);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(MEMORY_LIMIT).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = limits.decoding_buffer_size / 4;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(refusal)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(refusal)?;
    let colour = decoder.colortype().map_err(refusal)?;
    let pixel = u64::from(colour.bit_depth().div_ceil(8)) * u64::from(colour.num_samples());
    // What gets its colours afterwards stands beside what was read.
    let beside = if numbered.is_some() { u64::from(width) * u64::from(height) * 3 } else { 0 };
    picture::check(width, height, pixel, beside)?;
    // A camera's raw picture begins with a small preview, and has the real one elsewhere.
    let preview =
        decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten().is_some_and(|kind| kind & 1 == 1);
    // What else may stand beside gray is nothing to look through.
    let alpha = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten();
    let strange = matches!(colour, ColorType::Multiband { .. }) && !matches!(alpha.as_deref(), Some([1 | 2]));
    if preview || strange || decoder.find_tag(Tag::SubIfd).ok().flatten().is_some() {
        return Err(unsupported(ImageFormat::Tiff));
    }
    let turned = decoder.find_tag_unsigned::<u8>(Tag::Orientation).ok().flatten().and_then(Orientation::from_exif);
    let profile = decoder.get_tag_u8_vec(Tag::IccProfile).ok();
    let table = numbered.is_some().then(|| decoder.get_tag_u16_vec(Tag::ColorMap)).transpose().map_err(refusal)?;
    let read = decoder.read_image().map_err(refusal)?;
    let pixels = match table {
        Some(table) => named(width, height, colour, read, &table),
        None => pixels(width, height, colour, read),
    };
    let pixels = pixels.ok_or_else(|| unsupported(ImageFormat::Tiff))?;
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
            let full = u8::MAX / most(depth);
            Some(GrayImage::from_raw(width, height, unpacked(&packed, width, depth, |step| step * full)?)?.into())
        }
        (ColorType::Multiband { bit_depth: 8, num_samples: 2 }, DecodingResult::U8(gray)) => {
            Some(GrayAlphaImage::from_raw(width, height, gray)?.into())
        }
        (ColorType::RGB(8), DecodingResult::U8(rgb)) => Some(RgbImage::from_raw(width, height, rgb)?.into()),
        (ColorType::RGBA(8), DecodingResult::U8(rgba)) => Some(RgbaImage::from_raw(width, height, rgba)?.into()),
        (ColorType::YCbCr(8), DecodingResult::U8(mut light)) => {
            light.as_chunks_mut().0.iter_mut().for_each(to_rgb);
            Some(RgbImage::from_raw(width, height, light)?.into())
        }
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
        (ColorType::RGBA(16), DecodingResult::U16(rgba)) => {
            Some(ImageBuffer::<Rgba<u16>, _>::from_raw(width, height, rgba)?.into())
        }
        _ => None,
    }
}

/// From brightness and two differences (ITU-R BT.601 over the whole range, as JPEG has it) to red, green and blue.
fn to_rgb(pixel: &mut [u8; 3]) {
    let [y, blue, red] = pixel.map(f32::from);
    let (blue, red) = (blue - 128.0, red - 128.0);
    let light = [y + 1.402 * red, y - 0.344_136 * blue - 0.714_136 * red, y + 1.772 * blue];
    // A cast from a float stays within its type.
    *pixel = light.map(|light| light.round() as u8);
}

/// A file whose pixels are numbers of colours, as if these were shades of gray, which its reader knows: the same with 1
/// in place of 3 in "photometric interpretation" of the first page (TIFF 6.0, sections 2 and 5).
fn as_gray(bytes: &[u8]) -> Option<Vec<u8>> {
    const INTERPRETATION: u32 = 262;
    let little = bytes.starts_with(b"II");
    let number = |at: usize, length: usize| {
        let number = bytes.get(at..at.checked_add(length)?)?;
        let join = |number: u32, byte: &u8| (number << 8) | u32::from(*byte);
        Some(if little { number.iter().rev().fold(0, join) } else { number.iter().fold(0, join) })
    };
    let page = usize::try_from(number(4, 4)?).ok()?;
    let mut entries = (0..number(page, 2)? as usize).map(|entry| page + 2 + entry * 12);
    let value = entries.find(|entry| number(*entry, 2) == Some(INTERPRETATION))? + 8;
    if number(value, 2)? != 3 {
        return None;
    }
    let mut gray = bytes.to_vec();
    *gray.get_mut(if little { value } else { value + 1 })? = 1;
    Some(gray)
}

/// The pixels by a table of colours: all their reds, all greens, all blues.
fn named(width: u32, height: u32, colour: ColorType, read: DecodingResult, table: &[u16]) -> Option<DynamicImage> {
    let numbers = match (colour, read) {
        (ColorType::Gray(8), DecodingResult::U8(numbers)) => numbers,
        (ColorType::Gray(depth @ (1 | 2 | 4)), DecodingResult::U8(packed)) => {
            unpacked(&packed, width, depth, |step| step)?
        }
        _ => return None,
    };
    // Some writers have eight bits for each.
    let shift = if table.iter().all(|light| *light <= 255) { 0 } else { 8 };
    let third = table.len() / 3;
    let shown = |number: u8| {
        let light = |channel: usize| Some((table.get(channel * third..)?.get(usize::from(number))? >> shift) as u8);
        Some([light(0)?, light(1)?, light(2)?])
    };
    let colours: Option<Vec<[u8; 3]>> = (0..third.min(256)).map(|number| shown(u8::try_from(number).ok()?)).collect();
    let colours = colours?;
    let mut rgb = Vec::with_capacity(numbers.len() * 3);
    for number in numbers {
        rgb.extend_from_slice(colours.get(usize::from(number))?);
    }
    Some(RgbImage::from_raw(width, height, rgb)?.into())
}

/// The highest number of so many bits.
fn most(depth: u8) -> u8 {
    (1 << depth) - 1
}

/// Several pixels to a byte, and each row in whole bytes.
fn unpacked(packed: &[u8], width: u32, depth: u8, shown: impl Fn(u8) -> u8) -> Option<Vec<u8>> {
    let width = usize::try_from(width).ok()?;
    let (depth, most) = (usize::from(depth), most(depth));
    let mut pixels = Vec::new();
    for row in packed.chunks_exact((width * depth).div_ceil(8)) {
        for at in 0..width {
            let byte = *row.get(at * depth / 8)?;
            pixels.push(shown((byte >> (8 - depth - at * depth % 8)) & most));
        }
    }
    Some(pixels)
}

//! Pictures: decoded within limits, made upright and small enough, encoded
//! again only where that is needed.

use std::io::Cursor;

use fast_image_resize::{MulDiv, ResizeOptions, Resizer};
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, Limits, RgbImage,
    codecs::{
        png::{CompressionType, FilterType, PngDecoder, PngEncoder},
        webp::WebPDecoder,
    },
    metadata::Orientation,
};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use crate::{
    Change, Kind, Offered, Prepared, Refusal, SourceFacts,
    color::{Colours, Numbers},
    jpeg, png,
    sniff::Content,
    stills,
};

/// The longest side of what is sent, in pixels. More would only be made
/// smaller by the phones that receive it.
pub const LONGEST_SIDE: u32 = 1600;
/// The longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE: u32 = 320;
/// The most a prepared picture weighs, in bytes.
pub const IMAGE_LIMIT: usize = 5_000_000;

pub(crate) const SIDE_LIMIT: u32 = 16_384;
/// The most that a picture takes until it is small, in bytes: a photo of 66 megapixels.
pub(crate) const MEMORY_LIMIT: u64 = 240_000_000;
const QUALITY: u8 = 82;
const THUMBNAIL_QUALITY: u8 = 75;

pub(crate) fn prepare(bytes: &[u8], format: ImageFormat) -> Result<Prepared, Refusal> {
    let source = match format {
        ImageFormat::Jpeg => jpeg::decode(bytes)?,
        ImageFormat::Gif | ImageFormat::Bmp | ImageFormat::Tiff => stills::decode(bytes, format)?,
        _ => decode(bytes, format)?,
    };
    finish(source, Content::Picture(format), bytes.len())
}

/// What is the same for every decoder; `weight` is the file's, in bytes.
pub(crate) fn finish(source: Source, content: Content, weight: usize) -> Result<Prepared, Refusal> {
    let broken = || Refusal::broken(content.name());
    let (mut width, mut height) = source.size;
    if swaps_sides(source.orientation) {
        (width, height) = (height, width);
    }
    let resized = width.max(height) > LONGEST_SIDE;

    let inks = matches!(source.colours, Colours::Inks(_));
    let small = if inks { resize(source.pixels, LONGEST_SIDE) } else { shrink(source.pixels, LONGEST_SIDE) };
    let mut pixels = source.colours.to_srgb(small.ok_or_else(broken)?);
    pixels.apply_orientation(source.orientation);

    let mut facts = SourceFacts::new(content.name(), weight as u64);
    (facts.width, facts.height) = (Some(width), Some(height));
    let encoded = choose(&pixels, content, source.lossless).ok_or_else(broken)?;
    let mut prepared = Prepared::new(Kind::Image, encoded.mime, encoded.bytes, facts);
    (prepared.width, prepared.height) = (Some(pixels.width()), Some(pixels.height()));
    prepared.thumbnail = thumbnail(&pixels).ok_or_else(broken)?;
    let turned = source.orientation != Orientation::NoTransforms;
    let recoloured = !source.colours.are_srgb();
    let flattened = pixels.color().has_alpha() && encoded.mime == "image/jpeg";
    let changed = resized || turned || recoloured || flattened;
    // Too heavy is the one reason that is none of these.
    let recoded = encoded.anew && (source.deep || content.mime() != encoded.mime || !changed);
    prepared.changes = [
        (resized, Change::Resized),
        (turned, Change::Turned),
        (recoloured, Change::Recoloured),
        (matches!(source.said, Some(Offered::Stilled { .. })), Change::Stilled),
        (flattened, Change::Flattened),
        (recoded, Change::Recoded),
    ]
    .into_iter()
    .filter_map(|(happened, change)| happened.then_some(change))
    .collect();
    prepared.offered = source.said;
    Ok(prepared)
}

/// A decoded picture, and what has to be done with it.
pub(crate) struct Source {
    /// Across and down as stored; `pixels` may be fewer already.
    pub(crate) size: (u32, u32),
    pub(crate) pixels: DynamicImage,
    pub(crate) orientation: Orientation,
    pub(crate) colours: Colours,
    /// More than eight bits a channel.
    pub(crate) deep: bool,
    /// What its owner ought to know before it is sent.
    pub(crate) said: Option<Offered>,
    /// The file itself without metadata, where it shows exactly `pixels`:
    /// upright, small, eight bits a channel, and colours that are sRGB already.
    pub(crate) lossless: Option<Vec<u8>>,
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<Source, Refusal> {
    // The decoder would refuse these as well, but without the numbers.
    if let Some((width, height)) = png::declared_size(bytes) {
        check(width, height, 0, 0)?;
    }
    let mut decoder = open(bytes, format).map_err(|error| refusal(&error, format))?;
    let (width, height) = decoder.dimensions();
    let stored = match format {
        // Brightness and colours apart, or all channels at once, before they become pixels.
        ImageFormat::WebP => u64::from(width) * u64::from(height) * 6,
        _ => 0,
    };
    check(width, height, u64::from(decoder.color_type().bytes_per_pixel()), stored)?;

    let exif = decoder.exif_metadata().ok().flatten();
    // Some programs write it as JPEG has it, with a mark in front.
    let exif = exif.as_deref().map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif));
    let orientation = exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    let gray = !decoder.color_type().has_color();
    let profile = decoder.icc_profile().ok().flatten();
    let colours = match png::colours(bytes) {
        Some(numbers @ Numbers::Codes { .. }) => Colours::of_numbers(numbers, gray),
        Some(numbers) if profile.is_none() => Colours::of_numbers(numbers, gray),
        _ => Colours::of_light(profile.as_deref(), gray),
    };
    let deep = decoder.color_type().bytes_per_pixel() > decoder.color_type().channel_count();
    let as_it_is = orientation == Orientation::NoTransforms && colours.are_srgb() && !deep && small(width, height);
    let pixels = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error, format))?;
    let stripped = if as_it_is && format == ImageFormat::Png { png::strip(bytes) } else { None };
    let lossless = stripped.filter(|file| shows(file, format, &pixels));
    let animated = match format {
        ImageFormat::WebP => WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|decoder| decoder.has_animation()),
        _ => png::is_animated(bytes),
    };
    let said = animated.then(|| Offered::Stilled { format: name(format).into() });
    Ok(Source { size: (width, height), pixels, orientation, colours, deep, said, lossless })
}

/// Decoders skip what is out of place, each in its way, so a damaged file may show something else without its metadata.
fn shows(file: &[u8], format: ImageFormat, pixels: &DynamicImage) -> bool {
    open(file, format).and_then(DynamicImage::from_decoder).is_ok_and(|shown| shown == *pixels)
}

fn open(bytes: &[u8], format: ImageFormat) -> image::ImageResult<Box<dyn ImageDecoder + '_>> {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_LIMIT);
    limits.max_image_height = Some(SIDE_LIMIT);
    limits.max_alloc = Some(MEMORY_LIMIT);
    let bytes = Cursor::new(bytes);
    Ok(match format {
        ImageFormat::WebP => Box::new(WebPDecoder::new(bytes)?),
        _ => Box::new(PngDecoder::with_limits(bytes, limits)?),
    })
}

/// By what a file declares, before it is decoded: its sides, the bytes that a decoded pixel takes, and all that the
/// decoder keeps beside the pixels, in bytes.
pub(crate) fn check(width: u32, height: u32, pixel: u64, beside: u64) -> Result<(), Refusal> {
    let pixels = u64::from(width).saturating_mul(height.into());
    // Narrow already and not yet low, on the way to its small size.
    let halfway = if small(width, height) { 0 } else { u64::from(LONGEST_SIDE) * u64::from(width.min(height)) * pixel };
    let memory = pixels.saturating_mul(pixel).saturating_add(beside.max(halfway));
    if width.max(height) <= SIDE_LIMIT && memory <= MEMORY_LIMIT {
        return Ok(());
    }
    // Where the sides alone are too long, as for a photo.
    let each = if memory == 0 { 3 } else { memory.div_ceil(pixels.max(1)) };
    Err(Refusal::TooManyPixels { width, height, limit: SIDE_LIMIT, megapixels: MEMORY_LIMIT / each.max(1) / 1_000_000 })
}

/// Whether a picture may keep its pixels.
pub(crate) fn small(width: u32, height: u32) -> bool {
    width.max(height) <= LONGEST_SIDE
}

/// At most `side` on the longest side; never enlarged. Colours that cannot be seen leave no trace in those beside them.
/// `None` on a picture that the resizer cannot take, which the formats here never give.
fn shrink(mut pixels: DynamicImage, side: u32) -> Option<DynamicImage> {
    if !pixels.color().has_alpha() || pixels.width().max(pixels.height()) <= side {
        return resize(pixels, side);
    }
    // In place: a copy of the largest picture would be as large again.
    MulDiv::new().multiply_alpha_inplace(&mut pixels).ok()?;
    let mut smaller = resize(pixels, side)?;
    MulDiv::new().divide_alpha_inplace(&mut smaller).ok()?;
    Some(smaller)
}

/// As [`shrink`], but every channel by itself.
fn resize(pixels: DynamicImage, side: u32) -> Option<DynamicImage> {
    let (width, height) = (pixels.width(), pixels.height());
    let longest = width.max(height);
    if longest <= side {
        return Some(pixels);
    }
    let scaled = |length: u32| {
        let rounded = (u64::from(length) * u64::from(side) + u64::from(longest) / 2) / u64::from(longest);
        u32::try_from(rounded).map(|length| length.max(1)).ok()
    };
    let mut smaller = DynamicImage::new(scaled(width)?, scaled(height)?, pixels.color());
    Resizer::new().resize(&pixels, &mut smaller, &ResizeOptions::new().use_alpha(false)).ok()?;
    Some(smaller)
}

struct Encoded {
    mime: &'static str,
    bytes: Vec<u8>,
    /// Whether it is a conversion, not the file itself.
    anew: bool,
}

/// The bytes to send: the file itself where that will do, a PNG where it is
/// transparent or smaller, else a JPEG.
fn choose(pixels: &DynamicImage, source: Content, untouched: Option<Vec<u8>>) -> Option<Encoded> {
    let fits = |bytes: &Vec<u8>| bytes.len() <= IMAGE_LIMIT;
    let untouched = untouched.filter(fits);
    if source == Content::JPEG
        && let Some(bytes) = untouched
    {
        return Some(Encoded { mime: "image/jpeg", bytes, anew: false });
    }
    let transparent = pixels.color().has_alpha();
    // What programs draw is smaller so, and sharper; photos are not.
    let drawn = !matches!(source, Content::JPEG | Content::Heic | Content::Avif | Content::Picture(ImageFormat::WebP));
    let png = if transparent || drawn {
        let anew = untouched.is_none();
        let bytes = untouched.or_else(|| encode_png(pixels)).filter(fits);
        bytes.map(|bytes| Encoded { mime: "image/png", bytes, anew })
    } else {
        None
    };
    if transparent && png.is_some() {
        return png;
    }
    let jpeg = encode_within_limit(&on_white(pixels))?;
    match png {
        Some(png) if png.bytes.len() <= jpeg.len() => Some(png),
        _ => Some(Encoded { mime: "image/jpeg", bytes: jpeg, anew: true }),
    }
}

fn thumbnail(pixels: &DynamicImage) -> Option<Vec<u8>> {
    let small = shrink(pixels.clone(), THUMBNAIL_SIDE)?;
    small_jpeg(&on_white(&small))
}

/// A thumbnail that is small already.
pub(crate) fn small_jpeg(pixels: &RgbImage) -> Option<Vec<u8>> {
    encode_jpeg(pixels, THUMBNAIL_QUALITY)
}

/// At [`LONGEST_SIDE`] the first quality fits even for noise; the others are
/// there so that the limit holds by construction.
fn encode_within_limit(pixels: &RgbImage) -> Option<Vec<u8>> {
    [QUALITY, 60, 30]
        .into_iter()
        .find_map(|quality| encode_jpeg(pixels, quality).filter(|bytes| bytes.len() <= IMAGE_LIMIT))
}

fn encode_jpeg(pixels: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let (width, height) = (u16::try_from(pixels.width()).ok()?, u16::try_from(pixels.height()).ok()?);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    // Of every second line only, a thin red one would be grey or red by chance.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.encode(pixels.as_raw(), width, height, ColorType::Rgb).ok()?;
    Some(bytes)
}

fn encode_png(pixels: &DynamicImage) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    pixels.write_with_encoder(encoder).ok()?;
    Some(bytes)
}

/// A JPEG has no transparency; white is what a chat puts behind a picture.
fn on_white(pixels: &DynamicImage) -> RgbImage {
    let DynamicImage::ImageRgba8(pixels) = pixels else {
        return pixels.to_rgb8();
    };
    let mut flat = RgbImage::new(pixels.width(), pixels.height());
    for (flat, pixel) in flat.pixels_mut().zip(pixels.pixels()) {
        let [red, green, blue, alpha] = pixel.0.map(u16::from);
        let over_white = |colour: u16| (colour * alpha + 255 * (255 - alpha) + 127) / 255;
        flat.0 = [red, green, blue].map(|colour| u8::try_from(over_white(colour)).unwrap_or(u8::MAX));
    }
    flat
}

fn swaps_sides(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

fn refusal(error: &ImageError, format: ImageFormat) -> Refusal {
    match error {
        ImageError::Unsupported(_) => Refusal::Unsupported { format: name(format).into() },
        _ => Refusal::broken(name(format)),
    }
}

fn name(format: ImageFormat) -> &'static str {
    Content::Picture(format).name()
}

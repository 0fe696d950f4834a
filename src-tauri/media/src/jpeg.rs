//! JPEG: decoded with its own colours, and as segments, to take metadata out without touching a pixel and to tell a
//! complete file from one that stops early.

use image::{DynamicImage, GrayImage, RgbImage, RgbaImage, metadata::Orientation};
use zune_jpeg::{
    JpegDecoder,
    errors::DecodeErrors,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::{
    Offered, Refusal,
    color::Colours,
    entropy,
    picture::{self, SIDE_LIMIT, Source, small},
    reduced,
    sniff::Content,
};

const START: [u8; 2] = [0xFF, 0xD8];
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const APP0: u8 = 0xE0;
const ADOBE: u8 = 0xEE;
const COMMENT: u8 = 0xFE;
/// More than any phone makes. Decoding takes time for each, however little there is in the file.
const MOST_PIXELS: u64 = 120_000_000;
/// A tenth of a picture may be missing.
const MISSING_OF: u32 = 10;

/// The same picture with nothing but what decoding needs; `None` where the
/// file ends before its picture does. Whatever follows the end mark (a film, a
/// depth map, a second picture) goes too.
///
/// Decoders fill a missing rest with grey, so this walk is what refuses a file
/// without an end. Searching for the end mark would not do: a
/// preview inside the metadata has its own.
pub(crate) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(&START)?;
    let mut clean = Vec::with_capacity(bytes.len());
    clean.extend_from_slice(&START);
    loop {
        let (marker, after) = next_marker(rest)?;
        match marker {
            END => {
                clean.extend_from_slice(&[0xFF, END]);
                return Some(clean);
            }
            // Marks without a body.
            0x01 | 0xD0..=0xD8 => rest = after,
            _ => {
                let (body, after) = split_body(after)?;
                push_segment(&mut clean, marker, body);
                rest = after;
            }
        }
        if marker == SCAN {
            let (pixels, after) = split_pixels(rest)?;
            clean.extend_from_slice(pixels);
            rest = after;
        }
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Source, Refusal> {
    let name = Content::JPEG.name();
    let broken = || Refusal::broken(name);
    let unsupported = || Refusal::Unsupported { format: name.into() };
    let refusal = |error: DecodeErrors| match error {
        DecodeErrors::Unsupported(_) => unsupported(),
        _ => broken(),
    };
    // A file that stops early is refused before anything is made of it.
    let complete = strip(bytes).ok_or_else(broken)?;
    let frame = frame(bytes).ok_or_else(broken)?;
    if frame.rare {
        return Err(unsupported());
    }
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    let room = picture::check(width, height, frame.channels() as u64, frame.coefficients());
    let scale = if frame.unusual || room.is_err() { Some(scale(&frame)?) } else { None };
    // Rows without data before the end mark, which decoders make up, each in its way.
    let absent = entropy::rows(&complete).map_or(0, |rows| height.saturating_sub(rows));
    if absent * MISSING_OF > height {
        return Err(broken());
    }
    if let Some(scale) = scale {
        let said = (absent > 0).then_some(Offered::PictureIncomplete);
        return Ok(Source { said, ..reduced(bytes, &frame, scale)? });
    }
    let mut decoder = decoder(bytes, &frame, Care::Lenient);
    decoder.decode_headers().map_err(refusal)?;
    // It may have taken another of several headers for the picture's.
    if decoder.dimensions() != Some((frame.width.into(), frame.height.into())) {
        return Err(broken());
    }
    let orientation = orientation(decoder.exif().map(Vec::as_slice));
    let profile = decoder.icc_profile();
    let inks = frame.channels() == 4;
    let (pixels, missing, whole) = match pixels(self::decoder(bytes, &frame, Care::Strict), inks, Care::Strict) {
        Ok(decoded) => decoded.map(|(pixels, missing)| (pixels, missing, missing == 0)),
        Err(error @ DecodeErrors::Unsupported(_)) => return Err(refusal(error)),
        // Viewers show what can be read of it.
        Err(_) => {
            let decoded = self::pixels(decoder, inks, Care::Lenient).map_err(refusal)?;
            decoded.map(|(pixels, missing)| (pixels, missing, false))
        }
    }
    .ok_or_else(broken)?;
    let missing = missing.max(absent);
    let whole = whole && missing == 0;
    if missing * MISSING_OF > height {
        return Err(broken());
    }
    let colours = match &pixels {
        DynamicImage::ImageRgba8(_) => Colours::of_inks(profile.as_deref()),
        pixels => Colours::of_light(profile.as_deref(), !pixels.color().has_color()),
    };
    let as_it_is = whole && orientation == Orientation::NoTransforms && colours.are_srgb();
    let shows = |file: &[u8]| {
        let shown = self::pixels(self::decoder(file, &frame, Care::Strict), inks, Care::Strict);
        matches!(shown, Ok(Some((shown, 0))) if shown == pixels)
    };
    // The decoder skips what is out of place, so a damaged file may show something else without its metadata.
    let lossless = Some(complete).filter(|file| as_it_is && small(width, height) && shows(file));
    let said = (missing > 0).then_some(Offered::PictureIncomplete);
    Ok(Source { size: (width, height), pixels, orientation, colours, deep: false, said, lossless })
}

/// At which part of its sides there is room for it.
fn scale(frame: &Frame) -> Result<u16, Refusal> {
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    [1, 2, 4, 8].into_iter().find(|scale| frame.fits(*scale)).ok_or_else(|| {
        let each = (frame.coefficients() / (u64::from(width) * u64::from(height)).max(1)).max(1);
        let megapixels = (picture::MEMORY_LIMIT / each).min(MOST_PIXELS) / 1_000_000;
        Refusal::TooManyPixels { width, height, limit: SIDE_LIMIT, megapixels }
    })
}

/// What the usual decoder cannot read, and what would be too much for memory at its full size.
fn reduced(bytes: &[u8], frame: &Frame, scale: u16) -> Result<Source, Refusal> {
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    let reduced = reduced::decode(bytes, frame.width.div_ceil(scale), frame.height.div_ceil(scale))?;
    let colours = Colours::of_light(reduced.profile.as_deref(), !reduced.pixels.color().has_color());
    let orientation = orientation(reduced.exif.as_deref());
    let pixels = reduced.pixels;
    Ok(Source { size: (width, height), pixels, orientation, colours, deep: false, said: None, lossless: None })
}

fn orientation(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

/// Whether damage ends the decoding or is stepped over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    Strict,
    Lenient,
}

fn decoder<'a>(bytes: &'a [u8], frame: &Frame, care: Care) -> JpegDecoder<ZCursor<&'a [u8]>> {
    let limit = usize::try_from(SIDE_LIMIT).unwrap_or(usize::MAX);
    let options = DecoderOptions::default().set_strict_mode(care == Care::Strict).set_max_width(limit);
    let options = options.set_max_height(limit).jpeg_set_max_scans(frame.most_scans());
    JpegDecoder::new_with_options(ZCursor::new(bytes), options)
}

/// The pixels as they are stored, but for the two colour transforms that a JPEG may have for itself: gray, RGB, or inks
/// in RGBA; and how many rows at the lower end are not in the file. `None` where the decoder contradicts itself.
fn pixels(
    mut decoder: JpegDecoder<ZCursor<&[u8]>>,
    inks: bool,
    care: Care,
) -> Result<Option<(DynamicImage, u32)>, DecodeErrors> {
    decoder.decode_headers()?;
    // An Adobe marker is read as if there were four channels, however many there are.
    let colours = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => ColorSpace::Luma,
        Some(kept @ (ColorSpace::CMYK | ColorSpace::YCCK)) if inks => kept,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(colours));
    let Some((width, height)) = decoder.dimensions() else { return Ok(None) };
    let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else { return Ok(None) };
    let mut bytes: Vec<u8> = (0..decoder.output_buffer_size().unwrap_or_default()).map(untouched).collect();
    decoder.decode_into(&mut bytes)?;
    let missing = fill_missing(&mut bytes, height, care);
    if colours == ColorSpace::YCCK {
        bytes.as_chunks_mut().0.iter_mut().for_each(to_inks);
    }
    let pixels = match colours {
        ColorSpace::Luma => GrayImage::from_raw(width, height, bytes).map(DynamicImage::ImageLuma8),
        ColorSpace::RGB => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
        _ => RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
    };
    Ok(pixels.map(|pixels| (pixels, missing)))
}

/// What no picture shows, so that what the decoder did not reach is known.
fn untouched(at: usize) -> u8 {
    // The cast keeps the low bits, which are all that is wanted.
    at.wrapping_mul(151) as u8
}

/// Makes the rows at the end that the decoder did not reach, or gave up, grey, and counts them.
fn fill_missing(bytes: &mut [u8], height: u32, care: Care) -> u32 {
    const GREY: u8 = 128;
    let length = bytes.len() / usize::try_from(height).unwrap_or(usize::MAX).max(1);
    let given_up = |row: &[u8]| care == Care::Lenient && row.iter().all(|byte| *byte == GREY);
    let mut missing = 0;
    for (number, row) in bytes.chunks_exact_mut(length.max(1)).enumerate().rev() {
        let start = number * length;
        let is_untouched = row.iter().enumerate().all(|(at, byte)| *byte == untouched(start + at));
        if !is_untouched && !given_up(row) {
            break;
        }
        row.fill(GREY);
        missing += 1;
    }
    missing
}

/// From brightness and two differences (JFIF's numbers, of the inks' opposites) to inks; black stays.
fn to_inks([luma, blue, red, _]: &mut [u8; 4]) {
    let (y, cb, cr) = (f32::from(*luma), f32::from(*blue) - 128.0, f32::from(*red) - 128.0);
    let light = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
    // A cast from a float stays within its type.
    [*luma, *blue, *red] = light.map(|light| u8::MAX - light.round() as u8);
}

/// How the picture is stored, by the frame header and the first scan.
#[derive(Clone, Debug)]
struct Frame {
    width: u16,
    height: u16,
    progressive: bool,
    /// How many samples each channel has across and down, in proportion to the others.
    sides: Vec<(u8, u8)>,
    /// Stored in a way that is allowed and rare, and that no decoder here
    /// knows: arithmetic coding, more than eight bits, without loss.
    rare: bool,
    /// Each colour in a scan of its own, not progressive, or brightness at a lower resolution than the colours. The
    /// usual decoder gets them wrong without noticing.
    unusual: bool,
}

impl Frame {
    /// A progressive picture comes in about ten rounds. Each goes over all of it, however little there is in it.
    fn most_scans(&self) -> usize {
        usize::try_from(3_000_000_000 / self.samples().max(1)).unwrap_or(usize::MAX).clamp(20, 100)
    }

    fn channels(&self) -> usize {
        self.sides.len()
    }

    /// What is kept of a progressive picture until its last round is in, in bytes.
    fn coefficients(&self) -> u64 {
        if self.progressive { self.samples() * 2 } else { 0 }
    }

    /// Whether there is room for it at this part of its sides.
    fn fits(&self, scale: u16) -> bool {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let decoded = (self.samples() + pixels * self.channels() as u64) / u64::from(scale).pow(2);
        let sides = u32::from(self.width.max(self.height)) <= SIDE_LIMIT;
        sides && pixels <= MOST_PIXELS && self.coefficients() + decoded <= picture::MEMORY_LIMIT
    }

    /// In all channels together, some of which may have fewer than the picture has pixels.
    fn samples(&self) -> u64 {
        let most = |side: fn(&(u8, u8)) -> u8| u64::from(self.sides.iter().map(side).max().unwrap_or(1).max(1));
        let whole = most(|sides| sides.0) * most(|sides| sides.1);
        let stored: u64 = self.sides.iter().map(|(across, down)| u64::from(*across) * u64::from(*down)).sum();
        u64::from(self.width) * u64::from(self.height) * stored / whole
    }
}

fn frame(bytes: &[u8]) -> Option<Frame> {
    let mut rest = bytes.strip_prefix(&START)?;
    let mut frame: Option<Frame> = None;
    loop {
        let (marker, after) = next_marker(rest)?;
        let (body, after) = split_body(after)?;
        match marker {
            SCAN => {
                let mut frame = frame?;
                frame.unusual |= !frame.progressive && usize::from(*body.get(2)?) < frame.channels();
                return Some(frame);
            }
            // Tables and reserved marks share the range of the frame headers.
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF => frame = Some(frame_header(marker, body)?),
            _ => {}
        }
        rest = after;
    }
}

/// Length (2), precision (1), height (2), width (2), channels (1), and three bytes for each of these.
fn frame_header(marker: u8, body: &[u8]) -> Option<Frame> {
    let side = |at: usize| body.get(at..)?.first_chunk().map(|side| u16::from_be_bytes(*side));
    let channels = body.get(8..)?.chunks_exact(3).take(usize::from(*body.get(7)?));
    let sides = channels.filter_map(|channel| channel.get(1).map(|sides| (sides >> 4, sides & 15)));
    let usual = matches!(marker, 0xC0..=0xC2) && *body.get(2)? == 8;
    let sides: Vec<(u8, u8)> = sides.collect();
    let first = sides.first().copied().unwrap_or_default();
    let unusual = sides.len() == 3 && sides.iter().any(|sides| sides.0 > first.0 || sides.1 > first.1);
    Some(Frame { width: side(5)?, height: side(3)?, progressive: marker == 0xC2, sides, rare: !usual, unusual })
}

/// Skips fill bytes, and the stray bytes that some writers leave between segments.
pub(crate) fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let mut rest = bytes;
    loop {
        let mark = rest.iter().position(|byte| *byte == 0xFF)?;
        match rest.get(mark + 1..)? {
            [0x00, after @ ..] => rest = after,
            [0xFF, ..] => rest = rest.get(mark + 1..)?,
            [marker, after @ ..] => return Some((*marker, after)),
            [] => return None,
        }
    }
}

/// The body of a segment, with its two bytes of length.
pub(crate) fn split_body(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let [high, low, ..] = bytes else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length < 2 {
        return None;
    }
    bytes.split_at_checked(length)
}

/// The compressed pixels up to the next mark that is no restart mark.
pub(crate) fn split_pixels(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(2).position(|pair| matches!(pair, [0xFF, 0x01..=0xCF | 0xD8..=0xFE]))?;
    bytes.split_at_checked(end)
}

fn push_segment(clean: &mut Vec<u8>, marker: u8, body: &[u8]) {
    let named = |name: &[u8]| body.get(2..).is_some_and(|content| content.starts_with(name));
    match marker {
        // It says how the colours are stored; the picture after it may be a preview.
        APP0 if named(b"JFIF\0") => {
            clean.extend_from_slice(&[0xFF, APP0, 0, 16]);
            clean.extend(body.iter().skip(2).chain(&[0; 14]).take(12));
            clean.extend_from_slice(&[0, 0]);
        }
        // Without it, some pictures would change colour.
        ADOBE if named(b"Adobe") => push_whole(clean, marker, body),
        0xE0..=0xEF | COMMENT => {}
        _ => push_whole(clean, marker, body),
    }
}

fn push_whole(clean: &mut Vec<u8>, marker: u8, body: &[u8]) {
    clean.extend_from_slice(&[0xFF, marker]);
    clean.extend_from_slice(body);
}

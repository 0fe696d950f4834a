//! What is sent, for pictures as owners have them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use image::{DynamicImage, GenericImageView, ImageFormat, RgbImage};
use jpeg_encoder::{ColorType, Encoder};
use moxcms::ColorProfile;
use ulak_media::{Change, IMAGE_LIMIT, Kind, LONGEST_SIDE, Offered, Prepared, Refusal, THUMBNAIL_SIDE, Verdict, Wish};

/// The colours of the fixtures' four quarters: top left, top right, bottom
/// left, bottom right, on 40 × 60 pixels.
const QUARTERS: [[u8; 3]; 4] = [[220, 30, 30], [30, 180, 60], [30, 60, 220], [240, 240, 240]];

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../../tests/fixtures/media/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn prepare(bytes: &[u8]) -> Result<Prepared, Refusal> {
    ulak_media::prepare(bytes, Wish::Auto)
}

/// In pixels; `None` never happens to pictures.
fn size(width: Option<u32>, height: Option<u32>) -> (u32, u32) {
    (width.unwrap(), height.unwrap())
}

fn seen(prepared: &Prepared) -> DynamicImage {
    let picture = image::load_from_memory(&prepared.bytes).unwrap();
    assert_eq!(picture.dimensions(), size(prepared.width, prepared.height));
    picture
}

fn assert_quarters(prepared: &Prepared, expected: [[u8; 3]; 4], tolerance: u8) {
    let picture = seen(prepared).to_rgb8();
    assert_eq!(picture.dimensions(), (40, 60));
    for ((x, y), expected) in [(4, 4), (35, 4), (4, 55), (35, 55)].into_iter().zip(expected) {
        let found = picture.get_pixel(x, y).0;
        let near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= tolerance);
        assert!(near, "at {x},{y}: {found:?} instead of {expected:?}");
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// A photo-like picture: no two neighbours alike, so nothing compresses well.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 0x2545_F491_u32;
    RgbImage::from_fn(width, height, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    })
}

fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, 90]))
}

fn as_jpeg(picture: &RgbImage, quality: u8, profile: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    if let Some(profile) = profile {
        encoder.add_icc_profile(profile).unwrap();
    }
    let (width, height) = picture.dimensions();
    encoder.encode(picture, width as u16, height as u16, ColorType::Rgb).unwrap();
    bytes
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn all_eight_orientations_end_upright() {
    for orientation in 1..=8 {
        let prepared = prepare(&fixture(&format!("orientation-{orientation}.jpg"))).unwrap();
        assert_quarters(&prepared, QUARTERS, 16);
        assert_eq!(size(prepared.source.width, prepared.source.height), (40, 60), "as seen");
        assert_eq!(prepared.converted(), orientation != 1);
        assert_eq!(prepared.kind, Kind::Image);
        assert_eq!(&*prepared.mime, "image/jpeg");
    }
}

#[test]
fn nothing_private_is_sent() {
    for name in (1..=8).map(|n| format!("orientation-{n}.jpg")).chain(["transparent.png".to_owned()]) {
        let source = fixture(&name);
        assert!(contains(&source, b"ecret"), "{name} has something to hide");
        let prepared = prepare(&source).unwrap();
        assert!(!contains(&prepared.bytes, b"ecret"), "{name}");
        assert!(!contains(&prepared.bytes, b"Exif"), "{name}");
        assert!(!contains(&prepared.thumbnail, b"ecret"), "{name}");
    }
}

#[test]
fn others_find_the_size_and_nothing_else() {
    let names = (1..=8).map(|n| format!("orientation-{n}.jpg"));
    for name in names.chain(["cmyk.jpg", "deep.png", "transparent.png", "transparent.webp"].map(str::to_owned)) {
        let prepared = prepare(&fixture(&name)).unwrap();
        let shown = common::asked(
            "exiftool",
            &["-s", "-G1", "-a", "-EXIF:all", "-XMP:all", "-ICC_Profile:all", "-Comment"],
            &prepared.bytes,
        );
        assert_eq!(shown, "", "{name}");
        let shown = common::asked("exiftool", &["-s3", "-ImageSize", "-MIMEType"], &prepared.bytes);
        let expected = format!("{}x{}\n{}\n", prepared.width.unwrap(), prepared.height.unwrap(), prepared.mime);
        assert_eq!(shown, expected, "{name}");
    }
}

#[test]
fn what_follows_the_picture_is_not_sent() {
    let mut source = fixture("orientation-1.jpg");
    let plain = prepare(&source).unwrap();
    source.extend_from_slice(b"MotionPhoto_Data");
    source.extend_from_slice(&fixture("orientation-6.jpg"));
    assert_eq!(prepare(&source).unwrap().bytes, plain.bytes);
}

#[test]
fn a_small_upright_jpeg_keeps_every_pixel() {
    let source = fixture("sample.jpg");
    let prepared = prepare(&source).unwrap();
    assert!(!prepared.converted());
    assert_eq!(seen(&prepared), image::load_from_memory(&source).unwrap());
    assert_eq!(size(prepared.width, prepared.height), (1200, 900));
    assert_eq!(prepared.source.format, "JPG");
    assert_eq!(prepared.source.bytes, source.len() as u64);
}

#[test]
fn preparing_twice_changes_nothing_more() {
    for name in ["orientation-6.jpg", "cmyk.jpg", "transparent.png", "deep.png", "still.webp", "sample.jpg"] {
        let once = prepare(&fixture(name)).unwrap();
        let twice = prepare(&once.bytes).unwrap();
        assert_eq!(once.bytes, twice.bytes, "{name}");
        assert_eq!(once.sha256, twice.sha256, "{name}");
        assert!(!twice.converted(), "{name}");
    }
}

#[test]
fn a_large_photo_is_made_smaller_and_keeps_its_shape() {
    let prepared = prepare(&as_jpeg(&gradient(4000, 3000), 90, None)).unwrap();
    assert_eq!(size(prepared.width, prepared.height), (LONGEST_SIDE, 1200));
    assert!(prepared.converted());
    assert_eq!(size(prepared.source.width, prepared.source.height), (4000, 3000));
    seen(&prepared);

    let sliver = prepare(&as_jpeg(&gradient(3, 9000), 90, None)).unwrap();
    assert_eq!(size(sliver.width, sliver.height), (1, LONGEST_SIDE));
}

#[test]
fn nothing_is_enlarged() {
    let prepared = prepare(&as_jpeg(&gradient(1, 1), 90, None)).unwrap();
    assert_eq!(size(prepared.width, prepared.height), (1, 1));
    assert_eq!(image::load_from_memory(&prepared.thumbnail).unwrap().dimensions(), (1, 1));
}

#[test]
fn the_thumbnail_is_a_small_jpeg() {
    for name in ["sample.jpg", "transparent.png", "still.webp", "cmyk.jpg"] {
        let prepared = prepare(&fixture(name)).unwrap();
        assert_eq!(image::guess_format(&prepared.thumbnail).unwrap(), ImageFormat::Jpeg);
        let thumbnail = image::load_from_memory(&prepared.thumbnail).unwrap();
        assert!(thumbnail.width().max(thumbnail.height()) <= THUMBNAIL_SIDE);
    }
    let sample = prepare(&fixture("sample.jpg")).unwrap();
    assert_eq!(image::load_from_memory(&sample.thumbnail).unwrap().dimensions(), (320, 240));
}

#[test]
fn even_noise_stays_within_the_limit() {
    let noise = noise(1600, 1600);
    let source = as_jpeg(&noise, 100, None);
    assert!(source.len() > IMAGE_LIMIT, "the source is too heavy to send as it is");
    let prepared = prepare(&source).unwrap();
    assert!(prepared.bytes.len() <= IMAGE_LIMIT);
    assert!(prepared.converted());

    let mut transparent = DynamicImage::ImageRgb8(noise).into_rgba8();
    transparent.get_pixel_mut(0, 0).0[3] = 0;
    let prepared = prepare(&encoded(&DynamicImage::ImageRgba8(transparent), ImageFormat::Png)).unwrap();
    assert!(prepared.bytes.len() <= IMAGE_LIMIT);
    assert_eq!(&*prepared.mime, "image/jpeg");
    assert!(seen(&prepared).get_pixel(0, 0).0[0] > 120, "what was transparent becomes white");
}

#[test]
fn a_transparent_png_stays_one() {
    let prepared = prepare(&fixture("transparent.png")).unwrap();
    assert_eq!(&*prepared.mime, "image/png");
    assert!(!prepared.converted());
    assert_eq!(seen(&prepared).get_pixel(20, 30).0[3], 0);
    assert_quarters(&prepared, QUARTERS, 0);
    let thumbnail = image::load_from_memory(&prepared.thumbnail).unwrap();
    assert!(thumbnail.get_pixel(20, 30).0[..3].iter().all(|c| *c > 245), "white behind it");
}

#[test]
fn an_opaque_png_goes_as_whatever_is_smaller() {
    let drawing = DynamicImage::ImageRgb8(RgbImage::from_pixel(600, 400, image::Rgb([200, 30, 90])));
    let prepared = prepare(&encoded(&drawing, ImageFormat::Png)).unwrap();
    assert_eq!((&*prepared.mime, prepared.converted()), ("image/png", false));
    assert_eq!(seen(&prepared).to_rgb8(), drawing.to_rgb8());

    let photo = DynamicImage::ImageRgb8(noise(300, 200));
    let prepared = prepare(&encoded(&photo, ImageFormat::Png)).unwrap();
    assert_eq!((&*prepared.mime, prepared.converted()), ("image/jpeg", true));
}

#[test]
fn a_large_transparent_png_is_made_smaller() {
    let picture = image::RgbaImage::from_fn(3200, 800, |x, _| image::Rgba([200, 30, 90, (x % 256) as u8]));
    let prepared = prepare(&encoded(&DynamicImage::ImageRgba8(picture), ImageFormat::Png)).unwrap();
    assert_eq!((&*prepared.mime, size(prepared.width, prepared.height)), ("image/png", (1600, 400)));
    assert!(seen(&prepared).color().has_alpha());
}

#[test]
fn sixteen_bits_become_eight() {
    let prepared = prepare(&fixture("deep.png")).unwrap();
    assert!(prepared.converted());
    assert_quarters(&prepared, QUARTERS, 16);
    assert_eq!(seen(&prepared).color(), image::ColorType::Rgb8);
}

#[test]
fn printing_inks_become_screen_colours() {
    let prepared = prepare(&fixture("cmyk.jpg")).unwrap();
    assert!(prepared.converted());
    assert_quarters(&prepared, [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], 16);
}

/// A picture of 128 × 96 in four quarters.
fn assert_colours(name: &str, expected: [[u8; 3]; 4]) {
    let prepared = prepare(&fixture(name)).unwrap();
    assert_eq!(prepared.changes, [Change::Recoloured], "{name}");
    let picture = seen(&prepared).to_rgb8();
    for ((x, y), expected) in [(32, 24), (96, 24), (32, 72), (96, 72)].into_iter().zip(expected) {
        let found = picture.get_pixel(x, y).0;
        let near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 6);
        assert!(near, "{name} at {x},{y}: {found:?} instead of {expected:?}");
    }
}

/// The colours that Little CMS gives for the same files.
#[test]
fn profiles_of_inks_and_of_gray_are_honoured() {
    assert_colours("cmyk-profile.jpg", [[241, 94, 67], [20, 179, 109], [49, 82, 154], [73, 72, 74]]);
    assert_colours("gray-profile.jpg", [[53; 3], [109; 3], [158; 3], [210; 3]]);
}

#[test]
fn a_webp_becomes_what_every_phone_shows() {
    let still = prepare(&fixture("still.webp")).unwrap();
    assert_eq!((&*still.mime, still.converted(), &*still.source.format), ("image/jpeg", true, "WEBP"));
    assert_quarters(&still, QUARTERS, 24);

    let transparent = prepare(&fixture("transparent.webp")).unwrap();
    assert_eq!((&*transparent.mime, transparent.converted()), ("image/png", true));
    assert_eq!(seen(&transparent).get_pixel(20, 30).0[3], 0);
}

#[test]
fn of_an_animation_the_first_picture_is_sent() {
    let prepared = prepare(&fixture("animated.webp")).unwrap();
    assert_quarters(&prepared, QUARTERS, 24);
}

#[test]
fn a_wide_colour_profile_is_converted_and_not_sent() {
    let wide = ColorProfile::new_display_p3().encode().unwrap();
    let flat = RgbImage::from_pixel(64, 64, image::Rgb([200, 100, 50]));
    let prepared = prepare(&as_jpeg(&flat, 95, Some(&wide))).unwrap();
    assert!(prepared.converted());
    assert!(!contains(&prepared.bytes, b"ICC_PROFILE"));
    let [red, green, blue, _] = seen(&prepared).get_pixel(30, 30).0;
    // By the standards' matrices and curve, (200, 100, 50) in Display P3.
    for (found, expected) in [red, green, blue].into_iter().zip([215, 93, 30]) {
        assert!(found.abs_diff(expected) <= 4, "{red} {green} {blue}");
    }
}

#[test]
fn an_srgb_profile_costs_no_pixel() {
    let srgb = ColorProfile::new_srgb().encode().unwrap();
    let source = as_jpeg(&gradient(64, 64), 90, Some(&srgb));
    let prepared = prepare(&source).unwrap();
    assert!(!prepared.converted());
    assert!(!contains(&prepared.bytes, b"ICC_PROFILE"));
    assert_eq!(seen(&prepared), image::load_from_memory(&source).unwrap());
}

#[test]
fn a_broken_profile_is_ignored() {
    let source = as_jpeg(&gradient(64, 64), 90, Some(b"not a profile"));
    assert!(!prepare(&source).unwrap().converted());
}

#[test]
fn a_picture_that_stops_early_is_refused() {
    for name in ["sample.jpg", "orientation-3.jpg", "cmyk.jpg", "deep.png", "transparent.png", "still.webp"] {
        let whole = fixture(name);
        for cut in [whole.len() / 2, whole.len() * 9 / 10] {
            let refusal = prepare(&whole[..cut]).unwrap_err();
            assert_eq!(refusal.code(), "media.broken", "{name} at {cut}");
        }
    }
}

#[test]
fn a_preview_inside_the_metadata_does_not_pass_for_the_end() {
    let whole = as_jpeg(&gradient(200, 200), 90, None);
    let mut source = whole[..2].to_vec();
    let preview = as_jpeg(&gradient(16, 16), 50, None);
    source.extend_from_slice(&[0xFF, 0xE1]);
    source.extend_from_slice(&(preview.len() as u16 + 2).to_be_bytes());
    source.extend_from_slice(&preview);
    source.extend_from_slice(&whole[2..]);
    assert!(prepare(&source).is_ok());
    assert_eq!(prepare(&source[..source.len() - 200]).unwrap_err(), Refusal::Broken { format: "JPG".into() });
}

/// By how much two pictures differ, as a peak signal-to-noise ratio in decibels.
fn psnr(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let squares = one.iter().zip(other.iter()).map(|(one, other)| f64::from(one.abs_diff(*other)).powi(2)).sum::<f64>();
    let mean = squares / one.len() as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

/// The picture as FFmpeg decodes it.
fn others_see(bytes: &[u8]) -> RgbImage {
    let png = common::asked_of(
        "ffmpeg",
        &["-v", "error", "-i"],
        bytes,
        &[
            "-frames:v",
            "1",
            "-pix_fmt",
            "rgb24",
            "-sws_flags",
            "accurate_rnd+full_chroma_int",
            "-f",
            "image2pipe",
            "-c:v",
            "png",
            "-",
        ],
    );
    image::load_from_memory(&png).unwrap().into_rgb8()
}

#[test]
fn rare_kinds_of_picture_look_as_others_see_them() {
    for name in ["scans.jpg", "coarse-luma.jpg", "shades.bmp", "shades.tiff", "fax.tiff", "still.gif"] {
        let source = fixture(name);
        let found = psnr(&seen(&prepare(&source).unwrap()).to_rgb8(), &others_see(&source));
        assert!(found >= 38.0, "{name}: {found} dB");
    }
}

/// A TIFF of one strip, with tags of two bytes a value.
fn tiff(width: u16, height: u16, tags: &[(u16, &[u16])], strip: &[u8]) -> Vec<u8> {
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    let directory = 8 + strip.len().next_multiple_of(2);
    let sides: [(u16, &[u16]); 3] = [(256, &[width]), (257, &[height]), (278, &[height])];
    let shorts = tags.iter().chain(&sides);
    let mut entries: Vec<(u16, u16, Vec<u8>)> = shorts
        .map(|(tag, values)| (*tag, SHORT, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    entries.push((273, LONG, 8_u32.to_le_bytes().to_vec()));
    entries.push((279, LONG, (strip.len() as u32).to_le_bytes().to_vec()));
    entries.sort();
    let mut bytes = [b"II*\0", &(directory as u32).to_le_bytes()[..], strip].concat();
    bytes.resize(directory, 0);
    bytes.extend((entries.len() as u16).to_le_bytes());
    let behind = directory + 2 + entries.len() * 12 + 4;
    let mut far = vec![];
    for (tag, kind, mut values) in entries {
        let count = values.len() / if kind == SHORT { 2 } else { 4 };
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend((count as u32).to_le_bytes());
        if values.len() > 4 {
            bytes.extend(((behind + far.len()) as u32).to_le_bytes());
            far.extend(values);
        } else {
            values.resize(4, 0);
            bytes.extend(values);
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(far);
    bytes
}

const INTERPRETATION: u16 = 262;
const BITS: u16 = 258;
const SAMPLES: u16 = 277;
const EXTRA: u16 = 338;
const COLOURS: u16 = 320;
const COMPRESSION: u16 = 259;

fn assert_shown(case: &str, tiff: &[u8], expected: [[u8; 4]; 4]) {
    let shown = seen(&prepare(tiff).unwrap_or_else(|refusal| panic!("{case}: {refusal}"))).to_rgba8();
    for ((x, y), expected) in [(1, 1), (6, 1), (1, 6), (6, 6)].into_iter().zip(expected) {
        let found = shown.get_pixel(x, y).0;
        let near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 3);
        assert!(near, "{case} at {x},{y}: {found:?} instead of {expected:?}");
    }
}

/// Eight pixels across and down, a quarter of each of four kinds.
fn quarters<T: Copy>(kinds: [T; 4]) -> Vec<T> {
    (0..64).map(|at| kinds[usize::from(at % 8 >= 4) + 2 * usize::from(at >= 32)]).collect()
}

#[test]
fn a_tiff_by_a_table_of_colours_has_these_colours() {
    let seen = [[200, 30, 30, 255], [30, 160, 60, 255], [30, 60, 220, 255], [250, 240, 230, 255]];
    let table = |numbers: usize, wide: bool| -> Vec<u16> {
        let light =
            |number: usize, channel: usize| u16::from(seen.get(number).map_or(0, |colour: &[u8; 4]| colour[channel]));
        let scale = if wide { 257 } else { 1 };
        (0..3).flat_map(|channel| (0..numbers).map(move |number| light(number, channel) * scale)).collect()
    };
    let numbers = quarters([0_u8, 1, 2, 3]);
    let packed: Vec<u8> = numbers.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    for wide in [true, false] {
        let eight = [(INTERPRETATION, &[3][..]), (BITS, &[8]), (SAMPLES, &[1]), (COLOURS, &table(256, wide))];
        assert_shown("of eight bits", &tiff(8, 8, &eight, &numbers), seen);
        let four = [(INTERPRETATION, &[3][..]), (BITS, &[4]), (SAMPLES, &[1]), (COLOURS, &table(16, wide))];
        assert_shown("of four bits", &tiff(8, 8, &four, &packed), seen);
    }
}

#[test]
fn a_tiff_may_be_seen_through() {
    let gray = quarters([[20_u8, 255], [120, 255], [220, 128], [0, 255]]).concat();
    let tags = [(INTERPRETATION, &[1][..]), (BITS, &[8, 8]), (SAMPLES, &[2]), (EXTRA, &[2])];
    let seen = [[20, 20, 20, 255], [120, 120, 120, 255], [220, 220, 220, 128], [0, 0, 0, 255]];
    assert_shown("gray", &tiff(8, 8, &tags, &gray), seen);
    let unknown = [(INTERPRETATION, &[1][..]), (BITS, &[8, 8]), (SAMPLES, &[2]), (EXTRA, &[0])];
    assert_eq!(prepare(&tiff(8, 8, &unknown, &gray)).unwrap_err().code(), "media.unsupported");
    let colours = [[200, 30, 30, 255], [30, 160, 60, 255], [30, 60, 220, 128], [250, 240, 230, 255]];
    let deep = quarters(colours.map(|colour: [u8; 4]| colour.map(|light| u16::from(light) * 257))).concat();
    let deep: Vec<u8> = deep.into_iter().flat_map(u16::to_le_bytes).collect();
    let tags = [(INTERPRETATION, &[2][..]), (BITS, &[16; 4]), (SAMPLES, &[4]), (EXTRA, &[2])];
    assert_shown("of sixteen bits", &tiff(8, 8, &tags, &deep), colours);
}

/// As office scanners write it.
#[test]
fn a_tiff_with_a_jpeg_inside_shows_what_the_jpeg_shows() {
    let jpeg = fixture("sample.jpg");
    let tags = [(INTERPRETATION, &[6][..]), (BITS, &[8; 3]), (SAMPLES, &[3]), (COMPRESSION, &[7])];
    let inside = prepare(&tiff(1200, 900, &tags, &jpeg)).unwrap();
    let found = psnr(&seen(&inside).to_rgb8(), &seen(&prepare(&jpeg).unwrap()).to_rgb8());
    assert!(found >= 38.0, "{found} dB");
}

#[test]
fn printing_inks_in_a_tiff_become_screen_colours() {
    let source = fixture("inks.tiff");
    let prepared = prepare(&source).unwrap();
    assert!(prepared.changes.contains(&Change::Recoloured));
    let shades = image::load_from_memory(&prepare(&fixture("shades.bmp")).unwrap().bytes).unwrap().into_rgb8();
    assert!(psnr(&seen(&prepared).to_rgb8(), &shades) >= 38.0);
}

#[test]
fn what_a_still_picture_cannot_show_is_said() {
    let cases = [
        ("moving.gif", "media.stilled", "image/gif"),
        ("animated.webp", "media.stilled", "image/webp"),
        ("pages.tiff", "media.first_page", "image/tiff"),
    ];
    for (name, code, mime) in cases {
        let source = fixture(name);
        let prepared = prepare(&source).unwrap();
        assert_eq!(prepared.kind, Kind::Image, "{name}");
        assert_eq!(prepared.offered.map(|said| said.code()), Some(code), "{name}");
        let document = ulak_media::prepare(&source, Wish::Document).unwrap();
        assert_eq!((document.kind, &*document.mime, document.offered), (Kind::Document, mime, None), "{name}");
        assert_eq!(document.bytes, source);
    }
    assert_eq!(prepare(&fixture("still.gif")).unwrap().offered, None);
    let still = fixture("transparent.png");
    assert_eq!(prepare(&still).unwrap().offered, None);
    // An APNG says in front of its pixels how many pictures it has, and how often they are shown.
    let moving = prepare(&with_chunk(&still, b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])).unwrap();
    assert_eq!(moving.offered, Some(Offered::Stilled { format: "PNG".into() }));
    assert!(moving.changes.contains(&Change::Stilled));
}

/// The pixels of a BMP's rows as programs leave them that know no transparency: the fourth byte empty.
#[test]
fn an_empty_fourth_byte_is_no_transparency() {
    let mut bytes = b"BM".to_vec();
    for number in [54 + 16 * 4, 0, 54, 40, 4, 4] {
        bytes.extend_from_slice(&u32::to_le_bytes(number));
    }
    bytes.extend_from_slice(&[1, 0, 32, 0]);
    bytes.extend_from_slice(&[0; 24]);
    bytes.extend([30, 60, 200, 0].repeat(16));
    let prepared = prepare(&bytes).unwrap();
    assert!(!seen(&prepared).color().has_alpha());
    let [red, green, blue, _] = seen(&prepared).get_pixel(1, 1).0;
    assert!(red > 190 && green < 70 && blue < 40, "{red} {green} {blue}");
}

/// Four quarters of a WEBP that lies on its side by its EXIF, which begins as JPEG has it.
#[test]
fn a_webp_is_turned_by_either_kind_of_exif() {
    let still = fixture("still.webp");
    let upright = seen(&prepare(&still).unwrap());
    for mark in [&b""[..], b"Exif\0\0"] {
        let tag = [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[6, 0, 0, 0][..], &[0; 4]].concat();
        let exif = [mark, &tag].concat();
        let mut chunks = b"WEBPVP8X\x0A\0\0\0\x08\0\0\0".to_vec();
        chunks.extend_from_slice(&[39, 0, 0, 59, 0, 0]);
        chunks.extend_from_slice(&still[12..]);
        chunks.extend_from_slice(b"EXIF");
        chunks.extend_from_slice(&(exif.len() as u32).to_le_bytes());
        chunks.extend_from_slice(&exif);
        let turned = [b"RIFF", &(chunks.len() as u32).to_le_bytes()[..], &chunks].concat();
        let prepared = prepare(&turned).unwrap();
        assert_eq!(size(prepared.width, prepared.height), (60, 40));
        assert!(psnr(&seen(&prepared).to_rgb8(), &upright.rotate90().to_rgb8()) >= 30.0);
    }
}

fn with_chunk(png: &[u8], kind: &[u8], body: &[u8]) -> Vec<u8> {
    let checksum = png_checksum(&[kind, body].concat());
    let chunk = [&(body.len() as u32).to_be_bytes(), kind, body, &checksum.to_be_bytes()].concat();
    [&png[..33], &chunk, &png[33..]].concat()
}

fn png_checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[test]
fn colours_that_a_png_describes_by_numbers_are_honoured() {
    let plain =
        |colour| encoded(&DynamicImage::ImageRgb8(RgbImage::from_pixel(8, 8, image::Rgb(colour))), ImageFormat::Png);
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>();
    let srgb = numbers(&[31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000]);
    let p3 = numbers(&[31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000]);
    let cases: [(&[u8], Vec<u8>, [u8; 3]); 5] = [
        // Light itself: 50 of 255 are 0.196, which is 123 on sRGB's curve; 100 and 200 likewise.
        (b"gAMA", numbers(&[100_000]), [123, 168, 229]),
        (b"gAMA", numbers(&[45_455]), [50, 100, 200]),
        (b"cHRM", srgb, [50, 100, 200]),
        (b"cHRM", p3.clone(), [26, 101, 207]),
        (b"cICP", vec![12, 13, 0, 1], [26, 101, 207]),
    ];
    for (kind, body, expected) in cases {
        let prepared = prepare(&with_chunk(&plain([50, 100, 200]), kind, &body)).unwrap();
        let found = seen(&prepared).to_rgb8().get_pixel(4, 4).0;
        let near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 5);
        assert!(near, "{}: {found:?} instead of {expected:?}", String::from_utf8_lossy(kind));
        assert!(!contains(&prepared.bytes, kind));
    }
}

/// A JPEG that stops after a part of its rows and has its end mark all the same.
fn without_its_end(whole: &[u8], kept: f64) -> Vec<u8> {
    let scan = whole.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
    let mut cut = whole[..scan + ((whole.len() - scan) as f64 * kept) as usize].to_vec();
    while cut.last() == Some(&0xFF) {
        cut.pop();
    }
    cut.extend_from_slice(&[0xFF, 0xD9]);
    cut
}

#[test]
fn a_jpeg_of_which_a_good_part_is_missing_is_refused_and_a_small_part_is_said() {
    let whole = as_jpeg(&noise(800, 800), 80, None);
    for kept in [0.1, 0.33, 0.7] {
        assert_eq!(prepare(&without_its_end(&whole, kept)).unwrap_err().code(), "media.broken", "{kept}");
    }
    let prepared = prepare(&without_its_end(&whole, 0.95)).unwrap();
    assert_eq!(prepared.offered.as_ref().map(Offered::code), Some("media.picture_incomplete"));
    let upper = |picture: DynamicImage| picture.crop_imm(0, 0, 800, 720).into_rgb8();
    assert!(psnr(&upper(seen(&prepared)), &upper(image::load_from_memory(&whole).unwrap())) >= 20.0);
    assert_eq!(prepare(&whole).unwrap().offered, None);
}

/// As today's phones make it: more than would fit into memory twice.
#[test]
fn of_a_large_jpeg_what_is_missing_is_noticed_too() {
    let (width, height) = (7_400, 5_500);
    let picture = vec![120; width * height * 3];
    let mut whole = Vec::new();
    Encoder::new(&mut whole, 90).encode(&picture, width as u16, height as u16, ColorType::Rgb).unwrap();
    drop(picture);
    assert_eq!(prepare(&without_its_end(&whole, 0.5)).unwrap_err().code(), "media.broken");
    let prepared = prepare(&without_its_end(&whole, 0.95)).unwrap();
    assert_eq!(prepared.offered, Some(Offered::PictureIncomplete));
}

/// Those that the usual decoder gets wrong, and those that come in rounds, of which the first is cut.
#[test]
fn of_a_rare_jpeg_what_is_missing_is_noticed_too() {
    for name in ["scans.jpg", "coarse-luma.jpg"] {
        let whole = fixture(name);
        assert_eq!(prepare(&whole).unwrap().offered, None, "{name}");
        assert_eq!(prepare(&without_its_end(&whole, 0.3)).unwrap_err().code(), "media.broken", "{name}");
    }
    let mut whole = Vec::new();
    let mut encoder = Encoder::new(&mut whole, 90);
    encoder.set_progressive(true);
    encoder.encode(noise(400, 400).as_raw(), 400, 400, ColorType::Rgb).unwrap();
    assert_eq!(prepare(&whole).unwrap().offered, None);
    let starts = |from: usize| whole[from..].windows(2).position(|pair| pair == [0xFF, 0xDA]).map(|at| from + at);
    let first = starts(0).unwrap();
    let second = starts(first + 2).unwrap();
    let cut = [&whole[..first + (second - first) / 3], &[0xFF, 0xD9]].concat();
    assert_eq!(prepare(&cut).unwrap_err().code(), "media.broken");
}

/// What is lost between two marks of restart is lost there alone, and the picture goes on behind it.
#[test]
fn a_jpeg_that_starts_again_has_its_lower_part() {
    let mut whole = Vec::new();
    let mut encoder = Encoder::new(&mut whole, 90);
    encoder.set_restart_interval(50);
    encoder.encode(noise(400, 400).as_raw(), 400, 400, ColorType::Rgb).unwrap();
    assert_eq!(prepare(&whole).unwrap().offered, None);
    assert_eq!(prepare(&without_its_end(&whole, 0.5)).unwrap_err().code(), "media.broken");
    assert_eq!(prepare(&without_its_end(&whole, 0.97)).unwrap().offered, Some(Offered::PictureIncomplete));
}

#[test]
fn a_jpeg_with_a_code_in_its_middle_that_there_is_not_is_refused() {
    let mut damaged = as_jpeg(&noise(800, 800), 80, None);
    let middle = damaged.len() / 2;
    // Ones without end, as no code is.
    damaged[middle..middle + 64].copy_from_slice(&[0, 0xFF].repeat(32));
    assert_eq!(prepare(&damaged).unwrap_err().code(), "media.broken");
}

/// In rounds, which are all kept until the last one is in.
#[test]
fn a_photo_that_memory_has_no_room_for_is_made_smaller_while_it_is_read() {
    let (width, height) = (6_000, 4_600);
    let half = (width * height * 3 / 2) as usize;
    let picture = [vec![60; half], vec![200; half]].concat();
    let mut source = Vec::new();
    let mut encoder = Encoder::new(&mut source, 90);
    encoder.set_progressive(true);
    encoder.encode(&picture, width as u16, height as u16, ColorType::Rgb).unwrap();
    let prepared = prepare(&source).unwrap();
    assert_eq!(size(prepared.source.width, prepared.source.height), (width, height));
    assert_eq!(size(prepared.width, prepared.height), (LONGEST_SIDE, 1227));
    assert_eq!(prepared.changes, [Change::Resized]);
    let shown = seen(&prepared);
    let light = |y| i32::from(shown.get_pixel(800, y).0[1]);
    assert!((light(100) - 60).abs() < 3 && (light(1100) - 200).abs() < 3, "{} and {}", light(100), light(1100));
}

/// Adobe's marker says that three channels are RGB, or YCbCr by the number for four.
#[test]
fn an_adobe_marker_on_three_channels_breaks_nothing() {
    for transform in 0..3 {
        let mut source = as_jpeg(&gradient(64, 64), 90, None);
        let marker = [b"\xFF\xEE\x00\x0EAdobe\x00\x64\x00\x00\x00\x00", &[transform][..]].concat();
        source.splice(2..2, marker);
        let prepared = prepare(&source).unwrap();
        assert_eq!(seen(&prepared), image::load_from_memory(&source).unwrap(), "{transform}");
    }
}

#[test]
fn a_tall_picture_may_be_as_large_as_a_wide_one() {
    let promising = |width: u16, height: u16| {
        let mut source = as_jpeg(&gradient(16, 16), 90, None);
        let frame = source.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        source[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        source[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        prepare(&source).map_err(|refusal| refusal.code())
    };
    // And as large as today's phones make them.
    for (width, height) in [(16_000, 4_000), (4_000, 16_000), (12_240, 9_180)] {
        assert_ne!(promising(width, height), Err("media.too_many_pixels"));
    }
}

/// A header that promises 60,000 × 60,000 pixels, as a bomb does; `body` after it.
fn enormous_png(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".to_vec();
    bytes.extend_from_slice(&60_000_u32.to_be_bytes());
    bytes.extend_from_slice(&60_000_u32.to_be_bytes());
    bytes.extend_from_slice(&[8, 6, 0, 0, 0]);
    bytes.extend_from_slice(&[0xA6, 0x11, 0x15, 0x1C]);
    bytes.extend_from_slice(body);
    bytes
}

#[test]
fn an_enormous_picture_is_refused_before_it_is_decoded() {
    for body in [&b""[..], b"\0\0\0\x02IDAT\x78\x9C\0\0\0\0", &[7; 100_000]] {
        let refusal = prepare(&enormous_png(body)).unwrap_err();
        let expected = Refusal::TooManyPixels { width: 60_000, height: 60_000, limit: 16_384, megapixels: 80 };
        assert_eq!(refusal, expected);
    }
    let refusal = prepare(&enormous_png(b"")).unwrap_err();
    assert_eq!(refusal.code(), "media.too_many_pixels");
    assert_eq!(refusal.params()["width"], "60000");
    assert_eq!(refusal.params()["limit"], "16384");
    assert_eq!(
        refusal.to_string(),
        "The picture is 60000 × 60000 pixels; Ulak opens up to 16384 pixels a side and 80 megapixels in all. \
         Save a smaller copy and add that."
    );
}

#[test]
fn sides_within_the_limit_may_still_be_too_much_together() {
    let mut source = as_jpeg(&gradient(16, 16), 90, None);
    let frame = source.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    source[frame + 5..frame + 9].copy_from_slice(&[0x3E, 0x80, 0x3E, 0x80]);
    let refusal = prepare(&source).unwrap_err();
    assert_eq!(refusal.code(), "media.too_many_pixels");
    assert_eq!(refusal.params()["width"], "16000");
}

/// A progressive picture is in memory twice until its last round is in.
#[test]
fn a_progressive_picture_may_have_fewer_pixels() {
    let promising = |progressive: bool| {
        let mut source = Vec::new();
        let mut encoder = Encoder::new(&mut source, 90);
        encoder.set_progressive(progressive);
        encoder.encode(&gradient(16, 16), 16, 16, ColorType::Rgb).unwrap();
        let frame = source.windows(2).position(|pair| matches!(pair, [0xFF, 0xC0 | 0xC2])).unwrap();
        source[frame + 5..frame + 9].copy_from_slice(&[0x1F, 0x40, 0x1F, 0x40]);
        prepare(&source)
    };
    let refusal = promising(true).unwrap_err();
    assert_eq!((refusal.code(), refusal.params()["width"].as_str()), ("media.too_many_pixels", "8000"));
    // There is little in it for 64 megapixels, but that many may come.
    assert_ne!(promising(false).map_err(|refusal| refusal.code()), Err("media.too_many_pixels"));
}

#[test]
fn other_files_are_named() {
    let cases: [(&[u8], &str); 11] = [
        (b"PK\x03\x04", "ZIP"),
        (b"PK\x03\x04\x14\0[Content_Types].xml...PK\x03\x04xl/workbook.xml", "XLSX"),
        (b"FORM\0\0\0\x10AIFFCOMM", "AIFF"),
        (b"\x1A\x45\xDF\xA3\x9F\x42\x82\x84webm", "WEBM"),
        (b"\x1A\x45\xDF\xA3\x9F\x42\x82\x88matroska", "MKV"),
        (b"\0\0\0\x0CJXL \r\n\x87\n", "JXL"),
        (b"Dear customer,\nwe are open on Sunday.", "TXT"),
        ("Sayın müşterimiz".as_bytes(), "TXT"),
        (b"<!DOCTYPE html><title>404</title>", "HTML"),
        (b"RF64\0\0\0\0WAVEds64", "RF64"),
        (b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x50Speex   1.2", "Speex"),
    ];
    for (bytes, name) in cases {
        let refusal = prepare(bytes).unwrap_err();
        assert_eq!((refusal.code(), refusal.params()["found"].as_str()), ("media.unknown_kind", name));
    }
    assert_eq!(prepare(b"\x01\x02\x03\x04").unwrap_err(), Refusal::Unrecognised);
    assert_eq!(prepare(b"").unwrap_err().code(), "media.empty");
}

/// Whatever a damaged file does, it ends in a picture or in a refusal.
#[test]
fn damage_never_panics() {
    let mut state = 1_u32;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for name in ["orientation-5.jpg", "cmyk.jpg", "transparent.png", "deep.png", "still.webp", "animated.webp"] {
        let whole = fixture(name);
        for _ in 0..400 {
            let mut damaged = whole.clone();
            for _ in 0..=random(4) {
                let at = random(damaged.len());
                damaged[at] = random(256) as u8;
            }
            if random(3) == 0 {
                damaged.truncate(random(damaged.len()));
            }
            if let Ok(prepared) = prepare(&damaged) {
                seen(&prepared);
            }
        }
    }
}

#[test]
fn what_was_changed_is_named() {
    let wide = ColorProfile::new_display_p3().encode().unwrap();
    // Too heavy for a PNG.
    let mut see_through = DynamicImage::ImageRgb8(noise(1600, 1600)).into_rgba8();
    see_through.get_pixel_mut(0, 0).0[3] = 0;
    let see_through = DynamicImage::ImageRgba8(see_through);
    let cases = [
        (fixture("sample.jpg"), vec![]),
        (fixture("orientation-6.jpg"), vec![Change::Turned]),
        (fixture("cmyk.jpg"), vec![Change::Recoloured]),
        (fixture("still.webp"), vec![Change::Recoded]),
        (fixture("animated.webp"), vec![Change::Stilled, Change::Recoded]),
        (encoded(&see_through, ImageFormat::Png), vec![Change::Flattened, Change::Recoded]),
        (as_jpeg(&gradient(2000, 10), 90, Some(&wide)), vec![Change::Resized, Change::Recoloured]),
        (as_jpeg(&noise(1600, 1600), 100, None), vec![Change::Recoded]),
    ];
    for (source, expected) in cases {
        assert_eq!(prepare(&source).unwrap().changes, expected);
    }
}

#[test]
fn a_picture_as_a_document_goes_as_it_is() {
    let source = fixture("orientation-6.jpg");
    let prepared = ulak_media::prepare(&source, Wish::Document).unwrap();
    assert_eq!((prepared.kind, &*prepared.mime), (Kind::Document, "image/jpeg"));
    assert_eq!(prepared.bytes, source);
    assert!(!prepared.converted() && !prepared.thumbnail.is_empty());
    let refusal = ulak_media::prepare(&source, Wish::Voice).unwrap_err();
    assert_eq!(refusal, Refusal::NotSound { found: "JPG".into() });
}

/// The facts cross from the process that prepares to the one that keeps.
#[test]
fn facts_and_verdicts_survive_the_way_through_json() {
    let mut prepared = prepare(&fixture("orientation-6.jpg")).unwrap();
    let json = serde_json::to_value(&prepared).unwrap();
    assert_eq!(json["kind"], "image");
    assert_eq!(json["changes"], serde_json::json!(["turned"]));
    assert_eq!(json["sha256"].as_str().unwrap().len(), 64);
    let back: Prepared = serde_json::from_value(json).unwrap();
    (prepared.bytes, prepared.thumbnail) = (vec![], vec![]);
    assert_eq!(back, prepared);

    let verdict = serde_json::to_value(Verdict::from(&Ok(prepared))).unwrap();
    assert_eq!(verdict, serde_json::json!({"verdict": "convert", "what": ["turned"]}));
    let refused = prepare(b"FLV\x01");
    let verdict = serde_json::to_value(Verdict::from(&refused)).unwrap();
    assert_eq!((&verdict["verdict"], &verdict["code"]), (&"refuse".into(), &"media.unknown_kind".into()));
    let refusal = refused.unwrap_err();
    let json = serde_json::to_string(&refusal).unwrap();
    assert_eq!(serde_json::from_str::<Refusal>(&json).unwrap(), refusal);
}

#[test]
fn thin_lines_keep_their_colour_on_every_row() {
    let mut picture = noise(400, 400);
    for (x, y) in (0..400).flat_map(|x| (0..100).map(move |y| (x, y))) {
        let red = matches!(y, 20 | 51);
        picture.put_pixel(x, y, image::Rgb(if red { [230, 20, 20] } else { [240, 240, 240] }));
    }
    let prepared = prepare(&encoded(&DynamicImage::ImageRgb8(picture), ImageFormat::Png)).unwrap();
    assert_eq!(prepared.mime, "image/jpeg");
    let seen = seen(&prepared).to_rgb8();
    let red = |y| i32::from(seen.get_pixel(200, y).0[0]) - i32::from(seen.get_pixel(200, y).0[1]);
    assert!(red(20) > 60 && red(51) > 60, "{} and {}", red(20), red(51));
}

#[test]
fn a_whole_jpeg_that_cannot_be_decoded_is_not_called_broken() {
    let usual = as_jpeg(&gradient(64, 64), 90, None);
    let header = usual.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    // Arithmetic coding, without loss, and twelve bits.
    for (at, value) in [(header + 1, 0xC9), (header + 1, 0xC3), (header + 4, 12)] {
        let mut rare = usual.clone();
        *rare.get_mut(at).unwrap() = value;
        assert_eq!(prepare(&rare).unwrap_err().code(), "media.unsupported", "{value:#x}");
    }
}

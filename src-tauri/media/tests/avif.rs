//! AVIF as shops, browsers and phones make it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use common::{asked_of, code, fine, fixture};
use image::{GenericImageView, RgbImage};
use ulak_media::{Change, Kind, Offered, Refusal, Wish, prepare};

const RED: [u8; 3] = [0xDC, 0x1E, 0x1E];
const GREEN: [u8; 3] = [0x1E, 0xB4, 0x3C];
const BLUE: [u8; 3] = [0x1E, 0x3C, 0xDC];
const WHITE: [u8; 3] = [0xF0; 3];

/// The shades that the fixtures were made from.
fn flowing(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = 120.0 + 60.0 * (f64::from(x) / 12.0).sin() * (f64::from(y) / 12.0).sin();
        image::Rgb([(x * 255 / (width - 1)) as u8, (y * 255 / (height - 1)) as u8, wave.round() as u8])
    })
}

fn shown(name: &str) -> RgbImage {
    image::load_from_memory(&fine(name).bytes).unwrap().into_rgb8()
}

/// In decibels.
fn likeness(shown: &[u8], expected: &[u8]) -> f64 {
    assert_eq!(shown.len(), expected.len());
    let squares = shown.iter().zip(expected).map(|(shown, expected)| f64::from(shown.abs_diff(*expected)).powi(2));
    10.0 * (255.0 * 255.0 * shown.len() as f64 / squares.sum::<f64>().max(1e-9)).log10()
}

/// Of the brightness that television counts, in all three channels.
fn gray(picture: &RgbImage) -> RgbImage {
    let mut picture = picture.clone();
    for pixel in picture.pixels_mut() {
        let [red, green, blue] = pixel.0.map(f64::from);
        pixel.0 = [(0.299 * red + 0.587 * green + 0.114 * blue).round() as u8; 3];
    }
    picture
}

#[test]
fn what_is_sent_shows_what_was_drawn() {
    for (name, size, least) in [
        ("flowing.avif", (161, 121), 38.0),
        ("flowing-444.avif", (161, 121), 38.0),
        ("flowing-422.avif", (161, 121), 38.0),
        ("flowing-limited.avif", (161, 121), 38.0),
        ("flowing-exact.avif", (161, 121), 38.0),
        ("flowing-tiles.avif", (192, 128), 38.0),
        // The noise is meant.
        ("flowing-grain.avif", (161, 121), 26.0),
    ] {
        let prepared = fine(name);
        assert_eq!((prepared.kind, &*prepared.mime), (Kind::Image, "image/jpeg"), "{name}");
        assert_eq!((prepared.width.unwrap(), prepared.height.unwrap()), size, "{name}");
        assert_eq!((prepared.source.format.as_ref(), prepared.changes.as_slice()), ("AVIF", &[Change::Recoded][..]));
        let found = likeness(shown(name).as_raw(), flowing(size.0, size.1).as_raw());
        assert!(found >= least, "{name}: {found:.1} dB");
    }
    let found = likeness(shown("flowing-gray.avif").as_raw(), gray(&flowing(161, 121)).as_raw());
    assert!(found >= 38.0, "without colours: {found:.1} dB");
}

#[test]
fn what_is_sent_shows_what_another_decoder_shows() {
    let as_rows = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
    for name in ["flowing.avif", "flowing-444.avif", "flowing-422.avif", "flowing-limited.avif", "flowing-gray.avif"] {
        let other = asked_of("ffmpeg", &["-v", "error", "-i"], &fixture(name), &as_rows);
        let found = likeness(shown(name).as_raw(), &other);
        assert!(found >= 38.0, "{name}: {found:.1} dB");
    }
}

/// Top left, top right, bottom left, bottom right.
fn assert_quarters(name: &str, size: (u32, u32), changes: &[Change], expected: [[u8; 3]; 4]) {
    let prepared = fine(name);
    assert_eq!((prepared.width.unwrap(), prepared.height.unwrap()), size, "{name}");
    assert_eq!(prepared.changes, changes, "{name}");
    let picture = image::load_from_memory(&prepared.bytes).unwrap();
    let (right, bottom) = (size.0 - 9, size.1 - 9);
    for ((x, y), expected) in [(8, 8), (right, 8), (8, bottom), (right, bottom)].into_iter().zip(expected) {
        let found = picture.get_pixel(x, y).0;
        let near = found[..3].iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 10);
        assert!(near, "{name} at {x},{y}: {found:?} instead of {expected:?}");
    }
}

#[test]
fn it_is_turned_and_cut_as_the_container_says() {
    let turned = [Change::Turned, Change::Recoded];
    assert_quarters("turned.avif", (192, 128), &turned, [BLUE, RED, WHITE, GREEN]);
    assert_quarters("mirrored.avif", (128, 192), &turned, [BLUE, WHITE, RED, GREEN]);
    assert_quarters("turned-mirrored.avif", (192, 128), &turned, [WHITE, GREEN, BLUE, RED]);
    assert_quarters("cropped.avif", (64, 96), &[Change::Recoded], [GREEN, GREEN, WHITE, WHITE]);
}

/// Seen through at the top, and more and more solid down to the middle.
#[test]
fn transparency_stays() {
    for name in ["see-through.avif", "see-through-premultiplied.avif"] {
        let prepared = fine(name);
        assert_eq!(&*prepared.mime, "image/png", "{name}");
        let picture = image::load_from_memory(&prepared.bytes).unwrap().into_rgba8();
        for (x, y, pixel) in picture.enumerate_pixels() {
            let expected = (2 * y).min(255) as u8;
            assert!(pixel.0[3].abs_diff(expected) <= 3, "{name} at {x},{y}: {} instead of {expected}", pixel.0[3]);
        }
        let drawn = flowing(161, 121);
        let solid = |from: &[u8], channels: usize| -> Vec<u8> {
            let below = from.chunks(channels).skip(161 * 90);
            below.flat_map(|pixel| pixel[..3].to_vec()).collect()
        };
        let found = likeness(&solid(picture.as_raw(), 4), &solid(drawn.as_raw(), 3));
        assert!(found >= 38.0, "{name}: {found:.1} dB");
    }
}

#[test]
fn its_colours_are_used_up() {
    let recoloured = [Change::Recoloured, Change::Recoded];
    let swapped = fine("swapped.avif");
    assert_eq!(swapped.changes, recoloured);
    let shown = image::load_from_memory(&swapped.bytes).unwrap().into_rgb8();
    let mut drawn = flowing(161, 121);
    drawn.pixels_mut().for_each(|pixel| pixel.0.reverse());
    // The curve of the profile is a little another than that of screens.
    let found = likeness(shown.as_raw(), drawn.as_raw());
    assert!(found >= 30.0, "{found:.1} dB");

    let wide = fine("wide.avif");
    assert_eq!(wide.changes, recoloured);
    let shown = image::load_from_memory(&wide.bytes).unwrap().into_rgb8();
    let more = |picture: &RgbImage| i32::from(picture.get_pixel(150, 30).0[0]);
    assert!(more(&shown) > more(&flowing(161, 121)), "a red of wide colours is more than that of screens");
    let refusal = common::prepared("bright.avif", Wish::Auto).unwrap_err();
    assert_eq!(refusal, Refusal::Unsupported { format: "AVIF".into() });
    assert!(refusal.to_string().contains("JPG"));
}

#[test]
fn nothing_private_is_sent() {
    common::nothing_private("private.avif");
}

#[test]
fn a_moving_one_goes_as_a_still_and_says_so() {
    let prepared = fine("moving.avif");
    assert_eq!(prepared.offered, Some(Offered::Stilled { format: "AVIF".into() }));
    assert_eq!(prepared.changes, [Change::Stilled, Change::Recoded]);
    let found = likeness(shown("moving.avif").as_raw(), flowing(161, 121).as_raw());
    assert!(found >= 38.0, "{found:.1} dB");
}

#[test]
fn one_as_a_document_goes_as_it_is() {
    let prepared = common::prepared("private.avif", Wish::Document).unwrap();
    assert_eq!((prepared.kind, &*prepared.mime), (Kind::Document, "image/avif"));
    assert_eq!(prepared.bytes, fixture("private.avif"));
    assert!(prepared.place && !prepared.thumbnail.is_empty());
    assert_eq!(code("flowing.avif", Wish::Voice), "media.not_sound");
}

#[test]
fn one_that_stops_early_is_broken() {
    for name in ["flowing.avif", "flowing-tiles.avif", "see-through.avif", "moving.avif"] {
        let whole = fixture(name);
        for tenth in 1..10 {
            let refusal = prepare(&whole[..whole.len() * tenth / 10], Wish::Auto).unwrap_err();
            assert_eq!(refusal, Refusal::Broken { format: "AVIF".into() }, "{name} at {tenth}/10");
        }
    }
}

#[test]
fn one_whose_coded_picture_is_damaged_is_broken() {
    let whole = fixture("flowing-exact.avif");
    let data = whole.windows(4).position(|window| window == b"mdat").unwrap();
    // The header, and then what is coded.
    for at in [data + 4, data + 20] {
        let mut damaged = whole.clone();
        damaged[at..].fill(0xFF);
        let refusal = prepare(&damaged, Wish::Auto).unwrap_err();
        assert_eq!(refusal, Refusal::Broken { format: "AVIF".into() }, "from {at}");
    }
}

#[test]
fn one_coded_in_another_way_is_refused_with_the_way_to_a_jpeg() {
    let mut other = fixture("flowing.avif");
    let at = other.windows(4).position(|window| window == b"av01").unwrap();
    other[at..at + 4].copy_from_slice(b"j2k1");
    assert_eq!(prepare(&other, Wish::Auto).unwrap_err(), Refusal::Unsupported { format: "AVIF".into() });
}

#[test]
fn an_enormous_one_is_refused_before_it_is_decoded() {
    let mut enormous = fixture("flowing.avif");
    let at = enormous.windows(4).position(|window| window == b"ispe").unwrap();
    for (width, height) in [(60_000_u32, 60_000_u32), (16_000, 16_000)] {
        enormous[at + 8..at + 12].copy_from_slice(&width.to_be_bytes());
        enormous[at + 12..at + 16].copy_from_slice(&height.to_be_bytes());
        let refusal = prepare(&enormous, Wish::Auto).unwrap_err();
        assert_eq!(refusal, Refusal::TooManyPixels { width, height, limit: 16_384, megapixels: 102 });
    }
}

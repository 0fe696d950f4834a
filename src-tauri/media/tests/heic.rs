//! HEIC as phones make it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use common::{asked, code, fine, fixture};
use heifer::heifer_isobmff::{
    HeifFile,
    boxes::Property,
    writer::{HeifWriter, ImageSpec},
};
use heifer::{EncodeOptions, encode_rgb8};
use image::GenericImageView;
use ulak_media::{Change, Kind, Refusal, Wish, prepare};

const RED: [u8; 3] = [0xDC, 0x1E, 0x1E];
const GREEN: [u8; 3] = [0x1E, 0xB4, 0x3C];
const BLUE: [u8; 3] = [0x1E, 0x3C, 0xDC];
const WHITE: [u8; 3] = [0xF0; 3];

/// Top left, top right, bottom left, bottom right.
fn assert_quarters(name: &str, size: (u32, u32), expected: [[u8; 3]; 4]) {
    let prepared = fine(name);
    assert_eq!((prepared.kind, &*prepared.mime), (Kind::Image, "image/jpeg"), "{name}");
    assert_eq!((prepared.width.unwrap(), prepared.height.unwrap()), size, "{name}");
    assert_eq!((prepared.source.format.as_ref(), prepared.changes.as_slice()), ("HEIC", &[Change::Recoded][..]));
    let shown = asked("exiftool", &["-s3", "-ImageSize"], &prepared.bytes);
    assert_eq!(shown.trim(), format!("{}x{}", size.0, size.1));

    let picture = image::load_from_memory(&prepared.bytes).unwrap();
    let (right, bottom) = (size.0 - 9, size.1 - 9);
    for ((x, y), expected) in [(8, 8), (right, 8), (8, bottom), (right, bottom)].into_iter().zip(expected) {
        let found = picture.get_pixel(x, y).0;
        let near = found[..3].iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 10);
        assert!(near, "{name} at {x},{y}: {found:?} instead of {expected:?}");
    }
    assert!(!prepared.thumbnail.is_empty());
}

#[test]
fn a_heic_becomes_a_jpeg() {
    assert_quarters("quarters.heic", (128, 192), [RED, GREEN, BLUE, WHITE]);
    assert_quarters("ten-bit.heic", (128, 192), [RED, GREEN, BLUE, WHITE]);
}

/// Three quarters anticlockwise, as the container of a phone's photo says.
#[test]
fn a_turned_heic_ends_upright() {
    assert_quarters("turned.heic", (192, 128), [BLUE, RED, WHITE, GREEN]);
}

#[test]
fn nothing_private_is_sent() {
    common::nothing_private("private.heic");
}

/// Cameras of some phones name the curve of films and mean that of screens; viewers show the picture as it is.
#[test]
fn a_heic_with_the_curve_of_films_looks_as_others_show_it() {
    let screens = fine("curve-13.heic").bytes;
    assert_eq!(fine("curve-1.heic").bytes, screens);
    assert_eq!(fine("curve-6.heic").bytes, screens);
    let shown = image::load_from_memory(&screens).unwrap().into_rgb8();
    let drawn = image::load_from_memory(&fine("shades.bmp").bytes).unwrap().into_rgb8();
    let sum = shown.iter().zip(drawn.iter()).map(|(shown, drawn)| u32::from(shown.abs_diff(*drawn))).sum::<u32>();
    let mean = sum / shown.len() as u32;
    assert!(mean < 12, "on average {mean} steps off");
    assert_eq!(common::prepared("curve-16.heic", Wish::Auto).unwrap_err(), Refusal::HeicUnsupported);
}

#[test]
fn a_heic_that_stops_early_is_broken() {
    let whole = fixture("quarters.heic");
    for tenth in 1..10 {
        let refusal = prepare(&whole[..whole.len() * tenth / 10], Wish::Auto).unwrap_err();
        assert_eq!(refusal.code(), "media.broken", "at {tenth}/10");
    }
}

/// Its picture is coded in a way that the decoder does not know.
#[test]
fn an_unknown_kind_of_heic_is_refused_with_the_way_to_a_jpeg() {
    let mut other = fixture("quarters.heic");
    for at in 0..other.len() - 4 {
        if &other[at..at + 4] == b"hvc1" {
            other[at..at + 4].copy_from_slice(b"j2k1");
        }
    }
    let refusal = prepare(&other, Wish::Auto).unwrap_err();
    assert_eq!(refusal, Refusal::HeicUnsupported);
    assert!(refusal.to_string().contains("JPEG"));
}

/// Each quarter of the picture has one tile again and again; beside it stands a picture of the kind named.
fn in_tiles(rows: u16, columns: u16, size: (u32, u32), beside: Option<&str>) -> Vec<u8> {
    const SIDE: u32 = 512;
    let mut writer = HeifWriter::new();
    let quarters = [RED, GREEN, BLUE, WHITE].map(|colour| {
        let pixels = colour.repeat((SIDE * SIDE) as usize);
        let coded = encode_rgb8(SIDE, SIDE, &pixels, &EncodeOptions::default()).unwrap();
        let file = HeifFile::parse(&coded).unwrap();
        let mut units = Vec::new();
        let data = file.item_data(file.primary_id).unwrap();
        let mut data = &*data;
        while let Some((length, rest)) = data.split_first_chunk() {
            let (unit, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
            units.push(unit.to_vec());
            data = rest;
        }
        let config = file.hevc_config(file.primary_id).unwrap().unwrap().clone();
        let color = file.item_properties(file.primary_id).unwrap().find_map(|property| match property {
            Property::Color(color) => Some(color.clone()),
            _ => None,
        });
        writer.add_image(&ImageSpec { hidden: true, color, ..ImageSpec::new(SIDE, SIDE, config, &units) })
    });
    let place = |row, column| quarters[usize::from(row >= rows / 2) * 2 + usize::from(column >= columns / 2)];
    let tiles: Vec<_> =
        (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).map(|(r, c)| place(r, c)).collect();
    let picture = writer.add_grid(rows, columns, size.0, size.1, &tiles, None, None);
    writer.set_primary(picture);
    if beside.is_some() {
        let other = writer.add_grid(1, 1, SIDE, SIDE, &quarters[..1], None, beside);
        writer.add_reference(*b"auxl", other, &[picture]);
    }
    writer.finish()
}

/// More than the decoder gets at once, in tiles, of which the last ones reach beyond the picture.
#[test]
fn a_photo_of_many_megapixels_becomes_a_jpeg() {
    let light = "urn:com:apple:photo:2020:aux:hdrgainmap";
    let photo = in_tiles(14, 18, (9_200, 6_900), Some(light));
    let prepared = prepare(&photo, Wish::Auto).unwrap();
    assert_eq!((prepared.width, prepared.height), (Some(1600), Some(1200)));
    let picture = image::load_from_memory(&prepared.bytes).unwrap();
    for ((x, y), expected) in [(8, 8), (1591, 8), (8, 1191), (1591, 1191), (790, 590), (812, 640)]
        .into_iter()
        .zip([RED, GREEN, BLUE, WHITE, RED, WHITE])
    {
        let found = picture.get_pixel(x, y).0;
        let near = found[..3].iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 10);
        assert!(near, "at {x},{y}: {found:?} instead of {expected:?}");
    }
}

/// Their mean would mix in colours that cannot be seen.
#[test]
fn a_see_through_photo_is_not_decoded_tile_by_tile() {
    let photo = in_tiles(14, 18, (9_200, 6_900), Some("urn:mpeg:hevc:2015:auxid:1"));
    let refusal = prepare(&photo, Wish::Auto).unwrap_err();
    assert_eq!(refusal, Refusal::TooManyPixels { width: 9_200, height: 6_900, limit: 16_384, megapixels: 50 });
}

#[test]
fn an_enormous_heic_is_refused_before_it_is_decoded() {
    let mut enormous = fixture("quarters.heic");
    let at = enormous.windows(4).position(|window| window == b"ispe").unwrap();
    // The last one does not come in tiles.
    for (width, height, megapixels) in [(60_000_u32, 60_000_u32, 202), (16_000, 16_000, 202), (9_000, 8_000, 50)] {
        enormous[at + 8..at + 12].copy_from_slice(&width.to_be_bytes());
        enormous[at + 12..at + 16].copy_from_slice(&height.to_be_bytes());
        let refusal = prepare(&enormous, Wish::Auto).unwrap_err();
        assert_eq!(refusal, Refusal::TooManyPixels { width, height, limit: 16_384, megapixels });
    }
}

#[test]
fn a_heic_as_a_document_goes_as_it_is() {
    let prepared = common::prepared("quarters.heic", Wish::Document).unwrap();
    assert_eq!((prepared.kind, &*prepared.mime), (Kind::Document, "image/heic"));
    assert_eq!(prepared.bytes, fixture("quarters.heic"));
    assert_eq!(code("quarters.heic", Wish::Voice), "media.not_sound");
}

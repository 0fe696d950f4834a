//! Films: what goes into the chat, what is offered as a document, and whether
//! others can play it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use std::io::Write;

use common::{asked, code, contains, fine, fixture, plays, prepared, probed};
use image::GenericImageView;
use ulak_media::{Change, Kind, Offered, Refusal, VIDEO_LIMIT, Verdict, Wish, prepare};

fn stream<'a>(probe: &'a serde_json::Value, kind: &str) -> &'a serde_json::Value {
    probe["streams"].as_array().unwrap().iter().find(|stream| stream["codec_type"] == kind).unwrap()
}

/// What the samples decode to, as others see it; remuxing must not change it.
fn heard_and_seen(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film");
    std::fs::write(&path, bytes).unwrap();
    let output = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&path)
        .args(["-map", "0:v", "-map", "0:a?", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn h264_with_aac_goes_into_the_chat_in_order() {
    let cases = [
        ("plain.mp4", vec![], (320, 240)),
        ("moov-last.mp4", vec![Change::Remuxed], (320, 240)),
        ("phone.mov", vec![Change::Remuxed], (240, 320)),
        ("phone.3gp", vec![Change::Remuxed], (176, 144)),
    ];
    for (name, changes, size) in cases {
        let prepared = fine(name);
        assert_eq!((prepared.kind, &*prepared.mime), (Kind::Video, "video/mp4"), "{name}");
        assert_eq!(prepared.changes, changes, "{name}");
        assert_eq!((prepared.width.unwrap(), prepared.height.unwrap()), size, "{name}: as seen");
        assert!(prepared.duration_ms.unwrap().abs_diff(2000) <= 50, "{name}: {:?}", prepared.duration_ms);
        assert_eq!(prepared.source.video.as_deref(), Some("H.264"));
        assert_eq!(prepared.source.sound.as_deref(), Some("AAC"));
        // What WhatsApp says that its Android apps do not play; a phone's own film is not so.
        let said = (name != "phone.3gp").then_some(Offered::VideoAndroid);
        assert_eq!(prepared.offered, said, "{name}");

        let probe = probed(&prepared.bytes);
        assert_eq!(probe["streams"].as_array().unwrap().len(), 2, "{name}");
        assert_eq!(stream(&probe, "video")["codec_name"], "h264", "{name}");
        assert_eq!(stream(&probe, "audio")["codec_name"], "aac", "{name}");
        assert_eq!(probe["format"]["tags"]["major_brand"], "isom");
        plays(&prepared.bytes);
        assert_eq!(heard_and_seen(&prepared.bytes), heard_and_seen(&fixture(name)), "{name}");
    }
}

/// Only both together are what WhatsApp's documentation names.
#[test]
fn high_without_b_frames_and_main_with_them_need_no_caution() {
    let film = fixture("plain.mp4");
    let at = |kind: &[u8]| film.windows(4).position(|window| window == kind).unwrap();
    let (profile, order) = (at(b"avcC") + 5, at(b"ctts"));
    assert_eq!((film[profile], fine("plain.mp4").offered), (100, Some(Offered::VideoAndroid)));
    let mut main = film.clone();
    main[profile] = 77;
    assert_eq!(prepare(main, Wish::Auto).unwrap().offered, None);
    let mut in_order = film.clone();
    in_order[order..order + 4].copy_from_slice(b"free");
    assert_eq!(prepare(in_order, Wish::Auto).unwrap().offered, None);
}

#[test]
fn the_table_of_contents_comes_first() {
    for name in ["plain.mp4", "moov-last.mp4", "phone.mov", "silent.mp4"] {
        let bytes = fine(name).bytes;
        let at = |kind: &[u8]| bytes.windows(4).position(|window| window == kind).unwrap();
        assert!(at(b"moov") < at(b"mdat"), "{name}");
    }
}

#[test]
fn a_phone_that_was_held_upright_shows_so() {
    let source = probed(&fixture("phone.mov"));
    let prepared = probed(&fine("phone.mov").bytes);
    let turn = |probe: &serde_json::Value| stream(probe, "video")["side_data_list"][0]["rotation"].as_i64().unwrap();
    assert_eq!(turn(&prepared).abs(), 90);
    assert_eq!(turn(&prepared), turn(&source));
}

#[test]
fn nothing_private_is_sent() {
    assert!(contains(&fixture("phone.mov"), b"28.978"), "the place");
    for name in ["phone.mov", "moov-last.mp4"] {
        let source = fixture(name);
        assert!(contains(&source, b"secret"), "{name} has something to hide");
        let sent = fine(name).bytes;
        let shown = asked("exiftool", &["-a", "-G"], &sent);
        assert!(!shown.contains("GPS") && !shown.contains("secret"), "{shown}");
        assert!(!contains(&sent, b"secret") && !contains(&sent, b"28.978") && !contains(&sent, b"Lavf"), "{name}");
    }
}

#[test]
fn preparing_twice_changes_nothing_more() {
    for name in ["plain.mp4", "moov-last.mp4", "phone.mov", "phone.3gp", "silent.mp4"] {
        let once = fine(name);
        let twice = prepare(&once.bytes, Wish::Auto).unwrap();
        assert_eq!(once.bytes, twice.bytes, "{name}");
        assert!(!twice.converted(), "{name}");
    }
}

#[test]
fn a_film_without_sound_is_a_film() {
    let prepared = fine("silent.mp4");
    assert_eq!((prepared.kind, prepared.source.sound.as_deref()), (Kind::Video, None));
    plays(&prepared.bytes);
}

#[test]
fn what_not_every_phone_plays_is_offered_as_a_document() {
    let codec = |codec: &'static str| Offered::VideoCodec { codec: codec.into() };
    let cases = [
        ("hevc.mp4", codec("HEVC"), "video/mp4"),
        ("mpeg4.mp4", codec("MPEG-4"), "video/mp4"),
        ("old.3gp", codec("H.263"), "video/3gpp"),
        ("ten-bit.mp4", codec("H.264 (10 bit)"), "video/mp4"),
        ("mp3-sound.mp4", Offered::VideoSound { codec: "MP3".into() }, "video/mp4"),
        ("fragmented.mp4", Offered::VideoBuild { format: "MP4".into() }, "video/mp4"),
    ];
    for (name, reason, mime) in cases {
        let prepared = fine(name);
        assert_eq!((prepared.kind, &*prepared.mime), (Kind::Document, mime), "{name}");
        assert_eq!(prepared.offered, Some(reason.clone()), "{name}");
        assert_eq!(prepared.bytes, fixture(name), "{name}: as it is");
        let verdict = Verdict::from(&Ok(prepared));
        assert!(matches!(&verdict, Verdict::Offer { code, .. } if code == reason.code()), "{verdict:?}");
        assert_eq!(common::prepared(name, Wish::Document).unwrap().offered, None);
    }
}

/// An MP4 whose samples are as large as the real ones and `more` bytes in the first.
fn heavy(more: usize) -> Vec<u8> {
    let whole = fixture("plain.mp4");
    let at = |kind: &[u8]| whole.windows(4).position(|window| window == kind).unwrap();
    let mdat = at(b"mdat") - 4;
    let mut heavy = whole[..mdat].to_vec();
    // One chunk table after the other: everything behind the first sample moves.
    let sizes = at(b"stsz");
    let first = u32::from_be_bytes(heavy[sizes + 16..sizes + 20].try_into().unwrap());
    heavy[sizes + 16..sizes + 20].copy_from_slice(&(first + more as u32).to_be_bytes());
    let start = u32::from_be_bytes(whole[at(b"stco") + 12..at(b"stco") + 16].try_into().unwrap());
    let mut tables = 0;
    for table in (0..heavy.len() - 4).filter(|at| &whole[*at..*at + 4] == b"stco").collect::<Vec<_>>() {
        let count = u32::from_be_bytes(heavy[table + 8..table + 12].try_into().unwrap()) as usize;
        for place in heavy[table + 12..table + 12 + count * 4].chunks_exact_mut(4) {
            let offset = u32::from_be_bytes(place.try_into().unwrap());
            if offset > start {
                place.copy_from_slice(&(offset + more as u32).to_be_bytes());
            }
        }
        tables += 1;
    }
    assert_eq!(tables, 2);
    let body = (whole.len() - mdat + more) as u32;
    heavy.write_all(&body.to_be_bytes()).unwrap();
    heavy.write_all(b"mdat").unwrap();
    heavy.extend_from_slice(&whole[mdat + 8..(start + first) as usize]);
    heavy.extend_from_slice(&vec![0; more]);
    heavy.extend_from_slice(&whole[(start + first) as usize..]);
    heavy
}

#[test]
fn a_film_over_the_limit_is_offered_as_a_document() {
    let just_fits = heavy(15_900_000);
    assert_eq!(prepare(&just_fits, Wish::Auto).unwrap().kind, Kind::Video);
    let film = heavy(16_000_000);
    let prepared = prepare(&film, Wish::Auto).unwrap();
    assert_eq!(prepared.kind, Kind::Document);
    let Some(Offered::VideoTooBig { bytes, limit }) = prepared.offered.clone() else {
        panic!("{:?}", prepared.offered)
    };
    assert!(bytes > VIDEO_LIMIT && limit == VIDEO_LIMIT);
    assert_eq!(prepared.offered.unwrap().params()["megabytes"], "17");
}

#[test]
fn the_poster_has_the_shape_of_the_film() {
    for (name, size) in [("plain.mp4", (320, 240)), ("phone.mov", (240, 320))] {
        let poster = image::load_from_memory(&fine(name).thumbnail).unwrap();
        assert_eq!(poster.dimensions(), size);
        assert!(poster.to_luma8().get_pixel(size.0 / 2, size.1 / 2).0[0] > 200, "the sign in the middle");
        assert!(poster.to_luma8().get_pixel(4, 4).0[0] < 80, "on a dark sheet");
    }
}

#[test]
fn a_film_that_stops_early_is_broken() {
    for name in ["plain.mp4", "moov-last.mp4", "phone.mov", "hevc.mp4"] {
        let whole = fixture(name);
        for tenth in 1..10 {
            let refusal = prepare(&whole[..whole.len() * tenth / 10], Wish::Auto).unwrap_err();
            assert_eq!(refusal.code(), "media.broken", "{name} at {tenth}/10");
        }
    }
}

#[test]
fn a_film_is_no_voice_note() {
    assert_eq!(prepared("plain.mp4", Wish::Voice).unwrap_err(), Refusal::NotSound { found: "MP4".into() });
    assert_eq!(code("plain.mp4", Wish::Audio), "media.not_sound");
}

/// Lengths of 2^63 and 2^64 − 1 on every atom that has one, one at a time.
#[test]
fn absurd_lengths_end_in_a_verdict() {
    let whole = fixture("moov-last.mp4");
    let kinds: [&[u8]; 12] =
        [b"ftyp", b"mdat", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"stsz", b"stco", b"avc1", b"esds"];
    for kind in kinds {
        let at = whole.windows(4).position(|window| window == kind).unwrap() - 4;
        for length in [1_u64 << 63, u64::MAX, 1 << 40, 0] {
            let mut absurd = whole.clone();
            absurd[at..at + 4].copy_from_slice(&1_u32.to_be_bytes());
            absurd[at + 8..at + 16].copy_from_slice(&length.to_be_bytes());
            assert_eq!(prepare(&absurd, Wish::Auto).map_err(|refusal| refusal.code()).err(), Some("media.broken"));
        }
    }
}

/// A table that names four thousand million samples without listing them, and
/// chunks that all point at the same bytes.
#[test]
fn tables_that_promise_too_much_are_not_believed() {
    let whole = fixture("plain.mp4");
    let sizes = whole.windows(4).position(|window| window == b"stsz").unwrap();
    for (size, count) in [(1_u32, u32::MAX), (u32::MAX, u32::MAX), (0, u32::MAX)] {
        let mut promising = whole.clone();
        promising[sizes + 8..sizes + 12].copy_from_slice(&size.to_be_bytes());
        promising[sizes + 12..sizes + 16].copy_from_slice(&count.to_be_bytes());
        assert_eq!(prepare(&promising, Wish::Auto).unwrap_err().code(), "media.broken");
    }
}

/// The ways of QuickTime, of 3GP and of Exif.
#[test]
fn a_document_tells_the_place_that_is_in_it_and_a_film_in_the_chat_has_none() {
    for (name, told) in [
        ("moov-last.mp4", true),
        ("phone.mov", true),
        ("private.heic", true),
        ("plain.mp4", false),
        ("quarters.heic", false),
        ("sample.jpg", false),
    ] {
        assert_eq!(prepared(name, Wish::Document).unwrap().place, told, "{name}");
        assert!(!prepared(name, Wish::Auto).unwrap().place, "{name} in the chat");
    }
    // Exif with a pointer to the place and nothing else, as the first segment of a photo.
    let exif = [b"Exif\0\0MM\0*\0\0\0\x08\0\x01".as_slice(), b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x1A\0\0\0\0"].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let photo = fixture("sample.jpg");
    let told = [&photo[..2], &[0xFF, 0xE1], &length, &exif, &photo[2..]].concat();
    assert!(prepare(told, Wish::Document).unwrap().place);
}

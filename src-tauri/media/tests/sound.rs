//! Sound: voice notes as phones play them, and audio files.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use std::process::Command;

use common::{code, contains, fine, fixture, plays, prepared, probed};
use ulak_media::{AUDIO_LIMIT, Change, Kind, Offered, Prepared, Refusal, Wish, prepare};

/// Every fixture is two seconds long but for these.
fn expected_ms(name: &str) -> u64 {
    if name == "float.wav" || name == "silence.wav" { 1000 } else { 2000 }
}

const ALL: [&str; 11] = [
    "vbr.mp3",
    "bare.mp3",
    "stereo.flac",
    "stereo.ogg",
    "stereo.opus",
    "lc.m4a",
    "lc.aac",
    "lossless.m4a",
    "telephone.wav",
    "float.wav",
    "voice.ogg",
];

/// FFmpeg's measure of the whole, in LUFS.
fn loudness(bytes: &[u8]) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound");
    std::fs::write(&path, bytes).unwrap();
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostats", "-i"])
        .arg(&path)
        .args(["-af", "ebur128", "-f", "null", "-"])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    let summary = shown.rsplit("Integrated loudness:").next().unwrap();
    let value = summary.split("I:").nth(1).unwrap().split_whitespace().next().unwrap();
    value.parse().unwrap()
}

/// Mono samples at 48 kHz, as FFmpeg decodes them.
fn decoded(bytes: &[u8]) -> Vec<f32> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound");
    std::fs::write(&path, bytes).unwrap();
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&path)
        .args(["-f", "f32le", "-ac", "1", "-ar", "48000", "-"])
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// A WAV of 16 bits.
fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let body = (samples.len() * 2) as u32;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend_from_slice(&(body + 36).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend_from_slice(&channels.to_le_bytes());
    bytes.extend_from_slice(&rate.to_le_bytes());
    bytes.extend_from_slice(&(rate * u32::from(channels) * 2).to_le_bytes());
    bytes.extend_from_slice(&(channels * 2).to_le_bytes());
    bytes.extend_from_slice(b"\x10\0data");
    bytes.extend_from_slice(&body.to_le_bytes());
    samples.iter().for_each(|sample| bytes.extend_from_slice(&sample.to_le_bytes()));
    bytes
}

fn tone(rate: u32, hertz: f64, seconds: f64, height: f64) -> Vec<i16> {
    let count = (f64::from(rate) * seconds) as u32;
    let angle = |index: u32| f64::from(index) * hertz * std::f64::consts::TAU / f64::from(rate);
    (0..count).map(|index| (angle(index).sin() * height * 32767.0) as i16).collect()
}

/// How much of a tone is in a sound, as the height of its wave.
fn height(samples: &[f32], hertz: f64) -> f64 {
    let (mut across, mut up) = (0.0, 0.0);
    for (index, sample) in samples.iter().enumerate() {
        let angle = index as f64 * hertz * std::f64::consts::TAU / 48_000.0;
        across += f64::from(*sample) * angle.cos();
        up += f64::from(*sample) * angle.sin();
    }
    2.0 * across.hypot(up) / samples.len() as f64
}

fn as_note(bytes: &[u8]) -> Prepared {
    prepare(bytes, Wish::Auto).unwrap()
}

#[test]
fn every_kind_of_sound_becomes_a_voice_note() {
    for name in ALL {
        let prepared = fine(name);
        assert_eq!((prepared.kind, &*prepared.mime), (Kind::Voice, "audio/ogg; codecs=opus"), "{name}");
        let probe = probed(&prepared.bytes);
        let stream = &probe["streams"][0];
        assert_eq!(probe["streams"].as_array().unwrap().len(), 1, "{name}");
        assert_eq!((&stream["codec_name"], &stream["channels"]), (&"opus".into(), &1.into()), "{name}");
        assert_eq!(stream["sample_rate"], "48000");
        assert_eq!(probe["format"]["format_name"], "ogg");
        plays(&prepared.bytes);

        let length = prepared.duration_ms.unwrap();
        assert!(length.abs_diff(expected_ms(name)) <= 60, "{name}: {length} ms");
        let others = decoded(&prepared.bytes).len() as u64 / 48;
        assert!(length.abs_diff(others) <= 1, "{name}: {length} ms, others say {others}");
        assert!(prepared.thumbnail.is_empty() && prepared.waveform.is_some());
        assert_eq!((prepared.width, prepared.pages), (None, None));
    }
}

#[test]
fn what_was_changed_is_named() {
    let cases = [
        ("stereo.flac", vec![Change::Mixed, Change::Recoded, Change::Levelled], "FLAC"),
        ("telephone.wav", vec![Change::Recoded, Change::Levelled], "PCM"),
        ("lc.m4a", vec![Change::Mixed, Change::Recoded, Change::Levelled], "AAC"),
    ];
    for (name, changes, codec) in cases {
        let prepared = fine(name);
        assert_eq!(prepared.changes, changes, "{name}");
        assert_eq!(prepared.source.sound.as_deref(), Some(codec));
    }
}

#[test]
fn voice_notes_are_equally_loud() {
    for level in [0.04, 0.1, 0.5, 0.9] {
        let source = wav(44_100, 1, &tone(44_100, 600.0, 3.0, level));
        let found = loudness(&as_note(&source).bytes);
        assert!((found + 16.0).abs() < 1.0, "{level}: {found} LUFS");
    }
    // A loud crack in a quiet talk: it must not be cut off, so the rest stays quieter.
    let mut crack = tone(48_000, 600.0, 3.0, 0.02);
    crack[70_000..70_400].copy_from_slice(&tone(48_000, 600.0, 400.0 / 48_000.0, 0.8));
    let sent = decoded(&as_note(&wav(48_000, 1, &crack)).bytes);
    assert!(sent.iter().all(|sample| sample.abs() < 1.0));
}

#[test]
fn silence_stays_silent() {
    let prepared = fine("silence.wav");
    assert_eq!(prepared.waveform, Some([0; 64]));
    assert!(!prepared.changes.contains(&Change::Levelled));
    assert!(decoded(&prepared.bytes).iter().all(|sample| sample.abs() < 0.001));
}

/// The first half of the fixtures is ten times as high as the second.
#[test]
fn the_waveform_follows_the_sound() {
    for name in ["telephone.wav", "vbr.mp3", "stereo.opus"] {
        let points = fine(name).waveform.unwrap();
        assert_eq!(points.iter().max(), Some(&100), "{name}");
        // Here and there the two channels cancel each other out.
        let high = points[..32].iter().filter(|point| **point > 60).count();
        assert!(high >= 28, "{name}: {points:?}");
        assert!(points[36..60].iter().all(|point| (4..20).contains(point)), "{name}: {points:?}");
    }
}

#[test]
fn tones_keep_their_height_and_place_whatever_the_rate() {
    for rate in [8_000, 16_000, 22_050, 44_100, 48_000, 96_000] {
        let samples = tone(rate, 1000.0, 1.0, 0.2);
        let sent = decoded(&as_note(&wav(rate, 1, &samples)).bytes);
        assert_eq!(sent.len(), 48_000, "{rate}");
        let (right, wrong) = (height(&sent[4800..43_200], 1000.0), height(&sent[4800..43_200], 1500.0));
        assert!(right > 0.15 && wrong < right / 30.0, "{rate}: {right} and {wrong}");
    }
}

#[test]
fn both_channels_are_heard() {
    let (left, right) = (tone(44_100, 500.0, 1.0, 0.4), tone(44_100, 1300.0, 1.0, 0.4));
    let both: Vec<i16> = left.into_iter().zip(right).flat_map(|(left, right)| [left, right]).collect();
    let prepared = as_note(&wav(44_100, 2, &both));
    assert!(prepared.changes.contains(&Change::Mixed));
    let sent = decoded(&prepared.bytes);
    let (low, high) = (height(&sent, 500.0), height(&sent, 1300.0));
    assert!(low > 0.1 && (low / high - 1.0).abs() < 0.2, "{low} and {high}");
}

#[test]
fn preparing_twice_changes_nothing_more() {
    for name in ALL {
        let once = fine(name);
        let twice = prepare(&once.bytes, Wish::Auto).unwrap();
        assert!(once.bytes == twice.bytes, "{name}: {:?}", twice.changes);
        assert!(!twice.converted(), "{name}");
        assert_eq!(once.duration_ms, twice.duration_ms, "{name}");
    }
}

#[test]
fn nothing_private_is_in_a_voice_note() {
    for name in ["vbr.mp3", "lc.m4a"] {
        assert!(contains(&fixture(name), b"secret"), "{name} has something to hide");
        assert!(!contains(&fine(name).bytes, b"secret"), "{name}");
    }
}

#[test]
fn an_audio_file_goes_as_it_is_where_phones_play_it() {
    let cases = [
        ("vbr.mp3", "audio/mpeg"),
        ("lc.m4a", "audio/mp4"),
        ("he.m4a", "audio/mp4"),
        ("lc.aac", "audio/aac"),
        ("stereo.opus", "audio/ogg; codecs=opus"),
    ];
    for (name, mime) in cases {
        let prepared = prepared(name, Wish::Audio).unwrap();
        assert_eq!((prepared.kind, &*prepared.mime), (Kind::Audio, mime), "{name}");
        assert_eq!(prepared.bytes, fixture(name), "{name}");
        assert!(prepared.duration_ms.unwrap().abs_diff(2000) <= 60, "{name}: {:?}", prepared.duration_ms);
        assert!(!prepared.converted() && prepared.waveform.is_none());
    }
}

#[test]
fn an_audio_file_that_phones_do_not_play_is_encoded_anew() {
    for (name, channels) in [("stereo.flac", 2), ("stereo.ogg", 2), ("lossless.m4a", 2), ("telephone.wav", 1)] {
        let prepared = prepared(name, Wish::Audio).unwrap();
        assert_eq!((prepared.kind, prepared.changes.as_slice()), (Kind::Audio, &[Change::Recoded][..]), "{name}");
        let probe = probed(&prepared.bytes);
        assert_eq!(
            (&probe["streams"][0]["codec_name"], &probe["streams"][0]["channels"]),
            (&"opus".into(), &channels.into())
        );
        plays(&prepared.bytes);
    }
}

#[test]
fn an_audio_file_over_the_limit_is_offered_as_a_document() {
    let frames = fixture("bare.mp3");
    let mut heavy = Vec::new();
    while heavy.len() as u64 <= AUDIO_LIMIT {
        heavy.extend_from_slice(&frames);
    }
    let prepared = prepare(&heavy, Wish::Audio).unwrap();
    assert_eq!(prepared.kind, Kind::Document);
    assert_eq!(prepared.offered, Some(Offered::AudioTooBig { bytes: heavy.len() as u64, limit: AUDIO_LIMIT }));
}

#[test]
fn sound_as_a_document_goes_as_it_is() {
    let prepared = prepared("stereo.flac", Wish::Document).unwrap();
    assert_eq!((prepared.kind, &*prepared.mime), (Kind::Document, "audio/flac"));
    assert_eq!(prepared.bytes, fixture("stereo.flac"));
}

#[test]
fn what_cannot_be_decoded_is_named_with_the_way_out() {
    let refusal = prepared("he.m4a", Wish::Auto).unwrap_err();
    assert_eq!(refusal, Refusal::SoundUnsupported { format: "M4A".into(), codec: "HE-AAC".into() });
    assert!(refusal.to_string().contains("audio file"));

    // As recorders of the first smartphones wrote it, but for the sound itself.
    let mut amr = fixture("lc.m4a");
    let at = amr.windows(4).position(|window| window == b"mp4a").unwrap();
    amr[at..at + 4].copy_from_slice(b"samr");
    for wish in [Wish::Voice, Wish::Audio] {
        let refusal = prepare(&amr, wish).unwrap_err();
        assert_eq!(refusal, Refusal::SoundUnplayable { format: "M4A".into(), codec: "AMR".into() });
    }
}

#[test]
fn sound_that_stops_early_is_broken_where_its_length_is_known() {
    for name in ["stereo.flac", "lc.m4a", "lossless.m4a", "telephone.wav"] {
        let whole = fixture(name);
        for tenth in 1..9 {
            let refusal = prepare(&whole[..whole.len() * tenth / 10], Wish::Auto).unwrap_err();
            assert_eq!(refusal.code(), "media.broken", "{name} at {tenth}/10");
        }
    }
}

#[test]
fn sound_without_a_sample_is_refused() {
    assert_eq!(prepare(wav(8000, 1, &[]), Wish::Auto).unwrap_err(), Refusal::NoSound { format: "WAV".into() });
}

/// A header that counts an hour and a second of silence, which packs to nothing.
#[test]
fn sound_over_an_hour_is_refused() {
    let mut long = wav(4000, 1, &[]);
    long.truncate(40);
    let body = 3601 * 4000 * 2_u32;
    long.extend_from_slice(&body.to_le_bytes());
    long[4..8].copy_from_slice(&(body + 36).to_le_bytes());
    long.resize(44 + body as usize, 0);
    assert_eq!(prepare(long, Wish::Auto).unwrap_err(), Refusal::TooLong { limit: 60 });
}

#[test]
fn rates_and_channels_without_sense_are_refused() {
    for (rate, channels) in [(0, 1), (1, 1), (u32::MAX, 1), (8000, 0), (8000, 200)] {
        let bytes = wav_header(rate, channels);
        assert_eq!(code_of(&bytes), "media.broken", "{rate} × {channels}");
    }
    assert_eq!(code("telephone.wav", Wish::Voice), "fine");
}

fn wav_header(rate: u32, channels: u16) -> Vec<u8> {
    let mut bytes = wav(8000, 1, &[100; 800]);
    bytes[22..24].copy_from_slice(&channels.to_le_bytes());
    bytes[24..28].copy_from_slice(&rate.to_le_bytes());
    bytes
}

fn code_of(bytes: &[u8]) -> &'static str {
    prepare(bytes, Wish::Auto).map_or_else(|refusal| refusal.code(), |_| "fine")
}

#[test]
fn a_tag_larger_than_a_megabyte_hides_no_sound() {
    let length = 1_500_000_u32;
    let mut tagged = b"ID3\x04\0\0".to_vec();
    tagged.extend([21, 14, 7, 0].map(|shift| ((length >> shift) & 0x7F) as u8));
    tagged.resize(tagged.len() + length as usize, 0);
    tagged.extend(fixture("bare.mp3"));
    assert_eq!(as_note(&tagged).duration_ms, as_note(&fixture("bare.mp3")).duration_ms);
}

#[test]
fn clear_tones_take_a_sixth_more_than_they_are_given_at_most() {
    const SECONDS: u32 = 10;
    // Clear tones at once are what a voice codec spends most on.
    const HERTZ: [f64; 10] = [220.0, 277.2, 329.6, 440.0, 554.0, 880.0, 1760.0, 3520.0, 5274.0, 8000.0];
    let chord: Vec<i16> = (0..48_000 * SECONDS)
        .map(|at| {
            let turn = f64::from(at) / 48_000.0 * std::f64::consts::TAU;
            let tones = HERTZ.iter().zip([0.0, 1.9, 4.4, 0.7, 5.1, 2.8, 3.6, 1.2, 5.9, 2.2]);
            (tones.map(|(hertz, phase)| (turn * hertz + phase).sin()).sum::<f64>() * 1_600.0) as i16
        })
        .collect();
    let note = as_note(&wav(48_000, 1, &chord));
    let bits = note.bytes.len() * 8 / SECONDS as usize;
    assert!(bits < 32_000 * 6 / 5, "{bits} a second");
}

#[test]
fn an_ogg_that_nobody_plays_is_not_called_wrongly_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ses.ogg");
    std::fs::write(&path, [&b"OggS"[..], &[0; 22], &[1, 80], b"Speex   1.2", &[0; 69]].concat()).unwrap();
    assert_eq!(ulak_media::prepare_file(&path, Wish::Auto).unwrap_err().code(), "media.unknown_kind");
}

#[test]
fn what_was_cut_away_in_a_recording_is_not_sent() {
    let mut cut = fixture("lc.m4a");
    let list = cut.windows(4).position(|four| four == b"elst").unwrap() + 4;
    assert_eq!(cut[list..list + 8], [0, 0, 0, 0, 0, 0, 0, 1], "one edit, in short numbers");
    // In milliseconds of the whole, and in samples of the track.
    cut[list + 8..list + 12].copy_from_slice(&1_000_u32.to_be_bytes());
    cut[list + 12..list + 16].copy_from_slice(&45_124_u32.to_be_bytes());
    let note = as_note(&cut);
    let played = decoded(&cut).len() as u64 / 48;
    assert!(note.duration_ms.unwrap().abs_diff(1_000) < 5 && played.abs_diff(1_000) < 50, "{played}");
    assert!((decoded(&note.bytes).len() as u64 / 48).abs_diff(1_000) < 5);
}

/// Where the pages of an Ogg file begin.
fn pages(bytes: &[u8]) -> Vec<usize> {
    bytes.windows(4).enumerate().filter(|(_, window)| window == b"OggS").map(|(at, _)| at).collect()
}

#[test]
fn ogg_that_stops_early_or_has_lost_a_good_part_is_broken() {
    for name in ["stereo.ogg", "stereo.opus", "voice.ogg"] {
        let whole = fixture(name);
        let pages = pages(&whole);
        assert_eq!(code_of(&whole[..whole.len() - 100]), "media.broken", "{name} without its end");
        let mut damaged = whole.clone();
        damaged[pages[2] + 500] ^= 1;
        assert_eq!(code_of(&damaged), "media.broken", "{name} with a damaged second");
        // As a recorder leaves it that was switched off.
        let ended = &whole[..*pages.last().unwrap()];
        assert!(prepare(ended, Wish::Voice).is_ok(), "{name} without the mark of its end");
    }
}

#[test]
fn sounds_one_after_the_other_in_one_file_are_all_heard() {
    for name in ["voice.ogg", "stereo.ogg"] {
        let once = fixture(name);
        let twice = as_note(&once.repeat(2));
        assert_eq!(twice.duration_ms, Some(2 * as_note(&once).duration_ms.unwrap()), "{name}");
        plays(&twice.bytes);
        // What follows may be no sound at all.
        let page = &once[..pages(&once)[1]];
        assert_eq!(as_note(&[&once[..], page].concat()).duration_ms, as_note(&once).duration_ms, "{name}");
    }
}

#[test]
fn the_sound_in_a_wav_is_named() {
    let mut mp3 = wav_header(44_100, 2);
    let format = mp3.windows(4).position(|window| window == b"fmt ").unwrap() + 8;
    mp3[format] = 0x55;
    mp3.extend_from_slice(&[0; 4000]);
    let refusal = prepare(&mp3, Wish::Voice).unwrap_err();
    assert_eq!((refusal.code(), refusal.params()["codec"].as_str()), ("media.sound_unplayable", "MP3"));
}

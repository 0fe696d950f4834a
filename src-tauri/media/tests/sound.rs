//! Sound: voice notes as phones play them, and audio files.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use std::process::Command;

use common::{asked_of, code, contains, fine, fixture, plays, prepared, probed};
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

/// How far the loudest moment stands above the whole.
fn crest(samples: &[f32]) -> f32 {
    let loudest = samples.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
    loudest / (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
}

/// As a decoder makes where it reads what is not so; levelling hides how loud it was.
#[test]
fn no_burst_is_heard_that_the_source_does_not_have() {
    for name in ALL.into_iter().chain(["joined.mp3", "quiet-start.mp3", "loud-start.mp3", "narrow.amr", "wide.amr"]) {
        let (theirs, ours) = (crest(&decoded(&fixture(name))), crest(&decoded(&fine(name).bytes)));
        assert!(ours < theirs * 1.5, "{name}: {ours} instead of {theirs}");
    }
}

/// All that the table says of bytes is there; half of them is not.
#[test]
fn a_table_that_counts_too_high_is_no_damage() {
    let whole = fixture("vbr.mp3");
    let table = whole.windows(4).position(|four| four == b"Xing" || four == b"Info").unwrap();
    assert_eq!(whole[table + 7] & 3, 3, "it has frames and bytes");
    let mut high = whole.clone();
    let frames = u32::from_be_bytes(whole[table + 8..table + 12].try_into().unwrap());
    high[table + 8..table + 12].copy_from_slice(&(frames * 5 / 4).to_be_bytes());
    let length = prepare(&high, Wish::Auto).unwrap().duration_ms.unwrap();
    assert!(length.abs_diff(2000) <= 80, "{length} ms");
    assert_eq!(code_of(&high[..high.len() / 2]), "media.broken");
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
        ("voice.ogg", "audio/ogg; codecs=opus"),
    ];
    for (name, mime) in cases {
        let prepared = prepared(name, Wish::Audio).unwrap();
        assert_eq!((prepared.kind, &*prepared.mime), (Kind::Audio, mime), "{name}");
        assert!(packets(&prepared.bytes) == packets(&fixture(name)), "{name}: the sound itself is as it was");
        assert!(!contains(&prepared.bytes, b"secret") && !contains(&prepared.bytes, b"Duyuru"), "{name}");
        assert!(prepared.duration_ms.unwrap().abs_diff(2000) <= 60, "{name}: {:?}", prepared.duration_ms);
        assert!(!prepared.converted() && prepared.waveform.is_none());
    }
}

/// A hash of the coded sound, which neither tags nor containers change.
fn packets(bytes: &[u8]) -> Vec<u8> {
    common::asked_of("ffmpeg", &["-v", "error", "-i"], bytes, &["-map", "0:a", "-c", "copy", "-f", "streamhash", "-"])
}

/// In mono: some phones play stereo Opus as silence.
#[test]
fn an_audio_file_that_phones_do_not_play_is_encoded_anew() {
    let mixed = vec![Change::Mixed, Change::Recoded];
    let cases = [
        ("stereo.flac", mixed.clone()),
        ("stereo.ogg", mixed.clone()),
        ("stereo.opus", mixed.clone()),
        ("lossless.m4a", mixed),
        ("telephone.wav", vec![Change::Recoded]),
    ];
    for (name, changes) in cases {
        let prepared = prepared(name, Wish::Audio).unwrap();
        assert_eq!((prepared.kind, prepared.changes), (Kind::Audio, changes), "{name}");
        let probe = probed(&prepared.bytes);
        assert_eq!((&probe["streams"][0]["codec_name"], &probe["streams"][0]["channels"]), (&"opus".into(), &1.into()));
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
    let refusal = prepared("he.m4a", Wish::Voice).unwrap_err();
    assert_eq!(refusal, Refusal::SoundUnsupported { format: "M4A".into(), codec: "HE-AAC".into() });
    assert!(refusal.to_string().contains("audio file"));

    // As shops for music protect it, but for the sound itself.
    let mut other = fixture("lc.m4a");
    let at = other.windows(4).position(|window| window == b"mp4a").unwrap();
    other[at..at + 4].copy_from_slice(b"drms");
    for wish in [Wish::Voice, Wish::Audio] {
        let refusal = prepare(&other, wish).unwrap_err();
        assert_eq!(refusal, Refusal::SoundUnplayable { format: "M4A".into(), codec: "DRM".into() });
    }
}

/// A vowel that rises and falls, with pauses.
fn spoken(rate: u32, seconds: u32) -> Vec<i16> {
    let at = |index: u32| {
        let time = f64::from(index) / f64::from(rate);
        let pitch = std::f64::consts::TAU * (140.0 * time + 6.0 * (time * 5.0).sin());
        let voice: f64 = (1..=12).map(|nth| (pitch * f64::from(nth)).sin() / f64::from(nth)).sum();
        (voice * (time * 4.0).sin().max(0.0) * 6_000.0) as i16
    };
    (0..rate * seconds).map(at).collect()
}

/// As old phones record, in a mode of theirs.
fn amr(wide: bool, mode: u8, seconds: u32) -> Vec<u8> {
    use codec_core::codecs::amr::{AmrCodec, AmrMode, AmrVariant};
    use codec_core::{CodecConfig, VariableRateCodec};
    let (variant, config) = if wide {
        (AmrVariant::WideBand, CodecConfig::amr_wb())
    } else {
        (AmrVariant::NarrowBand, CodecConfig::amr_nb())
    };
    let mut codec = AmrCodec::new(&config).unwrap();
    codec.set_mode(AmrMode::new(variant, mode).unwrap().index()).unwrap();
    let mut bytes = variant.storage_magic().to_vec();
    for frame in spoken(variant.sample_rate(), seconds).chunks_exact(variant.frame_samples()) {
        bytes.push(mode << 3 | 0b100);
        bytes.extend_from_slice(&codec.encode_frame(frame).unwrap().data);
    }
    bytes
}

#[test]
fn what_old_phones_recorded_sounds_as_the_reference_decoder_says() {
    for (name, codec) in [("narrow", "AMR"), ("wide", "AMR-WB")] {
        let prepared = fine(&format!("{name}.amr"));
        assert_eq!((prepared.kind, prepared.duration_ms), (Kind::Voice, Some(3000)));
        assert_eq!((&*prepared.source.format, prepared.source.sound.as_deref()), ("AMR", Some(codec)));
        let reference = decoded(&fixture(&format!("{name}-reference.flac")));
        let alike = correlation(&decoded(&prepared.bytes), &reference);
        assert!(alike >= 0.98, "{codec}: {alike}");
    }
}

/// FFmpeg's own decoder of the wide band is far from the reference, so that is held against what was spoken.
#[test]
fn old_phones_are_understood_in_each_of_their_modes() {
    for (wide, modes) in [(false, 8), (true, 9)] {
        for mode in 0..modes {
            let recorded = amr(wide, mode, 2);
            let prepared = as_note(&recorded);
            assert_eq!((prepared.kind, prepared.duration_ms), (Kind::Voice, Some(2000)), "{mode}");
            let (other, least) = if wide { (wav(16_000, 1, &spoken(16_000, 2)), 0.85) } else { (recorded, 0.97) };
            let alike = correlation(&decoded(&prepared.bytes), &decoded(&other));
            assert!(alike >= least, "wide {wide}, {mode}: {alike}");
        }
    }
}

#[test]
fn what_old_phones_recorded_is_taken_out_of_their_films_and_without_its_last_frame() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["narrow", "wide"] {
        let recorded = fixture(&format!("{name}.amr"));
        let alone = as_note(&recorded);
        let (bare, film) = (folder.path().join("bare.amr"), folder.path().join("recording.3gp"));
        std::fs::write(&bare, &recorded).unwrap();
        let mut wrap = Command::new("ffmpeg");
        wrap.args(["-v", "error", "-y", "-i"]).arg(&bare).args(["-c", "copy"]).arg(&film);
        assert!(wrap.status().unwrap().success());
        let filmed = as_note(&std::fs::read(&film).unwrap());
        assert_eq!((filmed.kind, &*filmed.source.format), (Kind::Voice, "3GP"));
        assert_eq!((&filmed.source.sound, filmed.duration_ms), (&alone.source.sound, alone.duration_ms));
        assert_eq!((&filmed.waveform, &filmed.bytes), (&alone.waveform, &alone.bytes));

        let unfinished = as_note(&recorded[..recorded.len() - 5]);
        assert_eq!(unfinished.duration_ms, Some(2980));
        // A frame of a kind that there is not: nobody knows where the next one begins.
        let mut damaged = recorded;
        let at = damaged.len() / 2;
        damaged[at..].fill(13 << 3);
        assert_eq!(code_of(&damaged), "media.broken");
    }
    let stereo = [&b"#!AMR_MC1.0\n"[..], &[0, 0, 0, 2], &[0x3C; 400]].concat();
    let refusal = prepare(&stereo, Wish::Auto).unwrap_err();
    assert_eq!(refusal, Refusal::SoundUnplayable { format: "AMR".into(), codec: "AMR".into() });
    assert_eq!(code_of(b"#!AMR\n"), "media.no_sound");
}

/// How alike two sounds are where the first becomes loud, from −1 to 1, lying best on each other.
fn correlation(one: &[f32], other: &[f32]) -> f64 {
    const AROUND: usize = 1000;
    let start = one.iter().position(|sample| sample.abs() > 0.05).unwrap_or_default() + 2 * AROUND;
    let one = &one[start..one.len().min(start + 20_000)];
    let at = |shift: usize| {
        let pairs = one.iter().zip(&other[start - AROUND + shift..]);
        let add = |sums: (f64, f64, f64), (one, other): (&f32, &f32)| {
            let (one, other) = (f64::from(*one), f64::from(*other));
            (sums.0 + one * other, sums.1 + one * one, sums.2 + other * other)
        };
        let (product, left, right) = pairs.fold((0.0, 0.0, 0.0), add);
        product / (left * right).sqrt().max(1e-12)
    };
    (0..2 * AROUND).step_by(4).map(at).fold(-1.0, f64::max)
}

/// Bytes in front, a cut in the first frame, two recordings in one, rates that change without a table: as long as
/// FFmpeg finds them, and the same sound.
#[test]
fn frames_that_begin_anywhere_are_found_and_counted() {
    let (mp3, aac) = (fixture("bare.mp3"), fixture("lc.aac"));
    let cases = [
        ("a nought, MP3", [b"\0", &mp3[..]].concat()),
        ("noughts, MP3", [&[0; 60_000], &mp3[..]].concat()),
        ("cut, MP3", mp3[1..].to_vec()),
        ("a nought, AAC", [b"\0", &aac[..]].concat()),
        ("cut, AAC", aac[50..].to_vec()),
        ("joined", fixture("joined.mp3")),
        ("quiet start", fixture("quiet-start.mp3")),
        ("loud start", fixture("loud-start.mp3")),
        ("twice", fixture("vbr.mp3").repeat(2)),
    ];
    for (case, source) in cases {
        let note = prepare(&source, Wish::Auto).unwrap_or_else(|refusal| panic!("{case}: {refusal}"));
        let (theirs, ours) = (decoded(&source), decoded(&note.bytes));
        let length = theirs.len() as u64 / 48;
        assert!(
            note.duration_ms.unwrap().abs_diff(length) <= 80,
            "{case}: {:?}, others say {length}",
            note.duration_ms
        );
        let alike = correlation(&theirs, &ours);
        assert!(alike >= 0.98, "{case}: {alike}");
    }
}

/// Blocks that are partly long and partly short, which the decoder turns into loud noise.
#[test]
fn what_would_come_out_as_noise_goes_as_an_audio_file() {
    let source = fixture("mixed.mp3");
    let prepared = prepare(&source, Wish::Auto).unwrap();
    assert_eq!(prepared.kind, Kind::Audio);
    let mixed = "MP3 (mixed blocks)";
    assert_eq!(prepared.offered, Some(Offered::AudioOnly { codec: mixed.into() }));
    let refusal = prepare(&source, Wish::Voice).unwrap_err();
    assert_eq!(refusal, Refusal::SoundUnsupported { format: "MP3".into(), codec: mixed.into() });
    assert_eq!(refusal.params()["instead"], "M4A");
    // The same frames in another container, which not every phone plays as it is.
    let boxed = asked_of(
        "ffmpeg",
        &["-v", "error", "-i"],
        &source,
        &["-c", "copy", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-"],
    );
    let refusal = prepare(&boxed, Wish::Auto).unwrap_err();
    assert_eq!(refusal, Refusal::SoundUnplayable { format: "M4A".into(), codec: mixed.into() });
    assert_eq!(refusal.params()["instead"], "WAV");
    let he = prepared_as_dropped("he.m4a");
    assert_eq!((he.kind, &*he.mime), (Kind::Audio, "audio/mp4"));
    assert_eq!(he.offered, Some(Offered::AudioOnly { codec: "HE-AAC".into() }));
}

fn prepared_as_dropped(name: &str) -> Prepared {
    prepared(name, Wish::Auto).unwrap()
}

/// A chunk of a WAV.
fn chunk(id: &[u8], body: &[u8]) -> Vec<u8> {
    [id, &(body.len() as u32).to_le_bytes(), body].concat()
}

#[test]
fn what_is_there_of_a_wav_plays_whatever_its_lengths_say() {
    let whole = fixture("telephone.wav");
    let data = whole.windows(4).position(|window| window == b"data").unwrap();
    let format = whole.windows(4).position(|window| window == b"fmt ").unwrap();
    let length = (whole.len() - data - 8) as u32;
    let said = |riff: u32, sound: u32| {
        let mut bytes = whole.clone();
        bytes[4..8].copy_from_slice(&riff.to_le_bytes());
        bytes[data + 4..data + 8].copy_from_slice(&sound.to_le_bytes());
        bytes
    };
    let right = (whole.len() - 8) as u32;
    let list = chunk(b"LIST", b"INFOISFT\x07\0\0\0Ulak 1\0");
    let built = |between: &[u8]| {
        let parts = [b"WAVE", &whole[format..format + 24], between, &whole[data..]].concat();
        chunk(b"RIFF", &parts)
    };
    let cases = [
        ("small", said(100, length)),
        ("nought", said(0, length)),
        ("the sound's", said(length, length)),
        ("no length of the sound", said(right, 0)),
        ("no lengths", said(0, 0)),
        ("the largest", said(u32::MAX, u32::MAX)),
        ("a recorder's", said(0x8000_0024, 0x8000_0000)),
        ("too long", said(right, length + 100)),
        ("far too long", said(right, 0x7FFF_FFFF)),
        ("odd and padded", built(&[&list[..], b"\0"].concat())),
        ("odd and not padded", built(&list)),
    ];
    let plain = fine("telephone.wav");
    for (case, source) in cases {
        let note = prepare(&source, Wish::Auto).unwrap_or_else(|refusal| panic!("{case}: {refusal}"));
        assert_eq!(note.duration_ms, Some(2000), "{case}");
        assert!(note.bytes == plain.bytes, "{case}: another sound");
    }
}

/// An ID3 tag of version 4 with several texts in UTF-16, each of two values.
fn tag() -> Vec<u8> {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let frames: Vec<u8> = [b"TPE1", b"TIT2", b"TCON"]
        .into_iter()
        .flat_map(|name| {
            let text = [b"\x01\xFF\xFE", &utf16("Şarkıcı")[..], b"\0\0\xFF\xFE", &utf16("İkinci")].concat();
            [&name[..], &(text.len() as u32).to_be_bytes(), b"\0\0", &text].concat()
        })
        .collect();
    [b"ID3\x04\0\0\0\0", &[(frames.len() >> 7) as u8, (frames.len() & 0x7F) as u8][..], &frames].concat()
}

/// As programs copy it from a disc with films or data on it.
fn with_cue_sheet(flac: &[u8]) -> Vec<u8> {
    let mut sheet = vec![0; 128];
    sheet.extend_from_slice(&88_200_u64.to_be_bytes());
    sheet.push(0x80);
    sheet.resize(sheet.len() + 258, 0);
    sheet.push(2);
    for (offset, number, kind) in [(0_u64, 1, 0x80), (88_200, 170, 0x80)] {
        sheet.extend_from_slice(&offset.to_be_bytes());
        sheet.push(number);
        sheet.resize(sheet.len() + 12, 0);
        sheet.push(kind);
        sheet.resize(sheet.len() + 14, 0);
    }
    // Behind the measures, which are no longer the last block.
    let mut bytes = flac[..42].to_vec();
    let last = bytes[4] & 0x80;
    bytes[4] &= 0x7F;
    bytes.push(5 | last);
    bytes.extend_from_slice(&(sheet.len() as u32).to_be_bytes()[1..]);
    bytes.extend(sheet);
    bytes.extend_from_slice(&flac[42..]);
    bytes
}

#[test]
fn what_describes_a_sound_is_no_obstacle() {
    let flac = fixture("stereo.flac");
    for (case, source, plain) in [
        ("tagged AAC", [tag(), fixture("lc.aac")].concat(), "lc.aac"),
        ("tagged FLAC", [tag(), flac.clone()].concat(), "stereo.flac"),
        ("a cue sheet", with_cue_sheet(&flac), "stereo.flac"),
    ] {
        let note = prepare(&source, Wish::Auto).unwrap_or_else(|refusal| panic!("{case}: {refusal}"));
        assert_eq!(note.bytes, fine(plain).bytes, "{case}");
    }
}

#[test]
fn a_short_loud_sound_stays_below_full_scale() {
    for seconds in [0.05, 0.2, 0.39] {
        let square: Vec<i16> =
            tone(48_000, 700.0, seconds, 1.0).iter().map(|at| if *at < 0 { -32_767 } else { 32_767 }).collect();
        let note = as_note(&wav(48_000, 1, &tone(48_000, 700.0, seconds, 1.0)));
        let loudest = decoded(&note.bytes).iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
        assert!(loudest < 1.0, "{seconds} s: {loudest}");
        let audio = prepare(wav(48_000, 1, &square), Wish::Audio).unwrap();
        let loudest = decoded(&audio.bytes).iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
        assert!(loudest < 1.0, "{seconds} s as an audio file: {loudest}");
        assert!(as_note(&wav(48_000, 1, &square)).changes.contains(&Change::Levelled));
    }
}

/// The silence that iTunes puts in front, by its note where there is no list of edits.
#[test]
fn the_silence_that_an_encoder_put_in_front_is_not_sent() {
    let source = fixture("lc.m4a");
    let edits = source.windows(4).position(|four| four == b"edts").unwrap();
    let mut noted = source.clone();
    noted[edits..edits + 4].copy_from_slice(b"free");
    let all = as_note(&noted).duration_ms.unwrap();
    // In place of the film's own tags, which nothing needs: as long as they are, so that no chunk moves.
    let tags = noted.windows(4).position(|four| four == b"udta").unwrap();
    let length = u32::from_be_bytes(noted[tags - 4..tags].try_into().unwrap()) as usize;
    let text = b" 00000000 00000400 00000200 0000000000015888 00000000";
    let note = [
        atom(b"mean", b"\0\0\0\0"),
        atom(b"name", b"\0\0\0\0iTunSMPB"),
        atom(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0][..], text].concat()),
    ];
    let list = atom(b"ilst", &atom(b"----", &note.concat()));
    let mut body = atom(b"meta", &[&[0; 4][..], &list].concat());
    assert!(body.len() + 16 <= length, "{} in {length}", body.len());
    body.extend(atom(b"free", &vec![0; length - 16 - body.len()]));
    noted[tags + 4..tags - 4 + length].copy_from_slice(&body);
    let cut = as_note(&noted).duration_ms.unwrap();
    assert_eq!(cut, 2000, "of {all}");
}

fn atom(kind: &[u8], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes(), kind, body].concat()
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
    assert!(refusal.to_string().contains("M4A"), "{refusal}");
}

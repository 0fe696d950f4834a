//! Every reason in every language: there is a sentence, it finds what it names, and it contradicts neither itself nor
//! the file.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::{Map, Value};
use ulak_media::{Offered, Refusal};

const LANGUAGES: [&str; 3] = ["en", "tr", "id"];

fn messages(language: &str) -> Map<String, Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../ui/messages/{language}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Every refusal, those about a codec with each that sounds are stored in.
fn refusals() -> Vec<Refusal> {
    let mut all = vec![
        Refusal::Empty,
        Refusal::UnknownKind { found: "JXL".into() },
        Refusal::Unrecognised,
        Refusal::Broken { format: "JPG".into() },
        Refusal::Unsupported { format: "TIFF".into() },
        Refusal::HeicUnsupported,
        Refusal::NotWhatItSays { claimed: "PDF".into(), found: "JPG".into() },
        Refusal::WrongFile { claimed: "JPG".into(), found: "TXT".into() },
        Refusal::TooManyPixels { width: 60_000, height: 60_000, limit: 16_384, megapixels: 120 },
        Refusal::TooBig { bytes: 101_000_000, limit: 100_000_000 },
        Refusal::Locked,
        Refusal::SoundUnknown { format: "M4A".into() },
        Refusal::NoSound { format: "WAV".into() },
        Refusal::TooLong { limit: 60 },
        Refusal::NotSound { found: "PDF".into() },
        Refusal::NotAFile,
        Refusal::Unreadable { reason: "not found".into() },
        Refusal::Stopped,
        Refusal::Busy,
    ];
    for codec in ["MP3", "MP3 (mixed blocks)", "MP2", "HE-AAC", "AMR", "ADPCM", "GSM", "AAC Main", "DRM"] {
        all.push(Refusal::SoundUnsupported { format: "M4A".into(), codec: codec.into() });
        all.push(Refusal::SoundUnplayable { format: "WAV".into(), codec: codec.into() });
    }
    all
}

fn offers() -> Vec<Offered> {
    vec![
        Offered::VideoTooBig { bytes: 17_000_000, limit: 16_000_000 },
        Offered::VideoCodec { codec: "HEVC".into() },
        Offered::VideoCodec { codec: "H.264 (10 bit)".into() },
        Offered::VideoSound { codec: "MP3".into() },
        Offered::VideoSound { codec: "AAC Main".into() },
        Offered::VideoUnknown,
        Offered::VideoSoundUnknown,
        Offered::VideoBuild { format: "MP4".into() },
        Offered::AudioTooBig { bytes: 17_000_000, limit: 16_000_000 },
        Offered::AudioOnly { codec: "HE-AAC".into() },
        Offered::VideoAndroid,
        Offered::Stilled { format: "GIF".into() },
        Offered::FirstPage { format: "TIFF".into() },
        Offered::PictureIncomplete,
    ]
}

/// Code, parameters and English sentence of each.
fn all() -> Vec<(&'static str, BTreeMap<String, String>, String)> {
    let refused = refusals().into_iter().map(|why| (why.code(), why.params(), why.to_string()));
    refused.chain(offers().into_iter().map(|why| (why.code(), why.params(), why.to_string()))).collect()
}

fn filled(sentence: &str, params: &BTreeMap<String, String>) -> String {
    params.iter().fold(sentence.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[test]
fn every_reason_has_a_sentence_in_every_language_that_finds_what_it_names() {
    for language in LANGUAGES {
        let messages = messages(language);
        for (code, params, _) in all() {
            let key = format!("error_{}", code.replace('.', "_"));
            let sentence = messages.get(&key).and_then(Value::as_str).unwrap_or_else(|| panic!("{language}: {key}"));
            let shown = filled(sentence, &params);
            assert!(!shown.contains(['{', '}', '?']), "{language}: {shown}");
        }
    }
}

#[test]
fn no_sentence_asks_to_save_a_sound_as_what_it_is() {
    for (code, params, english) in all() {
        let Some((codec, instead)) = params.get("codec").zip(params.get("instead")) else { continue };
        assert!(!codec.starts_with(instead.as_str()), "{code}: {english}");
        assert!(english.contains(instead.as_str()), "{code}: {english}");
    }
}

/// What is H.264 or AAC already is told which of its kinds phones play.
#[test]
fn no_sentence_asks_to_save_a_film_as_what_it_is() {
    for language in LANGUAGES {
        let messages = messages(language);
        for (key, kind) in [
            ("error_media_document_video_codec", "H.264 (8 bit, 4:2:0)"),
            ("error_media_document_video_sound", "AAC-LC"),
        ] {
            let sentence = messages[key].as_str().unwrap();
            assert!(sentence.contains(kind), "{language}: {sentence}");
        }
    }
}

/// What the system says of a file is English wherever it is asked.
#[test]
fn no_sentence_holds_words_of_the_system() {
    for language in LANGUAGES {
        let messages = messages(language);
        assert!(!messages["error_media_unreadable"].as_str().unwrap().contains("{reason}"), "{language}");
    }
}

/// Whatever kind is sent is named where the kinds are listed.
#[test]
fn every_kind_that_is_sent_is_named() {
    let kinds = ["JPG", "PNG", "WEBP", "HEIC", "AVIF", "GIF", "BMP", "TIFF", "MP3", "M4A", "AAC", "WAV", "FLAC", "OGG"];
    let others = ["Opus", "AMR", "MP4", "MOV", "3GP", "PDF"];
    let refusals = [Refusal::UnknownKind { found: "JXL".into() }, Refusal::Unrecognised];
    for kind in kinds.into_iter().chain(others) {
        for refusal in &refusals {
            assert!(refusal.to_string().contains(kind), "{refusal}");
        }
        for language in LANGUAGES {
            let messages = messages(language);
            for key in ["error_media_unknown_kind", "error_media_unrecognised"] {
                assert!(messages[key].as_str().unwrap().contains(kind), "{language}: {key}: {kind}");
            }
        }
    }
}

/// The catalogue of messages and the code list the same reasons.
#[test]
fn no_sentence_is_left_of_a_reason_that_is_gone() {
    let known: Vec<String> = all().into_iter().map(|(code, ..)| format!("error_{}", code.replace('.', "_"))).collect();
    for language in LANGUAGES {
        let left = messages(language).into_iter().map(|(key, _)| key).filter(|key| key.starts_with("error_media_"));
        let left: Vec<String> = left.filter(|key| !known.contains(key)).collect();
        assert_eq!(left, Vec::<String>::new(), "{language}");
    }
}

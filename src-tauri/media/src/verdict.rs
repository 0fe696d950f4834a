//! The one word about a file that a composer shows, and the reasons behind it.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{Change, Prepared, Refusal, refusal::megabytes};

/// What became of a file, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    Fine,
    Convert {
        what: Vec<Change>,
    },
    /// It can go, but otherwise than it was meant, or with something that its owner ought to know.
    Offer {
        code: Cow<'static, str>,
        params: BTreeMap<String, String>,
        message: String,
    },
    Refuse {
        code: Cow<'static, str>,
        params: BTreeMap<String, String>,
        message: String,
    },
}

impl From<&Result<Prepared, Refusal>> for Verdict {
    fn from(outcome: &Result<Prepared, Refusal>) -> Self {
        match outcome {
            Err(why) => Self::Refuse { code: why.code().into(), params: why.params(), message: why.to_string() },
            Ok(Prepared { offered: Some(why), .. }) => {
                Self::Offer { code: why.code().into(), params: why.params(), message: why.to_string() }
            }
            Ok(prepared) if prepared.converted() => Self::Convert { what: prepared.changes.clone() },
            Ok(_) => Self::Fine,
        }
    }
}

/// What its owner ought to know of a file that can go: mostly why it is offered as a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Offered {
    #[error(
        "The video is {} MB; WhatsApp plays up to {} MB in the chat. It can go as a document, or save a smaller copy and add that.",
        megabytes(*.bytes), megabytes(*.limit)
    )]
    VideoTooBig { bytes: u64, limit: u64 },
    #[error(
        "The pictures of this video are stored as {codec}, which not every phone plays in the chat. It can go as a document, or save it as MP4 with H.264 (8 bit, 4:2:0) and add that."
    )]
    VideoCodec { codec: Cow<'static, str> },
    #[error(
        "The sound of this video is stored as {codec}, which not every phone plays. It can go as a document, or save it as MP4 with AAC-LC sound and add that."
    )]
    VideoSound { codec: Cow<'static, str> },
    #[error(
        "Ulak does not know how the pictures of this video are stored, and not every phone may play it in the chat. It can go as a document, or save it as MP4 with H.264 and add that."
    )]
    VideoUnknown,
    #[error(
        "Ulak does not know how the sound of this video is stored, and not every phone may play it. It can go as a document, or save it as MP4 with AAC sound and add that."
    )]
    VideoSoundUnknown,
    /// Built in a way that cannot be put into order without decoding.
    #[error(
        "This {format} video is built for streaming, which does not play in the chat. It can go as a document, or save it again as MP4 and add that."
    )]
    VideoBuild { format: Cow<'static, str> },
    #[error(
        "The sound is {} MB; WhatsApp plays up to {} MB in the chat. It can go as a document, or save a smaller copy and add that.",
        megabytes(*.bytes), megabytes(*.limit)
    )]
    AudioTooBig { bytes: u64, limit: u64 },
    /// It goes as an audio file, not as a document.
    #[error(
        "Ulak cannot turn sound that is stored as {codec} into a voice note, so it goes as an audio file, which phones play. For a voice note, save it anew in a usual form, such as WAV, and add that."
    )]
    AudioOnly { codec: Cow<'static, str> },
    /// It goes into the chat, but phones of some owners may not play it there.
    #[error(
        "This video is stored as H.264 with B-frames, which WhatsApp does not play on some Android phones. It goes all the same; to be sure, send it as a document, or save it in the Baseline profile and add that."
    )]
    VideoAndroid,
    /// It goes into the chat as its first picture.
    #[error("This {format} moves; in the chat it goes as a still picture. As a document it keeps moving.")]
    Stilled { format: Cow<'static, str> },
    /// It goes into the chat without its other pages.
    #[error(
        "This {format} has several pages; in the chat only the first goes, as a picture. As a document all of them go."
    )]
    FirstPage { format: Cow<'static, str> },
    /// It goes into the chat with grey where the file has nothing.
    #[error(
        "The lower part of this picture is missing in the file; the rest goes. If you need all of it, copy it again from where it came from."
    )]
    PictureIncomplete,
}

impl Offered {
    /// Stable: the front end and stored rows hold it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::VideoTooBig { .. } => "media.document_video_too_big",
            Self::VideoCodec { .. } => "media.document_video_codec",
            Self::VideoSound { .. } => "media.document_video_sound",
            Self::VideoUnknown => "media.document_video_unknown",
            Self::VideoSoundUnknown => "media.document_video_sound_unknown",
            Self::VideoBuild { .. } => "media.document_video_build",
            Self::AudioTooBig { .. } => "media.document_audio_too_big",
            Self::AudioOnly { .. } => "media.audio_only",
            Self::VideoAndroid => "media.video_android",
            Self::Stilled { .. } => "media.stilled",
            Self::FirstPage { .. } => "media.first_page",
            Self::PictureIncomplete => "media.picture_incomplete",
        }
    }

    /// What the sentence needs, by name; numbers in plain digits.
    pub fn params(&self) -> BTreeMap<String, String> {
        let pairs = match self {
            Self::VideoTooBig { bytes, limit } | Self::AudioTooBig { bytes, limit } => {
                vec![("megabytes", megabytes(*bytes).to_string()), ("limit", megabytes(*limit).to_string())]
            }
            Self::VideoCodec { codec } | Self::VideoSound { codec } | Self::AudioOnly { codec } => {
                vec![("codec", codec.to_string())]
            }
            Self::VideoUnknown | Self::VideoSoundUnknown | Self::VideoAndroid | Self::PictureIncomplete => vec![],
            Self::VideoBuild { format } | Self::Stilled { format } | Self::FirstPage { format } => {
                vec![("format", format.to_string())]
            }
        };
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

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
    /// It can go, but as a document.
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

/// Why a file is offered as a document instead of being shown in the chat.
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
        "The pictures of this video are stored as {codec}, which not every phone plays in the chat. It can go as a document, or save it as MP4 with H.264 and add that."
    )]
    VideoCodec { codec: Cow<'static, str> },
    #[error(
        "The sound of this video is stored as {codec}, which not every phone plays. It can go as a document, or save it as MP4 with AAC sound and add that."
    )]
    VideoSound { codec: Cow<'static, str> },
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
}

impl Offered {
    /// Stable: the front end and stored rows hold it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::VideoTooBig { .. } => "media.document_video_too_big",
            Self::VideoCodec { .. } => "media.document_video_codec",
            Self::VideoSound { .. } => "media.document_video_sound",
            Self::VideoBuild { .. } => "media.document_video_build",
            Self::AudioTooBig { .. } => "media.document_audio_too_big",
        }
    }

    /// What the sentence needs, by name; numbers in plain digits.
    pub fn params(&self) -> BTreeMap<String, String> {
        let pairs = match self {
            Self::VideoTooBig { bytes, limit } | Self::AudioTooBig { bytes, limit } => {
                vec![("megabytes", megabytes(*bytes).to_string()), ("limit", megabytes(*limit).to_string())]
            }
            Self::VideoCodec { codec } | Self::VideoSound { codec } => vec![("codec", codec.to_string())],
            Self::VideoBuild { format } => vec![("format", format.to_string())],
        };
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

//! What is kept of a prepared file: its content by hash, once for all campaigns, in the encrypted database.
//!
//! The content lives beside the rows that refer to it, so one transaction covers both, a backup is one file, and
//! nothing of it lies on the disk in the clear.

pub mod attachment;
mod name;
pub mod store;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
/// Preparation itself, for whoever wires it.
pub use ulak_media::{PATIENCE, Prepared, Refusal, Verdict, Wish, Workshop, endings, serve};

use ulak_media::Offered;

use crate::db::{Readers, StorageError};
use crate::error::{Params, Problem};
use crate::stored::stored_words;

/// A prepared file with what a phone shows before it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub kind: MediaKind,
    pub sha256: [u8; 32],
    pub mime: String,
    pub bytes: Vec<u8>,
    /// A small JPEG; empty for sound.
    pub thumbnail: Vec<u8>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<i64>,
    pub pages: Option<u32>,
    /// 64 levels from 0 to 100, of a voice note.
    pub waveform: Option<Vec<u8>>,
}

/// A file as a part refers to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attached {
    pub sha256: [u8; 32],
    pub kind: MediaKind,
    /// What it is called on the recipient's phone, where phones show that.
    pub name: Option<Arc<str>>,
}

/// What its owner ought to know of a file that goes: why it goes otherwise than it was meant, and that it says where it
/// was made.
pub fn notices(file: &Prepared) -> Vec<Problem> {
    const PLACE: &str = "This file says where it was made, and as a document it goes with that.";
    let offered = file.offered.as_ref().map(of_offered);
    let place = || Problem { code: "media.place".to_owned(), message: PLACE.to_owned(), params: Params::new() };
    offered.into_iter().chain(file.place.then(place)).collect()
}

pub(crate) fn of_offered(offered: &Offered) -> Problem {
    Problem { code: offered.code().to_owned(), message: offered.to_string(), params: offered.params() }
}

/// What a file is called, in the window and on the recipient's phone.
pub fn called(name: &str, kind: MediaKind, mime: &str) -> String {
    if kind == MediaKind::Document { name::of_document(name, mime) } else { name.to_owned() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum MediaKind {
    Image,
    Video,
    Document,
    Voice,
    Audio,
}

/// What the owner wants a file to be sent as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum MediaWish {
    /// Pictures as pictures, films as films, sound as a voice note.
    #[default]
    Auto,
    Voice,
    Audio,
    Document,
}

impl From<MediaWish> for ulak_media::Wish {
    fn from(wish: MediaWish) -> Self {
        match wish {
            MediaWish::Auto => Self::Auto,
            MediaWish::Voice => Self::Voice,
            MediaWish::Audio => Self::Audio,
            MediaWish::Document => Self::Document,
        }
    }
}

impl MediaKind {
    /// Sound carries no text of its own: it follows as a part.
    pub fn takes_caption(self) -> bool {
        matches!(self, Self::Image | Self::Video | Self::Document)
    }

    /// Phones show what a file to be saved is called.
    pub fn shows_name(self) -> bool {
        matches!(self, Self::Document | Self::Audio)
    }
}

stored_words!(MediaKind {
    Image = "image",
    Video = "video",
    Document = "document",
    Voice = "voice",
    Audio = "audio",
});

/// The file read last. A campaign sends the same one to everybody.
#[derive(Default)]
pub struct LastRead(Mutex<Option<Arc<File>>>);

impl LastRead {
    pub async fn read(&self, readers: &Readers, sha256: [u8; 32]) -> Result<Option<Arc<File>>, StorageError> {
        let mut last = self.0.lock().await;
        if let Some(file) = last.as_ref().filter(|file| file.sha256 == sha256) {
            return Ok(Some(file.clone()));
        }
        let mut reader = readers.acquire().await?;
        let file = store::content(&mut reader, sha256).await?.map(Arc::new);
        last.clone_from(&file);
        Ok(file)
    }
}

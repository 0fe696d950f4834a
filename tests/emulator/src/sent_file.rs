//! A file that a person sends from their phone.

use serde::Deserialize;
use wacore::download::MediaType;
use wacore::upload::EncryptedMediaInfo;
use waproto::buffa::MessageField;
use waproto::whatsapp::Message;
use waproto::whatsapp::message::{AudioMessage, DocumentMessage, ImageMessage};

#[derive(Clone, Debug, Deserialize)]
pub struct SentFile {
    pub kind: SentKind,
    pub content: Vec<u8>,
    /// Of a photo.
    #[serde(default)]
    pub caption: String,
    /// Of a document.
    #[serde(default)]
    pub name: String,
    /// Of a voice note.
    #[serde(default)]
    pub seconds: u32,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentKind {
    Photo,
    Voice,
    Document,
}

impl SentKind {
    /// What the media host and the seal call it.
    pub(crate) fn names(self) -> (&'static str, MediaType) {
        match self {
            Self::Photo => ("image", MediaType::Image),
            Self::Voice => ("audio", MediaType::Audio),
            Self::Document => ("document", MediaType::Document),
        }
    }
}

impl SentFile {
    pub(crate) fn message(&self, direct_path: String, info: &EncryptedMediaInfo) -> Message {
        let (path, key) = (Some(direct_path), Some(info.media_key.to_vec()));
        let (sha, enc_sha) = (Some(info.file_sha256.to_vec()), Some(info.file_enc_sha256.to_vec()));
        let length = Some(info.file_length);
        let mut message = Message::default();
        match self.kind {
            SentKind::Photo => {
                message.image_message = MessageField::some(ImageMessage {
                    mimetype: Some("image/jpeg".to_owned()),
                    caption: Some(self.caption.clone()).filter(|caption| !caption.is_empty()),
                    direct_path: path,
                    media_key: key,
                    file_sha256: sha,
                    file_enc_sha256: enc_sha,
                    file_length: length,
                    ..ImageMessage::default()
                });
            }
            SentKind::Voice => {
                message.audio_message = MessageField::some(AudioMessage {
                    mimetype: Some("audio/ogg; codecs=opus".to_owned()),
                    ptt: Some(true),
                    seconds: Some(self.seconds),
                    direct_path: path,
                    media_key: key,
                    file_sha256: sha,
                    file_enc_sha256: enc_sha,
                    file_length: length,
                    ..AudioMessage::default()
                });
            }
            SentKind::Document => {
                message.document_message = MessageField::some(DocumentMessage {
                    mimetype: Some("application/pdf".to_owned()),
                    file_name: Some(self.name.clone()),
                    direct_path: path,
                    media_key: key,
                    file_sha256: sha,
                    file_enc_sha256: enc_sha,
                    file_length: length,
                    ..DocumentMessage::default()
                });
            }
        }
        message
    }
}

//! What a person would see on the phone: the decoded message, unwrapped and named. Envelopes (a copy for one's own
//! other devices, disappearing messages, captioned documents) are opened first.

use waproto::whatsapp::Message;
use waproto::whatsapp::message::{
    AudioMessage, DocumentMessage, ExtendedTextMessage, ImageMessage, PollCreationMessage, VideoMessage,
};

use crate::record::{Kind, LinkShown, Media};

/// Where the bytes of a medium lie and what they must be.
pub(crate) struct Parcel {
    pub direct_path: String,
    pub media_key: Vec<u8>,
    pub file_sha256: Vec<u8>,
    pub file_enc_sha256: Vec<u8>,
    pub file_length: Option<u64>,
    /// The name that goes into the key derivation.
    pub purpose: &'static str,
    pub media: Media,
}

pub(crate) struct Sight {
    pub kind: Kind,
    pub text: Option<String>,
    pub options: Vec<String>,
    pub link: Option<LinkShown>,
    pub parcel: Option<Parcel>,
    /// For a copy of one's own message: the chat it belongs to.
    pub destination: Option<String>,
}

impl Sight {
    fn new(kind: Kind, text: Option<String>) -> Self {
        Self { kind, text, options: Vec::new(), link: None, parcel: None, destination: None }
    }

    fn with(mut self, parcel: Parcel) -> Self {
        self.parcel = Some(parcel);
        self
    }
}

/// `None` for what has no bubble, such as keys that devices exchange.
pub(crate) fn look(message: &Message) -> Option<Sight> {
    if let Some(copy) = message.device_sent_message.as_option() {
        let mut sight = look(copy.message.as_option()?)?;
        sight.destination.clone_from(&copy.destination_jid);
        return Some(sight);
    }
    if let Some(inner) = enveloped(message) {
        return look(inner);
    }
    content(message)
}

fn enveloped(message: &Message) -> Option<&Message> {
    let envelopes = [
        message.ephemeral_message.as_option(),
        message.view_once_message.as_option(),
        message.document_with_caption_message.as_option(),
    ];
    envelopes.into_iter().flatten().find_map(|envelope| envelope.message.as_option())
}

fn content(message: &Message) -> Option<Sight> {
    if let Some(text) = &message.conversation {
        return Some(Sight::new(Kind::Text, Some(text.clone())));
    }
    if let Some(text) = message.extended_text_message.as_option() {
        return Some(Sight { link: link(text), ..Sight::new(Kind::Text, text.text.clone()) });
    }
    message.image_message.as_option().map(image).or_else(|| {
        let video = message.video_message.as_option().map(video);
        let audio = || message.audio_message.as_option().map(audio);
        let document = || message.document_message.as_option().map(document);
        video.or_else(audio).or_else(document).or_else(|| poll_of(message).map(poll))
    })
}

/// A phone shows the card only where its link stands in the text.
fn link(message: &ExtendedTextMessage) -> Option<LinkShown> {
    let link = message.matched_text.clone().filter(|link| !link.is_empty())?;
    message.text.as_ref()?.contains(&link).then(|| LinkShown {
        link,
        title: message.title.clone(),
        description: message.description.clone(),
        thumbnail: message.jpeg_thumbnail.clone(),
    })
}

fn image(image: &ImageMessage) -> Sight {
    Sight::new(Kind::Image, image.caption.clone()).with(Parcel {
        direct_path: image.direct_path.clone().unwrap_or_default(),
        media_key: image.media_key.clone().unwrap_or_default(),
        file_sha256: image.file_sha256.clone().unwrap_or_default(),
        file_enc_sha256: image.file_enc_sha256.clone().unwrap_or_default(),
        file_length: image.file_length,
        purpose: "WhatsApp Image Keys",
        media: Media {
            mime: image.mimetype.clone(),
            width: image.width,
            height: image.height,
            thumbnail: image.jpeg_thumbnail.as_ref().map(Vec::len),
            ..Media::default()
        },
    })
}

fn video(video: &VideoMessage) -> Sight {
    Sight::new(Kind::Video, video.caption.clone()).with(Parcel {
        direct_path: video.direct_path.clone().unwrap_or_default(),
        media_key: video.media_key.clone().unwrap_or_default(),
        file_sha256: video.file_sha256.clone().unwrap_or_default(),
        file_enc_sha256: video.file_enc_sha256.clone().unwrap_or_default(),
        file_length: video.file_length,
        purpose: "WhatsApp Video Keys",
        media: Media {
            mime: video.mimetype.clone(),
            seconds: video.seconds,
            width: video.width,
            height: video.height,
            thumbnail: video.jpeg_thumbnail.as_ref().map(Vec::len),
            ..Media::default()
        },
    })
}

fn audio(audio: &AudioMessage) -> Sight {
    let kind = if audio.ptt.unwrap_or(false) { Kind::Voice } else { Kind::Audio };
    Sight::new(kind, None).with(Parcel {
        direct_path: audio.direct_path.clone().unwrap_or_default(),
        media_key: audio.media_key.clone().unwrap_or_default(),
        file_sha256: audio.file_sha256.clone().unwrap_or_default(),
        file_enc_sha256: audio.file_enc_sha256.clone().unwrap_or_default(),
        file_length: audio.file_length,
        purpose: "WhatsApp Audio Keys",
        media: Media {
            mime: audio.mimetype.clone(),
            seconds: audio.seconds,
            waveform: audio.waveform.clone(),
            ..Media::default()
        },
    })
}

fn document(document: &DocumentMessage) -> Sight {
    Sight::new(Kind::Document, document.caption.clone()).with(Parcel {
        direct_path: document.direct_path.clone().unwrap_or_default(),
        media_key: document.media_key.clone().unwrap_or_default(),
        file_sha256: document.file_sha256.clone().unwrap_or_default(),
        file_enc_sha256: document.file_enc_sha256.clone().unwrap_or_default(),
        file_length: document.file_length,
        purpose: "WhatsApp Document Keys",
        media: Media {
            mime: document.mimetype.clone(),
            file_name: document.file_name.clone(),
            page_count: document.page_count,
            thumbnail: document.jpeg_thumbnail.as_ref().map(Vec::len),
            ..Media::default()
        },
    })
}

/// The versions differ in what they allow, not in what is shown.
fn poll_of(message: &Message) -> Option<&PollCreationMessage> {
    let versions =
        [&message.poll_creation_message, &message.poll_creation_message_v2, &message.poll_creation_message_v3];
    versions.into_iter().find_map(|version| version.as_option())
}

fn poll(poll: &PollCreationMessage) -> Sight {
    let mut sight = Sight::new(Kind::Poll, poll.name.clone());
    sight.options = poll.options.iter().filter_map(|option| option.option_name.clone()).collect();
    sight
}

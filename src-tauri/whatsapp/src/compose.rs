//! A part as WhatsApp's message. Pure.

use ulak_core::link_preview::LinkPreview;
use ulak_core::media::{File, MediaKind};
use wa::message::extended_text_message::PreviewType;
use whatsapp_rust::prelude::{MessageBuilderExt as _, MessageField, wa};
use whatsapp_rust::wacore::download::MediaType;

use crate::upload::Uploaded;

/// With a preview the link in the text is named, as phones look for it there to show the card.
pub fn text(text: &str, preview: Option<&LinkPreview>) -> wa::Message {
    let Some(preview) = preview else { return wa::Message::text(text) };
    let written = |text: &String| (!text.is_empty()).then(|| text.clone());
    let extended = wa::message::ExtendedTextMessage {
        text: Some(text.to_owned()),
        matched_text: Some(preview.link.clone()),
        title: Some(preview.title.clone()),
        description: written(&preview.description),
        preview_type: Some(PreviewType::NONE),
        jpeg_thumbnail: (!preview.thumbnail.is_empty()).then(|| preview.thumbnail.clone()),
        ..Default::default()
    };
    wa::Message { extended_text_message: MessageField::some(extended), ..Default::default() }
}

/// One answer may be chosen. The secret is what the answers are encrypted with.
pub fn poll(question: &str, options: &[String], secret: &[u8]) -> wa::Message {
    let option = |name: &String| wa::message::poll_creation_message::Option {
        option_name: Some(name.clone()),
        ..Default::default()
    };
    let poll = wa::message::PollCreationMessage {
        name: Some(question.to_owned()),
        options: options.iter().map(option).collect(),
        selectable_options_count: Some(1),
        ..Default::default()
    };
    let context = wa::MessageContextInfo { message_secret: Some(secret.to_owned()), ..Default::default() };
    wa::Message {
        poll_creation_message_v3: MessageField::some(poll),
        message_context_info: MessageField::some(context),
        ..Default::default()
    }
}

/// Under which of WhatsApp's keys and paths a file is encrypted and stored.
pub fn media_type(kind: MediaKind) -> MediaType {
    match kind {
        MediaKind::Image => MediaType::Image,
        MediaKind::Video => MediaType::Video,
        MediaKind::Document => MediaType::Document,
        MediaKind::Voice | MediaKind::Audio => MediaType::Audio,
    }
}

pub fn media(file: &File, at: &Uploaded, caption: Option<&str>, name: Option<&str>) -> wa::Message {
    let caption = caption.filter(|caption| !caption.is_empty()).map(str::to_owned);
    match file.kind {
        MediaKind::Image => image(file, at, caption),
        MediaKind::Video => video(file, at, caption),
        MediaKind::Document => document(file, at, caption, name),
        MediaKind::Voice | MediaKind::Audio => audio(file, at),
    }
}

fn image(file: &File, at: &Uploaded, caption: Option<String>) -> wa::Message {
    let image = wa::message::ImageMessage {
        url: Some(at.url.clone()),
        direct_path: Some(at.direct_path.clone()),
        mimetype: Some(file.mime.clone()),
        caption,
        file_sha256: Some(at.file_sha256.clone()),
        file_enc_sha256: Some(at.file_enc_sha256.clone()),
        file_length: Some(at.file_length),
        media_key: Some(at.media_key.clone()),
        media_key_timestamp: Some(at.media_key_timestamp),
        width: file.width,
        height: file.height,
        jpeg_thumbnail: thumbnail(file),
        ..Default::default()
    };
    wa::Message { image_message: MessageField::some(image), ..Default::default() }
}

fn video(file: &File, at: &Uploaded, caption: Option<String>) -> wa::Message {
    let video = wa::message::VideoMessage {
        url: Some(at.url.clone()),
        direct_path: Some(at.direct_path.clone()),
        mimetype: Some(file.mime.clone()),
        caption,
        file_sha256: Some(at.file_sha256.clone()),
        file_enc_sha256: Some(at.file_enc_sha256.clone()),
        file_length: Some(at.file_length),
        media_key: Some(at.media_key.clone()),
        media_key_timestamp: Some(at.media_key_timestamp),
        streaming_sidecar: at.streaming_sidecar.clone(),
        seconds: seconds(file),
        width: file.width,
        height: file.height,
        jpeg_thumbnail: thumbnail(file),
        ..Default::default()
    };
    wa::Message { video_message: MessageField::some(video), ..Default::default() }
}

/// A voice note plays at once and shows its waveform; other sound is a file with a player.
fn audio(file: &File, at: &Uploaded) -> wa::Message {
    let audio = wa::message::AudioMessage {
        url: Some(at.url.clone()),
        direct_path: Some(at.direct_path.clone()),
        mimetype: Some(file.mime.clone()),
        file_sha256: Some(at.file_sha256.clone()),
        file_enc_sha256: Some(at.file_enc_sha256.clone()),
        file_length: Some(at.file_length),
        media_key: Some(at.media_key.clone()),
        media_key_timestamp: Some(at.media_key_timestamp),
        streaming_sidecar: at.streaming_sidecar.clone(),
        seconds: seconds(file),
        ptt: Some(file.kind == MediaKind::Voice),
        waveform: file.waveform.clone(),
        ..Default::default()
    };
    wa::Message { audio_message: MessageField::some(audio), ..Default::default() }
}

/// A document with a caption travels in a wrapper, without which phones show no caption.
fn document(file: &File, at: &Uploaded, caption: Option<String>, name: Option<&str>) -> wa::Message {
    let wrapped = caption.is_some();
    let document = wa::message::DocumentMessage {
        url: Some(at.url.clone()),
        direct_path: Some(at.direct_path.clone()),
        mimetype: Some(file.mime.clone()),
        title: name.map(str::to_owned),
        file_name: name.map(str::to_owned),
        caption,
        file_sha256: Some(at.file_sha256.clone()),
        file_enc_sha256: Some(at.file_enc_sha256.clone()),
        file_length: Some(at.file_length),
        media_key: Some(at.media_key.clone()),
        media_key_timestamp: Some(at.media_key_timestamp),
        page_count: file.pages,
        jpeg_thumbnail: thumbnail(file),
        thumbnail_width: file.width,
        thumbnail_height: file.height,
        ..Default::default()
    };
    let message = wa::Message { document_message: MessageField::some(document), ..Default::default() };
    if !wrapped {
        return message;
    }
    let wrapper = wa::message::FutureProofMessage { message: MessageField::some(message) };
    wa::Message { document_with_caption_message: MessageField::some(wrapper), ..Default::default() }
}

fn thumbnail(file: &File) -> Option<Vec<u8>> {
    (!file.thumbnail.is_empty()).then(|| file.thumbnail.clone())
}

/// Begun seconds count: a phone shows no sound of half a second as 0:00.
fn seconds(file: &File) -> Option<u32> {
    file.duration_ms.and_then(|ms| u32::try_from(ms.max(0).saturating_add(999) / 1_000).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: MediaKind) -> File {
        File {
            kind,
            sha256: [1; 32],
            mime: "x/y".to_owned(),
            bytes: vec![1],
            thumbnail: vec![2],
            width: Some(10),
            height: Some(20),
            duration_ms: Some(1_200),
            pages: Some(3),
            waveform: Some(vec![50; 64]),
        }
    }

    #[test]
    fn a_preview_names_the_link_of_its_text() {
        let preview = LinkPreview {
            link: "https://lale.example/yeni".to_owned(),
            title: "Lale Optik".to_owned(),
            description: String::new(),
            thumbnail: vec![7],
        };
        let message = text("Bak: https://lale.example/yeni!", Some(&preview));
        let extended = message.extended_text_message.as_option().unwrap();
        assert_eq!(extended.text.as_deref(), Some("Bak: https://lale.example/yeni!"));
        assert_eq!(extended.matched_text.as_deref(), Some("https://lale.example/yeni"));
        assert_eq!((extended.title.as_deref(), extended.description.as_deref()), (Some("Lale Optik"), None));
        assert_eq!(extended.jpeg_thumbnail.as_deref(), Some([7].as_slice()));
        assert!(
            text("Merhaba", None).extended_text_message.as_option().is_none_or(|plain| plain.matched_text.is_none())
        );
    }

    #[test]
    fn a_voice_note_carries_its_length_and_waveform() {
        let message = media(&file(MediaKind::Voice), &Uploaded::default(), Some("lost"), None);
        let audio = message.audio_message.as_option().unwrap();
        assert_eq!((audio.ptt, audio.seconds, audio.waveform.as_ref().map(Vec::len)), (Some(true), Some(2), Some(64)));
        let sound = media(&file(MediaKind::Audio), &Uploaded::default(), None, None);
        assert_eq!(sound.audio_message.as_option().unwrap().ptt, Some(false));
    }

    #[test]
    fn a_document_is_wrapped_for_its_caption_alone() {
        let plain = media(&file(MediaKind::Document), &Uploaded::default(), Some(""), Some("a.pdf"));
        let document = plain.document_message.as_option().unwrap();
        assert_eq!((document.file_name.as_deref(), document.page_count), (Some("a.pdf"), Some(3)));
        let with_caption = media(&file(MediaKind::Document), &Uploaded::default(), Some("read"), Some("a.pdf"));
        let inner = with_caption.document_with_caption_message.as_option().unwrap().message.as_option().unwrap();
        assert_eq!(inner.document_message.as_option().unwrap().caption.as_deref(), Some("read"));
    }

    #[test]
    fn a_poll_has_one_answer_and_a_secret() {
        let message = poll("Tea?", &["Yes".to_owned(), "No".to_owned()], &[9; 32]);
        let poll = message.poll_creation_message_v3.as_option().unwrap();
        assert_eq!((poll.selectable_options_count, poll.options.len()), (Some(1), 2));
        let context = message.message_context_info.as_option().unwrap();
        assert_eq!(context.message_secret.as_deref(), Some([9; 32].as_slice()));
    }
}

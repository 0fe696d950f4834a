//! What people send: found in a message, and fetched from WhatsApp's media servers when core asks for it.
//!
//! The library checks what it fetches against the message's hash and decrypts it. What grows beyond what core takes is
//! broken off.

use std::io::{Cursor, Error, ErrorKind, Result as IoResult, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ulak_core::session::client::{Attached, AttachedKind, ClientError};
use whatsapp_rust::ErrorChainExt as _;
use whatsapp_rust::download::DownloadParams;
use whatsapp_rust::prelude::wa;
use whatsapp_rust::wacore::download::{DownloadWriter, Downloadable, MediaType};

use crate::client::NumberLine;

/// A server that gives nothing must not keep its owner waiting for ever.
const LONGEST: Duration = Duration::from_secs(120);
/// Longer names and types are nobody's.
const LONGEST_NAME: usize = 200;

/// What leads to a file on the servers and opens it.
#[derive(Serialize, Deserialize)]
struct Place {
    direct_path: String,
    media_key: Vec<u8>,
    file_sha256: Vec<u8>,
    file_enc_sha256: Vec<u8>,
    file_length: u64,
    kind: Sealed,
}

/// As what it was encrypted.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Sealed {
    Image,
    Video,
    Audio,
    Document,
    Sticker,
}

impl Sealed {
    fn media_type(self) -> MediaType {
        match self {
            Self::Image => MediaType::Image,
            Self::Video => MediaType::Video,
            Self::Audio => MediaType::Audio,
            Self::Document => MediaType::Document,
            Self::Sticker => MediaType::Sticker,
        }
    }
}

/// What a message carries beside its words.
pub fn attached(base: &wa::Message) -> Option<Attached> {
    file(base).or_else(|| place(base)).or_else(|| card(base))
}

fn file(base: &wa::Message) -> Option<Attached> {
    let image = base.image_message.as_option();
    if let Some(image) = image {
        return Some(of(AttachedKind::Photo, Sealed::Image, image, &image.mimetype));
    }
    if let Some(film) = base.video_message.as_option().or_else(|| base.ptv_message.as_option()) {
        let found = of(AttachedKind::Film, Sealed::Video, film, &film.mimetype);
        return Some(Attached { seconds: film.seconds, ..found });
    }
    if let Some(sound) = base.audio_message.as_option() {
        let kind = if sound.ptt == Some(true) { AttachedKind::Voice } else { AttachedKind::Audio };
        return Some(Attached { seconds: sound.seconds, ..of(kind, Sealed::Audio, sound, &sound.mimetype) });
    }
    if let Some(document) = base.document_message.as_option() {
        let name = document.file_name.as_deref().or(document.title.as_deref());
        let found = of(AttachedKind::Document, Sealed::Document, document, &document.mimetype);
        return Some(Attached { name: short(name), ..found });
    }
    let sticker = base.sticker_message.as_option()?;
    Some(of(AttachedKind::Sticker, Sealed::Sticker, sticker, &sticker.mimetype))
}

fn place(base: &wa::Message) -> Option<Attached> {
    let live = base.live_location_message.is_set().then(|| named(AttachedKind::Location, None));
    let fixed = base.location_message.as_option();
    let fixed = fixed.map(|place| named(AttachedKind::Location, place.name.as_deref().or(place.address.as_deref())));
    fixed.or(live)
}

fn card(base: &wa::Message) -> Option<Attached> {
    let one = base.contact_message.as_option().map(|card| card.display_name.as_deref());
    let name = one.or_else(|| base.contacts_array_message.as_option().map(|cards| cards.display_name.as_deref()))?;
    Some(named(AttachedKind::Contact, name))
}

fn named(kind: AttachedKind, name: Option<&str>) -> Attached {
    Attached { kind, name: short(name), mime: String::new(), seconds: None, size: None, place: None, album: None }
}

fn short(name: Option<&str>) -> String {
    name.unwrap_or_default().chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

fn of(kind: AttachedKind, sealed: Sealed, file: &dyn Downloadable, mime: &Option<String>) -> Attached {
    let place = Place::of(file, sealed).and_then(|place| serde_json::to_string(&place).ok());
    Attached { mime: short(mime.as_deref()), size: file.file_length(), place, ..named(kind, None) }
}

/// The library writes the path straight after the name of WhatsApp's host. Where it does not begin with a slash, whoever
/// sent it could change the host, and would learn the owner's address and the token for the servers.
fn leads_to_host(path: &str) -> bool {
    path.starts_with('/')
}

impl Place {
    fn of(file: &dyn Downloadable, kind: Sealed) -> Option<Self> {
        Some(Self {
            direct_path: file.direct_path().filter(|path| leads_to_host(path))?.to_owned(),
            media_key: file.media_key()?.to_vec(),
            file_sha256: file.file_sha256()?.to_vec(),
            file_enc_sha256: file.file_enc_sha256()?.to_vec(),
            file_length: file.file_length().unwrap_or(0),
            kind,
        })
    }

    /// As it was kept with the message.
    fn read(kept: &str) -> Result<Self, ClientError> {
        let place: Self = serde_json::from_str(kept).map_err(|error| ClientError::Refused(error.to_string()))?;
        if leads_to_host(&place.direct_path) { Ok(place) } else { Err(ClientError::Gone) }
    }

    fn params(&self) -> DownloadParams {
        DownloadParams::encrypted(
            self.direct_path.as_str(),
            &self.media_key,
            &self.file_sha256,
            &self.file_enc_sha256,
            self.file_length,
            self.kind.media_type(),
        )
    }
}

impl NumberLine {
    pub(crate) async fn fetch_file(&self, place: &str, most: u64) -> Result<Vec<u8>, ClientError> {
        let place = Place::read(place)?;
        let running = self.running().filter(|running| running.can_send()).ok_or(ClientError::NotConnected)?;
        let (params, bounded) = (place.params(), Bounded::new(most));
        let over = Arc::clone(&bounded.over);
        let fetched = running.client.download_to_writer(&params, bounded);
        match tokio::time::timeout(LONGEST, fetched).await {
            Err(_) => Err(ClientError::NoAnswer),
            Ok(Ok(bounded)) => Ok(bounded.content.into_inner()),
            Ok(Err(_)) if over.load(Ordering::SeqCst) => Err(ClientError::TooLarge { most }),
            Ok(Err(error)) => Err(match error.http_status() {
                Some(401 | 403 | 404 | 410) => ClientError::Gone,
                _ => ClientError::Refused(error.to_string()),
            }),
        }
    }
}

/// Memory that takes so many bytes and no more, whatever the message said.
struct Bounded {
    content: Cursor<Vec<u8>>,
    most: u64,
    over: Arc<AtomicBool>,
}

impl Bounded {
    fn new(most: u64) -> Self {
        Self { content: Cursor::new(Vec::new()), most, over: Arc::default() }
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        if self.content.position().saturating_add(bytes.len() as u64) > self.most {
            self.over.store(true, Ordering::SeqCst);
            return Err(Error::from(ErrorKind::FileTooLarge));
        }
        self.content.write(bytes)
    }

    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        self.content.seek(to)
    }
}

impl DownloadWriter for Bounded {
    fn truncate(&mut self, length: u64) -> IoResult<()> {
        self.content.truncate(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use whatsapp_rust::prelude::MessageField;

    fn fetchable(name: &str) -> wa::message::DocumentMessage {
        wa::message::DocumentMessage {
            file_name: Some(name.to_owned()),
            mimetype: Some("application/pdf".to_owned()),
            direct_path: Some("/v/document/x.enc".to_owned()),
            media_key: Some(vec![1; 32]),
            file_sha256: Some(vec![2; 32]),
            file_enc_sha256: Some(vec![3; 32]),
            file_length: Some(9_000),
            ..Default::default()
        }
    }

    #[test]
    fn a_document_is_named_and_knows_its_place() {
        let document = MessageField::some(fetchable("Rechnung\u{7}.pdf"));
        let found = attached(&wa::Message { document_message: document, ..Default::default() }).unwrap();
        assert_eq!(
            (found.kind, found.name.as_str(), found.size),
            (AttachedKind::Document, "Rechnung.pdf", Some(9_000))
        );
        let place: Place = serde_json::from_str(&found.place.unwrap()).unwrap();
        assert_eq!((place.direct_path.as_str(), place.params().media_type), ("/v/document/x.enc", MediaType::Document));
    }

    #[test]
    fn what_says_not_where_it_is_can_only_be_named() {
        let unsaid = wa::message::DocumentMessage { media_key: None, ..fetchable("x.pdf") };
        let message = wa::Message { document_message: MessageField::some(unsaid), ..Default::default() };
        assert_eq!(attached(&message).unwrap().place, None);
        let here = wa::message::LocationMessage { name: Some("Kapalıçarşı".to_owned()), ..Default::default() };
        let message = wa::Message { location_message: MessageField::some(here), ..Default::default() };
        let found = attached(&message).unwrap();
        assert_eq!((found.kind, found.name.as_str(), found.place), (AttachedKind::Location, "Kapalıçarşı", None));
        assert_eq!(attached(&wa::Message::default()), None);
    }

    #[test]
    fn a_path_that_would_change_the_host_leads_nowhere() {
        for path in ["@evil.example/x", ".evil.example/x", ":81/x", "evil.example/x", ""] {
            let elsewhere = wa::message::DocumentMessage { direct_path: Some(path.to_owned()), ..fetchable("x.pdf") };
            let message = wa::Message { document_message: MessageField::some(elsewhere), ..Default::default() };
            assert_eq!(attached(&message).unwrap().place, None, "{path:?}");
        }
        let kept = serde_json::to_string(&Place::of(&fetchable("x.pdf"), Sealed::Document).unwrap()).unwrap();
        assert!(Place::read(&kept).is_ok());
        assert!(Place::read(&kept.replace("/v/", "@evil.example/")).is_err());
    }

    #[test]
    fn more_than_is_taken_is_broken_off() {
        let mut bounded = Bounded::new(4);
        assert!(bounded.write_all(&[0; 4]).is_ok());
        assert!(bounded.write_all(&[0]).is_err());
        assert!(bounded.over.load(Ordering::SeqCst));
    }
}

//! A simulated phone with real Signal keys. It decrypts what linked devices send it, shows every message once, however
//! often it arrives, and encrypts what its owner writes. One session per sending device, whichever of its addresses
//! (phone number or LID) a stanza used, as WhatsApp itself keeps them.

mod media;
mod sight;
pub(crate) mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use wacore_libsignal::protocol::{
    CiphertextMessage, PreKeyBundle, PreKeySignalMessage, ProtocolAddress, SessionRecord, SignalMessage, UsePQRatchet,
    message_decrypt, message_encrypt, process_prekey_bundle,
};
use waproto::whatsapp::Message;

use crate::error::{Error, Result};
use crate::keys::{derive_bytes, rng};
use crate::options::Habits;
use crate::sync::lock;
pub(crate) use media::open as open_media;
pub(crate) use sight::{Sight, look};
use store::{Identities, Keys, PreKeys, Sessions};

pub(crate) struct Phone {
    /// Digits of the number, without a plus.
    pub number: String,
    pub lid: String,
    pub keys: Keys,
    habits: Mutex<Option<Habits>>,
    next_pre_key: AtomicU32,
    inside: tokio::sync::Mutex<Inside>,
}

struct Inside {
    sessions: Sessions,
    identities: Identities,
    pre_keys: PreKeys,
    /// (sender, message id) of everything on its screen.
    shown: BTreeSet<(String, String)>,
    /// What it wrote, and the `edit` of its stanza, to be encrypted anew when a device cannot read it.
    written: BTreeMap<String, (String, Vec<u8>)>,
}

/// A stranger's pre-key message or a known one's, as the `type` of `<enc>` says.
pub(crate) struct Sealed {
    pub kind: String,
    pub body: Vec<u8>,
}

impl Phone {
    pub(crate) fn new(seed: u64, number: &str) -> Result<Self> {
        let keys = Keys::new(seed, number)?;
        Ok(Self {
            number: number.to_owned(),
            lid: lid_of(seed, number),
            habits: Mutex::default(),
            next_pre_key: AtomicU32::new(1),
            inside: tokio::sync::Mutex::new(Inside {
                sessions: Sessions::default(),
                identities: Identities::new(keys.clone()),
                pre_keys: PreKeys(keys.clone()),
                shown: BTreeSet::new(),
                written: BTreeMap::new(),
            }),
            keys,
        })
    }

    pub(crate) fn habits(&self, usual: Habits) -> Habits {
        lock(&self.habits).unwrap_or(usual)
    }

    pub(crate) fn set_habits(&self, habits: Option<Habits>) {
        *lock(&self.habits) = habits;
    }

    /// The number of a pre-key that nobody was given yet.
    pub(crate) fn fresh_pre_key(&self) -> u32 {
        self.next_pre_key.fetch_add(1, Ordering::Relaxed) & 0x00ff_ffff
    }

    pub(crate) async fn decrypt(&self, sender: &ProtocolAddress, sealed: &Sealed) -> Result<Message> {
        let message = match sealed.kind.as_str() {
            "pkmsg" => CiphertextMessage::PreKeySignalMessage(PreKeySignalMessage::try_from(sealed.body.as_slice())?),
            "msg" => CiphertextMessage::SignalMessage(SignalMessage::try_from(sealed.body.as_slice())?),
            _ => return Err(Error::Stanza("a known kind of encryption")),
        };
        let mut inside = self.inside.lock().await;
        let Inside { sessions, identities, pre_keys, .. } = &mut *inside;
        let signed = PreKeys(self.keys.clone());
        let opened =
            message_decrypt(&message, sender, sessions, identities, pre_keys, &signed, &mut rng(), UsePQRatchet::No)
                .await?;
        Ok(waproto::codec::message_decode(unpadded(&opened.plaintext)?)?)
    }

    /// Whether this is the first time that it shows the message.
    pub(crate) async fn shows(&self, sender: &str, id: &str) -> bool {
        self.inside.lock().await.shown.insert((sender.to_owned(), id.to_owned()))
    }

    pub(crate) async fn has_session(&self, device: &ProtocolAddress) -> bool {
        self.inside.lock().await.sessions.0.contains_key(device.as_str())
    }

    pub(crate) async fn forget_session(&self, device: &ProtocolAddress) {
        self.inside.lock().await.sessions.0.remove(device.as_str());
    }

    pub(crate) async fn meet(&self, device: &ProtocolAddress, bundle: &PreKeyBundle) -> Result<()> {
        let mut inside = self.inside.lock().await;
        let Inside { sessions, identities, .. } = &mut *inside;
        process_prekey_bundle(device, sessions, identities, bundle, &mut rng(), UsePQRatchet::No).await?;
        Ok(())
    }

    pub(crate) async fn encrypt(&self, device: &ProtocolAddress, plain: &[u8]) -> Result<Sealed> {
        let mut inside = self.inside.lock().await;
        let Inside { sessions, identities, .. } = &mut *inside;
        let sealed = message_encrypt(&padded(plain), device, sessions, identities).await?;
        let (kind, body) = match &sealed {
            CiphertextMessage::PreKeySignalMessage(message) => ("pkmsg", message.serialized().to_vec()),
            CiphertextMessage::SignalMessage(message) => ("msg", message.serialized().to_vec()),
            _ => return Err(Error::Stanza("a known kind of encryption")),
        };
        Ok(Sealed { kind: kind.to_owned(), body })
    }

    pub(crate) async fn remember_written(&self, id: &str, edit: &str, plain: &[u8]) {
        self.inside.lock().await.written.insert(id.to_owned(), (edit.to_owned(), plain.to_vec()));
    }

    pub(crate) async fn written(&self, id: &str) -> Option<(String, Vec<u8>)> {
        self.inside.lock().await.written.get(id).cloned()
    }

    pub(crate) async fn save(&self) -> Result<crate::snapshot::SavedPhone> {
        let inside = self.inside.lock().await;
        let sessions = inside.sessions.0.iter().map(|(device, record)| Ok((device.clone(), record.serialize()?)));
        Ok(crate::snapshot::SavedPhone {
            number: self.number.clone(),
            next_pre_key: self.next_pre_key.load(Ordering::Relaxed),
            habits: *lock(&self.habits),
            sessions: sessions.collect::<Result<_>>()?,
            identities: inside
                .identities
                .known
                .iter()
                .map(|(at, key)| (at.clone(), key.serialize().to_vec()))
                .collect(),
            shown: inside.shown.iter().cloned().collect(),
            written: inside.written.clone(),
        })
    }

    pub(crate) async fn restore(&self, saved: crate::snapshot::SavedPhone) -> Result<()> {
        self.next_pre_key.store(saved.next_pre_key, Ordering::Relaxed);
        self.set_habits(saved.habits);
        let mut inside = self.inside.lock().await;
        for (device, record) in saved.sessions {
            inside.sessions.0.insert(device, SessionRecord::deserialize(&record)?);
        }
        for (at, key) in saved.identities {
            inside.identities.known.insert(at, wacore_libsignal::protocol::IdentityKey::decode(&key)?);
        }
        inside.shown = saved.shown.into_iter().collect();
        inside.written = saved.written;
        Ok(())
    }
}

/// The hidden identity of a number: fifteen digits that say nothing about it.
pub(crate) fn lid_of(seed: u64, number: &str) -> String {
    let digest = derive_bytes(seed, &["lid", number]);
    let folded = digest.iter().fold(0u64, |sum, byte| sum.wrapping_mul(257).wrapping_add(u64::from(*byte)));
    (100_000_000_000_000 + folded % 900_000_000_000_000).to_string()
}

fn padded(plain: &[u8]) -> Vec<u8> {
    let length = u8::try_from(plain.len() % 15).unwrap_or(0) + 1;
    let mut out = plain.to_vec();
    out.resize(plain.len() + usize::from(length), length);
    out
}

fn unpadded(plain: &[u8]) -> Result<&[u8]> {
    let length = usize::from(*plain.last().ok_or(Error::Stanza("padding"))?);
    let (body, padding) = plain.split_at_checked(plain.len().wrapping_sub(length)).ok_or(Error::Stanza("padding"))?;
    if length == 0 || padding.iter().any(|byte| usize::from(*byte) != length) {
        return Err(Error::Stanza("sound padding"));
    }
    Ok(body)
}

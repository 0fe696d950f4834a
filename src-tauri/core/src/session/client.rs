//! What core needs of WhatsApp beyond handing over a part: linking a number, connecting it, hearing from it.
//!
//! `ulak-whatsapp` implements these traits; the supervisor calls them and is told what happened by signals. A client
//! never reconnects by itself: when to try again is the supervisor's decision alone.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::messenger::{Messenger, Receipt};
use crate::clock::{Millis, SharedClock};
use crate::ids::SessionId;
use crate::stored::stored_words;

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How core reaches WhatsApp: one for the whole app.
pub trait Network: Send + Sync + 'static {
    /// A client for one number. Nothing is opened or connected yet.
    fn client(&self, config: ClientConfig) -> Arc<dyn SessionClient>;
}

/// What a client is given for its life.
pub struct ClientConfig {
    pub session: SessionId,
    /// The encrypted file of this number's key material; its folder exists.
    pub file: std::path::PathBuf,
    pub key: Zeroizing<[u8; 32]>,
    pub clock: SharedClock,
    pub notes: Arc<dyn Notes>,
    /// Signals arrive in the order in which they happened. A full channel makes the client wait: nothing is dropped.
    pub signals: mpsc::Sender<Heard>,
}

/// A signal and whose it is. Core answers `confirm` once what the signal says is safely in the database; only then may
/// the client confirm it to the server.
pub struct Heard {
    pub session: SessionId,
    pub signal: Signal,
    pub confirm: Option<tokio::sync::oneshot::Sender<()>>,
}

/// What a client wants to find again after a restart: uploads, polls, who is on WhatsApp, and who wants nothing there.
pub trait Notes: Send + Sync + 'static {
    /// The value that was put, unless it has expired.
    fn get(&self, kind: NoteKind, key: &str) -> BoxFuture<'_, Option<String>>;
    fn put(&self, kind: NoteKind, key: &str, value: String, expires_at: Millis) -> BoxFuture<'_, ()>;
    fn forget(&self, kind: NoteKind, key: &str) -> BoxFuture<'_, ()>;
    /// Whether somebody under this hidden identity wants no messages.
    fn asked_to_stop(&self, lid: &str) -> BoxFuture<'_, bool>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// Where an uploaded file is, by its hash; of one number.
    Upload,
    /// Whether a phone is on WhatsApp; the same for all numbers.
    OnWhatsapp,
    /// The secret and the options of a poll that was sent, by its wire id; of one number.
    Poll,
}

/// One linked number, or one that is to be linked.
pub trait SessionClient: Messenger {
    /// Opens the connection of a linked number. `Ok` means that it was begun; `Connected` or `Closed` follows.
    fn connect(&self) -> BoxFuture<'_, Result<(), ClientError>>;
    /// Closes the connection. No `Closed` follows.
    fn disconnect(&self) -> BoxFuture<'_, ()>;
    /// Begins linking. `Qr` or `Code` signals follow, `Passkey` and `PasskeyCode` where WhatsApp asks for one, then
    /// `Linked`, or `LinkEnded`.
    fn link(&self, how: LinkHow) -> BoxFuture<'_, Result<(), ClientError>>;
    /// Lets the system ask for the passkey that WhatsApp wants, and hands over its answer.
    fn use_passkey(&self) -> BoxFuture<'_, Result<(), ClientError>>;
    /// The owner has seen the same code on the phone.
    fn confirm_passkey(&self) -> BoxFuture<'_, Result<(), ClientError>>;
    /// Tells WhatsApp that this device is gone where it can be reached, and removes the key material.
    fn unlink(&self) -> BoxFuture<'_, Result<(), ClientError>>;
    /// Asks the server for a sign of life and says how many milliseconds it took. Disturbs nobody.
    fn check(&self) -> BoxFuture<'_, Result<Millis, ClientError>>;
    /// Reads the new-chat quota and the reach-out lock.
    fn limits(&self) -> BoxFuture<'_, Result<Limits, ClientError>>;
    /// Sends a plain text that is no part of the outbox: the confirmation of an opt-out. Best effort.
    fn say(&self, to: String, text: String) -> BoxFuture<'_, Result<(), ClientError>>;
    /// Fetches what a person sent, of at most so many bytes. `place` is what this client told with the reply.
    fn fetch(&self, place: String, most: u64) -> BoxFuture<'_, Result<Vec<u8>, ClientError>>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkHow {
    Qr,
    /// A code that the owner of this phone (E.164) types in.
    PairingCode {
        phone: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The text of the QR code to show until `expires_at`; another follows.
    Qr {
        code: String,
        expires_at: Millis,
    },
    Code {
        code: String,
        expires_at: Millis,
    },
    /// WhatsApp wants the account's passkey, and waits until `expires_at`.
    Passkey {
        expires_at: Millis,
    },
    /// The passkey was right; the phone shows a code, and it must be this one.
    PasskeyCode {
        code: String,
        /// When the connection ends, where that is known.
        expires_at: Option<Millis>,
    },
    /// Linking came to nothing.
    LinkEnded(LinkEnd),
    /// The phone accepted. The client closes and is to be connected again at once.
    Linked {
        /// E.164.
        phone: String,
        lid: Option<String>,
        push_name: String,
    },
    Connected,
    Closed(Closed),
    Receipt(Receipt),
    Reply(Reply),
    /// Under which hidden identity a phone is addressed, seen while sending or receiving.
    Lid {
        phone: String,
        lid: String,
    },
    /// WhatsApp was asked for a phone and knows it. `note` is put down until then, in one transaction with the pair.
    Found {
        phone: String,
        /// WhatsApp's own phone for the account, where it said it.
        account: Option<String>,
        lid: Option<String>,
        note: String,
        until: Millis,
    },
    /// WhatsApp was asked for a phone and does not know it. `note` is put down until then.
    NotFound {
        phone: String,
        note: String,
        until: Millis,
    },
    /// What the phone's address book, or a person, calls a contact.
    Name {
        phone: String,
        name: String,
        from_address_book: bool,
    },
    /// The owner used the phone itself: it is not idle.
    PhoneSeen,
    /// How far this computer's clock is ahead of WhatsApp's, negative where it is behind; told once a connection, where
    /// WhatsApp shows it.
    ClockAhead {
        by: Millis,
    },
    /// WhatsApp told of the limits by itself. What it did not mention stays as it was.
    Limits {
        limits: Limits,
        tells_quota: bool,
        tells_lock: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkEnd {
    /// All codes of this attempt have run out.
    Exhausted,
    /// WhatsApp refused to link, or asks to wait before another code.
    Refused,
    /// The connection broke before the phone answered.
    Lost,
    /// WhatsApp wants a passkey, and nothing on this computer can ask for it.
    PasskeyUnavailable,
    /// WhatsApp waited for the passkey in vain.
    PasskeyTooLate,
    /// WhatsApp did not take the passkey, or the phone gave up.
    PasskeyRefused,
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The network, or the server for a moment.
    Lost { reason: String },
    /// The phone, or WhatsApp, removed this device.
    LoggedOut,
    /// Another program uses the same link.
    Replaced,
    /// With WhatsApp's own code for the reason. One without an end lasts until WhatsApp is asked to lift it.
    Banned { code: u16, until: Option<Millis> },
    /// The account is locked; its phone says what to do.
    Locked,
    /// WhatsApp wants a newer client.
    Outdated,
    /// Too many connections.
    TooMany,
}

/// What a person wrote to one of the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub id: String,
    /// The earlier message of theirs that it takes the place of.
    pub edits: Option<String>,
    /// E.164 where known.
    pub phone: Option<String>,
    pub lid: Option<String>,
    pub text: String,
    /// The wire id of the part that it quotes, or whose poll it answers.
    pub quotes: Option<String>,
    /// The chosen options, where it is the answer to a poll.
    pub chosen: Vec<String>,
    pub push_name: String,
    pub attached: Option<Box<Attached>>,
    /// It is an emoji put to what it quotes, or an empty text where that was taken back.
    pub reaction: bool,
    pub at: Millis,
}

/// What a person sent beside words, or instead of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    pub kind: AttachedKind,
    /// Of a document its file name, of a place or a contact what it is called; else empty.
    pub name: String,
    pub mime: String,
    pub seconds: Option<u32>,
    /// In bytes, as the sender says it.
    pub size: Option<u64>,
    /// What the client needs to fetch it, in its own words; none where there is nothing to fetch.
    pub place: Option<String>,
    /// What photos and films that were sent together have in common.
    pub album: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum AttachedKind {
    Photo,
    Voice,
    Audio,
    Film,
    Document,
    Sticker,
    Location,
    Contact,
}

stored_words!(AttachedKind {
    Photo = "photo",
    Voice = "voice",
    Audio = "audio",
    Film = "film",
    Document = "document",
    Sticker = "sticker",
    Location = "location",
    Contact = "contact",
});

/// WhatsApp's limits for writing to people whom a number has not talked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub new_chats_used: Option<u32>,
    pub new_chats_quota: Option<u32>,
    pub quota_renews_at: Option<Millis>,
    /// The reach-out lock: until then new chats are refused.
    pub locked_until: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    #[error("The number is not connected.")]
    NotConnected,
    #[error("The number is not linked.")]
    NotLinked,
    #[error("The file with the number's keys cannot be used: {0}")]
    Keys(String),
    #[error("WhatsApp did not answer in time.")]
    NoAnswer,
    #[error("WhatsApp refused: {0}")]
    Refused(String),
    #[error("WhatsApp does not ask for a passkey here, or no longer.")]
    NoPasskeyAsked,
    #[error("The passkey was not confirmed. Try again while WhatsApp waits.")]
    PasskeyCancelled,
    #[error("There is no passkey of this WhatsApp account where you looked for it. Choose the phone that has it.")]
    PasskeyNotFound,
    #[error("The system could not ask for the passkey: {0}")]
    PasskeyFailed(String),
    #[error("WhatsApp does not have this file any more. Ask for it again in the chat on the phone.")]
    Gone,
    #[error("This file is larger than {} MB. Open it on the phone.", .most / 1_000_000)]
    TooLarge { most: u64 },
}

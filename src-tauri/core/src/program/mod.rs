//! Other programs on this computer: the tokens that let them in and what each may do.
//!
//! A token is 32 random bytes that are shown once; only their digest is kept, so nothing in the data folder lets anybody
//! in. `store` remembers what a program was answered, in the transaction of what was done for it, so that a request
//! that comes twice does its work once.

pub mod store;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::clock::{DAY, Millis};
use crate::error::{Coded, Params};
use crate::ids::TokenId;
use crate::params;

/// What a program was answered is remembered for so long.
pub const REMEMBERED: Millis = 7 * DAY;
/// What it brought and no message has carried goes after so long.
pub const UPLOADS_KEPT: Millis = 7 * DAY;
/// A key is what programs use for one request: a number of an invoice, a UUID.
pub const LONGEST_KEY: usize = 200;
const LONGEST_NAME: usize = 60;

/// What a path of the API asks of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Send,
    Read,
    Contacts,
    Admin,
}

/// What a token lets a program do. Who may administrate may do all of it but be urgent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Rights {
    /// Messages, files for them, and events that triggers send by.
    pub send: bool,
    /// What there is and what became of it.
    pub read: bool,
    /// People are brought, changed and erased.
    pub contacts: bool,
    /// Numbers, templates and campaigns.
    pub admin: bool,
    /// Messages go out at night too.
    pub urgent: bool,
}

impl Rights {
    pub fn allow(self, scope: Scope) -> bool {
        self.admin
            || match scope {
                Scope::Send => self.send,
                Scope::Read => self.read,
                Scope::Contacts => self.contacts,
                Scope::Admin => false,
            }
    }

    fn are_none(self) -> bool {
        !(self.send || self.read || self.contacts || self.admin)
    }
}

/// A token as its owner sees it, without what it lets in by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename = "TokenView")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    /// The last four characters, to tell it by.
    pub ending: String,
    pub rights: Rights,
    pub calls: i64,
    pub used_at: Option<Millis>,
    pub created_at: Millis,
}

/// What the owner wants a new token to be.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TokenWish {
    pub name: String,
    pub rights: Rights,
}

impl TokenWish {
    pub fn check(&self) -> Result<&str, ProgramError> {
        let name = self.name.trim();
        match name.chars().count() {
            0 => Err(ProgramError::Nameless),
            length if length > LONGEST_NAME => Err(ProgramError::LongName { limit: LONGEST_NAME }),
            _ if self.rights.are_none() => Err(ProgramError::NoRights),
            _ => Ok(name),
        }
    }
}

/// A program that was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    pub token: TokenId,
    pub rights: Rights,
}

/// What a token is kept as.
pub type Digest = [u8; 32];

pub fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// How a token begins, so that whoever finds one knows what it is.
const PREFIX: &str = "ulak_";

/// A fresh token, in the form in which a program sends it.
pub fn mint() -> Result<Zeroizing<String>, ProgramError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut()).map_err(|error| ProgramError::NoChance { reason: error.to_string() })?;
    Ok(Zeroizing::new(String::from(PREFIX) + &BASE64URL_NOPAD.encode(bytes.as_ref())))
}

/// The characters by which its owner tells it.
pub fn ending(token: &str) -> &str {
    token.get(token.len().saturating_sub(4)..).unwrap_or_default()
}

/// One request that a program may repeat: its own key, and the digest of all that it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    pub token: TokenId,
    pub key: String,
    pub digest: Digest,
}

impl Once {
    /// Keys are printable ASCII, as in a header.
    pub fn new(token: TokenId, key: &str, digest: Digest) -> Result<Self, ProgramError> {
        let key = key.trim();
        let fits = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self { token, key: key.to_owned(), digest }) } else { Err(ProgramError::Key) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    #[error("Give the token a name: that of the program that will use it.")]
    Nameless,
    #[error("The name has more than {limit} characters. Shorten it.")]
    LongName { limit: usize },
    #[error("Tick at least one thing that the program may do.")]
    NoRights,
    #[error("This token is no longer there.")]
    Gone,
    #[error("The computer gives no random numbers ({reason}), so no token was made. Try again.")]
    NoChance { reason: String },
    #[error("Choose a port from 1024 to 65535.")]
    Port,
    #[error("The Idempotency-Key must have 1 to 200 printable characters without blanks.")]
    Key,
    #[error("This Idempotency-Key came before with another request. Use a new key for a new request.")]
    KeyReused,
    #[error("This token may not send outside the sending hours. Leave \"urgent\" away, or use a token that may.")]
    NotUrgent,
    #[error("Priorities go from 1 (first) to 10.")]
    Priority,
    #[error("This time is more than 400 days ahead. Choose an earlier one.")]
    TooFar,
    #[error("No number has this id. See the list of numbers.")]
    NoSuchNumber,
    #[error("No uploaded file has this id. Files that no message carries go after seven days; upload it again.")]
    NoSuchUpload,
    #[error("Say what to send: a text, a template, or a file.")]
    NoContent,
    #[error("A message has a text of its own or a template, not both.")]
    TwoContents,
    #[error("The template \"{name}\" is switched off.")]
    TemplateOff { name: String },
    #[error(
        "\"{to}\" is not a WhatsApp address that Ulak can write to. Give a phone, or one that ends in @s.whatsapp.net."
    )]
    Address { to: String },
    #[error("A list has from 1 to {limit} recipients.")]
    Recipients { limit: usize },
    #[error("No list of messages has this id.")]
    NoSuchJob,
    #[error("No message has this id.")]
    NoSuchMessage,
    #[error("The file is not written in base64.")]
    Base64,
}

impl Coded for ProgramError {
    fn code(&self) -> &'static str {
        match self {
            Self::Nameless => "program.nameless",
            Self::LongName { .. } => "program.long_name",
            Self::NoRights => "program.no_rights",
            Self::Gone => "program.token_gone",
            Self::NoChance { .. } => "program.no_chance",
            Self::Port => "program.port",
            Self::Key => "program.key",
            Self::KeyReused => "program.key_reused",
            Self::NotUrgent => "program.not_urgent",
            Self::Priority => "program.priority",
            Self::TooFar => "program.too_far",
            Self::NoSuchNumber => "program.no_such_number",
            Self::NoSuchUpload => "program.no_such_upload",
            Self::NoContent => "program.no_content",
            Self::TwoContents => "program.two_contents",
            Self::TemplateOff { .. } => "program.template_off",
            Self::Address { .. } => "program.address",
            Self::Recipients { .. } => "program.recipients",
            Self::NoSuchJob => "program.no_such_job",
            Self::NoSuchMessage => "program.no_such_message",
            Self::Base64 => "program.base64",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::LongName { limit } | Self::Recipients { limit } => params! { limit: limit },
            Self::NoChance { reason } => params! { reason: reason },
            Self::TemplateOff { name } => params! { name: name },
            Self::Address { to } => params! { to: to },
            _ => Params::new(),
        }
    }
}

/// Where other programs are let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "ProgramDoor")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Door {
    pub open: bool,
    pub port: u16,
    /// Since when it is open, for its owner.
    #[serde(default)]
    pub since: Option<Millis>,
}

impl Default for Door {
    fn default() -> Self {
        Self { open: false, port: 8417, since: None }
    }
}

impl Door {
    /// Lower ports are the system's own.
    pub fn check(&self) -> Result<(), ProgramError> {
        if self.port < 1024 { Err(ProgramError::Port) } else { Ok(()) }
    }
}

/// What became of opening it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Listening {
    #[default]
    Shut,
    Open {
        port: u16,
    },
    /// Another program has the port.
    Taken {
        port: u16,
    },
    Failed {
        port: u16,
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdGenerator;

    #[test]
    fn every_token_is_another_and_tells_itself_by_its_end() {
        let (one, other) = (mint().unwrap(), mint().unwrap());
        assert!(one.starts_with("ulak_") && one.len() == 48 && *one != *other);
        assert!(one.ends_with(ending(&one)) && ending(&one).len() == 4);
        assert_ne!(digest(one.as_bytes()), digest(other.as_bytes()));
    }

    #[test]
    fn who_administrates_may_all_but_be_urgent() {
        let admin = Rights { admin: true, ..Rights::default() };
        let reader = Rights { read: true, ..Rights::default() };
        let all = [Scope::Send, Scope::Read, Scope::Contacts, Scope::Admin];
        assert_eq!(all.map(|scope| admin.allow(scope)), [true; 4]);
        assert!(!admin.urgent);
        assert_eq!(all.map(|scope| reader.allow(scope)), [false, true, false, false]);
        assert!(Rights { urgent: true, ..Rights::default() }.are_none());
    }

    #[test]
    fn a_key_is_what_a_header_can_carry() {
        let token = IdGenerator::at(0).next();
        let of = |key: &str| Once::new(token, key, [0; 32]).map(|once| once.key);
        assert_eq!(of(" F-2026-1184 "), Ok("F-2026-1184".to_owned()));
        for key in ["", " ", "two words", "ğ", "a\nb", &"a".repeat(201)] {
            assert_eq!(of(key), Err(ProgramError::Key), "{key:?}");
        }
    }
}

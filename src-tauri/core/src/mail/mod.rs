//! E-mail where a message cannot arrive over WhatsApp.
//!
//! A message that has failed for good, or that no number could send for some minutes, goes by e-mail to a contact with an
//! address, where its owner wants that for its campaign, its template or for it alone. **Never both**: a mail takes the
//! message in one transaction, in which nothing of it may be on its way, sent or in doubt; what a mail has taken is not
//! sent over WhatsApp any more, and not tried again there unless the mail certainly failed. How a mail leaves is known to
//! whoever implements `Mailer`.

pub mod letter;
pub mod schedule;
pub mod store;
pub mod text;

use std::pin::Pin;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::clock::Millis;
use crate::error::{Coded, Params};
use crate::params;
use crate::stored::stored_words;

/// How the connection to the server is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "MailSecurity")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Security {
    /// From the first byte on; usually port 465.
    Tls,
    /// By a command of the server's, which must be there; usually port 587.
    Starttls,
    /// Not at all: for a server on this computer only.
    None,
}

stored_words!(Security { Tls = "tls", Starttls = "starttls", None = "none" });

/// The server over which mails go, and how.
#[derive(Clone)]
pub struct Account {
    pub active: bool,
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Empty for a server that asks for none.
    pub user: String,
    pub password: Zeroizing<String>,
    pub from_address: String,
    pub from_name: String,
    /// When no number could send for so many minutes, mails go; 0: only when a message has failed.
    pub wait_minutes: u32,
    /// At most so many mails leave in any 60 minutes.
    pub per_hour: u32,
    /// What was wrong with the account at the last try.
    pub trouble: Option<(Trouble, Millis)>,
}

/// Why the message goes by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", rename = "MailWhy")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Why {
    Failed,
    NoNumber,
}

stored_words!(Why { Failed = "failed", NoNumber = "no_number" });

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", rename = "MailState")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum State {
    Waiting,
    Sending,
    Sent,
    /// It certainly did not go out, and is not tried again.
    Failed,
    /// The server did not say whether it took it. It is not tried again.
    Unknown,
    /// Nothing was to be sent.
    LeftOut,
}

stored_words!(State {
    Waiting = "waiting",
    Sending = "sending",
    Sent = "sent",
    Failed = "failed",
    Unknown = "unknown",
    LeftOut = "left_out",
});

/// Why nothing was sent to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The contact has no e-mail address.
    NoAddress,
    /// The message may have arrived over WhatsApp.
    MayHaveArrived,
    /// The person may not be written to.
    Unwanted,
    /// What it said was cleared, or the person erased.
    Cleared,
    /// The owner cancelled the message or its campaign.
    Cancelled,
    /// The owner wants no mail for it any more.
    SwitchedOff,
}

stored_words!(LeftOut {
    NoAddress = "no_address",
    MayHaveArrived = "may_have_arrived",
    Unwanted = "unwanted",
    Cleared = "cleared",
    Cancelled = "cancelled",
    SwitchedOff = "switched_off",
});

/// What was in the way of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "MailTrouble")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Trouble {
    Unreachable,
    TimedOut,
    /// The server's certificate is not one that can be trusted, or not its own.
    Certificate,
    /// The server offers no encryption.
    NoEncryption,
    /// User or password are not right.
    Login,
    /// The server does not send from this address.
    Sender,
    /// The server refused the recipient.
    Recipient,
    /// The server refused what the mail says.
    Content,
    /// The server asks to come again later.
    Busy,
    /// What answered is no mail server.
    Garbage,
    /// The mail itself could not be made: an address that is none, or too much to send.
    Unsendable,
}

stored_words!(Trouble {
    Unreachable = "unreachable",
    TimedOut = "timed_out",
    Certificate = "certificate",
    NoEncryption = "no_encryption",
    Login = "login",
    Sender = "sender",
    Recipient = "recipient",
    Content = "content",
    Busy = "busy",
    Garbage = "garbage",
    Unsendable = "unsendable",
});

/// What came of a try. The code is the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// It did not go out, and another try can help.
    Later(Trouble, Option<u16>),
    /// It will be refused again: this mail is over.
    Refused(Trouble, Option<u16>),
    /// Something is wrong with the account, not with the mail.
    Account(Trouble, Option<u16>),
    /// It was handed over, and the server did not say whether it took it.
    Unknown,
}

/// A mail as it leaves.
#[derive(Clone)]
pub struct Mail {
    /// What `Message-ID` is made of: the same at every try.
    pub id: String,
    pub to_address: String,
    pub to_name: String,
    pub subject: String,
    pub html: String,
    pub text: String,
    /// Pictures that the HTML names by `cid:`.
    pub inline: Vec<Enclosure>,
    pub attached: Vec<Enclosure>,
    /// It says how to get no more of them.
    pub promotion: bool,
    /// Its date.
    pub at: Millis,
}

#[derive(Clone)]
pub struct Enclosure {
    /// Its content id, where the HTML names it.
    pub cid: String,
    pub name: String,
    pub mime: String,
    pub bytes: Vec<u8>,
}

pub type Mailing<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

pub type Reaching<'a> = Pin<Box<dyn Future<Output = Result<(), Outcome>> + Send + 'a>>;

/// Whoever can reach a mail server. It gives up after some minutes at most.
pub trait Mailer: Send + Sync + 'static {
    /// Whether the server lets the account in at this moment; nothing is sent.
    fn reach(&self, account: Account) -> Reaching<'_>;

    fn send(&self, account: Account, mail: Mail) -> Mailing<'_>;
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("Enter the server of your e-mail.")]
    NoHost,
    #[error("\"{address}\" is not an e-mail address.")]
    NotAnAddress { address: String },
    #[error("Without encryption only a server on this computer can be used: anybody on the way could read along.")]
    NotSecret,
    #[error("Mails leave only while Ulak is connected to the network; this one was opened without it.")]
    Offline,
    #[error("The template needs {{{{message}}}} where the message goes.")]
    NoMessage,
    #[error("The template cannot be read: {reason}")]
    Template { reason: String },
    #[error("E-mail waits, because something is wrong with its account: {reason}")]
    Account { reason: String },
    #[error(transparent)]
    Storage(#[from] crate::db::StorageError),
}

impl Coded for MailError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoHost => "mail.no_host",
            Self::NotAnAddress { .. } => "mail.not_an_address",
            Self::NotSecret => "mail.not_secret",
            Self::Offline => "mail.offline",
            Self::NoMessage => "mail.no_message",
            Self::Template { .. } => "mail.template",
            Self::Account { .. } => "mail.account",
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::NotAnAddress { address } => params! { address: address },
            Self::Template { reason } | Self::Account { reason } => params! { reason: reason },
            Self::NoMessage => params! { place: "{{message}}" },
            Self::Storage(error) => error.params(),
            _ => Params::new(),
        }
    }
}

/// Whether a text can be an e-mail address: one @, a domain with a dot, nothing that ends a header.
pub fn is_address(text: &str) -> bool {
    let Some((user, domain)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"@".contains(c))
    };
    text.len() <= 254
        && plain(user)
        && plain(domain)
        && user.len() <= 64
        && !user.split('.').any(str::is_empty)
        && domain.contains('.')
        && !domain.split('.').any(|label| label.is_empty() || label.starts_with('-') || label.ends_with('-'))
}

/// Where a contact is reached by mail: its e-mail, else the first of its fields that is one.
pub fn address_of<'a>(email: &'a str, fields: impl Iterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    let known = Some(email.trim()).filter(|email| is_address(email));
    known.or_else(|| fields.map(|(_, value)| value.trim()).find(|value| is_address(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_name_and_one_domain() {
        for good in ["elif@shop.example", "a.b+c@mail.shop.example", "çağla@örnek.example"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "elif",
            "elif@shop",
            "@shop.example",
            "elif@",
            "a b@shop.example",
            "a@b@shop.example",
            "elif@shop..example",
            "elif@-shop.example",
            "elif@shop.example\r\nBcc: x",
            "<elif@shop.example>",
            "a..b@shop.example",
            ".a@shop.example",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_contact_is_reached_by_its_e_mail_or_by_a_field_that_is_one() {
        let fields = [("city", "İzmir"), ("mail", " okan@shop.example "), ("second", "x@shop.example")];
        assert_eq!(address_of("elif@shop.example", fields.into_iter()), Some("elif@shop.example"));
        assert_eq!(address_of("nonsense", fields.into_iter()), Some("okan@shop.example"));
        assert_eq!(address_of("", [("city", "İzmir")].into_iter()), None);
    }
}

//! What can be in the way when the owner links, connects or removes a number.

use super::client::ClientError;
use crate::clock::Millis;
use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::params;

#[derive(Debug, thiserror::Error)]
pub enum NumberError {
    #[error("This number is no longer on the list.")]
    Gone,
    #[error("This Ulak runs without WhatsApp: only the practice number can send.")]
    NoNetwork,
    #[error(
        "This data folder was used for practice with a faster clock, so its time is not the world's. Real numbers cannot be used here: open Ulak with another data folder for them."
    )]
    FastTime,
    #[error(
        "This data folder has linked numbers, and those run on the computer's clock only. Leave out --speed, or practise in a data folder of its own."
    )]
    NoSpeed,
    #[error("{phone} is already linked as {name} and connected. Nothing was changed; the second link was undone.")]
    Taken { phone: String, name: String },
    #[error(
        "The code was entered on {phone}, but this number is {expected}. The link was undone; use the other phone, or link {phone} as a number of its own."
    )]
    OtherPhone { phone: String, expected: String },
    #[error("This number is connected. There is nothing to link again.")]
    Connected,
    #[error("WhatsApp removed this link. Link the number again.")]
    LoggedOut,
    #[error("WhatsApp banned this number for a time. Ulak connects it by itself when the ban ends.")]
    Banned { until: Millis },
    #[error("This number is still linked. Unlink it first.")]
    StillLinked,
    #[error("This linking is over. Start it again.")]
    LinkOver,
    #[error("The practice number is part of Ulak; it cannot be linked or removed.")]
    Practice,
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for NumberError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Coded for NumberError {
    fn code(&self) -> &'static str {
        match self {
            Self::Gone => "number.gone",
            Self::NoNetwork => "number.no_network",
            Self::FastTime => "number.fast_time",
            Self::NoSpeed => "number.no_speed",
            Self::Taken { .. } => "number.taken",
            Self::OtherPhone { .. } => "number.other_phone",
            Self::Connected => "number.connected",
            Self::LoggedOut => "number.logged_out",
            Self::Banned { .. } => "number.banned",
            Self::StillLinked => "number.still_linked",
            Self::LinkOver => "number.link_over",
            Self::Practice => "number.practice",
            Self::Client(ClientError::NotConnected) => "number.not_connected",
            Self::Client(ClientError::NotLinked) => "number.not_linked",
            Self::Client(ClientError::Keys(_)) => "number.keys",
            Self::Client(ClientError::NoAnswer) => "number.no_answer",
            Self::Client(ClientError::Refused(_)) => "number.refused",
            Self::Client(ClientError::NoPasskeyAsked) => "passkey.not_asked",
            Self::Client(ClientError::PasskeyCancelled) => "passkey.cancelled",
            Self::Client(ClientError::PasskeyNotFound) => "passkey.not_found",
            Self::Client(ClientError::PasskeyFailed(_)) => "passkey.failed",
            Self::Client(ClientError::Gone) => "reply.file_gone",
            Self::Client(ClientError::TooLarge { .. }) => "reply.file_too_large",
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Taken { phone, name } => params! { phone: phone, name: name },
            Self::OtherPhone { phone, expected } => params! { phone: phone, expected: expected },
            Self::Banned { until } => params! { until: until },
            Self::Client(
                ClientError::Keys(reason) | ClientError::Refused(reason) | ClientError::PasskeyFailed(reason),
            ) => params! { reason: reason },
            Self::Client(ClientError::TooLarge { most }) => params! { megabytes: most / 1_000_000 },
            Self::Storage(error) => error.params(),
            _ => Params::new(),
        }
    }
}

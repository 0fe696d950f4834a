//! People: their phones, names, fields, tags, consent and standing, and how lists of them come in.
//!
//! `store` holds all SQL over `contacts`, `permission` the rule of who may be written to. Invariants: one contact a
//! phone; a standing is softened by the owner's hand only, never by an import; an opt-out holds for the phone and a
//! withdrawal for the person, until the owner ends them by an act with a reason.

pub mod acts;
mod card;
pub mod email;
pub mod export;
pub mod fold;
pub mod import;
pub mod language;
pub mod made_up;
pub mod merge;
pub mod permission;
pub mod phone;
pub mod reading;
pub mod search;
pub mod segment;
pub mod store;
pub mod variable;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::ids::ContactId;
use crate::page::{Cursor, Place};
use crate::params;
use crate::stored::stored_words;
use phone::PhoneError;
use segment::filter::{Filter, FilterError};

/// Ordered: an import may only move it up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Standing {
    #[default]
    Normal,
    /// Only transactional messages.
    Gray,
    /// Nothing, ever.
    Black,
}

stored_words!(Standing { Normal = "normal", Gray = "gray", Black = "black" });

/// Where and when the owner got permission to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Consent {
    pub source: String,
    pub at: Millis,
    pub note: String,
}

pub type Fields = BTreeMap<String, String>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename = "ContactView")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Contact {
    pub id: ContactId,
    /// E.164
    pub phone: String,
    /// In groups, for people.
    pub phone_shown: String,
    pub name: String,
    pub email: String,
    pub fields: Fields,
    pub tags: Vec<String>,
    pub standing: Standing,
    pub consent: Option<Consent>,
    /// When the person took the permission back, or said no in a list. It outlives every edit and every import.
    pub withdrawn_at: Option<Millis>,
    pub created_at: Millis,
    pub last_message_at: Option<Millis>,
    pub last_reply_at: Option<Millis>,
}

/// What the owner typed; without an id it is somebody new.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ContactEdit {
    pub id: Option<ContactId>,
    pub phone: String,
    pub name: String,
    pub email: String,
    pub fields: Fields,
    pub tags: Vec<String>,
    pub consent: Option<Consent>,
    /// Whoever was erased at their wish comes in only where the owner says so.
    #[serde(default)]
    pub take_erased: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ContactQuery {
    /// Every word of it must begin one of the name, the e-mail, a field or a tag, or be digits of the phone.
    pub search: String,
    pub order: ContactOrder,
    pub descending: bool,
    pub standing: Option<Standing>,
    pub tag: Option<String>,
    pub filter: Option<Filter>,
    pub place: Place,
}

/// Times come after none at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum ContactOrder {
    #[default]
    Name,
    Phone,
    Created,
    Contacted,
    Answered,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ContactPage {
    /// None where nobody has counted them.
    pub total: Option<i64>,
    pub next: Option<Cursor>,
    /// Another order was asked for, but so many were found that they come in the order of names.
    pub by_name: bool,
    pub rows: Vec<Contact>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ContactTotals {
    pub all: u32,
    pub normal: u32,
    pub gray: u32,
    pub black: u32,
    pub tags: Vec<TagTotal>,
    /// Every field a contact has or had: what `{{…}}` may name.
    pub fields: Vec<String>,
    /// What the columns were called from which fields came.
    pub labels: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TagTotal {
    pub tag: String,
    pub contacts: u32,
}

/// The person wants messages again: why the owner believes so, and the consent to promotion that they gave anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Return {
    pub reason: String,
    pub consent: Option<Consent>,
}

#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    #[error("{phone} belongs to {holder} already. Open that contact to change it.")]
    PhoneTaken { phone: String, holder: String, contact_id: ContactId },
    #[error("This contact is no longer there.")]
    Unknown,
    #[error(
        "This person withdrew their consent, so the consent was not changed. If they gave it anew, say so under \"Wants messages again\"."
    )]
    Withdrawn,
    #[error("This person is on the black list. To take them off it, say why under \"Wants messages again\".")]
    Listed,
    #[error(
        "The data of the person with {phone} were erased at their wish. Add them again only if they asked you to: say so under \"Add all the same\"."
    )]
    Erased { phone: String },
    #[error("A message to this person is being handed over at this moment. Try again in a minute.")]
    OnItsWay,
    #[error("A campaign is being scheduled at this moment. Try again when that is done.")]
    BeingScheduled,
    #[error("Write the tag that the contacts are to get.")]
    NoTag,
    #[error("This can no longer be taken back.")]
    NoAct,
    #[error("More than {limit} people are chosen. Save them as a segment, and choose it as the audience.")]
    TooMany { limit: u32 },
    #[error("Choose two different contacts to merge.")]
    SameContact,
    #[error("A message to the phone that would go is still waiting. Merge when it was sent, or cancel it first.")]
    Waiting,
    #[error("Say in a few words why this person may be written to again.")]
    ReasonMissing,
    #[error("\"{email}\" is not an e-mail address. Correct it or leave it empty.")]
    Email { email: String },
    #[error("\"{name}\" has no letter or digit that could name a field. Give the field another name.")]
    FieldName { name: String },
    #[error("{what} has {length} characters; at most {limit} fit. Shorten it.")]
    TooLong { what: String, length: usize, limit: usize },
    #[error("\"{country}\" is not a country code. Choose the country of your contacts in the settings.")]
    Country { country: String },
    #[error(transparent)]
    Phone(#[from] PhoneError),
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for ContactError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Coded for ContactError {
    fn code(&self) -> &'static str {
        match self {
            Self::PhoneTaken { .. } => "contact.phone_taken",
            Self::Unknown => "contact.unknown",
            Self::Withdrawn => "contact.withdrawn",
            Self::Listed => "contact.listed",
            Self::Erased { .. } => "contact.erased",
            Self::OnItsWay => "contact.on_its_way",
            Self::BeingScheduled => "contact.being_scheduled",
            Self::NoTag => "contact.no_tag",
            Self::NoAct => "contact.no_act",
            Self::TooMany { .. } => "contact.too_many",
            Self::SameContact => "contact.same_contact",
            Self::Waiting => "contact.waiting",
            Self::ReasonMissing => "contact.reason_missing",
            Self::Email { .. } => "contact.email",
            Self::FieldName { .. } => "contact.field_name",
            Self::TooLong { .. } => "contact.too_long",
            Self::Country { .. } => "contact.country",
            Self::Phone(error) => error.code(),
            Self::Filter(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::PhoneTaken { phone, holder, contact_id } => {
                params! { phone: phone, holder: holder, contact_id: contact_id }
            }
            Self::Unknown
            | Self::Withdrawn
            | Self::Listed
            | Self::OnItsWay
            | Self::BeingScheduled
            | Self::NoTag
            | Self::NoAct
            | Self::SameContact
            | Self::Waiting
            | Self::ReasonMissing => Params::new(),
            Self::Erased { phone } => params! { phone: phone },
            Self::TooMany { limit } => params! { limit: limit },
            Self::Email { email } => params! { email: email },
            Self::FieldName { name } => params! { name: name },
            Self::TooLong { what, length, limit } => params! { what: what, length: length, limit: limit },
            Self::Country { country } => params! { country: country },
            Self::Phone(error) => error.params(),
            Self::Filter(error) => error.params(),
            Self::Storage(error) => error.params(),
        }
    }
}

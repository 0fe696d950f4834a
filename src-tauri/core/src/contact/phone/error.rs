//! Why a text is no phone, or not for certain one. Kept with a refused row, so its codes and fields stay.

use serde::{Deserialize, Serialize};

use super::Phone;
use crate::error::{Coded, Params};
use crate::params;

/// Why a text is no phone. Serialised as it is kept with a refused row; `code` is the tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code")]
pub enum PhoneError {
    #[serde(rename = "phone.missing")]
    #[error("There is no phone number here.")]
    Missing,
    #[serde(rename = "phone.too_short")]
    #[error("{digits} digits are too few for a phone number in {country}. See whether some are missing.")]
    TooShort { digits: usize, country: String },
    #[serde(rename = "phone.too_long")]
    #[error("{digits} digits are too many for a phone number in {country}. See whether two numbers run together.")]
    TooLong { digits: usize, country: String },
    #[serde(rename = "phone.excel_shortened")]
    #[error(
        "Excel has shortened this number to {value}. Its last {lost_digits} digits are gone, so it could be any of {candidates} phones. Open the original list, select the phone column, choose Format cells, Number, 0 decimals, save as CSV and choose the file again."
    )]
    ExcelShortened { value: String, lost_digits: u32, candidates: u64 },
    #[serde(rename = "phone.excel_narrow")]
    #[error(
        "Excel wrote # instead of the number because its column was too narrow. Open the original list, widen the phone column and save as CSV again."
    )]
    ExcelNarrow,
    #[serde(rename = "phone.letters")]
    #[error("\"{letters}\" is not part of a phone number. Leave only the number in this cell.")]
    Letters { letters: String },
    #[serde(rename = "phone.several")]
    #[error("There are {count} phone numbers in one cell. Give each its own row, or import a contact for each phone.")]
    Several {
        count: usize,
        /// Those that can be read, in groups.
        #[serde(default)]
        phones: String,
    },
    #[serde(rename = "phone.beside")]
    #[error(
        "\"{rest}\" beside {} may be an extension, a second line, or part of the number. Leave only the number in this cell.",
        phone.shown()
    )]
    Beside { phone: Phone, rest: String },
    #[serde(rename = "phone.decimal")]
    #[error(
        "{value} is a decimal number, which may have lost zeros at its end. Write the phone without a point in this cell."
    )]
    Decimal {
        value: String,
        /// With the zeros behind it, where only so many make a number.
        #[serde(default)]
        phone: Option<Phone>,
    },
    #[serde(rename = "phone.no_plus")]
    #[error(
        "Written like this, it is no number of your contacts' country. With a plus in front it is one of {country}: {}. If that is meant, write the plus.",
        phone.shown()
    )]
    NoPlus { phone: Phone, country: String },
    #[serde(rename = "phone.service")]
    #[error("{} is a service line: it costs extra or is not reached from abroad, so WhatsApp is hardly on it.", phone.shown())]
    Service { phone: Phone },
    #[serde(rename = "phone.unknown_country")]
    #[error("No country has the calling code this number begins with ({beginning}). Check its first digits.")]
    UnknownCountry { beginning: String },
    #[serde(rename = "phone.invalid")]
    #[error("No phone in {country} has a number like this. Check its first digits.")]
    Invalid { country: String },
}

impl PhoneError {
    /// The reasons for which a text may be doubtful.
    pub const DOUBTFUL: [&str; 4] = ["phone.beside", "phone.decimal", "phone.no_plus", "phone.service"];

    /// The number that is probably meant, where only a person can tell: such a text is doubtful, all others are
    /// refused.
    pub fn probable(&self) -> Option<Phone> {
        match self {
            Self::Beside { phone, .. } | Self::NoPlus { phone, .. } | Self::Service { phone } => Some(*phone),
            Self::Decimal { phone, .. } => *phone,
            _ => None,
        }
    }
}

impl Coded for PhoneError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "phone.missing",
            Self::TooShort { .. } => "phone.too_short",
            Self::TooLong { .. } => "phone.too_long",
            Self::ExcelShortened { .. } => "phone.excel_shortened",
            Self::ExcelNarrow => "phone.excel_narrow",
            Self::Letters { .. } => "phone.letters",
            Self::Several { .. } => "phone.several",
            Self::Beside { .. } => "phone.beside",
            Self::Decimal { .. } => "phone.decimal",
            Self::NoPlus { .. } => "phone.no_plus",
            Self::Service { .. } => "phone.service",
            Self::UnknownCountry { .. } => "phone.unknown_country",
            Self::Invalid { .. } => "phone.invalid",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Missing | Self::ExcelNarrow => Params::new(),
            Self::TooShort { digits, country } | Self::TooLong { digits, country } => {
                params! { digits: digits, country: country }
            }
            Self::ExcelShortened { value, lost_digits, candidates } => {
                params! { value: value, lost_digits: lost_digits, candidates: candidates }
            }
            Self::Letters { letters } => params! { letters: letters },
            Self::Several { count, phones } if phones.is_empty() => params! { count: count },
            Self::Several { count, phones } => params! { count: count, phones: phones },
            Self::Beside { phone, rest } => params! { phone: phone.shown(), rest: rest },
            Self::Decimal { value, .. } => params! { value: value },
            Self::NoPlus { phone, country } => params! { phone: phone.shown(), country: country },
            Self::Service { phone } => params! { phone: phone.shown() },
            Self::UnknownCountry { beginning } => params! { beginning: beginning },
            Self::Invalid { country } => params! { country: country },
        }
    }
}

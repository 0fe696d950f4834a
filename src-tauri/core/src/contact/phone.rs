//! Phone numbers: whatever an owner has in a list, to E.164, or why not.
//!
//! Called by every way a contact comes in (import, window, API). Pure: the same text and country always give
//! the same answer. A `Phone` is complete and dialable from abroad; nothing is ever guessed into one, so a
//! number with lost digits is refused rather than completed.

mod error;
mod spellings;
mod written;

pub use error::PhoneError;
pub(in crate::contact) use written::is_invisible;

use std::fmt;
use std::sync::LazyLock;

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL as LIBRARY, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region,
    ValidationError,
};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

/// An E.164 number: its digits, country code first. E.164 ends at 15 digits, so they fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u64);

/// Reads what stands in a cell or a field; `country` is where a number without a country code is from.
pub fn parse(text: &str, country: Country) -> Result<Phone, PhoneError> {
    let (plus, digits) = written::read(text)?;
    if digits.len() < SHORTEST {
        return Err(PhoneError::TooShort { digits: digits.len(), country: country.code() });
    }
    if plus || digits.starts_with("00") {
        return from_abroad(&digits, country);
    }
    from_home(&digits, country)
}

/// As people write it abroad, in groups: `+90 538 555 02 14`. Anything that is no E.164 comes back as it is.
pub fn shown(e164: &str) -> String {
    match PhoneNumber::parse(e164, None) {
        Ok(number) => number.format_as(PhoneNumberFormat::International).replace('-', " "),
        Err(_) => e164.to_owned(),
    }
}

/// Every country a list may be from, by its code.
pub fn countries() -> Vec<Country> {
    let mut regions: Vec<Region> = LIBRARY.get_supported_regions().collect();
    regions.sort_by_key(|region| region.as_region_str());
    regions.into_iter().map(Country).collect()
}

impl Phone {
    /// Digits without the plus.
    pub fn digits(self) -> u64 {
        self.0
    }

    /// Reads back what `Display` wrote.
    pub fn from_e164(text: &str) -> Option<Self> {
        text.strip_prefix('+')?.parse().ok().map(Self)
    }

    fn of(number: &PhoneNumber) -> Option<Self> {
        Self::from_e164(&number.format_as(PhoneNumberFormat::E164))
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

/// Shows the country's part only: debug output may end up in a log, and logs hold no full numbers.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        write!(f, "+{}…", digits.get(..3).unwrap_or_default())
    }
}

/// A country with phones: its ISO 3166 code and its calling code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country(Region);

impl Country {
    pub fn of(code: &str) -> Option<Self> {
        let region = Region::from_code(code.trim()).ok()?;
        LIBRARY.get_country_code_for_region(region).map(|_| Self(region))
    }

    pub fn code(self) -> String {
        self.0.to_string()
    }

    pub fn calling_code(self) -> u16 {
        LIBRARY.get_country_code_for_region(self.0).and_then(|code| u16::try_from(code).ok()).unwrap_or_default()
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut country = serializer.serialize_struct("Country", 2)?;
        country.serialize_field("code", &self.code())?;
        country.serialize_field("callingCode", &self.calling_code())?;
        country.end()
    }
}

/// Fewer digits than this are no subscriber's number anywhere.
const SHORTEST: usize = 5;
/// The end of E.164.
const LONGEST: usize = 15;
/// From here on, digits without a plus may begin with a country code.
const LONG_ENOUGH_FOR_ABROAD: usize = 10;

/// `+90538…`, `0090538…`, and `+0538…` by somebody who put a plus before the number of home.
fn from_abroad(digits: &str, country: Country) -> Result<Phone, PhoneError> {
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Err(PhoneError::Invalid { country: country.code() });
    }
    match international(significant) {
        Ok(phone) => Ok(phone),
        Err(error) if digits.starts_with('0') => from_home(digits, country).map_err(|_| error),
        Err(error) => Err(error),
    }
}

fn international(digits: &str) -> Result<Phone, PhoneError> {
    let Ok(number) = PhoneNumber::parse(format!("+{digits}"), None) else {
        return Err(unreadable_abroad(digits));
    };
    let country = main_country(&number).map_or_else(String::new, Country::code);
    judge(&number, digits.len(), &country)
}

fn unreadable_abroad(digits: &str) -> PhoneError {
    if digits.len() > LONGEST {
        return PhoneError::TooLong { digits: digits.len(), country: "+".to_owned() };
    }
    let beginning = digits.get(..3).unwrap_or(digits);
    PhoneError::UnknownCountry { beginning: format!("+{beginning}") }
}

/// A number of home wins over one from abroad that happens to have the same digits.
fn from_home(digits: &str, country: Country) -> Result<Phone, PhoneError> {
    let home = PhoneNumber::parse(digits, Some(country.0)).ok();
    if let Some(phone) = home.as_ref().filter(|number| number.is_valid()).and_then(Phone::of) {
        return Ok(phone);
    }
    if let Some(phone) = abroad_without_plus(digits) {
        return Ok(phone);
    }
    match home {
        Some(number) => judge(&number, digits.len(), &country.code()),
        None if digits.len() > LONGEST => Err(PhoneError::TooLong { digits: digits.len(), country: country.code() }),
        None => Err(PhoneError::Invalid { country: country.code() }),
    }
}

fn abroad_without_plus(digits: &str) -> Option<Phone> {
    if digits.len() < LONG_ENOUGH_FOR_ABROAD || digits.starts_with('0') {
        return None;
    }
    let number = PhoneNumber::parse(format!("+{digits}"), None).ok()?;
    number.is_valid().then(|| Phone::of(&number)).flatten()
}

/// Lists of allotted ranges age faster than Ulak is updated, and a number in a new range must not be refused.
/// So a number passes when it is allotted, or when it has the length of a subscriber's number and begins as
/// the country's mobiles do. Fixed lines pass as well: many businesses have WhatsApp on one.
fn judge(number: &PhoneNumber, digits: usize, country: &str) -> Result<Phone, PhoneError> {
    let country = country.to_owned();
    if number.is_valid() {
        return Phone::of(number).ok_or(PhoneError::Invalid { country });
    }
    match LIBRARY.is_possible_number_for_type_with_reason(number, PhoneNumberType::FixedLineOrMobile) {
        Ok(NumberLengthType::IsPossible) if begins_like_a_mobile(number) => {
            Phone::of(number).ok_or(PhoneError::Invalid { country })
        }
        Err(ValidationError::TooShort) | Ok(NumberLengthType::IsPossibleLocalOnly) => {
            Err(PhoneError::TooShort { digits, country })
        }
        Err(ValidationError::TooLong) => Err(PhoneError::TooLong { digits, country }),
        _ => Err(PhoneError::Invalid { country }),
    }
}

fn begins_like_a_mobile(number: &PhoneNumber) -> bool {
    let national = number.get_national_significant_number();
    let Some(country) = main_country(number) else {
        return false;
    };
    let Some((_, first)) = MOBILES_BEGIN_WITH.iter().find(|(region, _)| *region == country.0) else {
        return false;
    };
    national.starts_with(*first)
}

/// The largest country behind the number's calling code.
fn main_country(number: &PhoneNumber) -> Option<Country> {
    LIBRARY.get_region_for_country_code(number.country_code).map(Country)
}

/// The first digit of mobiles, for countries where mobiles are told from fixed lines by it.
static MOBILES_BEGIN_WITH: LazyLock<Vec<(Region, char)>> = LazyLock::new(|| {
    let regions: Vec<Region> =
        LIBRARY.get_supported_regions().filter(|region| !LIBRARY.is_nanpa_country(*region)).collect();
    let first = |region: Region| {
        let example = LIBRARY.get_example_number_for_type_and_region(region, PhoneNumberType::Mobile).ok()?;
        Some((region, example.get_national_significant_number().chars().next()?))
    };
    regions.into_iter().filter_map(first).collect()
});

#[cfg(test)]
mod tests;

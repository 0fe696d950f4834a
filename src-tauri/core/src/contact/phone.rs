//! Phone numbers: whatever an owner has in a list, to E.164, or why not.
//!
//! Called by every way a contact comes in (import, window, API). Pure: the same text and country always give
//! the same answer. A `Phone` is complete and dialable from abroad; nothing is ever guessed into one, so a
//! number with lost digits is refused rather than completed.

mod doubt;
mod error;
mod spellings;
mod written;
mod zones;

pub use error::PhoneError;
use written::Cell;
pub use zones::WhoseClock;

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL as LIBRARY, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region,
    ValidationError,
};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};

/// An E.164 number: its digits, country code first. E.164 ends at 15 digits, so they fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Phone(u64);

/// Reads what stands in a cell or a field; `country` is where a number without a country code is from.
pub fn parse(text: &str, country: Country) -> Result<Phone, PhoneError> {
    let cell = written::read(text)?;
    match doubt::only_number(&cell, country)? {
        Some(phone) => Ok(phone),
        None => number(&cell, country),
    }
}

/// What a program did to a number, and reading it mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Repair {
    /// `9.05385550214E+11`, with every digit still there.
    Notation,
    /// `8125550147,00`.
    Decimals,
    /// Dialled as in earlier years: `+52 1 …`.
    OldForm,
}

/// What was mended so that the text was read as this phone.
pub fn repair(text: &str, phone: Phone) -> Option<Repair> {
    written::repair(text).or_else(|| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let dialled = digits.strip_prefix("00").unwrap_or(&digits);
        let mends = spellings::without_mexican_one(dialled) == phone.digits().to_string();
        (mends && dialled != phone.digits().to_string()).then_some(Repair::OldForm)
    })
}

/// Every phone of a cell that may hold several, if it holds nothing else.
pub fn parse_all(text: &str, country: Country) -> Vec<Phone> {
    match parse(text, country) {
        Ok(phone) => vec![phone],
        Err(PhoneError::Several { .. }) => {
            written::read(text).map(|cell| doubt::all(&cell, country)).unwrap_or_default()
        }
        Err(_) => Vec::new(),
    }
}

/// A phone, or what was one before a spreadsheet shortened it, a second one came beside it, or its plus was lost.
pub fn looks_like_one(text: &str, country: Country) -> bool {
    use PhoneError as Error;
    matches!(
        parse(text, country),
        Ok(_) | Err(Error::ExcelShortened { .. } | Error::Beside { .. } | Error::Several { .. } | Error::NoPlus { .. })
    )
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

    /// In groups, as people write it abroad.
    pub fn shown(self) -> String {
        shown(&self.to_string())
    }

    /// Certainly a mobile: in some countries mobiles and fixed lines share their numbers.
    pub fn is_mobile(self) -> bool {
        let number = PhoneNumber::parse(self.to_string(), None).ok();
        number.is_some_and(|number| number.get_type() == PhoneNumberType::Mobile)
    }

    /// The largest country with its calling code.
    pub fn country(self) -> Option<Country> {
        main_country(&PhoneNumber::parse(self.to_string(), None).ok()?)
    }

    fn of(number: &PhoneNumber) -> Option<Self> {
        Self::from_e164(&number.format_as(PhoneNumberFormat::E164))
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.to_string()
    }
}

impl TryFrom<String> for Phone {
    type Error = &'static str;

    fn try_from(e164: String) -> Result<Self, Self::Error> {
        Self::from_e164(&e164).ok_or("no E.164 number")
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

impl Ord for Country {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(&other.code())
    }
}

impl PartialOrd for Country {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

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

/// All digits of the cell as one number.
fn number(cell: &Cell, country: Country) -> Result<Phone, PhoneError> {
    let digits = cell.digits();
    if digits.is_empty() {
        return Err(PhoneError::Missing);
    }
    if digits.len() < SHORTEST {
        return Err(PhoneError::TooShort { digits: digits.len(), country: country.code() });
    }
    if !cell.from_abroad && !digits.starts_with("00") {
        return from_home(&digits, country);
    }
    let read = from_abroad(&digits, country);
    if read.is_err()
        && let Some(without) = cell.without_trunk_zero()
    {
        return from_abroad(&without, country).or(read);
    }
    read
}

/// `+90538…`, `0090538…`, and `+0538…` by somebody who put a plus before the number of home.
fn from_abroad(digits: &str, country: Country) -> Result<Phone, PhoneError> {
    let significant = digits.strip_prefix("00").unwrap_or(digits);
    if significant.len() == digits.len() && digits.starts_with('0') {
        return from_home(digits, country);
    }
    if significant.starts_with('0') || significant.is_empty() {
        return Err(PhoneError::Invalid { country: country.code() });
    }
    let phone = international(significant)?;
    match dialled_abroad(digits, country) {
        Some(other) if other != phone => Err(no_plus(phone)),
        _ => Ok(phone),
    }
}

/// Where calls abroad begin with 00 and a carrier's digits, what follows 00 may be read in two ways.
fn dialled_abroad(digits: &str, country: Country) -> Option<Phone> {
    let digits = digits.strip_prefix("00").map(|_| digits)?;
    let number = PhoneNumber::parse(digits, Some(country.0)).ok().filter(PhoneNumber::is_valid)?;
    Phone::of(&number)
}

fn international(digits: &str) -> Result<Phone, PhoneError> {
    let digits = spellings::without_mexican_one(digits);
    let Ok(number) = PhoneNumber::parse(format!("+{digits}"), None) else {
        return Err(unreadable_abroad(&digits));
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

/// Digits without a plus are a number of this country or of none: of ten digits at random, one in twelve would be
/// somebody's in some other country.
fn from_home(digits: &str, country: Country) -> Result<Phone, PhoneError> {
    let calling_code = i32::from(country.calling_code());
    let home = PhoneNumber::parse(digits, Some(country.0)).ok().filter(|number| number.country_code == calling_code);
    let read = match &home {
        Some(number) => judge(number, digits.len(), &country.code()),
        None if digits.len() > LONGEST => Err(PhoneError::TooLong { digits: digits.len(), country: country.code() }),
        None => Err(PhoneError::Invalid { country: country.code() }),
    };
    if digits.starts_with(&calling_code.to_string())
        && let Ok(phone) = international(digits)
        && Ok(phone) != read
    {
        // The digits of the country's code may also begin a number at home; a mobile is what lists are about.
        return if read.is_ok() && !phone.is_mobile() { Err(no_plus(phone)) } else { Ok(phone) };
    }
    if matches!(read, Ok(_) | Err(PhoneError::Service { .. })) {
        return read;
    }
    match abroad_without_plus(digits) {
        Some(phone) => Err(no_plus(phone)),
        None => read,
    }
}

fn abroad_without_plus(digits: &str) -> Option<Phone> {
    if digits.len() < LONG_ENOUGH_FOR_ABROAD || digits.starts_with('0') {
        return None;
    }
    let number = PhoneNumber::parse(format!("+{digits}"), None).ok()?;
    number.is_valid().then(|| Phone::of(&number)).flatten()
}

fn no_plus(phone: Phone) -> PhoneError {
    let country = PhoneNumber::parse(phone.to_string(), None).ok().and_then(|number| main_country(&number));
    PhoneError::NoPlus { phone, country: country.map_or_else(String::new, Country::code) }
}

/// Lists of allotted ranges age faster than Ulak is updated, and a number in a new range must not be refused.
/// So a number passes when it is allotted, or when it has the length of a mobile and begins as the country's
/// mobiles do. Fixed lines pass as well: many businesses have WhatsApp on one.
fn judge(number: &PhoneNumber, digits: usize, country: &str) -> Result<Phone, PhoneError> {
    let country = country.to_owned();
    let kind = number.get_type();
    if kind != PhoneNumberType::Unknown || is_old_brazilian(number) {
        let phone = Phone::of(number).ok_or(PhoneError::Invalid { country })?;
        return if is_service(kind) || !number.can_be_internationally_dialled() {
            Err(PhoneError::Service { phone })
        } else {
            Ok(phone)
        };
    }
    if is_like_a_mobile(number) {
        return Phone::of(number).ok_or(PhoneError::Invalid { country });
    }
    match LIBRARY.is_possible_number_for_type_with_reason(number, PhoneNumberType::FixedLineOrMobile) {
        Err(ValidationError::TooShort) | Ok(NumberLengthType::IsPossibleLocalOnly) => {
            Err(PhoneError::TooShort { digits, country })
        }
        Err(ValidationError::TooLong) => Err(PhoneError::TooLong { digits, country }),
        _ => Err(PhoneError::Invalid { country }),
    }
}

fn is_service(kind: PhoneNumberType) -> bool {
    use PhoneNumberType as Type;
    matches!(kind, Type::PremiumRate | Type::SharedCost | Type::TollFree | Type::UAN | Type::Pager | Type::VoiceMail)
}

/// A mobile as it was before the ninth digit: one of today's without its 9.
fn is_old_brazilian(number: &PhoneNumber) -> bool {
    number.country_code == BRAZIL && Phone::of(number).and_then(Phone::with_ninth_digit).is_some_and(Phone::is_mobile)
}

const BRAZIL: i32 = 55;

/// Behind the first digits of a mobile that is allotted, the rest would be one: so many digits are a mobile's.
fn is_like_a_mobile(number: &PhoneNumber) -> bool {
    // Most digits that are no number have the wrong length, which is soon told.
    if !LIBRARY.is_possible_number_for_type(number, PhoneNumberType::Mobile) {
        return false;
    }
    let national = number.get_national_significant_number();
    let Some(country) = main_country(number) else {
        return false;
    };
    let Some((_, allotted)) = MOBILES_BEGIN_WITH.iter().find(|(region, _)| *region == country.0) else {
        return false;
    };
    let Some(rest) =
        national.get(allotted.len()..).filter(|_| national.as_bytes().first() == allotted.as_bytes().first())
    else {
        return false;
    };
    let known = PhoneNumber::parse(format!("+{}{allotted}{rest}", number.country_code), None);
    known.is_ok_and(|known| known.is_valid() && known.get_type() == PhoneNumberType::Mobile)
}

/// The largest country behind the number's calling code.
fn main_country(number: &PhoneNumber) -> Option<Country> {
    LIBRARY.get_region_for_country_code(number.country_code).map(Country)
}

/// The first digits of some mobile, for countries where mobiles are told from fixed lines by the first of them.
static MOBILES_BEGIN_WITH: LazyLock<Vec<(Region, String)>> = LazyLock::new(|| {
    let regions: Vec<Region> =
        LIBRARY.get_supported_regions().filter(|region| !LIBRARY.is_nanpa_country(*region)).collect();
    let first = |region: Region, kind: PhoneNumberType| {
        let example = LIBRARY.get_example_number_for_type_and_region(region, kind).ok()?;
        Some(example.get_national_significant_number().chars().take(3).collect::<String>())
    };
    let tells = |region: Region| {
        let mobile = first(region, PhoneNumberType::Mobile)?;
        let fixed = first(region, PhoneNumberType::FixedLine).unwrap_or_default();
        (fixed.as_bytes().first() != mobile.as_bytes().first()).then_some((region, mobile))
    };
    regions.into_iter().filter_map(tells).collect()
});

#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;

//! The spellings of one number: in three countries the same subscriber is dialled, or known to WhatsApp, in two ways.
//!
//! - **Brazil** (+55) put a 9 before its mobiles' eight digits between 2012 and 2016, region by region. Accounts that
//!   are older than that are still known to WhatsApp without it. Those eight digits begin with 6 to 9; what begins with
//!   2 to 5 is a fixed line, to which a 9 makes another subscriber.
//! - **Mexico** (+52) dialled mobiles from abroad with a 1 before the ten digits until August 2019, and WhatsApp keeps
//!   it. Since then the ten digits name the subscriber alone.
//! - **Argentina** (+54) has a 9 before the ten digits of a mobile when it is dialled from abroad, which lists leave out.
//!   The ten digits name the subscriber, because mobiles and fixed lines share no block of numbers.

use std::borrow::Cow;

use super::Phone;

impl Phone {
    /// This number as it is written here, then as else it may be written: at most one more.
    pub fn spellings(self) -> Vec<Self> {
        let digits = self.to_string();
        let other = digits.get(1..).and_then(other_spelling).and_then(|digits| digits.parse().ok());
        std::iter::once(self).chain(other.map(Self)).collect()
    }

    /// The same for every spelling of a number, as digits.
    pub fn subscriber(self) -> u64 {
        self.spellings().into_iter().map(Self::digits).min().unwrap_or(self.0)
    }

    /// A mobile of Brazil as it was before the ninth digit, with that digit; none for any other number.
    pub(super) fn with_ninth_digit(self) -> Option<Self> {
        let digits = self.0.to_string();
        let (area, old) =
            digits.strip_prefix("55").filter(|national| national.len() == 10).and_then(|n| brazil(n, ""))?;
        format!("55{area}9{old}").parse().ok().map(Self)
    }
}

/// Digits with their country's code; the ten digits of Mexico name the subscriber, with a 1 before them or without.
pub(super) fn without_mexican_one(digits: &str) -> Cow<'_, str> {
    match digits.strip_prefix("521") {
        Some(subscriber) if subscriber.len() == 10 => Cow::Owned(format!("52{subscriber}")),
        _ => Cow::Borrowed(digits),
    }
}

fn other_spelling(digits: &str) -> Option<String> {
    let (country, national) = digits.split_at_checked(2)?;
    match (country, national.len()) {
        ("55", 10) => brazil(national, "").map(|(area, old)| format!("55{area}9{old}")),
        ("55", 11) => brazil(national, "9").map(|(area, old)| format!("55{area}{old}")),
        ("52", 10) => Some(format!("521{national}")),
        ("52", 11) => national.strip_prefix('1').map(|subscriber| format!("52{subscriber}")),
        ("54", 10) => Some(format!("549{national}")),
        ("54", 11) => national.strip_prefix('9').map(|subscriber| format!("54{subscriber}")),
        _ => None,
    }
}

/// The area code, and the eight digits behind `ninth`, where they were a mobile's before the ninth digit.
fn brazil<'n>(national: &'n str, ninth: &str) -> Option<(&'n str, &'n str)> {
    let (area, rest) = national.split_at_checked(2)?;
    let old = rest.strip_prefix(ninth)?;
    old.starts_with(['6', '7', '8', '9']).then_some((area, old))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(e164: &str) -> Option<String> {
        let spellings = Phone::from_e164(e164).unwrap().spellings();
        assert_eq!(spellings[0].to_string(), e164, "the given one comes first");
        spellings.get(1).map(Phone::to_string)
    }

    #[test]
    fn two_spellings_of_one_subscriber_lead_to_each_other() {
        for (with, without) in [
            ("+5511987650123", "+551187650123"),
            ("+5585967650123", "+558567650123"),
            ("+5215512340123", "+525512340123"),
            ("+5491123450123", "+541123450123"),
            ("+5492944450123", "+542944450123"),
        ] {
            assert_eq!(other(with).as_deref(), Some(without));
            assert_eq!(other(without).as_deref(), Some(with));
        }
    }

    #[test]
    fn nobody_else_is_taken_for_the_same_subscriber() {
        for alone in [
            "+551134560123",  // a fixed line in São Paulo: with a 9 it would be somebody's mobile
            "+5511934560123", // that mobile
            "+5511887650123", // eleven digits without the ninth: no number of the plan
            "+5225512340123", // eleven digits in Mexico that do not begin with 1
            "+5481123450123", // eleven digits in Argentina that do not begin with 9
            "+55119876501",   // too short
            "+905325550142",
            "+6281255501470",
            "+12025550142",
        ] {
            assert_eq!(other(alone), None, "{alone}");
        }
    }
}

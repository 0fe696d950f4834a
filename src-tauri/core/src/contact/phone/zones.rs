//! What time it is where a phone is from. Pure.
//!
//! A number tells its country and no more. Where all of a country keeps one time, that is the time of whoever has the
//! number; where it has several, nobody can tell, and the owner's counts. The table is of the tz database, which a test
//! compares it with.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use chrono_tz::Tz;
use rlibphonenumber::{PHONE_NUMBER_UTIL as LIBRARY, PhoneNumber, Region};

use super::{Country, Phone};
use crate::stored::{UnknownWord, stored_text};

/// On whose clock a person's hours are: the one of their country, or the owner's where that has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WhoseClock(Option<Country>);

impl WhoseClock {
    pub const OWNERS: Self = Self(None);

    pub fn of(phone: &str) -> Self {
        Self::in_country(Country::of_phone(phone))
    }

    pub fn in_country(country: Option<Country>) -> Self {
        Self(country.filter(|country| country.only_zone().is_some()))
    }

    pub fn country(self) -> Option<Country> {
        self.0
    }

    pub fn zone(self, owners: Tz) -> Tz {
        self.0.and_then(Country::only_zone).unwrap_or(owners)
    }
}

/// The country's code, or nothing.
impl fmt::Display for WhoseClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |country| f.write_str(&country.code()))
    }
}

impl FromStr for WhoseClock {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let unknown = || UnknownWord { of: "WhoseClock", word: word.to_owned() };
        if word.is_empty() { Ok(Self::OWNERS) } else { Country::of(word).map(Some).map(Self).ok_or_else(unknown) }
    }
}

stored_text!(WhoseClock, |clock: &WhoseClock| clock.to_string());

impl Country {
    /// The one that an E.164 number belongs to, of several behind one calling code too.
    pub fn of_phone(phone: &str) -> Option<Self> {
        Phone::from_e164(phone).and_then(Phone::exact_country)
    }

    /// None where parts of the country keep different times.
    pub fn only_zone(self) -> Option<Tz> {
        ZONES.get(self.code().as_str()).copied()
    }
}

impl Phone {
    fn exact_country(self) -> Option<Country> {
        let digits = self.0.to_string();
        let regions = |length: usize| {
            let code = digits.get(..length)?.parse().ok()?;
            LIBRARY.get_regions_for_country_calling_code(code).map(Iterator::collect::<Vec<Region>>)
        };
        // No calling code is the beginning of another one.
        match (1..=3).find_map(regions)?.as_slice() {
            [only] => Some(Country(*only)),
            _ => PhoneNumber::parse(self.to_string(), None).ok()?.get_region_code().map(Country),
        }
    }
}

static ZONES: LazyLock<BTreeMap<&'static str, Tz>> = LazyLock::new(|| {
    let lines = include_str!("zones.txt").lines().filter_map(|line| line.split_once(' '));
    lines.filter_map(|(country, zone)| Some((country, zone.parse().ok()?))).collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{DAY, local};

    /// The times that a zone keeps over the next years, by the zone's distance from Greenwich at noon of each day.
    fn times(zone: Tz) -> Vec<String> {
        (20_454..24_000).step_by(3).map(|day| local(day * DAY + DAY / 2, zone).format("%z").to_string()).collect()
    }

    #[test]
    fn the_table_has_every_country_that_keeps_one_time_and_no_other() {
        let mut zones: BTreeMap<&str, Vec<Tz>> = BTreeMap::new();
        let table = include_str!("../../../../../tests/fixtures/zones/zone.tab");
        for (country, zone) in table.lines().filter_map(|line| line.split_once('\t')) {
            zones.entry(country).or_default().push(zone.parse().unwrap());
        }
        assert_eq!(zones.len(), 247);
        for (country, zones) in &zones {
            let one = zones.iter().all(|zone| times(*zone) == times(zones[0]));
            let told = ZONES.get(country);
            assert_eq!(told.is_some(), one, "{country}");
            assert!(told.is_none_or(|told| zones.contains(told)), "{country}");
        }
        assert_eq!(ZONES.len(), include_str!("zones.txt").lines().count(), "every line is read");
        assert!(ZONES.keys().all(|country| zones.contains_key(country)));
    }

    #[test]
    fn a_number_is_on_the_clock_of_its_country_and_where_that_has_several_on_the_owners() {
        for (phone, country) in [
            ("+905385550114", "TR"),
            ("+4915123456789", "DE"),
            ("+819012345678", "JP"),
            ("+77012345678", "KZ"),
            ("+18095551234", "DO"),
            ("+441534555012", "JE"),
            ("+447400123456", "GB"),
            ("+6281255501001", ""),
            ("+12125550142", ""),
            ("+5511955501234", ""),
            ("+79161234567", ""),
            ("+88351000000000", ""),
            ("", ""),
        ] {
            assert_eq!(WhoseClock::of(phone).to_string(), country, "{phone}");
        }
    }

    #[test]
    fn it_is_stored_as_it_is_read_and_what_is_no_country_is_an_error() {
        for clock in [WhoseClock::OWNERS, WhoseClock::of("+819012345678")] {
            assert_eq!(clock.to_string().parse(), Ok(clock));
        }
        assert!("Mars".parse::<WhoseClock>().is_err());
        assert_eq!(WhoseClock::OWNERS.zone(Tz::Asia__Jakarta), Tz::Asia__Jakarta);
        assert_eq!(WhoseClock::of("+819012345678").zone(Tz::UTC), Tz::Asia__Tokyo);
    }
}

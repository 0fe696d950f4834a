//! Public holidays that the owner may close. Ulak closes none by itself.
//!
//! Sources: for Turkey the law no. 2429 on national and general holidays, and the calendar of the Presidency of Religious
//! Affairs for the religious ones; half days before a holiday are left out. For Indonesia the joint decree of three
//! ministers on the national holidays of 2026 (no. 1497, 2 and 5 of 2025). The religious days of 2027 are reckoned from
//! their calendars, for they are announced later; collective leave is left out.

use chrono::NaiveDate;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Holiday {
    /// ISO 3166 code.
    pub country: String,
    #[cfg_attr(feature = "bindings", specta(type = String))]
    pub day: NaiveDate,
    pub en: String,
    pub tr: String,
    pub id: String,
    /// It is announced later, and may still move by a day.
    pub reckoned: bool,
}

/// Those of both countries, in the order of their days.
pub fn holidays() -> Vec<Holiday> {
    let of = |country: &'static str, rows: &'static [Row]| rows.iter().filter_map(move |row| holiday(country, row));
    let mut all: Vec<Holiday> = of("TR", TURKEY).chain(of("ID", INDONESIA)).collect();
    all.sort_by_key(|holiday| holiday.day);
    all
}

fn holiday(country: &str, (day, en, tr, id, reckoned): &Row) -> Option<Holiday> {
    let [en, tr, id] = [en, tr, id].map(|name| (*name).to_owned());
    Some(Holiday { country: country.to_owned(), day: day.parse().ok()?, en, tr, id, reckoned: *reckoned })
}

/// The day, its name in English, Turkish and Indonesian, and whether it is reckoned.
type Row = (&'static str, &'static str, &'static str, &'static str, bool);

const FIXED: bool = false;
const RECKONED: bool = true;

#[rustfmt::skip]
const TURKEY: &[Row] = &[
    ("2026-01-01", "New Year's Day", "Yılbaşı", "Tahun Baru", FIXED),
    ("2026-03-20", "Eid al-Fitr, day 1", "Ramazan Bayramı 1. gün", "Idulfitri, hari ke-1", FIXED),
    ("2026-03-21", "Eid al-Fitr, day 2", "Ramazan Bayramı 2. gün", "Idulfitri, hari ke-2", FIXED),
    ("2026-03-22", "Eid al-Fitr, day 3", "Ramazan Bayramı 3. gün", "Idulfitri, hari ke-3", FIXED),
    ("2026-04-23", "National Sovereignty and Children's Day", "Ulusal Egemenlik ve Çocuk Bayramı", "Hari Kedaulatan Nasional dan Anak", FIXED),
    ("2026-05-01", "Labour Day", "Emek ve Dayanışma Günü", "Hari Buruh", FIXED),
    ("2026-05-19", "Atatürk, Youth and Sports Day", "Atatürk'ü Anma, Gençlik ve Spor Bayramı", "Hari Atatürk, Pemuda, dan Olahraga", FIXED),
    ("2026-05-27", "Eid al-Adha, day 1", "Kurban Bayramı 1. gün", "Iduladha, hari ke-1", FIXED),
    ("2026-05-28", "Eid al-Adha, day 2", "Kurban Bayramı 2. gün", "Iduladha, hari ke-2", FIXED),
    ("2026-05-29", "Eid al-Adha, day 3", "Kurban Bayramı 3. gün", "Iduladha, hari ke-3", FIXED),
    ("2026-05-30", "Eid al-Adha, day 4", "Kurban Bayramı 4. gün", "Iduladha, hari ke-4", FIXED),
    ("2026-07-15", "Democracy and National Unity Day", "Demokrasi ve Millî Birlik Günü", "Hari Demokrasi dan Persatuan Nasional", FIXED),
    ("2026-08-30", "Victory Day", "Zafer Bayramı", "Hari Kemenangan", FIXED),
    ("2026-10-29", "Republic Day", "Cumhuriyet Bayramı", "Hari Republik", FIXED),
    ("2027-01-01", "New Year's Day", "Yılbaşı", "Tahun Baru", FIXED),
    ("2027-03-09", "Eid al-Fitr, day 1", "Ramazan Bayramı 1. gün", "Idulfitri, hari ke-1", RECKONED),
    ("2027-03-10", "Eid al-Fitr, day 2", "Ramazan Bayramı 2. gün", "Idulfitri, hari ke-2", RECKONED),
    ("2027-03-11", "Eid al-Fitr, day 3", "Ramazan Bayramı 3. gün", "Idulfitri, hari ke-3", RECKONED),
    ("2027-04-23", "National Sovereignty and Children's Day", "Ulusal Egemenlik ve Çocuk Bayramı", "Hari Kedaulatan Nasional dan Anak", FIXED),
    ("2027-05-01", "Labour Day", "Emek ve Dayanışma Günü", "Hari Buruh", FIXED),
    ("2027-05-16", "Eid al-Adha, day 1", "Kurban Bayramı 1. gün", "Iduladha, hari ke-1", RECKONED),
    ("2027-05-17", "Eid al-Adha, day 2", "Kurban Bayramı 2. gün", "Iduladha, hari ke-2", RECKONED),
    ("2027-05-18", "Eid al-Adha, day 3", "Kurban Bayramı 3. gün", "Iduladha, hari ke-3", RECKONED),
    ("2027-05-19", "Atatürk, Youth and Sports Day; Eid al-Adha, day 4", "Atatürk'ü Anma, Gençlik ve Spor Bayramı; Kurban Bayramı 4. gün", "Hari Atatürk, Pemuda, dan Olahraga; Iduladha, hari ke-4", FIXED),
    ("2027-07-15", "Democracy and National Unity Day", "Demokrasi ve Millî Birlik Günü", "Hari Demokrasi dan Persatuan Nasional", FIXED),
    ("2027-08-30", "Victory Day", "Zafer Bayramı", "Hari Kemenangan", FIXED),
    ("2027-10-29", "Republic Day", "Cumhuriyet Bayramı", "Hari Republik", FIXED),
];

#[rustfmt::skip]
const INDONESIA: &[Row] = &[
    ("2026-01-01", "New Year's Day", "Yılbaşı", "Tahun Baru Masehi", FIXED),
    ("2026-01-16", "Ascension of the Prophet", "Miraç Kandili", "Isra Mikraj", FIXED),
    ("2026-02-17", "Chinese New Year", "Çin Yeni Yılı", "Tahun Baru Imlek", FIXED),
    ("2026-03-19", "Nyepi, Day of Silence", "Nyepi, Sessizlik Günü", "Hari Suci Nyepi", FIXED),
    ("2026-03-21", "Eid al-Fitr, day 1", "Ramazan Bayramı 1. gün", "Idulfitri, hari ke-1", FIXED),
    ("2026-03-22", "Eid al-Fitr, day 2", "Ramazan Bayramı 2. gün", "Idulfitri, hari ke-2", FIXED),
    ("2026-04-03", "Good Friday", "Kutsal Cuma", "Wafat Yesus Kristus", FIXED),
    ("2026-04-05", "Easter Sunday", "Paskalya", "Kebangkitan Yesus Kristus (Paskah)", FIXED),
    ("2026-05-01", "Labour Day", "İşçi Bayramı", "Hari Buruh Internasional", FIXED),
    ("2026-05-14", "Ascension of Jesus Christ", "İsa'nın Göğe Yükselişi", "Kenaikan Yesus Kristus", FIXED),
    ("2026-05-27", "Eid al-Adha", "Kurban Bayramı", "Iduladha", FIXED),
    ("2026-05-31", "Vesak", "Vesak", "Hari Raya Waisak", FIXED),
    ("2026-06-01", "Pancasila Day", "Pancasila Günü", "Hari Lahir Pancasila", FIXED),
    ("2026-06-16", "Islamic New Year", "Hicri Yılbaşı", "Tahun Baru Islam", FIXED),
    ("2026-08-17", "Independence Day", "Bağımsızlık Günü", "Hari Kemerdekaan", FIXED),
    ("2026-08-25", "Birthday of the Prophet", "Mevlid Kandili", "Maulid Nabi Muhammad", FIXED),
    ("2026-12-25", "Christmas Day", "Noel", "Hari Raya Natal", FIXED),
    ("2027-01-01", "New Year's Day", "Yılbaşı", "Tahun Baru Masehi", FIXED),
    ("2027-01-05", "Ascension of the Prophet", "Miraç Kandili", "Isra Mikraj", RECKONED),
    ("2027-02-06", "Chinese New Year", "Çin Yeni Yılı", "Tahun Baru Imlek", RECKONED),
    ("2027-03-08", "Nyepi, Day of Silence", "Nyepi, Sessizlik Günü", "Hari Suci Nyepi", RECKONED),
    ("2027-03-10", "Eid al-Fitr, day 1", "Ramazan Bayramı 1. gün", "Idulfitri, hari ke-1", RECKONED),
    ("2027-03-11", "Eid al-Fitr, day 2", "Ramazan Bayramı 2. gün", "Idulfitri, hari ke-2", RECKONED),
    ("2027-03-26", "Good Friday", "Kutsal Cuma", "Wafat Yesus Kristus", FIXED),
    ("2027-03-28", "Easter Sunday", "Paskalya", "Kebangkitan Yesus Kristus (Paskah)", FIXED),
    ("2027-05-01", "Labour Day", "İşçi Bayramı", "Hari Buruh Internasional", FIXED),
    ("2027-05-06", "Ascension of Jesus Christ", "İsa'nın Göğe Yükselişi", "Kenaikan Yesus Kristus", FIXED),
    ("2027-05-17", "Eid al-Adha", "Kurban Bayramı", "Iduladha", RECKONED),
    ("2027-05-20", "Vesak", "Vesak", "Hari Raya Waisak", RECKONED),
    ("2027-06-01", "Pancasila Day", "Pancasila Günü", "Hari Lahir Pancasila", FIXED),
    ("2027-06-06", "Islamic New Year", "Hicri Yılbaşı", "Tahun Baru Islam", RECKONED),
    ("2027-08-15", "Birthday of the Prophet", "Mevlid Kandili", "Maulid Nabi Muhammad", RECKONED),
    ("2027-08-17", "Independence Day", "Bağımsızlık Günü", "Hari Kemerdekaan", FIXED),
    ("2027-12-25", "Christmas Day", "Noel", "Hari Raya Natal", FIXED),
];

#[cfg(test)]
mod tests {
    use chrono::Datelike;

    use super::*;

    #[test]
    fn every_row_is_a_day_of_its_own_and_both_years_are_there_for_both_countries() {
        let all = holidays();
        assert_eq!(all.len(), TURKEY.len() + INDONESIA.len(), "each row has a day that exists");
        for (country, year, days) in [("TR", 2026, 14), ("TR", 2027, 13), ("ID", 2026, 17), ("ID", 2027, 17)] {
            let mut of_year: Vec<NaiveDate> =
                all.iter().filter(|one| one.country == country && one.day.year() == year).map(|one| one.day).collect();
            of_year.dedup();
            assert_eq!(of_year.len(), days, "{country} {year}");
        }
    }

    #[test]
    fn no_day_by_the_moon_is_promised_before_it_is_announced() {
        let promised: Vec<Holiday> =
            holidays().into_iter().filter(|one| one.day.year() == 2027 && !one.reckoned).collect();
        let by_the_moon = ["Eid", "Nyepi", "Vesak", "Islamic", "Prophet", "Chinese"];
        assert!(promised.iter().all(|one| by_the_moon.iter().all(|word| !one.en.starts_with(word))));
    }
}

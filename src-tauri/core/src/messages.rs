//! The window's sentences, for what is written into files in the owner's language: the words stand in one place.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use crate::error::Problem;

pub struct Messages {
    tag: &'static str,
    texts: BTreeMap<String, Value>,
}

impl Messages {
    /// English where Ulak does not speak the language.
    pub fn of(tag: &str) -> Self {
        let (tag, page) = match tag {
            "tr" => ("tr", include_str!("../../../ui/messages/tr.json")),
            "id" => ("id", include_str!("../../../ui/messages/id.json")),
            _ => ("en", include_str!("../../../ui/messages/en.json")),
        };
        Self { tag, texts: serde_json::from_str(page).unwrap_or_default() }
    }

    pub fn tag(&self) -> &'static str {
        self.tag
    }

    pub fn say(&self, key: &str, filled: &[(&str, &str)]) -> String {
        self.counted(key, 0, filled)
    }

    /// Of a sentence with a form for one and a form for more.
    pub fn counted(&self, key: &str, count: i64, filled: &[(&str, &str)]) -> String {
        let form = if count == 1 { "form=one" } else { "form=*" };
        let text = match self.texts.get(key) {
            Some(Value::String(text)) => Some(text.as_str()),
            Some(forms) => forms.pointer("/0/match").and_then(|forms| forms.get(form)).and_then(Value::as_str),
            None => None,
        };
        let text = text.unwrap_or(key).to_owned();
        filled.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// What went wrong, in this language; in English where it has no sentence for that, or not all that fills it.
    pub fn problem(&self, problem: &Problem) -> String {
        let key = format!("error_{}", problem.code.replace('.', "_"));
        let filled: Vec<(&str, &str)> =
            problem.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let places: Vec<(&str, &str)> = filled.iter().map(|(name, _)| (*name, "")).collect();
        let whole = self.has(&key) && !self.say(&key, &places).contains(['{', '}']);
        if whole { self.say(&key, &filled) } else { problem.message.clone() }
    }

    /// Whether there is a sentence of this name.
    pub fn has(&self, key: &str) -> bool {
        self.texts.contains_key(key)
    }

    /// 1,151
    pub fn number(&self, value: i64) -> String {
        let digits = value.unsigned_abs().to_string();
        let mut shown = String::with_capacity(digits.len() + 4);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                shown.push(if self.tag == "en" { ',' } else { '.' });
            }
            shown.push(digit);
        }
        if value < 0 { format!("−{shown}") } else { shown }
    }

    /// 1,250.50 of a number in ten-thousandths.
    pub fn money(&self, ten_thousandths: i64) -> String {
        let cents = (ten_thousandths + ten_thousandths.signum() * 50) / 100;
        let mark = if self.tag == "en" { '.' } else { ',' };
        format!("{}{mark}{:02}", self.number(cents / 100), (cents % 100).abs())
    }

    /// 72%, in Turkish %72
    pub fn percent(&self, part: i64, whole: i64) -> String {
        let share = if whole == 0 { 0 } else { (part * 200 + whole) / (2 * whole) };
        if self.tag == "tr" { format!("%{share}") } else { format!("{share}%") }
    }

    /// 9 November 2026
    pub fn day(&self, day: NaiveDate) -> String {
        let months = match self.tag {
            "tr" => TURKISH,
            "id" => INDONESIAN,
            _ => ENGLISH,
        };
        let month = months.get(day.month0() as usize).copied().unwrap_or_default();
        format!("{} {month} {}", day.day(), day.year())
    }

    /// 14:22, in Turkish and Indonesian 14.22
    pub fn clock(&self, hour: u32, minute: u32) -> String {
        format!("{hour:02}{}{minute:02}", if self.tag == "en" { ':' } else { '.' })
    }
}

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const TURKISH: [&str; 12] =
    ["Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"];
const INDONESIAN: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_filled_in_every_language_and_numbers_written_its_way() {
        let said = |tag: &str| {
            let messages = Messages::of(tag);
            let n = messages.number(1_234_567);
            messages.counted("live_retried", 1_234_567, &[("n", &n)])
        };
        assert_eq!(said("en"), "1,234,567 messages are tried again");
        assert!(said("tr").contains("1.234.567") && said("id").contains("1.234.567"));
        assert_eq!(Messages::of("en").counted("live_retried", 1, &[]), "1 message is tried again");
        let turkish = Messages::of("tr");
        assert_eq!(
            (turkish.percent(2, 3), turkish.money(5_000), turkish.clock(9, 5)),
            ("%67".into(), "0,50".into(), "09.05".into())
        );
        assert_eq!(
            (Messages::of("en").percent(1, 0), Messages::of("en").money(-12_505_000)),
            ("0%".into(), "−1,250.50".into())
        );
        assert_eq!(turkish.day(NaiveDate::from_ymd_opt(2026, 8, 9).unwrap()), "9 Ağustos 2026");
    }
}

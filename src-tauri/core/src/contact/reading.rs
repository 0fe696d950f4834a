//! What a text of a list reads as: a day, or a number. Pure, and the one place that says so.
//!
//! Consent columns are read by it, and the fields that a segment compares. What reads as neither is a text.

use chrono::NaiveDate;

/// 02.09.2025, 2/9/25 or 2025-09-02, with a clock behind it or without. Day before month, unless only the other way is a
/// date.
pub fn day(text: &str) -> Option<NaiveDate> {
    let date = text.trim().split([' ', 'T', ',']).next()?;
    let parts: Vec<&str> = date.split(['.', '/', '-']).collect();
    let [first, second, third] = parts[..] else { return None };
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let year = |text: &str| match (text.len(), i32::try_from(number(text)?).ok()?) {
        (2, year) => Some(2000 + year),
        (4, year) => Some(year),
        _ => None,
    };
    match first.len() {
        4 => NaiveDate::from_ymd_opt(year(first)?, number(second)?, number(third)?),
        _ => NaiveDate::from_ymd_opt(year(third)?, number(second)?, number(first)?).or(NaiveDate::from_ymd_opt(
            year(third)?,
            number(first)?,
            number(second)?,
        )),
    }
}

/// A number in ten-thousandths.
pub type Number = i64;

const DECIMALS: usize = 4;

/// 1250, 1.250, 1 250,50, 1,250.50, -3, ₺ 1.250, Rp 12.500,00 or 15%; what lies behind the fourth decimal is cut. A mark before
/// exactly three digits parts thousands, as 1.250 does everywhere that lira and rupiah are counted, unless a zero stands
/// before it.
pub fn number(text: &str) -> Option<Number> {
    let text = text.to_lowercase();
    let text = without_currency(text.trim());
    let (sign, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (-1, rest.trim_start()),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, decimals) = split(without_currency(text))?;
    let whole = digits(&whole)?;
    let padded: String = decimals.chars().chain(std::iter::repeat('0')).take(DECIMALS).collect();
    let unit = 10_i64.pow(u32::try_from(DECIMALS).ok()?);
    whole.checked_mul(unit)?.checked_add(digits(&padded)?)?.checked_mul(sign)
}

/// Words and signs of money and shares that stand before or behind a number.
const CURRENCIES: [&str; 11] = ["%", "₺", "tl", "try", "rp.", "rp", "idr", "$", "usd", "€", "eur"];

fn without_currency(text: &str) -> &str {
    let text = CURRENCIES.iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text).trim_start();
    CURRENCIES.iter().find_map(|word| text.strip_suffix(word)).unwrap_or(text).trim_end()
}

/// The digits before the decimal mark and those behind it.
fn split(text: &str) -> Option<(String, String)> {
    let is_mark = |c: char| matches!(c, '.' | ',');
    let is_blank = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'');
    let last = text.rfind(is_mark);
    let decimal = last.filter(|at| !parts_thousands(text, *at));
    let (whole, decimals) = match decimal {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    let decimal_mark = decimal.and_then(|at| text.get(at..)?.chars().next());
    let groups: Vec<&str> = whole.split(|c| (is_mark(c) && Some(c) != decimal_mark) || is_blank(c)).collect();
    let (first, others) = groups.split_first()?;
    let grouped = others.is_empty() || ((1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3));
    grouped.then(|| (groups.concat(), decimals.to_owned()))
}

fn parts_thousands(text: &str, at: usize) -> bool {
    let (before, behind) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let mark = text.get(at..).and_then(|rest| rest.chars().next());
    let other = before.chars().any(|c| matches!(c, '.' | ',') && Some(c) != mark);
    let again = before.chars().any(|c| Some(c) == mark);
    again || (behind.len() == 3 && !other && before != "0" && !before.is_empty())
}

fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_lists_write_them() {
        for (text, value) in [
            ("1250", 12_500_000),
            ("1.250", 12_500_000),
            ("1,250", 12_500_000),
            ("1 250", 12_500_000),
            ("1.250,50", 12_505_000),
            ("1,250.50", 12_505_000),
            ("1.250.000", 12_500_000_000),
            ("1250.5", 12_505_000),
            ("12,5", 125_000),
            ("0.125", 1_250),
            ("0,99999", 9_999),
            ("-3", -30_000),
            ("₺1.250,50", 12_505_000),
            ("1.250 TL", 12_500_000),
            ("Rp 12.500,00", 125_000_000),
            ("Rp12.500", 125_000_000),
            ("-₺ 3", -30_000),
            ("007", 70_000),
            ("15%", 150_000),
            ("%7,5", 75_000),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in
            ["", "abc", "12 adet", "1.2.3", "1,2,3", "+", "-", ".", "1..5", "12,5,", "TL", "1 25", "99999999999999999"]
        {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_read_as_shops_write_them() {
        let second = NaiveDate::from_ymd_opt(2025, 9, 2);
        for text in ["02.09.2025", "2/9/2025", "2-9-25", "2025-09-02", "02.09.2025 14:11", "2025-09-02T08:00:00"] {
            assert_eq!(day(text), second, "{text}");
        }
        assert_eq!(day("09/15/2025"), NaiveDate::from_ymd_opt(2025, 9, 15));
        for text in ["2.9", "31.02.2025", "geçen yaz", "1.250.000", ""] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}

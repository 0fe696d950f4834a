//! A number of a workbook as its owner sees it: thousands, decimals, currency and percent, where its format is one of the
//! common ones. Pure.
//!
//! Called by `workbook`. What is written here is read back as the same number (`contact/reading.rs`); a number whose
//! format says anything else is written with its digits alone.

/// What a format does with a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberFormat {
    before: String,
    after: String,
    /// So many digits at least before the mark.
    whole: usize,
    /// So many decimals at most, and at least.
    decimals: usize,
    least: usize,
    is_grouped: bool,
    is_percent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Before,
    Whole,
    Decimals,
    After,
}

/// A whole number from here on, with neither a currency nor a percent sign, is an account or a phone and no amount.
const LONG: f64 = 1e8;
/// So much that a half goes up, and what is less does not.
const HALF_UP: f64 = 4e-16;
/// Beyond it a workbook keeps no single digits.
const LARGEST: f64 = 1e15;

impl NumberFormat {
    /// Of a format's code as workbooks store it, as `#,##0.00\ [$₺-41F];[Red]-#,##0.00`. Its first part counts. None for
    /// dates, fractions, scales, conditions, words, and digits in groups as in `0000 000 00 00`.
    pub fn of(code: &str) -> Option<Self> {
        let mut format = Self::default();
        let (mut place, mut comma) = (Place::Before, false);
        let mut signs = code.chars();
        while let Some(sign) = signs.next() {
            let literal = match sign {
                ';' => break,
                '0' | '#' | '?' => {
                    place = place.max(Place::Whole);
                    format.digit(place, sign == '0')?;
                    format.is_grouped |= std::mem::take(&mut comma);
                    continue;
                }
                ',' if place == Place::Whole && !comma => {
                    comma = true;
                    continue;
                }
                '.' if place <= Place::Whole && !comma => {
                    place = Place::Decimals;
                    continue;
                }
                '"' => signs.by_ref().take_while(|sign| *sign != '"').collect(),
                '\\' => signs.next()?.to_string(),
                // As wide as the next sign, or filled with it.
                '_' | '*' => {
                    signs.next();
                    continue;
                }
                '[' => bracketed(&signs.by_ref().take_while(|sign| *sign != ']').collect::<String>())?,
                '%' => {
                    format.is_percent = true;
                    sign.to_string()
                }
                ' ' | '\u{a0}' | '-' | '+' | '₺' | '$' | '€' | '£' => sign.to_string(),
                _ => return None,
            };
            if comma {
                return None;
            }
            place = format.literal(place, &literal);
        }
        (place > Place::Before && !comma && format.decimals + format.whole < 30).then_some(format)
    }

    fn digit(&mut self, place: Place, is_shown: bool) -> Option<()> {
        match place {
            Place::Before | Place::Whole => self.whole += usize::from(is_shown),
            Place::Decimals => {
                self.decimals += 1;
                self.least += usize::from(is_shown);
            }
            Place::After => return None,
        }
        Some(())
    }

    /// Where the next sign stands.
    fn literal(&mut self, place: Place, text: &str) -> Place {
        match place {
            _ if text.is_empty() => place,
            Place::Before => {
                self.before.push_str(text);
                place
            }
            Place::Whole | Place::Decimals | Place::After => {
                self.after.push_str(text);
                Place::After
            }
        }
    }

    /// `comma` where a comma stands before decimals, and points between thousands.
    pub fn shown(&self, number: f64, comma: bool) -> String {
        let value = if self.is_percent { number * 100.0 } else { number };
        let is_bare = self.before.trim().is_empty() && self.after.trim().is_empty();
        let is_long = is_bare && value.fract() == 0.0 && value.abs() >= LONG && self.whole < 2;
        if !value.is_finite() || value.abs() >= LARGEST || is_long {
            return plain(number);
        }
        let fixed = format!("{:.*}", self.decimals, rounded(value).abs() * (1.0 + HALF_UP));
        let (whole, decimals) = fixed.split_once('.').unwrap_or((&fixed, ""));
        let mut decimals = decimals.to_owned();
        while decimals.len() > self.least && decimals.ends_with('0') {
            decimals.pop();
        }
        let is_zero = fixed.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let least = self.whole;
        let whole = format!("{whole:0>least$}");
        let (group, mark) = if comma { ('.', ',') } else { (',', '.') };
        let whole = if self.is_grouped { grouped(&whole, group) } else { whole };
        if looks_like_thousands(&whole, &decimals) {
            decimals.push('0');
        }
        let sign = if number < 0.0 && !is_zero { "-" } else { "" };
        let mark = if decimals.is_empty() { String::new() } else { mark.to_string() };
        format!("{}{sign}{whole}{mark}{decimals}{}", self.before, self.after).trim().to_owned()
    }
}

/// All digits, without an exponent and without the noise behind the fifteenth.
pub fn plain(number: f64) -> String {
    if number.fract() == 0.0 {
        return format!("{number:.0}");
    }
    let text = rounded(number).to_string();
    match text.split_once('.') {
        Some((whole, decimals)) if looks_like_thousands(whole.trim_start_matches('-'), decimals) => format!("{text}0"),
        _ => text,
    }
}

/// A workbook keeps fifteen digits; the others come about by counting in binary.
fn rounded(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}

/// `12.125` would be read as twelve thousand.
fn looks_like_thousands(whole: &str, decimals: &str) -> bool {
    decimals.len() == 3 && whole != "0" && whole.bytes().all(|byte| byte.is_ascii_digit())
}

fn grouped(digits: &str, mark: char) -> String {
    let mut shown = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(mark);
        }
        shown.push(digit);
    }
    shown
}

/// `[$₺-41F]` is a currency and `[Red]` a colour; `[<=9999999]` is a condition.
fn bracketed(inside: &str) -> Option<String> {
    match inside.strip_prefix('$') {
        Some(currency) => Some(currency.split('-').next().unwrap_or_default().to_owned()),
        None => inside.chars().all(char::is_alphanumeric).then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::reading;
    use super::*;

    #[test]
    fn a_number_is_shown_as_in_the_workbook() {
        for (code, number, turkish, english) in [
            ("\"₺\"#,##0.00", 1250.5, "₺1.250,50", "₺1,250.50"),
            ("#,##0.00\\ [$₺-41F];[Red]\\-#,##0.00\\ [$₺-41F]", 1250.5, "1.250,50 ₺", "1,250.50 ₺"),
            ("[$Rp-421]#,##0", 12_500.0, "Rp12.500", "Rp12,500"),
            ("_-* #,##0.00\\ \"TL\"_-;\\-* #,##0.00\\ \"TL\"_-", -1250.5, "-1.250,50 TL", "-1,250.50 TL"),
            ("#,##0", 1_250_000.0, "1.250.000", "1,250,000"),
            ("0.00", 12.125, "12,13", "12.13"),
            ("0.000", 12.125, "12,1250", "12.1250"),
            ("0.###", 0.125, "0,125", "0.125"),
            ("0.0#", 12.0, "12,0", "12.0"),
            ("0%", 0.15, "15%", "15%"),
            ("0.0%", 0.07, "7,0%", "7.0%"),
            ("00000", 42.0, "00042", "00042"),
            ("00000000000", 5_385_550_142.0, "05385550142", "05385550142"),
            ("#,##0", 5_385_550_142.0, "5385550142", "5385550142"),
            ("0", 5_385_550_142.0, "5385550142", "5385550142"),
            ("[$Rp-421]#,##0", 1_250_000_000.0, "Rp1.250.000.000", "Rp1,250,000,000"),
            ("0.00", -0.001, "0,00", "0.00"),
        ] {
            let format = NumberFormat::of(code).unwrap();
            assert_eq!([format.shown(number, true), format.shown(number, false)], [turkish, english], "{code}");
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same_number() {
        for code in ["\"₺\"#,##0.00", "#,##0.000", "0.000", "0.0###", "#,##0.00\\ \"TL\"", "[$Rp-421]#,##0.0000"] {
            let format = NumberFormat::of(code).unwrap();
            for (number, value) in [(12.125, 121_250), (1250.5, 12_505_000), (0.125, 1_250), (-3.25, -32_500)] {
                // Where the format cuts the third decimal, the owner sees it cut.
                let value = if format.decimals == 2 { (value + 50 * i64::signum(value)) / 100 * 100 } else { value };
                for comma in [true, false] {
                    let shown = format.shown(number, comma);
                    assert_eq!(reading::number(&shown), Some(value), "{code} {shown}");
                }
            }
        }
        for (number, text) in [
            (12.125, "12.1250"),
            (0.1 + 0.2, "0.3"),
            (-1.005, "-1.0050"),
            (250.5, "250.5"),
            (5_385_550_142.0, "5385550142"),
        ] {
            assert_eq!(plain(number), text);
        }
    }

    #[test]
    fn other_formats_leave_the_digits_alone() {
        for code in [
            "General",
            "@",
            "0.00E+00",
            "# ?/?",
            "0 000 000 00 00",
            "#,##0,",
            "[<=9999999]###-####",
            "0 \"adet\" 0",
            "0,.0",
            "",
        ] {
            assert_eq!(NumberFormat::of(code), None, "{code}");
        }
    }
}

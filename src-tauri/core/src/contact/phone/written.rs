//! What a cell with a phone says: a plus or none, and digits.
//!
//! Spreadsheets and address books decorate numbers (spaces, brackets, labels, invisible marks, other scripts'
//! digits) and damage them (E-notation, `####`). Decoration is taken off here; damage is an error.

use super::PhoneError;

/// Whether the number begins with a plus, and its ASCII digits.
pub(super) fn read(text: &str) -> Result<(bool, String), PhoneError> {
    let plain = plain(text);
    let number = without_label(unquoted(plain.trim()));
    if let Some(found) = scientific(number) {
        return found.map(|digits| (false, digits));
    }
    let number = without_decimals(number);
    refuse_words(number)?;
    refuse_several(number)?;
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Err(PhoneError::Missing);
    }
    Ok((number.starts_with('+') || number.starts_with("(+"), digits))
}

/// ASCII digits, plain spaces and hyphens; no invisible marks.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).map(plain_char).collect()
}

/// Zero-width and direction marks, which copying from a web page or WhatsApp brings along.
pub(in crate::contact) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
        || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

fn plain_char(c: char) -> char {
    match c {
        _ if c.is_ascii() => c,
        '\u{660}'..='\u{669}' => digit(c, '\u{660}'),
        '\u{6f0}'..='\u{6f9}' => digit(c, '\u{6f0}'),
        '\u{966}'..='\u{96f}' => digit(c, '\u{966}'),
        '\u{ff10}'..='\u{ff19}' => digit(c, '\u{ff10}'),
        '\u{ff0b}' | '\u{fe62}' => '+',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' | '\u{fe63}' => '-',
        '\u{ff08}' => '(',
        '\u{ff09}' => ')',
        _ if c.is_whitespace() => ' ',
        _ => c,
    }
}

fn digit(c: char, zero: char) -> char {
    char::from_digit(u32::from(c) - u32::from(zero), 10).unwrap_or(c)
}

/// `="0538…"` and `'0538…` are how people keep Excel from shortening a number.
fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(text).trim_start_matches('\'').trim()
}

/// The labels of address books and lead forms.
const LABELS: &[&str] = &[
    "https://wa.me/",
    "wa.me/",
    "whatsapp",
    "telefon",
    "phone",
    "mobile",
    "tel",
    "gsm",
    "cep",
    "mob",
    "cell",
    "no",
    "hp",
    "wa",
    "p:",
];

fn without_label(text: &str) -> &str {
    for label in LABELS {
        let Some((head, rest)) = text.split_at_checked(label.len()) else {
            continue;
        };
        let rest = rest.trim_start_matches([' ', ':', '.']);
        if head.eq_ignore_ascii_case(label) && rest.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '(') {
            return rest;
        }
    }
    text
}

/// `9.05387E+11`: what Excel saves for a long number in a narrow or unformatted column.
fn scientific(text: &str) -> Option<Result<String, PhoneError>> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let exponent: usize = exponent.trim_start_matches('+').parse().ok().filter(|_| exponent.len() <= 3)?;
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let digits = format!("{}{}", whole.trim_start_matches('+'), fraction);
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let written = digits.len() - fraction.len() + exponent;
    Some(restore(text, &digits, written))
}

/// Where the mantissa holds every digit, nothing is lost.
fn restore(text: &str, digits: &str, written: usize) -> Result<String, PhoneError> {
    let Some(lost) = written.checked_sub(digits.len()) else {
        return Ok(digits.get(..written).unwrap_or(digits).to_owned());
    };
    if lost == 0 {
        return Ok(digits.to_owned());
    }
    let lost_digits = u32::try_from(lost).unwrap_or(u32::MAX);
    let candidates = 10u64.saturating_pow(lost_digits);
    Err(PhoneError::ExcelShortened { value: text.to_owned(), lost_digits, candidates })
}

/// `5385550214.0`: what programs write that took the column for amounts.
fn without_decimals(text: &str) -> &str {
    let Some((whole, decimals)) = text.rsplit_once(['.', ',']) else {
        return text;
    };
    let is_amount = whole.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit())
        && whole.len() >= super::SHORTEST
        && matches!(decimals, "0" | "00");
    if is_amount { whole } else { text }
}

/// What people write where there is no number.
const NONE_WORDS: &[&str] =
    &["yok", "none", "null", "n/a", "na", "nan", "nil", "tidak ada", "kosong", "#n/a", "belirsiz", "bilinmiyor"];

fn refuse_words(text: &str) -> Result<(), PhoneError> {
    if text.len() > 2 && text.bytes().all(|byte| byte == b'#') {
        return Err(PhoneError::ExcelNarrow);
    }
    if NONE_WORDS.contains(&text.to_lowercase().as_str()) {
        return Err(PhoneError::Missing);
    }
    let letters: String = text.chars().filter(|c| is_foreign(*c)).take(40).collect();
    if letters.is_empty() { Ok(()) } else { Err(PhoneError::Letters { letters }) }
}

fn is_foreign(c: char) -> bool {
    !c.is_ascii_digit()
        && !matches!(
            c,
            '+' | '-'
                | '('
                | ')'
                | '['
                | ']'
                | '.'
                | ','
                | '/'
                | '\\'
                | ';'
                | '|'
                | '&'
                | '_'
                | '~'
                | '\''
                | '"'
                | ':'
                | '='
        )
        && !c.is_whitespace()
        && c != '·'
}

/// A cell with two numbers: neither is the person's for certain.
fn refuse_several(text: &str) -> Result<(), PhoneError> {
    let digits = |piece: &&str| piece.bytes().filter(u8::is_ascii_digit).count() >= 7;
    let count = text.split(['/', ',', ';', '|', '&', '\n', '\r', '+']).filter(digits).count();
    if count > 1 { Err(PhoneError::Several { count }) } else { Ok(()) }
}

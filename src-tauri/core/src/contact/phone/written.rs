//! What a cell with a phone says, without its decoration.
//!
//! Spreadsheets and address books decorate numbers (spaces, brackets, labels, invisible marks, other scripts'
//! digits) and damage them (E-notation, `####`). Decoration is taken off here; damage is an error. What is left are
//! digits, a plus, and the marks between groups.

use super::super::fold::fold;
use super::{PhoneError, Repair};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// The number begins with its country's code, by a plus or by where it stands.
    pub from_abroad: bool,
    /// From the first digit on.
    pub text: String,
}

impl Cell {
    pub fn of(text: &str) -> Self {
        let first = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        let (head, text) = text.split_at_checked(first).unwrap_or((text, ""));
        Self { from_abroad: head.contains('+'), text: text.to_owned() }
    }

    pub fn digits(&self) -> String {
        self.text.chars().filter(char::is_ascii_digit).collect()
    }

    /// `+44 (0) 20…`: the digits without the zero that is dialled at home only.
    pub fn without_trunk_zero(&self) -> Option<String> {
        let (head, rest) = self.text.split_once("(0)")?;
        Some(head.chars().chain(rest.chars()).filter(char::is_ascii_digit).collect())
    }
}

pub(super) fn read(text: &str) -> Result<Cell, PhoneError> {
    let plain = plain(text);
    let number = unquoted(plain.trim());
    refuse_nothing(number)?;
    if let Some(digits) = address(number) {
        return Ok(Cell { from_abroad: true, text: digits.to_owned() });
    }
    if let Some(found) = scientific(number) {
        return found.map(|digits| Cell { from_abroad: false, text: digits });
    }
    let number = without_words(number)?;
    refuse_symbols(&number)?;
    Ok(Cell::of(without_decimals(number.trim())))
}

/// What a program did to the number, where reading mends it.
pub(super) fn repair(text: &str) -> Option<Repair> {
    let plain = plain(text);
    let number = unquoted(plain.trim());
    if matches!(scientific(number), Some(Ok(_))) {
        return Some(Repair::Notation);
    }
    (without_decimals(number) != number).then_some(Repair::Decimals)
}

/// ASCII digits, plain spaces and hyphens; no invisible marks.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).map(plain_char).collect()
}

/// Zero-width and direction marks, which copying from a web page or WhatsApp brings along.
fn is_invisible(c: char) -> bool {
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
        '\u{ff0f}' => '/',
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

/// What people write where there is no number.
const NONE_WORDS: &[&str] =
    &["yok", "none", "null", "n/a", "na", "nan", "nil", "tidak ada", "kosong", "#n/a", "belirsiz", "bilinmiyor"];

fn refuse_nothing(text: &str) -> Result<(), PhoneError> {
    if text.len() > 2 && text.bytes().all(|byte| byte == b'#') {
        return Err(PhoneError::ExcelNarrow);
    }
    if NONE_WORDS.contains(&text.to_lowercase().as_str()) {
        return Err(PhoneError::Missing);
    }
    Ok(())
}

/// The digits of a link to a chat or of an address of WhatsApp, which begin with the country's code.
fn address(text: &str) -> Option<&str> {
    let jid = ["@c.us", "@s.whatsapp.net"].iter().find_map(|server| text.strip_suffix(server));
    let link = ["wa.me/", "send?phone=", "send/?phone="].iter().find_map(|link| Some(text.split_once(link)?.1));
    let digits = match (jid, link) {
        (Some(user), _) => user.split(':').next()?,
        (_, Some(rest)) => rest.split(['?', '&', '/']).next()?.trim_start_matches("%2B").trim_start_matches('+'),
        _ => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(digits)
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

/// The labels of address books, lead forms and letterheads in three languages, folded.
const LABELS: &[&str] = &[
    "business",
    "c",
    "cell",
    "cellphone",
    "cellular",
    "cep",
    "ceptel",
    "contact",
    "ev",
    "gsm",
    "handphone",
    "handy",
    "home",
    "hotline",
    "hp",
    "iletisim",
    "irtibat",
    "is",
    "kantor",
    "kontak",
    "m",
    "mob",
    "mobil",
    "mobile",
    "no",
    "nohp",
    "nomer",
    "nomor",
    "notelp",
    "number",
    "numara",
    "numarasi",
    "office",
    "p",
    "ph",
    "phone",
    "ponsel",
    "rumah",
    "t",
    "tel",
    "telefon",
    "telefonu",
    "telepon",
    "telephone",
    "telp",
    "telpon",
    "tlf",
    "tlp",
    "wa",
    "whatsapp",
    "work",
];
const BETWEEN: &[&str] = &["and", "atau", "da", "dan", "or", "ve", "veya", "ya", "yada"];
const EXTENSIONS: &[&str] =
    &["dah", "dahili", "ekst", "ekstensi", "ext", "extension", "int", "pes", "pesawat", "psw", "x"];

/// Labels become blanks, words between two numbers a semicolon, words before an extension a number sign. Any other
/// word says that the cell is something else.
fn without_words(text: &str) -> Result<String, PhoneError> {
    let (mut kept, mut unknown) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find(char::is_alphabetic) {
        let (head, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let end = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (word, after) = tail.split_at_checked(end).unwrap_or((tail, ""));
        kept.push_str(head);
        match fold(word).as_str() {
            word if LABELS.contains(&word) => kept.push(' '),
            word if BETWEEN.contains(&word) => kept.push(';'),
            word if EXTENSIONS.contains(&word) => kept.push('#'),
            _ => unknown.push(word),
        }
        rest = after;
    }
    kept.push_str(rest);
    if !unknown.is_empty() {
        return Err(PhoneError::Letters { letters: unknown.join(" ").chars().take(40).collect() });
    }
    Ok(kept)
}

fn refuse_symbols(text: &str) -> Result<(), PhoneError> {
    let letters: String = text.chars().filter(|c| !is_symbol(*c)).take(40).collect();
    if letters.is_empty() { Ok(()) } else { Err(PhoneError::Letters { letters }) }
}

fn is_symbol(c: char) -> bool {
    c.is_ascii_digit() || c.is_whitespace() || c == '·' || "+-()[].,/\\;|&_~'\":=#".contains(c)
}

/// `8.125.550.147,00`: what programs write that took the column for amounts. The mark before the zeros stands nowhere
/// else in an amount, and in `0538.555.02.00` it does.
fn without_decimals(text: &str) -> &str {
    let Some((whole, decimals)) = text.rsplit_once(['.', ',']) else {
        return text;
    };
    let mark = text.chars().nth_back(decimals.len()).unwrap_or(',');
    let is_amount = matches!(decimals, "0" | "00")
        && !whole.contains(mark)
        && whole.bytes().filter(u8::is_ascii_digit).count() >= super::SHORTEST;
    if is_amount { whole } else { text }
}

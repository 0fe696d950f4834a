//! Digits beside a number that may not be its own: second lines (`031-5550142/3`), extensions, numbering, decimals
//! that lost their zeros, several numbers in a cell. A cell is refused for them; it is never read as one long number.
//!
//! Numbers are written in groups with the same marks that also stand between a number and something else. What tells
//! is the plan: where the digits before a mark are a number by themselves, what follows is none of it.

use super::written::Cell;
use super::{Country, Phone, PhoneError, SHORTEST, number};

/// The number of a cell in which marks end it, where it is the only one; none where no mark does.
pub(super) fn only_number(cell: &Cell, country: Country) -> Result<Option<Phone>, PhoneError> {
    refuse_numbering(cell, country)?;
    let found = split(cell, country);
    let Some(first) = found.phones.first().copied() else {
        refuse_runs(cell, country)?;
        refuse_decimal(cell, country)?;
        return Ok(None);
    };
    if found.phones.iter().any(|other| *other != first) {
        let phones = found.phones.iter().map(|phone| phone.shown()).collect::<Vec<_>>().join(", ");
        return Err(PhoneError::Several { count: found.phones.len(), phones });
    }
    if !found.rest.is_empty() {
        return Err(PhoneError::Beside { phone: first, rest: found.rest.chars().take(40).collect() });
    }
    number(&Cell { from_abroad: true, text: first.digits().to_string() }, country).map(Some)
}

/// The numbers of a cell from its beginning, and what is left behind the last of them.
#[derive(Default)]
struct Found {
    phones: Vec<Phone>,
    rest: String,
}

fn split(cell: &Cell, country: Country) -> Found {
    let mut found = Found::default();
    let mut cell = cell.clone();
    while let Some((before, rest)) = first(&cell, country) {
        found.phones.extend(stands_alone(&before, country));
        cell = Cell::of(&rest);
    }
    let rest = cell.text.trim();
    if found.phones.is_empty() || rest.is_empty() {
        return found;
    }
    match number(&cell, country) {
        Ok(phone) => found.phones.push(phone),
        Err(_) => found.rest = rest.to_owned(),
    }
    found
}

/// The numbers of a cell that holds nothing else, each once; none where one of them is no number for certain.
pub(super) fn all(cell: &Cell, country: Country) -> Vec<Phone> {
    let mut found = Vec::new();
    let mut rest = Some(cell.clone());
    while let Some(cell) = rest.take() {
        let (before, after) = first(&cell, country).unwrap_or((cell, String::new()));
        let Ok(phone) = number(&before, country) else { return Vec::new() };
        if !found.contains(&phone) {
            found.push(phone);
        }
        rest = (!after.trim().is_empty()).then(|| Cell::of(&after));
    }
    found
}

/// The digits that end as a number at the first mark behind which something else stands, and that something.
fn first(cell: &Cell, country: Country) -> Option<(Cell, String)> {
    let last = last_group(&cell.text);
    cell.text.char_indices().skip(1).find_map(|(at, c)| {
        let (before, after) = cell.text.split_at_checked(at)?;
        let is_apart = is_mark(c) || Some(at) == last;
        if !is_apart && !begins_anew(after) {
            return None;
        }
        let before = Cell { from_abroad: cell.from_abroad, text: before.to_owned() };
        stands_alone(&before, country)?;
        if !is_apart {
            stands_alone(&Cell::of(after), country)?;
        }
        Some((before, after.to_owned()))
    })
}

/// The phone that these digits are or would be.
fn stands_alone(cell: &Cell, country: Country) -> Option<Phone> {
    match number(cell, country) {
        Ok(phone) | Err(PhoneError::NoPlus { phone, .. } | PhoneError::Service { phone }) => Some(phone),
        Err(_) => None,
    }
}

/// What stands between a number and something else, and hardly between two groups of digits.
fn is_mark(c: char) -> bool {
    matches!(c, '/' | '\\' | ',' | ';' | '|' | '&' | '~' | '#' | ':' | '\n' | '\r' | '(' | '[' | '+')
}

/// A blank with a trunk zero behind it.
fn begins_anew(text: &str) -> bool {
    text.strip_prefix([' ', '\t']).is_some_and(|rest| rest.trim_start().starts_with('0'))
}

/// Where the mark before the last group stands, if the group is shorter than those before it: a point, a hyphen or a
/// blank between two groups tells nothing else.
fn last_group(text: &str) -> Option<usize> {
    let text = text.trim_end();
    let tail = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let head = text.get(..text.len() - tail)?;
    let before = head.trim_end_matches(|c: char| !c.is_ascii_digit());
    let group = before.bytes().rev().take_while(u8::is_ascii_digit).count();
    let mark = head.get(before.len()..).unwrap_or_default();
    let is_short = match tail {
        1 => group > 1,
        2 => group > 2 && mark.contains(['-', '.', '_']),
        3 => group > 3 && mark.contains(['-', '.', '_']) && mark.contains(' '),
        _ => false,
    };
    (is_short && !before.is_empty()).then_some(before.len())
}

/// `1) 0538…`: what stands before a trunk zero or a plus is the number of the line in the list.
fn refuse_numbering(cell: &Cell, country: Country) -> Result<(), PhoneError> {
    let text = cell.text.as_str();
    let leading = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.get(leading..).unwrap_or_default();
    let number_of = rest.trim_start_matches([')', '.', ':', '-', '/', ']', ' ', '\t']);
    let is_apart = number_of.len() < rest.len() && number_of.starts_with(['0', '+']);
    let head = text.get(..leading).unwrap_or_default();
    let is_code = cell.from_abroad || head.starts_with('0') || head == country.calling_code().to_string();
    if !(1..=3).contains(&leading) || !is_apart || is_code {
        return Ok(());
    }
    match number(&Cell::of(number_of), country) {
        Ok(phone) => Err(PhoneError::Beside { phone, rest: head.to_owned() }),
        Err(_) => Ok(()),
    }
}

/// Two long runs of digits of which neither is a phone here, a plus in the middle of digits, and an extension of what is
/// no number.
fn refuse_runs(cell: &Cell, country: Country) -> Result<(), PhoneError> {
    let long = |piece: &&str| piece.bytes().filter(u8::is_ascii_digit).count() >= 7;
    let count = cell.text.split(['/', ',', ';', '|', '&', '#', '\n', '\r', '+']).filter(long).count();
    if count > 1 {
        return Err(PhoneError::Several { count, phones: String::new() });
    }
    if let Some((before, _)) = cell.text.split_once('#') {
        number(&Cell { text: before.to_owned(), ..cell.clone() }, country)?;
    }
    if cell.text.contains('+') {
        return Err(PhoneError::Letters { letters: "+".to_owned() });
    }
    Ok(())
}

/// `812.555014` may have been `812.5550140` before a program took it for an amount.
fn refuse_decimal(cell: &Cell, country: Country) -> Result<(), PhoneError> {
    let text = cell.text.trim();
    let Some((whole, fraction)) = text.split_once(['.', ',']) else {
        return Ok(());
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole)
        || !all_digits(fraction)
        || cell.from_abroad
        || whole.starts_with('0')
        || text.len() < SHORTEST
    {
        return Ok(());
    }
    let with = |zeros: &str| number(&Cell { text: format!("{text}{zeros}"), ..cell.clone() }, country).ok();
    let longer: Vec<Phone> = ["0", "00", "000"].into_iter().filter_map(with).collect();
    if longer.is_empty() {
        return Ok(());
    }
    let phone = longer.first().copied().filter(|_| longer.len() == 1 && with("").is_none());
    Err(PhoneError::Decimal { value: text.to_owned(), phone })
}

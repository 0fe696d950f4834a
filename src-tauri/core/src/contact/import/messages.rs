//! Phones in a text that somebody wrote: a chat, a mail, names and numbers line by line.
//!
//! Only what reads as a phone is a row; a line with one phone and a few words besides is that person's name.

use std::ops::ControlFlow;

use super::super::fold::fold;
use super::super::phone::{self, Country};
use super::list::{About, Bytes, List, Stopped, Take};
use super::records::Record;
use super::{Column, ColumnUse, ImportError};

pub struct Messages {
    about: About,
    rows: Vec<Vec<String>>,
}

impl Messages {
    pub fn open(bytes: &Bytes, text: &str, country: Country) -> Result<Self, ImportError> {
        let rows: Vec<Vec<String>> = text.lines().flat_map(|line| rows_of(line, country)).collect();
        let about = About { file_name: bytes.file_name.clone(), bytes: bytes.length, ..About::default() };
        if rows.is_empty() { Err(ImportError::NoPhones { file: about.file_name }) } else { Ok(Self { about, rows }) }
    }
}

impl List for Messages {
    fn about(&self) -> &About {
        &self.about
    }

    fn columns(&self) -> Option<Vec<Column>> {
        let column = |used| Column { header: String::new(), used };
        Some(vec![column(ColumnUse::Phone), column(ColumnUse::Name), column(ColumnUse::Ignore)])
    }

    fn each(&self, take: &mut Take<'_>) -> Result<(), Stopped> {
        let all = self.rows.len() as u64;
        for (row, cells) in (1..).zip(&self.rows) {
            let record = Record { row, cells: cells.clone(), trouble: None };
            if take(record, self.about.bytes * u64::from(row) / (all + 1)) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }
}

/// Phone, name and line.
fn rows_of(line: &str, country: Country) -> Vec<Vec<String>> {
    let found = phones_of(line, country);
    let name = match found.as_slice() {
        [phone] => name_beside(line, phone),
        _ => String::new(),
    };
    found.iter().map(|phone| vec![(*phone).to_owned(), name.clone(), line.trim().to_owned()]).collect()
}

/// What people write before a number, folded.
const LABELS: &[&str] = &[
    "cep", "gsm", "hp", "mobile", "no", "nomer", "nomor", "nomornya", "number", "numara", "numaram", "numarasi",
    "phone", "tel", "telefon", "telefonu", "telp", "wa", "whatsapp",
];

fn is_label(word: &str) -> bool {
    LABELS.contains(&fold(word.trim_matches(|c: char| !c.is_alphanumeric())).as_str())
}

fn is_mark(word: &str) -> bool {
    !word.contains(char::is_alphanumeric)
}

/// The runs of digits and their marks that read as phones, or nearly.
fn phones_of(line: &str, country: Country) -> Vec<&str> {
    let is_part = |c: char| c.is_numeric() || c.is_whitespace() || "+-().\u{2011}\u{a0}".contains(c);
    let runs = line
        .split(|c: char| !is_part(c))
        .map(|run| run.trim_matches(|c: char| !c.is_numeric() && c != '+' && c != '('));
    runs.filter(|run| is_phone(run, country)).collect()
}

fn is_phone(run: &str, country: Country) -> bool {
    run.chars().filter(|c| c.is_numeric()).count() >= 7 && phone::looks_like_one(run, country)
}

/// What stands beside the phone, if it is a name: a few words without digits. A label of the number is none, and what
/// stands before a label only if it is written as a name ("Ayşe tel: 0538…", but not "onun no: 0538…").
fn name_beside(line: &str, phone: &str) -> String {
    let (before, after) = line.split_once(phone).unwrap_or((line, ""));
    let words: Vec<&str> = before.split_whitespace().collect();
    let end = words.iter().rposition(|word| !is_label(word) && !is_mark(word)).map_or(0, |last| last + 1);
    let (named, label) = words.split_at_checked(end).unwrap_or_default();
    let is_labelled = label.iter().any(|word| is_label(word));
    let is_written_as_name = named.first().is_some_and(|word| word.starts_with(char::is_uppercase));
    let named = if !is_labelled || is_written_as_name { named.join(" ") } else { String::new() };
    let rest = format!("{named} {after}");
    let rest = rest.trim_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != ')');
    let words = rest.split_whitespace().count();
    let is_name =
        (1..=4).contains(&words) && !rest.contains([':', '?', '!', '@', '/']) && !rest.contains(char::is_numeric);
    if is_name { rest.split_whitespace().collect::<Vec<_>>().join(" ") } else { String::new() }
}

//! Cards of an address book (vCard 2.1, 3.0, 4.0): one row a card, in columns of their own.
//!
//! The file is read card by card, so that photos, which nobody asks for, do not fill the memory.

use calcard::vcard::{VCard, VCardEntry, VCardParameterValue, VCardProperty, VCardType, VCardValue};
use calcard::{Entry, Parser};

use super::error::RowError;
use super::list::{About, List, Stopped, Take};
use super::records::Record;
use super::source::{Source, Text};
use super::{Column, ColumnUse};

pub struct Cards {
    source: Source,
    about: About,
}

impl Cards {
    pub fn open(source: Source) -> Self {
        let about = source.about();
        Self { source, about }
    }
}

impl List for Cards {
    fn about(&self) -> &About {
        &self.about
    }

    fn columns(&self) -> Option<Vec<Column>> {
        let field = |name: &str| ColumnUse::Field { name: name.to_owned() };
        let columns = [
            ("Name", ColumnUse::Name),
            ("Phone", ColumnUse::Phone),
            ("Phone 2", ColumnUse::Phone),
            ("Phone 3", ColumnUse::Phone),
            ("E-mail", ColumnUse::Email),
            ("Company", field("company")),
            ("City", field("city")),
            ("Birthday", field("birthday")),
            ("Groups", ColumnUse::Tags),
        ];
        Some(columns.map(|(header, used)| Column { header: header.to_owned(), used }).to_vec())
    }

    fn each(&self, take: &mut Take<'_>) -> Result<(), Stopped> {
        let text = self.source.text().map_err(|error| Stopped { row: 0, reason: error.to_string() })?;
        let mut cards = CardReader { text, window: String::new(), row: 0 };
        loop {
            let next = cards.next().map_err(|error| Stopped { row: cards.row, reason: error.to_string() })?;
            let Some(record) = next else { return Ok(()) };
            if take(record, cards.text.read).is_break() {
                return Ok(());
            }
        }
    }
}

/// No card is longer than this, with a photo of a phone in it.
const CARD_LIMIT: usize = 16 << 20;

struct CardReader {
    text: Text,
    window: String,
    row: u32,
}

impl CardReader {
    /// The next card, counted from 1.
    fn next(&mut self) -> std::io::Result<Option<Record>> {
        loop {
            if let Some(end) = end_of_card(&self.window) {
                let card: String = self.window.drain(..end).collect();
                self.row += 1;
                return Ok(Some(record_of(self.row, &card)));
            }
            if self.window.len() > CARD_LIMIT {
                self.window.clear();
            }
            if !self.text.more(&mut self.window)? {
                return Ok(None);
            }
        }
    }
}

/// Behind the line that ends the first card.
fn end_of_card(text: &str) -> Option<usize> {
    const END: &str = "END:VCARD";
    let is_end = |line: &str| line.trim_end().eq_ignore_ascii_case(END);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if line.ends_with('\n') && is_end(line) || (at == text.len() && line.eq_ignore_ascii_case(END)) {
            return Some(at);
        }
    }
    None
}

fn record_of(row: u32, text: &str) -> Record {
    let start = text.to_ascii_uppercase().find("BEGIN:VCARD").and_then(|at| text.get(at..)).unwrap_or(text);
    match Parser::new(start).entry() {
        Entry::VCard(card) => Record { row, cells: cells_of(&card), trouble: None },
        _ => Record { row, cells: vec![start.chars().take(300).collect()], trouble: Some(RowError::BrokenCard) },
    }
}

/// In the order of the columns.
fn cells_of(card: &VCard) -> Vec<String> {
    let mut phones: Vec<(bool, String)> = card.properties(&VCardProperty::Tel).filter_map(phone_of).collect();
    // A mobile first, else as they stand.
    phones.sort_by_key(|(is_mobile, _)| !is_mobile);
    let mut phones = phones.into_iter().map(|(_, phone)| phone);
    let mut phone = || phones.next().unwrap_or_default();
    let (first, second, third) = (phone(), phone(), phone());
    let text =
        |property: VCardProperty| card.property(&property).map(|entry| texts(entry).join(" ")).unwrap_or_default();
    vec![
        name_of(card),
        first,
        second,
        third,
        text(VCardProperty::Email),
        text(VCardProperty::Org),
        card.property(&VCardProperty::Adr).and_then(|entry| parts(entry).get(3).cloned()).unwrap_or_default(),
        day_of(card),
        card.property(&VCardProperty::Categories).map(|entry| texts(entry).join(", ")).unwrap_or_default(),
    ]
}

fn name_of(card: &VCard) -> String {
    let whole = |property: VCardProperty| card.property(&property).map(|entry| texts(entry).join(" "));
    let structured = card.property(&VCardProperty::N).map(|entry| {
        let parts = parts(entry);
        let part = |at: usize| parts.get(at).cloned().unwrap_or_default();
        format!("{} {} {}", part(1), part(2), part(0)).split_whitespace().collect::<Vec<_>>().join(" ")
    });
    let named = [whole(VCardProperty::Fn), structured, whole(VCardProperty::Org), whole(VCardProperty::Nickname)];
    named.into_iter().flatten().find(|name| !name.trim().is_empty()).unwrap_or_default()
}

/// Whether it is a mobile, and the number; none for faxes and pagers.
fn phone_of(entry: &VCardEntry) -> Option<(bool, String)> {
    let is = |kind: &VCardType| {
        entry.params.iter().any(|param| matches!(&param.value, VCardParameterValue::Type(found) if found == kind))
    };
    if (is(&VCardType::Fax) || is(&VCardType::Pager)) && !is(&VCardType::Cell) {
        return None;
    }
    let number = texts(entry).join("");
    (!number.trim().is_empty()).then(|| (is(&VCardType::Cell), number))
}

fn day_of(card: &VCard) -> String {
    let Some(value) = card.property(&VCardProperty::Bday).and_then(|entry| entry.values.first()) else {
        return String::new();
    };
    match value {
        VCardValue::PartialDateTime(at) => match (at.year, at.month, at.day) {
            (Some(year), Some(month), Some(day)) => format!("{day:02}.{month:02}.{year}"),
            (None, Some(month), Some(day)) => format!("{day:02}.{month:02}."),
            _ => String::new(),
        },
        other => other.as_text().unwrap_or_default().to_owned(),
    }
}

fn texts(entry: &VCardEntry) -> Vec<String> {
    parts(entry).into_iter().filter(|part| !part.is_empty()).collect()
}

/// The parts of a value, empty ones too.
fn parts(entry: &VCardEntry) -> Vec<String> {
    let part = |value: &VCardValue| match value {
        VCardValue::Component(words) => words.join(" "),
        other => other.as_text().unwrap_or_default().trim().to_owned(),
    };
    entry.values.iter().map(part).collect()
}

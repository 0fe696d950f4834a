//! A record and what its columns are for, to a person or to the reason why not.
//!
//! Runs on a thread of its own for every row of a file, so it touches no database. Cells of columns that are
//! ignored can hold anything.

use std::borrow::Cow;

use super::super::card::TEXT_LIMIT;
use super::super::fold::{field_name, fold};
use super::super::phone::{self, Country, Phone, PhoneError, Repair};
use super::super::{Fields, Standing};
use super::consent::{self, Said};
use super::error::RowError;
use super::layout::Layout;
use super::records::Record;
use super::source::is_undecoded;
use super::{Column, ColumnUse, Ticked};
use crate::clock::Millis;
use crate::error::Coded;
use crate::text::is_blank;

/// What a row says of a person; empty texts say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub phone: Phone,
    /// The column it stands in.
    pub phone_column: u32,
    /// More phones that become contacts, and their columns.
    pub more: Vec<(Phone, u32)>,
    pub name: String,
    pub email: String,
    pub fields: Fields,
    pub tags: Vec<String>,
    pub standing: Standing,
    pub consent: Said,
    /// What was mended of the phone.
    pub repair: Option<Repair>,
    /// Columns whose cells were left out: they could not be read, or are too long.
    pub lost: Vec<u32>,
}

pub struct Row {
    pub number: u32,
    /// The cells of a refused row; nobody asks for those of the others.
    pub cells: Vec<String>,
    pub outcome: Result<Person, RowError>,
}

impl Row {
    /// Whose row it is, or probably is.
    pub fn phone(&self) -> Option<Phone> {
        self.outcome.as_ref().map_or_else(RowError::probable, |person| Some(person.phone))
    }
}

/// What is the same for everybody in a file.
#[derive(Clone, Debug, Default)]
pub struct Everybody {
    pub standing: Standing,
    pub tags: Vec<String>,
    /// What the owner states for all rows; a row that says something itself is taken by its word.
    pub consent: Option<super::Consent>,
    /// The name of the list, where nothing else says where a consent is from.
    pub file: String,
    pub now: Millis,
}

pub fn row_of(record: Record, layout: &Layout) -> Row {
    let outcome = read(&record, layout);
    let cells = if outcome.is_err() { record.cells } else { Vec::new() };
    Row { number: record.row, cells, outcome }
}

/// One person for each phone that becomes a contact.
pub fn each(mut row: Row) -> impl Iterator<Item = Row> {
    let more = row.outcome.as_mut().map(|person| std::mem::take(&mut person.more)).unwrap_or_default();
    let person = row.outcome.as_ref().ok().filter(|_| !more.is_empty()).cloned();
    let with = |person: &Person, (phone, phone_column)| Person { phone, phone_column, repair: None, ..person.clone() };
    let others: Vec<Row> = person
        .iter()
        .flat_map(|person| more.iter().map(move |more| with(person, *more)))
        .map(|person| Row { number: row.number, cells: Vec::new(), outcome: Ok(person) })
        .collect();
    std::iter::once(row).chain(others)
}

pub fn read(record: &Record, layout: &Layout) -> Result<Person, RowError> {
    read_in(record, layout, layout.country)
}

/// As if phones without a country code were of this country.
pub fn read_in(record: &Record, layout: &Layout, country: Country) -> Result<Person, RowError> {
    match &record.trouble {
        Some(error) => Err(error.clone()),
        None => person_of(record, layout, country),
    }
}

fn person_of(record: &Record, layout: &Layout, country: Country) -> Result<Person, RowError> {
    let columns = &layout.columns;
    let cells = &rejoined(&record.cells, columns.len());
    let extra = cells.iter().skip(columns.len());
    if extra.into_iter().any(|cell| !cell.trim().is_empty()) {
        return Err(RowError::TooManyCells { cells: cells.len(), columns: columns.len() });
    }
    let mut told = Told::default();
    for (at, column) in columns.iter().enumerate() {
        let cell = cells.get(at).map_or("", |cell| cell.trim());
        if is_blank(cell) || column.used == ColumnUse::Ignore {
            continue;
        }
        if is_formula_error(cell) {
            told.fail(at, column);
            continue;
        }
        match checked(cell, column, at) {
            Ok(cell) => told.take(at, column, cell),
            Err(error) => told.lose(at, column, error),
        }
    }
    told.phones.sort_by_key(|(at, _)| layout.unnamed_phones.contains(at));
    let mut more = if layout.each_phone { told.every_phone(columns, country) } else { Vec::new() };
    let (phone, phone_column) = if more.is_empty() {
        told.phone(columns, country)
    } else {
        let (phone, column) = more.remove(0);
        (Ok(phone), column)
    };
    let phone = phone.or_else(|error| confirmed(error, record.row, &layout.ticked)).map_err(|error| {
        told.unreadable.take().filter(|_| error.probable().is_none()).unwrap_or(RowError::Phone(error))
    })?;
    let cell = usize::try_from(phone_column).ok().and_then(|at| cells.get(at));
    let repair = cell.and_then(|cell| phone::repair(cell, phone));
    let asked = columns.iter().any(|column| column.used == ColumnUse::Consent);
    let consent = consent::said(&told.consent, asked);
    let Told { mut names, email, mut fields, tags, standing, lost, .. } = told;
    for (at, part) in &layout.name_parts {
        let cell = names.iter().find(|(column, _)| column == at).map(|(_, cell)| joined(String::new(), cell));
        if let Some(name) = cell.filter(|name| !name.is_empty()) {
            fields.entry(part.clone()).or_insert(name);
        }
    }
    names.sort_by_key(|(at, _)| layout.last_names.contains(at));
    let mut name = names.into_iter().fold(String::new(), |name, (_, cell)| joined(name, cell));
    if name.is_empty() {
        let firms = layout.firms.iter().filter_map(|at| cells.get(*at)).filter(|cell| !is_formula_error(cell.trim()));
        let firms = firms.map(|cell| joined(String::new(), cell));
        name = firms.into_iter().find(|firm| !firm.is_empty()).unwrap_or_default();
    }
    Ok(Person { phone, phone_column, more, name, email, fields, tags, standing, consent, repair, lost })
}

/// The semicolon of `M&uuml;ller` cuts no cell.
pub fn rejoined(cells: &[String], columns: usize) -> Cow<'_, [String]> {
    if cells.len() <= columns || !cells.iter().any(|cell| opens_entity(cell)) {
        return cells.into();
    }
    let mut joined: Vec<String> = Vec::with_capacity(columns);
    for cell in cells {
        match joined.last_mut().filter(|last| opens_entity(last)) {
            Some(last) => *last = format!("{last};{cell}"),
            None => joined.push(cell.clone()),
        }
    }
    joined.into()
}

/// `&uuml`, `&#252` or `&#xfc` at the end.
fn opens_entity(cell: &str) -> bool {
    let Some((_, entity)) = cell.rsplit_once('&') else { return false };
    let name = entity.trim_start_matches('#');
    (2..=8).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The phone of a doubtful row that the owner ticked.
fn confirmed(error: PhoneError, row: u32, ticked: &Ticked) -> Result<Phone, PhoneError> {
    error.probable().filter(|_| ticked.has(row, error.code())).ok_or(error)
}

fn checked<'a>(cell: &'a str, column: &Column, at: usize) -> Result<&'a str, RowError> {
    if is_undecoded(cell) {
        return Err(RowError::Undecodable { column: shown(column, at) });
    }
    if cell.len() > TEXT_LIMIT {
        let length = cell.chars().count();
        if length > TEXT_LIMIT {
            return Err(RowError::CellTooLong { column: shown(column, at), length, limit: TEXT_LIMIT });
        }
    }
    Ok(cell)
}

/// A column as the owner finds it: by its header, else by its number.
fn shown(column: &Column, at: usize) -> String {
    match column.header.trim() {
        "" => format!("Column {}", at + 1),
        header => header.chars().take(60).collect(),
    }
}

/// Stands for the text of a cell that could not be read.
const UNREAD: &str = "\u{fffd}";

#[derive(Default)]
struct Told<'a> {
    /// With their columns.
    phones: Vec<(usize, &'a str)>,
    /// Why the first cell of a phone that could not be read was not.
    unreadable: Option<RowError>,
    /// With their columns.
    names: Vec<(usize, &'a str)>,
    email: String,
    fields: Fields,
    tags: Vec<String>,
    standing: Standing,
    consent: Vec<consent::Cell<'a>>,
    lost: Vec<u32>,
}

impl<'a> Told<'a> {
    fn take(&mut self, at: usize, column: &'a Column, cell: &'a str) {
        match &column.used {
            ColumnUse::Phone => self.phones.push((at, cell)),
            ColumnUse::Name => self.names.push((at, cell)),
            ColumnUse::Email => self.email = content(cell),
            ColumnUse::Tags => self.tags.extend(tags(cell)),
            ColumnUse::Field { name } => self.field(name, content(cell)),
            ColumnUse::Standing => match standing_of(cell) {
                Some(standing) => self.standing = standing,
                None => self.lost.extend(u32::try_from(at)),
            },
            used @ (ColumnUse::Consent | ColumnUse::ConsentDate | ColumnUse::ConsentSource) => {
                self.consent.push(consent::Cell { used, header: &column.header, text: cell });
            }
            ColumnUse::Ignore => {}
        }
    }

    /// A cell that could not be read costs itself: another phone may stand beside it.
    fn lose(&mut self, at: usize, column: &'a Column, error: RowError) {
        if column.used == ColumnUse::Phone {
            self.unreadable.get_or_insert(error);
        }
        self.fail(at, column);
    }

    /// A cell that says nothing for certain. A consent of which nobody knows what it says is unclear, which neither gives
    /// nor takes back any.
    fn fail(&mut self, at: usize, column: &'a Column) {
        self.lost.extend(u32::try_from(at));
        if matches!(column.used, ColumnUse::Consent | ColumnUse::ConsentDate) {
            self.consent.push(consent::Cell { used: &column.used, header: &column.header, text: UNREAD });
        }
    }

    /// The best of the phones and its column: the first mobile, else the first that is one or may be one. The others
    /// are kept as fields.
    fn phone(&mut self, columns: &[Column], country: Country) -> (Result<Phone, PhoneError>, u32) {
        let read: Vec<(usize, &str, Result<Phone, PhoneError>)> =
            self.phones.iter().map(|(at, cell)| (*at, *cell, phone::parse(cell, country))).collect();
        let is_mobile = |result: &Result<Phone, PhoneError>| result.as_ref().is_ok_and(|phone| phone.is_mobile());
        let several = read.len() > 1;
        let best = read.iter().position(|(.., result)| several && is_mobile(result));
        let best = best.or_else(|| read.iter().position(|(.., result)| result.is_ok()));
        let may_be =
            |result: &Result<Phone, PhoneError>| result.as_ref().err().and_then(PhoneError::probable).is_some();
        let best = best.or_else(|| read.iter().position(|(.., result)| may_be(result))).unwrap_or_default();
        for (at, cell, result) in read.iter().enumerate().filter(|(place, _)| *place != best).map(|(_, other)| other) {
            let value = result.as_ref().map_or_else(|_| content(cell), |phone| phone.to_string());
            self.field(&other_phone(columns, *at), value);
        }
        let (at, _, result) = read.into_iter().nth(best).unwrap_or((0, "", Err(PhoneError::Missing)));
        (result, u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// Every phone with its column, each once. Where there are some, what is none for certain is kept as a field.
    fn every_phone(&mut self, columns: &[Column], country: Country) -> Vec<(Phone, u32)> {
        let read: Vec<(usize, &str, Vec<Phone>)> =
            self.phones.iter().map(|(at, cell)| (*at, *cell, phone::parse_all(cell, country))).collect();
        let mut found: Vec<(Phone, u32)> = Vec::new();
        for (at, _, phones) in &read {
            let fresh: Vec<Phone> =
                phones.iter().copied().filter(|phone| found.iter().all(|(known, _)| known != phone)).collect();
            found.extend(fresh.into_iter().map(|phone| (phone, u32::try_from(*at).unwrap_or(u32::MAX))));
        }
        for (at, cell, _) in read.iter().filter(|(.., phones)| phones.is_empty() && !found.is_empty()) {
            self.field(&other_phone(columns, *at), content(cell));
        }
        found
    }

    fn field(&mut self, name: &str, value: String) {
        if !value.is_empty() {
            self.fields.insert(name.to_owned(), value);
        }
    }
}

/// The field that keeps a phone which is not the contact's own.
fn other_phone(columns: &[Column], at: usize) -> String {
    let name = columns.get(at).and_then(|column| field_name(&column.header)).filter(|name| name != "phone");
    name.unwrap_or_else(|| format!("phone_{}", at + 1))
}

/// As an export writes it, and as people call the lists.
pub fn standing_of(cell: &str) -> Option<Standing> {
    let folded = fold(cell);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words.join(" ").as_str() {
        "normal" => Some(Standing::Normal),
        "gray" | "grey" | "gray list" | "grey list" | "gri" | "gri liste" | "abu abu" | "daftar abu abu" => {
            Some(Standing::Gray)
        }
        "black" | "black list" | "blacklist" | "kara" | "kara liste" | "hitam" | "daftar hitam" => {
            Some(Standing::Black)
        }
        _ => None,
    }
}

/// First and last name may stand in two columns; a name is one line.
fn joined(mut name: String, cell: &str) -> String {
    for word in content(cell).split_whitespace() {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word);
    }
    name
}

/// Google's address book parts groups by ` ::: ` and marks its own with an asterisk, as `* myContacts`.
fn tags(cell: &str) -> impl Iterator<Item = String> + '_ {
    let tags = cell.split([',', ';', '|', '\n']).flat_map(|tags| tags.split(":::"));
    tags.map(|tag| content(tag.trim())).filter(|tag| !tag.is_empty() && !tag.starts_with("* "))
}

/// What a spreadsheet shows where a formula has no result, in English and Turkish; LibreOffice also writes `Err:502`.
const FORMULA_ERRORS: [&str; 15] = [
    "#AD?", "#BAŞV!", "#BOŞ!", "#CALC!", "#DEĞER!", "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#SAYI!",
    "#SAYI/0!", "#VALUE!", "#YOK",
];

pub fn is_formula_error(cell: &str) -> bool {
    let coded =
        |cell: &str| cell.strip_prefix("Err:").is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    cell.starts_with(['#', 'E']) && (FORMULA_ERRORS.contains(&cell) || coded(cell))
}

/// What people see of a cell: joiners, variation selectors and marks of letters are theirs; controls, byte order marks
/// and what copying leaves around a text are not.
pub fn content(cell: &str) -> String {
    let is_noise = |c: char| c == '\u{feff}' || c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let clean: String = cell.chars().filter(|c| !is_noise(*c)).collect();
    let is_around = |c: char| {
        c.is_whitespace()
            || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}')
    };
    let text = clean.trim_matches(is_around);
    // What stands before a formula so that a spreadsheet does not run it.
    let guarded = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '@', '+', '-']));
    guarded.unwrap_or(text).to_owned()
}

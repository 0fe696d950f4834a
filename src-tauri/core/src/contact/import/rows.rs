//! A record and what its columns are for, to a person or to the reason why not.
//!
//! Runs on the reading thread for every row of a file, so it touches no database. Cells of columns that are
//! ignored can hold anything.

use super::super::card::TEXT_LIMIT;
use super::super::fold::field_name;
use super::super::phone::{self, Country, Phone, PhoneError};
use super::super::{Fields, Standing};
use super::consent::{self, Said};
use super::error::RowError;
use super::layout::Layout;
use super::records::Record;
use super::source::is_undecoded;
use super::{Column, ColumnUse, Ticked};
use crate::clock::Millis;
use crate::error::Coded;

/// What a row says of a person; empty texts say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub phone: Phone,
    /// The column it stands in.
    pub phone_column: u32,
    pub name: String,
    pub email: String,
    pub fields: Fields,
    pub tags: Vec<String>,
    pub consent: Said,
}

pub struct Row {
    pub number: u32,
    /// The cells of a refused row; nobody asks for those of the others.
    pub cells: Vec<String>,
    pub outcome: Result<Person, RowError>,
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
    let (cells, columns) = (&record.cells, &layout.columns);
    let extra = cells.iter().skip(columns.len());
    if extra.into_iter().any(|cell| !cell.trim().is_empty()) {
        return Err(RowError::TooManyCells { cells: cells.len(), columns: columns.len() });
    }
    let mut told = Told::default();
    for (at, column) in columns.iter().enumerate() {
        let cell = cells.get(at).map_or("", |cell| cell.trim());
        if !cell.is_empty() && column.used != ColumnUse::Ignore {
            told.take(at, column, checked(cell, column, at)?);
        }
    }
    let (phone, phone_column) = told.phone(columns, country);
    let phone = phone.or_else(|error| confirmed(error, record.row, &layout.ticked)).map_err(RowError::Phone)?;
    let asked = columns.iter().any(|column| column.used == ColumnUse::Consent);
    let consent = consent::said(&told.consent, asked);
    let Told { name, email, fields, tags, .. } = told;
    Ok(Person { phone, phone_column, name, email, fields, tags, consent })
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

#[derive(Default)]
struct Told<'a> {
    /// With their columns.
    phones: Vec<(usize, &'a str)>,
    name: String,
    email: String,
    fields: Fields,
    tags: Vec<String>,
    consent: Vec<consent::Cell<'a>>,
}

impl<'a> Told<'a> {
    fn take(&mut self, at: usize, column: &'a Column, cell: &'a str) {
        match &column.used {
            ColumnUse::Phone => self.phones.push((at, cell)),
            ColumnUse::Name => self.name = joined(std::mem::take(&mut self.name), cell),
            ColumnUse::Email => self.email = visible(cell),
            ColumnUse::Tags => self.tags.extend(tags(cell)),
            ColumnUse::Field { name } => self.field(name, visible(cell)),
            used @ (ColumnUse::Consent | ColumnUse::ConsentDate | ColumnUse::ConsentSource) => {
                self.consent.push(consent::Cell { used, header: &column.header, text: cell });
            }
            ColumnUse::Ignore => {}
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
            let name = columns.get(*at).and_then(|column| field_name(&column.header)).filter(|name| name != "phone");
            let value = result.as_ref().map_or_else(|_| visible(cell), |phone| phone.to_string());
            self.field(&name.unwrap_or_else(|| format!("phone_{}", at + 1)), value);
        }
        let (at, _, result) = read.into_iter().nth(best).unwrap_or((0, "", Err(PhoneError::Missing)));
        (result, u32::try_from(at).unwrap_or(u32::MAX))
    }

    fn field(&mut self, name: &str, value: String) {
        if !value.is_empty() {
            self.fields.insert(name.to_owned(), value);
        }
    }
}

/// First and last name may stand in two columns; a name is one line.
fn joined(mut name: String, cell: &str) -> String {
    for word in visible(cell).split_whitespace() {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word);
    }
    name
}

fn tags(cell: &str) -> impl Iterator<Item = String> + '_ {
    cell.split([',', ';', '|', '\n']).map(|tag| visible(tag.trim())).filter(|tag| !tag.is_empty())
}

fn visible(cell: &str) -> String {
    cell.chars().filter(|c| !phone::is_invisible(*c)).collect()
}

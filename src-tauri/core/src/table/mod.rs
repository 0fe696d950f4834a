//! Rows of cells into a file that a spreadsheet opens: a workbook or separated text, as its name ends.
//!
//! Called by exports. A text stays a text, whatever it looks like: no cell is read as a number or run as a formula.

mod delimited;
mod workbook;

use std::borrow::Cow;
use std::path::Path;

use chrono::{NaiveDate, NaiveDateTime};

use crate::durable::Half;
use crate::error::{Coded, Params};
use crate::params;

pub use delimited::SEMICOLON;

pub enum Cell<'a> {
    Text(Cow<'a, str>),
    Number(i64),
    /// In ten-thousandths, with its currency as the owner writes it.
    Amount(i64, Cow<'a, str>),
    Day(NaiveDate),
    /// A text that is a day: a day in a workbook, and as it stands elsewhere.
    Dated {
        text: Cow<'a, str>,
        day: NaiveDate,
    },
    /// To the minute.
    Moment(NaiveDateTime),
    Empty,
}

impl<'a> Cell<'a> {
    pub fn text(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("\"{file}\" does not say what it is to be. Let its name end in one of these: {endings}.")]
    Format { file: String, endings: &'static str },
    #[error("{file} cannot be written: {reason}. Choose another folder, or close the file in other programs.")]
    CannotWrite { file: String, reason: String },
}

impl Coded for TableError {
    fn code(&self) -> &'static str {
        match self {
            Self::Format { .. } => "export.format",
            Self::CannotWrite { .. } => "export.cannot_write",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Format { file, endings } => params! { file: file, endings: endings },
            Self::CannotWrite { file, reason } => params! { file: file, reason: reason },
        }
    }
}

impl TableError {
    pub fn cannot_write(path: &Path, reason: impl ToString) -> Self {
        Self::CannotWrite { file: file_name(path), reason: reason.to_string() }
    }

    pub fn format(path: &Path, endings: &'static str) -> Self {
        Self::Format { file: file_name(path), endings }
    }
}

/// How the name of a file ends, in small letters.
pub fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A workbook of several sheets that is being written. One that is not ended leaves nothing behind.
pub struct Book {
    sheets: Box<workbook::Workbook>,
    half: Half,
}

impl Book {
    pub fn create(path: &Path) -> Self {
        Self { sheets: Box::default(), half: Half::beside(path) }
    }

    /// Begins the next sheet; its columns are so many characters wide.
    pub fn sheet(&mut self, name: &str, widths: &[u16]) -> Result<(), TableError> {
        let begun = self.sheets.sheet(name, widths);
        begun.map_err(|reason| TableError::cannot_write(self.half.place(), reason))
    }

    /// A row that stands out.
    pub fn head(&mut self, cells: &[String]) -> Result<(), TableError> {
        let added = self.sheets.head(cells.iter().map(String::as_str));
        added.map_err(|reason| TableError::cannot_write(self.half.place(), reason))
    }

    pub fn add<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<(), TableError> {
        let added = self.sheets.add(cells.into_iter());
        added.map_err(|reason| TableError::cannot_write(self.half.place(), reason))
    }

    pub fn end(self) -> Result<(), TableError> {
        let place = self.half.place().to_owned();
        let written = self.sheets.end(self.half.path());
        let ended = written.and_then(|()| self.half.done().map_err(|error| error.to_string()));
        ended.map_err(|reason| TableError::cannot_write(&place, reason))
    }
}

/// A file that is being written. One that is not ended leaves nothing behind, and what stood in its place stays.
pub struct Table {
    lines: Lines,
    half: Half,
}

enum Lines {
    Workbook(Box<workbook::Workbook>),
    Delimited(Box<delimited::Delimited>),
}

impl Table {
    pub fn create<'a>(path: &Path, headers: impl Iterator<Item = &'a str>) -> Result<Self, TableError> {
        Self::create_with(path, SEMICOLON, headers)
    }

    /// `separator` cuts the cells of separated text.
    pub fn create_with<'a>(
        path: &Path,
        separator: u8,
        headers: impl Iterator<Item = &'a str>,
    ) -> Result<Self, TableError> {
        let half = Half::beside(path);
        let lines = match ending(path).as_str() {
            "xlsx" => workbook::Workbook::create(headers).map(|book| Lines::Workbook(Box::new(book))),
            "csv" => delimited::Delimited::create(half.path(), separator, headers)
                .map(|text| Lines::Delimited(Box::new(text))),
            _ => return Err(TableError::format(path, ".xlsx, .csv")),
        };
        lines.map(|lines| Self { lines, half }).map_err(|reason| TableError::cannot_write(path, reason))
    }

    pub fn add<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<(), TableError> {
        let added = match &mut self.lines {
            Lines::Workbook(book) => book.add(cells.into_iter()),
            Lines::Delimited(text) => text.add(cells.into_iter()),
        };
        added.map_err(|reason| TableError::cannot_write(self.half.place(), reason))
    }

    /// Puts the file in its place, instead of one that stands there.
    pub fn end(self) -> Result<(), TableError> {
        let Self { lines, half } = self;
        let written = match lines {
            Lines::Workbook(book) => book.end(half.path()),
            Lines::Delimited(text) => text.end(),
        };
        let place = half.place().to_owned();
        let ended = written.and_then(|()| half.done().map_err(|error| error.to_string()));
        ended.map_err(|reason| TableError::cannot_write(&place, reason))
    }
}

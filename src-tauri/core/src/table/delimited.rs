//! Separated text, in UTF-8 with a byte order mark, so that Excel opens it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::Cell;

/// What Excel expects where a comma is the mark of decimals.
pub const SEMICOLON: u8 = b';';

pub struct Delimited {
    lines: csv::Writer<BufWriter<File>>,
}

impl Delimited {
    pub fn create<'a>(path: &Path, separator: u8, headers: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut file = BufWriter::new(File::create(path).map_err(told)?);
        file.write_all("\u{feff}".as_bytes()).map_err(told)?;
        let mut builder = csv::WriterBuilder::new();
        builder.delimiter(separator).terminator(csv::Terminator::CRLF).flexible(true);
        let mut lines = builder.from_writer(file);
        let mut headers = headers.peekable();
        if headers.peek().is_some() {
            lines.write_record(headers.map(harmless)).map_err(told)?;
        }
        Ok(Self { lines })
    }

    pub fn add<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<(), String> {
        let text = |cell: Cell<'_>| match cell {
            Cell::Text(text) | Cell::Dated { text, .. } => harmless(&text),
            Cell::Number(number) => number.to_string(),
            Cell::Amount(amount, currency) => format!("{currency} {}", decimals(amount)).trim().to_owned(),
            Cell::Day(day) => day.to_string(),
            Cell::Moment(at) => at.format("%Y-%m-%d %H:%M").to_string(),
            Cell::Empty => String::new(),
        };
        self.lines.write_record(cells.map(text)).map_err(told)
    }

    pub fn end(self) -> Result<(), String> {
        let file = self.lines.into_inner().map_err(told)?;
        file.into_inner().map_err(told)?.sync_all().map_err(told)
    }
}

/// 1250.50 of a number in ten-thousandths.
fn decimals(ten_thousandths: i64) -> String {
    let cents = ten_thousandths.unsigned_abs() / 100;
    format!("{}{}.{:02}", if ten_thousandths < 0 { "-" } else { "" }, cents / 100, cents % 100)
}

/// A spreadsheet runs a cell that begins like a formula; an apostrophe in front keeps it text.
fn harmless(cell: &str) -> String {
    let number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.'));
    match cell.chars().next() {
        Some('=' | '@' | '\t' | '\r') => format!("'{cell}"),
        Some(sign @ ('+' | '-')) if !cell.strip_prefix(sign).is_some_and(number) => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

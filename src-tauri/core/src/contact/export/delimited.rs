//! Separated text, in UTF-8 with a byte order mark and with semicolons, as Excel opens it here.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::super::Contact;
use super::Writer;
use super::sheet::{Cell, Sheet};
use crate::contact::import::harmless;

pub struct Delimited {
    lines: csv::Writer<BufWriter<File>>,
    sheet: Sheet,
}

impl Delimited {
    pub fn create(path: &Path, sheet: Sheet) -> Result<Self, String> {
        let mut file = BufWriter::new(File::create(path).map_err(told)?);
        file.write_all("\u{feff}".as_bytes()).map_err(told)?;
        let mut lines = csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(file);
        lines.write_record(sheet.headers().map(harmless)).map_err(told)?;
        Ok(Self { lines, sheet })
    }
}

impl Writer for Delimited {
    fn add(&mut self, contact: &Contact) -> Result<(), String> {
        let text = |cell: Cell<'_>| match cell {
            Cell::Text(text) => harmless(text),
            Cell::Joined(text) => harmless(&text),
            Cell::Day(day) => day.to_string(),
            Cell::Empty => String::new(),
        };
        self.lines.write_record(self.sheet.cells(contact).into_iter().map(text)).map_err(told)
    }

    fn end(self: Box<Self>) -> Result<(), String> {
        let file = self.lines.into_inner().map_err(told)?;
        file.into_inner().map_err(told)?.sync_all().map_err(told)
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

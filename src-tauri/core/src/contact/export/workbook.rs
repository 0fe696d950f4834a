//! A workbook of one sheet, written row by row.

use std::path::{Path, PathBuf};

use chrono::Datelike;
use rust_xlsxwriter::{ExcelDateTime, Format, XlsxError};

use super::super::Contact;
use super::Writer;
use super::sheet::{Cell, Sheet};

pub struct Workbook {
    book: rust_xlsxwriter::Workbook,
    path: PathBuf,
    sheet: Sheet,
    day: Format,
    row: u32,
}

impl Workbook {
    pub fn create(path: &Path, sheet: Sheet) -> Result<Self, String> {
        let mut book = rust_xlsxwriter::Workbook::new();
        let page = book.add_worksheet_with_constant_memory().map_err(told)?;
        let bold = Format::new().set_bold();
        for (column, header) in (0..).zip(sheet.headers()) {
            page.write_string_with_format(0, column, header, &bold).map_err(told)?;
        }
        let day = Format::new().set_num_format("yyyy-mm-dd");
        Ok(Self { book, path: path.to_owned(), sheet, day, row: 1 })
    }
}

impl Writer for Workbook {
    fn add(&mut self, contact: &Contact) -> Result<(), String> {
        let page = self.book.worksheet_from_index(0).map_err(told)?;
        for (column, cell) in (0..).zip(self.sheet.cells(contact)) {
            let written = match cell {
                // Never read as a number or a formula, whatever it looks like.
                Cell::Text(text) => page.write_string(self.row, column, text),
                Cell::Joined(text) => page.write_string(self.row, column, text),
                Cell::Day(day) => {
                    let year = u16::try_from(day.year()).unwrap_or_default();
                    let month = u8::try_from(day.month()).unwrap_or_default();
                    let number = u8::try_from(day.day()).unwrap_or_default();
                    ExcelDateTime::from_ymd(year, month, number)
                        .and_then(|day| page.write_datetime_with_format(self.row, column, day, &self.day))
                }
                Cell::Empty => continue,
            };
            written.map_err(told)?;
        }
        self.row += 1;
        Ok(())
    }

    fn end(mut self: Box<Self>) -> Result<(), String> {
        self.book.save(&self.path).map_err(told)
    }
}

fn told(error: XlsxError) -> String {
    error.to_string()
}

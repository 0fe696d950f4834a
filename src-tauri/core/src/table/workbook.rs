//! A workbook of one sheet, written row by row.

use std::path::Path;

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{ExcelDateTime, Format, XlsxError};

use super::Cell;

pub struct Workbook {
    book: rust_xlsxwriter::Workbook,
    day: Format,
    row: u32,
}

impl Workbook {
    pub fn create<'a>(headers: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut book = rust_xlsxwriter::Workbook::new();
        let page = book.add_worksheet_with_constant_memory().map_err(told)?;
        let bold = Format::new().set_bold();
        for (column, header) in (0..).zip(headers) {
            page.write_string_with_format(0, column, header, &bold).map_err(told)?;
        }
        Ok(Self { book, day: Format::new().set_num_format("yyyy-mm-dd"), row: 1 })
    }

    pub fn add<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<(), String> {
        let page = self.book.worksheet_from_index(0).map_err(told)?;
        for (column, cell) in (0..).zip(cells) {
            let written = match cell {
                Cell::Text(text) => page.write_string(self.row, column, text),
                Cell::Day(day) => {
                    date(day).and_then(|day| page.write_datetime_with_format(self.row, column, day, &self.day))
                }
                Cell::Empty => continue,
            };
            written.map_err(told)?;
        }
        self.row += 1;
        Ok(())
    }

    pub fn end(mut self, path: &Path) -> Result<(), String> {
        self.book.save(path).map_err(told)
    }
}

fn date(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let number = |part: u32| u8::try_from(part).unwrap_or_default();
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or_default(), number(day.month()), number(day.day()))
}

fn told(error: XlsxError) -> String {
    error.to_string()
}

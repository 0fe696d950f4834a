//! A workbook, written sheet by sheet and row by row.

use std::path::Path;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use rust_xlsxwriter::{ExcelDateTime, Format, XlsxError};

use super::Cell;

/// What a cell of a workbook takes, in UTF-16.
const LONGEST: usize = 32_767;
/// What the name of a sheet takes.
const LONGEST_NAME: usize = 31;

pub struct Workbook {
    book: rust_xlsxwriter::Workbook,
    day: Format,
    /// As the owner's lists write days.
    dated: Format,
    moment: Format,
    bold: Format,
    sheets: usize,
    /// The next row of the sheet that was begun last.
    row: u32,
}

impl Default for Workbook {
    fn default() -> Self {
        Self {
            book: rust_xlsxwriter::Workbook::new(),
            day: Format::new().set_num_format("yyyy-mm-dd"),
            dated: Format::new().set_num_format("dd.mm.yyyy"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm"),
            bold: Format::new().set_bold(),
            sheets: 0,
            row: 0,
        }
    }
}

impl Workbook {
    /// A workbook of one sheet.
    pub fn create<'a>(headers: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut book = Self::default();
        book.begin()?;
        book.head(headers)?;
        Ok(book)
    }

    pub fn sheet(&mut self, name: &str, widths: &[u16]) -> Result<(), String> {
        self.begin()?;
        let page = self.book.worksheet_from_index(self.sheets.saturating_sub(1)).map_err(told)?;
        for (column, width) in (0..).zip(widths) {
            page.set_column_width(column, f64::from(*width)).map_err(told)?;
        }
        page.set_name(name.chars().take(LONGEST_NAME).collect::<String>()).map(drop).map_err(told)
    }

    fn begin(&mut self) -> Result<(), String> {
        self.book.add_worksheet_with_constant_memory().map_err(told)?;
        (self.sheets, self.row) = (self.sheets + 1, 0);
        Ok(())
    }

    pub fn head<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<(), String> {
        let page = self.book.worksheet_from_index(self.sheets.saturating_sub(1)).map_err(told)?;
        for (column, header) in (0..).zip(cells) {
            page.write_string_with_format(self.row, column, begun(header), &self.bold).map_err(told)?;
        }
        self.row += 1;
        Ok(())
    }

    pub fn add<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<(), String> {
        let page = self.book.worksheet_from_index(self.sheets.saturating_sub(1)).map_err(told)?;
        for (column, cell) in (0..).zip(cells) {
            let written = match cell {
                Cell::Text(text) => page.write_string(self.row, column, begun(&text)),
                Cell::Number(number) => match i32::try_from(number) {
                    Ok(number) => page.write_number(self.row, column, number),
                    Err(_) => page.write_string(self.row, column, number.to_string()),
                },
                Cell::Amount(amount, currency) => match units(amount) {
                    Some(value) => page.write_number_with_format(self.row, column, value, &money(&currency)),
                    None => page.write_string(self.row, column, (amount / 10_000).to_string()),
                },
                Cell::Moment(at) => date(at.date())
                    .and_then(|day| clock(day, at.time()))
                    .and_then(|at| page.write_datetime_with_format(self.row, column, at, &self.moment)),
                Cell::Day(day) => {
                    date(day).and_then(|day| page.write_datetime_with_format(self.row, column, day, &self.day))
                }
                Cell::Dated { day, .. } => {
                    date(day).and_then(|day| page.write_datetime_with_format(self.row, column, day, &self.dated))
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

/// As much of a text as a cell takes; the rest stands in separated text alone.
fn begun(text: &str) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > LONGEST
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

fn date(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let number = |part: u32| u8::try_from(part).unwrap_or_default();
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or_default(), number(day.month()), number(day.day()))
}

fn clock(day: ExcelDateTime, at: NaiveTime) -> Result<ExcelDateTime, XlsxError> {
    let number = |part: u32| u8::try_from(part).unwrap_or_default();
    day.and_hms(u16::from(number(at.hour())), number(at.minute()), at.second())
}

/// What a cell holds of a number in ten-thousandths.
fn units(ten_thousandths: i64) -> Option<f64> {
    let whole = i32::try_from(ten_thousandths / 10_000).ok()?;
    let rest = i32::try_from(ten_thousandths % 10_000).ok()?;
    Some(f64::from(whole) + f64::from(rest) / 10_000.0)
}

fn money(currency: &str) -> Format {
    let currency: String = currency.chars().filter(|c| *c != '"').collect();
    let before = if currency.is_empty() { String::new() } else { format!("\"{currency}\" ") };
    Format::new().set_num_format(format!("{before}#,##0.00"))
}

fn told(error: XlsxError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_their_decimals() {
        assert_eq!(units(12_505_000), Some(1_250.5));
        assert_eq!(units(-5_000), Some(-0.5));
        assert_eq!(units(i64::MAX), None);
    }

    #[test]
    fn a_text_that_is_too_long_for_a_cell_is_begun_and_never_cut_in_a_letter() {
        assert_eq!(begun("kısa"), "kısa");
        let long = "ğ".repeat(40_000);
        assert_eq!(begun(&long).chars().count(), LONGEST);
        let cakes = format!("a{}", "🎂".repeat(20_000));
        assert_eq!(begun(&cakes).chars().count(), 1 + (LONGEST - 1) / 2);
        let folder = tempfile::tempdir().unwrap();
        let mut book = Workbook::create(["Text"].into_iter()).unwrap();
        book.add([Cell::Text(long.into())].into_iter()).unwrap();
        book.end(&folder.path().join("long.xlsx")).unwrap();
    }
}

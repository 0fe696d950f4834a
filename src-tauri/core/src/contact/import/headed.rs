//! A list as rows of named cells, for whoever wants what it says and not whom it names: a trigger that watches a folder.
//!
//! Read by the same formats, and with the header found in the same way, as for an import. Blocking.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::super::phone::Country;
use super::ImportOptions;
use super::error::{ImportError, RowError};
use super::layout::{first_rows, is_total, take_header};
use super::list::{self, Bytes, List, Stopped};
use super::records::Record;
use super::rows::{content, is_formula_error, rejoined};
use super::source::is_undecoded;

pub struct Headed {
    list: Box<dyn List>,
    /// 0 where there is none.
    header_row: u32,
    names: Vec<String>,
    country: Country,
}

/// Each filled cell behind the name of its column.
pub type Cells = Vec<(String, String)>;

/// A row as it was told.
pub struct NamedRow {
    /// As a spreadsheet counts, from 1.
    pub row: u32,
    /// Or why the row cannot be taken.
    pub cells: Result<Cells, RowError>,
}

impl Headed {
    /// `home` tells a header from a first row with a phone.
    pub fn open(file: &str, bytes: Arc<[u8]>, home: &str) -> Result<Self, ImportError> {
        let country = Country::of(home).ok_or_else(|| ImportError::Country { country: home.to_owned() })?;
        let list = list::open_bytes(Bytes::held(file, bytes)?, &ImportOptions::default(), country)?;
        if list.columns().is_some() {
            return Err(ImportError::NotText { file: file.to_owned() });
        }
        let mut sample = first_rows(list.as_ref())?;
        let header = take_header(&mut sample, None, country);
        let cells = header.as_ref().map(|record| record.cells.as_slice());
        list.check(cells, &sample)?;
        let widest = || sample.iter().map(|record| record.cells.len()).max().unwrap_or_default();
        let names = cells.map_or_else(|| names(&vec![String::new(); widest()]), names);
        Ok(Self { header_row: header.map_or(0, |record| record.row), list, names, country })
    }

    /// The rows below the header; sums below the data are none.
    pub fn each(&self, take: &mut dyn FnMut(NamedRow) -> ControlFlow<()>) -> Result<(), ImportError> {
        let read = self.list.each(&mut |record, _| {
            if record.row <= self.header_row || is_total(&record, self.country) {
                return ControlFlow::Continue(());
            }
            take(NamedRow { row: record.row, cells: self.named(record) })
        });
        let file = || self.list.about().file_name.clone();
        read.map_err(|Stopped { row, reason }| ImportError::Unreadable {
            file: file(),
            reason: format!("{row}: {reason}"),
        })
    }

    fn named(&self, record: Record) -> Result<Cells, RowError> {
        if let Some(trouble) = record.trouble {
            return Err(trouble);
        }
        let cells = rejoined(&record.cells, self.names.len());
        let beyond = cells.iter().skip(self.names.len()).any(|cell| !cell.trim().is_empty());
        if self.list.is_strict() && beyond {
            return Err(RowError::TooManyCells { cells: cells.len(), columns: self.names.len() });
        }
        let mut named = Vec::new();
        for (name, cell) in self.names.iter().zip(cells.iter()) {
            if is_undecoded(cell) {
                return Err(RowError::Undecodable { column: name.clone() });
            }
            let cell = content(cell);
            if !cell.is_empty() && !is_formula_error(&cell) {
                named.push((name.clone(), cell));
            }
        }
        Ok(named)
    }
}

/// Columns by their headers. A dot parts the steps of a way through an event, so no name has one; a column without a
/// header has its number, and one whose name was there before has that number behind it.
fn names(headers: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(headers.len());
    for (at, header) in (1..).zip(headers) {
        let words: Vec<&str> = header.split(|c: char| c == '.' || c.is_whitespace() || c.is_control()).collect();
        let name = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        names.push(match name.as_str() {
            "" => at.to_string(),
            name if names.iter().any(|known| known == name) => format!("{name} {at}"),
            name => name.to_owned(),
        });
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u32, Result<Cells, RowError>)> {
        let list = Headed::open("list.csv", text.as_bytes().into(), "TR").unwrap();
        let mut rows = Vec::new();
        list.each(&mut |row| {
            rows.push((row.row, row.cells));
            ControlFlow::Continue(())
        })
        .unwrap();
        rows
    }

    fn cells(cells: &[(&str, &str)]) -> Cells {
        cells.iter().map(|(name, cell)| ((*name).to_owned(), (*cell).to_owned())).collect()
    }

    #[test]
    fn cells_are_named_by_the_header_below_titles_and_above_sums() {
        let rows = rows("Faturalar\nTel. No;Ad;Tutar;Tutar\n0532 555 01 42;Elif;10;\n\n;Can;;20\nToplam;;10;20\n");
        assert_eq!(
            rows,
            [
                (3, Ok(cells(&[("Tel No", "0532 555 01 42"), ("Ad", "Elif"), ("Tutar", "10")]))),
                (5, Ok(cells(&[("Ad", "Can"), ("Tutar 4", "20")]))),
            ]
        );
    }

    #[test]
    fn without_a_header_columns_have_their_numbers() {
        assert_eq!(rows("05325550142;Elif\n"), [(1, Ok(cells(&[("1", "05325550142"), ("2", "Elif")])))]);
    }

    #[test]
    fn what_a_formula_could_not_tell_is_nothing() {
        assert_eq!(rows("phone;name\n05325550142;#N/A\n"), [(2, Ok(cells(&[("phone", "05325550142")])))]);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_one_row() {
        let rows = rows("phone;name\n05325550142;Elif;stray\n05325550143;Can\n");
        assert!(matches!(rows[0], (2, Err(RowError::TooManyCells { cells: 3, columns: 2 }))));
        assert!(rows[1].1.is_ok());
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for bytes in [&b"%PDF-1.7 \x00\x01"[..], b"", b"PK\x03\x04broken", b"BEGIN:VCARD\nEND:VCARD\n"] {
            assert!(Headed::open("list.csv", bytes.into(), "TR").is_err());
        }
    }
}

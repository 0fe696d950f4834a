//! How a file is laid out: encoding, separator, header, and what each column is for.
//!
//! Called before a preview and before a run, with the same options and so with the same answer. What the owner
//! chose is kept; the rest is found out from the first rows. Blocking: callers run it off the async runtime.

use std::path::Path;

use super::super::phone::Country;
use super::error::{ImportError, Notice};
use super::mapping;
use super::records::{LINE_LIMIT, Record, Records, Split, split};
use super::source::{self, Source, is_undecoded};
use super::{Column, ColumnUse, ImportOptions, Separator};

/// Rows that are looked at before anything is decided.
pub const SAMPLE: usize = 50;

pub struct Layout {
    pub source: Source,
    pub separator: Separator,
    pub header: bool,
    pub country: Country,
    pub columns: Vec<Column>,
    pub notices: Vec<Notice>,
    /// The first rows below the header.
    pub sample: Vec<Record>,
}

pub fn layout(path: &Path, options: &ImportOptions, home: &str) -> Result<Layout, ImportError> {
    let country = options.country.as_deref().unwrap_or(home);
    let country = Country::of(country).ok_or_else(|| ImportError::Country { country: country.to_owned() })?;
    let source = source::open(path, options.encoding, country.code() == "TR")?;
    let separator = match options.separator {
        Some(separator) => separator,
        None => find_separator(&source)?,
    };
    let mut sample = first_rows(&source, separator)?;
    let header = take_header(&mut sample, options.header, country);
    refuse_wrong_encoding(&source, header.as_deref(), &sample)?;
    if sample.is_empty() {
        return Err(ImportError::NoRows { file: source.file_name });
    }
    let columns = columns(header.as_deref(), &sample, options, country)?;
    let notices = notices(&source, options, header.is_some(), &columns);
    sample.truncate(SAMPLE);
    Ok(Layout { header: header.is_some(), separator, country, columns, notices, sample, source })
}

impl Layout {
    /// The rows below the header, from the first.
    pub fn records(&self) -> Result<Records, ImportError> {
        let mut records = Records::new(self.source.text()?, self.separator.byte());
        if self.header {
            records.next().map_err(|error| self.unreadable(&error))?;
        }
        Ok(records)
    }

    fn unreadable(&self, error: &std::io::Error) -> ImportError {
        ImportError::Unreadable { file: self.source.file_name.clone(), reason: error.to_string() }
    }
}

fn first_rows(source: &Source, separator: Separator) -> Result<Vec<Record>, ImportError> {
    let mut records = Records::new(source.text()?, separator.byte());
    let mut rows = Vec::new();
    while rows.len() <= SAMPLE {
        let next = records
            .next()
            .map_err(|error| ImportError::Unreadable { file: source.file_name.clone(), reason: error.to_string() })?;
        let Some(record) = next else { break };
        rows.push(record);
    }
    if rows.is_empty() {
        return Err(ImportError::Empty { file: source.file_name.clone() });
    }
    Ok(rows)
}

/// The separator that cuts most of the first rows into the same number of cells; of equals, more cells win.
fn find_separator(source: &Source) -> Result<Separator, ImportError> {
    let mut text = String::new();
    let mut reader = source.text()?;
    while text.len() < LINE_LIMIT {
        let more = reader
            .more(&mut text)
            .map_err(|error| ImportError::Unreadable { file: source.file_name.clone(), reason: error.to_string() })?;
        if !more {
            break;
        }
    }
    let score = |separator: &Separator| evenness(&text, separator.byte());
    // The last of equals wins, and a file of one column has no separator at all.
    let all = [Separator::Tab, Separator::Semicolon, Separator::Comma];
    Ok(all.into_iter().max_by_key(score).unwrap_or(Separator::Comma))
}

/// Rows with the commonest width above one, and that width.
fn evenness(text: &str, separator: u8) -> (usize, usize) {
    let mut widths = std::collections::BTreeMap::<usize, usize>::new();
    let mut left = text;
    for _ in 0..SAMPLE {
        let Split::Record { cells, used } = split(left, separator, true) else {
            break;
        };
        if cells.len() > 1 {
            *widths.entry(cells.len()).or_default() += 1;
        }
        left = left.get(used..).unwrap_or_default();
        if left.is_empty() {
            break;
        }
    }
    widths.into_iter().map(|(width, rows)| (rows, width)).max().unwrap_or_default()
}

/// A first row with a phone and no word of a header is a contact.
fn take_header(sample: &mut Vec<Record>, chosen: Option<bool>, country: Country) -> Option<Vec<String>> {
    let first = sample.first()?;
    let is_header = mapping::is_header(&first.cells) || !mapping::has_phone(&first.cells, country);
    let is_header = chosen.unwrap_or(is_header && first.trouble.is_none());
    is_header.then(|| sample.remove(0).cells)
}

/// A header that did not decode, or most rows: that is the encoding and not the rows.
fn refuse_wrong_encoding(source: &Source, header: Option<&[String]>, sample: &[Record]) -> Result<(), ImportError> {
    let broken = |cells: &[String]| cells.iter().any(|cell| is_undecoded(cell));
    let rows = sample.iter().filter(|record| broken(&record.cells)).count();
    if source.encoding == source.detected || !(header.is_some_and(broken) || rows * 2 > sample.len()) {
        return Ok(());
    }
    Err(ImportError::WrongEncoding { encoding: source.encoding.as_str(), detected: source.detected.as_str() })
}

fn columns(
    header: Option<&[String]>,
    sample: &[Record],
    options: &ImportOptions,
    country: Country,
) -> Result<Vec<Column>, ImportError> {
    let sound: Vec<&[String]> =
        sample.iter().filter(|record| record.trouble.is_none()).map(|record| record.cells.as_slice()).collect();
    let widest = sound.iter().map(|cells| cells.len()).max().unwrap_or(1);
    let headers = header.map_or_else(|| vec![String::new(); widest], <[String]>::to_vec);
    let uses = match &options.columns {
        Some(chosen) => mapping::chosen(chosen, headers.len()),
        None => mapping::guess(&headers, &sound, country),
    };
    if !uses.contains(&ColumnUse::Phone) {
        return Err(ImportError::NoPhoneColumn { headers: listed(&headers, sound.first()) });
    }
    Ok(headers.into_iter().zip(uses).map(|(header, used)| Column { header, used }).collect())
}

/// What the owner sees of the columns: the headers, or the first row where there are none.
fn listed(headers: &[String], first: Option<&&[String]>) -> String {
    let named = headers.iter().any(|header| !header.trim().is_empty());
    let cells = if named { headers } else { first.copied().unwrap_or_default() };
    let list = cells.iter().map(|cell| cell.trim()).collect::<Vec<_>>().join(", ");
    list.chars().take(300).collect()
}

fn notices(source: &Source, options: &ImportOptions, header: bool, columns: &[Column]) -> Vec<Notice> {
    let mut notices: Vec<Notice> = source.notice.iter().cloned().collect();
    if !header && options.header.is_none() {
        notices.push(Notice::NoHeader);
    }
    let mapped = columns.iter().filter(|column| matches!(column.used, ColumnUse::Field { .. })).count();
    if options.columns.is_none() && mapped >= mapping::FIELD_LIMIT && columns.len() > mapped + 1 {
        notices.push(Notice::ManyColumns { columns: columns.len(), mapped });
    }
    notices
}

//! How a list is laid out: where its header is, and what each column is for.
//!
//! Called before a preview and before a run, with the same options and so with the same answer. What the owner
//! chose is kept; the rest is found out from the first rows. Blocking: callers run it off the async runtime.

use std::ops::ControlFlow;

use super::super::fold::{field_name, fold};
use super::super::phone::Country;
use super::super::variable;
use super::error::{ImportError, Notice};
use super::list::{self, Bytes, List, Stopped, Take};
use super::mapping;
use super::messages::Messages;
use super::records::Record;
use super::{Column, ColumnUse, ImportOptions, Origin, Ticked};

/// Rows that are looked at before anything is decided.
pub const SAMPLE: usize = 50;
/// Rows among which the header is looked for.
const TITLES: usize = 20;

pub struct Layout {
    pub list: Box<dyn List>,
    /// The row of the header; 0 where there is none.
    header_row: u32,
    pub country: Country,
    pub columns: Vec<Column>,
    /// What was found out for the columns, whatever the owner chose.
    pub found: Vec<ColumnUse>,
    pub notices: Vec<Notice>,
    pub ticked: Ticked,
    pub each_phone: bool,
    /// Columns that name whoever has no name of their own.
    pub firms: Vec<usize>,
    /// Columns that are the last name alone, which stands behind the first wherever it is in the list.
    pub last_names: Vec<usize>,
    /// What `{{…}}` calls the columns of first and last names, where a name is made of both.
    pub name_parts: Vec<(usize, String)>,
    /// Columns of phones whose header does not say so: another one comes first.
    pub unnamed_phones: Vec<usize>,
    /// The first rows below the header.
    pub sample: Vec<Record>,
}

pub fn layout(origin: &Origin, options: &ImportOptions, home: &str) -> Result<Layout, ImportError> {
    let country = options.country.as_deref().unwrap_or(home);
    let country = Country::of(country).ok_or_else(|| ImportError::Country { country: country.to_owned() })?;
    if let Origin::Pasted { text, .. } = origin
        && is_no_table(origin, options, country)
    {
        return laid_out(Box::new(Messages::open(&Bytes::of(origin)?, text, country)?), options, country);
    }
    laid_out(open(origin, options, country)?, options, country)
}

fn open(origin: &Origin, options: &ImportOptions, country: Country) -> Result<Box<dyn List>, ImportError> {
    list::open(origin, options, country)
}

/// Whether no column of it is phones. A single line is taken for a header. That the columns were chosen does not tell:
/// those of a text are chosen too, once it was shown.
fn is_no_table(origin: &Origin, options: &ImportOptions, country: Country) -> bool {
    let options = ImportOptions { columns: None, ..options.clone() };
    let table = open(origin, &options, country).and_then(|list| laid_out(list, &options, country));
    options.header.is_none() && matches!(table, Err(ImportError::NoPhoneColumn { .. } | ImportError::NoRows { .. }))
}

fn laid_out(list: Box<dyn List>, options: &ImportOptions, country: Country) -> Result<Layout, ImportError> {
    let mut sample = first_rows(list.as_ref())?;
    let header = match list.columns() {
        Some(_) => None,
        None => take_header(&mut sample, options.header, country),
    };
    let cells = header.as_ref().map(|record| record.cells.as_slice());
    list.check(cells, &sample)?;
    sample.retain(|record| !is_total(record, country));
    if sample.is_empty() {
        return Err(ImportError::NoRows { file: list.about().file_name.clone() });
    }
    let found = match list.columns() {
        Some(columns) => columns,
        None => columns(cells, &sample, country),
    };
    let uses = |columns: &[Column]| columns.iter().map(|column| column.used.clone()).collect();
    let (found, columns) = (uses(&found), with_chosen(found, options.columns.as_deref()));
    if !columns.iter().any(|column| column.used == ColumnUse::Phone) {
        return Err(ImportError::NoPhoneColumn { headers: listed(&columns, sample.first()) });
    }
    let notices = notices(list.as_ref(), options, header.is_some(), &columns);
    sample.truncate(SAMPLE);
    let header_row = header.map_or(0, |record| record.row);
    let (ticked, each_phone) = (options.ticked.clone(), options.each_phone);
    let is_firm = |column: &Column| matches!(column.used, ColumnUse::Field { .. }) && mapping::is_firm(&column.header);
    let is_last_name = |column: &Column| column.used == ColumnUse::Name && mapping::is_last_name(&column.header);
    let is_unnamed = |column: &Column| column.used == ColumnUse::Phone && !mapping::says_phone(&column.header);
    let mut layout = Layout {
        firms: places(&columns, is_firm),
        last_names: places(&columns, is_last_name),
        name_parts: name_parts(&columns),
        unnamed_phones: places(&columns, is_unnamed),
        sample: Vec::new(),
        header_row,
        country,
        columns,
        found,
        notices,
        ticked,
        each_phone,
        list,
    };
    layout.sample = sample.into_iter().map(|record| layout.fit(record)).collect();
    Ok(layout)
}

fn places(columns: &[Column], is: impl Fn(&Column) -> bool) -> Vec<usize> {
    (0..).zip(columns).filter(|(_, column)| is(column)).map(|(at, _)| at).collect()
}

/// First and last name are fields, too, unless their header means the name as a whole.
fn name_parts(columns: &[Column]) -> Vec<(usize, String)> {
    let names = || (0..).zip(columns).filter(|(_, column)| column.used == ColumnUse::Name);
    if !names().any(|(_, column)| mapping::is_last_name(&column.header)) {
        return Vec::new();
    }
    let whole = |column: &Column| variable::own(&column.header).is_some();
    names()
        .filter(|(_, column)| !whole(column))
        .filter_map(|(at, column)| Some((at, field_name(&column.header)?)))
        .collect()
}

impl Layout {
    pub fn has_header(&self) -> bool {
        self.header_row > 0
    }

    /// The rows below the header, from the first; sums below the data are none.
    pub fn each(&self, take: &mut Take<'_>) -> Result<(), Stopped> {
        self.list.each(&mut |record, read| {
            if record.row <= self.header_row || is_total(&record, self.country) {
                return ControlFlow::Continue(());
            }
            take(self.fit(record), read)
        })
    }

    /// What stands beside a table of a workbook is no part of it.
    fn fit(&self, mut record: Record) -> Record {
        if !self.list.is_strict() {
            record.cells.truncate(self.columns.len());
        }
        record
    }
}

pub fn first_rows(list: &dyn List) -> Result<Vec<Record>, ImportError> {
    let file = list.about().file_name.clone();
    let mut rows = Vec::new();
    let read = list.each(&mut |record, _| {
        rows.push(record);
        if rows.len() > SAMPLE + TITLES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if let Err(Stopped { reason, .. }) = read {
        return Err(ImportError::Unreadable { file, reason });
    }
    if rows.is_empty() { Err(ImportError::Empty { file }) } else { Ok(rows) }
}

/// Takes the header off the rows, and the titles above it.
pub fn take_header(sample: &mut Vec<Record>, chosen: Option<bool>, country: Country) -> Option<Record> {
    let found = find_header(sample, country);
    let at = match chosen {
        Some(true) => found.or(Some(0)),
        Some(false) => None,
        None => found,
    }?;
    sample.drain(..=at).next_back()
}

/// The first row that has a word of a header; else the first of the fullest rows above the first phone. A row with a
/// phone is a contact, or the head of a letter where a fuller row with several words of a header stands below it. A lone
/// cell above wider rows is a title, whatever its word.
fn find_header(sample: &[Record], country: Country) -> Option<usize> {
    let filled = |record: &Record| record.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let has_phone = |record: &Record| mapping::has_phone(&record.cells, country);
    let phone = sample.iter().position(has_phone);
    let above = sample.get(..phone.unwrap_or(1)).unwrap_or(sample);
    let letterhead = |at: usize| {
        let head = sample.get(..at).unwrap_or_default();
        let fullest = head.iter().filter(|record| has_phone(record)).map(filled).max();
        sample.get(at).is_some_and(|row| {
            fullest.is_none_or(|fullest| fullest < filled(row) && mapping::header_words(&row.cells) > 1)
        })
    };
    let width = match phone.and_then(|at| sample.get(at)) {
        Some(row) => filled(row),
        None => sample.iter().map(filled).max().unwrap_or_default(),
    };
    let sound = |record: &Record| record.trouble.is_none() && !has_phone(record);
    let is_title = |record: &Record| filled(record) <= 1 && width > 1;
    let is_header = |record: &Record| sound(record) && mapping::is_header(&record.cells);
    let wide = |(at, record): &(usize, &Record)| filled(record) > 1 && is_header(record) && letterhead(*at);
    let named = sample.iter().take(TITLES).enumerate().find(wide).map(|(at, _)| at);
    let alone = || above.iter().take(TITLES).position(|record| is_header(record) && !is_title(record));
    let fullest = || {
        let untitled = above.iter().filter(|record| !is_title(record)).map(filled).max()?;
        above.iter().position(|record| sound(record) && filled(record) == untitled)
    };
    named.or_else(alone).or_else(fullest)
}

const TOTALS: &[&str] = &[
    "ara toplam",
    "genel toplam",
    "grand total",
    "jumlah",
    "jumlah data",
    "kayit sayisi",
    "record count",
    "sub total",
    "subtotal",
    "sum",
    "toplam",
    "toplam kayit",
    "total",
    "total records",
];

/// `Toplam: 128` below a list: the word, numbers, and no phone.
pub fn is_total(record: &Record, country: Country) -> bool {
    let mut cells = record.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let Some(first) = cells
        .next()
        .filter(|cell| cell.starts_with(['a', 'g', 'j', 'k', 'r', 's', 't', 'A', 'G', 'J', 'K', 'R', 'S', 'T']))
    else {
        return false;
    };
    let word = fold(first);
    let word = word.split(|c: char| matches!(c, ':' | '=' | '(') || c.is_ascii_digit()).next().unwrap_or_default();
    let is_sum = |cell: &str| !cell.contains(char::is_alphabetic);
    TOTALS.contains(&word.trim())
        && record.trouble.is_none()
        && cells.all(is_sum)
        && !mapping::has_phone(&record.cells, country)
}

/// The columns and what they are found to be; perhaps none of them phones.
fn columns(header: Option<&[String]>, sample: &[Record], country: Country) -> Vec<Column> {
    let sound: Vec<&[String]> =
        sample.iter().filter(|record| record.trouble.is_none()).map(|record| record.cells.as_slice()).collect();
    let widest = sound.iter().map(|cells| cells.len()).max().unwrap_or(1);
    let headers = header.map_or_else(|| vec![String::new(); widest], <[String]>::to_vec);
    let uses = mapping::guess(&headers, &sound, country);
    headers.into_iter().zip(uses).map(|(header, used)| Column { header, used }).collect()
}

fn with_chosen(columns: Vec<Column>, chosen: Option<&[ColumnUse]>) -> Vec<Column> {
    let Some(chosen) = chosen else { return columns };
    let uses = mapping::chosen(chosen, columns.len());
    columns.into_iter().zip(uses).map(|(column, used)| Column { used, ..column }).collect()
}

/// What the owner sees of the columns: the headers, or the first row where there are none.
fn listed(columns: &[Column], first: Option<&Record>) -> String {
    let headers: Vec<&str> = columns.iter().map(|column| column.header.trim()).collect();
    let cells = || first.map(|record| record.cells.iter().map(|cell| cell.trim()).collect());
    let named = headers.iter().any(|header| !header.is_empty());
    let list = if named { headers } else { cells().unwrap_or_default() }.join(", ");
    list.chars().take(300).collect()
}

fn notices(list: &dyn List, options: &ImportOptions, header: bool, columns: &[Column]) -> Vec<Notice> {
    let mut notices: Vec<Notice> = list.about().notice.iter().cloned().collect();
    if !header && options.header.is_none() && list.columns().is_none() {
        notices.push(Notice::NoHeader);
    }
    let mapped = columns.iter().filter(|column| matches!(column.used, ColumnUse::Field { .. })).count();
    if options.columns.is_none() && mapped >= mapping::FIELD_LIMIT && columns.len() > mapped + 1 {
        notices.push(Notice::ManyColumns { columns: columns.len(), mapped });
    }
    notices
}

//! A sheet of a workbook: XLSX, XLSB, XLS or ODS.
//!
//! A sheet of XLSX is read cell by cell, the others as a whole. Before a workbook is opened it is unpacked once into
//! nothing, so that one that unpacks to more than a computer holds, or to more than it says, is refused. Numbers of XLSX
//! are written as the workbook shows them where their format is a common one, else with all their digits; days as
//! `12.11.2026`.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use calamine::{
    Data, DataRef, ExcelDateTime, Ods, OdsError, Range, Reader, Sheet, SheetType, SheetVisible, Sheets, Style, Xls,
    XlsError, Xlsb, Xlsx, XlsxError,
};
use zip::ZipArchive;

use super::ImportError;
use super::list::{About, Bytes, List, ReadSeek, Stopped, Take};
use super::number_format::{NumberFormat, plain};
use super::records::Record;
use crate::supervise::catch_now;

pub struct Workbook {
    about: About,
    sheet: String,
    /// A comma stands before decimals.
    comma: bool,
    /// Opened once, for that reads all of its texts.
    book: Mutex<Book>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Xlsx,
    Xlsb,
    Xls,
    Ods,
}

type Input = Box<dyn ReadSeek>;
type Book = Sheets<Input>;

impl Workbook {
    /// The sheet that is wanted, else the first that can be seen and is not empty. `comma` where its people write one
    /// before decimals.
    pub fn open(bytes: Bytes, wanted: Option<&str>, comma: bool) -> Result<Self, ImportError> {
        let file = bytes.file_name.clone();
        let damaged = || ImportError::WorkbookDamaged { file: file.clone() };
        let kind = kind(&bytes)?;
        let mut book = catch_now(|| book(&bytes, kind)).map_err(|_| damaged())?.map_err(|broken| match broken {
            Broken::Locked => ImportError::WorkbookLocked { file: file.clone() },
            Broken::Other(_) => damaged(),
        })?;
        let sheets = sheets(&book);
        let sheet = match wanted {
            Some(wanted) => sheets.iter().find(|sheet| sheet.as_str() == wanted),
            None => catch_now(|| sheets.iter().find(|sheet| is_filled(&mut book, sheet)).or(sheets.first()))
                .map_err(|_| damaged())?,
        };
        let sheet = sheet.cloned().ok_or_else(|| match (sheets.is_empty(), wanted) {
            (false, Some(wanted)) => ImportError::NoSheet { sheet: wanted.to_owned(), sheets: sheets.join(", ") },
            _ => ImportError::Empty { file: file.clone() },
        })?;
        let about =
            About { bytes: bytes.length, sheets, sheet: Some(sheet.clone()), file_name: file, ..About::default() };
        Ok(Self { about, sheet, comma, book: Mutex::new(book) })
    }
}

impl List for Workbook {
    fn about(&self) -> &About {
        &self.about
    }

    fn each(&self, take: &mut Take<'_>) -> Result<(), Stopped> {
        let mut row = 0;
        let read = catch_now(|| {
            let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
            rows(&mut book, &self.sheet, self.comma, self.about.bytes, &mut |record, read| {
                row = record.row;
                take(record, read)
            })
        });
        let reason = match read {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(panicked) => panicked.to_string(),
        };
        Err(Stopped { row, reason })
    }
}

/// Told by what the archive holds.
fn kind(bytes: &Bytes) -> Result<Kind, ImportError> {
    let mut head = [0; 2];
    let file = || bytes.file_name.clone();
    let damaged = || ImportError::WorkbookDamaged { file: file() };
    bytes.reader()?.read_exact(&mut head).map_err(|_| damaged())?;
    if &head != b"PK" {
        return if bytes.length > XLS_LIMIT { Err(ImportError::TooLarge { file: file() }) } else { Ok(Kind::Xls) };
    }
    let mut archive = ZipArchive::new(bytes.reader()?).map_err(|_| damaged())?;
    unpack(&mut archive, &file())?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    match () {
        () if has("xl/workbook.bin") => Ok(Kind::Xlsb),
        () if has("content.xml") => Ok(Kind::Ods),
        () if has("[Content_Types].xml") => Ok(Kind::Xlsx),
        () => Err(damaged()),
    }
}

/// What a workbook may unpack to: a million rows of ten cells are less.
const UNPACKED_LIMIT: u64 = 512 << 20;
/// The same for what is held in memory: texts, styles, and sheets that are read as a whole.
const HELD_LIMIT: u64 = 160 << 20;
/// An old workbook is held as a whole; 65,536 rows of it are less.
const XLS_LIMIT: u64 = 128 << 20;

/// Reads every entry to its end, for what an archive says of its sizes can be wrong.
fn unpack(archive: &mut ZipArchive<Input>, file: &str) -> Result<(), ImportError> {
    let too_large = || ImportError::TooLarge { file: file.to_owned() };
    let damaged = |_| ImportError::WorkbookDamaged { file: file.to_owned() };
    let mut all = 0;
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(damaged)?;
        let is_sheet = entry.name().is_ok_and(|name| name.starts_with("xl/worksheets/"));
        if entry.encrypted() {
            return Err(ImportError::WorkbookLocked { file: file.to_owned() });
        }
        drop(entry);
        let limit = if is_sheet { UNPACKED_LIMIT } else { HELD_LIMIT }.min(UNPACKED_LIMIT - all);
        let entry = archive.by_index(at).map_err(damaged)?;
        if entry.size() > limit {
            return Err(too_large());
        }
        let read = std::io::copy(&mut entry.take(limit + 1), &mut std::io::sink());
        all += read.map_err(|_| ImportError::WorkbookDamaged { file: file.to_owned() })?;
        if all > UNPACKED_LIMIT {
            return Err(too_large());
        }
    }
    Ok(())
}

fn book(bytes: &Bytes, kind: Kind) -> Result<Book, Broken> {
    let input = || bytes.reader().map_err(Broken::of);
    Ok(match kind {
        Kind::Xlsx => Book::Xlsx(Xlsx::new(input()?)?),
        Kind::Xlsb => Book::Xlsb(Xlsb::new(input()?).map_err(Broken::of)?),
        Kind::Ods => Book::Ods(Ods::new(input()?)?),
        Kind::Xls => match Xls::new(input()?) {
            Ok(book) => Book::Xls(book),
            // A workbook under a password is kept in the container of the old format.
            Err(error) => match Xlsx::new(input()?) {
                Err(XlsxError::Password) => return Err(Broken::Locked),
                _ => return Err(error.into()),
            },
        },
    })
}

/// The sheets with cells, those that can be seen first.
fn sheets(book: &Book) -> Vec<String> {
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let (seen, hidden): (Vec<&Sheet>, Vec<&Sheet>) = sheets.partition(|sheet| sheet.visible == SheetVisible::Visible);
    seen.into_iter().chain(hidden).map(|sheet| sheet.name.clone()).collect()
}

fn is_filled(book: &mut Book, sheet: &str) -> bool {
    let mut filled = false;
    let _ = rows(book, sheet, false, 0, &mut |_, _| {
        filled = true;
        ControlFlow::Break(())
    });
    filled
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("it is protected by a password")]
    Locked,
    #[error("{0}")]
    Other(String),
}

impl Broken {
    fn of(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }
}

impl From<XlsxError> for Broken {
    fn from(error: XlsxError) -> Self {
        if matches!(error, XlsxError::Password) { Self::Locked } else { Self::of(error) }
    }
}

impl From<XlsError> for Broken {
    fn from(error: XlsError) -> Self {
        if matches!(error, XlsError::Password) { Self::Locked } else { Self::of(error) }
    }
}

impl From<OdsError> for Broken {
    fn from(error: OdsError) -> Self {
        if matches!(error, OdsError::Password) { Self::Locked } else { Self::of(error) }
    }
}

fn rows(book: &mut Book, sheet: &str, comma: bool, bytes: u64, take: &mut Take<'_>) -> Result<(), Broken> {
    match book {
        Book::Xlsx(book) => streamed(book, sheet, comma, bytes, take),
        others => {
            ranged(&others.worksheet_range(sheet).map_err(Broken::of)?, bytes, take);
            Ok(())
        }
    }
}

/// A sheet holds 16,384 columns; no list has so many.
const COLUMN_LIMIT: u32 = 1_024;

fn streamed(book: &mut Xlsx<Input>, sheet: &str, comma: bool, bytes: u64, take: &mut Take<'_>) -> Result<(), Broken> {
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let format = |style: &Style| NumberFormat::of(&style.number_format.as_ref()?.format_code);
    let formats: Vec<Option<NumberFormat>> = cells.styles().iter().map(format).collect();
    let rows = u64::from(cells.dimensions().end.0).max(1);
    let mut give = |row: u32, cells: Vec<String>| {
        let read = bytes * u64::from(row).min(rows) / (rows + 1);
        if is_blank(&cells) { ControlFlow::Continue(()) } else { take(Record { row, cells, trouble: None }, read) }
    };
    let mut row = (0, Vec::new());
    while let Some((cell, style)) = cells.next_cell_with_style_id()? {
        let (at, column) = cell.get_position();
        if at + 1 != row.0 {
            let (number, filled) = std::mem::replace(&mut row, (at + 1, Vec::new()));
            if give(number, filled).is_break() {
                return Ok(());
            }
        }
        let text = match (cell.get_value(), formats.get(style)) {
            (DataRef::Float(number), Some(Some(format))) => format.shown(*number, comma),
            (value, _) => written(value),
        };
        if column < COLUMN_LIMIT && !text.is_empty() {
            row.1.resize(column as usize, String::new());
            row.1.push(text);
        }
    }
    let _ = give(row.0, row.1);
    Ok(())
}

fn ranged(range: &Range<Data>, bytes: u64, take: &mut Take<'_>) {
    let Some((first, left)) = range.start() else { return };
    let height = range.height().max(1) as u64;
    for (number, row) in (first + 1..).zip(range.rows()) {
        let mut cells = vec![String::new(); left.min(COLUMN_LIMIT) as usize];
        cells.extend(
            row.iter().take((COLUMN_LIMIT - left.min(COLUMN_LIMIT)) as usize).map(|cell| written(&borrowed(cell))),
        );
        let read = bytes * u64::from(number - first).min(height) / (height + 1);
        if !is_blank(&cells) && take(Record { row: number, cells, trouble: None }, read).is_break() {
            return;
        }
    }
}

fn is_blank(cells: &[String]) -> bool {
    cells.iter().all(|cell| cell.trim().is_empty())
}

fn borrowed(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Empty => DataRef::Empty,
        Data::String(text) => DataRef::SharedString(text),
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(time) => DataRef::DateTime(*time),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
    }
}

/// A cell as text.
fn written(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => plain(*number),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(time) => time_of(time),
        DataRef::DateTimeIso(text) => iso(text),
        DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
    }
}

/// The last day that a spreadsheet knows; a phone in a column of days is no day.
const LAST_DAY: f64 = 2_958_466.0;

fn time_of(time: &ExcelDateTime) -> String {
    if time.is_duration() || !(0.0..LAST_DAY).contains(&time.as_f64()) {
        return plain(time.as_f64());
    }
    let (year, month, day, hour, minute, ..) = time.to_ymd_hms_milli();
    let clock = format!("{hour:02}:{minute:02}");
    match (time.as_f64() < 1.0, clock.as_str()) {
        (true, _) => clock,
        (_, "00:00") => format!("{day:02}.{month:02}.{year}"),
        _ => format!("{day:02}.{month:02}.{year} {clock}"),
    }
}

/// `2026-11-12T09:30:00`
fn iso(text: &str) -> String {
    let (date, clock) = text.split_once('T').unwrap_or((text, ""));
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return text.to_owned();
    };
    match clock.get(..5).unwrap_or_default() {
        "" | "00:00" => format!("{day}.{month}.{year}"),
        clock => format!("{day}.{month}.{year} {clock}"),
    }
}

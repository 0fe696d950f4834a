//! What can be wrong with a file, and with a row of it. A file error ends an import; a row error refuses one row.
//!
//! `RowError` is serialised as it is kept in `import_refusals`, with its code as the tag.

use serde::{Deserialize, Serialize};

use super::super::phone::{Phone, PhoneError};
use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::params;
use crate::supervise::Broke;
use crate::table::TableError;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{file} is not there any more. Choose the file again.")]
    NotFound { file: String },
    #[error("{file} is a folder. Choose a file in it.")]
    Directory { file: String },
    #[error("{file} is empty. Save your list again and choose it here.")]
    Empty { file: String },
    #[error("{file} has a header but no rows below it. Save your list again and choose it here.")]
    NoRows { file: String },
    #[error(
        "{file} is no list that Ulak can read. Save it as a workbook (XLSX, ODS) or as CSV and choose that file here."
    )]
    NotText { file: String },
    #[error("{file} is protected by a password. Open it, save it without the password, and choose it here again.")]
    WorkbookLocked { file: String },
    #[error("{file} cannot be read as a workbook. Open it in Excel or LibreOffice, save it again, and choose it here.")]
    WorkbookDamaged { file: String },
    #[error("{file} unpacks to more than Ulak takes in. Copy the sheet with the contacts to a workbook of its own.")]
    TooLarge { file: String },
    #[error("There is no sheet \"{sheet}\". The sheets are: {sheets}.")]
    NoSheet { sheet: String, sheets: String },
    #[error("There is no phone number in {file}. Copy the cells or the text with the phones and paste again.")]
    NoPhones { file: String },
    #[error("The text of this file is not {encoding}; it looks like {detected}. Choose {detected}.")]
    WrongEncoding { encoding: &'static str, detected: &'static str },
    #[error(
        "No column holds phone numbers. The columns are: {headers}. Add a column named Phone, or choose which one holds the phones."
    )]
    NoPhoneColumn { headers: String },
    #[error("{file} cannot be read: {reason}. Close it in other programs, or copy it to this computer.")]
    Unreadable { file: String, reason: String },
    #[error(
        "Reading stopped after row {row}: {reason}. What came in stays. Import the file again to go on; nobody comes in twice."
    )]
    ReadStopped { row: u32, reason: String },
    #[error(
        "The disk is full: the import stopped at row {row}. What came in before it stays. Free some space and import the file again; nobody comes in twice."
    )]
    DiskFull { row: u32 },
    #[error(
        "The import stopped at row {row}: {reason} What came in before it stays. Import the file again to go on; nobody comes in twice."
    )]
    Stopped { row: u32, reason: StorageError },
    #[error("This import is still running. Stop it first.")]
    StillRunning,
    #[error("Nothing is left of this import that could be taken back.")]
    NothingToUndo,
    #[error("\"{country}\" is not a country code. Choose the country of the phones.")]
    Country { country: String },
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Broke(#[from] Broke),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Coded for ImportError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "import.not_found",
            Self::Directory { .. } => "import.directory",
            Self::Empty { .. } => "import.empty",
            Self::NoRows { .. } => "import.no_rows",
            Self::NotText { .. } => "import.not_text",
            Self::WorkbookLocked { .. } => "import.workbook_locked",
            Self::WorkbookDamaged { .. } => "import.workbook_damaged",
            Self::TooLarge { .. } => "import.too_large",
            Self::NoSheet { .. } => "import.no_sheet",
            Self::NoPhones { .. } => "import.no_phones",
            Self::WrongEncoding { .. } => "import.wrong_encoding",
            Self::NoPhoneColumn { .. } => "import.no_phone_column",
            Self::Unreadable { .. } => "import.unreadable",
            Self::ReadStopped { .. } => "import.read_stopped",
            Self::DiskFull { .. } => "import.disk_full",
            Self::Stopped { .. } => "import.stopped",
            Self::StillRunning => "import.still_running",
            Self::NothingToUndo => "import.nothing_to_undo",
            Self::Country { .. } => "contact.country",
            Self::Table(error) => error.code(),
            Self::Broke(broke) => broke.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::NotFound { file }
            | Self::Directory { file }
            | Self::Empty { file }
            | Self::NoRows { file }
            | Self::NotText { file }
            | Self::WorkbookLocked { file }
            | Self::WorkbookDamaged { file }
            | Self::TooLarge { file }
            | Self::NoPhones { file } => params! { file: file },
            Self::NoSheet { sheet, sheets } => params! { sheet: sheet, sheets: sheets },
            Self::WrongEncoding { encoding, detected } => params! { encoding: encoding, detected: detected },
            Self::NoPhoneColumn { headers } => params! { headers: headers },
            Self::Unreadable { file, reason } => params! { file: file, reason: reason },
            Self::ReadStopped { row, reason } => params! { row: row, reason: reason },
            Self::DiskFull { row } => params! { row: row },
            Self::Stopped { row, reason } => params! { row: row, reason: reason },
            Self::StillRunning | Self::NothingToUndo => Params::new(),
            Self::Country { country } => params! { country: country },
            Self::Table(error) => error.params(),
            Self::Broke(broke) => broke.params(),
            Self::Storage(error) => error.params(),
        }
    }
}

/// Why one row is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code")]
pub enum RowError {
    #[serde(rename = "import.undecodable")]
    #[error("{column} has characters that could not be read. Choose another encoding, or correct the cell.")]
    Undecodable { column: String },
    #[serde(rename = "import.too_many_cells")]
    #[error("The row has {cells} cells where the header has {columns}. Put cells that hold the separator in quotes.")]
    TooManyCells { cells: usize, columns: usize },
    #[serde(rename = "import.cell_too_long")]
    #[error("{column} has {length} characters; at most {limit} fit. Shorten the cell.")]
    CellTooLong { column: String, length: usize, limit: usize },
    #[serde(rename = "import.open_quote")]
    #[error("A quotation mark opens a cell here and none closes it. Add or remove one.")]
    OpenQuote,
    #[serde(rename = "import.line_too_long")]
    #[error("The line is longer than {limit} bytes. See whether the line breaks of the file are lost.")]
    LineTooLong { limit: usize },
    #[serde(rename = "import.broken_card")]
    #[error("This card of the address book cannot be read. Export it again.")]
    BrokenCard,
    #[serde(rename = "import.erased")]
    #[error(
        "The data of this person were erased at their wish. If they asked to be in your list again, add them by hand."
    )]
    Erased,
    #[serde(untagged)]
    #[error(transparent)]
    Phone(PhoneError),
}

impl RowError {
    /// The phone that is probably meant: the row is doubtful and not refused.
    pub fn probable(&self) -> Option<Phone> {
        match self {
            Self::Phone(error) => error.probable(),
            _ => None,
        }
    }
}

impl Coded for RowError {
    fn code(&self) -> &'static str {
        match self {
            Self::Undecodable { .. } => "import.undecodable",
            Self::TooManyCells { .. } => "import.too_many_cells",
            Self::CellTooLong { .. } => "import.cell_too_long",
            Self::OpenQuote => "import.open_quote",
            Self::LineTooLong { .. } => "import.line_too_long",
            Self::BrokenCard => "import.broken_card",
            Self::Erased => "import.erased",
            Self::Phone(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Undecodable { column } => params! { column: column },
            Self::TooManyCells { cells, columns } => params! { cells: cells, columns: columns },
            Self::CellTooLong { column, length, limit } => {
                params! { column: column, length: length, limit: limit }
            }
            Self::OpenQuote | Self::BrokenCard | Self::Erased => Params::new(),
            Self::LineTooLong { limit } => params! { limit: limit },
            Self::Phone(error) => error.params(),
        }
    }
}

/// What the owner should look at before importing; nothing is refused for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    #[error("The file has {columns} columns. The first {mapped} became fields; choose others by hand.")]
    ManyColumns { columns: usize, mapped: usize },
    #[error("The first row holds a phone number, so it is read as a contact and not as a header.")]
    NoHeader,
    #[error(
        "{fitting} of the first {rows} rows have phones of {country}. If the list is from there, choose that country."
    )]
    OtherCountry { country: String, fitting: usize, rows: usize },
    #[error("Read as {encoding}, letters may look wrong: the file looks like {detected}.")]
    EncodingDoubtful { encoding: &'static str, detected: &'static str },
}

impl Coded for Notice {
    fn code(&self) -> &'static str {
        match self {
            Self::ManyColumns { .. } => "import.many_columns",
            Self::NoHeader => "import.no_header",
            Self::OtherCountry { .. } => "import.other_country",
            Self::EncodingDoubtful { .. } => "import.encoding_doubtful",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::ManyColumns { columns, mapped } => params! { columns: columns, mapped: mapped },
            Self::NoHeader => Params::new(),
            Self::OtherCountry { country, fitting, rows } => {
                params! { country: country, fitting: fitting, rows: rows }
            }
            Self::EncodingDoubtful { encoding, detected } => {
                params! { encoding: encoding, detected: detected }
            }
        }
    }
}

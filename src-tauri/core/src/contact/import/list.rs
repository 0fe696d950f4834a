//! A list as rows of cells, whatever it is stored as: separated text, a sheet of a workbook, cards of an address book,
//! or what was copied from somewhere.
//!
//! One file of this folder a format, each of them a `List`. What a file is, is told by its first bytes and never by its
//! name. Callers read a list from its beginning as often as they like.

use std::fs::File;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::phone::Country;
use super::cards::Cards;
use super::delimited::Delimited;
use super::records::Record;
use super::source::{self, unreadable};
use super::workbook::Workbook;
use super::{Column, Encoding, ImportError, ImportOptions, Notice, Origin, Separator};

pub trait List: Send + Sync {
    fn about(&self) -> &About;

    /// Gives every row that holds anything to `take`, with how many of the list's bytes are read, until `take` has
    /// enough.
    fn each(&self, take: &mut Take<'_>) -> Result<(), Stopped>;

    /// What the columns are, where the format says it.
    fn columns(&self) -> Option<Vec<Column>> {
        None
    }

    /// Whether the rows show that the list is read in a wrong way.
    fn check(&self, _header: Option<&[String]>, _rows: &[Record]) -> Result<(), ImportError> {
        Ok(())
    }

    /// Cells beyond the last column are a mistake of the row, and not notes beside a table.
    fn is_strict(&self) -> bool {
        false
    }
}

pub type Take<'a> = dyn FnMut(Record, u64) -> ControlFlow<()> + 'a;

/// What is known of a list before its rows are.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub file_name: String,
    pub bytes: u64,
    pub encoding: Option<Encoding>,
    pub separator: Option<Separator>,
    /// Those that can be seen first.
    pub sheets: Vec<String>,
    pub sheet: Option<String>,
    pub notice: Option<Notice>,
}

/// Reading broke off behind a row.
pub struct Stopped {
    pub row: u32,
    pub reason: String,
}

/// Where a point stands before decimals.
const POINTS: [&str; 14] = ["AU", "CA", "CN", "GB", "IE", "IN", "JP", "KR", "MX", "MY", "NZ", "PH", "SG", "US"];

/// `country` is where the list is from: its letters and its numbers are written as there.
pub fn open(origin: &Origin, options: &ImportOptions, country: Country) -> Result<Box<dyn List>, ImportError> {
    open_bytes(Bytes::of(origin)?, options, country)
}

pub fn open_bytes(bytes: Bytes, options: &ImportOptions, country: Country) -> Result<Box<dyn List>, ImportError> {
    let country = country.code();
    let (turkish, comma) = (country == "TR", !POINTS.contains(&country.as_str()));
    match kind(&bytes.head()?) {
        Kind::Workbook => Ok(Box::new(Workbook::open(bytes, options.sheet.as_deref(), comma)?)),
        Kind::Cards => Ok(Box::new(Cards::open(source::open(bytes, options.encoding, turkish)?))),
        Kind::Text => {
            Ok(Box::new(Delimited::open(source::open(bytes, options.encoding, turkish)?, options.separator)?))
        }
    }
}

enum Kind {
    Workbook,
    Cards,
    Text,
}

fn kind(head: &[u8]) -> Kind {
    // Wide letters have a NUL beside each, and a mark may stand in front.
    let letters: Vec<u8> = head.iter().filter(|byte| byte.is_ascii_graphic()).take(11).copied().collect();
    match head {
        [b'P', b'K', 3 | 5, 4 | 6, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => Kind::Workbook,
        _ if letters.eq_ignore_ascii_case(b"BEGIN:VCARD") => Kind::Cards,
        _ => Kind::Text,
    }
}

/// Where the bytes of a list are.
#[derive(Clone, Debug)]
pub struct Bytes {
    pub file_name: String,
    pub length: u64,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    Memory(Arc<[u8]>),
}

/// What a list is read from, and can be gone about in.
pub trait ReadSeek: Read + std::io::Seek + Send {}

impl<T: Read + std::io::Seek + Send> ReadSeek for T {}

impl Bytes {
    pub fn of(origin: &Origin) -> Result<Self, ImportError> {
        match origin {
            Origin::File { path } => {
                let file_name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                let length = source::check_file(path, &file_name)?;
                Ok(Self { file_name, length, place: Place::File(path.clone()) })
            }
            Origin::Pasted { name, text } if text.trim().is_empty() => Err(ImportError::Empty { file: name.clone() }),
            Origin::Pasted { name, text } => {
                let bytes: Arc<[u8]> = text.as_bytes().into();
                Ok(Self { file_name: name.clone(), length: bytes.len() as u64, place: Place::Memory(bytes) })
            }
        }
    }

    /// Those that were read already.
    pub fn held(file: &str, bytes: Arc<[u8]>) -> Result<Self, ImportError> {
        if bytes.is_empty() {
            return Err(ImportError::Empty { file: file.to_owned() });
        }
        Ok(Self { file_name: file.to_owned(), length: bytes.len() as u64, place: Place::Memory(bytes) })
    }

    pub fn reader(&self) -> Result<Box<dyn ReadSeek>, ImportError> {
        match &self.place {
            Place::File(path) => {
                let file = File::open(path).map_err(|error| unreadable(&self.file_name, &error))?;
                Ok(Box::new(std::io::BufReader::new(file)))
            }
            Place::Memory(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
        }
    }

    fn head(&self) -> Result<Vec<u8>, ImportError> {
        let mut head = Vec::new();
        let read = self.reader()?.take(64).read_to_end(&mut head);
        read.map_err(|error| unreadable(&self.file_name, &error))?;
        Ok(head)
    }
}

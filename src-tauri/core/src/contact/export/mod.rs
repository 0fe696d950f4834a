//! Contacts into a file: a workbook, separated text, or the cards of an address book.
//!
//! Called by the app. Each format is one file; all write what `Sheet` says of a contact. A phone is a text, a day is a day,
//! and no cell is a formula. An existing file is replaced once the new one is complete.

mod cards;
mod delimited;
mod sheet;
mod workbook;

use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use super::store::{self, PAGE_LIMIT};
use super::{Contact, ContactError, ContactQuery};
use crate::db::{Readers, StorageError};
use crate::error::{Coded, Params};
use crate::page::Place;
use crate::params;
use sheet::Sheet;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("\"{file}\" does not say what it is to be. Let its name end in .xlsx, .csv or .vcf.")]
    Format { file: String },
    #[error("{file} cannot be written: {reason}. Choose another folder, or close the file in other programs.")]
    CannotWrite { file: String, reason: String },
    #[error(transparent)]
    Contacts(#[from] ContactError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Coded for ExportError {
    fn code(&self) -> &'static str {
        match self {
            Self::Format { .. } => "export.format",
            Self::CannotWrite { .. } => "export.cannot_write",
            Self::Contacts(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Format { file } => params! { file: file },
            Self::CannotWrite { file, reason } => params! { file: file, reason: reason },
            Self::Contacts(error) => error.params(),
            Self::Storage(error) => error.params(),
        }
    }
}

/// Takes contacts one after another, and then makes the file complete.
trait Writer: Send {
    fn add(&mut self, contact: &Contact) -> Result<(), String>;
    fn end(self: Box<Self>) -> Result<(), String>;
}

/// Writes all that the query finds, in the order of their names, and says how many there are. Days are those of the zone.
pub async fn export(pool: &Readers, query: &ContactQuery, zone: Tz, path: &Path) -> Result<u32, ExportError> {
    let totals = store::totals(pool).await?;
    let half = half(path);
    let failed = |reason| cannot_write(path, reason);
    let mut writer = open(path, &half, Sheet::of(totals.fields, &totals.labels, zone))?;
    let (mut count, mut after) = (0, None);
    loop {
        let query = ContactQuery { place: Place::behind(after, PAGE_LIMIT), ..query.clone() };
        let page = store::page(pool, &query).await?;
        page.rows.iter().try_for_each(|contact| writer.add(contact)).map_err(failed)?;
        count += u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let ended = writer.end().and_then(|()| std::fs::rename(&half, path).map_err(|error| error.to_string()));
    ended.map_err(|reason| {
        let _ = std::fs::remove_file(&half);
        failed(reason)
    })?;
    Ok(count)
}

fn open(path: &Path, half: &Path, sheet: Sheet) -> Result<Box<dyn Writer>, ExportError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let writer: Result<Box<dyn Writer>, String> = match ending.as_str() {
        "xlsx" => workbook::Workbook::create(half, sheet).map(|writer| Box::new(writer) as _),
        "csv" => delimited::Delimited::create(half, sheet).map(|writer| Box::new(writer) as _),
        "vcf" => cards::Cards::create(half, sheet).map(|writer| Box::new(writer) as _),
        _ => return Err(ExportError::Format { file: file_name(path) }),
    };
    writer.map_err(|reason| cannot_write(path, reason))
}

fn half(path: &Path) -> PathBuf {
    path.with_extension("part")
}

fn cannot_write(path: &Path, reason: String) -> ExportError {
    ExportError::CannotWrite { file: file_name(path), reason }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

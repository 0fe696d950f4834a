//! Contacts into a file: a workbook, separated text, or the cards of an address book.
//!
//! Called by the app. All formats write what `Sheet` says of a contact: a phone is a
//! text, a day is a day. An existing file is replaced once the new one is complete.

mod cards;
mod sheet;

use std::path::Path;

use super::segment::filter::Today;
use super::store::{self, PAGE_LIMIT};
use super::{Contact, ContactError, ContactQuery};
use crate::db::{Readers, StorageError};
use crate::error::{Coded, Params};
use crate::ids::ContactId;
use crate::messages::Messages;
use crate::page::Place;
use crate::table::{self, Table, TableError};
use cards::Cards;
use sheet::Sheet;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Contacts(#[from] ContactError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Coded for ExportError {
    fn code(&self) -> &'static str {
        match self {
            Self::Table(error) => error.code(),
            Self::Contacts(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Table(error) => error.params(),
            Self::Contacts(error) => error.params(),
            Self::Storage(error) => error.params(),
        }
    }
}

enum Writer {
    Table(Table),
    Cards(Cards),
}

/// Writes all that the query finds, in its order, and says how many there are. Days are those of the owner's zone, and
/// `words` of the owner's language.
pub async fn export(
    pool: &Readers,
    query: &ContactQuery,
    today: Today,
    words: &Messages,
    path: &Path,
) -> Result<u32, ExportError> {
    let totals = store::totals(pool).await?;
    let sheet = Sheet::of(totals.fields, &totals.labels, today.zone, words);
    let mut writer = Writer::create(path, &sheet)?;
    let (mut count, mut after) = (0, None);
    loop {
        let query = ContactQuery { place: Place::behind(after, PAGE_LIMIT), ..query.clone() };
        let page = store::list::page(pool, &query, today).await?;
        page.rows.iter().try_for_each(|contact| writer.add(&sheet, contact))?;
        count += u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    writer.end()?;
    Ok(count)
}

/// Writes these contacts, in their order.
pub async fn export_these(
    pool: &Readers,
    ids: &[ContactId],
    today: Today,
    words: &Messages,
    path: &Path,
) -> Result<u32, ExportError> {
    let totals = store::totals(pool).await?;
    let sheet = Sheet::of(totals.fields, &totals.labels, today.zone, words);
    let mut writer = Writer::create(path, &sheet)?;
    let contacts = store::by_ids(pool, ids).await?;
    contacts.iter().try_for_each(|contact| writer.add(&sheet, contact))?;
    writer.end()?;
    Ok(u32::try_from(contacts.len()).unwrap_or(u32::MAX))
}

impl Writer {
    fn create(path: &Path, sheet: &Sheet) -> Result<Self, TableError> {
        match table::ending(path).as_str() {
            "xlsx" | "csv" => Table::create(path, sheet.headers()).map(Self::Table),
            "vcf" => Cards::create(path).map(Self::Cards),
            _ => Err(TableError::format(path, ".xlsx, .csv, .vcf")),
        }
    }

    fn add(&mut self, sheet: &Sheet, contact: &Contact) -> Result<(), TableError> {
        match self {
            Self::Table(table) => table.add(sheet.cells(contact)),
            Self::Cards(cards) => cards.add(sheet, contact),
        }
    }

    fn end(self) -> Result<(), TableError> {
        match self {
            Self::Table(table) => table.end(),
            Self::Cards(cards) => cards.end(),
        }
    }
}

//! The rows of an import that stay out, refused or doubtful: for the window, and as a list to correct and to import again.

use std::path::Path;

use super::store::{self, Refused};
use super::{ImportError, LeftOut, Reason, ReasonTotal, Refusal, Separator};
use crate::db::Readers;
use crate::ids::ImportId;
use crate::messages::Messages;
use crate::table::{Cell, SEMICOLON, Table};

/// The rows behind a row, in the order of the file.
pub async fn refusals(
    pool: &Readers,
    id: ImportId,
    which: LeftOut,
    after: u32,
    limit: u32,
) -> Result<Vec<Refusal>, ImportError> {
    let kept = store::refused(pool, id, which, after + 1, limit).await?;
    let refusal = |refused: Refused| Refusal {
        row: refused.row,
        raw: refused.cells.join("; "),
        reason: reason(&refused),
        phone: refused.phone,
    };
    Ok(kept.into_iter().map(refusal).collect())
}

/// How many rows stay out for each reason.
pub async fn reasons(pool: &Readers, id: ImportId) -> Result<Vec<ReasonTotal>, ImportError> {
    Ok(store::reasons(pool, id).await?)
}

/// Rows that are held in memory while writing.
const BATCH: u32 = 5_000;

/// Writes the original cells with row and reason behind them, into a workbook or as text with the separator of the
/// file, in the language of `words`. An existing file is replaced once the new one is complete.
pub async fn export_refused(pool: &Readers, id: ImportId, words: &Messages, path: &Path) -> Result<(), ImportError> {
    let header = store::refused(pool, id, LeftOut::All, 0, 1).await?.into_iter().next().filter(|kept| kept.row == 0);
    let separator = header.as_ref().and_then(|kept| kept.params.get("separator"));
    let separator: Option<Separator> = separator.and_then(|name| serde_json::from_value(name.clone()).ok());
    let header = header.map(|kept| kept.cells).unwrap_or_default();
    let ours = ["list_refused_row", "list_refused_reason"].map(|key| words.say(key, &[]));
    let ours = ours.iter().map(String::as_str).filter(|_| !header.is_empty());
    let headers = header.iter().map(String::as_str).chain(ours);
    let mut table = Table::create_with(path, separator.map_or(SEMICOLON, Separator::byte), headers)?;
    let mut from = 1;
    loop {
        let batch = store::refused(pool, id, LeftOut::All, from, BATCH).await?;
        let Some(last) = batch.last() else { break };
        from = last.row + 1;
        batch.iter().try_for_each(|refused| table.add(line(refused, header.len(), words)))?;
    }
    Ok(table.end()?)
}

/// The row and the reason stand below their headers, however few cells the row has.
fn line<'a>(refused: &'a Refused, width: usize, words: &Messages) -> impl Iterator<Item = Cell<'a>> + use<'a> {
    let missing = width.saturating_sub(refused.cells.len());
    let cells = refused.cells.iter().map(|cell| Cell::Text(cell.into()));
    let ours = [refused.row.to_string(), words.problem(&reason(refused))].map(|text| Cell::Text(text.into()));
    cells.chain(std::iter::repeat_with(|| Cell::Empty).take(missing)).chain(ours)
}

fn reason(refused: &Refused) -> Reason {
    let unknown = || Reason { code: refused.code.clone(), message: refused.code.clone(), params: Default::default() };
    refused.error().as_ref().map_or_else(unknown, Reason::of)
}

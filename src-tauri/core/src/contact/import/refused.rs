//! The rows of an import that stay out, refused or doubtful: for the window, and as a CSV to correct and to import again.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::store::{self, Refused};
use super::{ImportError, LeftOut, Reason, ReasonTotal, Refusal, Separator};
use crate::db::Readers;
use crate::ids::ImportId;

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

/// Writes the original cells with row and reason behind them, in the separator of the file, as UTF-8 with a byte
/// order mark so that Excel opens it. An existing file is replaced once the new one is complete.
pub async fn export_refused(pool: &Readers, id: ImportId, path: &Path) -> Result<(), ImportError> {
    let header = store::refused(pool, id, LeftOut::All, 0, 1).await?.into_iter().next().filter(|kept| kept.row == 0);
    let separator = header.as_ref().and_then(|kept| kept.params.get("separator"));
    let separator = separator.and_then(|name| serde_json::from_value(name.clone()).ok());
    let header = header.map(|kept| kept.cells).unwrap_or_default();
    let at = |error: std::io::Error| cannot_write(path, &error);
    let half = path.with_extension("part");
    let mut list = List::begin(&half, separator.unwrap_or(Separator::Semicolon), &header).map_err(at)?;
    let mut from = 1;
    loop {
        let batch = store::refused(pool, id, LeftOut::All, from, BATCH).await?;
        let Some(last) = batch.last() else { break };
        from = last.row + 1;
        batch.iter().try_for_each(|refused| list.add(refused)).map_err(at)?;
    }
    list.end().and_then(|()| std::fs::rename(&half, path)).map_err(|error| {
        let _ = std::fs::remove_file(&half);
        at(error)
    })
}

fn cannot_write(path: &Path, error: &std::io::Error) -> ImportError {
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    ImportError::CannotWrite { file, reason: error.to_string() }
}

fn reason(refused: &Refused) -> Reason {
    let unknown = || Reason { code: refused.code.clone(), message: refused.code.clone(), params: Default::default() };
    refused.error().as_ref().map_or_else(unknown, Reason::of)
}

struct List {
    lines: csv::Writer<BufWriter<File>>,
    width: usize,
}

impl List {
    fn begin(path: &Path, separator: Separator, header: &[String]) -> std::io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all("\u{feff}".as_bytes())?;
        let lines = csv::WriterBuilder::new()
            .delimiter(separator.byte())
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(file);
        let mut list = Self { lines, width: header.len() };
        if !header.is_empty() {
            list.line(header, "Ulak row", "Ulak reason")?;
        }
        Ok(list)
    }

    fn add(&mut self, refused: &Refused) -> std::io::Result<()> {
        self.line(&refused.cells, &refused.row.to_string(), &reason(refused).message)
    }

    fn line(&mut self, cells: &[String], row: &str, reason: &str) -> std::io::Result<()> {
        let missing = self.width.saturating_sub(cells.len());
        let cells = cells.iter().map(|cell| harmless(cell)).chain(std::iter::repeat_n(String::new(), missing));
        let line: Vec<String> = cells.chain([row.to_owned(), reason.to_owned()]).collect();
        self.lines.write_record(&line).map_err(std::io::Error::from)
    }

    fn end(self) -> std::io::Result<()> {
        let file = self.lines.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    }
}

/// A spreadsheet runs a cell that begins like a formula; an apostrophe in front keeps it text.
pub(in crate::contact) fn harmless(cell: &str) -> String {
    let number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.'));
    match cell.chars().next() {
        Some('=' | '@' | '\t' | '\r') => format!("'{cell}"),
        Some(sign @ ('+' | '-')) if !cell.strip_prefix(sign).is_some_and(number) => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

//! The first rows of a file with their verdicts, before anything is imported. Writes nothing.

use super::layout::{Layout, layout};
use super::records::{Record, start_of};
use super::rows::{Everybody, Row, read};
use super::store;
use super::verdict::{People, Seen, judge};
use super::{Answer, ImportError, ImportOptions, ImportPreview, Origin, PreviewRow, Reason};
use crate::clock::Millis;
use crate::db::Readers;
use crate::ids::IdGenerator;

/// The longest cell a preview shows, in bytes.
const SHOWN: usize = 300;

/// `home` is the country of phones without a code where the options name none. What the answer says of
/// encoding, separator, header and columns can be given back as options.
pub async fn preview(
    origin: &Origin,
    options: &ImportOptions,
    home: &str,
    pool: &Readers,
    now: Millis,
) -> Result<ImportPreview, ImportError> {
    let mut layout = laid_out(origin, options, home).await?;
    let sample = std::mem::take(&mut layout.sample);
    let rows: Vec<(Row, Vec<String>)> = sample.into_iter().map(|record| both(record, &layout)).collect();
    let phones = rows.iter().filter_map(|(row, _)| Some(row.outcome.as_ref().ok()?.phone)).collect();
    let known = store::known(&mut *pool.acquire().await?, &phones).await?;
    let (mut people, mut seen, mint) = (People::new(known), Seen::new(), IdGenerator::at(0));
    let everybody = Everybody::of(options, &layout.list.about().file_name, now);
    let mut shown = |(row, cells): (Row, Vec<String>)| PreviewRow {
        row: row.number,
        cells,
        phone: row.outcome.as_ref().ok().map(|person| person.phone.to_string()),
        phone_column: row.outcome.as_ref().ok().map(|person| person.phone_column),
        consent: row.outcome.as_ref().map_or(Answer::Nothing, |person| person.consent.answer(now)),
        verdict: judge(&row, &mut people, &mut seen, &everybody, &mint),
    };
    let rows = rows.into_iter().map(&mut shown).collect();
    let header = layout.list.columns().is_none().then(|| layout.has_header());
    let about = layout.list.about().clone();
    Ok(ImportPreview {
        rows,
        file_name: about.file_name,
        bytes: about.bytes,
        encoding: about.encoding,
        separator: about.separator,
        sheets: about.sheets,
        sheet: about.sheet,
        header,
        country: layout.country.code(),
        columns: layout.columns,
        notices: layout.notices.iter().map(Reason::of).collect(),
    })
}

/// Looking at the file may take as long as reading all of it.
pub async fn laid_out(origin: &Origin, options: &ImportOptions, home: &str) -> Result<Layout, ImportError> {
    let (origin, options, home) = (origin.clone(), options.clone(), home.to_owned());
    let file = origin.shown();
    tokio::task::spawn_blocking(move || layout(&origin, &options, &home))
        .await
        .map_err(|error| ImportError::Unreadable { file, reason: error.to_string() })?
}

impl Origin {
    fn shown(&self) -> String {
        match self {
            Self::File { path } => path.display().to_string(),
            Self::Pasted { name, .. } => name.clone(),
        }
    }
}

impl Everybody {
    pub fn of(options: &ImportOptions, file: &str, now: Millis) -> Self {
        let tags = options.tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty());
        Self {
            standing: options.standing,
            tags: tags.collect(),
            consent: options.consent.clone(),
            file: file.to_owned(),
            now,
        }
    }
}

fn both(record: Record, layout: &Layout) -> (Row, Vec<String>) {
    let cells = record.cells.iter().map(|cell| start_of(cell, SHOWN).to_owned()).collect();
    (Row { number: record.row, cells: Vec::new(), outcome: read(&record, layout) }, cells)
}

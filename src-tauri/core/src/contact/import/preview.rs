//! The first rows of a file with their verdicts, before anything is imported. Writes nothing.

use super::super::phone::Country;
use super::erasure::refuse_erased;
use super::error::Notice;
use super::layout::{Layout, layout};
use super::records::{Record, start_of};
use super::rows::{Everybody, Row, each, read, read_in};
use super::store;
use super::verdict::{Seen, judge};
use super::{Answer, ColumnUse, ImportError, ImportOptions, ImportPreview, Origin, PreviewRow, Reason};
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
    let (mut layout, remembered) = recalled(origin, options, home, pool).await?;
    layout.notices.extend(other_country(&layout));
    let sample = std::mem::take(&mut layout.sample);
    let (mut rows, cells): (Vec<Row>, Vec<Vec<String>>) =
        sample.into_iter().flat_map(|record| both(record, &layout)).unzip();
    let mut reader = pool.acquire().await?;
    refuse_erased(&mut reader, &mut rows).await?;
    let phones = rows.iter().filter_map(|row| Some(row.outcome.as_ref().ok()?.phone)).collect();
    let mut people = store::people(&mut reader, phones).await?;
    drop(reader);
    let (mut seen, mint) = (Seen::new(), IdGenerator::at(0));
    let everybody = Everybody::of(options, &layout.list.about().file_name, now);
    let mut shown = |(row, cells): (Row, Vec<String>)| PreviewRow {
        row: row.number,
        cells,
        name: row.outcome.as_ref().ok().map(|person| person.name.clone()),
        phone: row.outcome.as_ref().ok().map(|person| person.phone.to_string()),
        phone_column: row.outcome.as_ref().ok().map(|person| person.phone_column),
        consent: row.outcome.as_ref().map_or(Answer::Nothing, |person| person.consent.answer(now)),
        repair: row.outcome.as_ref().ok().and_then(|person| person.repair),
        lost: row.outcome.as_ref().map_or_else(|_| Vec::new(), |person| person.lost.clone()),
        verdict: judge(&row, &mut people, &mut seen, &everybody, &mint),
    };
    let rows = rows.into_iter().zip(cells).map(&mut shown).collect();
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
        found: remembered.then_some(layout.found),
        notices: layout.notices.iter().map(Reason::of).collect(),
    })
}

/// The layout with the columns as the owner had them for a list with this header; true where that is so.
async fn recalled(
    origin: &Origin,
    options: &ImportOptions,
    home: &str,
    pool: &Readers,
) -> Result<(Layout, bool), ImportError> {
    let found = laid_out(origin, options, home).await;
    if options.columns.is_some() {
        return Ok((found?, false));
    }
    // A list in which no phones are found may have been given its columns by hand.
    let pointed = ImportOptions { columns: Some(vec![ColumnUse::Phone]), ..options.clone() };
    let layout = match found {
        Err(ImportError::NoPhoneColumn { .. }) => &laid_out(origin, &pointed, home).await?,
        Err(error) => return Err(error),
        Ok(ref layout) => layout,
    };
    let remembered = if layout.has_header() { store::layouts::recall(pool, &layout.columns).await? } else { None };
    match remembered {
        Some(columns) if columns != layout.found => {
            let options = ImportOptions { columns: Some(columns), ..options.clone() };
            Ok((laid_out(origin, &options, home).await?, true))
        }
        _ => Ok((or_elsewhere(found, origin, options, home).await?, false)),
    }
}

/// Where no phones are found, the columns as they would be with the numbers of another country: the rows say that they
/// are refused, and the notice what to choose.
async fn or_elsewhere(
    found: Result<Layout, ImportError>,
    origin: &Origin,
    options: &ImportOptions,
    home: &str,
) -> Result<Layout, ImportError> {
    if !matches!(found, Err(ImportError::NoPhoneColumn { .. })) {
        return found;
    }
    for country in NEIGHBOURS {
        let there = ImportOptions { country: Some(country.to_owned()), ..options.clone() };
        if let Ok(layout) = laid_out(origin, &there, home).await {
            let options = ImportOptions { columns: Some(layout.found), ..options.clone() };
            return laid_out(origin, &options, home).await;
        }
    }
    found
}

/// Countries whose lists are often read with the wrong one.
const NEIGHBOURS: [&str; 2] = ["TR", "ID"];

/// That more of the first rows have phones of another country: of one that the list names itself, or of one of those
/// from which Ulak's lists are.
fn other_country(layout: &Layout) -> Option<Notice> {
    let rows = &layout.sample;
    let reads = |record: &Record, country| read_in(record, layout, country);
    let named = rows.iter().filter_map(|record| reads(record, layout.country).ok()?.phone.country());
    let mut others: Vec<Country> = NEIGHBOURS.iter().filter_map(|code| Country::of(code)).chain(named).collect();
    others.dedup();
    others.retain(|country| *country != layout.country);
    let fits = |country: &Country| {
        let is_better = |record: &&Record| reads(record, layout.country).is_err() && reads(record, *country).is_ok();
        rows.iter().filter(is_better).count()
    };
    let (fitting, country) = others.iter().map(|country| (fits(country), country.code())).max()?;
    (fitting > 1 && fitting * 10 >= rows.len()).then_some(Notice::OtherCountry { country, fitting, rows: rows.len() })
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

fn both(record: Record, layout: &Layout) -> impl Iterator<Item = (Row, Vec<String>)> {
    let cells: Vec<String> = record.cells.iter().map(|cell| start_of(cell, SHOWN).to_owned()).collect();
    let row = Row { number: record.row, cells: Vec::new(), outcome: read(&record, layout) };
    each(row).map(move |row| (row, cells.clone()))
}

//! A list of separated text. The separator is found out from the first lines.

use super::layout::SAMPLE;
use super::list::{About, List, Stopped, Take};
use super::records::{LINE_LIMIT, Record, Records, Split, split};
use super::source::{Source, is_undecoded, unreadable};
use super::{ImportError, Separator};

pub struct Delimited {
    source: Source,
    about: About,
    separator: Separator,
}

impl Delimited {
    pub fn open(source: Source, wanted: Option<Separator>) -> Result<Self, ImportError> {
        let separator = match wanted {
            Some(separator) => separator,
            None => find_separator(&source)?,
        };
        let about = About { separator: Some(separator), ..source.about() };
        Ok(Self { source, about, separator })
    }
}

impl List for Delimited {
    fn about(&self) -> &About {
        &self.about
    }

    fn each(&self, take: &mut Take<'_>) -> Result<(), Stopped> {
        let text = self.source.text().map_err(|error| Stopped { row: 0, reason: error.to_string() })?;
        let mut records = Records::new(text, self.separator.byte());
        loop {
            let next = records.next();
            let next = next.map_err(|error| Stopped { row: records.row(), reason: error.to_string() })?;
            let Some(record) = next else { return Ok(()) };
            if take(record, records.read()).is_break() {
                return Ok(());
            }
        }
    }

    /// A header that did not decode, or most rows: that is the encoding and not the rows.
    fn check(&self, header: Option<&[String]>, rows: &[Record]) -> Result<(), ImportError> {
        let Source { encoding, detected, .. } = &self.source;
        let broken = |cells: &[String]| cells.iter().any(|cell| is_undecoded(cell));
        let count = rows.iter().filter(|record| broken(&record.cells)).count();
        if encoding == detected || !(header.is_some_and(broken) || count * 2 > rows.len()) {
            return Ok(());
        }
        Err(ImportError::WrongEncoding { encoding: encoding.as_str(), detected: detected.as_str() })
    }

    fn is_strict(&self) -> bool {
        true
    }
}

/// The separator that cuts most of the first rows into the same number of cells; of equals, more cells win.
fn find_separator(source: &Source) -> Result<Separator, ImportError> {
    let mut text = String::new();
    let mut reader = source.text()?;
    while text.len() < LINE_LIMIT {
        if !reader.more(&mut text).map_err(|error| unreadable(source.file_name(), &error))? {
            break;
        }
    }
    let score = |separator: &Separator| evenness(&text, separator.byte());
    // The last of equals wins, and a file of one column has no separator at all.
    let all = [Separator::Tab, Separator::Semicolon, Separator::Comma];
    Ok(all.into_iter().max_by_key(score).unwrap_or(Separator::Comma))
}

/// Rows with the commonest width above one, and that width.
fn evenness(text: &str, separator: u8) -> (usize, usize) {
    let mut widths = std::collections::BTreeMap::<usize, usize>::new();
    let mut left = text;
    for _ in 0..SAMPLE {
        let Split::Record { cells, used } = split(left, separator, true) else {
            break;
        };
        if cells.len() > 1 {
            *widths.entry(cells.len()).or_default() += 1;
        }
        left = left.get(used..).unwrap_or_default();
        if left.is_empty() {
            break;
        }
    }
    widths.into_iter().map(|(width, rows)| (rows, width)).max().unwrap_or_default()
}

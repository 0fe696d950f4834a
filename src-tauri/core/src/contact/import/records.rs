//! Rows and cells of separated text (RFC 4180, and what programs write that never read it).
//!
//! Rows are counted as a spreadsheet shows them: blank lines count, line breaks inside a quoted cell do not. A
//! quotation mark that nobody closes costs the one line it stands in and never swallows those below it; the
//! window over the text stays bounded whatever the file holds.

use super::error::RowError;
use super::source::Text;
use crate::text::is_blank;

/// No record is longer than this; a longer line is refused and skipped.
pub const LINE_LIMIT: usize = 256 * 1024;

pub struct Record {
    /// As a spreadsheet counts, from 1.
    pub row: u32,
    pub cells: Vec<String>,
    pub trouble: Option<RowError>,
}

pub struct Records {
    text: Text,
    window: String,
    at: usize,
    separator: u8,
    row: u32,
    ended: bool,
    skipping: bool,
}

impl Records {
    pub fn new(text: Text, separator: u8) -> Self {
        Self { text, window: String::new(), at: 0, separator, row: 0, ended: false, skipping: false }
    }

    /// Bytes of the file that were read so far.
    pub fn read(&self) -> u64 {
        self.text.read
    }

    /// The number of the last row that was given out or skipped.
    pub fn row(&self) -> u32 {
        self.row
    }

    /// The next row that holds anything.
    pub fn next(&mut self) -> std::io::Result<Option<Record>> {
        loop {
            let left = self.window.get(self.at..).unwrap_or_default();
            if self.row == 0 {
                self.at += directive(left);
            }
            let left = self.window.get(self.at..).unwrap_or_default();
            if left.is_empty() && self.ended {
                return Ok(None);
            }
            match split(left, self.separator, self.ended) {
                Split::More if left.len() < LINE_LIMIT => self.fill()?,
                Split::More | Split::Open => {
                    if let Some(record) = self.broken_line() {
                        return Ok(Some(record));
                    }
                }
                Split::Record { cells, used } => {
                    self.at += used;
                    if std::mem::take(&mut self.skipping) {
                        continue;
                    }
                    self.row += 1;
                    if cells.iter().any(|cell| !is_blank(cell)) {
                        return Ok(Some(Record { row: self.row, cells, trouble: None }));
                    }
                }
            }
        }
    }

    fn fill(&mut self) -> std::io::Result<()> {
        self.window.drain(..self.at);
        self.at = 0;
        self.ended = !self.text.more(&mut self.window)?;
        Ok(())
    }

    /// Takes one physical line that is no record; nothing while the rest of an endless line is skipped.
    fn broken_line(&mut self) -> Option<Record> {
        let left = self.window.get(self.at..).unwrap_or_default();
        let end = left.find(['\n', '\r']);
        let line = end.and_then(|end| left.get(..end)).unwrap_or(left);
        let (raw, whole) = (start_of(line, LINE_LIMIT), end.is_some() || self.ended);
        let trouble = if whole && line.len() < LINE_LIMIT {
            RowError::OpenQuote
        } else {
            RowError::LineTooLong { limit: LINE_LIMIT }
        };
        let record = Record { row: self.row + 1, cells: vec![raw.to_owned()], trouble: Some(trouble) };
        self.at += line.len() + end.map_or(0, |end| line_end(left, end));
        let first = !std::mem::replace(&mut self.skipping, !whole);
        self.row += u32::from(first);
        first.then_some(record)
    }
}

/// `sep=;` in front of a file tells Excel the separator; Excel does not count it as a row.
fn directive(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', _, b'\r', b'\n', ..] => 7,
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', _, b'\r' | b'\n', ..] => 6,
        _ => 0,
    }
}

/// The first characters of a text, so many bytes at most.
pub fn start_of(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

pub enum Split {
    /// Cells, and how many bytes they and their line end took.
    Record { cells: Vec<String>, used: usize },
    /// The text ends before the record does.
    More,
    /// A quotation mark opens a cell that does not close as a cell.
    Open,
}

/// Splits off the first record; `ended` says that no more text follows.
pub fn split(text: &str, separator: u8, ended: bool) -> Split {
    let mut cells = Vec::new();
    let mut at = 0;
    loop {
        let cell = if text.as_bytes().get(at) == Some(&b'"') {
            quoted(text, at + 1, separator, ended)
        } else {
            plain(text, at, separator, ended)
        };
        let (cell, end) = match cell {
            Ok(found) => found,
            Err(split) => return split,
        };
        cells.push(cell);
        if text.as_bytes().get(end) == Some(&separator) {
            at = end + 1;
            continue;
        }
        if text.as_bytes().get(end) == Some(&b'\r') && text.len() == end + 1 && !ended {
            return Split::More;
        }
        return Split::Record { cells, used: end + line_end(text, end) };
    }
}

fn line_end(text: &str, end: usize) -> usize {
    match text.as_bytes().get(end..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([_, ..]) => 1,
        _ => 0,
    }
}

fn plain(text: &str, from: usize, separator: u8, ended: bool) -> Result<(String, usize), Split> {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let length = rest.iter().position(|byte| *byte == separator || is_line_end(*byte));
    match length {
        None if !ended => Err(Split::More),
        None => Ok((text.get(from..).unwrap_or_default().to_owned(), text.len())),
        Some(length) => Ok((text.get(from..from + length).unwrap_or_default().to_owned(), from + length)),
    }
}

/// A mark inside a cell that nobody doubled is taken for a letter, as long as the cell is still in its first line.
fn quoted(text: &str, from: usize, separator: u8, ended: bool) -> Result<(String, usize), Split> {
    let mut cell = String::new();
    let mut at = from;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(length) = rest.bytes().position(|byte| byte == b'"') else {
            return Err(if ended { Split::Open } else { Split::More });
        };
        cell.push_str(rest.get(..length).unwrap_or_default());
        let after = at + length + 1;
        match closing(text, after, separator, ended) {
            Closing::More => return Err(Split::More),
            Closing::Cell(end) => return Ok((cell, end)),
            Closing::Doubled => at = after + 1,
            Closing::Letter if cell.contains(['\n', '\r']) => return Err(Split::Open),
            Closing::Letter => at = after,
        }
        cell.push('"');
    }
}

enum Closing {
    /// The cell ends here; its separator or line end is at this place.
    Cell(usize),
    Doubled,
    Letter,
    More,
}

fn closing(text: &str, after: usize, separator: u8, ended: bool) -> Closing {
    let rest = text.as_bytes().get(after..).unwrap_or_default();
    if rest.first() == Some(&b'"') {
        return Closing::Doubled;
    }
    let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
    match rest.get(blanks) {
        None if ended => Closing::Cell(after + blanks),
        None => Closing::More,
        Some(byte) if *byte == separator || is_line_end(*byte) => Closing::Cell(after + blanks),
        Some(_) => Closing::Letter,
    }
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<String> {
        match split(text, b';', true) {
            Split::Record { cells, .. } => cells,
            Split::More => vec!["more".into()],
            Split::Open => vec!["open".into()],
        }
    }

    #[test]
    fn cells_are_split_outside_quotes() {
        assert_eq!(cells("a;b;c\nd"), ["a", "b", "c"]);
        assert_eq!(cells("\"a;b\";\"c\nd\"\r\ne"), ["a;b", "c\nd"]);
        assert_eq!(cells("\"say \"\"hi\"\"\";b"), ["say \"hi\"", "b"]);
        assert_eq!(cells(";;"), ["", "", ""]);
        assert_eq!(cells("\"a\" ;b"), ["a", "b"]);
    }

    #[test]
    fn a_mark_that_is_not_doubled_is_a_letter() {
        assert_eq!(cells("\"Ahmet \"Usta\" Demir\";b"), ["Ahmet \"Usta\" Demir", "b"]);
        assert_eq!(cells("5\" boru;b"), ["5\" boru", "b"]);
    }

    #[test]
    fn a_mark_that_swallows_lines_is_open() {
        assert_eq!(cells("\"Ayse;1\n\"Mehmet\";2\n"), ["open"]);
        assert_eq!(cells("\"Ayse;1\nMehmet;2\n"), ["open"]);
    }

    #[test]
    fn a_record_waits_for_the_rest_of_the_text() {
        for text in ["a;b", "\"a", "\"a\"", "a;b\r", "\"a\" "] {
            assert!(matches!(split(text, b';', false), Split::More), "{text:?}");
        }
    }
}

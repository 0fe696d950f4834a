//! Cards of an address book: vCard 3.0 (RFC 2426), as phones and mail programs take them in.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::super::Contact;
use super::sheet::Sheet;
use crate::durable::Half;
use crate::table::TableError;

pub struct Cards {
    lines: BufWriter<File>,
    half: Half,
}

/// Bytes of a line before it is folded.
const LINE: usize = 75;

impl Cards {
    pub fn create(path: &Path) -> Result<Self, TableError> {
        let half = Half::beside(path);
        let file = File::create(half.path()).map_err(|error| TableError::cannot_write(path, error))?;
        Ok(Self { lines: BufWriter::new(file), half })
    }

    pub fn add(&mut self, sheet: &Sheet, contact: &Contact) -> Result<(), TableError> {
        let written = self.lines.write_all(card(sheet, contact).as_bytes());
        written.map_err(|error| TableError::cannot_write(self.half.place(), error))
    }

    pub fn end(self) -> Result<(), TableError> {
        let Self { lines, half } = self;
        let place = half.place().to_owned();
        let written = lines.into_inner().map_err(std::io::IntoInnerError::into_error);
        let ended = written.and_then(|file| file.sync_all()).and_then(|()| half.done());
        ended.map_err(|error| TableError::cannot_write(&place, error))
    }
}

fn card(sheet: &Sheet, contact: &Contact) -> String {
    let named = if contact.name.is_empty() { &contact.phone_shown } else { &contact.name };
    let tags: Vec<String> = contact.tags.iter().map(|tag| escaped(tag)).collect();
    let note = |(key, label): &(String, String)| Some(format!("{label}: {}", contact.fields.get(key)?));
    let notes: Vec<String> = sheet.fields.iter().filter_map(note).collect();
    let lines = [
        ("BEGIN", "VCARD".to_owned()),
        ("VERSION", "3.0".to_owned()),
        ("N", format!("{};;;;", escaped(named))),
        ("FN", escaped(named)),
        ("TEL;TYPE=CELL", contact.phone.clone()),
        ("EMAIL", escaped(&contact.email)),
        ("CATEGORIES", tags.join(",")),
        ("NOTE", escaped(&notes.join("\n"))),
        ("END", "VCARD".to_owned()),
    ];
    let said = lines.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| folded(&format!("{name}:{value}"))).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().filter(|c| *c != '\r') {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\\' | ',' | ';' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Long lines go on behind a blank; no letter is cut in two.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 2);
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > LINE {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(c);
        length += c.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

//! Cards of an address book: vCard 3.0 (RFC 2426), as phones and mail programs take them in.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::super::Contact;
use super::Writer;
use super::sheet::Sheet;

pub struct Cards {
    file: BufWriter<File>,
    sheet: Sheet,
}

/// Bytes of a line before it is folded.
const LINE: usize = 75;

impl Cards {
    pub fn create(path: &Path, sheet: Sheet) -> Result<Self, String> {
        let file = File::create(path).map_err(told)?;
        Ok(Self { file: BufWriter::new(file), sheet })
    }

    fn line(&mut self, name: &str, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Ok(());
        }
        self.file.write_all(folded(&format!("{name}:{value}")).as_bytes()).map_err(told)
    }
}

impl Writer for Cards {
    fn add(&mut self, contact: &Contact) -> Result<(), String> {
        let named = if contact.name.is_empty() { &contact.phone_shown } else { &contact.name };
        let tags: Vec<String> = contact.tags.iter().map(|tag| escaped(tag)).collect();
        let note = |(key, label): &(String, String)| Some(format!("{label}: {}", contact.fields.get(key)?));
        let notes: Vec<String> = self.sheet.fields.iter().filter_map(note).collect();
        self.line("BEGIN", "VCARD")?;
        self.line("VERSION", "3.0")?;
        self.line("N", &format!("{};;;;", escaped(named)))?;
        self.line("FN", &escaped(named))?;
        self.line("TEL;TYPE=CELL", &contact.phone)?;
        self.line("EMAIL", &escaped(&contact.email))?;
        self.line("CATEGORIES", &tags.join(","))?;
        self.line("NOTE", &escaped(&notes.join("\n")))?;
        self.line("END", "VCARD")
    }

    fn end(self: Box<Self>) -> Result<(), String> {
        self.file.into_inner().map_err(told)?.sync_all().map_err(told)
    }
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

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

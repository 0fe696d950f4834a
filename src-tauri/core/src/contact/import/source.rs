//! A file as a stream of text: refused where it is no text, decoded piece by piece where it is.
//!
//! Called by `list`. The encoding is found by looking through the whole file once, so that a Turkish letter in
//! the last row counts as much as one in the first. Memory stays bounded by one block.

use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1254};

use super::list::{About, Bytes, ReadSeek};
use super::{Encoding, ImportError, Notice};

/// Readable text and how to decode it.
#[derive(Clone, Debug)]
pub struct Source {
    bytes: Bytes,
    pub encoding: Encoding,
    /// What it looks like, whatever the owner chose.
    pub detected: Encoding,
    notice: Option<Notice>,
    mark: u64,
}

/// Looks through the text. What the owner chose is kept where it can be right at all.
pub fn open(bytes: Bytes, wanted: Option<Encoding>, turkish: bool) -> Result<Source, ImportError> {
    let look = Look::through(bytes.reader()?).map_err(|error| unreadable(&bytes.file_name, &error))?;
    let detected = look.encoding(&bytes.file_name, turkish)?;
    let encoding = wanted.unwrap_or(detected);
    if is_wide(encoding) != is_wide(detected) || (is_wide(encoding) && encoding != detected) {
        return Err(ImportError::WrongEncoding { encoding: encoding.as_str(), detected: detected.as_str() });
    }
    let doubtful = encoding != detected && look.tells(encoding, detected);
    let notice =
        doubtful.then(|| Notice::EncodingDoubtful { encoding: encoding.as_str(), detected: detected.as_str() });
    Ok(Source { bytes, encoding, detected, notice, mark: look.mark })
}

pub fn check_file(path: &Path, file: &str) -> Result<u64, ImportError> {
    let file = file.to_owned();
    let found = std::fs::metadata(path).map_err(|error| unreadable(&file, &error))?;
    if found.is_dir() {
        return Err(ImportError::Directory { file });
    }
    if !found.is_file() {
        return Err(ImportError::NotText { file });
    }
    if found.len() == 0 {
        return Err(ImportError::Empty { file });
    }
    Ok(found.len())
}

pub fn unreadable(file: &str, error: &std::io::Error) -> ImportError {
    let file = file.to_owned();
    match error.kind() {
        ErrorKind::NotFound => ImportError::NotFound { file },
        _ => ImportError::Unreadable { file, reason: error.to_string() },
    }
}

fn is_wide(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be)
}

const BLOCK: usize = 64 * 1024;

/// So many controls stray into the text of a short list and cost no more than their cells.
const STRAY: u64 = 3;

/// What a look through the bytes of a file told.
#[derive(Default)]
struct Look {
    bytes: u64,
    head: Vec<u8>,
    /// The length of the byte order mark.
    mark: u64,
    nul_at_even: u64,
    nul_at_odd: u64,
    controls: u64,
    letters_utf8: u64,
    broken_utf8: u64,
    turkish: bool,
    /// The beginning of a letter at the end of a block.
    rest: Vec<u8>,
}

impl Look {
    fn through(mut file: impl Read) -> std::io::Result<Self> {
        let mut look = Self::default();
        let mut block = vec![0; BLOCK];
        loop {
            let read = file.read(&mut block)?;
            if read == 0 {
                break;
            }
            look.at(block.get(..read).unwrap_or_default());
        }
        look.broken_utf8 += u64::from(!look.rest.is_empty());
        look.mark = mark_of(&look.head);
        Ok(look)
    }

    fn at(&mut self, block: &[u8]) {
        if self.head.len() < 64 {
            self.head.extend(block.iter().take(64));
        }
        if !block.is_ascii() || block.iter().any(|byte| *byte < b' ' && !is_layout(*byte)) {
            self.count(block);
        }
        self.bytes += block.len() as u64;
        self.utf8(block);
    }

    fn count(&mut self, block: &[u8]) {
        for (at, byte) in (self.bytes..).zip(block) {
            match byte {
                0 if at % 2 == 0 => self.nul_at_even += 1,
                0 => self.nul_at_odd += 1,
                1..=31 if !is_layout(*byte) => self.controls += 1,
                // The six letters in which Windows-1254 differs from Windows-1252: Ğ İ Ş ğ ı ş.
                0xd0 | 0xdd | 0xde | 0xf0 | 0xfd | 0xfe => self.turkish = true,
                _ => {}
            }
        }
    }

    fn utf8(&mut self, block: &[u8]) {
        if self.rest.is_empty() && block.is_ascii() {
            return;
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend_from_slice(block);
        let mut left = bytes.as_slice();
        loop {
            match std::str::from_utf8(left) {
                Ok(text) => return self.letters_utf8 += letters(text),
                Err(error) => {
                    let (good, bad) = left.split_at_checked(error.valid_up_to()).unwrap_or((left, &[]));
                    self.letters_utf8 += std::str::from_utf8(good).map_or(0, letters);
                    let Some(length) = error.error_len() else {
                        return self.rest = bad.to_vec();
                    };
                    self.broken_utf8 += 1;
                    left = bad.get(length..).unwrap_or_default();
                }
            }
        }
    }

    fn encoding(&self, file: &str, turkish: bool) -> Result<Encoding, ImportError> {
        if self.head.starts_with(b"%PDF") {
            return Err(ImportError::NotText { file: file.to_owned() });
        }
        match self.head.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => return Ok(Encoding::Utf8),
            [0xff, 0xfe, ..] => return Ok(Encoding::Utf16Le),
            [0xfe, 0xff, ..] => return Ok(Encoding::Utf16Be),
            _ => {}
        }
        if let Some(wide) = self.wide() {
            return Ok(wide);
        }
        let noise = self.nul_at_even + self.nul_at_odd + self.controls;
        if noise > STRAY && noise * 50 > self.bytes {
            return Err(ImportError::NotText { file: file.to_owned() });
        }
        Ok(self.narrow(turkish))
    }

    /// Half of the bytes of Latin text in UTF-16 are NUL, all on one side.
    fn wide(&self) -> Option<Encoding> {
        let plenty = |count: u64| count * 8 >= self.bytes && count > 0 && self.bytes.is_multiple_of(2);
        let few = |count: u64| count * 50 <= self.bytes;
        if plenty(self.nul_at_odd) && few(self.nul_at_even) {
            return Some(Encoding::Utf16Le);
        }
        (plenty(self.nul_at_even) && few(self.nul_at_odd)).then_some(Encoding::Utf16Be)
    }

    /// Letters of UTF-8 hardly come about by chance: broken bytes among more of them cost their cells, and garble no others.
    fn narrow(&self, turkish: bool) -> Encoding {
        if self.broken_utf8 == 0 || self.letters_utf8 > self.broken_utf8 {
            return Encoding::Utf8;
        }
        if self.turkish || turkish { Encoding::Windows1254 } else { Encoding::Windows1252 }
    }

    /// Whether the choice between the two makes a difference to this file that would show.
    fn tells(&self, encoding: Encoding, detected: Encoding) -> bool {
        match (encoding, detected) {
            (Encoding::Windows1252 | Encoding::Windows1254, Encoding::Utf8) => self.letters_utf8 > 0,
            (Encoding::Windows1252, Encoding::Windows1254) => self.turkish,
            _ => false,
        }
    }
}

fn letters(text: &str) -> u64 {
    text.chars().filter(|c| !c.is_ascii()).count() as u64
}

fn is_layout(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1a)
}

fn mark_of(head: &[u8]) -> u64 {
    match head {
        [0xef, 0xbb, 0xbf, ..] => 3,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => 2,
        _ => 0,
    }
}

/// The text of a source from its beginning.
pub struct Text {
    file: Box<dyn ReadSeek>,
    decoder: Decoder,
    block: Vec<u8>,
    /// Bytes of the file that were read.
    pub read: u64,
    ended: bool,
}

impl Source {
    pub fn file_name(&self) -> &str {
        &self.bytes.file_name
    }

    pub fn about(&self) -> About {
        About {
            file_name: self.bytes.file_name.clone(),
            bytes: self.bytes.length,
            encoding: Some(self.encoding),
            notice: self.notice.clone(),
            ..About::default()
        }
    }

    pub fn text(&self) -> Result<Text, ImportError> {
        let mut file = self.bytes.reader()?;
        file.seek(SeekFrom::Start(self.mark)).map_err(|error| unreadable(self.file_name(), &error))?;
        let encoding = match self.encoding {
            Encoding::Utf8 => UTF_8,
            Encoding::Utf16Le => UTF_16LE,
            Encoding::Utf16Be => UTF_16BE,
            Encoding::Windows1254 => WINDOWS_1254,
            Encoding::Windows1252 => WINDOWS_1252,
        };
        let decoder = encoding.new_decoder_without_bom_handling();
        Ok(Text { file, decoder, block: vec![0; BLOCK], read: self.mark, ended: false })
    }
}

impl Text {
    /// Appends the next piece; false at the end. What does not decode becomes U+FFFD.
    pub fn more(&mut self, window: &mut String) -> std::io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let read = self.file.read(&mut self.block)?;
        self.ended = read == 0;
        self.read += read as u64;
        let piece = self.block.get(..read).unwrap_or_default();
        let room = self.decoder.max_utf8_buffer_length(read).unwrap_or(BLOCK * 4);
        window.reserve(room);
        let _ = self.decoder.decode_to_string(piece, window, self.ended);
        Ok(true)
    }
}

/// Whether a cell has what did not decode: the replacement character, or a control of Windows-125x's gaps.
pub fn is_undecoded(cell: &str) -> bool {
    cell.chars().any(|c| c == char::REPLACEMENT_CHARACTER || ('\u{80}'..='\u{9f}').contains(&c))
}

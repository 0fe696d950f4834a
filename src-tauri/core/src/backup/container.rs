//! The format of a `.ulak-backup`.
//!
//! | bytes | what |
//! |---|---|
//! | 12 | `ulak-backup` and a line feed |
//! | 4 | how long the header is, little endian |
//! | … | the header: JSON, in clear ([`Header`]) |
//! | … | chunks of 256 KiB, each with 16 bytes of seal behind it; the last one may be shorter |
//!
//! A chunk is sealed by XChaCha20-Poly1305 under a key of this file's own, with the header as associated data. Its nonce is
//! that of the STREAM construction: 19 bytes that the header names, the number of the chunk (big endian) and 1 for the last
//! one. So a chunk that is changed, moved, taken away or put in from another file does not open, and a file that was cut
//! off tells so. The chunks hold, one behind the other, how long [`Contents`](super::Contents) is (4 bytes, little
//! endian), those as JSON, and the file of data as it lies in the folder, encrypted once more under the data's own key.
//!
//! The file's key is sealed with one that comes from the data's key; that one is in the header as it is in `keys.json`,
//! sealed with the recovery code and with the passphrase. So Ulak makes backups without knowing either.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use blake2::Blake2sMac256;
use blake2::digest::{FixedOutput, Update};
use chacha20poly1305::aead::{Aead, AeadInPlace, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{BackupError, Contents};
use crate::clock::Millis;
use crate::db::DbKey;
use crate::vault::{self, Slot, VaultError};

pub const VERSION: u32 = 1;
const MAGIC: &[u8; 12] = b"ulak-backup\n";
pub const CHUNK: usize = 256 * 1024;
const SEAL: usize = 16;
const PREFIX: usize = 19;
/// No backup has more ways in.
const MOST_WAYS: usize = 4;
/// No header and no description of contents is longer: what says so is no backup, or a damaged one.
const LONGEST: u32 = 1 << 20;

#[derive(Serialize, Deserialize)]
pub struct Header {
    pub version: u32,
    pub made_at: Millis,
    /// Of all that the chunks hold: so a file whose end is missing is told from one that is damaged.
    pub length: u64,
    /// The data's key, sealed with what a person knows.
    pub ways: Vec<Slot>,
    /// The file's key, sealed with the data's.
    key: String,
    key_nonce: String,
    prefix: String,
}

impl Header {
    /// How long the file is that has this header.
    fn file_length(&self, header: usize) -> u64 {
        let seals = self.length.div_ceil(CHUNK as u64) * SEAL as u64;
        (MAGIC.len() + 4 + header) as u64 + self.length.saturating_add(seals)
    }
}

/// What opens a backup.
#[derive(Clone, Copy)]
pub enum Opener<'a> {
    Secret(&'a str),
    /// Of the data that it was made of.
    Key(&'a DbKey),
}

fn wrapping(key: &DbKey) -> Result<XChaCha20Poly1305, VaultError> {
    let mut mac = <Blake2sMac256 as blake2::digest::KeyInit>::new((&**key).into());
    mac.update(b"ulak: key of a backup");
    let wrapping: Zeroizing<[u8; 32]> = Zeroizing::new(mac.finalize_fixed().into());
    Ok(XChaCha20Poly1305::new((&*wrapping).into()))
}

fn nonce(prefix: &[u8; PREFIX], number: u32, last: bool) -> XNonce {
    let mut nonce = [0; PREFIX + 5];
    let parts = prefix.iter().copied().chain(number.to_be_bytes()).chain([u8::from(last)]);
    nonce.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    nonce.into()
}

/// A backup that is being written.
pub struct Writer<W: Write> {
    out: W,
    cipher: XChaCha20Poly1305,
    header: Vec<u8>,
    prefix: [u8; PREFIX],
    chunk: Vec<u8>,
    number: u32,
}

impl<W: Write> Writer<W> {
    /// Writes the header. The first bytes that follow are the contents'.
    pub fn begin(mut out: W, ways: Vec<Slot>, key: &DbKey, contents: &Contents) -> Result<Self, Unwritten> {
        let own: Zeroizing<[u8; 32]> = Zeroizing::new(vault::random()?);
        let prefix: [u8; PREFIX] = vault::random()?;
        let key_nonce: [u8; 24] = vault::random()?;
        let sealed = wrapping(key)?.encrypt(&key_nonce.into(), own.as_slice());
        let sealed = sealed.map_err(|error| VaultError::Random(error.to_string()))?;
        let described = serde_json::to_vec(contents).map_err(io::Error::from)?;
        let header = Header {
            version: VERSION,
            made_at: contents.made_at,
            length: 4 + described.len() as u64 + contents.bytes,
            ways,
            key: BASE64.encode(&sealed),
            key_nonce: BASE64.encode(&key_nonce),
            prefix: BASE64.encode(&prefix),
        };
        let header = serde_json::to_vec(&header).map_err(io::Error::from)?;
        out.write_all(MAGIC)?;
        out.write_all(&length(&header)?)?;
        out.write_all(&header)?;
        let cipher = XChaCha20Poly1305::new((&*own).into());
        let chunk = Vec::with_capacity(CHUNK + SEAL);
        let mut writer = Self { out, cipher, header, prefix, chunk, number: 0 };
        writer.write(&length(&described)?)?;
        writer.write(&described)?;
        Ok(writer)
    }

    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.chunk.len() == CHUNK {
                self.seal(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Seals the last chunk. Without it the file counts as cut off.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let nonce = nonce(&self.prefix, self.number, last);
        let sealed = self.cipher.encrypt_in_place(&nonce, &self.header, &mut self.chunk);
        sealed.map_err(|_| io::Error::other("the chunk could not be sealed"))?;
        self.number = self.number.checked_add(1).ok_or_else(|| io::Error::other("the backup is too long"))?;
        self.out.write_all(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }
}

fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
    u32::try_from(bytes.len()).map(u32::to_le_bytes).map_err(io::Error::other)
}

/// Why a backup was not written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A backup that is open.
pub struct Reader {
    input: BufReader<File>,
    file: PathBuf,
    cipher: XChaCha20Poly1305,
    header: Vec<u8>,
    prefix: [u8; PREFIX],
    number: u32,
    ended: bool,
    /// What of the chunk is not taken yet.
    open: Vec<u8>,
    taken: usize,
    pub ways: Vec<Slot>,
    /// Of the data in it.
    pub key: DbKey,
    pub contents: Contents,
}

impl Reader {
    pub fn open(file: &Path, opener: Opener<'_>) -> Result<Self, BackupError> {
        let shown = || file.display().to_string();
        let input = File::open(file).map_err(|error| BackupError::reading(&error, file))?;
        let mut input = BufReader::with_capacity(CHUNK, input);
        let (mut header, bytes) = header(&mut input, file)?;
        let there = file.metadata().map_err(|error| BackupError::reading(&error, file))?.len();
        if there < header.file_length(bytes.len()) {
            return Err(BackupError::Cut { file: shown() });
        }
        // Each costs as much as a guess at a passphrase.
        header.ways.truncate(MOST_WAYS);
        let key = match opener {
            Opener::Secret(secret) => vault::open_by(&header.ways, secret),
            Opener::Key(key) => Some(key.clone()),
        };
        let wrong = || BackupError::WrongSecret { file: shown() };
        let damaged = || BackupError::Damaged { file: shown() };
        let key = key.ok_or_else(wrong)?;
        let sealed = BASE64.decode(header.key.as_bytes()).map_err(|_| damaged())?;
        let key_nonce: [u8; 24] = decoded(&header.key_nonce).ok_or_else(damaged)?;
        let prefix: [u8; PREFIX] = decoded(&header.prefix).ok_or_else(damaged)?;
        let own = wrapping(&key)?.decrypt(&key_nonce.into(), Payload::from(sealed.as_slice()));
        // The key of other data does not open it; a slot that opened vouches for its own.
        let own = Zeroizing::new(own.map_err(|_| if matches!(opener, Opener::Key(_)) { wrong() } else { damaged() })?);
        let own: Zeroizing<[u8; 32]> = Zeroizing::new(own.as_slice().try_into().map_err(|_| damaged())?);
        let mut reader = Self {
            input,
            file: file.to_owned(),
            cipher: XChaCha20Poly1305::new((&*own).into()),
            header: bytes,
            prefix,
            number: 0,
            ended: false,
            open: Vec::new(),
            taken: 0,
            ways: header.ways,
            key,
            contents: Contents::none(),
        };
        reader.contents = reader.read_contents()?;
        Ok(reader)
    }

    fn read_contents(&mut self) -> Result<Contents, BackupError> {
        let mut length = [0; 4];
        self.fill(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length > LONGEST {
            return Err(self.damaged());
        }
        let mut contents = vec![0; length as usize];
        self.fill(&mut contents)?;
        serde_json::from_slice(&contents).map_err(|_| self.damaged())
    }

    fn fill(&mut self, mut to: &mut [u8]) -> Result<(), BackupError> {
        while !to.is_empty() {
            let Some(some) = self.some()? else { return Err(self.damaged()) };
            let length = some.len().min(to.len());
            let (now, later) = to.split_at_mut(length);
            now.copy_from_slice(some.get(..length).unwrap_or_default());
            self.taken += length;
            to = later;
        }
        Ok(())
    }

    /// The next bytes of the data, at most a chunk; none at their end.
    pub fn chunk(&mut self) -> Result<Option<&[u8]>, BackupError> {
        if self.some()?.is_none() {
            return Ok(None);
        }
        let from = std::mem::replace(&mut self.taken, self.open.len());
        Ok(self.open.get(from..))
    }

    fn some(&mut self) -> Result<Option<&[u8]>, BackupError> {
        while self.taken == self.open.len() {
            if self.ended {
                return Ok(None);
            }
            self.open_chunk()?;
        }
        Ok(self.open.get(self.taken..))
    }

    fn open_chunk(&mut self) -> Result<(), BackupError> {
        let reading = |error: io::Error, file: &Path| BackupError::reading(&error, file);
        self.open.clear();
        self.taken = 0;
        let limit = (CHUNK + SEAL) as u64;
        self.input.by_ref().take(limit).read_to_end(&mut self.open).map_err(|error| reading(error, &self.file))?;
        let last = self.input.fill_buf().map_err(|error| reading(error, &self.file))?.is_empty();
        let opened =
            self.cipher.decrypt_in_place(&nonce(&self.prefix, self.number, last), &self.header, &mut self.open);
        if opened.is_err() {
            return Err(self.damaged());
        }
        self.number += 1;
        self.ended = last;
        Ok(())
    }

    fn damaged(&self) -> BackupError {
        BackupError::Damaged { file: self.file.display().to_string() }
    }
}

impl Contents {
    fn none() -> Self {
        Self {
            made_at: 0,
            made: String::new(),
            version: String::new(),
            layout: 0,
            installation: String::new(),
            business: String::new(),
            contacts: 0,
            campaigns: 0,
            messages: 0,
            credits: 0,
            numbers: Vec::new(),
            rows: std::collections::BTreeMap::new(),
            bytes: 0,
        }
    }
}

fn decoded<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// The header, and the bytes that the chunks are sealed with.
fn header(input: &mut impl Read, file: &Path) -> Result<(Header, Vec<u8>), BackupError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let shown = || file.display().to_string();
    let strange = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::NotABackup { file: shown() },
        _ => BackupError::reading(&error, file),
    };
    let mut magic = [0; MAGIC.len()];
    input.read_exact(&mut magic).map_err(strange)?;
    if magic != *MAGIC {
        return Err(BackupError::NotABackup { file: shown() });
    }
    let cut = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::Cut { file: shown() },
        _ => BackupError::reading(&error, file),
    };
    let mut length = [0; 4];
    input.read_exact(&mut length).map_err(cut)?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST {
        return Err(BackupError::Damaged { file: shown() });
    }
    let mut bytes = vec![0; length as usize];
    input.read_exact(&mut bytes).map_err(cut)?;
    // A newer header may have another shape altogether, so its number is read by itself.
    let damaged = |_| BackupError::Damaged { file: shown() };
    let Version { version: found } = serde_json::from_slice(&bytes).map_err(damaged)?;
    if found > VERSION {
        return Err(BackupError::Newer { file: shown(), found, known: VERSION });
    }
    let header = serde_json::from_slice(&bytes).map_err(damaged)?;
    Ok((header, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "correct horse";

    fn key() -> DbKey {
        Zeroizing::new([7; 32])
    }

    fn data(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|at| (at * 31 % 251) as u8).collect()
    }

    fn written(folder: &Path, data: &[u8]) -> PathBuf {
        let file = folder.join("a.ulak-backup");
        let contents = Contents { contacts: 3, bytes: data.len() as u64, ..Contents::none() };
        let ways = vec![vault::backup_way(PASSPHRASE, &key()).unwrap()];
        let mut writer = Writer::begin(File::create(&file).unwrap(), ways, &key(), &contents).unwrap();
        data.chunks(100_000).for_each(|some| writer.write(some).unwrap());
        writer.finish().unwrap();
        file
    }

    fn read(file: &Path, opener: Opener<'_>) -> Result<(Contents, Vec<u8>), BackupError> {
        let mut reader = Reader::open(file, opener)?;
        let mut data = Vec::new();
        while let Some(some) = reader.chunk()? {
            data.extend_from_slice(some);
        }
        Ok((reader.contents, data))
    }

    fn code(file: &Path, secret: &str) -> &'static str {
        use crate::error::Coded;
        read(file, Opener::Secret(secret)).err().unwrap().code()
    }

    #[test]
    fn what_was_written_is_read_by_passphrase_and_by_key() {
        let folder = tempfile::tempdir().unwrap();
        // Nothing, less than a chunk, and what is about as long as some.
        for bytes in [0, 1, 300_000, 3 * CHUNK, 1_000_000] {
            let data = data(bytes);
            let file = written(folder.path(), &data);
            for opener in [Opener::Secret(PASSPHRASE), Opener::Key(&key())] {
                let (contents, read) = read(&file, opener).unwrap();
                assert_eq!((contents.contacts, read == data), (3, true), "{bytes}");
            }
        }
    }

    #[test]
    fn a_wrong_secret_and_the_key_of_other_data_open_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), &data(10));
        assert_eq!(code(&file, "wrong horse"), "backup.wrong_secret");
        let other = read(&file, Opener::Key(&Zeroizing::new([8; 32])));
        assert!(matches!(other, Err(BackupError::WrongSecret { .. })));
    }

    #[test]
    fn a_cut_a_flipped_and_a_foreign_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), &data(1_000_000));
        let whole = std::fs::read(&file).unwrap();
        // In the middle of a chunk, behind a whole one, and in the last one.
        let end_of_first = whole.len() - (1_000_000 % CHUNK);
        for length in [whole.len() / 2, end_of_first / 2, whole.len() - 1, whole.len() - 20, 200, 14] {
            std::fs::write(&file, &whole[..length]).unwrap();
            assert_eq!(code(&file, PASSPHRASE), "backup.cut", "{length} of {}", whole.len());
        }
        let mut at = whole.len() - 5;
        while at > 5_000 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            std::fs::write(&file, &flipped).unwrap();
            assert_eq!(code(&file, PASSPHRASE), "backup.damaged", "byte {at}");
            at /= 2;
        }
        // Two chunks in each other's place.
        let mut swapped = whole.clone();
        let first = whole.len() - (3 * (CHUNK + SEAL) + 1_000_000 % CHUNK + SEAL + 400);
        let (one, other) = (first + 1_000, first + 1_000 + CHUNK + SEAL);
        for step in 0..CHUNK {
            swapped.swap(one + step, other + step);
        }
        std::fs::write(&file, &swapped).unwrap();
        assert_eq!(code(&file, PASSPHRASE), "backup.damaged");
        std::fs::write(&file, b"PK\x03\x04 a zip").unwrap();
        assert_eq!(code(&file, PASSPHRASE), "backup.not_a_backup");
        std::fs::write(&file, b"").unwrap();
        assert_eq!(code(&file, PASSPHRASE), "backup.not_a_backup");
    }

    #[test]
    fn a_changed_header_and_a_newer_one_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), &data(1_000));
        let whole = std::fs::read(&file).unwrap();
        let text = |from: &str, to: &str| {
            let found = whole.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
            let mut changed = whole.clone();
            changed[found..found + to.len()].copy_from_slice(to.as_bytes());
            std::fs::write(&file, changed).unwrap();
            code(&file, PASSPHRASE)
        };
        assert_eq!(text("\"version\":1", "\"version\":9"), "backup.newer");
        assert_eq!(text("\"made_at\":0", "\"made_at\":7"), "backup.damaged");
    }

    #[test]
    fn a_disk_that_is_full_is_told_as_such() {
        struct Small(usize);
        impl Write for Small {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = Writer::begin(Small(300_000), Vec::new(), &key(), &Contents::none()).unwrap();
        let full = writer.write(&data(1_000_000)).unwrap_err();
        assert!(matches!(BackupError::writing(&full, Path::new("x")), BackupError::Full { .. }));
    }
}

//! Makes a backup and looks whether it is good.
//!
//! The file of data is frozen for as long as it is copied (`Db::freeze`); whoever writes meanwhile writes into the log. So
//! nothing is written beside the data, and memory holds one chunk. Then the backup is read back from its place, opened
//! as a restore would open it, and its rows are counted. Only then it gets its name: a file that is called so is whole.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::Connection as _;

use super::container::{CHUNK, Opener, Reader, Unwritten, Writer};
use super::{BackupError, Contents, Progress, store};
use crate::clock::Millis;
use crate::db::{self, Db, DbKey};
use crate::durable::{self, Half};
use crate::vault::{self, Slot};

/// Where a backup is opened to be counted; what a kill leaves of it goes with the next start.
pub const CHECK: &str = "backup-check";

/// So much is left free on the disk on which a backup is counted.
const SPARE: u64 = 256 * 1024 * 1024;
/// With less on the disk of the data no backup goes on.
const LEAST: u64 = 64 * 1024 * 1024;

/// What is wanted.
pub struct Wish {
    pub place: PathBuf,
    /// Opens this backup alone, beside what opens the data.
    pub passphrase: Option<String>,
    /// The owner has the recovery code.
    pub code_is_known: bool,
    /// What the names of this Ulak's own backups hold: another one's in the same folder are left alone.
    pub mark: String,
    pub now: Millis,
}

/// Makes it. What stood in its place stays until the new one is good.
pub async fn make(db: &Db, key: &DbKey, wish: Wish, progress: &Arc<Progress>) -> Result<Contents, BackupError> {
    let folder = wish.place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(BackupError::NoFolder { folder: folder.display().to_string() });
    }
    sweep(folder, &wish.mark);
    let ways = ways(db.folder(), key, &wish).await?;
    let Some(mut frozen) = db.freeze().await? else { return Err(BackupError::Busy) };
    progress.begin(2 * frozen.bytes);
    let contents = store::contents(&mut frozen.reader, frozen.layout, frozen.bytes, wish.now).await;
    let contents = contents.map_err(|error| db.error(error))?;
    let half = Half::beside(&wish.place);
    let (file, written) =
        (frozen.file.clone(), (half.path().to_owned(), contents.clone(), key.clone(), progress.clone()));
    let copied = blocking(move || {
        let (path, contents, key, progress) = written;
        write(&file, &path, ways, &key, &contents, &progress)
    });
    copied.await?;
    drop(frozen);
    check(db, key, &half, &contents, progress).await?;
    let place = wish.place.clone();
    half.done().map_err(|error| BackupError::writing(&error, &place))?;
    // Not every disk can do that for a folder; the file is whole and has its name.
    if let Err(error) = durable::sync_folder(folder) {
        tracing::warn!(%error, "the folder of backups was not synced");
    }
    Ok(contents)
}

/// What a kill left of backups that Ulak named.
fn sweep(folder: &Path, mark: &str) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let own = entry.file_name().to_str().is_some_and(|name| name.starts_with("ulak-") && name.contains(mark));
        let ending = path.extension().and_then(|ending| ending.to_str());
        let removed = match ending {
            Some("part") if own => std::fs::remove_file(&path),
            Some("check") if own => std::fs::remove_dir_all(&path),
            _ => Ok(()),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, "what is left of an earlier backup could not be removed");
        }
    }
}

async fn ways(folder: &Path, key: &DbKey, wish: &Wish) -> Result<Vec<Slot>, BackupError> {
    let (folder, key, passphrase) = (folder.to_owned(), key.clone(), wish.passphrase.clone());
    let code_is_known = wish.code_is_known;
    blocking(move || {
        let mut ways = vault::ways_in(&folder)?;
        // A code that nobody has is replaced at the next start, and opens nothing for anybody.
        ways.retain(|way| code_is_known || !way.is_recovery());
        if let Some(passphrase) = passphrase {
            ways.push(vault::backup_way(&passphrase, &key)?);
        }
        if ways.is_empty() { Err(BackupError::NoWayIn) } else { Ok(ways) }
    })
    .await
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(BackupError::NotWritten { file: String::new(), reason: error.to_string() }))
}

fn write(
    data: &Path,
    to: &Path,
    ways: Vec<Slot>,
    key: &DbKey,
    contents: &Contents,
    progress: &Progress,
) -> Result<(), BackupError> {
    let failed = |error: std::io::Error| BackupError::writing(&error, to);
    let mut options = OpenOptions::new();
    // It is sealed, and not every disk has modes.
    let out = durable::private(options.write(true).create(true).truncate(true)).open(to).map_err(failed)?;
    let out = BufWriter::with_capacity(CHUNK, out);
    let begun = Writer::begin(out, ways, key, contents).map_err(|error| match error {
        Unwritten::Io(error) => failed(error),
        Unwritten::Vault(error) => error.into(),
    });
    let mut writer = begun?;
    let from = data;
    let data = File::open(from).map_err(|error| BackupError::reading(&error, from))?;
    let mut data = data.take(contents.bytes);
    let mut buffer = vec![0; CHUNK];
    for number in 0u64.. {
        // While it copies, the log grows with what is sent; the disk of the data is not to fill up for a backup.
        if number % 64 == 0 && from.parent().and_then(db::free_space).is_some_and(|free| free < LEAST) {
            return Err(BackupError::Full { file: from.display().to_string() });
        }
        let length = data.read(&mut buffer).map_err(|error| BackupError::reading(&error, from))?;
        if length == 0 {
            break;
        }
        writer.write(buffer.get(..length).unwrap_or_default()).map_err(failed)?;
        progress.moved(length).map_err(failed)?;
    }
    let out = writer.finish().map_err(failed)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)
}

/// Opens what was written as a restore would, and counts.
async fn check(
    db: &Db,
    key: &DbKey,
    half: &Half,
    contents: &Contents,
    progress: &Arc<Progress>,
) -> Result<(), BackupError> {
    let place = half.place().display().to_string();
    let here = db.folder().join(CHECK);
    let room = |free: Option<u64>| free.is_none_or(|free| free > contents.bytes + contents.bytes / 20 + SPARE);
    let checked = match half.path().parent() {
        // A short disk of the data may have no room for a second copy; the disk of the backups may.
        Some(beside) if !room(db.free()) && room(db::free_space(beside)) => half.path().with_extension("check"),
        Some(beside) if !room(db.free()) && !room(db::free_space(beside)) => {
            return Err(BackupError::Full { file: place });
        }
        _ => here,
    };
    let _gone = RemovedAtEnd(checked.clone());
    let (from, to, key_of_it, progress) = (half.path().to_owned(), checked.clone(), key.clone(), progress.clone());
    let opened = blocking(move || {
        let mut reader = Reader::open(&from, Opener::Key(&key_of_it))?;
        unpack(&mut reader, &to, &progress)?;
        Ok(reader.contents)
    });
    let incomplete = |table: &str| BackupError::Incomplete { file: place.clone(), table: table.to_owned() };
    if opened.await? != *contents {
        return Err(incomplete("contents"));
    }
    compare(&checked, key, contents).await?.map_or(Ok(()), |table| Err(incomplete(&table)))
}

/// Writes the file of data into a folder.
pub(super) fn unpack(reader: &mut Reader, folder: &Path, progress: &Progress) -> Result<(), BackupError> {
    let file = db::database_file(folder);
    let failed = |error: std::io::Error| BackupError::writing(&error, &file);
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(failed)?;
    }
    durable::private_folder(folder).map_err(failed)?;
    let mut options = OpenOptions::new();
    let out = durable::open_private(options.write(true).create_new(true), &file).map_err(failed)?;
    let mut out = BufWriter::with_capacity(CHUNK, out);
    while let Some(bytes) = reader.chunk()? {
        out.write_all(bytes).map_err(failed)?;
        progress.moved(bytes.len()).map_err(failed)?;
    }
    let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
    out.sync_all().map_err(failed)
}

/// The first table of the data in the folder that has not as many rows as the backup says.
pub(super) async fn compare(folder: &Path, key: &DbKey, contents: &Contents) -> Result<Option<String>, BackupError> {
    let (mut db, _) = db::look_into(folder, key).await?;
    let rows = store::rows(&mut db).await;
    db.close().await?;
    let rows = rows?;
    let differs = |(table, count): &(&String, &i64)| contents.rows.get(*table) != Some(count);
    let missing = contents.rows.keys().find(|table| !rows.contains_key(*table));
    Ok(missing.or_else(|| rows.iter().find(differs).map(|(table, _)| table)).cloned())
}

pub(super) struct RemovedAtEnd(pub PathBuf);

impl Drop for RemovedAtEnd {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "what a backup was counted in could not be removed");
        }
    }
}

//! Puts a backup in the place of a folder's data.
//!
//! Everything is made ready in a folder beside the data: unpacked, counted, brought up to date, paused, with keys and a mark
//! of its own. Then a journal is written, and from there on the change is made, by this run or by the next start: first the
//! old data move aside, then the new ones in. Until the journal is there, nothing of the old data has been touched.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::container::{Opener, Reader};
use super::make::{CHECK, RemovedAtEnd, blocking, compare, unpack};
use super::{BackupError, Contents, Progress};
use crate::clock::Millis;
use crate::db::{self, Db, DbKey, FolderLock, StorageError, keys_file, lock_folder};
use crate::durable;
use crate::mark::{self, Count, Finding, Mark};
use crate::outbox::store::reading;
use crate::session::store::{notes, numbers};
use crate::settings::{self, key};
use crate::vault::{self, Keyring};

const READY: &str = "restoring";
const JOURNAL: &str = "restore.json";
/// How the folders begin in which earlier data were put aside.
pub const ASIDE: &str = "before-restore-";
/// What is no part of the data and stays where it is.
const STAYS: [&str; 6] = ["lock", READY, JOURNAL, "logs", "crashes", CHECK];

/// What came in.
#[derive(Clone, Debug)]
pub struct Restored {
    pub contents: Contents,
    /// Where the earlier data are; none where there were none.
    pub aside: Option<PathBuf>,
}

/// What is wanted.
pub struct Wish {
    pub file: PathBuf,
    /// The recovery code or the passphrase. Without it the folder's own keyring is asked, for a backup of its own data.
    pub secret: Option<String>,
    pub now: Millis,
}

/// What is in a backup.
pub fn look(file: &Path, opener: Opener<'_>) -> Result<Contents, BackupError> {
    Reader::open(file, opener).map(|reader| reader.contents)
}

/// The backup opens with what was typed, or with what opens the folder.
pub fn open(folder: &Path, file: &Path, secret: Option<&str>, keyring: &dyn Keyring) -> Result<Reader, BackupError> {
    if let Some(secret) = secret {
        return Reader::open(file, Opener::Secret(secret));
    }
    let needed = || BackupError::SecretNeeded { file: file.display().to_string() };
    if !keys_file(folder).exists() {
        // Whether it is a backup at all is said before a secret is asked for.
        return Err(match Reader::open(file, Opener::Secret("")) {
            Err(BackupError::WrongSecret { .. }) | Ok(_) => needed(),
            Err(error) => error,
        });
    }
    let own = vault::open(folder, None, keyring).map_err(|_| needed());
    match own.and_then(|own| Reader::open(file, Opener::Key(&own.key))) {
        Err(BackupError::WrongSecret { .. }) => Err(needed()),
        opened => opened,
    }
}

/// Restores into the folder, which no Ulak may have open.
pub async fn restore(lock: &FolderLock, wish: Wish, keyring: Arc<dyn Keyring>) -> Result<Restored, BackupError> {
    let folder = lock.folder().to_owned();
    let failed = |error: io::Error| StorageError::io(error, &folder);
    finish(lock).map_err(failed)?;
    let ready = folder.join(READY);
    let gone = RemovedAtEnd(ready.clone());
    let (into, file, secret, asked) = (ready.clone(), wish.file.clone(), wish.secret.clone(), keyring.clone());
    let of = folder.clone();
    let (contents, ways, key) = blocking(move || {
        let mut reader = open(&of, &file, secret.as_deref(), asked.as_ref())?;
        let (found, known) = (reader.contents.layout, db::known_layout());
        if found > known {
            return Err(BackupError::Newer { file: file.display().to_string(), found, known });
        }
        unpack(&mut reader, &into, &Progress::default())?;
        Ok((reader.contents, reader.ways, reader.key))
    })
    .await?;
    if let Some(table) = compare(&ready, &key, &contents).await? {
        return Err(BackupError::Incomplete { file: wish.file.display().to_string(), table });
    }
    let mark = bring_up_to_date(&ready, &folder, &key, &contents, wish.now).await?;
    mark::save(&ready, &key, &mark).map_err(failed)?;
    let (into, secret) = (ready.clone(), wish.secret);
    blocking(move || Ok(vault::adopt(&into, ways, secret.as_deref(), &key, keyring.as_ref())?)).await?;
    let aside = has_data(&folder).map_err(failed)?.then(|| aside_name(&folder, &contents, wish.now));
    Journal { aside: aside.clone(), step: Step::Aside }.save(&folder).map_err(failed)?;
    // From here on what is ready is needed.
    std::mem::forget(gone);
    finish(lock).map_err(failed)?;
    Ok(Restored { contents, aside: aside.map(|name| folder.join(name)) })
}

/// The data as they open: of the layout that this Ulak knows, paused, without links, and an installation of their own.
async fn bring_up_to_date(
    ready: &Path,
    folder: &Path,
    key: &DbKey,
    contents: &Contents,
    now: Millis,
) -> Result<Mark, BackupError> {
    let db = Db::open(lock_folder(ready)?, key).await?;
    let prepared = async {
        let mut tx = db.begin().await?;
        let count: Option<Count> = settings::get(&mut tx, key::MARK).await?;
        let installation = mark::fresh_installation().map_err(|error| StorageError::io(error, folder))?;
        let count = Count { installation, count: count.map_or(1, |count| count.count) };
        settings::put(&mut tx, key::MARK, &count).await?;
        settings::put(&mut tx, key::PAUSED_ALL, &true).await?;
        settings::put(&mut tx, key::FOLDER_FINDING, &Finding::Restored { made: contents.made.clone() }).await?;
        numbers::unlink_all(&mut tx, now).await?;
        notes::forget_uploads(&mut tx).await?;
        let tries = reading::last_try(&mut tx).await?;
        db.commit(tx).await?;
        db.take_in_log().await?;
        Ok(Mark { count, tries, place: mark::place(folder, key) })
    };
    let prepared = prepared.await;
    db.close().await;
    prepared
}

fn has_data(folder: &Path) -> io::Result<bool> {
    Ok(!movable(folder)?.is_empty())
}

fn aside_name(folder: &Path, contents: &Contents, now: Millis) -> String {
    let stamp = chrono::DateTime::from_timestamp_millis(now).unwrap_or_default().format("%Y-%m-%d-%H%M%S");
    let name = format!("{ASIDE}{stamp}");
    match folder.join(&name).exists() {
        true => format!("{name}-{}", contents.made_at),
        false => name,
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Journal {
    /// Where the earlier data go; none where there are none.
    aside: Option<String>,
    step: Step,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// The earlier data are moving aside.
    Aside,
    /// The new ones are moving in.
    In,
}

impl Journal {
    fn load(folder: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(folder.join(JOURNAL)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            bytes => Ok(Some(serde_json::from_slice(&bytes?)?)),
        }
    }

    fn save(&self, folder: &Path) -> io::Result<()> {
        durable::replace(folder, JOURNAL, &serde_json::to_vec(self)?)
    }
}

/// What a restore left that was cut off: it is brought to its end, or taken away where it had not begun. Called before
/// anything else of a folder is read.
pub fn finish(lock: &FolderLock) -> io::Result<()> {
    let folder = lock.folder();
    let ready = folder.join(READY);
    let Some(mut journal) = Journal::load(folder)? else {
        remove_folder(&folder.join(CHECK))?;
        return remove_folder(&ready);
    };
    if journal.step == Step::Aside {
        if let Some(name) = &journal.aside {
            let aside = folder.join(name);
            durable::private_folder(&aside)?;
            for entry in movable(folder)? {
                std::fs::rename(folder.join(&entry), aside.join(&entry))?;
            }
            durable::sync_folder(&aside)?;
        }
        durable::sync_folder(folder)?;
        journal.step = Step::In;
        journal.save(folder)?;
    }
    for entry in names(&ready)? {
        if entry != "lock" {
            std::fs::rename(ready.join(&entry), folder.join(&entry))?;
        }
    }
    durable::sync_folder(folder)?;
    std::fs::remove_file(folder.join(JOURNAL))?;
    remove_folder(&ready)
}

/// The names of what belongs to the data of a folder.
fn movable(folder: &Path) -> io::Result<Vec<String>> {
    let stays = |name: &String| STAYS.contains(&name.as_str()) || name.starts_with(ASIDE) || name.starts_with(JOURNAL);
    Ok(names(folder)?.into_iter().filter(|name| !stays(name)).collect())
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

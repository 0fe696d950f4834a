//! Puts a backup in the place of a folder's data.
//!
//! Everything is made ready in a folder beside the data: unpacked, counted, brought up to date, paused, with keys and a mark
//! of its own. Then a journal is written, and from there on the change is made, by this run or by the next start: first the
//! old data move aside, then the new ones in. Until the journal is there, nothing of the old data has been touched.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sqlx::{Connection as _, SqliteConnection};

use super::container::{Opener, Reader};
use super::make::{CHECK, RemovedAtEnd, blocking, compare, unpack};
use super::{BackupError, Contents, Progress};
use crate::campaign::repeat::calendar::Day;
use crate::campaign::repeat::store as repeats;
use crate::clock::{Millis, local};
use crate::contact::phone::Phone;
use crate::contact::store::{self as contacts, suppressions};
use crate::db::{self, Db, DbKey, FolderLock, StorageError, Tx, keys_file, lock_folder};
use crate::durable;
use crate::ids::ContactId;
use crate::mail::store as mails;
use crate::mark::{self, Count, Finding, Mark};
use crate::outbox::store::{queue, reading};
use crate::program::store::jobs;
use crate::session::store::{notes, numbers};
use crate::settings::{self, key};
use crate::trigger::store::folders;
use crate::vault::{self, Keyring, Slot};
use crate::webhook::store as webhooks;

const READY: &str = "restoring";
const JOURNAL: &str = "restore.json";
/// How the folders begin in which earlier data were put aside.
pub const ASIDE: &str = "before-restore-";

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
    /// Of the data in the folder, where they are open.
    pub key: Option<DbKey>,
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

/// A backup of the data whose key this is.
fn open_own(file: &Path, key: &DbKey) -> Result<Reader, BackupError> {
    match Reader::open(file, Opener::Key(key)) {
        Err(BackupError::WrongSecret { file }) => Err(BackupError::SecretNeeded { file }),
        opened => opened,
    }
}

/// A backup that was unpacked beside the data and found good; nothing of the data has been touched.
pub struct Prepared {
    folder: PathBuf,
    contents: Contents,
    ways: Vec<Slot>,
    key: DbKey,
    secret: Option<String>,
    unpacked: RemovedAtEnd,
}

/// Unpacks a backup beside the data of a folder, which may be open, and counts.
pub async fn prepare(folder: &Path, wish: Wish, keyring: Arc<dyn Keyring>) -> Result<Prepared, BackupError> {
    let unpacked = RemovedAtEnd(folder.join(READY));
    let (of, into) = (folder.to_owned(), folder.join(READY));
    let Wish { file, secret, key } = wish;
    let (shown, typed) = (file.display().to_string(), secret.clone());
    let (contents, ways, key) = blocking(move || {
        let mut reader = match (typed.as_deref(), &key) {
            (None, Some(key)) => open_own(&file, key)?,
            (typed, _) => open(&of, &file, typed, keyring.as_ref())?,
        };
        let (found, known) = (reader.contents.layout, db::known_layout());
        if found > known {
            return Err(BackupError::Newer { file: file.display().to_string(), found, known });
        }
        unpack(&mut reader, &into, &Progress::default())?;
        Ok((reader.contents, reader.ways, reader.key))
    })
    .await?;
    if let Some(table) = compare(&folder.join(READY), &key, &contents).await? {
        return Err(BackupError::Incomplete { file: shown, table });
    }
    Ok(Prepared { folder: folder.to_owned(), contents, ways, key, secret, unpacked })
}

impl Prepared {
    /// Puts it in the place of the data, which no Ulak may have open.
    pub async fn put_in(
        self,
        lock: &FolderLock,
        keyring: Arc<dyn Keyring>,
        now: Millis,
    ) -> Result<Restored, BackupError> {
        let Self { folder, contents, ways, key, secret, unpacked } = self;
        let failed = |error: io::Error| StorageError::io(error, &folder);
        let ready = folder.join(READY);
        let same_key = earlier(&folder, &key).await;
        let own_keys = same_key.is_some();
        let mark = bring_up_to_date(&ready, &folder, (&key, same_key), &contents, now).await?;
        mark::save(&ready, &key, &mark).map_err(failed)?;
        if own_keys {
            // What opens the data here today opens them tomorrow, whatever did when the backup was made.
            std::fs::copy(keys_file(&folder), keys_file(&ready)).map_err(failed)?;
        } else {
            let into = ready.clone();
            blocking(move || Ok(vault::adopt(&into, ways, secret.as_deref(), &key, keyring.as_ref())?)).await?;
        }
        let aside = has_data(&folder).map_err(failed)?.then(|| aside_name(&folder, &contents, now));
        // From here on what is ready is needed; without a journal the next start takes it away.
        std::mem::forget(unpacked);
        Journal { aside: aside.clone(), step: Step::Aside }.save(&folder).map_err(failed)?;
        finish(lock).map_err(|error| BackupError::GoesOn { reason: error.to_string() })?;
        Ok(Restored { contents, aside: aside.map(|name| folder.join(name)) })
    }
}

/// The data as they open: of the layout that this Ulak knows, paused, without links, and an installation of their own.
async fn bring_up_to_date(
    ready: &Path,
    folder: &Path,
    (key, mut earlier): (&DbKey, Option<SqliteConnection>),
    contents: &Contents,
    now: Millis,
) -> Result<Mark, BackupError> {
    let db = Db::open(lock_folder(ready)?, key).await?;
    let prepared = async {
        let mut tx = db.begin().await?;
        let over = match &mut earlier {
            Some(earlier) => carry_over(&mut tx, earlier, now).await?,
            None => false,
        };
        let count: Option<Count> = settings::get(&mut tx, key::MARK).await?;
        let installation = mark::fresh_installation().map_err(|error| StorageError::io(error, folder))?;
        let count = Count { installation, count: count.map_or(1, |count| count.count) };
        settings::put(&mut tx, key::MARK, &count).await?;
        settings::put(&mut tx, key::PAUSED_ALL, &true).await?;
        let finding = Finding::Restored { made: contents.made.clone(), over };
        settings::put(&mut tx, key::FOLDER_FINDING, &finding).await?;
        queue::after_a_restore(&mut tx, now).await?;
        jobs::end_all(&mut tx, now).await?;
        let zone = settings::load(&mut tx).await?.zone;
        repeats::look_past(&mut tx, Day(local(now, zone).date_naive())).await?;
        mails::switch_off(&mut tx, now).await?;
        webhooks::pause_all(&mut tx, now).await?;
        folders::leave_all(&mut tx).await?;
        numbers::unlink_all(&mut tx, now).await?;
        notes::forget_uploads(&mut tx).await?;
        let tries = reading::last_try(&mut tx).await?;
        db.commit(tx).await?;
        db.take_in_log().await?;
        Ok(Mark { count, tries, place: mark::place(folder, key) })
    };
    let prepared = prepared.await;
    db.close().await;
    if let Some(earlier) = earlier {
        // It was only read.
        let _ = earlier.close().await;
    }
    prepared
}

/// The data that are there, where the key of the backup opens them.
async fn earlier(folder: &Path, key: &DbKey) -> Option<SqliteConnection> {
    if !db::database_file(folder).exists() || !keys_file(folder).exists() {
        return None;
    }
    db::look_into(folder, key).await.ok().map(|(db, _)| db)
}

/// Whom the backup holds and the earlier data had erased. None where that cannot be read.
async fn erased_since(tx: &mut Tx, earlier: &mut SqliteConnection) -> Result<Option<Vec<ContactId>>, sqlx::Error> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let people = contacts::phones_after(tx, after, PEOPLE).await?;
        let Some((last, _)) = people.last() else { return Ok(Some(found)) };
        after = Some(*last);
        let phones: BTreeMap<Phone, ContactId> =
            people.iter().filter_map(|(id, phone)| Some((Phone::from_e164(phone)?, *id))).collect();
        let Ok(erased) = contacts::erased::among(earlier, phones.keys().copied()).await else { return Ok(None) };
        found.extend(erased.keys().filter_map(|phone| phones.get(phone)));
    }
}

/// People that are compared at a time.
const PEOPLE: u32 = 2_000;
/// Parts that are compared at a time.
const PARTS: u32 = 500;

/// What the data that are put aside know and the backup does not: who opted out or was erased since, and which parts went
/// out, so that nobody gets them twice. False where they cannot be read.
async fn carry_over(tx: &mut Tx, earlier: &mut SqliteConnection, now: Millis) -> Result<bool, sqlx::Error> {
    let Ok(opted_out) = suppressions::in_force(earlier).await else { return Ok(false) };
    contacts::take_opt_outs(tx, opted_out, now).await?;
    let Some(erased) = erased_since(tx, earlier).await? else { return Ok(false) };
    settings::put(tx, key::ERASE_AGAIN, &erased).await?;
    let mut after = None;
    loop {
        let waiting = queue::waiting_parts(tx, after, PARTS).await?;
        let Some(last) = waiting.last().copied() else { return Ok(true) };
        let Ok(over) = queue::over_among(earlier, &waiting).await else { return Ok(false) };
        queue::cancel_messages_of(tx, &over, now).await?;
        after = Some(last);
    }
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
        if !db::database_file(&ready).exists() || !keys_file(&ready).exists() {
            // Nothing could take the place of what is here.
            std::fs::remove_file(folder.join(JOURNAL))?;
            return remove_folder(&ready);
        }
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

/// How the names begin of what belongs to the data of a folder. Whatever else lies there is not Ulak's to move.
const DATA: [&str; 6] = ["ulak.db", "keys.json", "mark.json", "numbers", "practice-phone.jsonl", "before-version-"];

fn movable(folder: &Path) -> io::Result<Vec<String>> {
    Ok(names(folder)?.into_iter().filter(|name| DATA.iter().any(|data| name.starts_with(data))).collect())
}

/// No name of Ulak's is anything but plain text.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
    Ok(names.collect::<io::Result<Vec<Option<String>>>>()?.into_iter().flatten().collect())
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

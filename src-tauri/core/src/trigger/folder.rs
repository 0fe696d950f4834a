//! The folder of a trigger: which files in it are lists that are written to their end, and where they go.
//!
//! `Looks` is pure and decides when a file is complete; the rest touches the disk and blocks. Links are followed
//! nowhere below the folder.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::clock::{MINUTE, Millis};
use crate::durable::sync_folder;
use crate::error::{Coded, Params};
use crate::ids::TriggerId;
use crate::params;
use crate::stored::stored_words;

/// A file that did not change for so long is complete.
pub const SETTLED: Millis = 5_000;
/// A program may make its file first and think then.
const SETTLED_EMPTY: Millis = MINUTE;
/// After something went wrong with a file it is left for so long.
pub const PUT_OFF: Millis = MINUTE;
pub const LARGEST_MB: u64 = 20;
pub const MOST_ROWS: u32 = 20_000;

const ENDINGS: [&str; 7] = ["csv", "tsv", "xlsx", "xlsm", "xlsb", "xls", "ods"];
const REPORT: &str = ".report.csv";

/// What becomes of the rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "FolderBrings")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Brings {
    /// Each is an event of the trigger.
    #[default]
    Messages,
    /// Their people are imported.
    Contacts,
}

stored_words!(Brings { Messages = "messages", Contacts = "contacts" });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    pub trigger: TriggerId,
    /// What the trigger is called.
    pub name: String,
    /// The trigger is switched on.
    pub active: bool,
    pub path: PathBuf,
    pub brings: Brings,
}

/// A file as a look found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub name: OsString,
    pub length: u64,
    pub modified: SystemTime,
}

impl Found {
    pub fn shown(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }
}

/// What was seen of a folder at the looks before.
#[derive(Debug, Default)]
pub struct Looks(BTreeMap<OsString, Seen>);

#[derive(Debug)]
struct Seen {
    found: Found,
    since: Millis,
    not_before: Millis,
}

impl Looks {
    /// Takes what a look found and answers what is complete, the oldest first. What is gone is forgotten.
    pub fn take(&mut self, found: Vec<Found>, now: Millis) -> Vec<Found> {
        self.0.retain(|name, _| found.iter().any(|one| one.name == *name));
        let mut complete: Vec<Found> = found.into_iter().filter(|one| self.is_complete(one, now)).collect();
        complete.sort_by(|one, other| (one.modified, &one.name).cmp(&(other.modified, &other.name)));
        complete
    }

    fn is_complete(&mut self, found: &Found, now: Millis) -> bool {
        let begun = || Seen { found: found.clone(), since: now, not_before: 0 };
        let seen = self.0.entry(found.name.clone()).or_insert_with(begun);
        // A clock that was set back begins the wait anew.
        if seen.found != *found || seen.since > now {
            *seen = begun();
        }
        let settled = if found.length == 0 { SETTLED_EMPTY } else { SETTLED };
        now - seen.since >= settled && (now >= seen.not_before || seen.not_before > now + PUT_OFF)
    }

    /// Something went wrong with it that may pass.
    pub fn put_off(&mut self, name: &OsStr, now: Millis) {
        if let Some(seen) = self.0.get_mut(name) {
            seen.not_before = now + PUT_OFF;
        }
    }
}

/// Whether a name is that of a list; what programs write while they are at it is none.
fn is_list(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    !name.starts_with('.') && !name.starts_with("~$") && ENDINGS.contains(&ending.as_str())
}

/// The lists in a folder; what lies in the folders within is not looked at.
pub fn list(folder: &Path) -> io::Result<Vec<Found>> {
    #[cfg(any(test, feature = "testing"))]
    silent::wait(folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !is_list(&name) {
            continue;
        }
        // One that is moved away meanwhile is none.
        match looked_at(folder, &name) {
            Ok(one) => found.extend(one),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// A file as it is at this moment; none where it is no file of its own.
fn looked_at(folder: &Path, name: &OsStr) -> io::Result<Option<Found>> {
    let about = fs::symlink_metadata(folder.join(name))?;
    let found = || Ok(Found { name: name.to_owned(), length: about.len(), modified: about.modified()? });
    if about.is_file() { found().map(Some) } else { Ok(None) }
}

pub fn is_unchanged(folder: &Path, found: &Found) -> io::Result<bool> {
    Ok(looked_at(folder, &found.name)?.as_ref() == Some(found))
}

/// What a file says, where it is as it was found still; one that is larger than `LARGEST_MB` is not read.
pub fn read(folder: &Path, found: &Found) -> io::Result<Option<Vec<u8>>> {
    if !is_unchanged(folder, found)? {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    fs::File::open(folder.join(&found.name))?.take(found.length + 1).read_to_end(&mut bytes)?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length == found.length);
    Ok(if whole && is_unchanged(folder, found)? { Some(bytes) } else { None })
}

/// Where files go that are done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Done,
    Failed,
}

impl Way {
    pub const ALL: [Self; 2] = [Self::Done, Self::Failed];

    pub fn folder(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// Makes the folders within that files are moved to. A link in their place is refused: it may lead anywhere.
pub fn make_ways(folder: &Path) -> io::Result<()> {
    for way in Way::ALL {
        let path = folder.join(way.folder());
        match fs::symlink_metadata(&path) {
            Ok(about) if about.is_dir() => {}
            Ok(_) => return Err(io::Error::new(ErrorKind::NotADirectory, format!("{} is not a folder", way.folder()))),
            Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir(&path)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where a file goes: to where it was going before a crash, or to a free place.
pub fn place(folder: &Path, way: Way, name: &OsStr, before: Option<PathBuf>) -> io::Result<PathBuf> {
    match before.filter(|before| before.starts_with(way.folder())) {
        Some(before) if !is_there(&folder.join(&before))? => Ok(before),
        _ => free_place(folder, way, name),
    }
}

/// A place within the folder, as in `done/list (2).csv`, where neither a file nor a report lies. Its name can be written
/// down, whatever bytes the file's own is made of.
fn free_place(folder: &Path, way: Way, name: &OsStr) -> io::Result<PathBuf> {
    let name = OsStr::new(&*name.to_string_lossy()).to_owned();
    for number in 1..=u32::from(u16::MAX) {
        let place = Path::new(way.folder()).join(numbered(&name, number));
        if !is_there(&folder.join(&place))? && !is_there(&folder.join(report_of(&place)))? {
            return Ok(place);
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn numbered(name: &OsStr, number: u32) -> OsString {
    if number == 1 {
        return name.to_owned();
    }
    let path = Path::new(name);
    let mut numbered = path.file_stem().unwrap_or(name).to_owned();
    numbered.push(format!(" ({number})"));
    if let Some(ending) = path.extension() {
        numbered.push(".");
        numbered.push(ending);
    }
    numbered
}

/// The report beside a place.
pub fn report_of(place: &Path) -> PathBuf {
    let mut report = place.as_os_str().to_owned();
    report.push(REPORT);
    report.into()
}

/// Whether a file was moved to its place already, which was free before.
pub fn is_moved(folder: &Path, place: &Path) -> io::Result<bool> {
    is_there(&folder.join(place))
}

/// Moves a file to its place, where nothing lies.
pub fn put_away(folder: &Path, name: &OsStr, place: &Path) -> io::Result<()> {
    let to = folder.join(place);
    if is_there(&to)? {
        return Err(ErrorKind::AlreadyExists.into());
    }
    to.parent().map_or(Ok(()), sync_folder)?;
    fs::rename(folder.join(name), &to)?;
    to.parent().map_or(Ok(()), sync_folder)?;
    sync_folder(folder)
}

/// A folder as it is kept: whole, without links on the way to it.
pub fn real(path: &Path) -> Result<PathBuf, FolderError> {
    let missing =
        |error: &io::Error| FolderError::Missing { folder: path.display().to_string(), reason: error.to_string() };
    let real = fs::canonicalize(path).map_err(|error| missing(&error))?;
    if !real.is_dir() {
        return Err(FolderError::Missing { folder: path.display().to_string(), reason: "not a folder".to_owned() });
    }
    Ok(plain(real))
}

/// Windows writes a whole path in a way that people do not know.
fn plain(path: PathBuf) -> PathBuf {
    let Some(text) = path.to_str() else { return path };
    match (text.strip_prefix(r"\\?\UNC\"), text.strip_prefix(r"\\?\")) {
        (Some(share), _) => PathBuf::from(format!(r"\\{share}")),
        (None, Some(rest)) => PathBuf::from(rest),
        (None, None) => path,
    }
}

/// Whether what is put into one folder would come to lie in the other, or in what Ulak keeps.
pub fn are_tangled(one: &Path, other: &Path) -> bool {
    let leads = |from: &Path, to: &Path| from == to || Way::ALL.iter().any(|way| from.join(way.folder()) == to);
    leads(one, other) || leads(other, one)
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    #[error(
        "The folder {folder} is not there ({reason}). Put the stick in, connect the network drive, or choose another folder. Ulak looks again by itself."
    )]
    Missing { folder: String, reason: String },
    #[error(
        "Ulak cannot write into the folder {folder} ({reason}), so the files in it wait. Allow it, or choose another folder."
    )]
    CannotWrite { folder: String, reason: String },
    #[error("The trigger {trigger} looks into this folder already. Choose another one.")]
    Taken { trigger: String },
    #[error("Ulak keeps its own data in this folder. Choose another one.")]
    Own,
    #[error("{file} cannot be opened ({reason}), so it waits. Close it in other programs.")]
    CannotOpen { file: String, reason: String },
    #[error("{file} is larger than {limit} MB. Write several smaller files.")]
    TooLarge { file: String, limit: u64 },
    #[error("{file} has more than {limit} rows. Write several smaller files. Nothing of this one was sent.")]
    TooLong { file: String, limit: u32 },
    #[error(
        "{file} was changed while Ulak read it. Rows that the report calls accepted went out. Put the others into a new file."
    )]
    Changed { file: String },
    #[error(
        "{file} was taken in and cannot be moved away ({reason}). Nothing of it goes out twice. Close it in other programs."
    )]
    CannotMove { file: String, reason: String },
}

impl Coded for FolderError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "watched.missing",
            Self::CannotWrite { .. } => "watched.cannot_write",
            Self::Taken { .. } => "watched.taken",
            Self::Own => "watched.own",
            Self::CannotOpen { .. } => "watched.cannot_open",
            Self::TooLarge { .. } => "watched.too_large",
            Self::TooLong { .. } => "watched.too_long",
            Self::Changed { .. } => "watched.changed",
            Self::CannotMove { .. } => "watched.cannot_move",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Missing { folder, reason } | Self::CannotWrite { folder, reason } => {
                params! { folder: folder, reason: reason }
            }
            Self::Taken { trigger } => params! { trigger: trigger },
            Self::Own => Params::new(),
            Self::CannotOpen { file, reason } | Self::CannotMove { file, reason } => {
                params! { file: file, reason: reason }
            }
            Self::TooLarge { file, limit } => params! { file: file, limit: limit },
            Self::TooLong { file, limit } => params! { file: file, limit: limit },
            Self::Changed { file } => params! { file: file },
        }
    }
}

/// Disks that do not answer.
#[cfg(any(test, feature = "testing"))]
pub mod silent {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};
    use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

    /// The folders on them, with how many looks came there.
    static FOLDERS: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());
    static ANSWERS: Condvar = Condvar::new();

    fn folders() -> MutexGuard<'static, BTreeMap<PathBuf, usize>> {
        FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A folder's disk answers nothing until this is dropped.
    pub struct Silence(PathBuf);

    impl Silence {
        pub fn of(folder: &Path) -> Self {
            folders().insert(folder.to_owned(), 0);
            Self(folder.to_owned())
        }

        pub fn looks(&self) -> usize {
            folders().get(&self.0).copied().unwrap_or_default()
        }
    }

    impl Drop for Silence {
        fn drop(&mut self) {
            folders().remove(&self.0);
            ANSWERS.notify_all();
        }
    }

    pub(super) fn wait(folder: &Path) {
        let mut folders = folders();
        if let Some(looks) = folders.get_mut(folder) {
            *looks += 1;
        }
        drop(ANSWERS.wait_while(folders, |folders| folders.contains_key(folder)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, length: u64) -> Found {
        Found { name: name.into(), length, modified: SystemTime::UNIX_EPOCH }
    }

    #[test]
    fn a_file_is_complete_when_it_did_not_change_for_a_while() {
        let mut looks = Looks::default();
        let mut at = |length: u64, now: Millis| looks.take(vec![found("a.csv", length)], now).len();
        assert_eq!([at(10, 0), at(20, 6_000), at(20, 8_000), at(20, 11_000)], [0, 0, 0, 1]);
        // A clock that was set back, and one that is gone and comes again, begin anew.
        assert_eq!([at(20, 3_000), at(20, 7_000), at(20, 8_000)], [0, 0, 1]);
        looks.take(Vec::new(), 9_000);
        assert!(looks.take(vec![found("a.csv", 20)], 20_000).is_empty());
    }

    #[test]
    fn an_empty_file_has_a_minute_and_what_went_wrong_is_left_for_one() {
        let mut looks = Looks::default();
        let mut complete = |length: u64, now: Millis| looks.take(vec![found("a.csv", length)], now).len();
        assert_eq!([complete(0, 0), complete(0, 10_000), complete(0, MINUTE)], [0, 0, 1]);
        looks.put_off(OsStr::new("a.csv"), MINUTE);
        let mut complete = |now: Millis| looks.take(vec![found("a.csv", 0)], now).len();
        assert_eq!([complete(MINUTE + 1), complete(2 * MINUTE)], [0, 1]);
    }

    #[test]
    fn what_programs_write_while_they_are_at_it_is_no_list() {
        for name in ["a.csv", "A.XLSX", "b c.ods", "x.y.xls"] {
            assert!(is_list(OsStr::new(name)), "{name}");
        }
        for name in [".a.csv", "~$a.xlsx", "a.csv.tmp", "a.csv.part", "a.xlsx.crdownload", "csv", "notes.txt", "a.pdf"]
        {
            assert!(!is_list(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_there_already_gets_a_number() {
        let folder = tempfile::tempdir().unwrap();
        make_ways(folder.path()).unwrap();
        let place = |name: &str| free_place(folder.path(), Way::Done, OsStr::new(name)).unwrap();
        assert_eq!(place("a.csv"), Path::new("done/a.csv"));
        fs::write(folder.path().join("done/a.csv"), "x").unwrap();
        fs::write(folder.path().join("done/a (2).csv.report.csv"), "x").unwrap();
        assert_eq!(place("a.csv"), Path::new("done/a (3).csv"));
        fs::write(folder.path().join("a.csv"), "y").unwrap();
        assert!(put_away(folder.path(), OsStr::new("a.csv"), Path::new("done/a.csv")).is_err());
        put_away(folder.path(), OsStr::new("a.csv"), Path::new("done/a (3).csv")).unwrap();
        assert!(is_moved(folder.path(), Path::new("done/a (3).csv")).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("a.csv"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path().join("a.csv"), folder.path().join("a.csv")).unwrap();
        assert_eq!(list(folder.path()).unwrap(), []);
        std::os::unix::fs::symlink(outside.path(), folder.path().join("done")).unwrap();
        assert!(make_ways(folder.path()).is_err());
    }

    #[test]
    fn a_folder_within_is_what_another_one_fills() {
        let of = |one: &str, other: &str| are_tangled(Path::new(one), Path::new(other));
        assert!(of("/a", "/a") && of("/a", "/a/done") && of("/a/failed", "/a"));
        assert!(!of("/a", "/b") && !of("/a", "/a/b"));
    }

    #[test]
    fn whole_paths_of_windows_are_shown_as_people_know_them() {
        let shown = |path: &str| plain(path.into()).display().to_string();
        assert_eq!(shown(r"\\?\C:\Lists"), r"C:\Lists");
        assert_eq!(shown(r"\\?\UNC\nas\lists"), r"\\nas\lists");
        assert_eq!(shown("/lists"), "/lists");
    }
}

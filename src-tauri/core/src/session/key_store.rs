//! Where the key material of a number lies: one encrypted file a key_id, under a key of its own.
//!
//! A key_id is made for every linking, so what an earlier link left cannot get into the way of a new one. Its key is
//! derived from the database's key by keyed BLAKE2s, so nothing more has to be kept.

use std::path::{Path, PathBuf};

use blake2::Blake2sMac256;
use blake2::digest::{FixedOutput, KeyInit, Update};
use zeroize::Zeroizing;

use crate::db::DbKey;
use crate::ids::SessionId;

const PURPOSE: &[u8] = b"ulak: key material of a number";

pub fn folder(data: &Path) -> PathBuf {
    data.join("numbers")
}

pub fn file(data: &Path, key_id: SessionId) -> PathBuf {
    folder(data).join(format!("{key_id}.db"))
}

pub fn key(database: &DbKey, key_id: SessionId) -> Zeroizing<[u8; 32]> {
    let mut mac = Blake2sMac256::new((&**database).into());
    mac.update(PURPOSE);
    mac.update(key_id.0.as_bytes());
    Zeroizing::new(mac.finalize_fixed().into())
}

/// Removes the key material, with all that SQLite and the client keep beside it. A file that another program holds open
/// is found again at the next start.
pub fn remove(data: &Path, key_id: SessionId) {
    remove_files(data, |of| of == key_id);
}

/// Removes what belongs to none of these key ids: a linking that was cut off, a number that was removed.
pub fn sweep(data: &Path, key_ids: &[SessionId]) {
    remove_files(data, |of| !key_ids.contains(&of));
}

fn remove_files(data: &Path, gone: impl Fn(SessionId) -> bool) {
    let Ok(files) = std::fs::read_dir(folder(data)) else { return };
    for entry in files.flatten() {
        let name = entry.file_name();
        let of = name.to_str().and_then(|name| name.split_once(".db")).and_then(|(of, _)| of.parse().ok());
        if of.is_some_and(&gone)
            && let Err(error) = std::fs::remove_file(entry.path())
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "key material of a number that is gone could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdGenerator;

    #[test]
    fn each_key_id_and_each_database_has_its_own_key() {
        let mint = IdGenerator::at(0);
        let (first, second): (SessionId, SessionId) = (mint.next(), mint.next());
        let database = Zeroizing::new([7; 32]);
        assert_eq!(key(&database, first), key(&database, first));
        assert_ne!(key(&database, first), key(&database, second));
        assert_ne!(key(&database, first), key(&Zeroizing::new([8; 32]), first));
        assert_ne!(*key(&database, first), *database);
    }

    #[test]
    fn only_what_belongs_to_nobody_is_swept() {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder(data.path())).unwrap();
        let mint = IdGenerator::at(0);
        let (kept, gone): (SessionId, SessionId) = (mint.next(), mint.next());
        for key_id in [kept, gone] {
            std::fs::write(file(data.path(), key_id), b"keys").unwrap();
            std::fs::write(folder(data.path()).join(format!("{key_id}.db-wal")), b"log").unwrap();
            std::fs::write(folder(data.path()).join(format!("{key_id}.db.receipts")), b"ticks").unwrap();
        }
        sweep(data.path(), &[kept]);
        let mut left: Vec<String> = std::fs::read_dir(folder(data.path()))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["", "-wal", ".receipts"].map(|end| format!("{kept}.db{end}")));
    }
}

//! The file with a number's key material and the copies of what it sent, encrypted with SQLCipher.
//!
//! One file and one connection per number: the library writes it alone. Every commit is synced to the disk, because a
//! ratchet step that is forgotten after it was used would be used twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, SqliteConnection};
use ulak_core::session::client::ClientError;
use whatsapp_rust::store::{SqliteStore, SqliteStoreConfig, Synchronous};
use zeroize::Zeroizing;

pub async fn open(file: &Path, key: &[u8; 32]) -> Result<Arc<SqliteStore>, ClientError> {
    let path = file.to_str().ok_or_else(|| ClientError::Keys("its path is not readable text".to_owned()))?;
    let statement = Arc::new(Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", &*hex(key))));
    try_key(path.to_owned(), Arc::clone(&statement)).await?;
    let config = SqliteStoreConfig { synchronous: Synchronous::Full, ..SqliteStoreConfig::default() }
        .with_connection_init(move |connection| Ok(connection.batch_execute(&statement)?));
    let store = SqliteStore::with_config(path, config).await.map_err(|error| ClientError::Keys(error.to_string()))?;
    Ok(Arc::new(store))
}

/// A wrong key shows at the first read. The store's pool would try again for half a minute before it says so.
async fn try_key(path: String, statement: Arc<Zeroizing<String>>) -> Result<(), ClientError> {
    let opened = tokio::task::spawn_blocking(move || -> Result<(), String> {
        let mut connection = SqliteConnection::establish(&path).map_err(|error| error.to_string())?;
        // A connection that is being closed has the file for a moment.
        let read = format!("PRAGMA busy_timeout = 10000; {} SELECT count(*) FROM sqlite_master;", statement.as_str());
        connection.batch_execute(&Zeroizing::new(read)).map_err(|error| error.to_string())
    });
    let opened = opened.await.map_err(|error| ClientError::Keys(error.to_string()))?;
    opened.map_err(ClientError::Keys)
}

/// Removes the file and what SQLite keeps beside it.
pub fn remove(file: &Path) -> std::io::Result<()> {
    ["", "-wal", "-shm"].iter().try_for_each(|suffix| match std::fs::remove_file(beside(file, suffix)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    })
}

pub fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn hex(key: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(data_encoding::HEXLOWER.encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_is_opaque_and_opens_with_its_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        drop(open(&file, &[7; 32]).await.unwrap());
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.is_empty() && !bytes.starts_with(b"SQLite format"));
        assert!(open(&file, &[7; 32]).await.is_ok());
        assert!(matches!(open(&file, &[8; 32]).await, Err(ClientError::Keys(_))));
        remove(&file).unwrap();
        assert!(!file.exists());
        remove(&file).unwrap();
    }
}

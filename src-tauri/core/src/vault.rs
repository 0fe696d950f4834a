//! The key of the database: 32 random bytes that never touch the disk in the clear.
//!
//! `keys.json` in the data folder holds them in slots, each sealed (XChaCha20-Poly1305) with another secret:
//! one that the operating system's keyring keeps, the owner's passphrase, the recovery code. Any one slot
//! opens the database. There is no way to make a database without a slot.

use std::path::{Path, PathBuf};

use argon2::Argon2;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE32_NOPAD, BASE64};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::db::{DbKey, database_file};
use crate::error::{Coded, Params};
use crate::params;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(
        "This computer has no keyring for the key of your data. Choose a passphrase; scripts give it as ULAK_PASSPHRASE."
    )]
    NoKeyring,
    #[error(
        "Your data is locked with a passphrase. Enter it, or the recovery code; scripts give it as ULAK_PASSPHRASE."
    )]
    SecretNeeded,
    #[error(
        "The keyring of this computer does not give the key of your data. Unlock the keyring and try again, or enter the recovery code."
    )]
    KeyringClosed { reason: String },
    #[error(
        "This passphrase or recovery code does not open the data in {folder}. Check it and try again; nothing was changed."
    )]
    WrongSecret { folder: String },
    #[error("The file {file} is missing, and without it the data cannot be opened. Put it back from a backup.")]
    Missing { file: String },
    #[error("The file {file} is damaged: {reason}. Put it back from a backup.")]
    Damaged { file: String, reason: String },
    #[error("Ulak may not write in {folder}: {reason}. Allow writing there, or start Ulak with another data folder.")]
    Folder { folder: String, reason: String },
    #[error("This computer gives no random numbers: {0}")]
    Random(String),
    #[error("A passphrase needs at least {least} characters.")]
    TooShort { least: usize },
}

impl Coded for VaultError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoKeyring => "vault.no_keyring",
            Self::SecretNeeded => "vault.secret_needed",
            Self::KeyringClosed { .. } => "vault.keyring_closed",
            Self::WrongSecret { .. } => "vault.wrong_secret",
            Self::Missing { .. } => "vault.missing",
            Self::Damaged { .. } => "vault.damaged",
            Self::Folder { .. } => "vault.folder",
            Self::Random(_) => "vault.random",
            Self::TooShort { .. } => "vault.too_short",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::NoKeyring | Self::SecretNeeded => Params::new(),
            Self::KeyringClosed { reason } | Self::Random(reason) => params! { reason: reason },
            Self::WrongSecret { folder } => params! { folder: folder },
            Self::Missing { file } => params! { file: file },
            Self::Damaged { file, reason } => params! { file: file, reason: reason },
            Self::Folder { folder, reason } => params! { folder: folder, reason: reason },
            Self::TooShort { least } => params! { least: least },
        }
    }
}

/// Where the wrapping key lives when no passphrase is used.
pub trait Keyring: Send + Sync {
    fn get(&self, account: &str) -> Result<Option<Vec<u8>>, String>;
    fn set(&self, account: &str, secret: &[u8]) -> Result<(), String>;
}

/// The keyring of the operating system. Its calls block: callers run them off the async threads.
pub struct SystemKeyring;

const SERVICE: &str = "Ulak";

impl Keyring for SystemKeyring {
    fn get(&self, account: &str) -> Result<Option<Vec<u8>>, String> {
        let entry = keyring::Entry::new(SERVICE, account).map_err(|error| error.to_string())?;
        match entry.get_secret() {
            Ok(secret) => Ok(Some(secret)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), String> {
        let entry = keyring::Entry::new(SERVICE, account).map_err(|error| error.to_string())?;
        entry.set_secret(secret).map_err(|error| error.to_string())
    }
}

pub struct Opened {
    pub key: DbKey,
    /// Given when the vault was made just now: to be shown once.
    pub recovery_code: Option<String>,
}

const LEAST_PASSPHRASE: usize = 8;

/// Opens the vault of a data folder, or makes it on the first start. `secret` is a passphrase or the recovery code.
pub fn open(folder: &Path, secret: Option<&str>, keyring: &dyn Keyring) -> Result<Opened, VaultError> {
    let path = keys_file(folder);
    if path.exists() {
        return Keys::load(&path)?.unlock(folder, secret, keyring).map(|key| Opened { key, recovery_code: None });
    }
    if database_file(folder).metadata().is_ok_and(|file| file.len() > 0) {
        return Err(VaultError::Missing { file: path.display().to_string() });
    }
    create(folder, secret, keyring)
}

/// Replaces the recovery slot: the earlier code no longer opens anything.
pub fn renew_recovery_code(folder: &Path, key: &DbKey) -> Result<String, VaultError> {
    let path = keys_file(folder);
    let mut keys = Keys::load(&path)?;
    let code = new_recovery_code()?;
    keys.put(Slot::seal(SlotKind::Recovery, &normal_code(&code), key)?);
    keys.save(folder)?;
    Ok(code)
}

fn create(folder: &Path, passphrase: Option<&str>, keyring: &dyn Keyring) -> Result<Opened, VaultError> {
    let key: DbKey = Zeroizing::new(random()?);
    let account = BASE32_NOPAD.encode(&random::<10>()?);
    let slot = match passphrase {
        Some(text) if text.chars().count() < LEAST_PASSPHRASE => {
            return Err(VaultError::TooShort { least: LEAST_PASSPHRASE });
        }
        Some(text) => Slot::seal(SlotKind::Passphrase, text, &key)?,
        None => keyring_slot(&account, &key, keyring)?,
    };
    let code = new_recovery_code()?;
    let recovery = Slot::seal(SlotKind::Recovery, &normal_code(&code), &key)?;
    Keys { version: 1, account, slots: vec![slot, recovery] }.save(folder)?;
    Ok(Opened { key, recovery_code: Some(code) })
}

fn keyring_slot(account: &str, key: &DbKey, keyring: &dyn Keyring) -> Result<Slot, VaultError> {
    let wrapping: Zeroizing<[u8; 32]> = Zeroizing::new(random()?);
    keyring.set(account, wrapping.as_slice()).map_err(|_| VaultError::NoKeyring)?;
    Slot::seal_with(SlotKind::Keyring, &wrapping, Vec::new(), key)
}

#[derive(Serialize, Deserialize)]
struct Keys {
    version: u32,
    /// The name of this folder's entry in the keyring.
    account: String,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SlotKind {
    Keyring,
    Passphrase,
    Recovery,
}

#[derive(Serialize, Deserialize)]
struct Slot {
    kind: SlotKind,
    salt: String,
    nonce: String,
    sealed: String,
}

impl Keys {
    fn load(path: &Path) -> Result<Self, VaultError> {
        let damaged = |reason: String| VaultError::Damaged { file: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| damaged(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))
    }

    /// Written beside and renamed, so that a crash leaves the old or the new file, never a half.
    fn save(&self, folder: &Path) -> Result<(), VaultError> {
        let failed = |error: std::io::Error| VaultError::Folder {
            folder: folder.display().to_string(),
            reason: error.to_string(),
        };
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        let beside = folder.join("keys.json.new");
        let mut file = std::fs::File::create(&beside).map_err(failed)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&beside, keys_file(folder)).map_err(failed)
    }

    fn put(&mut self, slot: Slot) {
        self.slots.retain(|other| other.kind != slot.kind);
        self.slots.push(slot);
    }

    fn slot(&self, kind: SlotKind) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.kind == kind)
    }

    fn unlock(mut self, folder: &Path, secret: Option<&str>, keyring: &dyn Keyring) -> Result<DbKey, VaultError> {
        let has_keyring = self.slot(SlotKind::Keyring).is_some();
        match secret {
            None if has_keyring => self.unlock_by_keyring(keyring),
            None => Err(VaultError::SecretNeeded),
            Some(secret) => {
                if let Some(key) = self.slot(SlotKind::Passphrase).and_then(|slot| slot.open(secret)) {
                    return Ok(key);
                }
                let code = normal_code(secret);
                if let Some(key) = self.slot(SlotKind::Recovery).and_then(|slot| slot.open(&code)) {
                    self.repair_keyring_slot(folder, &key, keyring);
                    return Ok(key);
                }
                Err(VaultError::WrongSecret { folder: folder.display().to_string() })
            }
        }
    }

    fn unlock_by_keyring(&self, keyring: &dyn Keyring) -> Result<DbKey, VaultError> {
        let closed = |reason: String| VaultError::KeyringClosed { reason };
        let secret = keyring.get(&self.account).map_err(closed)?;
        let wrapping: Option<Zeroizing<[u8; 32]>> =
            secret.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok()).map(Zeroizing::new);
        let slot = self.slot(SlotKind::Keyring);
        wrapping
            .zip(slot)
            .and_then(|(wrapping, slot)| slot.open_with(&wrapping))
            .ok_or_else(|| closed("it holds no such entry".to_owned()))
    }

    /// After the recovery code opened the data, the next start should not need it again.
    fn repair_keyring_slot(&mut self, folder: &Path, key: &DbKey, keyring: &dyn Keyring) {
        if self.slot(SlotKind::Passphrase).is_some() {
            return;
        }
        if let Ok(slot) = keyring_slot(&self.account, key, keyring) {
            self.put(slot);
            if let Err(error) = self.save(folder) {
                tracing::warn!(%error, "the keyring slot could not be renewed");
            }
        }
    }
}

impl Slot {
    fn seal(kind: SlotKind, secret: &str, key: &DbKey) -> Result<Self, VaultError> {
        let salt = random::<16>()?.to_vec();
        let wrapping = derive(secret, &salt).ok_or_else(|| VaultError::Random("argon2".to_owned()))?;
        Self::seal_with(kind, &wrapping, salt, key)
    }

    fn seal_with(kind: SlotKind, wrapping: &[u8; 32], salt: Vec<u8>, key: &DbKey) -> Result<Self, VaultError> {
        let nonce = random::<24>()?;
        let sealed = XChaCha20Poly1305::new(wrapping.into())
            .encrypt(XNonce::from_slice(&nonce), key.as_slice())
            .map_err(|error| VaultError::Random(error.to_string()))?;
        Ok(Self { kind, salt: BASE64.encode(&salt), nonce: BASE64.encode(&nonce), sealed: BASE64.encode(&sealed) })
    }

    fn open(&self, secret: &str) -> Option<DbKey> {
        let salt = BASE64.decode(self.salt.as_bytes()).ok()?;
        self.open_with(&*derive(secret, &salt)?)
    }

    fn open_with(&self, wrapping: &[u8; 32]) -> Option<DbKey> {
        let nonce: [u8; 24] = BASE64.decode(self.nonce.as_bytes()).ok()?.try_into().ok()?;
        let sealed = BASE64.decode(self.sealed.as_bytes()).ok()?;
        let cipher = XChaCha20Poly1305::new(wrapping.into());
        let key = Zeroizing::new(cipher.decrypt(XNonce::from_slice(&nonce), sealed.as_slice()).ok()?);
        key.as_slice().try_into().ok().map(Zeroizing::new)
    }
}

fn derive(secret: &str, salt: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    Argon2::default().hash_password_into(secret.as_bytes(), salt, key.as_mut_slice()).ok()?;
    Some(key)
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| VaultError::Random(error.to_string()))?;
    Ok(bytes)
}

/// 32 letters and digits in eight groups of four.
fn new_recovery_code() -> Result<String, VaultError> {
    let letters = BASE32_NOPAD.encode(&random::<20>()?);
    let groups: Vec<&str> = (0..8).filter_map(|group| letters.get(group * 4..group * 4 + 4)).collect();
    Ok(groups.join("-"))
}

/// How people type a code: any case, any grouping, the digits that the code lacks for the letters they resemble.
fn normal_code(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric).map(|letter| match letter.to_ascii_uppercase() {
        '0' => 'O',
        '1' => 'I',
        '8' => 'B',
        other => other,
    });
    letters.collect()
}

fn keys_file(folder: &Path) -> PathBuf {
    folder.join("keys.json")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct MemoryKeyring(Mutex<BTreeMap<String, Vec<u8>>>);

    impl Keyring for MemoryKeyring {
        fn get(&self, account: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(self.0.lock().unwrap().get(account).cloned())
        }
        fn set(&self, account: &str, secret: &[u8]) -> Result<(), String> {
            self.0.lock().unwrap().insert(account.to_owned(), secret.to_owned());
            Ok(())
        }
    }

    struct NoKeyring;

    impl Keyring for NoKeyring {
        fn get(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
            Err("no store".to_owned())
        }
        fn set(&self, _: &str, _: &[u8]) -> Result<(), String> {
            Err("no store".to_owned())
        }
    }

    #[test]
    fn the_keyring_opens_what_it_closed() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = MemoryKeyring::default();
        let made = open(folder.path(), None, &keyring).unwrap();
        assert_eq!(*open(folder.path(), None, &keyring).unwrap().key, *made.key);
    }

    #[test]
    fn without_a_keyring_nothing_is_made_until_a_passphrase_is_chosen() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(open(folder.path(), None, &NoKeyring), Err(VaultError::NoKeyring)));
        assert!(matches!(open(folder.path(), Some("short"), &NoKeyring), Err(VaultError::TooShort { .. })));
        let made = open(folder.path(), Some("correct horse"), &NoKeyring).unwrap();
        assert_eq!(*open(folder.path(), Some("correct horse"), &NoKeyring).unwrap().key, *made.key);
        assert!(matches!(open(folder.path(), None, &NoKeyring), Err(VaultError::SecretNeeded)));
        assert!(matches!(open(folder.path(), Some("wrong horse"), &NoKeyring), Err(VaultError::WrongSecret { .. })));
    }

    #[test]
    fn the_recovery_code_opens_and_mends_the_keyring() {
        let folder = tempfile::tempdir().unwrap();
        let made = open(folder.path(), None, &MemoryKeyring::default()).unwrap();
        let typed = made.recovery_code.unwrap().to_lowercase().replace('-', " ");
        let fresh = MemoryKeyring::default();
        assert!(matches!(open(folder.path(), None, &fresh), Err(VaultError::KeyringClosed { .. })));
        assert_eq!(*open(folder.path(), Some(&typed), &fresh).unwrap().key, *made.key);
        assert_eq!(*open(folder.path(), None, &fresh).unwrap().key, *made.key);
    }

    #[test]
    fn a_renewed_recovery_code_replaces_the_earlier_one() {
        let folder = tempfile::tempdir().unwrap();
        let made = open(folder.path(), Some("correct horse"), &NoKeyring).unwrap();
        let renewed = renew_recovery_code(folder.path(), &made.key).unwrap();
        assert!(open(folder.path(), made.recovery_code.as_deref(), &NoKeyring).is_err());
        assert!(open(folder.path(), Some(&renewed), &NoKeyring).is_ok());
    }

    #[test]
    fn a_lost_key_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(database_file(folder.path()), b"something").unwrap();
        assert!(matches!(open(folder.path(), None, &NoKeyring), Err(VaultError::Missing { .. })));
    }
}

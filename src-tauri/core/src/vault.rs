//! The key of the database: 32 random bytes that never touch the disk in the clear.
//!
//! `keys.json` in the data folder holds them in slots, each sealed (XChaCha20-Poly1305) with another secret:
//! one that the operating system's keyring keeps, the owner's passphrase, the recovery code. Any one slot
//! opens the database. There is no way to make a database without a slot. The keyring and the file cannot change at
//! once: so every keyring slot has an entry of its own, which is there before the file names it, and the entry before it
//! goes when the file no longer does.

use std::path::Path;

use argon2::Argon2;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE32_NOPAD, BASE64};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::db::{DbKey, KEYS_FILE, database_file, keys_file};
use crate::error::{Coded, Params};
use crate::{durable, mark, params};

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
    #[error(
        "The file {file} was written by a newer Ulak (version {found}; this one knows {known}). Install the newest Ulak; nothing was changed."
    )]
    Newer { file: String, found: u32, known: u32 },
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
            Self::Newer { .. } => "vault.newer",
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
            Self::Newer { file, found, known } => params! { file: file, found: found, known: known },
            Self::Folder { folder, reason } => params! { folder: folder, reason: reason },
            Self::TooShort { least } => params! { least: least },
        }
    }
}

/// Where the wrapping key lives when no passphrase is used.
pub trait Keyring: Send + Sync {
    fn get(&self, account: &str) -> Result<Option<Vec<u8>>, String>;
    fn set(&self, account: &str, secret: &[u8]) -> Result<(), String>;
    fn remove(&self, account: &str) -> Result<(), String>;
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

    fn remove(&self, account: &str) -> Result<(), String> {
        let entry = keyring::Entry::new(SERVICE, account).map_err(|error| error.to_string())?;
        entry.delete_credential().map_err(|error| error.to_string())
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

/// What a person can open the data with on another computer: the recovery code and the passphrase, as slots that a backup
/// carries. Without either of them nobody could.
pub fn ways_in(folder: &Path) -> Result<Vec<Slot>, VaultError> {
    let keys = Keys::load(&keys_file(folder))?;
    Ok(keys.slots.into_iter().filter(|slot| slot.kind != SlotKind::Keyring).collect())
}

/// A passphrase that opens one backup alone.
pub fn backup_way(passphrase: &str, key: &DbKey) -> Result<Slot, VaultError> {
    if passphrase.chars().count() < LEAST_PASSPHRASE {
        return Err(VaultError::TooShort { least: LEAST_PASSPHRASE });
    }
    Slot::seal(SlotKind::Backup, passphrase, key)
}

/// The key that one of these slots gives for a secret.
pub fn open_by(slots: &[Slot], secret: &str) -> Option<DbKey> {
    let code = normal_code(secret);
    slots.iter().find_map(|slot| match slot.kind {
        SlotKind::Recovery => slot.open(&code),
        SlotKind::Passphrase | SlotKind::Backup => slot.open(secret),
        SlotKind::Keyring => None,
    })
}

/// Writes the keys of a folder whose data came from a backup: the ways in that the backup carried, and the keyring of this
/// computer where there is one. Without a keyring the passphrase of the backup becomes that of the folder.
pub fn adopt(
    folder: &Path,
    slots: Vec<Slot>,
    secret: Option<&str>,
    key: &DbKey,
    keyring: &dyn Keyring,
) -> Result<(), VaultError> {
    let mut slots: Vec<Slot> = slots.into_iter().filter(|slot| slot.kind != SlotKind::Keyring).collect();
    let mut account = fresh_account()?;
    if !slots.iter().any(|slot| slot.kind == SlotKind::Passphrase) {
        match keyring_slot(key, keyring) {
            Ok((named, slot)) => {
                account = named;
                slots.push(slot);
            }
            Err(_) => {
                let opened = |slot: &&mut Slot| {
                    slot.kind == SlotKind::Backup && secret.is_some_and(|secret| slot.open(secret).is_some())
                };
                slots.iter_mut().find(opened).into_iter().for_each(|slot| slot.kind = SlotKind::Passphrase);
            }
        }
    }
    slots.retain(|slot| slot.kind != SlotKind::Backup);
    if slots.is_empty() {
        return Err(VaultError::NoKeyring);
    }
    Keys { version: VERSION, account, slots }.save(folder)
}

/// Whether the folder opens by the keyring of its computer, and whether by a passphrase.
pub fn opens_by(folder: &Path) -> Result<(bool, bool), VaultError> {
    let keys = Keys::load(&keys_file(folder))?;
    Ok((keys.slot(SlotKind::Keyring).is_some(), keys.slot(SlotKind::Passphrase).is_some()))
}

fn create(folder: &Path, passphrase: Option<&str>, keyring: &dyn Keyring) -> Result<Opened, VaultError> {
    let key: DbKey = Zeroizing::new(random()?);
    let (account, slot) = match passphrase {
        Some(text) if text.chars().count() < LEAST_PASSPHRASE => {
            return Err(VaultError::TooShort { least: LEAST_PASSPHRASE });
        }
        Some(text) => (fresh_account()?, Slot::seal(SlotKind::Passphrase, text, &key)?),
        None => keyring_slot(&key, keyring)?,
    };
    let code = new_recovery_code()?;
    let recovery = Slot::seal(SlotKind::Recovery, &normal_code(&code), &key)?;
    // Keys without a mark belong to data that have been; so the mark of data that are yet to be made comes first.
    mark::begin(folder, &key).map_err(|error| unwritable(folder, &error))?;
    Keys { version: VERSION, account, slots: vec![slot, recovery] }.save(folder)?;
    Ok(Opened { key, recovery_code: Some(code) })
}

/// A slot under a fresh entry of the keyring; what the file names already stays as it is.
fn keyring_slot(key: &DbKey, keyring: &dyn Keyring) -> Result<(String, Slot), VaultError> {
    let account = fresh_account()?;
    let wrapping: Zeroizing<[u8; 32]> = Zeroizing::new(random()?);
    keyring.set(&account, wrapping.as_slice()).map_err(|_| VaultError::NoKeyring)?;
    // A keyring that takes a secret and does not give it back would lock the owner out at the next start.
    let given = keyring.get(&account).ok().flatten().map(Zeroizing::new);
    if given.is_none_or(|given| given.as_slice() != wrapping.as_slice()) {
        return Err(VaultError::NoKeyring);
    }
    Ok((account, Slot::seal_with(SlotKind::Keyring, &wrapping, Vec::new(), key)?))
}

fn fresh_account() -> Result<String, VaultError> {
    Ok(BASE32_NOPAD.encode(&random::<10>()?))
}

fn unwritable(folder: &Path, error: &std::io::Error) -> VaultError {
    VaultError::Folder { folder: folder.display().to_string(), reason: error.to_string() }
}

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Keys {
    version: u32,
    /// The name of the keyring slot's entry in the keyring.
    account: String,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SlotKind {
    Keyring,
    Passphrase,
    Recovery,
    /// Of one backup; no folder has it.
    Backup,
}

/// The key, sealed with one secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct Slot {
    kind: SlotKind,
    salt: String,
    nonce: String,
    sealed: String,
}

impl Keys {
    fn load(path: &Path) -> Result<Self, VaultError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let file = path.display().to_string();
        let damaged = |reason: String| VaultError::Damaged { file: file.clone(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| damaged(error.to_string()))?;
        // What a newer version wrote may have another shape altogether, so its number is read by itself.
        let Version { version: found } = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if found > VERSION {
            return Err(VaultError::Newer { file, found, known: VERSION });
        }
        serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))
    }

    fn save(&self, folder: &Path) -> Result<(), VaultError> {
        let failed = |error: std::io::Error| unwritable(folder, &error);
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        durable::replace(folder, KEYS_FILE, text.as_bytes()).map_err(failed)
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
        let Ok((account, slot)) = keyring_slot(key, keyring) else { return };
        let before = std::mem::replace(&mut self.account, account);
        self.put(slot);
        if let Err(error) = self.save(folder) {
            tracing::warn!(%error, "the keyring slot could not be renewed");
        } else if let Err(error) = keyring.remove(&before) {
            tracing::debug!(%error, "the keyring had no earlier entry to remove");
        }
    }
}

impl Slot {
    /// Whether it is the recovery code's.
    pub fn is_recovery(&self) -> bool {
        self.kind == SlotKind::Recovery
    }

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

pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
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
        fn remove(&self, account: &str) -> Result<(), String> {
            self.0.lock().unwrap().remove(account).map(drop).ok_or_else(|| "no entry".to_owned())
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
        fn remove(&self, _: &str) -> Result<(), String> {
            Err("no store".to_owned())
        }
    }

    /// Takes what it is given and never gives it back.
    struct Forgetful<'a>(&'a MemoryKeyring);

    impl Keyring for Forgetful<'_> {
        fn get(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(None)
        }
        fn set(&self, account: &str, secret: &[u8]) -> Result<(), String> {
            self.0.set(account, secret)
        }
        fn remove(&self, account: &str) -> Result<(), String> {
            self.0.remove(account)
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
    fn a_keyring_that_does_not_give_back_what_it_took_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = MemoryKeyring::default();
        assert!(matches!(open(folder.path(), None, &Forgetful(&keyring)), Err(VaultError::NoKeyring)));
    }

    /// The recovery code was used although the keyring has its entry: somebody typed it while the keyring was locked.
    #[test]
    fn a_renewal_that_is_cut_off_between_the_keyring_and_the_file_leaves_the_keyring_as_the_way_in() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = MemoryKeyring::default();
        let made = open(folder.path(), None, &keyring).unwrap();
        // Where the new file would be written stands a folder, so it cannot be.
        let in_the_way = folder.path().join("keys.json.new");
        std::fs::create_dir(&in_the_way).unwrap();
        assert_eq!(*open(folder.path(), made.recovery_code.as_deref(), &keyring).unwrap().key, *made.key);
        assert_eq!(keyring.0.lock().unwrap().len(), 2, "the fresh entry is there, the file was not written");
        assert_eq!(*open(folder.path(), None, &keyring).unwrap().key, *made.key);
        std::fs::remove_dir(&in_the_way).unwrap();
        open(folder.path(), made.recovery_code.as_deref(), &keyring).unwrap();
        assert_eq!(*open(folder.path(), None, &keyring).unwrap().key, *made.key);
    }

    #[test]
    fn an_entry_that_nothing_names_any_more_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = MemoryKeyring::default();
        let made = open(folder.path(), None, &keyring).unwrap();
        open(folder.path(), made.recovery_code.as_deref(), &keyring).unwrap();
        assert_eq!(keyring.0.lock().unwrap().len(), 1);
        assert_eq!(*open(folder.path(), None, &keyring).unwrap().key, *made.key);
    }

    #[test]
    fn keys_of_a_newer_version_are_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let newer = r#"{ "version": 2, "slots": { "keyring": "elsewhere" } }"#;
        std::fs::write(keys_file(folder.path()), newer).unwrap();
        let refused = open(folder.path(), Some("correct horse"), &NoKeyring).err().unwrap();
        assert!(matches!(refused, VaultError::Newer { found: 2, known: 1, .. }), "{refused}");
        assert_eq!(std::fs::read_to_string(keys_file(folder.path())).unwrap(), newer);
    }

    #[cfg(unix)]
    #[test]
    fn the_keys_are_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), Some("correct horse"), &NoKeyring).unwrap();
        assert_eq!(keys_file(folder.path()).metadata().unwrap().permissions().mode() & 0o777, 0o600);
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

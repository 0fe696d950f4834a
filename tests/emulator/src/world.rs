//! Everything the server knows: phones, linked devices, media, the script of faults and the record of what came about.
//! Locks are per thing and never held while cryptography runs, so connections do not wait for each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use serde::{Deserialize, Serialize};
use wacore_binary::Jid;
use wacore_libsignal::protocol::ProtocolAddress;

use crate::device::{Device, Queued};
use crate::error::{Error, Result};
use crate::faults::Faults;
use crate::linking::Linking;
use crate::media::Store;
use crate::noise::Keys;
use crate::options::Options;
use crate::passkey::Passkeys;
use crate::phone::Phone;
use crate::record::Log;
use crate::sync::{lock, read, write};

/// What the server answers when a device asks how many strangers its number may still write to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// The reach-out lock ends at this time (seconds).
    pub timelock_until: Option<i64>,
    pub total_quota: Option<u64>,
    pub used_quota: Option<u64>,
    /// `NONE`, `FIRST_WARNING`, `SECOND_WARNING` or `CAPPED`.
    pub capping_status: Option<String>,
    /// The cycle that the quota counts for (seconds).
    pub cycle_start: Option<i64>,
    pub cycle_end: Option<i64>,
}

#[derive(Default)]
pub(crate) struct Book {
    pub by_number: BTreeMap<String, Arc<Phone>>,
    pub by_lid: BTreeMap<String, Arc<Phone>>,
}

/// Receipts that wait to be released.
pub(crate) struct Held {
    pub device: Arc<Device>,
    pub receipts: Vec<Queued>,
}

pub(crate) struct World {
    pub options: Options,
    pub keys: Keys,
    pub port: AtomicU16,
    pub book: RwLock<Book>,
    pub devices: RwLock<BTreeMap<String, BTreeMap<u16, Arc<Device>>>>,
    pub linking: Linking,
    pub passkeys: Passkeys,
    pub faults: Faults,
    pub log: Log,
    pub media: Store,
    pub limits: RwLock<BTreeMap<String, Limits>>,
    pub held: Mutex<Vec<Held>>,
    /// Numbers that are not on WhatsApp.
    pub absent: RwLock<BTreeSet<String>>,
    /// Numbers that the server has under another one, as Brazil's with and without the ninth digit.
    pub aliases: RwLock<BTreeMap<String, String>>,
    /// Businesses: the names that they registered, and no setting of their own.
    pub businesses: RwLock<BTreeMap<String, String>>,
    /// People who never show their number.
    pub hidden: RwLock<BTreeSet<String>>,
    /// Whom the phone of a number knows: numbers and names.
    pub address_books: RwLock<BTreeMap<String, Vec<(String, String)>>>,
    next: AtomicU64,
}

impl World {
    pub(crate) fn new(options: Options) -> Result<Self> {
        Ok(Self {
            keys: Keys::new(options.seed)?,
            port: AtomicU16::new(0),
            book: RwLock::default(),
            devices: RwLock::default(),
            linking: Linking::default(),
            passkeys: Passkeys::default(),
            faults: Faults::new(options.seed),
            log: Log::default(),
            media: Store::default(),
            limits: RwLock::default(),
            held: Mutex::default(),
            absent: RwLock::default(),
            aliases: RwLock::default(),
            businesses: RwLock::default(),
            hidden: RwLock::default(),
            address_books: RwLock::default(),
            next: AtomicU64::new(1),
            options,
        })
    }

    /// A number for whatever needs one; it is never given twice in a run.
    pub(crate) fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// An id of a message that a phone writes. Time keeps it apart from those of an earlier run.
    pub(crate) fn message_id(&self) -> String {
        format!("AC{:014X}{:016X}", self.options.clock.millis(), self.next())
    }

    /// The phone of a number, made when it is first needed.
    pub(crate) fn phone(&self, number: &str) -> Result<Arc<Phone>> {
        if let Some(phone) = read(&self.book).by_number.get(number) {
            return Ok(Arc::clone(phone));
        }
        let made = Arc::new(Phone::new(self.options.seed, number)?);
        let mut book = write(&self.book);
        let phone = Arc::clone(book.by_number.entry(number.to_owned()).or_insert(made));
        book.by_lid.insert(phone.lid.clone(), Arc::clone(&phone));
        Ok(phone)
    }

    /// The phone behind an address, if the number is on WhatsApp and the hidden identity was ever met.
    pub(crate) fn phone_at(&self, jid: &Jid) -> Option<Arc<Phone>> {
        let phone = if jid.is_lid() {
            read(&self.book).by_lid.get(jid.user.as_str()).cloned()
        } else {
            self.phone(&self.account_of(jid.user.as_str())).ok()
        };
        phone.filter(|phone| !self.is_absent(&phone.number))
    }

    /// The number that the server itself has for this one.
    pub(crate) fn account_of(&self, number: &str) -> String {
        read(&self.aliases).get(number).map_or_else(|| number.to_owned(), Clone::clone)
    }

    pub(crate) fn is_absent(&self, number: &str) -> bool {
        read(&self.absent).contains(number)
    }

    pub(crate) fn address_book(&self, number: &str) -> Vec<(String, String)> {
        read(&self.address_books).get(number).cloned().unwrap_or_default()
    }

    pub(crate) fn is_hidden(&self, number: &str) -> bool {
        read(&self.hidden).contains(number)
    }

    pub(crate) fn devices_of(&self, number: &str) -> Vec<Arc<Device>> {
        read(&self.devices).get(number).map(|devices| devices.values().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn device(&self, number: &str, id: u16) -> Option<Arc<Device>> {
        read(&self.devices).get(number).and_then(|devices| devices.get(&id)).cloned()
    }

    pub(crate) fn linked(&self, number: &str) -> Result<Vec<Arc<Device>>> {
        let devices = self.devices_of(number);
        if devices.is_empty() { Err(Error::NotLinked(number.to_owned())) } else { Ok(devices) }
    }

    pub(crate) fn all_devices(&self) -> Vec<Arc<Device>> {
        read(&self.devices).values().flat_map(BTreeMap::values).cloned().collect()
    }

    pub(crate) fn add_device(&self, device: Arc<Device>) {
        write(&self.devices).entry(device.who.number.clone()).or_default().insert(device.who.id, device);
        self.log.touch();
    }

    pub(crate) fn remove_device(&self, number: &str, id: u16) -> Option<Arc<Device>> {
        let removed = write(&self.devices).get_mut(number).and_then(|devices| devices.remove(&id));
        self.log.touch();
        removed
    }

    /// Device and key numbers are never used again, as the real server does.
    pub(crate) fn free_device_id(&self, number: &str) -> u16 {
        let taken = self.devices_of(number).iter().map(|device| device.who.id).max().unwrap_or(0);
        let fresh = u16::try_from(self.next() % 50).unwrap_or(0);
        taken.max(fresh).saturating_add(1)
    }

    pub(crate) fn hold(&self, held: Held) {
        lock(&self.held).push(held);
        self.log.touch();
    }
}

/// One address for a device, whichever of its names a stanza used.
pub(crate) fn address_of(device: &Device) -> ProtocolAddress {
    ProtocolAddress::new(&device.who.number, u32::from(device.who.id).into())
}

//! What outlives the emulator: linked devices with what waits for them, the phones' sessions and screens, the record,
//! and the media. Keys are not in it, because they follow from the seed. One JSON file, replaced whole, and a folder of
//! sealed media beside it.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wacore_binary::OwnedNodeRef;

use crate::device::{Device, Identity, PublicPreKey, Queued};
use crate::error::{Error, Result};
use crate::faults::Rule;
use crate::options::Habits;
use crate::record::Record;
use crate::sync::{lock, read, write};
use crate::world::{Limits, World};

#[derive(Serialize, Deserialize)]
pub(crate) struct SavedPhone {
    pub number: String,
    pub next_pre_key: u32,
    pub habits: Option<Habits>,
    pub sessions: BTreeMap<String, Vec<u8>>,
    pub identities: BTreeMap<String, Vec<u8>>,
    pub shown: Vec<(String, String)>,
    pub written: BTreeMap<String, (String, Vec<u8>)>,
}

#[derive(Serialize, Deserialize)]
struct SavedDevice {
    who: Identity,
    signed_pre_key: PublicPreKey,
    pre_keys: VecDeque<PublicPreKey>,
    queue: Vec<SavedStanza>,
    keys_shared: bool,
}

#[derive(Serialize, Deserialize)]
struct SavedStanza {
    class: String,
    id: String,
    kind: Option<String>,
    /// As it goes over the wire.
    node: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    /// The numbers behind it decide every key.
    seed: u64,
    phones: Vec<SavedPhone>,
    devices: Vec<SavedDevice>,
    record: Record,
    limits: BTreeMap<String, Limits>,
    absent: Vec<String>,
    hidden: Vec<String>,
    rules: Vec<Rule>,
}

const STATE: &str = "state.json";
const MEDIA: &str = "media";

pub(crate) async fn save(world: &World, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder.join(MEDIA))?;
    let phones: Vec<_> = read(&world.book).by_number.values().cloned().collect();
    let mut saved = Vec::with_capacity(phones.len());
    for phone in phones {
        saved.push(phone.save().await?);
    }
    let snapshot = Snapshot {
        seed: world.options.seed,
        phones: saved,
        devices: world.all_devices().iter().map(|device| save_device(device)).collect::<Result<_>>()?,
        record: world.log.read(Clone::clone),
        limits: read(&world.limits).clone(),
        absent: read(&world.absent).iter().cloned().collect(),
        hidden: read(&world.hidden).iter().cloned().collect(),
        rules: world.faults.rules(),
    };
    for (path, bytes) in world.media.files() {
        let file = folder.join(MEDIA).join(BASE64_URL_SAFE_NO_PAD.encode(path));
        if !file.exists() {
            fs::write(file, bytes)?;
        }
    }
    let beside = folder.join("state.json.new");
    fs::write(&beside, serde_json::to_vec(&snapshot)?)?;
    fs::rename(beside, folder.join(STATE))?;
    Ok(())
}

pub(crate) async fn load(world: &World, folder: &Path) -> Result<()> {
    let Ok(file) = fs::read(folder.join(STATE)) else { return Ok(()) };
    let snapshot: Snapshot = serde_json::from_slice(&file)?;
    if snapshot.seed != world.options.seed {
        return Err(Error::Handshake("the folder belongs to a server with another seed".to_owned()));
    }
    for saved in snapshot.phones {
        world.phone(&saved.number)?.restore(saved).await?;
    }
    for saved in snapshot.devices {
        world.add_device(Arc::new(load_device(saved)?));
    }
    world.log.write(|record| *record = snapshot.record);
    *write(&world.limits) = snapshot.limits;
    write(&world.absent).extend(snapshot.absent);
    write(&world.hidden).extend(snapshot.hidden);
    snapshot.rules.into_iter().for_each(|rule| world.faults.add(rule));
    load_media(world, &folder.join(MEDIA))
}

fn load_media(world: &World, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = BASE64_URL_SAFE_NO_PAD.decode(entry.file_name().as_encoded_bytes()).unwrap_or_default();
        if let Ok(path) = String::from_utf8(name) {
            world.media.restore(path, Bytes::from(fs::read(entry.path())?));
        }
    }
    Ok(())
}

fn save_device(device: &Device) -> Result<SavedDevice> {
    let inside = lock(&device.inside);
    let queue = inside.queue.iter().map(|queued| {
        let node = wacore_binary::marshal(&queued.node).map_err(|error| Error::Handshake(error.to_string()))?;
        Ok(SavedStanza { class: queued.class.clone(), id: queued.id.clone(), kind: queued.kind.clone(), node })
    });
    Ok(SavedDevice {
        who: device.who.clone(),
        signed_pre_key: inside.signed_pre_key.clone(),
        pre_keys: inside.pre_keys.clone(),
        queue: queue.collect::<Result<_>>()?,
        keys_shared: inside.keys_shared,
    })
}

fn load_device(saved: SavedDevice) -> Result<Device> {
    let device = Device::new(saved.who, saved.signed_pre_key);
    let mut inside = lock(&device.inside);
    inside.pre_keys = saved.pre_keys;
    inside.keys_shared = saved.keys_shared;
    for SavedStanza { class, id, kind, node } in saved.queue {
        // The first byte says that what follows is not compressed.
        let body = node.get(1..).unwrap_or_default().to_vec();
        let node = OwnedNodeRef::new(body).map_err(|error| Error::Handshake(error.to_string()))?;
        inside.queue.push_back(Queued { class, id, kind, node: node.to_owned_node() });
    }
    drop(inside);
    Ok(device)
}

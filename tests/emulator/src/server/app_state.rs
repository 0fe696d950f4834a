//! The app state of a linked number: its phone's settings, encrypted with a key that the server does not have. One
//! setting is kept here, the name that the number calls itself: a client that learns none asks again, and waits, at
//! every connection; and the address book that its phone shares. The other collections are empty and stay so; what a
//! device changes is taken and counted.

use wacore::appstate::encode::encode_record;
use wacore::appstate::hash::{HashState, generate_patch_mac};
use wacore::appstate::keys::expand_app_state_keys;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef};
use waproto::buffa::MessageField;
use waproto::whatsapp::sync_action_value::{ContactAction, PushNameSetting};
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{KeyId, SyncActionValue, SyncdPatch, SyncdVersion};

use crate::keys::derive_bytes;
use crate::stanza::{attr, leaf, result};
use crate::sync::read;
use crate::world::World;

pub(crate) const KEY_ID: [u8; 6] = [0, 0, 0, 0, 0, 1];

/// What every linked number calls itself.
pub(crate) const NAME: &str = "Emulated shop";
const SETTINGS: &str = "critical_block";
const CONTACTS: &str = "critical_unblock_low";

/// The key that the owner's phone shares with its linked devices.
pub(crate) fn key(seed: u64, number: &str) -> [u8; 32] {
    derive_bytes(seed, &["app state", number])
}

pub(crate) fn answer(world: &World, number: &str, request: &NodeRef<'_>) -> Node {
    world.log.write(|record| *record.settings_asked.entry(number.to_owned()).or_default() += 1);
    let asked = request.get_optional_child("sync").into_iter().flat_map(|sync| sync.children().unwrap_or_default());
    let collections = asked.filter_map(|collection| {
        let name = attr(collection, "name")?;
        let version: u64 = attr(collection, "version").and_then(|version| version.parse().ok()).unwrap_or(0);
        let changed = u64::from(collection.get_optional_child("patch").is_some());
        let answer = NodeBuilder::new("collection").attr("name", name.as_str()).attr("has_more_patches", "false");
        let kept = if version == 0 && changed == 0 { first_patch(world, number, &name) } else { None };
        if let Some(kept) = kept {
            let patches = NodeBuilder::new("patches").children([leaf("patch", kept)]);
            return Some(answer.attr("version", 1_u64).children([patches.build()]).build());
        }
        Some(answer.attr("version", version + changed).build())
    });
    let collections: Vec<Node> = collections.collect();
    result(request, vec![NodeBuilder::new("sync").children(collections).build()])
}

/// Version 1 of a collection: the name among the settings, the address book among the contacts.
fn first_patch(world: &World, number: &str, collection: &str) -> Option<Vec<u8>> {
    let records: Vec<(String, SyncActionValue)> = match collection {
        SETTINGS if read(&world.businesses).contains_key(number) => Vec::new(),
        SETTINGS => vec![(r#"["setting_pushName"]"#.to_owned(), own_name())],
        CONTACTS => world.address_book(number).into_iter().map(contact).collect(),
        _ => Vec::new(),
    };
    (!records.is_empty()).then(|| patch(world, number, collection, records))
}

fn own_name() -> SyncActionValue {
    let name = PushNameSetting { name: Some(NAME.to_owned()) };
    SyncActionValue { push_name_setting: MessageField::some(name), ..SyncActionValue::default() }
}

fn contact((number, name): (String, String)) -> (String, SyncActionValue) {
    let action = ContactAction { full_name: Some(name), ..ContactAction::default() };
    let value = SyncActionValue { contact_action: MessageField::some(action), ..SyncActionValue::default() };
    (format!(r#"["contact","{number}@s.whatsapp.net"]"#), value)
}

fn patch(world: &World, number: &str, collection: &str, records: Vec<(String, SyncActionValue)>) -> Vec<u8> {
    let keys = expand_app_state_keys(&key(world.options.seed, number));
    let timestamp = Some(world.options.clock.millis());
    let sealed = records.into_iter().map(|(index, value)| {
        let value = SyncActionValue { timestamp, ..value };
        encode_record(SyncdOperation::SET, index.as_bytes(), &value, &keys, &KEY_ID, &[0; 16], 1).0
    });
    let mut patch = SyncdPatch {
        version: MessageField::some(SyncdVersion { version: Some(1) }),
        mutations: sealed.collect(),
        key_id: MessageField::some(KeyId { id: Some(KEY_ID.to_vec()) }),
        ..SyncdPatch::default()
    };
    let mut state = HashState { version: 1, ..HashState::default() };
    // Nothing was there before, so nothing can be missing.
    let _ = state.update_hash(&patch.mutations, |_, _| Ok(None));
    patch.snapshot_mac = Some(state.generate_snapshot_mac(collection, &keys.snapshot_mac));
    patch.patch_mac = Some(generate_patch_mac(&patch, collection, &keys.patch_mac, 1));
    waproto::codec::syncd_patch_to_vec(&patch)
}

//! The app state of a linked number: its phone's settings, encrypted with a key that the server does not have. One
//! setting is kept here, the name that the number calls itself: a client that learns none asks again, and waits, at
//! every connection. The other collections are empty and stay so; what a device changes is taken and counted.

use wacore::appstate::encode::encode_record;
use wacore::appstate::hash::{HashState, generate_patch_mac};
use wacore::appstate::keys::expand_app_state_keys;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef};
use waproto::buffa::MessageField;
use waproto::whatsapp::sync_action_value::PushNameSetting;
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{KeyId, SyncActionValue, SyncdPatch, SyncdVersion};

use crate::keys::derive_bytes;
use crate::stanza::{attr, leaf, result};
use crate::world::World;

pub(crate) const KEY_ID: [u8; 6] = [0, 0, 0, 0, 0, 1];

/// What every linked number calls itself.
const NAME: &str = "Emulated shop";
const SETTINGS: &str = "critical_block";

/// The key that the owner's phone shares with its linked devices.
pub(crate) fn key(seed: u64, number: &str) -> [u8; 32] {
    derive_bytes(seed, &["app state", number])
}

pub(crate) fn answer(world: &World, number: &str, request: &NodeRef<'_>) -> Node {
    let asked = request.get_optional_child("sync").into_iter().flat_map(|sync| sync.children().unwrap_or_default());
    let collections = asked.filter_map(|collection| {
        let name = attr(collection, "name")?;
        let version: u64 = attr(collection, "version").and_then(|version| version.parse().ok()).unwrap_or(0);
        let changed = u64::from(collection.get_optional_child("patch").is_some());
        let answer = NodeBuilder::new("collection").attr("name", name.as_str()).attr("has_more_patches", "false");
        if name == SETTINGS && version == 0 && changed == 0 {
            let patches = NodeBuilder::new("patches").children([leaf("patch", first_patch(world, number))]);
            return Some(answer.attr("version", 1_u64).children([patches.build()]).build());
        }
        Some(answer.attr("version", version + changed).build())
    });
    let collections: Vec<Node> = collections.collect();
    result(request, vec![NodeBuilder::new("sync").children(collections).build()])
}

/// Version 1 of the settings: the name.
fn first_patch(world: &World, number: &str) -> Vec<u8> {
    let keys = expand_app_state_keys(&key(world.options.seed, number));
    let value = SyncActionValue {
        push_name_setting: MessageField::some(PushNameSetting { name: Some(NAME.to_owned()) }),
        timestamp: Some(world.options.clock.millis()),
        ..SyncActionValue::default()
    };
    let iv = [0; 16];
    let (mutation, _) = encode_record(SyncdOperation::SET, br#"["setting_pushName"]"#, &value, &keys, &KEY_ID, &iv, 1);
    let mut patch = SyncdPatch {
        version: MessageField::some(SyncdVersion { version: Some(1) }),
        mutations: vec![mutation],
        key_id: MessageField::some(KeyId { id: Some(KEY_ID.to_vec()) }),
        ..SyncdPatch::default()
    };
    let mut state = HashState { version: 1, ..HashState::default() };
    // Nothing was there before, so nothing can be missing.
    let _ = state.update_hash(&patch.mutations, |_, _| Ok(None));
    patch.snapshot_mac = Some(state.generate_snapshot_mac(SETTINGS, &keys.snapshot_mac));
    patch.patch_mac = Some(generate_patch_mac(&patch, SETTINGS, &keys.patch_mac, 1));
    waproto::codec::syncd_patch_to_vec(&patch)
}

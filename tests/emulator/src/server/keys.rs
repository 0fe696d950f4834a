//! The `encrypt` namespace: a device's own pre-keys (upload, count, digest, rotation) and the bundles of those it wants
//! to write to.

use sha1::{Digest as _, Sha1};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef};

use super::delivery;
use crate::device::{Device, PublicPreKey};
use crate::faults::{Fault, Stage};
use crate::stanza::{attr_is, attr_jid, bytes, key_id, leaf, number, refusal, result};
use crate::sync::lock;
use crate::world::World;

pub(crate) fn answer(world: &World, device: &Device, request: &NodeRef<'_>) -> Node {
    if attr_is(request, "type", "set") {
        store(device, request);
        return result(request, Vec::new());
    }
    if let Some(wanted) = request.get_optional_child("key") {
        let users = wanted.get_children_by_tag("user").filter_map(|user| attr_jid(user, "jid"));
        let bundles = users.filter_map(|jid| given(world, device, &jid)).collect::<Vec<_>>();
        return result(request, vec![NodeBuilder::new("list").children(bundles).build()]);
    }
    if request.get_optional_child("count").is_some() {
        let count = lock(&device.inside).pre_keys.len();
        return result(request, vec![NodeBuilder::new("count").attr("value", count).build()]);
    }
    if request.get_optional_child("digest").is_some() {
        return digest(device)
            .map_or_else(|| refusal(request, 404, "item-not-found"), |node| result(request, vec![node]));
    }
    refusal(request, 400, "bad-request")
}

/// Takes an upload of pre-keys or a rotation of the signed one.
fn store(device: &Device, request: &NodeRef<'_>) {
    let rotation = request.get_optional_child("rotate").and_then(|rotate| rotate.get_optional_child("skey"));
    let mut inside = lock(&device.inside);
    if let Some(signed) = rotation.or_else(|| request.get_optional_child("skey")) {
        inside.signed_pre_key = pre_key(signed);
    }
    if let Some(list) = request.get_optional_child("list") {
        inside.pre_keys.extend(list.get_children_by_tag("key").map(pre_key));
    }
}

fn pre_key(node: &NodeRef<'_>) -> PublicPreKey {
    PublicPreKey {
        id: number(&bytes(node, "id").unwrap_or_default()),
        key: bytes(node, "value").unwrap_or_default(),
        signature: bytes(node, "signature").unwrap_or_default(),
    }
}

/// The keys of one device unless the script of faults keeps them back.
fn given(world: &World, asking: &Device, jid: &Jid) -> Option<Node> {
    let number = world.phone_at(jid).map(|phone| phone.number.clone());
    match world.faults.strike_device(Stage::PreKeys, Some(&asking.who.number), number.as_deref(), Some(jid.device)) {
        Some(Fault::NoPreKeys { error: Some(code) }) => {
            let error = NodeBuilder::new("error").attr("code", code).attr("text", "not-acceptable").build();
            Some(NodeBuilder::new("user").attr("jid", jid).children([error]).build())
        }
        Some(_) => None,
        None => Some(bundle(world, jid)),
    }
}

/// The keys for a new session with one device, or an error in their place.
fn bundle(world: &World, jid: &Jid) -> Node {
    let user = NodeBuilder::new("user").attr("jid", jid);
    let keys = world.phone_at(jid).and_then(|phone| {
        if jid.device != 0 {
            return world.device(&phone.number, jid.device).map(|device| companion_bundle(&device));
        }
        let mut keys = vec![leaf("registration", phone.keys.registration_id.to_be_bytes())];
        keys.extend(delivery::bundle(&phone).ok()?);
        Some(keys)
    });
    let gone = || vec![NodeBuilder::new("error").attr("code", 404u16).attr("text", "item-not-found").build()];
    user.children(keys.unwrap_or_else(gone)).build()
}

fn companion_bundle(device: &Device) -> Vec<Node> {
    let mut inside = lock(&device.inside);
    let one_time = inside.pre_keys.pop_front();
    let signed = inside.signed_pre_key.clone();
    drop(inside);
    let mut keys = vec![
        leaf("registration", device.who.registration_id.to_be_bytes()),
        leaf("type", [5]),
        leaf("identity", device.who.identity.clone()),
        signed_node(&signed),
        leaf("device-identity", device.who.signed_identity.clone()),
    ];
    keys.extend(
        one_time
            .map(|key| NodeBuilder::new("key").children([leaf("id", key_id(key.id)), leaf("value", key.key)]).build()),
    );
    keys
}

fn signed_node(signed: &PublicPreKey) -> Node {
    NodeBuilder::new("skey")
        .children([
            leaf("id", key_id(signed.id)),
            leaf("value", signed.key.clone()),
            leaf("signature", signed.signature.clone()),
        ])
        .build()
}

/// What the server holds for the device, with a hash over it, so the device can tell whether both mean the same keys.
fn digest(device: &Device) -> Option<Node> {
    let inside = lock(&device.inside);
    if inside.pre_keys.is_empty() {
        return None;
    }
    let signed = &inside.signed_pre_key;
    let hash = Sha1::new().chain_update(&device.who.identity).chain_update(&signed.key);
    let hash = hash.chain_update(&signed.signature);
    let hash = inside.pre_keys.iter().fold(hash, |hash, key| hash.chain_update(&key.key));
    let ids = inside.pre_keys.iter().map(|key| leaf("id", key_id(key.id)));
    Some(
        NodeBuilder::new("digest")
            .children([
                leaf("registration", device.who.registration_id.to_be_bytes()),
                leaf("type", [5]),
                leaf("identity", device.who.identity.clone()),
                signed_node(signed),
                NodeBuilder::new("list").children(ids).build(),
                leaf("hash", hash.finalize().to_vec()),
            ])
            .build(),
    )
}

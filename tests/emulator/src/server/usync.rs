//! `usync`: who is on WhatsApp, under which hidden identity, with which devices.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef};
use waproto::codec;
use waproto::whatsapp::{ADVKeyIndexList, ADVSignedKeyIndexList};

use crate::error::Result;
use crate::faults::{Fault, Stage, digits};
use crate::keys::rng;
use crate::phone::Phone;
use crate::stanza::{attr_jid, refusal, result};
use crate::world::World;

const KEY_INDEX_SIGNATURE: &[u8] = &[6, 2];

pub(crate) fn answer(world: &World, request: &NodeRef<'_>) -> Node {
    let Some(usync) = request.get_optional_child("usync") else { return refusal(request, 400, "bad-request") };
    let protocols: Vec<&str> = usync
        .get_optional_child("query")
        .and_then(|query| query.children())
        .map(|asked| asked.iter().map(|protocol| protocol.tag.as_ref()).collect())
        .unwrap_or_default();
    let users = usync.get_optional_child("list").into_iter().flat_map(|list| list.children().unwrap_or_default());
    let list: Vec<Node> = users.map(|user| person(world, &protocols, user)).collect();
    let list = NodeBuilder::new("list").children(list).build();
    result(request, vec![NodeBuilder::new("usync").children([list]).build()])
}

/// One `<user>`: asked for by number in `<contact>` or by address.
fn person(world: &World, protocols: &[&str], user: &NodeRef<'_>) -> Node {
    let contact = user.get_optional_child("contact").and_then(|contact| contact.content_as_string());
    let asked = attr_jid(user, "jid").or_else(|| contact.as_ref().map(|number| Jid::pn(digits(number))));
    let Some(jid) = asked else { return NodeBuilder::new("user").build() };
    let phone = world.phone_at(&jid);
    let own = |number: &str| Jid::pn(world.account_of(number).as_str());
    let named = if jid.is_lid() { jid.to_non_ad() } else { own(&jid.user) };
    let mut node = NodeBuilder::new("user").attr("jid", named);
    if let Some(phone) = phone.as_ref().filter(|phone| jid.is_lid() && !world.is_hidden(&phone.number)) {
        node = node.attr("pn_jid", Jid::pn(phone.number.as_str()));
    }
    // Only a lookup asks for it.
    let lookup = protocols.contains(&"contact").then(|| world.faults.strike(Stage::Lookup, None, Some(&jid.user)));
    let refused = match lookup.flatten() {
        Some(Fault::LookupRefused { code }) => Some(code),
        _ => None,
    };
    let facts = protocols.iter().filter_map(|protocol| match (*protocol, &phone) {
        ("contact", _) if let Some(code) = refused => {
            let error = NodeBuilder::new("error").attr("code", code).attr("text", "refused").build();
            Some(NodeBuilder::new("contact").children([error]).build())
        }
        ("contact", phone) => {
            let known = if phone.is_some() { "in" } else { "out" };
            let spoken = contact.as_deref().unwrap_or_default();
            Some(NodeBuilder::new("contact").attr("type", known).string_content(spoken).build())
        }
        ("lid", Some(phone)) => Some(NodeBuilder::new("lid").attr("val", Jid::lid(phone.lid.as_str())).build()),
        ("devices", Some(phone)) => devices(world, phone).ok(),
        _ => None,
    });
    node.children(facts.collect::<Vec<_>>()).build()
}

/// The phone is device 0; companions come with the account's signed list of valid key indexes.
fn devices(world: &World, phone: &Phone) -> Result<Node> {
    let companions = world.devices_of(&phone.number);
    let listed = companions.iter().map(|device| {
        NodeBuilder::new("device").attr("id", device.who.id).attr("key-index", device.who.key_index).build()
    });
    let primary = NodeBuilder::new("device").attr("id", 0u16).build();
    let list = NodeBuilder::new("device-list").children(std::iter::once(primary).chain(listed)).build();
    let mut children = vec![list];
    if !companions.is_empty() {
        let indexes: Vec<u32> = companions.iter().map(|device| device.who.key_index).collect();
        let now = world.options.clock.seconds();
        let signed = signed_indexes(phone, indexes, now)?;
        children.push(NodeBuilder::new("key-index-list").attr("ts", now).bytes(signed).build());
    }
    Ok(NodeBuilder::new("devices").children(children).build())
}

fn signed_indexes(phone: &Phone, valid_indexes: Vec<u32>, now: i64) -> Result<Vec<u8>> {
    let details = codec::adv_key_index_list_to_vec(&ADVKeyIndexList {
        raw_id: Some(phone.keys.registration_id),
        timestamp: u64::try_from(now).ok(),
        current_index: valid_indexes.iter().copied().max(),
        valid_indexes,
        ..Default::default()
    });
    let identity = &phone.keys.identity;
    let message = [KEY_INDEX_SIGNATURE, &details].concat();
    let signature = identity.private_key().calculate_signature(&message, &mut rng())?;
    Ok(codec::adv_signed_key_index_list_to_vec(&ADVSignedKeyIndexList {
        details: Some(details),
        account_signature: Some(signature.to_vec()),
        account_signature_key: Some(identity.public_key().public_key_bytes().to_vec()),
    }))
}

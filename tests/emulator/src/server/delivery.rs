//! What becomes of an accepted message: phones open it, show it and confirm it as their people do; other linked devices
//! get their sealed copy forwarded.

use std::sync::Arc;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef};

use super::app_state;
use super::message::Job;
use crate::device::{Device, Queued};
use crate::error::Result;
use crate::faults::{Fault, Stage};
use crate::options::Habits;
use crate::phone::store::SIGNED_PRE_KEY;
use crate::phone::{Phone, Sealed, Sight, look, open_media};
use crate::record::{Kind, Seen};
use crate::stanza::{attr, attr_jid, key_id, leaf};
use crate::world::{Held, World, address_of};

pub(crate) async fn deliver(world: &Arc<World>, job: &Job) {
    for (target, sealed) in &job.sealed {
        let Some(phone) = world.phone_at(target) else { continue };
        if target.device != 0 {
            forward(world, job, target, &phone, sealed);
        } else if let Err(error) = receive(world, job, target, &phone, sealed).await {
            world.log.error(format!("{} cannot open {}: {error}", phone.number, job.id));
            ask_again(world, job, target, &phone);
        }
    }
    if let (Some(ack), Some(link)) = (&job.late_ack, job.device.link()) {
        link.send(ack.clone());
    }
}

async fn receive(world: &Arc<World>, job: &Job, target: &Jid, phone: &Arc<Phone>, sealed: &Sealed) -> Result<()> {
    let own = phone.number == job.device.who.number;
    if job.undecryptable && !own {
        ask_again(world, job, target, phone);
        return Ok(());
    }
    let message = phone.decrypt(&address_of(&job.device), sealed).await?;
    let Some(sight) = look(&message) else { return Ok(()) };
    let kind = sight.kind;
    let fresh = phone.shows(&job.device.who.number, &job.id).await;
    if fresh {
        let seen = see(world, job, phone, sight);
        world.log.write(|record| if own { record.copies.push(seen) } else { record.seen.push(seen) });
    } else if !own {
        world.log.write(|record| record.repeats += 1);
    }
    if !own {
        confirm(world, job, target, phone, kind, fresh);
    }
    Ok(())
}

fn see(world: &World, job: &Job, phone: &Phone, sight: Sight) -> Seen {
    let opened = sight.parcel.as_ref().map(|parcel| open_media(&world.media, parcel));
    let (media, broken) = match opened {
        Some(Ok(media)) => (Some(media), None),
        Some(Err(error)) => (None, Some(error.to_string())),
        None => (None, None),
    };
    // A copy for the owner's own phone belongs to the chat that it names.
    let destination = sight.destination.and_then(|jid| jid.parse::<Jid>().ok());
    let chat = destination.and_then(|jid| world.phone_at(&jid));
    Seen {
        at: world.options.clock.millis(),
        to: chat.map_or_else(|| phone.number.clone(), |chat| chat.number.clone()),
        from: job.device.who.number.clone(),
        device: job.device.who.id,
        id: job.id.clone(),
        kind: sight.kind,
        text: sight.text,
        media,
        options: sight.options,
        link: sight.link,
        broken,
    }
}

/// Receipts as the person's habits have them. A repeat is confirmed as delivered and not looked at again.
fn confirm(world: &World, job: &Job, target: &Jid, phone: &Phone, kind: Kind, fresh: bool) {
    let habits = phone.habits(world.options.habits);
    let kinds = [
        (habits.delivered, None),
        (fresh && habits.read, Some("read")),
        (fresh && habits.played && kind == Kind::Voice, Some("played")),
    ];
    let wanted = kinds.into_iter().filter(|(wanted, _)| *wanted).map(|(_, kind)| kind);
    let mut receipts: Vec<Queued> = wanted.map(|kind| receipt(world, job, target, kind)).collect();
    shape(&mut receipts, habits);
    if habits.held {
        world.hold(Held { device: Arc::clone(&job.device), receipts });
        return;
    }
    receipts.into_iter().for_each(|receipt| job.device.deliver(receipt));
}

fn shape(receipts: &mut Vec<Queued>, habits: Habits) {
    if habits.doubled {
        *receipts = receipts.iter().flat_map(|receipt| [receipt.clone(), receipt.clone()]).collect();
    }
    if habits.reversed {
        receipts.reverse();
    }
}

fn receipt(world: &World, job: &Job, target: &Jid, kind: Option<&'static str>) -> Queued {
    let mut node = NodeBuilder::new("receipt")
        .attr("from", target.to_non_ad())
        .attr("id", job.id.as_str())
        .attr("t", world.options.clock.seconds());
    if let Some(kind) = kind {
        node = node.attr("type", kind);
    }
    let kind = kind.map(str::to_owned);
    Queued { class: "receipt".to_owned(), id: job.id.clone(), kind, node: node.build() }
}

/// The phone tells the sender that it could not read the message and hands it keys for another try.
fn ask_again(world: &World, job: &Job, target: &Jid, phone: &Phone) {
    let keys = match bundle(phone) {
        Ok(keys) => keys,
        Err(error) => return world.log.error(error.to_string()),
    };
    let now = world.options.clock.seconds();
    let retry =
        NodeBuilder::new("retry").attr("v", "1").attr("count", "1").attr("id", job.id.as_str()).attr("t", now).build();
    let registration = leaf("registration", phone.keys.registration_id.to_be_bytes());
    let receipt = NodeBuilder::new("receipt")
        .attr("from", target.to_non_ad())
        .attr("id", job.id.as_str())
        .attr("type", "retry")
        .attr("t", now)
        .children([retry, registration, NodeBuilder::new("keys").children(keys).build()]);
    let kind = Some("retry".to_owned());
    let asked = Queued { class: "receipt".to_owned(), id: job.id.clone(), kind, node: receipt.build() };
    if phone.habits(world.options.habits).held {
        world.hold(Held { device: Arc::clone(&job.device), receipts: vec![asked] });
    } else {
        job.device.deliver(asked);
    }
    world.log.write(|record| record.retries += 1);
}

/// A phone's keys for a new session: type, identity, one-time key, signed key.
pub(crate) fn bundle(phone: &Phone) -> Result<Vec<Node>> {
    let id = phone.fresh_pre_key();
    let one_time = phone.keys.one_time(id)?;
    let signed = &phone.keys.signed;
    Ok(vec![
        leaf("type", [5]),
        leaf("identity", phone.keys.identity.public_key().public_key_bytes()),
        NodeBuilder::new("key")
            .children([leaf("id", key_id(id)), leaf("value", one_time.public_key.public_key_bytes())])
            .build(),
        NodeBuilder::new("skey")
            .children([
                leaf("id", key_id(SIGNED_PRE_KEY)),
                leaf("value", signed.public_key.public_key_bytes()),
                leaf("signature", phone.keys.signed_signature.clone()),
            ])
            .build(),
    ])
}

/// Hands a sealed copy on to another linked device, of the same account or of the recipient's.
fn forward(world: &World, job: &Job, target: &Jid, phone: &Phone, sealed: &Sealed) {
    let Some(device) = world.device(&phone.number, target.device) else { return };
    let sender = &job.device;
    let from = if target.is_lid() { sender.lid_jid() } else { sender.jid() };
    let mut message = NodeBuilder::new("message")
        .attr("from", from)
        .attr("id", job.id.as_str())
        .attr("t", world.options.clock.seconds())
        .attr("type", job.kind.as_deref().unwrap_or("text"))
        .attr("notify", app_state::NAME);
    if phone.number == sender.who.number {
        message = message.attr("recipient", job.to.to_non_ad());
    } else if target.is_lid() {
        message = message.attr("sender_pn", Jid::pn(sender.who.number.as_str()));
    }
    let owner = Some(sender.who.number.as_str());
    let fault = world.faults.strike_device(Stage::Copy, owner, Some(&phone.number), Some(target.device));
    let sealed = if fault == Some(Fault::DamagedCopy) { damaged(sealed) } else { enc(sealed) };
    let mut children = vec![sealed];
    children.extend(job.device_identity.clone().map(|proof| leaf("device-identity", proof)));
    queue_message(&device, &job.id, message.children(children).build());
}

/// What a linked device says of a message goes to the linked devices of whoever wrote it: to the one that is named, as
/// where it asks for the message again, or to all.
pub(crate) fn hand_on(world: &World, from: &Device, receipt: &NodeRef<'_>) {
    let (Some(to), Some(id)) = (attr_jid(receipt, "to"), attr(receipt, "id")) else { return };
    let Some(writer) = world.phone_at(&to) else { return };
    let kind = attr(receipt, "type");
    let own = if to.is_lid() { from.lid_jid() } else { from.jid() };
    // A request for another copy says which device asks.
    let own = if kind.as_deref() == Some("retry") { own } else { own.to_non_ad() };
    let mut node =
        NodeBuilder::new("receipt").attr("from", own).attr("id", id.as_str()).attr("t", world.options.clock.seconds());
    if let Some(kind) = &kind {
        node = node.attr("type", kind.as_str());
    }
    let node = Node { content: receipt.to_owned().content, ..node.build() };
    let devices = world.devices_of(&writer.number).into_iter();
    for device in devices.filter(|device| to.device == 0 || device.who.id == to.device) {
        device.deliver(Queued { class: "receipt".to_owned(), id: id.clone(), kind: kind.clone(), node: node.clone() });
    }
}

fn damaged(sealed: &Sealed) -> Node {
    let mut body = sealed.body.clone();
    // Behind the keys, so that it is what they open that is wrong.
    let at = body.len() * 3 / 4;
    body.get_mut(at).into_iter().for_each(|byte| *byte ^= 1);
    enc(&Sealed { kind: sealed.kind.clone(), body })
}

pub(crate) fn enc(sealed: &Sealed) -> Node {
    NodeBuilder::new("enc").attr("v", "2").attr("type", sealed.kind.as_str()).bytes(sealed.body.clone()).build()
}

pub(crate) fn queue_message(device: &Device, id: &str, node: Node) {
    device.deliver(Queued { class: "message".to_owned(), id: id.to_owned(), kind: None, node });
}

//! `<message>` from a device: acknowledged or refused as the script of faults says, then handed to the phones and
//! devices it is sealed for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef};

use super::chat::Connection;
use super::delivery;
use crate::device::Device;
use crate::faults::{Fault, Stage};
use crate::phone::Sealed;
use crate::record::ChatState;
use crate::stanza::{attr, attr_jid, bytes};
use crate::world::World;

/// A message on its way to those it is sealed for.
pub(crate) struct Job {
    pub device: Arc<Device>,
    pub id: String,
    /// The chat it was sent to.
    pub to: Jid,
    pub kind: Option<String>,
    pub sealed: Vec<(Jid, Sealed)>,
    /// Proof that the sending device belongs to its account, for whoever does not know it.
    pub device_identity: Option<Vec<u8>>,
    pub undecryptable: bool,
    /// Goes out after the receipts, for phones that are faster than the server.
    pub late_ack: Option<Node>,
}

/// Plays the phones, one message after the other, also after the connection that brought them is gone.
pub(crate) async fn work(world: Arc<World>, mut todo: UnboundedReceiver<Job>) {
    while let Some(job) = todo.recv().await {
        delivery::deliver(&world, &job).await;
    }
}

pub(crate) fn take(connection: &Connection, node: &NodeRef<'_>) {
    let (Some(device), Some(id), Some(to)) = (connection.device(), attr(node, "id"), attr_jid(node, "to")) else {
        return;
    };
    let world = &connection.world;
    let recipient = world.phone_at(&to).map_or_else(|| to.user.to_string(), |phone| phone.number.clone());
    world.log.write(|record| record.messages += 1);
    let fault = world.faults.strike(Stage::Message, Some(&device.who.number), Some(&recipient));
    let ack = ack(world, &to, &id, None);
    let mut job = Job {
        device: Arc::clone(device),
        sealed: sealed_for(node, &to),
        device_identity: bytes(node, "device-identity"),
        kind: attr(node, "type"),
        undecryptable: fault == Some(Fault::Undecryptable),
        late_ack: None,
        id,
        to,
    };
    match fault {
        Some(Fault::Nack { code }) => {
            world.log.write(|record| record.refused += 1);
            connection.link.send(self::ack(world, &job.to, &job.id, Some(code)));
            return;
        }
        Some(Fault::DropBeforeAck { accepted }) => {
            connection.link.abort();
            if !accepted {
                return;
            }
        }
        Some(Fault::DropAfterAck) => {
            connection.link.send(ack);
            let _ = connection.link.out.send(crate::device::Out::Close);
        }
        Some(Fault::NoAck) => {}
        Some(Fault::AckTwice) => {
            connection.link.send(ack.clone());
            connection.link.send(ack);
        }
        Some(Fault::AckLate { ms }) => {
            let link = connection.link.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                link.send(ack);
            });
        }
        _ if hasty(world, &job.to) => job.late_ack = Some(ack),
        _ => connection.link.send(ack),
    }
    let _ = connection.jobs.send(job);
}

fn hasty(world: &World, to: &Jid) -> bool {
    world.phone_at(to).is_some_and(|phone| phone.habits(world.options.habits).before_ack)
}

fn ack(world: &World, to: &Jid, id: &str, error: Option<u16>) -> Node {
    let ack = NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", id)
        .attr("from", to)
        .attr("t", world.options.clock.seconds());
    match error {
        Some(code) => ack.attr("error", code).build(),
        None => ack.build(),
    }
}

/// The sealed copies of a message: one for each device, or a single one for the addressee itself.
fn sealed_for(node: &NodeRef<'_>, to: &Jid) -> Vec<(Jid, Sealed)> {
    let direct = node.get_optional_child("enc").and_then(sealed).map(|sealed| (to.clone(), sealed));
    let listed = node.get_optional_child("participants").into_iter();
    let listed = listed.flat_map(|participants| participants.children().unwrap_or_default());
    let listed = listed.filter_map(|to| Some((attr_jid(to, "jid")?, sealed(to.get_optional_child("enc")?)?)));
    direct.into_iter().chain(listed).collect()
}

fn sealed(enc: &NodeRef<'_>) -> Option<Sealed> {
    Some(Sealed { kind: attr(enc, "type")?, body: enc.content_bytes()?.to_vec() })
}

/// `<chatstate to="…"><composing/></chatstate>`.
pub(crate) fn take_chat_state(connection: &Connection, node: &NodeRef<'_>) {
    let (Some(device), Some(to)) = (connection.device(), attr_jid(node, "to")) else { return };
    let child = node.children().and_then(<[_]>::first);
    let media = child.and_then(|child| attr(child, "media"));
    let state = media.or_else(|| child.map(|child| child.tag.to_string())).unwrap_or_default();
    let to = connection.world.phone_at(&to).map_or_else(|| to.user.to_string(), |phone| phone.number.clone());
    let typing = ChatState { from: device.who.number.clone(), to, state };
    connection.world.log.write(|record| record.typing.push(typing));
}

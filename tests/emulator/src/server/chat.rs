//! One connection of a client: handshake, then either a companion that wants to be linked or a login, then stanzas until
//! the line breaks. One task reads and writes; messages are handed to a second one, which plays the phones in order, so
//! that nobody's cryptography delays an ack.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::consts::WA_CONN_HEADER;
use wacore_binary::{NodeRef, OwnedNodeRef, SERVER_JID};
use wacore_noise::framing::FrameDecoder;

use super::message::Job;
use super::{Line, delivery, iq, message};
use crate::device::{Device, Link, Out};
use crate::error::{Error, Result};
use crate::faults::{Fault, Stage};
use crate::linking::Waiting;
use crate::noise::{self, Hello, Sealed, Step};
use crate::stanza::{attr, attr_is, conflict};
use crate::world::World;

/// Frames that are sealed together into one message of the socket.
const BATCH: usize = 64;
/// How long the other side may take to see that its connection is closed. Who closes with bytes unread resets the line,
/// and the other side loses what it was told last.
const FAREWELL: Duration = Duration::from_secs(5);

/// Whose connection it is.
pub(crate) enum Party {
    Companion(Arc<Waiting>),
    Device(Arc<Device>),
}

pub(crate) struct Connection {
    pub world: Arc<World>,
    pub party: Party,
    pub link: Link,
    pub jobs: UnboundedSender<Job>,
}

impl Connection {
    pub(crate) fn device(&self) -> Option<&Arc<Device>> {
        match &self.party {
            Party::Device(device) => Some(device),
            Party::Companion(_) => None,
        }
    }

    fn owner(&self) -> Option<&str> {
        self.device().map(|device| device.who.number.as_str())
    }
}

pub(crate) async fn serve(world: Arc<World>, mut socket: WebSocket, mut line: Line) {
    let mut frames = FrameDecoder::new();
    let hello = tokio::select! {
        hello = shake_hands(&world, &mut socket, &mut frames) => hello,
        () = line.gone() => return,
    };
    let hello = match hello {
        Ok(hello) => hello,
        Err(error) => return tracing::debug!("handshake: {error}"),
    };
    if hello.resumed {
        world.log.write(|record| record.resumed += 1);
    }
    let (out, outgoing) = unbounded_channel();
    let link = Link { number: world.next(), out };
    let mut sealed = hello.sealed;
    let Some(party) = admit(&world, &link, hello.client_key, &hello.payload) else {
        // The refusal is under way; it goes out before the stream ends.
        return drain(&mut socket, &mut sealed, outgoing).await;
    };
    let (jobs, todo) = unbounded_channel();
    tokio::spawn(message::work(Arc::clone(&world), todo));
    let connection = Connection { world, party, link, jobs };
    let end = run(&connection, &mut socket, &mut frames, &mut sealed, outgoing, &mut line).await;
    if let Err(error) = end {
        connection.world.log.error(format!("connection: {error}"));
    }
    leave(&connection);
}

fn leave(connection: &Connection) {
    match &connection.party {
        Party::Companion(waiting) => connection.world.stop_waiting(waiting),
        Party::Device(device) => device.detach(connection.link.number),
    }
    connection.world.log.touch();
}

async fn shake_hands(world: &World, socket: &mut WebSocket, frames: &mut FrameDecoder) -> Result<Hello> {
    let first = read_frame(socket, frames, true).await?;
    match noise::answer(&world.keys, &first)? {
        Step::Done(answer, hello) => {
            send_bytes(socket, noise::framed(&answer)).await?;
            Ok(*hello)
        }
        Step::AwaitFinish(answer, pending) => {
            send_bytes(socket, noise::framed(&answer)).await?;
            pending.finish(&read_frame(socket, frames, false).await?)
        }
    }
}

/// The very first frame comes behind the four bytes of the protocol's version.
async fn read_frame(socket: &mut WebSocket, frames: &mut FrameDecoder, mut first: bool) -> Result<Vec<u8>> {
    loop {
        if let Some(frame) = frames.decode_frame() {
            return Ok(frame.to_vec());
        }
        let Some(received) = receive(socket).await else {
            return Err(Error::Handshake("the client left".to_owned()));
        };
        let body = if first { received.strip_prefix(&WA_CONN_HEADER) } else { Some(received.as_ref()) };
        frames.feed(body.ok_or_else(|| Error::Handshake("an unknown version of the protocol".to_owned()))?);
        first = false;
    }
}

async fn receive(socket: &mut WebSocket) -> Option<Bytes> {
    loop {
        match socket.recv().await?.ok()? {
            Message::Binary(bytes) => return Some(bytes),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

async fn send_bytes(socket: &mut WebSocket, bytes: Vec<u8>) -> Result<()> {
    let sent = socket.send(Message::Binary(bytes.into())).await;
    sent.map_err(|error| Error::Handshake(error.to_string()))
}

/// A registration waits to be linked; a login is let in or refused.
fn admit(world: &Arc<World>, link: &Link, key: [u8; 32], payload: &waproto::whatsapp::ClientPayload) -> Option<Party> {
    if let Some(data) = payload.device_pairing_data.as_option() {
        let waiting = Arc::new(Waiting::new(link.clone(), key, data).ok()?);
        link.send(world.offer_refs(&waiting));
        return Some(Party::Companion(waiting));
    }
    let number = payload.username.map(|number| number.to_string()).unwrap_or_default();
    if let Some(Fault::Refuse { reason, code, expire, message }) =
        world.faults.strike(Stage::Login, Some(&number), None)
    {
        link.close_with(failure(reason, code, expire, message.as_deref()));
        return None;
    }
    let id = payload.device.and_then(|id| u16::try_from(id).ok()).unwrap_or(0);
    let device = world.device(&number, id).filter(|device| device.who.noise == key);
    let Some(device) = device else {
        link.close_with(failure(401, None, None, None));
        return None;
    };
    if let Some(before) = device.attach(link.clone()) {
        before.close_with(conflict("replaced"));
    }
    link.send(success(world, &device));
    world.log.write(|record| *record.logins.entry(number).or_default() += 1);
    Some(Party::Device(device))
}

fn success(world: &World, device: &Device) -> wacore_binary::Node {
    NodeBuilder::new("success")
        .attr("t", world.options.clock.seconds())
        .attr("props", "31")
        .attr("companion_enc_static", "")
        .attr("lid", device.lid_jid())
        .attr("location", "lo")
        .build()
}

pub(crate) fn failure(
    reason: u16,
    code: Option<u32>,
    expire: Option<u64>,
    message: Option<&str>,
) -> wacore_binary::Node {
    let mut failure = NodeBuilder::new("failure").attr("reason", reason).attr("location", "lo");
    if let Some(code) = code {
        failure = failure.attr("code", code);
    }
    if let Some(expire) = expire {
        failure = failure.attr("expire", expire);
    }
    if let Some(message) = message {
        failure = failure.attr("message", message);
    }
    failure.build()
}

/// Reads, answers and writes until one side ends it. Only what must not happen is an error.
async fn run(
    connection: &Connection,
    socket: &mut WebSocket,
    frames: &mut FrameDecoder,
    sealed: &mut Sealed,
    mut outgoing: UnboundedReceiver<Out>,
    line: &mut Line,
) -> Result<()> {
    loop {
        while let Some(frame) = frames.decode_frame() {
            take(connection, &sealed.open(frame)?).await;
        }
        tokio::select! {
            next = outgoing.recv() => match next {
                Some(next) => if !write(socket, sealed, next, &mut outgoing).await? { return Ok(()) },
                None => return Ok(()),
            },
            received = receive(socket) => match received {
                Some(received) => frames.feed(&received),
                None => return Ok(()),
            },
            () = line.gone() => return Ok(()),
        }
    }
}

/// Writes `first` and whatever waits behind it. `false` when the line is to be given up.
async fn write(
    socket: &mut WebSocket,
    sealed: &mut Sealed,
    first: Out,
    more: &mut UnboundedReceiver<Out>,
) -> Result<bool> {
    let (mut batch, mut next, mut open) = (Vec::new(), Some(first), true);
    for taken in 1..=BATCH {
        match next {
            Some(Out::Node(node)) => sealed.seal_into(&node, &mut batch)?,
            Some(Out::Abort) => return Ok(false),
            Some(Out::Close) => open = false,
            None => break,
        }
        // What is taken out here is written here.
        if !open || taken == BATCH {
            break;
        }
        next = more.try_recv().ok();
    }
    let alive = batch.is_empty() || send_bytes(socket, batch).await.is_ok();
    if !open && socket.send(Message::Close(None)).await.is_ok() {
        let _ = tokio::time::timeout(FAREWELL, async { while receive(socket).await.is_some() {} }).await;
    }
    Ok(alive && open)
}

async fn drain(socket: &mut WebSocket, sealed: &mut Sealed, mut outgoing: UnboundedReceiver<Out>) {
    while let Some(next) = outgoing.recv().await {
        if !matches!(write(socket, sealed, next, &mut outgoing).await, Ok(true)) {
            return;
        }
    }
}

async fn take(connection: &Connection, node: &OwnedNodeRef) {
    let node = node.get();
    tracing::trace!(owner = connection.owner(), tag = %node.tag, "stanza");
    match connection.world.faults.strike(Stage::Stanza, connection.owner(), None) {
        Some(Fault::Silence) => return,
        Some(Fault::Slow { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        _ => {}
    }
    match node.tag.as_ref() {
        "iq" if attr_is(node, "type", "result") || attr_is(node, "type", "error") => {
            if let Party::Companion(waiting) = &connection.party {
                connection.world.pairing_answered(waiting, node);
            }
        }
        "iq" => iq::answer(connection, node),
        "message" => message::take(connection, node),
        "receipt" => take_receipt(connection, node),
        "ack" => take_ack(connection, node),
        "chatstate" => message::take_chat_state(connection, node),
        // Presence, offline batches and telemetry are heard and need no answer.
        _ => {}
    }
}

fn take_ack(connection: &Connection, node: &NodeRef<'_>) {
    if let (Some(device), Some(class), Some(id)) = (connection.device(), attr(node, "class"), attr(node, "id")) {
        device.acknowledge(&class, &id, attr(node, "type").as_deref());
        connection.world.log.touch();
    }
}

/// A device confirms messages, or asks for one again.
fn take_receipt(connection: &Connection, node: &NodeRef<'_>) {
    let (Some(device), Some(id)) = (connection.device(), attr(node, "id")) else { return };
    let kind = attr(node, "type");
    let listed = node.get_optional_child("list").into_iter().flat_map(|list| list.children().unwrap_or_default());
    let ids: Vec<String> = listed.filter_map(|item| attr(item, "id")).chain([id.clone()]).collect();
    for id in &ids {
        device.acknowledge("message", id, None);
    }
    let mut ack = NodeBuilder::new("ack").attr("class", "receipt").attr("id", id).attr("from", SERVER_JID);
    if let Some(kind) = &kind {
        ack = ack.attr("type", kind.as_str());
    }
    connection.link.send(ack.build());
    delivery::hand_on(&connection.world, device, node);
    if kind.as_deref() == Some("retry") {
        return super::replies::write_again(connection, node);
    }
    let how = kind.unwrap_or_else(|| "delivery".to_owned());
    connection.world.log.write(|record| {
        record.delivered.extend(ids.into_iter().map(|id| (id, how.clone())));
    });
}

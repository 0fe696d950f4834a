//! One linked (companion) device of an account, as the server knows it: its public keys, what waits for it, and its
//! connection while it has one. What was delivered stays in the queue until the device has acknowledged it, so a
//! connection that breaks loses nothing.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;
use wacore_binary::{Jid, Node};

use crate::sync::lock;

/// What a connection is told to do.
pub(crate) enum Out {
    Node(Node),
    /// Send what is due, then end the stream as a server does.
    Close,
    /// Cut the line.
    Abort,
}

/// The sending end of a connection.
#[derive(Clone)]
pub(crate) struct Link {
    pub number: u64,
    pub out: UnboundedSender<Out>,
}

impl Link {
    pub(crate) fn send(&self, node: Node) {
        let _ = self.out.send(Out::Node(node));
    }

    pub(crate) fn close_with(&self, node: Node) {
        self.send(node);
        let _ = self.out.send(Out::Close);
    }

    pub(crate) fn abort(&self) {
        let _ = self.out.send(Out::Abort);
    }
}

/// A pre-key as the server stores it: number, public key, and the signature if it is the signed one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct PublicPreKey {
    pub id: u32,
    pub key: Vec<u8>,
    pub signature: Vec<u8>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub number: String,
    pub lid: String,
    pub id: u16,
    pub key_index: u32,
    pub noise: Vec<u8>,
    pub identity: Vec<u8>,
    pub registration_id: u32,
    /// `ADVSignedDeviceIdentity` with the device's own signature.
    pub signed_identity: Vec<u8>,
}

/// Something that waits for the device's acknowledgement.
#[derive(Clone)]
pub(crate) struct Queued {
    /// The stanza's tag, which is the class of its ack.
    pub class: String,
    pub id: String,
    pub kind: Option<String>,
    pub node: Node,
}

#[derive(Default)]
pub(crate) struct Inside {
    pub signed_pre_key: PublicPreKey,
    pub pre_keys: VecDeque<PublicPreKey>,
    pub queue: VecDeque<Queued>,
    pub link: Option<Link>,
    /// The device has said that it wants what waits for it.
    pub active: bool,
    /// The owner's phone has sent it the keys of the app state.
    pub keys_shared: bool,
}

pub(crate) struct Device {
    pub who: Identity,
    pub inside: Mutex<Inside>,
}

impl Device {
    pub(crate) fn new(who: Identity, signed_pre_key: PublicPreKey) -> Self {
        Self { who, inside: Mutex::new(Inside { signed_pre_key, ..Inside::default() }) }
    }

    pub(crate) fn jid(&self) -> Jid {
        Jid::pn_device(self.who.number.as_str(), self.who.id)
    }

    pub(crate) fn lid_jid(&self) -> Jid {
        Jid::lid_device(self.who.lid.as_str(), self.who.id)
    }

    /// Sends it now or when the device comes back, until it is acknowledged.
    pub(crate) fn deliver(&self, queued: Queued) {
        let mut inside = lock(&self.inside);
        if inside.active
            && let Some(link) = &inside.link
        {
            link.send(queued.node.clone());
        }
        inside.queue.push_back(queued);
    }

    pub(crate) fn acknowledge(&self, class: &str, id: &str, kind: Option<&str>) {
        let queue = &mut lock(&self.inside).queue;
        let same = |queued: &Queued| queued.class == class && queued.id == id;
        let exact = queue.iter().position(|queued| same(queued) && queued.kind.as_deref() == kind);
        if let Some(at) = exact.or_else(|| queue.iter().position(same)) {
            queue.remove(at);
        }
    }

    /// Takes over the connection and answers with the one it replaces.
    pub(crate) fn attach(&self, link: Link) -> Option<Link> {
        let mut inside = lock(&self.inside);
        inside.active = false;
        inside.link.replace(link)
    }

    pub(crate) fn detach(&self, number: u64) {
        let mut inside = lock(&self.inside);
        if inside.link.as_ref().is_some_and(|link| link.number == number) {
            inside.link = None;
            inside.active = false;
        }
    }

    pub(crate) fn link(&self) -> Option<Link> {
        lock(&self.inside).link.clone()
    }

    pub(crate) fn online(&self) -> bool {
        let inside = lock(&self.inside);
        inside.active && inside.link.is_some()
    }
}

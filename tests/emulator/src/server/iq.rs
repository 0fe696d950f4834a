//! Questions of a client (`<iq>`), by namespace. What a server must answer and nobody here looks at (experiments,
//! telemetry, profile pictures) gets an empty result, because a client waits over a minute for a missing one.

use std::sync::Arc;

use serde_json::{Value, json};
use wacore::iq::mex_operations::{fetch_new_chat_message_capping_info, fetch_reachout_timelock};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef};

use super::chat::{Connection, Party};
use super::{app_state, keys, usync};
use crate::device::Device;
use crate::stanza::{attr, attr_jid, leaf, refusal, result, stream_error};
use crate::sync::{lock, read};
use crate::world::World;

pub(crate) fn answer(connection: &Connection, request: &NodeRef<'_>) {
    let world = &connection.world;
    let answer = match &connection.party {
        Party::Companion(waiting) => match request.get_optional_child("link_code_companion_reg") {
            Some(stage) => world.code_stage(waiting, request, stage),
            None if world.passkey_stage(waiting, request) => return,
            None => result(request, Vec::new()),
        },
        Party::Device(device) => {
            let Some(answer) = of_device(connection, device, request) else { return };
            answer
        }
    };
    connection.link.send(answer);
}

fn of_device(connection: &Connection, device: &Arc<Device>, request: &NodeRef<'_>) -> Option<Node> {
    let world = &connection.world;
    Some(match attr(request, "xmlns").as_deref() {
        Some("encrypt") => {
            connection.link.send(keys::answer(world, device, request));
            share_keys(connection, device);
            return None;
        }
        Some("usync") => usync::answer(world, request),
        Some("passive") => {
            connection.link.send(result(request, Vec::new()));
            if request.get_optional_child("active").is_some() {
                begin(connection, device);
            }
            return None;
        }
        Some("abt") => result(request, vec![props()]),
        Some("blocklist") => result(request, vec![NodeBuilder::new("list").children([]).build()]),
        Some("privacy") => privacy(request),
        Some("w:sync:app:state") => app_state::answer(world, &device.who.number, request),
        Some("w:m") => result(request, vec![media_conn(world, device)]),
        Some("w:mex") => mex(world, device, request),
        Some("md") => return companion(connection, device, request),
        _ => result(request, Vec::new()),
    })
}

/// The device goes to work: it gets what waited for it, then the word that this was all.
fn begin(connection: &Connection, device: &Arc<Device>) {
    let mut inside = lock(&device.inside);
    let waiting = inside.queue.len();
    if waiting > 0 {
        let preview = NodeBuilder::new("offline_preview")
            .attr("count", waiting)
            .attr("message", inside.queue.iter().filter(|queued| queued.class == "message").count())
            .attr("receipt", inside.queue.iter().filter(|queued| queued.class == "receipt").count());
        connection.link.send(NodeBuilder::new("ib").children([preview.build()]).build());
    }
    for queued in &inside.queue {
        let mut node = queued.node.clone();
        node.attrs.insert("offline", "0");
        connection.link.send(node);
    }
    let end = NodeBuilder::new("offline").attr("count", waiting).build();
    connection.link.send(NodeBuilder::new("ib").children([end]).build());
    inside.active = true;
    drop(inside);
    connection.world.log.touch();
    share_keys(connection, device);
}

/// The owner's phone shares the keys of the app state once, with a device that is at work and has uploaded pre-keys: only
/// then is there something to begin a session with.
fn share_keys(connection: &Connection, device: &Arc<Device>) {
    let mut inside = lock(&device.inside);
    if !inside.active || inside.pre_keys.is_empty() || std::mem::replace(&mut inside.keys_shared, true) {
        return;
    }
    drop(inside);
    let (world, device) = (Arc::clone(&connection.world), Arc::clone(device));
    tokio::spawn(async move {
        if let Err(error) = world.share_keys(&device).await {
            world.log.error(format!("cannot share the keys of the app state: {error}"));
        }
    });
}

fn props() -> Node {
    NodeBuilder::new("props")
        .attr("protocol", "1")
        .attr("ab_key", "emulator")
        .attr("hash", "0")
        .attr("refresh", "86400")
        .attr("refresh_id", "1")
        .children([])
        .build()
}

/// Settings, or the issue of tokens for people whom one writes to.
fn privacy(request: &NodeRef<'_>) -> Node {
    if request.get_optional_child("tokens").is_some() {
        return result(request, Vec::new());
    }
    let names = ["last", "online", "profile", "status", "groupadd", "calladd", "readreceipts"];
    let categories = names.map(|name| NodeBuilder::new("category").attr("name", name).attr("value", "all").build());
    result(request, vec![NodeBuilder::new("privacy").children(categories).build()])
}

fn media_conn(world: &World, device: &Device) -> Node {
    let host = NodeBuilder::new("host").attr("hostname", world.media_host()).attr("type", "primary");
    NodeBuilder::new("media_conn")
        .attr("auth", format!("{}-{}", device.who.number, world.next()))
        .attr("ttl", "300")
        .attr("auth_ttl", "21600")
        .attr("max_buckets", "12")
        .children([host.build()])
        .build()
}

/// Persisted queries: the two about strangers are answered from the number's limits, others with nothing. Clients read
/// numbers in these answers from strings as well as from numbers; here they are strings.
fn mex(world: &World, device: &Device, request: &NodeRef<'_>) -> Node {
    let query = request.get_optional_child("query").and_then(|query| attr(query, "query_id"));
    let limits = read(&world.limits).get(&device.who.number).cloned().unwrap_or_default();
    let data: Value = match query.as_deref() {
        Some(fetch_reachout_timelock::DOC_ID) => json!({
            "xwa2_fetch_account_reachout_timelock": {
                "is_active": limits.timelock_until.is_some(),
                "time_enforcement_ends": limits.timelock_until.map(|end| end.to_string()),
                "enforcement_type": limits.timelock_until.map(|_| "DEFAULT"),
            }
        }),
        Some(fetch_new_chat_message_capping_info::DOC_ID) => json!({
            "xwa2_message_capping_info": {
                "capping_status": limits.capping_status.unwrap_or_else(|| "NONE".to_owned()),
                "total_quota": limits.total_quota.map(|quota| quota.to_string()),
                "used_quota": limits.used_quota.map(|quota| quota.to_string()),
                "cycle_start_timestamp": limits.cycle_start.map(|at| at.to_string()),
                "cycle_end_timestamp": limits.cycle_end.map(|at| at.to_string()),
                "server_sent_timestamp": world.options.clock.seconds().to_string(),
            }
        }),
        _ => json!({}),
    };
    result(request, vec![leaf("result", json!({ "data": data }).to_string())])
}

/// A device unlinks itself.
fn companion(connection: &Connection, device: &Arc<Device>, request: &NodeRef<'_>) -> Option<Node> {
    let Some(gone) = request.get_optional_child("remove-companion-device") else {
        return Some(refusal(request, 400, "bad-request"));
    };
    let id = attr_jid(gone, "jid").map_or(device.who.id, |jid| jid.device);
    connection.link.send(result(request, Vec::new()));
    connection.world.unlink(&device.who.number, id);
    None
}

impl World {
    pub(crate) fn media_host(&self) -> String {
        format!("127.0.0.1:{}", self.port.load(std::sync::atomic::Ordering::Relaxed))
    }

    /// The device is no longer part of the account; if it is connected it is told and cut off.
    pub(crate) fn unlink(&self, number: &str, id: u16) {
        if let Some(link) = self.remove_device(number, id).and_then(|device| device.link()) {
            link.close_with(stream_error(516));
        }
    }
}

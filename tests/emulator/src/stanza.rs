//! Short words for the XML-like stanzas of the protocol: reading attributes and children, building answers.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef, SERVER_JID};

pub(crate) fn attr(node: &NodeRef<'_>, name: &str) -> Option<String> {
    node.get_attr(name).map(|value| value.as_str().into_owned())
}

pub(crate) fn attr_jid(node: &NodeRef<'_>, name: &str) -> Option<Jid> {
    node.get_attr(name).and_then(wacore_binary::node::ValueRef::to_jid)
}

pub(crate) fn attr_is(node: &NodeRef<'_>, name: &str, expected: &str) -> bool {
    node.get_attr(name).is_some_and(|value| value.as_str() == expected)
}

pub(crate) fn bytes(node: &NodeRef<'_>, child: &str) -> Option<Vec<u8>> {
    node.get_optional_child(child).and_then(|found| found.content_bytes()).map(<[u8]>::to_vec)
}

/// A big-endian number of any length, as key ids travel in three bytes.
pub(crate) fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
}

/// The three bytes of a key id.
pub(crate) fn key_id(id: u32) -> Vec<u8> {
    id.to_be_bytes().iter().skip(1).copied().collect()
}

pub(crate) fn leaf(tag: &'static str, content: impl Into<Vec<u8>>) -> Node {
    NodeBuilder::new(tag).bytes(content).build()
}

/// The answer to an `iq`.
pub(crate) fn result(request: &NodeRef<'_>, children: Vec<Node>) -> Node {
    let answer = NodeBuilder::new("iq")
        .attr("from", SERVER_JID)
        .attr("type", "result")
        .attr("id", attr(request, "id").unwrap_or_default());
    if children.is_empty() { answer.build() } else { answer.children(children).build() }
}

/// The answer to an `iq` that cannot be served.
pub(crate) fn refusal(request: &NodeRef<'_>, code: u16, text: &str) -> Node {
    let error = NodeBuilder::new("error").attr("code", code).attr("text", text).build();
    NodeBuilder::new("iq")
        .attr("from", SERVER_JID)
        .attr("type", "error")
        .attr("id", attr(request, "id").unwrap_or_default())
        .children([error])
        .build()
}

/// `<stream:error code="515"/>` and its sisters.
pub(crate) fn stream_error(code: u16) -> Node {
    NodeBuilder::new("stream:error").attr("code", code).build()
}

/// `<stream:error><conflict type="replaced"/></stream:error>`.
pub(crate) fn conflict(kind: &'static str) -> Node {
    let conflict = NodeBuilder::new("conflict").attr("type", kind).build();
    NodeBuilder::new("stream:error").children([conflict]).build()
}

//! The door for other programs on this computer: HTTP on the loopback addresses alone.
//!
//! `door` opens and shuts it as its owner wishes, `gate` decides who comes in, and each of the others is a part of what
//! there is behind it. Nothing is decided here: every path asks the `App` and its facets, and what a program is told in
//! answer is committed before. The words of this API are its own (`snake_case`, times as RFC 3339), so that the window
//! may change without a program noticing.

mod body;
mod campaigns;
mod changes;
mod contacts;
mod credits;
mod document;
mod door;
mod events;
mod gate;
mod media;
mod messages;
mod metrics;
mod problem;
mod sessions;
mod templates;
mod words;

pub use document::document;
pub use door::{Kept, OpenDoor, keep, open};

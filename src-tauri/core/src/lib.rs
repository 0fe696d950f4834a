//! Everything of Ulak that is true without a screen or a network.

pub mod agenda;
pub mod app;
pub mod backup;
pub mod campaign;
pub mod category;
pub mod clock;
pub mod contact;
pub mod db;
pub mod durable;
pub mod error;
pub mod event;
mod exit;
pub mod feed;
pub mod ids;
pub mod inbound;
pub mod language;
pub mod ledger;
pub mod link_preview;
pub mod mail;
pub mod mark;
pub mod media;
pub mod messages;
pub mod notice;
pub mod outbox;
pub mod page;
pub mod paper;
pub mod program;
pub mod session;
pub mod settings;
pub mod stored;
pub mod supervise;
pub mod table;
pub mod template;
pub mod text;
pub mod trigger;
pub mod vault;
pub mod webhook;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

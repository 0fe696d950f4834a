//! Everything of Ulak that is true without a screen or a network.

pub mod clock;
pub mod contact;
pub mod db;
pub mod error;
pub mod event;
pub mod ids;

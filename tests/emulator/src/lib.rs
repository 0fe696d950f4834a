//! A WhatsApp server on loopback, for tests. It speaks the real wire protocol (Noise, binary stanzas, Signal), so an
//! unpatched client is exercised from the QR code to the blue tick. Behind every number stands a simulated phone with
//! real keys that decrypts what it gets and keeps a log of what a person would see. It trusts nothing of ours and is
//! never part of a shipped build: clients that talk to it must skip one check, the signature of WhatsApp's certificate.
//!
//! [`Emulator`] is the door for tests in the same process; [`http`] describes the same over HTTP.

mod clock;
mod device;
mod emulator;
mod error;
mod faults;
pub mod http;
mod keys;
mod linking;
mod linking_code;
mod media;
mod noise;
mod options;
mod passkey;
mod phone;
mod record;
mod sent_file;
mod server;
mod snapshot;
mod stanza;
mod sync;
mod world;

pub use clock::Clock;
pub use emulator::{DeviceView, Emulator, Kick, NumberView};
pub use error::{Error, Result};
pub use faults::{Fault, Rule};
pub use linking::Linked;
pub use options::{Habits, Options};
pub use passkey::{PasskeyAnswer, check_assertion};
pub use record::{ChatState, Kind, LinkShown, Media, Record, Seen};
pub use sent_file::{SentFile, SentKind};
pub use world::Limits;

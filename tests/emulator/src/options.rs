//! How an emulator is set up, and how the people behind its phones behave.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::clock::Clock;

#[derive(Debug, Clone)]
pub struct Options {
    /// Decides every key and every hidden identity. The same seed is the same server.
    pub seed: u64,
    /// Of the WhatsApp side (chat and media); 0 takes a free one.
    pub port: u16,
    /// Of the HTTP door; `None` leaves it shut, 0 takes a free one.
    pub http_port: Option<u16>,
    /// Where the state is kept over a restart.
    pub folder: Option<PathBuf>,
    /// Accounts whose chats were moved to hidden identities: they address people by LID.
    pub lid_migrated: bool,
    /// What people do when nothing else is said about them.
    pub habits: Habits,
    /// Scans every QR code as soon as it is shown, with the phone of this number.
    pub auto_scan: Option<String>,
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            port: 0,
            http_port: None,
            folder: None,
            lid_migrated: true,
            habits: Habits::default(),
            auto_scan: None,
            clock: Clock::default(),
        }
    }
}

/// Which receipts a phone sends, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Habits {
    pub delivered: bool,
    pub read: bool,
    /// For voice notes.
    pub played: bool,
    /// Receipts wait until somebody releases them.
    pub held: bool,
    /// Every receipt goes out twice.
    pub doubled: bool,
    /// "Read" comes before "delivered".
    pub reversed: bool,
    /// Receipts come before the server's ack.
    pub before_ack: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            delivered: true,
            read: true,
            played: true,
            held: false,
            doubled: false,
            reversed: false,
            before_ack: false,
        }
    }
}

impl Habits {
    /// Gets messages and does not look at them.
    pub fn unread() -> Self {
        Self { read: false, played: false, ..Self::default() }
    }

    /// A phone that is switched off as far as the sender can tell.
    pub fn silent() -> Self {
        Self { delivered: false, read: false, played: false, ..Self::default() }
    }
}

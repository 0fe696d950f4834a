//! The script of what goes wrong. A rule names a fault, whom it strikes (the owner's number, the recipient), how many
//! chances it lets pass first and how often it strikes. Chance is drawn from the seed, so a run can be repeated.

use std::sync::Mutex;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde::{Deserialize, Serialize};

use crate::sync::lock;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The connection breaks before the ack. `accepted` says whether the server has the message all the same.
    DropBeforeAck {
        accepted: bool,
    },
    /// The connection breaks right after the ack.
    DropAfterAck,
    /// The message arrives, the ack never does.
    NoAck,
    AckTwice,
    AckLate {
        ms: u64,
    },
    /// The server refuses the message: 463 reach-out lock, 475 new chats used up, 479 malformed, 429 too fast.
    Nack {
        code: u16,
    },
    /// The recipient's phone cannot open the message and asks for it again.
    Undecryptable,
    /// A linked device of the recipient gets its copy damaged, and asks for it again.
    DamagedCopy,
    /// The connection breaks in the middle of an upload.
    UploadDrop,
    UploadRefused {
        status: u16,
    },
    /// An upload is answered so late.
    UploadSlow {
        ms: u64,
    },
    /// A client that fetches a file is told that it is gone: 404 or 410. Phones are not concerned; see `forget_media`.
    MediaGone {
        status: u16,
    },
    /// The server gives no pre-keys of a recipient's devices: an error in their place (406: it does not know the device),
    /// or nothing at all.
    NoPreKeys {
        #[serde(default)]
        error: Option<u16>,
    },
    /// Whether a person is on WhatsApp is answered with an error.
    LookupRefused {
        code: u16,
    },
    /// The login is refused: 401 logged out, 402 banned for a time (with `code` and `expire` seconds), 403 locked,
    /// 405 outdated, 406 banned, 503 unavailable.
    Refuse {
        reason: u16,
        #[serde(default)]
        code: Option<u32>,
        #[serde(default)]
        expire: Option<u64>,
        #[serde(default)]
        message: Option<String>,
    },
    /// The server takes stanzas and does not answer. The connection stays up.
    Silence,
    /// Every answer takes this long.
    Slow {
        ms: u64,
    },
}

/// Where a fault can strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Message,
    Copy,
    Upload,
    Download,
    Lookup,
    PreKeys,
    Login,
    Stanza,
}

impl Fault {
    fn stage(&self) -> Stage {
        match self {
            Self::UploadDrop | Self::UploadRefused { .. } | Self::UploadSlow { .. } => Stage::Upload,
            Self::DamagedCopy => Stage::Copy,
            Self::MediaGone { .. } => Stage::Download,
            Self::LookupRefused { .. } => Stage::Lookup,
            Self::NoPreKeys { .. } => Stage::PreKeys,
            Self::Refuse { .. } => Stage::Login,
            Self::Silence | Self::Slow { .. } => Stage::Stanza,
            _ => Stage::Message,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Only this number's devices. Downloads belong to no number.
    #[serde(default)]
    pub owner: Option<String>,
    /// Only messages to this number, lookups of it, or keys of its devices.
    #[serde(default)]
    pub recipient: Option<String>,
    /// Only keys of this device of the recipient's, or copies for it; the phone is 0.
    #[serde(default)]
    pub device: Option<u16>,
    /// Chances that pass first.
    #[serde(default)]
    pub skip: u32,
    /// How often it strikes; without it, always.
    #[serde(default)]
    pub times: Option<u32>,
    /// How likely each chance strikes, 0 to 1; without it, certainly.
    #[serde(default)]
    pub chance: Option<f64>,
    pub fault: Fault,
}

impl Rule {
    /// Strikes everybody, at every chance.
    pub fn always(fault: Fault) -> Self {
        Self { owner: None, recipient: None, device: None, skip: 0, times: None, chance: None, fault }
    }

    /// Strikes whoever comes first, once.
    pub fn once(fault: Fault) -> Self {
        Self { times: Some(1), ..Self::always(fault) }
    }

    pub fn owner(mut self, number: &str) -> Self {
        self.owner = Some(digits(number));
        self
    }

    pub fn recipient(mut self, number: &str) -> Self {
        self.recipient = Some(digits(number));
        self
    }

    pub fn device(mut self, device: u16) -> Self {
        self.device = Some(device);
        self
    }

    pub fn skip(mut self, chances: u32) -> Self {
        self.skip = chances;
        self
    }

    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    pub fn chance(mut self, chance: f64) -> Self {
        self.chance = Some(chance);
        self
    }

    fn concerns(&self, stage: Stage, owner: Option<&str>, recipient: Option<&str>, device: Option<u16>) -> bool {
        self.fault.stage() == stage
            && self.owner.as_deref().is_none_or(|wanted| owner == Some(wanted))
            && self.recipient.as_deref().is_none_or(|wanted| recipient == Some(wanted))
            && self.device.is_none_or(|wanted| device == Some(wanted))
    }

    fn strikes(&mut self, dice: &mut StdRng) -> bool {
        if self.times == Some(0) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if self.chance.is_some_and(|chance| !dice.random_bool(chance.clamp(0.0, 1.0))) {
            return false;
        }
        self.times = self.times.map(|left| left - 1);
        true
    }
}

/// Digits of a number, however it is written.
pub(crate) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

pub(crate) struct Faults(Mutex<(Vec<Rule>, StdRng)>);

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new((Vec::new(), StdRng::seed_from_u64(seed))))
    }

    pub(crate) fn add(&self, mut rule: Rule) {
        rule.owner = rule.owner.as_deref().map(digits);
        rule.recipient = rule.recipient.as_deref().map(digits);
        lock(&self.0).0.push(rule);
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).0.clear();
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
        lock(&self.0).0.clone()
    }

    /// The fault that strikes here, if any. Rules that have struck out are dropped.
    pub(crate) fn strike(&self, stage: Stage, owner: Option<&str>, recipient: Option<&str>) -> Option<Fault> {
        self.strike_device(stage, owner, recipient, None)
    }

    /// The same where one device of the recipient's is meant.
    pub(crate) fn strike_device(
        &self,
        stage: Stage,
        owner: Option<&str>,
        recipient: Option<&str>,
        device: Option<u16>,
    ) -> Option<Fault> {
        let mut inside = lock(&self.0);
        let (rules, dice) = &mut *inside;
        let struck = rules
            .iter_mut()
            .filter(|rule| rule.concerns(stage, owner, recipient, device))
            .find_map(|rule| rule.strikes(dice).then(|| rule.fault.clone()));
        rules.retain(|rule| rule.times != Some(0));
        struck
    }
}

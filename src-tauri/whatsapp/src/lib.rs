//! Linked numbers over WhatsApp's real protocol: the one crate that knows `whatsapp-rust`. It implements what core says
//! of a client (`session/client.rs`) and nothing else; when to connect, what to send and whether to try again is core's.
//!
//! `lib` is the network, `client` one number, `running` one connection of it, `event_reader` what that connection hears,
//! `inbox` the messages of people, `send` one part on its way. `outcome`, `heard`, `words`, `compose` and `limits` are
//! pure. No address is read from the environment: a shipped build talks to WhatsApp alone.

mod acks;
mod client;
mod compose;
mod event_reader;
mod fetch;
mod heard;
mod http;
mod inbox;
mod keys;
mod limits;
mod lookup;
mod outcome;
mod passkey;
mod polls;
mod queue;
mod readable;
mod running;
mod send;
mod transport;
mod unconfirmed;
mod upload;
mod version;
mod words;

use std::sync::Arc;

use ulak_core::session::client::{ClientConfig, Network, SessionClient};
#[cfg(feature = "emulator")]
use whatsapp_rust::passkey::PasskeyAuthenticator;
#[cfg(not(feature = "emulator"))]
use whatsapp_rust::wacore::net::WHATSAPP_WEB_WS_URL;

use crate::client::NumberLine;
use crate::http::Web;
use crate::passkey::Passkeys;
use crate::version::Versions;

/// WhatsApp, as one for the whole app.
#[derive(Clone)]
pub struct WhatsApp {
    pub(crate) url: Arc<str>,
    pub(crate) web: Web,
    pub(crate) versions: Versions,
    pub(crate) passkeys: Passkeys,
}

impl WhatsApp {
    #[cfg(not(feature = "emulator"))]
    pub fn new() -> Self {
        Self::to(WHATSAPP_WEB_WS_URL, Web::new(), passkey::of_this_system())
    }

    /// An emulator on this machine. Where its door is known, the system can ask its phone for a passkey.
    #[cfg(feature = "emulator")]
    pub fn at(url: &str, door: Option<String>) -> Self {
        let web = Web::new();
        let passkeys = door.map(|url| passkey::emulator::Door { web: web.clone(), url });
        Self::to(url, web, passkeys.map(|door| Arc::new(door) as Arc<dyn PasskeyAuthenticator>))
    }

    fn to(url: &str, web: Web, passkeys: Passkeys) -> Self {
        Self { url: url.into(), web, versions: Versions::default(), passkeys }
    }
}

#[cfg(not(feature = "emulator"))]
impl Default for WhatsApp {
    fn default() -> Self {
        Self::new()
    }
}

impl Network for WhatsApp {
    fn client(&self, config: ClientConfig) -> Arc<dyn SessionClient> {
        Arc::new(NumberLine::new(self.clone(), config))
    }
}

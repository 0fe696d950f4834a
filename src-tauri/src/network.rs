//! Which WhatsApp this program talks to: the real one, always. Only a build for the emulator, which is never shipped,
//! listens to `ULAK_WHATSAPP_URL`, and to `ULAK_PASSKEY_URL` for the door of the phone that has the passkey, and then
//! reaches nothing else.

use std::sync::Arc;

use ulak_core::app::Opening;
use ulak_core::error::Problem;
use ulak_core::session::client::Network;
use ulak_outward::{HttpPoster, HttpWeb, SmtpMailer};
use ulak_whatsapp::WhatsApp;

#[cfg(not(feature = "emulator"))]
#[expect(clippy::unnecessary_wraps, reason = "the emulator's build has something to refuse")]
pub fn network() -> Result<Option<Arc<dyn Network>>, Problem> {
    Ok(Some(Arc::new(WhatsApp::new())))
}

#[cfg(feature = "emulator")]
pub fn network() -> Result<Option<Arc<dyn Network>>, Problem> {
    match std::env::var("ULAK_WHATSAPP_URL") {
        Ok(url) => Ok(Some(Arc::new(WhatsApp::at(&url, std::env::var("ULAK_PASSKEY_URL").ok())))),
        Err(_) => Err(crate::terminal::problem(
            "network.no_emulator",
            "This build is for the emulator. Start it with `cargo xtask emulator` and set ULAK_WHATSAPP_URL."
                .to_owned(),
        )),
    }
}

/// What else leaves: requests to other programs and for pages, and mails.
pub fn outside(opening: Opening) -> Opening {
    Opening {
        poster: Some(Arc::new(HttpPoster::default())),
        mailer: Some(Arc::new(SmtpMailer::default())),
        web: Some(Arc::new(HttpWeb)),
        ..opening
    }
}

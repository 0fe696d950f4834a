//! What leaves this computer for another program: requests to the URLs of webhooks and for pages, and mails to the owner's
//! own server.
//!
//! It implements `Poster`, `Web` and `Mailer` of the core and decides nothing: what goes to whom and when, and what an answer
//! means, is the core's. Each try runs in a thread of its own, so that the end of Ulak waits for nobody's server.

mod http;
mod smtp;

pub use http::{HttpPoster, HttpWeb};
pub use smtp::SmtpMailer;

use tokio::sync::oneshot;

/// Runs what waits for a socket beside everything else. None where no thread could be had, or it broke.
async fn beside<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = oneshot::channel();
    let begun = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Nobody waits for it any more.
        let _ = tell.send(work());
    });
    if let Err(error) = begun {
        tracing::warn!(%error, "no thread could be begun for what leaves");
        return None;
    }
    told.await.ok()
}

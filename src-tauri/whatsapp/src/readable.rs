//! Whether the person's phone will be able to read a message, asked before it is handed over.
//!
//! `whatsapp-rust` 0.7.0 leaves a device out of a message, without a word, when the server gives no keys of it, and the
//! server acknowledges a message of which only a companion, or nobody but the owner's own devices, has a copy. So the
//! session with the phone is made sure of first. A companion without keys is left out all the same: the phone has the
//! message. This can go when the library refuses such a message itself (its pull requests 1299 and 1362).

use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::Outcome;
use whatsapp_rust::features::SignalError;
use whatsapp_rust::{Client, ErrorChainExt, Jid};

pub async fn refuse_unreadable(client: &Client, phone: &Jid) -> Result<(), Outcome> {
    let signal = client.signal();
    let refused = |error: SignalError| Outcome::Refused(of_error(&error));
    signal.assert_sessions(std::slice::from_ref(phone)).await.map_err(refused)?;
    match signal.validate_session(phone).await.map_err(refused)? {
        true => Ok(()),
        false => Err(Outcome::Refused(Cause::NoKeys)),
    }
}

fn of_error(error: &SignalError) -> Cause {
    match error.server_rejection().map(|rejection| rejection.code) {
        // The server does not know the device.
        Some(404 | 406) => Cause::NoKeys,
        Some(429) => Cause::TooFast,
        _ if error.is_transport_unavailable() => Cause::NotConnected,
        _ => Cause::NotPrepared,
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::IqError;
    use whatsapp_rust::anyhow::Error;

    use super::*;

    #[test]
    fn an_error_says_whether_the_phone_the_pace_or_the_line_is_the_matter() {
        let server = |code| IqError::ServerError { code, text: String::new(), error_type: None, backoff: None };
        let table = [
            (server(406), Cause::NoKeys),
            (server(404), Cause::NoKeys),
            (server(429), Cause::TooFast),
            (server(500), Cause::NotPrepared),
            (IqError::NotConnected, Cause::NotConnected),
        ];
        for (error, cause) in table {
            assert_eq!(of_error(&SignalError::Internal(Error::new(error))), cause);
        }
    }
}

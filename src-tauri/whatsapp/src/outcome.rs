//! What a try came to: from the server's ack, or from why a message could not be handed over.
//!
//! Pure, and the one place that knows what WhatsApp's numbers mean for sending. `Accepted` comes from an ack alone;
//! `Refused` only where it is certain that the server does not have the message; everything else is `Unknown`.
//!
//! The numbers of acks, with their source:
//! - 421, 475 and 487 to 552: `NackReason` of WhatsApp Web's module `WAWebCreateNackFromStanza`, which `wacore` has in
//!   `protocol/nack.rs`.
//! - 463 and 479: the `SERVER_ERROR_CODES` of Baileys (`MessageAccountRestriction`, `SmaxInvalid`).
//! - 400 to 410, 429 and 500 to 503 are read as in HTTP; `whatsapp-rust` logs 400, 404 and 503 so.

use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::Outcome;
use whatsapp_rust::client::ClientError;
use whatsapp_rust::socket::error::EncryptSendErrorKind;
use whatsapp_rust::{IqError, SendError};

/// The server answered: a plain ack, or one with an error code.
pub fn of_ack(error: Option<&str>) -> Outcome {
    error.map_or(Outcome::Accepted, |code| Outcome::Refused(of_code(code)))
}

/// What refuses the message or the recipient would refuse them again. Troubles of the server (5xx) and codes that nobody
/// has described may pass.
fn of_code(code: &str) -> Cause {
    match code {
        // An account under the reach-out time lock, which lets no new chats begin.
        "463" => Cause::NewChatsLocked,
        // The cap of messages to new chats.
        "475" => Cause::NewChatsUsedUp,
        "429" => Cause::TooFast,
        // Malformed, not allowed, no such recipient, not acceptable.
        "400" | "401" | "403" | "404" | "405" | "406" | "410"
        // The stanza or its content is not understood.
        | "479" | "487" | "488" | "489" | "490" | "491" | "493" | "495" | "499" | "550" | "551" => {
            Cause::Rejected(code.to_owned())
        }
        _ => Cause::Refused(code.to_owned()),
    }
}

/// A refusal that a new upload may cure: the server's, and not one of the account's limits.
pub fn may_be_the_file(cause: &Cause) -> bool {
    matches!(cause, Cause::Refused(_) | Cause::Rejected(_))
}

/// The library gave up before it said that the message was written.
pub fn of_send_error(error: &SendError) -> Outcome {
    match error {
        SendError::NotLoggedIn => Outcome::Refused(Cause::NotConnected),
        SendError::InvalidRequest(_) => Outcome::Refused(Cause::InvalidMessage),
        SendError::Iq(iq) => Outcome::Refused(of_iq_error(iq)),
        SendError::Client(client) => of_client_error(client),
        // What is left is encryption and storage, both of which come before the socket.
        SendError::Internal(_) => Outcome::Refused(Cause::NotPrepared),
        _ => Outcome::Unknown(Cause::NotWritten),
    }
}

fn of_client_error(error: &ClientError) -> Outcome {
    match error {
        ClientError::NotConnected | ClientError::NotLoggedIn => Outcome::Refused(Cause::NotConnected),
        ClientError::Iq(iq) => Outcome::Refused(of_iq_error(iq)),
        ClientError::EncryptSend(error) => match error.kind {
            EncryptSendErrorKind::Crypto | EncryptSendErrorKind::Framing | EncryptSendErrorKind::Poisoned => {
                Outcome::Refused(Cause::NotConnected)
            }
            _ => Outcome::Unknown(Cause::ConnectionLost),
        },
        _ => Outcome::Unknown(Cause::ConnectionLost),
    }
}

/// A question that comes before the message failed, so nothing was sent.
pub fn of_iq_error(error: &IqError) -> Cause {
    match error {
        IqError::ServerError { code, .. } => of_lookup_error(Some(*code)),
        // An answer that nobody understands: to ask again and again for ever would help nobody.
        IqError::ParseError(_)
        | IqError::UnexpectedResponseType { .. }
        | IqError::EncodeError(_)
        | IqError::DuplicateRequestId(_) => of_lookup_error(None),
        _ => Cause::NotConnected,
    }
}

/// The server would not say it, with this code.
pub fn of_lookup_error(code: Option<u16>) -> Cause {
    if code == Some(429) { Cause::TooFast } else { Cause::LookupFailed }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::anyhow::{Error, anyhow};
    use whatsapp_rust::socket::error::EncryptSendError as E;

    use super::*;

    #[test]
    fn an_ack_is_the_only_proof() {
        assert_eq!(of_ack(None), Outcome::Accepted);
    }

    #[test]
    fn the_limits_of_an_account_shut_its_number() {
        for (code, cause) in [("463", Cause::NewChatsLocked), ("475", Cause::NewChatsUsedUp), ("429", Cause::TooFast)] {
            assert!(cause.shuts().is_some() && !may_be_the_file(&cause), "{code}");
            assert_eq!(of_ack(Some(code)), Outcome::Refused(cause), "{code}");
        }
    }

    #[test]
    fn troubles_and_what_nobody_described_pass() {
        for code in ["500", "503", "552", "421", "496", "777", "", "not a number"] {
            assert_eq!(of_ack(Some(code)), Outcome::Refused(Cause::Refused(code.to_owned())), "{code}");
        }
    }

    #[test]
    fn what_refuses_the_message_or_its_recipient_does_not_pass() {
        let codes = "400 401 403 404 405 406 410 479 487 488 489 490 491 493 495 499 550 551";
        for code in codes.split(' ') {
            assert_eq!(of_ack(Some(code)), Outcome::Refused(Cause::Rejected(code.to_owned())), "{code}");
        }
    }

    #[test]
    fn what_failed_before_the_socket_is_refused_and_the_rest_is_unknown() {
        let server = |code| IqError::ServerError { code, text: String::new(), error_type: None, backoff: None };
        let broken = |kind: fn(Error) -> E| SendError::Client(ClientError::EncryptSend(kind(anyhow!("x"))));
        let refused = Outcome::Refused;
        let table = [
            (SendError::NotLoggedIn, refused(Cause::NotConnected)),
            (SendError::InvalidRequest("x".into()), refused(Cause::InvalidMessage)),
            (SendError::Iq(IqError::Timeout), refused(Cause::NotConnected)),
            (SendError::Iq(server(429)), refused(Cause::TooFast)),
            (SendError::Iq(server(500)), refused(Cause::LookupFailed)),
            (SendError::Iq(IqError::ParseError(anyhow!("no list"))), refused(Cause::LookupFailed)),
            (SendError::Client(ClientError::NotConnected), refused(Cause::NotConnected)),
            (SendError::Internal(anyhow!("no session")), refused(Cause::NotPrepared)),
            (broken(E::crypto), refused(Cause::NotConnected)),
            (broken(E::transport), Outcome::Unknown(Cause::ConnectionLost)),
        ];
        for (error, outcome) in table {
            assert_eq!(of_send_error(&error), outcome, "{error}");
        }
    }
}

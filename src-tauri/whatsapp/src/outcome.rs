//! What a try came to: from the server's ack, or from why a message could not be handed over.
//!
//! Pure. `Accepted` comes from an ack alone; `Refused` only where it is certain that the server does not have the
//! message; everything else is `Unknown`.

use ulak_core::session::messenger::Outcome;
use whatsapp_rust::client::ClientError;
use whatsapp_rust::socket::error::EncryptSendErrorKind;
use whatsapp_rust::{IqError, SendError};

pub const NOT_CONNECTED: &str = "not_connected";
pub const NOT_ON_WHATSAPP: &str = "not_on_whatsapp";
pub const UPLOAD_FAILED: &str = "upload_failed";
/// It goes on, and the next try finds it further.
pub const UPLOADING: &str = ulak_core::outbox::state::cause::UPLOADING;
/// Core looks at the contact again before the next try.
pub const ASKED_TO_STOP: &str = ulak_core::outbox::state::cause::ASKED_TO_STOP;

pub fn again(cause: &str) -> Outcome {
    Outcome::Refused { cause: cause.to_owned(), again: true }
}

pub fn never(cause: &str) -> Outcome {
    Outcome::Refused { cause: cause.to_owned(), again: false }
}

pub fn unknown(cause: &str) -> Outcome {
    Outcome::Unknown { cause: cause.to_owned() }
}

/// The server answered: a plain ack, or one with an error code.
pub fn of_ack(error: Option<&str>) -> Outcome {
    match error {
        None => Outcome::Accepted,
        Some(code) => Outcome::Refused { cause: format!("nack_{code}"), again: !is_final(code) },
    }
}

/// Codes that say something about the message or the recipient that a repeat will not change. The limits of the
/// account (463, 475, 429), troubles of the server (5xx) and codes that nobody has described may pass.
fn is_final(code: &str) -> bool {
    matches!(
        code,
        // Malformed, not allowed, no such recipient, not acceptable.
        "400" | "401" | "403" | "404" | "405" | "406" | "410"
        // The stanza or its content is not understood.
        | "479" | "487" | "488" | "489" | "490" | "491" | "493" | "495" | "499" | "550" | "551"
    )
}

/// A refusal that a new upload may cure: the server's, and not one of the account's limits.
pub fn may_be_the_file(cause: &str) -> bool {
    cause.starts_with("nack_") && !matches!(cause, "nack_463" | "nack_475" | "nack_429")
}

/// The library gave up before it said that the message was written.
pub fn of_send_error(error: &SendError) -> Outcome {
    match error {
        SendError::NotLoggedIn => again(NOT_CONNECTED),
        SendError::InvalidRequest(_) => never("invalid_message"),
        SendError::Iq(iq) => of_iq_error(iq),
        SendError::Client(client) => of_client_error(client),
        // What is left is encryption and storage, both of which come before the socket.
        SendError::Internal(_) => again("not_prepared"),
        _ => unknown("not_written"),
    }
}

fn of_client_error(error: &ClientError) -> Outcome {
    match error {
        ClientError::NotConnected | ClientError::NotLoggedIn => again(NOT_CONNECTED),
        ClientError::Iq(iq) => of_iq_error(iq),
        ClientError::EncryptSend(error) => match error.kind {
            EncryptSendErrorKind::Crypto | EncryptSendErrorKind::Framing | EncryptSendErrorKind::Poisoned => {
                again(NOT_CONNECTED)
            }
            _ => unknown("connection_lost"),
        },
        _ => unknown("connection_lost"),
    }
}

/// A question that comes before the message failed, so nothing was sent.
pub fn of_iq_error(error: &IqError) -> Outcome {
    match error {
        IqError::ServerError { code, .. } => of_lookup_error(Some(*code)),
        // An answer that nobody understands: to ask again and again for ever would help nobody.
        IqError::ParseError(_)
        | IqError::UnexpectedResponseType { .. }
        | IqError::EncodeError(_)
        | IqError::DuplicateRequestId(_) => of_lookup_error(None),
        _ => again(NOT_CONNECTED),
    }
}

/// The server would not say it, with this code.
pub fn of_lookup_error(code: Option<u16>) -> Outcome {
    again(if code == Some(429) { "nack_429" } else { "lookup_failed" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_is_the_only_proof() {
        assert_eq!(of_ack(None), Outcome::Accepted);
    }

    #[test]
    fn limits_and_troubles_pass_and_malformed_messages_do_not() {
        for code in ["463", "475", "429", "500", "503", "552", "421", "777"] {
            assert_eq!(of_ack(Some(code)), again(&format!("nack_{code}")), "{code}");
        }
        for code in ["400", "403", "404", "479", "487", "491", "551"] {
            assert_eq!(of_ack(Some(code)), never(&format!("nack_{code}")), "{code}");
        }
    }

    #[test]
    fn what_failed_before_the_socket_is_refused_and_the_rest_is_unknown() {
        let server = |code| IqError::ServerError { code, text: String::new(), error_type: None, backoff: None };
        let broken = |kind: fn(whatsapp_rust::anyhow::Error) -> whatsapp_rust::socket::error::EncryptSendError| {
            SendError::Client(ClientError::EncryptSend(kind(whatsapp_rust::anyhow::anyhow!("x"))))
        };
        use whatsapp_rust::socket::error::EncryptSendError as E;
        let table = [
            (SendError::NotLoggedIn, again(NOT_CONNECTED)),
            (SendError::InvalidRequest("x".into()), never("invalid_message")),
            (SendError::Iq(IqError::Timeout), again(NOT_CONNECTED)),
            (SendError::Iq(server(429)), again("nack_429")),
            (SendError::Iq(server(500)), again("lookup_failed")),
            (SendError::Iq(IqError::ParseError(whatsapp_rust::anyhow::anyhow!("no list"))), again("lookup_failed")),
            (SendError::Client(ClientError::NotConnected), again(NOT_CONNECTED)),
            (SendError::Internal(whatsapp_rust::anyhow::anyhow!("no session")), again("not_prepared")),
            (broken(E::crypto), again(NOT_CONNECTED)),
            (broken(E::transport), unknown("connection_lost")),
        ];
        for (error, outcome) in table {
            assert_eq!(of_send_error(&error), outcome, "{error}");
        }
    }
}

//! Everything that can go wrong inside the emulator. A test that asks for the impossible (a QR code that nobody
//! shows, a number that is not linked) gets one of these instead of a panic.

use wacore_libsignal::protocol::SignalProtocolError;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("not a QR code of this protocol: {0}")]
    QrCode(&'static str),
    #[error("no companion waits under this code")]
    NobodyWaits,
    #[error("the companion answered the pairing with an error: {0}")]
    PairingRefused(String),
    #[error("the code that was typed is not the one the companion shows")]
    WrongCode,
    #[error("the passkey: {0}")]
    Passkey(&'static str),
    #[error("the owner closed the window that asks for the passkey")]
    Cancelled,
    #[error("no passkey of this account")]
    NoPasskey,
    #[error("no linked device of {0}")]
    NotLinked(String),
    #[error("{0}")]
    Handshake(String),
    #[error("a stanza without {0}")]
    Stanza(&'static str),
    #[error("a proof does not hold: {0}")]
    Proof(&'static str),
    #[error("media: {0}")]
    Media(&'static str),
    #[error("the condition did not come true in time")]
    TimedOut,
    #[error("signal: {0}")]
    Signal(#[from] SignalProtocolError),
    #[error("protobuf: {0}")]
    Proto(#[from] waproto::buffa::DecodeError),
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl From<wacore_libsignal::protocol::CurveError> for Error {
    fn from(error: wacore_libsignal::protocol::CurveError) -> Self {
        Self::Signal(error.into())
    }
}

impl From<wacore_noise::HandshakeError> for Error {
    fn from(error: wacore_noise::HandshakeError) -> Self {
        Self::Handshake(error.to_string())
    }
}

impl From<wacore_noise::NoiseError> for Error {
    fn from(error: wacore_noise::NoiseError) -> Self {
        Self::Handshake(error.to_string())
    }
}

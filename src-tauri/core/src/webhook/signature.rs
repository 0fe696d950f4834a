//! The Standard Webhooks scheme (<https://www.standardwebhooks.com>): HMAC-SHA256 over id, time and body.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2_of_hmac::Sha256;
use zeroize::Zeroizing;

/// What a receiver checks requests with.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A fresh one; an error where the system has no randomness.
    pub fn fresh() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// As its owner copies it: `whsec_` and Base64.
    pub fn shown(&self) -> String {
        format!("whsec_{}", BASE64.encode(self.bytes()))
    }

    /// The value of `webhook-signature`.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        // A key of any length is one: longer ones are hashed first.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.bytes()) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the Python library of the scheme (`standardwebhooks` 1.1.0) makes of the same key, id, time and body.
    #[test]
    fn the_signature_is_that_of_the_scheme() {
        let secret = Secret::of(std::array::from_fn(|index| u8::try_from(index).unwrap()));
        assert_eq!(secret.shown(), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let signature = secret.sign("msg_1", 1_794_441_600, r#"{"type":"ulak.test","name":"Çağla"}"#);
        assert_eq!(signature, "v1,GcV0kIZlrZaP0RJk9gxbZsU58jgOG1Gl9NbAcrIj2i8=");
    }

    #[test]
    fn two_secrets_differ_and_none_is_shown_by_accident() {
        let (one, two) = (Secret::fresh().unwrap(), Secret::fresh().unwrap());
        assert!(one != two);
        assert_eq!(format!("{one:?}"), "Secret");
    }
}

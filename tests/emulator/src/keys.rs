//! Keys and small cryptography. Every key of the server and of its phones is derived from the emulator's seed, so a
//! restarted emulator is the same server with the same phones, and nothing secret has to be stored.

use rand::rngs::StdRng;
use sha2::{Digest, Sha256};
use wacore_libsignal::crypto::hmac_sha256;
use wacore_libsignal::protocol::{KeyPair, PrivateKey};

use crate::error::Result;

/// A generator that can cross an await point, unlike the thread's own.
pub(crate) fn rng() -> StdRng {
    rand::make_rng::<StdRng>()
}

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

/// HKDF with SHA-256 (RFC 5869).
pub(crate) fn hkdf(secret: &[u8], salt: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let zero_salt = [0u8; 32];
    let key = hmac_sha256(if salt.is_empty() { &zero_salt } else { salt }, secret);
    let (mut out, mut block) = (Vec::with_capacity(length), Vec::new());
    for counter in 1..=u8::MAX {
        if out.len() >= length {
            break;
        }
        block.extend_from_slice(info);
        block.push(counter);
        block = hmac_sha256(&key, &block).to_vec();
        out.extend_from_slice(&block);
    }
    out.truncate(length);
    out
}

/// The key pair that belongs to `seed` and a name of parts.
pub(crate) fn derive(seed: u64, parts: &[&str]) -> Result<KeyPair> {
    let private = PrivateKey::deserialize(&derive_bytes(seed, parts))?;
    Ok(KeyPair::new(private.public_key()?, private))
}

pub(crate) fn derive_bytes(seed: u64, parts: &[&str]) -> [u8; 32] {
    let seed = seed.to_be_bytes();
    let mut all: Vec<&[u8]> = vec![b"ulak-emulator", &seed];
    for part in parts {
        all.push(part.as_bytes());
        all.push(&[0]);
    }
    sha256(&all)
}

pub(crate) fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

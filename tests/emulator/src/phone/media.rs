//! Opening media as a phone does: fetch the sealed bytes from the server's store, check their hash and their MAC,
//! decrypt them, check the hash of the result. Whatever does not hold is a broken picture on the screen.

use wacore_libsignal::crypto::{aes_256_cbc_decrypt_into, hmac_sha256_two_part};

use super::sight::Parcel;
use crate::error::{Error, Result};
use crate::keys::{hkdf, sha256};
use crate::media::Store;
use crate::record::{Media, hex};

/// Bytes of the truncated MAC at the end of the sealed file.
const MAC: usize = 10;

pub(crate) fn open(store: &Store, parcel: &Parcel) -> Result<Media> {
    let sealed = store.get(&parcel.direct_path).ok_or(Error::Media("nothing lies under this path"))?;
    if sha256(&[&sealed]).as_slice() != parcel.file_enc_sha256 {
        return Err(Error::Media("the sealed bytes have another hash than the message says"));
    }
    let plain = decrypt(&sealed, &parcel.media_key, parcel.purpose)?;
    let digest = sha256(&[&plain]);
    if digest.as_slice() != parcel.file_sha256 {
        return Err(Error::Media("the bytes have another hash than the message says"));
    }
    if parcel.file_length.is_some_and(|said| said != plain.len() as u64) {
        return Err(Error::Media("the bytes have another length than the message says"));
    }
    Ok(Media { sha256: hex(&digest), size: plain.len() as u64, ..parcel.media.clone() })
}

fn decrypt(sealed: &[u8], media_key: &[u8], purpose: &str) -> Result<Vec<u8>> {
    let expanded = hkdf(media_key, &[], purpose.as_bytes(), 112);
    let (iv, rest) = expanded.split_at_checked(16).ok_or(Error::Media("no key"))?;
    let (cipher_key, rest) = rest.split_at_checked(32).ok_or(Error::Media("no key"))?;
    let mac_key = rest.get(..32).ok_or(Error::Media("no key"))?;
    let length = sealed.len().checked_sub(MAC).ok_or(Error::Media("shorter than its MAC"))?;
    let (body, mac) = sealed.split_at_checked(length).ok_or(Error::Media("shorter than its MAC"))?;
    if hmac_sha256_two_part(mac_key, iv, body).get(..MAC) != Some(mac) {
        return Err(Error::Media("the MAC does not hold"));
    }
    let mut plain = Vec::with_capacity(body.len());
    aes_256_cbc_decrypt_into(body, cipher_key, iv, &mut plain).map_err(|_| Error::Media("it cannot be decrypted"))?;
    Ok(plain)
}

//! The media store behind `mmg.whatsapp.net`: sealed files under the path that their upload was given.

use std::collections::BTreeMap;
use std::sync::RwLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;

use crate::error::{Error, Result};
use crate::keys::sha256;
use crate::sync::{read, write};

#[derive(Default)]
pub(crate) struct Store {
    files: RwLock<BTreeMap<String, Bytes>>,
    /// Uploads that broke off, by token.
    halves: RwLock<BTreeMap<String, Bytes>>,
}

impl Store {
    /// Keeps a sealed file whose hash is its token, and answers with its path.
    pub(crate) fn put(&self, kind: &str, token: &str, sealed: Bytes) -> Result<String> {
        let said = BASE64_URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).unwrap_or_default();
        if sha256(&[&sealed]).as_slice() != said {
            return Err(Error::Media("the upload's token is not its hash"));
        }
        let path = format!("/v/{kind}/{token}.enc");
        write(&self.files).insert(path.clone(), sealed);
        write(&self.halves).remove(token);
        Ok(path)
    }

    pub(crate) fn get(&self, path: &str) -> Option<Bytes> {
        let bare = path.split('?').next().unwrap_or(path);
        read(&self.files).get(bare).cloned()
    }

    pub(crate) fn path_of(&self, kind: &str, token: &str) -> Option<String> {
        let path = format!("/v/{kind}/{token}.enc");
        read(&self.files).contains_key(&path).then_some(path)
    }

    pub(crate) fn keep_half(&self, token: &str, bytes: Bytes) {
        write(&self.halves).insert(token.to_owned(), bytes);
    }

    pub(crate) fn half(&self, token: &str) -> Option<Bytes> {
        read(&self.halves).get(token).cloned()
    }

    pub(crate) fn forget_all(&self) {
        write(&self.files).clear();
    }

    pub(crate) fn files(&self) -> BTreeMap<String, Bytes> {
        read(&self.files).clone()
    }

    pub(crate) fn restore(&self, path: String, bytes: Bytes) {
        write(&self.files).insert(path, bytes);
    }
}

//! Linking by a code that the owner types on the phone. The code is the password under which the two exchange ephemeral
//! keys; the bundle that the companion then seals proves that both used the same one, and yields the secret of the
//! pairing. A wrong code shows only there, as it does in the real protocol.

use std::sync::Arc;

use tokio::sync::oneshot;
use wacore::pair_code::PairCodeUtils;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef, SERVER_JID};
use wacore_libsignal::crypto::aes_256_gcm_decrypt;
use wacore_libsignal::protocol::{KeyPair, PublicKey};

use crate::error::{Error, Result};
use crate::faults::digits;
use crate::keys::{array, derive_bytes, hkdf, rng};
use crate::linking::{Linked, Waiting};
use crate::phone::Phone;
use crate::stanza::{attr, bytes, leaf, refusal, result};
use crate::sync::lock;
use crate::world::World;

/// A companion that shows a code.
pub(crate) struct CodeHello {
    pub waiting: Arc<Waiting>,
    name: Vec<u8>,
    sealed_ephemeral: Vec<u8>,
}

pub(crate) struct CodeFinish {
    sealed_bundle: Vec<u8>,
    identity: Vec<u8>,
}

impl World {
    /// `<link_code_companion_reg>` of a companion that is not linked yet.
    pub(crate) fn code_stage(&self, waiting: &Arc<Waiting>, request: &NodeRef<'_>, stage: &NodeRef<'_>) -> Node {
        match attr(stage, "stage").as_deref() {
            Some("companion_hello") => self.code_hello(waiting, request, stage),
            Some("companion_finish") => {
                let sealed_bundle = bytes(stage, "link_code_pairing_wrapped_key_bundle").unwrap_or_default();
                let identity = bytes(stage, "companion_identity_public").unwrap_or_default();
                let finish = lock(&waiting.finish).take();
                finish.map(|finish| finish.send(CodeFinish { sealed_bundle, identity }));
                result(request, Vec::new())
            }
            _ => refusal(request, 400, "bad-request"),
        }
    }

    fn code_hello(&self, waiting: &Arc<Waiting>, request: &NodeRef<'_>, stage: &NodeRef<'_>) -> Node {
        let number = digits(attr(stage, "jid").unwrap_or_default().split('@').next().unwrap_or_default());
        let sealed = bytes(stage, "link_code_pairing_wrapped_companion_ephemeral_pub");
        let Some(sealed_ephemeral) = sealed.filter(|_| !number.is_empty()) else {
            return refusal(request, 400, "bad-request");
        };
        let name = derive_bytes(self.next(), &["link code", &number]).to_vec();
        let hello = CodeHello { waiting: Arc::clone(waiting), name: name.clone(), sealed_ephemeral };
        lock(&self.linking.by_number).insert(number, hello);
        self.log.touch();
        let stage = NodeBuilder::new("link_code_companion_reg")
            .attr("stage", "companion_hello")
            .children([leaf("link_code_pairing_ref", name)]);
        result(request, vec![stage.build()])
    }

    /// The owner types the code on the phone.
    pub(crate) async fn enter_code(&self, owner: &str, code: &str) -> Result<Linked> {
        let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
        let phone = self.phone(owner)?;
        let (waiting, name, sealed) = {
            let shown = lock(&self.linking.by_number);
            let hello = shown.get(owner).ok_or(Error::NobodyWaits)?;
            (Arc::clone(&hello.waiting), hello.name.clone(), hello.sealed_ephemeral.clone())
        };
        let (ephemeral, companion, sealed_ours) = exchange(code, sealed).await?;
        let (finish, finished) = oneshot::channel();
        *lock(&waiting.finish) = Some(finish);
        waiting.link.send(self.primary_hello(&phone, &name, sealed_ours));
        let finished = finished.await.map_err(|_| Error::NobodyWaits)?;
        let secret = open_bundle(&phone, &ephemeral, &companion, &finished, &waiting.registration.identity)?;
        self.link(&waiting, owner, &secret).await
    }

    /// The server wants another code than the one that is shown for this number.
    pub(crate) fn refresh_code(&self, owner: &str) -> Result<()> {
        let shown = lock(&self.linking.by_number);
        let hello = shown.get(owner).ok_or(Error::NobodyWaits)?;
        let stage = NodeBuilder::new("link_code_companion_reg")
            .attr("stage", "refresh_code")
            .children([leaf("link_code_pairing_ref", hello.name.clone())]);
        hello.waiting.link.send(self.code_notification(stage.build()));
        Ok(())
    }

    fn primary_hello(&self, phone: &Phone, name: &[u8], sealed_ephemeral: Vec<u8>) -> Node {
        let stage = NodeBuilder::new("link_code_companion_reg").attr("stage", "primary_hello").children([
            leaf("link_code_pairing_wrapped_primary_ephemeral_pub", sealed_ephemeral),
            leaf("primary_identity_pub", phone.keys.identity.public_key().public_key_bytes()),
            leaf("link_code_pairing_ref", name),
        ]);
        self.code_notification(stage.build())
    }

    fn code_notification(&self, stage: Node) -> Node {
        NodeBuilder::new("notification")
            .attr("from", SERVER_JID)
            .attr("type", "link_code_companion_reg")
            .attr("id", self.next().to_string())
            .attr("t", self.options.clock.seconds())
            .children([stage])
            .build()
    }
}

/// Opens the companion's ephemeral key with the code and seals one of ours. Stretching the code takes long enough to
/// keep it off the threads that serve connections.
async fn exchange(code: String, sealed: Vec<u8>) -> Result<(KeyPair, [u8; 32], Vec<u8>)> {
    let work = move || {
        let companion = PairCodeUtils::decrypt_primary_ephemeral_pub(&sealed, &code).map_err(|_| Error::WrongCode)?;
        let ephemeral = KeyPair::generate(&mut rng());
        let ours = array(ephemeral.public_key.public_key_bytes()).ok_or(Error::WrongCode)?;
        let sealed_ours = PairCodeUtils::encrypt_ephemeral_pub(&ours, &code).to_vec();
        Ok((ephemeral, companion, sealed_ours))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::WrongCode)?
}

/// Salt (32), nonce (12), sealed bundle: the companion's identity, the phone's identity, 32 random bytes.
fn open_bundle(
    phone: &Phone,
    ephemeral: &KeyPair,
    companion: &[u8; 32],
    finish: &CodeFinish,
    registered: &[u8],
) -> Result<Vec<u8>> {
    let shared = ephemeral.private_key.calculate_agreement(&PublicKey::from_djb_public_key_bytes(companion)?)?;
    let (salt, rest) = finish.sealed_bundle.split_at_checked(32).ok_or(Error::Stanza("a key bundle"))?;
    let (nonce, sealed) = rest.split_at_checked(12).ok_or(Error::Stanza("a key bundle"))?;
    let key = hkdf(&shared, salt, b"link_code_pairing_key_bundle_encryption_key", 32);
    let (key, nonce) = (array(&key).ok_or(Error::WrongCode)?, array(nonce).ok_or(Error::WrongCode)?);
    let mut bundle = Vec::new();
    aes_256_gcm_decrypt(&key, &nonce, b"", sealed, &mut bundle).map_err(|_| Error::WrongCode)?;
    let (theirs, rest) = bundle.split_at_checked(32).ok_or(Error::Stanza("a key bundle"))?;
    let (ours, random) = rest.split_at_checked(32).ok_or(Error::Stanza("a key bundle"))?;
    let identity = &phone.keys.identity;
    if theirs != finish.identity || theirs != registered || ours != identity.public_key().public_key_bytes() {
        return Err(Error::Proof("the identities in the key bundle"));
    }
    let theirs = PublicKey::from_djb_public_key_bytes(theirs)?;
    let identities = identity.private_key().calculate_agreement(&theirs)?;
    Ok(hkdf(&[shared.as_slice(), &identities, random].concat(), &[], b"adv_secret", 32))
}

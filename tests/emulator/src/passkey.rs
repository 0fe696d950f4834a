//! The passkey that the server asks some accounts for while linking, and the phone that holds it. A code that was right
//! is followed by WebAuthn's question; the server checks what the passkey signed
//! (<https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion>). Then companion and phone agree on a key, both show the
//! code that follows from it, and the companion sends its keys and a new secret sealed with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use wacore::shortcake::ShortcakeUtils;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef, SERVER_JID};
use wacore_libsignal::crypto::aes_256_gcm_decrypt;
use wacore_libsignal::protocol::KeyPair;
use waproto::buffa::Message as _;
use waproto::whatsapp::device_props::PlatformType;
use waproto::whatsapp::{
    CompanionEphemeralIdentity, EncryptedPairingRequest, PairingRequest, PrimaryEphemeralIdentity, ProloguePayload,
};

use crate::error::{Error, Result};
use crate::keys::{array, derive_bytes, rng, sha256};
use crate::linking::Waiting;
use crate::stanza::{bytes, leaf, refusal, result};
use crate::sync::{lock, read, write};
use crate::world::World;

const RELYING_PARTY: &str = "web.whatsapp.com";
const ORIGIN: &str = "https://web.whatsapp.com";
/// Flags of the authenticator: somebody was there, and it was the owner.
const PRESENT_AND_VERIFIED: u8 = 0b101;
/// The phone is at the other end of a network. What comes before the library has seen its own question
/// answered finds it with its old secret.
const PHONE_ANSWERS_AFTER: Duration = Duration::from_millis(500);

/// What the owner does when the system asks for the passkey.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PasskeyAnswer {
    #[default]
    Confirms,
    /// Closes the window.
    Cancels,
    /// The passkey is not where the owner looks for it.
    NotThere,
    /// What was signed is damaged on its way.
    Damaged,
}

/// The passkey of one account, as its phone holds it.
pub(crate) struct Passkey {
    key: EcdsaKeyPair,
    credential: Vec<u8>,
    answer: Mutex<PasskeyAnswer>,
    /// How long the server waits (milliseconds); the client decides where nothing is said.
    timeout: Option<u32>,
    /// What the phone shows, to be compared with the companion.
    code: Mutex<Option<String>>,
}

#[derive(Default)]
pub(crate) struct Passkeys(RwLock<BTreeMap<String, Arc<Passkey>>>);

/// A companion that was asked for the passkey.
pub(crate) struct Asked {
    passkey: Arc<Passkey>,
    challenge: [u8; 32],
    reference: String,
    prologue: Option<Prologue>,
    ephemeral: KeyPair,
    nonce: [u8; 32],
    done: oneshot::Sender<Result<Vec<u8>>>,
}

struct Prologue {
    identity: Vec<u8>,
    commitment: Vec<u8>,
}

impl Passkey {
    fn new(owner: &str, seed: u64, answer: PasskeyAnswer, timeout: Option<u32>) -> Result<Self> {
        let chance = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &chance).map_err(|_| Error::Passkey("no key"))?;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &chance).map_err(|_| Error::Passkey("no key"))?;
        Ok(Self {
            key,
            credential: derive_bytes(seed, &["credential", owner]).to_vec(),
            answer: Mutex::new(answer),
            timeout,
            code: Mutex::default(),
        })
    }

    fn options(&self, challenge: &[u8]) -> String {
        let mut options = json!({
            "challenge": BASE64_URL_SAFE_NO_PAD.encode(challenge),
            "rpId": RELYING_PARTY,
            "allowCredentials": [{ "type": "public-key", "id": BASE64_URL_SAFE_NO_PAD.encode(&self.credential) }],
            "userVerification": "required",
        });
        if let (Some(timeout), Some(fields)) = (self.timeout, options.as_object_mut()) {
            fields.insert("timeout".to_owned(), timeout.into());
        }
        options.to_string()
    }

    /// What a browser and an authenticator make of the owner's yes.
    fn sign(&self, challenge: &str, answer: PasskeyAnswer) -> Result<Value> {
        let client = json!({ "type": "webauthn.get", "challenge": challenge, "origin": ORIGIN, "crossOrigin": false });
        let client = client.to_string().into_bytes();
        let counter = 0u32.to_be_bytes();
        let data = [&sha256(&[RELYING_PARTY.as_bytes()])[..], &[PRESENT_AND_VERIFIED], &counter].concat();
        let signed = [data.as_slice(), &sha256(&[&client])].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).map_err(|_| Error::Passkey("it did not sign"))?;
        let mut signature = signature.as_ref().to_vec();
        if answer == PasskeyAnswer::Damaged {
            signature.reverse();
        }
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Ok(json!({
            "id": text(&self.credential),
            "rawId": text(&self.credential),
            "type": "public-key",
            "response": {
                "clientDataJSON": text(&client),
                "authenticatorData": text(&data),
                "signature": text(&signature),
                "userHandle": null,
            },
        }))
    }
}

/// What stands in `webauthn_assertion`, checked as a relying party checks it. The key is an uncompressed point of P-256.
pub fn check_assertion(public_key: &[u8], challenge: &[u8], assertion: &[u8]) -> Result<()> {
    let assertion: Value = serde_json::from_slice(assertion)?;
    let part = |name: &str| {
        let text = assertion.get("response").and_then(|it| it.get(name)).and_then(Value::as_str);
        text.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok()).ok_or(Error::Passkey("a part is missing"))
    };
    let (data, told, signature) = (part("authenticatorData")?, part("clientDataJSON")?, part("signature")?);
    let client: Value = serde_json::from_slice(&told)?;
    let says = |name: &str, expected: &str| client.get(name).and_then(Value::as_str) == Some(expected);
    if !(says("type", "webauthn.get")
        && says("challenge", &BASE64_URL_SAFE_NO_PAD.encode(challenge))
        && says("origin", ORIGIN))
    {
        return Err(Error::Passkey("it answers another question"));
    }
    let (party, rest) = data.split_at_checked(32).ok_or(Error::Passkey("short data"))?;
    if party != sha256(&[RELYING_PARTY.as_bytes()]) {
        return Err(Error::Passkey("of another party"));
    }
    if rest.first().is_none_or(|flags| flags & PRESENT_AND_VERIFIED != PRESENT_AND_VERIFIED) {
        return Err(Error::Passkey("nobody was asked"));
    }
    let signed = [data.as_slice(), &sha256(&[&told])].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key);
    key.verify(&signed, &signature).map_err(|_| Error::Passkey("the signature"))
}

impl Waiting {
    fn asked<T>(&self, look: impl FnOnce(&mut Asked) -> Option<T>) -> Option<T> {
        lock(&self.passkey).as_mut().and_then(look)
    }
}

impl World {
    /// From here on the server asks this account for its passkey.
    pub(crate) fn set_passkey(&self, owner: &str, answer: PasskeyAnswer, timeout: Option<u32>) -> Result<()> {
        let passkey = Passkey::new(owner, self.options.seed, answer, timeout)?;
        write(&self.passkeys.0).insert(owner.to_owned(), Arc::new(passkey));
        Ok(())
    }

    pub(crate) fn answer_passkey(&self, owner: &str, answer: PasskeyAnswer) {
        if let Some(passkey) = read(&self.passkeys.0).get(owner) {
            *lock(&passkey.answer) = answer;
        }
    }

    /// The code on the owner's phone.
    pub(crate) fn passkey_code(&self, owner: &str) -> Option<String> {
        read(&self.passkeys.0).get(owner).and_then(|passkey| lock(&passkey.code).clone())
    }

    /// The system asks the owner's phone. The credential comes back as WebAuthn writes it in JSON.
    pub(crate) fn use_passkey(&self, options: &Value) -> Result<Value> {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let challenge = text(options, "challenge").ok_or(Error::Passkey("no challenge"))?;
        let allowed = options.get("allowCredentials").and_then(Value::as_array).into_iter().flatten();
        let allowed: Vec<String> = allowed.filter_map(|one| text(one, "id")).collect();
        let of = |passkey: &&Arc<Passkey>| allowed.contains(&BASE64_URL_SAFE_NO_PAD.encode(&passkey.credential));
        let passkey = read(&self.passkeys.0).values().find(of).cloned().ok_or(Error::NoPasskey)?;
        let answer = *lock(&passkey.answer);
        match answer {
            PasskeyAnswer::Cancels => Err(Error::Cancelled),
            PasskeyAnswer::NotThere => Err(Error::NoPasskey),
            PasskeyAnswer::Confirms | PasskeyAnswer::Damaged => passkey.sign(&challenge, answer),
        }
    }

    /// Asks the companion for the passkey, where the account has one: the secret that the companion sends in the end.
    pub(crate) async fn ask_passkey(&self, waiting: &Arc<Waiting>, owner: &str) -> Result<Option<Vec<u8>>> {
        let Some(passkey) = read(&self.passkeys.0).get(owner).cloned() else { return Ok(None) };
        let challenge = derive_bytes(self.next(), &["challenge", owner]);
        let options = passkey.options(&challenge);
        let (done, secret) = oneshot::channel();
        let asked = Asked {
            passkey,
            challenge,
            reference: format!("passkey-{}", self.next()),
            prologue: None,
            ephemeral: KeyPair::generate(&mut rng()),
            nonce: derive_bytes(self.next(), &["nonce", owner]),
            done,
        };
        *lock(&waiting.passkey) = Some(asked);
        waiting.link.send(self.notify("passkey_prologue_request", leaf("passkey_request_options", options)));
        let secret = secret.await.map_err(|_| Error::NobodyWaits)?;
        tokio::time::sleep(PHONE_ANSWERS_AFTER).await;
        secret.map(Some)
    }

    fn notify(&self, kind: &'static str, child: Node) -> Node {
        NodeBuilder::new("notification")
            .attr("from", SERVER_JID)
            .attr("type", kind)
            .attr("id", self.next().to_string())
            .attr("t", self.options.clock.seconds())
            .children([child])
            .build()
    }

    /// Answers a question of a companion that was asked for its passkey; false where it is about something else.
    pub(crate) fn passkey_stage(self: &Arc<Self>, waiting: &Arc<Waiting>, request: &NodeRef<'_>) -> bool {
        let answer = |told: Result<()>| {
            waiting.link.send(match told {
                Ok(()) => result(request, Vec::new()),
                Err(error) => refusal(request, 401, &error.to_string()),
            });
            true
        };
        if request.get_optional_child("ref").is_some() {
            let Some(reference) = waiting.asked(|asked| Some(asked.reference.clone())) else { return false };
            waiting.link.send(result(request, vec![leaf("ref", reference)]));
            return true;
        }
        if let Some(prologue) = request.get_optional_child("passkey_prologue") {
            let told = self.prologue(waiting, prologue);
            if let Err(error) = &told {
                self.log.error(format!("a passkey was refused: {error}"));
                lock(&waiting.passkey).take();
            }
            return answer(told);
        }
        if let Some(nonce) = bytes(request, "companion_nonce") {
            return answer(self.show_code(waiting, &nonce));
        }
        let Some(sealed) = bytes(request, "encrypted_pairing_request") else { return false };
        let Some(asked) = lock(&waiting.passkey).take() else { return false };
        let secret = open(&asked, waiting, &sealed);
        // The answer comes before what follows from it.
        answer(secret.as_ref().map(|_| ()).map_err(|_| Error::Passkey("the sealed keys")));
        let _ = asked.done.send(secret);
        true
    }

    fn prologue(self: &Arc<Self>, waiting: &Arc<Waiting>, told: &NodeRef<'_>) -> Result<()> {
        let part = |name| bytes(told, name).ok_or(Error::Stanza("a part of the prologue"));
        let (credential, assertion) = (part("credential_id")?, part("webauthn_assertion")?);
        let payload = ProloguePayload::decode_from_slice(&part("prologue_payload")?)?;
        let commitment =
            payload.commitment.into_option().and_then(|it| it.hash).ok_or(Error::Stanza("a commitment"))?;
        let identity = payload.companion_ephemeral_identity.ok_or(Error::Stanza("an identity"))?;
        let ours = waiting.asked(|asked| {
            asked.prologue = Some(Prologue { identity, commitment });
            let primary = PrimaryEphemeralIdentity {
                public_key: Some(asked.ephemeral.public_key.public_key_bytes().to_vec()),
                nonce: Some(asked.nonce.to_vec()),
            };
            Some((Arc::clone(&asked.passkey), asked.challenge, primary.encode_to_vec()))
        });
        let (passkey, challenge, primary) = ours.ok_or(Error::NobodyWaits)?;
        if credential != passkey.credential {
            return Err(Error::Passkey("of another account"));
        }
        check_assertion(passkey.key.public_key().as_ref(), &challenge, &assertion)?;
        let next = self.notify("crsc_continuation", leaf("primary_ephemeral_identity", primary));
        let waiting = Arc::clone(waiting);
        tokio::spawn(async move {
            tokio::time::sleep(PHONE_ANSWERS_AFTER).await;
            waiting.link.send(next);
        });
        Ok(())
    }

    /// The phone knows both halves now, and shows what follows from them.
    fn show_code(&self, waiting: &Waiting, nonce: &[u8]) -> Result<()> {
        let told = waiting.asked(|asked| {
            let prologue = asked.prologue.as_ref()?;
            let nonce: [u8; 32] = array(nonce)?;
            let right = sha256(&[&prologue.identity, &nonce]).as_slice() == prologue.commitment;
            let public: [u8; 32] = array(asked.ephemeral.public_key.public_key_bytes())?;
            let code = ShortcakeUtils::derive_verification_code(&nonce, &public, &asked.nonce);
            *lock(&asked.passkey.code) = Some(code);
            right.then_some(())
        });
        self.log.touch();
        told.ok_or(Error::Passkey("the commitment"))
    }
}

/// What the companion sealed: its keys, which the server knows already, and the secret of the pairing.
fn open(asked: &Asked, waiting: &Waiting, sealed: &[u8]) -> Result<Vec<u8>> {
    let wrong = Error::Passkey;
    let prologue = asked.prologue.as_ref().ok_or(wrong("no prologue"))?;
    let identity = CompanionEphemeralIdentity::decode_from_slice(&prologue.identity)?;
    let companion: [u8; 32] = identity.public_key.as_deref().and_then(array).ok_or(wrong("no key"))?;
    let device = identity.device_type.unwrap_or(PlatformType::UNKNOWN);
    if identity.r#ref.as_deref() != Some(&asked.reference) {
        return Err(wrong("another reference"));
    }
    let key = ShortcakeUtils::derive_encryption_key(&asked.ephemeral, &companion, device, &asked.reference);
    let key = key.map_err(|_| wrong("no common key"))?;
    let sealed = EncryptedPairingRequest::decode_from_slice(sealed)?;
    let iv: [u8; 12] = sealed.iv.as_deref().and_then(array).ok_or(wrong("no iv"))?;
    let mut opened = Vec::new();
    aes_256_gcm_decrypt(&key, &iv, b"", &sealed.encrypted_payload.unwrap_or_default(), &mut opened)
        .map_err(|_| wrong("sealed with another key"))?;
    let request = PairingRequest::decode_from_slice(&opened)?;
    if request.companion_public_key.as_deref() != Some(&waiting.noise)
        || request.companion_identity_key.as_deref() != Some(&waiting.registration.identity)
    {
        return Err(wrong("keys of another companion"));
    }
    request.adv_secret.ok_or(wrong("no secret"))
}

//! Linking a device, from the owner's phone's side: scanning a QR code or typing a pairing code. The phone signs the
//! companion's identity with its own, proves with the secret of the code that it saw it, and the server checks what the
//! companion signs in return.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use tokio::sync::oneshot;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef, SERVER_JID};
use wacore_libsignal::crypto::hmac_sha256;
use wacore_libsignal::protocol::PublicKey;
use waproto::buffa::Message as _;
use waproto::codec;
use waproto::whatsapp::client_payload::DevicePairingRegistrationData;
use waproto::whatsapp::{ADVDeviceIdentity, ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC, ClientPairingProps};

use crate::device::{Device, Identity, Link, PublicPreKey};
use crate::error::{Error, Result};
use crate::keys::rng;
use crate::linking_code::CodeHello;
use crate::phone::Phone;
use crate::stanza::{attr, attr_is, bytes, leaf, number, stream_error};
use crate::sync::{lock, read};
use crate::world::World;

const ACCOUNT_SIGNATURE: &[u8] = &[6, 0];
const DEVICE_SIGNATURE: &[u8] = &[6, 1];
/// Codes that one connection is given; the first lives longest.
const REFS: u32 = 6;
/// How long the first may be scanned, and each of the others behind it (milliseconds).
const FIRST_REF: i64 = 60_000;
const NEXT_REF: i64 = 20_000;

/// A device that has been linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Linked {
    pub number: String,
    pub lid: String,
    pub device: u16,
}

/// A connection that belongs to no account yet.
pub(crate) struct Waiting {
    pub link: Link,
    pub noise: [u8; 32],
    pub registration: Registration,
    /// The pairing that the companion has still to sign.
    pairing: Mutex<Option<Pairing>>,
    /// Waits for the last step of linking by code.
    pub finish: Mutex<Option<oneshot::Sender<crate::linking_code::CodeFinish>>>,
    /// It was asked for the account's passkey.
    pub passkey: Mutex<Option<crate::passkey::Asked>>,
}

pub(crate) struct Registration {
    pub id: u32,
    pub identity: Vec<u8>,
    pub signed_pre_key: PublicPreKey,
}

struct Pairing {
    stanza: String,
    phone: Arc<Phone>,
    device: u16,
    signed: ADVSignedDeviceIdentity,
    done: oneshot::Sender<Result<Linked>>,
}

#[derive(Default)]
pub(crate) struct Linking {
    by_ref: Mutex<BTreeMap<String, Offered>>,
    /// Companions that showed a code for a number.
    pub by_number: Mutex<BTreeMap<String, CodeHello>>,
}

/// What one QR code carries, and until when the server knows it.
struct Offered {
    waiting: Arc<Waiting>,
    until: i64,
}

impl Waiting {
    pub(crate) fn new(link: Link, noise: [u8; 32], data: &DevicePairingRegistrationData) -> Result<Self> {
        let needed = |field: &Option<Vec<u8>>| field.clone().ok_or(Error::Stanza("registration data"));
        let registration = Registration {
            id: number(&needed(&data.e_regid)?),
            identity: needed(&data.e_ident)?,
            signed_pre_key: PublicPreKey {
                id: number(&needed(&data.e_skey_id)?),
                key: needed(&data.e_skey_val)?,
                signature: needed(&data.e_skey_sig)?,
            },
        };
        Ok(Self {
            link,
            noise,
            registration,
            pairing: Mutex::default(),
            finish: Mutex::default(),
            passkey: Mutex::default(),
        })
    }
}

impl World {
    /// Hands the companion the references that its QR codes will carry.
    pub(crate) fn offer_refs(&self, waiting: &Arc<Waiting>) -> Node {
        let mut known = lock(&self.linking.by_ref);
        let now = self.options.clock.millis();
        let refs: Vec<Node> = (0..REFS)
            .map(|at| {
                let name = format!("2@{:016x}{now:016x}", self.next());
                let until = now + FIRST_REF + i64::from(at) * NEXT_REF;
                known.insert(name.clone(), Offered { waiting: Arc::clone(waiting), until });
                leaf("ref", name)
            })
            .collect();
        drop(known);
        self.log.touch();
        NodeBuilder::new("iq")
            .attr("from", SERVER_JID)
            .attr("type", "set")
            .attr("xmlns", "md")
            .attr("id", self.next().to_string())
            .attr("t", self.options.clock.seconds())
            .children([NodeBuilder::new("pair-device").children(refs).build()])
            .build()
    }

    pub(crate) fn stop_waiting(&self, waiting: &Arc<Waiting>) {
        lock(&self.linking.by_ref).retain(|_, other| !Arc::ptr_eq(&other.waiting, waiting));
        lock(&self.linking.by_number).retain(|_, hello| !Arc::ptr_eq(&hello.waiting, waiting));
        lock(&waiting.pairing).take();
        lock(&waiting.passkey).take();
    }

    /// The owner's phone scans the code: `ref,noise key,identity key,secret,client`, with or without the link before it.
    pub(crate) async fn scan(&self, code: &str, owner: &str) -> Result<Linked> {
        let body = code.rsplit_once('#').map_or(code, |(_, body)| body);
        let fields: Vec<&str> = body.split(',').collect();
        let [name, noise, identity, secret, ..] = fields.as_slice() else {
            return Err(Error::QrCode("it needs four fields"));
        };
        let key = |text: &str| BASE64_STANDARD.decode(text).map_err(|_| Error::QrCode("a key is not base64"));
        let now = self.options.clock.millis();
        let alive = |offered: &&Offered| offered.until > now;
        let waiting = lock(&self.linking.by_ref).get(*name).filter(alive).map(|offered| Arc::clone(&offered.waiting));
        let waiting = waiting.ok_or(Error::NobodyWaits)?;
        if key(noise)? != waiting.noise || key(identity)? != waiting.registration.identity {
            return Err(Error::QrCode("its keys are not those of the companion"));
        }
        self.link(&waiting, owner, &key(secret)?).await
    }

    /// Asks for the passkey where there is one, signs the companion's identity, waits for its own signature and registers the device.
    pub(crate) async fn link(&self, waiting: &Arc<Waiting>, owner: &str, secret: &[u8]) -> Result<Linked> {
        let proven = self.ask_passkey(waiting, owner).await?;
        let secret = proven.as_deref().unwrap_or(secret);
        let phone = self.phone(owner)?;
        let device = self.free_device_id(owner);
        let signed = sign(&phone, device, self.options.clock.seconds(), &waiting.registration.identity)?;
        let details = codec::adv_signed_device_identity_to_vec(&signed);
        let sealed = ADVSignedDeviceIdentityHMAC {
            hmac: Some(hmac_sha256(secret, &details).to_vec()),
            details: Some(details),
            ..Default::default()
        };
        let (done, linked) = oneshot::channel();
        let stanza = self.next().to_string();
        let success = self.pair_success(&stanza, &phone, device, sealed.encode_to_vec());
        *lock(&waiting.pairing) = Some(Pairing { stanza, phone, device, signed, done });
        waiting.link.send(success);
        linked.await.map_err(|_| Error::NobodyWaits)?
    }

    fn pair_success(&self, stanza: &str, phone: &Phone, device: u16, identity: Vec<u8>) -> Node {
        let props =
            ClientPairingProps { is_chat_db_lid_migrated: Some(self.options.lid_migrated), ..Default::default() };
        let business = read(&self.businesses).get(&phone.number).cloned();
        let business = business.map(|name| NodeBuilder::new("biz").attr("name", name).build());
        let mut children = vec![
            leaf("device-identity", identity),
            NodeBuilder::new("device")
                .attr("jid", Jid::pn_device(phone.number.as_str(), device))
                .attr("lid", Jid::lid_device(phone.lid.as_str(), device))
                .build(),
            NodeBuilder::new("platform").attr("name", "android").build(),
            leaf("client-props", props.encode_to_vec()),
        ];
        children.extend(business);
        let success = NodeBuilder::new("pair-success").children(children);
        NodeBuilder::new("iq")
            .attr("from", SERVER_JID)
            .attr("type", "set")
            .attr("xmlns", "md")
            .attr("id", stanza.to_owned())
            .attr("t", self.options.clock.seconds())
            .children([success.build()])
            .build()
    }

    /// The companion's answer to `pair-success`. Whatever else answers a stanza is nothing to see here.
    pub(crate) fn pairing_answered(&self, waiting: &Arc<Waiting>, answer: &NodeRef<'_>) {
        let id = attr(answer, "id");
        let mine = lock(&waiting.pairing).take_if(|pairing| Some(&pairing.stanza) == id.as_ref());
        let Some(pairing) = mine else { return };
        let result = self.check_signed(waiting, &pairing, answer);
        if result.is_ok() {
            self.stop_waiting(waiting);
            waiting.link.close_with(stream_error(515));
        }
        let _ = pairing.done.send(result);
    }

    fn check_signed(&self, waiting: &Waiting, pairing: &Pairing, answer: &NodeRef<'_>) -> Result<Linked> {
        if attr_is(answer, "type", "error") {
            let error = answer.get_optional_child("error").and_then(|error| attr(error, "text"));
            return Err(Error::PairingRefused(error.unwrap_or_default()));
        }
        let signed = answer.get_optional_child("pair-device-sign").ok_or(Error::Stanza("pair-device-sign"))?;
        let blob = bytes(signed, "device-identity").ok_or(Error::Stanza("device-identity"))?;
        let theirs = codec::adv_signed_device_identity_decode(&blob)?;
        let signature = theirs.device_signature.as_deref().ok_or(Error::Proof("no device signature"))?;
        let details = pairing.signed.details.as_deref().unwrap_or_default();
        let account_key = pairing.phone.keys.identity.public_key().public_key_bytes();
        let parts: [&[u8]; 4] = [DEVICE_SIGNATURE, details, &waiting.registration.identity, account_key];
        let identity = PublicKey::from_djb_public_key_bytes(&waiting.registration.identity)?;
        if !identity.verify_signature_for_multipart_message(&parts, signature) {
            return Err(Error::Proof("the device's signature"));
        }
        let whole = ADVSignedDeviceIdentity {
            account_signature_key: Some(account_key.to_vec()),
            device_signature: theirs.device_signature,
            ..pairing.signed.clone()
        };
        self.register(waiting, pairing, &whole);
        Ok(Linked { number: pairing.phone.number.clone(), lid: pairing.phone.lid.clone(), device: pairing.device })
    }

    fn register(&self, waiting: &Waiting, pairing: &Pairing, signed: &ADVSignedDeviceIdentity) {
        let who = Identity {
            number: pairing.phone.number.clone(),
            lid: pairing.phone.lid.clone(),
            id: pairing.device,
            key_index: u32::from(pairing.device),
            noise: waiting.noise.to_vec(),
            identity: waiting.registration.identity.clone(),
            registration_id: waiting.registration.id,
            signed_identity: codec::adv_signed_device_identity_to_vec(signed),
        };
        self.add_device(Arc::new(Device::new(who, waiting.registration.signed_pre_key.clone())));
    }
}

fn sign(phone: &Phone, device: u16, now: i64, companion: &[u8]) -> Result<ADVSignedDeviceIdentity> {
    let details = ADVDeviceIdentity {
        raw_id: Some(phone.keys.registration_id),
        timestamp: u64::try_from(now).ok(),
        key_index: Some(u32::from(device)),
        ..Default::default()
    }
    .encode_to_vec();
    let identity = &phone.keys.identity;
    let message = [ACCOUNT_SIGNATURE, &details, companion].concat();
    let signature = identity.private_key().calculate_signature(&message, &mut rng())?;
    Ok(ADVSignedDeviceIdentity {
        details: Some(details),
        account_signature_key: Some(identity.public_key().public_key_bytes().to_vec()),
        account_signature: Some(signature.to_vec()),
        device_signature: None,
    })
}

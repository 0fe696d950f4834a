//! The Signal stores of one simulated phone. Sessions and the identities it met are kept; its own pre-keys are derived
//! from the seed by their number, so there is nothing to look up and nothing to lose.

use std::collections::BTreeMap;

use async_trait::async_trait;
use wacore_libsignal::protocol::{
    Direction, GenericSignedPreKey, IdentityChange, IdentityKey, IdentityKeyPair, IdentityKeyStore, KeyPair, PreKeyId,
    PreKeyRecord, PreKeyStore, ProtocolAddress, SessionRecord, SessionStore, SignalProtocolError, SignedPreKeyId,
    SignedPreKeyRecord, SignedPreKeyStore, Timestamp,
};

use crate::keys::{derive, rng};

type Signal<T> = Result<T, SignalProtocolError>;

/// The number of the only signed pre-key a phone has.
pub(crate) const SIGNED_PRE_KEY: u32 = 1;

/// What stays the same for the life of a phone.
#[derive(Clone)]
pub(crate) struct Keys {
    seed: u64,
    phone: String,
    pub identity: IdentityKeyPair,
    pub registration_id: u32,
    pub signed: KeyPair,
    pub signed_signature: Vec<u8>,
}

impl Keys {
    pub(crate) fn new(seed: u64, phone: &str) -> crate::Result<Self> {
        let identity = derive(seed, &["identity", phone])?;
        let signed = derive(seed, &["signed pre-key", phone])?;
        let signature = identity.private_key.calculate_signature(&signed.public_key.serialize(), &mut rng())?;
        let identity = IdentityKeyPair::new(IdentityKey::new(identity.public_key), identity.private_key);
        let number = derive(seed, &["registration", phone])?;
        let registration_id = crate::stanza::number(number.public_key.public_key_bytes().get(..2).unwrap_or(&[7]));
        Ok(Self {
            seed,
            phone: phone.to_owned(),
            identity,
            registration_id: (registration_id & 0x3fff).max(1),
            signed,
            signed_signature: signature.to_vec(),
        })
    }

    pub(crate) fn one_time(&self, id: u32) -> crate::Result<KeyPair> {
        derive(self.seed, &["pre-key", &self.phone, &id.to_string()])
    }
}

#[derive(Default)]
pub(crate) struct Sessions(pub BTreeMap<String, SessionRecord>);

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> Signal<Option<SessionRecord>> {
        Ok(self.0.get(address.as_str()).cloned())
    }

    async fn has_session(&self, address: &ProtocolAddress) -> Signal<bool> {
        Ok(self.0.contains_key(address.as_str()))
    }

    async fn store_session(&mut self, address: &ProtocolAddress, record: SessionRecord) -> Signal<()> {
        self.0.insert(address.as_str().to_owned(), record);
        Ok(())
    }
}

/// Trusts whoever comes, as a phone does that shows at most a notice about a changed security number.
pub(crate) struct Identities {
    keys: Keys,
    pub known: BTreeMap<String, IdentityKey>,
}

impl Identities {
    pub(crate) fn new(keys: Keys) -> Self {
        Self { keys, known: BTreeMap::new() }
    }
}

#[async_trait]
impl IdentityKeyStore for Identities {
    async fn get_identity_key_pair(&self) -> Signal<IdentityKeyPair> {
        Ok(self.keys.identity.clone())
    }

    async fn get_local_registration_id(&self) -> Signal<u32> {
        Ok(self.keys.registration_id)
    }

    async fn save_identity(&mut self, address: &ProtocolAddress, identity: &IdentityKey) -> Signal<IdentityChange> {
        let before = self.known.insert(address.as_str().to_owned(), *identity);
        Ok(IdentityChange::from_changed(before.is_some_and(|known| known != *identity)))
    }

    async fn is_trusted_identity(&self, _: &ProtocolAddress, _: &IdentityKey, _: Direction) -> Signal<bool> {
        Ok(true)
    }

    async fn get_identity(&self, address: &ProtocolAddress) -> Signal<Option<IdentityKey>> {
        Ok(self.known.get(address.as_str()).copied())
    }
}

pub(crate) struct PreKeys(pub Keys);

#[async_trait]
impl PreKeyStore for PreKeys {
    async fn get_pre_key(&self, id: PreKeyId) -> Signal<PreKeyRecord> {
        let pair = self.0.one_time(id.into()).map_err(|_| SignalProtocolError::InvalidPreKeyId)?;
        Ok(PreKeyRecord::new(id, &pair))
    }

    async fn save_pre_key(&mut self, _: PreKeyId, _: &PreKeyRecord) -> Signal<()> {
        Ok(())
    }

    async fn remove_pre_key(&mut self, _: PreKeyId) -> Signal<()> {
        Ok(())
    }
}

#[async_trait]
impl SignedPreKeyStore for PreKeys {
    async fn get_signed_pre_key(&self, id: SignedPreKeyId) -> Signal<SignedPreKeyRecord> {
        let made = Timestamp::from_epoch_millis(1_700_000_000_000);
        Ok(SignedPreKeyRecord::new(id, made, &self.0.signed, &self.0.signed_signature))
    }

    async fn save_signed_pre_key(&mut self, _: SignedPreKeyId, _: &SignedPreKeyRecord) -> Signal<()> {
        Ok(())
    }
}

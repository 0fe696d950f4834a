//! The server's side of the Noise handshake: XX for a client that does not know the server, IK for one that comes back
//! with the cached certificate, and XXfallback when the key it cached is not ours. Afterwards it seals and opens frames.
//! The certificate chain is signed with a root of the emulator's own, which it prints: a client checks it by that root,
//! or is built to skip that one check.

use bytes::BytesMut;
use wacore_binary::consts::{NOISE_PATTERN_IK, NOISE_PATTERN_XX, NOISE_PATTERN_XXFALLBACK, WA_CONN_HEADER};
use wacore_binary::{Node, OwnedNodeRef};
use wacore_libsignal::protocol::{CurveError, KeyPair};
use wacore_noise::{NoiseCipher, NoiseHandshake};
use waproto::buffa::{Message as _, MessageField};
use waproto::codec;
use waproto::whatsapp::cert_chain::{NoiseCertificate, noise_certificate::Details};
use waproto::whatsapp::handshake_message::{ClientHello, ServerHello};
use waproto::whatsapp::{CertChain, ClientPayload, HandshakeMessage};

use crate::error::{Error, Result};
use crate::keys::{array, derive, rng};

/// What a finished handshake says about the client.
pub(crate) struct Hello {
    pub client_key: [u8; 32],
    pub payload: ClientPayload,
    pub sealed: Sealed,
    /// The client came with the cached certificate and it was accepted.
    pub resumed: bool,
}

/// What the server sends first, and what it still has to hear.
pub(crate) enum Step {
    Done(Vec<u8>, Box<Hello>),
    AwaitFinish(Vec<u8>, Box<AwaitFinish>),
}

/// XX and XXfallback end with a third message of the client.
pub(crate) struct AwaitFinish {
    noise: NoiseHandshake,
    ephemeral: KeyPair,
}

/// Reads the client's first message and decides which pattern it speaks.
pub(crate) fn answer(keys: &Keys, client_hello: &[u8]) -> Result<Step> {
    let hello = codec::handshake_message_decode(client_hello)?.client_hello.into_option();
    let hello = hello.ok_or(Error::Stanza("client hello"))?;
    let theirs: [u8; 32] = hello.ephemeral.as_deref().and_then(array).ok_or(Error::Stanza("client ephemeral key"))?;
    if hello.r#static.is_none() {
        return answer_xx(keys, NOISE_PATTERN_XX, &theirs);
    }
    answer_ik(keys, &hello, &theirs).or_else(|_| answer_xx(keys, NOISE_PATTERN_XXFALLBACK, &theirs))
}

fn answer_xx(keys: &Keys, pattern: &str, theirs: &[u8; 32]) -> Result<Step> {
    let mut noise = NoiseHandshake::new(pattern, &WA_CONN_HEADER)?;
    noise.authenticate(theirs);
    let ephemeral = KeyPair::generate(&mut rng());
    let ours = ephemeral.public_key.public_key_bytes();
    noise.authenticate(ours);
    noise.mix_shared_secret(ephemeral.private_key.serialize(), theirs)?;
    let sealed_static = noise.encrypt(keys.server.public_key.public_key_bytes())?;
    noise.mix_shared_secret(keys.server.private_key.serialize(), theirs)?;
    let certificate = noise.encrypt(&keys.certificate)?;
    let hello = server_hello(ours, Some(sealed_static), certificate);
    Ok(Step::AwaitFinish(hello, Box::new(AwaitFinish { noise, ephemeral })))
}

fn answer_ik(keys: &Keys, hello: &ClientHello, theirs: &[u8; 32]) -> Result<Step> {
    let sealed_static = hello.r#static.as_deref().ok_or(Error::Stanza("client static key"))?;
    let sealed_payload = hello.payload.as_deref().ok_or(Error::Stanza("client payload"))?;
    let mut noise = NoiseHandshake::new(NOISE_PATTERN_IK, &WA_CONN_HEADER)?;
    noise.authenticate(keys.server.public_key.public_key_bytes());
    noise.authenticate(theirs);
    noise.mix_shared_secret(keys.server.private_key.serialize(), theirs)?;
    let client_key: [u8; 32] = array(&noise.decrypt(sealed_static)?).ok_or(Error::Stanza("client static key"))?;
    noise.mix_shared_secret(keys.server.private_key.serialize(), &client_key)?;
    let payload = ClientPayload::decode_from_slice(&noise.decrypt(sealed_payload)?)?;
    let ephemeral = KeyPair::generate(&mut rng());
    let ours = ephemeral.public_key.public_key_bytes();
    noise.authenticate(ours);
    noise.mix_shared_secret(ephemeral.private_key.serialize(), theirs)?;
    noise.mix_shared_secret(ephemeral.private_key.serialize(), &client_key)?;
    let certificate = noise.encrypt(&keys.certificate)?;
    let sealed = Sealed::new(noise)?;
    let hello = server_hello(ours, None, certificate);
    Ok(Step::Done(hello, Box::new(Hello { client_key, payload, sealed, resumed: true })))
}

impl AwaitFinish {
    pub(crate) fn finish(mut self, client_finish: &[u8]) -> Result<Hello> {
        let finish = codec::handshake_message_decode(client_finish)?.client_finish.into_option();
        let finish = finish.ok_or(Error::Stanza("client finish"))?;
        let sealed_static = finish.r#static.ok_or(Error::Stanza("client static key"))?;
        let sealed_payload = finish.payload.ok_or(Error::Stanza("client payload"))?;
        let client_key: [u8; 32] =
            array(&self.noise.decrypt(&sealed_static)?).ok_or(Error::Stanza("client static key"))?;
        self.noise.mix_shared_secret(self.ephemeral.private_key.serialize(), &client_key)?;
        let payload = ClientPayload::decode_from_slice(&self.noise.decrypt(&sealed_payload)?)?;
        Ok(Hello { client_key, payload, sealed: Sealed::new(self.noise)?, resumed: false })
    }
}

fn server_hello(ephemeral: &[u8], sealed_static: Option<Vec<u8>>, payload: Vec<u8>) -> Vec<u8> {
    codec::handshake_message_to_vec(&HandshakeMessage {
        server_hello: MessageField::some(ServerHello {
            ephemeral: Some(ephemeral.to_vec()),
            r#static: sealed_static,
            payload: Some(payload),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// What the server proves itself with.
pub(crate) struct Keys {
    pub server: KeyPair,
    /// Signs the certificates; whoever checks them is given its public half.
    pub root: KeyPair,
    pub certificate: Vec<u8>,
}

impl Keys {
    pub(crate) fn new(seed: u64) -> Result<Self> {
        let (server, root) = (derive(seed, &["server"])?, derive(seed, &["root"])?);
        let certificate = certificate(&server, &derive(seed, &["intermediate"])?, &root)?;
        Ok(Self { server, root, certificate })
    }
}

/// Valid from 2023 to 2100; an issuer serial of 0 is what clients expect of the intermediate.
fn certificate(server: &KeyPair, intermediate: &KeyPair, root: &KeyPair) -> Result<Vec<u8>> {
    let sign = |serial, issuer: u32, key: &KeyPair, by: &KeyPair| {
        let (not_before, not_after) = (Some(1_672_531_200), Some(4_102_444_800));
        let key = Some(key.public_key.public_key_bytes().to_vec());
        let details = Details { serial: Some(serial), issuer_serial: Some(issuer), key, not_before, not_after };
        let details = details.encode_to_vec();
        let signature = by.private_key.calculate_signature(&details, &mut rng())?;
        let signed = NoiseCertificate { details: Some(details), signature: Some(signature.to_vec()) };
        Ok::<_, CurveError>(MessageField::some(signed))
    };
    let leaf = sign(2, 1, server, intermediate)?;
    Ok(CertChain { leaf, intermediate: sign(1, 0, intermediate, root)? }.encode_to_vec())
}

/// The two ciphers after the handshake, each with its counter.
pub(crate) struct Sealed {
    incoming: NoiseCipher,
    incoming_count: u32,
    outgoing: NoiseCipher,
    outgoing_count: u32,
}

impl Sealed {
    /// The client writes with the first key of the split, so the server reads with it.
    fn new(noise: NoiseHandshake) -> Result<Self> {
        let (incoming, outgoing) = noise.finish()?;
        Ok(Self { incoming, incoming_count: 0, outgoing, outgoing_count: 0 })
    }

    pub(crate) fn open(&mut self, mut frame: BytesMut) -> Result<OwnedNodeRef> {
        self.incoming.decrypt_in_place_with_counter(self.incoming_count, &mut frame)?;
        self.incoming_count = self.incoming_count.wrapping_add(1);
        let plain = wacore_binary::util::unpack_bytes(frame).map_err(|error| Error::Handshake(error.to_string()))?;
        OwnedNodeRef::new(plain).map_err(|error| Error::Handshake(error.to_string()))
    }

    /// Appends the sealed frame of `node`, length first.
    pub(crate) fn seal_into(&mut self, node: &Node, out: &mut Vec<u8>) -> Result<()> {
        let mut plain = wacore_binary::marshal(node).map_err(|error| Error::Handshake(error.to_string()))?;
        self.outgoing.encrypt_in_place_with_counter(self.outgoing_count, &mut plain)?;
        self.outgoing_count = self.outgoing_count.wrapping_add(1);
        out.extend(framed(&plain));
        Ok(())
    }
}

/// Three bytes of length, then the frame.
pub(crate) fn framed(frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes();
    length.iter().skip(1).chain(frame).copied().collect()
}

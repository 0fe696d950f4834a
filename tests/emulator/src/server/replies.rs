//! What phones send to linked devices: what a recipient writes to the owner, and the keys of the app state that the
//! owner's own phone shares with a device that has just been linked.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use wacore::message_edit::{MessageEditContext, encrypt_message_edit};
use wacore::upload::encrypt_media_streaming;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, NodeRef};
use wacore_libsignal::protocol::{IdentityKey, PreKeyBundle, ProtocolAddress, PublicKey};
use waproto::buffa::MessageField;
use waproto::whatsapp::message::secret_encrypted_message::SecretEncType;
use waproto::whatsapp::message::{
    AlbumMessage, AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId,
    AppStateSyncKeyShare, ProtocolMessage, ReactionMessage, SecretEncryptedMessage, protocol_message,
};
use waproto::whatsapp::message_association::AssociationType;
use waproto::whatsapp::{Message, MessageAssociation, MessageContextInfo, MessageKey};

use super::app_state;
use super::chat::Connection;
use super::delivery::{enc, queue_message};
use crate::device::{Device, PublicPreKey};
use crate::error::{Error, Result};
use crate::keys::{array, derive_bytes};
use crate::phone::Phone;
use crate::sent_file::SentFile;
use crate::stanza::{attr, attr_jid, bytes, number};
use crate::sync::lock;
use crate::world::{World, address_of};

/// The `edit` of a stanza that changes, or deletes, an earlier message of its sender.
const EDIT: &str = "1";
const DELETE: &str = "7";

impl World {
    /// A recipient writes to the owner; every linked device of the owner gets it. Answers with the message's id.
    pub(crate) async fn reply(&self, from: &str, to: &str, text: &str) -> Result<String> {
        self.write(from, to, text_of(text)).await
    }

    /// A recipient sends a file.
    pub(crate) async fn reply_file(&self, from: &str, to: &str, file: &SentFile) -> Result<String> {
        self.write(from, to, self.filed(file)?).await
    }

    /// A person sends files together, as phones do with photos: above them what they have in common. Answers with the
    /// ids of the files.
    pub(crate) async fn reply_album(&self, from: &str, to: &str, files: &[SentFile]) -> Result<Vec<String>> {
        let count = u32::try_from(files.len()).ok();
        let album = AlbumMessage { expected_image_count: count, ..AlbumMessage::default() };
        let above = Message { album_message: MessageField::some(album), ..Message::default() };
        let parent = self.write(from, to, above).await?;
        let key = MessageKey { from_me: Some(true), id: Some(parent), ..MessageKey::default() };
        let association = MessageAssociation {
            association_type: Some(AssociationType::MEDIA_ALBUM),
            parent_message_key: MessageField::some(key),
            ..MessageAssociation::default()
        };
        let mut ids = Vec::new();
        for file in files {
            let mut message = self.filed(file)?;
            message.message_context_info = MessageField::some(MessageContextInfo {
                message_association: MessageField::some(association.clone()),
                ..MessageContextInfo::default()
            });
            ids.push(self.write(from, to, message).await?);
        }
        Ok(ids)
    }

    /// The media host keeps a file as phones upload it: sealed.
    fn filed(&self, file: &SentFile) -> Result<Message> {
        let mut sealed = Vec::new();
        let (kind, media_type) = file.kind.names();
        let info = encrypt_media_streaming(file.content.as_slice(), &mut sealed, media_type)
            .map_err(|_| Error::Media("it cannot be sealed"))?;
        let token = BASE64_URL_SAFE_NO_PAD.encode(info.file_enc_sha256);
        let direct_path = self.media.put(kind, &token, sealed.into())?;
        Ok(file.message(direct_path, &info))
    }

    /// A person changes what they wrote, in the clear or under the secret of the message, as phones do since May 2026.
    pub(crate) async fn edit(&self, from: &str, to: &str, id: &str, text: &str, sealed: bool) -> Result<String> {
        let phone = self.phone(from)?;
        let key = MessageKey {
            remote_jid: Some(Jid::pn(to).to_string()),
            from_me: Some(true),
            id: Some(id.to_owned()),
            ..MessageKey::default()
        };
        let change = Message {
            protocol_message: MessageField::some(ProtocolMessage {
                key: MessageField::some(key.clone()),
                r#type: Some(protocol_message::Type::MESSAGE_EDIT),
                edited_message: MessageField::some(text_of(text)),
                timestamp_ms: Some(self.options.clock.millis()),
                ..ProtocolMessage::default()
            }),
            ..Message::default()
        };
        let change = if sealed { self.sealed_change(&phone, key, &change)? } else { change };
        self.write_as(&phone, to, change, EDIT).await
    }

    fn sealed_change(&self, phone: &Phone, key: MessageKey, change: &Message) -> Result<Message> {
        let id = key.id.clone().unwrap_or_default();
        let writer = self.writer(phone).to_string();
        let context = MessageEditContext { original_msg_id: &id, original_sender_jid: &writer, editor_jid: &writer };
        let (payload, iv) = encrypt_message_edit(change, &self.secret(phone, &id), &context)
            .map_err(|_| Error::Stanza("a change that can be sealed"))?;
        Ok(Message {
            secret_encrypted_message: MessageField::some(SecretEncryptedMessage {
                target_message_key: MessageField::some(key),
                enc_payload: Some(payload),
                enc_iv: Some(iv.to_vec()),
                secret_enc_type: Some(SecretEncType::MessageEdit),
                ..SecretEncryptedMessage::default()
            }),
            ..Message::default()
        })
    }

    /// A person puts an emoji to what they were sent, or takes it back with an empty one.
    pub(crate) async fn react(&self, from: &str, to: &str, id: &str, emoji: &str) -> Result<String> {
        let key = MessageKey { from_me: Some(false), id: Some(id.to_owned()), ..MessageKey::default() };
        let reaction = ReactionMessage {
            key: MessageField::some(key),
            text: Some(emoji.to_owned()),
            sender_timestamp_ms: Some(self.options.clock.millis()),
            ..ReactionMessage::default()
        };
        self.write(from, to, Message { reaction_message: MessageField::some(reaction), ..Message::default() }).await
    }

    /// A person deletes what they wrote, for everybody.
    pub(crate) async fn delete(&self, from: &str, to: &str, id: &str) -> Result<String> {
        let phone = self.phone(from)?;
        let key = MessageKey { from_me: Some(true), id: Some(id.to_owned()), ..MessageKey::default() };
        let deleted = Message {
            protocol_message: MessageField::some(ProtocolMessage {
                key: MessageField::some(key),
                r#type: Some(protocol_message::Type::REVOKE),
                ..ProtocolMessage::default()
            }),
            ..Message::default()
        };
        self.write_as(&phone, to, deleted, DELETE).await
    }

    async fn write(&self, from: &str, to: &str, message: Message) -> Result<String> {
        self.write_as(&*self.phone(from)?, to, message, "").await
    }

    async fn write_as(&self, phone: &Phone, to: &str, mut message: Message, edit: &str) -> Result<String> {
        let id = self.message_id();
        let context = message.message_context_info.get_or_insert_default();
        context.message_secret = Some(self.secret(phone, &id));
        let plain = waproto::codec::message_to_vec(&message);
        phone.remember_written(&id, edit, &plain).await;
        for device in self.linked(to)? {
            self.write_to(phone, &device, &id, edit, &plain).await?;
        }
        Ok(id)
    }

    async fn write_to(&self, phone: &Phone, device: &Arc<Device>, id: &str, edit: &str, plain: &[u8]) -> Result<()> {
        let sealed = seal(phone, device, plain).await?;
        let mut node = self.chat_envelope(phone, id);
        if !edit.is_empty() {
            node = node.attr("edit", edit);
        }
        queue_message(device, id, node.children([enc(&sealed)]).build());
        Ok(())
    }

    /// What a phone gives to everything it writes, so that later changes of it can be sealed.
    fn secret(&self, phone: &Phone, id: &str) -> Vec<u8> {
        derive_bytes(self.options.seed, &["message secret", &phone.number, id]).to_vec()
    }

    fn writer(&self, phone: &Phone) -> Jid {
        match self.is_hidden(&phone.number) || self.options.lid_migrated {
            true => Jid::lid(phone.lid.as_str()),
            false => Jid::pn(phone.number.as_str()),
        }
    }

    /// From the hidden identity when accounts were moved to it, or when the person never shows their number.
    fn chat_envelope(&self, phone: &Phone, id: &str) -> NodeBuilder {
        let (lid, number) = (Jid::lid(phone.lid.as_str()), Jid::pn(phone.number.as_str()));
        let hidden = self.is_hidden(&phone.number);
        let message = NodeBuilder::new("message")
            .attr("id", id)
            .attr("type", "text")
            .attr("t", self.options.clock.seconds())
            .attr("notify", format!("Person {}", phone.number.get(8..).unwrap_or_default()));
        match (hidden, self.options.lid_migrated) {
            (true, _) => message.attr("from", lid).attr("addressing_mode", "lid"),
            (false, true) => message.attr("from", lid).attr("addressing_mode", "lid").attr("sender_pn", number),
            (false, false) => message.attr("from", number).attr("sender_lid", lid),
        }
    }

    /// The owner's phone shares the app state's key with a new device, which waits for it before it is ready.
    pub(crate) async fn share_keys(&self, device: &Arc<Device>) -> Result<()> {
        let phone = self.phone(&device.who.number)?;
        let plain = waproto::codec::message_to_vec(&self.key_share(&device.who.number));
        let sealed = seal(&phone, device, &plain).await?;
        let id = self.message_id();
        let node = NodeBuilder::new("message")
            .attr("from", Jid::pn(phone.number.as_str()))
            .attr("id", id.as_str())
            .attr("type", "text")
            .attr("category", "peer")
            .attr("t", self.options.clock.seconds())
            .children([enc(&sealed)])
            .build();
        queue_message(device, &id, node);
        Ok(())
    }

    fn key_share(&self, number: &str) -> Message {
        let secret = app_state::key(self.options.seed, number);
        let fingerprint =
            AppStateSyncKeyFingerprint { raw_id: Some(1), current_index: Some(0), device_indexes: vec![0] };
        let key = AppStateSyncKey {
            key_id: MessageField::some(AppStateSyncKeyId { key_id: Some(app_state::KEY_ID.to_vec()) }),
            key_data: MessageField::some(AppStateSyncKeyData {
                key_data: Some(secret.to_vec()),
                fingerprint: MessageField::some(fingerprint),
                timestamp: Some(self.options.clock.millis()),
            }),
        };
        Message {
            protocol_message: MessageField::some(ProtocolMessage {
                r#type: Some(protocol_message::Type::APP_STATE_SYNC_KEY_SHARE),
                app_state_sync_key_share: MessageField::some(AppStateSyncKeyShare { keys: vec![key] }),
                ..ProtocolMessage::default()
            }),
            ..Message::default()
        }
    }
}

fn text_of(text: &str) -> Message {
    Message { conversation: Some(text.to_owned()), ..Message::default() }
}

/// Encrypts for a device, with a session that is begun from the keys on the server if there is none.
async fn seal(phone: &Phone, device: &Device, plain: &[u8]) -> Result<crate::phone::Sealed> {
    let address = address_of(device);
    if !phone.has_session(&address).await {
        let one_time = lock(&device.inside).pre_keys.pop_front();
        let signed = lock(&device.inside).signed_pre_key.clone();
        meet(phone, device, &address, &signed, one_time.as_ref()).await?;
    }
    phone.encrypt(&address, plain).await
}

async fn meet(
    phone: &Phone,
    device: &Device,
    address: &ProtocolAddress,
    signed: &PublicPreKey,
    one_time: Option<&PublicPreKey>,
) -> Result<()> {
    let key = |bytes: &[u8]| PublicKey::from_djb_public_key_bytes(bytes);
    let one_time = one_time.map(|pre_key| Ok::<_, Error>((pre_key.id.into(), key(&pre_key.key)?))).transpose()?;
    let bundle = PreKeyBundle::new(
        device.who.registration_id,
        u32::from(device.who.id).into(),
        one_time,
        signed.id.into(),
        key(&signed.key)?,
        array::<64>(&signed.signature).ok_or(Error::Proof("the signature of a signed pre-key"))?.to_vec(),
        IdentityKey::new(key(&device.who.identity)?),
    )?;
    phone.meet(address, &bundle).await
}

/// The device could not read what a phone wrote: the phone begins a new session and sends it again under the same id.
pub(crate) fn write_again(connection: &Connection, receipt: &NodeRef<'_>) {
    let (Some(device), Some(to)) = (connection.device().cloned(), attr_jid(receipt, "to")) else { return };
    // Another linked device wrote it, and was told.
    if to.device != 0 {
        return;
    }
    let Some(id) = attr(receipt, "id") else { return };
    let keys = receipt.get_optional_child("keys").map(offered_keys);
    let world = Arc::clone(&connection.world);
    tokio::spawn(async move {
        if let Err(error) = resend(&world, &device, &to, &id, keys).await {
            world.log.error(format!("cannot write {id} again: {error}"));
        }
    });
}

fn offered_keys(keys: &NodeRef<'_>) -> (PublicPreKey, Option<PublicPreKey>) {
    let pre_key = |node: &NodeRef<'_>| PublicPreKey {
        id: number(&bytes(node, "id").unwrap_or_default()),
        key: bytes(node, "value").unwrap_or_default(),
        signature: bytes(node, "signature").unwrap_or_default(),
    };
    let signed = keys.get_optional_child("skey").map(pre_key).unwrap_or_default();
    (signed, keys.get_optional_child("key").map(pre_key))
}

async fn resend(
    world: &World,
    device: &Arc<Device>,
    to: &Jid,
    id: &str,
    keys: Option<(PublicPreKey, Option<PublicPreKey>)>,
) -> Result<()> {
    let phone = world.phone_at(to).ok_or(Error::NobodyWaits)?;
    let Some((edit, plain)) = phone.written(id).await else {
        // Keys of the app state are the only thing a phone sends without keeping it.
        return world.share_keys(device).await;
    };
    let address = address_of(device);
    phone.forget_session(&address).await;
    if let Some((signed, one_time)) = keys {
        meet(&phone, device, &address, &signed, one_time.as_ref()).await?;
    }
    world.write_to(&phone, device, id, &edit, &plain).await
}

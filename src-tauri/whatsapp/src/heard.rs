//! What the library says, in core's words. Pure: an event or a message in, signals out.
//!
//! Phones are E.164, hidden identities are written as WhatsApp does, `…@lid`, both without the device.

use ulak_core::clock::Millis;
use ulak_core::session::client::{Closed, Signal};
use ulak_core::session::messenger::{Receipt, ReceiptKind};
use whatsapp_rust::Jid;
use whatsapp_rust::types::events::{self, ConnectFailureReason, Event};
use whatsapp_rust::types::message::{MessageInfo, MessageSource};
use whatsapp_rust::types::presence::ReceiptType;
use whatsapp_rust::wacore::types::message::{EditAttribute, MessageCategory};
use whatsapp_rust::wacore_binary::JidExt as _;

/// The number that listens, under both its names.
#[derive(Clone, Debug, Default)]
pub struct Own {
    pub phone: Option<Jid>,
    pub lid: Option<Jid>,
}

impl Own {
    fn is(&self, jid: &Jid) -> bool {
        [&self.phone, &self.lid].into_iter().flatten().any(|own| own.is_same_user_as(jid))
    }

    /// Device 0 is the phone; the others are linked to it.
    fn is_phone(&self, jid: &Jid) -> bool {
        jid.device == 0 && self.is(jid)
    }
}

pub fn phone_of(jid: &Jid) -> Option<String> {
    jid.is_pn().then(|| format!("+{}", jid.user_base()))
}

pub fn lid_of(jid: &Jid) -> Option<String> {
    jid.is_lid().then(|| jid.to_non_ad_string())
}

/// The ticks that a receipt stands for. Only the recipient's count: a number's own devices confirm too.
pub fn receipts(own: &Own, receipt: &events::Receipt) -> Vec<Receipt> {
    let kind = match receipt.r#type {
        ReceiptType::Delivered => ReceiptKind::Delivered,
        ReceiptType::Read => ReceiptKind::Read,
        ReceiptType::Played => ReceiptKind::Played,
        _ => return Vec::new(),
    };
    if own.is(&receipt.source.sender) || !is_person(&receipt.source.chat) {
        return Vec::new();
    }
    let at = receipt.timestamp.timestamp_millis();
    receipt.message_ids.iter().map(|id| Receipt { wire_id: id.clone(), kind, at }).collect()
}

/// The owner used the phone: it confirmed something itself, or wrote something.
pub fn phone_confirmed(own: &Own, receipt: &events::Receipt) -> bool {
    own.is_phone(&receipt.source.sender)
}

pub fn phone_wrote(own: &Own, info: &MessageInfo) -> bool {
    own.is_phone(&info.source.sender)
}

fn is_person(jid: &Jid) -> bool {
    (jid.is_pn() || jid.is_lid()) && !jid.is_bot() && !jid.is_psa()
}

/// A message of a person to this number, or what they made of an earlier one: no group, no status, nothing deleted.
pub fn is_from_person(own: &Own, info: &MessageInfo) -> bool {
    let source = &info.source;
    !source.is_from_me
        && !source.is_group
        && is_person(&source.chat)
        && is_person(&source.sender)
        && !own.is(&source.sender)
        && info.category == MessageCategory::Empty
        && matches!(info.edit, EditAttribute::Empty | EditAttribute::MessageEdit)
}

/// The phone and the hidden identity of who wrote, as far as the message says them.
pub fn writer(source: &MessageSource) -> (Option<String>, Option<String>) {
    let names = [Some(&source.sender), source.sender_alt.as_ref()];
    let names = || names.into_iter().flatten();
    (names().find_map(phone_of), names().find_map(lid_of))
}

/// What the phone's address book calls a contact.
pub fn name(update: &events::ContactUpdate) -> Option<Signal> {
    let action = &update.action;
    let name = [&action.full_name, &action.first_name].into_iter().flatten().find(|name| !name.trim().is_empty())?;
    let written = action.pn_jid.as_deref().and_then(|jid| jid.parse::<Jid>().ok());
    let phone = phone_of(&update.jid).or_else(|| phone_of(&written?))?;
    Some(Signal::Name { phone, name: name.trim().to_owned(), from_address_book: true })
}

/// Why the connection ends, if this event says so.
pub fn closed(event: &Event, now: Millis) -> Option<Closed> {
    match event {
        Event::LoggedOut(out) => Some(refused(&out.reason)),
        Event::StreamReplaced(_) => Some(Closed::Replaced),
        Event::TemporaryBan(ban) => {
            let code = u16::try_from(ban.code.code()).unwrap_or(402);
            Some(Closed::Banned { code, until: Some(now.saturating_add(ban.expire.num_milliseconds())) })
        }
        Event::ClientOutdated(_) => Some(Closed::Outdated),
        Event::ConnectFailure(failure) => Some(refused(&failure.reason)),
        Event::Disconnected(lost) => Some(Closed::Lost { reason: lost.reason.to_string() }),
        _ => None,
    }
}

/// What the server says when it ends or refuses a connection: 401 logged out, 402 a temporary ban (with a code of 101 to
/// 106 and its end), 403 locked, 405 outdated, 406 banned, 429 too many connections (`ConnectFailureReason` of `wacore`).
fn refused(reason: &ConnectFailureReason) -> Closed {
    match reason {
        ConnectFailureReason::LoggedOut => Closed::LoggedOut,
        ConnectFailureReason::AccountLocked => Closed::Locked,
        ConnectFailureReason::UnknownLogout => Closed::Banned { code: 406, until: None },
        // A ban without its code or its end.
        ConnectFailureReason::TempBanned => Closed::Banned { code: 402, until: None },
        ConnectFailureReason::ClientOutdated | ConnectFailureReason::BadUserAgent => Closed::Outdated,
        ConnectFailureReason::Unknown(429) => Closed::TooMany,
        other => Closed::Lost { reason: other.code().to_string() },
    }
}

/// Why the connection ends after an error of the stream that the library does not tell apart. `None`: the library
/// handles it, or the connection goes on.
pub fn stream_trouble(code: &str) -> Option<Closed> {
    match code {
        "429" => Some(Closed::TooMany),
        "500" | "503" => Some(Closed::Lost { reason: code.to_owned() }),
        _ => None,
    }
}

#[cfg(test)]
#[path = "heard_tests.rs"]
mod tests;

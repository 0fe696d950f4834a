//! Whether a phone is on WhatsApp: asked before the first message, because the server takes messages for numbers that
//! are not, and because writing to many of those gets a number restricted.
//!
//! A yes is remembered for thirty days. A no only for one, so that somebody who joins is not left out for a month.

use std::sync::Arc;

use ulak_core::clock::{DAY, Millis};
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{NoteKind, Notes, Signal};
use ulak_core::session::messenger::Outcome;
use whatsapp_rust::{Client, ContactError, Jid};

use crate::event_reader::EventReader;
use crate::heard::lid_of;
use crate::outcome::{of_iq_error, of_lookup_error};

const YES_FOR: Millis = 30 * DAY;
const NO_FOR: Millis = DAY;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Yes { lid: Option<String> },
    No,
}

pub async fn is_on_whatsapp(
    client: &Client,
    notes: &Arc<dyn Notes>,
    events: &EventReader,
    phone: &str,
) -> Result<Found, Outcome> {
    if let Some(found) = notes.get(NoteKind::OnWhatsapp, phone).await.as_deref().and_then(read) {
        return Ok(found);
    }
    let jid = jid(phone);
    let answers = match client.contacts().is_on_whatsapp(std::slice::from_ref(&jid)).await {
        Ok(answers) => answers,
        Err(ContactError::Iq(error)) => return Err(Outcome::Refused(of_iq_error(&error))),
        Err(_) => return Err(Outcome::Refused(Cause::InvalidMessage)),
    };
    // The server could not say it of this person. That is no "no".
    if let Some(error) = answers.iter().find_map(|answer| answer.contact_error.as_ref()) {
        return Err(Outcome::Refused(of_lookup_error(error.code)));
    }
    let found = match answers.iter().find(|answer| answer.is_registered) {
        Some(answer) => Found::Yes { lid: answer.lid.as_ref().or(Some(&answer.jid)).and_then(lid_of) },
        None => Found::No,
    };
    let (now, note) = (events.clock.now(), written(&found));
    match &found {
        Found::No => notes.put(NoteKind::OnWhatsapp, phone, note, now + NO_FOR).await,
        Found::Yes { lid } => {
            let stopped = match lid {
                Some(lid) => notes.asked_to_stop(lid).await,
                None => false,
            };
            let (phone, lid) = (phone.to_owned(), lid.clone());
            events.queue.push(Signal::Found { phone, lid, note, until: now + YES_FOR });
            if stopped {
                return Err(Outcome::Refused(Cause::AskedToStop));
            }
        }
    }
    Ok(found)
}

/// The address of an E.164 phone.
pub fn jid(phone: &str) -> Jid {
    Jid::pn(phone.trim_start_matches('+'))
}

fn written(found: &Found) -> String {
    match found {
        Found::No => "no".to_owned(),
        Found::Yes { lid: None } => "yes".to_owned(),
        Found::Yes { lid: Some(lid) } => format!("yes {lid}"),
    }
}

fn read(note: &str) -> Option<Found> {
    match note.split_once(' ') {
        Some(("yes", lid)) => Some(Found::Yes { lid: Some(lid.to_owned()) }),
        _ if note == "yes" => Some(Found::Yes { lid: None }),
        _ if note == "no" => Some(Found::No),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for found in [Found::No, Found::Yes { lid: None }, Found::Yes { lid: Some("123@lid".to_owned()) }] {
            assert_eq!(read(&written(&found)), Some(found));
        }
        assert_eq!(read("perhaps"), None);
    }

    #[test]
    fn a_phone_is_addressed_without_its_plus() {
        assert_eq!(jid("+905550000001").to_string(), "905550000001@s.whatsapp.net");
    }
}

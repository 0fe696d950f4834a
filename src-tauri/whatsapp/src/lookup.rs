//! Whether a phone is on WhatsApp: asked before the first message, because the server takes messages for numbers that
//! are not, and because writing to many of those gets a number restricted.
//!
//! A yes is remembered for thirty days. A no only for one, so that somebody who joins is not left out for a month.

use std::sync::Arc;

use ulak_core::clock::{DAY, Millis};
use ulak_core::contact::phone::Phone;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{NoteKind, Notes, Signal};
use ulak_core::session::messenger::Outcome;
use whatsapp_rust::features::IsOnWhatsAppResult;
use whatsapp_rust::{Client, ContactError, Jid};

use crate::event_reader::EventReader;
use crate::heard::{lid_of, phone_of};
use crate::outcome::{of_iq_error, of_lookup_error};

const YES_FOR: Millis = 30 * DAY;
const NO_FOR: Millis = DAY;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Yes {
        lid: Option<String>,
        /// WhatsApp's own phone for the account, where it said it.
        account: Option<String>,
    },
    No,
}

impl Found {
    /// WhatsApp has them under another phone.
    pub fn is_elsewhere(&self, phone: &str) -> bool {
        matches!(self, Self::Yes { account: Some(account), .. } if account != phone)
    }
}

pub async fn is_on_whatsapp(
    client: &Client,
    notes: &Arc<dyn Notes>,
    events: &EventReader,
    phone: &str,
) -> Result<Found, Outcome> {
    let now = events.clock.now();
    if let Some(found) = notes.get(NoteKind::OnWhatsapp, phone).await.as_deref().and_then(read) {
        if found.is_elsewhere(phone) {
            tell(events, phone, &found, now).await?;
        }
        return Ok(found);
    }
    let answers = ask(client, &[phone.to_owned()]).await.map_err(Outcome::Refused)?;
    // The server could not say it of this person. That is no "no".
    if let Some(error) = answers.iter().find_map(|answer| answer.contact_error.as_ref()) {
        return Err(Outcome::Refused(of_lookup_error(error.code)));
    }
    let found = found(answers.iter().find(|answer| answer.is_registered));
    match &found {
        Found::No => notes.put(NoteKind::OnWhatsapp, phone, written(&found), now + NO_FOR).await,
        Found::Yes { lid, .. } => {
            let stopped = match lid {
                Some(lid) => notes.asked_to_stop(lid).await,
                None => false,
            };
            tell(events, phone, &found, now).await?;
            if stopped {
                return Err(Outcome::Refused(Cause::AskedToStop));
            }
        }
    }
    Ok(found)
}

/// Where they are under another phone, core has put it down when this returns, so that the next try goes there.
async fn tell(events: &EventReader, phone: &str, found: &Found, now: Millis) -> Result<(), Outcome> {
    let signal = told(phone, found, now);
    if found.is_elsewhere(phone) {
        return events.queue.push_to_keep(signal).await.map_err(|_| Outcome::Refused(Cause::NotConnected));
    }
    events.queue.push(signal);
    Ok(())
}

/// Asks for many at once and tells core of each what was said. Of whom the server could not say it nothing is told.
pub async fn look_up(client: &Client, events: &EventReader, phones: &[String]) -> Result<(), Cause> {
    let answers = ask(client, phones).await?;
    let (mut signals, mut asked) = (Vec::new(), Ok(()));
    for phone in phones {
        let answer = answers.iter().find(|answer| named(answer).is_some_and(|named| is_spelling(&named, phone)));
        // An answer under quite another phone does not say which question it is for, so that one is asked alone.
        let alone = match answer {
            Some(_) => Vec::new(),
            None => match ask(client, std::slice::from_ref(phone)).await {
                Ok(alone) => alone,
                Err(cause) => {
                    asked = Err(cause);
                    break;
                }
            },
        };
        let Some(answer) = answer.or(alone.first()).filter(|answer| answer.contact_error.is_none()) else { continue };
        let found = found(Some(answer).filter(|answer| answer.is_registered));
        signals.push(told(phone, &found, events.clock.now()));
    }
    // What was found out before a question failed stays.
    let Some(last) = signals.pop() else { return asked };
    signals.into_iter().for_each(|signal| events.queue.push(signal));
    events.queue.push_to_keep(last).await.map_err(|_| Cause::NoAnswer)?;
    asked
}

fn is_spelling(named: &str, phone: &str) -> bool {
    let subscriber = |phone: &str| Phone::from_e164(phone).map(Phone::subscriber);
    named == phone || subscriber(named).is_some_and(|named| subscriber(phone) == Some(named))
}

async fn ask(client: &Client, phones: &[String]) -> Result<Vec<IsOnWhatsAppResult>, Cause> {
    let jids: Vec<Jid> = phones.iter().map(|phone| jid(phone)).collect();
    client.contacts().is_on_whatsapp(&jids).await.map_err(|error| match error {
        ContactError::Iq(error) => of_iq_error(&error),
        _ => Cause::InvalidMessage,
    })
}

/// The phone under which WhatsApp has who is told of.
fn named(answer: &IsOnWhatsAppResult) -> Option<String> {
    phone_of(&answer.jid).or_else(|| answer.pn_jid.as_ref().and_then(phone_of))
}

fn found(answer: Option<&IsOnWhatsAppResult>) -> Found {
    answer.map_or(Found::No, |answer| Found::Yes {
        lid: answer.lid.as_ref().or(Some(&answer.jid)).and_then(lid_of),
        account: named(answer),
    })
}

fn told(phone: &str, found: &Found, now: Millis) -> Signal {
    let (phone, note) = (phone.to_owned(), written(found));
    match found.clone() {
        Found::No => Signal::NotFound { phone, note, until: now + NO_FOR },
        Found::Yes { lid, account } => Signal::Found { phone, account, lid, note, until: now + YES_FOR },
    }
}

/// The address of an E.164 phone.
pub fn jid(phone: &str) -> Jid {
    Jid::pn(phone.trim_start_matches('+'))
}

fn written(found: &Found) -> String {
    match found {
        Found::No => "no".to_owned(),
        Found::Yes { lid, account } => {
            ["yes"].into_iter().chain(lid.as_deref()).chain(account.as_deref()).collect::<Vec<_>>().join(" ")
        }
    }
}

fn read(note: &str) -> Option<Found> {
    let mut words = note.split(' ');
    match words.next() {
        Some("no") => Some(Found::No),
        Some("yes") => {
            let (phones, lids): (Vec<_>, Vec<_>) = words.map(str::to_owned).partition(|word| word.starts_with('+'));
            Some(Found::Yes { lid: lids.into_iter().next(), account: phones.into_iter().next() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let (lid, account) = (|| Some("123@lid".to_owned()), || Some("+5215512340123".to_owned()));
        let yes = |lid, account| Found::Yes { lid, account };
        for found in [Found::No, yes(None, None), yes(lid(), None), yes(None, account()), yes(lid(), account())] {
            assert_eq!(read(&written(&found)), Some(found));
        }
        assert_eq!(read("perhaps"), None);
    }

    #[test]
    fn an_answer_under_the_other_spelling_is_for_the_same_question() {
        assert!(is_spelling("+5215512340123", "+525512340123"));
        assert!(is_spelling("+551187654321", "+5511987654321"));
        assert!(is_spelling("+905385550101", "+905385550101"));
        assert!(!is_spelling("+905385550101", "+905385550102"));
    }

    #[test]
    fn a_phone_is_addressed_without_its_plus() {
        assert_eq!(jid("+905550000001").to_string(), "905550000001@s.whatsapp.net");
    }
}

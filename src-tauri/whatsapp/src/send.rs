//! One part on its way: look the person up, make sure that their phone can read it, put the file in its place, hand the
//! message over, wait for the ack.
//!
//! Whoever waits for the ack does so before the library has the message. The hand-over itself is never broken off: it
//! may hang while the server is away, and what it does to the keys must be finished.

use std::sync::Arc;
use std::time::Duration;

use ulak_core::clock::{Millis, SECOND};
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{ClientError, Signal};
use ulak_core::session::messenger::{Content, Outcome, Outgoing};
use whatsapp_rust::SendOptions;
use whatsapp_rust::prelude::wa;

use crate::client::NumberLine;
use crate::compose;
use crate::heard::lid_of;
use crate::lookup::{self, Found, jid};
use crate::outcome::{may_be_the_file, of_ack, of_send_error};
use crate::polls;
use crate::readable::refuse_unreadable;
use crate::running::Running;

/// The dispatcher gives up after 75 seconds.
const PATIENCE: Duration = Duration::from_secs(74);
/// What is not even handed over by now certainly was not sent.
const PREPARE: Duration = Duration::from_secs(45);

impl NumberLine {
    pub(crate) async fn hand_over(&self, part: Outgoing) -> Outcome {
        let Some(running) = self.running().filter(|running| running.can_send()) else {
            return Outcome::Refused(Cause::NotConnected);
        };
        let patience = tokio::time::sleep(PATIENCE);
        let prepared = tokio::time::timeout(PREPARE, self.prepare(&running, &part)).await;
        let message = match prepared {
            Ok(Ok(message)) => message,
            Ok(Err(refused)) => return refused,
            Err(_) if matches!(part.content, Content::Media { .. }) => return Outcome::Refused(Cause::Uploading),
            Err(_) => return Outcome::Refused(Cause::NotConnected),
        };
        if let Some(held_back) = part.held_back(running.events.clock.as_ref()).await {
            return held_back;
        }
        let outcome = write(&running, &part.wire_id, &part.to, message, patience).await;
        match &outcome {
            Outcome::Accepted => self.tell_lid(&running, &part.to).await,
            Outcome::Refused(cause) if may_be_the_file(cause) => {
                running.events.uploads.doubt(&part.wire_id).await;
            }
            Outcome::Refused(_) | Outcome::Unknown(_) => {}
        }
        outcome
    }

    async fn prepare(&self, running: &Arc<Running>, part: &Outgoing) -> Result<wa::Message, Outcome> {
        match self.look_up(running, &part.to).await {
            Err(outcome) if !part.known || is_about_them(&outcome) => return Err(outcome),
            // Whom the number has talked with is there, whatever a look-up says or fails to say.
            _ => {}
        }
        refuse_unreadable(&running.client, &jid(&part.to)).await?;
        let polls = &running.events.polls;
        match &part.content {
            Content::Text { text, preview } => {
                if part.typing {
                    self.show_typing(running, &part.to, text).await;
                }
                Ok(compose::text(text, preview.as_deref()))
            }
            Content::Poll { text, options } => {
                let secret = polls::secret(polls, &part.wire_id, options).await;
                let secret = secret.ok_or(Outcome::Refused(Cause::NotPrepared))?;
                Ok(compose::poll(text, options, &secret))
            }
            Content::Media { file, caption, name } => {
                let uploads = &running.events.uploads;
                let place = uploads.place(&running.client, file).await.map_err(|error| {
                    tracing::warn!(%error, "a file was not uploaded");
                    Outcome::Refused(if running.can_send() { Cause::UploadFailed } else { Cause::NotConnected })
                })?;
                uploads.used(&part.wire_id, file);
                Ok(compose::media(file, &place, caption.as_deref(), name.as_deref()))
            }
        }
    }

    async fn look_up(&self, running: &Running, phone: &str) -> Result<(), Outcome> {
        let found = lookup::is_on_whatsapp(&running.client, self.notes(), &running.events, phone).await?;
        match found {
            Found::No => Err(Outcome::Refused(Cause::NotOnWhatsapp)),
            // Whether that account has the message already is core's to know.
            found if found.is_elsewhere(phone) => Err(Outcome::Refused(Cause::OtherPhone)),
            Found::Yes { lid, .. } => {
                // Core has learned it with the answer.
                if lid.is_some() {
                    self.is_news(phone);
                }
                Ok(())
            }
        }
    }

    /// People see "typing…" from somebody who is online, so the number is for this moment.
    async fn show_typing(&self, running: &Running, phone: &str, text: &str) {
        let (client, clock) = (&running.client, &running.events.clock);
        let to = jid(phone);
        let shown = client.presence().set_available().await.is_ok();
        let shown = client.chatstate().send_composing(&to).await.is_ok() && shown;
        if shown {
            tokio::time::sleep(clock.real_wait(clock.now() + typing_time(text))).await;
        }
        let _ = client.chatstate().send_paused(&to).await;
        let _ = client.presence().set_unavailable().await;
    }

    /// Tells core once under which hidden identity a phone is written to, so that its answers are recognised.
    async fn tell_lid(&self, running: &Running, phone: &str) {
        if !self.is_news(phone) {
            return;
        }
        let known = running.client.get_lid_pn_entry(&jid(phone)).await.ok().flatten();
        if let Some(lid) = known.and_then(|known| lid_of(&whatsapp_rust::Jid::lid(known.lid.as_ref()))) {
            running.events.queue.push(Signal::Lid { phone: phone.to_owned(), lid });
        }
    }

    pub(crate) async fn say_plainly(&self, to: &str, text: &str) -> Result<(), ClientError> {
        let running = self.running().filter(|running| running.can_send()).ok_or(ClientError::NotConnected)?;
        let patience = tokio::time::sleep(PATIENCE);
        let readable = tokio::time::timeout(PREPARE, refuse_unreadable(&running.client, &jid(to))).await;
        let wire_id = running.client.generate_message_id();
        let outcome = match readable {
            Ok(Ok(())) => write(&running, &wire_id, to, compose::text(text, None), patience).await,
            Ok(Err(refused)) => refused,
            Err(_) => Outcome::Refused(Cause::NotConnected),
        };
        match outcome {
            Outcome::Accepted => Ok(()),
            Outcome::Refused(cause) => Err(ClientError::Refused(cause.to_string())),
            Outcome::Unknown(_) => Err(ClientError::NoAnswer),
        }
    }
}

/// What a look-up shows of the person that goes before having talked with them.
fn is_about_them(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Cause::OtherPhone | Cause::AskedToStop))
}

/// As long as the text takes to write, within a second and four.
fn typing_time(text: &str) -> Millis {
    let letters = Millis::try_from(text.chars().count()).unwrap_or(0);
    (letters * 40).clamp(SECOND, 4 * SECOND)
}

async fn write(
    running: &Arc<Running>,
    wire_id: &str,
    phone: &str,
    message: wa::Message,
    patience: tokio::time::Sleep,
) -> Outcome {
    let Some(mut awaited) = running.events.acks.expect(wire_id) else { return Outcome::Refused(Cause::NotConnected) };
    let (client, to) = (Arc::clone(&running.client), jid(phone));
    let options = SendOptions::default().with_message_id(wire_id);
    let mut handing = tokio::spawn(async move { client.send_message_with_options(to, message, options).await });
    let mut handed = false;
    tokio::pin!(patience);
    loop {
        tokio::select! {
            biased;
            verdict = &mut awaited.verdict => return match verdict {
                Ok(error) => of_ack(error.as_deref()),
                Err(_) => Outcome::Unknown(Cause::ConnectionLost),
            },
            written = &mut handing, if !handed => match written {
                Ok(Ok(_)) => handed = true,
                Ok(Err(error)) => return of_send_error(&error),
                Err(_) => return Outcome::Unknown(Cause::NotWritten),
            },
            () = &mut patience => return Outcome::Unknown(Cause::NoAck),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_takes_a_second_at_least_and_four_at_most() {
        assert_eq!(typing_time("ok"), SECOND);
        assert_eq!(typing_time(&"x".repeat(50)), 2 * SECOND);
        assert_eq!(typing_time(&"x".repeat(4_096)), 4 * SECOND);
    }
}

//! Messages of people. The library hands them over before it confirms them to the server, and waits here until core
//! has kept them: a reply that was heard and not put down comes again at the next connection.
//!
//! Core must not answer `confirm` from behind a send over the same number: while messages that waited at the server come
//! in, the library lets nothing out.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use ulak_core::session::client::{Attached, Reply, Signal};
use whatsapp_rust::anyhow::{self, Context as _};
use whatsapp_rust::types::durability_hook::{InboundDurabilityHook, InboundMessage};
use whatsapp_rust::types::message::MessageInfo;
use whatsapp_rust::wacore::types::message::EditAttribute;
use whatsapp_rust::{Client, Jid, async_trait};

use crate::event_reader::EventReader;
use crate::heard;
use crate::polls;
use crate::words::{Said, album, edited, said};

/// Longer than any database takes. Without an answer the message stays with the server.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Inbox(pub Arc<EventReader>);

#[async_trait]
impl InboundDurabilityHook for Inbox {
    async fn on_messages(&self, client: Arc<Client>, batch: &[InboundMessage]) -> anyhow::Result<()> {
        let mut answers = Vec::new();
        for message in batch {
            answers.extend(self.hear(&client, message).await);
        }
        for answer in answers {
            tokio::time::timeout(PATIENCE, answer).await.context("no answer")?.context("not kept")?;
        }
        Ok(())
    }
}

impl Inbox {
    /// Tells core, and answers what to wait for; `None` for a message that is nothing to core.
    pub async fn hear(&self, client: &Client, message: &InboundMessage) -> Option<oneshot::Receiver<()>> {
        let info = &message.info;
        let own = self.0.own();
        if heard::phone_wrote(&own, info) {
            self.0.phone_seen();
        }
        if !heard::is_from_person(&own, info) {
            return None;
        }
        let (edits, words) = match edited(&message.message) {
            Some((original, words)) => (Some(original.to_owned()), words),
            None if info.edit == EditAttribute::Empty => (None, &*message.message),
            None => return None,
        };
        let said = said(words)?;
        let (phone, lid) = names(client, info).await;
        self.tell_names(&phone, &lid, &info.push_name);
        let reaction = matches!(said, Said::Reaction { .. });
        let (text, quotes, chosen, attached) = match said {
            Said::Words { text, quotes, attached } => (text, quotes, Vec::new(), attached),
            Said::Reaction { to, emoji } => (emoji, Some(to), Vec::new(), None),
            Said::Vote(vote) => {
                let chosen = polls::open(&self.0.polls, client, &vote, &info.source.sender).await?;
                (chosen.join(", "), Some(vote.poll), chosen, None)
            }
        };
        let reply = Reply {
            id: info.id.clone(),
            edits,
            phone,
            lid,
            text,
            quotes,
            chosen,
            push_name: info.push_name.clone(),
            attached: attached.map(|file| Box::new(Attached { album: album(words).map(str::to_owned), ..file })),
            reaction,
            at: info.timestamp.timestamp_millis(),
        };
        Some(self.0.queue.push_to_keep(Signal::Reply(reply)))
    }

    fn tell_names(&self, phone: &Option<String>, lid: &Option<String>, push_name: &str) {
        let Some(phone) = phone else { return };
        if let Some(lid) = lid {
            self.0.queue.push(Signal::Lid { phone: phone.clone(), lid: lid.clone() });
        }
        let name = push_name.trim();
        if !name.is_empty() {
            let name = name.to_owned();
            self.0.queue.push(Signal::Name { phone: phone.clone(), name, from_address_book: false });
        }
    }
}

/// Both names of who wrote: what the message lacks may be known from before.
async fn names(client: &Client, info: &MessageInfo) -> (Option<String>, Option<String>) {
    let (mut phone, mut lid) = heard::writer(&info.source);
    if phone.is_none() || lid.is_none() {
        let known = client.get_lid_pn_entry(&info.source.sender).await.ok().flatten();
        if let Some(known) = known {
            phone = phone.or_else(|| heard::phone_of(&Jid::pn(known.phone_number.as_ref())));
            lid = lid.or_else(|| heard::lid_of(&Jid::lid(known.lid.as_ref())));
        }
    }
    (phone, lid)
}

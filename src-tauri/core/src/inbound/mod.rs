//! What people send back: replies, opt-outs by a word, hidden identities (LIDs) and names.
//!
//! The App hands every signal of a number to `keep` in a transaction and confirms it to WhatsApp after the commit, so
//! it may come again: a reply is received once for (session, sender, wire id), whatever name the sender has at that time.
//! An opt-out counts from the transaction in which it came in; one from somebody known by a LID alone counts from the
//! moment in which the phone behind it is learned.

pub mod stop;
pub mod store;

use sqlx::SqliteConnection;

use crate::clock::Millis;
use crate::contact;
use crate::contact::store::{Stopped, accounts, identities, phone_names, suppressions};
use crate::db::Tx;
use crate::ids::{CampaignId, SessionId};
use crate::outbox::receipt;
use crate::outbox::store::answered;
use crate::session::client::{NoteKind, Reply, Signal};
use crate::session::messenger::{Receipt, ReceiptKind};
use crate::session::store::{notes, numbers};
use crate::settings;
use crate::text::is_blank;
use store::Sender;

/// What changed, for the events and the confirming reply that follow the commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Campaigns that were answered.
    pub campaigns: Vec<CampaignId>,
    pub contacts_changed: bool,
    /// There is one more, or more is known of one.
    pub replies_changed: bool,
    /// A phone calls somebody what was not known.
    pub phone_book_changed: bool,
    /// Who has just opted out, by phone.
    pub opted_out: Vec<String>,
    /// Who has just taken that back.
    pub opted_in: Vec<String>,
}

impl Received {
    fn and(mut self, other: Self) -> Self {
        self.campaigns.extend(other.campaigns);
        self.contacts_changed |= other.contacts_changed;
        self.replies_changed |= other.replies_changed;
        self.phone_book_changed |= other.phone_book_changed;
        self.opted_out.extend(other.opted_out);
        self.opted_in.extend(other.opted_in);
        self
    }
}

/// Keeps what a signal says of people; other signals change nothing here.
pub async fn receive(db: &mut Tx, session: SessionId, signal: &Signal, now: Millis) -> Result<Received, sqlx::Error> {
    match signal {
        Signal::Reply(reply) => keep_reply(db, session, reply, now).await,
        Signal::Lid { phone, lid } => pair(db, phone, lid, now).await,
        Signal::Found { phone, account, lid, note, until } => {
            notes::put(db, NoteKind::OnWhatsapp, notes::EVERYBODYS, phone, note, *until).await?;
            contact::store::found(db, phone, true).await?;
            let received = keep_account(db, phone, account.as_deref(), lid.as_deref(), now).await?;
            // It is written to under that one, of which the same is known.
            if let Some(account) = account.as_deref().filter(|account| account != phone) {
                notes::put(db, NoteKind::OnWhatsapp, notes::EVERYBODYS, account, note, *until).await?;
            }
            Ok(received)
        }
        Signal::NotFound { phone, note, until } => {
            notes::put(db, NoteKind::OnWhatsapp, notes::EVERYBODYS, phone, note, *until).await?;
            contact::store::found(db, phone, false).await?;
            Ok(Received::default())
        }
        Signal::Name { phone, name, from_address_book } => {
            let phone_book_changed = !is_blank(name) && phone_names::note(db, phone, name, *from_address_book).await?;
            Ok(Received { phone_book_changed, ..keep_name(db, session, phone, name, now).await? })
        }
        _ => Ok(Received::default()),
    }
}

async fn keep_reply(db: &mut Tx, session: SessionId, reply: &Reply, now: Millis) -> Result<Received, sqlx::Error> {
    let mut received = Received::default();
    if let (Some(phone), Some(lid)) = (&reply.phone, &reply.lid) {
        received = pair(db, phone, lid, now).await?;
    }
    let Some(sender) = sender(db, reply).await? else { return Ok(received) };
    // What one of the owner's numbers is sent by another comes in there too, and is no answer.
    if answered::quoted(db, &reply.id).await?.is_some() {
        return Ok(received);
    }
    if let Some(wire_id) = &reply.quotes {
        // Whoever answers a part has it, also where its ack and its receipts were lost.
        let proof = Receipt { wire_id: wire_id.clone(), kind: ReceiptKind::Delivered, at: reply.at };
        received.campaigns.extend(receipt::apply(db, &[proof]).await?);
    }
    received = received.and(match reply.reaction {
        true => keep_reaction(db, session, &sender, reply, now).await?,
        false => keep_words(db, session, &sender, reply, now).await?,
    });
    if let Sender::Phone(phone) = &sender {
        received = received.and(keep_name(db, session, phone, &reply.push_name, now).await?);
    }
    Ok(received)
}

async fn keep_words(
    db: &mut Tx,
    session: SessionId,
    sender: &Sender,
    reply: &Reply,
    now: Millis,
) -> Result<Received, sqlx::Error> {
    let meaning = meaning(db, reply).await?;
    let edited = match &reply.edits {
        Some(original) => store::edit(db, session, sender, original, reply, &meaning).await?,
        None => None,
    };
    if let Some(id) = edited {
        return store::link_edited(db, id, &meaning, now).await;
    }
    if store::join_album(db, session, sender, reply).await? {
        return Ok(Received { replies_changed: true, ..Received::default() });
    }
    match store::add(db, session, sender, reply, &meaning, now).await? {
        Some(id) => store::link(db, id, now).await,
        None => Ok(Received::default()),
    }
}

/// A reaction stands with the part that it is put to. Where the owner lets reactions count it is an answer too: one for
/// each part, with the newest emoji, and none once it was taken back. What comes behind a later one says nothing, but for
/// an opt-out.
async fn keep_reaction(
    db: &mut Tx,
    session: SessionId,
    sender: &Sender,
    reaction: &Reply,
    now: Millis,
) -> Result<Received, sqlx::Error> {
    let newest = answered::react(db, reaction).await?;
    let campaigns = newest.into_iter().collect();
    let mut received = Received { campaigns, replies_changed: true, ..Received::default() };
    // One that takes the place of another has an id of its own; what they have in common is the part.
    let id = format!("reaction to {}", reaction.quotes.as_deref().unwrap_or_default());
    if is_blank(&reaction.text) {
        if newest.is_some() {
            store::take_back(db, session, sender, &id).await?;
        }
        return Ok(received);
    }
    if !settings::load(db).await?.reactions_answer {
        return Ok(received);
    }
    let meaning = meaning(db, reaction).await?;
    if newest.is_none() && meaning.word != Some(Word::Stop) {
        return Ok(received);
    }
    if let Some(id) = store::edit(db, session, sender, &id, reaction, &meaning).await? {
        return Ok(received.and(store::link_edited(db, id, &meaning, now).await?));
    }
    let reaction = Reply { id, ..reaction.clone() };
    if let Some(id) = store::add(db, session, sender, &reaction, &meaning, now).await? {
        received = received.and(store::link(db, id, now).await?);
    }
    Ok(received)
}

/// The phone where it is known, by the message itself or by an earlier pair; else the LID.
async fn sender(db: &mut SqliteConnection, reply: &Reply) -> Result<Option<Sender>, sqlx::Error> {
    if let Some(phone) = &reply.phone {
        return Ok(Some(Sender::Phone(phone.clone())));
    }
    let Some(lid) = &reply.lid else { return Ok(None) };
    let phone = identities::phone_of(db, lid).await?;
    Ok(Some(phone.map_or_else(|| Sender::Lid(lid.clone()), Sender::Phone)))
}

/// What a reply says in the owner's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    pub word: Option<Word>,
    /// The word to opt out by that stands among few others; empty where there is none.
    pub near_word: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Stop,
    Start,
}

async fn meaning(db: &mut SqliteConnection, reply: &Reply) -> Result<Meaning, sqlx::Error> {
    let settings = settings::load(db).await?;
    let said = match reply.chosen.as_slice() {
        [one] if reply.text.is_empty() => one,
        _ => &reply.text,
    };
    // A word that the owner has in both lists ends it. Below a photo it may be what the photo shows.
    let word = match said {
        _ if reply.attached.is_some() => None,
        said if stop::is_one_of(said, &settings.stop_words) => Some(Word::Stop),
        said if stop::is_one_of(said, &settings.start_words) => Some(Word::Start),
        _ => None,
    };
    let near_word = stop::near(said, reply.attached.is_some(), &settings.stop_words).unwrap_or_default().to_owned();
    Ok(Meaning { word, near_word })
}

/// Stores which account a phone is of, as far as WhatsApp said it. Who said stop under the account's own phone said it
/// for this one too.
async fn keep_account(
    db: &mut Tx,
    phone: &str,
    account: Option<&str>,
    lid: Option<&str>,
    now: Millis,
) -> Result<Received, sqlx::Error> {
    let mut received = match account {
        Some(account) => same_account(db, phone, account, now).await?,
        None => Received::default(),
    };
    if let Some(lid) = lid {
        received = received.and(pair(db, account.unwrap_or(phone), lid, now).await?);
    }
    Ok(received)
}

async fn same_account(db: &mut Tx, phone: &str, account: &str, now: Millis) -> Result<Received, sqlx::Error> {
    let mut received = Received::default();
    if !accounts::note(db, phone, account, now).await? || phone == account {
        return Ok(received);
    }
    // What was found out about it may be from when it was the other spelling.
    notes::forget(db, NoteKind::OnWhatsapp, notes::EVERYBODYS, account).await?;
    if suppressions::is_suppressed(db, account).await? {
        let who = Stopped { phones: vec![account.to_owned()], ..Stopped::default() };
        received.contacts_changed = contact::store::opt_out(db, &who, now, now).await?;
    }
    Ok(received)
}

/// Stores under which hidden identity a phone writes, and finds out who wrote the replies that came under it before.
/// Who said stop under the identity said it for this phone too: they may have changed their number since.
async fn pair(db: &mut Tx, phone: &str, lid: &str, now: Millis) -> Result<Received, sqlx::Error> {
    let mut received = Received::default();
    let before = identities::phone_of(db, lid).await?;
    if identities::pair(db, phone, lid, now).await? {
        // Two phones with one hidden identity are one account, which has the newer one.
        if let Some(before) = before {
            received = same_account(db, &before, phone, now).await?;
        }
        for reply in store::rename_sender(db, lid, phone).await? {
            received = received.and(store::link(db, reply, now).await?);
        }
        if suppressions::is_suppressed(db, lid).await? {
            let who = Stopped { phones: vec![phone.to_owned()], ..Stopped::default() };
            received.contacts_changed |= contact::store::opt_out(db, &who, now, now).await?;
        }
    }
    Ok(received)
}

/// Fills a name that is empty, where the owner lets this number's phone name contacts.
async fn keep_name(
    db: &mut Tx,
    session: SessionId,
    phone: &str,
    name: &str,
    now: Millis,
) -> Result<Received, sqlx::Error> {
    if is_blank(name) || !numbers::takes_names(db, session).await? {
        return Ok(Received::default());
    }
    let contacts_changed = contact::store::name_nameless(db, phone, name, now).await?;
    Ok(Received { contacts_changed, ..Received::default() })
}

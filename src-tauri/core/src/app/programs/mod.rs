//! What other programs on this computer may do, and the door that lets them in.
//!
//! The door itself (sockets, HTTP) stands outside of the core; whoever keeps it asks here who comes in and hands over
//! what they want. What a program was told is true: it is committed before it is answered.

mod bulk;
mod contacts;
mod files;
mod folders;
mod sending;
mod triggers;

pub use bulk::{BulkPlace, BulkView};
pub use contacts::Person as ProgramContact;
pub use files::Uploaded;
pub use folders::{FolderView, LastFile};
pub use sending::{Accepted, Given, Matter, Recipient};
pub use triggers::{EventPage, EventRow, FieldSample, Fired, FirstTrigger, Tried, TriggersView};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use tokio::sync::Notify;
use uuid::Uuid;

use super::common::{Common, facet};
use super::files::Files;
use super::{Campaigns, People, Problem, locked};
use crate::clock::Millis;
use crate::db::StorageError;
use crate::event::Event;
use crate::feed::{Change, Thing};
use crate::ids::{IdGenerator, MessageId, SessionId, TokenId};
use crate::outbox::store::whose;
use crate::program::{Door, Listening, Once, Program, ProgramError, Token, TokenWish, digest, ending, mint, store};
use crate::settings;

/// Tokens, single messages and lists of them, files, events and triggers: the side of the App that programs meet.
pub struct Programs {
    common: Common,
    people: Arc<People>,
    campaigns: Arc<Campaigns>,
    files: Files,
    practice_id: SessionId,
    listening: Mutex<Listening>,
    /// Calls that are not written down yet. Writing each would sync the disk for every question.
    used: Mutex<BTreeMap<TokenId, (i64, Millis)>>,
    /// A list of messages waits to be taken in.
    bulk: Notify,
    watches: folders::Watches,
}

facet!(Programs);

/// The door and who may come in, as its owner sees them.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ProgramsView {
    pub door: Door,
    pub listening: Listening,
    pub tokens: Vec<Token>,
}

/// A token that was made. What lets in is told this once, and to no log.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct NewToken {
    pub token: Token,
    pub secret: String,
}

impl Programs {
    pub(super) fn new(
        common: Common,
        people: Arc<People>,
        campaigns: Arc<Campaigns>,
        files: Files,
        practice_id: SessionId,
    ) -> Self {
        Self {
            common,
            people,
            campaigns,
            files,
            practice_id,
            listening: Mutex::default(),
            used: Mutex::default(),
            bulk: Notify::new(),
            watches: folders::Watches::default(),
        }
    }

    pub async fn view(&self) -> Result<ProgramsView, Problem> {
        self.note_used().await?;
        let tokens = store::all(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        Ok(ProgramsView { door: self.door().await?, listening: self.listening(), tokens })
    }

    /// Whether the door is to be open, and where.
    pub async fn door(&self) -> Result<Door, Problem> {
        let door = settings::get(&mut *self.reader().await?, settings::key::PROGRAM_DOOR).await;
        Ok(door.map_err(|error| self.db.error(error))?.unwrap_or_default())
    }

    pub async fn set_door(&self, open: bool, port: u16) -> Result<ProgramsView, Problem> {
        let before = self.door().await?;
        let since = if before.open { before.since } else { Some(self.now()) };
        let door = Door { open, port, since: since.filter(|_| open) };
        door.check()?;
        self.put(settings::key::PROGRAM_DOOR, &door).await?;
        self.events.emit(Event::ProgramsChanged);
        self.view().await
    }

    /// What became of opening the door.
    pub fn listening(&self) -> Listening {
        locked(&self.listening).clone()
    }

    /// Whoever keeps the door tells what became of it.
    pub fn set_listening(&self, listening: Listening) {
        let before = std::mem::replace(&mut *locked(&self.listening), listening.clone());
        if before != listening {
            self.events.emit(Event::ProgramsChanged);
        }
    }

    pub async fn make_token(&self, wish: &TokenWish) -> Result<NewToken, Problem> {
        let name = wish.check()?.to_owned();
        let secret = mint()?;
        let now = self.now();
        let token = Token {
            id: IdGenerator::at(now).next(),
            name,
            ending: ending(&secret).to_owned(),
            rights: wish.rights,
            calls: 0,
            used_at: None,
            created_at: now,
        };
        let mut tx = self.db.begin().await?;
        store::keep(&mut tx, &token, &digest(secret.as_bytes())).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ProgramsChanged);
        Ok(NewToken { token, secret: secret.to_string() })
    }

    /// From then on it lets nobody in.
    pub async fn revoke_token(&self, id: TokenId) -> Result<ProgramsView, Problem> {
        let mut tx = self.db.begin().await?;
        let revoked = store::revoke(&mut tx, id, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ProgramsChanged);
        if revoked { self.view().await } else { Err(ProgramError::Gone.into()) }
    }

    /// Who comes with this token; none where it lets nobody in.
    pub async fn admit(&self, secret: &str) -> Result<Option<Program>, Problem> {
        let digest = digest(secret.as_bytes());
        let program = store::program(&mut *self.reader().await?, &digest).await;
        let program = program.map_err(|error| self.db.error(error))?;
        if let Some(program) = program {
            let now = self.now();
            let mut used = locked(&self.used);
            let (calls, at) = used.entry(program.token).or_default();
            (*calls, *at) = (*calls + 1, now);
        }
        Ok(program)
    }

    /// Whether a program that was let in may stay.
    pub async fn may_stay(&self, token: TokenId) -> Result<bool, Problem> {
        let stays = store::lets_in(&mut *self.reader().await?, token).await;
        Ok(stays.map_err(|error| self.db.error(error))?)
    }

    /// Writes down how often tokens were used since it was written down last. Whoever keeps the door calls it now and then,
    /// and at its end.
    pub async fn note_used(&self) -> Result<(), Problem> {
        let used = std::mem::take(&mut *locked(&self.used));
        if used.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for (token, (calls, at)) in used {
            store::used(&mut tx, token, calls, at).await.map_err(|error| self.db.error(error))?;
        }
        Ok(self.db.commit(tx).await?)
    }

    /// Which messages the parts among these changes belong to.
    pub async fn messages_of(&self, changes: &[Change]) -> Result<BTreeMap<Uuid, MessageId>, Problem> {
        let parts: Vec<Uuid> =
            changes.iter().filter(|change| change.thing == Thing::Part).map(|change| change.id).collect();
        let messages = whose::messages_of(&mut *self.reader().await?, &parts).await;
        Ok(messages.map_err(|error| self.db.error(error))?)
    }

    /// What the same request was answered before; none where it is the first.
    pub async fn answered<T: serde::de::DeserializeOwned>(&self, once: Option<&Once>) -> Result<Option<T>, Problem> {
        let Some(once) = once else { return Ok(None) };
        let answered = store::answered(&mut *self.reader().await?, once).await;
        given(answered.map_err(|error| self.db.error(error))??)
    }

    /// Remembers an answer by itself, for what cannot be done twice anyway.
    pub async fn remember(&self, once: Option<&Once>, answer: &impl Serialize) -> Result<(), Problem> {
        let Some(once) = once else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        let known = store::answered(&mut tx, once).await.map_err(|error| self.db.error(error))??;
        if known.is_none() {
            store::remember(&mut tx, once, answer, self.now()).await.map_err(|error| self.db.error(error))?;
        }
        Ok(self.db.commit(tx).await?)
    }
}

/// A stored answer as it was given.
fn given<T: serde::de::DeserializeOwned>(answer: Option<serde_json::Value>) -> Result<Option<T>, Problem> {
    let unreadable = |error: serde_json::Error| StorageError::from(sqlx::Error::Decode(error.into()));
    Ok(answer.map(serde_json::from_value).transpose().map_err(unreadable)?)
}

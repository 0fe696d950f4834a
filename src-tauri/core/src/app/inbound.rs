//! What the layers above the sessions keep of what happens to linked numbers: what people write to them goes to
//! `inbound`, the first one brings credits.

use std::sync::Arc;

use sqlx::SqliteConnection;

use crate::clock::{Millis, SharedClock};
use crate::contact::store;
use crate::db::{Db, StorageError, Tx};
use crate::event::{Event, Events};
use crate::ids::SessionId;
use crate::inbound::{self, Received};
use crate::ledger::{Book, LedgerError, store as ledger};
use crate::session::client::{BoxFuture, Signal};
use crate::session::supervisor::{InboundStore, PlainText};
use crate::settings::{self, Language};

/// The first linked number of an installation brings these, so that the owner can begin.
pub const START_CREDITS: i64 = 1_000;
pub const START_NOTE: &str = "start";

pub(super) struct AppInbound {
    pub db: Arc<Db>,
    pub clock: SharedClock,
    pub events: Events,
}

impl InboundStore for AppInbound {
    fn store<'a>(
        &'a self,
        session: SessionId,
        signal: &'a Signal,
    ) -> BoxFuture<'a, Result<Vec<PlainText>, StorageError>> {
        Box::pin(async move {
            let mut tx = self.db.begin().await?;
            let received = inbound::receive(&mut tx, session, signal, self.clock.now()).await;
            let received = received.map_err(|error| self.db.error(error))?;
            let texts = confirmations(&mut tx, &received).await.map_err(|error| self.db.error(error))?;
            self.db.commit(tx).await?;
            received.campaigns.into_iter().for_each(|campaign| self.events.emit(Event::CampaignChanged(campaign)));
            if received.replies_changed {
                self.events.emit(Event::RepliesChanged);
            }
            if received.contacts_changed || received.phone_book_changed {
                self.events.emit(Event::ContactsChanged);
            }
            Ok(texts)
        })
    }

    fn linked<'a>(&'a self, db: &'a mut Tx, now: Millis) -> BoxFuture<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let given: Option<bool> = settings::get(db, settings::key::START_CREDITS).await?;
            if given == Some(true) {
                return Ok(());
            }
            match ledger::grant(db, Book::Real, START_CREDITS, "", START_NOTE, now).await {
                Ok(()) => {}
                Err(LedgerError::Storage(error)) => return Err(error),
                Err(error) => tracing::error!(%error, "the credits to start with were not granted"),
            }
            settings::put(db, settings::key::START_CREDITS, &true).await?;
            Ok(())
        })
    }
}

/// What those who opted out are told, or took it back, if the owner wants that.
async fn confirmations(db: &mut SqliteConnection, received: &Received) -> Result<Vec<PlainText>, sqlx::Error> {
    if received.opted_out.is_empty() && received.opted_in.is_empty() {
        return Ok(Vec::new());
    }
    let settings = settings::load(db).await?;
    if !settings.stop_reply {
        return Ok(Vec::new());
    }
    let text = |sentences: &Sentences, said: &str, offer: &str, words: &[String]| {
        // The word of the language that it is written in, where the owner has it.
        let word = words.iter().find(|word| sentences.words.contains(&word.as_str())).or_else(|| words.first());
        let offer = word.map(|word| format!(" {}", offer.replace("{word}", word))).unwrap_or_default();
        match settings.business_name.trim() {
            "" => format!("{said}{offer}"),
            business => format!("{business}: {said}{offer}"),
        }
    };
    let mut told = Vec::new();
    for (people, has_stopped) in [(&received.opted_out, true), (&received.opted_in, false)] {
        for to in people {
            let language = store::language_of(db, to).await?.or(settings.language);
            let sentences = Sentences::of(language, &settings.country);
            let text = if has_stopped {
                text(sentences, sentences.stopped, sentences.to_start, &settings.start_words)
            } else {
                text(sentences, sentences.started, sentences.to_stop, &settings.stop_words)
            };
            told.push(PlainText { to: to.clone(), text });
        }
    }
    Ok(told)
}

/// What is confirmed to people, in one language.
struct Sentences {
    stopped: &'static str,
    to_start: &'static str,
    started: &'static str,
    to_stop: &'static str,
    /// The words of this language.
    words: [&'static str; 2],
}

const TURKISH: Sentences = Sentences {
    stopped: "Bundan sonra size mesaj göndermeyeceğiz.",
    to_start: "Yeniden almak isterseniz {word} yazın.",
    started: "Size yeniden mesaj göndereceğiz.",
    to_stop: "İstemezseniz {word} yazın.",
    words: ["BAŞLA", "DUR"],
};

const INDONESIAN: Sentences = Sentences {
    stopped: "Kami tidak akan mengirimi Anda pesan lagi.",
    to_start: "Untuk menerimanya lagi, tulis {word}.",
    started: "Kami akan mengirimi Anda pesan lagi.",
    to_stop: "Untuk berhenti, tulis {word}.",
    words: ["MULAI", "BERHENTI"],
};

const ENGLISH: Sentences = Sentences {
    stopped: "We will not send you messages any more.",
    to_start: "To get them again, write {word}.",
    started: "We will send you messages again.",
    to_stop: "To end it, write {word}.",
    words: ["START", "STOP"],
};

impl Sentences {
    /// In the person's language, else in the owner's; where none was chosen, in that of the owner's country.
    fn of(language: Option<Language>, country: &str) -> &'static Self {
        match (language, country) {
            (Some(Language::Tr), _) | (None, "TR") => &TURKISH,
            (Some(Language::Id), _) | (None, "ID") => &INDONESIAN,
            (Some(Language::En) | None, _) => &ENGLISH,
        }
    }
}

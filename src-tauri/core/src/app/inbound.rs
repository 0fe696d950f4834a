//! What the layers above the sessions keep of what happens to linked numbers: what people write to them goes to
//! `inbound`, the first one brings credits.

use std::sync::Arc;

use sqlx::SqliteConnection;

use crate::clock::{Millis, SharedClock};
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
            if received.contacts_changed {
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

/// What those who opted out are told, if the owner wants that.
async fn confirmations(db: &mut SqliteConnection, received: &Received) -> Result<Vec<PlainText>, sqlx::Error> {
    if received.opted_out.is_empty() {
        return Ok(Vec::new());
    }
    let settings = settings::load(db).await?;
    if !settings.stop_reply {
        return Ok(Vec::new());
    }
    let said = confirmation(settings.language, &settings.country);
    let text = match settings.business_name.trim() {
        "" => said.to_owned(),
        business => format!("{business}: {said}"),
    };
    Ok(received.opted_out.iter().map(|to| PlainText { to: to.clone(), text: text.clone() }).collect())
}

/// In the owner's language; where none was chosen, in that of the owner's country.
fn confirmation(language: Option<Language>, country: &str) -> &'static str {
    match (language, country) {
        (Some(Language::Tr), _) | (None, "TR") => "Bundan sonra size mesaj göndermeyeceğiz.",
        (Some(Language::Id), _) | (None, "ID") => "Kami tidak akan mengirimi Anda pesan lagi.",
        (Some(Language::En) | None, _) => "We will not send you messages any more.",
    }
}

//! What changed, for whoever shows it. An event says where to look again; it carries no state of its own,
//! so a lost or doubled one does no harm.

use tokio::sync::broadcast;

use crate::ids::{CampaignId, ImportId};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    CampaignChanged(CampaignId),
    NowChanged,
    LedgerChanged,
    ContactsChanged,
    SettingsChanged,
    NumbersChanged,
    TemplatesChanged,
    RepliesChanged,
    /// Something was cleared that is no longer kept.
    RetentionChanged,
    /// A backup began, was made or was not, or other ones are wanted.
    BackupsChanged,
    /// A webhook, or what waits for it.
    WebhooksChanged,
    /// The e-mail account, its templates, or a mail.
    MailChanged,
    /// The door for other programs, or their tokens.
    ProgramsChanged,
    /// Triggers, or what they did.
    TriggersChanged,
    ImportChanged(ImportId),
}

#[derive(Clone)]
pub struct Events(broadcast::Sender<Event>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::channel(4096).0)
    }
}

impl Events {
    pub fn emit(&self, event: Event) {
        // No listener is fine: the terminal shows nothing but its own line.
        let _ = self.0.send(event);
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}

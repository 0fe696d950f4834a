//! Events to the window: coalesced, so that a busy campaign cannot flood it.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::AppHandle;
use tauri_specta::Event as _;
use tokio::sync::Mutex;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use ulak_core::app::App;
use ulak_core::contact::import;
use ulak_core::event::Event;
use ulak_core::ids::CampaignId;
use ulak_core::supervise::{Task, supervise};

/// At most ten rounds a second, each event once a round.
const ROUND: Duration = Duration::from_millis(100);
/// What happens together goes together, also after a silence.
const TOGETHER: Duration = Duration::from_millis(20);

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
#[serde(rename_all = "camelCase")]
pub struct CampaignChanged {
    pub campaign_id: CampaignId,
}

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct NowChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct LedgerChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct ContactsChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct SettingsChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct NumbersChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct TemplatesChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct RepliesChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct RetentionChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct BackupsChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct WebhooksChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct MailChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct ProgramsChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct TriggersChanged;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct ImportProgress(pub import::ImportProgress);

/// What there is of a newer version. Not the core's: the shell looks for it.
#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct UpdateChanged;

/// How many files are held over the window; 0 when they left.
#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct FilesOver {
    pub paths: u32,
}

/// Somebody outside the window asks for a page; `asked_page` says which.
#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct PageAsked;

#[derive(Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
pub struct FilesDropped {
    pub paths: Vec<String>,
    pub x: f64,
    pub y: f64,
}

/// Passes the core's events on for as long as the App lives.
pub fn forward(handle: AppHandle, app: Arc<App>) {
    let supervision = app.supervision().clone();
    let events = Mutex::new(app.events().subscribe());
    let app = Arc::downgrade(&app);
    tauri::async_runtime::spawn(async move {
        supervise(Task::Window, &supervision, || pass_on(&handle, &app, &events)).await;
    });
}

/// What happens while it is begun again waits in `events`.
#[expect(clippy::disallowed_methods, reason = "how often the window is told is real time and decides nothing")]
async fn pass_on(handle: &AppHandle, app: &Weak<App>, events: &Mutex<Receiver<Event>>) {
    let mut events = events.lock().await;
    let mut next = Instant::now();
    while let Some(round) = gather(&mut events, next).await {
        next = Instant::now() + ROUND;
        let Some(app) = app.upgrade() else { return };
        for event in round {
            if let Err(error) = emit(handle, &app, event) {
                tracing::warn!(%error, "an event did not reach the window");
            }
        }
    }
}

/// Everything that happens in one round, each event once, no sooner than `next`. None when there will be no more.
#[expect(clippy::disallowed_methods, reason = "how often the window is told is real time and decides nothing")]
async fn gather(events: &mut Receiver<Event>, next: Instant) -> Option<HashSet<Event>> {
    let mut round = HashSet::new();
    take(events.recv().await, &mut round)?;
    let end = tokio::time::sleep_until(next.max(Instant::now() + TOGETHER));
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return Some(round),
            received = events.recv() => take(received, &mut round)?,
        }
    }
}

fn take(received: Result<Event, RecvError>, round: &mut HashSet<Event>) -> Option<()> {
    match received {
        Ok(event) => round.insert(event),
        // More happened than the channel holds: what the window shows in any case is loaded again.
        Err(RecvError::Lagged(_)) => {
            round.extend([Event::NowChanged, Event::LedgerChanged, Event::ContactsChanged, Event::NumbersChanged]);
            round.insert(Event::RepliesChanged);
            true
        }
        Err(RecvError::Closed) => return None,
    };
    Some(())
}

fn emit(handle: &AppHandle, app: &App, event: Event) -> tauri::Result<()> {
    match event {
        Event::CampaignChanged(campaign_id) => CampaignChanged { campaign_id }.emit(handle),
        Event::NowChanged => NowChanged.emit(handle),
        Event::LedgerChanged => LedgerChanged.emit(handle),
        Event::ContactsChanged => ContactsChanged.emit(handle),
        Event::SettingsChanged => SettingsChanged.emit(handle),
        Event::NumbersChanged => NumbersChanged.emit(handle),
        Event::TemplatesChanged => TemplatesChanged.emit(handle),
        Event::RepliesChanged => RepliesChanged.emit(handle),
        Event::BackupsChanged => BackupsChanged.emit(handle),
        Event::RetentionChanged => RetentionChanged.emit(handle),
        Event::WebhooksChanged => WebhooksChanged.emit(handle),
        Event::MailChanged => MailChanged.emit(handle),
        Event::ProgramsChanged => ProgramsChanged.emit(handle),
        Event::TriggersChanged => TriggersChanged.emit(handle),
        Event::ImportChanged(id) => match app.people().import_progress(id) {
            Some(progress) => ImportProgress(progress).emit(handle),
            None => Ok(()),
        },
    }
}

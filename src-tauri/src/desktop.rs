//! What the owner is told by their computer while they look elsewhere. A click leads to the page that it is about.

pub mod awake;
pub mod login;
mod panel;
pub mod tray;
mod words;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use notify_rust::{Notification, NotificationResponse};
use tauri::{AppHandle, Manager};
use tokio::sync::Mutex;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use ulak_core::app::App;
use ulak_core::app::news::Scene;
use ulak_core::event::Event;
use ulak_core::supervise::{Task, supervise};

use crate::door::Door;
use crate::window;
use words::Telling;

/// What happens together is told together.
const TOGETHER: Duration = Duration::from_secs(1);
/// The sending hours open without an event.
const LONGEST: Duration = Duration::from_secs(60);
/// Some desktops keep what was told for days. Of so many at a time a click is waited for.
const MOST_WAITING: usize = 16;

/// Tells for as long as the App lives.
pub fn tell(handle: AppHandle, app: &Arc<App>) {
    let supervision = app.supervision().clone();
    let looking = Mutex::new((app.events().subscribe(), None));
    let app = Arc::downgrade(app);
    tauri::async_runtime::spawn(async move {
        supervise(Task::News, &supervision, || follow(&handle, &app, &looking)).await;
    });
}

/// The scene outlives a fault, so that nothing is told twice.
async fn follow(handle: &AppHandle, app: &Weak<App>, looking: &Mutex<(Receiver<Event>, Option<Scene>)>) {
    let (events, scene) = &mut *looking.lock().await;
    while let Some(app) = app.upgrade() {
        match look(&app, scene).await {
            // Whoever looks at the window sees it there.
            Ok(told) if !window::is_looked_at() => told.into_iter().for_each(|telling| show(handle, telling)),
            Ok(_) => {}
            Err(problem) => tracing::warn!(%problem, "what is new could not be found out"),
        }
        drop(app);
        if let Ok(Err(RecvError::Closed)) = tokio::time::timeout(LONGEST, events.recv()).await {
            return;
        }
        tokio::time::sleep(TOGETHER).await;
        *events = events.resubscribe();
    }
}

async fn look(app: &App, scene: &mut Option<Scene>) -> Result<Vec<Telling>, ulak_core::app::Problem> {
    let news = app.home().news(scene).await?;
    if news.is_empty() {
        return Ok(Vec::new());
    }
    let language = app.settings().current().await?.spoken();
    Ok(news.iter().map(|news| words::telling(news, language)).collect())
}

/// A thread for each, because the wait for a click ends when the desktop says so.
fn show(handle: &AppHandle, telling: Telling) {
    static WAITING: AtomicUsize = AtomicUsize::new(0);
    let handle = handle.clone();
    std::thread::spawn(move || {
        let shown = match notification(&telling).show() {
            Ok(shown) => shown,
            Err(error) => return tracing::warn!(%error, "the computer shows no notifications"),
        };
        if WAITING.fetch_add(1, Ordering::Relaxed) < MOST_WAITING {
            let clicked = |answer: &NotificationResponse| {
                if matches!(answer, NotificationResponse::Default | NotificationResponse::Action(_)) {
                    window::lead(&handle, &telling.page);
                }
            };
            if let Err(error) = shown.wait_for_response(clicked) {
                tracing::warn!(%error, "a click on a notification is not heard");
            }
        }
        WAITING.fetch_sub(1, Ordering::Relaxed);
    });
}

fn notification(telling: &Telling) -> Notification {
    let mut notification = Notification::new();
    notification.appname("Ulak").summary(&telling.title).body(&plain(&telling.body)).icon("ulak");
    // On Linux a click is an action of this name.
    #[cfg(target_os = "linux")]
    notification.action("default", &telling.open);
    #[cfg(all(target_os = "windows", not(debug_assertions)))]
    notification.app_id("app.ulak.desktop");
    notification.finalize()
}

/// Desktops on Linux read marks in the text; a name may hold them.
fn plain(text: &str) -> String {
    if cfg!(target_os = "linux") {
        return text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    }
    text.to_owned()
}

/// What closing the window does.
#[derive(Clone, Copy)]
pub enum Closing {
    IntoTray,
    /// There is no tray.
    Minimised,
}

/// Says once that Ulak goes on, and how it is ended.
pub fn tell_closing(handle: AppHandle, closing: Closing) {
    let way = match closing {
        Closing::IntoTray => "tray",
        Closing::Minimised => "minimised",
    };
    tauri::async_runtime::spawn(async move {
        let told = async {
            let app = handle.state::<Door>().app().await?;
            if app.settings().knows_closing(way).await? {
                return Ok(());
            }
            let telling = words::closing(way, app.settings().current().await?.spoken());
            // Where the computer shows nothing, it is told the next time.
            let shown = tokio::task::spawn_blocking(move || notification(&telling).show().is_ok()).await;
            if shown.unwrap_or(false) { app.settings().closing_told(way).await } else { Ok(()) }
        };
        if let Err::<(), ulak_core::app::Problem>(problem) = told.await {
            tracing::warn!(%problem, "the owner is not told what closing the window does");
        }
    });
}

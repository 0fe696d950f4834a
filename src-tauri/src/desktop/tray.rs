//! The sign beside the clock: how things stand, in a word and as an icon, and what can be done without the window.
//!
//! What it says is the core's `app/tray.rs`. Not every desktop has a place for it: whoever closes the window asks
//! `is_shown` first.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tauri::image::Image;
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Wry, include_image};
use tokio::sync::Mutex;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use ulak_core::app::App;
use ulak_core::app::tray::{Sign, TrayView, needs_owner};
use ulak_core::campaign::doing::Doing;
use ulak_core::event::Event;
use ulak_core::messages::Messages;
use ulak_core::settings::{Language, Settings};
use ulak_core::supervise::{Task, supervise};

use super::panel;
use crate::door::Door;
use crate::{memory, window};

/// What happens together is shown together.
const TOGETHER: Duration = Duration::from_secs(1);

/// Each sign for a panel that is light, and for one that is dark.
const ICONS: [(Sign, Image<'_>, Image<'_>); 4] = [
    (
        Sign::Sending,
        include_image!("icons/tray/sending-on-light.png"),
        include_image!("icons/tray/sending-on-dark.png"),
    ),
    (
        Sign::Waiting,
        include_image!("icons/tray/waiting-on-light.png"),
        include_image!("icons/tray/waiting-on-dark.png"),
    ),
    (Sign::Paused, include_image!("icons/tray/paused-on-light.png"), include_image!("icons/tray/paused-on-dark.png")),
    (
        Sign::NeedsYou,
        include_image!("icons/tray/needs-you-on-light.png"),
        include_image!("icons/tray/needs-you-on-dark.png"),
    ),
];

pub struct Tray {
    icon: TrayIcon,
    /// How things stand; nothing happens at a click.
    line: MenuItem<Wry>,
    open: MenuItem<Wry>,
    turn: MenuItem<Wry>,
    new: MenuItem<Wry>,
    replies: MenuItem<Wry>,
    quit: MenuItem<Wry>,
    /// The panel is.
    dark: bool,
    shown: std::sync::Mutex<Option<(Sign, Face)>>,
}

/// What the line that stops everything does, as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Pause,
    Resume,
    /// Its owner is to see first what was found out about the data folder.
    Look,
}

/// What its lines say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Face {
    does: Turn,
    line: String,
    open: String,
    turn: String,
    new: String,
    replies: String,
    quit: String,
}

/// On the main thread, before there is a window. A desktop without the library for it goes without.
pub fn build(handle: &AppHandle) {
    let built = catch_unwind(AssertUnwindSafe(|| Tray::new(handle)));
    match built {
        Ok(Ok(tray)) => {
            handle.manage(tray);
        }
        Ok(Err(error)) => tracing::warn!(%error, "there is no tray"),
        Err(_) => tracing::warn!("there is no tray: its library is missing"),
    }
}

/// Whether the owner sees it, so that the window can go.
pub fn is_shown(handle: &AppHandle) -> bool {
    handle.try_state::<Tray>().is_some() && panel::has_tray()
}

/// Follows for as long as the App lives.
pub fn follow(handle: AppHandle, app: &Arc<App>) {
    let supervision = app.supervision().clone();
    let events = Mutex::new(app.events().subscribe());
    let app = Arc::downgrade(app);
    tauri::async_runtime::spawn(async move {
        supervise(Task::Tray, &supervision, || keep_up(&handle, &app, &events)).await;
    });
}

async fn keep_up(handle: &AppHandle, app: &Weak<App>, events: &Mutex<Receiver<Event>>) {
    let mut events = events.lock().await;
    while let Some(app) = app.upgrade() {
        let looked = look(&app).await;
        // Whoever ends waits for nobody who holds the App.
        drop(app);
        match looked {
            Ok((sign, face)) => show(handle, sign, face),
            Err(problem) => tracing::warn!(%problem, "the tray does not know how things stand"),
        }
        memory::used();
        loop {
            match events.recv().await {
                Ok(Event::NowChanged | Event::NumbersChanged | Event::RepliesChanged | Event::SettingsChanged) => break,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return,
            }
        }
        tokio::time::sleep(TOGETHER).await;
        *events = events.resubscribe();
    }
}

/// Nobody waits for the main thread: it may be the one that waits for the end.
fn show(handle: &AppHandle, sign: Sign, face: Face) {
    let own = handle.clone();
    let asked = handle.run_on_main_thread(move || {
        if let Some(tray) = own.try_state::<Tray>() {
            tray.show(sign, face);
        }
    });
    if let Err(error) = asked {
        tracing::warn!(%error, "the tray could not be reached");
    }
}

async fn look(app: &App) -> Result<(Sign, Face), ulak_core::app::Problem> {
    let view = app.home().tray().await?;
    let language = app.settings().current().await?.spoken();
    Ok((view.sign, face(&view, language)))
}

fn face(view: &TrayView, language: Language) -> Face {
    let messages = Messages::of(language.as_str());
    let unread = messages.number(view.unread);
    let does = match view {
        TrayView { found: true, .. } => Turn::Look,
        TrayView { now, .. } if now.paused_all => Turn::Resume,
        _ => Turn::Pause,
    };
    let turn = match does {
        Turn::Pause => "now_pause_all",
        Turn::Resume => "now_resume_all",
        Turn::Look => "tray_look",
    };
    Face {
        does,
        line: line(view, &messages),
        open: messages.say("tray_open", &[]),
        turn: messages.say(turn, &[]),
        new: messages.say("home_new_campaign", &[]),
        replies: if view.unread > 0 {
            messages.say("tray_replies_unread", &[("n", &unread)])
        } else {
            messages.say("nav_replies", &[])
        },
        quit: messages.say(if view.is_at_work { "tray_quit_stops" } else { "tray_quit" }, &[]),
    }
}

/// A name comes last, because it may hold anything.
fn line(view: &TrayView, messages: &Messages) -> String {
    let say = |key: &str| messages.say(key, &[]);
    let named = |key: &str, name: &str| messages.say(key, &[("name", name)]);
    let (now, sign) = (&view.now, view.sign);
    let campaign =
        now.name.as_deref().map(|name| if name.is_empty() { say("campaigns_untitled") } else { short(name) });
    let lost = view.lost.as_deref().map(short);
    match (sign, campaign, &lost) {
        _ if view.found => say("tray_found"),
        (Sign::Sending, Some(name), _) => {
            let (done, total) = (messages.number(now.done), messages.number(now.total));
            messages.say("tray_sending", &[("done", &done), ("total", &total), ("name", &name)])
        }
        (Sign::Sending, None, _) => say("tray_sending_plain"),
        (Sign::Paused, _, _) if now.paused_all => say("wait_paused_all"),
        (Sign::Paused, Some(name), _) => named("tray_paused", &name),
        (Sign::Paused, None, _) => say("wait_paused_all"),
        (Sign::NeedsYou, _, Some(number)) => named("tray_needs_you_number", number),
        (Sign::NeedsYou, Some(name), None) if needs_owner(now.wait.kind) => named("tray_needs_you_number", &name),
        // What runs low is the credits, whatever is planned or waits meanwhile.
        (Sign::NeedsYou, ..) => say("tray_needs_you"),
        (Sign::Waiting, Some(name), _) => match now.doing {
            Some(Doing::Planned) => named("tray_planned", &name),
            Some(Doing::Checking) => named("tray_checking", &name),
            _ => named("tray_waiting", &name),
        },
        (Sign::Waiting, None, _) => say("wait_nothing"),
    }
}

impl Tray {
    fn new(handle: &AppHandle) -> tauri::Result<Self> {
        // Until the data are open only the computer says which language.
        let messages = Messages::of(Settings::default().spoken().as_str());
        let item = |id: &str, key: &str, enabled: bool| {
            MenuItem::with_id(handle, id, messages.say(key, &[]), enabled, None::<&str>)
        };
        let line = item("line", "tray_closed", false)?;
        let open = item("open", "tray_open", true)?;
        let turn = item("turn", "now_pause_all", false)?;
        let new = item("new", "home_new_campaign", false)?;
        let replies = item("replies", "nav_replies", false)?;
        let quit = item("quit", "tray_quit", true)?;
        let dark = panel::is_dark();
        let rule = || PredefinedMenuItem::separator(handle);
        let menu =
            Menu::with_items(handle, &[&line, &rule()?, &open, &turn, &new, &rule()?, &replies, &rule()?, &quit])?;
        let builder = TrayIconBuilder::with_id("ulak")
            .menu(&menu)
            .icon(icon(Sign::NeedsYou, dark))
            .icon_as_template(true)
            .show_menu_on_left_click(cfg!(target_os = "macos"))
            .tooltip("Ulak")
            .on_menu_event(|handle, event| chosen(handle, event.id().as_ref()))
            .on_tray_icon_event(|tray, event| {
                let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event
                else {
                    return;
                };
                if !cfg!(target_os = "macos") {
                    window::show(tray.app_handle());
                }
            });
        let icon = builder.build(handle)?;
        Ok(Self { icon, line, open, turn, new, replies, quit, dark, shown: std::sync::Mutex::default() })
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Option<(Sign, Face)>> {
        self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// On the main thread.
    fn show(&self, sign: Sign, face: Face) {
        let before = self.shown().replace((sign, face.clone()));
        let changed = match before {
            Some((was, same)) if was == sign && same == face => Ok(()),
            Some((was, _)) => self.say(&face, (was != sign).then_some(sign)),
            None => self.say(&face, Some(sign)),
        };
        if let Err(error) = changed {
            *self.shown() = None;
            tracing::warn!(%error, "the tray could not be changed");
        }
    }

    fn say(&self, face: &Face, sign: Option<Sign>) -> tauri::Result<()> {
        let items = [
            (&self.line, &face.line),
            (&self.open, &face.open),
            (&self.turn, &face.turn),
            (&self.new, &face.new),
            (&self.replies, &face.replies),
            (&self.quit, &face.quit),
        ];
        for (item, text) in items {
            item.set_text(plain(text))?;
        }
        for item in [&self.turn, &self.new, &self.replies] {
            item.set_enabled(true)?;
        }
        self.icon.set_tooltip(Some(format!("Ulak: {}", face.line)))?;
        match sign {
            Some(sign) => self.icon.set_icon_with_as_template(Some(icon(sign, self.dark)), true),
            None => Ok(()),
        }
    }
}

/// A menu is as wide as its longest line.
const LONGEST: usize = 40;

/// On one line, and no longer than a menu bears.
fn short(name: &str) -> String {
    let mut letters = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let begins: String = letters.by_ref().take(LONGEST).collect();
    if letters.next().is_some() { format!("{begins}…") } else { begins }
}

/// Menus read an ampersand as the mark of a key.
fn plain(text: &str) -> String {
    text.replace('&', "&&")
}

fn icon(sign: Sign, dark: bool) -> Image<'static> {
    let [first, ..] = ICONS;
    let (_, on_light, on_dark) = ICONS.into_iter().find(|(known, ..)| *known == sign).unwrap_or(first);
    if dark { on_dark } else { on_light }
}

fn chosen(handle: &AppHandle, item: &str) {
    match item {
        "open" => window::show(handle),
        "turn" => turn(handle.clone()),
        "new" => window::lead(handle, "/open"),
        "replies" => window::lead(handle, "/replies"),
        "quit" => window::quit(handle),
        _ => {}
    }
}

/// What the line said when it was chosen, whatever has changed since.
fn turn(handle: AppHandle) {
    let does = handle.try_state::<Tray>().and_then(|tray| tray.shown().as_ref().map(|(_, face)| face.does));
    let Some(does) = does.filter(|does| *does != Turn::Look) else { return window::lead(&handle, "/home") };
    tauri::async_runtime::spawn(async move {
        let turned = async {
            let app = handle.state::<Door>().app().await?;
            match does {
                Turn::Resume => app.outbox().resume_everything().await,
                _ => app.outbox().pause_everything().await,
            }
        };
        if let Err(problem) = turned.await {
            tracing::warn!(%problem, "what was chosen in the tray could not be done");
            window::show(&handle);
        }
    });
}

#[cfg(test)]
mod tests {
    use ulak_core::app::NowView;
    use ulak_core::campaign::live::{WaitKind, WaitView};

    use super::*;

    fn view(sign: Sign, doing: Option<Doing>) -> TrayView {
        let now = NowView {
            finished: None,
            campaign_id: None,
            name: doing.map(|_| "Güz & {done}".to_owned()),
            doing,
            done: 486,
            total: 1_151,
            wait: WaitView::plain(WaitKind::Nothing),
            hours_until: None,
            paused_all: doing == Some(Doing::PausedAll),
            clock: 0,
        };
        TrayView { sign, now, unread: 14, lost: None, found: false, is_at_work: sign == Sign::Sending }
    }

    #[test]
    fn every_state_is_said_in_every_language_and_names_stand_as_they_are() {
        let states = [
            (Sign::Sending, Some(Doing::Sending)),
            (Sign::Sending, None),
            (Sign::Waiting, Some(Doing::Waiting)),
            (Sign::Waiting, Some(Doing::Planned)),
            (Sign::Waiting, Some(Doing::Checking)),
            (Sign::Waiting, None),
            (Sign::Paused, Some(Doing::Paused)),
            (Sign::Paused, Some(Doing::PausedAll)),
            (Sign::NeedsYou, Some(Doing::Waiting)),
            (Sign::NeedsYou, None),
        ];
        for (sign, doing) in states {
            let said = [Language::En, Language::Tr, Language::Id].map(|language| face(&view(sign, doing), language));
            for face in &said {
                for text in [&face.line, &face.open, &face.turn, &face.new, &face.replies, &face.quit] {
                    assert!(!text.is_empty() && !text.contains('_'), "{text}");
                }
                assert!(face.replies.contains("14"), "{}", face.replies);
            }
            let [en, tr, indonesian] = said;
            assert!(en.line != tr.line && tr.line != indonesian.line, "{}", en.line);
            assert!(en.quit != tr.quit && tr.quit != indonesian.quit);
        }
        let sending = face(&view(Sign::Sending, Some(Doing::Sending)), Language::En);
        assert_eq!(sending.line, "Sending: Güz & {done}, 486 of 1,151");
        assert_eq!((plain("a & b").as_str(), sending.quit.as_str()), ("a && b", "Quit Ulak, sending stops"));
        let paused = face(&view(Sign::Paused, Some(Doing::PausedAll)), Language::En);
        assert_eq!((paused.does, paused.turn.as_str()), (Turn::Resume, "Resume everything"));
        let found = TrayView { found: true, ..view(Sign::NeedsYou, Some(Doing::PausedAll)) };
        assert_eq!(face(&found, Language::En).does, Turn::Look, "nothing is resumed unseen");
        let long = short(&"ab\n".repeat(40));
        assert!(long.chars().count() == LONGEST + 1 && !long.contains('\n'), "{long}");
        let lost = TrayView { lost: Some("Atölye".to_owned()), ..view(Sign::NeedsYou, None) };
        assert!(face(&lost, Language::Tr).line.contains("Atölye"));
        for (kind, named) in [(WaitKind::Due, false), (WaitKind::Hours, false), (WaitKind::NoNumber, true)] {
            let mut waits = view(Sign::NeedsYou, Some(Doing::Waiting));
            waits.now.wait = WaitView::plain(kind);
            assert_eq!(face(&waits, Language::En).line.contains("Güz"), named, "{kind:?}");
        }
    }

    #[test]
    fn each_sign_has_an_icon_of_its_own_for_either_panel() {
        let all = ICONS;
        let icons: std::collections::BTreeSet<&[u8]> =
            all.iter().flat_map(|(_, light, dark)| [light.rgba(), dark.rgba()]).collect();
        assert_eq!(icons.len(), 8);
    }
}

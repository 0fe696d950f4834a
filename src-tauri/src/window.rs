//! The window: Tauri around the door. It can go and Ulak stays: while the data are open, closing it leaves Ulak in the
//! tray without a page, or where there is no tray makes the window small.

mod handed;
mod place;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tauri::{
    AppHandle, CloseRequestApi, DragDropEvent, Manager, RunEvent, WebviewWindow, WebviewWindowBuilder, Window,
    WindowEvent,
};
use tauri_plugin_autostart::MacosLauncher;
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons};
use tauri_specta::Event as _;
use ulak_core::messages::Messages;

use crate::desktop::tray;
use crate::door::Door;
use crate::events::{FilesDropped, FilesOver, PageAsked};
use crate::stop::Stopping;
use crate::view::AppStatus;
use crate::{bindings, desktop, logs, memory, terminal};

/// What Ulak was started with.
pub struct Start {
    pub data: Option<PathBuf>,
    /// With the computer: into the tray.
    pub hidden: bool,
    /// To bring in or to send, as absolute paths.
    pub files: Vec<PathBuf>,
}

/// A page that somebody outside the window asked for, until the window has taken it.
#[derive(Default)]
pub struct Asked(Mutex<Option<String>>);

impl Asked {
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    fn put(&self, page: String) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(page);
    }
}

/// The last window goes, and Ulak stays.
static STAYS: AtomicBool = AtomicBool::new(false);
/// A panel comes up with the computer, and may be later than Ulak.
const PANEL: Duration = Duration::from_secs(30);

pub fn run(start: Start) -> ExitCode {
    logs::to_terminal();
    memory::keep_little();
    let bindings = bindings::builder();
    let commands = bindings.invoke_handler();
    let at_login = tauri_plugin_autostart::init(MacosLauncher::LaunchAgent, Some(vec!["--hidden"]));
    let mut builder = tauri::Builder::default();
    // The first of all: a second start ends there.
    if !is_automated() {
        builder = builder.plugin(handed::single_instance(start.data.as_deref()));
    }
    let app = builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(at_login)
        .invoke_handler(move |invoke| {
            memory::used();
            commands(invoke)
        })
        .on_window_event(on_window_event)
        .setup(move |app| {
            bindings.mount_events(app);
            let folder = match start.data {
                Some(folder) => folder,
                None => app.path().app_data_dir()?,
            };
            app.manage(Door::new(folder));
            app.manage(Asked::default());
            if let Some(page) = handed::page(&start.files) {
                app.state::<Asked>().put(page);
            }
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(memory::give_back());
            end_when_asked(handle.clone());
            if !is_automated() {
                tray::build(&handle);
            }
            if start.hidden {
                tauri::async_runtime::spawn(begin_hidden(handle));
            } else {
                open(&handle)?;
            }
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(on_run_event);
            ExitCode::SUCCESS
        }
        Err(error) => {
            terminal::warn(&format!("The window could not be opened: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Tests drive several windows with folders of their own side by side, whose driver closes and measures them; the
/// folder's lock keeps them apart.
fn is_automated() -> bool {
    std::env::var_os("TAURI_AUTOMATION").is_some()
}

/// Opens the data without a page. Where that needs the owner, or nothing would be left of Ulak to see, there is a window.
async fn begin_hidden(handle: AppHandle) {
    let status = handle.state::<Door>().open(&handle, None).await;
    if !matches!(status, AppStatus::Open { .. }) {
        return show(&handle);
    }
    let mut waited = Duration::ZERO;
    while !tray::is_shown(&handle) && waited < PANEL {
        const LOOK: Duration = Duration::from_secs(1);
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
    }
    if !tray::is_shown(&handle) {
        match open(&handle) {
            Ok(window) => drop(window.minimize()),
            Err(error) => tracing::warn!(%error, "the window could not be opened"),
        }
    }
}

/// Asked from outside, the window ends as it does when its owner ends it.
fn end_when_asked(handle: AppHandle) {
    tauri::async_runtime::spawn(async move {
        match Stopping::listen() {
            Ok(mut stopping) => handle.exit(stopping.asked().await.code().into()),
            Err(error) => tracing::warn!(%error, "the window does not hear when it is asked to end"),
        }
    });
}

/// The window as the configuration has it, where its owner last had it.
fn open(handle: &AppHandle) -> tauri::Result<WebviewWindow> {
    let windows = &handle.config().app.windows;
    let config = windows.first().ok_or(tauri::Error::WindowNotFound)?;
    STAYS.store(false, Ordering::Relaxed);
    if is_automated() {
        return WebviewWindowBuilder::from_config(handle, config)?.build();
    }
    let window = WebviewWindowBuilder::from_config(handle, config)?.visible(false).build()?;
    place::restore(&window, handle.state::<Door>().folder());
    window.show()?;
    Ok(window)
}

/// Brings the window before its owner's eyes, a new one where it was closed.
pub fn show(handle: &AppHandle) {
    let handle = handle.clone();
    // A window is not built from inside of what an event does.
    tauri::async_runtime::spawn_blocking(move || {
        let window = match handle.get_webview_window("main") {
            Some(window) => window,
            None => match open(&handle) {
                Ok(window) => window,
                Err(error) => return tracing::warn!(%error, "the window could not be opened"),
            },
        };
        let _ = window.show();
        let _ = window.unminimize();
        let _ = window.set_focus();
    });
}

/// Shows a page, by its address without the hash sign. A window that is only opening asks for it when it is there.
pub fn lead(handle: &AppHandle, page: &str) {
    handle.state::<Asked>().put(page.to_owned());
    show(handle);
    if let Err(error) = PageAsked.emit(handle) {
        tracing::warn!(%error, "the window does not hear that a page is asked for");
    }
}

/// Ends Ulak. While something would still go out its owner is asked first.
pub fn quit(handle: &AppHandle) {
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        let Ok(app) = handle.state::<Door>().app().await else { return handle.exit(0) };
        let is_at_work = app.home().tray().await.map(|view| view.is_at_work).unwrap_or_default();
        let settings = app.settings().current().await.unwrap_or_default();
        drop(app);
        if !is_at_work {
            return handle.exit(0);
        }
        let messages = Messages::of(settings.spoken().as_str());
        let say = |key: &str| messages.say(key, &[]);
        let buttons = MessageDialogButtons::OkCancelCustom(say("quit_confirm"), say("quit_stay"));
        let dialog = handle.dialog().message(say("quit_text")).title(say("quit_title")).buttons(buttons);
        dialog.show(move |quits| {
            if quits {
                handle.exit(0);
            }
        });
    });
}

fn on_window_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::DragDrop(drag) => dragged(window, drag),
        WindowEvent::CloseRequested { api, .. } => close(window, api),
        _ => {}
    }
}

/// Files come from the system, with their paths; the page never sees a path that the owner did not give.
fn dragged(window: &Window, drag: &DragDropEvent) {
    let sent = match drag {
        DragDropEvent::Enter { paths, .. } => {
            FilesOver { paths: u32::try_from(paths.len()).unwrap_or(u32::MAX) }.emit(window.app_handle())
        }
        DragDropEvent::Leave => FilesOver { paths: 0 }.emit(window.app_handle()),
        DragDropEvent::Drop { paths, position } => {
            let paths = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
            let scale = window.scale_factor().unwrap_or(1.0);
            let at = position.to_logical::<f64>(scale);
            FilesDropped { paths, x: at.x, y: at.y }.emit(window.app_handle())
        }
        _ => Ok(()),
    };
    if let Err(error) = sent {
        tracing::warn!(%error, "a drop did not reach the window");
    }
}

/// Closing ends Ulak only where nothing could be sent anyway.
fn close(window: &Window, api: &CloseRequestApi) {
    let handle = window.app_handle();
    if is_automated() {
        return;
    }
    let door = handle.state::<Door>();
    place::keep(window, door.folder());
    if !door.is_open() {
        return;
    }
    if tray::is_shown(handle) {
        STAYS.store(true, Ordering::Relaxed);
        desktop::tell_closing(handle.clone(), desktop::Closing::IntoTray);
    } else {
        api.prevent_close();
        if let Err(error) = window.minimize() {
            tracing::warn!(%error, "the window does not become small");
        }
        desktop::tell_closing(handle.clone(), desktop::Closing::Minimised);
    }
}

fn on_run_event(handle: &AppHandle, event: RunEvent) {
    match event {
        // Without a code nobody asked: the last window is gone.
        RunEvent::ExitRequested { code: None, api, .. } if STAYS.load(Ordering::Relaxed) => api.prevent_exit(),
        RunEvent::ExitRequested { .. } => {
            if let Some(window) = handle.get_webview_window("main").filter(|_| !is_automated()) {
                place::keep(window.as_ref().window_ref(), handle.state::<Door>().folder());
            }
        }
        RunEvent::Exit => {
            let door = handle.state::<Door>();
            tauri::async_runtime::block_on(door.close());
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => show(handle),
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            let files: Vec<PathBuf> = urls.iter().filter_map(|url| url.to_file_path().ok()).collect();
            handed::open(handle, &files);
        }
        _ => {}
    }
}

//! The window: Tauri around the door. It can go and Ulak stays: while the data are open, closing it leaves Ulak in the
//! tray without a page, or where there is no tray makes the window small.

mod handed;
mod place;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tauri::{
    AppHandle, CloseRequestApi, DragDropEvent, Manager, RunEvent, WebviewWindow, WebviewWindowBuilder, Window,
    WindowEvent,
};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons};
use tauri_specta::Event as _;
use ulak_core::messages::Messages;

use crate::desktop::tray;
use crate::door::Door;
use crate::events::{FilesDropped, FilesOver, PageAsked};
use crate::spelling::Spelling;
use crate::stop::Stopping;
use crate::update::Updates;
use crate::view::AppStatus;
use crate::{bindings, desktop, logs, memory, terminal, update};

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

    fn is_there(&self) -> bool {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_some()
    }

    fn put(&self, page: String) {
        let mut asked = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *asked = Some(match (asked.take(), page.strip_prefix(handed::FILES)) {
            (Some(before), Some(files)) if before.starts_with(handed::FILES) => format!("{before}&{files}"),
            _ => page,
        });
    }
}

/// Whether the owner looks at it. Kept here, because whoever asks the window waits for the main thread.
static FOCUSED: AtomicBool = AtomicBool::new(false);
/// Counts how often the window was asked for, so that one that is asked for again while it goes stays.
static ASKED_FOR: AtomicU64 = AtomicU64::new(0);
/// What was typed is kept at the latest so long after the window lost the focus.
const LAST_WORDS: Duration = Duration::from_millis(900);
/// Files that are opened together come one by one.
const TOGETHER: Duration = Duration::from_millis(500);

pub fn is_looked_at() -> bool {
    FOCUSED.load(Ordering::Relaxed)
}

/// Whether the data are in their usual folder.
pub struct Usual(pub bool);

/// The last window goes, and Ulak stays.
static STAYS: AtomicBool = AtomicBool::new(false);
/// A panel comes up with the computer, and may be later than Ulak.
const PANEL: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(1);

pub fn run(start: Start) -> ExitCode {
    logs::to_terminal();
    memory::keep_little();
    let bindings = bindings::builder();
    let commands = bindings.invoke_handler();
    let mut builder = tauri::Builder::default();
    // The first of all: a second start ends there.
    if !is_automated()
        && let Some(plugin) = handed::single_instance(start.data.as_deref())
    {
        builder = builder.plugin(plugin);
    }
    #[cfg(not(target_os = "linux"))]
    {
        builder = builder.plugin(desktop::login::plugin());
    }
    let updates = Updates::of_build();
    if let Some(plugin) = updates.plugin() {
        builder = builder.plugin(plugin);
    }
    let app = builder
        .plugin(tauri_plugin_dialog::init())
        .manage(updates)
        // A second start may ask before there is a door.
        .manage(Asked::default())
        .manage(Spelling::default())
        .invoke_handler(move |invoke| {
            memory::used();
            commands(invoke)
        })
        .on_window_event(on_window_event)
        .setup(move |app| {
            bindings.mount_events(app);
            app.manage(Usual(start.data.is_none()));
            let folder = match start.data {
                Some(folder) => folder,
                None => app.path().app_data_dir()?,
            };
            logs::into_folder(&folder);
            if let Some(page) = handed::page(&start.files) {
                app.state::<Asked>().put(page);
            }
            app.manage(Door::new(folder));
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(memory::give_back());
            end_when_asked(handle.clone());
            if !is_automated() {
                tray::build(&handle);
            }
            if start.hidden {
                tauri::async_runtime::spawn(begin_hidden(handle));
            } else {
                there(&handle)?;
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
    if !opened(&handle).await || handle.state::<Asked>().is_there() || needs_a_look(&handle).await {
        return show(&handle);
    }
    let waits = tokio::task::spawn_blocking(move || {
        let mut waited = Duration::ZERO;
        while !tray::is_shown(&handle) && waited < PANEL {
            std::thread::sleep(LOOK);
            waited += LOOK;
        }
        if tray::is_shown(&handle) { Ok(()) } else { there(&handle)?.minimize() }
    });
    if let Ok(Err(error)) = waits.await {
        tracing::warn!(%error, "the window could not be opened");
    }
}

/// The keyring comes up with the computer too.
async fn opened(handle: &AppHandle) -> bool {
    let mut waited = Duration::ZERO;
    loop {
        match handle.state::<Door>().open(handle, None).await {
            AppStatus::Open { .. } => return true,
            AppStatus::Locked { reason } if reason.code == "vault.keyring_closed" && waited < PANEL => {}
            _ => return false,
        }
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
    }
}

/// Something was found out about the data folder that its owner is to see before anything goes on.
async fn needs_a_look(handle: &AppHandle) -> bool {
    match handle.state::<Door>().app().await {
        Ok(app) => app.home().tray().await.map_or(true, |view| view.found),
        Err(_) => true,
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

/// The window, a new one where there is none. One at a time: two that are opened at once would share a name.
fn there(handle: &AppHandle) -> tauri::Result<WebviewWindow> {
    static OPENING: Mutex<()> = Mutex::new(());
    let _one = OPENING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match handle.get_webview_window("main") {
        Some(window) => Ok(window),
        None => open(handle),
    }
}

/// As the configuration has it, where its owner last had it.
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
    // While Ulak only starts, the start shows it.
    if handle.try_state::<Door>().is_none() {
        let asked = handle.state::<Asked>();
        if !asked.is_there() {
            asked.put("/home".to_owned());
        }
        return;
    }
    ASKED_FOR.fetch_add(1, Ordering::Relaxed);
    let handle = handle.clone();
    // A window is not built from inside of what an event does.
    tauri::async_runtime::spawn_blocking(move || {
        let window = match there(&handle) {
            Ok(window) => window,
            Err(error) => return tracing::warn!(%error, "the window could not be opened"),
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
    let (handle, wait) = (handle.clone(), page.starts_with(handed::FILES));
    tauri::async_runtime::spawn(async move {
        if wait {
            tokio::time::sleep(TOGETHER).await;
        }
        if let Err(error) = PageAsked.emit(&handle) {
            tracing::warn!(%error, "the window does not hear that a page is asked for");
        }
    });
}

/// Ends Ulak. While something would still go out, or a list comes in, its owner is asked first.
pub fn quit(handle: &AppHandle) {
    static ASKING: AtomicBool = AtomicBool::new(false);
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        let Ok(app) = handle.state::<Door>().app().await else { return handle.exit(0) };
        // What cannot be found out is asked about.
        let is_at_work = app.home().tray().await.map(|view| view.is_at_work).unwrap_or(true);
        let is_importing = app.people().is_importing();
        let settings = app.settings().current().await.unwrap_or_default();
        drop(app);
        if !is_at_work && !is_importing {
            return handle.exit(0);
        }
        if ASKING.swap(true, Ordering::Relaxed) {
            return;
        }
        let messages = Messages::of(settings.spoken().as_str());
        let say = |key: &str| messages.say(key, &[]);
        let [text, stops] =
            if is_at_work { ["quit_text", "quit_confirm"] } else { ["quit_text_import", "quit_confirm_import"] };
        let buttons = MessageDialogButtons::OkCancelCustom(say(stops), say("quit_stay"));
        let dialog = handle.dialog().message(say(text)).title(say("quit_title")).buttons(buttons);
        dialog.show(move |quits| {
            ASKING.store(false, Ordering::Relaxed);
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
        WindowEvent::Focused(focused) => FOCUSED.store(*focused, Ordering::Relaxed),
        WindowEvent::Destroyed => {
            FOCUSED.store(false, Ordering::Relaxed);
            memory::used();
        }
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
    api.prevent_close();
    if tray::is_shown(handle) {
        go(window.clone());
        desktop::tell_closing(handle.clone(), desktop::Closing::IntoTray);
    } else {
        if let Err(error) = window.minimize() {
            tracing::warn!(%error, "the window does not become small");
        }
        desktop::tell_closing(handle.clone(), desktop::Closing::Minimised);
    }
}

/// It is out of sight at once, and gone when its page has kept what was typed.
fn go(window: Window) {
    let asked_for = ASKED_FOR.load(Ordering::Relaxed);
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "the window does not hide");
    }
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(LAST_WORDS).await;
        if ASKED_FOR.load(Ordering::Relaxed) == asked_for {
            STAYS.store(true, Ordering::Relaxed);
            if let Err(error) = window.destroy() {
                tracing::warn!(%error, "the window does not go");
            }
        }
    });
}

fn on_run_event(handle: &AppHandle, event: RunEvent) {
    match event {
        // Without a code nobody asked: the last window is gone.
        RunEvent::ExitRequested { code: None, api, .. } if STAYS.load(Ordering::Relaxed) => api.prevent_exit(),
        RunEvent::ExitRequested { .. } => {
            if let Some(window) = handle.get_webview_window("main").filter(|_| !is_automated()) {
                place::keep(&window.as_ref().window(), handle.state::<Door>().folder());
            }
        }
        RunEvent::Exit => {
            // Whoever starts it now gets a window of their own, and the folder when this one has let it go.
            if !is_automated() {
                tauri_plugin_single_instance::destroy(handle);
            }
            let door = handle.state::<Door>();
            tauri::async_runtime::block_on(door.close());
            update::begin_again(handle);
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

//! The window: Tauri around the door.

use std::path::PathBuf;
use std::process::ExitCode;

use tauri::{AppHandle, DragDropEvent, Manager, RunEvent, Window, WindowEvent};
use tauri_specta::Event as _;

use crate::door::Door;
use crate::events::{FilesDropped, FilesOver};
use crate::stop::Stopping;
use crate::{bindings, logs, memory, terminal};

pub fn run(data: Option<PathBuf>) -> ExitCode {
    logs::to_terminal();
    memory::keep_little();
    let bindings = bindings::builder();
    let commands = bindings.invoke_handler();
    let mut builder = tauri::Builder::default().plugin(tauri_plugin_dialog::init());
    // Under automation several windows with folders of their own run side by side; the folder's lock keeps them apart.
    if std::env::var_os("TAURI_AUTOMATION").is_none() {
        builder = builder.plugin(tauri_plugin_single_instance::init(|handle, _, _| show(handle)));
    }
    let app = builder
        .invoke_handler(move |invoke| {
            memory::used();
            commands(invoke)
        })
        .on_window_event(on_window_event)
        .setup(move |app| {
            bindings.mount_events(app);
            let folder = match data {
                Some(folder) => folder,
                None => app.path().app_data_dir()?,
            };
            logs::into_folder(&folder);
            app.manage(Door::new(folder));
            tauri::async_runtime::spawn(memory::give_back());
            end_when_asked(app.handle().clone());
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

/// Asked from outside, the window ends as it does when its owner closes it.
fn end_when_asked(handle: AppHandle) {
    tauri::async_runtime::spawn(async move {
        match Stopping::listen() {
            Ok(mut stopping) => handle.exit(stopping.asked().await.code().into()),
            Err(error) => tracing::warn!(%error, "the window does not hear when it is asked to end"),
        }
    });
}

pub fn show(handle: &AppHandle) {
    if let Some(window) = handle.get_webview_window("main") {
        let _ = window.show();
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

/// Files come from the system, with their paths; the page never sees a path that the owner did not give.
fn on_window_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::DragDrop(drag) = event else { return };
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

fn on_run_event(handle: &AppHandle, event: RunEvent) {
    if let RunEvent::Exit = event {
        let door = handle.state::<Door>();
        tauri::async_runtime::block_on(door.close());
    }
}

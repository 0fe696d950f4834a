//! The door to the data: closed, open, or why it does not open.
//!
//! The window asks for the status first; that opens the data where it can. Commands get the App from here or an
//! error that says that it is closed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tauri::AppHandle;
use tokio::sync::Mutex;
use ulak_core::app::{App, BackupContents, Opening, look_into, prepare_restore, restore_prepared};
use ulak_core::error::{Params, Problem};
use ulak_core::vault::SystemKeyring;

use crate::control::{self, Ask, Control};
use crate::terminal::LOOK;
use crate::view::AppStatus;
use crate::{desktop, events, network, prepare, update};

/// Looks until whoever was asked to end has let go of the data: half a minute.
const PATIENCE: u32 = 300;

pub struct Door {
    folder: PathBuf,
    is_open: AtomicBool,
    app: Mutex<Option<Arc<App>>>,
    /// What was typed to open the data, for when they are opened again in this run.
    opened_by: Mutex<Option<String>>,
    /// What stands open beside the data: for other programs, and for commands.
    beside: Mutex<Option<(ulak_api::Kept, Option<Control>)>>,
}

impl Door {
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            is_open: AtomicBool::new(false),
            app: Mutex::new(None),
            opened_by: Mutex::new(None),
            beside: Mutex::new(None),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// False also while it opens.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// The open App.
    pub async fn app(&self) -> Result<Arc<App>, Problem> {
        self.app.lock().await.clone().ok_or_else(closed)
    }

    /// Opens with what the environment gives, or with the secret that the owner typed.
    pub async fn open(&self, handle: &AppHandle, secret: Option<String>) -> AppStatus {
        let mut door = self.app.lock().await;
        if let Some(app) = door.as_ref() {
            return AppStatus::Open { recovery_code: app.settings().recovery_code() };
        }
        let secret = secret.or_else(crate::secret_from_environment);
        let typed = secret.clone();
        let opening = Opening { folder: self.folder.clone(), secret, hurry_first_practice: true, ..Opening::default() };
        match open(opening).await {
            Ok(app) => {
                events::forward(handle.clone(), app.clone());
                desktop::tell(handle.clone(), &app);
                desktop::awake::keep(&app);
                desktop::tray::follow(handle.clone(), &app);
                update::keep_looking(handle.clone(), &app);
                let ending = handle.clone();
                let control = Control::open(&app, move || ending.exit(0));
                *self.beside.lock().await = Some((ulak_api::keep(&app), control));
                let recovery_code = app.settings().recovery_code();
                *door = Some(app);
                *self.opened_by.lock().await = typed;
                self.is_open.store(true, Ordering::Relaxed);
                AppStatus::Open { recovery_code }
            }
            Err(problem) => status_of(problem),
        }
    }

    /// Puts a backup in the place of the data and opens it. Where that is refused, the data open as they were.
    pub async fn restore(
        &self,
        handle: &AppHandle,
        file: PathBuf,
        secret: Option<String>,
    ) -> Result<AppStatus, Problem> {
        let keyring = Arc::new(SystemKeyring);
        // What is refused here has closed nothing.
        let prepared = match self.app().await {
            Ok(app) => app.backups().prepare_restore(&file, secret.clone(), keyring.clone()).await?,
            Err(_) => {
                let secret = secret.clone().or_else(crate::secret_from_environment);
                prepare_restore(&self.folder, &file, secret, keyring.clone()).await?
            }
        };
        let before = self.opened_by.lock().await.clone();
        self.close().await;
        let restored = restore_prepared(&self.folder, prepared, keyring).await;
        let mut status = self.open(handle, None).await;
        for typed in [before, secret].into_iter().flatten() {
            if matches!(status, AppStatus::Locked { .. } | AppStatus::NeedsPassphrase) {
                status = self.open(handle, Some(typed)).await;
            }
        }
        restored.map(|_| status)
    }

    /// What is in a backup, whether the data are open or not.
    pub async fn look(&self, file: PathBuf, secret: Option<String>) -> Result<BackupContents, Problem> {
        match self.app().await {
            Ok(app) => app.backups().look(&file, secret.as_deref()).await,
            Err(_) => {
                let secret = secret.or_else(crate::secret_from_environment);
                look_into(&self.folder, &file, secret, Arc::new(SystemKeyring)).await
            }
        }
    }

    /// Asks whoever has the data open to end, and opens them when that is done.
    pub async fn take_over(&self, handle: &AppHandle) -> Result<AppStatus, Problem> {
        control::ask(&self.folder, &Ask::Stop).await?;
        for _ in 0..PATIENCE {
            match self.open(handle, None).await {
                AppStatus::Failed { error } if error.code == "storage.in_use" => tokio::time::sleep(LOOK).await,
                status => return Ok(status),
            }
        }
        Ok(self.open(handle, None).await)
    }

    /// Sees what is on its way through and closes the data.
    pub async fn close(&self) {
        self.is_open.store(false, Ordering::Relaxed);
        if let Some((programs, control)) = self.beside.lock().await.take() {
            programs.close().await;
            drop(control);
        }
        if let Some(app) = self.app.lock().await.take() {
            app.close().await;
        }
    }
}

async fn open(opening: Opening) -> Result<Arc<App>, Problem> {
    let opening = Opening { network: network::network()?, workshop: prepare::workshop(), ..network::outside(opening) };
    App::open(opening, Arc::new(SystemKeyring)).await
}

fn status_of(problem: Problem) -> AppStatus {
    match problem.code.as_str() {
        "vault.no_keyring" => AppStatus::NeedsPassphrase,
        "vault.secret_needed" | "vault.keyring_closed" | "vault.wrong_secret" => AppStatus::Locked { reason: problem },
        _ => AppStatus::Failed { error: problem },
    }
}

fn closed() -> Problem {
    Problem {
        code: "app.closed".to_owned(),
        message: "Your data is not open. Unlock it first.".to_owned(),
        params: Params::new(),
    }
}

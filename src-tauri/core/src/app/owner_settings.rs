//! What the owner chose.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use super::common::{Common, facet};
use super::credits::NotWritten;
use super::{Problem, locked};
use crate::durable::open_private;
use crate::event::Event;
use crate::inbound::store::marks;
use crate::outbox::window::NeverOpen;
use crate::settings::{self, Settings};

/// What the owner chose for the whole installation, and the code that opens it.
pub struct OwnerSettings {
    common: Common,
    recovery_code: Mutex<Option<String>>,
}

facet!(OwnerSettings);

impl OwnerSettings {
    pub(super) fn new(common: Common, recovery_code: Option<String>) -> Self {
        Self { common, recovery_code: Mutex::new(recovery_code) }
    }

    pub async fn current(&self) -> Result<Settings, Problem> {
        Ok(self.settings().await?)
    }

    pub async fn save_settings(&self, settings: &Settings) -> Result<Settings, Problem> {
        let sound = settings.clone().tidied();
        if !sound.hours().ever_open() {
            return Err(NeverOpen.into());
        }
        self.store(&sound).await?;
        self.events.emit(Event::SettingsChanged);
        self.nudge();
        Ok(sound)
    }

    /// Other words to opt out by are looked for in the newest replies too.
    async fn store(&self, settings: &Settings) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let stored = async {
            let before = settings::load(&mut tx).await?;
            settings::put(&mut tx, settings::key::SETTINGS, settings).await?;
            // Whoever chose fewer days by a slip has some to notice it.
            if settings.kept.clears_sooner_than(before.kept) {
                settings::remove(&mut tx, settings::key::CLEARED_UP_TO).await?;
            }
            if before.stop_words != settings.stop_words {
                marks::find_near_words(&mut tx, &settings.stop_words).await?;
            }
            Ok(())
        };
        stored.await.map_err(|error| self.db.error(error))?;
        Ok(self.db.commit(tx).await?)
    }

    /// The code that opens the data without keyring or passphrase, until the owner says that it is written down.
    pub fn recovery_code(&self) -> Option<String> {
        locked(&self.recovery_code).clone()
    }

    /// Writes the code, below words that say what it is for, into a file of the owner's choice.
    pub fn keep_recovery_code(&self, path: &Path, words: &str) -> Result<(), Problem> {
        let Some(code) = self.recovery_code() else { return Ok(()) };
        let written =
            open_private(OpenOptions::new().create(true).write(true).truncate(true), path).and_then(|mut file| {
                file.write_all(format!("{words}\n\n{code}\n").as_bytes()).and_then(|()| file.sync_all())
            });
        Ok(written.map_err(|error| NotWritten { file: path.display().to_string(), reason: error.to_string() })?)
    }

    /// Whether the owner was told what closing the window does in this way.
    pub async fn knows_closing(&self, way: &str) -> Result<bool, Problem> {
        let told: Option<Vec<String>> = settings::get(&mut *self.reader().await?, settings::key::CLOSING_TOLD)
            .await
            .map_err(|error| self.db.error(error))?;
        Ok(told.unwrap_or_default().iter().any(|known| known == way))
    }

    pub async fn closing_told(&self, way: &str) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let noted = async {
            let mut told: Vec<String> = settings::get(&mut tx, settings::key::CLOSING_TOLD).await?.unwrap_or_default();
            told.push(way.to_owned());
            settings::put(&mut tx, settings::key::CLOSING_TOLD, &told).await
        };
        noted.await.map_err(|error| self.db.error(error))?;
        Ok(self.db.commit(tx).await?)
    }

    pub async fn recovery_code_saved(&self) -> Result<(), Problem> {
        self.put(settings::key::RECOVERY_SAVED, &true).await?;
        *locked(&self.recovery_code) = None;
        self.events.emit(Event::NowChanged);
        // It opens backups from here on.
        self.events.emit(Event::BackupsChanged);
        Ok(())
    }
}

//! What the owner chose.

use std::sync::Mutex;

use super::common::{Common, facet};
use super::{Problem, locked};
use crate::event::Event;
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
        let sound = Settings {
            hours_from: settings.hours_from.min(1440),
            hours_to: settings.hours_to.min(1440),
            ..settings.clone()
        };
        if !sound.hours().ever_open() {
            return Err(NeverOpen.into());
        }
        self.put(settings::key::SETTINGS, &sound).await?;
        self.events.emit(Event::SettingsChanged);
        self.nudge();
        Ok(sound)
    }

    /// The code that opens the data without keyring or passphrase, until the owner says that it is written down.
    pub fn recovery_code(&self) -> Option<String> {
        locked(&self.recovery_code).clone()
    }

    pub async fn recovery_code_saved(&self) -> Result<(), Problem> {
        self.put(settings::key::RECOVERY_SAVED, &true).await?;
        *locked(&self.recovery_code) = None;
        self.events.emit(Event::NowChanged);
        Ok(())
    }
}

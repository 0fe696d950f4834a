//! Numbers and the practice number's own options.

use super::{NumberView, Numbers, Practice, Problem};
use crate::event::Event;
use crate::ids::SessionId;
use crate::session::practice::PracticeOptions;
use crate::session::{Pace, store as sessions};
use crate::settings;

impl Numbers {
    pub async fn save_pace(&self, id: SessionId, pace: &Pace) -> Result<NumberView, Problem> {
        pace.check()?;
        let mut tx = self.db.begin().await?;
        sessions::set_pace(&mut tx, id, pace).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.sends_otherwise(id).await
    }

    /// The owner was warned, and lets a number send more than its warm-up allows.
    pub async fn end_warm_up(&self, id: SessionId) -> Result<NumberView, Problem> {
        let mut tx = self.db.begin().await?;
        sessions::end_warm_up(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.sends_otherwise(id).await
    }

    async fn sends_otherwise(&self, id: SessionId) -> Result<NumberView, Problem> {
        self.numbers.changed();
        self.events.emit(Event::SettingsChanged);
        self.nudge();
        self.view(id).await
    }

    pub async fn rename_session(&self, id: SessionId, name: &str) -> Result<NumberView, Problem> {
        let mut tx = self.db.begin().await?;
        sessions::rename(&mut tx, id, name).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.numbers.changed();
        self.events.emit(Event::SettingsChanged);
        self.view(id).await
    }
}

impl Practice {
    pub async fn practice_options(&self) -> Result<PracticeOptions, Problem> {
        let stored = settings::get(&mut *self.reader().await?, settings::key::PRACTICE).await;
        Ok(stored.map_err(|error| self.db.error(error))?.unwrap_or_default())
    }

    pub async fn save_practice_options(&self, options: PracticeOptions) -> Result<PracticeOptions, Problem> {
        let sound = PracticeOptions {
            read_percent: options.read_percent.min(100),
            fail_percent: options.fail_percent.min(100),
            unreachable_percent: options.unreachable_percent.min(100),
            delay_ms: options.delay_ms.min(600_000),
        };
        self.put(settings::key::PRACTICE, &sound).await?;
        self.practice.set_options(sound);
        Ok(sound)
    }
}

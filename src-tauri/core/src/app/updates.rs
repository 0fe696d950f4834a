//! When Ulak looks for a newer version of itself, and what its restart waits for. Pure, but for what it is asked with.
//!
//! Who looks, downloads and installs is the shell (`update.rs`). A build that knows no place to look has none of that.

use serde::Serialize;

use super::tray::Sign;
use super::{App, Home, Problem};
use crate::campaign::doing::Doing;
use crate::clock::{DAY, HOUR, Millis};
use crate::db::StorageError;
use crate::ledger::Book;
use crate::outbox::store::reading;

/// The last time that Ulak looked for a newer version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    pub at: Millis,
    /// There was an answer, whatever it said.
    pub answered: bool,
}

/// At every start, and then once a day; after a look without an answer in an hour. A clock that was set back puts off
/// nothing.
pub fn is_due(last: Option<Looked>, now: Millis) -> bool {
    last.is_none_or(|last| !(0..if last.answered { DAY } else { HOUR }).contains(&(now - last.at)))
}

/// What a restart at this moment would break off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum OnItsWay {
    Sending {
        /// Of the campaign, where it is one.
        name: Option<String>,
    },
    Importing,
    BackingUp,
}

/// What the answer is made of.
#[derive(Clone, Debug, Default)]
struct AtWork {
    sends: bool,
    campaign: Option<String>,
    imports: bool,
    backs_up: bool,
}

/// What is only planned, or waits for its hours, is no reason to wait: it goes on after the restart.
fn on_its_way(work: AtWork) -> Option<OnItsWay> {
    match work {
        AtWork { sends: true, campaign, .. } => Some(OnItsWay::Sending { name: campaign }),
        AtWork { imports: true, .. } => Some(OnItsWay::Importing),
        AtWork { backs_up: true, .. } => Some(OnItsWay::BackingUp),
        _ => None,
    }
}

impl Home {
    /// A part was handed over, and its answer is not there.
    async fn has_part_on_its_way(&self) -> Result<bool, Problem> {
        let mut reader = self.reader().await?;
        for book in Book::ALL {
            let tally = reading::tally_of_book(&mut reader, book).await.map_err(StorageError::from)?;
            if tally.parts.sending > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl App {
    /// Something of it may be handed over at any moment. A part that is on its way counts also where all is paused.
    pub async fn on_its_way(&self) -> Result<Option<OnItsWay>, Problem> {
        let view = self.home().tray().await?;
        let sends = view.sign == Sign::Sending || self.home().has_part_on_its_way().await?;
        let campaign = view.now.name.filter(|_| view.now.doing == Some(Doing::Sending));
        let (imports, backs_up) = (self.people().is_importing(), self.backups().is_running());
        Ok(on_its_way(AtWork { sends, campaign, imports, backs_up }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_at_the_start_then_once_a_day_and_after_silence_in_an_hour() {
        let now = 1_000 * DAY;
        let looked = |ago: Millis, answered: bool| Some(Looked { at: now - ago, answered });
        for (last, due) in [
            (None, true),
            (looked(0, true), false),
            (looked(DAY - 1, true), false),
            (looked(DAY, true), true),
            (looked(HOUR - 1, false), false),
            (looked(HOUR, false), true),
            (looked(-1, true), true),
        ] {
            assert_eq!(is_due(last, now), due, "{last:?}");
        }
    }

    #[test]
    fn what_is_being_sent_is_named_before_what_else_runs() {
        let nothing = AtWork::default();
        let sends = AtWork { sends: true, campaign: Some("Güz".to_owned()), imports: true, ..nothing.clone() };
        assert_eq!(on_its_way(sends), Some(OnItsWay::Sending { name: Some("Güz".to_owned()) }));
        assert_eq!(on_its_way(AtWork { imports: true, ..nothing.clone() }), Some(OnItsWay::Importing));
        assert_eq!(on_its_way(AtWork { backs_up: true, ..nothing.clone() }), Some(OnItsWay::BackingUp));
        assert_eq!(on_its_way(nothing), None);
    }
}

//! How everything is: the numbers, sending, the books, the disk, the clock, the keys, the data, the backups. Each with a
//! state; the window has the sentences and says what to do.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::backups::{Backups, BackupsView};
use super::common::{Common, facet};
use super::numbers::is_up;
use super::programs::Programs;
use super::{NumberKind, NumberView, Numbers, Problem};
use crate::backup::BackupError;
use crate::clock::{DAY, Millis};
use crate::error::Params;
use crate::ids::SessionId;
use crate::ledger::Book;
use crate::outbox::dispatcher::Dispatcher;
use crate::params;
use crate::program::Listening;
use crate::settings::{self, key};

/// A backup that is older deserves a look.
const OLD_BACKUP: Millis = 3 * DAY;
/// The whole file was looked through so lately that it counts.
const OLD_CHECK: Millis = 30 * DAY;
const MEGABYTE: u64 = 1024 * 1024;
/// With less than this nothing can be saved soon.
const NO_ROOM: u64 = 200 * MEGABYTE;
const LITTLE_ROOM: u64 = 1024 * MEGABYTE;

pub struct Health {
    common: Common,
    numbers: Arc<Numbers>,
    backups: Arc<Backups>,
    dispatcher: Arc<Dispatcher>,
    programs: Arc<Programs>,
}

facet!(Health);

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct HealthView {
    pub at: Millis,
    pub version: String,
    /// Those that need a look first.
    pub rows: Vec<HealthRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct HealthRow {
    pub kind: HealthKind,
    pub state: HealthState,
    pub params: Params,
    /// The number that it is about.
    pub number: Option<SessionId>,
    /// What went wrong, where it has a sentence of its own.
    pub problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum HealthState {
    Bad,
    Look,
    Good,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum HealthKind {
    Number,
    NoNumber,
    /// What was found out at the start, or met since.
    Found,
    Paused,
    Sending,
    /// Programs should be let in and are not. `port`, and `reason` where no other program has it.
    DoorShut,
    /// `credits`: the balance of real ones.
    Ledger,
    LedgerStopped,
    /// `free` and `used` in bytes.
    Disk,
    DiskUnknown,
    /// `zone`.
    Clock,
    /// `ahead`: so many milliseconds ahead of WhatsApp's, negative where it is behind.
    ClockOff,
    /// The data's clock runs faster than the world's.
    FastClock,
    Keyring,
    Passphrase,
    /// The recovery code was not written down.
    CodeUnknown,
    /// `at`: when the whole file was looked through last.
    Data,
    DataUnchecked,
    DataDamaged,
    /// `at` and `bytes` of the newest.
    Backup,
    BackupOld,
    NoBackup,
    BackupFails,
}

impl HealthRow {
    fn of(kind: HealthKind, state: HealthState) -> Self {
        Self { kind, state, params: Params::new(), number: None, problem: None }
    }

    fn with(self, params: Params) -> Self {
        Self { params, ..self }
    }

    /// The code of what is bad of anything but a number.
    fn wrong(&self) -> Option<String> {
        if self.state != HealthState::Bad || self.kind == HealthKind::Number {
            return None;
        }
        let kind = || serde_json::to_value(self.kind).ok()?.as_str().map(str::to_owned);
        self.problem.as_ref().map(|problem| problem.code.clone()).or_else(kind)
    }
}

/// When the whole file of data was looked through, and whether it was sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DataChecked {
    pub at: Millis,
    pub sound: bool,
}

impl Health {
    pub(super) fn new(
        common: Common,
        numbers: Arc<Numbers>,
        backups: Arc<Backups>,
        dispatcher: Arc<Dispatcher>,
        programs: Arc<Programs>,
    ) -> Self {
        Self { common, numbers, backups, dispatcher, programs }
    }

    /// What keeps Ulak from its work, as codes for monitors; nothing where it is well. Of linked numbers it is enough
    /// that one is connected.
    pub async fn wrong(&self) -> Result<Vec<String>, Problem> {
        let rows = self.view().await?.rows;
        let linked: Vec<&HealthRow> = rows.iter().filter(|row| row.kind == HealthKind::Number).collect();
        let connected = |row: &&HealthRow| row.params.get("state").is_some_and(|state| is_up(state));
        let mut wrong: Vec<String> = rows.iter().filter_map(HealthRow::wrong).collect();
        if !linked.is_empty() && !linked.iter().any(connected) {
            wrong.push("no_number_connected".to_owned());
        }
        Ok(wrong)
    }

    pub async fn view(&self) -> Result<HealthView, Problem> {
        let mut rows = number_rows(&self.numbers.list().await?);
        rows.extend(self.found_rows());
        rows.push(self.sending_row().await?);
        rows.extend(door_row(self.programs.listening()));
        rows.push(self.ledger_row().await?);
        rows.push(disk_row(self.db.free(), self.db.bytes()));
        rows.push(self.clock_row().await?);
        let backups = self.backups.facts().await?;
        rows.extend(key_rows(&backups));
        rows.push(self.data_row().await?);
        rows.push(backup_row(&backups, self.now()));
        rows.sort_by_key(|row| row.state);
        Ok(HealthView { at: self.now(), version: env!("CARGO_PKG_VERSION").to_owned(), rows })
    }

    fn found_rows(&self) -> Vec<HealthRow> {
        let found = self.found.all().into_iter().map(|problem| (HealthState::Bad, problem));
        let met = self.notices.all().into_iter().map(|notice| (HealthState::Look, notice.problem));
        let row = |(state, problem)| HealthRow { problem: Some(problem), ..HealthRow::of(HealthKind::Found, state) };
        found.chain(met).map(row).collect()
    }

    async fn sending_row(&self) -> Result<HealthRow, Problem> {
        let paused = settings::get(&mut *self.reader().await?, key::PAUSED_ALL).await;
        let paused: bool = paused.map_err(|error| self.db.error(error))?.unwrap_or(false);
        Ok(match paused {
            true => HealthRow::of(HealthKind::Paused, HealthState::Look),
            false => HealthRow::of(HealthKind::Sending, HealthState::Good),
        })
    }

    async fn ledger_row(&self) -> Result<HealthRow, Problem> {
        for book in Book::ALL {
            if let Err(problem) = self.dispatcher.refuse_stopped(book) {
                let row = HealthRow::of(HealthKind::LedgerStopped, HealthState::Bad);
                return Ok(HealthRow { problem: Some(problem), ..row });
            }
        }
        let balance = crate::ledger::store::balance(&mut *self.reader().await?, Book::Real).await;
        let credits = balance.map_err(|error| self.db.error(error))?.balance();
        Ok(HealthRow::of(HealthKind::Ledger, HealthState::Good).with(params! { credits: credits }))
    }

    async fn clock_row(&self) -> Result<HealthRow, Problem> {
        let line = settings::get(&mut *self.reader().await?, key::TIME_LINE).await;
        let line: Option<crate::clock::TimeLine> = line.map_err(|error| self.db.error(error))?;
        let zone = self.settings().await?.zone;
        Ok(match line.filter(|line| !line.is_the_worlds()) {
            Some(line) => HealthRow::of(HealthKind::FastClock, HealthState::Look).with(params! { factor: line.factor }),
            None => of_clock(self.numbers.numbers.clock_ahead(), zone.name()),
        })
    }

    async fn data_row(&self) -> Result<HealthRow, Problem> {
        if let Err(error) = self.db.refuse_damaged() {
            let row = HealthRow::of(HealthKind::DataDamaged, HealthState::Bad);
            return Ok(HealthRow { problem: Some(Problem::of(&error)), ..row });
        }
        let checked = settings::get(&mut *self.reader().await?, key::DATA_CHECKED).await;
        let checked: Option<DataChecked> = checked.map_err(|error| self.db.error(error))?;
        Ok(match checked {
            Some(checked) if !checked.sound => HealthRow::of(HealthKind::DataDamaged, HealthState::Bad),
            Some(DataChecked { at, .. }) if self.now() - at < OLD_CHECK => {
                HealthRow::of(HealthKind::Data, HealthState::Good).with(params! { at: at })
            }
            _ => HealthRow::of(HealthKind::DataUnchecked, HealthState::Good),
        })
    }

    /// Looks the whole file through: every page against its seal, then the structure.
    pub async fn check_data(&self) -> Result<DataChecked, Problem> {
        let sound = self.db.is_sound().await?.ok_or(BackupError::Busy)?;
        let checked = DataChecked { at: self.now(), sound };
        self.put(key::DATA_CHECKED, &checked).await?;
        Ok(checked)
    }
}

/// Whether only the owner can help is the window's word for it too (`number-words.ts`).
fn number_rows(numbers: &[NumberView]) -> Vec<HealthRow> {
    let linked: Vec<&NumberView> = numbers.iter().filter(|number| number.kind == NumberKind::Whatsapp).collect();
    if linked.is_empty() {
        return vec![HealthRow::of(HealthKind::NoNumber, HealthState::Good)];
    }
    let state = |number: &NumberView| match number.state.as_str() {
        "connected" | "connecting" | "linking" if !number.phone_warning => HealthState::Good,
        "connected" | "connecting" | "linking" | "slow" | "disconnected" => HealthState::Look,
        _ => HealthState::Bad,
    };
    let row = |number: &&NumberView| HealthRow {
        number: Some(number.id),
        ..HealthRow::of(HealthKind::Number, state(number)).with(params! { state: number.state })
    };
    linked.iter().map(row).collect()
}

fn door_row(listening: Listening) -> Option<HealthRow> {
    let params = match listening {
        Listening::Shut | Listening::Open { .. } => return None,
        Listening::Taken { port } => params! { port: port },
        Listening::Failed { port, reason } => params! { port: port, reason: reason },
    };
    Some(HealthRow::of(HealthKind::DoorShut, HealthState::Bad).with(params))
}

fn of_clock(ahead: Option<Millis>, zone: &str) -> HealthRow {
    match ahead {
        Some(ahead) => HealthRow::of(HealthKind::ClockOff, HealthState::Look).with(params! { ahead: ahead }),
        None => HealthRow::of(HealthKind::Clock, HealthState::Good).with(params! { zone: zone }),
    }
}

fn disk_row(free: Option<u64>, used: u64) -> HealthRow {
    let Some(free) = free else {
        return HealthRow::of(HealthKind::DiskUnknown, HealthState::Good).with(params! { used: used });
    };
    let state = match free {
        free if free < NO_ROOM => HealthState::Bad,
        free if free < LITTLE_ROOM.max(used) => HealthState::Look,
        _ => HealthState::Good,
    };
    HealthRow::of(HealthKind::Disk, state).with(params! { free: free, used: used })
}

fn key_rows(backups: &BackupsView) -> Vec<HealthRow> {
    let mut rows = Vec::new();
    match (backups.opens_by_keyring, backups.opens_by_passphrase) {
        (_, true) => rows.push(HealthRow::of(HealthKind::Passphrase, HealthState::Good)),
        (true, false) => rows.push(HealthRow::of(HealthKind::Keyring, HealthState::Good)),
        (false, false) => {}
    }
    if !backups.code_known {
        rows.push(HealthRow::of(HealthKind::CodeUnknown, HealthState::Look));
    }
    rows
}

fn backup_row(backups: &BackupsView, now: Millis) -> HealthRow {
    if let Some(problem) = &backups.problem {
        let row = HealthRow::of(HealthKind::BackupFails, HealthState::Look);
        return HealthRow { problem: Some(problem.clone()), ..row };
    }
    let Some(last) = &backups.last else { return HealthRow::of(HealthKind::NoBackup, HealthState::Look) };
    let params = params! { at: last.at, bytes: last.bytes };
    // One from a time that is to come was made by a clock that was wrong, and tells nothing.
    match now - last.at > OLD_BACKUP || last.at > now {
        true => HealthRow::of(HealthKind::BackupOld, HealthState::Look).with(params),
        false => HealthRow::of(HealthKind::Backup, HealthState::Good).with(params),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_short_by_what_is_free_and_by_what_the_data_need() {
        let state = |free: u64, used: u64| disk_row(Some(free * MEGABYTE), used * MEGABYTE).state;
        assert_eq!(state(199, 1), HealthState::Bad);
        assert_eq!(state(900, 1), HealthState::Look);
        assert_eq!(state(2_000, 3_000), HealthState::Look, "a backup or a migration needs as much again");
        assert_eq!(state(4_000, 3_000), HealthState::Good);
        assert_eq!(disk_row(None, 5).kind, HealthKind::DiskUnknown);
    }

    #[test]
    fn what_is_bad_comes_before_what_needs_a_look() {
        let mut states = [HealthState::Good, HealthState::Bad, HealthState::Look];
        states.sort();
        assert_eq!(states, [HealthState::Bad, HealthState::Look, HealthState::Good]);
    }
}

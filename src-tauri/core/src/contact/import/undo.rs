//! Takes an import back: what it made goes, what it changed returns.
//!
//! Who got a message since, or was changed since by anybody else, stays as they are and is counted. Called by the app
//! in steps, each in a transaction of its own: a crash between them leaves an import that can be taken back further.

use std::collections::BTreeSet;

use super::store::{changes, reports};
use super::{ImportError, ImportReport, ImportState, Undone};
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{ContactId, ImportId};

pub use super::store::changes::Change;

/// Contacts that one step decides about.
const STEP: u32 = 1_000;

/// The next contacts that an import wrote; none once it is taken back.
pub async fn next(tx: &mut Tx, id: ImportId) -> Result<(ImportReport, Vec<Change>), ImportError> {
    let report = reports::one(tx, id).await?.ok_or(ImportError::NothingToUndo)?;
    if report.state == ImportState::Running {
        return Err(ImportError::StillRunning);
    }
    if report.undone.is_some() || !report.can_undo {
        return Err(ImportError::NothingToUndo);
    }
    Ok((report, changes::next(tx, id, STEP).await?))
}

/// Takes these back, but for those who were `written` to since. The report says once it is over what became of all.
pub async fn take_back(
    tx: &mut Tx,
    report: &ImportReport,
    some: &[Change],
    written: &BTreeSet<ContactId>,
    now: Millis,
) -> Result<ImportReport, ImportError> {
    let mut undone = Undone::default();
    for change in some {
        if change.is_gone() {
            continue;
        }
        if change.is_touched() || written.contains(&change.contact) {
            undone.kept += 1;
        } else if changes::take_back(tx, change, report.started_at, now).await? {
            undone.removed += 1;
        } else {
            undone.restored += 1;
        }
    }
    changes::forget(tx, report.id, some).await?;
    let is_all = reports::one(tx, report.id).await?.is_none_or(|report| !report.can_undo);
    reports::add_undone(tx, report.id, undone, is_all.then_some(now)).await?;
    reports::one(tx, report.id).await?.ok_or(ImportError::NothingToUndo)
}

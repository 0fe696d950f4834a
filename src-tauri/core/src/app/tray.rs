//! What the tray shows: what the now bar says, as one of four signs. `sign` is pure.

use super::home::{AttentionKind, NowView};
use super::news::is_lost;
use super::numbers::NumberKind;
use super::{Home, Problem};
use crate::campaign::doing::{Doing, is_sending};
use crate::campaign::live::WaitKind;
use crate::campaign::repeat::store as repeats;
use crate::db::StorageError;
use crate::ids::CampaignId;
use crate::inbound::store::replies;
use crate::outbox::store::reading;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Something goes out.
    Sending,
    /// Something keeps it back that passes by itself, or there is nothing to send.
    Waiting,
    /// The owner stopped it, or Ulak did.
    Paused,
    /// It goes on by its owner alone.
    NeedsYou,
}

#[derive(Clone, Debug)]
pub struct TrayView {
    pub sign: Sign,
    pub now: NowView,
    /// Replies that nobody has read.
    pub unread: i64,
    /// A linked number that comes back by its owner alone, by its name.
    pub lost: Option<String>,
    /// Something was found out about the data folder, and its owner is to look before anything goes on.
    pub found: bool,
    /// Something is still to go out by itself: whoever ends Ulak ends that.
    pub is_at_work: bool,
}

/// What the sign is made of, beside what the now bar says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    pub paused_all: bool,
    /// A number is, until its owner sees to it.
    pub lost: bool,
    pub found: bool,
    /// Credits run low, and the owner has not seen that.
    pub low: bool,
    /// Messages that belong to no campaign go out.
    pub singles: bool,
}

/// What goes out outweighs a number that is lost, because the others go on without it.
pub fn sign(doing: Option<Doing>, wait: WaitKind, facts: Facts) -> Sign {
    match doing {
        _ if facts.found => Sign::NeedsYou,
        _ if facts.paused_all => Sign::Paused,
        Some(Doing::Sending) => Sign::Sending,
        _ if facts.singles => Sign::Sending,
        _ if facts.lost || facts.low || needs_owner(wait) => Sign::NeedsYou,
        Some(Doing::Paused | Doing::PausedAll) => Sign::Paused,
        _ => Sign::Waiting,
    }
}

/// What waits for it goes on by its owner alone.
pub fn needs_owner(wait: WaitKind) -> bool {
    matches!(wait, WaitKind::Missed | WaitKind::NoNumber | WaitKind::Disk | WaitKind::Damaged)
}

/// What is paused goes out by nobody, whether Ulak runs or not.
fn goes_out(doing: Doing) -> bool {
    matches!(doing, Doing::Planned | Doing::Sending | Doing::Waiting | Doing::Behind | Doing::Checking)
}

impl Home {
    pub async fn tray(&self) -> Result<TrayView, Problem> {
        let now = self.now_view().await?;
        let numbers = self.numbers.list().await?;
        let lost = numbers.iter().find(|one| one.kind == NumberKind::Whatsapp && is_lost(&one.state));
        let mut reader = self.reader().await?;
        let unread = replies::counts(&mut reader).await.map_err(StorageError::from)?.unread;
        let waiting = reading::waiting(&mut reader).await.map_err(StorageError::from)?;
        let waits = self.campaigns.waits(&mut reader).await?;
        let rows = self.campaigns.rows(&mut reader, &waiting, &waits).await?;
        let rules = repeats::all(&mut reader).await.map_err(StorageError::from)?;
        drop(reader);
        // What has no campaign waits in a queue of its own.
        let mut singles: Vec<CampaignId> = waiting;
        singles.retain(|id| rows.iter().all(|row| row.id != *id));
        let has_singles = !singles.is_empty();
        let is_going = |id: CampaignId| is_sending(waits.queues.get(&id).map_or(waits.all, |queue| queue.wait).why);
        let singles = singles.into_iter().any(is_going);
        let attention = self.attention(&[]).await?;
        let facts = Facts {
            low: attention.iter().any(|one| one.kind == AttentionKind::CreditsLow),
            paused_all: waits.paused_all,
            lost: lost.is_some(),
            found: self.found.all().iter().any(|problem| problem.code.starts_with("folder.")),
            singles,
        };
        // A rule has nothing in any queue before its day.
        let at_work = has_singles || rows.iter().any(|row| goes_out(row.doing)) || rules.iter().any(|rule| rule.active);
        Ok(TrayView {
            sign: sign(now.doing, now.wait.kind, facts),
            is_at_work: at_work && !facts.paused_all,
            lost: lost.map(|one| if one.name.is_empty() { &one.phone } else { &one.name }.clone()),
            found: facts.found,
            now,
            unread,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_says_what_goes_out_before_what_is_wrong_and_a_pause_before_both() {
        let (none, all) = (Facts::default(), Facts { paused_all: true, ..Facts::default() });
        let low = Facts { low: true, ..none };
        let (lost, singles) = (Facts { lost: true, ..none }, Facts { singles: true, ..none });
        let found = Facts { found: true, ..all };
        for (doing, wait, facts, expected) in [
            (Some(Doing::Sending), WaitKind::Pace, none, Sign::Sending),
            (Some(Doing::Sending), WaitKind::Pace, lost, Sign::Sending),
            (None, WaitKind::Sending, singles, Sign::Sending),
            (Some(Doing::Paused), WaitKind::Paused, singles, Sign::Sending),
            (Some(Doing::Sending), WaitKind::Sending, all, Sign::Paused),
            (Some(Doing::PausedAll), WaitKind::PausedAll, Facts { lost: true, ..all }, Sign::Paused),
            (None, WaitKind::PausedAll, all, Sign::Paused),
            (None, WaitKind::PausedAll, found, Sign::NeedsYou),
            (Some(Doing::PausedAll), WaitKind::PausedAll, found, Sign::NeedsYou),
            (Some(Doing::Paused), WaitKind::Paused, none, Sign::Paused),
            (Some(Doing::Paused), WaitKind::Paused, lost, Sign::NeedsYou),
            (Some(Doing::Waiting), WaitKind::NoNumber, none, Sign::NeedsYou),
            (Some(Doing::Waiting), WaitKind::Missed, none, Sign::NeedsYou),
            (None, WaitKind::Disk, none, Sign::NeedsYou),
            (None, WaitKind::Nothing, lost, Sign::NeedsYou),
            (None, WaitKind::Nothing, low, Sign::NeedsYou),
            (Some(Doing::Sending), WaitKind::Pace, low, Sign::Sending),
            (Some(Doing::Waiting), WaitKind::Hours, none, Sign::Waiting),
            (Some(Doing::Planned), WaitKind::Due, none, Sign::Waiting),
            (Some(Doing::Checking), WaitKind::Checking, none, Sign::Waiting),
            (None, WaitKind::Nothing, none, Sign::Waiting),
        ] {
            assert_eq!(sign(doing, wait, facts), expected, "{doing:?} {wait:?} {facts:?}");
        }
    }
}

//! What the tray shows: what the now bar says, as one of four signs. `sign` is pure.

use super::home::NowView;
use super::news::is_lost;
use super::numbers::NumberKind;
use super::{Home, Problem};
use crate::campaign::doing::Doing;
use crate::campaign::live::WaitKind;
use crate::db::StorageError;
use crate::inbound::store::replies;

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
    /// Something is still to go out by itself: whoever ends Ulak ends that.
    pub is_at_work: bool,
}

/// What goes out outweighs a number that is lost, because the others go on without it.
pub fn sign(doing: Option<Doing>, wait: WaitKind, paused_all: bool, lost: bool) -> Sign {
    match doing {
        _ if paused_all => Sign::Paused,
        Some(Doing::Sending) => Sign::Sending,
        // Single messages belong to no campaign.
        None if matches!(wait, WaitKind::Sending | WaitKind::Pace | WaitKind::Rest) => Sign::Sending,
        _ if lost || needs_owner(wait) => Sign::NeedsYou,
        Some(Doing::Paused | Doing::PausedAll) => Sign::Paused,
        _ => Sign::Waiting,
    }
}

fn needs_owner(wait: WaitKind) -> bool {
    matches!(wait, WaitKind::Missed | WaitKind::NoNumber | WaitKind::Disk | WaitKind::Damaged)
}

/// What is paused goes out by nobody, whether Ulak runs or not.
fn is_at_work(doing: Option<Doing>, wait: WaitKind) -> bool {
    match doing {
        Some(Doing::Planned | Doing::Sending | Doing::Waiting | Doing::Behind | Doing::Checking) => true,
        Some(_) => false,
        None => !matches!(wait, WaitKind::Nothing | WaitKind::Paused | WaitKind::PausedAll),
    }
}

impl Home {
    pub async fn tray(&self) -> Result<TrayView, Problem> {
        let now = self.now_view().await?;
        let numbers = self.numbers.list().await?;
        let lost = numbers.iter().find(|one| one.kind == NumberKind::Whatsapp && is_lost(&one.state));
        let unread = replies::counts(&mut *self.reader().await?).await.map_err(StorageError::from)?.unread;
        Ok(TrayView {
            sign: sign(now.doing, now.wait.kind, now.paused_all, lost.is_some()),
            is_at_work: is_at_work(now.doing, now.wait.kind),
            lost: lost.map(|one| if one.name.is_empty() { &one.phone } else { &one.name }.clone()),
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
        for (doing, wait, paused_all, lost, expected) in [
            (Some(Doing::Sending), WaitKind::Pace, false, false, Sign::Sending),
            (Some(Doing::Sending), WaitKind::Pace, false, true, Sign::Sending),
            (None, WaitKind::Sending, false, false, Sign::Sending),
            (Some(Doing::Sending), WaitKind::Sending, true, false, Sign::Paused),
            (Some(Doing::PausedAll), WaitKind::PausedAll, true, true, Sign::Paused),
            (None, WaitKind::PausedAll, true, false, Sign::Paused),
            (Some(Doing::Paused), WaitKind::Paused, false, false, Sign::Paused),
            (Some(Doing::Paused), WaitKind::Paused, false, true, Sign::NeedsYou),
            (Some(Doing::Waiting), WaitKind::NoNumber, false, false, Sign::NeedsYou),
            (Some(Doing::Waiting), WaitKind::Missed, false, false, Sign::NeedsYou),
            (None, WaitKind::Disk, false, false, Sign::NeedsYou),
            (None, WaitKind::Nothing, false, true, Sign::NeedsYou),
            (Some(Doing::Waiting), WaitKind::Hours, false, false, Sign::Waiting),
            (Some(Doing::Planned), WaitKind::Due, false, false, Sign::Waiting),
            (Some(Doing::Checking), WaitKind::Checking, false, false, Sign::Waiting),
            (None, WaitKind::Nothing, false, false, Sign::Waiting),
        ] {
            assert_eq!(sign(doing, wait, paused_all, lost), expected, "{doing:?} {wait:?} {paused_all} {lost}");
        }
    }

    #[test]
    fn whoever_quits_is_asked_while_something_would_still_go_out() {
        for (doing, wait, asked) in [
            (Some(Doing::Sending), WaitKind::Pace, true),
            (Some(Doing::Waiting), WaitKind::Hours, true),
            (Some(Doing::Planned), WaitKind::Due, true),
            (Some(Doing::Checking), WaitKind::Checking, true),
            (None, WaitKind::Pace, true),
            (None, WaitKind::Nothing, false),
            (Some(Doing::Paused), WaitKind::Paused, false),
            (Some(Doing::PausedAll), WaitKind::PausedAll, false),
            (None, WaitKind::PausedAll, false),
        ] {
            assert_eq!(is_at_work(doing, wait), asked, "{doing:?} {wait:?}");
        }
    }
}

//! When a campaign stops by itself: too much of it fails, or too many opt out. Pure.

use serde::Serialize;

use crate::error::{Coded, Params};
use crate::params;
use crate::stored::stored_words;

/// So many outcomes are looked at, the newest.
pub const WINDOW: usize = 50;
/// A list that was kept loses a few of a hundred phones; one of which a third fails is old, or its number is in trouble.
pub const MOST_FAILED_PERCENT: u8 = 30;
/// Of a welcome promotion one or two of a hundred opt out. Twice that and more tells that these people did not ask for
/// it, and WhatsApp stops numbers that many block.
pub const MOST_OPTED_OUT_PERCENT: u8 = 5;
/// Fewer people say nothing about a campaign.
const FEWEST_OPTED_OUT: i64 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum StoppedFor {
    Failures,
    OptOuts,
}

stored_words!(StoppedFor { Failures = "failures", OptOuts = "opt_outs" });

/// What the owner is told of a campaign that was paused by itself.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    #[error(
        "A campaign was paused by itself: more than {percent} % of its last {WINDOW} messages failed. See why at the campaign, and go on there."
    )]
    Failures { percent: u8 },
    #[error(
        "A campaign was paused by itself: more than {percent} % of those who got it opted out. See what they wrote, and go on at the campaign if you want to."
    )]
    OptOuts { percent: u8 },
}

impl Coded for Stopped {
    fn code(&self) -> &'static str {
        match self {
            Self::Failures { .. } => "stopped.failures",
            Self::OptOuts { .. } => "stopped.opt_outs",
        }
    }

    fn params(&self) -> Params {
        let (Self::Failures { percent } | Self::OptOuts { percent }) = self;
        params! { percent: percent }
    }
}

/// `outcomes` are the newest since the owner let it go on. Of a short campaign so many must fail as of a long one.
pub fn fails_too_often(outcomes: impl Iterator<Item = bool>, percent: u8) -> bool {
    let failed = outcomes.filter(|failed| *failed).count();
    percent > 0 && failed * 100 > usize::from(percent) * WINDOW
}

pub fn opts_out_too_often(opted_out: i64, got_it: i64, percent: u8) -> bool {
    percent > 0 && opted_out >= FEWEST_OPTED_OUT && opted_out * 100 > i64::from(percent) * got_it
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_share_of_fifty_must_fail_and_nought_is_never() {
        let failing = |failed: usize, percent| fails_too_often((0..WINDOW).map(|place| place < failed), percent);
        assert!(!failing(15, 30) && failing(16, 30) && failing(50, 99) && !failing(50, 100) && !failing(50, 0));
        assert!(fails_too_often([true; 16].into_iter(), 30), "a short campaign need not wait for fifty");
    }

    #[test]
    fn a_few_who_opt_out_stop_nothing_however_few_got_it() {
        for (opted_out, got_it, too_many) in
            [(4, 4, false), (5, 5, true), (5, 100, false), (6, 100, true), (50, 1_000, false), (51, 1_000, true)]
        {
            assert_eq!(opts_out_too_often(opted_out, got_it, 5), too_many, "{opted_out} of {got_it}");
        }
        assert!(!opts_out_too_often(100, 100, 0));
    }
}

//! What a linked number's connection is in, and what is done about it. Pure: time and chance are arguments.
//!
//! ```text
//!                     ┌──────────── lost, silent, five errors in a row ───────────┐
//!                     ▼                                                           │
//! disconnected ──▶ connecting ──▶ connected ⇄ slow (an answer takes over 5 s) ────┤
//!      ▲              │  ▲  ▲                                                     │
//!      │  2, 4 … 60 s │  │  └── needs_attention (after ten tries, every 5 min) ◀───┤
//!      └──────────────┘  └───── banned (once, when the ban has ended)         ◀───┤
//!                        ◌───── outdated (every hour)                         ◀───┤
//!                        ◌───── replaced · locked (when the owner asks)       ◀───┤
//!                               logged_out (never: it must be linked again)   ◀───┘
//! ```
//!
//! The connection is open in `connecting`, `connected` and `slow`, and closed otherwise, except that `needs_attention` and
//! `outdated` stay shown while a quiet try is under way. `linking` is shown while a phone is awaited; it is no state
//! of a linked number's connection. Every way out of an open connection closes it, so a signal that was still on its way
//! cannot leave two connections behind.

use std::fmt;

use super::client::Closed;
use crate::clock::{DAY, HOUR, MINUTE, Millis, SECOND, is_ahead};

/// The wait after the first failed try; it doubles up to the longest.
const BACKOFF: Millis = 2 * SECOND;
const LONGEST_BACKOFF: Millis = MINUTE;
pub const MOST_JITTER: Millis = SECOND;
/// After so many tries the owner is told, and the tries become rare.
const TRIES: u32 = 10;
const SLOW_RETRY: Millis = 5 * MINUTE;
/// WhatsApp counts connections: what it refused for their number must not be tried as often as a lost network.
const TOO_MANY_BACKOFF: Millis = 5 * MINUTE;
const LONGEST_TOO_MANY: Millis = HOUR;
/// An update of Ulak, or of what it tells WhatsApp it is, ends this state; trying often does not.
const OUTDATED_RETRY: Millis = HOUR;
/// A server that takes a connection and then says nothing.
const CONNECT_DEADLINE: Millis = MINUTE;
pub const CHECK_EVERY: Millis = 30 * SECOND;
const SLOW_ANSWER: Millis = 5 * SECOND;
const MOST_ERRORS: u32 = 5;
const LIMITS_EVERY: Millis = HOUR;
/// No passing ban lasts longer. An end that lies further ahead was told before the clock was set back.
pub const LONGEST_BAN: Millis = 62 * DAY;
/// The longest time between two looks at the clock; twice that and more without a look means that the computer slept.
pub const LONGEST_SLEEP: Millis = 30 * SECOND;
const ASLEEP: Millis = 2 * MINUTE;
const IDLE: Millis = DAY;
/// WhatsApp lets a linked device go when the phone was not used for 14 days.
const PHONE_WARNING: Millis = 11 * DAY;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    #[default]
    Disconnected,
    Connecting,
    /// A phone is awaited.
    Linking,
    Connected,
    /// Connected, and answers take long.
    Slow,
    LoggedOut,
    Replaced,
    /// Without an end it ends when the owner says so.
    Banned {
        code: u16,
        until: Option<Millis>,
    },
    Locked,
    Outdated,
    NeedsAttention,
}

impl LinkState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Connecting => "connecting",
            Self::Linking => "linking",
            Self::Connected => "connected",
            Self::Slow => "slow",
            Self::LoggedOut => "logged_out",
            Self::Replaced => "replaced",
            Self::Banned { .. } => "banned",
            Self::Locked => "locked",
            Self::Outdated => "outdated",
            Self::NeedsAttention => "needs_attention",
        }
    }

    /// None for a name that no state has.
    pub fn of(name: &str, ban_code: Option<u16>, ban_until: Option<Millis>) -> Option<Self> {
        Some(match name {
            "disconnected" => Self::Disconnected,
            "connecting" => Self::Connecting,
            "linking" => Self::Linking,
            "connected" => Self::Connected,
            "slow" => Self::Slow,
            "logged_out" => Self::LoggedOut,
            "replaced" => Self::Replaced,
            "banned" => Self::Banned { code: ban_code.unwrap_or_default(), until: ban_until },
            "locked" => Self::Locked,
            "outdated" => Self::Outdated,
            "needs_attention" => Self::NeedsAttention,
            _ => return None,
        })
    }

    /// A ban whose end has not come.
    pub fn banned_until(self, now: Millis) -> Option<Millis> {
        match self {
            Self::Banned { until, .. } => until.filter(|until| is_ahead(*until, now, LONGEST_BAN)),
            _ => None,
        }
    }

    /// Parts can be handed over.
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Connected | Self::Slow)
    }

    /// What a fresh start makes of the state that the last run left: nothing is open any more.
    #[must_use]
    pub fn at_start(self) -> Self {
        match self {
            Self::Connecting | Self::Connected | Self::Slow | Self::NeedsAttention => Self::Disconnected,
            // Only the end of linking tells whether there is a link.
            Self::Linking => Self::LoggedOut,
            other => other,
        }
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Ulak starts, or the phone has just accepted the link.
    Started,
    /// Ulak ends.
    Stopped,
    OwnerConnects,
    Connected,
    Closed(Closed),
    /// The answer to a check came after so many milliseconds.
    Checked(Millis),
    CheckFailed,
    /// A part got an answer from the server, whichever.
    Answered,
    /// A part got none.
    NotAnswered,
    /// Time passed.
    Tick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Connect,
    Disconnect,
    Check,
    ReadLimits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    Closed,
    Opening,
    Open,
}

/// Whether the end of a wait may be brought forward when the computer wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// For the network: what kept it away is gone after a sleep.
    Network,
    /// For WhatsApp, or for nothing at all.
    Fixed,
}

/// The connection of one linked number.
#[derive(Clone, Debug)]
pub struct Link {
    state: LinkState,
    since: Millis,
    wire: Wire,
    wait: Wait,
    /// Closed: the next try. Opening: the deadline. Open: the next check.
    next_at: Option<Millis>,
    /// Tries since the last time that a check was answered.
    tries: u32,
    checking: bool,
    errors: u32,
    limits_at: Millis,
    /// The newest time that this machine was told.
    looked_at: Millis,
}

impl Link {
    /// As the last run left it.
    pub fn new(stored: LinkState, since: Millis, now: Millis) -> Self {
        let state = stored.at_start();
        let next_at = match state {
            LinkState::Banned { until: Some(_), .. } => Some(state.banned_until(now).unwrap_or(now)),
            _ => None,
        };
        Self {
            state,
            since: if state == stored { since.min(now) } else { now },
            wire: Wire::Closed,
            wait: Wait::Fixed,
            next_at,
            tries: 0,
            checking: false,
            errors: 0,
            limits_at: 0,
            looked_at: now,
        }
    }

    pub fn state(&self) -> LinkState {
        self.state
    }

    pub fn since(&self) -> Millis {
        self.since
    }

    pub fn tries(&self) -> u32 {
        self.tries
    }

    pub fn next_try_at(&self) -> Option<Millis> {
        self.next_at.filter(|_| self.wire == Wire::Closed)
    }

    /// When it wants a tick at the latest.
    pub fn wake_at(&self) -> Millis {
        let look = self.looked_at + LONGEST_SLEEP;
        self.next_at.map_or(look, |at| at.min(look))
    }

    /// Takes one input in and says what to do, in this order. `jitter` is at most `MOST_JITTER`.
    pub fn step(&mut self, input: Input, now: Millis, jitter: Millis) -> Vec<Act> {
        let slept = now - self.looked_at > ASLEEP;
        self.follow_clock(now);
        let mut acts = match input {
            Input::Tick if slept => Vec::new(),
            input => self.take(input, now, jitter.clamp(0, MOST_JITTER)),
        };
        if slept && !acts.contains(&Act::Connect) {
            acts.extend(self.wake(now));
        }
        acts
    }

    /// A clock that was set back must not turn a wait of seconds into one of days. The end of a ban is a date, and stays
    /// one unless no ban could end so late.
    fn follow_clock(&mut self, now: Millis) {
        let back = self.looked_at - now;
        let is_date = matches!(self.state, LinkState::Banned { .. });
        if back > 0 {
            self.next_at = self.next_at.map(|at| match is_date {
                true if is_ahead(at, now, LONGEST_BAN) => at,
                true => at.min(now),
                false => at - back,
            });
        }
        if back > 0 {
            self.since = self.since.min(now);
            self.limits_at = self.limits_at.min(now);
        }
        self.looked_at = now;
    }

    /// The computer slept: what was open is dead, and an old timer means nothing.
    fn wake(&mut self, now: Millis) -> Vec<Act> {
        let waits = self.wire == Wire::Closed && self.wait == Wait::Network && self.next_at.is_some();
        if self.wire == Wire::Closed && !waits {
            return self.tick(now, 0);
        }
        let mut acts = self.shut();
        self.tries = 0;
        self.show(LinkState::Connecting, now);
        acts.extend(self.open(now));
        acts
    }

    fn take(&mut self, input: Input, now: Millis, jitter: Millis) -> Vec<Act> {
        let open = self.wire == Wire::Open;
        match input {
            Input::Started => self.start(now),
            Input::Stopped => self.stop(now),
            Input::OwnerConnects => self.owner_connects(now),
            Input::Connected if self.wire == Wire::Opening => self.connected(now),
            Input::Closed(closed) => self.closed(&closed, now, jitter),
            Input::Checked(ms) if open => self.checked(ms, now),
            Input::Answered if open => {
                self.errors = 0;
                Vec::new()
            }
            Input::CheckFailed if open => self.lost(now, jitter),
            Input::NotAnswered if open => {
                self.errors += 1;
                if self.errors > MOST_ERRORS { self.lost(now, jitter) } else { Vec::new() }
            }
            Input::Tick => self.tick(now, jitter),
            // What was on its way when the connection closed.
            Input::Connected | Input::Checked(_) | Input::CheckFailed | Input::Answered | Input::NotAnswered => {
                Vec::new()
            }
        }
    }

    fn start(&mut self, now: Millis) -> Vec<Act> {
        match self.state {
            LinkState::Disconnected | LinkState::Outdated if self.wire == Wire::Closed => self.open(now),
            LinkState::Banned { .. } => self.tick(now, 0),
            _ => Vec::new(),
        }
    }

    fn stop(&mut self, now: Millis) -> Vec<Act> {
        let acts = self.shut();
        self.next_at = None;
        self.wait = Wait::Fixed;
        self.show(self.state.at_start(), now);
        acts
    }

    fn owner_connects(&mut self, now: Millis) -> Vec<Act> {
        let may = match self.state {
            LinkState::LoggedOut | LinkState::Linking => false,
            state => self.wire == Wire::Closed && state.banned_until(now).is_none(),
        };
        if !may {
            return Vec::new();
        }
        self.tries = 0;
        self.show(LinkState::Connecting, now);
        self.open(now)
    }

    fn open(&mut self, now: Millis) -> Vec<Act> {
        self.wire = Wire::Opening;
        self.next_at = Some(now + CONNECT_DEADLINE);
        self.tries += 1;
        if !matches!(self.state, LinkState::NeedsAttention | LinkState::Outdated) {
            self.show(LinkState::Connecting, now);
        }
        vec![Act::Connect]
    }

    fn connected(&mut self, now: Millis) -> Vec<Act> {
        self.wire = Wire::Open;
        self.errors = 0;
        self.show(LinkState::Connected, now);
        self.limits_at = now;
        let mut acts = self.check(now);
        acts.push(Act::ReadLimits);
        acts
    }

    fn check(&mut self, now: Millis) -> Vec<Act> {
        self.checking = true;
        self.next_at = Some(now + CHECK_EVERY);
        vec![Act::Check]
    }

    /// Only an answered check ends a series of tries: a server that accepts and drops is not back.
    fn checked(&mut self, ms: Millis, now: Millis) -> Vec<Act> {
        self.checking = false;
        self.tries = 0;
        self.show(if ms > SLOW_ANSWER { LinkState::Slow } else { LinkState::Connected }, now);
        Vec::new()
    }

    fn tick(&mut self, now: Millis, jitter: Millis) -> Vec<Act> {
        let due = self.next_at.is_some_and(|at| at <= now);
        match self.wire {
            Wire::Closed if due => self.open(now),
            Wire::Opening if due => self.lost(now, jitter),
            Wire::Open if due && self.checking => self.lost(now, jitter),
            Wire::Open => {
                let mut acts = if due { self.check(now) } else { Vec::new() };
                if now - self.limits_at >= LIMITS_EVERY {
                    self.limits_at = now;
                    acts.push(Act::ReadLimits);
                }
                acts
            }
            _ => Vec::new(),
        }
    }

    fn closed(&mut self, closed: &Closed, now: Millis, jitter: Millis) -> Vec<Act> {
        match closed {
            Closed::Lost { .. } => self.lost(now, jitter),
            Closed::TooMany => self.too_many(now, jitter),
            Closed::LoggedOut => self.settle(LinkState::LoggedOut, None, now),
            Closed::Replaced => self.settle(LinkState::Replaced, None, now),
            Closed::Locked => self.settle(LinkState::Locked, None, now),
            Closed::Outdated => self.settle(LinkState::Outdated, Some(now + OUTDATED_RETRY), now),
            Closed::Banned { code, until } => {
                // A ban that is over by the clock of this computer and not by WhatsApp's must not make a loop.
                let retry = until.map(|until| until.clamp(now + SLOW_RETRY, now + LONGEST_BAN));
                self.settle(LinkState::Banned { code: *code, until: *until }, retry, now)
            }
        }
    }

    /// WhatsApp's word on the number itself, which holds whatever the client was doing. A logged-out number stays so.
    fn settle(&mut self, state: LinkState, retry: Option<Millis>, now: Millis) -> Vec<Act> {
        if self.state == LinkState::LoggedOut {
            return Vec::new();
        }
        let acts = self.shut();
        self.wait = Wait::Fixed;
        self.next_at = retry;
        self.show(state, now);
        acts
    }

    fn lost(&mut self, now: Millis, jitter: Millis) -> Vec<Act> {
        if self.wire == Wire::Closed {
            return Vec::new();
        }
        let acts = self.shut();
        self.wait = Wait::Network;
        let wait = if self.tries >= TRIES { SLOW_RETRY } else { doubled(BACKOFF, self.tries, LONGEST_BACKOFF) };
        self.next_at = Some(now + wait + jitter);
        self.show(self.state_between_tries(), now);
        acts
    }

    fn too_many(&mut self, now: Millis, jitter: Millis) -> Vec<Act> {
        if self.wire == Wire::Closed {
            return Vec::new();
        }
        let acts = self.shut();
        self.wait = Wait::Fixed;
        self.next_at = Some(now + doubled(TOO_MANY_BACKOFF, self.tries, LONGEST_TOO_MANY) + jitter);
        self.show(self.state_between_tries(), now);
        acts
    }

    fn state_between_tries(&self) -> LinkState {
        if self.tries >= TRIES { LinkState::NeedsAttention } else { LinkState::Disconnected }
    }

    fn shut(&mut self) -> Vec<Act> {
        let was = std::mem::replace(&mut self.wire, Wire::Closed);
        self.checking = false;
        self.errors = 0;
        if was == Wire::Closed { Vec::new() } else { vec![Act::Disconnect] }
    }

    fn show(&mut self, state: LinkState, now: Millis) {
        if self.state != state {
            self.state = state;
            self.since = now;
        }
    }
}

/// `base`, twice that after the second try, and so on.
fn doubled(base: Millis, tries: u32, longest: Millis) -> Millis {
    base.saturating_mul(1 << tries.saturating_sub(1).min(20)).min(longest)
}

/// Nothing was sent or heard for a day although the number is connected.
pub fn is_idle(state: LinkState, last_activity: Millis, now: Millis) -> bool {
    state.is_usable() && now - last_activity > IDLE
}

/// The phone should be used soon, or WhatsApp lets this link go.
pub fn phone_is_due(seen_at: Millis, now: Millis) -> bool {
    now - seen_at >= PHONE_WARNING
}

#[cfg(test)]
mod tests;

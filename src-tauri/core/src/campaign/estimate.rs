//! When campaigns will be through: the numbers and what waits for them, run ahead of time. Pure.
//!
//! The rules are the planner's: priority and turns, hours, pace, rests, caps and the warm-up. Chance is left out, and
//! where very much waits several sends are taken as one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::clock::{DAY, HOUR, Millis};
use crate::ids::{CampaignId, SessionId};
use crate::outbox::window::SendingHours;
use crate::session::Pace;
use crate::session::warm_up::warm_up;

/// A number that sends.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: SessionId,
    pub pace: Pace,
    pub warm_since: Option<Millis>,
    /// What it tried on the last day, the oldest first; only its caps ask for it.
    pub tried: Vec<Millis>,
}

/// What waits of a campaign; where its people are on several clocks, on one of them.
#[derive(Clone, Debug)]
pub struct Load {
    pub id: CampaignId,
    pub priority: u8,
    pub due_at: Millis,
    pub parts: i64,
    /// None where it goes at any time.
    pub hours: Option<SendingHours>,
    pub sessions: Vec<SessionId>,
}

/// A stretch of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from: Millis,
    pub to: Millis,
    pub parts: i64,
}

/// About so many steps are taken, however much waits.
const STEPS: i64 = 4_000;
/// Nobody plans for longer; the finish is then not told.
const FURTHEST: Millis = 400 * DAY;
/// A shorter break belongs to the stretch.
const BREAK: Millis = HOUR;

/// The stretches in which each load goes out from `now` on. One that is missing would never be through.
pub fn forecast(now: Millis, lines: &[Line], loads: &[Load]) -> BTreeMap<CampaignId, Vec<Stretch>> {
    let all: i64 = loads.iter().map(|load| load.parts).sum();
    let mut loads: Vec<Going> = loads.iter().map(Going::new).collect();
    let mut lines: Vec<Sender> = lines.iter().map(|line| Sender::new(line, now)).collect();
    let step = (all / STEPS).max(1);
    let mut turn = 0;
    let mut sent = None;
    while let Some(line) = lines.iter_mut().min_by_key(|line| line.free_at).filter(|line| line.free_at < now + FURTHEST)
    {
        line.free_at = match line.next(&mut loads) {
            Next::Wait(until) => until,
            Next::Send(place) => loads.get_mut(place).map_or(Millis::MAX, |load| {
                sent = Some(load.load.id);
                line.send(load, step)
            }),
        };
        if let Some(campaign) = sent.take() {
            turn += 1;
            loads.iter_mut().filter(|load| load.load.id == campaign).for_each(|load| load.turn = turn);
        }
    }
    together(loads)
}

/// What a campaign sends on several clocks is one plan; none where a part of it would never be through.
fn together(loads: Vec<Going>) -> BTreeMap<CampaignId, Vec<Stretch>> {
    let never: BTreeSet<CampaignId> = loads.iter().filter(|load| load.left > 0).map(|load| load.load.id).collect();
    let mut plans: BTreeMap<CampaignId, Vec<Stretch>> = BTreeMap::new();
    for load in loads.into_iter().filter(|load| !never.contains(&load.load.id)) {
        plans.entry(load.load.id).or_default().extend(load.stretches);
    }
    for plan in plans.values_mut() {
        plan.sort_by_key(|stretch| stretch.from);
        *plan = std::mem::take(plan).into_iter().fold(Vec::new(), add);
    }
    plans
}

fn add(mut plan: Vec<Stretch>, next: Stretch) -> Vec<Stretch> {
    match plan.last_mut() {
        Some(last) if next.from - last.to <= BREAK => {
            *last = Stretch { to: next.to.max(last.to), parts: last.parts + next.parts, ..*last }
        }
        _ => plan.push(next),
    }
    plan
}

/// Parts an hour that these paces send together.
pub fn parts_an_hour(paces: impl IntoIterator<Item = Pace>) -> i64 {
    let a_day = |pace: Pace| {
        let hourly = if pace.hourly_cap == 0 { i64::MAX } else { i64::from(pace.hourly_cap) * 24 };
        (DAY / pace.average_ms()).min(hourly)
    };
    paces.into_iter().map(a_day).sum::<i64>() / 24
}

struct Going<'a> {
    load: &'a Load,
    left: i64,
    /// When something of its campaign went out last.
    turn: u64,
    stretches: Vec<Stretch>,
    /// What was found out of its hours last: asked from the first moment on, open from the second to the third.
    window: (Millis, Millis, Millis),
}

impl<'a> Going<'a> {
    fn new(load: &'a Load) -> Self {
        Self { load, left: load.parts, turn: 0, stretches: Vec::new(), window: (Millis::MAX, Millis::MAX, Millis::MAX) }
    }

    /// When it may go, at the earliest; none where its hours do not open any more.
    fn ready_at(&mut self, at: Millis) -> Option<Millis> {
        let at = at.max(self.load.due_at);
        let Some(hours) = &self.load.hours else { return Some(at) };
        if !(self.window.0..self.window.2).contains(&at) {
            let opening = hours.next_open(at)?;
            self.window = (at, opening, hours.closes_at(opening)?);
        }
        Some(self.window.1.max(at))
    }

    fn closes_at(&self) -> Millis {
        if self.load.hours.is_some() { self.window.2 } else { Millis::MAX }
    }

    fn sent(&mut self, stretch: Stretch) {
        self.left -= stretch.parts;
        self.stretches = add(std::mem::take(&mut self.stretches), stretch);
    }
}

enum Next {
    Send(usize),
    Wait(Millis),
}

struct Sender<'a> {
    line: &'a Line,
    free_at: Millis,
    in_batch: u32,
    /// When, and how many.
    tried: VecDeque<(Millis, i64)>,
}

impl<'a> Sender<'a> {
    fn new(line: &'a Line, now: Millis) -> Self {
        Self { line, free_at: now, in_batch: 0, tried: line.tried.iter().map(|at| (*at, 1)).collect() }
    }

    /// What it does when it is free: the load whose turn it is, or the time until which nothing is.
    fn next(&self, loads: &mut [Going]) -> Next {
        let now = self.free_at;
        if let Some(until) = self.capped_until(now) {
            return Next::Wait(until);
        }
        let mut best: Option<(u8, u64, Millis, CampaignId, usize)> = None;
        let mut wait = Millis::MAX;
        for (place, load) in loads.iter_mut().enumerate() {
            if load.left == 0 || !load.load.sessions.contains(&self.line.id) {
                continue;
            }
            match load.ready_at(now) {
                Some(ready) if ready <= now => {
                    let rank = (load.load.priority, load.turn, load.load.due_at, load.load.id, place);
                    best = Some(best.map_or(rank, |best| best.min(rank)));
                }
                Some(ready) => wait = wait.min(ready),
                None => {}
            }
        }
        best.map_or(Next::Wait(wait), |(.., place)| Next::Send(place))
    }

    /// Sends so many at most, inside the hours and the caps, and says when it is free again.
    fn send(&mut self, load: &mut Going, most: i64) -> Millis {
        let Pace { min_ms, max_ms, batch, rest_ms, .. } = self.line.pace;
        let gap = min_ms.midpoint(max_ms).max(1);
        let in_hours = (load.closes_at().saturating_sub(self.free_at).saturating_sub(1) / gap).saturating_add(1);
        let in_batch = if batch == 0 { i64::MAX } else { i64::from(batch.saturating_sub(self.in_batch).max(1)) };
        let parts = most.min(load.left).min(in_hours).min(in_batch).min(self.room(self.free_at)).max(1);
        let end = self.free_at + gap * parts;
        load.sent(Stretch { from: self.free_at, to: end, parts });
        // No cap looks back further than a day.
        while self.tried.front().is_some_and(|(tried, _)| *tried <= self.free_at - DAY) {
            self.tried.pop_front();
        }
        self.tried.push_back((self.free_at, parts));
        self.in_batch += u32::try_from(parts).unwrap_or(u32::MAX);
        if batch > 0 && self.in_batch >= batch {
            self.in_batch = 0;
            return end.max(end - gap + rest_ms);
        }
        end
    }

    fn caps(&self, at: Millis) -> [(i64, Millis); 2] {
        let pace = self.line.pace.within(warm_up(self.line.warm_since, at));
        [(i64::from(pace.hourly_cap), HOUR), (i64::from(pace.daily_cap), DAY)]
    }

    fn capped_until(&self, at: Millis) -> Option<Millis> {
        let until = self.caps(at).into_iter().filter_map(|(cap, span)| self.full_until(cap, span));
        until.max().filter(|until| *until > at)
    }

    /// When the newest `cap` tries no longer all lie within one span.
    fn full_until(&self, cap: i64, span: Millis) -> Option<Millis> {
        let mut tries = 0;
        let newest = self.tried.iter().rev().find(|(_, parts)| {
            tries += parts;
            cap > 0 && tries >= cap
        });
        newest.map(|(at, _)| at + span)
    }

    /// How many may go before a cap is reached.
    fn room(&self, at: Millis) -> i64 {
        let within = |span: Millis| {
            self.tried.iter().rev().take_while(|(tried, _)| *tried > at - span).map(|(_, parts)| parts).sum::<i64>()
        };
        let room = |(cap, span): (i64, Millis)| if cap == 0 { i64::MAX } else { cap - within(span) };
        self.caps(at).into_iter().map(room).min().unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::clock::{MINUTE, SECOND};
    use crate::ids::IdGenerator;

    const PLAIN: Pace = Pace { min_ms: 10_000, max_ms: 10_000, batch: 0, rest_ms: 0, hourly_cap: 0, daily_cap: 0 };

    struct Shop {
        ids: IdGenerator,
        lines: Vec<Line>,
        loads: Vec<Load>,
    }

    /// Numbers with these paces.
    fn shop(paces: &[Pace]) -> Shop {
        let ids = IdGenerator::at(0);
        let line = |pace: &Pace| Line { id: ids.next(), pace: *pace, warm_since: None, tried: Vec::new() };
        Shop { lines: paces.iter().map(line).collect(), loads: Vec::new(), ids }
    }

    impl Shop {
        fn load(&mut self, priority: u8, due_at: Millis, parts: i64, hours: Option<(u16, u16)>) -> usize {
            let hours = hours.map(|(from, to)| SendingHours::daily(from * 60, to * 60, Tz::UTC));
            let sessions = self.lines.iter().map(|line| line.id).collect();
            self.loads.push(Load { id: self.ids.next(), priority, due_at, parts, hours, sessions });
            self.loads.len() - 1
        }

        fn plan(&self, now: Millis, load: usize) -> Vec<Stretch> {
            forecast(now, &self.lines, &self.loads).remove(&self.loads[load].id).unwrap_or_default()
        }

        fn finish(&self, now: Millis, load: usize) -> Option<Millis> {
            self.plan(now, load).last().map(|stretch| stretch.to)
        }
    }

    #[test]
    fn what_does_not_fit_today_goes_on_tomorrow() {
        let mut shop = shop(&[PLAIN]);
        let load = shop.load(5, 0, 400, Some((9, 22)));
        let start = 21 * HOUR;
        let plan = shop.plan(start, load);
        assert_eq!(plan[0], Stretch { from: start, to: 22 * HOUR, parts: 360 });
        assert_eq!(plan[1], Stretch { from: 33 * HOUR, to: 33 * HOUR + 400 * SECOND, parts: 40 });
    }

    #[test]
    fn a_start_at_night_waits_for_the_opening() {
        let mut shop = shop(&[PLAIN]);
        let kept = shop.load(5, 0, 6, Some((9, 22)));
        assert_eq!(shop.finish(0, kept), Some(9 * HOUR + 60 * SECOND));
        shop.loads[kept].hours = None;
        assert_eq!(shop.finish(0, kept), Some(60 * SECOND));
    }

    #[test]
    fn two_numbers_are_twice_as_fast_and_none_never_finishes() {
        let mut two = shop(&[PLAIN, PLAIN]);
        let load = two.load(5, 0, 12, None);
        assert_eq!(two.finish(0, load), Some(60 * SECOND));
        let mut none = shop(&[]);
        let load = none.load(5, 0, 12, None);
        assert_eq!(none.finish(0, load), None);
    }

    #[test]
    fn caps_spread_over_days_and_what_was_tried_today_counts() {
        let mut shop = shop(&[Pace { daily_cap: 10, ..PLAIN }]);
        let load = shop.load(5, 0, 25, Some((9, 22)));
        assert_eq!(shop.plan(9 * HOUR, load).iter().map(|stretch| stretch.parts).collect::<Vec<_>>(), [10, 10, 5]);
        shop.lines[0].tried = (0..10).map(|minute| 8 * HOUR + minute * MINUTE).collect();
        assert_eq!(shop.plan(9 * HOUR, load)[0].from, 33 * HOUR);
    }

    #[test]
    fn a_warm_up_lets_more_out_every_day() {
        let mut shop = shop(&[PLAIN]);
        shop.lines[0].warm_since = Some(0);
        let load = shop.load(5, 0, 150, None);
        let mut per_day = BTreeMap::new();
        for stretch in shop.plan(0, load) {
            *per_day.entry(stretch.from / DAY).or_insert(0) += stretch.parts;
        }
        assert_eq!(per_day.into_values().collect::<Vec<_>>(), [50, 60, 40]);
    }

    #[test]
    fn those_of_one_priority_share_and_a_higher_one_goes_before() {
        let mut shop = shop(&[PLAIN]);
        let (short, long) = (shop.load(5, 0, 60, None), shop.load(5, 0, 600, None));
        assert_eq!(shop.finish(0, short), Some(119 * 10 * SECOND));
        assert_eq!(shop.finish(0, long), Some(6_600 * SECOND));
        shop.loads[long].priority = 1;
        assert_eq!((shop.finish(0, long), shop.finish(0, short)), (Some(6_000 * SECOND), Some(6_600 * SECOND)));
    }

    #[test]
    fn a_hundred_thousand_are_told_as_exactly_as_ten() {
        let mut shop = shop(&[Pace { batch: 50, rest_ms: 5 * MINUTE, ..PLAIN }]);
        let load = shop.load(5, 0, 100_000, None);
        let all = 100_000 * 10 * SECOND + 1_999 * (5 * MINUTE - 10 * SECOND);
        assert!((shop.finish(0, load).unwrap() - all).abs() < HOUR);
    }
}

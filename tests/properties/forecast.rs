//! The finish that is told is the one that comes: within a twentieth of the sending time, whatever campaigns share.

use chrono_tz::Tz;
use proptest::prelude::*;
use ulak_core::campaign::estimate::{Line, Load, forecast};
use ulak_core::clock::{HOUR, MINUTE, Millis};
use ulak_core::contact::phone::WhoseClock;
use ulak_core::ids::{IdGenerator, PartId, SessionId};
use ulak_core::outbox::gate::Gate;
use ulak_core::outbox::pace::Rhythm;
use ulak_core::outbox::plan::{Action, Head, SessionState, Snapshot, next_action};
use ulak_core::outbox::turn::Turns;
use ulak_core::outbox::window::{DayHours, SendingHours};
use ulak_core::session::Pace;

fn pace() -> impl Strategy<Value = Pace> {
    (2_000i64..20_000, 0i64..100, 0u32..80, 0i64..10 * MINUTE).prop_map(|(min_ms, width, batch, rest_ms)| Pace {
        min_ms,
        max_ms: min_ms + min_ms * width / 100,
        batch,
        rest_ms,
        hourly_cap: 0,
        daily_cap: 0,
    })
}

const TOKYO: Tz = Tz::Asia__Tokyo;

/// Priority, when it is due, how many parts, hours of its own, and how many more parts are for people in Tokyo.
type Wish = (u8, Millis, i64, Option<u16>, Option<i64>);

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    prop::collection::vec(
        (4u8..=6, 0..12 * HOUR, 400i64..900, prop::option::of(8u16..16), prop::option::of(50i64..400)),
        1..4,
    )
}

/// When the last part of each went out, by the planner's word.
fn run(loads: &[Load], lines: &[Line], hours: &SendingHours, mut chance: u64) -> Vec<Millis> {
    let mint = IdGenerator::at(0);
    let mut left: Vec<i64> = loads.iter().map(|load| load.parts).collect();
    let parts: Vec<PartId> = loads.iter().map(|_| mint.next()).collect();
    let mut rhythms: Vec<(SessionId, Pace, Rhythm)> =
        lines.iter().map(|line| (line.id, line.pace, Rhythm::default())).collect();
    let mut ends = vec![0; loads.len()];
    let mut turns = Turns::default();
    let mut now = 0;
    while left.iter().any(|left| *left > 0) {
        let heads = (0..loads.len()).filter(|place| left[*place] > 0).map(|place| Head {
            part: parts[place],
            queue: loads[place].id,
            urgent: false,
            priority: loads[place].priority,
            turn: turns.last_of(loads[place].id),
            due_at: loads[place].due_at,
            since: loads[place].due_at,
            held: false,
            keep_hours: true,
            own_hours: loads[place].hours.as_ref().and_then(|hours| hours.narrower),
            clock: (loads[place].hours.as_ref().map(|hours| hours.zone) == Some(TOKYO))
                .then(|| WhoseClock::of("+819012345678")),
            repeat: false,
            bound_to: None,
            allowed: loads[place].sessions.clone(),
            known_to: Vec::new(),
        });
        let sessions = rhythms.iter().map(|(id, pace, rhythm)| SessionState {
            id: *id,
            busy: false,
            pace: *pace,
            rhythm: *rhythm,
            cap_until: None,
            gate: Gate::Open,
            repeated: false,
            unheard_until: None,
            looking: false,
        });
        let snapshot = Snapshot {
            paused_all: false,
            hours: hours.clone(),
            sessions: sessions.collect(),
            offline: Vec::new(),
            heads: heads.collect(),
        };
        match next_action(now, &snapshot) {
            Action::Send { part, session } => {
                let place = parts.iter().position(|known| *known == part).expect("a part of ours");
                turns.took(loads[place].id);
                let (_, pace, rhythm) = rhythms.iter_mut().find(|(id, ..)| *id == session).expect("a number of ours");
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *rhythm = rhythm.after_send(now, pace, chance >> 20);
                left[place] -= 1;
                ends[place] = now;
            }
            Action::Sleep { until, .. } => now = until,
            Action::Rest(wait) => panic!("nothing may be stuck: {wait:?}"),
        }
    }
    ends
}

/// How long the hours are open between two times.
fn open_between(hours: &SendingHours, from: Millis, to: Millis) -> Millis {
    let (mut at, mut open) = (from, 0);
    while at < to {
        let Some(opening) = hours.next_open(at).filter(|opening| *opening < to) else { break };
        let closing = hours.closes_at(opening).unwrap_or(to).min(to);
        open += closing - opening;
        at = closing;
    }
    open
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_finish_is_told_within_a_twentieth(
        wishes in wishes(),
        paces in prop::collection::vec(pace(), 1..3),
        from in 0u16..1440,
        open in 360u16..1440,
        chance: u64,
    ) {
        let mint = IdGenerator::at(0);
        let hours = SendingHours::daily(from, (from + open) % 1440, chrono_tz::Europe::Berlin);
        let lines: Vec<Line> =
            paces.iter().map(|pace| Line { id: mint.next(), pace: *pace, warm_since: None, tried: Vec::new() }).collect();
        let loads: Vec<Load> = wishes.iter().flat_map(|(priority, due_at, parts, own, in_tokyo)| {
            let own = own.map(|hour| DayHours { from: hour * 60, to: (hour * 60 + 1_200) % 1_440 });
            let own = own.filter(|own| hours.narrowed(Some(*own)).next_open(0).is_some());
            let sessions = lines.iter().map(|line| line.id).collect();
            let here = Load { id: mint.next(), priority: *priority, due_at: *due_at, parts: *parts, hours: Some(hours.narrowed(own)), sessions };
            let there = in_tokyo.map(|parts| Load { parts, hours: Some(hours.narrowed(own).on_clock(TOKYO)), ..here.clone() });
            [Some(here), there].into_iter().flatten()
        }).collect();
        let ends = run(&loads, &lines, &hours, chance);
        let told = forecast(0, &lines, &loads);
        for (load, end) in loads.iter().zip(&ends) {
            let of_campaign = loads.iter().zip(&ends).filter(|(other, _)| other.id == load.id).map(|(_, end)| *end);
            if of_campaign.max() != Some(*end) {
                continue;
            }
            let end = *end;
            let finish = told[&load.id].last().expect("it is through").to;
            let kept = load.hours.as_ref().expect("all keep hours");
            let off = open_between(kept, end.min(finish), end.max(finish));
            let took = open_between(kept, 0, end);
            let rest = paces.iter().map(|pace| pace.longest_wait()).max().unwrap_or(0);
            prop_assert!(off <= took / 20 + rest, "off by {off} of {took}");
        }
    }
}

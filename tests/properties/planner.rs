//! Nothing is sent outside the hours or faster than the pace, and everything due is sent in the end.

use proptest::prelude::*;
use ulak_core::clock::{DAY, MINUTE, Millis};
use ulak_core::ids::{CampaignId, IdGenerator, PartId, SessionId};
use ulak_core::outbox::gate::Gate;
use ulak_core::outbox::pace::Rhythm;
use ulak_core::outbox::plan::{Action, Head, SessionState, Snapshot, next_action};
use ulak_core::outbox::window::SendingHours;
use ulak_core::session::{PACE_FLOOR, Pace};

#[derive(Clone, Debug)]
struct Part {
    priority: u8,
    due_at: Millis,
    keep_hours: bool,
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let part = (1u8..=10, 0..2 * DAY, any::<bool>());
    prop::collection::vec(part.prop_map(|(priority, due_at, keep_hours)| Part { priority, due_at, keep_hours }), 1..40)
}

fn pace() -> impl Strategy<Value = Pace> {
    (1_000i64..60_000, 0i64..60_000, 0u32..6, 0i64..20 * MINUTE).prop_map(|(min_ms, width, batch, rest_ms)| Pace {
        min_ms,
        max_ms: min_ms + width,
        batch,
        rest_ms,
        hourly_cap: 0,
        daily_cap: 0,
    })
}

struct Session {
    id: SessionId,
    pace: Pace,
    rhythm: Rhythm,
}

/// Sends everything by the planner's word and says what went when, over which session.
fn send_all(parts: &[Part], paces: &[Pace], hours: &SendingHours, chance: u64) -> Vec<(Millis, usize, SessionId)> {
    let mint = IdGenerator::at(0);
    let mut sessions: Vec<Session> =
        paces.iter().map(|pace| Session { id: mint.next(), pace: *pace, rhythm: Rhythm::default() }).collect();
    let ids: Vec<PartId> = parts.iter().map(|_| mint.next()).collect();
    let queue: CampaignId = mint.next();
    let mut waiting: Vec<usize> = (0..parts.len()).collect();
    let mut sent = Vec::new();
    let mut now = 0;
    while !waiting.is_empty() {
        let allowed: Vec<SessionId> = sessions.iter().map(|session| session.id).collect();
        let head = |index: &usize| Head {
            part: ids[*index],
            queue,
            urgent: false,
            priority: parts[*index].priority,
            due_at: parts[*index].due_at,
            since: parts[*index].due_at,
            turn: 0,
            held: false,
            keep_hours: parts[*index].keep_hours,
            own_hours: None,
            clock: None,
            repeat: false,
            bound_to: None,
            allowed: allowed.clone(),
            known_to: Vec::new(),
        };
        let states = sessions.iter().map(|session| SessionState {
            id: session.id,
            busy: false,
            pace: session.pace,
            rhythm: session.rhythm,
            cap_until: None,
            gate: Gate::Open,
            repeated: false,
            unheard_until: None,
            looking: false,
        });
        let snapshot = Snapshot {
            paused_all: false,
            hours: hours.clone(),
            sessions: states.collect(),
            offline: Vec::new(),
            heads: waiting.iter().map(head).collect(),
        };
        match next_action(now, &snapshot) {
            Action::Send { part, session } => {
                let index = ids.iter().position(|id| *id == part).expect("a part of ours");
                let over = sessions.iter_mut().find(|known| known.id == session).expect("a session of ours");
                over.rhythm = over.rhythm.after_send(now, &over.pace, chance.wrapping_mul(index as u64 + 1));
                waiting.retain(|other| *other != index);
                sent.push((now, index, session));
            }
            Action::Sleep { until, .. } => {
                assert!(until > now, "a wait must end later");
                now = until;
            }
            Action::Rest(wait) => panic!("nothing may be stuck: {wait:?}"),
        }
    }
    sent
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn sending_keeps_hours_pace_and_due_times(
        parts in parts(),
        paces in prop::collection::vec(pace(), 1..4),
        from in 0u16..1440,
        to in 0u16..1440,
        chance: u64,
    ) {
        let hours = SendingHours::daily(from, to, chrono_tz::America::New_York);
        let sent = send_all(&parts, &paces, &hours, chance);
        prop_assert_eq!(sent.len(), parts.len());
        for (at, index, _) in &sent {
            prop_assert!(*at >= parts[*index].due_at);
            prop_assert!(!parts[*index].keep_hours || hours.is_open(*at));
        }
        for (position, (at, _, session)) in sent.iter().enumerate() {
            if let Some((next, ..)) = sent[position + 1..].iter().find(|(.., other)| other == session) {
                prop_assert!(next - at >= PACE_FLOOR);
            }
        }
    }

    #[test]
    fn of_what_may_go_now_the_first_priority_goes(parts in parts(), pace in pace()) {
        let hours = SendingHours::always(chrono_tz::Tz::UTC);
        let sent = send_all(&parts, &[pace], &hours, 0);
        for (position, (at, index, _)) in sent.iter().enumerate() {
            for (_, later, _) in &sent[position + 1..] {
                let overtaken = parts[*later].due_at <= *at && parts[*later].priority < parts[*index].priority;
                prop_assert!(!overtaken, "{:?} went before {:?}", parts[*index], parts[*later]);
            }
        }
    }
}

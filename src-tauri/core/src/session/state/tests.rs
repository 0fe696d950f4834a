use proptest::prelude::*;

use super::*;

const NOON: Millis = 1_794_484_800_000;

/// A number that is connected and was found well.
fn connected(now: Millis) -> Link {
    let mut link = Link::new(LinkState::Disconnected, 0, now);
    assert_eq!(link.step(Input::Started, now, 0), [Act::Connect]);
    assert_eq!(link.step(Input::Connected, now, 0), [Act::Check, Act::ReadLimits]);
    link.step(Input::Checked(40), now, 0);
    link
}

fn lost() -> Input {
    Input::Closed(Closed::Lost { reason: "reset".into() })
}

/// Lets time pass in steps no longer than the machine asks for, until it does something.
fn wait(link: &mut Link, now: &mut Millis, until: Millis) -> Vec<Act> {
    while *now < until {
        *now = link.wake_at().min(until);
        let acts = link.step(Input::Tick, *now, 0);
        if !acts.is_empty() {
            return acts;
        }
    }
    Vec::new()
}

#[test]
fn a_lost_connection_is_tried_again_with_growing_waits_and_then_told() {
    let mut link = connected(NOON);
    let mut now = NOON;
    assert_eq!(link.step(lost(), now, 0), [Act::Disconnect]);
    let mut waits = Vec::new();
    for _ in 0..13 {
        let began = now;
        assert_eq!(wait(&mut link, &mut now, NOON + DAY), [Act::Connect]);
        waits.push((now - began) / SECOND);
        link.step(lost(), now, 0);
    }
    assert_eq!(waits, [2, 2, 4, 8, 16, 32, 60, 60, 60, 60, 300, 300, 300]);
    assert_eq!((link.state(), link.tries()), (LinkState::NeedsAttention, 13));
    wait(&mut link, &mut now, NOON + DAY);
    assert_eq!(link.state(), LinkState::NeedsAttention, "a quiet try does not change what is shown");
    link.step(Input::Connected, now, 0);
    assert_eq!((link.state(), link.tries()), (LinkState::Connected, 14));
    link.step(Input::Checked(30), now, 0);
    assert_eq!(link.tries(), 0);
}

#[test]
fn jitter_is_added_and_bounded() {
    let mut link = connected(NOON);
    link.step(lost(), NOON, 700);
    assert_eq!(link.next_try_at(), Some(NOON + 2_700));
    let mut link = connected(NOON);
    link.step(lost(), NOON, 90_000);
    assert_eq!(link.next_try_at(), Some(NOON + 3_000));
}

#[test]
fn a_server_that_accepts_and_drops_is_not_tried_for_ever_at_the_same_pace() {
    let mut link = connected(NOON);
    let mut now = NOON;
    link.step(lost(), now, 0);
    for _ in 0..10 {
        wait(&mut link, &mut now, NOON + DAY);
        link.step(Input::Connected, now, 0);
        link.step(lost(), now, 0);
    }
    assert_eq!(link.state(), LinkState::NeedsAttention);
}

/// What each word of WhatsApp makes of a connected number, and the wait until the next try.
#[test]
fn each_way_to_close_has_its_state_and_its_wait() {
    let until = Some(NOON + 6 * HOUR);
    let table = [
        (Closed::Lost { reason: String::new() }, LinkState::Disconnected, Some(2 * SECOND)),
        (Closed::TooMany, LinkState::Disconnected, Some(5 * MINUTE)),
        (Closed::LoggedOut, LinkState::LoggedOut, None),
        (Closed::Replaced, LinkState::Replaced, None),
        (Closed::Locked, LinkState::Locked, None),
        (Closed::Outdated, LinkState::Outdated, Some(HOUR)),
        (Closed::Banned { code: 101, until }, LinkState::Banned { code: 101, until }, Some(6 * HOUR)),
        (Closed::Banned { code: 406, until: None }, LinkState::Banned { code: 406, until: None }, None),
    ];
    for (closed, state, retry) in table {
        let mut link = connected(NOON);
        assert_eq!(link.step(Input::Closed(closed.clone()), NOON, 0), [Act::Disconnect], "{closed:?}");
        assert_eq!((link.state(), link.next_try_at()), (state, retry.map(|wait| NOON + wait)), "{closed:?}");
        let mut now = NOON;
        let acts = wait(&mut link, &mut now, NOON + 7 * HOUR);
        assert_eq!(acts.is_empty(), retry.is_none(), "{closed:?}");
        assert!(retry.is_none_or(|retry| now == NOON + retry), "{closed:?}");
    }
}

#[test]
fn what_needs_the_owner_connects_when_the_owner_asks() {
    for closed in [Closed::Replaced, Closed::Locked, Closed::Outdated, Closed::Banned { code: 406, until: None }] {
        let mut link = connected(NOON);
        link.step(Input::Closed(closed.clone()), NOON, 0);
        assert_eq!(link.step(Input::OwnerConnects, NOON, 0), [Act::Connect], "{closed:?}");
        assert_eq!((link.state(), link.tries()), (LinkState::Connecting, 1));
    }
    let mut link = connected(NOON);
    link.step(Input::Closed(Closed::LoggedOut), NOON, 0);
    assert_eq!(link.step(Input::OwnerConnects, NOON, 0), []);
    let mut link = connected(NOON);
    link.step(Input::Closed(Closed::Banned { code: 102, until: Some(NOON + HOUR) }), NOON, 0);
    assert_eq!(link.step(Input::OwnerConnects, NOON + MINUTE, 0), [], "a ban is waited for");
    assert_eq!(link.step(Input::OwnerConnects, NOON + HOUR, 0), [Act::Connect]);
}

#[test]
fn too_many_connections_wait_longer_each_time() {
    let mut link = connected(NOON);
    let mut now = NOON;
    link.step(Input::Closed(Closed::TooMany), now, 0);
    let mut waits = Vec::new();
    for _ in 0..6 {
        let began = now;
        wait(&mut link, &mut now, NOON + DAY);
        waits.push((now - began) / MINUTE);
        link.step(Input::Closed(Closed::TooMany), now, 0);
    }
    assert_eq!(waits, [5, 5, 10, 20, 40, 60]);
}

#[test]
fn a_slow_answer_is_shown_and_passes() {
    let mut link = connected(NOON);
    let mut now = NOON;
    assert_eq!(wait(&mut link, &mut now, NOON + HOUR), [Act::Check]);
    assert_eq!(now, NOON + CHECK_EVERY);
    link.step(Input::Checked(5_001), now, 0);
    assert_eq!(link.state(), LinkState::Slow);
    wait(&mut link, &mut now, NOON + HOUR);
    link.step(Input::Checked(5_000), now, 0);
    assert_eq!(link.state(), LinkState::Connected);
}

#[test]
fn silence_reconnects() {
    let mut link = connected(NOON);
    let mut now = NOON;
    assert_eq!(wait(&mut link, &mut now, NOON + HOUR), [Act::Check]);
    assert_eq!(wait(&mut link, &mut now, NOON + HOUR), [Act::Disconnect], "no answer by the next check");
    assert_eq!(now, NOON + 2 * CHECK_EVERY);
    assert_eq!(wait(&mut link, &mut now, NOON + HOUR), [Act::Connect]);
    assert_eq!(wait(&mut link, &mut now, NOON + HOUR), [Act::Disconnect], "neither connected nor closed");
    assert_eq!(now, NOON + 2 * CHECK_EVERY + BACKOFF + CONNECT_DEADLINE);
    let mut link = connected(NOON);
    assert_eq!(link.step(Input::CheckFailed, NOON, 0), [Act::Disconnect]);
}

#[test]
fn more_than_five_errors_in_a_row_reconnect() {
    let mut link = connected(NOON);
    for _ in 0..5 {
        assert_eq!(link.step(Input::NotAnswered, NOON, 0), []);
    }
    link.step(Input::Answered, NOON, 0);
    for _ in 0..5 {
        assert_eq!(link.step(Input::NotAnswered, NOON, 0), []);
    }
    assert_eq!(link.step(Input::NotAnswered, NOON, 0), [Act::Disconnect]);
}

#[test]
fn after_a_night_asleep_it_connects_at_once() {
    let morning = NOON + 9 * HOUR;
    let mut link = connected(NOON);
    assert_eq!(link.step(Input::Tick, morning, 0), [Act::Disconnect, Act::Connect]);
    assert_eq!((link.state(), link.tries()), (LinkState::Connecting, 1));
    let mut link = connected(NOON);
    assert_eq!(link.step(lost(), morning, 0), [Act::Disconnect, Act::Connect], "whatever is heard first");
    let mut link = connected(NOON);
    link.step(lost(), NOON, 0);
    assert_eq!(link.step(Input::Tick, NOON + 3 * MINUTE, 0), [Act::Connect]);
    for closed in [Closed::LoggedOut, Closed::Replaced, Closed::Locked, Closed::Banned { code: 406, until: None }] {
        let mut link = connected(NOON);
        link.step(Input::Closed(closed.clone()), NOON, 0);
        assert_eq!(link.step(Input::Tick, morning, 0), [], "{closed:?}");
    }
    let mut link = connected(NOON);
    link.step(Input::Closed(Closed::TooMany), NOON, 0);
    assert_eq!(link.step(Input::Tick, NOON + 3 * MINUTE, 0), [], "WhatsApp's wait is kept");
}

#[test]
fn a_clock_that_is_set_back_does_not_lengthen_a_wait() {
    let mut link = connected(NOON);
    link.step(lost(), NOON, 0);
    link.step(Input::Tick, NOON - 5 * HOUR, 0);
    assert_eq!(link.next_try_at(), Some(NOON - 5 * HOUR + BACKOFF));
}

#[test]
fn a_fresh_start_connects_what_may_connect() {
    let until = Some(NOON + HOUR);
    let table = [
        (LinkState::Connected, true),
        (LinkState::Connecting, true),
        (LinkState::NeedsAttention, true),
        (LinkState::Outdated, true),
        (LinkState::Banned { code: 101, until: Some(NOON - 1) }, true),
        (LinkState::Banned { code: 101, until }, false),
        (LinkState::Banned { code: 406, until: None }, false),
        (LinkState::LoggedOut, false),
        (LinkState::Linking, false),
        (LinkState::Replaced, false),
        (LinkState::Locked, false),
    ];
    for (stored, connects) in table {
        let mut link = Link::new(stored, 5, NOON);
        assert_eq!(!link.step(Input::Started, NOON, 0).is_empty(), connects, "{stored:?}");
        assert!(connects || link.state() == stored.at_start());
    }
}

#[test]
fn names_of_states_lead_back_to_them() {
    for state in [LinkState::LoggedOut, LinkState::Banned { code: 104, until: Some(9) }, LinkState::NeedsAttention] {
        assert_eq!(LinkState::of(state.name(), Some(104), Some(9)), Some(state));
    }
}

#[test]
fn warnings_come_after_a_day_and_on_the_eleventh_day() {
    assert!(!is_idle(LinkState::Connected, NOON, NOON + DAY));
    assert!(is_idle(LinkState::Slow, NOON, NOON + DAY + 1));
    assert!(!is_idle(LinkState::Disconnected, NOON, NOON + 2 * DAY));
    assert!(!phone_is_due(NOON, NOON + 11 * DAY - 1));
    assert!(phone_is_due(NOON, NOON + 11 * DAY));
}

fn inputs() -> impl Strategy<Value = Input> {
    let until = proptest::option::of(0i64..2 * DAY).prop_map(|wait| wait.map(|wait| NOON + wait));
    prop_oneof![
        4 => Just(Input::Tick),
        2 => Just(Input::Connected),
        1 => Just(Input::Started),
        1 => Just(Input::Stopped),
        1 => Just(Input::OwnerConnects),
        1 => (0i64..20_000).prop_map(Input::Checked),
        1 => Just(Input::CheckFailed),
        1 => Just(Input::Answered),
        2 => Just(Input::NotAnswered),
        2 => Just(lost()),
        1 => Just(Input::Closed(Closed::TooMany)),
        1 => Just(Input::Closed(Closed::Replaced)),
        1 => Just(Input::Closed(Closed::Locked)),
        1 => Just(Input::Closed(Closed::Outdated)),
        1 => (101u16..107, until).prop_map(|(code, until)| Input::Closed(Closed::Banned { code, until })),
        1 => Just(Input::Closed(Closed::LoggedOut)),
    ]
}

proptest! {
    #[test]
    fn one_connection_at_a_time_none_when_logged_out_and_no_wait_without_bounds(
        steps in proptest::collection::vec((inputs(), -30_000i64..400_000, 0i64..2_000), 1..120),
    ) {
        let mut now = NOON;
        let mut link = Link::new(LinkState::Disconnected, 0, now);
        let mut open = false;
        for (input, pass, jitter) in steps {
            now += pass;
            let before = link.state();
            for act in link.step(input, now, jitter) {
                match act {
                    Act::Connect => {
                        prop_assert!(!open, "two connections");
                        prop_assert!(before != LinkState::LoggedOut);
                        open = true;
                    }
                    Act::Disconnect => {
                        prop_assert!(open);
                        open = false;
                    }
                    Act::Check | Act::ReadLimits => prop_assert!(open),
                }
            }
            prop_assert!(!link.state().is_usable() || open);
            prop_assert!(link.wake_at() <= now + LONGEST_SLEEP);
            if let (Some(at), false) = (link.next_try_at(), matches!(link.state(), LinkState::Banned { .. })) {
                prop_assert!(at - now <= HOUR + MOST_JITTER, "waits {} ms", at - now);
            }
            if before == LinkState::LoggedOut {
                prop_assert_eq!(link.state(), LinkState::LoggedOut);
            }
        }
    }
}

#[test]
fn a_ban_ends_though_the_clock_was_set_back_by_years() {
    let until = Some(NOON + DAY);
    let banned = LinkState::Banned { code: 101, until };
    let years_ago = NOON - 730 * DAY;
    let mut link = Link::new(banned, NOON, NOON);
    assert_eq!(link.step(Input::Started, NOON, 0), []);
    assert_eq!(link.step(Input::Tick, NOON - 2 * DAY, 0), [], "an end in three days may be true");
    assert_eq!(link.step(Input::Tick, years_ago, 0), [Act::Connect]);
    assert_eq!(Link::new(banned, NOON, years_ago).step(Input::Started, years_ago, 0), [Act::Connect]);
    link.step(Input::Closed(Closed::Banned { code: 101, until }), years_ago, 0);
    assert!(link.next_try_at().is_some_and(|at| at >= years_ago + 30 * DAY), "and told again it is no loop");
}

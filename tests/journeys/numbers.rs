//! Linked numbers in good and bad times: what the owner is shown, and when a number tries again.

use ulak_core::app::{BanView, NumberView, Problem, ShutView};
use ulak_core::clock::{DAY, HOUR, MINUTE, Millis, SECOND};
use ulak_core::contact::Standing;
use ulak_core::ids::SessionId;
use ulak_core::session::Pace;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{Closed, Limits, Signal};
use ulak_core::session::messenger::Outcome;
use ulak_core::settings::Language;
use ulak_core::testing::numbers::{BRISK, reply};
use ulak_core::testing::{Call, FakeClient, Server, World};

use crate::at;

const SHOP: &str = "+905550001122";
const OTHER: &str = "+628125550147";

async fn shop() -> Result<(World, SessionId, std::sync::Arc<FakeClient>), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let id = world.link(SHOP).await?;
    let client = world.network.client().expect("a client was asked for");
    Ok((world, id, client))
}

fn lost() -> Signal {
    Signal::Closed(Closed::Lost { reason: "reset".to_owned() })
}

fn gaps(times: &[Millis]) -> Vec<Millis> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test]
async fn a_server_that_is_gone_for_an_hour_is_tried_less_and_less_and_found_again() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    world.network.server(Server::Gone);
    let began = at(0, 12, 5);
    world.pass(began).await;
    let before = client.connects().len();
    client.hear(lost());
    world.settle().await;
    let number = world.number(id).await?;
    assert_eq!((number.state.as_str(), number.tries), ("disconnected", 0));
    assert!(number.next_try_at.is_some_and(|at| (2_000..=3_000).contains(&(at - began))), "{:?}", number.next_try_at);
    world.pass(began + HOUR).await;
    let number = world.number(id).await?;
    assert_eq!(number.state, "needs_attention");
    let tries = client.connects()[before..].to_vec();
    for (gap, expected) in gaps(&tries).iter().zip([2, 4, 8, 16, 32, 60, 60, 60, 60, 300, 300]) {
        assert!((expected * SECOND..=(expected + 1) * SECOND).contains(gap), "{gap} for {expected} s");
    }
    assert!(tries.len() < 25, "{} tries in an hour", tries.len());
    assert!(!client.was_opened_twice());
    world.network.server(Server::Up);
    world.pass(began + HOUR + 5 * MINUTE + 2 * SECOND).await;
    let number = world.number(id).await?;
    assert_eq!((number.state.as_str(), number.tries, number.next_try_at), ("connected", 0, None));
    Ok(())
}

#[tokio::test]
async fn the_owner_can_try_at_once() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    world.network.server(Server::Gone);
    client.hear(lost());
    world.pass(at(0, 12, 10)).await;
    assert_eq!(world.number(id).await?.state, "needs_attention");
    assert_eq!(world.app.health().wrong().await?, ["no_number_connected"]);
    world.network.server(Server::Up);
    world.app.numbers().reconnect_number(id).await?;
    world.settle().await;
    assert_eq!(world.number(id).await?.state, "connected");
    assert_eq!(world.app.health().wrong().await?, Vec::<String>::new());
    Ok(())
}

/// Each word of WhatsApp: the state that is shown, and how often the number tries in the 23 hours behind it.
#[tokio::test]
async fn whatsapps_word_is_shown_and_nothing_connects_that_must_not() -> Result<(), Problem> {
    let until = at(0, 18, 0);
    let table = [
        (Closed::LoggedOut, "logged_out", 0),
        (Closed::Replaced, "replaced", 0),
        (Closed::Locked, "locked", 0),
        (Closed::Banned { code: 406, until: None }, "banned", 0),
        (Closed::Banned { code: 101, until: Some(until) }, "banned", 1),
        (Closed::Outdated, "outdated", 22),
    ];
    for (closed, state, tries) in table {
        let (world, id, client) = shop().await?;
        // The ban is over when it is tried again; the others stay what they are.
        let is_dated = matches!(closed, Closed::Banned { until: Some(_), .. });
        world.network.server(if is_dated { Server::Up } else { Server::Says(closed.clone()) });
        let before = client.connects().len();
        client.hear(Signal::Closed(closed.clone()));
        world.settle().await;
        let number = world.number(id).await?;
        assert_eq!(number.state, state, "{closed:?}");
        assert_eq!(number.since, Some(world.app.now()));
        let ban = match closed {
            Closed::Banned { code, until } => Some(BanView { code, until }),
            _ => None,
        };
        assert_eq!(number.ban, ban);
        assert!(!world.app.dispatcher().registry.ids().contains(&id), "the outbox does not see it");
        assert_eq!(world.app.health().wrong().await?, ["no_number_connected"], "{closed:?}");
        world.pass(at(1, 11, 0)).await;
        let connects = client.connects()[before..].to_vec();
        assert_eq!(connects.len(), tries, "{closed:?} at {connects:?}");
        if is_dated {
            assert_eq!(connects, [until]);
            assert_eq!(world.number(id).await?.state, "connected");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_logged_out_number_stays_so_through_a_restart_and_at_the_owners_wish() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    client.hear(Signal::Closed(Closed::LoggedOut));
    world.settle().await;
    let refused = world.app.numbers().reconnect_number(id).await.err().map(|problem| problem.code);
    assert_eq!(refused.as_deref(), Some("number.logged_out"));
    let world = world.restart().await?;
    world.pass(at(1, 12, 0)).await;
    assert_eq!(world.number(id).await?.state, "logged_out");
    let client = world.network.client().expect("the restart asked for a client");
    assert!(client.connects().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_ban_is_waited_for_through_a_restart() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    let until = at(0, 15, 0);
    client.hear(Signal::Closed(Closed::Banned { code: 104, until: Some(until) }));
    world.settle().await;
    let world = world.restart().await?;
    let refused = world.app.numbers().reconnect_number(id).await.err();
    let refused = refused.map(|problem| (problem.code, problem.params["until"].clone()));
    assert_eq!(refused, Some(("number.banned".to_owned(), until.to_string())));
    let number = world.number(id).await?;
    assert_eq!((number.state.as_str(), number.next_try_at), ("banned", Some(until)));
    assert_eq!(number.ban, Some(BanView { code: 104, until: Some(until) }));
    world.pass(at(0, 15, 1)).await;
    let number = world.number(id).await?;
    assert_eq!((number.state.as_str(), number.ban), ("connected", None));
    Ok(())
}

#[tokio::test]
async fn a_replaced_number_comes_back_when_the_owner_asks() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    client.hear(Signal::Closed(Closed::Replaced));
    world.pass(at(0, 13, 0)).await;
    assert_eq!(world.number(id).await?.state, "replaced");
    world.app.numbers().reconnect_number(id).await?;
    world.settle().await;
    assert_eq!(world.number(id).await?.state, "connected");
    assert!(!client.was_opened_twice());
    Ok(())
}

#[tokio::test]
async fn too_many_connections_wait_for_minutes() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    let began = world.app.now();
    let before = client.connects().len();
    client.hear(Signal::Closed(Closed::TooMany));
    world.pass(began + 5 * MINUTE - SECOND).await;
    assert_eq!((world.number(id).await?.state.as_str(), client.connects().len()), ("disconnected", before));
    world.pass(began + 5 * MINUTE + 2 * SECOND).await;
    assert_eq!((world.number(id).await?.state.as_str(), client.connects().len()), ("connected", before + 1));
    Ok(())
}

#[tokio::test]
async fn after_a_night_asleep_a_number_is_back_at_once() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    let morning = at(1, 8, 30);
    world.sleep(morning).await;
    assert_eq!(client.connects().last(), Some(&morning));
    assert_eq!(world.number(id).await?.state, "connected");
    assert!(!client.was_opened_twice());
    world.network.server(Server::Gone);
    client.hear(lost());
    world.pass(at(1, 9, 0)).await;
    assert_eq!(world.number(id).await?.state, "needs_attention");
    world.network.server(Server::Up);
    world.sleep(at(1, 9, 3)).await;
    assert_eq!(world.number(id).await?.state, "connected", "it does not wait for the old timer");
    Ok(())
}

#[tokio::test]
async fn checks_come_every_thirty_seconds_and_a_slow_answer_is_shown() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    world.network.responds_in(40);
    world.pass(at(0, 12, 5)).await;
    let checks = client.calls().iter().filter(|call| **call == Call::Check).count();
    assert!((10..=11).contains(&checks), "{checks} checks in five minutes");
    assert_eq!(world.number(id).await?.respond_ms, Some(40));
    world.network.responds_in(6_000);
    world.pass(at(0, 12, 6)).await;
    let number = world.number(id).await?;
    assert_eq!((number.state.as_str(), number.respond_ms), ("slow", Some(6_000)));
    assert!(world.app.dispatcher().registry.ids().contains(&id), "a slow number still sends");
    Ok(())
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_and_tried_again() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    world.network.server(Server::Silent);
    world.pass(at(0, 12, 2)).await;
    assert_ne!(world.number(id).await?.state, "connected");
    world.network.server(Server::Up);
    world.pass(at(0, 12, 6)).await;
    assert_eq!(world.number(id).await?.state, "connected");
    assert!(!client.was_opened_twice());
    Ok(())
}

#[tokio::test]
async fn parts_without_an_answer_reconnect() -> Result<(), Problem> {
    let (mut world, id, client) = shop().await?;
    world.contacts(6).await?;
    client.answer((0..6).map(|_| Outcome::Unknown(Cause::NoAnswer)));
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![id]).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let before = client.connects().len();
    for _ in 0..200 {
        let sends_until = world.app.now() + 10 * SECOND;
        world.run_until(sends_until).await?;
        world.settle().await;
        if client.connects().len() > before || !client.is_open() {
            break;
        }
    }
    assert!(!client.is_open(), "six parts without an answer are a dead connection");
    world.pass(world.app.now() + 5 * SECOND).await;
    assert_eq!(world.number(id).await?.state, "connected");
    Ok(())
}

#[tokio::test]
async fn two_numbers_have_an_order_and_share_the_work() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(30).await?;
    let (shop, other) = (world.link(SHOP).await?, world.link(OTHER).await?);
    let first_line = world.network.clients()[0].clone();
    let primary = |numbers: Vec<NumberView>| numbers.iter().find(|view| view.is_primary).map(|view| view.id);
    assert_eq!(primary(world.app.numbers().list().await?), Some(shop));
    let ordered = world.app.numbers().order_numbers(&[other, shop]).await?;
    assert_eq!(ordered.iter().map(|view| view.id).collect::<Vec<_>>(), [other, shop, world.app.practice_id()]);
    assert_eq!(primary(ordered), Some(other));
    world.app.numbers().order_numbers(&[shop]).await?;
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![shop, other]).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.counts(id).await?.sent, 30);
    let (first, second) = (world.number(shop).await?, world.number(other).await?);
    assert_eq!(first.sent_today + second.sent_today, 30);
    assert!(first.sent_today > 0 && second.sent_today > 0);
    assert_eq!(first.share_percent, (first.sent_today * 100 + 15) / 30);
    assert_eq!(world.number(world.app.practice_id()).await?.share_percent, 0);
    first_line.hear(Signal::Closed(Closed::Replaced));
    world.settle().await;
    assert_eq!(primary(world.app.numbers().list().await?), Some(other), "the next one that is connected");
    Ok(())
}

#[tokio::test]
async fn limits_are_read_shown_and_read_again() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    let limits = Limits {
        new_chats_used: Some(7),
        new_chats_quota: Some(20),
        quota_renews_at: Some(at(1, 0, 0)),
        locked_until: Some(at(0, 13, 30)),
    };
    world.network.limits(limits);
    world.pass(at(0, 13, 1)).await;
    let shown = world.number(id).await?.limits;
    assert_eq!((shown.new_chats_used, shown.new_chats_quota), (Some(7), Some(20)));
    assert_eq!((shown.quota_renews_at, shown.locked_until), (Some(at(1, 0, 0)), Some(at(0, 13, 30))));
    let counted = Limits { new_chats_used: Some(8), locked_until: None, ..limits };
    client.hear(Signal::Limits { limits: counted, tells_quota: true, tells_lock: false });
    world.settle().await;
    let shown = world.number(id).await?.limits;
    assert_eq!(
        (shown.new_chats_used, shown.locked_until),
        (Some(8), Some(at(0, 13, 30))),
        "the lock was not mentioned"
    );
    let lock = Limits { locked_until: Some(at(0, 13, 31)), ..Limits::default() };
    client.hear(Signal::Limits { limits: lock, tells_quota: false, tells_lock: true });
    world.settle().await;
    let shown = world.number(id).await?.limits;
    assert_eq!((shown.new_chats_used, shown.locked_until), (Some(8), Some(at(0, 13, 31))), "nor was the quota");
    world.pass(at(0, 13, 32)).await;
    let shown = world.number(id).await?.limits;
    assert_eq!((shown.new_chats_used, shown.locked_until), (Some(8), None), "a lock that has ended is none");
    Ok(())
}

#[tokio::test]
async fn a_refused_new_chat_shuts_the_number_in_words_and_reads_the_limits() -> Result<(), Problem> {
    let (mut world, id, client) = shop().await?;
    world.contacts(1).await?;
    client.answer([Outcome::Refused(Cause::NewChatsLocked)]);
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![id]).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let reads = |client: &FakeClient| client.calls().iter().filter(|call| **call == Call::Limits).count();
    let before = reads(&client);
    world.run_until(at(0, 12, 1)).await?;
    world.settle().await;
    assert_eq!(reads(&client), before + 1);
    let shut = world.number(id).await?.shut;
    assert!(matches!(&shut, Some(ShutView { cause: Cause::NewChatsLocked, until: Some(_) })), "{shut:?}");
    assert_eq!(world.number(id).await?.state, "connected");
    Ok(())
}

#[tokio::test]
async fn an_unused_phone_and_an_idle_number_are_warned_of() -> Result<(), Problem> {
    let (world, id, client) = shop().await?;
    world.sleep(at(0, 12, 0) + DAY).await;
    let number = world.number(id).await?;
    assert!(!number.idle_warning && !number.phone_warning);
    world.sleep(at(1, 12, 1)).await;
    assert!(world.number(id).await?.idle_warning);
    world.sleep(at(11, 12, 0)).await;
    assert!(world.number(id).await?.phone_warning);
    client.hear(Signal::PhoneSeen);
    world.pass(at(11, 12, 2)).await;
    let number = world.number(id).await?;
    assert!(!number.phone_warning);
    assert!(number.phone_seen_at.is_some_and(|at_| at_ >= at(11, 12, 0)));
    Ok(())
}

#[tokio::test]
async fn options_of_a_number_are_kept() -> Result<(), Problem> {
    let (world, id, _) = shop().await?;
    world.app.numbers().set_number_options(id, true, true).await?;
    let world = world.restart().await?;
    let number = world.number(id).await?;
    assert!(number.typing && number.take_names);
    Ok(())
}

#[tokio::test]
async fn a_stop_counts_is_confirmed_to_the_line_and_answered_if_the_owner_wants() -> Result<(), Problem> {
    let (world, _, client) = shop().await?;
    let elif = world.contact("Elif", "+905325550142").await?;
    let mut settings = world.app.settings().current().await?;
    (settings.stop_reply, settings.language) = (true, Some(Language::Tr));
    world.app.settings().save_settings(&settings).await?;
    let kept = client.hear_and_ask(Signal::Reply(reply("R1", "+905325550142", "dur", at(0, 12, 1))));
    world.settle().await;
    assert!(kept.await.is_ok(), "WhatsApp is told that the reply is safe");
    assert_eq!(world.app.people().contact(elif).await?.standing, Standing::Black);
    let text = "Bundan sonra size mesaj göndermeyeceğiz. Yeniden almak isterseniz BAŞLA yazın.".to_owned();
    let said = Call::Say { to: "+905325550142".to_owned(), text };
    assert_eq!(client.calls().iter().filter(|call| **call == said).count(), 1);
    client.hear(Signal::Reply(reply("R1", "+905325550142", "dur", at(0, 12, 1))));
    world.settle().await;
    assert_eq!(client.calls().iter().filter(|call| **call == said).count(), 1, "the same reply again says nothing");
    Ok(())
}

#[tokio::test]
async fn what_a_full_disk_does_not_take_is_not_confirmed() -> Result<(), Problem> {
    let (world, _, client) = shop().await?;
    world.contact("Elif", "+905325550142").await?;
    world.app.supervised_numbers().run();
    let db = world.app.db();
    db.limit_pages(db.page_count().await?).await?;
    let text = "uzun ".repeat(20_000);
    let mut kept = client.hear_and_ask(Signal::Reply(reply("R1", "+905325550142", &text, at(0, 12, 1))));
    let early = tokio::time::timeout(std::time::Duration::from_millis(300), &mut kept).await;
    assert!(early.is_err(), "it is not safe yet");
    db.limit_pages(1_000_000).await?;
    let kept = tokio::time::timeout(std::time::Duration::from_secs(20), kept).await;
    assert!(matches!(kept, Ok(Ok(()))), "and then it is");
    Ok(())
}

/// As WhatsApp's own servers do it.
#[tokio::test]
async fn a_server_that_ends_every_connection_after_fifty_minutes_costs_nothing_in_a_week() -> Result<(), Problem> {
    let (mut world, id, client) = shop().await?;
    world.contacts(120).await?;
    world.app.numbers().save_pace(id, &Pace { min_ms: 60_000, max_ms: 120_000, daily_cap: 40, ..BRISK }).await?;
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![id]).await?;
    let campaign = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let before = client.connects().len();
    let (mut ends, mut pages) = (0, 0);
    while world.app.now() < at(7, 12, 0) {
        world.run_until(world.app.now() + 50 * MINUTE).await?;
        world.settle().await;
        let reason = if ends % 2 == 0 { "503" } else { "stream ended" };
        client.hear(Signal::Closed(Closed::Lost { reason: reason.to_owned() }));
        ends += 1;
        world.pass(world.app.now() + 10 * SECOND).await;
        assert_eq!(world.number(id).await?.state, "connected", "after {ends} ends");
        if world.app.now() > at(5, 0, 0) {
            pages = if pages == 0 { world.app.db().page_count().await? } else { pages };
        }
    }
    // Fifty minutes at one stroke look like a short sleep, after which a number connects anew.
    let connects = client.connects().len() - before;
    assert!((ends..=2 * ends).contains(&connects), "{connects} connections for {ends} ends");
    assert!(!client.was_opened_twice());
    let counts = world.counts(campaign).await?;
    assert_eq!((counts.open(), counts.failed, counts.unknown), (0, 0, 0), "{counts:?}");
    let mut people: Vec<String> = client.phone().sent().into_iter().map(|sent| sent.to).collect();
    let sent = people.len();
    people.sort();
    people.dedup();
    assert_eq!((sent, people.len()), (120, 120));
    let grown = world.app.db().page_count().await? - pages;
    assert!(grown <= 8, "two quiet days of ends added {grown} pages");
    Ok(())
}

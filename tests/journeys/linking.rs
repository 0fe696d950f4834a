//! Linking a phone, unlinking it, and linking it again.

use ulak_core::app::WarmUpView;
use ulak_core::app::{HealthKind, HealthState, LinkEndView, NumberKind, Problem, START_CREDITS};
use ulak_core::clock::{HOUR, MINUTE};
use ulak_core::ids::SessionId;
use ulak_core::ledger::Book;
use ulak_core::session::Pace;
use ulak_core::session::client::{ClientError, Closed, LinkEnd, LinkHow, Signal};
use ulak_core::session::linking::Stage;
use ulak_core::session::messenger::ReceiptKind;
use ulak_core::testing::{Call, FakeClient, World};

use crate::at;

const SHOP: &str = "+905550001122";
const OTHER: &str = "+628125550147";

fn qr(code: &str, expires_at: i64) -> Signal {
    Signal::Qr { code: code.to_owned(), expires_at }
}

fn code_of(result: Result<impl Sized, Problem>) -> String {
    result.err().map(|problem| problem.code).unwrap_or_default()
}

async fn linked(world: &World) -> Result<Vec<SessionId>, Problem> {
    let numbers = world.app.numbers().list().await?;
    Ok(numbers.iter().filter(|view| view.kind == NumberKind::Whatsapp).map(|view| view.id).collect())
}

fn client(world: &World) -> std::sync::Arc<FakeClient> {
    world.network.client().expect("a client was asked for")
}

#[tokio::test]
async fn a_phone_is_linked_by_qr_and_connects_at_once() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let linking = world.app.numbers().start_link(LinkHow::Qr, None).await?;
    assert_eq!(world.app.numbers().link_view(linking)?.stage, Stage::Starting);
    world.settle().await;
    let client = client(&world);
    assert_eq!(client.calls(), [Call::Link(LinkHow::Qr)]);
    for (code, until) in [("first", at(0, 12, 1)), ("second", at(0, 12, 2))] {
        client.hear(qr(code, until));
        world.settle().await;
        let view = world.app.numbers().link_view(linking)?;
        assert_eq!((view.stage, view.qr.as_deref(), view.expires_at), (Stage::Qr, Some(code), Some(until)));
    }
    assert!(linked(&world).await?.is_empty(), "a phone that has not accepted is no number");
    world.accept(SHOP).await;
    let view = world.app.numbers().link_view(linking)?;
    assert_eq!((view.stage, view.session_id), (Stage::Linked, linking));
    let number = world.number(view.session_id).await?;
    assert_eq!((number.state.as_str(), number.phone.as_str(), number.is_primary), ("connected", SHOP, true));
    assert_eq!(number.linked_at, Some(at(0, 12, 0)));
    assert_eq!(client.calls(), [Call::Link(LinkHow::Qr), Call::Connect, Call::Check, Call::Limits]);
    assert!(client.file().ends_with(format!("numbers/{linking}.db")), "{}", client.file().display());
    Ok(())
}

#[tokio::test]
async fn the_first_linked_number_brings_credits_once() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    assert_eq!(world.app.credits().balance(Book::Real).await?.balance, 0);
    let shop = world.link(SHOP).await?;
    assert_eq!(world.app.credits().balance(Book::Real).await?.balance, START_CREDITS);
    world.link(OTHER).await?;
    world.app.numbers().unlink_number(shop).await?;
    world.link(SHOP).await?;
    assert_eq!(world.app.credits().balance(Book::Real).await?.granted, START_CREDITS);
    let world = world.restart().await?;
    world.link("+628125550199").await?;
    assert_eq!(world.app.credits().balance(Book::Real).await?.granted, START_CREDITS);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn codes_that_ran_out_are_asked_for_again() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let linking = world.app.numbers().start_link(LinkHow::Qr, None).await?;
    world.settle().await;
    client(&world).hear(qr("last", at(0, 12, 1)));
    client(&world).hear(Signal::LinkEnded(LinkEnd::Exhausted));
    world.settle().await;
    let view = world.app.numbers().link_view(linking)?;
    assert_eq!((view.stage, view.qr, view.end), (Stage::Ended, None, Some(LinkEndView::Exhausted)));
    world.app.numbers().refresh_link(linking).await?;
    let view = world.app.numbers().link_view(linking)?;
    assert_eq!((view.stage, view.attempt, view.end), (Stage::Starting, 2, None));
    world.accept(SHOP).await;
    assert_eq!(world.app.numbers().link_view(linking)?.stage, Stage::Linked);
    assert_eq!(code_of(world.app.numbers().refresh_link(linking).await), "number.link_over");
    Ok(())
}

#[tokio::test]
async fn a_pairing_code_is_shown_for_a_phone_as_the_owner_writes_it() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let wrong = LinkHow::PairingCode { phone: "12".to_owned() };
    assert!(code_of(world.app.numbers().start_link(wrong, None).await).starts_with("phone."));
    let how = LinkHow::PairingCode { phone: "0555 000 11 22".to_owned() };
    let linking = world.app.numbers().start_link(how, None).await?;
    world.settle().await;
    assert_eq!(client(&world).calls(), [Call::Link(LinkHow::PairingCode { phone: SHOP.to_owned() })]);
    client(&world).hear(Signal::Code { code: "ABCD-1234".to_owned(), expires_at: at(0, 12, 3) });
    world.settle().await;
    let view = world.app.numbers().link_view(linking)?;
    assert_eq!((view.stage, view.code.as_deref()), (Stage::Code, Some("ABCD-1234")));
    client(&world).hear(Signal::LinkEnded(LinkEnd::Refused));
    world.settle().await;
    assert_eq!(world.app.numbers().link_view(linking)?.end, Some(LinkEndView::Refused));
    Ok(())
}

#[tokio::test]
async fn nothing_is_left_of_a_linking_that_was_cancelled() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let linking = world.app.numbers().start_link(LinkHow::Qr, None).await?;
    world.settle().await;
    let client = client(&world);
    assert!(client.file().exists());
    world.app.numbers().cancel_link(linking).await?;
    assert!(client.calls().contains(&Call::Disconnect) && !client.file().exists());
    client.hear(Signal::Linked { phone: SHOP.to_owned(), lid: None, push_name: String::new() });
    world.settle().await;
    assert!(linked(&world).await?.is_empty());
    assert_eq!(code_of(world.app.numbers().link_view(linking)), "number.link_over");
    Ok(())
}

#[tokio::test]
async fn a_linking_that_was_cut_off_leaves_no_key_material() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let shop = world.link(SHOP).await?;
    let kept = client(&world);
    world.app.numbers().start_link(LinkHow::Qr, None).await?;
    world.settle().await;
    let cut_off = client(&world);
    let world = world.restart().await?;
    assert!(kept.file().exists() && !cut_off.file().exists());
    assert_eq!(linked(&world).await?, [shop]);
    assert_eq!(client(&world).key(), kept.key(), "the same file opens with the same key");
    assert_ne!(kept.key(), cut_off.key());
    Ok(())
}

#[tokio::test]
async fn unlinking_keeps_the_history_and_linking_again_goes_on_with_it() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    let shop = world.link(SHOP).await?;
    world.app.numbers().rename_session(shop, "Dükkân").await?;
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![shop]).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.number(shop).await?.sent_today, 3);
    let first = client(&world);
    assert!(world.app.numbers().unlink_number(shop).await?, "WhatsApp was told");
    assert!(first.calls().contains(&Call::Unlink) && !first.file().exists());
    assert!(linked(&world).await?.is_empty());
    assert_eq!(code_of(world.app.numbers().reconnect_number(shop).await), "number.gone");
    let again = world.link(SHOP).await?;
    assert_eq!(again, shop);
    let number = world.number(shop).await?;
    assert_eq!((number.name.as_str(), number.sent_today, number.state.as_str()), ("Dükkân", 3, "connected"));
    assert_ne!(client(&world).key(), first.key(), "fresh key material");
    Ok(())
}

#[tokio::test]
async fn the_owner_learns_when_whatsapp_could_not_be_told() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let shop = world.link(SHOP).await?;
    client(&world).hear(Signal::Closed(Closed::Replaced));
    world.settle().await;
    assert!(!world.app.numbers().unlink_number(shop).await?);
    assert!(linked(&world).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_logged_out_number_is_linked_again_by_its_own_phone_only() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let shop = world.link(SHOP).await?;
    let first = client(&world);
    assert_eq!(code_of(world.app.numbers().start_link(LinkHow::Qr, Some(shop)).await), "number.connected");
    assert_eq!(code_of(world.app.numbers().remove_number(shop).await), "number.still_linked");
    first.hear(Signal::Closed(Closed::LoggedOut));
    world.settle().await;
    let linking = world.app.numbers().start_link(LinkHow::Qr, Some(shop)).await?;
    assert_eq!(world.number(shop).await?.state, "linking");
    world.accept(OTHER).await;
    let view = world.app.numbers().link_view(linking)?;
    let problem = view.problem.map(|problem| problem.code);
    assert_eq!((view.stage, problem.as_deref()), (Stage::Ended, Some("number.other_phone")));
    let undone = client(&world);
    assert_eq!(undone.calls()[1..], [Call::Connect, Call::Unlink, Call::Disconnect], "the link is undone");
    assert!(!undone.file().exists());
    assert_eq!(world.number(shop).await?.state, "logged_out");
    let linking = world.app.numbers().start_link(LinkHow::Qr, Some(shop)).await?;
    world.accept(SHOP).await;
    assert_eq!(world.app.numbers().link_view(linking)?.session_id, shop);
    assert_eq!(world.number(shop).await?.state, "connected");
    assert_eq!(linked(&world).await?, [shop]);
    assert!(!first.file().exists() && client(&world).file().exists());
    world.app.numbers().cancel_link(linking).await?;
    assert_eq!(world.number(shop).await?.state, "connected", "closing the dialog unlinks nothing");
    assert!(client(&world).file().exists());
    Ok(())
}

#[tokio::test]
async fn a_phone_that_is_connected_is_not_linked_twice() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let shop = world.link(SHOP).await?;
    let first = client(&world);
    let linking = world.app.numbers().start_link(LinkHow::Qr, None).await?;
    world.accept(SHOP).await;
    let problem = world.app.numbers().link_view(linking)?.problem.map(|problem| problem.code);
    assert_eq!(problem.as_deref(), Some("number.taken"));
    assert!(client(&world).calls().contains(&Call::Unlink));
    assert!(first.is_open() && !first.calls().contains(&Call::Unlink), "the first link is left alone");
    assert_eq!(linked(&world).await?, [shop]);
    Ok(())
}

#[tokio::test]
async fn a_number_that_was_logged_out_can_be_taken_off_the_list() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let shop = world.link(SHOP).await?;
    client(&world).hear(Signal::Closed(Closed::LoggedOut));
    world.settle().await;
    world.app.numbers().remove_number(shop).await?;
    assert!(linked(&world).await?.is_empty());
    let world = world.restart().await?;
    assert!(linked(&world).await?.is_empty());
    assert_eq!(world.link(SHOP).await?, shop, "and comes back as itself");
    Ok(())
}

#[tokio::test]
async fn the_practice_number_is_neither_linked_nor_removed() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let practice = world.app.practice_id();
    assert_eq!(code_of(world.app.numbers().unlink_number(practice).await), "number.practice");
    assert_eq!(code_of(world.app.numbers().remove_number(practice).await), "number.practice");
    assert_eq!(code_of(world.app.numbers().start_link(LinkHow::Qr, Some(practice)).await), "number.practice");
    let view = world.number(practice).await?;
    assert_eq!((view.kind, view.state.as_str(), view.is_primary), (NumberKind::Practice, "connected", false));
    Ok(())
}

#[tokio::test]
async fn a_receipt_is_confirmed_once_it_is_down_and_nothing_heard_is_lost_at_the_end() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(2).await?;
    let shop = world.link(SHOP).await?;
    let draft = world.draft("Merhaba", |edit| edit.session_ids = vec![shop]).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let wire_ids: Vec<String> = sqlx::query_scalar("SELECT wire_id FROM parts ORDER BY id")
        .fetch_all(&mut *world.app.db().read().acquire().await.unwrap())
        .await
        .map_err(ulak_core::db::StorageError::from)?;
    world.settle().await;
    world.app.supervised_numbers().run();
    let client = client(&world);
    let receipt = |wire_id: &str, kind| {
        let at = at(0, 13, 1);
        Signal::Receipt(ulak_core::session::messenger::Receipt { wire_id: wire_id.to_owned(), kind, at })
    };
    let kept = client.hear_and_ask(receipt(&wire_ids[0], ReceiptKind::Read));
    assert!(kept.await.is_ok());
    assert_eq!(world.counts(id).await?.read, 1);
    let last = client.hear_and_ask(receipt(&wire_ids[1], ReceiptKind::Delivered));
    world.app.close().await;
    assert!(last.await.is_ok(), "what was heard before the end is written down");
    assert!(!client.is_open());
    let world = world.restart().await?;
    let counts = world.counts(id).await?;
    assert_eq!((counts.read, counts.delivered), (1, 1));
    assert_eq!(world.number(shop).await?.state, "connecting");
    world.settle().await;
    assert_eq!(world.number(shop).await?.state, "connected");
    Ok(())
}

#[tokio::test]
async fn a_number_that_is_linked_for_the_first_time_warms_up_until_the_owner_decides() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let id = world.link(SHOP).await?;
    let number = world.number(id).await?;
    assert_eq!(
        (number.pace, number.warm_up),
        (Pace::REAL, Some(WarmUpView { day: 1, days: 14, hourly: 20, daily: 50 }))
    );
    let careful = Pace { hourly_cap: 10, min_ms: 30_000, max_ms: 60_000, ..number.pace };
    let number = world.app.numbers().save_pace(id, &careful).await?;
    assert!(number.pace == careful && number.warm_up.is_some(), "a pace of the owner's own ends nothing");
    world.clock.set(at(3, 12, 0));
    assert_eq!(world.number(id).await?.warm_up.map(|today| (today.day, today.daily)), Some((4, 90)));
    let number = world.app.numbers().end_warm_up(id).await?;
    assert_eq!((number.pace, number.warm_up), (careful, None));
    Ok(())
}

#[tokio::test]
async fn after_two_weeks_a_number_is_warm_by_itself() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let id = world.link(SHOP).await?;
    world.clock.set(at(14, 11, 59));
    assert_eq!(world.number(id).await?.warm_up.map(|today| today.daily), Some(600));
    world.clock.set(at(14, 12, 1));
    assert_eq!(world.number(id).await?.warm_up, None);
    Ok(())
}

#[tokio::test]
async fn a_known_number_that_is_linked_again_does_not_start_over() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let id = world.link(SHOP).await?;
    let mine = Pace { hourly_cap: 90, daily_cap: 400, ..Pace::REAL };
    world.app.numbers().save_pace(id, &mine).await?;
    client(&world).hear(Signal::Closed(Closed::LoggedOut));
    world.settle().await;
    world.app.numbers().start_link(LinkHow::Qr, Some(id)).await?;
    world.accept(SHOP).await;
    assert_eq!(world.number(id).await?.pace, mine);
    world.app.numbers().unlink_number(id).await?;
    world.clock.set(at(2, 12, 0));
    assert_eq!(world.link(SHOP).await?, id);
    let number = world.number(id).await?;
    assert_eq!((number.pace, number.warm_up.map(|today| today.day)), (mine, Some(3)), "the plan goes on where it is");
    let other = world.number(world.link(OTHER).await?).await?;
    assert_eq!(other.warm_up.map(|today| today.day), Some(1), "another phone is new all the same");
    Ok(())
}

#[tokio::test]
async fn a_passkey_is_asked_for_by_the_owner_and_its_code_is_compared() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let numbers = world.app.numbers();
    let linking = numbers.start_link(LinkHow::Qr, None).await?;
    world.settle().await;
    let client = client(&world);
    client.hear(qr("first", at(0, 12, 1)));
    world.settle().await;
    assert_eq!(code_of(numbers.use_passkey(linking).await), "passkey.not_asked");
    client.hear(Signal::Passkey { expires_at: at(0, 12, 2) });
    world.settle().await;
    let view = numbers.link_view(linking)?;
    assert_eq!((view.stage, view.qr, view.expires_at), (Stage::Passkey, None, Some(at(0, 12, 2))));
    assert!(!client.calls().contains(&Call::UsePasskey), "the owner begins");
    assert_eq!(code_of(numbers.confirm_passkey(linking).await), "passkey.not_asked");
    client.passkey_fails(ClientError::PasskeyCancelled);
    assert_eq!(code_of(numbers.use_passkey(linking).await), "passkey.cancelled");
    let view = numbers.link_view(linking)?;
    assert_eq!((view.stage, view.problem.map(|it| it.code).as_deref()), (Stage::Passkey, Some("passkey.cancelled")));
    numbers.use_passkey(linking).await?;
    assert!(numbers.link_view(linking)?.problem.is_none());
    client.hear(Signal::PasskeyCode { code: "K7PX-2M4Q".to_owned(), expires_at: Some(at(0, 12, 3)) });
    world.settle().await;
    let view = numbers.link_view(linking)?;
    assert_eq!(
        (view.stage, view.code.as_deref(), view.expires_at),
        (Stage::PasskeyCode, Some("K7PX-2M4Q"), Some(at(0, 12, 3)))
    );
    numbers.confirm_passkey(linking).await?;
    assert_eq!(client.calls().iter().filter(|call| **call == Call::ConfirmPasskey).count(), 1);
    world.accept(SHOP).await;
    assert_eq!(numbers.link_view(linking)?.stage, Stage::Linked);
    Ok(())
}

#[tokio::test]
async fn a_link_that_ends_at_the_passkey_says_how_and_can_be_begun_again() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let numbers = world.app.numbers();
    let linking = numbers.start_link(LinkHow::Qr, None).await?;
    world.settle().await;
    for (end, shown) in [
        (LinkEnd::PasskeyUnavailable, LinkEndView::PasskeyUnavailable),
        (LinkEnd::PasskeyTooLate, LinkEndView::PasskeyTooLate),
        (LinkEnd::PasskeyRefused, LinkEndView::PasskeyRefused),
    ] {
        client(&world).hear(Signal::Passkey { expires_at: at(0, 12, 2) });
        client(&world).hear(Signal::LinkEnded(end));
        world.settle().await;
        let view = numbers.link_view(linking)?;
        assert_eq!((view.stage, view.end, view.code), (Stage::Ended, Some(shown), None));
        assert_eq!(code_of(numbers.use_passkey(linking).await), "passkey.not_asked");
        numbers.refresh_link(linking).await?;
        world.settle().await;
    }
    assert!(linked(&world).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_hours_off_is_named_where_a_link_ends_and_in_the_health() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let numbers = world.app.numbers();
    let linking = numbers.start_link(LinkHow::Qr, None).await?;
    world.settle().await;
    let clock = async || {
        let rows = world.app.health().view().await?.rows;
        let kinds = [HealthKind::Clock, HealthKind::ClockOff];
        let row = rows.into_iter().find(|row| kinds.contains(&row.kind)).expect("a row about the clock");
        Ok::<_, Problem>((row.kind, row.state, row.params.get("ahead").cloned()))
    };
    let client = client(&world);
    client.hear(Signal::ClockAhead { by: 9 * MINUTE });
    world.settle().await;
    assert_eq!(numbers.link_view(linking)?.clock_ahead, None, "a slow line");
    assert_eq!(clock().await?, (HealthKind::Clock, HealthState::Good, None));
    client.hear(Signal::ClockAhead { by: -3 * HOUR });
    client.hear(Signal::LinkEnded(LinkEnd::Lost));
    world.settle().await;
    let view = numbers.link_view(linking)?;
    assert_eq!((view.stage, view.clock_ahead), (Stage::Ended, Some(-3 * HOUR)));
    let behind = Some((-3 * HOUR).to_string());
    assert_eq!(clock().await?, (HealthKind::ClockOff, HealthState::Look, behind));
    numbers.refresh_link(linking).await?;
    world.settle().await;
    client.hear(Signal::ClockAhead { by: 0 });
    world.settle().await;
    assert_eq!(numbers.link_view(linking)?.clock_ahead, None, "it was set right");
    assert_eq!(clock().await?.0, HealthKind::Clock);
    Ok(())
}

#[tokio::test]
async fn a_code_that_comes_while_whatsapp_waits_for_the_passkey_hides_nothing() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let numbers = world.app.numbers();
    let linking = numbers.start_link(LinkHow::PairingCode { phone: SHOP.to_owned() }, None).await?;
    world.settle().await;
    let client = client(&world);
    let late = || {
        client.hear(Signal::Code { code: "LATE-CODE".to_owned(), expires_at: at(0, 12, 9) });
        client.hear(qr("late", at(0, 12, 9)));
    };
    client.hear(Signal::Passkey { expires_at: at(0, 12, 2) });
    late();
    world.settle().await;
    let view = numbers.link_view(linking)?;
    assert_eq!((view.stage, view.code, view.qr), (Stage::Passkey, None, None));
    assert_eq!(view.expires_at, Some(at(0, 12, 2)));
    numbers.use_passkey(linking).await?;
    client.hear(Signal::PasskeyCode { code: "K7PX-2M4Q".to_owned(), expires_at: None });
    late();
    world.settle().await;
    let view = numbers.link_view(linking)?;
    assert_eq!((view.stage, view.code.as_deref()), (Stage::PasskeyCode, Some("K7PX-2M4Q")));
    client.hear(Signal::LinkEnded(LinkEnd::PasskeyTooLate));
    world.settle().await;
    numbers.refresh_link(linking).await?;
    late();
    world.settle().await;
    assert_eq!(numbers.link_view(linking)?.stage, Stage::Qr, "an attempt that is begun again shows its codes");
    Ok(())
}

//! What comes again: a campaign of its own for each day, whatever is killed, and each person's date once.

use std::collections::BTreeSet;

use ulak_core::app::{AttentionKind, Problem, RepeatEdit, RepeatView};
use ulak_core::campaign::CampaignState;
use ulak_core::campaign::audience::{FollowOf, Followed};
use ulak_core::campaign::list::CampaignQuery;
use ulak_core::campaign::live::CampaignRow;
use ulak_core::campaign::repeat::calendar::{Calendar, Day, Every};
use ulak_core::campaign::repeat::store::RunState;
use ulak_core::campaign::repeat::{Occasion, Plan};
use ulak_core::category::Category;
use ulak_core::clock::{DAY, HOUR, MINUTE, Millis};
use ulak_core::contact::ContactEdit;
use ulak_core::ids::{ContactId, RepeatId};
use ulak_core::ledger::Book;
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::Place;
use ulak_core::testing::World;

use crate::at;

async fn noon() -> Result<World, Problem> {
    World::at(at(0, 12, 0)).await
}

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn calendar(every: Every) -> Plan {
    let from = day("2026-11-12");
    Plan::Calendar { calendar: Calendar { every, from, until: None, times: None, except: BTreeSet::new() } }
}

fn birthday() -> Occasion {
    Occasion { field: "birthday".to_owned(), every_year: true, days: 0 }
}

/// A rule that is switched on, at 10:00.
async fn rule(world: &World, plan: Plan, text: &str, late_days: u8) -> Result<RepeatId, Problem> {
    let draft = world.app.campaigns().create_repeat(None).await?;
    let id = draft.repeat.expect("it is the pattern of a rule");
    let mut edit = draft.edit();
    (edit.name, edit.text, edit.category) = ("Rule".to_owned(), text.to_owned(), Category::Notification);
    world.app.campaigns().save_draft(&edit).await?;
    world.app.campaigns().save_repeat(&RepeatEdit { id, plan, minute: 600, late_days, active: true }).await?;
    Ok(id)
}

async fn view(world: &World, id: RepeatId) -> Result<RepeatView, Problem> {
    Ok(world.app.campaigns().repeats().await?.into_iter().find(|one| one.id == id).expect("it is there"))
}

async fn campaigns(world: &World) -> Result<Vec<CampaignRow>, Problem> {
    let query = CampaignQuery { place: Place { limit: 50, ..Place::default() }, ..CampaignQuery::default() };
    Ok(world.app.campaigns().list(&query).await?.rows)
}

/// Time passes as it does for the agenda: it looks every five minutes.
async fn pass(world: &mut World, until: Millis) -> Result<(), Problem> {
    while world.app.now() < until {
        world.app.campaigns().run_repeats().await?;
        let next = (world.app.now() + 5 * MINUTE).min(until);
        world.run_until(next).await?;
    }
    Ok(())
}

async fn born(world: &World, name: &str, phone: &str, birthday: &str) -> Result<ContactId, Problem> {
    let fields = [("birthday".to_owned(), birthday.to_owned())].into();
    let edit = ContactEdit { name: name.to_owned(), phone: phone.to_owned(), fields, ..ContactEdit::default() };
    Ok(world.app.people().save_contact(&edit).await?.id)
}

#[tokio::test]
async fn each_day_has_a_campaign_of_its_own_with_whoever_fits_then() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(2).await?;
    let id = rule(&world, calendar(Every::Day), "Hi {{name}}", 1).await?;
    assert!(campaigns(&world).await?.is_empty(), "a pattern is in no list");
    let next: Vec<Day> = view(&world, id).await?.next.iter().map(|one| one.day).collect();
    assert_eq!(next.first(), Some(&day("2026-11-13")), "today's time is over");
    assert_eq!(next.len(), 5);
    pass(&mut world, at(1, 9, 59)).await?;
    assert!(world.phone.sent().is_empty());
    pass(&mut world, at(1, 12, 0)).await?;
    assert_eq!(world.phone.sent().len(), 2);
    assert!(world.phone.sent()[0].at >= at(1, 10, 0), "on the minute and not before");
    world.contact("Late", "+905385550177").await?;
    pass(&mut world, at(2, 12, 0)).await?;
    assert_eq!(world.phone.sent().len(), 5, "the second day has three");
    assert_eq!(campaigns(&world).await?.len(), 2);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn nobody_gets_two_of_one_day_whatever_is_killed() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(3).await?;
    rule(&world, calendar(Every::Day), "Hi", 1).await?;
    world.run_until(at(1, 9, 58)).await?;
    // It is gone after each of its steps once, and begins anew each time.
    for steps in 1..40 {
        {
            let running = world.app.campaigns().run_repeats();
            let mut running = std::pin::pin!(running);
            for _ in 0..steps {
                if futures::FutureExt::now_or_never(running.as_mut()).is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        if steps % 8 == 0 {
            world = world.restart().await?;
        }
    }
    world.app.campaigns().run_repeats().await?;
    assert_eq!(campaigns(&world).await?.len(), 1);
    world.run_until(at(1, 12, 0)).await?;
    assert_eq!(world.phone.sent().len(), 3);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_was_missed_comes_late_once_and_not_after_that() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(1).await?;
    let id = rule(&world, calendar(Every::Day), "Hi", 1).await?;
    world.sleep(at(4, 9, 0)).await;
    pass(&mut world, at(4, 9, 30)).await?;
    assert_eq!(world.phone.sent().len(), 1, "yesterday's, and not those of three days");
    pass(&mut world, at(4, 12, 0)).await?;
    assert_eq!(world.phone.sent().len(), 2, "and today's at its time");
    let strict = rule(&world, calendar(Every::Week { on: [0].into() }), "Week", 0).await?;
    world.sleep(at(13, 12, 0)).await;
    world.app.campaigns().run_repeats().await?;
    let last = view(&world, strict).await?.last.expect("it is told");
    assert_eq!((last.day, last.state), (day("2026-11-23"), RunState::Missed));
    assert!(view(&world, id).await?.last.is_some());
    Ok(())
}

#[tokio::test]
async fn what_is_changed_of_a_rule_goes_out_when_its_owner_says_so() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(1).await?;
    let id = rule(&world, calendar(Every::Day), "The old text", 1).await?;
    pass(&mut world, at(1, 12, 0)).await?;
    let pattern = view(&world, id).await?.pattern;
    let mut edit = world.app.campaigns().draft(pattern).await?.edit();
    edit.text = "Half a te".to_owned();
    world.app.campaigns().save_draft(&edit).await?;
    pass(&mut world, at(2, 12, 0)).await?;
    assert_eq!(world.phone.sent().len(), 1, "no half text, and not the old one");
    assert!(view(&world, id).await?.waits);
    let told = world.app.home().view().await?.attention;
    assert!(told.iter().any(|one| one.kind == AttentionKind::RuleWaits && one.name.as_deref() == Some("Rule")));
    // Another choice on its card says nothing about its text.
    let RepeatView { plan, .. } = view(&world, id).await?;
    world.app.campaigns().save_repeat(&RepeatEdit { id, plan, minute: 660, late_days: 1, active: true }).await?;
    assert!(view(&world, id).await?.waits);
    edit.text = "The new text".to_owned();
    world.app.campaigns().save_draft(&edit).await?;
    world.app.campaigns().approve_repeat(id).await?;
    assert!(!view(&world, id).await?.waits);
    pass(&mut world, at(3, 12, 0)).await?;
    let texts: Vec<_> = world.phone.sent().into_iter().filter_map(|sent| sent.text).collect();
    assert_eq!(texts, ["The old text", "The new text"]);
    edit.text = String::new();
    world.app.campaigns().save_draft(&edit).await?;
    assert_eq!(world.app.campaigns().approve_repeat(id).await.unwrap_err().code, "campaign.empty");
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_day_that_was_left_out_is_told_and_comes_by_a_click() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(1).await?;
    let id = rule(&world, calendar(Every::Week { on: [5].into() }), "Saturday", 1).await?;
    // Shut from Friday to Monday.
    world.sleep(at(4, 13, 0)).await;
    world.app.campaigns().run_repeats().await?;
    assert!(world.phone.sent().is_empty());
    assert!(format!("{:?}", world.app.home().view().await?.notices).contains("repeat.left_out"));
    let missed: Vec<Day> = view(&world, id).await?.missed.iter().map(|one| one.day).collect();
    assert_eq!(missed, [day("2026-11-14")]);
    world.app.campaigns().make_up_repeat(id, day("2026-11-14")).await?;
    world.run_until(at(4, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), 1);
    assert!(view(&world, id).await?.missed.is_empty());
    assert!(world.app.home().view().await?.notices.is_empty());
    let twice = world.app.campaigns().make_up_repeat(id, day("2026-11-14")).await.unwrap_err();
    assert_eq!(twice.code, "campaign.not_missed");
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_birthday_that_was_left_out_is_told_with_its_people() -> Result<(), Problem> {
    let mut world = noon().await?;
    born(&world, "Ayu", "+6281255500101", "13.11.1990").await?;
    born(&world, "Budi", "+6281255500102", "14.11.1985").await?;
    let id = rule(&world, Plan::Occasion { occasion: birthday() }, "Happy birthday, {{name}}", 0).await?;
    world.sleep(at(3, 14, 0)).await;
    world.app.campaigns().run_repeats().await?;
    let missed: Vec<_> = view(&world, id).await?.missed.iter().map(|one| (one.day, one.people)).collect();
    assert_eq!(missed, [(day("2026-11-13"), Some(1)), (day("2026-11-14"), Some(1))], "none for the day of nobody");
    assert_eq!(world.app.home().view().await?.notices.len(), 2);
    world.app.campaigns().make_up_repeat(id, day("2026-11-13")).await?;
    world.run_until(at(3, 15, 0)).await?;
    let texts: Vec<_> = world.phone.sent().into_iter().filter_map(|sent| sent.text).collect();
    assert_eq!(texts, ["Happy birthday, Ayu"]);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_the_credits_do_not_cover_stays_a_draft_and_is_told() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(2).await?;
    let free = world.app.credits().balance(Book::Practice).await?.free;
    world.app.credits().adjust(Book::Practice, 1 - free, "all but one").await?;
    let id = rule(&world, calendar(Every::Day), "Hi", 1).await?;
    pass(&mut world, at(1, 12, 0)).await?;
    assert!(world.phone.sent().is_empty());
    let rows = campaigns(&world).await?;
    assert_eq!((rows.len(), rows[0].state), (1, CampaignState::Draft));
    assert_eq!(view(&world, id).await?.last.unwrap().state, RunState::Refused);
    let told = world.app.home().view().await?;
    assert!(format!("{told:?}").contains("repeat.not_scheduled"));
    Ok(())
}

#[tokio::test]
async fn a_birthday_is_met_once_a_year_and_a_changed_date_moves_it() -> Result<(), Problem> {
    let mut world = noon().await?;
    born(&world, "Ayu", "+6281255500101", "13.11.1990").await?;
    born(&world, "Budi", "+6281255500102", "14/11/85").await?;
    let citra = born(&world, "Citra", "+6281255500103", "1988-11-14").await?;
    born(&world, "Dewi", "+6281255500104", "29.02.1992").await?;
    let id = rule(&world, Plan::Occasion { occasion: birthday() }, "Happy birthday, {{name}}", 1).await?;
    assert_eq!(world.app.campaigns().date_fields().await?, ["birthday"]);
    let people: Vec<_> = view(&world, id).await?.next.iter().map(|one| one.people).collect();
    assert_eq!(people, [Some(1), Some(2), Some(0), Some(0), Some(0)]);
    pass(&mut world, at(1, 12, 0)).await?;
    let moved = ContactEdit {
        id: Some(citra),
        name: "Citra".to_owned(),
        phone: "+6281255500103".to_owned(),
        fields: [("birthday".to_owned(), "16.11.1988".to_owned())].into(),
        ..ContactEdit::default()
    };
    world.app.people().save_contact(&moved).await?;
    pass(&mut world, at(2, 12, 0)).await?;
    let texts: Vec<_> = world.phone.sent().into_iter().filter_map(|sent| sent.text).collect();
    assert_eq!(texts, ["Happy birthday, Ayu", "Happy birthday, Budi"]);
    pass(&mut world, at(4, 12, 0)).await?;
    assert_eq!(world.phone.sent().len(), 3, "Citra on the day that it is");
    assert_eq!(campaigns(&world).await?.len(), 3, "a day without anybody makes no campaign");
    // 28 February 2027, the day on which whoever was born on the 29th is met.
    world.sleep(at(108, 9, 0)).await;
    pass(&mut world, at(108, 11, 0)).await?;
    assert_eq!(world.phone.sent().last().unwrap().text.as_deref(), Some("Happy birthday, Dewi"));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_due_date_is_told_days_before_it_once() -> Result<(), Problem> {
    let mut world = noon().await?;
    born(&world, "Ayu", "+6281255500101", "16.11.2026").await?;
    let occasion = Occasion { field: "birthday".to_owned(), every_year: false, days: -3 };
    let id = rule(&world, Plan::Occasion { occasion: occasion.clone() }, "Due soon", 1).await?;
    pass(&mut world, at(1, 12, 0)).await?;
    assert_eq!(world.phone.sent().len(), 1, "three days before");
    // The rule is moved to one day before: this date was told already.
    let plan = Plan::Occasion { occasion: Occasion { days: -1, ..occasion } };
    world.app.campaigns().save_repeat(&RepeatEdit { id, plan, minute: 600, late_days: 1, active: true }).await?;
    pass(&mut world, at(5, 12, 0)).await?;
    assert_eq!(world.phone.sent().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_rule_is_switched_on_only_with_something_to_send_on_some_day() -> Result<(), Problem> {
    let world = noon().await?;
    world.contacts(1).await?;
    let draft = world.app.campaigns().create_repeat(None).await?;
    let id = draft.repeat.unwrap();
    let edit = |plan, active| RepeatEdit { id, plan, minute: 600, late_days: 1, active };
    let never = edit(calendar(Every::Week { on: BTreeSet::new() }), true);
    assert_eq!(world.app.campaigns().save_repeat(&never).await.unwrap_err().code, "repeat.never_comes");
    let empty = edit(calendar(Every::Day), true);
    assert_eq!(world.app.campaigns().save_repeat(&empty).await.unwrap_err().code, "campaign.empty");
    world.app.campaigns().save_repeat(&edit(calendar(Every::Day), false)).await?;
    let pattern = world.app.campaigns().schedule_campaign(draft.id, false).await.unwrap_err();
    assert_eq!(pattern.code, "campaign.not_a_draft");
    world.app.campaigns().delete_repeat(id).await?;
    assert!(world.app.campaigns().repeats().await?.is_empty());
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    let _ = (DAY, HOUR);
    Ok(())
}

#[tokio::test]
async fn who_did_not_answer_is_asked_again_days_later_as_it_is_by_then() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contact("Ayu", "+6281255500101").await?;
    world.contact("Budi", "+6281255500102").await?;
    let draft = world.draft("Coming?", |edit| edit.category = Category::Notification).await?;
    let first = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.phone.sent().len(), 2);
    let silent = FollowOf { campaign: first, who: Followed::Silent };
    let at_once = world.app.campaigns().follow_up(silent.clone(), None).await?;
    assert_eq!(world.app.campaigns().check_draft(at_once.id).await?.people, 2);
    let later = world.app.campaigns().follow_up(silent, Some(3)).await?;
    let id = later.repeat.expect("a rule that comes once");
    let RepeatView { plan, .. } = view(&world, id).await?;
    world.app.campaigns().save_repeat(&RepeatEdit { id, plan, minute: 600, late_days: 1, active: true }).await?;
    // Ayu answers in between.
    let query = RecipientQuery {
        campaign_id: first,
        state: None,
        search: "Ayu".to_owned(),
        place: Place { limit: 1, ..Place::default() },
    };
    let ayu = world.app.outbox().recipients(&query).await?.rows[0].message_id;
    let mut tx = world.app.db().begin().await?;
    sqlx::query(
        "INSERT INTO replies (id, session_id, sender, wire_id, contact_id, message_id, campaign_id, text, chosen, stop, at, unread)
         SELECT randomblob(16), (SELECT id FROM sessions), m.phone, 'R1', m.contact_id, m.id, m.queue_id, 'yes', '[]', 0, ?, 1
         FROM messages m WHERE m.id = ?",
    )
    .bind(world.app.now())
    .bind(ayu)
    .execute(&mut *tx)
    .await
    .unwrap();
    // As it is when what the reply answers has been found.
    sqlx::query("UPDATE replies SET at = at").execute(&mut *tx).await.unwrap();
    world.app.db().commit(tx).await?;
    assert_eq!(world.app.campaigns().check_draft(at_once.id).await?.people, 1);
    pass(&mut world, at(3, 12, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!((sent.len(), sent[2].to.as_str()), (3, "+6281255500102"));
    pass(&mut world, at(5, 12, 0)).await?;
    assert_eq!(world.phone.sent().len(), 3, "it comes once");
    world.app.credits().ledger_holds().await
}

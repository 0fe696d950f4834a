//! At most one promotion per person in so many days: asked when a campaign is looked at, and again when it goes out.

use ulak_core::app::{Direct, Problem};
use ulak_core::category::Category;
use ulak_core::clock::MINUTE;
use ulak_core::ids::CampaignId;
use ulak_core::outbox::state::SkipReason;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::Outcome;
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

use crate::at;

async fn world() -> Result<World, Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Elif", "+905325550142").await?;
    Ok(world)
}

async fn skipped(world: &World, id: CampaignId) -> Result<Vec<(SkipReason, i64)>, Problem> {
    let live = world.app.campaigns().live(id).await?;
    Ok(live.skipped.iter().map(|line| (line.reason, line.people)).collect())
}

#[tokio::test]
async fn the_second_promotion_waits_three_days_and_a_reminder_does_not() -> Result<(), Problem> {
    let mut world = world().await?;
    world.schedule("Yaz indirimi").await?;
    world.run_until(at(0, 13, 0)).await?;
    let draft = world.draft("Son gün", |_| {}).await?;
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.will_send, review.credits), (0, 0));
    assert_eq!(review.skipped[0].reason, SkipReason::Promoted);
    assert_eq!(world.app.campaigns().schedule_campaign(draft.id, false).await.unwrap_err().code, "campaign.nobody");
    let reminder = world.draft("Randevunuz yarın", |edit| edit.category = Category::Reminder).await?;
    world.app.campaigns().schedule_campaign(reminder.id, false).await?;
    // One that is due when the days are over reaches everybody.
    let later = world.draft("Güz", |edit| edit.due_at = Some(at(3, 13, 0))).await?;
    assert_eq!(world.app.campaigns().review_campaign(later.id).await?.will_send, 1);
    world.app.campaigns().schedule_campaign(later.id, false).await?;
    world.run_until(at(3, 18, 0)).await?;
    let texts: Vec<_> = world.numbers[0].phone.sent().into_iter().filter_map(|sent| sent.text).collect();
    assert_eq!(texts, ["Yaz indirimi", "Randevunuz yarın", "Güz"]);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn of_two_campaigns_that_wait_one_reaches_a_person() -> Result<(), Problem> {
    let mut world = world().await?;
    let (first, second) = (world.schedule("Bir").await?, world.schedule("İki").await?);
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1);
    assert_eq!(world.counts(first).await?.sent, 1);
    assert_eq!(skipped(&world, second).await?, [(SkipReason::Promoted, 1)]);
    assert_eq!(world.app.credits().balance(ulak_core::ledger::Book::Real).await?.held, 0);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_did_not_arrive_was_no_promotion_and_what_may_have_arrived_was_one() -> Result<(), Problem> {
    for (outcome, again) in [
        (Outcome::Refused(Cause::NotOnWhatsapp), true),
        (Outcome::Unknown(Cause::NoAnswer), false),
        (Outcome::Accepted, false),
    ] {
        let mut world = world().await?;
        world.numbers[0].phone.answer([outcome.clone()]);
        let id = world.schedule("Bir").await?;
        world.run_until(at(0, 12, 0) + 2 * MINUTE).await?;
        if outcome == Outcome::Unknown(Cause::NoAnswer) {
            world.app.campaigns().stop_checking(id).await?;
        }
        let draft = world.draft("İki", |_| {}).await?;
        let will_send = world.app.campaigns().review_campaign(draft.id).await?.will_send;
        assert_eq!(will_send == 1, again, "{outcome:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_was_called_back_counts_for_nothing() -> Result<(), Problem> {
    let mut world = world().await?;
    world.numbers[0].phone.answer([Outcome::Refused(Cause::Refused("busy".to_owned()))]);
    let id = world.schedule("Bir").await?;
    world.run_until(at(0, 12, 0) + 1_000).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1, "it is tried again in two seconds");
    world.app.campaigns().cancel_campaign(id).await?;
    let second = world.schedule("İki").await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.counts(second).await?.sent, 1);
    Ok(())
}

#[tokio::test]
async fn what_is_practised_counts_for_nothing() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905325550142").await?;
    world.schedule("Bir").await?;
    world.run_until(at(0, 13, 0)).await?;
    world.schedule("İki").await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_second_promotion_to_one_person_is_refused_in_words_and_a_notice_goes() -> Result<(), Problem> {
    let mut world = world().await?;
    let over = vec![world.numbers[0].id];
    let wish = |category| Direct {
        to: "+905325550142".to_owned(),
        text: "Merhaba".to_owned(),
        over: over.clone(),
        category,
        ..Direct::default()
    };
    world.app.outbox().send_direct(&wish(Category::Promotion)).await?;
    // Nothing was sent of the first yet: the second is skipped where it is claimed.
    world.app.outbox().send_direct(&wish(Category::Promotion)).await?;
    world.run_until(at(0, 12, 30)).await?;
    assert_eq!(world.numbers[0].phone.sent().len(), 1);
    let refused = world.app.outbox().send_direct(&wish(Category::Promotion)).await.unwrap_err();
    assert_eq!(refused.code, "campaign.promoted");
    world.app.outbox().send_direct(&wish(Category::Notification)).await?;
    world.app.credits().ledger_holds().await
}

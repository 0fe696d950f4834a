//! Pause, resume, cancel, credits that do not reach.

use ulak_core::app::Problem;
use ulak_core::campaign::CampaignState;
use ulak_core::contact::Standing;
use ulak_core::ids::{CampaignId, ContactId};
use ulak_core::ledger::Book;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::Signal;
use ulak_core::session::messenger::Outcome;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;

#[tokio::test]
async fn a_pause_takes_effect_before_the_next_part() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(5).await?;
    let id = world.schedule("Merhaba").await?;
    while world.phone.sent().len() < 2 {
        let soon = world.app.now() + 1_000;
        world.run_until(soon).await?;
    }
    world.app.campaigns().pause_campaign(id).await?;
    let before = world.phone.sent().len();
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), before);
    assert_eq!(world.app.campaigns().live(id).await?.state, CampaignState::Paused);
    world.app.campaigns().resume_campaign(id).await?;
    world.run_until(at(0, 15, 0)).await?;
    assert_eq!(world.phone.sent().len(), 5);
    Ok(())
}

#[tokio::test]
async fn a_pause_between_two_parts_of_a_message_keeps_the_second_back() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905325550142").await?;
    let draft = world.draft("Merhaba", |_| {}).await?;
    let photos = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media");
    world.app.campaigns().add_media(draft.id, &photos.join("sample.jpg")).await?;
    world.app.campaigns().add_media(draft.id, &photos.join("transparent.png")).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    while world.phone.sent().is_empty() {
        world.step().await?;
    }
    world.app.outbox().pause_everything().await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), 1);
    world.app.outbox().resume_everything().await?;
    world.run_until(at(0, 15, 0)).await?;
    assert_eq!(world.phone.sent().len(), 3);
    Ok(())
}

#[tokio::test]
async fn cancelling_releases_what_still_waits() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(10).await?;
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 12, 0) + 4_000).await?;
    let sent = world.phone.sent().len() as i64;
    assert!(sent > 0 && sent < 10);
    world.app.campaigns().cancel_campaign(id).await?;
    world.run_until(at(0, 14, 0)).await?;
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.state, live.counts.cancelled, live.counts.sent), (CampaignState::Cancelled, 10 - sent, sent));
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!((balance.held, balance.settled, balance.released), (0, sent, 10 - sent));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn what_comes_back_after_a_cancel_does_not_go_out_any_more() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    world.phone.answer([Outcome::Refused(Cause::Refused("busy".to_owned()))]);
    let id = world.schedule("Merhaba").await?;
    world.step().await?;
    assert_eq!(world.phone.sent().len(), 1, "its answer is not written yet");
    world.app.campaigns().cancel_campaign(id).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), 1);
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.state, live.counts.cancelled), (CampaignState::Cancelled, 3));
    let balance = world.app.credits().balance(Book::Practice).await?;
    assert_eq!((balance.held, balance.settled, balance.released), (0, 0, 3));
    world.app.credits().ledger_holds().await
}

/// What may come between the claim of a part and the moment when it could be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Cancel,
    Pause,
    PauseOfEverything,
    OptOut,
    BlackList,
    NumberGone,
}

impl Between {
    async fn happens(self, world: &mut World, id: CampaignId, person: ContactId) -> Result<(), Problem> {
        match self {
            Self::Cancel => world.app.campaigns().cancel_campaign(id).await,
            Self::Pause => world.app.campaigns().pause_campaign(id).await,
            Self::PauseOfEverything => world.app.outbox().pause_everything().await,
            Self::OptOut => {
                let stop = Signal::Reply(reply("R1", ELIF, "STOP", at(0, 12, 1)));
                world.hear(world.numbers[0].id, &stop).await.map(drop)
            }
            Self::BlackList => world.app.people().set_standing(person, Standing::Black).await.map(drop),
            Self::NumberGone => world.remove(0).await,
        }
    }

    /// Pending, cancelled, skipped; what a pause keeps goes out after it.
    fn leaves(self) -> (i64, i64, i64) {
        match self {
            Self::Cancel => (0, 1, 0),
            Self::Pause | Self::PauseOfEverything | Self::NumberGone => (1, 0, 0),
            Self::OptOut | Self::BlackList => (0, 0, 1),
        }
    }
}

const ELIF: &str = "+905325550142";

#[tokio::test]
async fn what_is_looked_up_or_uploaded_meanwhile_is_not_handed_over() -> Result<(), Problem> {
    use Between::{BlackList, Cancel, NumberGone, OptOut, Pause, PauseOfEverything};
    for between in [Cancel, Pause, PauseOfEverything, OptOut, BlackList, NumberGone] {
        let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
        let person = world.contact("Elif", ELIF).await?;
        let id = world.schedule("Merhaba").await?;
        let ready = world.numbers[0].phone.prepares_until_told();
        world.decide().await?;
        between.happens(&mut world, id, person).await?;
        ready.send(()).expect("it is on its way");
        world.step().await?;
        world.run_until(at(0, 13, 0)).await?;
        let tried = world.numbers[0].phone.sent();
        let held_back = Outcome::Refused(Cause::HeldBack);
        let outcomes: Vec<&Outcome> = tried.iter().map(|sent| &sent.outcome).collect();
        assert_eq!(outcomes, [&held_back], "{between:?}");
        let counts = world.counts(id).await?;
        assert_eq!((counts.pending, counts.cancelled, counts.skipped), between.leaves(), "{between:?}");
        let balance = world.app.credits().balance(Book::Real).await?;
        assert_eq!((balance.held, balance.settled), (between.leaves().0, 0), "{between:?}");
        if matches!(between, Pause | PauseOfEverything) {
            world.app.campaigns().resume_campaign(id).await?;
            world.app.outbox().resume_everything().await?;
            world.run_until(at(0, 14, 0)).await?;
            assert_eq!(world.counts(id).await?.sent, 1, "{between:?}");
        }
        assert_eq!(world.miscounted().await?, Vec::<&str>::new());
        world.app.credits().ledger_holds().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_repeat_that_is_not_wanted_any_more_stays_in_doubt() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("Elif", ELIF).await?;
    world.numbers[0].phone.answer([Outcome::Unknown(Cause::NoAnswer)]);
    let id = world.schedule("Merhaba").await?;
    while world.step().await? {}
    let ready = world.numbers[0].phone.prepares_until_told();
    world.clock.set(at(0, 12, 1));
    world.decide().await?;
    assert_eq!(world.counts(id).await?.sending, 1, "it is repeated");
    world.app.campaigns().cancel_campaign(id).await?;
    ready.send(()).expect("it is on its way");
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.perhaps_arrived().len(), 1);
    assert_eq!(world.counts(id).await?.unknown, 1, "it waits for a receipt");
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn too_few_credits_refuse_with_the_shortage_or_serve_whom_they_cover() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.app.credits().adjust(Book::Practice, -993, "practice with little").await?;
    world.contacts(10).await?;
    let draft = world.draft("Merhaba", |_| {}).await?;
    let refused = world.app.campaigns().schedule_campaign(draft.id, false).await.err();
    let refused = refused.map(|problem| (problem.code, problem.params.get("shortage").cloned()));
    assert_eq!(refused, Some(("ledger.short".to_owned(), Some("3".to_owned()))));
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.shortage, review.covered_people), (3, 7));
    assert_eq!(world.app.credits().balance(Book::Practice).await?.held, 0);
    world.app.campaigns().schedule_campaign(draft.id, true).await?;
    world.run_until(at(0, 14, 0)).await?;
    let counts = world.counts(draft.id).await?;
    assert_eq!((counts.sent, counts.skipped), (7, 3));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_campaign_is_scheduled_once_and_then_no_draft_any_more() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.contacts(2).await?;
    let id = world.schedule("Merhaba").await?;
    let again = world.app.campaigns().schedule_campaign(id, false).await.err().map(|problem| problem.code);
    assert_eq!(again.as_deref(), Some("campaign.not_a_draft"));
    let edited = world.app.campaigns().delete_draft(id).await.err().map(|problem| problem.code);
    assert_eq!(edited.as_deref(), Some("campaign.not_a_draft"));
    let copy = world.app.campaigns().duplicate_campaign(id).await?;
    assert_eq!(copy.text, "Merhaba");
    assert_eq!(world.app.credits().balance(Book::Practice).await?.held, 2);
    Ok(())
}

//! A scheduling that takes several transactions: cut off, cancelled in between, and what it was to hold.

use ulak_core::app::Problem;
use ulak_core::campaign::audience::Audience;
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::campaign::{CampaignState, store};
use ulak_core::contact::segment::SegmentEdit;
use ulak_core::contact::segment::filter::{Test, Value};
use ulak_core::contact::{ContactQuery, Standing};
use ulak_core::db::StorageError;
use ulak_core::ids::CampaignId;
use ulak_core::ledger::Book;
use ulak_core::testing::World;

use crate::at;
use crate::segments::{all, field, person, save};

const PEOPLE: i64 = 7_000;

/// A draft to so many people that its scheduling takes several transactions.
async fn large(world: &World) -> Result<DraftEdit, Problem> {
    draft_to(world, PEOPLE).await
}

pub(crate) async fn draft_to(world: &World, people: i64) -> Result<DraftEdit, Problem> {
    world.app.credits().top_up(Book::Practice, 10_000, "", "").await?;
    let db = world.app.db();
    let mut tx = db.begin().await?;
    let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO contacts (id, phone, name, email, fields, search, standing, created_at, updated_at)
         SELECT randomblob(16), '+90532' || (5550000 + i), 'Kişi ' || i, '', '{}', 'kisi', 'normal', 0, 0 FROM n";
    sqlx::query(insert).bind(people).execute(&mut *tx).await.map_err(StorageError::from)?;
    db.commit(tx).await?;
    let mut edit = None;
    world.draft("Merhaba", |draft| edit = Some(draft.clone())).await?;
    Ok(edit.expect("the draft was changed"))
}

async fn parts(world: &World) -> Result<i64, Problem> {
    let count = sqlx::query_scalar("SELECT count(*) FROM parts")
        .fetch_one(&mut *world.app.db().read().acquire().await.unwrap())
        .await;
    Ok(count.map_err(StorageError::from)?)
}

/// Schedules it on a disk that gets full when some of it is in.
async fn cut_off(world: &World, id: CampaignId, only_covered: bool) -> Result<(), Problem> {
    let pages = world.app.db().page_count().await?;
    let mut room = 100;
    while parts(world).await? == 0 {
        world.app.db().limit_pages(pages + room).await?;
        let stopped = world.app.campaigns().schedule_campaign(id, only_covered).await.err().map(|problem| problem.code);
        assert_eq!(stopped.as_deref(), Some("storage.full"));
        room += 100;
    }
    world.app.db().limit_pages(1_000_000).await?;
    assert!(parts(world).await? < PEOPLE);
    Ok(())
}

async fn refused(act: impl Future<Output = Result<(), Problem>>) -> Option<String> {
    act.await.err().map(|problem| problem.code)
}

async fn cut_off_and_finished(at_once: bool) -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let id = large(&world).await?.id;
    cut_off(&world, id, false).await?;
    world.run_until(at(0, 12, 30)).await?;
    assert!(world.phone.sent().is_empty(), "nothing goes out before everybody is in");
    let mut settings = world.app.settings().current().await?;
    settings.prices.text = 2;
    world.app.settings().save_settings(&settings).await?;
    if at_once {
        world.app.campaigns().schedule_campaign(id, false).await?;
    }
    let world = world.restart().await?;
    assert_eq!(world.app.campaigns().live(id).await?.counts.pending, PEOPLE);
    assert_eq!(world.app.credits().balance(Book::Practice).await?.held, PEOPLE, "everybody at the price of the first");
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_scheduling_that_was_cut_off_is_finished_at_the_next_start() -> Result<(), Problem> {
    cut_off_and_finished(false).await
}

#[tokio::test]
async fn a_scheduling_that_was_cut_off_goes_on_when_asked_again() -> Result<(), Problem> {
    cut_off_and_finished(true).await
}

#[tokio::test]
async fn a_scheduling_that_was_cut_off_goes_on_with_its_segment_as_it_was() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let standing = |standing| all([Test::Standing { standing }]);
    let segment = save(&world, "Everybody", standing(Standing::Normal)).await?.id;
    let mut edit = large(&world).await?;
    edit.audience = Audience { everyone: false, segments: vec![segment], ..Audience::default() };
    world.app.campaigns().save_draft(&edit).await?;
    cut_off(&world, edit.id, false).await?;
    let changed = SegmentEdit { id: Some(segment), name: "Nobody".to_owned(), filter: standing(Standing::Gray) };
    world.app.people().save_segment(&changed).await?;
    let world = world.restart().await?;
    assert_eq!(world.app.campaigns().live(edit.id).await?.counts.pending, PEOPLE);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_scheduling_that_was_cut_off_can_be_cancelled_and_never_goes_out() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let id = large(&world).await?.id;
    cut_off(&world, id, false).await?;
    assert_eq!(refused(world.app.campaigns().pause_campaign(id)).await.as_deref(), Some("campaign.being_scheduled"));
    world.app.campaigns().cancel_campaign(id).await?;
    assert_eq!(
        refused(async { world.app.campaigns().schedule_campaign(id, false).await.map(drop) }).await.as_deref(),
        Some("campaign.not_a_draft")
    );
    world.run_until(at(0, 14, 0)).await?;
    let mut world = world.restart().await?;
    world.run_until(at(0, 16, 0)).await?;
    assert!(world.phone.sent().is_empty());
    let live = world.app.campaigns().live(id).await?;
    assert_eq!((live.state, live.counts.pending), (CampaignState::Cancelled, 0));
    assert_eq!(world.app.credits().balance(Book::Practice).await?.held, 0);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_cancel_comes_between_two_transactions_of_a_scheduling() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let id = large(&world).await?.id;
    let scheduling = tokio::spawn({
        let app = world.app.clone();
        async move { app.campaigns().schedule_campaign(id, false).await.map(drop) }
    });
    while parts(&world).await? == 0 {
        tokio::task::yield_now().await;
    }
    world.app.campaigns().cancel_campaign(id).await?;
    assert!(!scheduling.is_finished(), "nobody waited for it");
    assert_eq!(refused(async { scheduling.await.unwrap() }).await.as_deref(), Some("campaign.cancelled"));
    assert!(parts(&world).await? < PEOPLE);
    assert_eq!(world.app.campaigns().live(id).await?.state, CampaignState::Cancelled);
    assert_eq!(world.app.credits().balance(Book::Practice).await?.held, 0);
    world.app.credits().ledger_holds().await
}

/// The last of all comes in when the first ones are scheduled already, and no filter has seen her fields.
#[tokio::test]
async fn whoever_comes_in_while_it_is_being_scheduled_gets_past_nothing_that_leaves_out() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    person(&world, "Ayşe", "Van", "", &[]).await?;
    let van = save(&world, "Van", all([field("şehir", Value::Equal { to: "van".into() })])).await?.id;
    let mut edit = large(&world).await?;
    edit.audience.without.segments = vec![van];
    let id = world.app.campaigns().save_draft(&edit).await?.id;
    let scheduling = tokio::spawn({
        let app = world.app.clone();
        async move { app.campaigns().schedule_campaign(id, false).await.map(drop) }
    });
    while parts(&world).await? == 0 {
        tokio::task::yield_now().await;
    }
    let mut tx = world.app.db().begin().await?;
    let insert = "INSERT INTO contacts (id, phone, name, email, fields, search, standing, created_at, updated_at)
         VALUES (x'ffffffffffffffffffffffffffffffff', '+905385550199', 'Gül', '', ?, 'gul', 'normal', ?, 0)";
    let insert = sqlx::query(insert).bind(r#"{"şehir":"Van"}"#).bind(at(0, 12, 1));
    insert.execute(&mut *tx).await.map_err(StorageError::from)?;
    world.app.db().commit(tx).await?;
    assert!(!scheduling.is_finished(), "she came in time");
    scheduling.await.unwrap()?;
    assert_eq!(parts(&world).await?, PEOPLE);
    Ok(())
}

#[tokio::test]
async fn a_save_while_it_is_being_scheduled_is_in_it_or_refused() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let edit = large(&world).await?;
    let id = edit.id;
    let scheduling = tokio::spawn({
        let app = world.app.clone();
        async move { app.campaigns().schedule_campaign(id, false).await }
    });
    // Saves as the owner types; one that comes when the campaign is frozen is refused.
    let mut last = "Merhaba".to_owned();
    for number in 0..20 {
        let text = format!("Merhaba {number}");
        match world.app.campaigns().save_draft(&DraftEdit { text: text.clone(), ..edit.clone() }).await {
            Ok(_) => last = text,
            Err(problem) => assert_eq!(problem.code, "campaign.not_a_draft"),
        }
    }
    scheduling.await.unwrap()?;
    let texts = "SELECT DISTINCT text FROM messages";
    let texts: Vec<String> =
        sqlx::query_scalar(texts).fetch_all(&mut *world.app.db().read().acquire().await.unwrap()).await.unwrap();
    assert_eq!(texts, [last], "what was accepted last is what everybody gets");
    Ok(())
}

#[tokio::test]
async fn a_draft_that_was_saved_since_it_was_read_is_not_frozen() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.contacts(1).await?;
    let read = world.draft("Merhaba", |_| {}).await?;
    world.app.campaigns().remove_media(read.id, uuid::Uuid::nil().into()).await?;
    let db = world.app.db();
    let mut tx = db.begin().await?;
    assert!(
        !store::begin_scheduling(&mut tx, &read, 0, 0).await.unwrap(),
        "its files were changed in this very millisecond"
    );
    let again = store::by_id(&mut tx, read.id).await.unwrap().unwrap();
    assert!(store::begin_scheduling(&mut tx, &again, 0, 0).await.unwrap());
    Ok(())
}

#[tokio::test]
async fn people_are_left_out_only_where_the_owner_chose_it() -> Result<(), Problem> {
    for chosen in [false, true] {
        let world = World::at(at(0, 12, 0)).await?;
        let id = large(&world).await?.id;
        cut_off(&world, id, chosen).await?;
        let free = world.app.credits().balance(Book::Practice).await?.balance - parts(&world).await?;
        world.app.credits().adjust(Book::Practice, 10 - free, "spent elsewhere").await?;
        let missing = PEOPLE - parts(&world).await? - 10;
        let world = world.restart().await?;
        let counts = world.app.campaigns().live(id).await?.counts;
        if chosen {
            assert_eq!((counts.skipped, counts.pending), (missing, PEOPLE - missing), "the choice outlives the crash");
            continue;
        }
        assert_eq!(counts.skipped, 0);
        let refused = world.app.campaigns().schedule_campaign(id, false).await.unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.params["shortage"].as_str()),
            ("ledger.short", &*missing.to_string())
        );
        world.app.credits().top_up(Book::Practice, missing, "", "").await?;
        world.app.campaigns().schedule_campaign(id, false).await?;
        assert_eq!(world.app.campaigns().live(id).await?.counts.pending, PEOPLE);
    }
    Ok(())
}

#[tokio::test]
async fn a_change_of_state_that_did_not_happen_is_told() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(1).await?;
    let draft = world.draft("Merhaba", |_| {}).await?.id;
    for act in [
        refused(world.app.campaigns().pause_campaign(draft)).await,
        refused(world.app.campaigns().cancel_campaign(draft)).await,
    ] {
        assert_eq!(act.as_deref(), Some("campaign.not_scheduled"));
    }
    let id = world.schedule("Merhaba").await?;
    for _ in 0..2 {
        world.app.campaigns().pause_campaign(id).await?;
    }
    for _ in 0..2 {
        world.app.campaigns().resume_campaign(id).await?;
    }
    world.run_until(at(0, 13, 0)).await?;
    for act in [
        refused(world.app.campaigns().pause_campaign(id)).await,
        refused(world.app.campaigns().resume_campaign(id)).await,
        refused(world.app.campaigns().cancel_campaign(id)).await,
    ] {
        assert_eq!(act.as_deref(), Some("campaign.over"));
    }
    assert_eq!(world.app.campaigns().live(id).await?.state, CampaignState::Finished);
    assert_eq!(world.app.people().contacts(&ContactQuery::default()).await?.total, Some(1));
    Ok(())
}

/// The last look at the audience finds nobody more.
#[tokio::test]
async fn an_audience_that_fills_its_last_chunk_is_scheduled_whole() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let id = draft_to(&world, 4_000).await?.id;
    world.app.campaigns().schedule_campaign(id, false).await?;
    assert_eq!(parts(&world).await?, 4_000);
    Ok(())
}

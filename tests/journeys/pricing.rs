//! What parts cost: set for each kind, fixed where a message is made or revised, and exact from the hold to its end.

use std::path::Path;

use ulak_core::app::{Direct, Problem, RevisionChoice};
use ulak_core::campaign::draft::Draft;
use ulak_core::campaign::live::CampaignCredits;
use ulak_core::campaign::review::PriceLine;
use ulak_core::campaign::revise::NewTime;
use ulak_core::clock::HOUR;
use ulak_core::ids::CampaignId;
use ulak_core::ledger::figures::LedgerQuery;
use ulak_core::ledger::store::REVISED;
use ulak_core::ledger::{Book, EntryKind};
use ulak_core::outbox::price::{MOST, Prices};
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;

use crate::at;

async fn noon() -> Result<World, Problem> {
    World::at(at(0, 12, 0)).await
}

async fn price(world: &World, set: impl FnOnce(&mut Prices)) -> Result<Prices, Problem> {
    let mut settings = world.app.settings().current().await?;
    set(&mut settings.prices);
    Ok(world.app.settings().save_settings(&settings).await?.prices)
}

/// Two photos and a text.
async fn three_parts(world: &World) -> Result<Draft, Problem> {
    let draft = world.draft("Merhaba {{name}}", |_| {}).await?;
    for name in ["sample.jpg", "transparent.png"] {
        let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media").join(name);
        world.app.campaigns().add_media(draft.id, &photo).await?;
    }
    Ok(draft)
}

async fn send(world: &mut World, parts: usize) -> Result<(), Problem> {
    while world.phone.sent().len() < parts {
        let soon = world.app.now() + 1_000;
        world.run_until(soon).await?;
    }
    Ok(())
}

/// Held, settled and released, where the ledger, the campaign and the counters agree on them.
async fn credits(world: &World, id: CampaignId) -> Result<(i64, i64, i64), Problem> {
    world.app.credits().ledger_holds().await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    let balance = world.app.credits().balance(Book::Practice).await?;
    let view = world.app.credits().view(Book::Practice).await?;
    let live = world.app.campaigns().live(id).await?.credits;
    assert_eq!((live.held, live.settled), (balance.held, balance.settled));
    assert_eq!(view.holds.iter().map(|hold| hold.held).sum::<i64>(), balance.held);
    assert_eq!(view.months.iter().map(|month| month.spent).sum::<i64>(), balance.settled);
    Ok((balance.held, balance.settled, balance.released))
}

/// The lines of a kind as people read them, the oldest first: entries, what they hold or give back, and what is held then.
async fn lines(world: &World, kind: EntryKind, note: &str) -> Result<Vec<(i64, i64, i64)>, Problem> {
    let query = LedgerQuery { kind: Some(kind), ..LedgerQuery::of(Book::Practice, Place::first(100)) };
    let rows = world.app.credits().ledger(&query).await?.rows;
    let rows = rows.iter().rev().filter(|row| row.note == note);
    Ok(rows.map(|row| (row.count, row.held, row.held_after)).collect())
}

#[tokio::test]
async fn a_message_costs_what_its_parts_cost_when_it_was_scheduled() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(3).await?;
    price(&world, |prices| prices.image = 3).await?;
    let draft = three_parts(&world).await?;
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.credits, review.price), (21, vec![PriceLine { people: 3, parts: 3, credits: 7 }]));
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    assert_eq!(credits(&world, id).await?, (21, 0, 0));
    assert_eq!(lines(&world, EntryKind::Hold, "").await?, [(9, 21, 21)]);

    price(&world, |prices| (prices.image, prices.text) = (9, 9)).await?;
    world.phone.answer([Outcome::Accepted, Outcome::Refused(Cause::NotOnWhatsapp)]);
    send(&mut world, 2).await?;
    assert_eq!(credits(&world, id).await?, (14, 3, 4), "a photo and the text behind it come back");
    let mut world = world.restart().await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(credits(&world, id).await?, (0, 17, 4));
    let report = world.app.campaigns().report(id).await?;
    assert_eq!(report.view.credits, CampaignCredits { held: 0, settled: 17, released: 4 });

    world.app.campaigns().retry_failed(id).await?;
    assert_eq!(credits(&world, id).await?.0, 4, "another round costs what the first one did");
    world.run_until(at(0, 15, 0)).await?;
    assert_eq!(credits(&world, id).await?, (0, 21, 4));
    Ok(())
}

#[tokio::test]
async fn a_revision_prices_anew_and_another_time_does_not() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(4).await?;
    let id = world.schedule("Hi {{name}}, we open at 9").await?;
    send(&mut world, 1).await?;
    price(&world, |prices| prices.text = 5).await?;
    let later = NewTime::All { at: world.app.now() + HOUR };
    world.app.campaigns().reschedule(id, later).await?;
    assert_eq!(credits(&world, id).await?, (3, 1, 0));

    let draft = world.app.campaigns().open_revision(id, None).await?;
    let mut edit = draft.edit();
    edit.text = "Hi {{name}}, we open at 10".to_owned();
    world.app.campaigns().save_draft(&edit).await?;
    let choice = RevisionChoice::default();
    let review = world.app.campaigns().review_revision(edit.id, choice).await?;
    assert_eq!((review.held, review.credits, review.shortage), (3, 15, 0));
    world.app.campaigns().revise(edit.id, choice).await?;
    assert_eq!(credits(&world, id).await?, (15, 1, 3));
    assert_eq!(lines(&world, EntryKind::Release, REVISED).await?, [(3, -3, 0)]);
    assert_eq!(lines(&world, EntryKind::Hold, REVISED).await?, [(1, 5, 5), (1, 5, 10), (1, 5, 15)]);

    price(&world, |prices| prices.text = 2).await?;
    let (state, search, place) = (Some(PartState::Pending), String::new(), Place::first(10));
    let query = RecipientQuery { campaign_id: id, state, search, place };
    let one = world.app.outbox().recipients(&query).await?.rows[0].message_id;
    world.app.campaigns().revise_text(one, "Hi, ring the bell").await?;
    assert_eq!(credits(&world, id).await?, (12, 1, 8), "whoever is written to alone is priced alone");
    let mut world = world.restart().await?;
    world.run_until(at(0, 16, 0)).await?;
    assert_eq!(credits(&world, id).await?, (0, 13, 8));
    Ok(())
}

#[tokio::test]
async fn what_turns_out_to_have_arrived_costs_what_it_was_held_at() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(1).await?;
    price(&world, |prices| prices.text = 4).await?;
    let id = world.schedule("Merhaba").await?;
    world.phone.answer((0..20).map(|_| Outcome::Unknown(Cause::NoAnswer)));
    world.run_until(at(2, 12, 0)).await?;
    assert_eq!(credits(&world, id).await?, (0, 0, 4), "given up");
    price(&world, |prices| prices.text = 7).await?;
    let wire_id = world.phone.sent()[0].wire_id.clone();
    world.receipts(ReceiptKind::Delivered, &[wire_id]).await?;
    assert_eq!(credits(&world, id).await?, (0, 4, 4));
    Ok(())
}

#[tokio::test]
async fn the_free_credits_cover_so_many_messages_of_that_price_and_the_shortage_is_exact() -> Result<(), Problem> {
    let mut world = noon().await?;
    world.contacts(3).await?;
    let most = price(&world, |prices| prices.image = u16::MAX).await?.image;
    assert_eq!(most, MOST);
    price(&world, |prices| (prices.image, prices.text) = (200, 0)).await?;
    let draft = three_parts(&world).await?;
    let short = world.app.campaigns().schedule_campaign(draft.id, false).await.unwrap_err();
    assert_eq!((short.params["needed"].as_str(), short.params["shortage"].as_str()), ("1200", "200"));
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.shortage, review.covered_people), (200, 2));
    let id = world.app.campaigns().schedule_campaign(draft.id, true).await?;
    assert_eq!(credits(&world, id).await?, (800, 0, 0));
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!((credits(&world, id).await?, world.phone.sent().len()), ((0, 800, 0), 6));

    // What costs nothing has its lines all the same, and needs no credit.
    let free = world.app.credits().balance(Book::Practice).await?.free;
    world.app.credits().adjust(Book::Practice, -free, "practised enough").await?;
    let gift = world.schedule("Hediye").await?;
    assert_eq!(lines(&world, EntryKind::Hold, "").await?.last(), Some(&(3, 0, 0)));
    world.run_until(at(0, 16, 0)).await?;
    let live = world.app.campaigns().live(gift).await?;
    assert_eq!((live.credits, live.counts.accepted()), (CampaignCredits::default(), 3));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_single_message_is_priced_when_it_is_written() -> Result<(), Problem> {
    let mut world = noon().await?;
    price(&world, |prices| prices.text = 6).await?;
    let over = vec![world.app.practice_id()];
    let wish =
        Direct { to: "+905385550214".to_owned(), text: "Siparişiniz hazır".to_owned(), over, ..Direct::default() };
    world.app.outbox().send_direct(&wish).await?;
    price(&world, |prices| prices.text = 1).await?;
    world.app.outbox().send_direct(&wish).await?;
    assert_eq!(world.app.credits().view(Book::Practice).await?.holds[0].held, 7);
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(world.app.credits().balance(Book::Practice).await?.settled, 7);
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.credits().ledger_holds().await
}

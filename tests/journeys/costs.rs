//! Counters that move with what they count, lists that are read in pages, and the ledger as a file.

use std::path::Path;

use ulak_core::app::Problem;
use ulak_core::contact::Standing;
use ulak_core::ids::{CampaignId, MessageId};
use ulak_core::ledger::figures::{LedgerQuery, LedgerRow};
use ulak_core::ledger::{Book, EntryKind};
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::recipients::{RecipientPage, RecipientQuery};
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;

use crate::at;

fn refused() -> Outcome {
    Outcome::Refused(Cause::NotOnWhatsapp)
}

#[tokio::test]
async fn counters_are_right_and_a_queue_closes_at_every_single_step() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(6).await?;
    let unwanted = world.contact("Ayşe", "+905385550214").await?;
    world.app.people().set_standing(unwanted, Standing::Black).await?;
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media");
    let draft = world.draft("Merhaba {{name}}", |_| {}).await?;
    world.app.campaigns().add_media(draft.id, &photos.join("sample.jpg")).await?;
    world.app.campaigns().add_media(draft.id, &photos.join("transparent.png")).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.phone.answer([Outcome::Accepted, refused(), Outcome::Unknown(Cause::NoAnswer)]);
    for minute in 1..60 {
        let until = at(0, 12, minute);
        world.run_until(until).await?;
        assert_eq!(world.miscounted().await?, Vec::<&str>::new(), "minute {minute}");
    }
    let wire_ids: Vec<String> = world.phone.sent().into_iter().map(|sent| sent.wire_id).collect();
    for kind in [ReceiptKind::Delivered, ReceiptKind::Read] {
        world.receipts(kind, &wire_ids).await?;
        assert_eq!(world.miscounted().await?, Vec::<&str>::new(), "{kind:?}");
    }
    world.app.campaigns().retry_failed(id).await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new(), "put back");
    world.app.campaigns().cancel_campaign(id).await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new(), "cancelled");
    Ok(())
}

#[tokio::test]
async fn a_campaign_for_nobody_left_is_over_at_once() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.contacts(1).await?;
    let id = world.schedule("Merhaba").await?;
    world.app.campaigns().cancel_campaign(id).await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    world.app.campaigns().retry_failed(id).await.unwrap_err();
    assert_eq!(world.miscounted().await?, Vec::<&str>::new(), "nothing was put back, so nothing opens");
    Ok(())
}

/// 23 people: sent, failed, skipped and waiting ones.
async fn mixed() -> Result<(World, CampaignId), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(20).await?;
    for number in 0..3 {
        let unwanted = world.contact(&format!("Ayşe {number}"), &format!("+9053855502{number:02}")).await?;
        world.app.people().set_standing(unwanted, Standing::Black).await?;
    }
    world.phone.answer([Outcome::Accepted, refused(), refused(), Outcome::Accepted]);
    let id = world.schedule("Merhaba {{name}}").await?;
    while world.phone.sent().len() < 9 {
        let until = world.app.now() + 1_000;
        world.run_until(until).await?;
    }
    Ok((world, id))
}

async fn people(
    world: &World,
    id: CampaignId,
    state: Option<PartState>,
    search: &str,
    offset: u32,
    limit: u32,
) -> RecipientPage {
    let query = RecipientQuery { campaign_id: id, state, search: search.to_owned(), offset, limit };
    world.app.outbox().recipients(&query).await.unwrap()
}

#[tokio::test]
async fn pages_of_recipients_make_the_whole_list() -> Result<(), Problem> {
    let (world, id) = mixed().await?;
    let states = [PartState::Pending, PartState::Sent, PartState::Failed, PartState::Skipped, PartState::Read];
    let mut seen = 0;
    for state in std::iter::once(None).chain(states.map(Some)) {
        let whole = people(&world, id, state, "", 0, 100).await;
        let whole_ids: Vec<MessageId> = whole.rows.iter().map(|row| row.message_id).collect();
        assert_eq!(whole.total, whole_ids.len() as i64, "{state:?}");
        let mut paged = Vec::new();
        for offset in (0..28).step_by(4) {
            paged.extend(people(&world, id, state, "", offset, 4).await.rows.into_iter().map(|row| row.message_id));
        }
        assert_eq!(paged, whole_ids, "{state:?}");
        seen += if state.is_some() { whole_ids.len() } else { 0 };
    }
    assert_eq!(seen, 23, "everybody is in one state");
    Ok(())
}

#[tokio::test]
async fn a_search_says_that_there_is_more_without_counting() -> Result<(), Problem> {
    let (world, id) = mixed().await?;
    let first = people(&world, id, None, "kişi", 0, 8).await;
    assert_eq!((first.rows.len(), first.total, first.about), (8, 9, true));
    let last = people(&world, id, None, "kişi", 16, 8).await;
    assert_eq!((last.rows.len(), last.total, last.about), (4, 20, false));
    let failed = people(&world, id, Some(PartState::Failed), "kişi", 0, 8).await;
    assert_eq!((failed.rows.len(), failed.about), (2, false));
    Ok(())
}

async fn lines(world: &World, kind: Option<EntryKind>, offset: u32, limit: u32) -> (i64, Vec<LedgerRow>) {
    let place = Place { after: None, skip: offset, limit };
    let query = LedgerQuery { book: Book::Practice, kind, search: String::new(), place };
    let page = world.app.credits().ledger(&query).await.unwrap();
    (page.total.unwrap(), page.rows)
}

#[tokio::test]
async fn pages_of_the_ledger_make_the_whole_list() -> Result<(), Problem> {
    let (world, _) = mixed().await?;
    for kind in [None, Some(EntryKind::Settle), Some(EntryKind::Hold), Some(EntryKind::Adjust)] {
        let (total, whole) = lines(&world, kind, 0, 100).await;
        assert_eq!(total, whole.len() as i64, "{kind:?}");
        let mut paged = Vec::new();
        for offset in (0..24).step_by(3) {
            paged.extend(lines(&world, kind, offset, 3).await.1.into_iter().map(|line| line.seq));
        }
        assert_eq!(paged, whole.iter().map(|line| line.seq).collect::<Vec<_>>(), "{kind:?}");
    }
    Ok(())
}

/// A line of the file as numbers: credits, held, balance, held in all.
fn numbers(line: &csv::StringRecord) -> [i64; 4] {
    [4, 5, 6, 7].map(|column| line[column].parse().unwrap())
}

#[tokio::test]
async fn the_ledger_as_a_file_is_of_one_moment_while_sending_goes_on() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(1_300).await?;
    world.app.credits().top_up(Book::Practice, 1_000, "", "").await?;
    world.schedule("Merhaba {{name}}").await?;
    let file = world.folder.path().join("ledger.csv");
    let app = world.app.clone();
    world.run_until(at(0, 12, 45)).await?;
    let before = lines(&world, None, 0, 1).await.0;
    assert!(before > 1_000, "more than one page: {before}");
    let (exported, ran) =
        tokio::join!(app.credits().export_ledger(Book::Practice, &file), world.run_until(at(0, 21, 0)));
    exported?;
    ran?;
    assert!(lines(&world, None, 0, 1).await.0 > before, "something was sent meanwhile");
    let mut csv = csv::Reader::from_path(&file).unwrap();
    let lines: Vec<[i64; 4]> = csv.records().map(|line| numbers(&line.unwrap())).collect();
    assert!(lines.len() as i64 >= before);
    let (credits, held) = lines.iter().fold((0, 0), |(credits, held), line| (credits + line[0], held + line[1]));
    let last = lines.last().unwrap();
    assert_eq!((credits, held), (last[2], last[3]), "the sums of the file are its last line");
    for pair in lines.windows(2) {
        assert_eq!([pair[0][2] + pair[1][0], pair[0][3] + pair[1][1]], [pair[1][2], pair[1][3]], "no line is missing");
    }
    let names: Vec<_> = std::fs::read_dir(world.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{names:?}");
    Ok(())
}

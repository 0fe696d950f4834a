//! Counters that move with what they count, lists that are read in pages, and the ledger as a file.

use std::path::Path;

use ulak_core::app::news::News;
use ulak_core::app::{AttentionKind, Problem};
use ulak_core::contact::Standing;
use ulak_core::ids::{CampaignId, MessageId};
use ulak_core::ledger::figures::{LedgerQuery, LedgerRow};
use ulak_core::ledger::low::{Low, LowWanted};
use ulak_core::ledger::{Book, EntryKind};
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::{Cursor, Place};
use ulak_core::session::cause::Cause;
use ulak_core::session::messenger::{Outcome, ReceiptKind};
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

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
    place: Place,
) -> (Option<i64>, Vec<MessageId>, Option<Cursor>) {
    let query = RecipientQuery { campaign_id: id, state, search: search.to_owned(), place };
    let page = world.app.outbox().recipients(&query).await.unwrap();
    (page.total, page.rows.iter().map(|row| row.message_id).collect(), page.next)
}

#[tokio::test]
async fn pages_of_recipients_make_the_whole_list() -> Result<(), Problem> {
    let (world, id) = mixed().await?;
    let states = [PartState::Pending, PartState::Sent, PartState::Failed, PartState::Skipped, PartState::Read];
    let mut seen = 0;
    for state in std::iter::once(None).chain(states.map(Some)) {
        let (total, whole, next) = people(&world, id, state, "", Place::first(100)).await;
        assert_eq!((total, next), (Some(whole.len() as i64), None), "{state:?}");
        let (mut by_key, mut after) = (Vec::new(), None);
        loop {
            let (_, rows, next) = people(&world, id, state, "", Place::behind(after, 4)).await;
            by_key.extend(rows);
            // From wherever the list is known to wherever its reader jumps.
            for skip in 0..28 {
                let wanted: Vec<MessageId> = whole.iter().copied().skip(by_key.len() + skip as usize).take(4).collect();
                let place = Place { after: next.clone(), skip, limit: 4 };
                if next.is_some() {
                    assert_eq!(people(&world, id, state, "", place).await.1, wanted, "{state:?}, {skip} further");
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(by_key, whole, "{state:?}");
        seen += if state.is_some() { whole.len() } else { 0 };
    }
    assert_eq!(seen, 23, "everybody is in one state");
    Ok(())
}

/// Whoever waits from the first page to the last is on one of them, and nobody is on two, although those before them go
/// to another list meanwhile.
#[tokio::test]
async fn pages_of_who_waits_miss_nobody_while_others_are_sent_to() -> Result<(), Problem> {
    for search in ["", "kişi"] {
        let mut world = World::at(at(0, 12, 0)).await?;
        world.contacts(20).await?;
        let id = world.schedule("Merhaba {{name}}").await?;
        world.run_until(at(0, 12, 0) + 5_000).await?;
        let waiting = Some(PartState::Pending);
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let (_, rows, next) = people(&world, id, waiting, search, Place::behind(after, 4)).await;
            paged.extend(rows);
            after = next;
            if after.is_none() {
                break;
            }
            let sent = world.phone.sent().len();
            while world.phone.sent().len() < sent + 2 {
                let until = world.app.now() + 1_000;
                world.run_until(until).await?;
            }
        }
        let (_, left, _) = people(&world, id, waiting, search, Place::first(100)).await;
        assert!(left.len() > 4 && left.iter().all(|id| paged.contains(id)), "{search}: {} are left", left.len());
        let people: std::collections::BTreeSet<&MessageId> = paged.iter().collect();
        assert_eq!(people.len(), paged.len(), "{search}");
    }
    Ok(())
}

#[tokio::test]
async fn a_search_says_that_there_is_more_without_counting() -> Result<(), Problem> {
    let (world, id) = mixed().await?;
    let (total, first, next) = people(&world, id, None, "kişi", Place::first(8)).await;
    assert_eq!((first.len(), total, next.is_some()), (8, None, true));
    let (_, last, end) = people(&world, id, None, "kişi", Place { skip: 8, ..Place::behind(next, 8) }).await;
    assert_eq!((last.len(), end), (4, None));
    let (_, failed, end) = people(&world, id, Some(PartState::Failed), "kişi", Place::first(8)).await;
    assert_eq!((failed.len(), end), (2, None));
    Ok(())
}

async fn lines(world: &World, kind: Option<EntryKind>, offset: u32, limit: u32) -> (i64, Vec<LedgerRow>) {
    let place = Place { after: None, skip: offset, limit };
    let query = LedgerQuery { kind, ..LedgerQuery::of(Book::Practice, place) };
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

/// Past the triggers, as somebody would do it who has the file open elsewhere.
async fn change_a_line(world: &World, seq: i64) {
    let mut tx = world.app.db().begin().await.unwrap();
    sqlx::query("DROP TRIGGER ledger_no_update").execute(&mut *tx).await.unwrap();
    sqlx::query("UPDATE ledger SET note = 'başka' WHERE seq = ?").bind(seq).execute(&mut *tx).await.unwrap();
    world.app.db().commit(tx).await.unwrap();
}

#[tokio::test]
async fn a_line_that_was_changed_is_found_and_nothing_is_sent_from_then_on() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    world.schedule("Merhaba").await?;
    while ulak_core::agenda::step(world.app.agenda()).await?.is_none() {}
    world.app.credits().ledger_holds().await?;
    world.app.credits().top_up(Book::Practice, 10, "", "yeni").await?;
    world.app.credits().ledger_holds().await?;
    world.clock.set(at(0, 12, 30));
    while ulak_core::agenda::step(world.app.agenda()).await?.is_none() {}
    let mut reader = world.app.db().read().acquire().await.unwrap();
    let seals =
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM ledger_seals").fetch_one(&mut *reader).await.unwrap();
    assert_eq!(seals, 2);
    drop(reader);
    change_a_line(&world, 2).await;
    let found = world.app.credits().ledger_holds().await.unwrap_err();
    assert_eq!(found.code, "ledger.changed", "{found}");
    assert!(world.app.home().found().iter().any(|found| found.code == "ledger.changed"), "told at once");
    assert_eq!(world.schedule("Hemen").await.unwrap_err().code, "ledger.changed");
    let mut world = world.restart().await?;
    assert!(world.app.home().found().iter().any(|found| found.code == "ledger.changed"));
    let refused = world.schedule("Yine").await.unwrap_err();
    assert_eq!(refused.code, "ledger.changed", "what would wait in vain is refused with the same words");
    let before = world.phone.sent().len();
    world.run_until(at(1, 14, 0)).await?;
    assert_eq!((world.phone.sent().len(), before), (0, 0), "what waited stays where it is");
    Ok(())
}

async fn told_of_low(world: &World) -> Result<Option<i64>, Problem> {
    let attention = world.app.home().view().await?.attention;
    Ok(attention.iter().find(|one| one.kind == AttentionKind::CreditsLow).map(|one| one.count))
}

#[tokio::test]
async fn credits_that_run_low_are_told_once_until_some_are_put_in() -> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(30).await?;
    let free = world.app.credits().balance(Book::Real).await?.free;
    let mut news = None;
    world.app.home().news(&mut news).await?;
    assert_eq!(told_of_low(&world).await?, None);
    world.app.credits().adjust(Book::Real, 120 - free, "mistyped").await?;
    assert_eq!((told_of_low(&world).await?, world.app.home().news(&mut news).await?), (None, Vec::new()));

    // What is held is not free.
    let draft = world.draft("Merhaba {{name}}", |edit| edit.due_at = Some(at(9, 12, 0))).await?;
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let low = Low { free: 90, days: None };
    assert_eq!(told_of_low(&world).await?, Some(90));
    assert_eq!(world.app.credits().view(Book::Real).await?.low, Some(low));
    assert_eq!(world.app.home().news(&mut news).await?, [News::CreditsLow(low)]);
    world.app.credits().low_seen().await?;
    assert_eq!((told_of_low(&world).await?, world.app.home().news(&mut news).await?), (None, Vec::new()));
    world.app.campaigns().cancel_campaign(id).await?;
    assert_eq!(world.app.credits().view(Book::Real).await?.low, None);

    world.app.credits().top_up(Book::Real, 10, "", "").await?;
    world.app.credits().adjust(Book::Real, -60, "mistyped").await?;
    assert_eq!(told_of_low(&world).await?, Some(70), "a new balance is told again");
    assert!(matches!(world.app.home().news(&mut news).await?[..], [News::CreditsLow(Low { free: 70, .. })]));
    let mut settings = world.app.settings().current().await?;
    settings.low_credits = LowWanted { credits: 0, days: 0 };
    world.app.settings().save_settings(&settings).await?;
    assert_eq!(told_of_low(&world).await?, None);
    Ok(())
}

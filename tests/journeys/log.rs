//! The log: every message, found by all that it can be looked for by.

use ulak_core::agenda;
use ulak_core::app::{Direct, Problem};
use ulak_core::category::Category;
use ulak_core::clock::DAY;
use ulak_core::contact::Standing;
use ulak_core::outbox::state::{Origin, PartState};
use ulak_core::outbox::store::log::{LogPage, LogQuery, LogRow};
use ulak_core::page::Place;
use ulak_core::session::messenger::ReceiptKind;
use ulak_core::settings::{Language, Settings};
use ulak_core::testing::World;
use ulak_core::testing::numbers::BRISK;

use crate::at;

const AYSE: &str = "+905385550101";
const GUL: &str = "+905385550102";
const IRFAN: &str = "+905385550103";
const SIBEL: &str = "+905385550104";

/// Two campaigns on two days over two numbers, single messages, somebody without WhatsApp, somebody on the black list,
/// what is read and what waits.
async fn shop() -> Result<World, Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK, BRISK]).await?;
    for (name, phone) in [("Ayşe Çetin", AYSE), ("Gül Zambakova Çetin", GUL), ("İrfan Işık", IRFAN), ("Sibel", SIBEL)]
    {
        world.contact(name, phone).await?;
    }
    let query =
        ulak_core::contact::ContactQuery { search: SIBEL.to_owned(), place: Place::first(1), ..Default::default() };
    let sibel = world.app.people().contacts(&query).await?.rows[0].id;
    world.app.people().set_standing(sibel, Standing::Black).await?;
    world.numbers.iter().for_each(|number| number.phone.set_absent(IRFAN));
    world.schedule("Sayın {{name}}, yeni gözlük camları geldi").await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent: Vec<String> =
        world.numbers.iter().flat_map(|number| number.phone.sent()).map(|sent| sent.wire_id).collect();
    world.receipts(ReceiptKind::Delivered, &sent).await?;
    world.receipts(ReceiptKind::Read, &sent[..1]).await?;
    world.clock.set(at(1, 12, 0));
    let wish = Direct {
        to: AYSE.to_owned(),
        text: "Faturanız ₺1.850".to_owned(),
        category: Category::Notification,
        ..Direct::default()
    };
    world.app.outbox().send_direct(&wish).await?;
    world.run_until(at(1, 13, 0)).await?;
    let later = world.draft("Kahve {{name}}", |edit| edit.due_at = Some(at(9, 12, 0))).await?;
    world.app.campaigns().schedule_campaign(later.id, false).await?;
    Ok(world)
}

async fn ask(world: &World, query: &LogQuery) -> Result<LogPage, Problem> {
    world.app.outbox().log(query).await
}

/// Page after page, two rows each.
async fn whole(world: &World, query: &LogQuery) -> Result<Vec<LogRow>, Problem> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = ask(world, &LogQuery { place: Place::behind(after, 2), ..query.clone() }).await?;
        assert!(page.rows.len() == 2 || page.next.is_none(), "a page that is not full is the last one");
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

fn fits(query: &LogQuery, session: Option<&str>, row: &LogRow) -> bool {
    let state = match query.state {
        Some(PartState::Pending) => matches!(row.state, PartState::Pending | PartState::Sending),
        state => state.is_none_or(|state| state == row.state),
    };
    state
        && query.cause.as_ref().is_none_or(|cause| row.reason.as_ref() == Some(cause))
        && query.campaign_id.is_none_or(|campaign| row.campaign_id == Some(campaign))
        && session.is_none_or(|name| row.session_name.as_deref() == Some(name))
        && query.origin.is_none_or(|origin| row.origin == origin)
        && query.from.is_none_or(|from| row.at >= from)
        && query.until.is_none_or(|until| row.at < until)
}

#[tokio::test]
async fn every_question_finds_what_it_asks_for_and_nothing_else() -> Result<(), Problem> {
    let world = shop().await?;
    let all = whole(&world, &LogQuery::default()).await?;
    assert_eq!(all.len(), 9, "two campaigns of four people and one message: {all:#?}");
    assert!(all.is_sorted_by_key(|row| -row.at), "the newest first");
    let mut states: Vec<PartState> = all.iter().map(|row| row.state).collect();
    states.sort_unstable();
    states.dedup();
    let several = [
        PartState::Pending,
        PartState::Sent,
        PartState::Delivered,
        PartState::Read,
        PartState::Failed,
        PartState::Skipped,
    ];
    assert_eq!(states, several);
    let campaigns: Vec<_> = all.iter().map(|row| row.campaign_id).collect();
    let numbers: Vec<_> =
        world.app.numbers().list().await?.into_iter().map(|number| (number.id, number.name)).collect();
    let causes: Vec<_> = all.iter().map(|row| row.reason.clone()).filter(Option::is_some).collect();
    let spans = [
        (None, None),
        (Some(at(1, 0, 0)), None),
        (None, Some(at(1, 0, 0))),
        (Some(at(1, 0, 0)), Some(at(1, 0, 0) + DAY)),
    ];
    let (mut asked, mut found) = (0, 0);
    for state in several.into_iter().map(Some).chain([None]) {
        for campaign_id in [campaigns[0], campaigns.last().copied().flatten(), None] {
            for number in numbers.iter().map(Some).chain([None]) {
                for origin in [None, Some(Origin::Campaign), Some(Origin::Direct)] {
                    for cause in causes.iter().cloned().chain([None]) {
                        for (from, until) in spans {
                            let session_id = number.map(|(id, _)| *id);
                            let query = LogQuery {
                                state,
                                cause: cause.clone(),
                                campaign_id,
                                session_id,
                                origin,
                                from,
                                until,
                                ..LogQuery::default()
                            };
                            let wanted: Vec<_> = all
                                .iter()
                                .filter(|row| fits(&query, number.map(|(_, name)| name.as_str()), row))
                                .collect();
                            let rows = whole(&world, &query).await?;
                            let ids = |rows: &[&LogRow]| {
                                rows.iter().map(|row| row.message_id).collect::<std::collections::BTreeSet<_>>()
                            };
                            assert_eq!(ids(&rows.iter().collect::<Vec<_>>()), ids(&wanted), "{query:?}");
                            assert_eq!(rows.len(), wanted.len(), "{query:?}");
                            let page = ask(&world, &LogQuery { place: Place::first(10), ..query.clone() }).await?;
                            let total = i64::try_from(wanted.len()).unwrap();
                            assert!(page.total.is_none_or(|counted| counted == total), "{query:?}: {:?}", page.total);
                            assert_eq!(
                                (page.all, page.total.is_none()),
                                (9, from.is_some() || until.is_some() || origin == Some(Origin::Direct)),
                                "{query:?}"
                            );
                            asked += 1;
                            found += rows.len();
                        }
                    }
                }
            }
        }
    }
    assert!(asked > 1_000 && found > 300, "{asked} {found}");
    let read = all.iter().find(|row| row.state == PartState::Read).unwrap();
    assert_eq!((read.settled, read.held, read.campaign_name.as_str()), (1, 0, "Test"));
    let waits = all.iter().find(|row| row.state == PartState::Pending).unwrap();
    assert_eq!((waits.settled, waits.held, waits.session_name.clone(), waits.at), (0, 1, None, at(9, 12, 0)));
    Ok(())
}

/// Whom a search finds, without those who were skipped or wait.
async fn found(world: &World, search: &str) -> Result<Vec<String>, Problem> {
    let rows = whole(world, &LogQuery { search: search.to_owned(), ..LogQuery::default() }).await?;
    let mut names: Vec<String> = rows
        .into_iter()
        .filter(|row| row.settled > 0)
        .map(|row| format!("{} {}", row.name, row.origin.as_str()))
        .collect();
    names.sort();
    Ok(names)
}

#[tokio::test]
async fn a_message_is_found_by_whom_it_went_to_and_what_it_says() -> Result<(), Problem> {
    let world = shop().await?;
    let (ayse, gul) = ("Ayşe Çetin campaign", "Gül Zambakova Çetin campaign");
    for (search, wanted) in [
        ("çetin", vec![ayse, "Ayşe Çetin direct", gul]),
        ("CETIN gul", vec![gul]),
        ("0538 555 01 02", vec![gul]),
        ("+90 538 555 0102", vec![gul]),
        ("0102", vec![gul]),
        ("053855501", vec![ayse, "Ayşe Çetin direct", gul]),
        ("gozluk", vec![ayse, gul]),
        ("fatura", vec!["Ayşe Çetin direct"]),
        ("1.850", vec!["Ayşe Çetin direct"]),
        ("gül fatura", vec![]),
        ("🎂", vec![]),
        ("\" OR NOT (", vec![]),
    ] {
        assert_eq!(found(&world, search).await?, wanted, "{search}");
    }
    let failed = LogQuery { search: "IŞIK".to_owned(), state: Some(PartState::Failed), ..LogQuery::default() };
    assert_eq!(whole(&world, &failed).await?.len(), 1);
    Ok(())
}

/// Whether the index itself still has a word in it, as the bytes lie.
async fn lies_in_the_index(world: &World, word: &str) -> bool {
    let mut reader = world.app.db().read().acquire().await.unwrap();
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM message_words_data WHERE instr(block, CAST(? AS BLOB)) > 0)")
        .bind(word)
        .fetch_one(&mut *reader)
        .await
        .unwrap()
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_found_any_more() -> Result<(), Problem> {
    let world = shop().await?;
    assert_eq!(found(&world, "gül").await?.len(), 1);
    assert!(lies_in_the_index(&world, "zambakova").await, "as the test looks for it");
    let gul = whole(&world, &LogQuery { search: GUL.to_owned(), ..LogQuery::default() }).await?[0].contact_id;
    world.app.people().erase(gul).await?;
    assert_eq!(found(&world, "gül").await?, Vec::<String>::new());
    assert_eq!(whole(&world, &LogQuery { search: GUL.to_owned(), ..LogQuery::default() }).await?.len(), 0);
    assert!(!lies_in_the_index(&world, "ambak").await);
    assert_eq!(found(&world, "çetin").await?.len(), 2, "the others are found as before");
    Ok(())
}

#[tokio::test]
async fn the_agenda_takes_in_the_words_of_what_was_sent() -> Result<(), Problem> {
    let world = shop().await?;
    let page = ask(&world, &LogQuery { place: Place::first(1), ..LogQuery::default() }).await?;
    assert_eq!(page.waiting, 9, "nobody has searched, so nothing was taken in");
    while agenda::step(world.app.agenda()).await?.is_none() {}
    let page = ask(&world, &LogQuery { place: Place::first(1), ..LogQuery::default() }).await?;
    assert_eq!(page.waiting, 0);
    Ok(())
}

#[tokio::test]
async fn what_is_found_is_written_into_a_file() -> Result<(), Problem> {
    let world = shop().await?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    let settings = world.app.settings().current().await?;
    world.app.settings().save_settings(&Settings { language: Some(Language::Tr), ..settings }).await?;
    let query = LogQuery { search: "çetin".to_owned(), state: Some(PartState::Sent), ..LogQuery::default() };
    assert_eq!(world.app.outbox().export_log(&query, &path).await?, 1);
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].ends_with(
            "Gün;Saat;Telefon;Ad;Nereden geldiği;Kampanya;Metin;Durum;Ne zamandan beri;Neden;Numara;Krediler"
        ),
        "{text}"
    );
    assert!(lines[1].contains("Ayşe Çetin;Tek mesaj;;Faturanız ₺1.850;Gönderildi;"), "{text}");
    Ok(())
}

/// Many texts change in one transaction when what waits is revised: each message is found by the words that it has, and
/// by no other.
#[tokio::test]
async fn messages_that_change_together_are_found_by_their_words_as_they_are() -> Result<(), Problem> {
    let world = shop().await?;
    while agenda::step(world.app.agenda()).await?.is_none() {}
    let mut tx = world.app.db().begin().await?;
    let rows: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT message_id FROM message_rows ORDER BY seq").fetch_all(&mut *tx).await.unwrap();
    let change = async |tx: &mut ulak_core::db::Tx, row: usize, text: &str| {
        let update = sqlx::query("UPDATE messages SET text = ? WHERE id = ?").bind(text).bind(rows[row].as_slice());
        update.execute(&mut *tx).await.unwrap();
    };
    for (row, text) in [(0, "fincan tabak"), (1, "fincan kaşık"), (2, "bardak")] {
        change(&mut tx, row, text).await;
    }
    world.app.db().commit(tx).await?;
    let mut tx = world.app.db().begin().await?;
    for (row, text) in [(0, "fincan çatal"), (1, "kaşık"), (2, "bardak fincan")] {
        change(&mut tx, row, text).await;
    }
    world.app.db().commit(tx).await?;
    for (search, wanted) in
        [("fincan", vec![0, 2]), ("tabak", vec![]), ("kasik", vec![1]), ("bardak", vec![2]), ("catal", vec![0])]
    {
        let mut found: Vec<usize> = Vec::new();
        for row in whole(&world, &LogQuery { search: search.to_owned(), ..LogQuery::default() }).await? {
            found.push(rows.iter().position(|id| *id == row.message_id.0.as_bytes()).unwrap());
        }
        found.sort_unstable();
        assert_eq!(found, wanted, "{search}");
    }
    Ok(())
}

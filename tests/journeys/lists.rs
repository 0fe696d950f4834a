//! Long lists, a page at a time: every row once, whatever comes in meanwhile.

use ulak_core::app::Problem;
use ulak_core::campaign::list::{CampaignGroup, CampaignOrder, CampaignPage, CampaignQuery, CampaignTotals};
use ulak_core::contact::{ContactEdit, ContactQuery, Standing};
use ulak_core::ids::{CampaignId, ContactId};
use ulak_core::inbound::store::replies::{ReplyQuery, Show};
use ulak_core::ledger::Book;
use ulak_core::ledger::figures::LedgerQuery;
use ulak_core::page::{Cursor, Place};
use ulak_core::session::client::Signal;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;

/// Every campaign, as the list shows them first.
pub fn everything() -> CampaignQuery {
    CampaignQuery { place: Place::first(100), ..CampaignQuery::default() }
}

/// Asks for page after page until there is no next one; `between` runs after each.
async fn pages<R>(
    mut ask: impl AsyncFnMut(Place) -> Result<(Vec<R>, Option<Cursor>), Problem>,
    mut between: impl AsyncFnMut() -> Result<(), Problem>,
) -> Result<Vec<R>, Problem> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let (rows, next) = ask(Place::behind(after, 3)).await?;
        assert!(rows.len() == 3 || next.is_none(), "a page that is not full is the last one");
        all.extend(rows);
        after = next;
        if after.is_none() {
            return Ok(all);
        }
        between().await?;
    }
}

async fn campaigns(world: &World, query: &CampaignQuery) -> Result<CampaignPage, Problem> {
    world.app.campaigns().list(query).await
}

fn ids(page: &CampaignPage) -> Vec<CampaignId> {
    page.rows.iter().map(|row| row.id).collect()
}

/// One running campaign, two that are planned, one that is over and four drafts.
async fn shop() -> Result<(World, Vec<CampaignId>), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(2).await?;
    let over = world.schedule("Eski {{name}}").await?;
    world.run_until(at(0, 12, 30)).await?;
    let mut named = vec![over];
    for (name, due_at) in [("Later", Some(at(9, 12, 0))), ("Sooner", Some(at(3, 12, 0))), ("Going", None)] {
        let draft = world.draft("Merhaba {{name}}", |edit| {
            edit.name = name.to_owned();
            edit.due_at = due_at;
        });
        let draft = draft.await?;
        named.push(world.app.campaigns().schedule_campaign(draft.id, false).await?);
        world.clock.set(world.app.now() + 1_000);
    }
    for name in ["Çiçek", "Zeytin", "Dükkân", ""] {
        named.push(world.draft("Taslak", |edit| edit.name = name.to_owned()).await?.id);
        world.clock.set(world.app.now() + 1_000);
    }
    Ok((world, named))
}

#[tokio::test]
async fn what_goes_on_stands_first_then_drafts_then_what_is_over() -> Result<(), Problem> {
    let (world, named) = shop().await?;
    let [over, later, sooner, going, first, second, third, fourth] = named[..] else { panic!("{named:?}") };
    let whole = campaigns(&world, &everything()).await?;
    assert_eq!(ids(&whole), [going, sooner, later, fourth, third, second, first, over]);
    assert_eq!((whole.total, whole.totals), (Some(8), CampaignTotals { all: 8, drafts: 4, going: 3, over: 1 }));
    let by_name = campaigns(&world, &CampaignQuery { order: CampaignOrder::Name, ..everything() }).await?;
    let names: Vec<&str> = by_name.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(
        names,
        ["Çiçek", "Dükkân", "Going", "Later", "Sooner", "Test", "Zeytin", ""],
        "the nameless one at the end"
    );
    let found = campaigns(&world, &CampaignQuery { search: "CICEK taslak".to_owned(), ..everything() }).await?;
    assert_eq!((ids(&found), found.total), (vec![first], None));
    let hidden = campaigns(&world, &CampaignQuery { without: vec![second], ..everything() }).await?;
    assert_eq!((hidden.rows.len(), hidden.total, hidden.totals.drafts), (7, Some(7), 3));
    Ok(())
}

#[tokio::test]
async fn pages_of_campaigns_show_each_once_while_drafts_come_in() -> Result<(), Problem> {
    let (world, _) = shop().await?;
    for order in [CampaignOrder::State, CampaignOrder::Newest, CampaignOrder::Oldest, CampaignOrder::Name] {
        for group in [CampaignGroup::All, CampaignGroup::Drafts, CampaignGroup::Going, CampaignGroup::Over] {
            let query = CampaignQuery { group, order, ..everything() };
            let whole = ids(&campaigns(&world, &query).await?);
            let ask = async |place| {
                let page = campaigns(&world, &CampaignQuery { place, ..query.clone() }).await?;
                Ok((ids(&page), page.next))
            };
            let come_in = async || {
                world.clock.set(world.app.now() + 1_000);
                world.draft("Yeni", |_| {}).await.map(drop)
            };
            let paged = pages(ask, come_in).await?;
            let known: Vec<CampaignId> = paged.iter().copied().filter(|id| whole.contains(id)).collect();
            assert_eq!(known, whole, "{order:?} {group:?}");
            let jump = Place { after: None, skip: 2, limit: 3 };
            let jumped = ids(&campaigns(&world, &CampaignQuery { place: jump, ..query.clone() }).await?);
            let again = ids(&campaigns(&world, &query).await?);
            assert_eq!(jumped, again.into_iter().skip(2).take(3).collect::<Vec<_>>(), "{order:?} {group:?}");
        }
    }
    Ok(())
}

/// The names of a page of contacts, which nobody else has.
async fn names(world: &World, query: &ContactQuery) -> Result<(Vec<String>, Option<Cursor>), Problem> {
    let page = world.app.people().contacts(query).await?;
    Ok((page.rows.into_iter().map(|contact| contact.name).collect(), page.next))
}

/// Twenty contacts in no order, of all standings and with tags.
async fn people() -> Result<(World, Vec<ContactId>), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let mut ids = Vec::new();
    for number in 0..20 {
        let name =
            if number == 7 { String::new() } else { format!("{} {number}", ["Şule", "çağla", "Ömer"][number % 3]) };
        let tags = if number % 2 == 0 { vec!["vip".to_owned()] } else { Vec::new() };
        let phone = format!("+9053855501{number:02}");
        let edit = ContactEdit { name, phone, tags, ..ContactEdit::default() };
        ids.push(world.app.people().save_contact(&edit).await?.id);
    }
    for id in ids.iter().step_by(4) {
        world.app.people().set_standing(*id, Standing::Gray).await?;
    }
    Ok((world, ids))
}

#[tokio::test]
async fn pages_of_contacts_show_each_once_while_others_come_in() -> Result<(), Problem> {
    let (world, _) = people().await?;
    let mut come = 0;
    for standing in [None, Some(Standing::Normal), Some(Standing::Gray), Some(Standing::Black)] {
        for tag in [None, Some("vip".to_owned())] {
            for search in ["", "sule", "05385550"] {
                let query = ContactQuery {
                    search: search.to_owned(),
                    standing,
                    tag: tag.clone(),
                    place: Place::first(99),
                    ..ContactQuery::default()
                };
                let whole = names(&world, &query).await?.0;
                let ask = async |place| names(&world, &ContactQuery { place, ..query.clone() }).await;
                let come_in = async || {
                    come += 1;
                    world.contact(&format!("Abla {come}"), &format!("+90532555{come:04}")).await.map(drop)
                };
                let paged = pages(ask, come_in).await?;
                let known: Vec<String> = paged.into_iter().filter(|name| !name.starts_with("Abla")).collect();
                let whole: Vec<String> = whole.into_iter().filter(|name| !name.starts_with("Abla")).collect();
                assert_eq!(known, whole, "{standing:?} {tag:?} {search}");
            }
        }
    }
    assert!(come > 10);
    Ok(())
}

#[tokio::test]
async fn contacts_stand_by_name_and_totals_come_from_counters() -> Result<(), Problem> {
    let (world, ids) = people().await?;
    let all = ContactQuery { place: Place::first(99), ..ContactQuery::default() };
    let (listed, _) = names(&world, &all).await?;
    assert_eq!((listed[0].as_str(), listed[19].as_str()), ("çağla 1", ""), "without regard to marks; nameless last");
    let vip = ContactQuery { tag: Some("vip".to_owned()), ..all.clone() };
    let renamed = ContactEdit {
        id: Some(ids[0]),
        phone: "+905385550100".to_owned(),
        name: "Zuhal".to_owned(),
        tags: vec!["vip".to_owned()],
        ..ContactEdit::default()
    };
    world.app.people().save_contact(&renamed).await?;
    assert_eq!(names(&world, &vip).await?.0.last().map(String::as_str), Some("Zuhal"), "a new name, a new place");
    let totals = async |query: ContactQuery| world.app.people().contacts(&query).await.map(|page| page.total);
    assert_eq!(totals(all.clone()).await?, Some(20));
    assert_eq!(totals(vip.clone()).await?, Some(10));
    assert_eq!(totals(ContactQuery { standing: Some(Standing::Gray), ..all.clone() }).await?, Some(5));
    assert_eq!(totals(ContactQuery { standing: Some(Standing::Gray), ..vip }).await?, None);
    assert_eq!(totals(ContactQuery { search: "sule".to_owned(), ..all }).await?, Some(6));
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

#[tokio::test]
async fn pages_of_the_ledger_show_each_line_once_while_sending_goes_on() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(12).await?;
    world.schedule("Merhaba {{name}}").await?;
    world.run_until(at(0, 12, 5)).await?;
    for search in ["", "kişi"] {
        let query = LedgerQuery { search: search.to_owned(), ..LedgerQuery::of(Book::Practice, Place::first(99)) };
        let seqs = async |world: &World, place| {
            let page = world.app.credits().ledger(&LedgerQuery { place, ..query.clone() }).await?;
            Ok::<_, Problem>((page.rows.iter().map(|row| row.seq).collect::<Vec<_>>(), page.next))
        };
        let (whole, _) = seqs(&world, Place::first(99)).await?;
        assert!(whole.len() > 3);
        let mut paged = Vec::new();
        let mut place = Place::first(2);
        loop {
            let (rows, next) = seqs(&world, place).await?;
            paged.extend(rows);
            let until = world.app.now() + 30_000;
            world.run_until(until).await?;
            let Some(next) = next else { break };
            place = Place::behind(Some(next), 2);
        }
        assert_eq!(paged, whole, "{search}");
    }
    Ok(())
}

#[tokio::test]
async fn every_reply_is_reached_page_by_page_while_others_come_in() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contacts(4).await?;
    let id = world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    let say = async |number: i64| {
        // Several in one millisecond: the id decides.
        let (text, sent) = (if number % 5 == 0 { "STOP" } else { "Tamam" }, at(0, 13, number / 3));
        let reply = reply(&format!("R{number}"), &format!("+90532555{:04}", number % 4), text, sent);
        world.hear(world.numbers[0].id, &Signal::Reply(reply)).await.map(drop)
    };
    for number in 1..=23 {
        say(number).await?;
    }
    let mut newer = 100;
    let elsewhere = ReplyQuery { session_id: Some(world.numbers[0].id), ..ReplyQuery::default() };
    let of_campaign = ReplyQuery { campaign_id: Some(id), ..ReplyQuery::default() };
    for query in [
        ReplyQuery { show: Show::Stops, ..ReplyQuery::default() },
        ReplyQuery { show: Show::Unread, ..ReplyQuery::default() },
        elsewhere,
        of_campaign,
    ] {
        let ask = async |place| {
            let page = world.app.replies().list(&ReplyQuery { place, ..query.clone() }).await?;
            Ok((page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), page.next))
        };
        let (whole, _) = ask(Place::first(200)).await?;
        assert!(whole.len() > 3, "{query:?}");
        let come_in = async || {
            newer += 1;
            say(newer).await
        };
        assert_eq!(pages(ask, come_in).await?, whole, "{query:?}");
    }
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

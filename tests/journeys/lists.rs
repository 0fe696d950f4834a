//! Long lists, a page at a time: every row once, whatever comes in meanwhile.

use ulak_core::app::Problem;
use ulak_core::campaign::list::{CampaignGroup, CampaignOrder, CampaignPage, CampaignQuery, CampaignTotals};
use ulak_core::ids::CampaignId;
use ulak_core::page::{Cursor, Place};
use ulak_core::testing::World;

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
    assert_eq!(names, ["Çiçek", "Dükkân", "Going", "Later", "Sooner", "Zeytin", "", ""], "nameless ones at the end");
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

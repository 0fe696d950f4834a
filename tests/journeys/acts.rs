//! What the owner does with many contacts at once, and taking it back.

use ulak_core::app::Problem;
use ulak_core::contact::acts::{ActReport, Chosen, Deed};
use ulak_core::contact::import::ImportOptions;
use ulak_core::contact::{Contact, ContactEdit, ContactQuery, Standing};
use ulak_core::ids::ContactId;
use ulak_core::page::Place;
use ulak_core::session::client::Signal;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;
use crate::imports::brought;

/// More than two steps of an act.
const MANY: usize = 1_203;

async fn everybody(world: &World) -> Result<Vec<Contact>, Problem> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let query = ContactQuery { place: Place::behind(after, 500), ..ContactQuery::default() };
        let page = world.app.people().contacts(&query).await?;
        all.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn shop(people: usize) -> Result<World, Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let rows: String = (0..people)
        .map(|one| {
            format!("+90532555{one:04},Kişi {one},{},{}\n", if one % 3 == 0 { "İzmir" } else { "Muğla" }, "eski")
        })
        .collect();
    brought(&world, &format!("telefon,ad,şehir,etiket\n{rows}"), Default::default()).await?;
    world.clock.set(at(0, 12, 1));
    Ok(world)
}

fn matching(search: &str) -> Chosen {
    Chosen::Matching { query: Box::new(ContactQuery { search: search.to_owned(), ..ContactQuery::default() }) }
}

fn these(ids: &[ContactId]) -> Chosen {
    Chosen::These { ids: ids.to_vec() }
}

async fn act(world: &World, deed: Deed, chosen: &Chosen) -> Result<ActReport, Problem> {
    let report = world.app.people().act(&deed, chosen).await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(report)
}

async fn undo(world: &World, report: &ActReport) -> Result<ActReport, Problem> {
    let report = world.app.people().undo_act(report.id).await?;
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(report)
}

fn tag(tag: &str) -> Deed {
    Deed::Tag { tag: tag.to_owned() }
}

/// What taking back gives again: everything but when it was changed.
fn shown(contacts: &[Contact]) -> Vec<String> {
    contacts.iter().map(|contact| format!("{contact:?}")).collect()
}

#[tokio::test]
async fn all_that_match_are_tagged_and_untagged_and_become_what_they_were() -> Result<(), Problem> {
    let world = shop(MANY).await?;
    let before = shown(&everybody(&world).await?);
    let izmir = matching("izmir");
    assert_eq!(world.app.people().count_chosen(&izmir).await?, 401);
    let one = everybody(&world).await?[0].id;
    act(&world, tag("bayram"), &these(&[one])).await?;
    let before_one = shown(&everybody(&world).await?);
    let tagged = act(&world, tag(" bayram "), &izmir).await?;
    assert!(tagged.changed == 401 || tagged.changed == 400, "who has the tag is left alone: {tagged:?}");
    let undone = undo(&world, &tagged).await?;
    assert_eq!((undone.restored, undone.left_out), (tagged.changed, 0));
    assert_eq!(shown(&everybody(&world).await?), before_one);
    let untagged = act(&world, Deed::Untag { tag: "bayram".to_owned() }, &matching("")).await?;
    assert_eq!((untagged.changed, shown(&everybody(&world).await?)), (1, before));
    assert_eq!(undo(&world, &untagged).await?.restored, 1);
    assert_eq!(world.app.people().undo_act(untagged.id).await.unwrap_err().code, "contact.no_act", "once");
    assert_eq!(act(&world, tag("  "), &izmir).await.unwrap_err().code, "contact.no_tag");
    Ok(())
}

#[tokio::test]
async fn whoever_is_deleted_in_bulk_comes_back_whole_but_for_whom_something_became_of() -> Result<(), Problem> {
    let world = shop(7).await?;
    let all = everybody(&world).await?;
    let people = world.app.people();
    for (place, standing) in [(0, Standing::Gray), (1, Standing::Black)] {
        people.set_standing(all[place].id, standing).await?;
    }
    let before = everybody(&world).await?;
    let gone = act(&world, Deed::Delete, &matching("")).await?;
    assert_eq!((gone.changed, everybody(&world).await?.len()), (7, 0));
    // One came in again meanwhile, and is somebody else by now.
    let again = ContactEdit { phone: before[3].phone.clone(), name: "Başka".to_owned(), ..ContactEdit::default() };
    people.save_contact(&again).await?;
    let undone = undo(&world, &gone).await?;
    assert_eq!((undone.restored, undone.left_out), (6, 1));
    let after = everybody(&world).await?;
    let same = |one: &&Contact| before.iter().any(|other| format!("{other:?}") == format!("{one:?}"));
    assert_eq!((after.len(), after.iter().filter(same).count()), (7, 6));
    assert_eq!(people.person(before[1].id).await?.contact.standing, Standing::Black, "the opt-out holds");
    Ok(())
}

#[tokio::test]
async fn lists_are_never_left_by_an_act_that_a_person_chose_themselves() -> Result<(), Problem> {
    let world = shop(6).await?;
    let all = everybody(&world).await?;
    let number = world.numbers[0].id;
    let stop = |wire: &str, who: &Contact| Signal::Reply(reply(wire, &who.phone, "STOP", at(0, 12, 2)));
    world.hear(number, &stop("R1", &all[0])).await?;
    let gray = act(&world, Deed::List { standing: Standing::Gray }, &matching("")).await?;
    assert_eq!((gray.changed, gray.kept), (5, 1), "a STOP is not undone by a list");
    let black = act(&world, Deed::List { standing: Standing::Black }, &matching("")).await?;
    assert_eq!((black.changed, black.kept), (5, 0));
    world.hear(number, &stop("R2", &all[1])).await?;
    let undone = undo(&world, &black).await?;
    assert_eq!((undone.restored, undone.left_out), (4, 1), "who said stop since stays");
    let standings = |all: &[Contact]| all.iter().map(|one| one.standing).collect::<Vec<_>>();
    let now = everybody(&world).await?;
    assert_eq!(standings(&now)[..2], [Standing::Black, Standing::Black]);
    assert!(standings(&now)[2..].iter().all(|standing| *standing == Standing::Gray));
    undo(&world, &gray).await?;
    assert!(standings(&everybody(&world).await?)[2..].iter().all(|standing| *standing == Standing::Normal));
    Ok(())
}

#[tokio::test]
async fn an_act_that_was_cut_off_goes_on_at_the_next_start() -> Result<(), Problem> {
    for undoing in [false, true] {
        let world = shop(MANY).await?;
        let done = act(&world, tag("bayram"), &matching("")).await?;
        // The state of the data between two steps.
        let mut tx = world.app.db().begin().await?;
        let cut = if undoing {
            "UPDATE acts SET state = 'undoing'"
        } else {
            "DELETE FROM contact_tags WHERE tag = 'bayram' AND contact_id > (SELECT id FROM contacts ORDER BY id LIMIT 1 OFFSET 499);
             DELETE FROM act_changes WHERE contact_id > (SELECT id FROM contacts ORDER BY id LIMIT 1 OFFSET 499);
             UPDATE acts SET state = 'running', changed = 500, behind = (SELECT id FROM contacts ORDER BY id LIMIT 1 OFFSET 499)"
        };
        sqlx::query(cut).execute(&mut *tx).await.unwrap();
        let chosen = serde_json::to_string(&matching("")).unwrap();
        sqlx::query("UPDATE acts SET chosen = ?").bind(chosen).execute(&mut *tx).await.unwrap();
        world.app.db().commit(tx).await?;
        let world = world.restart().await?;
        let totals = world.app.people().contact_totals().await?;
        let tagged = totals.tags.iter().find(|tag| tag.tag == "bayram").map_or(0, |tag| tag.contacts);
        assert_eq!(tagged, if undoing { 0 } else { u32::try_from(MANY).unwrap() });
        let undone = world.app.people().undo_act(done.id).await;
        assert_eq!(undone.is_ok_and(|report| report.restored == 1_203), !undoing);
    }
    Ok(())
}

#[tokio::test]
async fn taking_a_black_list_back_lets_nobody_go_whom_a_later_list_has_too() -> Result<(), Problem> {
    let world = shop(2).await?;
    let black = act(&world, Deed::List { standing: Standing::Black }, &matching("")).await?;
    world.clock.set(at(0, 12, 2));
    let options = ImportOptions { standing: Standing::Black, ..ImportOptions::default() };
    brought(&world, "telefon,ad\n+905325550000,Kişi 0\n", options).await?;
    let undone = undo(&world, &black).await?;
    assert_eq!((undone.restored, undone.left_out), (1, 1));
    let standings: Vec<Standing> = everybody(&world).await?.iter().map(|contact| contact.standing).collect();
    assert_eq!(standings, [Standing::Black, Standing::Normal]);
    Ok(())
}

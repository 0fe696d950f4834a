//! Saved segments: made, changed, deleted, counted; and what they look at, as it changes.

use std::collections::BTreeMap;

use ulak_core::app::Problem;
use ulak_core::campaign::audience::{Audience, Without};
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::campaign::list::CampaignQuery;
use ulak_core::contact::Standing;
use ulak_core::contact::segment::filter::{Condition, Filter, Matching, OnWhatsapp, Test, Value, When};
use ulak_core::contact::segment::{Segment, SegmentEdit};
use ulak_core::contact::{ContactEdit, ContactQuery};
use ulak_core::ids::{CampaignId, ContactId, SegmentId};
use ulak_core::outbox::state::SkipReason;
use ulak_core::page::Place;
use ulak_core::testing::World;

use crate::at;

pub fn all(tests: impl IntoIterator<Item = Test>) -> Filter {
    let conditions = tests.into_iter().map(|test| Condition { not: false, test }).collect();
    Filter { matching: Matching::All, conditions }
}

pub fn field(field: &str, value: Value) -> Test {
    Test::Field { field: field.to_owned(), value }
}

pub fn tag(tag: &str) -> Test {
    Test::Tag { tag: tag.to_owned() }
}

/// A contact with a city, what they owe, and tags.
pub async fn person(world: &World, name: &str, city: &str, owes: &str, tags: &[&str]) -> Result<ContactId, Problem> {
    let known = world.app.people().contacts(&ContactQuery { search: name.to_owned(), ..first(1) }).await?;
    let number = world.app.people().contact_totals().await?.all;
    let edit = ContactEdit {
        id: known.rows.first().map(|known| known.id),
        phone: known.rows.first().map_or(format!("+9053855501{number:02}"), |known| known.phone.clone()),
        name: name.to_owned(),
        fields: BTreeMap::from([("Şehir".to_owned(), city.to_owned()), ("Borç".to_owned(), owes.to_owned())]),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..ContactEdit::default()
    };
    Ok(world.app.people().save_contact(&edit).await?.id)
}

fn first(limit: u32) -> ContactQuery {
    ContactQuery { place: Place::first(limit), ..ContactQuery::default() }
}

pub async fn save(world: &World, name: &str, filter: Filter) -> Result<Segment, Problem> {
    world.app.people().save_segment(&SegmentEdit { id: None, name: name.to_owned(), filter }).await
}

async fn found(world: &World, filter: &Filter) -> Result<Vec<String>, Problem> {
    let page = world.app.people().contacts(&ContactQuery { filter: Some(filter.clone()), ..first(10) }).await?;
    assert_eq!(page.total, Some(world.app.people().count_filtered(filter).await?));
    Ok(page.rows.into_iter().map(|contact| contact.name).collect())
}

#[tokio::test]
async fn a_segment_is_counted_live() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    person(&world, "Ayşe", "İzmir", "1.250,00", &["toptan"]).await?;
    person(&world, "Gül", "izmir", "₺ 900", &["toptan"]).await?;
    person(&world, "Budi", "Jakarta", "5000", &[]).await?;
    let owing = all([
        field("şehir", Value::Equal { to: "IZMIR".into() }),
        field("borç", Value::Greater { than: "900".into() }),
    ]);
    assert_eq!(found(&world, &owing).await?, ["Ayşe"]);
    person(&world, "Gül", "izmir", "901", &["toptan"]).await?;
    assert_eq!(found(&world, &owing).await?, ["Ayşe", "Gül"], "an edited field counts at once");
    let none = Filter { matching: Matching::None, ..owing };
    assert_eq!(found(&world, &none).await?, Vec::<String>::new(), "none of two conditions");
    let searched = ContactQuery { search: "ayse".into(), filter: Some(all([tag("toptan")])), ..first(10) };
    let page = world.app.people().contacts(&searched).await?;
    assert_eq!((page.total, page.rows.len()), (Some(1), 1), "within a segment one can search");
    Ok(())
}

#[tokio::test]
async fn a_segment_is_saved_renamed_changed_and_deleted() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let people = world.app.people();
    let saved = save(&world, " Toptancılar ", all([tag("toptan")])).await?;
    assert_eq!(saved.name, "Toptancılar");
    let refused = |edit: SegmentEdit| async move { people.save_segment(&edit).await.unwrap_err().code };
    let edit = |id, name: &str, filter: &Filter| SegmentEdit { id, name: name.to_owned(), filter: filter.clone() };
    let filter = all([tag("vip")]);
    assert_eq!(refused(edit(None, "TOPTANCILAR", &filter)).await, "segment.name_taken");
    assert_eq!(refused(edit(None, " ", &filter)).await, "segment.name_missing");
    assert_eq!(refused(edit(None, "VIP", &all([]))).await, "filter.empty");
    let changed = people.save_segment(&edit(Some(saved.id), "toptancılar", &filter)).await?;
    assert_eq!(people.segments().await?, [changed]);
    assert_eq!(people.segment_named("Toptancilar").await?, filter);
    assert_eq!(people.segment_named(&saved.id.to_string()).await?, filter);
    people.delete_segment(saved.id).await?;
    assert_eq!(people.segments().await?, []);
    assert_eq!(refused(edit(Some(saved.id), "Yine", &filter)).await, "segment.gone");
    assert_eq!(people.delete_segment(saved.id).await.unwrap_err().code, "segment.gone");
    assert_eq!(people.segment_named("Toptancilar").await.unwrap_err().code, "segment.unknown");
    Ok(())
}

#[tokio::test]
async fn a_segment_that_cannot_be_read_chooses_nobody_and_says_so() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    for (broken, stored) in [
        ("mood", r#"{"matching":"all","conditions":[{"not":false,"test":{"kind":"mood"}}]}"#),
        ("empty", r#"{"matching":"none","conditions":[]}"#),
    ] {
        let saved = save(&world, broken, all([tag("vip")])).await?;
        let mut tx = world.app.db().begin().await?;
        let update = sqlx::query("UPDATE segments SET filter = ? WHERE id = ?").bind(stored).bind(saved.id);
        update.execute(&mut *tx).await.unwrap();
        world.app.db().commit(tx).await?;
        assert_eq!(world.app.people().segment_named(broken).await.unwrap_err().code, "segment.unreadable");
    }
    let listed = world.app.people().segments().await?;
    assert!(listed.len() == 2 && listed.iter().all(|segment| segment.filter.is_none()));
    Ok(())
}

#[tokio::test]
async fn who_was_written_to_who_answered_and_who_is_on_whatsapp_is_known() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    for name in ["Ayşe", "Budi"] {
        person(&world, name, "", "", &[]).await?;
    }
    let contacted = all([Test::Contacted { when: When::Within { days: 1 } }]);
    assert_eq!(found(&world, &contacted).await?, Vec::<String>::new());
    world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    assert_eq!(found(&world, &contacted).await?, ["Ayşe", "Budi"]);
    world.pass(at(2, 13, 0)).await;
    assert_eq!(found(&world, &contacted).await?, Vec::<String>::new(), "two days ago is not within one");
    let unknown = all([Test::OnWhatsapp { known: OnWhatsapp::Unknown }]);
    assert_eq!(found(&world, &unknown).await?, ["Ayşe", "Budi"], "the practice number proves nothing");
    Ok(())
}

fn whoever(segments: &[SegmentId]) -> Audience {
    Audience { everyone: false, segments: segments.to_vec(), ..Audience::default() }
}

async fn draft(world: &World, audience: Audience) -> Result<CampaignId, Problem> {
    Ok(world.draft("Merhaba {{name}}", |edit| edit.audience = audience).await?.id)
}

/// Who got something, in the order of their names.
async fn reached(world: &World, campaign: CampaignId) -> Result<Vec<String>, Problem> {
    let mut tx = world.app.db().begin().await?;
    let select = "SELECT name FROM messages WHERE queue_id = ? AND skip_reason IS NULL ORDER BY name";
    Ok(sqlx::query_scalar(select).bind(campaign).fetch_all(&mut *tx).await.unwrap())
}

#[tokio::test]
async fn an_audience_is_segments_tags_and_people_without_others() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let mut ids = BTreeMap::new();
    for (name, city, tags) in [
        ("Ayşe", "İzmir", &["vip"][..]),
        ("Budi", "Jakarta", &["vip", "toptan"]),
        ("Gül", "İzmir", &["toptan"]),
        ("Ömer", "Muş", &[]),
        ("Şen", "Van", &[]),
    ] {
        ids.insert(name, person(&world, name, city, "", tags).await?);
    }
    world.app.people().set_standing(ids["Şen"], Standing::Gray).await?;
    let izmir = save(&world, "İzmir", all([field("şehir", Value::Equal { to: "izmir".into() })])).await?.id;
    let gray = save(&world, "Gray", all([Test::Standing { standing: Standing::Gray }])).await?.id;
    for (audience, names) in [
        (whoever(&[izmir]), &["Ayşe", "Gül"][..]),
        (whoever(&[]), &[]),
        (
            Audience { tags: vec!["vip".into()], people: vec![ids["Ömer"]], ..whoever(&[izmir, gray]) },
            &["Ayşe", "Budi", "Gül", "Ömer", "Şen"],
        ),
        (
            Audience {
                tags: vec!["vip".into()],
                without: Without { segments: vec![izmir], ..Without::default() },
                ..whoever(&[])
            },
            &["Budi"],
        ),
        (
            Audience {
                without: Without { tags: vec!["toptan".into()], people: vec![ids["Ayşe"]], segments: vec![gray] },
                ..Audience::default()
            },
            &["Ömer"],
        ),
    ] {
        let promotion = draft(&world, audience.clone()).await?;
        let people = i64::try_from(names.len()).unwrap();
        let check = world.app.campaigns().check_draft(promotion).await?;
        assert_eq!(check.people, people, "{audience:?}");
        let listed =
            world.app.campaigns().list(&CampaignQuery { place: Place::first(1), ..CampaignQuery::default() }).await?;
        let counted = audience.segments.is_empty() && audience.without == Without::default();
        assert_eq!(listed.rows[0].people, counted.then_some(people), "{audience:?}");
        for index in 0..u32::try_from(people).unwrap() {
            let shown = world.app.campaigns().preview_message(promotion, index).await?;
            assert!(names.contains(&shown.name.as_str()), "{audience:?} {}", shown.name);
        }
        let review = world.app.campaigns().review_campaign(promotion).await?;
        let grays = i64::from(names.contains(&"Şen"));
        assert_eq!((review.people, review.will_send), (people, people - grays), "the gray list keeps its rule");
        world.app.campaigns().delete_draft(promotion).await?;
    }
    Ok(())
}

/// Leaving out holds for whom another campaign skipped as for everybody else.
#[tokio::test]
async fn of_those_whom_a_campaign_skipped_some_are_left_out() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let ayse = person(&world, "Ayşe", "İzmir", "", &[]).await?;
    person(&world, "Budi", "Jakarta", "", &["vip"]).await?;
    person(&world, "Gül", "Van", "", &[]).await?;
    person(&world, "Ömer", "Muş", "", &[]).await?;
    // The one whom it may write to.
    world.contacts(1).await?;
    let van = save(&world, "Van", all([field("şehir", Value::Equal { to: "van".into() })])).await?.id;
    let campaigns = world.app.campaigns();
    let asked = world.draft("Merhaba {{name}}", |edit| edit.consent_basis = String::new()).await?.id;
    campaigns.schedule_campaign(asked, false).await?;
    let again = campaigns.draft_for_skipped(asked, SkipReason::NoConsent, None).await?;
    let without = Without { tags: vec!["vip".into()], segments: vec![van], people: vec![ayse] };
    let audience = Audience { without, ..again.audience.clone() };
    let edit = DraftEdit { audience, consent_basis: "customers".to_owned(), ..again.edit() };
    let again = campaigns.save_draft(&edit).await?.id;
    assert_eq!(campaigns.check_draft(again).await?.people, 1);
    campaigns.schedule_campaign(again, false).await?;
    assert_eq!(reached(&world, again).await?, ["Ömer"]);
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(world.phone.sent().len(), 2, "one of each campaign");
    Ok(())
}

#[tokio::test]
async fn what_changes_after_scheduling_changes_nothing_of_it() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    person(&world, "Ayşe", "İzmir", "", &["vip"]).await?;
    person(&world, "Budi", "İzmir", "", &["vip"]).await?;
    let vip = save(&world, "VIP", all([tag("vip")])).await?;
    let id = draft(&world, whoever(&[vip.id])).await?;
    assert_eq!(world.app.campaigns().review_campaign(id).await?.will_send, 2);
    // Between the review and the scheduling the segment is what it has become.
    person(&world, "Gül", "İzmir", "", &["vip"]).await?;
    world.app.campaigns().schedule_campaign(id, false).await?;
    // After the scheduling nobody joins and nobody leaves.
    person(&world, "Ömer", "İzmir", "", &["vip"]).await?;
    person(&world, "Ayşe", "İzmir", "", &[]).await?;
    let changed = SegmentEdit { id: Some(vip.id), name: "VIP".into(), filter: all([tag("nobody")]) };
    world.app.people().save_segment(&changed).await?;
    world.run_until(at(0, 14, 0)).await?;
    assert_eq!(reached(&world, id).await?, ["Ayşe", "Budi", "Gül"]);
    assert_eq!(world.phone.sent().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_segment_of_a_draft_stays_and_one_that_is_gone_is_told() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    person(&world, "Ayşe", "İzmir", "", &["vip"]).await?;
    let people = world.app.people();
    let campaigns = world.app.campaigns();
    let vip = save(&world, "VIP", all([tag("vip")])).await?;
    let minus = Audience { without: Without { segments: vec![vip.id], ..Without::default() }, ..Audience::default() };
    for audience in [whoever(&[vip.id]), minus] {
        let id = draft(&world, audience).await?;
        assert_eq!(people.delete_segment(vip.id).await.unwrap_err().code, "segment.used");
        campaigns.delete_draft(id).await?;
    }
    let sent = draft(&world, whoever(&[vip.id])).await?;
    campaigns.schedule_campaign(sent, false).await?;
    people.delete_segment(vip.id).await?;
    let copy = campaigns.duplicate_campaign(sent).await?.id;
    assert_eq!(campaigns.check_draft(copy).await.unwrap_err().code, "segment.gone");
    assert_eq!(campaigns.schedule_campaign(copy, false).await.unwrap_err().code, "segment.gone");
    let listed = campaigns.list(&CampaignQuery { place: Place::first(9), ..CampaignQuery::default() }).await?;
    assert!(listed.rows.iter().any(|row| row.id == copy && row.people.is_none()), "the list is shown all the same");
    Ok(())
}

//! Two contacts of one person become one, and two again.

use ulak_core::app::Problem;
use ulak_core::app::person::{Happening, TimelineQuery};
use ulak_core::campaign::audience::Audience;
use ulak_core::category::Category;
use ulak_core::contact::acts::{ActState, Chosen, Deed};
use ulak_core::contact::import::ImportOptions;
use ulak_core::contact::merge::MergeEdit;
use ulak_core::contact::{Consent, Contact, ContactEdit, ContactQuery, Fields, Standing};
use ulak_core::ids::ContactId;
use ulak_core::inbound::store::replies::ReplyQuery;
use ulak_core::page::Place;
use ulak_core::session::client::Signal;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;
use crate::imports::brought;

const NEW: &str = "+905325550142";
const OLD: &str = "+905385550163";

struct Shop {
    world: World,
    keep: ContactId,
    gone: ContactId,
}

/// Elif twice: both got one campaign and answered it.
async fn shop() -> Result<Shop, Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let edit = |name: &str, phone: &str, tag: &str, city: &str| ContactEdit {
        name: name.to_owned(),
        phone: phone.to_owned(),
        tags: vec![tag.to_owned(), "lens".to_owned()],
        fields: [("şehir".to_owned(), city.to_owned())].into(),
        consent: Some(Consent { source: tag.to_owned(), at: at(0, 1, 0), note: String::new() }),
        ..ContactEdit::default()
    };
    let keep = world.app.people().save_contact(&edit("Elif Çınar", NEW, "vip", "İzmir")).await?.id;
    let gone = world.app.people().save_contact(&edit("Elif", OLD, "toptan", "Manisa")).await?.id;
    world.schedule("Merhaba {{name}}").await?;
    world.run_until(at(0, 12, 30)).await?;
    hear(&world, "R1", NEW, "Geliyorum", 1).await?;
    hear(&world, "R2", OLD, "Ben de", 2).await?;
    world.clock.set(at(0, 14, 0));
    Ok(Shop { world, keep, gone })
}

async fn hear(world: &World, wire: &str, phone: &str, text: &str, minute: i64) -> Result<(), Problem> {
    let reply = reply(wire, phone, text, at(0, 13, minute));
    world.hear(world.numbers[0].id, &Signal::Reply(reply)).await.map(drop)
}

impl Shop {
    fn edit(&self) -> MergeEdit {
        MergeEdit {
            keep: self.keep,
            gone: self.gone,
            name: "Elif Çınar".to_owned(),
            email: "elif@example.com".to_owned(),
            fields: Fields::from([("şehir".to_owned(), "Manisa".to_owned())]),
        }
    }

    async fn everybody(&self) -> Result<Vec<Contact>, Problem> {
        let query = ContactQuery { place: Place::first(10), ..ContactQuery::default() };
        Ok(self.world.app.people().contacts(&query).await?.rows)
    }

    async fn happened(&self, contact_id: ContactId) -> Result<(usize, Vec<String>), Problem> {
        let query = TimelineQuery { contact_id, only: None, place: Place::first(100) };
        let rows = self.world.app.people().timeline(&query).await?.rows;
        let messages = rows.iter().filter(|row| matches!(row.what, Happening::Message(_))).count();
        let mut said: Vec<String> = rows
            .iter()
            .filter_map(|row| match &row.what {
                Happening::Reply(reply) => Some(reply.text.clone()),
                Happening::Consent { source, .. } => Some(source.clone()),
                _ => None,
            })
            .collect();
        said.sort();
        Ok((messages, said))
    }
}

#[tokio::test]
async fn two_contacts_become_one_with_all_that_was_and_two_again() -> Result<(), Problem> {
    let shop = shop().await?;
    let people = shop.world.app.people();
    let before = shop.everybody().await?;
    let (first, second) = (shop.happened(shop.keep).await?, shop.happened(shop.gone).await?);
    assert_eq!((first.0, second.0), (1, 1));
    let act = people.merge(&shop.edit()).await?;

    let one = shop.everybody().await?;
    assert_eq!(one.len(), 1);
    let merged = &one[0];
    assert_eq!((merged.id, merged.phone.as_str(), merged.tags.join(",").as_str()), (shop.keep, NEW, "lens,toptan,vip"));
    assert_eq!((merged.email.as_str(), merged.fields["şehir"].as_str()), ("elif@example.com", "Manisa"));
    assert_eq!(
        shop.happened(shop.keep).await?,
        (2, ["Ben de", "Geliyorum", "toptan", "vip"].map(str::to_owned).to_vec())
    );
    let searched =
        ContactQuery { search: "toptan manisa".to_owned(), place: Place::first(1), ..ContactQuery::default() };
    assert_eq!(people.contacts(&searched).await?.rows[0].id, shop.keep);

    // Whoever writes from the other phone is the same person, and a list that has it makes nobody anew.
    hear(&shop.world, "R3", OLD, "Yarın?", 3).await?;
    assert!(shop.happened(shop.keep).await?.1.contains(&"Yarın?".to_owned()));
    let import = brought(&shop.world, "telefon,ad,not\n0538 555 01 63,Elif,eski\n", ImportOptions::default()).await?;
    let totals = people.import_progress(import).unwrap().totals;
    assert_eq!((totals.new, totals.known, shop.everybody().await?.len()), (0, 1, 1));
    assert_eq!(shop.everybody().await?[0].name, "Elif Çınar", "what the owner chose stays");
    people.undo_import(import).await?;

    let listed = people.acts(&Place::first(5)).await?.rows;
    assert_eq!((listed.len(), listed[0].id, listed[0].state), (1, act.id, ActState::Done));
    let undone = people.undo_act(act.id).await?;
    assert_eq!((undone.restored, undone.left_out, undone.state), (2, 0, ActState::Undone));
    assert_eq!(
        shop.everybody().await?.iter().map(known).collect::<Vec<_>>(),
        before.iter().map(known).collect::<Vec<_>>()
    );
    assert_eq!(shop.happened(shop.keep).await?, first);
    let mut second = second;
    second.1.insert(1, "Yarın?".to_owned());
    second.1.sort();
    assert_eq!(shop.happened(shop.gone).await?, second, "what came meanwhile from a phone is its own");
    assert_eq!(shop.world.miscounted().await?, Vec::<&str>::new());
    assert_eq!(people.undo_act(act.id).await.unwrap_err().code, "contact.no_act");
    Ok(())
}

/// All but the times at which something was last heard.
fn known(contact: &Contact) -> Contact {
    Contact { last_reply_at: None, ..contact.clone() }
}

#[tokio::test]
async fn a_stop_from_either_phone_before_or_after_holds_for_both() -> Result<(), Problem> {
    for (phone, earlier) in [(OLD, true), (OLD, false), (NEW, true), (NEW, false)] {
        let shop = shop().await?;
        let people = shop.world.app.people();
        if earlier {
            hear(&shop.world, "R3", phone, "STOP", 3).await?;
        }
        let act = people.merge(&shop.edit()).await?;
        if !earlier {
            hear(&shop.world, "R3", phone, "STOP", 3).await?;
        }
        let merged = shop.everybody().await?.remove(0);
        assert_eq!((merged.standing, merged.withdrawn_at.is_some()), (Standing::Black, true), "{phone} {earlier}");
        // Neither phone alone gets past it.
        for phone in [NEW, OLD] {
            let edit = ContactEdit { name: "Elif".to_owned(), phone: phone.to_owned(), ..ContactEdit::default() };
            if phone != merged.phone {
                assert_eq!(people.save_contact(&edit).await?.standing, Standing::Black, "{phone}");
            }
        }
        assert_eq!(people.undo_act(act.id).await?.left_out, 2);
    }
    Ok(())
}

/// Nobody can tell any more which of two phones that want nothing would be free.
#[tokio::test]
async fn taking_a_merge_back_frees_nobody_who_said_stop() -> Result<(), Problem> {
    for stops in [&[OLD][..], &[NEW], &[OLD, NEW]] {
        let shop = shop().await?;
        let people = shop.world.app.people();
        hear(&shop.world, "R3", stops[0], "STOP", 3).await?;
        let act = people.merge(&shop.edit()).await?;
        if let Some(later) = stops.get(1) {
            hear(&shop.world, "R4", later, "STOP", 4).await?;
        }
        assert_eq!(people.undo_act(act.id).await?.left_out, 2, "{stops:?}");
        assert_eq!(shop.everybody().await?.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn the_other_phone_is_answered_and_stays_the_same_persons() -> Result<(), Problem> {
    let mut shop = shop().await?;
    shop.world.app.people().merge(&shop.edit()).await?;
    hear(&shop.world, "R3", OLD, "Yarın?", 3).await?;
    let replies =
        shop.world.app.replies().list(&ReplyQuery { place: Place::first(1), ..ReplyQuery::default() }).await?;
    shop.world.app.replies().answer(replies.rows[0].id, "Evet").await?;
    shop.world.run_until(at(0, 15, 0)).await?;
    let sent = shop.world.numbers[0].phone.sent();
    assert_eq!(sent.last().unwrap().to, OLD, "an answer goes to the phone that wrote");
    assert_eq!((shop.everybody().await?.len(), shop.happened(shop.keep).await?.0), (1, 3));
    hear(&shop.world, "R4", OLD, "STOP", 4).await?;
    assert_eq!(shop.everybody().await?[0].standing, Standing::Black);
    Ok(())
}

#[tokio::test]
async fn a_list_that_the_owner_chose_holds_for_both_phones_and_a_deletion_that_is_taken_back_too() -> Result<(), Problem>
{
    let shop = shop().await?;
    let people = shop.world.app.people();
    people.merge(&shop.edit()).await?;
    let both = Chosen::These { ids: vec![shop.keep] };
    let gone = people.act(&Deed::Delete, &both).await?;
    people.undo_act(gone.id).await?;
    people.act(&Deed::List { standing: Standing::Black }, &both).await?;
    let edit = ContactEdit { name: "Elif".to_owned(), phone: OLD.to_owned(), ..ContactEdit::default() };
    assert_eq!(people.save_contact(&edit).await?.standing, Standing::Black);
    Ok(())
}

#[tokio::test]
async fn a_draft_that_names_the_other_one_means_the_one_that_stayed() -> Result<(), Problem> {
    let mut shop = shop().await?;
    let gone = shop.gone;
    let named = shop.world.draft("Elif için", |edit| {
        edit.audience = Audience { everyone: false, people: vec![gone], ..Audience::default() };
        edit.category = Category::Notification;
    });
    let named = named.await?;
    shop.world.app.people().merge(&shop.edit()).await?;
    shop.world.app.campaigns().schedule_campaign(named.id, false).await?;
    assert_eq!(
        shop.world
            .app
            .people()
            .merge(&MergeEdit { keep: shop.gone, gone: shop.keep, ..shop.edit() })
            .await
            .unwrap_err()
            .code,
        "contact.waiting",
        "what waits is sent or cancelled first"
    );
    shop.world.run_until(at(0, 15, 0)).await?;
    assert_eq!(shop.world.counts(named.id).await?.sent, 1);
    assert_eq!(shop.world.numbers[0].phone.sent().last().unwrap().to, NEW);
    Ok(())
}

#[tokio::test]
async fn what_was_changed_since_stays_and_nobody_is_merged_with_themselves() -> Result<(), Problem> {
    let shop = shop().await?;
    let people = shop.world.app.people();
    let same = MergeEdit { gone: shop.keep, ..shop.edit() };
    assert_eq!(people.merge(&same).await.unwrap_err().code, "contact.same_contact");
    let act = people.merge(&shop.edit()).await?;
    assert_eq!(people.merge(&shop.edit()).await.unwrap_err().code, "contact.unknown");
    let by_hand = Deed::Merge { keep: shop.keep, gone: shop.gone };
    let nobody = Chosen::These { ids: Vec::new() };
    assert_eq!(people.act(&by_hand, &nobody).await.unwrap_err().code, "contact.no_act");
    shop.world.clock.set(at(0, 14, 1));
    people.act(&Deed::Tag { tag: "yeni".to_owned() }, &Chosen::These { ids: vec![shop.keep] }).await?;
    let undone = people.undo_act(act.id).await?;
    assert_eq!((undone.restored, undone.left_out, shop.everybody().await?.len()), (0, 2, 1));
    Ok(())
}

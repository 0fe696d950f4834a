//! One message to one person.

use ulak_core::app::Direct;
use ulak_core::contact::Standing;
use ulak_core::testing::World;

use crate::at;

fn wish(world: &World, to: &str) -> Direct {
    let over = vec![world.app.practice_id()];
    Direct { to: to.to_owned(), text: "Siparişiniz hazır".to_owned(), media: Vec::new(), over }
}

#[tokio::test]
async fn it_goes_out_at_night_too_and_the_person_becomes_a_contact() {
    let mut world = World::at(at(0, 23, 30)).await.unwrap();
    world.contacts(3).await.unwrap();
    let id = world.app.outbox().send_direct(&wish(&world, "0538 555 02 14")).await.unwrap();
    world.run_until(at(0, 23, 31)).await.unwrap();
    let sent = world.phone.sent();
    assert_eq!(sent.iter().map(|part| part.to.as_str()).collect::<Vec<_>>(), ["+905385550214"]);
    assert_eq!(world.counts(id).await.unwrap().sent, 1);
    world.app.outbox().send_direct(&wish(&world, "+90 538 555 02 14")).await.unwrap();
    assert_eq!(world.app.people().contact_totals().await.unwrap().all, 4);
}

#[tokio::test]
async fn whoever_opted_out_gets_nothing_and_no_draft_stays_behind() {
    let world = World::at(at(0, 12, 0)).await.unwrap();
    let person = world.contact("Ayşe", "+905385550214").await.unwrap();
    world.app.people().set_standing(person, Standing::Black).await.unwrap();
    let refused = world.app.outbox().send_direct(&wish(&world, "+905385550214")).await.unwrap_err();
    assert_eq!(refused.code, "campaign.unwanted");
    let refused = world.app.outbox().send_direct(&wish(&world, "12")).await.unwrap_err();
    assert!(refused.code.starts_with("phone."), "{}", refused.code);
    assert!(world.app.campaigns().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_linked_number_it_says_so() {
    let world = World::at(at(0, 12, 0)).await.unwrap();
    let mut wish = wish(&world, "+905385550214");
    wish.over.clear();
    assert_eq!(world.app.outbox().send_direct(&wish).await.unwrap_err().code, "campaign.no_number");
}

//! The address books of the linked phones: offered, and taken over by a click alone.

use ulak_core::app::Problem;
use ulak_core::contact::ContactQuery;
use ulak_core::contact::store::phone_names::PhoneBook;
use ulak_core::page::Place;
use ulak_core::session::client::Signal;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;

const ELIF: &str = "+905385550142";
const EMRE: &str = "+905385550163";
const BUDI: &str = "+628125550147";

async fn shares(world: &World, phone: &str, name: &str, from_address_book: bool) -> Result<(), Problem> {
    let name = Signal::Name { phone: phone.to_owned(), name: name.to_owned(), from_address_book };
    world.hear(world.numbers[0].id, &name).await.map(drop)
}

/// Elif is a contact without a name, Emre one with, and the phone knows both and Budi.
async fn world() -> Result<World, Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    world.contact("", ELIF).await?;
    world.contact("Emre", EMRE).await?;
    shares(&world, ELIF, "Elif Usta", true).await?;
    shares(&world, EMRE, "Emre Abi", true).await?;
    shares(&world, BUDI, "Budi", true).await?;
    Ok(world)
}

fn offers(book: &PhoneBook) -> (Vec<&str>, Vec<&str>) {
    (
        book.people.iter().map(|one| one.name.as_str()).collect(),
        book.names.iter().map(|one| one.name.as_str()).collect(),
    )
}

async fn contacts(world: &World) -> Result<Vec<(String, Vec<String>, bool)>, Problem> {
    let query = ContactQuery { place: Place::first(9), ..ContactQuery::default() };
    let rows = world.app.people().contacts(&query).await?.rows;
    Ok(rows.into_iter().map(|one| (one.name, one.tags, one.consent.is_some())).collect())
}

#[tokio::test]
async fn who_is_no_contact_and_who_has_no_name_is_offered_and_nothing_comes_in_by_itself() -> Result<(), Problem> {
    let world = world().await?;
    assert_eq!(offers(&world.app.people().phone_book().await?), (vec!["Budi"], vec!["Elif Usta"]));
    assert_eq!(contacts(&world).await?.len(), 2);
    let both = [BUDI.to_owned(), ELIF.to_owned(), EMRE.to_owned()];
    assert_eq!(world.app.people().take_phone_names(&both, "phone").await?, 1);
    let tagged = vec!["phone".to_owned()];
    let all = [("Budi".to_owned(), tagged, false), ("Elif Usta".to_owned(), vec![], true)];
    assert_eq!(contacts(&world).await?[..2], all);
    assert_eq!(contacts(&world).await?[2].0, "Emre", "a name that the owner gave stays");
    assert_eq!(world.app.people().phone_book().await?, PhoneBook::default());
    Ok(())
}

#[tokio::test]
async fn what_was_declined_or_opted_out_is_not_offered_and_nobody_is_offered_for_writing_alone() -> Result<(), Problem>
{
    let world = world().await?;
    world.app.people().decline_phone_names(&[ELIF.to_owned()]).await?;
    shares(&world, ELIF, "Elif Hanım", true).await?;
    world.hear(world.numbers[0].id, &Signal::Reply(reply("R1", BUDI, "STOP", at(0, 12, 1)))).await?;
    shares(&world, "+628125550148", "Sari", false).await?;
    assert_eq!(offers(&world.app.people().phone_book().await?), (vec![], vec!["Budi"]));
    shares(&world, BUDI, "Bud", false).await?;
    assert_eq!(offers(&world.app.people().phone_book().await?).1, ["Budi"], "the address book goes first");
    Ok(())
}

//! What the linked phones call people: kept apart from the contacts, and offered to the owner. Nothing of it becomes a
//! contact without a click, and nobody who opted out or was erased is offered.

use serde::Serialize;
use sqlx::{QueryBuilder, SqliteConnection};

use super::{erased, suppressions};
use crate::contact::phone::{self, Phone};
use crate::db::Tx;

/// What a phone shares that the contacts do not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PhoneBook {
    /// Of the address book, and no contacts.
    pub people: Vec<PhoneName>,
    /// Contacts without a name.
    pub names: Vec<PhoneName>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PhoneName {
    pub phone: String,
    pub phone_shown: String,
    pub name: String,
}

/// The most that is offered at a time; when those are taken or declined, the next ones are.
const OFFERED: u32 = 1_000;

/// Notes a name; true where it says something new. What the address book says goes before what people call themselves.
pub async fn note(tx: &mut Tx, phone: &str, name: &str, address_book: bool) -> Result<bool, sqlx::Error> {
    let Some(phone) = Phone::from_e164(phone) else { return Ok(false) };
    if !erased::among(tx, std::iter::once(phone)).await?.is_empty() {
        return Ok(false);
    }
    let noted = sqlx::query(
        "INSERT INTO phone_names (phone, name, address_book) VALUES (?, ?, ?)
         ON CONFLICT (phone) DO UPDATE SET name = excluded.name, address_book = excluded.address_book
         WHERE excluded.address_book >= phone_names.address_book
           AND (excluded.name <> phone_names.name OR excluded.address_book <> phone_names.address_book)",
    )
    .bind(phone.to_string())
    .bind(name.trim())
    .bind(address_book)
    .execute(tx)
    .await?;
    Ok(noted.rows_affected() > 0)
}

pub async fn offered(db: &mut SqliteConnection) -> Result<PhoneBook, sqlx::Error> {
    let people = "SELECT n.phone, n.name FROM phone_names n
         WHERE n.address_book = 1 AND n.declined = 0 AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.phone = n.phone)
           AND NOT EXISTS (SELECT 1 FROM merged_contacts m WHERE m.phone = n.phone)
           AND NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.address = n.phone AND s.lifted_at IS NULL) LIMIT ?";
    // The few names lead to the many contacts, never the other way.
    let names = "SELECT n.phone, n.name FROM phone_names n CROSS JOIN contacts c ON c.phone = n.phone AND c.name = ''
         WHERE n.declined = 0 LIMIT ?";
    Ok(PhoneBook { people: read(db, people).await?, names: read(db, names).await? })
}

async fn read(db: &mut SqliteConnection, select: &'static str) -> Result<Vec<PhoneName>, sqlx::Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(select).bind(OFFERED).fetch_all(db).await?;
    let shown = |(phone, name): (String, String)| PhoneName { phone_shown: phone::shown(&phone), phone, name };
    Ok(rows.into_iter().map(shown).collect())
}

/// The owner does not want these offered again.
pub async fn decline(tx: &mut Tx, phones: &[String]) -> Result<(), sqlx::Error> {
    let mut update = QueryBuilder::new("UPDATE phone_names SET declined = 1 WHERE phone IN (");
    suppressions::push_list(&mut update, phones);
    update.push(")").build().execute(tx).await?;
    Ok(())
}

//! The values of fields as conditions compare them: folded, and as a day or a number where they read as one.
//!
//! Triggers note in `contact_values_due` whose fields were changed, so whoever writes contacts need not think of it.
//! `settle` reads them; whoever asks a filter about fields settles first.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::contact::Fields;
use crate::contact::fold::fold;
use crate::contact::segment::filter::{Measure, measure};
use crate::db::{Db, StorageError, Tx};
use crate::ids::ContactId;
use crate::stored::Json;

/// Contacts whose values are written in one transaction, so that others wait for a tenth of a second at most.
const CHUNK: u32 = 1_000;
/// Values that one statement brings.
const BROUGHT: usize = 250;

/// Until nobody's values are due.
pub async fn settle(db: &Db) -> Result<(), StorageError> {
    while is_due(&mut *db.read().acquire().await?).await? {
        let mut tx = db.begin().await?;
        settle_some(&mut tx, CHUNK).await.map_err(|error| db.error(error))?;
        db.commit(tx).await?;
    }
    Ok(())
}

/// The contacts who have one of these days in the field, as a query within another.
pub fn push_on_days(select: &mut QueryBuilder<Sqlite>, field: &str, days: &[i64]) {
    select.push("SELECT v.contact_id FROM contact_values v WHERE v.field = ").push_bind(field.to_owned());
    select.push(" AND v.day IN (SELECT value FROM json_each(").push_bind(Json(days.to_vec())).push("))");
}

/// The fields in which somebody has a day.
pub async fn with_days(reader: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let fields = "SELECT f.name FROM contact_fields f WHERE EXISTS
                      (SELECT 1 FROM contact_values v WHERE v.field = f.name AND v.day IS NOT NULL) ORDER BY f.name";
    sqlx::query_scalar(fields).fetch_all(reader).await
}

async fn is_due(reader: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM contact_values_due)").fetch_one(reader).await
}

/// The same for so many contacts.
pub async fn settle_some(tx: &mut Tx, limit: u32) -> Result<(), sqlx::Error> {
    let select = "SELECT d.contact_id AS id, c.fields FROM contact_values_due d
                  LEFT JOIN contacts c ON c.id = d.contact_id ORDER BY d.contact_id LIMIT ?";
    let due = sqlx::query(select).bind(limit).fetch_all(&mut *tx).await?;
    let due: Vec<(ContactId, Fields)> = due.iter().map(fields).collect::<Result<_, _>>()?;
    for (id, _) in &due {
        forget(tx, *id).await?;
    }
    let values = due.iter().flat_map(|(id, fields)| fields.iter().map(|(field, text)| (*id, field, text)));
    for some in values.collect::<Vec<_>>().chunks(BROUGHT) {
        write(tx, some).await?;
    }
    // The first ones were taken, so all that come before the last are done with.
    let done = "DELETE FROM contact_values_due WHERE contact_id <= ?";
    sqlx::query(done).bind(due.last().map(|(id, _)| *id)).execute(tx).await?;
    Ok(())
}

/// By what cannot be read nobody is compared.
fn fields(row: &SqliteRow) -> Result<(ContactId, Fields), sqlx::Error> {
    let fields = row.try_get::<Json<Fields>, _>("fields").map(|Json(fields)| fields);
    Ok((row.try_get("id")?, fields.unwrap_or_default()))
}

async fn forget(tx: &mut Tx, id: ContactId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM contact_values WHERE contact_id = ? AND field IN (SELECT name FROM contact_fields)")
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

async fn write(tx: &mut Tx, values: &[(ContactId, &String, &String)]) -> Result<(), sqlx::Error> {
    let mut insert = QueryBuilder::new("INSERT OR REPLACE INTO contact_values (field, contact_id, text, number, day) ");
    insert.push_values(values, |mut row, (id, field, text)| {
        let (number, day) = match measure(text) {
            Some(Measure::Number(number)) => (Some(number), None),
            Some(Measure::Day(day)) => (None, Some(day)),
            None => (None, None),
        };
        row.push_bind((*field).clone()).push_bind(*id).push_bind(fold(text)).push_bind(number).push_bind(day);
    });
    insert.build().execute(tx).await?;
    Ok(())
}

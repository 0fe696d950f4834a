//! Which message a part belongs to, for those who are told of parts alone.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use crate::ids::MessageId;

/// Parts at a time.
const ROWS: usize = 500;

pub async fn messages_of(db: &mut SqliteConnection, parts: &[Uuid]) -> Result<BTreeMap<Uuid, MessageId>, sqlx::Error> {
    let mut found = BTreeMap::new();
    for some in parts.chunks(ROWS) {
        let mut select: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT id, message_id FROM parts WHERE id IN (");
        let mut list = select.separated(", ");
        some.iter().for_each(|part| {
            list.push_bind(*part);
        });
        let rows: Vec<(Uuid, MessageId)> = select.push(")").build_query_as().fetch_all(&mut *db).await?;
        found.extend(rows);
    }
    Ok(found)
}

//! The list of contacts in pages, in any of its orders. Before a filter looks at fields, their values are to be settled,
//! and before a search the words.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::search::Search;
use super::{count, count_tagged, load};
use crate::contact::segment::filter::Today;
use crate::contact::segment::store::condition;
use crate::contact::{Contact, ContactError, ContactOrder, ContactPage, ContactQuery, Standing};
use crate::db::Readers;
use crate::ids::ContactId;

/// So many that a filter finds, or that have a tag, are sorted sooner than found along the list.
const FEW: i64 = 1_500;

/// One page. In the order of names, contacts without a name come last.
pub async fn page(pool: &Readers, query: &ContactQuery, today: Today) -> Result<ContactPage, ContactError> {
    let mut reader = pool.acquire().await?;
    let (keys, total, by_name) = keys(&mut reader, query, today).await?;
    let (keys, next) = query.place.cut(keys, |(key, _)| key.clone())?;
    let ids: Vec<ContactId> = keys.into_iter().map(|(_, id)| id).collect();
    let rows: Vec<Contact> = load(&mut reader, &ids).await?;
    Ok(ContactPage { total, next, by_name, rows })
}

type Keys = Vec<(Key, ContactId)>;

/// The key of a row in the list: what the order looks at, and the contact; or the place in the index.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Key {
    Text(String, ContactId),
    Number(i64, ContactId),
    Place(i64),
}

async fn keys(
    reader: &mut SqliteConnection,
    query: &ContactQuery,
    today: Today,
) -> Result<(Keys, Option<i64>, bool), ContactError> {
    let search = Search::of(reader, &query.search).await?;
    let after: Option<Key> = query.place.key()?;
    // A list goes on as it was begun, whatever became of what it finds.
    let along = match after {
        None => search.finds_many(),
        Some(Key::Place(_)) => true,
        Some(Key::Text(..) | Key::Number(..)) => false,
    };
    if along {
        let select = along_the_index(query, &search, after.as_ref(), today)?;
        return Ok((read_places(reader, select).await?, None, query.order != ContactOrder::Name));
    }
    let total = total(reader, query, &search, today).await?;
    let few = search.finds_few() || total.is_some_and(|people| people <= FEW);
    let select = in_order(query, &search, few, after.as_ref(), today)?;
    let keys = match query.order.is_text() {
        true => read_keys(reader, select, Key::Text).await?,
        false => read_keys(reader, select, Key::Number).await?,
    };
    Ok((keys, total, false))
}

async fn read_places(reader: &mut SqliteConnection, mut select: QueryBuilder<Sqlite>) -> Result<Keys, sqlx::Error> {
    let rows: Vec<(i64, ContactId)> = select.build_query_as().fetch_all(reader).await?;
    Ok(rows.into_iter().map(|(place, id)| (Key::Place(place), id)).collect())
}

async fn read_keys<T>(
    reader: &mut SqliteConnection,
    mut select: QueryBuilder<Sqlite>,
    key: impl Fn(T, ContactId) -> Key,
) -> Result<Keys, sqlx::Error>
where
    T: for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
{
    let rows: Vec<SqliteRow> = select.build().fetch_all(reader).await?;
    let read = |row: &SqliteRow| Ok((key(row.try_get(0)?, row.try_get(1)?), row.try_get(1)?));
    rows.iter().map(read).collect()
}

/// What a search finds is read along its index, which has the order of names.
fn along_the_index(
    query: &ContactQuery,
    search: &Search,
    after: Option<&Key>,
    today: Today,
) -> Result<QueryBuilder<Sqlite>, ContactError> {
    let mut select = QueryBuilder::new(
        "SELECT i.rowid, c.id FROM contact_index i CROSS JOIN contact_words w ON w.place = i.rowid
         CROSS JOIN contacts c ON c.id = w.contact_id WHERE i.contact_index MATCH ",
    );
    select.push_bind(search.asked().to_owned());
    search.push_rule(&mut select);
    push_chosen(&mut select, query, false, today)?;
    let descending = query.order == ContactOrder::Name && query.descending;
    if let Some(Key::Place(place)) = after {
        select.push(if descending { " AND i.rowid < " } else { " AND i.rowid > " }).push_bind(*place);
    }
    select.push(if descending { " ORDER BY i.rowid DESC LIMIT " } else { " ORDER BY i.rowid LIMIT " });
    select.push_bind(query.place.take()).push(" OFFSET ").push_bind(query.place.skip());
    Ok(select)
}

/// The keys of a page, found in an index that has them in their order; few are sorted instead.
fn in_order(
    query: &ContactQuery,
    search: &Search,
    few: bool,
    after: Option<&Key>,
    today: Today,
) -> Result<QueryBuilder<Sqlite>, ContactError> {
    let tagged = query.tag.as_ref().filter(|_| query.order == ContactOrder::Name && search.is_empty());
    let order = if tagged.is_some() { "t.sort_name" } else { query.order.column() };
    let mut select = QueryBuilder::new("SELECT ");
    select.push(order).push(", c.id FROM ");
    match tagged {
        None => select.push("contacts c WHERE 1"),
        // The index of the tag has the order of names.
        Some(tag) => {
            select.push("contact_tags t CROSS JOIN contacts c ON c.id = t.contact_id WHERE t.tag = ");
            select.push_bind(tag.clone())
        }
    };
    let untold = ContactQuery { tag: query.tag.clone().filter(|_| tagged.is_none()), ..query.clone() };
    push_chosen(&mut select, &untold, few, today)?;
    search.push(&mut select, "c.id");
    let id = if tagged.is_some() { "t.contact_id" } else { "c.id" };
    let behind = if query.descending { " < " } else { " > " };
    if let Some(key) = after {
        select.push(" AND (").push(order).push(", ").push(id).push(")").push(behind).push("(");
        match key {
            Key::Text(text, id) => select.push_bind(text.clone()).push(", ").push_bind(*id),
            Key::Number(number, id) => select.push_bind(*number).push(", ").push_bind(*id),
            Key::Place(_) => return Err(ContactError::Unknown),
        };
        select.push(")");
    }
    let direction = if query.descending { " DESC" } else { "" };
    select.push(format!(" ORDER BY {order}{direction}, {id}{direction} LIMIT ")).push_bind(query.place.take());
    select.push(" OFFSET ").push_bind(query.place.skip());
    Ok(select)
}

/// Whom the query chooses without its search.
fn push_chosen(
    select: &mut QueryBuilder<Sqlite>,
    query: &ContactQuery,
    few: bool,
    today: Today,
) -> Result<(), ContactError> {
    if let Some(standing) = query.standing {
        select.push(" AND c.standing = ").push_bind(standing);
        if standing != Standing::Normal {
            // Said so, the index that holds only the listed ones is found.
            select.push(" AND c.standing <> 'normal'");
        }
    }
    if let Some(tag) = &query.tag {
        select.push(match few {
            true => " AND c.id IN (SELECT t.contact_id FROM contact_tags t WHERE t.tag = ",
            false => " AND EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag = ",
        });
        select.push_bind(tag.clone()).push(")");
    }
    if let Some(filter) = &query.filter {
        // The sign keeps SQLite from going through all that the filter finds.
        select.push(if few { " AND c.id IN (" } else { " AND +c.id IN (" });
        condition::push_members(select, filter, today)?;
        select.push(")");
    }
    Ok(())
}

impl ContactOrder {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "c.search",
            Self::Phone => "c.phone",
            Self::Created => "c.created_at",
            Self::Contacted => "c.contacted_at",
            Self::Answered => "c.answered_at",
        }
    }

    fn is_text(self) -> bool {
        matches!(self, Self::Name | Self::Phone)
    }
}

/// From the counters; whom a filter finds is counted, and so are the few whom a search finds. Nobody has counted whom a
/// search finds among very many, or who of a standing has a tag.
async fn total(
    reader: &mut SqliteConnection,
    query: &ContactQuery,
    search: &Search,
    today: Today,
) -> Result<Option<i64>, ContactError> {
    if search.finds_few() {
        let mut select = QueryBuilder::new("SELECT count(*) FROM contacts c WHERE 1");
        push_chosen(&mut select, query, false, today)?;
        search.push(&mut select, "c.id");
        return Ok(Some(select.build_query_scalar().fetch_one(reader).await?));
    }
    if !search.is_empty() {
        return Ok(None);
    }
    Ok(match (query.standing, &query.tag, &query.filter) {
        (None, None, None) => Some(count(reader).await?),
        (None, None, Some(filter)) => Some(condition::count(reader, filter, today).await?),
        (None, Some(tag), None) => Some(count_tagged(reader, tag).await?),
        (Some(standing), None, None) => Some(count_standing(reader, standing).await?),
        _ => None,
    })
}

async fn count_standing(reader: &mut SqliteConnection, standing: Standing) -> Result<i64, sqlx::Error> {
    let people = "SELECT coalesce(sum(people), 0) FROM contact_counts WHERE standing = ?";
    sqlx::query_scalar(people).bind(standing).fetch_one(reader).await
}

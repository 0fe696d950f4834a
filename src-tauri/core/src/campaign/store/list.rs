//! The keys of the list of campaigns, found in an index. Their rows are read by `by_ids`.

use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Encode, FromRow, QueryBuilder, Sqlite, SqliteConnection, Type};

use crate::campaign::list::CampaignGroup;
use crate::ids::CampaignId;

/// Which campaigns are wanted.
pub struct Filter<'a> {
    pub group: CampaignGroup,
    /// Those that go on, by what the outbox says.
    pub going: &'a [CampaignId],
    /// All of them must be in the name or the text.
    pub words: &'a [&'a str],
    pub without: &'a [CampaignId],
}

#[derive(Clone, Copy)]
pub enum Order {
    Newest,
    Oldest,
    Name,
    NameBackwards,
}

impl Order {
    fn column(self) -> &'static str {
        match self {
            Self::Newest | Self::Oldest => "updated_at",
            Self::Name | Self::NameBackwards => "sort_name",
        }
    }

    fn is_backwards(self) -> bool {
        matches!(self, Self::Newest | Self::NameBackwards)
    }
}

/// So many keys behind `after`: the column of the order, and the id.
pub async fn keys<K>(
    db: &mut SqliteConnection,
    filter: &Filter<'_>,
    order: Order,
    after: Option<(K, CampaignId)>,
    take: i64,
) -> Result<Vec<(K, CampaignId)>, sqlx::Error>
where
    K: Type<Sqlite> + for<'q> Encode<'q, Sqlite> + for<'r> Decode<'r, Sqlite> + Send + Unpin + 'static,
    (K, CampaignId): for<'r> FromRow<'r, SqliteRow>,
{
    let (column, backwards) = (order.column(), order.is_backwards());
    let mut select = QueryBuilder::new(format!("SELECT {column}, id FROM campaigns WHERE listed = 1 AND "));
    push_group(&mut select, filter);
    if !filter.without.is_empty() {
        push_ids(&mut select, " AND id NOT IN (", filter.without);
    }
    for word in filter.words {
        select.push(" AND instr(search, ").push_bind((*word).to_owned()).push(") > 0");
    }
    if let Some((key, id)) = after {
        select.push(format!(" AND ({column}, id) {} (", if backwards { "<" } else { ">" }));
        select.push_bind(key).push(", ").push_bind(id).push(")");
    }
    let direction = if backwards { " DESC" } else { "" };
    select.push(format!(" ORDER BY {column}{direction}, id{direction} LIMIT ")).push_bind(take);
    select.build_query_as().fetch_all(db).await
}

fn push_group(select: &mut QueryBuilder<Sqlite>, filter: &Filter<'_>) {
    match filter.group {
        CampaignGroup::All => {
            select.push("1");
        }
        CampaignGroup::Drafts => {
            select.push("state = 'draft'");
        }
        CampaignGroup::Going => push_ids(select, "id IN (", filter.going),
        CampaignGroup::Over => push_ids(select, "state <> 'draft' AND id NOT IN (", filter.going),
    }
}

fn push_ids(select: &mut QueryBuilder<Sqlite>, head: &str, ids: &[CampaignId]) {
    select.push(head);
    let mut list = select.separated(", ");
    ids.iter().for_each(|id| {
        list.push_bind(*id);
    });
    select.push(")");
}

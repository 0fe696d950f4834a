//! How much was written back and when, for the figures of each day.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::clock::Millis;
use crate::ids::{CampaignId, SessionId};

/// How many people answered a campaign and neither chose an answer nor opted out.
pub async fn own_words(db: &mut SqliteConnection, campaign: CampaignId) -> Result<i64, sqlx::Error> {
    let people = "SELECT count(*) FROM answers WHERE campaign_id = ? AND replies > 0 AND chosen = '[]' AND stops = 0";
    sqlx::query_scalar(people).bind(campaign).fetch_one(db).await
}

/// Which replies are counted, and from when up to, not including, when.
#[derive(Clone, Debug)]
pub struct Span<'a> {
    pub from: Millis,
    pub until: Millis,
    /// To one of these numbers.
    pub sessions: &'a [SessionId],
    pub campaign: Option<CampaignId>,
}

/// Replies and STOPs by the quarter of an hour in which they came, as its beginning.
pub async fn by_quarter(db: &mut SqliteConnection, span: &Span<'_>) -> Result<Vec<(Millis, i64, i64)>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT at / 900000 * 900000 AS quarter, count(*), sum(stop) FROM replies INDEXED BY replies_by_time WHERE at >= ",
    );
    select.push_bind(span.from).push(" AND at < ").push_bind(span.until).push(" AND session_id IN (");
    let mut list = select.separated(", ");
    span.sessions.iter().for_each(|session| {
        list.push_bind(*session);
    });
    select.push(")");
    if let Some(campaign) = span.campaign {
        select.push(" AND campaign_id = ").push_bind(campaign);
    }
    select.push(" GROUP BY quarter").build_query_as().fetch_all(db).await
}

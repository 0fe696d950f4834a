//! The ledger's lines as people read them: with the names of campaigns and people, which other tables know.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use crate::campaign::store as campaigns;
use crate::contact::fold::fold;
use crate::ids::{CampaignId, PartId};
use crate::ledger::figures::{self, LedgerPage, LedgerQuery, LedgerRow, Line};
use crate::outbox::store::reading::{self, Addressee};

/// So many lines are looked at together for a search.
const AT_ONCE: i64 = 1_000;

/// A line with all that a search looks at.
struct Named {
    row: LedgerRow,
    search: String,
}

pub(super) async fn page(db: &mut SqliteConnection, query: &LedgerQuery) -> Result<LedgerPage, sqlx::Error> {
    let folded = fold(&query.search);
    let words: Vec<&str> = folded.split_whitespace().collect();
    if !words.is_empty() {
        let (rows, next) = query.place.cut(search(db, query, &words).await?, |row| row.seq)?;
        return Ok(LedgerPage { total: None, next, rows });
    }
    let (skip, take) = (query.place.skip(), query.place.take());
    let lines = figures::lines_before(db, query, query.place.key()?, skip, take).await?;
    let (lines, next) = query.place.cut(lines, |line| line.row.seq)?;
    let total = match query.is_counted() {
        true => Some(figures::count_lines(db, query.book, query.kind).await?),
        false => None,
    };
    Ok(LedgerPage { total, next, rows: with_names(db, lines).await? })
}

/// Nobody has counted what a search finds, so it walks back along the ledger until the page is full.
async fn search(db: &mut SqliteConnection, query: &LedgerQuery, words: &[&str]) -> Result<Vec<LedgerRow>, sqlx::Error> {
    let wanted = usize::try_from(query.place.skip() + query.place.take()).unwrap_or(usize::MAX);
    let mut before = query.place.key()?;
    let mut found = Vec::new();
    while found.len() < wanted {
        let lines = figures::lines_before(db, query, before, 0, AT_ONCE).await?;
        let Some(last) = lines.last().map(|line| line.row.seq) else { break };
        let fits = |named: &Named| words.iter().all(|word| named.search.contains(word));
        found.extend(named(db, lines).await?.into_iter().filter(fits).map(|named| named.row));
        before = Some(last);
    }
    found.truncate(wanted);
    Ok(found.split_off(found.len().min(query.place.skip as usize)))
}

/// Fills in the names. A line of single messages has no campaign.
pub(super) async fn with_names(db: &mut SqliteConnection, lines: Vec<Line>) -> Result<Vec<LedgerRow>, sqlx::Error> {
    Ok(named(db, lines).await?.into_iter().map(|named| named.row).collect())
}

async fn named(db: &mut SqliteConnection, lines: Vec<Line>) -> Result<Vec<Named>, sqlx::Error> {
    let mut queues: Vec<CampaignId> = lines.iter().filter_map(|line| line.row.campaign_id).collect();
    queues.sort_unstable();
    queues.dedup();
    let campaigns: BTreeMap<_, _> =
        campaigns::by_ids(db, &queues).await?.into_iter().map(|campaign| (campaign.id, campaign.name)).collect();
    let parts: Vec<PartId> = lines.iter().filter_map(|line| line.part).collect();
    let people = reading::addressees(db, &parts).await?;
    Ok(lines.into_iter().map(|line| name(line, &campaigns, &people)).collect())
}

fn name(line: Line, campaigns: &BTreeMap<CampaignId, String>, people: &BTreeMap<PartId, Addressee>) -> Named {
    let Line { mut row, part } = line;
    row.campaign_name = row.campaign_id.and_then(|id| campaigns.get(&id).cloned());
    row.campaign_id = row.campaign_id.filter(|id| campaigns.contains_key(id));
    let mut search = format!("{}\n{}", row.campaign_name.as_deref().unwrap_or_default(), row.note);
    if let Some(person) = part.and_then(|part| people.get(&part)) {
        row.message_id = Some(person.message);
        row.contact_name = Some(if person.name.is_empty() { person.phone.clone() } else { person.name.clone() });
        search = format!("{search}\n{}\n{}", person.name, person.phone);
    }
    Named { row, search: fold(&search) }
}

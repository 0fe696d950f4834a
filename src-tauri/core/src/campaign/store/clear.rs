//! What a campaign said goes some time after its end. Its name, its audience, its answers and its figures stay.

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::haystack;
use crate::db::Tx;
use crate::ids::{CampaignId, VersionId};
use crate::media::attachment::{self, Owner};

/// Empties it with its versions and the drafts of its revisions, and says which files they had. The answers that it
/// offered stay: reports and the list of replies count them.
pub async fn clear(db: &mut Tx, campaign: CampaignId) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    let files = files_of(db, campaign).await?;
    for owner in owners(db, campaign).await? {
        attachment::store::clear(db, owner).await?;
    }
    let name: String =
        sqlx::query_scalar("SELECT name FROM campaigns WHERE id = ?").bind(campaign).fetch_one(&mut *db).await?;
    sqlx::query(
        "UPDATE campaigns SET text = '', link_preview = NULL, search = ?, choice = iif(choice IS NULL, NULL, json_set(choice, '$.question', ''))
         WHERE id = ?",
    )
    .bind(haystack(&name, ""))
    .bind(campaign)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE versions SET text = '', choice = NULL, link_preview = NULL WHERE campaign_id = ?1;
         DELETE FROM campaigns WHERE revises = ?1",
    )
    .bind(campaign)
    .execute(db)
    .await?;
    Ok(files)
}

/// Of the files of all campaigns, of their versions and of the drafts of their revisions, each as `f` with the campaign.
fn select_files(what: &str) -> QueryBuilder<Sqlite> {
    let mut select = QueryBuilder::new("SELECT ");
    select.push(what).push(" FROM (SELECT coalesce(c.revises, c.id) AS campaign, f.sha256 FROM ");
    select.push(attachment::store::OF_CAMPAIGNS).push(" f JOIN campaigns c ON c.id = f.owner");
    select.push(" UNION SELECT v.campaign_id, f.sha256 FROM ").push(attachment::store::OF_VERSIONS);
    select.push(" f JOIN versions v ON v.id = f.owner) f");
    select
}

/// The files of a campaign.
async fn files_of(db: &mut SqliteConnection, campaign: CampaignId) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    let mut select = select_files("DISTINCT f.sha256");
    select.push(" WHERE f.campaign = ").push_bind(campaign).build_query_scalar().fetch_all(db).await
}

/// The files that these campaigns have, and those that others and templates have.
pub async fn files(db: &mut SqliteConnection, campaigns: &[CampaignId]) -> Result<[BTreeSet<Vec<u8>>; 2], sqlx::Error> {
    let mut select = select_files("f.campaign, f.sha256");
    let all: Vec<(CampaignId, Vec<u8>)> = select.build_query_as().fetch_all(&mut *db).await?;
    let campaigns: BTreeSet<&CampaignId> = campaigns.iter().collect();
    let (mut theirs, mut others) = (BTreeSet::new(), BTreeSet::new());
    for (campaign, file) in all {
        let side = if campaigns.contains(&campaign) { &mut theirs } else { &mut others };
        side.insert(file);
    }
    others.extend(attachment::store::of_templates(db).await?);
    Ok([theirs, others])
}

async fn owners(db: &mut SqliteConnection, campaign: CampaignId) -> Result<Vec<Owner>, sqlx::Error> {
    let versions: Vec<VersionId> =
        sqlx::query_scalar("SELECT id FROM versions WHERE campaign_id = ?").bind(campaign).fetch_all(&mut *db).await?;
    let drafts: Vec<CampaignId> = sqlx::query_scalar("SELECT id FROM campaigns WHERE id = ?1 OR revises = ?1")
        .bind(campaign)
        .fetch_all(db)
        .await?;
    Ok(versions.into_iter().map(Owner::Version).chain(drafts.into_iter().map(Owner::Campaign)).collect())
}

/// How long the texts of these campaigns are, each with its id.
pub async fn text_sizes(
    db: &mut SqliteConnection,
    campaigns: &[CampaignId],
) -> Result<Vec<(CampaignId, i64)>, sqlx::Error> {
    let mut sizes = Vec::new();
    for some in campaigns.chunks(500) {
        let mut select = QueryBuilder::new("SELECT id, octet_length(text) FROM campaigns WHERE id IN (");
        let mut list = select.separated(", ");
        some.iter().for_each(|campaign| {
            list.push_bind(*campaign);
        });
        sizes.append(&mut select.push(")").build_query_as().fetch_all(&mut *db).await?);
    }
    Ok(sizes)
}

//! What a campaign said at one time, for all who got that, or for one person.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::campaign::draft::{Draft, Revises};
use crate::campaign::store::haystack;
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{CampaignId, IdGenerator, LinkPreviewId, MessageId, VersionId};
use crate::link_preview::LinkCard;
use crate::link_preview::store::card;
use crate::media::attachment::{self, Owner};
use crate::stored::Json;
use crate::template::Choice;

/// A version as it is written down.
pub struct NewVersion<'a> {
    pub campaign: CampaignId,
    /// Of one person's own.
    pub message: Option<MessageId>,
    pub text: &'a str,
    pub choice: Option<&'a Choice>,
    pub link_preview: Option<LinkPreviewId>,
    pub split_long_caption: bool,
    /// Whose files it has.
    pub files: Owner,
}

pub struct Version {
    pub id: VersionId,
    pub number: i64,
    pub message: Option<MessageId>,
    pub text: String,
    pub choice: Option<Choice>,
    pub link_preview: Option<LinkPreviewId>,
    pub made_at: Millis,
}

/// Behind the newest one; the first that is written down is what was scheduled.
pub async fn add(db: &mut Tx, version: &NewVersion<'_>, now: Millis) -> Result<i64, sqlx::Error> {
    let id: VersionId = IdGenerator::at(now).next();
    let number = sqlx::query_scalar(
        "INSERT INTO versions (id, campaign_id, number, message_id, text, choice, link_preview, split_long_caption, made_at)
         SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8 FROM versions WHERE campaign_id = ?2
         RETURNING number",
    )
    .bind(id)
    .bind(version.campaign)
    .bind(version.message)
    .bind(version.text)
    .bind(version.choice.map(Json))
    .bind(version.link_preview)
    .bind(version.split_long_caption)
    .bind(now)
    .fetch_one(&mut *db)
    .await?;
    attachment::store::replace(db, version.files, Owner::Version(id), now).await?;
    Ok(number)
}

/// Before the content of a campaign changes: what it says so far, where that is not written down yet.
pub async fn keep_first(db: &mut Tx, campaign: &Draft) -> Result<(), sqlx::Error> {
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM versions WHERE campaign_id = ?)")
        .bind(campaign.id)
        .fetch_one(&mut *db)
        .await?;
    if !there {
        let scheduled: Option<Millis> = sqlx::query_scalar("SELECT scheduled_at FROM campaigns WHERE id = ?")
            .bind(campaign.id)
            .fetch_one(&mut *db)
            .await?;
        add(db, &of(campaign, campaign.id, None), scheduled.unwrap_or(campaign.updated_at)).await?;
    }
    Ok(())
}

/// What a draft says, as a version of this campaign.
pub fn of(draft: &Draft, campaign: CampaignId, message: Option<MessageId>) -> NewVersion<'_> {
    NewVersion {
        campaign,
        message,
        text: &draft.text,
        choice: draft.choice.as_ref(),
        link_preview: draft.link_preview.as_ref().map(|card| card.id),
        split_long_caption: draft.split_long_caption,
        files: Owner::Campaign(draft.id),
    }
}

pub async fn all(db: &mut SqliteConnection, campaign: CampaignId) -> Result<Vec<Version>, sqlx::Error> {
    let select = "SELECT id, number, message_id, text, choice, link_preview, made_at FROM versions WHERE campaign_id = ? ORDER BY number";
    sqlx::query(select).bind(campaign).fetch_all(db).await?.iter().map(version).collect()
}

/// One of them.
pub async fn by_number(
    db: &mut SqliteConnection,
    campaign: CampaignId,
    number: i64,
) -> Result<Option<Version>, sqlx::Error> {
    let select = "SELECT id, number, message_id, text, choice, link_preview, made_at FROM versions WHERE campaign_id = ? AND number = ?";
    sqlx::query(select).bind(campaign).bind(number).fetch_optional(db).await?.as_ref().map(version).transpose()
}

impl Version {
    pub async fn link_card(&self, db: &mut SqliteConnection) -> Result<Option<LinkCard>, sqlx::Error> {
        card(db, self.link_preview).await
    }
}

fn version(row: &SqliteRow) -> Result<Version, sqlx::Error> {
    Ok(Version {
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        message: row.try_get("message_id")?,
        text: row.try_get("text")?,
        choice: row.try_get::<Option<Json<_>>, _>("choice")?.map(|Json(choice)| choice),
        link_preview: row.try_get("link_preview")?,
        made_at: row.try_get("made_at")?,
    })
}

/// The content, the numbers and the priority of a scheduled campaign become those of a revision, and its draft goes.
/// False where the draft is no longer what was looked at, or the campaign is not scheduled.
pub async fn take_over(db: &mut Tx, campaign: CampaignId, draft: &Draft, now: Millis) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query(
        "UPDATE campaigns SET text = ?1, choice = ?2, split_long_caption = ?3, search = ?4, updated_at = ?5, link_preview = ?9
         WHERE id = ?6 AND state = 'scheduled'
           AND EXISTS (SELECT 1 FROM campaigns d WHERE d.id = ?7 AND d.state = 'draft' AND d.version = ?8)",
    )
    .bind(&draft.text)
    .bind(draft.choice.as_ref().map(Json))
    .bind(draft.split_long_caption)
    .bind(haystack(&draft.name, &draft.text))
    .bind(now)
    .bind(campaign)
    .bind(draft.id)
    .bind(draft.version)
    .bind(draft.link_preview.as_ref().map(|card| card.id))
    .execute(&mut *db)
    .await?;
    if taken.rows_affected() == 0 {
        return Ok(false);
    }
    attachment::store::replace(db, Owner::Campaign(draft.id), Owner::Campaign(campaign), now).await?;
    Ok(true)
}

/// Its numbers, its priority and, where the owner moved the whole of it, its time.
pub async fn steer(
    db: &mut Tx,
    campaign: CampaignId,
    draft: &Draft,
    due_at: Option<Millis>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE campaigns SET session_ids = ?, priority = ?, hours = ?, due_at = coalesce(?, due_at) WHERE id = ?",
    )
    .bind(Json(&draft.session_ids))
    .bind(draft.priority)
    .bind(draft.hours.map(Json))
    .bind(due_at)
    .bind(campaign)
    .execute(db)
    .await?;
    Ok(())
}

/// The draft in which a campaign, or one message of it, is being revised; none where nobody began to.
pub async fn draft_of(db: &mut SqliteConnection, revises: Revises) -> Result<Option<CampaignId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM campaigns WHERE revises = ? AND revises_message IS ?")
        .bind(revises.campaign)
        .bind(revises.message)
        .fetch_optional(db)
        .await
}

/// A draft with what the campaign says at this moment.
pub async fn open_draft(
    db: &mut Tx,
    revises: Revises,
    content: &Draft,
    now: Millis,
) -> Result<CampaignId, sqlx::Error> {
    let id: CampaignId = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO campaigns (id, listed, revises, revises_message, state, text, choice, link_preview, audience, split_long_caption, session_ids,
                                priority, name, search, book, keep_hours, hours, local_hours, category, consent_basis, created_at, updated_at)
         SELECT ?1, 0, id, ?2, 'draft', ?3, ?4, ?10, ?5, ?6, ?7, priority, name, search, book, keep_hours, hours, local_hours, category, consent_basis, ?8, ?8
         FROM campaigns WHERE id = ?9",
    )
    .bind(id)
    .bind(revises.message)
    .bind(&content.text)
    .bind(content.choice.as_ref().map(Json))
    .bind(Json(&content.audience))
    .bind(content.split_long_caption)
    .bind(Json(&content.session_ids))
    .bind(now)
    .bind(revises.campaign)
    .bind(content.link_preview.as_ref().map(|card| card.id))
    .execute(&mut *db)
    .await?;
    Ok(id)
}

/// What was written for people whose data are erased, and says which files it had. The numbers of the versions stay.
pub async fn erase(db: &mut Tx, messages: &[MessageId]) -> Result<Vec<[u8; 32]>, sqlx::Error> {
    let mut files = Vec::new();
    for some in messages.chunks(500) {
        let versions: Vec<VersionId> = of_messages("SELECT id FROM versions WHERE message_id", some)
            .build_query_scalar()
            .fetch_all(&mut *db)
            .await?;
        let drafts: Vec<CampaignId> = of_messages("SELECT id FROM campaigns WHERE revises_message", some)
            .build_query_scalar()
            .fetch_all(&mut *db)
            .await?;
        let owners = versions.into_iter().map(Owner::Version).chain(drafts.into_iter().map(Owner::Campaign));
        for owner in owners {
            files.extend(attachment::store::list(db, owner).await?.into_iter().map(|file| file.sha256));
            attachment::store::clear(db, owner).await?;
        }
        of_messages("DELETE FROM campaigns WHERE revises_message", some).build().execute(&mut *db).await?;
        of_messages(
            "UPDATE versions SET text = '', choice = NULL, link_preview = NULL, message_id = NULL WHERE message_id",
            some,
        )
        .build()
        .execute(&mut *db)
        .await?;
    }
    Ok(files)
}

fn of_messages(head: &str, messages: &[MessageId]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(head);
    let mut list = query.push(" IN (").separated(", ");
    messages.iter().for_each(|message| {
        list.push_bind(*message);
    });
    query.push(")");
    query
}

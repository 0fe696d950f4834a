//! Campaigns: made, scheduled, steered, looked back on.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ulak_core::campaign::audience::Audience;
use ulak_core::campaign::draft::{Draft, DraftEdit};
use ulak_core::campaign::list::{CampaignOrder, CampaignQuery};
use ulak_core::campaign::live::{CampaignRow, LiveView};
use ulak_core::campaign::review::SkipLine;
use ulak_core::ids::{CampaignId, ContactId, SegmentId, UploadId};
use ulak_core::ledger::Book;
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::reading::CauseLine;
use ulak_core::page::Place;
use ulak_core::program::ProgramError;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::body::{Asked, Body, Id, Key, Limits, Who, maybe, sized, text};
use crate::contacts::{asked, cursor};
use crate::gate::Inside;
use crate::messages::{LONGEST_TEXT, answered, within, word};
use crate::problem::{Answer, Refused, Unfit};
use crate::words::{Category, Choice, Time};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignsQuery {
    #[param(max_length = 200)]
    search: Option<String>,
    /// As `next` of the page before.
    #[param(max_length = 2000)]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct Campaigns {
    /// The one changed last first.
    campaigns: Vec<CampaignLine>,
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct CampaignLine {
    id: Uuid,
    name: String,
    /// `draft`, `scheduled`, `running`, `paused`, `finished` or `cancelled`.
    state: String,
    practice: bool,
    people: Option<i64>,
    due_at: Option<Time>,
    started_at: Option<Time>,
    finished_at: Option<Time>,
    updated_at: Time,
}

impl From<CampaignRow> for CampaignLine {
    fn from(row: CampaignRow) -> Self {
        Self {
            id: row.id.0,
            name: row.name,
            state: word(&row.state),
            practice: row.practice,
            people: row.people,
            due_at: Time::maybe(row.due_at),
            started_at: Time::maybe(row.started_at),
            finished_at: Time::maybe(row.finished_at),
            updated_at: Time(row.updated_at),
        }
    }
}

/// A page of campaigns.
#[utoipa::path(get, path = "/api/campaigns", operation_id = "list_campaigns",
    tag = "campaigns", params(CampaignsQuery),
    responses((status = 200, body = Campaigns)))]
pub async fn list(State(inside): State<Inside>, Asked(query): Asked<CampaignsQuery>) -> Answer<Json<Campaigns>> {
    let limit = within(query.limit, 50, 200)?;
    asked("search", query.search.as_ref(), 200)?;
    asked("cursor", query.cursor.as_ref(), 2_000)?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let from_start = after.is_none();
    let wanted = CampaignQuery {
        search: query.search.unwrap_or_default(),
        order: CampaignOrder::Newest,
        place: Place::behind(after, limit),
        ..CampaignQuery::default()
    };
    let page = inside.app.campaigns().list(&wanted).await;
    let page = page.map_err(|problem| match problem.code.as_str() {
        "storage.unreadable" if !from_start => Refused::from(Unfit::Cursor),
        _ => Refused::from(problem),
    })?;
    let next = page.next.and_then(|next| serde_json::to_value(next).ok()?.as_str().map(str::to_owned));
    Ok(Json(Campaigns { campaigns: page.rows.into_iter().map(Into::into).collect(), next }))
}

/// A campaign to be made. It is a draft until it is scheduled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignRequest {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(max_length = 20000)]
    text: Option<String>,
    /// The id of a template, in place of a text.
    template: Option<Uuid>,
    choice: Option<Choice>,
    /// The ids of files that were brought, behind those of the template.
    #[serde(default)]
    #[schema(max_items = 10)]
    media: Vec<Uuid>,
    audience: AudienceRequest,
    /// The template's where none is given, else a promotion.
    category: Option<Category>,
    /// Why these people may be written to, where their consent is not on record.
    #[serde(default)]
    #[schema(max_length = 500)]
    consent_basis: String,
    /// At once where none is given.
    due_at: Option<Time>,
    #[schema(minimum = 1, maximum = 10)]
    priority: Option<u8>,
    /// The ids of the numbers that may send it, or `practice`; the usual ones where none is given.
    #[serde(default)]
    #[schema(max_items = 50)]
    numbers: Vec<String>,
}

/// Everyone, or whoever has one of the tags, is in one of the segments, or is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceRequest {
    #[serde(default)]
    everyone: bool,
    #[serde(default)]
    #[schema(max_items = 200)]
    tags: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 200)]
    segments: Vec<Uuid>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    contacts: Vec<Uuid>,
}

impl Limits for CampaignRequest {
    fn check(&self) -> Result<(), Unfit> {
        text("name", &self.name, 1, 200)?;
        maybe("text", self.text.as_ref(), 0, LONGEST_TEXT)?;
        text("consent_basis", &self.consent_basis, 0, 500)?;
        sized("media", self.media.len(), 0, 10)?;
        sized("numbers", self.numbers.len(), 0, 50)?;
        sized("tags", self.audience.tags.len(), 0, 200)?;
        sized("segments", self.audience.segments.len(), 0, 200)?;
        sized("contacts", self.audience.contacts.len(), 0, 1_000)?;
        self.choice.as_ref().map_or(Ok(()), Limits::check)
    }
}

impl Limits for ScheduleRequest {}

#[derive(Serialize, ToSchema)]
pub struct CampaignAnswer {
    id: Uuid,
    /// `draft`, `scheduled` and so on.
    state: String,
}

/// Makes a draft.
#[utoipa::path(post, path = "/api/campaigns", operation_id = "create_campaign",
    tag = "campaigns", request_body = CampaignRequest,
    responses((status = 201, body = CampaignAnswer)))]
pub async fn create(
    State(inside): State<Inside>,
    Body { value, .. }: Body<CampaignRequest>,
) -> Answer<(StatusCode, Json<CampaignAnswer>)> {
    let app = &inside.app;
    match (&value.text, value.template) {
        (Some(_), Some(_)) => return Err(ProgramError::TwoContents.into()),
        (None, None) if value.choice.is_none() && value.media.is_empty() => return Err(ProgramError::NoContent.into()),
        _ => {}
    }
    if value.priority.is_some_and(|priority| !(1..=10).contains(&priority)) {
        return Err(ProgramError::Priority.into());
    }
    let mut session_ids = Vec::new();
    for named in &value.numbers {
        session_ids.extend(crate::messages::number(&inside, Some(named))?);
    }
    let known = app.numbers().list().await?;
    if session_ids.iter().any(|id| !known.iter().any(|number| number.id == *id)) {
        return Err(ProgramError::NoSuchNumber.into());
    }
    if let Some(id) = value.template {
        app.templates().template(id.into()).await?;
    }
    let draft = app.campaigns().create_draft().await?;
    let made = fill(&inside, draft.id, value, session_ids).await;
    if made.is_err() {
        // What could not be made whole is not left behind.
        app.campaigns().delete_draft(draft.id).await?;
    }
    Ok((StatusCode::CREATED, Json(made?)))
}

async fn fill(
    inside: &Inside,
    id: CampaignId,
    value: CampaignRequest,
    session_ids: Vec<ulak_core::ids::SessionId>,
) -> Answer<CampaignAnswer> {
    let app = &inside.app;
    let draft = match value.template {
        Some(template) => app.templates().use_template(id, template.into()).await?,
        None => app.campaigns().draft(id).await?,
    };
    let audience = Audience {
        everyone: value.audience.everyone,
        tags: value.audience.tags,
        segments: value.audience.segments.into_iter().map(SegmentId).collect(),
        people: value.audience.contacts.into_iter().map(ContactId).collect(),
        ..Audience::default()
    };
    if !value.media.is_empty() {
        let media: Vec<UploadId> = value.media.into_iter().map(UploadId).collect();
        app.programs().attach(id, &media).await?;
    }
    let before = draft.edit();
    let edit = DraftEdit {
        name: value.name,
        text: value.text.unwrap_or(before.text),
        choice: value.choice.map(Into::into).or(before.choice),
        audience,
        due_at: value.due_at.map(|at| at.0),
        priority: value.priority.unwrap_or(before.priority),
        session_ids: if session_ids.is_empty() { before.session_ids } else { session_ids },
        category: value.category.map_or(before.category, Into::into),
        consent_basis: value.consent_basis,
        ..before
    };
    app.campaigns().save_draft(&edit).await?;
    Ok(CampaignAnswer { id: id.0, state: "draft".to_owned() })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleRequest {
    /// Where the credits do not cover everybody, only those whom they cover get it.
    #[serde(default)]
    only_covered: bool,
}

/// Schedules a draft: its credits are held and its people are fixed. One that is scheduled is answered as it was, so that
/// asking twice schedules once.
#[utoipa::path(post, path = "/api/campaigns/{id}/schedule", operation_id = "schedule_campaign",
    tag = "campaigns", params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters without blanks", pattern = "^[!-~]{1,200}$")),
    request_body = ScheduleRequest, responses((status = 200, body = CampaignAnswer)))]
pub async fn schedule(
    State(inside): State<Inside>,
    Id(id): Id<CampaignId>,
    Who(program): Who,
    key: Key,
    Body { value, digest }: Body<ScheduleRequest>,
) -> Answer<Response> {
    let once = key.once(program, digest)?;
    let answer = || CampaignAnswer { id: id.0, state: "scheduled".to_owned() };
    if inside.app.programs().answered::<serde_json::Value>(once.as_ref()).await?.is_some() {
        return Ok(answered(StatusCode::OK, answer(), true));
    }
    match inside.app.campaigns().schedule_campaign(id, value.only_covered).await {
        Ok(_) => {}
        Err(problem) if problem.code == "campaign.not_a_draft" => {
            let state = word(&inside.app.campaigns().live(id).await?.state);
            if state == "cancelled" {
                return Err(problem.into());
            }
        }
        Err(problem) => return Err(problem.into()),
    }
    inside.app.programs().remember(once.as_ref(), &answer()).await?;
    Ok(answered(StatusCode::OK, answer(), false))
}

/// How far a campaign is, and what became of its people.
#[derive(Serialize, ToSchema)]
pub struct CampaignReport {
    id: Uuid,
    name: String,
    state: String,
    practice: bool,
    people: i64,
    /// People by the state of their message.
    counts: BTreeMap<String, i64>,
    /// People whose message failed, by why.
    failed: Vec<PeopleFor>,
    /// People who get nothing for a stated reason, and which.
    skipped: Vec<PeopleFor>,
    /// People who wrote back.
    replied: i64,
    /// Those of them who want nothing any more.
    opted_out: i64,
    parts: i64,
    /// None of a draft that goes at once.
    due_at: Option<Time>,
    started_at: Option<Time>,
    finishes_at: Option<Time>,
    finished_at: Option<Time>,
    credits_held: i64,
    credits_spent: i64,
    credits_released: i64,
}

#[derive(Serialize, ToSchema)]
pub struct PeopleFor {
    /// A word of the list in `docs/terminal.md`.
    reason: String,
    /// Which variable was missing, where that is the reason.
    variable: Option<String>,
    people: i64,
}

impl From<CauseLine> for PeopleFor {
    fn from(line: CauseLine) -> Self {
        Self { reason: line.cause.to_string(), variable: None, people: line.people }
    }
}

impl From<SkipLine> for PeopleFor {
    fn from(line: SkipLine) -> Self {
        Self { reason: line.reason.as_str().to_owned(), variable: line.variable, people: line.people }
    }
}

impl From<LiveView> for CampaignReport {
    fn from(view: LiveView) -> Self {
        let count = |state: &PartState| (state.as_str().to_owned(), view.counts.get(*state));
        Self {
            counts: PartState::ALL.iter().map(count).collect(),
            failed: view.causes.into_iter().map(Into::into).collect(),
            skipped: view.skipped.into_iter().map(Into::into).collect(),
            replied: view.answers.replied,
            opted_out: view.answers.opted_out,
            id: view.id.0,
            name: view.name,
            state: word(&view.state),
            practice: view.practice,
            people: view.people,
            parts: view.parts,
            due_at: Some(Time(view.due_at)),
            started_at: Time::maybe(view.started_at),
            finishes_at: Time::maybe(view.finishes_at),
            finished_at: Time::maybe(view.finished_at),
            credits_held: view.credits.held,
            credits_spent: view.credits.settled,
            credits_released: view.credits.released,
        }
    }
}

/// How far a campaign is.
#[utoipa::path(get, path = "/api/campaigns/{id}", operation_id = "get_campaign_report",
    tag = "campaigns", params(("id" = Uuid, Path)),
    responses((status = 200, body = CampaignReport)))]
pub async fn report(State(inside): State<Inside>, Id(id): Id<CampaignId>) -> Answer<Json<CampaignReport>> {
    match inside.app.campaigns().live(id).await {
        Ok(view) => Ok(Json(view.into())),
        // Of a draft nothing is on its way.
        Err(problem) if problem.code == "campaign.gone" => Ok(Json(inside.app.campaigns().draft(id).await?.into())),
        Err(problem) => Err(problem.into()),
    }
}

impl From<Draft> for CampaignReport {
    fn from(draft: Draft) -> Self {
        Self {
            id: draft.id.0,
            name: draft.name,
            state: "draft".to_owned(),
            practice: draft.book == Book::Practice,
            people: 0,
            counts: PartState::ALL.iter().map(|state| (state.as_str().to_owned(), 0)).collect(),
            failed: Vec::new(),
            skipped: Vec::new(),
            replied: 0,
            opted_out: 0,
            parts: 0,
            due_at: Time::maybe(draft.due_at),
            started_at: None,
            finishes_at: None,
            finished_at: None,
            credits_held: 0,
            credits_spent: 0,
            credits_released: 0,
        }
    }
}

/// Nothing of it goes out until it is resumed.
#[utoipa::path(post, path = "/api/campaigns/{id}/pause", operation_id = "pause_campaign",
    tag = "campaigns", params(("id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn pause(State(inside): State<Inside>, Id(id): Id<CampaignId>) -> Answer<StatusCode> {
    inside.app.campaigns().pause_campaign(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// It goes on.
#[utoipa::path(post, path = "/api/campaigns/{id}/resume", operation_id = "resume_campaign",
    tag = "campaigns", params(("id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn resume(State(inside): State<Inside>, Id(id): Id<CampaignId>) -> Answer<StatusCode> {
    inside.app.campaigns().resume_campaign(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What waits of it goes out no more.
#[utoipa::path(post, path = "/api/campaigns/{id}/cancel", operation_id = "cancel_campaign",
    tag = "campaigns", params(("id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn cancel(State(inside): State<Inside>, Id(id): Id<CampaignId>) -> Answer<StatusCode> {
    inside.app.campaigns().cancel_campaign(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Nothing at all goes out until everything is resumed.
#[utoipa::path(post, path = "/api/pause", operation_id = "pause_everything",
    tag = "campaigns", responses((status = 204)))]
pub async fn pause_everything(State(inside): State<Inside>) -> Answer<StatusCode> {
    inside.app.outbox().pause_everything().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything goes on that was not paused by itself. What was found out about the data folder, as after a restore, is
/// for its owner to answer: 409 until then.
#[utoipa::path(post, path = "/api/resume", operation_id = "resume_everything",
    tag = "campaigns", responses((status = 204), (status = 409)))]
pub async fn resume_everything(State(inside): State<Inside>) -> Answer<StatusCode> {
    inside.app.outbox().resume_what_was_paused().await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Messages: one, many, and what became of them.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ulak_core::app::programs::{Accepted, BulkPlace, Given, Matter, Recipient};
use ulak_core::ids::{BulkId, MessageId, SessionId, UploadId};
use ulak_core::outbox::store::recipients::RecipientView;
use ulak_core::program::ProgramError;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::body::{Asked, Body, Id, Key, Limits, Who, maybe, sized, text};
use crate::gate::Inside;
use crate::media::{As, wish};
use crate::problem::{Answer, Refused, Unfit};
use crate::words::{Category, Choice, Scalar, Time};

/// One message to one person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    /// A phone with its country code, one of `country` without, or an address that ends in `@s.whatsapp.net`.
    #[schema(example = "+90 532 555 01 42", min_length = 1, max_length = 80)]
    to: String,
    /// What somebody is called who is not in the contacts yet, and what `{{name}}` becomes.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// With `{{variables}}` that `data` and the contact's fields fill.
    #[schema(example = "Merhaba {{name}}, siparişiniz hazır.", max_length = 20000)]
    text: Option<String>,
    /// The id of a template, in place of a text.
    template: Option<Uuid>,
    #[serde(default)]
    data: BTreeMap<String, Scalar>,
    #[serde(default)]
    #[schema(max_items = 10)]
    media: Vec<MediaRef>,
    choice: Option<Choice>,
    /// 1 goes first, 10 last; 3 where none is given.
    #[schema(minimum = 1, maximum = 10)]
    priority: Option<u8>,
    /// Not before then.
    send_at: Option<Time>,
    /// The id of the number that is to send it, or `practice`; any linked one where none is given.
    #[schema(max_length = 60)]
    number: Option<String>,
    /// The template's where none is given, else a promotion.
    category: Option<Category>,
    /// Outside the sending hours too. The token must be allowed to.
    #[serde(default)]
    urgent: bool,
    /// The country of a phone without a country code, by its ISO 3166 code; the owner's where none is given.
    #[schema(example = "TR", min_length = 2, max_length = 2)]
    country: Option<String>,
}

impl Limits for SendRequest {
    fn check(&self) -> Result<(), Unfit> {
        text("to", &self.to, 1, 80)?;
        maybe("name", self.name.as_ref(), 0, 200)?;
        maybe("text", self.text.as_ref(), 0, LONGEST_TEXT)?;
        sized("media", self.media.len(), 0, 10)?;
        maybe("number", self.number.as_ref(), 0, 60)?;
        maybe("country", self.country.as_ref(), 2, 2)?;
        for file in &self.media {
            if let MediaRef::Inline(file) = file {
                text("name", &file.name, 1, 200)?;
            }
        }
        self.choice.as_ref().map_or(Ok(()), Limits::check)
    }
}

/// Longer than any that WhatsApp takes, since variables may be filled with less.
pub const LONGEST_TEXT: usize = 20_000;

/// A file that was brought before, or one that comes along.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub enum MediaRef {
    Uploaded(UploadedFile),
    Inline(InlineFile),
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadedFile {
    id: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InlineFile {
    #[schema(example = "fatura.pdf", min_length = 1, max_length = 200)]
    name: String,
    /// The bytes in base64, 16 MB at most.
    base64: String,
    #[serde(default)]
    r#as: As,
}

#[derive(Serialize, ToSchema)]
pub struct SendAnswer {
    id: Uuid,
    contact_id: Uuid,
    /// Each is a bubble.
    parts: i64,
    /// What it costs, as the owner has set it for each kind of part.
    credits: i64,
    send_at: Time,
}

impl From<Accepted> for SendAnswer {
    fn from(accepted: Accepted) -> Self {
        Self {
            id: accepted.id.0,
            contact_id: accepted.contact_id.0,
            parts: accepted.parts,
            credits: accepted.credits.unwrap_or(accepted.parts),
            send_at: Time(accepted.due_at),
        }
    }
}

/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

pub fn answered<A: Serialize>(status: StatusCode, answer: A, again: bool) -> Response {
    let mut response = (status, Json(answer)).into_response();
    if again {
        response.headers_mut().insert(REPLAYED, axum::http::HeaderValue::from_static("true"));
    }
    response
}

/// Takes one message in. It is kept before this is answered; the same Idempotency-Key with the same body gets the same
/// answer for seven days and sends nothing twice.
#[utoipa::path(post, path = "/api/whatsapp/send", operation_id = "send_message",
    tag = "messages", request_body = SendRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters without blanks", pattern = "^[!-~]{1,200}$")),
    responses((status = 202, body = SendAnswer)))]
pub async fn send(
    State(inside): State<Inside>,
    Who(program): Who,
    key: Key,
    Body { value, digest }: Body<SendRequest>,
) -> Answer<Response> {
    let once = key.once(program, digest)?;
    let programs = inside.app.programs();
    // Files of a request that was answered are not prepared anew.
    if let Some(answer) = programs.answered::<Accepted>(once.as_ref()).await? {
        return Ok(answered(StatusCode::ACCEPTED, SendAnswer::from(answer), true));
    }
    let mut media = Vec::new();
    for file in value.media {
        media.push(match file {
            MediaRef::Uploaded(UploadedFile { id }) => UploadId(id),
            MediaRef::Inline(file) => {
                let bytes = BASE64.decode(file.base64.as_bytes()).map_err(|_| ProgramError::Base64)?;
                programs.upload(&file.name, bytes, wish(file.r#as)).await?.id
            }
        });
    }
    let matter = Matter {
        text: value.text,
        template: value.template.map(Into::into),
        choice: value.choice.map(Into::into),
        media,
        priority: value.priority,
        send_at: value.send_at.map(|at| at.0),
        number: number(&inside, value.number.as_deref())?,
        category: value.category.map(Into::into),
        urgent: value.urgent,
        country: value.country,
    };
    let to = Recipient { to: value.to, name: value.name, data: texts(value.data) };
    let Given { answer, again } = programs.send(program, once.as_ref(), &matter, &to).await?;
    Ok(answered(StatusCode::ACCEPTED, SendAnswer::from(answer), again))
}

fn texts(data: BTreeMap<String, Scalar>) -> BTreeMap<String, String> {
    data.into_iter().map(|(name, value)| (name, value.text())).collect()
}

pub fn number(inside: &Inside, named: Option<&str>) -> Result<Option<SessionId>, Refused> {
    match named {
        None => Ok(None),
        Some("practice") => Ok(Some(inside.app.programs().practice_number())),
        Some(id) => Ok(Some(id.parse().map_err(|_| ProgramError::NoSuchNumber)?)),
    }
}

/// The same message to many.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRequest {
    #[schema(min_items = 1, max_items = 10000)]
    recipients: Vec<BulkRecipient>,
    #[schema(max_length = 20000)]
    text: Option<String>,
    template: Option<Uuid>,
    /// Files that were brought before, by their ids.
    #[serde(default)]
    #[schema(max_items = 10)]
    media: Vec<Uuid>,
    choice: Option<Choice>,
    #[schema(minimum = 1, maximum = 10)]
    priority: Option<u8>,
    send_at: Option<Time>,
    #[schema(max_length = 60)]
    number: Option<String>,
    category: Option<Category>,
    #[serde(default)]
    urgent: bool,
    #[schema(min_length = 2, max_length = 2)]
    country: Option<String>,
}

impl Limits for BulkRequest {
    fn check(&self) -> Result<(), Unfit> {
        sized("recipients", self.recipients.len(), 1, 10_000)?;
        maybe("text", self.text.as_ref(), 0, LONGEST_TEXT)?;
        sized("media", self.media.len(), 0, 10)?;
        maybe("number", self.number.as_ref(), 0, 60)?;
        maybe("country", self.country.as_ref(), 2, 2)?;
        for one in &self.recipients {
            text("to", &one.to, 1, 80)?;
            maybe("name", one.name.as_ref(), 0, 200)?;
        }
        self.choice.as_ref().map_or(Ok(()), Limits::check)
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRecipient {
    #[schema(min_length = 1, max_length = 80)]
    to: String,
    #[schema(max_length = 200)]
    name: Option<String>,
    #[serde(default)]
    data: BTreeMap<String, Scalar>,
}

#[derive(Serialize, ToSchema)]
pub struct BulkAnswer {
    /// The list, to be followed.
    id: Uuid,
}

/// Takes a list down, up to 10,000 recipients. It is kept before this is answered and taken in a thousand at a time, also
/// after a crash.
#[utoipa::path(post, path = "/api/whatsapp/send-bulk", operation_id = "send_bulk",
    tag = "messages", request_body = BulkRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters without blanks", pattern = "^[!-~]{1,200}$")),
    responses((status = 202, body = BulkAnswer)))]
pub async fn send_bulk(
    State(inside): State<Inside>,
    Who(program): Who,
    key: Key,
    Body { value, digest }: Body<BulkRequest>,
) -> Answer<Response> {
    let once = key.once(program, digest)?;
    let matter = Matter {
        text: value.text,
        template: value.template.map(Into::into),
        choice: value.choice.map(Into::into),
        media: value.media.into_iter().map(UploadId).collect(),
        priority: value.priority,
        send_at: value.send_at.map(|at| at.0),
        number: number(&inside, value.number.as_deref())?,
        category: value.category.map(Into::into),
        urgent: value.urgent,
        country: value.country,
    };
    let one = |one: BulkRecipient| Recipient { to: one.to, name: one.name, data: texts(one.data) };
    let recipients = value.recipients.into_iter().map(one).collect();
    let given = inside.app.programs().send_bulk(program, once.as_ref(), &matter, recipients).await?;
    Ok(answered(StatusCode::ACCEPTED, BulkAnswer { id: given.answer.0 }, given.again))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BulkQuery {
    /// The first recipient that is told of, counted from 0.
    #[param(minimum = 0, maximum = 10000)]
    from: Option<u32>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// How far a list is.
#[derive(Serialize, ToSchema)]
pub struct BulkStatus {
    id: Uuid,
    recipients: i64,
    /// So many were looked at.
    done: i64,
    accepted: i64,
    refused: i64,
    created_at: Time,
    ended_at: Option<Time>,
    outcomes: Vec<BulkOutcome>,
}

/// What became of one recipient: a message, or why there is none.
#[derive(Serialize, ToSchema)]
pub struct BulkOutcome {
    /// The place in the request, counted from 0.
    place: i64,
    message_id: Option<Uuid>,
    code: Option<String>,
}

impl From<BulkPlace> for BulkOutcome {
    fn from(place: BulkPlace) -> Self {
        Self { place: place.place, message_id: place.message_id.map(|id| id.0), code: place.code }
    }
}

/// How far a list of messages is, and what became of each recipient.
#[utoipa::path(get, path = "/api/whatsapp/send-bulk/{id}", operation_id = "get_bulk",
    tag = "messages",
    params(("id" = Uuid, Path), BulkQuery), responses((status = 200, body = BulkStatus)))]
pub async fn bulk(
    State(inside): State<Inside>,
    Id(id): Id<BulkId>,
    Asked(query): Asked<BulkQuery>,
) -> Answer<Json<BulkStatus>> {
    let limit = within(query.limit, 100, 1_000)?;
    let from = query.from.unwrap_or_default();
    if from > 10_000 {
        return Err(Unfit::Query { reason: "from is at most 10000".to_owned() }.into());
    }
    let job = inside.app.programs().bulk_job(id).await?.job;
    let places = inside.app.programs().bulk_places(id, i64::from(from), limit).await?;
    Ok(Json(BulkStatus {
        id: id.0,
        recipients: job.recipients,
        done: job.next,
        accepted: job.accepted,
        refused: job.refused,
        created_at: Time(job.created_at),
        ended_at: Time::maybe(job.ended_at),
        outcomes: places.into_iter().map(Into::into).collect(),
    }))
}

/// A limit that was asked for, or the usual one.
pub fn within(asked: Option<u32>, usual: u32, most: u32) -> Result<u32, Refused> {
    let asked = asked.unwrap_or(usual);
    if (1..=most).contains(&asked) {
        return Ok(asked);
    }
    Err(Unfit::Query { reason: format!("limit is from 1 to {most}") }.into())
}

/// A message as far as it is.
#[derive(Serialize, ToSchema)]
pub struct MessageStatus {
    id: Uuid,
    contact_id: Uuid,
    /// As people write it, in groups.
    phone: String,
    name: String,
    /// `pending`, `sending`, `sent`, `delivered`, `read`, `played`, `failed`, `skipped`, `cancelled` or `unknown`.
    state: String,
    /// The cause of a failure or the reason of skipping, as a code.
    reason: Option<String>,
    /// The number of the last try.
    number: Option<String>,
    tries: i64,
    parts: Vec<PartStatus>,
    /// What happened, the oldest first.
    steps: Vec<Step>,
}

#[derive(Serialize, ToSchema)]
pub struct PartStatus {
    kind: String,
    state: String,
    /// Its price. What failed, was skipped or cancelled costs nothing.
    credits: i64,
}

#[derive(Serialize, ToSchema)]
pub struct Step {
    at: Time,
    /// `queued`, `try`, `sent`, `settled`, `delivered`, `read`, `played`, `unknown`, `failed`, `skipped`, `cancelled` or
    /// `released`.
    kind: String,
    cause: Option<String>,
    /// Counted from 1.
    part: i64,
    number: Option<String>,
}

/// A value's own word.
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

impl From<RecipientView> for MessageStatus {
    fn from(view: RecipientView) -> Self {
        let part = |part: &ulak_core::outbox::store::recipients::RecipientPart| PartStatus {
            kind: word(&part.kind),
            state: word(&part.state),
            credits: part.price,
        };
        let step = |step: &ulak_core::outbox::store::recipients::RouteStep| Step {
            at: Time(step.at),
            kind: word(&step.kind),
            cause: step.cause.clone(),
            part: step.part,
            number: step.session_name.clone(),
        };
        Self {
            parts: view.parts.iter().map(part).collect(),
            steps: view.steps.iter().map(step).collect(),
            id: view.row.message_id.0,
            contact_id: view.row.contact_id.0,
            phone: view.row.phone_shown,
            name: view.row.name,
            state: word(&view.row.state),
            reason: view.row.reason,
            number: view.row.session_name,
            tries: view.row.tries,
        }
    }
}

/// What became of a message.
#[utoipa::path(get, path = "/api/whatsapp/message/{id}/status", operation_id = "get_message_status",
    tag = "messages", params(("id" = Uuid, Path)),
    responses((status = 200, body = MessageStatus)))]
pub async fn status(State(inside): State<Inside>, Id(id): Id<MessageId>) -> Answer<Json<MessageStatus>> {
    match inside.app.outbox().recipient(id).await {
        Ok(view) => Ok(Json(view.into())),
        Err(problem) if problem.code == "campaign.gone" => Err(ProgramError::NoSuchMessage.into()),
        Err(problem) => Err(problem.into()),
    }
}

/// What of a message waits goes out no more. Where nothing of it waits, that is told with 409.
#[utoipa::path(post, path = "/api/whatsapp/message/{id}/cancel", operation_id = "cancel_message",
    tag = "messages", params(("id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn cancel(State(inside): State<Inside>, Id(id): Id<MessageId>) -> Answer<StatusCode> {
    if let Err(problem) = inside.app.outbox().recipient(id).await
        && problem.code == "campaign.gone"
    {
        return Err(ProgramError::NoSuchMessage.into());
    }
    inside.app.outbox().cancel_message(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

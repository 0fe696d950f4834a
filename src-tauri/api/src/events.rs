//! Events: what another program tells, by which triggers send.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use ulak_core::app::programs::Fired;
use ulak_core::trigger::Outcome;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{Body, Key, Who};
use crate::gate::Inside;
use crate::messages::{answered, word};
use crate::problem::{Answer, Refused};

/// What became of an event.
#[derive(Serialize, ToSchema)]
pub struct EventAnswer {
    id: Uuid,
    /// `accepted`, `duplicate` (it came before), `unmet` (its condition does not hold) or `off` (the trigger is switched off).
    outcome: String,
    accepted: i64,
    refused: i64,
    messages: Vec<Uuid>,
    /// Why somebody gets nothing, as a code: the first reason.
    code: Option<String>,
}

/// Tells that something happened. Any JSON object will do; the trigger of this name says what it means.
#[utoipa::path(post, path = "/api/events/{name}", operation_id = "tell_event",
    tag = "events",
    params(("name" = String, Path, description = "As the trigger is called, such as invoice.created", max_length = 60),
           ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters without blanks", pattern = "^[!-~]{1,200}$")),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 202, body = EventAnswer, description = "Somebody gets a message"),
              (status = 200, body = EventAnswer, description = "Nobody gets one, as it should be")))]
pub async fn tell(
    State(inside): State<Inside>,
    Path(name): Path<String>,
    Who(program): Who,
    key: Key,
    Body { value, digest }: Body<Map<String, Value>>,
) -> Answer<Response> {
    let once = key.once(program, digest)?;
    let given = inside.app.programs().fire(once.as_ref(), &name, Value::Object(value)).await?;
    let Fired { event, outcome, accepted, refused, messages, problem } = given.answer;
    if let (Outcome::Refused, Some(problem)) = (outcome, &problem) {
        return Err(Refused(problem.clone()));
    }
    let status = if outcome == Outcome::Accepted { StatusCode::ACCEPTED } else { StatusCode::OK };
    let answer = EventAnswer {
        id: event.0,
        outcome: word(&outcome),
        accepted,
        refused,
        messages: messages.into_iter().map(|id| id.0).collect(),
        code: problem.map(|problem| problem.code),
    };
    Ok(answered(status, answer, given.again))
}

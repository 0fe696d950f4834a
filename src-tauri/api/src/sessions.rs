//! Linked numbers: which there are, and linking another one.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use ulak_core::app::{LinkView, NumberKind, NumberView};
use ulak_core::error::Problem;
use ulak_core::ids::SessionId;
use ulak_core::session::NumberError;
use ulak_core::session::client::{ClientError, LinkHow};
use ulak_core::session::linking::Stage;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{Body, Id, Limits, maybe};
use crate::gate::Inside;
use crate::messages::word;
use crate::problem::{Answer, Unfit};
use crate::words::Time;

#[derive(Serialize, ToSchema)]
pub struct Sessions {
    sessions: Vec<Session>,
}

/// A number that messages go over.
#[derive(Serialize, ToSchema)]
pub struct Session {
    id: Uuid,
    /// `whatsapp`, or `practice` for the one that reaches nobody.
    kind: String,
    name: String,
    /// E.164; empty for the practice number.
    phone: String,
    /// `connected`, `connecting`, `logged_out` and so on.
    state: String,
    since: Option<Time>,
    /// The lowest goes first.
    priority: i64,
    primary: bool,
    sent_today: i64,
    errors_today: i64,
    last_activity_at: Option<Time>,
}

impl From<NumberView> for Session {
    fn from(view: NumberView) -> Self {
        Self {
            id: view.id.0,
            kind: match view.kind {
                NumberKind::Practice => "practice",
                NumberKind::Whatsapp => "whatsapp",
            }
            .to_owned(),
            name: view.name,
            phone: view.phone,
            state: view.state,
            since: Time::maybe(view.since),
            priority: view.priority,
            primary: view.is_primary,
            sent_today: view.sent_today,
            errors_today: view.errors_today,
            last_activity_at: Time::maybe(view.last_activity_at),
        }
    }
}

/// The numbers, in order of priority.
#[utoipa::path(get, path = "/api/whatsapp/sessions", operation_id = "list_sessions",
    tag = "sessions", responses((status = 200, body = Sessions)))]
pub async fn list(State(inside): State<Inside>) -> Answer<Json<Sessions>> {
    let sessions = inside.app.numbers().list().await?;
    Ok(Json(Sessions { sessions: sessions.into_iter().map(Into::into).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// With a phone a code is made that its owner types in; without one a QR code.
    #[schema(max_length = 40)]
    phone: Option<String>,
}

impl Limits for LinkRequest {
    fn check(&self) -> Result<(), Unfit> {
        maybe("phone", self.phone.as_ref(), 0, 40)
    }
}

/// How far linking is.
#[derive(Serialize, ToSchema)]
pub struct Linking {
    /// What to ask for the code and to give up by; once linked, the number's own id is `session_id`.
    id: Uuid,
    session_id: Uuid,
    /// `starting`, `qr`, `code`, `passkey`, `passkey_code`, `linked` or `ended`.
    stage: String,
    /// The QR code as a `data:` URL of an SVG picture.
    qr: Option<String>,
    /// The code that the phone's owner types in; at `passkey_code` the one that the phone must show.
    code: Option<String>,
    /// Until the code is replaced by another one, or WhatsApp stops waiting for the passkey.
    expires_in_seconds: Option<i64>,
    /// Why it ended or did not begin, or why the passkey was not used, as a code.
    reason: Option<String>,
}

fn linking(inside: &Inside, id: SessionId, view: LinkView) -> Linking {
    Linking {
        id: id.0,
        session_id: view.session_id.0,
        stage: word(&view.stage),
        qr: view.qr.as_deref().and_then(picture),
        code: view.code,
        expires_in_seconds: view.expires_at.map(|at| (at - inside.app.now()).max(0) / 1_000),
        reason: view.problem.map(|problem| problem.code).or(view.end.map(|end| word(&end))),
    }
}

/// A QR code drawn as squares, with the quiet zone that scanners want.
fn picture(text: &str) -> Option<String> {
    use std::fmt::Write as _;
    const QUIET: usize = 4;
    let code = qrcode::QrCode::new(text.as_bytes()).ok()?;
    let width = code.width();
    let size = width + 2 * QUIET;
    let mut path = String::new();
    for (place, color) in code.to_colors().into_iter().enumerate() {
        if color == qrcode::Color::Dark {
            let _ = write!(path, "M{} {}h1v1h-1z", place % width + QUIET, place / width + QUIET);
        }
    }
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\"{path}\"/></svg>"
    );
    Some(format!("data:image/svg+xml;base64,{}", BASE64.encode(svg.as_bytes())))
}

/// Begins to link a phone.
#[utoipa::path(post, path = "/api/whatsapp/sessions", operation_id = "link_session",
    tag = "sessions", request_body = LinkRequest,
    responses((status = 202, body = Linking)))]
pub async fn link(
    State(inside): State<Inside>,
    Body { value, .. }: Body<LinkRequest>,
) -> Answer<(StatusCode, Json<Linking>)> {
    let how = value.phone.map_or(LinkHow::Qr, |phone| LinkHow::PairingCode { phone });
    let id = inside.app.numbers().start_link(how, None).await?;
    let view = inside.app.numbers().link_view(id)?;
    Ok((StatusCode::ACCEPTED, Json(linking(&inside, id, view))))
}

/// The code of a linking, which is replaced every few seconds.
#[utoipa::path(get, path = "/api/whatsapp/sessions/{id}/qr", operation_id = "get_session_qr",
    tag = "sessions", params(("id" = Uuid, Path)),
    responses((status = 200, body = Linking)))]
pub async fn qr(State(inside): State<Inside>, Id(id): Id<SessionId>) -> Answer<Json<Linking>> {
    let view = inside.app.numbers().link_view(id)?;
    Ok(Json(linking(&inside, id, view)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyStep {
    step: PasskeyAct,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyAct {
    /// At `passkey`: the system asks whoever sits at this computer for the passkey.
    Use,
    /// At `passkey_code`: the phone shows the same code.
    Confirm,
}

impl Limits for PasskeyStep {
    fn check(&self) -> Result<(), Unfit> {
        Ok(())
    }
}

/// Goes on where WhatsApp asks for the account's passkey. What became of it is told by the linking.
#[utoipa::path(post, path = "/api/whatsapp/sessions/{id}/passkey", operation_id = "answer_session_passkey",
    tag = "sessions", params(("id" = Uuid, Path)), request_body = PasskeyStep,
    responses((status = 202, body = Linking)))]
pub async fn passkey(
    State(inside): State<Inside>,
    Id(id): Id<SessionId>,
    Body { value, .. }: Body<PasskeyStep>,
) -> Answer<(StatusCode, Json<Linking>)> {
    let view = inside.app.numbers().link_view(id)?;
    match value.step {
        PasskeyAct::Confirm => inside.app.numbers().confirm_passkey(id).await?,
        PasskeyAct::Use if view.stage != Stage::Passkey => {
            return Err(Problem::from(NumberError::from(ClientError::NoPasskeyAsked)).into());
        }
        PasskeyAct::Use => {
            // The system's dialog may stand for minutes.
            let app = inside.app.clone();
            tokio::spawn(async move { app.numbers().use_passkey(id).await });
        }
    }
    Ok((StatusCode::ACCEPTED, Json(linking(&inside, id, view))))
}

/// Gives a linking up, or takes a number off the list; its history stays.
#[utoipa::path(delete, path = "/api/whatsapp/sessions/{id}", operation_id = "remove_session",
    tag = "sessions", params(("id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn remove(State(inside): State<Inside>, Id(id): Id<SessionId>) -> Answer<StatusCode> {
    let numbers = inside.app.numbers();
    let listed = numbers.list().await?.into_iter().find(|number| number.id == id);
    match listed {
        None => numbers.cancel_link(id).await?,
        Some(number) if number.state == "logged_out" => numbers.remove_number(id).await?,
        Some(_) => {
            numbers.unlink_number(id).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

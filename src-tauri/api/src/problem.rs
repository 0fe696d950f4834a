//! What a program is told that did not get what it wanted: RFC 9457, with the codes of Ulak's own errors.

use std::fmt;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use ulak_core::error::{Coded, Params, Problem};
use utoipa::ToSchema;

/// A problem in the form of RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Told {
    /// `urn:ulak:` and the code.
    r#type: String,
    title: String,
    /// The same as that of the answer.
    status: u16,
    /// What happened and what to do, in English.
    detail: String,
    /// Stable, as in `ledger.short`.
    code: String,
    /// What the sentence was filled with.
    #[schema(inline)]
    params: Params,
}

/// What is refused before Ulak itself is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    Host,
    Origin,
    NoToken,
    Scope,
    ContentType,
    TooLarge,
    TooMany,
    Late,
    Syntax { reason: String },
    Meaning { reason: String },
    Query { reason: String },
    Path,
    Method,
    Cursor,
    Unwell,
    Other { status: u16 },
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("This address is not one that Ulak answers under. Use http://127.0.0.1 and the port."),
            Self::Origin => f.write_str("Web pages of other addresses are not let in."),
            Self::NoToken => f.write_str(
                "Send a token that Ulak made under \"Other programs\", as \"Authorization: Bearer ulak_…\". One that was withdrawn lets nobody in.",
            ),
            Self::Scope => f.write_str("This token may not do that. Make one that may under \"Other programs\"."),
            Self::ContentType => f.write_str("The body must be of the content type that the document names."),
            Self::TooLarge => f.write_str("The body is larger than this path takes."),
            Self::TooMany => f.write_str("Too many requests at once. Try again after the time that Retry-After says."),
            Self::Late => f.write_str("The body did not come in time."),
            Self::Syntax { reason } => write!(f, "The body is not JSON that can be read: {reason}"),
            Self::Meaning { reason } => write!(f, "The body does not say what this path needs: {reason}"),
            Self::Query { reason } => write!(f, "The query cannot be read: {reason}"),
            Self::Path => f.write_str("Nothing is at this address."),
            Self::Method => f.write_str("This address has no such method. The header Allow says which it has."),
            Self::Unwell => f.write_str("Ulak runs, and something keeps it from its work. `ulak status` says what, and so does Home in its window."),
            Self::Other { status } => write!(f, "The request was refused ({status})."),
            Self::Cursor => f.write_str("The cursor is not one that this list gave. Begin at its beginning."),
        }
    }
}

impl std::error::Error for Unfit {}

impl Coded for Unfit {
    fn code(&self) -> &'static str {
        match self {
            Self::Host => "api.host",
            Self::Origin => "api.origin",
            Self::NoToken => "api.token",
            Self::Scope => "api.scope",
            Self::ContentType => "api.content_type",
            Self::TooLarge => "api.too_large",
            Self::TooMany => "api.too_many",
            Self::Late => "api.late",
            Self::Syntax { .. } => "api.syntax",
            Self::Meaning { .. } => "api.meaning",
            Self::Query { .. } => "api.query",
            Self::Path => "api.path",
            Self::Method => "api.method",
            Self::Cursor => "api.cursor",
            Self::Unwell => "api.unwell",
            Self::Other { .. } => "api.refused",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Syntax { reason } | Self::Meaning { reason } | Self::Query { reason } => {
                Params::from([("reason".to_owned(), reason.clone())])
            }
            _ => Params::new(),
        }
    }
}

/// An error on its way out.
#[derive(Debug)]
pub struct Refused(pub Problem);

pub type Answer<T> = Result<T, Refused>;

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Unfit> for Refused {
    fn from(unfit: Unfit) -> Self {
        Self(Problem::of(&unfit))
    }
}

impl From<ulak_core::program::ProgramError> for Refused {
    fn from(error: ulak_core::program::ProgramError) -> Self {
        Self(error.into())
    }
}

/// What a code means in the words of HTTP. Whoever asks wrongly is told so with 4xx; what passes by itself is 503.
pub fn status_of(code: &str) -> StatusCode {
    match code {
        "api.token" => StatusCode::UNAUTHORIZED,
        "api.scope" | "api.origin" | "program.not_urgent" => StatusCode::FORBIDDEN,
        "api.host" => StatusCode::MISDIRECTED_REQUEST,
        "api.content_type" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "api.too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "api.too_many" => StatusCode::TOO_MANY_REQUESTS,
        "api.late" => StatusCode::REQUEST_TIMEOUT,
        "api.method" => StatusCode::METHOD_NOT_ALLOWED,
        "api.syntax" | "api.query" | "program.key" => StatusCode::BAD_REQUEST,
        "ledger.short" => StatusCode::PAYMENT_REQUIRED,
        "api.path"
        | "campaign.gone"
        | "contact.unknown"
        | "template.gone"
        | "number.gone"
        | "segment.gone"
        | "program.no_such_job"
        | "program.no_such_message"
        | "trigger.unknown"
        | "number.link_over" => StatusCode::NOT_FOUND,
        "campaign.unwanted"
        | "campaign.promoted"
        | "campaign.not_a_draft"
        | "campaign.not_scheduled"
        | "campaign.being_scheduled"
        | "campaign.being_revised"
        | "campaign.over"
        | "campaign.cancelled"
        | "campaign.cleared"
        | "campaign.no_number"
        | "message.not_waiting"
        | "contact.phone_taken"
        | "contact.withdrawn"
        | "contact.listed"
        | "contact.erased"
        | "contact.on_its_way"
        | "contact.being_scheduled"
        | "number.practice"
        | "number.still_linked"
        | "number.no_network"
        | "number.fast_time"
        | "number.not_connected"
        | "passkey.not_asked"
        | "segment.used"
        | "segment.used_unnamed"
        | "program.template_off" => StatusCode::CONFLICT,
        "program.no_chance" | "app.crashed" => StatusCode::INTERNAL_SERVER_ERROR,
        "api.unwell" | "number.no_answer" | "number.keys" => StatusCode::SERVICE_UNAVAILABLE,
        _ if code.starts_with("storage.") || code.starts_with("ledger.") => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = status_of(&self.0.code);
        with_status(status, self.0)
    }
}

pub fn with_status(status: StatusCode, problem: Problem) -> Response {
    let told = Told {
        r#type: format!("urn:ulak:{}", problem.code),
        title: status.canonical_reason().unwrap_or("Refused").to_owned(),
        status: status.as_u16(),
        detail: problem.message,
        code: problem.code,
        params: problem.params,
    };
    let mut response = (status, Json(told)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    response
}

pub const PROBLEM: &str = "application/problem+json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_so_and_what_is_wrong_is_the_callers() {
        for (code, status) in [
            ("storage.full", 503),
            ("ledger.unbalanced", 503),
            ("ledger.short", 402),
            ("phone.too_short", 422),
            ("campaign.unwanted", 409),
            ("api.token", 401),
            ("never.heard", 422),
        ] {
            assert_eq!(status_of(code).as_u16(), status, "{code}");
        }
    }
}

//! What a request carries: a body of JSON with its digest, a query, an id in the address, and a key by which it is known
//! when it comes again.

use std::str::FromStr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;
use ulak_core::program::{Digest, Once, Program, digest};
use utoipa::ToSchema;

use crate::problem::{Refused, Unfit};

/// Whoever sends a body does not take longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A body of JSON, and the digest of what was asked where.
pub struct Body<T> {
    pub value: T,
    pub digest: Digest,
}

/// What a body says beyond its form: how long its texts and lists may be. The document names the same limits.
pub trait Limits {
    fn check(&self) -> Result<(), Unfit> {
        Ok(())
    }
}

impl Limits for serde_json::Map<String, serde_json::Value> {}

/// A text of so many characters.
pub fn text(what: &str, text: &str, least: usize, most: usize) -> Result<(), Unfit> {
    sized(what, text.chars().count(), least, most)
}

/// The same where there is one.
pub fn maybe(what: &str, given: Option<&String>, least: usize, most: usize) -> Result<(), Unfit> {
    given.map_or(Ok(()), |given| text(what, given, least, most))
}

/// So many of something.
pub fn sized(what: &str, length: usize, least: usize, most: usize) -> Result<(), Unfit> {
    if (least..=most).contains(&length) {
        return Ok(());
    }
    Err(Unfit::Meaning { reason: format!("the length of {what} is from {least} to {most}") })
}

impl<T: DeserializeOwned + Limits, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let place = format!("{} {}\n", request.method(), request.uri().path());
        let bytes = whole(request, state).await?;
        let value: T = serde_json::from_slice(&bytes).map_err(unreadable)?;
        value.check()?;
        Ok(Self { value, digest: digest(&[place.as_bytes(), &bytes].concat()) })
    }
}

/// A body that is no JSON: the bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Raw(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        Ok(Self(Vec::from(whole(request, state).await?)))
    }
}

async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refused> {
    let read = tokio::time::timeout(PATIENCE, Bytes::from_request(request, state)).await;
    let read = read.map_err(|_| Unfit::Late)?;
    Ok(read.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Unfit::TooLarge,
        _ => Unfit::Syntax { reason: "it ended too early".to_owned() },
    })?)
}

fn unreadable(error: serde_json::Error) -> Unfit {
    let reason = error.to_string();
    if error.is_data() { Unfit::Meaning { reason } } else { Unfit::Syntax { reason } }
}

/// A query that says nothing else than it should.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        Ok(Self(query.map_err(|error| Unfit::Query { reason: error.body_text() })?.0))
    }
}

/// The one id in the address.
pub struct Id<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Unfit::Path)?;
        Ok(Self(text.parse().map_err(|_| Unfit::Path)?))
    }
}

/// Who asks, as the gate found out.
pub struct Who(pub Program);

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self(*parts.extensions.get::<Program>().ok_or(Unfit::NoToken)?))
    }
}

/// The header `Idempotency-Key`, where there is one.
pub struct Key(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let mut keys = parts.headers.get_all("idempotency-key").iter();
        match (keys.next(), keys.next()) {
            (None, _) => Ok(Self(None)),
            (Some(key), None) => {
                let key = key.to_str().map_err(|_| ulak_core::program::ProgramError::Key)?;
                Ok(Self(Some(key.to_owned())))
            }
            (Some(_), Some(_)) => Err(ulak_core::program::ProgramError::Key.into()),
        }
    }
}

impl Key {
    /// The request as it is known when it comes again.
    pub fn once(&self, program: Program, digest: Digest) -> Result<Option<Once>, Refused> {
        Ok(self.0.as_ref().map(|key| Once::new(program.token, key, digest)).transpose()?)
    }
}

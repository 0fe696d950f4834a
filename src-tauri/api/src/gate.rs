//! Who comes in: only this computer's own programs, under the door's own address, with a token that may.
//!
//! The order matters. Who comes under a foreign name (a web page whose name was made to lead here) or from a foreign page
//! is refused before anything is looked up for them; a token is asked for before anything else is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::MethodRouter;
use ulak_core::app::App;
use ulak_core::clock::Millis;
use ulak_core::ids::TokenId;
use ulak_core::program::{Program, Scope};

use crate::problem::{PROBLEM, Refused, Unfit, with_status};

/// What every path works with.
#[derive(Clone)]
pub struct Inside {
    pub app: Arc<App>,
    port: u16,
    rates: Arc<Mutex<BTreeMap<Option<TokenId>, Bucket>>>,
    /// Streams and long polls that may be open at once.
    pub waiting: Arc<tokio::sync::Semaphore>,
    /// Long bodies that may be in memory at once.
    long: Arc<tokio::sync::Semaphore>,
    pub stop: tokio::sync::watch::Receiver<bool>,
}

/// Requests that one token may make at once, and each second after that. Strangers share a bucket of their own.
const BURST: f64 = 1_200.0;
const A_SECOND: f64 = 600.0;
const MOST_WAITING: usize = 24;
const MOST_LONG: usize = 2;
/// Bytes.
const LONG: u64 = 1024 * 1024;

struct Bucket {
    left: f64,
    at: Millis,
}

impl Bucket {
    /// False where it is empty.
    fn take(&mut self, now: Millis) -> bool {
        // A clock that was set back fills nothing and empties nothing.
        let passed = u32::try_from((now - self.at).clamp(0, 60_000)).unwrap_or_default();
        self.left = (self.left + f64::from(passed) * A_SECOND / 1_000.0).min(BURST);
        self.at = now;
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

impl Inside {
    pub fn new(app: Arc<App>, port: u16, stop: tokio::sync::watch::Receiver<bool>) -> Self {
        let waiting = Arc::new(tokio::sync::Semaphore::new(MOST_WAITING));
        let long = Arc::new(tokio::sync::Semaphore::new(MOST_LONG));
        Self { app, port, rates: Arc::default(), waiting, long, stop }
    }

    /// Where this door is.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn hosts(&self) -> [String; 3] {
        ["127.0.0.1", "[::1]", "localhost"].map(|host| format!("{host}:{}", self.port))
    }

    fn may_ask(&self, token: Option<TokenId>) -> bool {
        let now = self.app.now();
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        rates.entry(token).or_insert(Bucket { left: BURST, at: now }).take(now)
    }
}

/// Lets in, or says why not.
pub async fn gate(State(inside): State<Inside>, mut request: Request, next: Next) -> Response {
    let mut response = match admitted(&inside, request.uri(), request.headers()).await {
        Ok(program) => {
            if let Some(program) = program {
                request.extensions_mut().insert(program);
            }
            run(&inside, request, next).await
        }
        Err(refused) => axum::response::IntoResponse::into_response(refused),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.entry(name).or_insert(axum::http::HeaderValue::from_static(value));
    }
    as_problem(response)
}

/// What a program asked for is done to its end, also where it hangs up meanwhile. What is long waits for its turn, so that
/// few such bodies are in memory at once.
async fn run(inside: &Inside, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let is_long =
        length.map_or_else(|| request.headers().contains_key(header::TRANSFER_ENCODING), |length: u64| length > LONG);
    let long = inside.long.clone();
    let done = tokio::spawn(async move {
        // It is never closed.
        let _turn = if is_long { long.acquire_owned().await.ok() } else { None };
        next.run(request).await
    });
    match done.await {
        Ok(response) => response,
        Err(broken) => {
            let problem = ulak_core::error::Problem::crashed(broken);
            tracing::error!(%problem, "a request of another program broke");
            axum::response::IntoResponse::into_response(Refused(problem))
        }
    }
}

async fn admitted(inside: &Inside, uri: &Uri, headers: &HeaderMap) -> Result<Option<Program>, Refused> {
    let hosts = inside.hosts();
    if !is_ours(headers, uri.authority().map(Authority::as_str), &hosts) {
        return Err(Unfit::Host.into());
    }
    if !is_same_origin(headers, &hosts) {
        return Err(Unfit::Origin.into());
    }
    let path = uri.path();
    let token = bearer(headers).filter(|token| is_token(token));
    let program = match token {
        Some(token) => inside.app.programs().admit(token).await?,
        None => None,
    };
    if !inside.may_ask(program.map(|program| program.token)) {
        return Err(Unfit::TooMany.into());
    }
    if is_open_to_all(path) {
        return Ok(None);
    }
    Ok(Some(program.ok_or(Unfit::NoToken)?))
}

/// What tells nothing of anybody.
fn is_open_to_all(path: &str) -> bool {
    matches!(path, "/api/health" | "/api/openapi.json" | "/api/docs" | "/api/docs/try.js" | "/api/docs/try.css")
}

/// Exactly one host, and one of the door's own names; an address in the request line must be the same.
fn is_ours(headers: &HeaderMap, authority: Option<&str>, hosts: &[String]) -> bool {
    let mut named = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (named.next(), named.next()) else { return false };
    let is_one = |name: &str| hosts.iter().any(|host| host.eq_ignore_ascii_case(name));
    host.to_str().is_ok_and(is_one) && authority.is_none_or(is_one)
}

/// Programs send no origin; the page behind this very door sends its own.
fn is_same_origin(headers: &HeaderMap, hosts: &[String]) -> bool {
    let ours = |origin: &axum::http::HeaderValue| {
        let host = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        host.is_some_and(|host| hosts.iter().any(|ours| ours == host))
    };
    let site = headers.get_all("sec-fetch-site").iter();
    headers.get_all(header::ORIGIN).iter().all(ours)
        && site.into_iter().all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(sent), None) = (sent.next(), sent.next()) else { return None };
    let (scheme, token) = sent.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What is none is not looked up.
fn is_token(text: &str) -> bool {
    let rest = text.strip_prefix("ulak_").unwrap_or_default();
    rest.len() == 43 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Where files are brought as they are.
pub const FILES: &str = "/api/media";

/// A body is JSON; only a file is brought as it is. Neither can be sent by a form of a web page.
fn has_right_content(method: &Method, headers: &HeaderMap, path: &str) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    // Nothing reads a body of other methods.
    if !matches!(*method, Method::POST | Method::PUT) {
        return true;
    }
    let (sent, several) = (types.next(), types.next().is_some());
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    let wanted = if path == FILES { "application/octet-stream" } else { "application/json" };
    match sent.map(|sent| sent.to_str()) {
        _ if several => false,
        None => !has_body,
        Some(Err(_)) => false,
        Some(Ok(sent)) => {
            let (essence, parameters) = sent.split_once(';').unwrap_or((sent, ""));
            let parameters = parameters.trim();
            essence.trim().eq_ignore_ascii_case(wanted)
                && (parameters.is_empty() || parameters.eq_ignore_ascii_case("charset=utf-8"))
        }
    }
}

/// Lets only tokens with this scope, and bodies of the right kind, to the methods that are there.
pub fn needs(scope: Scope, methods: MethodRouter<Inside>) -> MethodRouter<Inside> {
    methods.route_layer(axum::middleware::from_fn(move |request: Request, next: Next| async move {
        let program = request.extensions().get::<Program>().copied();
        match program {
            Some(program) if program.rights.allow(scope) => {
                match has_right_content(request.method(), request.headers(), request.uri().path()) {
                    true => next.run(request).await,
                    false => axum::response::IntoResponse::into_response(Refused::from(Unfit::ContentType)),
                }
            }
            Some(_) => axum::response::IntoResponse::into_response(Refused::from(Unfit::Scope)),
            None => axum::response::IntoResponse::into_response(Refused::from(Unfit::NoToken)),
        }
    }))
}

/// What the frame refuses by itself is told like everything else.
fn as_problem(response: Response) -> Response {
    let status = response.status();
    let told = response.headers().get(header::CONTENT_TYPE).is_some_and(|sent| sent.as_bytes() == PROBLEM.as_bytes());
    if told || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let unfit = match status {
        StatusCode::METHOD_NOT_ALLOWED => Unfit::Method,
        StatusCode::PAYLOAD_TOO_LARGE => Unfit::TooLarge,
        StatusCode::REQUEST_TIMEOUT => Unfit::Late,
        StatusCode::NOT_FOUND => Unfit::Path,
        other => Unfit::Other { status: other.as_u16() },
    };
    let mut told = with_status(status, ulak_core::error::Problem::of(&unfit));
    if let Some(allow) = response.headers().get(header::ALLOW) {
        told.headers_mut().insert(header::ALLOW, allow.clone());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_with_time_and_never_beyond_its_rim() {
        let mut bucket = Bucket { left: 1.0, at: 0 };
        assert!(bucket.take(0) && !bucket.take(0));
        let taken = |bucket: &mut Bucket, at| (0..5_000).take_while(|_| bucket.take(at)).count();
        assert_eq!(taken(&mut bucket, 10), 6);
        assert_eq!(taken(&mut bucket, 5), 0, "a clock that was set back fills nothing");
        assert_eq!(taken(&mut bucket, 3_600_000), 1_200);
    }

    #[test]
    fn a_token_is_sent_once_and_as_a_bearer() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer ulak_a"]), Some("ulak_a".to_owned()));
        assert_eq!(of(&["bearer  ulak_a"]), Some("ulak_a".to_owned()));
        for none in [&[][..], &["ulak_a"], &["Basic ulak_a"], &["Bearer a", "Bearer b"]] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }
}

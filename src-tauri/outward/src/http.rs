//! Requests over HTTP: one connection each, no redirect, no proxy, no cookie, and only to addresses that they may reach.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use ulak_core::link_preview::{Get, Getting, Got, Web};
use ulak_core::webhook::address::Reach;
use ulak_core::webhook::{ANSWER_WITHIN, Answer, Post, Poster, Posting, Setback};
use ureq::config::Config;
use ureq::http::{Response, Uri, header};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Error};

use crate::beside;

const USER_AGENT: &str = concat!("Ulak/", env!("CARGO_PKG_VERSION"));

pub struct HttpPoster {
    within: Duration,
}

impl Default for HttpPoster {
    fn default() -> Self {
        Self { within: Duration::from_millis(ANSWER_WITHIN.unsigned_abs()) }
    }
}

impl HttpPoster {
    /// One that waits for another time than the usual one: for tests.
    pub fn within(within: Duration) -> Self {
        Self { within }
    }
}

impl Poster for HttpPoster {
    fn post(&self, post: Post) -> Posting<'_> {
        let within = self.within;
        Box::pin(async move {
            let answer = beside("webhook", move || send(&post, within)).await;
            answer.unwrap_or(Answer::Nothing(Setback::Unreachable))
        })
    }
}

fn send(post: &Post, within: Duration) -> Answer {
    let sent = agent(post.reach, InTheClear::Inside, within)
        .post(&post.url)
        .header("content-type", "application/json")
        .header("webhook-id", &post.id)
        .header("webhook-timestamp", post.timestamp.to_string())
        .header("webhook-signature", &post.signature)
        .send(post.body.as_str());
    match sent {
        // What it says beside its status is nobody's business.
        Ok(response) => Answer::Status(response.status().as_u16()),
        Err(error) => Answer::Nothing(setback(&error)),
    }
}

/// Looks at pages.
pub struct HttpWeb;

impl Web for HttpWeb {
    fn get(&self, get: Get) -> Getting<'_> {
        Box::pin(async move { beside("page", move || fetch(&get)).await.unwrap_or(Err(Setback::Unreachable)) })
    }
}

fn fetch(get: &Get) -> Result<Got, Setback> {
    let asked = agent(get.reach, InTheClear::Anywhere, get.within).get(&get.url).header("accept-encoding", "identity");
    let mut response = asked.call().map_err(|error| setback(&error))?;
    let status = response.status();
    match said(&response, header::LOCATION) {
        Some(to) if status.is_redirection() => return Ok(Got::Elsewhere(to)),
        _ if !status.is_success() => return Ok(Got::Status(status.as_u16())),
        _ => {}
    }
    let kind = said(&response, header::CONTENT_TYPE).unwrap_or_default();
    let mut bytes = Vec::new();
    // One byte more tells whether something is behind.
    let most = get.most.saturating_add(1);
    let reader = response.body_mut().as_reader();
    reader.take(most as u64).read_to_end(&mut bytes).map_err(|error| setback(&Error::from(error)))?;
    let whole = bytes.len() < most;
    bytes.truncate(get.most);
    Ok(Got::Body { kind, bytes, whole })
}

fn said(response: &Response<Body>, header: header::HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(response.headers().get(header)?.as_bytes()).into_owned())
}

/// Where a request may go that can be read on the way.
#[derive(Clone, Copy, Debug)]
enum InTheClear {
    /// This computer and the owner's own network.
    Inside,
    Anywhere,
}

fn agent(reach: Reach, in_the_clear: InTheClear, within: Duration) -> Agent {
    let config = Config::builder()
        .timeout_global(Some(within))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .max_idle_connections(0)
        .user_agent(USER_AGENT)
        .build();
    Agent::with_parts(
        config,
        DefaultConnector::default(),
        CheckedResolver { reach, in_the_clear, all: DefaultResolver::default() },
    )
}

/// Names lead only to what may be reached. The connection is made to the very addresses that were looked at.
#[derive(Debug)]
struct CheckedResolver {
    reach: Reach,
    in_the_clear: InTheClear,
    all: DefaultResolver,
}

impl Resolver for CheckedResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let free = uri.scheme_str() == Some("https") || matches!(self.in_the_clear, InTheClear::Anywhere);
        let mut allowed = self.empty();
        for address in self.all.resolve(uri, config, timeout)?.iter() {
            let may = if free { Reach::allows } else { Reach::allows_in_the_clear };
            if may(self.reach, address.ip()) {
                allowed.push(*address);
            }
        }
        if allowed.is_empty() {
            return Err(Error::Other(Box::new(NotAllowed)));
        }
        Ok(allowed)
    }
}

/// A name leads to nothing that the request may reach.
#[derive(Debug)]
struct NotAllowed;

impl std::fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name leads to an address that may not be reached")
    }
}

impl std::error::Error for NotAllowed {}

fn setback(error: &Error) -> Setback {
    match error {
        Error::Other(error) if error.is::<NotAllowed>() => Setback::Address,
        Error::Timeout(_) => Setback::TimedOut,
        Error::Io(error) => match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Setback::TimedOut,
            // What rustls refuses comes as this.
            ErrorKind::InvalidData => Setback::Certificate,
            _ => Setback::Unreachable,
        },
        Error::Tls(_) | Error::Pem(_) | Error::Rustls(_) => Setback::Certificate,
        Error::Protocol(_) | Error::Http(_) => Setback::Garbage,
        _ => Setback::Unreachable,
    }
}

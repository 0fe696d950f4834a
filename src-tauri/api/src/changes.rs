//! The durable feed of what changed, to catch up from: asked for in pages, or as a stream.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use futures::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use ulak_core::app::App;
use ulak_core::error::Problem;
use ulak_core::feed::{Change, Page};
use ulak_core::program::Program;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::body::{Asked, Who};
use crate::gate::Inside;
use crate::messages::{within, word};
use crate::problem::{Answer, Unfit};

/// What changes without an event is found this often.
const LOOK: Duration = Duration::from_millis(500);
const LONGEST_WAIT: u32 = 60;
const MOST: u32 = 1_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// The sequence of the last change that is known; 0 before the first.
    #[param(minimum = 0)]
    after: Option<i64>,
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// So many seconds a change is waited for, where there is none yet.
    #[param(minimum = 0, maximum = 60)]
    wait: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct Changes {
    changes: Vec<ChangeLine>,
    /// What came after the sequence is not all there any more: read the things themselves, and go on from `newest`.
    anew: bool,
    /// To be sent as `after`.
    newest: i64,
}

/// Something came into another state.
#[derive(Serialize, ToSchema)]
pub struct ChangeLine {
    seq: i64,
    /// `part`, `queue`, `contact`, `number` or `reply`.
    thing: String,
    id: Uuid,
    /// Of a part: the message that it belongs to.
    message_id: Option<Uuid>,
    state: String,
}

async fn page(app: &App, after: i64, limit: u32) -> Result<Changes, Problem> {
    match app.changes(after, limit).await? {
        Page::Anew { newest } => Ok(Changes { changes: Vec::new(), anew: true, newest }),
        Page::Changes { changes } => {
            let newest = changes.last().map_or(after, |change| change.seq);
            let messages = app.programs().messages_of(&changes).await?;
            let line = |change: Change| ChangeLine {
                seq: change.seq,
                thing: word(&change.thing),
                message_id: messages.get(&change.id).map(|message| message.0),
                id: change.id,
                state: change.state,
            };
            Ok(Changes { changes: changes.into_iter().map(line).collect(), anew: false, newest })
        }
    }
}

/// What changed after a sequence, in order. Waits for a change where that is wanted.
#[utoipa::path(get, path = "/api/changes", operation_id = "list_changes",
    tag = "changes", params(ChangesQuery),
    responses((status = 200, body = Changes)))]
pub async fn poll(State(inside): State<Inside>, Asked(query): Asked<ChangesQuery>) -> Answer<Json<Changes>> {
    let (after, limit) = (after(query.after)?, within(query.limit, 500, MOST)?);
    let wait = query.wait.unwrap_or_default();
    if wait > LONGEST_WAIT {
        return Err(Unfit::Query { reason: format!("wait is at most {LONGEST_WAIT}") }.into());
    }
    let first = page(&inside.app, after, limit).await?;
    if wait == 0 || first.anew || !first.changes.is_empty() {
        return Ok(Json(first));
    }
    let _place = inside.waiting.try_acquire().map_err(|_| Unfit::TooMany)?;
    let wait = Duration::from_secs(u64::from(wait));
    let waited = timeout(wait, next(&inside, None, after, limit)).await;
    match waited {
        Ok(Some(page)) => Ok(Json(page?)),
        Ok(None) | Err(_) => Ok(Json(first)),
    }
}

fn after(asked: Option<i64>) -> Result<i64, Unfit> {
    match asked.unwrap_or_default() {
        after if after < 0 => Err(Unfit::Query { reason: "after is 0 or more".to_owned() }),
        after => Ok(after),
    }
}

/// The next page that has something; none where the door shuts before, or the token of whoever listens was withdrawn.
async fn next(inside: &Inside, listener: Option<Program>, after: i64, limit: u32) -> Option<Result<Changes, Problem>> {
    let mut events = inside.app.events().subscribe();
    let mut stop = inside.stop.clone();
    loop {
        if let Some(listener) = listener
            && !inside.app.programs().may_stay(listener.token).await.unwrap_or(false)
        {
            return None;
        }
        match page(&inside.app, after, limit).await {
            Ok(page) if page.changes.is_empty() && !page.anew => {}
            page => return Some(page),
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return None,
            _ = timeout(LOOK, events.recv()) => {}
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// The sequence of the last change that is known. The header Last-Event-ID, which browsers and libraries send when
    /// they connect again, goes before it.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// The same as a stream of server-sent events: `change` with its sequence as the id, or `anew`.
#[utoipa::path(get, path = "/api/changes/stream", operation_id = "stream_changes",
    tag = "changes", params(StreamQuery),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
pub async fn stream(
    State(inside): State<Inside>,
    Who(program): Who,
    Asked(query): Asked<StreamQuery>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Sent, Infallible>>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = after(last.or(query.after))?;
    let place = inside.waiting.clone().try_acquire_owned().map_err(|_| Unfit::TooMany)?;
    let pages = stream::unfold((inside, after, place), move |(inside, after, place)| async move {
        // What cannot be read ends the stream; whoever listens connects again.
        let page = next(&inside, Some(program), after, MOST).await?.ok()?;
        let newest = page.newest;
        Some((told(page), (inside, newest, place)))
    });
    let events = futures::StreamExt::flat_map(pages, |events| stream::iter(events.into_iter().map(Ok)));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn told(page: Changes) -> Vec<Sent> {
    if page.anew {
        return vec![Sent::default().event("anew").id(page.newest.to_string()).data(page.newest.to_string())];
    }
    let one = |line: ChangeLine| {
        let data = serde_json::to_string(&line).unwrap_or_default();
        Sent::default().event("change").id(line.seq.to_string()).data(data)
    };
    page.changes.into_iter().map(one).collect()
}

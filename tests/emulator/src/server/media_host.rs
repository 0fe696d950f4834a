//! The media host. Uploads are kept as they come, sealed; whoever knows the path may fetch them.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde_json::json;

use super::Line;
use crate::faults::{Fault, Stage};
use crate::world::World;

#[derive(Deserialize)]
pub(crate) struct UploadQuery {
    /// What `media_conn` handed out; it begins with the number of its owner.
    auth: Option<String>,
    /// Asks how far an earlier upload came, without sending anything.
    resume: Option<String>,
    file_offset: Option<usize>,
}

pub(crate) async fn upload(
    State(world): State<Arc<World>>,
    Extension(line): Extension<Line>,
    Path((kind, token)): Path<(String, String)>,
    Query(query): Query<UploadQuery>,
    body: Body,
) -> Response {
    if query.resume.is_some() {
        return progress(&world, &kind, &token);
    }
    let owner = query.auth.as_deref().and_then(|auth| auth.split('-').next());
    match world.faults.strike(Stage::Upload, owner, None) {
        Some(Fault::UploadRefused { status }) => {
            // Read first: an answer to somebody who still sends can be lost with the line.
            let _ = body.collect().await;
            return refused(status);
        }
        Some(Fault::UploadSlow { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(_) => return break_off(&world, line, &token, body).await,
        None => {}
    }
    let Ok(sent) = body.collect().await else { return refused(400) };
    let mut whole = BytesMut::new();
    if let (Some(offset), Some(half)) = (query.file_offset, world.media.half(&token)) {
        whole.extend_from_slice(half.get(..offset).unwrap_or_default());
    }
    whole.extend_from_slice(&sent.to_bytes());
    match world.media.put(&kind, &token, whole.freeze()) {
        Ok(path) => {
            world.log.write(|record| record.uploads += 1);
            Json(place(&world, &path)).into_response()
        }
        Err(error) => {
            world.log.error(error.to_string());
            refused(400)
        }
    }
}

fn place(world: &World, path: &str) -> serde_json::Value {
    json!({ "url": format!("https://{}{path}", world.media_host()), "direct_path": path })
}

fn progress(world: &World, kind: &str, token: &str) -> Response {
    if let Some(path) = world.media.path_of(kind, token) {
        let mut answer = place(world, &path);
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("resume".to_owned(), json!("complete"));
        }
        return Json(answer).into_response();
    }
    let known = world.media.half(token).map_or(0, |half| half.len());
    Json(json!({ "resume": known.to_string() })).into_response()
}

/// Takes the first piece of the body and then cuts the line, so the client never gets an answer.
async fn break_off(world: &World, line: Line, token: &str, mut body: Body) -> Response {
    let first = body.frame().await.and_then(Result::ok).and_then(|frame| frame.into_data().ok());
    world.media.keep_half(token, first.unwrap_or_else(Bytes::new));
    line.cut();
    std::future::pending().await
}

pub(crate) async fn download(State(world): State<Arc<World>>, Path((kind, file)): Path<(String, String)>) -> Response {
    if let Some(Fault::MediaGone { status }) = world.faults.strike(Stage::Download, None, None) {
        return refused(status);
    }
    match world.media.get(&format!("/v/{kind}/{file}")) {
        Some(bytes) => {
            world.log.write(|record| record.downloads += 1);
            bytes.into_response()
        }
        None => refused(404),
    }
}

fn refused(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

//! Files that messages are to carry.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use ulak_core::error::{Params, Problem};
use ulak_core::media::Wish;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::body::{Asked, Raw, text};
use crate::gate::Inside;
use crate::messages::word;
use crate::problem::{Answer, Unfit};

/// What a file is to be sent as: pictures as pictures, films as films and sound as a voice note where nothing is said.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum As {
    #[default]
    Auto,
    Voice,
    Audio,
    Document,
}

pub fn wish(wanted: As) -> Wish {
    match wanted {
        As::Auto => Wish::Auto,
        As::Voice => Wish::Voice,
        As::Audio => Wish::Audio,
        As::Document => Wish::Document,
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    /// What the file is called.
    #[param(min_length = 1, max_length = 200)]
    name: String,
    #[serde(default)]
    #[param(inline)]
    r#as: As,
}

/// A file that is kept for seven days, and for as long as a message carries it.
#[derive(Serialize, ToSchema)]
pub struct FileAnswer {
    /// To be named in `media` of messages.
    id: Uuid,
    /// `image`, `video`, `document`, `voice` or `audio`.
    kind: String,
    /// What is sent of it, in bytes.
    size: usize,
    /// What is not as one may expect: a part of the picture that is missing, a GIF that goes as a still picture, a
    /// video that some phones do not play, a document that says where it was made. Mostly empty.
    notices: Vec<FileNotice>,
}

#[derive(Serialize, ToSchema)]
pub struct FileNotice {
    /// Stable, as in `media.stilled`.
    code: String,
    /// What it means and what can be done, in English.
    detail: String,
    /// What the sentence was filled with.
    #[schema(inline)]
    params: Params,
}

impl From<Problem> for FileNotice {
    fn from(notice: Problem) -> Self {
        Self { code: notice.code, detail: notice.message, params: notice.params }
    }
}

/// Brings a file, as it is, up to 100 MB. It is prepared as for every message; what cannot be sent is refused.
#[utoipa::path(post, path = "/api/media", operation_id = "upload_media",
    tag = "files", params(FileQuery),
    request_body(content = inline(Raw), content_type = "application/octet-stream"),
    responses((status = 201, body = FileAnswer)))]
pub async fn upload(
    State(inside): State<Inside>,
    Asked(query): Asked<FileQuery>,
    Raw(bytes): Raw,
) -> Answer<(StatusCode, Json<FileAnswer>)> {
    text("name", &query.name, 1, 200)
        .map_err(|_| Unfit::Query { reason: "name has 1 to 200 characters".to_owned() })?;
    let kept = inside.app.programs().upload(&query.name, bytes, wish(query.r#as)).await?;
    let notices = kept.notices.into_iter().map(FileNotice::from).collect();
    Ok((StatusCode::CREATED, Json(FileAnswer { id: kept.id.0, kind: word(&kept.kind), size: kept.size, notices })))
}

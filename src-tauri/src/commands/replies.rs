//! What people wrote back.

use std::path::PathBuf;

use data_encoding::BASE64;
use tauri::AppHandle;
use ulak_core::app::Chat;
use ulak_core::ids::{MessageId, ReplyId};
use ulak_core::inbound::store::marks::Mark;
use ulak_core::inbound::store::replies::{ReplyCounts, ReplyPage, ReplyQuery, ReplyRow};

use super::{Answer, Door, TABLES, ask, path_of, shown, to_save};

#[tauri::command]
#[specta::specta]
pub async fn replies(door: Door<'_>, query: ReplyQuery) -> Answer<ReplyPage> {
    door.app().await?.replies().list(&query).await
}

#[tauri::command]
#[specta::specta]
pub async fn replies_by_ids(door: Door<'_>, ids: Vec<ReplyId>) -> Answer<Vec<ReplyRow>> {
    door.app().await?.replies().by_ids(&ids).await
}

#[tauri::command]
#[specta::specta]
pub async fn reply_counts(door: Door<'_>) -> Answer<ReplyCounts> {
    door.app().await?.replies().counts().await
}

#[tauri::command]
#[specta::specta]
pub async fn mark_replies(door: Door<'_>, ids: Vec<ReplyId>, mark: Mark) -> Answer<()> {
    door.app().await?.replies().mark(&ids, mark).await
}

#[tauri::command]
#[specta::specta]
pub async fn dismiss_reply(door: Door<'_>, reply_id: ReplyId) -> Answer<()> {
    door.app().await?.replies().dismiss(reply_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn opt_out_reply(door: Door<'_>, reply_id: ReplyId) -> Answer<()> {
    door.app().await?.replies().opt_out(reply_id).await
}

/// The chat that a reply belongs to.
#[tauri::command]
#[specta::specta]
pub async fn chat(door: Door<'_>, reply_id: ReplyId) -> Answer<Chat> {
    door.app().await?.replies().chat(reply_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn answer_reply(door: Door<'_>, reply_id: ReplyId, text: String) -> Answer<MessageId> {
    door.app().await?.replies().answer(reply_id, &text).await
}

/// The replies that the list has, into a file that the owner names; none where they did not.
#[tauri::command]
#[specta::specta]
pub async fn export_replies(
    handle: AppHandle,
    door: Door<'_>,
    query: ReplyQuery,
    title: String,
) -> Answer<Option<String>> {
    let chosen =
        ask(&handle, title, |dialog, tell| to_save(dialog, "ulak-replies.xlsx", &TABLES).save_file(tell)).await;
    let Some(path) = chosen.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.replies().export(&query, &path).await?;
    Ok(Some(shown(path)))
}

/// The picture that a person sent, as a data URL; fetched where it is not there yet.
#[tauri::command]
#[specta::specta]
pub async fn reply_picture(door: Door<'_>, reply_id: ReplyId, nr: i64) -> Answer<String> {
    let file = door.app().await?.replies().file(reply_id, nr).await?;
    Ok(format!("data:{};base64,{}", file.picture_mime(), BASE64.encode(&file.content.unwrap_or_default())))
}

/// Fetches what a person sent, so that it can be saved.
#[tauri::command]
#[specta::specta]
pub async fn fetch_reply_file(door: Door<'_>, reply_id: ReplyId, nr: i64) -> Answer<()> {
    door.app().await?.replies().file(reply_id, nr).await.map(drop)
}

/// What a person sent, into a file that the owner names; none where they did not.
#[tauri::command]
#[specta::specta]
pub async fn save_reply_file(
    handle: AppHandle,
    door: Door<'_>,
    reply_id: ReplyId,
    nr: i64,
    name: String,
    title: String,
) -> Answer<Option<String>> {
    let Some(path) = place_to_save(&handle, title, name).await else { return Ok(None) };
    door.app().await?.replies().save_file(reply_id, nr, &path).await?;
    Ok(Some(shown(path)))
}

async fn place_to_save(handle: &AppHandle, title: String, name: String) -> Option<PathBuf> {
    ask(handle, title, |dialog, tell| dialog.set_file_name(name).save_file(tell)).await.flatten().and_then(path_of)
}

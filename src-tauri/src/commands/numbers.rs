//! Linking numbers and looking after them.

use ulak_core::app::NumberView;
use ulak_core::ids::SessionId;

use super::{Answer, Door};
use crate::view::{LinkPicture, LinkWish};

#[tauri::command]
#[specta::specta]
pub async fn numbers(door: Door<'_>) -> Answer<Vec<NumberView>> {
    door.app().await?.numbers().list().await
}

#[tauri::command]
#[specta::specta]
pub async fn start_link(door: Door<'_>, how: LinkWish, session_id: Option<SessionId>) -> Answer<SessionId> {
    door.app().await?.numbers().start_link(how.into(), session_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn link_view(door: Door<'_>, session_id: SessionId) -> Answer<LinkPicture> {
    Ok(LinkPicture::of(door.app().await?.numbers().link_view(session_id)?))
}

#[tauri::command]
#[specta::specta]
pub async fn refresh_link(door: Door<'_>, session_id: SessionId) -> Answer<()> {
    door.app().await?.numbers().refresh_link(session_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn use_passkey(door: Door<'_>, session_id: SessionId) -> Answer<()> {
    door.app().await?.numbers().use_passkey(session_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn confirm_passkey(door: Door<'_>, session_id: SessionId) -> Answer<()> {
    door.app().await?.numbers().confirm_passkey(session_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_link(door: Door<'_>, session_id: SessionId) -> Answer<()> {
    door.app().await?.numbers().cancel_link(session_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn unlink_number(door: Door<'_>, session_id: SessionId) -> Answer<bool> {
    door.app().await?.numbers().unlink_number(session_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_number(door: Door<'_>, session_id: SessionId) -> Answer<()> {
    door.app().await?.numbers().remove_number(session_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn reconnect_number(door: Door<'_>, session_id: SessionId) -> Answer<()> {
    door.app().await?.numbers().reconnect_number(session_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn order_numbers(door: Door<'_>, session_ids: Vec<SessionId>) -> Answer<Vec<NumberView>> {
    door.app().await?.numbers().order_numbers(&session_ids).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_number_options(door: Door<'_>, session_id: SessionId, typing: bool, take_names: bool) -> Answer<()> {
    door.app().await?.numbers().set_number_options(session_id, typing, take_names).await
}

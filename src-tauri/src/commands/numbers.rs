//! Linking numbers and looking after them.

use ulak_core::app::NumberView;
use ulak_core::ids::SessionId;

use super::{Answer, Door};
use crate::view::{LinkPicture, LinkWish};

#[tauri::command]
#[specta::specta]
pub async fn numbers(door: Door<'_>) -> Answer<Vec<NumberView>> {
    door.app().await?.numbers().await
}

#[tauri::command]
#[specta::specta]
pub async fn start_link(door: Door<'_>, how: LinkWish, session: Option<SessionId>) -> Answer<SessionId> {
    door.app().await?.start_link(how.into(), session).await
}

#[tauri::command]
#[specta::specta]
pub async fn link_view(door: Door<'_>, session: SessionId) -> Answer<LinkPicture> {
    Ok(LinkPicture::of(door.app().await?.link_view(session).await?))
}

#[tauri::command]
#[specta::specta]
pub async fn refresh_link(door: Door<'_>, session: SessionId) -> Answer<()> {
    door.app().await?.refresh_link(session).await
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_link(door: Door<'_>, session: SessionId) -> Answer<()> {
    door.app().await?.cancel_link(session).await
}

#[tauri::command]
#[specta::specta]
pub async fn unlink_number(door: Door<'_>, session: SessionId) -> Answer<()> {
    door.app().await?.unlink_number(session).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_number(door: Door<'_>, session: SessionId) -> Answer<()> {
    door.app().await?.remove_number(session).await
}

#[tauri::command]
#[specta::specta]
pub async fn reconnect_number(door: Door<'_>, session: SessionId) -> Answer<()> {
    door.app().await?.reconnect_number(session).await
}

#[tauri::command]
#[specta::specta]
pub async fn order_numbers(door: Door<'_>, sessions: Vec<SessionId>) -> Answer<()> {
    door.app().await?.order_numbers(&sessions).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_number_options(door: Door<'_>, session: SessionId, typing: bool, take_names: bool) -> Answer<()> {
    door.app().await?.set_number_options(session, typing, take_names).await
}

//! Templates.

use std::path::Path;

use tauri::AppHandle;
use ulak_core::app::{TemplateCheck, TemplatesBrought};
use ulak_core::campaign::draft::Draft;
use ulak_core::ids::{CampaignId, MediaId, TemplateId};
use ulak_core::media::MediaWish;
use ulak_core::media::attachment::MediaItem;
use ulak_core::settings::Language;
use ulak_core::template::{ReadyTemplate, TemplateEdit, TemplateRow, TemplateView};

use super::{Answer, Door, ask, path_of, shown, to_open};

#[tauri::command]
#[specta::specta]
pub async fn templates(door: Door<'_>) -> Answer<Vec<TemplateRow>> {
    door.app().await?.templates().list().await
}

#[tauri::command]
#[specta::specta]
pub async fn ready_templates(door: Door<'_>) -> Answer<Vec<ReadyTemplate>> {
    Ok(door.app().await?.templates().ready_templates())
}

#[tauri::command]
#[specta::specta]
pub async fn template(door: Door<'_>, id: TemplateId) -> Answer<TemplateView> {
    door.app().await?.templates().template(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn create_template(door: Door<'_>, language: Language) -> Answer<TemplateView> {
    door.app().await?.templates().create_template(language).await
}

#[tauri::command]
#[specta::specta]
pub async fn take_ready(door: Door<'_>, key: String, language: Language) -> Answer<TemplateView> {
    door.app().await?.templates().take_ready(&key, language).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_template(door: Door<'_>, edit: TemplateEdit) -> Answer<TemplateView> {
    door.app().await?.templates().save_template(&edit).await
}

#[tauri::command]
#[specta::specta]
pub async fn duplicate_template(door: Door<'_>, id: TemplateId) -> Answer<TemplateView> {
    door.app().await?.templates().duplicate_template(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn delete_template(door: Door<'_>, id: TemplateId) -> Answer<()> {
    door.app().await?.templates().delete_template(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn add_template_media(
    door: Door<'_>,
    id: TemplateId,
    path: String,
    wish: Option<MediaWish>,
) -> Answer<MediaItem> {
    door.app().await?.templates().add_template_media(id, Path::new(&path), wish.unwrap_or_default().into()).await
}

#[tauri::command]
#[specta::specta]
pub async fn paste_template_media(
    door: Door<'_>,
    id: TemplateId,
    name: String,
    base64: String,
    wish: Option<MediaWish>,
) -> Answer<MediaItem> {
    door.app().await?.templates().paste_template_media(id, &name, &base64, wish.unwrap_or_default().into()).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_template_media(door: Door<'_>, id: TemplateId, media_id: MediaId) -> Answer<TemplateView> {
    door.app().await?.templates().remove_template_media(id, media_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn order_template_media(door: Door<'_>, id: TemplateId, media_ids: Vec<MediaId>) -> Answer<TemplateView> {
    door.app().await?.templates().order_template_media(id, &media_ids).await
}

#[tauri::command]
#[specta::specta]
pub async fn fetch_template_link_preview(door: Door<'_>, id: TemplateId) -> Answer<TemplateView> {
    door.app().await?.templates().fetch_template_link_preview(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_template_link_preview(door: Door<'_>, id: TemplateId) -> Answer<TemplateView> {
    door.app().await?.templates().remove_template_link_preview(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn check_template(door: Door<'_>, id: TemplateId) -> Answer<TemplateCheck> {
    door.app().await?.templates().check_template(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn use_template(door: Door<'_>, draft_id: CampaignId, template_id: TemplateId) -> Answer<Draft> {
    door.app().await?.templates().use_template(draft_id, template_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_as_template(door: Door<'_>, draft_id: CampaignId, language: Language) -> Answer<TemplateView> {
    door.app().await?.templates().save_as_template(draft_id, language).await
}

#[tauri::command]
#[specta::specta]
pub async fn import_templates(handle: AppHandle, door: Door<'_>, title: String) -> Answer<Option<TemplatesBrought>> {
    let chosen = ask(&handle, title, |dialog, tell| to_open(dialog, "Ulak", &["json"]).pick_file(tell)).await;
    let Some(path) = chosen.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.templates().import_templates(&path).await.map(Some)
}

#[tauri::command]
#[specta::specta]
pub async fn export_templates(
    handle: AppHandle,
    door: Door<'_>,
    ids: Vec<TemplateId>,
    title: String,
) -> Answer<Option<String>> {
    let chosen = ask(&handle, title, |dialog, tell| dialog.set_file_name("ulak-templates.json").save_file(tell)).await;
    let Some(path) = chosen.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.templates().export_templates(&ids, &path).await?;
    Ok(Some(shown(path)))
}

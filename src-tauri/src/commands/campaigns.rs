//! Campaigns: composing, scheduling, following.

use std::path::Path;

use data_encoding::BASE64;
use tauri::AppHandle;
use ulak_core::app::{DraftCheck, LookedUp, MessagePreview, Missed, MissedAnswer, Review, TestSend};
use ulak_core::campaign::draft::{Draft, DraftEdit};
use ulak_core::campaign::list::{CampaignPage, CampaignQuery};
use ulak_core::campaign::live::LiveView;
use ulak_core::campaign::report::CampaignReport;
use ulak_core::contact::Contact;
use ulak_core::ids::{CampaignId, ContactId, MediaId, MessageId};
use ulak_core::media::attachment::MediaItem;
use ulak_core::media::{MediaWish, endings};
use ulak_core::outbox::state::SkipReason;
use ulak_core::outbox::store::queue::Retryable;
use ulak_core::outbox::store::recipients::{RecipientPage, RecipientQuery, RecipientRow, RecipientView};
use ulak_core::settings::Language;

use crate::clipboard;

use super::{Answer, Door, ask, path_of, place, shown, to_open};

#[tauri::command]
#[specta::specta]
pub async fn campaigns(door: Door<'_>, query: CampaignQuery) -> Answer<CampaignPage> {
    door.app().await?.campaigns().list(&query).await
}

#[tauri::command]
#[specta::specta]
pub async fn create_draft(door: Door<'_>) -> Answer<Draft> {
    door.app().await?.campaigns().create_draft().await
}

#[tauri::command]
#[specta::specta]
pub async fn create_practice_draft(door: Door<'_>) -> Answer<Draft> {
    door.app().await?.campaigns().create_practice_draft().await
}

#[tauri::command]
#[specta::specta]
pub async fn draft(door: Door<'_>, id: CampaignId) -> Answer<Draft> {
    door.app().await?.campaigns().draft(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_draft(door: Door<'_>, edit: DraftEdit) -> Answer<Draft> {
    door.app().await?.campaigns().save_draft(&edit).await
}

#[tauri::command]
#[specta::specta]
pub async fn delete_draft(door: Door<'_>, id: CampaignId) -> Answer<()> {
    door.app().await?.campaigns().delete_draft(id).await
}

/// For who leaves it.
#[tauri::command]
#[specta::specta]
pub async fn drop_untouched(door: Door<'_>, id: CampaignId) -> Answer<()> {
    door.app().await?.campaigns().drop_untouched(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn duplicate_campaign(door: Door<'_>, id: CampaignId) -> Answer<Draft> {
    door.app().await?.campaigns().duplicate_campaign(id).await
}

/// What the dialog calls the files that can be sent.
const KINDS: &str =
    "JPG, PNG, WEBP, HEIC, AVIF, GIF, BMP, TIFF, MP4, MOV, 3GP, MP3, M4A, AAC, WAV, FLAC, OGG, Opus, AMR, PDF";

#[tauri::command]
#[specta::specta]
pub async fn pick_media_files(handle: AppHandle, title: String) -> Answer<Vec<String>> {
    let endings: Vec<&str> = endings().collect();
    let chosen = ask(&handle, title, |dialog, tell| to_open(dialog, KINDS, &endings).pick_files(tell)).await;
    Ok(chosen.flatten().unwrap_or_default().into_iter().filter_map(path_of).map(shown).collect())
}

#[tauri::command]
#[specta::specta]
pub async fn add_media(
    door: Door<'_>,
    draft_id: CampaignId,
    path: String,
    wish: Option<MediaWish>,
) -> Answer<MediaItem> {
    door.app().await?.campaigns().add_media_as(draft_id, Path::new(&path), wish.unwrap_or_default().into()).await
}

#[tauri::command]
#[specta::specta]
pub async fn paste_media(
    door: Door<'_>,
    draft_id: CampaignId,
    name: String,
    base64: String,
    wish: Option<MediaWish>,
) -> Answer<MediaItem> {
    door.app().await?.campaigns().paste_media(draft_id, &name, &base64, wish.unwrap_or_default().into()).await
}

/// The picture on the clipboard as PNG in base64, where the webview hides it from the page.
#[tauri::command]
#[specta::specta]
pub async fn copied_picture(handle: AppHandle) -> Answer<Option<String>> {
    Ok(clipboard::picture(&handle).await.map(|png| BASE64.encode(&png)))
}

#[tauri::command]
#[specta::specta]
pub async fn remove_media(door: Door<'_>, draft_id: CampaignId, media_id: MediaId) -> Answer<Draft> {
    door.app().await?.campaigns().remove_media(draft_id, media_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn order_media(door: Door<'_>, draft_id: CampaignId, media_ids: Vec<MediaId>) -> Answer<Draft> {
    door.app().await?.campaigns().order_media(draft_id, &media_ids).await
}

#[tauri::command]
#[specta::specta]
pub async fn media_picture(door: Door<'_>, media_id: MediaId) -> Answer<String> {
    door.app().await?.campaigns().media_picture(media_id).await
}

/// Looks at the page that the text links to.
#[tauri::command]
#[specta::specta]
pub async fn fetch_link_preview(door: Door<'_>, draft_id: CampaignId) -> Answer<Draft> {
    door.app().await?.campaigns().fetch_link_preview(draft_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_link_preview(door: Door<'_>, draft_id: CampaignId) -> Answer<Draft> {
    door.app().await?.campaigns().remove_link_preview(draft_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn preview_message(door: Door<'_>, draft_id: CampaignId, index: u32) -> Answer<MessagePreview> {
    door.app().await?.campaigns().preview_message(draft_id, index).await
}

#[tauri::command]
#[specta::specta]
pub async fn check_draft(door: Door<'_>, draft_id: CampaignId) -> Answer<DraftCheck> {
    door.app().await?.campaigns().check_draft(draft_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn skipped_people(
    door: Door<'_>,
    draft_id: CampaignId,
    reason: SkipReason,
    variable: Option<String>,
    limit: u32,
) -> Answer<Vec<Contact>> {
    door.app().await?.campaigns().skipped_people(draft_id, reason, variable.as_deref(), limit).await
}

#[tauri::command]
#[specta::specta]
pub async fn review_campaign(door: Door<'_>, draft_id: CampaignId) -> Answer<Review> {
    door.app().await?.campaigns().review_campaign(draft_id).await
}

/// Asks WhatsApp for some of those of whom nobody knows whether they are on it.
#[tauri::command]
#[specta::specta]
pub async fn look_up_audience(door: Door<'_>, draft_id: CampaignId, after: Option<ContactId>) -> Answer<LookedUp> {
    door.app().await?.campaigns().look_up_audience(draft_id, after).await
}

#[tauri::command]
#[specta::specta]
pub async fn send_test(door: Door<'_>, test: TestSend) -> Answer<MessageId> {
    door.app().await?.outbox().send_test(&test).await
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_message(door: Door<'_>, message_id: MessageId) -> Answer<()> {
    door.app().await?.outbox().cancel_message(message_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn retry_message(door: Door<'_>, message_id: MessageId, may_be_seen_twice: bool) -> Answer<()> {
    door.app().await?.outbox().retry_message(message_id, may_be_seen_twice).await
}

#[tauri::command]
#[specta::specta]
pub async fn dismiss_message(door: Door<'_>, message_id: MessageId) -> Answer<()> {
    door.app().await?.outbox().dismiss_message(message_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn schedule_campaign(door: Door<'_>, draft_id: CampaignId, only_covered: bool) -> Answer<CampaignId> {
    door.app().await?.campaigns().schedule_campaign(draft_id, only_covered).await
}

#[tauri::command]
#[specta::specta]
pub async fn pause_campaign(door: Door<'_>, id: CampaignId) -> Answer<()> {
    door.app().await?.campaigns().pause_campaign(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn resume_campaign(door: Door<'_>, id: CampaignId) -> Answer<()> {
    door.app().await?.campaigns().resume_campaign(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_campaign(door: Door<'_>, id: CampaignId) -> Answer<()> {
    door.app().await?.campaigns().cancel_campaign(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn retry_failed(door: Door<'_>, id: CampaignId) -> Answer<u64> {
    door.app().await?.campaigns().retry_failed(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn retryable(door: Door<'_>, id: CampaignId) -> Answer<Retryable> {
    door.app().await?.campaigns().retryable(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn retry_doubtful(door: Door<'_>, id: CampaignId, people: i64) -> Answer<u64> {
    door.app().await?.campaigns().retry_doubtful(id, people).await
}

#[tauri::command]
#[specta::specta]
pub async fn stop_checking(door: Door<'_>, id: CampaignId) -> Answer<u64> {
    door.app().await?.campaigns().stop_checking(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn stop_checking_message(door: Door<'_>, id: MessageId) -> Answer<()> {
    door.app().await?.campaigns().stop_checking_message(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn pause_everything(door: Door<'_>) -> Answer<()> {
    door.app().await?.outbox().pause_everything().await
}

#[tauri::command]
#[specta::specta]
pub async fn resume_everything(door: Door<'_>) -> Answer<()> {
    door.app().await?.outbox().resume_everything().await
}

#[tauri::command]
#[specta::specta]
pub async fn live(door: Door<'_>, campaign_id: CampaignId) -> Answer<LiveView> {
    door.app().await?.campaigns().live(campaign_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn report(door: Door<'_>, id: CampaignId) -> Answer<CampaignReport> {
    door.app().await?.campaigns().report(id).await
}

/// Up to five side by side.
#[tauri::command]
#[specta::specta]
pub async fn reports(door: Door<'_>, ids: Vec<CampaignId>) -> Answer<Vec<CampaignReport>> {
    door.app().await?.campaigns().reports(&ids).await
}

/// What became of a campaign, into a file that the owner names; none where they did not. `format`: pdf, xlsx or csv.
#[tauri::command]
#[specta::specta]
pub async fn export_report(
    handle: AppHandle,
    door: Door<'_>,
    id: CampaignId,
    format: String,
    language: Language,
    title: String,
) -> Answer<Option<String>> {
    let Some(path) = place(&handle, title, "ulak-report", &format).await else { return Ok(None) };
    door.app().await?.campaigns().export_report(id, &path, Some(language)).await?;
    Ok(Some(shown(path)))
}

/// The people whom a campaign skipped for one reason.
#[tauri::command]
#[specta::specta]
pub async fn skipped_for(
    door: Door<'_>,
    campaign_id: CampaignId,
    reason: SkipReason,
    variable: Option<String>,
    limit: u32,
) -> Answer<Vec<RecipientRow>> {
    door.app().await?.outbox().skipped_for(campaign_id, reason, variable.as_deref(), limit).await
}

/// A draft for those who can be written to by now.
#[tauri::command]
#[specta::specta]
pub async fn draft_for_skipped(
    door: Door<'_>,
    campaign_id: CampaignId,
    reason: SkipReason,
    variable: Option<String>,
) -> Answer<Draft> {
    door.app().await?.campaigns().draft_for_skipped(campaign_id, reason, variable).await
}

#[tauri::command]
#[specta::specta]
pub async fn recipients(door: Door<'_>, query: RecipientQuery) -> Answer<RecipientPage> {
    door.app().await?.outbox().recipients(&query).await
}

#[tauri::command]
#[specta::specta]
pub async fn recipient(door: Door<'_>, message_id: MessageId) -> Answer<RecipientView> {
    door.app().await?.outbox().recipient(message_id).await
}

/// Campaigns whose time passed while the computer slept or Ulak was closed.
#[tauri::command]
#[specta::specta]
pub async fn missed(door: Door<'_>) -> Answer<Vec<Missed>> {
    door.app().await?.campaigns().missed().await
}

#[tauri::command]
#[specta::specta]
pub async fn answer_missed(door: Door<'_>, campaign_id: CampaignId, answer: MissedAnswer) -> Answer<()> {
    door.app().await?.campaigns().answer_missed(campaign_id, answer).await
}

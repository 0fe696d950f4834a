//! Revising what waits of a campaign, or of one person in it.

use ulak_core::app::{PlannedDay, RevisionChoice, RevisionReview, VersionView};
use ulak_core::campaign::draft::Draft;
use ulak_core::campaign::revise::NewTime;
use ulak_core::ids::{CampaignId, MessageId};

use super::{Answer, Door};

#[tauri::command]
#[specta::specta]
pub async fn open_revision(door: Door<'_>, id: CampaignId, message_id: Option<MessageId>) -> Answer<Draft> {
    door.app().await?.campaigns().open_revision(id, message_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn review_revision(door: Door<'_>, draft_id: CampaignId, choice: RevisionChoice) -> Answer<RevisionReview> {
    door.app().await?.campaigns().review_revision(draft_id, choice).await
}

#[tauri::command]
#[specta::specta]
pub async fn revise(door: Door<'_>, draft_id: CampaignId, choice: RevisionChoice) -> Answer<CampaignId> {
    door.app().await?.campaigns().revise(draft_id, choice).await
}

#[tauri::command]
#[specta::specta]
pub async fn reschedule(door: Door<'_>, id: CampaignId, time: NewTime) -> Answer<()> {
    door.app().await?.campaigns().reschedule(id, time).await
}

#[tauri::command]
#[specta::specta]
pub async fn planned(door: Door<'_>) -> Answer<Vec<PlannedDay>> {
    door.app().await?.campaigns().planned().await
}

#[tauri::command]
#[specta::specta]
pub async fn revise_text(door: Door<'_>, id: MessageId, text: String) -> Answer<()> {
    door.app().await?.campaigns().revise_text(id, &text).await
}

#[tauri::command]
#[specta::specta]
pub async fn versions(door: Door<'_>, id: CampaignId) -> Answer<Vec<VersionView>> {
    door.app().await?.campaigns().versions(id).await
}

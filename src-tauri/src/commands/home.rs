//! Home and the now bar.

use ulak_core::app::{HomeView, NowView};
use ulak_core::ids::CampaignId;

use super::{Answer, Door};

#[tauri::command]
#[specta::specta]
pub async fn now(door: Door<'_>) -> Answer<NowView> {
    door.app().await?.home().now_view().await
}

#[tauri::command]
#[specta::specta]
pub async fn home(door: Door<'_>) -> Answer<HomeView> {
    door.app().await?.home().view().await
}

/// The owner has seen what became of a campaign.
#[tauri::command]
#[specta::specta]
pub async fn result_seen(door: Door<'_>, campaign_id: CampaignId) -> Answer<()> {
    door.app().await?.home().result_seen(campaign_id).await
}

/// What failed of a campaign so far.
#[tauri::command]
#[specta::specta]
pub async fn failures_seen(door: Door<'_>, campaign_id: CampaignId) -> Answer<()> {
    door.app().await?.home().failures_seen(campaign_id).await
}

/// The owner has read a notice.
#[tauri::command]
#[specta::specta]
pub async fn dismiss_notice(door: Door<'_>, id: u32) -> Answer<()> {
    door.app().await?.dismiss_notice(id).await
}

//! Where other programs are told of changes.

use ulak_core::app::{WebhookEdit, WebhookSaved, WebhookTest, WebhookView};
use ulak_core::ids::{DeliveryId, WebhookId};
use ulak_core::webhook::store::{DeliveryState, DeliveryView};

use super::{Answer, Door};

#[tauri::command]
#[specta::specta]
pub async fn webhooks(door: Door<'_>) -> Answer<Vec<WebhookView>> {
    door.app().await?.webhooks().list().await
}

#[tauri::command]
#[specta::specta]
pub async fn save_webhook(door: Door<'_>, edit: WebhookEdit) -> Answer<WebhookSaved> {
    door.app().await?.webhooks().save(&edit).await
}

#[tauri::command]
#[specta::specta]
pub async fn renew_webhook_secret(door: Door<'_>, id: WebhookId) -> Answer<WebhookSaved> {
    door.app().await?.webhooks().renew_secret(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn delete_webhook(door: Door<'_>, id: WebhookId) -> Answer<()> {
    door.app().await?.webhooks().delete(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn pause_webhook(door: Door<'_>, id: WebhookId, paused: bool) -> Answer<()> {
    door.app().await?.webhooks().pause(id, paused).await
}

#[tauri::command]
#[specta::specta]
pub async fn test_webhook(door: Door<'_>, id: WebhookId) -> Answer<WebhookTest> {
    door.app().await?.webhooks().test(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn webhook_deliveries(door: Door<'_>, id: WebhookId, state: DeliveryState) -> Answer<Vec<DeliveryView>> {
    door.app().await?.webhooks().deliveries(id, state).await
}

#[tauri::command]
#[specta::specta]
pub async fn replay_webhook(door: Door<'_>, id: WebhookId, only: Option<DeliveryId>) -> Answer<i64> {
    door.app().await?.webhooks().replay(id, only).await
}

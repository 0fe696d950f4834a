//! Other programs: the door, their tokens, and triggers.

use std::path::PathBuf;

use ulak_core::app::programs::{EventPage, Fired, FirstTrigger, NewToken, ProgramsView, Tried, TriggersView};
use ulak_core::ids::{MessageId, TokenId, TriggerEventId, TriggerId};
use ulak_core::program::TokenWish;
use ulak_core::trigger::folder::Brings;
use ulak_core::trigger::{Binding, Trigger, TriggerEdit};

use super::{Answer, Door};

#[tauri::command]
#[specta::specta]
pub async fn programs(door: Door<'_>) -> Answer<ProgramsView> {
    door.app().await?.programs().view().await
}

#[tauri::command]
#[specta::specta]
pub async fn set_program_door(door: Door<'_>, open: bool, port: u16) -> Answer<ProgramsView> {
    door.app().await?.programs().set_door(open, port).await
}

/// What lets in is told this once.
#[tauri::command]
#[specta::specta]
pub async fn make_token(door: Door<'_>, wish: TokenWish) -> Answer<NewToken> {
    door.app().await?.programs().make_token(&wish).await
}

#[tauri::command]
#[specta::specta]
pub async fn revoke_token(door: Door<'_>, token_id: TokenId) -> Answer<ProgramsView> {
    door.app().await?.programs().revoke_token(token_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn triggers(door: Door<'_>) -> Answer<TriggersView> {
    door.app().await?.programs().triggers().await
}

#[tauri::command]
#[specta::specta]
pub async fn first_trigger(door: Door<'_>, name: String) -> Answer<FirstTrigger> {
    door.app().await?.programs().first_trigger(&name)
}

#[tauri::command]
#[specta::specta]
pub async fn save_trigger(door: Door<'_>, edit: TriggerEdit) -> Answer<Trigger> {
    door.app().await?.programs().save_trigger(&edit).await
}

#[tauri::command]
#[specta::specta]
pub async fn delete_trigger(door: Door<'_>, trigger_id: TriggerId) -> Answer<()> {
    door.app().await?.programs().delete_trigger(trigger_id).await
}

/// The folder that a trigger looks into; without a path it looks into none.
#[tauri::command]
#[specta::specta]
pub async fn watch_folder(
    door: Door<'_>,
    trigger_id: TriggerId,
    path: Option<PathBuf>,
    brings: Brings,
) -> Answer<TriggersView> {
    door.app().await?.programs().watch_folder(trigger_id, path.as_deref(), brings).await
}

/// What a trigger would do with an event; nothing is sent.
#[tauri::command]
#[specta::specta]
pub async fn try_trigger(door: Door<'_>, binding: Binding, payload: String) -> Answer<Tried> {
    door.app().await?.programs().try_trigger(&binding, &payload).await
}

/// Sends what the first person of an event would get to a phone of the owner.
#[tauri::command]
#[specta::specta]
pub async fn send_tried(door: Door<'_>, binding: Binding, payload: String, to: String) -> Answer<MessageId> {
    door.app().await?.programs().send_tried(&binding, &payload, &to).await
}

#[tauri::command]
#[specta::specta]
pub async fn trigger_events(
    door: Door<'_>,
    trigger_id: Option<TriggerId>,
    refused: bool,
    before: Option<TriggerEventId>,
) -> Answer<EventPage> {
    door.app().await?.programs().trigger_events(trigger_id, refused, before).await
}

/// The owner has seen which events were refused.
#[tauri::command]
#[specta::specta]
pub async fn refusals_seen(door: Door<'_>) -> Answer<()> {
    door.app().await?.programs().refusals_seen().await
}

/// Sends an event again, by the trigger as it is: to those who have nothing of it, or to all.
#[tauri::command]
#[specta::specta]
pub async fn replay_event(door: Door<'_>, event_id: TriggerEventId, to_all: bool) -> Answer<Fired> {
    door.app().await?.programs().replay(event_id, to_all).await
}

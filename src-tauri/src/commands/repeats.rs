//! What comes again: on days of the calendar, or by a date of each person.

use ulak_core::app::{RepeatEdit, RepeatView};
use ulak_core::campaign::audience::FollowOf;
use ulak_core::campaign::draft::Draft;
use ulak_core::campaign::repeat::Occasion;
use ulak_core::campaign::repeat::calendar::Day;
use ulak_core::ids::RepeatId;

use super::{Answer, Door};

#[tauri::command]
#[specta::specta]
pub async fn repeats(door: Door<'_>) -> Answer<Vec<RepeatView>> {
    door.app().await?.campaigns().repeats().await
}

#[tauri::command]
#[specta::specta]
pub async fn create_repeat(door: Door<'_>, occasion: Option<Occasion>) -> Answer<Draft> {
    door.app().await?.campaigns().create_repeat(occasion).await
}

#[tauri::command]
#[specta::specta]
pub async fn follow_up(door: Door<'_>, follows: FollowOf, after_days: Option<u16>) -> Answer<Draft> {
    door.app().await?.campaigns().follow_up(follows, after_days).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_repeat(door: Door<'_>, edit: RepeatEdit) -> Answer<()> {
    door.app().await?.campaigns().save_repeat(&edit).await
}

#[tauri::command]
#[specta::specta]
pub async fn approve_repeat(door: Door<'_>, id: RepeatId) -> Answer<()> {
    door.app().await?.campaigns().approve_repeat(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn make_up_repeat(door: Door<'_>, id: RepeatId, day: Day) -> Answer<()> {
    door.app().await?.campaigns().make_up_repeat(id, day).await
}

#[tauri::command]
#[specta::specta]
pub async fn delete_repeat(door: Door<'_>, id: RepeatId) -> Answer<()> {
    door.app().await?.campaigns().delete_repeat(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn date_fields(door: Door<'_>) -> Answer<Vec<String>> {
    door.app().await?.campaigns().date_fields().await
}

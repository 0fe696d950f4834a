//! Credits.

use tauri::AppHandle;
use ulak_core::app::CreditsView;
use ulak_core::ledger::Book;
use ulak_core::ledger::figures::{BalanceView, LedgerPage, LedgerQuery};

use ulak_core::settings::Language;

use super::{Answer, Door, ask, path_of, place, shown};

#[tauri::command]
#[specta::specta]
pub async fn credits(door: Door<'_>, book: Book) -> Answer<CreditsView> {
    door.app().await?.credits().view(book).await
}

#[tauri::command]
#[specta::specta]
pub async fn ledger(door: Door<'_>, query: LedgerQuery) -> Answer<LedgerPage> {
    door.app().await?.credits().ledger(&query).await
}

#[tauri::command]
#[specta::specta]
pub async fn top_up(door: Door<'_>, book: Book, credits: i64, price: String, note: String) -> Answer<BalanceView> {
    door.app().await?.credits().top_up(book, credits, &price, &note).await
}

#[tauri::command]
#[specta::specta]
pub async fn adjust(door: Door<'_>, book: Book, credits: i64, reason: String) -> Answer<BalanceView> {
    door.app().await?.credits().adjust(book, credits, &reason).await
}

#[tauri::command]
#[specta::specta]
pub async fn export_ledger(handle: AppHandle, door: Door<'_>, book: Book, title: String) -> Answer<Option<String>> {
    let chosen = ask(&handle, title, |dialog, tell| dialog.set_file_name("ulak-credits.csv").save_file(tell)).await;
    let Some(path) = chosen.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.credits().export_ledger(book, &path).await?;
    Ok(Some(shown(path)))
}

#[tauri::command]
#[specta::specta]
pub async fn low_credits_seen(door: Door<'_>) -> Answer<()> {
    door.app().await?.credits().low_seen().await
}

/// Adds every line up and looks at the whole chain.
#[tauri::command]
#[specta::specta]
pub async fn check_ledger(door: Door<'_>) -> Answer<()> {
    door.app().await?.credits().ledger_holds().await
}

/// The credits of a month (`YYYY-MM`), into a file that the owner names; none where they did not. `format`: pdf or xlsx.
#[tauri::command]
#[specta::specta]
pub async fn export_statement(
    handle: AppHandle,
    door: Door<'_>,
    book: Book,
    month: String,
    format: String,
    language: Language,
    title: String,
) -> Answer<Option<String>> {
    let Some(path) = place(&handle, title, &format!("ulak-credits-{month}"), &format).await else { return Ok(None) };
    door.app().await?.credits().export_statement(book, &month, &path, Some(language)).await.map(|()| Some(shown(path)))
}

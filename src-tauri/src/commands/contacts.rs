//! Contacts and their import.

use tauri::AppHandle;
use ulak_core::app::DirectText;
use ulak_core::app::person::{PersonView, TimelinePage, TimelineQuery};
use ulak_core::contact::acts::{ActPage, ActReport, Chosen, Deed};
use ulak_core::contact::import::{
    ImportOptions, ImportPreview, ImportReport, ImportReportPage, ImportStep, LeftOut, Origin, ReasonTotal, Refusal,
};
use ulak_core::contact::merge::MergeEdit;
use ulak_core::contact::segment::filter::Filter;
use ulak_core::contact::segment::{Segment, SegmentEdit};
use ulak_core::contact::store::phone_names::PhoneBook;
use ulak_core::contact::{Contact, ContactEdit, ContactPage, ContactQuery, ContactTotals, Return, Standing};
use ulak_core::ids::{ActId, ContactId, ImportId, MessageId, SegmentId};
use ulak_core::page::Place;

use super::{Answer, Door, TABLES, ask, path_of, shown, to_open, to_save};

#[tauri::command]
#[specta::specta]
pub async fn contacts(door: Door<'_>, query: ContactQuery) -> Answer<ContactPage> {
    door.app().await?.people().contacts(&query).await
}

#[tauri::command]
#[specta::specta]
pub async fn contact_totals(door: Door<'_>) -> Answer<ContactTotals> {
    door.app().await?.people().contact_totals().await
}

#[tauri::command]
#[specta::specta]
pub async fn contact(door: Door<'_>, id: ContactId) -> Answer<Contact> {
    door.app().await?.people().contact(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn person(door: Door<'_>, id: ContactId) -> Answer<PersonView> {
    door.app().await?.people().person(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn timeline(door: Door<'_>, query: TimelineQuery) -> Answer<TimelinePage> {
    door.app().await?.people().timeline(&query).await
}

#[tauri::command]
#[specta::specta]
pub async fn write_to_contact(door: Door<'_>, wish: DirectText) -> Answer<MessageId> {
    door.app().await?.outbox().write_to(&wish).await
}

#[tauri::command]
#[specta::specta]
pub async fn erase_person(door: Door<'_>, id: ContactId) -> Answer<()> {
    door.app().await?.people().erase(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_contact(door: Door<'_>, edit: ContactEdit) -> Answer<Contact> {
    door.app().await?.people().save_contact(&edit).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_standing(door: Door<'_>, contact_id: ContactId, standing: Standing) -> Answer<Contact> {
    door.app().await?.people().set_standing(contact_id, standing).await
}

#[tauri::command]
#[specta::specta]
pub async fn take_contact_back(door: Door<'_>, contact_id: ContactId, wish: Return) -> Answer<Contact> {
    door.app().await?.people().take_contact_back(contact_id, &wish).await
}

#[tauri::command]
#[specta::specta]
pub async fn segments(door: Door<'_>) -> Answer<Vec<Segment>> {
    door.app().await?.people().segments().await
}

#[tauri::command]
#[specta::specta]
pub async fn count_filtered(door: Door<'_>, filter: Filter) -> Answer<i64> {
    door.app().await?.people().count_filtered(&filter).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_segment(door: Door<'_>, edit: SegmentEdit) -> Answer<Segment> {
    door.app().await?.people().save_segment(&edit).await
}

#[tauri::command]
#[specta::specta]
pub async fn delete_segment(door: Door<'_>, id: SegmentId) -> Answer<()> {
    door.app().await?.people().delete_segment(id).await
}

/// How the files of lists end that Ulak reads.
const LISTS: [&str; 10] = ["xlsx", "xlsm", "xlsb", "xls", "ods", "csv", "tsv", "txt", "vcf", "vcard"];

#[tauri::command]
#[specta::specta]
pub async fn pick_contacts_file(handle: AppHandle, title: String) -> Answer<Option<String>> {
    let name = "XLSX, XLSM, XLSB, XLS, ODS, CSV, TSV, TXT, VCF";
    let chosen = ask(&handle, title, |dialog, tell| to_open(dialog, name, &LISTS).pick_file(tell)).await;
    Ok(chosen.flatten().and_then(path_of).map(shown))
}

/// And contacts besides.
const CONTACTS: [&str; 3] = ["xlsx", "csv", "vcf"];

/// All who are chosen, into a file that the owner names; none where they did not.
#[tauri::command]
#[specta::specta]
pub async fn export_contacts(
    handle: AppHandle,
    door: Door<'_>,
    chosen: Chosen,
    title: String,
) -> Answer<Option<String>> {
    let file =
        ask(&handle, title, |dialog, tell| to_save(dialog, "ulak-contacts.xlsx", &CONTACTS).save_file(tell)).await;
    let Some(path) = file.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.people().export_chosen(&chosen, &path).await?;
    Ok(Some(shown(path)))
}

/// All that is stored about a person, into a file that the owner names.
#[tauri::command]
#[specta::specta]
pub async fn export_person(handle: AppHandle, door: Door<'_>, id: ContactId, title: String) -> Answer<Option<String>> {
    let file =
        ask(&handle, title, |dialog, tell| to_save(dialog, "ulak-person.html", &["html", "json"]).save_file(tell))
            .await;
    let Some(path) = file.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.people().export_person(id, &path).await?;
    Ok(Some(shown(path)))
}

#[tauri::command]
#[specta::specta]
pub async fn count_chosen(door: Door<'_>, chosen: Chosen) -> Answer<i64> {
    door.app().await?.people().count_chosen(&chosen).await
}

#[tauri::command]
#[specta::specta]
pub async fn act_on_contacts(door: Door<'_>, deed: Deed, chosen: Chosen) -> Answer<ActReport> {
    door.app().await?.people().act(&deed, &chosen).await
}

#[tauri::command]
#[specta::specta]
pub async fn undo_act(door: Door<'_>, id: ActId) -> Answer<ActReport> {
    door.app().await?.people().undo_act(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn acts(door: Door<'_>, place: Place) -> Answer<ActPage> {
    door.app().await?.people().acts(&place).await
}

#[tauri::command]
#[specta::specta]
pub async fn chosen_people(door: Door<'_>, chosen: Chosen) -> Answer<Vec<ContactId>> {
    door.app().await?.people().chosen_people(&chosen).await
}

#[tauri::command]
#[specta::specta]
pub async fn merge_contacts(door: Door<'_>, edit: MergeEdit) -> Answer<ActReport> {
    door.app().await?.people().merge(&edit).await
}

#[tauri::command]
#[specta::specta]
pub async fn preview_import(door: Door<'_>, origin: Origin, options: ImportOptions) -> Answer<ImportPreview> {
    door.app().await?.people().preview_import(&origin, &options).await
}

#[tauri::command]
#[specta::specta]
pub async fn scan_import(door: Door<'_>, origin: Origin, options: ImportOptions) -> Answer<ImportId> {
    door.app().await?.people().start_import(origin, options, ImportStep::Scan).await
}

#[tauri::command]
#[specta::specta]
pub async fn start_import(door: Door<'_>, origin: Origin, options: ImportOptions) -> Answer<ImportId> {
    door.app().await?.people().start_import(origin, options, ImportStep::Import).await
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_import(door: Door<'_>, import_id: ImportId) -> Answer<()> {
    door.app().await?.people().cancel_import(import_id);
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn refusals(door: Door<'_>, import_id: ImportId, which: LeftOut, limit: u32) -> Answer<Vec<Refusal>> {
    door.app().await?.people().refusals(import_id, which, 0, limit).await
}

#[tauri::command]
#[specta::specta]
pub async fn refusal_reasons(door: Door<'_>, import_id: ImportId) -> Answer<Vec<ReasonTotal>> {
    door.app().await?.people().refusal_reasons(import_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn import_reports(door: Door<'_>, place: Place) -> Answer<ImportReportPage> {
    door.app().await?.people().import_reports(&place).await
}

#[tauri::command]
#[specta::specta]
pub async fn undo_import(door: Door<'_>, import_id: ImportId) -> Answer<ImportReport> {
    door.app().await?.people().undo_import(import_id).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_refused(
    handle: AppHandle,
    door: Door<'_>,
    import_id: ImportId,
    title: String,
) -> Answer<Option<String>> {
    let chosen =
        ask(&handle, title, |dialog, tell| to_save(dialog, "ulak-refused.xlsx", &TABLES).save_file(tell)).await;
    let Some(path) = chosen.flatten().and_then(path_of) else { return Ok(None) };
    door.app().await?.people().export_refused(import_id, &path).await?;
    Ok(Some(shown(path)))
}

/// Whom the linked phones know and the contacts do not.
#[tauri::command]
#[specta::specta]
pub async fn phone_book(door: Door<'_>) -> Answer<PhoneBook> {
    door.app().await?.people().phone_book().await
}

#[tauri::command]
#[specta::specta]
pub async fn take_phone_names(door: Door<'_>, phones: Vec<String>, tag: String) -> Answer<u32> {
    door.app().await?.people().take_phone_names(&phones, &tag).await
}

#[tauri::command]
#[specta::specta]
pub async fn decline_phone_names(door: Door<'_>, phones: Vec<String>) -> Answer<()> {
    door.app().await?.people().decline_phone_names(&phones).await
}

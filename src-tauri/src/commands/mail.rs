//! E-mail where a message cannot arrive over WhatsApp.

use ulak_core::app::{MailAccountEdit, MailAccountView, MailFor, MailPreview, MailTemplateView, MailTest};
use ulak_core::mail::letter::Template;
use ulak_core::mail::store::MailView;
use ulak_core::settings::Language;

use super::{Answer, Door};

#[tauri::command]
#[specta::specta]
pub async fn mail_account(door: Door<'_>) -> Answer<Option<MailAccountView>> {
    door.app().await?.mails().account().await
}

#[tauri::command]
#[specta::specta]
pub async fn save_mail_account(door: Door<'_>, edit: MailAccountEdit) -> Answer<MailAccountView> {
    door.app().await?.mails().save_account(&edit).await
}

#[tauri::command]
#[specta::specta]
pub async fn test_mail(door: Door<'_>, edit: MailAccountEdit, to: String) -> Answer<MailTest> {
    door.app().await?.mails().test(&edit, &to).await
}

#[tauri::command]
#[specta::specta]
pub async fn mail_template(door: Door<'_>, language: Language) -> Answer<MailTemplateView> {
    door.app().await?.mails().template(language).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_mail_template(door: Door<'_>, language: Language, own: Option<Template>) -> Answer<MailTemplateView> {
    door.app().await?.mails().save_template(language, own).await
}

#[tauri::command]
#[specta::specta]
pub async fn preview_mail(door: Door<'_>, language: Language, template: Template) -> Answer<MailPreview> {
    door.app().await?.mails().preview(language, &template).await
}

#[tauri::command]
#[specta::specta]
pub async fn mail_wanted(door: Door<'_>, wanted_for: MailFor) -> Answer<bool> {
    door.app().await?.mails().wanted(wanted_for).await
}

#[tauri::command]
#[specta::specta]
pub async fn want_mail(door: Door<'_>, wanted_for: MailFor, wanted: bool) -> Answer<()> {
    door.app().await?.mails().want(wanted_for, wanted).await
}

#[tauri::command]
#[specta::specta]
pub async fn mails(door: Door<'_>) -> Answer<Vec<MailView>> {
    door.app().await?.mails().mails().await
}

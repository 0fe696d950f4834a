//! The window's view of the commands and events: one list, from which the handler and the TypeScript are made.

use std::path::Path;
use std::process::ExitCode;

use specta_typescript::Typescript;
use tauri::Wry;
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands, collect_events};

use crate::commands::{campaigns, contacts, credits, door, home, numbers, replies, settings, templates, window};
use crate::events;

pub fn builder() -> Builder<Wry> {
    Builder::new()
        .commands(collect_commands![
            door::app_status,
            door::choose_passphrase,
            door::unlock,
            door::try_again,
            door::save_recovery_code,
            door::recovery_code_saved,
            settings::settings,
            settings::save_settings,
            settings::countries,
            settings::save_pace,
            settings::rename_session,
            settings::practice_options,
            settings::save_practice_options,
            contacts::contacts,
            contacts::contact_totals,
            contacts::contact,
            contacts::person,
            contacts::timeline,
            contacts::write_to_contact,
            contacts::save_contact,
            contacts::set_standing,
            contacts::take_contact_back,
            contacts::segments,
            contacts::count_filtered,
            contacts::save_segment,
            contacts::delete_segment,
            contacts::pick_contacts_file,
            contacts::export_contacts,
            contacts::preview_import,
            contacts::scan_import,
            contacts::start_import,
            contacts::cancel_import,
            contacts::refusals,
            contacts::refusal_reasons,
            contacts::import_reports,
            contacts::undo_import,
            contacts::save_refused,
            campaigns::campaigns,
            campaigns::create_draft,
            campaigns::draft_for_skipped,
            campaigns::skipped_for,
            campaigns::draft,
            campaigns::save_draft,
            campaigns::delete_draft,
            campaigns::duplicate_campaign,
            campaigns::pick_media_files,
            campaigns::add_media,
            campaigns::paste_media,
            campaigns::copied_picture,
            campaigns::remove_media,
            campaigns::order_media,
            campaigns::media_picture,
            campaigns::preview_message,
            campaigns::check_draft,
            campaigns::skipped_people,
            campaigns::review_campaign,
            campaigns::send_test,
            campaigns::cancel_message,
            campaigns::retry_message,
            campaigns::dismiss_message,
            campaigns::schedule_campaign,
            campaigns::pause_campaign,
            campaigns::resume_campaign,
            campaigns::cancel_campaign,
            campaigns::retry_failed,
            campaigns::retryable,
            campaigns::retry_doubtful,
            campaigns::stop_checking,
            campaigns::stop_checking_message,
            campaigns::pause_everything,
            campaigns::resume_everything,
            campaigns::live,
            campaigns::recipients,
            campaigns::recipient,
            replies::replies,
            replies::replies_by_ids,
            replies::reply_counts,
            replies::mark_replies,
            replies::dismiss_reply,
            replies::opt_out_reply,
            replies::chat,
            replies::answer_reply,
            templates::templates,
            templates::ready_templates,
            templates::template,
            templates::create_template,
            templates::take_ready,
            templates::save_template,
            templates::duplicate_template,
            templates::delete_template,
            templates::add_template_media,
            templates::paste_template_media,
            templates::remove_template_media,
            templates::order_template_media,
            templates::check_template,
            templates::use_template,
            templates::save_as_template,
            templates::import_templates,
            templates::export_templates,
            numbers::numbers,
            numbers::start_link,
            numbers::link_view,
            numbers::refresh_link,
            numbers::cancel_link,
            numbers::unlink_number,
            numbers::remove_number,
            numbers::reconnect_number,
            numbers::order_numbers,
            numbers::set_number_options,
            home::now,
            home::home,
            home::result_seen,
            home::dismiss_notice,
            credits::credits,
            credits::ledger,
            credits::top_up,
            credits::adjust,
            credits::export_ledger,
            window::zoom,
            window::copied_text,
        ])
        .events(collect_events![
            events::CampaignChanged,
            events::NowChanged,
            events::LedgerChanged,
            events::ContactsChanged,
            events::SettingsChanged,
            events::NumbersChanged,
            events::TemplatesChanged,
            events::RepliesChanged,
            events::ImportProgress,
            events::FilesOver,
            events::FilesDropped,
        ])
        .error_handling(ErrorHandlingMode::Throw)
        .disable_serde_phases()
        // Times and counts stay far below 2^53.
        .dangerously_cast_bigints_to_number()
}

pub fn write(path: &Path) -> ExitCode {
    match builder().export(Typescript::default(), path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The bindings could not be written: {error}");
            ExitCode::FAILURE
        }
    }
}

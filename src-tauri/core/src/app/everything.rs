//! Everything in formats that other programs read, into a folder of its own: contacts as a table and as cards, the log,
//! replies, both books of the ledger, templates, and the files that are kept. It is for people and other programs; Ulak
//! itself comes back from a backup.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{App, Problem};
use crate::clock::local;
use crate::contact::ContactQuery;
use crate::durable;
use crate::error::{Coded, Params};
use crate::inbound::store::replies::{ReplyQuery, Show};
use crate::ledger::Book;
use crate::media::store as media;
use crate::outbox::store::log::LogQuery;
use crate::params;

/// A sheet has no more rows.
const SHEET: i64 = 1_000_000;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ExportedView {
    pub folder: String,
    pub contacts: u32,
    pub messages: u32,
    pub replies: u32,
    pub files: u32,
}

impl App {
    /// Writes everything into a fresh folder inside this one. A folder whose name ends in `.part` is not complete.
    pub async fn export_everything(&self, into: &Path) -> Result<ExportedView, Problem> {
        let failed = |error: std::io::Error| NotExported { folder: shown(into), reason: error.to_string() };
        let zone = self.settings().current().await?.zone;
        let name = local(self.now(), zone).format("ulak-%Y-%m-%d-%H%M%S").to_string();
        let (place, unfinished) = (into.join(&name), into.join(format!("{name}.part")));
        durable::private_folder(&unfinished).map_err(failed)?;
        let written = self.write_everything(&unfinished).await;
        if written.is_err() {
            let _ = std::fs::remove_dir_all(&unfinished);
        }
        let written = written?;
        std::fs::rename(&unfinished, &place).map_err(failed)?;
        Ok(ExportedView { folder: shown(&place), ..written })
    }

    async fn write_everything(&self, folder: &Path) -> Result<ExportedView, Problem> {
        let all = ContactQuery::default();
        let contacts = self.people().export_contacts(&all, &folder.join("contacts.csv")).await?;
        if i64::from(contacts) < SHEET {
            self.people().export_contacts(&all, &folder.join("contacts.xlsx")).await?;
        }
        self.people().export_contacts(&all, &folder.join("contacts.vcf")).await?;
        let messages = self.outbox().export_log(&LogQuery::default(), &folder.join("messages.csv")).await?;
        let replies = ReplyQuery { show: Show::Everything, ..ReplyQuery::default() };
        let replies = self.replies().export(&replies, &folder.join("replies.csv")).await?;
        for (book, name) in [(Book::Real, "credits.csv"), (Book::Practice, "practice-credits.csv")] {
            self.credits().export_ledger(book, &folder.join(name)).await?;
        }
        self.templates().export_templates(&[], &folder.join("templates.json")).await?;
        let files = self.write_files(&folder.join("media")).await?;
        Ok(ExportedView { folder: String::new(), contacts, messages, replies, files })
    }

    /// The prepared files, each under its hash, one at a time.
    async fn write_files(&self, folder: &Path) -> Result<u32, Problem> {
        let failed = |error: std::io::Error| NotExported { folder: shown(folder), reason: error.to_string() };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut reader = self.db.read().acquire().await.map_err(|error| self.db.error(error))?;
        let hashes = media::with_content(&mut reader).await.map_err(|error| self.db.error(error))?;
        let mut written = 0;
        for sha256 in hashes {
            let Some(file) = media::content(&mut reader, sha256).await.map_err(|error| self.db.error(error))? else {
                continue;
            };
            let hash: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
            let path = folder.join(format!("{hash}.{}", ending(&file.mime)));
            let bytes = file.bytes;
            let saved = tokio::task::spawn_blocking(move || std::fs::write(path, bytes)).await;
            saved.map_err(Problem::crashed)?.map_err(failed)?;
            written += 1;
        }
        Ok(written)
    }
}

fn shown(path: &Path) -> String {
    PathBuf::from(path).display().to_string()
}

/// How files of a kind end that Ulak prepares.
fn ending(mime: &str) -> &'static str {
    match mime.split(';').next().unwrap_or_default() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "video/mp4" => "mp4",
        "audio/ogg" => "ogg",
        "audio/mpeg" => "mp3",
        "audio/mp4" | "audio/aac" => "m4a",
        "application/pdf" => "pdf",
        _ => "bin",
    }
}

#[derive(Debug, thiserror::Error)]
#[error("Not everything could be written into {folder}: {reason}. Choose another folder.")]
struct NotExported {
    folder: String,
    reason: String,
}

impl Coded for NotExported {
    fn code(&self) -> &'static str {
        "export.not_everything"
    }

    fn params(&self) -> Params {
        params! { folder: self.folder, reason: self.reason }
    }
}

//! `ulak backup` and `ulak restore`: all data into one sealed file, and back.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use ulak_core::app::{App, BackupContents, Opening, look_into, restore_into};
use ulak_core::vault::SystemKeyring;

use crate::terminal::{self, Voice};

#[derive(Args)]
pub struct BackupOptions {
    /// The file; its name ends in .ulak-backup. Without it the folder of the plan
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

/// `ULAK_BACKUP_PASSPHRASE` gives this backup a passphrase of its own, beside what opens the data.
pub fn run(options: BackupOptions, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        let passphrase = std::env::var("ULAK_BACKUP_PASSPHRASE").ok().filter(|passphrase| !passphrase.is_empty());
        let made = app.backups().back_up(options.out.as_deref(), passphrase).await?;
        voice.event(&json!({
            "event": "result", "file": made.file, "bytes": made.bytes,
            "contacts": made.contacts, "campaigns": made.campaigns,
        }));
        voice.line(&format!(
            "The backup is in {}: {} contacts, {} campaigns. It was read back and counted.",
            made.file, made.contacts, made.campaigns
        ));
        Ok(true)
    })
}

#[derive(Args)]
pub struct RestoreOptions {
    /// The backup
    file: PathBuf,
    /// Only say what is in it
    #[arg(long)]
    look: bool,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

/// `ULAK_PASSPHRASE` is the recovery code, or the passphrase with which the backup was made.
pub fn restore(options: RestoreOptions, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run(voice, async |_| {
        let folder = terminal::folder(data)?;
        let secret = crate::secret_from_environment();
        let contents = look_into(&folder, &options.file, secret.clone(), Arc::new(SystemKeyring)).await?;
        tell(voice, &contents);
        if options.look {
            return Ok(true);
        }
        let restored = restore_into(&folder, &options.file, secret, Arc::new(SystemKeyring)).await?;
        voice.event(&json!({ "event": "result", "folder": folder, "aside": restored.aside }));
        if let Some(aside) = &restored.aside {
            voice.line(&format!("The earlier data are kept in {aside}."));
        }
        voice.line("Everything is paused. Open Ulak, look through what waits, and resume.");
        restored.contents.numbers.iter().for_each(|number| voice.line(&format!("Link this number again: {number}")));
        Ok(true)
    })
}

fn tell(voice: Voice, contents: &BackupContents) {
    voice.event(&json!({
        "event": "contents", "made_at": contents.made_at, "version": contents.version, "business": contents.business,
        "contacts": contents.contacts, "campaigns": contents.campaigns, "messages": contents.messages,
        "credits": contents.credits, "numbers": contents.numbers, "bytes": contents.bytes,
    }));
    voice.line(&format!(
        "In the backup: {} contacts, {} campaigns, {} messages, {} credits.",
        contents.contacts, contents.campaigns, contents.messages, contents.credits
    ));
}

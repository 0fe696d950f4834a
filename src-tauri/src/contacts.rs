//! `ulak contacts`: what is done with the contacts in the terminal.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;
use ulak_core::app::{App, Opening};
use ulak_core::contact::import::{ImportError, Undone};
use ulak_core::contact::{ContactQuery, Standing};
use ulak_core::error::Problem;
use ulak_core::page::Place;

use crate::import::standing;
use crate::terminal::{self, Voice};

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Write the contacts to a file: a workbook, separated text, or the cards of an address book
    Export(Export),
    /// Take the last import back: what it made goes, what it changed returns; whoever got a message or was changed since
    /// stays
    UndoImport {
        /// One JSON object per event on a line of standard output
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Export {
    /// The file; its name ends in .xlsx, .csv or .vcf
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Everything that is stored about the person with this phone, consents and messages included: a page (.html) or JSON
    /// (.json)
    #[arg(long, value_name = "PHONE", conflicts_with_all = ["tag", "list", "segment"])]
    person: Option<String>,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Only those on this list: normal, gray or black
    #[arg(long, value_name = "LIST", value_parser = standing)]
    list: Option<Standing>,
    /// Only those in this saved segment, by its name or id
    #[arg(long, value_name = "SEGMENT")]
    segment: Option<String>,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    match options.what {
        What::Export(options) => export(options, data),
        What::UndoImport { json } => undo_import(Voice { json }, data),
    }
}

/// Imports among which the last that can be taken back is looked for.
const LATEST: u32 = 20;

fn undo_import(voice: Voice, data: Option<PathBuf>) -> ExitCode {
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        let reports = app.people().import_reports(&Place::first(LATEST)).await?.rows;
        let last = reports.into_iter().find(|report| report.can_undo);
        let last = last.ok_or_else(|| Problem::of(&ImportError::NothingToUndo))?;
        let undone = app.people().undo_import(last.id).await?.undone.unwrap_or_default();
        voice.event(&json!({ "event": "result", "file": last.file_name, "undone": undone }));
        let Undone { removed, restored, kept } = undone;
        voice.line(&format!(
            "{}: {removed} contacts went, {restored} became what they were, {kept} stay.",
            last.file_name
        ));
        Ok(true)
    })
}

fn export(options: Export, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        if let Some(phone) = &options.person {
            let person = app.people().contact_with(phone).await?;
            app.people().export_person(person.id, &options.out).await?;
            voice.event(&json!({ "event": "result", "contacts": 1, "file": options.out }));
            voice.line(&format!("What is stored about {} is in {}.", person.phone_shown, options.out.display()));
            return Ok(true);
        }
        let filter = match &options.segment {
            Some(segment) => Some(app.people().segment_named(segment).await?),
            None => None,
        };
        let query =
            ContactQuery { tag: options.tag.clone(), standing: options.list, filter, ..ContactQuery::default() };
        let contacts = app.people().export_contacts(&query, &options.out).await?;
        voice.event(&json!({ "event": "result", "contacts": contacts, "file": options.out }));
        voice.line(&format!("{contacts} contacts are in {}.", options.out.display()));
        Ok(true)
    })
}

//! `ulak contacts`: what is done with the contacts in the terminal.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;
use ulak_core::app::{App, Opening};
use ulak_core::contact::{ContactQuery, Standing};

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
}

#[derive(Args)]
struct Export {
    /// The file; its name ends in .xlsx, .csv or .vcf
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Only those on this list: normal, gray or black
    #[arg(long, value_name = "LIST", value_parser = standing)]
    list: Option<Standing>,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let What::Export(options) = options.what;
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        let query = ContactQuery { tag: options.tag.clone(), standing: options.list, ..ContactQuery::default() };
        let contacts = app.people().export_contacts(&query, &options.out).await?;
        voice.event(&json!({ "event": "result", "contacts": contacts, "file": options.out }));
        voice.line(&format!("{contacts} contacts are in {}.", options.out.display()));
        Ok(true)
    })
}

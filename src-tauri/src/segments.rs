//! `ulak segments`: the saved segments with how many contacts each finds.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use ulak_core::app::{App, Opening};
use ulak_core::contact::segment::{Segment, SegmentError};
use ulak_core::error::Problem;

use crate::terminal::{self, Voice};

#[derive(Args)]
pub struct Options {
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        let segments = app.people().segments().await?;
        if segments.is_empty() {
            voice.line("There are no segments. Put one together in the window, under Contacts.");
        }
        for segment in segments {
            tell(app, voice, segment).await?;
        }
        Ok(true)
    })
}

/// One that cannot be read is told with the reason; the others are told all the same.
async fn tell(app: &App, voice: Voice, Segment { id, name, filter }: Segment) -> Result<(), Problem> {
    match filter {
        Some(filter) => {
            let contacts = app.people().count_filtered(&filter).await?;
            voice.event(&json!({ "event": "segment", "id": id, "name": name, "contacts": contacts, "filter": filter }));
            voice.line(&format!("{name}: {contacts} contacts"));
        }
        None => voice.notice(&Problem::of(&SegmentError::Unreadable { name })),
    }
    Ok(())
}

//! `ulak send`: one message to one person through the outbox, and its ticks.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::time::timeout;
use ulak_core::app::{App, Direct, FileNotice, Opening};
use ulak_core::category::Category;
use ulak_core::error::Problem;
use ulak_core::ids::{MessageId, PartId};
use ulak_core::ledger::Book;
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::reading::PartLine;

use crate::prepare::{self, SendAs};
use crate::terminal::{self, LOOK, Voice};
use crate::waiting::Waiting;
use crate::words;

#[derive(Args)]
pub struct Options {
    /// To whom: a phone with its country code, or one of the default country
    #[arg(long, value_name = "PHONE")]
    to: String,
    /// What to write
    #[arg(long, default_value = "")]
    text: String,
    /// A file to send along; may be given several times
    #[arg(long, value_name = "FILE")]
    media: Vec<PathBuf>,
    /// What the files are to be sent as; without it what suits their kind
    #[arg(long = "as", value_name = "KIND")]
    media_as: Option<SendAs>,
    /// Over the linked number of this name or phone only; without it over whichever can send first
    #[arg(long, value_name = "NUMBER")]
    from: Option<String>,
    /// What it is for: promotion, notification or reminder; the last two reach the gray list too
    #[arg(long, value_name = "CATEGORY", default_value_t = Category::Promotion)]
    category: Category,
    /// Wait at most so many seconds for the ticks
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
    /// One JSON object per event on a line of standard output, the last one the summary
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_with_numbers(voice, data, Opening::default(), async |app: &Arc<App>| {
        let (message, notices) = app.outbox().send_direct_noticing(&wish(app, &options).await?).await?;
        voice.event(&json!({ "event": "queued", "message": message }));
        for FileNotice { file, notice } in &notices {
            let Problem { code, message, params } = notice;
            voice
                .event(&json!({ "event": "notice", "file": file, "code": code, "params": params, "message": message }));
            voice.line(&format!("{file}: {message}"));
        }
        // What has not come by then comes later: the outbox keeps it.
        if let Ok(seen) = timeout(Duration::from_secs(options.wait), until_read(app, message, voice)).await {
            seen?;
        }
        let parts = app.outbox().parts_of(message).await?;
        voice.summary(json!({ "message": message }), &app.outbox().summary(Book::Real).await?);
        Ok(parts.iter().all(|part| part.state.was_accepted()))
    })
}

async fn wish(app: &App, options: &Options) -> Result<Direct, Problem> {
    let over = match &options.from {
        None => Vec::new(),
        Some(from) => vec![terminal::number(app, from).await?.id],
    };
    let (to, text, media) = (options.to.clone(), options.text.clone(), options.media.clone());
    let media_as = prepare::wish(options.media_as);
    Ok(Direct { to, text, media, media_as, over, category: options.category })
}

/// The reason of skipping, or the cause of everything else.
fn why(part: &PartLine) -> String {
    let Some(code) = &part.cause else { return String::new() };
    if part.state == PartState::Skipped { words::skip(code, None) } else { words::cause(code) }
}

/// Tells every change of a part, until no more ticks can come.
async fn until_read(app: &App, message: MessageId, voice: Voice) -> Result<(), Problem> {
    let mut told: BTreeMap<PartId, PartState> = BTreeMap::new();
    let mut waiting = Waiting::default();
    loop {
        let parts = app.outbox().parts_of(message).await?;
        for part in parts.iter().filter(|part| told.get(&part.id) != Some(&part.state)) {
            voice.event(&json!({ "event": "part", "wire_id": part.wire_id, "kind": part.kind, "state": part.state, "cause": part.cause }));
            voice.line(&format!("{}  {}", part.state.as_str(), why(part)));
        }
        told.extend(parts.iter().map(|part| (part.id, part.state)));
        if parts.iter().any(|part| !part.state.is_final()) {
            waiting.tell(app, voice).await?;
        }
        if parts
            .iter()
            .all(|part| part.state.is_final() && !matches!(part.state, PartState::Sent | PartState::Delivered))
        {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

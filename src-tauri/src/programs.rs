//! `ulak programs`: the door for other programs, for an Ulak that has no window; by whoever has the data open.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ulak_core::app::App;
use ulak_core::app::programs::ProgramsView;
use ulak_core::error::Problem;
use ulak_core::program::{Rights, TokenWish};

use crate::control::Ask;
use crate::terminal::{self, Source, Voice, problem};

/// What is to be different.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Let programs in while Ulak runs
    #[arg(long, conflicts_with = "shut")]
    open: bool,
    /// Let none in any more
    #[arg(long)]
    shut: bool,
    /// The port of the door
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..))]
    port: Option<u16>,
    /// Make a token for a program of this name. It is shown this once.
    #[arg(long, value_name = "NAME")]
    make: Option<String>,
    /// What the token may
    #[arg(long, value_name = "WHAT", value_delimiter = ',', default_value = "send,read")]
    may: Vec<May>,
    /// Withdraw the token that ends in these characters
    #[arg(long, value_name = "ENDING")]
    withdraw: Option<String>,
}

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    change: Change,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum May {
    Send,
    Read,
    Contacts,
    Admin,
    Urgent,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_asking(voice, data, async |source: &Source| {
        tell(voice, source.ask(&Ask::Programs(options.change)).await?);
        Ok(true)
    })
}

/// Changes what is to be different, and tells how it is then. What lets a program in that was made stands under `made`.
pub async fn answer(app: &App, change: &Change) -> Result<Value, Problem> {
    let programs = app.programs();
    let before = programs.door().await?;
    if change.open || change.shut || change.port.is_some() {
        let open = (before.open || change.open) && !change.shut;
        programs.set_door(open, change.port.unwrap_or(before.port)).await?;
    }
    if let Some(ending) = &change.withdraw {
        programs.revoke_token(named(&programs.view().await?, ending)?).await?;
    }
    let mut made = None;
    if let Some(name) = &change.make {
        let token = programs.make_token(&TokenWish { name: name.clone(), rights: rights(&change.may) }).await?;
        made = Some(json!({ "event": "token", "name": token.token.name, "token": token.secret }));
    }
    let view = programs.view().await?;
    Ok(json!({ "event": "programs", "door": view.door, "tokens": view.tokens, "made": made }))
}

fn rights(may: &[May]) -> Rights {
    let has = |what| may.contains(&what);
    Rights {
        send: has(May::Send),
        read: has(May::Read),
        contacts: has(May::Contacts),
        admin: has(May::Admin),
        urgent: has(May::Urgent),
    }
}

fn named(view: &ProgramsView, ending: &str) -> Result<ulak_core::ids::TokenId, Problem> {
    let mut fitting = view.tokens.iter().filter(|token| token.ending == ending.trim());
    match (fitting.next(), fitting.next()) {
        (Some(token), None) => Ok(token.id),
        _ => Err(problem("programs.no_such_token", format!("No single token ends in {ending}. See `ulak programs`."))),
    }
}

fn tell(voice: Voice, mut view: Value) {
    let made = view.as_object_mut().and_then(|view| view.remove("made")).filter(|made| !made.is_null());
    if let Some(made) = &made {
        voice.event(made);
        let word = |name: &str| made[name].as_str().unwrap_or_default();
        voice.line(&format!("The token of {}, shown only this once:\n{}", word("name"), word("token")));
    }
    let view = &view;
    voice.event(view);
    let door = &view["door"];
    voice.line(&match door["open"].as_bool() {
        Some(true) => format!("Programs are let in at http://127.0.0.1:{} while Ulak runs.", door["port"]),
        _ => "No programs are let in.".to_owned(),
    });
    view["tokens"].as_array().into_iter().flatten().for_each(|token| voice.line(&line(token)));
}

fn line(token: &Value) -> String {
    let rights = ["send", "read", "contacts", "admin", "urgent"];
    let given = &token["rights"];
    let may: Vec<&str> = rights.into_iter().filter(|right| given[right].as_bool() == Some(true)).collect();
    let word = |name: &str| token[name].as_str().unwrap_or_default();
    format!("  {:<24} …{}  {:<28} {} calls", word("name"), word("ending"), may.join(", "), token["calls"])
}

//! `ulak programs`: the door for other programs, for an Ulak that has no window.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::json;
use ulak_core::app::programs::ProgramsView;
use ulak_core::app::{App, Opening};
use ulak_core::error::Problem;
use ulak_core::program::{Rights, Token, TokenWish};

use crate::terminal::{self, Voice, problem};

#[derive(Args)]
pub struct Options {
    /// Let programs in from the next start on
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
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum May {
    Send,
    Read,
    Contacts,
    Admin,
    Urgent,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        let programs = app.programs();
        let before = programs.door().await?;
        if options.open || options.shut || options.port.is_some() {
            let open = (before.open || options.open) && !options.shut;
            programs.set_door(open, options.port.unwrap_or(before.port)).await?;
        }
        if let Some(ending) = &options.withdraw {
            programs.revoke_token(named(&programs.view().await?, ending)?).await?;
        }
        if let Some(name) = &options.make {
            let made = programs.make_token(&TokenWish { name: name.clone(), rights: rights(&options.may) }).await?;
            voice.event(&json!({ "event": "token", "name": made.token.name, "token": made.secret }));
            voice.line(&format!("The token of {}, shown only this once:\n{}", made.token.name, made.secret));
        }
        tell(voice, &programs.view().await?);
        Ok(true)
    })
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

fn tell(voice: Voice, view: &ProgramsView) {
    voice.event(&json!({ "event": "programs", "door": view.door, "tokens": view.tokens }));
    voice.line(&match view.door.open {
        true => format!("Programs are let in at http://127.0.0.1:{} while Ulak runs.", view.door.port),
        false => "No programs are let in.".to_owned(),
    });
    view.tokens.iter().for_each(|token| voice.line(&line(token)));
}

fn line(token: &Token) -> String {
    let Rights { send, read, contacts, admin, urgent } = token.rights;
    let may = [(send, "send"), (read, "read"), (contacts, "contacts"), (admin, "admin"), (urgent, "urgent")];
    let may: Vec<&str> = may.into_iter().filter(|(has, _)| *has).map(|(_, word)| word).collect();
    format!("  {:<24} …{}  {:<28} {} calls", token.name, token.ending, may.join(", "), token.calls)
}

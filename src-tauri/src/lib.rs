//! The shell: the window and the terminal around `ulak-core`. It wires, translates and shows; it decides nothing.

mod bindings;
mod commands;
mod door;
mod events;
mod logs;
mod practice;
mod view;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Campaigns over your own WhatsApp numbers. Without a command the window opens.
#[derive(Parser)]
#[command(name = "ulak", version)]
struct Cli {
    /// The folder with Ulak's data, instead of the usual one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Send a campaign over the practice number in the terminal. Nothing reaches anybody.
    Practice(practice::Options),
    /// Write the window's view of the commands
    #[command(hide = true)]
    Bindings { path: PathBuf },
}

pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        None => window::run(cli.data),
        Some(Command::Practice(options)) => practice::run(options),
        Some(Command::Bindings { path }) => bindings::write(&path),
    }
}

/// The passphrase that scripts give.
fn secret_from_environment() -> Option<String> {
    std::env::var("ULAK_PASSPHRASE").ok().filter(|secret| !secret.is_empty())
}

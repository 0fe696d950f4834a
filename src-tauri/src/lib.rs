//! The shell: the window and the terminal around `ulak-core`. It wires, translates and shows; it decides nothing.

mod backup;
#[cfg(feature = "window")]
mod bindings;
mod campaigns;
#[cfg(feature = "window")]
mod clipboard;
#[cfg(feature = "window")]
mod commands;
mod console;
mod contacts;
mod control;
#[cfg(feature = "window")]
mod desktop;
#[cfg(feature = "window")]
mod door;
#[cfg(feature = "window")]
mod events;
mod health;
mod import;
mod link;
mod log;
mod logs;
#[cfg(feature = "window")]
mod memory;
mod network;
mod numbers;
mod own_path;
mod practice;
mod prepare;
mod programs;
mod replies;
mod report;
mod segments;
mod send;
mod serve;
#[cfg(feature = "window")]
mod spelling;
mod status;
mod stop;
mod terminal;
#[cfg(feature = "window")]
mod update;
#[cfg(feature = "window")]
mod view;
mod waiting;
#[cfg(feature = "window")]
mod window;
mod words;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Campaigns over your own WhatsApp numbers. Without a command the window opens.
#[derive(Parser)]
#[command(name = "ulak", version)]
#[cfg_attr(
    not(feature = "window"),
    command(about = "Campaigns over your own WhatsApp numbers. This build has no window.")
)]
struct Cli {
    /// Keep the data in this folder: the window instead of its usual one, practice instead of a temporary one; the other commands need it
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Start into the tray, without a window
    #[cfg(feature = "window")]
    #[arg(long)]
    hidden: bool,
    /// Open the window with these: a list to bring in, or photos, videos, sound and documents for a new campaign
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Send a campaign over the practice number in the terminal. Nothing reaches anybody.
    Practice(practice::Options),
    /// Link a WhatsApp number: scan the code with its phone
    Link(link::Options),
    /// Show the numbers and how they are
    Numbers(numbers::Options),
    /// Bring in a list of contacts from a file
    Import(import::Options),
    /// What is done with the contacts
    Contacts(contacts::Options),
    /// What people wrote back
    Replies(replies::Options),
    /// Write what became of a campaign into a file
    Report(report::Options),
    /// Show the campaigns and how far each is
    Campaigns(campaigns::Options),
    /// Look for messages in the log of all that there ever were
    Log(log::Options),
    /// Show the saved segments and how many contacts each finds
    Segments(segments::Options),
    /// Send one message to one person over a linked number
    Send(send::Options),
    /// Send what is due, without a window, until nothing waits any more
    Work(work::Options),
    /// Write all data into one sealed file, and look whether it is good
    Backup(backup::BackupOptions),
    /// Put a backup in the place of the data in --data. They open paused, and the earlier ones are kept aside
    Restore(backup::RestoreOptions),
    /// Say how everything is; the exit code is 1 where something is bad
    Health(health::HealthOptions),
    /// Write everything into a folder, in formats that other programs read
    Export(health::ExportOptions),
    /// Show whether other programs are let in and by which tokens, and change that
    Programs(programs::Options),
    /// Run without a window until it is asked to end: numbers, campaigns and the door for other programs
    Serve(serve::Options),
    /// Say how the Ulak is that runs over this folder; success where it is well
    Status(status::Options),
    /// Let nothing go out any more, whichever Ulak runs over this folder
    Pause(status::Options),
    /// Let everything go on that was paused
    Resume(status::Options),
    /// Prepare files as for sending, and say what would become of each. Works without data and without a connection.
    Prepare(prepare::Options),
    /// Prepare what comes in, in a process of its own
    #[command(hide = true)]
    PrepareApart { task: String },
    /// Write the window's view of the commands
    #[cfg(feature = "window")]
    #[command(hide = true)]
    Bindings { path: PathBuf },
}

pub fn run() -> ExitCode {
    console::join();
    let cli = Cli::parse();
    match cli.command {
        None => open_window(cli),
        Some(Command::Practice(options)) => practice::run(options, cli.data),
        Some(Command::Link(options)) => link::run(options, cli.data),
        Some(Command::Numbers(options)) => numbers::run(options, cli.data),
        Some(Command::Import(options)) => import::run(options, cli.data),
        Some(Command::Contacts(options)) => contacts::run(options, cli.data),
        Some(Command::Replies(options)) => replies::run(options, cli.data),
        Some(Command::Report(options)) => report::run(options, cli.data),
        Some(Command::Campaigns(options)) => campaigns::run(&options, cli.data),
        Some(Command::Log(options)) => log::run(options, cli.data),
        Some(Command::Segments(options)) => segments::run(&options, cli.data),
        Some(Command::Send(options)) => send::run(options, cli.data),
        Some(Command::Work(options)) => work::run(options, cli.data),
        Some(Command::Backup(options)) => backup::run(options, cli.data),
        Some(Command::Restore(options)) => backup::restore(options, cli.data),
        Some(Command::Health(options)) => health::run(options, cli.data),
        Some(Command::Export(options)) => health::export(options, cli.data),
        Some(Command::Programs(options)) => programs::run(options, cli.data),
        Some(Command::Serve(options)) => serve::run(&options, cli.data),
        Some(Command::Status(options)) => status::run(&options, cli.data, control::Ask::Status),
        Some(Command::Pause(options)) => status::run(&options, cli.data, control::Ask::Pause),
        Some(Command::Resume(options)) => status::run(&options, cli.data, control::Ask::Resume),
        Some(Command::Prepare(options)) => prepare::run(options),
        Some(Command::PrepareApart { task }) => prepare::apart(&task),
        #[cfg(feature = "window")]
        Some(Command::Bindings { path }) => bindings::write(&path),
    }
}

/// A command that was mistyped reads as a file, and is none.
fn open_window(cli: Cli) -> ExitCode {
    let files = cli.files.iter().map(|file| std::path::absolute(file).unwrap_or_else(|_| file.clone()));
    let files: Vec<PathBuf> = files.collect();
    if let Some(missing) = files.iter().find(|file| !file.exists()) {
        terminal::warn(&format!(
            "{} is neither a command nor a file. `ulak --help` lists the commands.",
            missing.display()
        ));
        return ExitCode::from(2);
    }
    #[cfg(feature = "window")]
    console::leave();
    #[cfg(feature = "window")]
    return window::run(window::Start { data: cli.data, hidden: cli.hidden, files });
    #[cfg(not(feature = "window"))]
    {
        terminal::warn("This build of Ulak has no window. `ulak --help` lists the commands; `ulak serve` runs it.");
        ExitCode::from(2)
    }
}

/// The passphrase that scripts give.
fn secret_from_environment() -> Option<String> {
    std::env::var("ULAK_PASSPHRASE").ok().filter(|secret| !secret.is_empty())
}

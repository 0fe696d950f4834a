//! The emulator as a program. Its first line on standard output is JSON with the two addresses and the
//! root of its certificates; it stops, and saves, on
//! Ctrl-C or when it is asked to terminate.

use std::path::PathBuf;

use clap::Parser;
use tracing_subscriber::EnvFilter;
use ulak_emulator::{Emulator, Options};

/// A WhatsApp server on 127.0.0.1, for tests.
#[derive(Parser)]
struct Arguments {
    /// Port of the chat socket and the media host; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port of the HTTP door; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    http_port: u16,
    /// Where the state is kept.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The number that scans codes handed to `POST /scan` without one.
    #[arg(long, value_name = "PHONE")]
    auto_scan: Option<String>,
    /// Decides every key: the same seed is the same server.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ulak_emulator::Result<()> {
    let filter = EnvFilter::try_from_env("ULAK_EMULATOR_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let emulator = Emulator::start(Options {
        seed: arguments.seed,
        port: arguments.port,
        http_port: Some(arguments.http_port),
        folder: arguments.folder,
        auto_scan: arguments.auto_scan,
        ..Options::default()
    })
    .await?;
    let stop = asked_to_stop()?;
    let addresses =
        serde_json::json!({ "chat": emulator.chat_url(), "http": emulator.http_url(), "root": emulator.root() });
    println!("{addresses}");
    stop.await;
    emulator.stop().await
}

/// Listens from now on.
#[cfg(unix)]
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

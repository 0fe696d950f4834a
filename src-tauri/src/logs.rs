//! What Ulak writes down for support: no numbers, no texts.

use tracing_subscriber::EnvFilter;

/// To the terminal, warnings only unless `ULAK_LOG` says otherwise.
pub fn to_terminal() {
    let filter = EnvFilter::try_from_env("ULAK_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .try_init();
}

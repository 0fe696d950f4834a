//! Being asked to end: by Ctrl-C, by SIGTERM, by a terminal that is closed. Whoever is asked finishes in order.

use std::io;

use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Interrupted,
    Terminated,
    HungUp,
}

impl Stop {
    /// What a shell reports of a process that such a signal ended: 128 and the signal's number.
    pub fn code(self) -> u8 {
        match self {
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

#[derive(Clone)]
pub struct Stopping(watch::Receiver<Option<Stop>>);

impl Stopping {
    /// From here on no such signal ends the process by itself. Called inside a runtime.
    pub fn listen() -> io::Result<Self> {
        let signal = first_signal()?;
        let (told, asked) = watch::channel(None);
        tokio::spawn(async move { told.send_replace(Some(signal.await)) });
        Ok(Self(asked))
    }

    /// Waits until it is asked.
    pub async fn asked(&mut self) -> Stop {
        match self.0.wait_for(Option::is_some).await.map(|stop| *stop) {
            Ok(Some(stop)) => stop,
            // Nobody is left who could ask.
            _ => std::future::pending().await,
        }
    }

    pub fn was_asked(&self) -> Option<Stop> {
        *self.0.borrow()
    }
}

#[cfg(unix)]
fn first_signal() -> io::Result<impl Future<Output = Stop> + Send + 'static> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    let heeded = |kind: SignalKind| if is_ignored(kind) { Ok(None) } else { signal(kind).map(Some) };
    async fn next(signal: Option<Signal>) {
        match signal {
            Some(mut signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
    let interrupt = heeded(SignalKind::interrupt())?;
    let terminate = heeded(SignalKind::terminate())?;
    let hangup = heeded(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            () = next(interrupt) => Stop::Interrupted,
            () = next(terminate) => Stop::Terminated,
            () = next(hangup) => Stop::HungUp,
        }
    })
}

/// `nohup` and shells with jobs in the background start a program that is to outlive its terminal with the signal
/// ignored; listening would undo that.
#[cfg(target_os = "linux")]
fn is_ignored(kind: tokio::signal::unix::SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (kind.as_raw_value() - 1)) != 0
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_ignored(_: tokio::signal::unix::SignalKind) -> bool {
    false
}

#[cfg(windows)]
fn first_signal() -> io::Result<impl Future<Output = Stop> + Send + 'static> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};

    let (mut interrupt, mut stop, mut close, mut shutdown) =
        (ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_shutdown()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => Stop::Interrupted,
            _ = stop.recv() => Stop::Interrupted,
            _ = close.recv() => Stop::HungUp,
            _ = shutdown.recv() => Stop::Terminated,
        }
    })
}

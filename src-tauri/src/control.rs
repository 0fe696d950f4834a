//! How commands speak to the Ulak that has a data folder open: one line of JSON each way, over a line that only its
//! owner reaches. What a command asks is answered by the same function where nobody runs and it opens the data itself.

#[cfg(windows)]
#[path = "control/pipe.rs"]
mod line;
#[cfg(unix)]
#[path = "control/socket.rs"]
mod line;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;
use ulak_core::app::{App, NumberKind};
use ulak_core::error::Problem;
use ulak_core::ledger::Book;

use crate::terminal::problem;
use crate::{campaigns, log, programs};
use line::{Line, Listener};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    Status,
    Pause,
    Resume,
    /// End in order, and let go of the data.
    Stop,
    Campaigns(campaigns::Page),
    Log(log::Page),
    LogFile(log::File),
    Programs(programs::Change),
}

impl Ask {
    /// How long its answer may take.
    fn patience(&self) -> Duration {
        if let Self::LogFile(_) = self { LONG_PATIENCE } else { PATIENCE }
    }
}

#[derive(Serialize, Deserialize)]
struct Question {
    ask: Ask,
}

const PATIENCE: Duration = Duration::from_secs(10);
/// A file of everything that was ever sent takes a while.
const LONG_PATIENCE: Duration = Duration::from_secs(60 * 60);
const AFTER_ERROR: Duration = Duration::from_millis(100);
const LONGEST_LINE: u64 = 64 * 1024;
const LONGEST_ANSWER: u64 = 16 * 1024 * 1024;

/// Answers until it is dropped.
pub struct Control {
    file: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl Control {
    /// Begins to answer; `end` is called when it is asked to end. Without a line commands find nobody, and everything
    /// else goes on.
    pub fn open(app: &Arc<App>, end: impl Fn() + Send + Sync + 'static) -> Option<Self> {
        let mut listener = match Listener::open(app.folder()) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!(%error, "commands cannot speak to this Ulak");
                return None;
            }
        };
        let file = listener.file.clone();
        let app = Arc::downgrade(app);
        let end = Arc::new(end);
        let task = tokio::spawn(async move {
            loop {
                let line = match listener.next().await {
                    Ok(line) => line,
                    Err(error) => {
                        tracing::warn!(%error, "a command could not be heard");
                        tokio::time::sleep(AFTER_ERROR).await;
                        continue;
                    }
                };
                let Some(app) = app.upgrade() else { return };
                let end = end.clone();
                tokio::spawn(async move {
                    match speak(&app, line).await {
                        Ok(Ask::Stop) => {
                            drop(app);
                            end();
                        }
                        Ok(_) => {}
                        Err(error) => tracing::debug!(%error, "a command went without an answer"),
                    }
                });
            }
        });
        Some(Self { file, task })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        // Before the folder is let go: afterwards it would be that of whoever takes it next.
        let _ = std::fs::remove_file(&self.file);
    }
}

async fn speak(app: &App, line: Line) -> std::io::Result<Ask> {
    let mut line = BufReader::new(line);
    let mut asked = String::new();
    timeout(PATIENCE, (&mut line).take(LONGEST_LINE).read_line(&mut asked)).await??;
    let Question { ask } = serde_json::from_str(&asked)?;
    let told = match timeout(ask.patience(), answer(app, &ask)).await? {
        Ok(told) => told,
        Err(problem) => json!({ "problem": problem }),
    };
    timeout(PATIENCE, line.write_all(format!("{told}\n").as_bytes())).await??;
    timeout(PATIENCE, line.shutdown()).await??;
    Ok(ask)
}

/// Asks the Ulak that has this folder open.
pub async fn ask(folder: &Path, ask: &Ask) -> Result<Value, Problem> {
    let silent = || problem("control.no_answer", "The Ulak that runs gives no answer.".to_owned());
    let told = timeout(ask.patience(), exchange(folder, ask)).await.map_err(|_| silent())?;
    let told = told.map_err(|error| {
        tracing::debug!(%error, "nobody answers");
        problem("control.not_running", format!("No Ulak runs over {}.", folder.display()))
    })?;
    match told.get("problem").map(|problem| serde_json::from_value(problem.clone())) {
        None => Ok(told),
        Some(refused) => Err(refused.unwrap_or_else(|_| silent())),
    }
}

/// Whether an Ulak that answers has this folder open.
pub async fn is_there(folder: &Path) -> bool {
    matches!(timeout(PATIENCE, line::connect(folder)).await, Ok(Ok(_)))
}

async fn exchange(folder: &Path, ask: &Ask) -> std::io::Result<Value> {
    let mut line = line::connect(folder).await?;
    let question = serde_json::to_string(&Question { ask: ask.clone() })?;
    line.write_all(format!("{question}\n").as_bytes()).await?;
    let mut told = String::new();
    BufReader::new(line.take(LONGEST_ANSWER)).read_line(&mut told).await?;
    Ok(serde_json::from_str(&told)?)
}

/// What whoever runs is asked, and what becomes of it.
pub async fn answer(app: &App, ask: &Ask) -> Result<Value, Problem> {
    match ask {
        Ask::Pause => app.outbox().pause_everything().await?,
        Ask::Resume => app.outbox().resume_what_was_paused().await?,
        Ask::Status => {}
        // Whoever stops it may do so because nothing can be read any more.
        Ask::Stop => return Ok(json!({ "event": "ending" })),
        Ask::Campaigns(page) => return campaigns::answer(app, page).await,
        Ask::Log(page) => return log::page(app, page).await,
        Ask::LogFile(file) => return log::file(app, file).await,
        Ask::Programs(change) => return programs::answer(app, change).await,
    }
    status(app).await
}

/// How it is, for monitors: well where nothing keeps it from its work.
async fn status(app: &App) -> Result<Value, Problem> {
    let wrong = app.health().wrong().await?;
    let home = app.home().view().await?;
    let numbers = app.numbers().list().await?;
    let counts = app.outbox().counts(Book::Real).await?;
    let credits = app.credits().balance(Book::Real).await?;
    let real: Vec<_> = numbers.iter().filter(|number| number.kind == NumberKind::Whatsapp).collect();
    let connected = real.iter().filter(|number| number.state == "connected").count();
    let codes = |problems: Vec<&Problem>| problems.iter().map(|problem| problem.code.clone()).collect::<Vec<_>>();
    Ok(json!({
        "event": "status",
        "well": wrong.is_empty(),
        "wrong": wrong,
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "paused": home.now.paused_all,
        "waits_for": home.now.wait.kind,
        "open_parts": counts.open(),
        "credits_free": credits.free,
        "numbers": real.len(),
        "numbers_connected": connected,
        "programs": app.programs().listening(),
        "found": codes(home.found.iter().collect()),
        "notices": codes(home.notices.iter().map(|notice| &notice.problem).collect()),
        "attention": home.attention.len(),
    }))
}

//! How commands speak to the Ulak that has a data folder open: one line of JSON each way, over a socket in the folder
//! that only its owner reaches. Nothing of anybody is told over it.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ulak_core::app::App;
use ulak_core::error::Problem;

use crate::terminal::problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    Status,
    Pause,
    Resume,
    /// End in order, and let go of the data.
    Stop,
}

/// Answers until it is dropped.
pub struct Control {
    #[cfg(unix)]
    path: std::path::PathBuf,
    #[cfg(unix)]
    task: tokio::task::JoinHandle<()>,
}

#[cfg(unix)]
fn not_running(folder: &Path) -> Problem {
    problem("control.not_running", format!("No Ulak runs over {}.", folder.display()))
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;
    use std::time::Duration;

    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::{UnixListener, UnixStream};
    use tokio::time::timeout;

    use serde::{Deserialize, Serialize};
    use serde_json::json;
    use ulak_core::app::NumberKind;
    use ulak_core::ledger::Book;
    use ulak_core::program::digest;

    use super::{App, Arc, Ask, Control, Path, Problem, Value, not_running, problem};

    #[derive(Serialize, Deserialize)]
    struct Question {
        ask: Ask,
    }

    const PATIENCE: Duration = Duration::from_secs(10);
    const AFTER_ERROR: Duration = Duration::from_millis(100);
    const LONGEST_LINE: u64 = 4_096;

    /// What whoever runs is asked, and what becomes of it.
    async fn answer(app: &App, ask: Ask) -> Result<Value, Problem> {
        match ask {
            Ask::Pause => app.outbox().pause_everything().await?,
            Ask::Resume => app.outbox().resume_what_was_paused().await?,
            Ask::Status => {}
            // Whoever stops it may do so because nothing can be read any more.
            Ask::Stop => return Ok(json!({ "event": "ending" })),
        }
        status(app).await
    }

    /// How it is, for monitors: well where the data can be written, nothing was found wrong with them, and, of linked numbers,
    /// one at least is connected.
    async fn status(app: &App) -> Result<Value, Problem> {
        let damaged = app.refuse_damaged().is_err();
        let home = app.home().view().await?;
        let numbers = app.numbers().list().await?;
        let counts = app.outbox().counts(Book::Real).await?;
        let credits = app.credits().balance(Book::Real).await?;
        let real: Vec<_> = numbers.iter().filter(|number| number.kind == NumberKind::Whatsapp).collect();
        let connected = real.iter().filter(|number| number.state == "connected").count();
        let well = !damaged && home.found.is_empty() && (real.is_empty() || connected > 0);
        let codes = |problems: Vec<&Problem>| problems.iter().map(|problem| problem.code.clone()).collect::<Vec<_>>();
        Ok(json!({
            "event": "status",
            "well": well,
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

    /// Longer names no socket can have.
    const LONGEST_PATH: usize = 100;

    /// The folder is its owner's alone, and so is what lies in it. Where its name is too long, the socket stands in the
    /// owner's folder for such things, under the hash of the name.
    fn socket(folder: &Path) -> PathBuf {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let usual = folder.join("control.sock");
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        match runtime {
            Some(runtime) if usual.as_os_str().len() > LONGEST_PATH => {
                let name = digest(folder.as_os_str().as_encoded_bytes());
                let name: String = name.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
                runtime.join(format!("ulak-{name}.sock"))
            }
            _ => usual,
        }
    }

    impl Control {
        /// Begins to answer; `end` is called when it is asked to end. Without a socket commands find nobody, and everything
        /// else goes on.
        pub fn open(app: &Arc<App>, end: impl Fn() + Send + Sync + 'static) -> Option<Self> {
            let path = socket(app.folder());
            // Whoever left it behind does not hold the folder any more.
            let _ = std::fs::remove_file(&path);
            let private = |path: &PathBuf| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
            let listener = UnixListener::bind(&path).and_then(|listener| private(&path).map(|()| listener));
            let listener = match listener {
                Ok(listener) => listener,
                Err(error) => {
                    tracing::warn!(%error, "commands cannot speak to this Ulak");
                    return None;
                }
            };
            let app = Arc::downgrade(app);
            let end = Arc::new(end);
            let task = tokio::spawn(async move {
                loop {
                    let stream = match listener.accept().await {
                        Ok((stream, _)) => stream,
                        Err(error) => {
                            tracing::warn!(%error, "a command could not be heard");
                            tokio::time::sleep(AFTER_ERROR).await;
                            continue;
                        }
                    };
                    let Some(app) = app.upgrade() else { return };
                    let end = end.clone();
                    tokio::spawn(async move {
                        match timeout(PATIENCE, speak(&app, stream)).await {
                            Ok(Ok(Ask::Stop)) => {
                                drop(app);
                                end();
                            }
                            Ok(Ok(_)) | Err(_) => {}
                            Ok(Err(error)) => tracing::debug!(%error, "a command went without an answer"),
                        }
                    });
                }
            });
            Some(Self { path, task })
        }
    }

    impl Drop for Control {
        fn drop(&mut self) {
            self.task.abort();
            let _ = std::fs::remove_file(&self.path);
        }
    }

    /// Only who runs Ulak is answered, root beside them.
    async fn speak(app: &App, stream: UnixStream) -> std::io::Result<Ask> {
        let own = std::fs::metadata(app.folder()).map(|folder| std::os::unix::fs::MetadataExt::uid(&folder))?;
        let asks = stream.peer_cred()?.uid();
        if asks != own && asks != 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
        }
        let (read, mut write) = stream.into_split();
        let mut line = String::new();
        BufReader::new(read.take(LONGEST_LINE)).read_line(&mut line).await?;
        let Question { ask } = serde_json::from_str(&line)?;
        let told = match answer(app, ask).await {
            Ok(told) => told,
            Err(problem) => json!({ "problem": problem }),
        };
        write.write_all(format!("{told}\n").as_bytes()).await?;
        write.shutdown().await?;
        Ok(ask)
    }

    /// Asks the Ulak that has this folder open.
    pub async fn ask(folder: &Path, ask: Ask) -> Result<Value, Problem> {
        let told = timeout(PATIENCE, exchange(folder, ask)).await;
        let told = match told {
            Ok(Ok(told)) => told,
            Ok(Err(error)) => {
                tracing::debug!(%error, "nobody answers");
                return Err(not_running(folder));
            }
            Err(_) => {
                return Err(problem("control.no_answer", "The Ulak that runs gives no answer.".to_owned()));
            }
        };
        match told.get("problem").map(|problem| serde_json::from_value::<Problem>(problem.clone())) {
            None => Ok(told),
            Some(Ok(problem)) => Err(problem),
            Some(Err(_)) => Err(problem("control.no_answer", "The Ulak that runs gives no answer.".to_owned())),
        }
    }

    async fn exchange(folder: &Path, ask: Ask) -> std::io::Result<Value> {
        let mut stream = UnixStream::connect(socket(folder)).await?;
        let question = serde_json::to_string(&Question { ask })?;
        stream.write_all(format!("{question}\n").as_bytes()).await?;
        let mut told = String::new();
        BufReader::new(stream.take(64 * 1024)).read_line(&mut told).await?;
        Ok(serde_json::from_str(&told)?)
    }
}

#[cfg(unix)]
pub use unix::ask;

#[cfg(not(unix))]
impl Control {
    pub fn open(_: &Arc<App>, _: impl Fn() + Send + Sync + 'static) -> Option<Self> {
        None
    }
}

/// There is no socket of this kind here.
#[cfg(not(unix))]
pub async fn ask(_: &Path, _: Ask) -> Result<Value, Problem> {
    Err(problem("control.not_here", "On this system commands cannot speak to the Ulak that runs.".to_owned()))
}

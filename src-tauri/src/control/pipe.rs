//! The line on Windows: a named pipe. All accounts see the names of all pipes, but others may only read from this one,
//! and nothing is told to who says nothing; and nobody can make one of its name before Ulak does, because that name
//! comes from chance, which stands in a file of the data folder.

use std::io::Result;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};
use ulak_core::durable;
use ulak_core::program::digest;

pub type Line = NamedPipeServer;

/// Holds the chance that names the pipe.
const FILE: &str = "control.pipe";
/// Everything that answers is on another line.
const BUSY: i32 = 231;
const AGAIN: Duration = Duration::from_millis(50);

/// Made of the folder as well: a copy of it does not lead to the Ulak that has the first one open.
fn name(folder: &Path, chance: &str) -> String {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let hash = digest(&[folder.as_os_str().as_encoded_bytes(), chance.trim().as_bytes()].concat());
    let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!(r"\\.\pipe\ulak-{hash}")
}

pub struct Listener {
    name: String,
    /// There is always one that can be called.
    free: NamedPipeServer,
    /// What stands for it in a folder, to be removed by whoever opened it.
    pub file: PathBuf,
}

impl Listener {
    pub fn open(folder: &Path) -> Result<Self> {
        let chance = uuid::Uuid::new_v4().to_string();
        let name = name(folder, &chance);
        let free = ServerOptions::new().first_pipe_instance(true).create(&name)?;
        durable::replace(folder, FILE, chance.as_bytes())?;
        Ok(Self { name, free, file: folder.join(FILE) })
    }

    pub async fn next(&mut self) -> Result<Line> {
        let called = self.free.connect().await;
        let fresh = ServerOptions::new().create(&self.name)?;
        let line = std::mem::replace(&mut self.free, fresh);
        called.map(|()| line)
    }
}

pub async fn connect(folder: &Path) -> Result<NamedPipeClient> {
    let name = name(folder, &std::fs::read_to_string(folder.join(FILE))?);
    loop {
        match ClientOptions::new().open(&name) {
            Err(error) if error.raw_os_error() == Some(BUSY) => tokio::time::sleep(AGAIN).await,
            opened => return opened,
        }
    }
}

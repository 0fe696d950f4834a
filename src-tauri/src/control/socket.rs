//! The line on Unix: a socket in the data folder.

use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};
use ulak_core::program::digest;

pub type Line = UnixStream;

/// Longer names no socket can have.
const LONGEST_PATH: usize = 100;

/// The folder is its owner's alone, and so is what lies in it. Where its name is too long, the socket stands in the
/// owner's folder for such things, under the hash of the name.
fn place(folder: &Path) -> PathBuf {
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

pub struct Listener {
    listener: UnixListener,
    /// What stands for it in a folder, to be removed by whoever opened it.
    pub file: PathBuf,
    folder: PathBuf,
}

impl Listener {
    pub fn open(folder: &Path) -> Result<Self> {
        let file = place(folder);
        // Whoever left it behind does not hold the folder any more.
        let _ = std::fs::remove_file(&file);
        let listener = UnixListener::bind(&file)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, file, folder: folder.to_owned() })
    }

    /// Only who runs Ulak is heard, root beside them.
    pub async fn next(&mut self) -> Result<Line> {
        let (line, _) = self.listener.accept().await?;
        let own = std::fs::metadata(&self.folder)?.uid();
        let asks = line.peer_cred()?.uid();
        if asks == own || asks == 0 { Ok(line) } else { Err(Error::from(ErrorKind::PermissionDenied)) }
    }
}

pub async fn connect(folder: &Path) -> Result<Line> {
    UnixStream::connect(place(folder)).await
}

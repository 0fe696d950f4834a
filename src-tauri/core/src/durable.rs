//! Small files of the data folder that must not be lost and never be half written.
//!
//! Written beside, synced, renamed, and the folder synced: after a crash or a power cut there is the old file or the
//! new one. Only the owner's account may read them.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{Result, Write};
use std::path::{Path, PathBuf};

/// Puts `bytes` in the place of the file `name`.
pub fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let beside = folder.join(format!("{name}.new"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // What an interrupted write left there may have another mode.
    let mut file = open_private(&mut options, &beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, folder.join(name))?;
    sync_folder(folder)
}

/// A file of the owner's that is being written, beside its place: what stands there stays until this one is complete.
/// One that is never done leaves nothing behind.
pub struct Half {
    path: PathBuf,
    place: PathBuf,
}

impl Half {
    pub fn beside(place: &Path) -> Self {
        Self { path: place.with_extension("part"), place: place.to_owned() }
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it belongs.
    pub fn place(&self) -> &Path {
        &self.place
    }

    pub fn done(self) -> Result<()> {
        std::fs::rename(&self.path, &self.place)
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        // After `done` there is none.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Makes a folder, and those above it, that only the owner's account may enter. One that is there stays as it is.
pub fn private_folder(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Shuts others out of a folder that is there.
pub fn close_to_others(folder: &Path) -> Result<()> {
    if cfg!(unix) { std::fs::set_permissions(folder, mode(folder.metadata()?.permissions(), 0o700)) } else { Ok(()) }
}

/// Files that are made with these options are the owner's alone.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Opens or makes such a file; one that was open to others is so no more.
pub fn open_private(options: &mut OpenOptions, path: &Path) -> Result<File> {
    let file = private(options).open(path)?;
    restrict(&file)?;
    Ok(file)
}

fn restrict(file: &File) -> Result<()> {
    if cfg!(unix) { file.set_permissions(mode(file.metadata()?.permissions(), 0o600)) } else { Ok(()) }
}

#[cfg_attr(not(unix), allow(unused_variables, unused_mut, reason = "only Unix has modes"))]
fn mode(mut permissions: Permissions, mode: u32) -> Permissions {
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, mode);
    permissions
}

/// A rename is on the disk when its folder is. Windows opens no folder as a file and needs none of it.
pub fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode_of(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_written_is_the_owners_alone() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/b");
        private_folder(&folder).unwrap();
        assert_eq!((mode_of(&folder), mode_of(&outer.path().join("a"))), (0o700, 0o700));
        std::fs::write(folder.join("keys.new"), "half").unwrap();
        std::fs::set_permissions(folder.join("keys.new"), Permissions::from_mode(0o644)).unwrap();
        replace(&folder, "keys", b"whole").unwrap();
        assert_eq!(
            (mode_of(&folder.join("keys")), std::fs::read(folder.join("keys")).unwrap()),
            (0o600, b"whole".to_vec())
        );
        assert!(!folder.join("keys.new").exists());
    }

    #[test]
    fn a_folder_that_others_could_read_is_closed_to_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        close_to_others(folder.path()).unwrap();
        assert_eq!(mode_of(folder.path()), 0o700);
    }
}

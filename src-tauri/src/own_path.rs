//! Where the program lies that the computer is to start: at a login, as a service. Not for starting it from here, which
//! `prepare.rs` does: a newer one may lie there.

use std::io;
use std::path::{Path, PathBuf};

/// An AppImage starts by its own file, not by what it unpacks, which is gone with it.
pub fn program() -> io::Result<PathBuf> {
    match std::env::var_os("APPIMAGE").map(PathBuf::from).filter(|path| path.is_absolute()) {
        Some(image) => Ok(image),
        None => Ok(without_mark(std::env::current_exe()?)),
    }
}

/// Linux marks the path of a running program whose file an update has replaced.
fn without_mark(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(place) if !path.exists() => Path::new(place).to_owned(),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_was_replaced_while_it_runs_is_found_at_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let (place, marked) = (folder.path().join("ulak"), folder.path().join("ulak (deleted)"));
        assert_eq!(without_mark(place.clone()), place);
        assert_eq!(without_mark(marked.clone()), place);
        std::fs::write(&marked, "").unwrap();
        assert_eq!(without_mark(marked.clone()), marked, "it is called that");
    }
}

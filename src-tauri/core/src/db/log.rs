//! How far the write-ahead log may grow.

use std::path::{Path, PathBuf};

/// What SQLite writes first; it is taken into the file now and then.
pub(super) fn log_file(folder: &Path) -> PathBuf {
    folder.join("ulak.db-wal")
}

pub(super) fn size(file: PathBuf) -> u64 {
    file.metadata().map_or(0, |file| file.len())
}

/// After how many pages the log is taken into the file: at most a sixteenth of what is free, and 64 MB where there is
/// room. A page that many transactions touch goes into the file once: with SQLite's own 1,000 pages nearly every commit
/// of a scheduling would wait for it.
pub(super) fn log_pages(free: Option<u64>) -> u64 {
    const LEAST: u64 = 256;
    const MOST: u64 = 16_384;
    /// Where the system does not tell what is free.
    const UNKNOWN: u64 = 4_096;
    free.map_or(UNKNOWN, |free| (free / PAGE / 16).clamp(LEAST, MOST))
}

/// Bytes that are free on the disk of a folder, where the system tells.
#[cfg(unix)]
pub fn free_space(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
pub fn free_space(_: &Path) -> Option<u64> {
    None
}

/// SQLCipher's size of a page.
pub(super) const PAGE: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_takes_a_sixteenth_of_what_is_free() {
        for (free, pages) in [(0, 256), (30 << 20, 480), (1 << 30, 16_384), (1 << 40, 16_384)] {
            assert_eq!(log_pages(Some(free)), pages, "{free}");
        }
    }
}

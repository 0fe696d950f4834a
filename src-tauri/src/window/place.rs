//! Where the window stands and how large it is, for each arrangement of screens that it was ever closed on. A small file
//! beside the data; without it the window stands in the middle.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tauri::{Monitor, PhysicalPosition, PhysicalSize, WebviewWindow, Window};
use ulak_core::durable;

const FILE: &str = "window.json";
/// So much of its upper edge must be on a screen to be taken hold of.
const SEEN: i64 = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// In pixels of the screen.
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    maximized: bool,
}

/// By arrangement of screens.
type Places = BTreeMap<String, Place>;

#[derive(Clone, Copy)]
struct Screen {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
}

/// Puts the window where it was on these screens.
pub fn restore(window: &WebviewWindow, folder: &Path) {
    let monitors = window.available_monitors().unwrap_or_default();
    let Some(place) = read(folder).get(&arrangement(&monitors)).copied() else { return };
    if !can_be_seen(place, &screens(&monitors)) {
        return;
    }
    let size = window.set_size(PhysicalSize::new(place.width, place.height));
    let moved = window.set_position(PhysicalPosition::new(place.x, place.y));
    let whole = if place.maximized { window.maximize() } else { Ok(()) };
    if let Err(error) = size.and(moved).and(whole) {
        tracing::warn!(%error, "the window does not stand where it was");
    }
}

/// Remembers where it stands. Before the first start came to its end there is no folder, and nothing to remember.
pub fn keep(window: &Window, folder: &Path) {
    let Some(place) = place_of(window) else { return };
    let monitors = window.available_monitors().unwrap_or_default();
    let mut places = read(folder);
    // What it will be again when it is no longer as large as the screen.
    let before = places.get(&arrangement(&monitors)).copied();
    let place = match before {
        Some(before) if place.maximized => Place { maximized: true, ..before },
        _ => place,
    };
    if places.insert(arrangement(&monitors), place) == Some(place) || !folder.is_dir() {
        return;
    }
    let kept = serde_json::to_vec(&places).map_err(std::io::Error::other);
    if let Err(error) = kept.and_then(|bytes| durable::replace(folder, FILE, &bytes)) {
        tracing::warn!(%error, "where the window stands is not remembered");
    }
}

/// None while it is small: what it will be again is known from before.
fn place_of(window: &Window) -> Option<Place> {
    if window.is_minimized().ok()? {
        return None;
    }
    let (at, size) = (window.outer_position().ok()?, window.inner_size().ok()?);
    let maximized = window.is_maximized().ok()?;
    Some(Place { x: at.x, y: at.y, width: size.width, height: size.height, maximized })
}

/// What cannot be read is as if it was not there: it tells nothing that cannot be told again.
fn read(folder: &Path) -> Places {
    let bytes = std::fs::read(folder.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The same screens side by side in the same way, whatever order they are told in.
fn arrangement(monitors: &[Monitor]) -> String {
    let told = monitors.iter().map(|one| {
        let (at, size) = (one.position(), one.size());
        let name = one.name().map_or("", String::as_str);
        format!("{name} {}x{}+{}+{} {}", size.width, size.height, at.x, at.y, one.scale_factor())
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told.join(", ")
}

fn screens(monitors: &[Monitor]) -> Vec<Screen> {
    let screen = |one: &Monitor| {
        let (at, size) = (one.position(), one.size());
        Screen { x: at.x, y: at.y, width: size.width, height: size.height }
    };
    monitors.iter().map(screen).collect()
}

fn can_be_seen(place: Place, screens: &[Screen]) -> bool {
    let overlap = |from: i32, length: u32, other: i32, other_length: u32| {
        let (from, other) = (i64::from(from), i64::from(other));
        (from + i64::from(length)).min(other + i64::from(other_length)) - from.max(other)
    };
    screens.iter().any(|screen| {
        let across = overlap(place.x, place.width, screen.x, screen.width);
        // By its upper edge it is moved.
        across >= SEEN && overlap(place.y, 1, screen.y, screen.height) > 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAPTOP: Screen = Screen { x: 0, y: 0, width: 1_366, height: 768 };
    const BESIDE: Screen = Screen { x: -1_920, y: -200, width: 1_920, height: 1_080 };

    fn at(x: i32, y: i32) -> Place {
        Place { x, y, width: 1_280, height: 700, maximized: false }
    }

    #[test]
    fn a_window_comes_back_only_where_it_can_be_taken_hold_of() {
        assert!(can_be_seen(at(20, 20), &[LAPTOP]));
        assert!(can_be_seen(at(-1_900, -150), &[LAPTOP, BESIDE]));
        assert!(!can_be_seen(at(-1_900, -150), &[LAPTOP]), "that screen is gone");
        assert!(!can_be_seen(at(1_300, 20), &[LAPTOP]), "only a strip of it");
        assert!(!can_be_seen(at(20, -40), &[LAPTOP]), "its upper edge is above the screen");
        assert!(!can_be_seen(at(20, 20), &[]));
    }

    #[test]
    fn what_was_kept_is_read_again_and_what_is_spoilt_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), Places::new());
        let places = Places::from([("eDP-1 1366x768+0+0".to_owned(), at(7, 9))]);
        durable::replace(folder.path(), FILE, &serde_json::to_vec(&places).unwrap()).unwrap();
        assert_eq!(read(folder.path()), places);
        std::fs::write(folder.path().join(FILE), b"{\"x\":").unwrap();
        assert_eq!(read(folder.path()), Places::new());
    }
}

//! Ulak without its window: in the tray of a desktop that has one, called back by a second start, and small where the
//! desktop has none. Nothing drives the page here, because a driven window closes as its driver wants.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::process::{Child, Command};
use zbus::blocking::{Connection, connection};
use zbus::message::Header;

use crate::harness::{Harness, PASSPHRASE, app, artifacts, at_the_desk};
use crate::owner::SIX;
use crate::patience::{SOON, until};
use crate::x::ask_to_close;

/// As a panel's own: it watches for icons and says that somebody shows them.
struct Watcher(Sender<(String, String)>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: String, #[zbus(header)] header: Header<'_>) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let _ = self.0.send((sender, service));
    }

    fn register_status_notifier_host(&self, _service: String) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }
}

fn panel() -> (Connection, Receiver<(String, String)>) {
    let (told, registered) = channel();
    let panel = connection::Builder::session().unwrap().serve_at("/StatusNotifierWatcher", Watcher(told)).unwrap();
    (panel.name("org.kde.StatusNotifierWatcher").unwrap().build().unwrap(), registered)
}

/// An icon in the tray, by its menu on the bus.
struct Icon(String, String);

impl Icon {
    async fn of(registered: &Receiver<(String, String)>) -> Self {
        let (name, path) = until(SOON, async || registered.try_recv().ok()).await.expect("no icon is shown");
        let said = gdbus(&name, &path, "org.freedesktop.DBus.Properties.Get", &["org.kde.StatusNotifierItem", "Menu"]);
        let said = said.await.expect("the icon has no menu");
        let menu = said.split('\'').nth(1).expect("the menu has no place").to_owned();
        Self(name, menu)
    }

    /// The numbers and words of its lines.
    async fn lines(&self) -> Vec<(String, String)> {
        let layout = gdbus(&self.0, &self.1, "com.canonical.dbusmenu.GetLayout", &["0", "int32 -1", "[]"]).await;
        let layout = layout.unwrap_or_default();
        let line = |piece: &str| {
            let label = piece.split("'label': <").nth(1)?;
            let quote = label.chars().next()?;
            Some((piece.split(',').next()?.to_owned(), label.get(1..)?.split(quote).next()?.to_owned()))
        };
        layout.split("<(").filter_map(line).collect()
    }

    async fn says(&self, words: &str) {
        let mut last = Vec::new();
        let said = until(SOON, async || {
            last = self.lines().await;
            last.iter().any(|(_, line)| line == words).then_some(())
        });
        assert!(said.await.is_some(), "the menu does not say {words:?}, but {last:?}");
    }

    async fn choose(&self, words: &str) {
        self.says(words).await;
        let lines = self.lines().await;
        let (number, _) = lines.iter().find(|(_, line)| line == words).unwrap();
        gdbus(&self.0, &self.1, "com.canonical.dbusmenu.Event", &[number, "clicked", "<''>", "0"]).await.unwrap();
    }
}

async fn gdbus(name: &str, path: &str, method: &str, asked: &[&str]) -> Option<String> {
    let mut call = Command::new("gdbus");
    call.args(["call", "--session", "--dest", name, "--object-path", path, "--method", method]).args(asked);
    let said = call.output().await.expect("gdbus is not installed");
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).into_owned())
}

/// Ulak as its owner starts it.
fn start(harness: &Harness, arguments: &[&str]) -> Child {
    let log = std::fs::File::create(artifacts("e2e").join("tray.log")).unwrap();
    let mut ulak = Command::new(app());
    ulak.arg("--data").arg(harness.data()).args(arguments).env("ULAK_PASSPHRASE", PASSPHRASE).env("GDK_BACKEND", "x11");
    ulak.env_remove("WAYLAND_DISPLAY").env_remove("TAURI_AUTOMATION").kill_on_drop(true);
    ulak.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

async fn xdotool(arguments: &[&str]) -> Option<String> {
    let said = Command::new("xdotool").args(arguments).output().await.expect("xdotool is not installed");
    said.status
        .success()
        .then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
        .filter(|said| !said.is_empty())
}

/// The windows of Ulak that can be seen.
async fn seen() -> Option<String> {
    xdotool(&["search", "--onlyvisible", "--name", "^Ulak$"]).await?.lines().next().map(str::to_owned)
}

async fn window() -> String {
    until(SOON, seen).await.expect("there is no window")
}

/// It and all that it started.
fn family(process: u32) -> BTreeSet<u32> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let below = children.split_whitespace().filter_map(|id| id.parse().ok()).flat_map(family);
    below.chain([process]).collect()
}

/// What they have in memory, each page shared among those who share it, in megabytes.
fn memory(process: u32) -> u64 {
    let of = |id: u32| {
        let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
        let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).map(str::trim).unwrap_or("0 kB");
        pss.trim_end_matches(" kB").parse::<u64>().unwrap_or_default()
    };
    family(process).into_iter().map(of).sum::<u64>() / 1_024
}

#[test]
fn without_its_window_ulak_goes_on_in_the_tray_and_a_second_start_calls_it_back() {
    at_the_desk(async {
        let harness = Harness::new("tray");
        let (panel, registered) = panel();
        let mut ulak = start(&harness, &["--hidden"]);
        let process = ulak.id().unwrap();
        let icon = Icon::of(&registered).await;
        icon.says("Nothing to send").await;
        assert_eq!(seen().await, None, "it was started with the computer");

        let list = harness.file("customers.csv", SIX);
        let mut second = start(&harness, &[list.to_str().unwrap()]);
        assert!(second.wait().await.unwrap().success(), "the second start ends");
        let shown = window().await;
        xdotool(&["windowsize", "--sync", &shown, "1100", "720"]).await;

        ask_to_close(&shown);
        until(SOON, async || seen().await.is_none().then_some(())).await.expect("the window stays");
        let page = |id: &u32| {
            let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            name.starts_with("WebKitWeb")
        };
        until(SOON, async || (!family(process).iter().any(page)).then_some(())).await.expect("the page stays");
        assert!(ulak.try_wait().unwrap().is_none(), "it goes on");
        println!("in the tray: {} MB", memory(process));

        icon.choose("Pause everything").await;
        icon.says("Resume everything").await;
        icon.choose("Open Ulak").await;
        let shown = window().await;
        let size = until(SOON, async || {
            let geometry = xdotool(&["getwindowgeometry", &shown]).await?;
            geometry.contains("Geometry: 1100x720").then_some(())
        });
        size.await.expect("the window is not as large as it was left");

        // The panel goes, and with it the place for an icon.
        panel.close().unwrap();
        xdotool(&["windowsize", "--sync", &shown, "1000", "700"]).await;
        ask_to_close(&shown);
        let kept = until(SOON, async || {
            let kept = std::fs::read_to_string(harness.data().join("window.json")).ok()?;
            kept.contains("\"width\":1000").then_some(())
        });
        kept.await.expect("it was not closed");
        assert!(xdotool(&["getwindowgeometry", &shown]).await.is_some(), "its window became small and is no more");
        assert!(ulak.try_wait().unwrap().is_none(), "it goes on");

        icon.choose("Quit Ulak").await;
        let ended = tokio::time::timeout(SOON, ulak.wait()).await.expect("it does not end").unwrap();
        assert!(ended.success(), "{ended}");
    });
}

//! The owner's harness: a folder for the data, and Ulak started on it under the driver.

use std::fs::File;
use std::future::Future;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use fantoccini::ClientBuilder;
use fantoccini::wd::Capabilities;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::page::Page;
use crate::patience::{SOON, until};

pub const PASSPHRASE: &str = "a courier rides at dawn";

/// No test may keep the others waiting for longer.
const LONGEST: Duration = Duration::from_secs(360);

/// How a start of Ulak gets at the key of its data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The passphrase stands in the environment.
    Given,
    /// There is neither a passphrase nor a keyring: the window asks.
    Asked,
    /// The session's keyring keeps it.
    Keyring,
}

/// Runs one test alone on the display.
pub fn at_the_desk(work: impl Future<Output = ()>) {
    at_the_desk_for(LONGEST, work);
}

/// The same for work that takes longer.
pub fn at_the_desk_for(longest: Duration, work: impl Future<Output = ()>) {
    static DISPLAY: Mutex<()> = Mutex::new(());
    // A test that failed leaves nothing on the display that the next one could stumble over.
    let _alone = DISPLAY.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    assert!(std::env::var_os("DISPLAY").is_some(), "There is no display: start the tests with `cargo xtask test`.");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(longest, work).await.expect("the test took too long") });
}

/// A fresh data folder and a place for the files that are dropped.
pub struct Harness {
    folder: TempDir,
    /// Names the pictures and the logs.
    name: &'static str,
}

impl Harness {
    pub fn new(name: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        // A picture of an earlier run would pass for one of this.
        for picture in std::fs::read_dir(artifacts("e2e")).unwrap().flatten() {
            if picture.file_name().to_string_lossy().starts_with(&format!("{name}-")) {
                std::fs::remove_file(picture.path()).unwrap();
            }
        }
        Self { folder, name }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file on the owner's desktop.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A folder there.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    }

    /// A campaign in the terminal, in a time that runs faster than the world's.
    pub async fn practises_faster_than_time(&self) {
        let mut practice = Command::new(app());
        practice.args(["practice", "--text", "Merhaba", "--speed", "2000", "--data"]).arg(self.data());
        let practised = practice.env("ULAK_PASSPHRASE", PASSPHRASE).output().await.unwrap();
        assert!(practised.status.success(), "{practised:?}");
    }

    /// Ulak, opened with the passphrase at hand.
    pub async fn ulak(&self) -> Ulak {
        self.ulak_with(Key::Given).await
    }

    pub async fn ulak_with(&self, key: Key) -> Ulak {
        Ulak::start(&app(), &self.data(), driver(key, self.name), self.name).await
    }

    /// The Ulak that was built for the emulator, and knows no other WhatsApp.
    pub async fn ulak_at(&self, whatsapp: &str) -> Ulak {
        self.start_at(driver(Key::Given, self.name), whatsapp).await
    }

    /// The same on a computer whose clock says so much more, as in `+2h`.
    pub async fn ulak_later(&self, by: &str, whatsapp: &str) -> Ulak {
        let mut driver = driver(Key::Given, self.name);
        // The command itself would stand between the driver and whoever ends it, so only its library is taken.
        let asked = std::process::Command::new("faketime").args(["-f", "+0s", "printenv", "LD_PRELOAD"]).output();
        let library = String::from_utf8(asked.expect("faketime is not installed").stdout).unwrap();
        driver.env("LD_PRELOAD", library.trim()).env("FAKETIME", by);
        // What measures how long something takes goes on as ever.
        driver.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        self.start_at(driver, whatsapp).await
    }

    /// The same copy of Ulak as an AppImage would be, which asks there for newer versions.
    pub async fn ulak_updated_from(&self, manifest: &str, key: &str, installed: &Path) -> Ulak {
        let mut driver = driver(Key::Given, self.name);
        driver.envs([("ULAK_UPDATE_URL", manifest), ("ULAK_UPDATE_KEY", key)]).env("APPIMAGE", installed);
        Ulak::start(&app(), &self.data(), driver, self.name).await
    }

    /// What the driver and Ulak said since the last start.
    pub fn log(&self) -> String {
        std::fs::read_to_string(artifacts("e2e").join(format!("{}.log", self.name))).unwrap()
    }

    async fn start_at(&self, mut driver: Command, whatsapp: &str) -> Ulak {
        driver.env("ULAK_WHATSAPP_URL", whatsapp);
        Ulak::start(&app_for_the_emulator(), &self.data(), driver, self.name).await
    }
}

/// A running Ulak. Dropped, it is killed.
pub struct Ulak {
    driver: Child,
    pub page: Page,
}

impl Ulak {
    async fn start(app: &Path, data: &Path, mut driver: Command, name: &'static str) -> Self {
        let port = free_port();
        driver.arg(format!("--port={port}"));
        let driver = driver.spawn().expect("WebKitWebDriver is not installed");
        until(SOON, async || TcpStream::connect(("127.0.0.1", port)).await.ok())
            .await
            .expect("the driver does not start");
        let options = json!({ "binary": app, "args": ["--data", data] });
        let wanted = Capabilities::from_iter([("webkitgtk:browserOptions".to_owned(), options)]);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("the window does not open");
        let page = Page::new(client, name);
        page.opened().await;
        Self { driver, page }
    }

    /// As when the owner closes the window; returns when the app has ended.
    pub async fn close(self) {
        let app = self.app_process();
        self.page.close().await;
        let ended = until(SOON, async || (!Path::new(&format!("/proc/{app}")).exists()).then_some(())).await;
        ended.expect("the app goes on after its window was closed");
    }

    /// Returns when Ulak has ended by itself.
    pub async fn ends(self) {
        let app = self.app_process();
        until(SOON, async || ended(app).then_some(())).await.expect("the app goes on");
    }

    /// As when the power goes: nothing is seen to.
    pub async fn kill(self) {
        let app = self.app_process();
        let killed = Command::new("kill").args(["-KILL", &app.to_string()]).status().await.unwrap();
        assert!(killed.success());
        until(SOON, async || ended(app).then_some(())).await.expect("the app cannot be killed");
    }

    /// The most that the app's own process has had in memory, in kilobytes.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.app_process())).unwrap();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        most.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// The one child of the driver.
    fn app_process(&self) -> u32 {
        let driver = self.driver.id().expect("the driver runs");
        let children = std::fs::read_to_string(format!("/proc/{driver}/task/{driver}/children")).unwrap();
        children.split_whitespace().next().and_then(|id| id.parse().ok()).expect("the driver started the app")
    }
}

/// Gone, or dead and not yet taken note of.
fn ended(process: u32) -> bool {
    match std::fs::read_to_string(format!("/proc/{process}/stat")) {
        Ok(stat) => stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')),
        Err(_) => true,
    }
}

impl Drop for Ulak {
    fn drop(&mut self) {
        // The app outlives its driver, and would keep its folder and the display.
        if let Some(driver) = self.driver.id()
            && let Ok(children) = std::fs::read_to_string(format!("/proc/{driver}/task/{driver}/children"))
        {
            for app in children.split_whitespace() {
                let _ = std::process::Command::new("kill").args(["-KILL", app]).status();
            }
        }
        let _ = self.driver.start_kill();
    }
}

fn driver(key: Key, name: &str) -> Command {
    let log = File::create(artifacts("e2e").join(format!("{name}.log"))).unwrap();
    let mut driver = Command::new("WebKitWebDriver");
    driver.arg("--host=127.0.0.1").kill_on_drop(true);
    driver.envs([("TAURI_AUTOMATION", "true"), ("TAURI_WEBVIEW_AUTOMATION", "true"), ("GDK_BACKEND", "x11")]);
    driver.env_remove("ULAK_PASSPHRASE").env_remove("WAYLAND_DISPLAY");
    match key {
        Key::Given => driver.env("ULAK_PASSPHRASE", PASSPHRASE),
        // On a bus that is not there, nobody offers a keyring.
        Key::Asked => driver.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent"),
        Key::Keyring => &mut driver,
    };
    driver.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    driver
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub fn fixture(path: &str) -> PathBuf {
    root().join("tests/fixtures").join(path)
}

/// Where pictures and logs of a kind go.
pub fn artifacts(kind: &str) -> PathBuf {
    let folder = root().join("artifacts").join(kind);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn app() -> PathBuf {
    built("ULAK_BINARY", "target/debug/ulak")
}

fn app_for_the_emulator() -> PathBuf {
    built("ULAK_EMULATOR_BINARY", "target/emulator/ulak")
}

/// A program of this workspace: where the variable says, or where `cargo xtask test` leaves it.
pub fn built(variable: &str, usual: &str) -> PathBuf {
    let program = std::env::var_os(variable).map_or_else(|| root().join(usual), PathBuf::from);
    assert!(program.is_file(), "{} is missing: build it first, or name it in {variable}.", program.display());
    program
}

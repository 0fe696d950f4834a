//! Ulak, opened under WebKitWebDriver, and what is asked of its page.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::process::{Memory, descendants, memory, started};
use crate::Outcome;
use crate::measure::Stopwatch;

const TRIES: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(50);
/// How long it is left alone before its memory is read.
pub const IDLE: Duration = Duration::from_secs(3);

const PAINTED: &str = "const paint = performance.getEntriesByName('first-contentful-paint')[0];
    return paint ? performance.timeOrigin + paint.startTime : null;";
/// Ends when two frames were painted since.
const SHOWN: &str = "const done = arguments[0];
    requestAnimationFrame(() => requestAnimationFrame(() => done(null)));";
/// Calls the core as the page does.
const CALL: &str = "const [command, args, done] = arguments;
    window.__TAURI_INTERNALS__.invoke(command, args).then((value) => done({ value }), (error) => done({ error }));";

pub struct Ulak {
    _driver: Driver,
    client: Client,
    process: u32,
}

impl Ulak {
    /// Returns when its first screen was painted, and after how many seconds that was.
    pub async fn start(data: &Path) -> Outcome<(Self, f64)> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let driver = Driver::start(port)?;
        let client = window(port, data).await?;
        let process = *descendants(driver.0.id())?.first().ok_or("the driver started no app")?;
        let ulak = Self { _driver: driver, client, process };
        let painted = ulak.until(PAINTED).await?.as_f64().ok_or("the page reports no paint")?;
        ulak.until("return document.querySelector('.app main > *') !== null || null").await?;
        Ok((ulak, painted / 1000.0 - started(process)?))
    }

    pub async fn close(self) -> Outcome<()> {
        self.client.clone().close().await?;
        for _ in 0..TRIES {
            if !Path::new(&format!("/proc/{}", self.process)).exists() {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
        Err("the app does not end".into())
    }

    pub async fn memory(&self) -> Outcome<Memory> {
        sleep(IDLE).await;
        memory(self.process)
    }

    /// What the script returns as soon as it returns anything.
    pub async fn until(&self, script: &str) -> Outcome<Value> {
        for _ in 0..TRIES {
            match self.run(script).await? {
                Value::Null => sleep(PAUSE).await,
                found => return Ok(found),
            }
        }
        Err(format!("the page never answers: {script}").into())
    }

    pub async fn run(&self, script: &str) -> Outcome<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// For a script that answers by its last argument.
    pub async fn ask(&self, script: &str) -> Outcome<Value> {
        Ok(self.client.execute_async(script, Vec::new()).await?)
    }

    pub async fn core(&self, command: &str, args: Value) -> Outcome<Value> {
        let answer = self.client.execute_async(CALL, vec![json!(command), args]).await?;
        match answer.get("error") {
            Some(error) => Err(format!("{command}: {error}").into()),
            None => Ok(answer.get("value").cloned().unwrap_or_default()),
        }
    }

    /// To a screen by its address; returns when it is painted.
    pub async fn go(&self, address: &str) -> Outcome<()> {
        self.run(&format!("location.hash = {}; return null", json!(address))).await?;
        self.ask(SHOWN).await.map(drop)
    }

    /// Seconds that it takes to type this into the field, until it is painted.
    pub async fn type_into(&self, field: &str, text: &str) -> Outcome<f64> {
        let field = self.client.find(Locator::Css(field)).await?;
        let watch = Stopwatch::start();
        field.send_keys(text).await?;
        self.ask(SHOWN).await?;
        Ok(watch.seconds())
    }
}

struct Driver(Child);

impl Driver {
    fn start(port: u16) -> Outcome<Self> {
        let mut driver = Command::new("WebKitWebDriver");
        driver.args([&format!("--port={port}"), "--host=127.0.0.1"]);
        driver.envs([("TAURI_AUTOMATION", "true"), ("TAURI_WEBVIEW_AUTOMATION", "true")]);
        driver.envs([("GDK_BACKEND", "x11"), ("ULAK_PASSPHRASE", "a courier rides at dawn")]);
        driver.env_remove("WAYLAND_DISPLAY").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(driver.spawn()?))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn window(port: u16, data: &Path) -> Outcome<Client> {
    let options = json!({ "binary": app()?, "args": ["--data", data] });
    let wanted = Capabilities::from_iter([("webkitgtk:browserOptions".to_owned(), options)]);
    for _ in 0..TRIES {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        sleep(PAUSE).await;
    }
    let mut builder = ClientBuilder::new(HttpConnector::new());
    Ok(builder.capabilities(wanted).connect(&format!("http://127.0.0.1:{port}")).await?)
}

pub fn app() -> Outcome<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("ulak"))
}

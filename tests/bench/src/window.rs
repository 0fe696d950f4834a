//! From the start of the process to the first paint of the real window, and what the whole process tree keeps in
//! memory once it is idle.
//!
//! The app runs under WebKitWebDriver, which asks the page for its own paint timing; the start is the kernel's. Where
//! there is no display, the benchmark starts itself again on a virtual one.

const NAME: &str = "window";

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{bench, on_this_display};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::NAME;
    use crate::Outcome;
    use crate::measure::Figure;

    pub fn bench() -> Outcome<Vec<Figure>> {
        Ok(vec![Figure::not_measured(NAME, "there is a driver for the window on Linux only")])
    }

    pub async fn on_this_display() -> Outcome<()> {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
pub use linux::{bench, on_this_display};

#[cfg(target_os = "linux")]
mod linux {
    use std::net::TcpListener;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use fantoccini::wd::Capabilities;
    use fantoccini::{Client, ClientBuilder};
    use hyper_util::client::legacy::connect::HttpConnector;
    use serde_json::json;
    use tokio::time::sleep;

    use super::NAME;
    use crate::Outcome;
    use crate::measure::{Figure, Unit, median, wall_clock};

    const STARTS: usize = 5;
    const IDLE: Duration = Duration::from_secs(3);
    const TRIES: u32 = 600;
    const PAUSE: Duration = Duration::from_millis(50);
    /// As Linux counts a process's start, on every common architecture.
    const TICKS_A_SECOND: f64 = 100.0;
    const PAINTED: &str = "const paint = performance.getEntriesByName('first-contentful-paint')[0];
        return paint ? performance.timeOrigin + paint.startTime : null;";

    pub fn bench() -> Outcome<Vec<Figure>> {
        for program in ["WebKitWebDriver", "dbus-run-session"] {
            if Command::new(program).arg("--version").output().is_err() {
                return Ok(vec![Figure::not_measured(NAME, &format!("{program} is not installed"))]);
            }
        }
        if !app()?.is_file() {
            return Ok(vec![Figure::not_measured(NAME, "build the app first: cargo build --release --package ulak")]);
        }
        let virtual_display = ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 1280x800x24"];
        let words: &[&str] = if std::env::var_os("DISPLAY").is_some() { &[] } else { &virtual_display };
        let mut words = words.iter().chain(&["dbus-run-session", "--"]);
        let mut command = Command::new(words.next().ok_or("no command")?);
        command.args(words).arg(std::env::current_exe()?).args(["in-a-process", "window"]);
        match command.output() {
            Err(_) => Ok(vec![Figure::not_measured(NAME, "there is no display, and xvfb-run is not installed")]),
            Ok(child) if child.status.success() => {
                let last = String::from_utf8_lossy(&child.stdout);
                Ok(serde_json::from_str(last.lines().last().unwrap_or_default())?)
            }
            Ok(child) => Ok(vec![Figure::not_measured(NAME, String::from_utf8_lossy(&child.stderr).trim())]),
        }
    }

    /// The side of the process that has a display.
    pub async fn on_this_display() -> Outcome<()> {
        let folder = tempfile::tempdir()?;
        // The first start makes the data folder, which an owner does once.
        let (first, _) = start(folder.path()).await?;
        let (mut paints, mut memories) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let (paint, memory) = start(folder.path()).await?;
            paints.push(paint);
            memories.push(memory);
        }
        let processes = memories.first().map_or(0, |memory| memory.processes);
        let of = |part: fn(&Memory) -> f64| median(&memories.iter().map(part).collect::<Vec<_>>());
        let note = format!("{STARTS} starts, from the process's start; the very first {first:.2} s");
        let tree = format!("{processes} processes, {} s after the paint", IDLE.as_secs());
        let figures = [
            Figure::plain("window: first paint", Unit::Seconds, median(&paints), None, note),
            Figure::plain("window: memory, shared pages divided (PSS)", Unit::Megabytes, of(|m| m.shared), None, tree),
            Figure::plain("window: memory, simply added (RSS)", Unit::Megabytes, of(|m| m.added), None, String::new()),
            Figure::plain("window: the app's own process (RSS)", Unit::Megabytes, of(|m| m.own), None, String::new()),
        ];
        println!("{}", serde_json::to_string(&figures)?);
        Ok(())
    }

    /// Seconds until the first paint, and the memory when idle.
    async fn start(data: &Path) -> Outcome<(f64, Memory)> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let driver = Driver::start(port)?;
        let client = window(port, data).await?;
        let painted = first_paint(&client).await?;
        let app = *descendants(driver.0.id())?.first().ok_or("the driver started no app")?;
        let paint = painted - started(app)?;
        sleep(IDLE).await;
        let memory = memory(app)?;
        client.close().await?;
        for _ in 0..TRIES {
            if !Path::new(&format!("/proc/{app}")).exists() {
                return Ok((paint, memory));
            }
            sleep(PAUSE).await;
        }
        Err("the app does not end".into())
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

    /// In seconds since 1970.
    async fn first_paint(client: &Client) -> Outcome<f64> {
        for _ in 0..TRIES {
            if let Some(millis) = client.execute(PAINTED, Vec::new()).await?.as_f64() {
                return Ok(millis / 1000.0);
            }
            sleep(PAUSE).await;
        }
        Err("the page reports no paint".into())
    }

    fn app() -> Outcome<PathBuf> {
        Ok(std::env::current_exe()?.with_file_name("ulak"))
    }

    /// In seconds since 1970, to a hundredth.
    fn started(process: u32) -> Outcome<f64> {
        let ticks: f64 = stat(process)?.get(19).ok_or("no start in stat")?.parse()?;
        let uptime = std::fs::read_to_string("/proc/uptime")?;
        let uptime: f64 = uptime.split(' ').next().ok_or("no uptime")?.parse()?;
        Ok(wall_clock().as_secs_f64() - uptime + ticks / TICKS_A_SECOND)
    }

    /// The words of a process's line behind its name, which may have blanks; the first one is its state.
    fn stat(process: u32) -> Outcome<Vec<String>> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        let (_, behind) = stat.rsplit_once(')').ok_or("no name in stat")?;
        Ok(behind.split_whitespace().map(str::to_owned).collect())
    }

    /// Parents before their children.
    fn descendants(of: u32) -> Outcome<Vec<u32>> {
        let entries = std::fs::read_dir("/proc")?;
        let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let parents: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, stat(id).ok()?.get(1)?.parse().ok()?))).collect();
        let mut found = vec![of];
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
            next += 1;
        }
        Ok(found.split_off(1))
    }

    /// In megabytes.
    struct Memory {
        processes: usize,
        shared: f64,
        added: f64,
        own: f64,
    }

    fn memory(app: u32) -> Outcome<Memory> {
        let mut tree = vec![app];
        tree.extend(descendants(app)?);
        let mut sum = Memory { processes: tree.len(), shared: 0.0, added: 0.0, own: kept(app, "Rss:")? };
        for process in tree {
            sum.shared += kept(process, "Pss:")?;
            sum.added += kept(process, "Rss:")?;
        }
        Ok(sum)
    }

    fn kept(process: u32, what: &str) -> Outcome<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix(what)?.trim().strip_suffix(" kB"));
        Ok(line.ok_or("no such line in smaps_rollup")?.parse::<f64>()? / 1024.0)
    }
}

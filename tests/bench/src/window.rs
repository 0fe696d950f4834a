//! The real window as its owner meets it: how soon it is there, how quick it answers, and what it keeps in memory.
//!
//! The app runs under WebKitWebDriver, which asks the page for its own timing; the start is the kernel's. Where there
//! is no display, the benchmark starts itself again on a virtual one.

#[cfg(target_os = "linux")]
mod page;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod shop;

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
    use std::process::Command;

    use serde_json::json;
    use tempfile::tempdir;

    use super::NAME;
    use super::page::{IDLE, Ulak, app};
    use super::process::Memory;
    use super::shop::{Running, Shop, opened};
    use crate::Outcome;
    use crate::measure::{Figure, Pairs, Unit, median, p95};

    const STARTS: usize = 5;
    /// With so many people it starts.
    const MANY: u32 = 100_000;
    /// So many are searched, and written to.
    const PEOPLE: u32 = 20_000;
    /// What the whole tree of processes may keep.
    const MEMORY: f64 = 300.0;
    const TEXT: &str = "Bu hafta sonu bütün çaylar ve kahveler bizden, komşunuzu da getirin. ";
    const KEYS: usize = 300;

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
        let mut figures = vec![first_paint().await?];
        let folder = tempdir()?;
        let shop = Shop::prepare(folder.path(), PEOPLE).await?;
        let (ulak, _) = Ulak::start(folder.path()).await?;
        let first = ulak.memory().await?;
        let changes = shop.walk(&ulak).await?;
        ulak.go("/home").await?;
        let later = ulak.memory().await?;
        let tree = format!("{} processes, {} s idle", first.processes, IDLE.as_secs());
        figures.extend(memories("at the first page", &first, tree));
        figures.extend(memories("afterwards", &later, format!("after {changes} page changes")));
        figures.push(search(&shop.search(&ulak).await?));
        figures.extend(running(&shop.running(&ulak).await?));
        figures.push(typing(&shop, &ulak).await?);
        ulak.close().await?;
        println!("{}", serde_json::to_string(&figures)?);
        Ok(())
    }

    async fn first_paint() -> Outcome<Figure> {
        let folder = tempdir()?;
        opened(folder.path(), MANY).await?.close().await?;
        let mut paints = Vec::new();
        for _ in 0..STARTS {
            let (ulak, paint) = Ulak::start(folder.path()).await?;
            ulak.close().await?;
            paints.push(paint);
        }
        let note = format!("{STARTS} starts with {MANY} people, from the process's start");
        Ok(Figure::plain("window: first paint", Unit::Seconds, median(&paints), Some(0.7), note))
    }

    fn memories(when: &str, memory: &Memory, note: String) -> [Figure; 2] {
        let own = format!("the app's own process {:.0} MB", memory.own);
        let name = |how: &str| format!("window: memory {when}{how}");
        [
            Figure::plain(&name(", shared divided"), Unit::Megabytes, memory.shared, Some(MEMORY), note),
            Figure::plain(&name(", added"), Unit::Megabytes, memory.added, None, own),
        ]
    }

    fn search(keys: &[f64]) -> Figure {
        let note = format!("{PEOPLE} people, {} keys, the slowest {:.0} ms", keys.len(), p95(keys) * 1e3);
        Figure::plain("window: search, from the key to the rows", Unit::Seconds, median(keys), Some(0.1), note)
    }

    fn running(Running { reads, told, frames }: &Running) -> [Figure; 2] {
        let note = format!("{reads} reads, {told} changes told, {PEOPLE} recipients");
        let name = "window: reads of a campaign a change";
        let longest = frames.iter().copied().fold(0.0, f64::max) * 1e3;
        let painted = format!("{} frames while it sends, p95; the longest {longest:.0} ms", frames.len());
        // How long painting takes is the graphics card's affair, where there is one.
        [
            Figure::plain(name, Unit::Times, reads / told, Some(1.0), note),
            Figure::plain("window: from a frame to the next", Unit::Seconds, p95(frames), None, painted),
        ]
    }

    /// Against an empty page with one field in the same webview: what the driver itself takes counts for both.
    async fn typing(shop: &Shop, ulak: &Ulak) -> Outcome<Figure> {
        let text: String = TEXT.chars().cycle().take(KEYS).collect();
        let mut pairs = Pairs::default();
        shop.write(ulak).await?;
        let ours = ulak.type_into("[data-testid=composer-text]", &text).await?;
        ulak.go("/home").await?;
        let blank = "<textarea style='width: 600px; height: 300px'></textarea>";
        ulak.run(&format!("document.body.innerHTML = {}; return null", json!(blank))).await?;
        pairs.push(ours, ulak.type_into("textarea", &text).await?);
        Ok(pairs.figure("window: typing", None, format!("{KEYS} characters, beside an empty page's field")))
    }
}

//! Keeps the computer from falling asleep, as the core's `app/awake.rs` says. The screen may go dark, and a closed lid
//! is obeyed.

use std::sync::mpsc;
use std::sync::{Arc, Weak};
use std::time::Duration;

use keepawake::KeepAwake;
use starship_battery::State;
use tokio::sync::{Mutex, oneshot};
use ulak_core::app::App;
use ulak_core::app::awake::{Awake, Battery, Vigil};
use ulak_core::messages::Messages;
use ulak_core::supervise::{Task, supervise};

/// Nobody sets a computer to sleep sooner than in a minute.
const LOOK: Duration = Duration::from_secs(20);

/// Looks for as long as the App lives.
pub fn keep(app: &Arc<App>) {
    let supervision = app.supervision().clone();
    let looking = Mutex::new((Vigil::default(), Holder::new()));
    let app = Arc::downgrade(app);
    tauri::async_runtime::spawn(async move {
        supervise(Task::Awake, &supervision, || follow(&app, &looking)).await;
    });
}

/// What keeps it awake outlives a fault of the loop, and ends with it.
async fn follow(app: &Weak<App>, looking: &Mutex<(Vigil, Holder)>) {
    let (vigil, holder) = &mut *looking.lock().await;
    while let Some(app) = app.upgrade() {
        if let Err(problem) = look(&app, vigil, holder).await {
            // Nobody is kept awake for what is not known.
            holder.hold(None).await;
            app.home().tell_awake(Awake::No);
            tracing::warn!(%problem, "whether the computer may sleep could not be found out");
        }
        drop(app);
        tokio::time::sleep(LOOK).await;
    }
}

async fn look(app: &App, vigil: &mut Vigil, holder: &Holder) -> Result<(), ulak_core::app::Problem> {
    let battery = tokio::task::spawn_blocking(battery).await.ok().flatten();
    let wanted = app.home().wants_awake(vigil, battery).await?;
    let language = app.settings().current().await?.spoken();
    let reason = Messages::of(language.as_str()).say("awake_reason", &[]);
    let held = holder.hold((wanted == Awake::Kept).then_some(reason)).await;
    app.home().tell_awake(if wanted == Awake::Kept && !held { Awake::Refused } else { wanted });
    Ok(())
}

/// All batteries together; none where there is none, or none that can be read.
fn battery() -> Option<Battery> {
    let batteries = starship_battery::Manager::new().ok()?.batteries().ok()?;
    let (mut energy, mut full, mut discharges) = (0.0, 0.0, false);
    for battery in batteries.flatten() {
        energy += battery.energy().value;
        full += battery.energy_full().value;
        discharges |= battery.state() == State::Discharging;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a hundred")]
    (full > 0.0).then(|| Battery { discharges, percent: (energy * 100.0 / full).clamp(0.0, 100.0) as u8 })
}

/// A thread of its own, because on Windows it is a thread that is kept awake for.
struct Holder(mpsc::Sender<Wish>);

/// Why it is kept awake, or none to let it sleep; and where to say whether it is.
type Wish = (Option<String>, oneshot::Sender<bool>);

impl Holder {
    fn new() -> Self {
        let (wishes, receiver) = mpsc::channel::<Wish>();
        std::thread::spawn(move || {
            let mut held = None;
            for (reason, answer) in receiver {
                held = reason.and_then(|reason| held.take().or_else(|| hold(reason)));
                // Whoever asked may be gone.
                let _ = answer.send(held.is_some());
            }
        });
        Self(wishes)
    }

    async fn hold(&self, reason: Option<String>) -> bool {
        let (answer, answered) = oneshot::channel();
        self.0.send((reason, answer)).is_ok() && answered.await.unwrap_or(false)
    }
}

/// On Linux what sleeps is asked not to; elsewhere idling is what leads to sleep.
fn hold(reason: String) -> Option<KeepAwake> {
    let linux = cfg!(target_os = "linux");
    let mut builder = keepawake::Builder::default();
    builder.idle(!linux).sleep(linux).reason(reason).app_name("Ulak").app_reverse_domain("app.ulak.desktop");
    builder.create().inspect_err(|error| tracing::warn!(%error, "the computer cannot be kept awake")).ok()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::{BufRead, BufReader, PipeReader, Read, Write};
    use std::os::fd::AsRawFd;
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::{Receiver, channel};

    use zbus::zvariant::OwnedFd;

    use super::*;

    const HOLDS: &str = "it holds";
    const LONG: Duration = Duration::from_secs(30);

    /// As systemd's own: whoever holds the other end of the pipe keeps the computer from what was asked.
    struct Logind(mpsc::Sender<([String; 4], PipeReader)>);

    #[zbus::interface(name = "org.freedesktop.login1.Manager")]
    impl Logind {
        fn inhibit(&self, what: String, who: String, why: String, mode: String) -> zbus::fdo::Result<OwnedFd> {
            let (reader, writer) = std::io::pipe().map_err(|error| zbus::fdo::Error::Failed(error.to_string()))?;
            let _ = self.0.send(([what, who, why, mode], reader));
            Ok(OwnedFd::from(std::os::fd::OwnedFd::from(writer)))
        }
    }

    struct Bus(Child, String);

    impl Bus {
        fn start() -> Self {
            let mut bus = Command::new("dbus-daemon");
            let bus = bus.args(["--session", "--nofork", "--print-address"]).stdout(Stdio::piped());
            let mut bus = bus.spawn().unwrap();
            let mut address = String::new();
            BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
            Self(bus, address.trim().to_owned())
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Tells the end of what can be read: nobody holds the other end any more.
    fn let_go(mut pipe: PipeReader) -> Receiver<usize> {
        let (told, receiver) = channel();
        std::thread::spawn(move || told.send(pipe.read(&mut [0]).unwrap()));
        receiver
    }

    /// The ends of pipes that a process has open.
    fn pipes_of(process: u32) -> Vec<PathBuf> {
        let open = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
        open.flatten().filter_map(|one| std::fs::read_link(one.path()).ok()).collect()
    }

    #[test]
    fn logind_is_asked_not_to_sleep_until_it_may() {
        let bus = Bus::start();
        let (asked, inhibited) = channel();
        let address = bus.1.as_str();
        let logind = zbus::blocking::connection::Builder::address(address).unwrap();
        let logind = logind.name("org.freedesktop.login1").unwrap();
        let _logind = logind.serve_at("/org/freedesktop/login1", Logind(asked)).unwrap().build().unwrap();
        let mut ulak = Command::new(std::env::current_exe().unwrap());
        ulak.args(["--exact", "--ignored", "--nocapture", "desktop::awake::tests::holds_until_it_is_told"]);
        let ulak = ulak.env("DBUS_SYSTEM_BUS_ADDRESS", address).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut ulak = ulak.spawn().unwrap();
        let (lock, pipe) = inhibited.recv_timeout(LONG).unwrap();
        assert_eq!(lock, ["sleep", "Ulak", "Ulak mesaj gönderiyor", "block"]);
        let mut said = BufReader::new(ulak.stdout.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap().contains(HOLDS)), "it has its answer");
        let ours = std::fs::read_link(format!("/proc/self/fd/{}", pipe.as_raw_fd())).unwrap();
        assert!(pipes_of(ulak.id()).contains(&ours), "it is held");
        let freed = let_go(pipe);
        writeln!(ulak.stdin.as_mut().unwrap(), "let go").unwrap();
        assert_eq!(freed.recv_timeout(LONG), Ok(0), "while it still runs");
        assert!(ulak.try_wait().unwrap().is_none());
        drop(ulak.stdin.take());
        assert!(ulak.wait().unwrap().success());
    }

    /// What the test above starts: it holds until a line comes in, and ends with its input.
    #[tokio::test]
    #[ignore = "the test above starts it with a bus of its own"]
    async fn holds_until_it_is_told() {
        let (holder, mut input) = (Holder::new(), std::io::stdin().lines());
        assert!(holder.hold(Some("Ulak mesaj gönderiyor".to_owned())).await);
        println!("{HOLDS}");
        assert!(input.next().is_some());
        assert!(!holder.hold(None).await);
        assert!(input.next().is_none());
    }
}

//! What the computer tells while its owner looks elsewhere: shown by a real desktop's notifications, and clicked.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::harness::{Harness, at_the_desk};
use crate::owner::{SIX, practise_at, with_contacts};
use crate::patience::{CAMPAIGN, SOON, until};
use crate::screens::campaign;

/// The program that shows notifications on a plain desktop, and where it writes what it showed.
struct Desktop {
    shown: PathBuf,
    _dunst: Child,
}

impl Desktop {
    async fn start(harness: &Harness) -> Self {
        let shown = harness.file("shown", "");
        let mut dunst = Command::new("dunst");
        dunst.args(["-config", "/dev/null", "-print"]).stdin(Stdio::null()).stderr(Stdio::null());
        let dunst = dunst.stdout(File::create(&shown).unwrap()).kill_on_drop(true).spawn();
        let desktop = Self { shown, _dunst: dunst.expect("dunst is not installed") };
        until(SOON, async || ask("count").await).await.expect("nobody shows notifications");
        desktop
    }

    /// Waits until something is told, and clicks on it.
    async fn click(&self) {
        let shown = until(CAMPAIGN, async || ask("count").await.filter(|said| !said.contains("displayed: 0"))).await;
        shown.expect("nothing was told");
        ask("action").await.expect("it cannot be clicked");
    }

    fn told(&self, words: &str) {
        let shown = std::fs::read_to_string(&self.shown).unwrap();
        assert!(shown.contains(words), "{shown}");
    }
}

async fn ask(command: &str) -> Option<String> {
    let said = Command::new("dunstctl").arg(command).output().await.ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).into_owned())
}

/// Without a manager of windows the one below the pointer is looked at.
async fn look_elsewhere() {
    let moved =
        Command::new("xdotool").args(["mousemove", "1279", "799"]).status().await.expect("xdotool is not installed");
    assert!(moved.success());
}

#[test]
fn a_finished_campaign_is_told_by_the_computer_and_a_click_leads_to_it() {
    at_the_desk(async {
        let harness = Harness::new("news");
        let desktop = Desktop::start(&harness).await;
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        practise_at(page, 1, 200, 0).await;
        let mut settings = page.core("settings", Value::Null).await;
        settings["hoursFrom"] = json!(0);
        settings["hoursTo"] = json!(0);
        settings["language"] = json!("tr");
        page.core("save_settings", json!({ "settings": settings })).await;
        page.resize(1024, 700).await;
        look_elsewhere().await;
        let draft = campaign(page, "Kış <indirimi>", Value::Null).await;
        page.core("schedule_campaign", json!({ "draftId": draft, "onlyCovered": false })).await;
        desktop.click().await;
        page.until("the page that was told of", &format!("location.hash === '#/campaigns/{draft}'")).await;
        desktop.told("Bir kampanya bitti");
        desktop.told("Kış &lt;indirimi&gt;: 6 kişiden 6 kişiye gönderildi.");
    });
}

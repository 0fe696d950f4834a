//! A laptop with a data folder, and the real app on it that was built for the emulator. `ULAK_BINARY` names it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use ulak_core::app::{App, Opening};
use ulak_core::vault::SystemKeyring;
use ulak_emulator::Emulator;

const PASSPHRASE: &str = "a passphrase for tests";

pub struct Laptop {
    pub folder: TempDir,
    url: String,
}

impl Laptop {
    pub fn new(emulator: &Emulator) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), url: emulator.chat_url() }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn ulak(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stderr(Stdio::null()).spawn().unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let binary =
            std::env::var_os("ULAK_BINARY").expect("ULAK_BINARY names the app that was built for the emulator");
        let mut command = Command::new(binary);
        command.arg("--data").arg(self.data()).args(arguments);
        command.env("ULAK_PASSPHRASE", PASSPHRASE).env("ULAK_WHATSAPP_URL", &self.url).stdout(Stdio::piped());
        command
    }

    pub async fn app(&self) -> Arc<App> {
        let opening = Opening { folder: self.data(), secret: Some(PASSPHRASE.to_owned()), ..Opening::default() };
        App::open(opening, Arc::new(SystemKeyring)).await.unwrap()
    }
}

/// The lines that a command prints, as they come.
pub fn events(child: &mut Child) -> impl Iterator<Item = Value> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).map(|line| serde_json::from_str(&line).unwrap())
}

pub async fn link(laptop: &Laptop, emulator: &Emulator, owner: &str) {
    let mut child = laptop.ulak(&["link", "--json"]);
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    let lines = events(&mut child);
    std::thread::spawn(move || lines.for_each(|event| drop(sender.send(event))));
    let mut linked = false;
    while let Some(event) = told.recv().await {
        match event["event"].as_str().unwrap() {
            "qr" if !linked => {
                emulator.scan(event["code"].as_str().unwrap(), owner).await.unwrap();
                linked = true;
            }
            "linked" => assert_eq!(event["phone"], format!("+{owner}")),
            "error" => panic!("{event}"),
            _ => {}
        }
    }
    assert!(child.wait().unwrap().success());
}

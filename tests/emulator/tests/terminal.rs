//! The commands for real numbers as a person in a terminal meets them: the real app over the emulator's wire.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

mod laptop;
#[allow(dead_code, reason = "other tests use more of it")]
mod shop;

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use laptop::{Laptop, events, link};
use serde_json::Value;
use ulak_core::app::{MailAccountEdit, MailFor, NumberKind};
use ulak_core::contact::ContactEdit;
use ulak_core::mail::Security;
use ulak_emulator::{Emulator, Kick, Options, PasskeyAnswer};

const OWNER: &str = "905550000001";
const AYSE: &str = "+905550001001";

async fn laptop() -> (Emulator, Laptop) {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let laptop = Laptop::new(&emulator);
    (emulator, laptop)
}

async fn linked() -> (Emulator, Laptop) {
    let (emulator, laptop) = laptop().await;
    link(&laptop, &emulator, OWNER).await;
    (emulator, laptop)
}

async fn output(laptop: &Laptop, arguments: &[&str]) -> Output {
    let mut command = laptop.command(arguments);
    tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output().unwrap()).await.unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// Waits until a line fits, in a command that is told to end then. Says what was said before, and how it ended.
async fn ended_at(mut child: Child, signal: &'static str, word: &'static str) -> (String, Option<i32>) {
    let ending = tokio::task::spawn_blocking(move || {
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        while !said.contains(word) {
            let line = lines.next().unwrap_or_else(|| panic!("{word} is not in {said}"));
            said.push_str(&(line + "\n"));
        }
        let told = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(told.success());
        lines.for_each(drop);
        (said, child.wait().unwrap().code())
    });
    ending.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_ends_in_order_when_it_is_asked_to() {
    let (_emulator, laptop) = laptop().await;
    let (_, code) = ended_at(laptop.ulak(&["link", "--json"]), "TERM", "\"qr\"").await;
    assert_eq!(code, Some(143));
    let keys = laptop.data().join("numbers").read_dir().unwrap().count();
    assert_eq!(keys, 0, "nothing is left of a link that nobody accepted");

    let (_emulator, laptop) = linked().await;
    asleep(&laptop).await;
    for (command, signal, code) in [
        (&["work"][..], "HUP", 129),
        (&["work", "--json"], "TERM", 143),
        (&["send", "--to", AYSE, "--text", "Merhaba", "--wait", "600", "--json"], "INT", 130),
    ] {
        let word = if command == ["work"] { "Waiting" } else { "\"waiting\"" };
        let (_, ended) = ended_at(laptop.ulak(command), signal, word).await;
        assert_eq!(ended, Some(code), "{command:?}");
        assert!(!laptop.data().join("ulak.db-wal").exists(), "{command:?} closes the data");
    }
}

/// Something waits, and everything is paused.
async fn asleep(laptop: &Laptop) {
    let app = laptop.app().await;
    shop::always_open(&app).await;
    shop::bring_in(&app, laptop.folder.path(), 2).await;
    let numbers = app.numbers().list().await.unwrap();
    let numbers: Vec<_> =
        numbers.iter().filter(|number| number.kind == NumberKind::Whatsapp).map(|number| number.id).collect();
    let campaign = shop::draft(&app, &numbers, None).await;
    app.campaigns().schedule_campaign(campaign, false).await.unwrap();
    app.outbox().pause_everything().await.unwrap();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_waited_for_is_said_without_json_too() {
    let (_emulator, laptop) = linked().await;
    asleep(&laptop).await;
    let (said, _) = ended_at(laptop.ulak(&["work"]), "TERM", "Waiting").await;
    assert!(said.contains("Waiting: everything is paused."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_another_program_took_is_taken_back() {
    let (emulator, laptop) = linked().await;
    asleep(&laptop).await;
    let mut work = laptop.ulak(&["work", "--json", "--wait", "60"]);
    let mut lines = events(&mut work);
    let connected = |event: &Value| event["numbers"].to_string().contains("\"connected\"");
    tokio::task::block_in_place(|| lines.find(connected)).unwrap();
    emulator.kick(OWNER, Kick::Replaced).unwrap();
    let replaced = |event: &Value| event["numbers"].to_string().contains("\"replaced\"");
    tokio::task::block_in_place(|| lines.find(replaced)).unwrap();
    work.kill().unwrap();
    work.wait().unwrap();
    let shown = text(&output(&laptop, &["numbers"]).await.stdout);
    assert!(shown.contains("another program uses this link") && shown.contains("numbers reconnect"), "{shown}");
    assert!(shown.contains("pace") && shown.contains("linked"), "{shown}");
    let back = output(&laptop, &["numbers", "reconnect", OWNER, "--wait", "60"]).await;
    assert!(back.status.success(), "{back:?}");
    assert!(text(&back.stdout).contains("connected"), "{back:?}");
    let nobody = output(&laptop, &["numbers", "reconnect", "Nobody"]).await;
    assert!(text(&nobody.stderr).contains("Nobody is not linked"), "{nobody:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_number_keeps_to_the_worlds_time() {
    let (_emulator, laptop) = linked().await;
    let practice = output(&laptop, &["practice", "--text", "Hi", "--speed", "60"]).await;
    assert!(text(&practice.stderr).contains("Leave out --speed"), "{practice:?}");
    assert_eq!(practice.status.code(), Some(1));
    // At the emulator a number may run faster, if it is asked for each time.
    assert!(output(&laptop, &["work", "--speed", "2"]).await.status.success());
    let link = output(&laptop, &["link", "--wait", "2"]).await;
    assert!(text(&link.stderr).contains("faster clock"), "{link:?}");
}

/// A number whose account has a passkey is linked: what is said on the way, and how the command ended.
async fn link_with_passkey(emulator: &Emulator, laptop: &Laptop, door: bool, said: &str) -> (Vec<Value>, Option<i32>) {
    let mut command = laptop.command(&["link", "--json"]);
    command.stdin(Stdio::piped()).stderr(Stdio::null());
    if let Some(url) = emulator.http_url().filter(|_| door) {
        command.env("ULAK_PASSKEY_URL", url);
    }
    let mut child = command.spawn().unwrap();
    let mut lines = events(&mut child);
    let mut heard = Vec::new();
    while let Some(event) = tokio::task::block_in_place(|| lines.next()) {
        match event["event"].as_str().unwrap() {
            "qr" => drop(tokio::spawn(emulator.scanning(event["code"].as_str().unwrap(), OWNER))),
            "passkey" if event["problem"]["code"] == "passkey.cancelled" => {
                emulator.answer_passkey(OWNER, PasskeyAnswer::Confirms);
                writeln!(child.stdin.as_mut().unwrap(), "again").unwrap();
            }
            "passkey_code" => {
                assert_eq!(emulator.passkey_code(OWNER), Some(event["code"].as_str().unwrap().replace('-', "")));
                writeln!(child.stdin.as_mut().unwrap(), "{said}").unwrap();
            }
            _ => {}
        }
        heard.push(event);
    }
    (heard, tokio::task::block_in_place(|| child.wait().unwrap().code()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_passkey_of_an_account_is_asked_for_in_the_terminal_too() {
    let emulator = Emulator::start(Options { http_port: Some(0), ..Options::default() }).await.unwrap();
    emulator.set_passkey(OWNER, PasskeyAnswer::Confirms, Some(120_000)).unwrap();
    let names = |events: &[Value]| events.iter().map(|it| it["event"].to_string()).collect::<String>();

    let laptop = Laptop::new(&emulator);
    let (heard, code) = link_with_passkey(&emulator, &laptop, false, "").await;
    assert_eq!((heard.last().unwrap()["reason"].as_str(), code), (Some("passkey_unavailable"), Some(1)));

    let (heard, code) = link_with_passkey(&emulator, &laptop, true, "no").await;
    assert!(names(&heard).contains("\"passkey\"\"passkey_code\"") && code == Some(1), "{heard:?}");
    assert!(emulator.numbers().is_empty(), "the codes differed");

    emulator.answer_passkey(OWNER, PasskeyAnswer::Cancels);
    let (heard, code) = link_with_passkey(&emulator, &laptop, true, "yes").await;
    let asked_twice = "\"passkey\"\"passkey\"\"passkey_code\"\"linked\"\"connected\"";
    assert!(names(&heard).contains(asked_twice) && code == Some(0), "{heard:?}");
    let told = |event: &&Value| event["event"] == "passkey" || event["event"] == "passkey_code";
    assert!(heard.iter().filter(told).all(|event| event["do"].is_string()), "{heard:?}");
}

/// A mail server on this machine that takes everything. Tells how each one logged in, and what was handed over.
fn mail_server() -> (u16, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut say = stream.try_clone().unwrap();
            let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
            let _ = say.write_all(b"220 ready\r\n");
            while let Some(line) = lines.next() {
                let answer = match line.split(' ').next().unwrap_or_default() {
                    "EHLO" => "250-here\r\n250 AUTH PLAIN\r\n",
                    "DATA" => {
                        let _ = say.write_all(b"354 go on\r\n");
                        let mail: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                        let _ = tell.send(mail.join("\n"));
                        "250 taken\r\n"
                    }
                    _ => "250 fine\r\n",
                };
                if line.starts_with("AUTH ") {
                    let _ = tell.send(line.clone());
                    let _ = say.write_all(b"235 welcome\r\n");
                } else {
                    let _ = say.write_all(answer.as_bytes());
                }
            }
        }
    });
    (port, told)
}

/// The files below a folder that have one of these in them.
fn with(folder: &Path, markers: &[String]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(with(&path, markers));
        } else if path.is_file() {
            let content = std::fs::read(&path).unwrap();
            let has = |marker: &&String| content.windows(marker.len()).any(|window| window == marker.as_bytes());
            found.extend(markers.iter().filter(has).map(|marker| (path.clone(), marker.clone())));
        }
    }
    found
}

/// Where no message can arrive a mail goes, and nothing of it, nor of how Ulak logs in, lies or is said in the clear.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_to_a_mail_server_lies_and_is_said_nowhere() {
    let (emulator, laptop) = linked().await;
    let absent = shop::person(0);
    emulator.set_absent(&absent, true);
    let (port, told) = mail_server();
    let app = laptop.app().await;
    shop::always_open(&app).await;
    let edit = ContactEdit {
        name: "Elif".to_owned(),
        phone: format!("+{absent}"),
        email: "zq-elif@shop.example".to_owned(),
        ..ContactEdit::default()
    };
    app.people().save_contact(&edit).await.unwrap();
    let account = MailAccountEdit {
        active: true,
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        user: "zq-user".to_owned(),
        password: Some("zq-password".to_owned()),
        from_address: "zq-shop@shop.example".to_owned(),
        from_name: "zq-sender".to_owned(),
        wait_minutes: 0,
        per_hour: 100,
    };
    app.mails().save_account(&account).await.unwrap();
    let numbers = app.numbers().list().await.unwrap();
    let numbers: Vec<_> =
        numbers.iter().filter(|number| number.kind == NumberKind::Whatsapp).map(|number| number.id).collect();
    let campaign = shop::draft(&app, &numbers, None).await;
    app.mails().want(MailFor::Campaign(campaign), true).await.unwrap();
    app.campaigns().schedule_campaign(campaign, false).await.unwrap();
    app.close().await;

    let said = laptop.folder.path().join("said");
    std::fs::create_dir(&said).unwrap();
    let log = |name: &str| Stdio::from(std::fs::File::create(said.join(name)).unwrap());
    let mut serve = laptop.command(&["serve"]);
    let mut serve = serve.env("ULAK_LOG", "trace").stdout(log("out")).stderr(log("err")).spawn().unwrap();
    let patience = std::time::Duration::from_secs(60);
    let (login, mail) = tokio::task::block_in_place(|| (told.recv_timeout(patience), told.recv_timeout(patience)));
    let (login, mail) = (login.expect("Ulak logs in"), mail.expect("the mail comes"));
    assert!(mail.contains("zq-elif@shop.example"), "{mail}");
    let login = login.strip_prefix("AUTH PLAIN ").unwrap().to_owned();
    let markers = ["zq-user", "zq-password", "zq-elif", "zq-shop", "zq-sender", &login].map(str::to_owned);
    assert_eq!(with(&laptop.data(), &markers), Vec::new(), "while it runs");
    assert!(Command::new("kill").arg(serve.id().to_string()).status().unwrap().success());
    assert!(tokio::task::block_in_place(|| serve.wait().unwrap().success()));
    assert_eq!(with(&laptop.data(), &markers), Vec::new());
    assert_eq!(with(&said, &markers), Vec::new());
    assert!(std::fs::metadata(said.join("err")).unwrap().len() > 10_000, "it said much");
}

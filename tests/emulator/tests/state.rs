//! The emulator's own restart, and its door for other processes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use ulak_emulator::{Emulator, Options};
use whatsapp_rust::types::presence::ReceiptType;

use crate::harness::{AYSE, DEADLINE, OWNER, Running};

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_knows_its_numbers_and_what_was_shown() {
    let folder = TempDir::new().unwrap();
    let options = || Options { folder: Some(folder.path().to_owned()), ..Options::default() };
    let emulator = Emulator::start(options()).await.unwrap();
    let running = Running::linked(&emulator, OWNER).await;
    running.send(AYSE, "3EB3AA01", "before").await;
    running.receipt("3EB3AA01", ReceiptType::Read).await;
    let kept = running.stop().await;
    emulator.reply(AYSE, OWNER, "while everything was off").await.unwrap();
    emulator.stop().await.unwrap();

    let emulator = Emulator::start(options()).await.unwrap();
    assert_eq!(emulator.seen().len(), 1);
    let running = Running::start_in(&emulator, kept).await;
    assert_eq!(running.incoming().await.1, "while everything was off");
    running.connected().await;
    running.send(AYSE, "3EB3AA01", "before").await;
    running.send(AYSE, "3EB3AA02", "after").await;
    running.receipt("3EB3AA02", ReceiptType::Read).await;
    assert_eq!((emulator.seen().len(), emulator.read(|record| record.repeats)), (2, 1));
    assert_eq!(emulator.read(|record| record.errors.clone()), Vec::<String>::new());
}

/// One request over a plain socket: nothing else here needs an HTTP client.
fn ask(url: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let host = url.trim_start_matches("http://");
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n");
    write!(stream, "{head}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_http_door_does_the_same() {
    let options = Options { http_port: Some(0), auto_scan: Some(OWNER.to_owned()), ..Options::default() };
    let emulator = Emulator::start(options).await.unwrap();
    let url = emulator.http_url().unwrap();
    let door = async |method: &'static str, path: &'static str, body: Option<Value>| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || ask(&url, method, path, body)).await.unwrap()
    };
    let running = Running::start(&emulator).await;
    let code = running.qr_code().await;
    let (status, linked) = door("POST", "/scan", Some(json!({ "code": code }))).await;
    assert_eq!((status, linked["number"].as_str()), (200, Some(OWNER)));
    running.connected().await;
    let nack = json!({ "times": 1, "owner": OWNER, "fault": { "kind": "nack", "code": 479 } });
    assert_eq!(door("POST", "/faults", Some(nack)).await.0, 200);
    running.send(AYSE, "3EB3AB01", "refused").await;
    assert_eq!(running.ack("3EB3AB01").await.error.as_deref(), Some("479"));
    running.send(AYSE, "3EB3AB02", "seen").await;
    assert_eq!(door("POST", "/wait", Some(json!({ "seen": 1, "online": OWNER, "milliseconds": 20000 }))).await.0, 200);
    assert_eq!(door("POST", "/wait", Some(json!({ "seen": 9, "milliseconds": 1 }))).await.0, 408);
    let (_, seen) = door("GET", "/seen", None).await;
    assert_eq!((seen[0]["to"].as_str(), seen[0]["kind"].as_str()), (Some(AYSE), Some("text")));
    let reply = json!({ "from": AYSE, "to": OWNER, "text": "tamam" });
    assert_eq!(door("POST", "/reply", Some(reply)).await.0, 200);
    assert_eq!(running.incoming().await.1, "tamam");
    let (_, numbers) = door("GET", "/numbers", None).await;
    assert_eq!(numbers[0]["devices"][0]["online"], json!(true));
    assert_eq!(door("POST", "/kick", Some(json!({ "phone": OWNER, "kind": "replaced" }))).await.0, 200);
    emulator.wait_until(|_| !emulator.online(OWNER), DEADLINE).await.unwrap();
    for (path, body) in [
        ("/reply", json!({ "from": AYSE, "to": AYSE, "text": "" })),
        ("/kick", json!({ "phone": AYSE, "kind": "drop" })),
        ("/unlink", json!({ "phone": AYSE })),
    ] {
        assert_eq!(door("POST", path, Some(body)).await.0, 404, "{path}: nobody linked that number");
    }
    let (status, refused) = door("POST", "/kick", Some(json!("no object"))).await;
    assert!(status == 400 && refused["error"].as_str().is_some_and(|error| error.starts_with("json: ")), "{refused}");
}

#[cfg(unix)]
#[test]
fn the_program_tells_its_addresses_and_saves_when_it_is_asked_to_stop() {
    let folder = TempDir::new().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_ulak-emulator"))
        .args(["--folder", folder.path().to_str().unwrap(), "--auto-scan", OWNER])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let addresses: Value = serde_json::from_str(&first).unwrap();
    assert!(addresses["chat"].as_str().unwrap().starts_with("ws://127.0.0.1:"));
    assert_eq!(addresses["root"].as_str().unwrap().len(), 64);
    let door = addresses["http"].as_str().unwrap();
    assert_eq!(ask(door, "GET", "/numbers", None), (200, json!([])));
    let asked = Command::new("kill").arg(program.id().to_string()).status().unwrap();
    assert!(asked.success() && program.wait().unwrap().success());
    assert!(folder.path().join("state.json").exists());
}

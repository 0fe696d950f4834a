//! `ulak serve` is trusted with tokens, secrets, texts and people: none of it is in what it says, or in a file of its
//! folder in the clear.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use serde_json::json;
use ulak_core::app::{App, MailAccountEdit, Opening, WebhookEdit};
use ulak_core::category::Category;
use ulak_core::language::Language;
use ulak_core::mail::Security;
use ulak_core::template::TemplateEdit;
use ulak_core::trigger::folder::Brings;
use ulak_core::trigger::{Binding, TriggerEdit};
use ulak_core::webhook::Topic;

use crate::harness::Harness;
use crate::terminal::{NoKeyring, PASSPHRASE};

/// What the shop writes, and what programs tell it. The last is how a photo of this kind begins.
const MARKERS: [&str; 13] = [
    "zq-text",
    "zq-again",
    "zq-template",
    "zq-name",
    "zq-mail",
    "zq-field",
    "zq-source",
    "zq-payload",
    "zq-refused",
    "zq-address",
    "zq-password",
    "zq-stranger",
    "JFIF",
];
const PATIENCE: Duration = Duration::from_secs(60);

fn port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A trigger, a webhook and a mail account. Answers what lets in: the webhook's secret and the recovery code.
async fn furnish(data: &Path, receiver: u16) -> Vec<String> {
    let opening = Opening { folder: data.to_owned(), secret: Some(PASSPHRASE.to_owned()), ..Opening::default() };
    let app = App::open(opening, Arc::new(NoKeyring)).await.unwrap();
    let mut settings = app.settings().current().await.unwrap();
    (settings.hours_from, settings.hours_to) = (0, 24 * 60);
    app.settings().save_settings(&settings).await.unwrap();
    let made = app.templates().create_template(Language::En).await.unwrap();
    let template = TemplateEdit {
        id: made.id,
        name: "Invoice".to_owned(),
        category: Category::Notification,
        language: Language::En,
        active: true,
        text: "zq-template {{no}}".to_owned(),
        choice: None,
        split_long_caption: false,
        samples: made.samples,
    };
    app.templates().save_template(&template).await.unwrap();
    let binding = Binding {
        template: Some(made.id),
        number: Some(app.programs().practice_number()),
        variables: [("no".to_owned(), "no".to_owned())].into(),
        ..Binding::first("invoice.created")
    };
    let trigger = TriggerEdit { id: None, name: "invoice.created".to_owned(), active: true, binding };
    let trigger = app.programs().save_trigger(&trigger).await.unwrap();
    // A folder that is gone is something to say.
    let lists = data.with_file_name("lists");
    fs::create_dir(&lists).unwrap();
    app.programs().watch_folder(trigger.id, Some(&lists), Brings::Messages).await.unwrap();
    fs::remove_dir(&lists).unwrap();
    let webhook = WebhookEdit {
        id: None,
        name: "Accounting".to_owned(),
        url: format!("http://127.0.0.1:{receiver}/zq-address"),
        near: false,
        topics: vec![Topic::Messages],
    };
    let secret = app.webhooks().save(&webhook).await.unwrap().secret.unwrap();
    let account = MailAccountEdit {
        active: true,
        host: "127.0.0.1".to_owned(),
        port: 465,
        security: Security::Tls,
        user: "shop".to_owned(),
        password: Some("zq-password".to_owned()),
        from_address: "shop@shop.example".to_owned(),
        from_name: "Shop".to_owned(),
        wait_minutes: 0,
        per_hour: 100,
    };
    app.mails().save_account(&account).await.unwrap();
    let code = app.settings().recovery_code().unwrap();
    app.close().await;
    vec![secret.trim_start_matches("whsec_").to_owned(), code]
}

/// A receiver that takes nothing, and tells what it was asked.
fn receive(listener: TcpListener) -> mpsc::Receiver<String> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut start = [0; 4_096];
            let read = stream.read(&mut start).unwrap_or_default();
            let _ = stream.write_all(b"HTTP/1.1 500 Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = tell.send(String::from_utf8_lossy(&start[..read]).into_owned());
        }
    });
    told
}

struct Door {
    port: u16,
    token: String,
}

impl Door {
    /// The status and the body of an answer.
    fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {path}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            self.token,
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        let (head, body) = told.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn tell(&self, path: &str, body: &serde_json::Value) -> (u16, String) {
        self.ask("POST", path, "application/json", body.to_string().as_bytes())
    }
}

/// Everything that a program may do here, well and badly.
fn use_it(door: &Door) {
    let person = json!({
        "phone": "+905325550142", "name": "zq-name", "email": "zq-mail@shop.example", "fields": { "Not": "zq-field" },
        "consent": { "source": "zq-source" },
    });
    assert_eq!(door.tell("/api/contacts", &person).0, 201);
    let photo = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/media/sample.jpg")).unwrap();
    let (status, kept) = door.ask("POST", "/api/media?name=photo.jpg", "application/octet-stream", &photo);
    assert_eq!(status, 201, "{kept}");
    let photo: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let message = |text: &str| {
        json!({
            "to": "+905325550142", "text": text, "number": "practice", "category": "notification",
            "media": [{ "id": photo["id"] }],
        })
    };
    for (text, status) in [("zq-text", 202), ("zq-text", 202), ("zq-again", 422)] {
        let told = door.tell("/api/whatsapp/send", &message(text));
        assert_eq!(told.0, status, "{told:?}");
    }
    let event = |phone: &str, text: &str| json!({ "no": text, "customer": { "phone": phone, "name": text } });
    for (name, event, status) in [
        ("invoice.created", event("+905325550143", "zq-payload"), 202),
        ("nobody.knows", event("+905325550143", "zq-refused"), 404),
    ] {
        let told = door.tell(&format!("/api/events/{name}"), &event);
        assert_eq!(told.0, status, "{name}: {told:?}");
    }
    assert_eq!(door.ask("POST", "/api/events/invoice.created", "application/json", b"{\"zq-refused\": ").0, 400);
    assert_eq!(door.ask("GET", "/api/zq-refused?of=zq-refused", "application/json", b"").0, 404);
    let stranger = Door { token: "ulak_zq-stranger".to_owned(), ..*door };
    assert_eq!(stranger.tell("/api/whatsapp/send", &message("zq-refused")).0, 401);
}

/// What of this is in the clear in a folder, and where.
fn found(folder: &Path, markers: &[String]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(self::found(&path, markers));
        } else if path.is_file() {
            let content = fs::read(&path).unwrap();
            let is_in = |marker: &&String| content.windows(marker.len()).any(|window| window == marker.as_bytes());
            found.extend(markers.iter().filter(is_in).map(|marker| (path.clone(), marker.clone())));
        }
    }
    found
}

fn until_open(port: u16, run: &mut Child) {
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(run.try_wait().unwrap().is_none() && Instant::now() < until, "the door does not open");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn nothing_that_it_is_trusted_with_lies_or_is_said_in_the_clear() {
    let harness = Harness::new();
    let data = PathBuf::from(harness.data());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut secrets = furnish(&data, listener.local_addr().unwrap().port()).await;
    let asked = receive(listener);
    let port = port();
    let made = harness
        .ulak(&["programs", "--open", "--port", &port.to_string(), "--make", "Shop", "--may", "send,read,contacts"])
        .output()
        .unwrap();
    let made = String::from_utf8(made.stdout).unwrap();
    let made = made.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let token = made.into_iter().find(|event| event["event"] == "token").unwrap()["token"].as_str().unwrap().to_owned();
    secrets.push(token.trim_start_matches("ulak_").to_owned());
    let markers: Vec<String> = MARKERS.iter().map(|marker| (*marker).to_owned()).chain(secrets).collect();

    // Whatever it can be made to say goes beside the folder.
    let said = harness.folder.path().join("said");
    fs::create_dir(&said).unwrap();
    let log = |name: &str| Stdio::from(fs::File::create(said.join(name)).unwrap());
    let mut serve = harness.ulak(&["serve"]);
    let mut run = serve.env("ULAK_LOG", "trace").stdout(log("out")).stderr(log("err")).spawn().unwrap();
    until_open(port, &mut run);
    use_it(&Door { port, token });
    let request = asked.recv_timeout(PATIENCE).expect("the webhook is told");
    assert!(request.contains("/zq-address") && request.to_lowercase().contains("webhook-signature"), "{request}");
    assert_eq!(found(&data, &markers), Vec::new(), "while it runs");
    assert!(Command::new("kill").arg(run.id().to_string()).status().unwrap().success());
    assert!(run.wait().unwrap().success());
    assert_eq!(found(&data, &markers), Vec::new());
    assert_eq!(found(&said, &markers), Vec::new());
    let told = ["watched.missing".to_owned()];
    assert_eq!(
        (found(&data.join("logs"), &told).len(), found(&said, &told).len()),
        (1, 1),
        "there was something to say"
    );

    // The same look finds them where they belong, so they did come in.
    let out = harness.folder.path().join("export");
    assert!(harness.ulak(&["export"]).arg(&out).output().unwrap().status.success());
    let exported = found(&out, &markers);
    for marker in ["zq-text", "zq-template", "zq-name", "zq-mail", "zq-field", "zq-payload", "JFIF"] {
        assert!(exported.iter().any(|(_, found)| found == marker), "{marker}: {exported:?}");
    }
}

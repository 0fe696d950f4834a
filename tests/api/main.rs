//! The door for other programs over a real socket: who is let in, and what is answered.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

mod outside;

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use ulak_api::{OpenDoor, document, open};
use ulak_core::clock::{DAY, Millis};
use ulak_core::contact::ContactEdit;
use ulak_core::media::Wish;
use ulak_core::program::{Listening, Rights, TokenWish};
use ulak_core::testing::World;

/// A Thursday at noon, UTC.
const NOON: Millis = 1_794_441_600_000 + DAY / 2;

const SEND: Rights = Rights { send: true, read: false, contacts: false, admin: false, urgent: false };
const ADMIN: Rights = Rights { send: false, read: false, contacts: false, admin: true, urgent: false };

struct Scene {
    world: World,
    door: OpenDoor,
}

impl Scene {
    async fn begin() -> Self {
        let world = World::at(NOON).await.unwrap();
        let door = open(&world.app, 0).await.unwrap();
        Self { world, door }
    }

    async fn token(&self, rights: Rights) -> String {
        let wish = TokenWish { name: "Accounting".to_owned(), rights };
        self.world.app.programs().make_token(&wish).await.unwrap().secret
    }

    /// A request as it stands on the wire.
    async fn raw(&self, request: String) -> Told {
        let port = self.door.port;
        tokio::task::spawn_blocking(move || speak(port, &request)).await.unwrap()
    }

    /// A sound request with this token; `more` are headers.
    async fn ask(&self, method: &str, path: &str, token: &str, more: &[(&str, &str)], body: Option<&Value>) -> Told {
        let host = format!("127.0.0.1:{}", self.door.port);
        let mut headers = vec![("Host", host.as_str())];
        let authorization = format!("Bearer {token}");
        headers.push(("Authorization", &authorization));
        headers.extend_from_slice(more);
        let body = body.map(Value::to_string);
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        self.raw(request(method, path, &headers, body.as_deref().unwrap_or_default())).await
    }
}

#[derive(Debug)]
struct Told {
    status: u16,
    head: String,
    body: String,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn code(&self) -> String {
        assert!(self.head.to_lowercase().contains("content-type: application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        assert_eq!(problem["type"], format!("urn:ulak:{}", problem["code"].as_str().unwrap()));
        problem["code"].as_str().unwrap().to_owned()
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!("Content-Length: {}\r\n", body.len());
    }
    text + "\r\n" + body
}

fn speak(port: u16, request: &str) -> Told {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Told { status, head: head.to_owned(), body: body.to_owned() }
}

fn message() -> Value {
    json!({ "to": "+905385550214", "text": "Hi", "number": "practice", "category": "notification" })
}

const SENDING: &str = "/api/whatsapp/send";

/// Every combination of the five things that the gate looks at; exactly the right ones pass, and each of the others is
/// told the first thing that is wrong with it.
#[tokio::test]
async fn exactly_the_right_ones_come_in() {
    let scene = Scene::begin().await;
    let port = scene.door.port;
    let good = scene.token(SEND).await;
    let reader = scene.token(Rights { read: true, send: false, ..SEND }).await;
    let withdrawn =
        scene.world.app.programs().make_token(&TokenWish { name: "Old".to_owned(), rights: SEND }).await.unwrap();
    scene.world.app.programs().revoke_token(withdrawn.token.id).await.unwrap();

    let own = [format!("127.0.0.1:{port}"), format!("[::1]:{port}"), format!("LocalHost:{port}")];
    let strange = [
        "rebound.example".to_owned(),
        format!("rebound.example:{port}"),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1:{}", port ^ 1),
        format!("127.0.0.1.example:{port}"),
        String::new(),
    ];
    let hosts: Vec<(String, bool)> =
        own.iter().map(|host| (host.clone(), true)).chain(strange.into_iter().map(|host| (host, false))).collect();
    let origins = [
        (None, true),
        (Some(format!("http://127.0.0.1:{port}")), true),
        (Some("null".to_owned()), false),
        (Some("https://shop.example".to_owned()), false),
        (Some(format!("https://127.0.0.1:{port}")), false),
        (Some("http://127.0.0.1".to_owned()), false),
    ];
    let tokens = [
        (Some(format!("Bearer {good}")), 0),
        (Some(format!("Bearer {reader}")), 403),
        (None, 401),
        (Some(format!("Bearer {}", withdrawn.secret)), 401),
        (Some(format!("Basic {good}")), 401),
        (Some(format!("Bearer {good}x")), 401),
    ];
    let contents = [
        (Some("application/json"), true),
        (Some("application/json; charset=utf-8"), true),
        (Some("text/plain"), false),
        (Some("application/x-www-form-urlencoded"), false),
        (Some("application/octet-stream"), false),
        (None, false),
    ];
    let methods = ["POST", "GET", "PUT", "DELETE", "OPTIONS"];
    let (mut cells, mut passed) = (0, 0);
    for (host, is_own) in &hosts {
        for (origin, is_same) in &origins {
            for (token, refusal) in &tokens {
                for (content, is_json) in contents {
                    for method in methods {
                        // What is wrong already is not tried with every other thing that may be wrong too.
                        let wrong = [!is_own, !is_same, *refusal != 0, !is_json, method != "POST"];
                        if wrong.iter().filter(|wrong| **wrong).count() > 2 {
                            continue;
                        }
                        let mut headers = Vec::new();
                        if !host.is_empty() {
                            headers.push(("Host", host.as_str()));
                        }
                        headers.extend(origin.as_deref().map(|origin| ("Origin", origin)));
                        headers.extend(token.as_deref().map(|token| ("Authorization", token)));
                        headers.extend(content.map(|content| ("Content-Type", content)));
                        let expected = match (is_own, is_same, *refusal, is_json, method) {
                            (false, ..) => 421,
                            (_, false, ..) => 403,
                            (_, _, 401, ..) => 401,
                            (_, _, refusal, _, "POST") if refusal != 0 => 403,
                            (_, _, _, false, "POST") => 415,
                            (_, _, _, _, "POST") => 202,
                            _ => 405,
                        };
                        let told = scene.raw(request(method, SENDING, &headers, &message().to_string())).await;
                        assert_eq!(told.status, expected, "{method} {headers:?}: {told:?}");
                        let head = told.head.to_lowercase();
                        assert!(!head.contains("access-control-") && !head.contains("set-cookie"), "{head}");
                        if expected == 202 {
                            passed += 1;
                        } else {
                            told.code();
                        }
                        cells += 1;
                    }
                }
            }
        }
    }
    assert!(cells >= 200, "{cells}");
    assert_eq!(passed, 3 * 2 * 2, "own names, origins and kinds of content");
    println!("{cells} cells, {passed} passed");
    scene.door.close().await;
}

#[tokio::test]
async fn what_is_open_to_all_tells_nothing_and_is_shut_to_foreign_names() {
    let scene = Scene::begin().await;
    let host = format!("127.0.0.1:{}", scene.door.port);
    for path in ["/api/health", "/api/openapi.json", "/api/docs", "/api/docs/try.js", "/api/docs/try.css"] {
        let told = scene.raw(request("GET", path, &[("Host", &host)], "")).await;
        assert_eq!(told.status, 200, "{path}");
        assert!(told.head.to_lowercase().contains("x-content-type-options: nosniff"));
        let rebound = scene.raw(request("GET", path, &[("Host", "rebound.example")], "")).await;
        assert_eq!((rebound.status, rebound.code().as_str()), (421, "api.host"), "{path}");
        let framed = scene.raw(request("GET", path, &[("Host", &host), ("Sec-Fetch-Site", "cross-site")], "")).await;
        assert_eq!((framed.status, framed.code().as_str()), (403, "api.origin"), "{path}");
    }
    let twice = scene.raw(request("GET", "/api/health", &[("Host", &host), ("Host", "rebound.example")], "")).await;
    assert!(matches!(twice.status, 400 | 421), "{twice:?}");
    let absolute = scene.raw(request("GET", "http://rebound.example/api/health", &[("Host", &host)], "")).await;
    assert_eq!(absolute.status, 421);
    scene.door.close().await;
}

/// The document and the door do not disagree: each of its paths is there, with just the methods that it names.
#[tokio::test]
async fn every_path_of_the_document_is_there() {
    let scene = Scene::begin().await;
    let admin = scene.token(ADMIN).await;
    let document = serde_json::to_value(document()).unwrap();
    let nobody = "019aa000-0000-7000-8000-000000000000";
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        if path.ends_with("/stream") {
            continue;
        }
        let place = path.replace("{id}", nobody).replace("{name}", "invoice.created");
        for method in ["get", "post", "put", "delete"] {
            let told = scene.ask(&method.to_uppercase(), &place, &admin, &[], None).await;
            let is_there = item.get(method).is_some();
            assert_eq!(told.status != 405, is_there, "{method} {path}: {told:?}");
            if is_there && told.status == 404 {
                assert_ne!(told.code(), "api.path", "{method} {path}");
            }
            assert!(told.status < 500, "{told:?}");
            seen += usize::from(is_there);
        }
    }
    assert!(seen > 35, "{seen}");
    scene.door.close().await;
}

#[tokio::test]
async fn a_message_is_sent_once_whatever_comes_twice() {
    let mut scene = Scene::begin().await;
    let token = scene.token(Rights { read: true, ..SEND }).await;
    let keyed = [("Idempotency-Key", "F-2026-1184")];
    let first = scene.ask("POST", SENDING, &token, &keyed, Some(&message())).await;
    assert_eq!(first.status, 202, "{first:?}");
    let again = scene.ask("POST", SENDING, &token, &keyed, Some(&message())).await;
    assert_eq!((again.status, again.json()), (202, first.json()));
    assert!(again.head.to_lowercase().contains("idempotent-replayed: true"));
    assert!(!first.head.to_lowercase().contains("idempotent-replayed"));
    let other = json!({ "to": "+905385550214", "text": "Other", "number": "practice", "category": "notification" });
    let other = scene.ask("POST", SENDING, &token, &keyed, Some(&other)).await;
    assert_eq!((other.status, other.code().as_str()), (422, "program.key_reused"));
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let place = format!("/api/whatsapp/message/{id}/status");
    assert_eq!(scene.ask("GET", &place, &token, &[], None).await.json()["state"], "pending");
    scene.world.run_until(NOON + DAY / 24).await.unwrap();
    assert_eq!(scene.world.phone.sent().len(), 1);
    let status = scene.ask("GET", &place, &token, &[], None).await.json();
    assert_eq!((&status["state"], &status["parts"][0]["kind"]), (&json!("sent"), &json!("text")));
    assert_eq!(status["parts"][0]["credits"], 1);
    let changes = scene.ask("GET", "/api/changes?after=0", &token, &[], None).await.json();
    assert!(changes["changes"].as_array().unwrap().iter().any(|change| change["message_id"] == id.as_str()));
    scene.door.close().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_code() {
    let scene = Scene::begin().await;
    let token = scene.token(Rights { read: true, contacts: true, ..SEND }).await;
    let with = |change: Value| {
        let mut message = message();
        message.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        message
    };
    for (body, status, code) in [
        (with(json!({ "to": "12" })), 422, "phone.too_short"),
        (with(json!({ "textt": "typo" })), 422, "api.meaning"),
        (with(json!({ "urgent": true })), 403, "program.not_urgent"),
        (with(json!({ "number": "none" })), 422, "program.no_such_number"),
        (with(json!({ "send_at": "tomorrow" })), 422, "api.meaning"),
        (with(json!({ "text": "Hi {{frame}}" })), 422, "campaign.test_missing"),
        (with(json!({ "category": "promotion" })), 409, "campaign.unwanted"),
        (with(json!({ "media": [{ "name": "a.jpg", "base64": "%%%" }] })), 422, "program.base64"),
        (with(json!({ "number": null })), 409, "campaign.no_number"),
    ] {
        let told = scene.ask("POST", SENDING, &token, &[], Some(&body)).await;
        assert_eq!((told.status, told.code().as_str()), (status, code), "{body}");
    }
    let host = format!("127.0.0.1:{}", scene.door.port);
    let authorization = format!("Bearer {token}");
    let headers = [("Host", host.as_str()), ("Authorization", &authorization), ("Content-Type", "application/json")];
    let told = scene.raw(request("POST", SENDING, &headers, "{")).await;
    assert_eq!((told.status, told.code().as_str()), (400, "api.syntax"));
    let long = "a".repeat(1024 * 1024 + 1);
    let told = scene.raw(request("POST", "/api/contacts", &headers, &long)).await;
    assert_eq!((told.status, told.code().as_str()), (413, "api.too_large"));
    for (path, status, code) in [
        ("/api/contacts?limit=0", 400, "api.query"),
        ("/api/contacts?colour=red", 400, "api.query"),
        ("/api/contacts?cursor=none", 422, "api.cursor"),
        ("/api/contacts/none", 404, "api.path"),
        ("/api/nothing", 404, "api.path"),
        ("/api/changes?after=-1", 400, "api.query"),
        ("/api/whatsapp/message/019aa000-0000-7000-8000-000000000000/status", 404, "program.no_such_message"),
    ] {
        let told = scene.ask("GET", path, &token, &[], None).await;
        assert_eq!((told.status, told.code().as_str()), (status, code), "{path}");
    }
    scene.door.close().await;
}

#[tokio::test]
async fn people_templates_lists_and_campaigns_are_reached() {
    let scene = Scene::begin().await;
    let token = scene.token(ADMIN).await;
    let person = json!({ "phone": "0538 555 02 14", "country": "TR", "name": "Elif", "tags": ["web"], "fields": { "city": "İzmir" } });
    let made = scene.ask("POST", "/api/contacts", &token, &[], Some(&person)).await;
    assert_eq!((made.status, &made.json()["phone"]), (201, &json!("+905385550214")));
    assert_eq!(scene.ask("POST", "/api/contacts", &token, &[], Some(&person)).await.status, 200);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let tags = json!({ "add": ["vip"], "remove": ["web"] });
    let tagged = scene.ask("PUT", &format!("/api/contacts/{id}/tags"), &token, &[], Some(&tags)).await;
    assert_eq!(tagged.json()["tags"], json!(["vip"]));
    let consent = json!({ "consent": { "source": "web shop" } });
    let given = scene.ask("PUT", &format!("/api/contacts/{id}/consent"), &token, &[], Some(&consent)).await;
    assert_eq!(given.json()["consent"]["at"], "2026-11-12T12:00:00.000Z");
    let found = scene.ask("GET", "/api/contacts?search=elif", &token, &[], None).await.json();
    assert_eq!(found["contacts"].as_array().unwrap().len(), 1);

    let template =
        json!({ "name": "Hazır", "category": "notification", "language": "tr", "text": "Merhaba {{name}}, {{no}}" });
    let template = scene.ask("POST", "/api/whatsapp/templates", &token, &[], Some(&template)).await;
    assert_eq!((template.status, &template.json()["variables"]), (201, &json!(["name", "no"])));
    let template = template.json()["id"].clone();
    let preview = json!({ "template": template, "data": { "name": "Elif" } });
    let preview = scene.ask("POST", "/api/whatsapp/templates/preview", &token, &[], Some(&preview)).await.json();
    assert_eq!((&preview["text"], &preview["missing"]), (&json!("Merhaba Elif, {{no}}"), &json!(["no"])));

    let list = json!({ "template": template, "number": "practice", "recipients": [
        { "to": "+905385550214", "data": { "no": 7 } }, { "to": "+905385550215", "name": "Can", "data": { "no": true } }, { "to": "x" }
    ] });
    let begun = scene.ask("POST", "/api/whatsapp/send-bulk", &token, &[("Idempotency-Key", "a")], Some(&list)).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    scene.world.app.programs().finish_bulk().await.unwrap();
    let place = format!("/api/whatsapp/send-bulk/{}", begun.json()["id"].as_str().unwrap());
    let job = scene.ask("GET", &place, &token, &[], None).await.json();
    assert_eq!((&job["accepted"], &job["refused"], &job["outcomes"][2]["place"]), (&json!(2), &json!(1), &json!(2)));

    let campaign = json!({ "name": "Kasım", "text": "Hi {{name}}", "audience": { "everyone": true }, "numbers": ["practice"], "consent_basis": "customers" });
    let campaign = scene.ask("POST", "/api/campaigns", &token, &[], Some(&campaign)).await;
    assert_eq!(campaign.status, 201, "{campaign:?}");
    let place = format!("/api/campaigns/{}", campaign.json()["id"].as_str().unwrap());
    for _ in 0..2 {
        let scheduled = scene
            .ask("POST", &format!("{place}/schedule"), &token, &[("Idempotency-Key", "k")], Some(&json!({})))
            .await;
        assert_eq!((scheduled.status, &scheduled.json()["state"]), (200, &json!("scheduled")), "{scheduled:?}");
    }
    assert_eq!(scene.ask("POST", &format!("{place}/pause"), &token, &[], None).await.status, 204);
    assert_eq!(scene.ask("GET", &place, &token, &[], None).await.json()["state"], "paused");
    assert_eq!(scene.ask("POST", &format!("{place}/cancel"), &token, &[], None).await.status, 204);
    assert_eq!(scene.ask("DELETE", &format!("/api/contacts/{id}"), &token, &[], None).await.status, 204);
    let again = scene.ask("POST", "/api/contacts", &token, &[], Some(&person)).await;
    assert_eq!((again.status, again.code().as_str()), (409, "contact.erased"));
    let metrics = scene.ask("GET", "/metrics", &token, &[], None).await;
    assert!(metrics.body.contains("ulak_parts{state=\"pending\"} 0"), "{metrics:?}");
    scene.door.close().await;
}

#[tokio::test]
async fn a_permission_is_taken_back_and_a_campaign_says_who_got_nothing_and_why() {
    let scene = Scene::begin().await;
    let token = scene.token(ADMIN).await;
    let mut people = Vec::new();
    for phone in ["+905385550214", "+905385550215"] {
        let person = json!({ "phone": phone, "name": "Elif", "consent": { "source": "web shop" } });
        let made = scene.ask("POST", "/api/contacts", &token, &[], Some(&person)).await.json();
        people.push(format!("/api/contacts/{}", made["id"].as_str().unwrap()));
    }
    let consent = format!("{}/consent", people[1]);
    for _ in 0..2 {
        let told = scene.ask("DELETE", &consent, &token, &[], None).await;
        assert_eq!((told.status, &told.json()["withdrawn_at"]), (200, &json!("2026-11-12T12:00:00.000Z")), "{told:?}");
        assert_eq!(
            (&told.json()["standing"], &told.json()["consent"]["source"]),
            (&json!("normal"), &json!("web shop"))
        );
    }
    // No program brings it back.
    let given = json!({ "consent": { "source": "web shop, again" } });
    let again = scene.ask("PUT", &consent, &token, &[], Some(&given)).await;
    assert_eq!((again.status, again.code().as_str()), (409, "contact.withdrawn"));
    let nobody = "/api/contacts/019aa000-0000-7000-8000-000000000000/consent";
    assert_eq!(scene.ask("DELETE", nobody, &token, &[], None).await.code(), "contact.unknown");

    let photo = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/media/sample.jpg")).unwrap();
    let photo = scene.world.app.programs().upload("photo.jpg", photo, Wish::Auto).await.unwrap();
    let campaign = |media: &str| {
        json!({
            "name": "Kasım", "text": "Merhaba {{name}}", "media": [media], "audience": { "everyone": true },
            "numbers": ["practice"],
        })
    };
    let gone = campaign("019aa000-0000-7000-8000-000000000000");
    let gone = scene.ask("POST", "/api/campaigns", &token, &[], Some(&gone)).await;
    assert_eq!((gone.status, gone.code().as_str()), (422, "program.no_such_upload"));
    assert_eq!(scene.ask("GET", "/api/campaigns", &token, &[], None).await.json()["campaigns"], json!([]));
    let made = scene.ask("POST", "/api/campaigns", &token, &[], Some(&campaign(&photo.id.to_string()))).await;
    assert_eq!(made.status, 201, "{made:?}");
    let place = format!("/api/campaigns/{}", made.json()["id"].as_str().unwrap());
    let draft = scene.ask("GET", &place, &token, &[], None).await.json();
    assert_eq!((&draft["failed"], &draft["skipped"], &draft["replied"]), (&json!([]), &json!([]), &json!(0)));
    let schedule = format!("{place}/schedule");
    let scheduled = scene.ask("POST", &schedule, &token, &[("Idempotency-Key", "k")], Some(&json!({}))).await;
    assert_eq!(scheduled.status, 200, "{scheduled:?}");
    let report = scene.ask("GET", &place, &token, &[], None).await.json();
    // A photo with its caption is one part.
    assert_eq!((&report["parts"], &report["counts"]["pending"]), (&json!(1), &json!(1)), "{report}");
    assert_eq!(report["skipped"], json!([{ "reason": "opted_out", "variable": null, "people": 1 }]));
    assert_eq!(
        (&report["failed"], &report["replied"], &report["opted_out"]),
        (&json!([]), &json!(0), &json!(0)),
        "{report}"
    );
    scene.door.close().await;
}

#[tokio::test]
async fn a_change_is_waited_for_and_comes_as_a_stream() {
    let scene = Scene::begin().await;
    let token = scene.token(Rights { read: true, ..SEND }).await;
    let newest = scene.ask("GET", "/api/changes?after=0&limit=1000", &token, &[], None).await.json()["newest"].clone();
    let poll = format!("/api/changes?after={newest}&wait=30");
    let acts = async {
        let edit = ContactEdit { phone: "+905385550214".to_owned(), ..ContactEdit::default() };
        let person = scene.world.app.people().save_contact(&edit).await.unwrap();
        scene.world.app.people().set_standing(person.id, ulak_core::contact::Standing::Gray).await.unwrap();
    };
    let (told, ()) = tokio::join!(scene.ask("GET", &poll, &token, &[], None), acts);
    assert_eq!(told.json()["changes"][0]["state"], "gray");
    // The stream is read until its first event is there, and then left.
    let port = scene.door.port;
    let host = format!("127.0.0.1:{port}");
    let authorization = format!("Bearer {token}");
    let headers = [("Host", host.as_str()), ("Authorization", &authorization), ("Last-Event-ID", "0")];
    let asked = request("GET", "/api/changes/stream", &headers, "");
    let read = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(asked.as_bytes()).unwrap();
        let (mut text, mut chunk) = (String::new(), [0; 1_024]);
        while !text.contains("\"state\":\"gray\"") {
            let length = stream.read(&mut chunk).unwrap();
            assert_ne!(length, 0, "{text}");
            text += &String::from_utf8_lossy(&chunk[..length]);
        }
        text
    });
    let text = read.await.unwrap();
    assert!(text.contains("text/event-stream") && text.contains("event: change"), "{text}");
    scene.door.close().await;
}

#[tokio::test]
async fn the_door_follows_its_owner_and_tells_when_its_port_is_taken() {
    let world = World::at(NOON).await.unwrap();
    let programs = world.app.programs();
    let other = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = other.local_addr().unwrap().port();
    let kept = ulak_api::keep(&world.app);
    let mut events = world.app.events().subscribe();
    assert_eq!(programs.listening(), Listening::Shut, "it is off until it is switched on");
    programs.set_door(true, taken).await.unwrap();
    let until = |wanted: Listening| {
        let (app, events) = (world.app.clone(), events.resubscribe());
        async move {
            let mut events = events;
            while app.programs().listening() != wanted {
                let _ = tokio::time::timeout(std::time::Duration::from_secs(1), events.recv()).await;
            }
        }
    };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, until(Listening::Taken { port: taken })).await.unwrap();
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    programs.set_door(true, free).await.unwrap();
    tokio::time::timeout(patience, until(Listening::Open { port: free })).await.unwrap();
    let host = format!("127.0.0.1:{free}");
    let asked = request("GET", "/api/health", &[("Host", &host)], "");
    let told = tokio::task::spawn_blocking(move || speak(free, &asked)).await.unwrap();
    assert_eq!(told.json()["status"], "ok");
    programs.set_door(false, free).await.unwrap();
    tokio::time::timeout(patience, until(Listening::Shut)).await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", free)).is_err());
    assert_eq!(programs.set_door(true, 80).await.unwrap_err().code, "program.port");
    let _ = events.try_recv();
    kept.close().await;
}

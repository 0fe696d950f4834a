//! A client that an outside generator made from the document. Asked for by hand, because the generator comes from PyPI:
//! `tests/fixtures/api/outside.py` says how.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use ulak_core::clock::DAY;
use ulak_core::program::Rights;

use crate::{NOON, Scene};

const EVERYTHING: Rights = Rights { send: true, read: true, contacts: true, admin: true, urgent: false };

fn line(mut said: BufReader<ChildStdout>) -> (Value, BufReader<ChildStdout>) {
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    (serde_json::from_str(&line).expect("the client ended; it says above why"), said)
}

#[tokio::test]
#[ignore = "needs openapi-python-client"]
async fn outside_client_understands_the_document_and_every_answer() {
    let python = std::env::var("ULAK_OUTSIDE").expect("ULAK_OUTSIDE names a Python with openapi-python-client");
    let mut scene = Scene::begin().await;
    let token = scene.token(EVERYTHING).await;
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/api/outside.py");
    let mut command = Command::new(python);
    command.arg(script).args([&scene.door.port.to_string(), &token]).arg(folder.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut go_on: ChildStdin = child.stdin.take().unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    let (told, said) = tokio::task::spawn_blocking(move || line(said)).await.unwrap();
    println!("{told:#}");
    assert_eq!((&told["name"], &told["tags"]), (&json!("Çağla Şahin"), &json!(["Yeni"])));
    assert_eq!(told["fields"], json!({ "şehir": "İzmir" }));
    assert!(told["contacts"].as_array().unwrap().contains(&json!("+905385550214")), "{told}");
    assert_eq!(told["filled"], "Çağla, siparişiniz hazır.");
    assert_eq!((&told["photo"], &told["again"]), (&json!("image"), &told["sent"]));
    assert_eq!((&told["other"], &told["stray"]), (&json!("program.key_reused"), &json!("api.token")));
    assert_eq!(told["campaigns"], json!(["Kasım"]));
    scene.world.app.programs().finish_bulk().await.unwrap();
    scene.world.run_until(NOON + DAY / 24).await.unwrap();
    writeln!(go_on).unwrap();
    let (told, _) = tokio::task::spawn_blocking(move || line(said)).await.unwrap();
    println!("{told:#}");
    assert_eq!((&told["state"], &told["parts"], &told["gone"]), (&json!("sent"), &json!(["text"]), &json!(204)));
    assert_eq!((&told["bulk"]["recipients"], &told["bulk"]["accepted"]), (&json!(5), &json!(5)));
    // The message, the list's five, and the campaign's one.
    assert_eq!(scene.world.phone.sent().len(), 7);
    assert!(child.wait().unwrap().success());
    scene.door.close().await;
}

//! What receivers make of our requests and mails that nobody of this project wrote. Asked for by hand, because they come
//! from PyPI: `tests/fixtures/mail/outside.py` says how.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use ulak_core::mail::{Mailer, Outcome, Security};
use ulak_core::webhook::address::Reach;
use ulak_core::webhook::signature::Secret;
use ulak_core::webhook::{Answer, Post, Poster};
use ulak_outward::{HttpPoster, SmtpMailer};

use crate::smtp;

struct Outside {
    child: Child,
    said: BufReader<ChildStdout>,
    port: u16,
}

impl Outside {
    fn up(arguments: &[&str]) -> Self {
        let python =
            std::env::var("ULAK_OUTSIDE").expect("ULAK_OUTSIDE names a Python with aiosmtpd and standardwebhooks");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/mail/outside.py");
        let mut command = Command::new(python);
        let mut child = command.arg(script).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut outside = Self { said: BufReader::new(child.stdout.take().unwrap()), child, port: 0 };
        outside.port = outside.line().trim().parse().unwrap();
        outside
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line
    }

    fn heard(mut self) -> Value {
        let heard = serde_json::from_str(&self.line()).unwrap();
        self.child.wait().unwrap();
        heard
    }
}

#[tokio::test]
#[ignore = "needs aiosmtpd"]
async fn outside_mail_server_reads_both_parts_names_and_pictures() {
    let outside = Outside::up(&["smtp"]);
    let mailer = SmtpMailer::within(Duration::from_secs(10), None);
    let sent = mailer.send(smtp::account(outside.port, Security::None), smtp::mail()).await;
    assert_eq!(sent, Outcome::Sent);
    let heard = outside.heard();
    println!("{heard:#}");
    assert_eq!(heard["to"], serde_json::json!(["cagla@shop.example"]));
    assert_eq!(heard["recipient"], "Çağla Şahin <cagla@shop.example>");
    assert_eq!(heard["subject"], "Lale Optik size bir mesaj gönderdi");
    let kinds: Vec<&str> =
        heard["parts"].as_array().unwrap().iter().map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
            "application/pdf"
        ]
    );
    assert_eq!(heard["parts"][5]["id"], "<p1>");
    assert_eq!(heard["parts"][6]["name"], "fatura ağustos.pdf");
    assert!(heard["text"].as_str().unwrap().contains("Sayın Çağla Şahin,"));
    assert!(heard["html"].as_str().unwrap().contains("cid:p1"));
}

#[tokio::test]
#[ignore = "needs standardwebhooks"]
async fn outside_receiver_verifies_the_signature() {
    let secret = Secret::fresh().unwrap();
    let outside = Outside::up(&["webhook", &secret.shown()]);
    let timestamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let timestamp = i64::try_from(timestamp).unwrap();
    let body = r#"{"type":"ulak.test","data":{"name":"Çağla"}}"#.to_owned();
    let post = Post {
        url: format!("http://127.0.0.1:{}/hook", outside.port),
        reach: Reach::Here,
        id: "msg_1".to_owned(),
        timestamp,
        signature: secret.sign("msg_1", timestamp, &body),
        body,
    };
    assert_eq!(HttpPoster::default().post(post).await, Answer::Status(204));
    assert_eq!(outside.heard()["data"]["name"], "Çağla");
}

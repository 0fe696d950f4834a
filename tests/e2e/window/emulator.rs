//! The emulator of WhatsApp as a program beside the window, and the phones behind its door.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::harness::built;

pub struct Emulator {
    program: Child,
    /// Where the app finds WhatsApp.
    pub chat: String,
    door: String,
}

impl Emulator {
    pub fn start() -> Self {
        let mut program = Command::new(built("ULAK_EMULATOR", "target/debug/ulak-emulator"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator does not start");
        let mut first = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let told: Value = serde_json::from_str(&first).expect("the emulator tells its addresses");
        let address = |name: &str| told[name].as_str().unwrap().to_owned();
        Self { program, chat: address("chat"), door: address("http") }
    }

    /// A phone holds its camera to what it sees.
    pub fn scan(&self, phone: &str, code: &str) {
        self.post("scan", &json!({ "phone": phone, "code": code }));
    }

    /// A phone's owner types a pairing code.
    pub fn enter(&self, phone: &str, code: &str) {
        self.post("code", &json!({ "phone": phone, "code": code }));
    }

    /// Whom a phone knows; a window that is linked afterwards learns it.
    pub fn knows(&self, phone: &str, people: &[(&str, &str)]) {
        self.post("address-book", &json!({ "phone": phone, "people": people }));
    }

    /// A person writes to a number.
    pub fn reply(&self, from: &str, to: &str, text: &str) {
        self.post("reply", &json!({ "from": from, "to": to, "text": text }));
    }

    /// A person sends a photo to a number.
    pub fn send_photo(&self, from: &str, to: &str, photo: &[u8], caption: &str) {
        let file = json!({ "kind": "photo", "content": photo, "caption": caption });
        self.post("reply", &json!({ "from": from, "to": to, "file": file }));
    }

    /// The connections of a number are lost.
    pub fn cut_off(&self, phone: &str) {
        self.post("kick", &json!({ "phone": phone, "kind": "drop" }));
    }

    pub fn fault(&self, rule: &Value) {
        self.post("faults", rule);
    }

    /// What people saw on their phones: who it was from, who saw it, and what.
    pub fn seen(&self) -> Vec<Value> {
        ureq::get(format!("{}/seen", self.door)).call().unwrap().body_mut().read_json().unwrap()
    }

    fn post(&self, path: &str, body: &Value) {
        ureq::post(format!("{}/{path}", self.door)).send_json(body).unwrap();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

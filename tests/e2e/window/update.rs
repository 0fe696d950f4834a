//! Newer versions, from a server on this computer and signed with keys that the test makes: what is offered, what is
//! refused, and that nothing is asked, downloaded or installed without the owner.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use minisign::{KeyPair, PublicKey, SecretKey};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Harness, Ulak, at_the_desk};
use crate::owner::{SIX, compose, practise_at, send_now, with_contacts};
use crate::page::Page;
use crate::patience::{CAMPAIGN, SOON, until};
use crate::screens::{fits_in_turkish_dark_and_small, speak};

/// Where newer versions lie, and which files were asked for.
struct Shelf {
    address: String,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Shelf {
    async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (files, asked) = (Arc::default(), Arc::default());
        tokio::spawn(serve(listener, Arc::clone(&files), Arc::clone(&asked)));
        Self { address, files, asked }
    }

    fn put(&self, name: &str, content: impl Into<Vec<u8>>) {
        self.files.lock().unwrap().insert(name.to_owned(), content.into());
    }

    /// A release of this version: what is announced, and the signature that comes with it.
    fn release(&self, version: &str, signature: &str) {
        let package = json!({ "url": format!("{}/ulak.AppImage", self.address), "signature": signature });
        let manifest = json!({
            "version": version,
            "notes": "Lists open faster.",
            "notes_in": { "tr": "Listeler daha hızlı açılır.", "id": "Daftar lebih cepat terbuka." },
            "platforms": { "linux-x86_64": package, "linux-aarch64": package },
        });
        self.put("/latest.json", manifest.to_string());
    }

    /// What was asked for since the last time.
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

async fn serve(listener: TcpListener, files: Files, asked: Arc<Mutex<Vec<String>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&files), Arc::clone(&asked)));
    }
}

async fn answer(mut stream: TcpStream, files: Files, asked: Arc<Mutex<Vec<String>>>) {
    let mut lines = BufReader::new(&mut stream).lines();
    let Ok(Some(first)) = lines.next_line().await else { return };
    while lines.next_line().await.is_ok_and(|line| line.is_some_and(|line| !line.is_empty())) {}
    let name = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let content = files.lock().unwrap().get(&name).cloned();
    asked.lock().unwrap().push(name);
    let (status, content) = content.map_or(("404 Not Found", Vec::new()), |content| ("200 OK", content));
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&content).await;
}

/// As Tauri's own tool writes them: the text of minisign, once more in Base64.
fn public(key: &PublicKey) -> String {
    base64(&key.to_box().unwrap().into_string())
}

/// Bound to a version, as `tauri signer sign --app-version` does.
fn signed(key: &SecretKey, package: &[u8], version: &str) -> String {
    let comment = format!("timestamp:1700000000\tfile:ulak.AppImage\tversion:{version}");
    let signature = minisign::sign(None, key, Cursor::new(package), Some(&comment), None).unwrap();
    base64(&signature.into_string())
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = text.as_bytes().chunks(3).flat_map(|three| {
        let bits = three.iter().chain(&[0, 0]).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        (0..4).map(move |at| if at <= three.len() { LETTERS[bits >> (18 - 6 * at) & 63] } else { b'=' })
    });
    String::from_utf8(letters.collect()).unwrap()
}

/// What is installed, and what would be: the updater takes nothing else for an AppImage.
const BEFORE: &[u8] = b"\x7fELF the version that runs";

fn program() -> Vec<u8> {
    std::fs::read("/bin/true").unwrap()
}

/// Presses the button, and waits until the core has looked and the page shows it.
async fn look(page: &Page) {
    page.go("/settings").await;
    let looked = async || page.core("newer_version", Value::Null).await["lookedAt"].clone();
    let before = looked().await;
    page.press("update-look").await;
    until(SOON, async || (looked().await != before).then_some(())).await.expect("Ulak does not look");
    let idle = "document.querySelector('[data-testid=update-look]')?.disabled === false";
    page.until("the end of the look", idle).await;
}

/// Tries to install, and stays as it was.
async fn is_refused(page: &Page, installed: &Path, code: &str) {
    look(page).await;
    page.until("the offer alone", "!document.querySelector('[data-testid=update-problem]')").await;
    page.press("update-install").await;
    page.see("update-problem").await;
    let view = page.core("newer_version", Value::Null).await;
    assert_eq!((view["problem"]["code"].as_str(), view["step"].as_str()), (Some(code), Some("idle")));
    assert_eq!(std::fs::read(installed).unwrap(), BEFORE, "{code}");
}

#[test]
fn a_newer_version_is_asked_for_offered_checked_and_installed_at_the_owners_word_alone() {
    at_the_desk(async {
        let harness = Harness::new("update");
        let shelf = Shelf::open().await;
        let keys = KeyPair::generate_unencrypted_keypair().unwrap();
        let installed = harness.file("Ulak.AppImage", BEFORE);
        std::fs::set_permissions(&installed, Permissions::from_mode(0o755)).unwrap();
        let from = format!("{}/latest.json", shelf.address);
        let package = program();
        shelf.put("/ulak.AppImage", package.clone());
        shelf.release("9.0.0", &signed(&keys.sk, &package, "9.0.0"));

        let ulak = harness.ulak().await;
        by_the_way_it_was_installed(&harness, &ulak.page).await;
        ulak.close().await;

        let ulak = harness.ulak_updated_from(&from, &public(&keys.pk), &installed).await;
        let page = &ulak.page;
        nobody_is_asked_where_that_is_switched_off(page, &shelf).await;
        nothing_older_is_offered(page, &shelf, &keys.sk).await;
        it_is_offered_in_the_owners_language(page, &shelf, &keys.sk).await;
        what_is_on_its_way_is_waited_for(page, &shelf).await;
        what_is_not_right_is_not_installed(page, &shelf, &installed, &keys.sk).await;
        it_is_installed_and_begins(&harness, ulak, &shelf, &keys.sk).await;
        assert_eq!(std::fs::read(&installed).unwrap(), package);
    });
}

/// A copy that knows no place to look says so, and from here on looks for nothing by itself.
async fn by_the_way_it_was_installed(harness: &Harness, page: &Page) {
    with_contacts(harness, page, SIX).await;
    page.go("/settings").await;
    page.says("update-no-source", "the way it was installed").await;
    assert_eq!(page.refused("look_for_newer_version", Value::Null).await, "update.none");
    looks_by_itself(page, false).await;
}

async fn looks_by_itself(page: &Page, wanted: bool) {
    let mut settings = page.core("settings", Value::Null).await;
    settings["lookForUpdates"] = json!(wanted);
    page.core("save_settings", json!({ "settings": settings })).await;
}

async fn nobody_is_asked_where_that_is_switched_off(page: &Page, shelf: &Shelf) {
    page.go("/settings").await;
    page.see("update-look").await;
    // Each change of the settings makes it think anew.
    looks_by_itself(page, false).await;
    let view = page.core("newer_version", Value::Null).await;
    assert_eq!((view["lookedAt"].is_null(), view["offer"].is_null()), (true, true));
    assert_eq!(shelf.taken(), Vec::<String>::new());
}

/// Switched on, it looks at once.
async fn nothing_older_is_offered(page: &Page, shelf: &Shelf, key: &SecretKey) {
    for old in ["0.0.9", env!("CARGO_PKG_VERSION")] {
        shelf.release(old, &signed(key, &program(), old));
        looks_by_itself(page, true).await;
        page.says("update-looked", "There is nothing newer").await;
        look(page).await;
        assert!(!page.is_there("update-offer").await, "{old}");
    }
    assert!(shelf.taken().iter().all(|name| name == "/latest.json"));
}

async fn it_is_offered_in_the_owners_language(page: &Page, shelf: &Shelf, key: &SecretKey) {
    shelf.release("9.0.0", &signed(key, &program(), "9.0.0"));
    look(page).await;
    page.says("update-offer", "Ulak 9.0.0 is there").await;
    page.says("update-news", "Lists open faster.").await;
    page.picture("offered").await;
    speak(page, "id", "light").await;
    page.says("update-news", "Daftar lebih cepat terbuka.").await;
    fits_in_turkish_dark_and_small(page, "update", async || {
        page.says("update-news", "Listeler daha hızlı açılır.").await;
    })
    .await;
    page.go("/home").await;
    page.see("update-notice").await;
    page.picture("notice").await;
    page.press("update-later").await;
    page.until("the end of the notice", "!document.querySelector('[data-testid=update-notice]')").await;
    assert!(shelf.taken().iter().all(|name| name == "/latest.json"), "nothing was downloaded");
}

async fn what_is_on_its_way_is_waited_for(page: &Page, shelf: &Shelf) {
    practise_at(page, 4, 300, 0).await;
    compose(page, "Güz indirimi", "Merhaba {{name}}").await;
    send_now(page).await;
    page.go("/settings").await;
    page.says("update-waits", "Güz indirimi").await;
    assert_eq!(page.refused("install_newer_version", Value::Null).await, "update.busy");
    page.run("document.querySelector('[data-testid=update-waits]').scrollIntoView(); return null").await.unwrap();
    page.picture("waits").await;
    let through = "document.querySelector('[data-testid=update-install]')?.disabled === false";
    page.within(CAMPAIGN, "the end of what is on its way", through).await;
    assert_eq!(shelf.taken(), Vec::<String>::new());
}

async fn what_is_not_right_is_not_installed(page: &Page, shelf: &Shelf, installed: &Path, key: &SecretKey) {
    let package = program();
    let foreign = KeyPair::generate_unencrypted_keypair().unwrap();
    shelf.release("9.0.0", &signed(&foreign.sk, &package, "9.0.0"));
    is_refused(page, installed, "update.foreign").await;
    page.picture("foreign").await;

    let mut tampered = package.clone();
    tampered.push(0);
    shelf.put("/ulak.AppImage", tampered);
    shelf.release("9.0.0", &signed(key, &package, "9.0.0"));
    is_refused(page, installed, "update.damaged").await;

    // An older package, rightly signed, under a newer name.
    shelf.put("/ulak.AppImage", package.clone());
    shelf.release("9.0.0", &signed(key, &package, "0.0.9"));
    is_refused(page, installed, "update.other_version").await;

    shelf.release("9.0.0", &signed(key, b"no program", "9.0.0"));
    shelf.put("/ulak.AppImage", *b"no program");
    is_refused(page, installed, "update.not_installed").await;

    // What was downloaded is kept for the next try of the same package, so it is another one that does not arrive.
    shelf.release("9.0.0", &signed(key, &package, "9.0.0"));
    shelf.files.lock().unwrap().remove("/ulak.AppImage");
    is_refused(page, installed, "update.broken_off").await;

    shelf.files.lock().unwrap().remove("/latest.json");
    look(page).await;
    page.says("update-problem", "could not ask").await;
    shelf.put("/latest.json", "<html>");
    look(page).await;
    page.says("update-problem", "cannot be read").await;
}

async fn it_is_installed_and_begins(harness: &Harness, ulak: Ulak, shelf: &Shelf, key: &SecretKey) {
    shelf.put("/ulak.AppImage", program());
    shelf.release("9.0.0", &signed(key, &program(), "9.0.0"));
    look(&ulak.page).await;
    shelf.taken();
    ulak.page.press("update-install").await;
    ulak.ends().await;
    assert_eq!(shelf.taken(), ["/ulak.AppImage"]);
    assert!(!harness.log().contains("the new version did not begin"), "{}", harness.log());
}

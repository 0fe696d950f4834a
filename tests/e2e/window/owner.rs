//! What an owner does in several of these stories.

use std::path::Path;

use serde_json::{Value, json};

use crate::drag::drop_files;
use crate::harness::Harness;
use crate::page::Page;
use crate::patience::CAMPAIGN;

/// Six people who can all be written to.
pub const SIX: &str = "name,phone,city
Ayşe Yılmaz,+90 532 555 01 42,İstanbul
Mehmet Öztürk,0533 555 01 17,Ankara
Zeynep Kaya,+90 535 555 01 08,İzmir
Emre Şahin,0542 555 01 63,Bursa
Elif Çelik,+90 544 555 01 29,Antalya
Mustafa Doğan,+90 505 555 01 74,Konya
";

pub const BASIS: &str = "Asked for our offers at the counter, 2026";

pub async fn start_practising(page: &Page) {
    page.press("start-practising").await;
    page.press("start-go-on").await;
    page.press("practice-file").await;
    page.see("import-drop").await;
}

/// Home offers the recovery code as soon as there are contacts to lose.
pub async fn write_down_the_code(page: &Page) {
    page.see("recovery-code").await;
    page.press("recovery-written").await;
    page.press("recovery-done").await;
    page.until("the end of the dialog", "!document.querySelector('dialog[open]')").await;
}

/// Past the welcome, with a list of people, as if that had been done another day.
pub async fn with_contacts(harness: &Harness, page: &Page, list: &str) {
    let file = harness.file("customers.csv", list);
    let mut settings = page.core("settings", Value::Null).await;
    settings["welcomed"] = json!(true);
    settings["country"] = json!("TR");
    page.core("save_settings", json!({ "settings": settings })).await;
    import(page, &file).await;
    page.go("/home").await;
    write_down_the_code(page).await;
}

async fn import(page: &Page, list: &Path) {
    let options = json!({ "encoding": null, "separator": null, "sheet": null, "header": null, "country": null, "columns": null,
        "standing": "normal", "tags": [], "consent": null, "ticked": { "reasons": [], "rows": [] },
        "eachPhone": false });
    let origin = json!({ "from": "file", "path": list });
    page.core("preview_import", json!({ "origin": origin, "options": options })).await;
    page.core("start_import", json!({ "origin": origin, "options": options })).await;
    page.go("/contacts").await;
    page.until("the imported contacts", "document.querySelector('[data-testid=contacts-count]')?.dataset.count > 0")
        .await;
}

/// Seconds between two messages, the usual milliseconds between two ticks, and how many in a hundred fail; everything
/// that arrives is read.
pub async fn practise_at(page: &Page, pace: u32, ticks: u32, fails: u32) {
    let numbers = page.core("numbers", Value::Null).await;
    let mut hurried = numbers[0]["pace"].clone();
    hurried["minMs"] = json!(pace * 1_000);
    hurried["maxMs"] = json!(pace * 1_000);
    page.core("save_pace", json!({ "sessionId": numbers[0]["id"], "pace": hurried })).await;
    let people = json!({ "readPercent": 100, "failPercent": fails, "unreachablePercent": 0, "delayMs": ticks });
    page.core("save_practice_options", json!({ "options": people })).await;
}

/// A new draft for everybody, with a text; ends on the step where it is written.
pub async fn compose(page: &Page, name: &str, text: &str) {
    page.go("/home").await;
    page.press("home-new-campaign").await;
    page.write("composer-name", name).await;
    page.write("audience-basis", BASIS).await;
    page.press("to-content").await;
    page.write("composer-text", text).await;
}

pub async fn send_now(page: &Page) {
    page.press("to-schedule").await;
    page.press("schedule-now").await;
    page.press("to-review").await;
    start(page).await;
}

/// Presses the one button that starts it, and follows to the campaign's page.
pub async fn start(page: &Page) {
    page.press("schedule-start").await;
    page.until("the campaign's page", "document.querySelector('[data-testid=live-state]')").await;
}

/// Until the campaign on screen is over and every message of it is in this state.
pub async fn wait_for_all(page: &Page, state: &str, people: u64) {
    let all = format!(
        "document.querySelectorAll('[data-testid=recipient-row][data-state={state}]').length === {people}
         && document.querySelector('[data-testid=live-state]')?.dataset.state === 'finished'"
    );
    page.within(CAMPAIGN, &format!("{people} times {state}"), &all).await;
}

/// The messages of the campaign on screen as their people got them: phone and text.
pub async fn got(page: &Page) -> Vec<(String, String)> {
    let texts = parts(page).await.into_iter();
    texts.map(|(phone, part)| (phone, part["text"].as_str().unwrap_or_default().to_owned())).collect()
}

/// What kinds of parts they got, in their order.
pub async fn kinds(page: &Page) -> Vec<String> {
    parts(page).await.into_iter().map(|(_, part)| part["kind"].as_str().unwrap().to_owned()).collect()
}

/// The parts of the campaign on screen, each with its phone.
async fn parts(page: &Page) -> Vec<(String, Value)> {
    let id = page.run("return location.hash.split(/[/?]/)[2]").await.unwrap();
    let place = json!({ "after": null, "skip": 0, "limit": 500 });
    let query = json!({ "campaignId": id, "state": null, "search": "", "place": place });
    let rows = page.core("recipients", json!({ "query": query })).await;
    let mut got = Vec::new();
    for row in rows["rows"].as_array().unwrap() {
        let message = page.core("recipient", json!({ "messageId": row["messageId"] })).await;
        let phone = row["phoneShown"].as_str().unwrap().replace(' ', "");
        got.extend(message["parts"].as_array().unwrap().iter().map(|part| (phone.clone(), part.clone())));
    }
    got
}

pub async fn drop_on(page: &Page, onto: &str, file: &Path) {
    drop_files(page, onto, &[file]).await;
}

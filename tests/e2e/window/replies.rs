//! What people write back, read, decided and answered with the keyboard: over the emulator's wire.

use serde_json::json;

use crate::emulator::Emulator;
use crate::harness::{Harness, at_the_desk, fixture};
use crate::numbers::{SHOP, hurry, link_by_qr, open_all_day};
use crate::owner::{compose, start, wait_for_all, with_contacts};
use crate::page::Page;
use crate::screens::{fits_in_turkish_dark_and_small, speak};

const HATICE: &str = "905385550142";
const MURAT: &str = "905385550147";
const DERYA: &str = "905385550163";
const PEOPLE: &str =
    "name,phone\nHatice Güneş,+90 538 555 01 42\nMurat Çetin,+90 538 555 01 47\nDerya Acar,+90 538 555 01 63\n";
const DOWN: &str = "\u{E015}";
const UP: &str = "\u{E013}";
const CONTROL_ENTER: &str = "\u{E009}\u{E007}";

/// Waits until the list has these rows, the newest first, and the menu counts so many.
async fn lists(page: &Page, names: &[&str], unread: u64) {
    let rows =
        "[...document.querySelectorAll('[data-testid=reply-row] > b')].map((one) => one.innerText.split(',')[0])";
    let same = format!("JSON.stringify({rows}) === {}", json!(json!(names).to_string()));
    page.until(&format!("the rows {names:?}"), &same).await;
    let counted = "document.querySelector('[data-testid=nav-replies-count]')?.innerText ?? '0'";
    page.until(&format!("{unread} in the menu"), &format!("({counted}) === '{unread}'")).await;
}

async fn shows(page: &Page, name: &str) {
    page.says("talk-name", name).await;
}

async fn standing_of(page: &Page, search: &str) -> String {
    let query = json!({ "search": search, "order": "name", "descending": false, "standing": null, "tag": null, "place": { "after": null, "skip": 0, "limit": 1 } });
    let found = page.core("contacts", json!({ "query": query })).await;
    found["rows"][0]["standing"].as_str().unwrap().to_owned()
}

#[test]
fn replies_are_read_decided_and_answered_with_the_keyboard() {
    at_the_desk(async {
        let emulator = Emulator::start();
        let harness = Harness::new("replies");
        let ulak = harness.ulak_at(&emulator.chat).await;
        let page = &ulak.page;
        with_contacts(&harness, page, PEOPLE).await;
        open_all_day(page).await;
        page.core("top_up", json!({ "book": "real", "credits": 100, "price": "", "note": "" })).await;
        page.press("nav-replies").await;
        page.see("replies-empty").await;
        page.picture("nothing-yet").await;
        link_by_qr(page, &emulator).await;
        hurry(page).await;
        compose(page, "Autumn lens check", "Dear {{name}}, shall we check your lenses free of charge?").await;
        page.press("to-schedule").await;
        page.press("schedule-now").await;
        page.press("to-review").await;
        start(page).await;
        wait_for_all(page, "read", 3).await;

        emulator.reply(DERYA, SHOP, "DUR");
        page.press("nav-replies").await;
        lists(page, &["Derya Acar"], 1).await;
        emulator.reply(MURAT, SHOP, "Are you open on Saturday?");
        lists(page, &["Murat Çetin", "Derya Acar"], 2).await;
        emulator.reply(HATICE, SHOP, "Stop please, I bought glasses");
        lists(page, &["Hatice Güneş", "Murat Çetin", "Derya Acar"], 3).await;
        page.press("replies-list").await;
        page.key(UP).await;
        page.key(UP).await;
        shows(page, "Hatice Güneş").await;
        page.see("talk-judge").await;
        page.picture("near-miss").await;
        page.key("o").await;
        page.until("the end of the question", "!document.querySelector('[data-testid=talk-judge]')").await;
        assert_eq!(standing_of(page, "Hatice").await, "black");
        page.see("answer-refused").await;

        page.key(DOWN).await;
        shows(page, "Murat Çetin").await;
        page.key("r").await;
        page.key("Yes, from ten to six").await;
        page.picture("answer").await;
        page.key(CONTROL_ENTER).await;
        page.until("the answer in the chat", "[...document.querySelectorAll('[data-testid=chat-line]')].some((one) => one.innerText.includes('from ten to six') && one.querySelector('.tick--read'))").await;
        let told = emulator.seen().into_iter().filter(|seen| seen["to"] == json!(MURAT)).count();
        assert_eq!(told, 2, "the campaign and the answer");
        page.picture("answered").await;
        page.key("\u{E00C}").await;
        page.key("d").await;
        lists(page, &["Hatice Güneş", "Derya Acar"], 1).await;
        page.press("replies-show-done").await;
        lists(page, &["Murat Çetin"], 1).await;
        page.press("replies-show-stops").await;
        lists(page, &["Derya Acar"], 1).await;
        page.picture("opted-out").await;

        let photo = std::fs::read(fixture("media/sample.jpg")).unwrap();
        emulator.send_photo(DERYA, SHOP, &photo, "Bu gözlük var mı?");
        page.press("replies-show-unread").await;
        page.until(
            "the photo in the list",
            "document.querySelector('[data-testid=reply-row]')?.innerText.includes('A photo · Bu gözlük')",
        )
        .await;
        page.press("reply-row").await;
        page.press("file-fetch").await;
        page.until("the photo", "document.querySelector('[data-testid=file-picture]')?.naturalWidth > 0").await;
        page.picture("photo").await;
        emulator.reply(MURAT, SHOP, "please stop");
        let near = async || {
            page.go("/replies?show=near").await;
            page.see("talk-judge").await;
            page.see("chat-line").await;
        };
        fits_in_turkish_dark_and_small(page, "replies", near).await;
        speak(page, "id", "light").await;
        near().await;
        page.save("replies-id-light-1280", "screens").await;
        speak(page, "en", "dark").await;
        near().await;
        page.save("replies-en-dark-1280", "screens").await;
        page.key("n").await;
        page.until("nothing to decide", "document.querySelector('[data-testid=replies-empty]')").await;
        assert_eq!(standing_of(page, "Murat").await, "normal");
        ulak.close().await;
    });
}

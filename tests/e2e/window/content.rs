//! Writing: files off the desktop in the order that the owner wants, counters that count as WhatsApp does, and a
//! template from its first word to the answers that came back.

use serde_json::json;

use crate::drag::{drag, drop_files, paste};
use crate::harness::{Harness, at_the_desk, fixture};
use crate::owner::{SIX, compose, got, kinds, practise_at, send_now, start, wait_for_all, with_contacts};
use crate::page::Page;
use crate::patience::CAMPAIGN;
use crate::phones;
use crate::screens::fits_in_turkish_dark_and_small;

const NAMES: &str = "[...document.querySelectorAll('[data-testid=file-row] .file__name')].map((one) => one.innerText)";

/// Waits until the files stand in this order.
async fn files_are(page: &Page, names: &[&str]) {
    let same = format!("JSON.stringify({NAMES}) === {}", json!(json!(names).to_string()));
    page.until(&format!("the files {names:?}"), &same).await;
}

#[test]
fn files_are_dropped_put_in_order_removed_and_all_arrive() {
    at_the_desk(async {
        let harness = Harness::new("files");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, "name,phone\nAyşe Yılmaz,+90 532 555 01 42\n").await;
        practise_at(page, 1, 300, 0).await;
        compose(page, "Autumn menu", "Merhaba {{name}}, yeni menümüz ekte.").await;
        let files =
            ["sample.jpg", "vbr.mp3", "pages-300.pdf", "plain.mp4"].map(|name| fixture(&format!("media/{name}")));
        drop_files(page, "composer-drop", &files.each_ref().map(|file| file.as_path())).await;
        files_are(page, &["sample.jpg", "vbr.mp3", "pages-300.pdf", "plain.mp4"]).await;
        page.picture("dropped").await;
        let up = "const grips = document.querySelectorAll('[data-grip]'); grips[2].focus();
            grips[2].dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', altKey: true, bubbles: true }));
            return null";
        page.run(up).await.unwrap();
        files_are(page, &["sample.jpg", "pages-300.pdf", "vbr.mp3", "plain.mp4"]).await;
        let film =
            page.run("return [...document.querySelectorAll('[data-testid^=\"file-remove:\"]')].at(-1).dataset.testid");
        page.press(film.await.unwrap().as_str().unwrap()).await;
        files_are(page, &["sample.jpg", "pages-300.pdf", "vbr.mp3"]).await;
        // The phone shows the photo; the page does not keep the whole of its 1,200 pixels.
        let photo = "document.querySelector('[data-testid=phone] img')";
        page.until("the photo, as large as the phone", &format!("{photo}?.naturalWidth === 640")).await;
        page.picture("in-order").await;
        send_now(page).await;
        wait_for_all(page, "read", 1).await;
        assert_eq!(phones::shown(&harness.data()), 4);
        assert_eq!(kinds(page).await, ["image", "document", "voice", "text"]);
        page.picture("read").await;
    });
}

#[test]
fn a_picture_is_pasted_and_a_file_moved_with_the_pointer() {
    at_the_desk(async {
        let harness = Harness::new("paste");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, "name,phone\nAyşe Yılmaz,+90 532 555 01 42\n").await;
        practise_at(page, 1, 300, 0).await;
        compose(page, "Autumn menu", "Merhaba {{name}}, yeni menümüz ekte.").await;
        page.press("composer-text").await;
        paste(&fixture("media/transparent.png")).await;
        files_are(page, &["Pasted file.png"]).await;
        page.picture("pasted").await;
        drop_files(page, "composer-drop", &[&fixture("media/vbr.mp3"), &fixture("media/pages-300.pdf")]).await;
        files_are(page, &["Pasted file.png", "vbr.mp3", "pages-300.pdf"]).await;
        let grips = "return [...document.querySelectorAll('[data-testid=file-row] [data-grip]')].map((grip) => {
            const box = grip.getBoundingClientRect();
            return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]; })";
        let grips: Vec<(i64, i64)> = serde_json::from_value(page.run(grips).await.unwrap()).unwrap();
        drag(grips[2], grips[0]).await;
        files_are(page, &["pages-300.pdf", "Pasted file.png", "vbr.mp3"]).await;
        page.picture("moved").await;
        send_now(page).await;
        wait_for_all(page, "read", 1).await;
        assert_eq!(phones::shown(&harness.data()), 4);
        assert_eq!(kinds(page).await, ["document", "image", "voice", "text"]);
    });
}

/// How the text with numbered answers ends on a phone.
const QUESTION: &str = "Geliyor musunuz?\n1. Evet, gelirim\n2. Hayır, gelemem";

/// Notes for how long the page stood still at most until every file has its verdict, in milliseconds.
const WATCH_PAUSES: &str = "let last = performance.now();
    window.longestPause = 0;
    const timer = setInterval(() => {
        const now = performance.now();
        window.longestPause = Math.max(window.longestPause, Math.round(now - last));
        last = now;
        if (document.querySelector('[data-testid=file-refused]') && !document.querySelector('[data-testid=file-reading]')) {
            clearInterval(timer);
            window.allAnswered = true;
        }
    }, 5);
    return null";

#[test]
fn of_five_hundred_photos_ten_are_taken_and_every_other_is_answered() {
    at_the_desk(async {
        let harness = Harness::new("five-hundred");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        compose(page, "Whole album", "Merhaba {{name}}.").await;
        let album = tempfile::tempdir().unwrap();
        let photos: Vec<_> = (1..=500).map(|number| album.path().join(format!("photo-{number:03}.jpg"))).collect();
        for photo in &photos {
            std::fs::copy(fixture("media/sample.jpg"), photo).unwrap();
        }
        let photos: Vec<_> = photos.iter().map(std::path::PathBuf::as_path).collect();
        page.run(WATCH_PAUSES).await.unwrap();
        drop_files(page, "composer-drop", &photos).await;
        page.within(CAMPAIGN, "an answer to every photo", "window.allAnswered").await;
        println!(
            "500 photos dropped: the page paused for {} ms at most",
            page.run("return longestPause").await.unwrap()
        );
        let taken = page.run(&format!("return {NAMES}")).await.unwrap();
        let first: Vec<_> = (1..=10).map(|number| format!("photo-{number:03}.jpg")).collect();
        assert_eq!(taken, json!(first));
        page.says("file-refused", "photo-011.jpg and 489 more").await;
        page.picture("answered").await;
    });
}

#[test]
fn the_counter_counts_as_whatsapp_does() {
    at_the_desk(async {
        let harness = Harness::new("counter");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        compose(page, "Long caption", "a").await;
        drop_files(page, "composer-drop", &[&fixture("media/sample.jpg")]).await;
        files_are(page, &["sample.jpg"]).await;
        // Each with the length after it: two for an emoji outside the first plane, four for a flag, and every
        // combining mark by itself.
        let pasted = "a".repeat(1_019);
        for (typed, length, mood) in [
            (pasted.as_str(), 1_020, "near"),
            ("bcd", 1_023, "near"),
            ("e", 1_024, "near"),
            ("f", 1_025, "over"),
            ("🎂", 1_027, "over"),
            ("🇹🇷", 1_031, "over"),
            ("e\u{301}", 1_033, "over"),
        ] {
            // As an input method writes it: the driver has no key for an emoji.
            let insert = format!(
                "document.querySelector('[data-testid=composer-text]').focus();
                 document.execCommand('insertText', false, {}); return null",
                json!(typed)
            );
            page.run(&insert).await.unwrap();
            let counted = format!(
                "document.querySelector('[data-testid=counter][data-length=\"{length}\"][data-limit=\"1024\"]')?.dataset.mood === '{mood}'"
            );
            page.until(&format!("{length} after {typed:?}"), &counted).await;
            if length == 1_025 {
                page.picture("one-too-many").await;
            }
        }
    });
}

#[test]
fn a_template_goes_from_its_first_word_to_the_answers_that_came_back() {
    at_the_desk(async {
        let harness = Harness::new("template");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        practise_at(page, 1, 300, 0).await;
        page.go("/templates").await;
        page.press("templates-new").await;
        page.write("composer-name", "Randevu hatırlatma").await;
        page.write("composer-text", "Merhaba {{name}}, yarın 14:00 için randevunuz var.").await;
        page.press("composer-choice").await;
        page.write("choice-question", "Geliyor musunuz?").await;
        page.write("choice-option-1", "Evet, gelirim").await;
        page.write("choice-option-2", "Hayır, gelemem").await;
        page.picture("template").await;
        page.press("template-send").await;
        page.until("the new campaign", "/^#\\/campaigns\\/[0-9a-f-]{36}\\//.test(location.hash)").await;
        let campaign = page.run("return location.hash.split('/')[2]").await.unwrap();
        page.go(&format!("/campaigns/{}/audience", campaign.as_str().unwrap())).await;
        // A reminder needs no consent, so nothing is asked but whom it goes to.
        page.press("to-content").await;
        page.until(
            "the answers in the bubble",
            "document.querySelector('[data-testid=phone]')?.innerText.includes('2. Hayır, gelemem')",
        )
        .await;
        page.picture("content").await;
        page.press("to-schedule").await;
        page.press("schedule-now").await;
        page.press("to-review").await;
        start(page).await;
        wait_for_all(page, "read", 6).await;
        let asked = got(page).await;
        let replied = "Number(document.querySelector('[data-testid=live-replied]')?.dataset.count)";
        let chosen = "[...document.querySelectorAll('[data-testid=live-chosen]')].reduce((sum, one) => sum + Number(one.dataset.people), 0)";
        page.within(CAMPAIGN, "answers that are understood", &format!("{replied} > 1 && {replied} === {chosen}")).await;
        page.picture("answers").await;
        let live = page.run("return location.hash.slice(1)").await.unwrap();
        let live = live.as_str().unwrap();
        page.press("live-replies").await;
        page.until("what people wrote", "document.querySelectorAll('[data-testid=reply-row]').length > 1").await;
        page.picture("replies").await;
        fits_in_turkish_dark_and_small(page, "answers", async || {
            page.go(live).await;
            page.see("live-answers").await;
        })
        .await;
        fits_in_turkish_dark_and_small(page, "replies", async || {
            page.go(live).await;
            page.press("live-replies").await;
            page.see("reply-row").await;
            page.see("chat-line").await;
        })
        .await;
        fits_in_turkish_dark_and_small(page, "choice", async || {
            page.go("/templates").await;
            let row = page
                .until("the template", "document.querySelector('[data-testid^=\"template-row:\"]')?.dataset.testid");
            let row = row.await.as_str().unwrap().replace("template-row:", "");
            page.go(&format!("/templates/{row}")).await;
            page.see("choice").await;
        })
        .await;
        let said = phones::shown(&harness.data());
        assert!(said == 6 && asked.iter().all(|(_, text)| text.ends_with(QUESTION)), "{said}: {asked:?}");
    });
}

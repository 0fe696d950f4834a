//! Real numbers in the real window: the real WhatsApp library, over the emulator's wire.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::harness::{Harness, at_the_desk};
use crate::owner::{compose, start, with_contacts};
use crate::page::Page;
use crate::patience::CAMPAIGN;
use crate::screens::{customers, fits_in_turkish_dark_and_small};

pub const SHOP: &str = "905550000001";
const DELIVERY: &str = "905550000002";
const BRANCH: &str = "905550000003";
const PEOPLE: u64 = 24;

#[test]
fn numbers_are_linked_off_the_screen_and_a_campaign_outlives_the_ban_of_one() {
    at_the_desk(async {
        let emulator = Emulator::start();
        let harness = Harness::new("numbers");
        let ulak = harness.ulak_at(&emulator.chat).await;
        let page = &ulak.page;
        with_contacts(&harness, page, &customers(PEOPLE as usize)).await;
        open_all_day(page).await;
        page.core("top_up", json!({ "book": "real", "credits": 100, "price": "", "note": "" })).await;

        link_by_qr(page, &emulator).await;
        link_by_code(page, &emulator).await;
        let connected =
            "document.querySelectorAll('[data-testid^=\"number-state:\"][data-state=connected]').length === 2";
        page.until("two connected numbers", connected).await;
        page.picture("both-connected").await;
        let (shop, delivery) = hurry_both(page).await;

        compose(page, "Hafta sonu", "Merhaba {{name}}, bu hafta sonu ikinci kahve bizden.").await;
        page.press("to-schedule").await;
        for number in [&shop, &delivery] {
            choose(page, number).await;
        }
        page.press("schedule-now").await;
        page.until("the half of each", "document.body.innerText.match(/50\\s?%/g)?.length === 2").await;
        page.press("to-review").await;
        page.says("review-credits", &PEOPLE.to_string()).await;
        page.says("review-unknown", "24 people").await;
        page.picture("over-two-numbers").await;
        page.press("look-up").await;
        let known = "!document.querySelector('[data-testid=review-unknown], [data-testid=look-up-running]')";
        page.until("that all are on WhatsApp", known).await;
        page.says("review-credits", &PEOPLE.to_string()).await;
        page.picture("looked-up").await;
        start(page).await;
        let campaign = page.run("return location.hash.slice(1)").await.unwrap();
        let sent = |count: u64| {
            format!("Number(document.querySelector('[data-testid=live-count-sent]')?.dataset.count) >= {count}")
        };
        page.within(CAMPAIGN, "a third of the campaign", &sent(PEOPLE / 3)).await;
        // Nothing is on its way when the ban comes, or that would stay in doubt for as long as the ban.
        page.press("pause").await;
        let at_rest = "document.querySelector('[data-testid=live-state]')?.dataset.state === 'paused'
            && !document.querySelector('[data-testid=recipient-row][data-state=sending]')";
        page.until("the pause", at_rest).await;
        let ban = json!({ "kind": "refuse", "reason": 402, "code": 101, "expire": 7200 });
        emulator.fault(&json!({ "owner": SHOP, "fault": ban }));
        emulator.cut_off(SHOP);
        page.go("/numbers").await;
        let banned =
            format!("document.querySelector('[data-testid=\"number-state:{shop}\"]')?.dataset.state === 'banned'");
        page.until("the ban", &banned).await;
        page.picture("the-ban").await;
        page.go(campaign.as_str().unwrap()).await;
        page.press("resume").await;
        page.within(CAMPAIGN, "two thirds of the campaign", &sent(2 * PEOPLE / 3)).await;
        page.picture("one-is-banned").await;
        page.within(
            CAMPAIGN,
            "the end of the campaign",
            &format!(
                "{} && document.querySelector('[data-testid=live-state]')?.dataset.state === 'finished'",
                sent(PEOPLE)
            ),
        )
        .await;
        page.says("live-count-failed", "0").await;
        page.picture("finished").await;
        everybody_saw_it_once(&emulator);
        fits_in_turkish_dark_and_small(page, "numbers-banned", async || {
            page.go("/numbers").await;
            page.until("the ban", &banned).await;
        })
        .await;
        fits_in_turkish_dark_and_small(page, "numbers-link", async || {
            page.go("/numbers").await;
            page.press("numbers-link").await;
            page.see("link-qr").await;
        })
        .await;
        fits_in_turkish_dark_and_small(page, "live-two-numbers", async || {
            page.go(campaign.as_str().unwrap()).await;
            page.see("live-numbers").await;
        })
        .await;
        fits_in_turkish_dark_and_small(page, "numbers-linked", async || {
            page.go("/numbers").await;
            page.press("numbers-link").await;
            page.see("link-qr").await;
            emulator.scan(BRANCH, &read_qr(&page.painted().await));
            page.see("link-done").await;
        })
        .await;
        ulak.close().await;
    });
}

/// Real numbers keep the sending hours, and this story happens at any hour.
pub async fn open_all_day(page: &Page) {
    let mut settings = page.core("settings", Value::Null).await;
    settings["hoursFrom"] = json!(0);
    settings["hoursTo"] = json!(0);
    page.core("save_settings", json!({ "settings": settings })).await;
}

pub async fn link_by_qr(page: &Page, emulator: &Emulator) {
    page.go("/numbers").await;
    page.see("numbers-empty").await;
    page.press("numbers-link").await;
    page.see("link-risk").await;
    page.picture("risk").await;
    page.press("link-accept").await;
    page.see("link-qr").await;
    page.picture("qr").await;
    emulator.scan(SHOP, &read_qr(&page.painted().await));
    finish(page, "Dükkân").await;
}

async fn link_by_code(page: &Page, emulator: &Emulator) {
    page.press("numbers-link").await;
    page.press("link-how-code").await;
    page.write("link-phone", "0555 000 00 02").await;
    page.press("link-ask-code").await;
    let code = page.text("link-code").await;
    page.picture("code").await;
    // The phone has two rows of four fields.
    emulator.enter(DELIVERY, &code.replace('-', ""));
    finish(page, "Paket servis").await;
}

async fn finish(page: &Page, name: &str) {
    page.see("link-done").await;
    page.write("link-name", name).await;
    page.picture("linked").await;
    page.press("link-finish").await;
    page.until("the end of the dialog", "!document.querySelector('dialog[open]')").await;
}

/// What a camera reads off the screen.
fn read_qr(picture: &[u8]) -> String {
    let picture = image::load_from_memory(picture).unwrap().to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut screen =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| picture.get_pixel(x as u32, y as u32).0[0]);
    let codes = screen.detect_grids();
    assert_eq!(codes.len(), 1, "one code is on the screen");
    codes[0].decode().expect("the code can be read").1
}

/// A second between two messages; gives the real numbers.
pub async fn hurry(page: &Page) -> Vec<Value> {
    let numbers = page.core("numbers", Value::Null).await;
    let own = numbers.as_array().unwrap().iter().filter(|number| number["kind"] == "whatsapp").cloned();
    let own: Vec<Value> = own.collect();
    for number in &own {
        let mut hurried = number["pace"].clone();
        hurried["minMs"] = json!(1_000);
        hurried["maxMs"] = json!(1_000);
        page.core("save_pace", json!({ "sessionId": number["id"], "pace": hurried })).await;
    }
    own
}

/// The two numbers in the order in which they were linked.
async fn hurry_both(page: &Page) -> (String, String) {
    let own = hurry(page).await;
    let id = |phone: &str| {
        let number = own.iter().find(|number| number["phone"].as_str().unwrap().ends_with(phone)).unwrap();
        number["id"].as_str().unwrap().to_owned()
    };
    (id(SHOP), id(DELIVERY))
}

async fn choose(page: &Page, number: &str) {
    let id = format!("schedule-number:{number}");
    page.see(&id).await;
    let checked = format!("return document.querySelector('[data-testid=\"{id}\"]').checked");
    if page.run(&checked).await.unwrap() != json!(true) {
        page.press(&id).await;
    }
}

fn everybody_saw_it_once(emulator: &Emulator) {
    let mut times: BTreeMap<String, u64> = BTreeMap::new();
    let mut from: BTreeMap<String, u64> = BTreeMap::new();
    for seen in emulator.seen() {
        *times.entry(seen["to"].as_str().unwrap().to_owned()).or_default() += 1;
        *from.entry(seen["from"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(times.len() as u64, PEOPLE, "nobody was forgotten");
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    let (shop, delivery) = (from[SHOP], from[DELIVERY]);
    assert!(shop >= 1 && shop < delivery, "the other number took over: {from:?}");
}

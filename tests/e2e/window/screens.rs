//! Every screen in every language, light and dark, in the window's own size and in a small one: a picture of
//! each in `artifacts/screens`, and nothing on any of them that does not fit.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::fit::misfits;
use crate::harness::{Harness, at_the_desk};
use crate::owner::{BASIS, practise_at, with_contacts};
use crate::page::Page;

const SIZES: [(u32, u32); 2] = [(1280, 800), (1024, 700)];
/// What a screen is called, its address, and what is on it when it is ready.
type Screen = (&'static str, String, &'static str);

#[test]
fn every_screen_fits_in_every_language_look_and_size() {
    at_the_desk(async {
        let harness = Harness::new("screens");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        let screens = a_busy_shop(&harness, page).await;
        the_check_would_notice(page).await;
        let mut wrong = String::new();
        for (language, theme) in
            [("tr", "light"), ("tr", "dark"), ("id", "light"), ("id", "dark"), ("en", "dark"), ("en", "light")]
        {
            speak(page, language, theme).await;
            for (width, height) in SIZES {
                page.resize(width, height).await;
                for (name, address, ready) in &screens {
                    page.go(address).await;
                    page.until(name, &format!("location.hash.endsWith({address:?}) && {ready}")).await;
                    let picture = format!("{name}-{language}-{theme}-{width}");
                    page.save(&picture, "screens").await;
                    for misfit in misfits(page).await {
                        writeln!(wrong, "{picture}: {misfit}").unwrap();
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "\n{wrong}");
    });
}

/// A check that finds nothing proves nothing, so it has to find a button that was made too narrow.
async fn the_check_would_notice(page: &Page) {
    page.go("/home").await;
    page.see("home-new-campaign").await;
    let width = |width: &str| {
        format!("document.querySelector('[data-testid=home-new-campaign]').style.cssText = '{width}'; return null")
    };
    page.run(&width("width: 60px; white-space: nowrap")).await.unwrap();
    assert!(misfits(page).await.iter().any(|one| one.contains("sticks out")), "the check is blind");
    page.run(&width("")).await.unwrap();
}

pub async fn speak(page: &Page, language: &str, theme: &str) {
    page.go("/settings").await;
    page.press(&format!("settings-language-{language}")).await;
    page.press(&format!("settings-theme-{theme}")).await;
    let spoken = format!("document.documentElement.lang.startsWith('{language}')");
    let painted = format!("document.documentElement.dataset.theme === '{theme}'");
    page.until("the language and the look", &format!("{spoken} && {painted}")).await;
}

/// The screen as it stands, in Turkish, dark and small: a picture, and nothing on it that does not fit. `at` brings it
/// back after the change.
pub async fn fits_in_turkish_dark_and_small(page: &Page, name: &str, at: impl AsyncFnOnce()) {
    speak(page, "tr", "dark").await;
    page.resize(1024, 700).await;
    at().await;
    page.save(&format!("{name}-tr-dark-1024"), "screens").await;
    let wrong = misfits(page).await;
    assert!(wrong.is_empty(), "{name}: {wrong:?}");
    speak(page, "en", "light").await;
    page.resize(1280, 800).await;
}

/// Seventy customers, a campaign on its way to them, another for tomorrow, and a draft with a photo.
async fn a_busy_shop(harness: &Harness, page: &Page) -> Vec<Screen> {
    with_contacts(harness, page, &customers(70)).await;
    practise_at(page, 4, 300, 12).await;
    let mut settings = page.core("settings", Value::Null).await;
    settings["businessName"] = json!("Kavaklıdere Pastanesi");
    settings["hoursFrom"] = json!(0);
    settings["hoursTo"] = json!(0);
    page.core("save_settings", json!({ "settings": settings })).await;

    let tomorrow = page.run("return Date.now() + 86400000").await.unwrap();
    let live = campaign(page, "Kasım indirimi: bütün pastalarda yüzde yirmi", Value::Null).await;
    page.core("schedule_campaign", json!({ "draftId": live, "onlyCovered": false })).await;
    let later = campaign(page, "Yılbaşı siparişleri", tomorrow).await;
    page.core("schedule_campaign", json!({ "draftId": later, "onlyCovered": false })).await;
    let draft = campaign(page, "Hafta sonu kahvaltısı", Value::Null).await;
    let photo = crate::harness::fixture("media/sample.jpg");
    page.core("add_media", json!({ "draftId": draft, "path": photo })).await;

    let mut template = page.core("create_template", json!({ "language": "tr" })).await;
    template["name"] = json!("Yılbaşı siparişi: pasta, kurabiye, çikolata");
    template["text"] = json!("Merhaba {{name}}, yılbaşı siparişiniz için ne hazırlayalım?");
    template["choice"] = json!({ "style": "numbered", "question": "Seçiminiz?",
        "options": ["Pasta", "Kurabiye", "Çikolata kutusu, yüz yirmi parça"] });
    page.core("save_template", json!({ "edit": template })).await;
    let template = template["id"].as_str().unwrap();

    let list =
        harness.file("yeni müşteriler.csv", customers(12) + "Burak Güneş,9.05412E+11,Trabzon,\nSelin,12345,Muğla,\n");
    let list = page.run(&format!("return encodeURIComponent({})", json!(list))).await.unwrap();
    let list = list.as_str().unwrap();
    vec![
        ("home", "/home".to_owned(), "document.querySelector('[data-testid=home-live]')"),
        ("contacts", "/contacts".to_owned(), "document.querySelector('[data-testid=contacts-table] tbody td')"),
        ("import", format!("/contacts/import?file={list}"), "document.querySelector('[data-testid=import-why]')"),
        ("campaigns", "/campaigns".to_owned(), "document.querySelector('[data-testid^=campaign-row]')"),
        ("audience", format!("/campaigns/{draft}/audience"), "document.querySelector('[data-testid=who-gets]')"),
        (
            "content",
            format!("/campaigns/{draft}/content"),
            "document.querySelector('[data-testid=phone] img')?.complete",
        ),
        ("schedule", format!("/campaigns/{draft}/schedule"), "document.querySelector('[data-testid=schedule-start]')"),
        ("live", format!("/campaigns/{live}"), "document.querySelector('[data-testid=recipient-row]')"),
        ("templates", "/templates".to_owned(), "document.querySelector('[data-testid=templates-new]')"),
        ("template", format!("/templates/{template}"), "document.querySelector('[data-testid=choice-option-3]')"),
        ("numbers", "/numbers".to_owned(), "document.querySelector('[data-testid=numbers-link]')"),
        ("credits", "/credits".to_owned(), "document.querySelector('[data-testid=credits-table] tbody td')"),
        ("settings", "/settings".to_owned(), "document.querySelector('[data-testid=practice-read]')"),
    ]
}

/// A composed draft for everybody; returns its id.
pub async fn campaign(page: &Page, name: &str, due_at: Value) -> String {
    let mut draft = page.core("create_draft", Value::Null).await;
    draft["name"] = json!(name);
    draft["text"] =
        json!("Merhaba {{name}}, *{{city}}* şubemizde bu hafta bütün pastalarda yüzde yirmi indirim var. Bekleriz!");
    draft["dueAt"] = due_at;
    draft["consentBasis"] = json!(BASIS);
    let numbers = page.core("numbers", Value::Null).await;
    draft["sessionIds"] = json!([numbers[0]["id"]]);
    page.core("save_draft", json!({ "edit": draft })).await;
    draft["id"].as_str().unwrap().to_owned()
}

/// An invented list; one in seven has left no city, so nobody of them can get a text that names it.
pub fn customers(count: usize) -> String {
    const NAMES: [&str; 7] = ["Ayşe", "Mehmet", "Zeynep Nur", "Emre", "Elif", "Mustafa Kemal", "Fatma"];
    const FAMILIES: [&str; 5] = ["Yılmaz", "Öztürk", "Kaya", "Büyükkaramanlıoğlu", "Çelik"];
    const CITIES: [&str; 7] = ["İstanbul", "Ankara", "İzmir", "Bursa", "Afyonkarahisar", "Konya", ""];
    let mut list = "name,phone,city,tags\n".to_owned();
    for one in 0..count {
        let tags = if one % 3 == 0 { "toptan müşteri" } else { "" };
        let (name, family, city) = (NAMES[one % 7], FAMILIES[one % 5], CITIES[one % 7]);
        writeln!(list, "{name} {family},+90 532 555 {:02} {:02},{city},{tags}", one / 100, one % 100).unwrap();
    }
    list
}

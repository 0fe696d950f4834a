//! Every screen in every language, look and usual size, with the longest texts that an owner can give it: a picture of
//! each in `artifacts/screens`, and nothing on any of them that does not fit.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::fit::{doubled, misfits};
use crate::harness::{Harness, at_the_desk};
use crate::owner::{BASIS, practise_at, with_contacts};
use crate::page::Page;

/// The smallest window, and the screens of laptops.
const SIZES: [(u32, u32); 4] = [(1024, 640), (1280, 720), (1366, 768), (1920, 1080)];
/// One screen: its address, and what is done there until it is ready.
pub struct Screen {
    pub name: &'static str,
    address: String,
    /// A JavaScript expression that finds what comes last.
    ready: &'static str,
    /// What is pressed then, each of them as soon as it is there.
    presses: &'static [&'static str],
    /// What is typed, and where, once the first of them is pressed.
    typed: Option<(&'static str, &'static str)>,
}

impl Screen {
    const fn new(name: &'static str, address: String, ready: &'static str) -> Self {
        Self { name, address, ready, presses: &[], typed: None }
    }

    const fn pressing(mut self, presses: &'static [&'static str]) -> Self {
        self.presses = presses;
        self
    }

    const fn typing(mut self, field: &'static str, text: &'static str) -> Self {
        self.typed = Some((field, text));
        self
    }

    pub async fn open(&self, page: &Page) {
        page.run(CLOSE).await.unwrap();
        page.go(&self.address).await;
        page.until(self.name, &format!("location.hash.endsWith({:?}) && {}", self.address, self.ready)).await;
        for (place, press) in self.presses.iter().enumerate() {
            page.until(press, &format!("document.querySelector({press:?})")).await;
            page.run(&format!("document.querySelector({press:?}).click(); return null")).await.unwrap();
            if let Some((field, text)) = self.typed.filter(|_| place == 0) {
                page.until(field, &format!("document.querySelector({field:?})")).await;
                let typed = format!(
                    "const field = document.querySelector({field:?}); field.value = {text:?};
                     field.dispatchEvent(new Event('input', {{ bubbles: true }})); return null"
                );
                page.run(&typed).await.unwrap();
            }
        }
    }
}

/// What an earlier screen has left open goes with its page.
const CLOSE: &str = "
document.querySelector('dialog[open]')?.dispatchEvent(new Event('cancel', { cancelable: true }));
location.hash = '/help';
return null";

#[test]
fn every_screen_fits_in_turkish() {
    every_screen_fits("tr", "screens-tr");
}

#[test]
fn every_screen_fits_in_indonesian() {
    every_screen_fits("id", "screens-id");
}

#[test]
fn every_screen_fits_in_english() {
    every_screen_fits("en", "screens-en");
}

fn every_screen_fits(language: &str, name: &'static str) {
    at_the_desk(async {
        let harness = Harness::new(name);
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        let screens = a_busy_shop(&harness, page).await;
        the_check_would_notice(page).await;
        let mut wrong = String::new();
        for (width, height) in SIZES {
            page.resize(width, height).await;
            // Colours move nothing, so the dark look is for the eye alone.
            for theme in ["dark", "light"].iter().skip(usize::from(width != 1280)) {
                speak(page, language, theme).await;
                for screen in &screens {
                    screen.open(page).await;
                    let picture = format!("{}-{language}-{theme}-{width}", screen.name);
                    if width == 1280 || (width, language) == (1024, "tr") {
                        page.save(&picture, "screens").await;
                    }
                    for misfit in misfits(page).await {
                        writeln!(wrong, "{picture}: {misfit}").unwrap();
                    }
                    for heading in doubled(page).await {
                        writeln!(wrong, "{picture}: the heading {heading:?} stands twice").unwrap();
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "\n{wrong}");
    });
}

/// What a fourth language may ask of a screen: words that are longer by 40 %, with accents, and from right to left.
#[test]
fn every_screen_fits_in_a_longer_language_from_right_to_left() {
    at_the_desk(async {
        let harness = Harness::new("screens-pseudo");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        let screens = a_busy_shop(&harness, page).await;
        speak(page, "en", "light").await;
        let pseudo = pseudo();
        let said = "return document.querySelector('main').innerText.length";
        let before = page.run(said).await.unwrap().as_f64().unwrap();
        page.run(&pseudo).await.unwrap();
        let longer = page.run(said).await.unwrap().as_f64().unwrap() / before;
        assert!((1.25..1.5).contains(&longer), "the words are not longer: {longer}");
        let mut wrong = String::new();
        for (width, height) in [(1024, 640), (1280, 720)] {
            page.resize(width, height).await;
            for screen in &screens {
                screen.open(page).await;
                page.run(&pseudo).await.unwrap();
                let picture = format!("{}-pseudo-{width}", screen.name);
                page.save(&picture, "screens").await;
                for misfit in misfits(page).await {
                    writeln!(wrong, "{picture}: {misfit}").unwrap();
                }
            }
        }
        assert!(wrong.is_empty(), "\n{wrong}");
    });
}

/// The script that speaks it, with all the words that Ulak says in English.
fn pseudo() -> String {
    let messages: Value = serde_json::from_str(include_str!("../../../ui/messages/en.json")).unwrap();
    let mut words = BTreeSet::new();
    let mut said: Vec<&Value> = vec![&messages];
    while let Some(value) = said.pop() {
        match value {
            Value::Object(values) => said.extend(values.values()),
            Value::Array(values) => said.extend(values),
            Value::String(text) => words.extend(spoken(text)),
            _ => {}
        }
    }
    format!("const words = {}; {}", json!(words), include_str!("pseudo.js"))
}

/// Without what is filled in.
fn spoken(text: &str) -> impl Iterator<Item = String> {
    let texts = text.split('{').map(|piece| piece.rsplit('}').next().unwrap_or_default());
    texts.flat_map(|text| text.split(|c: char| !c.is_alphabetic() && !"'’-".contains(c))).map(str::to_lowercase)
}

/// Checks that find nothing prove nothing, so they have to find a button that was made too narrow, a text over another one,
/// something over a button, and a heading twice.
async fn the_check_would_notice(page: &Page) {
    page.go("/home").await;
    page.see("home-new-campaign").await;
    let width = |width: &str| {
        format!("document.querySelector('[data-testid=home-new-campaign]').style.cssText = '{width}'; return null")
    };
    page.run(&width("width: 60px; white-space: nowrap")).await.unwrap();
    assert!(misfits(page).await.iter().any(|one| one.contains("sticks out")), "the check is blind");
    page.run(&width("")).await.unwrap();
    let twice = "const one = document.querySelector('main h2'); one.before(one.cloneNode(true)); return null";
    page.run(twice).await.unwrap();
    assert!(!doubled(page).await.is_empty(), "the check of headings is blind");
    page.run("document.querySelector('main h2').remove(); return null").await.unwrap();
    for (what, over, told) in [
        ("main.querySelector('h2').cloneNode(true)", "main.querySelector('h2')", "lie over each other"),
        ("document.createElement('div')", BUTTON, "lies over <"),
    ] {
        page.run(&LAY_OVER.replace("WHAT", what).replace("OVER", over)).await.unwrap();
        let found = misfits(page).await;
        assert!(found.iter().any(|one| one.contains(told)), "the check of what lies over it is blind: {found:?}");
        page.run("document.querySelector('.laid-over').remove(); return null").await.unwrap();
    }
}

/// One of those that scroll with the page: what stays in its place may be over others.
const BUTTON: &str = "[...main.querySelectorAll('a.btn, button.btn')].find((one) => {
    for (let at = one; at; at = at.parentElement) if (['sticky', 'fixed'].includes(getComputedStyle(at).position)) return false;
    const box = one.getBoundingClientRect();
    return box.top > 0 && box.bottom < innerHeight - 80;
})";

/// A text stands beside what it is laid over, so that nothing clips it; anything else at the end of the screen.
const LAY_OVER: &str = "const main = document.querySelector('main');
    const [what, over] = [WHAT, OVER];
    what.classList.add('laid-over');
    const to = over.getBoundingClientRect();
    if (what.textContent !== '') over.after(what);
    else {
        main.append(what);
        what.style.cssText = `position: absolute; left: 0; top: 0; width: ${to.width}px; height: ${to.height}px; z-index: 9`;
    }
    const from = what.getBoundingClientRect();
    what.style.transform = `translate(${to.left - from.left}px, ${to.top - from.top}px)`;
    return null";

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

/// Seventy customers, a campaign on its way to them, another for tomorrow, and a draft with a photo, answers to choose from
/// and a text that is too long for a caption. Names are as long as they may be.
pub async fn a_busy_shop(harness: &Harness, page: &Page) -> Vec<Screen> {
    with_contacts(harness, page, &customers(70)).await;
    practise_at(page, 4, 300, 12).await;
    let mut settings = page.core("settings", Value::Null).await;
    settings["businessName"] = json!("Kavaklıdere Büyükkaramanlıoğlu Pastaneleri ve Unlu Mamulleri");
    settings["hoursFrom"] = json!(0);
    settings["hoursTo"] = json!(0);
    page.core("save_settings", json!({ "settings": settings })).await;

    let tomorrow = page.run("return Date.now() + 86400000").await.unwrap();
    let live =
        campaign(page, &longest("Kasım indirimi: bütün pastalarda yüzde yirmi, Büyükkaramanlıoğlu"), Value::Null).await;
    page.core("schedule_campaign", json!({ "draftId": live, "onlyCovered": false })).await;
    let later = campaign(page, "Yılbaşı siparişleri", tomorrow).await;
    page.core("schedule_campaign", json!({ "draftId": later, "onlyCovered": false })).await;
    let draft = campaign(page, "Hafta sonu kahvaltısı", Value::Null).await;
    let photo = crate::harness::fixture("media/sample.jpg");
    page.core("add_media", json!({ "draftId": draft, "path": photo })).await;
    let mut full = page.core("draft", json!({ "id": draft })).await;
    full["text"] = json!(format!("Merhaba {{{{name}}}}, {}", "bu hafta kahvaltı bizden. ".repeat(48)));
    full["choice"] = choice();
    page.core("save_draft", json!({ "edit": full })).await;

    let mut template = page.core("create_template", json!({ "language": "tr" })).await;
    template["name"] = json!("Yılbaşı siparişi: pasta, kurabiye, çikolata");
    template["text"] = json!("Merhaba {{name}}, yılbaşı siparişiniz için ne hazırlayalım?");
    template["choice"] = choice();
    page.core("save_template", json!({ "edit": template })).await;
    let template = template["id"].as_str().unwrap();

    // It is off, so what lies behind its sentence stands open, and the file in its folder waits.
    let first = page.core("first_trigger", json!({ "name": "invoice.created" })).await;
    let edit = json!({ "id": null, "name": "invoice.created", "active": false, "binding": first["binding"] });
    let trigger = page.core("save_trigger", json!({ "edit": edit })).await;
    let folder = harness.folder("muhasebe programının dışa aktardığı faturalar");
    std::fs::write(folder.join("faturalar.csv"), "No;Telefon\nF-1;0532 555 01 42\n").unwrap();
    let watched = json!({ "triggerId": trigger["id"], "path": folder, "brings": "messages" });
    page.core("watch_folder", watched).await;

    // It is paused, so nothing is told to it.
    let webhook = json!({ "id": null, "name": "Muhasebe", "url": "https://hooks.shop.example/ulak/whatsapp-sonuclari",
        "near": false, "topics": ["messages", "replies"] });
    let webhook = page.core("save_webhook", json!({ "edit": webhook })).await;
    page.core("pause_webhook", json!({ "id": webhook["webhook"]["id"], "paused": true })).await;

    let list =
        harness.file("yeni müşteriler.csv", customers(12) + "Burak Güneş,9.05412E+11,Trabzon,\nSelin,12345,Muğla,\n");
    let list = page.run(&format!("return encodeURIComponent({})", json!(list))).await.unwrap();
    let list = list.as_str().unwrap();
    let [audience, content, schedule, review] =
        ["audience", "content", "schedule", "review"].map(|step| format!("/campaigns/{draft}/{step}"));
    let at = |address: &str| address.to_owned();
    let contacts = "document.querySelector('[data-testid=contacts-table] tbody td')";
    let credits = "document.querySelector('[data-testid=credits-table] tbody td')";
    let live_page = "document.querySelector('[data-testid=recipient-row]')";
    let written = "document.querySelector('[data-testid=phone] img')?.complete";
    vec![
        Screen::new("home", at("/home"), "document.querySelector('[data-testid=home-live]')"),
        Screen::new("contacts", at("/contacts"), contacts),
        Screen::new("contact", at("/contacts"), contacts)
            .pressing(&["tr[data-index='0']", "[data-testid=contact-name]"]),
        Screen::new("segment", at("/contacts"), contacts)
            .pressing(&["[data-testid=segment-new]", "[data-testid=segment-add]"]),
        Screen::new(
            "import",
            format!("/contacts/import?file={list}"),
            "document.querySelector('[data-testid=import-table]')",
        ),
        Screen::new("campaigns", at("/campaigns"), "document.querySelector('[data-testid^=campaign-row]')"),
        Screen::new("plan", at("/plan"), "document.querySelector('[data-testid=plan]')"),
        Screen::new("audience", audience, "document.querySelector('[data-testid=who-gets]')"),
        Screen::new("content", content.clone(), written),
        Screen::new("emoji", content.clone(), written)
            .pressing(&["[data-testid=composer-emoji]", "[data-testid=emoji-search]"]),
        Screen::new("test", content, written).pressing(&["[data-testid=composer-test]:enabled"]),
        Screen::new("schedule", schedule, "document.querySelector('[data-testid=schedule-finish]')"),
        Screen::new("review", review, "document.querySelector('[data-testid=schedule-start]')"),
        Screen::new("practice", at("/practice"), "document.querySelector('[data-testid=practice-sample]')"),
        Screen::new("live", format!("/campaigns/{live}"), live_page),
        Screen::new("recipient", format!("/campaigns/{live}"), live_page)
            .pressing(&["tr[data-index='0']", "[data-testid=recipient-panel]"]),
        Screen::new("cancel", format!("/campaigns/{later}"), live_page).pressing(&["[data-testid=cancel]"]),
        Screen::new("templates", at("/templates"), "document.querySelector('[data-testid=templates-new]')"),
        Screen::new(
            "template",
            format!("/templates/{template}"),
            "document.querySelector('[data-testid=choice-option-3]')",
        ),
        Screen::new("numbers", at("/numbers"), "document.querySelector('[data-testid=numbers-link]')"),
        Screen::new("link", at("/numbers/link"), "document.querySelector('[data-testid=link-risk]')"),
        Screen::new("credits", at("/credits"), credits),
        Screen::new("topup", at("/credits"), credits).pressing(&["[data-testid=credits-topup]"]),
        Screen::new("adjust", at("/credits"), credits).pressing(&["[data-testid=credits-adjust]"]),
        Screen::new("report", format!("/campaigns/{live}/report"), "document.querySelector('[data-testid=report]')"),
        Screen::new(
            "compare",
            format!("/compare?ids={live},{later}"),
            "document.querySelector('[data-testid=compare-table]')",
        ),
        Screen::new("log", at("/log"), "document.querySelector('[data-testid=log-row]')"),
        Screen::new("log-open", at("/log"), "document.querySelector('[data-testid=log-row]')")
            .pressing(&["[data-testid=log-row]", "[data-testid=recipient-panel]"]),
        Screen::new("figures", at("/figures"), "document.querySelector('[data-testid=figures-table]')"),
        Screen::new("settings", at("/settings"), "document.querySelector('[data-testid=practice-read]')"),
        Screen::new("safety", at("/settings/safety"), "document.querySelector('[data-testid=health-check]')"),
        Screen::new("connect", at("/connect"), "document.querySelector('#connect-shown section')"),
        Screen::new("triggers", at("/connect/triggers"), "document.querySelector('[data-testid=watched-waiting]')"),
        Screen::new("token", at("/connect"), "document.querySelector('[data-testid=token-new]')")
            .pressing(&["[data-testid=token-new]", "[data-testid=token-make]", "[data-testid=token-secret]"])
            .typing("[data-testid=token-name]", "Muhasebe ve fatura programı"),
        Screen::new("webhooks", at("/connect/webhooks"), WEBHOOK),
        Screen::new("webhook", at("/connect/webhooks"), WEBHOOK)
            .pressing(&["[data-testid='webhook-edit:Muhasebe']", "[data-testid=webhook-url]"]),
        Screen::new("webhook-secret", at("/connect/webhooks"), WEBHOOK).pressing(&[
            "[data-testid='webhook-edit:Muhasebe']",
            "[data-testid=webhook-renew]",
            "[data-testid=webhook-secret]",
        ]),
        Screen::new("webhook-told", at("/connect/webhooks"), WEBHOOK)
            .pressing(&["[data-testid='webhook-told:Muhasebe']", "[data-testid=deliveries-none]"]),
        Screen::new("connect-mail", at("/connect/mail"), "document.querySelector('[data-testid=mail-account]')"),
        Screen::new("clear", at("/settings"), "document.querySelector('[data-testid=kept-clear]')")
            .pressing(&["[data-testid=kept-clear]", "[data-testid=clear-dialog]"]),
        Screen::new("help", at("/help"), "document.querySelector('.help__card')"),
    ]
}

const WEBHOOK: &str = "document.querySelector('[data-testid=\"webhook:Muhasebe\"]')";

fn choice() -> Value {
    json!({ "style": "numbered", "question": "Seçiminiz?",
        "options": ["Pasta", "Kurabiye", "Çikolata kutusu, yüz yirmi parça"] })
}

/// As long as a name may be.
fn longest(name: &str) -> String {
    name.chars().chain(" ve devamı".chars().cycle()).take(120).collect()
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

//! Names, texts and file names that would be a program if a page believed them, through the places that show them:
//! nothing runs, nothing is asked of anybody, and all of it is read as it was written.

use serde_json::{Value, json};

use crate::harness::{Harness, at_the_desk};
use crate::owner::{practise_at, start, with_contacts};
use crate::page::Page;
use crate::screens::campaign;

/// What a page might believe; each is a name, a city, a tag or a text.
const SEEDS: [&str; 20] = [
    "<img src=x onerror=hit()>",
    "<script>hit()</script>",
    "\"><svg onload=hit()>",
    "'><iframe src=javascript:hit()></iframe>",
    "<a href=javascript:hit()>click</a>",
    "<style>@import 'http://127.0.0.1:9/steal.css'</style>",
    "<link rel=stylesheet href=http://127.0.0.1:9/steal.css>",
    "<img src=http://127.0.0.1:9/steal.png>",
    "<video src=http://127.0.0.1:9/v onerror=hit()>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<base href=http://127.0.0.1:9/>",
    "<form action=http://127.0.0.1:9/><input autofocus onfocus=hit()>",
    "<details open ontoggle=hit()>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=hit()>",
    "javascript:hit()",
    "${hit()} {hit()} #{hit()} <%= hit() %>",
    "&lt;img src=x onerror=hit()&gt; &#x3c;script&#x3e;",
    "\u{202e}gpj.exe\u{202c} <b onmouseover=hit()>",
    "__proto__ constructor toString <x>",
    "*<b>bold</b>* _<i>it</i>_ ~<s>x</s>~ ```<script>hit()</script>```",
];

/// A letter that would fetch, run and lead away.
const LETTER: &str = "<mjml><mj-body><mj-section><mj-column><mj-text>hostile letter {{message}} <img src=\"http://127.0.0.1:9/steal.png\" onerror=\"parent.hit()\" /><script>parent.hit()</script></mj-text></mj-column></mj-section></mj-body></mjml>";

/// A file that a page might believe; on Linux its name may be almost anything.
const PHOTO: &str = "<img src=x onerror=hit()>.jpg";

/// Notes what should not happen, from now on.
const WATCH: &str = "
window.hit = () => { window.wasHit = true; };
window.refused = [];
addEventListener('securitypolicyviolation', (event) => window.refused.push(event.blockedURI + ' ' + event.violatedDirective));
window.programs = document.querySelectorAll('script').length;
return null";

/// What did happen, one sentence each.
const HARM: &str = "
const harm = [...window.refused];
if (window.wasHit) harm.push('something ran');
const programs = document.querySelectorAll('script').length - window.programs;
if (programs !== 0) harm.push(`${programs} scripts more`);
const strange = document.querySelectorAll('iframe:not(.connect__frame), object, embed, base, meta[http-equiv=refresh], img[src=x], [onerror], [onload], [onfocus], [ontoggle], [onmouseover], a[href^=javascript]');
harm.push(...[...strange].map((one) => one.outerHTML.slice(0, 120)));
const away = performance.getEntriesByType('resource').map((one) => one.name).filter((name) => !/^(tauri:|ipc:|data:|blob:|http:..ipc.localhost)/.test(name));
return [...harm, ...away];";

/// What did happen in the frames that show a letter.
const HARM_IN_FRAMES: &str = "
const frames = [...document.querySelectorAll('.connect__frame')];
const away = frames.flatMap((frame) => frame.contentWindow.performance.getEntriesByType('resource')).map((one) => one.name).filter((name) => !/^(data|blob|tauri):/.test(name));
const left = frames.map((frame) => frame.contentWindow.location.href).filter((address) => address !== 'about:srcdoc');
return [...away, ...left];";

/// A hundred different ones: as they are, behind the end of an attribute or of an element, without spaces, and in a string.
fn hostile(one: usize) -> String {
    let seed = SEEDS[one % SEEDS.len()];
    match one / SEEDS.len() {
        0 => seed.to_owned(),
        1 => format!("x\">{seed}"),
        2 => format!("</textarea></title></style>{seed}"),
        3 => format!("/{}", seed.replace(' ', "/")),
        _ => format!("';`{seed}`//"),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A hundred people of such names, each with such a city and such a tag.
fn people() -> String {
    let mut list = "name,phone,city,tags\n".to_owned();
    for one in 0..100 {
        let seed = |at: usize| hostile((one + at) % 100);
        let row = [
            quoted(&format!("{one} {}", seed(0))),
            format!("+90 532 555 01 {one:02}"),
            quoted(&seed(3)),
            quoted(&seed(7)),
        ];
        list += &(row.join(",") + "\n");
    }
    list
}

async fn unharmed(page: &Page, place: &str, shown: &str) {
    page.until(&format!("{shown:?} at {place}"), &format!("document.body.innerText.includes({})", json!(shown))).await;
    let harm = page.run(HARM).await.unwrap();
    assert_eq!(harm, json!([]), "{place}");
}

/// A screen on which nothing of it has to be read, but may stand.
async fn unharmed_at(page: &Page, path: &str, ready: &str) {
    page.go(path).await;
    page.until(path, &format!("location.hash.endsWith({}) && document.querySelector({})", json!(path), json!(ready)))
        .await;
    assert_eq!(page.run(HARM).await.unwrap(), json!([]), "{path}");
}

/// The mail's template, as its readers would get it.
async fn a_letter_stays_a_letter(page: &Page) {
    unharmed_at(page, "/connect/mail", "[data-testid=mail-mjml]").await;
    page.write("mail-mjml", LETTER).await;
    let inside = "[...document.querySelectorAll('.connect__frame')].length > 0
        && [...document.querySelectorAll('.connect__frame')].every((frame) => frame.contentDocument?.body?.innerText.includes('hostile letter'))";
    page.until("the letter in its frames", inside).await;
    assert_eq!(page.run(HARM_IN_FRAMES).await.unwrap(), json!([]), "a letter");
    assert_eq!(page.run(HARM).await.unwrap(), json!([]), "the page around a letter");
}

#[test]
fn the_hostile_strings_are_a_hundred() {
    let all: std::collections::BTreeSet<String> = (0..100).map(hostile).collect();
    assert_eq!(all.len(), 100);
}

#[test]
fn a_hundred_hostile_names_and_texts_stay_words_wherever_they_are_shown() {
    at_the_desk(async {
        let harness = Harness::new("hostile");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        page.run(WATCH).await.unwrap();
        with_contacts(&harness, page, &people()).await;
        practise_at(page, 1, 50, 0).await;
        page.go("/contacts").await;
        unharmed(page, "the list of contacts", SEEDS[0]).await;
        page.run("document.querySelector('tr[data-index]').click(); return null").await.unwrap();

        let query = json!({ "search": "", "order": "name", "descending": false, "standing": null, "tag": null,
            "filter": null, "place": { "after": null, "skip": 0, "limit": 3 } });
        let contacts = page.core("contacts", json!({ "query": query })).await;
        for one in contacts["rows"].as_array().unwrap() {
            page.go(&format!("/contacts/{}", one["id"].as_str().unwrap())).await;
            unharmed(page, "a person's page", one["name"].as_str().unwrap()).await;
        }

        let list = harness.file("<img src=x onerror=hit()>.csv", people());
        page.go(&format!("/contacts/import?file={}", list.to_str().unwrap().replace('%', "%25"))).await;
        unharmed(page, "the import", "onerror=hit()>.csv").await;

        let mut template = page.core("create_template", json!({ "language": "tr" })).await;
        template["name"] = json!(SEEDS[1]);
        template["text"] = json!(SEEDS[19]);
        page.core("save_template", json!({ "edit": template })).await;
        page.go("/templates").await;
        unharmed(page, "the templates", SEEDS[1]).await;
        page.go(&format!("/templates/{}", template["id"].as_str().unwrap())).await;
        unharmed(page, "a template", "<b>bold</b>").await;

        let draft = campaign(page, SEEDS[4], Value::Null).await;
        let mut edit = page.core("draft", json!({ "id": draft })).await;
        edit["text"] = json!(format!("{} {{{{name}}}} {}", SEEDS[19], SEEDS[0]));
        page.core("save_draft", json!({ "edit": edit })).await;
        let photo = harness.file(PHOTO, std::fs::read(crate::harness::fixture("media/sample.jpg")).unwrap());
        page.core("add_media", json!({ "draftId": draft, "path": photo })).await;
        for step in ["audience", "content", "schedule", "review"] {
            page.go(&format!("/campaigns/{draft}/{step}")).await;
            page.until(
                step,
                &format!(
                    "location.hash.endsWith('/{step}') && document.querySelector('main .body, main form, main section')"
                ),
            )
            .await;
            assert_eq!(page.run(HARM).await.unwrap(), json!([]), "{step}");
            if step == "content" {
                unharmed(page, "the name of a file", PHOTO).await;
            }
        }
        start(page).await;
        unharmed(page, "the running campaign", SEEDS[4]).await;
        page.until("somebody's row", "document.querySelector('[data-testid=recipient-row]')").await;
        page.press("recipient-row").await;
        page.see("recipient-panel").await;
        assert_eq!(page.run(HARM).await.unwrap(), json!([]), "a recipient");
        for (place, path) in [("the log", "/log"), ("Home", "/home"), ("the campaigns", "/campaigns")] {
            page.go(path).await;
            unharmed(page, place, SEEDS[4]).await;
        }

        let tomorrow = page.run("return Date.now() + 86400000").await.unwrap();
        let later = campaign(page, SEEDS[2], tomorrow).await;
        page.core("schedule_campaign", json!({ "draftId": later, "onlyCovered": false })).await;
        let mut settings = page.core("settings", Value::Null).await;
        settings["businessName"] = json!(SEEDS[12]);
        page.core("save_settings", json!({ "settings": settings })).await;
        for book in ["real", "practice"] {
            page.core("top_up", json!({ "book": book, "credits": 10, "price": "", "note": SEEDS[7] })).await;
        }
        let keep = json!({ "days": 7, "weeks": 4, "months": 6 });
        let plan = json!({ "folder": harness.folder(SEEDS[0]), "minute": 0, "keep": keep });
        page.core("save_backup_plan", json!({ "plan": plan })).await;
        let (report, compare) = (format!("/campaigns/{draft}/report"), format!("/compare?ids={draft},{later}"));
        for (path, ready) in [
            ("/plan", "[data-testid=plan]"),
            (report.as_str(), "[data-testid=report]"),
            (compare.as_str(), "[data-testid=compare-table]"),
            ("/replies", "[data-testid=replies-words]"),
            ("/repeats", "main .body"),
            ("/connect", "#connect-shown section"),
            ("/connect/triggers", "#connect-shown section"),
            ("/connect/webhooks", "[data-testid=webhook-new]"),
            ("/numbers", "[data-testid=numbers-link]"),
            ("/credits", "[data-testid=credits-table] tbody td"),
            ("/figures", "[data-testid=figures-table]"),
            ("/settings", "[data-testid=practice-read]"),
            ("/settings/safety", "[data-testid=health-check]"),
        ] {
            unharmed_at(page, path, ready).await;
        }
        unharmed(page, "the folder of the backups", SEEDS[0]).await;
        a_letter_stays_a_letter(page).await;

        page.go("/home").await;
        page.run("dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true })); return null")
            .await
            .unwrap();
        page.write("palette-input", "hit").await;
        unharmed(page, "the palette", SEEDS[4]).await;
        page.key("\u{e00c}").await;
        page.until("the end of the palette", "!document.querySelector('dialog[open]')").await;
    });
}

#[test]
fn everything_is_found_by_its_name_with_the_keys_alone() {
    at_the_desk(async {
        let harness = Harness::new("palette");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, crate::owner::SIX).await;
        page.key("\u{e009}k").await;
        page.see("palette-input").await;
        page.type_on("palette-input", "ayse").await;
        page.until(
            "the person",
            "document.querySelector('[data-testid^=\"palette-item:contact\"][aria-selected=true]')",
        )
        .await;
        page.picture("found").await;
        page.key("\u{e007}").await;
        page.until("their page", "location.hash.startsWith('#/contacts/')").await;
        page.run("document.activeElement?.blur(); return null").await.unwrap();
        page.key("?").await;
        page.see("keys-dialog").await;
        page.picture("keys").await;
        page.key("\u{e00c}").await;
        page.until("the end of the list", "!document.querySelector('dialog[open]')").await;
        page.go("/help/risks").await;
        page.until("the risks", "document.querySelector('[data-testid=help-article]')?.dataset.topic === 'risks'")
            .await;
        page.core("zoom", json!({ "percent": 200 })).await;
        page.until("the zoom", "innerWidth < 700").await;
        page.picture("help-at-200").await;
        let sideways = "return document.scrollingElement.scrollWidth - innerWidth
            + document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth";
        assert_eq!(page.run(sideways).await.unwrap(), json!(0), "the help is moved sideways at 200 %");
    });
}

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
const strange = document.querySelectorAll('iframe, object, embed, base, meta[http-equiv=refresh], img[src=x], [onerror], [onload], [onfocus], [ontoggle], [onmouseover], a[href^=javascript]');
harm.push(...[...strange].map((one) => one.outerHTML.slice(0, 120)));
const away = performance.getEntriesByType('resource').map((one) => one.name).filter((name) => !/^(tauri:|ipc:|data:|blob:|http:..ipc.localhost)/.test(name));
return [...harm, ...away];";

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A hundred people of such names, each with such a city and such a tag.
fn people() -> String {
    let mut list = "name,phone,city,tags\n".to_owned();
    for one in 0..100 {
        let seed = |at: usize| SEEDS[(one + at) % SEEDS.len()];
        let row = [
            quoted(&format!("{one} {}", seed(0))),
            format!("+90 532 555 01 {one:02}"),
            quoted(seed(3)),
            quoted(seed(7)),
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

//! A shop with people, a draft and a campaign on its way, and what its owner does in the window.

use std::path::Path;

use serde_json::{Value, json};

use super::page::Ulak;
use crate::Outcome;

const PAGES: usize = 130;
const FAMILIES: [&str; 5] = ["Yılmaz", "Öztürk", "Kaya", "Şahin", "Çelik"];

/// Times the next keys, each until the rows have changed and were painted.
const TIME_KEYS: &str = "
    window.keyed = [];
    const table = document.querySelector('[data-testid=contacts-table]');
    let pressed = null;
    addEventListener('keydown', () => { pressed = performance.now(); }, true);
    new MutationObserver(() => {
        const at = pressed;
        pressed = null;
        if (at !== null) requestAnimationFrame(() => setTimeout(() => window.keyed.push(performance.now() - at)));
    }).observe(table, { subtree: true, childList: true, characterData: true });
    return null;";
/// Counts what the page asks the core about the campaign, and what it is told; and how far apart its frames are.
const COUNT_READS: &str = "
    const done = arguments[0];
    window.reads = 0;
    window.told = 0;
    window.frames = [];
    let last = performance.now();
    const frame = (now) => { window.frames.push(now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
    const fetched = window.fetch;
    window.fetch = (...all) => {
        if (String(all[0]).endsWith('/live')) window.reads += 1;
        return fetched.apply(window, all);
    };
    const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
    const handler = transformCallback(() => { window.told += 1; });
    invoke('plugin:event|listen', { event: 'campaign-changed', target: { kind: 'Any' }, handler }).then(() => done(null));";

/// What the page of a running campaign does.
pub struct Running {
    pub reads: f64,
    pub told: f64,
    /// Seconds from each frame to the next.
    pub frames: Vec<f64>,
}

pub struct Shop {
    draft: String,
    live: String,
}

/// An open window on a folder with so many people.
pub async fn opened(folder: &Path, people: u32) -> Outcome<Ulak> {
    let (ulak, _) = Ulak::start(folder).await?;
    let settings = ulak.core("settings", Value::Null).await?;
    let ours = json!({ "welcomed": true, "country": "TR", "hoursFrom": 0, "hoursTo": 0 });
    ulak.core("save_settings", json!({ "settings": with(settings, ours)? })).await?;
    let list = folder.join("people.csv");
    std::fs::write(&list, csv(people))?;
    let options = json!({ "encoding": null, "separator": null, "sheet": null, "header": null, "country": null,
        "columns": null, "standing": "normal", "tags": [], "consent": null, "ticked": { "reasons": [], "rows": [] },
        "eachPhone": false });
    let origin = json!({ "from": "file", "path": list });
    ulak.core("preview_import", json!({ "origin": origin, "options": options })).await?;
    ulak.core("start_import", json!({ "origin": origin, "options": options })).await?;
    ulak.go("/contacts").await?;
    let all = "document.querySelector('[data-testid=contacts-count]')?.dataset.count";
    ulak.until(&format!("return Number({all}) === {people} || null")).await?;
    Ok(ulak)
}

fn csv(people: u32) -> String {
    let of = |one: u32| FAMILIES.iter().cycle().nth(one as usize % FAMILIES.len()).copied().unwrap_or_default();
    let rows = (0..people).map(|one| format!("Kişi {one} {},+90532{one:07},İzmir\n", of(one)));
    std::iter::once("name,phone,city\n".to_owned()).chain(rows).collect()
}

impl Shop {
    pub async fn prepare(folder: &Path, people: u32) -> Outcome<Self> {
        let ulak = opened(folder, people).await?;
        let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/media/sample.jpg");
        let draft = campaign(&ulak, "Kahve").await?;
        ulak.core("add_media", json!({ "draftId": draft, "path": photo })).await?;
        let live = campaign(&ulak, "Çay").await?;
        let credits = json!({ "book": "practice", "credits": people, "price": "", "note": "" });
        ulak.core("top_up", credits).await?;
        ulak.core("schedule_campaign", json!({ "draftId": live, "onlyCovered": false })).await?;
        ulak.core("pause_everything", Value::Null).await?;
        ulak.close().await?;
        Ok(Self { draft, live })
    }

    /// Through all screens, again and again; returns how many were shown.
    pub async fn walk(&self, ulak: &Ulak) -> Outcome<usize> {
        let Self { draft, live } = self;
        let steps = ["audience", "content", "schedule", "review"].map(|step| format!("/campaigns/{draft}/{step}"));
        let others = ["home", "contacts", "campaigns", "templates", "numbers", "credits", "settings", "help"];
        let mut screens = others.map(|name| format!("/{name}")).to_vec();
        screens.extend(steps);
        screens.push(format!("/campaigns/{live}"));
        for screen in screens.iter().cycle().take(PAGES) {
            ulak.go(screen).await?;
            // Until what it asks the core for is there.
            ulak.until("return document.querySelector('.skeleton') === null || null").await?;
        }
        Ok(PAGES)
    }

    /// Seconds from each key to the rows that it leads to.
    pub async fn search(&self, ulak: &Ulak) -> Outcome<Vec<f64>> {
        ulak.go("/contacts").await?;
        ulak.until("return document.querySelector('[data-testid=contacts-table] td') && true").await?;
        ulak.run(TIME_KEYS).await?;
        // Each of them leads to other rows.
        let keys = "7531";
        for (typed, key) in keys.chars().enumerate() {
            ulak.type_into("[data-testid=contacts-search]", &key.to_string()).await?;
            let seen = format!("return window.keyed.length > {typed} || null");
            ulak.until(&seen).await?;
        }
        let keyed = ulak.run("return window.keyed").await?;
        let millis = keyed.as_array().ok_or("no key was timed")?;
        Ok(millis.iter().filter_map(Value::as_f64).map(|millis| millis / 1e3).collect())
    }

    /// The page of a campaign that sends, for as long as it takes to be told often that it changed.
    pub async fn running(&self, ulak: &Ulak) -> Outcome<Running> {
        ulak.go(&format!("/campaigns/{}", self.live)).await?;
        ulak.until("return document.querySelector('[data-testid=recipient-row]') && true").await?;
        ulak.ask(COUNT_READS).await?;
        ulak.core("resume_everything", Value::Null).await?;
        let counted = ulak.until("return window.told >= 50 ? [window.reads, window.told] : null").await?;
        let frames = ulak.run("return window.frames").await?;
        ulak.core("pause_everything", Value::Null).await?;
        let of = |index: usize| counted.get(index).and_then(Value::as_f64).ok_or("nothing was counted");
        let frames = frames.as_array().ok_or("no frame was timed")?.iter();
        let frames = frames.filter_map(Value::as_f64).map(|millis| millis / 1e3).collect();
        Ok(Running { reads: of(0)?, told: of(1)?, frames })
    }

    /// To the draft's text.
    pub async fn write(&self, ulak: &Ulak) -> Outcome<()> {
        ulak.go(&format!("/campaigns/{}/content", self.draft)).await?;
        ulak.until("return document.querySelector('[data-testid=phone-text]') && true").await.map(drop)
    }
}

/// A composed draft for everybody; returns its id.
async fn campaign(ulak: &Ulak, name: &str) -> Outcome<String> {
    let draft = ulak.core("create_draft", Value::Null).await?;
    let numbers = ulak.core("numbers", Value::Null).await?;
    let text = "Merhaba {{name}}, bu hafta kahve bizden.";
    let ours = json!({ "name": name, "text": text, "consentBasis": "customers",
        "sessionIds": [numbers.pointer("/0/id").ok_or("no practice number")?] });
    let draft = with(draft, ours)?;
    let id = draft.get("id").and_then(Value::as_str).ok_or("a draft without an id")?.to_owned();
    ulak.core("save_draft", json!({ "edit": draft })).await?;
    Ok(id)
}

/// The object with some of its values changed.
fn with(mut whole: Value, changes: Value) -> Outcome<Value> {
    let (Value::Object(values), Value::Object(changes)) = (&mut whole, changes) else { return Err("no object".into()) };
    values.extend(changes);
    Ok(whole)
}

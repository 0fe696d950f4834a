//! What every control owes to everybody: it can be read at rest, under the pointer, pressed and with the focus, in both
//! looks; it has a name, and the page has an order, by the rules of axe.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fit::misfits;
use crate::harness::{Harness, Key, PASSPHRASE, at_the_desk, root};
use crate::page::Page;
use crate::screens::{a_busy_shop, speak};

const CONTRAST: &str = include_str!("contrast.js");

/// Rules of WCAG 2.2 and of good practice. Colours settle first: one that is on its way has no contrast yet.
const AXE: &str = "
const done = arguments[arguments.length - 1];
const still = new CSSStyleSheet();
still.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important; }');
document.adoptedStyleSheets = [still];
const broken = ({ id, nodes }) => nodes.map(({ target, html }) => `${id}: ${target.join(' ')} ${html.slice(0, 120)}`);
axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => done(violations.flatMap(broken)));";

#[test]
fn every_control_can_be_read_in_every_state() {
    at_the_desk(async {
        let harness = Harness::new("contrast");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        let screens = a_busy_shop(&harness, page).await;
        the_sweep_would_notice(page).await;
        let mut wrong = BTreeSet::new();
        for theme in ["light", "dark"] {
            speak(page, "tr", theme).await;
            for screen in &screens {
                screen.open(page).await;
                wrong.extend(unreadable(page).await);
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// Controls of the page as it stands that cannot be read in one of their states.
pub async fn unreadable(page: &Page) -> BTreeSet<String> {
    sentences(page.run(CONTRAST).await.unwrap()).into_iter().collect()
}

/// White on white under the pointer, and a focus that nothing shows.
async fn the_sweep_would_notice(page: &Page) {
    page.go("/home").await;
    page.see("home-import").await;
    let sheet = "const sheet = document.styleSheets[document.styleSheets.length - 1];";
    let broken = "sheet.insertRule('[data-testid=home-import]:hover { background: #fff; color: #eee; }', sheet.cssRules.length);
        sheet.insertRule('[data-testid=nav-home]:focus-visible { box-shadow: none !important; }', sheet.cssRules.length);
        return null";
    page.run(&format!("{sheet} {broken}")).await.unwrap();
    let seen = sentences(page.run(CONTRAST).await.unwrap());
    let mended = "for (const _ of [1, 2]) sheet.deleteRule(sheet.cssRules.length - 1); return null";
    page.run(&format!("{sheet} {mended}")).await.unwrap();
    for (control, fault) in [("home-import, hover", "has 1."), ("nav-home, focus", "nothing shows")] {
        assert!(seen.iter().any(|one| one.contains(control) && one.contains(fault)), "the sweep is blind: {seen:?}");
    }
}

#[test]
fn no_screen_breaks_a_rule_of_axe() {
    at_the_desk(async {
        let harness = Harness::new("axe");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        know_axe(page).await;
        let mut wrong = BTreeSet::new();
        wrong.extend(broken(page, "welcome").await);
        let screens = a_busy_shop(&harness, page).await;
        page.run("document.body.append(document.createElement('button')); return null").await.unwrap();
        assert!(broken(page, "").await.iter().any(|one| one.contains("button-name")), "axe is blind");
        page.run("document.querySelector('body > button').remove(); return null").await.unwrap();
        for theme in ["light", "dark"] {
            speak(page, "en", theme).await;
            for screen in &screens {
                screen.open(page).await;
                wrong.extend(broken(page, screen.name).await);
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

#[test]
fn the_door_can_be_read_in_every_state_and_breaks_no_rule_of_axe() {
    at_the_desk(async {
        let harness = Harness::new("door-controls");
        let ulak = harness.ulak_with(Key::Asked).await;
        let page = &ulak.page;
        page.see("choose-passphrase-input").await;
        let mut wrong = faults_of_the_door(page, "choose").await;
        page.write("choose-passphrase-input", PASSPHRASE).await;
        page.write("choose-passphrase-again", PASSPHRASE).await;
        page.press("choose-passphrase-save").await;
        page.see("start-practising").await;
        let second = harness.ulak().await;
        second.page.see("failed-try-again").await;
        wrong.extend(faults_of_the_door(&second.page, "in use").await);
        second.close().await;
        ulak.close().await;
        let ulak = harness.ulak_with(Key::Asked).await;
        ulak.page.see("unlock-input").await;
        wrong.extend(faults_of_the_door(&ulak.page, "unlock").await);
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// The door has no settings yet, so its look is set from outside.
async fn faults_of_the_door(page: &Page, screen: &str) -> BTreeSet<String> {
    know_axe(page).await;
    let mut wrong = BTreeSet::new();
    for theme in ["light", "dark"] {
        page.run(&format!("document.documentElement.dataset.theme = '{theme}'; return null")).await.unwrap();
        wrong.extend(sentences(page.run(CONTRAST).await.unwrap()));
        wrong.extend(broken(page, screen).await);
        wrong.extend(misfits(page).await);
    }
    wrong
}

async fn know_axe(page: &Page) {
    let axe = std::fs::read_to_string(root().join("ui/node_modules/axe-core/axe.min.js"))
        .expect("the front end's packages are not installed");
    page.run(&format!("{axe}; return null")).await.unwrap();
}

async fn broken(page: &Page, screen: &str) -> Vec<String> {
    sentences(page.ask(AXE).await).into_iter().map(|one| format!("{screen}: {one}")).collect()
}

fn sentences(found: Value) -> Vec<String> {
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

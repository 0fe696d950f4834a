//! Whether everything on a screen fits: no text cut off that is not meant to be, nothing over the now bar, no page
//! that scrolls sideways.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::page::Page;

const FIT: &str = include_str!("fit.js");

/// The headings that are seen: those of the dialog where one is open.
const HEADINGS: &str = "
const root = document.querySelector('dialog[open]') ?? document;
const seen = (one) => one.checkVisibility() && one.getBoundingClientRect().width > 2;
return [...root.querySelectorAll('h1, h2, h3, legend')].filter(seen).map((one) => one.innerText.trim());";

/// Headings that stand twice on the page.
pub async fn doubled(page: &Page) -> Vec<String> {
    let found: Vec<String> = serde_json::from_value(page.run(HEADINGS).await.unwrap()).unwrap();
    let mut before = BTreeSet::new();
    let said = |one: &String| one.rsplit('/').next().unwrap_or_default().trim().to_lowercase();
    found.iter().filter(|one| !said(one).is_empty() && !before.insert(said(one))).cloned().collect()
}

/// What does not fit, one sentence each.
pub async fn misfits(page: &Page) -> Vec<String> {
    let found: Value = page.run(FIT).await.unwrap();
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

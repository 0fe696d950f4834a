//! Whether everything on a screen fits: no text cut off that is not meant to be, nothing over the now bar, no page
//! that scrolls sideways.

use serde_json::Value;

use crate::page::Page;

const FIT: &str = include_str!("fit.js");

/// What does not fit, one sentence each.
pub async fn misfits(page: &Page) -> Vec<String> {
    let found: Value = page.run(FIT).await.unwrap();
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

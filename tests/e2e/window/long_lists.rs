//! A list of many thousand rows: it says how far it is, stops when it is told to, and goes on without bringing anybody
//! twice. `cargo xtask test --long` makes it a million.

use std::fmt::Write as _;
use std::time::Duration;

use crate::harness::{Harness, at_the_desk_for};
use crate::owner::{SIX, drop_on, with_contacts};
use crate::page::Page;

/// The app's own process: what it is beside the page, and the list in bounded pieces. In kilobytes.
const MEMORY: u64 = 400_000;

#[test]
fn a_long_list_is_stopped_on_the_way_and_brings_nobody_twice() {
    let rows: u64 = std::env::var("ULAK_ROWS").map_or(60_000, |rows| rows.parse().unwrap());
    let time = Duration::from_secs(240 + rows / 200);
    at_the_desk_for(time, async {
        let harness = Harness::new("long-lists");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        let list = harness.file("long.csv", long(rows));

        page.go("/contacts/import").await;
        drop_on(page, "import-drop", &list).await;
        let ready = "!document.querySelector('[data-testid=import-start]')?.disabled";
        page.within(time, "the judged list", ready).await;
        page.press("import-start").await;
        page.see("import-progress").await;
        page.press("import-cancel").await;
        page.within(time, "the word that it stopped", &says("Stopped")).await;
        page.picture("stopped").await;
        let some = people(page).await;
        assert!(some < rows, "{some} of {rows} came in before it stopped");

        page.press("import-other").await;
        drop_on(page, "import-drop", &list).await;
        page.within(time, "the list again", ready).await;
        page.press("import-start").await;
        page.within(time, "the end", &says("are new")).await;
        page.picture("whole").await;
        assert_eq!(people(page).await, rows + 6, "each once, beside the six who were there");
        let most = ulak.most_memory();
        assert!(most < MEMORY, "{most} kB");
        println!("{rows} rows, at most {} MB", most / 1_000);
        ulak.close().await;
    });
}

/// Names, phones and cities.
fn long(rows: u64) -> String {
    let mut list = String::from("Ad Soyad,Telefon,Şehir\n");
    for at in 0..rows {
        let (first, rest) = (at / 10_000, at % 10_000);
        writeln!(list, "Kişi {at},0530 5{first:02} {:02} {:02},Şehir {}", rest / 100, rest % 100, at % 7).unwrap();
    }
    list
}

fn says(words: &str) -> String {
    format!("document.querySelector('[data-testid=import-result]')?.innerText.includes('{words}')")
}

async fn people(page: &Page) -> u64 {
    page.core("contact_totals", serde_json::Value::Null).await["all"].as_u64().unwrap()
}

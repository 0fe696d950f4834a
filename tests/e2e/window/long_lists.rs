//! Lists of many thousand rows, as text and as a workbook: they say how far they are, stop when they are told to, and go
//! on without bringing anybody twice. `cargo xtask test --long` makes it a million rows, and a workbook of a fifth.

use std::fmt::Write as _;
use std::time::Duration;

use rust_xlsxwriter::Workbook;

use crate::harness::{Harness, at_the_desk_for};
use crate::owner::{SIX, drop_on, with_contacts};
use crate::page::Page;

/// What a list takes of the app's own process: bounded pieces of it, one entry a phone, and what the database keeps. In
/// kilobytes.
const MEMORY: u64 = 250_000;

#[test]
fn a_long_list_is_stopped_on_the_way_and_brings_nobody_twice() {
    let rows = long().unwrap_or(60_000);
    stopped_and_begun_anew("long.csv", rows, &text(rows));
}

#[test]
fn a_long_workbook_is_stopped_on_the_way_and_brings_nobody_twice() {
    let rows = long().map_or(20_000, |rows| rows / 5);
    stopped_and_begun_anew("long.xlsx", rows, &workbook(rows));
}

fn long() -> Option<u64> {
    std::env::var("ULAK_ROWS").ok().map(|rows| rows.parse().unwrap())
}

fn stopped_and_begun_anew(name: &'static str, rows: u64, content: &[u8]) {
    let time = Duration::from_secs(240 + rows / 200);
    at_the_desk_for(time, async {
        let harness = Harness::new(name);
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        let list = harness.file(name, content);
        let before = ulak.most_memory();

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
        let taken = ulak.most_memory() - before;
        assert!(taken < MEMORY, "{taken} kB");
        println!("{rows} rows, at most {} MB beside the {} of the app", taken / 1_000, before / 1_000);
        ulak.close().await;
    });
}

/// Name, phone and city of somebody.
fn person(at: u64) -> [String; 3] {
    let (first, rest) = (at / 10_000, at % 10_000);
    let phone = format!("0530 5{first:02} {:02} {:02}", rest / 100, rest % 100);
    [format!("Kişi {at}"), phone, format!("Şehir {}", at % 7)]
}

const HEADER: [&str; 3] = ["Ad Soyad", "Telefon", "Şehir"];

fn text(rows: u64) -> Vec<u8> {
    let mut list = HEADER.join(",");
    for at in 0..rows {
        write!(list, "\n{}", person(at).join(",")).unwrap();
    }
    list.into_bytes()
}

fn workbook(rows: u64) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory().unwrap();
    sheet.write_row(0, 0, HEADER).unwrap();
    for (row, at) in (1..).zip(0..rows) {
        sheet.write_row(row, 0, person(at)).unwrap();
    }
    book.save_to_buffer().unwrap()
}

fn says(words: &str) -> String {
    format!("document.querySelector('[data-testid=import-result]')?.innerText.includes('{words}')")
}

async fn people(page: &Page) -> u64 {
    page.core("contact_totals", serde_json::Value::Null).await["all"].as_u64().unwrap()
}

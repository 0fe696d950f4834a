//! Lists of every kind that shopkeepers have: a workbook is dropped, a text is pasted.

use crate::harness::{Harness, at_the_desk, fixture};
use crate::owner::{SIX, drop_on, with_contacts};
use crate::page::Page;

#[test]
fn a_workbook_is_dropped_and_a_text_is_pasted() {
    at_the_desk(async {
        let harness = Harness::new("lists");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;

        page.go("/contacts/import").await;
        drop_on(page, "import-drop", &fixture("contacts/customers.xlsx")).await;
        totals(page, "5", "1").await;
        page.until("the sheet", "document.querySelector('[data-testid=import-sheet]').value === 'Müşteriler'").await;
        page.says("import-row:5", "Ayşe Demir").await;
        page.picture("workbook").await;
        page.pick("import-sheet", "Şube").await;
        totals(page, "1", "0").await;
        page.press("import-start").await;
        page.says("import-result", "1").await;

        page.press("import-other").await;
        // Typed, so lines end with the Enter key.
        page.write("import-paste", "Gamze Tok 0538 555 01 77\u{E007}merhaba\u{E007}onun no: 0532 555 01 78").await;
        page.picture("pasting").await;
        page.press("import-paste-read").await;
        totals(page, "2", "0").await;
        page.says("import-row:1", "Gamze Tok").await;
        page.picture("pasted").await;
        page.press("import-start").await;
        page.says("import-result", "2").await;

        page.press("import-other").await;
        drop_on(page, "import-drop", &harness.file("doubts.csv", DOUBTS)).await;
        page.says("import-total-doubtful", "2").await;
        page.press("import-tab-doubtful").await;
        page.press("import-take:2").await;
        page.says("import-start", "2").await;
        page.picture("doubtful").await;
        page.press("import-start").await;
        page.says("import-result", "2 contacts are new").await;
        page.says("import-result", "1 doubtful row stayed out").await;

        page.press("import-undo").await;
        page.picture("undo").await;
        page.press("import-undo-confirm").await;
        page.says("import-undone", "2 contacts went").await;
        page.press("import-other").await;
        page.says("import-earlier", "doubts.csv").await;
        page.picture("earlier").await;

        let odd = harness.file("odd.csv", ODD);
        drop_on(page, "import-drop", &odd).await;
        page.pick("import-column:1", "tags").await;
        page.press("import-start").await;
        page.says("import-result", "2 contacts are new").await;
        page.press("import-other").await;
        drop_on(page, "import-drop", &odd).await;
        page.says("import-remembered", "as you chose them").await;
        page.picture("remembered").await;
        page.press("import-found-anew").await;
        page.until("the columns anew", "document.querySelector('[data-testid=\"import-column:1\"]').value !== 'tags'")
            .await;

        // What was chosen is not left without a word.
        page.go("/contacts").await;
        page.press("import-leave-go").await;
        page.see("contacts-export").await;
        page.picture("contacts").await;
        ulak.close().await;
    });
}

/// What stands in the columns says nothing of what they are.
const ODD: &str = "Bir;İki\n0538 555 01 80;Ankara\n0538 555 01 81;Ankara\n";

/// The first is of abroad without its plus, the second has something beside it.
const DOUBTS: &str = "Ad;Telefon\nSiti;62 813 555 0147\nOkan;0212 555 01 42 (2)\nGül;0538 555 01 79\n";

async fn totals(page: &Page, new: &str, refused: &str) {
    page.says("import-total-new", new).await;
    page.says("import-total-refused", refused).await;
}

//! What the address book of a linked phone has is offered, and taken over by the owner's click alone.

use crate::emulator::Emulator;
use crate::harness::{Harness, at_the_desk};
use crate::numbers::{SHOP, link_by_qr};
use crate::owner::with_contacts;
use crate::screens::fits_in_turkish_dark_and_small;

const MARKED: &str = "905385550171";
const DECLINED: &str = "6281255500172";

#[test]
fn the_address_book_of_a_phone_is_offered_and_taken_over_by_a_click() {
    at_the_desk(async {
        let emulator = Emulator::start();
        emulator.knows(SHOP, &[("905385550101", "Elif Usta"), (MARKED, "Merve Kırtasiye"), (DECLINED, "Budi Toko")]);
        let harness = Harness::new("phone-book");
        let ulak = harness.ulak_at(&emulator.chat).await;
        let page = &ulak.page;
        with_contacts(&harness, page, "name,phone\n,0538 555 01 01\nDeniz,0538 555 01 02\n").await;
        link_by_qr(page, &emulator).await;

        let rows = "document.querySelectorAll('tr[data-index]').length";
        page.go("/contacts").await;
        page.says("phonebook", "2 people").await;
        page.until("nobody more by itself", &format!("{rows} === 2")).await;
        page.press("phonebook-open").await;
        page.press(&format!("phonebook:+{DECLINED}")).await;
        page.press("phonebook-decline").await;
        page.until("the end of the dialog", "!document.querySelector('dialog[open]')").await;
        fits_in_turkish_dark_and_small(page, "phone-book", async || {
            page.go("/home").await;
            page.go("/contacts").await;
            page.press("phonebook-open").await;
            page.see(&format!("phonebook:+{MARKED}")).await;
        })
        .await;

        page.go("/home").await;
        page.go("/contacts").await;
        page.press("phonebook-open").await;
        page.press("phonebook-all-people").await;
        page.press("phonebook-all-names").await;
        page.picture("ticked").await;
        page.press("phonebook-take").await;
        page.until("the third person", &format!("{rows} === 3")).await;
        let body = |name: &str| format!("document.querySelector('main').innerText.includes('{name}')");
        page.until("the new person", &body("Merve Kırtasiye")).await;
        page.until("the name that was missing", &body("Elif Usta")).await;
        page.until("nothing more to offer", "!document.querySelector('[data-testid=phonebook]')").await;
        page.picture("taken").await;
        ulak.close().await;
    });
}

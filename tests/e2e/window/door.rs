//! The way in: the key of the data, and a folder that somebody else has open.

use crate::fit::misfits;
use crate::harness::{Harness, Key, PASSPHRASE, at_the_desk};
use crate::owner::{SIX, drop_on, start_practising, write_down_the_code};
use crate::page::Page;

#[test]
fn without_a_keyring_the_owner_chooses_a_passphrase_and_only_that_opens_the_data_again() {
    at_the_desk(async {
        let harness = Harness::new("passphrase");
        let ulak = harness.ulak_with(Key::Asked).await;
        let page = &ulak.page;
        page.write("choose-passphrase-input", PASSPHRASE).await;
        page.write("choose-passphrase-again", "a courier rides at noon").await;
        page.press("choose-passphrase-save").await;
        page.until("the sentence about the difference", "document.querySelector('.field--error')").await;
        page.picture("different").await;
        page.write("choose-passphrase-again", PASSPHRASE).await;
        page.press("choose-passphrase-save").await;
        page.see("start-practising").await;
        ulak.close().await;

        let ulak = harness.ulak_with(Key::Asked).await;
        let page = &ulak.page;
        page.write("unlock-input", "a courier rides at noon").await;
        page.press("unlock-open").await;
        page.until(
            "the refusal",
            "document.querySelector('.door__card').innerText.includes('does not open your data')",
        )
        .await;
        page.picture("refused").await;
        page.write("unlock-input", PASSPHRASE).await;
        page.press("unlock-open").await;
        page.see("start-practising").await;
    });
}

#[test]
fn the_keyring_opens_the_data_unasked_and_the_recovery_code_where_it_cannot() {
    at_the_desk(async {
        let harness = Harness::new("keyring");
        let ulak = harness.ulak_with(Key::Keyring).await;
        let page = &ulak.page;
        start_practising(page).await;
        drop_on(page, "import-drop", &harness.file("customers.csv", SIX)).await;
        page.press("import-start").await;
        page.says("import-result", "6").await;
        page.press("nav-home").await;
        let code = page.text("recovery-code").await;
        page.picture("code").await;
        write_down_the_code(page).await;
        ulak.close().await;

        let ulak = harness.ulak_with(Key::Keyring).await;
        ulak.page.see("home-attention").await;
        assert!(!ulak.page.is_there("recovery-code").await, "the code was written down, and is offered again");
        ulak.close().await;

        let ulak = harness.ulak_with(Key::Asked).await;
        let page = &ulak.page;
        page.see("unlock-input").await;
        page.picture("locked").await;
        page.write("unlock-input", &code.to_lowercase()).await;
        page.press("unlock-open").await;
        page.see("home-attention").await;
    });
}

#[test]
fn a_folder_that_another_ulak_uses_stays_closed_until_that_one_ends() {
    at_the_desk(async {
        let harness = Harness::new("in-use");
        let first = harness.ulak().await;
        let second = harness.ulak().await;
        let page = &second.page;
        page.see("failed-try-again").await;
        page.until(
            "the reason",
            "document.querySelector('.door__card').innerText.includes('Another running Ulak uses')",
        )
        .await;
        page.picture("in-use").await;
        first.close().await;
        page.press("failed-try-again").await;
        page.see("start-practising").await;
    });
}

#[test]
fn the_door_fits_dark_and_small() {
    at_the_desk(async {
        let harness = Harness::new("door-small");
        let ulak = harness.ulak_with(Key::Asked).await;
        looks(&ulak.page, "choose", "choose-passphrase-input").await;
        ulak.page.write("choose-passphrase-input", PASSPHRASE).await;
        ulak.page.write("choose-passphrase-again", PASSPHRASE).await;
        ulak.page.press("choose-passphrase-save").await;
        ulak.page.see("start-practising").await;
        ulak.close().await;
        let ulak = harness.ulak_with(Key::Asked).await;
        looks(&ulak.page, "unlock", "unlock-input").await;
    });
}

async fn looks(page: &Page, name: &str, field: &str) {
    page.see(field).await;
    page.resize(1024, 700).await;
    page.run("document.documentElement.dataset.theme = 'dark'; return null").await.unwrap();
    for language in ["tr", "id", "en"] {
        page.press(&format!("language-{language}")).await;
        page.until("the language", &format!("document.documentElement.lang === '{language}'")).await;
        page.save(&format!("{name}-{language}-dark-1024"), "screens").await;
        let wrong = misfits(page).await;
        assert!(wrong.is_empty(), "{name} in {language}: {wrong:?}");
    }
}

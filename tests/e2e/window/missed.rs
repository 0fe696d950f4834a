//! The laptop was closed over a campaign's time: its owner is asked, and nothing goes out before the answer.

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::harness::{Harness, at_the_desk};
use crate::numbers::{hurry, link_by_qr, open_all_day};
use crate::owner::{BASIS, SIX, with_contacts};
use crate::patience::CAMPAIGN;

#[test]
fn a_campaign_whose_time_passed_while_ulak_was_closed_waits_for_its_owners_answer() {
    at_the_desk(async {
        let emulator = Emulator::start();
        let harness = Harness::new("missed");
        let ulak = harness.ulak_at(&emulator.chat).await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        open_all_day(page).await;
        page.core("top_up", json!({ "book": "real", "credits": 10, "price": "", "note": "" })).await;
        link_by_qr(page, &emulator).await;
        let number = hurry(page).await.remove(0);
        let mut draft = page.core("create_draft", Value::Null).await;
        draft["name"] = json!("Hafta sonu");
        draft["text"] = json!("Merhaba {{name}}, cumartesi açığız.");
        draft["dueAt"] = page.run("return Date.now() + 3600000").await.unwrap();
        draft["consentBasis"] = json!(BASIS);
        draft["sessionIds"] = json!([number["id"]]);
        page.core("save_draft", json!({ "edit": draft })).await;
        page.core("schedule_campaign", json!({ "draftId": draft["id"], "onlyCovered": false })).await;
        let live = format!("/campaigns/{}", draft["id"].as_str().unwrap());
        ulak.close().await;

        let ulak = harness.ulak_later("+2h", &emulator.chat).await;
        let page = &ulak.page;
        page.see("missed-dialog").await;
        page.picture("asked").await;
        page.press("missed-later").await;
        page.until("the end of the dialog", "!document.querySelector('dialog[open]')").await;
        assert!(emulator.seen().is_empty(), "nothing goes out before the answer");

        page.go("/home").await;
        page.press("home-missed-decide").await;
        page.pick(&format!("missed-kind:{}", draft["id"].as_str().unwrap()), "now").await;
        page.press("missed-decide").await;
        page.until("the end of the dialog", "!document.querySelector('dialog[open]')").await;
        page.go(&live).await;
        let sent = "Number(document.querySelector('[data-testid=live-count-sent]')?.dataset.count) === 6";
        page.within(CAMPAIGN, "all six", sent).await;
        page.picture("gone-out").await;
        assert_eq!(emulator.seen().len(), 6, "each once");
        ulak.close().await;
    });
}

//! The README's picture: a campaign on its way, in the real window. Made anew with `ULAK_README_SHOT=1`.

use serde_json::{Value, json};

use crate::harness::{Harness, at_the_desk, fixture, root};
use crate::owner::{BASIS, with_contacts};
use crate::patience::CAMPAIGN;

const PEOPLE: &str = "name,phone,city
Ayşe Yılmaz,+90 532 555 01 42,İstanbul
Budi Santoso,+62 812 5550 0117,Bandung
Zeynep Kaya,+90 535 555 01 08,İzmir
Oliver Grant,+44 7700 900108,Leeds
Siti Rahmawati,+62 813 5550 0163,Surabaya
Mehmet Öztürk,+90 533 555 01 17,Ankara
Elif Çelik,+90 544 555 01 29,Antalya
Dewi Lestari,+62 815 5550 0174,Yogyakarta
Emre Şahin,+90 542 555 01 63,Bursa
Hannah Wright,+44 7700 900151,Bristol
Mustafa Doğan,+90 505 555 01 74,Konya
Agus Wijaya,+62 816 5550 0136,Semarang
Fatma Aydın,+90 536 555 01 51,Eskişehir
Putri Anggraini,+62 817 5550 0190,Malang
Selin Koç,+90 538 555 01 90,Muğla
Burak Güneş,+90 541 555 01 36,Trabzon
";

#[test]
fn the_readme_shows_a_campaign_on_its_way() {
    if std::env::var_os("ULAK_README_SHOT").is_none() {
        return;
    }
    at_the_desk(async {
        let harness = Harness::new("readme");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, PEOPLE).await;
        let people = json!({ "readPercent": 100, "failPercent": 0, "unreachablePercent": 0, "delayMs": 1_200 });
        page.core("save_practice_options", json!({ "options": people })).await;
        let mut settings = page.core("settings", Value::Null).await;
        for (key, value) in [("theme", "light"), ("language", "en"), ("businessName", "Corner Coffee")] {
            settings[key] = json!(value);
        }
        page.core("save_settings", json!({ "settings": settings })).await;
        let mut draft = page.core("create_draft", Value::Null).await;
        draft["name"] = json!("A coffee on us");
        draft["text"] = json!("Hello {{name}}, your next coffee in {{city}} is on us. ☕");
        draft["consentBasis"] = json!(BASIS);
        let numbers = page.core("numbers", Value::Null).await;
        draft["sessionIds"] = json!([numbers[0]["id"]]);
        page.core("save_draft", json!({ "edit": draft })).await;
        page.core("add_media", json!({ "draftId": draft["id"], "path": fixture("media/sample.jpg") })).await;
        page.core("schedule_campaign", json!({ "draftId": draft["id"], "onlyCovered": false })).await;
        page.go(&format!("/campaigns/{}", draft["id"].as_str().unwrap())).await;
        let midway = "document.querySelectorAll('[data-testid=recipient-row][data-state=read]').length >= 4
            && document.querySelector('[data-testid=recipient-row]').dataset.state === 'read'
            && document.querySelector('[data-testid=recipient-row][data-state=delivered]')
            && document.querySelector('[data-testid=recipient-row][data-state=pending]')";
        page.press("recipient-row").await;
        page.see("recipient-panel").await;
        page.within(CAMPAIGN, "the middle of the campaign", midway).await;
        std::fs::create_dir_all(root().join("docs")).unwrap();
        std::fs::write(root().join("docs/screenshot.png"), page.painted().await).unwrap();
    });
}

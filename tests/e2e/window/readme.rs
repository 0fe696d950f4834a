//! The pictures of the READMEs: a campaign on its way in each language, in the real window. Made anew with
//! `ULAK_README_SHOT=1`.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Harness, artifacts, at_the_desk, fixture, root};
use crate::owner::{BASIS, with_contacts};
use crate::patience::CAMPAIGN;
use crate::screens::speak;

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

struct Shop {
    language: &'static str,
    picture: &'static str,
    business: &'static str,
    campaign: &'static str,
    text: &'static str,
}

const SHOPS: [Shop; 3] = [
    Shop {
        language: "en",
        picture: "docs/screenshot.png",
        business: "Corner Coffee",
        campaign: "A coffee on us",
        text: "Hello {{name}}, your next coffee in {{city}} is on us. ☕",
    },
    Shop {
        language: "tr",
        picture: "docs/screenshot-tr.png",
        business: "Köşe Kahve",
        campaign: "Kahveniz bizden",
        text: "Merhaba {{name}}, {{city}} şubemizde bir sonraki kahveniz bizden. ☕",
    },
    Shop {
        language: "id",
        picture: "docs/screenshot-id.png",
        business: "Kopi Pojok",
        campaign: "Kopi gratis",
        text: "Halo {{name}}, kopi berikutnya di {{city}} dari kami. ☕",
    },
];

#[test]
fn the_readmes_show_a_campaign_on_its_way() {
    if std::env::var_os("ULAK_README_SHOT").is_none() {
        return;
    }
    for shop in SHOPS {
        at_the_desk(async {
            let harness = Harness::new("readme");
            let ulak = harness.ulak().await;
            let page = &ulak.page;
            with_contacts(&harness, page, PEOPLE).await;
            let people = json!({ "readPercent": 100, "failPercent": 0, "unreachablePercent": 0, "delayMs": 1_200 });
            page.core("save_practice_options", json!({ "options": people })).await;
            let mut settings = page.core("settings", Value::Null).await;
            for (key, value) in [("theme", "light"), ("businessName", shop.business)] {
                settings[key] = json!(value);
            }
            page.core("save_settings", json!({ "settings": settings })).await;
            speak(page, shop.language, "light").await;
            let mut draft = page.core("create_draft", Value::Null).await;
            draft["name"] = json!(shop.campaign);
            draft["text"] = json!(shop.text);
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
            std::fs::write(root().join(shop.picture), page.painted().await).unwrap();
        });
    }
}

/// The pictures of a first campaign, one behind the other.
pub fn animate() {
    if std::env::var_os("ULAK_README_SHOT").is_none() {
        return;
    }
    let steps =
        ["welcome", "verdicts", "audience", "content", "schedule", "review", "sending", "some-read", "all-read"];
    let mut pictures: Vec<PathBuf> = artifacts("e2e").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    pictures.retain(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        name.starts_with("first-campaign-") && steps.iter().any(|step| name.ends_with(&format!("-{step}")))
    });
    pictures.sort();
    assert_eq!(pictures.len(), steps.len(), "{pictures:?}");
    let mut convert = Command::new("convert");
    convert.args(["-delay", "180", "-loop", "0"]).args(pictures);
    convert
        .args(["-resize", "960x", "-colors", "96", "-layers", "optimize"])
        .arg(root().join("docs/first-campaign.gif"));
    assert!(convert.status().unwrap().success());
}

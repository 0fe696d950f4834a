//! A backup by the page of safety, and the way back from it: what was here is kept aside, and everything is paused.

use serde_json::json;

use crate::harness::{Harness, at_the_desk};
use crate::owner::{SIX, with_contacts};

#[test]
fn a_backup_is_made_by_the_page_and_comes_back_paused() {
    at_the_desk(async {
        let harness = Harness::new("safety");
        let ulak = harness.ulak().await;
        let page = &ulak.page;
        with_contacts(&harness, page, SIX).await;
        let stick = harness.data().parent().unwrap().join("stick");
        std::fs::create_dir(&stick).unwrap();
        let plan = json!({ "folder": stick, "minute": 0, "keep": { "days": 7, "weeks": 4, "months": 6 } });
        page.core("save_backup_plan", json!({ "plan": plan })).await;
        page.go("/settings/safety").await;
        page.see("backup-card").await;
        page.press("backup-now").await;
        page.see("restore-copy").await;
        page.picture("made").await;
        let contact = page.core("contacts", json!({ "query": everybody() })).await["rows"][0]["id"].clone();
        page.core("erase_person", json!({ "id": contact })).await;
        assert_eq!(page.core("contact_totals", json!({})).await["all"], 5);

        page.press("restore-copy").await;
        page.says("restore-contents", "6").await;
        page.picture("looked").await;
        page.press("restore-confirm").await;
        page.until("the sentence about the restore", "document.body.innerText.includes('restored from the backup')")
            .await;
        page.picture("restored").await;
        assert_eq!(page.core("now", json!({})).await["pausedAll"], true);
        let aside = std::fs::read_dir(harness.data()).unwrap().flatten();
        let aside = aside.filter(|entry| entry.file_name().to_string_lossy().starts_with("before-restore-"));
        assert_eq!(aside.count(), 1);
    });
}

fn everybody() -> serde_json::Value {
    json!({
        "search": "", "order": "name", "descending": false, "standing": null, "tag": null, "filter": null,
        "place": { "after": null, "skip": 0, "limit": 10 },
    })
}

//! `ulak segments` and `ulak contacts export --segment`: the real binary over a real folder.

use std::path::Path;

use serde_json::Value;
use sqlx::{ConnectOptions, Connection};
use ulak_core::db::connect_options;

use crate::harness::{Harness, last_event};
use crate::terminal;

const LIST: &str = "name,phone,city\nAyşe,+905325550142,İzmir\nBudi,+6281255501470,Jakarta\nGül,+905335550117,IZMIR\n";
const IZMIR: &str = r#"{"matching":"all","conditions":[
    {"not":false,"test":{"kind":"field","field":"city","value":{"is":"equal","to":"izmir"}}}]}"#;

async fn save(harness: &Harness, id: &'static str, name: &str, filter: &str) {
    let data = harness.data();
    let mut db = connect_options(Path::new(&data), &terminal::key(Path::new(&data))).connect().await.unwrap();
    sqlx::query(
        "INSERT INTO segments (id, name, folded, filter, created_at, updated_at) VALUES (unhex(?), ?, ?, ?, 0, 0)",
    )
    .bind(id)
    .bind(name)
    .bind(name.to_lowercase())
    .bind(filter)
    .execute(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
}

#[tokio::test]
async fn segments_are_listed_with_their_counts_and_exported() {
    let harness = Harness::new();
    let list = harness.file("list.csv", LIST);
    assert!(harness.ulak(&["import", &list]).output().unwrap().status.success());
    save(&harness, "01900000000070008000000000000001", "Ege", IZMIR).await;

    let listed = last_event(&harness.ulak(&["segments"]).output().unwrap().stdout);
    assert_eq!((&listed["event"], &listed["name"], &listed["contacts"]), (&"segment".into(), &"Ege".into(), &2.into()));
    let out = harness.folder.path().join("ege.csv");
    let export = |segment: &str| {
        harness.ulak(&["contacts", "export", "--segment", segment, "--out", out.to_str().unwrap()]).output().unwrap()
    };
    for named in ["EGE", listed["id"].as_str().unwrap()] {
        assert_eq!(last_event(&export(named).stdout)["contacts"], 2);
    }
    let written = std::fs::read_to_string(&out).unwrap();
    assert!(written.contains("Ayşe") && written.contains("Gül") && !written.contains("Budi"), "{written}");
    let unknown = export("Akdeniz");
    assert_eq!((unknown.status.success(), code(&unknown.stdout)), (false, "segment.unknown".into()));

    save(&harness, "01900000000070008000000000000002", "Tomorrow", r#"{"matching":"all","conditions":[{"mood":1}]}"#)
        .await;
    let both = harness.ulak(&["segments"]).output().unwrap();
    assert!(both.status.success() && code(&both.stdout) == "segment.unreadable", "{both:?}");
    assert_eq!(code(&export("Tomorrow").stdout), "segment.unreadable");
}

fn code(output: &[u8]) -> Value {
    last_event(output)["code"].clone()
}

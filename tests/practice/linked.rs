//! Practice may run faster than the world; numbers that are linked never do. One folder does one of them.

use std::path::Path;

use ulak_core::db::{Db, lock_folder};

use crate::harness::{Harness, last_event};
use crate::terminal::key;

#[test]
fn a_folder_that_practised_faster_links_no_number() {
    let harness = Harness::new();
    assert!(harness.practice(&["--text", "Hi", "--speed", "2000"]).status.success());
    // The world's pace from here on, but ahead of its time.
    assert!(harness.practice(&["--text", "Hi", "--speed", "1"]).status.success());
    for how in [&["link", "--wait", "2"][..], &["link", "--wait", "2", "--pairing-code", "+905385550123"]] {
        let output = harness.ulak(how).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(last_event(&output.stdout)["code"], "number.fast_time", "{output:?}");
    }
}

#[tokio::test]
async fn a_folder_with_a_linked_number_takes_no_speed() {
    let harness = Harness::new();
    let plain = ["--text", "Hi", "--delay", "0", "--speed", "1"];
    let list = harness.list(1);
    let one = [&plain[..], &["--contacts", &list]].concat();
    assert!(harness.practice(&one).status.success());
    link(Path::new(&harness.data())).await;
    let fast = harness.practice(&["--text", "Hi", "--speed", "60"]);
    assert_eq!(last_event(&fast.stdout)["code"], "number.no_speed", "{fast:?}");
    assert_eq!(harness.seen().len(), 1, "nothing was sent");
    let at_the_worlds = harness.practice(&one);
    assert!(at_the_worlds.status.success(), "{at_the_worlds:?}");
    let work = harness.ulak(&["work", "--speed", "60"]).output().unwrap();
    assert_eq!(work.status.code(), Some(2), "only a build for the emulator knows the option: {work:?}");
}

/// As if a phone had accepted.
async fn link(folder: &Path) {
    let db = Db::open(lock_folder(folder).unwrap(), &key(folder)).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let number = "INSERT INTO sessions
             (id, kind, name, phone, priority, pace_min_ms, pace_max_ms, batch, rest_ms, hourly_cap, daily_cap, created_at)
         VALUES (randomblob(16), 'whatsapp', '', '+905385550199', 1, 8000, 20000, 50, 0, 0, 0, 0)";
    sqlx::query(number).execute(&mut *tx).await.unwrap();
    db.commit(tx).await.unwrap();
    db.close().await;
}
